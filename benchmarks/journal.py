"""Plots per CPU second through the journal and the plot table, on one core.

    python benchmarks/journal.py [PLOTS]

A scan of a burst feed travels as one `PlotBatch` of packed rows; a feed that delivers plots one by
one pays for a message each.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from rampart.domain.messages import PLOT_DTYPE, Input, Plot, PlotBatch
from rampart.domain.site import Sensor, Site
from rampart.formats.csvplots import read_plots, write_plots
from rampart.formats.journal import Header, JournalWriter, read_journal
from rampart.runtime.clock import cpu_s

SITE = Site(
    name="bench", uuid="bench", latitude_deg=0.0, longitude_deg=0.0, height_m=0.0,
    sensors=(Sensor(id="R1"),),
)  # fmt: skip
HEADER = Header(engine="", settings_hash="", site=SITE, epoch_ns=0, simulated=True, source="bench")


def batches(plots: int, size: int) -> Iterator[Input]:
    rows = np.zeros(size, PLOT_DTYPE)
    rows["range_m"], rows["azimuth_rad"] = 5000.0, np.linspace(0.0, 6.0, size)
    for i in range(plots // size):
        rows["t_event_ns"] = i * 500_000_000
        yield PlotBatch(sensor="R1", t_arrival_ns=i * 500_000_000, data=rows.tobytes())


def singles(plots: int) -> Iterator[Input]:
    for i in range(plots):
        yield Plot(
            sensor="R1", t_event_ns=i, t_arrival_ns=i, range_m=5000.0 + i, azimuth_rad=1.0,
            elevation_rad=0.3, range_rate_mps=-200.0, snr_db=14.0,
        )  # fmt: skip


def measure(messages: list[Input], plots: int, path: Path) -> tuple[float, float, float]:
    """(plots/s written, plots/s read and decoded, octets a plot)."""
    start = cpu_s()
    with JournalWriter(path, HEADER) as journal:
        for seq, message in enumerate(messages, start=1):
            journal.input(seq, message)
    written = cpu_s()
    count = sum(1 for _ in read_journal(path))
    read = cpu_s()
    assert count == len(messages)
    return plots / (written - start), plots / (read - written), path.stat().st_size / plots


def main(plots: int) -> None:
    print(f"{plots:,} plots; CPU time of one core; file in the system's temporary folder")
    print(f"{'':34}{'write plots/s':>15}{'read plots/s':>15}{'octets/plot':>13}")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bench.rpj"
        feeds = {
            "journal, batches of 200 plots": list(batches(plots, 200)),
            "journal, batches of 20 plots": list(batches(plots, 20)),
            "journal, one message a plot": list(singles(plots)),
        }
        for name, messages in feeds.items():
            write, read, octets = measure(messages, plots, path)
            print(f"{name:34}{write:15,.0f}{read:15,.0f}{octets:13.1f}")
        table = Path(folder) / "plots.csv"
        start = cpu_s()
        write_plots(table, batches(plots, 200), epoch_ns=0, scan_period_s=0.5)
        written = cpu_s()
        read_plots(table, SITE.sensors[0])
        read_s = cpu_s() - written
        octets = table.stat().st_size / plots
        print(
            f"{'plots.csv, 200 plots a scan':34}{plots / (written - start):15,.0f}"
            f"{plots / read_s:15,.0f}{octets:13.1f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400_000)
