"""`rampart check`: what is said of files that cannot be read, of studies, and of what is hardly meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rampart.cli.main import main
from rampart.scenario.loader import CATALOGUE

SCENARIO = (CATALOGUE / "one-mortar.toml").read_text(encoding="utf-8")
SITE = SCENARIO.split("[site]\n")[1].replace("[[site.", "[[")
NAMES, ZONE = SITE.split("[[sensors]]")[0].split("[[zones]]")


def checked(path: Path, capsys: pytest.CaptureFixture[str], code: int = 0) -> Any:
    """The object that `check --json` prints; stderr must stay empty."""
    assert main(["check", str(path), "--json"]) == code
    said = capsys.readouterr()
    assert said.err == ""
    return json.loads(said.out)


def notes(folder: Path, text: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What is said beside faults, of which there must be none."""
    path = folder / "file.toml"
    path.write_text(text, encoding="utf-8")
    said: list[str] = checked(path, capsys)["notes"]
    assert main(["check", str(path)]) == 0
    _, *lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{path}: {note}" for note in said]
    return said


def test_a_file_that_cannot_be_read_is_a_fault_in_the_json_too(tmp_path: Path, capsys) -> None:
    (tmp_path / "odd.toml").write_text("name = \n")
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")
    places = {
        "odd.toml": "line 1, column 8",
        "gone.toml": "file",
        ".": "file",
        "latin.toml": "byte 8",
    }
    for name, where in places.items():
        said = checked(tmp_path / name, capsys, 2)
        assert said["kind"] is None
        (fault,) = said["faults"]
        assert (fault["where"], set(fault)) == (where, {"where", "found", "allowed"})


def test_a_study_is_called_one(tmp_path: Path, capsys) -> None:
    path = tmp_path / "study.toml"
    path.write_text('name = "wind"\nscenario = "one-mortar"\n[factors]\nseed = [1, 2]\n')
    said = checked(path, capsys, 2)
    assert said["kind"] == "study"
    (fault,) = said["faults"]
    assert fault["found"] == "a study (it has factors, scenario)"
    assert "no studies" in fault["allowed"]


def test_what_begins_when_the_run_is_over_is_told(tmp_path: Path, capsys) -> None:
    assert notes(tmp_path, SCENARIO, capsys) == []
    wrong = 'faults = [{ kind = "outage", sensor = "radar", from_s = 70, to_s = 80 }]\n'
    late = SCENARIO.replace("at_s = 5.0", "at_s = 60.0").replace("[site]\n", wrong + "[site]\n")
    (note,) = notes(tmp_path, late, capsys)
    assert note == "the run is over at 60 s, before all of this has begun: bomb, outage of radar"
    many = SCENARIO.replace("at_s = 5.0", "at_s = 5.0, rounds = 4, spacing_s = [20.0, 25.0]")
    (note,) = notes(tmp_path, many, capsys)
    assert note.endswith("begun: bomb")
    drones = (CATALOGUE / "friendly-return.toml").read_text(encoding="utf-8")
    drones = drones.replace('"sites/', f'"{CATALOGUE}/sites/')
    pair = drones.replace("at_s = 12.5", "at_s = 296.0, rounds = 2, spacing_s = [8.0, 8.0]")
    (note,) = notes(tmp_path, pair, capsys)
    assert note.endswith("begun: follower")


def test_a_site_without_zones_or_sensors_says_what_that_costs(tmp_path: Path, capsys) -> None:
    zones, sensors = notes(tmp_path, NAMES, capsys)
    assert zones == "no zones: nobody can be warned"
    assert sensors == "no sensors: nothing is seen here but by those that a recording brings along"
    blind = SCENARIO.split("[[site.sensors]]")[0]
    assert "no sensors: nothing is seen here" in notes(tmp_path, blind, capsys)
    assert notes(tmp_path, NAMES + "[[zones]]" + ZONE, capsys) == [sensors]
