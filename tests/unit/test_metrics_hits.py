"""The judge of warnings: which zones were hit, and whether each hit was warned of, missed or withheld."""

from __future__ import annotations

import numpy as np
import pytest

from judged_world import (
    HOME,
    IMPACT_S,
    beside,
    bomb,
    drone,
    ns,
    site_of,
    state,
    truth_of,
    updates,
    zone,
)
from rampart.metrics.identity import who_is_who
from rampart.metrics.warnings import JudgeSettings, judge


# ------------------------------------------------------------------------------------ missed
def test_a_zone_warned_in_time_is_not_missed() -> None:
    verdict = judge(site_of(HOME), truth_of(bomb()), [state(4.0, "warn")])
    assert [h.outcome for h in verdict.hits] == ["warned"]
    assert verdict.summary()["missed"] == 0


@pytest.mark.parametrize(("before_s", "outcome"), [(1.01, "warned"), (0.99, "missed")])
def test_a_warning_counts_only_if_it_stands_one_second_before(
    before_s: float, outcome: str
) -> None:
    verdict = judge(site_of(HOME), truth_of(bomb()), [state(IMPACT_S - before_s, "warn")])
    assert verdict.hits[0].outcome == outcome


def test_a_warning_that_was_cancelled_before_the_impact_is_missed() -> None:
    rows = [state(4.0, "warn"), state(IMPACT_S - 5, "watch", reason="recomputed")]
    assert judge(site_of(HOME), truth_of(bomb()), rows).hits[0].outcome == "missed"


def test_watch_and_pending_are_no_warning() -> None:
    for phase in ("watch", "pending", "all_clear"):
        assert (
            judge(site_of(HOME), truth_of(bomb()), [state(4.0, phase)]).hits[0].outcome == "missed"
        )


def test_impact_phase_counts_as_warned() -> None:
    assert (
        judge(site_of(HOME), truth_of(bomb()), [state(5.0, "impact")]).hits[0].outcome == "warned"
    )


def test_within_the_hazard_radius_is_a_hit_and_beyond_is_none() -> None:
    # zone edge 100 m east of its centre, mortar radius 100 m
    near, far = zone("near", beside(199.0)), zone("far", beside(201.0))
    verdict = judge(site_of(near, far), truth_of(bomb()), [])
    assert verdict.zones_hit == {"near"}


def test_what_is_not_hostile_or_never_lands_hits_nothing() -> None:
    objects = bomb(hostile=False), bomb("b", impact_s=None, impact=[np.nan] * 3)
    assert judge(site_of(HOME), truth_of(*objects), []).hits == ()


@pytest.mark.parametrize(("member", "outcome"), [((1,), "warned"), ((2,), "missed")])
def test_the_hold_of_an_alarm_protects_from_its_own_members_only(
    member: tuple[int, ...], outcome: str
) -> None:
    thing = bomb()
    rows = [state(4.0, "warn", tracks=member), state(20.0, "hold", tracks=())]
    verdict = judge(site_of(HOME), truth_of(thing), rows, updates(1, thing))
    assert verdict.hits[0].outcome == outcome


def test_a_later_alarms_hold_does_not_protect_from_members_of_an_earlier_one() -> None:
    thing = bomb()
    rows = [state(4.0, "warn"), state(9.0, "clear"), state(20.0, "hold", tracks=(), alarm="B")]
    assert (
        judge(site_of(HOME), truth_of(thing), rows, updates(1, thing)).hits[0].outcome == "missed"
    )


@pytest.mark.parametrize(("off_m", "known"), [(250.0, {1: 0}), (350.0, {})])
def test_a_track_is_the_object_that_it_stays_near(off_m: float, known: dict[int, int]) -> None:
    thing, other = bomb(), bomb("b", at_s=10.0)
    beside_it = {**thing, "p": thing["p"] + np.array([0.0, 0.0, off_m])}
    assert who_is_who(truth_of(thing, other), updates(1, beside_it), {1}) == known


# ---------------------------------------------------------------------------------- withheld
@pytest.mark.parametrize("reason", ["withheld", "withdrawn"])
def test_an_impact_under_a_withhold_is_counted_apart(reason: str) -> None:
    thing = bomb()
    rows = [state(4.0, "pending"), state(6.0, "watch", reason=reason)]
    verdict = judge(site_of(HOME), truth_of(thing), rows, updates(1, thing))
    assert (verdict.summary()["withheld"], verdict.summary()["missed"]) == (1, 0)


def test_a_withhold_of_one_threat_does_not_excuse_another() -> None:
    first, second = bomb(), bomb("b", at_s=6.0)
    rows = [state(4.0, "pending"), state(6.0, "watch", reason="withheld")]
    verdict = judge(site_of(HOME), truth_of(first, second), rows, updates(1, first))
    assert [h.outcome for h in verdict.hits] == ["withheld", "missed"]


# ---------------------------------------------------------------------------------- warnable
@pytest.mark.parametrize(("third_before_s", "warnable"), [(5.0, True), (4.9, False)])
def test_warnable_needs_five_seconds_after_the_third_detection(
    third_before_s: float, warnable: bool
) -> None:
    third = IMPACT_S - third_before_s
    verdict = judge(site_of(HOME), truth_of(bomb(plots=[third - 1.0, third - 0.5, third])), [])
    assert verdict.hits[0].warnable is warnable
    assert verdict.summary()["missed_warnable"] == int(warnable)
    assert verdict.unwarnable() == {"mortar_81": (int(not warnable), 1)}


def test_plots_of_a_sensor_at_fault_are_no_detections() -> None:
    assert not judge(site_of(HOME), truth_of(bomb(working=False)), []).hits[0].warnable


def test_two_detections_are_too_few() -> None:
    assert not judge(site_of(HOME), truth_of(bomb(plots=[2.0, 2.5])), []).hits[0].warnable


# ----------------------------------------------------------------- latency and usable seconds
def test_latency_runs_from_the_third_detection_of_the_first_round() -> None:
    objects = bomb(), bomb("b", at_s=1.0)
    verdict = judge(site_of(HOME), truth_of(*objects), [state(4.25, "warn")])
    assert verdict.latencies_s == pytest.approx((4.25 - 3.0,))  # detections at 2.0, 2.5, 3.0 s


def test_latency_is_zero_where_the_warning_stood_already() -> None:
    assert judge(site_of(HOME), truth_of(bomb()), [state(1.0, "warn")]).latencies_s == (0.0,)


def test_usable_seconds_leave_room_for_dissemination_and_reaction() -> None:
    settings = JudgeSettings(dissemination_s=0.5, reaction_s=1.5)
    verdict = judge(site_of(HOME), truth_of(bomb()), [state(5.0, "warn")], settings=settings)
    assert verdict.usable_s == pytest.approx((IMPACT_S - 5.0 - 2.0,))


# ------------------------------------------------------------------------------------ drones
OVER = zone("over", np.array([0.0, 0.0]))


def test_a_drone_hits_a_zone_by_flying_into_it_below_the_ceiling() -> None:
    low = drone("low", (-3000.0, 0.0, 150.0), (50.0, 0.0, 0.0))
    high = drone("high", (-3000.0, 0.0, 350.0), (50.0, 0.0, 0.0))
    verdict = judge(site_of(OVER), truth_of(low, high), [])
    assert [h.object_id for h in verdict.hits] == ["low"]
    # the zone grown by 100 m begins 200 m west of its centre
    assert verdict.hits[0].t_ns == ns(56.0)


def test_a_friendly_drone_hits_nothing() -> None:
    friend = drone("friend", (-3000.0, 0.0, 150.0), (50.0, 0.0, 0.0), hostile=False)
    assert judge(site_of(OVER), truth_of(friend), []).hits == ()
