"""What became of each zone: when it was warned, how long before the impact, and how that is judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from rampart.domain.messages import ZoneState
from rampart.domain.site import Zone
from rampart.domain.time import NS_PER_S
from rampart.domain.values import Phase, Reason
from rampart.metrics.warnings import Verdict
from rampart.report.story import Story
from rampart.report.words import REASON, clock

_AWAITED: Final = {
    "round": "the predicted impact",
    "drone": "a drone was expected here",
    "either": "the first was expected here",
}


CANCELLED_NS: Final = 30 * NS_PER_S
"""'Shown CANCELLED with its reason for 30 s.'"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Episode:
    """One phase of a zone, from `begin_ns` until the next. `taken_back`: how the phase before it was, where
    that was not by time."""

    phase: Phase
    reason: Reason
    begin_ns: int
    end_ns: int
    taken_back: str = ""


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
        before = found[-1].phase if found else "clear"
        if found:
            found[-1] = replace(found[-1], end_ns=state.issued_ns)
        found.append(
            Episode(
                phase=state.phase,
                reason=state.reason,
                begin_ns=state.issued_ns,
                end_ns=story.now_ns,
                taken_back=_taken_back(before, state),
            )
        )
    return found


def _taken_back(before: Phase, state: ZoneState) -> str:
    """``CANCELLED: ...`` of a warning, ``released by ann, not by sensors`` of a hold; empty where it was
    neither."""
    if state.phase not in ("watch", "clear"):
        return ""
    by_person = state.reason == "withdrawn"
    if before == "warn" and (by_person or state.reason == "recomputed"):
        why = f"withdrawn by {state.by}" if by_person and state.by else REASON[state.reason]
        return f"CANCELLED: {why}"
    if before == "hold" and by_person:
        return f"released by {state.by or 'a person'}, not by sensors"
    return ""


def taken_back_now(story: Story, zone: str) -> str:
    """What is to be shown now of how a zone's warning or hold was taken back.

    A cancel for 30 s; a person's release until something else befalls the zone.
    """
    first: ZoneState | None = None
    for state in reversed(story.zones.get(zone, ())):
        if state.phase in ("watch", "clear"):
            first = state
            continue
        if first is None or (
            state.phase == "warn" and story.now_ns - first.issued_ns >= CANCELLED_NS
        ):
            return ""
        return _taken_back(state.phase, first)
    return ""


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
        notice_s = (
            predicted_s - warned_s if predicted_s is not None and warned_s is not None else None
        )
        what = _AWAITED[arrives(story, warn)] if warn else ""
        css, words = _told(bool(states), warned_s, lead_s, notice_s, what)
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


def arrives(story: Story, state: ZoneState) -> Literal["round", "drone", "either"]:
    """Whose times a zone is told: for drones 'no impact point is invented', they are of entry.

    The reason does not tell it alone: a person or a time-out may have released a drone's warning.
    """
    drones = {
        story.trails[track].family == "drone" for track in state.tracks if track in story.trails
    }
    if len(drones) > 1:
        return "either"
    return "drone" if True in drones or state.reason == "drone_corridor" else "round"


def _told(
    seen: bool, warned_s: float | None, lead_s: float | None, notice_s: float | None, what: str
) -> tuple[str, str]:
    """Class of colour and words of a zone that nothing is held against."""
    if warned_s is None:
        return ("watch", "WATCH only") if seen else ("clear", "never concerned")
    if lead_s is not None:
        return "hit", f"hit, warned {lead_s:.1f} s before"
    if notice_s is not None:
        return "warned", f"warned {notice_s:.1f} s before {what}"
    return "warned", f"warned at {clock(warned_s)}"
