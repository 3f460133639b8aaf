"""A message of one plot without noise, of the sensor `radar` at the origin."""

from __future__ import annotations

import math

import numpy as np

from rampart.domain.frames import polar_from_enu
from rampart.domain.messages import PLOT_DTYPE, PlotBatch
from rampart.domain.time import NS_PER_S


def one_plot(
    t_s: float, xyz_enu_m: list[float], v_enu_mps: list[float], rcs_dbsm: float = math.nan
) -> PlotBatch:
    """What is seen at `t_s` of an object there that moves so, as a look that shows nothing else."""
    x, v = np.array([xyz_enu_m]), np.array(v_enu_mps)
    polar = polar_from_enu(x)
    row = np.zeros(1, PLOT_DTYPE)
    for name in PLOT_DTYPE.names or ():
        if PLOT_DTYPE[name].kind == "f":
            row[name] = math.nan
    row["t_event_ns"] = round(t_s * NS_PER_S)
    row["range_m"], row["azimuth_rad"], row["elevation_rad"] = polar.T
    row["range_rate_mps"], row["rcs_dbsm"] = x[0] @ v / polar[:, 0], rcs_dbsm
    return PlotBatch(
        sensor="radar", t_arrival_ns=round(t_s * NS_PER_S), data=row.tobytes(), complete=True
    )
