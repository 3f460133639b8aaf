"""Which points of two sets are close to each other at one instant: a sweep along the first axis."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@allocating_kernel
def neighbours(
    a_m: Array, a_scan: Ints, b_m: Array, b_scan: Ints, scans: int, below_m: float
) -> tuple[Ints, Ints, Array]:
    """(row of a, row of b, distance in m), (k,) each, of all pairs of one scan closer than `below_m`, by
    row of b.

    a_m (n, 3), b_m (m, 3): points; a_scan, b_scan: their scans, 0 to `scans` - 1.
    """
    order = np.argsort(a_m[:, 0])
    order = order[np.argsort(a_scan[order], kind="mergesort")]
    x_m = a_m[order, 0]
    end = np.cumsum(np.bincount(a_scan, minlength=scans))  # scan s: order[end[s - 1] : end[s]]
    of_a, of_b, distance_m = [], [], []
    for j in range(b_m.shape[0]):
        x, y, z = b_m[j]
        last = end[b_scan[j]]
        first = end[b_scan[j] - 1] if b_scan[j] > 0 else 0
        k = first + np.searchsorted(x_m[first:last], x - below_m)
        while k < last and x_m[k] - x < below_m:
            i = order[k]
            gap_m = math.sqrt((x_m[k] - x) ** 2 + (a_m[i, 1] - y) ** 2 + (a_m[i, 2] - z) ** 2)
            if gap_m < below_m:
                of_a.append(i)
                of_b.append(j)
                distance_m.append(gap_m)
            k += 1
    return np.array(of_a), np.array(of_b), np.array(distance_m)
