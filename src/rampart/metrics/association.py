"""Which truth each track follows, and when.

The rules are those of Stone Soup's `TrackToTruth`. At each instant of a track its candidate is the
nearest truth closer than `within_m`. `confirm` instants in a row with the same candidate start an
association, from the first of them; it lasts until its truth has not been the candidate for `misses`
instants in a row, and then ends at the last instant at which it was. A rival that stood out before may
take over from its own first instant, so two associations of a track can share some. A truth may have
several tracks.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Final, NamedTuple

import numpy as np

from rampart.metrics.pairs import close_pairs
from rampart.metrics.paths import DISTANCES, Ints, Paths, Scans, is_distance

NOBODY: Final = -1
# the settings of a score where nobody asks for others; `confirm` and `misses` are Stone Soup's own
WITHIN_M: Final = 100.0
CONFIRM: Final = 3
MISSES: Final = 2


class Association(NamedTuple):
    """Track `track` followed truth `truth` from scan `first` to scan `last`, both included."""

    track: int
    truth: int
    first: int
    last: int


def associate(
    truth: Paths,
    tracks: Paths,
    scans: Scans,
    *,
    within_m: float = WITHIN_M,
    confirm: int = CONFIRM,
    misses: int = MISSES,
) -> list[Association]:
    """All associations, by track and in time order.

    Raises ValueError unless `within_m` is a distance (see `paths.is_distance`) and `confirm` and `misses`
    are whole numbers from 1.
    """
    if not (
        is_distance(within_m)
        and all(isinstance(n, Integral) and int(n) >= 1 for n in (confirm, misses))
    ):
        raise ValueError(
            f"association: found within_m={within_m!r}, confirm={confirm!r}, misses={misses!r}; "
            f"allowed: within_m {DISTANCES}, confirm and misses whole numbers from 1"
        )
    candidate = _nearest(truth, tracks, scans, within_m).tolist()
    scan = scans.track_scan.tolist()
    found: list[Association] = []
    for i in range(len(tracks)):
        rows = tracks.rows(i)
        found += (
            Association(i, *run) for run in _follow(candidate[rows], scan[rows], confirm, misses)
        )
    return found


def _nearest(truth: Paths, tracks: Paths, scans: Scans, within_m: float) -> Ints:
    """Nearest truth below `within_m` of each row of `tracks`, or NOBODY."""
    nearest = np.full(len(tracks.times_s), NOBODY, np.int64)
    pairs = close_pairs(truth, tracks, scans, within_m)
    order = np.argsort(
        -pairs.distance_m, kind="stable"
    )  # the nearest of a row comes last, and stays
    nearest[pairs.track[order]] = truth.owner[pairs.truth[order]]
    return nearest


def _follow(
    candidates: Sequence[int], scans: Sequence[int], confirm: int, misses: int
) -> list[tuple[int, int, int]]:
    """(truth, first scan, last scan) of each association of one track."""
    found: list[tuple[int, int, int]] = []
    current = rival = NOBODY
    first = last = rival_first = NOBODY
    rival_hits = failures = 0
    for candidate, scan in zip(candidates, scans, strict=True):
        if current == NOBODY:
            if candidate == NOBODY:
                rival, rival_hits = NOBODY, 0
            elif candidate == rival:
                rival_hits += 1
            else:
                rival, rival_hits, rival_first = candidate, 1, scan
            if rival_hits >= confirm:
                current, first, last = candidate, rival_first, scan
                rival, rival_hits = NOBODY, 0
        elif candidate == current:
            last, failures = scan, 0
        else:
            failures += 1
            if candidate != NOBODY and candidate == rival:
                rival_hits += 1
            else:
                rival, rival_hits, rival_first = candidate, 1, scan
            if failures >= misses:
                found.append((current, first, last))
                if rival_hits >= confirm:
                    current, first, last = rival, rival_first, scan
                else:
                    current = NOBODY
    if current != NOBODY:
        found.append((current, first, last))
    return found
