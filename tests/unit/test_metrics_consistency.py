"""NEES, coverage, CRPS and PIT against closed forms, numerical integrals and repeated sampling."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from rampart.metrics import (
    anees,
    clopper_pearson,
    coverage,
    crps_gaussian,
    crps_quantiles,
    interval_coverage,
    nees,
    pit_gaussian,
    pit_quantiles,
)


def test_nees_is_the_squared_mahalanobis_length() -> None:
    assert nees([[3.0, 4.0]], [[[9.0, 0.0], [0.0, 4.0]]]) == pytest.approx([1.0 + 4.0])


@pytest.mark.parametrize(("claimed", "consistent"), [(1.0, True), (0.7, False), (1.3, False)])
def test_anees_tells_the_honest_filter_from_the_proud_and_the_timid(
    claimed: float, consistent: bool
) -> None:
    rng = np.random.default_rng(3)
    p = np.array([[4.0, 1.0], [1.0, 2.0]])
    errors = rng.multivariate_normal([0, 0], p, 500)
    covariance = np.broadcast_to(p * claimed**2, (500, 2, 2))
    assert anees(nees(errors, covariance), 2).consistent is consistent


def test_anees_bounds_are_the_chi_square_quantiles() -> None:
    a = anees(np.ones(10), 3, confidence=0.95)
    assert (a.low, a.high) == pytest.approx((16.791 / 30, 46.979 / 30), rel=1e-4)  # chi²(30) tables
    with pytest.raises(ValueError, match="no values"):
        anees([], 2)


def test_coverage_counts_what_lies_inside_each_ellipse() -> None:
    # chi²(2) quantiles at 50, 90, 99 %: 1.386, 4.605, 9.210
    errors = [[math.sqrt(d2), 0.0] for d2 in (1.3, 1.5, 4.7, 9.3)]
    shares = coverage(errors, np.broadcast_to(np.eye(2), (4, 2, 2)))
    assert [s.count for s in shares] == [1, 2, 3]
    assert [s.level for s in shares] == [0.5, 0.9, 0.99]


def test_interval_coverage_is_closed_at_both_ends() -> None:
    assert interval_coverage([0, 0, 0], [1, 1, 1], [0.0, 1.0, 1.1]).count == 2


def test_clopper_pearson_of_none_is_the_rule_of_three() -> None:
    low, high = clopper_pearson(0, 10_000)
    assert low == 0.0
    assert high == pytest.approx(-math.log(0.025) / 10_000, rel=1e-3)
    assert clopper_pearson(5, 5)[1] == 1.0
    assert clopper_pearson(0, 0) == (0.0, 1.0)


@given(st.integers(1, 200), st.floats(0, 1))
def test_clopper_pearson_holds_its_own_share(of: int, share: float) -> None:
    count = round(share * of)
    low, high = clopper_pearson(count, of)
    assert low <= count / of <= high
    if 0 < count < of:
        assert stats.binom.sf(count - 1, of, low) == pytest.approx(0.025, rel=1e-6)
        assert stats.binom.cdf(count, of, high) == pytest.approx(0.025, rel=1e-6)


def integral(cdf, value: float, *knots: float) -> float:
    """∫ (F(y) - 1{y >= value})² dy by quadrature, piece by piece."""
    edges = sorted([-60.0, value, *knots, 80.0])
    return sum(
        integrate.quad(lambda y: (cdf(y) - (y > value)) ** 2, low, high)[0]
        for low, high in itertools.pairwise(edges)
    )


@pytest.mark.parametrize("value", [-4.0, 0.3, 2.0, 9.0])
def test_crps_of_a_gaussian_is_the_integral_of_its_definition(value: float) -> None:
    expected = integral(lambda y: stats.norm.cdf(y, 2, 3), value)
    assert crps_gaussian(2.0, 3.0, value) == pytest.approx(expected, abs=1e-6)


@given(st.floats(-50, 50), st.floats(0.1, 20), st.floats(-100, 100))
def test_crps_from_a_gaussians_quantiles_is_the_gaussians(
    mean: float, sigma: float, value: float
) -> None:
    levels = (0.05, 0.5, 0.95)
    quantiles = stats.norm.ppf(levels, mean, sigma)
    assert crps_quantiles(levels, quantiles, value) == pytest.approx(
        float(crps_gaussian(mean, sigma, value)), rel=1e-6, abs=1e-9
    )
    assert pit_quantiles(levels, quantiles, value) == pytest.approx(
        float(pit_gaussian(mean, sigma, value)), abs=1e-9
    )


@pytest.mark.parametrize("value", [-6.0, 1.0, 1.5, 4.0, 12.0])
def test_crps_of_skewed_quantiles_is_the_integral_of_its_definition(value: float) -> None:
    levels, quantiles = (0.05, 0.5, 0.95), (0.0, 1.0, 8.0)
    expected = integral(lambda y: pit_quantiles(levels, quantiles, y), value, 1.0)
    assert crps_quantiles(levels, quantiles, value) == pytest.approx(expected, abs=1e-6)


def test_crps_of_a_certain_forecast_is_the_distance() -> None:
    assert crps_quantiles((0.05, 0.5, 0.95), (3.0, 3.0, 3.0), 5.5) == pytest.approx(2.5)
    assert crps_quantiles((0.05, 0.5, 0.95), (3.0, 3.0, 3.0), 1.0) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("levels", "quantiles", "value", "probability"),
    [
        ((0.05, 0.5, 0.95), (2.0, 2.0, 3.0), 2.0, 0.5),
        ((0.1, 0.3, 0.6, 0.9), (1.0, 2.0, 2.0, 3.0), 2.0, 0.6),
        ((0.05, 0.5, 0.95), (1.0, 2.0, 2.0), 2.0, 1.0),
        ((0.05, 0.5, 0.95), (2.0, 2.0, 2.0), 2.0, 1.0),
    ],
)
def test_pit_of_a_value_that_several_quantiles_share_holds_all_that_lies_there(
    levels: tuple[float, ...], quantiles: tuple[float, ...], value: float, probability: float
) -> None:
    assert pit_quantiles(levels, quantiles, value) == pytest.approx(probability, abs=1e-12)


def test_quantiles_that_fall_are_refused() -> None:
    with pytest.raises(ValueError, match="must both increase"):
        crps_quantiles((0.05, 0.5, 0.95), (1.0, 0.0, 2.0), 0.0)


def test_pit_of_honest_forecasts_is_uniform() -> None:
    rng = np.random.default_rng(8)
    mean, sigma = rng.normal(0, 5, 2000), rng.uniform(0.5, 4, 2000)
    value = rng.normal(mean, sigma)
    assert stats.kstest(pit_gaussian(mean, sigma, value), "uniform").pvalue > 1e-3
    assert stats.kstest(pit_gaussian(mean, 0.6 * sigma, value), "uniform").pvalue < 1e-3


# ------------------------------------------------------------------- what means nothing is refused
HONEST = np.array([[4.0, 1.0], [1.0, 2.0]])


@pytest.mark.parametrize(
    "strange",
    [
        [[1.0, 0.0], [0.0, -4.0]],
        [[1.0, 2.0], [2.0, 1.0]],
        [[4.0, 1.5], [0.5, 2.0]],
        [[0.0, 0.0], [0.0, 1.0]],
        [[math.nan, 0.0], [0.0, 1.0]],
        [[math.inf, 0.0], [0.0, 1.0]],
    ],
    ids=["negative", "indefinite", "crooked", "singular", "nan", "infinite"],
)
def test_what_is_no_covariance_is_refused_by_row(strange: list) -> None:
    for judge in (nees, coverage):
        with pytest.raises(
            ValueError, match=r"covariance of row 2: .*symmetric and positive definite"
        ):
            judge(np.ones((4, 2)), np.array([HONEST, HONEST, strange, HONEST]))


def test_a_covariance_of_very_different_units_is_one() -> None:
    # Δ² of each component is 1 whatever its unit; the last bits of a filter's covariance may differ
    p = np.diag([1e12, 1e-12])
    p[0, 1], p[1, 0] = 1e-9, -1e-9
    assert nees([[1e6, 1e-6]], [p]) == pytest.approx([2.0])


def test_errors_that_are_not_finite_or_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="error of row 1"):
        nees([[1.0, 1.0], [math.nan, 1.0]], [HONEST, HONEST])
    with pytest.raises(ValueError, match=r"allowed: \(n, k\) and \(n, k, k\)"):
        nees([[1.0, 1.0], [1.0, 1.0]], [HONEST])


@pytest.mark.parametrize(
    "call",
    [
        lambda: anees([-3.0], 2),
        lambda: anees([math.nan], 2),
        lambda: anees([1.0], 0),
        lambda: anees([1.0], 2, confidence=1.5),
        lambda: clopper_pearson(3, 2),
        lambda: clopper_pearson(-1, 2),
        lambda: clopper_pearson(1, 2, confidence=0.0),
        lambda: coverage([[1.0, 1.0]], [HONEST], levels=(0.5, 1.0)),
        lambda: crps_gaussian(0.0, -1.0, 0.0),
        lambda: crps_gaussian(0.0, [1.0, 0.0], 0.0),
        lambda: pit_gaussian(0.0, 0.0, 1.0),
        lambda: pit_gaussian(0.0, math.nan, 1.0),
        lambda: interval_coverage([1.0, 1.0], [0.0, 2.0], [0.5, 0.5]),
        lambda: interval_coverage([0.0, 0.0], [1.0], [0.5, 0.5]),
        lambda: interval_coverage([0.0], [1.0], [math.nan]),
        lambda: interval_coverage([0.0], [1.0], [0.5], level=90.0),
    ],
)
def test_what_has_no_share_or_score_is_refused(call) -> None:
    with pytest.raises(ValueError, match="allowed: "):
        call()


@pytest.mark.parametrize("judge", [crps_quantiles, pit_quantiles])
@pytest.mark.parametrize(
    ("levels", "quantiles", "value"),
    [
        ((0.05, 0.5, 0.95), (0.0, 1.0, 2.0), math.nan),
        ((0.05, 0.5, 0.95), (0.0, math.nan, 2.0), 1.0),
        ((0.05, 0.5, 0.95), (0.0, 1.0, math.inf), 1.0),
        ((0.0, 0.5, 0.95), (0.0, 1.0, 2.0), 1.0),
        ((5.0, 50.0, 95.0), (0.0, 1.0, 2.0), 1.0),
    ],
)
def test_a_forecast_with_a_hole_in_it_is_refused(judge, levels, quantiles, value) -> None:
    with pytest.raises(ValueError, match="allowed: "):
        judge(levels, quantiles, value)
