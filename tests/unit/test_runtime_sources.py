"""Any recording opens as a site and messages; conversions keep what both formats can hold."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

from rampart.domain.errors import ConfigError, RampartError, UsageError
from rampart.domain.messages import (
    KnownTrack,
    Plot,
    PlotBatch,
    Rejected,
    SensorStatus,
    Tick,
    batch_from_plots,
)
from rampart.domain.site import Sensor, Site
from rampart.formats.csvplots import load_meta, write_meta
from rampart.formats.journal import Header, JournalWriter, read_journal
from rampart.runtime.convert import PAIRS, convert
from rampart.runtime.sources import QUIET_TICKS, open_source, with_ticks

S = 1_000_000_000
NOON_NS = 1_641_384_000 * S  # 2022-01-05 12:00 UTC
SITE = Site(
    name="Hill", uuid="u", latitude_deg=33.2, longitude_deg=44.2, height_m=35.0,
    sensors=(Sensor(id="North", system_id=(7, 9), scan_period_s=2.0),),
)  # fmt: skip
META = {
    "sr": 12, "sa": 0.002, "srr": 1.5, "rate": 0.5, "pd": 0.9, "clutter": 20, "rmin": 300,
    "rmax": 20000, "elmin": 0.01, "elmax": 1.3,
}  # fmt: skip


def plots(t_ns: int, count: int) -> PlotBatch:
    rng = np.random.default_rng(count)
    return batch_from_plots(
        [
            Plot(
                sensor="North", t_event_ns=t_ns, t_arrival_ns=t_ns, range_m=rng.uniform(300, 9000),
                azimuth_rad=rng.uniform(0, 6.28), elevation_rad=rng.uniform(0, 1),
                range_rate_mps=rng.normal(0, 200),
            )
            for _ in range(count)
        ],
        complete=True,
    )  # fmt: skip


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "run.rpj"
    header = Header(
        engine="0.1.0", settings_hash="x", site=SITE, epoch_ns=NOON_NS, simulated=True,
        source="hill", seed=3,
    )  # fmt: skip
    with JournalWriter(path, header) as writer:
        for k in range(4):
            t_ns = NOON_NS + 2 * k * S
            writer.input(2 * k + 1, plots(t_ns, 3 + k))
            writer.input(2 * k + 2, Tick(t_arrival_ns=t_ns))
    return path


def rows_of(messages) -> np.ndarray:
    return np.concatenate([m.rows for m in messages if isinstance(m, PlotBatch)])


def test_a_journal_brings_its_own_site_and_says_that_it_was_simulated(journal: Path) -> None:
    source = open_source(journal)
    assert (source.site, source.epoch_ns, source.simulated, source.seed) == (SITE, NOON_NS, True, 3)
    assert (source.name, len(list(source.messages))) == ("hill", 8)


def test_a_plot_table_goes_to_a_journal_and_back_unchanged(journal: Path, tmp_path: Path) -> None:
    made = convert(journal, tmp_path / "a.csv")
    assert (made.plots, [f.name for f in made.files]) == (18, ["a.csv", "a.meta.json"])
    convert(tmp_path / "a.csv", tmp_path / "b.rpj")
    first, again = list(open_source(journal).messages), open_source(tmp_path / "b.rpj")
    back = list(again.messages)
    assert [type(m) for m in back] == [type(m) for m in first]
    assert rows_of(back)["range_m"].tolist() == rows_of(first)["range_m"].tolist()
    assert all(m.complete for m in back if isinstance(m, PlotBatch))
    assert again.site.latitude_deg == pytest.approx(33.2)
    convert(tmp_path / "b.rpj", tmp_path / "c.csv")
    assert (tmp_path / "c.csv").read_bytes().replace(b"R1", b"North") == (
        tmp_path / "a.csv"
    ).read_bytes()


def test_a_sensor_file_that_says_otherwise_is_kept_beside_the_new_one(
    journal: Path, tmp_path: Path
) -> None:
    beside = tmp_path / "a.meta.json"
    beside.symlink_to(tmp_path / "shelf.json")  # what a link leads to is replaced, not the link
    beside.write_text(json.dumps(META | {"rate": 8.0}))
    made = convert(journal, tmp_path / "a.csv")
    assert beside in made.files
    assert beside.is_symlink()
    assert json.loads(beside.read_text())["rate"] == 0.5
    assert json.loads((tmp_path / "a.meta.json.old").read_text())["rate"] == 8.0
    assert "a.meta.json.old" in made.remarks[0]
    assert convert(journal, tmp_path / "a.csv").remarks == ()


@pytest.mark.parametrize(
    "sensor",
    [
        Sensor(
            id="R1", sigma_range_m=1e-3, sigma_azimuth_rad=1e-6, sigma_elevation_rad=1e-6,
            sigma_range_rate_mps=1e-3, scan_period_s=0.01, range_max_m=1e6,
            elevation_min_rad=-np.pi / 2, elevation_max_rad=np.pi / 2,
        ),
        Sensor(
            id="R1", sigma_range_m=1e6, sigma_azimuth_rad=0.2, sigma_elevation_rad=None,
            sigma_range_rate_mps=1e6, scan_period_s=60.0, range_rate_max_mps=1e6, clutter_per_scan=1e5,
        ),
    ],
)  # fmt: skip
def test_whatever_a_site_may_tell_of_a_sensor_a_sensor_file_can(sensor, tmp_path: Path) -> None:
    write_meta(tmp_path / "m.json", sensor, SITE)
    again = load_meta(tmp_path / "m.json").sensor
    for key in ("sigma_range_m", "sigma_azimuth_rad", "sigma_range_rate_mps", "range_max_m"):
        assert getattr(again, key) == getattr(sensor, key)
    assert again.scan_period_s == pytest.approx(sensor.scan_period_s)


def test_two_north_marks_about_a_gap_are_no_rotation(journal: Path, tmp_path: Path) -> None:
    slow = msgspec.structs.replace(SITE.sensors[0], scan_period_s=200.0)
    header = read_journal(journal).header
    site = msgspec.structs.replace(SITE, sensors=(slow,))
    with JournalWriter(tmp_path / "slow.rpj", msgspec.structs.replace(header, site=site)) as writer:
        for seq, message in enumerate(read_journal(journal).inputs(), start=1):
            writer.input(seq, message)
    convert(tmp_path / "slow.rpj", tmp_path / "slow.pcap")
    (sensor,) = open_source(tmp_path / "slow.pcap").site.sensors
    assert sensor.scan_period_s == 5.0


def test_a_torn_journal_is_converted_as_far_as_it_is_whole_and_that_is_said(
    journal: Path, tmp_path: Path
) -> None:
    octets = journal.read_bytes()
    assert convert(journal, tmp_path / "whole.csv").remarks == ()
    torn = tmp_path / "torn.rpj"
    torn.write_bytes(octets[:-7])
    made = convert(torn, tmp_path / "a.csv")
    assert (made.messages, made.plots) == (7, 18)
    (remark,) = made.remarks
    assert "torn.rpj: torn after message 7" in remark


def test_plots_of_two_radars_have_no_sensor_file_and_are_read_with_a_site(tmp_path: Path) -> None:
    second = Sensor(id="South", position_enu_m=(500.0, 0.0, 0.0))
    named = Sensor(id="North", system_id=(0, 1))
    site = msgspec.structs.replace(SITE, sensors=(second, named))
    header = Header(
        engine="", settings_hash="", site=site, epoch_ns=0, simulated=True, source="two"
    )
    with JournalWriter(tmp_path / "two.rpj", header) as writer:
        writer.input(1, plots(S, 3))
        writer.input(2, msgspec.structs.replace(plots(S, 2), sensor="South"))
    (tmp_path / "a.meta.json").write_text("{}")
    made = convert(tmp_path / "two.rpj", tmp_path / "a.csv")
    assert made.files == (tmp_path / "a.csv",)
    (remark,) = made.remarks
    assert "found plots of North, South" in remark
    assert remark.endswith("a.meta.json is of another day")

    convert(tmp_path / "two.rpj", tmp_path / "a.pcap")
    heard = list(open_source(tmp_path / "a.pcap").messages)
    numbers = {m.sensor: len(m) for m in heard if isinstance(m, PlotBatch)}
    assert numbers == {"0/1": 3, "0/2": 2}  # none that another has
    # and as a table: a sensor answers to its id and to its SAC/SIC
    assert "0/1, 0/2" in convert(tmp_path / "a.pcap", tmp_path / "b.csv").remarks[0]
    second = msgspec.structs.replace(second, system_id=(0, 2))
    site = msgspec.structs.replace(SITE, sensors=(second, named))
    for table in ("a.csv", "b.csv"):
        back = list(open_source(tmp_path / table, site=site).messages)
        assert {m.sensor: len(m) for m in back if isinstance(m, PlotBatch)} == {
            "North": 3,
            "South": 2,
        }


def test_plots_of_a_radar_that_nobody_tells_have_no_sensor_file(
    journal: Path, tmp_path: Path
) -> None:
    with JournalWriter(tmp_path / "b.rpj", read_journal(journal).header) as writer:
        writer.input(1, msgspec.structs.replace(plots(NOON_NS, 2), sensor="Stranger"))
        writer.input(2, plots(NOON_NS, 2))
    made = convert(tmp_path / "b.rpj", tmp_path / "b.csv")
    assert [path.name for path in made.files] == ["b.csv"]
    assert "plots of North, Stranger" in made.remarks[0]


@pytest.mark.parametrize("suffix", [".pcap", ".ast", ".raw"])
def test_plots_through_asterix_come_back_within_its_steps(
    journal: Path, tmp_path: Path, suffix: str
) -> None:
    convert(journal, tmp_path / f"a{suffix}")
    source = open_source(tmp_path / f"a{suffix}")
    messages = list(source.messages)
    back, first = rows_of(messages), rows_of(open_source(journal).messages)
    assert np.abs(back["range_m"] - first["range_m"]).max() <= 0.05 + 1e-9
    turn = np.angle(np.exp(1j * (back["azimuth_rad"] - first["azimuth_rad"])))
    assert np.abs(turn).max() <= np.radians(360 / 65_536 / 2) + 1e-9
    assert np.abs(back["elevation_rad"] - first["elevation_rad"]).max() <= np.radians(0.0014)
    assert np.abs(back["range_rate_mps"] - first["range_rate_mps"]).max() <= 0.005 + 1e-9
    assert np.allclose(back["sigma_range_m"], 12.0, atol=0.05)
    (sensor,) = source.site.sensors
    assert (sensor.id, sensor.system_id, sensor.scan_period_s) == ("7/9", (7, 9), 2.0)
    assert source.site.latitude_deg == pytest.approx(33.2, abs=1e-4)
    if suffix == ".pcap":  # the only one with a date
        assert back["t_event_ns"].tolist() == first["t_event_ns"].tolist()
        assert source.epoch_ns == NOON_NS - 12 * 3600 * S
    else:
        assert back["t_event_ns"].tolist() == (first["t_event_ns"] % (86_400 * S)).tolist()
    stamps = [m.t_arrival_ns for m in messages]
    assert stamps == sorted(stamps)


def test_a_site_that_knows_the_radar_gives_it_its_own_name(journal: Path, tmp_path: Path) -> None:
    convert(journal, tmp_path / "a.pcap")
    source = open_source(tmp_path / "a.pcap", site=SITE)
    assert source.site == SITE
    sensors = {m.sensor for m in source.messages if isinstance(m, PlotBatch | SensorStatus)}
    assert sensors == {"North"}


def test_a_plot_table_takes_a_sites_zones_and_its_own_sensors_place(tmp_path: Path) -> None:
    table, meta = tmp_path / "p.csv", tmp_path / "m.json"
    table.write_text("plot_id,scan,time,sensor,range_m,az_rad\n1,0,0.0,R1,1000,1.0\n")
    meta.write_text(json.dumps(META | {"lat": 33.21, "lon": 44.2, "height_m": 35.0}))
    source = open_source(table, site=SITE, meta=meta)
    assert (source.site.name, source.scan_period_s) == ("Hill", 2.0)
    (sensor,) = source.site.sensors
    assert sensor.position_enu_m[1] == pytest.approx(1109, abs=2)
    batch = next(m for m in source.messages if isinstance(m, PlotBatch))
    assert batch.sensor == sensor.id


@pytest.mark.parametrize("suffix", [".csv", ".rpj", ".pcap", ".ast"])
@pytest.mark.parametrize("content", [b"", b"\x00" * 40, b"what is this?\n", bytes(range(256))])
def test_whatever_is_in_a_file_the_answer_is_one_of_our_errors(
    tmp_path: Path, suffix: str, content: bytes
) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    with pytest.raises((ConfigError, UsageError)) as caught:
        list(open_source(path, site=SITE).messages)
    assert path.name in str(caught.value)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("x.txt", {}, "allowed: .rpj .csv"),
        ("x", {}, "allowed: .rpj .csv"),
        ("x.csv", {}, "found no sensor"),
        ("x.rpj", {"meta": "m.json"}, "for a plots.csv only"),
        ("x.rpj", {}, "nothing there"),
        ("x.pcap", {}, "No such file"),
    ],
)
def test_what_cannot_be_opened_is_said_in_one_line(tmp_path, name, options, words) -> None:
    with pytest.raises(RampartError, match=words) as caught:
        open_source(tmp_path / name, **options)
    assert "\n" not in str(caught.value)


def test_a_pair_that_does_not_exist_names_those_that_do(journal: Path, tmp_path: Path) -> None:
    for target in ("x.rpj", "x.html", "x"):
        with pytest.raises(UsageError, match=r"\.csv to \.rpj"):
            convert(journal, tmp_path / target)
    assert ".csv" in PAIRS[".rpj"]


def test_a_conversion_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("plot_id,time,sensor,range_m,az_rad\n1,0.0,R1,-5,1.0\n")
    (tmp_path / "meta.json").write_text(json.dumps(META))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ConfigError, match="line 2, column range_m"):
        convert(tmp_path / "p.csv", tmp_path / "p.rpj")
    assert sorted(tmp_path.iterdir()) == before


def test_a_conversion_into_a_folder_that_is_not_there_is_refused(
    journal: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="no place"):
        convert(journal, tmp_path / "none" / "p.csv")


def known(t_ns: int) -> KnownTrack:
    return KnownTrack(
        source="s", ident="i", t_event_ns=t_ns, t_arrival_ns=t_ns, latitude_deg=0.0,
        longitude_deg=0.0, height_m=0.0,
    )  # fmt: skip


def test_ticks_stand_on_the_half_seconds_between_messages_and_after_the_last() -> None:
    stamps = [100 * S + 300_000_000, 101 * S, 101 * S + 1]
    made = list(with_ticks(map(known, stamps)))
    told = [(type(m).__name__[0], (m.t_arrival_ns - 100 * S) / S) for m in made]
    assert told == [
        ("K", 0.3), ("T", 0.5), ("K", 1.0), ("T", 1.0), ("K", 1.000000001), ("T", 1.5)
    ]  # fmt: skip


def test_ticks_rest_in_a_gap_of_days_and_never_run_back() -> None:
    made = list(with_ticks(map(known, [0, 3 * 86_400 * S, 3 * 86_400 * S - S])))
    assert len(made) < QUIET_TICKS + 10
    ticks = [m.t_arrival_ns for m in made if isinstance(m, Tick)]
    assert ticks == sorted(set(ticks))
    assert list(with_ticks([])) == []


def ticks_of(stamps: list[int]) -> list[int]:
    made = list(with_ticks(map(known, stamps)))
    return [m.t_arrival_ns for m in made if isinstance(m, Tick)]


def test_a_clock_that_jumps_and_returns_makes_no_ticks_of_its_jump() -> None:
    right = [k * S for k in range(20)]
    for jump in (3600 * S, -3600 * S):
        for count in (1, 2, 5):
            stamps = [s + jump * (10 <= k < 10 + count) for k, s in enumerate(right)]
            told = ticks_of(stamps)
            assert told == ticks_of([s for k, s in enumerate(right) if not 10 <= k < 10 + count])


def test_after_a_step_back_ticks_go_on_from_there() -> None:
    stamps = [5000 * S + k * S for k in range(10)] + [1000 * S + k * S for k in range(100)]
    told = ticks_of(stamps)
    assert told[-1] == 1099 * S
    back = told.index(1000 * S)
    assert all(b - a == S // 2 for a, b in zip(told[back:], told[back + 1 :], strict=False))


@pytest.mark.parametrize("suffix", [".ast", ".raw", ".bin", ".pcap"])
def test_octets_that_are_no_recording_are_refused(tmp_path: Path, suffix: str) -> None:
    """An unknown category whose length fits, then nothing that does: as 5,000 random octets may begin."""
    path = tmp_path / f"noise{suffix}"
    path.write_bytes(bytes([0xA7, 0, 9]) + bytes(6) + b"\x91\xf0\x07" * 1600)
    with pytest.raises(
        ConfigError, match=r"noise.*no record that can be read \(truncated_block 1, "
    ):
        open_source(path)


def test_whole_blocks_of_a_category_that_is_not_carried_are_a_recording(tmp_path: Path) -> None:
    path = tmp_path / "cat004.ast"
    path.write_bytes(bytes([4, 0, 9, *range(6)]) * 3)
    source = open_source(path)
    assert [m.reason for m in source.messages if isinstance(m, Rejected)] == [
        "unknown_category"
    ] * 3
