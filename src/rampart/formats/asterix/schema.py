"""The ASTERIX tables as a tree: what one edition of one category holds, item by item.

`tables/catNNN.json` holds the facts of the EUROCONTROL specifications in this schema:

- ``items``: name -> node, as the newest edition has them; ``editions``: each edition's ``uap`` (item
  names in order; null = spare position, "RFS" = random field sequencing) and the items it has
  otherwise. A category with several UAPs names them, and in ``select`` the field that chooses.
- node: ``[kind, bits]`` (raw, uint, int, ascii, icao, octal), ``["u"|"s", bits, lsb, unit]`` a quantity,
  ``["case", bits, sibling, {value: leaf}]`` a leaf whose meaning hangs on a sibling;
  ``{"group": [...]}``, ``{"extended": [part, ...]}``, ``{"repeat": octets|"fx", "of": node}``,
  ``{"explicit": true}``, ``{"compound": [[name, node] | null, ...]}``. In groups and parts a number is
  spare bits and "fx" the extension bit.
- ``expansions``: the reserved expansion field (RE) by its own edition.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from rampart.domain.errors import ConfigError, Fault

CATEGORIES: Final = (1, 2, 10, 15, 21, 34, 48, 62)
"""The categories carried."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value of `bits` bits. `lsb` is 0.0 where the value is no quantity."""

    kind: str
    bits: int
    lsb: float = 0.0
    unit: str = ""
    sibling: str = ""
    cases: tuple[tuple[int, Leaf], ...] = ()

    def under(self, siblings: dict[str, Any]) -> Leaf:
        """The leaf that holds among these already known siblings: itself unless it is a case."""
        chosen = siblings.get(self.sibling)
        for value, leaf in self.cases:
            if value == chosen:
                return leaf
        return self

    def value(self, raw: int) -> Any:
        """What `raw` says: float for a quantity, text for a string, else int."""
        match self.kind:
            case "raw" | "uint" | "case":
                return raw
            case "u":
                return raw * self.lsb
            case "s" | "int":
                signed = raw - (1 << self.bits) if raw >> (self.bits - 1) else raw
                return signed * self.lsb if self.kind == "s" else signed
            case "ascii":
                return raw.to_bytes(self.bits // 8, "big").decode("latin-1")
            case "octal":
                return f"{raw:0{self.bits // 3}o}"
            case _:  # icao: six bits each, ICAO Annex 10 IV table 3-9; letters carry no bit 7
                sixes = [raw >> shift & 63 for shift in range(self.bits - 6, -1, -6)]
                return "".join(chr(six if six & 32 else six + 64) for six in sixes)

    def raw(self, value: Any) -> int:
        """The bits of `value`; ValueError, TypeError or OverflowError where it does not fit."""
        raw = 0
        match self.kind:
            case "u" | "s":
                raw = round(value / self.lsb)
            case "ascii":
                raw = int.from_bytes(value.ljust(self.bits // 8).encode("latin-1"), "big")
            case "octal":
                raw = int(value, 8)
            case "icao":
                for letter in value.ljust(self.bits // 6):
                    if not 32 <= ord(letter) < 96:
                        raise ValueError(f"{letter!r} is not in the six-bit alphabet")
                    raw = raw << 6 | ord(letter) & 63
            case _:
                raw = int(value)
        low = -(1 << (self.bits - 1)) if self.kind in ("s", "int") else 0
        high = (1 << (self.bits - 1 if low else self.bits)) - 1
        if not low <= raw <= high:
            step = self.lsb or 1
            raise ValueError(f"{value!r}; allowed: {low * step:g} to {high * step:g} {self.unit}")
        return raw & ((1 << self.bits) - 1)


@dataclass(frozen=True, slots=True)
class Group:
    """Named fields side by side in `bits` bits: (name, node, shift, mask), and the mask of spares.

    As the part of an `Extended` it may end with an extension bit.
    """

    bits: int
    fields: tuple[tuple[str, Leaf | Group, int, int], ...]
    spare_mask: int
    extends: bool = False


@dataclass(frozen=True, slots=True)
class Extended:
    """Parts of whole octets, each but perhaps the last saying whether another follows."""

    parts: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`of` again and again: as often as `count_octets` octets say, or (0) while its last bit is set."""

    count_octets: int
    of: Leaf | Group


@dataclass(frozen=True, slots=True)
class Explicit:
    """A length octet, counting itself, and that many octets less one."""


@dataclass(frozen=True, slots=True)
class Compound:
    """A field specification and the sub-items it names. None: undefined. `octets` 0: FX-terminated."""

    items: tuple[tuple[str, Node] | None, ...]
    octets: int = 0


Node = Leaf | Group | Extended | Repeat | Explicit | Compound

RFS: Final = "RFS"


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of one category. `uaps`: name -> (item name, node) in order, None = spare.

    `select`: (item, field) whose value chooses the UAP, and the names by value; None with one UAP.
    """

    category: int
    name: str
    items: dict[str, Node]
    uaps: dict[str, tuple[tuple[str, Node | None] | None, ...]]
    select: tuple[str, str, dict[int, str]] | None = None


def _leaf(row: list[Any]) -> Leaf:
    kind, bits = row[0], row[1]
    if kind == "case":
        return Leaf(
            kind, bits, 0.0, "", row[2], tuple((int(k), _leaf(v)) for k, v in row[3].items())
        )
    return Leaf(kind, bits, *row[2:])


def _group(rows: list[Any]) -> Group:
    named = [(row[0], _fixed(row[1])) if isinstance(row, list) else None for row in rows]
    sizes = [
        node[1].bits if node else 1 if row == "fx" else int(row)
        for row, node in zip(rows, named, strict=True)
    ]
    at = sum(sizes)
    fields, spare = [], 0
    for row, node, size in zip(rows, named, sizes, strict=True):
        at -= size
        mask = (1 << size) - 1
        if node:
            fields.append((*node, at, mask))
        elif row != "fx":
            spare |= mask << at
    return Group(sum(sizes), tuple(fields), spare, rows[-1] == "fx")


def _fixed(row: Any) -> Leaf | Group:
    return _leaf(row) if isinstance(row, list) else _group(row["group"])


def _node(row: Any) -> Node:
    if isinstance(row, list) or "group" in row:
        return _fixed(row)
    if "extended" in row:
        return Extended(tuple(_group(part) for part in row["extended"]))
    if "repeat" in row:
        return Repeat(0 if row["repeat"] == "fx" else row["repeat"], _fixed(row["of"]))
    if "compound" in row:
        return Compound(tuple(item and (item[0], _node(item[1])) for item in row["compound"]))
    return Explicit()


@cache
def _table(category: int) -> dict[str, Any]:
    path = files("rampart.formats.asterix") / "tables" / f"cat{category:03d}.json"
    table: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    return table


def editions(category: int) -> tuple[str, ...]:
    """Names of the editions carried of a category, oldest first."""
    return tuple(_table(category)["editions"])


def newest() -> dict[int, str]:
    """The default: the newest edition of every category carried."""
    return {category: editions(category)[-1] for category in CATEGORIES}


@cache
def edition(category: int, name: str) -> Edition:
    """The tree of one edition; ConfigError where the category or edition is not carried."""
    if category not in CATEGORIES:
        allowed = ", ".join(f"{c:03d}" for c in CATEGORIES)
        raise ConfigError("asterix", [Fault("category", f"{category:03d}", allowed)])
    table = _table(category)
    if name not in table["editions"]:
        where, allowed = f"CAT {category:03d} edition", ", ".join(table["editions"])
        raise ConfigError("asterix", [Fault(where, name, allowed)])
    chosen = table["editions"][name]
    items = {k: _node(v) for k, v in (table["items"] | chosen.get("items", {})).items()}
    plans = chosen["uap"] if isinstance(chosen["uap"], dict) else {"": chosen["uap"]}
    uaps = {
        plan: tuple(item and (item, items.get(item)) for item in names)
        for plan, names in plans.items()
    }
    select = None
    if "select" in chosen:
        item, field, by = chosen["select"]
        select = (item, field, {int(value): plan for value, plan in by.items()})
    return Edition(category, name, items, uaps, select)


@cache
def expansion(category: int, name: str) -> Compound:
    """The reserved expansion field of a category, by its own edition; ConfigError if not carried."""
    carried = _table(category)["expansions"] if category in CATEGORIES else {}
    if name not in carried:
        where, allowed = f"CAT {category:03d} RE edition", ", ".join(carried) or "none"
        raise ConfigError("asterix", [Fault(where, name, allowed)])
    row = carried[name]
    return Compound(tuple(i and (i[0], _node(i[1])) for i in row["items"]), row["octets"])


def parse_editions(text: str) -> dict[int, str]:
    """`"048=1.27,062=1.18"` as {48: "1.27", 62: "1.18"}, each checked; ConfigError lists every fault."""
    chosen: dict[int, str] = {}
    faults: list[Fault] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        category, _, name = part.partition("=")
        if not category.strip().isdecimal() or not name.strip():
            faults.append(Fault("edition", part, "CAT=EDITION, e.g. 048=1.27"))
            continue
        try:
            edition(int(category), name.strip())
        except ConfigError as error:
            faults.extend(error.faults)
        chosen[int(category)] = name.strip()
    if faults:
        raise ConfigError("--asterix", faults)
    return chosen
