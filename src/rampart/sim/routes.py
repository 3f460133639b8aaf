"""Paths of powered things: along a route, or by the pattern of their class."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.sim.classes import PoweredClass, Value
from rampart.sim.path import Path, up_of_height

Array = npt.NDArray[np.float64]

SAMPLE_S: Final = 0.5
_TAPER_S: Final = 20.0  # no wander at the ends of a route, so that an aim is met
_WANDER_PERIOD_S: Final = (12.0, 60.0)
_DWELL_S: Final = (300.0, 1500.0)  # [A] how long a wanderer stays
_LEG_S: Final = (20.0, 90.0)  # [A] between its changes of direction
_VISIT_LEGS: Final = 200  # of a visit at most: three hours


def draw(rng: np.random.Generator, value: Value) -> float:
    """A value of the range, uniformly."""
    return float(rng.uniform(value.low, value.high))


def along(
    route: Array, speed_mps: float, start_s: float, kind: PoweredClass, rng: np.random.Generator
) -> Path:
    """The path along `route` (m, 3: east, north, height above the site's level) at about this speed."""
    legs = np.linalg.norm(np.diff(route, axis=0), axis=1)
    marks = np.concatenate([[0.0], np.cumsum(legs)])
    life = max(float(marks[-1]) / speed_mps, 2.0 * SAMPLE_S)
    t = np.linspace(0.0, life, max(int(np.ceil(life / SAMPLE_S)) + 1, 3))
    on_way = t / life * marks[-1]
    xyz = np.stack([np.interp(on_way, marks, route[:, i]) for i in range(3)], axis=1)
    width = int(draw(rng, kind.smoothing_s) / SAMPLE_S) | 1
    xyz = _smoothed(_smoothed(xyz, width), width)
    xyz += _wander(t, draw(rng, kind.wander_m), rng) * _taper(t)[:, None]
    xyz[:, 2] = up_of_height(xyz[:, 0], xyz[:, 1], np.maximum(xyz[:, 2], 0.0))
    return Path(start_s + t, xyz, np.gradient(xyz, t, axis=0, edge_order=2))


def pattern(
    kind: PoweredClass, radius_m: float, duration_s: float, rng: np.random.Generator
) -> Path | None:
    """The path of one thing left to itself, cut to 0..`duration_s`; None if nothing is left of it."""
    speed, height = max(draw(rng, kind.speed_mps), 0.5), draw(rng, kind.height_m)
    if kind.pattern == "fixed":
        return _standing(kind, radius_m, height, duration_s, rng)
    draw_route = {"transit": _chord, "roam": _visit, "wander": _stroll}[kind.pattern]
    route = draw_route(radius_m, speed, rng)
    heights = height * rng.uniform(0.85, 1.15, len(route))
    length = float(np.linalg.norm(np.diff(route, axis=0), axis=1).sum())
    start = rng.uniform(-length / speed, duration_s)
    whole = along(np.column_stack([route, heights]), speed, start, kind, rng)
    inside = (whole.t_s >= 0.0) & (whole.t_s <= duration_s)
    if inside.sum() < 3:
        return None
    return Path(whole.t_s[inside], whole.xyz_enu_m[inside], whole.velocity_enu_mps[inside])


def _chord(radius_m: float, _speed_mps: float, rng: np.random.Generator) -> Array:
    """A way across the disc, with one bend."""
    heading, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.8, 0.8) * radius_m
    half = np.sqrt(radius_m**2 - offset**2)
    along_way = np.array([-half, rng.uniform(-0.5, 0.5) * half, half])
    aside = offset + np.array(
        [0.0, rng.normal(0.0, 0.05 * radius_m), rng.normal(0.0, 0.1 * radius_m)]
    )
    s, c = np.sin(heading), np.cos(heading)
    return np.column_stack([along_way * s + aside * c, along_way * c - aside * s])


def _stroll(radius_m: float, speed_mps: float, rng: np.random.Generator) -> Array:
    """Legs in slowly changing directions from a random place of the disc."""
    legs = rng.uniform(*_LEG_S, size=64)
    legs = legs[: int(np.searchsorted(np.cumsum(legs), rng.uniform(*_DWELL_S))) + 1]
    headings = rng.uniform(0, 2 * np.pi) + np.cumsum(rng.normal(0.0, 1.0, len(legs)))
    return np.asarray(_place(radius_m, rng) + _corners(headings, speed_mps * legs))


def _visit(radius_m: float, speed_mps: float, rng: np.random.Generator) -> Array:
    """Such legs from the edge of the disc until it is left, as of one of many that fly so in a wide country.

    It comes in at an angle to the radius whose sine is even, somewhere on a leg, so on a long one rather: then
    it is as likely in any part of the disc, and flies pi/2 radii there on average, however it turns. Source:
    Blanco and Fournier, Europhys. Lett. 61, 2003.
    """
    bearing = rng.uniform(0, 2 * np.pi)
    inward = bearing + np.pi + np.arcsin(rng.uniform(-1.0, 1.0))
    headings = inward + np.append(0.0, np.cumsum(rng.normal(0.0, 1.0, _VISIT_LEGS - 1)))
    edge = radius_m * np.array([np.sin(bearing), np.cos(bearing)])
    legs = rng.uniform(*_LEG_S, size=_VISIT_LEGS)
    legs[0] = rng.random() * np.sqrt(rng.uniform(_LEG_S[0] ** 2, _LEG_S[1] ** 2))
    way = edge + _corners(headings, speed_mps * legs)
    outside = np.hypot(*way[1:].T) > radius_m
    return np.asarray(way[: int(outside.argmax()) + 2] if outside.any() else way)


def _corners(headings: Array, lengths_m: Array) -> Array:
    """(n + 1, 2): corners of a way, from its beginning."""
    steps = lengths_m[:, None] * np.stack([np.sin(headings), np.cos(headings)], axis=1)
    return np.vstack([np.zeros(2), np.cumsum(steps, axis=0)])


def _standing(
    kind: PoweredClass,
    radius_m: float,
    height_m: float,
    duration_s: float,
    rng: np.random.Generator,
) -> Path:
    """Something that stays in its place and sways."""
    t = np.linspace(0.0, duration_s, max(int(np.ceil(duration_s / SAMPLE_S)) + 1, 3))
    east, north = _place(radius_m, rng)
    xyz = np.array([east, north, up_of_height(east, north, height_m)]) + _wander(
        t, draw(rng, kind.wander_m), rng
    )
    return Path(t, xyz, np.gradient(xyz, t, axis=0, edge_order=2))


def _place(radius_m: float, rng: np.random.Generator) -> Array:
    """A point of the disc, uniformly."""
    angle, r = rng.uniform(0, 2 * np.pi), radius_m * np.sqrt(rng.random())
    return np.array([r * np.sin(angle), r * np.cos(angle)])


def _smoothed(xyz: Array, width: int) -> Array:
    """Running mean over `width` samples (odd) that keeps both ends where they are."""
    half = min(width // 2, len(xyz) - 1)
    if half < 1:
        return xyz
    padded = np.pad(xyz, ((half, half), (0, 0)), mode="reflect", reflect_type="odd")
    total = np.cumsum(np.vstack([np.zeros(3), padded]), axis=0)
    span = 2 * half + 1
    return np.asarray((total[span:] - total[:-span]) / span)


def _wander(t_s: Array, amplitude_m: float, rng: np.random.Generator) -> Array:
    """A sum of three slow waves an axis, (n, 3); a third as much in height."""
    period = rng.uniform(*_WANDER_PERIOD_S, (3, 3))
    phase = rng.uniform(0, 2 * np.pi, (3, 3))
    waves = np.sin(2 * np.pi * t_s[:, None, None] / period + phase).sum(axis=1)
    return np.asarray(waves * amplitude_m / np.sqrt(3.0) * np.array([1.0, 1.0, 0.33]))


def _taper(t_s: Array) -> Array:
    """1 within the flight, falling to 0 at its two ends."""
    return np.asarray(np.clip(np.minimum(t_s, t_s[-1] - t_s) / _TAPER_S, 0.0, 1.0))
