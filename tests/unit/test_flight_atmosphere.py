"""The branch-free air against the laws it stands for."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from rampart.kernels.atmosphere import (
    DENSITY,
    FILTER_SHAPE,
    GRAVITY,
    RADIUS,
    SOUND,
    density_ratio,
    drag_shape,
    drag_shape_of,
    environment,
    sound_speed,
    wind_at,
)


def standard_density_ratio(h: float) -> float:
    if h <= 11_000.0:
        return (1.0 - 2.25577e-5 * h) ** 4.25588
    return standard_density_ratio(11_000.0) * math.exp(-(h - 11_000.0) / 6341.6)


@pytest.mark.parametrize(
    "h", [-430.0, 0.0, 1234.5, 8_848.0, 10_999.9, 11_000.1, 17_000.0, 25_000.0]
)
def test_density_follows_the_isa_law(h: float) -> None:
    assert density_ratio(h) == pytest.approx(standard_density_ratio(h), rel=1e-8)


def test_air_of_any_height_is_finite_and_thins_upwards() -> None:
    ratios = [density_ratio(h) for h in (-1e9, -1e3, 0.0, 2e4, 5e4, 1e9)]
    assert all(a >= b > 0.0 for a, b in itertools.pairwise(ratios))


def test_sound_is_the_isa_value_and_constant_above_the_tropopause() -> None:
    assert sound_speed(0.0) == pytest.approx(340.294)
    assert sound_speed(11_000.0) == pytest.approx(295.07, abs=0.01) == sound_speed(20_000.0)


def test_measured_air_scales_density_and_sound() -> None:
    # half the pressure: half the density; 4 % warmer: 4 % thinner and 2 % faster sound
    env = environment(45.0, 0.0, pressure_pa=101_325.0 / 2, temperature_k=288.15 * 1.04)
    assert env[DENSITY] == pytest.approx(0.5 / 1.04)
    assert env[SOUND] == pytest.approx(math.sqrt(1.04))


def test_a_station_on_a_hill_that_measures_standard_air_changes_nothing() -> None:
    kelvin = 288.15 * (1.0 - 2.25577e-5 * 1500.0)
    pascal = 101_325.0 * (kelvin / 288.15) ** 5.25588
    env = environment(
        10.0, 0.0, pressure_pa=pascal, temperature_k=kelvin, station_altitude_m=1500.0
    )
    assert env[DENSITY] == pytest.approx(1.0)
    assert env[SOUND] == pytest.approx(1.0)


def test_normal_gravity_at_equator_45_degrees_and_pole() -> None:
    found = [environment(lat)[GRAVITY] for lat in (0.0, 45.0, 90.0)]
    assert found == pytest.approx([9.7803253, 9.8061978, 9.8321849], abs=1e-6)


def test_a_site_of_unknown_position_is_flat_and_at_rest() -> None:
    env = environment(None)
    assert env[RADIUS] == np.inf
    assert env[0] == env[1] == 0.0


@pytest.mark.parametrize("rise", [0.5, 1.0, 1.6, 2.7])
def test_drag_shape_is_one_at_rest_and_the_rise_at_high_mach(rise: float) -> None:
    shape = drag_shape_of(rise)
    assert drag_shape(0.0, *shape) == pytest.approx(1.0)
    assert drag_shape(50.0, *shape) == pytest.approx(rise, rel=1e-4)


def test_filter_shape_rises_through_mach_one() -> None:
    s = [drag_shape(m, *FILTER_SHAPE) for m in (0.5, 0.9, 1.0, 1.1, 2.0)]
    assert s == sorted(s)
    assert s[-1] / s[0] > 1.4


def test_wind_is_linear_between_levels_and_clamped_outside() -> None:
    wind = np.array([[100.0, 1.0, -2.0], [200.0, 3.0, 2.0], [400.0, 3.0, 0.0]])
    assert wind_at(0.0, wind) == (1.0, -2.0)
    assert wind_at(150.0, wind) == (2.0, 0.0)
    assert wind_at(300.0, wind) == (3.0, 1.0)
    assert wind_at(1e6, wind) == (3.0, 0.0)
