"""Report and live view from a hand-made run: what is shown, what is escaped, what is never shown."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import msgspec
import pytest

from rampart.cli.live import PlainView, due_words, picture
from rampart.domain.messages import (
    Input,
    Output,
    PlotBatch,
    Prediction,
    Rejected,
    SensorHealth,
    Tick,
    TrackUpdate,
    ZoneState,
)
from rampart.domain.site import Sensor, Site, Zone
from rampart.report.page import page
from rampart.report.story import Fact, Head, Story
from rampart.report.svg import ellipse_axes, tag
from rampart.report.zones import outcomes

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


def test_names_from_files_cannot_become_markup() -> None:
    text = page(raid(), None, {})
    assert "<script" not in text
    assert "<b>" not in text
    assert "Camp & <script>alert(1)</script>" in words(text)


@pytest.mark.parametrize("simulated", [True, False])
def test_the_banner_stands_only_over_what_is_simulated(simulated: bool) -> None:
    text = page(raid(simulated=simulated), None, {})
    assert ("SIMULATED" in text) is simulated
    assert ("Nothing in this report happened" in text) is simulated


def test_the_page_without_zones_says_that_nobody_can_be_warned() -> None:
    text = words(page(raid(site=BARE, simulated=False), None, {}))
    assert "nobody can be warned" in text
    assert "position unknown" in text
    assert "TAKE COVER" not in text


def test_an_empty_story_still_makes_a_page() -> None:
    text = words(page(Story(head=head(BARE, simulated=False)), None, {}))
    assert "No plot was received" in text


def test_a_drone_has_no_landing() -> None:
    def ellipses(family: str) -> int:
        root = parsed(page(raid(family), None, {}))
        maps = [svg for svg in root.iter("svg") if "map" in (svg.get("class") or "").split()]
        return sum(
            "ellipse" in (e.get("class") or "").split() for m in maps for e in m.iter("ellipse")
        )

    assert ellipses("mortar") > 0
    assert ellipses("drone") == 0


def test_a_warned_zone_tells_its_seconds() -> None:
    (first, second) = outcomes(raid(), None)
    assert (first.zone, second.zone) == ("a", "b")
    assert first.words == "warned 15.0 s before the predicted impact"
    assert second.words == "never concerned"
    assert "warned 15.0 s before" in words(page(raid(), None, {}))


@pytest.mark.parametrize(
    ("family", "flew"), [("gun", "1 shell"), ("mortar", "1 mortar bomb"), ("rocket", "1 rocket")]
)
def test_sentences_count_what_flies_and_not_what_fired_it(family: str, flew: str) -> None:
    assert f"followed {flew}, a threat" in words(page(raid(family), None, {}))


def test_rejected_input_is_told_by_reason() -> None:
    story = raid()
    refused = Rejected(
        feed="radar", reason="duplicate", count=7, t_arrival_ns=at(22), detail="plot 9"
    )
    story.take(Tick(t_arrival_ns=at(22)), [refused, refused])
    text = words(page(story, None, {}))
    assert "duplicate" in text
    assert "14" in text
    assert "plot 9" in text


def test_a_sensor_that_fell_silent_is_told() -> None:
    story = raid()
    silent = SensorHealth(
        sensor="radar", t_ns=at(22), state="DEGRADED", reason="silent", cause_seq=9
    )
    story.take(Tick(t_arrival_ns=at(22)), [silent])
    assert "1 × DEGRADED, first at 22.0 s (silent)" in words(page(story, None, {}))


def test_only_the_timings_block_holds_timings() -> None:
    timed = page(raid(), None, {"A message, median": "1.0 ms"})
    block = re.compile(r"\s*<section id=\"timings\">.*?</section>", re.DOTALL)
    assert "1.0 ms" in timed
    assert block.sub("", timed) == page(raid(), None, {})


def test_the_95_ellipse_has_the_axes_of_its_covariance() -> None:
    major, minor, angle = ellipse_axes((9.0, 0.0, 4.0))
    assert (major, minor, angle) == pytest.approx((3 * 2.4477, 2 * 2.4477, 0.0), rel=1e-4)
    turned = ellipse_axes((6.5, 2.5, 6.5))  # the same, turned by 45 degrees from east to north
    assert turned == pytest.approx((3 * 2.4477, 2 * 2.4477, 0.785398), rel=1e-4)


def test_markup_escapes_attributes_and_text() -> None:
    assert tag("p", "a < b", title='say "no"') == '<p title="say &quot;no&quot;">a &lt; b</p>'


# --------------------------------------------------------------------------------- the live view
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


def test_the_live_view_says_it_in_words() -> None:
    text = shown(until(8))
    for said in (
        "SIMULATED",
        "TAKE COVER",
        "in 10.0 ± 1.0 s",
        "mortar 0.90",
        "● ",
        "LIVE",
        "08.0 UTC",
    ):
        assert said in text, said
    assert text.index("TAKE COVER") < text.index("Depot")  # the loudest zone first


def test_below_its_own_spread_the_countdown_says_now() -> None:
    story = until(8)
    story.take(Tick(t_arrival_ns=at(17.5)), [])
    assert "impact NOW" in shown(story)


def test_a_time_known_to_some_seconds_only_is_told_without_tenths() -> None:
    story, now_ns = until(8), at(8)
    quantiles = [now_ns + round(s * 1e9) for s in (111.2, 118.7, 128.4)]
    assert due_words(*quantiles, story) == "in 119 ± 9 s"


def test_plain_lines_are_told_once_a_phase() -> None:
    out = io.StringIO()
    view = PlainView(out)
    story = Story(head=head())
    revised = msgspec.structs.replace(state(4, "warn"), revision=2)
    for told in (state(3, "warn"), revised, state(17, "impact", "predicted_time")):
        story.take(Tick(t_arrival_ns=told.issued_ns), [told])
        view.show(story)
    lines = out.getvalue().splitlines()
    assert len(lines) == 2
    assert "TAKE COVER" in lines[0]
    assert "impact in 15.0 ± 1.0 s" in lines[0]
    assert "IMPACT EXPECTED" in lines[1]
