"""What an alarm is: its name, its raid, its count, what it shows, and when it sounds anew."""

from __future__ import annotations

import hashlib
from itertools import pairwise

import pytest

from warn_stage import AUTO, Stage, falling, flying, lose, ns, zone


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
