"""Which arrival stamps are believed: *now* moves far, or back at the start, only where two messages agree.

A single absurd stamp may neither end what stands nor make all that follows too late or too early; nor
may the first message after a long silence be lost because nothing has confirmed its stamp yet.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from rampart.domain.messages import PLOT_DTYPE, Input, KnownTrack, PlotBatch, SensorStatus
from rampart.domain.time import NS_PER_S

LEAP_NS: Final = 60 * NS_PER_S
"""No feed is silent for so long: its Ticks come on a grid, and no antenna turns more slowly."""

FAR_NS: Final = 2**62
"""Stamps beyond (2116, 1823) are taken for this one: sums with them must stay 64-bit integers."""

_decode: Final = msgspec.msgpack.Decoder(Input).decode


class Admitted(NamedTuple):
    """What to handle now, in this order, with stamps that are believed; `reason`: why the message's own
    stamp was doubted, or empty; `anew`: all before it stood at a time that proved wrong."""

    messages: list[Input]
    reason: str = ""
    anew: bool = False


class Arrivals:
    """The messages whose stamps still stand alone: the first of all, and the last that disagreed."""

    def __init__(self) -> None:
        self._first: Input | None = None
        self._doubted: Input | None = None

    def admit(self, message: Input, now_ns: int | None) -> Admitted:
        """What `message` sets free at `now_ns` (None: it is the first of all)."""
        if abs(message.t_arrival_ns) > FAR_NS:
            message = _stamped(message, FAR_NS if message.t_arrival_ns > 0 else -FAR_NS)
        if now_ns is None:
            self._first = message
            return Admitted([message])
        ahead_ns = message.t_arrival_ns - now_ns
        waiting, self._doubted = self._doubted, None
        # what waits was handled at once unless it tells of another time than now
        held = [waiting] if waiting is not None and not _tells_of(waiting, now_ns) else []
        if -LEAP_NS <= ahead_ns <= LEAP_NS or (ahead_ns < 0 and self._first is None):
            self._first = None
            reason = "arrival_backwards" if ahead_ns < 0 else ""
            return Admitted([*(_stamped(one, now_ns) for one in held), message], reason)
        if waiting is not None and abs(message.t_arrival_ns - waiting.t_arrival_ns) <= LEAP_NS:
            first, self._first = self._first, None
            if first is None:
                return Admitted([*held, message])
            return Admitted([_stamped(first, waiting.t_arrival_ns), waiting, message], anew=True)
        self._doubted = message
        timely = [message] if _tells_of(message, now_ns) else []
        reason = "arrival_leap" if ahead_ns > 0 else "arrival_backwards"
        return Admitted([_stamped(one, now_ns) for one in held + timely], reason)

    def state(self) -> list[Any]:
        """Plain data for a snapshot."""
        return [
            None if one is None else msgspec.msgpack.encode(one)
            for one in (self._first, self._doubted)
        ]

    def load(self, state: list[Any]) -> None:
        """Restore what `state` gave."""
        self._first, self._doubted = (None if one is None else _decode(one) for one in state)


def _stamped(message: Input, t_ns: int) -> Input:
    return msgspec.structs.replace(message, t_arrival_ns=t_ns)


def _tells_of(message: Input, now_ns: int) -> bool:
    """Whether the content is of about `now_ns`, or of no time: then only its stamp can be wrong."""
    match message:
        case PlotBatch() if message.data and len(message.data) % PLOT_DTYPE.itemsize == 0:
            t_ns = int(message.rows["t_event_ns"].max())
        case KnownTrack() | SensorStatus():
            t_ns = message.t_event_ns
        case _:
            return True
    return abs(t_ns - now_ns) <= LEAP_NS
