"""What a threat's numbers decide: warn, cancel, watch. Warning rules, sections 2 and 4."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import msgspec
import numpy as np

from rampart.domain.time import ns_from_seconds
from rampart.domain.values import Reason
from rampart.engine.alarms import RAID_LINGERS_NS
from rampart.engine.hazard import Hazard, Hits, flies, is_assessed, is_threat
from rampart.engine.ledger import Ledger
from rampart.engine.lifecycle import OPEN
from rampart.engine.open_threats import OpenThreat
from rampart.engine.threat import Threat
from rampart.engine.zones import Member

LOITER_M: Final = 2_000.0  # 'loitering within 2 km: watch stays'


def take(ledger: Ledger, hazard: Hazard, threat: Threat) -> None:
    """Write down one threat's new word: who it is, P in each zone, how far below the thresholds."""
    rows, track = ledger.open.rows, threat.track
    row = rows.get(track)
    if row is None:
        if not (threat.real or threat.successor_of in rows):
            return
        row = ledger.open.add(threat)
        row.assessed = ledger.assessed.get(track, "")
    if threat.successor_of in rows and threat.successor_of != track:
        ledger.inherit(threat.successor_of, row)
    # 'the last prediction stands'
    before = row.threat
    motion = before.motion if threat.lost and threat.motion is None else threat.motion
    impact = before.impact if threat.impact is None else threat.impact
    row.threat = msgspec.structs.replace(threat, impact=impact, motion=motion)
    newly_lost = bool(threat.lost) and row.lost_ns is None
    row.lost_ns = None if not threat.lost else ledger.now if newly_lost else row.lost_ns
    weigh(ledger, hazard, row)
    member_of_any = False
    for z, book in enumerate(ledger.books):
        member = book.members.get(track)
        if member is None:
            continue
        member_of_any = True
        if newly_lost:
            ledger.lose(member)
            book.dirty = True
        elif not threat.lost:
            member.until_ns = None
        _count_low(ledger, z, member, row)
        book.due_ns = min(book.due_ns, ledger.next_due(z, member))
    if threat.lost and not member_of_any:
        ledger.remove(track)


def weigh(ledger: Ledger, hazard: Hazard, row: OpenThreat) -> None:
    """P of one threat in every zone, into the table and into its members; it joins where it matters."""
    threat, p, track = row.threat, row.p, row.threat.track
    members = {z: b.members[track] for z, b in enumerate(ledger.books) if track in b.members}
    ledger.stale = True
    if not is_threat(threat, p):
        ledger.open.fall[:, row.slot] = ledger.open.fly[:, row.slot] = 0.0
        for m in members.values():
            m.fall = m.fly = m.fly_high = 0.0
            m.touch = m.near = m.inside = False
        return
    settled = np.zeros(len(ledger.books), np.bool_)
    settled[[z for z, member in members.items() if member.phase in OPEN]] = True
    hits = hazard.of(threat, p, ledger.degraded, ledger.now, settled)
    row.done = row.done if threat.lost else []
    hits.fall[row.done] = hits.fly[row.done] = 0.0
    hits.touch[row.done] = False
    ledger.open.fall[:, row.slot], ledger.open.fly[:, row.slot] = hits.fall, hits.fly
    assessed = bool(row.assessed) or is_assessed(p)
    pathless = threat.impact is None and threat.motion is None and not threat.lost
    flying = flies(threat, p)
    columns = (hits.fall, hits.fly, hits.fly_high, hits.touch, hits.inside, hits.gap_m)
    zones = enumerate(zip(*(column.tolist() for column in columns), strict=True))
    for z, (fall, fly, fly_high, touch, inside, gap_m) in zones:
        # 'an unassessed track that could reach the zone'; nothing known of its path: it could
        reaches = not assessed and (fly > 0.0 or pathless)
        member = members.get(z)
        if member is None:
            if not (reaches or touch or ledger.worth_watching(fall, fly)):
                continue
            member = members[z] = Member(track=track, since_ns=ledger.now)
            member.reason = "drone_corridor" if fly > fall else "threshold"
            ledger.books[z].members[track] = member
            ledger.books[z].dirty = True
        member.fall, member.fly, member.fly_high = fall, fly, fly_high
        member.touch, member.inside, member.gap_m = touch, inside, gap_m
        member.flies, member.near = flying, reaches or gap_m <= LOITER_M
        member.times = _times(threat, hits, z, member) or member.times
    _borrow(members.values())


def _times(threat: Threat, hits: Hits, z: int, member: Member) -> tuple[int, int, int] | None:
    """q05 q50 q95 of impact or, for what flies, of entry."""
    enters = member.flies and bool(np.isfinite(hits.entry_s[z, 0]))
    if enters and (threat.impact is None or member.fly > member.fall):
        q05, q50, q95 = (threat.t_ns + ns_from_seconds(float(s)) for s in hits.entry_s[z])
        return q05, q50, q95
    if member.flies and member.fall == 0.0:
        return None
    return _impact_times(threat)


def _impact_times(threat: Threat) -> tuple[int, int, int] | None:
    if threat.impact is None:
        return None
    return threat.impact.t_ns_q05, threat.impact.t_ns_q50, threat.impact.t_ns_q95


def _borrow(members: Collection[Member]) -> None:
    """A member by fallback only is as threatened as the zone that is threatened most."""
    if not any(m.borrowed for m in members):
        return
    times = min((m.times for m in members if m.times and not m.borrowed), default=None)
    for m in members:
        if m.borrowed:
            m.fall, m.fly = max(o.fall for o in members), max(o.fly for o in members)
            m.fly_high = max(o.fly_high for o in members)
            m.times = times or m.times


def _count_low(ledger: Ledger, z: int, member: Member, row: OpenThreat) -> None:
    """'P < a quarter of the threshold' of the member's own phase, 'with fresh plots'."""
    if member.phase in OPEN:
        falling, flying = ledger.levels(z)
        # 'cancel only if the 95 % upper bound of P is below the cancel level'
        low = member.fall < falling / 4 and member.fly_high < flying / 4 and not member.touch
    else:
        # a quarter of the watch levels
        quiet = not ledger.worth_watching(4 * member.fall, 4 * member.fly)
        low = quiet and not (member.touch or member.near)
    member.count_low(low, row.threat.fresh and not row.threat.lost, row.threat.t_ns)


def note_third(ledger: Ledger, threat: Threat) -> None:
    """Keep the raid's latest third detection: of a member, or of an assessed threat on watch."""
    third, track = threat.t_third_ns, threat.track
    if third is None or track not in ledger.open.rows:
        return
    concerned = [book.members[track] for book in ledger.books if track in book.members]
    if any(m.phase in OPEN for m in concerned) or (concerned and ledger.is_assessed(track)):
        for raid in ledger.raids:
            if ledger.now - raid.active_ns <= RAID_LINGERS_NS:
                raid.third_ns = max(third, raid.third_ns or third)


def judge(ledger: Ledger, z: int, tracks: Sequence[int], fresh: Sequence[int]) -> None:
    """Raise, cancel and drop members of one zone after news of some `tracks`; `fresh`: by a plot."""
    book = ledger.books[z]
    falling, flying = ledger.levels(z)
    _, p_fall, p_fly = ledger.p[z].tolist()
    changed = [book.members[track] for track in tracks if track in book.members]
    if not changed and p_fall < falling and p_fly < flying:
        book.over_fall = book.over_fly = False
        return
    for m in changed:
        if m.phase == "watch" and not m.bound:
            if m.fall >= falling or m.touch:
                ledger.raise_member(z, m, "threshold")
            elif m.fly >= flying:
                ledger.raise_member(z, m, "drone_corridor")
        elif m.phase == "pending" and ledger.is_auto(z, ledger.open.rows[m.track].p):
            m.turn("warn", m.reason, ledger.now)  # 'while the family is open, `auto` wins'
            book.dirty = True
            book.due_ns = min(book.due_ns, ledger.next_due(z, m))
    # 'P or p_zone >= 0.01': many small ones together; all that are watched for it join
    watch_p, drone_watch_p = ledger.rules.watch_p, ledger.rules.drone_watch_p
    for p, level, kind, least in (
        (p_fall, falling, "fall", watch_p),
        (p_fly, flying, "fly", drone_watch_p),
    ):
        if p < level:
            continue
        reason: Reason = "threshold" if kind == "fall" else "drone_corridor"
        was_below = not (book.over_fall if kind == "fall" else book.over_fly)
        pool = sorted(book.members.values(), key=lambda m: m.track) if was_below else changed
        for m in pool:
            if m.phase == "watch" and not m.bound and getattr(m, kind) >= least:
                ledger.raise_member(z, m, reason)
        if not book.has(*OPEN):
            _join_largest(ledger, z, kind, reason)
    book.over_fall, book.over_fly = p_fall >= falling, p_fly >= flying
    for track in fresh:
        if track not in book.members or not book.members[track].stays_low:
            continue
        m = book.members[track]
        if m.phase == "pending":
            ledger.step_down(z, m, "recomputed")  # 'cancel rule (a) without its waits'
        elif m.phase == "watch" and not m.bound:
            ledger.forget(z, m)  # 'clear by the cancel rule'
            book.why = "recomputed"
        elif m.phase in ("warn", "impact") and p_fall < falling / 4 and p_fly < flying / 4:
            _cancel(ledger, z)


def _join_largest(ledger: Ledger, z: int, kind: str, reason: Reason) -> None:
    """p_zone alone reached the threshold, each P too small to be watched: the largest ones join."""
    book = ledger.books[z]
    table = ledger.open.fall if kind == "fall" else ledger.open.fly
    free = {
        track: float(table[z, row.slot])
        for track, row in sorted(ledger.open.rows.items())
        if not (track in book.members and book.members[track].bound)
    }
    largest = max(free.values())
    for track, p in free.items():
        if p >= largest / 2:
            member = book.members.get(track)
            if member is None:
                member = Member(track=track, since_ns=ledger.now)
                book.members[track] = member
                member.times = _impact_times(ledger.open.rows[track].threat)
            setattr(member, kind, p)
            ledger.raise_member(z, member, reason)


def _cancel(ledger: Ledger, z: int) -> None:
    """Cancel rule (a): only 'for every member threat', and after both waits."""
    book, rules, now = ledger.books[z], ledger.rules, ledger.now
    members = [m for m in book.open_members() if m.phase != "pending"]
    own = ns_from_seconds(rules.cancel_after_warning_s)
    for m in members:
        latched = m.phase == "impact" and not m.flies  # 'latched for its threat'
        if latched or not m.stays_low or m.warned_ns is None or now - m.warned_ns < own:
            return
    third = ledger.raid(book.alarm).third_ns if book.alarm is not None else None
    if third is not None and now - third < ns_from_seconds(rules.cancel_after_third_s):
        return
    for m in members:
        ledger.step_down(z, m, "recomputed")
    ledger.after_release(z, "recomputed")


def spread_fallback(ledger: Ledger) -> None:
    """'Base-wide fallback by policy': with a hole in coverage, who is warned of is warned everywhere."""
    if ledger.rules.fallback != "base_wide" or all(book.healthy for book in ledger.books):
        return
    for track in sorted(ledger.open.rows):
        here = [book.members[track] for book in ledger.books if track in book.members]
        if not any(m.phase in ("warn", "impact") and not m.borrowed for m in here):
            continue
        for z, book in enumerate(ledger.books):
            member = book.members.get(track)
            if member is None:
                member = Member(track=track, since_ns=ledger.now, flies=here[0].flies)
                book.members[track] = member
            if member.phase == "watch" and not member.bound:
                member.borrowed = True
                _borrow([b.members[track] for b in ledger.books if track in b.members])
                ledger.raise_member(z, member, "fallback")
