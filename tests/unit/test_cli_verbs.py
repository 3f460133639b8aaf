"""The command line without a run: verbs, exit codes, one clear line for each fault of the user."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pytest

from command_line import SITE, faults
from rampart.cli.main import VERBS, main
from rampart.runtime.sources import ASTERIX_SUFFIXES, SUFFIXES

META = {
    "sigma_range_m": 12, "sigma_az_rad": 2.5e-3, "sigma_el_rad": 2.5e-3, "sigma_rr_mps": 1.5, "rate": 2,
    "pd": 0.9, "clutter_per_scan": 5, "range_min_m": 300, "range_max_m": 20000, "el_min_rad": 0.0,
    "el_max_rad": 1.4,
}  # fmt: skip
PLOTS = "plot_id,scan,time,sensor,range_m,az_rad,el_rad,rr_mps,snr_db\n"


def test_version_and_overview(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("rampart ")
    assert main(["--help"]) == 0
    overview = capsys.readouterr().out
    assert all(verb in overview for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_helps(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main([verb, "--help"])
    assert left.value.code == 0
    assert VERBS[verb].split(",")[0].split(":")[0] in " ".join(capsys.readouterr().out.split())


def test_an_unknown_verb_is_told_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = faults(capsys, "rum", "green-village")
    assert "'rum'" in line
    assert "did you mean run?" in line


def test_an_unknown_scenario_is_told_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = faults(capsys, "run", "green-vilage")
    assert "did you mean green-village?" in line


def test_an_unknown_option_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    (line,) = faults(capsys, "run", "green-village", "--frobnicate")
    assert "--frobnicate" in line


def test_a_missing_file_is_told_what_was_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plots.csv").write_text(PLOTS)
    (line,) = faults(capsys, "run", tmp_path / "plot.csv")
    assert "did you mean plots.csv?" in line


def test_scenarios_lists_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios"]) == 0
    assert any(line.startswith("green-village ") for line in capsys.readouterr().out.splitlines())
    assert main(["scenarios", "--json"]) == 0
    names = [entry["name"] for entry in json.loads(capsys.readouterr().out)["scenarios"]]
    assert {"green-village", "quiet-day", "friendly-return"} <= set(names)


def test_check_accepts_a_good_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    assert main(["check", str(path)]) == 0
    assert "a site without faults" in capsys.readouterr().out


def test_check_says_of_whom_nobody_will_be_warned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "site.toml"
    path.write_text(SITE.replace("sigma_elevation_mrad = 2.5\n", ""))
    assert main(["check", str(path)]) == 0
    assert "where a round lands is not told" in capsys.readouterr().out
    assert main(["check", str(path), "--json"]) == 0
    (note,) = json.loads(capsys.readouterr().out)["notes"]
    assert "measures elevation" in note
    path.write_text(SITE)
    assert main(["check", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["notes"] == []


def test_check_tells_every_fault_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "site.toml"
    crossing = SITE.replace("[900, 0], [900, 900], [0, 900]", "[900, 900], [900, 0], [0, 900]")
    path.write_text(crossing.replace("scan_period_s = 0.5", "scan_period_s = -1\nfrequency = 3"))
    lines = faults(capsys, "check", path)
    assert len(lines) == 3
    assert all(line.startswith(f"{path}: ") and "allowed" in line for line in lines)
    assert any("polygon_enu_m" in line for line in lines)
    assert any("frequency" in line for line in lines)
    assert main(["check", str(path), "--json"]) == 2
    assert len(json.loads(capsys.readouterr().out)["faults"]) == 3


def test_an_unknown_threat_class_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from rampart.scenario import loader

    text = (loader.CATALOGUE / "one-mortar.toml").read_text().replace("mortar_81", "mortar_811")
    path = tmp_path / "odd.toml"
    path.write_text(text)
    (line,) = faults(capsys, "run", path)
    assert "threats[0].class" in line
    assert "mortar_811" in line


ROW = "{},0,{},R1,{},{},0.3,-100,15\n"


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ("", ""),
        (ROW.format(1, 0.0, "nan", 1.0), "range_m"),
        (ROW.format(1, 0.0, -5.0, 1.0), "range_m"),
        (ROW.format(1, 0.0, 5000.0, "inf"), "az_rad"),
        (ROW.format(1, "never", 5000.0, 1.0), "time"),
        ("1,0,0.0\n", "line 2"),
        (ROW.format(1, 9.0, 5000.0, 1.0) + ROW.format(2, 1.0, 5000.0, 1.0), "line 3"),
        (ROW.format(1, 0.0, 5000.0, 1.0) + ROW.format(1, 0.0, 5000.0, 1.0), "line 3"),
    ],
    ids=[
        "empty", "nan", "negative range", "infinite", "no number", "short row", "backwards", "twice",
    ],
)  # fmt: skip
def test_bad_plots_are_named_by_line_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: str, place: str
) -> None:
    plots, meta, out = tmp_path / "plots.csv", tmp_path / "meta.json", tmp_path / "out"
    plots.write_text(PLOTS + rows)
    meta.write_text(json.dumps(META))
    for argv in (
        ("run", plots, "--sensor", meta, "--out", out),
        ("track", plots, "--sensor", meta, "--out", out),
        ("predict", plots, "--sensor", meta, "--out", out),
    ):
        (line,) = faults(capsys, *argv)
        assert line.startswith(str(plots))
        assert place in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["meta.json", "plots.csv"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.pcap", b""),
        ("x.pcap", b"this is no capture at all, only words"),
        ("x.ast", b""),
        ("x.rpj", b""),
        ("x.rpj", b"RIFF....WAVE"),
        ("x.toml", b"name = "),
        ("x.toml", b"\xff\xfe"),
        ("x.docx", b"PK"),
    ],
)
def test_a_file_of_another_kind_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    lines = faults(capsys, "run", path, "--out", tmp_path / "out")
    assert all(name in line for line in lines)
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    "options",
    [
        ("--seed", "-1"),
        ("--until", "-3"),
        ("--until", "nan"),
        ("--until", "inf"),
        ("--speed", "7"),
        ("--recompute",),
        ("--sensor", "meta.json"),
        ("--asterix", "048=1.27"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    (line,) = faults(capsys, "run", "one-mortar", "--out", tmp_path / "out", *options)
    assert options[0].lstrip("-") in line
    assert list(tmp_path.iterdir()) == []


def test_after_a_span_beyond_all_stamps_is_refused(tmp_path: Path, capsys) -> None:
    plots, meta = tmp_path / "p.csv", tmp_path / "m.json"
    plots.write_text(PLOTS + "1,0,0.0,R1,5000,1,0.3,,\n")
    meta.write_text(json.dumps(META))
    out = tmp_path / "o.csv"
    argv = ("predict", plots, "--sensor", meta, "--after", "1e300", "--out", out)
    (line,) = faults(capsys, *argv)
    assert "--after: found 1e+300" in line
    assert not out.exists()


def test_a_folder_that_rampart_did_not_make_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    (line,) = faults(capsys, "run", "one-mortar", "--out", tmp_path)
    assert str(tmp_path) in line
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_score_prints_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth, tracks = tmp_path / "truth.csv", tmp_path / "tracks.csv"
    lines = [f"{t},1,{10 * t},0,100,10,0,0" for t in range(10)]
    truth.write_text("time,truth_id,x,y,z,vx,vy,vz\n" + "\n".join(lines) + "\n")
    tracks.write_text("time,track_id,x,y,z,vx,vy,vz\n" + "\n".join(lines) + "\n")
    assert main(["score", str(truth), str(tracks), "--json"]) == 0
    measures = json.loads(capsys.readouterr().out)
    assert measures["completeness"] == 1.0
    assert measures["gospa_mean"] == 0.0
    assert main(["score", str(truth), str(tracks)]) == 0
    assert "completeness" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["run", "track", "predict", "convert"])
def test_what_a_plots_csv_holds_in_vain_or_in_disorder_is_told(
    tmp_path: Path, capsys, verb: str
) -> None:
    plots, meta = tmp_path / "plots.csv", tmp_path / "meta.json"
    meta.write_text(json.dumps(META))
    ends = {"convert": [str(tmp_path / "o.rpj")]}.get(verb, ["--out", str(tmp_path / "o")])
    rows = [(1, 0.0), (2, 1.0), (3, 0.5), (4, 1.0)]
    plots.write_text(
        "plot_id,time,sensor,range_m,az_rad,rr_mp,note\n"
        + "".join(f"{i},{t},R1,5000,1,-100,x\n" for i, t in rows)
    )
    assert main([verb, str(plots), *ends, "--sensor", str(meta)]) == 0
    unread, disorder = capsys.readouterr().err.splitlines()
    assert unread.startswith(f"{plots}: columns not read: 'rr_mp' 'note'; those that are: plot_id ")
    assert "rr_mps" in unread
    assert disorder == f"{plots}: sorted by time: 1 row out of order"
    # nothing in vain, nothing to say
    plots.write_text("plot_id,time,sensor,range_m,az_rad\n1,1,R1,5000,1\n")
    assert main([verb, str(plots), *ends, "--sensor", str(meta)]) == 0
    assert capsys.readouterr().err == ""


def test_a_full_disk_is_told_with_the_name_of_what_it_took(tmp_path: Path, capsys) -> None:
    plots, meta = tmp_path / "plots.csv", tmp_path / "meta.json"
    plots.write_text(PLOTS + "".join(ROW.format(i, i / 2, 9000 - 50 * i, 1.0) for i in range(60)))
    meta.write_text(json.dumps(META))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    for verb in ("track", "run"):
        out = tmp_path / f"{verb}-out"
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
        try:
            code = main([verb, str(plots), "--sensor", str(meta), "--out", str(out)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert code == 1
        *_, told = capsys.readouterr().err.splitlines()
        assert told == f"{out}: could not be written (File too large)"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["meta.json", "plots.csv"]


def test_the_extensions_that_an_error_names_are_those_that_run(tmp_path: Path, capsys) -> None:
    odd = tmp_path / "x.docx"
    odd.write_bytes(b"PK")
    (line,) = faults(capsys, "run", odd)
    assert line.endswith(f"a catalogue name, .toml {' '.join(SUFFIXES)}")
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    said = capsys.readouterr().out
    assert all(suffix in said for suffix in SUFFIXES)


@pytest.mark.parametrize("verb", ["run", "classify", "track"])
@pytest.mark.parametrize(
    ("name", "words"),
    [("folder", "found a folder"), ("n" * 300 + ".csv", "found File name too long")],
)
def test_what_is_no_file_is_called_what_it_is(
    tmp_path: Path, monkeypatch, capsys, verb: str, name: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    more = {"classify": ["--out", "o"], "track": ["--out", "o", "--sensor", "m"]}
    (line,) = faults(capsys, verb, name, *more.get(verb, []))
    assert words in line


@pytest.mark.parametrize("name", ["n" * 300, "n" * 300 + ".toml", "n" * 300 + ".docx"])
def test_a_name_that_no_file_can_have_is_no_scenario(capsys, name: str) -> None:
    (line,) = faults(capsys, "run", name)
    assert "allowed: a" in line


def test_a_folder_hides_no_scenario_of_its_name(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    Path("one-mortar").mkdir()
    assert main(["run", "one-mortar", "--until", "2", "--quiet"]) == 0


@pytest.mark.parametrize("jump_s", [3_600.0, 1e9])
def test_track_and_run_read_a_jump_of_the_clock_alike(
    tmp_path: Path, capsys, jump_s: float
) -> None:
    """A plot more than the rest of a life later: neither waits it out, and both tell its time."""
    times = [0.5 * k for k in range(8)] + [jump_s + 0.5 * k for k in range(8)]
    plots, meta = tmp_path / "plots.csv", tmp_path / "meta.json"
    plots.write_text(
        "plot_id,time,sensor,range_m,az_rad,el_rad,rr_mps\n"
        + "".join(f"{i},{t},R1,{9000 - 50 * (i % 8)},1,0.3,-100\n" for i, t in enumerate(times))
    )
    meta.write_text(json.dumps(META))
    assert (
        main(
            ["track", str(plots), "--sensor", str(meta), "--out", str(tmp_path / "t.csv"), "--json"]
        )
        == 0
    )
    measures = json.loads(capsys.readouterr().out)
    assert (
        main(["run", str(plots), "--sensor", str(meta), "--out", str(tmp_path / "o"), "--json"])
        == 0
    )
    assert measures["rejected"] == json.loads(capsys.readouterr().out)["rejected"]
    assert measures["rejected"]["arrival_leap"] >= 1

    def seen(path: Path) -> list[tuple[str, ...]]:
        rows = [line.split(",") for line in path.read_text().splitlines()[1:]]
        return [tuple(row[:8]) for row in rows if row[8] != "ended"]

    alone = seen(tmp_path / "t.csv")
    assert any(float(row[0]) > jump_s for row in alone)
    assert measures["tracks"] == len({row[1] for row in alone}) > 0
    assert alone == seen(tmp_path / "o" / "tracks.csv")


@pytest.mark.parametrize("suffix", ASTERIX_SUFFIXES)
def test_a_recording_is_converted_by_each_name_that_it_may_have(
    tmp_path: Path, suffix: str, capsys
) -> None:
    path = tmp_path / f"x{suffix}"
    # CAT 034 from SAC 1, SIC 2: a north marker at midnight, which holds no plot
    path.write_bytes(bytes([34, 0, 10, 0b11100000, 1, 2, 1, 0, 0, 0]))
    assert main(["convert", str(path), str(tmp_path / "x.rpj")]) == 0
    assert " 0 plots" in capsys.readouterr().out


def test_convert_refuses_what_it_cannot(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(b"")
    (line,) = faults(capsys, "convert", path, tmp_path / "x.docx")
    assert ".docx" in line
