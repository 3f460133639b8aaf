"""Columns of a plot matrix (n, COLUMNS): what of a batch reaches the kernels."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import woven_kernel
from rampart.kernels.measurement import AZIMUTH, ELEVATION, RANGE, RANGE_RATE

Array = npt.NDArray[np.float64]

T: Final = 0  # seconds since the engine's epoch
NUMBERS: Final = 1  # five: range, azimuth, elevation, range rate, height; nan: not measured
VARIANCES: Final = 6  # of the same five
SNR: Final = 11  # dB
RCS: Final = 12  # dBsm
COLUMNS: Final = 13

RECENT: Final = 4
"""Last plots that the tables hold of a track: it has a name at its third or fourth, and what keeps its first
plots (`kept.py`) asks only then."""
SEEN_BY: Final = 11  # of a plot that is kept: the columns up to here, and the sensor's index
KEPT: Final = 12


def columns(plots: Array, first: int, count: int) -> Array:
    """`count` columns of `plots` from `first`, (n, count), contiguous: those of one plot are so anyhow, and a
    kernel that met both would be compiled twice, in the middle of a run."""
    return np.ascontiguousarray(plots[:, first : first + count])


@woven_kernel
def variances_of(plots: Array, p: int, looks: float, bias: Array, out: Array) -> None:
    """Variances of plot `p`; a track fed by another sensor may be off by this one's slow `bias` (4,), which
    counts for so many `looks`: 0 where the track stands by it."""
    for c in range(5):
        out[c] = plots[p, VARIANCES + c]
    if looks > 0.0:
        out[RANGE] += looks * bias[0] ** 2
        out[AZIMUTH] += looks * bias[1] ** 2
        out[ELEVATION] += looks * bias[2] ** 2
        rate = plots[p, NUMBERS + RANGE_RATE]
        if not math.isnan(rate):
            out[RANGE] += looks * (rate * bias[3]) ** 2
