"""What goes to stdout for programs, one JSON object, and to stderr for people."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Mapping


def say_json(value: Mapping[str, object]) -> None:
    """Prints one JSON object and nothing else."""
    print(json_text(value))


def say_remarks(remarks: Iterable[str]) -> None:
    """Lines on stderr: input that was used, but not as its author may think."""
    for remark in remarks:
        print(remark, file=sys.stderr)


def json_text(value: Mapping[str, object]) -> str:
    """`value` as JSON, keys in the order given; what is not a number (nan) is null."""
    return json.dumps(_plain(value), indent=2, ensure_ascii=False, allow_nan=False)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
