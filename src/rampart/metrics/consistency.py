"""Is an estimate as good as it says? NEES and NIS, coverage of regions, CRPS and PIT.

Sources: Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to Tracking and Navigation", 2001,
section 5.4; Clopper, Pearson, 1934; Gneiting, Raftery, "Strictly proper scoring rules", 2007.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, gammaincinv, ndtr, ndtri

from rampart.metrics.paths import Floats

LEVELS: Final = (0.50, 0.90, 0.99)
"""The regions that a statement of doubt is judged by."""


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `of`, as a share with its two-sided exact interval; `level` is what was claimed."""

    level: float
    count: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """count / of; nan of nothing."""
        return self.count / self.of if self.of else float("nan")


@dataclass(frozen=True, slots=True)
class Anees:
    """Average normalised squared error over n samples of k components, divided by k: ideal value 1.

    `low` and `high` bound it with the stated confidence if the covariances are right and the errors
    independent and Gaussian.
    """

    value: float
    low: float
    high: float

    @property
    def consistent(self) -> bool:
        """Whether the value lies within its bounds."""
        return self.low <= self.value <= self.high


def nees(error: npt.ArrayLike, covariance: npt.ArrayLike) -> Floats:
    """Normalised squared error eᵀ P⁻¹ e of each sample, (n,), from (n, k) errors and (n, k, k) covariances.

    With innovations and their covariances this is the NIS.
    """
    e = np.asarray(error, float)
    p = np.asarray(covariance, float)
    return np.asarray(np.einsum("ni,ni->n", e, np.linalg.solve(p, e[..., None])[..., 0]))


def anees(values: npt.ArrayLike, components: int, confidence: float = 0.95) -> Anees:
    """`Anees` of NEES or NIS `values` (n,) of errors with `components` components.

    Raises ValueError where there are no values.
    """
    v = np.asarray(values, float)
    if not v.size:
        raise ValueError("no values to average")
    dof = v.size * components  # Σ NEES ~ chi² with n k degrees of freedom
    low, high = (_chi2_quantile((1 + s * confidence) / 2, dof) / dof for s in (-1, 1))
    return Anees(float(v.mean() / components), float(low), float(high))


def clopper_pearson(count: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact two-sided interval of a share of which `count` of `of` were seen; (0, 1) of nothing."""
    a = (1 - confidence) / 2
    low = betaincinv(count, of - count + 1, a) if count else 0.0
    high = betaincinv(count + 1, of - count, 1 - a) if count < of else 1.0
    return float(low), float(high)


def coverage(
    error: npt.ArrayLike, covariance: npt.ArrayLike, levels: Sequence[float] = LEVELS
) -> tuple[Share, ...]:
    """How many errors (n, k) lie inside the ellipses of (n, k, k) covariances that claim `levels`."""
    d2 = nees(error, covariance)
    k = np.asarray(error).shape[-1]
    return tuple(_share(level, d2 <= _chi2_quantile(level, k)) for level in levels)


def interval_coverage(
    low: npt.ArrayLike, high: npt.ArrayLike, value: npt.ArrayLike, level: float = 0.90
) -> Share:
    """How many values (n,) lie in their closed intervals [low, high] that claim `level`."""
    v = np.asarray(value, float)
    return _share(level, (np.asarray(low, float) <= v) & (v <= np.asarray(high, float)))


def _share(level: float, inside: npt.NDArray[np.bool_]) -> Share:
    count, of = int(inside.sum()), int(inside.size)
    return Share(level, count, of, *clopper_pearson(count, of))


def pit_gaussian(mean: npt.ArrayLike, sigma: npt.ArrayLike, value: npt.ArrayLike) -> Floats:
    """Probability integral transform F(value) of Gaussian forecasts, uniform if they are honest."""
    return np.asarray(ndtr((np.asarray(value, float) - mean) / np.asarray(sigma, float)))


def crps_gaussian(mean: npt.ArrayLike, sigma: npt.ArrayLike, value: npt.ArrayLike) -> Floats:
    """Continuous ranked probability score of Gaussian forecasts, in the unit of the value (0 is ideal).

    CRPS = sigma (z (2 Φ(z) - 1) + 2 φ(z) - 1/√π), z = (value - mean) / sigma.
    """
    s = np.asarray(sigma, float)
    z = (np.asarray(value, float) - mean) / s
    return np.asarray(s * (z * (2 * ndtr(z) - 1) + 2 * _phi(z) - 1 / np.sqrt(np.pi)))


def pit_quantiles(levels: Sequence[float], quantiles: npt.ArrayLike, value: float) -> float:
    """F(value) of the forecast whose quantiles at `levels` are given; see `crps_quantiles`."""
    knots, means, sigmas = _pieces(levels, quantiles)
    i = int(np.searchsorted(knots, value, side="right"))  # F holds what lies at the value itself
    if sigmas[i] == 0:
        return float(value >= means[i])
    return float(ndtr((value - means[i]) / sigmas[i]))


def crps_quantiles(levels: Sequence[float], quantiles: npt.ArrayLike, value: float) -> float:
    """CRPS of the forecast whose quantiles at `levels` are given, in the unit of the value.

    Between neighbouring quantiles the forecast is the Gaussian through both, beyond the outer ones the
    Gaussian of the outermost pair: exact where the quantiles are a Gaussian's.
    Raises ValueError unless there are two levels or more, and both sequences increase (quantiles weakly).
    """
    knots, means, sigmas = _pieces(levels, quantiles)
    edges = np.concatenate([[-np.inf], knots, [np.inf]])
    total = 0.0
    for low, high, m, s in zip(edges[:-1], edges[1:], means, sigmas, strict=True):
        # CRPS = ∫ (F(y) - 1{y >= value})² dy, piece by piece, split at the value
        below, above = min(high, value), max(low, value)
        if s == 0:  # a step at m: F is 0 before and 1 after it
            total += max(below - max(low, m), 0.0)
            total += max(min(high, m) - above, 0.0)
            continue
        if below > low:
            total += s * (_square((below - m) / s) - _square((low - m) / s))
        if high > above:
            total += s * (_square((m - above) / s) - _square((m - high) / s))
    return float(total)


def _pieces(levels: Sequence[float], quantiles: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """(knots, mean and sigma of the Gaussian below, between and above them)."""
    q, z = np.asarray(quantiles, float), ndtri(np.asarray(levels, float))
    if len(q) != len(z) or len(z) < 2 or (np.diff(z) <= 0).any() or (np.diff(q) < 0).any():
        raise ValueError(f"levels {tuple(levels)} and quantiles {q.tolist()} must both increase")
    s = np.diff(q) / np.diff(z)
    m = q[:-1] - s * z[:-1]
    return q[1:-1], m, s


def _chi2_quantile(p: float, dof: float) -> float:
    return float(2 * gammaincinv(dof / 2, p))


def _phi(z: npt.ArrayLike) -> Floats:
    return np.asarray(np.exp(-np.square(z) / 2) / np.sqrt(2 * np.pi))


def _square(z: float) -> float:
    """∫ Φ(t)² dt from -inf to z = z Φ² + 2 Φ φ - Φ(√2 z)/√π."""
    if z == -np.inf:
        return 0.0
    p = ndtr(z)
    return float(z * p * p + 2 * p * _phi(z) - ndtr(np.sqrt(2) * z) / np.sqrt(np.pi))
