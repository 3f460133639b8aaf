"""`rampart warm`: compiles the kernels into the cache."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from rampart.cli.say import say_json

SIMULATED = ("one-mortar", "green-village", "friendly-return")
"""Small scenarios that the simulator and the judge need all their kernels for: what falls, and what flies."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def execute(options: argparse.Namespace) -> int:
    """Compiles everything that `rampart run` and `rampart score` may need, and says how long it took."""
    from rampart.cli.api import run
    from rampart.engine.engine import Engine
    from rampart.formats.asterix import Decoder
    from rampart.metrics import Paths, gospa
    from rampart.runtime.clock import wall_s

    start_s = wall_s()
    Engine.warm_up()
    Decoder.warm_up()
    with TemporaryDirectory() as folder:
        for name in SIMULATED:
            run(name, out=Path(folder, name))
    gospa(one := Paths.of([0], [0.0], [(0.0, 0.0, 0.0)]), one)
    took_s = wall_s() - start_s
    if options.json:
        say_json({"seconds": took_s})
    else:
        print(f"kernels compiled in {took_s:.1f} s; later runs read them from the cache")
    return 0
