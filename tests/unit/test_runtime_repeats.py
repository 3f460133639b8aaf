"""A report that a network carried twice counts once, whoever sent it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rampart.domain.messages import Plot, PlotBatch, Rejected, batch_from_plots
from rampart.runtime.repeats import without_repeats
from rampart.runtime.sources import open_source


def batch(t_s: float, *ranges_m: float, sensor: str = "25/201", arrival_s: float | None = None):
    arrival_ns = int(1e9 * (t_s if arrival_s is None else arrival_s))
    return batch_from_plots(
        [
            Plot(
                sensor=sensor, t_event_ns=int(1e9 * t_s), t_arrival_ns=arrival_ns,
                range_m=r, azimuth_rad=1.0,
            )
            for r in ranges_m
        ]
    )  # fmt: skip


def test_the_second_copy_is_counted_and_the_first_kept() -> None:
    out = list(without_repeats([batch(1, 500, 600), batch(1, 600, 700, arrival_s=1.001)]))
    plots = [float(r) for m in out if isinstance(m, PlotBatch) for r in m.rows["range_m"]]
    assert plots == [500, 600, 700]
    assert [(m.feed, m.reason, m.count) for m in out if isinstance(m, Rejected)] == [
        ("25/201", "duplicate", 1)
    ]


def test_another_radar_or_another_time_is_another_report() -> None:
    messages = [batch(1, 500), batch(1, 500, sensor="25/12"), batch(2, 500), batch(1, 500, 500)]
    out = list(without_repeats(messages))
    assert sum(len(m) for m in out if isinstance(m, PlotBatch)) == 3
    assert sum(m.count for m in out if isinstance(m, Rejected)) == 2


def test_memory_ends() -> None:
    out = list(without_repeats([batch(1, 500), batch(1, 500, arrival_s=9)]))
    assert sum(len(m) for m in out if isinstance(m, PlotBatch)) == 2


@pytest.mark.data
def test_a_real_recording_that_carries_each_aircraft_twice(data_dir: Path) -> None:
    path = data_dir / "asterix-croatiacontrol/install/sample_data/cat_034_048.pcap"
    messages = list(open_source(path).messages)
    assert (
        sum(m.count for m in messages if isinstance(m, Rejected) and m.reason == "duplicate") == 63
    )
    assert sum(len(m) for m in messages if isinstance(m, PlotBatch)) == 63
