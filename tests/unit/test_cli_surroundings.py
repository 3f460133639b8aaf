"""The command line in poor surroundings: old terminals, odd names, places that take no file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rampart.cli.main import main


def rampart(*words: object, cwd: Path, **env: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "rampart", *map(str, words)]
    return subprocess.run(
        command, cwd=cwd, env=os.environ | env, capture_output=True, check=False, timeout=300
    )


def bare_recording(folder: Path, sigma_angle: str = "0.002") -> tuple[Path, Path]:
    """One plot, and its sensor in the bench's own keys."""
    plots, meta = folder / "p.csv", folder / "m.json"
    plots.write_text("plot_id,time,sensor,range_m,az_rad\n1,0,R1,900,1\n")
    meta.write_text(
        f'{{"sr":12,"sa":{sigma_angle},"srr":1.5,"rate":2,"pd":0.9,"clutter":20,"rmin":300,'
        '"rmax":20000,"elmin":0.01,"elmax":1.3}'
    )
    return plots, meta


def test_a_terminal_without_our_signs_still_tells_the_warning(tmp_path) -> None:
    done = rampart("run", "one-mortar", "--out", "o", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert b"? TAKE COVER" in done.stdout


def test_a_folder_that_takes_no_file_is_named(tmp_path, capsys) -> None:
    plots, meta = bare_recording(tmp_path)
    words = ["track", str(plots), "--sensor", str(meta), "--out", "/proc/t.csv"]
    assert main(words) == 2
    assert capsys.readouterr().err.startswith("/proc/t.csv: found a folder that takes no file")
    assert main(["run", "one-mortar", "--out", "/proc/o"]) == 2
    assert capsys.readouterr().err.startswith("/proc/o: found a place where no folder can be made")


def test_a_key_that_stands_for_two_quantities_is_told_once(tmp_path, capsys) -> None:
    plots, meta = bare_recording(tmp_path, sigma_angle='"x"')
    assert main(["run", str(plots), "--sensor", str(meta)]) == 2
    assert capsys.readouterr().err.count(": sa: found") == 1


@pytest.mark.parametrize("name", ["jöurnal é.rpj", "two words.rpj"])
def test_names_with_spaces_and_accents(tmp_path, name, capsys) -> None:
    assert main(["run", "one-mortar", "--out", str(tmp_path / "ä b"), "--quiet"]) == 0
    (tmp_path / "ä b" / "journal.rpj").rename(tmp_path / name)
    assert main(["run", str(tmp_path / name), "--out", str(tmp_path / "ü"), "--quiet"]) == 0
    assert (tmp_path / "ü" / "report.html").is_file()


def test_speed_says_what_is_allowed(capsys) -> None:
    assert main(["run", "one-mortar", "--speed", "7"]) == 2
    assert capsys.readouterr().err == "--speed: found '7'; allowed: max 1 10\n"


def test_no_device_or_pipe_is_replaced_by_a_file(tmp_path, capsys) -> None:
    plots, meta = bare_recording(tmp_path)
    features = tmp_path / "f.csv"
    features.write_text("apex_m\n900\n")
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    link = tmp_path / "link.csv"
    link.symlink_to(pipe)
    (tmp_path / "p.rpj").symlink_to(pipe)
    before = sorted(tmp_path.iterdir())
    for words in (
        ["track", plots, "--sensor", meta, "--out", pipe],
        ["track", plots, "--sensor", meta, "--out", link],
        ["predict", plots, "--sensor", meta, "--out", pipe],
        ["classify", features, "--out", pipe],
        ["convert", plots, tmp_path / "p.rpj", "--sensor", meta],
    ):
        assert main(list(map(str, words))) == 2, words
        assert "found a device or a pipe" in capsys.readouterr().err
    for words in (
        ["run", "one-mortar", "--out", pipe],
        ["run", plots, "--sensor", meta, "--out", link],
    ):
        assert main(list(map(str, words))) == 2, words
        assert "found something that is no folder" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == before
    assert pipe.is_fifo()


def test_a_pipe_or_a_loose_link_is_told_as_such_and_not_as_missing(tmp_path, capsys) -> None:
    _, meta = bare_recording(tmp_path)
    pipe, link = tmp_path / "pipe.csv", tmp_path / "link.csv"
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "gone.csv")
    for path, found in ((pipe, "a device or a pipe"), (link, "a link that leads nowhere")):
        assert main(["track", str(path), "--sensor", str(meta), "--out", str(tmp_path / "t")]) == 2
        assert capsys.readouterr().err == f"{path}: found {found}; allowed: a file\n"


def test_what_a_link_points_to_is_replaced_and_not_the_link(tmp_path) -> None:
    plots, meta = bare_recording(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "t.csv"
    link.symlink_to(tmp_path / "elsewhere" / "t.csv")
    for _ in range(2):
        assert main(["track", str(plots), "--sensor", str(meta), "--out", str(link)]) == 0
        assert link.is_symlink()
        assert link.read_text().startswith("time,track_id")
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["t.csv"]


def test_what_standard_output_was_turned_to_is_not_replaced(tmp_path: Path) -> None:
    """`--out /dev/stdout >> log`: the name leads to a regular file, which holds what was there before."""
    plots, meta = bare_recording(tmp_path)
    log = tmp_path / "log"
    log.write_text("before\n")
    command = [sys.executable, "-m", "rampart", "track", str(plots), "--sensor", str(meta)]
    with log.open("a") as out:
        done = subprocess.run(
            [*command, "--out", "/dev/stdout"], stdout=out, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 2
    assert "a name that the system lends" in done.stderr
    assert log.read_text().startswith("before\n")


def test_links_that_lead_in_a_ring_are_one_line(tmp_path, capsys) -> None:
    plots, meta = bare_recording(tmp_path)
    ring = tmp_path / "ring.csv"
    ring.symlink_to(ring)
    assert main(["track", str(plots), "--sensor", str(meta), "--out", str(ring)]) == 2
    assert "ring.csv: found" in capsys.readouterr().err
