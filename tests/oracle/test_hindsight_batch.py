"""The filter run backwards against a batch fit of the whole flight, by plain least squares."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import least_squares

from rampart.kernels.atmosphere import environment
from rampart.kernels.flight import STILL_AIR, trajectory
from rampart.kernels.hindsight import flown_back
from rampart.kernels.imm import make_work

ENV = environment(45.0, 200.0)
PLACE = np.array([300.0, -200.0, 10.0])
SIGMAS = np.array([10.0, 2e-3, 2e-3, 1.0])
DRAG_SIGMA = 0.8
CLIMB = math.radians(55.0)
START = np.array(
    [-3500.0, 800.0, 60.0, 190.0 * math.cos(CLIMB), 30.0, 190.0 * math.sin(CLIMB), -9.4]
)


def read(states: np.ndarray) -> np.ndarray:
    """Range, azimuth, elevation, range rate (n, 4) of states (n, 6)."""
    p, v = states[:, :3] - PLACE, states[:, 3:6]
    r = np.linalg.norm(p, axis=1)
    return np.column_stack(
        [r, np.arctan2(p[:, 0], p[:, 1]), np.arcsin(p[:, 2] / r), np.sum(p * v, axis=1) / r]
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("plots", [4, 10, 24])
def test_it_ends_where_the_best_fitting_flight_begins(plots: int, seed: int) -> None:
    t_s = 0.5 * np.arange(plots)
    path, _ = trajectory(START, t_s, STILL_AIR, ENV, 0.1)
    seen = read(path) + SIGMAS * np.random.default_rng(seed).standard_normal((plots, 4))
    near = np.append(path[-1], -9.0)

    def residuals(x: np.ndarray) -> np.ndarray:
        off = (read(trajectory(x, t_s, STILL_AIR, ENV, 0.1)[0]) - seen) / SIGMAS
        return np.append(off.ravel(), (x[6] - near[6]) / DRAG_SIGMA)

    fit = least_squares(residuals, START, x_scale=[10, 10, 10, 1, 1, 1, 0.1])
    P = np.linalg.inv(fit.jac.T @ fit.jac)

    numbers, variances = np.full((plots, 5), np.nan), np.full((plots, 5), np.nan)
    numbers[:, :4], variances[:, :4] = seen, SIGMAS**2
    mean, cov = np.empty(7), np.empty((7, 7))
    first, passed = flown_back(
        t_s + 50.0, numbers, variances, np.eye(3), PLACE, near, ENV, 0.0, 0.0, DRAG_SIGMA, 27.0,
        make_work(), mean, cov,
    )  # fmt: skip
    assert (first, passed) == (0, 0)
    # of the drag the filter doubts the curve as well, and so a little of the velocity
    sigma = np.sqrt(np.diag(P))
    assert (np.abs(mean - fit.x)[:3] < 0.15 * sigma[:3]).all()
    assert (np.abs(mean - fit.x) < 0.6 * sigma).all()
    assert np.sqrt(np.diag(cov))[:6] == pytest.approx(sigma[:6], rel=0.08)


def test_a_plot_that_no_free_flight_explains_is_passed_over() -> None:
    t_s = 0.5 * np.arange(12)
    path, _ = trajectory(START, t_s, STILL_AIR, ENV, 0.1)
    numbers, variances = np.full((12, 5), np.nan), np.full((12, 5), np.nan)
    numbers[:, :4], variances[:, :4] = read(path), SIGMAS**2
    numbers[:2, 3] -= 60.0  # still burning: slower than free flight has it
    mean, cov = np.empty(7), np.empty((7, 7))
    first, passed = flown_back(
        t_s, numbers, variances, np.eye(3), PLACE, np.append(path[-1], -9.4), ENV, 0.0, 0.0,
        DRAG_SIGMA, 27.0, make_work(), mean, cov,
    )  # fmt: skip
    assert (first, passed) == (2, 2)
    assert np.linalg.norm(mean[:3] - path[2, :3]) < 3.0
    assert np.linalg.norm(mean[3:6] - path[2, 3:6]) < 1.0


def test_white_acceleration_makes_what_lies_behind_less_sure() -> None:
    t_s = 0.5 * np.arange(20)
    path, _ = trajectory(START, t_s, STILL_AIR, ENV, 0.1)
    numbers, variances = np.full((20, 5), np.nan), np.full((20, 5), np.nan)
    numbers[:, :4], variances[:, :4] = read(path), SIGMAS**2
    spreads = []
    for q in (0.0, 0.4, 10.0):
        mean, cov = np.empty(7), np.empty((7, 7))
        flown_back(
            t_s, numbers, variances, np.eye(3), PLACE, np.append(path[-1], -9.4), ENV, q, 0.0,
            DRAG_SIGMA, 27.0, make_work(), mean, cov,
        )  # fmt: skip
        spreads.append(np.trace(cov[:3, :3]))
    assert spreads == sorted(spreads)
    assert spreads[2] > 1.2 * spreads[0]
