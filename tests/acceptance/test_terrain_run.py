"""`behind-ridge`, end to end: what the engine says of rounds onto a plateau and under its cliff, with and
without the terrain that they fall on."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import pytest
from msgspec import UNSET

from rampart.domain.messages import Origin, Prediction, ZoneState
from rampart.domain.site import Site
from rampart.engine.engine import Engine
from rampart.metrics.truth import Truth
from rampart.scenario.loader import CATALOGUE, Scenario, load

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
