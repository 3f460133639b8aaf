"""Full encode: records as `decode` gives them, back to a block, octet for octet."""

from __future__ import annotations

from typing import Any

from rampart.domain.errors import UsageError
from rampart.formats.asterix import schema
from rampart.formats.asterix.read import Record
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

BLOCK_MAX = 0xFFFF


def _bad(where: str, found: object, allowed: str) -> UsageError:
    return UsageError(f"{where}: found {found!s:.80}; allowed: {allowed}")


def _check(values: Any, groups: tuple[Group, ...], where: str) -> None:
    names = [field[0] for group in groups for field in group.fields]
    if not isinstance(values, dict) or not values.keys() <= {*names, "spare"}:
        raise _bad(where, values, "a dict of " + ", ".join(names))


def _group(group: Group, values: Record, where: str, spare: int) -> int:
    raw = spare & group.spare_mask
    for name, node, shift, _ in group.fields:
        if name not in values:
            raise _bad(f"{where}/{name}", "nothing", "a value")
        if isinstance(node, Leaf) and node.cases:
            node = node.under(values)  # noqa: PLW2901
        raw |= _fixed(node, values[name], f"{where}/{name}") << shift
    return raw


def _fixed(node: Leaf | Group, value: Any, where: str) -> int:
    if isinstance(node, Group):
        _check(value, (node,), where)
        return _group(node, value, where, value.get("spare", 0))
    try:
        return node.raw(value)
    except (ValueError, TypeError, OverflowError, AttributeError) as error:
        raise UsageError(f"{where}: found {error}") from None


def _extended(node: Extended, values: Any, where: str) -> bytes:
    _check(values, node.parts, where)
    named = [i for i, part in enumerate(node.parts) if any(f[0] in values for f in part.fields)]
    parts = node.parts[: max(named, default=0) + 1]
    left = sum(part.bits for part in parts)
    octets = b""
    for part in parts:
        left -= part.bits
        raw = _group(part, values, where, values.get("spare", 0) >> left)
        octets += (raw | (part.extends and left > 0)).to_bytes(part.bits // 8, "big")
    return octets


def _repeat(node: Repeat, values: Any, where: str) -> bytes:
    if not isinstance(values, list | tuple) or not (values or node.count_octets):
        raise _bad(where, values, "a list")
    raws = [_fixed(node.of, value, where) for value in values]
    if node.count_octets:
        if len(raws) >> 8 * node.count_octets:
            raise _bad(where, f"{len(raws)} values", f"what {node.count_octets} octets can count")
        head = len(raws).to_bytes(node.count_octets, "big")
        return head + b"".join(raw.to_bytes(node.of.bits // 8, "big") for raw in raws)
    more = [i < len(raws) - 1 for i in range(len(raws))]
    octets = (node.of.bits + 1) // 8
    return b"".join(
        (raw << 1 | fx).to_bytes(octets, "big") for raw, fx in zip(raws, more, strict=True)
    )


def _fspec(positions: list[int], least: int) -> bytes:
    """The FX-terminated field specification that names these positions, in at least so many octets."""
    octets = bytearray(max(max(positions, default=0) // 7 + 1, least))
    for position in positions:
        octets[position // 7] |= 0x80 >> position % 7
    for i in range(len(octets) - 1):
        octets[i] |= 1
    return bytes(octets)


def _compound(node: Compound, values: Any, where: str) -> bytes:
    names = {item[0]: i for i, item in enumerate(node.items) if item}
    if not isinstance(values, dict) or not values.keys() <= names.keys() | {"fspec"}:
        raise _bad(where, values, "a dict of " + ", ".join(names))
    body, positions = b"", []
    for i, item in enumerate(node.items):
        if item and item[0] in values:
            positions.append(i)
            body += write_item(item[1], values[item[0]], f"{where}/{item[0]}")
    if node.octets:
        flags = sum(1 << (node.octets * 8 - 1 - i) for i in positions)
        return flags.to_bytes(node.octets, "big") + body
    return _fspec(positions, values.get("fspec", 0)) + body


def write_item(node: Node, value: Any, where: str) -> bytes:
    """The octets of one item; UsageError names the item, what was found and what is allowed."""
    match node:
        case Leaf() | Group():
            return _fixed(node, value, where).to_bytes(node.bits // 8, "big")
        case Extended():
            return _extended(node, value, where)
        case Repeat():
            return _repeat(node, value, where)
        case Compound():
            return _compound(node, value, where)
        case Explicit():
            if not isinstance(value, bytes) or len(value) > 254:
                raise _bad(where, value, "up to 254 octets")
            return bytes([len(value) + 1]) + value


def _record(plan: Edition, record: Record) -> bytes:
    where = f"I{plan.category:03d}"
    uap = next(iter(plan.uaps.values()))
    if plan.select:
        item, field, by = plan.select
        descriptor = record.get(item)
        chosen = descriptor.get(field) if isinstance(descriptor, dict) else None
        if chosen not in by:
            raise _bad(f"{where}/{item}/{field}", chosen, ", ".join(map(str, by)))
        uap = plan.uaps[by[chosen]]
    names = {entry[0]: i for i, entry in enumerate(uap) if entry}
    unknown = record.keys() - names.keys() - {"fspec"}
    if unknown or not record:
        raise _bad(where, ", ".join(sorted(unknown)) or "an empty record", ", ".join(names))
    body, positions = b"", []
    for i, entry in enumerate(uap):
        if entry is None or entry[0] not in record:
            continue
        positions.append(i)
        name, node = entry
        if node is None:
            body += _random_fields(plan, names, record[name], where)
        else:
            body += write_item(node, record[name], f"{where}/{name}")
    return _fspec(positions, record.get("fspec", 0)) + body


def _random_fields(plan: Edition, names: dict[str, int], fields: Any, where: str) -> bytes:
    body = bytes([len(fields)])
    for name, value in fields:
        if name not in names or name not in plan.items:
            raise _bad(f"{where}/{RFS}", name, ", ".join(plan.items))
        body += bytes([names[name] + 1]) + write_item(plan.items[name], value, f"{where}/{name}")
    return body


def encode(category: int, records: list[Record], edition: str | None = None) -> bytes:
    """One block of `records`, in the newest edition carried unless one is named.

    Raises UsageError where a record does not fit the table or the block exceeds 65,535 octets,
    ConfigError for a category or edition that is not carried.
    """
    plan = schema.edition(category, edition or schema.newest().get(category, ""))
    body = b"".join(_record(plan, record) for record in records)
    if not body or len(body) + 3 > BLOCK_MAX:
        raise _bad(f"CAT {category:03d} block", f"{len(body) + 3} octets", f"4 to {BLOCK_MAX}")
    return bytes([category]) + (len(body) + 3).to_bytes(2, "big") + body
