"""What time alone decides, in the order in which it would have happened. Warning rules, section 2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from rampart.domain.messages import ZoneState
from rampart.domain.time import NS_PER_S
from rampart.domain.values import Reason
from rampart.engine.alarms import ALARM_LINGERS_NS
from rampart.engine.hazard import AFTER_Q95_NS
from rampart.engine.ledger import ALL_CLEAR_NS, DRONE_NEAR_M, HEALTHY_NS, Ledger
from rampart.engine.notice import RENEW_NS
from rampart.engine.zones import NEVER

ASK_NS: Final = 60 * NS_PER_S  # 'asks aloud at once and every 60 s'
MANUAL_ASK_NS: Final = 60 * NS_PER_S  # 'asks aloud before it expires'


def run(ledger: Ledger, zones: Sequence[int], publish: Callable[[Sequence[int]], None]) -> None:
    """Run every timer of `zones` up to now; `publish` is called after each step, so that none goes untold:
    an impact is 'always preceded by a warn row, if need be at the same instant'.
    """
    due = [z for z in zones if ledger.books[z].due_ns <= ledger.now]
    if due:
        for step in (_time_out, _strike, _expire):
            for z in due:
                step(ledger, z)
            publish(zones)
        for z in due:
            book = ledger.books[z]
            each = (ledger.next_due(z, m) for m in book.members.values())
            book.due_ns = min(each, default=NEVER)
    for z in zones:
        book = ledger.books[z]
        if book.manual_until_ns is not None:
            _mind_manual(ledger, z)
        if book.all_clear_until_ns is not None:
            _mind_all_clear(ledger, z)
        if book.hold_left_ns == 0 and not book.engaged and book.manual_until_ns is None:
            _mind_hold(ledger, z)
        if book.members and not book.engaged:
            _nag(ledger, z)
    publish(zones)
    _mind_alarms(ledger)
    if len(ledger.raids) > len(ledger.books):
        ledger.prune_raids()


def next_look(ledger: Ledger, z: int) -> int:
    """Not later than the next moment at which time alone can change anything in zone `z`, or what is told
    of it, as it stands after `run`. What may come sooner is news of a threat, of coverage, or a person."""
    book, now = ledger.books[z], ledger.now
    moments = [book.due_ns]
    if book.engaged:
        moments.append(book.looked_ns + RENEW_NS)
    elif book.members and book.sent is not None:
        moments.append(_next_nag(ledger, z, book.sent))
    if book.manual_until_ns is not None:
        moments.append(book.manual_until_ns - (0 if book.manual_asked else MANUAL_ASK_NS))
    elif book.hold_left_ns == 0 and not book.engaged:
        moments.append(now if book.asked_ns is None else book.asked_ns + ASK_NS)
        sure_ns = book.healthy_since_ns + HEALTHY_NS  # it may be all clear then
        moments.append(sure_ns if book.healthy and sure_ns > now else NEVER)
    elif book.hold_left_ns is not None and book.healthy:
        moments.append(now + book.hold_left_ns)
    if book.all_clear_until_ns is not None:
        moments.append(book.all_clear_until_ns)
    if book.alarm is not None and book.alarm.released_ns is not None:
        moments.append(book.alarm.released_ns + ALARM_LINGERS_NS)
    return min(moments)


def _time_out(ledger: Ledger, z: int) -> None:
    """'A pending is released by itself (`not_decided`)'; 'withholding must be written out'."""
    book = ledger.books[z]
    for m in book.open_members():
        if m.phase == "pending" and ledger.now >= ledger.deadline(z, m):
            if ledger.zones[z].on_timeout == "withhold":
                ledger.bind(z, m, "withheld")
            else:
                m.turn("warn", "not_decided", ledger.now)
                book.dirty = True


def _strike(ledger: Ledger, z: int) -> None:
    """warn -> impact: 't_impact q05 reached'; for a drone 'when it is inside the grown zone'."""
    book = ledger.books[z]
    for m in book.open_members():
        if m.phase != "warn":
            continue
        arrived = m.times is not None and ledger.now >= m.times[0]
        if m.flies:
            # 'the q95 rule starts only at its loss'; 'lost within 3 km: warn stands'
            lost = m.until_ns is not None
            arrived = arrived and m.gap_m > DRONE_NEAR_M if lost else m.inside
        if arrived:
            reason: Reason = "drone_corridor" if m.flies else ledger.lost_reason(m)
            m.turn("impact", reason, ledger.now)
            book.dirty = True
            if book.alarm is not None:
                book.alarm.had_impact = True


def _expire(ledger: Ledger, z: int) -> None:
    """impact -> hold at 'q95 + 2 s'; a lost drone's warn -> hold; the watch on a lost track ends."""
    book = ledger.books[z]
    for m in sorted(book.members.values(), key=lambda m: m.track):
        over = m.until_ns is not None and ledger.now >= m.until_ns
        ran_out = m.times is not None and ledger.now >= m.times[2] + AFTER_Q95_NS and not m.flies
        if m.phase in ("warn", "impact"):
            if over or ran_out:
                ledger.land(z, m)
        elif over:
            book.why = ledger.lost_reason(m)
            ledger.forget(z, m)
        elif ran_out and m.until_ns is not None:
            m.fall = 0.0
            ledger.still(z, m.track)


def _mind_manual(ledger: Ledger, z: int) -> None:
    """'A manual warn lasts until withdrawn or 10 min, asks aloud before it expires, then hold.'"""
    book = ledger.books[z]
    assert book.manual_until_ns is not None
    if ledger.now >= book.manual_until_ns:
        book.manual_until_ns = None
        ledger.begin_hold(z, "expired")
    elif ledger.now >= book.manual_until_ns - MANUAL_ASK_NS and not book.manual_asked:
        book.manual_asked = book.ask = True


def _mind_all_clear(ledger: Ledger, z: int) -> None:
    """'Clear after 60 s'; 'coverage lost in it -> hold with >= 60 s left'."""
    book = ledger.books[z]
    assert book.all_clear_until_ns is not None
    if not book.healthy:
        ledger.begin_hold(z, "sensor_lost")
        book.all_clear_until_ns, book.hold_left_ns = None, ALL_CLEAR_NS
        if book.alarm is not None:
            book.alarm.over = False
    elif ledger.now >= book.all_clear_until_ns:
        book.all_clear_until_ns, book.why, book.dirty = None, "hold_over", True


def _mind_hold(ledger: Ledger, z: int) -> None:
    """The hold is over: all clear by policy, or it 'asks aloud at once and every 60 s'."""
    book = ledger.books[z]
    if ledger.zones[z].all_clear == "auto" and ledger.may_clear(z):
        ledger.give_all_clear(z)
    elif book.asked_ns is None or ledger.now - book.asked_ns >= ASK_NS:
        book.asked_ns, book.hold_reason, book.ask = ledger.now, "hold_over", True


def _nag(ledger: Ledger, z: int) -> None:
    """'Unassessed tracks nag until somebody assesses them.'"""
    book = ledger.books[z]
    if book.sent is not None and _next_nag(ledger, z, book.sent) <= ledger.now:
        book.nagged_ns, book.ask = ledger.now, True


def _next_nag(ledger: Ledger, z: int, sent: ZoneState) -> int:
    """When a zone that was told `sent` last is nagged again, NEVER while all its members are assessed."""
    book = ledger.books[z]
    if sent.phase != "watch" or all(ledger.is_assessed(track) for track in book.members):
        return NEVER
    return max(book.nagged_ns, sent.issued_ns) + ASK_NS


def _mind_alarms(ledger: Ledger) -> None:
    """'An alarm ends at all_clear, or 60 s after a cancel or withhold'; till then its raid is awake."""
    awake = set()
    for book in ledger.books:
        alarm = book.alarm
        if alarm is None:
            continue
        if book.engaged or book.manual_until_ns is not None:
            awake.add(alarm.raid)
        elif book.hold_left_ns is None and book.all_clear_until_ns is None:
            if alarm.released_ns is None:
                alarm.released_ns = ledger.now
            if alarm.over or ledger.now - alarm.released_ns >= ALARM_LINGERS_NS:
                book.alarm = None
    ledger.awake = [raid for raid in ledger.raids if raid.id in awake]
    for raid in ledger.awake:
        raid.active_ns = ledger.now
