"""What one threat is in one zone: when it joins, what it counts, and how it leaves."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from rampart.engine.hazard import Hazard
from rampart.kernels.futures import FUTURES
from warn_stage import CONFIRM, DRONE, MORTAR, Stage, falling, flying, ns, zone

NEARLY_MORTAR = (0.998, 0.0, 0.0, 0.001, 0.0, 0.001)


def one(**more: object) -> Stage:
    return Stage([zone("A", 0.0, **more)])


def lost(threat, t_s: float):
    return msgspec.structs.replace(threat, t_ns=ns(t_s), fresh=False, lost="expired")


def harmless(stage: Stage, track: int, from_s: float, times: int) -> None:
    for k in range(times):
        stage.see(falling(track, from_s + k * 0.5, 9000.0, 90.0, third_s=1.0))


# ------------------------------------------------------------------------------ no impact point
@pytest.mark.parametrize("p", [MORTAR, NEARLY_MORTAR, DRONE])
def test_a_threat_of_which_no_path_is_known_is_watched_everywhere(p):
    stage = Stage()
    stage.see(msgspec.structs.replace(falling(1, 1.0, 0.0, 90.0, p=p), impact=None))
    assert (stage.phase("A"), stage.phase("B")) == ("watch", "watch")


def test_a_round_without_an_impact_point_is_watched_where_its_course_leads():
    stage = Stage()
    stage.see(flying(1, 1.0, -1000.0, -100.0, p=NEARLY_MORTAR))
    assert stage.rows == []
    stage.see(flying(1, 2.0, -1000.0, 26.0, p=NEARLY_MORTAR))  # B is beyond the horizon
    assert (stage.phase("A"), stage.phase("B")) == ("watch", "clear")


# ----------------------------------------------------------------------------------- what counts
def test_what_may_be_unknown_falls_by_its_share_of_the_impact_point():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 90.0, p=(0.1, 0.0, 0.0, 0.1, 0.4, 0.4), sigma_m=5.0))
    assert stage.last("A").p_zone == pytest.approx(0.5, abs=1e-3)


def test_the_unknown_share_of_what_flies_follows_its_futures_and_not_its_impact_point():
    stage = one()
    away = flying(1, 1.0, -2000.0, -60.0).motion
    mixed = falling(1, 1.0, 0.0, 90.0, p=(0.1, 0.0, 0.0, 0.1, 0.4, 0.4), sigma_m=5.0, motion=away)
    stage.see(mixed)
    assert stage.last("A").p_zone == pytest.approx(0.1, abs=1e-3)


def test_a_prediction_that_has_run_out_counts_until_two_seconds_after_its_q95():
    for late_s, phase in ((1.9, "hold"), (2.0, "clear")):
        stage = one()
        # first heard of so late: q95 is 21 s
        stage.see(falling(1, 5.0, 0.0, 20.0), at_s=21.0 + late_s)
        stage.run(24.0)
        assert stage.phase("A") == phase


def test_a_lost_watch_counts_in_p_zone_until_its_prediction_has_run_out():
    near = {"sigma_m": 60.0, "p": MORTAR}

    def both(at_s: float) -> str:
        stage = one()
        first = falling(1, 1.0, 553.0, 20.0, **near)
        stage.see(first)
        assert stage.phase("A") == "watch"
        assert 0.005 < stage.last("A").p_zone < 0.01
        stage.see(lost(first, 2.0))
        stage.run(at_s)
        assert stage.phase("A") == "watch"
        stage.see(falling(2, at_s, 553.0, 90.0, **near))
        return stage.phase("A")

    assert both(18.0) == "warn"  # the two together reach the threshold
    assert both(30.0) == "watch"  # the first has come down


def test_a_drone_is_cancelled_by_the_upper_bound_of_its_share_and_not_by_the_share():
    """A share of 0.02 lies below a quarter of 0.10, the 95 % upper bound of 20 in 1,000 does not."""
    stage = one()
    hazard = Hazard(stage.site)
    level = stage.site.rules.drone_warn_p / 4

    def share(y_m: float) -> tuple[float, float]:
        threat = flying(1, 0.0, -2500.0, 60.0, y_m=y_m)
        nowhere, here = np.zeros(1, np.bool_), np.ones((1, 1), np.bool_)
        hits = hazard.of([threat], [DRONE], nowhere, 0, here)
        return float(hits.fly[0, 0]), float(hits.fly_high[0, 0])

    between = [y for y in range(400, 1200, 5) if share(y)[0] < level <= share(y)[1]]
    clear = [y for y in range(400, 1200, 5) if 1.0 / FUTURES < share(y)[1] < level]
    assert between
    assert clear
    for y_m, phase in ((between[0], "warn"), (clear[0], "clear")):
        stage = one()
        stage.see(flying(1, 1.0, -2500.0, 60.0))
        assert stage.phase("A") == "warn"
        stage.run(20.0)
        for k in range(26):
            stage.see(flying(1, 20.0 + 0.5 * k, -2500.0, 60.0, y_m=y_m))
        assert stage.phase("A") == phase


# -------------------------------------------------------------------------------------- leaving
def test_the_hold_of_a_zone_that_was_hit_is_not_called_recomputed():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 20.0), falling(2, 1.0, 0.0, 90.0))
    stage.run(25.0)
    assert stage.phase("A") == "warn"  # the first has landed, the second is on its way
    harmless(stage, 2, 26.0, 4)
    assert (stage.phase("A"), stage.last("A").reason) == ("hold", "predicted_time")


def test_a_zone_that_was_spared_reads_recomputed():
    stage = one()
    stage.see(falling(2, 1.0, 0.0, 90.0))
    stage.run(25.0)
    harmless(stage, 2, 26.0, 4)
    assert (stage.phase("A"), stage.last("A").reason) == ("clear", "recomputed")


# --------------------------------------------------------------------------------- people, time
def test_confirm_and_withhold_narrowed_to_one_track_leave_the_other_pending():
    for action, shown in (("withhold", ("pending", (2,))), ("confirm", ("warn", (1, 2)))):
        stage = Stage([zone("A", 0.0, release=CONFIRM, confirm_timeout_s=60.0)])
        stage.see(falling(1, 1.0, 0.0, 300.0), falling(2, 1.0, 0.0, 300.0))
        stage.person(action, "A", track=1)
        assert (stage.last("A").phase, stage.last("A").tracks) == shown
        stage.person("cancel", "A", track=1)
        assert stage.phase("A") == "pending"  # nobody has decided about the other


def test_an_all_clear_that_is_refused_says_that_the_hold_stands():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 20.0))
    stage.run(30.0)
    assert stage.phase("A") == "hold"
    rows = stage.person("all_clear", "A")
    assert [(row.phase, row.change) for row in rows] == [("hold", "renewed")]
    assert stage.person("all_clear", "B") == []


def test_what_fell_due_unheard_is_told_in_the_order_in_which_it_happened():
    stage = one(release=CONFIRM)
    stage.see(falling(1, 1.0, 0.0, 60.0))
    stage.run(80.0, step_s=79.0)
    assert stage.story("A") == ["pending", "warn", "impact", "hold"]


def test_a_threat_that_is_lost_twice_in_one_breath_is_lost_once():
    for far_m in (0.0, 90_000.0):  # a member, and one that concerns no zone
        stage = Stage([zone("A", 0.0)])
        stage.see(falling(1, 0.0, far_m, 20.0))
        lost = falling(1, 0.5, far_m, 20.0, lost="expired")
        stage.see(falling(1, 0.5, far_m, 20.0), lost, lost)
        stage.see(lost)
        assert stage.phase("A") == ("warn" if far_m == 0.0 else "clear")
        stage.run(30.0)
        assert stage.phase("A") == ("hold" if far_m == 0.0 else "clear")
