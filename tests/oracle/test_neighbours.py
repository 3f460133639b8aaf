"""Who is close to whom, and the best matching of a crowd, against the obvious way to find them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from rampart.kernels.assignment import DENSE_LIMIT
from rampart.kernels.neighbours import neighbours
from rampart.metrics import Paths, gospa, ospa

# few places in few scans: abscissae are shared, and some gaps are exactly the limit
rows = st.lists(
    st.tuples(st.integers(0, 3), *[st.sampled_from([-3.0, 0.0, 0.5, 4.0])] * 3), max_size=12
)


@given(rows, rows, st.sampled_from([0.4, 3.0, 5.0]))
def test_neighbours_are_all_pairs_of_a_scan_below_the_limit(a: list, b: list, below: float) -> None:
    def columns(of: list) -> tuple[np.ndarray, np.ndarray]:
        table = np.array(of, float).reshape(-1, 4)
        return np.ascontiguousarray(table[:, 1:]), table[:, 0].astype(np.int64)

    found = neighbours(*columns(a), *columns(b), 4, below)
    gaps = {
        (i, j): math.dist(p[1:], q[1:])
        for i, p in enumerate(a)
        for j, q in enumerate(b)
        if p[0] == q[0]
    }
    i, j, distance = (side.tolist() for side in found)
    assert dict(zip(zip(i, j, strict=True), distance, strict=True)) == pytest.approx(
        {pair: gap for pair, gap in gaps.items() if gap < below}
    )
    assert j == sorted(j)


def test_a_crowd_too_large_for_a_tracker_is_still_matched_exactly() -> None:
    n, c = 160, 100.0
    assert n * (n + n) > DENSE_LIMIT
    rng = np.random.default_rng(5)
    x, y = rng.normal(0.0, 40.0, (2, n, 3))
    gap = np.minimum(np.linalg.norm(x[:, None] - y, axis=2), c)
    truth, tracks = (Paths.of(np.arange(n), np.zeros(n), xyz) for xyz in (x, y))

    squares = (gap**2)[linear_sum_assignment(gap**2)].sum()
    assert gospa(truth, tracks, c, 2.0).distance == pytest.approx([math.sqrt(squares)], rel=1e-9)
    by_sum = (gap**2)[linear_sum_assignment(gap)].mean()
    assert ospa(truth, tracks, c, 2.0).distance == pytest.approx([math.sqrt(by_sum)], rel=1e-9)
