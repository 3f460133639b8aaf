"""Silence is a fault: which sensors are alive, and which zones are still guarded."""

from __future__ import annotations

import math

import msgspec

from rampart.domain.messages import SensorStatus
from rampart.domain.site import Sensor, Site, Zone
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
