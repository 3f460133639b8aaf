"""`Warner`: which zone is told what, and when it ends. The door of the warning rules."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from rampart.domain.messages import OperatorAction, ZoneState
from rampart.domain.site import Site
from rampart.domain.time import NS_PER_S, ns_from_seconds
from rampart.domain.values import FAMILIES
from rampart.engine import criteria, people, timers
from rampart.engine.hazard import Hazard
from rampart.engine.ledger import Ledger
from rampart.engine.lifecycle import OPEN
from rampart.engine.notice import RENEW_NS, notice
from rampart.engine.threat import Threat
from rampart.engine.zones import NEVER

BLIND_NS: Final = 5 * NS_PER_S
"""Two calls further apart than this: nobody was watching in between, no coverage was healthy."""


class Warner:
    """The warning rules for one site. Feed it changed threats, people's actions and time; it answers
    with the `ZoneState` rows that follow. It reads no clock and draws nothing at random.
    """

    def __init__(self, site: Site, simulated: bool) -> None:
        self._ledger = Ledger(site, simulated)
        self._hazard = Hazard(site)
        self._number = {zone.id: z for z, zone in enumerate(site.zones)}
        self._guarded: frozenset[str] | None = None  # zones with healthy coverage, as last told
        self._rows: list[ZoneState] = []
        self._cause = 0
        self._by = ""

    def decide(
        self, now_ns: int, threats: Sequence[Threat], healthy: Collection[str], cause_seq: int
    ) -> list[ZoneState]:
        """Rows that follow from threats that changed. `healthy`: ids of zones with healthy coverage."""
        guarded = frozenset(healthy)
        if not threats and self._is_quiet(now_ns, guarded):
            self._ledger.now = max(now_ns, self._ledger.now)
            return []
        self._begin(now_ns, guarded, cause_seq)
        if threats:
            criteria.take(self._ledger, self._hazard, threats)
            tracks = [threat.track for threat in threats]
            fresh = {threat.track for threat in threats if threat.fresh and not threat.lost}
            criteria.judge(self._ledger, tracks, fresh)
            for threat in threats:
                criteria.note_third(self._ledger, threat)
        return self._finish(news=bool(threats))

    def act(self, action: OperatorAction, cause_seq: int) -> list[ZoneState]:
        """Rows that follow from one person's action, at its arrival.

        Unknown zones and tracks are passed over.
        """
        self._begin(action.t_arrival_ns, None, cause_seq)
        self._by = action.by
        if action.action == "assess":
            self._assess(action)
        else:
            chosen = action.zones or tuple(self._number)
            for z in sorted({self._number[i] for i in chosen if i in self._number}):
                people.obey(self._ledger, z, action)
        self._ledger.stir()
        return self._finish(news=True)

    def advance(self, now_ns: int, healthy: Collection[str], cause_seq: int) -> list[ZoneState]:
        """Rows that follow from time and coverage alone."""
        return self.decide(now_ns, (), healthy, cause_seq)

    def knows(self, track: int | None) -> bool:
        """Whether this track was told of, threat or not, and is not over."""
        return track in self._ledger.open.rows

    def settled(self, track: int) -> bool:
        """Whether a track's zone decisions cannot change just now, see `Ledger.settled`."""
        return self._ledger.settled(track)

    def retell(self) -> None:
        """Say every open warning again with the next decision: the clock by which it was told has stepped."""
        self._ledger.stir()
        for book in self._ledger.books:
            book.ask = book.ask or book.engaged

    def siren(self, zone_id: str) -> str:
        """The phase that a zone's siren follows, see `ZoneBook.siren`."""
        return self._ledger.books[self._number[zone_id]].siren()

    def state(self) -> dict[str, object]:
        """Everything remembered, as plain data: a `load` of it goes on exactly where this one stood."""
        return self._ledger.state()

    def load(self, state: dict[str, object]) -> None:
        """Inverse of `state`, for the same site."""
        self._ledger.load(state)
        self._guarded = None

    def _is_quiet(self, now_ns: int, guarded: frozenset[str]) -> bool:
        """Whether time moves nothing on: coverage is what it was, somebody watched, no zone is due."""
        ledger = self._ledger
        watched = ledger.now != -NEVER and now_ns - ledger.now <= BLIND_NS
        return watched and guarded == self._guarded and now_ns < min(ledger.wake_ns, default=NEVER)

    def _begin(self, now_ns: int, guarded: frozenset[str] | None, cause_seq: int) -> None:
        """Let time pass to `now_ns`, under coverage of the zones in `guarded`, None: as it was."""
        ledger = self._ledger
        self._cause, self._by, self._rows = cause_seq, "", []
        first = ledger.now == -NEVER
        elapsed = 0 if first else max(0, now_ns - ledger.now)
        if first or elapsed > BLIND_NS or guarded not in (None, self._guarded):
            self._look_round(now_ns, elapsed, guarded)
        else:
            ledger.pass_to(max(now_ns, ledger.now))
        timers.run(ledger, ledger.restless(), self._publish)

    def _look_round(self, now_ns: int, elapsed: int, guarded: frozenset[str] | None) -> None:
        """As `Ledger.pass_to`, where coverage may be another now, or nobody watched for `elapsed` ns."""
        ledger = self._ledger
        first = ledger.now == -NEVER
        ledger.pass_to(ledger.now)
        ledger.now = ledger.counted_ns = now_ns if first else max(now_ns, ledger.now)
        ledger.stir()
        if guarded is not None:
            self._guarded = guarded
        changed = False
        for book, zone in zip(ledger.books, ledger.zones, strict=True):
            before = book.healthy and not first
            if guarded is not None:
                book.healthy = zone.id in guarded
            watched = before and elapsed <= BLIND_NS
            if not (watched and book.healthy):
                book.healthy_since_ns = ledger.now
            elif book.hold_left_ns is not None:
                book.hold_left_ns = max(0, book.hold_left_ns - elapsed)
            if before != book.healthy:
                changed = book.dirty = True
        if changed or first:
            ledger.note_health()
        if changed and ledger.open.rows:
            # radii and thresholds of some zones are others now
            criteria.weigh(ledger, self._hazard, list(ledger.open.rows.values()))
            criteria.judge(ledger, sorted(ledger.open.rows), ())

    def _finish(self, *, news: bool) -> list[ZoneState]:
        ledger = self._ledger
        zones = ledger.restless()
        self._publish(zones, renew=True)
        if news:
            timers.run(ledger, zones, self._publish)  # what it has made due at this instant
        for z in zones:
            ledger.wake_ns[z] = timers.next_look(ledger, z)
        rows, self._rows = self._rows, []
        return rows

    def _assess(self, action: OperatorAction) -> None:
        """A person says what a track is: it nags no more, until that track is over.

        Of a number that no track bears nothing is kept: whatever gets it later is another object.
        """
        ledger, track = self._ledger, action.track
        if track is None or action.family not in FAMILIES or not self.knows(track):
            return
        row = ledger.open.rows[track]
        row.assessed = action.family
        criteria.weigh(ledger, self._hazard, [row])
        for z, book in enumerate(ledger.books):
            m = book.members.get(track)
            idle = m is not None and m.phase == "watch" and not (m.bound or m.near)
            if m is not None and idle and not ledger.worth_watching(m.fall, m.fly):
                book.why = "recomputed"
                ledger.forget(z, m)
        criteria.judge(ledger, (track,), ())

    def _publish(self, zones: Sequence[int], *, renew: bool = False) -> None:
        """Rows for those of `zones` of which something new is to be said, in the site's order. `renew`: also
        where only numbers may have moved, which is asked once a call, when all news is in.
        """
        ledger = self._ledger
        for z in zones:
            book = ledger.books[z]
            look = renew and book.engaged and ledger.now - book.looked_ns >= RENEW_NS
            if not (book.dirty or book.ask or look):
                continue
            book.dirty, book.looked_ns = False, ledger.now
            book.engaged = book.has(*OPEN)
            here = book.members.values()
            seen = sum(m.until_ns is None for m in here if m.phase in OPEN)
            struck = ledger.raid(book.alarm).impact_ns if book.alarm is not None else None
            quiet = ns_from_seconds(ledger.rules.no_resound_s)
            row = notice(
                ledger.zones[z].id,
                book,
                p_zone=float(ledger.p[z, 0]),
                levels=(ledger.rules.watch_p, *ledger.levels(z)),
                tracked=seen,
                resounds=struck is None or ledger.now - struck > quiet,
                now_ns=ledger.now,
                cause_seq=self._cause,
                simulated=ledger.simulated,
                by=self._by,
            )
            if row is not None:
                self._rows.append(row)
