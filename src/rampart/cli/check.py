"""`rampart check FILE`: every fault of a site or scenario file at once."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from rampart.cli.say import say_json
from rampart.domain.errors import Fault

NO_HEIGHT: Final = (
    "no sensor measures elevation: where a round lands is not told, "
    "and no warning of it can be counted on"
)
SCENARIO_KEYS = frozenset(("site", "threats", "traffic", "radars", "start", "duration_s", "facts"))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("file", metavar="FILE", type=Path, help="site.toml or scenario.toml")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def execute(options: argparse.Namespace) -> int:
    """0 where the file is in order, else 2 with one line a fault."""
    kind, faults = _faults(options.file)
    if options.json:
        told = [{"where": f.where, "found": f.found, "allowed": f.allowed} for f in faults]
        notes = [] if faults else _notes(kind, options.file)
        say_json({"file": str(options.file), "kind": kind, "faults": told, "notes": notes})
    elif faults:
        for fault in faults:
            print(f"{options.file}: {fault}", file=sys.stderr)
    else:
        notes = _notes(kind, options.file)
        print("; ".join([f"{options.file}: a {kind} without faults", *notes]))
    return 2 if faults else 0


def _notes(kind: str, path: Path) -> list[str]:
    """What became of its terrain, where it names one: voids that were filled are said here. And what nobody
    can be warned of with its sensors."""
    import rampart.scenario
    import rampart.site
    from rampart.domain.site import Terrain
    from rampart.site.terrain import described

    site = rampart.site.load_site(path) if kind == "site" else rampart.scenario.load(path).site
    notes = [described(site.terrain)] if isinstance(site.terrain, Terrain) else []
    if site.sensors and all(sensor.sigma_elevation_rad is None for sensor in site.sensors):
        notes.append(NO_HEIGHT)
    return notes


def _faults(path: Path) -> tuple[str, list[Fault]]:
    """What kind of file it is, told by what only a scenario has, and its faults."""
    import rampart.scenario
    import rampart.site
    from rampart.site.strict import read_toml

    if SCENARIO_KEYS & read_toml(path).keys():
        return "scenario", rampart.scenario.check(path)
    return "site", rampart.site.check(path)
