"""The first gate: is any plot so near to a track that predicting the track is worth while?

It reads what is kept of each track for it at its last plot (`bound_row`), a small part of the row, and
lets nothing through that the full gate (`gate`) would not have to look at.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.bank import Table
from rampart.engine.fate import pull
from rampart.engine.plotrow import NUMBERS, VARIANCES
from rampart.engine.radars import Radars
from rampart.kernels._jit import allocating_kernel, woven_kernel
from rampart.kernels.imm import ASLEEP, BOOST, MODELS
from rampart.kernels.measurement import (
    AZIMUTH,
    ELEVATION,
    RANGE,
    RANGE_RATE,
    quadratic,
    range_of,
    range_rate_of,
    wrap_angle,
)

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Gates(NamedTuple):
    """Which pairs are looked at, and when a track is made known."""

    sigmas: float  # of each number alone
    distance2: float  # squared normalised distance of all numbers together
    coarse_sigmas: float  # of place, before anything is predicted
    coarse_accel_mps2: float  # a bound of unmodelled acceleration, before anything is predicted
    coarse_boost_mps2: float  # the same while a boost is possible
    revisit: float  # of the scan period: a sensor shows an object once in a look
    birth_per_look: float  # new objects expected in one look
    confirm_hits: int
    fast_speed_mps: float
    fast_margin: float  # below the confirmation threshold, in log likelihood ratio
    ambiguous_margin: float  # a rival this close in log likelihood makes an update ambiguous
    ambiguous_plots: int
    branch_margin: float  # a second plot this much less likely than the best is not followed
    smoothing_s: float  # of turn rate and speed
    ceiling_m: float  # no object flies higher above the site's level


@woven_kernel
def bound_row(
    table: Table, row: int, sensor: int, radars: Radars, gates: Gates, mean: Array, env: Array
) -> None:
    """Fill table.bound and table.way of `row`, whose mixture mean is `mean`, for the first gate."""
    _ways(table, row, sensor, radars, table.way[row])
    spread = rush = 0.0
    for j in range(MODELS):
        if table.mu[row, j] < ASLEEP:
            continue
        P = table.P
        spread = max(spread, P[row, j, 0, 0] + P[row, j, 1, 1] + P[row, j, 2, 2])
        rush = max(rush, P[row, j, 3, 3] + P[row, j, 4, 4] + P[row, j, 5, 5])
    for c in range(6):
        table.bound[row, c] = mean[c]
    table.bound[row, 6] = math.sqrt(spread)
    table.bound[row, 7] = math.sqrt(rush)
    boosts = table.mu[row, BOOST] >= ASLEEP
    table.bound[row, 8] = gates.coarse_boost_mps2 if boosts else gates.coarse_accel_mps2
    table.bound[row, 9] = pull(table.x, table.mu, row, env)


class Lineup(NamedTuple):
    """The plots of one sub-scan in order of range, column by column: what the first gates read of them. Those
    that have no range stand behind the others."""

    plot: Ints  # (n,) row in the plot matrix
    range_m: Array  # (n,) ascending, then nan
    azimuth_rad: Array
    rate_mps: Array  # nan without Doppler
    xyz_enu_m: Array  # (n, 3) in the site; nan without elevation
    azimuth_variance: float  # of the least accurate
    rate_variance: float
    ranged: int  # how many have a range


@allocating_kernel
def line_up(plots: Array, sensor: int, radars: Radars) -> Lineup:
    """`plots` (n, COLUMNS) of `sensor` in order of range."""
    count = plots.shape[0]
    order = np.argsort(plots[:, NUMBERS + RANGE], kind="mergesort")
    ranges, azimuths, rates = np.empty(count), np.empty(count), np.empty(count)
    at = np.empty((count, 3))
    widest_azimuth = widest_rate = 0.0
    axes, place = radars.axes[sensor], radars.place[sensor]
    ranged = count
    while ranged > 0 and math.isnan(plots[order[ranged - 1], NUMBERS + RANGE]):
        ranged -= 1
    for k in range(count):
        p = order[k]
        r, azimuth = plots[p, NUMBERS + RANGE], plots[p, NUMBERS + AZIMUTH]
        elevation = plots[p, NUMBERS + ELEVATION]
        ranges[k], azimuths[k], rates[k] = r, azimuth, plots[p, NUMBERS + RANGE_RATE]
        widest_azimuth = max(widest_azimuth, plots[p, VARIANCES + AZIMUTH])
        widest_rate = max(widest_rate, plots[p, VARIANCES + RANGE_RATE])
        flat = r * math.cos(elevation)
        de, dn, du = flat * math.sin(azimuth), flat * math.cos(azimuth), r * math.sin(elevation)
        for a in range(3):
            at[k, a] = place[a] + axes[a, 0] * de + axes[a, 1] * dn + axes[a, 2] * du
    return Lineup(order, ranges, azimuths, rates, at, widest_azimuth, widest_rate, ranged)


@woven_kernel
def first_from(ranges: Array, least: float) -> int:
    """Index of the first of the ascending `ranges` that is not below `least`."""
    low, high = 0, ranges.shape[0]
    while low < high:
        middle = (low + high) // 2
        if ranges[middle] < least:
            low = middle + 1
        else:
            high = middle
    return low


@woven_kernel
def near_rows(
    table: Table, size: int, grade: int, lone: bool, bearings: bool, t_s: float, sensor: int, plots: Array,
    used: Ints, line: Lineup, radars: Radars, gates: Gates, way: Array, rows: Ints,
) -> int:  # fmt: skip
    """Fill `rows` with those of status `grade`, of one plot only or not, that an unused plot is near to; those
    without range are asked with `bearings` alone. Returns their number.

    A ball about where a straight path leads, as wide as speed and thrust allow; then both range
    rates. `way` (3, 6): scratch. One function for all rows: handing tables over costs more than this.
    """
    found = 0
    order, ranges, at = line.plot, line.range_m, line.xyz_enu_m
    bound, status, hits, seen_s = table.bound, table.status, table.hits, table.seen_s
    pe, pn, pu = radars.place[sensor, 0], radars.place[sensor, 1], radars.place[sensor, 2]
    rested = gates.revisit * radars.period_s[sensor]
    noise = gates.coarse_sigmas * radars.sigma[sensor, 0] + 3.0 * radars.bias[sensor, 0]
    turn = gates.coarse_sigmas * (radars.sigma[sensor, 1] + radars.sigma[sensor, 2])
    turn += 3.0 * (radars.bias[sensor, 1] + radars.bias[sensor, 2])
    for row in range(size):
        if status[row] != grade or (hits[row] == 1) != lone:
            continue
        if t_s - seen_s[row, sensor] < rested:
            continue
        dt = t_s - table.t_s[row]
        e = bound[row, 0] + dt * bound[row, 3]
        n = bound[row, 1] + dt * bound[row, 4]
        u = bound[row, 2] + dt * bound[row, 5]
        # |p + v t| is at most as wide as |p| and |v t| together
        reach = gates.coarse_sigmas * (bound[row, 6] + dt * bound[row, 7])
        reach += 0.5 * (bound[row, 8] + bound[row, 9]) * dt * dt
        r = math.sqrt((e - pe) ** 2 + (n - pn) ** 2 + (u - pu) ** 2)
        k = first_from(ranges, r - reach - noise)
        ready = near = False
        while k < ranges.shape[0] and ranges[k] <= r + reach + noise:
            far = reach + noise + turn * ranges[k]
            off2 = (at[k, 0] - e) ** 2 + (at[k, 1] - n) ** 2 + (at[k, 2] - u) ** 2
            p = order[k]
            k += 1
            if off2 > far * far or used[p]:  # never too far without elevation
                continue
            if not ready:
                ready = True
                if table.last_sensor[row] == sensor:
                    for j in range(MODELS):
                        for c in range(way.shape[1]):
                            way[j, c] = table.way[row, j, c]
                else:
                    _ways(table, row, sensor, radars, way)
            if _ranges_agree(
                table.mu, row, dt, reach, bound[row, 8], plots, p, radars.bias[sensor], gates, way
            ):
                near = True
                break
        if not near and bearings:
            near = _bearing_near(e - pe, n - pn, u - pu, reach, sensor, used, line, radars, gates)
        if near:
            rows[found] = row
            found += 1
    return found


@woven_kernel
def _bearing_near(
    e: float, n: float, u: float, reach: float, sensor: int, used: Ints, line: Lineup, radars: Radars,
    gates: Gates,
) -> bool:  # fmt: skip
    """Whether an unused plot without range points to within `reach` of a place in site ENU from its sensor."""
    axes = radars.axes[sensor]
    de = axes[0, 0] * e + axes[1, 0] * n + axes[2, 0] * u
    dn = axes[0, 1] * e + axes[1, 1] * n + axes[2, 1] * u
    azimuth = math.atan2(de, dn)
    # a ball is seen under asin(reach / distance), at most pi / 2 of that quotient, while one is outside it
    far = 0.5 * math.pi * reach / max(math.sqrt(de * de + dn * dn), 1.0)
    far += gates.sigmas * math.sqrt(line.azimuth_variance + radars.bias[sensor, 1] ** 2)
    for k in range(line.ranged, line.plot.shape[0]):
        if used[line.plot[k]] == 0 and abs(wrap_angle(line.azimuth_rad[k] - azimuth)) <= far:
            return True
    return False


@woven_kernel
def _ways(table: Table, row: int, sensor: int, radars: Radars, way: Array) -> None:
    """way[j]: range and range rate of model j at its last plot, their variances and covariance
    (rr, rd, dd), and the variance of the place across the line of sight."""
    x, P, place = table.x, table.P, radars.place[sensor]
    for j in range(MODELS):
        if table.mu[row, j] < ASLEEP:
            way[j] = 0.0  # nothing of the row's last tenant
            continue
        rate, t0, t1, t2, u0, u1, u2 = range_rate_of(x, row, j, place)
        r, _, _, _ = range_of(x, row, j, place)
        rr = quadratic(P, row, j, 0, 0, u0, u1, u2, u0, u1, u2)
        rd = quadratic(P, row, j, 0, 3, u0, u1, u2, u0, u1, u2)
        rd += quadratic(P, row, j, 0, 0, u0, u1, u2, t0, t1, t2)
        dd = quadratic(P, row, j, 3, 3, u0, u1, u2, u0, u1, u2)
        dd += 2.0 * quadratic(P, row, j, 0, 3, t0, t1, t2, u0, u1, u2)
        dd += quadratic(P, row, j, 0, 0, t0, t1, t2, t0, t1, t2)
        way[j, 0], way[j, 1], way[j, 2], way[j, 3], way[j, 4] = r, rate, rr, rd, dd
        way[j, 5] = P[row, j, 0, 0] + P[row, j, 1, 1] + P[row, j, 2, 2] - rr


@woven_kernel
def _ranges_agree(
    mu: Array, row: int, dt: float, reach: float, accel: float, plots: Array, p: int, bias: Array,
    gates: Gates, way: Array,
) -> bool:  # fmt: skip
    """Whether the range of plot `p` is the one that the range rates before and now lead to.

    Two range rates say more of the way between than any model. The trapezoid rule
    r1 = r0 + dt (d0 + d1) / 2 is off by dt² a / 8 where the acceleration jumps by a, and by
    dt³ / 12 of the third derivative, at most 3 |d| v² / r² of what moves across at v = reach / dt.
    """
    now = plots[p, NUMBERS + RANGE_RATE]
    if math.isnan(now):
        return True
    r1 = plots[p, NUMBERS + RANGE]
    noise2 = plots[p, VARIANCES + RANGE] + bias[0] ** 2
    noise2 += 0.25 * dt * dt * plots[p, VARIANCES + RANGE_RATE]
    slack = 0.125 * accel * dt * dt + 3.0 * abs(now) * bias[3]
    for j in range(MODELS):
        if mu[row, j] < ASLEEP:
            continue
        r0, d0 = way[j, 0], way[j, 1]
        variance = way[j, 2] + dt * way[j, 3] + 0.25 * dt * dt * way[j, 4] + noise2
        least = max(min(r0, r1), 1.0)
        bend = 0.25 * dt * max(abs(d0), abs(now)) * (reach / least) ** 2
        bend += 0.5 * gates.distance2 * way[j, 5] / least  # the range over a wide place
        off = abs(r1 - r0 - 0.5 * dt * (d0 + now)) - slack - bend
        if off <= 0.0 or off * off <= gates.distance2 * variance:
            return True
    return False
