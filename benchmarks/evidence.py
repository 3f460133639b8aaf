"""Where a benchmark puts its results: on the screen, and with `--write` under today's date in docs/evidence."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "evidence"


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
