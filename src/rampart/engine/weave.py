"""How a slow flyer weaves about its way: what tells a bird from a small drone, over a minute.

Both fly as fast, as high and with nearly the same echo. A bird sways by ten metres about a way that changes
by itself, an autopilot by a few about a straight one. Each such way of flying is a linear model, and a Kalman
filter over the track's plots, each by its own errors, tells how likely it makes them (innovations form of the
likelihood, Schweppe 1965; exact but for turns, of which only the likelier branch is followed). Near a radar
what tells most is the range rate.

The way is a position with a velocity that wanders by white acceleration; the sway about it is a damped
oscillator, the same east and north. A turn is no news of how it weaves, nor is a plot that was not the track's
own: before each plot there may have been one, at a price, and each plot may be the other.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.plotrow import NUMBERS, SEEN_BY, T, variances_of
from rampart.engine.radars import Radars
from rampart.kernels._jit import allocating_kernel, inline_kernel, kernel
from rampart.kernels.measurement import AZIMUTH, ELEVATION, RANGE, RANGE_RATE

Array = npt.NDArray[np.float64]

_BIRDS: Final = tuple(
    (10.6, period_s, wanders, 0.0125) for period_s in (18.0, 30.0, 50.0) for wanders in (0.1, 1.5)
)
_DRONES: Final = tuple((2.8, period_s, 0.004, 2.5e-5) for period_s in (18.0, 30.0))
"""[A] Sway, m (root mean square of a component), its period, s, wandering of the way, m²/s³, and sharp turns a
second. Set on 4,385 tracks of birds and 247 of drones, as `sim` flies them, of which each keeps the periods of
its sway. With one period for all, a bird that sways slowly looked more like a drone with every minute (ADR 21).
Had drones as many turns, a bird that turned twice in a minute would look like one: one in a hundred did."""
NOISES: Final = (1.0, 2.0, 4.0)
"""Variance of the plots over what the radar says of them, each as likely: it may err twice as far as it
claims, and that is no sway."""
WEAVES: Final = np.array(
    [(*way, noise) for ways in (_BIRDS, _DRONES) for noise in NOISES for way in ways]
)
BIRDS: Final = len(_BIRDS) * len(NOISES)
DAMPING: Final = 0.3  # [A] of it: an irregular sway keeps no phase for two periods
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
ODD_WEAVE_SHARE: Final = 5e-7
"""[A] Share of the birds that fly straight on like a drone, and of the drones that weave like a bird."""
START_M: Final = 100.0  # of the way before the first plot: so wide that nothing is known,
START_MPS: Final = 30.0  # and the same for all ways to fly
FASTEST_MPS: Final = 40.0  # twice as fast as any of them: what is faster is neither
FLATTEST: Final = 0.1  # cosine of the elevation: nearer overhead a plot tells nothing in the plan

N: Final = 8  # way E N, its velocity E N, sway E N, its velocity E N
PLACE: Final = 0  # where those of a place begin in them: way and sway
VELOCITY: Final = 2  # and those of a velocity
OFF: Final = 1
"""Of one way to fly: log likelihood, whether the last plot lay off, mean and covariance."""
MEAN: Final = 2
COV: Final = MEAN + N
ONE: Final = COV + N * N
SIZE: Final = 1 + len(WEAVES) * ONE
NOTHING: Final = b""
"""What is known before the first plot; then the time of the last one, and `ONE` of each of `WEAVES`."""
_UNTOLD: Final = np.zeros(len(WEAVES))


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
    for r in range(N):
        mean[r] += gain[r] / spread * off
        for c in range(N):
            cov[N * r + c] -= gain[r] * gain[c] / spread
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


@allocating_kernel
def _follow(
    known: Array, recent: Array, axes: Array, places: Array, bias: Array, x: Array, P: Array
) -> None:
    """Take into `known` (SIZE,) a track's last plots (n, KEPT); it is at `x` (7,), `P` (7, 7).
    `axes`, `places` and `bias` as in `Radars`."""
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
        best = -math.inf
        for k in range(WEAVES.shape[0]):
            one = known[1 + k * ONE : 1 + (k + 1) * ONE]
            sway_m, period_s, wanders, turns, noise = WEAVES[k]
            omega = 2.0 * math.pi / period_s
            log_p = one[0] * math.exp(-since_s / MEMORY_S) if since_s > 0.0 else 0.0
            if begins:
                _begin(one, sway_m, omega, sight)
                _take(one, sight, noise, room.gain)
            else:
                _move(one, sway_m, omega, wanders, since_s)
                log_p += _see(one, turns, since_s, sight, noise, room)
            if not math.isfinite(log_p):  # of errors that are none: begin anew
                known[0] = math.nan
                return
            one[0] = log_p
            best = max(best, log_p)
        for k in range(WEAVES.shape[0]):
            known[1 + k * ONE] = max(known[1 + k * ONE] - best, LEAST)
        known[0] = recent[p, T]


def followed(known: bytes, recent: Array, radars: Radars, x: Array, P: Array) -> bytes:
    """`known` of a track, `NOTHING` at first, with its last plots (n, KEPT) where they are due; it is at `x`
    (7,) with covariance `P` (7, 7). What is faster than either is not followed."""
    if not x[3] * x[3] + x[4] * x[4] < FASTEST_MPS**2:
        return known
    state = np.frombuffer(known).copy() if known else np.full(SIZE, np.nan)
    _follow(state, recent, radars.axes, radars.place, radars.bias, x, P)
    return NOTHING if math.isnan(state[0]) else state.tobytes()


def told(known: bytes) -> Array:
    """(len(WEAVES),): log likelihood of each, up to a constant; zeros where nothing is known."""
    return np.frombuffer(known)[1::ONE] if known else _UNTOLD


@inline_kernel
def like_a_drone(weaves: Array) -> float:
    """How many times likelier a small drone makes what was `told` than a bird does."""
    bird = drone = 0.0
    for k in range(BIRDS):
        bird += math.exp(weaves[k]) / BIRDS
    for k in range(BIRDS, weaves.size):
        drone += math.exp(weaves[k]) / (weaves.size - BIRDS)
    odd = ODD_WEAVE_SHARE
    return ((1.0 - odd) * drone + odd * bird) / ((1.0 - odd) * bird + odd * drone)


@allocating_kernel
def speaks_for_a_drone(weaves: Array) -> bool:
    """Whether what was `told` is likelier of a small drone than of a bird."""
    return bool(like_a_drone(weaves) > 1.0)
