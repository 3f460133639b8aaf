"""Columns of a plot matrix (n, COLUMNS): what of a batch reaches the kernels."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

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


def columns(plots: npt.NDArray[np.float64], first: int, count: int) -> npt.NDArray[np.float64]:
    """`count` columns of `plots` from `first`, (n, count), contiguous: those of one plot are so anyhow, and a
    kernel that met both would be compiled twice, in the middle of a run."""
    return np.ascontiguousarray(plots[:, first : first + count])
