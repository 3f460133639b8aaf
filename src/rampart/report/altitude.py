"""Height of every track over time. Inline SVG."""

from __future__ import annotations

from collections.abc import Callable

from rampart.report.axis import Axis
from rampart.report.map import grid_step_m
from rampart.report.story import Story, Trail
from rampart.report.svg import Markup, points, tag
from rampart.report.symbols import symbol
from rampart.report.words import FAMILY, metres

HEIGHT = 240.0
INNER = 1000.0
"""Width of the stretched drawing; its lines keep their thickness."""


def altitude_chart(story: Story, axis: Axis) -> Markup | None:
    """The chart; None where nothing was tracked."""
    shown = story.threats or story.confirmed
    if not shown:
        return None
    top_m = max(100.0, *(u for trail in shown for _, _, u in trail.xyz_enu_m)) * 1.08
    step = grid_step_m(top_m, 4)
    levels = [step * i for i in range(int(top_m // step) + 1)]

    def y(height_m: float) -> float:
        return HEIGHT * (1 - min(max(height_m / top_m, 0.0), 1.0))

    lines = [
        tag("line", x1="0", x2="100%", y1=y(level), y2=y(level), class_="tick") for level in levels
    ]
    words = [
        tag("text", metres(level), x="4", y=y(level) - 4, class_="axis-word start")
        for level in levels[1:]
    ]
    curves = tag(
        "svg",
        *(_curve(trail, story.trail_points, axis, y) for trail in shown),
        x="0",
        y="0",
        width="100%",
        height=HEIGHT,
        viewBox=f"0 0 {INNER:.0f} {HEIGHT:.0f}",
        preserveAspectRatio="none",
    )
    ends = [
        tag(
            "svg",
            symbol(trail.family, 0, 0, 4.5),
            x=f"{axis.percent(trail.t_s[-1]):.2f}%",
            y=y(trail.xyz_enu_m[-1][2]),
            overflow="visible",
            width=1,
            height=1,
        )
        for trail in shown
        if trail.t_s[-1] <= axis.end_s
    ]
    title = tag("title", "Height above the site's origin over time")
    desc = tag("desc", f"{len(shown)} tracks, highest {metres(top_m / 1.08)}")
    return tag(
        "svg",
        title,
        desc,
        *lines,
        *axis.draw(HEIGHT),
        curves,
        *words,
        *ends,
        width="100%",
        height=HEIGHT + 24,
        class_="chart",
        role="img",
    )


def _curve(trail: Trail, most: int, axis: Axis, y: Callable[[float], float]) -> Markup:
    path = points(
        (axis.percent(t) * INNER / 100, y(place[2]))
        for t, place in trail.thinned(most)
        if axis.start_s <= t <= axis.end_s
    )
    look = FAMILY[trail.family]
    title = tag("title", f"Track {trail.track}: {look.word}")
    return tag("polyline", title, points=path, class_=f"curve line-{look.css}")
