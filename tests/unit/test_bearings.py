"""Plots that tell no range: what a camera, an acoustic array or a jammed radar's strobe does to the tracks."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from rampart.domain.messages import Plot, PlotBatch, batch_from_plots
from rampart.domain.site import Sensor, Site
from rampart.domain.time import ns_from_seconds
from rampart.engine.belief import Belief, BeliefSettings
from rampart.engine.biases import Place
from rampart.engine.clutter import clutter_density, count_clutter, make_clutter
from rampart.engine.plotrow import COLUMNS, NUMBERS, T
from rampart.engine.track_settings import radars_of
from rampart.engine.tracking import Tracker
from rampart.kernels.comparison import disagreement, own_plots
from tracker_world import (
    assert_same_sky,
    batch,
    drive,
    level_flight,
    look,
    round_from,
    site_of,
    sky,
    tracker_of,
)

NAN = math.nan
RADAR = Sensor(
    id="R", sigma_azimuth_rad=4e-3, sigma_elevation_rad=4e-3, bias_range_m=0.0, bias_azimuth_rad=0.0,
    bias_elevation_rad=0.0, elevation_min_rad=-0.1,
)  # fmt: skip
CAMERA = Sensor(
    id="C", sigma_range_m=None, sigma_range_rate_mps=None, sigma_azimuth_rad=0.5e-3,
    sigma_elevation_rad=0.5e-3, scan_period_s=0.2, bias_azimuth_rad=0.0, bias_elevation_rad=0.0,
    position_enu_m=(30.0, -20.0, 2.0), elevation_min_rad=-0.1,
)  # fmt: skip
SITE = site_of(RADAR, CAMERA)
MORTAR = round_from((3200, 900, 0), (-150, -40, 160))
DRONE = level_flight((4000, 2000, 300), (-45, -10, 0))


def looks(
    paths, seed: int, seconds: float, *, camera: bool = True, clutter: float = 0.0, site: Site = SITE
) -> list[PlotBatch]:  # fmt: skip
    """What both sensors deliver, in order of time; the radar's plots are the same with and without camera."""
    rng = np.random.default_rng(seed)
    found = [
        look(site, site.sensors[0], 0.5 * k, paths, rng, clutter=clutter, pd=0.9)
        for k in range(int(2 * seconds))
    ]
    if camera:
        rng = np.random.default_rng(10_000 + seed)
        found += [
            look(site, site.sensors[1], 0.1 + 0.2 * k, paths, rng, clutter=clutter, pd=0.9)
            for k in range(int(5 * seconds))
        ]
    return sorted(found, key=lambda item: item.t_arrival_ns)


def across(tracker: Tracker, path, t_s: float) -> tuple[float, float]:
    """Metres by which the only track is off across the line of sight, level; and its squared error of place
    over its covariance."""
    (row,) = tracker.bank.rows()
    x, P = tracker.bank.state_at(int(row), t_s)
    off = x[:3] - path(t_s)[:3]
    e, n = path(t_s)[:2]
    aside = (off[0] * n - off[1] * e) / math.hypot(e, n)
    return aside, float(off @ np.linalg.solve(P[:3, :3], off))


def bearing(t_s: float, azimuth: float, elevation: float = NAN, sensor: str = "C") -> PlotBatch:
    return batch(sensor, t_s, [(NAN, azimuth, elevation, NAN)], complete=False)


def finite(tracker: Tracker) -> bool:
    table, n = tracker.bank.table, tracker.bank.size
    columns = (
        table.x,
        table.P,
        table.mu,
        table.llr,
        table.fade,
        table.echoes,
        table.rcs,
        table.bound,
    )
    return all(np.isfinite(column[:n]).all() for column in columns)


@pytest.mark.parametrize("path", [MORTAR, DRONE], ids=["mortar", "drone"])
def test_a_sharp_camera_sharpens_a_track_across_the_line_of_sight_and_its_doubt_is_true(
    path,
) -> None:
    alone, both, squares = [], [], []
    for seed in range(30):
        for camera, errors in ((False, alone), (True, both)):
            tracker = tracker_of(SITE)
            drive(tracker, looks([path], seed, 10.0, camera=camera, clutter=5.0))
            aside, d2 = across(tracker, path, 9.9)
            errors.append(aside)
            if camera:
                squares.append(d2 / 3.0)
                assert finite(tracker)
    assert np.std(both) < 0.5 * np.std(alone)
    assert 0.5 < np.mean(squares) < 1.5


def test_a_slow_error_of_the_camera_does_not_average_out() -> None:
    wide = Sensor(
        **{f: getattr(CAMERA, f) for f in CAMERA.__struct_fields__} | {"bias_azimuth_rad": 4e-3}
    )
    site = site_of(RADAR, wide)
    alone, both, squares = [], [], []
    for seed in range(30):
        off_rad = 4e-3 * np.random.default_rng(seed).normal()
        for camera, errors in ((False, alone), (True, both)):
            tracker = tracker_of(site)
            for item in looks([DRONE], seed, 10.0, camera=camera, site=site):
                rows = item.rows.copy()
                rows["azimuth_rad"] += off_rad * (item.sensor == "C")
                told = PlotBatch(
                    sensor=item.sensor,
                    t_arrival_ns=item.t_arrival_ns,
                    data=rows.tobytes(),
                    complete=True,
                )
                drive(tracker, [told])
            aside, d2 = across(tracker, DRONE, 9.9)
            errors.append(aside)
            squares += [d2 / 3.0] * camera
    assert np.std(both) < 1.1 * np.std(alone)
    assert np.mean(squares) < 2.0


def test_bearings_alone_begin_nothing_are_not_refused_and_keep_no_memory() -> None:
    tracker = tracker_of(SITE)
    rng = np.random.default_rng(4)
    for k in range(300):
        drive(tracker, [look(SITE, CAMERA, 0.2 * k, [MORTAR, DRONE], rng, clutter=30.0)])
    assert tracker.rejections() == []
    assert tracker.bank.size == 0
    assert len(tracker._ring.entries) < 100


def test_bearings_that_no_track_takes_change_no_track_of_the_radar() -> None:
    radar = looks([MORTAR, DRONE], 2, 12.0, camera=False, clutter=10.0)
    rng = np.random.default_rng(5)
    noise = [
        batch("C", 0.1 + 0.2 * k, [(NAN, a, 1.1, NAN) for a in rng.uniform(0, 6.28, 40)])
        for k in range(60)
    ]
    silence = [
        batch("C", 0.11 + 0.2 * k, []) for k in range(60)
    ]  # it should see both, and shows nothing
    alone, beside = tracker_of(SITE), tracker_of(SITE)
    drive(alone, radar)
    drive(beside, sorted(radar + noise + silence, key=lambda item: item.t_arrival_ns))
    assert len(sky(alone)) == 2
    assert_same_sky(alone, beside, 0.0)


def test_a_camera_that_shows_a_track_no_more_does_not_end_it() -> None:
    slow = Sensor(id="R", scan_period_s=4.0)
    site = site_of(slow, CAMERA)
    tracker = tracker_of(site)
    rng = np.random.default_rng(6)
    for k in range(200):
        t_s = 0.2 * k
        if k % 20 == 0:
            drive(tracker, [look(site, slow, t_s, [DRONE], rng)])
        shown = [DRONE] if k < 120 else []  # then a cloud, and a complete look all the same
        drive(tracker, [look(site, CAMERA, t_s + 0.1, shown, rng)])
    assert tracker.ended == []
    assert len(sky(tracker)) == 1
    assert tracker.bank.table.sensors[tracker.bank.rows()[0]] == 3  # the camera had fed it


def test_a_bearing_bears_no_witness_of_where_a_sensor_points_nor_teaches_its_errors() -> None:
    t, at = np.zeros(1), np.array([[3000.0, 0.0, 300.0, 0.0, 0.0, 0.0, -9.0]])
    cov, variances = np.eye(7)[None], np.full((1, 4), 1e-6)
    axes, place, zero = np.eye(3), np.zeros(3), np.zeros(3)
    found, own = np.empty(6), np.empty(1, np.int64)
    for azimuth in (0.5 * math.pi, 0.5 * math.pi + 0.1):  # where the track is, and elsewhere
        plot = np.array([[NAN, azimuth, math.atan2(300.0, 3000.0), NAN]])
        disagreement(
            t, plot, variances, t, at, cov, axes, place, zero, 0.0, 4.0, 0.35, np.zeros(2), found
        )  # fmt: skip
        assert not found.any()
        own_plots(
            t,
            plot[:, :3].copy(),
            variances[:, :3].copy(),
            zero,
            t,
            at,
            cov,
            axes,
            place,
            16.0,
            36.0,
            own,
        )
        assert own[0] == -1


def test_what_the_door_lets_in_of_plots_without_range() -> None:
    def plot(**numbers: float) -> Plot:
        told = {"range_m": NAN, "azimuth_rad": 1.0} | numbers
        return Plot(sensor="R", t_event_ns=0, t_arrival_ns=0, **told)

    good = [
        plot(),
        plot(azimuth_rad=2.0, elevation_rad=0.3),
        plot(range_m=4000.0, range_rate_mps=-50.0),
    ]
    bad = [
        plot(azimuth_rad=NAN), plot(range_m=math.inf), plot(range_m=-math.inf), plot(range_m=-5.0),
        plot(range_m=0.0), plot(range_rate_mps=-50.0), plot(elevation_rad=math.inf),
    ]  # fmt: skip
    tracker = tracker_of(SITE)
    assert tracker.observe(batch_from_plots(good + bad))
    refused = {reason: count for _, reason, count in tracker.rejections()}
    assert refused == {"not_a_number": 5, "negative_range": 2}
    assert tracker.bank.size == 1  # of the one plot with a range
    # let in, but a radar that tells no range is blind
    assert not tracker.observe(batch_from_plots([plot(azimuth_rad=3.0)]))
    assert tracker.rejections() == []


def test_a_radar_that_is_jammed_tells_ranges_and_strobes_in_one_batch() -> None:
    near = level_flight((3000, -2500, 300), (30, 30, 0))
    tracker = tracker_of(SITE)
    rng = np.random.default_rng(9)
    for k in range(30):
        rows = look(SITE, RADAR, 0.5 * k, [DRONE, near], rng).rows.copy()
        if k > 10:
            jammed = rows["azimuth_rad"] < 1.6
            rows["range_m"][jammed] = rows["range_rate_mps"][jammed] = NAN
        told = PlotBatch(sensor="R", t_arrival_ns=ns_from_seconds(0.5 * k), data=rows.tobytes())
        drive(tracker, [told])
    assert tracker.rejections() == []
    assert len(sky(tracker)) == 2
    assert finite(tracker)
    for row in tracker.bank.rows():
        x, P = tracker.bank.state_at(int(row), 14.5)
        off = min((x[:3] - p(14.5)[:3] for p in (DRONE, near)), key=np.linalg.norm)
        assert off @ np.linalg.solve(P[:3, :3], off) < 16.0


def test_a_track_whose_range_is_told_no_more_takes_bearings_for_a_while_and_then_ends() -> None:
    tracker = tracker_of(SITE)
    radar = looks([DRONE], 3, 10.0, camera=False)
    drive(tracker, radar)
    rng = np.random.default_rng(8)
    heard, ended = 10.0, []
    for k in range(600):
        t_s = 10.1 + 0.2 * k
        drive(tracker, [look(SITE, CAMERA, t_s, [DRONE], rng)])
        for row in tracker.bank.rows():
            heard = float(tracker.bank.table.t_s[row])
            x, P = tracker.bank.state_at(int(row), heard)
            off = x[:3] - DRONE(heard)[:3]
            assert off @ np.linalg.solve(P[:3, :3], off) < 25.0
        ended += tracker.ended
        tracker.collect()
    assert finite(tracker)
    assert heard > 20.0
    assert len(ended) == 1


def test_a_bearing_that_may_be_of_two_tracks_moves_neither() -> None:
    sensors = (
        RADAR,
        Sensor(id="C", sigma_range_m=None, sigma_range_rate_mps=None, sigma_azimuth_rad=0.02),
    )
    site = site_of(*sensors)
    paths = [level_flight((0, 3000, 300), (0, 40, 0)), level_flight((0, 5000, 1500), (0, 40, 0))]
    tracker = tracker_of(site)
    drive(tracker, looks(paths, 1, 8.0, camera=False, site=site))
    before = sky(tracker)
    assert len(before) == 2
    drive(tracker, [bearing(7.6, 0.004)])
    after = sky(tracker)
    assert all((before[k][0] == after[k][0]).all() for k in before)
    low = math.atan2(300.0, 3000.0 + 40.0 * 7.8)
    drive(tracker, [bearing(7.8, 0.004, low)])  # the elevation says whose it is
    moved = [k for k in before if (sky(tracker)[k][0] != before[k][0]).any()]
    assert len(moved) == 1


def test_late_doubled_and_permuted_bearings_leave_the_same_tracks() -> None:
    messages = looks([MORTAR, DRONE], 7, 12.0, clutter=5.0)
    ordered, shuffled = tracker_of(SITE), tracker_of(SITE)
    drive(ordered, messages)
    rng = np.random.default_rng(1)
    delay = rng.uniform(0.0, 1.2, len(messages)) * (rng.random(len(messages)) < 0.5)
    now_ns = 0
    for i in np.argsort([m.t_arrival_ns * 1e-9 + d for m, d in zip(messages, delay, strict=True)]):
        rows = rng.permutation(messages[i].rows)
        rows = np.concatenate([rows, rows[:2]])  # twice in one delivery
        now_ns = max(now_ns, messages[i].t_arrival_ns)
        told = PlotBatch(
            sensor=messages[i].sensor, t_arrival_ns=now_ns, data=rows.tobytes(), complete=True
        )
        for _ in range(2):  # and in two
            shuffled.observe(told)
    refused = {
        feed: count for feed, reason, count in shuffled.rejections() if reason == "duplicate"
    }
    assert refused["C"] > 50
    assert len(sky(ordered)) == 2
    assert_same_sky(ordered, shuffled, 0.0)


def test_bearings_of_equal_azimuth_stand_in_one_order_however_they_come() -> None:
    rows = [(NAN, 1.0, e, NAN) for e in (0.3, 0.1, 0.2)] + [(4000.0, 1.0, 0.1, NAN)]
    skies = []
    for order in ([0, 1, 2, 3], [3, 2, 0, 1], [1, 3, 2, 0]):
        tracker = tracker_of(SITE)
        tracker.observe(batch("C", 1.0, [rows[i] for i in order]))
        skies.append(tracker._ring.entries[-1].plots)
    assert all(np.array_equal(skies[0], other, equal_nan=True) for other in skies)
    assert len(skies[0]) == 4
    # a strobe is no double of the plot with a range in its direction
    tracker.observe(batch("R", 2.0, [(4000.0, 1.0, 0.1, NAN)]))
    tracker.observe(batch("R", 2.0, [(NAN, 1.0, 0.1, NAN)]))
    assert tracker.rejections() == []


def test_clutter_of_bearings_is_a_density_by_angle_alone_and_that_of_all_ranges_together() -> None:
    radars = radars_of(SITE)
    clutter = make_clutter([10.0, 10.0], 0.2)
    plots = np.full((200, COLUMNS), NAN)
    rng = np.random.default_rng(0)
    plots[:, T], plots[:, NUMBERS + 1] = 1.0, rng.uniform(0, 2 * math.pi, 200)
    plots[:, NUMBERS + 2] = rng.uniform(RADAR.elevation_min_rad, RADAR.elevation_max_rad, 200)
    plots[:, NUMBERS] = rng.uniform(RADAR.range_min_m, RADAR.range_max_m, 200)
    for _ in range(3):
        count_clutter(clutter, radars, 0, 1.0, plots, np.zeros(200, np.int64))
    at = np.zeros(3)
    edges = np.linspace(RADAR.range_min_m, RADAR.range_max_m, 9)
    by_range = 0.0
    for near, far in itertools.pairwise(edges):
        plots[0, NUMBERS] = 0.5 * (near + far)
        by_range += (far - near) * clutter_density(clutter, radars, 0, plots, 0, at, 0.2)
    plots[0, NUMBERS] = NAN
    assert clutter_density(clutter, radars, 0, plots, 0, at, 0.2) == pytest.approx(by_range)
    count_clutter(clutter, radars, 1, 1.0, plots[:1], np.zeros(1, np.int64))
    assert clutter.counts[1].sum() == 1.0


def test_what_is_kept_of_a_track_for_its_origin_and_its_strength_is_of_plots_with_range() -> None:
    tracker = tracker_of(SITE)
    drive(tracker, looks([MORTAR], 5, 6.0))
    e, n, _ = CAMERA.position_enu_m
    places = [(t_s, *MORTAR(t_s)[:2]) for t_s in (6.0, 6.2, 6.4, 6.6, 6.8)]
    loud = [bearing(t_s, math.atan2(x - e, y - n)) for t_s, x, y in places]
    rows = [item.rows.copy() for item in loud]
    for row in rows:
        row["rcs_dbsm"] = row["snr_db"] = 60.0
    drive(tracker, [PlotBatch(sensor="C", t_arrival_ns=item.t_arrival_ns, data=row.tobytes())
                    for item, row in zip(loud, rows, strict=True)])  # fmt: skip
    (row,) = tracker.bank.rows()
    table = tracker.bank.table
    assert table.t_s[row] > 6.0
    assert np.isfinite(table.recent[row, :, NUMBERS]).all()
    assert table.rcs[row, 2] == 0.0
    assert table.last_sensor[row] == 0  # by whose looks and errors the track is judged


def test_a_camera_is_no_witness_between_two_radars_that_disagree() -> None:
    places = [Place(np.eye(3), np.zeros(3))] * 3
    site = site_of(RADAR, Sensor(id="S"), CAMERA)
    belief = Belief(site, places, BeliefSettings())
    n = 3
    belief.load(
        [[0.0] * n, [[0.0] * 5] * n, [0.0] * n, [100.0] * n, [True, True, False], [0.0] * n]
    )
    assert belief.set_aside((True, True, True)) == ()
