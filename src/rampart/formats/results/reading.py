"""Reads a result file back into columns."""

from __future__ import annotations

import csv
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rampart.domain.errors import CapabilityError, ConfigError, Fault
from rampart.formats.results.columns import Column, Value

MAX_FAULTS = 20
"""A file that is wrong throughout is not told line by line."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file as columns of equal length: `columns[name][row]`; None where a field is empty."""

    columns: dict[str, list[Value]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def __getitem__(self, name: str) -> list[Value]:
        return self.columns[name]

    def rows(self) -> list[dict[str, Value]]:
        """The same, row by row."""
        names = list(self.columns)
        return [
            dict(zip(names, row, strict=True)) for row in zip(*self.columns.values(), strict=True)
        ]

    def to_pandas(self) -> Any:
        """As a pandas.DataFrame; CapabilityError where pandas is not installed."""
        return _extra("pandas").DataFrame(self.columns)

    def to_arrow(self) -> Any:
        """As a pyarrow.Table; CapabilityError where pyarrow is not installed."""
        return _extra("pyarrow").table(self.columns)


def _extra(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise CapabilityError(f"{name}: not installed; allowed: after pip install {name}") from None


def read_table(path: Path, columns: Sequence[Column]) -> Table:
    """The file's columns; further columns of the file are ignored.

    Raises ConfigError with every fault: a column that is missing, a field that is not of its form.
    """
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        names = next(reader, [])
        missing = [column.name for column in columns if column.name not in names]
        if missing:
            raise ConfigError(
                str(path),
                [Fault("line 1", ",".join(names) or "nothing", f"columns {','.join(missing)}")],
            )
        at = [names.index(column.name) for column in columns]
        table: dict[str, list[Value]] = {column.name: [] for column in columns}
        faults: list[Fault] = []
        for line, row in enumerate(reader, start=2):
            for column, index in zip(columns, at, strict=True):
                try:
                    table[column.name].append(column.value(row[index]))
                except (ValueError, IndexError):
                    found = repr(row[index]) if index < len(row) else "nothing"
                    faults.append(Fault(f"line {line}, {column.name}", found, _allowed(column)))
            if len(faults) >= MAX_FAULTS:
                break
    if faults:
        raise ConfigError(str(path), faults)
    return Table(table)


def _allowed(column: Column) -> str:
    return {"d": "an integer", "s": "a word", "ids": "integers joined by ;"}.get(
        column.form, "a finite number"
    )
