"""The first test: three feeds, one engine, byte for byte the same outputs.

Simulated directly = recorded and replayed = through asyncio (a queue, and real UDP datagrams), under
any PYTHONHASHSEED, and with a snapshot and restore at any message.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from worlds import SITE, messages_of, worlds

from rampart import scenario
from rampart.domain.messages import Input, Output, ZoneState
from rampart.engine.engine import Engine
from rampart.formats.journal import JournalWriter, OutputRecord, read_journal
from rampart.runtime.aio import async_drive
from rampart.runtime.drive import drive, header_for

FEW = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[Phase.explicit, Phase.generate],
)
ENCODE = msgspec.msgpack.Encoder()


def encoded(batches: Iterable[tuple[Output, ...]]) -> bytes:
    """All answers that say something, in order, as the journal holds them."""
    return b"".join(ENCODE.encode(batch) for batch in batches if batch)


def direct(messages: list[Input]) -> bytes:
    engine = Engine(SITE, simulated=True)
    return encoded(engine.receive(message) for message in messages)


def through_asyncio(messages: list[Input], *, udp: bool) -> bytes:
    engine = Engine(SITE, simulated=True)
    batches: list[tuple[Output, ...]] = []
    header = header_for(engine, source="parity", epoch_ns=0) if udp else None
    asyncio.run(
        async_drive(engine, messages, on_output=lambda _s, _m, out: batches.append(out), udp=header)
    )
    return encoded(batches)


@FEW
@given(worlds())
def test_simulated_recorded_and_live_are_the_same_bytes(tmp_path_factory, case) -> None:
    messages = messages_of(*case)
    expected = direct(messages)

    path = tmp_path_factory.mktemp("parity") / "run.rpj"
    engine = Engine(SITE, simulated=True)
    with JournalWriter(path, header_for(engine, source="parity", epoch_ns=0)) as journal:
        drive(engine, messages, journal)
    recorded = list(read_journal(path).inputs())
    assert recorded == messages
    assert direct(recorded) == expected
    issued = [r.messages for r in read_journal(path) if isinstance(r, OutputRecord)]
    assert encoded(issued) == expected

    assert through_asyncio(messages, udp=False) == expected
    assert through_asyncio(messages, udp=True) == expected


@FEW
@given(worlds(), st.data())
def test_a_snapshot_and_restore_at_any_message_changes_nothing(case, data) -> None:
    messages = messages_of(*case)
    cuts = data.draw(st.sets(st.integers(1, len(messages) - 1), min_size=1, max_size=4))
    engine = Engine(SITE, simulated=True)
    batches = []
    for number, message in enumerate(messages):
        if number in cuts:
            engine = Engine.restore(SITE, None, engine.snapshot())
        batches.append(engine.receive(message))
    assert encoded(batches) == direct(messages)


def test_a_snapshot_of_a_snapshot_is_the_same_bytes() -> None:
    messages = list(scenario.load("one-mortar", seed=3).messages())
    engine = Engine(SITE, simulated=True)
    for message in messages[:80]:
        engine.receive(message)
    snapshot = engine.snapshot()
    assert Engine.restore(SITE, None, snapshot).snapshot() == snapshot


_DIGEST = """
import hashlib, json, sys
import msgspec
from rampart import scenario
from rampart.engine.engine import Engine
digests = {}
for name, seed in json.loads(sys.argv[1]):
    run = scenario.load(name, seed=seed)
    engine = Engine(run.site, simulated=True)
    digest = hashlib.sha256()
    for message in run.messages():
        digest.update(msgspec.msgpack.encode(message))
        digest.update(msgspec.msgpack.encode(engine.receive(message)))
    digests[f"{name}/{seed}"] = digest.hexdigest()
print(json.dumps(digests))
"""


def digests(cases: list[tuple[str, int]], hash_seed: str) -> dict[str, str]:
    env = os.environ | {"PYTHONHASHSEED": hash_seed}
    result = subprocess.run(
        [sys.executable, "-c", _DIGEST, json.dumps(cases)],
        env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(result.stdout)


def test_the_hash_seed_of_the_process_leaves_no_trace() -> None:
    cases = [("one-mortar", 5), ("green-village", 2), ("friendly-return", 1)]
    first = digests(cases, "1")
    assert digests(cases, "4242") == first


def test_the_test_sees_a_difference() -> None:
    """The comparison is not vacuous: another seed gives other bytes, and zones are warned at all."""
    first = scenario.load("one-mortar", seed=5)
    second = scenario.load("one-mortar", seed=6)
    outputs = []
    for run in (first, second):
        engine = Engine(run.site, simulated=True)
        outputs.append([out for m in run.messages() for out in engine.receive(m)])
    assert (
        hashlib.sha256(ENCODE.encode(outputs[0])).digest()
        != hashlib.sha256(ENCODE.encode(outputs[1])).digest()
    )
    assert all(any(isinstance(o, ZoneState) and o.phase == "warn" for o in out) for out in outputs)


@pytest.mark.slow
@settings(FEW, max_examples=60)
@given(worlds(), st.data())
def test_snapshots_over_many_worlds(case, data) -> None:
    test_a_snapshot_and_restore_at_any_message_changes_nothing.hypothesis.inner_test(case, data)
