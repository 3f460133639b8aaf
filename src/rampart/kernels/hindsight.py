"""What a free flight was at its first plot, given all that followed.

The filter is run against time: from the last plot back to the first, begun with next to no knowledge. Where it
ends it has seen every plot, and nothing twice, so that its state is the smoothed one; no transition has to be
kept or inverted, as a Rauch-Tung-Striebel pass does.
Source: the information filter run backwards, of the two that Fraser and Potter (1969) combine.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel
from rampart.kernels.imm import BALLISTIC, MODELS, Work, hypothesise
from rampart.kernels.transition import N, predict_ballistic

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# one sigma of what is known before the last plot: hundreds of times what it tells, and yet nearly linear
PLACE_M: Final = 1e3
SPEED_MPS: Final = 300.0


@allocating_kernel
def flown_back(
    t_s: Array, numbers: Array, variances: Array, axes: Array, place: Array, near: Array, env: Array,
    q_accel: float, q_drag: float, drag_sigma: float, gate: float, work: Work, mean: Array, cov: Array,
) -> tuple[int, int]:  # fmt: skip
    """State (7,) and covariance (7, 7) in `mean` and `cov` at the first plot that free flight explains; returns
    which one that is, and how many plots were passed over: those of the burn are.

    t_s (n,) ascending, numbers (n, 5) and variances (n, 5) as `hypothesise` takes them, of one sensor with
    `axes` and `place`. `near` (7,): a state at t_s[-1] to linearise about, of which nothing is believed but
    its drag, to `drag_sigma` of q. `q_accel` (m²/s³), `q_drag` (1/s): densities of white acceleration, here
    what wind, drift and drag curve push over so many seconds, and of the walk of q. `gate`: the largest
    squared distance of a plot that belongs to the flight.
    """
    x, P, mu = np.zeros((1, MODELS, N)), np.zeros((1, MODELS, N, N)), np.zeros((1, MODELS))
    mu[0, BALLISTIC] = 1.0
    x[0, BALLISTIC] = near
    for a in range(3):
        P[0, BALLISTIC, a, a] = PLACE_M**2
        P[0, BALLISTIC, 3 + a, 3 + a] = SPEED_MPS**2
    P[0, BALLISTIC, 6, 6] = drag_sigma**2
    passed, first = 0, t_s.size - 1
    for i in range(t_s.size - 1, -1, -1):
        mean[:] = x[0, BALLISTIC]
        cov[:] = P[0, BALLISTIC]
        if i < first:
            dt = t_s[i] - t_s[first]
            predict_ballistic(x, P, 0, BALLISTIC, dt, env, q_accel, q_drag, work.G, work.T)
        _, distance2 = hypothesise(x, P, mu, 0, numbers[i], variances[i], axes, place, env, work)
        if distance2 <= gate:
            first = i
        else:
            x[0, BALLISTIC] = mean
            P[0, BALLISTIC] = cov
            passed += 1
        mu[0, BALLISTIC] = 1.0
    mean[:] = x[0, BALLISTIC]
    cov[:] = P[0, BALLISTIC]
    return first, passed


@allocating_kernel
def all_flown_back(
    ends: Ints, t_s: Array, numbers: Array, variances: Array, sensor: Ints, axes: Array, places: Array,
    near: Array, env: Array, q_accel: float, q_drag: float, drag_sigma: float, gate: float, work: Work,
    mean: Array, cov: Array, first: Ints, passed: Ints,
) -> None:  # fmt: skip
    """`flown_back` of many flights: of flight k the plots up to ends[k] of those that no flight before has, of
    sensor[k] with axes[sensor[k]] and places[sensor[k]]. `near`, `mean` (n, 7), `cov` (n, 7, 7); `first` and
    `passed` (n,): what it returns."""
    begin = 0
    for k in range(ends.size):
        end, s = ends[k], sensor[k]
        first[k], passed[k] = flown_back(
            t_s[begin:end], numbers[begin:end], variances[begin:end], axes[s], places[s], near[k], env,
            q_accel, q_drag, drag_sigma, gate, work, mean[k], cov[k],
        )  # fmt: skip
        begin = end
