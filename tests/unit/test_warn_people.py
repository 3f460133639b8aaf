"""What people order: cancels and whom they bind, manual warnings and how those end."""

from __future__ import annotations

import pytest

from warn_stage import Stage, falling, ns, zone


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
