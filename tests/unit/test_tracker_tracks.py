"""What an operator would see: tracks begin when they should, and keep their number."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rampart.domain.site import Sensor
from rampart.kernels.imm import BALLISTIC, DRONE
from tracker_watch import MORTAR, nearest, watch
from tracker_world import drive, level_flight, look, round_from, site_of, sky, tracker_of


@pytest.mark.parametrize("seed", range(5))
def test_a_mortar_round_is_confirmed_at_its_third_plot_and_known_to_a_few_metres(seed: int) -> None:
    sensor = Sensor(id="R")
    tracker = tracker_of(site_of(sensor))
    watch(tracker, sensor, [MORTAR], 1.6, seed=seed)
    assert not any(tracker.status(row) == "confirmed" for row in tracker.bank.rows())
    watch(tracker, sensor, [MORTAR], 2.1, seed=seed, start_s=1.5)
    # at 0.5 s the round has cleared the lowest beam: plots at 0.5, 1.0, 1.5 s
    assert [tracker.status(row) for row in tracker.bank.rows()] == ["confirmed"]
    watch(tracker, sensor, [MORTAR], 12.1, seed=seed, start_s=2.0)
    row = int(tracker.bank.rows()[0])
    x, cov = tracker.bank.state_at(row, 12.0)
    truth = MORTAR(12.0)
    error = x[:6] - truth
    assert error @ np.linalg.solve(cov[:6, :6], error) < 25.0
    assert np.linalg.norm(error[:3]) < 40.0
    assert np.linalg.norm(error[3:]) < 8.0


def test_a_salvo_from_one_tube_keeps_one_number_for_each_round() -> None:
    """Half a second apart, as the looks: each round stands where the one before it stood a look ago."""
    kept = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        salvo = [
            round_from(
                (3600 + rng.normal(0, 12), 700 + rng.normal(0, 12), 0),
                (-105 + rng.normal(0, 1), -18 + rng.normal(0, 1), 158 + rng.normal(0, 1)),
                0.5 * i,
            )
            for i in range(8)
        ]
        sensor = Sensor(id="R", pd=0.9)
        tracker = tracker_of(site_of(sensor))
        watch(tracker, sensor, salvo, 10.1, seed=seed, pd=0.9, clutter=20)
        numbers = [nearest(tracker, 10.0, path(10.0))[0] for path in salvo]
        assert len(set(numbers)) == 8
        watch(tracker, sensor, salvo, 16.1, seed=seed, start_s=10.5, pd=0.9, clutter=20)
        kept += sum(
            nearest(tracker, 16.0, p(16.0))[0] == n for p, n in zip(salvo, numbers, strict=True)
        )
    assert kept >= 30  # of 32: one exchange between neighbours is within what the radar can tell


def test_the_fast_lane_names_a_round_at_its_second_plot_but_not_a_drone() -> None:
    sensor = Sensor(id="R", clutter_per_scan=1.0)
    site = site_of(sensor)
    rng = np.random.default_rng(3)
    tracker = tracker_of(site)
    paths = [
        round_from((3200, 600, 300), (-190, -30, 60)),
        level_flight((4000, 2000, 300), (-45, -10, 0)),
    ]
    for k in range(2):
        drive(tracker, [look(site, sensor, 0.5 * k, paths, rng)])
    rows = tracker.bank.rows()
    assert len(rows) == 1
    assert tracker.bank.table.fast[rows[0]] == 1
    assert tracker.status(int(rows[0])) == "tentative"
    assert tracker.touched == [int(rows[0])]


def test_what_is_first_seen_low_in_the_beam_is_taken_for_climbing_unless_it_flies() -> None:
    site = site_of(Sensor(id="R"))
    for height_m, least, most in ((200.0, 100.0, 200.0), (4000.0, -120.0, 20.0)):
        tracker = tracker_of(site)
        low = level_flight((7000.0, 0.0, height_m), (-200.0, 0.0, 0.0))
        drive(tracker, [look(site, site.sensors[0], 0.0, [low], np.random.default_rng(1))])
        table = tracker.bank.table
        assert least < table.x[0, BALLISTIC, 5] < most
        assert abs(table.x[0, DRONE, 5]) < 150.0
        assert math.sqrt(table.P[0, BALLISTIC, 5, 5]) > 100.0  # it may fall all the same


def test_clutter_alone_confirms_nothing_in_a_quarter_of_an_hour() -> None:
    sensor = Sensor(id="R", clutter_per_scan=20.0)
    tracker = tracker_of(site_of(sensor))
    ended = watch(tracker, sensor, [], 900.0, clutter=20)
    confirmed = [row for row in tracker.bank.rows() if tracker.status(row) != "tentative"]
    assert confirmed == []
    assert {reason for _, reason in ended} <= {"dropped"}


@pytest.mark.parametrize("speed_mps", [-45.0, -60.0])
def test_a_helicopter_keeps_its_number_across_the_blind_place_over_the_radar(
    speed_mps: float,
) -> None:
    sensor = Sensor(id="R", range_min_m=300.0)
    flight = level_flight((1200, 60, 120), (speed_mps, 0, 0))

    def seen(t_s: float) -> np.ndarray | None:
        state = flight(t_s)
        return state if np.linalg.norm(state[:3]) > 300.0 else None

    tracker = tracker_of(site_of(sensor))
    assert watch(tracker, sensor, [seen], 40.0, clutter=2) == []
    assert len(sky(tracker)) == 1


def test_a_round_that_crosses_overhead_keeps_its_number_and_is_not_shown_meanwhile() -> None:
    sensor = Sensor(id="R")
    shell = round_from((1500, 60, 0), (-100, -4, 150))
    tracker = tracker_of(site_of(sensor))
    ended = watch(tracker, sensor, [shell], 11.1)
    number, _ = nearest(tracker, 11.0, shell(11.0))
    ended += watch(tracker, sensor, [shell], 16.1, start_s=11.5)
    row = tracker.bank.row_of(number)
    assert row is not None
    x, _ = tracker.bank.state_at(row, 16.0)
    assert 16.0 - tracker.bank.table.t_s[row] > 2.0  # no plot: it is above the highest beam
    assert not tracker.in_sight(row, x[:3], 16.0)
    ended += watch(tracker, sensor, [shell], 24.1, start_s=16.5)
    again, away_m = nearest(tracker, 24.0, shell(24.0))
    assert (again, ended) == (number, [])
    assert away_m < 50.0
    assert tracker.in_sight(row, shell(24.0)[:3], 24.0)


def test_an_azimuth_across_north_is_one_track() -> None:
    sensor = Sensor(id="R")
    flight = level_flight((-400, 5000, 400), (50, 0, 0))
    tracker = tracker_of(site_of(sensor))
    watch(tracker, sensor, [flight], 16.0, clutter=5)
    assert len(sky(tracker)) == 1
    assert nearest(tracker, 15.5, flight(15.5))[1] < 40.0


def test_numbers_are_never_used_again() -> None:
    sensor = Sensor(id="R")
    tracker = tracker_of(site_of(sensor))
    first = round_from((3200, 600, 0), (-100, -15, 100), 0.0)
    second = round_from((3200, 600, 0), (-100, -15, 100), 30.0)
    watch(tracker, sensor, [first, second], 26.0)
    used = 1
    assert sky(tracker) == {}
    watch(tracker, sensor, [first, second], 36.0, start_s=26.0)
    assert min(sky(tracker)) > used
