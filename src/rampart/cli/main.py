"""`rampart VERB ...`: finds the verb, and turns every error into one exit code and plain lines.

0 done; 1 the run itself failed; 2 the user's input is at fault; 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import io
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from rampart.domain.errors import CapabilityError, ConfigError, RampartError, UsageError

VERBS: Final = {
    "run": "drive the engine over a scenario, a recording or plots, and write the report",
    "scenarios": "list the catalogue of scenarios",
    "track": "track plots alone, for people who compare trackers",
    "score": "GOSPA, OSPA and SIAP of any tracker's output",
    "predict": "impact and origin from the first seconds of plots",
    "classify": "what flew, from a few numbers of each flight",
    "convert": "between recording formats, by extension",
    "check": "validate a site or scenario file: every fault at once",
    "warm": "compile the kernels into the cache",
    "bench": "the project's own benchmark table on this machine",
}
DONE: Final = 0
FAILED: Final = 1
USER_FAULT: Final = 2
INTERRUPTED: Final = 130


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        allowed = " ".join(self.format_usage().removeprefix("usage: ").split())
        raise UsageError(f"{self.prog}: {message}; allowed: {allowed}")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb and returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without our signs shows "?" for them
    try:
        return _dispatch(words)
    except (UsageError, ConfigError, CapabilityError) as error:
        print(error, file=sys.stderr)
        return USER_FAULT
    except FileNotFoundError as error:
        print(f"{error.filename}: no such file", file=sys.stderr)
        return USER_FAULT
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has gone; nothing is left to tell
        return FAILED
    except (RampartError, OSError) as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return INTERRUPTED


def _dispatch(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help"):
        print(_overview())
        return DONE
    if words[0] == "--version":
        from rampart import __version__

        print(f"rampart {__version__}")
        return DONE
    verb = words[0]
    if verb not in VERBS:
        from rampart.site.strict import did_you_mean

        raise UsageError(
            f"rampart: found verb {verb!r}; allowed: {' '.join(VERBS)}{did_you_mean(verb, list(VERBS))}"
        )
    module = importlib.import_module(f"rampart.cli.{verb}")
    parser = Parser(prog=f"rampart {verb}", description=VERBS[verb], allow_abbrev=False)
    module.arguments(parser)
    code: int = module.execute(parser.parse_args(words[1:]))
    return code


def _overview() -> str:
    lines = [
        "rampart senses rockets, mortars, shells and drones in radar plots and warns the zones they",
        "will hit. It controls no weapon.",
        "",
        "usage: rampart VERB ...        try: rampart run green-village",
        "",
        *(f"  {verb:<10} {what}" for verb, what in VERBS.items()),
        "",
        "rampart VERB --help tells more; rampart --version.",
    ]
    return "\n".join(lines)
