"""How a track holds its course: how hard it bends, how it rises and sinks, how fast it flies, over its life.

Two places `EVERY_S` apart foretell a third on a straight line at one speed. What it is off by, over
half the product of the times, is the mean acceleration of the stretch. The filter remembers about
3 s, so places `STEP_S` apart err independently, each by its own stated variance; on a young or badly seen
track that noise hides every bend, and nothing is said. A bird wanders, a small drone holds its way: over
tens of seconds this tells them apart where one look at speed and echo does not.

Over longer stretches they differ most. A weave of metres about a straight way goes down with the square of
the time, a change of the way itself with the time only: a bird that strays bends by 0.16 m/s² then, a small
drone by 0.02, and a radar that errs by 14 m sees 0.06. It takes 40 s to be seen.

A stretch ends at every step: were they laid end to end, a weave in step with them would show each time the same
phase, and once in a while that is the one where it seems straight.

So does height: an autopilot with an engine holds it to a few metres a minute, a glider sinks at 0.7 to
2 m/s between its climbs. Over two stretches, 24 s, a radar of 3 mrad sees that 8 km away.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel, inline_kernel, kernel
from rampart.kernels.atmosphere import EARTH_RADIUS_M

Array = npt.NDArray[np.float64]

EVERY_S: Final = 12.0  # birds and small drones differ most: shorter is noise, longer is late
STRETCHES_S: Final = (EVERY_S, 20.0)  # of the two scales: no weave a stretch long hides from both
STEP_S: Final = 4.0  # between marks, a third and a fifth of a stretch
WAY_S: Final = 2.0 * STEP_S  # of the shortest course that is held: a mark lies in its middle
GAP_S: Final = 36.0  # after a gap this long the course is begun anew
MEMORY_S: Final = 90.0  # [A] falls by e in this time: what loitered may attack
FILTER_S: Final = 3.0  # what the filter's velocities remember
ACCEL_MPS2: Final = np.outer((1.0, 0.5), 0.01 * 2.0 ** np.arange(9))
"""(scales, accelerations): root mean square of a horizontal component, of which the likelihoods are kept, over
stretches of `STRETCHES_S`."""
SCALES: Final = len(STRETCHES_S)
TURN_SHARE: Final = 0.2  # [A] of the stretches hold a turn ...
TURN_FACTOR: Final = 4.0  # ... this much harder than the rest of the flight
CLIMB_MPS: Final = 0.2 * 2.0 ** np.arange(7)
"""Climbs (root mean square over `2 EVERY_S`) of which the likelihoods are kept."""
DIVE_SHARE: Final = 0.05  # [A] of the stretches are climbs or dives like no others of the flight,
DIVE_MPS: Final = 10.0  # [A] of this root mean square
SWAY_M: Final = 40.0
"""[A] Between two places of a thing that stays: it sways by 8 m about its own (generic class table), by 14 at
most to each side, and half as much again."""
AGREES_D2: Final = 9.0  # of two velocities in the plane: 99 % of what flies on as it flew
CLIMBS_D2: Final = 4.0  # of two climbs, 95 %
MARK: Final = 6
BEGIN: Final = 0  # the mark of the place where the course began; the others follow, the newest last
MARKS: Final = 1 + round(2 * STRETCHES_S[-1] / STEP_S)
LAST: Final = MARKS - 1
PACE: Final = 2


@inline_kernel
def _height(mean: Array) -> float:
    """Above the site's level, m: U + (E² + N²) / 2R."""
    return float(mean[2] + (mean[0] * mean[0] + mean[1] * mean[1]) / (2.0 * EARTH_RADIUS_M))


@inline_kernel
def _mark_at(marks: Array, t_s: float) -> int:
    """The newest of the last marks that is no newer than `t_s` and half a step; BEGIN where there is none."""
    m = LAST
    while m > BEGIN and not marks[m, 0] <= t_s + 0.5 * STEP_S:
        m -= 1
    return m


@inline_kernel
def _off(
    first: Array, second: Array, t_s: float, mean: Array, variance: float
) -> tuple[float, float, float, float]:
    """How far the place at `t_s` lies east and north (m) of where two marks foretold it, what a constant
    acceleration of 1 m/s² makes of that (m), and the variance of its noise."""
    older, newer = second[0] - first[0], t_s - second[0]
    r = newer / older
    off_e = mean[0] - second[1] - r * (second[1] - first[1])
    off_n = mean[1] - second[2] - r * (second[2] - first[2])
    # a constant acceleration a bends the place by a t2 (t1 + t2) / 2
    per_accel = 0.5 * newer * (older + newer)
    noise = variance + (1.0 + r) ** 2 * second[3] + r * r * first[3]
    return off_e, off_n, per_accel, noise


@kernel
def follow_course(
    marks: Array, bends: Array, climbs: Array, pace: Array, t_s: float, dt_s: float, mean: Array,
    cov: Array,
) -> None:  # fmt: skip
    """Take the state of a track at `t_s`, `dt_s` after its last plot: mean (7,) and covariance (7, 7).

    `marks` (MARKS, MARK): time s, east m, north m, variance m², height above the site's level m, variance
    m², of the place where the course began (the second mark ever: the first may be a plot old) and of the
    last ones; nan where there are none.
    `bends` (as ACCEL_MPS2): log likelihood of the stretches so far given each acceleration.
    `climbs` (len(CLIMB_MPS),): the same of their heights given each climb.
    `pace` (2,): information on the ground speed so far, s/(m/s)², and the mean square times it.
    """
    keep = math.exp(-dt_s / MEMORY_S)
    weight = 2.0 * dt_s / max(cov[3, 3] + cov[4, 4], 1e-6)
    pace[0] = keep * pace[0] + weight
    pace[1] = keep * pace[1] + weight * (mean[3] * mean[3] + mean[4] * mean[4])
    newer = t_s - marks[LAST, 0]  # nan before there is a mark
    if newer < STEP_S:
        return
    if newer > GAP_S:
        marks[:] = math.nan
    variance = 0.5 * (cov[0, 0] + cov[1, 1])
    height = _height(mean)
    keep = math.exp(-newer / MEMORY_S)
    for scale in range(SCALES):
        middle = _mark_at(marks, t_s - STRETCHES_S[scale])
        first = _mark_at(marks, marks[middle, 0] - STRETCHES_S[scale])
        if first == BEGIN:  # as where there is no middle
            break
        off_e, off_n, per_accel, noise = _off(marks[first], marks[middle], t_s, mean, variance)
        a2 = (off_e * off_e + off_n * off_n) / per_accel**2
        noise /= per_accel**2
        # a stretch ends at every mark: together they count as if they lay end to end
        share = newer / (t_s - marks[middle, 0])
        for k in range(bends.shape[1]):
            calm = noise + ACCEL_MPS2[scale, k] ** 2
            turn = noise + (TURN_FACTOR * ACCEL_MPS2[scale, k]) ** 2
            # two components: exp(-a²/2s²) / s²; TURN_SHARE of the stretches have the wider s
            bends[scale, k] = keep * bends[scale, k] + share * math.log(
                (1.0 - TURN_SHARE) * math.exp(-0.5 * a2 / calm) / calm
                + TURN_SHARE * math.exp(-0.5 * a2 / turn) / turn
                + 1e-12
            )
    first = _mark_at(marks, t_s - 2.0 * EVERY_S)
    if first > BEGIN:
        older = marks[first]
        both = t_s - older[0]
        # climb = (h2 - h0) / t, seen with sqrt(var h0 + var h2) / t
        climb2 = ((height - older[4]) / both) ** 2
        unsure = (cov[2, 2] + older[5]) / both**2
        # what dives tells no class: it may be the attack
        spread = unsure + DIVE_MPS**2
        dives = DIVE_SHARE * math.exp(-0.5 * climb2 / spread) / math.sqrt(spread) + 1e-12
        share = newer / both
        for k in range(climbs.shape[0]):
            spread = unsure + CLIMB_MPS[k] ** 2
            held = math.exp(-0.5 * climb2 / spread) / math.sqrt(spread)
            climbs[k] = keep * climbs[k] + share * math.log((1.0 - DIVE_SHARE) * held + dives)
    begins = math.isnan(marks[BEGIN, 0]) and not math.isnan(marks[LAST, 0])
    for m in range(1, LAST):
        _move(marks, m + 1, m)
    marks[LAST, 0], marks[LAST, 1], marks[LAST, 2], marks[LAST, 3] = t_s, mean[0], mean[1], variance
    marks[LAST, 4], marks[LAST, 5] = height, cov[2, 2]
    if begins:
        _move(marks, LAST, BEGIN)


@kernel
def _move(marks: Array, mark: int, to: int) -> None:
    for c in range(marks.shape[1]):
        marks[to, c] = marks[mark, c]


@kernel
def pace_of(pace: Array) -> tuple[float, float]:
    """Ground speed (m/s, root mean square over the track) and its sigma; inf where nothing was seen."""
    if not pace[0] > 0.0:
        return 0.0, math.inf
    # velocities within FILTER_S of each other are one observation
    return math.sqrt(pace[1] / pace[0]), math.sqrt(FILTER_S / pace[0] + 0.25)


def left_behind(marks: Array, mean: Array, cov: Array) -> Array:
    """(n,): by how many sigmas each of n tracks is further from the place where its course began than what
    stays there sways; 0 where none began. As in `held_courses`."""
    begin = marks[:, BEGIN]
    away_m = np.hypot(mean[:, 0] - begin[:, 1], mean[:, 1] - begin[:, 2])
    variance = 0.5 * (cov[:, 0, 0] + cov[:, 1, 1]) + begin[:, 3]
    left: Array = np.fmax((away_m - SWAY_M) / np.sqrt(variance), 0.0)  # of nan and 0 it takes 0
    return left


@allocating_kernel
def held_courses(
    marks: Array, bends: Array, shares: Array, t_s: Array, mean: Array, cov: Array
) -> Array:
    """(n, 5): velocity east, north, up, its sigma (m/s) and that of the turn rate (rad/s), of n tracks.

    Over the way since one of the marks, 8 to 40 s, that which tells most: only where it tells more than the
    filter's own velocity, of 3 s, and agrees with it; nan elsewhere: the track has just turned, or wanders,
    or is young. `shares`: how probable each of `ACCEL_MPS2[0]` is beforehand. `marks`, `bends` as in
    `follow_course`; `mean` (n, 7) and `cov` (n, 7, 7) at `t_s` (n,).
    """
    out = np.full((t_s.size, 5), np.nan)
    for i in range(t_s.size):
        total = accel2 = 0.0
        peak = bends[i, 0].max()
        for k in range(bends.shape[2]):
            p = shares[k] * math.exp(bends[i, 0, k] - peak)
            total += p
            accel2 += p * ACCEL_MPS2[0, k] ** 2
        accel2 /= total
        variance = 0.5 * (cov[i, 0, 0] + cov[i, 1, 1])
        now2 = 0.5 * (cov[i, 3, 3] + cov[i, 4, 4])
        least2 = now2
        for m in range(LAST - 1, BEGIN, -1):
            older = marks[i, m]
            way_s = t_s[i] - older[0]
            if not WAY_S <= way_s <= 2.0 * GAP_S:
                continue
            bent2 = accel2
            middle = marks[i, max(_mark_at(marks[i], t_s[i] - 0.5 * way_s), m + 1)]
            if t_s[i] > middle[0]:
                off_e, off_n, per_accel, noise = _off(older, middle, t_s[i], mean[i], variance)
                # what 95 % of noise does not explain: -ln 0.05 of an exponential variate
                seen2 = 0.5 * (off_e * off_e + off_n * off_n) - 3.0 * noise
                bent2 += max(seen2, 0.0) / per_accel**2
            e, n = (mean[i, 0] - older[1]) / way_s, (mean[i, 1] - older[2]) / way_s
            # a steady acceleration a makes the velocity now differ from that of the way by a t / 2
            spread2 = (variance + older[3]) / way_s**2 + bent2 * (0.5 * way_s) ** 2
            differs = (mean[i, 3] - e) ** 2 + (mean[i, 4] - n) ** 2
            if spread2 > least2 or differs > AGREES_D2 * (spread2 + now2):
                continue
            least2 = spread2
            climb = (_height(mean[i]) - older[4]) / way_s
            unsure = (cov[i, 2, 2] + older[5]) / way_s**2 + cov[i, 5, 5]
            if (
                mean[i, 5] - climb
            ) ** 2 > CLIMBS_D2 * unsure:  # it has just begun to sink or to rise
                climb = mean[i, 5]
            speed = max(math.sqrt(e * e + n * n), 1.0)
            out[i, 0], out[i, 1], out[i, 2] = e, n, climb
            out[i, 3], out[i, 4] = math.sqrt(spread2), math.sqrt(bent2) / speed
    return out
