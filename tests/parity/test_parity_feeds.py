"""One engine, three feeds: simulated, recorded and replayed, and through asyncio, byte for byte.

The worlds are those of the catalogue under any seed, and then roughened: batches late, doubled or
lost, people acting, weather arriving, traffic identifying itself. Whatever comes, the same messages
make the same journal.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
import pytest
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
    ZoneState,
)
from rampart.domain.site import Site
from rampart.engine.engine import Engine
from rampart.formats.journal import JournalWriter, read_journal
from rampart.runtime.aio import async_drive
from rampart.runtime.drive import drive, header_for
from rampart.runtime.recompute import recompute
from rampart.scenario import load

WORLDS = ("one-mortar", "green-village", "baghdad-drones", "friendly-return")
encode = msgspec.msgpack.Encoder().encode


@cache
def world(name: str, seed: int) -> tuple[Site, tuple[Input, ...]]:
    scenario = load(name, seed=seed)
    return scenario.site, tuple(scenario.messages())


def roughened(site: Site, messages: tuple[Input, ...], seed: int) -> list[Input]:
    """The same world on a bad day; arrival stamps still never run backwards."""
    rng = np.random.default_rng(seed)
    rough: list[Input] = []
    zones = [zone.id for zone in site.zones]
    for message in messages:
        if isinstance(message, PlotBatch):
            fate = rng.random()
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
            rough.append(_other(rng, message.t_arrival_ns, zones, site))
    return rough


def _other(rng: np.random.Generator, t_ns: int, zones: list[str], site: Site) -> Input:
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
            action = ("confirm", "withhold", "warn", "withdraw", "cancel", "end_hold", "all_clear")
            return OperatorAction(
                t_arrival_ns=t_ns,
                by="op1",
                action=action[rng.integers(len(action))],
                zones=(zones[rng.integers(len(zones))],) if zones else (),
            )
        case 3:
            return SensorStatus(
                sensor=site.sensors[0].id, t_event_ns=t_ns, t_arrival_ns=t_ns,
                state=("ok", "degraded", "off")[rng.integers(3)],
            )  # fmt: skip
        case _:
            return Rejected(feed="f", reason="bad", count=1, t_arrival_ns=t_ns)


def recorded(site: Site, messages, path: Path, feed=drive, **options) -> bytes:
    """The journal, octet for octet, of a new engine fed with `messages`."""
    engine = Engine(site, simulated=True)
    header = header_for(engine, source="parity", epoch_ns=0)
    with JournalWriter(path, header) as journal:
        if feed is drive:
            drive(engine, messages, journal)
        else:
            if options.get("udp"):
                options["udp"] = header
            asyncio.run(feed(engine, messages, journal, **options))
    return path.read_bytes()


worlds = st.tuples(st.sampled_from(WORLDS), st.integers(0, 10**6))
parity = settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])


@parity
@given(worlds, st.integers(0, 10**6))
def test_simulated_replayed_and_asyncio_feeds_make_the_same_journal(which, roughness) -> None:
    site, messages = world(*which)
    messages = roughened(site, messages, roughness)
    with TemporaryDirectory() as folder:
        first = Path(folder) / "first.rpj"
        simulated = recorded(site, messages, first)
        replayed = recorded(site, read_journal(first).inputs(), Path(folder) / "again.rpj")
        queued = recorded(site, iter(messages), Path(folder) / "q.rpj", async_drive)
        sent = recorded(site, iter(messages), Path(folder) / "udp.rpj", async_drive, udp=True)
        differences = recompute(read_journal(first), Engine(site, simulated=True)).differences
    assert replayed == simulated
    assert queued == simulated
    assert sent == simulated
    assert differences == []


@parity
@given(worlds, st.integers(0, 10**6), st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_an_engine_restored_at_any_message_goes_on_as_if_nothing_had_happened(
    which, roughness, cuts
) -> None:
    site, messages = world(*which)
    messages = roughened(site, messages, roughness)
    straight = Engine(site, simulated=True)
    stopped = Engine(site, simulated=True)
    at = {int(cut * (len(messages) - 1)) for cut in cuts}
    for i, message in enumerate(messages):
        if i in at:
            snapshot = stopped.snapshot()
            stopped = Engine.restore(site, None, snapshot)
            assert stopped.snapshot() == snapshot
        assert encode(stopped.receive(message)) == encode(straight.receive(message))
    assert stopped.snapshot() == straight.snapshot()


RUN = """
import sys, hashlib
from pathlib import Path
from rampart.engine.engine import Engine
from rampart.formats.journal import JournalWriter
from rampart.runtime.drive import drive, header_for
from rampart.scenario import load
scenario = load("green-village", seed=int(sys.argv[1]))
engine = Engine(scenario.site, simulated=True)
with JournalWriter(sys.argv[2], header_for(engine, source="h", epoch_ns=0)) as journal:
    drive(engine, scenario.messages(), journal)
"""


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_the_hash_seed_of_the_process_changes_nothing(tmp_path: Path, hash_seed: str) -> None:
    seed = int.from_bytes(os.urandom(2), "big")
    site, messages = world("green-village", seed)
    engine = Engine(site, simulated=True)
    here, there = tmp_path / "here.rpj", tmp_path / "there.rpj"
    with JournalWriter(here, header_for(engine, source="h", epoch_ns=0)) as journal:
        drive(engine, messages, journal)
    subprocess.run(
        [sys.executable, "-c", RUN, str(seed), str(there)],
        env=os.environ | {"PYTHONHASHSEED": hash_seed},
        check=True,
    )
    assert hashlib.sha256(there.read_bytes()).digest() == hashlib.sha256(here.read_bytes()).digest()


def test_the_worlds_of_these_tests_warn_somebody() -> None:
    site, messages = world("green-village", 1)
    engine = Engine(site, simulated=True)
    outputs = [out for message in messages for out in engine.receive(message)]
    assert any(isinstance(out, ZoneState) and out.phase == "warn" for out in outputs)
