"""`scenario.toml`: every fault of a bad one at once, and sites from files of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from rampart import scenario
from rampart.domain.errors import ConfigError, UsageError
from rampart.domain.messages import OperatorAction, Weather
from rampart.scenario.loader import CATALOGUE

ONE_MORTAR = (CATALOGUE / "one-mortar.toml").read_text(encoding="utf-8")
HEAD, SITE = ONE_MORTAR.split("[site]\n")


def faults(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    return {fault.where: f"{fault.found} | {fault.allowed}" for fault in scenario.check(path)}


def test_a_scenario_loads_from_a_path_with_its_site_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(SITE.replace("[[site.", "[["))
    path = tmp_path / "mine.toml"
    path.write_text('site = "base.toml"\n' + HEAD)
    loaded = scenario.load(path, seed=77)
    assert loaded.seed == 77
    assert loaded.site == scenario.load("one-mortar").site
    assert len(loaded.truth) == 1


def test_faults_of_the_site_file_are_told_with_those_of_the_scenario(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(SITE.replace("[[site.", "[[").replace("release", "relase"))
    found = faults(tmp_path, 'site = "base.toml"\n' + HEAD.replace("duration_s = 60.0", ""))
    assert set(found) == {
        "duration_s", "site (base.toml) zones[0].relase", "site (base.toml) zones[0].release",
    }  # fmt: skip
    found = faults(tmp_path, 'site = "nowhere.toml"\n' + HEAD)
    assert set(found) == {"site (nowhere.toml) file"}


def test_all_faults_at_once(tmp_path: Path) -> None:
    bad = ONE_MORTAR.replace('"mortar_81"', '"rocket_170"').replace("at_s = 5.0", "at_s = -5.0")
    bad = bad.replace("duration_s = 60.0", "duration_s = inf\nsed = 3").replace(
        "00:00:00Z", "00:00:00"
    )
    bad = bad.replace("people = 100", "people = -100").replace("centre_enu_m", "center_enu_m")
    bad = bad.replace("[site]\n", 'radars = [{ sensor = "rader" }]\n[site]\n')
    found = faults(tmp_path, bad)
    assert set(found) == {
        "threats[0].class", "threats[0].at_s", "duration_s", "sed", "start", "site.zones[0].people",
        "site.zones[0].circle.center_enu_m",
    }  # fmt: skip
    assert "did you mean rocket_107?" in found["threats[0].class"]
    assert "gun_155" in found["threats[0].class"]
    assert "did you mean seed?" in found["sed"]
    assert "did you mean centre_enu_m?" in found["site.zones[0].circle.center_enu_m"]
    assert "with its offset" in found["start"]


THREAT = 'id = "bomb", class = "mortar_81", origin_enu_m = [-2600, 2300], aim_enu_m = [0, 0]'


@pytest.mark.parametrize(
    ("threat", "place", "words"),
    [
        (THREAT.replace("-2600", "-26000"), "threats[0]", "26.1 km from the origin | 0.2 to 6.0 km"),
        (THREAT + ", speed_mps = 20", "threats[0].speed_mps", "does not apply to mortar_81"),
        (THREAT.replace("mortar_81", "owa_drone") + ", short = 0.5", "threats[0].short", "not apply"),
        (THREAT + ", mix = [{ class = 'mortar_60' }]", "threats[0].class", "exactly one of: class, mix"),
        (THREAT.replace(', class = "mortar_81"', ""), "threats[0].class", "nothing"),
        (THREAT + ", aim_deg = [35.1, 40.5]", "threats[0]", "exactly one of: aim_enu_m"),
        (THREAT.replace("aim_enu_m = [0, 0]", "aim_deg = [50.1, 40.5]"), "threats[0].aim_deg", "km from"),
        (THREAT + ", spacing_s = [3, 1]", "threats[0].spacing_s", "[shortest, longest]"),
        (THREAT + ", rounds = 0", "threats[0].rounds", "a whole number >= 1"),
        (THREAT.replace('class = "mortar_81"', "mix = [{ class = 'mortar_81' }, { class = 'bird' }]"),
         "threats[0].mix[1].class", "a ballistic class"),
    ],
)  # fmt: skip
def test_faults_of_a_threat(tmp_path: Path, threat: str, place: str, words: str) -> None:
    text = ONE_MORTAR.replace(", no_launch = 0.0, short = 0.0", "").replace(THREAT, threat)
    found = faults(tmp_path, text)
    assert list(found) == [place]
    assert words in found[place]


def test_the_false_plots_of_echoes_count_towards_what_fits_into_memory(tmp_path: Path) -> None:
    head = HEAD.replace("duration_s = 60.0", "duration_s = 86400.0")
    burst = 'echoes = [{ kind = "burst", sensor = "radar", plots = 9000 }]\n'
    assert faults(tmp_path, head + "[site]\n" + SITE) == {}
    assert list(faults(tmp_path, head + burst + "[site]\n" + SITE)) == ["duration_s"]


@pytest.mark.parametrize(
    ("lines", "place", "words"),
    [
        ('radars = [{ sensor = "rader" }]', "radars[0].sensor", "did you mean radar?"),
        ('faults = [{ kind = "outage", sensor = "radar", from_s = 9, to_s = 3 }]', "faults[0].to_s", "9"),
        ('faults = [{ kind = "late", sensor = "radar", from_s = 1, to_s = 3 }]', "faults[0].seconds",
         "nothing"),
        ('faults = [{ kind = "outage", sensor = "radar", from_s = 1, to_s = 3, seconds = 2 }]',
         "faults[0].seconds", "nothing for an outage"),
        ('echoes = [{ kind = "rain", sensor = "rader" }]', "echoes[0].sensor", "did you mean radar?"),
        ('echoes = [{ kind = "burst", sensor = "radar", from_s = 70 }]', "echoes[0].to_s", "from_s = 70"),
        ('echoes = [{ kind = "snow", sensor = "radar" }]', "echoes[0].kind", "one of: burst"),
        ('actions = [{ at_s = 1, by = "A", action = "warn", zones = ["cmap"] }]', "actions[0].zones[0]",
         "did you mean camp?"),
        ('actions = [{ at_s = 1, by = "A", action = "fire" }]', "actions[0].action", "one of: all_clear"),
        ('traffic = [{ id = "x", class = "rocket_107", count = 1 }]', "traffic[0].class",
         "rounds belong into threats"),
        ('traffic = [{ id = "x", class = "bird" }]', "traffic[0]", "exactly one of: route_enu_m"),
        ('traffic = [{ id = "x", class = "bird", count = 1 }, { id = "x", class = "bird", count = 2 }]',
         "traffic[1].id", "used once"),
        ("weather = { wind = [{ height_m = 9, east_mps = 1, north_mps = 1 },"
         " { height_m = 9, east_mps = 1, north_mps = 1 }] }", "weather.wind", "low to high"),
        ("duration_s = 86400", "duration_s", "false plots"),
        ("weather = { pressure_pa = 1013 }", "weather.pressure_pa", ">= 30000"),
    ],
)  # fmt: skip
def test_faults_of_the_rest(tmp_path: Path, lines: str, place: str, words: str) -> None:
    head, site = HEAD, SITE
    if lines.startswith("duration_s"):
        head, site = (
            HEAD.replace("duration_s = 60.0", ""),
            SITE.replace("_scan = 5.0", "_scan = 1000"),
        )
    found = faults(tmp_path, head + lines + "\n[site]\n" + site)
    assert list(found) == [place]
    assert words in found[place]


def test_people_and_the_weather_station_speak_through_messages(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(
        HEAD
        + 'actions = [{ at_s = 12.5, by = "Okoye", action = "cancel", zones = ["camp"], reason = "drill" }]\n'
        + "weather = { pressure_pa = 99000, temperature_k = 291, report_every_s = 30 }\n[site]\n"
        + SITE
    )
    loaded = scenario.load(path)
    messages = list(loaded.messages())
    action = next(m for m in messages if isinstance(m, OperatorAction))
    assert action.t_arrival_ns == loaded.world.start_ns + 12_500_000_000
    assert (action.by, action.action, action.zones) == ("Okoye", "cancel", ("camp",))
    reports = [m for m in messages if isinstance(m, Weather)]
    assert [m.pressure_pa for m in reports] == [99_000.0, 99_000.0]
    assert reports[0].wind


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_out_of_range(seed: int) -> None:
    with pytest.raises(UsageError, match="seed"):
        scenario.load("one-mortar", seed)


def test_config_errors_name_the_file_on_every_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(ONE_MORTAR.replace("duration_s = 60.0", "seeed = 1"))
    with pytest.raises(ConfigError) as caught:
        scenario.load(path)
    lines = str(caught.value).splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"{path}: ") for line in lines)


@pytest.mark.parametrize(
    "start", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:30Z", "2150-01-01T00:00:00Z",
              "9999-12-31T23:59:59Z"],
)  # fmt: skip
def test_a_start_that_the_engine_cannot_count_from_is_refused(tmp_path: Path, start: str) -> None:
    """Beyond 2116 every stamp would be taken for the same moment: nobody would be warned."""
    found = faults(tmp_path, ONE_MORTAR.replace("2022-01-05T00:00:00Z", start))
    assert found == {"start": found["start"]}
    assert "1970 to 2099" in found["start"]
