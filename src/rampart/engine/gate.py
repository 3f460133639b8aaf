"""Which plots may belong to which track, and how well each pair fits.

Cheap tests first: neighbourhood before anything is predicted, then range with Doppler, the angles,
and at last the update itself, whose likelihood against clutter is the pair's score.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.bank import CONFIRMED, TENTATIVE, Table
from rampart.engine.bearings import BEARING_D2, takes_bearings
from rampart.engine.clutter import Clutter, clutter_density
from rampart.engine.nearby import Gates, Lineup, first_from, near_rows
from rampart.engine.plotrow import NUMBERS, T, variances_of
from rampart.engine.radars import Radars
from rampart.kernels._jit import kernel, woven_kernel
from rampart.kernels.assignment import NONE
from rampart.kernels.birth import rise_span
from rampart.kernels.consider import set_apart
from rampart.kernels.detection import look_pd
from rampart.kernels.imm import (
    ASLEEP,
    MODELS,
    Dynamics,
    Work,
    copy_awake,
    copy_row,
    hypothesise,
    predict_row,
)
from rampart.kernels.measurement import (
    AZIMUTH,
    ELEVATION,
    HEIGHT,
    RANGE,
    RANGE_RATE,
    azimuth_of,
    elevation_of,
    height_of,
    quadratic,
    range_of,
    range_rate_of,
    wrap_angle,
)

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


LOOSE: Final = 1.0 + 1e-9  # of a bound that must not be tighter by rounding than what it bounds
UNSEEN_SPEED_MPS: Final = 50.0  # climb of an object whose height nobody measures, one sigma


class Scratch(NamedTuple):
    """Predicted copies of the candidate rows, and the pairs."""

    x: Array
    P: Array
    mu: Array
    trial_x: Array  # (cap, 3, 7) the copies after the pair in `tried`
    trial_cov: Array
    trial_mu: Array
    tried: Ints
    variances: Array  # (5,)
    numbers: Array  # (5,)
    low: Array  # (5,) window of each number
    high: Array
    radial: Array  # (3, 5)
    unit: Array  # (3, 3)
    mean: Array  # (7,)
    cov: Array  # (7, 7)
    pair_row: Ints
    pair_plot: Ints
    pair_gain: Array
    pair_llr: Array
    taken: Ints
    rows: Ints  # those that a plot is near to
    way: Array  # (3, 6) as table.way, for a row that another sensor saw last


def make_scratch(capacity: int, pairs: int) -> Scratch:
    """Scratch for tables of `capacity` rows."""
    return Scratch(
        np.zeros((capacity, 3, 7)), np.zeros((capacity, 3, 7, 7)), np.zeros((capacity, 3)),
        np.zeros((capacity, 3, 7)), np.zeros((capacity, 3, 7, 7)), np.zeros((capacity, 3)),
        np.zeros(capacity, np.int64), np.zeros(5), np.zeros(5),
        np.zeros(5), np.zeros(5), np.zeros((3, 5)), np.zeros((3, 3)), np.zeros(7), np.zeros((7, 7)),
        np.zeros(pairs, np.int64), np.zeros(pairs, np.int64), np.zeros(pairs), np.zeros(pairs),
        np.zeros(capacity, np.int64), np.zeros(capacity, np.int64), np.zeros((3, 6)),
    )  # fmt: skip


@woven_kernel
def _window(
    row: int, sensor: int, radars: Radars, gates: Gates, env: Array, scratch: Scratch
) -> None:
    """Where the models of the predicted `row` expect a plot: scratch.low, high (5,) and radial (3, 5).

    radial[j]: range, range rate and their covariance (rr, rd, dd) by model j.
    """
    axes, place = radars.axes[sensor], radars.place[sensor]
    low, high, radial = scratch.low, scratch.high, scratch.radial
    sigmas, rate_sigmas = gates.sigmas, math.sqrt(gates.distance2)
    low[:] = math.inf
    high[:] = -math.inf
    x, P = scratch.x, scratch.P
    azimuth = 0.0
    first = True
    for j in range(MODELS):
        if scratch.mu[row, j] < ASLEEP:
            continue
        rate, t0, t1, t2, u0, u1, u2 = range_rate_of(x, row, j, place)
        r, _, _, _ = range_of(x, row, j, place)
        value, a0, a1, a2 = azimuth_of(x, row, j, axes, place)
        if first:
            azimuth = value
            first = False
        value = azimuth + wrap_angle(value - azimuth)  # all models on one branch
        variance = quadratic(P, row, j, 0, 0, a0, a1, a2, a0, a1, a2)
        _widen(low, high, AZIMUTH, value, sigmas * math.sqrt(variance))
        value, a0, a1, a2 = elevation_of(x, row, j, axes, place)
        variance = quadratic(P, row, j, 0, 0, a0, a1, a2, a0, a1, a2)
        _widen(low, high, ELEVATION, value, sigmas * math.sqrt(variance))
        value, _, _, _ = height_of(x, row, j, env)
        _widen(low, high, HEIGHT, value, sigmas * math.sqrt(P[row, j, 2, 2]))
        # range and range rate bend over the tangential spread: mean and variance of that term
        along = quadratic(P, row, j, 0, 0, u0, u1, u2, u0, u1, u2)
        bend_r = 0.5 * (P[row, j, 0, 0] + P[row, j, 1, 1] + P[row, j, 2, 2] - along) / r
        cross = quadratic(P, row, j, 0, 3, u0, u1, u2, u0, u1, u2)
        bend_d = (P[row, j, 0, 3] + P[row, j, 1, 4] + P[row, j, 2, 5] - cross) / r
        across = quadratic(P, row, j, 0, 0, u0, u1, u2, t0, t1, t2)
        radial[j, 0] = r + bend_r
        radial[j, 1] = rate + bend_d
        radial[j, 2] = along + 2.0 * bend_r * bend_r
        radial[j, 3] = across + cross
        radial[j, 4] = (
            quadratic(P, row, j, 3, 3, u0, u1, u2, u0, u1, u2)
            + 2.0 * quadratic(P, row, j, 0, 3, t0, t1, t2, u0, u1, u2)
            + quadratic(P, row, j, 0, 0, t0, t1, t2, t0, t1, t2)
            + 2.0 * bend_d * bend_d
        )
        _widen(low, high, RANGE, radial[j, 0], sigmas * math.sqrt(radial[j, 2]))
        _widen(low, high, RANGE_RATE, radial[j, 1], rate_sigmas * math.sqrt(radial[j, 4]))


@kernel
def _widen(low: Array, high: Array, kind: int, value: float, reach: float) -> None:
    low[kind] = min(low[kind], value - reach)
    high[kind] = max(high[kind], value + reach)


@woven_kernel
def _inside(
    mu: Array, row: int, plots: Array, p: int, gates: Gates, variances: Array, low: Array, high: Array,
    radial: Array,
) -> bool:  # fmt: skip
    """Whether plot `p` may belong to `row`: range with Doppler first, then the angles and the height."""
    r, rate = plots[p, NUMBERS + RANGE], plots[p, NUMBERS + RANGE_RATE]
    fits = math.isnan(r)
    for j in range(MODELS):
        if mu[row, j] < ASLEEP:
            continue
        dr = r - radial[j, 0]
        rr = radial[j, 2] + variances[RANGE]
        if math.isnan(rate):
            fits = fits or dr * dr <= gates.distance2 * rr
            continue
        dd = rate - radial[j, 1]
        rd, d2 = radial[j, 3], radial[j, 4] + variances[RANGE_RATE]
        # [dr dd] S⁻¹ [dr dd]ᵀ
        fits = fits or dr * dr * d2 - 2.0 * dr * dd * rd + dd * dd * rr <= gates.distance2 * (
            rr * d2 - rd * rd
        )
    if not fits:
        return False
    turn = wrap_angle(plots[p, NUMBERS + AZIMUTH] - 0.5 * (low[AZIMUTH] + high[AZIMUTH]))
    slack = gates.sigmas * math.sqrt(variances[AZIMUTH])
    if abs(turn) > 0.5 * (high[AZIMUTH] - low[AZIMUTH]) + slack:
        return False
    for kind in (ELEVATION, HEIGHT):
        value = plots[p, NUMBERS + kind]
        slack = gates.sigmas * math.sqrt(variances[kind])
        if value < low[kind] - slack or value > high[kind] + slack:  # never where it is nan
            return False
    return True


@woven_kernel
def looks_apart(table: Table, row: int, sensor: int) -> float:
    """0 where the last plot of `row` was one of `sensor`, and they share their slow errors; else 1."""
    if table.last_sensor[row] == sensor and table.seen_s[row, sensor] == table.t_s[row]:
        return 0.0
    return 1.0


@woven_kernel
def attempt(
    row: int, p: int, t_s: float, sensor: int, plots: Array, looks: float, alike: float, radars: Radars,
    env: Array, scratch: Scratch, work: Work,
) -> tuple[float, float]:  # fmt: skip
    """Update a copy of the predicted `row` with plot `p`; `looks` as `variances_of` takes it, and `alike` such
    plots are worth one. Returns (log likelihood, distance)."""
    copy_awake(
        scratch.x, scratch.P, scratch.mu, row, scratch.trial_x, scratch.trial_cov, scratch.trial_mu
    )
    shift = plots[p, T] - t_s
    if shift != 0.0:  # at most the 20 ms of a sub-scan
        for j in range(MODELS):
            for a in range(3):
                scratch.trial_x[row, j, a] += shift * scratch.trial_x[row, j, 3 + a]
    for c in range(5):
        scratch.numbers[c] = plots[p, NUMBERS + c]
    variances_of(plots, p, looks, radars.bias[sensor], scratch.variances)
    for c in range(5):
        scratch.variances[c] *= alike
    return hypothesise(
        scratch.trial_x, scratch.trial_cov, scratch.trial_mu, row, scratch.numbers, scratch.variances,
        radars.axes[sensor], radars.place[sensor], env, work,
    )  # fmt: skip


@kernel
def pair_up(
    table: Table, size: int, grade: int, lone: bool, t_s: float, sensor: int, plots: Array, used: Ints,
    first: int, last: int, line: Lineup, radars: Radars, clutter: Clutter, gates: Gates,
    dynamics: Dynamics, env: Array, scratch: Scratch, work: Work,
) -> int:  # fmt: skip
    """Fill the pairs of all rows of status `grade` with the unused plots; returns their number.

    lone: of the rows with one plot only, else of the others. first, last: which plots of the line-up.
    """
    count = 0
    if used.all():
        return 0
    found = near_rows(
        table, size, grade, lone, last > line.ranged, t_s, sensor, plots, used, line, radars, gates,
        scratch.way, scratch.rows,
    )  # fmt: skip
    ranges, azimuths, rates = line.range_m, line.azimuth_rad, line.rate_mps
    places = line.xyz_enu_m
    # the widest that `_inside` can allow for: most plots at a track's range lie elsewhere, or fly otherwise
    loose_rate = LOOSE * math.sqrt(gates.distance2 * line.rate_variance)
    loose_azimuth = (
        LOOSE * gates.sigmas * math.sqrt(line.azimuth_variance + radars.bias[sensor, 1] ** 2)
    )
    for row in scratch.rows[:found]:
        dt = t_s - table.t_s[row]
        copy_row(table.x, table.P, table.mu, row, scratch.x, scratch.P, scratch.mu)
        predict_row(scratch.x, scratch.P, scratch.mu, row, dt, dynamics, env, work)
        if table.bounded[row] == 0:
            blur_height(scratch.x, scratch.P, row, sensor, radars, gates.ceiling_m, env)
        looks = looks_apart(table, row, sensor)
        if looks > 0.0 and not table.sensors[row] >> min(sensor, 62) & 1:
            # this sensor's first look at it, which stands by the others' errors so far
            place = radars.place[table.last_sensor[row]]
            for j in range(MODELS):
                set_apart(scratch.x[row, j], scratch.P[row, j], place, table.bias[row])
        _window(row, sensor, radars, gates, env, scratch)
        slack = gates.sigmas * math.sqrt(radars.sigma[sensor, 0] ** 2 + radars.bias[sensor, 0] ** 2)
        top = scratch.high[RANGE] + slack
        pd = look_pd(
            table.echoes[row, sensor], 0.5 * (scratch.low[RANGE] + scratch.high[RANGE]),
            radars.snr_threshold[sensor], radars.pd[sensor],
        )  # fmt: skip
        rate = 0.5 * (scratch.low[RANGE_RATE] + scratch.high[RANGE_RATE])
        rate_off = LOOSE * (scratch.high[RANGE_RATE] - rate) + loose_rate
        azimuth = 0.5 * (scratch.low[AZIMUTH] + scratch.high[AZIMUTH])
        azimuth_off = LOOSE * (scratch.high[AZIMUTH] - azimuth) + loose_azimuth
        end = last
        if grade == CONFIRMED and not takes_bearings(
            table.bounded, row, scratch.low, scratch.high, gates.sigmas
        ):
            end = line.ranged
        k = max(first_from(ranges, scratch.low[RANGE] - slack), first) - 1
        while k + 1 < end:
            k += 1
            if ranges[k] > top:
                k = line.ranged - 1  # those without range stand behind
                continue
            if abs(rates[k] - rate) > rate_off:  # never without Doppler
                continue
            if abs(wrap_angle(azimuths[k] - azimuth)) > azimuth_off:
                continue
            p = line.plot[k]
            if used[p] or count >= scratch.pair_row.shape[0]:
                continue
            variances_of(plots, p, looks, radars.bias[sensor], scratch.variances)
            if not _inside(
                scratch.mu, row, plots, p, gates, scratch.variances, scratch.low, scratch.high,
                scratch.radial,
            ):  # fmt: skip
                continue
            scratch.tried[row] = NONE
            loglik, distance2 = attempt(
                row, p, t_s, sensor, plots, looks, 1.0, radars, env, scratch, work
            )
            if distance2 > (gates.distance2 if k < line.ranged else BEARING_D2):
                continue
            background = clutter_density(
                clutter, radars, sensor, plots, p, places[k], gates.birth_per_look
            )
            llr = math.log(pd) + loglik - math.log(background)
            gain = llr - math.log(1.0 - pd)
            if grade == TENTATIVE:
                # the track exists with probability e only: ln(1 - e + e exp(gain))
                odds = table.llr[row] + clutter.log_birth_odds[sensor]
                exists = 1.0 / (1.0 + math.exp(-max(min(odds, 50.0), -50.0)))
                gain = (
                    gain + math.log(exists)
                    if gain > 30.0
                    else math.log(1.0 - exists + exists * math.exp(gain))
                )
            if gain <= 0.0:
                continue
            scratch.pair_row[count] = row
            scratch.pair_plot[count] = p
            scratch.pair_gain[count] = gain
            scratch.pair_llr[count] = llr
            scratch.tried[row] = count
            count += 1
    return count


@woven_kernel
def blur_height(
    x: Array, P: Array, row: int, sensor: int, radars: Radars, ceiling_m: float, env: Array
) -> None:
    """Keep an unobserved height unobserved: neither gravity nor Doppler must make it known.

    The spread along the circle of equal range and azimuth never falls below that of the coverage;
    range and azimuth do not change to first order.
    """
    axes, place = radars.axes[sensor], radars.place[sensor]
    beam = radars.elevation[sensor]
    for j in range(MODELS):
        r, _, _, _ = range_of(x, row, j, place)
        _, h0, h1, h2 = elevation_of(x, row, j, axes, place)
        length = math.sqrt(h0 * h0 + h1 * h1 + h2 * h2)
        h0, h1, h2 = h0 / length, h1 / length, h2 / length
        low, high = rise_span(r, beam[0], beam[1], place[2], ceiling_m, env)
        wide = (high - low) / math.sqrt(12.0)
        lack = wide * wide - quadratic(P, row, j, 0, 0, h0, h1, h2, h0, h1, h2)
        if lack > 0.0:
            _add_square(P, row, j, 0, lack, h0, h1, h2)
        lack = UNSEEN_SPEED_MPS**2 - quadratic(P, row, j, 3, 3, h0, h1, h2, h0, h1, h2)
        if lack > 0.0:
            _add_square(P, row, j, 3, lack, h0, h1, h2)


@kernel
def _add_square(
    P: Array, i: int, j: int, at: int, factor: float, h0: float, h1: float, h2: float
) -> None:
    """Add factor h hᵀ to the 3 x 3 diagonal block of P[i, j] at `at`."""
    for a in range(3):
        ha = h0 if a == 0 else (h1 if a == 1 else h2)
        P[i, j, at + a, at] += factor * ha * h0
        P[i, j, at + a, at + 1] += factor * ha * h1
        P[i, j, at + a, at + 2] += factor * ha * h2
