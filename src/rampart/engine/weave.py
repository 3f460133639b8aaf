"""How a slow flyer weaves about its way: what tells a bird from a small drone, over a minute.

Both fly as fast, as high and with nearly the same echo. A bird sways by ten metres about a way that changes
by itself, an autopilot by a few about a straight one. Each such way of flying is a linear model, and a Kalman
filter over the track's states, one every `STEP_S`, tells how likely it makes them (innovations form of the
likelihood, Schweppe 1965; exact but for turns, of which only the likelier branch is followed). Places and
velocities count by their own covariances: near a radar what tells most is its range rate.

The way is a position with a velocity that wanders by white acceleration; the sway about it is a damped
oscillator, the same east and north. A turn, or a plot that was not the track's own, is no news of how it
weaves: each state may be one, at a price.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel, inline_kernel, kernel

Array = npt.NDArray[np.float64]

_BIRDS: Final = ((7.0, 0.1, 0.05), (7.0, 1.5, 0.05), (12.0, 0.1, 0.05), (12.0, 1.5, 0.05))
_DRONES: Final = ((2.0, 0.004, 1e-4), (4.0, 0.004, 1e-4))
"""Sway, m (root mean square of a component), wandering of the way, m²/s³, and share of the states that come
after a sharp turn, or from a plot that was not the track's own. Set on 4,098 tracks of birds and 491 of drones,
as `sim` flies them and the tracker sees them. Had drones 0.05 too, a bird that turned twice in a minute would
look like one: one in a hundred did."""
NOISES: Final = (1.0, 2.0, 4.0)
"""Variance of the states over what the track says of them, each as likely: a radar may err twice as far as it
claims, and that is no sway."""
WEAVES: Final = np.array(
    [(*way, noise) for ways in (_BIRDS, _DRONES) for noise in NOISES for way in ways]
)
BIRDS: Final = len(_BIRDS) * len(NOISES)
PERIOD_S: Final = 30.0  # [A] of the sway, in the middle of the 12 to 60 s that `sim` draws
OMEGA: Final = 2.0 * math.pi / PERIOD_S
DAMPING: Final = 0.3  # [A] of it: an irregular sway keeps no phase for two periods
STEP_S: Final = 4.0  # the tracker's filter remembers 3 s
GAP_S: Final = 36.0  # after a gap this long the way is begun anew; what it told stays
MEMORY_S: Final = 300.0
"""[A] What was seen falls by e in this time. With 90 s, as for `course`, five times as many birds flew like
drones some time in their lives: who once wove is a bird."""
TURN_MPS: Final = 10.0  # [A] root mean square of a sharp turn,
TURN_M: Final = 30.0  # [A] and of how far off a plot leads that was not the track's own
LEAST: Final = -20.0
"""[A] Log likelihood of the drones below which nothing is counted: what wove for minutes may fly straight."""
ODD_WEAVE_SHARE: Final = 5e-5
"""[A] Share of the birds that fly straight on like a drone, and of the drones that weave like a bird."""
START_M: Final = 100.0  # of the way before the first state: so wide that nothing is known,
START_MPS: Final = 30.0  # and the same for all ways to fly
FASTEST_MPS: Final = 40.0  # twice as fast as any of them: what is faster is neither

N: Final = 8  # way E N, its velocity E N, sway E N, its velocity E N
SEEN: Final = 4  # place E N, velocity E N
ONE: Final = 1 + N + N * N  # log likelihood, mean, covariance
SIZE: Final = 1 + len(WEAVES) * ONE
NOTHING: Final = b""
"""What is known before the first state; then the time of the last one, and `ONE` of each of `WEAVES`."""
_UNTOLD: Final = np.zeros(len(WEAVES))


class Scratch(NamedTuple):
    """Room for one look at one way of flying."""

    plain: Array
    turned: Array
    root: Array
    root_turned: Array
    white: Array
    white_turned: Array
    cross: Array


@inline_kernel
def _begin(one: Array, sway_m: float, seen: Array) -> None:
    """A way through `seen`, of which nothing is known."""
    for i in range(1, ONE):
        one[i] = 0.0
    for i in range(SEEN):
        one[1 + i] = seen[i]
    for axis in range(2):
        for part, sigma in ((0, START_M), (2, START_MPS), (4, sway_m), (6, sway_m * OMEGA)):
            one[1 + N + (part + axis) * (N + 1)] = sigma * sigma


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
def _move(one: Array, sway_m: float, wanders: float, dt: float) -> None:
    """Let `dt` pass: x' = F x, P' = F P F' + Q, of the way (constant velocity with white acceleration) and of
    the sway, w'' = -omega² w - 2 zeta omega w' + white noise, stationary with variance `sway_m`²."""
    a, b = DAMPING * OMEGA, OMEGA * math.sqrt(1.0 - DAMPING * DAMPING)
    fade, c, s = math.exp(-a * dt), math.cos(b * dt), math.sin(b * dt)
    f00, f01 = fade * (c + a / b * s), fade * s / b
    f10, f11 = -fade * OMEGA * OMEGA / b * s, fade * (c - a / b * s)
    mean, cov = one[1 : 1 + N], one[1 + N :]
    # what keeps the sway stationary: Q = V - F V F', V = diag(sway², (omega sway)²)
    v, u = sway_m * sway_m, (sway_m * OMEGA) ** 2
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


@kernel
def _root(whole: Array, root: Array) -> None:
    """Lower Cholesky factor of `whole` (SEEN, SEEN) into `root`."""
    for i in range(SEEN):
        for j in range(i + 1):
            rest = whole[i, j]
            for k in range(j):
                rest -= root[i, k] * root[j, k]
            root[i, j] = math.sqrt(rest) if i == j else rest / root[j, j]


@kernel
def _whiten(root: Array, row: Array) -> None:
    """`row` (SEEN,) becomes L^-1 row."""
    for i in range(SEEN):
        for k in range(i):
            row[i] -= root[i, k] * row[k]
        row[i] /= root[i, i]


@kernel
def _log_normal(root: Array, white: Array) -> float:
    """ln N(off; 0, L L') but for a constant, `white` being L^-1 off."""
    total = 0.0
    for i in range(SEEN):
        total -= 0.5 * white[i] * white[i] + math.log(root[i, i])
    return total


@inline_kernel
def _turned(i: int) -> float:
    """Variance of a place (the first two) or a velocity after a turn, beside what was foretold."""
    return TURN_M**2 if i < 2 else TURN_MPS**2


@kernel
def _see(one: Array, turns: float, seen: Array, noise: Array, scratch: Scratch) -> float:
    """Take in `seen` (SEEN,) with its covariance; returns its log likelihood, but for a constant."""
    mean, cov = one[1 : 1 + N], one[1 + N :]
    plain, turned, root, root_turned, white, white_turned, cross = scratch
    for i in range(SEEN):
        white[i] = white_turned[i] = seen[i] - mean[i] - mean[4 + i]
        for r in range(N):
            cross[r, i] = cov[N * r + i] + cov[N * r + 4 + i]
    for i in range(SEEN):
        for j in range(SEEN):
            plain[i, j] = turned[i, j] = cross[i, j] + cross[4 + i, j] + noise[i, j]
        turned[i, i] += _turned(i)
    _root(plain, root)
    _root(turned, root_turned)
    _whiten(root, white)
    _whiten(root_turned, white_turned)
    by_plain = math.log(1.0 - turns) + _log_normal(root, white)
    by_turn = math.log(turns) + _log_normal(root_turned, white_turned)
    if by_turn > by_plain:
        # its way goes on from here, as far as that can be told
        for i in range(SEEN):
            cov[N * i + i] += _turned(i)
            cross[i, i] += _turned(i)
        root, white = root_turned, white_turned
    # K S K' = W W', W = P H' L^-T
    for r in range(N):
        _whiten(root, cross[r])
    for r in range(N):
        for i in range(SEEN):
            mean[r] += cross[r, i] * white[i]
            for c in range(N):
                cov[N * r + c] -= cross[r, i] * cross[c, i]
    return max(by_plain, by_turn) + math.log1p(math.exp(-abs(by_plain - by_turn)))


@allocating_kernel
def _follow(known: Array, t_s: float, x: Array, P: Array) -> None:
    """Take into `known` (SIZE,) a track's state at `t_s`: mean (7,) and covariance (7, 7)."""
    since_s = t_s - known[0]
    seen, noise, at = np.empty(SEEN), np.empty((SEEN, SEEN)), np.array([0, 1, 3, 4])
    for i in range(SEEN):
        seen[i] = x[at[i]]
        for j in range(SEEN):
            noise[i, j] = P[at[i], at[j]]
    if not (np.all(np.isfinite(seen)) and np.all(np.isfinite(noise))):
        return
    small = np.empty((4, SEEN, SEEN))
    scratch = Scratch(
        small[0], small[1], small[2], small[3], np.empty(SEEN), np.empty(SEEN), np.empty((N, SEEN))
    )
    begins = not since_s <= GAP_S  # nan before there is a state
    best = -math.inf
    for k in range(WEAVES.shape[0]):
        one = known[1 + k * ONE : 1 + (k + 1) * ONE]
        sway_m, wanders, turns, scale = WEAVES[k]
        log_p = one[0] * math.exp(-since_s / MEMORY_S) if since_s > 0.0 else 0.0
        if begins:
            _begin(one, sway_m, seen)
            _see(one, turns, seen, scale * noise, scratch)
        else:
            _move(one, sway_m, wanders, since_s)
            log_p += _see(one, turns, seen, scale * noise, scratch)
        if not math.isfinite(log_p):  # of a covariance that is none: begin anew
            known[0] = math.nan
            return
        one[0] = log_p
        best = max(best, log_p)
    for k in range(WEAVES.shape[0]):
        known[1 + k * ONE] -= best
        if k >= BIRDS:
            known[1 + k * ONE] = max(known[1 + k * ONE], LEAST)
    known[0] = t_s


def followed(known: bytes, t_s: float, x: Array, P: Array) -> bytes:
    """`known` of a track, `NOTHING` at first, with its state at `t_s` where that is due: mean (7,) and
    covariance (7, 7). What is faster than either is not followed."""
    if known and not t_s - np.frombuffer(known, count=1)[0] >= STEP_S:
        return known
    if not x[3] * x[3] + x[4] * x[4] < FASTEST_MPS**2:
        return known
    state = np.frombuffer(known).copy() if known else np.full(SIZE, np.nan)
    _follow(state, t_s, x, P)
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
