"""Run by the interpreter of the libasterix peer: blocks on stdin, its reading of them on stdout.

In: JSON list of [category, edition, hex of the block]; edition "RE x.y" reads a reserved expansion
field. Out: JSON list of record lists in the shape of `rampart.formats.asterix.decode`, or the peer's
refusal as a string. Bytes are hex; with `--time N` instead the records/s of parsing all N times.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from asterix import base, generated


def kind(obj: Any) -> str:
    cls = obj if isinstance(obj, type) else type(obj)
    return cls.__mro__[1].__name__


def leaf(obj: Any, siblings: dict[str, Any]) -> Any:
    rule = obj._get_rule()
    if kind(rule) == "RuleContentDependent":
        (path,) = rule.cv_depends_on
        try:
            content = rule._get_content([siblings[path[-1]]])
        except ValueError:
            return obj.as_uint()
    else:
        content = rule._get_content()
    match kind(content):
        case "ContentQuantity":
            return content._as_quantity()
        case "ContentInteger":
            return content.as_integer()
        case "ContentString":
            return content.as_string()
    return obj.as_uint()


def value(obj: Any, siblings: dict[str, Any]) -> Any:
    match kind(obj):
        case "Element":
            return leaf(obj, siblings)
        case "Group":
            return fields(obj.arg)
        case "Extended":
            return fields([i for part in obj.arg for i in part if i is not None])
        case "Repetitive":
            return [value(i, {}) for i in obj.arg]
        case "Explicit":
            return obj.get_bytes().hex()
    return {name: value(nsp.arg.arg, {}) for name, nsp in obj.arg.items()}


def fields(items: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in items:
        if isinstance(item, base.Item):
            found[item.cv_non_spare.cv_name] = value(item.arg.arg.arg, found)
    return found


def record(obj: Any) -> dict[str, Any]:
    return {name: value(nsp.arg.arg, {}) for name, nsp in obj.items_regular.items()}


def named(manifest: dict[int, list[Any]], category: int, edition: str) -> Any:
    wanted = tuple(map(int, edition.split(".")))
    return next(c for c in manifest[category] if c.cv_edition == wanted)


def parse(category: int, edition: str, octets: bytes) -> Any:
    """Records of a block, or the peer's ValueError."""
    bits = base.Bits.from_bytes(octets[3:])
    uap = named(generated.manifest["CATS"], category, edition).cv_uap
    if kind(uap) == "UapSingle":
        return uap.parse(bits)
    found = uap.parse_any_uap(bits, 30)
    (item, field), choice = uap.cv_selector
    for combination in [] if isinstance(found, ValueError) else found:
        types = [choice.get(record(r).get(item, {}).get(field)) for r in combination]
        if all(
            t and isinstance(r, uap.cv_uaps[t]) for r, t in zip(combination, types, strict=False)
        ):
            return combination
    return ValueError("no combination of UAPs fits")


def answer(category: int, edition: str, octets: bytes) -> Any:
    if edition.startswith("RE "):
        cls = named(generated.manifest["REFS"], category, edition[3:]).cv_expansion
        found = cls.parse(base.Bits.from_bytes(octets))
        if isinstance(found, ValueError):
            return str(found)
        expanded, rest = found
        if len(rest):
            return "octets left"
        return {name: value(nsp.arg.arg, {}) for name, nsp in expanded.arg.items()}
    found = parse(category, edition, octets)
    return str(found) if isinstance(found, ValueError) else [record(r) for r in found]


def main() -> None:
    work = [(c, e, bytes.fromhex(h)) for c, e, h in json.load(sys.stdin)]
    if sys.argv[1:2] == ["--time"]:
        begin, count = time.process_time(), 0
        for _ in range(int(sys.argv[2])):
            for category, edition, octets in work:
                found = parse(category, edition, octets)
                count += 0 if isinstance(found, ValueError) else len(found)
        json.dump(count / (time.process_time() - begin), sys.stdout)
        return
    json.dump([answer(*one) for one in work], sys.stdout)


if __name__ == "__main__":
    main()
