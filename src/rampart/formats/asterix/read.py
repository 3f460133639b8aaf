"""Full decode: every item of a block as plain Python values.

A record is a dict of item names ("010", "020", ..., "SP", "RE") to values: a float for a quantity in
the unit of the specification, an int for a code or number, text for a string, `bytes` for an explicit
item, a dict for a group, an extended or a compound item, a list for a repetitive one. So that nothing
of a block is lost, spare bits that are not zero stand under "spare", the octets of a field
specification longer than need be under "fspec", random field sequencing under "RFS".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rampart.domain.errors import FeedError
from rampart.formats.asterix import schema
from rampart.formats.asterix.schema import (
    RFS,
    Compound,
    Edition,
    Explicit,
    Extended,
    Group,
    Leaf,
    Node,
    Repeat,
)

Record = dict[str, Any]


class MalformedError(Exception):
    """A block that does not follow its table: `reason` is a fixed word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def blocks(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(category, start, end) of the records of each data block in a datagram.

    Block = CAT (1 octet), LEN (2 octets, counting all), records. Raises MalformedError where LEN cannot be.
    """
    at = 0
    while at < len(data):
        if at + 3 > len(data):
            raise MalformedError("truncated_block")
        length = data[at + 1] << 8 | data[at + 2]
        if length < 3:
            raise MalformedError("bad_length")
        if at + length > len(data):
            raise MalformedError("truncated_block")
        yield data[at], at + 3, at + length
        at += length


def _group(group: Group, raw: int) -> Record:
    values: Record = {}
    for name, node, shift, mask in group.fields:
        part = raw >> shift & mask
        if isinstance(node, Group):
            values[name] = _group(node, part)
        else:
            values[name] = (node.under(values) if node.cases else node).value(part)
    if raw & group.spare_mask:
        values["spare"] = raw & group.spare_mask
    return values


def _fixed(node: Leaf | Group, raw: int) -> Any:
    return _group(node, raw) if isinstance(node, Group) else node.value(raw)


def _take(data: bytes, at: int, octets: int, end: int) -> int:
    if at + octets > end:
        raise MalformedError("truncated_item")
    return int.from_bytes(data[at : at + octets], "big")


def _extended(node: Extended, data: bytes, at: int, end: int) -> tuple[Record, int]:
    values: Record = {}
    spare = bits = 0
    for index, part in enumerate(node.parts):
        raw = _take(data, at, part.bits // 8, end)
        at += part.bits // 8
        values |= _group(part, raw)
        spare, bits = spare << part.bits | raw & part.spare_mask, bits + part.bits
        if not (part.extends and raw & 1):
            break
        if index == len(node.parts) - 1:
            raise MalformedError("bad_extension")
    if spare:
        values["spare"] = spare
    return values, at


def _repeat(node: Repeat, data: bytes, at: int, end: int) -> tuple[list[Any], int]:
    values = []
    if node.count_octets:
        count = _take(data, at, node.count_octets, end)
        at += node.count_octets
        octets = node.of.bits // 8
        if at + count * octets > end:
            raise MalformedError("truncated_item")
        for _ in range(count):
            values.append(_fixed(node.of, int.from_bytes(data[at : at + octets], "big")))
            at += octets
        return values, at
    octets = (node.of.bits + 1) // 8
    while True:
        raw = _take(data, at, octets, end)
        at += octets
        values.append(_fixed(node.of, raw >> 1))
        if not raw & 1:
            return values, at


def fspec(data: bytes, at: int, end: int, positions: int) -> tuple[list[int], int]:
    """Positions (from 0) that an FX-terminated field specification names, and where it ends."""
    first = at
    named: list[int] = []
    most = -(-positions // 7)
    while True:
        if at >= end:
            raise MalformedError("truncated_item")
        if at - first == most:
            raise MalformedError("bad_fspec")
        octet = data[at]
        named += [(at - first) * 7 + bit for bit in range(7) if octet & 0x80 >> bit]
        at += 1
        if not octet & 1:
            return named, at


def _overlong(named: list[int], octets: int) -> Record:
    """What a decoded dict notes of a field specification of more octets than its names need."""
    return {"fspec": octets} if octets > max(named, default=0) // 7 + 1 else {}


def _compound(node: Compound, data: bytes, at: int, end: int) -> tuple[Record, int]:
    values: Record = {}
    if node.octets:
        flags = _take(data, at, node.octets, end)
        top = node.octets * 8 - 1
        named = [i for i in range(top + 1) if flags >> (top - i) & 1]
        at += node.octets
    else:
        first = at
        named, at = fspec(data, at, end, len(node.items))
        values |= _overlong(named, at - first)
    for position in named:
        item = node.items[position] if position < len(node.items) else None
        if item is None:
            raise MalformedError("undefined_item")
        values[item[0]], at = read_item(item[1], data, at, end)
    return values, at


def read_item(node: Node, data: bytes, at: int, end: int) -> tuple[Any, int]:
    """The value of one item that begins at octet `at`, and where it ends; raises MalformedError."""
    match node:
        case Leaf() | Group():
            octets = node.bits // 8
            return _fixed(node, _take(data, at, octets, end)), at + octets
        case Extended():
            return _extended(node, data, at, end)
        case Repeat():
            return _repeat(node, data, at, end)
        case Compound():
            return _compound(node, data, at, end)
        case Explicit():
            length = _take(data, at, 1, end)
            if not length:
                raise MalformedError("bad_explicit")
            _take(data, at, length, end)
            return data[at + 1 : at + length], at + length


def _record(plan: Edition, data: bytes, at: int, end: int) -> tuple[Record, int]:
    uap = next(iter(plan.uaps.values()))
    first = at
    named, at = fspec(data, at, end, max(map(len, plan.uaps.values())))
    if not named:
        raise MalformedError("empty_record")
    record = _overlong(named, at - first)
    chosen = plan.select is None
    for position in named:
        entry = uap[position] if position < len(uap) else None
        if entry is None:
            raise MalformedError("undefined_item")
        name, node = entry
        if node is None:
            record[RFS], at = _random_fields(uap, data, at, end)
            continue
        record[name], at = read_item(node, data, at, end)
        if plan.select and name == plan.select[0]:
            uap = plan.uaps[plan.select[2][record[name][plan.select[1]]]]
            chosen = True
    if not chosen:
        raise MalformedError("no_uap")
    return record, at


def _random_fields(
    uap: tuple[tuple[str, Node | None] | None, ...], data: bytes, at: int, end: int
) -> tuple[list[tuple[str, Any]], int]:
    fields = []
    count = _take(data, at, 1, end)
    at += 1
    for _ in range(count):
        position = _take(data, at, 1, end) - 1
        entry = uap[position] if 0 <= position < len(uap) else None
        if entry is None or entry[1] is None:
            raise MalformedError("bad_fields")
        value, at = read_item(entry[1], data, at + 1, end)
        fields.append((entry[0], value))
    return fields, at


def records(plan: Edition, data: bytes, at: int, end: int) -> list[Record]:
    """All records of one block's octets `at` to `end`; raises MalformedError, never half a block."""
    found = []
    if at == end:
        raise MalformedError("empty_block")
    while at < end:
        record, at = _record(plan, data, at, end)
        found.append(record)
    return found


def decode(data: bytes, editions: dict[int, str] | None = None) -> list[tuple[int, list[Record]]]:
    """(category, records) of every block in `data`, decoded in full.

    `editions`: the edition of each category, the newest where it is not named. Raises FeedError at
    the first block that is malformed or of a category not carried, ConfigError for an edition that is
    not carried. Blocks of a live feed go through `Decoder`, which counts and never raises.
    """
    chosen = schema.newest() | (editions or {})
    found = []
    try:
        for category, start, end in blocks(data):
            if category not in chosen:
                raise MalformedError("unknown_category")
            plan = schema.edition(category, chosen[category])
            found.append((category, records(plan, data, start, end)))
    except MalformedError as error:
        raise FeedError("asterix", error.reason) from None
    return found


def expand(category: int, octets: bytes, edition: str) -> Record:
    """The sub-items of a reserved expansion field ("RE"), by that field's own edition."""
    try:
        values, at = read_item(schema.expansion(category, edition), octets, 0, len(octets))
    except MalformedError as error:
        raise FeedError("asterix", error.reason) from None
    if at != len(octets):
        raise FeedError("asterix", "bad_length", f"{len(octets) - at} octets left in RE")
    return dict(values)
