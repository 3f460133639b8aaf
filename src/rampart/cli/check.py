"""`rampart check FILE`: every fault of a site or scenario file at once."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rampart.cli.say import say_json
from rampart.domain.errors import ConfigError, Fault

if TYPE_CHECKING:
    from rampart.sim.world import Disturbance, Echo, World

NO_HEIGHT: Final = (
    "no sensor measures elevation: where a round lands is not told, "
    "and no warning of it can be counted on"
)
NO_SENSOR: Final = "no sensors: nothing is seen here"
BROUGHT: Final = " but by those that a recording brings along"
NO_ZONE: Final = "no zones: nobody can be warned"
SCENARIO_KEYS = frozenset(("site", "threats", "traffic", "radars", "start", "duration_s", "facts"))
STUDY_KEYS = frozenset(("scenario", "factors", "measures"))


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("file", metavar="FILE", type=Path, help="site.toml or scenario.toml")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def execute(options: argparse.Namespace) -> int:
    """0 where the file is in order, else 2 with one line a fault."""
    kind, faults = _faults(options.file)
    notes = [] if faults else _notes(kind, options.file)
    if options.json:
        told = [{"where": f.where, "found": f.found, "allowed": f.allowed} for f in faults]
        say_json({"file": str(options.file), "kind": kind, "faults": told, "notes": notes})
    elif faults:
        for fault in faults:
            print(f"{options.file}: {fault}", file=sys.stderr)
    else:
        for line in (f"a {kind} without faults", *notes):
            print(f"{options.file}: {line}")
    return 2 if faults else 0


def _faults(path: Path) -> tuple[str | None, list[Fault]]:
    """What kind of file it is, told by what only that has (None: it cannot be read), and its faults."""
    import rampart.scenario
    import rampart.site
    from rampart.site.strict import read_toml

    try:
        keys = read_toml(path).keys()
    except ConfigError as error:
        return None, list(error.faults)
    if SCENARIO_KEYS & keys:
        return "scenario", rampart.scenario.check(path)
    if STUDY_KEYS & keys:
        found = f"a study (it has {', '.join(sorted(STUDY_KEYS & keys))})"
        allowed = "a site or a scenario: this version of rampart has no studies"
        return "study", [Fault("file", found, allowed)]
    return "site", rampart.site.check(path)


def _notes(kind: str | None, path: Path) -> list[str]:
    """What its author may not mean though it may stand. First what became of its terrain, where it names
    one: voids that were filled are said here."""
    import rampart.scenario
    import rampart.site
    from rampart.domain.site import Terrain
    from rampart.site.terrain import described

    world = rampart.scenario.load(path).world if kind == "scenario" else None
    site = rampart.site.load_site(path) if world is None else world.site
    notes = [described(site.terrain)] if isinstance(site.terrain, Terrain) else []
    if not site.zones:
        notes.append(NO_ZONE)
    if not site.sensors:
        notes.append(NO_SENSOR + (BROUGHT if world is None else ""))
    elif all(sensor.sigma_elevation_rad is None for sensor in site.sensors):
        notes.append(NO_HEIGHT)
    return notes + ([] if world is None else _never(world))


def _never(world: World) -> list[str]:
    """What begins, or goes on beginning, when the run is over."""
    end_s = world.duration_s
    # the last of several begins that long after the first, at least
    last_s = [(it.id, it.at_s + (it.rounds - 1) * it.spacing_s[0]) for it in world.salvos]
    last_s += [(it.id, it.at_s + (it.count - 1) * it.spacing_s) for it in world.flights]
    troubles: list[Disturbance | Echo] = [*world.disturbances, *world.echoes]
    last_s += [(f"{it.kind} of {it.sensor}", it.from_s) for it in troubles]
    late = dict.fromkeys(name for name, at_s in last_s if at_s >= end_s)
    if not late:
        return []
    return [f"the run is over at {end_s:g} s, before all of this has begun: {', '.join(late)}"]
