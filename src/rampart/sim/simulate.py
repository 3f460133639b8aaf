"""A `World` and a seed -> the messages that an engine would receive, and the truth behind them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.domain.frames import geodetic_from_enu
from rampart.domain.messages import (
    Input,
    KnownTrack,
    OperatorAction,
    PlotBatch,
    SensorStatus,
    Tick,
    Weather,
)
from rampart.domain.site import Reflector
from rampart.engine.ground import ground_of_site
from rampart.kernels.terrain import NOTHING, Ground, heights
from rampart.metrics.truth import NO_TIME, Truth
from rampart.sim.ballistic import fire, true_wind
from rampart.sim.classes import PoweredClass, flying_class
from rampart.sim.draws import stream
from rampart.sim.feed import Feed, feed
from rampart.sim.path import Path, up_of_height
from rampart.sim.radar import Radar, Target
from rampart.sim.routes import along, draw, pattern
from rampart.sim.world import Flight, RadarModel, World

TICK_NS: Final = 500_000_000
_REFLECTOR_DBSM: Final = 20.0  # [A] a trihedral corner of 0.4 m at X band: 4 pi a⁴ / 3 lambda²
_REPORT_S: Final = 1.0  # an identified object tells its position each second
_REPORT_SIGMA_M: Final = {"friendly": 5.0, "adsb": 15.0}
_RANK: Final = {
    Weather: 0,
    OperatorAction: 1,
    SensorStatus: 2,
    KnownTrack: 3,
    PlotBatch: 4,
    Tick: 5,
}
"""Order of messages that arrive in the same nanosecond."""


@dataclass(frozen=True, slots=True)
class Flown:
    """One thing that flew: drawn from a `World`, or a recorded path that shall be seen as if it had."""

    id: str
    class_id: str
    path: Path
    hostile: bool = False
    lands: bool = False
    burn_s: float = 0.0
    drag_per_m: float = float("nan")
    identified: str = ""


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a run gave: messages by arrival, and the truth that no message carries.

    The truth's plots of one sensor with one event time stand in the order of the rows delivered.
    """

    messages: tuple[Input, ...]
    truth: Truth


def simulate(world: World, seed: int, recorded: Sequence[Flown] = ()) -> Simulated:
    """The run of this seed: the same world, seed and `recorded` flights give the same bytes."""
    objects = _rounds(world, seed) + _flights(world, seed) + _traffic(world, seed)
    objects += recorded
    targets = [Target(o.id, o.path, rcs_dbsm(o, seed)) for o in objects]
    standing = [_standing(reflector, world, seed) for reflector in world.site.reflectors]
    models = {model.sensor: model for model in world.radars}
    feeds: list[Feed] = []
    for sensor in world.site.sensors:
        model = models.get(sensor.id) or RadarModel(sensor=sensor.id)
        radar = Radar(sensor, model, world.site, seed)
        plots = radar.observe(targets, world.duration_s, world.echoes, standing)
        feeds.append(feed(radar, plots, world.disturbances, world.start_ns, world.duration_s, seed))
    messages: list[Input] = [message for part in feeds for message in part.messages]
    for thing in objects:
        if thing.identified:
            messages += _reports(thing, world, seed)
    messages += _weather(world, seed)
    messages += world.actions
    end_ns = world.start_ns + round(world.duration_s * 1e9)
    messages += [Tick(t_arrival_ns=t) for t in range(world.start_ns, end_ns + 1, TICK_NS)]
    messages.sort(key=lambda m: (m.t_arrival_ns, _RANK[type(m)]))
    return Simulated(tuple(messages), _truth(objects, feeds, world))


def _standing(reflector: Reflector, world: World, seed: int) -> Target:
    """A reflector where it is, which is not quite where the survey says."""
    off = stream(seed, reflector.id, "survey").normal(0.0, reflector.sigma_m, 3)
    xyz = np.tile(np.array(reflector.position_enu_m) + off, (2, 1))
    path = Path(np.array([0.0, world.duration_s]), xyz, np.zeros((2, 3)))
    return Target(f"reflector {reflector.id}", path, _REFLECTOR_DBSM)


def _rounds(world: World, seed: int) -> list[Flown]:
    return [
        Flown(r.id, r.class_id, r.path, True, True, r.burn_s, r.drag_per_m)
        for salvo in world.salvos
        for r in fire(salvo, world, seed)
        if r.path.start_s < world.duration_s
    ]


def _flights(world: World, seed: int) -> list[Flown]:
    ground = ground_of_site(world.site)
    objects = []
    for flight in world.flights:
        kind = _powered(flight.class_id)
        for i in range(flight.count):
            ident = f"{flight.id}-{i + 1}" if flight.count > 1 else flight.id
            rng = stream(seed, f"{flight.id}/{i}", "route")
            speed = flight.speed_mps or draw(rng, kind.speed_mps)
            route = _own_route(flight, kind, rng)
            if flight.strikes:
                route[-1:, 2] = heights(ground, route[-1:, 0].copy(), route[-1:, 1].copy())
            at_s = flight.at_s + i * flight.spacing_s
            path = _above(along(route, speed, at_s, kind, rng), ground)
            lands = flight.strikes and flight.destroyed_before_m is None
            path = _cut_before(path, flight.destroyed_before_m)
            objects.append(
                Flown(
                    ident, flight.class_id, path, flight.hostile, lands,
                    identified=flight.identified,
                )
            )  # fmt: skip
    return objects


def _own_route(
    flight: Flight, kind: PoweredClass, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """The flight's route with this member's place in the formation and its miss at the aim."""
    route = np.array(flight.route)
    route[:, :2] += rng.normal(0.0, flight.spread_m, 2)
    if flight.strikes and kind.cep_m is not None:
        miss = rng.normal(0.0, kind.cep_m.high / 1.1774, 2)
        route[-1, :2] = np.array(flight.route[-1][:2]) + miss
    return route


def _above(path: Path, ground: Ground) -> Path:
    """The path, lifted over the ground where it would lead through it."""
    if ground is NOTHING:
        return path
    east, north, up = path.xyz_enu_m.T.copy()
    up = np.maximum(up, up_of_height(east, north, heights(ground, east, north)))
    xyz = np.stack([east, north, up], axis=1)
    return Path(path.t_s, xyz, np.gradient(xyz, path.t_s, axis=0, edge_order=2))


def _cut_before(path: Path, before_m: float | None) -> Path:
    if before_m is None:
        return path
    far = np.linalg.norm(path.xyz_enu_m - path.xyz_enu_m[-1], axis=1) >= before_m
    keep = slice(0, max(int(np.argmin(far)), 3))
    return Path(path.t_s[keep], path.xyz_enu_m[keep], path.velocity_enu_mps[keep])


def _traffic(world: World, seed: int) -> list[Flown]:
    ground = ground_of_site(world.site)
    objects = []
    for traffic in world.traffic:
        kind = _powered(traffic.class_id)
        count = traffic.count
        if count is None:
            expected = (traffic.per_hour or 0.0) * world.duration_s / 3600.0
            count = int(stream(seed, traffic.id, "number").poisson(expected))
        for i in range(count):
            rng = stream(seed, f"{traffic.id}/{i}", "route")
            path = pattern(kind, traffic.radius_m, world.duration_s, rng)
            if path is not None:
                objects.append(
                    Flown(
                        f"{traffic.id}-{i + 1}", traffic.class_id, _above(path, ground), False, False,
                        identified=traffic.identified,
                    )
                )  # fmt: skip
    return objects


def _powered(class_id: str) -> PoweredClass:
    """The class, known to be powered (the scenario loader has checked)."""
    kind = flying_class(class_id)
    assert isinstance(kind, PoweredClass)
    return kind


def rcs_dbsm(thing: Flown, seed: int) -> float:
    """The cross-section of this thing in the run of this seed, drawn from its class."""
    return draw(stream(seed, thing.id, "rcs"), flying_class(thing.class_id).rcs_dbsm)


def _reports(thing: Flown, world: World, seed: int) -> list[KnownTrack]:
    """What an identified object tells of itself."""
    rng = stream(seed, thing.id, "reports")
    start = max(thing.path.start_s, 0.0) + rng.uniform(0.0, _REPORT_S)
    t_s = np.arange(start, min(thing.path.end_s, world.duration_s), _REPORT_S)
    if not len(t_s):
        return []
    sigma_m = _REPORT_SIGMA_M[thing.identified]
    xyz, velocity = thing.path.at(t_s)
    place = geodetic_from_enu(xyz + rng.normal(0.0, sigma_m, xyz.shape), world.site)
    event_ns = world.start_ns + np.rint(t_s * 1e9).astype(np.int64)
    arrival_ns = event_ns + np.rint(rng.uniform(0.1, 0.4, len(t_s)) * 1e9).astype(np.int64)
    address = int.from_bytes(hashlib.blake2b(thing.id.encode(), digest_size=3).digest(), "big") | 1
    return [
        KnownTrack(
            source=thing.identified,
            ident=thing.id,
            t_event_ns=int(event_ns[i]),
            t_arrival_ns=int(arrival_ns[i]),
            latitude_deg=float(place[i, 0]),
            longitude_deg=float(place[i, 1]),
            height_m=float(place[i, 2]),
            velocity_enu_mps=(float(velocity[i, 0]), float(velocity[i, 1]), float(velocity[i, 2])),
            sigma_m=sigma_m,
            address=address if thing.identified == "adsb" else 0,
            friendly=thing.identified == "friendly",
        )
        for i in range(len(t_s))
    ]


def _weather(world: World, seed: int) -> list[Weather]:
    """What the station reports: the true air with 1 m/s of error a component."""
    air = world.air
    if air.report_every_s is None:
        return []
    levels, rng = true_wind(air, seed), stream(seed, "air", "reports")
    messages = []
    for t_s in np.arange(0.0, world.duration_s, air.report_every_s):
        told = levels.copy()
        told[:, 1:] += rng.normal(0.0, 1.0, told[:, 1:].shape)
        messages.append(
            Weather(
                t_arrival_ns=world.start_ns + round(t_s * 1e9),
                pressure_pa=air.pressure_pa,
                temperature_k=air.temperature_k,
                station_height_m=world.site.height_m,
                wind=tuple((float(h), float(e), float(n)) for h, e, n in told),
            )
        )
    return messages


def _truth(objects: list[Flown], feeds: list[Feed], world: World) -> Truth:
    def ns(t_s: npt.ArrayLike) -> npt.NDArray[np.int64]:
        return world.start_ns + np.rint(np.asarray(t_s, float) * 1e9).astype(np.int64)

    def joined(parts: list[npt.NDArray[np.float64]], width: int) -> npt.NDArray[np.float64]:
        return np.concatenate(parts) if parts else np.empty((0, width))

    families = tuple(flying_class(o.class_id).family for o in objects)
    last = joined([o.path.xyz_enu_m[-1:] for o in objects], 3)
    lands = np.array([o.lands for o in objects], bool)
    start = np.array([o.path.start_s for o in objects])
    ends_ns = ns([o.path.end_s for o in objects])
    counts = [len(o.path.t_s) for o in objects]
    return Truth(
        ids=tuple(o.id for o in objects),
        classes=tuple(o.class_id for o in objects),
        families=families,
        hostile=np.array([o.hostile for o in objects], bool),
        t_launch_ns=ns(start),
        t_free_ns=ns(start + np.array([o.burn_s for o in objects])),
        t_impact_ns=np.where(lands, ends_ns, NO_TIME),
        impact_enu_m=np.where(lands[:, None], last, np.nan),
        t_end_ns=ends_ns,
        drag_per_m=np.array([o.drag_per_m for o in objects]),
        sample_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        sample_t_ns=ns(np.concatenate([o.path.t_s for o in objects] or [np.empty(0)])),
        sample_enu_m=joined([o.path.xyz_enu_m for o in objects], 3),
        sample_velocity_mps=joined([o.path.velocity_enu_mps for o in objects], 3),
        sensors=tuple(s.id for s in world.site.sensors),
        plot_t_ns=_all([f.t_event_ns for f in feeds]),
        plot_arrival_ns=_all([f.t_arrival_ns for f in feeds]),
        plot_sensor=_all([np.full(len(f.caused_by), i, np.int64) for i, f in enumerate(feeds)]),
        plot_object=_all([f.caused_by for f in feeds]),
        plot_working=_all([f.working for f in feeds]).astype(bool),
    )


def _all(parts: list[npt.NDArray[np.int64]] | list[npt.NDArray[np.bool_]]) -> npt.NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
