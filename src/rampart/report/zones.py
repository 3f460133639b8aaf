"""What became of each zone: when it was warned, how long before the impact, and how that is judged."""

from __future__ import annotations

from dataclasses import dataclass

from rampart.domain.site import Zone
from rampart.domain.values import Phase, Reason
from rampart.metrics.warnings import Verdict
from rampart.report.story import Story
from rampart.report.words import clock


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


def outcomes(story: Story, verdict: Verdict | None) -> list[ZoneOutcome]:
    """One for each zone: first warned first, then those only watched, then the rest by name."""
    rows = [_outcome(story, zone, verdict) for zone in story.head.site.zones]
    never = float("inf")
    return sorted(
        rows,
        key=lambda row: (
            never if row.warned_s is None else row.warned_s,
            row.phase == "clear",
            row.name,
        ),
    )


def _outcome(story: Story, zone: Zone, verdict: Verdict | None) -> ZoneOutcome:
    states = story.zones.get(zone.id, [])
    warn = next((state for state in states if state.phase == "warn"), None)
    hits = [hit.t_ns for hit in verdict.hits if hit.zone == zone.id] if verdict else []
    warned_s = story.seconds(warn.issued_ns) if warn else None
    predicted = warn.t_impact_ns_q50 if warn else None
    predicted_s = story.seconds(predicted) if predicted is not None else None
    impacts = tuple(sorted(story.seconds(t) for t in hits))
    after = [t for t in impacts if warned_s is not None and t >= warned_s]
    lead_s = after[0] - warned_s if after and warned_s is not None else None
    css, words = _judged(zone.id, verdict) if verdict else ("", "")
    if not words:
        event = "entry" if warn and warn.reason == "drone_corridor" else "impact"
        css, words = _told(bool(states), warned_s, lead_s, predicted_s, event)
    return ZoneOutcome(
        zone=zone.id,
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


def _judged(zone: str, verdict: Verdict) -> tuple[str, str]:
    """Class of colour and words of what the judge holds against, or to the credit of, the warnings."""
    hits = [hit.outcome for hit in verdict.hits if hit.zone == zone]
    kinds = [warning.kind for warning in verdict.warnings if warning.zone == zone]
    if "missed" in hits:
        return "missed", "MISSED: hit without a warning in time"
    if "withheld" in hits:
        return "hit", "hit under a warning that was withheld"
    if "false" in kinds:
        return "false", "FALSE: warned without cause"
    if "precaution" in kinds and not hits:
        return "precaution", "precaution: warned, not hit"
    return "", ""


def _told(
    seen: bool,
    warned_s: float | None,
    lead_s: float | None,
    predicted_s: float | None,
    event: str,
) -> tuple[str, str]:
    """Class of colour and words of a zone that nothing is held against."""
    if warned_s is None:
        return ("watch", "WATCH only") if seen else ("clear", "never concerned")
    if lead_s is not None:
        return "hit", f"hit, warned {lead_s:.1f} s before"
    if predicted_s is not None:
        return "warned", f"warned {predicted_s - warned_s:.1f} s before the predicted {event}"
    return "warned", f"warned at {clock(warned_s)}"
