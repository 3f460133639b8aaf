"""Zones in the plane against independent answers: Monte Carlo, nested quadrature, brute force."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy.integrate import dblquad
from scipy.stats import chi2

from rampart.kernels.geometry import gaussian_mass, grow, mahalanobis_distance, signed_distance

Array = npt.NDArray[np.float64]
OCTAGON = [(400 * math.cos(k * math.pi / 4), 300 * math.sin(k * math.pi / 4)) for k in range(8)]
ELL = [(0, 0), (800, 0), (800, 200), (200, 200), (200, 700), (0, 700)]
YARD = [(0, 0), (700, 0), (700, 600), (500, 600), (500, 150), (250, 150), (250, 600), (0, 600)]
SHAPES = {"octagon": OCTAGON, "ell": ELL, "yard": YARD, "clockwise": ELL[::-1]}


def distance(points: Array, polygon: list[tuple[float, float]]) -> Array:
    """Signed distance of many points, written the other way round: by crossing numbers, vectorised."""
    ring = np.array(polygon, float)
    nearest = np.full(len(points), np.inf)
    inside = np.zeros(len(points), bool)
    for a, b in zip(ring, np.roll(ring, -1, 0), strict=True):
        edge = b - a
        t = np.clip(((points - a) @ edge) / (edge @ edge), 0, 1)
        nearest = np.minimum(nearest, np.hypot(*(points - a - t[:, None] * edge).T))
        crosses = (a[1] > points[:, 1]) != (b[1] > points[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            x = a[0] + (points[:, 1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
        inside ^= crosses & (points[:, 0] < x)
    return np.where(inside, -nearest, nearest)


def mass(mean: Array, cov: Array, polygon: list[tuple[float, float]], radius_m: float) -> float:
    rows = grow(polygon, radius_m)
    corners = np.array(polygon, float)
    centre = corners.mean(axis=0)
    around = np.hypot(*(corners - centre).T).max() + radius_m
    return float(
        gaussian_mass(
            mean,
            np.array([cov[0, 0], cov[0, 1], cov[1, 1]]),
            rows,
            np.array([0, len(rows)]),
            np.array([[*centre, around]]),
            np.array([True]),
        )[0]
    )


def ellipse(major_m: float, minor_m: float, angle_rad: float) -> Array:
    turn = np.array(
        [[math.cos(angle_rad), -math.sin(angle_rad)], [math.sin(angle_rad), math.cos(angle_rad)]]
    )
    return turn @ np.diag([major_m**2, minor_m**2]) @ turn.T


@pytest.mark.parametrize("shape", SHAPES)
def test_signed_distance(shape: str):
    points = np.random.default_rng(1).uniform(-500, 1300, (500, 2))
    corners = np.array(SHAPES[shape], float)
    ours = [signed_distance(x, y, corners) for x, y in points]
    np.testing.assert_allclose(ours, distance(points, SHAPES[shape]), atol=1e-9)


@pytest.mark.parametrize("radius_m", [100.0, 150.0, 250.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_boundary_of_a_grown_zone_closes_and_keeps_its_distance(shape: str, radius_m: float):
    rows = grow(SHAPES[shape], radius_m)
    ends: list[tuple[float, float]] = []
    starts: list[tuple[float, float]] = []
    corners = np.array(SHAPES[shape], float)
    for kind, a, b, c, d, e in rows:
        if kind == 0.0:
            line = [(a + t * (c - a), b + t * (d - b)) for t in (0.0, 0.3, 1.0)]
        else:
            angles = (d, d + 0.3 * (e - d), e)
            line = [(a + c * math.cos(t), b + c * math.sin(t)) for t in angles]
        for x, y in line:
            assert signed_distance(x, y, corners) == pytest.approx(radius_m, abs=1e-6)
        starts.append(line[0])
        ends.append(line[-1])
    gaps = [min(math.dist(end, start) for start in starts) for end in ends]
    assert max(gaps) < 1e-5


def test_area_of_a_grown_convex_zone_is_steiners():
    # a Gaussian so wide that it is flat over the zone: mass = area x density at the mean
    radius_m, wide_m = 150.0, 1e6
    area = 0.5 * abs(
        sum(
            a[0] * b[1] - b[0] * a[1]
            for a, b in zip(OCTAGON, OCTAGON[1:] + OCTAGON[:1], strict=True)
        )
    )
    around = sum(math.dist(a, b) for a, b in zip(OCTAGON, OCTAGON[1:] + OCTAGON[:1], strict=True))
    steiner = area + around * radius_m + math.pi * radius_m**2
    flat = mass(np.zeros(2), np.eye(2) * wide_m**2, OCTAGON, radius_m)
    assert flat * 2 * math.pi * wide_m**2 == pytest.approx(steiner, rel=1e-5)


@pytest.mark.parametrize(
    ("seed", "count"),
    [
        (0, 150_000),
        (1, 150_000),
        (2, 150_000),
        *(pytest.param(seed, 1_000_000, marks=pytest.mark.slow) for seed in range(10, 30)),
    ],
)
def test_mass_against_samples(seed: int, count: int):
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal((count, 2))
    for shape in SHAPES.values():
        radius_m = rng.choice([0.0, 100.0, 150.0, 250.0])
        major_m = 10 ** rng.uniform(math.log10(5), math.log10(5000))
        cov = ellipse(major_m, major_m / 50 ** rng.uniform(), rng.uniform(0, math.pi))
        mean = rng.uniform(-1, 1, 2) * (500 + major_m) + 200
        points = mean + samples @ np.linalg.cholesky(cov).T
        share = float(np.mean(distance(points, shape) <= radius_m))
        ours = mass(mean, cov, shape, radius_m)
        sigma = math.sqrt(max(ours * (1 - ours), 1e-9) / len(samples))
        assert abs(ours - share) < 4.5 * sigma + 1e-5
        if share > 1e-3:
            assert ours == pytest.approx(share, rel=0.05 + 4.5 * sigma / share)


@pytest.mark.parametrize(
    ("major_m", "minor_m", "angle_rad", "mean"),
    [
        (5.0, 5.0, 0.0, (401.0, 10.0)),
        (250.0, 5.0, 0.4, (600.0, 100.0)),
        (250.0, 5.0, 0.0, (0.0, 301.0)),
        (5000.0, 100.0, 1.2, (900.0, -300.0)),
        (5000.0, 5000.0, 0.0, (3000.0, 3000.0)),
        (60.0, 20.0, 2.0, (440.0, 0.0)),
    ],
)
def test_mass_of_a_polygon_against_nested_quadrature(
    major_m: float, minor_m: float, angle_rad: float, mean: tuple[float, float]
):
    cov = ellipse(major_m, minor_m, angle_rad)
    inverse, norm = np.linalg.inv(cov), 2 * math.pi * math.sqrt(np.linalg.det(cov))
    square = [(-400.0, -300.0), (400.0, -300.0), (400.0, 300.0), (-400.0, 300.0)]

    def density(y: float, x: float) -> float:
        dx, dy = x - mean[0], y - mean[1]
        q = inverse[0, 0] * dx * dx + 2 * inverse[0, 1] * dx * dy + inverse[1, 1] * dy * dy
        return math.exp(-q / 2) / norm

    # the reference looks only where the density is, or it would step over a needle
    reach_x, reach_y = 8 * math.sqrt(cov[0, 0]), 8 * math.sqrt(cov[1, 1])
    low_x, high_x = max(-400.0, mean[0] - reach_x), min(400.0, mean[0] + reach_x)
    slope, thin = cov[0, 1] / cov[0, 0], 8 * math.sqrt(1 / inverse[1, 1])

    def low_y(x: float) -> float:
        return float(np.clip(mean[1] + slope * (x - mean[0]) - thin, -300, 300))

    def high_y(x: float) -> float:
        return float(np.clip(mean[1] + slope * (x - mean[0]) + thin, -300, 300))

    assert reach_y > 0
    wanted, _ = dblquad(density, low_x, high_x, low_y, high_y, epsabs=1e-8, epsrel=1e-6)
    ours = mass(np.array(mean), cov, square, 0.0)
    assert ours == pytest.approx(wanted, abs=1e-5, rel=1e-3)


def test_mass_of_a_disc_is_the_rayleigh_distribution():
    dot = [(-1e-3, -1e-3), (1e-3, -1e-3), (1e-3, 1e-3), (-1e-3, 1e-3)]
    for sigma_m in (5.0, 60.0, 2000.0):
        ours = mass(np.zeros(2), np.eye(2) * sigma_m**2, dot, 150.0)
        assert ours == pytest.approx(chi2.cdf((150.0 / sigma_m) ** 2, 2), abs=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
def test_sigmas_to_a_grown_zone_against_brute_force(shape: str):
    rng = np.random.default_rng(7)
    polygon, radius_m = SHAPES[shape], 150.0
    rows, corners = grow(polygon, radius_m), np.array(polygon, float)
    border = []
    for kind, a, b, c, d, e in rows:
        t = np.linspace(0, 1, 4001)
        if kind == 0.0:
            border.append(np.stack([a + t * (c - a), b + t * (d - b)], 1))
        else:
            angle = d + t * (e - d)
            border.append(np.stack([a + c * np.cos(angle), b + c * np.sin(angle)], 1))
    line = np.vstack(border)
    for _ in range(40):
        cov = ellipse(10 ** rng.uniform(0.7, 3.7), 10 ** rng.uniform(0.7, 3.0), rng.uniform(0, 3))
        mean = rng.uniform(-3000, 3500, 2)
        packed = np.array([cov[0, 0], cov[0, 1], cov[1, 1]])
        ours = mahalanobis_distance(mean, packed, corners, radius_m, rows)
        if signed_distance(mean[0], mean[1], corners) <= radius_m:
            assert ours == 0.0
            continue
        off = line - mean
        best = math.sqrt(np.einsum("ij,jk,ik->i", off, np.linalg.inv(cov), off).min())
        assert ours == pytest.approx(best, rel=1e-3, abs=1e-3)
        assert ours <= best + 1e-9
