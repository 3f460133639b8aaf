"""`Kept`: the first plots of a falling track, for whoever asks later where it came from.

They lie beside the tracker's tables, so that a plot costs a copy of a hundred bytes and nothing is worked out
before an origin is told.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.engine.plotrow import KEPT, NUMBERS, SEEN_BY, VARIANCES, T, columns

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

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

    @property
    def count(self) -> int:
        """Number of plots."""
        return len(self.plots) // (8 * KEPT)

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


def columns_of(kept: Sequence[Kept]) -> tuple[Ints, Array, Array, Array]:
    """Of all the plots, those of the first track first: where each track's end, times (n,), numbers (n, 5) and
    variances (n, 5)."""
    plots = np.frombuffer(b"".join(one.plots for one in kept)).reshape(-1, KEPT)
    ends = np.cumsum([one.count for one in kept])
    times, numbers = columns(plots, T, 1)[:, 0], columns(plots, NUMBERS, 5)
    return ends, times, numbers, columns(plots, VARIANCES, 5)
