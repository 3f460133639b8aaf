"""Every scenario that ships loads, runs and says what is known and what is assumed."""

from __future__ import annotations

import re

import numpy as np
import pytest

from rampart import scenario
from rampart.domain.errors import UsageError
from rampart.domain.messages import KnownTrack, PlotBatch, Tick
from rampart.metrics.truth import NO_TIME
from rampart.scenario.loader import CATALOGUE
from rampart.scenario.schema import schemas

NAMES = [name for name, _ in scenario.catalogue()]
FAST = [name for name in NAMES if name != "quiet-day"]


def distance_to_zone(point: np.ndarray, ring: np.ndarray) -> float:
    """Metres from a point to a polygon; 0 inside."""
    a, b = ring, np.roll(ring, -1, axis=0)
    along = np.clip(((point - a) * (b - a)).sum(1) / ((b - a) ** 2).sum(1), 0, 1)
    edge = np.linalg.norm(point - a - along[:, None] * (b - a), axis=1).min()
    (x, y), (ax, ay), (bx, by) = point, a.T, b.T
    with np.errstate(divide="ignore", invalid="ignore"):
        crossed = ((ay > y) != (by > y)) & (x < (bx - ax) * (y - ay) / (by - ay) + ax)
    return 0.0 if crossed.sum() % 2 else float(edge)


def test_the_catalogue_holds_every_event_of_the_founding_report() -> None:
    assert set(NAMES) >= {
        "green-village", "baghdad-rockets", "baghdad-drones", "al-asad-drones", "launch-sites",
        "friendly-return", "mixed-saturation", "quiet-day",
    }  # fmt: skip
    assert all(len(line) > 20 and "\n" not in line for _, line in scenario.catalogue())


@pytest.mark.parametrize("name", NAMES)
def test_messages_come_by_arrival_with_ticks_and_nothing_from_the_future(name: str) -> None:
    loaded = scenario.load(name, seed=4)
    messages = list(loaded.messages())
    arrivals = np.array([m.t_arrival_ns for m in messages])
    assert (np.diff(arrivals) >= 0).all()
    ticks = np.array([m.t_arrival_ns for m in messages if isinstance(m, Tick)])
    assert set(np.diff(ticks)) == {500_000_000}
    assert len(ticks) == int(loaded.world.duration_s * 2) + 1
    for batch in messages:
        if isinstance(batch, KnownTrack):
            assert batch.t_event_ns < batch.t_arrival_ns
        if isinstance(batch, PlotBatch) and len(batch):
            assert batch.rows["t_event_ns"].max() < batch.t_arrival_ns
    assert len(loaded.truth.plot_t_ns) == sum(len(m) for m in messages if isinstance(m, PlotBatch))
    assert (loaded.truth.plot_object >= 0).any()
    end_ns = loaded.world.start_ns + round(loaded.world.duration_s * 1e9)
    assert (
        loaded.truth.t_end_ns[loaded.truth.hostile] < end_ns
    ).all()  # every threat ends in the run


@pytest.mark.parametrize("name", NAMES)
def test_facts_are_marked_and_assumptions_are_owned_up_to(name: str) -> None:
    loaded = scenario.load(name)
    assert loaded.name == name
    assert any(fact.mark == "assumed" for fact in loaded.facts)
    assert "ASSUMED" in (CATALOGUE / f"{name}.toml").read_text()


def test_each_invented_launch_is_headed_assumed_and_the_strike_is_a_claim() -> None:
    text = (CATALOGUE / "launch-sites.toml").read_text()
    loaded = scenario.load("launch-sites")
    for salvo in loaded.world.salvos:
        assert re.search(rf'ASSUMED: launch "{salvo.id}"', text)
    strikes = [fact for fact in loaded.facts if "struck" in fact.text]
    assert strikes
    assert all(fact.mark == "claim" for fact in strikes)


def test_green_village_has_eight_rounds_and_two_zones_never_near_an_impact() -> None:
    hits = np.zeros(6)
    for seed in range(1, 21):
        loaded = scenario.load("green-village", seed)
        assert len(loaded.truth) == 8
        for i, zone in enumerate(loaded.site.zones):
            ring = np.array(zone.polygon_enu_m)
            nearest = min(distance_to_zone(p[:2], ring) for p in loaded.truth.impact_enu_m)
            hits[i] += nearest == 0.0
            assert i < 4 or nearest >= 1200.0
    assert (hits[:4] >= 15).all()
    assert (hits[4:] == 0).all()
    for zone in loaded.site.zones:
        x, y = np.array(zone.polygon_enu_m).T
        area = 0.5 * (x * np.roll(y, -1) - np.roll(x, -1) * y).sum()
        assert 0.3e6 <= area <= 1e6  # and counter-clockwise


def test_green_village_fires_from_beyond_the_class_of_a_107_mm_rocket() -> None:
    salvo = scenario.load("green-village").world.salvos[0]
    assert 12_000 < np.hypot(*salvo.origin_enu_m) < 13_500


@pytest.mark.parametrize("name", ["baghdad-drones", "al-asad-drones"])
def test_shot_down_drones_have_no_type_and_no_impact(name: str) -> None:
    truth = scenario.load(name).truth
    assert truth.classes == ("owa_drone", "owa_drone")
    assert (truth.t_impact_ns == NO_TIME).all()
    assert np.isnan(truth.impact_enu_m).all()
    ends = [truth.sample_enu_m[truth.samples(i)][-1] for i in range(2)]
    assert all(np.hypot(end[0], end[1]) > 900.0 and end[2] > 10.0 for end in ends)


def test_the_hostile_drone_flies_300_m_behind_the_friendly_one() -> None:
    loaded = scenario.load("friendly-return", seed=8)
    truth = loaded.truth
    friend, hostile = truth.ids.index("homecomer"), truth.ids.index("follower")
    assert truth.hostile[hostile]
    assert not truth.hostile[friend]
    t = truth.t_launch_ns[hostile] + np.arange(20, 90) * 10**9
    place = [
        np.stack([np.interp(t, truth.sample_t_ns[truth.samples(i)], truth.sample_enu_m[truth.samples(i), j])
                  for j in range(2)])
        for i in (friend, hostile)
    ]  # fmt: skip
    gap = np.linalg.norm(place[0] - place[1], axis=0)
    assert abs(np.median(gap) - 300.0) < 60.0
    reports = [m for m in loaded.messages() if isinstance(m, KnownTrack)]
    assert {m.ident for m in reports} == {"homecomer"}
    assert all(m.friendly for m in reports)


def test_saturation_holds_sixty_threats_of_every_family() -> None:
    truth = scenario.load("mixed-saturation").truth
    assert truth.hostile.sum() == 60
    assert {"mortar", "rocket", "gun", "drone"} <= {
        f for f, hostile in zip(truth.families, truth.hostile, strict=True) if hostile
    }


def test_a_quiet_day_holds_an_hour_without_a_threat() -> None:
    loaded = scenario.load("quiet-day", seed=2)
    assert loaded.world.duration_s >= 3600
    assert not loaded.truth.hostile.any()
    assert {"airliner", "helicopter", "bird", "clutter_patch"} <= set(loaded.truth.classes)


def test_an_unknown_name_lists_the_names() -> None:
    with pytest.raises(
        UsageError, match=r"green-vilage.*al-asad-drones.*did you mean green-village"
    ):
        scenario.load("green-vilage")


def test_the_shipped_schemas_are_those_of_the_forms() -> None:
    for path, text in schemas().items():
        assert path.read_text(encoding="utf-8") == text, (
            f"run python -m rampart.scenario.schema ({path.name})"
        )
