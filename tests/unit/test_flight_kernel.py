"""The flight kernel: exact where the answer is known, defined where the input makes no sense."""

from __future__ import annotations

import math
import platform
import re

import numba
import numpy as np
import numpy.typing as npt
import pytest

from rampart.kernels.atmosphere import EARTH_RADIUS_M, drag_shape_of, environment, wind_at
from rampart.kernels.flight import STEP_TABLE, STILL_AIR, fly, fly_rows, step_for, trajectory
from rampart.kernels.lanes import LANES, WORK, fly_lanes, fly_lanes_single
from rampart.kernels.motion import flight_rows, pack_air
from rampart.kernels.terrain import NOTHING

Array = npt.NDArray[np.float64]

ENV = environment(45.0, 120.0, shape=drag_shape_of(2.2, width=0.1))
WIND = np.array([[0.0, 3.0, -2.0], [500.0, 5.0, 0.0], [2000.0, 9.0, 3.0], [6000.0, 14.0, 5.0]])
VACUUM = -math.inf


def random_flights(n: int, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    speed, azimuth = rng.uniform(120, 700, n), rng.uniform(0, 2 * np.pi, n)
    climb = np.radians(rng.uniform(20, 70, n))
    k = np.exp(rng.uniform(np.log(3e-5), np.log(2e-4), n))
    place = rng.normal(0, 8000, (n, 2))
    up = rng.uniform(0, 50, n) - (place**2).sum(axis=1) / (2 * EARTH_RADIUS_M)
    ground = speed * np.cos(climb)
    v = np.stack(
        [ground * np.sin(azimuth), ground * np.cos(azimuth), speed * np.sin(climb)], axis=1
    )
    return np.column_stack([place, up, v, np.log(k)])


@pytest.mark.parametrize("dt", [0.1, 0.5, 1.0])
def test_vacuum_parabola_is_exact(dt: float) -> None:
    flat = environment(None)
    e, n, u, t, a, b, c = fly([10.0, 20.0, 5.0, 80.0, -60.0, 150.0, VACUUM], STILL_AIR, flat, dt)[0]
    g = 9.80665
    t_ground = (150.0 + math.sqrt(150.0**2 + 2 * g * 5.0)) / g
    assert t == pytest.approx(t_ground, abs=1e-9)
    assert (e, n, u) == pytest.approx((10 + 80 * t_ground, 20 - 60 * t_ground, 0.0), abs=1e-7)
    assert (a, b, c) == pytest.approx((80.0, -60.0, 150.0 - g * t_ground), abs=1e-8)


def test_forward_then_backward_returns_to_the_launch() -> None:
    start = random_flights(50, 1)
    start[:, 2] = -(start[:, :2] ** 2).sum(axis=1) / (2 * EARTH_RADIUS_M)  # on the ground
    landed = fly(start, WIND, ENV, 0.1)
    # a hair before the landing, the way back goes up
    back = np.column_stack([landed[:, :3], landed[:, 4:7], start[:, 6]])
    returned = fly(back, WIND, ENV, -0.1)
    assert np.abs(returned[:, :2] - start[:, :2]).max() < 0.05
    assert np.abs(returned[:, 3] + landed[:, 3]).max() < 1e-3
    assert np.abs(returned[:, 4:7] - start[:, 3:6]).max() < 0.02


def test_landing_is_on_the_curved_ground() -> None:
    landed = fly(random_flights(50, 2), WIND, ENV)
    height = landed[:, 2] + (landed[:, :2] ** 2).sum(axis=1) / (2 * EARTH_RADIUS_M)
    assert np.abs(height).max() < 1e-4
    assert (landed[:, 6] < 0.0).all()


def test_energy_never_grows_in_still_air() -> None:
    times = np.arange(0.0, 60.0, 0.25)
    for row in random_flights(10, 3):
        path, _ = trajectory(row, times, STILL_AIR, ENV, 0.25)
        path = path[np.isfinite(path[:, 0])]
        h = path[:, 2] + (path[:, :2] ** 2).sum(axis=1) / (2 * EARTH_RADIUS_M)
        # gravity g0 (1 - 2 (h + 120 m)/R): its potential is g0 (h + ...)
        potential = ENV[3] * (h - (h + ENV[2]) ** 2 / EARTH_RADIUS_M)
        energy = 0.5 * (path[:, 3:] ** 2).sum(axis=1) + potential
        assert (np.diff(energy) < 0.0).all()


@pytest.mark.parametrize("n", [1, 7, 31, 32, 33, 40, 100])
@pytest.mark.parametrize("dt", [0.5, -0.5])
def test_lanes_equal_the_scalar_twin_to_the_bit(n: int, dt: float) -> None:
    states = random_flights(n, n)
    if n > 7:
        states[0, 2], states[1, 6], states[2, 4] = np.nan, np.inf, -np.inf
        states[3, 2], states[3, 5] = -3.0 - (states[3, :2] ** 2).sum() / 2 / EARTH_RADIUS_M, -1.0
        states[4] = [0.0, 0.0, 10.0, 0.0, 0.0, 9000.0, VACUUM]
    rows = flight_rows(states, ENV, 0.05)
    scalar = np.empty((n, 7))
    fly_rows(rows, pack_air(ENV, WIND), dt, np.zeros(n), np.zeros(n), NOTHING, scalar)
    lanes = fly(states, WIND, ENV, dt, drift_mps2=0.05)
    assert np.array_equal(lanes, scalar, equal_nan=True)
    assert np.array_equal(lanes, fly(states, WIND, ENV, dt, drift_mps2=0.05), equal_nan=True)


def test_a_flight_does_not_depend_on_its_company() -> None:
    states = random_flights(70, 4)
    together = fly(states, WIND, ENV)
    alone = np.vstack([fly(row, WIND, ENV) for row in states])
    assert np.array_equal(together, alone)


@pytest.mark.parametrize(
    ("bad", "column"),
    [
        (bad, column)
        for bad in (np.nan, np.inf, -np.inf, 1e300)
        for column in range(7)
        if not (column == 6 and bad == -np.inf)  # ln k = -inf: no drag is a valid flight
    ],
)
def test_input_that_is_not_finite_has_no_landing_and_harms_nobody(bad: float, column: int) -> None:
    states = random_flights(3, 5)
    clean = fly(states, WIND, ENV)
    states[1, column] = bad
    found = fly(states, WIND, ENV)
    assert not np.isfinite(found[1]).any()
    assert np.array_equal(found[[0, 2]], clean[[0, 2]])


def test_grounded_starts_answer_themselves() -> None:
    resting = [0.0, 0.0, 0.0, 3.0, 0.0, -1.0, -9.0]
    below = [1.0, 2.0, -40.0, 3.0, 0.0, 0.0, -9.0]
    found = fly([resting, below], WIND, ENV)
    assert found[:, 3].tolist() == [0.0, 0.0]
    assert found[:, :3].tolist() == [[0.0, 0.0, 0.0], [1.0, 2.0, -40.0]]


def test_a_start_a_little_under_ground_that_rises_flies() -> None:
    low = fly([0.0, 0.0, -2.0, 100.0, 0.0, 150.0, -9.5], STILL_AIR, ENV)[0]
    level = fly([0.0, 0.0, 0.0, 100.0, 0.0, 150.0, -9.5], STILL_AIR, ENV)[0]
    assert abs(low[0] - level[0]) < 5.0
    assert low[3] > 20.0


def test_a_hop_shorter_than_the_step_lands_where_it_should() -> None:
    flat = environment(None)
    e, _, _, t, *_ = fly([0.0, 0.0, 0.0, 10.0, 0.0, 1.0, VACUUM], STILL_AIR, flat, 0.5)[0]
    assert t == pytest.approx(2.0 / 9.80665, abs=1e-3)
    assert e == pytest.approx(20.0 / 9.80665, abs=0.01)


def test_what_never_lands_has_no_answer() -> None:
    assert np.isnan(fly([0.0, 0.0, 10.0, 0.0, 0.0, 5000.0, VACUUM], STILL_AIR, ENV)).all()


def test_samples_lie_on_the_flight() -> None:
    state = random_flights(1, 6)[0]
    times = np.array([0.0, 0.01, 3.3, 7.0, 7.5, 500.0])
    path, landed = trajectory(state, times, WIND, ENV, 0.5)
    assert np.array_equal(path[0], state[:6])
    assert np.isnan(path[-1]).all()
    # from any sample on, the rest of the flight is the same
    onward = fly([*path[2], state[6]], WIND, ENV, 0.5)[0]
    assert onward[:2] == pytest.approx(landed[:2], abs=0.1)
    assert onward[3] + 3.3 == pytest.approx(landed[3], abs=1e-3)


def test_boost_in_vacuum_adds_its_acceleration_along_the_velocity() -> None:
    flat = environment(None)
    state = [0.0, 0.0, 0.0, 0.0, 0.0, 20.0, VACUUM]
    path, _ = trajectory(state, [0.77, 2.0], STILL_AIR, flat, 0.5, thrust_mps2=100.0, burn_s=0.77)
    v_burnout = 20.0 + (100.0 - 9.80665) * 0.77
    assert path[0, 5] == pytest.approx(v_burnout, rel=1e-9)
    assert path[1, 5] == pytest.approx(v_burnout - 9.80665 * 1.23, rel=1e-9)
    both = fly([state, state], STILL_AIR, flat, 0.5, thrust_mps2=[100.0, 0.0], burn_s=0.77)
    assert both[0, 3] > 2 * both[1, 3]


def test_single_precision_is_the_same_flight_to_five_centimetres() -> None:
    states = random_flights(500, 9)
    states = states[np.linalg.norm(states[:, 3:6], axis=1) < 400.0]
    states[:, :2] *= 0.3
    states[0, 3], states[1, 2] = np.nan, 1e300
    double, single = fly(states, WIND, ENV), fly(states, WIND, ENV, single=True)
    assert np.array_equal(np.isnan(double), np.isnan(single))
    assert np.nanmax(np.hypot(*(single - double)[:, :2].T)) < 0.05
    assert np.nanmax(np.abs(single - double)[:, 3]) < 1e-3


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 code")
@pytest.mark.parametrize(("flier", "kind"), [(fly_lanes, "d"), (fly_lanes_single, "s")])
def test_lanes_fly_side_by_side_in_vector_registers(flier, kind: str) -> None:
    """In either precision half or more of the arithmetic is on whole registers; the rest is for odd lanes."""
    cached = flier.py_func.__globals__["advance"]
    step = numba.jit(**cached.targetoptions)(cached.py_func)  # of cached code nothing can be read
    number = {"d": np.float64, "s": np.float32}[kind]
    air = tuple(map(number, pack_air(ENV, WIND)))
    step(np.zeros(WORK, number), LANES, number(0.0), air, number(0.5), number(0.0))
    (code,) = step.inspect_asm().values()
    packed, single = (
        len(
            re.findall(
                rf"^\s+v?(?:mul|add|sub|fn?m(?:add|sub)\d*){width}{kind}\b", code, re.MULTILINE
            )
        )
        for width in "ps"
    )
    assert packed > single / 2


def test_drift_pushes_to_the_right() -> None:
    straight = fly([0.0, 0.0, 0.0, 0.0, 150.0, 150.0, -10.0], STILL_AIR, ENV)[0]
    drifted = fly([0.0, 0.0, 0.0, 0.0, 150.0, 150.0, -10.0], STILL_AIR, ENV, drift_mps2=0.1)[0]
    assert drifted[0] - straight[0] == pytest.approx(0.5 * 0.1 * straight[3] ** 2, rel=0.3)


def test_more_levels_than_knots_are_followed_closely() -> None:
    h = np.arange(0.0, 12_001.0, 250.0)
    many = np.column_stack([h, 4 + 10 * h / (h + 1500), -2 + 6 * h / (h + 2500)])
    air = pack_air(ENV, many)
    for level in (0.0, 700.0, 2600.0, 9000.0):
        hinges = sum(air[17 + i] * max(level - air[11 + i], 0.0) for i in range(6))
        assert air[9] + hinges == pytest.approx(wind_at(level, many)[0], abs=0.6)


def test_faster_flights_get_smaller_steps() -> None:
    steps = [step_for(v) for v, _ in STEP_TABLE]
    assert steps == sorted(steps, reverse=True)
    assert step_for(1e9) == steps[-1]
