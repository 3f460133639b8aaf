"""Where a state comes down to the ground, and how far that may be wrong: the flights of one prediction.

Cubature over the track's own state (15 flights) plus pairs of flights for what the track cannot know:
wind, the shape of the drag curve, lateral drift. A sensor's slow bias widens the state beforehand.
Source: Arasaratnam & Haykin 2009 (cubature); the consider form of Schmidt for the rest.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel, kernel
from rampart.kernels.atmosphere import (
    SHAPE_C0,
    SHAPE_C1,
    density_ratio,
    drag_shape,
    sound_speed,
)
from rampart.kernels.consider import SENSOR, widened
from rampart.kernels.motion import (
    C0,
    C1,
    DRIFT,
    GUST_E,
    GUST_N,
    INV_A,
    INV_R,
    LEVEL,
    MACH,
    RHO,
    ROW,
    WIDTH,
    Air,
    K,
)
from rampart.kernels.scatter import spread, unevenness
from rampart.kernels.terrain import Ground, fly_onto, is_level

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_STATES: Final = 15  # nominal, then x ± sqrt(7) L_i
_FLIGHTS: Final = _STATES + 8  # and ± one sigma of wind E, wind N, drag shape, drift
TOLD: Final = 12  # E N U t, velocity E N U, covariance xx xy yy, sigma of t, unevenness
DRAWN: Final = _FLIGHTS // 2 + 3  # numbers that are drawn for one of the `landings`
_SLOW_MACH: Final = 0.75  # fins below, spin above: no mortar bomb leaves faster than Mach 0.95
_FAST_MACH: Final = 1.1
_LONGEST_LAG_S: Final = 10.0
NO_SENSOR: Final = np.zeros(SENSOR)


@allocating_kernel
def _square_root(P: Array) -> Array:
    """Lower L with L Lᵀ = P, of the nearest usable matrix where P is not positive definite: scaled to
    unit diagonal, then with its off-diagonals shrunk until the Cholesky factor exists."""
    n = P.shape[0]
    scale = np.empty(n)
    for i in range(n):
        scale[i] = math.sqrt(max(P[i, i], 1e-12))
    L = np.zeros((n, n))
    shrink = 1.0
    for _ in range(12):
        good = True
        for i in range(n):
            for j in range(i + 1):
                s = 1.0 if i == j else shrink * P[i, j] / (scale[i] * scale[j])
                for m in range(j):
                    s -= L[i, m] * L[j, m]
                if i == j:
                    if not s > 1e-12:
                        good = False
                        break
                    L[i, i] = math.sqrt(s)
                else:
                    L[i, j] = s / L[j, j]
            if not good:
                break
        if good:
            break
        shrink = 1.0 - 4.0 * (1.0 - shrink) if shrink < 1.0 else 1.0 - 1e-7
        shrink = max(shrink, 0.0)
    for i in range(n):
        for j in range(i + 1):
            L[i, j] *= scale[i]
    return L


@kernel
def _sideways_lag(x: Array, P: Array) -> tuple[float, float, float]:
    """The unit vector to the right of the flight (E, N), and by how many seconds a track follows a steady
    push that way too late.

    A filter of white acceleration that has settled lags a constant acceleration `a` by lag a in velocity
    and lag² a / 2 in position, lag = 2 P_pv / P_vv: as if the push had begun so long ago.
    Source: the steady state of the Kalman-Bucy filter, P_vv = √2 q^¾ r^¼, P_pv = √(q r).
    """
    ground = math.sqrt(x[3] * x[3] + x[4] * x[4])
    if ground < 1.0:
        return 0.0, 0.0, 0.0
    e, n = x[4] / ground, -x[3] / ground
    pv = e * e * P[0, 3] + e * n * (P[0, 4] + P[1, 3]) + n * n * P[1, 4]
    vv = e * e * P[3, 3] + 2.0 * e * n * P[3, 4] + n * n * P[4, 4]
    return e, n, min(max(2.0 * pv / max(vv, 1e-9), 0.0), _LONGEST_LAG_S)


@kernel
def sideways_sigma(
    height_m: float, speed_mps: float, inv_sound: float, slow: float, fast: float
) -> float:
    """One sigma of the lateral acceleration of a round at this height and speed, m/s²: `slow`, where fins
    are likely, and `fast` times as much where spin is.

    A shell that has slowed down high up still spins: judged by the speed that it falls back to.
    """
    fall_mps = math.sqrt(speed_mps * speed_mps + 19.6 * max(height_m, 0.0))
    mach = fall_mps * inv_sound / sound_speed(0.0)
    share = min(max((mach - _SLOW_MACH) / (_FAST_MACH - _SLOW_MACH), 0.0), 1.0)
    return slow * (1.0 + (fast - 1.0) * share)


@allocating_kernel
def _bundle(
    x: Array, P: Array, sensor: Array, priors: Array, env: Array, shapes: Array, air: Air, dt: float,
    rows: Array,
) -> float:  # fmt: skip
    """`rows` (_FLIGHTS, ROW) = the flights of a prediction; returns the step to fly them with."""
    speed = math.sqrt(x[3] ** 2 + x[4] ** 2 + x[5] ** 2)
    mach = speed * air[INV_A] / sound_speed(x[2] + air[LEVEL])
    wide = widened(x, P, sensor)
    # while Mach falls the drag that is learnt lags behind a curve that is not the filter's
    wide[6, 6] += (priors[5] * min(max((mach - 0.75) / 0.25, 0.0), 1.0)) ** 2
    L = _square_root(wide)
    rows[:] = 0.0
    for f in range(_FLIGHTS):
        for i in range(6):
            rows[f, i] = x[i]
        q = x[6]
        if 0 < f < _STATES:
            # x ± sqrt(7) L_i
            column = (f - 1) // 2
            reach = math.sqrt(7.0) if f % 2 == 1 else -math.sqrt(7.0)
            for i in range(6):
                rows[f, i] += reach * L[i, column]
            q += reach * L[6, column]
        rows[f, K] = math.exp(min(max(q, -16.0), -4.0))
        rows[f, C0], rows[f, C1] = env[SHAPE_C0], env[SHAPE_C1]
    altitude = x[2] + air[LEVEL]
    spin = sideways_sigma(x[2], speed, air[INV_A], priors[2], priors[3])
    # k (rho/rho0) S(M), 1/m
    drag = rows[0, K] * air[RHO] * density_ratio(altitude)
    drag *= drag_shape(mach, env[SHAPE_C0], env[SHAPE_C1], air[MACH], air[WIDTH])
    right_e, right_n, lag = _sideways_lag(x, P)
    f = _STATES
    for sign in (1.0, -1.0):
        rows[f, GUST_E] = sign * priors[0]
        rows[f + 1, GUST_N] = sign * priors[1]
        rows[f + 3, DRIFT] = sign * spin
        # what pushes sideways did so before, and the track follows late
        pushes = (drag * speed * priors[0] * right_e, drag * speed * priors[1] * right_n, 0.0, spin)
        for i in range(4):
            push = sign * pushes[i]
            # p += (lag²/2) a, v += lag a
            rows[f + i, 0] += 0.5 * lag * lag * push * right_e
            rows[f + i, 1] += 0.5 * lag * lag * push * right_n
            rows[f + i, 3] += lag * push * right_e
            rows[f + i, 4] += lag * push * right_n
        f += 4
    # another drag curve, the same drag as the track has seen: k S(M) of a while ago
    slowing = drag * speed * speed + 9.8 * x[5] / max(speed, 1.0)
    mach *= 1.0 + min(max(slowing * priors[4] / max(speed, 1.0), -0.3), 0.3)
    seen = drag_shape(mach, env[SHAPE_C0], env[SHAPE_C1], air[MACH], air[WIDTH])
    for i in range(2):
        f = _STATES + 2 + 4 * i
        rows[f, C0], rows[f, C1] = shapes[i, 0], shapes[i, 1]
        rows[f, K] *= seen / drag_shape(mach, shapes[i, 0], shapes[i, 1], air[MACH], air[WIDTH])
    # an explicit step must resolve the drag, k v dt < 1, also where hardly anything is known of k
    return 0.5 * dt if np.max(rows[:, K]) * speed * abs(dt) > 1.0 else dt


@allocating_kernel
def _crossing(
    x: Array, P: Array, sensor: Array, priors: Array, env: Array, shapes: Array, air: Air,
    ground: Ground, dt: float, out: Array,
) -> bool:  # fmt: skip
    """Mean E N U t vE vN vU, covariance xx xy yy, sigma of t and unevenness in `out`; False where a flight
    has no crossing."""
    rows = np.empty((_FLIGHTS, ROW))
    dt = _bundle(x, P, sensor, priors, env, shapes, air, dt, rows)
    flights = np.empty((_FLIGHTS, 7))
    fly_onto(rows, air, dt, ground, flights)
    for f in range(_FLIGHTS):
        if not math.isfinite(flights[f, 3]):
            return False
    mean = np.zeros(7)
    for f in range(1, _STATES):
        mean += flights[f] / 14.0
    xx, xy, yy, tt = 0.0, 0.0, 0.0, 0.0
    for f in range(1, _STATES):
        e, n, t = flights[f, 0] - mean[0], flights[f, 1] - mean[1], flights[f, 3] - mean[3]
        xx += e * e / 14.0
        xy += e * n / 14.0
        yy += n * n / 14.0
        tt += t * t / 14.0
    for i in range(4):
        plus, minus = flights[_STATES + i], flights[_STATES + 4 + i]
        e, n, t = 0.5 * (plus - minus)[0], 0.5 * (plus - minus)[1], 0.5 * (plus - minus)[3]
        xx += e * e
        xy += e * n
        yy += n * n
        tt += t * t
        mean += 0.5 * (plus + minus) - flights[0]
    # white acceleration goes on to the end, as the track believes it did so far: q T³/3 in each direction,
    # of which that in height moves the crossing along the flight
    ahead = priors[6] * abs(mean[3]) ** 3 / 3.0
    fall2 = max(mean[6] * mean[6], 1.0)
    xx += ahead * (1.0 + mean[4] * mean[4] / fall2)
    xy += ahead * mean[4] * mean[5] / fall2
    yy += ahead * (1.0 + mean[5] * mean[5] / fall2)
    tt += ahead / fall2
    for i in range(7):
        out[i] = mean[i]
    out[11] = 0.0
    if not is_level(ground):
        # heights that are off by s move a landing by s / tan(descent), and its time
        late = ground.sigma_m / max(abs(mean[6]), 1.0)
        xx += (late * mean[4]) ** 2
        xy += late * mean[4] * late * mean[5]
        yy += (late * mean[5]) ** 2
        tt += late * late
        out[11] = unevenness(flights, _STATES, air[INV_R], ground) if dt > 0.0 else 0.0
    out[7], out[8], out[9], out[10] = xx, xy, yy, math.sqrt(tt)
    return True


@allocating_kernel
def landings(
    x: Array, P: Array, sensor: Array, priors: Array, env: Array, shapes: Array, air: Air,
    ground: Ground, dt: float, table: Array,
) -> Array:  # fmt: skip
    """Rows of `fly` (n, 7): landings of as many draws of the bundle of a state as `table` has; its last three
    columns draw what white acceleration adds east, north, and up with how far all heights are off."""
    bundle = np.empty((_FLIGHTS, ROW))
    dt = _bundle(x, P, sensor, priors, env, shapes, air, dt, bundle)
    rows = np.empty((table.shape[0], ROW))
    spread(bundle, _STATES, table, rows)
    out = np.empty((table.shape[0], 7))
    fly_onto(rows, air, dt, ground, out)
    for s in range(table.shape[0]):
        ahead = priors[6] * abs(out[s, 3]) ** 3 / 3.0  # as in `_crossing`
        late = table[s, -1] * math.sqrt(ground.sigma_m**2 + ahead) / max(abs(out[s, 6]), 1.0)
        out[s, 0] += math.sqrt(ahead) * table[s, -3] + late * out[s, 4]
        out[s, 1] += math.sqrt(ahead) * table[s, -2] + late * out[s, 5]
    return out


@allocating_kernel
def crossings(
    x: Array, P: Array, sensor_index: Ints, sensors: Array, limits: tuple[float, float],
    priors: Array, env: Array, shapes: Array, air: Air, ground: Ground, dt: float, out: Array,
) -> None:  # fmt: skip
    """A row of `out` (n, TOLD), see `_crossing`, for each state `x` (n, 7), `P` (n, 7, 7); nan where there is
    none. With `dt` < 0 the crossing that lies behind.

    `sensors` (sensors, SENSOR) as `consider.widened` takes them, index -1: none. `limits`: variances of height
    and climb from which on they count as not observed. `priors`: one sigma of the wind east and north (m/s);
    `slow` and `fast` of `sideways_sigma`; by how many seconds the drag that is learnt is late; sigma of ln k
    from Mach 1 up; density of the white acceleration (m²/s³). `shapes` (2, 2): the drag curves one sigma up
    and down.
    """
    for k in range(x.shape[0]):
        out[k, 0] = math.nan
        bounded = 0.0 <= P[k, 2, 2] < limits[0] and 0.0 <= P[k, 5, 5] < limits[1]
        if not bounded:
            continue
        sensor = sensors[sensor_index[k]] if sensor_index[k] >= 0 else NO_SENSOR
        if not _crossing(x[k], P[k], sensor, priors, env, shapes, air, ground, dt, out[k]):
            out[k, 0] = math.nan
