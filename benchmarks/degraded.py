"""Our tracker where the radar is poorer, or the air another, than it expects: against itself with all data.

Each case is a raid of `raids.py` with one thing changed; the paired raid has the same seed. Ellipses: the
predictions of the whole engine at 5, 8, 12 and 18 s after a track's first plot (`honesty.py`).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from honesty import AGES_S, STALE_S  # isort: skip
from raids import Raid, write_raid  # isort: skip
from rampart.domain.messages import Prediction, TrackUpdate
from rampart.engine.engine import Engine
from rampart.engine.settings import EngineSettings
from rampart.metrics import score
from rampart.metrics.consistency import coverage
from rampart.metrics.identity import who_is_who
from rampart.metrics.truth import Truth
from rampart.runtime.sources import open_source

ALL_SAID: Final = EngineSettings(prediction_row_s=0.0, settled_refresh_s=0.0)
FULL: Final = Raid(targets=50)
CASES: Final = {
    "no Doppler": Raid(targets=50, doppler=False),
    "no elevation": Raid(targets=50, elevation=False),
    "sweep: plots as the antenna turns, 2 Hz": Raid(targets=50, turn_s=0.5),
    "rotating, a turn of 2 s": Raid(targets=50, turn_s=2.0),
    "merged plots": Raid(targets=50, merged=True),
    "foreign air": Raid(targets=50, foreign_air=True),
    "dense: two tubes at once, 0.2 s between rounds": Raid(targets=50, dense=True),
    "dense, Pd 0.6, clutter 100": Raid(targets=50, dense=True, pd=0.6, clutter=100.0),
}
HEADER: Final = (
    "case", "seeds", "GOSPA", "velocity error", "completeness", "spurious", "ID switches, full data",
    "90 % ellipse covers",
)  # fmt: skip

Landing = tuple[tuple[float, float], tuple[float, float, float]]
Measured = Sequence[tuple[dict[str, Any], list[Landing]]]


def tracked(folder: Path) -> dict[str, Any]:
    """Score and CPU ms a scan (p50, p99) of `rampart track` on the raid in `folder`."""
    tracks = folder / "ours.csv"
    command = [
        sys.executable, "-m", "rampart", "track", folder / "plots.csv", "--sensor", folder / "meta.json",
        "--out", tracks, "--json",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    cpu = json.loads(done.stdout)["scan_ms_cpu"]
    return score(folder / "truth.csv", tracks) | {"cpu_ms": cpu["p50"], "cpu_ms_p99": cpu["p99"]}


def landings(folder: Path, truth: Truth, zero_ns: int) -> Iterator[Landing]:
    """(miss, covariance) of the judged predictions of the engine on the raid in `folder`."""
    source = open_source(folder / "plots.csv", meta=folder / "meta.json")
    engine = Engine(source.site, ALL_SAID, simulated=True)
    shift_ns = zero_ns - source.epoch_ns  # the file's seconds count from the raid's first look
    said: dict[int, list[Prediction]] = {}
    seen: list[TrackUpdate] = []
    for message in source.messages:
        for out in engine.receive(message):
            if isinstance(out, Prediction) and out.cov_m2 is not None:
                said.setdefault(out.track, []).append(out)
            elif isinstance(out, TrackUpdate) and out.status != "ended":
                seen.append(_later(out, shift_ns))
    yield from judged(truth, seen, said, shift_ns)


def judged(
    truth: Truth, seen: list[TrackUpdate], said: dict[int, list[Prediction]], shift_ns: int
) -> Iterator[Landing]:
    """(miss, covariance) of what was `said` of landings at the set ages, `shift_ns` before the truth's time."""
    whose = who_is_who(truth, seen, said.keys())
    for track, predictions in said.items():
        i = whose.get(track, -1)
        if i < 0 or not np.isfinite(truth.impact_enu_m[i]).all():
            continue
        for age_s in AGES_S:
            at_ns = predictions[0].t_first_ns + round(age_s * 1e9)
            past = [p for p in predictions if p.t_ns <= at_ns]
            landed = at_ns + shift_ns >= truth.t_impact_ns[i]
            if landed or not past or at_ns - past[-1].t_ns > STALE_S * 1e9:
                continue
            x, y, _ = past[-1].impact_enu_m
            dx, dy = truth.impact_enu_m[i, :2] - (x, y)
            yield (float(dx), float(dy)), past[-1].cov_m2


def _later(update: TrackUpdate, by_ns: int) -> TrackUpdate:
    return msgspec.structs.replace(update, t_ns=update.t_ns + by_ns)


def covered(told: Sequence[Landing]) -> str:
    """Share inside the 90 % ellipse, of how many."""
    if not told:
        return "nothing said: height unknown"
    miss = np.array([m for m, _ in told])
    cov = np.array([[[xx, xy], [xy, yy]] for _, (xx, xy, yy) in told])
    share = coverage(miss, cov)[1]
    return f"{share.share:.3f} ({share.low:.3f} to {share.high:.3f}) of {share.of}"


def measure(raid: Raid, seed: int) -> tuple[dict[str, Any], list[Landing]]:
    """Score and judged landings of one raid."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        truth, zero_ns = write_raid(folder, raid, seed)
        return tracked(folder), list(landings(folder, truth, zero_ns))


def table(seeds: range) -> list[str]:
    """The table as lines of markdown."""
    full = [measure(FULL, seed) for seed in seeds]
    lines = ["| " + " | ".join(HEADER) + " |", "|" + "---|" * len(HEADER)]
    lines.append(_row("all data", full, full))
    for name, raid in CASES.items():
        lines.append(_row(name, [measure(raid, seed) for seed in seeds], full))
        print(lines[-1], flush=True)
    return lines


def _row(name: str, some: Measured, full: Measured) -> str:
    def mean(key: str) -> str:
        mine = [s[key] for s, _ in some]
        ratio = np.mean([s[key] / f[key] for (s, _), (f, _) in zip(some, full, strict=True)])
        return f"{np.mean(mine):.1f} ({ratio:.2f} x)"

    switches = [sum(s["id_switches"] for s, _ in part) for part in (some, full)]
    told = [landing for _, part in some for landing in part]
    share = [
        f"{np.mean([s[key] for s, _ in some]):.3f}" for key in ("completeness", "spuriousness")
    ]
    return " | ".join((
        f"| {name}", str(len(some)), mean("gospa_mean"), mean("velocity_accuracy_mps"), *share,
        f"{switches[0]}, {switches[1]}", f"{covered(told)} |",
    ))  # fmt: skip
