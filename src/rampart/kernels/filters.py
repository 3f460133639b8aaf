"""One model of one track: how its state and covariance move, and what one measured number does to them.

State x[7] = E N U vE vN vU q, site ENU, m and m/s, q = ln k, k in 1/m the drag at sea-level density
and low Mach number. Tables are x[row, model, 7] and P[row, model, 7, 7]; every function works in
place on one (row, model), so that no array is made in the hot loop.
Sources: extended Kalman filter with scalar updates (Bar-Shalom, Li, Kirubarajan 2001, ch. 7 and 10).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import kernel
from rampart.kernels.atmosphere import (
    ALTITUDE,
    DENSITY,
    GRAVITY,
    OMEGA_NORTH,
    OMEGA_UP,
    RADIUS,
    SHAPE_C0,
    SHAPE_C1,
    SHAPE_MACH,
    SHAPE_WIDTH,
    SOUND,
    density_ratio,
    drag_shape,
    sound_speed,
)

Array = npt.NDArray[np.float64]

N: Final = 7
CHUNK_S: Final = 0.5  # covariance steps; the mean takes two midpoint steps in each
LOG_2PI: Final = math.log(2.0 * math.pi)
DENSITY_SLOPE_PER_M: Final = -1.0e-4  # d ln rho / dh, for the Jacobian only
BURN_S: Final = 2.0  # longest burn of the classes that are looked for
SHAPE_DOUBT: Final = 0.25  # variance of q for a change of ln S by one: the drag rise is a guess


@kernel
def drag_rate(
    e: float, n: float, u: float, speed: float, k: float, env: Array
) -> tuple[float, float]:
    """(k rho/rho0 S(M) in 1/m, S(M)) at a place and speed: the drag deceleration is rate |v| v."""
    h = u + (e * e + n * n) / (2.0 * env[RADIUS]) + env[ALTITUDE]
    mach = speed / (sound_speed(h) * env[SOUND])
    shape = drag_shape(mach, env[SHAPE_C0], env[SHAPE_C1], env[SHAPE_MACH], env[SHAPE_WIDTH])
    return k * density_ratio(h) * env[DENSITY] * shape, shape


@kernel
def fall(
    e: float, n: float, u: float, ve: float, vn: float, vu: float, k: float, env: Array
) -> tuple[float, float, float]:
    """Acceleration of free flight, m/s²: drag, gravity with curvature and g(h), Coriolis."""
    speed = math.sqrt(ve * ve + vn * vn + vu * vu)
    rate, _ = drag_rate(e, n, u, speed, k, env)
    c = rate * speed
    radius = env[RADIUS]
    height = u + (e * e + n * n) / (2.0 * radius) + env[ALTITUDE]
    g = env[GRAVITY] * (1.0 - 2.0 * height / radius)
    wn, wu = env[OMEGA_NORTH], env[OMEGA_UP]
    # dv/dt = -k rho S |v| v - g(h) (E/R, N/R, 1) - 2 Omega x v
    return (
        -c * ve - g * e / radius - 2.0 * (wn * vu - wu * vn),
        -c * vn - g * n / radius - 2.0 * wu * ve,
        -c * vu - g + 2.0 * wn * ve,
    )


@kernel
def midpoint(x: Array, i: int, j: int, dt: float, k: float, env: Array) -> None:
    """Move the mean of (i, j) by one midpoint step of free flight."""
    e, n, u = x[i, j, 0], x[i, j, 1], x[i, j, 2]
    ve, vn, vu = x[i, j, 3], x[i, j, 4], x[i, j, 5]
    ae, an, au = fall(e, n, u, ve, vn, vu, k, env)
    half = 0.5 * dt
    me, mn, mu = ve + half * ae, vn + half * an, vu + half * au
    ae, an, au = fall(e + half * ve, n + half * vn, u + half * vu, me, mn, mu, k, env)
    x[i, j, 0] = e + dt * me
    x[i, j, 1] = n + dt * mn
    x[i, j, 2] = u + dt * mu
    x[i, j, 3] = ve + dt * ae
    x[i, j, 4] = vn + dt * an
    x[i, j, 5] = vu + dt * au


@kernel
def fly_mean(x: Array, i: int, j: int, dt: float, env: Array) -> None:
    """Move the mean of (i, j) by `dt` seconds of free flight, in midpoint steps of at most 0.25 s."""
    k = math.exp(x[i, j, 6])
    steps = max(1, math.ceil(abs(dt) / (0.5 * CHUNK_S) - 1e-9))
    for _ in range(steps):
        midpoint(x, i, j, dt / steps, k, env)


@kernel
def predict_ballistic(
    x: Array,
    P: Array,
    i: int,
    j: int,
    dt: float,
    env: Array,
    q_accel: float,
    q_drag: float,
    G: Array,
    T: Array,
) -> None:
    """Predict (i, j) by `dt` seconds of free flight. `G` (6, 5) and `T` (7, 7) are scratch.

    q_accel: density of white acceleration, m²/s³; q_drag: of the random walk of q, 1/s.
    """
    chunks = max(1, math.ceil(abs(dt) / CHUNK_S - 1e-9))
    h = dt / chunks
    k = math.exp(x[i, j, 6])
    for _ in range(chunks):
        before = math.sqrt(x[i, j, 3] ** 2 + x[i, j, 4] ** 2 + x[i, j, 5] ** 2)
        midpoint(x, i, j, 0.5 * h, k, env)
        steepness = _ballistic_jacobian(x, i, j, h, k, env, G)
        midpoint(x, i, j, 0.5 * h, k, env)
        after = math.sqrt(x[i, j, 3] ** 2 + x[i, j, 4] ** 2 + x[i, j, 5] ** 2)
        _congruence(P, i, j, G, T)
        add_white_acceleration(P, i, j, abs(h), q_accel)
        # where Cd(M) is steep its shape is doubtful, and q must follow what the air does
        P[i, j, 6, 6] += q_drag * abs(h) + SHAPE_DOUBT * steepness * abs(after - before)


@kernel
def _ballistic_jacobian(
    x: Array, i: int, j: int, dt: float, k: float, env: Array, G: Array
) -> float:
    """G (6, 5) = columns U, vE, vN, vU, q of F - [I 0; 0 0] over `dt`, linearised at the present mean.

    Returns d ln S / d|v|, s/m.
    """
    v2 = x[i, j, 3] ** 2 + x[i, j, 4] ** 2 + x[i, j, 5] ** 2
    speed = max(math.sqrt(v2), 1e-3)
    rate, shape = drag_rate(x[i, j, 0], x[i, j, 1], x[i, j, 2], speed, k, env)
    height = x[i, j, 2] + env[ALTITUDE]
    sound = sound_speed(height) * env[SOUND]
    s = (speed / sound - env[SHAPE_MACH]) / env[SHAPE_WIDTH]
    root = 1.0 + s * s
    slope = env[SHAPE_C1] / (env[SHAPE_WIDTH] * root * math.sqrt(root))  # dS/dM
    # da/dv = -k rho [S |v| I + (S/|v| + S'/a) v vᵀ]
    outer = rate * (1.0 / speed + slope / (shape * sound))
    half = 0.5 * dt
    for a in range(3):
        va = x[i, j, 3 + a]
        drag = -rate * speed * va
        for b in range(3):
            slope_v = -outer * va * x[i, j, 3 + b]
            if a == b:
                slope_v -= rate * speed
            G[3 + a, 1 + b] = dt * slope_v
            G[a, 1 + b] = dt * half * slope_v
        G[3 + a, 1 + a] += 1.0
        G[a, 1 + a] += dt
        G[3 + a, 0] = dt * drag * DENSITY_SLOPE_PER_M
        G[a, 0] = half * G[3 + a, 0]
        G[3 + a, 4] = dt * drag  # da/dq = the drag itself
        G[a, 4] = half * G[3 + a, 4]
    return float(slope / (shape * sound))


@kernel
def _congruence(P: Array, i: int, j: int, G: Array, T: Array) -> None:
    """P <- F P Fᵀ with F = [I 0; 0 0] + G in its first six rows and 1 for q."""
    for a in range(6):
        for b in range(N):
            total = P[i, j, a, b] if a < 3 else 0.0
            for c in range(5):
                total += G[a, c] * P[i, j, 2 + c, b]
            T[a, b] = total
    for a in range(6):
        for b in range(a + 1):
            total = T[a, b] if b < 3 else 0.0
            for c in range(5):
                total += T[a, 2 + c] * G[b, c]
            P[i, j, a, b] = total
            P[i, j, b, a] = total
    for a in range(6):
        P[i, j, a, 6] = T[a, 6]
        P[i, j, 6, a] = T[a, 6]


@kernel
def predict_straight(x: Array, P: Array, i: int, j: int, dt: float) -> None:
    """Predict (i, j) by `dt` seconds at constant velocity, without noise."""
    for a in range(3):
        x[i, j, a] += dt * x[i, j, 3 + a]
    # F = [I dt I 0; 0 I 0; 0 0 1]
    for a in range(3):
        for b in range(N):
            P[i, j, a, b] += dt * P[i, j, 3 + a, b]
    for a in range(3):
        for b in range(N):
            P[i, j, b, a] += dt * P[i, j, b, 3 + a]


@kernel
def add_white_acceleration(P: Array, i: int, j: int, dt: float, q_accel: float) -> None:
    """Add the covariance of isotropic white acceleration of density `q_accel` (m²/s³) over `dt`."""
    for a in range(3):
        P[i, j, a, a] += q_accel * dt**3 / 3.0
        P[i, j, a, 3 + a] += q_accel * dt * dt / 2.0
        P[i, j, 3 + a, a] += q_accel * dt * dt / 2.0
        P[i, j, 3 + a, 3 + a] += q_accel * dt


@kernel
def add_thrust(x: Array, P: Array, i: int, j: int, dt: float, sigma_accel: float) -> None:
    """Add an unknown thrust along the velocity, constant over `dt` but no longer than a burn lasts.

    One acceleration a moves place and speed together, dv = a t and dp = a t (dt - t/2): a jump in
    place alone, as from one round of a salvo to the next, stays as unlikely as it is.
    """
    v2 = x[i, j, 3] ** 2 + x[i, j, 4] ** 2 + x[i, j, 5] ** 2
    if v2 < 1.0:
        return
    burn = min(dt, BURN_S)
    speed = sigma_accel * burn
    shift = speed * (dt - 0.5 * burn)
    for a in range(3):
        for b in range(3):
            unit = x[i, j, 3 + a] * x[i, j, 3 + b] / v2
            P[i, j, a, b] += unit * shift * shift
            P[i, j, a, 3 + b] += unit * shift * speed
            P[i, j, 3 + a, b] += unit * shift * speed
            P[i, j, 3 + a, 3 + b] += unit * speed * speed


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
