"""What happened, in words: the paragraph a reader sees first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rampart.domain.time import iso_utc
from rampart.metrics.warnings import Verdict
from rampart.report.story import ALARMED, Story
from rampart.report.words import FAMILY, FLEW, clock, join, plural
from rampart.report.zones import ZoneOutcome


def paragraph(story: Story, outcomes: Sequence[ZoneOutcome], verdict: Verdict | None) -> list[str]:
    """Sentences, in the order in which a reader needs them."""
    said = [_input(story), _air(story), _truly(story), *_warnings(story, outcomes)]
    if verdict is not None:
        said.append(_judged(outcomes, verdict))
    open_zones = [row.name for row in outcomes if story.phase(row.zone) in ALARMED]
    if open_zones:
        still = "is still" if len(open_zones) == 1 else "are still"
        said.append(f"The run ends while {join(open_zones)} {still} under warning.")
    if story.interrupted:
        said.append(f"The run was interrupted at {clock(story.seconds(story.now_ns))}.")
    return [sentence for sentence in said if sentence]


def _input(story: Story) -> str:
    if story.first_ns is None:
        return "No plot was received."
    sensors = len(story.plots_by_sensor)
    start, end = iso_utc(story.first_ns), iso_utc(story.now_ns)
    day = "" if start[:10] == "1970-01-01" else f"On {start[:10]}, between"
    span = f"{day or 'Between'} {start[11:19]} and {end[11:19]} UTC"
    known = f", and {plural(story.known, 'report')} of known traffic" if story.known else ""
    return f"{span}, {plural(sensors, 'sensor')} delivered {plural(story.plots, 'plot')}{known}."


def _air(story: Story) -> str:
    if not story.confirmed:
        return "Nothing was tracked: no object was confirmed."
    families = Counter(trail.family for trail in story.threats)
    tracks = f"Rampart followed {plural(len(story.confirmed), 'object')}"
    if not families:
        return f"{tracks}; none was a threat."
    count = len(story.threats)
    if count == len(story.confirmed):
        what = "a threat" if count == 1 else "all threats"
        return f"Rampart followed {_counted(families)}, {what}."
    return f"{tracks}, of which {plural(count, 'threat')}: {_counted(families)}."


def _truly(story: Story) -> str:
    """How many there were, where somebody knows: one object may be followed twice, or never."""
    truth = story.truth
    if truth is None:
        return ""
    there = [i for i in range(len(truth)) if truth.t_launch_ns[i] <= story.now_ns]
    hostile = Counter(truth.families[i] for i in there if truth.hostile[i])
    if not hostile:
        return "In truth nothing hostile was in the air."
    return f"In truth there {'was' if hostile.total() == 1 else 'were'} {_counted(hostile)}."


def _counted(families: Counter[str]) -> str:
    """``2 rockets and 1 of unknown kind``."""
    return join(
        [
            plural(families[family], FLEW[family])
            if family != "unknown"
            else f"{families[family]} of unknown kind"
            for family in FAMILY
            if families[family]
        ]
    )


def _warnings(story: Story, outcomes: Sequence[ZoneOutcome]) -> list[str]:
    if not story.head.site.zones:
        return ["No zones were given, so nobody can be warned."]
    warned = [row for row in outcomes if row.warned_s is not None]
    total = plural(len(outcomes), "zone")
    if not warned:
        watched = [row.name for row in outcomes if row.phase == "watch"]
        seen = f" {join(watched)} stood at WATCH for a time." if watched else ""
        return [f"None of {total} was told to take cover.{seen}"]
    first = warned[0]
    said = [
        f"{len(warned)} of {total} {'was' if len(warned) == 1 else 'were'} told to take cover, "
        f"{first.name} first."
    ]
    hit = [row for row in outcomes if row.lead_s is not None]
    if hit:
        shortest = min(hit, key=lambda row: row.lead_s or 0.0)
        assert shortest.lead_s is not None
        said.append(
            f"{plural(len(hit), 'zone')} {'was' if len(hit) == 1 else 'were'} then hit; the shortest "
            f"notice was {shortest.lead_s:.1f} s, in {shortest.name}."
        )
    return said


def _judged(outcomes: Sequence[ZoneOutcome], verdict: Verdict) -> str:
    if not outcomes:
        return ""
    missed, withheld = len(verdict.outcomes("missed")), len(verdict.outcomes("withheld"))
    false, precautions = verdict.count("false"), verdict.count("precaution")
    parts = [
        f"{missed} MISSED" if missed else "nothing missed",
        plural(false, "FALSE warning") if false else "no false warning",
        plural(precautions, "precaution") if precautions else "no precaution",
    ]
    if withheld:
        parts.append(f"{withheld} withheld")
    return f"Judged against the truth: {join(parts)}."
