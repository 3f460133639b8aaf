"""The clocks of one source, by its arrival stamps and by what its content is of. ADR 7."""

from __future__ import annotations

from typing import Final

import msgspec

from rampart.domain.messages import Input, PlotBatch
from rampart.domain.time import NS_PER_S
from rampart.engine.stamps import content_ns

LEAP_NS: Final = 60 * NS_PER_S
"""No feed is silent for so long: its Ticks come on a grid, and no antenna turns more slowly."""

BACK_NS: Final = NS_PER_S // 4
"""[A] A stamp further back than this is no late delivery: time would stand still until it is caught up."""

SAME_NS: Final = NS_PER_S // 2
"""[A] Ages of a source's content that differ by less are the same: radars deliver in parts of a scan."""

LEAD_NS: Final = SAME_NS
"""[A] Content from further ahead is stamped by another clock, for nothing is told before it happens; so is
content older than LEAP_NS, or than what others deliver by more than can be put in order."""

PATIENCE_NS: Final = NS_PER_S
"""[A] What nothing has confirmed while time went on for so long stands alone; a source whose content has
been of another time for so long keeps that time."""

BESIDE_NS: Final = 5 * NS_PER_S
"""[A] A sensor that has delivered plots or an empty look within this stands beside the others."""

OFFSETS: Final = 8
"""Offsets remembered: a clock that returns to one of them takes it up exactly."""


class Clock(msgspec.Struct, kw_only=True):
    """The clocks of one source.

    `offset_ns`, `event_ns`: its arrival and its event stamps less engine time. `before_ns`: the former
    offset, while it has not itself spoken since others stepped. `alone`: it stepped once and others did
    not. `lag_ns`: how old its content last was. `heard_ns`: engine time when it was last believed;
    `rhythm`: the same for each kind of message, and how long after the one before. `doubt_ns`: the stamp
    that disagreed last, `meant_ns` the engine time it would stand for; `waiting`: messages that nothing
    has confirmed yet. `far_ns`: its event stamps less engine time since `far_from_ns`, where no clock
    tells such a time.
    """

    offset_ns: int
    event_ns: int
    before_ns: int | None = None
    alone: bool = False
    lag_ns: int | None = None
    heard_ns: int = -1
    rhythm: dict[str, tuple[int, int]] = {}
    doubt_ns: int | None = None
    meant_ns: int = 0
    waiting: list[Input] = []
    far_ns: int = 0
    far_from_ns: int | None = None

    def expected_ns(self, kind: str, now_ns: int) -> int:
        """Engine time at which it would send such a message next, going on as before."""
        heard_ns, period_ns = self.rhythm.get(kind, (now_ns, 0))
        return max(now_ns, heard_ns + period_ns) if period_ns <= LEAP_NS else now_ns

    def hear(self, message: Input, now_ns: int) -> None:
        """A message of the source is believed to be of `now_ns`."""
        kind = type(message).__name__
        heard_ns, _ = self.rhythm.get(kind, (now_ns, 0))
        self.rhythm[kind] = now_ns, now_ns - heard_ns
        self.heard_ns = now_ns

    def delivers(self, now_ns: int) -> bool:
        """Whether the source has brought looks of late."""
        heard_ns, _ = self.rhythm.get(PlotBatch.__name__, (-LEAP_NS, 0))
        return now_ns - heard_ns <= BESIDE_NS

    @property
    def newest_ns(self) -> int:
        """How old the newest of its looks last was: half a delivery younger than its middle, and of its
        receipt where it was empty."""
        _, period_ns = self.rhythm[PlotBatch.__name__]
        return (self.lag_ns or 0) - period_ns // 2

    def follow_events(self, t_ns: int, now_ns: int, oldest_ns: int, offsets: Offsets) -> None:
        """Choose the offset by which content of `t_ns` is as old as the source's content last was: a sensor
        may keep its own time, or be stamped by the clock that has stepped. Where none makes it content of
        now, no older than `oldest_ns`, and that lasts, the time of its receipt stands for the sensor's own."""
        usual_ns = self.lag_ns or 0

        def odd_ns(offset_ns: int) -> int:
            return abs(now_ns - (t_ns - offset_ns) - usual_ns)

        best_ns = self.event_ns
        if odd_ns(best_ns) > SAME_NS:  # else none can be less odd by as much
            other_ns = min(offsets.known, key=odd_ns)
            if odd_ns(other_ns) + SAME_NS < odd_ns(best_ns):
                best_ns = other_ns
        lag_ns = now_ns - (t_ns - best_ns)
        if -LEAD_NS <= lag_ns <= oldest_ns:
            self.event_ns, self.lag_ns = best_ns, lag_ns
            self.far_ns, self.far_from_ns = 0, None
            return
        if self.far_from_ns is None or abs(t_ns - now_ns - self.far_ns) > SAME_NS:
            self.far_ns, self.far_from_ns = t_ns - now_ns, now_ns
        elif now_ns - self.far_from_ns >= PATIENCE_NS:
            self.event_ns = offsets.returned(self.far_ns)
            self.lag_ns = now_ns - (t_ns - self.event_ns)
            self.far_ns, self.far_from_ns = 0, None

    def tells_of_now(self, message: Input, now_ns: int) -> bool:
        """Whether the content is of about now, or of no time: then only its stamp can be wrong."""
        t_ns = content_ns(message)
        if t_ns is None:
            return True
        lag_ns = now_ns - (t_ns - self.event_ns)
        if self.lag_ns is None:
            return -LEAD_NS <= lag_ns <= LEAP_NS
        return abs(lag_ns - self.lag_ns) <= SAME_NS


class Offsets:
    """The last offsets at which a clock has stood, the newest last."""

    def __init__(self) -> None:
        self.known: list[int] = []

    def returned(self, offset_ns: int) -> int:
        """The known offset that a clock has returned to, else `offset_ns`, which is known from now on."""
        for known_ns in self.known:
            if abs(known_ns - offset_ns) <= SAME_NS:
                offset_ns = known_ns
                break
        self.known = [o for o in self.known if o != offset_ns][-(OFFSETS - 1) :]
        self.known.append(offset_ns)
        return offset_ns
