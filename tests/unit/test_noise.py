"""A radar that errs by more than it claims is seen to, and is believed as far as it shows. ADR 28."""

from __future__ import annotations

import itertools

import msgspec
import numpy as np
import pytest

from rampart.domain.messages import PlotBatch
from rampart.domain.site import Reflector, Sensor
from rampart.engine.plotrow import COLUMNS, VARIANCES
from rampart.engine.tracking import Tracker, TrackSettings
from tracker_world import (
    assert_same_sky,
    drive,
    level_flight,
    look,
    round_from,
    site_of,
    tracker_of,
)

RADAR = Sensor(
    id="R", sigma_range_m=10.0, sigma_azimuth_rad=2e-3, sigma_elevation_rad=2e-3,
    sigma_range_rate_mps=1.0, scan_period_s=0.5, clutter_per_scan=3.0,
)  # fmt: skip
ROUND = round_from((-3000.0, 4000.0, 0.0), (110.0, -60.0, 180.0))
FLYERS = [
    level_flight((-6000.0, 900.0 * k, 500.0 + 90.0 * k), (70.0, 8.0, 0.0)) for k in (-3, 2, 4)
]


def looks(
    noise: object,
    seed: int,
    seconds: float,
    paths=(ROUND,),
    from_s: float = 1.0,
    clutter: float = 3.0,
) -> list[PlotBatch]:
    """What the radar shows twice a second, with so many times the errors that it claims."""
    rng = np.random.default_rng(seed)
    site = site_of(RADAR)
    t_s = np.arange(from_s, from_s + seconds, 0.5).tolist()
    return [look(site, RADAR, t, paths, rng, clutter=clutter, noise=noise) for t in t_s]  # type: ignore[arg-type]


def after(*parts: list[PlotBatch]) -> Tracker:
    tracker = tracker_of(site_of(RADAR))
    drive(tracker, list(itertools.chain(*parts)))
    return tracker


def errs(tracker: Tracker) -> np.ndarray:
    """(4,) what one sigma is taken for, in units of what is claimed."""
    return tracker.radars.sigma[0] / np.array([10.0, 2e-3, 2e-3, 1.0])


@pytest.mark.parametrize("seed", range(10))
def test_one_that_errs_as_it_claims_is_taken_at_its_word(seed: int) -> None:
    assert after(looks(1.0, seed, 30.0)).noise_factors == [1.0]


def test_in_minutes_of_flyers_and_clutter_no_honest_radar_is_accused() -> None:
    tracker = after(looks(1.0, 5, 200.0, FLYERS, clutter=40.0))
    assert tracker.noise_factors == [1.0]


def circling(radius_m: float, speed_mps: float):
    """A flyer that never flies straight, two kilometres off."""

    def at(t_s: float) -> np.ndarray:
        a = speed_mps / radius_m * t_s
        c, s = np.cos(a), np.sin(a)
        place = [1500.0 + radius_m * c, 1500.0 + radius_m * s, 300.0]
        return np.array([*place, -speed_mps * s, speed_mps * c, 0.0])

    return at


@pytest.mark.parametrize(
    ("radius_m", "speed_mps"), [(60.0, 25.0), (200.0, 40.0), (400.0, 60.0), (1500.0, 100.0)]
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_turns_hard_is_no_noise_of_the_radars(
    radius_m: float, speed_mps: float, seed: int
) -> None:
    """Up to 1 g: more than the filter of a drone expects, and in every plot alike."""
    tracker = after(looks(1.0, seed, 60.0, [circling(radius_m, speed_mps)]))
    assert tracker.noise_factors == [1.0]


def test_plots_that_two_rounds_may_have_shown_are_no_measure_of_noise() -> None:
    """Thirty rounds of two tubes, 0.2 s apart, without Doppler, in clutter."""
    flat = msgspec.structs.replace(RADAR, sigma_range_rate_mps=None, clutter_per_scan=100.0, pd=0.6)
    site, rng, tracker = site_of(flat), np.random.default_rng(7), tracker_of(site_of(flat))
    tubes = [
        round_from(
            (-4000.0 + 120.0 * (k % 2), 5000.0 + 80.0 * (k % 2), 0.0),
            (100.0 + 1.5 * (k % 3), -90.0 - 1.2 * (k % 5), 210.0 + 3.0 * (k % 4)),
            0.2 * k,
        )
        for k in range(30)
    ]
    for t_s in np.arange(1.0, 50.0, 0.5).tolist():
        drive(tracker, [look(site, flat, t_s, tubes, rng, clutter=100.0, pd=0.6)])
        assert tracker.noise_factors == [1.0]


@pytest.mark.parametrize("times", [1.6, 2.0, 3.0])
def test_twice_the_noise_is_seen_in_one_flight(times: float) -> None:
    told = np.array([errs(after(looks(times, seed, 25.0))) for seed in range(8)])
    assert np.median(told) == pytest.approx(times, rel=0.25)


SALVO = [
    round_from((-3000.0 + 400.0 * k, 4000.0, 0.0), (110.0, -60.0 - 9.0 * k, 180.0), 5.0 * k)
    for k in range(8)
]


@pytest.mark.parametrize("seed", range(4))
def test_an_eighth_more_is_let_pass_however_long_it_shows(seed: int) -> None:
    assert after(looks(1.12, seed, 60.0, SALVO)).noise_factors == [1.0]


def test_nobody_is_believed_to_err_by_less_than_he_claims() -> None:
    assert after(looks(0.3, 1, 30.0)).noise_factors == [1.0]


def test_a_wrong_range_rate_makes_the_other_numbers_little_worse() -> None:
    told = errs(after(looks(np.array([1.0, 1.0, 1.0, 3.0]), 2, 60.0, SALVO)))
    assert told[3] == pytest.approx(3.0, rel=0.3)
    assert told[:3].max() < 1.5


def test_a_radar_that_has_been_put_right_is_taken_at_its_word_again() -> None:
    bad, good = looks(2.0, 3, 60.0, FLYERS), looks(1.0, 4, 120.0, FLYERS, from_s=61.0)
    assert after(bad).noise_factors[0] > 1.5
    tracker = after(bad, good)
    assert tracker.noise_factors == [1.0]
    assert errs(tracker).tolist() == [1.0] * 4


def test_a_round_is_one_track_and_its_place_as_doubtful_as_it_is() -> None:
    """Mean of e' P⁻¹ e / 3 of the place, over twenty flights, ten seconds after the first plot and later."""
    found, tracks = [], []
    for seed in range(20):
        tracker = after(looks(2.0, 100 + seed, 16.0, clutter=0.0))
        bank = tracker.bank
        rows = [row for row in bank.rows() if bank.table.hits[row] >= 8]
        tracks.append(len(rows))
        row = max(rows, key=lambda row: bank.table.hits[row])
        state = ROUND(float(bank.table.t_s[row]))
        assert state is not None
        e = bank.mean(row)[:3] - state[:3]
        found.append(e @ np.linalg.solve(bank.cov(row)[:3, :3], e) / 3.0)
    assert 0.4 < float(np.mean(found)) < 1.8
    assert sum(tracks) <= 22


def test_what_was_followed_before_it_was_seen_is_as_doubtful_from_then_on() -> None:
    flight = looks(2.5, 7, 12.0, clutter=0.0)
    tracker = tracker_of(site_of(RADAR))
    for before, after_ in itertools.pairwise(flight):
        drive(tracker, [before])
        known = np.trace(tracker.bank.cov(0)[:3, :3]) if tracker.bank.size else np.inf
        kept = errs(tracker).max()
        drive(tracker, [after_])
        if kept == 1.0 < errs(tracker).max():
            assert np.trace(tracker.bank.cov(0)[:3, :3]) > 1.5 * known
            # of its drag no more than was known of it before the first plot
            prior = TrackSettings().drag_sigma ** 2
            assert tracker.bank.table.P[0, :, 6, 6].max() <= prior * (1.0 + 1e-9)
            return
    raise AssertionError("never seen")


def test_plots_that_come_late_leave_no_trace() -> None:
    flight = looks(2.5, 11, 14.0)
    late = list(flight)
    for k in range(6, len(late) - 1, 3):
        late[k], late[k + 1] = (
            msgspec.structs.replace(late[k + 1], t_arrival_ns=late[k].t_arrival_ns),
            msgspec.structs.replace(late[k], t_arrival_ns=late[k + 1].t_arrival_ns),
        )
    a, b = after(flight), after(late)
    assert errs(a).max() > 1.5
    np.testing.assert_allclose(errs(a), errs(b), rtol=1e-12)
    assert_same_sky(a, b)


def test_a_snapshot_keeps_what_was_learnt() -> None:
    flight = looks(2.0, 13, 24.0)
    tracker = after(flight[:30])
    assert errs(tracker).max() > 1.5
    again = tracker_of(site_of(RADAR))
    again.load(msgspec.msgpack.decode(msgspec.msgpack.encode(tracker.state())))
    assert errs(again).tolist() == errs(tracker).tolist()
    for one in (tracker, again):
        drive(one, flight[30:])
    assert errs(again).tolist() == errs(tracker).tolist()
    assert_same_sky(tracker, again)


def test_registration_and_belief_are_shown_the_plots_as_they_err() -> None:
    tracker = after(looks(2.0, 17, 20.0, clutter=0.0))
    factor = np.square(errs(tracker))
    (entry,) = tracker.looks
    assert entry.plots is not None
    claimed = np.square([10.0, 2e-3, 2e-3, 1.0])
    np.testing.assert_allclose(
        entry.plots.reshape(-1, COLUMNS)[0, VARIANCES : VARIANCES + 4], factor * claimed, rtol=1e-9
    )


def test_a_reflector_is_weighed_by_what_its_radar_errs_by() -> None:
    mast = Reflector(id="mast", position_enu_m=(1500.0, 1500.0, 60.0))
    site = msgspec.structs.replace(site_of(RADAR), reflectors=(mast,))
    tracker, rng = tracker_of(site), np.random.default_rng(5)
    stands = level_flight(mast.position_enu_m, (0.0, 0.0, 0.0))
    seen = []
    for t_s in np.arange(1.0, 25.0, 0.5).tolist():
        before = np.square(errs(tracker)[:3])
        flyers = look(site, RADAR, t_s, FLYERS, rng, noise=2.0)
        still = look(site, RADAR, t_s, [stands], rng, noise=0.3)
        both = msgspec.structs.replace(flyers, data=flyers.data + still.data)
        drive(tracker, [both])
        for _, plot in tracker.sightings:
            seen.append(np.array(plot.variances) / np.square([10.0, 2e-3, 2e-3]) - before)
    assert errs(tracker).max() > 1.5
    assert len(seen) > 40
    np.testing.assert_allclose(seen, 0.0, atol=1e-9)
