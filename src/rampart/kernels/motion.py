"""The equations of motion, one RK4 step and the ground crossing: the only flight physics there is.

    dv/dt = -k (rho/rho0) S(M) |v_r| v_r + g(h) - 2 Omega x v + a_drift + a_thrust,   v_r = v - wind(h)

in the site's ENU frame, with curvature: height h = U + (E² + N²)/2R, ground at h = 0. RK4 is written
without position derivatives (algebraically the same). `step` is the only place that advances a
flight: the scalar driver of `kernels.flight` and the lanes of `kernels.lanes` both inline it.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import inline_kernel
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
KNOTS: Final = 6

# A flight's row: position and velocity (ENU), then what is its own.
K: Final = 6  # drag at sea level and Mach 0, 1/m
DRIFT: Final = 7  # lateral acceleration of a spinning round, to the right of v, m/s²
GUST_E: Final = 8  # wind on top of the profile, m/s
GUST_N: Final = 9
C0: Final = 10  # drag shape
C1: Final = 11
ROW: Final = 12

# The air as the kernels take it: one tuple of scalars, so that loops over lanes vectorise.
OMEGA2_N, OMEGA2_U, LEVEL, G0, INV_R, RHO, INV_A, MACH, WIDTH = range(9)
# then wind at the lowest knot (2), heights of the knots, changes of slope east, north (KNOTS each)
Air = tuple[float, ...]


def pack_air(env: Array, wind: Array) -> Air:
    """The tuple that `step` reads: the environment and the wind as hinges.

    A piecewise-linear profile is w0 + sum_k g_k max(h - h_k, 0), with knots at its levels. `wind`
    (n, 3): height above the site's level, towards east, towards north; more than KNOTS levels are
    thinned to the KNOTS that follow the profile best (greedy).
    """
    levels = np.atleast_2d(np.asarray(wind, float))
    levels = _thinned(levels[np.unique(levels[:, 0], return_index=True)[1]])
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
    height = u + 0.5 * air[INV_R] * (e * e + n * n)
    altitude = height + air[LEVEL]
    # w0 + sum_k g_k max(h - h_k, 0), written out: a loop over a tuple would not vectorise
    z0, z1, z2 = max(height - air[11], 0.0), max(height - air[12], 0.0), max(height - air[13], 0.0)
    z3, z4, z5 = max(height - air[14], 0.0), max(height - air[15], 0.0), max(height - air[16], 0.0)
    we = gust_e + air[9] + air[17] * z0 + air[18] * z1 + air[19] * z2
    we += air[20] * z3 + air[21] * z4 + air[22] * z5
    wn = gust_n + air[10] + air[23] * z0 + air[24] * z1 + air[25] * z2
    wn += air[26] * z3 + air[27] * z4 + air[28] * z5
    re, rn = ve - we, vn - wn
    speed = math.sqrt(re * re + rn * rn + vu * vu + 1e-12)
    mach = speed * air[INV_A] / sound_speed(altitude)
    shape = drag_shape(mach, c0, c1, air[MACH], air[WIDTH])
    # drag = k (rho/rho0) S(M) |v_r|,  drift = c_d (v_r x up) / |v_r|
    drag = k * air[RHO] * density_ratio(altitude) * shape * speed
    side = drift / speed
    # g(h) = g0 (1 - 2 h / R), pointing to the earth's centre: (E/R, N/R, 1)
    g = air[G0] * (1.0 - 2.0 * altitude * air[INV_R])
    ae = -drag * re + side * rn - g * e * air[INV_R]
    an = -drag * rn - side * re - g * n * air[INV_R]
    au = -drag * vu - g
    # -2 Omega x v
    ae += air[OMEGA2_U] * vn - air[OMEGA2_N] * vu
    an -= air[OMEGA2_U] * ve
    au += air[OMEGA2_N] * ve
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


def flight_rows(
    states: Array, env: Array, drift_mps2: npt.ArrayLike = 0.0, kind: type[np.floating] = np.float64
) -> npt.NDArray[Any]:
    """`states` (n, 7) as the (n, ROW) rows that the kernels fly, with the environment's drag shape."""
    rows = np.zeros((len(states), ROW), kind)
    with np.errstate(over="ignore"):  # an absurd number is inf, and so has no landing
        rows[:, :6] = states[:, :6]
        rows[:, K] = np.exp(states[:, 6])
    rows[:, DRIFT] = drift_mps2
    rows[:, C0], rows[:, C1] = env[SHAPE_C0], env[SHAPE_C1]
    return rows
