"""Aircraft that roam: they come from outside, and are anywhere in the disc as likely as elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from rampart.sim.classes import flying_class
from rampart.sim.routes import pattern

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


def test_a_visit_is_half_pi_radii_long_on_average(gliders) -> None:
    """Of those that came and went within the hour, and of what is left of their last legs outside."""
    whole = [p for p in gliders if p.t_s[0] > 1.0 and p.t_s[-1] < HOUR_S - 1.0]
    inside = [np.hypot(*p.xyz_enu_m[:, :2].T) < RADIUS_M for p in whole]
    flown_m = [
        float((np.hypot(*p.velocity_enu_mps[i, :2].T) * 0.5).sum())
        for p, i in zip(whole, inside, strict=True)
    ]
    assert np.mean(flown_m) / RADIUS_M == pytest.approx(np.pi / 2.0, rel=0.12)
