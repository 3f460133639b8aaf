"""How long the engine takes from a plot handed in to the zone state out, and how many plots it sustains.

A made-up raid of falling rounds over a grid of zones, plus false plots; seeded, the same everywhere.
Every figure is CPU time of `Engine.receive` alone: no decoding, no journal, no making of messages.
Latency is that of the messages that brought a `ZoneState`. A rate is all plots of a load by the CPU
time of all its messages, ticks and reports of tracks included; it depends on how plots are delivered,
so that two deliveries are measured, see `LINES`.
"""

from __future__ import annotations

import math
import resource
from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np

from rampart.domain.frames import Array, polar_from_enu
from rampart.domain.messages import PLOT_DTYPE, Input, KnownTrack, PlotBatch, Tick, ZoneState
from rampart.domain.site import Sensor, Site, Zone
from rampart.domain.time import NS_PER_S
from rampart.engine.engine import Engine
from rampart.runtime.clock import cpu_s
from rampart.runtime.drive import quantile

GRAVITY_MPS2 = 9.81
THREATS = 200
FALSE_PLOTS = 100
SECONDS = 20
SECTORS = 2_000
"""Deliveries a turn: 0.5 ms each, so that nearly every plot of a sweep is handed in by itself."""


class Load(NamedTuple):
    """What arrives: each look shows every threat once, in so many deliveries."""

    threats: int
    false_plots: int  # a look
    period_s: float  # of a look
    sectors: int  # deliveries a look; 1: the whole look at one instant
    objects: int = 0  # of known traffic, each of which reports itself once a second


SWEEP = Load(THREATS, FALSE_PLOTS, 1.0, SECTORS)
INSTANT = Load(THREATS, FALSE_PLOTS, 1.0, 1)
TRAFFIC = SWEEP._replace(objects=1_000)
ROTATING = Load(100, 20, 1.0, SECTORS)
STARING = Load(100, 20, 0.1, 1)

LINES = {
    "sweep_ms": "200 threats, 100 false plots, spread over a turn of 1 s, nearly each a message",
    "instant_ms": "the same plots, the whole look one message",
    "traffic_ms": "the sweep again, while 1,000 aircraft report themselves each second",
    "plots_per_cpu_s_rotating": "100 tracks, 20 false plots a turn of 1 s, nearly each a message",
    "plots_per_cpu_s_staring": "100 tracks, 20 false plots a look, 10 looks a second, each a message",
    "memory_mb": "largest resident size of the process so far",
}
"""What each figure is, by the beginning of its name."""


def measure() -> dict[str, float]:
    """CPU milliseconds a message that brought a `ZoneState`, and plots a CPU second; see `LINES`."""
    Engine.warm_up()
    table: dict[str, float] = {}
    for name, load in (("sweep", SWEEP), ("instant", INSTANT), ("traffic", TRAFFIC)):
        deciding, _, _ = run(load)
        for word, q in (("p50", 0.50), ("p99", 0.99), ("max", 1.0)):
            table[f"{name}_ms_{word}"] = 1e3 * quantile(deciding, q)
    for name, load in (("rotating", ROTATING), ("staring", STARING)):
        _, plots, busy_s = run(load)
        table[f"plots_per_cpu_s_{name}"] = plots / busy_s
    table["memory_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return table


def run(load: Load) -> tuple[list[float], int, float]:
    """(CPU s of each message that brought a zone state, plots, CPU s in all)."""
    engine = Engine(_site(load), simulated=True)
    deciding: list[float] = []
    plots, busy_s = 0, 0.0
    for message in _messages(load):
        start_s = cpu_s()
        outputs = engine.receive(message)
        took_s = cpu_s() - start_s
        busy_s += took_s
        if isinstance(message, PlotBatch):
            plots += len(message)
            if any(isinstance(output, ZoneState) for output in outputs):
                deciding.append(took_s)
    return deciding, plots, busy_s


def _site(load: Load) -> Site:
    auto: dict[str, Literal["auto", "confirm"]] = dict.fromkeys(
        ("mortar", "gun", "rocket", "drone", "unknown"), "auto"
    )
    zones = []
    for i in range(20):
        e, n = -3200.0 + 1600.0 * (i % 5), -2400.0 + 1600.0 * (i // 5)
        square = ((e, n), (e + 700, n), (e + 700, n + 700), (e, n + 700))
        zones.append(Zone(id=f"z{i}", name=f"Zone {i}", polygon_enu_m=square, release=auto))
    sensor = Sensor(
        id="bench", scan_period_s=load.period_s, clutter_per_scan=float(load.false_plots)
    )
    return Site(
        name="bench",
        uuid="00000000-0000-0000-0000-00000000be4c",
        latitude_deg=35.0,
        longitude_deg=40.0,
        height_m=200.0,
        zones=tuple(zones),
        sensors=(sensor,),
    )


def _messages(load: Load) -> Iterator[Input]:
    """Look by look: every threat once, false plots anywhere, dealt out over the sectors by bearing."""
    threats, false_plots, period_s, sectors, objects = load
    rng = np.random.default_rng(20220105)
    bearing = rng.uniform(0, 2 * math.pi, threats)
    start = np.stack([7000 * np.sin(bearing), 7000 * np.cos(bearing), np.zeros(threats)], axis=-1)
    aim = rng.uniform(-3000, 3000, (threats, 2))
    flight_s = rng.uniform(24, 30, threats)
    velocity = np.empty((threats, 3))
    velocity[:, :2] = (aim - start[:, :2]) / flight_s[:, None]
    velocity[:, 2] = GRAVITY_MPS2 * flight_s / 2
    fall = np.array([0.0, 0.0, -GRAVITY_MPS2 / 2])
    looks_a_second = round(1.0 / period_s)
    for look in range(looks_a_second, looks_a_second * (SECONDS + 1)):
        begin_s = look * period_s
        false = np.stack(
            [
                rng.uniform(1000, 9000, false_plots),
                rng.uniform(0, 2 * math.pi, false_plots),
                rng.uniform(0.02, 0.6, false_plots),
            ],
            axis=-1,
        )
        # a plot's time is when the beam stands at its bearing; a staring radar sees all at once
        turn_s = period_s / (2 * math.pi) if sectors > 1 else 0.0
        t_s = (
            begin_s
            + turn_s * (polar_from_enu(start + velocity * begin_s + fall * begin_s**2)[:, 1])
        )
        at = start + velocity * t_s[:, None] + fall * t_s[:, None] ** 2
        rate = np.sum(at * (velocity + 2 * fall * t_s[:, None]), axis=-1) / np.linalg.norm(
            at, axis=-1
        )
        polar = polar_from_enu(at) + rng.normal(0, 1, (threats, 3)) * (12.0, 2.5e-3, 2.5e-3)
        seen = np.concatenate([polar, false])
        seen[:, 1] %= 2 * math.pi
        rates = np.concatenate(
            [rate + rng.normal(0, 1.5, threats), rng.uniform(-300, 300, false_plots)]
        )
        times = np.concatenate([t_s, begin_s + turn_s * false[:, 1]])
        # a delivery holds what the antenna saw in its share of the turn
        share = (times - begin_s) / period_s
        sector = np.minimum((share * sectors).astype(int), sectors - 1)
        told = 0
        for k in np.unique(sector).tolist():
            here = sector == k
            arrival_s = begin_s + (k + 1) / sectors * period_s
            while told < objects and begin_s + told / objects <= arrival_s:
                yield _report(told, begin_s + told / objects)
                told += 1
            yield PlotBatch(
                sensor="bench",
                t_arrival_ns=round(arrival_s * NS_PER_S),
                data=_rows(seen[here], rates[here], times[here]),
                complete=sectors == 1,
            )
        if (look + 1) % looks_a_second == 0:
            yield Tick(t_arrival_ns=(look + 1) // looks_a_second * NS_PER_S)


def _report(number: int, t_s: float) -> KnownTrack:
    """An airliner's, the more of them the farther out, to 120 km."""
    out_m = 120e3 * math.sqrt((number + 1) / 1_000)
    turn_rad = 2.4 * number  # never two the same way
    east, north = out_m * math.sin(turn_rad) + 220.0 * t_s, out_m * math.cos(turn_rad)
    return KnownTrack(
        source="bench", ident=f"k{number}", t_event_ns=round(t_s * NS_PER_S),
        t_arrival_ns=round(t_s * NS_PER_S), latitude_deg=35.0 + north / 111e3,
        longitude_deg=40.0 + east / 91e3, height_m=9_000.0, velocity_enu_mps=(220.0, 0.0, 0.0),
    )  # fmt: skip


def _rows(polar: Array, rates: Array, times: Array) -> bytes:
    """Packed plots."""
    rows = np.zeros(len(polar), PLOT_DTYPE)
    for name in PLOT_DTYPE.names or ():
        if PLOT_DTYPE[name].kind == "f":
            rows[name] = np.nan
    rows["t_event_ns"] = np.rint(times * NS_PER_S)
    rows["range_m"], rows["azimuth_rad"], rows["elevation_rad"] = polar.T
    rows["range_rate_mps"] = rates
    rows["snr_db"] = 15.0
    return rows.tobytes()
