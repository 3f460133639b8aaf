"""A track from its first plot: position as measured, velocity known along the line of sight, and that
what is first seen low in the beam is climbing.

Where there is no Doppler the radial velocity is as wide as the tangential one; where there is
neither elevation nor height, the height is as wide as the coverage and stays unknown.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import kernel
from rampart.kernels.atmosphere import ALTITUDE, RADIUS
from rampart.kernels.imm import DRONE, MODELS
from rampart.kernels.measurement import AZIMUTH, ELEVATION, HEIGHT, RANGE, RANGE_RATE

Array = npt.NDArray[np.float64]


class Prior(NamedTuple):
    """What is believed of an object before its second plot. Speeds are one sigma for each axis, m/s."""

    ballistic_speed_mps: float
    drone_speed_mps: float
    boost_speed_mps: float
    drone_share: float
    boost_share: float  # below boost_ceiling_m above the site's level
    boost_share_high: float  # above it
    boost_ceiling_m: float
    drag_mean: float  # of q = ln k
    drag_sigma: float
    ceiling_m: float  # no object flies higher above the site's level
    launch_climb_mps: float  # of what was launched just now: mean and sigma
    launch_climb_sigma_mps: float
    launch_rise_m: float  # as likely as not that it was, so high over the lowest place in sight


@kernel
def rise_span(
    r: float, elevation_min: float, elevation_max: float, up_m: float, ceiling_m: float, env: Array
) -> tuple[float, float]:
    """Lowest and highest place over a sensor's horizontal at which it may see something at range `r`:
    in its beam, above the ground, below the ceiling. `up_m`: the sensor's own height in the site."""
    drop = r * r / (2.0 * env[RADIUS])  # of the round earth below the horizontal
    low = max(r * math.sin(elevation_min), -up_m - drop)
    high = min(r * math.sin(elevation_max), ceiling_m - up_m - drop)
    return low, max(high, low + 1.0)


@kernel
def begin(
    x: Array, P: Array, mu: Array, row: int, numbers: Array, variances: Array,
    axes: Array, place: Array, env: Array, elevation_min: float, elevation_max: float, prior: Prior,
    unit: Array,
) -> bool:  # fmt: skip
    """Set `row` from one plot; returns whether its height was observed. Arguments as `hypothesise`;
    unit (3, 3): scratch."""
    r, azimuth = numbers[RANGE], numbers[AZIMUTH]
    elevation, sigma_el = numbers[ELEVATION], math.sqrt(variances[ELEVATION])
    observed = True
    if math.isnan(elevation):
        low, high = rise_span(r, elevation_min, elevation_max, place[2], prior.ceiling_m, env)
        up, sigma_up = 0.5 * (low + high), (high - low) / math.sqrt(12.0)
        if math.isnan(numbers[HEIGHT]):
            observed = False
        else:
            # the slant range lies in one vertical plane: r sin(el) + (r cos(el))² / 2R = h - h_sensor
            rise = numbers[HEIGHT] - env[ALTITUDE] - place[2]
            up, sigma_up = rise - r * r / (2.0 * env[RADIUS]), math.sqrt(variances[HEIGHT])
        sine = min(max(up / r, -0.99), 0.99)
        elevation = math.asin(sine)
        sigma_el = min(sigma_up / (r * math.cos(elevation)), 1.0)
    ce, se = math.cos(elevation), math.sin(elevation)
    ca, sa = math.cos(azimuth), math.sin(azimuth)
    # columns: unit vectors along range, azimuth and elevation, in the sensor's axes, then the site's
    local = ((ce * sa, ca, -se * sa), (ce * ca, -sa, -se * ca), (se, 0.0, ce))
    for a in range(3):
        for c in range(3):
            unit[a, c] = (
                axes[a, 0] * local[0][c] + axes[a, 1] * local[1][c] + axes[a, 2] * local[2][c]
            )
    side = max(r * ce, 1.0) * math.sqrt(variances[AZIMUTH])
    sigma = (math.sqrt(variances[RANGE]), side, r * sigma_el)
    doppler = not math.isnan(numbers[RANGE_RATE])
    rate = numbers[RANGE_RATE] if doppler else 0.0
    height = place[2] + r * unit[2, 0] + (r * ce) ** 2 / (2.0 * env[RADIUS])
    launched, climb = 0.0, 0.0
    if observed:
        # what is first seen low in the beam comes from below it: falling, it had been seen before
        lowest, _ = rise_span(r, elevation_min, elevation_max, place[2], prior.ceiling_m, env)
        launched = 1.0 / (1.0 + (max(r * se - lowest, 0.0) / prior.launch_rise_m) ** 4)
        climb = prior.launch_climb_mps * unit[2, 2]
    boost = prior.boost_share if height < prior.boost_ceiling_m else prior.boost_share_high
    share = (1.0 - prior.drone_share - boost, prior.drone_share, boost)
    speeds = (prior.ballistic_speed_mps, prior.drone_speed_mps, prior.boost_speed_mps)
    total = 0.0
    for j in range(MODELS):
        P[row, j] = 0.0
        across2 = speeds[j] ** 2
        w = launched if j != DRONE else 0.0
        # moments of a mixture: w N(climb, launch²) + (1 - w) N(0, across²)
        rise2 = w * prior.launch_climb_sigma_mps**2 + (1.0 - w) * (across2 + w * climb * climb)
        for a in range(3):
            x[row, j, a] = place[a] + r * unit[a, 0]
            x[row, j, 3 + a] = rate * unit[a, 0] + w * climb * unit[a, 2]
        x[row, j, 6] = prior.drag_mean
        P[row, j, 6, 6] = prior.drag_sigma**2
        for c in range(3):
            speed2 = across2 if c < 2 else rise2
            if doppler and c == 0:
                speed2 = variances[RANGE_RATE]
            for a in range(3):
                for b in range(3):
                    P[row, j, a, b] += sigma[c] ** 2 * unit[a, c] * unit[b, c]
                    P[row, j, 3 + a, 3 + b] += speed2 * unit[a, c] * unit[b, c]
        # p(model | range rate): a drone does not close at 300 m/s
        mu[row, j] = share[j]
        if doppler:
            mu[row, j] *= math.exp(-0.5 * (rate / speeds[j]) ** 2) / speeds[j]
        total += mu[row, j]
    for j in range(MODELS):
        mu[row, j] = mu[row, j] / total if total > 1e-200 else share[j]
    return observed
