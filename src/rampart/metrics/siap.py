"""SIAP: completeness, ambiguity, spuriousness, accuracy and continuity of a picture.

Source: Votruba et al., "Single Integrated Air Picture (SIAP) Metrics Implementation", 2001, in the form
of Stone Soup 1.9.1 (`SIAPMetrics` over `TrackToTruth`), whose values these equal. It counts every scan between
the first and the last of an association, though truth or track may have no row there: with such gaps
completeness can pass 1 and spuriousness fall below 0. The same two by rows cannot.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rampart.metrics.association import CONFIRM, MISSES, WITHIN_M, Association, associate
from rampart.metrics.paths import Ints, Paths, Scans

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Siap:
    """The SIAP measures; the ideal value stands in brackets, and Σ runs over all scans.

    completeness           Σ truths tracked / Σ truths (1)
    ambiguity              Σ tracks that follow a truth / Σ truths tracked (1)
    spuriousness           Σ tracks that follow none / Σ tracks (0)
    position_accuracy_m    mean error of the tracks that follow a truth (0)
    velocity_accuracy_mps  likewise, of those rows that have a velocity (0); nan where none has
    track_number_changes   Σ over truths of (least number of tracks that cover it - 1) (0)
    rate_of_change_hz      the same over the time tracked (0)
    longest_segment        Σ over truths of the longest time one track followed it / Σ lifetimes (1)
    delays_s               from a truth's first row to its first track, for each truth that got one
    never_tracked          truths without any track
    completeness_by_rows   share of the truth's rows at which a track that follows it has a row too (1)
    spuriousness_by_rows   share of the tracks' rows at which no truth that they follow has a row (0)

    A ratio of nothing to nothing is 1 for ambiguity and 0 for the others, as in Stone Soup. Ambiguity is at
    least 1 but where a track that goes over to another truth follows both for some scans.
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
    completeness_by_rows: float
    spuriousness_by_rows: float


def siap(
    truth: Paths,
    tracks: Paths,
    within_m: float = WITHIN_M,
    confirm: int = CONFIRM,
    misses: int = MISSES,
) -> Siap:
    """`Siap` of `tracks` against `truth`, associated by `association.associate` with these settings.

    Raises ValueError where a setting is not allowed (see there) or an input is no `Paths`.
    """
    scans = Scans.of(truth, tracks)
    found = associate(truth, tracks, scans, within_m=within_m, confirm=confirm, misses=misses)
    spans: dict[tuple[int, int], list[Span]] = defaultdict(list)  # of each (truth, track)
    of_track: dict[int, list[Span]] = defaultdict(list)
    for a in found:
        spans[a.truth, a.track].append((a.first, a.last))
        of_track[a.track].append((a.first, a.last))
    of_truth: dict[int, list[list[Span]]] = defaultdict(list)
    for (j, _), runs in spans.items():
        of_truth[j].append(runs)

    t = scans.times_s.tolist()
    born_s = truth.times_s[truth.start[:-1]].tolist()
    truth_tracked = changes = 0
    time_tracked = longest = 0.0
    delays = []
    for j in sorted(of_truth):
        mine = of_truth[j]
        tracked, tracked_s = _union([span for runs in mine for span in runs], t)
        truth_tracked += tracked
        time_tracked += tracked_s
        changes += _least_tracks(scans.truth_scan[truth.rows(j)].tolist(), mine) - 1
        longest += max(sum(t[b] - t[a] for a, b in runs) for runs in mine)
        delays.append(t[min(runs[0][0] for runs in mine)] - born_s[j])
    theirs, ours = _together(truth, tracks, scans, found)
    followers = sum(_union(runs, t)[0] for runs in of_track.values())
    off_m = np.linalg.norm(tracks.xyz_m[ours] - truth.xyz_m[theirs], axis=1)
    off_mps = np.linalg.norm(tracks.velocity_mps[ours] - truth.velocity_mps[theirs], axis=1)
    known_mps = off_mps[~np.isnan(off_mps)]  # where truth and track both have a velocity
    with_velocity = followers * len(known_mps) / len(off_mps) if len(known_mps) else 0.0
    lifetime = float((truth.times_s[truth.start[1:] - 1] - truth.times_s[truth.start[:-1]]).sum())
    m, n = len(truth.times_s), len(tracks.times_s)
    return Siap(
        completeness=_ratio(truth_tracked, m, 0.0),
        ambiguity=_ratio(followers, truth_tracked, 1.0),
        spuriousness=_ratio(n - followers, n, 0.0),
        position_accuracy_m=_ratio(off_m.sum(), followers, 0.0),
        velocity_accuracy_mps=_ratio(
            known_mps.sum(), with_velocity, math.nan if followers else 0.0
        ),
        track_number_changes=changes,
        rate_of_change_hz=_ratio(changes, time_tracked, 0.0),
        longest_segment=_ratio(longest, lifetime, 0.0),
        delays_s=tuple(delays),
        never_tracked=len(truth) - len(of_truth),
        completeness_by_rows=_ratio(len(np.unique(theirs)), m, 0.0),
        spuriousness_by_rows=_ratio(n - len(np.unique(ours)), n, 0.0),
    )


def _ratio(a: float, b: float, otherwise: float) -> float:
    return float(a / b) if b else otherwise


def _union(spans: Sequence[Span], t: Sequence[float]) -> tuple[int, float]:
    """(number of scans, seconds) in the union of `spans` of the scans at times `t`."""
    scans, seconds, reached = 0, 0.0, -1
    for first, last in sorted(spans):
        if last > reached:
            scans += last - max(first - 1, reached)
            seconds += t[last] - t[max(first, reached)]
            reached = last
    return scans, seconds


def _together(
    truth: Paths, tracks: Paths, scans: Scans, found: Sequence[Association]
) -> tuple[Ints, Ints]:
    """(row of truth, row of tracks), (k,) each, of every scan of an association at which both have one."""
    # rows stand by object, then by scan: an object and a scan lead to one row at most
    count = len(scans.times_s)
    truth_keys = truth.owner * count + scans.truth_scan
    track_keys = tracks.owner * count + scans.track_scan
    track, followed, first, last = np.array(found, np.int64).reshape(-1, 4).T
    low = np.searchsorted(track_keys, track * count + first)
    high = np.searchsorted(track_keys, track * count + last, side="right")
    rows = high - low
    j = np.arange(rows.sum()) + np.repeat(high - np.cumsum(rows), rows)
    wanted = np.repeat(followed, rows) * count + scans.track_scan[j]
    i = np.minimum(np.searchsorted(truth_keys, wanted), len(truth_keys) - 1)
    both = truth_keys[i] == wanted
    return i[both], j[both]


def _least_tracks(seen: Sequence[int], mine: Sequence[Sequence[Span]]) -> int:
    """Least number of tracks that cover a truth with rows at scans `seen`: always on with the track that
    ends last.

    A truth that is handed over at the very scan at which a track ends is not looked at further (so
    Stone Soup).
    """
    by_end = sorted(mine, key=lambda runs: runs[-1][1], reverse=True)
    needed = i = 0
    while i < len(seen):
        run = next((r for runs in by_end for r in runs if r[0] <= seen[i] <= r[1]), None)
        if run is None:
            i += 1
            continue
        needed += 1
        if run[1] == seen[i]:
            break
        i = seen.index(run[1], i) + 1  # spans end at rows of the truth
    return needed
