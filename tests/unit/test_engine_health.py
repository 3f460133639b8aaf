"""Silence is a fault: which sensors are alive, and which zones are still guarded."""

from __future__ import annotations

import math

import msgspec
import pytest

from one_plot import one_plot
from rampart import scenario
from rampart.domain.messages import (
    PlotBatch,
    Rejected,
    SensorHealth,
    SensorStatus,
    Tick,
    ZoneState,
)
from rampart.domain.site import Sensor, Site, Zone
from rampart.engine.engine import Engine
from rampart.engine.health import Health

S = 1_000_000_000
RELEASE = dict.fromkeys(("mortar", "gun", "rocket", "drone", "unknown"), "auto")


def zone(name: str, x: float, y: float) -> Zone:
    ring = ((x - 200, y - 200), (x + 200, y - 200), (x + 200, y + 200), (x - 200, y + 200))
    return Zone(id=name, name=name, polygon_enu_m=ring, release=RELEASE)


def site(*sensors: Sensor) -> Site:
    return Site(
        name="t", uuid="u", latitude_deg=35.0, longitude_deg=40.0, height_m=0.0,
        zones=(zone("near", 0, 0), zone("far", 15_000, 0)), sensors=sensors,
    )  # fmt: skip


def test_a_sensor_silent_for_twice_its_interval_is_degraded_and_comes_back() -> None:
    health = Health(site(Sensor(id="r", scan_period_s=4.0)))
    health.heard("r", 0)
    assert health.advance(8 * S, 1) == []
    (change,) = health.advance(8 * S + 1, 2)
    assert (change.state, change.reason, change.cause_seq) == ("DEGRADED", "silent", 2)
    assert health.healthy == ()
    health.heard("r", 9 * S)
    (change,) = health.advance(9 * S, 3)
    assert change.state == "LIVE"


def test_a_fast_sensor_still_has_two_seconds() -> None:
    health = Health(site(Sensor(id="r", scan_period_s=0.1)))
    health.heard("r", 0)
    assert health.advance(2 * S, 1) == []
    assert health.advance(2 * S + 1, 2) != []


def test_a_sensor_never_heard_is_silent_from_the_start_of_the_service() -> None:
    health = Health(site(Sensor(id="r", scan_period_s=0.5)))
    assert health.advance(100 * S, 1) == []
    assert [c.sensor for c in health.advance(103 * S, 2)] == ["r"]


def test_a_sensor_may_say_so_itself() -> None:
    health = Health(site(Sensor(id="r")))
    health.told(SensorStatus(sensor="r", t_event_ns=0, t_arrival_ns=0, state="off"))
    (change,) = health.advance(0, 1)
    assert (change.state, change.reason) == ("DEGRADED", "says so itself")


def test_who_errs_is_named_only_where_somebody_is_left_to_believe() -> None:
    health = Health(site(Sensor(id="a"), Sensor(id="b"), Sensor(id="c")))
    for name in "abc":
        health.heard(name, 0)

    def told(*doubted: bool, silent: bool = False) -> list[tuple[str, str, str]]:
        health.judge(doubted)
        now_ns = 0 if not silent else 9 * S
        return [(c.sensor, c.state, c.reason) for c in health.advance(now_ns, 1)]

    assert told(True, False, False) == [("a", "DEGRADED", "not believed")]
    assert told(True, True, False) == [("b", "DEGRADED", "not believed")]
    assert health.live == (False, False, True)
    assert told(True, True, True) == [(name, "DEGRADED", "sensors disagree") for name in "abc"]
    assert told(True, True, True) == []
    assert told(True, True, False) == [
        ("a", "DEGRADED", "not believed"),
        ("b", "DEGRADED", "not believed"),
        ("c", "LIVE", "heard again"),
    ]
    assert told(False, False, False, silent=True) == [(n, "DEGRADED", "silent") for n in "abc"]


def test_one_that_errs_by_more_than_it_claims_is_said_to_and_stays_live() -> None:
    health = Health(site(Sensor(id="a"), Sensor(id="b")))
    for name in "ab":
        health.heard(name, 0)

    def told(now_s: int, *times: float) -> list[tuple[str, str, str]]:
        health.err(list(times))
        return [(c.sensor, c.state, c.reason) for c in health.advance(now_s * S, 1)]

    assert told(0, 1.0, 1.0) == []
    assert told(0, 1.0, 2.04) == [("b", "LIVE", "errs 2.0 times as much as it claims")]
    assert told(1, 1.0, 2.01) == told(1, 1.0, 1.7) == told(1, 1.0, 2.4) == []
    assert health.healthy == ("near", "far")
    silent = [("a", "DEGRADED", "silent"), ("b", "DEGRADED", "silent")]
    assert told(9, 1.0, 2.0) == silent
    health.heard("b", 10 * S)
    assert told(10, 1.0, 2.0) == [("b", "LIVE", "errs 2.0 times as much as it claims")]
    assert told(10, 1.0, 1.0) == [("b", "LIVE", "errs as it claims")]


def test_plots_at_a_site_without_sensors_are_of_an_unknown_one_and_no_more() -> None:
    engine = Engine(site(), simulated=True)
    out = []
    for k in range(1, 4):
        out += engine.receive(one_plot(float(k), [3000.0, 0.0, 500.0], [-100.0, 0.0, 0.0]))
        out += engine.receive(Tick(t_arrival_ns=k * S))
    assert {(o.feed, o.reason) for o in out if isinstance(o, Rejected)} == {
        ("radar", "unknown_sensor")
    }


def test_only_zones_within_reach_are_guarded() -> None:
    assert Health(site(Sensor(id="r", range_max_m=10_000))).healthy == ("near",)
    assert Health(site(Sensor(id="r", range_max_m=20_000))).healthy == ("near", "far")


def test_one_of_two_equal_radars_may_fail_but_a_sector_may_not() -> None:
    full, east = Sensor(id="full"), Sensor(id="east", azimuth_max_rad=math.pi)
    west = Sensor(id="west", azimuth_min_rad=math.pi)

    def guarded(*live_until_late: str, sensors: tuple[Sensor, ...]) -> bool:
        health = Health(site(*sensors))
        for sensor in sensors:
            health.heard(sensor.id, 0)
        for name in live_until_late:
            health.heard(name, 10 * S)
        health.advance(10 * S, 1)
        return "near" in health.healthy

    assert guarded("full", sensors=(full, msgspec.structs.replace(full, id="spare")))
    assert guarded("east", "west", sensors=(east, west))
    assert not guarded("east", sensors=(east, west))


def test_a_snapshot_keeps_silence_running() -> None:
    first = Health(site(Sensor(id="r")))
    first.heard("r", 5 * S)
    second = Health(site(Sensor(id="r")))
    second.load(msgspec.msgpack.decode(msgspec.msgpack.encode(first.state())))
    assert second.advance(7 * S, 1) == []
    assert len(second.advance(7 * S + 1, 2)) == 1


def test_a_sensor_whose_plots_are_all_refused_says_so_though_it_marks_north() -> None:
    health = Health(site(Sensor(id="r", scan_period_s=0.5)))
    said = []
    for k in range(40):
        t_ns = k * S // 4
        health.heard("r", t_ns)  # a mark
        if 4 <= k < 20:
            health.refused("r", t_ns)
        if k == 30:
            health.heard("r", t_ns, plots=True)
        said += [(k / 4, c.state, c.reason) for c in health.advance(t_ns, k)]
    refused = "all its plots are refused"
    assert said == [(3.25, "DEGRADED", refused), (7.0, "LIVE", "heard again")]


def test_plots_that_are_refused_break_no_silence_and_are_told_from_it() -> None:
    health = Health(site(Sensor(id="r", scan_period_s=0.5)))
    health.heard("r", 0)
    for k in range(1, 9):
        health.refused("r", k * S // 4)
        assert health.advance(k * S // 4, k) == []
    health.refused("r", 9 * S // 4)
    (change,) = health.advance(9 * S // 4, 9)
    assert (change.state, change.reason) == ("DEGRADED", "all its plots are refused")
    (change,) = health.advance(9 * S // 4 + 2 * S + 1, 10)
    assert (change.state, change.reason) == ("DEGRADED", "silent")
    health.heard("r", 5 * S, plots=True)
    (change,) = health.advance(5 * S, 11)
    assert change.state == "LIVE"


def test_one_refused_plot_now_and_then_is_no_fault() -> None:
    health = Health(site(Sensor(id="r", scan_period_s=0.5)))
    for k in range(60):
        health.heard("r", k * S)  # looks without plots
        if k % 5 == 0:
            health.refused("r", k * S)
        assert health.advance(k * S, k) == []


def test_a_snapshot_keeps_refusals_running() -> None:
    first = Health(site(Sensor(id="r")))
    first.heard("r", 0)
    first.refused("r", S)
    second = Health(site(Sensor(id="r")))
    second.load(msgspec.msgpack.decode(msgspec.msgpack.encode(first.state())))
    (change,) = second.advance(2 * S + 1, 1)
    assert change.reason == "all its plots are refused"


REFUSED = {
    "no number": {"azimuth_rad": math.nan},
    "range without a number": {"range_m": math.nan},
    "strobes only, as of a jammed radar": {"range_m": math.nan, "range_rate_mps": math.nan},
    "negative range": {"range_m": -1.0},
    "range in kilometres": {"range_m": 3.2},
    "elevation in degrees": {"elevation_rad": 30.0},
    "range in millimetres": {"range_m": 3.2e6},
    "far, and in degrees": {"range_m": 30_000.0, "elevation_rad": 4.0},
    "of last hour": {"t_event_ns": -3600 * S},
}


@pytest.mark.parametrize("damage", REFUSED)
@pytest.mark.parametrize("marks", [False, True], ids=["", "with north marks"])
def test_no_all_clear_while_every_plot_is_refused(damage, marks) -> None:
    """After the impact the radar delivers rubbish only: the hold stands, as it would with a silent radar."""
    run = scenario.load("one-mortar", seed=11)
    zones = tuple(msgspec.structs.replace(z, all_clear="auto") for z in run.site.zones)
    site = msgspec.structs.replace(run.site, zones=zones)
    messages = list(run.messages())
    start = messages[0].t_arrival_ns
    good = next(m for m in messages if isinstance(m, PlotBatch) and len(m))
    engine = Engine(site, simulated=True)
    cut = [m for m in messages if m.t_arrival_ns < start + 45 * S]
    for m in cut:
        engine.receive(m)
    told, sensor = [], []
    for k in range(90, 1500):
        t_ns = start + k * S // 2
        rows = good.rows[:1].copy()
        rows["t_event_ns"] = t_ns
        # stamps come at odd distances, so that no clock explains them
        for name, value in REFUSED[damage].items():
            rows[name] = value if name != "t_event_ns" else t_ns + value - (k % 7) * 20 * S
        feed = [
            msgspec.structs.replace(good, t_arrival_ns=t_ns, data=rows.tobytes(), complete=True)
        ]
        if marks:
            feed.append(
                SensorStatus(sensor="radar", t_event_ns=t_ns, t_arrival_ns=t_ns, kind="north")
            )
        for m in (*feed, Tick(t_arrival_ns=t_ns)):
            out = engine.receive(m)
            told += [o.phase for o in out if isinstance(o, ZoneState)]
            sensor += [(o.state, o.reason) for o in out if isinstance(o, SensorHealth)]
    assert sensor[0] == ("DEGRADED", "all its plots are refused")
    assert "all_clear" not in told
    assert "clear" not in told


@pytest.mark.parametrize("far", [False, True], ids=["empty", "only beyond the coverage"])
def test_a_look_that_shows_nothing_near_is_heard(far) -> None:
    run = scenario.load("one-mortar", seed=11)
    good = next(m for m in run.messages() if isinstance(m, PlotBatch) and len(m))
    engine = Engine(run.site)
    out = []
    for k in range(40):
        t_ns = 10**18 + k * S // 2
        rows = good.rows[:1].copy()
        rows["t_event_ns"], rows["range_m"] = t_ns, 90_000.0
        data = rows.tobytes() if far else b""
        look = PlotBatch(sensor="radar", t_arrival_ns=t_ns, data=data, complete=not far)
        out += engine.receive(look)
        out += engine.receive(Tick(t_arrival_ns=t_ns))
    assert not [o for o in out if isinstance(o, SensorHealth)]


def test_a_camera_guards_no_zone_and_settles_no_dispute_of_radars() -> None:
    camera = Sensor(id="c", sigma_range_m=None, sigma_range_rate_mps=None)
    health = Health(site(Sensor(id="a"), Sensor(id="b"), camera))
    for name in "abc":
        health.heard(name, 0)
    assert health.advance(0, 1) == []
    assert health.healthy == ("near", "far")
    health.judge((True, True, False))
    assert {c.reason for c in health.advance(0, 1)} == {"sensors disagree"}
    health.judge((False, False, False))
    health.heard("c", 9 * S)
    assert [c.sensor for c in health.advance(9 * S, 2) if c.state == "DEGRADED"] == ["a", "b"]
    assert health.healthy == ()
