"""How long a hold lasts, what stops its time, and who may give the all clear."""

from __future__ import annotations

from warn_stage import Stage, falling, flying, ns, zone


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
