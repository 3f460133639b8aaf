"""Which reports of known objects fit which tracks: every pair, by place, height and velocity."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

X, Y, HEIGHT, VX, VY, SIGMA, MOVING, AGE, COLUMNS = range(9)
"""Columns of a table of reports: site ENU in m and m/s, accuracy in m, whether a velocity was told, and how
much older than said the place may be, s, one sigma."""

GATE_D2: Final = 11.34
"""Squared Mahalanobis distance in the plane within which a report vouches for a track: 99.7 % of true pairs."""
BOND_D2: Final = 25.0
"""And for the track that it has vouched for: of a flight's hundreds of reports some lie beyond the first."""

NOBODY: Final = 0
"""No track has this number."""


class Reach(NamedTuple):
    """How long a report vouches, and how far its object may be from it, see `engine.known.KnownSettings`."""

    fresh_s: float
    near_s: float
    bond_s: float
    acceleration_mps2: float
    height_error_m: float


@allocating_kernel
def fitting(
    tracks: Ints, x: Array, P: Array, reports: Array, age_s: Array, bonded: Ints, reach: Reach
) -> tuple[Ints, Ints, Array, Ints]:
    """(row of a track, row of a report, d²), (k,) each, of the pairs that fit, and the rows (m,) of fresh
    reports that do not fit the track which they vouched for.

    tracks (n,): numbers; x (n, >= 6), P (n, >= 6, >= 6): now, in site ENU. reports (COLUMNS, r), age_s (r,):
    as they were told, and how long ago; bonded (r,): the track that each vouched for last, or `NOBODY`.
    """
    of_track, of_report, distances, disowned = [0] * 0, [0] * 0, [0.0] * 0, [0] * 0
    for j in range(age_s.shape[0]):
        age, told_s = abs(age_s[j]), age_s[j]
        fresh = age <= reach.fresh_s
        if not fresh and (bonded[j] == NOBODY or age > reach.bond_s):
            continue
        e = reports[X, j] + told_s * reports[VX, j]
        n = reports[Y, j] + told_s * reports[VY, j]
        late_e, late_n = reports[AGE, j] * reports[VX, j], reports[AGE, j] * reports[VY, j]
        for i in range(tracks.shape[0]):
            own = bonded[j] == tracks[i]
            gate = BOND_D2 if own else GATE_D2
            if (own and age > reach.bond_s) or not (own or fresh):
                continue
            after_s = age if own else min(age, reach.near_s)
            drift = 0.5 * reach.acceleration_mps2 * after_s**2
            variance = reports[SIGMA, j] ** 2 + drift**2
            # S = P + R, R of the accuracy, of manoeuvres and of the age along the way
            a = P[i, 0, 0] + variance + late_e * late_e
            b = P[i, 0, 1] + late_e * late_n
            c = P[i, 1, 1] + variance + late_n * late_n
            de, dn = x[i, 0] - e, x[i, 1] - n
            fits = de * de + dn * dn < gate * (a + c)  # λmax(S) <= tr S, and cheap
            if fits:
                d2 = (c * de * de - 2.0 * b * de * dn + a * dn * dn) / (
                    a * c - b * b
                )  # d² = νᵀ S⁻¹ ν
                fits = d2 < gate
            if fits:
                up_m = 3.0 * math.sqrt(max(P[i, 2, 2], 0.0)) + reach.height_error_m
                fits = abs(x[i, 2] - reports[HEIGHT, j]) < up_m
            if fits and reports[MOVING, j] > 0.0:
                faster = math.hypot(x[i, 3] - reports[VX, j], x[i, 4] - reports[VY, j])
                spread = math.sqrt(P[i, 3, 3] + P[i, 4, 4])
                fits = faster < 3.0 * (spread + 5.0 + reach.acceleration_mps2 * after_s)
            if fits:
                of_track.append(i)
                of_report.append(j)
                distances.append(d2)
            elif own and fresh:
                disowned.append(j)
    return np.array(of_track), np.array(of_report), np.array(distances), np.array(disowned)
