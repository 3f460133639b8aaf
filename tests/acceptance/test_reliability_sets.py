"""The frozen sets of launches (S1) and quiet hours (S2), as much of each as fits; all: make accept-full."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
from s1 import CLASSES, Job, flown
from s2 import heard

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("claimed", [1.0, 0.5])
def test_no_warnable_round_of_the_first_raids_is_missed_and_warnings_come_at_once(
    claimed: float,
) -> None:
    falling = [seed for seed in range(1, 73) if CLASSES[seed % len(CLASSES)] != "quadcopter"]
    with ProcessPoolExecutor(2) as pool:
        raids = list(pool.map(flown, [Job(seed, claimed, 0.01) for seed in falling], chunksize=4))
    assert [h for r in raids for h in r.verdict.outcomes("missed", warnable=True)] == []
    waits = [s for r in raids for s in r.verdict.latencies_s]
    assert np.median(waits) <= 1.5
    assert np.percentile(waits, 99) <= 3.0
    assert np.mean([t for r in raids for t in r.timely]) >= 0.99
    warned = [w for r in raids for w in r.verdict.warnings]
    assert np.mean([w.kind == "false" for w in warned]) <= 0.05
    assert np.mean([w.again for w in warned]) <= 0.01


@pytest.fixture(scope="module")
def quiet() -> list[dict[str, Any]]:
    """Twenty quiet hours."""
    return heard(range(1, 21), workers=2, keep=None)


def test_nothing_seems_to_fall_in_twenty_quiet_hours(quiet: list[dict[str, Any]]) -> None:
    assert [(h["hour"], w) for h in quiet for w in h["warned"] if w["reason"] == "threshold"] == []


def test_the_console_is_asked_to_look_once_an_hour_at_most(quiet: list[dict[str, Any]]) -> None:
    assert sum(h["watches"] for h in quiet) <= len(quiet)


def test_nobody_is_warned_in_twenty_quiet_hours(quiet: list[dict[str, Any]]) -> None:
    assert [(h["hour"], w) for h in quiet for w in h["warned"]] == []
