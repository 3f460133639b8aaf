"""`rampart bench`: the project's own benchmark table on this machine."""

from __future__ import annotations

import argparse
import importlib

from rampart.cli.say import say_json

BENCHES = {
    "latency": (
        "rampart.cli.latency",
        "plot in to zone state out, 200 threats and 100 false plots",
    ),
}
"""Name -> (module with `measure() -> dict[str, float]`, what it measures)."""


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
        measured[name] = importlib.import_module(module).measure()
        if not options.json:
            print(f"{name}: {what}")
            for key, value in measured[name].items():
                print(f"  {key:<32} {value:,.3f}")
    if options.json:
        say_json(measured)
    return 0
