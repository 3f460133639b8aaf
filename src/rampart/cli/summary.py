"""summary.json, and the same for people on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rampart.domain.time import iso_utc
from rampart.metrics.warnings import Verdict
from rampart.report.story import Story

SCHEMA = 1


def summarise(
    story: Story, verdict: Verdict | None, timings: Mapping[str, float]
) -> dict[str, Any]:
    """The content of summary.json. What only the truth can tell is null where there is none."""
    head = story.head
    judged = verdict.summary() if verdict else {}
    return {
        "schema": SCHEMA,
        "source": head.source,
        "site": head.site.name,
        "epoch_utc": iso_utc(head.epoch_ns),
        "seed": head.seed,
        "simulated": head.simulated,
        "engine": head.engine,
        "settings_hash": head.settings_hash,
        "plots": story.plots,
        "rejected": _rejected(story),
        "tracks": len(story.confirmed),
        "threats": len(story.threats),
        "zones_warned": len(story.warned()),
        "zones_hit": judged.get("zones_hit"),
        "missed": judged.get("missed"),
        "withheld": judged.get("withheld"),
        "false": judged.get("false"),
        "precautions": judged.get("precautions"),
        "usable_seconds": judged.get("usable_seconds", {"p10": None, "p50": None}),
        "incident": None,
        "timings": dict(timings),
    }


def _rejected(story: Story) -> dict[str, int]:
    """Counts by reason, over all feeds."""
    counts: dict[str, int] = {}
    for (_, reason), count in sorted(story.rejected.items()):
        counts[reason] = counts.get(reason, 0) + count
    return dict(sorted(counts.items()))


_TIMING_WORDS = {
    "warning_ms_p50": "Plot in to warning out, median",
    "warning_ms_p99": "Plot in to warning out, 99 %",
    "message_ms_p50": "A message, median",
    "message_ms_p99": "A message, 99 %",
    "message_ms_max": "A message, longest",
    "cpu_s": "CPU time in all",
    "plots_per_cpu_s": "Plots a CPU second",
}


def timing_words(timings: Mapping[str, float]) -> dict[str, str]:
    """The measured figures that matter to people, as label and text."""
    return {
        label: _timing(key, timings[key]) for key, label in _TIMING_WORDS.items() if key in timings
    }


def _timing(key: str, value: float) -> str:
    if key == "plots_per_cpu_s":
        return f"{value:,.0f}"
    return f"{value:.2f} s" if key == "cpu_s" else f"{value:.2f} ms"
