"""A raid made by hand as a story, its report as words, and its live view as text."""

from __future__ import annotations

import io
from xml.etree import ElementTree

from rampart.cli.live import picture
from rampart.domain.messages import (
    Input,
    Output,
    PlotBatch,
    Prediction,
    Tick,
    TrackUpdate,
    ZoneState,
)
from rampart.domain.site import Sensor, Site, Zone
from rampart.report.story import Fact, Head, Story

EPOCH_NS = 1_641_340_800_000_000_000
SITE = Site(
    name="Camp <b>",
    uuid="u",
    latitude_deg=35.0,
    longitude_deg=40.0,
    height_m=200.0,
    zones=(
        Zone(
            id="a",
            name="Camp & <script>alert(1)</script>",
            polygon_enu_m=((0, 0), (500, 0), (500, 500), (0, 500)),
            release={},
            people=50,
        ),
        Zone(
            id="b",
            name="Depot",
            polygon_enu_m=((900, 0), (1400, 0), (1400, 500), (900, 500)),
            release={},
        ),
    ),
    sensors=(Sensor(id="radar", position_enu_m=(-500.0, -500.0, 0.0)),),
)
BARE = Site(
    name="rec", uuid="u", latitude_deg=0.0, longitude_deg=0.0, height_m=0.0, known_position=False
)


def at(seconds: float) -> int:
    return EPOCH_NS + round(seconds * 1e9)


def head(site: Site = SITE, *, simulated: bool = True) -> Head:
    return Head(
        name="raid",
        source="scenario raid",
        site=site,
        simulated=simulated,
        seed=4,
        epoch_ns=EPOCH_NS,
        engine="9.9",
        settings_hash="cafe",
        facts=(Fact(text="eight rounds", source="the author", mark="assumed"),),
    )


def track(t_s: float, family: str = "mortar", status: str = "confirmed") -> TrackUpdate:
    return TrackUpdate(
        track=5,
        t_ns=at(t_s),
        state_enu=(-3000 + 200 * t_s, -2000 + 150 * t_s, 90 * t_s - 4.9 * t_s**2, 200, 150, 50),
        cov_enu=(1.0,) * 21,
        status=status,
        family=family,
        p_family=(0.9, 0.0, 0.0, 0.05, 0.0, 0.05),
        drag_per_m=1e-4,
        t_first_ns=at(0.5),
        plots=4,
    )


def prediction(t_s: float) -> Prediction:
    return Prediction(
        track=5,
        t_ns=at(t_s),
        t_first_ns=at(0.5),
        model="ballistic",
        impact_ns_q05=at(17),
        impact_ns_q50=at(18),
        impact_ns_q95=at(19),
        impact_enu_m=(250.0, 200.0, 0.0),
        cov_m2=(40_000.0 / t_s, 10_000.0 / t_s, 20_000.0 / t_s),
    )


def state(t_s: float, phase: str, reason: str = "threshold", zone: str = "a") -> ZoneState:
    return ZoneState(
        zone=zone,
        alarm_id="x" * 16,
        raid_id="x" * 16,
        revision=1,
        phase=phase,
        reason=reason,
        change="",
        tracks=(5,),
        count=1,
        p_zone=0.4,
        issued_ns=at(t_s),
        cause_seq=3,
        t_impact_ns_q05=at(17),
        t_impact_ns_q50=at(18),
        t_impact_ns_q95=at(19),
    )


def raid(family: str = "mortar", *, site: Site = SITE, simulated: bool = True) -> Story:
    """A round tracked from 1 s to 15 s; zone `a` warned at 3 s."""
    story = Story(head=head(site, simulated=simulated))
    zones = {2: state(2, "watch"), 3: state(3, "warn"), 17: state(17, "impact", "predicted_time")}
    for second in range(1, 21):
        outputs: list[Output] = []
        message: Input = PlotBatch(sensor="radar", t_arrival_ns=at(second), data=bytes(104))
        if second <= 15:
            outputs += [track(second, family), prediction(second)]
        if second in zones and site.zones:
            outputs.append(zones[second])
        story.take(message, outputs)
    story.take(Tick(t_arrival_ns=at(21)), [])
    return story


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>\n"))


def words(text: str) -> str:
    return " ".join("".join(parsed(text).itertext()).split())


def shown(story: Story) -> str:
    from rich.console import Console

    console = Console(file=io.StringIO(), record=True, width=120, color_system=None)
    console.print(picture(story))
    return console.export_text()


def until(second: int) -> Story:
    """The raid as it stood then."""
    story = Story(head=head())
    for t in range(1, second + 1):
        outputs: list[Output] = [track(t), prediction(t)]
        if t == 3:
            outputs.append(state(3, "warn"))
        story.take(Tick(t_arrival_ns=at(t)), outputs)
    return story
