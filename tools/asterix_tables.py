"""Write `formats/asterix/tables/*.json`: facts of the published ASTERIX categories, in our own schema.

Developer's tool; run with the interpreter of a venv that holds the `libasterix` package:
``.peers/libasterix/bin/python tools/asterix_tables.py src/rampart/formats/asterix/tables``

The package's generated definitions are asked for names, bit lengths, units, least significant bits
and item order; nothing else of it is used. The schema is described in `formats/asterix/schema.py`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from asterix import base, generated

CATEGORIES = (1, 2, 10, 15, 21, 34, 48, 62)
SOURCE = (
    "Facts of the EUROCONTROL ASTERIX specifications, read from the definitions of libasterix "
    "(github.com/zoranbosnjak/asterix-libs, BSD-3-Clause), themselves from asterix-specs."
)
STRINGS = {"StringAscii": "ascii", "StringICAO": "icao", "StringOctal": "octal"}


def base_name(cls: type) -> str:
    """Which of the package's structural classes a generated class is."""
    return cls.__mro__[1].__name__


def content(cls: Any, bits: int) -> list[Any]:
    """A leaf without context: [kind, bits, ...]."""
    kind = base_name(cls)
    if kind == "ContentString":
        return [STRINGS[cls.cv_string_type.__name__], bits]
    if kind == "ContentInteger":
        return ["int" if cls.cv_signedness is base.Signed else "uint", bits]
    if kind == "ContentQuantity":
        sign = "s" if cls.cv_signedness is base.Signed else "u"
        return [sign, bits, cls.cv_lsb, cls.cv_unit]
    return ["raw", bits]  # raw, enumeration or BDS register


def element(cls: Any) -> list[Any]:
    """A leaf; one whose meaning hangs on a sibling becomes ["case", bits, sibling, {value: leaf}]."""
    rule, bits = cls.cv_rule, cls.cv_bit_size
    if base_name(rule) == "RuleContentContextFree":
        return content(rule.cv_content, bits)
    (path,) = rule.cv_depends_on
    return ["case", bits, path[-1], {str(v[0]): content(c, bits) for v, c in rule.cv_cases}]


def entry(cls: Any) -> Any:
    """A named item as [name, node]; spare bits as their number."""
    if issubclass(cls, base.Spare):
        return cls.cv_bit_size
    return named(cls.cv_non_spare)


def named(cls: Any) -> list[Any]:
    """[name, node] of a named item."""
    return [cls.cv_name, node(cls.cv_rule.cv_variation)]


def node(cls: Any) -> Any:
    """Any structure in our schema."""
    kind = base_name(cls)
    if kind == "Element":
        return element(cls)
    if kind == "Group":
        return {"group": [entry(i) for i, _ in cls.cv_items_list]}
    if kind == "Extended":
        return {
            "extended": [["fx" if i is None else entry(i[0]) for i in p] for p in cls.cv_items_list]
        }
    if kind == "Repetitive":
        return {"repeat": cls.cv_rep_bytes or "fx", "of": node(cls.cv_variation)}
    if kind == "Explicit":
        return {"explicit": True}
    assert kind == "Compound"
    assert cls.cv_fspec_max_bytes == -(-len(cls.cv_items_list) // 7)
    return {"compound": [i and named(i) for i in cls.cv_items_list]}


def uap(record: Any, items: dict[str, Any]) -> list[str | None]:
    """Item names in order; null is a spare position, "RFS" random field sequencing."""
    names: list[str | None] = []
    for i in record.cv_items_list:
        if issubclass(i, base.UapItem):
            name, shape = named(i.cv_non_spare)
            assert items.setdefault(name, shape) == shape
            names.append(name)
        else:
            names.append("RFS" if issubclass(i, base.UapItemRFS) else None)
    return names


def edition(cls: Any) -> dict[str, Any]:
    """One edition, complete."""
    items: dict[str, Any] = {}
    plan = cls.cv_uap
    if base_name(plan) == "UapSingle":
        return {"uap": uap(plan.cv_record, items), "items": items}
    (item, field), choice = plan.cv_selector
    uaps = {name: uap(record, items) for name, record in plan.cv_uaps.items()}
    by = {str(value): name for value, name in choice.items()}
    return {"uap": uaps, "select": [item, field, by], "items": items}


def text(value: Any, depth: int = 0) -> str:
    """JSON with one item a line: readable differences between editions."""
    if isinstance(value, dict) and depth < 4 and value and not {"group", "compound"} & value.keys():
        pad = " " * (depth + 1)
        rows = (f"{pad}{json.dumps(k)}: {text(v, depth + 1)}" for k, v in value.items())
        return "{\n" + ",\n".join(rows) + "\n" + " " * depth + "}"
    return json.dumps(value, separators=(",", ":"))


def main(folder: Path) -> None:
    """One file for each category: the newest edition's items, and what older ones have otherwise."""
    for category in CATEGORIES:
        editions = {
            ".".join(map(str, cls.cv_edition)): edition(cls)
            for cls in sorted(generated.manifest["CATS"][category], key=lambda c: c.cv_edition)
        }
        items = editions[list(editions)[-1]]["items"]
        for one in editions.values():
            other = {k: v for k, v in one.pop("items").items() if items.get(k) != v}
            if other:
                one["items"] = other
        expansions = {
            ".".join(map(str, cls.cv_edition)): {
                "octets": cls.cv_expansion.cv_type[1],
                "items": [i and named(i) for i in cls.cv_expansion.cv_items_list],
            }
            for cls in generated.manifest["REFS"].get(category, [])
        }
        table = {
            "category": category,
            "source": SOURCE,
            "items": items,
            "editions": editions,
            "expansions": expansions,
        }
        (folder / f"cat{category:03d}.json").write_text(text(table) + "\n", encoding="ascii")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
