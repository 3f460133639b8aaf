"""A journal that an earlier version wrote is read as it was meant."""

from __future__ import annotations

import msgspec
from golden_journal import FIRST, HEADER, PATH, RECORDS

from rampart.domain.messages import KnownTrack, PlotBatch
from rampart.formats.journal import InputRecord, encode_frame, read_journal


def test_every_message_of_schema_1_is_read_as_it_was_written() -> None:
    reader = read_journal(PATH)
    records = list(reader)
    assert reader.header == HEADER
    # Compared as octets: a field that was never told is NaN, which is not equal to itself.
    assert [encode_frame(r) for r in records] == [encode_frame(r) for r in RECORDS]
    assert reader.torn is None
    assert reader.skipped == {}


def test_what_was_written_before_fields_were_appended_is_read_with_their_defaults() -> None:
    reader = read_journal(FIRST)
    records = list(reader)
    site = msgspec.structs.replace(HEADER.site, reflectors=())
    before = [
        InputRecord(r.seq, msgspec.structs.replace(r.message, sigma_time_s=None))
        if isinstance(r, InputRecord) and isinstance(r.message, KnownTrack)
        else r
        for r in RECORDS
    ]
    assert reader.header == msgspec.structs.replace(HEADER, site=site)
    assert [encode_frame(r) for r in records] == [encode_frame(r) for r in before]
    assert reader.torn is None
    assert reader.skipped == {}


def test_the_rows_of_a_batch_keep_their_layout() -> None:
    batch = next(
        r.message
        for r in read_journal(PATH)
        if isinstance(r, InputRecord) and isinstance(r.message, PlotBatch)
    )
    row = batch.rows[1]
    assert (row["range_m"], row["range_rate_mps"], row["mode_3a"]) == (3210.5, -180.25, 0o1000)
    assert len(batch.data) == 2 * 104


def test_this_version_writes_schema_1_to_the_octet() -> None:
    """Fails when a field is appended: then the old octets stay and a new golden file joins them."""
    octets = encode_frame(HEADER) + b"".join(map(encode_frame, RECORDS))
    assert octets == PATH.read_bytes()
