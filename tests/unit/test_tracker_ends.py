"""Tracks end for a reason: landed, expired, out of sight, or the radar is lost."""

from __future__ import annotations

import pytest

from rampart.domain.site import Sensor
from rampart.domain.time import ns_from_seconds
from tracker_watch import MORTAR, watch
from tracker_world import batch, drive, level_flight, site_of, sky, tracker_of


def test_a_round_ends_at_its_predicted_time_when_it_falls_below_the_lowest_beam() -> None:
    sensor = Sensor(id="R")
    tracker = tracker_of(site_of(sensor))
    ended = watch(tracker, sensor, [MORTAR], 36.0)
    assert [reason for _, reason in ended] == ["predicted_time"]
    assert sky(tracker) == {}


@pytest.mark.parametrize("turn_s", [0.5, 1.0, 2.0, 4.0])
def test_a_round_that_has_landed_is_over_at_the_first_look_that_misses_it(turn_s: float) -> None:
    """It was seen to fall: nobody waits for it to come level out of the ground, however slow the antenna."""
    sensor = Sensor(id="R", scan_period_s=turn_s)
    tracker = tracker_of(site_of(sensor))
    watch(tracker, sensor, [MORTAR], 28.1, step_s=turn_s)
    assert len(sky(tracker)) == 1
    last_s = float(tracker.bank.table.t_s[tracker.bank.rows()[0]])
    t_s, ended = last_s, []
    while not ended:
        t_s += turn_s
        ended = watch(tracker, sensor, [MORTAR], t_s + turn_s, step_s=turn_s, start_s=t_s)
        row = tracker.bank.rows()
        last_s = float(tracker.bank.table.t_s[row[0]]) if len(row) else last_s
    assert ended[0][1] == "predicted_time"
    assert t_s - last_s <= 1.01 * turn_s


def test_a_drone_just_over_the_horizon_is_not_given_up_for_landed_at_each_missed_look() -> None:
    """34 m of height from look to look, 13 km away: at first level flight and a fall look alike."""
    numbers = 0
    for seed in range(6):
        sensor = Sensor(id="R", sigma_elevation_rad=2.5e-3, scan_period_s=1.0, pd=0.8)
        tracker = tracker_of(site_of(sensor))
        drone = level_flight((6500, 12100, 150), (-26, -43, 0))
        ended = watch(tracker, sensor, [drone], 30.0, seed=seed, step_s=1.0, pd=0.8)
        numbers += len(ended) + len(sky(tracker))
    assert numbers == 6


def test_a_drone_that_vanishes_in_full_view_expires() -> None:
    sensor = Sensor(id="R")
    flight = level_flight((4000, 2000, 300), (-45, -10, 0))
    tracker = tracker_of(site_of(sensor))
    ended = watch(tracker, sensor, [lambda t: flight(t) if t < 10.0 else None], 20.0, clutter=3)
    assert [reason for _, reason in ended] == ["expired"]


def test_a_true_track_outlives_five_missed_looks_and_no_more() -> None:
    sensor = Sensor(id="R", pd=0.9)
    for missed, lives in ((5, True), (6, False)):
        tracker = tracker_of(site_of(sensor))
        watch(tracker, sensor, [MORTAR], 10.1)
        ended = watch(tracker, sensor, [lambda t: None], 10.6 + 0.5 * missed, start_s=10.5)
        assert (ended == []) == lives


def test_what_leaves_the_coverage_for_good_is_not_waited_for() -> None:
    sensor = Sensor(id="R", range_max_m=5000.0)
    flight = level_flight((4500, 500, 300), (60, 0, 0))
    tracker = tracker_of(site_of(sensor))
    ended = watch(tracker, sensor, [lambda t: flight(t) if t < 8.0 else None], 16.0)
    assert [reason for _, reason in ended] == ["unseen"]  # the radar lives: it is not lost


def test_what_flies_on_to_where_only_a_silent_radar_would_see_it_is_sensor_lost() -> None:
    near, wide = Sensor(id="A", range_max_m=5000.0), Sensor(id="B", range_max_m=20_000.0)
    flight = level_flight((4500, 500, 300), (60, 0, 0))
    tracker = tracker_of(site_of(near, wide))
    ended = watch(tracker, near, [lambda t: flight(t) if t < 8.0 else None], 16.0)
    assert [reason for _, reason in ended] == ["sensor_lost"]


def test_a_track_is_given_up_as_sensor_lost_when_the_radar_falls_silent() -> None:
    sensor = Sensor(id="R")
    tracker = tracker_of(site_of(sensor))
    watch(tracker, sensor, [level_flight((4000, 2000, 300), (-45, -10, 0))], 6.0)
    assert len(sky(tracker)) == 1
    for k in range(20):
        tracker.advance(ns_from_seconds(6.0 + 0.5 * k))
    assert [reason for _, reason in tracker.ended] == ["sensor_lost"]


def test_looks_whose_plots_are_all_refused_end_no_track() -> None:
    sensor = Sensor(id="R")
    tracker = tracker_of(site_of(sensor))
    flight = level_flight((6000, 2000, 300), (-45, -10, 0))
    watch(tracker, sensor, [flight], 10.0)
    before = sky(tracker).keys()
    for k in range(6):
        drive(tracker, [batch("R", 10.0 + 0.5 * k, [(-1.0, 0.3, 0.1, -40.0)])])
    ended = watch(tracker, sensor, [flight], 20.0, start_s=13.0)
    assert not ended
    assert sky(tracker).keys() == before
