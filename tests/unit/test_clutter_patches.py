"""Where more is seen in vain than in the rest of the ring, more is expected: rain makes no rounds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rampart.domain.frames import polar_from_enu
from rampart.domain.messages import PlotBatch
from rampart.domain.site import Sensor
from rampart.engine.clutter import clutter_density
from rampart.engine.clutter_patches import AZIMUTH_CELLS, patch_density
from rampart.engine.tracking import Tracker
from rampart.kernels.imm import DRONE
from tracker_world import Path, batch, drive, look, round_from, site_of, tracker_of

SENSOR = Sensor(id="R", clutter_per_scan=5.0)
SITE = site_of(SENSOR)
DROPS, RADIUS_M, TOP_M = 25.0, 900.0, 3_000.0
NEAR_M, FAR_M = np.array([3_200.0, 4_000.0]), np.array([12_000.0, 6_000.0])
WIND_MPS = np.array([-17.0, 1.0])
NAMES = ("range_m", "azimuth_rad", "elevation_rad", "range_rate_mps")
Row = tuple[float, float, float, float]


def rain(t_s: float, rng: np.random.Generator, place_m: np.ndarray = NEAR_M) -> list[Row]:
    """Rows of the drops that one look shows in a cell of rain that drifts with the wind."""
    rows = []
    for _ in range(rng.poisson(DROPS)):
        turn, out = rng.uniform(0.0, 2.0 * math.pi), RADIUS_M * math.sqrt(rng.random())
        en = place_m + WIND_MPS * t_s + out * np.array([math.sin(turn), math.cos(turn)])
        enu = np.array([*en, rng.uniform(50.0, TOP_M)])
        r, azimuth, elevation = polar_from_enu(enu)
        rate = enu[:2] @ WIND_MPS / r + rng.normal(0.0, 2.5)
        rows.append((float(r), float(azimuth), float(elevation), float(rate)))
    return rows


def wet_look(
    t_s: float, paths: list[Path], rng: np.random.Generator, place_m: np.ndarray | None = NEAR_M
) -> PlotBatch:
    """One look at `paths`, even clutter, and rain that was at `place_m` once."""
    dry = look(SITE, SENSOR, t_s, paths, rng, clutter=SENSOR.clutter_per_scan)
    rows: list[list[float]] = [[float(row[name]) for name in NAMES] for row in dry.rows]
    drops = rain(t_s, rng, place_m) if place_m is not None else []
    return batch("R", t_s, rows + [list(row) for row in drops])


def falling(tracker: Tracker) -> set[int]:
    """Numbers of the named tracks that are held for falling."""
    table = tracker.bank.table
    return {
        int(table.track_id[row])
        for row in tracker.bank.rows()
        if table.track_id[row] > 0 and table.mu[row, DRONE] < 0.5
    }


@pytest.mark.parametrize("seed", range(3))
def test_drops_in_line_are_no_rounds(seed: int) -> None:
    tracker, rng = tracker_of(SITE), np.random.default_rng(seed)
    named: set[int] = set()
    for k in range(240):
        drive(tracker, [wet_look(0.5 * k, [], rng, FAR_M)])
        named |= falling(tracker) if k > 10 else set()
    assert len(named) <= 1  # in two minutes; of the ring's clutter alone, 14 to 16


def test_a_round_fired_in_the_rain_is_found_and_one_that_crosses_it_is_kept() -> None:
    tracker, rng = tracker_of(SITE), np.random.default_rng(4)
    for k in range(120):
        drive(tracker, [wet_look(0.5 * k, [], rng)])
    east, north = NEAR_M + 60.0 * WIND_MPS
    inside = round_from((east, north, 0.0), (-60.0, -100.0, 160.0), 60.0)
    through = round_from((east + 1500.0, north + 900.0, 0.0), (-90.0, -80.0, 140.0), 60.0)
    found_s: dict[str, float] = {}
    for k in range(40):
        t_s = 60.0 + 0.5 * k
        drive(tracker, [wet_look(t_s, [inside, through], rng)])
        bank = tracker.bank
        means = [bank.mean(row) for row in bank.rows() if bank.table.track_id[row] > 0]
        for name, path in (("inside", inside), ("through", through)):
            state = path(t_s)
            if state is None or state[2] < 150.0:
                continue
            if any(math.dist(mean[:3], state[:3]) < 120.0 for mean in means):
                found_s.setdefault(name, t_s - 60.0)
            else:
                assert name not in found_s, f"{name} lost {t_s - 60.0} s after its launch"
    assert found_s["inside"] <= 3.0
    assert found_s["through"] <= 3.0


def rows_of(plots: list[Row], t_s: float) -> np.ndarray:
    """The matrix that the kernels read."""
    out = np.full((len(plots), 13), math.nan)
    out[:, 0] = t_s
    out[:, 1:5] = plots
    return out


def plots_of(seen: PlotBatch, t_s: float) -> np.ndarray:
    """The same of a look."""
    return rows_of([tuple(float(row[name]) for name in NAMES) for row in seen.rows], t_s)


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_a_patch_expects_what_falls_there_but_for_what_may_be_chance(seed: int) -> None:
    tracker, rng = tracker_of(SITE), np.random.default_rng(seed)
    for k in range(160):
        drive(tracker, [wet_look(0.5 * k, [], rng)])
    drops = rows_of([drop for k in range(40) for drop in rain(80.0, rng)], 80.0)
    clutter, radars = tracker._clutter, tracker._radars
    said = [patch_density(clutter.patches, radars, 0, drops, p) for p in range(len(drops))]
    # the mean of a density over its own draws, by a histogram: sum of p² / dV
    bins = [np.arange(3_000, 8_000, 250), np.arange(0.3, 1.2, 0.03), np.arange(0.0, 0.8, 0.05),
            np.arange(-30, 30, 1.5)]  # fmt: skip
    many = np.array([drop for _ in range(2_000) for drop in rain(80.0, rng)])
    share = np.histogramdd(many, bins)[0] / 2_000
    truth = (share**2).sum() / share.sum() / np.prod([b[1] - b[0] for b in bins])
    assert 0.1 * truth < np.mean(said) < truth
    even = clutter._replace(patches=np.zeros_like(clutter.patches))
    ring = np.mean(
        [clutter_density(even, radars, 0, drops, p, np.zeros(3), 0.1) for p in range(len(drops))]
    )
    assert np.mean(said) > 20.0 * ring
    for k in range(160, 1_400):  # ten minutes after the rain
        drive(tracker, [wet_look(0.5 * k, [], rng, None)])
    late = rows_of([tuple(row) for row in many[:500]], 700.0)
    said = [patch_density(clutter.patches, radars, 0, late, p) for p in range(len(late))]
    assert np.mean(said) < ring


@pytest.mark.parametrize("clutter", [5.0, 100.0])
def test_even_clutter_has_no_patches(clutter: float) -> None:
    tracker, rng = tracker_of(SITE), np.random.default_rng(6)
    for k in range(240):
        drive(tracker, [look(SITE, SENSOR, 0.5 * k, [], rng, clutter=clutter)])
    plots = plots_of(look(SITE, SENSOR, 120.0, [], rng, clutter=2_000.0), 120.0)
    state = tracker._clutter
    even = state._replace(patches=np.zeros_like(state.patches))
    more = [
        clutter_density(state, tracker._radars, 0, plots, p, np.zeros(3), 0.1)
        / clutter_density(even, tracker._radars, 0, plots, p, np.zeros(3), 0.1)
        for p in range(len(plots))
    ]
    assert np.mean(np.array(more) > 1.0) < 0.02
    assert max(more) < 5.0


@pytest.mark.parametrize("pd", [1.0, 0.6, 0.4])
def test_a_salvo_from_one_launcher_leaves_no_patch(pd: float) -> None:
    """Nor where the radar shows far less of it than the site declares, and many a track of it dies."""
    tracker, rng = tracker_of(SITE), np.random.default_rng(7)

    def from_launcher(t0_s: float) -> Path:
        place = np.array([4000.0, 2000.0, 0.0]) + rng.normal(0.0, [10.0, 10.0, 0.0])
        return round_from(place, np.array([-110.0, -50.0, 160.0]) + rng.normal(0.0, 1.0, 3), t0_s)

    rounds = [from_launcher(1.5 * i) for i in range(24)]
    drive(
        tracker, [look(SITE, SENSOR, 0.5 * k, rounds, rng, clutter=5.0, pd=pd) for k in range(72)]
    )
    path = from_launcher(36.0)
    for t_s in np.arange(36.5, 48.0, 0.5):
        plots = plots_of(look(SITE, SENSOR, t_s, [path], rng), t_s)
        assert patch_density(tracker._clutter.patches, tracker._radars, 0, plots, 0) == 0.0


def test_branches_of_tracks_that_have_names_leave_no_mark() -> None:
    """Without Doppler the second plot of each of 24 rounds may be that of its neighbours."""
    sensor = Sensor(id="R", clutter_per_scan=1.0, sigma_range_rate_mps=None)
    site = site_of(sensor)
    held = []
    for seed in range(8):
        tracker, rng = tracker_of(site), np.random.default_rng(seed)
        place = np.array([4000.0, 2000.0, 0.0]) + rng.normal(0.0, [30.0, 30.0, 0.0], (24, 3))
        velocity = np.array([-110.0, -50.0, 160.0]) + rng.normal(0.0, 2.0, (24, 3))
        rounds = [round_from(place[i], velocity[i], 0.5 * i) for i in range(24)]
        drive(tracker, [look(site, sensor, 0.5 * k, rounds, rng, pd=0.95) for k in range(40)])
        held.append(tracker._clutter.patches[0, :, 0].sum())
    assert np.median(held) < 15.0, held  # with the branches, about 45


def test_what_comes_from_outside_a_sector_makes_no_patch_in_it() -> None:
    sensor = Sensor(id="R", clutter_per_scan=10.0, azimuth_max_rad=math.pi / 2.0)
    site = site_of(sensor)
    tracker, rng = tracker_of(site), np.random.default_rng(8)
    for k in range(240):  # clutter of the whole circle
        drive(tracker, [look(site, sensor, 0.5 * k, [], rng, clutter=40.0)])
    held = tracker._clutter.patches[0, :, 0].reshape(8, AZIMUTH_CELLS, -1).sum(axis=(0, 2))
    assert held.max() < 2.0 * np.median(held)
    plots = plots_of(look(site, sensor, 120.0, [], rng, clutter=500.0), 120.0)
    outside = [p for p in range(len(plots)) if plots[p, 2] > math.pi / 2.0]
    said = [patch_density(tracker._clutter.patches, tracker._radars, 0, plots, p) for p in outside]
    assert max(said) == 0.0


def test_a_clock_that_stands_back_leaves_nothing_to_be_learnt_twice() -> None:
    tracker, rng = tracker_of(SITE), np.random.default_rng(9)
    for k in range(120):
        drive(tracker, [wet_look(0.5 * k, [], rng)])
    assert tracker._clutter.patches.any()
    tracker._start_anew()
    assert not tracker._clutter.patches.any()
    assert not tracker._clutter.live.any()
