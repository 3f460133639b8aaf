"""What goes into a journal comes out; what is damaged is cut off and said so, never guessed."""

from __future__ import annotations

import builtins
import copy
import struct
import typing
import zlib
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rampart.domain.messages import (
    PLOT_DTYPE,
    KnownTrack,
    OperatorAction,
    Origin,
    Plot,
    PlotBatch,
    Prediction,
    Rejected,
    SensorHealth,
    SensorStatus,
    Tick,
    TrackUpdate,
    Weather,
    ZoneState,
)
from rampart.domain.site import Sensor, Site
from rampart.formats.journal import (
    Decoder,
    Header,
    InputRecord,
    JournalWriter,
    OutputRecord,
    encode_frame,
    read_journal,
)

SITE = Site(
    name="Test", uuid="u", latitude_deg=33.2, longitude_deg=44.2, height_m=35.0,
    sensors=(Sensor(id="R1"),),
)  # fmt: skip
HEADER = Header(
    engine="0.1.0",
    settings_hash="0" * 16,
    site=SITE,
    epoch_ns=0,
    simulated=True,
    source="t",
    seed=7,
)


def of(kind: type) -> st.SearchStrategy:
    """Any value of a message class, by its own type hints."""
    hints = {field.name: field.type for field in msgspec.structs.fields(kind)}
    return st.builds(
        kind, **{name: ROWS if name == "data" else any_of(hints[name]) for name in hints}
    )


def any_of(hint: Any) -> st.SearchStrategy:
    arguments = get_args(hint)
    match get_origin(hint):
        case None:
            return PLAIN[hint]
        case typing.Literal:
            return st.sampled_from(arguments)
        case builtins.tuple if arguments[-1] is Ellipsis:
            return st.lists(any_of(arguments[0]), max_size=3).map(tuple)
        case builtins.tuple:
            return st.tuples(*map(any_of, arguments))
        case builtins.dict:
            return st.dictionaries(*map(any_of, arguments), max_size=2)
        case _:
            return st.one_of(*map(any_of, arguments))


PLAIN = {
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(),
    str: st.text(max_size=4),
    bool: st.booleans(),
    type(None): st.none(),
}
ROWS = st.integers(0, 3).map(lambda n: bytes(range(PLOT_DTYPE.itemsize)) * n)
inputs = st.one_of(
    *map(of, (Plot, PlotBatch, SensorStatus, KnownTrack, Weather, OperatorAction, Tick, Rejected))
)
outputs = st.one_of(*map(of, (TrackUpdate, Prediction, Origin, ZoneState, SensorHealth, Rejected)))
records = st.one_of(
    st.builds(InputRecord, st.integers(1, 2**40), inputs),
    st.builds(OutputRecord, st.integers(1, 2**40), st.lists(outputs, max_size=3).map(tuple)),
)


def frames(items: list) -> list[bytes]:
    return [encode_frame(HEADER), *map(encode_frame, items)]


@given(st.lists(records, max_size=8), st.data())
def test_every_record_comes_back_however_the_bytes_are_cut_into_pieces(items, data) -> None:
    stream = b"".join(frames(items))
    decoder, back = Decoder(), []
    at = 0
    while at < len(stream):
        size = data.draw(st.integers(1, 200))
        back += decoder.feed(stream[at : at + size])
        at += size
    decoder.close()
    assert decoder.header == HEADER
    assert decoder.torn is None
    assert decoder.skipped == {}
    # bytes, not ==: NaN is a value here, and not equal to itself
    assert [encode_frame(record) for record in back] == [encode_frame(record) for record in items]


@given(st.lists(records, min_size=1, max_size=6), st.data())
def test_one_flipped_bit_costs_the_frame_it_is_in_and_what_follows(items, data) -> None:
    pieces = frames(items)
    stream = bytearray(b"".join(pieces))
    bit = data.draw(st.integers(0, len(stream) * 8 - 1))
    stream[bit // 8] ^= 1 << bit % 8
    ends = np.cumsum([len(piece) for piece in pieces])
    hit = int(np.searchsorted(ends, bit // 8, side="right"))  # index of the damaged frame

    decoder = Decoder()
    back = decoder.feed(bytes(stream))
    decoder.close()
    kept = max(0, hit - 1)
    assert [encode_frame(r) for r in back] == pieces[1 : 1 + kept]
    assert decoder.torn is not None
    assert decoder.torn.offset == (ends[hit - 1] if hit else 0)
    assert decoder.torn.offset + decoder.torn.bytes_lost == len(stream)


@given(st.binary(max_size=300), st.lists(st.integers(1, 50), max_size=6))
def test_no_bytes_whatever_raise(noise, cuts) -> None:
    decoder = Decoder()
    at = 0
    for size in [*cuts, len(noise)]:
        decoder.feed(noise[at : at + size])
        at += size
    decoder.close()
    assert decoder.header is None


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
))  # fmt: skip
def test_a_whole_frame_of_any_content_is_read_or_counted(value) -> None:
    payload = msgspec.msgpack.encode(value)
    frame = struct.pack("<II", len(payload), zlib.crc32(payload)) + payload
    decoder = Decoder()
    decoder.feed(encode_frame(HEADER))
    back = decoder.feed(frame + encode_frame(InputRecord(5, Tick(t_arrival_ns=1))))
    assert back[-1] == InputRecord(5, Tick(t_arrival_ns=1))
    assert len(back) - 1 + sum(decoder.skipped.values()) <= 1


def test_a_file_cut_at_any_byte_of_its_last_64_kib_keeps_every_whole_record() -> None:
    batch = PlotBatch(sensor="R1", t_arrival_ns=5, data=bytes(4 * PLOT_DTYPE.itemsize))
    items = [
        record
        for seq in range(1, 260)
        for record in (
            InputRecord(seq, batch if seq % 2 else Tick(t_arrival_ns=seq)),
            OutputRecord(seq, (Rejected(feed="f", reason="r", count=seq, t_arrival_ns=seq),)),
        )
    ]
    pieces = frames(items)
    stream = b"".join(pieces)
    ends = np.cumsum([len(piece) for piece in pieces])
    assert len(stream) > 65_536 + len(pieces[0])

    decoder = Decoder()
    start = len(stream) - 65_536
    kept = len(decoder.feed(stream[:start]))
    for cut in range(start, len(stream)):
        whole = int(np.searchsorted(ends, cut, side="right"))
        ended = copy.copy(decoder)  # had the file ended here
        ended.close()
        assert kept == whole - 1
        lost = cut - int(ends[whole - 1])
        assert (ended.torn is None) == (lost == 0)
        if ended.torn is not None:
            last = items[whole - 2]
            last_seq = last.seq if isinstance(last, InputRecord) else last.cause
            assert (ended.torn.offset, ended.torn.bytes_lost) == (ends[whole - 1], lost)
            assert ended.torn.last_seq == last_seq
        kept += len(decoder.feed(stream[cut : cut + 1]))


@pytest.mark.parametrize("cut", [0, 1, 7, 8, 9, 100])
def test_a_torn_file_says_how_much_where_and_after_which_message(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.rpj"
    with JournalWriter(path, HEADER) as writer:
        writer.input(1, Tick(t_arrival_ns=1))
        end = path.stat().st_size
        writer.input(2, PlotBatch(sensor="R1", t_arrival_ns=2, data=bytes(208)))
    path.write_bytes(path.read_bytes()[: end + cut])
    reader = read_journal(path)
    assert [r.seq for r in reader] == [1]
    if cut:
        assert (reader.torn.offset, reader.torn.bytes_lost, reader.torn.last_seq) == (end, cut, 1)
        assert str(cut) in str(reader.torn)
        assert str(end) in str(reader.torn)
    else:
        assert reader.torn is None


def test_a_tail_of_zeros_as_a_power_cut_leaves_it_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "a.rpj"
    with JournalWriter(path, HEADER) as writer:
        writer.input(1, Tick(t_arrival_ns=1))
    with path.open("ab") as file:
        file.write(bytes(4096))
    reader = read_journal(path)
    assert [r.seq for r in reader] == [1]
    assert reader.torn.bytes_lost == 4096
