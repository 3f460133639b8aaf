"""Is an estimate as good as it says? NEES and NIS, coverage of regions, CRPS and PIT.

Sources: Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to Tracking and Navigation", 2001,
section 5.4; Clopper, Pearson, 1934; Gneiting, Raftery, "Strictly proper scoring rules", 2007.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, gammaincinv, ndtr, ndtri

from rampart.metrics.paths import Floats

LEVELS: Final = (0.50, 0.90, 0.99)
"""The regions that a statement of doubt is judged by."""

_ASYMMETRY: Final = 1e-6  # of √(P_ii P_jj): what rounding may leave between P_ij and P_ji


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

    With innovations and their covariances this is the NIS. Raises ValueError where shapes do not agree, an
    error is not finite, or a covariance is not symmetric and positive definite, and names the first such row.
    """
    e = np.asarray(error, float)
    p = np.asarray(covariance, float)
    if e.ndim != 2 or p.shape != (*e.shape, e.shape[1]):
        raise ValueError(
            f"found errors of shape {e.shape} and covariances of {p.shape}; allowed: (n, k) and (n, k, k)"
        )
    if (strange := np.flatnonzero(~np.isfinite(e).all(axis=1))).size:
        raise ValueError(
            f"error of row {strange[0]}: found {e[strange[0]]}; allowed: finite numbers"
        )
    # P = L Lᵀ, so eᵀ P⁻¹ e = |L⁻¹ e|²
    return np.asarray(np.square(np.linalg.solve(_factors(p), e[..., None])).sum(axis=(1, 2)))


def _factors(p: Floats) -> Floats:
    """Lower Cholesky factors (n, k, k) of covariances of that shape; ValueError where one has none."""
    sigma = np.sqrt(np.abs(np.einsum("nii->ni", p)))
    with np.errstate(invalid="ignore"):  # ∞ - ∞ is nan, which is not even
        uneven = np.abs(p - p.swapaxes(1, 2))
    even = (uneven <= _ASYMMETRY * sigma[:, :, None] * sigma[:, None, :]).all(axis=(1, 2))
    try:
        if even.all():
            return np.asarray(np.linalg.cholesky(p))
    except np.linalg.LinAlgError:
        pass  # of some row, and numpy does not tell of which
    row = next(i for i in range(len(p)) if not (even[i] and _has_factor(p[i])))
    raise ValueError(
        f"covariance of row {row}: found {p[row].tolist()}; allowed: symmetric and positive definite"
    )


def _has_factor(p: Floats) -> bool:
    try:
        np.linalg.cholesky(p)
    except np.linalg.LinAlgError:
        return False
    return True


def anees(values: npt.ArrayLike, components: int, confidence: float = 0.95) -> Anees:
    """`Anees` of NEES or NIS `values` (n,) of errors with `components` components.

    Raises ValueError where there are no values, one is negative or not finite, `components` is not from 1 or
    `confidence` not between 0 and 1.
    """
    v = np.asarray(values, float)
    if not v.size:
        raise ValueError("no values to average")
    if not (np.isfinite(v) & (v >= 0)).all():
        raise ValueError(f"values from {v.min()} to {v.max()}; allowed: finite, 0 or more")
    if components < 1:
        raise ValueError(f"components: found {components}; allowed: 1 or more")
    _check_probabilities("confidence", confidence)
    dof = v.size * components  # Σ NEES ~ chi² with n k degrees of freedom
    low, high = (_chi2_quantile((1 + s * confidence) / 2, dof) / dof for s in (-1, 1))
    return Anees(float(v.mean() / components), float(low), float(high))


def clopper_pearson(count: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact two-sided interval of a share of which `count` of `of` were seen; (0, 1) of nothing.

    Raises ValueError unless 0 <= count <= of and `confidence` lies between 0 and 1.
    """
    if not 0 <= count <= of:
        raise ValueError(f"found {count} of {of}; allowed: from 0 of them to all")
    _check_probabilities("confidence", confidence)
    a = (1 - confidence) / 2
    low = betaincinv(count, of - count + 1, a) if count else 0.0
    high = betaincinv(count + 1, of - count, 1 - a) if count < of else 1.0
    return float(low), float(high)


def coverage(
    error: npt.ArrayLike, covariance: npt.ArrayLike, levels: Sequence[float] = LEVELS
) -> tuple[Share, ...]:
    """How many errors (n, k) lie inside the ellipses of (n, k, k) covariances that claim `levels`.

    Raises ValueError as `nees` does, and unless all levels lie between 0 and 1.
    """
    _check_probabilities("levels", levels)
    d2 = nees(error, covariance)
    k = np.asarray(error).shape[-1]
    return tuple(_share(level, d2 <= _chi2_quantile(level, k)) for level in levels)


def interval_coverage(
    low: npt.ArrayLike, high: npt.ArrayLike, value: npt.ArrayLike, level: float = 0.90
) -> Share:
    """How many values (n,) lie in their closed intervals [low, high], (n,) each, that claim `level`.

    Raises ValueError where shapes do not agree, anything is nan, a low end lies above its high end, or
    `level` not between 0 and 1.
    """
    _check_probabilities("level", level)
    a, b, v = (np.asarray(x, float) for x in (low, high, value))
    if not a.shape == b.shape == v.shape:
        raise ValueError(
            f"low, high and value: found shapes {a.shape}, {b.shape}, {v.shape}; allowed: the same"
        )
    if (strange := np.flatnonzero(~(a <= b) | np.isnan(v))).size:
        i = strange[0]
        raise ValueError(
            f"row {i}: found low {a.flat[i]}, high {b.flat[i]}, value {v.flat[i]}; "
            "allowed: low not above high, and no nan"
        )
    return _share(level, (a <= v) & (v <= b))


def _share(level: float, inside: npt.NDArray[np.bool_]) -> Share:
    count, of = int(inside.sum()), int(inside.size)
    return Share(level, count, of, *clopper_pearson(count, of))


def pit_gaussian(mean: npt.ArrayLike, sigma: npt.ArrayLike, value: npt.ArrayLike) -> Floats:
    """Probability integral transform F(value) of Gaussian forecasts, uniform if they are honest.

    Raises ValueError unless every sigma is positive and finite.
    """
    return np.asarray(ndtr((np.asarray(value, float) - mean) / _positive(sigma)))


def crps_gaussian(mean: npt.ArrayLike, sigma: npt.ArrayLike, value: npt.ArrayLike) -> Floats:
    """Continuous ranked probability score of Gaussian forecasts, in the unit of the value (0 is ideal).

    CRPS = sigma (z (2 Φ(z) - 1) + 2 φ(z) - 1/√π), z = (value - mean) / sigma.
    Raises ValueError unless every sigma is positive and finite.
    """
    s = _positive(sigma)
    z = (np.asarray(value, float) - mean) / s
    return np.asarray(s * (z * (2 * ndtr(z) - 1) + 2 * _phi(z) - 1 / np.sqrt(np.pi)))


def pit_quantiles(levels: Sequence[float], quantiles: npt.ArrayLike, value: float) -> float:
    """F(value) of the forecast whose quantiles at `levels` are given; see `crps_quantiles`."""
    knots, means, sigmas = _pieces(levels, quantiles, value)
    i = int(np.searchsorted(knots, value, side="right"))  # F holds what lies at the value itself
    if sigmas[i] == 0:
        return float(value >= means[i])
    return float(ndtr((value - means[i]) / sigmas[i]))


def crps_quantiles(levels: Sequence[float], quantiles: npt.ArrayLike, value: float) -> float:
    """CRPS of the forecast whose quantiles at `levels` are given, in the unit of the value.

    Between neighbouring quantiles the forecast is the Gaussian through both, beyond the outer ones the
    Gaussian of the outermost pair: exact where the quantiles are a Gaussian's.
    Raises ValueError unless there are two levels or more, all between 0 and 1, both sequences increase
    (quantiles weakly), and quantiles and value are finite.
    """
    knots, means, sigmas = _pieces(levels, quantiles, value)
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


def _pieces(
    levels: Sequence[float], quantiles: npt.ArrayLike, value: float
) -> tuple[Floats, Floats, Floats]:
    """(knots, mean and sigma of the Gaussian below, between and above them), of a checked forecast."""
    _check_probabilities("levels", levels)
    q, z = np.asarray(quantiles, float), ndtri(np.asarray(levels, float))
    if not (np.isfinite(q).all() and math.isfinite(value)):
        raise ValueError(f"found quantiles {q.tolist()}, value {value}; allowed: finite numbers")
    if len(q) != len(z) or len(z) < 2 or (np.diff(z) <= 0).any() or (np.diff(q) < 0).any():
        raise ValueError(f"levels {tuple(levels)} and quantiles {q.tolist()} must both increase")
    s = np.diff(q) / np.diff(z)
    m = q[:-1] - s * z[:-1]
    return q[1:-1], m, s


def _check_probabilities(name: str, found: npt.ArrayLike) -> None:
    p = np.asarray(found, float)
    if not ((p > 0) & (p < 1)).all():
        raise ValueError(f"{name}: found {p.tolist()}; allowed: between 0 and 1")


def _positive(sigma: npt.ArrayLike) -> Floats:
    s = np.asarray(sigma, float)
    if not ((s > 0) & np.isfinite(s)).all():
        raise ValueError(f"sigma: found {s.min()} to {s.max()}; allowed: finite, above 0")
    return s


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
