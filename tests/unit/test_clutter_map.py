"""What shows itself again and again in one place and never flies becomes clutter there; nothing else does."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rampart.domain.messages import PlotBatch
from rampart.domain.site import Sensor
from rampart.engine.clutter_map import (
    MEMORY_S,
    PERSISTENT,
    SPOTS,
    forget_places,
    make_places,
    note_vain,
    vain_density,
)
from rampart.engine.tracking import Tracker
from tracker_world import batch, drive, look, round_from, site_of, tracker_of

SENSOR = Sensor(id="R", clutter_per_scan=3.0)
SITE = site_of(SENSOR)
RANGE_M, AZIMUTH, ELEVATION = 2_200.0, 0.8, 0.055


def turbine(
    rng: np.random.Generator, a_look: float = 0.9
) -> list[tuple[float, float, float, float]]:
    """Rows of a rotor of 50 m at one place: any range rate that its blades have."""
    return [
        (RANGE_M + rng.normal(0, 35), AZIMUTH + rng.normal(0, 0.015), ELEVATION + rng.normal(0, 0.003),
         rng.uniform(-75, 75))
        for _ in range(rng.poisson(a_look))
    ]  # fmt: skip


def confirmed(tracker: Tracker) -> int:
    rows = tracker.bank.rows()
    return sum(tracker.status(row) in ("confirmed", "coasting") for row in rows)


def named_in(tracker: Tracker, batches: list[PlotBatch]) -> set[int]:
    """Numbers of all tracks that were ever named."""
    names: set[int] = set()
    for item in batches:
        drive(tracker, [item])
        rows = tracker.bank.rows()
        names |= {int(tracker.bank.table.track_id[row]) for row in rows}
    return names - {0}


def watched_turbine(minutes: float, seed: int, tracker: Tracker) -> list[PlotBatch]:
    rng = np.random.default_rng(seed)
    batches = []
    for k in range(int(120 * minutes)):
        clutter = look(SITE, SENSOR, 0.5 * k, [], rng, clutter=3.0)
        rows = [[row["range_m"], row["azimuth_rad"], row["elevation_rad"], row["range_rate_mps"]]
                for row in clutter.rows]  # fmt: skip
        batches.append(batch("R", 0.5 * k, rows + [list(row) for row in turbine(rng)]))
    return batches


@pytest.mark.parametrize("seed", range(3))
def test_a_wind_turbine_makes_no_tracks_once_it_is_known(seed: int) -> None:
    tracker = tracker_of(SITE)
    batches = watched_turbine(5.0, seed, tracker)
    named_in(tracker, batches[:120])  # a minute to learn it
    known = tracker._next_id
    names = {n for n in named_in(tracker, batches[120:]) if n >= known}
    assert names == set()


def test_a_bomb_that_crosses_a_known_turbine_keeps_its_track_and_one_fired_beside_it_gets_one() -> (
    None
):
    tracker = tracker_of(SITE)
    batches = watched_turbine(3.0, 1, tracker)
    drive(tracker, batches)
    east, north = RANGE_M * math.sin(AZIMUTH), RANGE_M * math.cos(AZIMUTH)
    t0_s = 180.0
    from_beside = round_from((east + 400.0, north, 0.0), (-90.0, -80.0, 140.0), t0_s)
    over_it = round_from((east + 900.0, north + 900.0, 0.0), (-90.0, -90.0, 60.0), t0_s)
    rng = np.random.default_rng(5)
    delays = {}
    for k in range(16):
        t_s = t0_s + 0.5 * k
        item = look(SITE, SENSOR, t_s, [from_beside, over_it], rng)
        rows = [[row["range_m"], row["azimuth_rad"], row["elevation_rad"], row["range_rate_mps"]]
                for row in item.rows]  # fmt: skip
        drive(tracker, [batch("R", t_s, rows + [list(row) for row in turbine(rng)])])
        bank = tracker.bank
        rows_ = [r for r in bank.rows() if bank.table.track_id[r] > 0]
        for name, path in (("beside", from_beside), ("over", over_it)):
            state = path(t_s)
            near = [
                r
                for r in rows_
                if state is not None and math.dist(bank.mean(r)[:3], state[:3]) < 120
            ]
            if near:
                delays.setdefault(name, 0.5 * k)
            elif name in delays and state is not None and state[2] > 150.0:
                pytest.fail(f"{name} lost its track {t_s - t0_s} s after its launch")
    assert delays["beside"] <= 2.5
    assert delays["over"] <= 2.0


def test_a_salvo_from_one_launcher_leaves_no_mark() -> None:
    tracker = tracker_of(SITE)
    rng = np.random.default_rng(3)
    rounds = [round_from((4000.0, 2000.0, 0.0), (-110.0, -50.0, 160.0), 1.5 * i) for i in range(24)]
    drive(tracker, [look(SITE, SENSOR, 0.5 * k, rounds, rng) for k in range(100)])
    assert tracker._clutter.live[0] == 0.0
    assert (
        vain_density(tracker._clutter.places, tracker._clutter.live, 0, 4000.0, 2000.0, 50.0, 40.0)
        == 0.0
    )


def test_the_rate_of_a_place_is_that_of_what_came_to_nothing_there() -> None:
    maps, live = make_places(1)
    rng = np.random.default_rng(2)
    for k in range(600):  # 0.8 a second among fifty a second of chance
        for _ in range(rng.poisson(0.8)):
            e, n, u = np.array((1000.0, -500.0, 80.0)) + rng.normal(0, 30, 3)
            note_vain(maps, live, 0, e, n, u, 1.0, float(k))
        for e, n, u in rng.uniform(-15_000, 15_000, (50, 3)):
            note_vain(maps, live, 0, e, n, u, 1.0, float(k))
    # its integral over space is the rate
    grid = np.arange(-280.0, 281.0, 20.0)
    total = sum(
        vain_density(maps, live, 0, 1000.0 + a, -500.0 + b, 80.0 + c, 600.0) * 20.0**3
        for a in grid for b in grid for c in grid
    )  # fmt: skip
    assert total == pytest.approx(0.8, rel=0.25)
    assert math.sqrt(maps[0, 0, 5]) == pytest.approx(30.0, rel=0.2)
    assert vain_density(maps, live, 0, 1000.0, 500.0, 80.0, 600.0) == 0.0
    assert live[0] < 4
    quiet_s = 600.0 + MEMORY_S * math.log(0.8 * MEMORY_S / PERSISTENT * 2.5)
    forget_places(maps, live, 0, quiet_s)
    assert live[0] == 0.0


def test_a_full_map_gives_up_its_weakest_candidate() -> None:
    maps, live = make_places(1)
    for i in range(SPOTS):
        for _ in range(8 if i == 7 else 1):
            note_vain(maps, live, 0, 1000.0 * i, 0.0, 50.0, 1.0, 0.1 * i)
    note_vain(maps, live, 0, -5000.0, 0.0, 50.0, 1.0, 100.0)
    assert live[0] == 1.0
    assert vain_density(maps, live, 0, 7000.0, 0.0, 50.0, 100.0) > 0.0
    assert -5000.0 in maps[0, :, 0]
    assert 0.0 not in maps[0, :, 0]  # the oldest of those with one plot
