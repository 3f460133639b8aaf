"""plots.csv and META.json: radar plots and their sensor as plain text, for scripts and benchmarks."""

from rampart.formats.csvplots.meta import SensorMeta, load_meta, meta_from, write_meta
from rampart.formats.csvplots.plots import read_plots, write_plots
from rampart.formats.csvplots.table import PlotTable, read_table

__all__ = [
    "PlotTable",
    "SensorMeta",
    "load_meta",
    "meta_from",
    "read_plots",
    "read_table",
    "write_meta",
    "write_plots",
]
