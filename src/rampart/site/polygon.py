"""What makes a zone's ring usable: corners apart, sides that do not cross, some area."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ring = npt.NDArray[np.float64]


def signed_area_m2(ring: Ring) -> float:
    """Area of the open ring (n, 2), positive when counter-clockwise."""
    x, y = (ring - ring[0]).T
    # A = 1/2 sum(x_i y_i+1 - x_i+1 y_i)
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def crossing_sides(ring: Ring) -> tuple[int, int] | None:
    """Ordinals of the first two sides that meet where they should not, or None.

    Side i runs from corner i to corner i + 1; neighbours may share their corner only.
    """
    n = len(ring)
    start, end = ring, np.roll(ring, -1, axis=0)
    for i in range(n):
        for j in range(i + 1, n):
            if j == i + 1 or (i == 0 and j == n - 1):
                back = (j, i) if j == i + 1 else (i, j)  # the side whose start the two share
                if _folds_back(start[back[0]], end[back[0]], start[back[1]]):
                    return i, j
            elif _meet(start[i], end[i], start[j], end[j]):
                return i, j
    return None


def _side(a: Ring, b: Ring, c: Ring) -> float:
    """> 0 where c lies left of a -> b, 0 on the line."""
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _between(a: Ring, b: Ring, c: Ring) -> bool:
    """Whether c, known to be on the line a b, lies on the segment."""
    return bool(np.all(np.minimum(a, b) <= c) and np.all(c <= np.maximum(a, b)))


def _meet(a: Ring, b: Ring, c: Ring, d: Ring) -> bool:
    """Whether the closed segments a b and c d have a point in common."""
    s1, s2, s3, s4 = _side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b)
    if ((s1 > 0 > s2) or (s1 < 0 < s2)) and ((s3 > 0 > s4) or (s3 < 0 < s4)):
        return True
    return (
        (s1 == 0 and _between(a, b, c))
        or (s2 == 0 and _between(a, b, d))
        or (s3 == 0 and _between(c, d, a))
        or (s4 == 0 and _between(c, d, b))
    )


def _folds_back(corner: Ring, onward: Ring, before: Ring) -> bool:
    """Whether the side corner -> onward runs back over the side that came from `before`."""
    if _side(before, corner, onward) != 0.0:
        return False
    return float(np.dot(corner - before, onward - corner)) < 0.0
