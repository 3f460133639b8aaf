"""Small random worlds for the parity tests: rounds, drones, a friend, faults of the feed, people."""

from __future__ import annotations

from hypothesis import strategies as st

from rampart.domain.messages import Input, OperatorAction
from rampart.domain.site import Reflector, Sensor, Site, Wind, Zone
from rampart.sim.simulate import simulate
from rampart.sim.world import Air, Disturbance, Flight, RadarModel, Salvo, World

START_NS = 1_641_344_400_000_000_000  # 2022-01-05T01:00:00Z
SECONDS = 45.0
AUTO = dict.fromkeys(("mortar", "gun", "rocket", "drone", "unknown"), "auto")
ASK = AUTO | {"mortar": "confirm", "unknown": "confirm"}


def square(x: float, y: float, half: float) -> tuple[tuple[float, float], ...]:
    return ((x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half))


SITE = Site(
    name="parity",
    uuid="11111111-2222-3333-4444-555555555555",
    latitude_deg=35.1,
    longitude_deg=40.55,
    height_m=200.0,
    zones=(
        Zone(id="camp", name="Camp", polygon_enu_m=square(0, 0, 400), release=AUTO, people=50),
        Zone(id="depot", name="Depot", polygon_enu_m=square(900, 300, 300), release=ASK, people=5),
    ),
    sensors=(
        Sensor(
            id="stare",
            position_enu_m=(0.0, -200.0, 5.0),
            clutter_per_scan=5.0,
            snr_threshold_db=3.5,
        ),
        Sensor(
            id="sweep", position_enu_m=(300.0, 100.0, 5.0), scan_period_s=1.0, clutter_per_scan=4.0
        ),
    ),
    reflectors=(Reflector(id="mast", position_enu_m=(1_500.0, 800.0, 60.0)),),
)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[World, int]:
    """A world and its seed."""
    rounds = draw(st.integers(0, 3))
    kinds = draw(st.sampled_from(["mortar_60", "mortar_81", "mortar_120"]))
    salvos = [
        Salvo(
            id="s",
            classes=((kinds, 1.0),),
            origin_enu_m=(-1_800.0, 1_900.0),
            aims_enu_m=((0.0, 0.0), (900.0, 300.0)),
            at_s=3.0,
            rounds=rounds,
        )
    ]
    flights = [
        Flight(
            id="d",
            class_id="owa_drone",
            route=((0.0, 2_500.0, 200.0), (50.0, 30.0, 20.0)),
            at_s=1.0,
            hostile=True,
            count=draw(st.integers(1, 2)),
        ),
        Flight(
            id="f",
            class_id="uav_fixed_wing",
            route=((1_500.0, 1_500.0, 250.0), (0.0, -1_500.0, 250.0)),
            at_s=0.0,
            hostile=False,
            identified="friendly",
        ),
    ]
    faults = draw(
        st.lists(
            st.builds(
                Disturbance,
                kind=st.sampled_from(["outage", "late", "duplicate", "clock_offset"]),
                sensor=st.sampled_from(["stare", "sweep"]),
                from_s=st.floats(5.0, 20.0),
                to_s=st.floats(21.0, 40.0),
                seconds=st.floats(0.05, 1.5),
                share=st.floats(0.1, 1.0),
            ),
            max_size=2,
        )
    )
    actions = draw(
        st.lists(
            st.builds(
                OperatorAction,
                t_arrival_ns=st.integers(START_NS, START_NS + int(SECONDS * 1e9)),
                by=st.just("duty officer"),
                action=st.sampled_from(["confirm", "withhold", "warn", "withdraw", "cancel"]),
                zones=st.sampled_from([(), ("camp",), ("depot",)]),
            ),
            max_size=3,
        )
    )
    world = World(
        site=SITE,
        start_ns=START_NS,
        duration_s=SECONDS,
        salvos=tuple(salvos) if rounds else (),
        flights=tuple(flights),
        air=Air(wind=(Wind(height_m=0.0, east_mps=3.0, north_mps=1.0),), report_every_s=20.0),
        radars=(RadarModel(sensor="stare"), RadarModel(sensor="sweep", motion="rotating")),
        disturbances=tuple(faults),
        actions=tuple(actions),
    )
    return world, draw(st.integers(0, 2**31))


def messages_of(world: World, seed: int) -> list[Input]:
    """What the world's sensors, friends, stations and people send, in order of arrival."""
    return list(simulate(world, seed).messages)
