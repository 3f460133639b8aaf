"""Flyers that have not shown their course yet: how long they wait, and that bursts of them do not warn."""

from __future__ import annotations

import pytest

from rampart.domain.site import Rules
from warn_stage import Stage, flying, ns, zone


def test_a_flyer_far_off_is_watched_until_it_has_shown_its_course_for_five_seconds():
    stage = Stage([zone("A", 0.0)])
    for k in range(20):
        stage.see(flying(1, 1.0 + 0.5 * k, -4000.0 + 25.0 * k, 50.0, third_s=1.0))
    rows = [row for row in stage.rows if row.zone == "A"]
    assert rows[0].phase == "watch"
    warn = next(row for row in rows if row.phase == "warn")
    assert 6.0 <= (warn.issued_ns - ns(0.0)) / 1e9 <= 6.6


def test_a_flyer_that_would_be_watched_is_not_shown_before_it_has_flown_for_five_seconds():
    """As a bird whose third plot looks like a drone's, and whose fifth does not."""
    stage = Stage([zone("A", 0.0)])
    perhaps = (0.0, 0.0, 0.0, 0.21, 0.79, 0.0)
    for k in range(20):
        x_m = -4000.0 + 25.0 * k
        stage.see(flying(1, 1.0 + 0.5 * k, x_m, 50.0, y_m=600.0, p=perhaps, third_s=1.0))
    rows = [row for row in stage.rows if row.zone == "A"]
    assert rows[0].phase == "watch"
    assert 6.0 <= (rows[0].issued_ns - ns(0.0)) / 1e9 <= 6.6
    assert Rules().drone_watch_p < rows[0].p_zone < Rules().drone_warn_p


def test_a_young_flyer_is_watched_where_a_hole_in_coverage_halves_what_would_warn():
    perhaps = (0.0, 0.0, 0.0, 0.21, 0.79, 0.0)
    young = flying(1, 1.0, -4000.0, 50.0, y_m=450.0, p=perhaps, third_s=1.0)
    stage = Stage([zone("A", 0.0)])
    stage.see(young)
    assert stage.rows == []  # P of 0.06 would be watched
    stage = Stage([zone("A", 0.0)])
    stage.blind("A")
    stage.see(young)
    assert (stage.last("A").phase, stage.last("A").tracks) == ("watch", (1,))  # it would warn


@pytest.mark.parametrize(
    ("x_m", "speed_mps", "least_s", "most_s"),
    [(-1000.0, 50.0, 2.5, 4.5), (-500.0, 50.0, 2.0, 2.6), (0.0, 2.0, 2.0, 2.1)],
)
def test_a_young_flyer_that_is_near_has_a_quarter_of_what_is_left_to_show_its_course(
    x_m, speed_mps, least_s, most_s
):
    stage = Stage([zone("A", 0.0)])
    for k in range(60):
        at_s = 1.0 + 0.1 * k
        stage.see(flying(1, at_s, x_m + 0.1 * k * speed_mps, speed_mps, third_s=1.0))
    warned = next(row for row in stage.rows if row.phase == "warn")
    assert stage.rows[0].phase == "watch"
    assert least_s <= (warned.issued_ns - ns(1.0)) / 1e9 <= most_s


@pytest.mark.parametrize(("p_drone", "least_s", "most_s"), [(0.2, 5.0, 5.1), (0.5, 2.0, 2.6)])
def test_a_young_flyer_that_is_near_is_warned_of_before_the_five_seconds_are_over_where_it_is_likely(
    p_drone, least_s, most_s
):
    """As a glider that came in sight over a zone: P 0.18 when it was 4 s old, 0.04 a second later."""
    stage = Stage([zone("A", 0.0)])
    perhaps = (0.0, 0.0, 0.0, p_drone, 1.0 - p_drone, 0.0)
    for k in range(60):
        at_s = 1.0 + 0.1 * k
        stage.see(flying(1, at_s, -500.0 + 3.0 * k, 30.0, p=perhaps, third_s=1.0))
    warned = next(row for row in stage.rows if row.phase == "warn")
    assert least_s <= (warned.issued_ns - ns(1.0)) / 1e9 <= most_s


@pytest.mark.parametrize(
    ("lost", "phase"), [("unseen", "warn"), ("sensor_lost", "warn"), ("expired", "watch")]
)
def test_of_a_young_flyer_that_leaves_sight_counts_what_was_seen_but_not_of_one_looked_for_in_vain(
    lost, phase
):
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -4000.0, 50.0, third_s=1.0))
    assert stage.phase("A") == "watch"
    stage.see(flying(1, 2.0, -3950.0, 50.0, third_s=1.0, lost=lost))
    assert stage.phase("A") == phase


def fragments(stage: Stage, why: str, plots: int, n: int = 8) -> None:
    """So many flyers at once, of so many plots each, lost a second later."""
    seen = [(k, {"third_s": 24.0, "detections": plots}) for k in range(1, n + 1)]
    stage.see(*(flying(k, 24.0, -4000.0, 50.0, **of) for k, of in seen))
    stage.see(*(flying(k, 25.0, -3950.0, 50.0, lost=why, **of) for k, of in seen))


@pytest.mark.parametrize("why", ["", "expired", "dropped"])
def test_flyers_of_three_plots_do_not_add_up_to_a_warning(why):
    """As a burst of false plots makes them. Each is watched for its time all the same, and P of all is told."""
    stage = Stage([zone("A", 0.0)])
    fragments(stage, why, plots=3)
    assert stage.story("A") == ["watch"]
    assert stage.last("A").p_zone > Rules().drone_warn_p
    stage.run(25.0 + 1.0 + 59.0)
    assert stage.story("A") == ["watch"]
    # a person who calls one of them a drone has no burst before him
    for track in range(1, 9):
        stage.person("assess", track=track, family="drone")
    assert stage.phase("A") == "warn"


def test_flyers_of_three_plots_add_up_neither_in_a_crowd_nor_after_a_restart():
    stage = Stage([zone("A", 0.0)])
    fragments(stage, "expired", plots=3, n=40)
    stage.restart()
    stage.see(flying(41, 26.0, -4000.0, 50.0, third_s=26.0, detections=3))
    assert stage.phase("A") == "watch"
    assert stage.last("A").p_zone > 0.5
    # one that has shown more warns by itself
    stage.see(flying(41, 32.0, -3700.0, 50.0, third_s=26.0, detections=9))
    assert stage.phase("A") == "warn"


@pytest.mark.parametrize(("why", "plots"), [("expired", 4), ("unseen", 3), ("predicted_time", 3)])
def test_flyers_that_showed_more_or_left_sight_add_up(why, plots):
    """As a drone that a radar loses and finds again, each time with another number."""
    stage = Stage([zone("A", 0.0)])
    fragments(stage, why, plots)
    assert stage.phase("A") == "warn"


def test_what_is_told_of_a_zone_that_is_warned_of_a_young_flyer_is_its_p():
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 3.2, -500.0, 50.0, third_s=1.0))
    assert stage.phase("A") == "warn"
    for k in range(1, 4):  # it slows down: were it not warned of, it would wait
        stage.see(flying(1, 3.2 + 0.5 * k, -500.0 + 5.0 * k, 10.0, third_s=1.0))
    last = stage.last("A")
    assert last.phase == "warn"
    assert last.p_zone > 0.5  # nothing is taken off it
