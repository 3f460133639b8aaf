"""Tracks of unlike radars: late, flat, without Doppler, plot by plot, two together, biased or lying."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from rampart.domain.messages import PlotBatch
from rampart.domain.site import Sensor
from rampart.domain.time import ns_from_seconds
from rampart.kernels.imm import BALLISTIC
from tracker_watch import MORTAR, nearest, watch
from tracker_world import batch, drive, level_flight, look, site_of, sky, tracker_of


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
