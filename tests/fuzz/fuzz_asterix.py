"""Coverage-guided fuzzing of the ASTERIX room and the containers: blocks, feeds and files of any octets.

``python tests/fuzz/fuzz_asterix.py -runs=1000000`` needs the `atheris` package and says so where it
is absent. Only FeedError may come out of a container, and nothing at all out of the decoder.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

os.environ.setdefault("NUMBA_DISABLE_JIT", "1")  # so that the compiled reader is seen as well
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

try:
    import atheris
except ImportError:
    sys.exit("MISSING: atheris, needed for fuzzing: pip install atheris")

with atheris.instrument_imports(include=["rampart"]):
    from asterix_paths import assert_paths_agree
    from rampart.domain.errors import FeedError
    from rampart.formats.asterix import CATEGORIES, Decoder, editions, encode
    from rampart.formats.pcap import open_recording

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


if __name__ == "__main__":
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
