"""A cross-section from echoes that scintillate, against the exponential power that they have."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rampart.domain.site import Sensor
from rampart.engine.seen import columns_of
from rampart.kernels._jit import hold
from rampart.kernels.cross_section import amplitude_m, cross_section_dbsm, scatter_db
from tracker_world import batch, drive, site_of, tracker_of

SITE = site_of(Sensor(id="R", elevation_min_rad=-0.1))


def told(power: np.ndarray, rcs_dbsm: float) -> np.ndarray:
    """By each row of `power` (of mean 1) of a target of this cross-section."""
    db = rcs_dbsm + 10.0 * np.log10(power)
    echoes = [[amplitude_m(echo) for echo in row] for row in db]
    return np.array([cross_section_dbsm(sum(row), max(row), len(row)) for row in echoes])


@pytest.mark.parametrize("echoes", [1, 2, 4, 10, 40])
def test_so_many_echoes_tell_the_cross_section_with_the_scatter_that_is_said(echoes: int) -> None:
    rng = np.random.default_rng(echoes)
    found = told(rng.exponential(size=(4_000, echoes)), -12.0)
    assert found.mean() == pytest.approx(
        -12.0, abs=4.0 * scatter_db(echoes) / math.sqrt(4_000) + 0.08
    )
    assert found.std() == pytest.approx(scatter_db(echoes), rel=0.06)


def test_a_target_that_scintillates_less_is_told_nearly_as_well() -> None:
    """Swerling 3 (chi-square of four degrees), and one that is as bright at every look."""
    power = np.random.default_rng(3).gamma(2.0, 0.5, size=(2_000, 20))
    assert told(power, -5.0).mean() == pytest.approx(-5.0, abs=1.0)
    assert told(np.ones((1, 20)), -5.0)[0] == pytest.approx(-5.0, abs=1.2)


def test_neither_a_deep_fade_nor_a_foreign_echo_makes_another_thing_of_it() -> None:
    """Of eight a mean of decibels loses 5 dB by the one, a mean of powers wins 21 dB by the other."""
    power = np.full((1, 8), np.pi / 4.0)  # whose amplitude is the mean one
    steady = told(power, 0.0)[0]
    for echo_db, off_db in ((-40.0, 1.2), (30.0, 2.0)):
        power[0, 3] = 10.0 ** (0.1 * echo_db)
        assert abs(told(power, 0.0)[0] - steady) < off_db


def test_nothing_is_told_by_no_echo() -> None:
    assert math.isnan(cross_section_dbsm(0.0, 0.0, 0.0))


def followed(echoes_dbsm: list[float]) -> tuple[float, float]:
    """The cross-section of a steady flyer whose plots tell these, and how many of them told it."""
    tracker = tracker_of(SITE)
    drive(tracker, [
        batch("R", 0.5 * k, [(4_000.0 + 20.0 * k, 0.0, 0.1, 40.0)], rcs_dbsm=echo)
        for k, echo in enumerate(echoes_dbsm)
    ])  # fmt: skip
    (row,) = tracker.bank.rows()
    seen = columns_of(hold(tracker.bank.table), np.array([row]))
    return float(seen.rcs_dbsm[0]), float(seen.rcs_plots[0])


def test_a_track_is_as_large_as_its_echoes_say() -> None:
    assert followed([-10.0] * 8) == pytest.approx((-10.0 + 1.049 + 1.458 / 8, 8.0), abs=2e-3)


@pytest.mark.parametrize("filler", [300.0, 127.5, -128.0, -200.0, math.inf, -math.inf, math.nan])
def test_what_a_radar_writes_for_nothing_is_no_echo(filler: float) -> None:
    told_by = [-27.0] * 3 + [filler] + [-27.0] * 4
    assert followed(told_by) == pytest.approx(followed([-27.0] * 7))


def test_the_faint_echoes_of_false_plots_near_a_radar_are_told() -> None:
    """Those that just pass its threshold 300 m away, where it sees a bird at 8 km."""
    dbsm, echoes = followed([-85.0] * 6)
    assert echoes == 6.0
    assert dbsm < -80.0


def test_a_flash_is_not_what_a_track_is_told_by() -> None:
    """20 dB at one look of eight, first or last."""
    for at in (0, 7):
        echoes = [-11.0] * 8
        echoes[at] += 20.0
        assert followed(echoes)[0] == pytest.approx(followed([-11.0] * 8)[0], abs=2.0)
