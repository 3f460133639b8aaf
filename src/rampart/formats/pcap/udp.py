"""From a captured frame to the payload of its UDP datagram."""

from __future__ import annotations

from collections import Counter
from typing import Final

from rampart.domain.errors import FeedError

_IP4, _IP6 = 0x0800, 0x86DD
_VLAN: Final = (0x8100, 0x88A8, 0x9100)
_UDP: Final = 17
_IP6_OPTIONS: Final = (0, 43, 60)  # hop-by-hop, routing, destination options
_IP6_FRAGMENT: Final = 44
_LOOPBACK_IP6: Final = (24, 28, 30)  # AF_INET6 of the BSDs and macOS

LINKS: Final = {
    0: "loopback", 1: "Ethernet", 101: "raw IP", 108: "loopback", 113: "Linux cooked",
    228: "raw IPv4", 229: "raw IPv6", 276: "Linux cooked v2",
}  # fmt: skip
"""Link types that can be read, by their number in captures."""


def payload(link: int, frame: bytes, counts: Counter[str]) -> bytes | None:
    """The UDP payload of a frame; None, with the reason counted, where there is none to have.

    Fragments of IP are counted, not put together: ASTERIX keeps its blocks within one frame.
    Raises FeedError for a link type that cannot be read.
    """
    reason, found = _network(link, frame)
    if reason:
        counts[reason] += 1
    return found


def _u16(data: bytes, at: int) -> int:
    return data[at] << 8 | data[at + 1]


def _network(link: int, frame: bytes) -> tuple[str, bytes | None]:
    try:
        if link == 1:
            at = 12
            while _u16(frame, at) in _VLAN:
                at += 4
            return _ip(_u16(frame, at), frame[at + 2 :])
        if link == 113:
            return _ip(_u16(frame, 14), frame[16:])
        if link == 276:
            return _ip(_u16(frame, 0), frame[20:])
        if link in (101, 228, 229):
            return _ip(_IP6 if frame[0] >> 4 == 6 else _IP4, frame)
        if link in (0, 108):
            family = max(frame[0], frame[3])  # little- or big-endian, always below 256
            return _ip(_IP6 if family in _LOOPBACK_IP6 else _IP4, frame[4:])
    except IndexError:
        return "truncated_frame", None
    allowed = ", ".join(f"{number} {word}" for number, word in LINKS.items())
    raise FeedError("pcap", "link_type", f"found {link}; allowed: {allowed}")


def _ip(protocol: int, packet: bytes) -> tuple[str, bytes | None]:
    if protocol == _IP4:
        header = (packet[0] & 15) * 4
        if packet[0] >> 4 != 4 or header < 20:
            return "bad_packet", None
        if _u16(packet, 6) & 0x3FFF:  # more fragments, or an offset
            return "fragment", None
        # A total length of 0 is left by network cards that split packets themselves.
        end = _u16(packet, 2) or len(packet)
        return _udp(packet[9], packet[header:end])
    if protocol == _IP6:
        if packet[0] >> 4 != 6:
            return "bad_packet", None
        following, at, end = packet[6], 40, 40 + _u16(packet, 4)
        while following in _IP6_OPTIONS:
            following, at = packet[at], at + 8 + packet[at + 1] * 8
        if following == _IP6_FRAGMENT:
            return "fragment", None
        return _udp(following, packet[at:end])
    return "not_udp", None


def _udp(protocol: int, segment: bytes) -> tuple[str, bytes | None]:
    if protocol != _UDP:
        return "not_udp", None
    length = _u16(segment, 4)
    if length < 8 or length > len(segment):
        return "truncated_frame", None
    return "", segment[8:length]
