"""How likely a radar's next look shows a target, from the strength of the echoes that it has shown so far.

An echo that fluctuates from look to look (Swerling 1, any number of pulses) has a power, in units of noise,
that is nearly exponential, and is plotted where it passes a threshold T. An exponential has no memory: what
passes T does so by an amount of the same mean M. So the plots alone, without the looks that showed nothing,
tell M without bias, and Pd = exp(-T / M). Source: Richards, *Fundamentals of Radar Signal Processing*, ch. 6;
for one pulse exactly its Pd = Pfa^(1 / (1 + S)), with M = 1 + S and 1 + T = -ln Pfa in the place of T.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import woven_kernel

Array = npt.NDArray[np.float64]

LEAST_PD: Final = 0.05  # no look, and no missed one, counts for everything
MOST_PD: Final = 0.995
MEMORY_PLOTS: Final = 5.0
"""Plots that count: the cross-section of what turns changes. Of 3, 5, 10, 20 and all, on far drones: all was
best where it never changes (seeds 21 to 30), 5 where it swings by 6 dB in 40 s (seeds 21 to 26)."""


MOST_MEANS: Final = 10.0
"""An excess of more means, e^-10 of all, is of something else: a glint, or another target. It counts as so
many, or one plot would stand for all that follow."""


@woven_kernel
def add_echo(echoes: Array, snr_db: float, range_m: float, threshold: float) -> None:
    """Add a plot to `echoes` (2,): sum of its excess times R⁴ (units of noise, km⁴), and plots; both fade.

    threshold: T, in units of noise.
    """
    keep = 1.0 - 1.0 / MEMORY_PLOTS
    spread = (1e-3 * range_m) ** 4
    mean = echoes[0] / echoes[1] / spread if echoes[1] > 0.0 else 0.0
    excess = max(10.0 ** (0.1 * snr_db) - threshold, 0.0)
    excess = min(excess, MOST_MEANS * max(mean, threshold))
    echoes[0] = keep * echoes[0] + excess * spread
    echoes[1] = keep * echoes[1] + 1.0


@woven_kernel
def look_pd(echoes: Array, range_m: float, threshold: float, declared: float) -> float:
    """Probability that a look at `range_m` shows the target of `echoes`; `declared` before its first plot.

    M falls with R⁴. Where the belief about it is inverse gamma of shape a and scale b, n plots make that a + n
    and b + sum of excess, and Pd = E[exp(-T / M)] = (1 + T / b)^-(a + n). What is declared counts as one plot:
    a = 1, with b such that Pd without any is the declared one.
    """
    plots = echoes[1]
    if plots == 0.0:
        return declared
    b = threshold * declared / (1.0 - declared) + echoes[0] / (1e-3 * range_m) ** 4
    pd = (1.0 + threshold / b) ** -(1.0 + plots)
    return float(min(max(pd, LEAST_PD), MOST_PD))
