"""Our tracker and Stone Soup on the same plots, judged by the same code.

    python benchmarks/tracker_vs_stonesoup.py [--cases n10 hard ...] [--seeds 10] [--first-seed 101] [--write]

Each seed of a case is one raid of our simulator (`raids.py`), tracked by `rampart track` and by Stone Soup
(`stonesoup_tracker.py`, in the venv .peers/stonesoup), each in a process of its own, one after the other, and
judged by `rampart.metrics.score`. Figures are means over the seeds of paired ratios ours / theirs (of paired
differences ours - theirs for shares), with the 95 % interval of the mean (Student's t). CPU is the median
over the scans of the time inside the tracker. `--write` puts the table into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.special import stdtrit

from raids import Raid, write_raid  # isort: skip
from rampart.metrics import score

ROOT: Final = Path(__file__).resolve().parent.parent
PEER: Final = ROOT / ".peers" / "stonesoup" / "bin" / "python"
PAGE: Final = ROOT / "docs" / "benchmarks.md"
BEGIN: Final = "<!-- tracker_vs_stonesoup.py: begin -->"
END: Final = "<!-- tracker_vs_stonesoup.py: end -->"

CASES: Final = {
    "n10": Raid(targets=10),
    "n50": Raid(targets=50),
    "n100": Raid(targets=100),
    "n200": Raid(targets=200),
    "hard": Raid(targets=50, clutter=100.0, pd=0.6),
    "impacts": Raid(targets=50, seconds=60.0, launch_window_s=20.0),
}
RATIOS: Final = (
    "gospa_mean",
    "ospa_mean",
    "position_accuracy_m",
    "velocity_accuracy_mps",
    "cpu_ms",
)
DIFFERENCES: Final = ("completeness", "spuriousness")
HEADER: Final = (
    "case", "seeds", "GOSPA", "OSPA", "position error", "velocity error", "completeness", "spurious",
    "ID switches ours / theirs", "CPU a scan theirs / ours", "CPU ms a scan, ours p50 / p99",
)  # fmt: skip


def compared(raid: Raid, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """(ours, theirs): the score and the CPU ms a scan (p50, p99) of both on one raid."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_raid(folder, raid, seed)
        plots, meta = folder / "plots.csv", folder / "meta.json"
        ours, theirs = folder / "ours.csv", folder / "theirs.csv"
        track = [
            sys.executable,
            "-m",
            "rampart",
            "track",
            plots,
            "--sensor",
            meta,
            "--out",
            ours,
            "--json",
        ]
        peer = [PEER, ROOT / "benchmarks" / "stonesoup_tracker.py", plots, meta, theirs]
        results = []
        for command, tracks in ((track, ours), (peer, theirs)):
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            cpu = json.loads(done.stdout)["scan_ms_cpu"]
            result = score(folder / "truth.csv", tracks)
            results.append(result | {"cpu_ms": cpu["p50"], "cpu_ms_p99": cpu["p99"]})
    return results[0], results[1]


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """(mean, low, high): the 95 % interval of the mean by Student's t; infinite for a single value."""
    v = np.asarray(values, float)
    if len(v) < 2:
        return float(v.mean()), -np.inf, np.inf
    half = stdtrit(len(v) - 1, 0.975) * v.std(ddof=1) / np.sqrt(len(v))
    return float(v.mean()), float(v.mean() - half), float(v.mean() + half)


def row(name: str, pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> list[str]:
    """One line of the table."""

    def said(values: Sequence[float], form: str) -> str:
        mean, low, high = mean_interval(values)
        return f"{mean:{form}} ({low:{form}} to {high:{form}})"

    ratio = {k: said([a[k] / b[k] for a, b in pairs], ".3f") for k in RATIOS}
    difference = {k: said([a[k] - b[k] for a, b in pairs], "+.4f") for k in DIFFERENCES}
    switches = [sum(side[k]["id_switches"] for side in pairs) for k in (0, 1)]
    return [
        name,
        str(len(pairs)),
        ratio["gospa_mean"],
        ratio["ospa_mean"],
        ratio["position_accuracy_m"],
        ratio["velocity_accuracy_mps"],
        difference["completeness"],
        difference["spuriousness"],
        f"{switches[0]} / {switches[1]}",
        said([b["cpu_ms"] / a["cpu_ms"] for a, b in pairs], ".0f"),
        f"{np.median([a['cpu_ms'] for a, _ in pairs]):.2f} / {np.max([a['cpu_ms_p99'] for a, _ in pairs]):.2f}",
    ]


def markdown(rows: Sequence[Sequence[str]], seeds: range) -> str:
    """The table with its conditions."""
    lines = [
        "## Our tracker and Stone Soup on the same plots",
        "",
        "Made by `python benchmarks/tracker_vs_stonesoup.py --write`. Ours / Stone Soup's (completeness and "
        "spurious: ours - theirs), mean over the seeds with its 95 % interval; below 1 is better. Raids of "
        f"our own simulator, seeds {seeds.start} to {seeds.stop - 1}, 2 Hz, 30 s, clutter 20 and Pd 0.9 unless "
        "said (hard: 50 targets, clutter 100, Pd 0.6; impacts: 50 targets, 60 s). Stone Soup 1.9.1: CA q = 1, "
        "EKF, kd-tree GNN. Judge: `rampart.metrics.score`. CPU: inside the tracker, one thread, "
        f"{platform.machine()}, Python {platform.python_version()}.",
        "",
        "| " + " | ".join(HEADER) + " |",
        "|" + "---|" * len(HEADER),
    ]
    return "\n".join([*lines, *("| " + " | ".join(r) + " |" for r in rows)])


def put_into(page: Path, text: str) -> None:
    """Replaces what stands between the markers of the page, or appends them."""
    old = page.read_text(encoding="utf-8") if page.exists() else "# Benchmarks\n"
    block = f"{BEGIN}\n{text}\n{END}"
    if BEGIN in old:
        head, rest = old.split(BEGIN, 1)
        new = head + block + rest.split(END, 1)[1]
    else:
        new = f"{old.rstrip()}\n\n{block}\n"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(new, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=101)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if not PEER.exists():
        sys.exit("Stone Soup is not there; run .ci/peers.sh")
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    rows = []
    for name in options.cases:
        pairs = []
        for seed in seeds:
            pairs.append(compared(CASES[name], seed))
            print(f"{name} seed {seed}", file=sys.stderr)
        rows.append(row(name, pairs))
        print(dict(zip(HEADER, rows[-1], strict=True)), flush=True)
    if options.write:
        put_into(PAGE, markdown(rows, seeds))


if __name__ == "__main__":
    main()
