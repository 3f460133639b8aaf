"""What stands in a journal: a header, then inputs and the outputs that each of them caused."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, get_args

import msgspec

from rampart.domain.messages import PLOT_DTYPE, Input, Output, PlotBatch
from rampart.domain.site import Settings, Site

SCHEMA: Final = 1
"""Raised only when an older reader would misread; appended fields and new messages do not count."""


class Header(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag="rampart-journal"):
    """First frame: what made this recording. Nothing here depends on when or where it was written.

    `source`: name of the scenario or recording; `seed`: of a simulation, else None.
    """

    schema: int = SCHEMA
    engine: str
    settings_hash: str
    site: Site
    epoch_ns: int
    simulated: bool
    source: str
    seed: int | None = None


class InputRecord(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="I"):
    """A message handed to the engine; `seq` is its ordinal."""

    seq: int
    message: Input


class OutputRecord(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="O"):
    """All that the engine answered to input `cause`, in order. Not written where it answered nothing."""

    cause: int
    messages: tuple[Output, ...]


Record = InputRecord | OutputRecord

# msgspec lets text that is no UTF-8 and nesting without end escape as what they are.
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Header | InputRecord | OutputRecord)


def encode_record(record: Header | Record) -> bytes:
    """The payload of one frame."""
    return _encoder.encode(record)


def decode_record(payload: bytes | memoryview, skipped: dict[str, int]) -> Header | Record | None:
    """The record of one payload, or None where a later version wrote a kind that we do not know.

    Messages of unknown tag or with unknown words are left out and counted in `skipped` by tag.
    Trailing fields that we do not know are ignored.
    """
    try:
        record: Header | Record = _decoder.decode(payload)
    except _UNREADABLE:
        return _decode_leniently(payload, skipped)
    if (
        isinstance(record, InputRecord)
        and isinstance(record.message, PlotBatch)
        and len(record.message.data) % PLOT_DTYPE.itemsize
    ):  # rows longer or shorter than ours
        _count(["PlotBatch"], skipped)
        return None
    return record


def newer_schema(payload: bytes | memoryview) -> int | None:
    """The schema of a header that only a newer version can read, else None."""
    try:
        match msgspec.msgpack.decode(payload):
            case ["rampart-journal", int(schema), *_] if schema > SCHEMA:
                return schema
    except _UNREADABLE:
        pass
    return None


def _decode_leniently(
    payload: bytes | memoryview, skipped: dict[str, int]
) -> Header | Record | None:
    try:
        match msgspec.msgpack.decode(payload):
            case ["rampart-journal", *fields]:
                return _header(fields)
            case ["I", int(seq), raw, *_]:
                message = _message(raw, Input, skipped)
                return None if message is None else InputRecord(seq, message)
            case ["O", int(cause), list(raws), *_]:
                messages = (_message(raw, Output, skipped) for raw in raws)
                return OutputRecord(cause, tuple(m for m in messages if m is not None))
            case other:
                _count(other, skipped)
    except _UNREADABLE:
        _count(None, skipped)
    return None


def _message(raw: Any, kind: Any, skipped: dict[str, int]) -> Any:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError:
        _count(raw, skipped)
        return None


def _count(raw: Any, skipped: dict[str, int]) -> None:
    tag = raw[0] if isinstance(raw, list) and raw and isinstance(raw[0], str) else "unreadable"
    skipped[tag] = skipped.get(tag, 0) + 1


def _header(fields: list[Any]) -> Header:
    site = next((i for i, field in enumerate(fields) if isinstance(field, dict)), None)
    if site is not None:
        fields[site] = _known_fields(fields[site], Site)
    header: Header = msgspec.convert(["rampart-journal", *fields], Header)
    return header


def _known_fields(raw: Any, kind: type[Settings]) -> Any:
    """`raw` without the fields that `kind`, or a struct in it, does not have: the site stands in the header by
    field name, and a later version may have named more."""
    if isinstance(raw, list):
        return [_known_fields(item, kind) for item in raw]
    if not isinstance(raw, dict):
        return raw
    within = _structs_in(kind)
    return {
        name: _known_fields(value, within[name]) if name in within else value
        for name, value in raw.items()
        if name in kind.__struct_fields__
    }


@cache
def _structs_in(kind: type[Settings]) -> dict[str, type[Settings]]:
    """The fields of `kind` that hold structs, one or several, and which."""
    found = {}
    for field in msgspec.structs.fields(kind):
        for part in (field.type, *get_args(field.type)):
            if isinstance(part, type) and issubclass(part, Settings):
                found[field.name] = part
    return found
