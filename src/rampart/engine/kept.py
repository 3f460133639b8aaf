"""`Kept`: the first plots of a falling track, for whoever asks later where it came from.

They lie beside the tracker's tables, so that a plot costs a copy of a hundred bytes and nothing is worked out
before an origin is told.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.engine.plotrow import KEPT, NUMBERS, SEEN_BY, VARIANCES, T, columns

Array = npt.NDArray[np.float64]

MOST: Final = 32
"""Plots that are kept: 16 s of a locator of 2 Hz. With 16 of them rockets and shells of seeds 1 to 60 of
`benchmarks/origin.py` were missed by a fifth more."""
FULL: Final = 8 * KEPT * MOST
SPACING_S: Final = 0.25
"""Least time between two of them: the slow errors of a fast radar are the same in both."""


class Kept(msgspec.Struct, frozen=True, gc=False):
    """Plots of one sensor, `KEPT` numbers each, and the track's mean state at the last of them."""

    plots: bytes = b""
    last_s: float = -math.inf
    sensor: int = -1
    near: tuple[float, ...] = ()

    def joined(self, recent: Array, x: Array) -> Kept:
        """With those of the track's last plots (n, KEPT) that are due; `x` (7,) is its state now."""
        if len(self.plots) >= FULL:
            return self
        plots, last_s, sensor = self.plots, self.last_s, self.sensor
        stamps, seen_by = recent[:, T].tolist(), recent[:, SEEN_BY].tolist()
        for k, t_s in enumerate(stamps):
            # never where it is nan: the track has not had so many
            due = t_s >= last_s + SPACING_S and (sensor < 0 or seen_by[k] == sensor)
            if due and len(plots) < FULL:
                plots += recent[k].tobytes()
                last_s, sensor = t_s, int(seen_by[k])
        return Kept(plots, last_s, sensor, tuple(x.tolist())) if last_s > self.last_s else self

    def columns(self) -> tuple[Array, Array, Array]:
        """Times (n,), numbers (n, 5) and variances (n, 5)."""
        plots = np.frombuffer(self.plots).reshape(-1, KEPT)
        return columns(plots, T, 1)[:, 0], columns(plots, NUMBERS, 5), columns(plots, VARIANCES, 5)
