"""The CSV files of a run: tracks, predictions, warnings, origins. Written and read here, nowhere else."""

from rampart.formats.results.columns import ORIGINS, PREDICTIONS, TRACKS, WARNINGS, Column
from rampart.formats.results.reading import Table, read_table
from rampart.formats.results.writing import ResultFile, ResultFiles, family_group, prediction_row

__all__ = [
    "ORIGINS",
    "PREDICTIONS",
    "TRACKS",
    "WARNINGS",
    "Column",
    "ResultFile",
    "ResultFiles",
    "Table",
    "family_group",
    "prediction_row",
    "read_table",
]
