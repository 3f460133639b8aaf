"""Do landings fall into their ellipses as often as those claim? The table of `docs/evidence/honesty-*.md`.

    python benchmarks/honesty.py [--seeds 1-40] [--workers 2] [--write]

A seed is one world: one round of each class, each from its own side, seen by one weapon-locating radar.
Air, drag curve of each class, drag, range and drift of each round are drawn by the simulator, which knows
nothing of the engine's priors. In even seeds the weather is told. The engine is the real one with its own
settings, but that it says every prediction.
Each flight is judged at set ages after its first plot; a landed flight is judged no more.
"""

from __future__ import annotations

import argparse
import datetime
import math
import platform
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from drawn_rounds import CLASSES, OWN, TOLD, WIDER, Doubts, made

from rampart.domain.messages import Prediction, TrackUpdate
from rampart.engine.engine import Engine
from rampart.metrics.consistency import coverage, interval_coverage, nees
from rampart.metrics.ideal import IdealFilter
from rampart.metrics.identity import who_is_who
from rampart.metrics.truth import Truth

EVIDENCE: Final = Path(__file__).resolve().parents[1] / "docs" / "evidence"
AGES_S: Final = (5.0, 8.0, 12.0, 18.0)
STALE_S: Final = 1.5  # an older prediction is not judged at this age


@dataclass(frozen=True, slots=True)
class Sample:
    """One flight at one age: what was said of its landing, and what came."""

    class_id: str
    told: bool
    age_s: float
    miss_m: tuple[float, float]
    cov_m2: tuple[float, float, float]
    t_error_s: float  # median - truth
    t_half_s: float  # half the 5-95 % interval
    ideal_area_m2: float  # one sigma, of the judge's ideal filter on the same plots

    @property
    def area_m2(self) -> float:
        """pi sqrt(det C): of the one-sigma ellipse."""
        return _area_m2(self.cov_m2)


def _area_m2(cov_m2: Sequence[float]) -> float:
    xx, xy, yy = cov_m2
    return math.pi * math.sqrt(max(xx * yy - xy * xy, 0.0))


def samples(seed: int, doubts: Doubts = WIDER) -> list[Sample]:
    """The judged predictions of one world."""
    world, run = made(seed, doubts)
    engine = Engine(world.site, doubts.settings, simulated=True)
    said: dict[int, list[Prediction]] = {}
    whose: dict[int, int] = {}
    for message in run.messages:
        for out in engine.receive(message):
            if isinstance(out, Prediction) and out.cov_m2 is not None:
                said.setdefault(out.track, []).append(out)
            elif isinstance(out, TrackUpdate) and out.status != "ended" and out.track not in whose:
                mine = who_is_who(run.truth, [out], {out.track})
                whose[out.track] = mine.get(out.track, -1)
    ideal = IdealFilter(world.site, run.truth)
    return [
        sample
        for track, predictions in said.items()
        if whose.get(track, -1) >= 0
        for sample in _judged(run.truth, ideal, whose[track], predictions, seed % 2 == 0)
    ]


def _judged(
    truth: Truth, ideal: IdealFilter, i: int, predictions: list[Prediction], told: bool
) -> Iterator[Sample]:
    for age_s in AGES_S:
        at_ns = predictions[0].t_first_ns + round(age_s * 1e9)
        past = [p for p in predictions if p.t_ns <= at_ns]
        if at_ns >= truth.t_impact_ns[i] or not past or at_ns - past[-1].t_ns > STALE_S * 1e9:
            continue
        last = past[-1]
        region = ideal.region(i, last.t_ns + 40_000_000)  # with the plot just used
        dx, dy = np.array(last.impact_enu_m[:2]) - truth.impact_enu_m[i, :2]
        yield Sample(
            truth.classes[i], told, age_s, (dx, dy), last.cov_m2,
            (last.impact_ns_q50 - truth.t_impact_ns[i]) / 1e9,
            (last.impact_ns_q95 - last.impact_ns_q05) / 2e9,
            _area_m2(region.cov_m2) if region else math.nan,
        )  # fmt: skip


HEADER: Final = (
    "| rounds | age s | n | 50 % | 90 % | 99 % | NEES/2 | time 90 % | sigma m | area / ideal |",
    "|---|---|---|---|---|---|---|---|---|---|",
)


def row(name: str, age: str, some: Sequence[Sample]) -> str:
    """One line of the table: shares inside the regions that claim 50, 90, 99 %."""
    if not some:
        return f"| {name} | {age} | 0 | | | | | | | |"
    miss = np.array([s.miss_m for s in some])
    cov = np.array([[[s.cov_m2[0], s.cov_m2[1]], [s.cov_m2[1], s.cov_m2[2]]] for s in some])
    half, late = np.array([(s.t_half_s, s.t_error_s) for s in some]).T
    shares = " | ".join(f"{c.share:.2f}" for c in coverage(miss, cov))
    timely = interval_coverage(late - half, late + half, np.zeros(len(some))).share
    area = np.array([s.area_m2 for s in some])
    ratio = np.nanmedian(area / np.array([s.ideal_area_m2 for s in some]))
    return (
        f"| {name} | {age} | {len(some)} | {shares} | {nees(miss, cov).mean() / 2:.2f} | {timely:.2f} | "
        f"{np.sqrt(np.median(area) / math.pi):.0f} | {ratio:.2f} |"
    )


def table(all_of: Sequence[Sample]) -> list[str]:
    """Everything by age, then each class by age, then by what is known of the wind."""

    def of(keep: Iterable[Sample], age_s: float) -> list[Sample]:
        return [s for s in keep if s.age_s == age_s]

    lines = list(HEADER)
    groups: list[tuple[str, list[Sample]]] = [("all", list(all_of))]
    groups += [(c, [s for s in all_of if s.class_id == c]) for c in CLASSES]
    groups += [
        (f"weather {'told' if told else 'not told'}", [s for s in all_of if s.told == told])
        for told in (True, False)
    ]
    for name, members in groups:
        lines += [row(name, f"{age:g}", of(members, age)) for age in AGES_S]
        lines.append(row(name, "all", members))
    return lines


def main() -> None:
    """Run, print, and perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-40")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    first, last = (int(x) for x in args.seeds.split("-"))
    with ProcessPoolExecutor(args.workers) as pool:
        found = [s for part in pool.map(samples, range(first, last + 1)) for s in part]
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    flights = (last - first + 1) * len(CLASSES)
    lines = [
        f"# Honesty of predicted landings, {today}", "",
        f"`python benchmarks/honesty.py --seeds {args.seeds}`; Python {platform.python_version()}, "
        f"{platform.machine()}. {flights} single flights, one of each class a seed; one radar, "
        "2 Hz, 10 m, 2 mrad, 1 m/s, bias 5 m and 0.5 mrad; drag curve (rise, critical Mach number, "
        "width), drag, drift and wind drawn by the simulator, not from the engine's priors; weather told "
        "in even seeds.",
        "",
        "50, 90, 99 %: share of landings inside the ellipse that claims it. NEES/2: ideal 1. time 90 %: "
        "impacts inside the 5-95 % interval. sigma: of the circle with the median ellipse's area. "
        "area / ideal: median over the judge's ideal filter (`metrics/ideal.py`) on the same plots.",
        "", *table(found), "",
    ]  # fmt: skip
    print("\n".join(lines))
    if args.write:
        EVIDENCE.mkdir(parents=True, exist_ok=True)
        (EVIDENCE / f"honesty-{today}.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
