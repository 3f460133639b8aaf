"""Datagrams as a classic pcap capture with nanosecond stamps: what other programs open."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_FILE_HEADER: Final = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262_144, 1)  # 1: Ethernet
_ETHERNET: Final = bytes(12) + b"\x08\x00"
_ADDRESS: Final = bytes((127, 0, 0, 1))
PORT: Final = 8600
"""UDP port that IANA assigns to ASTERIX, and the one that dissectors know."""
MAX_PAYLOAD: Final = 65_507


def write_capture(path: str | Path, datagrams: Iterable[tuple[int, bytes]]) -> None:
    """Write (time ns UTC, payload) as UDP over IPv4 over Ethernet; ValueError above `MAX_PAYLOAD`."""
    with Path(path).open("wb") as file:
        file.write(_FILE_HEADER)
        for t_ns, data in datagrams:
            frame = _frame(data)
            seconds, fraction_ns = divmod(t_ns, 1_000_000_000)
            file.write(struct.pack("<IIII", seconds, fraction_ns, len(frame), len(frame)) + frame)


def _frame(data: bytes) -> bytes:
    if len(data) > MAX_PAYLOAD:
        raise ValueError(f"a datagram holds at most {MAX_PAYLOAD} octets, not {len(data)}")
    # UDP without a checksum (RFC 768 allows 0); IPv4 header of 20 octets, its checksum as RFC 1071.
    udp = struct.pack(">HHHH", PORT, PORT, 8 + len(data), 0)
    head = struct.pack(">BBHHHBBH", 0x45, 0, 28 + len(data), 0, 0, 64, 17, 0) + _ADDRESS * 2
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    head = head[:10] + struct.pack(">H", ~total & 0xFFFF) + head[12:]
    return _ETHERNET + head + udp + data
