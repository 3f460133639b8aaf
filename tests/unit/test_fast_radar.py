"""A radar that looks many times a second errs alike in plots that follow each other. ADR 27."""

from __future__ import annotations

import math
from functools import cache

import msgspec
import numpy as np
import pytest

from rampart.domain.frames import polar_from_enu, sensor_axes
from rampart.domain.messages import PlotBatch
from rampart.domain.site import Sensor, Site
from rampart.engine.tracking import Tracker
from rampart.kernels.consider import plots_as_one
from rampart.sim.path import Path
from rampart.sim.radar import Radar, Target
from rampart.sim.world import RadarModel
from tracker_world import batch, round_from, site_of, tracker_of

FAST = Sensor(
    id="R", sigma_range_m=10.0, sigma_azimuth_rad=2e-3, sigma_elevation_rad=2e-3,
    sigma_range_rate_mps=1.0, scan_period_s=0.05, clutter_per_scan=1.0, independent_s=1.0,
)  # fmt: skip
BY_ITSELF = msgspec.structs.replace(FAST, independent_s=0.0)
SLOW = msgspec.structs.replace(FAST, scan_period_s=0.5, independent_s=1.0)
SIGMAS = np.array([10.0, 2e-3, 2e-3, 1.0])
ROUND = round_from((-3000.0, 4000.0, 0.0), (110.0, -60.0, 180.0))


@cache
def root_of_correlation(n: int, dt: float, lasts_s: float) -> np.ndarray:
    """Cholesky factor (n, n) of exp(-2 t / T), for errors dt apart."""
    t = dt * np.arange(n)
    corr = np.exp(-2.0 * np.abs(t[:, None] - t) / lasts_s) if lasts_s > 0.0 else np.eye(n)
    return np.linalg.cholesky(corr + 1e-9 * np.eye(n))


def looks(sensor: Sensor, lasts_s: float, seconds: float, seed: int) -> list[PlotBatch]:
    """What the sensor shows of `ROUND` from its third second on, each plot alone in its look."""
    site = site_of(sensor)
    axes, place = sensor_axes(site, sensor)
    t_s = np.arange(3.0, 3.0 + seconds, sensor.scan_period_s)
    noise = np.random.default_rng(seed).standard_normal((len(t_s), 4))
    errors = root_of_correlation(len(t_s), sensor.scan_period_s, lasts_s) @ noise
    shown = []
    for t, error in zip(t_s.tolist(), SIGMAS * errors, strict=True):
        state = ROUND(t)
        assert state is not None
        d, v = axes.T @ (state[:3] - place), axes.T @ state[3:]
        true = np.array([*polar_from_enu(d), d @ v / np.linalg.norm(d)])
        shown.append(batch(sensor.id, t, [(true + error).tolist()]))
    return shown


def tracked(sensor: Sensor, lasts_s: float, seconds: float, seed: int = 1) -> Tracker:
    tracker = tracker_of(site_of(sensor))
    for item in looks(sensor, lasts_s, seconds, seed):
        tracker.observe(item)
    return tracker


def place_variance(tracker: Tracker) -> float:
    (row,) = tracker.bank.rows()
    return float(np.trace(tracker.bank.cov(row)[:3, :3]))


def nees_of_place(sensor: Sensor, lasts_s: float, seconds: float) -> float:
    """Mean of e' P⁻¹ e / 3 of the place, over forty runs."""
    found = []
    for seed in range(40):
        tracker = tracked(sensor, lasts_s, seconds, seed)
        rows = tracker.bank.rows()
        row = rows[np.argmax(tracker.bank.table.hits[rows])]
        t_s = float(tracker.bank.table.t_s[row])
        state = ROUND(t_s)
        assert state is not None
        e = tracker.bank.mean(row)[:3] - state[:3]
        found.append(e @ np.linalg.solve(tracker.bank.cov(row)[:3, :3], e) / 3.0)
    return float(np.mean(found))


@pytest.mark.parametrize(
    ("sensor", "expected_s"),
    [
        (Sensor(id="a"), 0.0),
        (Sensor(id="a", scan_period_s=4.0), 0.0),
        (Sensor(id="a", scan_period_s=0.1), 1.0),
        (Sensor(id="a", scan_period_s=0.1, independent_s=0.0), 0.0),
        (Sensor(id="a", scan_period_s=0.5, independent_s=3.0), 3.0),
        (Sensor(id="a", scan_period_s=0.1, sigma_range_m=None), 0.0),
    ],
)
def test_errors_last_as_declared_else_a_second_of_a_radar_that_dwells(
    sensor: Sensor, expected_s: float
) -> None:
    assert sensor.errors_last_s == expected_s


@pytest.mark.parametrize(("dt", "lasts_s"), [(0.05, 1.0), (0.02, 0.5), (0.1, 2.0)])
def test_so_many_plots_are_worth_one_as_their_mean_says(dt: float, lasts_s: float) -> None:
    """Against the exact variance of the mean of a first-order process, n s² being that of independent ones."""
    n = 3000
    t = dt * np.arange(n)
    exact = np.exp(-2.0 * np.abs(t[:, None] - t) / lasts_s).sum() / n
    assert plots_as_one(dt, lasts_s, dt) == pytest.approx(exact, rel=0.02)


def test_never_less_than_one_nor_more_than_come_in_a_period() -> None:
    since = np.array([math.inf, 5.0, 1.0, 0.5, 0.1, 0.0])
    assert plots_as_one(since, 1.0, 0.1).tolist() == [1.0, 1.0, 1.0, 2.0, 10.0, 10.0]
    assert plots_as_one(since, 0.0, 0.1).tolist() == [1.0] * 6


def test_ten_times_as_many_plots_that_err_alike_tell_no_more() -> None:
    often, seldom = place_variance(tracked(FAST, 1.0, 8.0)), place_variance(tracked(SLOW, 1.0, 8.0))
    assert often == pytest.approx(seldom, rel=0.25)
    assert place_variance(tracked(BY_ITSELF, 0.0, 8.0)) < 0.3 * often


def test_the_second_of_two_plots_at_once_adds_next_to_nothing() -> None:
    along_m2 = []
    for sensor in (FAST, BY_ITSELF):
        bank = tracked(sensor, 1.0, 0.08).bank
        assert bank.table.hits[: bank.size].tolist() == [2]
        state = ROUND(3.05)
        assert state is not None
        sight = state[:3] / np.linalg.norm(state[:3])
        along_m2.append(float(sight @ bank.cov(0)[:3, :3] @ sight))
    assert along_m2[0] > 0.85 * 10.0**2 > 0.6 * 10.0**2 > along_m2[1]


@pytest.mark.parametrize("seconds", [4.0, 10.0])
def test_a_fast_radars_track_is_as_sure_as_its_errors_allow(seconds: float) -> None:
    assert 0.4 < nees_of_place(FAST, 1.0, seconds) < 1.6
    assert nees_of_place(BY_ITSELF, 1.0, seconds) > 3.0


@pytest.mark.parametrize("seed", range(4))
def test_errors_that_last_as_declared_are_no_larger_noise(seed: int) -> None:
    assert tracked(FAST, 1.0, 25.0, seed).noise_factors == [1.0]


@pytest.mark.parametrize("seed", range(4))
def test_twice_the_noise_of_a_fast_radar_is_found(seed: int) -> None:
    half = msgspec.structs.replace(
        FAST, sigma_range_m=5.0, sigma_azimuth_rad=1e-3, sigma_elevation_rad=1e-3,
        sigma_range_rate_mps=0.5,
    )  # fmt: skip
    tracker = tracker_of(site_of(half))
    for item in looks(FAST, 0.0, 25.0, seed):
        tracker.observe(item)
    assert 1.5 < tracker.noise_factors[0] < 2.5


def test_the_gate_of_a_fast_radar_is_no_wider() -> None:
    tracker = tracked(FAST, 1.0, 6.0)
    (row,) = tracker.bank.rows()
    hits = int(tracker.bank.table.hits[row])
    (last,) = looks(FAST, 1.0, 6.05, 1)[-1:]
    rows = last.rows.copy()
    rows["azimuth_rad"] += 9.0 * 2e-3
    tracker.observe(msgspec.structs.replace(last, data=rows.tobytes()))
    assert tracker.bank.table.hits[row] == hits


def test_two_looks_that_are_delivered_together_show_one_object() -> None:
    """A hundred looks a second in batches of twenty milliseconds."""
    sensor = msgspec.structs.replace(FAST, scan_period_s=0.01)
    tracker, numbers = tracker_of(site_of(sensor)), set[int]()
    shown = looks(sensor, 1.0, 3.0, 5)
    for first, second in zip(shown[::2], shown[1::2], strict=True):
        rows = np.concatenate([first.rows, second.rows])
        tracker.observe(msgspec.structs.replace(second, data=rows.tobytes(), complete=False))
        numbers |= set(tracker.bank.table.track_id[tracker.bank.rows()].tolist())
    assert numbers == {1}


def after_a_fade(sensor: Sensor, fade_s: float, lasts_s: float) -> list[int]:
    """Numbers of the tracks of `ROUND`, seen for five seconds, for so many in no look, and again."""
    tracker, numbers = tracker_of(site_of(sensor)), set[int]()
    for item in looks(sensor, lasts_s, 8.0, 2):
        t_s = item.t_arrival_ns * 1e-9
        shown = batch(sensor.id, t_s, []) if 8.0 <= t_s < 8.0 + fade_s else item
        tracker.observe(shown)
        tracker.advance(shown.t_arrival_ns)
        numbers |= set(tracker.bank.table.track_id[tracker.bank.rows()].tolist())
    return sorted(numbers)


@pytest.mark.parametrize("fade_s", [0.3, 0.8, 1.5])
def test_a_round_keeps_its_number_through_a_fade(fade_s: float) -> None:
    assert after_a_fade(FAST, fade_s, 1.0) == [1]
    assert after_a_fade(BY_ITSELF, fade_s, 0.0) == [
        1,
        2,
    ]  # six looks that each err by itself are proof


def test_a_round_that_is_no_more_is_not_shown_for_long() -> None:
    tracker = tracked(FAST, 1.0, 5.0)
    for k in range(101):
        t_s = 8.0 + 0.05 * k
        tracker.observe(batch("R", t_s, []))
        tracker.advance(round(t_s * 1e9))
        if not len(tracker.bank.rows()):
            break
    assert 1.0 < t_s - 8.0 <= 4.1


@pytest.mark.parametrize("first", [FAST, BY_ITSELF])
def test_a_fast_radar_that_falls_silent_costs_no_track(first: Sensor) -> None:
    """The other one, whose every fifth look misses, goes on showing it: silence is no look."""
    second = msgspec.structs.replace(first, id="S")
    tracker, numbers = tracker_of(site_of(first, second)), set[int]()
    both = zip(looks(first, 0.0, 9.0, 3), looks(second, 0.0, 9.0, 4), strict=True)
    for k, (mine, other) in enumerate(both):
        t_s = mine.t_arrival_ns * 1e-9
        shown = [mine] if t_s < 6.0 else []
        shown.append(other if k % 5 else batch("S", t_s, []))
        for item in shown:
            tracker.observe(item)
            tracker.advance(item.t_arrival_ns)
        numbers |= set(tracker.bank.table.track_id[tracker.bank.rows()].tolist())
    assert numbers == {1}


def test_a_hiccup_of_one_radar_ends_no_round_that_another_cannot_see() -> None:
    """Two radars of different sectors; the one that shows it is silent for a third of a second."""
    elsewhere = msgspec.structs.replace(
        FAST, id="S", azimuth_min_rad=math.pi, azimuth_max_rad=1.5 * math.pi
    )
    tracker, numbers = tracker_of(site_of(FAST, elsewhere)), set[int]()
    for item in looks(FAST, 1.0, 22.0, 6):
        t_s = item.t_arrival_ns * 1e-9
        if not 22.0 <= t_s < 22.35:  # it falls by then
            tracker.observe(item)
        tracker.observe(batch("S", t_s + 0.02, []))
        tracker.advance(item.t_arrival_ns)
        numbers |= set(tracker.bank.table.track_id[tracker.bank.rows()].tolist())
    assert numbers == {1}


def test_a_simulated_radar_errs_as_long_as_it_states() -> None:
    sensor = msgspec.structs.replace(
        FAST, bias_range_m=0.0, bias_azimuth_rad=0.0, bias_elevation_rad=0.0
    )
    site = Site(
        name="t", uuid="u", latitude_deg=35.0, longitude_deg=40.0, height_m=0.0, sensors=(sensor,)
    )
    n = 60_000
    there = np.tile([2000.0, 1000.0, 700.0], (2, 1))
    path = Path(np.array([0.0, n * 0.05]), there, np.zeros((2, 3)))
    radar = Radar(sensor, RadarModel(sensor="R"), site, seed=3)
    seen = radar.observe([Target("a", path, 20.0)], n * 0.05)
    rows = seen.rows[seen.caused_by == 0]
    axes, position = sensor_axes(site, sensor)
    range_m, _, elevation_rad = polar_from_enu((there[:1] - position) @ axes)[0]
    for error in ((rows["range_m"] - range_m) / 10.0, (rows["elevation_rad"] - elevation_rad) / 2e-3,
                  rows["range_rate_mps"] / 1.0):  # fmt: skip
        assert len(error) > 0.99 * n
        # 3,000 s hold 3,000 such errors that are independent
        assert error.std() == pytest.approx(1.0, abs=0.06)
        for steps in (1, 10, 20):
            expected = math.exp(-2.0 * 0.05 * steps)
            found = float(np.mean(error[steps:] * error[:-steps]) / np.mean(error**2))
            assert found == pytest.approx(expected, abs=0.06)
