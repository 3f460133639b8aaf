"""What one plot does to the track that took it: its state, its count, its history, its standing.

Scores are log likelihood ratios of "track" against "clutter" (Blackman and Popoli 1999, ch. 6).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from rampart.engine.bank import CONFIRMED, TENTATIVE, Table
from rampart.engine.course import follow_course
from rampart.engine.gate import Scratch, blur_height
from rampart.engine.nearby import Gates, bound_row
from rampart.engine.plotrow import KEPT, NUMBERS, RCS, RECENT, SEEN_BY, SNR, T
from rampart.engine.posterior import held_as_a_drone
from rampart.engine.radars import Radars
from rampart.kernels._jit import woven_kernel
from rampart.kernels.consider import BIASES
from rampart.kernels.cross_section import LEAST_DBSM, MOST_DBSM, amplitude_m
from rampart.kernels.detection import add_echo
from rampart.kernels.imm import BOOST, DRONE, copy_row, moments
from rampart.kernels.measurement import AZIMUTH, ELEVATION, HEIGHT, RANGE, wrap_angle

Array = npt.NDArray[np.float64]


@woven_kernel
def commit(
    table: Table, row: int, p: int, llr: float, sensor: int, plots: Array, radars: Radars,
    confirm_llr: float, gates: Gates, env: Array, scratch: Scratch,
) -> None:  # fmt: skip
    """Write the tried update of `row` with plot `p` into the table, and judge the track anew."""
    t_s = plots[p, T]
    dt = max(t_s - table.t_s[row], 1e-3)
    copy_row(scratch.trial_x, scratch.trial_cov, scratch.trial_mu, row, table.x, table.P, table.mu)
    table.t_s[row] = t_s
    table.hits[row] += 1
    if table.hits[row] == 2:
        table.birth[row, 2] = plots[p, NUMBERS + RANGE]
        table.birth[row, 3] = plots[p, NUMBERS + AZIMUTH]
    if table.hits[row] == 3:
        table.t_third_s[row] = t_s
    ranged = not math.isnan(plots[p, NUMBERS + RANGE])
    # others fly on the same bearing: what no range bears out is not kept alive by theirs
    if ranged:
        table.misses[row] = 0
        table.llr[row] += llr
        table.fade[row] = min(0.0, table.fade[row] + llr)
    # a bearing leaves a track to the sensor that told its range, by whose errors and looks it is judged
    owner = sensor if ranged else table.last_sensor[row]
    table.last_sensor[row] = owner
    table.sensors[row] |= 1 << min(sensor, 62)
    for b in range(BIASES):
        table.bias[row, b] = radars.bias[owner, b]
    table.looked_s[row, sensor] = t_s
    table.seen_s[row, sensor] = t_s
    if not math.isnan(plots[p, NUMBERS + ELEVATION]) or not math.isnan(plots[p, NUMBERS + HEIGHT]):
        table.bounded[row] = 1
    if table.bounded[row] == 0:
        blur_height(table.x, table.P, row, sensor, radars, gates.ceiling_m, env)
    moments(table.x, table.P, table.mu, row, scratch.mean, scratch.cov)
    bound_row(table, row, owner, radars, gates, scratch.mean, env)
    if ranged:  # strength says nothing where the range is not told, nor does a bearing say where it came from
        gather(table, row, p, plots, sensor, radars)
        remember(table, row, p, sensor, plots)
    _history(table, row, dt, gates.smoothing_s, scratch.mean)
    follow_course(
        table.marks[row], table.bends[row], table.climbs[row], table.pace[row], t_s, dt, scratch.mean,
        scratch.cov,
    )  # fmt: skip
    if table.mu[row, BOOST] > 0.5:
        # what burns, or leaps between foreign plots, holds no course: it is begun anew. What spoke for a drone
        # before stands, for one plot that errs by more than its radar claims looks like a burn, and a drone
        # followed for minutes was a bird again; what spoke against it does not: what circled may attack
        table.marks[row] = math.nan
        table.pace[row] = 0.0
        if not held_as_a_drone(table.bends[row]):
            table.bends[row] = 0.0
            table.climbs[row] = 0.0
    if table.status[row] == TENTATIVE:
        _promote(table, row, confirm_llr, gates, scratch)


@woven_kernel
def gather(table: Table, row: int, p: int, plots: Array, sensor: int, radars: Radars) -> None:
    """Add the echo strengths of plot `p` of `sensor` to those of `row`."""
    threshold = radars.snr_threshold[sensor]
    if threshold > 0.0 and not math.isnan(plots[p, SNR]):
        add_echo(table.echoes[row, sensor], plots[p, SNR], plots[p, NUMBERS + RANGE], threshold)
    if LEAST_DBSM <= plots[p, RCS] <= MOST_DBSM:  # nan is neither
        amplitude = amplitude_m(plots[p, RCS])
        table.rcs[row, 0] += amplitude
        table.rcs[row, 1] = max(table.rcs[row, 1], amplitude)
        table.rcs[row, 2] += 1.0


@woven_kernel
def remember(table: Table, row: int, p: int, sensor: int, plots: Array) -> None:
    """Put plot `p` behind the last ones of `row`."""
    recent = table.recent[row]
    for k in range(1, RECENT):
        for c in range(KEPT):
            recent[k - 1, c] = recent[k, c]
    for c in range(SEEN_BY):
        recent[RECENT - 1, c] = plots[p, c]
    recent[RECENT - 1, SEEN_BY] = sensor


@woven_kernel
def _history(table: Table, row: int, dt: float, smoothing_s: float, mean: Array) -> None:
    """Smoothed turn rate and speed of `row` with their variances, from successive mean velocities."""
    e, n, u = mean[3], mean[4], mean[5]
    speed = math.sqrt(e * e + n * n + u * u)
    if table.hits[row] <= 3:
        table.speed[row, 0] = speed
    else:
        a = dt / (dt + smoothing_s)
        turned = wrap_angle(
            math.atan2(e, n) - math.atan2(table.velocity[row, 0], table.velocity[row, 1])
        )
        off = turned / dt - table.turn[row, 0]
        table.turn[row, 0] += a * off
        table.turn[row, 1] = (1.0 - a) * (table.turn[row, 1] + a * off * off)
        off = speed - table.speed[row, 0]
        table.speed[row, 0] += a * off
        table.speed[row, 1] = (1.0 - a) * (table.speed[row, 1] + a * off * off)
    table.velocity[row, 0], table.velocity[row, 1], table.velocity[row, 2] = e, n, u


@woven_kernel
def _promote(table: Table, row: int, confirm_llr: float, gates: Gates, scratch: Scratch) -> None:
    """Confirm `row`, or put it into the fast lane; either makes a name due."""
    if table.hits[row] >= gates.confirm_hits and table.llr[row] >= confirm_llr:
        table.status[row] = CONFIRMED
    if table.status[row] == TENTATIVE and table.hits[row] == 2 and table.bounded[row] == 1:
        speed = math.sqrt(scratch.mean[3] ** 2 + scratch.mean[4] ** 2 + scratch.mean[5] ** 2)
        doubt = math.sqrt(scratch.cov[3, 3] + scratch.cov[4, 4] + scratch.cov[5, 5])
        if (
            table.llr[row] >= confirm_llr - gates.fast_margin
            and table.mu[row, DRONE] < 0.05
            and table.ambiguous[row] == 0
            and speed - doubt >= gates.fast_speed_mps
        ):
            table.fast[row] = 1
    if (table.status[row] == CONFIRMED or table.fast[row] == 1) and table.track_id[row] == 0:
        table.track_id[row] = -1
