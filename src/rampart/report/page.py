"""`report.html`: one page that needs no script, no network and no colour to be understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rampart.domain.time import iso_utc
from rampart.metrics.warnings import Verdict
from rampart.report.altitude import altitude_chart
from rampart.report.axis import Axis
from rampart.report.map import whole_map, zone_map
from rampart.report.prose import paragraph
from rampart.report.story import Head, Story
from rampart.report.style import STYLE
from rampart.report.svg import Markup, join, tag
from rampart.report.symbols import legend_symbol, star
from rampart.report.tables import (
    DASH,
    facts_list,
    pairs,
    phase_legend,
    rejected_table,
    sensor_table,
    taken_back_table,
    threat_table,
    zone_table,
)
from rampart.report.timeline import warning_timeline
from rampart.report.words import FAMILY, PHASE, plural
from rampart.report.zones import ZoneOutcome, episodes, outcomes

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(story: Story, verdict: Verdict | None, timings: Mapping[str, str]) -> str:
    """The whole report. `timings`: measured figures as (label, text); the only part that may differ
    between two runs of the same input."""
    rows = outcomes(story, verdict)
    head = story.head
    banner = _banner() if head.simulated else Markup("")
    body = [
        banner,
        _header(story),
        tag(
            "main",
            tag("p", " ".join(paragraph(story, rows, verdict)), class_="lead"),
            tag("p", head.summary, class_="about") if head.summary else Markup(""),
            _figures(story, rows, verdict),
            *_pictures(story, rows),
            *_tables(story, rows, verdict),
            *_conditions(story, timings),
        ),
        tag("footer", "Rampart senses and warns. It controls no weapon and is not certified."),
    ]
    document = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
            tag(
                "title",
                f"{head.name} – Rampart report" + (" (SIMULATED)" if head.simulated else ""),
            ),
            tag("style", Markup(STYLE)),
        ),
        tag("body", join(part for part in body if part)),
        lang="en",
    )
    return f"<!DOCTYPE html>\n{document}\n"


def _banner() -> Markup:
    return tag(
        "div",
        tag("strong", "SIMULATED"),
        "Nothing in this report happened. Every plot was made by a simulator.",
        class_="banner",
        role="note",
    )


def _header(story: Story) -> Markup:
    head = story.head
    start = iso_utc(story.first_ns if story.first_ns is not None else head.epoch_ns)[:19]
    where = _where(head)
    return tag(
        "header",
        tag("p", "Rampart report", class_="brand"),
        tag("h1", head.name),
        tag("p", f"{where} · {start.replace('T', ' ')} UTC · from {head.source}", class_="when"),
    )


def _where(head: Head) -> str:
    """The site's name; of a recording without a site, the position it tells."""
    site = head.site
    if not site.known_position:
        return "position unknown (local frame)"
    if site.name == head.name:
        return f"about {site.latitude_deg:.4f}, {site.longitude_deg:.4f}"
    return site.name


def _figures(story: Story, rows: Sequence[ZoneOutcome], verdict: Verdict | None) -> Markup:
    """The few numbers that matter most."""
    cells = [
        _cell("Plots", f"{story.plots:,}"),
        _cell("Threats", len(story.threats), f"of {plural(len(story.confirmed), 'track')}"),
    ]
    if rows:
        warned = sum(row.warned_s is not None for row in rows)
        cells.append(_cell("Zones told to take cover", warned, f"of {len(rows)}"))
    leads = [row.lead_s for row in rows if row.lead_s is not None]
    if leads:
        cells.append(_cell("Shortest notice before impact", f"{min(leads):.1f}", "s"))
    if rows and verdict is not None:
        missed, false = len(verdict.outcomes("missed")), verdict.count("false")
        cells += [
            _cell("Missed", missed, bad=missed > 0),
            _cell("False", false, bad=false > 0),
            _cell("Precautions", verdict.count("precaution")),
        ]
    return tag("dl", *cells, class_="figures")


def _cell(label: str, value: object, unit: str = "", *, bad: bool = False) -> Markup:
    number = tag("dd", value, tag("small", f" {unit}") if unit else Markup(""))
    return tag("div", tag("dt", label), number, class_="bad" if bad else None)


def _pictures(story: Story, rows: Sequence[ZoneOutcome]) -> list[Markup]:
    axis = Axis.of(story)
    maps = []
    if (near := zone_map(story)) is not None:
        maps.append(_figure("The zones", "true north up, grid in km from the origin", near))
    if story.threats:
        maps.append(_figure("The whole raid", "from launch to impact", whole_map(story)))
    elif story.confirmed:
        maps.append(_figure("The whole picture", "every confirmed track", whole_map(story)))
    parts = []
    if maps:
        shown = tag("div", *maps, class_="maps" if len(maps) > 1 else "only")
        parts += [tag("h2", "Where"), shown, _map_legend(story, shown)]
    if (timeline := warning_timeline(story, axis, rows)) is not None:
        seen = {state.phase for states in story.zones.values() for state in states}
        told = [phase for phase in PHASE if phase in seen and phase != "clear"]
        back = any(e.taken_back for row in rows for e in episodes(story, row.zone))
        legend = phase_legend(told, taken_back=back, truth=any(row.impacts_s for row in rows))
        note = "time since the start of the source"
        parts += [
            tag("h2", "Warnings over time"),
            _figure("What each zone was told", note, Markup(timeline + legend)),
        ]
    if (chart := altitude_chart(story, axis)) is not None:
        note = "threats only" if story.threats else "every confirmed track"
        parts += [
            tag("h2", "Height over time"),
            _figure("Height above the site's origin", note, chart),
        ]
    return parts


def _figure(caption: str, note: str, picture: Markup) -> Markup:
    return tag("figure", tag("figcaption", f"{caption} ", tag("span", note)), picture)


def _map_legend(story: Story, maps: str) -> Markup:
    """What the marks mean that stand in `maps`, and no others."""
    families = [f for f in FAMILY if any(trail.family == f for trail in story.confirmed)]
    items = [tag("li", legend_symbol(f), FAMILY[f].word) for f in families]
    marks = {
        "ellipse ellipse-last": (_oval("ellipse"), "predicted impact area, 95 %, at last"),
        "ellipse ellipse-middle": (_oval("ellipse ellipse-middle"), "8 s after the first plot"),
        "ellipse ellipse-early": (_oval("ellipse ellipse-early"), "3 s after"),
        "truth": (tag("path", d=star(15, 8, 7.0), class_="truth"), "TRUTH: where it really fell"),
        "origin": (_oval("origin"), "came from here, 95 %"),
    }
    items += [_key(*key) for css, key in marks.items() if f'class="{css}"' in maps]
    return tag("ul", *items, class_="legend")


def _oval(css: str) -> Markup:
    return tag("ellipse", cx=15, cy=8, rx=12, ry=5, class_=css)


def _key(drawing: Markup, words: str) -> Markup:
    picture = tag("svg", drawing, width=30, height=16, class_="swatch", aria_hidden="true")
    return tag("li", picture, words)


def _tables(story: Story, rows: Sequence[ZoneOutcome], verdict: Verdict | None) -> list[Markup]:
    parts = [tag("h2", "In figures")]
    if rows:
        parts.append(zone_table(rows, truth=verdict is not None))
        if (taken_back := taken_back_table(story)) is not None:
            parts.append(taken_back)
    else:
        parts.append(tag("p", "No zones given: nobody can be warned."))
    if story.threats:
        parts.append(threat_table(story))
    parts.append(sensor_table(story))
    if story.rejected:
        parts.append(rejected_table(story))
    else:
        parts.append(tag("p", "All input was used: nothing was refused."))
    return parts


def _conditions(story: Story, timings: Mapping[str, str]) -> list[Markup]:
    head = story.head
    parts = []
    if head.facts:
        parts += [tag("h2", "Facts, and what is assumed"), facts_list(story)]
    if head.feed:
        doubled = sum(n for (_, reason), n in story.rejected.items() if reason == "duplicate")
        rows = [*head.feed, ("Doubled plots recognised", f"{doubled:,}")]
        parts += [tag("h2", "How the recording was read"), pairs(rows)]
    position = (
        f"{head.site.latitude_deg:.4f}, {head.site.longitude_deg:.4f}, {head.site.height_m:.0f} m"
        if head.site.known_position
        else "unknown: places are relative to the sensor"
    )
    parts += [
        tag("h2", "Made from"),
        pairs(
            [
                ("Source", head.source),
                ("Seed", DASH if head.seed is None else head.seed),
                ("Origin (latitude, longitude, height)", position),
                ("Epoch of all times", iso_utc(head.epoch_ns)),
                ("Engine", f"Rampart {head.engine}"),
                ("Settings", head.settings_hash),
            ]
        ),
    ]
    if timings:
        inner = pairs(timings.items())
        parts += [tag("section", tag("h2", "Measured on this machine"), inner, id="timings")]
    return parts
