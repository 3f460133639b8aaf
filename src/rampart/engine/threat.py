"""`Threat`: all that the warning rules know of one track at one decision."""

from __future__ import annotations

from typing import Literal

import msgspec


class Impact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A predicted landing: mean and covariance (xx, xy, yy) in ENU metres, time quantiles in ns UTC."""

    x_m: float
    y_m: float
    cov_m2: tuple[float, float, float]
    t_ns_q05: int
    t_ns_q50: int
    t_ns_q95: int

    @property
    def times(self) -> tuple[int, int, int]:
        """q05 q50 q95."""
        return self.t_ns_q05, self.t_ns_q50, self.t_ns_q95


class Motion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How an object that manoeuvres moves now: the seed of the futures of a drone.

    Spreads are one sigma, from the track's own covariance and history.
    """

    position_enu_m: tuple[float, float, float]
    velocity_enu_mps: tuple[float, float, float]
    sigma_position_m: float
    sigma_speed_mps: float
    turn_rate_rps: float
    sigma_turn_rate_rps: float


class Threat(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One track as the rules see it.

    `real`: confirmed, or in the tracker's fast lane. `fresh`: a plot has just updated it. `detections`:
    plots so far; `t_third_ns`: event time of the third. `impact` None: no bounded prediction.
    `motion` None: not a mover. `lost`: empty while tracked; else why it is not any more:
    `predicted_time` (landed, or sank below the lowest beam or into a known mask), `sensor_lost`,
    `expired`, or `dropped` (the tracker disowned it as clutter: it never was a threat).
    `successor_of`: the track whose identity this one is proven to continue. `known`: explained by
    identified traffic.
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
    lost: Literal["", "predicted_time", "sensor_lost", "expired", "dropped"] = ""
    successor_of: int | None = None
    known: str = ""
