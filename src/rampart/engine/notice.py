"""From a zone's book to the row that people and machines receive: `ZoneState`."""

from __future__ import annotations

import math

from rampart.domain.messages import ZoneState
from rampart.domain.time import NS_PER_S
from rampart.domain.values import Change, Phase, Reason
from rampart.engine.lifecycle import OPEN
from rampart.engine.zones import Member, ZoneBook

RENEW_NS = NS_PER_S // 2  # numbers alone are renewed at most at 2 Hz
RENEW_TIME_NS = NS_PER_S // 2  # a time that moved less is noise
ALARMED = (*OPEN, "hold", "all_clear")


def notice(
    zone_id: str,
    book: ZoneBook,
    *,
    p_zone: float,
    levels: tuple[float, ...],
    tracked: int,
    resounds: bool,
    now_ns: int,
    cause_seq: int,
    simulated: bool,
    by: str,
) -> ZoneState | None:
    """The row that is due, or None where nothing worth a row has changed. Updates the book.

    `levels`: thresholds of p_zone that matter; `tracked`: members in sight; `resounds`: the quiet time
    after the raid's last impact is over, so that a warn in hold sounds anew.
    """
    phase = book.shown()
    members = _members(book, phase)
    alarm = book.alarm
    tracks = tuple(m.track for m in members)
    count = len(tracks)
    if alarm is not None and phase in ALARMED:
        if phase in OPEN:
            alarm.peak = max(alarm.peak, alarm.landed + tracked, 1 if tracks else 0)
        else:
            tracks = tuple(sorted(alarm.tracks))
        count = alarm.peak
    times = _soonest(members)
    sent = book.sent
    change = _change(book, phase, tracks, resounds)
    if change is None:
        if book.ask:
            change = "renewed"
        elif phase in OPEN and sent is not None and now_ns - sent.issued_ns >= RENEW_NS:
            change = "renewed" if _moved(sent, p_zone, times, count, levels) else None
    book.ask = False
    if change is None:
        book.why = None
        return None
    if alarm is not None:
        alarm.revision += 1
        revision = alarm.revision
    else:
        book.quiet_revision += 1
        revision = book.quiet_revision
    q05, q50, q95 = times or (None, None, None)
    row = ZoneState(
        zone=zone_id,
        alarm_id=alarm.id if alarm else "",
        raid_id=alarm.raid if alarm else "",
        revision=revision,
        phase=phase,
        reason=_reason(book, phase, members),
        change=change,
        tracks=tracks,
        count=count,
        p_zone=p_zone,
        issued_ns=now_ns,
        cause_seq=cause_seq,
        t_impact_ns_q05=q05,
        t_impact_ns_q50=q50,
        t_impact_ns_q95=q95,
        simulated=simulated,
        exercise=simulated,
        by=by,
    )
    book.sent, book.why = row, None
    return row


def _members(book: ZoneBook, phase: Phase) -> list[Member]:
    if phase in OPEN:
        return book.open_members()
    if phase == "watch":
        return sorted(book.members.values(), key=lambda m: m.track)
    return []


def _soonest(members: list[Member]) -> tuple[int, int, int] | None:
    """'The countdown is the earliest open t_impact.'"""
    times = [m.times for m in members if m.times is not None]
    return min(times, key=lambda t: (t[1], t)) if times else None


def _change(book: ZoneBook, phase: Phase, tracks: tuple[int, ...], resounds: bool) -> Change | None:
    """What is new: `opened` asks for a new attention tone; '' is a mere change of phase."""
    sent = book.sent
    before: Phase = sent.phase if sent else "clear"
    same_alarm = sent is None or book.alarm is None or sent.alarm_id == book.alarm.id
    grown = sent is not None and not set(tracks) <= set(sent.tracks)
    if phase != before or not same_alarm:
        if phase == "pending" and before not in ("warn", "impact"):
            return "opened"
        if phase == "warn" and not (same_alarm and before in ("warn", "impact")):
            # 'within 60 s of the raid's last impact ... no new attention tone'
            quiet = book.hold_left_ns is not None and not resounds
            return "extended" if quiet else "opened"
        return "extended" if phase in OPEN and grown else ""
    if sent is None or tracks == sent.tracks:
        return None
    return "extended" if grown else "narrowed"


def _moved(
    sent: ZoneState,
    p_zone: float,
    times: tuple[int, int, int] | None,
    count: int,
    levels: tuple[float, ...],
) -> bool:
    """Times by more than 0.5 s, p_zone by a factor of two or across a threshold, or the count."""
    old = (sent.t_impact_ns_q05, sent.t_impact_ns_q50, sent.t_impact_ns_q95)
    if count != sent.count or (times is None) != (old[0] is None):
        return True
    if times is not None and any(
        b is not None and abs(a - b) > RENEW_TIME_NS for a, b in zip(times, old, strict=True)
    ):
        return True
    if any((p_zone >= level) != (sent.p_zone >= level) for level in levels):
        return True
    floor = min(levels) / 4
    return abs(math.log2(max(p_zone, floor) / max(sent.p_zone, floor))) > 1.0


def _reason(book: ZoneBook, phase: Phase, members: list[Member]) -> Reason:
    if phase in OPEN:
        own = [m for m in members if m.phase == phase]
        latest = max(own, key=lambda m: (m.since_ns, -m.track), default=None)
        if latest is None or (
            phase == "warn"
            and book.manual_until_ns is not None
            and book.manual_since_ns > latest.since_ns
        ):
            return "manual"
        return latest.reason
    if phase == "hold":
        entered = book.sent is None or book.sent.phase != "hold"
        return book.why if entered and book.why is not None else book.hold_reason
    if phase == "all_clear":
        return "hold_over"
    if book.why is not None:
        return book.why
    if phase == "watch":
        return members[0].reason if members else "no_cover"
    return book.sent.reason if book.sent else "recomputed"
