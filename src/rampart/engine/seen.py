"""What the tracker's tables say of one track at its last plot, and the motion that follows from it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.threat import Motion
from rampart.kernels.atmosphere import EARTH_RADIUS_M

Array = npt.NDArray[np.float64]


class Seen(NamedTuple):
    """What the tracker's tables say of one track at its last plot."""

    track: int
    t_s: float
    t_first_s: float
    t_third_s: float
    plots: int
    bounded: bool
    turn: list[float]  # smoothed turn rate rad/s, clockwise, and its scatter
    period_s: float  # of the sensor that saw it
    mu: Array  # probabilities of the motion models
    x: Array  # (7,)
    P: Array  # (7, 7)


def motion_of(s: Seen, course: Array, smoothing_s: float) -> Motion | None:
    """The seed of a mover's futures, None of a state that is not finite; `course`: a row of
    `held_courses`. Where height was never observed they are judged in the plan: at the site's own
    level, which no evidence excludes."""
    if not (np.isfinite(s.x).all() and np.isfinite(s.P).all()):
        return None
    turn, turn_scatter = s.turn
    # a future keeps one turn rate: its spread is that of the smoothed rate, not of one step, which is
    # mostly error of the estimate. Of a mean with weights a (1 - a)^i it is s² a / (2 - a)
    a = s.period_s / (s.period_s + smoothing_s)
    speed_variance = 0.5 * (s.P[3, 3] + s.P[4, 4])
    e, n, u, ve, vn, vu, _ = s.x.tolist()
    if not s.bounded:
        u, vu = -(e * e + n * n) / (2.0 * EARTH_RADIUS_M), 0.0
    held_e, held_n, held_u, *sigmas = course.tolist()
    return Motion(
        position_enu_m=(e, n, u),
        velocity_enu_mps=(ve, vn, vu),
        sigma_position_m=math.sqrt(max(0.5 * (s.P[0, 0] + s.P[1, 1]), 0.0)),
        sigma_speed_mps=math.sqrt(max(speed_variance, 0.0)),
        turn_rate_rps=-turn,  # the table counts clockwise, the futures to the left
        sigma_turn_rate_rps=math.sqrt(max(turn_scatter, 0.0) * a / (2.0 - a)),
        course=(held_e, held_n, held_u if s.bounded else 0.0, *sigmas)
        if math.isfinite(held_e)
        else None,
    )
