"""The report of a hand-made run: what is shown, what is escaped, what is never shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rampart.cli.ending import ending
from rampart.domain.messages import Rejected, SensorHealth, Tick
from rampart.report.page import page
from rampart.report.story import Story
from rampart.report.svg import ellipse_axes, tag
from rampart.report.zones import outcomes
from told_raid import BARE, at, head, parsed, raid, words


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


def test_a_sensor_that_errs_by_more_than_it_claims_is_told() -> None:
    story = raid()
    noise = "errs 2.0 times as much as it claims"
    noisy = SensorHealth(sensor="radar", t_ns=at(22), state="LIVE", reason=noise, cause_seq=9)
    story.take(Tick(t_arrival_ns=at(22)), [noisy])
    assert f"LIVE throughout; {noise}" in words(page(story, None, {}))
    (line,) = [line for _, line in ending(story, None, {}, Path("out")) if "errs" in line]
    assert noise in line


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
