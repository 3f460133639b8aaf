"""Aircraft that roam: they come from outside, and are anywhere in the disc as likely as elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from rampart.sim.classes import flying_class
from rampart.sim.routes import _visit, pattern

RADIUS_M = 8_000.0
HOUR_S = 3_600.0


@pytest.fixture(scope="module")
def gliders():
    rng = np.random.default_rng(11)
    paths = (pattern(flying_class("glider"), RADIUS_M, HOUR_S, rng) for _ in range(600))
    return [path for path in paths if path is not None]


def test_none_appears_or_vanishes_in_the_air_over_the_site(gliders) -> None:
    for path in gliders:
        out_m = np.hypot(*path.xyz_enu_m[[0, -1], :2].T)
        assert path.t_s[0] < 1.0 or out_m[0] > RADIUS_M - 150.0
        assert path.t_s[-1] > HOUR_S - 1.0 or out_m[1] > RADIUS_M - 150.0


def test_they_are_as_likely_in_any_part_of_the_disc(gliders) -> None:
    places = np.concatenate([path.xyz_enu_m[::20, :2] for path in gliders])
    of_area = (np.hypot(*places.T) / RADIUS_M) ** 2
    shares = np.histogram(of_area, bins=[0.0, 0.25, 0.5, 0.75, 1.0])[0]
    assert shares / shares.sum() == pytest.approx(0.25, abs=0.04)


def test_a_visit_is_half_pi_radii_long_on_average() -> None:
    """However often it turns (Blanco and Fournier 2003); what a last leg has outside does not count."""
    rng = np.random.default_rng(12)
    lengths = []
    for _ in range(3_000):
        way = _visit(RADIUS_M, 31.0, rng)
        along = np.linspace(0.0, 1.0, 200)[:, None]
        last = way[-2] + along * (way[-1] - way[-2])
        inside = (np.hypot(*last.T) < RADIUS_M).mean()
        legs = np.linalg.norm(np.diff(way, axis=0), axis=1)
        lengths.append(legs[:-1].sum() + inside * legs[-1])
    error = np.std(lengths) / np.sqrt(len(lengths))
    assert np.mean(lengths) == pytest.approx(0.5 * np.pi * RADIUS_M, abs=3.0 * error)
