"""The slow errors of all sensors, estimated together: a Kalman filter, and what one comparison tells it.

b stacks (range m, azimuth rad, elevation rad, time s) of every sensor in site order, then the age (s) by
which known traffic reports an older place than it says: first what all reports without a stated time sigma
share, then what each object adds of its own; then E N U of what each reflector stands beside its surveyed
place. Priors are the sensors' declared bias sigmas, what is told or assumed of ages, and the surveys'; a
direction that no comparison shows stays at its prior. So an error that all clocks share is learnt from
objects only, as far as their own ages are known: the mean of n of them is known to one nth of their variance.

A comparison takes two plots of one object that no other comparison uses, so that their noise is white and
the filtered track, which holds both sensors' errors, enters by its velocity over a fraction of a second
only. Source: the exact pairwise difference of Lin, Kirubarajan and Bar-Shalom 2004 (IEEE Trans. AES 40(4));
asynchronous 3-D sensors: arXiv 2109.01823.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.kernels.comparison import absorb, carry, drift, read_against, read_pair
from rampart.kernels.consider import BIASES

Array = npt.NDArray[np.float64]

GATE_D2: Final = 16.27
"""Squared distance of three numbers beyond which 0.1 % of true comparisons lie: not the same object."""


class Place(NamedTuple):
    """Where a sensor stands and how it is turned: x_site = place + axes x_sensor."""

    axes: Array  # (3, 3)
    place: Array  # (3,)


class PolarPlot(NamedTuple):
    """One plot as it came, not corrected. `numbers`, `variances` (3,): range, azimuth, elevation."""

    sensor: int
    t_s: float
    numbers: tuple[float, float, float]
    variances: tuple[float, float, float]


class Velocity(NamedTuple):
    """Velocity (3,) of an object, its covariance (3, 3), and the acceleration (m/s²) it may hide."""

    v: Array
    P: Array
    accel_mps2: float


OBJECTS: Final = 16
"""Objects whose own ages are held; the one that was compared longest ago gives way to another."""


class BiasFilter:
    """Mean `b` (4 sensors + 1 + OBJECTS + 3 reflectors,) and covariance `P`, at `t_s`.

    `sigma` (4 sensors + 1,): priors of the sensors' biases and of the age that reports share; `survey_m`: of
    each reflector.
    """

    def __init__(self, sigma: Array, memory_s: float, survey_m: Sequence[float] = ()) -> None:
        own = [0.0] * OBJECTS
        self._prior = np.diag(np.concatenate([sigma, own, np.repeat(survey_m, 3)]) ** 2)
        self._memory_s = memory_s
        self.shared = len(sigma) - 1  # where b holds the age that reports share
        self._aged: dict[str, int] = {}  # where it holds each object's own, oldest comparison first
        self.b = np.zeros(len(self._prior))
        self.P = self._prior.copy()
        self.t_s: float | None = None
        self.used = 0

    def place_of(self, reflector: int) -> int:
        """Where b holds what this reflector, in site order, stands beside its surveyed place."""
        return self.shared + 1 + OBJECTS + 3 * reflector

    def age_of(self, ident: str, sigma_s: float) -> int:
        """Where b holds the own age of this object, known to `sigma_s` when it is first compared."""
        at = self._aged.pop(ident, None)
        if at is None:
            full = len(self._aged) == OBJECTS
            at = (
                self._aged.pop(next(iter(self._aged)))
                if full
                else len(self._aged) + self.shared + 1
            )
            self.b[at] = self.P[at, :] = self.P[:, at] = 0.0
            self.P[at, at] = self._prior[at, at] = sigma_s**2
        self._aged[ident] = at
        return at

    def age(self, t_s: float) -> None:
        """Let biases drift to `t_s`: a Gauss-Markov process whose stationary law is the prior."""
        if self.t_s is not None and t_s > self.t_s:
            drift(self.b, self.P, self._prior, math.exp(-(t_s - self.t_s) / self._memory_s))
        self.t_s = t_s

    def update(self, z: Array, H: Array, R: Array) -> bool:
        """Take in z = H b + noise of covariance R; False, and no change, for what no bias explains."""
        taken = bool(absorb(self.b, self.P, z, H, R, GATE_D2))
        self.used += taken
        return taken

    def of(self, sensor: int) -> tuple[Array, Array]:
        """Mean (4,) and covariance (4, 4) of one sensor's biases."""
        own = slice(BIASES * sensor, BIASES * (sensor + 1))
        return self.b[own], self.P[own, own]

    def state(self) -> dict[str, Any]:
        """Plain data for a snapshot."""
        return {
            "b": self.b.tobytes(),
            "P": self.P.tobytes(),
            "prior": np.diag(self._prior).tobytes(),
            "aged": list(self._aged.items()),
            "t_s": self.t_s,
            "used": self.used,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Become the filter that gave `state`."""
        self.b = np.frombuffer(state["b"]).copy()
        self.P = np.frombuffer(state["P"]).reshape(self.P.shape).copy()
        self._prior = np.diag(np.frombuffer(state["prior"]))
        self._aged = dict(map(tuple, state["aged"]))
        self.t_s, self.used = state["t_s"], state["used"]


def against_plot(
    plot: PolarPlot, other: PolarPlot, motion: Velocity, places: list[Place], size: int
) -> tuple[Array, Array, Array]:
    """(z, H, R) of `plot` against `other`, of another sensor and with elevation, of the same object.

    With n the noise, G = dh/dp of the one and J = dp/d(polar) of the other sensor:
    z = plot - h(p_other + v dt) = b + n - G v tau - G (J (b' + n') - v tau').
    """
    here, there = places[plot.sensor], places[other.sensor]
    z, H, R = np.empty(3), np.zeros((3, size)), np.empty((3, 3))
    read_pair(
        plot.numbers, plot.variances, here.axes, here.place, BIASES * plot.sensor,
        other.numbers, other.variances, there.axes, there.place, BIASES * other.sensor,
        motion.v, motion.P, motion.accel_mps2, plot.t_s - other.t_s, z, H, R,
    )  # fmt: skip
    return _measured(plot, z, H, R)


def against_report(
    plot: PolarPlot,
    t_s: float,
    xyz: Array,
    cov: Array,
    motion: Velocity,
    places: list[Place],
    size: int,
    ages: tuple[int, ...],
) -> tuple[Array, Array, Array]:
    """(z, H, R) of `plot` against the place (3,), covariance (3, 3), that the object reports of `t_s`, older
    than that by the sum of what b holds at `ages`."""
    p, spread, G = xyz.copy(), cov.copy(), np.empty((3, 3))
    carry(p, spread, motion.v, motion.P, motion.accel_mps2, plot.t_s - t_s)
    z, H, R = _read(plot, p, spread, motion.v, places, size, G)
    H[:, ages] = (G @ motion.v)[:, None]
    return _measured(plot, z, H, R)


def against_reflector(
    plot: PolarPlot, xyz: Array, places: list[Place], size: int, at: int
) -> tuple[Array, Array, Array]:
    """(z, H, R) of `plot` against the surveyed place (3,) of what stands there but for what b holds at `at`."""
    G = np.empty((3, 3))
    z, H, R = _read(plot, xyz, np.zeros((3, 3)), np.zeros(3), places, size, G)
    H[:, at : at + 3] = G
    return _measured(plot, z, H, R)


def _read(
    plot: PolarPlot, p: Array, cov: Array, v: Array, places: list[Place], size: int, G: Array
) -> tuple[Array, Array, Array]:
    """plot - h(p), its gradient by the sensor's own biases, its covariance where `cov` is that of p; and
    G = dh/dp in the last argument."""
    where = places[plot.sensor]
    z, H, R = np.empty(3), np.zeros((3, size)), np.empty((3, 3))
    read_against(
        plot.numbers, plot.variances, p, cov, v, where.axes, where.place,
        BIASES * plot.sensor, z, H, R, G,
    )  # fmt: skip
    return z, H, R


def _measured(plot: PolarPlot, z: Array, H: Array, R: Array) -> tuple[Array, Array, Array]:
    """Without the elevation that a sensor does not measure."""
    if math.isnan(plot.numbers[2]):
        return z[:2], H[:2], np.ascontiguousarray(R[:2, :2])
    return z, H, R
