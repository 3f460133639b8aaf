"""What became of each zone: when it was warned, how long before the impact, and how that is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rampart.domain.values import Phase, Reason
from rampart.report.story import Story
from rampart.report.words import PHASE, clock


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """The judge's counts, from truth alone. `hits`: true impact times (ns) that concern each zone."""

    hits: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    missed: Mapping[str, int] = field(default_factory=dict)
    false: Mapping[str, int] = field(default_factory=dict)
    precautions: Mapping[str, int] = field(default_factory=dict)
    withheld: int = 0
    usable_s: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Episode:
    """One phase of a zone, from `begin_ns` until the next."""

    phase: Phase
    reason: Reason
    begin_ns: int
    end_ns: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ZoneOutcome:
    """One row of the story of the zones. `lead_s`: from the warning to the first impact after it."""

    zone: str
    name: str
    people: int
    phase: str
    words: str
    css: str
    warned_s: float | None
    lead_s: float | None
    predicted_s: float | None
    impacts_s: tuple[float, ...]


def episodes(story: Story, zone: str) -> list[Episode]:
    """The phases of a zone in turn; revisions within a phase are one."""
    found: list[Episode] = []
    for state in story.zones.get(zone, ()):
        if found and found[-1].phase == state.phase:
            continue
        if found:
            found[-1] = _ended(found[-1], state.issued_ns)
        found.append(
            Episode(
                phase=state.phase,
                reason=state.reason,
                begin_ns=state.issued_ns,
                end_ns=story.now_ns,
            )
        )
    return found


def _ended(episode: Episode, end_ns: int) -> Episode:
    return Episode(
        phase=episode.phase, reason=episode.reason, begin_ns=episode.begin_ns, end_ns=end_ns
    )


def outcomes(story: Story, judgement: Judgement | None) -> list[ZoneOutcome]:
    """One for each zone: first warned first, then those only watched, then the rest by name."""
    rows = [_outcome(story, zone.id, judgement) for zone in story.head.site.zones]
    never = float("inf")
    return sorted(
        rows,
        key=lambda row: (
            never if row.warned_s is None else row.warned_s,
            row.phase == "clear",
            row.name,
        ),
    )


def _outcome(story: Story, zone_id: str, judgement: Judgement | None) -> ZoneOutcome:
    zone = next(zone for zone in story.head.site.zones if zone.id == zone_id)
    states = story.zones.get(zone_id, [])
    warn = next((state for state in states if state.phase == "warn"), None)
    hits = judgement.hits.get(zone_id, ()) if judgement else ()
    warned_s = story.seconds(warn.issued_ns) if warn else None
    predicted = warn.t_impact_ns_q50 if warn else None
    predicted_s = story.seconds(predicted) if predicted is not None else None
    impacts = tuple(sorted(story.seconds(t) for t in hits))
    after = [t for t in impacts if warned_s is not None and t >= warned_s]
    lead_s = after[0] - warned_s if after and warned_s is not None else None
    css, words = _verdict(story, zone_id, judgement, warned_s, lead_s, predicted_s, bool(impacts))
    return ZoneOutcome(
        zone=zone_id,
        name=zone.name,
        people=zone.people,
        phase="warn" if warn else "watch" if states else "clear",
        words=words,
        css=css,
        warned_s=warned_s,
        lead_s=lead_s,
        predicted_s=predicted_s,
        impacts_s=impacts,
    )


def _verdict(
    story: Story,
    zone: str,
    judgement: Judgement | None,
    warned_s: float | None,
    lead_s: float | None,
    predicted_s: float | None,
    hit: bool,
) -> tuple[str, str]:
    """Class of colour and words."""
    if judgement and judgement.missed.get(zone):
        return "missed", "MISSED: hit without a warning in time"
    if warned_s is not None:
        if lead_s is not None:
            return "hit", f"hit; warned {lead_s:.1f} s before the first impact"
        if judgement and judgement.false.get(zone):
            return "false", f"FALSE: warned at {clock(warned_s)} without cause"
        if judgement and judgement.precautions.get(zone):
            return "precaution", f"precaution: warned at {clock(warned_s)}, not hit"
        if predicted_s is not None:
            lead = predicted_s - warned_s
            return "warned", f"warned {lead:.1f} s before the predicted impact"
        return "warned", f"warned at {clock(warned_s)}"
    if hit:
        return "hit", "hit under a warning that was withheld"
    if story.zones.get(zone):
        return "watch", f"{PHASE['watch'].word} only, never told to take cover"
    return "clear", "never concerned"
