"""Surveyed reflectors: they teach a radar its error, are no tracks, and hide nothing that flies."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from rampart.domain.frames import polar_from_enu, sensor_axes
from rampart.domain.messages import (
    Input,
    Output,
    PlotBatch,
    Rejected,
    SensorHealth,
    TrackUpdate,
    ZoneState,
)
from rampart.domain.site import Reflector, Sensor, Site
from rampart.engine.engine import Engine
from rampart.engine.plotrow import COLUMNS, NUMBERS, VARIANCES, T
from rampart.engine.reflectors import Reflectors
from rampart.engine.registration import RegistrationSettings
from rampart.metrics.identity import who_is_who
from registration_world import START_NS, Error, site_of, sky

NEAR = Reflector(id="near", position_enu_m=(900.0, 1400.0, 60.0))
FAR = Reflector(id="far", position_enu_m=(-2500.0, 500.0, 90.0))
BEHIND = Reflector(
    id="behind", position_enu_m=(100.0, 100.0, 20.0)
)  # nearer than any radar measures
OFF = Error(-25.0, 4e-3, -3e-3, 0.0)


def run(site: Site, messages: list[Input]) -> tuple[Engine, list[Output]]:
    engine = Engine(site, simulated=True)
    return engine, [out for message in messages for out in engine.receive(message)]


def seconds(t_ns: int) -> float:
    return (t_ns - START_NS) / 1e9


def plots_at(site: Site, *rows: tuple[float, tuple[float, float, float], float]) -> np.ndarray:
    """Plots of the first radar without noise: time, place, range rate."""
    axes, place = sensor_axes(site, site.sensors[0])
    plots = np.full((len(rows), COLUMNS), math.nan)
    for plot, (t_s, xyz, rate) in zip(plots, rows, strict=True):
        plot[T] = t_s
        plot[NUMBERS : NUMBERS + 3] = polar_from_enu((np.array(xyz) - place) @ axes)
        plot[NUMBERS + 3] = rate
        plot[VARIANCES : VARIANCES + 4] = np.square([12.0, 2.5e-3, 2.5e-3, 1.5])
    return plots


def test_the_plot_of_what_stands_is_taken_and_shows_where_it_stood() -> None:
    site = site_of(1, [NEAR])
    plots = plots_at(site, (5.0, NEAR.position_enu_m, 0.5), (5.0, (900.0, 1400.0, 300.0), 0.0))
    rest, (sighting,), taken = Reflectors(site).take(0, plots)
    assert taken == 1
    np.testing.assert_array_equal(rest, plots[1:])
    assert sighting.reflector == 0
    np.testing.assert_array_equal(sighting.plot.numbers, plots[0, NUMBERS : NUMBERS + 3])


@pytest.mark.parametrize("rate", [5.0, -60.0, math.nan])
def test_what_moves_or_tells_no_doppler_is_not_taken(rate: float) -> None:
    site = site_of(1, [NEAR])
    plots = plots_at(site, (5.0, NEAR.position_enu_m, rate))
    assert Reflectors(site).take(0, plots)[1:] == ([], 0)


def test_of_two_in_one_look_the_nearer_is_taken_and_in_the_next_look_one_again() -> None:
    site = site_of(1, [NEAR])
    reflectors = Reflectors(site)
    x, y, z = NEAR.position_enu_m
    for look in range(4):
        t_s = 5.0 + 0.5 * look
        plots = plots_at(site, (t_s, (x + 15.0, y, z), 1.0), (t_s, (x, y, z), 0.0))
        rest, _, taken = reflectors.take(0, plots)
        assert taken == 1
        np.testing.assert_array_equal(rest, plots[:1])  # a drone that hovers there stays seen


def test_within_one_turn_it_is_seen_once_and_its_double_is_no_other_plot() -> None:
    site = site_of(1, [NEAR])
    reflectors = Reflectors(site)
    x, y, z = NEAR.position_enu_m
    first = plots_at(site, (5.0, (x, y, z), 0.0))
    assert reflectors.take(0, first)[2] == 1
    rest, sightings, taken = reflectors.take(0, first)
    assert (len(rest), sightings, taken) == (0, [], 1)
    later = plots_at(site, (5.1, (x + 5.0, y, z), 0.0))
    assert reflectors.take(0, later)[1:] == ([], 0)


def test_the_gate_follows_what_is_known_of_the_radar() -> None:
    site = site_of(1, [NEAR])
    reflectors = Reflectors(site)
    x, y, z = NEAR.position_enu_m
    aside = plots_at(site, (5.0, (x + 25.0, y, z), 0.0))
    assert reflectors.take(0, aside)[2] == 1  # 3 mrad and 20 m may be its error
    reflectors.expect(0, np.zeros(4), np.zeros((4, 4)))
    aside[:, T] = 6.0
    assert reflectors.take(0, aside)[2] == 0
    axes, place = sensor_axes(site, site.sensors[0])
    expected = polar_from_enu((np.array([[x, y, z]]) - place) @ axes)[0]
    error = aside[0, NUMBERS : NUMBERS + 3] - expected
    reflectors.expect(0, np.array([*error, 0.0]), np.zeros((4, 4)))
    assert reflectors.take(0, aside)[2] == 1


def test_only_what_stands_in_the_coverage_is_looked_for() -> None:
    site = site_of(1, [BEHIND, NEAR])
    plots = plots_at(site, (5.0, BEHIND.position_enu_m, 0.0), (5.0, NEAR.position_enu_m, 0.0))
    _, sightings, _ = Reflectors(site).take(0, plots)
    assert [sighting.reflector for sighting in sightings] == [1]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_radar_learns_its_error_as_well_as_its_noise_and_the_survey_allow(seed: int) -> None:
    site, _, messages = sky(1, seed, (OFF,), quiet_s=40.0, flyers=0, reflectors=[NEAR])
    engine, outputs = run(site, messages)
    biases = engine.registration.biases
    looks = biases.used
    assert 35 <= looks <= 41  # one comparison a second
    flat = math.hypot(*NEAR.position_enu_m[:2])
    noise = np.array([12.0, 2.5e-3, 2.5e-3])
    survey = NEAR.sigma_m / np.array([1.0, flat, flat])
    prior2 = np.array([20.0, 3e-3, 3e-3]) ** 2
    fade = math.exp(-1.0 / RegistrationSettings().memory_s)  # what a second forgets
    told = prior2
    for _ in range(looks):
        told = fade**2 * told + (1.0 - fade**2) * prior2
        told = told * noise**2 / (told + noise**2)
    told = told + survey**2  # which no number of plots shows
    assert np.all(told < noise**2 / 20.0)
    np.testing.assert_allclose(np.diag(biases.P)[:3], told, rtol=0.03)
    assert np.all(np.abs(biases.b[:3] - OFF[:3]) < 3.5 * np.sqrt(told))
    # what is applied has followed; of the clock a thing that stands tells nothing
    assert np.all(
        np.abs(np.array(engine.registration.applied[0])[:3] - OFF[:3]) < 4 * np.sqrt(told)
    )
    assert biases.P[3, 3] == pytest.approx(0.05**2)
    counted = Counter((o.feed, o.reason) for o in outputs if isinstance(o, Rejected))
    assert 70 <= counted["r0", "reflector"] <= 82
    assert not any(isinstance(o, TrackUpdate) for o in outputs)


def test_two_reflectors_tell_more_than_the_survey_of_one() -> None:
    def sigma(*reflectors: Reflector) -> float:
        site, _, messages = sky(1, 4, (OFF,), quiet_s=60.0, flyers=0, reflectors=reflectors)
        return math.sqrt(run(site, messages)[0].registration.biases.P[0, 0])

    coarse = [msgspec.structs.replace(r, sigma_m=10.0) for r in (NEAR, FAR)]
    assert 9.0 < sigma(coarse[0]) < 10.0
    assert 6.3 < sigma(*coarse) < 7.2


def on_the_way(height_m: float) -> Callable[[int], Reflector]:
    """A reflector where the first bomb of the run of a seed passes `height_m` on its way down."""

    def place(seed: int) -> Reflector:
        truth = sky(1, seed, (Error(),), quiet_s=3.0, flyers=0, rounds=1, tail_s=40.0)[1].truth
        part = slice(truth.sample_start[0], truth.sample_start[1])
        path = truth.sample_enu_m[part]
        down = np.flatnonzero((path[:, 2] < height_m) & (truth.sample_velocity_mps[part, 2] < 0.0))
        x, y, z = path[down[0]].tolist()
        return Reflector(id="way", position_enu_m=(x, y, z))

    return place


@pytest.mark.parametrize("height_m", [80.0, 400.0, 900.0])
def test_a_bomb_that_falls_through_the_place_of_a_reflector_is_tracked_and_warned_of(
    height_m: float,
) -> None:
    for seed in (5, 6):
        said = []
        stands = [on_the_way(height_m)(seed)]
        for declared, there in (
            ([], []),
            (stands, stands),
            (stands, []),
        ):  # the last: gone, or hidden
            _, simulated, messages = sky(
                1, seed, (Error(),), quiet_s=3.0, flyers=0, rounds=1, tail_s=40.0, reflectors=there
            )
            _, outputs = run(site_of(1, declared), messages)
            updates = [o for o in outputs if isinstance(o, TrackUpdate) and o.status != "ended"]
            assert len({o.track for o in updates if o.family != "unknown"}) == 1
            assert len(who_is_who(simulated.truth, updates, {o.track for o in updates})) == 1
            warned = [o for o in outputs if isinstance(o, ZoneState) and o.phase == "warn"]
            said.append(seconds(warned[0].issued_ns))
        assert max(said) <= said[0] + 0.01


def test_a_site_without_reflectors_is_what_it_was() -> None:
    """With a reflector that no radar covers: nothing is taken out, nothing changes."""
    plain, _, messages = sky(2, 7, (Error(), OFF), quiet_s=15.0, rounds=2, tail_s=15.0)
    away = msgspec.structs.replace(BEHIND, position_enu_m=(0.0, 0.0, -500.0))
    unseen = msgspec.structs.replace(plain, reflectors=(away,))
    expected = msgspec.msgpack.encode(run(plain, messages)[1])
    assert msgspec.msgpack.encode(run(unseen, messages)[1]) == expected


def test_a_snapshot_in_the_middle_changes_nothing() -> None:
    site, _, messages = sky(
        2, 8, (OFF, Error()), quiet_s=12.0, flyers=2, rounds=2, tail_s=10.0, reflectors=[NEAR, FAR]
    )
    expected = run(site, messages)[1]
    engine, outputs = Engine(site, simulated=True), []
    for i, message in enumerate(messages):
        if i % 37 == 11:
            snapshot = engine.snapshot()
            engine = Engine.restore(site, None, snapshot)
            assert engine.snapshot() == snapshot
        outputs += engine.receive(message)
    assert msgspec.msgpack.encode(outputs) == msgspec.msgpack.encode(expected)


def test_late_and_doubled_plots_of_a_reflector_make_no_track() -> None:
    site, _, messages = sky(1, 9, (OFF,), quiet_s=20.0, flyers=0, reflectors=[NEAR])
    again: list[Input] = []
    for message in messages:
        again.append(message)
        if isinstance(message, PlotBatch):
            for late_ns in (0, 1_200_000_000):
                t_ns = message.t_arrival_ns + late_ns
                again.append(msgspec.structs.replace(message, t_arrival_ns=t_ns))
    again.sort(key=lambda m: m.t_arrival_ns)
    outputs = run(site, again)[1]
    assert not any(isinstance(o, TrackUpdate) for o in outputs)


def test_a_look_at_nothing_but_a_reflector_is_still_a_look() -> None:
    """What flew until then was missed in it, and its track ends."""
    site, _, messages = sky(1, 10, (Error(),), quiet_s=25.0, flyers=1, reflectors=[NEAR])
    r = math.dist(NEAR.position_enu_m, site.sensors[0].position_enu_m)

    def bare(message: Input) -> Input:
        if not isinstance(message, PlotBatch) or seconds(message.t_arrival_ns) < 10.0:
            return message
        rows = message.rows
        still = (np.abs(rows["range_m"] - r) < 60.0) & (np.abs(rows["range_rate_mps"]) < 5.0)
        return msgspec.structs.replace(message, data=rows[still].tobytes())

    outputs = run(site, [bare(message) for message in messages])[1]
    ended = [o for o in outputs if isinstance(o, TrackUpdate) and o.status == "ended"]
    assert ended
    assert all(10.0 < seconds(o.t_ns) < 16.0 for o in ended)
    assert not any(isinstance(o, SensorHealth) for o in outputs)


def test_the_simulator_places_a_reflector_as_the_survey_errs() -> None:
    coarse = msgspec.structs.replace(NEAR, sigma_m=10.0)
    places = []
    for seed in range(12):
        site, run_, messages = sky(1, seed, (Error(),), quiet_s=5.0, flyers=0, reflectors=[coarse])
        assert len(run_.truth) == 0  # no object of the truth
        rows = np.concatenate([m.rows for m in messages if isinstance(m, PlotBatch)])
        sensor: Sensor = site.sensors[0]
        r = np.linalg.norm(np.array(NEAR.position_enu_m) - sensor.position_enu_m)
        mine = np.abs(rows["range_m"] - r) < 150.0
        mine &= np.abs(rows["range_rate_mps"]) < 6.0
        mine &= np.abs(rows["azimuth_rad"] - math.atan2(900.0, 1400.0)) < 0.1
        assert mine.sum() >= 8
        places.append(float(np.median(rows["range_m"][mine]) - r))
    assert 6.5 < np.std(places) < 18.0  # 4.7 of the median of ten plots alone
