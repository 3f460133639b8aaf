"""Each rule in bold of the warning rules, sections 1, 2 and 4, as a test of its own."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import msgspec
import pytest

from rampart.domain.site import Rules
from warn_stage import AUTO, CONFIRM, MORTAR, ROCKET, Stage, falling, flying, ns, zone


def lose(threat, t_s: float, lost: str = "predicted_time"):
    return msgspec.structs.replace(threat, t_ns=ns(t_s), fresh=False, lost=lost)


# ------------------------------------------------------------------------------- alarm identity
@pytest.mark.parametrize("simulated", [True, False])
def test_alarm_id_names_site_zone_plot_and_simulated(simulated: bool):
    stage = Stage(simulated=simulated)
    stage.see(falling(1, 1.25, 0.0, 30.0), at_s=1.5)  # the plot is older than its arrival
    row = stage.last("A")
    text = f"{stage.site.uuid}\0A\0{ns(1.25)}\0{int(simulated)}"
    assert row.alarm_id == hashlib.blake2b(text.encode()).hexdigest()[:16]
    assert (row.raid_id, row.simulated, row.exercise) == (row.alarm_id, simulated, simulated)


def test_a_manual_alarm_is_named_by_its_command():
    stage = Stage()
    stage.run(5.0)
    stage.person("warn", "A")
    text = f"{stage.site.uuid}\0A\0{ns(5.0)}\x001"
    assert stage.last("A").alarm_id == hashlib.blake2b(text.encode()).hexdigest()[:16]


def cancelled(stage: Stage, t_s: float = 1.0, track: int = 1) -> float:
    """A is warned of at `t_s`, and cancelled by recomputation; returns when."""
    stage.see(falling(track, t_s, 0.0, t_s + 60.0))
    stage.run(t_s + 10.0)
    for k in range(4):
        stage.see(falling(track, t_s + 10.0 + k * 0.4, 9000.0, t_s + 60.0, third_s=t_s))
    assert stage.phase("A") == "clear"
    return stage.now_s


def test_an_alarm_reopens_within_60_s_of_a_cancel_and_not_later():
    for after_s, same in ((59.0, True), (61.0, False)):
        stage = Stage()
        at = cancelled(stage)
        old = stage.last("A")
        stage.run(at + after_s - 0.5)
        stage.see(falling(2, at + after_s, 0.0, at + after_s + 60.0))
        new = stage.last("A")
        assert (new.alarm_id == old.alarm_id) is same
        assert new.revision == (old.revision + 1 if same else 1)
        assert new.change == "opened"  # who was told CANCELLED is called anew


def test_a_raid_takes_alarms_while_it_is_awake_and_60_s_after():
    zones = [zone(name, 3000.0 * i) for i, name in enumerate("ABCD")]
    stage = Stage(zones)
    stage.see(falling(1, 1.0, 0.0, 20.0, lost="predicted_time"))
    stage.run(10.0)
    stage.see(falling(2, 10.0, 3000.0, 12.5, spread_s=0.5, lost="predicted_time"))
    assert stage.last("B").raid_id == stage.last("A").alarm_id != stage.last("B").alarm_id
    stage.run(80.0)  # A went into hold at 23 s
    stage.see(falling(3, 80.0, 6000.0, 81.0, spread_s=0.1, lost="predicted_time"))
    assert stage.last("C").raid_id == stage.last("A").alarm_id
    stage.run(200.0)
    stage.see(falling(4, 200.0, 9000.0, 230.0))
    assert stage.last("D").raid_id == stage.last("D").alarm_id


def test_count_is_the_larger_of_tracked_and_ever_simultaneous():
    stage = Stage()
    first, second = falling(1, 1.0, 0.0, 30.0), falling(2, 2.0, 50.0, 30.0)
    stage.see(first)
    stage.see(second)
    assert stage.last("A").count == 2
    stage.see(lose(second, 5.0, "expired"))
    stage.see(falling(3, 6.0, 50.0, 30.0))  # perhaps the same object again: both stand
    assert stage.last("A").tracks == (1, 2, 3)
    assert stage.last("A").count == 2
    stage.see(falling(4, 7.0, 50.0, 30.0))
    assert stage.last("A").count == 3


def test_rounds_one_after_another_are_counted_each():
    stage = Stage()
    for k in range(3):
        t = 1.0 + 30.0 * k
        stage.see(falling(k, t, 0.0, t + 10.0))
        stage.see(lose(falling(k, t, 0.0, t + 10.0), t + 5.0))
        stage.run(t + 29.0)
    assert stage.last("A").count == 3


# --------------------------------------------------------------------------- phases per threat
def test_a_zone_shows_the_first_of_the_order_and_the_earliest_time():
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 10.0), falling(2, 1.0, 0.0, 60.0))
    stage.run(9.0)
    row = stage.last("A")
    assert row.phase == "warn"  # 1 is in impact, 2 in warn
    assert row.t_impact_ns_q50 == ns(10.0)
    stage.run(13.5)
    assert stage.phase("A") == "warn"
    assert stage.last("A").t_impact_ns_q50 == ns(60.0)


def test_the_siren_follows_the_hold_below_a_pending():
    stage = Stage([zone("A", 0.0, release={**AUTO, "drone": "confirm", "unknown": "confirm"})])
    stage.see(falling(1, 1.0, 0.0, 10.0, lost="predicted_time"))
    stage.run(20.0)
    assert stage.phase("A") == "hold"
    stage.see(flying(2, 21.0, -1500.0, 40.0, p=(0, 0, 0, 1.0, 0, 0)))
    assert stage.phase("A") == "pending"
    assert stage.warner.siren("A") == "hold"


def test_a_zone_added_later_alarms_anew():
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 60.0))
    stage.see(falling(1, 3.0, 1500.0, 60.0, sigma_m=700.0))
    row = stage.last("B")
    assert (row.phase, row.change) == ("warn", "opened")


# ---------------------------------------------------------------------------------- no re-sounding
def test_later_rounds_do_not_sound_anew_while_warned_nor_within_60_s_of_the_last_impact():
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 20.0))
    stage.see(falling(2, 2.0, 0.0, 40.0))
    assert stage.last("A").change == "extended"
    stage.see(lose(falling(1, 1.0, 0.0, 20.0), 16.0), lose(falling(2, 2.0, 0.0, 40.0), 16.0))
    stage.run(90.0)  # q95 of the last: 41 s
    assert stage.phase("A") == "hold"
    stage.see(falling(3, 100.0, 0.0, 101.2, spread_s=0.2, lost="predicted_time"))
    warn = [row for row in stage.rows if row.phase == "warn"][-1]
    assert warn.issued_ns == ns(100.0)
    assert warn.change == "extended"
    stage.run(200.0)
    stage.see(falling(4, 200.0, 0.0, 230.0))
    assert (stage.last("A").phase, stage.last("A").change) == ("warn", "opened")
    assert len({row.alarm_id for row in stage.rows}) == 1


# --------------------------------------------------------------------- losing sight never releases
@pytest.mark.parametrize(
    ("lost", "reason"),
    [
        ("predicted_time", "predicted_time"),
        ("unseen", "predicted_time"),
        ("sensor_lost", "sensor_lost"),
        ("expired", "expired"),
        ("dropped", "expired"),
    ],
)
def test_loss_of_sight_leaves_the_last_prediction_standing(lost: str, reason: str):
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 30.0))
    stage.see(falling(1, 10.0, 0.0, 30.0, lost=lost))
    stage.blind()
    stage.run(32.5)
    assert stage.story("A") == ["warn", "impact"]
    stage.run(33.0)
    assert stage.last("A").phase == "hold"
    assert stage.last("A").reason == reason


def test_a_track_lost_while_it_looks_harmless_is_not_cancelled():
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 60.0))
    for k in range(10):
        stage.see(falling(1, 2.0 + k * 0.5, 9000.0, 60.0, third_s=1.0))
    stage.see(falling(1, 7.0, 9000.0, 60.0, third_s=1.0, lost="expired"))
    stage.run(58.5)
    assert stage.story("A") == ["warn"]
    stage.run(70.0)
    assert stage.story("A") == ["warn", "impact", "hold"]


# ------------------------------------------------------------------------------------- cancel rule
def test_cancel_needs_three_fresh_updates_over_one_second():
    def warned() -> Stage:
        stage = Stage([zone("A", 0.0)])
        stage.see(falling(1, 1.0, 0.0, 60.0))
        stage.run(19.5)
        return stage

    stage = warned()
    for t_s in (20.0, 20.5):
        stage.see(falling(1, t_s, 9000.0, 60.0, third_s=1.0))
    assert stage.phase("A") == "warn"
    stage.see(falling(1, 21.0, 9000.0, 60.0, third_s=1.0))
    assert (stage.last("A").phase, stage.last("A").reason) == ("clear", "recomputed")

    stage = warned()
    for t_s in (20.0, 20.3, 20.6, 20.9):
        stage.see(falling(1, t_s, 9000.0, 60.0, third_s=1.0))
    assert stage.phase("A") == "warn"  # four, but within 0.9 s

    stage = warned()
    for t_s in (20.0, 20.5, 21.0, 21.5):
        stage.see(falling(1, t_s, 9000.0, 60.0, third_s=1.0, fresh=False))
    assert stage.phase("A") == "warn"  # coasting is not fresh

    stage = warned()
    for t_s, x_m in ((20.0, 9000.0), (20.5, 9000.0), (21.0, 0.0), (21.5, 9000.0), (22.0, 9000.0)):
        stage.see(falling(1, t_s, x_m, 60.0, third_s=1.0))
    assert stage.phase("A") == "warn"  # not consecutive


def test_cancel_needs_p_below_a_quarter_of_the_threshold():
    stage = Stage([zone("A", 0.0)])
    stage.see(falling(1, 1.0, 0.0, 60.0))
    stage.run(19.5)
    for k in range(8):
        stage.see(falling(1, 20.0 + k / 2, 557.0, 60.0, sigma_m=60.0, third_s=1.0))
    assert 0.0025 < stage.last("A").p_zone < 0.01
    assert stage.phase("A") == "warn"
    for k in range(3):
        stage.see(falling(1, 25.0 + k / 2, 575.0, 60.0, sigma_m=60.0, third_s=1.0))
    assert stage.last("A").phase != "warn"


def test_cancel_waits_5_s_after_the_own_warning():
    stage = Stage([zone("A", 0.0)])
    stage.see(falling(1, 20.0, 0.0, 60.0, third_s=1.0))
    for k in range(1, 10):
        stage.see(falling(1, 20.0 + k * 0.5, 9000.0, 60.0, third_s=1.0))
    assert stage.phase("A") == "warn"
    stage.see(falling(1, 25.0, 9000.0, 60.0, third_s=1.0))
    assert stage.phase("A") == "clear"


def test_cancel_waits_10_s_after_the_third_detection_of_the_raids_latest_threat():
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 60.0, third_s=1.0))
    stage.see(falling(2, 8.0, 3000.0, 60.0, third_s=8.0))  # another zone, the same raid
    for k in range(19):
        stage.see(falling(1, 8.5 + k * 0.5, 9000.0, 60.0, third_s=1.0))
    assert stage.phase("A") == "warn"
    stage.see(falling(1, 18.0, 9000.0, 60.0, third_s=1.0))
    assert stage.phase("A") == "clear"
    assert stage.phase("B") == "warn"


def test_cancel_needs_every_member():
    stage = Stage([zone("A", 0.0)])
    stage.see(falling(1, 1.0, 0.0, 90.0), falling(2, 1.0, 0.0, 90.0))
    stage.run(19.5)
    for k in range(10):
        stage.see(falling(1, 20.0 + k / 2, 9000.0, 90.0, third_s=1.0))
    assert stage.phase("A") == "warn"
    for k in range(4):
        stage.see(
            falling(1, 30.0 + k / 2, 9000.0, 90.0, third_s=1.0),
            falling(2, 30.0 + k / 2, 9000.0, 90.0, third_s=1.0),
        )
    assert stage.phase("A") == "clear"


def test_a_cancelled_zone_that_has_had_an_impact_goes_to_hold():
    stage = Stage([zone("A", 0.0)])
    stage.see(falling(1, 1.0, 0.0, 5.0, lost="predicted_time"), falling(2, 1.0, 0.0, 90.0))
    stage.run(19.5)
    for k in range(4):
        stage.see(falling(2, 20.0 + k / 2, 9000.0, 90.0, third_s=1.0))
    assert (stage.last("A").phase, stage.last("A").reason) == ("hold", "predicted_time")


# ---------------------------------------------------------------------------------- people
@pytest.mark.parametrize("phase", ["warn", "impact", "hold"])
def test_a_person_cancels_from_warn_impact_or_hold(phase: str):
    stage = Stage([zone("A", 0.0)])
    stage.see(falling(1, 1.0, 0.0, 20.0))
    stage.run({"warn": 5.0, "impact": 20.0, "hold": 30.0}[phase])
    assert stage.phase("A") == phase
    stage.person("cancel", "A", reason="")
    row = stage.last("A")
    assert (row.reason, row.by) == ("withdrawn", "ann")
    assert row.phase == {"warn": "watch", "impact": "hold", "hold": "clear"}[phase]


def test_a_persons_cancel_binds_the_members_of_that_moment_only():
    stage = Stage([zone("A", 0.0)])
    stage.see(falling(1, 1.0, 0.0, 60.0))
    stage.person("cancel", "A")
    for k in range(5):
        stage.see(falling(1, 2.0 + k, 0.0, 60.0))
    assert stage.phase("A") == "watch"
    assert stage.last("A").tracks == (1,)
    assert stage.last("A").p_zone > 0.9  # it is still an open threat
    stage.see(falling(2, 8.0, 0.0, 60.0))
    assert (stage.phase("A"), stage.last("A").tracks) == ("warn", (2,))


def test_a_bound_threat_is_decided_afresh_under_a_new_number_unless_proven():
    for proven in (False, True):
        stage = Stage([zone("A", 0.0)])
        stage.see(falling(1, 1.0, 0.0, 60.0))
        stage.person("cancel", "A")
        stage.see(falling(1, 2.0, 0.0, 60.0, lost="expired"))
        stage.see(falling(2, 3.0, 0.0, 60.0, successor_of=1 if proven else None))
        assert stage.phase("A") == ("watch" if proven else "warn")


def test_a_binding_holds_in_its_zone_only():
    stage = Stage()
    stage.see(falling(1, 1.0, 1500.0, 60.0, sigma_m=800.0))
    assert stage.phase("A") == stage.phase("B") == "warn"
    stage.person("cancel", "A")
    assert (stage.phase("A"), stage.phase("B")) == ("watch", "warn")


def test_a_person_warns_all_zones_and_withdraws():
    stage = Stage()
    stage.person("warn")
    for name in "AB":
        row = stage.last(name)
        assert (row.phase, row.reason, row.change, row.by) == ("warn", "manual", "opened", "ann")
    stage.run(10.0)
    stage.person("withdraw", "A")
    assert (stage.last("A").phase, stage.last("A").reason) == ("clear", "withdrawn")
    assert stage.phase("B") == "warn"


def test_a_manual_warn_asks_before_it_expires_after_ten_minutes_then_hold():
    stage = Stage([zone("A", 0.0)])
    stage.person("warn", "A")
    stage.run(599.5)
    asked = [row for row in stage.rows if row.change == "renewed"]
    assert [row.issued_ns for row in asked] == [ns(540.0)]
    assert stage.phase("A") == "warn"
    stage.run(600.0)
    assert (stage.last("A").phase, stage.last("A").reason) == ("hold", "expired")


def test_a_manual_warn_does_not_hide_a_threat_that_comes_later():
    stage = Stage([zone("A", 0.0)])
    stage.person("warn", "A")
    stage.see(falling(1, 10.0, 0.0, 60.0))
    stage.person("withdraw", "A")
    assert stage.phase("A") == "warn"
    assert stage.last("A").tracks == (1,)


# ---------------------------------------------------------------------------------- hold
def held(**more: object) -> Stage:
    stage = Stage([zone("A", 0.0, **more), zone("B", 3000.0)])
    stage.see(falling(1, 1.0, 0.0, 20.0, lost="predicted_time"))
    stage.run(30.0)
    assert stage.phase("A") == "hold"
    return stage


def test_an_assessed_threat_blocks_the_all_clear_and_an_unassessed_one_does_not():
    for p, phase in (((0.5, 0, 0, 0, 0, 0.5), "hold"), ((0.49, 0, 0, 0, 0, 0.51), "all_clear")):
        stage = held()
        stage.run(619.0)
        stage.see(falling(2, 619.5, 605.0, 900.0, sigma_m=60.0, p=p, detections=2))
        stage.run(630.0)
        assert stage.phase("A") == phase


def test_a_hole_in_coverage_stops_the_timer_of_a_hold():
    stage = held()
    stage.blind("A")
    stage.run(130.0)
    stage.sighted()
    stage.run(722.0)
    assert stage.phase("A") == "hold"
    stage.run(724.0)
    assert stage.phase("A") == "all_clear"


def test_all_clear_needs_30_s_of_healthy_coverage():
    stage = held()
    stage.run(622.5)
    stage.blind("A")
    stage.run(623.0)
    stage.sighted()
    stage.run(653.0)
    assert stage.phase("A") == "hold"
    stage.run(654.0)
    assert stage.phase("A") == "all_clear"


def test_a_gap_in_which_nobody_called_counts_as_blind():
    stage = held()
    stage.see(falling(9, 700.0, 90000.0, 900.0))  # the next message comes 11 minutes later
    stage.run(725.0)
    assert stage.phase("A") == "hold"


def test_a_hold_that_is_over_asks_at_once_and_every_60_s_and_releases_only_by_a_person():
    stage = held(all_clear="confirm")
    stage.person("all_clear", "A")
    assert stage.phase("A") == "hold"  # too early
    stage.run(1000.0)
    asked = [row for row in stage.rows if row.reason == "hold_over"]
    assert [row.issued_ns for row in asked] == [ns(623.0 + 60.0 * k) for k in range(7)]
    stage.person("all_clear", "A")
    assert (stage.last("A").phase, stage.last("A").by) == ("all_clear", "ann")


def test_all_clear_is_never_given_blind_not_even_by_a_person():
    stage = held(all_clear="confirm")
    stage.run(630.0)
    stage.blind("A")
    stage.run(640.0)
    stage.person("all_clear", "A")
    assert stage.phase("A") == "hold"


# ---------------------------------------------------------------------------------- release policy
def test_pending_is_released_at_the_time_out_or_before_shelter_time_runs_out():
    for lands_s, released_s in ((60.0, 6.0), (15.0, 4.0), (8.0, 1.0)):
        stage = Stage([zone("A", 0.0, release=CONFIRM)])  # q05 = landing - 1 s, shelter 10 s
        stage.see(falling(1, 1.0, 0.0, lands_s))
        stage.run(released_s + 2.0)
        warn = next(row for row in stage.rows if row.phase == "warn")
        assert warn.issued_ns == ns(released_s)
        assert warn.reason == "not_decided"


def test_withholding_on_time_out_must_be_written_out():
    stage = Stage([zone("A", 0.0, release=CONFIRM, on_timeout="withhold")])
    stage.see(falling(1, 1.0, 0.0, 60.0))
    stage.run(6.0)
    assert (stage.last("A").phase, stage.last("A").reason) == ("watch", "withheld")
    stage.run(130.0)
    assert "warn" not in stage.story("A")


def test_auto_wins_while_any_family_of_5_percent_is_auto():
    release = {**CONFIRM, "mortar": "auto"}
    for mortar, phase in ((0.06, "warn"), (0.04, "pending")):
        stage = Stage([zone("A", 0.0, release=release)])
        stage.see(falling(1, 1.0, 0.0, 60.0, p=(mortar, 0, 1.0 - mortar, 0, 0, 0)))
        assert stage.phase("A") == phase
    stage.see(falling(1, 2.0, 0.0, 60.0, p=(0.1, 0, 0.9, 0, 0, 0)))
    assert stage.phase("A") == "warn"
    stage.see(falling(1, 3.0, 0.0, 60.0, p=ROCKET))
    stage.run(5.0)
    assert stage.phase("A") == "warn"  # once warned, never pending again


# ---------------------------------------------------------------------------------- degraded
def test_a_hole_in_coverage_widens_the_zone_and_halves_the_threshold():
    x_m = 640.0  # 340 m off the edge: beyond the mortar's 100 m, not beyond 200 m
    stage = Stage([zone("A", 0.0)])
    stage.see(falling(1, 1.0, x_m, 60.0, sigma_m=60.0))
    assert stage.phase("A") == "clear"
    stage.blind("A")
    stage.run(1.5)
    assert stage.phase("A") == "warn"
    half = Stage([zone("A", 0.0)])
    half.blind("A")
    half.see(falling(1, 1.0, 656.0, 60.0, sigma_m=62.0))
    assert 0.005 <= half.last("A").p_zone < 0.01
    assert half.phase("A") == "warn"


def test_fallback_warns_the_whole_base_by_policy_only():
    for policy, phase in (("off", "watch"), ("base_wide", "warn")):
        stage = Stage(rules=Rules(fallback=policy))
        stage.see(falling(1, 1.0, 0.0, 30.0))
        assert stage.phase("B") == "clear"
        stage.blind("B")
        stage.see(falling(1, 2.0, 0.0, 30.0))
        assert stage.phase("B") == phase
        if policy == "base_wide":
            assert stage.last("B").reason == "fallback"
            stage.run(40.0)
            assert stage.story("B")[-2:] == ["impact", "hold"]


# ---------------------------------------------------------------------------------- drones
def test_a_drone_is_warned_of_by_its_futures_and_renewed_while_tracked():
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -7000.0, 50.0))
    assert stage.phase("A") in ("clear", "watch")
    for k in range(100):
        stage.see(flying(1, 2.0 + k, -7000.0 + 50.0 * k, 50.0))
    warn = next(row for row in stage.rows if row.phase == "warn")
    assert warn.reason == "drone_corridor"
    assert warn.t_impact_ns_q50 is not None
    assert 50.0 < (warn.t_impact_ns_q50 - warn.issued_ns) / 1e9 < Rules().drone_horizon_s + 1.0
    last = stage.last("A")
    assert last.phase == "warn"
    assert last.t_impact_ns_q50 == pytest.approx(ns(2.0 + (7000 - 400) / 50), abs=2e9)


def test_a_drone_is_told_for_when_it_comes_and_not_for_when_the_look_ahead_ends():
    """It is here after 120 s, the horizon: half of its futures are later, and no part of P, but they come."""
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -6400.0, 50.0, sigma_turn_rps=0.0005))
    warn = stage.last("A")
    assert warn.phase == "warn"
    q05, q50, q95 = (
        (t - warn.issued_ns) / 1e9
        for t in (warn.t_impact_ns_q05, warn.t_impact_ns_q50, warn.t_impact_ns_q95)
    )
    assert q50 == pytest.approx(120.0, abs=1.5)
    # sigma of speed 1 m/s: 2.4 s of 120, and the corners and turns take a little longer
    assert q05 == pytest.approx(120.0 - 1.645 * 2.4, abs=1.5)
    assert 120.0 + 1.645 * 2.4 - 1.0 < q95 < 130.0


@pytest.mark.parametrize("left_s", [4.0, 10.0, 30.0])
def test_the_nearer_a_drone_the_finer_its_time(left_s: float):
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -400.0 - 50.0 * left_s, 50.0))
    told = stage.last("A")
    assert (told.t_impact_ns_q50 - told.issued_ns) / 1e9 == pytest.approx(left_s, rel=0.025)


def test_a_flyer_far_off_is_watched_until_it_has_shown_its_course_for_five_seconds():
    stage = Stage([zone("A", 0.0)])
    for k in range(20):
        stage.see(flying(1, 1.0 + 0.5 * k, -4000.0 + 25.0 * k, 50.0, third_s=1.0))
    rows = [row for row in stage.rows if row.zone == "A"]
    assert rows[0].phase == "watch"
    warn = next(row for row in rows if row.phase == "warn")
    assert 6.0 <= (warn.issued_ns - ns(0.0)) / 1e9 <= 6.6


def test_a_flyer_that_would_be_watched_is_not_shown_before_it_has_flown_for_five_seconds():
    """As a bird whose third plot looks like a drone's, and whose fifth does not."""
    stage = Stage([zone("A", 0.0)])
    perhaps = (0.0, 0.0, 0.0, 0.21, 0.79, 0.0)
    for k in range(20):
        x_m = -4000.0 + 25.0 * k
        stage.see(flying(1, 1.0 + 0.5 * k, x_m, 50.0, y_m=600.0, p=perhaps, third_s=1.0))
    rows = [row for row in stage.rows if row.zone == "A"]
    assert rows[0].phase == "watch"
    assert 6.0 <= (rows[0].issued_ns - ns(0.0)) / 1e9 <= 6.6
    assert Rules().drone_watch_p < rows[0].p_zone < Rules().drone_warn_p


def test_a_young_flyer_is_watched_where_a_hole_in_coverage_halves_what_would_warn():
    perhaps = (0.0, 0.0, 0.0, 0.21, 0.79, 0.0)
    young = flying(1, 1.0, -4000.0, 50.0, y_m=450.0, p=perhaps, third_s=1.0)
    stage = Stage([zone("A", 0.0)])
    stage.see(young)
    assert stage.rows == []  # P of 0.06 would be watched
    stage = Stage([zone("A", 0.0)])
    stage.blind("A")
    stage.see(young)
    assert (stage.last("A").phase, stage.last("A").tracks) == ("watch", (1,))  # it would warn


@pytest.mark.parametrize(
    ("x_m", "speed_mps", "least_s", "most_s"),
    [(-1000.0, 50.0, 2.5, 4.5), (-500.0, 50.0, 2.0, 2.6), (0.0, 2.0, 2.0, 2.1)],
)
def test_a_young_flyer_that_is_near_has_a_quarter_of_what_is_left_to_show_its_course(
    x_m, speed_mps, least_s, most_s
):
    stage = Stage([zone("A", 0.0)])
    for k in range(60):
        at_s = 1.0 + 0.1 * k
        stage.see(flying(1, at_s, x_m + 0.1 * k * speed_mps, speed_mps, third_s=1.0))
    warned = next(row for row in stage.rows if row.phase == "warn")
    assert stage.rows[0].phase == "watch"
    assert least_s <= (warned.issued_ns - ns(1.0)) / 1e9 <= most_s


@pytest.mark.parametrize(("p_drone", "least_s", "most_s"), [(0.2, 5.0, 5.1), (0.5, 2.0, 2.6)])
def test_a_young_flyer_that_is_near_is_warned_of_before_the_five_seconds_are_over_where_it_is_likely(
    p_drone, least_s, most_s
):
    """As a glider that came in sight over a zone: P 0.18 when it was 4 s old, 0.04 a second later."""
    stage = Stage([zone("A", 0.0)])
    perhaps = (0.0, 0.0, 0.0, p_drone, 1.0 - p_drone, 0.0)
    for k in range(60):
        at_s = 1.0 + 0.1 * k
        stage.see(flying(1, at_s, -500.0 + 3.0 * k, 30.0, p=perhaps, third_s=1.0))
    warned = next(row for row in stage.rows if row.phase == "warn")
    assert least_s <= (warned.issued_ns - ns(1.0)) / 1e9 <= most_s


@pytest.mark.parametrize(
    ("lost", "phase"), [("unseen", "warn"), ("sensor_lost", "warn"), ("expired", "watch")]
)
def test_of_a_young_flyer_that_leaves_sight_counts_what_was_seen_but_not_of_one_looked_for_in_vain(
    lost, phase
):
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -4000.0, 50.0, third_s=1.0))
    assert stage.phase("A") == "watch"
    stage.see(flying(1, 2.0, -3950.0, 50.0, third_s=1.0, lost=lost))
    assert stage.phase("A") == phase


def fragments(stage: Stage, why: str, plots: int, n: int = 8) -> None:
    """So many flyers at once, of so many plots each, lost a second later."""
    seen = [(k, {"third_s": 24.0, "detections": plots}) for k in range(1, n + 1)]
    stage.see(*(flying(k, 24.0, -4000.0, 50.0, **of) for k, of in seen))
    stage.see(*(flying(k, 25.0, -3950.0, 50.0, lost=why, **of) for k, of in seen))


@pytest.mark.parametrize("why", ["", "expired", "dropped"])
def test_flyers_of_three_plots_do_not_add_up_to_a_warning(why):
    """As a burst of false plots makes them. Each is watched for its time all the same, and P of all is told."""
    stage = Stage([zone("A", 0.0)])
    fragments(stage, why, plots=3)
    assert stage.story("A") == ["watch"]
    assert stage.last("A").p_zone > Rules().drone_warn_p
    stage.run(25.0 + 1.0 + 59.0)
    assert stage.story("A") == ["watch"]
    # a person who calls one of them a drone has no burst before him
    for track in range(1, 9):
        stage.person("assess", track=track, family="drone")
    assert stage.phase("A") == "warn"


def test_flyers_of_three_plots_add_up_neither_in_a_crowd_nor_after_a_restart():
    stage = Stage([zone("A", 0.0)])
    fragments(stage, "expired", plots=3, n=40)
    stage.restart()
    stage.see(flying(41, 26.0, -4000.0, 50.0, third_s=26.0, detections=3))
    assert stage.phase("A") == "watch"
    assert stage.last("A").p_zone > 0.5
    # one that has shown more warns by itself
    stage.see(flying(41, 32.0, -3700.0, 50.0, third_s=26.0, detections=9))
    assert stage.phase("A") == "warn"


@pytest.mark.parametrize(("why", "plots"), [("expired", 4), ("unseen", 3), ("predicted_time", 3)])
def test_flyers_that_showed_more_or_left_sight_add_up(why, plots):
    """As a drone that a radar loses and finds again, each time with another number."""
    stage = Stage([zone("A", 0.0)])
    fragments(stage, why, plots)
    assert stage.phase("A") == "warn"


def test_a_drone_of_three_plots_that_was_looked_for_in_vain_still_holds_the_all_clear():
    stage = held()
    stage.run(607.5)
    seen = {"third_s": 608.0, "detections": 3}
    stage.see(flying(2, 608.0, -3000.0, 50.0, **seen))
    stage.see(flying(2, 609.0, -3000.0, 50.0, lost="expired", **seen))
    stage.run(660.0)
    assert stage.phase("A") == "hold"
    stage.run(760.0)  # it has been, and was watched a minute longer
    assert stage.phase("A") == "all_clear"


def test_what_is_told_of_a_zone_that_is_warned_of_a_young_flyer_is_its_p():
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 3.2, -500.0, 50.0, third_s=1.0))
    assert stage.phase("A") == "warn"
    for k in range(1, 4):  # it slows down: were it not warned of, it would wait
        stage.see(flying(1, 3.2 + 0.5 * k, -500.0 + 5.0 * k, 10.0, third_s=1.0))
    last = stage.last("A")
    assert last.phase == "warn"
    assert last.p_zone > 0.5  # nothing is taken off it


def test_a_warned_flyer_that_turns_out_to_be_known_traffic_is_let_go():
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -2500.0, 20.0))
    assert stage.phase("A") == "warn"
    for k in range(1, 60):
        stage.see(flying(1, 1.0 + 0.5 * k, -2500.0 + 10.0 * k, 20.0, known="FRIEND"))
    assert stage.phase("A") in ("watch", "clear")


def test_a_drone_above_the_ceiling_that_does_not_come_down_is_no_threat():
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -2000.0, 50.0, height_m=3000.0))
    assert stage.rows == []


def test_a_drone_is_in_impact_when_it_is_inside():
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -500.0, 50.0))
    stage.run(30.0)
    assert stage.phase("A") == "warn"  # q05 has passed, but it is tracked and outside
    stage.see(flying(1, 31.0, -350.0, 50.0))
    assert (stage.last("A").phase, stage.last("A").reason) == ("impact", "drone_corridor")


def test_a_drone_lost_within_3_km_keeps_its_warning_60_s_beyond_q95():
    stage = Stage([zone("A", 0.0)])
    seen = flying(1, 1.0, -2500.0, 50.0)
    stage.see(seen)
    q95 = (stage.last("A").t_impact_ns_q95 - ns(0.0)) / 1e9
    stage.see(lose(seen, 2.0, "expired"))
    stage.run(q95 + 58.5)
    assert stage.story("A") == ["warn"]
    stage.run(q95 + 62.5)
    assert stage.story("A") == ["warn", "hold"]


def test_a_drone_lost_farther_off_runs_by_the_q95_rule():
    stage = Stage([zone("A", 0.0)])
    seen = flying(1, 1.0, -6500.0, 110.0)
    stage.see(seen)
    q95 = (stage.last("A").t_impact_ns_q95 - ns(0.0)) / 1e9
    stage.see(lose(seen, 2.0, "expired"))
    stage.run(q95 + 4.0)
    assert stage.story("A") == ["warn", "impact", "hold"]


def test_a_drone_that_turned_away_is_cancelled_and_watched_while_it_loiters_within_2_km():
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -2000.0, 40.0))
    assert stage.phase("A") == "warn"
    for k in range(40):
        stage.see(flying(1, 2.0 + k * 0.5, -1500.0, -40.0))
    assert (stage.last("A").phase, stage.last("A").reason) == ("watch", "recomputed")
    for k in range(30):
        stage.see(flying(1, 22.0 + k * 0.5, -2350.0, -40.0))
    assert stage.phase("A") == "clear"


def test_a_drone_whose_course_wavers_for_some_seconds_is_not_cancelled():
    """Till the next stretch of its course is flown, 12 s, nothing new is known of where it goes."""
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -2000.0, 40.0))
    for k in range(20):
        stage.see(flying(1, 20.0 + k * 0.5, -2350.0, -40.0))
    stage.see(flying(1, 30.5, -2300.0, 40.0))
    assert stage.story("A") == ["warn"]


def test_a_warned_drone_that_is_perhaps_a_bird_keeps_its_warning_till_its_numbers_end_it():
    """p_drone 0.15 is no new threat; times a share near 1 it is far above a quarter of 0.10."""
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -1000.0, 40.0))
    for k in range(40):
        stage.see(flying(1, 2.0 + k * 0.5, -1000.0, 40.0, p=(0.0, 0.0, 0.0, 0.15, 0.85, 0.0)))
    assert stage.story("A") == ["warn"]
    for k in range(60):
        stage.see(flying(1, 22.0 + k * 0.5, -1000.0, 40.0, p=(0.0, 0.0, 0.0, 0.01, 0.99, 0.0)))
    assert stage.phase("A") == "clear"


def test_a_drone_that_flew_through_is_held_not_released():
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -300.0, 40.0))
    assert stage.phase("A") == "impact"
    for k in range(40):
        stage.see(flying(1, 20.0 + k * 0.5, 1500.0 + 20 * k, 40.0))
    assert stage.story("A") == ["warn", "impact", "hold"]


def test_an_unknown_is_warned_of_by_its_path_like_any_class():
    falls, flies = Stage([zone("A", 0.0)]), Stage([zone("A", 0.0)])
    falls.see(falling(1, 1.0, 0.0, 30.0, p=(0, 0, 0, 0, 0, 1.0)))
    assert (falls.phase("A"), falls.last("A").reason) == ("warn", "threshold")
    flies.see(flying(1, 1.0, -2000.0, 50.0, p=(0, 0, 0, 0, 0, 1.0)))
    assert (flies.phase("A"), flies.last("A").reason) == ("warn", "drone_corridor")


def test_an_identified_friendly_explains_its_own_track_never_the_one_that_follows():
    stage = Stage([zone("A", 0.0)])
    stage.see(
        flying(1, 1.0, -1700.0, 40.0, known="FRIEND"),
        flying(2, 1.0, -2000.0, 40.0),
    )
    assert (stage.phase("A"), stage.last("A").tracks) == ("warn", (2,))


def test_a_mixed_posterior_sums_over_families_each_with_its_own_radius():
    parts = []
    for p in (MORTAR, ROCKET, (0.25, 0, 0.75, 0, 0, 0)):
        stage = Stage([zone("A", 0.0)])
        stage.see(falling(1, 1.0, 520.0, 30.0, sigma_m=100.0, p=p))
        parts.append(stage.last("A").p_zone)
    assert parts[0] < parts[1]
    assert parts[2] == pytest.approx(0.25 * parts[0] + 0.75 * parts[1], rel=1e-9)


def test_what_is_not_confirmed_is_no_threat_yet():
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 30.0, real=False))
    assert stage.rows == []


# ---------------------------------------------------------------------------------- rows
def test_numbers_are_renewed_at_most_twice_a_second_and_only_when_they_matter():
    stage = Stage([zone("A", 0.0)])
    for k in range(100):
        stage.see(falling(1, 1.0 + k / 50, 0.0, 60.0 + k / 10, sigma_m=300.0))
    times = [row.issued_ns for row in stage.rows]
    assert all(b - a >= 500_000_000 for a, b in pairwise(times))
    assert 3 <= len(times) <= 6
    before = len(stage.rows)
    for k in range(100):
        stage.see(falling(1, 10.0 + k / 50, k / 10, 69.9, sigma_m=300.0 - k / 10))
    assert len(stage.rows) - before <= 1


def test_a_growing_and_shrinking_set_of_tracks_is_an_update_not_a_phase():
    stage = Stage([zone("A", 0.0, release=AUTO)])
    stage.see(falling(1, 1.0, 0.0, 60.0))
    stage.see(falling(2, 1.1, 0.0, 20.0, spread_s=0.5, lost="predicted_time"))
    stage.run(25.0)
    changes = [(row.phase, row.change) for row in stage.rows if row.change != "renewed"]
    assert changes == [("warn", "opened"), ("warn", "extended"), ("warn", "narrowed")]
    assert stage.phase("A") == "warn"


@pytest.mark.parametrize(("aloft", "phase"), [(0.0, "warn"), (0.98, "watch")])
def test_what_flies_without_a_name_is_weighed_by_its_course_not_by_where_it_would_fall(
    aloft, phase
):
    unknown = (0.005, 0.0, 0.0, 0.0, 0.0, 0.995)
    impact = falling(1, 1.0, 0.0, 15.0).impact
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, 2500.0, 60.0, p=unknown, impact=impact, aloft=aloft))  # it flies away
    assert stage.phase("A") == phase


def test_a_person_who_says_that_it_falls_is_believed_whatever_flies_without_a_name():
    unknown = (0.005, 0.0, 0.0, 0.0, 0.0, 0.995)
    threat = flying(1, 1.0, 2500.0, 60.0, p=unknown, aloft=0.98)
    stage = Stage([zone("A", 0.0)])
    stage.see(msgspec.structs.replace(threat, impact=falling(1, 1.0, 0.0, 15.0).impact))
    stage.person("assess", track=1, family="mortar")
    assert stage.phase("A") == "warn"
