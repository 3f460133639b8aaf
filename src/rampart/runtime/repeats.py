"""One report through two channels: networks carry a radar twice, and recorders keep both copies.

A row that says bit for bit what the same sensor said a moment ago is the same report. The tracker
recognises near-equal echoes of the sensors that it knows; this needs no position, so it also tells
of radars that cannot be placed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from rampart.domain.messages import PLOT_DTYPE, Input, PlotBatch, Rejected
from rampart.domain.time import NS_PER_S

REMEMBERED_NS: Final = 2 * NS_PER_S


def without_repeats(messages: Iterable[Input]) -> Iterator[Input]:
    """`messages` with each repeated plot taken out and counted as `Rejected`, reason ``duplicate``."""
    heard: dict[str, dict[bytes, int]] = {}
    for message in messages:
        if not isinstance(message, PlotBatch):
            yield message
            continue
        now_ns, seen = message.t_arrival_ns, heard.setdefault(message.sensor, {})
        for row in [row for row, at_ns in seen.items() if now_ns - at_ns > REMEMBERED_NS]:
            del seen[row]
        size = PLOT_DTYPE.itemsize
        rows = [message.data[at : at + size] for at in range(0, len(message.data), size)]
        fresh = [row for row in dict.fromkeys(rows) if row not in seen]
        seen.update(dict.fromkeys(fresh, now_ns))
        repeated = len(rows) - len(fresh)
        if repeated:
            yield Rejected(
                feed=message.sensor, reason="duplicate", count=repeated, t_arrival_ns=now_ns
            )
        if fresh or message.complete:
            yield msgspec.structs.replace(message, data=b"".join(fresh))
