"""What a held course says: steadiness tells small drones from birds, and only where it can be seen."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from classified import DRONE, FLIES, OTHER
from flyer_plots import RADARS, plot_of
from rampart.engine.classes import DRONE_BENDS
from rampart.engine.classify import Classification, Classifier
from rampart.engine.company import TIMES
from rampart.engine.course import (
    ACCEL_MPS2,
    CLIMB_MPS,
    EVERY_S,
    GAP_S,
    MARK,
    MARKS,
    PACE,
    WAY_S,
    follow_course,
    held_courses,
    left_behind,
    pace_of,
)
from rampart.engine.weave import NOTHING, followed, told
from weave_flights import swaying

Array = npt.NDArray[np.float64]


class Followed(NamedTuple):
    marks: Array
    bends: Array
    climbs: Array
    pace: Array
    t_s: float
    mean: Array
    cov: Array
    weave: Array


def flown(path: Array, times_s: Array, sigma_m: float, seed: int) -> Followed:
    """What is gathered of a track whose places err by `sigma_m` as it says, and its last state."""
    rng, off = np.random.default_rng(seed), np.random.default_rng([seed, 1])
    velocity = np.gradient(path, times_s, axis=0)
    cov = np.diag([sigma_m**2] * 3 + [2.0**2] * 3 + [0.3**2])
    sigmas = np.array([sigma_m, sigma_m / 2_000.0, sigma_m / 2_000.0, 2.0])
    marks, pace = np.full((MARKS, MARK), np.nan), np.zeros(PACE)
    bends, climbs = np.zeros(ACCEL_MPS2.shape), np.zeros(len(CLIMB_MPS))
    mean, weave = np.zeros(7), NOTHING
    for i, t_s in enumerate(times_s):
        mean = np.array([*path[i] + rng.normal(0.0, sigma_m, 3), *velocity[i], math.log(1e-4)])
        dt = t_s - times_s[i - 1] if i else 1e-3
        follow_course(marks, bends, climbs, pace, t_s, dt, mean, cov)
        plot = plot_of(t_s, path[i], velocity[i], off.normal(0.0, 1.0, 4), sigmas)
        weave = followed(weave, plot, RADARS, mean, cov)
    return Followed(marks, bends, climbs, pace, float(times_s[-1]), mean, cov, told(weave))


def straight(times_s: Array, speed: float) -> Array:
    return np.stack([speed * times_s - 1500.0, 0 * times_s, 0 * times_s + 120.0], axis=1)


def weaving(
    times_s: Array, speed: float, accel: float, period_s: float = 30.0, phase: float = 0.0
) -> Array:
    """The same way with a sine of this root mean square acceleration across it, and along it another."""
    path = straight(times_s, speed)
    w = 2.0 * math.pi / period_s
    for axis, lead in ((1, 0.0), (0, 1.0)):
        path[:, axis] += math.sqrt(2.0) * accel / w**2 * np.sin(w * times_s + phase + lead)
    return path


def named(
    path: Array, times_s: Array, rcs: float, *, sigma_m: float, seed: int, company: float = TIMES
) -> Classification:
    """What a flyer is said to be, in a raid unless it is said to be alone."""
    f = flown(path, times_s, sigma_m, seed)
    looks = 50.0 if math.isfinite(rcs) else 0.0
    left = left_behind(f.marks[None], f.mean[None], f.cov[None])[0]
    return Classifier().classify(
        f.mean, f.cov, FLIES, 50, f.mean[2], None, rcs, 0.0, looks, f.bends, f.pace, climbs=f.climbs,
        left=left, weaves=f.weave, company=company,
    )  # fmt: skip


def test_small_straight_flyers_become_drones_and_weaving_ones_stay_birds() -> None:
    t = np.arange(0.0, 90.0)
    drones, birds, faster = (
        np.array([named(p, t, -17.0, sigma_m=4.0, seed=s).p_family[DRONE] for s in range(40)])
        for p in (straight(t, 14.0), weaving(t, 14.0, 0.5, 40.0), weaving(t, 14.0, 0.5, 30.0))
    )
    assert np.mean(drones > 0.3) > 0.85  # from 0.2 on they count as threats
    assert np.all(birds < 0.05)
    assert np.all(faster < 0.05)


@pytest.mark.parametrize("phase", np.arange(6) * math.pi / 6)
def test_a_weave_in_step_with_the_stretches_hides_at_no_phase(phase: float) -> None:
    """Twice 12 s: laid end to end, all stretches would end where it crosses its straight way."""
    t = np.arange(0.0, 90.0)
    path = weaving(t, 14.0, 0.5, 2.0 * EVERY_S, phase)
    birds = [named(path, t, -17.0, sigma_m=4.0, seed=s).p_family[DRONE] for s in range(10)]
    assert np.mean(birds) < 0.3


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
    _, bends, _, pace, *_ = flown(straight(t, 14.0), t, 4.0, 1)
    assert np.all(bends == 0.0)
    speed, sigma = pace_of(pace)
    assert speed == pytest.approx(14.0, abs=0.1)
    assert 0.5 < sigma < 2.0


def test_what_noise_hides_is_not_held_against_anything() -> None:
    """Places good to 100 m show no weave: all accelerations up to it stay as likely as each other."""
    t = np.arange(0.0, 60.0)
    _, bends, *_ = flown(weaving(t, 14.0, 0.3), t, 100.0, 2)
    assert np.ptp(bends[0, ACCEL_MPS2[0] < 0.4]) < 1.0


def test_a_course_that_was_lost_for_long_begins_anew() -> None:
    t = np.concatenate([np.arange(0.0, 20.0), np.arange(20.0 + GAP_S, 40.0 + GAP_S)])
    _, bends, *_ = flown(straight(t, 14.0), t, 4.0, 4)
    assert np.all(bends == 0.0)


def test_the_course_does_not_decide_whether_a_thing_falls() -> None:
    t = np.arange(0.0, 90.0)
    _, bends, _, pace, _, mean, cov, _ = flown(straight(t, 60.0), t, 4.0, 5)
    mu = np.array([0.6, 0.3, 0.1])
    without = Classifier().classify(mean, cov, mu, 90, 120.0, bends=0.0 * bends, pace=pace)
    seen = Classifier().classify(mean, cov, mu, 90, 120.0, bends=bends, pace=pace)
    assert sum(seen.p_family[:3]) == pytest.approx(sum(without.p_family[:3]))
    assert seen.p_family[DRONE] != without.p_family[DRONE]


def test_an_echo_that_stays_is_no_drone_that_hovers_fast() -> None:
    t = np.arange(0.0, 60.0)
    patch = named(weaving(t, 0.1, 0.1), t, -18.0, sigma_m=4.0, seed=6)
    assert patch.p_family[OTHER] > 0.9


def test_what_goes_its_way_slowly_is_no_clutter_that_stays() -> None:
    """4 m/s, 200 m: as slow as a patch seems, but gone from where it was."""
    t = np.arange(0.0, 50.0)
    shares = []
    for speed in (0.1, 4.0):
        each = [named(straight(t, speed), t, -12.0, sigma_m=4.0, seed=s) for s in range(10)]
        shares.append(np.mean([c.classes.get("clutter_patch", 0.0) for c in each]))
    assert shares[0] > 0.5
    assert shares[1] < 0.3 * shares[0]  # what is left: a vehicle on a ridge


def strolling(times_s: Array, speed: float, leg_s: float, turn_rad: float) -> Array:
    """Straight legs, a turn to and fro between them: what leaves hardly a trace in 12 s."""
    heading = np.where((times_s // leg_s).astype(int) % 2 == 0, 0.5, -0.5) * turn_rad
    v = speed * np.stack([np.cos(heading), np.sin(heading), 0.0 * heading], axis=1)
    path: Array = np.cumsum(v * np.gradient(times_s)[:, None], axis=0)
    return path + np.array([-1500.0, 0.0, 120.0])


def test_a_bird_that_changes_its_way_each_half_minute_is_not_taken_for_a_drone() -> None:
    t = np.arange(0.0, 120.0)
    birds, drones = (
        np.mean([named(p, t, -17.0, sigma_m=4.0, seed=s).p_family[DRONE] for s in range(20)])
        for p in (strolling(t, 13.0, 30.0, 1.0), straight(t, 13.0))
    )
    assert birds < 0.1
    assert drones > 0.3


def sinking(times_s: Array, speed: float, height_m: float, climb_mps: float) -> Array:
    path = straight(times_s, speed)
    path[:, 2] = height_m + climb_mps * times_s
    return path


def as_drone(path: Array, times_s: Array, rcs: float, seeds: int = 20) -> float:
    """p_drone, mean over noise of 14 m, a radar of 3 mrad at 8 km with a filter behind it."""
    each = [named(path, times_s, rcs, sigma_m=14.0, seed=s) for s in range(seeds)]
    return float(np.mean([c.p_family[DRONE] for c in each]))


def test_what_sinks_as_gliders_do_is_less_of_a_drone_than_what_holds_its_height() -> None:
    t = np.arange(0.0, 120.0)
    level = as_drone(sinking(t, 46.0, 700.0, 0.0), t, -6.0)
    assert level > 0.5
    for sink in (-2.0, -3.0):
        assert as_drone(sinking(t, 46.0, 700.0 - sink * 120.0, sink), t, -6.0) < 0.6 * level
    # 3 dB louder than the loudest of its class: a threat (0.2), not more than a glider (ADR 25)
    assert 0.3 < as_drone(sinking(t, 46.0, 700.0, 0.0), t, -5.0) < 0.5


def test_height_says_nothing_where_it_was_not_observed() -> None:
    t = np.arange(0.0, 120.0)
    f = flown(sinking(t, 46.0, 900.0, -2.0), t, 1000.0, 3)
    assert np.ptp(f.climbs[CLIMB_MPS < 7.0]) < 0.5


@pytest.mark.parametrize("rcs", [math.nan, -11.0])
def test_a_drone_that_dives_at_last_keeps_being_one(rcs: float) -> None:
    t = np.arange(0.0, 130.0)
    path = straight(t, 46.0)
    path[:, 2] = 600.0 - 12.0 * np.maximum(t - 100.0, 0.0)
    before = as_drone(path[:100], t[:100], rcs)
    assert as_drone(path, t, rcs) > 0.7 * before


@pytest.mark.parametrize("climb_mps", [-3.0, -6.0, -14.0])
def test_a_drone_that_descends_all_the_way_is_still_perhaps_a_drone(climb_mps: float) -> None:
    """Above 0.2 it counts as a threat."""
    t = np.arange(0.0, 60.0)
    path = sinking(t, 46.0, 150.0 - 60.0 * climb_mps, climb_mps)
    assert as_drone(path, t, -11.0) > 0.8
    assert as_drone(path, t, math.nan) > 0.2


def course_of(f: Followed, mean: Array) -> Array:
    one = (f.marks[None], f.bends[None], DRONE_BENDS, np.array([f.t_s]), mean[None], f.cov[None])
    return np.asarray(held_courses(*one)[0])


def test_a_course_held_for_a_minute_is_known_better_than_the_velocity_of_now() -> None:
    t = np.arange(0.0, 66.0)
    rng = np.random.default_rng(7)
    misses = []
    for seed in range(40):
        f = flown(sinking(t, 50.0, 500.0, -2.0), t, 10.0, seed)
        mean = f.mean.copy()
        mean[3:6] += rng.normal(0.0, 2.0, 3)  # as its covariance says
        e, n, u, sigma, sigma_turn = course_of(f, mean)
        misses.append([e - 50.0, n, u + 2.0])
        assert not sigma > 2.0
        assert not sigma_turn > 0.02
    assert np.mean(np.isfinite(misses)) > 0.8
    spread = np.sqrt(np.nanmean(np.square(misses), axis=0))
    assert np.all(spread < 0.8 * 2.0)


def test_a_course_that_was_just_left_is_not_held() -> None:
    t = np.arange(0.0, 66.0)
    f = flown(straight(t, 50.0), t, 10.0, 8)
    turned = f.mean.copy()
    turned[3:5] = 35.0, 35.0
    assert np.isfinite(course_of(f, f.mean)).all()
    assert np.isnan(course_of(f, turned)).all()
    dives = f.mean.copy()
    dives[5] = -12.0
    assert course_of(f, dives)[2] == -12.0


def test_no_course_is_held_before_there_is_a_way_to_hold_it() -> None:
    t = np.arange(0.0, WAY_S)
    f = flown(straight(t, 50.0), t, 10.0, 9)
    assert np.isnan(course_of(f, f.mean)).all()


def test_an_echo_louder_than_the_class_tables_is_a_drone_where_it_flies_like_one() -> None:
    """3.5 dB louder than the loudest one-way drone and no fainter than gliders: the weave tells (ADR 24)."""
    t = np.arange(0.0, 90.0)

    def of(sway_m: float, speed: float, seed: int) -> float:
        path = np.column_stack([swaying(t, sway_m, seed, speed) - 1_500.0, np.full(len(t), 300.0)])
        return named(path, t, -4.5, sigma_m=8.0, seed=seed, company=1.0).p_family[DRONE]

    assert np.median([of(8.5, 44.0, s) for s in range(8)]) > 0.5
    assert np.median([of(21.0, 37.0, s) for s in range(8)]) < 0.1
