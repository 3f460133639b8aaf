"""A slow flyer before a radar, plot by plot, as the tables keep the last plots of a track."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.domain.frames import sensor_axes
from rampart.domain.site import Sensor, Site
from rampart.engine.plotrow import KEPT, NUMBERS, SEEN_BY, VARIANCES, T
from rampart.engine.track_settings import radars_of

Array = npt.NDArray[np.float64]

SITE: Final = Site(
    name="flyer", uuid="flyer", latitude_deg=34.0, longitude_deg=42.0, height_m=200.0, zones=(),
    sensors=(Sensor(id="r", position_enu_m=(-1_800.0, -1_500.0, 5.0)),),
)  # fmt: skip
AXES, PLACE = sensor_axes(SITE, SITE.sensors[0])
RADARS: Final = radars_of(SITE)
SIGMAS: Final = np.array([10.0, 2e-3, 2e-3, 1.0])  # range, azimuth, elevation, range rate


def plot_of(
    t_s: float, place: Array, velocity: Array, off: Array, sigmas: Array = SIGMAS, claimed: float = 1.0
) -> Array:  # fmt: skip
    """(1, KEPT): what the radar shows of an object at `place` (3,) with `velocity` (3,), wrong by `off` (4,)
    of its `sigmas`, of which it claims so many times as much."""
    way = place - PLACE
    east, north, up = AXES.T @ way
    range_m = math.sqrt(way @ way)
    numbers = [range_m, math.atan2(east, north), math.asin(up / range_m), way @ velocity / range_m]
    row = np.full((1, KEPT), math.nan)
    row[0, T], row[0, SEEN_BY] = t_s, 0
    row[0, NUMBERS : NUMBERS + 4] = numbers + off * sigmas
    row[0, VARIANCES : VARIANCES + 4] = (claimed * sigmas) ** 2
    return row
