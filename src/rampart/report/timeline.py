"""What each zone was told, when, and what was in the air meanwhile. Inline SVG."""

from __future__ import annotations

from collections.abc import Sequence

from rampart.report.axis import Axis
from rampart.report.story import Story
from rampart.report.svg import Markup, tag
from rampart.report.symbols import hatch, star
from rampart.report.words import FAMILY, PHASE, REASON, clock
from rampart.report.zones import CANCELLED_NS, Episode, ZoneOutcome, episodes

ROW = 58.0
BAR = 24.0
THREAT_ROW = 5.0
MAX_THREATS = 30
WORD_PERCENT = 1.15
"""Width that a character of a bar's word takes on a wide page."""


def warning_timeline(story: Story, axis: Axis, outcomes: Sequence[ZoneOutcome]) -> Markup | None:
    """One bar a zone, the zones first warned on top; None where nobody gave zones."""
    if not outcomes:
        return None
    threats, top = _threats(story, axis)
    rows: list[Markup] = []
    for index, outcome in enumerate(outcomes):
        rows += _row(story, axis, outcome, top + index * ROW)
    bottom = top + len(outcomes) * ROW
    return tag(
        "svg",
        tag("title", "Warnings of each zone over time"),
        tag("desc", ". ".join(f"{outcome.name}: {outcome.words}" for outcome in outcomes)),
        tag("defs", hatch("hatch-time")),
        *axis.draw(bottom),
        *threats,
        *rows,
        width="100%",
        height=bottom + 24,
        class_="chart timeline",
        role="img",
    )


def _threats(story: Story, axis: Axis) -> tuple[list[Markup], float]:
    """A thin line for each threat while it was tracked, and the height they take together."""
    shown = story.threats[:MAX_THREATS]
    drawn = [tag("text", "In the air", x="0", y=14, class_="row-name")]
    for index, trail in enumerate(shown):
        y = 24 + index * THREAT_ROW
        drawn.append(
            tag(
                "line",
                tag("title", f"Track {trail.track}: {FAMILY[trail.family].word}"),
                x1=f"{axis.percent(story.seconds(trail.first_ns)):.2f}%",
                x2=f"{axis.percent(trail.t_s[-1]):.2f}%",
                y1=y,
                y2=y,
                class_=f"flight line-{FAMILY[trail.family].css}",
            )
        )
    bottom = 24 + len(shown) * THREAT_ROW
    if len(story.threats) > len(shown):
        more = f"and {len(story.threats) - len(shown)} more"
        drawn.append(tag("text", more, x="0", y=bottom + 8, class_="row-words"))
        bottom += 14
    return (drawn, bottom + 18) if shown else ([], 0.0)


def _row(story: Story, axis: Axis, outcome: ZoneOutcome, top: float) -> list[Markup]:
    y = top + 22
    drawn = [
        tag(
            "text",
            tag("tspan", outcome.name, class_="row-name"),
            tag("tspan", f"  {outcome.words}", class_="row-words"),
            x="0",
            y=top + 14,
        ),
        tag("rect", x="0", y=y, width="100%", height=BAR, class_="bar-empty"),
    ]
    told = episodes(story, outcome.zone)
    for k, episode in enumerate(told):
        if story.seconds(episode.begin_ns) >= axis.end_s:
            break
        if episode.phase != "clear":
            drawn += _bar(story, axis, episode, y)
        if episode.taken_back:
            later = (e.begin_ns for e in told[k + 1 :] if e.phase not in ("watch", "clear"))
            until_ns = min(episode.begin_ns + CANCELLED_NS, next(later, story.now_ns))
            drawn += _taken_back(story, axis, episode, until_ns, y)
    drawn += [_impact(axis, t_s, y) for t_s in outcome.impacts_s if t_s <= axis.end_s]
    return drawn


def _bar(story: Story, axis: Axis, episode: Episode, y: float) -> list[Markup]:
    begin, end = story.seconds(episode.begin_ns), story.seconds(episode.end_ns)
    look = PHASE[episode.phase]
    words = f"{look.word} from {clock(begin)} to {clock(end)}: {REASON[episode.reason]}"
    return _block(axis, (begin, end), y, look.css, f"{look.symbol} {look.word}", words)


def _taken_back(
    story: Story, axis: Axis, episode: Episode, until_ns: int, y: float
) -> list[Markup]:
    begin, end = story.seconds(episode.begin_ns), story.seconds(until_ns)
    words = f"{episode.taken_back}, at {clock(begin)}"
    return _block(axis, (begin, end), y, "taken-back", episode.taken_back.partition(":")[0], words)


def _block(
    axis: Axis, span_s: tuple[float, float], y: float, css: str, text: str, words: str
) -> list[Markup]:
    """A bar, with `text` in it where there is room; `words` are its title."""
    left, right = (axis.percent(t_s) for t_s in span_s)
    drawn = [
        tag(
            "rect",
            tag("title", words),
            x=f"{left:.2f}%",
            y=y,
            width=f"{max(right - left, 0.15):.2f}%",
            height=BAR,
            class_=f"bar bar-{css}",
        )
    ]
    if right - left > WORD_PERCENT * len(text):
        x = f"{left + 0.8:.2f}%"
        drawn.append(tag("text", text, x=x, y=y + BAR - 7, class_=f"bar-word on-{css}"))
    return drawn


def _impact(axis: Axis, t_s: float, y: float) -> Markup:
    mark = tag(
        "path", tag("title", f"TRUTH: impact at {clock(t_s)}"), d=star(0, 0, 7.0), class_="truth"
    )
    return tag(
        "svg",
        mark,
        x=f"{axis.percent(t_s):.2f}%",
        y=y + BAR / 2,
        width=1,
        height=1,
        overflow="visible",
    )
