"""The fixed words of the field, and the order in which probabilities stand in tuples.

Normative source: the warning rules (families, phases, reasons) and the outside contracts.
"""

from __future__ import annotations

import math
from typing import Final, Literal

Family = Literal["mortar", "gun", "rocket", "drone", "aircraft", "clutter", "unknown"]
Phase = Literal["clear", "watch", "pending", "warn", "impact", "hold", "all_clear"]
Reason = Literal[
    "threshold", "drone_corridor", "fallback", "no_cover", "manual", "recomputed", "withdrawn",
    "withheld", "not_decided", "predicted_time", "impact_seen", "sensor_lost", "expired",
    "hold_over", "drill",
]  # fmt: skip
Change = Literal["", "opened", "extended", "narrowed", "renewed"]
TrackStatus = Literal["tentative", "confirmed", "coasting", "ended"]

FAMILIES: Final[tuple[str, ...]] = (
    "mortar", "gun", "rocket", "drone", "aircraft", "clutter", "unknown",
)  # fmt: skip
"""Every family a zone's policy may name."""

POSTERIOR: Final[tuple[str, ...]] = ("mortar", "gun", "rocket", "drone", "other", "unknown")
"""Order of `TrackUpdate.p_family`; `other` = aircraft + clutter. The six sum to 1."""

BALLISTIC: Final[tuple[str, ...]] = ("mortar", "gun", "rocket")
"""The families that fall to one impact point."""

PHASES: Final[tuple[str, ...]] = (
    "clear",
    "watch",
    "pending",
    "warn",
    "impact",
    "hold",
    "all_clear",
)


def number_or_nan(text: str) -> float:
    """`text` as a number, nan where it is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan
