"""`rampart.run`: the main job from Python, with its result files as columns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rampart.cli.job import Plan, perform
from rampart.cli.opening import open_job
from rampart.formats.results import ORIGINS, PREDICTIONS, TRACKS, WARNINGS, Table, read_table


@dataclass(frozen=True, slots=True)
class Result:
    """What a run gave: `summary` as in summary.json, the four result files as columns, their folder,
    and what of the source was passed over or put right, in words."""

    summary: dict[str, Any]
    tracks: Table
    predictions: Table
    warnings: Table
    origins: Table
    folder: Path
    remarks: tuple[str, ...]


def run(
    source: str | Path,
    *,
    site: str | None = None,
    sensor: str | None = None,
    asterix: str | None = None,
    out: str | Path | None = None,
    until_s: float | None = None,
    seed: int | None = None,
    recompute: bool = False,
) -> Result:
    """Runs SOURCE as `rampart run` does and returns its result.

    Raises UsageError and ConfigError where the input is at fault.
    """
    job = open_job(str(source), site=site, meta=sensor, editions=asterix, seed=seed)
    folder = Path(out) if out is not None else None
    done = perform(job, Plan(out=folder, until_s=until_s, recompute=recompute))
    folder = done.folder
    return Result(
        summary=done.summary,
        tracks=read_table(folder / "tracks.csv", TRACKS),
        predictions=read_table(folder / "predictions.csv", PREDICTIONS),
        warnings=read_table(folder / "warnings.csv", WARNINGS),
        origins=read_table(folder / "origins.csv", ORIGINS),
        folder=folder,
        remarks=job.remarks + (job.reader.remarks if job.reader else ()),
    )
