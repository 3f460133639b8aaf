"""What the tracker's tables say of tracks at their last plots, and the motion that follows from it."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.threat import Motion
from rampart.kernels._jit import Held, allocating_kernel
from rampart.kernels.atmosphere import EARTH_RADIUS_M
from rampart.kernels.cross_section import cross_section_dbsm
from rampart.kernels.imm import moments
from rampart.kernels.transition import N

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Columns(NamedTuple):
    """What the tracker's tables say of n tracks: the columns of `bank.Table` that the picture is made of."""

    track: Ints  # (n,)
    t_s: Array  # (n,)
    t_first_s: Array  # (n,)
    t_third_s: Array  # (n,)
    plots: Ints  # (n,)
    bounded: Ints  # (n,)
    turn: Array  # (n, 2)
    sensor: Ints  # (n,) that saw it last
    mu: Array  # (n, 3)
    finite: Bools  # (n,) all numbers of x and P
    x: Array  # (n, 7) mean over the motion models
    P: Array  # (n, 7, 7)
    height_m: Array  # (n,) above the site's level, nan where height was never observed
    rcs_dbsm: Array  # (n,) by its echoes, nan where no plot told any
    rcs_plots: Array  # (n,) that told it
    marks: Array  # (n, MARKS, MARK)
    bends: Array  # (n, scales, accelerations)
    climbs: Array  # (n, len(CLIMB_MPS))
    pace: Array  # (n, PACE)
    recent: Array  # (n, RECENT, KEPT)


@allocating_kernel
def columns_of(table: Held, rows: Ints) -> Columns:
    """The tracks in `rows` of a table that is held: one call, where a call a column costs more than all
    that is done with it for a single track."""
    t, n = table.content, rows.size
    x, P = np.empty((n, N)), np.empty((n, N, N))
    height_m, rcs_dbsm, rcs_plots = np.empty(n), np.empty(n), np.empty(n)
    finite = np.empty(n, np.bool_)
    for k in range(n):
        row = rows[k]
        moments(t.x, t.P, t.mu, row, x[k], P[k])
        finite[k] = np.isfinite(x[k]).all() and np.isfinite(P[k]).all()
        # U + (E² + N²) / 2R
        height_m[k] = x[k, 2] + (x[k, 0] * x[k, 0] + x[k, 1] * x[k, 1]) / (2.0 * EARTH_RADIUS_M)
        if t.bounded[row] == 0:
            height_m[k] = math.nan
        rcs_plots[k] = t.rcs[row, 2]
        rcs_dbsm[k] = cross_section_dbsm(t.rcs[row, 0], t.rcs[row, 1], rcs_plots[k])
    return Columns(
        t.track_id[rows], t.t_s[rows], t.t_first_s[rows], t.t_third_s[rows], t.hits[rows],
        t.bounded[rows], t.turn[rows], t.last_sensor[rows], t.mu[rows], finite, x, P, height_m, rcs_dbsm,
        rcs_plots, t.marks[rows], t.bends[rows], t.climbs[rows], t.pace[rows],
        t.recent[rows],
    )  # fmt: skip


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
    mu: list[float]  # probabilities of the motion models
    finite: bool  # all numbers of x and P
    x: Array  # (7,)
    P: Array  # (7, 7)


def motion_of(s: Seen, course: Array, smoothing_s: float) -> Motion | None:
    """The seed of a mover's futures, None of a state that is not finite; `course`: a row of
    `held_courses`. Where height was never observed they are judged in the plan: at the site's own
    level, which no evidence excludes."""
    if not s.finite:
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
