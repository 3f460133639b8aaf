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


def truth_rows(first: int = 0, last: int = 9, visible: int | str = 1) -> str:
    return "".join(
        f"{s},{s / 2:.6f},0,mortar81,fly,{visible},{50 * s},0,900,100,0,0\n"
        for s in range(first, last + 1)
    )


def track_rows(first: int = 0, last: int = 9, shift_s: float = 0.0, y_m: float = 0.0) -> str:
    return "".join(
        f"{s / 2 + shift_s:.6f},7,{50 * s},{y_m},900,100,0,0,confirmed\n"
        for s in range(first, last + 1)
    )


def scored(tmp_path: Path, truth: str, tracks: str) -> dict:
    return score(
        write(tmp_path / "truth.csv", TRUTH + truth), write(tmp_path / "tracks.csv", TRACK + tracks)
    )


def refused(tmp_path: Path, truth: str, tracks: str) -> tuple[str, str, str, str]:
    """(file, where, found, allowed) of the first fault."""
    with pytest.raises(ConfigError) as caught:
        scored(tmp_path, truth, tracks)
    fault = caught.value.faults[0]
    return Path(caught.value.path).name, fault.where, fault.found, fault.allowed


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


def test_rows_a_whole_millisecond_off_their_scan_all_count(tmp_path: Path) -> None:
    for shift_s in (0.001, -0.001):
        result = scored(tmp_path, truth_rows(0, 199), track_rows(0, 199, shift_s))
        assert (result["completeness"], result["rows_off_scan_times"]) == (1.0, 0)


def test_false_tracks_in_a_gap_count_where_no_decimal_writes_the_scan_period(
    tmp_path: Path,
) -> None:
    def rows(scans: range, text: str) -> str:
        return "".join(text.format(f"{s / 3:.6f}", 50 * s) for s in scans)

    flown = "0,{},0,mortar81,fly,1,{},0,900,150,0,0\n"
    result = scored(
        tmp_path,
        rows(range(2000), flown) + rows(range(3000, 5000), flown),
        rows(range(2100, 2200), "{},7,{},9999,900,150,0,0,confirmed\n"),
    )
    assert (result["rows_off_scan_times"], result["spuriousness"]) == (0, 1.0)


def test_objects_sampled_a_microsecond_apart_are_of_one_scan(tmp_path: Path) -> None:
    late = "".join(
        f"0,{s / 2 + 1e-6:.6f},1,mortar81,fly,1,{50 * s},5000,900,100,0,0\n" for s in range(10)
    )
    tracks = track_rows() + track_rows(y_m=5000).replace(",7,", ",8,")
    result = scored(tmp_path, truth_rows() + late, tracks)
    assert (result["completeness"], result["gospa_mean"]) == (1.0, 0.0)


def test_a_long_run_sampled_with_jitter_needs_no_more_than_its_own_scans(tmp_path: Path) -> None:
    jitter = "".join(
        f"0,{day * 86400 + s / 2 + 1e-6 * j:.6f},{j},drone,fly,1,0,0,900,1,0,0\n"
        for day in range(3650)
        for s in range(2)
        for j in range(2)
    )
    assert scored(tmp_path, jitter, track_rows())["truths"] == 2


def test_one_row_of_another_epoch_hides_no_false_track(tmp_path: Path) -> None:
    tracks = track_rows(12, 15) + "1.7e9,7,0,0,900,100,0,0,confirmed\n"
    result = scored(tmp_path, truth_rows(), tracks)
    assert (result["rows_off_scan_times"], result["spuriousness"]) == (1, 1.0)


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
    assert result["spuriousness"] is None
    assert result["missed_objects_per_scan"] == 1.0


def test_what_only_a_followed_truth_has_is_not_defined_where_none_is_followed(
    tmp_path: Path,
) -> None:
    result = scored(tmp_path, truth_rows(), track_rows(y_m=5000))
    assert (result["completeness"], result["spuriousness"]) == (0.0, 1.0)
    for name in ("ambiguity", "position_accuracy_m", "velocity_accuracy_mps"):
        assert result[name] is None, name
    assert result["rate_track_number_change"] is None


def test_false_tracks_count_where_no_sensor_could_see_anything(tmp_path: Path) -> None:
    result = scored(tmp_path, truth_rows(visible=0), track_rows())
    assert (result["spuriousness"], result["false_objects_per_scan"]) == (1.0, 1.0)
    assert (result["completeness"], result["longest_segment"]) == (None, None)


def test_of_nothing_seen_and_nothing_shown_no_distance_is_defined(tmp_path: Path) -> None:
    result = scored(tmp_path, truth_rows(visible=0), "")
    assert (result["gospa_mean"], result["ospa_mean"]) == (None, None)
    assert (result["missed_objects_per_scan"], result["false_objects_per_scan"]) == (None, None)


def test_a_truth_without_rows_judges_nobody(tmp_path: Path) -> None:
    assert refused(tmp_path, "", track_rows())[:3] == ("truth.csv", "file", "no row")


def test_tracks_of_another_epoch_are_refused_with_both_spans(tmp_path: Path) -> None:
    name, where, found, allowed = refused(tmp_path, truth_rows(), track_rows(shift_s=1.7e9))
    assert (name, where) == ("tracks.csv", "column time")
    assert "1700000000 to 1700000004.5 s" in found
    assert "0 to 4.5 s" in allowed


@pytest.mark.parametrize("visible", ["2", "nan", "", "yes"])
def test_visible_is_0_or_1(tmp_path: Path, visible: str) -> None:
    truth = truth_rows(0, 3) + truth_rows(4, 4, visible=visible) + truth_rows(5, 9)
    expected = ("truth.csv", "line 6, visible", repr(visible), "0 or 1")
    assert refused(tmp_path, truth, track_rows()) == expected


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    result = score(
        write(tmp_path / "truth.csv", "\ufefftime,truth_id,x,y,z\n0,a,0,0,0\n1,a,1,0,0\n"),
        write(tmp_path / "tracks.csv", "\ufefftime,track_id,x,y,z\n0,a,0,0,0\n1,a,1,0,0\n"),
    )
    assert result["gospa_mean"] == 0.0


@pytest.mark.parametrize(
    ("row", "where"),
    [
        ("1e308,8,0,0,0,0,0,0,confirmed\n", "line 12, time"),
        ("1,8,-1e308,0,0,0,0,0,confirmed\n", "line 12, x"),
        ("1,8,0,0,5e9,0,0,0,confirmed\n", "line 12, z"),
        ("1,8,0,0,0,1e308,0,0,confirmed\n", "line 12, vx"),
        ("1,8,0,0,0,0,inf,0,confirmed\n", "line 12, vy"),
    ],
)
def test_a_number_that_is_no_time_place_or_speed_is_refused(
    tmp_path: Path, row: str, where: str
) -> None:
    name, found_where, _, allowed = refused(tmp_path, truth_rows(), track_rows() + row)
    assert (name, found_where) == ("tracks.csv", where)
    assert allowed.startswith("a number from -4e+09 to 4e+09")


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
        (TRACK + "0.0,,2,3,4,5,6,7,ok\n", "line 2, track_id", "nothing"),
        ("time,track_id,x,y,z,y\n0,1,2,3,4,5\n", "line 1", "y twice"),
        (
            "time,track_id,x,y,z\n1,a,2,3,4\n1.0,b,2,3,4\n1.0,a,9,3,4\n",
            "line 4",
            "'a' at 1 s, as line 2",
        ),
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


def test_a_file_with_too_many_faults_to_read_says_how_many_more_there_are(tmp_path: Path) -> None:
    truth = write(tmp_path / "truth.csv", TRUTH + truth_rows())
    with pytest.raises(ConfigError) as caught:
        score(truth, write(tmp_path / "tracks.csv", TRACK + "0,1,y,3,4,5,6,7,ok\n" * 50))
    faults = caught.value.faults
    assert (len(faults), faults[-1].found) == (21, "30 more like these")


def test_a_missing_or_binary_file_is_the_users_fault(tmp_path: Path) -> None:
    truth = write(tmp_path / "truth.csv", TRUTH + truth_rows())
    with pytest.raises(ConfigError, match="No such file"):
        score(truth, tmp_path / "absent.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(ConfigError, match="UTF-8"):
        score(truth, tmp_path / "binary.csv")
