"""The judge of warnings: which were true, false or precautions, and what is counted of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from judged_world import HOME, IMPACT_S, beside, bomb, drone, ns, site_of, state, truth_of, zone
from rampart.metrics.warnings import judge


# ----------------------------------------------------------------------- false and precaution
def test_a_warning_of_a_zone_that_is_hit_is_true() -> None:
    assert judge(site_of(HOME), truth_of(bomb()), [state(4.0, "warn")]).warnings[0].kind == "true"


@pytest.mark.parametrize(("at_s", "kind"), [(3.2, "precaution"), (28.0, "false")])
def test_a_spared_zone_is_a_precaution_only_while_the_region_is_wide(
    at_s: float, kind: str
) -> None:
    spared = zone("spared", beside(900.0))
    rows = [state(at_s, "warn", zone_id="spared")]
    assert judge(site_of(spared), truth_of(bomb()), rows).warnings[0].kind == kind


def test_the_yardstick_is_truth_and_not_what_the_engine_claims() -> None:
    spared = zone("spared", beside(6000.0))
    rows = [state(25.0, "warn", zone_id="spared")]  # p_zone = 0.5 stands in the row
    assert judge(site_of(spared), truth_of(bomb()), rows).summary()["false"] == 1


def test_with_nothing_tracked_every_warning_is_false() -> None:
    for truth in (truth_of(), truth_of(bomb(plots=[])), truth_of(bomb(hostile=False))):
        zones = site_of(zone("home", beside(150.0)), zone("other", beside(400.0)))
        rows = [state(4.0, "warn", zone_id="other")]
        assert judge(zones, truth, rows).summary()["false"] == 1


def test_a_warning_two_seconds_late_is_late_but_not_false() -> None:
    truth = truth_of(bomb())
    assert judge(site_of(HOME), truth, [state(IMPACT_S + 1.9, "warn")]).warnings[0].kind == "true"
    assert judge(site_of(HOME), truth, [state(IMPACT_S + 2.1, "warn")]).warnings[0].kind == "false"


@pytest.mark.parametrize(("plots", "kind"), [([2.0], "false"), ([2.0, 2.5], "precaution")])
def test_a_threat_is_tracked_from_its_second_plot(plots: list[float], kind: str) -> None:
    spared = zone("spared", beside(900.0))
    rows = [state(3.0, "warn", zone_id="spared")]
    assert judge(site_of(spared), truth_of(bomb(plots=plots)), rows).warnings[0].kind == kind


def test_a_hit_after_the_end_of_a_warning_does_not_make_it_true() -> None:
    rows = [state(4.0, "warn"), state(IMPACT_S - 10.0, "watch", reason="recomputed")]
    assert judge(site_of(HOME), truth_of(bomb()), rows).warnings[0].kind == "precaution"


def test_orders_of_people_and_drills_are_not_judged() -> None:
    rows = [
        state(4.0, "warn", reason="manual"),
        state(8.0, "clear"),
        state(9.0, "warn", reason="drill"),
    ]
    verdict = judge(site_of(HOME), truth_of(), rows)
    assert (verdict.count("ordered"), verdict.count("false"), verdict.zones_warned) == (
        2,
        0,
        frozenset(),
    )


def test_revisions_of_one_warning_are_one_warning() -> None:
    rows = [state(4.0, "warn"), state(5.0, "warn"), state(30.0, "impact"), state(40.0, "hold")]
    assert judge(site_of(HOME), truth_of(bomb()), rows).summary()["zone_warnings"] == 1


# ------------------------------------------------------------------------------------ drones
@pytest.mark.parametrize(
    ("centre", "kind"),
    [((0.0, 900.0), "precaution"), ((-2600.0, 2500.0), "false"), ((-5000.0, 0.0), "false")],
    ids=["beside its path", "abeam", "behind it"],
)
def test_a_zone_that_no_future_enters_is_warned_falsely(
    centre: tuple[float, float], kind: str
) -> None:
    passer = drone("d", (-3000.0, 0.0, 150.0), (50.0, 0.0, 0.0))
    spared = zone("spared", np.array(centre))
    rows = [state(10.0, "warn", zone_id="spared", reason="drone_corridor")]
    assert judge(site_of(spared), truth_of(passer), rows).warnings[0].kind == kind


@pytest.mark.parametrize("at_s", [40.0, 45.0, 50.0, 55.0])
@pytest.mark.parametrize(("east_m", "kind"), [(4_500.0, "precaution"), (-6_000.0, "false")])
def test_a_zone_straight_ahead_of_a_drone_is_in_reach_at_every_phase_of_its_weave(
    at_s: float, east_m: float, kind: str
) -> None:
    """10 m to each side each 20 s, at a rate that never lasts: half a minute on it is where it was going."""
    weaver = drone("d", (-3000.0, 0.0, 150.0), (50.0, 0.0, 0.0))
    w = 2.0 * math.pi / 20.0
    weaver["p"] = weaver["p"] + np.outer(10.0 * np.sin(w * weaver["t"]), (0.0, 1.0, 0.0))
    weaver["v"] = weaver["v"] + np.outer(10.0 * w * np.cos(w * weaver["t"]), (0.0, 1.0, 0.0))
    spared = zone("spared", np.array((east_m, 0.0)))
    rows = [state(at_s, "warn", zone_id="spared", reason="drone_corridor")]
    truth = truth_of(weaver)
    assert judge(site_of(spared), truth, rows).warnings[0].kind == kind


# -------------------------------------------------------------------------------- other counts
@pytest.mark.parametrize("phase", ["watch", "clear"])
def test_rewarned_is_a_zone_whose_warning_was_cancelled_in_the_same_raid(phase: str) -> None:
    cancelled = [state(4.0, "warn"), state(15.0, phase, reason="recomputed"), state(20.0, "warn")]
    held = [state(4.0, "warn"), state(15.0, "hold"), state(20.0, "warn")]
    truth = truth_of(bomb())
    assert judge(site_of(HOME), truth, cancelled).summary()["rewarned_share"] == 1.0
    assert judge(site_of(HOME), truth, held).summary()["rewarned_share"] == 0.0


@pytest.mark.parametrize("later", [(1,), (2,), (1, 2)])
def test_a_relapse_is_warned_of_again_for_the_threat_that_had_been_cancelled(
    later: tuple[int, ...],
) -> None:
    rows = [
        state(4.0, "warn", tracks=(3,)),
        state(5.0, "warn", tracks=(3, 1)),
        state(6.0, "warn", tracks=(3,)),
        state(15.0, "watch", reason="recomputed", tracks=(1,)),
        state(20.0, "warn", tracks=later),
    ]
    told = judge(site_of(HOME), truth_of(bomb()), rows)
    assert [w.again for w in told.warnings] == [False, True]
    assert [w.relapse for w in told.warnings] == [False, 1 in later]
    assert told.summary()["rewarned_share"] == 1.0
    assert told.summary()["relapse_share"] == float(1 in later)


def test_person_seconds_count_people_in_alarm_and_in_hold() -> None:
    rows = [state(5.0, "warn"), state(30.0, "impact"), state(40.0, "hold"), state(100.0, "clear")]
    verdict = judge(site_of(HOME), truth_of(bomb()), rows, end_ns=ns(200.0))
    assert (verdict.warned_person_s, verdict.hold_person_s) == pytest.approx((350.0, 600.0))


def test_zones_warned_per_zone_hit() -> None:
    far = zone("far", beside(700.0))
    rows = [state(4.0, "warn"), state(4.0, "warn", zone_id="far")]
    assert (
        judge(site_of(HOME, far), truth_of(bomb()), rows).summary()["zones_warned_per_zone_hit"]
        == 2.0
    )


def test_a_quiet_run_has_nothing_to_judge() -> None:
    summary = judge(site_of(HOME), truth_of(), []).summary()
    assert (summary["zones_hit"], summary["zone_warnings"], summary["false_share"]) == (0, 0, None)
