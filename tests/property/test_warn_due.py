"""Nothing due is ever passed over: a Warner that looks at a zone only when something befalls it or time may
change it says, at every call, what one says that looks at every zone at every call."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import msgspec
from hypothesis import example, given, settings

from rampart.domain.site import Rules
from rampart.engine.warn import Warner
from warn_stage import CONFIRM, MORTAR, OTHER, ROCKET, UNKNOWN, Stage, falling, flying, ns, zone

POINTS = {"A": 0.0, "B": 3_000.0, "C": 6_000.0, "nowhere": 40_000.0}
PLACES = st.sampled_from(list(POINTS))
TRACKS = st.integers(1, 5)
# calls between two looks, looks between two calls, holds that run out, calls too far apart
STEPS_S = st.sampled_from([0.01, 0.02, 0.1, 0.3, 0.5, 1.0, 4.0, 7.0, 31.0, 61.0, 200.0])
PEOPLE = ("confirm", "withhold", "warn", "withdraw", "cancel", "end_hold", "all_clear")

STEPS = st.one_of(
    st.tuples(
        st.just("falls"), TRACKS, PLACES, st.sampled_from([40.0, 300.0, 2_000.0]),
        st.sampled_from([3.0, 15.0]), st.sampled_from([MORTAR, ROCKET, UNKNOWN]),
    ),
    st.tuples(st.just("flies"), TRACKS, PLACES, st.sampled_from([OTHER, UNKNOWN, MORTAR])),
    st.tuples(st.just("lost"), TRACKS, st.sampled_from(["predicted_time", "unseen", "sensor_lost", "dropped"])),
    st.tuples(st.just("person"), st.sampled_from(PEOPLE), st.sampled_from([(), ("A",), ("B",)])),
    st.tuples(st.just("assess"), TRACKS, st.sampled_from(["aircraft", "drone", "mortar"])),
    st.tuples(st.just("coverage"), st.sets(st.sampled_from(["A", "B", "C"]))),
    st.tuples(st.just("tick"), STEPS_S),
    st.tuples(st.just("ticks"), st.sampled_from([(20.0, 0.25), (90.0, 1.0), (700.0, 4.0)])),
    st.tuples(st.just("restart")),
)  # fmt: skip


class Sleepless(Warner):
    """Looks at every zone at every call."""

    def _is_quiet(self, *_: Any) -> bool:
        self._ledger.stir()
        return False

    def act(self, *action: Any) -> Any:
        self._ledger.stir()
        return super().act(*action)

    def _finish(self, **news: Any) -> Any:
        self._ledger.stir()
        return super()._finish(**news)


def stage(rules: Rules, warner: type[Warner]) -> Stage:
    zones = (
        zone("A", POINTS["A"]),
        zone("B", POINTS["B"], release=CONFIRM, all_clear="confirm"),
        zone("C", POINTS["C"], release={**CONFIRM, "rocket": "auto"}, on_timeout="withhold"),
    )
    made = Stage(zones, rules=rules)
    made.warner = warner(made.site, True)
    return made


def carry_out(stage: Stage, warner: type[Warner], step: Any) -> None:
    """One step of a story."""
    word, *what = step
    t_s = stage.now_s
    match word:
        case "falls":
            track, place, sigma_m, flight_s, p = what
            x_m = POINTS[place]
            stage.see(falling(track, t_s, x_m, t_s + flight_s, sigma_m=sigma_m, p=p))
        case "flies":
            track, place, p = what
            stage.see(flying(track, t_s, POINTS[place] - 900.0, 40.0, p=p))
        case "lost":
            track, why = what
            row = stage.warner._ledger.open.rows.get(track)
            if row is not None:
                gone = {"t_ns": ns(t_s), "fresh": False, "lost": why}
                stage.see(msgspec.structs.replace(row.threat, **gone))
        case "person":
            stage.person(what[0], *what[1])
        case "assess":
            stage.person("assess", track=what[0], family=what[1])
        case "coverage":
            stage.healthy = set(what[0])
            stage.see(at_s=t_s)
        case "tick":
            stage.run(t_s + what[0], step_s=what[0])
        case "ticks":
            span_s, step_s = what[0]
            stage.run(t_s + span_s, step_s=step_s)
        case "restart":
            state = msgspec.msgpack.decode(msgspec.msgpack.encode(stage.warner.state()))
            stage.warner = warner(stage.site, stage.simulated)
            stage.warner.load(state)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(STEPS, min_size=1, max_size=25),
    st.sampled_from(["off", "base_wide"]),
    st.sampled_from([30.0, 600.0]),
)
@example(  # the numbers of a warned zone move with time alone
    story=[("flies", 1, "A", UNKNOWN)], fallback="off", hold_s=30.0
)
@example(  # a second word on a round brings its time nearer, in a zone that is only watched
    story=[
        ("coverage", set()),
        ("falls", 1, "A", 40.0, 15.0, MORTAR),
        ("falls", 1, "A", 40.0, 3.0, MORTAR),
    ],
    fallback="base_wide",
    hold_s=30.0,
)
@example(  # a hold runs out, but coverage was not watched for 30 s yet
    story=[
        ("falls", 1, "A", 40.0, 3.0, MORTAR),
        ("ticks", (20.0, 0.25)),
        ("tick", 31.0),
        ("ticks", (90.0, 1.0)),
    ],
    fallback="off",
    hold_s=30.0,
)
def test_it_says_what_one_says_that_looks_at_everything(
    story: list[Any], fallback: Any, hold_s: float
) -> None:
    rules = Rules(fallback=fallback, hold_s=hold_s)
    one, other = stage(rules, Warner), stage(rules, Sleepless)
    for step in [*story, ("ticks", (900.0, 2.5))]:
        carry_out(one, Warner, step)
        carry_out(other, Sleepless, step)
        assert one.rows == other.rows, step
    assert one.warner.state() == other.warner.state()
