"""By how much one sensor's plots are corrected before they enter the tables, and what doubt remains.

A calibration stands with each entry of the ring: a replay uses the one that the plots came in with, so
that the tables stay a function of what was let in.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.plotrow import NUMBERS, T

Array = npt.NDArray[np.float64]
Four = tuple[float, float, float, float]  # range m, azimuth rad, elevation rad, time s

ZERO: Final[Four] = (0.0, 0.0, 0.0, 0.0)


class Calibration(NamedTuple):
    """`offset`: what is taken off every plot; `sigma`: what they may still be off by, one sigma, against
    the plots of other sensors."""

    offset: Four
    sigma: Four


UNKNOWN: Final = Calibration(ZERO, ZERO)


def calibration_of(pair: list[list[float]]) -> Calibration:
    """The calibration that was written as two lists of numbers."""
    (a, b, c, d), (e, f, g, h) = pair
    return Calibration((a, b, c, d), (e, f, g, h))


def moved(plots: Array, was: Four, becomes: Four) -> Array:
    """`plots` (n, COLUMNS) that were corrected by `was`, as if corrected by `becomes`."""
    if was == becomes:
        return plots
    range_m, azimuth, elevation, time_s = (b - a for a, b in zip(was, becomes, strict=True))
    out = plots.copy()
    out[:, T] -= time_s
    out[:, NUMBERS] = np.maximum(out[:, NUMBERS] - range_m, 1.0)
    out[:, NUMBERS + 1] = (out[:, NUMBERS + 1] - azimuth) % (2.0 * math.pi)
    out[:, NUMBERS + 2] -= elevation
    return out
