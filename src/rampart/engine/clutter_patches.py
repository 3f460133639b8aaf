"""The clutter patches: stretches of the sky that show more in vain than the rest of their ring does.

A rain cell, a flock, chaff: scores of plots a look from a few cubic kilometres, all with nearly the range
rate of the wind. The moving average over a ring of the coverage (`clutter`) spreads them over the whole
circle and over every range rate; three drops in line then look a thousand times as sure as they are, and
were a shell on its way to a camp. So each radar counts, in cells of range, azimuth and elevation, the plots
of tracks that came to nothing, with mean and variance of their range rates. What becomes a track leaves no
mark, and a cell speaks only by what it shows beyond chance, and beyond what objects that a radar sees too
seldom to follow may show.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.engine.plotrow import NUMBERS, RECENT, SEEN_BY, T
from rampart.engine.radars import Radars
from rampart.kernels._jit import kernel, woven_kernel
from rampart.kernels.measurement import AZIMUTH, ELEVATION, RANGE, RANGE_RATE

Array = npt.NDArray[np.float64]

RANGE_CELLS: Final = 8  # these, and of elevation, as of the rings of `clutter`
AZIMUTH_CELLS: Final = 24
ELEVATION_CELLS: Final = 4
LAYERS: Final = ELEVATION_CELLS + 1  # the last: plots whose elevation is not measured
MEMORY_LOOKS: Final = 60.0  # counts are forgotten with this time constant, of rings and of patches
SURE_SIGMAS: Final = 2.0
"""Of a count, by which a cell's may be chance. Of even clutter hardly a cell then gives more than its ring."""
SELDOM: Final = 0.5
"""[A] Plots a look of a cell that may be those of real objects: of rounds from one launcher, where the radar
shows less than it declares, many a track ends at its second plot."""
NARROW_SHARE: Final = 0.9  # of a patch's range rates are normally spread; the others may be any
FEW: Final = 5.0
FAR_SIGMAS: Final = 3.0
"""More than so FEW range rates tell which one is strange to them: it counts as this far off at most."""
HELD, HEARD, BEGUN, RATED, RATE, RATE_VARIANCE = range(6)
"""Of a cell: plots in memory, times of the last and the first of them, how many had a range rate, its mean
and variance."""


def make_patches(sensors: int) -> Array:
    """The cells (sensors, RANGE_CELLS * AZIMUTH_CELLS * LAYERS, 6) before the first look."""
    return np.zeros((sensors, RANGE_CELLS * AZIMUTH_CELLS * LAYERS, 6))


@woven_kernel
def cell_of(value: float, low: float, high: float, cells: int) -> int:
    """Which of `cells` equal ones from `low` to `high`; the first where `value` is not measured."""
    if math.isnan(value):
        return 0
    return min(max(int((value - low) / (high - low) * cells), 0), cells - 1)


@woven_kernel
def _patch(radars: Radars, sensor: int, plots: Array, p: int) -> int:
    """Which cell of `sensor` its plot `p`, with a range, lies in; -1: outside its sector."""
    reach, beam, sector = radars.reach_m[sensor], radars.elevation[sensor], radars.sector[sensor]
    clockwise = (plots[p, NUMBERS + AZIMUTH] - sector[0]) % (2.0 * math.pi)
    if clockwise > sector[1]:
        return -1
    i = cell_of(plots[p, NUMBERS + RANGE], reach[0], reach[1], RANGE_CELLS)
    j = cell_of(clockwise, 0.0, sector[1], AZIMUTH_CELLS)
    elevation = plots[p, NUMBERS + ELEVATION]
    k = ELEVATION_CELLS
    if not math.isnan(elevation):
        k = cell_of(elevation, beam[0], beam[1], ELEVATION_CELLS)
    return (i * AZIMUTH_CELLS + j) * LAYERS + k


@kernel
def note_patches(patches: Array, radars: Radars, recent: Array) -> None:
    """Enter the plots (RECENT, KEPT) last taken by a track that ended without ever being one."""
    for p in range(RECENT):
        if math.isnan(recent[p, T]):
            continue
        sensor, t_s = int(recent[p, SEEN_BY]), recent[p, T]
        at = _patch(radars, sensor, recent, p)
        if at < 0:
            continue
        cell = patches[sensor, at]
        keep = _kept(t_s - cell[HEARD], radars.period_s[sensor])
        if cell[HELD] * keep < 0.5:
            cell[:] = 0.0
            cell[BEGUN] = cell[HEARD] = t_s
        cell[HELD] = cell[HELD] * keep + 1.0
        cell[RATED] *= keep
        cell[BEGUN] = min(cell[BEGUN], t_s)
        cell[HEARD] = max(cell[HEARD], t_s)
        rate = recent[p, NUMBERS + RANGE_RATE]
        if not math.isnan(rate):
            cell[RATED] += 1.0
            share = 1.0 / cell[RATED]
            off = rate - cell[RATE]
            if cell[RATED] > FEW:
                most = FAR_SIGMAS * math.sqrt(_variance(cell, radars, sensor))
                off = min(max(off, -most), most)
            # s² += a ((1 - a) d² - s²), the weighted variance as it grows (West 1979)
            cell[RATE_VARIANCE] += share * ((1.0 - share) * off * off - cell[RATE_VARIANCE])
            cell[RATE] += share * off


@woven_kernel
def _variance(cell: Array, radars: Radars, sensor: int) -> float:
    """Of the range rates of `cell`, and of one that `sensor` measures."""
    return float(cell[RATE_VARIANCE] + radars.sigma[sensor, 3] ** 2)


@woven_kernel
def _kept(passed_s: float, period_s: float) -> float:
    """The share of a memory that is left after `passed_s`."""
    return math.exp(-max(passed_s, 0.0) / (MEMORY_LOOKS * period_s))


@woven_kernel
def patch_density(patches: Array, radars: Radars, sensor: int, plots: Array, p: int) -> float:
    """Plots in vain per look and unit of measurement space that the patch of plot `p`, with a range, shows
    for sure; 0 where that is nothing."""
    at = _patch(radars, sensor, plots, p)
    if at < 0:
        return 0.0
    cell = patches[sensor, at]
    t_s, period_s = plots[p, T], radars.period_s[sensor]
    held = cell[HELD] * _kept(t_s - cell[HEARD], period_s)
    # a constant rate r gives r MEMORY (1 - exp(-age / MEMORY)) plots in memory
    lasted = MEMORY_LOOKS * (1.0 - _kept(t_s - cell[BEGUN], period_s))
    # the first of them began the count, and the others may be so many by chance
    sure = held - 1.0 - SELDOM * lasted - SURE_SIGMAS * math.sqrt(held)
    if sure <= 0.0:
        return 0.0
    reach, beam = radars.reach_m[sensor], radars.elevation[sensor]
    density = sure / max(lasted, 1.0)
    density *= RANGE_CELLS / (reach[1] - reach[0]) * AZIMUTH_CELLS / radars.sector[sensor, 1]
    if not math.isnan(plots[p, NUMBERS + ELEVATION]):
        density *= ELEVATION_CELLS / (beam[1] - beam[0])
    rate = plots[p, NUMBERS + RANGE_RATE]
    if math.isnan(rate):
        return float(density)
    any_rate = 1.0 / (2.0 * radars.rate_max_mps[sensor])
    if cell[RATED] < 2.0:
        return float(density * any_rate)
    variance = _variance(cell, radars, sensor)
    narrow = math.exp(-0.5 * (rate - cell[RATE]) ** 2 / variance) / math.sqrt(
        2.0 * math.pi * variance
    )
    return float(density * (NARROW_SHARE * narrow + (1.0 - NARROW_SHARE) * any_rate))
