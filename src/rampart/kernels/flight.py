"""Flights to the ground, forwards and backwards: one, sampled, or thousands; all by `motion.step`."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel, kernel
from rampart.kernels.lanes import fly_lanes_single
from rampart.kernels.motion import (
    INV_R,
    MAX_FLIGHT_S,
    MAX_HEIGHT_M,
    ROW,
    Air,
    bend,
    crossing,
    flight_rows,
    pack_air,
    step,
)
from rampart.kernels.terrain import NOTHING, Ground, fly_onto, height, is_level, meets

Array = npt.NDArray[np.float64]

BOOST_STEP_S: Final = 0.05
STILL_AIR: Final = np.zeros((1, 3))

# Largest launch speed (m/s) and the step (s) that keeps the impact within 0.05 m of DOP853 at rtol
# 1e-12, over random flights with drag, wind and Coriolis (benchmarks/flight.py prints the errors).
STEP_TABLE: Final = ((700.0, 0.5), (1000.0, 0.25), (2000.0, 0.1))


@kernel
def _fly_row(
    row: Array,
    air: Air,
    dt: float,
    thrust: float,
    burn_s: float,
    ground: Ground,
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
    inv_r = air[INV_R]
    h = u + 0.5 * inv_r * (e * e + n * n)
    forward = dt > 0.0
    level = is_level(ground)
    if h <= height(ground, e, n) and (c <= 0.0) == forward:
        # on or below the ground and not leaving it: it is where it is, now
        out[0], out[1], out[2], out[3], out[4], out[5], out[6] = e, n, u, 0.0, a, b, c
        if times.size > 0 and times[0] == 0.0:
            for j in range(6):
                path[0, j] = row[j]
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
        if landed or not level:
            m0 = tau * (c + inv_r * (e * a + n * b))
            m1 = tau * (c1_ + inv_r * (e1 * a1 + n1 * b1))
            if level:
                x = crossing(h, h1, m0, m1)
            else:
                x = meets(ground, e, n, h, tau * a, tau * b, m0, e1, n1, h1, tau * a1, tau * b1, m1)
                landed = x >= 0.0
                x = abs(x)
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


@allocating_kernel
def fly_rows(
    rows: Array, air: Air, dt: float, thrust: Array, burn_s: Array, ground: Ground, out: Array
) -> None:
    """The scalar twin of `terrain.fly_onto`, with thrust along v for the first `burn_s` seconds."""
    nothing = np.empty(0)
    no_path = np.empty((0, 6))
    for i in range(rows.shape[0]):
        _fly_row(rows[i], air, dt, thrust[i], burn_s[i], ground, nothing, no_path, out[i])


def fly(
    states: npt.ArrayLike,
    wind: Array,
    env: Array,
    dt_s: float = 0.5,
    *,
    drift_mps2: npt.ArrayLike = 0.0,
    thrust_mps2: npt.ArrayLike = 0.0,
    burn_s: npt.ArrayLike = 0.0,
    ground: Ground = NOTHING,
    single: bool = False,
) -> Array:
    """Where flights meet the ground: (n, 7) E, N, U (m), t (s after the start), vE, vN, vU (m/s).

    `states` (n, 7): E N U vE vN vU q, q = ln k; -inf is no drag. `wind` (m, 3) see `pack_air`, `env`
    from `atmosphere.environment`. `dt_s` < 0 flies backwards, t is then negative. Optional, a number or
    (n,): lateral drift, and thrust acceleration along v for the first `burn_s` seconds (forward only).
    `ground`: see `kernels.terrain`; else the site's level. `single`: in float32, without either.

    A start on or under the ground that is not leaving it answers itself with t = 0. Input that is not
    finite, and a flight that has not landed after MAX_FLIGHT_S or leaves MAX_HEIGHT_M, answers nan.
    Take `dt_s` from `step_for`.
    """
    states = np.atleast_2d(np.asarray(states, float))
    air = pack_air(env, wind)
    drift, thrust, burn = (
        np.broadcast_to(np.asarray(value, float), len(states))
        for value in (drift_mps2, thrust_mps2, burn_s)
    )
    if thrust.any() and burn.any():
        out = np.empty((len(states), 7))
        fly_rows(flight_rows(states, env, drift), air, float(dt_s), thrust, burn, ground, out)
        return out
    # a block of lanes ends with its slowest: fly those together that climb alike
    order = np.argsort(states[:, 5])
    kind: Any = np.float32 if single else np.float64
    rows = flight_rows(states[order], env, drift[order], kind)
    landed = np.empty((len(states), 7), kind)
    if single:
        fly_lanes_single(rows, tuple(kind(value) for value in air), kind(dt_s), landed)
    else:
        fly_onto(rows, air, float(dt_s), ground, landed)
    out = np.empty((len(states), 7))
    out[order] = landed
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
    ground: Ground = NOTHING,
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
        ground,
        times,
        path,
        out,
    )
    return path, out


def step_for(speed_mps: float) -> float:
    """Step in seconds that keeps the impact within 0.05 m, by the largest speed of the flight."""
    for limit, step_s in STEP_TABLE:
        if speed_mps <= limit:
            return step_s
    return STEP_TABLE[-1][1]
