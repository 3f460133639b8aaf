"""Flyers that went out of sight, and the tracks that take up their way.

Every radar is blind close by: a drone at 5 m/s crosses that place in two minutes. Its track ends, and where it
comes out another begins, of which nothing is known. Nobody can prove that they are one: both stand (rules,
section 1). But where the course of the first spoke for a drone it speaks of the second too; else a drone
would be a bird again for a minute, in the middle of the base. What spoke for a bird is not handed on, of its
bends or of its weave: it might be told of a drone, and of two birds, each with its way, no way explains both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.engine.course import ACCEL_MPS2, AGREES_D2, CLIMB_MPS, MEMORY_S
from rampart.engine.posterior import held_as_a_drone
from rampart.engine.threat import Motion, Threat
from rampart.engine.ways import for_drones

Array = npt.NDArray[np.float64]

LONGEST_S: Final = 180.0  # [A] the 600 m of a blind place over a radar, at 3.5 m/s
MOST: Final = 256  # [A] kept, those that went last: a swarm, not a forger's thousands
NOTHING: Final = b""
_BENDS: Final = ACCEL_MPS2.size  # where they end in what is handed on;
_CLIMBS: Final = _BENDS + CLIMB_MPS.size  # the weaves follow


class Gone(msgspec.Struct, frozen=True, gc=False):
    """One of them at its last plot: when, how it moved, what its course told (`tell`)."""

    t_s: float
    motion: Motion
    course: bytes


class Unseen:
    """Those whose way nobody has taken up yet."""

    def __init__(self) -> None:
        self._gone: list[Gone] = []

    def add(self, t_s: float, threat: Threat, course: bytes) -> None:
        """A track ended whose last plot was at `t_s`; kept where it was lost, and flew like a drone."""
        if threat.motion is None or threat.lost == "dropped" or threat.known:
            return
        if held_as_a_drone(_bends(course)):
            told = np.frombuffer(course).copy()
            told[_CLIMBS:] = for_drones(told[_CLIMBS:])
            self._gone.append(Gone(t_s, threat.motion, told.tobytes()))
            del self._gone[:-MOST]

    def taken_up(self, t_first_s: float, t_s: float, x: Array) -> bytes:
        """What the course told of the one whose way a track takes up that began at `t_first_s` and is at `x`
        (7,) at `t_s`: it is handed on once. NOTHING where there is none.

        It is the nearest of those that would be there had they flown on as they flew, bending no harder
        than they had been seen to.
        """
        self._gone = [gone for gone in self._gone if t_s - gone.t_s <= LONGEST_S]
        off = [
            (_off2(gone, t_s, x), k) for k, gone in enumerate(self._gone) if gone.t_s < t_first_s
        ]
        least, k = min(off, default=(math.inf, 0))
        return self._gone.pop(k).course if least < AGREES_D2 else NOTHING

    def state(self) -> list[Any]:
        """Plain data for a snapshot."""
        return [msgspec.to_builtins(gone) for gone in self._gone]

    def load(self, state: list[Any]) -> None:
        """Restore what `state` gave."""
        self._gone = msgspec.convert(state, list[Gone])


def _bends(course: bytes) -> Array:
    """As `course.follow_course` keeps them."""
    return np.frombuffer(course)[:_BENDS].reshape(ACCEL_MPS2.shape)


def _off2(gone: Gone, t_s: float, x: Array) -> float:
    """Squared distance of `x` from where `gone` would be at `t_s`, over the variance of a component."""
    m, way_s = gone.motion, t_s - gone.t_s
    e, n, _ = m.velocity_enu_mps
    sigma_mps, sigma_turn = m.sigma_speed_mps, m.sigma_turn_rate_rps
    if m.course is not None:
        e, n, _, sigma_mps, sigma_turn = m.course
    off_e = float(x[0]) - m.position_enu_m[0] - way_s * e
    off_n = float(x[1]) - m.position_enu_m[1] - way_s * n
    # a steady acceleration a displaces by a t² / 2
    bent_m = 0.5 * math.hypot(e, n) * sigma_turn * way_s**2
    variance = m.sigma_position_m**2 + (sigma_mps * way_s) ** 2 + bent_m**2
    return (off_e * off_e + off_n * off_n) / max(variance, 1.0)


def tell(
    bends: Array, climbs: Array, weaves: Array, before: Sequence[bytes], age_s: Array
) -> list[bytes]:
    """Add to `bends` and `climbs` (`course.follow_course`) and `weaves` (`weave.told`) of n tracks what was
    told `before` of the ways that they took up `age_s` (n,) ago: log likelihoods, forgotten by e in
    `MEMORY_S`, those of the weave too. Returns the sums as bytes, to be handed on."""
    for k, course in enumerate(before):
        if course != NOTHING:
            heard = math.exp(-age_s[k] / MEMORY_S) * np.frombuffer(course)
            bends[k] += heard[:_BENDS].reshape(ACCEL_MPS2.shape)
            climbs[k] += heard[_BENDS:_CLIMBS]
            weaves[k] += heard[_CLIMBS:]
    return [
        b.tobytes() + c.tobytes() + w.tobytes()
        for b, c, w in zip(bends, climbs, weaves, strict=True)
    ]
