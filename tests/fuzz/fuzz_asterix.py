"""Targets for a coverage-guided fuzzer: ASTERIX blocks, feeds and files of any octets.

Only FeedError may come out of a container, and nothing at all out of the decoder. Set
NUMBA_DISABLE_JIT=1 before, so that the compiled reader is seen by the fuzzer too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np

from rampart.domain.errors import FeedError
from rampart.formats.asterix import CATEGORIES, Decoder, editions, encode, schema
from rampart.formats.asterix.read import MalformedError, records
from rampart.formats.asterix.scan import REASONS, scan
from rampart.formats.asterix.slots import compile_table, slots_of
from rampart.formats.pcap import open_recording

EDITIONS = [(c, e) for c in CATEGORIES for e in editions(c)]


def asterix_block(data: bytes) -> None:
    """Both paths read the same of a block, and what they read is written back."""
    if not 2 <= len(data) < 65_000:
        return
    category, edition = EDITIONS[data[0] % len(EDITIONS)]
    block = bytes([category]) + (len(data) + 2).to_bytes(2, "big") + data[1:]
    table = compile_table(category, edition)
    out = np.empty((len(block), len(table.slots)))
    octets = np.frombuffer(block, np.uint8)
    count = scan(
        octets, 3, len(block), table.nodes, table.links, table.fields, table.factors, table.uaps,
        table.select, out,
    )  # fmt: skip
    try:
        found, refused = records(schema.edition(category, edition), block, 3, len(block)), ""
    except MalformedError as error:
        found, refused = [], error.reason
    assert (REASONS[-count] if count < 0 else "") == refused
    if refused:
        return
    assert np.array_equal(out[:count], slots_of(category, edition, found), equal_nan=True)
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


TARGETS: dict[str, Callable[[bytes], None]] = {
    "asterix_block": asterix_block,
    "asterix_feed": asterix_feed,
    "recording": recording,
}
