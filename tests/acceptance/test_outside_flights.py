"""Rounds by scipy's DOP853 and drag laws that no kernel of ours has, through files and the command line."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
pytestmark = pytest.mark.slow


def test_landings_of_rounds_that_others_flew_lie_in_their_ellipses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ninety rounds, six classes before five radars, each judged at up to five ages."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    outside = importlib.import_module("outside")
    asked = outside.found_in(range(201, 204), claims=1.0, workers=2)
    found = [one for one in asked if one.tracks]
    assert len(found) >= 0.98 * len(asked)
    assert len(found) > 400
    assert 0.86 <= outside.covers(found, 0.9) <= 0.98
    assert outside.covers(found, 0.99) >= 0.96
    assert 0.86 <= np.mean([one.in_time for one in found]) <= 0.99
    assert sum(one.tracks > 1 for one in found) <= 5
