"""Corners of the warning rules where a small slip in the code would release or miss somebody."""

from __future__ import annotations

import msgspec

from rampart.domain.site import Rules
from warn_stage import CONFIRM, OTHER, Stage, falling, flying, ns, zone


def lost(threat, t_s: float, why: str = "expired", **more: object):
    return msgspec.structs.replace(threat, t_ns=ns(t_s), fresh=False, lost=why, **more)


def one(**more: object) -> Stage:
    return Stage([zone("A", 0.0, **more)])


def harmless(stage: Stage, track: int, from_s: float, times: int, **more: object) -> None:
    for k in range(times):
        stage.see(falling(track, from_s + k * 0.5, 9000.0, 90.0, third_s=1.0, **more))


def test_a_threat_once_warned_never_returns_to_pending_not_even_after_a_cancel():
    stage = one(release=CONFIRM)
    stage.see(falling(1, 1.0, 0.0, 90.0))
    stage.run(6.0)
    assert stage.phase("A") == "warn"
    harmless(stage, 1, 15.0, 4, detections=9)
    assert stage.phase("A") == "clear"
    stage.see(falling(1, 18.0, 0.0, 90.0, third_s=1.0))
    assert stage.phase("A") == "warn"
    # a member that stays on watch remembers that it was warned of
    stage = one(release=CONFIRM)
    stage.see(falling(1, 1.0, 0.0, 90.0))
    stage.run(14.0)
    for k in range(4):
        stage.see(falling(1, 15.0 + k / 2, 569.5, 90.0, sigma_m=60.0, third_s=1.0))
    assert stage.phase("A") == "watch"
    stage.see(falling(1, 18.0, 0.0, 90.0, third_s=1.0))
    assert stage.phase("A") == "warn"


def test_a_round_that_may_be_the_continuation_of_a_lost_one_is_counted_once():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 20.0))
    stage.see(lost(falling(1, 1.0, 0.0, 20.0), 5.0))
    stage.see(falling(2, 6.0, 0.0, 21.0))
    stage.see(lost(falling(2, 6.0, 0.0, 21.0), 15.0))
    stage.run(60.0)
    stage.see(falling(3, 60.0, 0.0, 90.0))
    assert stage.last("A").count == 2


def test_a_far_drone_first_heard_of_at_its_loss_runs_by_the_q95_rule():
    stage = one()
    stage.see(lost(flying(1, 1.0, -6500.0, 110.0), 1.0))
    q95 = (stage.last("A").t_impact_ns_q95 - ns(0.0)) / 1e9
    stage.run(q95 + 3.0)
    assert stage.story("A") == ["warn", "impact", "hold"]


def test_a_lost_member_that_looked_harmless_is_not_released_by_the_others():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 90.0), falling(2, 1.0, 0.0, 90.0))
    stage.run(19.0)
    harmless(stage, 1, 20.0, 4)
    stage.see(lost(falling(1, 21.5, 9000.0, 90.0), 22.0))
    harmless(stage, 2, 23.0, 20)
    assert stage.phase("A") == "warn"


def test_a_bound_threat_stays_bound_though_its_p_was_nil_at_that_moment():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 90.0))
    harmless(stage, 1, 2.0, 2)
    stage.person("cancel", "A")
    assert stage.phase("A") == "watch"
    harmless(stage, 1, 4.0, 6)
    assert stage.phase("A") == "watch"  # 'a bound threat stays on screen as watch'
    stage.see(falling(1, 8.0, 0.0, 90.0))
    assert stage.phase("A") == "watch"


def test_what_has_landed_counts_no_more():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 20.0))  # never reported lost
    stage.run(30.0)
    assert (stage.phase("A"), stage.last("A").p_zone) == ("hold", 0.0)
    stage.see(falling(1, 31.0, 0.0, 20.0, fresh=False))
    assert stage.phase("A") == "hold"


def test_coverage_lost_after_a_lost_drones_time_is_over_warns_nobody_anew():
    stage = Stage([zone("A", 0.0), zone("B", 2000.0)])
    seen = flying(1, 1.0, -900.0, 70.0)
    stage.see(seen)
    assert stage.phase("A") == stage.phase("B") == "warn"
    stage.see(lost(seen, 2.0))
    ends = (stage.last("A").t_impact_ns_q95 - ns(0.0)) / 1e9 + 60.5
    stage.run(ends)
    assert (stage.phase("A"), stage.phase("B")) == ("hold", "warn")
    stage.blind("A")
    stage.run(ends + 1.0)
    assert stage.phase("A") == "hold"


def test_a_successor_of_a_lost_track_is_tracked_and_runs_by_no_timer_of_a_loss():
    stage = one()
    stage.see(flying(1, 1.0, -1500.0, 40.0))
    stage.see(lost(flying(1, 1.0, -1500.0, 40.0), 2.0))
    for k in range(150):
        stage.see(flying(2, 3.0 + k, -1500.0, 40.0, successor_of=1 if k == 0 else None))
    assert stage.story("A") == ["warn"]


def test_a_successor_takes_the_place_of_its_predecessor_in_the_alarm():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 20.0))
    stage.see(falling(7, 3.0, 0.0, 20.0, successor_of=1))
    stage.run(30.0)
    assert (stage.phase("A"), stage.last("A").tracks) == ("hold", (7,))


def test_an_assessment_of_what_is_no_threat_yet_or_of_a_predecessor_holds():
    stage = one()
    stage.see(flying(5, 1.0, -1500.0, 40.0, p=OTHER))
    assert stage.rows == []
    stage.person("assess", track=5, family="aircraft")
    stage.see(flying(5, 2.0, -1460.0, 40.0))
    assert stage.rows == []
    stage.see(flying(6, 3.0, -1420.0, 40.0, successor_of=5))
    assert stage.rows == []


def test_an_assessment_of_a_number_that_no_track_bears_silences_nothing():
    stage = one()
    stage.person("assess", track=5, family="aircraft")
    stage.see(flying(5, 1.0, -1500.0, 40.0))
    assert stage.phase("A") == "warn"


def test_an_assessment_ends_with_its_track():
    stage = one()
    for track in range(100):
        stage.see(flying(track, 1.0, -1500.0, 40.0, p=OTHER))
        stage.person("assess", track=track, family="aircraft")
        stage.see(lost(flying(track, 1.0, -1500.0, 40.0, p=OTHER), 1.5))
    assert b"aircraft" not in msgspec.msgpack.encode(stage.warner.state())
    stage.see(flying(5, 2.0, -1500.0, 40.0))
    assert stage.phase("A") == "warn"


def test_a_prediction_stands_when_none_follows_it():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 20.0))
    none = msgspec.structs.replace(falling(1, 2.0, 0.0, 20.0), impact=None)
    stage.see(none)
    stage.see(lost(none, 3.0))
    stage.run(25.0)
    assert stage.story("A") == ["warn", "impact", "hold"]


def test_a_drone_lost_without_a_last_motion_keeps_its_warning():
    stage = one()
    stage.see(flying(1, 1.0, -2500.0, 50.0))
    stage.see(lost(flying(1, 1.0, -2500.0, 50.0), 2.0, motion=None))
    assert stage.last("A").p_zone > 0.1
    stage.run(90.0)
    assert stage.story("A") == ["warn"]


def test_threats_that_are_over_are_forgotten():
    stage = one()
    for track in range(5):
        stage.see(falling(track, 1.0 + track, 9000.0 * (track % 2), 20.0))
        stage.see(lost(falling(track, 1.0 + track, 9000.0 * (track % 2), 20.0), 1.5 + track))
    stage.run(30.0)
    assert stage.warner.state()["open"]["rows"] == []  # type: ignore[index]


def test_no_cancel_while_the_half_region_touches():
    stage = one()
    wide = {"y_m": 7000.0, "sigma_m": 6000.0, "third_s": 1.0}
    for k in range(30):
        stage.see(falling(1, 1.0 + k, 0.0, 90.0, **wide))
    assert stage.last("A").p_zone < 0.0025
    assert stage.story("A") == ["warn"]


def test_pending_stays_while_p_is_above_a_quarter_of_the_threshold():
    stage = one(release=CONFIRM, confirm_timeout_s=300.0)
    stage.see(falling(1, 1.0, 0.0, 90.0))
    for k in range(6):
        stage.see(falling(1, 2.0 + k / 2, 557.0, 90.0, sigma_m=60.0))
    assert 0.0025 < stage.last("A").p_zone < 0.01
    assert stage.phase("A") == "pending"


def test_coasting_updates_do_not_help_a_cancel():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 90.0))
    stage.run(19.0)
    harmless(stage, 1, 20.0, 4, fresh=False)
    harmless(stage, 1, 22.0, 2)
    assert stage.phase("A") == "warn"


def test_all_clear_by_hand_is_refused_while_a_threat_is_pending():
    stage = one(release=CONFIRM, all_clear="confirm", confirm_timeout_s=300.0)
    stage.person("warn", "A")
    stage.run(1205.0)  # ten minutes of manual warning, ten of hold
    stage.see(falling(1, 1205.0, 0.0, 1300.0))
    assert stage.phase("A") == "pending"
    stage.person("all_clear", "A")
    assert stage.phase("A") == "pending"


def test_a_cancel_of_one_track_leaves_the_other_and_the_manual_order():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 90.0), falling(2, 1.0, 0.0, 90.0))
    stage.person("cancel", "A", track=1)
    assert (stage.phase("A"), stage.last("A").tracks) == ("warn", (2,))
    stage.person("warn", "A")
    stage.person("cancel", "A", track=2)
    assert (stage.phase("A"), stage.last("A").reason) == ("warn", "manual")


def test_time_that_runs_backwards_moves_nothing_back():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 20.0))
    stage.run(15.0)
    rows = stage.warner.decide(ns(3.0), (), stage.healthy, 99)
    assert rows == []
    stage.run(19.0)
    assert stage.phase("A") == "impact"


def test_a_hold_that_is_over_still_stands_after_a_pending_above_it():
    stage = one(release=CONFIRM, all_clear="confirm", confirm_timeout_s=300.0)
    stage.person("warn", "A")
    stage.run(1205.0)
    stage.see(falling(1, 1205.0, 0.0, 1300.0, p=(0, 0, 0, 0, 0, 1.0)))
    stage.person("all_clear", "A")
    stage.person("withhold", "A")
    assert stage.phase("A") == "hold"


def test_an_impact_is_latched_and_the_zone_is_not_cancelled_meanwhile():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 20.0))
    stage.run(19.5)
    assert stage.phase("A") == "impact"
    for k in range(8):  # it was predicted badly: it lands elsewhere, later
        stage.see(falling(1, 20.0 + k * 0.5, 9000.0, 60.0, third_s=1.0))
    assert stage.phase("A") == "impact"


def test_no_cancel_while_many_small_ones_add_up():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 90.0, third_s=1.0))
    for track in range(2, 12):
        stage.see(falling(track, 2.0, 575.0, 90.0, sigma_m=60.0, third_s=1.0))
    harmless(stage, 1, 20.0, 10)
    assert stage.story("A") == ["warn"]


def test_every_phase_is_told_though_all_fell_due_while_nobody_called():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 20.0))
    stage.see(at_s=100.0)
    assert stage.story("A") == ["warn", "impact", "hold"]
    asked = one(release=CONFIRM)
    asked.see(falling(1, 1.0, 0.0, 20.0))
    asked.see(at_s=100.0)
    assert asked.story("A") == ["pending", "warn", "impact", "hold"]


def test_a_zone_warned_by_fallback_only_is_cancelled_with_the_threatened_one():
    stage = Stage(rules=Rules(fallback="base_wide"))
    stage.blind("B")
    stage.see(falling(1, 1.0, 0.0, 90.0))
    assert stage.last("B").reason == "fallback"
    for k in range(40):
        stage.see(falling(1, 2.0 + k * 0.5, 0.0, 90.0, third_s=1.0))
    assert stage.phase("B") == "warn"  # it lands far from B, and B stays warned all the same
    for k in range(4):
        stage.see(falling(1, 30.0 + k * 0.5, -9000.0, 90.0, third_s=1.0))
    assert (stage.phase("A"), stage.phase("B")) == ("clear", "watch")
    stage.see(falling(2, 40.0, 562.0, 90.0, sigma_m=60.0))  # only watched in A
    assert (stage.phase("A"), stage.phase("B")) == ("watch", "watch")
    assert stage.last("B").tracks == ()


def test_two_low_updates_a_second_apart_are_not_three():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 90.0))
    stage.run(19.0)
    stage.see(falling(1, 20.0, 9000.0, 90.0, third_s=1.0))
    stage.see(falling(1, 21.5, 9000.0, 90.0, third_s=1.0))
    assert stage.phase("A") == "warn"


def test_an_all_clear_taken_back_leaves_the_alarm_open():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 20.0, lost="predicted_time"))
    stage.run(640.0)
    stage.blind()
    stage.run(641.0)
    stage.sighted()
    stage.see(falling(2, 642.0, 0.0, 700.0))
    assert stage.phase("A") == "warn"
    assert len({row.alarm_id for row in stage.rows if row.alarm_id}) == 1


def test_an_order_to_warn_releases_what_is_pending_for_good():
    stage = one(release=CONFIRM, confirm_timeout_s=300.0)
    stage.see(falling(1, 1.0, 0.0, 500.0))
    stage.person("warn", "A")
    stage.person("withdraw", "A")
    assert (stage.phase("A"), stage.last("A").tracks) == ("warn", (1,))


def test_a_persons_assessment_can_raise_a_warning_at_once():
    stage = one()
    stage.see(flying(1, 1.0, -1500.0, 40.0, p=(0, 0, 0, 0.05, 0.9, 0.05)))
    assert stage.rows == []
    stage.person("assess", track=1, family="drone")
    assert (stage.phase("A"), stage.last("A").reason) == ("warn", "drone_corridor")


def test_a_drone_over_the_zone_but_above_the_ceiling_is_not_inside():
    stage = one()
    stage.see(flying(1, 1.0, 0.0, 5.0, height_m=400.0, vu_mps=-6.0))
    assert stage.phase("A") == "warn"
    stage.see(flying(1, 20.0, 50.0, 5.0, height_m=290.0, vu_mps=-6.0))
    assert stage.phase("A") == "impact"


def test_a_hole_in_coverage_widens_the_zone_for_drones_too():
    stage = one()
    stage.see(flying(1, 1.0, -480.0, 1.0))  # 180 m off the edge, hardly moving
    assert stage.phase("A") != "impact"
    stage.blind()
    stage.see(flying(1, 2.0, -480.0, 1.0))
    assert stage.phase("A") == "impact"


def test_a_stamp_from_the_past_does_not_make_a_timer_run_twice():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 20.0, lost="predicted_time"))
    stage.run(23.0)
    assert stage.phase("A") == "hold"
    for _ in range(200):  # a source that repeats the same four seconds
        for t_s in (20.0, 24.0):
            stage.rows += stage.warner.decide(ns(t_s), (), stage.healthy, 1)
    assert stage.phase("A") == "hold"


def test_numbers_are_renewed_when_the_time_or_p_zone_moves_materially():
    stage = one()
    stage.see(falling(1, 1.0, 0.0, 60.0, sigma_m=4000.0))
    assert stage.rows[-1].p_zone < 0.02
    stage.see(falling(1, 2.0, 0.0, 60.4, sigma_m=4000.0))
    assert len(stage.rows) == 1
    stage.see(falling(1, 3.0, 0.0, 60.6, sigma_m=4000.0))
    assert stage.rows[-1].change == "renewed"
    stage.see(falling(1, 4.0, 0.0, 60.6, sigma_m=2000.0))
    assert (len(stage.rows), stage.rows[-1].change) == (3, "renewed")
