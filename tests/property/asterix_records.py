"""Hypothesis strategies: any record that an edition's table allows."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from rampart.formats.asterix import schema
from rampart.formats.asterix.schema import (
    RFS,
    Compound,
    Explicit,
    Extended,
    Group,
    Leaf,
    Node,
    Repeat,
)


@st.composite
def group_values(draw: st.DrawFn, groups: tuple[Group, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for group in groups:
        for name, node, _, mask in group.fields:
            if isinstance(node, Group):
                found[name] = draw(group_values((node,)))
            else:
                found[name] = node.under(found).value(draw(st.integers(0, mask)))
    return found


def values(node: Node) -> st.SearchStrategy[Any]:
    """Any value that an item can carry."""
    match node:
        case Leaf():
            return st.integers(0, 2**node.bits - 1).map(node.value)
        case Group():
            return group_values((node,))
        case Extended():
            parts = node.parts
            return st.integers(1, len(parts)).flatmap(lambda n: group_values(parts[:n]))
        case Repeat():
            return st.lists(values(node.of), min_size=0 if node.count_octets else 1, max_size=4)
        case Explicit():
            return st.binary(max_size=20)
        case Compound():
            inner = {item[0]: values(item[1]) for item in node.items if item}
            return st.fixed_dictionaries({}, optional=inner)


@st.composite
def record_of(draw: st.DrawFn, plan: schema.Edition) -> dict[str, Any]:
    uap = draw(st.sampled_from(list(plan.uaps)))
    entries = [e for e in plan.uaps[uap] if e and e[1]]
    chosen = draw(st.lists(st.sampled_from(entries), unique_by=lambda e: e[0], min_size=1))
    record = {name: draw(values(node)) for name, node in chosen if node}
    if plan.select:
        item, field, by = plan.select
        record[item] = draw(values(plan.items[item]))
        record[item][field] = next(value for value, name in by.items() if name == uap)
    if any(e and e[0] == RFS for e in plan.uaps[uap]) and draw(st.booleans()):
        some = draw(st.lists(st.sampled_from(entries), max_size=3))
        record[RFS] = [(name, draw(values(node))) for name, node in some if node]
    return record
