"""Drones that fly as few do are warned of all the same: evidence of how a thing flies is never a veto."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from rampart.domain.messages import PlotBatch, ZoneState
from rampart.domain.site import Sensor, Site, Zone
from rampart.domain.time import NS_PER_S
from rampart.engine.engine import Engine
from rampart.kernels.geometry import signed_distance
from rampart.metrics.truth import Truth
from rampart.sim.simulate import simulate
from rampart.sim.world import Flight, RadarModel, World

SIDE_M = 300.0
CORNERS = ((-SIDE_M, -SIDE_M), (SIDE_M, -SIDE_M), (SIDE_M, SIDE_M), (-SIDE_M, SIDE_M))
AUTO = dict.fromkeys(("mortar", "gun", "rocket", "drone", "unknown"), "auto")
SITE = Site(
    name="t", uuid="t", latitude_deg=34.0, longitude_deg=42.0, height_m=0.0,
    zones=(Zone(id="z", name="", polygon_enu_m=CORNERS, release=AUTO),),  # type: ignore[arg-type]
    sensors=(
        Sensor(id="radar", position_enu_m=(0.0, 0.0, 12.0), sigma_range_m=20.0, sigma_azimuth_rad=3e-3,
               sigma_elevation_rad=3e-3, scan_period_s=1.0),
    ),
)  # fmt: skip
RADAR = RadarModel(sensor="radar", motion="rotating", detects_dbsm=-20.0, detects_range_m=8_000.0)
Route = tuple[tuple[float, float, float], ...]


def circling(turns: float, radius_m: float, height_m: float, away_m: float) -> Route:
    """Round a point `away_m` east of the zone, then straight at it, diving."""
    angles = np.arange(0.0, 2.0 * math.pi * turns, 0.35)
    circle = [(away_m + radius_m * math.cos(a), radius_m * math.sin(a), height_m) for a in angles]
    return (*circle, (3.0 * height_m, 0.0, height_m), (0.0, 0.0, 0.0))


PATHS: dict[str, tuple[str, float, Route, float]] = {
    # class, speed m/s, route, least lead s
    "circles for two minutes, then dives": (
        "owa_drone_small", 45.0, circling(1.8, 500.0, 300.0, 4_500.0), 60.0,
    ),
    "descends all the way": (
        "owa_drone_large", 46.0, ((0.0, 9_000.0, 1_200.0), (0.0, 0.0, 0.0)), 60.0,
    ),
    "sinks like a glider": (
        "owa_drone", 40.0, ((8_000.0, 0.0, 500.0), (1_000.0, 0.0, 150.0), (0.0, 0.0, 0.0)), 60.0,
    ),
    "climbs over a ridge on the way": (
        "owa_drone", 46.0,
        ((0.0, -9_000.0, 150.0), (0.0, -6_500.0, 500.0), (0.0, -4_500.0, 150.0), (0.0, 0.0, 50.0)), 60.0,
    ),
    "a slow quadcopter": (
        "quadcopter", 12.0, ((-2_500.0, 0.0, 120.0), (0.0, 0.0, 120.0)), 60.0,
    ),
}  # fmt: skip


def lead_s(class_id: str, speed_mps: float, route: Route, seed: int, told: bool) -> float:
    """From the first warning of the zone to the true entry into it, grown; -inf: never warned."""
    flight = Flight(
        id="d", class_id=class_id, route=route, at_s=2.0, hostile=True, strikes=True,
        speed_mps=speed_mps,
    )  # fmt: skip
    length = float(np.linalg.norm(np.diff(np.array(route), axis=0), axis=1).sum())
    world = World(
        site=SITE, start_ns=19_000 * 86_400 * NS_PER_S, duration_s=length / speed_mps + 10.0,
        flights=(flight,), radars=(RADAR,),
    )  # fmt: skip
    run = simulate(world, seed)
    engine = Engine(SITE, simulated=True)
    for message in run.messages:
        if isinstance(message, PlotBatch) and not told:
            rows = message.rows.copy()
            rows["rcs_dbsm"] = rows["snr_db"] = np.nan
            message = msgspec.structs.replace(message, data=rows.tobytes())
        for out in engine.receive(message):
            if isinstance(out, ZoneState) and out.phase == "warn":
                return (entered_ns(run.truth) - out.issued_ns) / NS_PER_S
    return -math.inf


def entered_ns(truth: Truth) -> int:
    path, corners = truth.samples(0), np.array(CORNERS)
    grown_m = SITE.rules.hazard_radius_m["drone"]
    return next(
        int(t)
        for t, (e, n, _) in zip(truth.sample_t_ns[path], truth.sample_enu_m[path], strict=True)
        if signed_distance(e, n, corners) <= grown_m
    )


@pytest.mark.parametrize("name", PATHS)
def test_it_is_warned_of_in_time(name: str) -> None:
    class_id, speed_mps, route, least_s = PATHS[name]
    for seed in (1, 2, 3):
        assert lead_s(class_id, speed_mps, route, seed, told=True) >= least_s


@pytest.mark.parametrize("name", [n for n in PATHS if n != "a slow quadcopter"])
def test_so_it_is_by_a_radar_that_tells_no_cross_section(name: str) -> None:
    """A quadcopter of unknown size may be a bird: it is warned of, but later."""
    class_id, speed_mps, route, least_s = PATHS[name]
    assert lead_s(class_id, speed_mps, route, 4, told=False) >= least_s
