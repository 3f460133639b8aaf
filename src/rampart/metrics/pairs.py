"""Pairs of a true object and a track that are close at one instant: the raw material of the metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from rampart.kernels.assignment import NONE, assign
from rampart.kernels.neighbours import neighbours
from rampart.metrics.paths import Floats, Ints, Paths, Scans

NO_LIMIT: Final = np.iinfo(np.int64).max
"""Of the cells of a cluster: a judge does not hurry, and matches the largest crowd exactly."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every (row of truth, row of tracks) at the same scan and closer than a limit, with the distance, (k,)."""

    truth: Ints
    track: Ints
    distance_m: Floats


def close_pairs(truth: Paths, tracks: Paths, scans: Scans, below_m: float) -> Pairs:
    """All `Pairs` closer than `below_m`, by track row."""
    return Pairs(
        *neighbours(
            truth.xyz_m, scans.truth_scan, tracks.xyz_m, scans.track_scan,
            len(scans.times_s), float(below_m),
        )
    )  # fmt: skip


def best_matching(pairs: Pairs, gain: Floats, scans: Scans) -> Ints:
    """Indices of the `pairs` that form the matching, one to one, with the largest sum of positive `gain` (k,).

    With gain = cost of staying apart - cost of being paired this is the optimal assignment with a cut-off.
    """
    rows, columns = len(scans.truth_scan), len(scans.track_scan)
    taken = np.empty(rows, np.int64)
    assign(pairs.truth, pairs.track, gain, rows, columns, taken, NO_LIMIT)
    chosen: Ints = taken[taken != NONE]
    return chosen
