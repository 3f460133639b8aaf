"""`rampart run SOURCE`: the main job."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rampart.cli.say import say_json, say_remarks

if TYPE_CHECKING:
    from rampart.cli.job import Done

SPEEDS = {"max": None, "1": 1.0, "10": 10.0}


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    add = parser.add_argument
    add(
        "source",
        metavar="SOURCE",
        help="catalogue name, .toml, .rpj, plots.csv, ASTERIX (.pcap .pcapng .ast .raw .bin .gps)",
    )
    add(
        "--site",
        metavar="SITE.toml",
        help="where a recording was made, with its zones; of a journal with --recompute only",
    )
    add("--sensor", metavar="META.json", help="the sensor of a plots.csv")
    add("--asterix", metavar="CAT=EDITION,...", help="ASTERIX editions, e.g. 048=1.27,062=1.18")
    add("--out", metavar="DIR", type=Path, help="default rampart-out/<name>-s<seed>")
    add("--speed", metavar="max|1|10", default="max", help="1 is real time (default: max)")
    add("--until", metavar="S", type=float, help="stop S seconds after the first message")
    add("--seed", metavar="N", type=int, help="replaces the scenario's seed")
    add("--recompute", action="store_true", help="today's engine over a journal's inputs")
    add("--quiet", action="store_true", help="say nothing but faults")
    add("--json", action="store_true", help="one JSON object on stdout and nothing else")


def execute(options: argparse.Namespace) -> int:
    """Runs, writes the folder, and says how it went."""
    from rampart.cli.job import Plan, default_folder, perform
    from rampart.cli.live import watching
    from rampart.cli.opening import open_job
    from rampart.domain.errors import UsageError
    from rampart.runtime.outdir import check_replaceable

    if options.speed not in SPEEDS:
        raise UsageError(f"--speed: found {options.speed!r}; allowed: {' '.join(SPEEDS)}")
    job = open_job(
        options.source,
        site=options.site,
        meta=options.sensor,
        editions=options.asterix,
        seed=options.seed,
    )
    say_remarks(job.remarks)
    check_replaceable(options.out or default_folder(job))
    silent = options.quiet or options.json
    plan = Plan(
        out=options.out,
        until_s=options.until,
        speed=SPEEDS[options.speed],
        recompute=options.recompute,
    )
    with watching(sys.stdout, silent=silent) as view:
        if view is not None:
            plan.views.append(view)
        done = perform(job, plan)
    say_remarks(job.reader.remarks if job.reader else ())
    _say(done, options)
    return 130 if done.story.interrupted else 0


def _say(done: Done, options: argparse.Namespace) -> None:
    from rampart.cli.differences import difference_lines, differences_json
    from rampart.cli.ending import ending
    from rampart.cli.terminal import say_lines

    if options.json:
        answer = {**done.summary, "folder": str(done.folder)}
        if done.recomputed is not None:
            answer["recomputed"] = differences_json(done.recomputed)
        say_json(answer)
        return
    if options.quiet:
        return
    if done.recomputed is not None:
        say_lines([("", line) for line in difference_lines(done.recomputed)])
    say_lines(ending(done.story, done.verdict, done.timings, done.folder))
