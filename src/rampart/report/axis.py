"""A time axis in per cent of the figure's width, so that bars stretch with the page and words do not."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rampart.report.story import ALARMED, Story
from rampart.report.svg import Markup, tag
from rampart.report.words import clock, minutes

STEPS_S: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600)
TICKS = 7
AFTERMATH_S = 20.0
"""Shown after the last alarm: the long hold that follows would squeeze the raid into a corner."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Seconds since the epoch from `start_s` to `end_s` over the whole width."""

    start_s: float
    end_s: float

    @classmethod
    def of(cls, story: Story) -> Axis:
        """From the first plot to the end of the run, or to shortly after the last alarm."""
        first = story.first_ns if story.first_ns is not None else story.head.epoch_ns
        start, end = (
            story.seconds(first),
            max(story.seconds(story.now_ns), story.seconds(first) + 1),
        )
        ends = [
            story.seconds(later.issued_ns)
            for states in story.zones.values()
            for state, later in pairwise(states)
            if state.phase in ALARMED
        ]
        ends += [t for trail in story.threats for t in trail.t_s[-1:]]
        return cls(start, min(end, max(ends) + AFTERMATH_S) if ends else end)

    def percent(self, t_s: float) -> float:
        """Place of an instant, held inside the figure."""
        share = (t_s - self.start_s) / (self.end_s - self.start_s)
        return 100 * min(max(share, 0.0), 1.0)

    def ticks(self) -> list[float]:
        """Round instants inside the axis."""
        span = self.end_s - self.start_s
        step = next((s for s in STEPS_S if span / s <= TICKS), STEPS_S[-1])
        first = -(-self.start_s // step) * step
        count = int((self.end_s - first) // step) + 1
        return [first + i * step for i in range(count)]

    def draw(self, height: float, top: float = 0.0) -> list[Markup]:
        """Tick lines from `top` down to `height` and their words below."""
        words = clock if self.end_s < 120 else minutes
        drawn = []
        for t in self.ticks():
            at = self.percent(t)
            x = f"{at:.2f}%"
            anchor = "start" if at < 4 else "end" if at > 96 else "middle"
            drawn.append(tag("line", x1=x, x2=x, y1=top, y2=height, class_="tick"))
            drawn.append(tag("text", words(t), x=x, y=height + 16, class_=f"axis-word {anchor}"))
        return drawn
