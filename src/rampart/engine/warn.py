"""`Warner`: which zone is told what, and when it ends. Warning rules, sections 1-4, clause by clause.

Each quotation is a sentence of the rules that the code under it carries out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec
import numpy as np

from rampart.domain.messages import OperatorAction, ZoneState
from rampart.domain.site import Site, Zone
from rampart.domain.time import NS_PER_S, ns_from_seconds
from rampart.domain.values import FAMILIES, POSTERIOR, Phase, Reason
from rampart.engine.alarms import (
    ALARM_LINGERS_NS,
    RAID_LINGERS_NS,
    Alarm,
    Raid,
    alarm_id,
    join_raid,
)
from rampart.engine.hazard import AFTER_Q95_NS, Hazard, Hits, flies, is_assessed, is_threat
from rampart.engine.notice import RENEW_NS, notice
from rampart.engine.open_threats import OpenThreat, OpenThreats
from rampart.engine.threat import Threat
from rampart.engine.zones import NEVER, OPEN, Member, ZoneBook

BLIND_NS = 5 * NS_PER_S
"""Two calls further apart than this: nobody was watching in between, no coverage was healthy."""

HEALTHY_NS = 30 * NS_PER_S  # 'coverage healthy >= 30 s'
ALL_CLEAR_NS = 60 * NS_PER_S  # 'clear after 60 s'; 'hold with >= 60 s left'
ASK_NS = 60 * NS_PER_S  # 'asks aloud at once and every 60 s'
MANUAL_ASK_NS = 60 * NS_PER_S  # 'asks aloud before it expires'
DRONE_STANDS_NS = 60 * NS_PER_S  # 'warn stands for the last q95 + 60 s, then hold'
DRONE_NEAR_M = 3_000.0  # 'lost within 3 km of a warned zone'
LOITER_M = 2_000.0  # 'loitering within 2 km: watch stays'
AUTO_SHARE = 0.05  # '`auto` wins if any family with p >= 0.05 is `auto`'


OPEN_RANK: dict[Phase, int] = {"watch": 0, "pending": 1, "warn": 2, "impact": 3}


class Warner:
    """The warning rules for one site. Feed it changed threats, people's actions and time; it answers
    with the `ZoneState` rows that follow. It reads no clock and draws no number at random.
    """

    def __init__(self, site: Site, simulated: bool) -> None:
        self._site, self._rules, self._simulated = site, site.rules, simulated
        self._hazard = Hazard(site)
        self._zones: tuple[Zone, ...] = site.zones
        self._number = {zone.id: z for z, zone in enumerate(site.zones)}
        self._books = [ZoneBook() for _ in site.zones]
        self._open = OpenThreats(len(site.zones))
        self._raids: list[Raid] = []
        self._now = -NEVER
        self._p = np.zeros((len(site.zones), 3))
        self._rows: list[ZoneState] = []
        self._stale = False
        self._assessed: dict[int, str] = {}
        self._cause = 0
        self._by = ""

    # ------------------------------------------------------------------------------- the door
    def decide(
        self, now_ns: int, threats: Sequence[Threat], healthy: Collection[str], cause_seq: int
    ) -> list[ZoneState]:
        """Rows that follow from threats that changed. `healthy`: ids of zones with healthy coverage."""
        self._begin(now_ns, healthy, cause_seq)
        for threat in threats:
            self._take(threat)
        if threats:
            self._p = self._open.products()
            fresh = [t.track for t in threats if t.fresh]
            for z in range(len(self._zones)):
                self._judge(z, fresh)
            self._spread_fallback()
        return self._finish()

    def act(self, action: OperatorAction, cause_seq: int) -> list[ZoneState]:
        """Rows that follow from one person's action, at its arrival."""
        self._begin(action.t_arrival_ns, None, cause_seq)
        self._by = action.by
        if action.action == "assess":
            self._assess(action)
        else:
            chosen = [self._number[i] for i in action.zones if i in self._number]
            for z in chosen if action.zones else range(len(self._zones)):
                self._obey(z, action)
        return self._finish()

    def advance(self, now_ns: int, healthy: Collection[str], cause_seq: int) -> list[ZoneState]:
        """Rows that follow from time and coverage alone."""
        return self.decide(now_ns, (), healthy, cause_seq)

    def siren(self, zone_id: str) -> str:
        """The phase that a zone's siren follows, see `ZoneBook.siren`."""
        return self._books[self._number[zone_id]].siren()

    def state(self) -> dict[str, object]:
        """Everything remembered, as plain data: a `load` of it goes on exactly where this one stood."""
        return {
            "now": self._now,
            "books": msgspec.to_builtins(self._books),
            "raids": msgspec.to_builtins(self._raids),
            "open": self._open.state(),
            "assessed": [list(pair) for pair in self._assessed.items()],
        }

    def load(self, state: dict[str, object]) -> None:
        """Inverse of `state`, for the same site."""
        self._now = msgspec.convert(state["now"], int)
        self._books = msgspec.convert(state["books"], list[ZoneBook])
        self._raids = msgspec.convert(state["raids"], list[Raid])
        self._open.load(msgspec.convert(state["open"], dict[str, object]))
        self._assessed = dict(msgspec.convert(state["assessed"], list[tuple[int, str]]))
        self._p = self._open.products()

    def _begin(self, now_ns: int, healthy: Collection[str] | None, cause_seq: int) -> None:
        first = self._now == -NEVER
        elapsed = 0 if first else max(0, now_ns - self._now)
        self._now = now_ns if first else max(now_ns, self._now)
        self._cause, self._by, self._rows = cause_seq, "", []
        changed = False
        for z, book in enumerate(self._books):
            was = book.healthy and not first and elapsed <= BLIND_NS
            book.healthy = book.healthy if healthy is None else self._zones[z].id in healthy
            if not was:
                book.healthy_since_ns = self._now
            if book.hold_left_ns is not None and was and book.healthy:
                # 'its timer stands still while the zone's coverage is not healthy'
                book.hold_left_ns = max(0, book.hold_left_ns - elapsed)
            if first or was != book.healthy:
                changed, book.dirty = True, True
        if changed and self._open.rows:
            self._reweigh()
        self._run_timers()

    def _finish(self) -> list[ZoneState]:
        self._publish()
        self._run_timers()  # what the decision itself has made due, at the same instant
        rows, self._rows = self._rows, []
        return rows

    # ------------------------------------------------------------------------------- threats
    def _take(self, threat: Threat) -> None:
        """One threat's new word: who it is, how probable in each zone, how far below the thresholds."""
        row = self._open.rows.get(threat.track)
        if threat.successor_of is not None and threat.successor_of in self._open.rows:
            row = self._inherit(threat)
        if row is None:
            if not threat.real:
                return
            row = self._open.add(threat)
            row.assessed = self._assessed.get(threat.track, "")
        before = row.threat
        if threat.impact is None or (threat.lost and threat.motion is None):
            # 'the last prediction stands'
            keep_motion = before.motion if threat.lost and threat.motion is None else threat.motion
            threat = msgspec.structs.replace(
                threat, impact=threat.impact or before.impact, motion=keep_motion
            )
        row.threat = threat
        newly_lost = bool(threat.lost) and row.lost_ns is None
        row.lost_ns = (row.lost_ns or self._now) if threat.lost else None
        hits = self._weigh(row)
        for z, book in enumerate(self._books):
            member = book.members.get(threat.track)
            if member is not None:
                self._count_low(z, member, row)
                if newly_lost:
                    self._lose(member)
        self._note_third(row)
        if not any(threat.track in book.members for book in self._books) and (
            threat.lost or not hits
        ):
            self._open.remove(threat.track)

    def _weigh(self, row: OpenThreat) -> bool:
        """Set P of one threat in every zone, and its members' numbers; False for what is no threat."""
        threat, p = row.threat, row.p
        counts = is_threat(threat, p)
        settled = np.zeros(len(self._zones), np.bool_)
        degraded = np.array([not book.healthy for book in self._books], np.bool_)
        for z, book in enumerate(self._books):
            member = book.members.get(threat.track)
            settled[z] = member is not None and member.phase in OPEN
        hits = self._hazard.of(threat, p, degraded, self._now, settled) if counts else None
        zero = np.zeros(len(self._zones))
        row.done = row.done if threat.lost else []
        if hits is not None:
            hits.fall[row.done] = hits.fly[row.done] = 0.0
            hits.touch[row.done] = False
        self._open.fall[:, row.slot] = hits.fall if hits else zero
        self._open.fly[:, row.slot] = hits.fly if hits else zero
        assessed = bool(row.assessed) or is_assessed(p)
        blind = threat.impact is None and threat.motion is None
        for z, book in enumerate(self._books):
            member = book.members.get(threat.track)
            if hits is None:
                if member is not None:
                    member.fall = member.fly = member.fly_high = 0.0
                    member.touch = member.near = member.inside = False
                continue
            fall, fly, touch = float(hits.fall[z]), float(hits.fly[z]), bool(hits.touch[z])
            # 'an unassessed track that could reach the zone'; nothing known of its path: it could
            reaches = not assessed and (fly > 0.0 or (blind and not threat.lost))
            if member is None:
                if not (reaches or touch or max(fall, fly) >= self._rules.watch_p):
                    continue
                member = Member(track=threat.track, since_ns=self._now)
                member.reason = "drone_corridor" if fly > fall else "threshold"
                book.members[threat.track] = member
                book.dirty = True
            member.fall, member.fly, member.touch = fall, fly, touch
            member.fly_high = float(hits.fly_high[z])
            member.flies, member.inside = flies(threat, p), bool(hits.inside[z])
            member.gap_m = float(hits.gap_m[z])
            member.near = reaches or member.gap_m <= LOITER_M
            member.times = self._times(threat, hits, z, member) or member.times
        if hits is not None:
            self._borrow(threat.track)
        return counts

    @staticmethod
    def _times(threat: Threat, hits: Hits, z: int, member: Member) -> tuple[int, int, int] | None:
        """q05 q50 q95 of impact, or of entry for what flies."""
        if member.flies:
            if not np.isfinite(hits.entry_s[z, 0]):
                return None
            q05, q50, q95 = (threat.t_ns + ns_from_seconds(float(s)) for s in hits.entry_s[z])
            return q05, q50, q95
        if threat.impact is None:
            return None
        return threat.impact.t_ns_q05, threat.impact.t_ns_q50, threat.impact.t_ns_q95

    def _borrow(self, track: int) -> None:
        """A member by fallback only is as threatened as the zone that is threatened most."""
        members = [book.members[track] for book in self._books if track in book.members]
        if not any(m.borrowed for m in members):
            return
        times = min((m.times for m in members if m.times and not m.borrowed), default=None)
        for m in members:
            if m.borrowed:
                m.fall = max(o.fall for o in members)
                m.fly = max(o.fly for o in members)
                m.fly_high = max(o.fly_high for o in members)
                m.times = times or m.times

    def _levels(self, z: int) -> tuple[float, float]:
        """Warn thresholds of a zone for what falls and what flies: 'the threshold halves' if degraded."""
        share = 1.0 if self._books[z].healthy else 0.5
        falling = self._zones[z].threshold or self._rules.warn_p
        return falling * share, self._rules.drone_warn_p * share

    def _count_low(self, z: int, member: Member, row: OpenThreat) -> None:
        """Far below: P < a quarter of the threshold of the member's own phase, and no 50 % region."""
        falling, flying = self._levels(z)
        if member.phase not in OPEN:
            falling = flying = self._rules.watch_p
        fly = member.fly_high if member.phase in OPEN else member.fly
        low = member.fall < falling / 4 and fly < flying / 4 and not member.touch
        if member.phase not in OPEN:
            low = low and not member.near
        member.count_low(low, row.threat.fresh and not row.threat.lost, row.threat.t_ns)

    def _lose(self, member: Member) -> None:
        """'Losing sight never releases anybody.' From here on, time alone moves this member."""
        now = self._now
        last = member.times[2] if member.times else now
        member.low = 0
        if member.phase not in OPEN:
            # '60 s after q95 of a lost track's last prediction (without prediction: after its loss)'
            member.until_ns = max(last, now) + ns_from_seconds(self._rules.watch_lost_s)
        elif member.flies and member.gap_m <= DRONE_NEAR_M and member.phase != "impact":
            member.until_ns = max(last, now) + DRONE_STANDS_NS
        else:
            member.until_ns = last + AFTER_Q95_NS

    def _note_third(self, row: OpenThreat) -> None:
        """The raid's latest third detection: of any assessed threat that concerns some zone."""
        third, track = row.threat.t_third_ns, row.threat.track
        if third is None:
            return
        concerned = [b.members[track] for b in self._books if track in b.members]
        if any(m.phase in OPEN for m in concerned) or (concerned and is_assessed(row.p)):
            for raid in self._raids:
                if self._now - raid.active_ns <= RAID_LINGERS_NS:
                    raid.third_ns = max(third, raid.third_ns or third)

    def _inherit(self, threat: Threat) -> OpenThreat:
        """'A successor proven by the tracker inherits membership, timers and decisions.'"""
        old, new = threat.successor_of, threat.track
        assert old is not None
        past = self._open.rows[old]
        row = self._open.rows.get(new) or self._open.add(threat)
        row.assessed = row.assessed or past.assessed
        for z, book in enumerate(self._books):
            member = book.members.pop(old, None)
            if member is None:
                continue
            other = book.members.get(new)
            if other is not None and OPEN_RANK[other.phase] >= OPEN_RANK[member.phase]:
                other.warned_ns = other.warned_ns or member.warned_ns
                member = other
            member.track, member.until_ns = new, None
            book.members[new] = member
            self._open.bound[z, row.slot] = float(member.bound)
            if book.alarm is not None and old in book.alarm.tracks:
                kept = [new if t == old else t for t in book.alarm.tracks]
                book.alarm.tracks = list(dict.fromkeys(kept))
            book.dirty = True
        self._open.remove(old)
        return row

    def _reweigh(self) -> None:
        """Coverage changed: radii and thresholds of some zones are others now."""
        for row in self._open.rows.values():
            self._weigh(row)
        self._p = self._open.products()
        for z in range(len(self._zones)):
            self._judge(z, [])
        self._spread_fallback()

    # ------------------------------------------------------------------------------- decisions
    def _judge(self, z: int, fresh: Sequence[int]) -> None:
        """Raise members that meet the criteria; cancel where the cancel rule allows it."""
        book = self._books[z]
        if not book.members:
            return
        falling, flying = self._levels(z)
        _, p_fall, p_fly = (float(p) for p in self._p[z])
        for member in sorted(book.members.values(), key=lambda m: m.track):
            if member.phase != "watch" or member.bound:
                continue
            if member.fall >= falling or member.touch:
                self._raise(z, member, "threshold")
            elif member.fly >= flying:
                self._raise(z, member, "drone_corridor")
        # 'P or p_zone >= 0.01': many small ones together; those that are watched for it join
        for p, level, kind in ((p_fall, falling, "fall"), (p_fly, flying, "fly")):
            if p >= level:
                rest = [m for m in book.members.values() if m.phase == "watch" and not m.bound]
                reason: Reason = "threshold" if kind == "fall" else "drone_corridor"
                for member in sorted(rest, key=lambda m: m.track):
                    if getattr(member, kind) >= self._rules.watch_p:
                        self._raise(z, member, reason)
        self._release_pending(z)
        members = book.open_members()
        if any(m.track in fresh for m in members):
            self._cancel_pending(z, members)
            self._cancel_warned(z, p_fall < falling / 4 and p_fly < flying / 4)
        self._drop_watches(z, fresh)
        book.due_ns = self._next_due(z)

    def _raise(self, z: int, member: Member, reason: Reason) -> None:
        """A member meets the warn criteria: warn or, by policy, pending. Opens the alarm."""
        book, row = self._books[z], self._open.rows[member.track]
        self._join_alarm(z, row.threat.t_ns, member.track)
        auto = member.warned_ns is not None or self._is_auto(z, row.p)
        member.turn("warn" if auto else "pending", reason, self._now)
        book.dirty = True
        if row.lost_ns is not None:
            self._lose(member)

    def _is_auto(self, z: int, p: tuple[float, ...]) -> bool:
        release = self._zones[z].release
        named = {f: share for f, share in zip(POSTERIOR, p, strict=True) if f in release}
        some = [f for f, share in named.items() if share >= AUTO_SHARE]
        return any(release[f] == "auto" for f in some or [max(named, key=lambda f: named[f])])

    def _join_alarm(self, z: int, t_ns: int, track: int | None) -> Alarm:
        """The zone's alarm, opened or reopened; and its raid."""
        book = self._books[z]
        if book.alarm is None or book.alarm.over:
            # 'never reused': the same plots fed again later open another alarm
            opened = max(t_ns, book.last_opened_ns + 1)
            book.last_opened_ns = opened
            name = alarm_id(self._site.uuid, self._zones[z].id, opened, self._simulated)
            raid = join_raid(self._raids, name, self._now)
            book.alarm = Alarm(id=name, raid=raid.id, opened_ns=opened)
        # 'a warn before that reopens it with its next revision'
        book.alarm.released_ns = None
        book.all_clear_until_ns = None
        if track is not None and track not in book.alarm.tracks:
            book.alarm.tracks.append(track)
            lost = (m for m in book.open_members() if m.until_ns is not None and not m.followed)
            earlier = next(lost, None)
            if earlier is not None:
                earlier.followed = True
        raid = self._raid(book.alarm)
        raid.active_ns = self._now
        return book.alarm

    def _raid(self, alarm: Alarm) -> Raid:
        for raid in self._raids:
            if raid.id == alarm.raid:
                return raid
        self._raids.append(Raid(id=alarm.raid, active_ns=self._now))
        return self._raids[-1]

    def _release_pending(self, z: int) -> None:
        """'While the family is open, `auto` wins.'"""
        for member in self._books[z].open_members():
            if member.phase == "pending" and self._is_auto(z, self._open.rows[member.track].p):
                member.turn("warn", member.reason, self._now)
                self._books[z].dirty = True

    def _cancel_pending(self, z: int, members: Sequence[Member]) -> None:
        """'Cancel rule (a) without its waits.'"""
        for member in members:
            if member.phase == "pending" and member.stays_low:
                self._step_down(z, member, "recomputed")

    def _cancel_warned(self, z: int, p_zone_low: bool) -> None:
        """Cancel rule (a), all of it: for every member, three times over, and after both waits."""
        book = self._books[z]
        members = [m for m in book.open_members() if m.phase in ("warn", "impact")]
        if not members or not p_zone_low or book.alarm is None:
            return
        own = ns_from_seconds(self._rules.cancel_after_warning_s)
        third = self._raid(book.alarm).third_ns
        latest = ns_from_seconds(self._rules.cancel_after_third_s)
        for m in members:
            latched = m.phase == "impact" and not m.flies
            if latched or not m.stays_low or m.warned_ns is None or self._now - m.warned_ns < own:
                return
        if third is not None and self._now - third < latest:
            return
        for m in members:
            self._step_down(z, m, "recomputed")
        self._after_release(z, "recomputed")

    def _step_down(self, z: int, member: Member, reason: Reason) -> None:
        """From pending, warn or impact to watch; what does not deserve a watch goes altogether."""
        book = self._books[z]
        deserves = (
            member.near
            or member.bound
            or member.until_ns is not None
            or max(member.fall, member.fly) >= self._rules.watch_p
        )
        member.turn("watch", reason, self._now)
        member.borrowed = False
        if not deserves:
            self._forget(z, member)
        book.why, book.dirty = reason, True

    def _after_release(self, z: int, reason: Reason) -> None:
        """A warning was taken back: 'a zone that has had an impact -> hold'."""
        book = self._books[z]
        if book.alarm is None or book.has(*OPEN) or book.manual_until_ns is not None:
            return
        if book.alarm.had_impact and book.hold_left_ns is None:
            self._begin_hold(book)
        book.hold_reason = reason

    def _begin_hold(self, book: ZoneBook) -> None:
        book.hold_left_ns = ns_from_seconds(self._rules.hold_s)
        book.asked_ns, book.dirty = None, True

    def _drop_watches(self, z: int, fresh: Sequence[int]) -> None:
        """Watch: 'clear by the cancel rule'. A bound threat stays on screen as watch."""
        book = self._books[z]
        for track in fresh:
            member = book.members.get(track)
            if member and member.phase == "watch" and member.stays_low and not member.bound:
                self._forget(z, member)
                book.why = "recomputed"

    def _spread_fallback(self) -> None:
        """'Base-wide fallback by policy': with a hole in coverage, who is warned of is warned everywhere."""
        if self._rules.fallback != "base_wide" or all(book.healthy for book in self._books):
            return
        for track in sorted(self._open.rows):
            here = [book.members[track] for book in self._books if track in book.members]
            if not any(m.phase in ("warn", "impact") and not m.borrowed for m in here):
                continue
            for z, book in enumerate(self._books):
                member = book.members.get(track)
                if member is None:
                    member = Member(track=track, since_ns=self._now, flies=here[0].flies)
                    book.members[track] = member
                if member.phase == "watch" and not member.bound:
                    member.borrowed = True
                    self._borrow(track)
                    self._raise(z, member, "fallback")
                    book.due_ns = self._next_due(z)

    # ------------------------------------------------------------------------------- time
    def _next_due(self, z: int) -> int:
        """Earliest moment at which a timer of a member of this zone can fire."""
        due = NEVER
        for m in self._books[z].members.values():
            if m.phase == "pending":
                due = min(due, self._deadline(z, m))
            if m.phase == "warn" and m.flies and m.inside:
                due = self._now
            if m.until_ns is not None:
                due = min(due, m.until_ns)
            if m.times is not None and (m.phase in ("warn", "impact") or m.until_ns is not None):
                if m.phase == "warn":
                    due = min(due, m.times[0])
                if not m.flies and (m.phase != "watch" or m.fall > 0.0):
                    due = min(due, m.times[2] + AFTER_Q95_NS)
        return due

    def _deadline(self, z: int, member: Member) -> int:
        """'The earlier of t_impact q05 - shelter time and opening + confirm_timeout.'"""
        zone = self._zones[z]
        late = member.since_ns + ns_from_seconds(zone.confirm_timeout_s)
        if member.times is None:
            return late
        return min(late, member.times[0] - ns_from_seconds(zone.shelter_s))

    def _run_timers(self) -> None:
        """Everything that time alone decides, in the order in which it would have happened."""
        due = [z for z, book in enumerate(self._books) if book.due_ns <= self._now]
        for step in (self._time_out, self._strike, self._expire):
            for z in due:
                step(z)
            self._publish()
        for z in due:
            self._books[z].due_ns = self._next_due(z)
        for z, book in enumerate(self._books):
            if book.manual_until_ns is not None:
                self._mind_manual(book)
            if book.all_clear_until_ns is not None:
                self._mind_all_clear(book)
            if book.hold_left_ns == 0 and not book.engaged and book.manual_until_ns is None:
                self._mind_hold(z)
            if book.members and not book.engaged:
                self._nag(book)
        self._publish()
        for book in self._books:
            if book.alarm is not None:
                self._mind_alarm(book)
        if len(self._raids) > len(self._books):
            held = {book.alarm.raid for book in self._books if book.alarm is not None}
            recent = self._now - RAID_LINGERS_NS
            self._raids = [r for r in self._raids if r.id in held or r.active_ns >= recent]

    def _time_out(self, z: int) -> None:
        """'A pending is released by itself (`not_decided`)'; withholding must be written out."""
        book = self._books[z]
        for m in book.open_members():
            if m.phase == "pending" and self._now >= self._deadline(z, m):
                if self._zones[z].on_timeout == "withhold":
                    self._bind(z, m, "withheld")
                else:
                    m.turn("warn", "not_decided", self._now)
                    book.dirty = True

    def _strike(self, z: int) -> None:
        """warn -> impact: 't_impact q05 reached'; for a drone 'when it is inside the grown zone'."""
        book = self._books[z]
        for m in book.open_members():
            if m.phase != "warn":
                continue
            arrived = m.times is not None and self._now >= m.times[0]
            if m.flies:
                stands = m.gap_m <= DRONE_NEAR_M  # 'lost within 3 km: warn stands'
                arrived = m.inside if m.until_ns is None else arrived and not stands
            if arrived:
                reason: Reason = "drone_corridor" if m.flies else self._lost_reason(m)
                m.turn("impact", reason, self._now)
                book.dirty = True
                if book.alarm is not None:
                    book.alarm.had_impact = True

    def _expire(self, z: int) -> None:
        """impact -> hold at 'q95 + 2 s'; a lost drone's warn -> hold; a lost track's watch ends."""
        book = self._books[z]
        for m in sorted(book.members.values(), key=lambda m: m.track):
            over = m.until_ns is not None and self._now >= m.until_ns
            ran_out = m.times is not None and self._now >= m.times[2] + AFTER_Q95_NS
            if m.phase in ("warn", "impact") and (over or (ran_out and not m.flies)):
                self._land(z, m)
            elif m.phase == "watch" and over:
                self._forget(z, m)
                book.why = self._lost_reason(m)
            elif m.phase == "watch" and m.until_ns is not None and ran_out and not m.flies:
                m.fall = 0.0
                self._still(z, m.track)

    def _land(self, z: int, member: Member) -> None:
        book = self._books[z]
        book.hold_reason = self._lost_reason(member)
        self._begin_hold(book)
        if book.alarm is not None:
            book.alarm.landed += not member.followed
            raid = self._raid(book.alarm)
            last = member.times[2] if member.times else self._now
            raid.impact_ns = max(last, raid.impact_ns or last)
        self._still(z, member.track)
        self._forget(z, member)

    def _lost_reason(self, member: Member) -> Reason:
        row = self._open.rows.get(member.track)
        lost = row.threat.lost if row else "expired"
        return "expired" if lost == "dropped" else lost or "predicted_time"

    def _still(self, z: int, track: int) -> None:
        """This threat's prediction for this zone has run out: it counts in p_zone no more."""
        row = self._open.rows[track]
        self._open.fall[z, row.slot] = self._open.fly[z, row.slot] = 0.0
        if row.lost_ns is not None and z not in row.done:
            row.done.append(z)
        self._stale = True

    def _forget(self, z: int, member: Member) -> None:
        """The threat is no member of this zone any more."""
        book, track = self._books[z], member.track
        del book.members[track]
        book.dirty = True
        row = self._open.rows.get(track)
        if row is None:
            return
        self._open.bound[z, row.slot] = 0.0
        if row.lost_ns is not None and not any(track in b.members for b in self._books):
            self._open.remove(track)
            self._stale = True

    def _mind_manual(self, book: ZoneBook) -> None:
        """'A manual warn lasts until withdrawn or 10 min, asks aloud before it expires, then hold.'"""
        assert book.manual_until_ns is not None
        if self._now >= book.manual_until_ns:
            book.manual_until_ns, book.hold_reason = None, "expired"
            self._begin_hold(book)
        elif self._now >= book.manual_until_ns - MANUAL_ASK_NS and not book.manual_asked:
            book.manual_asked = book.ask = True

    def _mind_all_clear(self, book: ZoneBook) -> None:
        """'Clear after 60 s'; 'coverage lost in it -> hold with >= 60 s left'."""
        assert book.all_clear_until_ns is not None
        if not book.healthy:
            book.all_clear_until_ns = None
            book.hold_left_ns, book.hold_reason, book.asked_ns = ALL_CLEAR_NS, "sensor_lost", None
            if book.alarm is not None:
                book.alarm.over = False
            book.dirty = True
        elif self._now >= book.all_clear_until_ns:
            book.all_clear_until_ns, book.why, book.dirty = None, "hold_over", True

    def _mind_hold(self, z: int) -> None:
        """The hold is over: all clear by policy, or 'asks aloud at once and every 60 s'."""
        book = self._books[z]
        if self._zones[z].all_clear == "auto" and self._may_clear(z):
            self._give_all_clear(book)
        elif book.asked_ns is None or self._now - book.asked_ns >= ASK_NS:
            book.asked_ns, book.hold_reason, book.ask = self._now, "hold_over", True

    def _may_clear(self, z: int) -> bool:
        """'Hold over, no open threat in the sense of Hold, coverage healthy >= 30 s.'"""
        book = self._books[z]
        if book.hold_left_ns != 0 or book.engaged or book.manual_until_ns is not None:
            return False
        if not book.healthy or self._now - book.healthy_since_ns < HEALTHY_NS:
            return False
        for m in book.members.values():
            row = self._open.rows[m.track]
            known = bool(row.assessed) or is_assessed(row.p)
            if known and max(m.fall, m.fly) >= self._rules.watch_p:
                return False
        return True

    def _give_all_clear(self, book: ZoneBook) -> None:
        book.hold_left_ns, book.all_clear_until_ns = None, self._now + ALL_CLEAR_NS
        book.dirty = True
        if book.alarm is not None:
            book.alarm.over = True

    def _nag(self, book: ZoneBook) -> None:
        """'Unassessed tracks nag until somebody assesses them.'"""
        if self._now - book.nagged_ns < ASK_NS or book.shown() != "watch":
            return
        rows = (self._open.rows[track] for track in book.members)
        if any(not row.assessed and not is_assessed(row.p) for row in rows):
            book.nagged_ns, book.ask = self._now, True

    def _mind_alarm(self, book: ZoneBook) -> None:
        """'An alarm ends at all_clear, or 60 s after a cancel or withhold.' Keeps its raid awake."""
        alarm = book.alarm
        assert alarm is not None
        if book.engaged or book.manual_until_ns is not None:
            self._raid(alarm).active_ns = self._now
        elif book.hold_left_ns is None and book.all_clear_until_ns is None:
            alarm.released_ns = alarm.released_ns or self._now
            if alarm.over or self._now - alarm.released_ns >= ALARM_LINGERS_NS:
                book.alarm = None

    # ------------------------------------------------------------------------------- people
    def _obey(self, z: int, action: OperatorAction) -> None:
        book = self._books[z]
        mine = [m for m in book.open_members() if action.track in (None, m.track)]
        verb = action.action
        if verb == "warn":
            self._order_warn(z, action)
        elif verb == "confirm":
            for m in mine:
                if m.phase == "pending":
                    m.turn("warn", m.reason, self._now)
                    book.dirty = True
        elif verb == "withhold":
            for m in mine:
                if m.phase == "pending":
                    self._bind(z, m, "withheld")
        elif verb == "withdraw" and book.manual_until_ns is not None:
            book.manual_until_ns, book.why, book.dirty = None, "withdrawn", True
            self._after_release(z, "withdrawn")
        elif verb == "cancel":
            self._cancel_by_hand(z, mine)
        elif verb == "end_hold" and book.hold_left_ns is not None and action.reason:
            # 'any operator may end it with a reason, also blind'
            book.hold_left_ns, book.why, book.dirty = None, "withdrawn", True
        elif verb == "all_clear" and book.hold_left_ns is not None:
            if self._may_clear(z):
                self._give_all_clear(book)
            else:
                book.ask = True  # refused: the hold says again that it stands
        book.due_ns = self._next_due(z)

    def _order_warn(self, z: int, action: OperatorAction) -> None:
        """'A person can always warn any or all zones of the base.'"""
        book = self._books[z]
        self._join_alarm(z, action.t_arrival_ns, None)
        for m in book.open_members():
            if m.phase == "pending":
                m.turn("warn", "manual", self._now)
        book.ask = book.manual_until_ns is not None
        book.manual_until_ns = self._now + ns_from_seconds(self._rules.manual_s)
        book.manual_since_ns, book.manual_asked, book.dirty = self._now, False, True

    def _cancel_by_hand(self, z: int, members: Sequence[Member]) -> None:
        """'(b) a person, one action, from warn, impact or hold.'"""
        book = self._books[z]
        if members or book.manual_until_ns is not None:
            for m in members:
                self._bind(z, m, "withdrawn")
            book.manual_until_ns, book.why, book.dirty = None, "withdrawn", True
            self._after_release(z, "withdrawn")
        elif book.hold_left_ns is not None:
            book.hold_left_ns, book.why, book.dirty = None, "withdrawn", True

    def _bind(self, z: int, member: Member, reason: Reason) -> None:
        """'A person's cancel or withhold binds the threats that were members at that moment.'"""
        member.bound = True
        self._open.bound[z, self._open.rows[member.track].slot] = 1.0
        self._stale = True
        self._step_down(z, member, reason)
        row = self._open.rows[member.track]
        if row.lost_ns is not None:
            self._lose(member)

    def _assess(self, action: OperatorAction) -> None:
        """A person says what a track is: it nags no more."""
        if action.track is None or action.family not in FAMILIES:
            return
        self._assessed[action.track] = action.family
        row = self._open.rows.get(action.track)
        if row is None:
            return
        row.assessed = action.family
        self._weigh(row)
        self._p = self._open.products()
        for z, book in enumerate(self._books):
            m = book.members.get(action.track)
            idle = m is not None and m.phase == "watch" and not (m.bound or m.near)
            if m is not None and idle and max(m.fall, m.fly) < self._rules.watch_p:
                book.why = "recomputed"
                self._forget(z, m)
            self._judge(z, [])
        self._spread_fallback()

    # ------------------------------------------------------------------------------- telling
    def _publish(self) -> None:
        """Rows for the zones of which something new is to be said, in the site's order."""
        for z, book in enumerate(self._books):
            looks = book.engaged and self._now - book.looked_ns >= RENEW_NS
            if not (book.dirty or book.ask or looks):
                continue
            if self._stale:
                self._p, self._stale = self._open.products(), False
            book.dirty, book.looked_ns = False, self._now
            book.engaged = book.has(*OPEN)
            seen = sum(self._open.rows[m.track].lost_ns is None for m in book.open_members())
            raid = self._raid(book.alarm) if book.alarm is not None else None
            quiet = ns_from_seconds(self._rules.no_resound_s)
            row = notice(
                self._zones[z].id,
                book,
                p_zone=float(self._p[z, 0]),
                levels=(self._rules.watch_p, *self._levels(z)),
                tracked=seen,
                resounds=raid is None
                or raid.impact_ns is None
                or self._now - raid.impact_ns > quiet,
                now_ns=self._now,
                cause_seq=self._cause,
                simulated=self._simulated,
                by=self._by,
            )
            if row is not None:
                self._rows.append(row)
