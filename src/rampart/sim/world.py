"""What a simulated world is made of, before any die is cast. Times are seconds since its start.

Positions are ENU metres about the site's origin; heights are above the site's level.
"""

from __future__ import annotations

from typing import Literal

from rampart.domain.messages import OperatorAction
from rampart.domain.site import Settings, Site, Wind

Point = tuple[float, float]
Waypoint = tuple[float, float, float]


class Salvo(Settings, frozen=True):
    """Rounds of ballistic classes from about one place. Round i aims at `aims[i % len(aims)]`; `classes`
    are (id, weight), one drawn for each round. Dispersion is `cep_of_range`, or the class's.
    """

    id: str
    classes: tuple[tuple[str, float], ...]
    origin_enu_m: Point
    aims_enu_m: tuple[Point, ...]
    at_s: float
    rounds: int = 1
    spacing_s: tuple[float, float] = (0.3, 3.0)
    origin_spread_m: float = 10.0
    no_launch: float = 0.10
    short: float = 0.12
    cep_of_range: float | None = None


class Flight(Settings, frozen=True):
    """Powered things that follow one route, `count` of them `spacing_s` apart, each moved aside by about
    `spread_m`. `strikes`: the last waypoint is the aim, on the ground; `destroyed_before_m`: the path
    ends that far before it. `identified`: it reports itself.
    """

    id: str
    class_id: str
    route: tuple[Waypoint, ...]
    at_s: float
    hostile: bool
    count: int = 1
    spacing_s: float = 5.0
    spread_m: float = 0.0
    speed_mps: float | None = None
    strikes: bool = False
    destroyed_before_m: float | None = None
    identified: Literal["", "friendly", "adsb"] = ""


class Traffic(Settings, frozen=True):
    """Powered things left to the pattern of their class within `radius_m` of the origin: `count` of
    them, or `per_hour` on average.
    """

    id: str
    class_id: str
    count: int | None = None
    per_hour: float | None = None
    radius_m: float = 15_000.0
    identified: Literal["", "adsb"] = ""


class Air(Settings, frozen=True):
    """The true air: a mean wind profile, to which a constant drawn with `wind_spread_mps` a component is
    added; what a station reports of it every `report_every_s` (None: nothing).
    """

    wind: tuple[Wind, ...] = ()
    wind_spread_mps: float = 6.0
    pressure_pa: float | None = None
    temperature_k: float | None = None
    report_every_s: float | None = None


class RadarModel(Settings, frozen=True):
    """How a sensor of the site looks and detects. Its one lumped constant follows from "detects
    `detects_dbsm` at `detects_range_m` with `detects_pd`". `noise_factor`: true over declared sigma.
    A rotating antenna delivers what it saw every `delivery_s`; a staring one at each look.
    """

    sensor: str
    motion: Literal["rotating", "staring"] = "staring"
    detects_dbsm: float = -25.0
    detects_range_m: float = 8_000.0
    detects_pd: float = 0.9
    pfa: float = 1e-6
    pulses: int = 10
    swerling: Literal[0, 1, 2, 3, 4] = 1
    noise_factor: float = 1.0
    bias_factor: float = 1.0
    delivery_s: float = 0.05
    latency_s: tuple[float, float] = (0.020, 0.040)
    sector_marks: int = 8


class Disturbance(Settings, frozen=True):
    """Something wrong with a sensor's feed from `from_s` to `to_s`.

    outage: silent. clock_offset: stamps are `seconds` ahead. late, duplicate: a `share` of deliveries
    comes, or comes again, `seconds` later.
    """

    kind: Literal["outage", "clock_offset", "late", "duplicate"]
    sensor: str
    from_s: float
    to_s: float
    seconds: float = 0.0
    share: float = 1.0


class Echo(Settings, frozen=True):
    """Plots of a sensor from `from_s` to `to_s` that come from no flying object.

    burst: `plots` a look anywhere, as interference. rain: `plots` a look of a cell of `radius_m` up to
    `height_m` that stood at `place_enu_m` at the world's start and drifts. turbine: `plots` a look at a
    place, with the range rates of its blades. test_pattern: `plots` a look on a ring at `range_m`.
    reflection: a `share` of every object's plots comes again `extra_m` farther away.
    """

    kind: Literal["burst", "rain", "turbine", "test_pattern", "reflection"]
    sensor: str
    from_s: float
    to_s: float
    plots: float = 1.0
    place_enu_m: Point = (0.0, 0.0)
    velocity_enu_mps: Point = (0.0, 0.0)
    radius_m: float = 2_000.0
    height_m: float = 100.0
    range_m: float = 5_000.0
    share: float = 0.2
    extra_m: float = 300.0


class World(Settings, frozen=True):
    """All of it. `actions` are what people do, with arrival stamps already in ns UTC."""

    site: Site
    start_ns: int
    duration_s: float
    salvos: tuple[Salvo, ...] = ()
    flights: tuple[Flight, ...] = ()
    traffic: tuple[Traffic, ...] = ()
    air: Air = Air()
    radars: tuple[RadarModel, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()
    echoes: tuple[Echo, ...] = ()
    actions: tuple[OperatorAction, ...] = ()
