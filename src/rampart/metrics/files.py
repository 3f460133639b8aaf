"""Reading truth and tracks from CSV, and the score of one against the other."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from rampart.domain.errors import ConfigError, Fault
from rampart.metrics.association import CONFIRM, MISSES, WITHIN_M
from rampart.metrics.ospa import CUT_OFF_M, ORDER, gospa, mean, ospa
from rampart.metrics.paths import SNAP_S, Floats, Paths, snapped
from rampart.metrics.siap import siap

POSITION: Final = ("x", "y", "z")
VELOCITY: Final = ("vx", "vy", "vz")
_FAULTS_SHOWN: Final = 20


def read_truth(path: str | Path) -> tuple[Paths, Floats]:
    """(paths of the visible rows, times in s at which the truth was sampled, visible or not).

    Columns: `time truth_id x y z`; optional `vx vy vz` and `visible` (1: a sensor could see it; only
    such rows are scored); others are ignored. Raises ConfigError.
    """
    ids, numbers = _read(path, "truth_id", optional=("visible",))
    visible = numbers.get("visible")
    seen = np.ones(len(ids), bool) if visible is None else visible == 1
    paths = Paths.of(
        np.array(ids)[seen],
        numbers["time"][seen],
        np.column_stack([numbers[c] for c in POSITION])[seen],
        np.column_stack([numbers[c] for c in VELOCITY])[seen],
    )
    return paths, np.unique(numbers["time"])


def read_tracks(path: str | Path) -> Paths:
    """Paths of a tracker's output: `time track_id x y z`, optional `vx vy vz status`; raises ConfigError.

    A row of status ``ended`` closes its track and is no estimate.
    """
    ids, numbers = _read(path, "track_id")
    return Paths.of(
        ids,
        numbers["time"],
        np.column_stack([numbers[c] for c in POSITION]),
        np.column_stack([numbers[c] for c in VELOCITY]),
    )


def score(truth_csv: str | Path, tracks_csv: str | Path) -> dict[str, Any]:
    """GOSPA, OSPA and SIAP of a tracker's output: plain numbers by name, None where not defined.

    Every row of the tracks counts but those of status ``ended``; rows that lie on no scan are left out and
    counted. Raises ConfigError.
    """
    truth, sampled_s = read_truth(truth_csv)
    tracks, off = snapped(read := read_tracks(tracks_csv), scan_times(sampled_s, read.times_s))
    picture, g, o = siap(truth, tracks), gospa(truth, tracks), ospa(truth, tracks)
    values = {
        "completeness": picture.completeness,
        "ambiguity": picture.ambiguity,
        "spuriousness": picture.spuriousness,
        "position_accuracy_m": picture.position_accuracy_m,
        "velocity_accuracy_mps": picture.velocity_accuracy_mps,
        "id_switches": picture.track_number_changes,
        "rate_track_number_change": picture.rate_of_change_hz,
        "longest_segment": picture.longest_segment,
        "gospa_mean": g.mean,
        "ospa_mean": o.mean,
        "gospa_localisation_mean": mean(g.localisation),
        "gospa_missed_mean": mean(g.missed),
        "gospa_false_mean": mean(g.false),
        "missed_objects_per_scan": g.missed_objects,
        "false_objects_per_scan": g.false_objects,
        "truths": len(truth),
        "tracks": len(tracks),
        "truths_never_tracked": picture.never_tracked,
        "track_delay_s_p50": _percentile(picture.delays_s, 50),
        "track_delay_s_p90": _percentile(picture.delays_s, 90),
        "rows_off_scan_times": off,
    }
    return {name: None if np.isnan(value) else value for name, value in values.items()} | {
        "params": {
            "assoc_threshold_m": WITHIN_M, "confirm": CONFIRM, "misses": MISSES,
            "gospa_c": CUT_OFF_M, "gospa_p": ORDER,
        }
    }  # fmt: skip


def scan_times(sampled_s: Floats, tracked_s: Floats) -> Floats:
    """The scans of a run whose truth was sampled at `sampled_s` (sorted).

    A truth on an even grid says nothing of scans at which nothing flew: the grid then goes on over gaps
    and as far as there are tracks, so that false tracks count there too.
    """
    if len(sampled_s) < 3 or not len(tracked_s):
        return sampled_s
    step = float(np.median(np.diff(sampled_s)))
    first = sampled_s[0]
    index = np.rint((sampled_s - first) / step)
    if np.abs(first + index * step - sampled_s).max() > SNAP_S / 2:
        return sampled_s
    low = np.floor((min(tracked_s.min(), first) - first) / step)
    high = np.ceil((max(tracked_s.max(), sampled_s[-1]) - first) / step)
    if high - low > 10 * (index[-1] + 1):  # a file in another epoch, not a longer run
        return sampled_s
    grid = first + step * np.arange(low, high + 1)
    grid[(index - low).astype(int)] = sampled_s
    return np.asarray(grid)


def _percentile(values: Sequence[float], q: float) -> float:
    return float(np.percentile(values, q)) if values else float("nan")


def _read(
    path: str | Path, id_column: str, optional: Sequence[str] = ()
) -> tuple[list[str], dict[str, Floats]]:
    """(ids, columns of numbers); velocity columns that are absent or empty are nan."""
    name = str(path)
    required = ("time", *POSITION)
    try:
        with open(path, newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            rows = [(reader.line_num, row) for row in reader if row]
    except OSError as error:
        found = error.strerror or str(error)
        raise ConfigError(name, [Fault("file", found, "a readable CSV file")]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(name, [Fault("file", str(error), "a CSV file in UTF-8")]) from error
    missing = [c for c in (id_column, *required) if c not in header]
    if missing:
        found = ",".join(header) or "no header"
        raise ConfigError(
            name, [Fault("line 1", found, f"a header with {','.join((id_column, *required))}")]
        )
    faults = [
        Fault(f"line {line}", f"{len(row)} fields", f"{len(header)} fields")
        for line, row in rows
        if len(row) != len(header)
    ]
    if faults:
        raise ConfigError(name, faults[:_FAULTS_SHOWN])
    at = {c: header.index(c) for c in header}
    if id_column == "track_id" and "status" in at:
        rows = [(line, row) for line, row in rows if row[at["status"]] != "ended"]
    numbers: dict[str, Floats] = {}
    for column in (*required, *VELOCITY, *optional):
        if column in at:
            texts = [(line, row[at[column]]) for line, row in rows]
            numbers[column] = _numbers(column, texts, column in required, faults)
        elif column in VELOCITY:
            numbers[column] = np.full(len(rows), np.nan)
    if faults:
        raise ConfigError(name, faults[:_FAULTS_SHOWN])
    return [row[at[id_column]] for _, row in rows], numbers


def _numbers(
    column: str, texts: Sequence[tuple[int, str]], required: bool, faults: list[Fault]
) -> Floats:
    """`texts` as numbers; appends a fault for each that is not one (or not finite, or empty if required)."""
    values = np.empty(len(texts))
    for i, (line, text) in enumerate(texts):
        try:
            values[i] = float(text) if text or required else np.nan
        except ValueError:
            faults.append(Fault(f"line {line}, {column}", repr(text), "a number"))
            continue
        if required and not np.isfinite(values[i]):
            faults.append(Fault(f"line {line}, {column}", repr(text), "a finite number"))
    return values
