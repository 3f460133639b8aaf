"""What a plot that tells no range may move, and how little it is worth when repeated. ADR 15."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.engine.bank import Table
from rampart.engine.radars import Radars
from rampart.kernels._jit import kernel, woven_kernel
from rampart.kernels.measurement import RANGE

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

RANGE_SHARE: Final = 0.1
"""Of its range: a track whose range is known no better, one sigma, takes no bearing. Where on the line of
sight it is would be said by how it moves across alone, and the update that is linear no longer holds."""
BEARING_D2: Final = 9.21
"""Squared distance of a bearing, 99 % of a track's own: what lies farther is rather of an object that no other
sensor has shown yet, as the next round of a salvo, and no range tells it apart."""


@woven_kernel
def looks_alike(table: Table, row: int, sensor: int, t_s: float, radars: Radars) -> float:
    """Looks that `sensor` may have had at `row` by `t_s`, all off alike.

    A track does not come to stand by a sensor of bearings, and its slow error b does not average out: n of
    them are worth 1 / b² at most. With s² + k b² for the variance of the k-th they count for about
    ln(1 + n b² / s²) / b², not for n / (s² + b²).
    """
    return float(1.0 + max(t_s - table.t_first_s[row], 0.0) / radars.period_s[sensor])


@kernel
def takes_bearings(bounded: Ints, row: int, low: Array, high: Array, sigmas: float) -> bool:
    """Whether the place of `row` is known so well without the sensor's plots of no range that they may move it;
    low, high (5,): what the gate expects of a plot, as it left them."""
    near_m, far_m = low[RANGE], high[RANGE]
    return bool(bounded[row] == 1 and far_m - near_m <= RANGE_SHARE * sigmas * (far_m + near_m))
