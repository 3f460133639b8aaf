"""The key paths of a nested table, for tests that damage one."""

from __future__ import annotations

from typing import Any


def places(table: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every key path of a nested table."""
    here = [path] if path else []
    items = (
        table.items()
        if isinstance(table, dict)
        else enumerate(table)
        if isinstance(table, list)
        else ()
    )
    return here + [found for key, value in items for found in places(value, (*path, key))]
