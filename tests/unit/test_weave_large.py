"""What flies fast and weaves: gliders and one-way drones, straight on and in turns."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from flyer_plots import RADARS
from rampart.engine.fate import MAY_BE_LEVEL
from rampart.engine.ways import LARGE, SMALL, WEIGHT, like_a_large_drone
from rampart.engine.weave import NOTHING, Woven, followed, told
from weave_flights import P, after, plot_of, straight, swaying

Array = npt.NDArray[np.float64]


def ratio(known: Woven) -> float:
    return float(like_a_large_drone(told(known)))


def legs(times_s: Array, speed: float, headings: list[tuple[float, float]], turn_s: float) -> Array:
    """A way in legs: from each of these times on another heading (rad), reached within `turn_s`."""
    at_s = [0.0]
    heading = [headings[0][1]]
    for begin_s, new in headings[1:]:
        at_s += [begin_s, begin_s + turn_s]
        heading += [heading[-1], new]
    now = np.interp(times_s, at_s, heading)
    steps = speed * np.stack([np.cos(now), np.sin(now)], axis=1)
    return np.cumsum(steps * np.gradient(times_s)[:, None], axis=0)


def sway(times_s: Array, sway_m: float, seed: int) -> Array:
    return swaying(times_s, sway_m, seed) - straight(times_s)


def test_a_minute_tells_gliders_from_one_way_drones() -> None:
    times_s = np.arange(0.0, 64.0)
    drones = [ratio(after(swaying(times_s, 8.5, s, 40.0), times_s, s)) for s in range(30)]
    gliders = [ratio(after(swaying(times_s, 21.0, s, 40.0), times_s, s)) for s in range(30)]
    assert np.median(drones) > 10.0
    assert np.mean(np.array(drones) < 1.0) < 0.1
    assert np.median(gliders) < 0.5
    assert np.mean(np.array(gliders) > 10.0) < 0.1


@pytest.mark.parametrize("seed", range(3))
def test_a_one_way_drone_that_turns_for_a_while_is_no_glider(seed: int) -> None:
    """Each of its turns lasts twelve plots, none of which lies far off."""
    times_s = np.arange(0.0, 120.0)
    path = legs(times_s, 46.0, [(0.0, 0.0), (60.0, 0.3)], 12.0) + sway(times_s, 8.5, seed)
    before, late = ratio(after(path[:60], times_s[:60], seed)), ratio(after(path, times_s, seed))
    assert before > 2.0
    assert late > 2.0


def test_what_is_not_level_is_not_followed() -> None:
    """A round falls as straight on as an autopilot flies."""
    x = np.array([0.0, 0.0, 150.0, 50.0, 0.0, 0.0, -10.0])
    seen = plot_of(0.0, np.zeros(2), np.array([50.0, 0.0]), np.zeros(4))
    assert followed(NOTHING, seen, RADARS, x, P, level_p=0.9 * MAY_BE_LEVEL) == NOTHING
    assert followed(NOTHING, seen, RADARS, x, P, level_p=1.1 * MAY_BE_LEVEL) != NOTHING


def test_however_it_flew_a_drone_of_a_drones_echo_may_be_one() -> None:
    """One that circled for two minutes may attack: three tenths are left, and its echo may say the rest."""
    times_s = np.arange(0.0, 160.0)
    heading = 2.0 * math.pi * np.minimum(times_s, 120.0) / 60.0
    path = np.cumsum(40.0 * np.stack([np.cos(heading), np.sin(heading)], axis=1), axis=0)
    assert all(ratio(after(path, times_s, s)) >= LARGE.odd_drones for s in range(4))
    assert all(
        1.0 < ratio(after(straight(times_s, 40.0), times_s, s)) <= 1.0 / LARGE.odd_others
        for s in range(4)
    )


def test_each_is_followed_where_it_flies_as_fast() -> None:
    times_s = np.arange(0.0, 4.0)
    small, both, large_only = (
        after(straight(times_s, speed), times_s, 1) for speed in (12.0, 25.0, 50.0)
    )
    assert [bool(k) for k in small] == [True, False]
    assert [bool(k) for k in both] == [True, True]
    assert [bool(k) for k in large_only] == [False, True]
    assert ratio(NOTHING) == ratio(small) == pytest.approx(1.0)
    assert np.all(told(small)[len(SMALL.table) :] == 0.0)


def test_at_first_a_way_and_its_turn_weigh_as_much_as_one_way() -> None:
    weights = np.exp(LARGE.table[:, WEIGHT])
    for straight_on, turning, leg_s, turn_s in LARGE.turns:
        assert weights[int(straight_on)] + weights[int(turning)] == pytest.approx(2.0)
        share = weights[int(turning)] / 2.0
        assert share == pytest.approx(turn_s / (leg_s + turn_s))  # as often begun as ended
