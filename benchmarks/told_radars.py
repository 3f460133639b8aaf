"""Radars other than the engine is told: landings in the worlds of `honesty.py`, a row for each case."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, Protocol

from drawn_rounds import WIDER
from evidence import numbers, tell, words
from honesty import AGES_S, Sample, figures, samples
from rampart.domain.site import Sensor

FIGURES: Final = ("n", "50 %", "90 %", "99 %", "NEES/2", "time 90 %", "sigma m")


class Radar(Protocol):
    """A radar as it is, as the engine is told of it, and what a row of the table says of it."""

    @property
    def true(self) -> Sensor: ...
    @property
    def believed(self) -> Sensor: ...
    @property
    def cells(self) -> tuple[str, ...]: ...


def judged(seed: int, case: Radar) -> list[Sample]:
    """The judged predictions of one world."""
    return samples(seed, WIDER._replace(sensor=case.true), case.believed)


def report(
    script: str,
    doc: str | None,
    title: str,
    about: str,
    heads: Sequence[str],
    cases: Sequence[Radar],
) -> None:
    """The command line of `script`, whose docstring is `doc`: run, print, and perhaps write. `heads`: of the
    cases' cells; `about`: what is to be said of them beside."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=numbers, default="1-30")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    jobs = [(seed, case) for case in cases for seed in args.seeds]
    with ProcessPoolExecutor(args.workers) as pool:
        parts = list(pool.map(judged, *zip(*jobs, strict=True), chunksize=5))
    columns = (*heads, *FIGURES)
    name = Path(script).name
    lines = [
        f"`python benchmarks/{name} --seeds {words(args.seeds)}`; Python {platform.python_version()}, "
        f"{platform.machine()}. Flights and radar as in `honesty-*.md`, drawn wider than the priors, "
        f"{', '.join(f'{age:g}' for age in AGES_S)} s after the first plot together. {about} Sigma: of the "
        "circle with the median ellipse's area.",
        "",
        f"| {' | '.join(columns)} |",
        "|---" * len(columns) + "|",
    ]
    for case in cases:
        mine = [s for (_, c), part in zip(jobs, parts, strict=True) if c == case for s in part]
        f = figures(mine)
        shares = " | ".join(f"{share:.2f}" for share in f.shares)
        lines.append(
            f"| {' | '.join(case.cells)} | {len(mine)} | {shares} | {f.nees:.2f} | {f.timely:.2f} "
            f"| {f.sigma_m:.0f} |"
        )
    tell(name.removesuffix(".py").replace("_", "-"), title, lines, write=args.write)
