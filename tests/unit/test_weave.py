"""How a slow flyer weaves: exact likelihoods of a few ways to fly, and what they tell of birds and drones."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from flyer_plots import AXES, PLACE, RADARS, SIGMAS
from rampart.engine.plotrow import KEPT, NUMBERS, SEEN_BY, VARIANCES
from rampart.engine.ways import LARGE, SMALL, like_a_small_drone
from rampart.engine.weave import (
    DAMPING,
    GAP_S,
    LEAST,
    MEMORY_S,
    NOTHING,
    SPACING_S,
    START_M,
    START_MPS,
    Woven,
    followed,
    told,
)
from weave_flights import (
    HEIGHT_M,
    P,
    after,
    along,
    last,
    noise_of,
    plot_of,
    shown,
    straight,
    swaying,
)

Array = npt.NDArray[np.float64]


def ratio(known: Woven) -> float:
    """How much likelier a small drone than a bird."""
    return float(like_a_small_drone(told(known)))


def covariance(times_s: Array, sway_m: float, period_s: float, wanders: float) -> Array:
    """(2n, 2n): of a component of places and velocities at `times_s`, written down at once."""
    lag = times_s[None, :] - times_s[:, None]
    omega = 2.0 * math.pi / period_s
    a, b = DAMPING * omega, omega * math.sqrt(1.0 - DAMPING**2)
    u = np.abs(lag)
    fade, c, s = np.exp(-a * u), np.cos(b * u), np.sin(b * u)
    v = sway_m**2
    xx = v * fade * (c + a / b * s)
    xv = -np.sign(lag) * v * fade * omega**2 / b * s
    vv = v * omega**2 * fade * (c - a / b * s)
    age = times_s - times_s[0]
    i, j = age[:, None], age[None, :]
    m = np.minimum(i, j)
    xx = xx + START_M**2 + START_MPS**2 * i * j
    xx = xx + wanders * (m**2 * np.maximum(i, j) / 2.0 - m**3 / 6.0)
    xv = xv + START_MPS**2 * i + wanders * (i * m - m**2 / 2.0)
    vv = vv + START_MPS**2 + wanders * m
    return np.block([[xx, xv], [xv.T, vv]])


@pytest.mark.parametrize("seed", range(4))
def test_it_tells_the_likelihood_of_each_way_to_fly_as_all_plots_at_once_do(seed: int) -> None:
    n, step_s = 6, 4.0
    times_s = step_s * np.arange(float(n))
    path = swaying(times_s, 3.0, seed)
    climb_mps = 3.0  # as the track says: its part of the range rate is no part of the plan
    known = after(path, times_s, seed, climb_mps=climb_mps)
    seen: list[float] = []
    rows: list[Array] = []  # what each is of: E N of places, then of velocities
    noise: list[float] = []
    for k, plot in enumerate(shown(path, times_s, noise_of(seed, n))):
        range_m, azimuth, elevation, rate = plot[NUMBERS : NUMBERS + 4]
        sine, cosine = math.sin(elevation), math.cos(elevation)
        flat = AXES @ (
            range_m * np.array([cosine * math.sin(azimuth), cosine * math.cos(azimuth), sine])
        )
        along = flat[:2] / np.linalg.norm(flat[:2])
        across = np.array([-along[1], along[0]])
        where = PLACE[:2] + flat[:2]
        seen += [
            along @ (where - path[0]),
            across @ (where - path[0]),
            (rate - sine * climb_mps) / cosine,
        ]
        for part, direction in ((0, along), (0, across), (1, along)):
            row = np.zeros((2, 2, n))
            row[:, part, k] = direction
            rows.append(row.reshape(-1))
        noise += [
            (cosine * SIGMAS[0]) ** 2 + (range_m * sine * SIGMAS[2]) ** 2,
            (range_m * cosine * SIGMAS[1]) ** 2,
            (SIGMAS[3] ** 2 + sine**2 * P[5, 5]) / cosine**2,
        ]
    expected = []
    for sway_m, period_s, wanders, turns, scale, _ in SMALL.table:
        shape = np.array(rows)
        whole = shape @ np.kron(np.eye(2), covariance(times_s, sway_m, period_s, wanders)) @ shape.T
        whole += scale * np.diag(noise)
        joint = [
            stats.multivariate_normal.logpdf(seen[: 3 * k], cov=whole[: 3 * k, : 3 * k])
            for k in range(1, n + 1)
        ]
        total = 0.0
        for inc in np.diff(joint) + math.log(
            1.0 - step_s * turns
        ):  # of each plot given those before
            total = total * math.exp(-step_s / MEMORY_S) + inc
        expected.append(total)
    # what is left: a turn is never impossible, and the way begins at the first plot, not about the second
    assert told(known)[: len(SMALL.table)] == pytest.approx(
        np.maximum(np.array(expected) - max(expected), LEAST), abs=0.1
    )


def test_a_minute_tells_birds_from_small_drones() -> None:
    times_s = np.arange(0.0, 64.0, 1.0)
    drones = [ratio(after(swaying(times_s, 2.8, s), times_s, s)) for s in range(40)]
    birds = [ratio(after(swaying(times_s, 10.6, s), times_s, s)) for s in range(40)]
    assert np.median(drones) > 50.0
    assert np.mean(np.array(drones) < 3.0) < 0.1
    assert np.median(birds) < 1e-2
    assert np.mean(np.array(birds) > 50.0) < 0.05


@pytest.mark.parametrize("claimed", [0.5, 0.7, 1.0])
def test_a_radar_that_claims_too_much_makes_no_drone_a_bird(claimed: float) -> None:
    times_s = np.arange(0.0, 80.0, 4.0)
    drones = [
        ratio(after(swaying(times_s, 2.8, s), times_s, s, claimed=claimed)) for s in range(40)
    ]
    birds = [
        ratio(after(swaying(times_s, 10.6, s), times_s, s, claimed=claimed)) for s in range(40)
    ]
    assert np.mean(np.array(drones) > 10.0) > 0.7
    assert np.mean(np.array(birds) > 10.0) < 0.1


def test_a_bird_that_changes_its_way_by_sharp_turns_is_no_drone() -> None:
    times_s = np.arange(0.0, 120.0)
    heading = 0.5 * np.where((times_s // 30.0).astype(int) % 2 == 0, 1.0, -1.0)
    path = np.cumsum(13.0 * np.stack([np.cos(heading), np.sin(heading)], axis=1), axis=0)
    turned = [ratio(after(path, times_s, s)) for s in range(10)]
    straight_on = [ratio(after(straight(times_s), times_s, s)) for s in range(10)]
    assert np.median(turned) < 1.0
    assert np.median(straight_on) > 100.0


def test_a_plot_amiss_is_the_radars_doing_whatever_flies() -> None:
    """One in a minute makes no drone a bird, and is followed by none."""
    times_s = np.arange(0.0, 120.0)
    path = straight(times_s)
    velocity = np.array([12.0, 2.4])
    logs = []
    for amiss in ((), (100,), (60, 100)):
        seen = path.copy()
        seen[list(amiss)] += 60.0
        plots = [shown(seen, times_s, noise_of(seed, 120), velocity) for seed in range(6)]
        left = [ratio(last(along(rows, path, times_s))) for rows in plots]
        logs.append(np.median(np.log(left)))
    assert logs[0] - logs[1] < 2.0
    assert logs[0] - logs[2] < 3.0


def test_a_drone_that_turns_is_followed_on_its_new_way() -> None:
    times_s = np.arange(0.0, 160.0)
    path = straight(times_s)
    path[80:] = path[80] + np.stack([-2.4, 12.0]) * (times_s[80:, None] - 80.0)
    at_once = after(path[:84], times_s[:84], 5)
    later = after(path, times_s, 5)
    assert ratio(later) > 10.0 * ratio(at_once)
    assert ratio(later) > 100.0


def test_what_wove_for_minutes_is_a_drone_again_only_after_flying_straight_for_as_long() -> None:
    weaves_s, on_s = np.arange(0.0, 180.0), np.arange(180.0, 360.0)
    wove = after(swaying(weaves_s, 12.0, 1), weaves_s, 1)
    assert told(wove)[SMALL.others : len(SMALL.table)].max() >= LEAST
    assert ratio(wove) < 1e-3
    shares = [ratio(after(straight(on_s[:n]), on_s[:n], 2, wove)) for n in (20, 180)]
    assert shares[0] < 1e-2
    assert shares[1] > 100.0 * shares[0]


def test_the_way_begins_anew_after_a_gap_and_what_it_told_stays() -> None:
    times_s = np.arange(0.0, 64.0)
    before = after(straight(times_s), times_s, 3)
    later = np.array([64.0 + 2.0 * GAP_S])
    elsewhere = np.array([[5_000.0, -3_000.0], [5_000.0, -3_000.0]])
    there = after(elsewhere, np.array([later[0], later[0] + 1.0]), 3, before)
    assert 0.5 * math.log(ratio(before)) < math.log(ratio(there)) <= math.log(ratio(before))


def test_nothing_is_told_of_what_was_not_seen() -> None:
    assert ratio(NOTHING) == pytest.approx(1.0)
    place, velocity, right = np.array([0.0, 0.0]), np.array([12.0, 0.0]), np.zeros(4)
    x, plot = (
        np.array([0.0, 0.0, HEIGHT_M, 12.0, 0.0, 0.0, -10.0]),
        plot_of(0.0, place, velocity, right),
    )
    assert ratio(followed(NOTHING, plot, RADARS, x, P)) == pytest.approx(1.0, abs=0.05)
    fast = x + np.array([0.0, 0.0, 0.0, LARGE.fastest_mps, 0.0, 0.0, 0.0])
    assert followed(NOTHING, plot, RADARS, fast, P) == NOTHING
    assert followed(NOTHING, np.full((4, KEPT), math.nan), RADARS, x, P) == NOTHING
    for number in (0, 1):  # a range, a bearing: without either it is nowhere in the plan
        lost = plot.copy()
        lost[0, NUMBERS + number] = math.nan
        assert followed(NOTHING, lost, RADARS, x, P) == NOTHING


def test_every_plot_counts_once_and_those_of_a_fast_radar_not_all() -> None:
    times_s = np.arange(0.0, 60.0)
    path = straight(times_s)
    velocity = np.array([12.0, 2.4])
    x = np.array([*path[-1], HEIGHT_M, *velocity, 0.0, -10.0])
    plots = shown(path, times_s, np.zeros((60, 4)))
    one_by_one = last(along(plots, path, times_s))
    by_fours = NOTHING
    for k in range(4, 61):  # as the tables hold them, each plot four times in sight
        by_fours = followed(by_fours, plots[k - 4 : k], RADARS, x, P)
    assert by_fours == one_by_one
    soon = plot_of(59.0 + 0.9 * SPACING_S, path[-1], velocity, np.zeros(4))
    assert followed(by_fours, soon, RADARS, x, P) == by_fours


def test_it_does_without_elevation_and_range_rate_if_less_surely() -> None:
    times_s = np.arange(0.0, 90.0)
    path = straight(times_s)
    shares = []
    for hidden in ((), (2,), (2, 3)):
        plots = shown(path, times_s, noise_of(7, 90))
        plots[:, [NUMBERS + k for k in hidden]] = math.nan
        shares.append(ratio(last(along(plots, path, times_s))))
    assert shares[1] == pytest.approx(shares[0], rel=0.5)
    assert 10.0 < shares[2] < shares[0]


def test_sensors_that_are_off_against_each_other_make_no_drone_a_bird_and_no_bird_a_drone() -> None:
    """Slow errors beside the noise of the plots: seen by turns they look like a sway of two looks."""
    times_s = np.arange(0.0, 90.0)
    by_turns = 20.0 * np.array([[1.0, -1.0]]) * (times_s[:, None] % 2.0 - 0.5)
    told_of = RADARS._replace(bias=np.array([[20.0, 8e-3, 8e-3, 0.0]]))
    shares = [
        [
            ratio(after(swaying(times_s, sway_m, s) + by_turns, times_s, s, radars=told_of))
            for s in range(10)
        ]
        for sway_m in (2.8, 10.6)
    ]
    assert np.median(shares[0]) > 10.0
    assert np.median(shares[1]) < 0.3
    soon_s = times_s[:40]
    surely = ratio(after(straight(soon_s), soon_s, 1))
    assert 2.0 < ratio(after(straight(soon_s), soon_s, 1, radars=told_of)) < 0.5 * surely


def test_errors_that_are_none_are_forgotten_and_the_way_begun_anew() -> None:
    times_s = np.arange(0.0, 64.0)
    known = after(straight(times_s), times_s, 4)
    place, velocity = np.array([64.0 * 12.0, 64.0 * 2.4]), np.array([12.0, 2.4])
    x = np.array([*place, HEIGHT_M, *velocity, 0.0, -10.0])
    plot = plot_of(70.0, place, velocity, np.zeros(4))
    absurd = plot.copy()
    absurd[0, VARIANCES : VARIANCES + 4] = -1e9
    assert followed(known, absurd, RADARS, x, P) == NOTHING
    assert ratio(followed(known, plot, RADARS, x, P)) > 1.0


def test_hours_of_flight_do_not_wear_it_out() -> None:
    times_s = 4.0 * np.arange(3_000.0)
    known = after(swaying(times_s, 2.8, 5), times_s, 5)
    assert np.all(np.isfinite(np.frombuffer(known[0])))
    assert ratio(known) > 100.0


def test_a_bird_that_sways_slowly_is_no_drone_however_long_it_is_watched() -> None:
    """Each bird keeps its periods: were all held for swaying in half a minute, a slow one far away would look
    like a drone, and more so with every minute."""
    times_s, sigmas = np.arange(0.0, 240.0), np.array([20.0, 3e-3, 3e-3, 1.5])
    period_s = np.array([[45.0], [52.0], [59.0]])
    most = []
    for seed in range(16):
        phase = np.random.default_rng([seed, 1]).uniform(0.0, 2.0 * math.pi, (3, 2))
        waves = np.sin(2.0 * math.pi * times_s[:, None, None] / period_s + phase).sum(axis=1)
        path = straight(times_s) + 3_000.0 + 10.6 * math.sqrt(2.0 / 3.0) * waves
        plots = shown(path, times_s, noise_of(seed, 240), sigmas=sigmas)
        most.append(max(math.log(ratio(known)) for known in along(plots, path, times_s)))
    assert np.mean(np.array(most) > 8.0) < 0.2


def test_a_radar_that_erred_for_a_while_makes_no_bird_a_drone() -> None:
    """Not even of one that wove for minutes first: what was held against drones is held against birds too."""
    times_s = np.arange(0.0, 300.0)
    path = swaying(times_s, 10.6, 2)
    errs = np.where((times_s >= 60.0) & (times_s < 240.0), 2.2, 1.0)[:, None]
    plots = [shown(path, times_s, errs * noise_of(seed, 300)) for seed in range(10)]
    shares = [ratio(last(along(rows, path, times_s))) for rows in plots]
    assert max(shares) < 1e-5


def test_each_plot_is_seen_from_the_sensor_that_showed_it() -> None:
    times_s = np.arange(0.0, 40.0)
    path = straight(times_s)
    plots = shown(path, times_s, noise_of(3, 40))
    alone = last(along(plots, path, times_s))
    elsewhere = RADARS.place + np.array([[9_000.0, -4_000.0, 0.0]])
    turned = RADARS.axes[:, :, [1, 0, 2]]
    two = RADARS._replace(
        axes=np.concatenate([turned, RADARS.axes]), place=np.concatenate([elsewhere, RADARS.place]),
        bias=np.concatenate([RADARS.bias + 10.0, RADARS.bias]),
    )  # fmt: skip
    plots[:, SEEN_BY] = 1
    assert last(along(plots, path, times_s, radars=two)) == alone
