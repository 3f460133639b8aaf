"""Coverage-guided: `python fuzz_journal.py -runs=N`. The journal decoder never raises on octets."""

from __future__ import annotations

import struct
import sys
import zlib

try:
    import atheris
except ImportError:
    sys.exit("MISSING: atheris, needed for fuzzing: pip install atheris")

with atheris.instrument_imports(include=["rampart"]):
    from rampart.formats.journal import Decoder


def one(data: bytes) -> None:
    """The octets as they come, and as the payload of a whole frame."""
    for stream in (data, struct.pack("<II", len(data), zlib.crc32(data)) + data):
        decoder = Decoder()
        decoder.feed(stream[: len(stream) // 2])
        decoder.feed(stream[len(stream) // 2 :])
        decoder.close()


atheris.Setup(sys.argv, one)
atheris.Fuzz()
