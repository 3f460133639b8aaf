"""Airliners, gliders, drones and birds by speed, height and echo alone, before they show a course."""

from __future__ import annotations

import math

import numpy as np
import pytest

from classified import DRONE, FLIES, OTHER, UNKNOWN, P, level
from rampart.engine.classify import Classification, Classifier


def test_an_airliner_that_still_seems_to_fall_is_known_by_its_echo() -> None:
    # three plots at the edge of the coverage: the drone model, begun at 60 m/s, is all but ruled out
    x = np.array([7000.0, -13_000.0, 11_600.0, -90.0, 278.0, 122.0, -9.5])
    wide = np.diag([1500.0] * 3 + [900.0] * 3 + [0.5])
    falls = np.array([1.0, 1e-9, 0.0])
    airliner, round_ = (
        Classifier().classify(x, wide, falls, 3, x[2], None, rcs) for rcs in (18.0, -20.0)
    )
    assert airliner.p_family[OTHER] > 0.9
    assert round_.p_family[OTHER] < 0.1


def test_an_airliner_with_a_faint_echo_is_no_round_of_no_class() -> None:
    """At its fourth plot in hour 9 of `benchmarks/s2.py` it was: a zone 60 s away was warned of."""
    x = np.array([1047.0, -8411.0, 8122.0, -101.0, 280.0, 90.6, -9.54])
    wide = np.diag([16.0, 17.0, 18.0, 16.0, 21.0, 22.0, 0.78]) ** 2
    falls = np.array([0.9992, 0.0007, 3e-5])
    found = Classifier().classify(x, wide, falls, 4, x[2], None, 9.7, 3e-5, 4)
    assert found.p_family[OTHER] > 0.5
    assert found.p_family[UNKNOWN] < 0.2  # 0.5 with the cross-section of any rocket


@pytest.mark.parametrize("speed", [90, 130, 180, 230, 260])
@pytest.mark.parametrize("height", [150, 1000, 5000, 11_000])
@pytest.mark.parametrize("rcs", [math.nan, 15.0])
def test_airliners_never_look_like_a_drone_or_a_round(
    speed: float, height: float, rcs: float
) -> None:
    for plots in (3, 10, 100):
        found = level(speed, height, rcs=rcs, plots=plots)
        assert found.p_family[DRONE] < 0.03
        assert sum(found.p_family[:3]) < 0.05
        assert found.p_family[DRONE] + found.p_family[UNKNOWN] < (0.3 if plots == 3 else 0.1)


@pytest.mark.parametrize("speed", [35, 42, 50, 55])
@pytest.mark.parametrize("height", [60, 200, 600])
def test_one_way_drones_are_held_for_drones(speed: float, height: float) -> None:
    # without a cross-section, before it has shown a course: perhaps, or a glider (ADR 24); a slow one, a bird
    assert level(speed, height).p_family[DRONE] > (0.2 if speed > 35 else 0.05)
    # nearly the loudest of them, and nothing of its way seen: high and slow it may be a glider all the same
    told = level(speed, height, rcs=-11.0)
    assert told.p_family[DRONE] > 0.35
    assert told.family == "drone" or (speed, height) == (35, 600)


@pytest.mark.parametrize(
    ("speed", "height", "rcs"),
    [(38.6, 367, -4.1), (30, 450, -5.9), (42.9, 450, -4.7), (37, 430, -4.9)],
)
def test_a_faint_glider_that_has_shown_no_course_is_one_where_its_echo_is_told(
    speed: float, height: float, rcs: float
) -> None:
    """The last two are gliders that a zone would have been warned of with P 0.18 and 0.27 (ADR 25)."""
    found = level(speed, height, rcs=rcs)
    assert found.p_family[DRONE] < 0.05
    assert found.classes["glider"] > 0.9


@pytest.mark.parametrize(("plots", "likely"), [(3, 0.2), (10, 0.3), (40, 0.5)])
def test_the_echo_of_a_drone_tells_the_more_the_more_plots_tell_it(
    plots: int, likely: float
) -> None:
    """Slow, high and louder than most: of three plots it counts as a threat already (0.2), then it is one."""
    x = np.array([-5000.0, 0.0, 400.0, 38.0, 0.0, 0.0, math.log(1e-4)])
    seen = {"rcs_dbsm": -9.0, "rcs_plots": float(plots)}
    found = Classifier().classify(x, P, FLIES, plots, 400.0, **seen)
    assert found.p_family[DRONE] > likely


def test_a_loud_drone_that_no_glider_flies_like_is_still_perhaps_one() -> None:
    """3 dB louder than the loudest of its class, nothing of its way seen. Above 0.2 it counts as a threat."""
    assert level(50, 150, rcs=-5.0).p_family[DRONE] > 0.2


@pytest.mark.parametrize(
    ("speed", "height", "rcs"), [(30, 900, 0.0), (65, 700, 4.0), (55, 250, 7.0)]
)
def test_gliders_light_aircraft_and_helicopters_with_a_cross_section_are_aircraft(
    speed: float, height: float, rcs: float
) -> None:
    found = level(speed, height, rcs=rcs)
    assert found.family == "aircraft"
    assert found.p_family[DRONE] < 0.1


def test_a_low_slow_flyer_without_cross_section_stays_ambiguous() -> None:
    p = level(50, 200).p_family
    assert 0.2 < p[DRONE] < 0.9
    assert p[OTHER] > 0.1


def test_without_height_the_ground_speed_still_tells() -> None:
    def flat(speed: float) -> Classification:
        x = np.array([-5000.0, 0.0, 0.0, speed, 0.0, 0.0, math.log(1e-4)])
        wide = P.copy()
        wide[2, 2], wide[5, 5] = 1e8, 1e6
        return Classifier().classify(x, wide, FLIES, 20, math.nan)

    assert flat(220.0).family == "aircraft"
    assert flat(220.0).p_family[DRONE] + flat(220.0).p_family[UNKNOWN] < 0.05
    assert flat(45.0).p_family[DRONE] > 0.3


def test_a_bird_that_hurries_is_a_bird() -> None:
    for speed in (12, 18, 24):
        found = level(speed, 150, rcs=-20.0, plots=30)
        assert found.family == "clutter"
        assert found.p_family[DRONE] < 0.2


def test_an_airliner_that_seems_to_climb_for_a_look_is_no_round() -> None:
    """10.6 km high, at its fourth plot: the climb is known to 35 m/s, and 146 were seen."""
    x = np.array([750.0, 16_600.0, 10_600.0, 20.0, -289.0, 146.0, -9.1])
    P4 = np.diag([41.0, 24.0, 36.0, 44.0, 22.0, 35.0, 0.7]) ** 2
    c = Classifier().classify(
        x, P4, np.array([0.998, 0.002, 0.0]), 4, 10_618.0, rcs_dbsm=8.0, rcs_plots=4
    )
    assert c.p_family[OTHER] > 0.5


@pytest.mark.parametrize(
    ("x", "sigma", "held", "rcs"),
    [
        # hour 155 of `benchmarks/s2.py`, ten plots old: an airliner at 17 km, a helicopter at 11 km
        ((-1591, 15_997, 7835, -72.5, -219.2, -68.5, -8.63), (29, 15, 29, 5.3, 2.9, 5.2, 0.09), 7.6e-4, 17.3),
        ((10_974, 2857, 482, -65.0, -16.2, -44.8, -9.78), (8, 20, 21, 1.2, 3.8, 5.6, 0.54), 9.5e-3, 0.7),
    ],
)  # fmt: skip
def test_what_the_ballistic_model_has_led_down_may_fly_level(
    x: tuple[float, ...], sigma: tuple[float, ...], held: float, rcs: float
) -> None:
    """Far from a radar that turns once a second both were held for a fall of 9 s, and for a rocket."""
    state, P10 = np.array(x, float), np.diag(sigma) ** 2
    mu = np.array([1.0 - held - 2e-6, held, 2e-6])
    found = Classifier().classify(
        state, P10, mu, 10, x[2], rcs_dbsm=rcs, rcs_plots=10, free_p=1.0, age_s=9.0
    )
    assert found.p_family[OTHER] > 0.95
    # one that came down so steeply from the first look on is none
    steep = Classifier().classify(
        state, P10, mu, 10, x[2], rcs_dbsm=rcs, rcs_plots=10, free_p=1.0, age_s=0.0
    )
    assert steep.p_family[OTHER] < found.p_family[OTHER]
