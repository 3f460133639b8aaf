"""Detection statistics of a pulsed radar with a square-law detector, exact.

The statistic y is the sum over n pulses of |signal + noise|², noise power 1: false alarms are
Gamma(n), a steady target of mean power S a pulse makes 2y non-central chi-square (2n degrees, 2nS).
A fluctuating target's total power x is Gamma(K, scale nS/K), K = 1, n, 2, 2n for Swerling 1 to 4.
Source: Richards, *Fundamentals of Radar Signal Processing*, ch. 6; Swerling, RAND RM-1217.
"""

from __future__ import annotations

import math
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from scipy import special  # stats and optimize would cost every run a second to import

Swerling = Literal[0, 1, 2, 3, 4, 5]
_HIGHEST_DB: Final = 80.0


def threshold(pfa: float, pulses: int) -> float:
    """T with P[Gamma(pulses) > T] = pfa."""
    return float(special.gammainccinv(pulses, pfa))


def probability_of_detection(
    snr_db: npt.ArrayLike, pfa: float, pulses: int = 1, swerling: Swerling = 1
) -> npt.NDArray[np.float64] | float:
    """Pd at a mean signal-to-noise ratio per pulse, dB; of the shape of `snr_db`.

    `swerling` 0 or 5: steady. Raises ValueError where pfa is not in (0, 1), pulses < 1, or the case
    does not exist.
    """
    if not 0.0 < pfa < 1.0:
        raise ValueError(f"pfa: found {pfa}; allowed: between 0 and 1")
    if pulses < 1:
        raise ValueError(f"pulses: found {pulses}; allowed: 1 or more")
    if swerling not in (0, 1, 2, 3, 4, 5):
        raise ValueError(f"swerling: found {swerling}; allowed: 0 to 5")
    snr = 10.0 ** (np.asarray(snr_db, float) / 10.0)
    pd = np.vectorize(_pd, otypes=[float])(snr, threshold(pfa, pulses), pulses, swerling)
    return float(pd) if pd.ndim == 0 else pd


def required_snr_db(pd: float, pfa: float, pulses: int = 1, swerling: Swerling = 1) -> float:
    """Mean SNR per pulse, dB, at which the probability of detection is `pd`."""

    def excess(snr_db: float) -> float:
        return float(probability_of_detection(snr_db, pfa, pulses, swerling)) - pd

    # bisection; Pd grows with the SNR
    low, high = -30.0, _HIGHEST_DB
    if excess(low) > 0.0 or excess(high) < 0.0:
        raise ValueError(f"pd: found {pd}; allowed: what {low} to {high} dB give")
    while high - low > 1e-9:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) < 0.0 else (low, middle)
    return high


def shape_of(pulses: int, swerling: Swerling) -> float:
    """Gamma shape K of the fluctuation; inf for a steady target."""
    return {0: math.inf, 5: math.inf, 1: 1.0, 2: pulses, 3: 2.0, 4: 2.0 * pulses}[swerling]


def draw_statistic(
    snr: npt.NDArray[np.float64], pulses: int, swerling: Swerling, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """One look at each target: the detector's statistic y for mean SNRs (linear, per pulse)."""
    shape = shape_of(pulses, swerling)
    total = pulses * np.asarray(snr, float)
    power = total if math.isinf(shape) else rng.gamma(shape, 1.0, total.shape) * total / shape
    return np.asarray(0.5 * rng.noncentral_chisquare(2 * pulses, 2.0 * power))


def _pd(snr: float, level: float, pulses: int, swerling: Swerling) -> float:
    shape = shape_of(pulses, swerling)
    # Given x, y is Gamma(n + k) with k ~ Poisson(x); with x ~ Gamma(K, scale) k is negative binomial:
    # Pd = 1 - sum_k p(k) P[Gamma(n + k) <= T], whose terms vanish beyond k ~ T
    k = np.arange(int(level + 12.0 * math.sqrt(level)) + 60)
    if math.isinf(shape):
        log_p = special.xlogy(k, pulses * snr) - pulses * snr - special.gammaln(k + 1.0)
    else:
        # NB(k; K, 1/(1 + scale)) = Gamma(k + K) / (k! Gamma(K)) scale^k / (1 + scale)^(k + K)
        scale = pulses * snr / shape
        log_p = special.gammaln(k + shape) - special.gammaln(k + 1.0) - special.gammaln(shape)
        log_p += special.xlogy(k, scale) - (k + shape) * math.log1p(scale)
    return float(1.0 - (np.exp(log_p) * special.gammainc(pulses + k, level)).sum())
