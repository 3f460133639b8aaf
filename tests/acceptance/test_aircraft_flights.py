"""Real aircraft before a simulated radar: tracked whole, by one track each, and nobody is warned of them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
from aircraft import NEAR_M, Seen, judged, sample

pytestmark = [pytest.mark.slow, pytest.mark.data]


@pytest.fixture(scope="module")
def seen(data_dir: Path) -> list[Seen]:
    """A seeded sample of the flights, every kind among them."""
    return [s for k, group in enumerate(sample(data_dir, 60, 1)) for s in judged(group, 1 + k)]


def test_a_third_of_the_flights_passes_within_a_kilometre_of_a_zone(seen: list[Seen]) -> None:
    assert len(seen) >= 30  # others were never reported densely enough near the drawn point
    assert np.mean([s.gap_m <= NEAR_M for s in seen]) >= 0.3


def test_aircraft_are_tracked_while_the_radar_sees_them(seen: list[Seen]) -> None:
    assert sum(s.tracked for s in seen) >= 0.95 * sum(s.rows for s in seen)


def test_an_aircraft_is_one_track(seen: list[Seen]) -> None:
    assert np.mean([not s.split for s in seen]) >= 0.95


@pytest.mark.parametrize("kind", ["airliner", "glider", "survey"])
def test_nobody_is_warned_of(seen: list[Seen], kind: str) -> None:
    mine = [s for s in seen if s.kind == kind]
    assert mine
    assert [s.id for s in mine if s.worst.get(False) == "warn"] == []


def test_nobody_is_warned_of_traffic_that_reports_itself(seen: list[Seen]) -> None:
    assert [s.id for s in seen if s.worst.get(True) == "warn"] == []
