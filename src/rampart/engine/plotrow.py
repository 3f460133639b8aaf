"""Columns of a plot matrix (n, COLUMNS): what of a batch reaches the kernels."""

from __future__ import annotations

from typing import Final

T: Final = 0  # seconds since the engine's epoch
NUMBERS: Final = 1  # five: range, azimuth, elevation, range rate, height; nan: not measured
VARIANCES: Final = 6  # of the same five
SNR: Final = 11  # dB
RCS: Final = 12  # dBsm
COLUMNS: Final = 13
