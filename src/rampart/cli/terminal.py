"""Lines for people: styled where stdout is a terminal, plain elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def say_lines(lines: Sequence[tuple[str, str]]) -> None:
    """Prints (style, text) lines."""
    if not sys.stdout.isatty():
        for _, text in lines:
            print(text)
        return
    from rich.console import Console

    console = Console(highlight=False)
    for style, text in lines:
        console.print(text, style=style or None, markup=False)
