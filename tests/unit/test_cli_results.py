"""The result files: columns as the contract names them, values that come back as they went."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path

import pytest

from rampart.domain.errors import CapabilityError, ConfigError
from rampart.domain.messages import Origin, Prediction, TrackUpdate, ZoneState
from rampart.formats.results import (
    ORIGINS,
    PREDICTIONS,
    TRACKS,
    WARNINGS,
    ResultFiles,
    read_table,
)
from rampart.metrics.files import read_tracks

EPOCH_NS = 1_641_340_800_000_000_000
CONTRACT = {
    "tracks.csv": "time,track_id,x,y,z,vx,vy,vz,status,family,p_family,drag",
    "predictions.csv": "after_s,time,track_id,impact_x,impact_y,impact_z,cov_xx,cov_xy,cov_yy,"
    "t_impact_q05,t_impact_q50,t_impact_q95,origin_x,origin_y,origin_cov_xx,origin_cov_xy,"
    "origin_cov_yy,t_launch",
    "warnings.csv": "time,alarm_id,raid_id,revision,zone,phase,reason,change,track_ids,count,p_zone,"
    "t_impact_q05,t_impact_q50,t_impact_q95,cause_seq",
    "origins.csv": "time,track_id,family,origin_x,origin_y,cov_xx,cov_xy,cov_yy,t_launch_q05,"
    "t_launch_q50,t_launch_q95",
}


def at(seconds: float) -> int:
    return EPOCH_NS + round(seconds * 1e9)


def update(t_s: float, status: str = "confirmed", family: str = "rocket") -> TrackUpdate:
    return TrackUpdate(
        track=7,
        t_ns=at(t_s),
        state_enu=(1.25, -2.5, 300.125, 10.0, -20.0, 30.5),
        cov_enu=(0.0,) * 21,
        status=status,
        family=family,
        p_family=(0.1, 0.0, 0.6, 0.0, 0.25, 0.05),
        drag_per_m=1.5e-4,
        t_first_ns=at(1),
        plots=4,
    )


PREDICTION = Prediction(
    track=7,
    t_ns=at(3.5),
    t_first_ns=at(1),
    model="ballistic",
    impact_ns_q05=at(20),
    impact_ns_q50=at(21.5),
    impact_ns_q95=at(23),
    impact_enu_m=(100.5, -200.25, 0.0),
    cov_m2=(900.0, -30.0, 400.0),
)
ORIGIN = Origin(
    track=7,
    t_ns=at(3),
    family="rocket",
    launch_ns_q05=at(-1),
    launch_ns_q50=at(-0.5),
    launch_ns_q95=at(0),
    launch_enu_m=(-5000.0, -6000.0, 0.0),
    cov_m2=(2500.0, 0.0, 2500.0),
)
WARN = ZoneState(
    zone="camp, north",
    alarm_id="0123456789abcdef",
    raid_id="0123456789abcdef",
    revision=2,
    phase="warn",
    reason="threshold",
    change="opened",
    tracks=(7, 9),
    count=2,
    p_zone=0.25,
    issued_ns=at(4),
    cause_seq=12,
    t_impact_ns_q05=at(20),
    t_impact_ns_q50=at(21.5),
    t_impact_ns_q95=at(23),
)


def write(folder: Path, *outputs: object) -> None:
    with ResultFiles(folder, EPOCH_NS) as files:
        files.take(outputs)  # type: ignore[arg-type]


def test_headers_are_those_of_the_contract(tmp_path: Path) -> None:
    write(tmp_path)
    for name, columns in CONTRACT.items():
        assert (tmp_path / name).read_text() == columns + "\n"


def test_a_track_comes_back_as_it_went(tmp_path: Path) -> None:
    write(tmp_path, update(2.5))
    (row,) = read_table(tmp_path / "tracks.csv", TRACKS).rows()
    assert row == {
        "time": 2.5, "track_id": 7, "x": 1.25, "y": -2.5, "z": 300.125, "vx": 10.0, "vy": -20.0,
        "vz": 30.5, "status": "confirmed", "family": "rocket", "p_family": 0.6, "drag": 1.5e-4,
    }  # fmt: skip


def test_aircraft_carry_the_probability_of_other(tmp_path: Path) -> None:
    write(tmp_path, update(2.5, family="aircraft"))
    assert read_table(tmp_path / "tracks.csv", TRACKS)["p_family"] == [0.25]


def test_a_tentative_track_has_no_row(tmp_path: Path) -> None:
    write(tmp_path, update(2.5, status="tentative"))
    assert len(read_table(tmp_path / "tracks.csv", TRACKS)) == 0


def test_the_row_that_ends_a_track_has_no_state(tmp_path: Path) -> None:
    ended = TrackUpdate(
        track=7,
        t_ns=at(9),
        state_enu=(math.nan,) * 6,
        cov_enu=(math.nan,) * 21,
        status="ended",
        family="rocket",
        p_family=(0.1, 0.0, 0.6, 0.0, 0.25, 0.05),
        drag_per_m=math.nan,
        t_first_ns=at(1),
        plots=4,
    )
    write(tmp_path, update(2.5), ended)
    _, row = read_table(tmp_path / "tracks.csv", TRACKS).rows()
    assert (row["time"], row["track_id"], row["status"]) == (9.0, 7, "ended")
    assert all(row[name] is None for name in ("x", "y", "z", "vx", "vy", "vz", "drag"))
    assert (
        len(read_tracks(tmp_path / "tracks.csv").times_s) == 1
    )  # what a judge takes for an estimate


@pytest.mark.parametrize("method", ["to_pandas", "to_arrow"])
def test_a_table_becomes_that_of_others_or_says_what_is_missing(tmp_path, method) -> None:
    write(tmp_path, update(2.5), update(3.0))
    table = read_table(tmp_path / "tracks.csv", TRACKS)
    package = {"to_pandas": "pandas", "to_arrow": "pyarrow"}[method]
    if importlib.util.find_spec(package) is None:
        with pytest.raises(CapabilityError, match=f"{package}: not installed"):
            getattr(table, method)()
    else:
        other = getattr(table, method)()
        assert list(other["x"]) == [1.25, 1.25]
        assert len(other) == 2


def test_a_prediction_carries_the_origin_known_by_then(tmp_path: Path) -> None:
    write(tmp_path, PREDICTION, ORIGIN, PREDICTION)
    first, second = read_table(tmp_path / "predictions.csv", PREDICTIONS).rows()
    assert first["origin_x"] is None
    assert first["t_launch"] is None
    assert (second["origin_x"], second["origin_cov_xx"], second["t_launch"]) == (
        -5000.0,
        2500.0,
        -0.5,
    )
    assert (second["after_s"], second["time"], second["t_impact_q50"]) == (2.5, 3.5, 21.5)
    assert (second["impact_x"], second["impact_y"], second["cov_xy"]) == (100.5, -200.25, -30.0)


def test_an_unbounded_prediction_leaves_its_impact_empty(tmp_path: Path) -> None:
    write(
        tmp_path,
        Prediction(track=7, t_ns=at(3), t_first_ns=at(1), model="unbounded"),
    )
    (row,) = read_table(tmp_path / "predictions.csv", PREDICTIONS).rows()
    assert row["impact_x"] is None
    assert row["t_impact_q50"] is None


def test_a_zone_state_comes_back_as_it_went(tmp_path: Path) -> None:
    write(tmp_path, WARN)
    (row,) = read_table(tmp_path / "warnings.csv", WARNINGS).rows()
    assert row["zone"] == "camp, north"
    assert row["track_ids"] == (7, 9)
    assert (row["phase"], row["reason"], row["change"]) == ("warn", "threshold", "opened")
    assert (row["time"], row["p_zone"], row["cause_seq"]) == (4.0, 0.25, 12)


def test_an_origin_comes_back_as_it_went(tmp_path: Path) -> None:
    write(tmp_path, ORIGIN)
    (row,) = read_table(tmp_path / "origins.csv", ORIGINS).rows()
    assert (row["time"], row["family"], row["origin_y"]) == (3.0, "rocket", -6000.0)
    assert (row["t_launch_q05"], row["t_launch_q95"]) == (-1.0, 0.0)


def test_every_wrong_field_is_named(tmp_path: Path) -> None:
    write(tmp_path, update(2.5), update(3.0))
    path = tmp_path / "tracks.csv"
    lines = path.read_text().splitlines()
    lines[1] = lines[1].replace("2.500000,7", "nan,seven")
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(ConfigError) as caught:
        read_table(path, TRACKS)
    assert [fault.where for fault in caught.value.faults] == ["line 2, time", "line 2, track_id"]


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tracks.csv"
    path.write_text("time,track_id\n1,2\n")
    with pytest.raises(ConfigError, match="columns x,y,z"):
        read_table(path, TRACKS)
