"""`rampart bench`: the project's own benchmark table on this machine."""

from __future__ import annotations

import argparse
import importlib

from rampart.cli.say import say_json

BENCHES = {
    "latency": (
        "rampart.cli.latency",
        "CPU time from plot in to zone state out, and plots sustained",
    ),
}
"""Name -> (module with `measure() -> dict[str, float]` and `LINES`, what it measures)."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"of: {' '.join(BENCHES)}")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def execute(options: argparse.Namespace) -> int:
    """Measures and prints, one figure a line."""
    from rampart.domain.errors import UsageError
    from rampart.site.strict import did_you_mean

    for name in options.names:
        if name not in BENCHES:
            near = did_you_mean(name, list(BENCHES))
            raise UsageError(f"bench: found {name!r}; allowed: {' '.join(BENCHES)}{near}")
    measured: dict[str, dict[str, float]] = {}
    for name in options.names or BENCHES:
        module, what = BENCHES[name]
        bench = importlib.import_module(module)
        measured[name] = bench.measure()
        if not options.json:
            print(f"{name}: {what}")
            for key, value in measured[name].items():
                line = next(line for begin, line in bench.LINES.items() if key.startswith(begin))
                print(f"  {key:<26} {value:>10,.2f}  {line}")
    if options.json:
        say_json(measured)
    return 0
