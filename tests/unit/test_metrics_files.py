"""`score`: truth and tracks from CSV, and one clear message for each fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from rampart.domain.errors import ConfigError
from rampart.metrics import read_truth, score

TRUTH = "scan,time,truth_id,class,phase,visible,x,y,z,vx,vy,vz\n"
TRACK = "time,track_id,x,y,z,vx,vy,vz,status\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def truth_rows(first: int = 0, last: int = 9, visible: int = 1) -> str:
    return "".join(
        f"{s},{s / 2:.6f},0,mortar81,fly,{visible},{50 * s},0,900,100,0,0\n"
        for s in range(first, last + 1)
    )


def track_rows(first: int = 0, last: int = 9, shift_s: float = 0.0) -> str:
    return "".join(
        f"{s / 2 + shift_s:.6f},7,{50 * s},0,900,100,0,0,confirmed\n"
        for s in range(first, last + 1)
    )


def test_a_perfect_tracker_scores_perfectly(tmp_path: Path) -> None:
    result = score(
        write(tmp_path / "truth.csv", TRUTH + truth_rows()),
        write(tmp_path / "tracks.csv", TRACK + track_rows()),
    )
    assert (result["completeness"], result["spuriousness"], result["gospa_mean"]) == (1.0, 0.0, 0.0)
    assert (result["truths"], result["tracks"], result["rows_off_scan_times"]) == (1, 1, 0)


def test_only_visible_truth_is_scored(tmp_path: Path) -> None:
    text = TRUTH + truth_rows(0, 4, visible=0) + truth_rows(5, 9)
    paths, sampled_s = read_truth(write(tmp_path / "truth.csv", text))
    assert (len(paths.times_s), len(sampled_s)) == (5, 10)


def test_rows_off_the_scans_are_left_out_and_counted(tmp_path: Path) -> None:
    truth = write(tmp_path / "truth.csv", TRUTH + truth_rows())
    tracks = write(tmp_path / "tracks.csv", TRACK + track_rows() + track_rows(0, 2, shift_s=0.2))
    assert score(truth, tracks)["rows_off_scan_times"] == 3


def test_a_false_track_counts_also_at_scans_at_which_nothing_flies(tmp_path: Path) -> None:
    truth = write(tmp_path / "truth.csv", TRUTH + truth_rows(0, 9))
    tracks = write(tmp_path / "tracks.csv", TRACK + track_rows(0, 19))
    result = score(truth, tracks)
    assert result["rows_off_scan_times"] == 0
    assert result["spuriousness"] == pytest.approx(0.5)


def test_files_without_velocities_have_no_velocity_accuracy(tmp_path: Path) -> None:
    truth = write(tmp_path / "a.csv", "time,truth_id,x,y,z\n0,a,0,0,0\n1,a,1,0,0\n2,a,2,0,0\n")
    tracks = write(tmp_path / "b.csv", "time,track_id,x,y,z\n0,a,0,0,0\n1,a,1,0,0\n2,a,2,0,0\n")
    result = score(truth, tracks)
    assert result["velocity_accuracy_mps"] is None
    assert result["completeness"] == 1.0


def test_no_tracks_at_all_is_a_result_not_an_error(tmp_path: Path) -> None:
    result = score(
        write(tmp_path / "truth.csv", TRUTH + truth_rows()), write(tmp_path / "tracks.csv", TRACK)
    )
    assert (
        result["completeness"],
        result["truths_never_tracked"],
        result["track_delay_s_p50"],
    ) == (0.0, 1, None)


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        ("", "line 1", "no header"),
        ("time,x,y,z\n", "line 1", "time,x,y,z"),
        (TRACK + "0.0,1,2,3,4,5,6,7\n", "line 2", "8 fields"),
        (TRACK + "0.0,1,2,3,four,5,6,7,ok\n", "line 2, z", "'four'"),
        (TRACK + "nan,1,2,3,4,5,6,7,ok\n", "line 2, time", "'nan'"),
        (TRACK + "\n0.0,1,inf,3,4,5,6,7,ok\n", "line 3, x", "'inf'"),
        (TRACK + "0.0,1,,3,4,5,6,7,ok\n", "line 2, x", "''"),
    ],
)
def test_each_fault_is_named_by_line_and_column(
    tmp_path: Path, text: str, where: str, found: str
) -> None:
    truth = write(tmp_path / "truth.csv", TRUTH + truth_rows())
    with pytest.raises(ConfigError) as caught:
        score(truth, write(tmp_path / "tracks.csv", text))
    fault = caught.value.faults[0]
    assert (fault.where, fault.found) == (where, found)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = TRACK + "x,1,2,3,4,5,6,7,ok\n0,1,y,3,4,5,6,7,ok\n"
    with pytest.raises(ConfigError) as caught:
        score(
            write(tmp_path / "truth.csv", TRUTH + truth_rows()),
            write(tmp_path / "tracks.csv", text),
        )
    assert [f.where for f in caught.value.faults] == ["line 2, time", "line 3, x"]


def test_a_missing_or_binary_file_is_the_users_fault(tmp_path: Path) -> None:
    truth = write(tmp_path / "truth.csv", TRUTH + truth_rows())
    with pytest.raises(ConfigError, match="No such file"):
        score(truth, tmp_path / "absent.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(ConfigError, match="UTF-8"):
        score(truth, tmp_path / "binary.csv")
