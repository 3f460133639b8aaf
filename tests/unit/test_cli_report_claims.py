"""What a report claims of a hand-made run: no more than was followed, drawn or known."""

from __future__ import annotations

import re

import msgspec
import numpy as np
import pytest

from rampart.domain.messages import Origin, Tick
from rampart.metrics.truth import Truth
from rampart.report.map import zone_map
from rampart.report.page import page
from rampart.report.prose import paragraph
from told_raid import BARE, at, prediction, raid, shown, state, track, until, words


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
