"""How large a thing is to a radar, by echoes that scintillate.

One echo of a slowly fluctuating target has exponential power (Swerling 1, IRE Trans. IT-6, 1960), so its
amplitude is Rayleigh: of mean sqrt(pi) / 2 and variance 1 - pi / 4 where the mean power is 1. The mean of
amplitudes tells that power nearly as well as the mean of powers, which one foreign echo may spoil, and with
two thirds of the variance of the mean of decibels, which one deep fade does. The loudest echo counts as at
most `GLINT` times the mean of the others: a flash, or another thing's, would stand for all that follow.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from rampart.kernels._jit import inline_kernel

DB: Final = 20.0 / math.log(10.0)  # of an amplitude that is e times another
MEAN_DB: Final = DB * math.log(math.sqrt(math.pi) / 2.0)
ONE_LOW_DB: Final = -0.5 * DB * float(np.euler_gamma) - MEAN_DB
"""Mean of the decibels of a single echo (-Euler's constant, in nepers of power), beyond `MEAN_DB`."""
MANY_DB2: Final = DB * DB * (4.0 / math.pi - 1.0)
ONE_DB2: Final = DB * DB * math.pi**2 / 24.0
"""Variance of the decibels of many echoes' mean amplitude, times their number (delta method), and of one's."""
GLINT: Final = 3.0  # [A] one Rayleigh amplitude in 1,200 is larger than so many means
GLINT_ECHOES: Final = 4.0  # of fewer, the others do not tell their mean
LEAST_DBSM: Final = -100.0
MOST_DBSM: Final = 60.0
"""[A] What is said beyond these was not measured: nothing that flies is larger, and an echo that just passes
the threshold 300 m from a radar that sees a bird at 8 km, as false plots do, has -85 dBsm."""


@inline_kernel
def amplitude_m(rcs_dbsm: float) -> float:
    """Of an echo, so that its square is the cross-section."""
    return float(10.0 ** (rcs_dbsm / 20.0))


@inline_kernel
def cross_section_dbsm(amplitudes_m: float, loudest_m: float, echoes: float) -> float:
    """By the sum of the amplitudes of so many echoes and the largest; nan of none."""
    if echoes < 1.0:
        return math.nan
    if echoes >= GLINT_ECHOES:
        others_m = amplitudes_m - loudest_m
        amplitudes_m = others_m + min(loudest_m, GLINT * others_m / (echoes - 1.0))
    return float(DB * np.log(amplitudes_m / echoes) - MEAN_DB - ONE_LOW_DB / echoes)


@inline_kernel
def scatter_db(echoes: float) -> float:
    """Standard deviation of `cross_section_dbsm` of so many echoes: exact of one and of many."""
    n = max(echoes, 1.0)
    return math.sqrt(MANY_DB2 / n + (ONE_DB2 - MANY_DB2) / (n * n))
