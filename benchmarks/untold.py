"""Radars that tell less than they see: what a benchmark leaves out of every plot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
import numpy as np

from rampart.domain.messages import Input, PlotBatch

CROSS_SECTION: Final = ("rcs_dbsm", "snr_db")
DOPPLER: Final = ("range_rate_mps",)


def untold(messages: Iterable[Input], columns: Sequence[str]) -> Iterator[Input]:
    """`messages`, whose plots do not tell what stands in these `columns` of `PLOT_DTYPE`."""
    for message in messages:
        if columns and isinstance(message, PlotBatch):
            rows = message.rows.copy()
            for column in columns:
                rows[column] = np.nan
            yield msgspec.structs.replace(message, data=rows.tobytes())
        else:
            yield message
