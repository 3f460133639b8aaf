"""What an operator would see: tracks begin, keep their number, tell what they know, and end for a reason."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from rampart.domain.messages import PlotBatch
from rampart.domain.site import Sensor
from rampart.domain.time import ns_from_seconds
from rampart.engine.tracking import Tracker
from rampart.kernels.imm import BALLISTIC, DRONE
from tracker_world import (
    Path,
    batch,
    drive,
    level_flight,
    look,
    round_from,
    site_of,
    sky,
    tracker_of,
)


def watch(
    tracker: Tracker, sensor: Sensor, paths: list[Path], until_s: float, *, seed: int = 1,
    step_s: float = 0.5, start_s: float = 0.0, **kwargs: float,
) -> list[tuple[int, str]]:  # fmt: skip
    """Look at the paths every `step_s`; returns what ended meanwhile."""
    site = site_of(sensor)
    rng = np.random.default_rng(seed)
    ended = []
    for k in range(int((until_s - start_s) / step_s)):
        t_s = start_s + step_s * k
        drive(tracker, [look(site, sensor, t_s, paths, rng, **kwargs)])
        ended += tracker.ended
        tracker.collect()
    return ended


def nearest(tracker: Tracker, t_s: float, truth: np.ndarray) -> tuple[int, float]:
    """(id, distance m) of the named track nearest to a true state at `t_s`."""
    rows = tracker.bank.rows()
    x, _ = tracker.bank.states_at(rows, t_s)
    away = np.linalg.norm(x[:, :3] - truth[:3], axis=1)
    return int(tracker.bank.table.track_id[rows[away.argmin()]]), float(away.min())


MORTAR = round_from((3200, 600, 0), (-100, -15, 150))


@pytest.mark.parametrize("seed", range(5))
def test_a_mortar_round_is_confirmed_at_its_third_plot_and_known_to_a_few_metres(seed: int) -> None:
    sensor = Sensor(id="R")
    tracker = tracker_of(site_of(sensor))
    watch(tracker, sensor, [MORTAR], 1.6, seed=seed)
    assert not any(tracker.status(row) == "confirmed" for row in tracker.bank.rows())
    watch(tracker, sensor, [MORTAR], 2.1, seed=seed, start_s=1.5)
    # at 0.5 s the round has cleared the lowest beam: plots at 0.5, 1.0, 1.5 s
    assert [tracker.status(row) for row in tracker.bank.rows()] == ["confirmed"]
    watch(tracker, sensor, [MORTAR], 12.1, seed=seed, start_s=2.0)
    row = int(tracker.bank.rows()[0])
    x, cov = tracker.bank.state_at(row, 12.0)
    truth = MORTAR(12.0)
    error = x[:6] - truth
    assert error @ np.linalg.solve(cov[:6, :6], error) < 25.0
    assert np.linalg.norm(error[:3]) < 40.0
    assert np.linalg.norm(error[3:]) < 8.0


def test_a_salvo_from_one_tube_keeps_one_number_for_each_round() -> None:
    """Half a second apart, as the looks: each round stands where the one before it stood a look ago."""
    kept = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        salvo = [
            round_from(
                (3600 + rng.normal(0, 12), 700 + rng.normal(0, 12), 0),
                (-105 + rng.normal(0, 1), -18 + rng.normal(0, 1), 158 + rng.normal(0, 1)),
                0.5 * i,
            )
            for i in range(8)
        ]
        sensor = Sensor(id="R", pd=0.9)
        tracker = tracker_of(site_of(sensor))
        watch(tracker, sensor, salvo, 10.1, seed=seed, pd=0.9, clutter=20)
        numbers = [nearest(tracker, 10.0, path(10.0))[0] for path in salvo]
        assert len(set(numbers)) == 8
        watch(tracker, sensor, salvo, 16.1, seed=seed, start_s=10.5, pd=0.9, clutter=20)
        kept += sum(
            nearest(tracker, 16.0, p(16.0))[0] == n for p, n in zip(salvo, numbers, strict=True)
        )
    assert kept >= 30  # of 32: one exchange between neighbours is within what the radar can tell


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


@pytest.mark.parametrize("speed_mps", [-45.0, -60.0])
def test_a_helicopter_keeps_its_number_across_the_blind_place_over_the_radar(
    speed_mps: float,
) -> None:
    sensor = Sensor(id="R", range_min_m=300.0)
    flight = level_flight((1200, 60, 120), (speed_mps, 0, 0))

    def seen(t_s: float) -> np.ndarray | None:
        state = flight(t_s)
        return state if np.linalg.norm(state[:3]) > 300.0 else None

    tracker = tracker_of(site_of(sensor))
    assert watch(tracker, sensor, [seen], 40.0, clutter=2) == []
    assert len(sky(tracker)) == 1


def test_a_round_that_crosses_overhead_keeps_its_number_and_is_not_shown_meanwhile() -> None:
    sensor = Sensor(id="R")
    shell = round_from((1500, 60, 0), (-100, -4, 150))
    tracker = tracker_of(site_of(sensor))
    ended = watch(tracker, sensor, [shell], 11.1)
    number, _ = nearest(tracker, 11.0, shell(11.0))
    ended += watch(tracker, sensor, [shell], 16.1, start_s=11.5)
    row = tracker.bank.row_of(number)
    assert row is not None
    x, _ = tracker.bank.state_at(row, 16.0)
    assert 16.0 - tracker.bank.table.t_s[row] > 2.0  # no plot: it is above the highest beam
    assert not tracker.in_sight(row, x[:3], 16.0)
    ended += watch(tracker, sensor, [shell], 24.1, start_s=16.5)
    again, away_m = nearest(tracker, 24.0, shell(24.0))
    assert (again, ended) == (number, [])
    assert away_m < 50.0
    assert tracker.in_sight(row, shell(24.0)[:3], 24.0)


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


def test_a_radar_whose_plots_come_late_keeps_its_tracks_as_long_as_one_in_time() -> None:
    sensor = Sensor(id="R")
    site, ends_s = site_of(sensor), []
    for delay_s in (0.0, 6.0):
        tracker, rng = tracker_of(site), np.random.default_rng(1)
        t_s = 0.0
        while not tracker.ended:
            plots = look(site, sensor, t_s, [MORTAR], rng)
            arrival_ns = ns_from_seconds(t_s + delay_s)
            drive(tracker, [msgspec.structs.replace(plots, t_arrival_ns=arrival_ns)])
            t_s += 0.5
        assert [reason for _, reason in tracker.ended] == ["predicted_time"]
        ends_s.append(t_s)
    assert ends_s[0] == ends_s[1]


def test_numbers_are_never_used_again() -> None:
    sensor = Sensor(id="R")
    tracker = tracker_of(site_of(sensor))
    first = round_from((3200, 600, 0), (-100, -15, 100), 0.0)
    second = round_from((3200, 600, 0), (-100, -15, 100), 30.0)
    watch(tracker, sensor, [first, second], 26.0)
    used = 1
    assert sky(tracker) == {}
    watch(tracker, sensor, [first, second], 36.0, start_s=26.0)
    assert min(sky(tracker)) > used


def test_clutter_alone_confirms_nothing_in_a_quarter_of_an_hour() -> None:
    sensor = Sensor(id="R", clutter_per_scan=20.0)
    tracker = tracker_of(site_of(sensor))
    ended = watch(tracker, sensor, [], 900.0, clutter=20)
    confirmed = [row for row in tracker.bank.rows() if tracker.status(row) != "tentative"]
    assert confirmed == []
    assert {reason for _, reason in ended} <= {"dropped"}


def test_an_azimuth_across_north_is_one_track() -> None:
    sensor = Sensor(id="R")
    flight = level_flight((-400, 5000, 400), (50, 0, 0))
    tracker = tracker_of(site_of(sensor))
    watch(tracker, sensor, [flight], 16.0, clutter=5)
    assert len(sky(tracker)) == 1
    assert nearest(tracker, 15.5, flight(15.5))[1] < 40.0


def test_without_elevation_a_track_is_never_bounded_and_its_height_stays_wide() -> None:
    sensor = Sensor(id="R", sigma_elevation_rad=None)
    tracker = tracker_of(site_of(sensor))
    watch(tracker, sensor, [MORTAR, level_flight((4000, 2000, 300), (-45, -10, 0))], 15.1)
    rows = tracker.bank.rows()
    assert len(rows) == 2
    assert not tracker.bank.table.bounded[rows].any()
    assert (np.sqrt(tracker.bank.states_at(rows, 15.0)[1][:, 2, 2]) > 200.0).all()


def test_a_height_bounds_a_track_of_a_flat_radar() -> None:
    sensor = Sensor(
        id="R", sigma_elevation_rad=None, sigma_range_rate_mps=None, sigma_range_m=30.0,
        scan_period_s=4.0, range_max_m=250_000.0, elevation_min_rad=-0.1,
    )  # fmt: skip
    site = site_of(sensor, known=True, height_m=120.0)
    tracker = tracker_of(site)
    rng = np.random.default_rng(4)
    for k in range(10):
        e, n = 60_000.0 - 800.0 * k, 40_000.0
        h = 10_000.0
        u = h - 120.0 - (e * e + n * n) / (2 * 6_378_137.0)
        r = math.sqrt(e * e + n * n + u * u) + rng.normal(0, 30)
        azimuth = math.atan2(e, n) + rng.normal(0, 1e-3)
        drive(
            tracker,
            [batch("R", 4.0 * k, [(r, azimuth, math.nan, math.nan)], height_m=h, complete=False)],
        )
    rows = tracker.bank.rows()
    assert len(rows) == 1
    assert tracker.bank.table.bounded[rows[0]] == 1
    x, cov = tracker.bank.state_at(int(rows[0]), 36.0)
    assert abs(x[2] - u) < 100.0
    assert math.sqrt(cov[2, 2]) < 60.0
    assert np.linalg.norm(x[3:5] - (-200.0, 0.0)) < 25.0


def test_without_doppler_a_round_is_tracked_as_well() -> None:
    sensor = Sensor(id="R", sigma_range_rate_mps=None)
    tracker = tracker_of(site_of(sensor))
    watch(tracker, sensor, [MORTAR], 8.1, clutter=10, pd=0.9)
    _, away = nearest(tracker, 8.0, MORTAR(8.0))
    assert away < 40.0


def test_plots_that_arrive_one_by_one_count_their_misses_by_the_revisit_time() -> None:
    sensor = Sensor(id="R", scan_period_s=0.5, clutter_per_scan=1.0)
    site = site_of(sensor)
    rng = np.random.default_rng(2)
    flight = level_flight((4000, 2000, 300), (-45, -10, 0))
    other = level_flight((-4000, 2000, 300), (45, -10, 0))
    tracker = tracker_of(site)
    ended = []
    for k in range(40):
        for path in (flight, other):
            if path is flight and k > 15:
                continue  # gone in full view, while the radar goes on showing the other
            item = look(site, sensor, 0.5 * k, [path], rng)
            drive(tracker, [PlotBatch(sensor="R", t_arrival_ns=item.t_arrival_ns, data=item.data)])
            ended += tracker.ended
            tracker.collect()
    assert [reason for _, reason in ended] == ["expired"]
    assert len(sky(tracker)) == 1


def test_two_radars_make_one_track_of_one_object() -> None:
    sensors = (
        Sensor(id="A"),
        Sensor(id="B", position_enu_m=(6000.0, -2000.0, 30.0), sigma_range_m=25.0),
    )
    site = site_of(*sensors, known=True)
    tracker = tracker_of(site)
    rng = np.random.default_rng(8)
    for k in range(24):
        sensor = sensors[k % 2]
        drive(tracker, [look(site, sensor, 0.25 * k, [MORTAR], rng, clutter=5, pd=0.9)])
    assert len(sky(tracker)) == 1
    assert nearest(tracker, 5.75, MORTAR(5.75))[1] < 40.0


@pytest.mark.parametrize("seed", [3, 8])
def test_a_radar_that_lies_by_a_tenth_of_a_radian_leaves_the_other_s_track_and_adds_one(
    seed: int,
) -> None:
    sensors = (Sensor(id="A"), Sensor(id="liar", position_enu_m=(500.0, -200.0, 5.0)))
    site = site_of(*sensors, known=True)
    tracker = tracker_of(site)
    rng = np.random.default_rng(seed)
    for k in range(40):
        sensor = sensors[k % 2]
        plots = look(site, sensor, 0.25 * k, [MORTAR], rng, clutter=5, pd=0.9)
        if sensor.id == "liar":
            rows = plots.rows.copy()
            rows["azimuth_rad"] += 0.1
            plots = PlotBatch(sensor="liar", t_arrival_ns=plots.t_arrival_ns, data=rows.tobytes())
        drive(tracker, [plots])
    assert nearest(tracker, 9.5, MORTAR(9.5))[1] < 40.0
    assert len(sky(tracker)) == 2


def test_the_fast_lane_names_a_round_at_its_second_plot_but_not_a_drone() -> None:
    sensor = Sensor(id="R", clutter_per_scan=1.0)
    site = site_of(sensor)
    rng = np.random.default_rng(3)
    tracker = tracker_of(site)
    paths = [
        round_from((3200, 600, 300), (-190, -30, 60)),
        level_flight((4000, 2000, 300), (-45, -10, 0)),
    ]
    for k in range(2):
        drive(tracker, [look(site, sensor, 0.5 * k, paths, rng)])
    rows = tracker.bank.rows()
    assert len(rows) == 1
    assert tracker.bank.table.fast[rows[0]] == 1
    assert tracker.status(int(rows[0])) == "tentative"
    assert tracker.touched == [int(rows[0])]


def test_what_is_first_seen_low_in_the_beam_is_taken_for_climbing_unless_it_flies() -> None:
    site = site_of(Sensor(id="R"))
    for height_m, least, most in ((200.0, 100.0, 200.0), (4000.0, -120.0, 20.0)):
        tracker = tracker_of(site)
        low = level_flight((7000.0, 0.0, height_m), (-200.0, 0.0, 0.0))
        drive(tracker, [look(site, site.sensors[0], 0.0, [low], np.random.default_rng(1))])
        table = tracker.bank.table
        assert least < table.x[0, BALLISTIC, 5] < most
        assert abs(table.x[0, DRONE, 5]) < 150.0
        assert math.sqrt(table.P[0, BALLISTIC, 5, 5]) > 100.0  # it may fall all the same


def test_two_biased_radars_leave_the_velocity_as_doubtful_as_their_biases_make_it() -> None:
    """One plot of each, a fifth of a second apart: of the difference of two biases nothing is known."""
    bias = 3e-3
    sensors = tuple(
        Sensor(id=name, bias_azimuth_rad=bias, bias_elevation_rad=bias) for name in ("A", "B")
    )
    site = site_of(*sensors)
    drift = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        tracker = tracker_of(site)
        for k, sensor in enumerate(sensors):
            plots = look(site, sensor, 2.0 + 0.2 * k, [MORTAR], rng)
            rows = plots.rows.copy()
            rows["azimuth_rad"] += rng.normal(0.0, bias)
            rows["elevation_rad"] += rng.normal(0.0, bias)
            moved = PlotBatch(
                sensor=sensor.id, t_arrival_ns=plots.t_arrival_ns, data=rows.tobytes()
            )
            drive(tracker, [moved])
        table = tracker.bank.table
        row = int(np.argmax(table.hits))
        assert table.hits[row] == 2
        off = table.x[row, BALLISTIC, 3:6] - MORTAR(2.2)[3:]
        drift.append(off @ np.linalg.solve(table.P[row, BALLISTIC, 3:6, 3:6], off) / 3.0)
    assert np.mean(drift) < 1.05
