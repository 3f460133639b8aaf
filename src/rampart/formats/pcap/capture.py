"""Frames of a capture file: classic pcap (both byte orders, us and ns) and pcapng.

Formats: IETF drafts draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from typing import Final

from rampart.domain.errors import FeedError

_CLASSIC: Final = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
"""Magic number -> byte order, and nanoseconds in one unit of the fraction."""
_NG: Final = b"\x0a\x0d\x0d\x0a"
_NG_ORDERS: Final = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}

Frame = tuple[int | None, int, bytes]
"""Time in ns UTC (None: the capture has none), link type, octets."""


def is_capture(data: bytes) -> bool:
    """Whether `data` begins like a capture file."""
    return data[:4] in _CLASSIC or data[:4] == _NG


def frames(data: bytes, name: str, counts: Counter[str]) -> Iterator[Frame]:
    """Every frame of a capture; one cut short ends it and is counted as `truncated_frame`.

    Raises FeedError where the file header itself is cut short.
    """
    if data[:4] == _NG:
        yield from _pcapng(data, name, counts)
    else:
        yield from _classic(data, name, counts)


def _classic(data: bytes, name: str, counts: Counter[str]) -> Iterator[Frame]:
    order, unit_ns = _CLASSIC[data[:4]]
    if len(data) < 24:
        raise FeedError(name, "truncated_file", f"a pcap header has 24 octets, found {len(data)}")
    (link,) = struct.unpack_from(order + "I", data, 20)
    header = struct.Struct(order + "IIII")
    at = 24
    while at < len(data):
        if at + 16 > len(data):
            counts["truncated_frame"] += 1
            return
        seconds, fraction, kept, _ = header.unpack_from(data, at)
        at += 16
        if at + kept > len(data):
            counts["truncated_frame"] += 1
            return
        # The upper bits of the link field tell of a frame check sequence; the type is in the lower 16.
        yield (
            seconds * 1_000_000_000 + fraction * unit_ns,
            link & 0xFFFF,
            bytes(data[at : at + kept]),
        )
        at += kept


def _pcapng(data: bytes, name: str, counts: Counter[str]) -> Iterator[Frame]:
    if len(data) < 28 or data[8:12] not in _NG_ORDERS:
        raise FeedError(name, "truncated_file", "the pcapng section header is not whole")
    order = "<"
    interfaces: list[tuple[int, int, int]] = []  # link type, units in a second, offset in seconds
    at = 0
    while at < len(data):
        if data[at : at + 4] == _NG:
            order = _NG_ORDERS.get(data[at + 8 : at + 12], order)
            interfaces = []
        if at + 12 > len(data):
            counts["truncated_frame"] += 1
            return
        kind, length = struct.unpack_from(order + "II", data, at)
        if length < 12 or length % 4 or at + length > len(data):
            counts["truncated_frame"] += 1
            return
        body = data[at + 8 : at + length - 4]
        at += length
        if kind == 1 and len(body) >= 8:
            interfaces.append(_interface(body, order))
        elif kind == 6 and len(body) >= 20:
            number, high, low, kept, _ = struct.unpack_from(order + "5I", body)
            if number >= len(interfaces) or 20 + kept > len(body):
                counts["truncated_frame"] += 1
                continue
            link, units, offset_s = interfaces[number]
            t_ns = (high << 32 | low) * 1_000_000_000 // units + offset_s * 1_000_000_000
            yield t_ns, link, bytes(body[20 : 20 + kept])
        elif kind == 3 and len(body) >= 4 and interfaces:
            (original,) = struct.unpack_from(order + "I", body)
            yield None, interfaces[0][0], bytes(body[4 : 4 + original])


def _interface(body: bytes, order: str) -> tuple[int, int, int]:
    link = struct.unpack_from(order + "H", body)[0]
    units, offset_s, at = 1_000_000, 0, 8
    while at + 4 <= len(body):
        code, length = struct.unpack_from(order + "HH", body, at)
        value = body[at + 4 : at + 4 + length]
        if code == 0:
            break
        if code == 9 and length == 1 and len(value) == 1:  # if_tsresol
            power = value[0] & 0x7F
            units = 2**power if value[0] & 0x80 else 10**power
        elif code == 14 and length == 8 and len(value) == 8:  # if_tsoffset
            offset_s = struct.unpack(order + "q", value)[0]
        at += 4 + (length + 3) // 4 * 4
    return link, units, offset_s
