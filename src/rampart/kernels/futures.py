"""Futures of an object that manoeuvres: which zones its paths enter, and when.

A future keeps one velocity, turn rate and climb for the whole horizon, drawn about the present ones.
Every decision uses the same draws (common random numbers): Roberts' R-sequence in six dimensions,
u_n = frac(1/2 + n alpha), alpha_j = g^-(j+1), g the root of g^7 = g + 1, through the normal
quantile. No generator, no seed; any beginning of the table is itself evenly spread.
Source: M. Roberts, "The unreasonable effectiveness of quasirandom sequences" (2018).
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel
from rampart.kernels.geometry import Array, Ints, signed_distance

FUTURES: Final = 1_000
"""Futures flown where a decision is open."""
SCREENING: Final = 128
"""Futures flown where none is: enough to see that one is coming."""

LEGS: Final = 24
"""Straight legs to a path: at 60 s and 0.1 rad/s a chord is off by < 0.1 % of speed."""
CLIMB_SPREAD: Final = 0.15  # [A] one sigma of climb rate, as a share of speed
CLIMB_LIMIT: Final = 0.5  # [A] steepest climb or dive that is sustained, as a share of speed
EARTH_RADIUS_M: Final = 6_371_000.0
STEPS: Final = 120  # shortest step along a path: 0.5 s at 60 s, 25 m for a slow drone
CIRCLE_SLACK_M: Final = 1.0  # for a course held so straight that its circle has no end
BINS: Final = 240  # of entry time over the horizon: 0.25 s at 60 s


def _normal_table(rows: int) -> Array:
    g = 1.1127756842787055  # real root of g^7 = g + 1
    quantile = NormalDist().inv_cdf
    alpha = [g ** -(j + 1) for j in range(6)]
    return np.array([[quantile((0.5 + n * a) % 1.0) for a in alpha] for n in range(1, rows + 1)])


DRAWS: Final = _normal_table(FUTURES)
"""(1000, 6) standard normal: speed, turn rate, climb, position east and north, speed across."""


@allocating_kernel
def enter(
    motion: Array,
    draws: Array,
    ceiling_m: float,
    horizon_s: float,
    radius_m: Array,
    corners: Array,
    first: Ints,
    circles: Array,
    use: npt.NDArray[np.bool_],
) -> Array:
    """(zones, 4): share of futures that enter each grown zone below the ceiling, q05 q50 q95 of when.

    `motion` (10,): E N U, vE vN vU, sigma position, sigma speed, turn rate, its sigma (m, m/s, rad/s,
    turn positive to the left). Zone z has corners[first[z]:first[z + 1]], is grown by radius_m[z] and
    lies inside the circle `circles[z]` (centre, radius, not grown). Times in seconds from now, nan
    where nothing enters. Ground is the tangent sphere through the site's origin.
    """
    zones = first.size - 1
    n = draws.shape[0]
    out = np.full((zones, 4), np.nan)
    out[:, 0] = 0.0
    e, north, up = motion[0], motion[1], motion[2]
    speed = math.hypot(motion[3], motion[4])
    heading = math.atan2(motion[4], motion[3])
    height = up + (e * e + north * north) / (2.0 * EARTH_RADIUS_M)
    whole = math.hypot(speed, motion[5])
    # -- screening: no future gets there
    fastest = speed + 5.0 * motion[7]
    reach = fastest * horizon_s + 3.5 * motion[6]
    candidates = np.zeros(zones, np.bool_)
    some = False
    for z in range(zones):
        gap = math.hypot(circles[z, 0] - e, circles[z, 1] - north) - circles[z, 2] - radius_m[z]
        candidates[z] = use[z] and gap <= reach
        some = some or candidates[z]
    if not some:
        return out
    counts = np.zeros((zones, BINS), np.int64)
    path = np.empty((LEGS + 1, 2))
    leg_s = horizon_s / LEGS
    step_s = horizon_s / STEPS
    for i in range(n):
        along, across = speed + motion[7] * draws[i, 0], motion[7] * draws[i, 5]
        v = math.hypot(along, across)
        course = heading + math.atan2(across, along)
        turn = motion[8] + motion[9] * draws[i, 1]
        limit = CLIMB_LIMIT * whole
        climb = motion[5] + CLIMB_SPREAD * whole * draws[i, 2]
        climb = min(max(climb, -limit), limit)
        # -- when it is below the ceiling (a future never flies into the ground: it flies on, low)
        opens, closes = 0.0, horizon_s
        if height > ceiling_m:
            if climb >= 0.0:
                continue
            opens = (height - ceiling_m) / -climb
        elif climb > 0.0:
            closes = min(horizon_s, (ceiling_m - height) / climb)
        if opens >= horizon_s:
            continue
        # -- the path: chords of a circle
        path[0, 0] = e + motion[6] * draws[i, 3]
        path[0, 1] = north + motion[6] * draws[i, 4]
        cos_leg, sin_leg = math.cos(turn * leg_s), math.sin(turn * leg_s)
        half = 0.5 * turn * leg_s
        # the circle that the path lies on: its centre, and how far inside it a chord can cut
        radius = v / turn if abs(turn) > 1e-9 else v / 1e-9  # m; signed, the left is positive
        centre_e = path[0, 0] - radius * math.sin(course)
        centre_n = path[0, 1] + radius * math.cos(course)
        radius = abs(radius)
        sagitta = radius * (1.0 - math.cos(half)) + CIRCLE_SLACK_M
        chord = v * leg_s * (math.sin(half) / half if abs(half) > 1e-9 else 1.0)
        dx, dy = chord * math.cos(course + half), chord * math.sin(course + half)
        for k in range(LEGS):
            path[k + 1, 0] = path[k, 0] + dx
            path[k + 1, 1] = path[k, 1] + dy
            dx, dy = cos_leg * dx - sin_leg * dy, sin_leg * dx + cos_leg * dy
        for z in range(zones):
            if not candidates[z]:
                continue
            # -- no point of the whole circle comes so near
            dx, dy = circles[z, 0] - centre_e, circles[z, 1] - centre_n
            aside = abs(math.sqrt(dx * dx + dy * dy) - radius)
            if aside > circles[z, 2] + radius_m[z] + sagitta:
                continue
            # -- march: the distance still to go bounds the time it takes
            t = opens
            while t <= closes:
                at = t / leg_s
                k = min(int(at), LEGS - 1)
                f = at - k
                x = path[k, 0] + f * (path[k + 1, 0] - path[k, 0])
                y = path[k, 1] + f * (path[k + 1, 1] - path[k, 1])
                dx, dy = x - circles[z, 0], y - circles[z, 1]
                gap = math.sqrt(dx * dx + dy * dy) - circles[z, 2] - radius_m[z]
                if gap <= 0.0:
                    gap = signed_distance(x, y, corners[first[z] : first[z + 1]]) - radius_m[z]
                    if gap <= 0.0:
                        counts[z, min(int(t / horizon_s * BINS), BINS - 1)] += 1
                        break
                if v <= 0.0 or gap > v * (closes - t):
                    break
                t += max(gap / v, step_s)
    for z in range(zones):
        entered = counts[z].sum()
        if entered == 0:
            continue
        out[z, 0] = entered / n
        running = 0
        wanted = 1
        for b in range(BINS):
            running += counts[z, b]
            while wanted <= 3 and running >= (0.05 + 0.45 * (wanted - 1)) * entered:
                out[z, wanted] = (b + 0.5) * horizon_s / BINS
                wanted += 1
    return out
