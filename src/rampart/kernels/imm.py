"""Interacting multiple models of one track: free flight, steady flight of a drone, boost.

Full mixing of the 7-state means and covariances (Blom and Bar-Shalom 1988). All functions work in
place on one row of the tables x[row, 3, 7], P[row, 3, 7, 7], mu[row, 3].
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import kernel, woven_kernel
from rampart.kernels.measurement import (
    AZIMUTH,
    ELEVATION,
    HEIGHT,
    LOG_2PI,
    RANGE,
    RANGE_RATE,
    azimuth_of,
    elevation_of,
    height_of,
    range_of,
    range_rate_of,
    update_place,
    update_rate,
    wrap_angle,
)
from rampart.kernels.transition import (
    N,
    add_thrust,
    add_white_acceleration,
    predict_ballistic,
    predict_straight,
)

Array = npt.NDArray[np.float64]

MODELS: Final = 3
BALLISTIC: Final = 0
DRONE: Final = 1
BOOST: Final = 2
NEGLIGIBLE: Final = 1e-6  # mixing weights below this change nothing that can be measured
ASLEEP: Final = 1e-4
"""A model less likely than this is not worked out: it follows the likeliest one."""


class Dynamics(NamedTuple):
    """How the three models move: densities of white acceleration (m²/s³) and of q (1/s), the sigma of
    thrust (m/s²), rates of change (1/s)."""

    ballistic_accel: float
    drag_walk: float
    drone_accel: float
    boost_thrust: float
    boost_accel: float
    boost_to_ballistic: float
    boost_to_drone: float
    ballistic_to_drone: float
    ballistic_to_boost: float
    drone_to_ballistic: float
    drone_to_boost: float


class Work(NamedTuple):
    """Scratch: transition and mixing weights (3, 3), G (6, 5), T (7, 7), vectors (7,), one mixed row."""

    transition: Array
    weight: Array
    G: Array
    T: Array
    h: Array
    k: Array
    mean: Array
    cov: Array
    loglik: Array


def make_work() -> Work:
    """Fresh scratch."""
    return Work(
        np.zeros((3, 3)), np.zeros((3, 3)), np.zeros((6, 5)), np.zeros((7, 7)), np.zeros(7), np.zeros(7),
        np.zeros((1, 3, 7)), np.zeros((1, 3, 7, 7)), np.zeros(3),
    )  # fmt: skip


@kernel
def copy_row(
    x: Array, P: Array, mu: Array, row: int, to_x: Array, to_P: Array, to_mu: Array
) -> None:
    """Copy the models of `row` from one set of tables to another."""
    for j in range(MODELS):
        to_mu[row, j] = mu[row, j]
        for a in range(N):
            to_x[row, j, a] = x[row, j, a]
            for b in range(N):
                to_P[row, j, a, b] = P[row, j, a, b]


@kernel
def copy_awake(
    x: Array, P: Array, mu: Array, row: int, to_x: Array, to_P: Array, to_mu: Array
) -> None:
    """As `copy_row`, but for the states of models that are asleep: `follow` gives them theirs."""
    for j in range(MODELS):
        to_mu[row, j] = mu[row, j]
        if mu[row, j] < ASLEEP:
            continue
        for a in range(N):
            to_x[row, j, a] = x[row, j, a]
            for b in range(N):
                to_P[row, j, a, b] = P[row, j, a, b]


@kernel
def _leave(rate: float, dt: float) -> float:
    return 1.0 - math.exp(-rate * abs(dt))


@woven_kernel
def set_transition(dynamics: Dynamics, dt: float, transition: Array) -> None:
    """transition[i, j] = probability that model i has become j after `dt` seconds."""
    transition[BALLISTIC, DRONE] = _leave(dynamics.ballistic_to_drone, dt)
    transition[BALLISTIC, BOOST] = _leave(dynamics.ballistic_to_boost, dt)
    transition[DRONE, BALLISTIC] = _leave(dynamics.drone_to_ballistic, dt)
    transition[DRONE, BOOST] = _leave(dynamics.drone_to_boost, dt)
    transition[BOOST, BALLISTIC] = _leave(dynamics.boost_to_ballistic, dt)
    transition[BOOST, DRONE] = _leave(dynamics.boost_to_drone, dt)
    for i in range(MODELS):
        away = 0.0
        for j in range(MODELS):
            if j != i:
                away += transition[i, j]
        if away > 0.9:  # long gaps: keep the rows stochastic
            for j in range(MODELS):
                if j != i:
                    transition[i, j] *= 0.9 / away
            away = 0.9
        transition[i, i] = 1.0 - away


@woven_kernel
def mix(x: Array, P: Array, mu: Array, row: int, work: Work) -> None:
    """Mix the three models of `row` by work.transition; mu becomes the predicted probabilities."""
    for j in range(MODELS):
        total = 0.0
        for i in range(MODELS):
            w = work.transition[i, j] * mu[row, i]
            work.weight[i, j] = w
            total += w
        # mu_i|j = pi_ij mu_i / c_j
        for i in range(MODELS):
            work.weight[i, j] = work.weight[i, j] / total if total > 0.0 else 1.0 * (i == j)
        work.h[j] = total
    for j in range(MODELS):
        if work.h[j] < ASLEEP:
            continue
        for a in range(N):
            total = 0.0
            for i in range(MODELS):
                total += work.weight[i, j] * x[row, i, a]
            work.mean[0, j, a] = total  # x_0j = sum mu_i|j x_i
    for j in range(MODELS):
        if work.h[j] < ASLEEP:
            continue
        for a in range(N):
            for b in range(N):
                work.cov[0, j, a, b] = 0.0
        for i in range(MODELS):
            w = work.weight[i, j]
            if w < NEGLIGIBLE:
                continue
            for a in range(N):
                work.k[a] = x[row, i, a] - work.mean[0, j, a]
            # P_0j = sum mu_i|j (P_i + (x_i - x_0j)(x_i - x_0j)ᵀ)
            for a in range(N):
                wa = work.k[a]
                for b in range(N):
                    work.cov[0, j, a, b] += w * (P[row, i, a, b] + wa * work.k[b])
    for j in range(MODELS):
        mu[row, j] = work.h[j]
        if mu[row, j] < ASLEEP:
            continue
        for a in range(N):
            x[row, j, a] = work.mean[0, j, a]
            for b in range(N):
                P[row, j, a, b] = work.cov[0, j, a, b]


@kernel
def predict_row(
    x: Array, P: Array, mu: Array, row: int, dt: float, dynamics: Dynamics, env: Array, work: Work
) -> None:
    """Mix, then predict all models of `row` by `dt` seconds (also backwards)."""
    if dt == 0.0:
        return
    set_transition(dynamics, dt, work.transition)
    mix(x, P, mu, row, work)
    if mu[row, BALLISTIC] >= ASLEEP:
        predict_ballistic(
            x, P, row, BALLISTIC, dt, env, dynamics.ballistic_accel, dynamics.drag_walk,
            work.G, work.T,
        )  # fmt: skip
    if mu[row, DRONE] >= ASLEEP:
        predict_straight(x, P, row, DRONE, dt)
        add_white_acceleration(P, row, DRONE, dt, dynamics.drone_accel)
        P[row, DRONE, 6, 6] += dynamics.drag_walk * abs(dt)
    if mu[row, BOOST] >= ASLEEP:
        predict_straight(x, P, row, BOOST, dt)
        add_white_acceleration(P, row, BOOST, dt, dynamics.boost_accel)
        add_thrust(x, P, row, BOOST, abs(dt), dynamics.boost_thrust)
        P[row, BOOST, 6, 6] += dynamics.drag_walk * abs(dt)
    follow(x, P, mu, row)


@woven_kernel
def follow(x: Array, P: Array, mu: Array, row: int) -> None:
    """Models that are asleep take the state of the likeliest one."""
    leader = 0
    for j in range(1, MODELS):
        if mu[row, j] > mu[row, leader]:
            leader = j
    for j in range(MODELS):
        if mu[row, j] < ASLEEP:
            for a in range(N):
                x[row, j, a] = x[row, leader, a]
                for b in range(N):
                    P[row, j, a, b] = P[row, leader, a, b]


@kernel
def hypothesise(
    x: Array,
    P: Array,
    mu: Array,
    row: int,
    numbers: Array,
    variances: Array,
    axes: Array,
    place: Array,
    env: Array,
    work: Work,
) -> tuple[float, float]:
    """Update `row` with one plot; returns (log likelihood of the mixture, least squared distance).

    numbers (5,): range, azimuth, elevation, range rate, height; nan: not measured. The numbers are
    taken one by one and the model is linearised anew before each: angles first, because range and
    range rate bend most over a tangential velocity that is not known yet.
    """
    nearest = math.inf
    for j in range(MODELS):
        if mu[row, j] < ASLEEP:
            continue
        volume = 1.0  # product of the innovation variances
        distance = 0.0
        count = 0.0
        if not math.isnan(numbers[AZIMUTH]):
            value, h0, h1, h2 = azimuth_of(x, row, j, axes, place)
            innovation = wrap_angle(numbers[AZIMUTH] - value)
            s, d2 = update_place(x, P, row, j, innovation, variances[AZIMUTH], h0, h1, h2)
            volume, distance, count = volume * s, distance + d2, count + 1.0
        if not math.isnan(numbers[ELEVATION]):
            value, h0, h1, h2 = elevation_of(x, row, j, axes, place)
            innovation = numbers[ELEVATION] - value
            s, d2 = update_place(x, P, row, j, innovation, variances[ELEVATION], h0, h1, h2)
            volume, distance, count = volume * s, distance + d2, count + 1.0
        if not math.isnan(numbers[HEIGHT]):
            value, h0, h1, h2 = height_of(x, row, j, env)
            innovation = numbers[HEIGHT] - value
            s, d2 = update_place(x, P, row, j, innovation, variances[HEIGHT], h0, h1, h2)
            volume, distance, count = volume * s, distance + d2, count + 1.0
        if not math.isnan(numbers[RANGE]):
            value, h0, h1, h2 = range_of(x, row, j, place)
            innovation = numbers[RANGE] - value
            s, d2 = update_place(x, P, row, j, innovation, variances[RANGE], h0, h1, h2)
            volume, distance, count = volume * s, distance + d2, count + 1.0
        if not math.isnan(numbers[RANGE_RATE]):
            value, h0, h1, h2, h3, h4, h5 = range_rate_of(x, row, j, place)
            innovation = numbers[RANGE_RATE] - value
            variance = variances[RANGE_RATE]
            s, d2 = update_rate(x, P, row, j, innovation, variance, h0, h1, h2, h3, h4, h5)
            volume, distance, count = volume * s, distance + d2, count + 1.0
        work.loglik[j] = -0.5 * (distance + math.log(volume) + count * LOG_2PI)
        nearest = min(nearest, distance)
    top = -math.inf
    for j in range(MODELS):
        if mu[row, j] >= ASLEEP:
            top = max(top, work.loglik[j])
    evidence = 0.0
    rest = 0.0  # of the models asleep: the plot says nothing about them
    for j in range(MODELS):
        if mu[row, j] >= ASLEEP:
            mu[row, j] *= math.exp(max(work.loglik[j] - top, -700.0))
            evidence += mu[row, j]
        else:
            rest += mu[row, j]
            work.loglik[j] = -math.inf
    for j in range(MODELS):
        if work.loglik[j] > -math.inf:
            mu[row, j] *= (1.0 - rest) / evidence
    follow(x, P, mu, row)
    return top + math.log(evidence / (1.0 - rest)), nearest


@kernel
def moments(x: Array, P: Array, mu: Array, row: int, mean: Array, cov: Array) -> None:
    """Mean (7,) and covariance (7, 7) of the mixture of `row`."""
    for a in range(N):
        total = 0.0
        for j in range(MODELS):
            total += mu[row, j] * x[row, j, a]
        mean[a] = total
    for a in range(N):
        for b in range(a + 1):
            total = 0.0
            for j in range(MODELS):
                total += mu[row, j] * (
                    P[row, j, a, b] + (x[row, j, a] - mean[a]) * (x[row, j, b] - mean[b])
                )
            cov[a, b] = total
            cov[b, a] = total
