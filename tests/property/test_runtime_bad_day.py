"""A raid on a bad day: plots late, doubled and lost, people acting, weather and traffic arriving.

Whatever comes, the recording replays to the same octets, and an engine restored anywhere goes on.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rampart.domain.messages import (
    Input,
    KnownTrack,
    OperatorAction,
    PlotBatch,
    Rejected,
    SensorStatus,
    Weather,
)
from rampart.domain.site import Site
from rampart.engine.engine import Engine
from rampart.formats.journal import JournalWriter, read_journal
from rampart.runtime.drive import drive, header_for
from rampart.runtime.recompute import Recomputation
from rampart.scenario import load

ACTIONS = ("confirm", "withhold", "warn", "withdraw", "cancel", "end_hold", "all_clear")


def bad_day(site: Site, messages: list[Input], seed: int) -> list[Input]:
    """The same world, roughened; arrival stamps still never run backwards."""
    rng = np.random.default_rng(seed)
    rough: list[Input] = []
    for original in messages:
        message, fate = original, rng.random()
        if isinstance(message, PlotBatch):
            if fate < 0.02:
                continue
            if fate < 0.04:
                rough.append(message)
            if fate > 0.96:
                rows = message.rows.copy()
                rows["t_event_ns"] -= int(rng.integers(0, 800_000_000))
                message = msgspec.structs.replace(message, data=rows.tobytes())
        rough.append(message)
        if rng.random() < 0.05:
            rough.append(interruption(rng, message.t_arrival_ns, site))
    return rough


def interruption(rng: np.random.Generator, t_ns: int, site: Site) -> Input:
    match int(rng.integers(0, 5)):
        case 0:
            return Weather(t_arrival_ns=t_ns, wind=((10.0, float(rng.normal(0, 5)), 1.0),))
        case 1:
            return KnownTrack(
                source="adsb", ident=f"X{rng.integers(9)}", t_event_ns=t_ns, t_arrival_ns=t_ns,
                latitude_deg=site.latitude_deg + 0.01, longitude_deg=site.longitude_deg,
                height_m=900.0,
            )  # fmt: skip
        case 2:
            zone = site.zones[rng.integers(len(site.zones))].id
            action = ACTIONS[rng.integers(len(ACTIONS))]
            return OperatorAction(t_arrival_ns=t_ns, by="op1", action=action, zones=(zone,))
        case 3:
            return SensorStatus(
                sensor=site.sensors[0].id, t_event_ns=t_ns, t_arrival_ns=t_ns,
                state=("ok", "degraded", "off")[rng.integers(3)],
            )  # fmt: skip
        case _:
            return Rejected(feed="f", reason="bad", count=1, t_arrival_ns=t_ns)


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["one-mortar", "green-village", "friendly-return"]),
    st.integers(0, 10**6),
    st.lists(st.floats(0, 1), min_size=1, max_size=3),
)
def test_a_bad_day_replays_and_restores_exactly(name, seed, cuts) -> None:
    scenario = load(name, seed=seed)
    messages = bad_day(scenario.site, list(scenario.messages()), seed)
    engine = Engine(scenario.site, simulated=True)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "day.rpj"
        with JournalWriter(path, header_for(engine, source=name, epoch_ns=0)) as journal:
            drive(engine, messages, journal)
        again = Recomputation(read_journal(path), Engine(scenario.site, simulated=True))
        drive(again, again.messages())
        assert again.asked == len(messages)
        assert again.differences == []

    straight, stopped = Engine(scenario.site, simulated=True), Engine(scenario.site, simulated=True)
    at = {int(cut * (len(messages) - 1)) for cut in cuts}
    for i, message in enumerate(messages):
        if i in at:
            stopped = Engine.restore(scenario.site, None, stopped.snapshot())
        assert msgspec.msgpack.encode(stopped.receive(message)) == msgspec.msgpack.encode(
            straight.receive(message)
        )
