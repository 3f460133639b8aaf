"""What the policy of a zone releases when nobody decides, and what a hole in coverage changes."""

from __future__ import annotations

from rampart.domain.site import Rules
from warn_stage import CONFIRM, ROCKET, Stage, falling, ns, zone


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
