"""Frames: `length` (uint32 LE), `crc` (uint32 LE, CRC-32 of the payload), payload. Sans-IO.

A frame stands whole in the file or it does not count: the first frame that fails ends the recording.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from rampart.formats.journal.records import (
    Header,
    InputRecord,
    OutputRecord,
    Record,
    decode_record,
    encode_record,
    newer_schema,
)

_HEAD: Final = struct.Struct("<II")
MAX_PAYLOAD: Final = 1 << 28
"""256 MiB, 2.5 million plots in one batch: a longer length is a damaged one."""


@dataclass(frozen=True, slots=True)
class Torn:
    """The end of a recording that could not be read: `bytes_lost` from `offset` on, after `last_seq`."""

    offset: int
    bytes_lost: int
    last_seq: int | None
    reason: str

    def __str__(self) -> str:
        after = "the header" if self.last_seq is None else f"message {self.last_seq}"
        return (
            f"torn after {after}: {self.bytes_lost} bytes at offset {self.offset} "
            f"left out ({self.reason})"
        )


def encode_frame(record: Header | Record) -> bytes:
    """The whole frame of a record; ValueError above `MAX_PAYLOAD`."""
    payload = encode_record(record)
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a journal frame holds at most {MAX_PAYLOAD} bytes, not {len(payload)}")
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


class Decoder:
    """Bytes in, records out; never raises on what the bytes hold.

    `header` is None until the first frame arrived. `last_seq`: ordinal of the last input or cause
    seen. `skipped`: messages of unknown kind, counted by tag. `torn`: set by a bad frame (whatever
    is fed later only lengthens it) or by `close` with a frame begun.
    """

    def __init__(self) -> None:
        self.header: Header | None = None
        self.last_seq: int | None = None
        self.skipped: dict[str, int] = {}
        self.torn: Torn | None = None
        self._offset = 0  # of _pending[0] in the stream
        self._pending = b""

    def feed(self, data: bytes) -> list[Record]:
        """The records whose frames `data` completes, in order."""
        if self.torn is not None:
            self._tear(self.torn.reason, self.torn.bytes_lost + len(data))
            return []
        self._pending += data
        records: list[Record] = []
        with memoryview(self._pending) as view:
            used, fault = self._frames(view, records)
        self._offset += used
        self._pending = self._pending[used:]
        if fault:
            self._tear(fault, len(self._pending))
        return records

    def close(self) -> None:
        """The stream has ended: a frame begun and not finished is a torn tail."""
        if self.torn is None and self._pending:
            self._tear("incomplete frame", len(self._pending))

    def _frames(self, view: memoryview, records: list[Record]) -> tuple[int, str]:
        """(bytes used, fault or empty): decodes every whole frame of `view` into `records`."""
        at, end = 0, len(view)
        while end - at >= _HEAD.size:
            length, crc = _HEAD.unpack_from(view, at)
            if not 0 < length <= MAX_PAYLOAD:
                return at, f"impossible frame length {length}"
            stop = at + _HEAD.size + length
            if stop > end:
                break
            payload = view[at + _HEAD.size : stop]
            if zlib.crc32(payload) != crc:
                return at, "checksum mismatch"
            record = decode_record(payload, self.skipped)
            if isinstance(record, InputRecord):
                self.last_seq = record.seq
            elif isinstance(record, OutputRecord):
                self.last_seq = record.cause
            if (self.header is None) != isinstance(record, Header):
                if self.header is not None:
                    return at, "second header"
                schema = newer_schema(payload)
                return at, f"schema {schema}, of a newer Rampart" if schema else "no header"
            if isinstance(record, Header):
                self.header = record
            elif record is not None:
                records.append(record)
            at = stop
        return at, ""

    def _tear(self, reason: str, bytes_lost: int) -> None:
        self._pending = b""
        self.torn = Torn(self._offset, bytes_lost, self.last_seq, reason)
