"""`site.toml`: what it becomes, and every fault of a bad one at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rampart.domain.errors import ConfigError
from rampart.domain.frames import enu_from_geodetic, geodetic_from_enu
from rampart.domain.site import Rules, Site
from rampart.site import check, load_site
from rampart.site.polygon import crossing_sides, signed_area_m2

GOOD = """
name = "Base"
uuid = "6F1B7C2E-0d7a-4b7e-9d3f-0b1f6d6f0a01"
origin = { latitude_deg = 35.1, longitude_deg = 40.55, height_m = 200 }

[[zones]]
id = "a"
people = 12
shelter_s = 8
threshold = 0.02
polygon_enu_m = [[0, 0], [0, 500], [500, 500], [500, 0]]
release = { mortar = "auto", gun = "auto", rocket = "auto", drone = "confirm", unknown = "auto" }
[[zones]]
id = "b"
circle = { centre_deg = [35.11, 40.56], radius_m = 300 }
release = { mortar = "auto", gun = "auto", rocket = "auto", drone = "confirm", unknown = "auto" }
on_timeout = "withhold"

[[sensors]]
id = "radar"
position_deg_m = [35.1, 40.56, 230.0]
sigma_range_m = 10
sigma_azimuth_mrad = 2.0
scan_period_s = 1.0
range_max_m = 20000
azimuth_min_deg = 300
azimuth_max_deg = 60
system_id = [10, 3]
snr_threshold_db = 3.5
independent_s = 0.8

[[reflectors]]
id = "mast"
position_deg_m = [35.11, 40.56, 260.0]
[[reflectors]]
id = "tower"
position_enu_m = [1500, 2000, 80]
sigma_m = 0.05

[[wind]]
height_m = 0
east_mps = 3
north_mps = -1

[rules]
warn_p = 0.02
hazard_radius_m = { rocket = 200 }
"""


def load(tmp_path: Path, text: str) -> Site:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    return load_site(path)


def faults(tmp_path: Path, text: str) -> dict[str, str]:
    """place -> "found | allowed" of each fault."""
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    return {fault.where: f"{fault.found} | {fault.allowed}" for fault in check(path)}


def test_a_good_file_becomes_a_site_in_si_units(tmp_path: Path) -> None:
    site = load(tmp_path, GOOD)
    assert site.uuid == "6f1b7c2e-0d7a-4b7e-9d3f-0b1f6d6f0a01"
    first, second = site.zones
    assert first.name == "a"
    assert first.release["drone"] == "confirm"
    assert signed_area_m2(np.array(first.polygon_enu_m)) == pytest.approx(250_000)  # turned round
    ring = np.array(second.polygon_enu_m)
    east, north, _ = enu_from_geodetic(35.11, 40.56, 200.0, site)
    sides = np.linalg.norm(0.5 * (ring + np.roll(ring, -1, 0)) - [east, north], axis=1)
    np.testing.assert_allclose(sides, 300.0, atol=1e-6)  # no part of the circle is left out
    sensor = site.sensors[0]
    assert sensor.sigma_azimuth_rad == pytest.approx(2e-3)
    assert sensor.sigma_elevation_rad is None
    assert sensor.azimuth_min_rad == pytest.approx(np.radians(300))
    assert sensor.system_id == (10, 3)
    assert sensor.snr_threshold_db == 3.5
    assert sensor.independent_s == 0.8
    np.testing.assert_allclose(
        geodetic_from_enu(sensor.position_enu_m, site), [35.1, 40.56, 230.0], atol=1e-6
    )
    mast, tower = site.reflectors
    np.testing.assert_allclose(
        geodetic_from_enu(mast.position_enu_m, site), [35.11, 40.56, 260.0], atol=1e-6
    )
    assert (tower.position_enu_m, tower.sigma_m) == ((1500.0, 2000.0, 80.0), 0.05)
    assert site.wind[0].north_mps == -1.0
    assert site.rules.warn_p == 0.02
    assert site.rules.hazard_radius_m == Rules().hazard_radius_m | {"rocket": 200.0}
    assert site.rules.hold_s == Rules().hold_s


def test_a_closed_ring_is_the_same_as_an_open_one(tmp_path: Path) -> None:
    closed = GOOD.replace("[500, 0]]", "[500, 0], [0, 0]]")
    assert load(tmp_path, closed) == load(tmp_path, GOOD)


def test_all_faults_are_told_at_once_each_with_place_value_and_what_is_allowed(
    tmp_path: Path,
) -> None:
    bad = (
        GOOD.replace("height_m = 200 }", "height_m = nan }")
        .replace("people = 12", "peple = 12")
        .replace('mortar = "auto", gun = "auto"', 'mortar = "automatic"', 1)
        .replace("[0, 500], [500, 500]", "[500, 500], [0, 500]")
        .replace("radius_m = 300", "radius_m = -300")
        .replace("sigma_range_m = 10", "sigma_range_m = inf")
        .replace("range_max_m = 20000", 'range_max_m = "far"')
        .replace("scan_period_s = 1.0\n", "")
        .replace("warn_p = 0.02", "warn_p = 1.2")
        .replace('id = "b"', 'id = "a"')
        .replace("sigma_m = 0.05", "sigma_mm = 50")
    )
    found = faults(tmp_path, bad)
    assert set(found) == {
        "origin.height_m", "zones[0].peple", "zones[0].release.mortar", "zones[0].release.gun",
        "zones[0].polygon_enu_m", "zones[1].circle.radius_m", "sensors[0].sigma_range_m",
        "sensors[0].range_max_m", "sensors[0].scan_period_s", "rules.warn_p", "zones[1].id",
        "reflectors[1].sigma_mm",
    }  # fmt: skip
    assert "did you mean people?" in found["zones[0].peple"]
    assert found["zones[0].release.mortar"] == "'automatic' | one of: auto, confirm"
    assert found["zones[0].release.gun"] == "nothing | one of: auto, confirm"
    assert "crosses itself" in found["zones[0].polygon_enu_m"]
    assert found["origin.height_m"].startswith("nan | a number >= -500")
    assert found["rules.warn_p"] == "1.2 | a number > 0 and <= 1"


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        (("release = {", "realease = {"), "zones[0].release", "nothing | a table with mortar, gun"),
        (("[500, 500], [500, 0]]", "[500, 500]]"), "", ""),
        (("[0, 500], [500, 500], [500, 0]]", "[0, 500]]"), "zones[0].polygon_enu_m", "at least 3"),
        (("[0, 500], [500, 500], [500, 0]]", "[0, 0], [5, 5]]"), "zones[0].polygon_enu_m", "twice"),
        (("[0, 500], [500, 500], [500, 0]]", "[9, 9], [5, 5]]"), "zones[0].polygon_enu_m", "crosses"),
        (("[0, 500], [500, 500], [500, 0]]", "[9, 0], [0, 9]]"), "zones[0].polygon_enu_m", "m²"),
        (("centre_deg = [35.11, 40.56]", "centre_deg = [40.56, 35.11]"), "zones[1].circle.centre_deg",
         "km from the origin"),
        (("centre_deg = [35.11, 40.56], ", ""), "zones[1].circle", "exactly one of"),
        (('id = "radar"', 'id = "my radar"'), "sensors[0].id", "text that matches"),
        (("[10, 3]", "[10, 300]"), "sensors[0].system_id[1]", "<= 255"),
        (("sigma_range_m = 10", "sigma_range_m = 1e-300"), "sensors[0].sigma_range_m", ">= 0.001"),
        (("_db = 3.5", "_db = 300"), "sensors[0].snr_threshold_db", "<= 60"),
        (("[35.1, 40.56, 230.0]", "[35.1, 40.56]"), "sensors[0].position_deg_m", "a list of"),
        (("range_max_m = 20000", "range_max_m = 200"), "sensors[0].range_min_m", "less than range_max_m"),
        (("people = 12", "people = 12.5"), "zones[0].people", "a whole number"),
        (("people = 12", "people = true"), "zones[0].people", "true | a whole number"),
        (("people = 12", "people = " + "9" * 400), "zones[0].people", "an integer of more than 60"),
        (("uuid = \"6F1B", "uuid = \"zzzz"), "uuid", "text that matches"),
        (('id = "tower"', 'id = "mast"'), "reflectors[1].id", "used once"),
        (("[1500, 2000, 80]", "[1500, -2000, 80]"), "reflectors[1]", "no sensor's coverage"),  # behind
        (("[1500, 2000, 80]", "[1500, 2000, 8]"), "reflectors[1]", "no sensor's coverage"),  # too low
        (("[1500, 2000, 80]", "[1500, 30000, 900]"), "reflectors[1]", "no sensor's coverage"),
        (("position_enu_m = [1500, 2000, 80]\n", ""), "reflectors[1]", "exactly one of"),
        (("[1500, 2000, 80]", "[1500, 2000]"), "reflectors[1].position_enu_m", "a list of"),
        (("sigma_m = 0.05", "sigma_m = 0"), "reflectors[1].sigma_m", "> 0"),
        (("[35.11, 40.56, 260.0]", "[40.56, 35.11, 260.0]"), "reflectors[0].position_deg_m",
         "km from the origin"),
        (("[[wind]]", "[wind]"), "wind", "a table | a list"),
        (("[rules]\nwarn_p", "[[rules]]\nwarn_p"), "rules", "] | a table"),
    ],
)  # fmt: skip
def test_single_faults(tmp_path: Path, change: tuple[str, str], place: str, words: str) -> None:
    assert change[0] in GOOD
    found = faults(tmp_path, GOOD.replace(*change, 1))
    if not place:
        assert found == {}
    else:
        assert words in found[place]


def test_what_is_warned_of_is_watched_before_also_where_coverage_is_degraded(
    tmp_path: Path,
) -> None:
    levels = "warn_p = 0.02\ndrone_warn_p = 0.03"
    found = faults(
        tmp_path,
        GOOD.replace("threshold = 0.02", "threshold = 0.003").replace("warn_p = 0.02", levels),
    )
    assert found == {
        "zones[0].threshold": "0.003 | at least twice rules.watch_p = 0.002, or that lower",
        "rules.drone_warn_p": "0.03 | at least twice rules.drone_watch_p = 0.02, or that lower",
    }
    lower = GOOD.replace("threshold = 0.02", "threshold = 0.004")
    assert faults(tmp_path, lower) == {}


def test_two_sensors_may_not_answer_to_one_sac_sic(tmp_path: Path) -> None:
    second = "\n[[sensors]]" + GOOD.split("[[sensors]]")[1].split("[[")[0].replace(
        '"radar"', '"mast"'
    )
    found = faults(tmp_path, GOOD + second)
    assert found == {"sensors[1].system_id": "[10, 3], that of 'radar' | a [SAC, SIC] of its own"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name = \n", "line 1, column 8"),
        ("a = 1\nb = [1,\n", "end of document"),
        ("a = 1\na = 2\n", "line 2, column 6"),
        ("x = " + "[" * 5000, "file"),
        ("x = " + "1" * 5000, "file"),
    ],
)
def test_a_syntax_error_names_line_and_column(tmp_path: Path, text: str, place: str) -> None:
    found = faults(tmp_path, text)
    assert list(found) == [place]


def test_files_that_are_no_text_or_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b'name = "\xff\xfe"')
    assert "UTF-8" in str(check(tmp_path / "x.toml")[0])
    assert "nothing at this path" in str(check(tmp_path / "none.toml")[0])
    assert len(check(tmp_path)) == 1
    with pytest.raises(ConfigError, match=r"none\.toml: file: found nothing"):
        load_site(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("ring", "crossing"),
    [
        ([[0, 0], [1, 0], [1, 1], [0, 1]], None),
        ([[0, 0], [1, 1], [1, 0], [0, 1]], (0, 2)),
        ([[0, 0], [4, 0], [4, 4], [2, 0], [0, 4]], (0, 2)),  # a corner on another side
        ([[0, 0], [4, 0], [2, 0], [2, 3]], (0, 1)),  # folds back on itself
        ([[0, 0], [4, 0], [4, 4], [3, 1], [0, 4]], None),
        ([[0, 0], [2, 2], [4, 0], [4, 4], [2, 2], [0, 4]], (0, 3)),  # touches itself at a corner
    ],
)
def test_crossing_sides(ring: list[list[float]], crossing: tuple[int, int] | None) -> None:
    assert crossing_sides(np.array(ring, float)) == crossing


def test_a_passive_sensor_tells_no_range_and_a_radar_must(tmp_path: Path) -> None:
    lasting = GOOD.replace("sigma_range_m = 10", 'kind = "passive"')
    passive = lasting.replace("independent_s = 0.8\n", "")
    assert load(tmp_path, passive).sensors[0].sigma_range_m is None
    without = GOOD.replace("sigma_range_m = 10", "")
    both = passive.replace("scan_period_s", "sigma_range_m = 10\nscan_period_s")
    doppler = passive.replace("scan_period_s", "sigma_range_rate_mps = 2\nscan_period_s")
    assert list(faults(tmp_path, without)) == ["sensors[0].sigma_range_m"]
    assert list(faults(tmp_path, lasting)) == ["sensors[0].independent_s"]
    assert list(faults(tmp_path, both)) == ["sensors[0].sigma_range_m"]
    assert list(faults(tmp_path, doppler)) == ["sensors[0].sigma_range_rate_mps"]
