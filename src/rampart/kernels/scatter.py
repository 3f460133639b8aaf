"""Samples of a landing: the flights of a cubature, spread by fixed draws; shares of them in zones; and
whether the ground is so uneven that they are needed."""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist
from typing import Final

import numpy as np

from rampart.kernels._jit import allocating_kernel, kernel
from rampart.kernels.geometry import Array, Ints, signed_distance
from rampart.kernels.motion import K
from rampart.kernels.terrain import Ground, height

SAMPLES: Final = 1_280
"""At least 1,000 by the warning rules; with 1,000 and no hit the 95 % upper bound of P (0.0027) would stay
above the cancel level of the default threshold (0.0025), with these it is 0.0021. 40 blocks of lanes."""

FARTHEST_SIGMAS: Final = 3.0  # of a draw: a drag curve 3.2 sigmas low has no drag above Mach 1
LONE_SHARE: Final = 0.2
"""[A] So much of what a single point is moved by counts as if all were: what only the last hundredth of the
ellipse meets, a wall to the side, hardly moves a root mean square and yet decides at a level of 0.01."""
SKIMS: Final = 1e3  # the unevenness of any ground for a flight that hardly comes down
_RINGS: Final = (0.7, 1.4, 2.1, 2.8)  # sigmas; 2 % of a plane Gaussian lie outside the last
_SPOKES: Final = 8
_MOST_STEPS: Final = 256


@cache
def draws(dimensions: int) -> Array:
    """(SAMPLES, dimensions) standard normal: the same for every decision (common random numbers).

    Roberts' R-sequence through the normal quantile as in `futures.DRAWS`, mirrored and whitened: mean 0
    and covariance 1 to rounding. No generator, no seed.
    """
    g = 2.0
    for _ in range(60):  # the real root of g^(d+1) = g + 1
        g = (1.0 + g) ** (1.0 / (dimensions + 1))
    alpha = [g ** -(j + 1) for j in range(dimensions)]
    quantile = NormalDist().inv_cdf
    half = np.array(
        [[quantile((0.5 + n * a) % 1.0) for a in alpha] for n in range(1, SAMPLES // 2 + 1)]
    )
    half = np.clip(half, -FARTHEST_SIGMAS, FARTHEST_SIGMAS)
    half = half @ np.linalg.inv(np.linalg.cholesky(half.T @ half / len(half))).T
    return np.concatenate([half, -half])


@kernel
def spread(bundle: Array, states: int, table: Array, rows: Array) -> None:
    """Rows of flights drawn from what `bundle` stands for: row 0 the nominal, then x ± √c L_i in pairs
    (`states` rows with the nominal, c = the number of pairs), then what is considered: one sigma up, all
    of them, and one sigma down. The logarithm of drag is spread, not drag."""
    pairs, columns = (states - 1) // 2, bundle.shape[1]
    considered = (bundle.shape[0] - states) // 2
    reach = 2.0 * math.sqrt(float(pairs))
    for s in range(rows.shape[0]):
        for c in range(columns):
            rows[s, c] = bundle[0, c]
        ln_k = math.log(bundle[0, K])
        for i in range(pairs):
            plus, minus, xi = bundle[1 + 2 * i], bundle[2 + 2 * i], table[s, i] / reach
            for c in range(K):
                rows[s, c] += xi * (plus[c] - minus[c])
            ln_k += xi * math.log(plus[K] / minus[K])
        for i in range(considered):
            xi = table[s, pairs + i]
            side = bundle[states + i] if xi > 0.0 else bundle[states + considered + i]
            for c in range(columns):
                if c != K:
                    rows[s, c] += abs(xi) * (side[c] - bundle[0, c])
            ln_k += abs(xi) * math.log(side[K] / bundle[0, K])
        rows[s, K] = math.exp(ln_k)


@allocating_kernel
def hits(spots: Array, corners: Array, first: Ints, circles: Array, radii: Array) -> Array:
    """(zones, radii): the share of `spots` (n, 2) in each zone grown by each radius.

    Zone z has corners[first[z]:first[z + 1]] and lies in the circle `circles[z]` (centre, radius).
    """
    zones = first.size - 1
    out = np.zeros((zones, radii.size))
    widest = radii.max()
    for z in range(zones):
        east, north, reach = circles[z]
        reach += widest
        for s in range(spots.shape[0]):
            de, dn = spots[s, 0] - east, spots[s, 1] - north
            if de * de + dn * dn > reach * reach:
                continue
            gap = signed_distance(spots[s, 0], spots[s, 1], corners[first[z] : first[z + 1]])
            for r in range(radii.size):
                if gap <= radii[r]:
                    out[z, r] += 1.0 / spots.shape[0]
    return out


@allocating_kernel
def unevenness(flights: Array, states: int, inv_r: float, ground: Ground) -> float:
    """How far the ground bends the landings out of a Gaussian, in sigmas of the landing along the flight.

    The landings `flights` (n, 7; nominal, pairs, considered, as `spread` has them) are slid along their
    velocities to one level: what they would be on flat ground. From points of that ellipse (rings)
    the nominal descent is followed to the ground. Where the ground is a plane, the height at which it is
    met is linear in the point. What remains of it, over tan(descent), is how far it moves landings in a
    way that no ellipse can tell: a step, a ridge in the way, a valley. Told: its root mean square, or
    LONE_SHARE of the largest.
    """
    up = flights[0, 6]
    if abs(up) < 1.0:
        return SKIMS
    level = flights[0, 2] + 0.5 * inv_r * (flights[0, 0] ** 2 + flights[0, 1] ** 2)
    slope_e, slope_n = flights[0, 4] / up, flights[0, 5] / up  # metres for each metre of height
    flat = np.empty((flights.shape[0], 2))
    for i in range(flights.shape[0]):
        e, n, u, a, b, c = (
            flights[i, 0], flights[i, 1], flights[i, 2], flights[i, 4], flights[i, 5], flights[i, 6],
        )  # fmt: skip
        drop = level - (u + 0.5 * inv_r * (e * e + n * n))
        c = math.copysign(max(abs(c), 1.0), up)
        flat[i, 0], flat[i, 1] = e + drop * a / c, n + drop * b / c
    mean_e, mean_n = flat[1:states, 0].mean(), flat[1:states, 1].mean()
    xx, xy, yy = 0.0, 0.0, 0.0
    for i in range(1, states):
        de, dn = flat[i, 0] - mean_e, flat[i, 1] - mean_n
        xx += de * de / (states - 1)
        xy += de * dn / (states - 1)
        yy += dn * dn / (states - 1)
    considered = (flights.shape[0] - states) // 2
    for i in range(considered):
        half = 0.5 * (flat[states + i] - flat[states + considered + i])
        xx += half[0] * half[0]
        xy += half[0] * half[1]
        yy += half[1] * half[1]
    # the ellipse's root, lower triangular
    l00 = math.sqrt(max(xx, 1e-6))
    l10 = xy / l00
    l11 = math.sqrt(max(yy - l10 * l10, 1e-6))
    slant = math.sqrt(slope_e * slope_e + slope_n * slope_n)
    if slant < 1e-6:
        return 0.0  # straight down: no height moves it
    along = xx * slope_e * slope_e + 2.0 * xy * slope_e * slope_n + yy * slope_n * slope_n
    sigma_m = math.sqrt(max(along, 1e-6)) / slant
    # at half a cell, as flights are; coarser where that would be too many
    tall = ground.highest_m - ground.lowest_m + 1.0
    steps = int(min(max(tall * slant * ground.per_m * 2.0, 4.0), _MOST_STEPS))
    points = len(_RINGS) * _SPOKES
    x, y, met, weight = np.empty(points), np.empty(points), np.empty(points), np.empty(points)
    for i in range(points):
        ring = i // _SPOKES
        r = _RINGS[ring]
        turn = 2.0 * math.pi * (i % _SPOKES + 0.5 * (ring % 2)) / _SPOKES
        x[i], y[i] = r * math.cos(turn), r * math.sin(turn)
        weight[i] = r * math.exp(-0.5 * r * r)
        e, n = mean_e + l00 * x[i], mean_n + l10 * x[i] + l11 * y[i]
        met[i] = ground.highest_m + 0.5
        above = 0.0
        for k in range(steps + 1):
            at = ground.highest_m + 0.5 - k * tall / steps
            f = at - height(ground, e + slope_e * (at - level), n + slope_n * (at - level))
            if f <= 0.0:
                met[i] = at + (tall / steps) * (-f) / (above - f) if k > 0 else at
                break
            above, met[i] = f, at
    # the regression on the ring design, in which 1, x and y are orthogonal
    mean = np.sum(weight * met) / np.sum(weight)
    by_x = np.sum(weight * met * x) / np.sum(weight * x * x)
    by_y = np.sum(weight * met * y) / np.sum(weight * y * y)
    rest = met - mean - by_x * x - by_y * y
    rms = math.sqrt(np.sum(weight * rest * rest) / np.sum(weight))
    return float(max(rms, LONE_SHARE * np.max(np.abs(rest))) * slant / sigma_m)
