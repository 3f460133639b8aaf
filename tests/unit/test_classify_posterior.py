"""The posterior itself: it sums to one, agrees with its classes, and is no surer than what it has seen."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classified import DRONE, FLIES, MORTAR, UNKNOWN, P, ballistic, level
from rampart.domain.values import FAMILIES, POSTERIOR
from rampart.engine.classes import CLASSES
from rampart.engine.classify import Classifier, Posteriors


@given(
    st.lists(st.floats(width=64), min_size=7, max_size=7),
    st.lists(st.floats(-1e12, 1e12), min_size=3, max_size=3),
    st.lists(st.floats(0, 1), min_size=3, max_size=3),
    st.integers(0, 10_000),
    st.floats(width=64),
    st.floats(width=64),
    st.floats(width=64),
)
def test_the_posterior_sums_to_one_whatever_comes(
    values: list[float], variances: list[float], mu: list[float], plots: int, height: float,
    rcs: float, boost: float,
) -> None:  # fmt: skip
    x = np.array(values)
    covariance = np.diag([1.0, 1.0, *variances, 1.0, variances[0]])
    found = Classifier().classify(x, covariance, np.array(mu), plots, height, None, rcs, boost)
    assert sum(found.p_family) == pytest.approx(1.0)
    assert all(0.0 <= p <= 1.0 + 1e-12 for p in found.p_family)
    assert len(found.p_family) == len(POSTERIOR)
    assert found.family in FAMILIES
    assert sum(found.classes.values()) <= 1.0 + 1e-9


def test_classes_of_a_family_are_sharpened_and_the_family_is_not() -> None:
    c = ballistic(230, 60, 1.3e-4, rcs=-30)
    listed = {name: p for name, p in c.classes.items() if name.startswith("mortar")}
    assert sum(listed.values()) == pytest.approx(c.p_family[MORTAR], abs=0.02)
    assert c.p_family[MORTAR] > 0.9
    assert len(listed) > 1


def test_classes_agree_with_their_families() -> None:
    found = ballistic(300, 52, 7e-5)
    mortars = sum(p for name, p in found.classes.items() if name.startswith("mortar"))
    assert mortars == pytest.approx(found.p_family[MORTAR], abs=0.02)


def test_young_tracks_are_less_sure() -> None:
    assert (
        level(46, 200, plots=2).p_family[UNKNOWN] > level(46, 200, plots=20).p_family[UNKNOWN] + 0.1
    )


def test_few_echoes_of_a_fluctuating_target_say_less_than_many() -> None:
    x = np.array([-5000.0, 0.0, 250.0, 46.0, 0.0, 0.0, math.log(1e-4)])
    few, many = (
        Classifier().classify(x, P, FLIES, 30, 250.0, None, -3.0, 0.0, n).p_family[DRONE]
        for n in (1.0, 100.0)
    )
    without = Classifier().classify(x, P, FLIES, 30, 250.0).p_family[DRONE]
    assert many < few < without


def test_a_drone_as_large_as_an_aircraft_is_plain_only_when_nothing_else_is_as_likely() -> None:
    """What raises the alarm for others must be surer than what is shown: a bird's third plot is not."""
    p_class = np.zeros((1, len(CLASSES)))
    large, bird = CLASSES.index("owa_drone"), CLASSES.index("bird")
    said = []
    for p in (0.5, 0.999):
        p_class[0, large], p_class[0, bird] = p, 1.0 - p
        p_family = np.array([[0.0, 0.0, 0.0, p, 1.0 - p, 0.0]])
        found = Posteriors(p_family, np.zeros(1, np.int64), p_class.copy())
        said.append(float(found.attacks(np.ones(1))[0]))
    assert said[0] < 0.02
    assert said[1] > 0.9
