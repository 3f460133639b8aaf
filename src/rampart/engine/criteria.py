"""What a threat's numbers decide: warn, cancel, watch. Warning rules, sections 2 and 4."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

import msgspec
import numpy as np

from rampart.domain.time import ns_from_seconds
from rampart.domain.values import Reason
from rampart.engine.alarms import RAID_LINGERS_NS
from rampart.engine.hazard import Hazard, falls, is_assessed, is_threat
from rampart.engine.ledger import Ledger
from rampart.engine.lifecycle import OPEN
from rampart.engine.open_threats import OpenThreat
from rampart.engine.threat import Threat, sound
from rampart.engine.zones import Member
from rampart.kernels.geometry import Array
from rampart.kernels.landing import pick

LOITER_M: Final = 2_000.0  # 'loitering within 2 km: watch stays'


def take(ledger: Ledger, hazard: Hazard, threats: Sequence[Threat]) -> None:
    """Write down the threats' new words: who each is, P in each zone, how far below the thresholds."""
    heard = [row for threat in threats if (row := _hear(ledger, threat)) is not None]
    # the last word on each that was not inherited
    once = {row.threat.track: row for row in heard}
    rows = [row for track, row in once.items() if ledger.open.rows.get(track) is row]
    newly_lost = [row for row in rows if row.threat.lost and row.lost_ns is None]
    for row in newly_lost:
        row.lost_ns = ledger.now
        ledger.open.lost.add(row.threat.track)
    weigh(ledger, hazard, rows)
    for row in rows:
        threat = row.threat
        for z, member in ledger.members_of(row):
            book = ledger.books[z]
            if not threat.lost:
                member.until_ns = None
            _count_low(ledger, z, member, threat)
            book.due_ns = min(book.due_ns, ledger.next_due(z, member))
    for row in newly_lost:
        for z, member in ledger.members_of(row):
            ledger.lose(member)
            book = ledger.books[z]
            book.dirty, book.due_ns = True, min(book.due_ns, ledger.next_due(z, member))
    for row in rows:
        if row.threat.lost and not row.zones:
            ledger.remove(row.threat.track)


def _hear(ledger: Ledger, threat: Threat) -> OpenThreat | None:
    """The row of a threat with its new word; None for what is not real."""
    threat = sound(threat)
    rows, track = ledger.open.rows, threat.track
    row = rows.get(track)
    if row is None:
        if not (threat.real or threat.successor_of in rows):
            return None
        row = ledger.open.add(threat)
    if threat.successor_of in rows and threat.successor_of != track:
        ledger.inherit(threat.successor_of, row)
    # 'the last prediction stands'
    before = row.threat
    if (threat.impact is None and before.impact) or (threat.motion is None and before.motion):
        motion = before.motion if threat.lost and threat.motion is None else threat.motion
        threat = msgspec.structs.replace(
            threat, impact=threat.impact or before.impact, motion=motion
        )
    row.threat = threat
    if not threat.lost:
        row.lost_ns, row.done = None, []
        ledger.open.lost.discard(track)
    return row


def weigh(ledger: Ledger, hazard: Hazard, rows: Sequence[OpenThreat]) -> None:
    """P of threats in every zone, into the table and into their members; they join where it matters."""
    ledger.stale = True
    open_, rules = ledger.open, ledger.rules
    threats = []
    for row in rows:
        # what is warned of is let go by its numbers, not because a family passes a mark
        warned_of = not row.threat.known and any(m.phase in OPEN for _, m in ledger.members_of(row))
        if warned_of or is_threat(row.threat, row.p):
            threats.append(row)
            continue
        open_.fall[:, row.slot] = open_.fly[:, row.slot] = 0.0
        for _, harmless in ledger.members_of(row):
            harmless.fall = harmless.fly = harmless.fly_high = 0.0
            harmless.touch = harmless.near = harmless.inside = False
    if not threats:
        return
    member = np.zeros((len(threats), len(ledger.books)), np.bool_)
    warned = np.zeros_like(member)
    for k, row in enumerate(threats):
        for z, m in ledger.members_of(row):
            member[k, z], warned[k, z] = True, m.phase in OPEN
        open_.note_fleeting(row)
    posteriors = [row.p for row in threats]
    hits = hazard.of(
        [row.threat for row in threats], posteriors, ledger.degraded, ledger.now, warned
    )
    for k, row in enumerate(threats):
        if row.done:
            hits.fall[k, row.done] = hits.fly[k, row.done] = 0.0
            hits.touch[k, row.done] = False
    slots = [row.slot for row in threats]
    open_.fall[:, slots], open_.fly[:, slots] = hits.fall.T, hits.fly.T
    # 'an unassessed track that could reach the zone', or one that falls, no telling where;
    # nothing known of its path: it could
    asks = np.array(
        [
            not (row.assessed or is_assessed(p)) or (row.threat.impact is None and falls(p))
            for row, p in zip(threats, posteriors, strict=True)
        ]
    )
    pathless = np.array(
        [
            row.threat.impact is None and row.threat.motion is None and not row.threat.lost
            for row in threats
        ]
    )
    pairs = pick(
        hits.fall, hits.fly, hits.fly_high, hits.touch, hits.inside, hits.gap_m, member, asks,
        pathless, rules.watch_p, rules.drone_watch_p, LOITER_M,
    )  # fmt: skip
    numbers = pairs[:, :2].astype(np.int64).tolist()
    for (k, z), (fall, fly, fly_high, touch, inside, gap_m, near) in zip(
        numbers, pairs[:, 2:].tolist(), strict=True
    ):
        row, flying = threats[k], hits.flies[k]
        m = ledger.books[z].members.get(row.threat.track)
        if m is None:
            m = ledger.join(z, row)
            m.reason = "drone_corridor" if fly > fall else "threshold"
        m.fall, m.fly, m.fly_high = fall, fly, fly_high
        m.touch, m.inside, m.near = touch > 0.0, inside > 0.0, near > 0.0
        m.gap_m, m.flies = gap_m, flying
        if flying:
            # 'the last prediction stands': a flyer that is lost is only followed farther where nobody was told
            if not (row.threat.lost and m.phase in OPEN):
                m.times = _times(row.threat, hits.entry_s[k, z], m) or m.times
        elif row.threat.impact is not None:
            m.times = row.threat.impact.times
    if rules.fallback == "base_wide":
        for row in threats:
            _borrow([m for _, m in ledger.members_of(row)])


def _times(threat: Threat, entry_s: Array, member: Member) -> tuple[int, int, int] | None:
    """q05 q50 q95 of entry or, where falling is likelier, of impact: of what flies."""
    impact = threat.impact
    if np.isfinite(entry_s[0]) and (impact is None or member.fly > member.fall):
        q05, q50, q95 = (threat.t_ns + ns_from_seconds(float(s)) for s in entry_s)
        return q05, q50, q95
    return None if member.fall == 0.0 or impact is None else impact.times


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


def _count_low(ledger: Ledger, z: int, member: Member, threat: Threat) -> None:
    """'P < a quarter of the threshold' of the member's own phase, 'with fresh plots'."""
    if member.phase in OPEN:
        falling, flying = ledger.levels(z)
        # 'cancel only if the 95 % upper bound of P is below the cancel level'
        low = member.fall < falling / 4 and member.fly_high < flying / 4 and not member.touch
    else:
        # a quarter of the watch levels
        quiet = not ledger.worth_watching(4 * member.fall, 4 * member.fly)
        low = quiet and not (member.touch or member.near)
    member.count_low(low, threat.fresh and not threat.lost, threat.t_ns)


def note_third(ledger: Ledger, threat: Threat) -> None:
    """Keep the raid's latest third detection: of a member, or of an assessed threat on watch."""
    third, track = threat.t_third_ns, threat.track
    if third is None or track not in ledger.open.rows:
        return
    raids = [
        raid
        for raid in ledger.raids
        if (raid.third_ns is None or raid.third_ns < third)
        and ledger.now - raid.active_ns <= RAID_LINGERS_NS
    ]
    if not raids:
        return
    concerned = [m for _, m in ledger.members_of(ledger.open.rows[track])]
    if any(m.phase in OPEN for m in concerned) or (concerned and ledger.is_assessed(track)):
        for raid in raids:
            raid.third_ns = third


def judge(ledger: Ledger, tracks: Iterable[int], fresh: Collection[int]) -> None:
    """Raise, cancel and drop members after news of some `tracks`; `fresh`: those that a plot renewed."""
    changed: list[list[Member]] = [[] for _ in ledger.books]
    for track in tracks:
        if track in ledger.open.rows:
            for z, member in ledger.members_of(ledger.open.rows[track]):
                changed[z].append(member)
    for z, (_, p_fall, p_fly) in enumerate(ledger.p.tolist()):
        book, (falling, flying) = ledger.books[z], ledger.levels(z)
        fall, fly = p_fall >= falling, p_fly >= flying
        crossed = fall != book.over_fall or fly != book.over_fly
        if changed[z] or crossed or ((fall or fly) and not book.engaged):
            ledger.wake_ns[z] = ledger.now
            _judge_zone(ledger, z, changed[z], fresh, p_fall, p_fly)
    _spread_fallback(ledger)


def _judge_zone(
    ledger: Ledger,
    z: int,
    changed: Sequence[Member],
    fresh: Collection[int],
    p_fall: float,
    p_fly: float,
) -> None:
    """Raise what zone `z` must be told of, then let go what no longer endangers it: raising comes first."""
    book = ledger.books[z]
    falling, flying = ledger.levels(z)
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
    cancels = False
    for m in changed:
        if not m.stays_low or m.track not in fresh:
            continue
        if m.phase == "pending":
            ledger.step_down(z, m, "recomputed")  # 'cancel rule (a) without its waits'
        elif m.phase == "watch" and not m.bound:
            ledger.forget(z, m)  # 'clear by the cancel rule'
            book.why = "recomputed"
        else:
            cancels = cancels or m.phase in ("warn", "impact")
    if cancels and p_fall < falling / 4 and p_fly < flying / 4:
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
                row = ledger.open.rows[track]
                member = ledger.join(z, row)
                member.times = row.threat.impact.times if row.threat.impact else None
            setattr(member, kind, p)
            ledger.raise_member(z, member, reason)


def _cancel(ledger: Ledger, z: int) -> None:
    """Cancel rule (a): only 'for every member threat', and after both waits."""
    book, rules, now = ledger.books[z], ledger.rules, ledger.now
    members = [m for m in book.members.values() if m.phase in ("warn", "impact")]
    own = ns_from_seconds(rules.cancel_after_warning_s)
    for m in members:
        latched = m.phase == "impact" and not m.flies  # 'latched for its threat'
        if latched or not m.stays_low or m.warned_ns is None or now - m.warned_ns < own:
            return
    third = ledger.raid(book.alarm).third_ns if book.alarm is not None else None
    if third is not None and now - third < ns_from_seconds(rules.cancel_after_third_s):
        return
    for m in sorted(members, key=lambda m: m.track):
        ledger.step_down(z, m, "recomputed")
    ledger.after_release(z, "recomputed")


def _spread_fallback(ledger: Ledger) -> None:
    """'Base-wide fallback by policy': with a hole in coverage, who is warned of is warned everywhere."""
    if ledger.rules.fallback != "base_wide" or all(book.healthy for book in ledger.books):
        return
    for track, row in sorted(ledger.open.rows.items()):
        here = [m for _, m in ledger.members_of(row)]
        if not any(m.phase in ("warn", "impact") and not m.borrowed for m in here):
            continue
        for z, book in enumerate(ledger.books):
            member = book.members.get(track)
            if member is None:
                member = ledger.join(z, row)
                member.flies = here[0].flies
            if member.phase == "watch" and not member.bound:
                member.borrowed = True
                _borrow([m for _, m in ledger.members_of(row)])
                ledger.raise_member(z, member, "fallback")
