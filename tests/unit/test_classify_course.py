"""What a held course says: steadiness tells small drones from birds, and only where it can be seen."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from rampart.engine.classify import Classification, Classifier
from rampart.engine.course import ACCEL_MPS2, EVERY_S, GAP_S, PACE, follow_course, pace_of

Array = npt.NDArray[np.float64]
FLIES = np.array([0.01, 0.98, 0.01])
DRONE, OTHER = 3, 4


def flown(
    path: Array, times_s: Array, sigma_m: float, seed: int
) -> tuple[Array, Array, Array, Array]:
    """(bends, pace, last mean, covariance) of a track whose places err by `sigma_m` as it says."""
    rng = np.random.default_rng(seed)
    velocity = np.gradient(path, times_s, axis=0)
    cov = np.diag([sigma_m**2] * 3 + [2.0**2] * 3 + [0.3**2])
    marks, bends, pace = np.full((2, 4), np.nan), np.zeros(len(ACCEL_MPS2)), np.zeros(PACE)
    mean = np.zeros(7)
    for i, t_s in enumerate(times_s):
        mean = np.array([*path[i] + rng.normal(0.0, sigma_m, 3), *velocity[i], math.log(1e-4)])
        dt = t_s - times_s[i - 1] if i else 1e-3
        follow_course(marks, bends, pace, t_s, dt, mean, cov)
    return bends, pace, mean, cov


def straight(times_s: Array, speed: float) -> Array:
    return np.stack([speed * times_s - 1500.0, 0 * times_s, 0 * times_s + 120.0], axis=1)


def weaving(times_s: Array, speed: float, accel: float, period_s: float = 30.0) -> Array:
    """The same way with a sideways sine of this root mean square acceleration."""
    path = straight(times_s, speed)
    w = 2.0 * math.pi / period_s
    path[:, 1] += math.sqrt(2.0) * accel / w**2 * np.sin(w * times_s)
    return path


def named(path: Array, times_s: Array, rcs: float, *, sigma_m: float, seed: int) -> Classification:
    bends, pace, mean, cov = flown(path, times_s, sigma_m, seed)
    return Classifier().classify(mean, cov, FLIES, 50, 120.0, None, rcs, 0.0, 50.0, bends, pace)


def test_small_straight_flyers_become_drones_and_weaving_ones_stay_birds() -> None:
    t = np.arange(0.0, 90.0)
    drones, birds = (
        np.array([named(p, t, -17.0, sigma_m=4.0, seed=s).p_family[DRONE] for s in range(40)])
        for p in (straight(t, 14.0), weaving(t, 14.0, 0.5))
    )
    assert np.mean(drones > 0.2) > 0.85  # they count as threats
    assert np.all(birds < 0.2)


def test_the_more_is_seen_of_a_straight_course_the_more_it_says() -> None:
    shares = []
    for last_s in (10.0, 30.0, 60.0, 120.0):
        t = np.arange(0.0, last_s)
        each = [named(straight(t, 14.0), t, -17.0, sigma_m=4.0, seed=s) for s in range(20)]
        shares.append(float(np.mean([c.p_family[DRONE] for c in each])))
    assert shares == sorted(shares)
    assert shares[0] < 0.1
    assert shares[-1] > 0.3


def test_a_young_track_says_nothing_of_its_course() -> None:
    t = np.arange(0.0, 2.0 * EVERY_S - 1.0)
    bends, pace, _, _ = flown(straight(t, 14.0), t, 4.0, 1)
    assert np.all(bends == 0.0)
    speed, sigma = pace_of(pace)
    assert speed == pytest.approx(14.0, abs=0.1)
    assert 0.5 < sigma < 2.0


def test_what_noise_hides_is_not_held_against_anything() -> None:
    """Places good to 100 m show no weave: all accelerations up to it stay as likely as each other."""
    t = np.arange(0.0, 60.0)
    bends, _, _, _ = flown(weaving(t, 14.0, 0.3), t, 100.0, 2)
    assert np.ptp(bends[ACCEL_MPS2 < 0.4]) < 1.0


def test_a_course_that_was_lost_for_long_begins_anew() -> None:
    t = np.concatenate([np.arange(0.0, 20.0), np.arange(20.0 + GAP_S, 40.0 + GAP_S)])
    bends, _, _, _ = flown(straight(t, 14.0), t, 4.0, 4)
    assert np.all(bends == 0.0)


def test_the_course_does_not_decide_whether_a_thing_falls() -> None:
    t = np.arange(0.0, 90.0)
    bends, pace, mean, cov = flown(straight(t, 60.0), t, 4.0, 5)
    mu = np.array([0.6, 0.3, 0.1])
    without = Classifier().classify(mean, cov, mu, 90, 120.0, bends=0.0 * bends, pace=pace)
    seen = Classifier().classify(mean, cov, mu, 90, 120.0, bends=bends, pace=pace)
    assert sum(seen.p_family[:3]) == pytest.approx(sum(without.p_family[:3]))
    assert seen.p_family[DRONE] != without.p_family[DRONE]


def test_an_echo_that_stays_is_no_drone_that_hovers_fast() -> None:
    t = np.arange(0.0, 60.0)
    patch = named(weaving(t, 0.1, 0.1), t, -18.0, sigma_m=4.0, seed=6)
    assert patch.p_family[OTHER] > 0.9
