"""The tables of the report: zones, threats, sensors, refused input, facts, conditions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rampart.domain.messages import Prediction
from rampart.report.story import Story, Trail
from rampart.report.svg import Markup, ellipse_axes, join, tag
from rampart.report.symbols import legend_symbol, star
from rampart.report.words import FAMILY, PHASE, clock, extent, give_or_take
from rampart.report.zones import ZoneOutcome, episodes

MAX_ROWS = 100
"""Longer tables end with how many rows are left out; the CSV files hold them all."""
DASH = "–"


def table(
    caption: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[object]],
    numeric: Iterable[int] = (),
) -> Markup:
    """A table whose first column heads its rows; `numeric` = indices of the right-aligned columns."""
    right = set(numeric)
    css = ["num" if index in right else None for index in range(len(heads))]
    body = []
    for row in rows[:MAX_ROWS]:
        cells = [tag("th", row[0], scope="row", class_=css[0])]
        cells += [tag("td", cell, class_=css[i]) for i, cell in enumerate(row[1:], start=1)]
        body.append(tag("tr", *cells))
    if len(rows) > MAX_ROWS:
        text = f"and {len(rows) - MAX_ROWS} more; the CSV files hold them all"
        body.append(tag("tr", tag("td", text, colspan=len(heads), class_="more")))
    head = [tag("th", text, scope="col", class_=css[i]) for i, text in enumerate(heads)]
    inner = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *head)),
        tag("tbody", join(body)),
    )
    return tag("div", inner, class_="scroll", tabindex="0", role="region", aria_label=caption)


def zone_table(outcomes: Sequence[ZoneOutcome], *, truth: bool) -> Markup:
    """When each zone was told, how long before the impact, and how it is judged."""
    until = "Seconds before impact" if truth else "Seconds before it was expected"
    heads = ["Zone", "People", "Told to take cover", until, "Outcome"]
    rows = []
    for row in outcomes:
        lead = row.lead_s
        if lead is None and not truth and row.predicted_s is not None and row.warned_s is not None:
            lead = row.predicted_s - row.warned_s
        rows.append(
            (
                row.name,
                f"{row.people:,}" if row.people else DASH,
                DASH if row.warned_s is None else f"at {clock(row.warned_s)}",
                DASH if lead is None else f"{lead:.1f}",
                tag("span", row.words, class_=f"verdict verdict-{row.css}"),
            )
        )
    against = "against the truth of the simulation" if truth else "against the prediction"
    return table(f"Zones, judged {against}", heads, rows, numeric=(1, 2, 3))


def taken_back_table(story: Story) -> Markup | None:
    """Warnings that were cancelled and holds that a person ended; None where there is none."""
    rows = [
        (zone.name, f"at {clock(story.seconds(episode.begin_ns))}", episode.taken_back)
        for zone in story.head.site.zones
        for episode in episodes(story, zone.id)
        if episode.taken_back
    ]
    return table("Taken back", ["Zone", "When", "How"], rows, numeric=(1,)) if rows else None


def threat_table(story: Story) -> Markup:
    """Class, impact and its doubt, as last predicted."""
    heads = ["Track", "Family", "First plot", "Impact at", "Impact area, 95 %", "Came from, 95 %"]
    rows = [
        (
            trail.track,
            _family(trail),
            clock(story.seconds(trail.first_ns)),
            _impact_time(story, story.landing(trail)),
            _impact_area(story.landing(trail)),
            _origin(story, trail),
        )
        for trail in story.threats
    ]
    return table("Threats, as last predicted", heads, rows, numeric=(2, 3))


def _family(trail: Trail) -> Markup:
    look = FAMILY[trail.family]
    return Markup(legend_symbol(trail.family) + tag("span", f" {look.word} {trail.p_family:.2f}"))


def _impact_time(story: Story, prediction: Prediction | None) -> str:
    """Median and half of the 90 % interval."""
    if prediction is None or prediction.impact_ns_q50 is None:
        return DASH
    assert prediction.impact_ns_q05 is not None
    assert prediction.impact_ns_q95 is not None
    half = (prediction.impact_ns_q95 - prediction.impact_ns_q05) / 2e9
    return give_or_take(story.seconds(prediction.impact_ns_q50), half)


def _impact_area(prediction: Prediction | None) -> str:
    if prediction is None:
        return DASH
    if prediction.cov_m2 is None or prediction.impact_enu_m is None:
        return "unbounded: height never observed"
    major, minor, _ = ellipse_axes(prediction.cov_m2)
    east, north, _ = prediction.impact_enu_m
    return f"{place(east, north)}, {extent(2 * major)} × {extent(2 * minor)}"


def _origin(story: Story, trail: Trail) -> str:
    origin = story.launch(trail)
    if origin is None:
        return DASH
    major, minor, _ = ellipse_axes(origin.cov_m2)
    east, north, _ = origin.launch_enu_m
    note = "; outside the range of its class" if origin.outside_class_range else ""
    return f"{place(east, north)}, {extent(2 * major)} × {extent(2 * minor)}{note}"


def place(east_m: float, north_m: float) -> str:
    """A place for people: ``2.41 km E, 0.30 km S`` of the site's origin."""
    east = f"{abs(east_m) / 1000:.2f} km {'E' if east_m >= 0 else 'W'}"
    return f"{east}, {abs(north_m) / 1000:.2f} km {'N' if north_m >= 0 else 'S'}"


def sensor_table(story: Story) -> Markup:
    """What each sensor delivered and how it was."""
    known = {sensor.id: sensor for sensor in story.head.site.sensors}
    names = [*known, *sorted({*story.plots_by_sensor, *story.health} - set(known))]
    rows = []
    for name in names:
        changes = story.health.get(name, ())
        spells = [c for c in changes if c.state == "DEGRADED"]
        noise = f"; {said}" if (said := story.sensor_noise(name)) else ""
        first = (
            f"first at {clock(story.seconds(spells[0].t_ns))} ({spells[0].reason})"
            if spells
            else ""
        )
        rows.append(
            (
                (known[name].name or name) if name in known else name,
                f"{story.plots_by_sensor[name]:,}",
                f"{story.marks[name]:,}" if story.marks[name] else DASH,
                story.sensor_state(name),
                (f"{len(spells)} × DEGRADED, {first}" if spells else "LIVE throughout") + noise,
            )
        )
    heads = ["Sensor", "Plots", "Status messages", "At the end", "During the run"]
    return table("Sensors", heads, rows, numeric=(1, 2))


def rejected_table(story: Story) -> Markup:
    """Input that could not be used, by feed and reason."""
    rows = [
        (
            reason.replace("_", " "),
            feed,
            f"{count:,}",
            story.details.get((feed, reason), "") or DASH,
        )
        for (feed, reason), count in sorted(story.rejected.items())
    ]
    heads = ["Reason", "Feed", "Count", "First case"]
    return table("Input that was not used, by reason", heads, rows, numeric=(2,))


def facts_list(story: Story) -> Markup:
    """What the scenario states, with who said it and what is assumed."""
    items = []
    for fact in story.head.facts:
        mark = tag("strong", fact.mark.upper(), class_=f"mark-{fact.mark}")
        items.append(tag("li", mark, f" {fact.text} ", tag("cite", fact.source)))
    return tag("ul", join(items), class_="facts")


def pairs(rows: Iterable[tuple[str, object]]) -> Markup:
    """A list of label and value."""
    inner = [tag("div", tag("dt", label), tag("dd", value)) for label, value in rows]
    return tag("dl", join(inner), class_="pairs")


def phase_legend(phases: Iterable[str], *, taken_back: bool, truth: bool) -> Markup:
    """The phases that occur, with their look in bars and on the map; how one that was taken back is marked,
    and true impacts."""
    items = [
        _key(
            tag("rect", x=1, y=1, width=20, height=12, class_=f"bar bar-{PHASE[p].css}"),
            f"{PHASE[p].symbol} {PHASE[p].word}",
        )
        for p in phases
    ]
    if taken_back:
        mark = tag("rect", x=1, y=1, width=20, height=12, class_="bar bar-taken-back")
        items.append(_key(mark, "CANCELLED, or released by a person: shown for 30 s"))
    if truth:
        items.append(
            _key(tag("path", d=star(11, 7, 6.0), class_="truth truth-bar"), "TRUTH: impact")
        )
    return tag("ul", *items, class_="legend")


def _key(drawing: Markup, words: str) -> Markup:
    picture = tag("svg", drawing, width=22, height=14, class_="swatch", aria_hidden="true")
    return tag("li", picture, words)
