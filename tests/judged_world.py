"""Bombs, drones, zones and rows made by hand, for tests of the judge of warnings."""

from __future__ import annotations

from typing import Any

import numpy as np

from rampart.domain.messages import TrackUpdate, ZoneState
from rampart.domain.site import Sensor, Site, Zone
from rampart.kernels.atmosphere import environment
from rampart.kernels.flight import STILL_AIR, trajectory
from rampart.metrics.truth import NO_TIME, Truth

S = 1_000_000_000
EPOCH = 1_700_000_000 * S
DRAG = 1e-4
LAUNCH = np.array([-4000.0, 5000.0, 0.0])
MUZZLE = np.array([120.0, -160.0, 180.0])  # a bomb of about 35 s
SITE_ARGS: dict[str, Any] = {
    "name": "t", "uuid": "u", "latitude_deg": 35.0, "longitude_deg": 40.0, "height_m": 200.0,
}  # fmt: skip
RADAR = Sensor(id="radar", scan_period_s=0.5)


def ns(seconds: float) -> int:
    return EPOCH + round(seconds * S)


def flight(launch: np.ndarray, velocity: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(times, states) each 0.25 s and the landing (7,) of a bomb in standard air."""
    env = environment(SITE_ARGS["latitude_deg"], SITE_ARGS["height_m"])
    times = np.arange(0.0, 120.0, 0.25)
    path, landing = trajectory([*launch, *velocity, np.log(DRAG)], times, STILL_AIR, env, 0.25)
    flown = np.isfinite(path[:, 0])
    return times[flown], path[flown], landing


TIMES, PATH, LANDING = flight(LAUNCH, MUZZLE)
IMPACT_S = float(LANDING[3])
IMPACT = LANDING[:2]

Thing = dict[str, Any]


def bomb(name: str = "a", *, at_s: float = 0.0, **more: Any) -> Thing:
    """An object that flies `PATH`. `plots`: seconds after launch; default each 0.5 s from 2 s to 5 s before
    the impact.
    """
    plots = more.pop("plots", np.arange(2.0, IMPACT_S - 5.0, 0.5))
    return {
        "id": name, "class": "mortar_81", "family": "mortar", "hostile": True, "t": at_s + TIMES,
        "p": PATH[:, :3], "v": PATH[:, 3:], "impact_s": at_s + IMPACT_S, "impact": LANDING[:3], "drag": DRAG,
        "plots": at_s + np.asarray(plots), "working": True, **more,
    }  # fmt: skip


def drone(name: str, start: tuple[float, ...], velocity: tuple[float, ...], **more: Any) -> Thing:
    """An object that flies straight on for 90 s."""
    t = np.arange(0.0, 90.25, 0.5)
    p = np.array(start) + t[:, None] * np.array(velocity)
    return {
        "id": name, "class": "owa_drone", "family": "drone", "hostile": True, "t": t, "p": p,
        "v": np.broadcast_to(velocity, p.shape), "impact_s": None, "impact": [np.nan] * 3, "drag": np.nan,
        "plots": np.arange(1.0, 90.0, 1.0), "working": True, **more,
    }  # fmt: skip


def impact_ns(thing: Thing) -> int:
    return NO_TIME if thing["impact_s"] is None else ns(thing["impact_s"])


def truth_of(*objects: Thing) -> Truth:
    counts = [len(o["t"]) for o in objects]
    ends = [o["impact_s"] if o["impact_s"] is not None else o["t"][-1] for o in objects]
    plots = [(t, i) for i, o in enumerate(objects) for t in o["plots"]]
    starts = np.array([ns(o["t"][0]) for o in objects], np.int64)
    plot_ns = np.array([ns(t) for t, _ in plots], np.int64)
    return Truth(
        ids=tuple(o["id"] for o in objects),
        classes=tuple(o["class"] for o in objects),
        families=tuple(o["family"] for o in objects),
        hostile=np.array([o["hostile"] for o in objects], bool),
        t_launch_ns=starts,
        t_free_ns=starts,
        t_impact_ns=np.array([*map(impact_ns, objects)], np.int64),
        impact_enu_m=np.array([o["impact"] for o in objects], float).reshape(-1, 3),
        t_end_ns=np.array([ns(t) for t in ends], np.int64),
        drag_per_m=np.array([o["drag"] for o in objects], float),
        sample_start=np.cumsum([0, *counts]).astype(np.int64),
        sample_t_ns=np.array([ns(t) for o in objects for t in o["t"]], np.int64),
        sample_enu_m=np.concatenate([o["p"] for o in objects] or [np.empty((0, 3))]),
        sample_velocity_mps=np.concatenate([o["v"] for o in objects] or [np.empty((0, 3))]),
        sensors=("radar",),
        plot_t_ns=plot_ns,
        plot_arrival_ns=plot_ns,
        plot_sensor=np.zeros(len(plots), np.int64),
        plot_object=np.array([i for _, i in plots], np.int64),
        plot_working=np.array([objects[i]["working"] for _, i in plots], bool),
    )


def zone(name: str, centre: np.ndarray, half_m: float = 100.0, people: int = 10) -> Zone:
    (x, y), h = centre, half_m
    ring = ((x - h, y - h), (x + h, y - h), (x + h, y + h), (x - h, y + h))
    release = dict.fromkeys(("mortar", "gun", "rocket", "drone", "unknown"), "auto")
    return Zone(id=name, name=name, polygon_enu_m=ring, release=release, people=people)


def site_of(*zones: Zone) -> Site:
    return Site(zones=zones, sensors=(RADAR,), **SITE_ARGS)


def beside(east_m: float) -> np.ndarray:
    """The point so far east of the impact."""
    return IMPACT + np.array([east_m, 0.0])


HOME = zone("home", IMPACT)


def state(
    at_s: float,
    phase: str,
    *,
    zone_id: str = "home",
    reason: str = "threshold",
    tracks: tuple[int, ...] = (1,),
    alarm: str = "A",
) -> ZoneState:
    return ZoneState(
        zone=zone_id, alarm_id=alarm, raid_id="R", revision=1, phase=phase, reason=reason, change="opened",
        tracks=tracks, count=len(tracks), p_zone=0.5, issued_ns=ns(at_s), cause_seq=0,
    )  # fmt: skip


def updates(track: int, thing: Thing) -> list[TrackUpdate]:
    return [
        TrackUpdate(
            track=track, t_ns=ns(t), state_enu=(*p, *v), cov_enu=(), status="confirmed", family="unknown",
            p_family=(0, 0, 0, 0, 0, 1), drag_per_m=0.0, t_first_ns=ns(t), plots=5,
        )
        for t, p, v in zip(thing["t"], thing["p"], thing["v"], strict=True)
    ]  # fmt: skip
