"""The form of `scenario.toml`: every key, its unit and its limits. Times are seconds since `start`."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from rampart.domain.site import Settings
from rampart.site.form import (
    Ident,
    Local,
    Name,
    PointDeg,
    PointEnu,
    Positive,
    Share,
    SiteForm,
    WindForm,
)

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
AboveGround = Annotated[float, Meta(ge=0, le=30_000)]
WaypointEnu = tuple[Local, Local, AboveGround]
Rounds = Annotated[int, Meta(ge=1, le=1_000)]
Speed = Annotated[float, Meta(ge=0.5, le=2_000)]
Distance = Annotated[float, Meta(ge=0, le=50_000)]
WindSpeed = Annotated[float, Meta(ge=-60, le=60)]
Text = Annotated[str, Meta(min_length=1)]


class FactForm(Settings, frozen=True):
    """What is known or said about the event, by whom, and what the scenario merely assumes."""

    text: Text
    mark: Literal["sourced", "claim", "derived", "assumed"]
    source: Text


class MixForm(Settings, frozen=True):
    """One class of a mixture; weights are relative."""

    id: str = msgspec.field(name="class")
    weight: Positive = 1.0


class ThreatForm(Settings, frozen=True):
    """A salvo of rounds, or a group of drones that strike: from an origin at one aim or at several in
    turn. Ballistic only: mix, spacing as drawn, no_launch, short, origin_spread_m, cep_of_range. Powered
    only: via_enu_m (east, north, height above ground), height_m, speed_mps, spread_m, destroyed_before_m.
    """

    id: Ident
    at_s: Seconds
    class_id: str | None = msgspec.field(default=None, name="class")
    mix: Annotated[tuple[MixForm, ...], Meta(min_length=1)] | None = None
    origin_enu_m: PointEnu | None = None
    origin_deg: PointDeg | None = None
    aim_enu_m: PointEnu | None = None
    aim_deg: PointDeg | None = None
    aims_enu_m: Annotated[tuple[PointEnu, ...], Meta(min_length=1)] | None = None
    rounds: Rounds = 1
    spacing_s: tuple[Seconds, Seconds] = (0.3, 3.0)
    no_launch: Share | None = None
    short: Share | None = None
    origin_spread_m: Distance | None = None
    cep_of_range: Annotated[float, Meta(ge=0, le=0.5)] | None = None
    via_enu_m: tuple[WaypointEnu, ...] | None = None
    height_m: AboveGround | None = None
    speed_mps: Speed | None = None
    spread_m: Distance | None = None
    destroyed_before_m: Distance | None = None


class TrafficForm(Settings, frozen=True):
    """Things that are no threat: on a route, or left to the pattern of their class (`count` or
    `per_hour` of them within `radius_m`).
    """

    id: Ident
    class_id: str = msgspec.field(name="class")
    route_enu_m: Annotated[tuple[WaypointEnu, ...], Meta(min_length=2)] | None = None
    at_s: Seconds = 0.0
    speed_mps: Speed | None = None
    count: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    per_hour: Annotated[float, Meta(ge=0, le=10_000)] | None = None
    radius_m: Annotated[float, Meta(ge=100, le=100_000)] = 15_000.0
    identified: Literal["", "friendly", "adsb"] = ""


class WeatherForm(Settings, frozen=True):
    """The true air: mean wind levels, the spread of the constant added to them in each run, ground
    pressure and temperature, and how often a station reports (absent: never).
    """

    wind: tuple[WindForm, ...] = ()
    wind_spread_mps: Annotated[float, Meta(ge=0, le=50)] = 6.0
    pressure_pa: Annotated[float, Meta(ge=30_000, le=110_000)] | None = None
    temperature_k: Annotated[float, Meta(ge=200, le=340)] | None = None
    report_every_s: Annotated[float, Meta(ge=1, le=86_400)] | None = None


class RadarForm(Settings, frozen=True):
    """How a sensor of the site looks and detects in this simulation (see `sim.world.RadarModel`)."""

    sensor: Ident
    motion: Literal["rotating", "staring"] = "staring"
    detects_dbsm: Annotated[float, Meta(ge=-80, le=60)] = -25.0
    detects_range_m: Positive = 8_000.0
    detects_pd: Annotated[float, Meta(ge=0.1, le=0.99)] = 0.9
    pfa: Annotated[float, Meta(ge=1e-12, le=0.01)] = 1e-6
    pulses: Annotated[int, Meta(ge=1, le=200)] = 10
    swerling: Annotated[int, Meta(ge=0, le=4)] = 1
    noise_factor: Annotated[float, Meta(gt=0, le=100)] = 1.0
    bias_factor: Annotated[float, Meta(ge=0, le=100)] = 1.0
    delivery_s: Annotated[float, Meta(ge=0.005, le=10)] = 0.05
    sector_marks: Annotated[int, Meta(ge=1, le=64)] = 8


class FaultForm(Settings, frozen=True):
    """Something wrong with a sensor's feed (see `sim.world.Disturbance`)."""

    kind: Literal["outage", "clock_offset", "late", "duplicate"]
    sensor: Ident
    from_s: Seconds
    to_s: Seconds
    seconds: Annotated[float, Meta(ge=-3_600, le=3_600)] | None = None
    share: Share = 1.0


class EchoForm(Settings, frozen=True):
    """Plots of a sensor that come from no flying object (see `sim.world.Echo`). `to_s` absent: to the end."""

    kind: Literal["burst", "rain", "turbine", "test_pattern", "reflection"]
    sensor: Ident
    from_s: Seconds = 0.0
    to_s: Seconds | None = None
    plots: Annotated[float, Meta(ge=0, le=10_000)] = 1.0
    place_enu_m: PointEnu = (0.0, 0.0)
    velocity_enu_mps: tuple[WindSpeed, WindSpeed] = (0.0, 0.0)
    radius_m: Distance = 2_000.0
    height_m: AboveGround = 100.0
    range_m: Distance = 5_000.0
    share: Share = 0.2
    extra_m: Distance = 300.0


class ActionForm(Settings, frozen=True):
    """What a person does at the console."""

    at_s: Seconds
    by: Name
    action: Literal[
        "confirm", "withhold", "warn", "withdraw", "cancel", "end_hold", "all_clear", "assess"
    ]
    zones: tuple[Ident, ...] = ()
    track: Annotated[int, Meta(ge=0)] | None = None
    family: str | None = None
    reason: str = ""


class ScenarioForm(Settings, frozen=True):
    """A whole `scenario.toml`. `site`: a table, or the path of a site file beside this one."""

    name: Ident
    title: Name
    start: Annotated[datetime.datetime, Meta(tz=True)]
    duration_s: Annotated[float, Meta(ge=1, le=86_400)]
    site: str | SiteForm
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 1
    facts: tuple[FactForm, ...] = ()
    threats: tuple[ThreatForm, ...] = ()
    traffic: tuple[TrafficForm, ...] = ()
    weather: WeatherForm = msgspec.field(default_factory=WeatherForm)
    radars: tuple[RadarForm, ...] = ()
    faults: tuple[FaultForm, ...] = ()
    echoes: tuple[EchoForm, ...] = ()
    actions: tuple[ActionForm, ...] = ()
