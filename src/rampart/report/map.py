"""The map: zones, tracks, predicted impacts with their 95 % ellipses, origins, sensors. Inline SVG.

Two views of one drawing: the whole raid, and the zones close up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from rampart.domain.messages import Prediction
from rampart.domain.site import Zone
from rampart.report.labels import Box, Labels
from rampart.report.story import Story, Trail
from rampart.report.svg import Markup, ellipse_axes, join, points, tag
from rampart.report.symbols import hatch, star, symbol
from rampart.report.words import FAMILY, FLEW, PHASE, extent, metres

WIDTH, HEIGHT = 520.0, 470.0
GRID_LINES = 7
IMPACT_RADIUS = 8.0
MANY_THREATS = 16
"""With more threats than this only the last ellipse of each is drawn, so that the picture stays legible."""
AGES: Final = {"early": 3.0, "middle": 8.0}
"""Seconds after a track's first plot at which its ellipse is drawn, besides the last one."""
LOUDNESS: Final = ("warn", "impact", "pending", "hold", "watch")


@dataclass(frozen=True, slots=True)
class View:
    """A window on the ground: `west_m`, `north_m` of its upper left corner, and metres per drawing unit."""

    west_m: float
    north_m: float
    scale_m: float

    @classmethod
    def around(cls, places: list[tuple[float, float]], least_m: float, pad: float) -> View:
        """The smallest window that shows `places` with a margin of `pad` of their span."""
        east = [e for e, _ in places] or [0.0]
        north = [n for _, n in places] or [0.0]
        width = max(max(east) - min(east), least_m) * (1 + 2 * pad)
        height = max(max(north) - min(north), least_m) * (1 + 2 * pad)
        scale = max(width / WIDTH, height / HEIGHT)
        middle_e, middle_n = (max(east) + min(east)) / 2, (max(north) + min(north)) / 2
        return cls(middle_e - scale * WIDTH / 2, middle_n + scale * HEIGHT / 2, scale)

    def xy(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Drawing units of a place."""
        return (east_m - self.west_m) / self.scale_m, (self.north_m - north_m) / self.scale_m

    def shows(self, east_m: float, north_m: float, radius: float = 0.0) -> bool:
        """Whether a place lies in the window, with all of a mark of `radius` drawing units."""
        x, y = self.xy(east_m, north_m)
        return radius <= x <= WIDTH - radius and radius <= y <= HEIGHT - radius


def whole_map(story: Story) -> Markup:
    """The raid from launch to impact."""
    shown = story.threats or story.confirmed
    places = [place[:2] for trail in shown for place in trail.xyz_enu_m]
    places += [vertex for zone in story.head.site.zones for vertex in zone.polygon_enu_m]
    places += [sensor.position_enu_m[:2] for sensor in story.head.site.sensors]
    launches = [story.launch(trail) for trail in story.threats]
    places += [launch.launch_enu_m[:2] for launch in launches if launch]
    places += [impact for impact, _ in true_impacts(story)]
    return _draw(story, View.around(places, 2_000.0, 0.06), "whole", close=False)


def zone_map(story: Story) -> Markup | None:
    """The zones and what fell among them; None where nobody gave zones."""
    zones = story.head.site.zones
    if not zones:
        return None
    places = [vertex for zone in zones for vertex in zone.polygon_enu_m]
    view = View.around(places, 1_000.0, 0.14)
    # what fell at its edge is shown whole
    places += [place for place, _ in true_impacts(story) if view.shows(*place)]
    return _draw(story, View.around(places, 1_000.0, 0.14), "zones", close=True)


def true_impacts(story: Story) -> list[tuple[tuple[float, float], str]]:
    """Place (east, north) and family of every impact that really happened, where the truth is known."""
    truth = story.truth
    if truth is None:
        return []
    return [
        ((float(truth.impact_enu_m[i, 0]), float(truth.impact_enu_m[i, 1])), truth.families[i])
        for i in range(len(truth))
        if truth.lands(i) and truth.hostile[i]
    ]


def loudest(story: Story, zone: str) -> str:
    """The loudest phase that a zone was ever in."""
    seen = {state.phase for state in story.zones.get(zone, ())}
    return next((phase for phase in LOUDNESS if phase in seen), "clear")


def _draw(story: Story, view: View, name: str, *, close: bool) -> Markup:
    labels = Labels(WIDTH, HEIGHT, [_box(view, zone) for zone in story.head.site.zones])
    body = [_grid(view)]
    body += [_zone(view, zone, loudest(story, zone.id)) for zone in story.head.site.zones]
    body += _trails(story, view, close=close)
    body += _predictions(story, view, close=close)
    if not close:
        body += _origins(story, view)
    body += _impacts(story, view)
    body += [_zone_label(story, view, zone, labels, must=close) for zone in _by_loudness(story)]
    body += _sensors(story, view, labels)
    body += [_scale_bar(view), _north()]
    clip = f"clip-{name}"
    title = "The zones, close up" if close else "The whole raid"
    return tag(
        "svg",
        tag("title", f"Map: {title}"),
        tag("desc", _description(story)),
        tag(
            "defs",
            hatch(f"hatch-{name}"),
            tag("clipPath", tag("rect", width=WIDTH, height=HEIGHT), id=clip),
        ),
        tag("rect", class_="map-ground", width=WIDTH, height=HEIGHT, rx=6.0),
        tag("g", join(body), clip_path=f"url(#{clip})"),
        viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}",
        class_=f"map map-{name}",
        role="img",
    )


def _description(story: Story) -> str:
    zones = [
        f"{zone.name}: {PHASE[loudest(story, zone.id)].word}" for zone in story.head.site.zones
    ]
    return f"{len(story.confirmed)} tracks, {len(story.threats)} threats. " + "; ".join(zones)


def grid_step_m(span_m: float, lines: int) -> float:
    """1, 2 or 5 times a power of ten, so that about `lines` steps cover `span_m`."""
    raw = span_m / lines
    power = 10.0 ** math.floor(math.log10(raw))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= raw)


def _grid(view: View) -> Markup:
    step = grid_step_m(WIDTH * view.scale_m, GRID_LINES)
    decimals = 0 if step >= 1000 else 1 if step >= 100 else 2
    lines, words = [], []
    east = math.ceil(view.west_m / step) * step
    while (x := view.xy(east, 0)[0]) <= WIDTH:
        lines.append(f"M{x:.1f},0V{HEIGHT:.0f}")
        if 50 < x < WIDTH - 50:
            text = f"{east / 1000 + 0.0:.{decimals}f}"
            words.append(tag("text", text, x=x + 3, y=HEIGHT - 6, class_="map-grid-word"))
        east += step
    north = math.floor(view.north_m / step) * step
    while (y := view.xy(0, north)[1]) <= HEIGHT:
        lines.append(f"M0,{y:.1f}H{WIDTH:.0f}")
        if 60 < y < HEIGHT - 40:
            text = f"{north / 1000 + 0.0:.{decimals}f}"
            words.append(tag("text", text, x=5, y=y - 3, class_="map-grid-word"))
        north -= step
    words.append(tag("text", "km", x=5, y=HEIGHT - 6, class_="map-grid-word"))
    return tag("g", tag("path", d="".join(lines), class_="map-grid"), *words)


def _zone(view: View, zone: Zone, phase: str) -> Markup:
    corners = points(view.xy(*vertex) for vertex in zone.polygon_enu_m)
    return tag(
        "polygon",
        tag("title", f"{zone.name}: {PHASE[phase].word}"),
        points=corners,
        class_=f"zone zone-{PHASE[phase].css}",
    )


def _by_loudness(story: Story) -> list[Zone]:
    order = (*LOUDNESS, "clear")
    return sorted(story.head.site.zones, key=lambda zone: order.index(loudest(story, zone.id)))


def _box(view: View, zone: Zone) -> Box:
    xs, ys = zip(*(view.xy(*vertex) for vertex in zone.polygon_enu_m), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _zone_label(story: Story, view: View, zone: Zone, labels: Labels, *, must: bool) -> Markup:
    look = PHASE[loudest(story, zone.id)]
    name = zone.name if look.css == "clear" else f"{look.symbol} {zone.name}"
    return labels.place(_box(view, zone), name, f"zone-name name-{look.css}", must=must)


def _trails(story: Story, view: View, *, close: bool) -> list[Markup]:
    drawn = []
    for trail in story.confirmed:
        shown = trail.thinned(story.trail_points)
        path = points(view.xy(*place[:2]) for _, place in shown)
        css = FAMILY[trail.family].css
        weight = "trail" if trail.threat else "trail trail-quiet"
        title = tag("title", f"Track {trail.track}: {FAMILY[trail.family].word}")
        drawn.append(tag("polyline", title, points=path, class_=f"{weight} line-{css}"))
        drawn += _fall(story, view, trail)
        if not close or not story.landing(trail):
            x, y = view.xy(*trail.xyz_enu_m[-1][:2])
            drawn.append(symbol(trail.family, x, y, 5.0 if trail.threat else 3.5))
    return drawn


def _fall(story: Story, view: View, trail: Trail) -> list[Markup]:
    """The dashed way from where a threat was last seen to where it is predicted to land."""
    prediction = story.landing(trail)
    if not trail.threat or prediction is None or prediction.impact_enu_m is None:
        return []
    ends = [trail.xyz_enu_m[-1], prediction.impact_enu_m]
    path = points(view.xy(e, n) for e, n, _ in ends)
    return [tag("polyline", points=path, class_=f"fall line-{FAMILY[trail.family].css}")]


def _predictions(story: Story, view: View, *, close: bool) -> list[Markup]:
    drawn: list[Markup] = []
    few = len(story.threats) <= MANY_THREATS
    for trail in story.threats:
        usable = [p for p in story.predictions.get(trail.track, ()) if p.cov_m2 is not None]
        latest = story.landing(trail)
        if latest is None or latest.cov_m2 is None:
            continue
        if close and few:
            drawn += [_ellipse(view, p, css, trail) for css, p in _at_ages(usable)]
        drawn.append(_ellipse(view, latest, "last", trail))
        assert latest.impact_enu_m is not None
        x, y = view.xy(*latest.impact_enu_m[:2])
        if close:
            drawn.append(
                tag("path", d=f"M{x - 4:.1f},{y - 4:.1f}l8,8m0,-8l-8,8", class_="predicted")
            )
    return drawn


def _at_ages(predictions: list[Prediction]) -> list[tuple[str, Prediction]]:
    """The prediction nearest to each of `AGES`, where there is one within a second."""
    found = []
    for css, age_s in AGES.items():
        nearest = min(predictions, key=lambda p: abs(_age_s(p) - age_s), default=None)
        if nearest is not None and abs(_age_s(nearest) - age_s) <= 1.0:
            found.append((css, nearest))
    return found


def _age_s(prediction: Prediction) -> float:
    """Seconds since the track's first plot."""
    return (prediction.t_ns - prediction.t_first_ns) / 1e9


def _ellipse(view: View, prediction: Prediction, age: str, trail: Trail) -> Markup:
    assert prediction.cov_m2 is not None
    assert prediction.impact_enu_m is not None
    major, minor, angle = ellipse_axes(prediction.cov_m2)
    x, y = view.xy(*prediction.impact_enu_m[:2])
    words = (
        f"Track {trail.track}, {_age_s(prediction):.1f} s after its first plot: lands here at 95 %, "
        f"{extent(2 * major)} by {extent(2 * minor)}"
    )
    return tag(
        "ellipse",
        tag("title", words),
        rx=major / view.scale_m,
        ry=minor / view.scale_m,
        # screen y points down, so an angle from east towards north turns the other way
        transform=f"translate({x:.1f} {y:.1f}) rotate({-math.degrees(angle):.1f})",
        class_=f"ellipse ellipse-{age}",
    )


def _impacts(story: Story, view: View) -> list[Markup]:
    drawn = []
    for (east, north), family in true_impacts(story):
        if view.shows(east, north, IMPACT_RADIUS):
            x, y = view.xy(east, north)
            title = tag("title", f"TRUTH: a {FLEW[family]} really lands here")
            drawn.append(tag("path", title, d=star(x, y, IMPACT_RADIUS), class_="truth"))
    return drawn


def _origins(story: Story, view: View) -> list[Markup]:
    drawn = []
    for trail in story.threats:
        origin = story.launch(trail)
        if origin is None:
            continue
        major, minor, angle = ellipse_axes(origin.cov_m2)
        x, y = view.xy(*origin.launch_enu_m[:2])
        drawn.append(
            tag(
                "ellipse",
                tag("title", f"Track {trail.track} came from here with 95 % probability"),
                rx=major / view.scale_m,
                ry=minor / view.scale_m,
                transform=f"translate({x:.1f} {y:.1f}) rotate({-math.degrees(angle):.1f})",
                class_="origin",
            )
        )
    return drawn


def _sensors(story: Story, view: View, labels: Labels) -> list[Markup]:
    drawn = []
    for sensor in story.head.site.sensors:
        east, north, _ = sensor.position_enu_m
        if not view.shows(east, north):
            continue
        x, y = view.xy(east, north)
        mark = f"M{x - 6:.1f},{y + 5:.1f}h12M{x:.1f},{y + 5:.1f}v-6M{x - 6:.1f},{y - 5:.1f}a6,6 0 0 0 12,0z"
        drawn.append(tag("path", tag("title", f"Sensor {sensor.id}"), d=mark, class_="sensor"))
        box = (x - 8, y - 8, x + 8, y + 8)
        drawn.append(labels.place(box, sensor.name or sensor.id, "sensor-name", must=False))
    return drawn


def _scale_bar(view: View) -> Markup:
    length = grid_step_m(WIDTH * view.scale_m, 5)
    units = length / view.scale_m
    x, y = WIDTH - units - 18, HEIGHT - 24
    return tag(
        "g",
        tag("path", d=f"M{x:.1f},{y - 5:.1f}v5h{units:.1f}v-5", class_="map-scale"),
        tag("text", metres(length), x=x + units / 2, y=y - 8, class_="map-word middle"),
    )


def _north() -> Markup:
    x = WIDTH - 24
    return tag(
        "g",
        tag("path", d=f"M{x},18l7,18l-7,-4l-7,4z", class_="map-north"),
        tag("text", "N", x=x, y=50.0, class_="map-word middle"),
    )
