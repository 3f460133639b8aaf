"""SIAP: completeness, ambiguity, spuriousness, accuracy and continuity of a picture.

Source: Votruba et al., "Single Integrated Air Picture (SIAP) Metrics Implementation", 2001, in the form
of Stone Soup 1.9.1 (`SIAPMetrics` over `TrackToTruth`), whose values these equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rampart.metrics.association import Association, associate
from rampart.metrics.paths import Floats, Ints, Paths, Scans

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Siap:
    """The SIAP measures; the ideal value stands in brackets.

    completeness           Σ truths tracked / Σ truths (1)
    ambiguity              Σ tracks that follow a truth / Σ truths tracked (1)
    spuriousness           Σ tracks that follow none / Σ tracks (0)
    position_accuracy_m    mean error of the tracks that follow a truth (0)
    velocity_accuracy_mps  likewise (0)
    track_number_changes   Σ over truths of (least number of tracks that cover it - 1) (0)
    rate_of_change_hz      the same over the time tracked (0)
    longest_segment        Σ over truths of the longest time one track followed it / Σ lifetimes (1)
    delays_s               from a truth's first row to its first track, for each truth that got one
    never_tracked          truths without any track
    """

    completeness: float
    ambiguity: float
    spuriousness: float
    position_accuracy_m: float
    velocity_accuracy_mps: float
    track_number_changes: int
    rate_of_change_hz: float
    longest_segment: float
    delays_s: tuple[float, ...]
    never_tracked: int


def siap(
    truth: Paths, tracks: Paths, within_m: float = 100.0, confirm: int = 3, misses: int = 2
) -> Siap:
    """`Siap` of `tracks` against `truth`, associated by `association.associate` with these settings."""
    scans = Scans.of(truth, tracks)
    found = associate(truth, tracks, scans, within_m=within_m, confirm=confirm, misses=misses)
    spans: dict[tuple[int, int], list[Span]] = defaultdict(list)  # of each (truth, track)
    for a in found:
        spans[a.truth, a.track].append((a.first, a.last))
    of_truth: list[list[list[Span]]] = [[] for _ in range(len(truth))]
    of_track: list[list[Span]] = [[] for _ in range(len(tracks))]
    for (j, i), runs in spans.items():
        of_truth[j].append(runs)
        of_track[i] += runs

    truth_tracked = sum(_covered([s for runs in mine for s in runs]) for mine in of_truth)
    followers = sum(_covered(runs) for runs in of_track)
    position_error, velocity_error = _errors(truth, tracks, scans, found)

    changes, delays = 0, []
    time_tracked = longest = lifetime = 0.0
    t = scans.times_s
    for j, mine in enumerate(of_truth):
        seen = scans.truth_scan[truth.rows(j)]
        lifetime += t[seen[-1]] - t[seen[0]]
        if not mine:
            continue
        changes += _least_tracks(seen, mine) - 1
        time_tracked += _time_tracked(t, seen, mine)
        longest += max(sum(t[b] - t[a] for a, b in runs) for runs in mine)
        delays.append(float(t[min(a for runs in mine for a, _ in runs)] - t[seen[0]]))
    n = len(tracks.times_s)
    return Siap(
        completeness=_ratio(truth_tracked, len(truth.times_s), 0.0),
        ambiguity=_ratio(followers, truth_tracked, 1.0),
        spuriousness=_ratio(n - followers, n, 0.0),
        position_accuracy_m=_ratio(position_error, followers, 0.0),
        velocity_accuracy_mps=_ratio(velocity_error, followers, 0.0),
        track_number_changes=changes,
        rate_of_change_hz=_ratio(changes, time_tracked, 0.0),
        longest_segment=_ratio(longest, lifetime, 0.0),
        delays_s=tuple(delays),
        never_tracked=sum(not mine for mine in of_truth),
    )


def _ratio(a: float, b: float, otherwise: float) -> float:
    return float(a / b) if b else otherwise


def _covered(spans: Sequence[Span]) -> int:
    """Number of scans in the union of `spans`."""
    total, reached = 0, -1
    for first, last in sorted(spans):
        total += max(last - max(first, reached + 1) + 1, 0)
        reached = max(reached, last)
    return total


def _errors(
    truth: Paths, tracks: Paths, scans: Scans, found: Sequence[Association]
) -> tuple[float, float]:
    """Sums of the position and velocity errors over all instants at which a pair has both rows."""
    if not found:
        return 0.0, 0.0
    rows, followed = [], []
    for a in found:
        mine = tracks.rows(a.track)
        low, high = np.searchsorted(scans.track_scan[mine], [a.first, a.last + 1])
        rows.append(np.arange(mine.start + low, mine.start + high))
        followed.append(np.full(high - low, a.truth))
    j = np.concatenate(rows)
    # rows of the truth stand by object, then by scan: a truth and a scan lead to one row at most
    count = len(scans.times_s)
    keys = truth.owner * count + scans.truth_scan
    wanted = np.concatenate(followed) * count + scans.track_scan[j]
    i = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
    i, j = i[keys[i] == wanted], j[keys[i] == wanted]
    return (
        float(np.linalg.norm(tracks.xyz_m[j] - truth.xyz_m[i], axis=1).sum()),
        float(np.linalg.norm(tracks.velocity_mps[j] - truth.velocity_mps[i], axis=1).sum()),
    )


def _time_tracked(t: Floats, seen: Ints, mine: Sequence[Sequence[Span]]) -> float:
    """Seconds of a truth during which some track followed it; spans begin and end at its own rows."""
    before, after = seen[:-1], seen[1:]
    tracked = np.zeros(len(before), bool)
    for runs in mine:
        for first, last in runs:
            tracked |= (first <= before) & (last >= after)
    return float((t[after] - t[before])[tracked].sum())


def _least_tracks(seen: Ints, mine: Sequence[Sequence[Span]]) -> int:
    """Least number of tracks that cover a truth: always on with the track that ends last.

    A truth that is handed over at the very scan at which a track ends is not looked at further (so
    Stone Soup).
    """
    by_end = sorted(mine, key=lambda runs: runs[-1][1], reverse=True)
    scans = seen.tolist()
    index_of = {scan: i for i, scan in enumerate(scans)}
    needed = i = 0
    while i < len(scans):
        run = next((r for runs in by_end for r in runs if r[0] <= scans[i] <= r[1]), None)
        if run is None:
            i += 1
            continue
        needed += 1
        end = index_of[run[1]]  # spans end at rows of the truth
        if end == i:
            break
        i = end + 1
    return needed
