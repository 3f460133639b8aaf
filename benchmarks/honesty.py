"""Do landings fall into their ellipses as often as those claim? The table of `docs/evidence/honesty-*.md`.

    python benchmarks/honesty.py [--seeds 1-250] [--workers 1] [--write]

A seed is one world of `drawn_rounds`: one round of each class, each from its own side, seen by one
weapon-locating radar; drag curve, drag, wind, drift and the radar's errors drawn wider than the engine
assumes. In even seeds the weather is told. The engine is the real one with its own settings, but that it
says every prediction. The same launches are then drawn from the engine's own priors, and flown once more
for an engine that is told the truth: how sharp the same estimator could be.
Each flight is judged at set ages after its first plot; a landed flight is judged no more.
"""

from __future__ import annotations

import argparse
import math
import platform
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.special import erf

from drawn_rounds import CLASSES, OWN, TOLD, WIDER, Doubts, made
from evidence import file_of, numbers, tell, words
from rampart.domain.messages import Prediction, TrackUpdate
from rampart.domain.site import Sensor
from rampart.engine.engine import Engine
from rampart.metrics.consistency import coverage, interval_coverage, nees
from rampart.metrics.ideal import IdealFilter
from rampart.metrics.identity import who_is_who
from rampart.metrics.truth import Truth
from reliability import figure

Array = npt.NDArray[np.float64]

Z90: Final = 1.6448536269514722  # half of the 5-95 % interval, in sigmas
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


def samples(seed: int, doubts: Doubts = WIDER, believed: Sensor | None = None) -> list[Sample]:
    """The judged predictions of one world, of an engine that takes its radar for what it is, or `believed`."""
    world, run = made(seed, doubts)
    site = msgspec.structs.replace(world.site, sensors=(believed,)) if believed else world.site
    engine = Engine(site, doubts.settings, simulated=True)
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
    "| rounds | age s | n | 50 % | 90 % | 99 % | NEES/2 | time 90 % | sigma m | area / told | area / ideal |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
)


def row(name: str, age: str, some: Sequence[Sample], told: Sequence[Sample] = ()) -> str:
    """One line of the table: shares inside the regions that claim 50, 90, 99 %; `told`: the same flights as
    an engine sees them that is told the truth."""
    if not some:
        return f"| {name} | {age} | 0 | | | | | | | | |"
    f = figures(some)
    shares = " | ".join(f"{share:.2f}" for share in f.shares)
    area = np.array([s.area_m2 for s in some])
    sharpest = np.median([s.area_m2 for s in told]) if told else math.nan
    ideal = np.nanmedian(area / np.array([s.ideal_area_m2 for s in some]))
    return (
        f"| {name} | {age} | {len(some)} | {shares} | {f.nees:.2f} | {f.timely:.2f} | "
        f"{f.sigma_m:.0f} | {np.median(area) / sharpest:.2f} | {ideal:.2f} |"
    )


class Figures(NamedTuple):
    """What predictions come to: shares inside the regions that claim 50, 90, 99 %; NEES/2; the share inside the
    5-95 % interval of time; the radius of the circle with the area of the median one-sigma ellipse."""

    shares: tuple[float, ...]
    nees: float
    timely: float
    sigma_m: float


def figures(some: Sequence[Sample]) -> Figures:
    """The figures of at least one prediction."""
    miss, cov = _errors(some)
    half, late = np.array([(s.t_half_s, s.t_error_s) for s in some]).T
    return Figures(
        tuple(c.share for c in coverage(miss, cov)),
        float(nees(miss, cov).mean() / 2),
        interval_coverage(late - half, late + half, np.zeros(len(some))).share,
        math.sqrt(float(np.median([s.area_m2 for s in some])) / math.pi),
    )


def _errors(some: Sequence[Sample]) -> tuple[Array, Array]:
    """Misses (n, 2) and covariances (n, 2, 2)."""
    cov = [[[s.cov_m2[0], s.cov_m2[1]], [s.cov_m2[1], s.cov_m2[2]]] for s in some]
    return np.array([s.miss_m for s in some]), np.array(cov)


def table(found: Sequence[Sample], told: Sequence[Sample]) -> list[str]:
    """All figures as Markdown rows."""
    groups: list[tuple[str, Callable[[Sample], bool]]] = [("all", lambda _: True)]
    groups += [(c, lambda s, c=c: s.class_id == c) for c in CLASSES]  # type: ignore[misc]
    groups += [("weather told", lambda s: s.told), ("weather not told", lambda s: not s.told)]
    lines = list(HEADER)
    for name, belongs in groups:
        mine, sharp = [s for s in found if belongs(s)], [s for s in told if belongs(s)]
        for age in AGES_S:
            at = [s for s in mine if s.age_s == age], [s for s in sharp if s.age_s == age]
            lines.append(row(name, f"{age:g}", *at))
        lines.append(row(name, "all", mine, sharp))
    return lines


def reliability(found: Sequence[Sample]) -> str:
    """The figure of both statements, a line for each age."""
    where, when = {}, {}
    for age in AGES_S:
        some = [s for s in found if s.age_s == age]
        where[f"{age:g} s"] = 1.0 - np.exp(-0.5 * nees(*_errors(some)))
        half, late = np.array([(s.t_half_s, s.t_error_s) for s in some]).T
        when[f"{age:g} s"] = erf(np.abs(late) / half * Z90 / math.sqrt(2.0))
    return figure({"landing inside its ellipse": where, "impact inside its interval of time": when})


def main() -> None:
    """Run, print, and perhaps write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=numbers, default="1-250")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    jobs = [(s, d) for d in (WIDER, OWN, TOLD) for s in args.seeds]
    with ProcessPoolExecutor(args.workers) as pool:
        parts = list(pool.map(samples, *zip(*jobs, strict=True), chunksize=10))
    wider, own, told = (
        [s for (_, d), part in zip(jobs, parts, strict=True) if d is doubts for s in part]
        for doubts in (WIDER, OWN, TOLD)
    )
    drawing = file_of("honesty", "svg")
    lines = [
        f"`python benchmarks/honesty.py --seeds {words(args.seeds)}`; Python {platform.python_version()}, "
        f"{platform.machine()}. {len(args.seeds) * len(CLASSES)} single flights, one of each class a "
        "seed; one radar, 2 Hz, 10 m, 2 mrad, 1 m/s, bias 5 m and 0.5 mrad. Truth is drawn wider than the "
        "engine's priors (`benchmarks/drawn_rounds.py`): rise of the drag curve 1 to 3.5, critical Mach "
        "number 0.9 to 1.1, its width, drag, drift, wind, noise 0.9 to 1.3 and bias 0.6 to 1.9 of what is "
        "declared; weather told in even seeds.",
        "",
        "50, 90, 99 %: share of landings inside the ellipse that claims it. NEES/2: ideal 1. time 90 %: "
        "impacts inside the 5-95 % interval. sigma: of the circle with the median ellipse's area. "
        "area / told: median over that of the same tracker and predictor which are told the true drag "
        "curve, wind, drift and biases. area / ideal: median over the judge's ideal filter "
        "(`metrics/ideal.py`) on the same plots.",
        "", f"![Reliability]({drawing.name})", "", *table(wider, told), "",
        "## Truth drawn from the engine's own priors", "", *HEADER,
        *(row("all", f"{age:g}", [s for s in own if s.age_s == age]) for age in AGES_S),
        row("all", "all", own), "",
    ]  # fmt: skip
    tell("honesty", "Honesty of predicted landings", lines, write=args.write)
    if args.write:
        drawing.write_text(reliability(wider) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
