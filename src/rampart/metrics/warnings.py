"""The judge of warnings: missed, withheld, false, precaution, latency and usable seconds, from truth alone.

Words, as the warning rules (section 3) define them and this judge carries them out:

hit         something hostile lands within the hazard radius of a zone, or a drone flies into the zone so
            grown below the drone ceiling, before the run ends.
missed      a hit zone that 1 s before was neither in `warn` or `impact`, nor in the hold of an alarm of
            which a track of this threat was a member.
withheld    such a hit under a withhold or cancel of a person or a policy that bound this threat; counted
            apart.
warnable    at least 5 s lay between the third actual detection (event time, working sensors) and the hit.
warning     a zone enters `warn` or `impact` from another phase. Manual and drill warnings are `ordered`
            and not judged.
true        the zone was hit from 2 s before the warning until its end.
false       not so, and at its issue the grown zone lay wholly outside the 99 % region of every real threat
            then tracked (`reach.Reach`). Tracked: two plots or more received, not landed.
precaution  every other warning.
latency     from the third detection of the first round that hits a zone to the first instant, not before
            it, at which the zone is in `warn` or `impact`: 0 where it was already.
usable      hit - decision - dissemination - 1.5 s, for the first round that hits a zone under one warning.
re-warned   a zone warned again in the raid in which its warning had been cancelled; `relapse`: because of a
            threat which that warning was about, and not of another that came later.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from rampart.domain.messages import TrackUpdate, ZoneState
from rampart.domain.site import Settings, Site
from rampart.domain.time import NS_PER_S, ns_from_seconds
from rampart.metrics.ideal import IdealFilter, IdealSettings
from rampart.metrics.identity import who_is_who
from rampart.metrics.reach import Reach
from rampart.metrics.truth import NO_TIME, Truth

BEFORE_NS: Final = 1 * NS_PER_S  # 'at least 1 s before'
GRACE_NS: Final = 2 * NS_PER_S  # a warning just after the impact that caused it is late, not false
DETECTIONS: Final = 3
TRACKED_PLOTS: Final = 2  # with fewer nobody can speak of a track
TOLD: Final = ("warn", "impact")
ORDERED: Final = ("manual", "drill")
RELEASED: Final = ("withheld", "withdrawn")

Outcome = Literal["warned", "missed", "withheld"]
Kind = Literal["true", "precaution", "false", "ordered"]


class JudgeSettings(Settings, frozen=True):
    """What the judge assumes of people and of the way to them."""

    warnable_s: float = 5.0  # after the third detection, below which nobody could act
    dissemination_s: float = 0.25  # [A] from the decision to the siren
    reaction_s: float = 1.5  # [A]
    ideal: IdealSettings = IdealSettings()


@dataclass(frozen=True, slots=True)
class Hit:
    """One object hits one zone. `latency_s`, `usable_s`: only for the first round under one warning."""

    zone: str
    object_id: str
    class_id: str
    t_ns: int
    outcome: Outcome
    warnable: bool
    latency_s: float | None = None
    usable_s: float | None = None


@dataclass(frozen=True, slots=True)
class ZoneWarning:
    """One zone is warned. `again`: its earlier warning in the same raid had been cancelled; `relapse`: and
    was about the same threat."""

    zone: str
    raid_id: str
    alarm_id: str
    t_ns: int
    kind: Kind
    again: bool
    relapse: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the warnings of a run were worth. People-seconds: in `warn` or `impact`, and in `hold`."""

    hits: tuple[Hit, ...]
    warnings: tuple[ZoneWarning, ...]
    warned_person_s: float
    hold_person_s: float

    def count(self, kind: Kind) -> int:
        """Zone-warnings of this kind."""
        return sum(w.kind == kind for w in self.warnings)

    def outcomes(self, outcome: Outcome, *, warnable: bool | None = None) -> tuple[Hit, ...]:
        """Hits with this outcome; only warnable or only unwarnable ones if so asked."""
        return tuple(
            h for h in self.hits if h.outcome == outcome and warnable in (None, h.warnable)
        )

    @property
    def zones_hit(self) -> frozenset[str]:
        """Zones that were hit."""
        return frozenset(h.zone for h in self.hits)

    @property
    def zones_warned(self) -> frozenset[str]:
        """Zones that were warned, but by order."""
        return frozenset(w.zone for w in self.warnings if w.kind != "ordered")

    @property
    def latencies_s(self) -> tuple[float, ...]:
        """Of each first round that hit a warned zone."""
        return tuple(h.latency_s for h in self.hits if h.latency_s is not None)

    @property
    def usable_s(self) -> tuple[float, ...]:
        """Of each first round that hit a warned zone."""
        return tuple(h.usable_s for h in self.hits if h.usable_s is not None)

    def unwarnable(self) -> dict[str, tuple[int, int]]:
        """By class: (rounds that hit a zone too soon to be warned of, rounds that hit a zone)."""
        rounds = {(h.class_id, h.object_id): h.warnable for h in self.hits}
        total = Counter(c for c, _ in rounds)
        late = Counter(c for (c, _), warnable in rounds.items() if not warnable)
        return {c: (late[c], total[c]) for c in sorted(total)}

    def summary(self) -> dict[str, Any]:
        """Plain numbers by name; None where not defined."""
        warned = [w for w in self.warnings if w.kind != "ordered"]
        episodes = {(w.raid_id, w.zone) for w in warned}
        again = {(w.raid_id, w.zone) for w in warned if w.again}
        relapses = {(w.raid_id, w.zone) for w in warned if w.relapse}
        return {
            "zones_warned": len(self.zones_warned),
            "zones_hit": len(self.zones_hit),
            "zones_warned_per_zone_hit": _ratio(len(self.zones_warned), len(self.zones_hit)),
            "zone_warnings": len(warned),
            "missed": len(self.outcomes("missed")),
            "missed_warnable": len(self.outcomes("missed", warnable=True)),
            "withheld": len(self.outcomes("withheld")),
            "false": self.count("false"),
            "false_share": _ratio(self.count("false"), len(warned)),
            "precautions": self.count("precaution"),
            "ordered": self.count("ordered"),
            "rewarned_share": _ratio(len(again), len(episodes)),
            "relapse_share": _ratio(len(relapses), len(episodes)),
            "unwarnable_by_class": {c: list(n) for c, n in self.unwarnable().items()},
            "latency_s": _quantiles(self.latencies_s, p50=50, p99=99, max=100),
            "usable_seconds": _quantiles(self.usable_s, p10=10, p50=50),
            "person_seconds": {"warned": self.warned_person_s, "hold": self.hold_person_s},
        }


def judge(
    site: Site,
    truth: Truth,
    states: Sequence[ZoneState],
    updates: Sequence[TrackUpdate] = (),
    *,
    end_ns: int | None = None,
    settings: JudgeSettings | None = None,
) -> Verdict:
    """`Verdict` on `states`, in the order in which they were issued.

    `updates` tell which track was which object (needed for holds and withholds; without them no hold
    protects). `end_ns`: end of the run, default the last time that truth or states mention.
    """
    return _Judge(site, truth, states, updates, end_ns, settings or JudgeSettings()).verdict()


@dataclass(slots=True)
class _Spell:
    """A zone's time in `warn` and `impact`; `end_ns` exclusive."""

    row: ZoneState
    end_ns: int
    again: bool
    relapse: bool
    threats: set[int]  # objects, and tracks of none below zero


class _Judge:
    def __init__(
        self,
        site: Site,
        truth: Truth,
        states: Sequence[ZoneState],
        updates: Sequence[TrackUpdate],
        end_ns: int | None,
        settings: JudgeSettings,
    ) -> None:
        self._site, self._truth, self._settings = site, truth, settings
        self._reach = Reach(site, truth, IdealFilter(site, truth, settings.ideal))
        self._rows = [[s for s in states if s.zone == zone.id] for zone in site.zones]
        self._issued = [[s.issued_ns for s in rows] for rows in self._rows]
        last = max([*(s.issued_ns for s in states[-1:]), *truth.t_end_ns.tolist()], default=0)
        self._end_ns = last if end_ns is None else end_ns
        listed = {track for s in states for track in s.tracks}
        self._object_of = who_is_who(truth, updates, listed)
        self._received = [
            np.sort(truth.plot_arrival_ns[truth.plot_object == i]) for i in range(len(truth))
        ]
        self._third = [self._third_ns(i) for i in range(len(truth))]
        self._hits_ns = [
            [self._hit_ns(i, z) for i in range(len(truth))] for z in range(len(site.zones))
        ]

    def verdict(self) -> Verdict:
        hits: list[Hit] = []
        warnings: list[ZoneWarning] = []
        warned_s = hold_s = 0.0
        for z, zone in enumerate(self._site.zones):
            spells = self._spells(z)
            hits += self._hits(z, spells)
            warnings += [self._weighed(z, spell) for spell in spells]
            warned_s += zone.people * sum(s.end_ns - s.row.issued_ns for s in spells) / 1e9
            hold_s += zone.people * self._seconds_in(z, "hold")
        hits.sort(key=lambda h: h.t_ns)
        warnings.sort(key=lambda w: w.t_ns)
        return Verdict(tuple(hits), tuple(warnings), warned_s, hold_s)

    # ---------------------------------------------------------------------------- the zones
    def _spells(self, z: int) -> list[_Spell]:
        """The zone's spells of `warn` and `impact`, in order."""
        spells: list[_Spell] = []
        cancelled: _Spell | None = None
        inside = False
        for row in self._rows[z]:
            told = row.phase in TOLD
            threats = {self._object_of.get(track, -track) for track in row.tracks}
            if told and not inside:
                same_raid = cancelled and row.raid_id and row.raid_id == cancelled.row.raid_id
                earlier = cancelled if same_raid else None
                relapse = earlier is not None and not threats.isdisjoint(earlier.threats)
                spells.append(_Spell(row, self._end_ns, earlier is not None, relapse, set()))
            elif inside and not told:
                spells[-1].end_ns = row.issued_ns
                cancelled = spells[-1] if row.phase in ("watch", "clear") else None
            if told:
                spells[-1].threats |= threats
            inside = told
        return spells

    def _seconds_in(self, z: int, phase: str) -> float:
        ends = [*self._issued[z][1:], self._end_ns]
        spans = zip(self._rows[z], ends, strict=False)
        return sum(end - row.issued_ns for row, end in spans if row.phase == phase) / 1e9

    def _row_at(self, z: int, t_ns: int) -> ZoneState | None:
        k = bisect_right(self._issued[z], t_ns)
        return self._rows[z][k - 1] if k else None

    # ----------------------------------------------------------------------------- the hits
    def _hit_ns(self, i: int, z: int) -> int:
        """When threat `i` hits zone `z` within the run; nobody can be warned of what comes after it."""
        t = self._reach.hit_ns(i, z) if self._truth.hostile[i] else NO_TIME
        return t if t <= self._end_ns else NO_TIME

    def _hits(self, z: int, spells: Sequence[_Spell]) -> list[Hit]:
        found: list[Hit] = []
        judged: set[int] = set()  # spells whose first round has been seen
        times = self._hits_ns[z]
        for i in sorted((i for i, t in enumerate(times) if t != NO_TIME), key=times.__getitem__):
            t = times[i]
            outcome = self._outcome(z, i, t)
            spell = next((s for s in spells if s.row.issued_ns <= t - BEFORE_NS < s.end_ns), None)
            latency = usable = None
            if outcome == "warned" and spell is not None and id(spell) not in judged:
                judged.add(id(spell))
                decided = (t - spell.row.issued_ns) / 1e9
                usable = decided - self._settings.dissemination_s - self._settings.reaction_s
                latency = self._latency_s(spells, self._third[i])
            found.append(
                Hit(
                    self._site.zones[z].id, self._truth.ids[i], self._truth.classes[i], t, outcome,
                    self._warnable(i, t), latency, usable,
                )
            )  # fmt: skip
        return found

    def _outcome(self, z: int, i: int, t_ns: int) -> Outcome:
        row = self._row_at(z, t_ns - BEFORE_NS)
        if row is not None and row.phase in TOLD:
            return "warned"
        if row is not None and row.phase == "hold" and self._member(z, i, row):
            return "warned"
        released = (r for r in self._rows[z] if r.reason in RELEASED and r.issued_ns <= t_ns)
        return "withheld" if any(self._member(z, i, r) for r in released) else "missed"

    def _member(self, z: int, i: int, until: ZoneState) -> bool:
        """Whether a track of object `i` was a member of this alarm, up to and with this row."""
        return any(
            self._object_of.get(track) == i
            for row in self._rows[z][: bisect_right(self._issued[z], until.issued_ns)]
            if row is until or (row.alarm_id and row.alarm_id == until.alarm_id)
            for track in row.tracks
        )

    def _third_ns(self, i: int) -> int | None:
        seen = self._truth.detections_ns(i)
        return int(seen[DETECTIONS - 1]) if len(seen) >= DETECTIONS else None

    def _warnable(self, i: int, t_ns: int) -> bool:
        third = self._third[i]
        return third is not None and t_ns - third >= ns_from_seconds(self._settings.warnable_s)

    def _latency_s(self, spells: Sequence[_Spell], third_ns: int | None) -> float | None:
        if third_ns is None:
            return None
        first = next((s.row.issued_ns for s in spells if s.end_ns > third_ns), None)
        return None if first is None else max(first - third_ns, 0) / 1e9

    # ------------------------------------------------------------------------- the warnings
    def _weighed(self, z: int, spell: _Spell) -> ZoneWarning:
        row, kind = spell.row, self._kind(z, spell)
        return ZoneWarning(
            row.zone, row.raid_id, row.alarm_id, row.issued_ns, kind, spell.again, spell.relapse
        )

    def _kind(self, z: int, spell: _Spell) -> Kind:
        now = spell.row.issued_ns
        if spell.row.reason in ORDERED:
            return "ordered"
        if any(t != NO_TIME and now - GRACE_NS <= t <= spell.end_ns for t in self._hits_ns[z]):
            return "true"
        real = (i for i in range(len(self._truth)) if self._tracked(i, now))
        return "precaution" if any(self._reach.could_reach(i, z, now) for i in real) else "false"

    def _tracked(self, i: int, now_ns: int) -> bool:
        return bool(
            self._truth.hostile[i]
            and now_ns <= self._truth.t_end_ns[i]
            and np.searchsorted(self._received[i], now_ns, side="right") >= TRACKED_PLOTS
        )


def _ratio(a: int, b: int) -> float | None:
    return a / b if b else None


def _quantiles(values: Sequence[float], **percent: float) -> dict[str, float | None]:
    return {
        name: float(np.percentile(values, q)) if values else None for name, q in percent.items()
    }
