"""What a sensor's plots show of its noise: it is taken at its word until they plainly err by more. ADR 28.

A plot that a settled track takes lies off the place where it was expected by v, of variance S where the sensor
errs as it claims; u = v / sqrt S, and the mean of u² over n numbers is m. Noise is new in each plot, while
what a turn or a wrong drag leaves over is much the same in the next: of m goes the mean of u_k u_k-1, as far
as it is larger than white noise lets it be, m / sqrt n. A sensor whose variances are L times what it claims
shows so much with a likelihood exp(-n (m/L - 1 - ln m/L) / 2) of that of one with m times. A tenth of sigma is
let pass, L = 1.2; once the rest is a thousand times likelier, its variances are taken m times larger, until
they show less than L again. Never smaller than claimed: wider, not wrong.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.bank import CONFIRMED, FREE, LEFT, Table
from rampart.engine.gate import Scratch
from rampart.engine.nearby import Gates, bound_row
from rampart.engine.plotrow import NUMBERS, VARIANCES, T, variances_of
from rampart.engine.radars import Radars
from rampart.kernels._jit import kernel, woven_kernel
from rampart.kernels.imm import BOOST, MODELS
from rampart.kernels.measurement import (
    AZIMUTH,
    ELEVATION,
    RANGE,
    RANGE_RATE,
    azimuth_of,
    elevation_of,
    quadratic,
    range_of,
    range_rate_of,
    wrap_angle,
)
from rampart.kernels.transition import N

Array = npt.NDArray[np.float64]

NOISES: Final = LEFT - 1
"""Numbers of a plot whose noise is learnt: range, azimuth, elevation, range rate. A height's is its quantum."""
LEEWAY: Final = 1.2  # times the variance: so much is let pass, and wrong associations look like it
SURPRISE: Final = 6.9  # ln 1e3: so much likelier must another noise be
SETTLED: Final = 0.9  # of the probability of a track's likeliest model, free flight or a drone's
OWN_SHARE: Final = 0.1  # of S that must be the plot's: the rest is what the track does not know
MOST: Final = 9.0  # of u²: a foreign plot is no measure of noise
MEMORY: Final = 100.0  # plots
POOLED: Final = 8.0  # plots that the mean over all numbers counts for in each one's own
GROWS: Final = 1.3  # a variance that is not believed is changed for more than this only,
SHRINKS: Final = 1.6  # and this: m of a hundred plots scatters by 0.17
LARGEST: Final = 16.0  # times the variance: beyond that, it is not noise
ALIKE: Final = 0.5  # of the time for which plots err alike: sooner, one tells nothing new


class Noise(NamedTuple):
    """What is known of the errors of each sensor, (sensors, NOISES) each."""

    claimed: Array  # one sigma
    factor: Array  # by which its variances are taken larger
    squares: Array  # decayed sum of u², and
    lagged: Array  # of u_k u_k-1, in units of what it claims
    seen: Array  # of so many


def make_noise(claimed: Array) -> Noise:
    """All sensors taken at their word: `claimed`, one sigma."""
    return Noise(claimed.copy(), np.ones_like(claimed), *np.zeros((3, *claimed.shape)))


def as_noisy(noise: Noise, sensor: int, plots: Array) -> Array:
    """`plots` (n, COLUMNS) of `sensor` with the variances that they are taken to have."""
    factor = noise.factor[sensor]
    if factor.max() == 1.0:
        return plots
    plots = plots.copy()
    plots[:, VARIANCES : VARIANCES + NOISES] *= factor
    return plots


@woven_kernel
def note_errors(
    noise: Noise, table: Table, row: int, p: int, t_s: float, sensor: int, plots: Array, looks: float,
    radars: Radars, scratch: Scratch,
) -> None:  # fmt: skip
    """Count by how much plot `p` errs of where the predicted `row`, which takes it, expects it; `looks` as
    `variances_of` takes it."""
    if table.status[row] != CONFIRMED or table.bounded[row] == 0:
        return
    left = table.left[row, sensor]
    if plots[p, T] - left[NOISES] < ALIKE * radars.independent_s[sensor]:  # never where it is nan
        return
    left[NOISES] = plots[p, T]
    x, P = scratch.x, scratch.P
    j = 0
    for k in range(1, MODELS):
        if scratch.mu[row, k] > scratch.mu[row, j]:
            j = k
    if j == BOOST or scratch.mu[row, j] < SETTLED:
        left[:NOISES] = math.nan
        return
    axes, place = radars.axes[sensor], radars.place[sensor]
    variances_of(plots, p, looks, radars.bias[sensor], scratch.variances)
    late = plots[p, T] - t_s  # at most a sub-scan
    ve, vn, vu = x[row, j, 3], x[row, j, 4], x[row, j, 5]
    value, h0, h1, h2 = range_of(x, row, j, place)
    off = plots[p, NUMBERS + RANGE] - value - late * (h0 * ve + h1 * vn + h2 * vu)
    known = quadratic(P, row, j, 0, 0, h0, h1, h2, h0, h1, h2)
    _count(noise, sensor, RANGE, plots, p, off, known, left, scratch)
    value, h0, h1, h2 = azimuth_of(x, row, j, axes, place)
    value += late * (h0 * ve + h1 * vn + h2 * vu)
    off = wrap_angle(plots[p, NUMBERS + AZIMUTH] - value)
    known = quadratic(P, row, j, 0, 0, h0, h1, h2, h0, h1, h2)
    _count(noise, sensor, AZIMUTH, plots, p, off, known, left, scratch)
    value, h0, h1, h2 = elevation_of(x, row, j, axes, place)
    off = plots[p, NUMBERS + ELEVATION] - value - late * (h0 * ve + h1 * vn + h2 * vu)
    known = quadratic(P, row, j, 0, 0, h0, h1, h2, h0, h1, h2)
    _count(noise, sensor, ELEVATION, plots, p, off, known, left, scratch)
    value, h0, h1, h2, u0, u1, u2 = range_rate_of(x, row, j, place)
    off = plots[p, NUMBERS + RANGE_RATE] - value
    known = quadratic(P, row, j, 0, 0, h0, h1, h2, h0, h1, h2)
    known += 2.0 * quadratic(P, row, j, 0, 3, h0, h1, h2, u0, u1, u2)
    known += quadratic(P, row, j, 3, 3, u0, u1, u2, u0, u1, u2)
    _count(noise, sensor, RANGE_RATE, plots, p, off, known, left, scratch)


@woven_kernel
def _count(
    noise: Noise, sensor: int, c: int, plots: Array, p: int, off: float, known: float, left: Array,
    scratch: Scratch,
) -> None:  # fmt: skip
    """Count number `c` of plot `p`, which is off by `off` where the track knows it to the variance `known`, if
    the plot before told of it too: its u is in `left`."""
    s = known + scratch.variances[c]
    before = left[c]
    left[c] = math.nan
    if not plots[p, VARIANCES + c] >= OWN_SHARE * s or math.isnan(off):
        return
    u = off / math.sqrt(s)
    left[c] = u
    if math.isnan(before):
        return
    keep, unit = 1.0 - 1.0 / MEMORY, noise.factor[sensor, c]
    follows = min(max(u * before, -MOST), MOST)
    noise.squares[sensor, c] = keep * noise.squares[sensor, c] + unit * min(u * u, MOST)
    noise.lagged[sensor, c] = keep * noise.lagged[sensor, c] + unit * follows
    noise.seen[sensor, c] = keep * noise.seen[sensor, c] + 1.0


@woven_kernel
def judge_noise(
    noise: Noise, table: Table, size: int, sensor: int, radars: Radars, gates: Gates, env: Array,
    drag_variance: float,
) -> None:  # fmt: skip
    """Take `sensor` for as noisy as it has shown itself, and its tracks for as doubtful as that makes them:
    of ln k no more than `drag_variance`."""
    count = squares = lagged = 0.0
    believed = True
    for c in range(NOISES):
        count += noise.seen[sensor, c]
        squares += noise.squares[sensor, c]
        lagged += noise.lagged[sensor, c]
        believed = believed and noise.factor[sensor, c] == 1.0
    if count == 0.0 or squares == 0.0:
        return
    new = 1.0 - min(max(lagged / squares - 1.0 / math.sqrt(count), 0.0), 1.0)
    m = new * squares / count
    over = m / LEEWAY
    if believed and (over <= 1.0 or 0.5 * count * (over - 1.0 - math.log(over)) < SURPRISE):
        return
    changes = over <= 1.0
    growth = 0.0
    for c in range(NOISES):
        ratio = _shown(noise, sensor, c, new, m) / noise.factor[sensor, c]
        changes = changes or ratio > GROWS or ratio * SHRINKS < 1.0
        growth += ratio * noise.seen[sensor, c] / count
    if not changes:
        return
    for c in range(NOISES):
        factor = _shown(noise, sensor, c, new, m) if over > 1.0 else 1.0
        noise.factor[sensor, c] = factor
        radars.sigma[sensor, c] = noise.claimed[sensor, c] * math.sqrt(factor)
    if over <= 1.0 or growth <= 1.0:
        return
    w = math.sqrt(growth)
    for row in range(size):
        if table.status[row] == FREE or table.last_sensor[row] != sensor:
            continue
        for j in range(MODELS):
            P = table.P[row, j]
            q = min(w, math.sqrt(max(drag_variance / max(P[6, 6], 1e-12), 1.0)))
            for a in range(N):
                for b in range(N):
                    P[a, b] *= (q if a == 6 else w) * (q if b == 6 else w)
        bound_row(table, row, sensor, radars, gates, table.bound[row], env)


@kernel
def _shown(noise: Noise, sensor: int, c: int, new: float, m: float) -> float:
    """The factor of number `c`, where all together show `m` and of u² so much is `new` in each plot."""
    own = (new * noise.squares[sensor, c] + POOLED * m) / (noise.seen[sensor, c] + POOLED)
    return float(min(max(own, 1.0), LARGEST))
