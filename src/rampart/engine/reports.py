"""What known traffic last said of itself: one report an object, and the same in columns."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.kernels.vouching import COLUMNS

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ROOM: Final = 64  # rows at first; doubled when full
AGE_S: Final = 0.2
"""[A] How much older than said the place in a report may be, one sigma, where it does not tell: see
`RegistrationSettings`."""
LATEST_S: Final = 1.0
"""[A] Largest sigma of an age that counts: with a larger one a report would vouch for whatever flies behind."""


class Report(msgspec.Struct):
    """What one object last said of itself, in site ENU."""

    ident: str
    t_ns: int
    xyz: tuple[float, float, float]
    v: tuple[float, float]
    sigma_m: float
    moving: bool
    sigma_time_s: float | None


class Reports:
    """The latest report of every object. Rows of all columns are those of `idents`."""

    def __init__(self) -> None:
        self._reports: list[Report] = []
        self._rows: dict[str, int] = {}
        self._t_ns = np.empty(ROOM, np.int64)
        self._table = np.empty((COLUMNS, ROOM))

    def __len__(self) -> int:
        return len(self._reports)

    def of(self, ident: str) -> Report | None:
        """The last report of `ident`."""
        row = self._rows.get(ident)
        return None if row is None else self._reports[row]

    def row(self, ident: str) -> int:
        """Where `ident` stands."""
        return self._rows[ident]

    def ident(self, row: int) -> str:
        """Who stands there."""
        return self._reports[row].ident

    def put(self, report: Report) -> None:
        """Keep `report` in the place of the object's last one."""
        row = self._rows.get(report.ident)
        if row is None:
            row = self._rows[report.ident] = len(self._reports)
            self._reports.append(report)
            if row == len(self._t_ns):
                self._t_ns = np.concatenate([self._t_ns, np.empty_like(self._t_ns)])
                self._table = np.concatenate([self._table, np.empty_like(self._table)], axis=1)
        self._reports[row] = report
        self._t_ns[row] = report.t_ns
        told_s = report.sigma_time_s
        age_s = AGE_S if told_s is None else min(told_s, LATEST_S)
        self._table[:, row] = (*report.xyz, *report.v, report.sigma_m, report.moving, age_s)

    def drop(self, before_ns: int) -> list[str]:
        """Forget the reports of before then; returns whose they were."""
        n = len(self)
        if not n or self._t_ns[:n].min() >= before_ns:
            return []
        return self._keep(np.flatnonzero(self._t_ns[:n] >= before_ns))

    def drop_oldest(self) -> str:
        """Forget the oldest report; returns whose it was."""
        (gone,) = self._keep(np.delete(np.arange(len(self)), np.argmin(self._t_ns[: len(self)])))
        return gone

    def _keep(self, kept: Ints) -> list[str]:
        """Forget all other rows; returns whose they were."""
        self._t_ns[: len(kept)] = self._t_ns[kept]
        self._table[:, : len(kept)] = self._table[:, kept]
        staying = set(kept.tolist())
        gone = [report.ident for row, report in enumerate(self._reports) if row not in staying]
        self._reports = [self._reports[row] for row in kept.tolist()]
        self._rows = {report.ident: row for row, report in enumerate(self._reports)}
        return gone

    def age_s(self, t_ns: int) -> Array:
        """How old each report is at `t_ns`, (n,); negative where it is of later."""
        return (t_ns - self._t_ns[: len(self)]) / 1e9

    @property
    def table(self) -> Array:
        """What each told (COLUMNS, n), by the columns of `kernels.vouching`."""
        return self._table[:, : len(self)]

    def state(self) -> list[Any]:
        """Plain data for a snapshot."""
        return [msgspec.structs.astuple(report) for report in self._reports]

    def load(self, state: list[Any]) -> None:
        """Become what gave `state`."""
        self._reports, self._rows = [], {}
        for ident, t_ns, xyz, v, *rest in state:
            self.put(Report(ident, t_ns, tuple(xyz), tuple(v), *rest))
