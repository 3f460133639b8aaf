"""Alarms and raids: whose episode it is, and under which name. Warning rules, section 1."""

from __future__ import annotations

import hashlib

import msgspec

from rampart.domain.time import NS_PER_S

ALARM_LINGERS_NS = 60 * NS_PER_S
"""'An alarm ends at all_clear, or 60 s after a cancel or withhold.'"""

RAID_LINGERS_NS = 60 * NS_PER_S
"""A raid 'takes every alarm opened while one of its alarms is in pending, warn or impact, or within
60 s after'."""


class Alarm(msgspec.Struct, kw_only=True):
    """One zone's episode from its first warn or pending.

    `tracks`: every member so far, in order of joining. `landed`: members whose prediction ran out;
    `peak`: the largest number known to be distinct. `released_ns`: when it was cancelled or withheld.
    `over`: all clear was given; the name is kept for the closing row only.
    """

    id: str
    raid: str
    opened_ns: int
    revision: int = 0
    tracks: list[int] = []
    landed: int = 0
    peak: int = 0
    had_impact: bool = False
    released_ns: int | None = None
    over: bool = False


class Raid(msgspec.Struct, kw_only=True):
    """Alarms that people answer as one. `active_ns`: last time one of them was pending, warn or impact.

    `impact_ns`: q95 of the last impact; `third_ns`: third detection of its latest threat.
    """

    id: str
    active_ns: int
    impact_ns: int | None = None
    third_ns: int | None = None


def alarm_id(site_uuid: str, zone: str, opened_ns: int, simulated: bool) -> str:
    """First 16 hex digits of BLAKE2b over the four, decimal and joined by NUL: the same on every run."""
    text = "\0".join((site_uuid, zone, str(opened_ns), "1" if simulated else "0"))
    return hashlib.blake2b(text.encode()).hexdigest()[:16]


def join_raid(raids: list[Raid], alarm: str, now_ns: int) -> Raid:
    """The raid that an alarm opened now belongs to: the youngest still taking alarms, or a new one."""
    for raid in reversed(raids):
        if now_ns - raid.active_ns <= RAID_LINGERS_NS:
            return raid
    raids.append(Raid(id=alarm, active_ns=now_ns))
    return raids[-1]
