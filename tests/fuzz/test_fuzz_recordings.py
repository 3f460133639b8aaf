"""Whatever a user's recording holds, it is read, or refused by one of our own errors."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rampart.domain.errors import ConfigError
from rampart.domain.messages import PlotBatch
from rampart.domain.site import Sensor
from rampart.formats.csvplots import load_meta, read_plots
from rampart.formats.journal import read_journal

GOOD = {
    "plot_id": "7", "scan": "1", "time": "0.5", "sensor": "R1", "range_m": "1000", "az_rad": "0.1",
    "el_rad": "0.2", "rr_mps": "-5", "snr_db": "13",
}  # fmt: skip
odd = st.one_of(
    st.sampled_from(
        ["", " ", "nan", "-inf", "1e400", "-0.0", "1_0", "0x10", "9" * 400, '"', "\0", "٣"]
    ),
    st.floats().map(repr),
    st.text(max_size=6),
)


@given(
    st.lists(st.dictionaries(st.sampled_from(sorted(GOOD)), odd, max_size=2), max_size=6),
    st.lists(st.sampled_from(sorted(GOOD)), max_size=2),
    st.booleans(),
)
def test_plot_tables(rows, dropped, numbered) -> None:
    columns = [name for name in GOOD if name not in dropped]
    lines = [",".join(columns)]
    for i, changes in enumerate(rows):
        row = GOOD | ({"plot_id": str(i)} if numbered else {}) | changes
        lines.append(",".join(row[name] for name in columns))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "plots.csv"
        path.write_text("\n".join(lines), encoding="utf-8", errors="replace")
        try:
            messages = read_plots(path, Sensor(id="R1"))
        except ConfigError:
            return
    assert sum(len(m) for m in messages if isinstance(m, PlotBatch)) >= 1
    stamps = [m.t_arrival_ns for m in messages]
    assert stamps == sorted(stamps)


@pytest.mark.parametrize("name", ["x.csv", "x.rpj"])
@given(content=st.binary(max_size=200))
def test_octets(name, content) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        with pytest.raises(ConfigError):
            list(read_journal(path) if name == "x.rpj" else read_plots(path, Sensor(id="R1")))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)
META_KEYS = (
    "sr", "sa", "srr", "rate", "pd", "clutter", "rmin", "rmax", "elmin", "elmax", "vmax", "lat", "lon",
    "height_m", "scans", "sigma_el_rad",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(META_KEYS), json_values))
def test_sensor_files(changes) -> None:
    good = {"sr": 12, "sa": 0.002, "srr": 1.5, "rate": 2, "pd": 0.9, "clutter": 20, "rmin": 300,
            "rmax": 20000, "elmin": 0.01, "elmax": 1.3}  # fmt: skip
    with TemporaryDirectory() as folder:
        path = Path(folder) / "meta.json"
        path.write_text(json.dumps(good | changes))
        try:
            sensor = load_meta(path).sensor
        except ConfigError:
            return
    assert sensor.scan_period_s > 0
    assert sensor.range_max_m > sensor.range_min_m >= 0
