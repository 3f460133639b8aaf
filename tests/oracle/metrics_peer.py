"""A picture in which everything goes wrong, and what Stone Soup's own generators say of it."""

from __future__ import annotations

import csv
import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from rampart.metrics import Paths

PEER = Path(__file__).with_name("stonesoup_metrics.py")


def messy_picture(
    seed: int, objects: int, scans: int, spacing_m: float
) -> tuple[list[Any], list[Any]]:
    """Rows (time, id, x..vz) of crossing salvos, and of tracks with everything that goes wrong:
    late starts, losses, renumbering, swaps, doubles and false tracks.
    """
    rng = np.random.default_rng(seed)
    t = np.arange(scans) / 2
    truth, tracks = [], []
    number = iter(range(10**6))
    centres = rng.uniform(-3000, 3000, (max(objects // 6, 1), 3))
    for j in range(objects):
        p0 = centres[j % len(centres)] + rng.normal(0, spacing_m, 3)
        v = rng.normal(0, 120, 3) if spacing_m > 100 else np.array([90.0, 40.0, 10.0])
        born = int(rng.integers(0, max(scans // 3, 1)))
        dies = int(rng.integers(born + 5, scans + 1))
        path = p0 + (t[:, None] - t[born]) * v
        truth += [(t[s], j, *path[s], *v) for s in range(born, dies)]
        cuts = sorted({born + 2, *rng.integers(born, dies, rng.integers(0, 4)).tolist(), dies})
        for first, last in itertools.pairwise(cuts):
            bias = rng.normal(0, 12, 3)
            name = next(number)
            for s in range(first, min(last + rng.integers(0, 3), scans)):
                wild = 250.0 if rng.random() < 0.03 else 12.0
                tracks.append(
                    (
                        t[s],
                        name,
                        *(path[s] + bias + rng.normal(0, wild, 3)),
                        *(v + rng.normal(0, 5, 3)),
                    )
                )
    for _ in range(objects // 5):
        name, first = next(number), int(rng.integers(0, scans - 4))
        p0 = rng.uniform(-3000, 3000, 3)
        tracks += [(t[s], name, *(p0 + s), 1.0, 1.0, 1.0) for s in range(first, first + 4)]
    return truth, tracks


def paths(rows: list[Any]) -> Paths:
    table = np.array(rows, float)
    return Paths.of(table[:, 1].astype(int), table[:, 0], table[:, 2:5], table[:, 5:8])


def peer_says(python: Path, folder: Path, *tables: list[Any], repeats: int = 1) -> Any:
    """What `stonesoup_metrics.py` prints of these rows of truth and of tracks."""
    files = []
    for name, rows in zip(("truth.csv", "tracks.csv"), tables, strict=True):
        files.append(folder / name)
        with files[-1].open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["time", "id", "x", "y", "z", "vx", "vy", "vz"])
            writer.writerows(
                [[repr(float(v)) if i != 1 else v for i, v in enumerate(r)] for r in rows]
            )
    done = subprocess.run(
        [python, PEER, *files, str(repeats)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)
