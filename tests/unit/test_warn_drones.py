"""Drones over the zones: when they come, turn away, are lost, fly in and fly through."""

from __future__ import annotations

import pytest

from rampart.domain.site import Rules
from warn_stage import Stage, flying, lose, ns, zone


def test_a_drone_is_warned_of_by_its_futures_and_renewed_while_tracked():
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -7000.0, 50.0))
    assert stage.phase("A") in ("clear", "watch")
    for k in range(100):
        stage.see(flying(1, 2.0 + k, -7000.0 + 50.0 * k, 50.0))
    warn = next(row for row in stage.rows if row.phase == "warn")
    assert warn.reason == "drone_corridor"
    assert warn.t_impact_ns_q50 is not None
    assert 50.0 < (warn.t_impact_ns_q50 - warn.issued_ns) / 1e9 < Rules().drone_horizon_s + 1.0
    last = stage.last("A")
    assert last.phase == "warn"
    assert last.t_impact_ns_q50 == pytest.approx(ns(2.0 + (7000 - 400) / 50), abs=2e9)


def test_a_drone_is_told_for_when_it_comes_and_not_for_when_the_look_ahead_ends():
    """It is here after 120 s, the horizon: half of its futures are later, and no part of P, but they come."""
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -6400.0, 50.0, sigma_turn_rps=0.0005))
    warn = stage.last("A")
    assert warn.phase == "warn"
    q05, q50, q95 = (
        (t - warn.issued_ns) / 1e9
        for t in (warn.t_impact_ns_q05, warn.t_impact_ns_q50, warn.t_impact_ns_q95)
    )
    assert q50 == pytest.approx(120.0, abs=1.5)
    # sigma of speed 1 m/s: 2.4 s of 120, and the corners and turns take a little longer
    assert q05 == pytest.approx(120.0 - 1.645 * 2.4, abs=1.5)
    assert 120.0 + 1.645 * 2.4 - 1.0 < q95 < 130.0


@pytest.mark.parametrize("left_s", [4.0, 10.0, 30.0])
def test_the_nearer_a_drone_the_finer_its_time(left_s: float):
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -400.0 - 50.0 * left_s, 50.0))
    told = stage.last("A")
    assert (told.t_impact_ns_q50 - told.issued_ns) / 1e9 == pytest.approx(left_s, rel=0.025)


def test_a_drone_above_the_ceiling_that_does_not_come_down_is_no_threat():
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -2000.0, 50.0, height_m=3000.0))
    assert stage.rows == []


def test_a_drone_is_in_impact_when_it_is_inside():
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -500.0, 50.0))
    stage.run(30.0)
    assert stage.phase("A") == "warn"  # q05 has passed, but it is tracked and outside
    stage.see(flying(1, 31.0, -350.0, 50.0))
    assert (stage.last("A").phase, stage.last("A").reason) == ("impact", "drone_corridor")


def test_a_drone_lost_within_3_km_keeps_its_warning_60_s_beyond_q95():
    stage = Stage([zone("A", 0.0)])
    seen = flying(1, 1.0, -2500.0, 50.0)
    stage.see(seen)
    q95 = (stage.last("A").t_impact_ns_q95 - ns(0.0)) / 1e9
    stage.see(lose(seen, 2.0, "expired"))
    stage.run(q95 + 58.5)
    assert stage.story("A") == ["warn"]
    stage.run(q95 + 62.5)
    assert stage.story("A") == ["warn", "hold"]


def test_a_drone_lost_farther_off_runs_by_the_q95_rule():
    stage = Stage([zone("A", 0.0)])
    seen = flying(1, 1.0, -6500.0, 110.0)
    stage.see(seen)
    q95 = (stage.last("A").t_impact_ns_q95 - ns(0.0)) / 1e9
    stage.see(lose(seen, 2.0, "expired"))
    stage.run(q95 + 4.0)
    assert stage.story("A") == ["warn", "impact", "hold"]


def test_a_drone_that_turned_away_is_cancelled_and_watched_while_it_loiters_within_2_km():
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -2000.0, 40.0))
    assert stage.phase("A") == "warn"
    for k in range(40):
        stage.see(flying(1, 2.0 + k * 0.5, -1500.0, -40.0))
    assert (stage.last("A").phase, stage.last("A").reason) == ("watch", "recomputed")
    for k in range(30):
        stage.see(flying(1, 22.0 + k * 0.5, -2350.0, -40.0))
    assert stage.phase("A") == "clear"


def test_a_drone_whose_course_wavers_for_some_seconds_is_not_cancelled():
    """Till the next stretch of its course is flown, 12 s, nothing new is known of where it goes."""
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -2000.0, 40.0))
    for k in range(20):
        stage.see(flying(1, 20.0 + k * 0.5, -2350.0, -40.0))
    stage.see(flying(1, 30.5, -2300.0, 40.0))
    assert stage.story("A") == ["warn"]


def test_a_warned_drone_that_is_perhaps_a_bird_keeps_its_warning_till_its_numbers_end_it():
    """p_drone 0.15 is no new threat; times a share near 1 it is far above a quarter of 0.10."""
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -1000.0, 40.0))
    for k in range(40):
        stage.see(flying(1, 2.0 + k * 0.5, -1000.0, 40.0, p=(0.0, 0.0, 0.0, 0.15, 0.85, 0.0)))
    assert stage.story("A") == ["warn"]
    for k in range(60):
        stage.see(flying(1, 22.0 + k * 0.5, -1000.0, 40.0, p=(0.0, 0.0, 0.0, 0.01, 0.99, 0.0)))
    assert stage.phase("A") == "clear"


def test_a_drone_that_flew_through_is_held_not_released():
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -300.0, 40.0))
    assert stage.phase("A") == "impact"
    for k in range(40):
        stage.see(flying(1, 20.0 + k * 0.5, 1500.0 + 20 * k, 40.0))
    assert stage.story("A") == ["warn", "impact", "hold"]
