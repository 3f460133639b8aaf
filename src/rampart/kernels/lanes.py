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

from rampart.kernels._jit import allocating_kernel, in_single_precision, inline_kernel, kernel
from rampart.kernels.motion import INV_R, MAX_FLIGHT_S, MAX_HEIGHT_M, ROW, Air, bend, crossing, step

Array = npt.NDArray[np.float64]

LANES: Final = 32  # in one work array; blocks are filled up to a multiple of 8
_L: Final = LANES
# offsets in the work array: the row, the state before the last step, height now and then, time, flying
BEFORE: Final = ROW * _L
H: Final = BEFORE + 6 * _L
H_BEFORE: Final = H + _L
_T: Final = H_BEFORE + _L
FLYING: Final = _T + _L
WORK: Final = FLYING + _L


@kernel
def advance(w: Array, lanes: int, inv_r: float, air: Air, dt: float, floor_m: float) -> float:
    """One step of every lane that flies, until it is down to `floor_m`; returns how many still do."""
    for i in range(lanes):
        e, n, u = w[i], w[i + _L], w[i + 2 * _L]
        a, b, c = w[i + 3 * _L], w[i + 4 * _L], w[i + 5 * _L]
        h = w[i + H]
        e1, n1, u1, a1, b1, c1 = step(
            e, n, u, a, b, c, w[i + 6 * _L], w[i + 7 * _L], w[i + 8 * _L], w[i + 9 * _L],
            w[i + 10 * _L], w[i + 11 * _L], 0.0, air, dt,
        )  # fmt: skip
        h1 = u1 + 0.5 * inv_r * (e1 * e1 + n1 * n1)
        flying = w[i + FLYING] > 0.0
        w[i + BEFORE] = e if flying else w[i + BEFORE]
        w[i + BEFORE + _L] = n if flying else w[i + BEFORE + _L]
        w[i + BEFORE + 2 * _L] = u if flying else w[i + BEFORE + 2 * _L]
        w[i + BEFORE + 3 * _L] = a if flying else w[i + BEFORE + 3 * _L]
        w[i + BEFORE + 4 * _L] = b if flying else w[i + BEFORE + 4 * _L]
        w[i + BEFORE + 5 * _L] = c if flying else w[i + BEFORE + 5 * _L]
        w[i + H_BEFORE] = h if flying else w[i + H_BEFORE]
        w[i] = e1 if flying else e
        w[i + _L] = n1 if flying else n
        w[i + 2 * _L] = u1 if flying else u
        w[i + 3 * _L] = a1 if flying else a
        w[i + 4 * _L] = b1 if flying else b
        w[i + 5 * _L] = c1 if flying else c
        w[i + H] = h1 if flying else h
        w[i + _T] += dt if flying else 0.0
        # it stays up above the floor, or while it rises to it; nan and heights without end stop
        up = ((h1 > floor_m) | (h1 > h)) & (abs(h1) < MAX_HEIGHT_M)
        w[i + FLYING] = w[i + FLYING] if up else 0.0
    left = 0.0
    for i in range(lanes):
        left += w[i + FLYING]
    return left


@kernel
def load(w: Array, rows: Array, first: int, inv_r: float, out: Array) -> tuple[int, int]:
    """Put the block of `rows` that begins at `first` into the lanes, and nan into its rows of `out`;
    returns how many flights it has and how many lanes that fills. A row that is not finite does not fly."""
    count = min(LANES, rows.shape[0] - first)
    lanes = min(LANES, (count + 7) // 8 * 8)
    for i in range(lanes):
        row = rows[first + min(i, count - 1)]  # a block is filled up with its last flight
        finite = True
        for j in range(ROW):
            finite &= math.isfinite(row[j])
        for j in range(ROW):
            w[i + j * _L] = row[j] if finite else 0.0
        for j in range(6):
            w[i + BEFORE + j * _L] = w[i + j * _L]
        h = w[i + 2 * _L] + 0.5 * inv_r * (w[i] * w[i] + w[i + _L] * w[i + _L])
        w[i + H] = w[i + H_BEFORE] = h
        w[i + _T] = 0.0
        w[i + FLYING] = 1.0 if finite else 0.0
        if i < count:
            for j in range(7):
                out[first + i, j] = math.nan
    return count, lanes


@kernel
def rest(w: Array, i: int, ground_m: float, forward: bool, out: Array) -> None:
    """Where lane `i` starts on or under the ground and is not leaving it, it is where it is, now."""
    rising = w[i + 5 * _L] > 0.0
    if w[i + FLYING] > 0.0 and w[i + H] <= ground_m and rising != forward:
        w[i + FLYING] = 0.0
        for j in range(3):
            out[j] = w[i + j * _L]
            out[4 + j] = w[i + (j + 3) * _L]
        out[3] = 0.0


@allocating_kernel
def fly_lanes(rows: Array, air: Air, dt: float, out: Array) -> None:
    """`out` (n, 7) = where the `rows` (n, ROW) meet the ground; see `flight.fly`, without thrust."""
    w = np.empty(WORK, rows.dtype)
    spare = np.empty(7, rows.dtype)
    inv_r = air[INV_R]
    for first in range(0, rows.shape[0], _L):
        count, lanes = load(w, rows, first, inv_r, out)
        for i in range(lanes):
            rest(w, i, 0.0, dt > 0.0, out[first + i] if i < count else spare)
        for _ in range(int(MAX_FLIGHT_S / abs(dt))):
            if not advance(w, lanes, inv_r, air, dt, 0.0) > 0.0:
                break
        for i in range(count):
            if w[i + _T] != 0.0 and w[i + FLYING] == 0.0 and abs(w[i + H]) < MAX_HEIGHT_M:
                m0, m1 = climbs(w, i, inv_r, dt)
                touch(w, i, dt, crossing(w[i + H_BEFORE], w[i + H], m0, m1), out[first + i])


@inline_kernel
def climbs(w: Array, i: int, inv_r: float, dt: float) -> tuple[float, float]:
    """dt dh/dt of lane `i` before and after its last step, h = U + (E² + N²) / 2R."""
    k = i + BEFORE
    m0 = dt * (w[k + 5 * _L] + inv_r * (w[k] * w[k + 3 * _L] + w[k + _L] * w[k + 4 * _L]))
    m1 = dt * (w[i + 5 * _L] + inv_r * (w[i] * w[i + 3 * _L] + w[i + _L] * w[i + 4 * _L]))
    return m0, m1


@kernel
def touch(w: Array, i: int, dt: float, x: float, out: Array) -> None:
    """Lane `i` at `x` in 0..1 of its last step: cubic Hermite in every coordinate."""
    k = i + BEFORE
    for j in range(3):
        p, v = w[k + j * _L], w[k + (j + 3) * _L]
        q, r = bend(p, w[i + j * _L], dt * v, dt * w[i + (j + 3) * _L])
        out[j] = p + x * (dt * v + x * (q + x * r))
        out[4 + j] = v + x * (2.0 * q + 3.0 * x * r) / dt
    out[3] = (w[i + _T] - dt) + x * dt


fly_lanes_single = in_single_precision(fly_lanes)
"""`fly_lanes` for float32 rows, air, step and output: twice as fast, to 0.05 m; for studies."""
