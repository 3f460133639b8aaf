"""What a recomputation found, for people and for programs."""

from __future__ import annotations

from typing import Any

import msgspec

from rampart.domain.messages import Output
from rampart.report.words import plural
from rampart.runtime.recompute import Recomputation


def difference_lines(found: Recomputation) -> list[str]:
    """A line each: the message's ordinal, what was said, what is said today."""
    lines = [
        f"message {d.seq}, answer {d.index + 1}: was {_short(d.was)}; now {_short(d.now)}"
        for d in found.differences
    ]
    if found.unanswered is not None:
        lines.append(f"message {found.unanswered}: the journal ends before its answers")
    asked = f"{plural(found.asked, 'message')} recomputed"
    lines.append(f"{asked}: {plural(len(found.differences), 'difference')}.")
    return lines


def differences_json(found: Recomputation) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "messages": found.asked,
        "outputs": found.answers,
        "unanswered": found.unanswered,
        "differences": [
            {"seq": d.seq, "index": d.index, "was": _plain(d.was), "now": _plain(d.now)}
            for d in found.differences
        ],
    }


def _plain(output: Output | None) -> Any:
    if output is None:
        return None
    return {"kind": type(output).__name__, **msgspec.structs.asdict(output)}


def _short(output: Output | None) -> str:
    return "nothing" if output is None else str(output)
