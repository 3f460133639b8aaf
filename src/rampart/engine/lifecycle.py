"""The phases of a zone as tables: what each means, what is shown and sounded, what may follow what.

Behaviour (`zones`, `notice`), the screen's words and the page docs/reference/phases.md all come from
here; the page is the text of `markdown()`. The tables mirror section 2 of the warning rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rampart.domain.values import Phase, Reason


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One phase: when it is entered, its word on a screen, at the siren and in CAP, how it is left."""

    phase: Phase
    entered: str
    screen: str
    siren: str
    cap: str
    left: str


PHASE_TABLE: Final = (
    PhaseRow(
        "clear",
        "nothing open",
        "clear",
        "–",
        "–",
        "anything below",
    ),
    PhaseRow(
        "watch",
        "an unassessed track that could reach the zone; P ≥ 0.002; a hole in coverage",
        "WATCH",
        "soft tone at the console only",
        "–",
        "pending, warn; clear by the cancel rule, or 60 s after q95 of a lost or landed track's last "
        "prediction (60 s after its loss where there is none)",
    ),
    PhaseRow(
        "pending",
        "warn criteria met, policy `confirm`",
        "TAKE COVER? CONFIRM",
        "insistent at the console",
        "–",
        "a person; time-out; cancel rule (a) without its waits",
    ),
    PhaseRow(
        "warn",
        "P or p_zone ≥ 0.01; the grown zone touches the 50 % impact region of a confirmed ballistic "
        "track; a drone's futures enter; a person's order",
        "TAKE COVER",
        "sounds",
        "Alert, Immediate",
        "impact; cancel rule",
    ),
    PhaseRow(
        "impact",
        "t_impact q05 reached or an impact seen; always after a `warn` row",
        "IMPACT EXPECTED · NOW",
        "sounds on",
        "Update",
        "q95 + 2 s → hold",
    ),
    PhaseRow(
        "hold",
        "after impact or expiry: 10 min",
        "STAY IN COVER",
        "low repeat",
        "Update",
        "all_clear; a new pending or warn; a person",
    ),
    PhaseRow(
        "all_clear",
        "hold over, no open threat, coverage healthy ≥ 30 s, by the zone's policy or a person",
        "ALL CLEAR",
        "release tone",
        "AllClear",
        "clear after 60 s; any phase above; coverage lost in it → hold with ≥ 60 s left",
    ),
)

SHOWN: Final[tuple[Phase, ...]] = (
    "warn", "impact", "pending", "hold", "all_clear", "watch", "clear",
)  # fmt: skip
"""'A zone shows the first of warn, impact, pending, hold, all_clear, watch, clear.'"""

OPEN: Final[tuple[Phase, ...]] = ("pending", "warn", "impact")
"""Phases of a threat that is a member of an alarm."""

_RAISED: Final[tuple[Reason, ...]] = ("threshold", "drone_corridor", "fallback")
_RELEASED: Final[tuple[Reason, ...]] = ("recomputed", "withdrawn", "withheld")
_LANDED: Final[tuple[Reason, ...]] = ("predicted_time", "sensor_lost", "expired")

REASONS: Final[dict[Phase, tuple[Reason, ...]]] = {
    "clear": (*_RELEASED, *_LANDED, "no_cover", "hold_over"),
    "watch": ("threshold", "drone_corridor", "no_cover", *_RELEASED, *_LANDED, "hold_over"),
    "pending": _RAISED,
    "warn": (*_RAISED, "manual", "not_decided"),
    "impact": (*_LANDED, "drone_corridor", "impact_seen"),
    "hold": (*_LANDED, *_RELEASED, "hold_over"),
    "all_clear": ("hold_over",),
}
"""The reasons with which a zone may enter, or stay in, each phase."""

THREAT_MOVES: Final[dict[Phase, tuple[Phase, ...]]] = {
    "watch": ("pending", "warn"),
    "pending": ("warn", "watch"),
    "warn": ("impact", "watch"),
    "impact": ("watch",),
}
"""What may follow what for one threat in one zone ('phases are kept per threat'); it may also end."""

ZONE_MOVES: Final[dict[Phase, tuple[Phase, ...]]] = {
    "clear": ("watch", "pending", "warn"),
    "watch": ("clear", "pending", "warn"),
    "pending": ("warn", "watch", "clear", "hold"),
    "warn": ("impact", "pending", "hold", "watch", "clear"),
    "impact": ("warn", "pending", "hold"),
    "hold": ("warn", "pending", "all_clear", "watch", "clear"),
    "all_clear": ("warn", "pending", "hold", "watch", "clear"),
}
"""What may follow what for the phase that a zone shows, from one row to the next."""


def markdown() -> str:
    """The page docs/reference/phases.md: tables and a state diagram."""
    lines = [
        "# Phases of a zone",
        "",
        "Generated from `rampart.engine.lifecycle`; a test holds this page equal to it.",
        "",
        "| phase | entered when | screen word | siren | CAP | left by |",
        "|---|---|---|---|---|---|",
    ]
    for row in PHASE_TABLE:
        cells = (f"`{row.phase}`", row.entered, row.screen, row.siren, row.cap, row.left)
        lines.append("| " + " | ".join(cells) + " |")
    first = ", ".join(f"`{phase}`" for phase in SHOWN)
    lines += ["", f"Phases are kept per threat. A zone shows the first of {first}.", ""]
    lines += ["## What a zone shows, from row to row", "", "```mermaid", "stateDiagram-v2"]
    lines += ["    [*] --> clear"]
    lines += [
        f"    {before} --> {after}" for before, afters in ZONE_MOVES.items() for after in afters
    ]
    lines += ["```", "", "## What one threat does in one zone", "", "```mermaid", "stateDiagram-v2"]
    lines += ["    [*] --> watch"]
    lines += [
        f"    {before} --> {after}" for before, afters in THREAT_MOVES.items() for after in afters
    ]
    lines += ["    watch --> [*]", "    warn --> [*]: hold", "    impact --> [*]: hold", "```", ""]
    lines += ["## Reasons", "", "| phase | reasons |", "|---|---|"]
    lines += [
        f"| `{phase}` | " + " ".join(f"`{reason}`" for reason in reasons) + " |"
        for phase, reasons in REASONS.items()
    ]
    return "\n".join(lines) + "\n"
