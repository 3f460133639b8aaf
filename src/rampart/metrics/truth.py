"""`Truth`: what really flew and what was really detected, as plain arrays.

A simulator fills it, the judges read it; the engine never sees it. Times are int64 ns UTC, lengths
metres, positions ENU about the site's origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.domain.values import FAMILIES

NO_TIME: Final = np.iinfo(np.int64).min
"""Stands in a time column where the event never happened."""
FALSE_PLOT: Final = -1
"""Stands in `Truth.plot_object` for a plot that no object caused."""

_OBJECT_COLUMNS: Final = (
    "classes", "families", "hostile", "t_launch_ns", "t_free_ns", "t_impact_ns", "impact_enu_m",
    "t_end_ns", "drag_per_m",
)  # fmt: skip
_SAMPLE_COLUMNS: Final = ("sample_enu_m", "sample_velocity_mps")
_PLOT_COLUMNS: Final = ("plot_arrival_ns", "plot_sensor", "plot_object", "plot_working")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """A world as it was. Objects: n rows; samples: m rows; plots: d rows.

    Raises ValueError where lengths, indices or words do not fit together.

    ids, classes, families   one word an object; family of `values.FAMILIES`
    hostile                  it is a threat: a round, or a drone that is not a friend
    t_launch_ns              first instant of its existence
    t_free_ns                end of its boost; = t_launch_ns where there is none
    t_impact_ns              when it lands or reaches its aim; NO_TIME where it never does
    impact_enu_m (n, 3)      where; nan where it never does
    t_end_ns                 last instant of its existence (= impact, or leaving the world)
    drag_per_m               k of dv/dt = -k (rho/rho0) S(M) |v| v; nan for movers
    sample_start (n + 1)     samples of object i are rows sample_start[i] : sample_start[i + 1]
    sample_t_ns, sample_enu_m (m, 3), sample_velocity_mps (m, 3)
                             its true path, increasing in time, at most 0.5 s apart
    sensors                  ids of the sensors, as in the site
    plot_t_ns                event time; plot_arrival_ns when the engine was given it (never before)
    plot_sensor              index into `sensors`
    plot_object              index of the object that caused it; FALSE_PLOT for none
    plot_working             its sensor worked as declared (a plot of a sensor at fault counts for
                             nobody as a detection)
    """

    ids: tuple[str, ...]
    classes: tuple[str, ...]
    families: tuple[str, ...]
    hostile: Bools
    t_launch_ns: Ints
    t_free_ns: Ints
    t_impact_ns: Ints
    impact_enu_m: Floats
    t_end_ns: Ints
    drag_per_m: Floats
    sample_start: Ints
    sample_t_ns: Ints
    sample_enu_m: Floats
    sample_velocity_mps: Floats
    sensors: tuple[str, ...]
    plot_t_ns: Ints
    plot_arrival_ns: Ints
    plot_sensor: Ints
    plot_object: Ints
    plot_working: Bools

    def __post_init__(self) -> None:
        n, m, d = len(self.ids), len(self.sample_t_ns), len(self.plot_t_ns)
        for want, columns in ((n, _OBJECT_COLUMNS), (m, _SAMPLE_COLUMNS), (d, _PLOT_COLUMNS)):
            for name in columns:
                if len(getattr(self, name)) != want:
                    raise ValueError(f"{name} has {len(getattr(self, name))} rows, not {want}")
        if len(self.sample_start) != n + 1 or self.sample_start[-1] != m:
            raise ValueError("sample_start must have n + 1 entries and end at the last sample")
        unknown = set(self.families) - set(FAMILIES)
        if unknown:
            raise ValueError(f"families: found {sorted(unknown)}; allowed: {FAMILIES}")
        if d and not (self.plot_object.max() < n and self.plot_sensor.max() < len(self.sensors)):
            raise ValueError("plot_object or plot_sensor points past the end")

    def __len__(self) -> int:
        return len(self.ids)

    def samples(self, i: int) -> slice:
        """Rows of the path of object `i` in the `sample_*` columns."""
        return slice(int(self.sample_start[i]), int(self.sample_start[i + 1]))

    def lands(self, i: int) -> bool:
        """Whether object `i` comes down (or reaches its aim) at all."""
        return bool(self.t_impact_ns[i] != NO_TIME)

    def at(self, i: int, t_ns: int) -> tuple[Floats, Floats]:
        """Position (3,) and velocity (3,) of object `i`; at its ends outside its time.

        Cubic Hermite between samples, so that a falling object falls.
        """
        rows = self.samples(i)
        t = self.sample_t_ns[rows]
        k = int(np.clip(np.searchsorted(t, t_ns, side="right"), 1, max(len(t) - 1, 1)))
        low, high = rows.start + k - 1, min(rows.start + k, rows.stop - 1)
        step_s = float(self.sample_t_ns[high] - self.sample_t_ns[low]) / 1e9
        p0, p1 = self.sample_enu_m[low], self.sample_enu_m[high]
        v0, v1 = self.sample_velocity_mps[low], self.sample_velocity_mps[high]
        if step_s <= 0.0:
            return p0, v0
        x = min(max(float(t_ns - self.sample_t_ns[low]) / 1e9 / step_s, 0.0), 1.0)
        # p = h00 p0 + h10 dt v0 + h01 p1 + h11 dt v1
        h00, h10 = (1 + 2 * x) * (1 - x) ** 2, x * (1 - x) ** 2
        h01, h11 = x * x * (3 - 2 * x), x * x * (x - 1)
        p = h00 * p0 + h10 * step_s * v0 + h01 * p1 + h11 * step_s * v1
        return p, v0 + x * (v1 - v0)

    def detections_ns(self, i: int) -> Ints:
        """Event times of the plots that working sensors had of object `i`, ascending."""
        mine = (self.plot_object == i) & self.plot_working
        return np.sort(self.plot_t_ns[mine])
