"""Flights that sway, as a radar shows them, and what `weave` knows after them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

import flyer_plots
from flyer_plots import RADARS, SIGMAS
from rampart.engine.radars import Radars
from rampart.engine.weave import NOTHING, Woven, followed

Array = npt.NDArray[np.float64]
HEIGHT_M = 150.0
P = np.diag([10.0] * 3 + [1.5] * 3 + [0.3]) ** 2


def plot_of(t_s: float, place: Array, velocity: Array, off: Array) -> Array:
    """(1, KEPT): of an object over `place` (2,) that flies level with `velocity` (2,)."""
    return flyer_plots.plot_of(t_s, np.array([*place, HEIGHT_M]), np.array([*velocity, 0.0]), off)


def shown(
    path: Array, times_s: Array, off: Array, velocity: Array | None = None, sigmas: Array = SIGMAS,
    claimed: float = 1.0,
) -> Array:  # fmt: skip
    """(n, KEPT): plots of a flight along `path` (n, 2), wrong by `off` (n, 4) of the radar's `sigmas`."""
    level = np.zeros((len(path), 3))
    level[:, :2] = np.gradient(path, times_s, axis=0) if velocity is None else velocity
    over = np.column_stack([path, np.full(len(path), HEIGHT_M)])
    each = zip(times_s.tolist(), over, level, off, strict=True)
    return np.concatenate([flyer_plots.plot_of(*one, sigmas, claimed) for one in each])


def along(
    plots: Array, path: Array, times_s: Array, known: Woven = NOTHING, radars: Radars = RADARS,
    climb_mps: float = 0.0,
) -> Iterator[Woven]:  # fmt: skip
    """What is known after each of `plots` (n, KEPT) of a track that flies along `path` (n, 2)."""
    velocity = np.gradient(path, times_s, axis=0)
    for plot, place, v in zip(plots, path, velocity, strict=True):
        x = np.array([*place, HEIGHT_M, *v, climb_mps, -10.0])
        known = followed(known, plot[None], radars, x, P)
        yield known


def noise_of(seed: int, n: int) -> Array:
    return np.random.default_rng(seed).normal(0.0, 1.0, (n, 4))


def after(
    path: Array, times_s: Array, seed: int, known: Woven = NOTHING, claimed: float = 1.0,
    radars: Radars = RADARS, climb_mps: float = 0.0,
) -> Woven:  # fmt: skip
    """What is known after a flight along `path` (n, 2), of which a radar that claims its errors times `claimed`
    shows a plot at each of `times_s`."""
    plots = shown(path, times_s, noise_of(seed, len(path)), claimed=claimed)
    return last(along(plots, path, times_s, known, radars, climb_mps))


def last(each: Iterator[Woven]) -> Woven:
    (known,) = deque(each, maxlen=1)
    return known


def straight(times_s: Array, speed: float = 12.0) -> Array:
    return np.stack([speed * times_s, 0.2 * speed * times_s], axis=1)


def swaying(times_s: Array, sway_m: float, seed: int, speed: float = 12.0) -> Array:
    """Three slow waves a component, 12 to 60 s long, about a straight way."""
    rng = np.random.default_rng(100 + seed)
    period, phase = rng.uniform(12.0, 60.0, (3, 2)), rng.uniform(0.0, 2.0 * math.pi, (3, 2))
    waves = np.sin(2.0 * math.pi * times_s[:, None, None] / period + phase).sum(axis=1)
    return straight(times_s, speed) + sway_m * math.sqrt(2.0 / 3.0) * waves
