"""First classification by kinematics: families people would name, and honest doubt."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rampart.domain.site import Site
from rampart.domain.values import FAMILIES, POSTERIOR
from rampart.engine.classes import CLASSES
from rampart.engine.classify import Classification, Classifier, Posteriors
from rampart.engine.company import TIMES
from rampart.engine.note import fallen
from rampart.engine.origin import OriginFinder
from rampart.engine.predict import Predictor
from rampart.engine.seen import Seen
from rampart.engine.track_settings import TrackSettings
from rampart.kernels.atmosphere import FILTER_RISE, environment
from rampart.kernels.flight import STILL_AIR, trajectory

SITE = Site(name="t", uuid="t", latitude_deg=35.0, longitude_deg=40.0, height_m=0.0)
PREDICTOR = Predictor(SITE)
FINDER = OriginFinder(SITE, PREDICTOR, TrackSettings())
P = np.diag([10.0**2] * 3 + [6.0**2] * 3 + [0.3**2])
FALLS, FLIES = np.array([0.97, 0.01, 0.02]), np.array([0.01, 0.98, 0.01])
MORTAR, GUN, ROCKET, DRONE, OTHER, UNKNOWN = range(6)


def ballistic(
    speed: float, climb_deg: float, k: float, *, t_s: float = 5.0, rcs: float = math.nan,
    boost_p: float = 0.0, plots: int = 10,
) -> Classification:  # fmt: skip
    climb = math.radians(climb_deg)
    state = [-5000.0, 0.0, 0.0, speed * math.cos(climb), 0.0, speed * math.sin(climb), math.log(k)]
    path, _ = trajectory(state, [t_s], STILL_AIR, environment(35.0, 0.0), 0.1)
    x = np.array([*path[0], math.log(k)])
    launch = FINDER.launch(x, P, 0.0)
    return Classifier().classify(x, P, FALLS, plots, x[2], launch, rcs, boost_p)


def level(
    speed: float, height: float, *, rcs: float = math.nan, plots: int = 20, climb: float = 0.0
) -> Classification:
    x = np.array([-5000.0, 0.0, height, speed, 0.0, climb, math.log(1e-4)])
    launch = FINDER.launch(x, P, 0.0)
    return Classifier().classify(x, P, FLIES, plots, height, launch, rcs)


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


def test_classes_of_a_family_are_sharpened_and_the_family_is_not() -> None:
    c = ballistic(230, 60, 1.3e-4, rcs=-30)
    listed = {name: p for name, p in c.classes.items() if name.startswith("mortar")}
    assert sum(listed.values()) == pytest.approx(c.p_family[MORTAR], abs=0.02)
    assert c.p_family[MORTAR] > 0.9
    assert len(listed) > 1


def test_a_boost_makes_a_rocket_of_what_could_be_a_shell() -> None:
    without, with_boost = ballistic(600, 45, 7e-5), ballistic(600, 45, 7e-5, boost_p=1.0)
    assert with_boost.p_family[ROCKET] > 0.9 > without.p_family[ROCKET]


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


def test_young_tracks_are_less_sure() -> None:
    assert (
        level(46, 200, plots=2).p_family[UNKNOWN] > level(46, 200, plots=20).p_family[UNKNOWN] + 0.1
    )


def test_a_round_like_none_of_the_table_is_unknown() -> None:
    found = ballistic(1200, 50, 2e-6, rcs=5.0)
    assert found.p_family[UNKNOWN] > 0.5
    assert found.family == "unknown"


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


def test_classes_agree_with_their_families() -> None:
    found = ballistic(300, 52, 7e-5)
    mortars = sum(p for name, p in found.classes.items() if name.startswith("mortar"))
    assert mortars == pytest.approx(found.p_family[MORTAR], abs=0.02)


def test_few_echoes_of_a_fluctuating_target_say_less_than_many() -> None:
    x = np.array([-5000.0, 0.0, 250.0, 46.0, 0.0, 0.0, math.log(1e-4)])
    few, many = (
        Classifier().classify(x, P, FLIES, 30, 250.0, None, -3.0, 0.0, n).p_family[DRONE]
        for n in (1.0, 100.0)
    )
    without = Classifier().classify(x, P, FLIES, 30, 250.0).p_family[DRONE]
    assert many < few < without


def test_a_bird_that_hurries_is_a_bird() -> None:
    for speed in (12, 18, 24):
        found = level(speed, 150, rcs=-20.0, plots=30)
        assert found.family == "clutter"
        assert found.p_family[DRONE] < 0.2


def test_what_climbed_here_too_slowly_never_was_a_round() -> None:
    x = np.array([-3000.0, 0.0, 80.0, 15.0, 0.0, 0.0, math.log(1e-4)])
    found = Classifier().classify(x, P, np.array([0.8, 0.15, 0.05]), 3, 80.0)
    assert sum(found.p_family[:3]) < 0.02


LEAPS = np.array([0.0, 0.0, 1.0])


def leaping(speed_mps: float, height_m: float) -> Classification:
    """A track that only the boost model follows, six plots old, a small echo."""
    x = np.array(
        [200.0, -600.0, height_m, -0.7 * speed_mps, 0.3 * speed_mps, 0.6 * speed_mps, -9.4]
    )
    P = np.diag([25.0, 25.0, 25.0, 100.0, 100.0, 100.0, 0.6])
    return Classifier().classify(x, P, LEAPS, 6, height_m, None, -30.0, 1.0, 6.0)


def test_what_only_a_burn_explains_high_up_and_slow_is_a_mixture_of_foreign_plots() -> None:
    # a burn of one to two seconds from rest does not reach 620 m at 64 m/s
    found = leaping(64.0, 620.0)
    assert found.family == "clutter"
    assert sum(found.p_family[:OTHER]) < 0.05


@pytest.mark.parametrize(("speed_mps", "height_m"), [(120.0, 60.0), (250.0, 150.0), (250.0, 20.0)])
def test_a_burn_near_the_ground_is_no_such_mixture(speed_mps: float, height_m: float) -> None:
    assert leaping(speed_mps, height_m).p_family[OTHER] < 0.05


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


def burning(
    climb_mps: float, *, plots: int = 4, free_p: float = 0.0, age_s: float = 2.0
) -> Classification:
    """What plots say, 60 m high and at 60 m/s over the ground, of which hardly any but the boost model makes
    sense."""
    x = np.array([1_000.0, 0.0, 60.0, 60.0, 0.0, climb_mps, math.log(5e-5)])
    mu = np.array([0.0, 0.02, 0.98])
    return Classifier().classify(
        x, P, mu, plots, 60.0, rcs_dbsm=-25.0, boost_p=0.98, rcs_plots=plots, free_p=free_p,
        age_s=age_s,
    )  # fmt: skip


def test_no_thrust_leads_down() -> None:
    rising, sinking = burning(80.0), burning(-80.0)
    assert sum(rising.p_family[:3]) > 0.9
    assert sum(sinking.p_family[:3]) < 0.1


def test_what_has_been_seen_to_fall_may_seem_to_burn_for_a_look() -> None:
    sinking = burning(-80.0, plots=8, free_p=0.995)
    assert sum(sinking.p_family[:3]) > 0.9
    assert sum(burning(-80.0, plots=8).p_family[:3]) < 0.1


def test_no_rocket_burns_for_ten_seconds() -> None:
    """A turbine's blades in the first seconds of a radar that knows nothing of its place yet: five plots."""
    assert sum(burning(80.0, plots=5, age_s=2.0).p_family[:3]) > 0.9
    assert sum(burning(80.0, plots=5, age_s=10.0).p_family[:3]) < 0.1
    assert sum(burning(80.0, plots=5, age_s=10.0, free_p=0.995).p_family[:3]) > 0.9


def test_what_burns_and_falls_by_turns_is_no_round() -> None:
    """Blades of a turbine in the first half minute of a radar: burning, free for a look, burning again."""
    free, burns = [0.99, 0.0, 0.01], [0.0, 0.02, 0.98]

    def judged(looks: list[list[float]]) -> float:
        before = free_p = 0.0
        for k, mu in enumerate(looks):
            state = Seen(
                1, 8.0 + k, 0.0, 2.0, 8 + k, True, [0.0, 1.0], 1.0, mu, True, np.zeros(7), P
            )
            free_p, before = fallen(state, before)
        return sum(burning(44.0, plots=16, free_p=free_p, age_s=8.0 + len(looks)).p_family[:3])

    assert judged([burns] * 8 + [free] + [burns] * 3) < 0.5
    assert judged([free] * 5 + [burns]) > 0.9
    assert judged([burns] + [free] * 5 + [burns, free, burns]) > 0.9


def test_echoes_fainter_than_any_round_are_of_false_plots() -> None:
    # 85 m high and 10 m/s fast, as four false plots near a radar were joined
    x = np.array([-1_670.0, 595.0, 85.0, -3.5, 3.8, -9.3, -9.9])
    P4 = np.diag([9.5, 5.7, 4.7, 5.5, 13.2, 11.3, 0.8]) ** 2
    burns = np.array([0.0, 0.0, 1.0])
    faint, loud = (
        Classifier().classify(
            x, P4, burns, 4, 85.0, rcs_dbsm=rcs, boost_p=1.0, rcs_plots=4, company=TIMES
        )
        for rcs in (-56.5, -19.0)  # the second as of the faintest small drone
    )
    assert faint.p_family[OTHER] > 0.9
    assert loud.p_family[OTHER] < faint.p_family[OTHER]


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
