"""What a sensor reads of one model of one track, and what one measured number does to that model.

Tables as in `transition`: x[row, model, 7] and P[row, model, 7, 7], worked on in place.
Source: sequential scalar updates of the extended Kalman filter (Bar-Shalom, Li, Kirubarajan 2001,
ch. 7 and 10).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import kernel
from rampart.kernels.atmosphere import ALTITUDE, RADIUS

Array = npt.NDArray[np.float64]

LOG_2PI: Final = math.log(2.0 * math.pi)

# Order of the numbers of a plot.
RANGE: Final = 0
AZIMUTH: Final = 1
ELEVATION: Final = 2
RANGE_RATE: Final = 3
HEIGHT: Final = 4


@kernel
def wrap_angle(angle: float) -> float:
    """`angle` in [-pi, pi)."""
    return angle - 2.0 * math.pi * math.floor((angle + math.pi) / (2.0 * math.pi))


# What a sensor reads of model j of row i, each with its gradient in site ENU. `axes` (3, 3) and
# `place` (3,) belong to the sensor: x_site = place + axes x_sensor.


@kernel
def range_of(x: Array, i: int, j: int, place: Array) -> tuple[float, float, float, float]:
    """(range m, gradient by position)."""
    e, n, u = x[i, j, 0] - place[0], x[i, j, 1] - place[1], x[i, j, 2] - place[2]
    r = max(math.sqrt(e * e + n * n + u * u), 1.0)
    return r, e / r, n / r, u / r


@kernel
def azimuth_of(
    x: Array, i: int, j: int, axes: Array, place: Array
) -> tuple[float, float, float, float]:
    """(azimuth rad, gradient by position)."""
    e, n, u = x[i, j, 0] - place[0], x[i, j, 1] - place[1], x[i, j, 2] - place[2]
    de = axes[0, 0] * e + axes[1, 0] * n + axes[2, 0] * u  # d = Rᵀ (p - place)
    dn = axes[0, 1] * e + axes[1, 1] * n + axes[2, 1] * u
    flat2 = max(de * de + dn * dn, 1.0)
    ge, gn = dn / flat2, -de / flat2
    return (
        math.atan2(de, dn),
        axes[0, 0] * ge + axes[0, 1] * gn,
        axes[1, 0] * ge + axes[1, 1] * gn,
        axes[2, 0] * ge + axes[2, 1] * gn,
    )


@kernel
def elevation_of(
    x: Array, i: int, j: int, axes: Array, place: Array
) -> tuple[float, float, float, float]:
    """(elevation rad, gradient by position)."""
    e, n, u = x[i, j, 0] - place[0], x[i, j, 1] - place[1], x[i, j, 2] - place[2]
    de = axes[0, 0] * e + axes[1, 0] * n + axes[2, 0] * u
    dn = axes[0, 1] * e + axes[1, 1] * n + axes[2, 1] * u
    du = axes[0, 2] * e + axes[1, 2] * n + axes[2, 2] * u
    flat2 = max(de * de + dn * dn, 1.0)
    flat = math.sqrt(flat2)
    r2 = flat2 + du * du
    ge, gn, gu = -de * du / (flat * r2), -dn * du / (flat * r2), flat / r2
    return (
        math.atan2(du, flat),
        axes[0, 0] * ge + axes[0, 1] * gn + axes[0, 2] * gu,
        axes[1, 0] * ge + axes[1, 1] * gn + axes[1, 2] * gu,
        axes[2, 0] * ge + axes[2, 1] * gn + axes[2, 2] * gu,
    )


@kernel
def height_of(x: Array, i: int, j: int, env: Array) -> tuple[float, float, float, float]:
    """(height above the ellipsoid m, gradient by position): h = U + (E² + N²) / 2R + site height."""
    e, n, radius = x[i, j, 0], x[i, j, 1], env[RADIUS]
    return (
        x[i, j, 2] + (e * e + n * n) / (2.0 * radius) + env[ALTITUDE],
        e / radius,
        n / radius,
        1.0,
    )


@kernel
def range_rate_of(
    x: Array, i: int, j: int, place: Array
) -> tuple[float, float, float, float, float, float, float]:
    """(range rate m/s, gradient by position, gradient by velocity = line of sight)."""
    r, ue, un, uu = range_of(x, i, j, place)
    ve, vn, vu = x[i, j, 3], x[i, j, 4], x[i, j, 5]
    rate = ue * ve + un * vn + uu * vu
    # d(d.v / r)/dp = (v - (d.v / r) d / r) / r
    return rate, (ve - rate * ue) / r, (vn - rate * un) / r, (vu - rate * uu) / r, ue, un, uu


@kernel
def quadratic(
    P: Array, i: int, j: int, r: int, c: int, a0: float, a1: float, a2: float,
    b0: float, b1: float, b2: float,
) -> float:  # fmt: skip
    """aᵀ B b, B the 3 x 3 block of P[i, j] at row `r`, column `c`."""
    return float(
        a0 * (P[i, j, r, c] * b0 + P[i, j, r, c + 1] * b1 + P[i, j, r, c + 2] * b2)
        + a1 * (P[i, j, r + 1, c] * b0 + P[i, j, r + 1, c + 1] * b1 + P[i, j, r + 1, c + 2] * b2)
        + a2 * (P[i, j, r + 2, c] * b0 + P[i, j, r + 2, c + 1] * b1 + P[i, j, r + 2, c + 2] * b2)
    )


@kernel
def update_place(
    x: Array, P: Array, i: int, j: int, innovation: float, variance: float,
    h0: float, h1: float, h2: float,
) -> tuple[float, float]:  # fmt: skip
    """Update (i, j) with a number that depends on position; returns (its variance s, innovation² / s)."""
    # P hᵀ
    k0 = P[i, j, 0, 0] * h0 + P[i, j, 0, 1] * h1 + P[i, j, 0, 2] * h2
    k1 = P[i, j, 1, 0] * h0 + P[i, j, 1, 1] * h1 + P[i, j, 1, 2] * h2
    k2 = P[i, j, 2, 0] * h0 + P[i, j, 2, 1] * h1 + P[i, j, 2, 2] * h2
    k3 = P[i, j, 3, 0] * h0 + P[i, j, 3, 1] * h1 + P[i, j, 3, 2] * h2
    k4 = P[i, j, 4, 0] * h0 + P[i, j, 4, 1] * h1 + P[i, j, 4, 2] * h2
    k5 = P[i, j, 5, 0] * h0 + P[i, j, 5, 1] * h1 + P[i, j, 5, 2] * h2
    k6 = P[i, j, 6, 0] * h0 + P[i, j, 6, 1] * h1 + P[i, j, 6, 2] * h2
    s = h0 * k0 + h1 * k1 + h2 * k2 + variance  # s = h P hᵀ + r
    return _correct(x, P, i, j, innovation, s, k0, k1, k2, k3, k4, k5, k6)


@kernel
def update_rate(
    x: Array, P: Array, i: int, j: int, innovation: float, variance: float,
    h0: float, h1: float, h2: float, h3: float, h4: float, h5: float,
) -> tuple[float, float]:  # fmt: skip
    """Update (i, j) with a number that depends on position and velocity; returns as `update_place`."""
    k0 = _row(P, i, j, 0, h0, h1, h2, h3, h4, h5)
    k1 = _row(P, i, j, 1, h0, h1, h2, h3, h4, h5)
    k2 = _row(P, i, j, 2, h0, h1, h2, h3, h4, h5)
    k3 = _row(P, i, j, 3, h0, h1, h2, h3, h4, h5)
    k4 = _row(P, i, j, 4, h0, h1, h2, h3, h4, h5)
    k5 = _row(P, i, j, 5, h0, h1, h2, h3, h4, h5)
    k6 = _row(P, i, j, 6, h0, h1, h2, h3, h4, h5)
    s = h0 * k0 + h1 * k1 + h2 * k2 + h3 * k3 + h4 * k4 + h5 * k5 + variance
    return _correct(x, P, i, j, innovation, s, k0, k1, k2, k3, k4, k5, k6)


@kernel
def _row(
    P: Array,
    i: int,
    j: int,
    a: int,
    h0: float,
    h1: float,
    h2: float,
    h3: float,
    h4: float,
    h5: float,
) -> float:
    return float(
        P[i, j, a, 0] * h0 + P[i, j, a, 1] * h1 + P[i, j, a, 2] * h2
        + P[i, j, a, 3] * h3 + P[i, j, a, 4] * h4 + P[i, j, a, 5] * h5
    )  # fmt: skip


@kernel
def _correct(
    x: Array, P: Array, i: int, j: int, innovation: float, s: float,
    k0: float, k1: float, k2: float, k3: float, k4: float, k5: float, k6: float,
) -> tuple[float, float]:  # fmt: skip
    """x <- x + k s⁻¹ innovation, P <- P - k s⁻¹ kᵀ with k = P hᵀ: symmetric by construction."""
    root = 1.0 / math.sqrt(s)
    w0, w1, w2, w3, w4, w5, w6 = (
        k0 * root, k1 * root, k2 * root, k3 * root, k4 * root, k5 * root, k6 * root,
    )  # fmt: skip
    d = innovation * root
    x[i, j, 0] += w0 * d
    x[i, j, 1] += w1 * d
    x[i, j, 2] += w2 * d
    x[i, j, 3] += w3 * d
    x[i, j, 4] += w4 * d
    x[i, j, 5] += w5 * d
    x[i, j, 6] += w6 * d
    _take(P, i, j, 0, w0, w0, w1, w2, w3, w4, w5, w6)
    _take(P, i, j, 1, w1, w0, w1, w2, w3, w4, w5, w6)
    _take(P, i, j, 2, w2, w0, w1, w2, w3, w4, w5, w6)
    _take(P, i, j, 3, w3, w0, w1, w2, w3, w4, w5, w6)
    _take(P, i, j, 4, w4, w0, w1, w2, w3, w4, w5, w6)
    _take(P, i, j, 5, w5, w0, w1, w2, w3, w4, w5, w6)
    _take(P, i, j, 6, w6, w0, w1, w2, w3, w4, w5, w6)
    return s, d * d


@kernel
def _take(
    P: Array, i: int, j: int, a: int, wa: float,
    w0: float, w1: float, w2: float, w3: float, w4: float, w5: float, w6: float,
) -> None:  # fmt: skip
    P[i, j, a, 0] -= wa * w0
    P[i, j, a, 1] -= wa * w1
    P[i, j, a, 2] -= wa * w2
    P[i, j, a, 3] -= wa * w3
    P[i, j, a, 4] -= wa * w4
    P[i, j, a, 5] -= wa * w5
    P[i, j, a, 6] -= wa * w6
