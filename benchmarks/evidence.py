"""What the benchmarks share: which seeds they run, and where their results go: on the screen, and with
`--write` under today's date in docs/evidence."""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "evidence"


def numbers(words: str) -> range:
    """`1-20` or `7` on a command line, as the numbers that it names; for `type=` of an argument."""
    first, dash, last = words.partition("-")
    try:
        found = range(int(first), int(last if dash else first) + 1)
    except ValueError:
        found = range(0)
    if not found:
        raise argparse.ArgumentTypeError(f"found {words!r}; allowed: one number, or first-last")
    return found


def words(of: range) -> str:
    """What `numbers` reads as `of`."""
    return f"{of[0]}-{of[-1]}"


def today() -> str:
    """The date of a result, UTC."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def file_of(name: str, kind: str = "md") -> Path:
    """Where today's result of that name stands."""
    return FOLDER / f"{name}-{today()}.{kind}"


def tell(name: str, title: str, lines: Iterable[str], *, write: bool) -> None:
    """Print a Markdown page of `lines` under `title`, and `write` it to `file_of(name)`."""
    page = "\n".join([f"# {title}, {today()}", "", *lines])
    print(page)
    if write:
        file_of(name).write_text(page.rstrip("\n") + "\n", encoding="utf-8")
