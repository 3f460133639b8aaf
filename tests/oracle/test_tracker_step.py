"""The compiled kernels against slow, obvious numpy and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from rampart.engine.track_settings import TrackSettings, dynamics_of
from rampart.kernels import imm, measurement, transition
from rampart.kernels.assignment import assign, hungarian
from rampart.kernels.atmosphere import environment

ENV = environment(45.0, 200.0)
AXES = np.linalg.qr(np.array([[1.0, 0.02, 0.01], [-0.02, 1.0, 0.03], [-0.01, -0.03, 1.0]]))[0]
AXES *= np.sign(np.diag(AXES))
PLACE = np.array([400.0, -300.0, 25.0])


def random_row(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.empty((1, 3, 7))
    P = np.empty((1, 3, 7, 7))
    centre = [*rng.uniform(-6000, 6000, 2), rng.uniform(100, 3000), *rng.normal(0, 200, 3), -9.2]
    for j in range(3):
        x[0, j] = centre + rng.normal(size=7) * np.array([15, 15, 15, 8, 8, 8, 0.2])
        root = rng.normal(size=(7, 7)) * np.array([20, 20, 20, 8, 8, 8, 0.3])[:, None]
        P[0, j] = root @ root.T
    mu = rng.dirichlet([2.0, 2.0, 2.0])[None, :]
    return x, P, mu


def accel(x: np.ndarray) -> np.ndarray:
    """dv/dt of free flight, from the formulae of the flight model, in plain numpy."""
    c0, c1, mach_c, width = ENV[7:11]
    radius = ENV[4]
    h = x[2] + (x[0] ** 2 + x[1] ** 2) / (2 * radius) + ENV[0 + 2]
    th = 1 - 2.25577e-5 * h
    rho, sound = th**4.25588, 340.294 * math.sqrt(th)
    v = x[3:6]
    speed = np.linalg.norm(v)
    s = (speed / sound - mach_c) / width
    shape = c0 + c1 * (1 + s / math.sqrt(1 + s * s))
    g = ENV[3] * (1 - 2 * h / radius)
    omega = np.array([0.0, ENV[0], ENV[1]])
    down = np.array([x[0] / radius, x[1] / radius, 1.0])
    return -math.exp(x[6]) * rho * shape * speed * v - g * down - 2 * np.cross(omega, v)


def fly(x: np.ndarray, dt: float, steps: int = 200) -> np.ndarray:
    """Runge-Kutta reference of the whole state."""

    def rate(y: np.ndarray) -> np.ndarray:
        return np.concatenate([y[3:6], accel(y), [0.0]])

    h = dt / steps
    for _ in range(steps):
        a = rate(x)
        b = rate(x + h / 2 * a)
        c = rate(x + h / 2 * b)
        d = rate(x + h * c)
        x = x + h / 6 * (a + 2 * b + 2 * c + d)
    return x


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("dt", [0.02, 0.5, 2.0, -0.3])
def test_free_flight_is_predicted_as_the_reference_integrates_it(seed: int, dt: float) -> None:
    x, P, _ = random_row(seed)
    start, P0 = x[0, 0].copy(), P[0, 0].copy()
    transition.predict_ballistic(x, P, 0, 0, dt, ENV, 0.0, 0.0, np.zeros((6, 5)), np.zeros((7, 7)))
    reference = fly(start, dt)
    assert np.linalg.norm(x[0, 0, :3] - reference[:3]) < 0.15 * max(abs(dt), 0.1)
    assert np.linalg.norm(x[0, 0, 3:6] - reference[3:6]) < 0.15 * max(abs(dt), 0.1)
    # F by differences of the reference; P <- F P Fᵀ, but for the doubt about the drag shape in q
    step = np.array([1, 1, 1, 0.1, 0.1, 0.1, 1e-3])
    F = np.stack(
        [
            (fly(start + d, dt) - fly(start - d, dt)) / (2 * step[i])
            for i, d in enumerate(np.diag(step))
        ],
        1,
    )
    expected = F @ P0 @ F.T
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert np.max(np.abs(P[0, 0] - expected)[:6, :6] / scale[:6, :6]) < 0.1
    assert np.array_equal(P[0, 0], P[0, 0].T)


def mixed(x: np.ndarray, P: np.ndarray, mu: np.ndarray, transition: np.ndarray):
    c = mu @ transition
    weight = transition * mu[:, None] / c
    means = weight.T @ x
    covs = np.array(
        [
            sum(
                weight[i, j] * (P[i] + np.outer(x[i] - means[j], x[i] - means[j])) for i in range(3)
            )
            for j in range(3)
        ]
    )
    return means, covs, c


@pytest.mark.parametrize("seed", range(6))
def test_mixing_equals_the_textbook(seed: int) -> None:
    x, P, mu = random_row(seed)
    work = imm.make_work()
    imm.set_transition(
        dynamics_of(TrackSettings(ballistic_to_drone_per_s=0.2)), 0.5, work.transition
    )
    np.testing.assert_allclose(work.transition.sum(1), 1.0)
    means, covs, c = mixed(x[0], P[0], mu[0], work.transition)
    imm.mix(x, P, mu, 0, work)
    np.testing.assert_allclose(mu[0], c, rtol=1e-12)
    np.testing.assert_allclose(x[0], means, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(P[0], covs, rtol=1e-3, atol=1e-4)  # weights below 1e-6 are left out


def polar(x: np.ndarray) -> np.ndarray:
    d, v = AXES.T @ (x[:3] - PLACE), AXES.T @ x[3:6]
    r = np.linalg.norm(d)
    height = x[2] + (x[0] ** 2 + x[1] ** 2) / (2 * ENV[4]) + ENV[2]
    return np.array(
        [r, math.atan2(d[0], d[1]), math.atan2(d[2], math.hypot(d[0], d[1])), d @ v / r, height]
    )


ORDER = [
    measurement.AZIMUTH,
    measurement.ELEVATION,
    measurement.HEIGHT,
    measurement.RANGE,
    measurement.RANGE_RATE,
]


@given(st.integers(0, 10_000), st.lists(st.sampled_from(ORDER), unique=True, min_size=1))
@settings(max_examples=40)
def test_an_update_equals_one_kalman_step_for_each_measured_number(
    seed: int, kinds: list[int]
) -> None:
    x, P, mu = random_row(seed)
    rng = np.random.default_rng(seed)
    variances = np.array([144.0, 6e-6, 6e-6, 2.0, 900.0])
    numbers = np.full(5, math.nan)
    for kind in kinds:
        numbers[kind] = polar(x[0, 0])[kind] + rng.normal() * math.sqrt(variances[kind])
    want_x, want_P, loglik = x[0].copy(), P[0].copy(), np.zeros(3)
    for j in range(3):
        for kind in (k for k in ORDER if k in kinds):
            step = np.array([1e-2] * 3 + [1e-3] * 3 + [1e-3])
            H = np.array(
                [(polar(want_x[j] + d)[kind] - polar(want_x[j] - d)[kind]) for d in np.diag(step)]
            )
            if kind == measurement.AZIMUTH:
                H = (H + math.pi) % (2 * math.pi) - math.pi
            H /= 2 * step
            nu = numbers[kind] - polar(want_x[j])[kind]
            if kind == measurement.AZIMUTH:
                nu = (nu + math.pi) % (2 * math.pi) - math.pi
            S = H @ want_P[j] @ H + variances[kind]
            K = want_P[j] @ H / S
            want_x[j] = want_x[j] + K * nu
            want_P[j] = want_P[j] - np.outer(K, K) * S
            loglik[j] += -0.5 * (nu * nu / S + math.log(2 * math.pi * S))
    top = loglik.max()
    weight = mu[0] * np.exp(loglik - top)
    evidence = top + math.log(weight.sum())
    got, _ = imm.hypothesise(x, P, mu, 0, numbers, variances, AXES, PLACE, ENV, imm.make_work())
    assert got == pytest.approx(evidence, rel=1e-4, abs=1e-4)
    scale = np.sqrt(np.einsum("jaa->ja", want_P))
    alive = weight / weight.sum() > 1e-3  # a model asleep follows the likeliest one
    assert np.max(np.abs(x[0] - want_x)[alive] / scale[alive]) < 2e-3
    np.testing.assert_allclose(mu[0], weight / weight.sum(), atol=1e-3)
    assert np.min(np.linalg.eigvalsh(P[0, 0])) > -1e-6


@given(st.integers(1, 9), st.integers(0, 12), st.integers(0, 10_000))
@settings(max_examples=60)
def test_the_hungarian_method_finds_the_least_cost(n: int, extra: int, seed: int) -> None:
    cost = np.random.default_rng(seed).normal(size=(n, n + extra))
    choice = hungarian(cost)
    assert len(set(choice.tolist())) == n
    rows, columns = linear_sum_assignment(cost)
    assert cost[np.arange(n), choice].sum() == pytest.approx(cost[rows, columns].sum(), abs=1e-9)


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 10_000))
@settings(max_examples=60)
def test_clusters_together_earn_the_greatest_total_gain(n: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [(a, b) for a in range(n) for b in range(m) if rng.random() < 0.12]
    if not pairs:
        return
    rows, columns = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    gains = rng.normal(1.0, 3.0, len(pairs))
    taken = np.empty(n, np.int64)
    assign(rows, columns, gains, n, m, taken)
    used = [p for p in taken.tolist() if p >= 0]
    assert len({int(columns[p]) for p in used}) == len(used)
    assert all(rows[p] == a for a, p in enumerate(taken.tolist()) if p >= 0)
    dense = np.zeros((n, m + n))
    for a, b, gain in zip(rows, columns, gains, strict=True):
        dense[a, b] = max(gain, 0.0)
    best = dense[linear_sum_assignment(dense, maximize=True)].sum()
    assert gains[used].sum() == pytest.approx(best, abs=1e-9)
