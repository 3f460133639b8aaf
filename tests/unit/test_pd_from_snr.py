"""A track's own Pd: what the plots of a radar with a threshold tell of the looks that showed nothing."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from rampart.domain.messages import PlotBatch
from rampart.domain.site import Sensor
from rampart.engine.tracking import Tracker
from rampart.kernels._jit import allocating_kernel, kernel
from rampart.kernels.detection import add_echo, look_pd
from rampart.sim import probability_of_detection
from rampart.sim.detection import draw_statistic, threshold
from tracker_world import batch, drive, level_flight, look, site_of, sky, tracker_of

PFA = 1e-6
BOX = 4.0  # dB, threshold of the radar in the tests of behaviour
SENSOR = Sensor(id="R", clutter_per_scan=1.0, snr_threshold_db=BOX)


@allocating_kernel
def echoes_of(snr_db: np.ndarray, range_m: float, level: float) -> np.ndarray:
    """The echoes of plots of one range."""
    echoes = np.zeros(2)
    for p in range(snr_db.shape[0]):
        add_echo(echoes, snr_db[p], range_m, level)
    return echoes


@kernel
def pd_at(echoes: np.ndarray, range_m: float, level: float, declared: float) -> float:
    return look_pd(echoes, range_m, level, declared)


def plotted_db(
    snr_db: float, pulses: int, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """SNRs of `count` plots of a target of this mean SNR, and the radar's threshold on their scale."""
    level = threshold(PFA, pulses)
    found: list[float] = []
    while len(found) < count:
        y = draw_statistic(np.full(4 * count, 10.0 ** (0.1 * snr_db)), pulses, 1, rng)
        found += (y[y > level] / pulses - 1.0).tolist()
    return 10.0 * np.log10(np.array(found[:count])), level / pulses - 1.0


@pytest.mark.parametrize("pulses", [1, 4, 10, 32])
@pytest.mark.parametrize("wanted", [0.15, 0.5, 0.9])
def test_the_plots_alone_tell_the_pd_without_bias(pulses: int, wanted: float) -> None:
    """exp(-T / M) with M from plots equals the detector's own Pd; the mean SNR of plots would not."""
    grid = np.arange(-5.0, 30.0, 0.1)
    known = probability_of_detection(grid, PFA, pulses, 1)
    snr_db = float(grid[np.argmin(np.abs(known - wanted))])
    rng = np.random.default_rng(7)
    means, seen = [], []
    for _ in range(2_000):
        plots, level = plotted_db(snr_db, pulses, 20, rng)
        excess, count = echoes_of(plots, 1_000.0, level)
        means.append(excess / count)
        seen.append((10.0 ** (0.1 * plots)).mean())
    pd = probability_of_detection(snr_db, PFA, pulses, 1)
    assert math.exp(-level / np.mean(means)) == pytest.approx(pd, abs=0.035)
    if pulses == 1:  # exactly: Pfa^(1 / (1 + S))
        assert math.exp(-(1.0 + level) / np.mean(means)) == pytest.approx(pd, abs=0.01)
    if wanted < 0.6:
        assert math.exp(-level / np.mean(seen)) > pd + 0.1


@pytest.mark.parametrize("wanted", [0.2, 0.4, 0.6, 0.97])
def test_a_dozen_plots_go_most_of_the_way_from_the_declared_pd_to_the_detector_s(
    wanted: float,
) -> None:
    """Not all of it, on average: the declared one stands beside five that count."""
    grid = np.arange(-5.0, 30.0, 0.1)
    snr_db = float(grid[np.argmin(np.abs(probability_of_detection(grid, PFA, 10, 1) - wanted))])
    rng = np.random.default_rng(8)
    declared, found = 0.8, []
    for _ in range(500):
        plots, level = plotted_db(snr_db, 10, 12, rng)
        found.append(pd_at(echoes_of(plots, 8_000.0, level), 8_000.0, level, declared))
    way = (np.mean(found) - declared) / (wanted - declared)
    assert 0.5 < way < 1.1


def test_what_is_declared_counts_as_one_plot() -> None:
    assert pd_at(np.zeros(2), 5_000.0, 2.5, 0.9) == 0.9
    # E[exp(-T / M)] under an inverse gamma belief, by the sum: shape 1 + 2, scale b + the excess at 8 km
    level, declared = 2.5, 0.8
    echoes = np.array([6.0 * 8.0**4, 2.0])
    b = level * declared / (1.0 - declared) + 6.0
    rate = np.linspace(1e-6, 20.0 * 3.0 / b, 400_001)  # of 1 / M: Gamma(3, rate b)
    belief = rate**2 * np.exp(-b * rate)
    expected = (belief * np.exp(-level * rate)).sum() / belief.sum()
    assert pd_at(echoes, 8_000.0, level, declared) == pytest.approx(expected, rel=1e-5)


def test_the_echo_falls_with_the_fourth_power_of_the_range() -> None:
    level = 2.5
    near = echoes_of(np.full(8, 13.0), 5_000.0, level)
    excess = 10.0**1.3 - level
    far = echoes_of(np.full(8, 10.0 * math.log10(level + excess / 16.0)), 10_000.0, level)
    assert near == pytest.approx(far)
    assert pd_at(near, 10_000.0, level, 0.9) < pd_at(near, 5_000.0, level, 0.9) - 0.2


def told(item: PlotBatch, snr_db: float) -> PlotBatch:
    """The same plots, each with this SNR."""
    rows = item.rows.copy()
    rows["snr_db"] = snr_db
    return msgspec.structs.replace(item, data=rows.tobytes())


def flight(sensor: Sensor, snr_db: float, seed: int = 4) -> list[PlotBatch]:
    """Ten seconds of a drone 9 km off that is always seen."""
    site, rng = site_of(sensor), np.random.default_rng(seed)
    path = level_flight((2_000.0, 9_000.0, 500.0), (-45.0, 0.0, 0.0))
    return [told(look(site, sensor, 0.5 * i, [path], rng), snr_db) for i in range(20)]


def empty_looks_outlived(snr_db: float, sensor: Sensor = SENSOR) -> int:
    """How many looks without a plot the drone's track lives through after its ten seconds."""
    tracker = tracker_of(site_of(sensor))
    drive(tracker, flight(sensor, snr_db))
    assert len(sky(tracker)) == 1
    for i in range(1, 60):
        t_s = 9.5 + 0.5 * i
        drive(tracker, [batch(sensor.id, t_s, [])])
        if not sky(tracker):
            return i - 1
    raise AssertionError("it lives for ever")


def test_a_loud_track_that_falls_silent_ends_sooner_and_a_faint_one_later() -> None:
    plain = empty_looks_outlived(
        20.0, msgspec.structs.replace(SENSOR, snr_threshold_db=msgspec.UNSET)
    )
    assert plain == 5  # ln(1 - 0.9) a look, to -11.6
    assert empty_looks_outlived(30.0) <= 3
    assert empty_looks_outlived(BOX + 1.0) >= 12


def columns(tracker: Tracker) -> list[bytes]:
    """Every column of the tables."""
    size = tracker.bank.size
    return [column[:size].tobytes() for column in tracker.bank.table]


def test_without_snr_or_without_a_threshold_nothing_changes() -> None:
    bare = msgspec.structs.replace(SENSOR, snr_threshold_db=msgspec.UNSET)
    found = []
    for sensor, snr_db in ((bare, math.nan), (SENSOR, math.nan), (bare, 12.0)):
        tracker = tracker_of(site_of(sensor))
        drive(tracker, [*flight(sensor, snr_db), batch("R", 10.0, []), batch("R", 10.5, [])])
        found.append(columns(tracker))
    assert found[0] == found[1] == found[2]
    tracker = tracker_of(site_of(SENSOR))
    drive(tracker, [*flight(SENSOR, 12.0), batch("R", 10.0, []), batch("R", 10.5, [])])
    assert columns(tracker) != found[0]


@pytest.mark.parametrize("loud_db", [60.0, 200.0, math.inf])
def test_one_loud_plot_does_not_stand_for_all_that_follow(loud_db: float) -> None:
    """Twelve faint plots, a glint, and a dozen more: the Pd is again what it was, and never far off."""
    faint = np.full(12, 10.0)
    level = 10.0
    quiet = pd_at(echoes_of(faint, 5_000.0, level), 5_000.0, level, 0.5)
    told = np.concatenate([faint, [loud_db], faint])
    after = [
        pd_at(echoes_of(told[: 13 + k], 5_000.0, level), 5_000.0, level, 0.5) for k in (0, 4, 12)
    ]
    assert after[0] < 0.9
    assert after[2] == pytest.approx(quiet, abs=0.1)
