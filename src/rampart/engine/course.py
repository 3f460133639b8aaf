"""How a track holds its course: how hard it bends and how fast it flies, gathered over its life.

Two places `EVERY_S` apart foretell a third on a straight line at one speed. What it is off by, over
half the product of the times, is the mean acceleration of the stretch. The filter remembers about
3 s, so such places err independently, each by its own stated variance; on a young or badly seen track
that noise hides every bend, and nothing is said. A bird wanders, a small drone holds its way: over
tens of seconds this tells them apart where one look at speed and echo does not.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import kernel

Array = npt.NDArray[np.float64]

EVERY_S: Final = (
    12.0  # at which birds and small drones differ most: shorter is noise, longer is late
)
GAP_S: Final = 36.0  # after a gap this long the course is begun anew
MEMORY_S: Final = 90.0  # [A] falls by e in this time: what loitered may attack
FILTER_S: Final = 3.0  # what the filter's velocities remember
ACCEL_MPS2: Final = 0.01 * 2.0 ** np.arange(9)
"""Accelerations (root mean square of a horizontal component) of which the likelihoods are kept."""
TURN_SHARE: Final = 0.2  # [A] of the stretches hold a turn ...
TURN_FACTOR: Final = 4.0  # ... this much harder than the rest of the flight
PACE: Final = 2


@kernel
def follow_course(
    marks: Array, bends: Array, pace: Array, t_s: float, dt_s: float, mean: Array, cov: Array
) -> None:
    """Take the state of a track at `t_s`, `dt_s` after its last plot: mean (7,) and covariance (7, 7).

    `marks` (2, 4): the last two places, time s, east m, north m, variance m²; nan where there are none.
    `bends` (len(ACCEL_MPS2),): log likelihood of the stretches so far given each acceleration.
    `pace` (2,): information on the ground speed so far, s/(m/s)², and the mean square times it.
    """
    keep = math.exp(-dt_s / MEMORY_S)
    weight = 2.0 * dt_s / max(cov[3, 3] + cov[4, 4], 1e-6)
    pace[0] = keep * pace[0] + weight
    pace[1] = keep * pace[1] + weight * (mean[3] * mean[3] + mean[4] * mean[4])
    newer = t_s - marks[1, 0]  # nan before there is a mark, and so is `older` before there are two
    if newer < EVERY_S:
        return
    older = marks[1, 0] - marks[0, 0]
    variance = 0.5 * (cov[0, 0] + cov[1, 1])
    if newer <= GAP_S and older <= GAP_S:
        r = newer / older
        off_e = mean[0] - marks[1, 1] - r * (marks[1, 1] - marks[0, 1])
        off_n = mean[1] - marks[1, 2] - r * (marks[1, 2] - marks[0, 2])
        # a constant acceleration a bends the place by a t2 (t1 + t2) / 2
        per_accel = 0.5 * newer * (older + newer)
        a2 = (off_e * off_e + off_n * off_n) / per_accel**2
        noise = variance + (1.0 + r) ** 2 * marks[1, 3] + r * r * marks[0, 3]
        noise /= per_accel**2
        keep = math.exp(-newer / MEMORY_S)
        for k in range(bends.shape[0]):
            calm = noise + ACCEL_MPS2[k] ** 2
            turn = noise + (TURN_FACTOR * ACCEL_MPS2[k]) ** 2
            # two components: exp(-a²/2s²) / s²; TURN_SHARE of the stretches have the wider s
            bends[k] = keep * bends[k] + math.log(
                (1.0 - TURN_SHARE) * math.exp(-0.5 * a2 / calm) / calm
                + TURN_SHARE * math.exp(-0.5 * a2 / turn) / turn
                + 1e-12
            )
    marks[0] = marks[1]
    if newer > GAP_S:
        marks[0] = math.nan
    marks[1, 0], marks[1, 1], marks[1, 2], marks[1, 3] = t_s, mean[0], mean[1], variance


@kernel
def pace_of(pace: Array) -> tuple[float, float]:
    """Ground speed (m/s, root mean square over the track) and its sigma; inf where nothing was seen."""
    if not pace[0] > 0.0:
        return 0.0, math.inf
    # velocities within FILTER_S of each other are one observation
    return math.sqrt(pace[1] / pace[0]), math.sqrt(FILTER_S / pace[0] + 0.25)
