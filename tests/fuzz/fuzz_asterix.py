"""Coverage-guided fuzzing of the ASTERIX room and the containers: blocks, feeds and files of any octets.

``python tests/fuzz/fuzz_asterix.py -runs=1000000`` needs the `atheris` package and says so where it
is absent. Only FeedError may come out of a container, and nothing at all out of the decoder. The
compiled reader runs compiled, with its array bounds checked: a read past the end is an IndexError.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

_kernels = (
    tempfile.TemporaryDirectory()
)  # apart from the kernels of every day, which check no bounds
os.environ |= {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": _kernels.name}
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

try:
    import atheris
except ImportError:
    sys.exit("MISSING: atheris, needed for fuzzing: pip install atheris")

# numba reads the bytecode of kernels, and what is no decoder brings no coverage worth its time
import rampart.domain.messages

with atheris.instrument_imports(
    include=["rampart"],
    exclude=[f"rampart.formats.asterix.{name}" for name in ("plots", "scan", "schema", "slots")],
):
    from rampart.domain.errors import FeedError
    from rampart.formats.asterix import CATEGORIES, Decoder, editions, encode
    from rampart.formats.asterix.read import MalformedError, records
    from rampart.formats.pcap import open_recording

from asterix_paths import assert_paths_agree
from rampart.formats.asterix import schema

EDITIONS = [(c, e) for c in CATEGORIES for e in editions(c)]


def asterix_block(data: bytes) -> None:
    """Both paths read the same of a block, and what they read is written back."""
    if not 2 <= len(data) < 65_000:
        return
    category, edition = EDITIONS[data[0] % len(EDITIONS)]
    block = bytes([category]) + (len(data) + 2).to_bytes(2, "big") + data[1:]
    found = assert_paths_agree(category, edition, block)
    if found is not None:
        assert encode(category, found, edition) == block


def asterix_feed(data: bytes) -> None:
    """A datagram that arrives now, and once more where no clock tells."""
    decoder = Decoder("fuzz")
    decoder.feed(data, 10**18)
    decoder.feed(data)


def recording(data: bytes) -> None:
    """A file of any octets, from its container to the messages."""
    decoder = Decoder("fuzz")
    with contextlib.suppress(FeedError):
        for t_ns, datagram in open_recording(data, "fuzz"):
            decoder.feed(datagram, t_ns)


def target(data: bytes) -> None:
    """One input for all three."""
    asterix_block(data)
    asterix_feed(data)
    recording(data)


def seeds() -> Iterator[bytes]:
    """For every item of every edition the shortest record of zeros that holds it alone, as the input
    for a block and as a whole datagram."""
    for number, (category, edition) in enumerate(EDITIONS):
        plan = schema.edition(category, edition)
        for uap in plan.uaps.values():
            for position, entry in enumerate(uap):
                if entry is None:
                    continue
                fspec = bytearray(b"\1" * (position // 7) + b"\0")
                fspec[-1] |= 0x80 >> position % 7
                for size in range(64):
                    record = bytes(fspec) + bytes(size)
                    with contextlib.suppress(MalformedError):
                        records(plan, record, 0, len(record))
                        yield bytes([number]) + record
                        yield bytes([category, 0, len(record) + 3]) + record
                        break


if __name__ == "__main__":
    corpus = tempfile.TemporaryDirectory()
    for number, seed in enumerate(seeds()):
        Path(corpus.name, str(number)).write_bytes(seed)
    atheris.Setup([*sys.argv, corpus.name], target)
    atheris.Fuzz()
