"""What the picture hands to the warning rules, and how often, for tracks of the real tracker."""

from __future__ import annotations

import math
from itertools import pairwise

import msgspec
import numpy as np
import pytest

from one_plot import one_plot
from rampart.domain.messages import PlotBatch
from rampart.domain.site import Sensor, Site, Zone
from rampart.domain.time import NS_PER_S
from rampart.engine.classes import CLASSES
from rampart.engine.classify import Classification, Posteriors
from rampart.engine.engine import Engine
from rampart.engine.threat import Threat
from rampart.kernels.imm import DRONE
from warn_stage import AUTO, square

SITE = Site(
    name="picture",
    uuid="8d3e1e54-1111-4222-8333-444455556667",
    latitude_deg=45.0,
    longitude_deg=0.0,
    height_m=0.0,
    zones=(Zone(id="A", name="A", polygon_enu_m=square(0.0), release=AUTO),),  # type: ignore[arg-type]
    sensors=(Sensor(id="radar"),),
)


def look(t_s: float, speed_mps: float) -> PlotBatch:
    """One plot, without noise, of a level flight due west."""
    return one_plot(t_s, [3_000.0 - speed_mps * t_s, 500.0, 250.0], [-speed_mps, 0.0, 0.0])


def judged(
    engine: Engine, t_s: float, speed_mps: float, mu: tuple[float, ...], height_var: float
) -> Threat:
    """The threat made of the next plot where the tracker's models and height were these."""
    tracker, picture = engine._tracker, engine._picture
    assert tracker is not None
    assert picture is not None
    tracker.observe(look(t_s, speed_mps))
    (row,) = tracker.bank.rows()
    tracker.bank.table.mu[row] = mu
    tracker.bank.table.P[row, :, 2, 2] += height_var
    (threat,) = picture.update(round(t_s * NS_PER_S), lambda _: False)
    return threat


@pytest.fixture(params=[38.0, 46.0])
def tracked(request: pytest.FixtureRequest) -> tuple[Engine, float]:
    engine = Engine(SITE, simulated=True)
    for k in range(20):
        engine.receive(look(float(k), request.param))
    return engine, request.param


def test_what_is_named_a_drone_has_futures_though_the_drone_model_has_lost(tracked):
    engine, speed_mps = tracked
    threat = judged(engine, 20.0, speed_mps, (0.96, 0.03, 0.01), 0.0)
    assert threat.p_family[3] > 0.5
    assert threat.motion is not None


@pytest.mark.parametrize(("aloft", "moves"), [(0.0, False), (0.9, True)])
def test_what_may_fly_without_a_name_has_futures_and_the_rules_are_told_how_likely(
    tracked, monkeypatch, aloft, moves
):
    engine, speed_mps = tracked
    monkeypatch.setattr(Posteriors, "aloft", lambda *_: aloft)
    nothing = Classification((0.0, 0.0, 0.0, 0.0, 0.0, 1.0), "unknown", {})
    monkeypatch.setattr(Posteriors, "named", lambda *_: nothing)
    threat = judged(engine, 20.0, speed_mps, (1.0, 0.0, 0.0), 0.0)
    assert (threat.aloft, threat.motion is not None) == (aloft, moves)


def test_the_share_aloft_is_that_of_the_flyers_without_a_name():
    p = np.zeros((1, len(CLASSES)))
    p[0, CLASSES.index("flyer_unknown")], p[0, CLASSES.index("ballistic_unknown")] = 0.7, 0.3
    both = Posteriors(np.zeros((1, 6)), np.zeros(1, np.int64), p)
    assert (both.aloft(0), both.falls(0)) == (0.7, 0.3)


def test_what_has_no_impact_point_has_futures(tracked):
    engine, speed_mps = tracked
    mu = [0.0, 0.0, 0.0]
    mu[0], mu[DRONE] = 1.0 - 1e-6, 1e-6
    threat = judged(engine, 20.0, speed_mps, tuple(mu), 1e8)  # height as good as unknown
    assert threat.impact is None
    assert threat.motion is not None


def test_a_state_that_is_not_finite_makes_no_motion(tracked):
    engine, speed_mps = tracked
    threat = judged(engine, 20.0, speed_mps, (0.5, 0.5, 0.0), math.nan)
    assert threat.impact is None
    assert threat.motion is None


@pytest.mark.parametrize(("settled", "every"), [(False, 3), (True, 10)])
def test_a_young_track_is_renewed_with_every_plot_and_an_older_one_by_the_clock(settled, every):
    """Ten plots a second; an older one every 0.25 s, every 1 s where nothing hangs on it."""
    staring = Sensor(id="radar", scan_period_s=0.1)
    engine = Engine(msgspec.structs.replace(SITE, sensors=(staring,)), simulated=True)
    engine.receive(look(0.0, 46.0))
    tracker, picture = engine._tracker, engine._picture
    assert tracker is not None
    assert picture is not None
    renewed = []
    for k in range(1, 60):
        tracker.observe(look(0.1 * k, 46.0))
        renewed += [t.detections for t in picture.update(k * NS_PER_S // 10, lambda _: settled)]
    assert renewed[:3] == [3, 4, 5]
    assert {b - a for a, b in pairwise(renewed[2:])} == {every}


@pytest.mark.parametrize("last", [30, 31, 32])
def test_the_last_word_before_a_loss_is_made_of_all_plots(last):
    """Ten plots a second, renewed every 0.25 s or 1 s; then looks that show nothing."""
    staring = Sensor(id="radar", scan_period_s=0.1)
    engine = Engine(msgspec.structs.replace(SITE, sensors=(staring,)), simulated=True)
    for k in range(last + 1):
        engine.receive(look(0.1 * k, 46.0))
    assert engine._tracker is not None
    assert engine._picture is not None
    seen = []
    for k in range(1, 45):  # it is coasted for four seconds
        seen += [note.threat.detections for note in engine._picture._notes.values()]
        empty = msgspec.structs.replace(look(0.1 * (last + k), 46.0), data=b"", complete=True)
        engine.receive(empty)
    assert not engine._picture._notes
    assert seen[-1] == last + 1
