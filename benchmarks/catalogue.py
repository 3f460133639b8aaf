"""The catalogue's scenarios over seeds, judged from truth alone: the tables of `docs/evidence/`.

    python benchmarks/catalogue.py green-village quiet-day [--seeds 1-20] [--workers 2] [--write]

Each run is one engine, one seed. `--write` puts the table under today's date in docs/evidence/.
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from time import process_time

import numpy as np

from evidence import numbers, tell, words
from rampart import scenario
from rampart.domain.messages import PlotBatch, ZoneState
from rampart.engine.engine import Engine
from rampart.metrics.warnings import Verdict, judge
from rampart.report.story import Head, Story


@dataclass(frozen=True, slots=True)
class Judged:
    """One seed of one scenario: the verdict, the rows, and what it took."""

    name: str
    seed: int
    verdict: Verdict
    followed: int  # tracks that count as threats
    hostile: int  # of them there were in truth
    watches: int  # zones that went from clear to watch
    hours: float
    plots: int
    cpu_s: float


def judged(name: str, seed: int) -> Judged:
    """Run `name` with `seed` through an engine of its own and judge it."""
    run = scenario.load(name, seed=seed)
    engine = Engine(run.site, simulated=True)
    story = Story(
        head=Head(name=name, source=name, site=run.site, simulated=True, seed=seed, epoch_ns=0,
                  engine="", settings_hash=""),
        truth=run.truth,
    )  # fmt: skip
    shown = {zone.id: "clear" for zone in run.site.zones}
    watches = plots = 0
    first_ns = last_ns = None
    cpu_s = 0.0
    for message in run.messages():
        first_ns = message.t_arrival_ns if first_ns is None else first_ns
        last_ns = message.t_arrival_ns
        plots += len(message) if isinstance(message, PlotBatch) else 0
        start_s = process_time()
        outputs = engine.receive(message)
        cpu_s += process_time() - start_s
        story.take(message, outputs)
        for out in outputs:
            if isinstance(out, ZoneState):
                watches += out.phase == "watch" and shown[out.zone] == "clear"
                shown[out.zone] = out.phase
    verdict = judge(run.site, run.truth, story.states, story.updates)
    hours = (last_ns - first_ns) / 3.6e12 if first_ns is not None and last_ns is not None else 0.0
    hostile = int(run.truth.hostile.sum())
    return Judged(name, seed, verdict, len(story.threats), hostile, watches, hours, plots, cpu_s)


def table(name: str, runs: Sequence[Judged]) -> list[str]:
    """The figures that the first issue asks for, as Markdown rows."""
    kinds = {
        kind: sum(r.verdict.count(kind) for r in runs) for kind in ("true", "false", "precaution")
    }
    order = ("true", "precaution", "false")
    warned = sum(kinds.values())
    hits = [h for r in runs for h in r.verdict.hits]
    missed = [(r.seed, h.zone, h.object_id) for r in runs for h in r.verdict.outcomes("missed")]
    latencies = [x for r in runs for x in r.verdict.latencies_s]
    usable = [x for r in runs for x in r.verdict.usable_s]
    hours = sum(r.hours for r in runs)
    loudest = max(runs, key=lambda r: r.watches)
    rows = [
        ("seeds", f"{runs[0].seed}-{runs[-1].seed}"),
        ("simulated hours, plots", f"{hours:.2f}, {sum(r.plots for r in runs):,}"),
        ("threats: followed / in truth",
         f"{sum(r.followed for r in runs)} / {sum(r.hostile for r in runs)}"),
        ("impacts in zones", str(len(hits))),
        ("missed", f"{len(missed)} {missed if missed else ''}".strip()),
        ("zone warnings: true / precaution / false", " / ".join(str(kinds[k]) for k in order)),
        ("false share of zone warnings", f"{kinds['false'] / warned:.1%}" if warned else "no warning"),
        ("zones entering watch an hour", f"{sum(r.watches for r in runs) / hours:.2f}"),
        ("most of them in one run", f"{loudest.watches} (seed {loudest.seed})"),
        ("CPU s", f"{sum(r.cpu_s for r in runs):.0f}"),
    ]  # fmt: skip
    if latencies:
        rows += [
            ("after the third detection, median / worst, s",
             f"{np.median(latencies):.2f} / {max(latencies):.2f}"),
            ("usable seconds, p10 / p50", " / ".join(f"{q:.1f}" for q in np.percentile(usable, (10, 50)))),
        ]  # fmt: skip
    return [f"### {name}", "", "| | |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows), ""]


def main() -> None:
    """Run, print, and perhaps write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--seeds", type=numbers, default="1-20")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    lines = [f"`python benchmarks/catalogue.py {' '.join(args.names)} --seeds {words(args.seeds)}`; "
              f"Python {platform.python_version()}, {platform.machine()}.", ""]  # fmt: skip
    with ProcessPoolExecutor(args.workers) as pool:
        for name in args.names:
            lines += table(name, list(pool.map(judged, [name] * len(args.seeds), args.seeds)))
    tell("catalogue", "The catalogue over seeds", lines, write=args.write)


if __name__ == "__main__":
    main()
