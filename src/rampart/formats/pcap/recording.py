"""One recording of ASTERIX, whatever it came in: (time or None, datagram) in order, losses counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rampart.domain.errors import ConfigError, Fault, FeedError
from rampart.formats.pcap.capture import frames, is_capture
from rampart.formats.pcap.udp import payload

# How recorders wrap blocks: name -> octets before the first, before each, after each block.
_WRAPPERS: Final = {
    "blocks": (0, 0, 0),
    "blocks, each behind a 6-octet recorder header": (0, 6, 0),
    "blocks, each with a 10-octet recorder trailer, behind 2,200 octets of filler": (2200, 0, 10),
}


def unwrap(data: bytes) -> tuple[str, list[bytes]] | None:
    """(wrapper, blocks) of octets that are nothing but whole ASTERIX blocks in a known wrapper.

    A 6-octet header is a 2-octet length, counting itself and the block, and 4 octets of stamp, which
    is not used. None where no wrapper explains every octet.
    """
    for name, (filler, before, after) in _WRAPPERS.items():
        at, found = filler, []
        while at + before + 3 <= len(data):
            start = at + before
            length = data[start + 1] << 8 | data[start + 2]
            framed = before == 0 or data[at] << 8 | data[at + 1] == before + length
            if data[start] == 0 or length < 4 or not framed:
                break
            found.append(data[start : start + length])
            at = start + length + after
        if found and at == len(data):
            return name, found
    return None


class Recording:
    """Datagrams of one recording. Iterate it once for each reading; `counts` adds up as it is read.

    `kind`: pcap, pcapng or blocks. `wrappers`: how often each known recorder wrapper was found and
    taken off. `counts`: datagrams, and frames left out by reason.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        self.counts: Counter[str] = Counter()
        self.wrappers: Counter[str] = Counter()
        self._data = data
        if not data:
            raise FeedError(name, "empty", "the file has no octets")
        if is_capture(data):
            self.kind = "pcapng" if data[:1] == b"\n" else "pcap"
        else:
            self.kind = "blocks"
            self._check_blocks()

    def _check_blocks(self) -> None:
        """Octets without a container must at least begin with a block that fits."""
        length = int.from_bytes(self._data[1:3], "big")
        if unwrap(self._data) or 4 <= length <= len(self._data):
            return
        raise FeedError(
            self.name,
            "unknown_container",
            f"found {len(self._data)} octets beginning {self._data[:4].hex(' ')}; "
            "allowed: a pcap or pcapng capture, or ASTERIX blocks back to back",
        )

    def __iter__(self) -> Iterator[tuple[int | None, bytes]]:
        """(ns UTC, datagram); None where the container tells no time. Each file of blocks yields
        block by block. Raises FeedError where a capture's header or link type cannot be read.
        """
        if self.kind == "blocks":
            yield from self._blocks()
            return
        for t_ns, link, frame in frames(self._data, self.name, self.counts):
            data = payload(link, frame, self.counts)
            if data is None:
                continue
            self.counts["datagrams"] += 1
            yield t_ns, self._bare(data)

    def _bare(self, data: bytes) -> bytes:
        """The datagram without a recorder's wrapper; as it is where none explains it."""
        found = unwrap(data)
        if found is None or found[0] == "blocks":
            return data
        self.wrappers[found[0]] += 1
        return b"".join(found[1])

    def _blocks(self) -> Iterator[tuple[None, bytes]]:
        found = unwrap(self._data)
        blocks = found[1] if found else _chain(self._data)
        if found and found[0] != "blocks":
            self.wrappers[found[0]] += 1
        for block in blocks:
            self.counts["datagrams"] += 1
            yield None, block


def _chain(data: bytes) -> Iterator[bytes]:
    """Block after block while lengths make sense, then all that is left in one piece."""
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at + 1 : at + 3], "big")
        if length < 4 or at + length > len(data):
            length = len(data) - at
        yield data[at : at + length]
        at += length


def open_recording(data: bytes, name: str) -> Recording:
    """A recording in memory. Raises FeedError where it is empty or of no known kind."""
    return Recording(data, name)


def read_recording(path: Path) -> Recording:
    """The recording in a file. Raises ConfigError where it cannot be read, FeedError where it is empty
    or of no known kind.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        fault = Fault("file", error.strerror or str(error), "a readable recording")
        raise ConfigError(str(path), [fault]) from None
    return Recording(data, path.name)
