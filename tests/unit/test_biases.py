"""The estimate of the sensors' slow errors is right within the doubt that it states."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rampart.domain.frames import polar_from_enu
from rampart.engine.biases import (
    OBJECTS,
    BiasFilter,
    Place,
    PolarPlot,
    Velocity,
    against_plot,
    against_report,
)
from rampart.metrics.consistency import anees

PLACES = [
    Place(np.eye(3), np.array([0.0, 0.0, 5.0])),
    Place(np.eye(3), np.array([2500.0, -800.0, 5.0])),
]
SIGMA = np.array([12.0, 2.5e-3, 2.5e-3])
PRIOR = np.array([20.0, 3e-3, 3e-3, 0.05] * 2 + [0.05])
SIZE = 9 + OBJECTS
STILL = np.zeros((3, 3))


def plot_of(
    sensor: int, t_s: float, p0: np.ndarray, v: np.ndarray, b: np.ndarray, noise: np.ndarray
) -> PolarPlot:
    """What `sensor`, off by b (4,), says of the object that is at p0 + v t."""
    polar = polar_from_enu(p0 + v * t_s - PLACES[sensor].place) + b[:3] + SIGMA * noise
    return PolarPlot(sensor, t_s + b[3], tuple(polar), tuple(SIGMA**2))


def flights(rng: np.random.Generator, count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Positions and velocities in all directions, 2 to 9 km away."""
    found = []
    for _ in range(count):
        side, way = rng.uniform(0.0, 2.0 * math.pi, 2)
        r, speed = rng.uniform(2000.0, 9000.0), rng.uniform(40.0, 240.0)
        place = (r * math.sin(side), r * math.cos(side), rng.uniform(300.0, 3000.0))
        found.append((np.array(place), speed * np.array([math.sin(way), math.cos(way), 0.0])))
    return found


def learnt(rng: np.random.Generator, b: np.ndarray, comparisons: int) -> BiasFilter:
    biases = BiasFilter(PRIOR, 1e9)
    for p0, v in flights(rng, comparisons):
        first = plot_of(0, 0.0, p0, v, b[:4], rng.normal(size=3))
        second = plot_of(1, 0.3, p0, v, b[4:8], rng.normal(size=3))
        biases.update(*against_plot(second, first, Velocity(v, STILL, 0.0), PLACES, SIZE))
    return biases


def test_the_estimate_is_as_good_as_it_says() -> None:
    rng = np.random.default_rng(4)
    values = []
    for _ in range(60):
        b = PRIOR * rng.normal(size=9)
        biases = learnt(rng, b, 80)
        error = (biases.b[:9] - b)[:8]
        values.append(float(error @ np.linalg.solve(biases.P[:8, :8], error)))
    judged = anees(values, 8)
    assert judged.consistent, judged
    assert np.all(np.sqrt(np.diag(biases.P))[[1, 2, 5, 6]] < 0.5 * 3e-3)


def test_what_no_comparison_shows_stays_at_its_prior() -> None:
    """Two clocks that err alike move nothing against each other; nobody reports, so that age stays too."""
    biases = learnt(np.random.default_rng(5), np.zeros(9), 200)
    together = np.zeros(SIZE)
    together[[3, 7]] = 1.0 / math.sqrt(2.0)
    apart = together.copy()
    apart[7] *= -1.0
    assert together @ biases.P @ together == pytest.approx(0.05**2, rel=0.02)
    assert apart @ biases.P @ apart < 0.1 * 0.05**2
    assert biases.P[8, 8] == pytest.approx(0.05**2)


@pytest.mark.parametrize("number", range(8))
def test_a_comparison_shows_each_bias_as_its_gradient_says(number: int) -> None:
    p0, v = np.array([3000.0, 4000.0, 900.0]), np.array([120.0, -60.0, 3.0])
    motion = Velocity(v, STILL, 0.0)
    b = np.zeros(8)
    b[number] = 0.2 * PRIOR[number]
    plots = [plot_of(s, 0.4 * s, p0, v, b[4 * s : 4 * s + 4], np.zeros(3)) for s in (0, 1)]
    z, H, _ = against_plot(plots[1], plots[0], motion, PLACES, SIZE)
    np.testing.assert_allclose(z / SIGMA, H[:, :8] @ b / SIGMA, atol=0.02)
    if number >= 4:
        at = np.append(p0, 0.0)[:3]  # it reports where it was at 0 s
        z, H, _ = against_report(plots[1], 0.0, at, STILL, motion, PLACES, SIZE, (8,))
        np.testing.assert_allclose(z / SIGMA, H[:, :8] @ b / SIGMA, atol=0.02)


def test_a_report_older_than_it_says_is_the_age_of_known_traffic() -> None:
    p0, v = np.array([3000.0, 4000.0, 900.0]), np.array([120.0, -60.0, 0.0])
    plot = plot_of(0, 0.0, p0, v, np.zeros(4), np.zeros(3))
    flown = Velocity(v, STILL, 0.0)
    z, H, _ = against_report(plot, 0.0, p0 - 0.1 * v, STILL, flown, PLACES, SIZE, (8, 11))
    np.testing.assert_allclose(z / SIGMA, 0.1 * H[:, 8] / SIGMA, atol=0.02)
    assert (H[:, 11] == H[:, 8]).all()  # its age is the sum of both
    assert not H[:, [9, 10, *range(12, SIZE)]].any()


@pytest.mark.parametrize("what", ["plot", "report"])
def test_what_is_not_known_of_the_motion_widens_a_comparison(what: str) -> None:
    """Along the range of an object due north, 0.5 s apart: (sigma_v dt)² of its velocity, (a dt² / 2)² of an
    acceleration, and one sigma_v dt of the velocity along it and across are as correlated as the velocities."""
    p0, v, dt = np.array([0.0, 6000.0, 5.0]), np.array([50.0, -60.0, 0.0]), 0.5
    told = np.array([[9.0, 3.0, 0.0], [3.0, 4.0, 0.0], [0.0, 0.0, 1.0]])
    first, second = (plot_of(s, dt * (1 - s), p0, v, np.zeros(4), np.zeros(3)) for s in (0, 1))

    def doubt(P: np.ndarray, accel_mps2: float) -> np.ndarray:
        motion = Velocity(v, P, accel_mps2)
        if what == "plot":
            return against_plot(first, second, motion, PLACES, SIZE)[2]
        return against_report(first, 0.0, p0, STILL, motion, PLACES, SIZE, (8,))[2]

    north_m = p0[1] + v[1] * dt
    along, across = 4.0 * dt**2, 9.0 * dt**2 / north_m**2
    more = doubt(told, 0.0) - doubt(STILL, 0.0)
    np.testing.assert_allclose(np.diag(more), [along, across, dt**2 / north_m**2], rtol=0.02)
    assert more[0, 1] == pytest.approx(3.0 * dt**2 / north_m, rel=0.02)
    slipped = (0.5 * 8.0 * dt**2) ** 2
    more = doubt(STILL, 8.0) - doubt(STILL, 0.0)
    np.testing.assert_allclose(
        np.diag(more), slipped / np.array([1.0, north_m, north_m]) ** 2, rtol=0.02
    )


@pytest.mark.parametrize(("own_s", "shared"), [(0.02, False), (0.2, True)])
def test_objects_tell_utc_as_well_as_their_own_ages_are_known(own_s: float, shared: bool) -> None:
    """With plots beyond number two clocks of 0.05 s are known to the mean of the ages of six objects."""
    rng = np.random.default_rng(9)
    values, sigmas = [], []
    for _ in range(40):
        b = PRIOR * rng.normal(size=9)
        biases = BiasFilter(PRIOR, 1e9)
        for k, (p0, v) in enumerate(flights(rng, 6)):
            age_s = own_s * rng.normal() + shared * b[8]
            for look in range(60):
                s, t = look % 2, 0.01 * look
                plot = plot_of(s, t, p0, v, b[4 * s : 4 * s + 4], rng.normal(size=3))
                own = biases.age_of(str(k), own_s)
                biases.update(
                    *against_report(
                        plot, t, p0 + v * (t - age_s), STILL, Velocity(v, STILL, 0.0), PLACES, SIZE,
                        (biases.shared, own) if shared else (own,),
                    )
                )  # fmt: skip
        mean = np.zeros(SIZE)
        mean[[3, 7]] = 0.5
        variance = mean @ biases.P @ mean
        values.append(float((mean @ biases.b - mean[:9] @ b) ** 2 / variance))
        sigmas.append(math.sqrt(variance))
    assert anees(values, 1).consistent
    at_best = 1.0 / (1.0 / (0.05**2 / 2.0) + 1.0 / (own_s**2 / 6.0 + shared * PRIOR[8] ** 2))
    assert np.sqrt(at_best) < np.min(sigmas)
    assert np.median(sigmas) < 1.5 * np.sqrt(at_best)


def test_the_object_compared_longest_ago_gives_its_place_to_another() -> None:
    biases = BiasFilter(PRIOR, 1e9)
    first = biases.age_of("0", 0.1)
    biases.b[first], biases.P[first, 3], biases.P[3, first] = 0.05, 0.001, 0.001
    others = [biases.age_of(str(k), 0.2) for k in range(1, OBJECTS)]
    assert biases.age_of("0", 0.3) == first  # known already
    assert biases.P[first, first] == 0.1**2
    assert biases.age_of("new", 0.02) == others[0]
    biases.age_of("2", 0.2)
    assert biases.age_of("newer", 0.02) == others[2]
    for k in range(3, OBJECTS - 1):
        biases.age_of(str(k + 1), 0.2)
    assert biases.age_of("newest", 0.02) == first
    assert biases.b[first] == biases.P[first, 3] == biases.P[3, first] == 0.0
    assert biases.P[first, first] == 0.02**2
    assert biases.P[3, 3] == 0.05**2  # of the sensors nothing is forgotten


def test_what_no_bias_explains_changes_nothing() -> None:
    rng = np.random.default_rng(6)
    biases = learnt(rng, np.zeros(9), 40)
    b, P = biases.b.copy(), biases.P.copy()
    p0, v = np.array([3000.0, 4000.0, 900.0]), np.array([120.0, -60.0, 0.0])
    mine = plot_of(0, 0.0, p0, v, np.zeros(4), np.zeros(3))
    other = plot_of(1, 0.0, p0 + 400.0, v, np.zeros(4), np.zeros(3))
    comparison = against_plot(other, mine, Velocity(v, STILL, 0.0), PLACES, SIZE)
    assert not biases.update(*comparison)
    assert (biases.b == b).all()
    assert (biases.P == P).all()


def test_left_alone_the_estimate_returns_to_the_prior() -> None:
    biases = BiasFilter(PRIOR, 100.0)
    biases.age(0.0)
    rng = np.random.default_rng(7)
    for p0, v in flights(rng, 60):
        plots = [plot_of(s, 0.1 * s, p0, v, np.zeros(4), rng.normal(size=3)) for s in (0, 1)]
        biases.update(*against_plot(plots[1], plots[0], Velocity(v, STILL, 0.0), PLACES, SIZE))
    sharp, learnt_b = np.diag(biases.P).copy(), biases.b.copy()
    biases.age(20.0)
    assert np.all(np.diag(biases.P) >= sharp)
    np.testing.assert_allclose(biases.b, math.exp(-0.2) * learnt_b)
    b, P = biases.b.copy(), biases.P.copy()
    biases.age(10.0)  # time that stands back undoes nothing
    assert (biases.b == b).all()
    assert (biases.P == P).all()
    biases.age(2000.0)
    np.testing.assert_allclose(np.diag(biases.P)[:9], PRIOR**2, rtol=1e-6)
