"""What a threat is taken for: of no name, of several families, known, or not confirmed."""

from __future__ import annotations

import msgspec
import pytest

from warn_stage import MORTAR, ROCKET, Stage, falling, flying, zone


def test_an_unknown_is_warned_of_by_its_path_like_any_class():
    falls, flies = Stage([zone("A", 0.0)]), Stage([zone("A", 0.0)])
    falls.see(falling(1, 1.0, 0.0, 30.0, p=(0, 0, 0, 0, 0, 1.0)))
    assert (falls.phase("A"), falls.last("A").reason) == ("warn", "threshold")
    flies.see(flying(1, 1.0, -2000.0, 50.0, p=(0, 0, 0, 0, 0, 1.0)))
    assert (flies.phase("A"), flies.last("A").reason) == ("warn", "drone_corridor")


@pytest.mark.parametrize(("aloft", "phase"), [(0.0, "warn"), (0.98, "watch")])
def test_what_flies_without_a_name_is_weighed_by_its_course_not_by_where_it_would_fall(
    aloft, phase
):
    unknown = (0.005, 0.0, 0.0, 0.0, 0.0, 0.995)
    impact = falling(1, 1.0, 0.0, 15.0).impact
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, 2500.0, 60.0, p=unknown, impact=impact, aloft=aloft))  # it flies away
    assert stage.phase("A") == phase


def test_a_person_who_says_that_it_falls_is_believed_whatever_flies_without_a_name():
    unknown = (0.005, 0.0, 0.0, 0.0, 0.0, 0.995)
    threat = flying(1, 1.0, 2500.0, 60.0, p=unknown, aloft=0.98)
    stage = Stage([zone("A", 0.0)])
    stage.see(msgspec.structs.replace(threat, impact=falling(1, 1.0, 0.0, 15.0).impact))
    stage.person("assess", track=1, family="mortar")
    assert stage.phase("A") == "warn"


def test_a_mixed_posterior_sums_over_families_each_with_its_own_radius():
    parts = []
    for p in (MORTAR, ROCKET, (0.25, 0, 0.75, 0, 0, 0)):
        stage = Stage([zone("A", 0.0)])
        stage.see(falling(1, 1.0, 520.0, 30.0, sigma_m=100.0, p=p))
        parts.append(stage.last("A").p_zone)
    assert parts[0] < parts[1]
    assert parts[2] == pytest.approx(0.25 * parts[0] + 0.75 * parts[1], rel=1e-9)


def test_what_is_not_confirmed_is_no_threat_yet():
    stage = Stage()
    stage.see(falling(1, 1.0, 0.0, 30.0, real=False))
    assert stage.rows == []


def test_an_identified_friendly_explains_its_own_track_never_the_one_that_follows():
    stage = Stage([zone("A", 0.0)])
    stage.see(
        flying(1, 1.0, -1700.0, 40.0, known="FRIEND"),
        flying(2, 1.0, -2000.0, 40.0),
    )
    assert (stage.phase("A"), stage.last("A").tracks) == ("warn", (2,))


def test_a_warned_flyer_that_turns_out_to_be_known_traffic_is_let_go():
    stage = Stage([zone("A", 0.0)])
    stage.see(flying(1, 1.0, -2500.0, 20.0))
    assert stage.phase("A") == "warn"
    for k in range(1, 60):
        stage.see(flying(1, 1.0 + 0.5 * k, -2500.0 + 10.0 * k, 20.0, known="FRIEND"))
    assert stage.phase("A") in ("watch", "clear")
