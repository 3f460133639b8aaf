"""The warning rules under random plots, drops, clocks, people and restarts.

Invariants (warning rules, section 9): every warnable zone is warned unless a person withheld that
threat; no release while a threat's last prediction stands, but by a person; no all-clear blind; every
alarm ends by time or is asking a person. Beside them: the tables of moves and reasons hold, impact
comes after warn, revisions count up and no alarm id is used twice.

The model knows only what went in and what came out, never the Warner's inside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rampart.domain.messages import ZoneState
from rampart.domain.site import Rules
from rampart.engine.lifecycle import OPEN, REASONS, ZONE_MOVES
from rampart.engine.threat import Threat
from warn_stage import (
    CONFIRM,
    DRONE,
    MORTAR,
    OTHER,
    ROCKET,
    UNKNOWN,
    Stage,
    falling,
    flying,
    ns,
    zone,
)

POINTS = {"A": 0.0, "B": 3000.0, "C": 6000.0, "nowhere": 40_000.0}
FAMILIES = [MORTAR, ROCKET, UNKNOWN, (0.4, 0.0, 0.3, 0.0, 0.1, 0.2)]
seconds = st.sampled_from([0.1, 0.4, 0.5, 1.0, 2.0, 4.0])


@dataclass
class Object:
    """One object of the model: its number, last word, where it is certain to come, who let it pass."""

    track: int
    threat: Threat
    hits: set[str] = field(default_factory=set)  # zones that it is certain to come to
    passed: set[str] = field(default_factory=set)  # zones in which a person decided about it
    lost_in: set[str] = field(default_factory=set)  # zones of whose alarm it was a member when lost
    lost_s: float | None = None


class Warnings(RuleBasedStateMachine):
    @initialize(fallback=st.sampled_from(["off", "base_wide"]), simulated=st.booleans())
    def set_up(self, fallback: str, simulated: bool) -> None:
        self.zones = {
            "A": zone("A", POINTS["A"]),
            "B": zone("B", POINTS["B"], release=CONFIRM, all_clear="confirm"),
            "C": zone("C", POINTS["C"], release={**CONFIRM, "rocket": "auto"}),
        }
        rules = Rules(fallback=fallback)  # type: ignore[arg-type]
        self.stage = Stage(self.zones.values(), rules=rules, simulated=simulated)
        self.objects: list[Object] = []
        self.next_track = 1
        self.healthy_since = dict.fromkeys(self.zones, 0.0)
        self.checked = 0
        self.last: dict[str, ZoneState] = {}
        self.opened: dict[str, tuple[str, int]] = {}
        self.revisions: dict[tuple[str, str], int] = {}
        self.asked_s: dict[str, float] = {}

    # ------------------------------------------------------------------------------ the world
    def tick(self, dt_s: float) -> None:
        self.stage.run(self.stage.now_s + dt_s, step_s=min(dt_s, 0.5))

    def see(self, *threats: Threat) -> None:
        self.stage.see(*threats, at_s=self.stage.now_s)

    def tracked(self) -> list[Object]:
        return [o for o in self.objects if o.lost_s is None]

    def pick(self, data: Any) -> Object:
        return data.draw(st.sampled_from(self.tracked()))

    def word(self, track: int, aim: str, sigma_m: float, lands_s: float, p: Any) -> Threat:
        return falling(
            track,
            self.stage.now_s,
            POINTS[aim],
            lands_s,
            sigma_m=sigma_m,
            p=p,
            third_s=self.stage.now_s,
        )

    @rule(
        aim=st.sampled_from(["A", "B", "C", "nowhere"]),
        flight_s=st.sampled_from([2.0, 8.0, 20.0, 60.0]),
        sigma_m=st.sampled_from([30.0, 200.0, 1500.0]),
        p=st.sampled_from(FAMILIES),
        dt=seconds,
    )
    def appears(self, aim: str, flight_s: float, sigma_m: float, p: Any, dt: float) -> None:
        self.tick(dt)
        threat = self.word(self.next_track, aim, sigma_m, self.stage.now_s + flight_s, p)
        thing = Object(self.next_track, threat)
        thing.hits = {aim} - {"nowhere"} if sigma_m <= 200.0 else set()
        self.objects.append(thing)
        self.next_track += 1
        self.see(threat)

    @precondition(lambda self: self.tracked())
    @rule(
        data=st.data(),
        aim=st.sampled_from(["A", "B", "C", "nowhere", "nowhere"]),
        sigma_m=st.sampled_from([30.0, 200.0]),
        later_s=st.sampled_from([-0.5, 0.0, 1.0]),
        times=st.integers(1, 5),
        dt=seconds,
    )
    def is_seen_again(
        self, data: Any, aim: str, sigma_m: float, later_s: float, times: int, dt: float
    ) -> None:
        thing = self.pick(data)
        for _ in range(times):
            self.tick(dt)
            before = thing.threat
            if before.motion is not None:
                return
            assert before.impact is not None
            lands_s = (before.impact.t_ns_q50 - ns(0.0)) / 1e9 + later_s
            word = self.word(thing.track, aim, sigma_m, lands_s, before.p_family)
            thing.threat = msgspec.structs.replace(word, t_third_ns=before.t_third_ns)
            thing.hits = {aim} - {"nowhere"}
            self.see(thing.threat)

    @rule(aim=st.sampled_from(["A", "B", "C"]), out_m=st.sampled_from([200.0, 1500.0]), dt=seconds)
    def flies_in(self, aim: str, out_m: float, dt: float) -> None:
        self.tick(dt)
        threat = flying(self.next_track, self.stage.now_s, POINTS[aim] - out_m, 40.0, p=DRONE)
        thing = Object(self.next_track, threat, hits={aim})
        self.objects.append(thing)
        self.next_track += 1
        self.see(threat)

    @rule(p=st.sampled_from([OTHER, UNKNOWN]), dt=seconds)
    def airliner(self, p: Any, dt: float) -> None:
        self.tick(dt)
        high = flying(9000, self.stage.now_s, -2000.0, 240.0, height_m=10_000.0, p=p)
        self.see(high)
        self.see(msgspec.structs.replace(high, fresh=False, lost="expired"))

    @precondition(lambda self: self.tracked())
    @rule(
        data=st.data(),
        why=st.sampled_from(["predicted_time", "unseen", "sensor_lost", "expired", "dropped"]),
        dt=seconds,
    )
    def is_lost(self, data: Any, why: str, dt: float) -> None:
        self.tick(dt)
        thing = self.pick(data)
        if self.over_s(thing) <= self.stage.now_s:
            return
        self.rows_are_lawful()  # what the tick has brought stands in `last`, too
        # of several members one may be warned of and another wait for a person; where nobody is asked none does
        thing.lost_in = {
            name
            for name, row in self.last.items()
            if row.phase in ("warn", "impact")
            and (row.tracks == (thing.track,) or (name == "A" and thing.track in row.tracks))
        } - thing.passed
        thing.lost_s = self.stage.now_s
        self.see(
            msgspec.structs.replace(thing.threat, t_ns=ns(self.stage.now_s), fresh=False, lost=why)
        )

    @precondition(lambda self: self.tracked())
    @rule(data=st.data(), proven=st.booleans(), dt=seconds)
    def is_renumbered(self, data: Any, proven: bool, dt: float) -> None:
        self.tick(dt)
        thing = self.pick(data)
        old, thing.track = thing.track, self.next_track
        self.next_track += 1
        if not proven:  # the old number is lost; what a person decided about it binds no more
            gone = msgspec.structs.replace(thing.threat, fresh=False, lost="expired")
            self.objects.append(Object(old, gone, lost_s=self.stage.now_s, passed=set(self.zones)))
            self.see(gone)
            thing.passed = set()
        thing.threat = msgspec.structs.replace(
            thing.threat, track=thing.track, successor_of=old if proven else None
        )
        self.see(thing.threat)
        thing.threat = msgspec.structs.replace(thing.threat, successor_of=None)

    @rule(dt=st.sampled_from([0.1, 1.0, 10.0, 60.0, 300.0]))
    def time_passes(self, dt: float) -> None:
        self.tick(dt)

    @rule(gap_s=st.sampled_from([6.0, 100.0]))
    def nobody_calls(self, gap_s: float) -> None:
        self.stage.now_s += gap_s
        self.healthy_since = dict.fromkeys(self.zones, self.stage.now_s)
        self.see()

    @rule(name=st.sampled_from(["A", "B", "C"]), good=st.booleans())
    def coverage(self, name: str, good: bool) -> None:
        if good and name not in self.stage.healthy:
            self.healthy_since[name] = self.stage.now_s
            self.stage.healthy.add(name)
        elif not good:
            self.stage.healthy.discard(name)
        self.see()

    @rule(
        action=st.sampled_from(["confirm", "warn", "end_hold", "all_clear", "cancel", "withhold"]),
        names=st.sampled_from([("A",), ("B",), ("C",), ("B", "C"), ()]),
    )
    def person(self, action: str, names: tuple[str, ...]) -> None:
        if action in ("cancel", "withhold"):
            for thing in self.objects:
                thing.passed |= set(names or self.zones)
                thing.lost_in -= thing.passed
        self.stage.person(action, *names)

    @rule()
    def withdraws(self) -> None:
        self.stage.person("withdraw")

    @rule()
    def restarts(self) -> None:
        self.stage.restart()

    # ------------------------------------------------------------------------------ what must hold
    def over_s(self, thing: Object) -> float:
        """When the last prediction of an object stands no more; at that very instant it is over."""
        if thing.threat.impact is None:
            return float("inf") if thing.lost_s is None else thing.lost_s
        return (thing.threat.impact.t_ns_q95 - ns(0.0)) / 1e9 + 2.0 - 1e-6

    @invariant()
    def rows_are_lawful(self) -> None:
        for row in self.stage.rows[self.checked :]:
            before = self.last.get(row.zone)
            was = before.phase if before else "clear"
            assert row.phase == was or row.phase in ZONE_MOVES[was], (was, row)
            assert row.reason in REASONS[row.phase], row
            if row.phase == "impact" and was != "impact":
                assert was == "warn"
            if row.phase == "all_clear" and was != "all_clear":
                # no all-clear blind
                assert row.zone in self.stage.healthy
                assert row.issued_ns >= ns(self.healthy_since[row.zone] + 30.0)
                assert was == "hold"
            if row.phase in (*OPEN, "hold", "all_clear"):
                assert row.alarm_id
                assert row.raid_id
            if row.alarm_id:
                zone_of, _ = self.opened.setdefault(row.alarm_id, (row.zone, row.issued_ns))
                assert zone_of == row.zone
            key = (row.zone, row.alarm_id)
            assert row.revision == self.revisions.get(key, 0) + 1
            self.revisions[key] = row.revision
            if row.phase == "hold" and row.reason == "hold_over":
                self.asked_s[row.zone] = (row.issued_ns - ns(0.0)) / 1e9
            self.last[row.zone] = row
        self.checked = len(self.stage.rows)

    @invariant()
    def who_is_threatened_is_told(self) -> None:
        now_s = self.stage.now_s
        for thing in self.objects:
            if thing.lost_s is not None and thing.threat.impact is None:
                continue
            if now_s >= self.over_s(thing):
                continue
            for name in thing.hits - thing.passed:
                phase = self.stage.phase(name)
                assert phase in OPEN, (name, phase, thing)
                if phase == "pending":
                    assert thing.threat.impact is None or now_s < self.over_s(thing) - 4.0 - 10.0

    @invariant()
    def a_lost_member_keeps_its_zones_warned(self) -> None:
        for thing in self.objects:
            if thing.lost_s is not None and self.stage.now_s < self.over_s(thing):
                for name in thing.lost_in:
                    assert self.stage.phase(name) in ("warn", "impact"), (name, thing)

    @invariant()
    def no_zone_is_all_clear_while_it_is_blind(self) -> None:
        for name in set(self.zones) - self.stage.healthy:
            assert self.stage.phase(name) not in ("all_clear", "clear")

    def teardown(self) -> None:
        """Every alarm ends by time or is asking a person."""
        if not hasattr(self, "stage"):
            return
        for thing in self.tracked():
            self.see(msgspec.structs.replace(thing.threat, fresh=False, lost="expired"))
        self.stage.sighted()
        self.stage.run(self.stage.now_s + 2400.0, step_s=2.5)
        self.rows_are_lawful()
        for name in self.zones:
            phase = self.stage.phase(name)
            if phase == "hold":
                assert self.zones[name].all_clear == "confirm"
                assert self.stage.now_s - self.asked_s[name] <= 62.5
            else:
                assert phase == "clear", (name, phase)
        self.stage.person("all_clear")
        self.stage.run(self.stage.now_s + 70.0, step_s=2.5)
        assert {self.stage.phase(name) for name in self.zones} == {"clear"}


class TestWarnings(Warnings.TestCase):
    settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


@pytest.mark.slow
class TestWarningsAtLength(Warnings.TestCase):
    settings = settings(max_examples=1500, stateful_step_count=60, deadline=None)
