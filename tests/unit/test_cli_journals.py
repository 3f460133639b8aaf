"""Runs from Python and over journals: seeds, spans, sites, and that nothing recorded is written over."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import rampart
from command_line import SITE, faults
from rampart.cli.main import main
from rampart.domain.errors import UsageError
from rampart.formats.journal import read_journal


@pytest.mark.parametrize("seed", [1.5, -1, 2**63, "4"])
def test_a_seed_that_no_journal_can_hold_is_refused(tmp_path: Path, seed: object) -> None:
    with pytest.raises(UsageError, match="seed: found"):
        rampart.run("one-mortar", seed=seed, out=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_seed_may_be_any_whole_number(tmp_path: Path) -> None:
    result = rampart.run("one-mortar", seed=np.int64(4), until_s=1.0, out=tmp_path / "out")
    assert result.summary["seed"] == 4


def test_a_run_from_python_ends_where_the_command_line_would_let_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--until: found -1"):
        rampart.run("one-mortar", until_s=-1, out=tmp_path / "out")


def test_a_journal_shows_what_was_issued_at_its_own_site_only(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("camp.toml").write_text(SITE)
    assert main(["run", "one-mortar", "--quiet", "--until", "25", "--out", "a"]) == 0
    (line,) = faults(capsys, "run", "a/journal.rpj", "--site", "camp.toml", "--out", "b")
    assert "--recompute" in line
    assert not Path("b").exists()
    argv = ["run", "a/journal.rpj", "--site", "camp.toml", "--recompute", "--quiet", "--out", "b"]
    assert main(argv) == 0
    assert json.loads(Path("b/summary.json").read_text())["site"] == "Camp"
    result = rampart.run("a/journal.rpj", site="camp.toml", recompute=True, out="c")
    assert result.summary["site"] == "Camp"
    # its own site, told once more, changes nothing
    assert main(["run", "b/journal.rpj", "--site", "camp.toml", "--quiet", "--out", "d"]) == 0
    (line,) = faults(capsys, "run", "a/journal.rpj", "--asterix", "048=1.27", "--out", "e")
    assert "ASTERIX" in line


def test_a_journal_that_is_only_shown_measures_no_engine(
    tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run", "one-mortar", "--until", "8", "--out", "a"]) == 0
    assert "Measured" in capsys.readouterr().out
    for more, measured in (([], False), (["--recompute"], True)):
        assert main(["run", "a/journal.rpj", "--out", "b", *more]) == 0
        assert ("Measured" in capsys.readouterr().out) is measured
        assert bool(json.loads(Path("b/summary.json").read_text())["timings"]) is measured
        assert ("Measured on this machine" in Path("b/report.html").read_text()) is measured


def test_a_recomputation_ends_where_it_is_told_to(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run", "one-mortar", "--quiet", "--until", "8", "--out", "a"]) == 0
    capsys.readouterr()
    argv = ["run", "a/journal.rpj", "--recompute", "--until", "5", "--json", "--out", "b"]
    assert main(argv) == 0
    found = json.loads(capsys.readouterr().out)["recomputed"]
    whole = list(read_journal("a/journal.rpj").inputs())
    assert found["differences"] == []
    assert 0 < found["messages"] == len(list(read_journal("b/journal.rpj").inputs())) < len(whole)


def test_no_verb_writes_over_what_it_reads(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run", "one-mortar", "--seed", "11", "--quiet", "--until", "12"]) == 0
    folder = tmp_path / "rampart-out" / "one-mortar-s11"
    journal = folder / "journal.rpj"
    issued = journal.read_bytes()
    assert main(["convert", str(journal), "p.csv"]) == 0
    plots = Path("p.csv").read_bytes()
    for argv in (
        ["track", "p.csv", "--sensor", "p.meta.json", "--out", "./p.csv"],
        ["track", "p.csv", "--sensor", "p.meta.json", "--out", "p.meta.json"],
        ["predict", "p.csv", "--sensor", "p.meta.json", "--out", "p.csv"],
        ["run", str(journal), "--recompute", "--out", str(folder)],
        ["run", str(journal), "--until", "3", "--out", str(folder)],
        ["run", str(journal), "--out", str(folder)],
    ):
        capsys.readouterr()
        assert main(argv) == 2, argv
        assert "being read" in capsys.readouterr().err
    # without --out, what was issued stays beside what is computed today
    assert main(["run", str(journal), "--recompute", "--quiet"]) == 0
    assert main(["run", str(journal), "--quiet"]) == 0
    assert journal.read_bytes() == issued
    # nor is what it was shown of a journal that is torn put in its place
    journal.write_bytes(issued[:-7])
    result = rampart.run(journal)
    assert result.folder.name == f"{folder.name}-again"
    assert "torn after message" in result.remarks[0]
    assert "torn after message" in (result.folder / "report.html").read_text(encoding="utf-8")
    assert journal.read_bytes() == issued[:-7]
    assert Path("p.csv").read_bytes() == plots
    assert sorted(p.name for p in folder.parent.iterdir()) == [folder.name, f"{folder.name}-again"]
