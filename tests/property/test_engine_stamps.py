"""Any 64-bit stamp, anywhere in any message: the engine answers, can be kept, and goes on alike."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from rampart import scenario
from rampart.domain.messages import (
    PLOT_DTYPE,
    Input,
    KnownTrack,
    OperatorAction,
    Plot,
    PlotBatch,
    Rejected,
    SensorStatus,
    Tick,
    Weather,
)
from rampart.engine.engine import Engine

S = 1_000_000_000
NOW_NS = 1_641_340_800 * S
KINDS = (Tick, Plot, PlotBatch, SensorStatus, KnownTrack, Weather, OperatorAction, Rejected)
EDGES = [s * (2**k + d) for k in (61, 62, 63) for s in (1, -1) for d in (-(10**18), -1, 0, 1)]
STAMPS = (
    st.sampled_from([0, -(2**63), 2**63 - 1, *(e for e in EDGES if -(2**63) <= e < 2**63)])
    | st.integers(-(2**63), 2**63 - 1)
    | st.integers(NOW_NS - 100 * S, NOW_NS + 100 * S)
)
MESSAGES = st.tuples(st.sampled_from(KINDS), STAMPS, STAMPS, st.sampled_from(["radar", "other"]))
SITE = scenario.load("one-mortar", seed=11).site


def message(kind: type, arrival_ns: int, event_ns: int, who: str) -> Input:
    match kind.__name__:
        case "Plot":
            return Plot(
                sensor=who,
                t_event_ns=event_ns,
                t_arrival_ns=arrival_ns,
                range_m=5000.0,
                azimuth_rad=1.0,
            )
        case "PlotBatch":
            rows = np.zeros(3, PLOT_DTYPE)
            rows["t_event_ns"] = event_ns, event_ns, -event_ns if event_ns > -(2**63) else 0
            rows["range_m"], rows["height_m"] = 5000.0, math.nan
            return PlotBatch(sensor=who, t_arrival_ns=arrival_ns, data=rows.tobytes())
        case "SensorStatus":
            return SensorStatus(sensor=who, t_event_ns=event_ns, t_arrival_ns=arrival_ns)
        case "KnownTrack":
            return KnownTrack(
                source=who, ident="k", t_event_ns=event_ns, t_arrival_ns=arrival_ns,
                latitude_deg=35.0, longitude_deg=40.0, height_m=900.0,
            )  # fmt: skip
        case "OperatorAction":
            return OperatorAction(t_arrival_ns=arrival_ns, by="x", action="warn")
        case "Rejected":
            return Rejected(feed="f", reason="bad", count=1, t_arrival_ns=arrival_ns)
        case _:
            return kind(t_arrival_ns=arrival_ns)


def usual(k: int) -> list[Input]:
    """What a quiet radar and the service send in the k-th half second."""
    t_ns = NOW_NS + k * S // 2
    return [
        SensorStatus(sensor="radar", t_event_ns=t_ns, t_arrival_ns=t_ns, kind="north"),
        Tick(t_arrival_ns=t_ns),
    ]


@settings(
    max_examples=60,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(MESSAGES, max_size=8), st.integers(0, 8), st.booleans(), st.integers(0, 50))
@example([(SensorStatus, NOW_NS, -(2**63), "radar")], 1, True, 3)
@example([(Plot, NOW_NS, -8 * 10**18, "radar")], 1, True, 3)
@example([(SensorStatus, NOW_NS + k * S, -(2**63), "radar") for k in range(4)], 1, True, 3)
@example(
    [(KnownTrack, NOW_NS + k * S, (-(2**63), 2**63 - 1)[k // 3], "a") for k in range(6)], 1, True, 3
)
def test_any_stamp_leaves_an_engine_that_can_be_kept_and_goes_on(odd, before, ticks, cut) -> None:
    feed = [m for k in range(before) for m in usual(k)]
    for k, one in enumerate(odd):
        feed.append(message(*one))
        feed += usual(before + k) if ticks else []
    feed += [m for k in range(4) for m in usual(before + len(odd) + k)]
    straight, stopped = Engine(SITE), Engine(SITE)
    for k, one in enumerate(feed):
        kept = stopped.snapshot()
        if k == cut:
            stopped = Engine.restore(SITE, None, kept)
        out = straight.receive(one)
        assert msgspec.msgpack.encode(stopped.receive(one)) == msgspec.msgpack.encode(out)
    kept = straight.snapshot()
    assert stopped.snapshot() == Engine.restore(SITE, None, kept).snapshot() == kept
