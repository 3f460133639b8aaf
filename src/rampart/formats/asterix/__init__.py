"""ASTERIX, the radar world's binary format: decode and encode, one table for each category and edition.

`Decoder` is for feeds: octets in, messages out, bad input counted. `decode` gives every item of a
block as plain values, `encode` writes them back octet for octet. Reference: docs/reference/asterix.md.
"""

from rampart.formats.asterix.decoder import Counts, Decoder
from rampart.formats.asterix.read import decode, expand
from rampart.formats.asterix.schema import CATEGORIES, editions, newest, parse_editions
from rampart.formats.asterix.write import encode

__all__ = [
    "CATEGORIES", "Counts", "Decoder", "decode", "editions", "encode", "expand", "newest",
    "parse_editions",
]  # fmt: skip
