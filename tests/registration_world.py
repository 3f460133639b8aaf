"""A sky of steady flyers, and rounds after a minute, over radars whose errors the test lays down itself."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from rampart.domain.messages import Input, PlotBatch
from rampart.domain.site import Reflector, Sensor, Site, Zone
from rampart.domain.time import ns_from_seconds
from rampart.sim.simulate import Simulated, simulate
from rampart.sim.world import Flight, RadarModel, Salvo, World

START_NS = 1_646_164_800_000_000_000
PLACES = ((0.0, 0.0, 8.0), (2600.0, -900.0, 8.0), (-1400.0, 2300.0, 8.0))
ROUTES = (  # class, speed m/s, height m, heading rad, passes the origin at m
    ("airliner", 220.0, 3000.0, 0.4, 1500.0),
    ("airliner", 240.0, 2400.0, 2.9, -2500.0),
    ("light_aircraft", 65.0, 800.0, 4.1, 2000.0),
    ("uav_fixed_wing", 45.0, 450.0, 5.5, -1200.0),
    ("helicopter", 60.0, 600.0, 1.6, 800.0),
)
PERIODS_S = (0.5, 0.7, 0.5)
RELEASE = dict.fromkeys(("mortar", "gun", "rocket", "drone", "unknown"), "auto")


class Error(NamedTuple):
    """What one radar adds to every plot."""

    range_m: float = 0.0
    azimuth_rad: float = 0.0
    elevation_rad: float = 0.0
    time_s: float = 0.0


def site_of(
    radars: int, reflectors: Sequence[Reflector] = (), periods_s: Sequence[float] = PERIODS_S
) -> Site:
    """Radars some kilometres apart that declare 3 mrad, 20 m and 50 ms, and one zone."""
    ring = ((-500.0, -500.0), (500.0, -500.0), (500.0, 500.0), (-500.0, 500.0))
    return Site(
        name="registration", uuid="r", latitude_deg=34.5, longitude_deg=41.0, height_m=210.0,
        zones=(Zone(id="z", name="z", polygon_enu_m=ring, release=RELEASE),),
        reflectors=tuple(reflectors),
        sensors=tuple(
            Sensor(
                id=f"r{i}", position_enu_m=PLACES[i], clutter_per_scan=5.0,
                scan_period_s=periods_s[i], bias_range_m=20.0, bias_azimuth_rad=3e-3,
                bias_elevation_rad=3e-3, bias_time_s=0.05,
            )
            for i in range(radars)
        ),
    )  # fmt: skip


def sky(
    radars: int, seed: int, errors: Sequence[Error], *, quiet_s: float = 60.0, flyers: int = 5,
    rounds: int = 0, told: bool = False, tail_s: float = 0.0, reflectors: Sequence[Reflector] = (),
    periods_s: Sequence[float] = PERIODS_S, noise: float = 1.0,
) -> tuple[Site, Simulated, list[Input]]:  # fmt: skip
    """(site, run, messages): `flyers` for `quiet_s`, then `rounds` for `tail_s`; the run's own messages are
    without error but for `noise` times what is claimed."""
    site = site_of(radars, reflectors, periods_s)
    end_s = quiet_s + tail_s
    flights = []
    for k, (class_id, speed, height, heading, past) in enumerate(ROUTES[:flyers]):
        along = np.array([math.sin(heading), math.cos(heading)])
        middle = past * np.array([along[1], -along[0]])
        reach = 0.5 * speed * end_s + 200.0
        route = tuple(
            (float(x), float(y), height)
            for x, y in (middle - reach * along, middle + reach * along)
        )
        flights.append(
            Flight(id=f"f{k}", class_id=class_id, route=route, at_s=0.0, hostile=False, speed_mps=speed,
                   identified="adsb" if told else "")
        )  # fmt: skip
    salvo = Salvo(
        id="s", classes=(("mortar_120", 1.0),), origin_enu_m=(-3200.0, 3600.0), aims_enu_m=((0.0, 0.0),),
        at_s=quiet_s, rounds=rounds, spacing_s=(2.0, 3.0), no_launch=0.0, short=0.0,
    )  # fmt: skip
    run = simulate(
        World(
            site=site, start_ns=START_NS, duration_s=end_s, flights=tuple(flights),
            salvos=(salvo,) if rounds else (),
            radars=tuple(
                RadarModel(sensor=s.id, detects_dbsm=-35.0, detects_range_m=12_000.0, bias_factor=0.0,
                           noise_factor=noise)
                for s in site.sensors
            ),
        ),
        seed,
    )  # fmt: skip
    return site, run, list(wrong(run.messages, site, errors))


def wrong(messages: Iterable[Input], site: Site, errors: Sequence[Error]) -> Iterator[Input]:
    """The messages with each radar's error in its plots."""
    of = {sensor.id: error for sensor, error in zip(site.sensors, errors, strict=True)}
    for message in messages:
        if isinstance(message, PlotBatch):
            rows, error = message.rows.copy(), of[message.sensor]
            rows["range_m"] += error.range_m
            rows["azimuth_rad"] = (rows["azimuth_rad"] + error.azimuth_rad) % (2.0 * math.pi)
            rows["elevation_rad"] += error.elevation_rad
            rows["t_event_ns"] += ns_from_seconds(error.time_s)
            message = msgspec.structs.replace(message, data=rows.tobytes())
        yield message
