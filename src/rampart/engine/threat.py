"""`Threat`: all that the warning rules know of one track at one decision."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

import msgspec

ABSURD: Final = 1e12
"""No metre, second or square metre of a threat is larger; squares of it are still finite."""
OUT_OF_SIGHT: Final = ("unseen", "sensor_lost")
"""`Threat.lost` of what went where nothing can be seen of it: it is not disowned by looks in vain."""
SOUGHT_IN_VAIN: Final = ("expired", "dropped")
"""`Threat.lost` of what sensors that look there see no more."""
_UNKNOWN: Final = (0.0, 0.0, 0.0, 0.0, 0.0, 1.0)


class Impact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A predicted landing: mean and covariance (xx, xy, yy) in ENU metres, time quantiles in ns UTC.

    `spots`: samples of it, float32 pairs E N, where uneven ground makes it no ellipse; else empty.
    """

    x_m: float
    y_m: float
    cov_m2: tuple[float, float, float]
    t_ns_q05: int
    t_ns_q50: int
    t_ns_q95: int
    spots: bytes = b""

    @property
    def times(self) -> tuple[int, int, int]:
        """q05 q50 q95."""
        return self.t_ns_q05, self.t_ns_q50, self.t_ns_q95


class Motion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How an object that manoeuvres moves now: the seed of the futures of a drone.

    Spreads are one sigma, from the track's own covariance and history. `course`: the same of the course
    that it has held, where it holds one: velocity E N U, sigma of speed, sigma of turn rate.
    """

    position_enu_m: tuple[float, float, float]
    velocity_enu_mps: tuple[float, float, float]
    sigma_position_m: float
    sigma_speed_mps: float
    turn_rate_rps: float
    sigma_turn_rate_rps: float
    course: tuple[float, float, float, float, float] | None = None


class Threat(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One track as the rules see it.

    `real`: confirmed, or in the tracker's fast lane. `fresh`: a plot has just updated it. `detections`:
    plots so far; `t_third_ns`: event time of the third. `impact` None: no bounded prediction.
    `motion` None: not a mover. `lost`: empty while tracked; else why it is not any more:
    `predicted_time` (landed, or sank below the lowest beam or into a known mask), `unseen` (it flew
    on where no sensor looks), `sensor_lost` (where one would, that is silent), `expired` (in sight), or
    `dropped` (the tracker disowned it as clutter: it never was a threat).
    `successor_of`: the track whose identity this one is proven to continue. `known`: explained by
    identified traffic. `aloft`: of the unknown, what flies by its own power rather than falls.
    """

    track: int
    t_ns: int
    t_third_ns: int | None
    detections: int
    real: bool
    fresh: bool
    p_family: tuple[float, float, float, float, float, float]
    impact: Impact | None
    motion: Motion | None
    lost: Literal["", "predicted_time", "unseen", "sensor_lost", "expired", "dropped"] = ""
    successor_of: int | None = None
    known: str = ""
    aloft: float = 0.0


def sound(threat: Threat) -> Threat:
    """`threat` without what is no number: an impact, a motion or a posterior that says nothing is unknown,
    which asks to be watched; a P computed from it would be 0 and say 'no danger'."""
    impact, motion, p = threat.impact, threat.motion, threat.p_family
    if impact is not None:
        xx, xy, yy = impact.cov_m2
        # no covariance: a variance below 0, or correlation beyond 1
        real = _numbers((impact.x_m, impact.y_m, xx, xy, yy)) and min(xx, yy) >= 0.0
        impact = impact if real and xy * xy <= xx * yy * (1.0 + 1e-9) else None
    if motion is not None:
        every = (
            *motion.position_enu_m, *motion.velocity_enu_mps, motion.sigma_position_m,
            motion.sigma_speed_mps, motion.turn_rate_rps, motion.sigma_turn_rate_rps,
            *(motion.course or ()),
        )  # fmt: skip
        motion = motion if _numbers(every) else None
    p = p if _numbers(p) and sum(p) > 0.0 else _UNKNOWN
    aloft = threat.aloft if _numbers((threat.aloft,)) else 0.0
    if (impact, motion, p, aloft) == (threat.impact, threat.motion, threat.p_family, threat.aloft):
        return threat
    return msgspec.structs.replace(threat, impact=impact, motion=motion, p_family=p, aloft=aloft)


def _numbers(values: Iterable[float]) -> bool:
    return sum(map(abs, values)) < ABSURD  # false where one is nan
