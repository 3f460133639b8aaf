"""Echoes of no flying object: where, when and how fast each kind shows; all are false to the judge."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from rampart.domain.messages import PLOT_DTYPE, PlotBatch
from rampart.domain.site import Sensor, Site
from rampart.metrics.truth import FALSE_PLOT
from rampart.sim.simulate import Simulated, simulate
from rampart.sim.world import Echo, Flight, RadarModel, World

SENSOR = Sensor(id="r", scan_period_s=1.0, clutter_per_scan=0.0, range_max_m=15_000.0,
                bias_range_m=0.0, bias_azimuth_rad=0.0, bias_elevation_rad=0.0)  # fmt: skip
SITE = Site(
    name="t", uuid="u", latitude_deg=35.0, longitude_deg=40.0, height_m=0.0, sensors=(SENSOR,)
)


def ran(echo: Echo, motion: str = "staring", **changes: object) -> tuple[Simulated, np.ndarray]:
    world = World(
        site=SITE, start_ns=10**18, duration_s=200.0, echoes=(echo,),
        radars=(RadarModel(sensor="r", motion=motion),),
    )  # fmt: skip
    run = simulate(msgspec.structs.replace(world, **changes), seed=7)
    batches = [m.rows for m in run.messages if isinstance(m, PlotBatch)]
    return run, np.concatenate([np.empty(0, PLOT_DTYPE), *batches])


def seconds(rows: np.ndarray) -> np.ndarray:
    return (rows["t_event_ns"] - 10**18) * 1e-9


@pytest.mark.parametrize("motion", ["staring", "rotating"])
@pytest.mark.parametrize("kind", ["burst", "rain", "turbine", "test_pattern"])
def test_an_echo_comes_in_its_time_and_inside_the_coverage(kind: str, motion: str) -> None:
    echo = Echo(
        kind=kind, sensor="r", from_s=50.0, to_s=120.0, plots=6.0, place_enu_m=(3000.0, 500.0)
    )
    run, rows = ran(echo, motion)
    assert (run.truth.plot_object == FALSE_PLOT).all()
    assert 200 < len(rows) < 600
    assert seconds(rows).min() >= 50.0
    assert seconds(rows).max() <= 121.0  # the last look's turn ends after it
    assert (rows["elevation_rad"] > SENSOR.elevation_min_rad - 0.02).all()
    assert (rows["range_m"] < SENSOR.range_max_m + 100.0).all()
    _, same = ran(echo, motion)
    assert rows.tobytes() == same.tobytes()


def test_rain_drifts_with_its_wind_and_shows_it_in_range_rate() -> None:
    echo = Echo(kind="rain", sensor="r", from_s=0.0, to_s=200.0, plots=40.0, radius_m=500.0,
                height_m=3000.0, place_enu_m=(8000.0, 0.0), velocity_enu_mps=(-15.0, 0.0))  # fmt: skip
    _, rows = ran(echo)
    late = seconds(rows) > 190.0
    east = rows["range_m"] * np.cos(rows["elevation_rad"]) * np.sin(rows["azimuth_rad"])
    assert east[late].mean() == pytest.approx(8000.0 - 15.0 * 195.0, abs=60.0)
    assert np.median(rows["range_rate_mps"]) == pytest.approx(-15.0, abs=2.0)


def test_a_turbine_stands_and_its_blades_move() -> None:
    echo = Echo(kind="turbine", sensor="r", from_s=0.0, to_s=200.0, plots=0.7, place_enu_m=(0.0, 4000.0),
                height_m=120.0)  # fmt: skip
    _, rows = ran(echo)
    assert rows["range_m"].std() < 60.0
    assert rows["range_rate_mps"].std() > 30.0


def test_a_test_pattern_is_a_ring_of_equal_plots_at_rest() -> None:
    _, rows = ran(
        Echo(kind="test_pattern", sensor="r", from_s=10.0, to_s=12.9, plots=12, range_m=7000.0)
    )
    assert len(rows) == 36 or len(rows) == 24
    assert np.abs(rows["range_m"] - 7000.0).max() < 6 * SENSOR.sigma_range_m
    assert np.abs(rows["range_rate_mps"]).max() < 6 * (SENSOR.sigma_range_rate_mps or 0.0)


def test_a_reflection_repeats_an_object_farther_away_and_leaves_its_own_plots_alone() -> None:
    flight = Flight(id="f", class_id="light_aircraft", at_s=0.0, hostile=False,
                    route=((6000.0, 2000.0, 600.0), (-6000.0, 2000.0, 600.0)))  # fmt: skip
    echo = Echo(kind="reflection", sensor="r", from_s=0.0, to_s=200.0, share=0.5, extra_m=400.0)
    run, rows = ran(echo, flights=(flight,))
    _, alone = ran(msgspec.structs.replace(echo, share=0.0), flights=(flight,))
    ghost = run.truth.plot_object == FALSE_PLOT
    own = ~ghost
    assert own.sum() == len(alone)
    assert 0.35 * own.sum() < ghost.sum() < 0.65 * own.sum()
    at = dict(zip(rows["t_event_ns"][own], rows["range_m"][own], strict=True))
    detour = np.array(
        [r - at[t] for t, r in zip(rows["t_event_ns"][ghost], rows["range_m"][ghost], strict=True)]
    )
    assert detour.mean() == pytest.approx(400.0, abs=10.0)
