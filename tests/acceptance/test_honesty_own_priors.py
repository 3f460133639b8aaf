"""Where the truth is drawn from all that the engine states, its ellipses are neither wide nor narrow."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
pytestmark = pytest.mark.slow


def test_impact_nees_lies_in_its_95_percent_band(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over 480 flights, each judged at up to four ages; the ages of one flight are one draw."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    honesty = importlib.import_module("honesty")
    flights = []
    for seed in range(2001, 2061):
        found = honesty.samples(seed, honesty.OWN)
        for class_id in honesty.CLASSES:
            mine = [s for s in found if s.class_id == class_id]
            if mine:
                flights.append(honesty.nees(*honesty._errors(mine)).mean() / 2.0)
    assert len(flights) > 450
    half_width = 1.96 * np.std(flights, ddof=1) / np.sqrt(len(flights))
    assert np.mean(flights) == pytest.approx(1.0, abs=half_width)
