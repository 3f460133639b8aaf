"""`rampart run` end to end, on the smallest world: files, bytes, words, replay, interruption."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from rampart.cli.main import main
from rampart.formats.results import TRACKS, WARNINGS, read_table

FILES = {
    "journal.rpj", "tracks.csv", "predictions.csv", "warnings.csv", "origins.csv", "summary.json",
    "report.html",
}  # fmt: skip
SUMMARY = [
    "schema", "source", "site", "epoch_utc", "seed", "simulated", "engine", "settings_hash", "plots",
    "rejected", "tracks", "threats", "zones_warned", "zones_hit", "missed", "withheld", "false",
    "precautions", "usable_seconds", "incident", "timings",
]  # fmt: skip


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one run of the smallest world."""
    out = tmp_path_factory.mktemp("run") / "mortar"
    assert main(["run", "one-mortar", "--seed", "3", "--out", str(out), "--quiet"]) == 0
    return out


def visible(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def without_timings(folder: Path) -> dict[str, bytes]:
    """Every file of a run, without the blocks of measured timings."""
    files = {name: (folder / name).read_bytes() for name in sorted(FILES)}
    summary = json.loads(files["summary.json"])
    del summary["timings"]
    files["summary.json"] = json.dumps(summary).encode()
    files["report.html"] = re.sub(
        rb'<section id="timings">.*?</section>', b"", files["report.html"], flags=re.DOTALL
    )
    return files


def test_the_folder_holds_what_the_contract_names(ran: Path) -> None:
    assert visible(ran) == FILES
    summary = json.loads((ran / "summary.json").read_text())
    assert list(summary) == SUMMARY
    assert summary["seed"] == 3
    assert summary["simulated"] is True
    assert summary["epoch_utc"] == "2022-01-05T00:00:00.000000Z"
    assert summary["zones_hit"] == summary["zones_warned"] == 1
    assert summary["missed"] == summary["false"] == 0


def test_the_zone_is_warned_before_the_bomb_lands(ran: Path) -> None:
    table = read_table(ran / "warnings.csv", WARNINGS)
    warned = [row for row in table.rows() if row["phase"] == "warn"]
    assert warned
    assert warned[0]["zone"] == "camp"
    summary = json.loads((ran / "summary.json").read_text())
    assert summary["usable_seconds"]["p50"] > 5


def test_tracks_stand_on_the_scans(ran: Path) -> None:
    times = read_table(ran / "tracks.csv", TRACKS)["time"]
    assert times
    assert all(abs(t * 2 - round(t * 2)) < 1e-3 for t in times if isinstance(t, float))


def test_the_same_run_gives_the_same_bytes(ran: Path, tmp_path: Path) -> None:
    assert main(["run", "one-mortar", "--seed", "3", "--out", str(tmp_path / "b"), "--quiet"]) == 0
    assert without_timings(ran) == without_timings(tmp_path / "b")


def test_a_journal_shows_what_was_issued(ran: Path, tmp_path: Path) -> None:
    out = tmp_path / "again"
    assert main(["run", str(ran / "journal.rpj"), "--out", str(out), "--quiet"]) == 0
    for name in ("journal.rpj", "tracks.csv", "predictions.csv", "warnings.csv", "origins.csv"):
        assert (out / name).read_bytes() == (ran / name).read_bytes(), name
    assert json.loads((out / "summary.json").read_text())["missed"] is None  # no truth in a journal


def test_today_s_engine_says_the_same(
    ran: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["run", str(ran / "journal.rpj"), "--recompute", "--json", "--out", str(tmp_path / "r")]
    assert main(argv) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["recomputed"]["messages"] > 100
    assert said["recomputed"]["differences"] == []
    assert (tmp_path / "r" / "warnings.csv").read_bytes() == (ran / "warnings.csv").read_bytes()


def test_a_changed_answer_is_listed(
    ran: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import msgspec

    from rampart.domain.messages import ZoneState
    from rampart.formats.journal import InputRecord, JournalWriter, read_journal

    reader = read_journal(ran / "journal.rpj")
    with JournalWriter(tmp_path / "old.rpj", reader.header) as journal:
        for record in reader:
            if isinstance(record, InputRecord):
                journal.input(record.seq, record.message)
            else:
                outputs = [
                    msgspec.structs.replace(out, count=99) if isinstance(out, ZoneState) else out
                    for out in record.messages
                ]
                journal.outputs(record.cause, outputs)
    out = tmp_path / "r"
    assert main(["run", str(tmp_path / "old.rpj"), "--recompute", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "count=99" in said
    assert "recomputed" in said


def test_json_is_one_object_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["run", "one-mortar", "--until", "10", "--json", "--out", str(tmp_path / "x")]
    assert main(argv) == 0
    said = capsys.readouterr()
    assert list(json.loads(said.out))[: len(SUMMARY)] == SUMMARY
    assert said.err == ""


def test_a_run_that_stops_early_is_judged_up_to_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["run", "one-mortar", "--seed", "3", "--until", "20", "--out", str(tmp_path / "x")]
    assert main(argv) == 0
    assert "The run ends while Camp is still under warning" in capsys.readouterr().out
    summary = json.loads((tmp_path / "x" / "summary.json").read_text())
    assert summary["zones_warned"] == 1
    assert summary["zones_hit"] == 0  # the bomb is still in the air


def test_plain_text_says_what_happened(
    ran: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(ran / "journal.rpj"), "--out", str(tmp_path / "x")]) == 0
    said = capsys.readouterr().out
    assert "SIMULATED" in said
    assert "TAKE COVER: Camp" in said
    assert said.splitlines()[-1].endswith("report.html")
    assert "\x1b" not in said  # no colour codes where no terminal is


def test_plots_run_without_a_site(ran: Path, tmp_path: Path) -> None:
    plots = tmp_path / "plots.csv"
    assert main(["convert", str(ran / "journal.rpj"), str(plots)]) == 0
    out = tmp_path / "out"
    meta = str(tmp_path / "plots.meta.json")
    assert main(["run", str(plots), "--sensor", meta, "--out", str(out), "--quiet"]) == 0
    assert visible(out) == FILES
    summary = json.loads((out / "summary.json").read_text())
    assert summary["simulated"] is False
    assert summary["zones_warned"] == 0
    assert len(read_table(out / "warnings.csv", WARNINGS)) == 0
    page = (out / "report.html").read_text()
    assert "nobody can be warned" in page
    assert "SIMULATED" not in page


def test_track_and_predict_from_plots(
    ran: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plots, meta = tmp_path / "plots.csv", tmp_path / "plots.meta.json"
    assert main(["convert", str(ran / "journal.rpj"), str(plots), "--json"]) == 0
    capsys.readouterr()
    tracks, predictions = tmp_path / "tracks.csv", tmp_path / "predictions.csv"
    assert main(["track", str(plots), "--sensor", str(meta), "--out", str(tracks), "--json"]) == 0
    measures = json.loads(capsys.readouterr().out)
    assert {"scans", "plots", "scan_ms_cpu", "cpu_s_per_scenario_s", "plots_per_cpu_s"} <= set(
        measures
    )
    assert set(measures["scan_ms_cpu"]) == {"p50", "p99", "max"}
    assert len(read_table(tracks, TRACKS)) > 10
    argv = ["predict", str(plots), "--sensor", str(meta), "--after", "5", "10"]
    assert main([*argv, "--out", str(predictions)]) == 0
    rows = predictions.read_text().splitlines()[1:]
    assert {row.split(",")[0] for row in rows} <= {"5.000000", "10.000000"}


def test_only_what_rampart_made_is_replaced(ran: Path, tmp_path: Path) -> None:
    out = tmp_path / "x"
    argv = ["run", "one-mortar", "--until", "5", "--quiet", "--out", str(out)]
    assert main(argv) == 0
    (out / "note.txt").write_text("mine")
    assert main(argv) == 0  # it is our folder: replaced whole
    assert visible(out) == FILES


def test_ctrl_c_leaves_valid_output(tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "rampart", "run", "one-mortar", "--speed", "1", "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    growing = 0
    for _ in range(600):  # until the run is under way: its journal grows
        time.sleep(0.1)
        journals = list(tmp_path.glob(".out.new-*/journal.rpj"))
        growing = journals[0].stat().st_size if journals else 0
        if growing > 4000:
            break
    assert growing > 4000
    process.send_signal(signal.SIGINT)
    said, complaint = process.communicate(timeout=60)
    assert process.returncode == 130, complaint
    assert "interrupted" in said
    assert visible(out) == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


# ------------------------------------------------------------------------------------ the report
class Page(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def test_the_report_needs_no_script_and_no_network(ran: Path) -> None:
    text = (ran / "report.html").read_text()
    page = Page(text)
    assert not {"script", "iframe", "link", "object", "embed", "form"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "src" not in dict(page.attributes)
    assert "href" not in dict(page.attributes)
    assert not re.search(r"https?://|@import|url\((?!#)", text)
    assert len(text) < 1_000_000


def test_the_report_says_that_it_is_simulated(ran: Path) -> None:
    text = (ran / "report.html").read_text()
    assert text.index("SIMULATED") < text.index("<h1>")
    assert "Nothing in this report happened" in text


def test_the_report_is_well_formed_and_labelled(ran: Path) -> None:
    text = (ran / "report.html").read_text()
    root = ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>\n"))
    pictures = [svg for svg in root.iter("svg") if svg.get("role") == "img"]
    assert len(pictures) == 4  # two maps, the timeline, the heights
    assert all(svg.find("title") is not None and svg.find("desc") is not None for svg in pictures)
    tables = list(root.iter("table"))
    assert tables
    assert all(table.find("caption") is not None for table in tables)
    assert all(th.get("scope") for table in tables for th in table.iter("th"))
    levels = [int(node.tag[1]) for node in root.iter() if re.fullmatch(r"h[1-6]", str(node.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    identifiers = [node.get("id") for node in root.iter() if node.get("id")]
    assert len(identifiers) == len(set(identifiers))


def test_the_report_tells_the_story(ran: Path) -> None:
    root = ElementTree.fromstring(
        (ran / "report.html").read_text().removeprefix("<!DOCTYPE html>\n")
    )
    text = " ".join("".join(root.itertext()).split())
    for words in ("1 of 1 zone", "TAKE COVER", "ASSUMED", "TRUTH", "Seed", "Settings", "Camp"):
        assert words in text, words
