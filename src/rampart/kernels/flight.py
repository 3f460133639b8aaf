"""The one ballistic flight: equations of motion, RK4 step, ground crossing, for one flight or thousands.

    dv/dt = -k (rho/rho0) S(M) |v_r| v_r + g(h) - 2 Omega x v + a_drift + a_thrust,   v_r = v - wind(h)

in the site's ENU frame, with curvature: height h = U + (E² + N²)/2R, ground at h = 0. RK4 is written
without position derivatives (algebraically the same). `step` is the only place that advances a
flight; the scalar driver here and the lanes of `kernels.lanes` both inline it.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import inline_kernel, kernel
from rampart.kernels.atmosphere import (
    ALTITUDE,
    DENSITY,
    GRAVITY,
    OMEGA_NORTH,
    OMEGA_UP,
    RADIUS,
    SHAPE_C0,
    SHAPE_C1,
    SHAPE_MACH,
    SHAPE_WIDTH,
    SOUND,
    density_ratio,
    drag_shape,
    sound_speed,
)

Array = npt.NDArray[np.float64]

MAX_FLIGHT_S: Final = 300.0
MAX_HEIGHT_M: Final = 100_000.0
BOOST_STEP_S: Final = 0.05
KNOTS: Final = 6
STILL_AIR: Final = np.zeros((1, 3))

# Largest launch speed (m/s) and the step (s) that keeps the impact within 0.05 m of DOP853 at rtol
# 1e-12, over random flights with drag, wind and Coriolis (benchmarks/flight.py prints the errors).
STEP_TABLE: Final = ((700.0, 0.5), (1000.0, 0.25), (2000.0, 0.1))

# A flight's row: position and velocity (ENU), then what is its own.
K: Final = 6  # drag at sea level and Mach 0, 1/m
DRIFT: Final = 7  # lateral acceleration of a spinning round, to the right of v, m/s²
GUST_E: Final = 8  # wind on top of the profile, m/s
GUST_N: Final = 9
C0: Final = 10  # drag shape
C1: Final = 11
ROW: Final = 12

# The air as the kernels take it: one tuple of scalars, so that loops over lanes vectorise.
_OMEGA2_N, _OMEGA2_U, _LEVEL, _G0, _INV_R, _RHO, _INV_A, _MACH, _WIDTH = range(9)
_WE, _WN, _H, _GE, _GN = 9, 10, 11, 11 + KNOTS, 11 + 2 * KNOTS
Air = tuple[float, ...]


def pack_air(env: Array, wind: Array) -> Air:
    """The tuple that `step` reads: the environment and the wind as hinges.

    A piecewise-linear profile is w0 + sum_k g_k max(h - h_k, 0), with knots at its levels. `wind`
    (n, 3): height above the site's level, towards east, towards north; more than KNOTS levels are
    thinned to the KNOTS that follow the profile best (greedy).
    """
    levels = _thinned(np.atleast_2d(np.asarray(wind, float)))
    slope = np.zeros((len(levels) + 1, 2))
    slope[1:-1] = np.diff(levels[:, 1:], axis=0) / np.diff(levels[:, :1], axis=0)
    hinges = np.zeros((3, KNOTS))
    hinges[0, : len(levels)] = levels[:, 0]
    hinges[1:, : len(levels)] = np.diff(slope, axis=0).T
    head = (
        2.0 * env[OMEGA_NORTH], 2.0 * env[OMEGA_UP], env[ALTITUDE], env[GRAVITY], 1.0 / env[RADIUS],
        env[DENSITY], 1.0 / env[SOUND], env[SHAPE_MACH], env[SHAPE_WIDTH], *levels[0, 1:],
    )  # fmt: skip
    return tuple(float(value) for value in (*head, *hinges.ravel()))


def _thinned(levels: Array) -> Array:
    if len(levels) <= KNOTS:
        return levels
    keep = [0, len(levels) - 1]
    while len(keep) < KNOTS:
        chosen = levels[sorted(keep)]
        gap = np.zeros(len(levels))
        for column in (1, 2):
            line = np.interp(levels[:, 0], chosen[:, 0], chosen[:, column])
            gap = np.maximum(gap, np.abs(levels[:, column] - line))
        keep.append(int(np.argmax(gap)))
    return levels[sorted(set(keep))]


@inline_kernel
def acceleration(
    e: float, n: float, u: float, ve: float, vn: float, vu: float, k: float, drift: float,
    gust_e: float, gust_n: float, c0: float, c1: float, thrust: float, air: Air,
) -> tuple[float, float, float]:  # fmt: skip
    """dv/dt (ENU, m/s²) by the equation at the head of this module."""
    height = u + 0.5 * air[_INV_R] * (e * e + n * n)
    altitude = height + air[_LEVEL]
    we, wn = gust_e + air[_WE], gust_n + air[_WN]
    for i in range(KNOTS):
        above = max(height - air[_H + i], 0.0)
        we += air[_GE + i] * above
        wn += air[_GN + i] * above
    re, rn = ve - we, vn - wn
    speed = math.sqrt(re * re + rn * rn + vu * vu + 1e-12)
    mach = speed * air[_INV_A] / sound_speed(altitude)
    shape = drag_shape(mach, c0, c1, air[_MACH], air[_WIDTH])
    # drag = k (rho/rho0) S(M) |v_r|,  drift = c_d (v_r x up) / |v_r|
    drag = k * air[_RHO] * density_ratio(altitude) * shape * speed
    side = drift / speed
    # g(h) = g0 (1 - 2 h / R), pointing to the earth's centre: (E/R, N/R, 1)
    g = air[_G0] * (1.0 - 2.0 * altitude * air[_INV_R])
    ae = -drag * re + side * rn - g * e * air[_INV_R]
    an = -drag * rn - side * re - g * n * air[_INV_R]
    au = -drag * vu - g
    # -2 Omega x v
    ae += air[_OMEGA2_U] * vn - air[_OMEGA2_N] * vu
    an -= air[_OMEGA2_U] * ve
    au += air[_OMEGA2_N] * ve
    if thrust != 0.0:
        push = thrust / math.sqrt(ve * ve + vn * vn + vu * vu + 1e-12)
        ae += push * ve
        an += push * vn
        au += push * vu
    return ae, an, au


@inline_kernel
def step(
    e: float, n: float, u: float, a: float, b: float, c: float, k: float, drift: float,
    ge: float, gn: float, c0: float, c1: float, thrust: float, air: Air, dt: float,
) -> tuple[float, float, float, float, float, float]:  # fmt: skip
    """One RK4 step of `dt` seconds (negative: backwards) from position (e, n, u), velocity (a, b, c).

    Stage positions p, p + dt/2 v, p + dt/2 v + dt²/4 a1, p + dt v + dt²/2 a2;
    p' = p + dt v + dt²/6 (a1 + a2 + a3), v' = v + dt/6 (a1 + 2 a2 + 2 a3 + a4).
    """
    hd = 0.5 * dt
    q = hd * hd
    w = 2.0 * q
    a1, b1, c1_ = acceleration(e, n, u, a, b, c, k, drift, ge, gn, c0, c1, thrust, air)
    a2, b2, c2 = acceleration(
        e + hd * a, n + hd * b, u + hd * c, a + hd * a1, b + hd * b1, c + hd * c1_,
        k, drift, ge, gn, c0, c1, thrust, air,
    )  # fmt: skip
    a3, b3, c3 = acceleration(
        e + hd * a + q * a1, n + hd * b + q * b1, u + hd * c + q * c1_,
        a + hd * a2, b + hd * b2, c + hd * c2,
        k, drift, ge, gn, c0, c1, thrust, air,
    )  # fmt: skip
    a4, b4, c4 = acceleration(
        e + dt * a + w * a2, n + dt * b + w * b2, u + dt * c + w * c2,
        a + dt * a3, b + dt * b3, c + dt * c3,
        k, drift, ge, gn, c0, c1, thrust, air,
    )  # fmt: skip
    s = dt * dt / 6.0
    d = dt / 6.0
    return (
        e + dt * a + s * (a1 + a2 + a3),
        n + dt * b + s * (b1 + b2 + b3),
        u + dt * c + s * (c1_ + c2 + c3),
        a + d * (a1 + 2.0 * (a2 + a3) + a4),
        b + d * (b1 + 2.0 * (b2 + b3) + b4),
        c + d * (c1_ + 2.0 * (c2 + c3) + c4),
    )


@inline_kernel
def bend(p0: float, p1: float, m0: float, m1: float) -> tuple[float, float]:
    """(Q, R) of the cubic Hermite p0 + u (m0 + u (Q + u R)), u in 0..1, m = dt times the derivative."""
    return 3.0 * (p1 - p0) - 2.0 * m0 - m1, 2.0 * (p0 - p1) + m0 + m1


@inline_kernel
def crossing(h0: float, h1: float, m0: float, m1: float) -> float:
    """u in 0..1 where the cubic Hermite through two heights is zero: 4 Newton iterations."""
    q, r = bend(h0, h1, m0, m1)
    # a step that starts on the ground has a root at its start: look for the one at its end
    u = h0 / (h0 - h1) if h0 > 0.0 else 1.0
    for _ in range(4):
        u -= (h0 + u * (m0 + u * (q + u * r))) / (m0 + u * (2.0 * q + 3.0 * u * r))
    return u


@kernel
def _fly_row(
    row: Array,
    air: Air,
    dt: float,
    thrust: float,
    burn_s: float,
    times: Array,
    path: Array,
    out: Array,
) -> None:
    """Fly one row to the ground: `out` = E, N, U, t, vE, vN, vU at the crossing, nan if there is none;
    `path[i]` = state at `times[i]` (ascending, in the direction of dt), nan after the crossing."""
    out[:] = np.nan
    path[:] = np.nan
    for i in range(ROW):
        if not math.isfinite(row[i]):
            return
    e, n, u, a, b, c = row[0], row[1], row[2], row[3], row[4], row[5]
    k, drift, ge, gn, c0, c1 = row[6], row[7], row[8], row[9], row[10], row[11]
    inv_r = air[_INV_R]
    h = u + 0.5 * inv_r * (e * e + n * n)
    forward = dt > 0.0
    if h <= 0.0 and (c <= 0.0) == forward:
        # on or below the ground and not leaving it: it is where it is, now
        out[0], out[1], out[2], out[3], out[4], out[5], out[6] = e, n, u, 0.0, a, b, c
        if times.size > 0 and times[0] == 0.0:
            path[0] = row[:6]
        return
    t = 0.0
    next_time = 0
    while abs(t) < MAX_FLIGHT_S:
        burning = forward and t < burn_s - 1e-9
        push = thrust if burning else 0.0
        tau = min(dt, BOOST_STEP_S, burn_s - t) if burning else dt
        e1, n1, u1, a1, b1, c1_ = step(e, n, u, a, b, c, k, drift, ge, gn, c0, c1, push, air, tau)
        h1 = u1 + 0.5 * inv_r * (e1 * e1 + n1 * n1)
        if not abs(h1) < MAX_HEIGHT_M:
            return
        landed = h1 <= 0.0 and h1 <= h
        x = 1.0
        if landed:
            m0 = tau * (c + inv_r * (e * a + n * b))
            m1 = tau * (c1_ + inv_r * (e1 * a1 + n1 * b1))
            x = crossing(h, h1, m0, m1)
        while next_time < times.size and abs(times[next_time] - t) <= abs(x * tau):
            part = times[next_time] - t
            path[next_time] = step(e, n, u, a, b, c, k, drift, ge, gn, c0, c1, push, air, part)
            next_time += 1
        if landed:
            qe, re = bend(e, e1, tau * a, tau * a1)
            qn, rn = bend(n, n1, tau * b, tau * b1)
            qu, ru = bend(u, u1, tau * c, tau * c1_)
            out[0] = e + x * (tau * a + x * (qe + x * re))
            out[1] = n + x * (tau * b + x * (qn + x * rn))
            out[2] = u + x * (tau * c + x * (qu + x * ru))
            out[3] = t + x * tau
            out[4] = a + x * (2.0 * qe + 3.0 * x * re) / tau
            out[5] = b + x * (2.0 * qn + 3.0 * x * rn) / tau
            out[6] = c + x * (2.0 * qu + 3.0 * x * ru) / tau
            return
        e, n, u, a, b, c, h = e1, n1, u1, a1, b1, c1_, h1
        t += tau


@kernel
def _fly_rows(rows: Array, air: Air, dt: float, thrust: Array, burn_s: Array, out: Array) -> None:
    nothing = np.empty(0)
    no_path = np.empty((0, 6))
    for i in range(rows.shape[0]):
        _fly_row(rows[i], air, dt, thrust[i], burn_s[i], nothing, no_path, out[i])


def fly(
    states: npt.ArrayLike,
    wind: Array,
    env: Array,
    dt_s: float = 0.5,
    *,
    drift_mps2: npt.ArrayLike = 0.0,
    thrust_mps2: npt.ArrayLike = 0.0,
    burn_s: npt.ArrayLike = 0.0,
) -> Array:
    """Where flights meet the ground: (n, 7) E, N, U (m), t (s after the start), vE, vN, vU (m/s).

    `states` (n, 7): E N U vE vN vU q, q = ln k; -inf is no drag. `wind` (m, 3) see `pack_air`, `env`
    from `atmosphere.environment`. `dt_s` < 0 flies backwards, t is then negative. Optional, a number or
    (n,): lateral drift, and thrust acceleration along v for the first `burn_s` seconds (forward only).

    A start on or under the ground that is not leaving it answers itself with t = 0. Input that is not
    finite, and a flight that has not landed after MAX_FLIGHT_S or leaves MAX_HEIGHT_M, answers nan.
    Take `dt_s` from `step_for`.
    """
    rows = flight_rows(np.atleast_2d(np.asarray(states, float)), env, drift_mps2)
    out = np.empty((len(rows), 7))
    thrust = np.broadcast_to(np.asarray(thrust_mps2, float), len(rows)).copy()
    burn = np.broadcast_to(np.asarray(burn_s, float), len(rows)).copy()
    _fly_rows(rows, pack_air(env, wind), float(dt_s), thrust, burn, out)
    return out


def trajectory(
    state: npt.ArrayLike,
    times_s: npt.ArrayLike,
    wind: Array,
    env: Array,
    dt_s: float = 0.5,
    *,
    drift_mps2: float = 0.0,
    thrust_mps2: float = 0.0,
    burn_s: float = 0.0,
) -> tuple[Array, Array]:
    """One flight sampled: states (m, 6) at `times_s` (ascending from 0), nan after the landing, and the
    landing (7,) as a row of `fly`, with which all arguments are shared."""
    times = np.ascontiguousarray(times_s, float)
    rows = flight_rows(np.asarray(state, float)[None, :], env, drift_mps2)
    path = np.empty((len(times), 6))
    out = np.empty(7)
    _fly_row(
        rows[0],
        pack_air(env, wind),
        float(dt_s),
        float(thrust_mps2),
        float(burn_s),
        times,
        path,
        out,
    )
    return path, out


def flight_rows(states: Array, env: Array, drift_mps2: npt.ArrayLike = 0.0) -> Array:
    """`states` (n, 7) as the (n, ROW) rows that the kernels fly, with the environment's drag shape."""
    rows = np.zeros((len(states), ROW))
    rows[:, :6] = states[:, :6]
    rows[:, K] = np.exp(states[:, 6])
    rows[:, DRIFT] = drift_mps2
    rows[:, C0], rows[:, C1] = env[SHAPE_C0], env[SHAPE_C1]
    return rows


def step_for(speed_mps: float) -> float:
    """Step in seconds that keeps the impact within 0.05 m, by the largest speed of the flight."""
    for limit, step_s in STEP_TABLE:
        if speed_mps <= limit:
            return step_s
    return STEP_TABLE[-1][1]
