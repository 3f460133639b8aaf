"""The raids of January 2022, judged from truth alone: a few seeds here, all twenty in the slow run."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
from catalogue import judged

SPARED = ("outpost-north", "outpost-south")


def green_village(seeds: range) -> None:
    runs = [judged("green-village", seed) for seed in seeds]
    warnings = [w for run in runs for w in run.verdict.warnings]
    assert [h for run in runs for h in run.verdict.outcomes("missed")] == []
    latencies = [s for run in runs for s in run.verdict.latencies_s]
    assert np.median(latencies) <= 1.5
    assert max(latencies) <= 3.0
    false = [w for w in warnings if w.kind == "false"]
    assert len(false) <= 0.05 * len(warnings)
    assert sum(w.zone in SPARED for w in false) <= 2


def test_green_village_every_zone_that_is_hit_is_warned_in_time() -> None:
    green_village(range(1, 5))


@pytest.mark.slow
def test_green_village_over_twenty_seeds() -> None:
    green_village(range(1, 21))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_follower_of_a_friend_is_warned_of(seed: int) -> None:
    run = judged("friendly-return", seed)
    assert run.verdict.hits
    assert not run.verdict.outcomes("missed")


@pytest.mark.parametrize("name", ["baghdad-rockets", "one-mortar", "launch-sites"])
def test_no_hit_zone_goes_unwarned(name: str) -> None:
    run = judged(name, 3)
    assert not run.verdict.outcomes("missed", warnable=True)
    assert run.verdict.count("false") == 0


@pytest.mark.slow
def test_quiet_hours_warn_nobody_and_ask_for_attention_once_an_hour_at_most() -> None:
    runs = [judged("quiet-day", seed) for seed in range(1, 4)]
    assert [run.verdict.warnings for run in runs] == [(), (), ()]
    assert sum(run.watches for run in runs) <= sum(run.hours for run in runs)
