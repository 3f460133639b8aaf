"""How families and phases look: symbol, word and class of colour. Never colour alone."""

from __future__ import annotations

from typing import Final, NamedTuple

from rampart.engine.lifecycle import PHASE_TABLE


class Look(NamedTuple):
    """`symbol` stands beside `word`; `css` names the colour in the style sheet."""

    symbol: str
    word: str
    css: str


FAMILY: Final = {
    "rocket": Look("▲", "rocket", "rocket"),
    "mortar": Look("●", "mortar", "mortar"),
    "gun": Look("▼", "gun", "gun"),
    "drone": Look("◆", "drone", "drone"),
    "unknown": Look("■", "unknown", "unknown"),
    "aircraft": Look("✚", "aircraft", "aircraft"),
    "clutter": Look("·", "clutter", "clutter"),
}

FLEW: Final = {
    family: {"mortar": "mortar bomb", "gun": "shell"}.get(family, look.word)
    for family, look in FAMILY.items()
}
"""What flies, where a sentence counts it: a gun does not."""

_PHASE_SYMBOL: Final = {
    "clear": "✓", "watch": "◆", "pending": "!", "warn": "▲", "impact": "×", "hold": "=", "all_clear": "✓",
}  # fmt: skip

PHASE: Final[dict[str, Look]] = {
    row.phase: Look(_PHASE_SYMBOL[row.phase], row.screen, row.phase.replace("_", "-"))
    for row in PHASE_TABLE
}

REASON: Final = {
    "threshold": "the predicted impact area touches the zone",
    "drone_corridor": "a drone may enter the zone",
    "fallback": "base-wide, because coverage has a hole",
    "no_cover": "a hole in coverage",
    "manual": "a person's order",
    "recomputed": "recomputed: it will not come here",
    "withdrawn": "withdrawn by a person",
    "withheld": "withheld by a person",
    "not_decided": "nobody decided in time, released by itself",
    "predicted_time": "the predicted time has come",
    "impact_seen": "an impact was seen",
    "sensor_lost": "? the sensor was lost",
    "expired": "? lost while covered",
    "hold_over": "the hold is over",
    "drill": "drill",
}

ROUGH_S: Final = 2.0
"""A time less certain than this is told in whole seconds."""

ARRIVAL: Final = {"round": "impact", "drone": "drone here", "either": "first here"}
"""What comes at the times a zone is told, see `zones.arrives`."""


def clock(t_s: float) -> str:
    """Seconds since the epoch as ``12.3 s`` below two minutes, ``4:05`` below an hour, else ``2:04:05``."""
    return f"{t_s:.1f} s" if abs(t_s) < 120 else minutes(t_s)


def minutes(t_s: float) -> str:
    """``0:45``, ``4:05``, ``2:04:05``."""
    hours, rest = divmod(round(t_s), 3600)
    whole, seconds = divmod(rest, 60)
    return f"{hours}:{whole:02d}:{seconds:02d}" if hours else f"{whole}:{seconds:02d}"


def metres(value_m: float) -> str:
    """A length for people: metres below 1 km, then kilometres with one decimal."""
    return f"{value_m:.0f} m" if abs(value_m) < 1000 else f"{value_m / 1000:.1f} km"


def extent(value_m: float) -> str:
    """The size of a region: never nil, for nothing is known so well."""
    return metres(value_m) if value_m >= 1.0 else "< 1 m"


def give_or_take(t_s: float, half_s: float) -> str:
    """``8.4 ± 0.6 s``, and ``119 ± 9 s`` where tenths would claim too much; a spread that its own digits would
    show as nil is ``± < 0.1``: nothing is certain."""
    if half_s >= ROUGH_S:
        return f"{t_s:.0f} ± {half_s:.0f} s"
    return f"{t_s:.1f} ± {f'{half_s:.1f}' if half_s >= 0.05 else '< 0.1'} s"


def plural(count: int, noun: str) -> str:
    """``1 zone``, ``3 zones``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def join(words: list[str]) -> str:
    """``a, b and c``."""
    return (
        words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""
    )
