"""How soon does the weave tell a small drone from a bird, at one wrong bird in so many?

    python benchmarks/weaves.py [--hours 5001-5012] [--seeds 1-300] [--sigma 0.7] [--workers 2] [--write]
    python benchmarks/weaves.py --large [--hours 5001-5012] [--seeds 1-26]

Birds: S2's worlds with 150 birds an hour and nothing else. Drones: those of S1's raids, before radars that
claim `--sigma` times their true errors. Of each track what its weave tells, every second
(`ways.like_a_small_drone`; ADR 21): how high it ever rises of one bird's track in 100, 300, 1,000 and 2,000,
and when drones have risen as high, of those that are seen for a minute.

`--large`: gliders, of S2's worlds with ten times as many of them and nothing else, and one-way drones, those of
`drone_roc.py`: what their weave has told (`ways.like_a_large_drone`; ADR 24) after so many seconds.
"""

from __future__ import annotations

import argparse
import math
import platform
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

import drone_roc
import s1
import s2
from evidence import numbers, tell
from rampart.engine.engine import Engine
from rampart.engine.ways import like_a_large_drone, like_a_small_drone
from rampart.engine.weave import told
from rampart.sim.simulate import simulate
from rampart.sim.world import Traffic, World

BIRDS: Final = Traffic(id="bird", class_id="bird", radius_m=5_000.0, count=150, identified="")
ONE_IN: Final = (100, 300, 1_000, 2_000)
EVERY_S: Final = 1.0
SHORTEST_S: Final = 60.0
AGES_S: Final = (5.0, 10.0, 20.0, 40.0, 60.0, 90.0, 150.0)
Array = npt.NDArray[np.float64]


class Job(NamedTuple):
    """An hour of birds or gliders, or what flies drones: the raid of a seed before radars that claim so many
    times their errors, or eight one-way drones."""

    seed: int
    drones: bool
    large: bool
    claimed: float


def world(job: Job) -> World:
    """What flies."""
    if job.large and job.drones:
        return drone_roc.world(job.seed)
    if job.large:
        return s2.crowded(job.seed, s2.Crowd("glider", 10))
    if job.drones:
        return s1.world(job.seed, job.claimed, 0.01)[0]
    return msgspec.structs.replace(s2.world(job.seed), traffic=(BIRDS,), echoes=())


def followed(job: Job) -> list[Array]:
    """(n, 2) of each track: s since it was first asked, and ln of how much likelier a drone than the other."""
    flown = world(job)
    like = like_a_large_drone if job.large else like_a_small_drone
    engine, next_s = Engine(flown.site, simulated=True), -math.inf
    tracks: dict[int, list[tuple[float, float]]] = {}
    for message in simulate(flown, job.seed).messages:
        engine.receive(message)
        t_s = message.t_arrival_ns / 1e9
        if t_s >= next_s and engine._picture is not None:
            next_s = t_s + EVERY_S
            for track, note in engine._picture._notes.items():
                if note.weave[job.large]:
                    ratio = float(like(told(note.weave)))
                    tracks.setdefault(track, []).append((t_s, math.log(ratio)))
    return [np.array(rows) - (rows[0][0], 0.0) for rows in tracks.values()]


def table(birds: list[Array], drones: list[Array]) -> list[str]:
    """For each share of the birds' tracks: the level, and when drones pass it."""
    highest = np.array([rows[:, 1].max() for rows in birds])
    long = [rows for rows in drones if rows[-1, 0] >= SHORTEST_S]
    lines = [
        f"{len(birds)} tracks of birds, {len(long)} of drones.", "",
        "| one bird's track in | rises to ln | drones have after s p10, p50, p90, p95 | and never |",
        "|---|---|---|---|",
    ]  # fmt: skip
    for one_in in ONE_IN:
        level = float(np.quantile(highest, 1.0 - 1.0 / one_in))
        after = [float(rows[rows[:, 1] > level, 0].min(initial=math.inf)) for rows in long]
        # no interpolation: some are infinite
        when = np.quantile(after, (0.1, 0.5, 0.9, 0.95), method="higher")
        told_s = ", ".join("never" if math.isinf(s) else f"{s:.0f}" for s in when)
        lines.append(f"| {one_in} | {level:.1f} | {told_s} | {np.mean(np.isinf(after)):.3f} |")
    return lines


def by_age(gliders: list[Array], drones: list[Array]) -> list[str]:
    """What has been told of each kind at each of `AGES_S`: ln of how much likelier a drone."""
    lines = [
        f"{len(gliders)} tracks of gliders, {len(drones)} of drones; ln of how much likelier a drone, p5, p50, "
        "p95.", "", "| after s | gliders | drones |", "|---|---|---|",
    ]  # fmt: skip
    for age_s in AGES_S:
        cells = []
        for tracks in (gliders, drones):
            then = [
                rows[np.searchsorted(rows[:, 0], age_s), 1]
                for rows in tracks
                if rows[-1, 0] >= age_s
            ]
            cells.append(", ".join(f"{q:+.1f}" for q in np.quantile(then, (0.05, 0.5, 0.95))))
        lines.append(f"| {age_s:.0f} | {cells[0]} | {cells[1]} |")
    return lines


def main() -> None:
    """Run, print, and perhaps write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--large", action="store_true", help="gliders and one-way drones")
    parser.add_argument("--hours", type=numbers, default="5001-5012")
    parser.add_argument("--seeds", type=numbers, help="of the drones: 1-300, or 1-26 with --large")
    parser.add_argument("--sigma", type=float, default=0.7)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    seeds = args.seeds or numbers("1-26" if args.large else "1-300")
    raids = [s for s in seeds if args.large or s1.CLASSES[s % len(s1.CLASSES)] == s1.DRONE]
    jobs = [Job(hour, False, args.large, 0.0) for hour in args.hours]
    jobs += [Job(seed, True, args.large, args.sigma) for seed in raids]
    with ProcessPoolExecutor(args.workers) as pool:
        found = list(pool.map(followed, jobs))
    sides: tuple[list[Array], list[Array]] = ([], [])
    for job, tracks in zip(jobs, found, strict=True):
        sides[job.drones].extend(tracks)
    lines = [
        f"`python benchmarks/weaves.py {' '.join(sys.argv[1:])}`; Python {platform.python_version()}, "
        f"{platform.machine()}.", "", *(by_age(*sides) if args.large else table(*sides)),
    ]  # fmt: skip
    name, title = (
        ("weaves-large", "Gliders and one-way") if args.large else ("weaves", "Birds and small")
    )
    tell(name, f"{title} drones by their weave", lines, write=args.write)


if __name__ == "__main__":
    main()
