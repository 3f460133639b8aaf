"""A radar that looks often: do landings still fall into their ellipses as often as those claim? ADR 27.

    python benchmarks/fast_radar.py [--seeds 1-30] [--workers 2] [--write]

The worlds of `benchmarks/honesty.py`. Their radar looks 2, 10 or 20 times a second, and what it errs by, beside
its bias, stays alike for 0 (each plot errs by itself), 0.5, 1 or 2 s. Each time the engine is told nothing of
it, told that each plot errs by itself, and told the truth.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from typing import Final, NamedTuple, Protocol, TypeVar

import msgspec

from drawn_rounds import RADAR, WIDER
from evidence import numbers, tell, words
from honesty import AGES_S, Sample, figures, samples
from rampart.domain.site import Sensor

RATES_HZ: Final = (2.0, 10.0, 20.0)
LASTS_S: Final = (0.0, 0.5, 1.0, 2.0)
TOLD: Final = ("nothing", "each by itself", "the truth")


class Case(NamedTuple):
    """One radar, and what the engine is told of how long its errors last."""

    rate_hz: float
    lasts_s: float
    told: str

    @property
    def true(self) -> Sensor:
        """The radar as it is."""
        return msgspec.structs.replace(
            RADAR, scan_period_s=1.0 / self.rate_hz, independent_s=self.lasts_s
        )

    @property
    def believed(self) -> Sensor:
        """The radar as the engine is told of it."""
        told = {"nothing": msgspec.UNSET, "each by itself": 0.0, "the truth": self.lasts_s}
        return msgspec.structs.replace(self.true, independent_s=told[self.told])


CASES: Final = [
    Case(rate_hz, lasts_s, told)
    for rate_hz, lasts_s, told in product(RATES_HZ, LASTS_S, TOLD)
    if lasts_s > 0.0 or told != "the truth"  # which is that each errs by itself
]


class Radar(Protocol):
    """A radar as it is, and as the engine is told of it."""

    @property
    def true(self) -> Sensor: ...
    @property
    def believed(self) -> Sensor: ...


R = TypeVar("R", bound=Radar)
FIGURES: Final = "n | 50 % | 90 % | 99 % | NEES/2 | time 90 % | sigma m |"


def judged(seed: int, case: Radar) -> list[Sample]:
    """The judged predictions of one world."""
    return samples(seed, WIDER._replace(sensor=case.true), case.believed)


def all_judged(
    cases: Sequence[R], seeds: Sequence[int], workers: int
) -> Iterator[tuple[R, list[Sample]]]:
    """Each case with its judged predictions of all worlds."""
    jobs = [(seed, case) for case in cases for seed in seeds]
    with ProcessPoolExecutor(workers) as pool:
        parts = pool.map(judged, *zip(*jobs, strict=True), chunksize=5)
        for case in cases:
            yield case, [sample for _ in seeds for sample in next(parts)]


def row(mine: Sequence[Sample]) -> str:
    """The columns FIGURES of a table."""
    f = figures(mine)
    return (
        f"{len(mine)} | {' | '.join(f'{share:.2f}' for share in f.shares)} | {f.nees:.2f} | "
        f"{f.timely:.2f} | {f.sigma_m:.0f} |"
    )


def arguments(doc: str | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=numbers, default="1-30")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Run, print, and perhaps write."""
    args = arguments(__doc__)
    lines = [
        f"`python benchmarks/fast_radar.py --seeds {words(args.seeds)}`; Python "
        f"{platform.python_version()}, {platform.machine()}. Flights and radar as in `honesty-*.md`, drawn "
        f"wider than the priors, {', '.join(f'{age:g}' for age in AGES_S)} s after the first plot together. "
        "Alike for: T = 2 tau of errors that decay as exp(-t / tau), beside the radar's bias. Sigma: of the "
        "circle with the median ellipse's area.",
        "",
        f"| looks a second | errors alike for s | the engine is told | {FIGURES}",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for case, mine in all_judged(CASES, args.seeds, args.workers):
        lines.append(f"| {case.rate_hz:g} | {case.lasts_s:g} | {case.told} | {row(mine)}")
    tell("fast-radar", "Radars that look often", lines, write=args.write)


if __name__ == "__main__":
    main()
