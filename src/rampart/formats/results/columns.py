"""The columns of each result file, in order, with the form of each value: the outside contract as data.

Numbers are fixed decimals, so that the same run writes the same bytes. An empty field means *not defined*.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

Value = float | int | str | tuple[int, ...] | None


class Column(NamedTuple):
    """One column: its name, and `form` = a format of a number, ``d`` integer, ``s`` word, ``ids`` 1;2;3."""

    name: str
    form: str

    def text(self, value: Value) -> str:
        """`value` as it stands in the file."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return ""
        if isinstance(value, tuple):
            return ";".join(str(number) for number in value)
        return format(value, self.form)

    def value(self, text: str) -> Value:
        """The value of a field; None where it is empty. Raises ValueError where it is not of this form."""
        if self.form == "ids":
            return tuple(int(number) for number in text.split(";")) if text else ()
        if text == "":
            return None
        if self.form == "s":
            return text
        if self.form == "d":
            return int(text)
        number = float(text)
        if not math.isfinite(number):
            raise ValueError(f"{text} is not a finite number")
        return number


def _columns(form: str, names: str) -> tuple[Column, ...]:
    return tuple(Column(name, form) for name in names.split())


_TIME, _METRES, _M2, _P, _PER_M = ".6f", ".3f", ".3f", ".6f", ".6e"

TRACKS: Final = (
    *_columns(_TIME, "time"),
    *_columns("d", "track_id"),
    *_columns(_METRES, "x y z vx vy vz"),
    *_columns("s", "status family"),
    *_columns(_P, "p_family"),
    *_columns(_PER_M, "drag"),
)
PREDICTIONS: Final = (
    *_columns(_TIME, "after_s time"),
    *_columns("d", "track_id"),
    *_columns(_METRES, "impact_x impact_y impact_z"),
    *_columns(_M2, "cov_xx cov_xy cov_yy"),
    *_columns(_TIME, "t_impact_q05 t_impact_q50 t_impact_q95"),
    *_columns(_METRES, "origin_x origin_y"),
    *_columns(_M2, "origin_cov_xx origin_cov_xy origin_cov_yy"),
    *_columns(_TIME, "t_launch"),
)
WARNINGS: Final = (
    *_columns(_TIME, "time"),
    *_columns("s", "alarm_id raid_id"),
    *_columns("d", "revision"),
    *_columns("s", "zone phase reason change"),
    *_columns("ids", "track_ids"),
    *_columns("d", "count"),
    *_columns(_P, "p_zone"),
    *_columns(_TIME, "t_impact_q05 t_impact_q50 t_impact_q95"),
    *_columns("d", "cause_seq"),
)
ORIGINS: Final = (
    *_columns(_TIME, "time"),
    *_columns("d", "track_id"),
    *_columns("s", "family"),
    *_columns(_METRES, "origin_x origin_y"),
    *_columns(_M2, "cov_xx cov_xy cov_yy"),
    *_columns(_TIME, "t_launch_q05 t_launch_q50 t_launch_q95"),
)


def header(columns: Sequence[Column]) -> list[str]:
    """The header row."""
    return [column.name for column in columns]


def fields(columns: Sequence[Column], values: Sequence[Value]) -> list[str]:
    """One row as texts. Raises ValueError where there are more or fewer values than columns."""
    return [column.text(value) for column, value in zip(columns, values, strict=True)]
