"""Which plot belongs to which track: clusters by union-find, the best assignment in each.

Pairs (row, column, gain): taking a pair earns its gain, leaving a row or a column alone earns 0.
Hungarian method with shortest augmenting paths (Jonker and Volgenant 1987), per cluster.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel, kernel

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NONE: Final = -1
DENSE_LIMIT: Final = 40_000
"""Cells of one cluster's cost matrix, above which a tracker in a hurry takes it greedily."""


@kernel
def find(parent: Ints, node: int) -> int:
    """Root of `node`, halving the path on the way."""
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@allocating_kernel
def assign(
    rows: Ints,
    columns: Ints,
    gains: Array,
    row_count: int,
    column_count: int,
    taken: Ints,
    dense_limit: int = DENSE_LIMIT,
) -> int:
    """Fill taken (row_count,) with the index of the pair that each row takes, or -1; returns the size
    of the largest cluster in rows.

    rows, columns, gains (n,): the pairs; those of no gain are never taken. The total gain is the
    largest possible within each cluster of up to `dense_limit` cells.
    """
    count = rows.shape[0]
    taken[:row_count] = NONE
    parent = np.arange(row_count + column_count)
    for p in range(count):
        a, b = find(parent, rows[p]), find(parent, row_count + columns[p])
        if a != b:
            parent[max(a, b)] = min(a, b)
    root = np.empty(count, np.int64)
    for p in range(count):
        root[p] = find(parent, rows[p])
    order = np.argsort(root, kind="mergesort")
    largest = 0
    start = 0
    local_row = np.full(row_count, NONE, np.int64)
    local_column = np.full(column_count, NONE, np.int64)
    while start < count:
        stop = start + 1
        while stop < count and root[order[stop]] == root[order[start]]:
            stop += 1
        n = _solve_cluster(
            rows, columns, gains, order[start:stop], local_row, local_column, taken, dense_limit
        )
        largest = max(largest, n)
        start = stop
    return largest


@allocating_kernel
def _solve_cluster(
    rows: Ints,
    columns: Ints,
    gains: Array,
    pairs: Ints,
    local_row: Ints,
    local_column: Ints,
    taken: Ints,
    dense_limit: int,
) -> int:
    """Solve one cluster, `pairs` being its pair indices; returns its number of rows."""
    if pairs.shape[0] == 1:
        if gains[pairs[0]] > 0.0:
            taken[rows[pairs[0]]] = pairs[0]
        return 1
    n = m = 0
    for p in pairs:
        if local_row[rows[p]] == NONE:
            local_row[rows[p]] = n
            n += 1
        if local_column[columns[p]] == NONE:
            local_column[columns[p]] = m
            m += 1
    if n * (m + n) > dense_limit:
        _greedy(rows, columns, gains, pairs, taken)
    else:
        # every row may also take a column of its own that costs nothing: to stay alone
        cost = np.zeros((n, m + n))
        pair = np.full((n, m), NONE, np.int64)
        cost[:, :m] = 1e9
        for p in pairs:
            a, b = local_row[rows[p]], local_column[columns[p]]
            cost[a, b] = -gains[p]
            pair[a, b] = p
        choice = hungarian(cost)
        for p in pairs:
            a = local_row[rows[p]]
            if choice[a] < m and pair[a, choice[a]] == p and gains[p] > 0.0:
                taken[rows[p]] = p
    for p in pairs:
        local_row[rows[p]] = NONE
        local_column[columns[p]] = NONE
    return n


@allocating_kernel
def _greedy(rows: Ints, columns: Ints, gains: Array, pairs: Ints, taken: Ints) -> None:
    """Take pairs in the order of their gain, as far as row and column are still alone."""
    order = np.argsort(-gains[pairs], kind="mergesort")
    used = np.zeros(columns[pairs].max() + 1, np.bool_)
    for o in order:
        p = pairs[o]
        if gains[p] > 0.0 and taken[rows[p]] == NONE and not used[columns[p]]:
            taken[rows[p]] = p
            used[columns[p]] = True


@allocating_kernel
def hungarian(cost: Array) -> Ints:
    """Column of each row of least total cost; cost (n, m) with n <= m."""
    n, m = cost.shape
    u = np.zeros(n + 1)
    v = np.zeros(m + 1)
    match = np.zeros(m + 1, np.int64)  # row of each column, 1-based; 0: none
    way = np.zeros(m + 1, np.int64)
    for i in range(1, n + 1):
        match[0] = i
        j0 = 0
        least = np.full(m + 1, math.inf)
        used = np.zeros(m + 1, np.bool_)
        while True:
            used[j0] = True
            i0 = match[j0]
            delta = math.inf
            j1 = 0
            for j in range(1, m + 1):
                if not used[j]:
                    reduced = cost[i0 - 1, j - 1] - u[i0] - v[j]
                    if reduced < least[j]:
                        least[j] = reduced
                        way[j] = j0
                    if least[j] < delta:
                        delta = least[j]
                        j1 = j
            for j in range(m + 1):
                if used[j]:
                    u[match[j]] += delta
                    v[j] -= delta
                else:
                    least[j] -= delta
            j0 = j1
            if match[j0] == 0:
                break
        while j0 != 0:
            j1 = way[j0]
            match[j0] = match[j1]
            j0 = j1
    choice = np.full(n, NONE, np.int64)
    for j in range(1, m + 1):
        if match[j] > 0:
            choice[match[j] - 1] = j - 1
    return choice
