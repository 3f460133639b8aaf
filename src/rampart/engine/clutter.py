"""How many false plots to expect where: a moving average for each sensor over range and elevation.

The density is per unit of what the plot measures (m, rad, rad, m/s), so that plots without Doppler,
elevation or range are judged on the same scale.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.clutter_map import (
    BLADES_MPS,
    BLADES_SHARE,
    forget_places,
    make_places,
    vain_density,
)
from rampart.engine.clutter_patches import (
    ELEVATION_CELLS,
    MEMORY_LOOKS,
    RANGE_CELLS,
    cell_of,
    make_patches,
    patch_density,
)
from rampart.engine.plotrow import NUMBERS, T
from rampart.engine.radars import Radars
from rampart.kernels._jit import kernel, woven_kernel
from rampart.kernels.measurement import ELEVATION, HEIGHT, RANGE, RANGE_RATE

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PRIOR_LOOKS: Final = 20.0  # the declared clutter counts like this many looks
SLOW_SHARE: Final = 0.3  # of clutter that hardly moves: ground, rain, birds
SLOW_MPS: Final = 10.0
HEIGHT_SPAN_M: Final = 10_000.0  # false heights lie anywhere below


class Clutter(NamedTuple):
    """Decayed counts (sensors, RANGE_CELLS, ELEVATION_CELLS) and looks (sensors,); see `make_clutter`."""

    counts: Array
    looks: Array
    declared: Array  # (sensors,) false plots in a look, as the site declares
    heard_s: Array  # (sensors,) time of the last plots, -inf: never
    settled_s: Array  # (1,) when tracks were last judged by time
    log_birth_odds: Array  # (sensors,) ln of new objects over false plots in a look
    places: Array  # the clutter map, and
    live: Array  # how much of it is in use, see `clutter_map.make_places`
    patches: Array  # see `clutter_patches.make_patches`


def make_clutter(declared: list[float], birth_per_look: float) -> Clutter:
    """The state before the first look."""
    n = max(len(declared), 1)
    rate = np.maximum(np.array(declared or [1.0]), 1e-3)
    return Clutter(
        np.zeros((n, RANGE_CELLS, ELEVATION_CELLS)),
        np.zeros(n),
        rate,
        np.full(n, -np.inf),
        np.full(1, -np.inf),
        np.log(birth_per_look / rate),
        *make_places(n),
        make_patches(n),
    )


def forget_all(clutter: Clutter) -> None:
    """Forget where plots came in vain, and when any came: the clock stands back."""
    clutter.heard_s[:] = clutter.settled_s[:] = -np.inf
    clutter.live[:] = clutter.patches[:] = 0.0
    clutter.places[:, :, 3] = -np.inf


@woven_kernel
def clutter_density(
    clutter: Clutter,
    radars: Radars,
    sensor: int,
    plots: Array,
    p: int,
    xyz_enu_m: Array,
    birth_per_look: float,
) -> float:
    """Expected plots of no known track per look and unit of measurement space at plot `p`, whose site
    ENU is `xyz_enu_m` (3,): of the cells that it may lie in, or of its patch or its very place where they
    give more."""
    r, elevation = plots[p, NUMBERS + RANGE], plots[p, NUMBERS + ELEVATION]
    low, high = radars.elevation[sensor, 0], radars.elevation[sensor, 1]
    looks = PRIOR_LOOKS + clutter.looks[sensor]
    share = PRIOR_LOOKS * (clutter.declared[sensor] + birth_per_look)
    # what is not measured may be in any of the cells, and the density is not by its unit
    depth = width = 1.0
    i, i_end, j, j_end = 0, RANGE_CELLS, 0, ELEVATION_CELLS
    if not math.isnan(r):
        near, far = radars.reach_m[sensor, 0], radars.reach_m[sensor, 1]
        i = cell_of(r, near, far, RANGE_CELLS)
        i_end = i + 1
        depth = (far - near) / RANGE_CELLS
        share /= RANGE_CELLS
    if not math.isnan(elevation):
        j = cell_of(elevation, low, high, ELEVATION_CELLS)
        j_end = j + 1
        width = (high - low) / ELEVATION_CELLS
        share /= ELEVATION_CELLS
    seen = 0.0
    for a in range(i, i_end):
        for b in range(j, j_end):
            seen += clutter.counts[sensor, a, b]
    density = (share + seen) / looks / depth / width / radars.sector[sensor, 1]
    rate = plots[p, NUMBERS + RANGE_RATE]
    doppler = not math.isnan(rate)
    if doppler:
        slow = SLOW_SHARE / (2.0 * SLOW_MPS) if abs(rate) < SLOW_MPS else 0.0
        density *= slow + (1.0 - SLOW_SHARE) / (2.0 * radars.rate_max_mps[sensor])
    if not math.isnan(r):
        density = max(density, patch_density(clutter.patches, radars, sensor, plots, p))
    if clutter.live[sensor] > 0.0 and not math.isnan(elevation) and not math.isnan(r):
        t_s = plots[p, T]
        vain = vain_density(
            clutter.places, clutter.live, sensor, xyz_enu_m[0], xyz_enu_m[1], xyz_enu_m[2], t_s
        )
        # dV = r² cos(el) dr daz del
        here = vain * radars.period_s[sensor] * r * r * math.cos(elevation)
        if doppler:
            blades = BLADES_SHARE / (2.0 * BLADES_MPS) if abs(rate) < BLADES_MPS else 0.0
            here *= blades + (1.0 - BLADES_SHARE) / (2.0 * radars.rate_max_mps[sensor])
        density = max(density, here)
    if not math.isnan(plots[p, NUMBERS + HEIGHT]):
        density /= HEIGHT_SPAN_M
    return float(density)


@kernel
def count_clutter(
    clutter: Clutter, radars: Radars, sensor: int, t_s: float, plots: Array, used: Ints
) -> None:
    """Learn from the plots that no confirmed track took (`used` below 2)."""
    last = clutter.heard_s[sensor]
    passed = 1.0
    if last > -math.inf:
        passed = min(max((t_s - last) / radars.period_s[sensor], 0.0), MEMORY_LOOKS)
    keep = math.exp(-passed / MEMORY_LOOKS)
    clutter.looks[sensor] = clutter.looks[sensor] * keep + passed
    for i in range(RANGE_CELLS):
        for j in range(ELEVATION_CELLS):
            clutter.counts[sensor, i, j] *= keep
    for p in range(plots.shape[0]):
        if used[p] > 1:
            continue
        i = cell_of(
            plots[p, NUMBERS + RANGE],
            radars.reach_m[sensor, 0],
            radars.reach_m[sensor, 1],
            RANGE_CELLS,
        )
        j = cell_of(
            plots[p, NUMBERS + ELEVATION], radars.elevation[sensor, 0], radars.elevation[sensor, 1],
            ELEVATION_CELLS,
        )  # fmt: skip
        clutter.counts[sensor, i, j] += 1.0
    forget_places(clutter.places, clutter.live, sensor, t_s)
    clutter.heard_s[sensor] = t_s
