"""Which true object each of the engine's tracks was, by where both were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from rampart.domain.messages import TrackUpdate
from rampart.metrics.truth import Floats, Ints, Truth

NEAR_M: Final = 300.0
"""[A] Wide of any radar's error: the nearest decides, this refuses tracks of nothing."""


def who_is_who(
    truth: Truth, updates: Sequence[TrackUpdate], tracks: Collection[int]
) -> dict[int, int]:
    """Object index of each of `tracks` that stayed near one: the object that was nearest most often.

    An update counts for the nearest object within `NEAR_M` of it that existed then.
    """
    rows: dict[int, list[tuple[int, float, float, float]]] = defaultdict(list)
    for update in updates:
        if update.track in tracks:
            rows[update.track].append((update.t_ns, *update.state_enu[:3]))
    found = {}
    for track, seen in rows.items():
        t_ns = np.array([row[0] for row in seen])
        xyz = np.array([row[1:] for row in seen])
        alive = np.flatnonzero((truth.t_launch_ns <= t_ns.max()) & (truth.t_end_ns >= t_ns.min()))
        if not len(alive):
            continue
        gaps = np.stack([_gap(truth, int(i), t_ns, xyz) for i in alive])
        nearest = gaps.argmin(axis=0)
        votes = np.bincount(nearest[gaps.min(axis=0) <= NEAR_M], minlength=len(alive))
        if votes.any():
            found[track] = int(alive[votes.argmax()])
    return found


def _gap(truth: Truth, i: int, t_ns: Ints, xyz: Floats) -> Floats:
    """Distance (n,) of points from object `i` at the same times; inf where it did not exist."""
    rows = truth.samples(i)
    at = truth.sample_t_ns[rows]
    # seconds from the first sample: float64 holds them to nanoseconds
    path_s, t_s = (at - at[0]) / 1e9, (t_ns - at[0]) / 1e9
    where = [np.interp(t_s, path_s, column) for column in truth.sample_enu_m[rows].T]
    gap = np.linalg.norm(np.stack(where, axis=1) - xyz, axis=1)
    exists = (t_ns >= truth.t_launch_ns[i]) & (t_ns <= truth.t_end_ns[i])
    return np.where(exists, gap, np.inf)
