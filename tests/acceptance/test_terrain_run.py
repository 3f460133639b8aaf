"""`behind-ridge`, end to end: what the engine says of rounds onto a plateau and under its cliff, with and
without the terrain that they fall on."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pytest
from msgspec import UNSET

from rampart.domain.messages import Origin, Prediction, TrackUpdate, ZoneState
from rampart.domain.site import Sensor, Site, Terrain
from rampart.engine.engine import Engine
from rampart.engine.rehearsal import rehearse
from rampart.metrics.truth import Truth
from rampart.scenario.loader import CATALOGUE, Scenario, load
from rampart.sim.simulate import simulate
from rampart.sim.world import RadarModel, Salvo, World

SEEDS = (1, 2, 3)
ROOT = Path(__file__).resolve().parents[2]


class Run(NamedTuple):
    """What an engine on one site said of one run."""

    truth: Truth
    predictions: list[Prediction]
    origins: list[Origin]
    warned: set[str]


def heard(scenario: Scenario, site: Site) -> Run:
    engine, run = Engine(site, simulated=True), Run(scenario.truth, [], [], set())
    for message in scenario.messages():
        for said in engine.receive(message):
            if isinstance(said, Prediction) and said.impact_enu_m is not None:
                run.predictions.append(said)
            elif isinstance(said, Origin):
                run.origins.append(said)
            elif isinstance(said, ZoneState) and said.phase == "warn":
                run.warned.add(said.zone)
    return run


def meant(run: Run, said: Prediction) -> int:
    """The true object of a prediction: that whose landing is nearest in time and place."""
    assert said.impact_enu_m is not None
    assert said.impact_ns_q50 is not None
    away = np.linalg.norm(run.truth.impact_enu_m[:, :2] - said.impact_enu_m[:2], axis=1)
    late = np.abs(run.truth.t_impact_ns - said.impact_ns_q50) / 1e9
    return int(np.argmin(away / 100.0 + late))


def missed_m(run: Run, said: Prediction) -> tuple[np.ndarray, float]:
    """Truth minus the mean, and its square in sigmas."""
    assert said.impact_enu_m is not None
    assert said.cov_m2 is not None
    off = run.truth.impact_enu_m[meant(run, said), :2] - said.impact_enu_m[:2]
    xx, xy, yy = said.cov_m2
    return off, float(off @ np.linalg.solve([[xx, xy], [xy, yy]], off))


@pytest.fixture(scope="module")
def runs() -> dict[str, list[Run]]:
    out: dict[str, list[Run]] = {"with": [], "without": []}
    for seed in SEEDS:
        scenario = load("behind-ridge", seed)
        out["with"].append(heard(scenario, scenario.site))
        blind = msgspec.structs.replace(scenario.site, terrain=UNSET)
        out["without"].append(heard(scenario, blind))
    return out


def last_words(run: Run, where: str) -> list[Prediction]:
    """The last prediction of every track whose object was fired `where`."""
    last = {said.track: said for said in run.predictions}
    return [s for s in last.values() if run.truth.ids[meant(run, s)].startswith(where)]


def test_with_terrain_the_90_percent_ellipse_covers_as_it_says(runs: dict[str, list[Run]]) -> None:
    squares = [missed_m(run, said)[1] for run in runs["with"] for said in run.predictions]
    assert len(squares) > 60
    assert 0.80 <= np.mean(np.array(squares) < 4.605) <= 1.0  # successive rows are not independent


def test_without_it_rounds_under_the_cliff_are_off_by_its_height_over_tan_of_descent(
    runs: dict[str, list[Run]],
) -> None:
    ratios = []
    for known, blind in zip(runs["with"], runs["without"], strict=True):
        for said in last_words(known, "at-gate"):
            off, square = missed_m(known, said)
            assert np.linalg.norm(off) < 40.0
            assert square < 13.8  # 99.9 %
        for said in last_words(blind, "at-gate"):
            off, square = missed_m(blind, said)
            i = meant(blind, said)
            end = blind.truth.samples(i).stop - 1
            east, north, up = blind.truth.sample_velocity_mps[end]
            assert said.impact_enu_m is not None
            depth = blind.truth.impact_enu_m[i, 2] - said.impact_enu_m[2]
            ratios.append(np.linalg.norm(off) / (abs(depth) * np.hypot(east, north) / abs(up)))
            assert square > 13.8
    assert len(ratios) >= 2 * len(SEEDS)
    assert 0.75 < np.median(ratios) < 1.35


def test_origins_lie_where_they_were_fired_behind_the_ridge(runs: dict[str, list[Run]]) -> None:
    pits = np.array([[-4_600.0, 400.0], [-4_100.0, -500.0], [-4_600.0, 900.0]])

    def furthest(run: Run) -> float:
        return max(
            float(np.linalg.norm(pits - said.launch_enu_m[:2], axis=1).min())
            for said in {said.track: said for said in run.origins}.values()
        )

    assert np.median([furthest(run) for run in runs["with"]]) < 60.0
    assert all(furthest(run) > 40.0 for run in runs["without"])


def test_the_zones_in_danger_are_warned_and_the_quarry_is_not(runs: dict[str, list[Run]]) -> None:
    for run in runs["with"]:
        assert run.warned >= {"camp", "lower-gate", "pump-house"}
        assert "quarry" not in run.warned


def test_what_is_sampled_outlives_a_restart() -> None:
    scenario = load("behind-ridge", 1)
    messages, engine = list(scenario.messages()), Engine(scenario.site, simulated=True)
    spots, snapshot = 0, b""
    for seq, message in enumerate(messages):
        engine.receive(message)
        state = engine.snapshot() if message.t_arrival_ns % 10**9 == 0 else b""
        if b"spots" in state or len(state) > len(snapshot) + 8_000:
            spots, snapshot = seq + 1, state
            break
    assert spots
    again = Engine.restore(scenario.site, None, snapshot)
    for message in messages[spots:]:
        assert again.receive(message) == engine.receive(message)


def test_the_ground_that_ships_is_what_its_generator_writes() -> None:
    made = runpy.run_path(str(ROOT / "tools" / "ridge_terrain.py"))
    assert (CATALOGUE / "sites" / "behind-ridge.asc").read_text("ascii") == made["text"]()


def gorge() -> World:
    """Rounds into a gorge 400 m below a radar that looks down into it and misses every third look."""
    axis = np.arange(-4_000.0, 4_001.0, 100.0)
    heights = np.tile(np.where(axis > 800.0, -400.0, 0.0), (len(axis), 1))
    terrain = Terrain(
        heights_m=heights.astype("<f4").tobytes(), rows=len(axis), columns=len(axis),
        west_m=-4_000.0, south_m=-4_000.0, spacing_m=100.0,
    )  # fmt: skip
    radar = Sensor(
        id="rim",
        position_enu_m=(700.0, 0.0, 15.0),
        elevation_min_rad=-0.6,
        clutter_per_scan=0.0,
        pd=0.67,
    )
    site = Site(
        name="gorge", uuid="11111111-2222-3333-4444-555555555555", latitude_deg=31.5,
        longitude_deg=35.5, height_m=100.0, sensors=(radar,), terrain=terrain,
    )  # fmt: skip
    salvo = Salvo(
        id="s", classes=(("mortar_120", 1.0),), origin_enu_m=(-2_500.0, 300.0),
        aims_enu_m=((1_900.0, 200.0),), at_s=2.0, rounds=4, spacing_s=(12.0, 14.0), no_launch=0.0,
        short=0.0,
    )  # fmt: skip
    model = RadarModel(sensor="rim", detects_pd=0.67, detects_range_m=3_000.0)
    return World(site=site, start_ns=0, duration_s=110.0, salvos=(salvo,), radars=(model,))


@pytest.mark.parametrize("known", [True, False])
def test_a_track_lives_until_the_ground_that_it_falls_on(known: bool) -> None:
    world = gorge()
    made = simulate(world, 5)
    site = world.site if known else msgspec.structs.replace(world.site, terrain=UNSET)
    engine, ends = Engine(site, simulated=True), []
    for message in made.messages:
        ends += [
            said.t_ns
            for said in engine.receive(message)
            if isinstance(said, TrackUpdate) and said.status == "ended" and said.plots > 10
        ]
    # how long before its impact each round's track ended, by the impact nearest in time
    gaps = made.truth.t_impact_ns[None, :] - np.array(ends)[:, None]
    early_s = gaps[np.arange(len(ends)), np.abs(gaps).argmin(axis=1)] / 1e9
    assert len(ends) >= 4
    # of a look in three that shows nothing a track may also end high up
    assert (np.median(early_s) < 0.3) == known


def test_the_rehearsal_compiles_all_that_terrain_needs() -> None:
    """No plot waits for a compiler because it is the first whose landing is sampled."""

    def compiled() -> dict[tuple[str, str], int]:
        return {
            (module, name): len(value.signatures)
            for module, content in list(sys.modules.items())
            if module.startswith(("rampart.kernels.", "rampart.engine."))
            for name, value in vars(content).items()
            if hasattr(value, "signatures")
        }

    scenario = load("behind-ridge", 1)
    messages = list(scenario.messages())
    rehearse()
    before, engine = compiled(), Engine(scenario.site, simulated=True)
    for message in messages:
        engine.receive(message)
    assert compiled() == before
