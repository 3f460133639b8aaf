"""What a sensor's slow errors do to a track: not noise that averages out, but doubt that stays.

Source: the consider form of Schmidt (Bierman 1977, ch. 8). What stays for a second, and is another then, is no
such doubt, but no noise of one plot either: `plots_as_one`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel, woven_kernel

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BIASES: Final = 4
"""Slow errors of one sensor: range m, azimuth rad, elevation rad, time s."""
SENSOR: Final = 3 + BIASES * BIASES
"""Numbers of a sensor as `widened` reads it: E N U, then the covariance of its biases."""


def plots_as_one(since_s: Any, lasts_s: Any, period_s: Any) -> Any:
    """How many plots are worth one where an object's last was `since_s` ago; numbers or arrays.

    n plots dt apart, whose errors of variance s² are alike for T, have a mean of variance s² T / (n dt), not
    s² / n: each counts as one of variance s² T / dt (with errors that decay as exp(-t / tau), T = 2 tau).
    A dt below `period_s` counts as a period.
    """
    return np.maximum(lasts_s / np.maximum(since_s, period_s), 1.0)


as_one: Final = woven_kernel(plots_as_one)
"""`plots_as_one` of one plot, for kernels."""


@allocating_kernel
def _moves(x: Array, place: Array, d: Array) -> bool:
    """d (4, 7) = (dp/db_i, dv/db_i, 0) of a sensor at `place`, and zero beyond the state; False overhead."""
    p = x[:3] - place
    v = x[3:6]
    ground2 = p[0] * p[0] + p[1] * p[1]
    r = math.sqrt(ground2 + p[2] * p[2])
    ground = math.sqrt(ground2)
    if ground < 1.0:
        return False
    los = p / r
    rate = los[0] * v[0] + los[1] * v[1] + los[2] * v[2]
    # range: p moves along the line of sight, v with the turn of that line
    for i in range(3):
        d[0, i] = los[i]
        d[0, 3 + i] = (v[i] - rate * los[i]) / r
    # azimuth: all turns about the vertical, d = -z x (p, v)
    for i in (0, 3):
        a, b = (p[0], p[1]) if i == 0 else (v[0], v[1])
        d[1, i], d[1, i + 1] = b, -a
    # elevation: all turns about the horizontal axis across the line of sight, which turns with it
    x1, y1 = p[1] / ground, -p[0] / ground
    turn = (v[0] * p[1] - v[1] * p[0]) / ground2
    for i in (0, 3):
        a, b, c = (p[0], p[1], p[2]) if i == 0 else (v[0], v[1], v[2])
        d[2, i], d[2, i + 1] = y1 * c, -x1 * c
        d[2, i + 2] = x1 * b - y1 * a
    d[2, 3] -= turn * x1 * p[2]
    d[2, 4] -= turn * y1 * p[2]
    # clock: stamped late, the state is that of an earlier moment
    for i in range(3):
        d[3, i] = -v[i]
    d[3, 5] = 9.8
    return True


@allocating_kernel
def widened(x: Array, P: Array, sensor: Array) -> Array:
    """P + sum_ij C_ij d_i d_jᵀ: what slow biases of covariance C of the sensor's range, azimuth, elevation
    and clock do to position and velocity together, d_i = (dp/db_i, dv/db_i)."""
    out = P.copy()
    _widen(x, out, sensor, np.zeros((BIASES, 7)))
    return out


@allocating_kernel
def widen(x: Array, P: Array, sensors: Array, sensor_index: Ints) -> None:
    """Each of the covariances P (n, 7, 7) of the states x (n, 7) becomes what `widened` gives for its sensor: a
    row of `sensors` (sensors, SENSOR)."""
    d = np.zeros((BIASES, 7))
    for k in range(x.shape[0]):
        _widen(x[k], P[k], sensors[sensor_index[k]], d)


@allocating_kernel
def _widen(x: Array, P: Array, sensor: Array, d: Array) -> None:
    """`widened`, in place; d (BIASES, 7): room to work, zero beyond position and velocity."""
    for i in range(7):
        for j in range(i):
            P[i, j] = P[j, i] = 0.5 * (P[i, j] + P[j, i])
    if not _moves(x, sensor[:3], d):
        return
    for m in range(BIASES):
        for n in range(BIASES):
            cov = sensor[3 + BIASES * m + n]
            if cov != 0.0:
                for i in range(7):
                    for j in range(7):
                        P[i, j] += cov * d[m, i] * d[n, j]


@allocating_kernel
def set_apart(x: Array, P: Array, place: Array, bias: Array) -> None:
    """Widen P by what biases (4,), one sigma each, of the one sensor at `place` do to a state that stands
    by it alone: so far off it is for any other."""
    d = np.zeros((BIASES, 7))
    if not _moves(x, place, d):
        return
    for m in range(BIASES):
        for i in range(7):
            for j in range(7):
                P[i, j] += bias[m] ** 2 * d[m, i] * d[m, j]
    # of a velocity that is hardly known yet, the clock moves more than the mean
    for i in range(3):
        for j in range(3):
            P[i, j] += bias[3] ** 2 * P[3 + i, 3 + j]
