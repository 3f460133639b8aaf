"""The stories that the warning rules demand as tests (section 9)."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest

from warn_stage import AUTO, CONFIRM, OTHER, UNKNOWN, Stage, falling, flying, ns, zone


def lost(threat, t_s: float, why: str = "predicted_time"):
    return msgspec.structs.replace(threat, t_ns=ns(t_s), fresh=False, lost=why)


def test_track_lost_5_s_before_impact():
    stage = Stage([zone("A", 0.0)])
    for t_s in (1.0, 5.0, 10.0, 15.0):
        stage.see(falling(1, t_s, 0.0, 20.0))
    stage.see(lost(falling(1, 15.0, 0.0, 20.0), 15.5))
    stage.run(18.5)
    assert stage.story("A") == ["warn"]
    stage.run(23.0)
    assert stage.story("A") == ["warn", "impact", "hold"]


def test_feed_killed_in_hold_gives_no_all_clear():
    stage = Stage([zone("A", 0.0)])
    stage.see(falling(1, 1.0, 0.0, 20.0, lost="predicted_time"))
    stage.run(300.0)
    stage.blind()
    stage.run(3000.0)
    assert stage.story("A") == ["warn", "impact", "hold"]


@pytest.mark.parametrize("p", [OTHER, UNKNOWN])
def test_airliner_overhead_does_not_extend_the_hold(p: tuple[float, ...]):
    stage = Stage([zone("A", 0.0)])
    stage.see(falling(1, 1.0, 0.0, 20.0, lost="predicted_time"))
    stage.run(600.0)
    for k in range(60):
        t_s = 600.5 + k
        high = flying(2, t_s, -7000.0 + 240 * k, 240.0, height_m=10_000.0, p=p)
        stage.see(high)
    assert stage.story("A") == ["warn", "impact", "hold", "all_clear"]


def test_nobody_presses_confirm_for_a_warning_or_for_an_all_clear():
    stage = Stage([zone("A", 0.0, release=CONFIRM, all_clear="confirm")])
    stage.see(falling(1, 1.0, 0.0, 30.0))
    stage.run(3000.0)
    assert stage.story("A") == ["pending", "warn", "impact", "hold"]
    warn = next(row for row in stage.rows if row.phase == "warn")
    assert (warn.reason, warn.issued_ns) == ("not_decided", ns(6.0))
    asked = [row.issued_ns for row in stage.rows if row.reason == "hold_over"]
    assert asked[0] == ns(633.0)
    assert {b - a for a, b in pairwise(asked)} == {60_000_000_000}


def test_salvo_of_20_over_4_zones_is_4_alarms_1_raid_and_sounds_once_in_each():
    zones = [zone(name, 3000.0 * i) for i, name in enumerate("ABCD")]
    stage = Stage(zones)
    rounds = [(k, 1.0 + 0.8 * k, 3000.0 * (k % 4)) for k in range(20)]
    t_s = 0.5
    while t_s < 60.0:
        seen = []
        for track, first_s, x_m in rounds:
            lands = first_s + 25.0
            if first_s <= t_s < lands - 4.0:
                spread = max(30.0, 900.0 - 100.0 * (t_s - first_s))
                seen.append(falling(track, t_s, x_m, lands, sigma_m=spread, third_s=first_s))
            elif lands - 4.0 <= t_s < lands - 3.5:
                seen.append(lost(falling(track, t_s, x_m, lands), t_s))
        stage.see(*seen, at_s=t_s)
        t_s += 0.5
    stage.run(900.0)
    assert len({row.alarm_id for row in stage.rows if row.alarm_id}) == 4
    assert len({row.raid_id for row in stage.rows if row.raid_id}) == 1
    for name in "ABCD":
        opened = [row for row in stage.rows if row.zone == name and row.change == "opened"]
        assert len(opened) == 1
        assert max(row.count for row in stage.rows if row.zone == name) >= 5
        assert stage.story(name)[-1] == "clear"
        assert "all_clear" in stage.story(name)


def test_auto_rocket_beside_a_confirm_drone_never_pauses_the_siren():
    mixed = {**AUTO, "drone": "confirm", "unknown": "confirm"}
    stage = Stage([zone("A", 0.0, release=mixed, confirm_timeout_s=300.0)])
    drone = (0, 0, 0, 1.0, 0, 0)
    stage.see(falling(1, 1.0, 0.0, 30.0, p=(0, 0, 1.0, 0, 0, 0)))
    sounds = []
    for k in range(100):
        t_s = 2.0 + k
        if t_s == 20.0:
            stage.see(falling(1, t_s, 0.0, 30.0, p=(0, 0, 1.0, 0, 0, 0), lost="predicted_time"))
        stage.see(flying(2, t_s, -5000.0 + 10.0 * k, 65.0, p=drone))
        sounds.append(stage.warner.siren("A"))
    assert set(sounds) == {"warn", "impact", "hold"}
    assert sounds == sorted(sounds, key=["warn", "impact", "hold"].index)
    assert "pending" in stage.story("A")  # the prompt shows once the rocket's hold is beneath it


def test_a_second_round_after_a_withhold_is_shown_and_decided_afresh():
    stage = Stage([zone("A", 0.0, release=CONFIRM)])
    stage.see(falling(1, 1.0, 0.0, 60.0))
    stage.person("withhold", "A")
    assert (stage.last("A").phase, stage.last("A").reason) == ("watch", "withheld")
    stage.see(falling(1, 3.0, 0.0, 60.0), falling(2, 3.0, 100.0, 62.0))
    row = stage.last("A")
    assert (row.phase, row.tracks) == ("pending", (2,))
    stage.run(10.0)
    assert stage.phase("A") == "warn"


def test_a_track_renumbered_in_mid_flight_stays_in_the_same_alarm():
    stage = Stage([zone("A", 0.0)])
    stage.see(falling(1, 1.0, 0.0, 60.0))
    stage.run(2.0)
    stage.see(falling(7, 3.0, 0.0, 60.0, successor_of=1, third_s=1.0))
    row = stage.last("A")
    assert (row.phase, row.tracks, row.count) == ("warn", (7,), 1)
    assert len({r.alarm_id for r in stage.rows}) == 1
    assert sum(r.change == "opened" for r in stage.rows) == 1
    # its plots count as fresh, its timers go on: warned at 1 s, cancelled from 11 s on
    for k in range(18):
        stage.see(falling(7, 3.5 + k * 0.5, 9000.0, 60.0, third_s=1.0))
    assert stage.phase("A") == "clear"


def test_a_successor_inherits_what_was_counted_towards_the_cancel():
    stage = Stage([zone("A", 0.0)])
    stage.see(falling(1, 1.0, 0.0, 60.0))
    stage.run(19.5)
    stage.see(falling(1, 20.0, 9000.0, 60.0, third_s=1.0))
    stage.see(falling(1, 20.5, 9000.0, 60.0, third_s=1.0))
    stage.see(falling(2, 21.0, 9000.0, 60.0, third_s=1.0, successor_of=1))
    assert stage.phase("A") == "clear"


def test_a_replayed_piece_of_a_journal_reuses_no_alarm_id():
    stage = Stage([zone("A", 0.0)])
    piece = [falling(1, 1.0 + k, 0.0, 20.0) for k in range(5)]
    for threat in piece:
        stage.see(threat)
    stage.see(lost(piece[-1], 10.0))
    stage.run(700.0)
    assert stage.phase("A") == "clear"
    again = [
        msgspec.structs.replace(
            threat, impact=falling(1, 1.0, 0.0, 730.0).impact
        )  # the old event time, a landing still to come
        for threat in piece
    ]
    for threat in again:
        stage.see(threat, at_s=701.0)
    assert stage.phase("A") == "warn"
    opened = [row for row in stage.rows if row.change == "opened"]
    assert len({row.alarm_id for row in opened}) == len(opened) == 2
    pairs = [(row.alarm_id, row.revision) for row in stage.rows if row.alarm_id]
    assert len(set(pairs)) == len(pairs)


def journey(stage: Stage) -> None:
    """Through every phase: watch, pending, warn, impact, hold, all_clear, clear, and a drone."""
    stage.see(falling(1, 1.0, 562.0, 60.0, sigma_m=60.0))
    stage.see(falling(1, 2.0, 100.0, 60.0, sigma_m=60.0))
    stage.run(3.0)
    stage.person("confirm", "A")
    stage.see(falling(2, 5.0, 100.0, 70.0))
    for k in range(10):
        stage.see(falling(1, 6.0 + k, 50.0, 60.0), falling(2, 6.0 + k, 2900.0, 70.0))
    stage.see(lost(falling(1, 20.0, 0.0, 60.0), 20.0), lost(falling(2, 20.0, 2900.0, 70.0), 20.0))
    stage.run(200.0)
    stage.blind("A")
    stage.run(230.0)
    stage.sighted()
    stage.see(flying(3, 240.0, -2500.0, 50.0))
    stage.run(243.0)
    stage.person("withhold", "A")
    stage.see(lost(flying(3, 240.0, -2500.0, 50.0), 244.0))
    stage.run(720.0, step_s=2.5)
    stage.person("all_clear")
    stage.run(800.0, step_s=2.5)
    stage.person("warn", "B")
    stage.run(1500.0, step_s=2.5)


def test_a_restart_before_every_message_changes_nothing():
    def stage(restarts: bool) -> Stage:
        zones = [
            zone("A", 0.0, release=CONFIRM, all_clear="confirm"),
            zone("B", 3000.0),
        ]
        return Stage(zones, restarts=restarts)

    whole, broken = stage(False), stage(True)
    journey(whole)
    journey(broken)
    assert broken.rows == whole.rows
    phases = {row.phase for row in whole.rows}
    assert phases == {"clear", "watch", "pending", "warn", "impact", "hold", "all_clear"}
    assert whole.warner.state() == broken.warner.state()


def test_a_cold_run_over_the_same_input_gives_the_same_rows():
    first, second = (Stage([zone("A", 0.0, release=CONFIRM), zone("B", 3000.0)]) for _ in range(2))
    journey(first)
    journey(second)
    assert first.rows == second.rows
