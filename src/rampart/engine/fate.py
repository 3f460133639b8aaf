"""When a track has been missed, and when and why it ends.

Times here are event times. `settle` with `account` False only ends what is over, so that calling it
more often changes nothing else: late plots can then be replayed exactly.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.bank import CONFIRMED, FREE, TENTATIVE, Table
from rampart.engine.clutter import Clutter
from rampart.engine.clutter_map import note_vain
from rampart.engine.clutter_patches import note_patches
from rampart.engine.radars import Radars, covered
from rampart.kernels._jit import kernel, woven_kernel
from rampart.kernels.atmosphere import GRAVITY, RADIUS
from rampart.kernels.consider import as_one
from rampart.kernels.detection import look_pd
from rampart.kernels.imm import BALLISTIC, DRONE, MODELS
from rampart.kernels.terrain import Ground, height
from rampart.kernels.transition import drag_rate

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Why a track ended; the words are those of `threat.Threat.lost`.
PREDICTED_TIME: Final = 0
SENSOR_LOST: Final = 1
EXPIRED: Final = 2
DROPPED: Final = 3
UNSEEN: Final = 4
HIDDEN_AFTER: Final = 0.75  # periods without a plot, before a falling object may be out of sight
DOUBT_SIGMAS: Final = 2.0
"""Of its height, by which a track must be down before it is given up for that."""
MAY_BE_LEVEL: Final = 1e-3
"""Share of level flight from which a track is not given up for landed at its first missed look: far off, a
drone just over the horizon looks like a fall for its first ten seconds."""
LOOK_AHEAD_STEP_S: Final = 0.5
REASONS: Final = ("predicted_time", "sensor_lost", "expired", "dropped", "unseen")


class Fate(NamedTuple):
    """When tracks are confirmed and given up, in log likelihood ratio and seconds."""

    confirm_llr: Array  # (sensors,)
    drop_first: float  # `fade` below which a track of one plot ends
    drop_tentative: float
    drop_confirmed: float
    late_look: float  # a look is overdue after this many periods
    coast_periods: float  # longest time without a plot, in periods of the last sensor ...
    coast_min_s: float  # ... and at least this
    unseen_s: float  # longest time without a plot of what flies on through a blind place
    alive_periods: float  # a sensor not heard for so many periods has not looked ...
    alive_min_s: float  # ... if it has not been for so long either
    alive_looks: float  # looks that count as missed of one that is silent, at most
    settle_every_s: float  # tracks are judged by time this often between complete looks
    ground: Ground


@woven_kernel
def steer(x: Array, mu: Array, row: int, dt: float, env: Array) -> tuple[float, float, float]:
    """Site ENU of `row` after `dt` seconds, by its present acceleration: a quick estimate."""
    e = n = u = 0.0
    for j in range(MODELS):
        w = mu[row, j]
        e += w * (x[row, j, 0] + dt * x[row, j, 3])
        n += w * (x[row, j, 1] + dt * x[row, j, 4])
        u += w * (x[row, j, 2] + dt * x[row, j, 5])
    b = BALLISTIC
    ve, vn, vu = x[row, b, 3], x[row, b, 4], x[row, b, 5]
    speed = math.sqrt(ve * ve + vn * vn + vu * vu)
    k = math.exp(x[row, b, 6])
    rate, _ = drag_rate(x[row, b, 0], x[row, b, 1], x[row, b, 2], speed, k, env)
    half = 0.5 * mu[row, b] * dt * dt
    drag = rate * speed
    return (
        e - half * drag * ve,
        n - half * drag * vn,
        u - half * (drag * vu + env[GRAVITY]),
    )


@woven_kernel
def pull(x: Array, mu: Array, row: int, env: Array) -> float:
    """A bound of the acceleration that `steer` reckons with, m/s²."""
    b = BALLISTIC
    speed = math.sqrt(x[row, b, 3] ** 2 + x[row, b, 4] ** 2 + x[row, b, 5] ** 2)
    k = math.exp(x[row, b, 6])
    rate, _ = drag_rate(x[row, b, 0], x[row, b, 1], x[row, b, 2], speed, k, env)
    return float(mu[row, b] * (rate * speed * speed + env[GRAVITY]))


@woven_kernel
def pd_there(
    table: Table, row: int, e: float, n: float, u: float, sensor: int, radars: Radars
) -> float:
    """Probability that a look of `sensor` shows the object of `row` at a place in site ENU."""
    place = radars.place[sensor]
    range_m = math.sqrt((e - place[0]) ** 2 + (n - place[1]) ** 2 + (u - place[2]) ** 2)
    return look_pd(
        table.echoes[row, sensor], range_m, radars.snr_threshold[sensor], radars.pd[sensor]
    )


@woven_kernel
def missed_look(
    table: Table, row: int, e: float, n: float, u: float, sensor: int, radars: Radars
) -> float:
    """What a look of `sensor` that did not show `row` at a place in site ENU adds to its score.

    What hides an object from a radar that looks often, a fade, lasts as its errors do: looks that missed a
    confirmed track are worth as few as its plots. ADR 27.
    """
    loss = math.log(1.0 - pd_there(table, row, e, n, u, sensor, radars))
    if table.status[row] == CONFIRMED:
        period_s = radars.period_s[sensor]
        loss /= as_one(period_s, radars.independent_s[sensor], period_s)
    return loss


@woven_kernel
def _hidden(
    table: Table, row: int, t_s: float, radars: Radars, heard_s: Array, fate: Fate, env: Array
) -> bool:
    """Whether a falling object is out of every live sensor's sight from now to the ground.

    That is how an incoming round ends for a radar: under its lowest beam, or overhead. One that crosses
    overhead to fall behind the radar is not at its end: it comes into sight again.
    """
    quiet = t_s - table.t_s[row]
    doubt = _height_doubt(table, row, quiet)
    for k in range(math.ceil(fate.unseen_s / LOOK_AHEAD_STEP_S)):
        e, n, u = steer(table.x, table.mu, row, quiet + LOOK_AHEAD_STEP_S * k, env)
        if u + doubt + (e * e + n * n) / (2.0 * env[RADIUS]) <= height(fate.ground, e, n):
            return True
        for s in range(radars.period_s.shape[0]):
            # it may be seen at the one end of its height's doubt or at the other
            if alive(t_s, s, radars, heard_s, fate) and (
                covered(e, n, u, s, radars) or covered(e, n, u + doubt, s, radars)
            ):
                return False
    return True


@woven_kernel
def _returns(
    table: Table, row: int, t_s: float, radars: Radars, heard_s: Array, fate: Fate, env: Array
) -> bool:
    """Whether a live sensor should see `row` again before it has been out of sight for `unseen_s`.

    Every radar is blind close by and overhead: what crosses there has not gone.
    """
    quiet = t_s - table.t_s[row]
    while quiet < fate.unseen_s:
        quiet += 1.0
        e, n, u = steer(table.x, table.mu, row, quiet, env)
        for s in range(radars.period_s.shape[0]):
            if alive(t_s, s, radars, heard_s, fate) and covered(e, n, u, s, radars):
                return True
    return False


@woven_kernel
def _height_doubt(table: Table, row: int, quiet: float) -> float:
    """Metres by which a falling `row` may be higher than `steer` says, `quiet` seconds after its last plot.

    A young track knows its climb to some 30 m/s: a level aircraft is not to be given up for landed.
    """
    P, b = table.P, BALLISTIC
    # var U(t) = P_UU + 2 t P_UV + t² P_VV
    variance = P[row, b, 2, 2] + quiet * (2.0 * P[row, b, 2, 5] + quiet * P[row, b, 5, 5])
    return DOUBT_SIGMAS * math.sqrt(max(variance, 0.0))


@woven_kernel
def alive(t_s: float, sensor: int, radars: Radars, heard_s: Array, fate: Fate) -> bool:
    """Whether a sensor has delivered anything of late: one that is silent has not looked."""
    longest_s = max(fate.alive_min_s, fate.alive_periods * radars.period_s[sensor])
    return bool(t_s - heard_s[sensor] <= longest_s)


@woven_kernel
def looks_on(t_s: float, sensor: int, radars: Radars, heard_s: Array, fate: Fate) -> bool:
    """Whether looks that a sensor has not delivered count as missed: of a fast one that hiccups only a few, or
    each track would pay for all of them at once."""
    few_s = fate.alive_looks * radars.period_s[sensor]
    return alive(t_s, sensor, radars, heard_s, fate) and t_s - heard_s[sensor] <= few_s


@kernel
def settle(
    table: Table, size: int, t_s: float, radars: Radars, clutter: Clutter, fate: Fate, env: Array,
    account: bool, ended: Ints, gone: int,
) -> int:  # fmt: skip
    """End every track that is over at `t_s`; returns `gone` plus the named ones, listed in `ended`.

    account: also enter the looks that are overdue at `t_s` into the tracks' scores, and end tracks
    without a name; those leave their mark in `clutter`.
    """
    heard_s = clutter.heard_s
    for row in range(size):
        if table.status[row] == FREE or (table.track_id[row] <= 0 and not account):
            continue
        quiet = t_s - table.t_s[row]
        if quiet <= 0.0:
            continue
        fade = table.fade[row]
        least = fate.drop_confirmed
        if table.status[row] == TENTATIVE:
            least = fate.drop_first if table.hits[row] == 1 else fate.drop_tentative
        down = falling(table.mu, table.velocity, table.bounded, row)
        # u + v t - a t²/2 is the lowest that `steer` can find
        lowest = table.bound[row, 2] + quiet * (
            table.bound[row, 5] - 0.5 * table.bound[row, 9] * quiet
        )
        period = radars.period_s[table.last_sensor[row]]
        if (
            quiet <= fate.coast_min_s
            and fade >= least
            and not (down and (lowest <= fate.ground.highest_m or quiet > HIDDEN_AFTER * period))
            and not _overdue(table.looked_s, row, t_s, radars, heard_s, fate)
        ):
            continue  # seen so lately that nothing can be over; the rest is not cheap
        watched = False  # in the sight of a live sensor
        missing = False  # ... of one that is silent
        lit = False  # some sensor is live
        e, n, u = steer(table.x, table.mu, row, quiet, env)
        for s in range(radars.period_s.shape[0]):
            inside = covered(e, n, u, s, radars)
            if not alive(t_s, s, radars, heard_s, fate):
                missing = missing or inside
                continue
            lit = True
            watched = watched or inside
            due = math.floor(
                (t_s - table.looked_s[row, s]) / radars.period_s[s] - fate.late_look + 1.0
            )
            if due < 1.0 or not looks_on(t_s, s, radars, heard_s, fate):
                continue
            inside = inside and tells_by_silence(table, row, s, t_s, radars, heard_s, fate)
            loss = due * missed_look(table, row, e, n, u, s, radars) if inside else 0.0
            fade += loss
            if account:
                table.looked_s[row, s] += due * radars.period_s[s]
                table.fade[row] += loss
                table.llr[row] += loss
                if inside:
                    table.misses[row] += int(due)
        hidden = False
        if lit and not watched and quiet > HIDDEN_AFTER * period:
            hidden = down and _hidden(table, row, t_s, radars, heard_s, fate, env)
        highest = u + _height_doubt(table, row, quiet)
        floor_m = height(fate.ground, e, n)
        landed = down and highest + (e * e + n * n) / (2.0 * env[RADIUS]) <= floor_m
        longest_s = max(fate.coast_min_s, fate.coast_periods * period)
        if quiet > longest_s and lit:
            # in sight of what flies steadily the missed looks count, not the time since the last plot
            on = table.mu[row, DRONE] >= 0.5 if watched else table.status[row] == CONFIRMED
            if on and (watched or _returns(table, row, t_s, radars, heard_s, fate, env)):
                longest_s = max(longest_s, fate.unseen_s)
        reason = _reason(table, row, quiet > longest_s, fade, watched, hidden or landed, fate)
        if reason < 0:
            continue
        if reason == UNSEEN and missing:
            reason = SENSOR_LOST
        if table.track_id[row] > 0 and gone < ended.shape[0]:
            ended[gone, 0] = table.track_id[row]
            ended[gone, 1] = reason
            gone += 1
        if table.track_id[row] <= 0:  # it never had a name: clutter
            if table.ambiguous[row] == 0:  # else its plots may be those of another, which had one
                note_patches(clutter.patches, radars, table.recent[row])
            if table.bounded[row] == 1:
                e, n, u = steer(table.x, table.mu, row, 0.0, env)
                note_vain(
                    clutter.places, clutter.live, table.last_sensor[row], e, n, u,
                    float(table.hits[row]), table.t_s[row],
                )  # fmt: skip
        table.status[row] = FREE
        table.track_id[row] = 0
    return gone


@woven_kernel
def tells_by_silence(
    table: Table, row: int, sensor: int, t_s: float, radars: Radars, heard_s: Array, fate: Fate
) -> bool:
    """Whether a look of `sensor` that shows nothing at `row` says that nothing is there.

    One that has never shown this track may be off, screened, deaf or made for other targets. It has no say
    while one is live that has, or two blind radars would keep the third from ever warning. Of a sensor that
    is set aside nothing is heard: what it alone has shown the others may end.
    """
    if table.seen_s[row, sensor] > -math.inf:
        return True
    for s in range(radars.period_s.shape[0]):
        if table.seen_s[row, s] > -math.inf and alive(t_s, s, radars, heard_s, fate):
            return False
    return True


@woven_kernel
def _overdue(
    looked_s: Array, row: int, t_s: float, radars: Radars, heard_s: Array, fate: Fate
) -> bool:
    """Whether a live sensor should have looked at `row` again by now."""
    for s in range(radars.period_s.shape[0]):
        due = (t_s - looked_s[row, s]) / radars.period_s[s] - fate.late_look + 1.0
        if due >= 1.0 and looks_on(t_s, s, radars, heard_s, fate):
            return True
    return False


@woven_kernel
def falling(mu: Array, velocity: Array, bounded: Ints, row: int) -> bool:
    """Whether `row` is a ballistic object of known height on its way down."""
    return bool(mu[row, DRONE] < 0.5 and velocity[row, 2] < 0.0 and bounded[row] == 1)


@woven_kernel
def _reason(
    table: Table, row: int, too_quiet: bool, fade: float, watched: bool, down: bool, fate: Fate
) -> int:
    """Why `row` is over, or -1 while it is not. down: it has landed, or will unseen."""
    if table.status[row] == TENTATIVE:
        floor = fate.drop_first if table.hits[row] == 1 else fate.drop_tentative
        if fade >= floor and not too_quiet:
            return -1
        # one that was in the fast lane on good grounds is lost, not disowned
        if table.fast[row] == 0 or table.llr[row] <= 0.0:
            return DROPPED
        return PREDICTED_TIME if down else EXPIRED
    if down and (too_quiet or table.mu[row, DRONE] < MAY_BE_LEVEL):
        return PREDICTED_TIME
    if fade < fate.drop_confirmed:
        return EXPIRED
    if too_quiet:
        return EXPIRED if watched else UNSEEN
    return -1
