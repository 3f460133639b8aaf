"""TOML files into frozen structs, strictly, with every fault of the file found in one pass.

A file's form is a tree of `domain.site.Settings` structs; the limits stand beside the fields as
`msgspec.Meta`, so one definition serves this reader, the JSON Schema and the documentation.
`msgspec.convert` stops at the first fault; a person who corrects a file wants all of them.
"""

from __future__ import annotations

import datetime
import difflib
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from msgspec import NODEFAULT, inspect

from rampart.domain.errors import ConfigError, Fault

T = TypeVar("T")
_LONGEST_QUOTE = 60
_KEY_TYPES = (inspect.StructType, inspect.DictType)
_LIST_TYPES = (inspect.ListType, inspect.VarTupleType, inspect.TupleType)
_type_info: Callable[[Any], inspect.Type] = cache(inspect.type_info)


class Faults:
    """The faults of one file so far."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, where: str, found: object, allowed: str) -> None:
        """One more fault; `found` is quoted unless it is already a phrase (`Phrase`)."""
        self.found.append(Fault(where, quote(found), allowed))

    def clean(self, *places: str) -> bool:
        """Whether nothing was found at or below any of these key paths."""
        return not any(
            fault.where == place or fault.where.startswith((place + ".", place + "["))
            for fault in self.found
            for place in places
        )

    def refuse(self, path: str) -> None:
        """Raises ConfigError naming `path` if anything was found."""
        if self.found:
            raise ConfigError(path, self.found)


class Phrase(str):
    """A description of what was found that is not a quotation of it."""

    __slots__ = ()


NOTHING = Phrase("nothing")


def read_toml(path: str | Path) -> dict[str, Any]:
    """The table of a TOML file; ConfigError names line and column of a syntax error."""
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except FileNotFoundError:
        fault = Fault("file", "nothing at this path", "an existing TOML file")
    except OSError as error:
        fault = Fault("file", error.strerror or type(error).__name__, "a readable TOML file")
    except UnicodeDecodeError as error:
        fault = Fault(f"byte {error.start}", "bytes that are not UTF-8", "TOML text in UTF-8")
    else:
        return parse_toml(text, str(path))
    raise ConfigError(str(path), [fault])


def parse_toml(text: str, path: str) -> dict[str, Any]:
    """The table of TOML `text`; `path` names it in a ConfigError."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        fault = Fault("file", "tables nested too deeply", "a few levels")
    except ValueError as error:  # TOMLDecodeError, and integers of thousands of digits
        place = re.search(r"\(at (line \d+, column \d+|end of document)\)", str(error))
        what = str(error).split(" (at ")[0]
        fault = Fault(place.group(1) if place else "file", f"a TOML error ({what})", "valid TOML")
    raise ConfigError(path, [fault])


def convert(data: Any, form: type[T], faults: Faults, where: str = "") -> T:
    """`data` as a `form` struct. Faults are added, and a value at fault stands as None in the result,
    so a caller looks at a field only where `faults.clean` says that it may.
    """
    return cast(T, _convert(data, _type_info(form), faults, where))


def quote(value: object) -> str:
    """How a found value is named in a fault."""
    if isinstance(value, Phrase):
        return str(value)
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, list):
        return f"a list of {len(value)}" if len(value) > 4 else _cut(repr(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 200:  # beyond repr's digit limit, maybe
        return "an integer of more than 60 digits"
    return _cut(repr(value) if isinstance(value, int | float | str) else str(value))


def did_you_mean(word: str, words: list[str]) -> str:
    """`` (did you mean x?)`` or nothing."""
    near = difflib.get_close_matches(word, words, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _cut(text: str) -> str:
    text = text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 3] + "..."


def _convert(value: Any, kind: inspect.Type, faults: Faults, where: str) -> Any:
    kind = _choose(value, kind)
    if isinstance(kind, inspect.StructType) and isinstance(value, dict):
        return _struct(value, kind, faults, where)
    if isinstance(kind, inspect.DictType) and isinstance(value, dict):
        return {
            key: _convert(item, kind.value_type, faults, _join(where, key))
            for key, item in value.items()
        }
    if isinstance(kind, _LIST_TYPES) and isinstance(value, list):
        return _sequence(value, kind, faults, where)
    if not _fits(value, kind):
        faults.add(where or "file", value, describe(kind))
        return None
    return float(value) if isinstance(kind, inspect.FloatType) else value


def _choose(value: Any, kind: inspect.Type) -> inspect.Type:
    """The member of a union that `value` is meant for; metadata stripped."""
    kind = _bare(kind)
    if not isinstance(kind, inspect.UnionType):
        return kind
    members = [_bare(t) for t in kind.types if not isinstance(t, inspect.NoneType)]
    if isinstance(value, dict):
        members.sort(key=lambda t: not isinstance(t, _KEY_TYPES))
    elif isinstance(value, str):
        members.sort(key=lambda t: not isinstance(t, inspect.StrType | inspect.LiteralType))
    return members[0]


def _bare(kind: inspect.Type) -> inspect.Type:
    return _bare(kind.type) if isinstance(kind, inspect.Metadata) else kind


def _struct(table: dict[str, Any], kind: inspect.StructType, faults: Faults, where: str) -> Any:
    known = [field.encode_name for field in kind.fields]
    for key in table:
        if key not in known:
            allowed = "one of: " + ", ".join(known) + did_you_mean(key, known)
            faults.add(_join(where, key), Phrase("an unknown key"), allowed)
    values: dict[str, Any] = {}
    for field in kind.fields:
        place = _join(where, field.encode_name)
        if field.encode_name in table:
            values[field.name] = _convert(table[field.encode_name], field.type, faults, place)
        elif field.required:
            faults.add(place, NOTHING, describe(field.type))
            values[field.name] = None
        elif field.default is not NODEFAULT:
            values[field.name] = field.default
        else:
            values[field.name] = field.default_factory()
    return kind.cls(**values)


def _sequence(value: list[Any], kind: inspect.Type, faults: Faults, where: str) -> Any:
    if isinstance(kind, inspect.TupleType):
        if len(value) != len(kind.item_types):
            faults.add(where, value, describe(kind))
            return None
        kinds = list(kind.item_types)
    else:
        assert isinstance(kind, inspect.ListType | inspect.VarTupleType)
        if len(value) < (kind.min_length or 0):
            faults.add(where, value, describe(kind))
        kinds = [kind.item_type] * len(value)
    return tuple(
        _convert(item, k, faults, f"{where}[{i}]")
        for i, (item, k) in enumerate(zip(value, kinds, strict=True))
    )


def _fits(value: Any, kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.FloatType | inspect.IntType):
        return _number_fits(value, kind)
    if isinstance(kind, inspect.StrType):
        return (
            isinstance(value, str)
            and len(value) >= (kind.min_length or 0)
            and len(value) <= (kind.max_length or 10_000)
            and (kind.pattern is None or re.search(kind.pattern, value) is not None)
        )
    if isinstance(kind, inspect.LiteralType):
        return isinstance(value, str) and value in kind.values
    if isinstance(kind, inspect.BoolType):
        return isinstance(value, bool)
    if isinstance(kind, inspect.DateTimeType):
        return isinstance(value, datetime.datetime) and value.tzinfo is not None
    return False  # a table or a list was wanted


def _number_fits(value: Any, kind: inspect.FloatType | inspect.IntType) -> bool:
    number = int if isinstance(kind, inspect.IntType) else (int, float)
    if isinstance(value, bool) or not isinstance(value, number):
        return False
    try:
        if not math.isfinite(float(value)):
            return False
    except OverflowError:
        return False
    return (
        (kind.gt is None or value > kind.gt)
        and (kind.ge is None or value >= kind.ge)
        and (kind.lt is None or value < kind.lt)
        and (kind.le is None or value <= kind.le)
    )


def describe(kind: inspect.Type) -> str:
    """What a value of this type may be, in words."""
    kind = _bare(kind)
    if isinstance(kind, inspect.UnionType):
        members = [t for t in kind.types if not isinstance(t, inspect.NoneType)]
        return " or ".join(describe(t) for t in members)
    if isinstance(kind, inspect.FloatType | inspect.IntType):
        noun = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
        limits = ((">", kind.gt), (">=", kind.ge), ("<", kind.lt), ("<=", kind.le))
        told = " and ".join(f"{sign} {limit:g}" for sign, limit in limits if limit is not None)
        return f"{noun} {told}".rstrip()
    if isinstance(kind, inspect.LiteralType):
        return "one of: " + ", ".join(str(v) for v in kind.values)
    if isinstance(kind, inspect.StrType):
        return f"text that matches {kind.pattern}" if kind.pattern else "text"
    if isinstance(kind, inspect.BoolType):
        return "true or false"
    if isinstance(kind, inspect.DateTimeType):
        return "a date and time with its offset, unquoted, such as 2022-01-05T01:00:00Z"
    if isinstance(kind, inspect.TupleType):
        return "a list of " + " and ".join(describe(t) for t in kind.item_types)
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        least = f" (at least {kind.min_length})" if kind.min_length else ""
        return f"a list, each {describe(kind.item_type)}{least}"
    if isinstance(kind, inspect.StructType):
        needed = [f.encode_name for f in kind.fields if f.required]
        return "a table" + (f" with {', '.join(needed)}" if needed else "")
    return "a table"


def _join(where: str, key: str) -> str:
    name = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _cut(repr(key))
    return f"{where}.{name}" if where else name
