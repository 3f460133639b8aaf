"""Ways to fly, of what only its weave tells apart: birds and small drones, gliders and one-way drones.

`weave` follows a track by each of them; the numbers are here, and what they say together.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel, inline_kernel

Array = npt.NDArray[np.float64]

SWAY: Final = 0  # m, root mean square of a component,
PERIOD: Final = 1  # s, of it
WANDERS: Final = 2  # m²/s³, of the way: its white acceleration
TURNS: Final = 3  # sharp ones a second
NOISE: Final = 4  # variance of the plots over what the radar says of them
WEIGHT: Final = 5  # ln of how likely it is at first, times the number of ways


class Ways(NamedTuple):
    """How two kinds fly that are alike but for their weave: drones, and others."""

    table: Array  # (n, 6), those of the others first
    others: int  # so many
    turns: Array  # (k, 4) which way, which is the same in a turn, mean s between two turns, and of a turn
    slowest_mps: float  # what is slower is neither,
    fastest_mps: float  # nor what is faster
    odd_others: float  # share of the others that fly like drones
    odd_drones: float  # share of the drones that fly like the others


class Way(NamedTuple):
    """One way to fly; `turn_s` 0: it turns but sharply."""

    sway_m: float
    period_s: float
    wanders: float
    turns: float  # sharp ones a second
    leg_s: float = 0.0  # mean time between two turns
    turn_s: float = 0.0  # and of one,
    turning: float = 0.0  # in which it wanders so much, m²/s³


def _ways(
    others: Sequence[Way], drones: Sequence[Way], noises: Sequence[float], slowest_mps: float,
    fastest_mps: float, odd_others: float, odd_drones: float,
) -> Ways:  # fmt: skip
    """Each with each of `noises`, as likely as each other: a radar may err farther than it claims, and that is
    no sway; and in a turn."""
    rows: list[tuple[float, ...]] = []
    turns: list[tuple[float, ...]] = []
    for noise, way in [(n, w) for kind in (others, drones) for n in noises for w in kind]:
        share = way.turn_s / (way.leg_s + way.turn_s) if way.turn_s else 0.0
        straight = (way.sway_m, way.period_s, way.wanders, way.turns, noise)
        if not share:
            rows.append((*straight, 0.0))
            continue
        turns.append((len(rows), len(rows) + 1, way.leg_s, way.turn_s))
        rows.append((*straight, math.log(2.0 * (1.0 - share))))
        turning = (way.sway_m, way.period_s, way.turning, way.turns, noise)
        rows.append((*turning, math.log(2.0 * share)))
    first = len(noises) * sum(2 if way.turn_s else 1 for way in others)
    turned = np.array(turns).reshape(-1, 4)
    return Ways(np.array(rows), first, turned, slowest_mps, fastest_mps, odd_others, odd_drones)


SMALL: Final = _ways(
    [Way(10.6, period_s, wanders, 0.0125) for period_s in (18.0, 30.0, 50.0) for wanders in (0.1, 1.5)],
    [Way(2.8, period_s, 0.004, 2.5e-5) for period_s in (18.0, 30.0)],
    noises=(1.0, 2.0, 4.0), slowest_mps=0.0, fastest_mps=40.0, odd_others=5e-7, odd_drones=5e-7,
)  # fmt: skip
"""[A] Birds and small drones. Set on 4,385 tracks of birds and 247 of drones, as `sim` flies them, of which
each keeps the periods of its sway. With one period for all, a bird that sways slowly looked more like a drone
with every minute (ADR 21). Had drones as many turns, a bird that turned twice in a minute would look like one:
one in a hundred did."""

LARGE: Final = _ways(
    [
        Way(sway_m, period_s, 0.05, 2.5e-5, leg_s=55.0, turn_s=15.0, turning=8.0)
        for sway_m, period_s in ((13.0, 20.0), (21.0, 35.0), (25.0, 75.0))
    ],
    [
        Way(9.0, period_s, 0.004, 2.5e-5, leg_s=200.0, turn_s=12.0, turning=5.0)
        for period_s in (22.0, 42.0)
    ],
    noises=(1.0, 2.5), slowest_mps=15.0, fastest_mps=80.0, odd_others=0.03, odd_drones=0.3,
)  # fmt: skip
"""[A] Gliders and one-way drones. Set on 889 tracks of gliders (S2's hours 3025-3046, ten times as many) and
210 of drones (`drone_roc.py`, seeds 500-525), as `sim` flies them. A turn lasts: with sharp ones a drone that
turned was a glider for good. With 1 odd drone in 10 one that had circled was told of late (ADR 24)."""

KINDS: Final = (SMALL, LARGE)
TOLD: Final = sum(len(ways.table) for ways in KINDS)
_SMALL_DRONES: Final = SMALL.others
_LARGE: Final = len(SMALL.table)
_LARGE_DRONES: Final = _LARGE + LARGE.others
_ODD_BIRDS, _ODD_SMALL_DRONES = SMALL.odd_others, SMALL.odd_drones
_ODD_GLIDERS, _ODD_LARGE_DRONES = LARGE.odd_others, LARGE.odd_drones


@inline_kernel
def _likelier(
    told: Array, others: int, drones: int, end: int, odd_others: float, odd_drones: float
) -> float:
    """How many times likelier drones, of `told` from `drones` to `end`, make what was seen than the others,
    from `others` on, do."""
    other = drone = 0.0
    for k in range(others, drones):
        other += math.exp(told[k]) / (drones - others)
    for k in range(drones, end):
        drone += math.exp(told[k]) / (end - drones)
    return ((1.0 - odd_drones) * drone + odd_drones * other) / (
        (1.0 - odd_others) * other + odd_others * drone
    )


@inline_kernel
def like_a_small_drone(told: Array) -> float:
    """How many times likelier a small drone makes what was `told` (TOLD,) than a bird does."""
    return _likelier(told, 0, _SMALL_DRONES, _LARGE, _ODD_BIRDS, _ODD_SMALL_DRONES)


@inline_kernel
def like_a_large_drone(told: Array) -> float:
    """The same of a one-way drone and a glider."""
    return _likelier(told, _LARGE, _LARGE_DRONES, TOLD, _ODD_GLIDERS, _ODD_LARGE_DRONES)


@allocating_kernel
def for_drones(told: Array) -> Array:
    """(TOLD,): what was `told`, where it is likelier of a drone, and zeros where it is not."""
    out = told.copy()
    if not like_a_small_drone(told) > 1.0:
        out[:_LARGE] = 0.0
    if not like_a_large_drone(told) > 1.0:
        out[_LARGE:] = 0.0
    return out
