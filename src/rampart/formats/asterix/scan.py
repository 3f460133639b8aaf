"""The compiled reader: a block's octets straight to slots, driven by the arrays of `slots.Table`.

It accepts and refuses exactly what `read.records` does, with the same reasons.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.formats.asterix.slots import (
    COMPOUND,
    EXPLICIT,
    EXTENDED,
    FIXED,
    RANDOM,
    REPEAT,
    REPEAT_FX,
)
from rampart.kernels._jit import allocating_kernel, kernel

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Octets = npt.NDArray[np.uint8]

REASONS: Final = (
    "", "truncated_item", "bad_fspec", "undefined_item", "bad_extension", "bad_explicit",
    "empty_record", "no_uap", "bad_fields", "empty_block",
)  # fmt: skip
"""Why a block is refused, by the number that `scan` returns."""
(TRUNCATED, BAD_FSPEC, UNDEFINED, BAD_EXTENSION, BAD_EXPLICIT, EMPTY_RECORD, NO_UAP, BAD_FIELDS,
 EMPTY_BLOCK) = range(1, 10)  # fmt: skip


@kernel
def _bits(data: Octets, at: int, offset: int, bits: int) -> int:
    """`bits` bits (at most 56) from bit `offset` after octet `at`, as an unsigned number."""
    first = at + offset // 8
    last = at + (offset + bits - 1) // 8
    value = np.uint64(0)
    for i in range(first, last + 1):
        value = (value << np.uint64(8)) | np.uint64(data[i])
    value >>= np.uint64((last + 1 - at) * 8 - offset - bits)
    return int(value & ((np.uint64(1) << np.uint64(bits)) - np.uint64(1)))


@kernel
def _size(data: Octets, at: int, end: int, node: Ints, links: Ints) -> int:
    """Octets of a simple item that begins at `at`, or the negative reason why it cannot be."""
    kind, a, b = node[0], node[1], node[2]
    size = 0
    if kind == FIXED:
        size = a
    elif kind == EXTENDED:
        for part in range(b):
            size += links[node[3] + part]
            if at + size > end:
                return -TRUNCATED
            if part == b - 1 and a == 0:
                break
            if data[at + size - 1] & 1 == 0:
                break
            if part == b - 1:
                return -BAD_EXTENSION
    elif kind == REPEAT:
        if at + a > end:
            return -TRUNCATED
        size = a + b * _bits(data, at, 0, 8 * a)
    elif kind == REPEAT_FX:
        size = b
        while at + size <= end and data[at + size - 1] & 1:
            size += b
    elif kind == EXPLICIT:
        if at >= end:
            return -TRUNCATED
        size = int(data[at])
        if size == 0:
            return -BAD_EXPLICIT
    if at + size > end:
        return -TRUNCATED
    return size


@kernel
def _fill(
    data: Octets, at: int, size: int, node: Ints, fields: Ints, factors: Floats, row: Floats
) -> None:
    """Writes the node's wanted values; those of parts that were not sent stay nan."""
    for k in range(node[4], node[4] + node[5]):
        offset, bits = fields[k, 0], fields[k, 1]
        if offset + bits <= 8 * size:
            value = _bits(data, at, offset, bits)
            if fields[k, 2] and value >> (bits - 1):
                value -= 1 << bits
            row[fields[k, 3]] = value * factors[k]


@kernel
def _fspec_octets(data: Octets, at: int, end: int, positions: int) -> int:
    """Octets of a field specification, or the negative reason."""
    most = (positions + 6) // 7
    octets = 0
    while True:
        if at + octets >= end:
            return -TRUNCATED
        if octets == most:
            return -BAD_FSPEC
        octets += 1
        if data[at + octets - 1] & 1 == 0:
            return octets


@kernel
def _item(
    data: Octets, at: int, end: int, number: int, nodes: Ints, links: Ints, fields: Ints,
    factors: Floats, row: Floats,
) -> int:  # fmt: skip
    """Reads one item, simple or compound: where it ends, or the negative reason."""
    node = nodes[number]
    if node[0] != COMPOUND:
        size = _size(data, at, end, node, links)
        if size < 0:
            return size
        _fill(data, at, size, node, fields, factors, row)
        return at + size
    octets = _fspec_octets(data, at, end, node[2])
    if octets < 0:
        return octets
    fspec = at
    at += octets
    for position in range(7 * octets):
        if data[fspec + position // 7] & (0x80 >> (position % 7)):
            child = links[node[3] + position] if position < node[2] else -1
            if child < 0:
                return -UNDEFINED
            size = _size(data, at, end, nodes[child], links)
            if size < 0:
                return size
            _fill(data, at, size, nodes[child], fields, factors, row)
            at += size
    return at


@allocating_kernel
def scan(
    data: Octets, start: int, end: int, nodes: Ints, links: Ints, fields: Ints, factors: Floats,
    uaps: Ints, select: Ints, out: Floats,
) -> int:  # fmt: skip
    """Slots of every record in octets `start` to `end` of `data`, one row of `out` each.

    `out` has a row for every two octets at least. Returns the number of records, or the negative
    index into `REASONS` of what is wrong with the block.
    """
    if start == end:
        return -EMPTY_BLOCK
    most = uaps[:, 1].max()
    unused = np.empty(out.shape[1])
    at = start
    count = 0
    while at < end:
        octets = _fspec_octets(data, at, end, most)
        if octets < 0:
            return octets
        fspec = at
        at += octets
        row = out[count]
        row[:] = np.nan
        first, positions = uaps[0, 0], uaps[0, 1]
        chosen = select[0] < 0
        empty = True
        for position in range(7 * octets):
            if data[fspec + position // 7] & (0x80 >> (position % 7)) == 0:
                continue
            empty = False
            number = links[first + position] if position < positions else -1
            if number < 0:
                return -UNDEFINED
            if nodes[number, 0] == RANDOM:
                if at >= end:
                    return -TRUNCATED
                repeats = int(data[at])
                at += 1
                for _ in range(repeats):
                    if at >= end:
                        return -TRUNCATED
                    place = int(data[at]) - 1
                    inner = links[first + place] if 0 <= place < positions else -1
                    if inner < 0 or nodes[inner, 0] == RANDOM:
                        return -BAD_FIELDS
                    at = _item(data, at + 1, end, inner, nodes, links, fields, factors, unused)
                    if at < 0:
                        return at
                continue
            item = at
            at = _item(data, at, end, number, nodes, links, fields, factors, row)
            if at < 0:
                return at
            if number == select[0]:
                uap = _bits(data, item, select[1], select[2])
                first, positions = uaps[uap, 0], uaps[uap, 1]
                chosen = True
        if empty:
            return -EMPTY_RECORD
        if not chosen:
            return -NO_UAP
        count += 1
    return count


@kernel
def gate(slots: Floats, count: int, gates: Floats) -> int:
    """The first of `gates` that one of `count` records fails, or -1."""
    for i in range(count):
        for g in range(gates.shape[0]):
            value = slots[i, int(gates[g, 0])]
            if np.isnan(value):
                if gates[g, 3]:
                    return g
            elif not gates[g, 1] <= value < gates[g, 2]:
                return g
    return -1
