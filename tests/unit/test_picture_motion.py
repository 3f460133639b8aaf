"""What flies straight is expected to fly on, and to stay what it is."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from rampart import scenario
from rampart.domain.frames import polar_from_enu
from rampart.domain.messages import PLOT_DTYPE, PlotBatch
from rampart.domain.site import Sensor, Site
from rampart.domain.time import NS_PER_S
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
        engine.receive(look(float(k), high_m.get(k, 0.0)))
        assert engine._tracker is not None
        bank = engine._tracker.bank
        burns = max([burns, *bank.table.mu[bank.rows(), BOOST].tolist()]) if k > 90 else 0.0
    assert burns > 0.5
    assert engine._picture is not None
    (note,) = engine._picture._notes.values()
    assert note.threat.p_family[POSTERIOR.index("drone")] > 0.5


def look(t_s: float, high_m: float) -> PlotBatch:
    """One plot, without noise but for its height, of a small drone that flies level due west."""
    x = np.array([[3_000.0 - 12.0 * t_s, 500.0, 150.0 + high_m]])
    polar = polar_from_enu(x)
    row = np.zeros(1, PLOT_DTYPE)
    for name in PLOT_DTYPE.names or ():
        if PLOT_DTYPE[name].kind == "f":
            row[name] = math.nan
    row["t_event_ns"] = round(t_s * NS_PER_S)
    row["range_m"], row["azimuth_rad"], row["elevation_rad"] = polar.T
    row["range_rate_mps"], row["rcs_dbsm"] = -12.0 * x[0, 0] / polar[:, 0], -17.0
    stamp = round(t_s * NS_PER_S)
    return PlotBatch(sensor="radar", t_arrival_ns=stamp, data=row.tobytes(), complete=True)
