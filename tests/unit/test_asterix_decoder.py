"""What the decoder makes of a feed: plots, sensor states, known traffic, and counts of all else."""

from __future__ import annotations

import math
from typing import Any

import pytest

from rampart.domain.messages import Input, KnownTrack, PlotBatch, Rejected, SensorStatus
from rampart.domain.time import NS_PER_DAY, ns_from_iso
from rampart.formats.asterix import Decoder, encode

NOON = ns_from_iso("2022-01-05T12:00:00+00:00")
SOURCE = {"SAC": 25, "SIC": 10}
POLAR = {"RHO": 3.0, "THETA": 45.0}


def descriptor(**changed: int) -> dict[str, int]:
    return {"TYP": 1, "SIM": 0, "RDP": 0, "SPI": 0, "RAB": 0} | changed


def plot_48(**items: Any) -> dict[str, Any]:
    base = {"010": SOURCE, "140": 43_200.5, "020": descriptor(), "040": POLAR}
    return base | {name.strip("_"): value for name, value in items.items()}


def feed(category: int, *records: dict[str, Any], at: int | None = NOON) -> list[Input]:
    return Decoder("test").feed(encode(category, list(records)), at)


def row(category: int, record: dict[str, Any]) -> Any:
    (batch,) = feed(category, record)
    assert isinstance(batch, PlotBatch)
    assert batch.sensor == "25/10"
    assert len(batch) == 1
    return batch.rows[0]


def reasons(messages: list[Input]) -> dict[str, int]:
    return {m.reason: m.count for m in messages if isinstance(m, Rejected)}


def test_a_surveillance_plot_has_range_and_azimuth_and_never_an_elevation() -> None:
    plot = row(48, plot_48(_110={"3DH": 1000.0}))
    assert plot["t_event_ns"] == NOON + 500_000_000
    assert plot["range_m"] == 3 * 1852
    assert plot["azimuth_rad"] == math.radians(45)
    assert math.isnan(plot["elevation_rad"])
    assert math.isnan(plot["range_rate_mps"])
    assert plot["height_m"] == pytest.approx(304.8)
    assert (plot["address"], plot["mode_3a"]) == (0, 0)


def test_a_rich_plot_carries_doppler_elevation_and_its_own_accuracies() -> None:
    plot = row(15, {
        "010": SOURCE, "000": {"MT": 1, "RG": 0}, "145": 43_199.0,
        "625": {"R": 3000.0, "SDR": 2.0}, "626": {"DV": -220.5, "SDDV": 0.5},
        "627": {"AZ": 90.0, "SDASZ": 0.0006866455078125},
        "628": {"EL": 45.0, "SDEL": 0.0013732910156250}, "630": {"RPS": 17.0},
    })  # fmt: skip
    assert plot["t_event_ns"] == NOON - 1_000_000_000
    assert plot["range_m"] == pytest.approx(3000.0)
    assert plot["range_rate_mps"] == pytest.approx(-220.5)
    assert plot["azimuth_rad"] == pytest.approx(math.pi / 2)
    assert plot["elevation_rad"] == pytest.approx(math.pi / 4)
    assert plot["sigma_range_m"] == pytest.approx(2.0)
    assert plot["sigma_range_rate_mps"] == pytest.approx(0.5)
    assert plot["sigma_azimuth_rad"] == pytest.approx(math.radians(0.0006866455078125))
    assert plot["sigma_elevation_rad"] == pytest.approx(math.radians(0.001373291015625))
    assert plot["snr_db"] == 17.0


def test_a_resolution_is_not_taken_for_an_accuracy() -> None:
    plot = row(15, {
        "010": SOURCE, "000": {"MT": 1, "RG": 0}, "145": 1.0,
        "625": {"R": 3000.0, "RSR": 50.0}, "627": {"AZ": 90.0, "RSAZ": 1.0},
    })  # fmt: skip
    assert math.isnan(plot["sigma_range_m"])
    assert math.isnan(plot["sigma_azimuth_rad"])


@pytest.mark.parametrize(
    ("items", "height_m"),
    [
        ({"_090": {"V": 0, "G": 0, "FL": 100.0}}, 3048.0),
        ({"_090": {"V": 1, "G": 0, "FL": 100.0}}, math.nan),
        ({"_090": {"V": 0, "G": 1, "FL": 100.0}}, math.nan),
        ({"_090": {"V": 0, "G": 0, "FL": -4.0}}, -121.92),
        ({"_090": {"V": 0, "G": 0, "FL": 100.0}, "_110": {"3DH": 500.0}}, 152.4),
        ({}, math.nan),
    ],
)
def test_height_is_measured_or_a_valid_flight_level_or_none(
    items: dict[str, Any], height_m: float
) -> None:
    assert row(48, plot_48(**items))["height_m"] == pytest.approx(height_m, nan_ok=True)


def test_identity_is_taken_only_where_it_is_validated() -> None:
    code = {"V": 0, "G": 0, "L": 0, "MODE3A": "7200"}
    plot = row(48, plot_48(_070=code, _220=0x3C660C))
    assert (plot["mode_3a"], plot["address"]) == (0o7200, 0x3C660C)
    assert row(48, plot_48(_070=code | {"G": 1}))["mode_3a"] == 0


def test_a_doubtful_doppler_is_left_out() -> None:
    assert row(48, plot_48(_120={"CAL": {"D": 0, "CAL": -200.0}}))["range_rate_mps"] == -200
    assert math.isnan(row(48, plot_48(_120={"CAL": {"D": 1, "CAL": -200.0}}))["range_rate_mps"])


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (plot_48(_020=descriptor(SIM=1)), "test_target"),
        (plot_48(_020=descriptor(TST=1, ERR=0, XPP=0, ME=0, MI=0, FOEFRI=0)), "test_target"),
        (plot_48(_020=descriptor(RAB=1)), "field_monitor"),
        (plot_48(_020=descriptor(TYP=0)), "no_detection"),
        (plot_48(_020=descriptor(TST=0, ERR=1, XPP=0, ME=0, MI=0, FOEFRI=0)), "out_of_range"),
        ({"010": SOURCE, "140": 1.0, "020": descriptor()}, "no_position"),
        ({"010": SOURCE, "020": descriptor(), "040": POLAR}, "no_time"),
    ],
)
def test_what_is_no_plot_is_counted_and_says_why(record: dict[str, Any], reason: str) -> None:
    assert reasons(feed(48, record)) == {reason: 1}
    messages = feed(48, plot_48(), record, record)
    assert [len(m) for m in messages if isinstance(m, PlotBatch)] == [1]
    assert reasons(messages) == {reason: 2}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"000": {"MT": 2, "RG": 0}}, "sensor_track"),
        ({"000": {"MT": 4, "RG": 0}}, "sensor_track"),
        ({"000": {"MT": 5, "RG": 0}}, "track_end"),
        ({"020": {"MOMU": 1, "TTAX": 0, "SCD": 0}}, "multistatic"),
        ({"020": {"MOMU": 0, "TTAX": 3, "SCD": 0}}, "test_target"),
        ({"625": {"R": -5.0}}, "no_position"),
    ],
)
def test_reports_that_measure_nothing_here_are_no_plots(
    changed: dict[str, Any], reason: str
) -> None:
    record = {
        "010": SOURCE, "000": {"MT": 1, "RG": 1}, "145": 1.0, "625": {"R": 3000.0},
        "627": {"AZ": 90.0},
    }  # fmt: skip
    assert not reasons(feed(15, record))
    assert reasons(feed(15, record | changed)) == {reason: 1}


@pytest.mark.parametrize(
    ("arrived", "tod_s", "event"),
    [
        ("2022-01-05T00:00:00.200+00:00", 86_399.5, "2022-01-04T23:59:59.5+00:00"),
        ("2022-01-04T23:59:59.900+00:00", 0.5, "2022-01-05T00:00:00.5+00:00"),
        ("2022-01-05T12:00:00+00:00", 86_399.5, "2022-01-05T23:59:59.5+00:00"),
        ("2022-01-05T18:00:00+00:00", 3600.0, "2022-01-06T01:00:00+00:00"),
    ],
)
def test_the_day_is_the_one_that_brings_the_report_nearest_to_its_arrival(
    arrived: str, tod_s: float, event: str
) -> None:
    (batch,) = feed(48, plot_48(_140=tod_s), at=ns_from_iso(arrived))
    assert isinstance(batch, PlotBatch)
    assert batch.rows["t_event_ns"].tolist() == [ns_from_iso(event)]


def test_without_a_container_time_the_reports_tell_it_and_midnight_does_not_turn_it_back() -> None:
    decoder = Decoder("test")
    arrivals, events = [], []
    for tod_s in (86_399.0, 86_399.5, 0.5, 1.5):
        (batch,) = decoder.feed(encode(48, [plot_48(_140=tod_s)]))
        assert isinstance(batch, PlotBatch)
        arrivals.append(batch.t_arrival_ns / 1e9)
        events += (batch.rows["t_event_ns"] / 1e9).tolist()
    assert events == arrivals == [86_399.0, 86_399.5, 86_400.5, 86_401.5]


def test_a_truncated_time_of_day_is_completed_from_the_last_full_one() -> None:
    decoder = Decoder("test")
    decoder.feed(encode(2, [{"010": SOURCE, "000": 1, "030": 43_190.0}]), NOON)
    plot = {
        "010": SOURCE,
        "020": {"TYP": 0, "SIM": 0, "SSRPSR": 1, "ANT": 0, "SPI": 0, "RAB": 0},
        "040": {"RHO": 3.0, "THETA": 45.0},
        "141": 43_195.0 % 512,
    }
    (batch,) = decoder.feed(encode(1, [plot]), NOON + 300 * 10**9)
    assert isinstance(batch, PlotBatch)
    assert batch.rows["t_event_ns"].tolist() == [NOON - 5 * 10**9]


def test_plots_of_several_radars_in_one_datagram_come_apart() -> None:
    other = plot_48(_010={"SAC": 25, "SIC": 11}, _040={"RHO": 9.0, "THETA": 0.0})
    messages = feed(48, plot_48(), other, plot_48())
    sizes = {m.sensor: len(m) for m in messages if isinstance(m, PlotBatch)}
    assert sizes == {"25/10": 2, "25/11": 1}


def test_blocks_of_one_radar_in_one_datagram_come_together() -> None:
    data = encode(48, [plot_48()]) * 2
    (batch,) = Decoder("test").feed(data, NOON)
    assert isinstance(batch, PlotBatch)
    assert len(batch) == 2


def test_a_north_mark_tells_the_radar_is_alive_and_where_it_stands() -> None:
    decoder = Decoder("test")
    (status,) = decoder.feed(
        encode(34, [{
            "010": SOURCE, "000": 1, "030": 43_200.0, "041": 4.0,
            "120": {"HGT": 780.0, "LAT": 45.0, "LON": -90.0},
        }]),
        NOON,
    )  # fmt: skip
    assert status == SensorStatus(
        sensor="25/10", t_event_ns=NOON, t_arrival_ns=NOON, kind="north", rotation_s=4.0,
        position_deg_m=(45.0, -90.0, 780.0),
    )  # fmt: skip
    assert decoder.counts.positions == {"25/10": (45.0, -90.0, 780.0)}


@pytest.mark.parametrize(
    ("flags", "state"),
    [({}, "ok"), ({"NOGO": 1}, "off"), ({"TSV": 1}, "degraded"), ({"OVLRDP": 1}, "degraded")],
)
def test_a_sector_mark_tells_azimuth_and_state(flags: dict[str, int], state: str) -> None:
    names = ("NOGO", "RDPC", "RDPR", "OVLRDP", "OVLXMT", "MSC", "TSV")
    common = dict.fromkeys(names, 0) | flags
    (status,) = feed(34, {
        "010": SOURCE, "000": 2, "030": 43_200.0, "020": 90.0, "050": {"COM": common},
    })  # fmt: skip
    assert isinstance(status, SensorStatus)
    assert (status.kind, status.state) == ("sector", state)
    assert status.sector_rad == pytest.approx(math.pi / 2)


def test_an_aircraft_that_reports_itself_becomes_known_traffic() -> None:
    (known,) = feed(21, {
        "010": SOURCE, "080": 0x4B1A2C, "073": 43_200.0, "131": {"LAT": 45.0, "LON": 22.5},
        "140": 10_000.0, "160": {"RE": 0, "GS": 0.125, "TA": 90.0}, "157": {"RE": 0, "GVR": -600.0},
        "170": "EZS14ZH ",
        "090": {"NUCRNACV": 1, "NUCPNIC": 7, "NICBARO": 0, "SIL": 2, "NACP": 9},
    })  # fmt: skip
    assert isinstance(known, KnownTrack)
    assert (known.source, known.ident, known.address) == ("25/10", "EZS14ZH", 0x4B1A2C)
    assert (known.latitude_deg, known.longitude_deg) == (45.0, 22.5)
    assert known.height_m == pytest.approx(3048.0)
    assert known.velocity_enu_mps == pytest.approx((231.5, 0.0, -3.048))
    # NACp 9: 30 m hold 95 %, so sigma of each axis = 30 / 2.448 for a circular normal error.
    assert known.sigma_m == pytest.approx(12.256, abs=1e-3)
    assert not known.friendly


def test_system_tracks_are_counted_and_nothing_more() -> None:
    decoder = Decoder("test")
    track = {"010": SOURCE, "070": 43_200.0, "040": 7, "105": {"LAT": 45.0, "LON": 22.5}}
    messages = decoder.feed(encode(62, [track, track]), NOON)
    assert [type(m) for m in messages] == [Rejected]
    assert reasons(messages) == {"system_track": 2}
    assert decoder.counts.records[62] == 2


@pytest.mark.parametrize(
    ("category", "record", "reason"),
    [
        (48, {"010": SOURCE, "140": 86_400.0, "040": POLAR}, "time_of_day"),
        (48, {"140": 1.0, "040": POLAR}, "no_source"),
        (21, {"010": SOURCE, "073": 1.0, "130": {"LAT": 45.0, "LON": 22.5}}, "no_address"),
        (21, {"010": SOURCE, "080": 1, "131": {"LAT": 95.0, "LON": 22.5}}, "position"),
        (62, {"010": SOURCE, "070": 1.0}, "no_track_number"),
    ],
)
def test_values_that_no_right_edition_brings_refuse_the_whole_block(
    category: int, record: dict[str, Any], reason: str
) -> None:
    decoder = Decoder("test")
    messages = decoder.feed(encode(category, [record, record]), NOON)
    assert reasons(messages) == {reason: 1}
    assert decoder.counts.refused == {(category, reason): 1}
    assert not decoder.counts.records


def test_a_source_that_is_not_expected_is_refused() -> None:
    decoder = Decoder("test", sources=frozenset({"1/1"}))
    assert reasons(decoder.feed(encode(48, [plot_48()]), NOON)) == {"unknown_source": 1}


def test_the_stream_survives_unknown_broken_and_cut_blocks() -> None:
    good = encode(48, [plot_48()])
    broken = bytes([48, 0, 5, 0x80, 25])
    unknown = bytes([200, 0, 4, 0])
    decoder = Decoder("test")
    messages = decoder.feed(good + unknown + broken + good + good[:-1], NOON)
    assert [len(m) for m in messages if isinstance(m, PlotBatch)] == [2]
    assert reasons(messages) == {"unknown_category": 1, "truncated_item": 1, "truncated_block": 1}
    assert reasons(decoder.feed(b"", NOON)) == {}
    assert decoder.counts.plots == {"25/10": 2}


def test_a_block_cut_anywhere_never_yields_a_wrong_plot() -> None:
    data = encode(48, [plot_48(_090={"V": 0, "G": 0, "FL": 35.0}, _130={"SAM": -90.0})])
    for length in range(len(data)):
        messages = Decoder("test").feed(data[:length], NOON)
        assert all(isinstance(m, Rejected) for m in messages)
        # The length field put right, the record is still cut.
        mended = data[:1] + length.to_bytes(2, "big") + data[3:length]
        messages = Decoder("test").feed(mended, NOON)
        assert all(isinstance(m, Rejected) for m in messages)


def test_times_far_from_arrival_stay_within_half_a_day() -> None:
    for hour in range(24):
        (batch,) = feed(48, plot_48(_140=hour * 3600.0), at=NOON + 1)
        assert isinstance(batch, PlotBatch)
        assert abs(batch.rows["t_event_ns"][0] - NOON) <= NS_PER_DAY // 2 + 1
