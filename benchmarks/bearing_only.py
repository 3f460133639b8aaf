"""What a camera beside the radar, which tells bearings only, is worth, and that it makes nothing worse.

    python benchmarks/bearing_only.py [--seeds 101-106] [--targets 50]

Each seed is a raid of `raids.py`, seen by a radar of 4 mrad and, 40 m from it, by a camera of 0.5 mrad that
looks five times a second; both miss a tenth, both show 20 false plots a look, both are off by slow errors as
they declare. The whole engine is run with the radar alone and with both: the radar's plots are the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import numpy as np

from degraded import ALL_SAID, Landing, covered, judged  # isort: skip
from evidence import numbers, words  # isort: skip
from raids import START_NS, Raid, drones_of, salvos_of  # isort: skip
from rampart.domain.messages import Input, PlotBatch, Prediction, TrackUpdate
from rampart.domain.site import Sensor, Site
from rampart.engine.engine import Engine
from rampart.metrics.identity import who_is_who
from rampart.metrics.ospa import gospa
from rampart.metrics.paths import Paths
from rampart.metrics.truth import Truth
from rampart.sim.simulate import simulate
from rampart.sim.world import RadarModel, World

PD: Final = 0.9
RADAR: Final = Sensor(
    id="radar", sigma_azimuth_rad=4e-3, sigma_elevation_rad=4e-3, range_rate_max_mps=700.0, pd=PD,
)  # fmt: skip
CAMERA: Final = Sensor(
    id="camera", position_enu_m=(30.0, -25.0, 4.0), sigma_range_m=None, sigma_range_rate_mps=None,
    sigma_azimuth_rad=0.5e-3, sigma_elevation_rad=0.5e-3, scan_period_s=0.2, pd=PD,
    bias_azimuth_rad=0.3e-3, bias_elevation_rad=0.3e-3,
)  # fmt: skip
FLAT: Final = msgspec.structs.replace(
    CAMERA, sigma_elevation_rad=None, sigma_azimuth_rad=2e-3, bias_azimuth_rad=1e-3
)
CASES: Final = {
    "radar alone": None,
    "camera beside it: 0.5 mrad, azimuth and elevation": CAMERA,
    "direction finder beside it: 2 mrad, azimuth alone": FLAT,
}


def world(raid: Raid, other: Sensor | None, seed: int) -> World:
    """The raid as those sensors see it."""
    rng = np.random.default_rng(seed)
    sensors = (RADAR, other) if other else (RADAR,)
    site = Site(
        name="raid", uuid="raid", latitude_deg=35.0, longitude_deg=40.0, height_m=200.0, sensors=sensors
    )  # fmt: skip
    return World(
        site=site,
        start_ns=START_NS,
        duration_s=raid.seconds,
        salvos=salvos_of(raid, rng),
        flights=drones_of(raid, rng),
        radars=tuple(
            RadarModel(sensor=s.id, detects_dbsm=-60.0, detects_range_m=20_000.0) for s in sensors
        ),
    )


def thinned(messages: tuple[Input, ...], seed: int) -> Iterator[Input]:
    """The messages without the share of plots that each sensor misses."""
    rng = {"radar": np.random.default_rng([seed, 1]), "camera": np.random.default_rng([seed, 2])}
    for message in messages:
        if isinstance(message, PlotBatch):
            rows = message.rows
            kept = rows[rng[message.sensor].random(len(rows)) < PD]
            yield msgspec.structs.replace(message, data=kept.tobytes())
        else:
            yield message


def run(raid: Raid, other: Sensor | None, seed: int) -> tuple[dict[str, float], list[Landing]]:
    """Figures of one run, and its judged landings."""
    made = world(raid, other, seed)
    done = simulate(made, seed)
    engine = Engine(made.site, ALL_SAID, simulated=True)
    said: dict[int, list[Prediction]] = {}
    seen: list[TrackUpdate] = []
    for message in thinned(done.messages, seed):
        for out in engine.receive(message):
            if isinstance(out, Prediction) and out.cov_m2 is not None:
                said.setdefault(out.track, []).append(out)
            elif isinstance(out, TrackUpdate) and out.status != "ended":
                seen.append(out)
    landings = list(judged(done.truth, seen, said, 0))
    return figures(done.truth, seen) | {"tracks": len({u.track for u in seen})}, landings


def figures(truth: Truth, seen: list[TrackUpdate]) -> dict[str, Any]:
    """GOSPA of the picture, and of each track's place the median error across the line of sight."""
    times = sorted({u.t_ns for u in seen})
    rows = [
        (i, (t - START_NS) / 1e9, *np.ravel(truth.at(i, t)))
        for t in times
        for i in range(len(truth))
        if truth.t_launch_ns[i] <= t <= truth.t_end_ns[i]
    ]
    tracks = [(u.track, (u.t_ns - START_NS) / 1e9, *u.state_enu) for u in seen]

    def paths(table: list[tuple[float, ...]]) -> Paths:
        columns = np.array(table)
        return Paths.of(columns[:, 0].astype(int), columns[:, 1], columns[:, 2:5], columns[:, 5:8])

    whose = who_is_who(truth, seen, {u.track for u in seen})
    aside, square = [], []
    for u in seen:
        i = whose.get(u.track, -1)
        if i < 0 or not truth.t_launch_ns[i] <= u.t_ns <= truth.t_end_ns[i]:
            continue
        true = np.ravel(truth.at(i, u.t_ns))[:3]
        off = np.array(u.state_enu[:3]) - true
        aside.append(abs(off[0] * true[1] - off[1] * true[0]) / np.hypot(*true[:2]))
        cov = np.zeros((6, 6))
        cov[np.triu_indices(6)] = u.cov_enu
        cov = cov + np.triu(cov, 1).T
        square.append(off @ np.linalg.solve(cov[:3, :3], off) / 3.0)
    score = gospa(paths(rows), paths(tracks))
    return {
        "gospa_m": float(np.mean(score.distance)), "aside_m": float(np.median(aside)),
        "nees": float(np.median(square)),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=numbers, default="101-106")
    parser.add_argument("--targets", type=int, default=50)
    options = parser.parse_args()
    raid, base = Raid(targets=options.targets), None
    print("| case | seeds | GOSPA m | to radar alone | across m | tracks | 90 % ellipse covers |")
    print("|---|---|---|---|---|---|---|")
    for name, other in CASES.items():
        runs = [run(raid, other, seed) for seed in options.seeds]
        score = np.array([r["gospa_m"] for r, _ in runs])
        base = score if base is None else base
        ratio = score / base
        aside = np.mean([r["aside_m"] for r, _ in runs])
        tracks = sum(r["tracks"] for r, _ in runs)
        told = [landing for _, part in runs for landing in part]
        print(
            f"| {name} | {words(options.seeds)} | {score.mean():.1f} "
            f"| {ratio.mean():.3f} ({ratio.min():.3f} to {ratio.max():.3f}) "
            f"| {aside:.1f} | {tracks} | {covered(told)} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
