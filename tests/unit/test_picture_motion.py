"""What flies straight is expected to fly on."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from rampart import scenario
from rampart.engine.engine import Engine
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
