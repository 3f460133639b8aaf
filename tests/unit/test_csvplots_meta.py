"""META.json: one sensor as a small file, in either set of names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec import UNSET

from rampart.domain.errors import ConfigError
from rampart.domain.site import Sensor
from rampart.formats.csvplots import load_meta, write_meta

OURS = {
    "sigma_range_m": 12, "sigma_az_rad": 0.002, "sigma_el_rad": 0.003, "sigma_rr_mps": 1.5, "rate": 4,
    "pd": 0.9, "clutter_per_scan": 20, "range_min_m": 300, "range_max_m": 20000, "el_min_rad": 0.01,
    "el_max_rad": 1.3,
}  # fmt: skip
NEUTRAL = {
    "sr": 12, "sa": 0.002, "srr": 1.5, "rate": 4, "pd": 0.9, "clutter": 20, "rmin": 300, "rmax": 20000,
    "elmin": 0.01, "elmax": 1.3, "vmax": 700.0, "scans": 61, "sensor": [0, 0, 0], "targets": 50,
}  # fmt: skip


def meta_file(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "meta.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_both_sets_of_names_give_the_same_sensor(tmp_path) -> None:
    ours = load_meta(
        meta_file(tmp_path, OURS | {"sigma_el_rad": 0.002, "range_rate_max_mps": 700.0})
    )
    neutral = load_meta(meta_file(tmp_path, NEUTRAL))
    assert ours.sensor == neutral.sensor
    assert neutral.sensor.scan_period_s == 0.25
    assert neutral.scans == 61
    assert not neutral.site.known_position


def test_a_sensor_may_measure_no_elevation_and_no_doppler(tmp_path) -> None:
    meta = load_meta(meta_file(tmp_path, OURS | {"sigma_el_rad": None, "sigma_rr_mps": None}))
    assert meta.sensor.sigma_elevation_rad is None
    assert meta.sensor.sigma_range_rate_mps is None


def test_a_sensor_may_tell_bearings_only(tmp_path) -> None:
    bearings = meta_file(tmp_path, OURS | {"sigma_range_m": None})
    assert load_meta(bearings).sensor.sigma_range_m is None


@pytest.mark.parametrize(
    ("key", "value", "wrong", "allowed"),
    [("snr_threshold_db", 11.1, 90, "dB"), ("independent_s", 0.0, -1, "seconds")],
)
def test_what_may_be_absent_is_told_or_not_and_survives_writing(
    tmp_path, key: str, value: float, wrong: float, allowed: str
) -> None:
    assert getattr(load_meta(meta_file(tmp_path, OURS)).sensor, key) is UNSET
    meta = load_meta(meta_file(tmp_path, OURS | {key: value}))
    write_meta(tmp_path / "again.json", meta.sensor, meta.site)
    assert getattr(load_meta(tmp_path / "again.json").sensor, key) == value
    with pytest.raises(ConfigError, match=f"{key}: found {wrong}; allowed: {allowed}"):
        load_meta(meta_file(tmp_path, OURS | {key: wrong}))


def test_slow_errors_are_told_or_those_of_any_sensor_and_survive_writing(tmp_path) -> None:
    assert load_meta(meta_file(tmp_path, OURS)).sensor.bias_sigmas == Sensor(id="any").bias_sigmas
    told = {"bias_range_m": 20, "bias_az_rad": 0.003, "bias_el_rad": 0, "bias_time_s": 0.05}
    meta = load_meta(meta_file(tmp_path, OURS | told))
    assert meta.sensor.bias_sigmas == (20.0, 0.003, 0.0, 0.05)
    write_meta(tmp_path / "again.json", meta.sensor, meta.site)
    assert load_meta(tmp_path / "again.json").sensor == meta.sensor
    with pytest.raises(ConfigError, match="bias_az_rad: found 3; allowed: radians"):
        load_meta(meta_file(tmp_path, OURS | {"bias_az_rad": 3}))


def test_how_long_bearings_err_alike_is_not_asked(tmp_path) -> None:
    with pytest.raises(ConfigError, match="independent_s: found 2; allowed: nothing"):
        load_meta(meta_file(tmp_path, OURS | {"sigma_range_m": None, "independent_s": 2}))


def test_a_position_makes_a_site_on_the_earth_and_survives_writing(tmp_path) -> None:
    meta = load_meta(meta_file(tmp_path, OURS | {"lat": 33.2, "lon": 44.2, "height_m": 35.0}))
    assert meta.site.known_position
    write_meta(tmp_path / "again.json", meta.sensor, meta.site)
    again = load_meta(tmp_path / "again.json")
    assert again.sensor == meta.sensor
    assert again.site.latitude_deg == pytest.approx(33.2, abs=1e-9)
    assert again.site.height_m == pytest.approx(35.0, abs=1e-6)


def test_every_missing_or_impossible_value_of_a_meta_file_is_told_at_once(tmp_path) -> None:
    bad = {k: v for k, v in OURS.items() if k != "pd"} | {"rate": 1e-300}
    bad |= {"sigma_range_m": 1e-300, "el_max_rad": 0.0, "lat": 91, "range_max_m": float("nan")}
    with pytest.raises(ConfigError) as caught:
        load_meta(meta_file(tmp_path, bad))
    assert [fault.where for fault in caught.value.faults] == [
        "sigma_range_m", "rate", "pd", "range_max_m", "lat", "lat, lon",
        "el_min_rad, el_max_rad",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "line 1, column 1"),
        ("[]", "allowed: a JSON object"),
        ("{", "line 1, column 2"),
        ("[" * 100_000, "unreadable"),
        ('{"rate": ' + "9" * 5000 + "}", "unreadable"),
        ('{"sr": 5, "pd": 0.9, "sr": 50}', "sr: found more than one; allowed: one"),
    ],
)
def test_what_is_no_json_object_is_refused(tmp_path, content: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_meta(meta_file(tmp_path, content))
