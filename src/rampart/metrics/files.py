"""Reading truth and tracks from CSV, and the score of one against the other."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from rampart.domain.errors import ConfigError, Fault
from rampart.domain.values import number_or_nan
from rampart.metrics.association import CONFIRM, MISSES, WITHIN_M
from rampart.metrics.ospa import CUT_OFF_M, ORDER, gospa, mean, ospa
from rampart.metrics.paths import LIMIT, SNAP_S, Floats, Paths, snapped
from rampart.metrics.siap import Siap, siap

POSITION: Final = ("x", "y", "z")
VELOCITY: Final = ("vx", "vy", "vz")
MEASURES: Final = {
    "completeness": "share of scans of true objects at which one was tracked, 1 is ideal (SIAP)",
    "ambiguity": "tracks on a tracked object, 1 is ideal",
    "spuriousness": "share of scans of tracks that follow no object, 0 is ideal",
    "completeness_by_rows": "completeness but for scans at which truth or track has no row",
    "spuriousness_by_rows": "spuriousness but for those",
    "position_accuracy_m": "mean error of tracks that follow an object",
    "velocity_accuracy_mps": "likewise, of the rows that have a velocity",
    "id_switches": "changes of track number beyond what each object needed",
    "rate_track_number_change": "those a second of tracking",
    "longest_segment": "share of lifetimes under the longest-lived number, 1 is ideal",
    "gospa_mean": "m, a scan",
    "ospa_mean": "m, a scan",
    "gospa_localisation_mean": "m^p a scan, of the objects that are tracked",
    "gospa_missed_mean": "m^p a scan, of those that are not",
    "gospa_false_mean": "m^p a scan, of tracks without an object",
    "missed_objects_per_scan": "as GOSPA pairs them",
    "false_objects_per_scan": "likewise",
    "truths": "objects that were visible at least once",
    "tracks": "with at least one row on a scan",
    "truths_never_tracked": "of the objects",
    "track_delay_s_p50": "s from an object's first visible row to its first track, median",
    "track_delay_s_p90": "s, nine in ten",
    "rows_off_scan_times": "rows of tracks more than a millisecond off every scan: left out",
    "params": "settings: association of SIAP, cut-off and order of GOSPA and OSPA",
}
"""What `score` tells, in its order, and how to read it."""
_FAULTS_SHOWN: Final = 20


def read_truth(path: str | Path) -> tuple[Paths, Floats]:
    """(paths of the visible rows, times in s at which the truth was sampled, visible or not).

    Columns: `time truth_id x y z`; optional `vx vy vz` and `visible` (1: a sensor could see it; only
    such rows are scored; 0: none could); others are ignored. Raises ConfigError, also where there is no row.
    """
    ids, numbers = _read(path, "truth_id", optional=("visible",))
    if not ids:
        raise ConfigError(str(path), [Fault("file", "no row", "at least one below the header")])
    seen = numbers.get("visible", np.ones(len(ids))) == 1
    paths = Paths.of(
        np.array(ids)[seen],
        numbers["time"][seen],
        np.column_stack([numbers[c] for c in POSITION])[seen],
        np.column_stack([numbers[c] for c in VELOCITY])[seen],
    )
    return paths, np.unique(numbers["time"])


def read_tracks(path: str | Path) -> Paths:
    """Paths of a tracker's output: `time track_id x y z`, optional `vx vy vz status`; raises ConfigError.

    A row of status ``ended`` closes its track and is no estimate. No row at all is a tracker that saw nothing.
    """
    ids, numbers = _read(path, "track_id")
    return Paths.of(
        ids,
        numbers["time"],
        np.column_stack([numbers[c] for c in POSITION]),
        np.column_stack([numbers[c] for c in VELOCITY]),
    )


def score(truth_csv: str | Path, tracks_csv: str | Path) -> dict[str, Any]:
    """GOSPA, OSPA and SIAP of a tracker's output: plain numbers by name (`MEASURES`), None where not defined.

    Every row of the tracks counts but those of status ``ended``; rows that lie on no scan are left out and
    counted. Raises ConfigError, also where all of them lie on none.
    """
    seen, sampled_s = read_truth(truth_csv)
    read = read_tracks(tracks_csv)
    scans_s = scan_times(sampled_s, read.times_s)
    truth, _ = snapped(seen, scans_s)
    tracks, off = snapped(read, scans_s)
    if len(read) and not len(tracks):
        found = f"{_span(read.times_s)} s, nowhere on a scan of {truth_csv}"
        allowed = f"times within 1 ms of its scans, {_span(_merged(sampled_s))} s"
        raise ConfigError(str(tracks_csv), [Fault("column time", found, allowed)])
    picture, g, o = siap(truth, tracks), gospa(truth, tracks), ospa(truth, tracks)
    values = {
        "completeness": picture.completeness,
        "ambiguity": picture.ambiguity,
        "spuriousness": picture.spuriousness,
        "completeness_by_rows": picture.completeness_by_rows,
        "spuriousness_by_rows": picture.spuriousness_by_rows,
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
    undefined = _of_nothing(truth, tracks, picture)
    return {
        name: None if name in undefined or np.isnan(value) else value
        for name, value in values.items()
    } | {
        "params": {
            "assoc_threshold_m": WITHIN_M, "confirm": CONFIRM, "misses": MISSES,
            "gospa_c": CUT_OFF_M, "gospa_p": ORDER,
        }
    }  # fmt: skip


def _of_nothing(truth: Paths, tracks: Paths, picture: Siap) -> set[str]:
    """Names of the measures that have nothing to be a share or a mean of."""
    names: set[str] = set()
    if not len(truth):
        names |= {"completeness", "completeness_by_rows"}
    if len(truth) == len(truth.times_s):  # of one row each: no lifetime
        names.add("longest_segment")
    if not len(tracks):
        names |= {"spuriousness", "spuriousness_by_rows"}
    if picture.never_tracked == len(truth):
        names |= {
            "ambiguity", "position_accuracy_m", "velocity_accuracy_mps", "rate_track_number_change",
        }  # fmt: skip
    if not len(truth) and not len(tracks):
        names |= {
            "gospa_mean", "ospa_mean", "gospa_localisation_mean", "gospa_missed_mean",
            "gospa_false_mean", "missed_objects_per_scan", "false_objects_per_scan",
        }  # fmt: skip
    return names


def scan_times(sampled_s: Floats, tracked_s: Floats) -> Floats:
    """The scans (s,), in s and sorted, of a run whose truth was sampled at `sampled_s` (sorted).

    Samples within half of `SNAP_S` of one another are one scan. A truth on an even grid says nothing of
    scans at which nothing flew: wherever the tracks have rows, at `tracked_s`, the grid then goes on over
    gaps and beyond both ends, up to ten times its length, so that false tracks count there too.
    """
    scans = _merged(sampled_s)
    if len(scans) < 3:
        return scans
    steps = np.diff(scans)
    index = np.concatenate([[0.0], np.cumsum(np.rint(steps / np.median(steps)))])
    # the line through all scans: any one step is off by the last decimal, which adds up over a long run
    origin, middle_s = index.mean(), scans.mean()
    step = (index - origin) @ (scans - middle_s) / np.square(index - origin).sum()
    if np.abs(middle_s + (index - origin) * step - scans).max() > SNAP_S / 2:
        return scans
    more = np.unique(np.rint((tracked_s - middle_s) / step + origin))
    more = more[np.abs(more) <= 10 * (index[-1] + 1)]  # farther off is another epoch, no longer run
    return np.union1d(scans, middle_s + (np.setdiff1d(more, index) - origin) * step)


def _merged(times_s: Floats) -> Floats:
    """The first of all `times_s` (sorted) that lie within half of `SNAP_S` after it, again and again."""
    firsts: list[float] = []
    for t in times_s.tolist():
        if not firsts or t - firsts[-1] > SNAP_S / 2:
            firsts.append(t)
    return np.array(firsts)


def _span(times_s: Floats) -> str:
    return f"{times_s.min():.12g} to {times_s.max():.12g}"


def _percentile(values: Sequence[float], q: float) -> float:
    return float(np.percentile(values, q)) if values else float("nan")


def _read(
    path: str | Path, id_column: str, optional: Sequence[str] = ()
) -> tuple[list[str], dict[str, Floats]]:
    """(ids, columns of numbers); velocity columns that are absent or empty are nan."""
    name = str(path)
    required = ("time", *POSITION)
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            header = next(reader, [])
            rows = [(reader.line_num, row) for row in reader if row]
    except OSError as error:
        found = error.strerror or str(error)
        raise ConfigError(name, [Fault("file", found, "a readable CSV file")]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(name, [Fault("file", str(error), "a CSV file in UTF-8")]) from error
    twice = sorted({c for c in header if header.count(c) > 1})
    if twice:
        raise ConfigError(name, [Fault("line 1", f"{','.join(twice)} twice", "each column once")])
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
    _refuse(name, faults)
    at = {c: header.index(c) for c in header}
    if id_column == "track_id" and "status" in at:
        rows = [(line, row) for line, row in rows if row[at["status"]] != "ended"]
    numbers: dict[str, Floats] = {}
    for column in (*required, *VELOCITY, *optional):
        if column in at:
            texts = [(line, row[at[column]]) for line, row in rows]
            numbers[column] = _numbers(column, texts, faults)
        elif column in VELOCITY:
            numbers[column] = np.full(len(rows), np.nan)
    faults += [
        Fault(f"line {line}, {id_column}", "nothing", "a name")
        for line, row in rows
        if not row[at[id_column]]
    ]
    _refuse(name, faults)
    ids = [row[at[id_column]] for _, row in rows]
    first: dict[tuple[str, float], int] = {}
    for (line, _), key in zip(rows, zip(ids, numbers["time"].tolist(), strict=True), strict=True):
        if first.setdefault(key, line) != line:
            found = f"{key[0]!r} at {key[1]:.12g} s, as line {first[key]}"
            faults.append(Fault(f"line {line}", found, "one place for each object at a time"))
    _refuse(name, faults)
    return ids, numbers


def _refuse(name: str, faults: list[Fault]) -> None:
    """ConfigError of the first faults, and how many more there are."""
    if len(faults) > _FAULTS_SHOWN:
        more = f"{len(faults) - _FAULTS_SHOWN} more like these"
        faults = [*faults[:_FAULTS_SHOWN], Fault("file", more, "none")]
    if faults:
        raise ConfigError(name, faults)


def _numbers(column: str, texts: Sequence[tuple[int, str]], faults: list[Fault]) -> Floats:
    """`texts` of (line, text) as numbers; appends a fault for each that the column does not allow."""
    values = np.array([number_or_nan(text) for _, text in texts])
    if column == "visible":
        good, allowed = np.isin(values, (0, 1)), "0 or 1"
    else:
        good, allowed = np.abs(values) <= LIMIT, f"a number from {-LIMIT:g} to {LIMIT:g}"
    if column in VELOCITY:  # which not every tracker estimates
        good |= np.array([text.strip().lower() in ("", "nan") for _, text in texts], bool)
        allowed += ", or empty"
    for line, text in (texts[i] for i in np.flatnonzero(~good).tolist()):
        faults.append(Fault(f"line {line}, {column}", repr(text[:40]), allowed))
    return values
