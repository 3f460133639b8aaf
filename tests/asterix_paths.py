"""The compiled reader of ASTERIX held against the full one."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt

from rampart.formats.asterix import schema
from rampart.formats.asterix.read import MalformedError, Record, records
from rampart.formats.asterix.scan import REASONS, scan
from rampart.formats.asterix.schema import Compound, Extended, Leaf, Node
from rampart.formats.asterix.slots import compile_table, wanted_paths


def read(category: int, edition: str, block: bytes) -> list[Record] | str:
    """Every item of every record, or why the block is refused."""
    try:
        return records(schema.edition(category, edition), block, 3, len(block))
    except MalformedError as error:
        return error.reason


def compiled(category: int, edition: str, block: bytes) -> npt.NDArray[np.float64] | str:
    """The slots (records, slots) by the compiled reader, or why the block is refused."""
    table = compile_table(category, edition)
    out = np.empty((len(block), len(table.slots)))
    count = scan(
        np.frombuffer(block, np.uint8), 3, len(block), table.nodes, table.links, table.fields,
        table.factors, table.uaps, table.select, out,
    )  # fmt: skip
    return REASONS[-count] if count < 0 else out[:count]


def number(node: Node, value: Any, names: list[str]) -> float:
    """The value in physical units of the leaf that `names` leads to, nan where there is none."""
    if isinstance(node, Leaf):
        if names:
            return nan
        raw = node.raw(value)
        if node.kind in ("s", "int") and raw >> (node.bits - 1):
            raw -= 1 << node.bits
        return raw * (node.lsb or 1.0)
    if names and isinstance(value, dict) and names[0] in value:
        for group in node.parts if isinstance(node, Extended) else (node,):
            inner = group.items if isinstance(group, Compound) else getattr(group, "fields", ())
            for field in inner:
                if field and field[0] == names[0]:
                    return number(field[1], value[names[0]], names[1:])
    return nan


def slots_of(category: int, edition: str, found: list[Record]) -> npt.NDArray[np.float64]:
    """The slots of fully decoded records: the long way to what the compiled reader writes."""
    plan = schema.edition(category, edition)
    slots, wanted = wanted_paths(plan)
    table = np.full((len(found), len(slots)), nan)
    for row, record in zip(table, found, strict=True):
        for path, (slot, factor) in wanted.items():
            item, *names = path.split("/")
            value = number(plan.items[item], record[item], names) if item in record else nan
            if value == value:  # noqa: PLR0124
                row[slot] = value * factor
    return table


def assert_paths_agree(category: int, edition: str, block: bytes) -> list[Record] | None:
    """Both readers take the block and find the same, or both refuse it for the same reason (None)."""
    full, fast = read(category, edition, block), compiled(category, edition, block)
    if isinstance(full, str) or isinstance(fast, str):
        assert isinstance(full, str)
        assert isinstance(fast, str)
        assert full == fast
        return None
    # Scaled in one step or two: the last bit may differ.
    np.testing.assert_allclose(fast, slots_of(category, edition, full), rtol=1e-15, atol=0)
    return full
