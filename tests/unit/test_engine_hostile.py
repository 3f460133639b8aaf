"""One absurd message must neither silence a warning nor stop the engine; it is counted instead."""

from __future__ import annotations

import math

import msgspec
import pytest

from rampart import scenario
from rampart.domain.messages import (
    KnownTrack,
    OperatorAction,
    PlotBatch,
    Prediction,
    Rejected,
    SensorStatus,
    Tick,
    Weather,
    ZoneState,
)
from rampart.engine.engine import Engine

S = 1_000_000_000
NAN = math.nan


@pytest.fixture(scope="module")
def run():
    return scenario.load("one-mortar", seed=11)


def told(site, messages):
    """[(phase, time)] of every change of phase, and the reasons of all refusals."""
    engine = Engine(site, simulated=True)
    out = [o for message in messages for o in engine.receive(message)]
    zones = [
        (o.phase, o.issued_ns) for o in out if isinstance(o, ZoneState) and o.change != "renewed"
    ]
    return zones, {o.reason for o in out if isinstance(o, Rejected)}


def known(t_ns: int, **more: object) -> KnownTrack:
    fields = {
        "source": "adsb", "ident": "X", "t_event_ns": t_ns, "t_arrival_ns": t_ns,
        "latitude_deg": 35.0, "longitude_deg": 40.0, "height_m": 100.0, **more,
    }  # fmt: skip
    return KnownTrack(**fields)  # type: ignore[arg-type]


ABSURD = {
    "stamp of next year": (lambda t: Tick(t_arrival_ns=t + 365 * 86_400 * S), "arrival_leap"),
    "largest stamp": (lambda t: Tick(t_arrival_ns=2**63 - 1), "arrival_leap"),
    "status from far ahead": (
        lambda t: SensorStatus(sensor="radar", t_event_ns=t, t_arrival_ns=t + 10**15),
        "arrival_leap",
    ),
    "air that is no number": (
        lambda t: Weather(
            t_arrival_ns=t, pressure_pa=NAN, temperature_k=NAN, station_height_m=NAN,
            wind=((NAN, NAN, NAN),),
        ),
        "weather_absurd",
    ),
    "negative air": (
        lambda t: Weather(t_arrival_ns=t, pressure_pa=-1e5, temperature_k=-10.0),
        "weather_absurd",
    ),
    "no air": (
        lambda t: Weather(t_arrival_ns=t, pressure_pa=0.0, temperature_k=0.0),
        "weather_absurd",
    ),
    "storm of a billion": (
        lambda t: Weather(t_arrival_ns=t, wind=((0.0, 1e9, -1e9),)),
        "weather_absurd",
    ),
    "torn batch": (lambda t: PlotBatch(sensor="radar", t_arrival_ns=t, data=b"1234567"), "torn_batch"),
    "traffic nowhere": (lambda t: known(t, latitude_deg=NAN), "known_unusable"),
    "traffic everywhere": (lambda t: known(t, sigma_m=1e9), "known_unusable"),
    "traffic of the future": (lambda t: known(t, t_event_ns=t + 3600 * S), "known_unusable"),
    "unknown sensor's word": (
        lambda t: SensorStatus(sensor="nobody", t_event_ns=t, t_arrival_ns=t, state="off"),
        "unknown_sensor",
    ),
    "order to an unknown zone": (
        lambda t: OperatorAction(t_arrival_ns=t, by="x", action="warn", zones=("nowhere",)),
        "unknown_zone",
    ),
    "word on an unknown track": (
        lambda t: OperatorAction(t_arrival_ns=t, by="x", action="assess", track=77, family="aircraft"),
        "unknown_track",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ABSURD)
def test_an_absurd_message_changes_no_warning_and_is_counted(run, name) -> None:
    make, reason = ABSURD[name]
    messages = list(run.messages())
    undisturbed, _ = told(run.site, messages)
    warned_ns = next(t for phase, t in undisturbed if phase == "warn")
    for moment_ns in (warned_ns - S, warned_ns + S):  # while it is tracked, while it is warned of
        at = next(i for i, m in enumerate(messages) if m.t_arrival_ns >= moment_ns)
        absurd = make(messages[at].t_arrival_ns)
        zones, refused = told(run.site, [*messages[:at], absurd, *messages[at:]])
        assert zones == undisturbed
        assert reason in refused


def test_a_leap_that_the_next_message_confirms_is_believed(run) -> None:
    engine = Engine(run.site)
    engine.receive(Tick(t_arrival_ns=10 * S))
    (refused,) = engine.receive(Tick(t_arrival_ns=4000 * S))
    assert refused.reason == "arrival_leap"
    restored = Engine.restore(run.site, None, engine.snapshot())
    for one in (engine, restored):
        out = one.receive(Tick(t_arrival_ns=4001 * S))
        assert not any(isinstance(o, Rejected) for o in out)
        out = one.receive(Tick(t_arrival_ns=10 * S))
        assert [o.reason for o in out if isinstance(o, Rejected)] == ["arrival_backwards"]


YEAR = 365 * 86_400 * S
FIRST = {
    "of 2089": lambda t: t + 67 * YEAR,
    "of 1970": lambda t: 0,
    "largest": lambda t: 2**63 - 1,
    "least": lambda t: -(2**62),
}


@pytest.mark.parametrize("stamp", FIRST)
@pytest.mark.parametrize("kind", [Tick, PlotBatch])
def test_an_absurd_first_stamp_blinds_nobody(run, stamp, kind) -> None:
    messages = list(run.messages())
    undisturbed, _ = told(run.site, messages)
    at = next(i for i, m in enumerate(messages) if isinstance(m, PlotBatch) and len(m))
    feed = messages[at:]  # the plots of the first batch must not be lost either
    absurd_ns = FIRST[stamp](feed[0].t_arrival_ns)
    if kind is Tick:
        feed = [Tick(t_arrival_ns=absurd_ns), *feed]
    else:
        feed[0] = msgspec.structs.replace(feed[0], t_arrival_ns=absurd_ns)
    zones, refused = told(run.site, feed)
    assert zones == undisturbed
    assert refused & {"arrival_leap", "arrival_backwards"}


def test_what_comes_first_after_a_long_silence_is_not_lost(run) -> None:
    """The bomb's first plots end 11 minutes of nothing: they count once the next message confirms them."""
    messages = [m for m in run.messages() if not isinstance(m, Tick)]

    def begun(feed) -> int:
        """Event time of the first plot of the first track that is predicted."""
        engine = Engine(run.site, simulated=True)
        out = [o for message in feed for o in engine.receive(message)]
        assert "time_absurd" not in {o.reason for o in out if isinstance(o, Rejected)}
        return next(o.t_first_ns for o in out if isinstance(o, Prediction))

    first_ns = begun(messages)
    at = next(
        i
        for i, m in enumerate(messages)
        if isinstance(m, PlotBatch) and first_ns in m.rows["t_event_ns"]
    )
    now_ns = messages[at].t_arrival_ns
    early = [Tick(t_arrival_ns=now_ns - s * S) for s in (661, 660)]
    assert begun([*early, *messages[at:]]) == first_ns


def test_a_doubted_message_is_part_of_the_snapshot(run) -> None:
    messages = list(run.messages())
    at = next(i for i, m in enumerate(messages) if isinstance(m, PlotBatch) and len(m))
    early = Tick(t_arrival_ns=messages[at].t_arrival_ns - 3600 * S)
    feed = [early, *messages[at : at + 40]]
    for cut in (1, 2, 3):
        whole = Engine(run.site, simulated=True)
        for message in feed[:cut]:
            whole.receive(message)
        restored = Engine.restore(run.site, None, whole.snapshot())
        for message in feed[cut:]:
            assert whole.receive(message) == restored.receive(message)
        assert whole.snapshot() == restored.snapshot()


@pytest.mark.parametrize("what", ["sensor", "zone"])
def test_one_id_for_two_is_refused(run, what) -> None:
    doubled = getattr(run.site, f"{what}s")[:1] * 2
    site = msgspec.structs.replace(run.site, **{f"{what}s": doubled})
    with pytest.raises(ValueError, match=f"two {what}s with the id '{doubled[0].id}'"):
        Engine(site)


def test_air_keeps_what_is_plausible() -> None:
    from rampart.engine.air import plausible

    told_air = Weather(
        t_arrival_ns=0, pressure_pa=95_000.0, temperature_k=-3.0, station_height_m=300.0,
        wind=((0.0, 3.0, 4.0), (1000.0, NAN, 0.0)),
    )  # fmt: skip
    air, absurd = plausible(told_air)
    assert (air.pressure_pa, air.temperature_k, air.station_height_m) == (95_000.0, None, 300.0)
    assert air.wind == ((0.0, 3.0, 4.0),)
    assert absurd == 2
