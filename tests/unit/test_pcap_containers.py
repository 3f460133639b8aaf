"""Containers: captures of every kind carried, bare blocks, recorder wrappers, and faulty files."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from rampart.domain.errors import ConfigError, FeedError
from rampart.formats.pcap import open_recording, read_recording

BLOCK = bytes.fromhex("300006 8019c9".replace(" ", ""))
T_NS = 1_462_433_756_508_910_000
ETHERNET = bytes(12)


def udp(data: bytes) -> bytes:
    return struct.pack(">HHHH", 21_000, 8600, 8 + len(data), 0) + data


def ip4(data: bytes, *, protocol: int = 17, fragment: int = 0x4000, options: bytes = b"") -> bytes:
    header = 20 + len(options)
    fixed = struct.pack(
        ">BBHHHBBHII", 0x40 | header // 4, 0, header + len(data), 1, fragment, 64, protocol, 0, 1, 2
    )
    return fixed + options + data


def ip6(data: bytes, *, following: int = 17) -> bytes:
    return struct.pack(">IHBB", 6 << 28, len(data), following, 64) + bytes(32) + data


def pcap(*frames: bytes, link: int = 1, order: str = "<", nano: bool = False) -> bytes:
    magic, unit = (0xA1B23C4D, 1) if nano else (0xA1B2C3D4, 1000)
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65_535, link)
    for i, frame in enumerate(frames):
        seconds, rest = divmod(T_NS + i * 10**9, 10**9)
        data += struct.pack(order + "IIII", seconds, rest // unit, len(frame), len(frame)) + frame
    return data


def read(data: bytes) -> list[tuple[int | None, bytes]]:
    return list(open_recording(data, "test"))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nano", [False, True])
def test_a_capture_gives_time_and_datagram_in_either_byte_order(order: str, nano: bool) -> None:
    frame = ETHERNET + b"\x08\x00" + ip4(udp(BLOCK))
    assert read(pcap(frame, frame, order=order, nano=nano)) == [
        (T_NS, BLOCK), (T_NS + 10**9, BLOCK),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("link", "frame"),
    [
        (1, ETHERNET + b"\x08\x00" + ip4(udp(BLOCK)) + bytes(18)),
        (1, ETHERNET + b"\x08\x00" + ip4(udp(BLOCK), options=bytes(8))),
        (1, ETHERNET + b"\x81\x00\x00\x05\x08\x00" + ip4(udp(BLOCK))),
        (1, ETHERNET + b"\x88\xa8\x00\x05\x81\x00\x00\x06\x08\x00" + ip4(udp(BLOCK))),
        (1, ETHERNET + b"\x86\xdd" + ip6(udp(BLOCK))),
        (1, ETHERNET + b"\x86\xdd" + ip6(b"\x11\x00" + bytes(6) + udp(BLOCK), following=0)),
        (113, bytes(14) + b"\x08\x00" + ip4(udp(BLOCK))),
        (276, b"\x86\xdd" + bytes(18) + ip6(udp(BLOCK))),
        (101, ip4(udp(BLOCK))),
        (101, ip6(udp(BLOCK))),
        (228, ip4(udp(BLOCK))),
        (0, b"\x02\x00\x00\x00" + ip4(udp(BLOCK))),
        (0, b"\x1e\x00\x00\x00" + ip6(udp(BLOCK))),
        (108, b"\x00\x00\x00\x02" + ip4(udp(BLOCK))),
    ],
)
def test_every_link_type_carried_leads_to_the_same_datagram(link: int, frame: bytes) -> None:
    assert read(pcap(frame, link=link)) == [(T_NS, BLOCK)]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (ETHERNET + b"\x08\x00" + ip4(udp(BLOCK), fragment=0x2000), "fragment"),
        (ETHERNET + b"\x08\x00" + ip4(BLOCK, fragment=0x0003), "fragment"),
        (ETHERNET + b"\x86\xdd" + ip6(bytes(8) + udp(BLOCK), following=44), "fragment"),
        (ETHERNET + b"\x08\x00" + ip4(udp(BLOCK), protocol=6), "not_udp"),
        (ETHERNET + b"\x08\x06" + bytes(28), "not_udp"),
        (ETHERNET + b"\x08\x00" + ip4(udp(BLOCK))[:-3], "truncated_frame"),
        (ETHERNET[:9], "truncated_frame"),
        (ETHERNET + b"\x08\x00" + bytes(40), "bad_packet"),
    ],
)
def test_what_carries_no_whole_datagram_is_counted_and_the_rest_survives(
    frame: bytes, reason: str
) -> None:
    good = ETHERNET + b"\x08\x00" + ip4(udp(BLOCK))
    recording = open_recording(pcap(good, frame, good), "test")
    assert [data for _, data in recording] == [BLOCK, BLOCK]
    assert recording.counts == {"datagrams": 2, reason: 1}


def test_pcapng_gives_what_its_interface_says() -> None:
    frame = ip4(udp(BLOCK))
    padded = frame + bytes(-len(frame) % 4)

    def block(kind: int, body: bytes) -> bytes:
        length = struct.pack("<I", 12 + len(body))
        return struct.pack("<I", kind) + length + body + length

    t = T_NS  # if_tsresol 9: nanoseconds
    data = (
        block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        + block(1, struct.pack("<HHI", 101, 0, 0) + struct.pack("<HHBxxxI", 9, 1, 9, 0))
        + block(5, bytes(12))
        + block(6, struct.pack("<5I", 0, t >> 32, t & 0xFFFFFFFF, len(frame), len(frame)) + padded)
        + block(3, struct.pack("<I", len(frame)) + padded)
    )
    assert read(data) == [(T_NS, BLOCK), (None, BLOCK)]
    for length in range(28, len(data)):
        assert read(data[:length]) in ([], [(T_NS, BLOCK)])


def test_a_capture_cut_anywhere_gives_its_whole_frames() -> None:
    frame = ETHERNET + b"\x08\x00" + ip4(udp(BLOCK))
    data = pcap(frame, frame)
    for length in range(24, len(data)):
        recording = open_recording(data[:length], "test")
        whole = (length - 24) // (16 + len(frame))
        assert len(list(recording)) == whole
        assert recording.counts["truncated_frame"] == ((length - 24) % (16 + len(frame)) > 0)
    with pytest.raises(FeedError, match="24 octets, found 23"):
        read(data[:23])


def test_bare_blocks_come_one_by_one_without_time() -> None:
    assert read(BLOCK * 3) == [(None, BLOCK)] * 3
    assert read(BLOCK * 2 + BLOCK[:4]) == [(None, BLOCK), (None, BLOCK), (None, BLOCK[:4])]


def test_a_recorders_header_is_taken_off_and_reported() -> None:
    wrapped = (len(BLOCK) + 6).to_bytes(2, "big") + b"\x02\xbb\x40\x35" + BLOCK
    frame = ETHERNET + b"\x08\x00" + ip4(udp(wrapped * 2))
    recording = open_recording(pcap(frame), "test")
    assert [data for _, data in recording] == [BLOCK * 2]
    assert recording.wrappers == {"blocks, each behind a 6-octet recorder header": 1}
    assert read(wrapped * 2) == [(None, BLOCK)] * 2


def test_a_recorders_filler_and_trailers_are_taken_off_and_reported() -> None:
    recording = open_recording(b"\xcd" * 2200 + (BLOCK + bytes(10)) * 3, "test")
    assert [data for _, data in recording] == [BLOCK] * 3
    assert recording.wrappers.total() == 1


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "the file has no octets"),
        (b"no radar here", "found 13 octets beginning 6e 6f 20 72"),
        (BLOCK[:5], "allowed: a pcap or pcapng capture, or ASTERIX blocks"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_with_what_was_found(data: bytes, told: str) -> None:
    with pytest.raises(FeedError, match=told):
        open_recording(data, "test")


def test_a_link_type_that_cannot_be_read_is_told_with_those_that_can() -> None:
    with pytest.raises(FeedError, match="found 105; allowed: 0 loopback, 1 Ethernet"):
        read(pcap(bytes(40), link=105))


def test_a_file_that_is_missing_is_the_users_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_recording(tmp_path / "missing.pcap")
    (tmp_path / "there.ast").write_bytes(BLOCK)
    assert list(read_recording(tmp_path / "there.ast")) == [(None, BLOCK)]
