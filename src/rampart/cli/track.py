"""`rampart track PLOTS.csv --sensor META.json --out tracks.csv`: the tracker alone, for comparisons."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rampart.cli.say import say_json, say_remarks

if TYPE_CHECKING:
    from rampart.domain.messages import Input, Tick
    from rampart.engine.timebase import Timebase
    from rampart.engine.tracking import Tracker
    from rampart.formats.results.columns import Value


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("plots", metavar="PLOTS.csv")
    parser.add_argument("--sensor", metavar="META.json", required=True)
    parser.add_argument("--out", metavar="tracks.csv", type=Path, required=True)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def execute(options: argparse.Namespace) -> int:
    """Tracks, writes the file, and says what it cost."""
    from rampart.cli.opening import must_exist
    from rampart.formats.results import TRACKS, ResultFile
    from rampart.runtime.outdir import whole_file
    from rampart.runtime.sources import open_source

    must_exist(Path(options.plots))
    source = open_source(options.plots, meta=options.sensor)
    say_remarks(source.remarks)
    with (
        whole_file(options.out, options.plots, options.sensor) as path,
        ResultFile(path, TRACKS) as file,
    ):
        measures = _track(source, file)
    if options.json:
        say_json(measures)
    else:
        scan = measures["scan_ms_cpu"]
        print(
            f"{measures['plots']:,} plots in {measures['scans']:,} scans, {measures['tracks']:,} tracks; "
            f"CPU a scan p50 {scan['p50']:.2f} p99 {scan['p99']:.2f} max {scan['max']:.2f} ms; {options.out}"
        )
    return 0


def _track(source: Any, file: Any) -> dict[str, Any]:
    """Feeds every message to a tracker, writes its confirmed tracks at each Tick; the cost of a scan is
    that of the messages up to its Tick, in the tracker alone. Clocks that jump are read as the engine
    reads them."""
    from rampart.domain.messages import PlotBatch, Tick
    from rampart.domain.time import NS_PER_S
    from rampart.engine.engine import Engine
    from rampart.engine.timebase import Timebase
    from rampart.engine.track_settings import TrackSettings
    from rampart.engine.tracking import Tracker
    from rampart.runtime.clock import cpu_s
    from rampart.runtime.drive import quantile

    Engine.warm_up()
    settings = TrackSettings()
    tracker = Tracker(source.site, settings, source.epoch_ns)
    time = Timebase(source.site, settings)
    scans_s: list[float] = []
    refused: Counter[str] = Counter()
    tracks: set[Value] = set()
    plots, scan_s, first_ns, last_ns = 0, 0.0, None, 0
    for message in _believed(time, source.messages, refused):
        last_ns = message.t_arrival_ns
        first_ns = last_ns if first_ns is None else first_ns
        start_s = cpu_s()
        if isinstance(message, PlotBatch):
            tracker.observe(message)
            plots += len(message)
        tracker.advance(message.t_arrival_ns)
        tracker.collect()
        scan_s += cpu_s() - start_s
        if isinstance(message, Tick):
            scans_s.append(scan_s)
            scan_s = 0.0
            for row in _rows(tracker, message, time.offset_ns):
                file.write(row)
                tracks.add(row[1])
    for _, reason, count in tracker.rejections():
        refused[reason] += count
    total_s = sum(scans_s)
    span_s = (last_ns - (first_ns or 0)) / NS_PER_S
    return {
        "scans": len(scans_s),
        "plots": plots,
        "tracks": len(tracks),
        "rejected": dict(sorted(refused.items())),
        "scan_ms_cpu": {
            "p50": 1e3 * quantile(scans_s, 0.50),
            "p99": 1e3 * quantile(scans_s, 0.99),
            "max": 1e3 * max(scans_s),
        },
        "cpu_s": total_s,
        "cpu_s_per_scenario_s": total_s / span_s if span_s > 0 else None,
        "plots_per_cpu_s": plots / total_s if total_s > 0 else None,
    }


def _believed(time: Timebase, messages: Iterable[Input], refused: Counter[str]) -> Iterator[Input]:
    """The messages in engine time; what is doubted on the way is counted in `refused`."""
    for message in messages:
        read = time.read(message)
        if read.reason:
            refused[read.reason] += 1
        yield from read.messages


def _rows(tracker: Tracker, tick: Tick, offset_ns: int) -> list[tuple[Value, ...]]:
    """Rows of tracks.csv at a Tick, told by a clock `offset_ns` ahead; the tracker knows no family.

    A track that coasts where no sensor looks is followed but not shown, see ADR 10.
    """
    import math

    from rampart.domain.time import NS_PER_S, seconds_between
    from rampart.engine.bank import CONFIRMED

    bank = tracker.bank
    rows = bank.rows()
    rows = rows[bank.status[rows] == CONFIRMED]
    t_s = seconds_between(tick.t_arrival_ns, tracker.epoch_ns)
    means, _ = bank.states_at(rows, t_s)
    return [
        (
            t_s + offset_ns / NS_PER_S,
            int(bank.track_id[row]),
            *mean[:6].tolist(),
            tracker.status(row),
            None,
            None,
            math.exp(min(float(mean[6]), 0.0)),
        )
        for row, mean in zip(rows.tolist(), means, strict=True)
        if tracker.in_sight(row, mean[:3], t_s)
    ]
