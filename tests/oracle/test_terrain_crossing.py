"""Flights onto terrain: crossings against bisection on the dense path; plane, step, ridge and relief."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from rampart.kernels.atmosphere import EARTH_RADIUS_M, environment
from rampart.kernels.flight import STILL_AIR, Array, fly, trajectory
from rampart.kernels.terrain import NOTHING, Ground, ground_of, height, level_at
from srtm_tiles import tiff_pixels

ENV = environment(31.5, -380.0)
SPACING_M = 90.0
AXIS = np.arange(-9_000.0, 9_001.0, SPACING_M)
EAST, NORTH = np.meshgrid(AXIS, AXIS)


def grid(heights: Array) -> Ground:
    return ground_of(heights, AXIS[0], AXIS[0], SPACING_M)


def slow_height(ground: Ground, e: float, n: float) -> float:
    """Bilinear, the obvious way: the mean of four nodes by opposite areas."""
    z = np.asarray(ground.heights_m, float)
    x = min(max((e - ground.west_m) / SPACING_M, 0.0), z.shape[1] - 1.0)
    y = min(max((n - ground.south_m) / SPACING_M, 0.0), z.shape[0] - 1.0)
    total = 0.0
    for i in (math.floor(y), math.floor(y) + 1):
        for j in (math.floor(x), math.floor(x) + 1):
            weight = (1.0 - abs(x - j)) * (1.0 - abs(y - i))
            if weight > 0.0:
                total += weight * z[i, j]
    return total


def clearance(state: Array, ground: Ground) -> float:
    e, n, u = state[:3]
    return float(u + (e * e + n * n) / (2.0 * EARTH_RADIUS_M) - slow_height(ground, e, n))


def bisected(start: Array, ground: Ground) -> tuple[Array, float]:
    """The first point of the dense path (10 ms, dt 0.1) on the ground, by bisection; position and time."""
    deep = level_at(-5_000.0)

    def at(t: float) -> Array:
        return np.asarray(trajectory(start, [t], STILL_AIR, ENV, 0.1, ground=deep)[0][0])

    times = np.arange(0.01, 120.0, 0.01)
    path, _ = trajectory(start, times, STILL_AIR, ENV, 0.1, ground=deep)
    low = next(i for i, state in enumerate(path) if clearance(state, ground) <= 0.0)
    a, b = times[low] - 0.01, times[low]
    for _ in range(50):
        middle = 0.5 * (a + b)
        a, b = (middle, b) if clearance(at(middle), ground) > 0.0 else (a, middle)
    return at(b)[:3], b


def shots(count: int, seed: int, height_m: float = 450.0) -> Array:
    """Random flights that start in the air: mortar bombs and flat, fast ones."""
    rng = np.random.default_rng(seed)
    states = np.zeros((count, 7))
    speed, azimuth = rng.uniform(150, 400, count), rng.uniform(0, 2 * np.pi, count)
    climb = np.radians(rng.uniform(-10, 60, count))
    states[:, 2] = height_m
    states[:, 3] = speed * np.cos(climb) * np.sin(azimuth)
    states[:, 4] = speed * np.cos(climb) * np.cos(azimuth)
    states[:, 5] = speed * np.sin(climb)
    states[:, 6] = np.log(rng.uniform(5e-5, 3e-4, count))
    return states


GROUNDS = {
    "plane": 0.05 * EAST - 0.03 * NORTH - 100.0,
    "below sea level": np.full_like(EAST, -420.0),
    "step": np.where(EAST + 0.3 * NORTH > 1_500.0, 120.0, -60.0),
    "ridge": 350.0 * np.exp(-(((EAST - 0.2 * NORTH - 1_200.0) / 150.0) ** 2)) - 50.0,
    "relief": 150.0 * np.sin(EAST / 400.0) * np.cos(NORTH / 500.0) - 100.0,
}


@pytest.mark.parametrize("dt_s", [0.5, 0.1])
@pytest.mark.parametrize("name", GROUNDS)
def test_the_crossing_is_that_of_bisection_on_the_dense_path(name: str, dt_s: float) -> None:
    ground, states = grid(GROUNDS[name]), shots(12, 1)
    landed = fly(states, STILL_AIR, ENV, dt_s, ground=ground)
    for start, found in zip(states, landed, strict=True):
        place, t_s = bisected(start, ground)
        np.testing.assert_allclose(found[:3], place, atol=0.05)
        assert found[3] == pytest.approx(t_s, abs=1e-3)


@pytest.mark.data
@pytest.mark.parametrize(
    ("tile", "row", "column"), [("srtm3_n31_e035", 560, 590), ("srtm3_s36_e149", 300, 900)]
)
def test_so_it_is_over_real_relief_also_below_the_sea(
    data_dir: Path, tile: str, row: int, column: int
) -> None:
    # the shore of the Dead Sea, 420 m below the sea, with its scarp; and Australian hills
    half = len(AXIS) // 2
    pixels = tiff_pixels(data_dir / "dem" / f"{tile}.tif")[::-1].astype(float)
    window = pixels[row - half : row + half + 1, column - half : column + half + 1]
    ground = grid(window)
    if tile == "srtm3_n31_e035":
        assert window.min() < -400.0 < -300.0 < window.max()
    states = shots(10, 4, float(window[half, half]) + 500.0)
    for start, found in zip(states, fly(states, STILL_AIR, ENV, 0.5, ground=ground), strict=True):
        place, t_s = bisected(start, ground)
        np.testing.assert_allclose(found[:3], place, atol=0.05)
        assert found[3] == pytest.approx(t_s, abs=1e-3)


def test_a_ridge_in_the_way_is_met_although_the_step_ends_behind_it() -> None:
    # 300 m/s and 0.5 s: 150 m a step over a ridge of one node; the path is above ground on both sides
    wall = grid(np.where(np.abs(EAST - 990.0) < 1.0, 100.0, 0.0))
    level = np.array([[0.0, 0.0, 90.0, 300.0, 0.0, 2.0, -np.inf]])
    for start_m in np.arange(0.0, 150.0, 10.0):
        level[0, 0] = start_m
        met = fly(level, STILL_AIR, ENV, 0.5, ground=wall)[0]
        assert 900.0 <= met[0] <= 990.0
        assert 40.0 < met[2] < 100.0
    level[0, 2] = 200.0  # and it flies over where it is higher
    assert fly(level, STILL_AIR, ENV, 0.5, ground=wall)[0, 0] > 1_500.0


def test_lanes_and_scalar_answer_alike_and_twice_the_same() -> None:
    ground, states = grid(GROUNDS["relief"]), shots(70, 2)
    lanes = fly(states, STILL_AIR, ENV, 0.5, ground=ground)
    for row, found in zip(states, lanes, strict=True):
        _, scalar = trajectory(row, [], STILL_AIR, ENV, 0.5, ground=ground)
        np.testing.assert_allclose(found, scalar, atol=1e-6)
    np.testing.assert_array_equal(lanes, fly(states, STILL_AIR, ENV, 0.5, ground=ground))


def test_backwards_it_is_found_where_it_was_launched() -> None:
    ground = grid(GROUNDS["relief"])
    for e, n, vn in [(-3_000.0, 500.0, 20.0), (-2_000.0, -700.0, -40.0)]:
        u = height(ground, e, n) - (e * e + n * n) / (2.0 * EARTH_RADIUS_M)
        launch = np.array([e, n, u, 90.0, vn, 170.0, math.log(1e-4)])
        path, _ = trajectory(launch, [6.0], STILL_AIR, ENV, 0.1, ground=ground)
        back = fly([[*path[0], launch[6]]], STILL_AIR, ENV, -0.25, ground=ground)[0]
        np.testing.assert_allclose(back[:3], launch[:3], atol=0.05)
        assert back[3] == pytest.approx(-6.0, abs=1e-3)


def test_ground_at_the_level_is_no_terrain_and_hardly_any_is_as_none() -> None:
    states = shots(40, 3)
    plain = fly(states, STILL_AIR, ENV)
    np.testing.assert_array_equal(plain, fly(states, STILL_AIR, ENV, ground=NOTHING))
    film = grid(np.full_like(EAST, 1e-6))
    np.testing.assert_allclose(plain, fly(states, STILL_AIR, ENV, ground=film), atol=1e-4)


def test_who_starts_under_the_ground_is_there_unless_it_leaves() -> None:
    ground = level_at(50.0)
    falling = fly([[0, 0, 40, 100, 0, -1, -9]], STILL_AIR, ENV, ground=ground)[0]
    assert falling[3] == 0.0
    assert falling[2] == 40.0
    rising = fly([[0, 0, 40, 100, 0, 80, -9]], STILL_AIR, ENV, ground=ground)[0]
    assert rising[3] > 10.0
    assert rising[2] == pytest.approx(50.0, abs=0.2)
    stuck = fly([[0, 0, 10, 100, 0, 5, -9]], STILL_AIR, ENV, ground=ground)[0]  # never gets out
    assert 0.0 < stuck[3] < 5.0
    assert np.isnan(fly([[np.nan] * 7], STILL_AIR, ENV, ground=ground)).all()


def test_beyond_the_grid_its_edge_goes_on() -> None:
    slope = grid(0.01 * EAST)
    assert height(slope, 50_000.0, 0.0) == pytest.approx(90.0, abs=1e-3)
    assert height(slope, 4_545.0, 123.0) == pytest.approx(45.45, abs=1e-3)
    far = np.array([[20_000.0, 0.0, 1_000.0, 150.0, 0.0, 0.0, -9.0]])
    landed = fly(far, STILL_AIR, ENV, ground=slope)[0]
    assert clearance(landed, slope) == pytest.approx(0.0, abs=1e-3)
