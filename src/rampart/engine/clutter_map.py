"""The clutter map: places where a radar shows something again and again that never becomes a track.

A wind turbine, a mast in the wind, a reed bed: plots from one small place, with whatever range rate
the moving part has. Averaged over a whole ring of the coverage (`clutter`) they vanish, and three of them
with fitting range rates look like a bomb. So each radar keeps its SPOTS most persistent places, found as
the heaviest of a stream (Metwally et al. 2005, space saving, with forgetting). Only what began as a track
and came to nothing is entered: rounds of a salvo from one launcher, or a drone that hovers, become tracks
and leave no mark.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import kernel, woven_kernel

Array = npt.NDArray[np.float64]

SPOTS: Final = 256
"""Of each radar: those of a dozen looks under heavy clutter, so that a second plot counts."""
REACH_M: Final = 150.0
"""Half the side of a place: a turbine's rotor, and the noise at some ten kilometres."""
MEMORY_S: Final = 300.0
PERSISTENT: Final = 6.0
"""Plots in memory from which on a place is one; of chance there are some near by."""
BLADES_MPS: Final = 100.0  # what moves in one place: rotor tips stay below
BLADES_SHARE: Final = 0.9
LEAST_SIGMA_M: Final = 20.0  # of a coordinate of a place's plots
CORE_SHARE: Final = 0.8  # of a place's plots are normally spread; the others lie anywhere about it


def make_places(sensors: int) -> tuple[Array, Array]:
    """The map before the first look: places (sensors, SPOTS, 6) and how many of each radar's first may be
    persistent (sensors,); the others are candidates.

    A place: E, N, U, ln of plots in memory + t / MEMORY_S, time of the first, variance m² of one
    coordinate of its plots. So kept, weights need no renewal while they fade.
    """
    places = np.zeros((sensors, SPOTS, 6))
    places[:, :, 3] = -np.inf
    return places, np.zeros(sensors)


@kernel
def note_vain(
    maps: Array, live: Array, sensor: int, e: float, n: float, u: float, plots: float, t_s: float
) -> None:
    """Enter a track of so many `plots` that ended at a place (site ENU) without ever being one."""
    places, first = maps[sensor], int(live[sensor])
    at, weakest = -1, first
    for i in range(SPOTS):
        if (
            abs(places[i, 0] - e) <= REACH_M
            and abs(places[i, 1] - n) <= REACH_M
            and abs(places[i, 2] - u) <= REACH_M
            and places[i, 3] > -math.inf
        ):
            at = i
            break
        if i >= first and (weakest >= SPOTS or places[i, 3] < places[weakest, 3]):
            weakest = i
    now = t_s / MEMORY_S
    if at < 0:
        if weakest >= SPOTS:
            return
        places[weakest, 0], places[weakest, 1], places[weakest, 2] = e, n, u
        places[weakest, 3], places[weakest, 4] = math.log(plots) + now, t_s
        places[weakest, 5] = LEAST_SIGMA_M**2
        return
    held = math.exp(min(places[at, 3] - now, 50.0))
    share = plots / (held + plots)
    de, dn, du = e - places[at, 0], n - places[at, 1], u - places[at, 2]
    # s² += a ((1 - a) d² / 3 - s²), the weighted variance as it grows (West 1979)
    places[at, 5] += share * ((1.0 - share) * (de * de + dn * dn + du * du) / 3.0 - places[at, 5])
    places[at, 0] += share * de
    places[at, 1] += share * dn
    places[at, 2] += share * du
    places[at, 3] = math.log(held + plots) + now
    if at >= first and held + plots >= PERSISTENT:
        _swap(places, at, first)
        live[sensor] += 1.0


@kernel
def forget_places(maps: Array, live: Array, sensor: int, t_s: float) -> None:
    """Make candidates again of the places that have been quiet for long."""
    places = maps[sensor]
    least = math.log(PERSISTENT / 2.0) + t_s / MEMORY_S
    i = 0
    while i < live[sensor]:
        if places[i, 3] < least:
            live[sensor] -= 1.0
            _swap(places, i, int(live[sensor]))
        else:
            i += 1


@kernel
def _swap(places: Array, i: int, j: int) -> None:
    for c in range(places.shape[1]):
        places[i, c], places[j, c] = places[j, c], places[i, c]


@woven_kernel
def vain_density(
    maps: Array, live: Array, sensor: int, e: float, n: float, u: float, t_s: float
) -> float:
    """Plots per second and m³ that the persistent places give in vain at a site ENU; 0 away from them."""
    places = maps[sensor]
    density = 0.0
    for i in range(int(live[sensor])):
        de, dn, du = e - places[i, 0], n - places[i, 1], u - places[i, 2]
        if max(abs(de), abs(dn), abs(du)) > 2.0 * REACH_M:
            continue
        held = math.exp(min(places[i, 3] - t_s / MEMORY_S, 50.0))
        # a constant rate r gives r MEMORY (1 - exp(-age / MEMORY)) plots in memory
        lasted = MEMORY_S * (1.0 - math.exp(-max(t_s - places[i, 4], 1.0) / MEMORY_S))
        variance = max(places[i, 5], LEAST_SIGMA_M**2)
        core = math.exp(-0.5 * (de * de + dn * dn + du * du) / variance)
        core /= (2.0 * math.pi * variance) ** 1.5
        around = CORE_SHARE * core + (1.0 - CORE_SHARE) / (4.0 * REACH_M) ** 3
        density = max(density, held / lasted * around)
    return density
