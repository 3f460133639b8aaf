"""`rampart score TRUTH.csv TRACKS.csv`: GOSPA, OSPA, SIAP of any tracker's output."""

from __future__ import annotations

import argparse

from rampart.cli.say import say_json


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("truth", metavar="TRUTH.csv", help="time truth_id x y z [vx vy vz visible]")
    parser.add_argument(
        "tracks", metavar="TRACKS.csv", help="time track_id x y z [vx vy vz status]"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def execute(options: argparse.Namespace) -> int:
    """Prints every measure, and how to read it."""
    from rampart.metrics import score
    from rampart.metrics.files import MEASURES

    measures = score(options.truth, options.tracks)
    if options.json:
        say_json(measures)
        return 0
    width = max(len(name) for name in measures)
    for name, value in measures.items():
        if isinstance(value, dict):
            text = " ".join(f"{key}={item:g}" for key, item in value.items())
        else:
            text = "not defined" if value is None else f"{value:g}"
        print(f"{name:<{width}}  {text:<12}  {MEASURES[name]}")
    return 0
