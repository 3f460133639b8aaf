"""How a track holds its course: how hard it bends, how it rises and sinks, how fast it flies, over its life.

Two places `EVERY_S` apart foretell a third on a straight line at one speed. What it is off by, over
half the product of the times, is the mean acceleration of the stretch. The filter remembers about
3 s, so such places err independently, each by its own stated variance; on a young or badly seen track
that noise hides every bend, and nothing is said. A bird wanders, a small drone holds its way: over
tens of seconds this tells them apart where one look at speed and echo does not.

So does height: an autopilot with an engine holds it to a few metres a minute, a glider sinks at 0.7 to
2 m/s between its climbs. Over two stretches, 24 s, a radar of 3 mrad sees that 8 km away.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import inline_kernel, kernel
from rampart.kernels.atmosphere import EARTH_RADIUS_M

Array = npt.NDArray[np.float64]

EVERY_S: Final = 12.0  # birds and small drones differ most: shorter is noise, longer is late
GAP_S: Final = 36.0  # after a gap this long the course is begun anew
MEMORY_S: Final = 90.0  # [A] falls by e in this time: what loitered may attack
FILTER_S: Final = 3.0  # what the filter's velocities remember
ACCEL_MPS2: Final = 0.01 * 2.0 ** np.arange(9)
"""Accelerations (root mean square of a horizontal component) of which the likelihoods are kept."""
TURN_SHARE: Final = 0.2  # [A] of the stretches hold a turn ...
TURN_FACTOR: Final = 4.0  # ... this much harder than the rest of the flight
CLIMB_MPS: Final = 0.2 * 2.0 ** np.arange(7)
"""Climbs (root mean square over `2 EVERY_S`) of which the likelihoods are kept."""
DIVE_SHARE: Final = 0.05  # [A] of the stretches are climbs or dives like no others of the flight,
DIVE_MPS: Final = 10.0  # [A] of this root mean square
AGREES_D2: Final = 9.0  # of two velocities in the plane: 99 % of what flies on as it flew
CLIMBS_D2: Final = 4.0  # of two climbs, 95 %
MARK: Final = 6
PACE: Final = 2


@inline_kernel
def _height(mean: Array) -> float:
    """Above the site's level, m: U + (E² + N²) / 2R."""
    return float(mean[2] + (mean[0] * mean[0] + mean[1] * mean[1]) / (2.0 * EARTH_RADIUS_M))


@inline_kernel
def _off(
    marks: Array, newer: float, mean: Array, variance: float
) -> tuple[float, float, float, float]:
    """How far the place lies east and north (m) of where two marks foretold it for `newer` seconds after
    the second, what a constant acceleration of 1 m/s² makes of that (m), and the variance of its noise."""
    older = marks[1, 0] - marks[0, 0]
    r = newer / older
    off_e = mean[0] - marks[1, 1] - r * (marks[1, 1] - marks[0, 1])
    off_n = mean[1] - marks[1, 2] - r * (marks[1, 2] - marks[0, 2])
    # a constant acceleration a bends the place by a t2 (t1 + t2) / 2
    per_accel = 0.5 * newer * (older + newer)
    noise = variance + (1.0 + r) ** 2 * marks[1, 3] + r * r * marks[0, 3]
    return off_e, off_n, per_accel, noise


@kernel
def follow_course(
    marks: Array, bends: Array, climbs: Array, pace: Array, t_s: float, dt_s: float, mean: Array,
    cov: Array,
) -> None:  # fmt: skip
    """Take the state of a track at `t_s`, `dt_s` after its last plot: mean (7,) and covariance (7, 7).

    `marks` (2, MARK): the last two places, time s, east m, north m, variance m², height above the site's
    level m, variance m²; nan where there are none.
    `bends` (len(ACCEL_MPS2),): log likelihood of the stretches so far given each acceleration.
    `climbs` (len(CLIMB_MPS),): the same of their heights given each climb.
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
    height = _height(mean)
    if newer <= GAP_S and older <= GAP_S:
        off_e, off_n, per_accel, noise = _off(marks, newer, mean, variance)
        a2 = (off_e * off_e + off_n * off_n) / per_accel**2
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
        # climb = (h2 - h0) / (t1 + t2), seen with sqrt(var h0 + var h2) / (t1 + t2)
        both = newer + older
        climb2 = ((height - marks[0, 4]) / both) ** 2
        unsure = (cov[2, 2] + marks[0, 5]) / both**2
        # what dives tells no class: it may be the attack
        spread = unsure + DIVE_MPS**2
        dives = DIVE_SHARE * math.exp(-0.5 * climb2 / spread) / math.sqrt(spread) + 1e-12
        for k in range(climbs.shape[0]):
            spread = unsure + CLIMB_MPS[k] ** 2
            # every stretch is in two of these, and counts half in each
            held = math.exp(-0.5 * climb2 / spread) / math.sqrt(spread)
            climbs[k] = keep * climbs[k] + 0.5 * math.log((1.0 - DIVE_SHARE) * held + dives)
    marks[0] = marks[1]
    if newer > GAP_S:
        marks[0] = math.nan
    marks[1, 0], marks[1, 1], marks[1, 2], marks[1, 3] = t_s, mean[0], mean[1], variance
    marks[1, 4], marks[1, 5] = height, cov[2, 2]


@kernel
def pace_of(pace: Array) -> tuple[float, float]:
    """Ground speed (m/s, root mean square over the track) and its sigma; inf where nothing was seen."""
    if not pace[0] > 0.0:
        return 0.0, math.inf
    # velocities within FILTER_S of each other are one observation
    return math.sqrt(pace[1] / pace[0]), math.sqrt(FILTER_S / pace[0] + 0.25)


@kernel
def held_courses(
    marks: Array, bends: Array, shares: Array, t_s: Array, mean: Array, cov: Array
) -> Array:
    """(n, 5): velocity east, north, up, its sigma (m/s) and that of the turn rate (rad/s), of n tracks.

    Over the way since the older mark, 12 to 24 s, where that tells more than the filter's own velocity, of
    3 s, and agrees with it; nan elsewhere: the track has just turned, or wanders, or is young. `shares`: how
    probable each of `ACCEL_MPS2` is beforehand. `marks`, `bends` as in `follow_course`; `mean` (n, 7)
    and `cov` (n, 7, 7) at `t_s` (n,).
    """
    out = np.full((t_s.size, 5), np.nan)
    for i in range(t_s.size):
        way_s, newer = t_s[i] - marks[i, 0, 0], t_s[i] - marks[i, 1, 0]
        if not EVERY_S <= way_s <= 2.0 * GAP_S:
            continue
        total = accel2 = 0.0
        peak = bends[i].max()
        for k in range(bends.shape[1]):
            p = shares[k] * math.exp(bends[i, k] - peak)
            total += p
            accel2 += p * ACCEL_MPS2[k] ** 2
        accel2 /= total
        variance = 0.5 * (cov[i, 0, 0] + cov[i, 1, 1])
        if newer > 0.0:
            off_e, off_n, per_accel, noise = _off(marks[i], newer, mean[i], variance)
            bent2 = 0.5 * (off_e * off_e + off_n * off_n) / per_accel**2
            # what 95 % of noise does not explain: -ln 0.05 of an exponential variate
            accel2 += max(bent2 - 3.0 * noise / per_accel**2, 0.0)
        e, n = (mean[i, 0] - marks[i, 0, 1]) / way_s, (mean[i, 1] - marks[i, 0, 2]) / way_s
        # a steady acceleration a makes the velocity now differ from that of the way by a t / 2
        spread2 = (variance + marks[i, 0, 3]) / way_s**2 + accel2 * (0.5 * way_s) ** 2
        now2 = 0.5 * (cov[i, 3, 3] + cov[i, 4, 4])
        differs = (mean[i, 3] - e) ** 2 + (mean[i, 4] - n) ** 2
        if spread2 > now2 or differs > AGREES_D2 * (spread2 + now2):
            continue
        climb = (_height(mean[i]) - marks[i, 0, 4]) / way_s
        unsure = (cov[i, 2, 2] + marks[i, 0, 5]) / way_s**2 + cov[i, 5, 5]
        if (mean[i, 5] - climb) ** 2 > CLIMBS_D2 * unsure:  # it has just begun to sink or to rise
            climb = mean[i, 5]
        speed = max(math.sqrt(e * e + n * n), 1.0)
        out[i, 0], out[i, 1], out[i, 2] = e, n, climb
        out[i, 3], out[i, 4] = math.sqrt(spread2), math.sqrt(accel2) / speed
    return out
