"""Pairs of a true object and a track that are close at one instant: the raw material of the metrics."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rampart.metrics.paths import Floats, Ints, Paths, Scans


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every (row of truth, row of tracks) at the same scan and closer than a limit, with the distance, (k,)."""

    truth: Ints
    track: Ints
    distance_m: Floats


def close_pairs(truth: Paths, tracks: Paths, scans: Scans, below_m: float) -> Pairs:
    """All `Pairs` closer than `below_m`, by track row, then by distance."""
    from scipy.spatial import KDTree  # a second to import, and a run without truth needs none of it

    if not (len(truth.times_s) and len(tracks.times_s)):
        nothing = np.empty(0, np.int64)
        return Pairs(nothing, nothing, np.empty(0))

    # scans lie apart in a fourth dimension, so one search finds the pairs of all of them
    def tree(xyz_m: Floats, scan: Ints) -> KDTree:
        return KDTree(np.column_stack([xyz_m, 2.0 * below_m * scan]))

    found = tree(tracks.xyz_m, scans.track_scan).sparse_distance_matrix(
        tree(truth.xyz_m, scans.truth_scan), below_m * (1 + 1e-9), output_type="ndarray"
    )
    j, i = found["i"].astype(np.int64), found["j"].astype(np.int64)
    distance = np.linalg.norm(tracks.xyz_m[j] - truth.xyz_m[i], axis=1)
    order = np.lexsort((i, distance, j))
    order = order[distance[order] < below_m]
    return Pairs(i[order], j[order], distance[order])


def best_matching(pairs: Pairs, gain: Floats) -> npt.NDArray[np.bool_]:
    """Which pairs (k,) form the matching, one to one, with the largest sum of positive `gain` (k,).

    With gain = cost of staying apart - cost of being paired this is the optimal assignment with a
    cut-off, solved group by group: most pairs have no rival.
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(gain):
        return np.ones(0, bool)
    i, j = pairs.truth, pairs.track
    chosen = np.asarray((np.bincount(i)[i] == 1) & (np.bincount(j)[j] == 1), bool)
    rivals = np.flatnonzero(~chosen)
    i, j = i[rivals], j[rivals]
    n, m = (int(k.max(initial=-1)) + 1 for k in (i, j))
    edges = coo_array((np.ones(len(rivals)), (i, n + j)), shape=(n + m, n + m))
    groups, label = connected_components(edges, directed=False)
    group = label[i]
    row, rows = _places(i, group, groups)
    column, columns = _places(j, group, groups)
    by_group = np.argsort(group, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(group, minlength=groups))])
    for g in np.flatnonzero(np.diff(start)).tolist():
        members = by_group[start[g] : start[g + 1]]
        table = np.zeros((rows[g], columns[g]))
        table[row[members], column[members]] = gain[rivals[members]]
        taken = np.zeros(table.shape, bool)
        taken[linear_sum_assignment(table, maximize=True)] = True
        chosen[rivals[members]] = taken[row[members], column[members]]
    return chosen


def _places(nodes: Ints, group: Ints, groups: int) -> tuple[Ints, Ints]:
    """(place of each node among the distinct nodes of its group, number of these by group)."""
    distinct, first, index = np.unique(nodes, return_index=True, return_inverse=True)
    of = group[first]
    order = np.argsort(of, kind="stable")
    size = np.bincount(of, minlength=groups)
    before = np.cumsum(size) - size
    place = np.empty(len(distinct), np.int64)
    place[order] = np.arange(len(distinct)) - before[of[order]]
    return place[index], size
