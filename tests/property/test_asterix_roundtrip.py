"""For every category and edition: what is written is read back, by both paths, and no octets crash."""

from __future__ import annotations

import pytest
from asterix_records import record_of
from hypothesis import given, settings
from hypothesis import strategies as st

from asterix_paths import assert_paths_agree
from rampart.domain.errors import FeedError
from rampart.domain.messages import Input
from rampart.formats.asterix import CATEGORIES, Decoder, decode, editions, encode, schema
from rampart.formats.pcap import open_recording

EDITIONS = [(c, e) for c in CATEGORIES for e in editions(c)]


@pytest.mark.parametrize(("category", "edition"), EDITIONS)
@settings(max_examples=12)
@given(data=st.data())
def test_what_is_written_is_read_back_by_both_paths(
    category: int, edition: str, data: st.DataObject
) -> None:
    plan = schema.edition(category, edition)
    written = data.draw(st.lists(record_of(plan), min_size=1, max_size=3))
    block = encode(category, written, edition)
    assert decode(block, {category: edition}) == [(category, written)]
    assert assert_paths_agree(category, edition, block) == written


@pytest.mark.parametrize("category", CATEGORIES)
@settings(max_examples=150)
@given(body=st.binary(min_size=1, max_size=120), data=st.data())
def test_any_octets_are_read_alike_by_both_paths_or_refused_for_the_same_reason(
    category: int, body: bytes, data: st.DataObject
) -> None:
    edition = data.draw(st.sampled_from(editions(category)))
    block = bytes([category]) + (len(body) + 3).to_bytes(2, "big") + body
    found = assert_paths_agree(category, edition, block)
    if found is not None:
        assert encode(category, found, edition) == block


def counted(messages: list[Input]) -> None:
    for message in messages:
        assert message.t_arrival_ns >= 0


@settings(max_examples=300)
@given(data=st.binary(max_size=300), category=st.sampled_from(CATEGORIES), framed=st.booleans())
def test_no_octets_crash_decoder_or_containers(data: bytes, category: int, framed: bool) -> None:
    if framed:
        data = bytes([category]) + (len(data) + 3).to_bytes(2, "big") + data
    decoder = Decoder("fuzz")
    counted(decoder.feed(data, 10**18))
    counted(decoder.feed(data))
    for magic in (b"", b"\xd4\xc3\xb2\xa1" + bytes(16) + b"\x01\0\0\0", b"\x0a\x0d\x0d\x0a"):
        try:
            for t_ns, datagram in open_recording(magic + data, "fuzz"):
                counted(decoder.feed(datagram, t_ns))
        except FeedError:
            continue
