"""A short made-up raid that makes every kernel compile before the first real plot arrives.

Parabolas and level flights over a radar at the origin, wobbling by a fixed formula: nothing here
is random, and nothing of it ever reaches an output.
"""

from __future__ import annotations

import math

import numpy as np

from rampart.domain.frames import polar_from_enu
from rampart.domain.messages import PLOT_DTYPE, Input, KnownTrack, PlotBatch, Tick
from rampart.domain.site import Reflector, Sensor, Site, Zone
from rampart.domain.time import NS_PER_S, ns_from_seconds

GRAVITY_MPS2 = 9.81
SECONDS = 16
ROUNDS = 6
MAST_ENU_M = (1_500.0, 1_500.0, 60.0)
DRONES = 3
SILENCE_S = 30  # after which all that flew is lost


def rehearse() -> None:
    """Drive an engine of its own through the made-up raid."""
    from rampart.engine import scatter
    from rampart.engine.engine import Engine

    scatter.rehearse(_site())
    engine = Engine(_site(), simulated=True)
    for message in _messages():
        engine.receive(message)
    engine = Engine.restore(_site(), None, engine.snapshot())
    for silent_s in range(1, SILENCE_S):
        engine.receive(Tick(t_arrival_ns=(SECONDS + silent_s) * NS_PER_S))


def _site() -> Site:
    auto = dict.fromkeys(("mortar", "gun", "rocket", "drone", "unknown"), "auto")
    square = ((-400.0, -400.0), (400.0, -400.0), (400.0, 400.0), (-400.0, 400.0))
    return Site(
        name="rehearsal",
        uuid="00000000-0000-0000-0000-000000000000",
        latitude_deg=45.0,
        longitude_deg=0.0,
        height_m=0.0,
        zones=(Zone(id="z", name="z", polygon_enu_m=square, release=auto),),  # type: ignore[arg-type]
        sensors=(Sensor(id="full"), Sensor(id="flat", sigma_elevation_rad=None)),
        reflectors=(Reflector(id="r", position_enu_m=MAST_ENU_M),),
    )


def _states(t_s: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """(n, 6) states of the objects in the air at `t_s`, and of the reflector."""
    rows = [[*MAST_ENU_M, 0.0, 0.0, 0.0]]
    for i in range(ROUNDS):
        age = t_s - 0.7 * i
        if age >= 0.0:
            # the first are down before the end: their origins are told of all their plots
            v0 = np.array([-110.0 - i, 6.0 * i, 60.0 + 18.0 * i])
            p0 = np.array([3_000.0, 40.0 * i, 5.0])
            fall = np.array([0.0, 0.0, GRAVITY_MPS2])
            rows.append([*(p0 + v0 * age - 0.5 * fall * age**2), *(v0 - fall * age)])
    for i in range(DRONES):
        v = np.array([0.0, -35.0, 0.0])
        rows.append([*(np.array([200.0 * i, 2_500.0 + 400.0 * i, 150.0]) + v * t_s), *v])
    return np.array(rows)


def _messages() -> list[Input]:
    messages: list[Input] = []
    for scan in range(2 * SECONDS):
        t_s = 0.5 * scan
        t_ns = ns_from_seconds(t_s)
        states = _states(t_s)
        polar = polar_from_enu(states[:, :3])
        wobble = np.sin(1.0 + 7.0 * np.arange(len(states)) + 3.0 * scan)
        rows = np.zeros(len(states), PLOT_DTYPE)
        for name in PLOT_DTYPE.names or ():
            if PLOT_DTYPE[name].kind == "f":
                rows[name] = math.nan  # not told
        rows["t_event_ns"] = t_ns
        rows["range_m"] = polar[:, 0] + 8.0 * wobble
        rows["azimuth_rad"] = polar[:, 1] + 2e-3 * wobble
        rows["elevation_rad"] = polar[:, 2] - 2e-3 * wobble
        rows["range_rate_mps"] = np.sum(states[:, :3] * states[:, 3:], axis=1) / polar[:, 0]
        batch = PlotBatch(sensor="full", t_arrival_ns=t_ns, data=rows.tobytes(), complete=True)
        flat = rows[1:].copy()  # without Doppler none of its plots would be the reflector's
        flat["t_event_ns"] += ns_from_seconds(0.2)
        flat["elevation_rad"] = flat["range_rate_mps"] = math.nan
        flat_batch = PlotBatch(
            sensor="flat", t_arrival_ns=t_ns + ns_from_seconds(0.2), data=flat.tobytes()
        )
        friend = KnownTrack(
            source="rehearsal",
            ident="friend",
            t_event_ns=t_ns,
            t_arrival_ns=t_ns,
            latitude_deg=45.02,
            longitude_deg=0.0,
            height_m=150.0,
        )
        messages += [batch, friend, Tick(t_arrival_ns=t_ns), flat_batch]
    return messages
