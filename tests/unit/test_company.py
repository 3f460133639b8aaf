"""Attacks come in company: what the others are tells of each, and nobody vouches for itself."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rampart.domain.messages import TrackUpdate
from rampart.domain.site import Sensor, Site
from rampart.domain.time import NS_PER_S
from rampart.engine.classes import CLASSES
from rampart.engine.classify import Classifier
from rampart.engine.company import LINGERS_S, PLAIN_PLOTS, TIMES, Company
from rampart.engine.course import ACCEL_MPS2, CLIMB_MPS, PACE
from rampart.engine.engine import Engine
from rampart.engine.posterior import Features
from rampart.engine.ways import TOLD
from rampart.sim.simulate import simulate
from rampart.sim.world import Flight, RadarModel, Salvo, World

DRONE = 3
SITE = Site(
    name="company", uuid="company", latitude_deg=45.0, longitude_deg=0.0, height_m=0.0,
    sensors=(Sensor(id="radar", scan_period_s=1.0, clutter_per_scan=1.0),),
)  # fmt: skip


def times(company: Company, tracks: list[int], t_s: float = 0.0, **attacks: float) -> list[float]:
    notes: dict[int, Any] = {int(k[1:]): SimpleNamespace(attacks_p=p) for k, p in attacks.items()}
    found: list[float] = company.of(tracks, t_s, notes).tolist()
    return found


def test_alone_it_is_as_likely_as_on_a_quiet_day() -> None:
    assert times(Company(), [1]) == [1.0]
    assert times(Company(), [1], t1=0.99) == [1.0]


def test_each_is_told_by_the_surest_of_the_others() -> None:
    first, second, third = times(Company(), [1, 2, 3], t1=1.0, t2=0.5, t3=0.1)
    assert first == pytest.approx(1.0 + 0.5 * (TIMES - 1.0))
    assert second == third == pytest.approx(TIMES)


def test_an_attack_lingers_for_minutes_and_no_longer() -> None:
    company = Company()
    company.add(0.0, "sensor_lost", 0.9)
    company.add(50.0, "predicted_time", 0.6)
    company.add(60.0, "expired", 0.1)  # hardly one: forgotten at once
    company.add(70.0, "dropped", 0.99)  # disowned: it never was one
    again = Company()
    again.load(company.state())  # as over a restart
    for known in (company, again):
        assert times(known, [7], LINGERS_S - 1.0) == pytest.approx([1.0 + 0.9 * (TIMES - 1.0)])
        assert times(known, [7], LINGERS_S + 49.0) == pytest.approx([1.0 + 0.6 * (TIMES - 1.0)])
        assert times(known, [7], LINGERS_S + 50.0) == [1.0]


@pytest.mark.parametrize(
    ("velocity", "mu", "plots", "rcs_dbsm", "named"),
    [
        ((-12.0, 0.0, 0.0), (0.01, 0.98, 0.01), 30.0, -18.0, "quadcopter"),
        ((-12.0, 0.0, 0.0), (0.01, 0.98, 0.01), 30.0, -14.0, "quadcopter"),
        (
            (-55.0, 0.0, -20.0),
            (0.9, 0.08, 0.02),
            6.0,
            -24.0,
            "mortar_60",
        ),  # a bomb at its apex, or none
    ],
)
def test_what_it_is_alone_does_not_hang_on_its_company(
    velocity: tuple[float, ...], mu: tuple[float, ...], plots: float, rcs_dbsm: float, named: str
) -> None:
    """Else two birds would talk each other into a raid."""
    one, none = np.ones(1), np.zeros(1)
    x = np.array([[900.0, 0.0, 120.0, *velocity, math.log(1e-4)]])
    P = np.diag([10.0] * 3 + [8.0] * 3 + [0.5])[None] ** 2
    alone, judged = [], []
    for company in (1.0, 10.0, TIMES):
        features = Features(
            x=x, P=P, mu=np.array([mu]), plots=plots * one, age_s=plots * one,
            height_m=120.0 * one, launch_mps=math.nan * one, launch_rad=math.nan * one,
            rcs_dbsm=rcs_dbsm * one, rcs_plots=plots * one, boost_p=none, free_p=none,
            bends=np.zeros((1, *ACCEL_MPS2.shape)), climbs=np.zeros((1, CLIMB_MPS.size)),
            pace=np.zeros((1, PACE)), weaves=np.zeros((1, TOLD)), left=none, company=company * one,
        )  # fmt: skip
        found = Classifier().classify_many(features)
        alone.append(float(found.attacks(company * one)[0]))
        judged.append(float(found.p_class[0, CLASSES.index(named)]))
    assert judged == sorted(judged)
    assert judged[2] > 10.0 * judged[0]
    # but for the share of the young, e^-6, of which no company tells
    assert alone == pytest.approx([alone[0]] * 3, rel=1e-3)


def test_nothing_is_plain_before_its_sixth_plot() -> None:
    """Three drops of rain may fit together; they make no raid."""
    world = World(
        site=SITE, start_ns=19_000 * 86_400 * NS_PER_S, duration_s=40.0,
        salvos=(Salvo(id="s", classes=(("mortar_120", 1.0),), rounds=1, at_s=1.0,
                      origin_enu_m=(4_000.0, 0.0), aims_enu_m=((0.0, 0.0),), no_launch=0.0, short=0.0),),
        radars=(RadarModel(sensor="radar", detects_dbsm=-30.0, detects_range_m=15_000.0),),
    )  # fmt: skip
    engine = Engine(SITE, simulated=True)
    plain: dict[int, float] = {}
    for message in simulate(world, 1).messages:
        engine.receive(message)
        for note in engine._picture._notes.values() if engine._picture else ():
            plots = note.threat.detections
            plain[plots] = max(plain.get(plots, 0.0), note.attacks_p)
    assert {plots for plots, p in plain.items() if p > 0.0 and plots < PLAIN_PLOTS} == set()
    assert min(plain) < PLAIN_PLOTS
    assert plain[PLAIN_PLOTS] > 0.9


def small(k: int) -> Flight:
    return Flight(
        id=f"d{k}", class_id="quadcopter", hostile=True, at_s=1.0 + k, speed_mps=12.0,
        route=((2_500.0, 300.0 * k, 120.0), (300.0, 300.0 * k, 120.0)),
    )  # fmt: skip


def suspected_s(*flights: Flight, seed: int) -> list[float]:
    """When each of them is a threat by its family, 160 where it never is; each has a north of its own."""
    world = World(
        site=SITE, start_ns=19_000 * 86_400 * NS_PER_S, duration_s=160.0, flights=flights,
        radars=(RadarModel(sensor="radar", detects_dbsm=-20.0, detects_range_m=8_000.0),),
    )  # fmt: skip
    engine = Engine(SITE, simulated=True)
    first_s = [160.0] * len(flights)
    for message in simulate(world, seed).messages:
        for out in engine.receive(message):
            if isinstance(out, TrackUpdate) and out.p_family[DRONE] > 0.2:
                k = int(np.argmin([abs(f.route[0][1] - out.state_enu[1]) for f in flights]))
                first_s[k] = min(first_s[k], (out.t_ns - world.start_ns) / NS_PER_S)
    return first_s


def test_small_drones_of_a_raid_are_told_sooner_than_a_lone_one() -> None:
    alone, together = (
        np.mean([suspected_s(*map(small, range(n)), seed=s) for s in range(1, 7)]) for n in (1, 6)
    )
    assert together < 0.7 * alone


def test_a_plain_drone_is_company_and_one_that_identifies_itself_is_none() -> None:
    def large(identified: str) -> Flight:
        return Flight(
            id="large", class_id="owa_drone", hostile=not identified, at_s=0.5, speed_mps=46.0,
            identified=identified, route=((7_000.0, 2_500.0, 300.0), (-2_000.0, 2_500.0, 300.0)),
        )  # type: ignore[arg-type]  # fmt: skip

    alone, friend, foe = (
        np.array([suspected_s(small(0), *others, seed=s)[0] for s in range(1, 7)])
        for others in ((), (large("friendly"),), (large(""),))
    )
    assert np.mean(foe) < 0.8 * np.mean(alone)
    assert np.mean(np.abs(friend - alone)) < 0.5 * np.mean(alone - foe)
