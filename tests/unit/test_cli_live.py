"""The live view of a hand-made run, and what is taken back, there and in the report."""

from __future__ import annotations

import io

import msgspec
import pytest

from rampart.cli.live import PlainView, due_words
from rampart.domain.messages import Tick
from rampart.report.page import page
from rampart.report.story import Story
from rampart.report.zones import outcomes
from told_raid import at, head, shown, state, track, until, words


# --------------------------------------------------------------------------------- the live view
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
