"""Each row of the table of phases: how it is entered, what it says, how it is left."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from rampart.engine.lifecycle import PHASE_TABLE, REASONS, SHOWN, ZONE_MOVES, markdown
from warn_stage import CONFIRM, OTHER, UNKNOWN, Stage, falling, flying, ns, zone


def test_nothing_open_is_clear_and_says_nothing():
    stage = Stage()
    stage.run(120.0)
    assert stage.rows == []


# ---------------------------------------------------------------------------------------- watch
def test_small_probability_is_watched_without_an_alarm():
    stage = Stage()
    stage.see(falling(1, 1.0, 562.0, 30.0, sigma_m=60.0))
    row = stage.last("A")
    assert 0.002 <= row.p_zone < 0.01
    assert (row.phase, row.reason, row.alarm_id, row.tracks) == ("watch", "threshold", "", (1,))
    assert stage.phase("B") == "clear"


def test_unassessed_track_that_could_reach_the_zone_is_watched_and_nags_until_assessed():
    stage = Stage()
    stage.see(flying(1, 1.0, -1300.0, 20.0, y_m=1700.0, sigma_turn_rps=0.01, p=UNKNOWN))
    assert stage.phase("A") == "watch"
    stage.run(130.0)
    nags = [row for row in stage.rows if row.zone == "A" and row.change == "renewed"]
    assert len(nags) == 2
    stage.person("assess", track=1, family="aircraft")
    assert stage.phase("A") == "clear"
    stage.run(300.0)
    assert stage.phase("A") == "clear"


def test_unassessed_track_of_unknown_path_is_watched_everywhere_until_60_s_after_its_loss():
    stage = Stage()
    pathless = flying(1, 1.0, 0.0, 0.0, p=UNKNOWN)
    pathless = msgspec.structs.replace(pathless, motion=None)
    stage.see(pathless)
    assert stage.phase("A") == stage.phase("B") == "watch"
    stage.see(msgspec.structs.replace(pathless, t_ns=ns(5.0), fresh=False, lost="expired"))
    stage.run(64.5)
    assert stage.phase("A") == "watch"
    stage.run(65.0)
    assert stage.last("A").phase == "clear"
    assert stage.last("A").reason == "expired"


def test_a_hole_in_coverage_is_watched_until_it_closes():
    stage = Stage()
    stage.blind("A")
    stage.run(0.5)
    assert (stage.last("A").phase, stage.last("A").reason) == ("watch", "no_cover")
    assert stage.phase("B") == "clear"
    stage.sighted()
    stage.run(1.0)
    assert stage.phase("A") == "clear"


def test_watch_ends_60_s_after_q95_of_a_lost_track():
    stage = Stage()
    stage.see(falling(1, 1.0, 562.0, 20.0, sigma_m=60.0))
    stage.see(falling(1, 15.0, 562.0, 20.0, sigma_m=60.0, lost="predicted_time"))
    stage.run(80.5)  # q95 = 21 s
    assert stage.phase("A") == "watch"
    stage.run(81.0)
    assert (stage.last("A").phase, stage.last("A").reason) == ("clear", "predicted_time")


def test_watch_ends_by_the_cancel_rule():
    stage = Stage()
    stage.see(falling(1, 1.0, 562.0, 60.0, sigma_m=60.0))
    for k in range(3):
        stage.see(falling(1, 2.0 + k * 0.4, 5000.0, 60.0))
    assert stage.phase("A") == "watch"  # three updates, but only 0.8 s
    stage.see(falling(1, 3.2, 5000.0, 60.0))
    assert stage.phase("A") == "clear"


# -------------------------------------------------------------------------------------- pending
def test_policy_confirm_asks_first_and_a_person_releases():
    stage = Stage([zone("A", 0.0, release=CONFIRM)])
    stage.see(falling(1, 1.0, 0.0, 60.0))
    assert (stage.last("A").phase, stage.last("A").change) == ("pending", "opened")
    alarm = stage.last("A").alarm_id
    assert len(alarm) == 16
    stage.run(3.0)
    stage.person("confirm", "A")
    row = stage.last("A")
    assert (row.phase, row.reason, row.by, row.alarm_id) == ("warn", "threshold", "ann", alarm)


def test_pending_is_cancelled_without_the_waits():
    stage = Stage([zone("A", 0.0, release=CONFIRM)])
    stage.see(falling(1, 1.0, 0.0, 60.0))
    for k in range(3):
        stage.see(falling(1, 1.5 + k * 0.5, 5000.0, 60.0))
    assert stage.story("A") == ["pending", "clear"]
    assert stage.last("A").reason == "recomputed"


# ----------------------------------------------------------------------------------------- warn
def test_warn_at_the_threshold_of_p():
    below, above = Stage(), Stage()
    below.see(falling(1, 1.0, 546.0, 30.0, sigma_m=62.5))
    above.see(falling(1, 1.0, 543.0, 30.0, sigma_m=62.5))
    assert below.last("A").p_zone < 0.01 <= above.last("A").p_zone
    assert (below.phase("A"), above.phase("A")) == ("watch", "warn")
    assert above.last("A").reason == "threshold"


def test_warn_when_p_zone_of_several_reaches_the_threshold():
    stage = Stage()
    for track in (1, 2, 3):
        stage.see(falling(track, track / 10, 552.0, 30.0, sigma_m=60.0))
        if track == 1:
            assert 0.0034 < stage.last("A").p_zone < 0.0099
            assert stage.phase("A") == "watch"
    row = stage.last("A")
    assert row.phase == "warn"
    assert row.tracks == (1, 2, 3)


def test_many_unwatched_small_probabilities_warn_too():
    stage = Stage()
    for track in range(1, 7):
        stage.see(falling(track, track / 10, 578.0, 30.0, sigma_m=60.0))
        assert stage.rows == []
    stage.see(falling(7, 0.7, 578.0, 30.0, sigma_m=60.0))
    assert stage.phase("A") == "warn"
    assert 0.01 <= stage.last("A").p_zone < 0.012


@pytest.mark.parametrize(
    ("p", "detections", "phase"),
    [
        ((1.0, 0, 0, 0, 0, 0), 5, "warn"),
        ((1.0, 0, 0, 0, 0, 0), 2, "watch"),
        ((0.3, 0, 0, 0, 0, 0.7), 5, "watch"),
    ],
)
def test_a_wide_ellipse_of_a_confirmed_ballistic_track_does_not_dilute_a_zone_away(
    p: tuple[float, ...], detections: int, phase: str
):
    stage = Stage()
    # the 50 % region has a radius of 1.177 x 4500 = 5297 m, the grown zone begins 4600 m away
    stage.see(falling(1, 1.0, 0.0, 60.0, y_m=5000.0, sigma_m=4500.0, p=p, detections=detections))
    assert 0.002 <= stage.last("A").p_zone < 0.01
    assert stage.phase("A") == phase


def test_a_half_region_that_just_misses_the_grown_zone_is_no_warning():
    for y_m, phase in ((5690.0, "warn"), (5710.0, "watch")):
        stage = Stage([zone("A", 0.0)])
        stage.see(falling(1, 1.0, 0.0, 60.0, y_m=y_m, sigma_m=4500.0))
        assert stage.phase("A") == phase


def test_warn_is_left_to_impact_and_never_without_a_warn_row():
    stage = Stage()
    rows = stage.see(falling(1, 1.0, 0.0, 1.5))
    assert [(row.phase, row.issued_ns) for row in rows] == [("warn", ns(1.0)), ("impact", ns(1.0))]


# --------------------------------------------------------------------------------------- impact
def test_impact_at_q05_is_latched_though_q05_moves_later():
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 20.0))
    stage.run(18.5)
    assert stage.phase("A") == "warn"
    stage.run(19.0)
    assert stage.phase("A") == "impact"
    stage.see(falling(1, 19.5, 0.0, 25.0))
    assert stage.phase("A") == "impact"
    stage.run(27.5)
    assert stage.phase("A") == "impact"
    stage.run(28.0)  # q95 = 26 s, + 2 s
    assert (stage.last("A").phase, stage.last("A").reason) == ("hold", "predicted_time")


# ----------------------------------------------------------------------------------------- hold
def test_hold_lasts_ten_minutes_then_all_clear_then_clear():
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 20.0, lost="predicted_time"))
    stage.run(622.5)  # q95 + 2 s = 23 s
    assert stage.story("A") == ["warn", "impact", "hold"]
    stage.run(623.0)
    assert (stage.last("A").phase, stage.last("A").reason) == ("all_clear", "hold_over")
    stage.run(682.5)
    assert stage.phase("A") == "all_clear"
    stage.run(683.0)
    assert stage.phase("A") == "clear"
    assert len({row.alarm_id for row in stage.rows}) == 1
    revisions = [row.revision for row in stage.rows if row.zone == "A"]
    assert revisions == list(range(1, len(revisions) + 1))


def test_a_new_threat_takes_the_zone_out_of_hold_within_the_same_alarm():
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 20.0, lost="predicted_time"))
    stage.run(100.0)
    alarm = stage.last("A").alarm_id
    stage.see(falling(2, 100.0, 0.0, 130.0))
    assert (stage.last("A").phase, stage.last("A").alarm_id) == ("warn", alarm)


def test_any_operator_ends_a_hold_with_a_reason_also_blind():
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 20.0, lost="predicted_time"))
    stage.run(60.0)
    stage.blind()
    stage.person("end_hold", "A", reason="")
    assert stage.phase("A") == "hold"
    stage.person("end_hold", "A", reason="site searched")
    row = stage.last("A")
    assert row.phase in ("watch", "clear")
    assert (row.reason, row.by) == ("withdrawn", "ann")


# ------------------------------------------------------------------------------------ all_clear
def test_all_clear_becomes_hold_when_coverage_is_lost_in_it():
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 20.0, lost="predicted_time"))
    stage.run(640.0)
    assert stage.phase("A") == "all_clear"
    alarm = stage.last("A").alarm_id
    stage.blind("A")
    stage.run(641.0)
    assert (stage.last("A").phase, stage.last("A").reason) == ("hold", "sensor_lost")
    assert stage.last("A").alarm_id == alarm
    stage.run(1000.0)
    assert stage.phase("A") == "hold"
    stage.sighted()
    rows = stage.run(1058.0)
    assert not any(row.phase == "all_clear" for row in rows)  # >= 60 s left
    stage.run(1062.0)
    assert stage.phase("A") == "all_clear"


def test_a_threat_in_all_clear_opens_a_new_alarm():
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 20.0, lost="predicted_time"))
    stage.run(640.0)
    old = stage.last("A").alarm_id
    stage.see(falling(2, 641.0, 0.0, 670.0))
    row = stage.last("A")
    assert (row.phase, row.change) == ("warn", "opened")
    assert row.alarm_id != old
    assert row.revision == 1


# ---------------------------------------------------------------------------------- the tables
def test_the_page_in_the_docs_is_the_table():
    page = Path(__file__).parents[2] / "docs" / "reference" / "phases.md"
    assert page.read_text(encoding="utf-8") == markdown()


def test_the_tables_name_every_phase_once():
    phases = {row.phase for row in PHASE_TABLE}
    assert phases == set(SHOWN) == set(REASONS) == set(ZONE_MOVES)
    assert len(PHASE_TABLE) == len(SHOWN) == 7


def test_an_unknown_move_of_a_threat_is_our_bug():
    from rampart.engine.zones import Member

    with pytest.raises(ValueError, match="from watch to impact"):
        Member(track=1).turn("impact", "threshold", 0)


def test_aircraft_and_clutter_are_no_threats_but_doubt_is():
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 30.0, p=OTHER))
    assert stage.rows == []
    stage.see(falling(2, 1.0, 0.0, 30.0, p=(0.2, 0, 0, 0, 0.6, 0.2)))
    assert stage.phase("A") == "warn"
