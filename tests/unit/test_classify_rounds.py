"""Rounds by their flight and echo: each class is named, and one of no class falls all the same."""

from __future__ import annotations

import math

import numpy as np
import pytest

from classified import FALLS, GUN, OTHER, ROCKET, UNKNOWN, P, ballistic, level
from rampart.engine.classify import Classifier, Posteriors
from rampart.engine.track_settings import TrackSettings
from rampart.kernels.atmosphere import FILTER_RISE


@pytest.mark.parametrize(
    ("speed", "climb", "k", "rcs", "boost", "family", "klass"),
    [
        (200, 60, 1.7e-4, -32, 0.0, "mortar", "mortar_60"),
        (280, 65, 1.06e-4, -28, 0.0, "mortar", "mortar_81"),
        (310, 55, 6.5e-5, -22, 0.0, "mortar", "mortar_120"),
        (385, 30, 8.7e-5, -18, 0.0, "rocket", "rocket_107"),
        (390, 35, 5.5e-5, -8, 0.0, "rocket", "rocket_240"),
        (690, 35, 3.9e-5, -17, 0.9, "rocket", "rocket_122"),
        (800, 42, 4.6e-5, -23, 0.0, "gun", "gun_155"),
    ],
)
def test_rounds_of_each_class_are_named(
    speed: float, climb: float, k: float, rcs: float, boost: float, family: str, klass: str
) -> None:
    found = ballistic(speed, climb, k, rcs=rcs, boost_p=boost)
    assert found.family == family
    assert max(found.classes, key=found.classes.__getitem__) == klass


def test_a_shell_is_known_by_the_drag_that_a_track_has_of_it() -> None:
    # supersonic, a filter with its own curve keeps k = k_class / FILTER_RISE at Mach 0
    seen = 8.1e-5 / FILTER_RISE
    known = ballistic(650, 40, seen, rcs=-22)
    foreign = ballistic(650, 40, 4.0 * seen, rcs=-22)
    assert known.p_family[UNKNOWN] < 0.05 < foreign.p_family[UNKNOWN]
    assert known.p_family[GUN] > foreign.p_family[GUN]


@pytest.mark.parametrize("began_per_m", [0.5e-4, 1.7e-4])
def test_what_the_filter_believed_of_drag_before_it_saw_any_names_no_class(
    began_per_m: float,
) -> None:
    """One look at ln k, 1e-4 +- 0.5, joined by Bayes to where the filter began: the look alone tells."""
    look, look_sigma = math.log(1e-4), 0.5
    track = TrackSettings(drag_per_m=began_per_m)
    began, sigma = math.log(began_per_m), track.drag_sigma
    variance = 1.0 / (1.0 / look_sigma**2 + 1.0 / sigma**2)
    joined = variance * (look / look_sigma**2 + began / sigma**2)
    wide, x = P.copy(), np.array([-3000.0, 0.0, 1000.0, 150.0, 0.0, 50.0, joined])
    wide[6, 6] = variance
    found = Classifier(track=track).classify(x, wide, FALLS, 3, 1000.0)
    # what a filter says that began with no belief at all
    x[6], wide[6, 6] = look, look_sigma**2
    free = Classifier(track=TrackSettings(drag_sigma=1e6)).classify(x, wide, FALLS, 3, 1000.0)
    assert found.classes == pytest.approx(free.classes, abs=1e-6)
    assert found.p_family == pytest.approx(free.p_family, abs=1e-6)


@pytest.mark.parametrize("rcs", [-32.0, -25.0, -18.0])
def test_a_round_of_no_class_may_have_the_cross_section_of_any(rcs: float) -> None:
    # too fast for the small rockets and mortars, too much drag for a shell or a large rocket
    found = ballistic(500, 50, 1.5e-4, rcs=rcs)
    assert found.p_family[UNKNOWN] > 0.25


def test_a_round_of_no_class_falls_as_surely_as_a_named_one(monkeypatch) -> None:
    """What falls is explained by no report of traffic: the unknown round must be counted."""
    told = []
    named = Posteriors.named
    monkeypatch.setattr(
        Posteriors, "named", lambda self, i, p: (told.append(self.falls(i)), named(self, i, p))[1]
    )
    unknown = ballistic(500, 50, 1.5e-4, rcs=-25.0)
    assert sum(unknown.p_family[:3]) < 0.7
    assert told.pop() > 0.95
    ballistic(230, 60, 1.3e-4, rcs=-30)
    assert told.pop() > 0.95
    level(60, 150, rcs=-11.0)
    assert told.pop() < 0.05


def test_a_boost_makes_a_rocket_of_what_could_be_a_shell() -> None:
    without, with_boost = ballistic(600, 45, 7e-5), ballistic(600, 45, 7e-5, boost_p=1.0)
    assert with_boost.p_family[ROCKET] > 0.9 > without.p_family[ROCKET]


def test_a_round_like_none_of_the_table_is_unknown() -> None:
    found = ballistic(1200, 50, 2e-6, rcs=5.0)
    assert found.p_family[UNKNOWN] > 0.5
    assert found.family == "unknown"


def test_what_climbed_here_too_slowly_never_was_a_round() -> None:
    x = np.array([-3000.0, 0.0, 80.0, 15.0, 0.0, 0.0, math.log(1e-4)])
    found = Classifier().classify(x, P, np.array([0.8, 0.15, 0.05]), 3, 80.0)
    assert sum(found.p_family[:3]) < 0.02


@pytest.mark.parametrize("plots", [3, 4, 5, 12, 40])
@pytest.mark.parametrize(("speed_mps", "height_m"), [(64.0, 620.0), (100.0, 600.0), (90.0, 1500.0)])
def test_a_round_at_its_apex_is_a_threat_also_in_a_look_that_went_amiss(
    speed_mps: float, height_m: float, plots: int
) -> None:
    """A foreign plot makes one look seem a leap; what was seen to fall freely stays what it was."""
    x = np.array([200.0, -600.0, height_m, -0.9 * speed_mps, 0.4 * speed_mps, 0.0, -9.4])
    P = np.diag([25.0, 25.0, 25.0, 100.0, 100.0, 100.0, 0.6])
    for boost in (0.8, 0.95, 1.0):
        amiss = np.array([1.0 - boost, 0.0, boost])
        found = Classifier().classify(
            x, P, amiss, plots, height_m, None, -22.0, boost, float(plots), free_p=0.995
        )
        # not 'aircraft or clutter': its rounds' share is weighed against the zones as ever
        assert found.p_family[OTHER] < 0.5, found
