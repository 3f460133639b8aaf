"""A flyer that goes out of sight is not forgotten: neither what it was, nor where it was going."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from rampart.domain.messages import TrackUpdate
from rampart.domain.site import Sensor, Site, Zone
from rampart.domain.time import NS_PER_S
from rampart.engine.course import ACCEL_MPS2, CLIMB_MPS, MEMORY_S
from rampart.engine.engine import Engine
from rampart.engine.threat import Motion, Threat
from rampart.engine.unseen import LONGEST_S, MOST, Unseen, tell
from rampart.engine.ways import LARGE, SMALL, TOLD
from rampart.sim.simulate import simulate
from rampart.sim.world import Flight, RadarModel, Traffic, World
from warn_stage import AUTO, DRONE, MORTAR, Stage, flying, square, zone

P_DRONE = 3
SITE = Site(
    name="unseen", uuid="unseen", latitude_deg=45.0, longitude_deg=0.0, height_m=0.0,
    zones=(Zone(id="A", name="A", polygon_enu_m=square(0.0, 2_500.0), release=AUTO),),  # type: ignore[arg-type]
    sensors=(Sensor(id="radar", range_min_m=300.0, scan_period_s=1.0, clutter_per_scan=1.0),),
)  # fmt: skip
(
    STRAIGHT,
    WEAVES,
) = (  # log likelihoods that fall by one for each doubling from the least, the largest bend
    np.concatenate([*bends, np.zeros(CLIMB_MPS.size), np.zeros(TOLD)]).tobytes()
    for bends in (-np.indices(ACCEL_MPS2.shape)[1], -np.indices(ACCEL_MPS2.shape)[1][:, ::-1])
)


def lost(x_m: float, vx_mps: float, *, p=DRONE, why: str = "sensor_lost") -> Threat:
    return flying(1, 0.0, x_m, vx_mps, sigma_turn_rps=0.002, p=p, lost=why)


def at(x_m: float, y_m: float) -> np.ndarray:
    return np.array([x_m, y_m, 150.0, 0.0, 0.0, 0.0, -9.0])


def told(
    threat: Threat, t_first_s: float, x_m: float, y_m: float = 0.0, course: bytes = STRAIGHT
) -> bytes:
    """What a track hears that begins at `t_first_s` at (x, y), of one lost at 100 s."""
    unseen = Unseen()
    unseen.add(100.0, threat, course)
    return unseen.taken_up(t_first_s, t_first_s + 2.0, at(x_m, y_m))


def test_what_comes_out_where_a_lost_drone_was_going_hears_what_it_was() -> None:
    assert told(lost(-300.0, 10.0), 160.0, 320.0) == STRAIGHT


@pytest.mark.parametrize(
    ("t_first_s", "x_m", "y_m"),
    [
        (99.0, -280.0, 0.0),  # both were seen at once
        (160.0, -300.0, 0.0),  # it would have had to stop
        (160.0, 320.0, 600.0),  # or to turn
        (101.0 + LONGEST_S, 10.0 * LONGEST_S - 280.0, 0.0),  # too long ago
    ],
)
def test_nothing_is_heard_by_another_object(t_first_s: float, x_m: float, y_m: float) -> None:
    assert told(lost(-300.0, 10.0), t_first_s, x_m, y_m) == b""


@pytest.mark.parametrize(
    "threat",
    [
        lost(-300.0, 10.0, why="dropped"),
        msgspec.structs.replace(lost(-300.0, 10.0), known="adsb 4ca123"),
        msgspec.structs.replace(lost(-300.0, 10.0, p=MORTAR), motion=None),
    ],
)
def test_nothing_is_kept_of_what_is_known_or_does_not_fly(threat: Threat) -> None:
    assert told(threat, 160.0, 320.0) == b""


def test_a_course_that_speaks_for_a_bird_is_not_handed_on() -> None:
    """It might be told of a drone."""
    assert told(lost(-300.0, 10.0), 160.0, 320.0, course=WEAVES) == b""


def test_a_weave_is_handed_on_where_it_speaks_for_a_drone_and_else_as_unknown() -> None:
    """In hour 146 of `benchmarks/s2.py` a bird took up the way of another, three minutes old. Each wove in its
    own way, no one way explained both, and together they were a drone, 7,300 times likelier than a bird."""
    drones = [*range(SMALL.others, len(SMALL.table)), *range(len(SMALL.table) + LARGE.others, TOLD)]
    for best in range(TOLD):
        small = best < len(SMALL.table)
        kind = slice(0, len(SMALL.table)) if small else slice(len(SMALL.table), TOLD)
        weaves = np.zeros(TOLD)
        weaves[kind] = -20.0
        weaves[best] = 0.0
        course = np.concatenate([np.frombuffer(STRAIGHT)[:-TOLD], weaves]).tobytes()
        heard = np.frombuffer(told(lost(-300.0, 10.0), 160.0, 320.0, course=course))
        assert heard[:-TOLD] == pytest.approx(np.frombuffer(STRAIGHT)[:-TOLD])
        assert heard[-TOLD:] == pytest.approx(weaves if best in drones else 0.0 * weaves)


def test_it_is_told_once_and_by_the_nearer_of_two() -> None:
    unseen, near = Unseen(), STRAIGHT
    far = (np.frombuffer(STRAIGHT) / 2.0).tobytes()
    unseen.add(100.0, lost(-260.0, 10.0), far)
    unseen.add(100.0, lost(-300.0, 10.0), near)
    again = Unseen()
    again.load(unseen.state())  # as over a restart
    assert [again.taken_up(160.0, 162.0, at(320.0, 0.0)) for _ in range(3)] == [near, far, b""]


def test_a_course_that_is_known_better_than_the_last_look_counts() -> None:
    """The filter's velocity says that it stood still; the way of half a minute that it flew east."""
    course = (10.0, 0.0, 0.0, 0.3, 0.002)
    slow = lost(-300.0, 0.0)
    assert isinstance(slow.motion, Motion)
    held = msgspec.structs.replace(slow, motion=msgspec.structs.replace(slow.motion, course=course))
    assert told(held, 160.0, 320.0) == STRAIGHT
    assert told(slow, 160.0, 320.0) == b""


def test_what_was_told_adds_up_and_is_forgotten() -> None:
    bends, climbs = np.ones((2, *ACCEL_MPS2.shape)), np.ones((2, CLIMB_MPS.size))
    weaves = np.ones((2, TOLD))
    course = tell(bends, climbs, weaves, [STRAIGHT, b""], np.array([MEMORY_S, 0.0]))
    heard = np.frombuffer(STRAIGHT) / math.e
    assert bends[0].ravel() == pytest.approx(1.0 + heard[: ACCEL_MPS2.size])
    assert climbs[0] == pytest.approx(1.0 + heard[ACCEL_MPS2.size : -TOLD])
    assert weaves[0] == pytest.approx(1.0 + heard[-TOLD:])
    assert np.all(bends[1] == 1.0)
    assert np.all(climbs[1] == 1.0)
    assert np.all(weaves[1] == 1.0)
    assert np.frombuffer(course[0]) == pytest.approx(1.0 + heard)
    assert np.frombuffer(course[1]) == pytest.approx(np.ones(len(heard)))


def drone_p(seed: int, duration_s: float, *what: Flight | Traffic) -> list[list[float]]:
    """P(drone) of every track, as long as it lived, before one radar that sees 8 km far."""
    radar = RadarModel(sensor="radar", detects_dbsm=-20.0, detects_range_m=8_000.0)
    world = World(
        site=SITE, start_ns=19_000 * 86_400 * NS_PER_S, duration_s=duration_s, radars=(radar,),
        flights=tuple(w for w in what if isinstance(w, Flight)),
        traffic=tuple(w for w in what if isinstance(w, Traffic)),
    )  # fmt: skip
    engine = Engine(SITE, simulated=True)
    seen: dict[int, list[float]] = {}
    for message in simulate(world, seed).messages:
        for out in engine.receive(message):
            if isinstance(out, TrackUpdate) and out.status != "ended":
                seen.setdefault(out.track, []).append(out.p_family[P_DRONE])
    return list(seen.values())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_slow_drone_that_crosses_over_the_radar_comes_out_as_a_drone(seed: int) -> None:
    """It is unseen for two minutes; what comes out is another track, and told from a bird at once."""
    flight = Flight(
        id="d", class_id="quadcopter", hostile=True, at_s=1.0, speed_mps=5.0,
        route=((-1_300.0, 40.0, 120.0), (600.0, 40.0, 120.0)),
    )  # fmt: skip
    before, after = (p for p in drone_p(seed, 330.0, flight) if len(p) > 20)
    assert before[-1] > 0.2  # from here on it counts as a threat
    assert after[5] > 0.2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_sways_where_it_came_in_sight_is_no_drone_however_long_it_is_watched(
    seed: int,
) -> None:
    """Masts and trees took up nobody's way: they began where they are, and have not left."""
    masts = Traffic(id="m", class_id="clutter_patch", radius_m=2_500.0, count=6, identified="")
    lasting = drone_p(seed, 150.0, masts)
    assert len(lasting) >= 4
    assert max(p[-1] for p in lasting) < 0.02


def test_what_flies_out_of_sight_is_followed_farther_than_what_is_seen() -> None:
    """A slow drone 180 s from a zone: nobody will look again before it is there."""
    shown = {}
    for why in ("", "expired", "sensor_lost"):
        stage = Stage([zone("A", 0.0)])
        stage.see(flying(1, 0.5, -1_300.0, 5.0))
        stage.see(flying(1, 1.0, -1_300.0, 5.0, lost=why))
        shown[why] = stage.phase("A")
    assert shown == {"": "clear", "expired": "clear", "sensor_lost": "warn"}


def test_what_was_told_of_a_flyer_stands_at_its_loss() -> None:
    """It is followed farther only for those who were not told yet: no warning lasts the longer for it."""
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 0.5, -800.0, 5.0))
    (member,) = stage.warner._ledger.books[0].members.values()
    told = member.times
    stage.see(flying(1, 0.5, -800.0, 5.0, lost="sensor_lost"))
    assert member.phase == "warn"
    assert told is not None
    assert member.times == told


def test_what_is_fast_is_through_a_blind_place_soon() -> None:
    """At 46 m/s 13 s more: what is 160 s away can still be told when it comes out."""
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 0.5, -7_760.0, 46.0))
    stage.see(flying(1, 1.0, -7_760.0, 46.0, lost="sensor_lost"))
    assert stage.phase("A") == "clear"


def test_of_many_that_went_out_of_sight_the_last_are_remembered() -> None:
    unseen = Unseen()
    for k in range(MOST + 40):
        unseen.add(100.0 + 1e-3 * k, lost(-300.0, 10.0), STRAIGHT)
    assert len(unseen.state()) == MOST
    assert unseen.state()[0]["t_s"] == pytest.approx(100.04)
