"""`Ledger`: all that the warning rules remember, and the moves that every rule is made of.

Who may make which move, and when, stands in `criteria` (what a threat's numbers decide), `timers`
(what time decides) and `people` (what a person decides). Quotations are sentences of the rules.
"""

from __future__ import annotations

from bisect import insort
from typing import Final

import msgspec
import numpy as np

from rampart.domain.site import Site
from rampart.domain.time import NS_PER_S, ns_from_seconds
from rampart.domain.values import POSTERIOR, Reason
from rampart.engine.alarms import RAID_LINGERS_NS, Alarm, Raid, alarm_id, join_raid
from rampart.engine.hazard import AFTER_Q95_NS, is_assessed
from rampart.engine.lifecycle import OPEN
from rampart.engine.open_threats import OpenThreat, OpenThreats
from rampart.engine.zones import NEVER, Member, ZoneBook
from rampart.kernels.geometry import Array

HEALTHY_NS: Final = 30 * NS_PER_S  # 'coverage healthy >= 30 s'
ALL_CLEAR_NS: Final = 60 * NS_PER_S  # 'clear after 60 s'; 'hold with >= 60 s left'
DRONE_STANDS_NS: Final = 60 * NS_PER_S  # 'warn stands for the last q95 + 60 s, then hold'
DRONE_NEAR_M: Final = 3_000.0  # 'lost within 3 km of a warned zone'
LOST_REASON: Final[dict[str, Reason]] = {
    "": "predicted_time", "predicted_time": "predicted_time", "unseen": "predicted_time",
    "sensor_lost": "sensor_lost", "expired": "expired", "dropped": "expired",
}  # fmt: skip
"""What is told of why sight was lost, by `Threat.lost`: where no sensor looks only the time passes."""
AUTO_SHARE: Final = 0.05  # '`auto` wins if any family with p >= 0.05 is `auto`'


class Ledger:
    """Books of all zones in the site's order, open threats, raids, and now (ns UTC)."""

    def __init__(self, site: Site, simulated: bool) -> None:
        self.site, self.rules, self.zones, self.simulated = site, site.rules, site.zones, simulated
        self.books = [ZoneBook() for _ in site.zones]
        # of each zone: index in the posterior of every family that it names, and whether that is `auto`
        self._policies = [
            [(i, zone.release[f] == "auto") for i, f in enumerate(POSTERIOR) if f in zone.release]
            for zone in site.zones
        ]
        self.note_health()
        self.open = OpenThreats(len(site.zones))
        self.raids: list[Raid] = []
        self.now = -NEVER
        self.counted_ns = -NEVER  # to when holds are counted down
        self.awake: list[Raid] = []  # raids with an alarm in pending, warn or impact, or by hand
        self.stir()
        self.stale = False
        self._p = np.zeros((len(site.zones), 3))

    # ------------------------------------------------------------------------------- looking
    @property
    def p(self) -> Array:
        """(zones, 3): p_zone of all open threats; of the falling, of the flying that nobody bound."""
        if self.stale:
            self._p, self.stale = self.open.products(), False
        return self._p

    def levels(self, z: int) -> tuple[float, float]:
        """Warn thresholds of a zone for what falls and what flies: 'the threshold halves' if degraded."""
        return self._levels[z]

    def is_auto(self, z: int, p: tuple[float, ...]) -> bool:
        """'`auto` wins if any family with p >= 0.05 is `auto`'; the likeliest one where none has that."""
        policies = self._policies[z]
        some = [auto for i, auto in policies if p[i] >= AUTO_SHARE]
        return any(some) if some else max(policies, key=lambda policy: p[policy[0]])[1]

    def settled(self, track: int) -> bool:
        """'A track whose zone decisions cannot change': each zone it concerns is warned of it with P at
        or above the threshold, and everywhere else P is below a quarter of the watch level."""
        row = self.open.rows.get(track)
        if row is None:
            return True
        for z, member in self.members_of(row):
            falling, flying = self.levels(z)
            firm = member.touch or member.fall >= falling or member.fly >= flying
            if member.phase != "impact" and not (member.phase == "warn" and firm):
                return False
        loud = self.open.fall[:, row.slot] >= self.rules.watch_p / 4
        loud |= self.open.fly[:, row.slot] >= self.rules.drone_watch_p / 4
        loud[row.zones] = False
        return not loud.any()

    def worth_watching(self, fall: float, fly: float) -> bool:
        """'P >= 0.002'; of what flies, its own level: futures reach far, and most come to nothing."""
        return fall >= self.rules.watch_p or fly >= self.rules.drone_watch_p

    def may_clear(self, z: int) -> bool:
        """'Hold over, no open threat in the sense of Hold, coverage healthy >= 30 s.'"""
        book = self.books[z]
        if book.hold_left_ns != 0 or book.has(*OPEN) or book.manual_until_ns is not None:
            return False
        if not book.healthy or self.now - book.healthy_since_ns < HEALTHY_NS:
            return False
        # 'blocked only by a threat in pending, warn or impact, or by an assessed threat with P >= 0.002'
        return not any(
            max(m.fall, m.fly) >= self.rules.watch_p and self.is_assessed(m.track)
            for m in book.members.values()
        )

    def is_assessed(self, track: int) -> bool:
        """A person or the classifier has named it."""
        row = self.open.rows[track]
        return bool(row.assessed) or is_assessed(row.p)

    def lost_reason(self, member: Member) -> Reason:
        """The reason told where its time is over: why its sight was lost, if it was."""
        return LOST_REASON[self.open.rows[member.track].threat.lost]

    def raid(self, alarm: Alarm) -> Raid:
        """The raid of an alarm."""
        return next(raid for raid in self.raids if raid.id == alarm.raid)

    def note_health(self) -> None:
        """Renew `degraded`, (zones,), and `levels` after a book's `healthy` has changed."""
        self.degraded = np.array([not book.healthy for book in self.books], np.bool_)
        self._levels = []
        for zone, book in zip(self.zones, self.books, strict=True):
            falling = self.rules.warn_p if zone.threshold is None else zone.threshold
            share = 1.0 if book.healthy else 0.5
            self._levels.append((falling * share, self.rules.drone_warn_p * share))

    def members_of(self, row: OpenThreat) -> list[tuple[int, Member]]:
        """(zone, member) of one threat, in the site's order."""
        track = row.threat.track
        return [(z, self.books[z].members[track]) for z in row.zones]

    # --------------------------------------------------------------------------- time passing
    def stir(self) -> None:
        """Every zone is to be looked at with the next decision. `wake_ns`: for each zone, not later than the
        next moment at which time alone can change anything there (`timers.next_look`)."""
        self.wake_ns = [-NEVER] * len(self.books)

    def restless(self) -> list[int]:
        """Zones that something has befallen since they were last looked at, or that time may change now."""
        zones = enumerate(zip(self.wake_ns, self.books, strict=True))
        return [z for z, (t_ns, book) in zones if t_ns <= self.now or book.dirty or book.ask]

    def pass_to(self, now_ns: int) -> None:
        """Let time pass to `now_ns`, watched: the raids that were awake at the last decision were so till
        then, and holds count down."""
        for raid in self.awake:
            raid.active_ns = self.now
        passed_ns = now_ns - self.counted_ns
        self.now = self.counted_ns = now_ns
        for book in self.books:
            if not book.healthy:
                book.healthy_since_ns = self.now
            elif book.hold_left_ns is not None:
                # 'its timer stands still while the zone's coverage is not healthy'
                book.hold_left_ns = max(0, book.hold_left_ns - passed_ns)

    # ------------------------------------------------------------------------------- moving
    def join(self, z: int, row: OpenThreat) -> Member:
        """A threat becomes a member of a zone, on watch."""
        member = Member(track=row.threat.track, since_ns=self.now)
        self.books[z].members[member.track] = member
        self.books[z].dirty = True
        insort(row.zones, z)
        return member

    def join_alarm(self, z: int, t_ns: int, track: int | None) -> None:
        """Open the zone's alarm at the plot or command of `t_ns`, or reopen it; a track joins it."""
        book = self.books[z]
        if book.alarm is None or book.alarm.over:
            # 'never reused': the same plots fed again later open another alarm
            opened = max(t_ns, book.last_opened_ns + 1)
            book.last_opened_ns = opened
            name = alarm_id(self.site.uuid, self.zones[z].id, opened, self.simulated)
            raid = join_raid(self.raids, name, self.now)
            book.alarm = Alarm(id=name, raid=raid.id, opened_ns=opened)
        # 'a warn before that reopens it with its next revision'
        book.alarm.released_ns = None
        book.all_clear_until_ns = None
        self.raid(book.alarm).active_ns = self.now
        if track is not None and track not in book.alarm.tracks:
            book.alarm.tracks.append(track)
            # 'unproven, both stand': a member lost before may be the same object, counted once
            for lost in sorted(self.open.lost & book.members.keys()):
                m = book.members[lost]
                if m.until_ns is not None and not m.followed and m.phase in OPEN:
                    m.followed = True
                    break

    def raise_member(self, z: int, member: Member, reason: Reason) -> None:
        """A member meets the warn criteria: warn or, by the zone's policy, pending."""
        book, row = self.books[z], self.open.rows[member.track]
        self.join_alarm(z, row.threat.t_ns, member.track)
        # 'a threat once warned never returns to pending'
        auto = member.warned_ns is not None or z in row.warned or self.is_auto(z, row.p)
        member.turn("warn" if auto else "pending", reason, self.now)
        book.dirty = True
        if row.lost_ns is not None:
            self.lose(member)
        book.due_ns = min(book.due_ns, self.next_due(z, member))

    def lose(self, member: Member) -> None:
        """'Losing sight never releases anybody.' From here on, time alone moves this member."""
        last = member.times[2] if member.times else self.now
        member.low = 0
        if member.phase not in OPEN:
            # '60 s after q95 of a lost track's last prediction (without prediction: after its loss)'
            member.until_ns = max(last, self.now) + ns_from_seconds(self.rules.watch_lost_s)
        elif member.flies and member.gap_m <= DRONE_NEAR_M and member.phase != "impact":
            member.until_ns = max(last, self.now) + DRONE_STANDS_NS
        else:
            member.until_ns = last + AFTER_Q95_NS

    def step_down(self, z: int, member: Member, reason: Reason) -> None:
        """From pending, warn or impact to watch; what deserves no watch goes altogether."""
        book = self.books[z]
        worth = self.worth_watching(member.fall, member.fly)
        member.turn("watch", reason, self.now)
        member.borrowed = False
        book.why, book.dirty = reason, True
        if self.open.rows[member.track].lost_ns is not None:
            self.lose(member)
            book.due_ns = min(book.due_ns, self.next_due(z, member))
        elif not (worth or member.near or member.bound):
            self.forget(z, member)

    def bind(self, z: int, member: Member, reason: Reason) -> None:
        """'A person's cancel or withhold binds the threats that were members at that moment, for this
        zone, until their tracks end.' 'A bound threat stays on screen as watch.'
        """
        member.bound = True
        self.open.bound[z, self.open.rows[member.track].slot] = 1.0
        self.stale = True
        self.step_down(z, member, reason)

    def after_release(self, z: int, reason: Reason) -> None:
        """A warning was taken back: 'a zone that has had an impact -> hold'."""
        book = self.books[z]
        if book.alarm is None or book.has(*OPEN) or book.manual_until_ns is not None:
            return
        struck = book.alarm.had_impact
        if struck and reason == "recomputed":
            # of what has come down here nothing was recomputed: its hold says so
            reason, book.why = "predicted_time", None
        if struck and book.hold_left_ns is None:
            self.begin_hold(z, reason)
        book.hold_reason = reason

    def begin_hold(self, z: int, reason: Reason) -> None:
        """'After impact or expiry: 10 min.'"""
        book = self.books[z]
        book.hold_left_ns = ns_from_seconds(self.rules.hold_s)
        book.hold_reason, book.asked_ns, book.dirty = reason, None, True

    def give_all_clear(self, z: int) -> None:
        """'An alarm ends at all_clear.'"""
        book = self.books[z]
        book.hold_left_ns, book.all_clear_until_ns = None, self.now + ALL_CLEAR_NS
        book.dirty = True
        if book.alarm is not None:
            book.alarm.over = True

    def land(self, z: int, member: Member) -> None:
        """impact (or a lost drone's warn) -> hold."""
        book = self.books[z]
        self.begin_hold(z, self.lost_reason(member))
        if book.alarm is not None:
            book.alarm.landed += not member.followed
            raid = self.raid(book.alarm)
            last = member.times[2] if member.times else self.now
            raid.impact_ns = max(last, raid.impact_ns or last)
        self.still(z, member.track)
        self.forget(z, member)

    def still(self, z: int, track: int) -> None:
        """This threat's prediction for this zone has run out: it counts in p_zone no more."""
        row = self.open.rows[track]
        self.open.fall[z, row.slot] = self.open.fly[z, row.slot] = 0.0
        self.stale = True
        if row.lost_ns is not None and z not in row.done:
            row.done.append(z)

    def forget(self, z: int, member: Member) -> None:
        """The threat is no member of this zone any more; a lost one without a zone is no more at all."""
        book, track = self.books[z], member.track
        row = self.open.rows[track]
        del book.members[track]
        row.zones.remove(z)
        book.dirty = True
        if member.warned_ns is not None and z not in row.warned:
            row.warned.append(z)
        self.open.bound[z, row.slot] = 0.0
        if row.lost_ns is not None and not row.zones:
            self.remove(track)

    def remove(self, track: int) -> None:
        """The threat is over."""
        self.open.remove(track)
        self.stale = True

    def inherit(self, old: int, row: OpenThreat) -> None:
        """'A successor proven by the tracker inherits membership, timers and decisions.'"""
        new = row.threat.track
        row.assessed = row.assessed or self.open.rows[old].assessed
        row.warned += [z for z in self.open.rows[old].warned if z not in row.warned]
        rank = ("watch", "pending", "warn", "impact").index
        for z, book in enumerate(self.books):
            member = book.members.pop(old, None)
            if member is None:
                continue
            other = book.members.get(new)
            if other is not None and rank(other.phase) >= rank(member.phase):
                other.warned_ns = other.warned_ns or member.warned_ns
                member = other
            member.track, member.until_ns, member.followed = new, None, False
            book.members[new] = member
            book.dirty = True
            if z not in row.zones:
                insort(row.zones, z)
            self.open.bound[z, row.slot] = float(member.bound)
            if book.alarm is not None and old in book.alarm.tracks:
                kept = [new if track == old else track for track in book.alarm.tracks]
                book.alarm.tracks = list(dict.fromkeys(kept))
        self.remove(old)

    # ------------------------------------------------------------------------------- timers
    def deadline(self, z: int, member: Member) -> int:
        """'The earlier of t_impact q05 - shelter time and opening + confirm_timeout.'"""
        zone = self.zones[z]
        late = member.since_ns + ns_from_seconds(zone.confirm_timeout_s)
        if member.times is None:
            return late
        return min(late, member.times[0] - ns_from_seconds(zone.shelter_s))

    def next_due(self, z: int, m: Member) -> int:
        """Earliest moment at which time alone can move this member."""
        due = NEVER if m.until_ns is None else m.until_ns
        if m.phase == "pending":
            return min(due, self.deadline(z, m))
        if m.flies and m.inside and m.phase == "warn":
            return self.now
        if m.times is not None:
            lost = m.until_ns is not None
            if m.phase == "warn" and (lost or not m.flies):
                due = min(due, m.times[0])
            if not m.flies and (m.phase in OPEN or (lost and m.fall > 0.0)):
                due = min(due, m.times[2] + AFTER_Q95_NS)
        return due

    def prune_raids(self) -> None:
        """Forget raids that no alarm names and that take no new ones."""
        held = {book.alarm.raid for book in self.books if book.alarm is not None}
        recent = self.now - RAID_LINGERS_NS
        self.raids = [r for r in self.raids if r.id in held or r.active_ns >= recent]

    # ------------------------------------------------------------------------------- snapshots
    def state(self) -> dict[str, object]:
        """Exact plain data."""
        self.pass_to(self.now)
        return {
            "now": self.now,
            "books": msgspec.to_builtins(self.books),
            "raids": msgspec.to_builtins(self.raids),
            "open": self.open.state(),
        }

    def load(self, state: dict[str, object]) -> None:
        """Inverse of `state`, for the same site."""
        self.now = self.counted_ns = msgspec.convert(state["now"], int)
        self.books = msgspec.convert(state["books"], list[ZoneBook])
        self.note_health()
        self.raids = msgspec.convert(state["raids"], list[Raid])
        self.awake = []
        self.stir()
        self.open.load(msgspec.convert(state["open"], dict[str, object]))
        self.stale = True
