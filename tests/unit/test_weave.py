"""How a slow flyer weaves: exact likelihoods of a few ways to fly, and what they tell of birds and drones."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from rampart.engine.weave import (
    BIRDS,
    DAMPING,
    FASTEST_MPS,
    GAP_S,
    LEAST,
    MEMORY_S,
    NOTHING,
    OMEGA,
    SEEN,
    START_M,
    START_MPS,
    STEP_S,
    WEAVES,
    followed,
    like_a_drone,
    told,
)

Array = npt.NDArray[np.float64]
SIGMA_M, SIGMA_MPS = 4.0, 1.5
AT = (0, 1, 3, 4)


def after(
    path: Array, times_s: Array, seed: int, known: bytes = NOTHING, claimed: float = 1.0
) -> bytes:
    """What is known after a flight along `path` (n, 2), whose states claim their errors times `claimed`."""
    rng = np.random.default_rng(seed)
    cov = claimed**2 * np.diag([SIGMA_M**2] * 3 + [SIGMA_MPS**2] * 3 + [0.1])
    velocity = np.gradient(path, times_s, axis=0)
    for i, t_s in enumerate(times_s):
        x = np.array([*path[i], 100.0, *velocity[i], 0.0, -10.0])
        x[list(AT)] += rng.normal(0.0, (SIGMA_M, SIGMA_M, SIGMA_MPS, SIGMA_MPS))
        known = followed(known, float(t_s), x, cov)
    return known


def ratio(known: bytes) -> float:
    return float(like_a_drone(told(known)))


def straight(times_s: Array, speed: float = 12.0) -> Array:
    return np.stack([speed * times_s, 0.2 * speed * times_s], axis=1)


def swaying(times_s: Array, sway_m: float, seed: int, speed: float = 12.0) -> Array:
    """Three slow waves a component, 12 to 60 s long, about a straight way."""
    rng = np.random.default_rng(100 + seed)
    period, phase = rng.uniform(12.0, 60.0, (3, 2)), rng.uniform(0.0, 2.0 * math.pi, (3, 2))
    waves = np.sin(2.0 * math.pi * times_s[:, None, None] / period + phase).sum(axis=1)
    return straight(times_s, speed) + sway_m * math.sqrt(2.0 / 3.0) * waves


def covariance(times_s: Array, sway_m: float, wanders: float, noise: float) -> Array:
    """(4n, 4n): of places and velocities seen at `times_s`, as the model says, written down at once."""
    lag = times_s[None, :] - times_s[:, None]
    a, b = DAMPING * OMEGA, OMEGA * math.sqrt(1.0 - DAMPING**2)
    u = np.abs(lag)
    fade, c, s = np.exp(-a * u), np.cos(b * u), np.sin(b * u)
    v = sway_m**2
    xx = v * fade * (c + a / b * s)
    xv = -np.sign(lag) * v * fade * OMEGA**2 / b * s
    vv = v * OMEGA**2 * fade * (c - a / b * s)
    age = times_s - times_s[0]
    i, j = age[:, None], age[None, :]
    m = np.minimum(i, j)
    xx = (
        xx
        + START_M**2
        + START_MPS**2 * i * j
        + wanders * (m**2 * np.maximum(i, j) / 2.0 - m**3 / 6.0)
    )
    xv = xv + START_MPS**2 * i + wanders * (i * m - m**2 / 2.0)
    vv = vv + START_MPS**2 + wanders * m
    n = len(times_s)
    one = np.block(
        [[xx + noise * SIGMA_M**2 * np.eye(n), xv], [xv.T, vv + noise * SIGMA_MPS**2 * np.eye(n)]]
    )
    return np.kron(np.eye(2), one)


@pytest.mark.parametrize("seed", range(4))
def test_it_tells_the_likelihood_of_each_way_to_fly_as_all_states_at_once_do(seed: int) -> None:
    times_s = STEP_S * np.arange(6.0)
    path = swaying(times_s, 3.0, seed)
    rng = np.random.default_rng(seed)
    velocity = np.gradient(path, times_s, axis=0)
    seen = np.hstack([path, velocity]) + rng.normal(0.0, 1.0, (6, SEEN)) * (
        SIGMA_M, SIGMA_M, SIGMA_MPS, SIGMA_MPS
    )  # fmt: skip
    cov, known = np.diag([SIGMA_M**2] * 3 + [SIGMA_MPS**2] * 3 + [0.1]), NOTHING
    for t_s, (e, n, ve, vn) in zip(times_s, seen, strict=True):
        known = followed(known, float(t_s), np.array([e, n, 100.0, ve, vn, 0.0, -10.0]), cov)
    begins = np.repeat(seen[:1], 6, axis=0)  # through the first state, at the velocity that it told
    begins[:, :2] += times_s[:, None] * seen[0, 2:]
    expected = []
    for sway_m, wanders, turns, noise in WEAVES:
        whole = covariance(times_s, sway_m, wanders, noise)
        joint = []
        for k in range(1, 7):
            rows = np.array(
                [axis * 12 + part * 6 + i for axis in (0, 1) for part in (0, 1) for i in range(k)]
            )
            at = (seen[:k] - begins[:k]).T[[0, 2, 1, 3]].ravel()
            joint.append(stats.multivariate_normal.logpdf(at, cov=whole[np.ix_(rows, rows)]))
        each = np.diff(joint) + math.log(1.0 - turns)  # of each state given those before it
        total = 0.0
        for inc in each:
            total = total * math.exp(-STEP_S / MEMORY_S) + inc
        expected.append(total)
    # what is left: a turn is never impossible, and the way begins at the first state, not about it
    assert told(known) == pytest.approx(np.array(expected) - max(expected), abs=0.03)


def test_a_minute_tells_birds_from_small_drones() -> None:
    times_s = np.arange(0.0, 64.0, 1.0)
    drones = [ratio(after(swaying(times_s, 2.8, s), times_s, s)) for s in range(40)]
    birds = [ratio(after(swaying(times_s, 10.6, s), times_s, s)) for s in range(40)]
    assert np.median(drones) > 50.0
    assert np.mean(np.array(drones) < 3.0) < 0.1
    assert np.median(birds) < 1e-2
    assert np.mean(np.array(birds) > 50.0) < 0.05


@pytest.mark.parametrize("claimed", [0.5, 0.7, 1.0])
def test_a_radar_that_claims_too_much_makes_no_drone_a_bird(claimed: float) -> None:
    times_s = np.arange(0.0, 80.0, 4.0)
    drones = [
        ratio(after(swaying(times_s, 2.8, s), times_s, s, claimed=claimed)) for s in range(40)
    ]
    birds = [
        ratio(after(swaying(times_s, 10.6, s), times_s, s, claimed=claimed)) for s in range(40)
    ]
    assert np.mean(np.array(drones) > 10.0) > 0.7
    assert np.mean(np.array(birds) > 10.0) < 0.1


def test_a_bird_that_changes_its_way_by_sharp_turns_is_no_drone() -> None:
    times_s = np.arange(0.0, 120.0)
    heading = 0.5 * np.where((times_s // 30.0).astype(int) % 2 == 0, 1.0, -1.0)
    path = np.cumsum(13.0 * np.stack([np.cos(heading), np.sin(heading)], axis=1), axis=0)
    turned = [ratio(after(path, times_s, s)) for s in range(10)]
    straight_on = [ratio(after(straight(times_s), times_s, s)) for s in range(10)]
    assert np.median(turned) < 1.0
    assert np.median(straight_on) > 100.0


def test_one_plot_amiss_does_not_make_a_drone_a_bird_again() -> None:
    times_s = np.arange(0.0, 120.0)
    path = straight(times_s)
    path[100] += 60.0
    left = [ratio(after(path, times_s, s)) for s in range(10)]
    assert np.median(left) > 10.0


def test_what_wove_for_minutes_is_a_drone_again_only_after_flying_straight_for_as_long() -> None:
    weaves_s, on_s = np.arange(0.0, 180.0), np.arange(180.0, 360.0)
    wove = after(swaying(weaves_s, 12.0, 1), weaves_s, 1)
    assert told(wove)[BIRDS:].max() >= LEAST
    assert ratio(wove) < 1e-3
    shares = [ratio(after(straight(on_s[:n]), on_s[:n], 2, wove)) for n in (20, 180)]
    assert shares[0] < 1e-2
    assert shares[1] > 100.0 * shares[0]


def test_the_way_begins_anew_after_a_gap_and_what_it_told_stays() -> None:
    times_s = np.arange(0.0, 64.0)
    before = after(straight(times_s), times_s, 3)
    later = np.array([64.0 + 2.0 * GAP_S])
    elsewhere = np.array([[5_000.0, -3_000.0], [5_000.0, -3_000.0]])
    there = after(elsewhere, np.array([later[0], later[0] + 1.0]), 3, before)
    assert 0.5 * math.log(ratio(before)) < math.log(ratio(there)) <= math.log(ratio(before))


def test_nothing_is_told_of_what_was_not_seen() -> None:
    assert ratio(NOTHING) == pytest.approx(1.0)
    x, cov = np.array([0.0, 0.0, 100.0, 12.0, 0.0, 0.0, -10.0]), np.eye(7)
    assert ratio(followed(NOTHING, 0.0, x, cov)) == pytest.approx(1.0, abs=0.05)
    fast = x + np.array([0.0, 0.0, 0.0, FASTEST_MPS, 0.0, 0.0, 0.0])
    assert followed(NOTHING, 0.0, fast, cov) == NOTHING
    for bad in (math.nan, math.inf):
        lost = x.copy()
        lost[0] = bad
        assert followed(NOTHING, 0.0, lost, cov) == NOTHING


def test_a_covariance_that_is_none_is_forgotten_and_the_way_begun_anew() -> None:
    times_s = np.arange(0.0, 64.0)
    known = after(straight(times_s), times_s, 4)
    x = np.array([64.0 * 12.0, 64.0 * 2.4, 100.0, 12.0, 2.4, 0.0, -10.0])
    assert followed(known, 70.0, x, -1e6 * np.eye(7)) == NOTHING
    assert ratio(followed(known, 70.0, x, np.eye(7))) > 1.0


def test_hours_of_flight_do_not_wear_it_out() -> None:
    times_s = STEP_S * np.arange(3_000.0)
    known = after(swaying(times_s, 2.8, 5), times_s, 5)
    assert np.all(np.isfinite(np.frombuffer(known)))
    assert ratio(known) > 100.0
