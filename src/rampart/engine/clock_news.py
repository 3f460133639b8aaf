"""What is said of the clocks: each step, and each source that stands off, again while it lasts. ADR 7."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rampart.domain.messages import SensorHealth
from rampart.domain.time import NS_PER_S
from rampart.engine.clocks import BACK_NS, LEAD_NS, Clock

REPEAT_NS: Final = 60 * NS_PER_S
"""What is wrong with a clock is said again so often while it lasts, and never more often."""


class ClockNews:
    """What has been said, and when; `said` is what a snapshot keeps."""

    def __init__(self) -> None:
        self.said: dict[str, int] = {}
        self._news: list[str] = []

    def stepped(self, by_ns: int) -> None:
        """The service's own clock has been set ahead by `by_ns`; nothing where that is 0."""
        if by_ns:
            way = "ahead" if by_ns > 0 else "back"
            self._news.append(f"time stepped {way} by {abs(by_ns) / NS_PER_S:.1f} s")

    def notices(
        self, clocks: Mapping[str, Clock], offset_ns: int, now_ns: int, cause_seq: int
    ) -> list[SensorHealth]:
        """What is to be said at `now_ns`: each step, each source that stands off `offset_ns`, and in the end
        that time is steady."""
        words = [*self._news, *_disbelieved(clocks, offset_ns, now_ns)]
        fresh = {word: t_ns for word, t_ns in self.said.items() if now_ns - t_ns < REPEAT_NS}
        news = [word for word in dict.fromkeys(words) if word not in fresh]
        steady = bool(self.said) and not (news or fresh)
        self.said, self._news = fresh | dict.fromkeys(news, now_ns), []
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


def _disbelieved(clocks: Mapping[str, Clock], service_ns: int, now_ns: int) -> list[str]:
    """A word for each source heard lately that stands off the service's clock, or tells of a time that
    does."""
    words = []
    for name, clock in clocks.items():
        if clock.before_ns is not None or not 0 <= now_ns - clock.heard_ns < REPEAT_NS:
            continue
        for what, offset_ns, most_ns in (
            ("stamps", clock.offset_ns, BACK_NS),
            ("plots", clock.event_ns, LEAD_NS),
        ):
            off_ns = offset_ns - service_ns
            if abs(off_ns) > most_ns and not (what == "plots" and clock.lag_ns is None):
                way = "ahead" if off_ns > 0 else "behind"
                off_s = abs(off_ns) / NS_PER_S
                words.append(f"{what} of {name} stand {off_s:.1f} s {way}: disbelieved")
                break
    return words
