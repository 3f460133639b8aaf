"""Do launches lie in the areas that are said of them as often as those claim? `docs/evidence/origin-*.md`.

    python benchmarks/origin.py [--seeds 1-100] [--workers 1] [--write]

The worlds and the engine are those of `honesty.py`: one round of each class a seed, each from its own side,
truth drawn wider than the engine assumes. What the engine would say of each origin is asked at set ages after
the track's first plot, and what it did say as the track ended. The site's floor is taken away for that, and
put back for the columns "as said": under a floor nearly all that is said covers, whatever it is worth.
"""

from __future__ import annotations

import argparse
import math
import platform
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from drawn_rounds import CLASSES, OWN, WIDER, Doubts, made
from evidence import numbers, tell, words
from rampart.domain.messages import Origin, TrackUpdate
from rampart.domain.site import Rules
from rampart.engine.engine import Engine
from rampart.engine.origin import floored
from rampart.metrics.consistency import coverage, interval_coverage, nees
from rampart.metrics.identity import who_is_who
from rampart.metrics.truth import Truth

Array = npt.NDArray[np.float64]

AGES_S: Final = (3.0, 8.0, 15.0)
END: Final = math.inf  # the last word on a track
LEVELS: Final = (0.50, 0.90, 0.95)
FLOOR_M: Final = Rules().origin_floor_m
CHI90: Final = -2.0 * math.log(0.10)  # squared radius of the 90 % ellipse in sigmas
M2_PER_HA: Final = 1e4


@dataclass(frozen=True, slots=True)
class Sample:
    """One flight at one age: what was said of its launch, and what was."""

    class_id: str
    family: str
    age_s: float
    miss_m: tuple[float, float]
    cov_m2: tuple[float, float, float]
    t_error_s: tuple[float, float, float]  # 5, 50, 95 % - truth


def samples(seed: int, doubts: Doubts = WIDER) -> list[Sample]:
    """The judged origins of one world."""
    world, run = made(seed, doubts)
    site = msgspec.structs.replace(world.site, rules=Rules(origin_floor_m=0.0))
    engine = Engine(site, doubts.settings, simulated=True)
    said: dict[tuple[int, float], Origin] = {}
    whose: dict[int, int] = {}
    for message in run.messages:
        for out in engine.receive(message):
            if isinstance(out, Origin):
                said[out.track, END] = out
            elif isinstance(out, TrackUpdate) and out.status != "ended" and out.track not in whose:
                mine = who_is_who(run.truth, [out], {out.track})
                whose[out.track] = mine.get(out.track, -1)
        for track, age_s, origin in _asked(engine, said):
            said[track, age_s] = origin
    return [
        _judged(run.truth, whose[track], age_s, origin)
        for (track, age_s), origin in said.items()
        if whose.get(track, -1) >= 0
    ]


def _asked(
    engine: Engine, said: dict[tuple[int, float], Origin]
) -> list[tuple[int, float, Origin]]:
    """(track, age, origin) of the tracks that have just reached one of the ages: the engine itself says an
    origin twice, so that its memory is asked."""
    picture = engine._picture
    if picture is None:
        return []
    return [
        (track, age_s, origin)
        for track, note in picture._notes.items()
        for age_s in AGES_S
        if (track, age_s) not in said
        and note.origin_said
        and 0.0 <= (note.threat.t_ns - note.first_ns) / 1e9 - age_s < 1.0
        for origin in picture.origins([track]).values()
    ]


def _judged(truth: Truth, i: int, age_s: float, origin: Origin) -> Sample:
    launch_enu_m = truth.sample_enu_m[truth.sample_start[i]]
    dx, dy = np.array(origin.launch_enu_m[:2]) - launch_enu_m[:2]
    late = [
        (t_ns - truth.t_launch_ns[i]) / 1e9
        for t_ns in (origin.launch_ns_q05, origin.launch_ns_q50, origin.launch_ns_q95)
    ]
    family = truth.families[i]
    return Sample(
        truth.classes[i], family, age_s, (dx, dy), origin.cov_m2, (late[0], late[1], late[2])
    )


HEADER: Final = (
    "| rounds | age s | n | 50 % | 90 % | 95 % | NEES/2 | time 90 % | late s | half width s | miss m | "
    "miss m, 9 in 10 | 90 % area ha | as said: 90 % | ha |",
    "|" + "---|" * 15,
)


def row(name: str, age: str, some: Sequence[Sample]) -> str:
    """One line of the table."""
    if not some:
        return f"| {name} | {age} | 0 |" + " |" * 12
    miss = np.array([s.miss_m for s in some])
    cov, said = (
        _matrices([s.cov_m2 for s in some]),
        _matrices([floored(*s.cov_m2, FLOOR_M) for s in some]),
    )
    low, late, high = np.array([s.t_error_s for s in some]).T
    shares = " | ".join(f"{c.share:.2f}" for c in coverage(miss, cov, LEVELS))
    timely = interval_coverage(low, high, np.zeros(len(some))).share
    off = np.hypot(*miss.T)
    return (
        f"| {name} | {age} | {len(some)} | {shares} | {nees(miss, cov).mean() / 2:.2f} | {timely:.2f} | "
        f"{np.median(late):+.2f} | {np.median(high - low) / 2:.2f} | {np.median(off):.0f} | "
        f"{np.quantile(off, 0.9):.0f} | {_area_ha(cov):.2f} | "
        f"{coverage(miss, said, (0.90,))[0].share:.2f} | {_area_ha(said):.2f} |"
    )


def _matrices(cov_m2: Sequence[tuple[float, float, float]]) -> Array:
    """(n, 2, 2)"""
    return np.array([[[xx, xy], [xy, yy]] for xx, xy, yy in cov_m2])


def _area_ha(cov: Array) -> float:
    """Of the median 90 % ellipse."""
    return float(np.median(np.sqrt(np.linalg.det(cov))) * math.pi * CHI90 / M2_PER_HA)


def table(found: Sequence[Sample]) -> list[str]:
    """All figures as Markdown rows."""
    groups: list[tuple[str, Callable[[Sample], bool]]] = [("all", lambda _: True)]
    groups += [(f, lambda s, f=f: s.family == f) for f in ("mortar", "gun", "rocket")]  # type: ignore[misc]
    groups += [(c, lambda s, c=c: s.class_id == c) for c in CLASSES]  # type: ignore[misc]
    lines = list(HEADER)
    for name, belongs in groups:
        mine = [s for s in found if belongs(s)]
        for age in (*AGES_S, END):
            at = [s for s in mine if s.age_s == age]
            lines.append(row(name, "end" if age == END else f"{age:g}", at))
    return lines


def main() -> None:
    """Run, print, and perhaps write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=numbers, default="1-100")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    jobs = [(s, d) for d in (WIDER, OWN) for s in args.seeds]
    with ProcessPoolExecutor(args.workers) as pool:
        parts = list(pool.map(samples, *zip(*jobs, strict=True), chunksize=5))
    wider, own = (
        [s for (_, d), part in zip(jobs, parts, strict=True) if d is doubts for s in part]
        for doubts in (WIDER, OWN)
    )
    lines = [
        f"`python benchmarks/origin.py --seeds {words(args.seeds)}`; Python {platform.python_version()}, "
        f"{platform.machine()}. {len(args.seeds) * len(CLASSES)} single flights, one of each class a "
        "seed, as in `honesty.py`: one radar, 2 Hz, 10 m, 2 mrad, 1 m/s, bias 5 m and 0.5 mrad; truth drawn "
        "wider than the engine's priors (`benchmarks/drawn_rounds.py`).",
        "",
        "age: seconds after the track's first plot; end: the last word on it. 50, 90, 95 %: share of launches "
        "inside the ellipse that claims it, before the floor. NEES/2: ideal 1. time 90 %: launches inside "
        "the 5-95 % interval; late: median of the said less the true time; half width of that interval. miss: "
        "of the ellipse's centre, median and nine in ten. area: of the median 90 % ellipse. as said: the same "
        f"with the floor, {FLOOR_M:g} m for the half-axes of the 95 % ellipse, "
        f"which alone are {floor_ha():.2f} ha at 90 %.",
        "", *table(wider), "",
        "## Truth drawn from the engine's own priors", "",
        "But for the boost of rockets, which is drawn as in the classes.", "", *table(own), "",
    ]  # fmt: skip
    tell("origin", "Honesty of origins", lines, write=args.write)


def floor_ha() -> float:
    """Area of the 90 % ellipse of nothing but floor."""
    return _area_ha(_matrices([floored(0.0, 0.0, 0.0, FLOOR_M)]))


if __name__ == "__main__":
    main()
