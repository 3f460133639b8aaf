"""Futures of a mover against plain simulation with many random draws."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rampart.kernels.futures import CLIMB_LIMIT, CLIMB_SPREAD, DRAWS, SCREENING, enter
from rampart.kernels.geometry import signed_distance

SQUARE = np.array([(-300.0, -300.0), (300.0, -300.0), (300.0, 300.0), (-300.0, 300.0)])


def ours(motion: list[float], draws: np.ndarray = DRAWS) -> np.ndarray:
    circle = np.array([[0.0, 0.0, 300.0 * math.sqrt(2)]])
    every = np.ones(1, np.bool_)
    first = np.array([0, 4])
    return enter(
        np.array(motion, float), draws, 300.0, 60.0, np.array([100.0]), SQUARE, first, circle, every
    )[0]


def simulated(motion: list[float], seed: int, n: int = 4000) -> tuple[float, list[float]]:
    """Fly n random futures in steps of 0.1 s."""
    e, north, up, ve, vn, vu, s_pos, s_speed, turn, s_turn = motion
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, 6))
    heading, speed = math.atan2(vn, ve), math.hypot(ve, vn)
    whole = math.hypot(speed, vu)
    along, across = speed + s_speed * z[:, 0], s_speed * z[:, 5]
    v, course = np.hypot(along, across), heading + np.arctan2(across, along)
    omega = turn + s_turn * z[:, 1]
    climb = np.clip(vu + CLIMB_SPREAD * whole * z[:, 2], -CLIMB_LIMIT * whole, CLIMB_LIMIT * whole)
    x, y, h = e + s_pos * z[:, 3], north + s_pos * z[:, 4], np.full(n, float(up))
    entered = np.full(n, np.nan)
    for k in range(601):
        low = np.isnan(entered) & (np.maximum(np.abs(x), np.abs(y)) <= 400.0) & (h <= 300.0)
        for i in np.flatnonzero(low):
            if signed_distance(x[i], y[i], SQUARE) <= 100.0:
                entered[i] = k * 0.1
        x, y = x + 0.1 * v * np.cos(course), y + 0.1 * v * np.sin(course)
        course, h = course + 0.1 * omega, h + 0.1 * climb
    got = entered[~np.isnan(entered)]
    quantiles = np.quantile(got, [0.05, 0.5, 0.95]).tolist() if got.size else []
    return got.size / n, quantiles


@pytest.mark.parametrize(
    "motion",
    [
        [-2500.0, 0.0, 150.0, 50.0, 0.0, 0.0, 10.0, 3.0, 0.0, 0.003],
        [-2500.0, 200.0, 150.0, 45.0, 10.0, 0.0, 10.0, 3.0, 0.01, 0.02],
        [-1500.0, 800.0, 600.0, 40.0, -10.0, -3.0, 20.0, 2.0, 0.0, 0.01],
        [-900.0, -900.0, 250.0, 25.0, 5.0, 1.0, 15.0, 2.0, 0.03, 0.05],
        [-3000.0, 0.0, 100.0, 50.0, 0.0, 0.0, 10.0, 2.0, 0.0, 0.002],
    ],
)
def test_share_and_times_of_entry(motion: list[float]):
    share, quantiles = simulated(motion, seed=3)
    result = ours(motion)
    assert result[0] == pytest.approx(share, abs=0.04)
    for got, wanted in zip(result[1:], quantiles, strict=True):
        assert got == pytest.approx(wanted, abs=2.0)
    short = ours(motion, DRAWS[:SCREENING])
    assert short[0] == pytest.approx(share, abs=0.12)


def test_the_table_of_draws_is_standard_normal_and_so_is_its_beginning():
    assert DRAWS.shape == (1000, 6)
    for n, tolerance in ((SCREENING, 0.08), (1000, 0.02)):
        part = DRAWS[:n]
        assert np.abs(part.mean(axis=0)).max() < tolerance
        assert np.abs(part.std(axis=0) - 1).max() < 2 * tolerance
        assert np.abs(np.corrcoef(part.T) - np.eye(6)).max() < 4 * tolerance


def test_what_cannot_arrive_does_not():
    out_of_reach = [-9000.0, 0.0, 150.0, 50.0, 0.0, 0.0, 10.0, 3.0, 0.0, 0.01]
    too_high = [-1000.0, 0.0, 9000.0, 230.0, 0.0, 0.0, 10.0, 3.0, 0.0, 0.0]
    leaving = [-2500.0, 0.0, 150.0, -50.0, 0.0, 0.0, 10.0, 3.0, 0.0, 0.002]
    for motion in (out_of_reach, too_high, leaving):
        assert ours(motion)[0] == 0.0
        assert np.isnan(ours(motion)[1:]).all()


def test_what_is_inside_has_entered():
    assert ours([0.0, 0.0, 100.0, 0.0, 0.0, 0.0, 10.0, 0.5, 0.0, 0.0])[0] == 1.0
    # hovering 450 m above ground: the ceiling counts
    assert ours([0.0, 0.0, 450.0, 0.0, 0.0, 0.0, 10.0, 0.5, 0.0, 0.0])[0] == 0.0
