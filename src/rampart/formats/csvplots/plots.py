"""plots.csv as the messages of a radar: batches of plots, and Ticks on the grid of its scans."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rampart.domain.errors import ConfigError, Fault
from rampart.domain.messages import PLOT_DTYPE, Input, Plot, PlotBatch, Tick, batch_from_plots
from rampart.domain.site import Sensor
from rampart.domain.time import NS_PER_S
from rampart.formats.csvplots.table import PlotTable, read_table

HEADER: Final = (
    "plot_id", "scan", "time", "sensor", "range_m", "az_rad", "el_rad", "rr_mps", "snr_db", "rcs_dbsm",
)  # fmt: skip
LEAST_FOLLOWED: Final = 20  # plots, of which may be said how often they come
FASTEST_MPS: Final = 1_000.0
SIGMAS: Final = 6.0
TWICE_S: Final = 0.005  # one echo that is delivered twice
SUB_SCAN_NS: Final = 20_000_000
"""Plots within 20 ms travel together: those of a rotating antenna do not wait for the whole turn."""
GRID_S: Final = 0.5
"""Seconds between Ticks where there is no `scan` column."""
INSTANT_NS: Final = 1_000_000
"""How far a plot may be from scan / rate and still be of that instant."""
ROUNDING_NS: Final = 1_000
"""How far after its instant a time may stand through rounding to six decimals."""
QUIET_S: Final = 600.0
"""Ticks go on this long into a gap without plots, then rest until the next plot."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Order:
    """How plots travel: those of one `tick` (its number) and one `part` of it arrive together."""

    tick: Ints
    part: Ints
    period_ns: float
    first: int  # Tick that opens the recording, and the one that ends it
    last: int
    complete: bool


def read_plots(
    path: str | Path,
    sensor: Sensor | Sequence[Sensor],
    *,
    epoch_ns: int = 0,
    scans: int | None = None,
    remarks: list[str] | None = None,
) -> list[PlotBatch | Tick]:
    """The messages of a plots.csv, in order of arrival; its times count from `epoch_ns`.

    A file read for one `sensor` may call it what it likes; with several, its `sensor` column holds
    their ids, or SAC/SIC as in "7/9". Where every plot of a `scan` stands at scan / rate: one complete
    batch a scan, then its Tick. Where plots have times of their own: batches of at most 20 ms, each
    before the Tick at or after it, and Ticks at scan / rate. Scans without plots have their Tick too, up
    to `scans` where that is told. Without the column, or where a plot's time is more than half a scan
    outside its scan: batches of at most 20 ms, Ticks at 2 Hz. `remarks` is given lines on what was passed
    over.
    Raises ConfigError as `read_table`, and for plots of a sensor that is not there.
    """
    sensors = [sensor] if isinstance(sensor, Sensor) else list(sensor)
    period_s = max(s.scan_period_s for s in sensors)
    table = read_table(path, scan_period_s=period_s)
    which = _sensor_index(table, sensors, path)
    time_ns: Ints = np.rint(table.number["time"] * 1e9).astype(np.int64)
    same = all(s.scan_period_s == period_s for s in sensors)
    by_scan = _by_scan(table.scan, time_ns, period_s) if same and table.scan is not None else None
    order = by_scan or _by_time(time_ns, GRID_S)
    batches = _batches(table, order, time_ns + epoch_ns, which, sensors)
    told = scans - 1 if scans is not None and order.first == 0 else 0
    if remarks is not None:
        unfit_s = period_s if same and by_scan is None else None
        remarks += [*table.remarks, *_unlike(table, which, sensors, unfit_s, scans)]
    return _with_ticks(batches, order, epoch_ns, max(order.last, told))


def _unlike(
    table: PlotTable, which: Ints, sensors: list[Sensor], unfit_s: float | None, scans: int | None
) -> list[str]:
    """What the plots say otherwise than their sensors; `unfit_s`: the period that their scans do not fit."""
    said = []
    if table.scan is not None and unfit_s is not None:
        late_s = table.number["time"] - table.scan * unfit_s
        said.append(
            f"column scan not used: times from {late_s.min():.6g} to {late_s.max():.6g} s after scan / rate, "
            f"which is {1.0 / unfit_s:g} scans a second"
        )
    if scans is not None and table.scan is not None and scans <= table.scan.max():
        said.append(f"found scan {table.scan.max()}, where there are said to be {scans} scans")
    blind = np.array([sensor.sigma_range_m is None for sensor in sensors])
    unread = int((blind[which] & np.isfinite(table.number["range_m"])).sum())
    if unread:
        said.append(
            f"column range_m: {unread:,} not used, of a sensor that is said to measure no range"
        )
    return said + (
        _coarse(table, sensors[0]) + _too_often(table, sensors[0]) if len(sensors) == 1 else []
    )


def _coarse(table: PlotTable, sensor: Sensor) -> list[str]:
    """Whether the clock stands still for longer than a look takes, so that plots of several looks share a time:
    the tracker takes them for as many objects."""
    times_s = np.unique(table.number["time"])
    shared = len(table) - len(times_s)
    if not shared or len(times_s) < LEAST_FOLLOWED:
        return []
    step_s = float(np.diff(times_s).min())
    if step_s <= 1.1 * sensor.scan_period_s:
        return []
    return [
        f"{shared:,} of {len(table):,} plots have the time of another, and no other times are closer than "
        f"{step_s:.3g} s; the sensor is said to look {1.0 / sensor.scan_period_s:g} times a second: are its "
        "times rounded? What has one time is taken for several objects"
    ]


def _too_often(table: PlotTable, sensor: Sensor) -> list[str]:
    """Whether most plots are followed, long before the next look is due, by one at the same place: the tracker
    takes what is shown twice in a look for two objects. Of several objects, or with clutter, it cannot tell."""
    if sensor.sigma_range_m is None or len(table) < LEAST_FOLLOWED:
        return []
    order = np.argsort(table.number["time"], kind="stable")
    time_s, range_m, azimuth_rad = (
        table.number[name][order] for name in ("time", "range_m", "az_rad")
    )
    gap_s = np.diff(time_s)
    turn = np.abs((np.diff(azimuth_rad) + np.pi) % (2.0 * np.pi) - np.pi)
    reach_m = FASTEST_MPS * gap_s
    near = np.abs(np.diff(range_m)) <= reach_m + SIGMAS * sensor.sigma_range_m
    near &= turn * range_m[:-1] <= reach_m + SIGMAS * sensor.sigma_azimuth_rad * range_m[:-1]
    near &= (gap_s > TWICE_S) & (gap_s < 0.5 * sensor.scan_period_s)
    if 2 * near.sum() <= len(table):
        return []
    quarter, half, most = np.percentile(gap_s[near], (25, 50, 75)).tolist()
    if most > 1.5 * quarter:
        return []  # other objects near it, by chance
    return [
        f"{int(near.sum()):,} of {len(table):,} plots are followed by one at their place after "
        f"{half:.3g} s; the sensor is said to look {1.0 / sensor.scan_period_s:g} times a second: "
        f"does it {1.0 / half:.3g} times, or are several objects close together?"
    ]


def _sensor_index(table: PlotTable, sensors: list[Sensor], path: str | Path) -> Ints:
    names = sorted(set(table.sensor))
    ids = [s.id for s in sensors]
    if len(sensors) == 1 and len(names) == 1:
        return np.zeros(len(table), np.int64)
    place = {"/".join(map(str, s.system_id)): i for i, s in enumerate(sensors) if s.system_id}
    place |= {name: i for i, name in enumerate(ids)}
    strangers = [name for name in names if name not in place]
    if strangers:
        found = ", ".join(repr(name[:40]) for name in strangers[:5])
        raise ConfigError(str(path), [Fault("column sensor", found, ", ".join(place))])
    return np.array([place[name] for name in table.sensor])


def _by_scan(scan: Ints, time_ns: Ints, period_s: float) -> _Order | None:
    """The order that the scan column gives, or None where it does not fit the times."""
    period_ns = period_s * NS_PER_S
    late_ns = time_ns - scan * period_ns
    if late_ns.min() < -period_ns / 2 or late_ns.max() > 1.5 * period_ns:
        return None
    first, last = int(scan.min()), int(scan.max())
    if first * period_s <= QUIET_S:
        first = 0
    by_scan = np.argsort(scan, kind="stable")
    together = np.diff(time_ns[by_scan])[np.diff(scan[by_scan]) == 0]
    if np.abs(late_ns).max() <= INSTANT_NS and not together.any():
        return _Order(scan, np.zeros_like(scan), period_ns, first, last, complete=True)
    return _by_time(time_ns, period_s, first, last)


def _by_time(
    time_ns: Ints, period_s: float, first: int | None = None, last: int | None = None
) -> _Order:
    """Parts of at most 20 ms, each before the Tick at or after it."""
    period_ns = period_s * NS_PER_S
    tick = np.ceil((time_ns - ROUNDING_NS) / period_ns).astype(np.int64)
    part = np.floor((time_ns - (tick - 1) * period_ns) / SUB_SCAN_NS).astype(np.int64)
    return _Order(
        tick,
        part,
        period_ns,
        first=int(tick.min()) if first is None else first,
        last=int(tick.max()) if last is None else last,
        complete=False,
    )


def _batches(
    table: PlotTable, order: _Order, t_event_ns: Ints, which: Ints, sensors: list[Sensor]
) -> list[tuple[int, PlotBatch]]:
    """(Tick number, batch), in order of arrival."""
    sort = np.lexsort((t_event_ns, which, order.part, order.tick))
    rows = _rows(table, t_event_ns)[sort]
    key = np.stack([order.tick, order.part, which])[:, sort]
    starts = np.flatnonzero(np.r_[True, (np.diff(key) != 0).any(axis=0)])
    arrival = np.maximum.accumulate(np.maximum.reduceat(rows["t_event_ns"], starts))
    stops = [*starts[1:].tolist(), len(rows)]
    return [
        (
            int(key[0, start]),
            PlotBatch(
                sensor=sensors[key[2, start]].id,
                t_arrival_ns=t_ns,
                data=rows[start:stop].tobytes(),
                complete=order.complete,
            ),
        )
        for start, stop, t_ns in zip(starts.tolist(), stops, arrival.tolist(), strict=True)
    ]


def _rows(table: PlotTable, t_event_ns: Ints) -> npt.NDArray[np.void]:
    rows = np.zeros(len(table), PLOT_DTYPE)
    for name in PLOT_DTYPE.names or ():
        if PLOT_DTYPE[name].kind == "f":
            rows[name] = np.nan
    rows["t_event_ns"] = t_event_ns
    rows["range_m"] = table.number["range_m"]
    rows["azimuth_rad"] = table.number["az_rad"]
    rows["elevation_rad"] = table.number["el_rad"]
    rows["range_rate_mps"] = table.number["rr_mps"]
    rows["snr_db"] = table.number["snr_db"]
    rows["rcs_dbsm"] = table.number["rcs_dbsm"]
    return rows


def _with_ticks(
    batches: list[tuple[int, PlotBatch]], order: _Order, epoch_ns: int, last: int
) -> list[PlotBatch | Tick]:
    """The batches among every Tick from `order.first` to `last`."""
    quiet = math.ceil(QUIET_S * NS_PER_S / order.period_ns)
    messages: list[PlotBatch | Tick] = []
    now_ns = epoch_ns

    def tick(number: int) -> None:
        # A time rounded up may stand just after its scan: its Tick never runs back before it.
        t_ns = max(epoch_ns + round(number * order.period_ns), now_ns)
        messages.append(Tick(t_arrival_ns=t_ns))

    due = order.first
    heard = order.first
    for number, batch in batches:
        for k in range(due, min(number, heard + quiet)):
            tick(k)
        due = heard = number
        now_ns = batch.t_arrival_ns
        messages.append(batch)
    for k in range(due, min(last, heard + quiet) + 1):
        tick(k)
    return messages


def write_plots(
    path: str | Path, messages: Iterable[Input], *, epoch_ns: int, scan_period_s: float | None
) -> int:
    """Write the plots among `messages` as plots.csv; returns how many.

    Times count from `epoch_ns`; a `scan` column is made where `scan_period_s` is known. Numbers are
    written so that reading them gives the same float64. What the format has no column for (arrival
    times, accuracies of single plots, heights, addresses) is left out.
    """
    columns = [name for name in HEADER if name != "scan" or scan_period_s is not None]
    count = 0
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for message in messages:
            batch = batch_from_plots([message]) if isinstance(message, Plot) else message
            if isinstance(batch, PlotBatch):
                writer.writerows(_lines(batch, count, epoch_ns, scan_period_s))
                count += len(batch)
    return count


def _lines(
    batch: PlotBatch, first_id: int, epoch_ns: int, scan_period_s: float | None
) -> list[tuple[Any, ...]]:
    rows = batch.rows
    since_ns = rows["t_event_ns"] - epoch_ns
    n = len(rows)
    columns: list[Sequence[Any]] = [range(first_id, first_id + n)]
    if scan_period_s is not None:
        scan = np.floor((since_ns + ROUNDING_NS) / (scan_period_s * NS_PER_S)).astype(np.int64)
        columns.append(scan.tolist())
    columns.append([f"{t / NS_PER_S:.9f}" for t in since_ns.tolist()])
    columns.append([batch.sensor] * n)
    columns += [
        ["" if math.isnan(v) else repr(v) for v in rows[name].tolist()]
        for name in (
            "range_m",
            "azimuth_rad",
            "elevation_rad",
            "range_rate_mps",
            "snr_db",
            "rcs_dbsm",
        )
    ]
    return list(zip(*columns, strict=True))
