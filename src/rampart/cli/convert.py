"""`rampart convert IN OUT`: between recording formats, by extension."""

from __future__ import annotations

import argparse
from pathlib import Path

from rampart.cli.say import say_json, say_remarks


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add("source", metavar="IN", help=".csv .rpj, ASTERIX (.pcap .pcapng .ast .raw .bin .gps)")
    add("target", metavar="OUT", help=".csv .rpj .pcap .ast .raw")
    add("--site", metavar="SITE.toml", help="where the recording was made")
    add("--sensor", metavar="META.json", help="the sensor of a plots.csv")
    add("--asterix", metavar="CAT=EDITION,...", help="ASTERIX editions of IN")
    add("--json", action="store_true", help="one JSON object on stdout")


def execute(options: argparse.Namespace) -> int:
    """Writes OUT, whole or not at all."""
    from rampart.cli.opening import must_exist
    from rampart.formats.asterix import parse_editions
    from rampart.runtime.convert import convert
    from rampart.site import load_site

    must_exist(Path(options.source))
    done = convert(
        options.source,
        options.target,
        site=load_site(options.site) if options.site else None,
        meta=options.sensor,
        editions=parse_editions(options.asterix) if options.asterix is not None else None,
    )
    say_remarks(done.remarks)
    files = [str(path) for path in done.files]
    if options.json:
        say_json({"messages": done.messages, "plots": done.plots, "files": files})
    else:
        print(f"{done.messages:,} messages, {done.plots:,} plots: {', '.join(files)}")
    return 0
