"""One uninterrupted time inside the engine, whatever the clocks outside do. ADR 7.

Each source stamps by a clock that may be set, back or ahead. `Timebase` keeps how far each stands
ahead of the engine's own time, which only ever passes: a step that two messages agree on changes an
offset, and no track, alarm or timer. Outputs are told in the time of the service's own clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec

from rampart.domain.messages import Input, PlotBatch, SensorHealth, SensorStatus
from rampart.domain.time import NS_PER_S
from rampart.engine.stamps import (
    FAR_NS,
    SERVICE,
    Told,
    content_ns,
    event_moved,
    later,
    near_ns,
    source_of,
    stamped,
)

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

START_NS: Final = 0, FAR_NS - 2**58
"""Engine time starts at the first stamp, but not before 1970 nor after 2107: there is room to count on."""

BESIDE_NS: Final = 5 * NS_PER_S
"""[A] A sensor that has delivered plots or an empty look within this stands beside the others."""

REPEAT_NS: Final = 60 * NS_PER_S
"""What is wrong with a clock is said again so often while it lasts, and never more often."""

OFFSETS: Final = 8
"""Offsets remembered: a clock that returns to one of them takes it up exactly."""

WAITING: Final = 16
"""Messages of one source that may wait for another that agrees."""

FEEDS: Final = 16
"""[A] Feeds of known traffic whose clocks are kept: a site has a handful, and each message looks at all."""


class Read(NamedTuple):
    """What to handle now, in this order, stamped in engine time; `reason`: why the message's own stamp
    was doubted, or empty."""

    messages: list[Input]
    reason: str = ""
    detail: str = ""


class _Clock(msgspec.Struct, kw_only=True):
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


class Timebase:
    """Engine time, and the clocks of all that is heard. `now_ns`: None before the first message.

    `sensors`: ids of the site's own, whose clocks are never forgotten; `order_ns`: how much later than another
    sensor's plots those of one can be and still take their place.
    """

    def __init__(self, sensors: Iterable[str], order_ns: int) -> None:
        self._sensors = frozenset(sensors)
        self._lasting = {SERVICE, *self._sensors}
        self._order_ns = order_ns
        self.now_ns: int | None = None
        self._clocks: dict[str, _Clock] = {}
        self._reference = SERVICE
        self._offsets: list[int] = []
        self._news: list[str] = []
        self._said: dict[str, int] = {}

    @property
    def offset_ns(self) -> int:
        """The service's own clock less engine time: what outputs are told in."""
        clock = self._clocks.get(self._reference)
        return clock.offset_ns if clock else 0

    # ------------------------------------------------------------------------------- stamps in
    def read(self, message: Input) -> Read:
        """What `message` sets free, with engine time moved on to it where its stamp is believed.

        A sensor that the site lacks has no clock: after the first message of all, its stamps count for
        nothing, and what it says is handled as *now*."""
        stamp_ns = near_ns(message.t_arrival_ns)
        if stamp_ns != message.t_arrival_ns:
            message = stamped(message, stamp_ns)
        name = source_of(message)
        first = self.now_ns is None
        if self.now_ns is None:
            self.now_ns = min(max(stamp_ns, START_NS[0]), START_NS[1])
            self._reference = name
            self._offsets.append(stamp_ns - self.now_ns)
            self._clocks[name] = _new(stamp_ns - self.now_ns)
        elif isinstance(message, PlotBatch | SensorStatus) and name not in self._sensors:
            return Read([stamped(message, self.now_ns)])
        released: list[Input] = []
        clock = self._clocks.get(name)
        if clock is None:
            released = self._make_room()
            clock = self._clocks[name] = _new(self.offset_ns)
        if name == SERVICE:
            self._reference = name
        before_ns = self.offset_ns
        for offset_ns in (clock.offset_ns, clock.before_ns, before_ns):
            if offset_ns is None:
                continue
            ahead_ns = stamp_ns - offset_ns - self.now_ns
            if -BACK_NS <= ahead_ns <= LEAP_NS:
                break
        else:
            doubted = self._doubt(name, clock, message)
            return doubted._replace(messages=[*released, *doubted.messages])
        if first and not self._tells_of_now(message, clock):
            # one of its own two stamps is wrong: whichever message is believed next tells which
            clock.waiting.append(message)
            clock.meant_ns = self.now_ns - PATIENCE_NS - 1
            return Read([])
        if offset_ns == clock.before_ns:
            self._contradict(clock.offset_ns)
        clock.offset_ns, clock.before_ns = offset_ns, None
        self._note_step(before_ns)
        released += self._release(clock)
        now_ns = self._hear(clock, message)
        for other in self._clocks.values():
            # the others' time went on: what disagreed with it stands alone
            if other.waiting and now_ns - other.meant_ns > PATIENCE_NS:
                released += self._release(other)
        reason = "arrival_backwards" if ahead_ns < 0 else ""
        return Read([*released, self._inside(message, clock)], reason)

    def _make_room(self) -> list[Input]:
        """Forget the clock of the feed heard least lately where there are too many; returns what waited of
        it. Outputs are told by the reference, which stays."""
        feeds = [name for name in self._clocks if name not in {*self._lasting, self._reference}]
        if len(feeds) < FEEDS:
            return []
        return self._release(self._clocks.pop(min(feeds, key=lambda f: self._clocks[f].heard_ns)))

    def _doubt(self, name: str, clock: _Clock, message: Input) -> Read:
        """Believe a stamp that is far from now if another one agrees with it; else keep it in mind."""
        assert self.now_ns is not None
        stamp_ns = message.t_arrival_ns
        ahead_ns = stamp_ns - clock.offset_ns - self.now_ns
        mates = (clock, *self._clocks.values())
        mate = next((c for c in mates if _agree(c.doubt_ns, stamp_ns)), None)
        if mate is not None:
            before_ns = self.offset_ns
            self._step(mate, clock)
            self._note_step(before_ns)
            pairs = [(one, mate) for one in mate.waiting]
            pairs += [(one, clock) for one in (clock.waiting if clock is not mate else [])]
            mate.waiting, clock.waiting, mate.doubt_ns, clock.doubt_ns = [], [], None, None
            believed = []
            for one, whose in sorted([*pairs, (message, clock)], key=lambda p: p[0].t_arrival_ns):
                self._hear(whose, one)
                believed.append(self._inside(one, whose))
            return Read(believed)
        reason = "arrival_leap" if ahead_ns > 0 else "arrival_backwards"
        detail = f"{name or 'clock'} {ahead_ns / NS_PER_S:+.1f} s"
        clock.doubt_ns, clock.meant_ns = (
            stamp_ns,
            clock.expected_ns(type(message).__name__, self.now_ns),
        )
        if self._tells_of_now(message, clock):
            return Read([self._inside(message, clock)], reason, detail)
        clock.waiting.append(message)
        late = [clock.waiting.pop(0)] if len(clock.waiting) > WAITING else []
        return Read([self._inside(one, clock) for one in late], reason, detail)

    def _step(self, mate: _Clock, clock: _Clock) -> None:
        """Two that agree are believed; all that stood where they stood are taken to have stepped with them,
        until one of these speaks in the old time."""
        assert mate.doubt_ns is not None
        offset_ns = self._returned(mate.doubt_ns - mate.meant_ns)
        old_ns = () if mate.alone or clock.alone else (mate.offset_ns, clock.offset_ns)
        for other in self._clocks.values():
            if other.offset_ns in old_ns:
                other.before_ns, other.offset_ns = other.offset_ns, offset_ns
        for sure in (mate, clock):
            sure.offset_ns, sure.before_ns = offset_ns, None

    def _contradict(self, offset_ns: int) -> None:
        """The step to `offset_ns` was not everybody's: who has not taken part goes back."""
        for other in self._clocks.values():
            if other.offset_ns != offset_ns:
                continue
            other.alone = other.before_ns is None
            if other.before_ns is not None:
                other.offset_ns, other.before_ns = other.before_ns, None

    def _hear(self, clock: _Clock, message: Input) -> int:
        """Move engine time on to a stamp that is believed; returns it."""
        assert self.now_ns is not None
        t_ns = message.t_arrival_ns - clock.offset_ns
        if t_ns - self.now_ns <= LEAP_NS:  # what has waited may tell anything
            self.now_ns = max(self.now_ns, t_ns)
        now_ns = self.now_ns
        kind = type(message).__name__
        heard_ns, _ = clock.rhythm.get(kind, (now_ns, 0))
        clock.rhythm[kind] = now_ns, now_ns - heard_ns
        clock.heard_ns = now_ns
        return now_ns

    def _release(self, clock: _Clock) -> list[Input]:
        """What has waited, to be handled now; the door of the tracker judges its plots."""
        waiting, clock.waiting, clock.doubt_ns = clock.waiting, [], None
        return [self._inside(one, clock) for one in waiting]

    def _returned(self, offset_ns: int) -> int:
        """The known offset that a clock has returned to, else `offset_ns`, which is known from now on."""
        for known_ns in self._offsets:
            if abs(known_ns - offset_ns) <= SAME_NS:
                offset_ns = known_ns
                break
        self._offsets = [o for o in self._offsets if o != offset_ns][-(OFFSETS - 1) :]
        self._offsets.append(offset_ns)
        return offset_ns

    # ------------------------------------------------------------------------- into engine time
    def _inside(self, message: Input, clock: _Clock) -> Input:
        """`message` as handled now, its content in engine time."""
        assert self.now_ns is not None
        t_ns = content_ns(message)
        # where plots come, they tell: a word about the sensor itself may be prompter
        if t_ns is not None and (isinstance(message, PlotBatch) or not self._delivers(clock)):
            self._follow_events(t_ns, clock)
        if clock.event_ns:
            message = event_moved(message, clock.event_ns)
        return message if message.t_arrival_ns == self.now_ns else stamped(message, self.now_ns)

    def _follow_events(self, t_ns: int, clock: _Clock) -> None:
        """Choose the offset by which content of `t_ns` is as old as the source's content last was: a sensor
        may keep its own time, or be stamped by the clock that has stepped. Where none makes it content of
        now, and that lasts, the time of its receipt stands for the sensor's own."""
        assert self.now_ns is not None
        now_ns, usual_ns = self.now_ns, clock.lag_ns or 0

        def odd_ns(offset_ns: int) -> int:
            return abs(now_ns - (t_ns - offset_ns) - usual_ns)

        best_ns = clock.event_ns
        if odd_ns(best_ns) > SAME_NS:  # else none can be less odd by as much
            other_ns = min(self._offsets, key=odd_ns)
            if odd_ns(other_ns) + SAME_NS < odd_ns(best_ns):
                best_ns = other_ns
        lag_ns = now_ns - (t_ns - best_ns)
        if -LEAD_NS <= lag_ns <= self._oldest_ns(clock):
            clock.event_ns, clock.lag_ns = best_ns, lag_ns
            clock.far_ns, clock.far_from_ns = 0, None
            return
        if clock.far_from_ns is None or abs(t_ns - now_ns - clock.far_ns) > SAME_NS:
            clock.far_ns, clock.far_from_ns = t_ns - now_ns, now_ns
        elif now_ns - clock.far_from_ns >= PATIENCE_NS:
            clock.event_ns = self._returned(clock.far_ns)
            clock.lag_ns = now_ns - (t_ns - clock.event_ns)
            clock.far_ns, clock.far_from_ns = 0, None

    def _oldest_ns(self, clock: _Clock) -> int:
        """How old the content of a source may be. Beside prompter sensors the plots of a late one would all
        be refused: what it sees now, told of now and said to be late, still warns."""
        if not self._delivers(clock):
            return LEAP_NS
        others = [c for c in self._clocks.values() if c is not clock and self._delivers(c)]
        # the newest of a batch is half a delivery younger than its middle; an empty look is of its receipt
        newest_ns = [(c.lag_ns or 0) - c.rhythm[PlotBatch.__name__][1] // 2 for c in others]
        return min(LEAP_NS, min(newest_ns, default=LEAP_NS) + self._order_ns)

    def _delivers(self, clock: _Clock) -> bool:
        """Whether the source has brought looks of late."""
        assert self.now_ns is not None
        heard_ns, _ = clock.rhythm.get(PlotBatch.__name__, (-LEAP_NS, 0))
        return self.now_ns - heard_ns <= BESIDE_NS

    def _tells_of_now(self, message: Input, clock: _Clock) -> bool:
        """Whether the content is of about now, or of no time: then only its stamp can be wrong."""
        t_ns = content_ns(message)
        if t_ns is None:
            return True
        assert self.now_ns is not None
        lag_ns = self.now_ns - (t_ns - clock.event_ns)
        if clock.lag_ns is None:
            return -LEAD_NS <= lag_ns <= LEAP_NS
        return abs(lag_ns - clock.lag_ns) <= SAME_NS

    # ------------------------------------------------------------------------------ what is told
    def _note_step(self, before_ns: int) -> None:
        """A word for a change of the service's own clock."""
        step_s = (self.offset_ns - before_ns) / NS_PER_S
        if step_s:
            way = "ahead" if step_s > 0 else "back"
            self._news.append(f"time stepped {way} by {abs(step_s):.1f} s")

    def _disbelieved(self) -> list[str]:
        """A word for each source heard lately that stands off the service's clock, or tells of a time that
        does."""
        assert self.now_ns is not None
        words = []
        for name, clock in self._clocks.items():
            if clock.before_ns is not None or not 0 <= self.now_ns - clock.heard_ns < REPEAT_NS:
                continue
            for what, offset_ns, most_ns in (
                ("stamps", clock.offset_ns, BACK_NS),
                ("plots", clock.event_ns, LEAD_NS),
            ):
                off_ns = offset_ns - self.offset_ns
                if abs(off_ns) > most_ns and not (what == "plots" and clock.lag_ns is None):
                    way = "ahead" if off_ns > 0 else "behind"
                    off_s = abs(off_ns) / NS_PER_S
                    words.append(f"{what} of {name} stand {off_s:.1f} s {way}: disbelieved")
                    break
        return words

    def notices(self, cause_seq: int) -> list[SensorHealth]:
        """What is to be said of the clocks now: each step and each disbelieved source, again every
        `REPEAT_NS` while it lasts, and in the end that time is steady."""
        if self.now_ns is None or not (self._said or len(self._offsets) > 1):
            return []
        now_ns, words = self.now_ns, [*self._news, *self._disbelieved()]
        fresh = {word: t_ns for word, t_ns in self._said.items() if now_ns - t_ns < REPEAT_NS}
        news = [word for word in dict.fromkeys(words) if word not in fresh]
        steady = bool(self._said) and not (news or fresh)
        self._said, self._news = fresh | dict.fromkeys(news, now_ns), []
        return [
            SensorHealth(
                sensor="clock",
                t_ns=now_ns,
                state="LIVE" if steady else "DEGRADED",
                reason=word,
                cause_seq=cause_seq,
            )
            for word in (["time is steady"] if steady else news)
        ]

    def told(self, output: Told) -> Told:
        """`output` in the time of the service's own clock."""
        return later(output, self.offset_ns) if self.offset_ns else output

    # -------------------------------------------------------------------------------- snapshots
    def state(self) -> dict[str, Any]:
        """Plain data for a snapshot."""
        return {
            "now_ns": self.now_ns,
            "clocks": msgspec.msgpack.encode(self._clocks),
            "reference": self._reference,
            "offsets": self._offsets,
            "said": self._said,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `state` gave."""
        self.now_ns, self._reference = state["now_ns"], state["reference"]
        self._clocks = msgspec.msgpack.decode(state["clocks"], type=dict[str, _Clock])
        self._offsets, self._said = list(state["offsets"]), dict(state["said"])


def _new(offset_ns: int) -> _Clock:
    return _Clock(offset_ns=offset_ns, event_ns=offset_ns)


def _agree(doubt_ns: int | None, stamp_ns: int) -> bool:
    return doubt_ns is not None and -BACK_NS <= stamp_ns - doubt_ns <= LEAP_NS
