"""plots.csv: what a scan means, and every fault named by line and column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rampart.domain.errors import ConfigError
from rampart.domain.messages import PlotBatch, Tick
from rampart.domain.site import Sensor
from rampart.formats.csvplots import read_plots, write_plots

HEADER = "plot_id,scan,time,sensor,range_m,az_rad,el_rad,rr_mps,snr_db"
SENSOR = Sensor(id="North", scan_period_s=0.5)
MS = 1_000_000


def csv_file(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "plots.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def told(messages: list) -> list[tuple[str, float, int]]:
    return [
        ("tick", m.t_arrival_ns / 1e9, 0)
        if isinstance(m, Tick)
        else ("all" if m.complete else "part", m.t_arrival_ns / 1e9, len(m))
        for m in messages
    ]


def test_plots_that_share_their_scans_instant_are_one_complete_look_and_then_a_tick(
    tmp_path,
) -> None:
    path = csv_file(
        tmp_path,
        "0,0,0.000000,R1,1000,0.1,0.2,-5,13",
        "1,2,1.000000,R1,1100,0.1,0.2,-5,13",
        "2,2,1.000000,R1,1200,0.1,0.2,-5,13",
    )
    assert told(read_plots(path, SENSOR, scans=5)) == [
        ("all", 0.0, 1), ("tick", 0.0, 0),
        ("tick", 0.5, 0),  # a scan in which nothing was seen is still a look
        ("all", 1.0, 2), ("tick", 1.0, 0),
        ("tick", 1.5, 0), ("tick", 2.0, 0),
    ]  # fmt: skip


def test_a_rotating_radars_plots_arrive_within_20_ms_and_ticks_fall_between_them(tmp_path) -> None:
    path = csv_file(
        tmp_path,
        "0,0,0.000000,R1,1000,0.0,0.2,,",
        "1,0,0.101000,R1,1000,1.2,0.2,,",
        "2,0,0.109000,R1,1000,1.3,0.2,,",
        "3,0,0.499000,R1,1000,6.2,0.2,,",
        "4,1,0.501000,R1,1000,0.1,0.2,,",
    )
    messages = read_plots(path, SENSOR)
    assert told(messages) == [
        ("part", 0.0, 1), ("tick", 0.0, 0), ("part", 0.109, 2), ("part", 0.499, 1),
        ("tick", 0.5, 0), ("part", 0.501, 1),
    ]  # fmt: skip
    assert messages[2].rows["t_event_ns"].tolist() == [101 * MS, 109 * MS]


def test_one_plot_on_the_instant_does_not_make_a_sweep_complete(tmp_path) -> None:
    path = csv_file(
        tmp_path, "0,0,0.0,R1,1000,0.0,0.2,,", "1,1,0.5,R1,1000,0.0,0.2,,", "2,1,0.7,R1,9,0,0.2,,"
    )
    assert not any(m.complete for m in read_plots(path, SENSOR) if isinstance(m, PlotBatch))


def test_without_scans_ticks_come_at_2_hz(tmp_path) -> None:
    header = "plot_id,time,sensor,range_m,az_rad"
    path = csv_file(tmp_path, "a,10.2,R1,1000,0.1", "b,11.1,R1,1000,0.1", header=header)
    messages = read_plots(path, SENSOR, epoch_ns=10**18)
    assert told([m for m in messages if isinstance(m, PlotBatch)]) == [
        ("part", 1e9 + 10.2, 1), ("part", 1e9 + 11.1, 1)
    ]  # fmt: skip
    ticks = [(m.t_arrival_ns - 10**18) / 1e9 for m in messages if isinstance(m, Tick)]
    assert ticks == [10.5, 11.0, 11.5]
    row = messages[0].rows[0]
    assert np.isnan([row["elevation_rad"], row["range_rate_mps"], row["snr_db"]]).all()


def test_scan_numbers_that_do_not_fit_the_times_are_not_a_time_base(tmp_path) -> None:
    path = csv_file(tmp_path, "0,0,100.0,R1,1000,0.1,0.2,,", "1,1,100.5,R1,1000,0.1,0.2,,")
    assert told(read_plots(path, SENSOR)) == [
        ("part", 100.0, 1), ("tick", 100.0, 0), ("part", 100.5, 1), ("tick", 100.5, 0)
    ]  # fmt: skip


@pytest.mark.parametrize("rate", [3.0, 7.0, 0.7])
def test_arrival_never_runs_back_where_scan_times_are_rounded(tmp_path, rate: float) -> None:
    rows = [f"{s},{s},{s / rate:.6f},R1,1000,0.1,0.2,," for s in range(60)]
    messages = read_plots(csv_file(tmp_path, *rows), Sensor(id="R1", scan_period_s=1 / rate))
    stamps = [m.t_arrival_ns for m in messages]
    assert stamps == sorted(stamps)
    assert [type(m) for m in messages] == [PlotBatch, Tick] * 60
    ticks = [m.t_arrival_ns / 1e9 for m in messages[1::2]]
    assert np.abs(np.array(ticks) - np.arange(60) / rate).max() < 1e-3


def test_a_gap_of_days_does_not_make_a_million_ticks(tmp_path) -> None:
    path = csv_file(tmp_path, "0,0,0.0,R1,1000,0.1,0.2,,", "1,2000000,1000000.0,R1,1000,0.1,0.2,,")
    messages = read_plots(path, SENSOR)
    assert len(messages) < 1300
    assert messages[-1].t_arrival_ns == 10**15


def test_the_sensor_of_the_site_is_named_whatever_the_file_calls_its_one_radar(tmp_path) -> None:
    path = csv_file(tmp_path, "0,0,0.0,whatever,1000,0.1,0.2,,")
    assert read_plots(path, SENSOR)[0].sensor == "North"


def test_plots_of_two_sensors_travel_apart_and_a_third_is_a_fault(tmp_path) -> None:
    header = "plot_id,time,sensor,range_m,az_rad"
    rows = ["0,1.1,A,1000,0.1", "1,1.101,B,1000,0.1", "2,1.102,A,1000,0.1"]
    two = [Sensor(id="A"), Sensor(id="B")]
    messages = read_plots(csv_file(tmp_path, *rows, header=header), two)
    assert [(m.sensor, len(m)) for m in messages if isinstance(m, PlotBatch)] == [
        ("A", 2),
        ("B", 1),
    ]
    rows.append("3,1.2,C,1000,0.1")
    with pytest.raises(ConfigError, match="'C'; allowed: A, B"):
        read_plots(csv_file(tmp_path, *rows, header=header), two)


def test_quotes_windows_line_ends_and_a_byte_order_mark_are_plain_csv(tmp_path) -> None:
    path = tmp_path / "plots.csv"
    path.write_bytes(
        b'\xef\xbb\xbfplot_id,"time",sensor,range_m,az_rad\r\n"a,1",1.0,"R ""1""",1000,0.1\r\n'
        b'b,1.2,"R ""1""",1000,0.1\r\n'
    )
    assert sum(len(m) for m in read_plots(path, SENSOR) if isinstance(m, PlotBatch)) == 2
    plain = path.read_bytes().replace(b'"', b"").replace(b"a,1,", b"a,")
    path.write_bytes(plain.replace(b"1000", b"far", 1))
    with pytest.raises(ConfigError, match="line 2, column range_m: found 'far'"):
        read_plots(path, SENSOR)


GOOD = "0,0,0.0,R1,1000,0.1,0.2,-5,13"


@pytest.mark.parametrize(
    ("row", "column", "found"),
    [
        ("1,0,0.0,R1,nan,0.1,0.2,-5,13", "range_m", "'nan'"),
        ("1,0,0.0,R1,inf,0.1,0.2,-5,13", "range_m", "'inf'"),
        ("1,0,0.0,R1,-3,0.1,0.2,-5,13", "range_m", "'-3'"),
        ("1,0,0.0,R1,near,0.1,0.2,-5,13", "range_m", "'near'"),
        ("1,0,0.0,R1,,0.1,0.2,-5,13", "range_m", "nothing"),
        ("1,0,0.0,R1,1000,270,0.2,-5,13", "az_rad", "'270'"),
        ("1,0,0.0,R1,1000,0.1,nan,-5,13", "el_rad", "'nan'"),
        ("1,0,0.0,R1,1000,0.1,0.2,fast,13", "rr_mps", "'fast'"),
        ("1,0,0.0,R1,1000,0.1,0.2,-5,-inf", "snr_db", "'-inf'"),
        ("1,0,soon,R1,1000,0.1,0.2,-5,13", "time", "'soon'"),
        ("1,0,-1,R1,1000,0.1,0.2,-5,13", "time", "'-1'"),
        ("1,0.5,0.0,R1,1000,0.1,0.2,-5,13", "scan", "'0.5'"),
        ("1,,0.0,R1,1000,0.1,0.2,-5,13", "scan", "nothing"),
        ("1,0,0.0,,1000,0.1,0.2,-5,13", "sensor", "nothing"),
        ("0,0,0.0,R1,1000,0.1,0.2,-5,13", "plot_id", "'0' again, first on line 2"),
        (",0,0.0,R1,1000,0.1,0.2,-5,13", "plot_id", "nothing"),
    ],
)
def test_a_bad_field_is_named_by_line_column_value_and_what_is_allowed(
    tmp_path, row: str, column: str, found: str
) -> None:
    path = csv_file(tmp_path, GOOD, "", row)
    with pytest.raises(ConfigError) as caught:
        read_plots(path, SENSOR)
    (fault,) = caught.value.faults
    assert fault.where == f"line 4, column {column}"
    assert fault.found == found
    assert fault.allowed
    assert str(caught.value).startswith(
        f"{path}: line 4, column {column}: found {found}; allowed: "
    )


def test_a_whole_number_beyond_the_largest_scan_is_told_which_that_is(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"found '1e15'; allowed: a whole number from 0 to 1e9$"):
        read_plots(csv_file(tmp_path, "1,1e15,0.0,R1,1000,0.1,0.2,-5,13"), SENSOR)


def test_time_that_runs_back_by_more_than_two_seconds_and_a_scan_is_a_fault(tmp_path) -> None:
    header = "plot_id,time,sensor,range_m,az_rad"
    rows = ["0,10.0,R1,1000,0.1", "1,7.6,R1,1000,0.1"]
    assert len(read_plots(csv_file(tmp_path, *rows, header=header), SENSOR)) > 2
    rows.append("2,7.4,R1,1000,0.1")
    with pytest.raises(ConfigError, match=r"line 4, column time: found 7.4 after 10; .* 2.5 s"):
        read_plots(csv_file(tmp_path, *rows, header=header), SENSOR)


def test_all_faults_come_at_once_in_order_up_to_twenty(tmp_path) -> None:
    rows = [f"{i},0,0.0,R1,-1,nan,0.2,-5,13" for i in range(30)]
    with pytest.raises(ConfigError) as caught:
        read_plots(csv_file(tmp_path, *rows), SENSOR)
    faults = caught.value.faults
    assert len(faults) == 21
    assert [f.where for f in faults[:3]] == [
        "line 2, column range_m", "line 2, column az_rad", "line 3, column range_m"
    ]  # fmt: skip
    assert "40 more" in faults[-1].found


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "nothing in it"),
        (HEADER.encode(), "no plots"),
        (b"plot_id,time,sensor,az_rad\n1,2,R1,0.3\n", "no column range_m"),
        (b"plot_id,time,sensor,az_rad,range_m,time\n1,2,R1,0.3,4,2\n", "column 'time' twice"),
        (HEADER.encode() + b"\n1,2,3\n", "line 2: found 3 fields; allowed: 9"),
        (b"\xff\xfe\x00\x01", "unreadable"),
        (b'plot_id,time\n"1,2\n', "unreadable"),
    ],
)
def test_a_file_that_is_no_plot_table_is_refused(tmp_path, content: bytes, words: str) -> None:
    path = tmp_path / "plots.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        read_plots(path, SENSOR)


def test_a_missing_file_is_the_users_fault(tmp_path) -> None:
    with pytest.raises(ConfigError, match="nothing there"):
        read_plots(tmp_path / "none.csv", SENSOR)


def test_written_plots_read_back_bit_for_bit(tmp_path) -> None:
    rng = np.random.default_rng()
    rows = [
        f"{i},{i // 9},{i // 9 * 0.5:.6f},R1,{rng.uniform(300, 2e4)!r},{rng.uniform(-3, 3)!r},"
        f"{rng.uniform(0, 1)!r},{'' if i % 3 else repr(rng.normal())},{rng.uniform(10, 20)!r}"
        for i in range(90)
    ]
    first = read_plots(csv_file(tmp_path, *rows), SENSOR)
    out = tmp_path / "out.csv"
    count = write_plots(out, first, epoch_ns=0, scan_period_s=0.5)
    assert count == 90
    assert read_plots(out, SENSOR) == first


def test_rows_are_out_of_order_only_against_their_own_sensor(tmp_path) -> None:
    """Sensors deliver in turns, each with its own delay: that is no disorder."""
    head = "plot_id,time,sensor,range_m,az_rad"
    pair = [Sensor(id="A", scan_period_s=0.5), Sensor(id="B", scan_period_s=0.5)]
    turns = ["0,1.0,A,1000,0.1", "1,0.8,B,1000,0.1", "2,1.5,A,1000,0.1", "3,1.3,B,1000,0.1"]
    for rows, said in (
        (turns, []),
        ([*turns, "4,1.3,B,900,0.1"], []),  # equal stamps are of one instant
        ([*turns, "4,1.2,B,1000,0.1", "5,1.4,A,1000,0.1"], ["sorted by time: 2 rows out of order"]),
    ):
        remarks: list[str] = []
        read_plots(csv_file(tmp_path, *rows, header=head), pair, remarks=remarks)
        assert remarks == said


@pytest.mark.parametrize(
    ("sensor", "scans", "said"),
    [
        (SENSOR, 3, []),
        (Sensor(id="North", scan_period_s=0.01), None,
         ["column scan not used: times from 0 to 0.98 s after scan / rate, which is 100 scans a second"]),
        (SENSOR, 2, ["found scan 2, where there are said to be 2 scans"]),
        (Sensor(id="North", scan_period_s=0.5, sigma_range_m=None), 3,
         ["column range_m: 2 not used, of a sensor that is said to measure no range"]),
    ],
)  # fmt: skip
def test_what_the_plots_say_otherwise_than_their_sensor_is_told(
    tmp_path, sensor: Sensor, scans: int | None, said: list[str]
) -> None:
    rows = ["0,0,0.0,R1,1000,0.1,0.2,,", "1,1,0.5,R1,,0.1,0.2,,", "2,2,1.0,R1,1100,0.1,0.2,,"]
    remarks: list[str] = []
    read_plots(csv_file(tmp_path, *rows), sensor, scans=scans, remarks=remarks)
    assert remarks == said


def test_of_sensors_with_scans_of_their_own_no_rate_is_expected(tmp_path) -> None:
    pair = [Sensor(id="A", scan_period_s=0.5), Sensor(id="B", scan_period_s=2.0)]
    rows = ["0,0,0.0,B,1000,0.1,0.2,,", "1,9,4.5,A,1000,0.1,0.2,,", "2,10,5.0,A,1100,0.1,0.2,,"]
    remarks: list[str] = []
    read_plots(csv_file(tmp_path, *rows), pair, remarks=remarks)
    assert remarks == []


def test_an_empty_range_is_a_bearing_there_and_back(tmp_path) -> None:
    camera = Sensor(id="R1", sigma_range_m=None, sigma_range_rate_mps=None)
    path = csv_file(tmp_path, "0,0,0.0,R1,,0.1,0.2,,", "1,0,0.0,R1,1000,0.3,0.2,,")
    first = [m for m in read_plots(path, camera) if isinstance(m, PlotBatch)]
    ranges = np.sort(first[0].rows["range_m"])
    assert ranges[0] == 1000.0
    assert np.isnan(ranges[1])
    write_plots(tmp_path / "again.csv", first, epoch_ns=0, scan_period_s=0.5)
    again = [m for m in read_plots(tmp_path / "again.csv", camera) if isinstance(m, PlotBatch)]
    assert again == first


@pytest.mark.parametrize(("looks_hz", "expected"), [(1.0, 1), (5.0, 1), (20.0, 0)])
def test_a_rate_that_is_lower_than_the_plots_show_is_told(
    tmp_path, looks_hz: float, expected: int
) -> None:
    """One object in twenty looks a second, of which a tenth miss it."""
    rng = np.random.default_rng(4)
    times = np.flatnonzero(rng.random(400) < 0.9) * 0.05
    rows = [
        f"{i},{t:.3f},R1,{6000 - 180 * t + rng.normal(0, 12)},{0.3 + 0.02 * t + rng.normal(0, 2.5e-3)}"
        for i, t in enumerate(times.tolist())
    ]
    remarks: list[str] = []
    sensor = Sensor(id="R1", scan_period_s=1.0 / looks_hz)
    path = csv_file(tmp_path, *rows, header="plot_id,time,sensor,range_m,az_rad")
    read_plots(path, sensor, remarks=remarks)
    told = [line for line in remarks if "times a second: does it 20 times, or are" in line]
    assert len(told) == len(remarks) == expected


def test_many_objects_between_two_norths_are_no_matter_of_the_rate(tmp_path) -> None:
    """Forty objects, close in bearing as in a salvo, that an antenna passes one after the other."""
    rng = np.random.default_rng(5)
    places = np.column_stack([rng.uniform(3000, 9000, 40), np.sort(rng.uniform(0.5, 1.5, 40))])
    rows = [
        f"{40 * turn + i},{turn + azimuth / 6.2832:.6f},R1,{range_m + rng.normal(0, 12)},{azimuth}"
        for turn in range(20)
        for i, (range_m, azimuth) in enumerate(places.tolist())
    ]
    remarks: list[str] = []
    path = csv_file(tmp_path, *rows, header="plot_id,time,sensor,range_m,az_rad")
    read_plots(path, Sensor(id="R1", scan_period_s=1.0), remarks=remarks)
    assert remarks == []


@pytest.mark.parametrize(
    ("looks_hz", "step_s", "objects", "expected"),
    [(15.0, 0.1, 1, 1), (20.0, 1.0, 1, 1), (15.0, 0.01, 1, 0), (10.0, 0.1, 3, 0), (2.0, 0.1, 3, 0)],
)
def test_a_clock_coarser_than_the_looks_is_told(
    tmp_path, looks_hz: float, step_s: float, objects: int, expected: int
) -> None:
    """Plots of two looks at one time are two objects to any tracker; several in one look are no matter."""
    times = [round(round(k / looks_hz / step_s) * step_s, 6) for k in range(round(30 * looks_hz))]
    rows = [
        f"{objects * k + i},{t},R1,{3000 + 500 * i - 20 * t},{0.3 + 0.02 * t}"
        for k, t in enumerate(times)
        for i in range(objects)
    ]
    remarks: list[str] = []
    path = csv_file(tmp_path, *rows, header="plot_id,time,sensor,range_m,az_rad")
    read_plots(path, Sensor(id="R1", scan_period_s=1.0 / looks_hz), remarks=remarks)
    assert len([line for line in remarks if "are its times rounded?" in line]) == expected
    assert len(remarks) == expected
