"""What the rules remember of one zone: its members, its hold, its alarm, and what it was told last.

A member is one threat in one zone; 'phases are kept per threat'. All of it is plain data, so that a
snapshot is exact.
"""

from __future__ import annotations

from typing import Final

import msgspec

from rampart.domain.messages import ZoneState
from rampart.domain.time import NS_PER_S, ns_from_seconds
from rampart.domain.values import Phase, Reason
from rampart.engine.alarms import Alarm
from rampart.engine.course import EVERY_S
from rampart.engine.lifecycle import OPEN, SHOWN, THREAT_MOVES

NEVER: Final = 2**62
CANCEL_UPDATES: Final = 3
CANCEL_SPAN_NS: Final = NS_PER_S
FLYER_CANCEL_SPAN_NS: Final = ns_from_seconds(EVERY_S)
"""A stretch of a held course: updates of what flies within one hang on places in common."""


class Member(msgspec.Struct, kw_only=True):
    """One threat in one zone. `since_ns`: when `phase` began; `warned_ns`: its own warning.

    `fall`, `fly`: P of landing in, of flying into the grown zone; `fly_high`: upper bound of the
    latter. `touch`: 50 % region. `near`: close enough to keep a watch (unassessed and able to reach
    the zone, or loitering). `times`: q05 q50 q95 of impact or entry, ns UTC. `low`: consecutive
    fresh updates far below the threshold, from `low_from_ns` to `low_to_ns`. `bound`: a person (or
    the zone's written time-out) decided against it here. `borrowed`: member by base-wide fallback
    only. `until_ns`: set at the loss, when it ends. `followed`: a new track appeared after its loss,
    perhaps the same object.
    """

    track: int
    phase: Phase = "watch"
    reason: Reason = "threshold"
    since_ns: int = 0
    warned_ns: int | None = None
    fall: float = 0.0
    fly: float = 0.0
    fly_high: float = 0.0
    touch: bool = False
    near: bool = False
    flies: bool = False
    inside: bool = False
    gap_m: float = 0.0
    times: tuple[int, int, int] | None = None
    low: int = 0
    low_from_ns: int = 0
    low_to_ns: int = 0
    bound: bool = False
    borrowed: bool = False
    until_ns: int | None = None
    followed: bool = False

    def turn(self, phase: Phase, reason: Reason, now_ns: int) -> None:
        """Enter a phase; what was counted towards leaving the old one counts no more.

        Raises ValueError for a move that `THREAT_MOVES` does not know: our bug.
        """
        if phase not in THREAT_MOVES[self.phase]:
            raise ValueError(f"a threat cannot go from {self.phase} to {phase}")
        self.phase, self.reason, self.since_ns, self.low = phase, reason, now_ns, 0
        if phase == "warn":
            self.warned_ns = now_ns

    def count_low(self, is_low: bool, fresh: bool, t_ns: int) -> None:
        """'P < a quarter of the threshold in >= 3 consecutive updates with fresh plots.'"""
        if not is_low:
            self.low = 0
        elif fresh:
            self.low_from_ns = t_ns if self.low == 0 else self.low_from_ns
            self.low += 1
            self.low_to_ns = t_ns

    @property
    def stays_low(self) -> bool:
        """'>= 3 consecutive updates ... spanning >= 1 s': of what flies, a stretch of its course."""
        span_ns = FLYER_CANCEL_SPAN_NS if self.flies else CANCEL_SPAN_NS
        return self.low >= CANCEL_UPDATES and self.low_to_ns - self.low_from_ns >= span_ns


class ZoneBook(msgspec.Struct, kw_only=True):
    """State of one zone.

    `hold_left_ns`: None = no hold; counts down only while coverage is healthy. `asked_ns`: when the
    finished hold last asked aloud; `nagged_ns`: the same for a watch. `last_opened_ns` keeps alarm
    names unique. `engaged`: a member is in pending, warn or impact. `over_fall`, `over_fly`: p_zone
    stood above its threshold. `due_ns`: not later than the next moment at which a timer of a member
    can fire. `looked_ns`: last comparison with what was sent. `why`: reason of the latest change that
    no member carries. `ask`: say it again, aloud. `dirty`: something may be new. `sent`: last row.
    """

    members: dict[int, Member] = {}
    alarm: Alarm | None = None
    last_opened_ns: int = -NEVER
    hold_left_ns: int | None = None
    hold_reason: Reason = "predicted_time"
    asked_ns: int | None = None
    nagged_ns: int = 0
    all_clear_until_ns: int | None = None
    manual_until_ns: int | None = None
    manual_since_ns: int = 0
    manual_asked: bool = False
    healthy: bool = True
    healthy_since_ns: int = 0
    quiet_revision: int = 0
    engaged: bool = False
    over_fall: bool = False
    over_fly: bool = False
    looked_ns: int = -NEVER
    due_ns: int = NEVER
    why: Reason | None = None
    ask: bool = False
    dirty: bool = False
    sent: ZoneState | None = None

    def open_members(self) -> list[Member]:
        """Members in pending, warn or impact, by track number."""
        members = [m for m in self.members.values() if m.phase in OPEN]
        return sorted(members, key=lambda m: m.track)

    def has(self, *phases: str) -> bool:
        return any(m.phase in phases for m in self.members.values())

    def shown(self) -> Phase:
        """The one phase that the zone shows."""
        present = {m.phase for m in self.members.values()}
        if self.manual_until_ns is not None:
            present.add("warn")
        if self.hold_left_ns is not None:
            present.add("hold")
        if self.all_clear_until_ns is not None:
            present.add("all_clear")
        if not self.healthy:
            present.add("watch")
        return next((phase for phase in SHOWN if phase in present), "clear")

    def siren(self) -> str:
        """'Its siren follows the loudest state of any open threat or of its hold': a word of `PHASES`.

        A pending beside a hold is a prompt at the console; outside, the hold goes on being heard.
        """
        shown = self.shown()
        return "hold" if shown == "pending" and self.hold_left_ns is not None else shown
