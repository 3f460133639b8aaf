"""What a simulated radar sends: its noise, its field of view, its timing, its faults."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from rampart.domain.frames import polar_from_enu, sensor_axes
from rampart.domain.messages import PLOT_DTYPE, PlotBatch, SensorStatus
from rampart.domain.site import Sensor, Site
from rampart.metrics.truth import FALSE_PLOT
from rampart.sim.detection import probability_of_detection
from rampart.sim.path import Path
from rampart.sim.radar import Radar, Target
from rampart.sim.simulate import Simulated, simulate
from rampart.sim.world import Disturbance, Flight, RadarModel, Salvo, World

SENSOR = Sensor(
    id="r", position_enu_m=(3000.0, -2000.0, 40.0), scan_period_s=0.5, clutter_per_scan=0.0,
    bias_range_m=0.0, bias_azimuth_rad=0.0, bias_elevation_rad=0.0,
)  # fmt: skip
SITE = Site(
    name="t", uuid="u", latitude_deg=35.0, longitude_deg=40.0, height_m=200.0, sensors=(SENSOR,)
)


def standing(xyz: tuple[float, float, float], seconds: float, velocity: float = 0.0) -> Path:
    t = np.arange(0.0, seconds + 0.25, 0.5)
    v = np.tile([velocity, 0.0, 0.0], (len(t), 1))
    return Path(t, np.array(xyz) + v * t[:, None], v)


def world(sensor: Sensor = SENSOR, **changes: object) -> World:
    base = World(
        site=msgspec.structs.replace(SITE, sensors=(sensor,)), start_ns=10**18, duration_s=60.0
    )
    return msgspec.structs.replace(base, **changes)


def plots(run: Simulated) -> np.ndarray:
    batches = [m.rows for m in run.messages if isinstance(m, PlotBatch)]
    return np.concatenate(batches) if batches else np.empty(0, PLOT_DTYPE)


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_noise_is_that_of_the_declared_sigmas(factor: float) -> None:
    radar = Radar(SENSOR, RadarModel(sensor="r", noise_factor=factor), SITE, seed=4)
    path = standing((3000.0, 3000.0, 900.0), 3000.0, velocity=1.0)
    seen = radar.observe([Target("a", path, 0.0)], 3000.0).rows
    xyz, velocity = path.at(seen["t_event_ns"] * 1e-9)
    axes, position = sensor_axes(SITE, SENSOR)
    slant, azimuth, elevation = polar_from_enu((xyz - position) @ axes).T
    rate = np.einsum("ij,ij->i", velocity, xyz - position) / slant
    turn = (seen["azimuth_rad"] - azimuth + np.pi) % (2 * np.pi) - np.pi
    n = len(seen)
    assert n > 5000
    for error, sigma in (
        (seen["range_m"] - slant, SENSOR.sigma_range_m),
        (turn, SENSOR.sigma_azimuth_rad),
        (seen["elevation_rad"] - elevation, SENSOR.sigma_elevation_rad),
        (seen["range_rate_mps"] - rate, SENSOR.sigma_range_rate_mps),
    ):
        scaled = error / (factor * sigma)
        assert abs(scaled.mean()) < 4 / np.sqrt(n)
        assert abs(scaled.std() - 1) < 4 / np.sqrt(2 * n)


def test_slow_bias_is_constant_in_a_run_and_spread_over_runs() -> None:
    sensor = msgspec.structs.replace(SENSOR, bias_range_m=50.0, sigma_range_m=0.1)
    path = standing((3000.0, 3000.0, 900.0), 60.0)
    slant = np.linalg.norm(path.xyz_enu_m[0] - np.array(sensor.position_enu_m))
    means = []
    for seed in range(60):
        radar = Radar(sensor, RadarModel(sensor="r"), SITE, seed)
        error = radar.observe([Target("a", path, 0.0)], 60.0).rows["range_m"] - slant
        assert error.std() < 0.2
        means.append(error.mean())
    assert 35.0 < np.std(means) < 65.0


def test_a_target_is_detected_as_often_as_the_radar_equation_says() -> None:
    model = RadarModel(sensor="r", detects_dbsm=-20.0, detects_range_m=6000.0, detects_pd=0.8)
    sensor = msgspec.structs.replace(SENSOR, position_enu_m=(0.0, 0.0, 0.0))
    radar = Radar(sensor, model, SITE, seed=1)
    for slant, rcs in ((6000.0, -20.0), (6000.0, -26.0), (9000.0, -20.0)):
        elevation = 0.1
        xyz = (slant * np.cos(elevation), 0.0, slant * np.sin(elevation))
        count = len(
            radar.observe([Target(f"t{slant}{rcs}", standing(xyz, 4000.0), rcs)], 4000.0).rows
        )
        snr_db = 10 * np.log10(10 ** (rcs / 10) * slant**-4.0) + radar.constant_db
        pd = probability_of_detection(snr_db, model.pfa, model.pulses, model.swerling)
        assert abs(count / 8000 - pd) < 4 * np.sqrt(pd * (1 - pd) / 8000)
    assert probability_of_detection(
        radar.constant_db - 20.0 - 40 * np.log10(6000.0), model.pfa, model.pulses, 1
    ) == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize("motion", ["staring", "rotating"])
def test_false_plots_are_poisson_and_lie_inside_the_field_of_view(motion: str) -> None:
    sensor = msgspec.structs.replace(
        SENSOR, clutter_per_scan=7.0, azimuth_min_rad=5.5, azimuth_max_rad=1.0,
        elevation_min_rad=0.02, elevation_max_rad=0.6, range_min_m=500.0, range_max_m=9000.0,
    )  # fmt: skip
    made = simulate(
        world(sensor, duration_s=500.0, radars=(RadarModel(sensor="r", motion=motion),)), seed=3
    )
    rows = plots(made)
    assert (made.truth.plot_object == FALSE_PLOT).all()
    assert abs(len(rows) - 7000) < 4 * np.sqrt(7000)
    assert rows["range_m"].min() >= 500.0
    assert rows["range_m"].max() <= 9000.0
    assert (((rows["azimuth_rad"] - 5.5) % (2 * np.pi)) <= 1.0 - 5.5 + 2 * np.pi).all()
    assert rows["elevation_rad"].min() >= 0.02
    assert rows["elevation_rad"].max() <= 0.6


def test_outside_the_sector_nothing_is_detected() -> None:
    sensor = msgspec.structs.replace(
        SENSOR, position_enu_m=(0.0, 0.0, 0.0), azimuth_min_rad=1.0, azimuth_max_rad=2.0
    )
    radar = Radar(sensor, RadarModel(sensor="r"), SITE, 1)
    behind = Target("behind", standing((-4000.0, 0.0, 800.0), 60.0), 10.0)
    ahead = Target("ahead", standing((4000.0, 0.0, 800.0), 60.0), 10.0)
    low = Target("low", standing((4000.0, 0.0, 1.0), 60.0), 10.0)
    seen = radar.observe([behind, ahead, low], 60.0)
    assert set(seen.caused_by) == {1}


@pytest.mark.parametrize("motion", ["staring", "rotating"])
def test_nothing_is_seen_before_a_launch_or_after_an_impact(motion: str) -> None:
    salvo = Salvo(
        id="s", classes=(("mortar_120", 1.0),), origin_enu_m=(2500.0, 3000.0),
        aims_enu_m=((0.0, 0.0),), at_s=8.0, rounds=6, no_launch=0.0,
    )  # fmt: skip
    truth = simulate(
        world(salvos=(salvo,), radars=(RadarModel(sensor="r", motion=motion),)), seed=2
    ).truth
    caused = truth.plot_object
    assert set(caused) == set(range(6))
    assert (truth.plot_t_ns >= truth.t_launch_ns[caused]).all()
    assert (truth.plot_t_ns <= truth.t_impact_ns[caused]).all()


@pytest.mark.parametrize("motion", ["staring", "rotating"])
def test_nothing_is_seen_of_a_drone_after_it_was_destroyed_in_the_air(motion: str) -> None:
    drone = Flight(
        id="d", class_id="owa_drone", route=((2000.0, 4000.0, 500.0), (0.0, 0.0, 500.0)), at_s=0.0,
        hostile=True, speed_mps=50.0, destroyed_before_m=3000.0,
    )  # fmt: skip
    truth = simulate(
        world(flights=(drone,), radars=(RadarModel(sensor="r", motion=motion),)), seed=2
    ).truth
    assert len(truth.plot_t_ns) > 20
    assert truth.plot_t_ns.max() <= truth.t_end_ns[0] < 10**18 + 40 * 10**9
    assert truth.sample_enu_m[-1, 2] > 400.0


def test_a_rotating_antenna_sees_each_thing_when_it_points_there() -> None:
    sensor = msgspec.structs.replace(SENSOR, scan_period_s=2.0, clutter_per_scan=15.0)
    model = RadarModel(sensor="r", motion="rotating")
    flight = Flight(
        id="f", class_id="helicopter", route=((-4000.0, 3000.0, 600.0), (6000.0, 4000.0, 600.0)),
        at_s=0.0, hostile=False,
    )  # fmt: skip
    run = simulate(world(sensor, flights=(flight,), radars=(model,)), seed=5)
    marks = [m for m in run.messages if isinstance(m, SensorStatus)]
    north = np.array([m.t_event_ns for m in marks if m.kind == "north"])
    assert np.allclose(np.diff(north), 2e9)
    rows = plots(run)
    turned = ((rows["t_event_ns"] - north[0]) / 2e9 * 2 * np.pi - rows["azimuth_rad"]) % (2 * np.pi)
    assert (np.minimum(turned, 2 * np.pi - turned) < 6 * sensor.sigma_azimuth_rad).all()
    for batch in (m for m in run.messages if isinstance(m, PlotBatch)):
        assert not batch.complete
        delay = batch.t_arrival_ns - batch.rows["t_event_ns"]
        assert delay.min() > 0
        assert delay.max() <= 95e6  # one delivery of 50 ms and 20 to 40 ms of latency


def test_a_staring_radar_delivers_whole_looks_even_empty_ones() -> None:
    run = simulate(world(), seed=5)
    looks = [m for m in run.messages if isinstance(m, PlotBatch)]
    assert len(looks) == 120
    assert all(look.complete and len(look) == 0 for look in looks)


def test_a_sensor_without_elevation_and_doppler_sends_none() -> None:
    sensor = msgspec.structs.replace(
        SENSOR, sigma_elevation_rad=None, sigma_range_rate_mps=None, clutter_per_scan=5.0
    )
    rows = plots(simulate(world(sensor), seed=1))
    assert np.isnan(rows["elevation_rad"]).all()
    assert np.isnan(rows["range_rate_mps"]).all()


FLIGHT = Flight(
    id="f", class_id="helicopter", route=((-4000.0, 3000.0, 600.0), (6000.0, 4000.0, 600.0)),
    at_s=0.0, hostile=False,
)  # fmt: skip


def disturbed(kind: str, **values: float) -> tuple[Simulated, Simulated]:
    """The same run undisturbed and disturbed from 20 to 40 s."""
    fault = Disturbance(kind=kind, sensor="r", from_s=20.0, to_s=40.0, **values)
    calm = world(flights=(FLIGHT,))
    return simulate(calm, 7), simulate(msgspec.structs.replace(calm, disturbances=(fault,)), 7)


def from_sensor(run: Simulated) -> list[PlotBatch | SensorStatus]:
    return [m for m in run.messages if isinstance(m, PlotBatch | SensorStatus)]


def test_in_an_outage_the_sensor_is_silent_and_elsewhere_unchanged() -> None:
    calm, dark = disturbed("outage")
    start = 10**18
    times = np.array([m.t_arrival_ns - start for m in from_sensor(dark)]) / 1e9
    assert not ((times > 20.1) & (times < 40.0)).any()
    before = [m for m in from_sensor(calm) if m.t_arrival_ns < start + 20 * 10**9]
    assert before == from_sensor(dark)[: len(before)]
    assert len(dark.truth.plot_t_ns) == len(plots(dark))


def test_a_clock_offset_shifts_stamps_and_is_no_working_sensor() -> None:
    calm, shifted = disturbed("clock_offset", seconds=0.5)
    moved = plots(shifted)["t_event_ns"] - plots(calm)["t_event_ns"]
    assert set(moved) == {0, 500_000_000}
    np.testing.assert_array_equal(shifted.truth.plot_working, moved == 0)


def test_late_deliveries_come_later_with_the_same_plots() -> None:
    calm, late = disturbed("late", seconds=1.5, share=0.5)
    assert sorted(plots(calm)["t_event_ns"]) == sorted(plots(late)["t_event_ns"])
    stamps = plots(late)["t_event_ns"]
    assert (np.diff(stamps) < 0).any()
    delays = late.truth.plot_arrival_ns - late.truth.plot_t_ns
    assert 0.2 < np.mean(delays[(late.truth.plot_t_ns - 10**18) // 10**9 // 20 == 1] > 1e9) < 0.8


def test_duplicates_are_sent_twice_and_stand_once_in_the_truth() -> None:
    calm, twice = disturbed("duplicate", seconds=0.03)
    extra = [m for m in from_sensor(twice) if m not in from_sensor(calm)]
    assert len(extra) == 40
    assert len(twice.truth.plot_t_ns) == len(calm.truth.plot_t_ns)
