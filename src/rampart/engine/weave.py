"""How a flyer weaves about its way: what tells a bird from a small drone, and a glider from a one-way drone.

The two of each fly as fast, as high and with nearly the same echo. A bird sways by ten metres about a way that
changes by itself, an autopilot by a few about a straight one. Each such way of flying (`ways`) is a linear
model, and a Kalman filter over the track's plots, each by its own errors, tells how likely it makes them
(innovations form of the likelihood, Schweppe 1965; exact but for turns, of which only the likelier branch is
followed). Near a radar what tells most is the range rate.

The way is a position with a velocity that wanders by white acceleration; the sway about it is a damped
oscillator, the same east and north. A turn is no news of how it weaves, nor is a plot that was not the track's
own: before each plot there may have been one, at a price, and each plot may be the other.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.fate import MAY_BE_LEVEL
from rampart.engine.plotrow import NUMBERS, SEEN_BY, T, variances_of
from rampart.engine.radars import Radars
from rampart.engine.ways import KINDS, NOISE, PERIOD, SWAY, TURNS, WANDERS, WEIGHT, Ways
from rampart.kernels._jit import allocating_kernel, inline_kernel, kernel
from rampart.kernels.measurement import AZIMUTH, ELEVATION, RANGE, RANGE_RATE

Array = npt.NDArray[np.float64]

DAMPING: Final = 0.3  # [A] of the sway: an irregular one keeps no phase for two periods
SPACING_S: Final = (
    0.4  # least time between two plots: the slow errors of a fast radar are the same in both
)
GAP_S: Final = 36.0  # after a gap this long the way is begun anew; what it told stays
MEMORY_S: Final = 300.0
"""[A] What was seen falls by e in this time. With 90 s, as for `course`, five times as many birds flew like
drones some time in their lives: who once wove is a bird."""
TURN_MPS: Final = 10.0  # [A] root mean square of a sharp turn,
TURN_M: Final = 30.0  # [A] and of how far off a plot lies that is not the track's own
AMISS: Final = 0.005  # [A] share of such plots: the radar's and the tracker's doing, whatever flies
LEAST: Final = -20.0
"""[A] Log likelihood, below that of the best, from which on nothing is counted: what wove for minutes may fly
straight. The same for all: with one for the drones alone, birds had what seemed an error of the radar for a
while held against them for minutes."""
START_M: Final = 100.0  # of the way before the first plot: so wide that nothing is known,
START_MPS: Final = 30.0  # and the same for all ways to fly
FLATTEST: Final = 0.1  # cosine of the elevation: nearer overhead a plot tells nothing in the plan

N: Final = 8  # way E N, its velocity E N, sway E N, its velocity E N
PLACE: Final = 0  # where those of a place begin in them: way and sway
VELOCITY: Final = 2  # and those of a velocity
OFF: Final = 1
"""Of one way to fly: log likelihood, whether the last plot lay off, mean and covariance."""
MEAN: Final = 2
COV: Final = MEAN + N
ONE: Final = COV + N * N
Woven = tuple[bytes, ...]
NOTHING: Final[Woven] = (b"",) * len(KINDS)
"""What is known, by each of `KINDS`, before the first plot; then the time of the last one, and `ONE` of each
way to fly."""
_UNTOLD: Final = tuple(np.zeros(len(ways.table)) for ways in KINDS)


class Sight(NamedTuple):
    """A plot in the plan: where, and seen along which direction; nan: no range rate."""

    east_m: float
    north_m: float
    along_e: float  # unit vector away from the radar
    along_n: float
    variance_along: float
    variance_across: float
    rate_mps: float  # along it
    variance_rate: float


class Room(NamedTuple):
    """Room for one look at one way of flying."""

    plain: Array  # (ONE,) as foretold
    turned: Array  # (ONE,) had it turned
    gain: Array  # (N,)


@kernel
def _sight(
    plot: Array, variances: Array, axes: Array, place: Array, x: Array, climb_variance: float
) -> Sight:
    """`plot` (KEPT,) of a track at `x` (7,), which tells the elevation where the radar does not, and the climb
    that its range rate holds; no place (nan) where it tells nothing in the plan."""
    range_m, azimuth = plot[NUMBERS + RANGE], plot[NUMBERS + AZIMUTH]
    sine, elevation_variance = math.sin(plot[NUMBERS + ELEVATION]), variances[ELEVATION]
    if math.isnan(sine):
        rise = 0.0
        for i in range(3):
            rise += axes[i, 2] * (x[i] - place[i])
        sine, elevation_variance = min(max(rise / max(range_m, 1.0), -1.0), 1.0), 0.0
    cosine = math.sqrt(1.0 - sine * sine)
    flat_m = cosine * range_m
    seen_e, seen_n, seen_u = flat_m * math.sin(azimuth), flat_m * math.cos(azimuth), sine * range_m
    e = axes[0, 0] * seen_e + axes[0, 1] * seen_n + axes[0, 2] * seen_u
    n = axes[1, 0] * seen_e + axes[1, 1] * seen_n + axes[1, 2] * seen_u
    out_m = math.sqrt(e * e + n * n)
    if not (cosine > FLATTEST and out_m > 0.0):
        return Sight(math.nan, math.nan, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    return Sight(
        place[0] + e,
        place[1] + n,
        e / out_m,
        n / out_m,
        cosine * cosine * variances[RANGE] + (range_m * sine) ** 2 * elevation_variance,
        flat_m * flat_m * variances[AZIMUTH],
        (plot[NUMBERS + RANGE_RATE] - sine * x[5]) / cosine,
        (variances[RANGE_RATE] + sine * sine * climb_variance) / (cosine * cosine),
    )


@inline_kernel
def _begin(one: Array, sway_m: float, omega: float, sight: Sight) -> None:
    """A way through a place, of which nothing is known."""
    for i in range(1, ONE):
        one[i] = 0.0
    one[MEAN], one[MEAN + 1] = sight.east_m, sight.north_m
    for axis in range(2):
        for part, sigma in ((0, START_M), (2, START_MPS), (4, sway_m), (6, sway_m * omega)):
            one[COV + (part + axis) * (N + 1)] = sigma * sigma


@inline_kernel
def _pass_on(
    f00: float, f01: float, f10: float, f11: float, at: int, to: int, x: Array, step: int
) -> None:
    """Two numbers of `x`, `step` apart from `at` and from `to` on, times the matrix f, N times."""
    for _ in range(N):
        first, second = x[at], x[to]
        x[at], x[to] = f00 * first + f01 * second, f10 * first + f11 * second
        at += step
        to += step


@kernel
def _move(one: Array, sway_m: float, omega: float, wanders: float, dt: float) -> None:
    """Let `dt` pass: x' = F x, P' = F P F' + Q, of the way (constant velocity with white acceleration) and of
    the sway, w'' = -omega² w - 2 zeta omega w' + white noise, stationary with variance `sway_m`²."""
    a, b = DAMPING * omega, omega * math.sqrt(1.0 - DAMPING * DAMPING)
    fade, c, s = math.exp(-a * dt), math.cos(b * dt), math.sin(b * dt)
    f00, f01 = fade * (c + a / b * s), fade * s / b
    f10, f11 = -fade * omega * omega / b * s, fade * (c - a / b * s)
    mean, cov = one[MEAN:COV], one[COV:]
    # what keeps the sway stationary: Q = V - F V F', V = diag(sway², (omega sway)²)
    v, u = sway_m * sway_m, (sway_m * omega) ** 2
    for axis in range(2):
        place, speed, sway, pace = axis, 2 + axis, 4 + axis, 6 + axis
        mean[place] += dt * mean[speed]
        mean[sway], mean[pace] = (
            f00 * mean[sway] + f01 * mean[pace],
            f10 * mean[sway] + f11 * mean[pace],
        )
        _pass_on(1.0, dt, 0.0, 1.0, N * place, N * speed, cov, 1)
        _pass_on(f00, f01, f10, f11, N * sway, N * pace, cov, 1)
        _pass_on(1.0, dt, 0.0, 1.0, place, speed, cov, N)
        _pass_on(f00, f01, f10, f11, sway, pace, cov, N)
        cov[N * place + place] += wanders * dt**3 / 3.0
        cov[N * place + speed] += wanders * dt * dt / 2.0
        cov[N * speed + place] += wanders * dt * dt / 2.0
        cov[N * speed + speed] += wanders * dt
        cov[N * sway + sway] += v - f00 * f00 * v - f01 * f01 * u
        cov[N * sway + pace] -= f00 * f10 * v + f01 * f11 * u
        cov[N * pace + sway] -= f00 * f10 * v + f01 * f11 * u
        cov[N * pace + pace] += u - f10 * f10 * v - f11 * f11 * u


@inline_kernel
def _take_in(
    one: Array, part: int, e: float, n: float, value: float, variance: float, gain: Array
) -> float:
    """Take in one number, the component along (e, n) of a place or a velocity (`part`): the scalar update of
    the Kalman filter. Returns its log likelihood, but for a constant. `gain` (N,): room for it."""
    mean, cov = one[MEAN:COV], one[COV:]
    for r in range(N):
        at = N * r + part
        gain[r] = e * (cov[at] + cov[at + 4]) + n * (cov[at + 1] + cov[at + 5])
    spread = variance + e * (gain[part] + gain[part + 4]) + n * (gain[part + 1] + gain[part + 5])
    off = value - e * (mean[part] + mean[part + 4]) - n * (mean[part + 1] + mean[part + 5])
    share = 1.0 / spread  # one division for all
    for r in range(N):
        mean[r] += gain[r] * share * off
        for c in range(N):
            cov[N * r + c] -= gain[r] * gain[c] * share
    log_p: float = -0.5 * (off * off / spread + math.log(spread))
    return log_p


@kernel
def _take(one: Array, sight: Sight, noise: float, gain: Array) -> float:
    """Take in a whole plot, with `noise` times its variances; returns its log likelihood."""
    e, n = sight.along_e, sight.along_n
    along, across = e * sight.east_m + n * sight.north_m, e * sight.north_m - n * sight.east_m
    log_p: float = _take_in(one, PLACE, e, n, along, noise * sight.variance_along, gain)
    log_p += _take_in(one, PLACE, -n, e, across, noise * sight.variance_across, gain)
    if not math.isnan(sight.rate_mps):
        log_p += _take_in(one, VELOCITY, e, n, sight.rate_mps, noise * sight.variance_rate, gain)
    return log_p


@inline_kernel
def _copy(one: Array, into: Array) -> None:
    """Mean and covariance of a way to fly."""
    for i in range(MEAN, ONE):
        into[i] = one[i]


@kernel
def _see(one: Array, turns: float, since_s: float, sight: Sight, noise: float, room: Room) -> float:
    """Take in a plot `since_s` after the last, with so many `turns` a second; returns its log likelihood.

    What lies far off is a turn, or a plot amiss: that of one that hardly ever turns, unless the next lies off
    too.
    """
    turned = min(turns * since_s, 0.5)
    _copy(one, room.plain)
    _copy(one, room.turned)
    for axis in range(2):
        room.turned[COV + (PLACE + axis) * (N + 1)] += TURN_M**2
        room.turned[COV + (VELOCITY + axis) * (N + 1)] += TURN_MPS**2
    by_plain = math.log(1.0 - AMISS - turned) + _take(room.plain, sight, noise, room.gain)
    by_wide = math.log(AMISS + turned) + _take(room.turned, sight, noise, room.gain)
    if by_wide <= by_plain:
        _copy(room.plain, one)
        one[OFF] = 0.0
    elif one[OFF] > 0.0 or turns > AMISS:
        _copy(room.turned, one)  # its way goes on from here, as far as that can be told
        one[OFF] = 0.0
    else:
        one[OFF] = 1.0
    return max(by_plain, by_wide) + math.log1p(math.exp(-abs(by_plain - by_wide)))


@inline_kernel
def _turn(straight: Array, turning: Array, leg_s: float, turn_s: float, since_s: float) -> None:
    """Let a straight leg become a turn, and a turn end, as one in `leg_s` and in `turn_s` does: each of the two
    takes its share of what is said for the other, and goes on from the likelier of the ways that led to it."""
    begins, ends = min(since_s / leg_s, 0.5), min(since_s / turn_s, 0.5)
    best = max(straight[0], turning[0])
    on, turned = math.exp(straight[0] - best), math.exp(turning[0] - best)
    if ends * turned > (1.0 - begins) * on:
        _copy(turning, straight)
    elif begins * on > (1.0 - ends) * turned:
        _copy(straight, turning)
    straight[0] = best + math.log((1.0 - begins) * on + ends * turned)
    turning[0] = best + math.log(begins * on + (1.0 - ends) * turned)


@inline_kernel
def _one(known: Array, k: int) -> Array:
    """What is known by the way `k`."""
    return known[1 + k * ONE : 1 + (k + 1) * ONE]


@allocating_kernel
def _follow(
    known: Array, recent: Array, axes: Array, places: Array, bias: Array, x: Array, P: Array, table: Array,
    turns: Array,
) -> None:  # fmt: skip
    """Take into `known` (1 + n ONE,) a track's last plots (n, KEPT); it is at `x` (7,), `P` (7, 7).
    `axes`, `places` and `bias` as in `Radars`, `table` and `turns` as in `Ways`."""
    variances, room = np.empty(5), Room(np.empty(ONE), np.empty(ONE), np.empty(N))
    for p in range(recent.shape[0]):
        # nan before there is any, of either
        since_s = recent[p, T] - known[0]
        if math.isnan(recent[p, T]) or since_s < SPACING_S:
            continue
        sensor = int(recent[p, SEEN_BY])
        variances_of(recent, p, 1.0, bias[sensor], variances)
        sight = _sight(recent[p], variances, axes[sensor], places[sensor], x, P[5, 5])
        if math.isnan(sight.east_m):
            continue
        begins = not since_s <= GAP_S
        for k in range(table.shape[0]):
            one, way = _one(known, k), table[k]
            sway_m, omega = way[SWAY], 2.0 * math.pi / way[PERIOD]
            log_p = one[0] * math.exp(-since_s / MEMORY_S) if since_s > 0.0 else way[WEIGHT]
            if begins:
                _begin(one, sway_m, omega, sight)
                _take(one, sight, way[NOISE], room.gain)
            else:
                _move(one, sway_m, omega, way[WANDERS], since_s)
                log_p += _see(one, way[TURNS], since_s, sight, way[NOISE], room)
            if not math.isfinite(log_p):  # of errors that are none: begin anew
                known[0] = math.nan
                return
            one[0] = log_p
        for row in turns if not begins else turns[:0]:
            _turn(_one(known, int(row[0])), _one(known, int(row[1])), row[2], row[3], since_s)
        best = known[1::ONE].max()
        for k in range(table.shape[0]):
            known[1 + k * ONE] = max(known[1 + k * ONE] - best, LEAST)
        known[0] = recent[p, T]


def followed(
    known: Woven, recent: Array, radars: Radars, x: Array, P: Array, level_p: float = 1.0
) -> Woven:
    """`known` of a track, `NOTHING` at first, with its last plots (n, KEPT) where they are due; it is at `x`
    (7,) with covariance `P` (7, 7), and flies level with probability `level_p`. By those of `KINDS` that fly as
    fast; by the others, and of what falls, nothing is followed."""
    mps = math.hypot(x[3], x[4]) if level_p >= MAY_BE_LEVEL else math.inf
    return tuple(
        _followed(k, ways, recent, radars, x, P)
        if ways.slowest_mps <= mps < ways.fastest_mps
        else k
        for k, ways in zip(known, KINDS, strict=True)
    )


def _followed(known: bytes, ways: Ways, recent: Array, radars: Radars, x: Array, P: Array) -> bytes:
    size = 1 + len(ways.table) * ONE
    state = np.frombuffer(known).copy() if known else np.full(size, np.nan)
    _follow(state, recent, radars.axes, radars.place, radars.bias, x, P, ways.table, ways.turns)
    return b"" if math.isnan(state[0]) else state.tobytes()


def told(known: Woven) -> Array:
    """(TOLD,): log likelihood of each way to fly, up to a constant of each of `KINDS`; zeros where nothing is
    known."""
    return np.concatenate(
        [np.frombuffer(k)[1::ONE] if k else no for k, no in zip(known, _UNTOLD, strict=True)]
    )
