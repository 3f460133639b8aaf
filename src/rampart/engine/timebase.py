"""One uninterrupted time inside the engine, whatever the clocks outside do. ADR 7.

Each source stamps by a clock that may be set, back or ahead. `Timebase` keeps how far each stands
ahead of the engine's own time, which only ever passes: a step that two messages agree on changes an
offset, and no track, alarm or timer. Outputs are told in the time of the service's own clock.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from rampart.domain.messages import Input, PlotBatch, SensorHealth, SensorStatus
from rampart.domain.site import Site
from rampart.domain.time import NS_PER_S, ns_from_seconds
from rampart.engine.clock_news import ClockNews
from rampart.engine.clocks import BACK_NS, LEAP_NS, PATIENCE_NS, Clock, Offsets
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
from rampart.engine.track_settings import TrackSettings, order_s

START_NS: Final = 0, FAR_NS - 2**58
"""Engine time starts at the first stamp, but not before 1970 nor after 2107: there is room to count on."""

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


class Timebase:
    """Engine time, and the clocks of all that is heard. `now_ns`: None before the first message."""

    def __init__(self, site: Site, settings: TrackSettings) -> None:
        self._sensors = frozenset(sensor.id for sensor in site.sensors)
        self._lasting = {SERVICE, *self._sensors}  # whose clocks are never forgotten
        self._order_ns = ns_from_seconds(order_s(site, settings))
        self.now_ns: int | None = None
        self._clocks: dict[str, Clock] = {}
        self._reference = SERVICE
        self._offsets = Offsets()
        self._news = ClockNews()

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
            self._offsets.returned(stamp_ns - self.now_ns)
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
        if first and not clock.tells_of_now(message, self.now_ns):
            # one of its own two stamps is wrong: whichever message is believed next tells which
            clock.waiting.append(message)
            clock.meant_ns = self.now_ns - PATIENCE_NS - 1
            return Read([])
        if offset_ns == clock.before_ns:
            self._contradict(clock.offset_ns)
        clock.offset_ns, clock.before_ns = offset_ns, None
        self._news.stepped(self.offset_ns - before_ns)
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

    def _doubt(self, name: str, clock: Clock, message: Input) -> Read:
        """Believe a stamp that is far from now if another one agrees with it; else keep it in mind."""
        assert self.now_ns is not None
        stamp_ns = message.t_arrival_ns
        ahead_ns = stamp_ns - clock.offset_ns - self.now_ns
        mates = (clock, *self._clocks.values())
        mate = next((c for c in mates if _agree(c.doubt_ns, stamp_ns)), None)
        if mate is not None:
            before_ns = self.offset_ns
            self._step(mate, clock)
            self._news.stepped(self.offset_ns - before_ns)
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
        if clock.tells_of_now(message, self.now_ns):
            untold = clock.lag_ns is None
            inside = self._inside(message, clock)
            if untold:  # how old its first content is shows once a stamp of its own is believed
                clock.lag_ns = None
            return Read([inside], reason, detail)
        clock.waiting.append(message)
        late = [clock.waiting.pop(0)] if len(clock.waiting) > WAITING else []
        return Read([self._inside(one, clock) for one in late], reason, detail)

    def _step(self, mate: Clock, clock: Clock) -> None:
        """Two that agree are believed; all that stood where they stood are taken to have stepped with them,
        until one of these speaks in the old time."""
        assert mate.doubt_ns is not None
        offset_ns = self._offsets.returned(mate.doubt_ns - mate.meant_ns)
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

    def _hear(self, clock: Clock, message: Input) -> int:
        """Move engine time on to a stamp that is believed; returns it."""
        assert self.now_ns is not None
        t_ns = message.t_arrival_ns - clock.offset_ns
        if t_ns - self.now_ns <= LEAP_NS:  # what has waited may tell anything
            self.now_ns = max(self.now_ns, t_ns)
        clock.hear(message, self.now_ns)
        return self.now_ns

    def _release(self, clock: Clock) -> list[Input]:
        """What has waited, to be handled now; the door of the tracker judges its plots."""
        waiting, clock.waiting, clock.doubt_ns = clock.waiting, [], None
        return [self._inside(one, clock) for one in waiting]

    # ------------------------------------------------------------------------- into engine time
    def _inside(self, message: Input, clock: Clock) -> Input:
        """`message` as handled now, its content in engine time."""
        assert self.now_ns is not None
        t_ns = content_ns(message)
        # where plots come, they tell: a word about the sensor itself may be prompter
        if t_ns is not None and (isinstance(message, PlotBatch) or not clock.delivers(self.now_ns)):
            clock.follow_events(t_ns, self.now_ns, self._oldest_ns(clock), self._offsets)
        if clock.event_ns:
            message = event_moved(message, clock.event_ns)
        return message if message.t_arrival_ns == self.now_ns else stamped(message, self.now_ns)

    def _oldest_ns(self, clock: Clock) -> int:
        """How old the content of a source may be. Beside prompter sensors the plots of a late one would all
        be refused: what it sees now, told of now and said to be late, still warns."""
        assert self.now_ns is not None
        if not clock.delivers(self.now_ns):
            return LEAP_NS
        others = [c for c in self._clocks.values() if c is not clock and c.delivers(self.now_ns)]
        newest_ns = min((other.newest_ns for other in others), default=LEAP_NS)
        return min(LEAP_NS, newest_ns + self._order_ns)

    # ------------------------------------------------------------------------------ what is told
    def notices(self, cause_seq: int) -> list[SensorHealth]:
        """What is to be said of the clocks now."""
        if self.now_ns is None or not (self._news.said or len(self._offsets.known) > 1):
            return []
        return self._news.notices(self._clocks, self.offset_ns, self.now_ns, cause_seq)

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
            "offsets": self._offsets.known,
            "said": self._news.said,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `state` gave."""
        self.now_ns, self._reference = state["now_ns"], state["reference"]
        self._clocks = msgspec.msgpack.decode(state["clocks"], type=dict[str, Clock])
        self._offsets.known, self._news.said = list(state["offsets"]), dict(state["said"])


def _new(offset_ns: int) -> Clock:
    return Clock(offset_ns=offset_ns, event_ns=offset_ns)


def _agree(doubt_ns: int | None, stamp_ns: int) -> bool:
    return doubt_ns is not None and -BACK_NS <= stamp_ns - doubt_ns <= LEAP_NS
