"""The live view: threats soonest first, zones with their phase in words, sensors. `rich`, on a terminal only.

Elsewhere one plain line for each change of a zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TextIO

from rampart.domain.messages import Prediction, ZoneState
from rampart.domain.time import iso_utc
from rampart.report.story import Story, Trail
from rampart.report.words import (
    ARRIVAL,
    FAMILY,
    PHASE,
    REASON,
    clock,
    extent,
    give_or_take,
    metres,
)
from rampart.report.zones import arrives, taken_back_now
from rampart.runtime.clock import wall_s

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live
    from rich.table import Table

    from rampart.cli.job import View

REFRESH_S: Final = 1 / 8
THREAT_ROWS: Final = 12
GONE_S: Final = 3.0
"""A threat stays in the table this long after its last sign of life."""
STYLES: Final = {
    "warn": "bold white on red3",
    "impact": "bold white on red3",
    "pending": "bold red",
    "hold": "bold",
    "watch": "yellow",
    "all_clear": "green",
    "clear": "dim",
}
LOUD_FIRST: Final = ("warn", "impact", "pending", "hold", "watch", "all_clear", "clear")


@contextmanager
def watching(stdout: TextIO, *, silent: bool) -> Iterator[View | None]:
    """The view that suits `stdout`; None where nothing shall be said."""
    if silent:
        yield None
    elif stdout.isatty():
        from rich.console import Console
        from rich.live import Live

        console = Console(file=stdout, highlight=False)
        with Live(console=console, auto_refresh=False, transient=True) as live:
            yield LiveView(live)
    else:
        yield PlainView(stdout)


class PlainView:
    """A line for each phase that a zone enters, as it happens in the source's time."""

    def __init__(self, stdout: TextIO) -> None:
        self._stdout = stdout
        self._told = 0
        self._phase: dict[str, str] = {}

    def show(self, story: Story) -> None:
        """Prints what is new."""
        names = {zone.id: zone.name for zone in story.head.site.zones}
        for state in story.states[self._told :]:
            if self._phase.get(state.zone, "clear") != state.phase:
                self._phase[state.zone] = state.phase
                name = names.get(state.zone, state.zone)
                self._stdout.write(f"{zone_line(story, state, name)}\n")
        self._told = len(story.states)


def zone_line(story: Story, state: ZoneState, name: str) -> str:
    """``  31.500 s  ▲ TAKE COVER  North camp: ...``."""
    look = PHASE[state.phase]
    at = f"{story.seconds(state.issued_ns):9.3f} s"
    due = zone_due(story, state)
    end = f", {due}" if due else ""
    why = taken_back_now(story, state.zone) or REASON[state.reason]
    return f"{at}  {look.symbol} {look.word}: {name} ({why}){end}"


def zone_due(story: Story, state: ZoneState) -> str:
    """When it comes, counted from now: an impact, or a drone into the zone; empty where it has come."""
    if state.phase not in ("watch", "pending", "warn"):
        return ""
    due = due_words(state.t_impact_ns_q05, state.t_impact_ns_q50, state.t_impact_ns_q95, story)
    return f"{ARRIVAL[arrives(story, state)]} {due}" if due else ""


def due_words(q05_ns: int | None, q50_ns: int | None, q95_ns: int | None, story: Story) -> str:
    """``in 8.4 ± 0.6 s``, counted from now; NOW from q05 on; empty where unknown.

    ``in 119 ± 9 s`` where it is not known to some seconds: tenths would claim that it is.
    """
    if q05_ns is None or q50_ns is None or q95_ns is None:
        return ""
    if story.now_ns >= q05_ns:
        return "NOW"
    left, half = (q50_ns - story.now_ns) / 1e9, (q95_ns - q05_ns) / 2e9
    return f"in {give_or_take(left, half)}"


class LiveView:
    """Redraws the whole picture, at most eight times a second."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._drawn_s = -1.0

    def show(self, story: Story) -> None:
        """Redraws, unless that has just been done."""
        if wall_s() - self._drawn_s < REFRESH_S:
            return
        self._live.update(picture(story), refresh=True)
        self._drawn_s = wall_s()


def picture(story: Story) -> RenderableType:
    """What an operator sees now."""
    from rich.console import Group

    parts: list[RenderableType] = [_top(story)]
    if story.head.site.zones:
        parts.append(_zones(story))
    parts += [_threats(story), _sensors(story)]
    return Group(*parts)


def _top(story: Story) -> RenderableType:
    from rich.text import Text

    when = iso_utc(story.now_ns)[11:21]
    line = Text.assemble(
        ("RAMPART ", "bold"),
        f" {story.head.name}   {when} UTC   {clock(story.seconds(story.now_ns))} from the start   ",
    )
    if story.head.simulated:
        line.append(" SIMULATED ", "bold black on yellow")
    return line


def _table(title: str, *heads: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for head in heads:
        table.add_column(head, no_wrap=True)
    return table


def _zones(story: Story) -> Table:
    table = _table("Zones", "", "Zone", "Phase", "P", "Comes")
    latest = {zone: states[-1] for zone, states in story.zones.items()}
    far = 1 << 62

    def order(zone_id: str) -> tuple[int, int]:
        state = latest.get(zone_id)
        due = state.t_impact_ns_q50 if state else None
        return LOUD_FIRST.index(story.phase(zone_id)), far if due is None else due

    for zone in sorted(story.head.site.zones, key=lambda zone: order(zone.id)):
        phase = story.phase(zone.id)
        state = latest.get(zone.id)
        look = PHASE[phase]
        p = f"{state.p_zone:.2f}" if state and phase not in ("clear", "hold", "all_clear") else ""
        due = zone_due(story, state) if state else ""
        back = taken_back_now(story, zone.id)
        word, style = (f"{look.word} · {back}", "bold") if back else (look.word, STYLES[phase])
        table.add_row(look.symbol, zone.name, word, p, due, style=style)
    return table


def _threats(story: Story) -> Table:
    live = [trail for trail in story.threats if _alive(story, trail)]
    table = _table(f"Threats ({len(live)})", "", "Track", "Family", "Impact", "Height", "95 % area")
    for trail in sorted(live, key=lambda trail: _due_ns(story, trail))[:THREAT_ROWS]:
        look = FAMILY[trail.family]
        prediction = story.landing(trail)
        height = metres(trail.xyz_enu_m[-1][2]) if trail.xyz_enu_m else ""
        table.add_row(
            look.symbol,
            str(trail.track),
            f"{look.word} {trail.p_family:.2f}",
            _due(story, prediction),
            height,
            _area(prediction),
        )
    if len(live) > THREAT_ROWS:
        table.add_row("", f"+{len(live) - THREAT_ROWS}", "later", "", "", "")
    return table


def _alive(story: Story, trail: Trail) -> bool:
    return trail.ended_ns is None or (story.now_ns - trail.ended_ns) / 1e9 < GONE_S


def _due_ns(story: Story, trail: Trail) -> tuple[int, int]:
    prediction = story.landing(trail)
    due = prediction.impact_ns_q50 if prediction else None
    return (1 << 62 if due is None else due), trail.track


def _due(story: Story, prediction: Prediction | None) -> str:
    if prediction is None:
        return ""
    q = (prediction.impact_ns_q05, prediction.impact_ns_q50, prediction.impact_ns_q95)
    return due_words(*q, story)


def _area(prediction: Prediction | None) -> str:
    from rampart.report.svg import ellipse_axes

    if prediction is None or prediction.cov_m2 is None:
        return ""
    major, minor, _ = ellipse_axes(prediction.cov_m2)
    return f"{extent(2 * major)} × {extent(2 * minor)}"


def _sensors(story: Story) -> Table:
    table = _table("Sensors", "", "Sensor", "State", "Plots")
    for sensor in story.head.site.sensors:
        state = story.sensor_state(sensor.id)
        mark, style = ("✓", "") if state == "LIVE" else ("?", "yellow")
        plots = f"{story.plots_by_sensor[sensor.id]:,}"
        table.add_row(mark, sensor.name or sensor.id, state, plots, style=style)
    if story.sensor_state("clock") == "DEGRADED":
        table.add_row("?", story.health["clock"][-1].reason, "DEGRADED", "", style="yellow")
    return table
