"""What a sensor's plots show of its noise: it is taken at its word until they plainly err by more. ADR 28.

Every plot that a settled track takes is told apart from where it was expected by an innovation v, of variance S
where the sensor errs as it claims: n of them give m = mean of v² / S. A sensor whose variances are L times what
it claims shows so much with a likelihood exp(-n (m/L - 1 - ln m/L) / 2) of that of one with m times. A tenth of
sigma is let pass, L = 1.2; once the rest is a thousand times likelier, its variances are taken m times larger.
Never smaller: wider, not wrong.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.bank import CONFIRMED, FREE, Table
from rampart.engine.gate import Scratch
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

LEEWAY: Final = 1.2  # times the variance: so much is let pass, and wrong associations look like it
SURPRISE: Final = 6.9  # ln 1e3: so much likelier must another noise be
SETTLED: Final = 0.9  # of the probability of a track's likeliest model, free flight or a drone's
OWN_SHARE: Final = 0.1  # of S that must be the plot's: the rest is what the track does not know
MOST: Final = 9.0  # of v² / S: a foreign plot is no measure of noise
MEMORY: Final = 100.0  # plots
POOLED: Final = 8.0  # plots that the mean over all numbers counts for in each one's own
STAY: Final = 1.25  # a variance is not changed for less
LARGEST: Final = 16.0  # times the variance: beyond that, it is not noise
NOISES: Final = 4
"""Numbers of a plot whose noise is learnt: of a height it is the quantum."""


class Noise(NamedTuple):
    """What is known of the errors of each sensor: range, azimuth, elevation, range rate; (sensors, 4) each."""

    sigma: Array  # one sigma as it is taken to be: `Radars.sigma` itself
    factor: Array  # by which its variances are taken larger than it claims
    squares: Array  # decayed sum of v² / S, in units of what it claims
    seen: Array  # of so many


def make_noise(sigma: Array) -> Noise:
    """All sensors taken at their word; `sigma`: `Radars.sigma`, which will follow what is learnt."""
    return Noise(sigma, np.ones_like(sigma), np.zeros_like(sigma), np.zeros_like(sigma))


def widened(noise: Noise, sensor: int, plots: Array) -> Array:
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
    x, P = scratch.x, scratch.P
    j = 0
    for k in range(1, MODELS):
        if scratch.mu[row, k] > scratch.mu[row, j]:
            j = k
    if j == BOOST or scratch.mu[row, j] < SETTLED:
        return
    axes, place = radars.axes[sensor], radars.place[sensor]
    variances_of(plots, p, looks, radars.bias[sensor], scratch.variances)
    late = plots[p, T] - t_s  # at most a sub-scan
    ve, vn, vu = x[row, j, 3], x[row, j, 4], x[row, j, 5]
    value, h0, h1, h2 = range_of(x, row, j, place)
    value += late * (h0 * ve + h1 * vn + h2 * vu)
    known = quadratic(P, row, j, 0, 0, h0, h1, h2, h0, h1, h2)
    _count(noise, sensor, RANGE, plots, p, plots[p, NUMBERS + RANGE] - value, known, scratch)
    value, h0, h1, h2 = azimuth_of(x, row, j, axes, place)
    value += late * (h0 * ve + h1 * vn + h2 * vu)
    known = quadratic(P, row, j, 0, 0, h0, h1, h2, h0, h1, h2)
    off = wrap_angle(plots[p, NUMBERS + AZIMUTH] - value)
    _count(noise, sensor, AZIMUTH, plots, p, off, known, scratch)
    value, h0, h1, h2 = elevation_of(x, row, j, axes, place)
    value += late * (h0 * ve + h1 * vn + h2 * vu)
    known = quadratic(P, row, j, 0, 0, h0, h1, h2, h0, h1, h2)
    _count(
        noise, sensor, ELEVATION, plots, p, plots[p, NUMBERS + ELEVATION] - value, known, scratch
    )
    value, h0, h1, h2, u0, u1, u2 = range_rate_of(x, row, j, place)
    known = quadratic(P, row, j, 0, 0, h0, h1, h2, h0, h1, h2)
    known += 2.0 * quadratic(P, row, j, 0, 3, h0, h1, h2, u0, u1, u2)
    known += quadratic(P, row, j, 3, 3, u0, u1, u2, u0, u1, u2)
    off = plots[p, NUMBERS + RANGE_RATE] - value
    _count(noise, sensor, RANGE_RATE, plots, p, off, known, scratch)


@kernel
def _count(
    noise: Noise,
    sensor: int,
    c: int,
    plots: Array,
    p: int,
    off: float,
    known: float,
    scratch: Scratch,
) -> None:
    """Count number `c` of plot `p`, which is off by `off` where the track knows it to the variance `known`."""
    s = known + scratch.variances[c]
    if not plots[p, VARIANCES + c] >= OWN_SHARE * s or math.isnan(off):
        return
    keep = 1.0 - 1.0 / MEMORY
    share = noise.factor[sensor, c] * min(off * off / s, MOST)
    noise.squares[sensor, c] = keep * noise.squares[sensor, c] + share
    noise.seen[sensor, c] = keep * noise.seen[sensor, c] + 1.0


@woven_kernel
def judge_noise(noise: Noise, table: Table, size: int, sensor: int, drag_variance: float) -> None:
    """Take `sensor` for as noisy as it has shown itself, and its tracks for as doubtful as that makes them:
    of ln k no more than `drag_variance`."""
    count = squares = 0.0
    believed = True
    for c in range(NOISES):
        count += noise.seen[sensor, c]
        squares += noise.squares[sensor, c]
        believed = believed and noise.factor[sensor, c] == 1.0
    if count == 0.0:
        return
    m = squares / count
    over = m / LEEWAY
    if believed and (over <= 1.0 or 0.5 * count * (over - 1.0 - math.log(over)) < SURPRISE):
        return
    changes = False
    growth = 0.0
    for c in range(NOISES):
        ratio = _shown(noise, sensor, c, m) / noise.factor[sensor, c]
        changes = changes or ratio > STAY or ratio * STAY < 1.0
        growth += ratio * noise.seen[sensor, c] / count
    if not changes:
        return
    for c in range(NOISES):
        shown = _shown(noise, sensor, c, m)
        noise.sigma[sensor, c] *= math.sqrt(shown / noise.factor[sensor, c])
        noise.factor[sensor, c] = shown
    if growth <= 1.0:
        return
    for row in range(size):
        if table.status[row] == FREE or table.last_sensor[row] != sensor:
            continue
        for j in range(MODELS):
            P = table.P[row, j]
            q = math.sqrt(min(growth, max(drag_variance / max(P[6, 6], 1e-12), 1.0)))
            for a in range(N):
                for b in range(N):
                    wa = q if a == 6 else math.sqrt(growth)
                    wb = q if b == 6 else math.sqrt(growth)
                    P[a, b] *= wa * wb


@kernel
def _shown(noise: Noise, sensor: int, c: int, m: float) -> float:
    """The factor of number `c`, where all together show `m`."""
    own = (noise.squares[sensor, c] + POOLED * m) / (noise.seen[sensor, c] + POOLED)
    return float(min(max(own, 1.0), LARGEST))
