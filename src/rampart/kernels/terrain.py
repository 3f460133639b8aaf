"""The ground: heights on a grid, and where a flight first meets it.

Heights are metres above the site's level, as the flight kernels reckon: h = U + (E² + N²) / 2R. Between
nodes they are bilinear; outside the grid the nearest edge goes on. `NOTHING` is a site without terrain:
the level itself, and the flights of `kernels.lanes`.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel, kernel, woven_kernel
from rampart.kernels.lanes import (
    BEFORE,
    FLYING,
    H_BEFORE,
    LANES,
    WORK,
    H,
    advance,
    climbs,
    fly_lanes,
    load,
    rest,
    touch,
)
from rampart.kernels.motion import INV_R, MAX_FLIGHT_S, MAX_HEIGHT_M, Air, bend

Array = npt.NDArray[np.float64]
Heights = npt.NDArray[np.float32]

BLOCK: Final = 8  # cells along a side of the blocks whose highest points are kept
PIECES_A_CELL: Final = 2.0
"""A step is looked at so often in a cell: no ridge is narrower than a cell."""
MOST_PIECES: Final = 4_096  # of one step, where a cell is a metre and the step is fast
_NEAR_M: Final = 1e-5  # a crossing is found when the flight is so near the ground


class Ground(NamedTuple):
    """Heights of the nodes (rows from south to north, columns from west to east), the highest of each
    block of cells with its edges, the first node's place, and one sigma of all heights together."""

    heights_m: Heights
    tops_m: Heights
    west_m: float
    south_m: float
    per_m: float  # cells in a metre
    lowest_m: float
    highest_m: float
    sigma_m: float


def ground_of(
    heights_m: npt.ArrayLike, west_m: float, south_m: float, spacing_m: float, sigma_m: float = 0.0
) -> Ground:
    """The ground over a grid of at least 2 x 2 nodes, `spacing_m` apart, the first at (west, south)."""
    nodes = np.array(heights_m, np.float32, order="C")  # its own: kernels know no other kind
    tops = _block_tops(_block_tops(nodes).T).T
    return Ground(
        nodes, np.ascontiguousarray(tops), float(west_m), float(south_m), 1.0 / spacing_m,
        float(nodes.min()), float(nodes.max()), float(sigma_m),
    )  # fmt: skip


def _block_tops(heights: Heights) -> Heights:
    """The highest of every BLOCK rows with the row that follows them."""
    starts = np.arange(0, len(heights) - 1, BLOCK)
    tops = np.maximum.reduceat(heights, starts, axis=0)
    return np.maximum(tops, heights[np.minimum(starts + BLOCK, len(heights) - 1)])


def level_at(height_m: float) -> Ground:
    """Ground at one height everywhere."""
    return ground_of(np.full((2, 2), height_m), 0.0, 0.0, 1.0)


NOTHING: Final = level_at(0.0)
"""A site without terrain: its own level."""


@woven_kernel
def is_level(ground: Ground) -> bool:
    """The ground is the site's own level everywhere: no terrain is known."""
    return bool(ground.lowest_m == 0.0 and ground.highest_m == 0.0)


@woven_kernel
def height(ground: Ground, e: float, n: float) -> float:
    """Height of the ground at (E, N): bilinear, and beyond an edge that of the edge."""
    z = ground.heights_m
    x = min(max((e - ground.west_m) * ground.per_m, 0.0), z.shape[1] - 1.0)
    y = min(max((n - ground.south_m) * ground.per_m, 0.0), z.shape[0] - 1.0)
    i, j = min(int(y), z.shape[0] - 2), min(int(x), z.shape[1] - 2)
    x -= j
    y -= i
    south = z[i, j] + x * (z[i, j + 1] - z[i, j])
    north = z[i + 1, j] + x * (z[i + 1, j + 1] - z[i + 1, j])
    return float(south + y * (north - south))


@woven_kernel
def _clear(ground: Ground, e0: float, n0: float, e1: float, n1: float, low: float) -> bool:
    """Whether every block of cells about the segment is lower than `low`."""
    top = ground.tops_m
    per = ground.per_m / BLOCK
    # a cell more on every side: the flight bends a little out of its chord
    edge = 1.0 / BLOCK
    x0, x1 = (min(e0, e1) - ground.west_m) * per - edge, (max(e0, e1) - ground.west_m) * per + edge
    y0, y1 = (
        (min(n0, n1) - ground.south_m) * per - edge,
        (max(n0, n1) - ground.south_m) * per + edge,
    )
    rows, columns = top.shape
    for i in range(int(min(max(y0, 0.0), rows - 1.0)), int(min(max(y1, 0.0), rows - 1.0)) + 1):
        for j in range(
            int(min(max(x0, 0.0), columns - 1.0)), int(min(max(x1, 0.0), columns - 1.0)) + 1
        ):
            if low <= top[i, j]:
                return False
    return True


@kernel
def meets(
    ground: Ground, e: float, n: float, h: float, a: float, b: float, c: float,
    e1: float, n1: float, h1: float, a1: float, b1: float, c1: float,
) -> float:  # fmt: skip
    """x in 0..1 where a step first comes down to the ground, -1 where it stays above it.

    The step goes from (e, n, h) to (e1, n1, h1) by cubic Hermites with slopes (a, b, c) and (a1, b1, c1),
    dt times the derivatives. It is walked at half a cell, so that a ridge in the way is met although
    the step ends behind it; then the bracket is closed by false position (Illinois). A flight that
    starts under the ground and rises is met once it has been above it, or sinks again.
    """
    low = min(h, h1)
    if low > ground.highest_m or _clear(ground, e, n, e1, n1, low):
        return -1.0
    qe, re = bend(e, e1, a, a1)
    qn, rn = bend(n, n1, b, b1)
    qh, rh = bend(h, h1, c, c1)
    cells = max(abs(e1 - e), abs(n1 - n)) * ground.per_m
    pieces = int(min(math.ceil(PIECES_A_CELL * cells), MOST_PIECES))
    pieces = max(pieces, 1)
    x0 = 0.0
    f0 = h - height(ground, e, n)
    for k in range(1, pieces + 1):
        x1 = k / pieces
        f1 = (h + x1 * (c + x1 * (qh + x1 * rh))) - height(
            ground, e + x1 * (a + x1 * (qe + x1 * re)), n + x1 * (b + x1 * (qn + x1 * rn))
        )
        if f1 <= 0.0 and f0 > 0.0:
            break
        x0, f0 = x1, f1
    else:
        return 1.0 if f0 <= 0.0 and h1 <= h else -1.0
    side = 0
    x = x1
    for _ in range(60):
        x = x0 + (x1 - x0) * f0 / (f0 - f1)
        f = (h + x * (c + x * (qh + x * rh))) - height(
            ground, e + x * (a + x * (qe + x * re)), n + x * (b + x * (qn + x * rn))
        )
        if abs(f) < _NEAR_M:
            break
        if f > 0.0:
            x0, f0 = x, f
            f1 *= 0.5 if side == 1 else 1.0
            side = 1
        else:
            x1, f1 = x, f
            f0 *= 0.5 if side == -1 else 1.0
            side = -1
    return x


@allocating_kernel
def heights(ground: Ground, e: Array, n: Array) -> Array:
    """`height` at every (e[i], n[i])."""
    out = np.empty(e.size)
    for i in range(e.size):
        out[i] = height(ground, e[i], n[i])
    return out


@allocating_kernel
def shadowed(ground: Ground, place: Array, points: Array, inv_r: float) -> npt.NDArray[np.bool_]:
    """(n,): whether the ground hides `points` (n, 3) from `place` (3,), both site ENU.

    Straight sight at half a cell, from a mast that stands at least a metre out of the ground.
    """
    out = np.zeros(points.shape[0], np.bool_)
    e0, n0, u0 = place
    bulge = 0.5 * inv_r * (e0 * e0 + n0 * n0)
    u0 = max(u0, height(ground, e0, n0) + 1.0 - bulge)
    for i in range(points.shape[0]):
        de, dn, du = points[i, 0] - e0, points[i, 1] - n0, points[i, 2] - u0
        cells = max(abs(de), abs(dn)) * ground.per_m
        pieces = int(min(math.ceil(PIECES_A_CELL * cells), MOST_PIECES))
        for k in range(1, pieces):
            x = k / pieces
            e, n, u = e0 + x * de, n0 + x * dn, u0 + x * du
            if u + 0.5 * inv_r * (e * e + n * n) < height(ground, e, n):
                out[i] = True
                break
    return out


@allocating_kernel
def fly_onto(rows: Array, air: Air, dt: float, ground: Ground, out: Array) -> None:
    """`lanes.fly_lanes` down to `ground`: the same steps, and after each a look at who has met it."""
    if is_level(ground):
        fly_lanes(rows, air, dt, out)
        return
    w = np.empty(WORK)
    spare = np.empty(7)
    inv_r = air[INV_R]
    for first in range(0, rows.shape[0], LANES):
        count, lanes = load(w, rows, first, inv_r, out)
        for i in range(lanes):
            at = out[first + i] if i < count else spare
            rest(w, i, height(ground, w[i], w[i + LANES]), dt > 0.0, at)
        for _ in range(int(MAX_FLIGHT_S / abs(dt))):
            # no floor: the ground is looked for here
            left = advance(w, lanes, inv_r, air, dt, -MAX_HEIGHT_M)
            for i in range(lanes):
                low = min(w[i + H], w[i + H_BEFORE])
                if w[i + FLYING] == 0.0 or low > ground.highest_m:
                    continue
                x = _lane_meets(w, i, inv_r, dt, ground)
                if x >= 0.0:
                    w[i + FLYING] = 0.0
                    left -= 1.0
                    if i < count:
                        touch(w, i, dt, x, out[first + i])
            if not left > 0.0:
                break


@kernel
def _lane_meets(w: Array, i: int, inv_r: float, dt: float, ground: Ground) -> float:
    k = i + BEFORE
    m0, m1 = climbs(w, i, inv_r, dt)
    return meets(
        ground, w[k], w[k + LANES], w[i + H_BEFORE], dt * w[k + 3 * LANES], dt * w[k + 4 * LANES],
        m0, w[i], w[i + LANES], w[i + H], dt * w[i + 3 * LANES], dt * w[i + 4 * LANES], m1,
    )  # fmt: skip
