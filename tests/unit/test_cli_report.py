"""Report and live view from a hand-made run: what is shown, what is escaped, what is never shown."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import msgspec
import numpy as np
import pytest

from rampart.cli.live import PlainView, due_words, picture
from rampart.domain.messages import (
    Input,
    Origin,
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
from rampart.metrics.truth import Truth
from rampart.report.map import zone_map
from rampart.report.page import page
from rampart.report.prose import paragraph
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


@pytest.mark.parametrize("reason", ["not_decided", "manual", "drone_corridor"])
def test_a_drone_is_awaited_here_and_nowhere_falls_whoever_released_its_warning(reason) -> None:
    """Rules, section 4: 'No impact point is invented.'"""
    story = Story(head=head(simulated=False))
    warned = state(4, "warn", reason)
    for told in ([track(3, "drone")], [warned]):
        story.take(Tick(t_arrival_ns=at(4)), told)
    assert "drone here in 14.0 ± 1.0 s" in shown(story)
    assert "impact" not in shown(story).split("Threats")[0].lower()
    assert outcomes(story, None)[0].words == "warned 14.0 s before a drone was expected here"
    # beside a round, the times are of whichever comes first
    story.take(Tick(t_arrival_ns=at(5)), [msgspec.structs.replace(track(5), track=6)])
    story.take(Tick(t_arrival_ns=at(5)), [msgspec.structs.replace(warned, tracks=(5, 6))])
    assert "first here in 13.0 ± 1.0 s" in shown(story)


# ------------------------------------------------------------------- what is taken back, and by whom
def told_in_turn(*rows: tuple[float, str, str, str]) -> Story:
    """A story of zone `a`: (seconds, phase, reason, by)."""
    story = Story(head=head())
    for t_s, phase, reason, by in rows:
        one = msgspec.structs.replace(state(t_s, phase, reason), by=by)
        story.take(Tick(t_arrival_ns=at(t_s)), [one])
    return story


CANCELLED = "CANCELLED: recomputed: it will not come here"


@pytest.mark.parametrize("then", ["watch", "clear"])
def test_a_cancelled_zone_is_shown_so_with_its_reason_for_30_s(then) -> None:
    """Rules, section 2: 'shown CANCELLED with its reason for 30 s'."""
    story = told_in_turn((3, "warn", "threshold", ""), (20, then, "recomputed", ""))
    assert CANCELLED in shown(story)
    story.take(Tick(t_arrival_ns=at(49.9)), [state(49.9, "watch")])  # news of the watch ends it not
    assert CANCELLED in shown(story)
    story.take(Tick(t_arrival_ns=at(50)), [])
    assert "CANCELLED" not in shown(story)
    text = page(story, None, {})
    assert text.count(CANCELLED) >= 2  # in the timeline and in the table
    assert "at 20.0 s" in words(text)


def test_a_new_warning_ends_the_word_of_the_cancel() -> None:
    story = told_in_turn((3, "warn", "threshold", ""), (20, "clear", "recomputed", ""))
    story.take(Tick(t_arrival_ns=at(25)), [state(25, "warn")])
    assert "CANCELLED" not in shown(story)


def test_a_watch_that_passes_was_no_warning_and_is_not_cancelled() -> None:
    story = told_in_turn((3, "watch", "threshold", ""), (20, "clear", "recomputed", ""))
    assert "CANCELLED" not in shown(story) + page(story, None, {})


def test_a_persons_cancel_tells_who() -> None:
    story = told_in_turn((3, "warn", "threshold", ""), (20, "watch", "withdrawn", "ann <b>"))
    assert "CANCELLED: withdrawn by ann <b>" in shown(story)
    assert "CANCELLED: withdrawn by ann &lt;b&gt;" in page(story, None, {})


def test_a_hold_that_a_person_ended_was_released_by_him_and_not_by_sensors() -> None:
    """Rules, section 2: 'it is then shown "released by <name>, not by sensors"'."""
    rows = ((3, "warn", "threshold", ""), (9, "impact", "predicted_time", ""))
    story = told_in_turn(
        *rows, (12, "hold", "predicted_time", ""), (20, "clear", "withdrawn", "ann")
    )
    story.take(Tick(t_arrival_ns=at(900)), [])
    assert "released by ann, not by sensors" in shown(story)
    assert page(story, None, {}).count("released by ann, not by sensors") >= 2
    out = io.StringIO()
    PlainView(out).show(story)
    assert (
        "clear: Camp & <script>alert(1)</script> (released by ann, not by sensors)"
        in out.getvalue()
    )
    by_time = told_in_turn(
        *rows, (12, "hold", "predicted_time", ""), (40, "all_clear", "hold_over", "")
    )
    assert "released" not in shown(by_time) + page(by_time, None, {})


# ------------------------------------------------------------------------------ what a report claims
def truly(*flew: tuple[str, tuple[float, float]], hostile: bool = True) -> Truth:
    """Objects of these families that land at these places at 18 s."""
    n = len(flew)
    none = np.zeros(0, np.int64)
    return Truth(
        ids=tuple(f"o{i}" for i in range(n)),
        classes=tuple(family for family, _ in flew),
        families=tuple(family for family, _ in flew),
        hostile=np.full(n, hostile),
        t_launch_ns=np.full(n, at(0)),
        t_free_ns=np.full(n, at(0)),
        t_impact_ns=np.full(n, at(18)),
        impact_enu_m=np.array([(*place, 0.0) for _, place in flew]).reshape(n, 3),
        t_end_ns=np.full(n, at(18)),
        drag_per_m=np.full(n, 1e-4),
        sample_start=np.zeros(n + 1, np.int64),
        sample_t_ns=none,
        sample_enu_m=np.zeros((0, 3)),
        sample_velocity_mps=np.zeros((0, 3)),
        sensors=("radar",),
        plot_t_ns=none,
        plot_arrival_ns=none,
        plot_sensor=none,
        plot_object=none,
        plot_working=np.zeros(0, np.bool_),
    )


def test_how_many_there_really_were_stands_beside_how_many_were_followed() -> None:
    story = raid()
    story.truth = truly(("drone", (0.0, 0.0)), ("drone", (0.0, 0.0)))
    said = " ".join(paragraph(story, [], None))
    assert "Rampart followed 1 mortar bomb, a threat. In truth there were 2 drones." in said
    story.truth = truly(("aircraft", (0.0, 0.0)), hostile=False)
    assert "In truth nothing hostile was in the air." in " ".join(paragraph(story, [], None))
    assert "truth" not in " ".join(paragraph(raid(), [], None))


def test_what_zones_were_alarmed_about_stays_what_it_was_alarmed_as() -> None:
    story = raid("drone")
    story.take(Tick(t_arrival_ns=at(22)), [track(22, "clutter")])
    assert "Rampart followed 1 drone, a threat." in " ".join(paragraph(story, [], None))
    story.take(Tick(t_arrival_ns=at(23)), [track(23, "unknown")])
    assert "followed 1 of unknown kind, a threat" in " ".join(paragraph(story, [], None))
    never = raid("clutter", site=BARE)
    assert "followed 1 object; none was a threat" in " ".join(paragraph(never, [], None))


def test_the_legend_explains_what_is_drawn_and_no_more() -> None:
    def explained(family: str) -> list[str]:
        story = raid(family)
        origin = Origin(
            track=5, t_ns=at(15), family="mortar", launch_ns_q05=at(0), launch_ns_q50=at(0),
            launch_ns_q95=at(0), launch_enu_m=(-3000.0, -2000.0, 0.0), cov_m2=(900.0, 0.0, 900.0),
        )  # fmt: skip
        story.take(Tick(t_arrival_ns=at(21)), [origin])
        text = page(story, None, {})
        marks = (
            "predicted impact area",
            "8 s after the first plot",
            "3 s after",
            "came from here, 95 %",
        )
        return [mark for mark in marks if f"</svg>{mark}" in text]

    assert len(explained("mortar")) == 4
    assert explained("drone") == []


@pytest.mark.parametrize(("half_s", "said"), [(0.0, "< 0.1"), (0.04, "< 0.1"), (0.06, "0.1")])
def test_no_time_is_told_as_certain(half_s: float, said: str) -> None:
    story = until(8)
    sure = msgspec.structs.replace(
        prediction(8),
        impact_ns_q05=at(18 - half_s),
        impact_ns_q95=at(18 + half_s),
        cov_m2=(1e-4, 0, 1e-4),
    )
    warned = msgspec.structs.replace(
        state(8, "warn"), t_impact_ns_q05=at(18 - half_s), t_impact_ns_q95=at(18 + half_s)
    )
    story.take(Tick(t_arrival_ns=at(8)), [sure, warned])
    live, report = shown(story), words(page(story, None, {}))
    assert f"impact in 10.0 ± {said} s" in live
    assert f"18.0 ± {said} s" in report
    for text in (live, report):
        assert "± 0.0" not in text
        assert "< 1 m × < 1 m" in text


@pytest.mark.parametrize("east_m", [1590.0, 1575.0, 5000.0])
def test_a_true_impact_stands_whole_on_the_map_of_the_zones_or_not_at_all(east_m: float) -> None:
    story = raid()
    story.truth = truly(("mortar", (200.0, 200.0)), ("mortar", (east_m, 250.0)))
    close = zone_map(story)
    assert close is not None
    stars = re.findall(r'd="M([-\d.]+),[^"]*" class="truth"', close)
    assert len(stars) == (1 if east_m == 5000.0 else 2)
    assert all(8 <= float(x) <= 512 for x in stars)
