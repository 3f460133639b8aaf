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
    a, b = ring[:, None], np.roll(ring, -1, axis=0)[:, None]  # side i: a[i] to b[i]
    starts, ends = (
        _side(a, b, a[:, 0]),
        _side(a, b, b[:, 0]),
    )  # [i, j]: where side j lies from side i
    apart = np.sign(starts) * np.sign(ends) < 0
    touch = ((starts == 0) & _between(a, b, a[:, 0])) | ((ends == 0) & _between(a, b, b[:, 0]))
    meet = (apart & apart.T) | touch | touch.T
    side = np.arange(len(ring))
    onward = (side + 1) % len(ring)
    meet[side, onward] = meet[onward, side] = _folds_back(a[:, 0], b[:, 0])
    found = np.argwhere(np.triu(meet, 1))
    return (int(found[0, 0]), int(found[0, 1])) if len(found) else None


def _side(a: Ring, b: Ring, c: Ring) -> Ring:
    """> 0 where c lies left of a -> b, 0 on the line."""
    u, v = b - a, c - a
    side: Ring = u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
    return side


def _between(a: Ring, b: Ring, c: Ring) -> npt.NDArray[np.bool_]:
    """Whether c, known to be on the line a b, lies on the segment."""
    within: npt.NDArray[np.bool_] = np.all((np.minimum(a, b) <= c) & (c <= np.maximum(a, b)), -1)
    return within


def _folds_back(a: Ring, b: Ring) -> npt.NDArray[np.bool_]:
    """Whether the side after each side a b runs back over it."""
    after = np.roll(b, -1, axis=0)
    folds: npt.NDArray[np.bool_] = (_side(a, b, after) == 0.0) & (
        np.sum((b - a) * (after - b), axis=1) < 0.0
    )
    return folds
