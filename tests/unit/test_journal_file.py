"""Journals of other versions, of other programs, of full disks and of killed writers."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import msgspec
import pytest

from rampart.domain.errors import ConfigError
from rampart.domain.messages import PLOT_DTYPE, PlotBatch, Rejected, Tick, Weather
from rampart.domain.site import Reflector, Sensor, Site, Terrain, Wind, Zone
from rampart.formats.journal import (
    Decoder,
    Header,
    InputRecord,
    JournalWriter,
    OutputRecord,
    encode_frame,
    read_journal,
)

ZONE = Zone(
    id="Z1",
    name="Clinic",
    polygon_enu_m=((0.0, 0.0), (9.0, 0.0), (9.0, 9.0)),
    release={"mortar": "auto"},
)
SITE = Site(
    name="Test", uuid="u", latitude_deg=33.2, longitude_deg=44.2, height_m=35.0,
    zones=(ZONE,), sensors=(Sensor(id="R1"),),
)  # fmt: skip
HEADER = Header(
    engine="0.1.0", settings_hash="0" * 16, site=SITE, epoch_ns=0, simulated=False, source="t"
)


def frame_of(value: object) -> bytes:
    payload = msgspec.msgpack.encode(value)
    return struct.pack("<II", len(payload), zlib.crc32(payload)) + payload


def test_fields_and_messages_of_a_later_version_are_passed_over_and_counted() -> None:
    header = msgspec.to_builtins(HEADER)
    site = next(field for field in header if isinstance(field, dict))
    site["moat_depth_m"] = 3.0
    site["zones"][0]["colour"] = "red"
    site["rules"]["later_rule"] = [1, 2]
    header.append("a field of the future")
    tick = ["Tick", 1_000, "later", {"more": 1}]
    decoder = Decoder()
    decoder.feed(frame_of(header))
    back = decoder.feed(
        frame_of(["I", 1, tick, "extra"])
        + frame_of(["I", 2, ["Seismograph", 5]])
        + frame_of(["O", 2, [["Rejected", "f", "r", 1, 5], ["Smoke", 1]]])
        + frame_of(["X", 3])
        + frame_of(["I", 3, ["PlotBatch", "R1", 5, bytes(PLOT_DTYPE.itemsize + 8)]])
    )
    assert decoder.header == HEADER
    assert back == [
        InputRecord(1, Tick(t_arrival_ns=1_000)),
        OutputRecord(2, (Rejected(feed="f", reason="r", count=1, t_arrival_ns=5),)),
    ]
    assert decoder.skipped == {"Seismograph": 1, "Smoke": 1, "X": 1, "PlotBatch": 1}
    assert decoder.torn is None


def test_every_struct_of_the_site_is_read_without_what_a_later_version_added() -> None:
    ground = Terrain(
        heights_m=bytes(16), rows=2, columns=2, west_m=-1.0, south_m=-1.0, spacing_m=2.0
    )
    site = msgspec.structs.replace(
        SITE,
        wind=(Wind(height_m=0.0, east_mps=1.0, north_mps=2.0),),
        reflectors=(Reflector(id="mast", position_enu_m=(1.0, 2.0, 3.0)),),
        terrain=ground,
    )
    written = msgspec.structs.replace(HEADER, site=site)
    header = msgspec.to_builtins(written, builtin_types=(bytes,))
    raw = next(field for field in header if isinstance(field, dict))
    values = [value if isinstance(value, list | tuple) else [value] for value in raw.values()]
    later = [part for parts in values for part in parts if isinstance(part, dict)]
    assert len(later) == 6  # zone, sensor, wind, reflector, rules, terrain
    for part in later:
        part["later"] = 1
    decoder = Decoder()
    decoder.feed(frame_of(header))
    assert decoder.header == written


@pytest.mark.parametrize(
    "payload",
    [b"\x93\xa1I\x01\x92\xa6Weath\x9c\x4d", b"\xa1\xff", b"\x91" * 100_000, b"\xc1", b"\x93\xa1I"],
)
def test_a_whole_frame_that_holds_no_readable_record_is_counted(payload: bytes) -> None:
    decoder = Decoder()
    decoder.feed(encode_frame(HEADER))
    assert decoder.feed(struct.pack("<II", len(payload), zlib.crc32(payload)) + payload) == []
    assert sum(decoder.skipped.values()) == 1
    assert decoder.torn is None


def test_a_message_written_before_its_optional_fields_existed_takes_their_defaults() -> None:
    decoder = Decoder()
    decoder.feed(encode_frame(HEADER))
    (record,) = decoder.feed(frame_of(["I", 1, ["Weather", 77]]))
    assert record.message == Weather(t_arrival_ns=77)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "an empty file"),
        (b"plot_id,scan,time\n1,2,3\n", "no readable header"),
        (encode_frame(HEADER)[:20], "no readable header (incomplete frame)"),
        (encode_frame(InputRecord(1, Tick(t_arrival_ns=1))), "no readable header (no header)"),
        (bytes(100), "no readable header (impossible frame length 0)"),
    ],
)
def test_what_is_no_journal_is_refused_by_name(tmp_path: Path, content: bytes, found: str) -> None:
    path = tmp_path / "x.rpj"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="Rampart journal") as caught:
        read_journal(path)
    assert found in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_journal_is_the_users_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing there"):
        read_journal(tmp_path / "none.rpj")


def test_a_journal_of_a_schema_we_cannot_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.rpj"
    path.write_bytes(encode_frame(msgspec.structs.replace(HEADER, schema=99)))
    with pytest.raises(ConfigError, match="99"):
        read_journal(path)


@pytest.mark.parametrize("schema", [0, -1, 2, 10**6])
@pytest.mark.parametrize("alien", [False, True], ids=["our header", "a header we cannot read"])
def test_a_journal_of_another_version_is_refused_in_one_line(
    tmp_path: Path, schema: int, alien: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    from rampart.cli.main import main

    path = tmp_path / "x.rpj"
    payload = msgspec.msgpack.encode(msgspec.structs.replace(HEADER, schema=schema))
    if alien:
        payload = msgspec.msgpack.encode(["rampart-journal", schema, {"everything": "else"}])
    path.write_bytes(struct.pack("<II", len(payload), zlib.crc32(payload)) + payload)
    assert main(["run", str(path), "--out", str(tmp_path / "out")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(str(path))
    if schema > 0:
        assert str(schema) in line
        assert "newer Rampart" in line
    assert not (tmp_path / "out").exists()


def test_the_same_records_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        with JournalWriter(tmp_path / name, HEADER) as writer:
            writer.input(1, Tick(t_arrival_ns=1))
            writer.outputs(1, [])
            writer.outputs(1, [Rejected(feed="f", reason="r", count=1, t_arrival_ns=1)])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_full_disk_leaves_whole_frames_and_the_journal_goes_on_when_there_is_room(
    tmp_path: Path,
) -> None:
    resource = pytest.importorskip("resource")
    path = tmp_path / "a.rpj"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    big = PlotBatch(sensor="R1", t_arrival_ns=2, data=bytes(PLOT_DTYPE.itemsize * 100))
    try:
        with JournalWriter(path, HEADER) as writer:
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 500, hard))
            writer.input(1, Tick(t_arrival_ns=1))
            with pytest.raises(OSError, match="large"):
                writer.input(2, big)
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            writer.input(3, Tick(t_arrival_ns=3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    reader = read_journal(path)
    assert [record.seq for record in reader] == [1, 3]
    assert reader.torn is None


WRITER = """
import os
import sys
from rampart.domain.messages import PlotBatch, Rejected
from rampart.domain.site import Site
from rampart.formats.journal import Header, JournalWriter
site = Site(name="a", uuid="b", latitude_deg=0.0, longitude_deg=0.0, height_m=0.0)
header = Header(engine="0", settings_hash="0", site=site, epoch_ns=0, simulated=True, source="k")
batch = PlotBatch(sensor="R1", t_arrival_ns=1, data=bytes(104 * 20))
answer = [Rejected(feed="f", reason="r", count=1, t_arrival_ns=1)]
with JournalWriter(sys.argv[1], header) as writer:
    for seq in range(1, 10_000_000):
        writer.input(seq, batch)
        writer.outputs(seq, answer)
        os.write(1, seq.to_bytes(8, "little"))  # acknowledged: both are on record
"""


@pytest.mark.parametrize("after", [1, 700, 3000])
def test_a_killed_writer_loses_at_most_the_record_in_hand(tmp_path: Path, after: int) -> None:
    path = tmp_path / "k.rpj"
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read(8 * after)
    time.sleep(0.003 * (os.getpid() % 7))  # anywhere in the loop
    process.send_signal(signal.SIGKILL)
    acknowledged = after + len(process.stdout.read()) // 8
    process.wait()
    process.stdout.close()

    reader = read_journal(path)
    records = list(reader)
    whole = [r.cause for r in records if isinstance(r, OutputRecord)]
    assert whole == list(range(1, len(whole) + 1))
    assert len(whole) >= acknowledged
    assert 2 * len(whole) <= len(records) <= 2 * len(whole) + 1
    if reader.torn is not None:
        assert reader.torn.bytes_lost < 2500  # part of one frame
