"""`rampart scenarios`: the catalogue."""

from __future__ import annotations

import argparse

from rampart.cli.say import say_json


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")


def execute(options: argparse.Namespace) -> int:
    """Lists every scenario, one line each."""
    from rampart.scenario import catalogue

    listed = catalogue()
    if options.json:
        say_json({"scenarios": [{"name": name, "title": title} for name, title in listed]})
        return 0
    width = max(len(name) for name, _ in listed)
    for name, title in listed:
        print(f"{name:<{width}}  {title}")
    return 0
