"""The site's sensors as the kernels read them, and what each of them watches."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import woven_kernel

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Radars(NamedTuple):
    """The site's sensors as arrays; the first axis is the sensor in site order."""

    axes: Array  # (n, 3, 3): x_site = place + axes x_sensor
    place: Array  # (n, 3)
    sigma: Array  # (n, 4) range, azimuth, elevation, range rate; as learnt, see `noise.py`
    bias: Array  # (n, 4) range m, azimuth, elevation rad, time s; one sigma
    period_s: Array
    pd: Array
    snr_threshold: Array  # power in units of noise above which it reports a plot; 0: not declared
    reach_m: Array  # (n, 2) least and greatest range
    elevation: Array  # (n, 2) lowest and highest beam, rad
    sector: Array  # (n, 2) first azimuth and width clockwise, rad
    rate_max_mps: Array
    ranging: Ints  # 1: it measures range; 0: it tells bearings only
    independent_s: Array  # plots of one object closer in time than this are off alike


@woven_kernel
def covered(e: float, n: float, u: float, sensor: int, radars: Radars) -> bool:
    """Whether a sensor watches a place in site ENU: whether it would show what is there.

    One that tells bearings only never does: it begins no track, and what it does not show is not missed.
    """
    if radars.ranging[sensor] == 0:
        return False
    axes, place = radars.axes[sensor], radars.place[sensor]
    e, n, u = e - place[0], n - place[1], u - place[2]
    de = axes[0, 0] * e + axes[1, 0] * n + axes[2, 0] * u
    dn = axes[0, 1] * e + axes[1, 1] * n + axes[2, 1] * u
    du = axes[0, 2] * e + axes[1, 2] * n + axes[2, 2] * u
    r = math.sqrt(de * de + dn * dn + du * du)
    if r < radars.reach_m[sensor, 0] or r > radars.reach_m[sensor, 1]:
        return False
    elevation = math.asin(du / max(r, 1.0))
    if elevation < radars.elevation[sensor, 0] or elevation > radars.elevation[sensor, 1]:
        return False
    clockwise = (math.atan2(de, dn) - radars.sector[sensor, 0]) % (2.0 * math.pi)
    return bool(clockwise <= radars.sector[sensor, 1])
