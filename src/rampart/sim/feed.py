"""From plots to the messages of one sensor's feed: deliveries, marks, delays and disturbances."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rampart.domain.messages import Input, PlotBatch, SensorStatus
from rampart.sim.draws import stream
from rampart.sim.radar import Plots, Radar
from rampart.sim.world import Disturbance

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Times = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Feed:
    """Messages of one sensor, and of each plot that reached the engine: event and arrival time (ns UTC),
    its object, and whether the sensor worked as declared.
    """

    messages: list[Input]
    t_event_ns: Ints
    t_arrival_ns: Ints
    caused_by: Ints
    working: Bools


def feed(
    radar: Radar,
    plots: Plots,
    disturbances: tuple[Disturbance, ...],
    start_ns: int,
    duration_s: float,
    seed: int,
) -> Feed:
    """What arrives from `radar`; times in `plots` count from the world's start."""
    wrong = [d for d in disturbances if d.sensor == radar.sensor.id]
    count = int(np.ceil(duration_s / radar.delivery_s)) + 1
    rng = stream(seed, radar.sensor.id, "latency")
    latency = rng.uniform(*radar.model.latency_s, count)
    staring = radar.model.motion == "staring"
    opens: Times = np.arange(count, dtype=float) * radar.delivery_s + (
        radar.phase_s if staring else 0.0
    )
    closes = opens if staring else opens + radar.delivery_s  # when a delivery is ready
    silent = _within(wrong, "outage", opens) > 0
    arrival = closes + latency + _delays(wrong, opens, rng)
    arrival_ns = start_ns + np.rint(arrival * 1e9).astype(np.int64)

    rows = plots.rows[~silent[plots.delivery]]
    delivery = plots.delivery[~silent[plots.delivery]]
    caused_by = plots.caused_by[~silent[plots.delivery]]
    shift_ns = np.rint(1e9 * _within(wrong, "clock_offset", opens)).astype(np.int64)
    rows["t_event_ns"] += start_ns + shift_ns[delivery]

    edges = np.searchsorted(delivery, np.arange(count + 1))
    again = _repeats(wrong, opens, rng)
    messages: list[Input] = []
    for i in range(count):
        if silent[i] or opens[i] > duration_s or (edges[i] == edges[i + 1] and not staring):
            continue
        data = rows[edges[i] : edges[i + 1]].tobytes()
        messages += [
            PlotBatch(sensor=radar.sensor.id, t_arrival_ns=t_ns, data=data, complete=staring)
            for t_ns in sorted({int(arrival_ns[i]), int(arrival_ns[i]) + round(again[i] * 1e9)})
        ]
    messages += _marks(radar, wrong, start_ns, duration_s)
    return Feed(messages, rows["t_event_ns"].copy(), arrival_ns[delivery], caused_by,
                shift_ns[delivery] == 0)  # fmt: skip


def _within(wrong: list[Disturbance], kind: str, t_s: Times) -> Times:
    """Sum over the disturbances of this kind that hold at each time: 1 for an outage, else seconds."""
    total = np.zeros(len(t_s))
    for d in wrong:
        if d.kind == kind:
            inside = (t_s >= d.from_s) & (t_s < d.to_s)
            total += inside * (1.0 if kind == "outage" else d.seconds)
    return total


def _delays(wrong: list[Disturbance], t_s: Times, rng: np.random.Generator) -> Times:
    total = np.zeros(len(t_s))
    for d in wrong:
        if d.kind == "late":
            hit = (rng.random(len(t_s)) < d.share) & (t_s >= d.from_s) & (t_s < d.to_s)
            total += hit * d.seconds
    return total


def _repeats(wrong: list[Disturbance], t_s: Times, rng: np.random.Generator) -> Times:
    """Seconds after which each delivery comes again; 0 = never."""
    after = np.zeros(len(t_s))
    for d in wrong:
        if d.kind == "duplicate":
            hit = (rng.random(len(t_s)) < d.share) & (t_s >= d.from_s) & (t_s < d.to_s)
            after = np.where(hit, d.seconds, after)
    return after


def _marks(
    radar: Radar, wrong: list[Disturbance], start_ns: int, duration_s: float
) -> Iterator[SensorStatus]:
    """North and sector marks of a rotating antenna; a sign of life each second of a staring one."""
    rotating = radar.model.motion == "rotating"
    sectors = radar.model.sector_marks if rotating else 1
    period = radar.sensor.scan_period_s if rotating else 1.0
    step = period / sectors
    last = int(max(duration_s - radar.phase_s, 0.0) / step)
    t_s: Times = radar.phase_s + step * np.arange(last + 1, dtype=np.float64)
    silent = _within(wrong, "outage", t_s) > 0
    event_ns = start_ns + np.rint((t_s + _within(wrong, "clock_offset", t_s)) * 1e9).astype(
        np.int64
    )
    arrival_ns = start_ns + np.rint((t_s + radar.model.latency_s[0]) * 1e9).astype(np.int64)
    for i in np.flatnonzero(~silent):
        sector = int(i) % sectors
        yield SensorStatus(
            sensor=radar.sensor.id,
            t_event_ns=int(event_ns[i]),
            t_arrival_ns=int(arrival_ns[i]),
            kind=("sector" if sector else "north") if rotating else "status",
            sector_rad=2 * np.pi * sector / sectors if rotating else None,
            rotation_s=radar.sensor.scan_period_s if rotating else None,
        )
