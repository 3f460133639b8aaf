"""The last lines of a run on a terminal: what was warned, how well, how fast, and where the report is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rampart.cli.summary import timing_words
from rampart.metrics.warnings import Verdict
from rampart.report.prose import paragraph
from rampart.report.story import Story
from rampart.report.words import clock, plural
from rampart.report.zones import ZoneOutcome, outcomes


def ending(
    story: Story, verdict: Verdict | None, timings: Mapping[str, float], folder: Path
) -> list[tuple[str, str]]:
    """Lines as (style for a terminal that has colours, text)."""
    rows = outcomes(story, verdict)
    lines: list[tuple[str, str]] = []
    if story.head.simulated:
        lines.append(("bold yellow", "SIMULATED: nothing of this happened."))
    lines += [("", sentence) for sentence in paragraph(story, rows, verdict)]
    lines += _zones(rows)
    for sensor in story.head.site.sensors:
        if noise := story.sensor_noise(sensor.id):
            lines.append(
                ("", f"{sensor.name or sensor.id} {noise}: its plots are weighed by that.")
            )
    if story.rejected:
        total = plural(sum(story.rejected.values()), "unit")
        reasons: dict[str, int] = {}
        for (_, reason), count in story.rejected.items():
            reasons[reason] = reasons.get(reason, 0) + count
        told = ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items()))
        lines.append(("", f"Not used: {total} of input ({told})."))
    if verdict is not None and verdict.usable_s:
        best, worst = max(verdict.usable_s), min(verdict.usable_s)
        lines.append(("", f"Usable seconds in cover before impact: {worst:.1f} to {best:.1f}."))
    if timings:
        words = timing_words(timings)
        told = "; ".join(f"{label.lower()} {text}" for label, text in words.items())
        lines.append(("dim", f"Measured: {told}."))
    lines.append(("bold", f"Report: {folder / 'report.html'}"))
    return lines


def _zones(rows: list[ZoneOutcome]) -> list[tuple[str, str]]:
    if not rows:
        return []
    width = max(len(row.name) for row in rows)
    lines = [("", "")]
    for row in rows:
        symbol = {"warn": "▲", "watch": "◆"}.get(row.phase, "✓")
        at = "" if row.warned_s is None else f"TAKE COVER at {clock(row.warned_s)}; "
        style = "bold red" if row.css in ("missed", "false") else "" if row.warned_s else "dim"
        lines.append((style, f"  {symbol} {row.name:<{width}}  {at}{row.words}"))
    lines.append(("", ""))
    return lines
