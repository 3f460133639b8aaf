"""What flies straight is expected to fly on, and to stay what it is."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from one_plot import one_plot
from rampart import scenario
from rampart.domain.site import Sensor, Site
from rampart.domain.values import POSTERIOR
from rampart.engine.engine import Engine
from rampart.kernels.imm import BOOST
from rampart.sim.simulate import simulate
from rampart.sim.world import Flight, World


def world(class_id: str, height_m: float, from_m: float, speed_mps: float) -> World:
    """The radar of quiet-day, and one thing that flies straight past it."""
    quiet = scenario.load("quiet-day").world
    route = ((from_m, 1500.0, height_m), (from_m - 3000.0, 1500.0, height_m))
    flight = Flight(
        id="f", class_id=class_id, route=route, at_s=0.0, hostile=False, speed_mps=speed_mps
    )
    return msgspec.structs.replace(quiet, duration_s=45.0, traffic=(), flights=(flight,))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_drone_that_flies_straight_is_expected_to_go_on_so(seed: int) -> None:
    scene = world("owa_drone", 300.0, 9_000.0, 46.0)
    engine = Engine(scene.site, simulated=True)
    spreads = []
    for message in simulate(scene, seed).messages:
        engine.receive(message)
        if engine._picture is not None:
            notes = engine._picture._notes.values()
            spreads += [n.threat.motion.sigma_turn_rate_rps for n in notes if n.threat.motion]
    # within a minute a spread of 2 degrees a second already turns it about
    assert np.median(spreads) < np.radians(2.0)


def test_a_plot_that_errs_makes_a_drone_no_bird() -> None:
    """Two plots of a hundred 45 m too high and too low: the boost model takes it for a burn, for a moment."""
    site = Site(
        name="m",
        uuid="m",
        latitude_deg=45.0,
        longitude_deg=0.0,
        height_m=0.0,
        sensors=(Sensor(id="radar"),),
    )
    engine, high_m = Engine(site, simulated=True), {100: 45.0, 101: -45.0}
    burns = 0.0
    for k in range(110):
        place = [3_000.0 - 12.0 * k, 500.0, 150.0 + high_m.get(k, 0.0)]
        engine.receive(one_plot(float(k), place, [-12.0, 0.0, 0.0], -17.0))
        assert engine._tracker is not None
        bank = engine._tracker.bank
        burns = max([burns, *bank.table.mu[bank.rows(), BOOST].tolist()]) if k > 90 else 0.0
    assert burns > 0.5
    assert engine._picture is not None
    (note,) = engine._picture._notes.values()
    assert note.threat.p_family[POSTERIOR.index("drone")] > 0.5
