"""plots.csv as checked columns: every fault of the file at once, with line and column."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.domain.errors import ConfigError, Fault
from rampart.domain.values import number_or_nan

MAX_FAULTS: Final = 20
BACKWARDS_S: Final = 2.0
"""A plot may stand this much (and one scan) after a later one in the file; more is a faulty clock."""

Floats = npt.NDArray[np.float64]
_Place = tuple[int, Fault]  # line, fault


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    low: float
    high: float
    allowed: str
    optional: bool = False  # the whole column, or any field of it, may be missing
    whole: bool = False


_COLUMNS: Final = (
    _Column("scan", 0, 1e9, "a whole number from 0 to 1e9", optional=True, whole=True),
    _Column("time", 0.0, 4e9, "seconds from 0 to 4e9"),
    _Column("range_m", 0.0, 1e7, "metres from 0 to 1e7, or empty", optional=True),
    _Column("az_rad", -6.4, 6.4, "radians from -6.4 to 6.4"),
    _Column("el_rad", -1.6, 1.6, "radians from -1.6 to 1.6, or empty", optional=True),
    _Column("rr_mps", -1e5, 1e5, "m/s from -1e5 to 1e5, or empty", optional=True),
    _Column("snr_db", -200.0, 300.0, "dB from -200 to 300, or empty", optional=True),
    _Column("rcs_dbsm", -200.0, 300.0, "dBsm from -200 to 300, or empty", optional=True),
)
_REQUIRED: Final = ("plot_id", "time", "sensor", "range_m", "az_rad")


@dataclass(frozen=True, slots=True)
class PlotTable:
    """The columns of a plots.csv in file order, NaN where empty; `scan` None where there is none.

    `plot_id` and `sensor` are the texts of the file. `remarks`: what was passed over or put right.
    """

    plot_id: Sequence[str]
    sensor: Sequence[str]
    scan: npt.NDArray[np.int64] | None
    number: dict[str, Floats]
    remarks: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.plot_id)


def read_table(path: str | Path, *, scan_period_s: float) -> PlotTable:
    """The checked columns of the plots.csv at `path`.

    Raises ConfigError naming up to `MAX_FAULTS` faults by line and column: a missing file or column,
    no rows, what is no number, NaN, infinities, values out of range, a plot id given twice, and time
    that runs back by more than `BACKWARDS_S` and a scan.
    """
    lines, cells = _split(path)
    number: dict[str, Floats] = {}
    faults: list[_Place] = []
    for column in _COLUMNS:
        texts = cells.get(column.name) or ("",) * len(lines)
        number[column.name], found = _numbers(column, texts, lines)
        faults += found if column.name in cells else []
    faults += _pointless(number["range_m"], number["rr_mps"], cells["range_m"], lines)
    faults += _doubled(cells["plot_id"], lines)
    faults += [
        (line, Fault(f"line {line}, column sensor", "nothing", "a name"))
        for line, text in zip(lines, cells["sensor"], strict=True)
        if not text
    ]
    faults += _backwards(number["time"], lines, BACKWARDS_S + scan_period_s)
    scan = number.pop("scan")
    without = np.flatnonzero([not text for text in cells.get("scan", ())])
    if 0 < len(without) < len(lines):
        where = f"line {lines[without[0]]}, column scan"
        allowed = "a scan for every plot, or for none"
        faults.append((lines[without[0]], Fault(where, "nothing", allowed)))
    if faults:
        raise ConfigError(str(path), _capped(faults))
    return PlotTable(
        plot_id=cells["plot_id"],
        sensor=cells["sensor"],
        scan=None if np.isnan(scan).any() else scan.astype(np.int64),
        number=number,
        remarks=(*_unread(cells), *_sorted(cells["sensor"], number["time"])),
    )


def _unread(cells: dict[str, Sequence[str]]) -> list[str]:
    """A misspelt name costs a whole column, such as the Doppler, and must be seen."""
    read = tuple(dict.fromkeys((*_REQUIRED, *(c.name for c in _COLUMNS if c.optional))))
    strangers = [name[:40] for name in cells if name not in read]
    if not strangers:
        return []
    return [f"columns not read: {' '.join(map(repr, strangers))}; those that are: {' '.join(read)}"]


def _sorted(sensor: Sequence[str], time_s: Floats) -> list[str]:
    """How many rows stand after a later one of their own sensor, which no order of delivery explains."""
    names = np.array(sensor)
    count = 0
    for name in sorted(set(sensor)):
        own_s = time_s[names == name]
        count += int((own_s < np.maximum.accumulate(own_s)).sum())
    return [f"sorted by time: {count:,} row{'s' * (count > 1)} out of order"] if count else []


def _split(path: str | Path) -> tuple[list[int], dict[str, Sequence[str]]]:
    """(line number of each row, texts by column); blank lines are passed over."""
    try:
        lines, counts, fields = _fields(Path(path).read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(str(path), [Fault("file", "nothing there", "an existing file")]) from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        found = f"unreadable ({error})"
        raise ConfigError(str(path), [Fault("file", found, "comma-separated UTF-8 text")]) from None
    wanted = ",".join((*_REQUIRED, "el_rad rr_mps snr_db rcs_dbsm scan (these may be absent)"))
    if not lines:
        raise ConfigError(str(path), [Fault("file", "nothing in it", f"a header row: {wanted}")])
    top, width = lines.pop(0), counts.pop(0)
    header = [name.strip() for name in fields[:width]]
    faults = [
        (top, Fault(f"line {top}", f"no column {name}", f"the columns {wanted}"))
        for name in _REQUIRED
        if name not in header
    ]
    faults += [
        (top, Fault(f"line {top}", f"column {name!r} twice", "each column once"))
        for name in sorted({name for name in header if header.count(name) > 1})
    ]
    if not lines:
        faults.append((top, Fault("file", "no plots", "at least one row below the header")))
    faults += [
        (line, Fault(f"line {line}", f"{count} fields", f"{width}, as in the header"))
        for line, count in zip(lines, counts, strict=True)
        if count != width
    ]
    if faults:
        raise ConfigError(str(path), _capped(faults))
    return lines, {name: fields[width + i :: width] for i, name in enumerate(header)}


def _fields(text: str) -> tuple[list[int], list[int], list[str]]:
    """(line number of each row, its number of fields, the fields of all rows in one flat list)."""
    if '"' in text:
        reader = csv.reader(io.StringIO(text), strict=True)
        table = [(reader.line_num, row) for row in reader if row]
        fields = [field for _, row in table for field in row]
        return [line for line, _ in table], [len(row) for _, row in table], fields
    # Without quotes every comma parts two fields: no list is made for each row.
    rows = [(line, row) for line, row in enumerate(text.split("\n"), start=1) if row]
    fields = ",".join([row for _, row in rows]).split(",") if rows else []
    return [line for line, _ in rows], [row.count(",") + 1 for _, row in rows], fields


def _numbers(
    column: _Column, texts: Sequence[str], lines: list[int]
) -> tuple[Floats, list[_Place]]:
    """(values, a fault for each field that is no allowed number); NaN where a field is empty."""
    try:
        values = np.array([float(text) if text else math.nan for text in texts])
    except ValueError:
        values = np.array([number_or_nan(text) for text in texts])
    bad = ~((values >= column.low) & (values <= column.high))  # true for NaN
    if column.whole:
        bad |= values != np.floor(values)
    faults = [
        (
            lines[i],
            Fault(
                f"line {lines[i]}, column {column.name}",
                repr(texts[i][:40]) if texts[i] else "nothing",
                column.allowed,
            ),
        )
        for i in np.flatnonzero(bad).tolist()
        if not column.optional or texts[i].strip()
    ]
    return values, faults


def _pointless(
    range_m: Floats, rate_mps: Floats, texts: Sequence[str], lines: list[int]
) -> list[_Place]:
    """A range rate without the range that it is the rate of: a column has slipped."""
    allowed = "metres from 0 to 1e7, or empty where rr_mps is too"
    return [
        (lines[i], Fault(f"line {lines[i]}, column range_m", "nothing", allowed))
        for i in np.flatnonzero(np.isnan(range_m) & ~np.isnan(rate_mps)).tolist()
        if not texts[i].strip()
    ]


def _doubled(ids: Sequence[str], lines: list[int]) -> list[_Place]:
    if len(set(ids)) == len(ids) and "" not in ids:
        return []
    first: dict[str, int] = {}
    faults: list[_Place] = []
    for line, plot in zip(lines, ids, strict=True):
        where = f"line {line}, column plot_id"
        if not plot:
            faults.append((line, Fault(where, "nothing", "a name used once")))
        elif first.setdefault(plot, line) != line:
            found = f"{plot[:40]!r} again, first on line {first[plot]}"
            faults.append((line, Fault(where, found, "each plot once")))
    return faults


def _backwards(time_s: Floats, lines: list[int], bound_s: float) -> list[_Place]:
    time_s = np.where(np.isfinite(time_s), time_s, np.nan)  # others are faults already
    latest_s = np.fmax.accumulate(time_s)
    return [
        (
            lines[i],
            Fault(
                f"line {lines[i]}, column time",
                f"{time_s[i]:.10g} after {latest_s[i]:.10g}",
                f"time that runs back by at most {bound_s:g} s",
            ),
        )
        for i in np.flatnonzero(latest_s - time_s > bound_s).tolist()
    ]


def _capped(faults: list[_Place]) -> list[Fault]:
    """The first `MAX_FAULTS` by line, and how many more there are."""
    ordered = [fault for _, fault in sorted(faults, key=lambda place: place[0])]
    more = len(ordered) - MAX_FAULTS
    if more <= 0:
        return ordered
    return [*ordered[:MAX_FAULTS], Fault("further lines", f"{more} more faults", "none")]
