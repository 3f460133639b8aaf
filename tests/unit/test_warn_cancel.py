"""Losing sight never releases, and a cancel needs all that the rules ask of it."""

from __future__ import annotations

import pytest

from warn_stage import Stage, falling, zone


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
