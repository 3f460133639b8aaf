"""`rampart predict PLOTS.csv ... --out predictions.csv`: impact and origin from the first seconds."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rampart.cli.say import say_json, say_remarks

if TYPE_CHECKING:
    from rampart.domain.messages import Input, Origin, Prediction
    from rampart.runtime.sources import Source

AFTER_S = (2.0, 5.0, 8.0, 12.0, 18.0)
SILENCE_S = 60.0
"""Ticks go on this long after the last plot, so that every track ends and tells its last origin."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add("plots", metavar="PLOTS.csv")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--site", metavar="SITE.toml", help="ENU about the site")
    where.add_argument("--sensor", metavar="META.json", help="ENU about the sensor")
    add("--after", metavar="S", type=float, nargs="+", action="extend", help=f"default {AFTER_S}")
    add("--out", metavar="predictions.csv", type=Path, required=True)
    add("--json", action="store_true", help="one JSON object on stdout")


def execute(options: argparse.Namespace) -> int:
    """Writes one row for each S and track; `after_s` is S."""
    from rampart.cli.opening import must_exist, span_ns
    from rampart.formats.results import PREDICTIONS, ResultFile, prediction_row
    from rampart.runtime.outdir import whole_file

    after_s = options.after or list(AFTER_S)
    spans_ns = [span_ns("--after", s) for s in after_s]
    must_exist(Path(options.plots))
    rows = 0
    with (
        whole_file(options.out, options.plots, options.sensor, options.site) as path,
        ResultFile(path, PREDICTIONS) as file,
    ):
        for k, (s, after_ns) in enumerate(zip(after_s, spans_ns, strict=True)):
            source = _open(options)
            say_remarks(source.remarks if k == 0 else ())
            for prediction, origin in _predict(source, after_ns):
                file.write((s, *prediction_row(prediction, origin, source.epoch_ns)[1:]))
                rows += 1
    if options.json:
        say_json({"rows": rows, "after_s": after_s, "out": str(options.out)})
    else:
        print(f"{rows} predictions; {options.out}")
    return 0


def _open(options: argparse.Namespace) -> Source:
    from rampart.runtime.sources import open_source
    from rampart.site import load_site

    site = load_site(options.site) if options.site else None
    return open_source(options.plots, site=site, meta=options.sensor)


def _predict(source: Source, after_ns: int) -> list[tuple[Prediction, Origin | None]]:
    """The last prediction of each track from the plots up to `after_ns` after the first, by track."""
    from rampart.domain.messages import Origin, Prediction
    from rampart.engine.engine import Engine
    from rampart.engine.settings import EngineSettings

    # every plot's prediction leaves at once, so that the last is that of the last plot
    settings = EngineSettings(settled_refresh_s=0.0, prediction_row_s=0.0)
    engine = Engine(source.site, settings)
    predictions: dict[int, Prediction] = {}
    origins: dict[int, Origin] = {}
    for message in _first(source, after_ns):
        for output in engine.receive(message):
            if isinstance(output, Prediction):
                predictions[output.track] = output
            elif isinstance(output, Origin):
                origins[output.track] = output
    return [(predictions[track], origins.get(track)) for track in sorted(predictions)]


def _first(source: Source, after_ns: int) -> Iterator[Input]:
    """The messages with plots no later than `after_ns` after the first, then silence."""
    import numpy as np

    from rampart.domain.messages import PlotBatch, Tick
    from rampart.domain.time import NS_PER_S

    end_ns: int | None = None
    now_ns = 0
    for message in source.messages:
        if isinstance(message, PlotBatch) and len(message):
            stamps = message.rows["t_event_ns"]
            end_ns = int(stamps.min()) + after_ns if end_ns is None else end_ns
            if np.any(stamps > end_ns):
                break
        elif end_ns is not None and message.t_arrival_ns > end_ns:
            break
        now_ns = message.t_arrival_ns
        yield message
    for step in range(1, round(2 * SILENCE_S) + 1):
        yield Tick(t_arrival_ns=now_ns + step * NS_PER_S // 2)
