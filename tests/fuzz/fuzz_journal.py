"""Coverage-guided: `python fuzz_journal.py -runs=N`. The journal decoder never raises on octets."""

from __future__ import annotations

import struct
import sys
import tempfile
import zlib
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("MISSING: atheris, needed for fuzzing: pip install atheris")

with atheris.instrument_imports(include=["rampart"]):
    from rampart.formats.journal import Decoder

from rampart.domain.messages import OperatorAction, Plot, PlotBatch, Tick, batch_from_plots
from rampart.domain.site import Site
from rampart.formats.journal import Header, InputRecord, encode_frame


def frame(payload: bytes) -> bytes:
    """A whole frame, its checksum right."""
    return struct.pack("<II", len(payload), zlib.crc32(payload)) + payload


def one(data: bytes) -> None:
    """The octets as they come and as the payload of a whole frame, each alone and after a header."""
    for stream in (data, frame(data), HEADER + data, HEADER + frame(data)):
        decoder = Decoder()
        decoder.feed(stream[: len(stream) // 2])
        decoder.feed(stream[len(stream) // 2 :])
        decoder.close()


PLOT = Plot(sensor="r", t_event_ns=1, t_arrival_ns=2, range_m=3.0, azimuth_rad=0.5)
RECORDS = [
    Header(
        engine="0", settings_hash="0", epoch_ns=0, source="s", simulated=True,
        site=Site(name="s", uuid="u", latitude_deg=0.0, longitude_deg=0.0, height_m=0.0),
    ),
    InputRecord(1, PLOT),
    InputRecord(2, PlotBatch(sensor="r", t_arrival_ns=2, data=b"")),
    InputRecord(3, batch_from_plots([PLOT])),
    InputRecord(4, Tick(t_arrival_ns=5)),
    InputRecord(5, OperatorAction(t_arrival_ns=6, by="x", action="warn", zones=("a",))),
]  # fmt: skip

HEADER = encode_frame(RECORDS[0])

if __name__ == "__main__":
    corpus = tempfile.TemporaryDirectory()
    for number, record in enumerate(RECORDS):
        Path(corpus.name, str(number)).write_bytes(encode_frame(record)[8:])  # the payload alone
    atheris.Setup([*sys.argv, corpus.name], one)
    atheris.Fuzz()
