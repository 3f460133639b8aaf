"""The same flight, many at once: LANES flights advance together in one straight-line inner loop.

The step is `motion.step`, inlined, so there is one physics. One flat work array with constant offsets
lets the compiler prove the lanes independent and vectorise; a lane that has landed freezes, and a
block ends with its slowest lane.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import in_single_precision, kernel
from rampart.kernels.motion import INV_R, MAX_FLIGHT_S, MAX_HEIGHT_M, ROW, Air, bend, crossing, step

Array = npt.NDArray[np.float64]

LANES: Final = 32  # in one work array; blocks are filled up to a multiple of 8
_L: Final = LANES
# offsets in the work array: the row, the state before the last step, height now and then, time, flying
_BEFORE: Final = ROW * _L
_H: Final = _BEFORE + 6 * _L
_H_BEFORE: Final = _H + _L
_T: Final = _H_BEFORE + _L
_FLYING: Final = _T + _L
_WORK: Final = _FLYING + _L


@kernel
def _advance(w: Array, lanes: int, inv_r: float, air: Air, dt: float) -> float:
    """One step of every lane that flies; returns how many still do."""
    for i in range(lanes):
        e, n, u = w[i], w[i + _L], w[i + 2 * _L]
        a, b, c = w[i + 3 * _L], w[i + 4 * _L], w[i + 5 * _L]
        h = w[i + _H]
        e1, n1, u1, a1, b1, c1 = step(
            e, n, u, a, b, c, w[i + 6 * _L], w[i + 7 * _L], w[i + 8 * _L], w[i + 9 * _L],
            w[i + 10 * _L], w[i + 11 * _L], 0.0, air, dt,
        )  # fmt: skip
        h1 = u1 + 0.5 * inv_r * (e1 * e1 + n1 * n1)
        flying = w[i + _FLYING] > 0.0
        w[i + _BEFORE] = e if flying else w[i + _BEFORE]
        w[i + _BEFORE + _L] = n if flying else w[i + _BEFORE + _L]
        w[i + _BEFORE + 2 * _L] = u if flying else w[i + _BEFORE + 2 * _L]
        w[i + _BEFORE + 3 * _L] = a if flying else w[i + _BEFORE + 3 * _L]
        w[i + _BEFORE + 4 * _L] = b if flying else w[i + _BEFORE + 4 * _L]
        w[i + _BEFORE + 5 * _L] = c if flying else w[i + _BEFORE + 5 * _L]
        w[i + _H_BEFORE] = h if flying else w[i + _H_BEFORE]
        w[i] = e1 if flying else e
        w[i + _L] = n1 if flying else n
        w[i + 2 * _L] = u1 if flying else u
        w[i + 3 * _L] = a1 if flying else a
        w[i + 4 * _L] = b1 if flying else b
        w[i + 5 * _L] = c1 if flying else c
        w[i + _H] = h1 if flying else h
        w[i + _T] += dt if flying else 0.0
        # it stays up above the ground, or while it rises to it; nan and heights without end stop
        up = ((h1 > 0.0) | (h1 > h)) & (abs(h1) < MAX_HEIGHT_M)
        w[i + _FLYING] = w[i + _FLYING] if up else 0.0
    left = 0.0
    for i in range(lanes):
        left += w[i + _FLYING]
    return left


@kernel
def fly_lanes(rows: Array, air: Air, dt: float, out: Array) -> None:
    """`out` (n, 7) = where the `rows` (n, ROW) meet the ground; see `flight.fly`, without thrust."""
    w = np.empty(_WORK, rows.dtype)
    inv_r = air[INV_R]
    forward = dt > 0.0
    for first in range(0, rows.shape[0], _L):
        count = min(_L, rows.shape[0] - first)
        lanes = min(_L, (count + 7) // 8 * 8)
        for i in range(lanes):
            row = rows[first + min(i, count - 1)]  # a block is filled up with its last flight
            finite = True
            for j in range(ROW):
                finite &= math.isfinite(row[j])
            for j in range(ROW):
                w[i + j * _L] = row[j] if finite else 0.0
            for j in range(6):
                w[i + _BEFORE + j * _L] = w[i + j * _L]
            h = w[i + 2 * _L] + 0.5 * inv_r * (w[i] * w[i] + w[i + _L] * w[i + _L])
            resting = h <= 0.0 and (row[5] <= 0.0) == forward
            w[i + _H] = w[i + _H_BEFORE] = h
            w[i + _T] = 0.0
            w[i + _FLYING] = 1.0 if finite and not resting else 0.0
            if i < count:
                # rests where it is, or lacks an answer until it has landed
                for j in range(7):
                    out[first + i, j] = math.nan
                if finite and resting:
                    out[first + i, 0], out[first + i, 1], out[first + i, 2] = row[0], row[1], row[2]
                    out[first + i, 3] = 0.0
                    out[first + i, 4], out[first + i, 5], out[first + i, 6] = row[3], row[4], row[5]
        for _ in range(int(MAX_FLIGHT_S / abs(dt))):
            if not _advance(w, lanes, inv_r, air, dt) > 0.0:
                break
        for i in range(count):
            if w[i + _T] != 0.0 and w[i + _FLYING] == 0.0 and abs(w[i + _H]) < MAX_HEIGHT_M:
                _touch(w, i, inv_r, dt, out[first + i])


@kernel
def _touch(w: Array, i: int, inv_r: float, dt: float, out: Array) -> None:
    """The ground crossing of lane `i` between its last two states: cubic Hermite in every coordinate."""
    k = i + _BEFORE
    e, n, a, b, c = w[k], w[k + _L], w[k + 3 * _L], w[k + 4 * _L], w[k + 5 * _L]
    e1, n1, a1, b1, c1 = w[i], w[i + _L], w[i + 3 * _L], w[i + 4 * _L], w[i + 5 * _L]
    m0 = dt * (c + inv_r * (e * a + n * b))
    m1 = dt * (c1 + inv_r * (e1 * a1 + n1 * b1))
    x = crossing(w[i + _H_BEFORE], w[i + _H], m0, m1)
    for j in range(3):
        p, v = w[k + j * _L], w[k + (j + 3) * _L]
        q, r = bend(p, w[i + j * _L], dt * v, dt * w[i + (j + 3) * _L])
        out[j] = p + x * (dt * v + x * (q + x * r))
        out[4 + j] = v + x * (2.0 * q + 3.0 * x * r) / dt
    out[3] = (w[i + _T] - dt) + x * dt


fly_lanes_single = in_single_precision(fly_lanes)
"""`fly_lanes` for float32 rows, air, step and output: twice as fast, to 0.05 m; for studies."""
