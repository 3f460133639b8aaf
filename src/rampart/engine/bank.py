"""The tables of all tracks: structure of arrays, one row a track, rows reused.

`Table` is what the kernels write; `Bank` is the read-only view that the rest of the engine uses.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.course import ACCEL_MPS2, CLIMB_MPS, MARK, MARKS, PACE
from rampart.engine.plotrow import KEPT, RECENT
from rampart.kernels._jit import Held, allocating_kernel, hold, literal_unroll
from rampart.kernels.imm import MODELS, Dynamics, Work, make_work, moments, predict_row
from rampart.kernels.transition import N

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FREE: Final = 0
TENTATIVE: Final = 1
CONFIRMED: Final = 2
LEFT: Final = 5  # numbers of `Table.left`


class Table(NamedTuple):
    """Columns of the tracks; the first axis is the row. Times are seconds since the engine's epoch.

    The state stands at the track's last plot (`t_s`); nothing is stored ahead of it.
    """

    x: Array  # (cap, 3, 7) mean of each model
    P: Array  # (cap, 3, 7, 7)
    mu: Array  # (cap, 3) probabilities of the models
    t_s: Array
    status: Ints
    track_id: Ints  # 0 while unnamed, -1 where a name is due
    llr: Array  # log likelihood ratio, track against clutter, since the first plot
    fade: Array  # log likelihood ratio since the last good plot, at most 0
    hits: Ints
    misses: Ints  # looks since the last plot
    t_first_s: Array
    t_third_s: Array  # nan before the third plot
    birth: (
        Array  # (cap, 4) range m, azimuth rad of the first two plots: with t_first_s, the identity
    )
    last_sensor: Ints
    sensors: Ints  # bit mask of the sensors that contributed
    bias: Array  # (cap, 4) slow errors that the sensor of the last plot had then, one sigma
    bounded: Ints  # 1: height was observed
    ambiguous: Ints  # plots until the track counts as unambiguous again
    fast: Ints  # 1: plainly ballistic at its second plot
    echoes: Array  # (cap, sensors, 2) how strong it was to each sensor: `detection.add_echo`
    rcs: Array  # (cap, 3) its echoes' amplitudes, whose squares are m²: sum, largest, number
    recent: Array  # (cap, RECENT, KEPT) its last plots, oldest first; nan where there were fewer
    # (cap, 10) what the first gate reads: mean place and velocity, their one-sigma radii in the
    # widest model, unmodelled and modelled acceleration at most (m/s²)
    bound: Array
    way: Array  # (cap, 3, 6) range, range rate and their spread for the last sensor, by model
    velocity: Array  # (cap, 3) mean velocity at the last plot but for smoothing of turns
    turn: Array  # (cap, 2) turn rate (rad/s, clockwise) and its variance
    speed: Array  # (cap, 2) smoothed speed (m/s) and variance about it
    marks: Array  # (cap, MARKS, MARK) and
    bends: Array  # (cap, scales, accelerations) and
    climbs: Array  # (cap, climbs) and
    pace: Array  # (cap, 2) how it holds its course: `course.follow_course`
    left: Array  # (cap, sensors, LEFT) by how much the last plot of each was off (`noise.py`), and when
    looked_s: Array  # (cap, sensors) last look of each sensor at the track, with or without a plot
    seen_s: Array  # (cap, sensors) last plot from each sensor, -inf: none


def make_table(capacity: int, sensors: int) -> Table:
    """An empty table."""
    f, i = np.float64, np.int64
    return Table(
        x=np.zeros((capacity, MODELS, N), f),
        P=np.zeros((capacity, MODELS, N, N), f),
        mu=np.zeros((capacity, MODELS), f),
        t_s=np.zeros(capacity, f),
        status=np.zeros(capacity, i),
        track_id=np.zeros(capacity, i),
        llr=np.zeros(capacity, f),
        fade=np.zeros(capacity, f),
        hits=np.zeros(capacity, i),
        misses=np.zeros(capacity, i),
        t_first_s=np.zeros(capacity, f),
        t_third_s=np.zeros(capacity, f),
        birth=np.zeros((capacity, 4), f),
        last_sensor=np.zeros(capacity, i),
        sensors=np.zeros(capacity, i),
        bias=np.zeros((capacity, 4), f),
        bounded=np.zeros(capacity, i),
        ambiguous=np.zeros(capacity, i),
        fast=np.zeros(capacity, i),
        echoes=np.zeros((capacity, max(sensors, 1), 2), f),
        rcs=np.zeros((capacity, 3), f),
        recent=np.zeros((capacity, RECENT, KEPT), f),
        bound=np.zeros((capacity, 10), f),
        way=np.zeros((capacity, MODELS, 6), f),
        velocity=np.zeros((capacity, 3), f),
        turn=np.zeros((capacity, 2), f),
        speed=np.zeros((capacity, 2), f),
        marks=np.zeros((capacity, MARKS, MARK), f),
        bends=np.zeros((capacity, *ACCEL_MPS2.shape), f),
        climbs=np.zeros((capacity, len(CLIMB_MPS)), f),
        pace=np.zeros((capacity, PACE), f),
        left=np.zeros((capacity, max(sensors, 1), LEFT), f),
        looked_s=np.zeros((capacity, max(sensors, 1)), f),
        seen_s=np.zeros((capacity, max(sensors, 1)), f),
    )


@allocating_kernel
def copy_track(table: Table, row: int, to: int) -> None:
    """Make `to` a second track that is the same as `row`."""
    for column in literal_unroll(table):
        column[to] = column[row]


LONGEST_S: Final = 120.0
"""No flight is followed further: an absurd time must not keep the engine flying for a century."""


class Motion(NamedTuple):
    """The states of all tracks, how they move, and scratch for one (x, P, mu) row."""

    table: Table
    dynamics: Dynamics
    env: Array
    work: Work
    x: Array
    P: Array
    mu: Array


@allocating_kernel
def _states_at(motion: Held, rows: Ints, t_s: float, mean: Array, cov: Array) -> None:
    """Mixture mean (n, 7) and covariance (n, 7, 7) of `rows` at `t_s`."""
    table, dynamics, env, work, x, P, mu = motion.content
    for k in range(rows.shape[0]):
        row = rows[k]
        x[0] = table.x[row]
        P[0] = table.P[row]
        mu[0] = table.mu[row]
        dt = min(max(t_s - table.t_s[row], -LONGEST_S), LONGEST_S)
        predict_row(x, P, mu, 0, dt, dynamics, env, work)
        moments(x, P, mu, 0, mean[k], cov[k])


@allocating_kernel
def _mixtures(motion: Held, rows: Ints, mean: Array, cov: Array) -> None:
    """Mixture mean (n, 7) and covariance (n, 7, 7) of `rows` as they stand."""
    table = motion.content.table
    for k in range(rows.shape[0]):
        moments(table.x, table.P, table.mu, rows[k], mean[k], cov[k])


@allocating_kernel
def _pack(motion: Held, size: int) -> Array:
    """The first `size` rows of every column, bit for bit, one column after the other."""
    table = motion.content.table
    width = 0
    for column in literal_unroll(table):
        width += column.size // column.shape[0]
    packed = np.empty(width * size)
    at = 0
    for column in literal_unroll(table):
        part = column[:size].reshape(-1).view(np.float64)
        packed[at : at + part.size] = part
        at += part.size
    return packed


@allocating_kernel
def _unpack(motion: Held, size: int, packed: Array) -> None:
    """Inverse of `_pack`."""
    at = 0
    for column in literal_unroll(motion.content.table):
        part = column[:size].reshape(-1).view(np.float64)
        part[:] = packed[at : at + part.size]
        at += part.size


class Bank:
    """All tracks of one tracker, as arrays indexed by row; rows stay with a track until it ends."""

    def __init__(self, table: Table, dynamics: Dynamics, env: Array) -> None:
        self.size = 0  # rows in use lie below this
        self.table = table
        x, P, mu = np.zeros((1, MODELS, N)), np.zeros((1, MODELS, N, N)), np.zeros((1, MODELS))
        self._motion = hold(Motion(table, dynamics, env, make_work(), x, P, mu))

    def __getattr__(self, name: str) -> Any:
        """A column of the table by its name."""
        if name in Table._fields:
            return getattr(self.table, name)
        raise AttributeError(name)

    @property
    def capacity(self) -> int:
        """Rows allocated."""
        return len(self.table.t_s)

    def rows(self) -> Ints:
        """Rows of the tracks that have a name: confirmed ones and those in the fast lane."""
        return np.flatnonzero(self.table.track_id[: self.size] > 0)

    def row_of(self, track_id: int) -> int | None:
        """The row of a living track."""
        found = np.flatnonzero(self.table.track_id[: self.size] == track_id)
        return int(found[0]) if len(found) and track_id > 0 else None

    def mean(self, row: int) -> Array:
        """Mixture mean (7,) at the track's last plot."""
        return self.mixtures(np.array([row], np.int64))[0].reshape(N)

    def cov(self, row: int) -> Array:
        """Mixture covariance (7, 7) at the track's last plot."""
        return self.mixtures(np.array([row], np.int64))[1].reshape(N, N)

    def mixtures(self, rows: Ints) -> tuple[Array, Array]:
        """Mixture means (n, 7) and covariances (n, 7, 7) of `rows`, each at its track's last plot."""
        mean = np.empty((len(rows), N))
        cov = np.empty((len(rows), N, N))
        _mixtures(self._motion, rows, mean, cov)
        return mean, cov

    def state_at(self, row: int, t_s: float) -> tuple[Array, Array]:
        """Mixture mean (7,) and covariance (7, 7) of one track propagated to `t_s`."""
        mean, cov = self.states_at(np.array([row], np.int64), t_s)
        return mean[0], cov[0]

    def states_at(self, rows: Ints, t_s: float) -> tuple[Array, Array]:
        """Mixture means (n, 7) and covariances (n, 7, 7) of `rows` propagated to `t_s`."""
        mean = np.empty((len(rows), N))
        cov = np.empty((len(rows), N, N))
        _states_at(self._motion, rows, t_s, mean, cov)
        return mean, cov

    def copy(self) -> Array:
        """The rows in use, as `restore` takes them back."""
        return _pack(self._motion, self.size)

    def restore(self, packed: Array) -> None:
        """Take back what `copy` gave; raises ValueError where it does not fill whole rows."""
        width = sum(column[0].size for column in self.table)
        if len(packed) % width or len(packed) > width * self.capacity:
            raise ValueError(f"found {len(packed)} numbers; allowed: rows of {width}")
        self.size = len(packed) // width
        _unpack(self._motion, self.size, packed)
        self.table.status[self.size :] = FREE
        self.table.track_id[self.size :] = 0
