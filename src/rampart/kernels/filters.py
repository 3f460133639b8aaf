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
SHAPE_DOUBT: Final = 0.25  # variance of q for a change of ln S by one: the drag rise is a guess


@kernel
def drag_rate(
    e: float, n: float, u: float, speed: float, q: float, env: Array
) -> tuple[float, float]:
    """(k rho/rho0 S(M) in 1/m, S(M)) at a place and speed: the drag deceleration is rate |v| v."""
    h = u + (e * e + n * n) / (2.0 * env[RADIUS]) + env[ALTITUDE]
    mach = speed / (sound_speed(h) * env[SOUND])
    shape = drag_shape(mach, env[SHAPE_C0], env[SHAPE_C1], env[SHAPE_MACH], env[SHAPE_WIDTH])
    return math.exp(q) * density_ratio(h) * env[DENSITY] * shape, shape


@kernel
def fall(
    e: float, n: float, u: float, ve: float, vn: float, vu: float, q: float, env: Array
) -> tuple[float, float, float]:
    """Acceleration of free flight, m/s²: drag, gravity with curvature and g(h), Coriolis."""
    rate, _ = drag_rate(e, n, u, math.sqrt(ve * ve + vn * vn + vu * vu), q, env)
    speed = math.sqrt(ve * ve + vn * vn + vu * vu)
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
def midpoint(x: Array, i: int, j: int, dt: float, env: Array) -> None:
    """Move the mean of (i, j) by one midpoint step of free flight."""
    e, n, u = x[i, j, 0], x[i, j, 1], x[i, j, 2]
    ve, vn, vu, q = x[i, j, 3], x[i, j, 4], x[i, j, 5], x[i, j, 6]
    ae, an, au = fall(e, n, u, ve, vn, vu, q, env)
    half = 0.5 * dt
    me, mn, mu = ve + half * ae, vn + half * an, vu + half * au
    ae, an, au = fall(e + half * ve, n + half * vn, u + half * vu, me, mn, mu, q, env)
    x[i, j, 0] = e + dt * me
    x[i, j, 1] = n + dt * mn
    x[i, j, 2] = u + dt * mu
    x[i, j, 3] = ve + dt * ae
    x[i, j, 4] = vn + dt * an
    x[i, j, 5] = vu + dt * au


@kernel
def fly_mean(x: Array, i: int, j: int, dt: float, env: Array) -> None:
    """Move the mean of (i, j) by `dt` seconds of free flight, in midpoint steps of at most 0.25 s."""
    steps = max(1, math.ceil(abs(dt) / (0.5 * CHUNK_S) - 1e-9))
    for _ in range(steps):
        midpoint(x, i, j, dt / steps, env)


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
    for _ in range(chunks):
        speed = math.sqrt(x[i, j, 3] ** 2 + x[i, j, 4] ** 2 + x[i, j, 5] ** 2)
        _, shape_before = drag_rate(x[i, j, 0], x[i, j, 1], x[i, j, 2], speed, x[i, j, 6], env)
        midpoint(x, i, j, 0.5 * h, env)
        _ballistic_jacobian(x, i, j, h, env, G)
        midpoint(x, i, j, 0.5 * h, env)
        speed = math.sqrt(x[i, j, 3] ** 2 + x[i, j, 4] ** 2 + x[i, j, 5] ** 2)
        _, shape_after = drag_rate(x[i, j, 0], x[i, j, 1], x[i, j, 2], speed, x[i, j, 6], env)
        _congruence(P, i, j, G, T)
        add_white_acceleration(P, i, j, abs(h), q_accel)
        # where Cd(M) is steep its shape is doubtful, and q must follow what the air does
        P[i, j, 6, 6] += q_drag * abs(h) + SHAPE_DOUBT * abs(math.log(shape_after / shape_before))


@kernel
def _ballistic_jacobian(x: Array, i: int, j: int, dt: float, env: Array, G: Array) -> None:
    """G (6, 5) = columns U, vE, vN, vU, q of F - [I 0; 0 0] over `dt`, linearised at the present mean."""
    v2 = x[i, j, 3] ** 2 + x[i, j, 4] ** 2 + x[i, j, 5] ** 2
    speed = max(math.sqrt(v2), 1e-3)
    rate, shape = drag_rate(x[i, j, 0], x[i, j, 1], x[i, j, 2], speed, x[i, j, 6], env)
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
def add_thrust(x: Array, P: Array, i: int, j: int, dt: float, q_accel: float) -> None:
    """Add white acceleration of density `q_accel` along the velocity: thrust acts along the body."""
    v2 = x[i, j, 3] ** 2 + x[i, j, 4] ** 2 + x[i, j, 5] ** 2
    if v2 < 1.0:
        return
    for a in range(3):
        for b in range(3):
            q = q_accel * x[i, j, 3 + a] * x[i, j, 3 + b] / v2
            P[i, j, a, b] += q * dt**3 / 3.0
            P[i, j, a, 3 + b] += q * dt * dt / 2.0
            P[i, j, 3 + a, b] += q * dt * dt / 2.0
            P[i, j, 3 + a, 3 + b] += q * dt


RANGE: Final = 0
AZIMUTH: Final = 1
ELEVATION: Final = 2
RANGE_RATE: Final = 3
HEIGHT: Final = 4


@kernel
def wrap_angle(angle: float) -> float:
    """`angle` in [-pi, pi)."""
    return angle - 2.0 * math.pi * math.floor((angle + math.pi) / (2.0 * math.pi))


@kernel
def measure(
    x: Array, i: int, j: int, kind: int, axes: Array, place: Array, env: Array, h: Array
) -> float:
    """The number of `kind` that a sensor would read of (i, j); its gradient goes to h (6,).

    `axes` (3, 3), `place` (3,): x_site = place + axes x_sensor. Height is above the ellipsoid, m.
    """
    if kind == HEIGHT:
        # h = U + (E² + N²) / 2R + site height
        e, n, radius = x[i, j, 0], x[i, j, 1], env[RADIUS]
        h[0], h[1], h[2] = e / radius, n / radius, 1.0
        h[3] = h[4] = h[5] = 0.0
        return x[i, j, 2] + (e * e + n * n) / (2.0 * radius) + env[ALTITUDE]
    e, n, u = x[i, j, 0] - place[0], x[i, j, 1] - place[1], x[i, j, 2] - place[2]
    # d = Rᵀ (p - place)
    de = axes[0, 0] * e + axes[1, 0] * n + axes[2, 0] * u
    dn = axes[0, 1] * e + axes[1, 1] * n + axes[2, 1] * u
    du = axes[0, 2] * e + axes[1, 2] * n + axes[2, 2] * u
    flat2 = max(de * de + dn * dn, 1.0)
    r2 = flat2 + du * du
    r = math.sqrt(r2)
    flat = math.sqrt(flat2)
    ge, gn, gu = de / r, dn / r, du / r
    value = r
    h[3] = h[4] = h[5] = 0.0
    if kind == AZIMUTH:
        ge, gn, gu = dn / flat2, -de / flat2, 0.0
        value = math.atan2(de, dn)
    elif kind == ELEVATION:
        ge, gn, gu = -de * du / (flat * r2), -dn * du / (flat * r2), flat / r2
        value = math.atan2(du, flat)
    elif kind == RANGE_RATE:
        h[3] = axes[0, 0] * ge + axes[0, 1] * gn + axes[0, 2] * gu
        h[4] = axes[1, 0] * ge + axes[1, 1] * gn + axes[1, 2] * gu
        h[5] = axes[2, 0] * ge + axes[2, 1] * gn + axes[2, 2] * gu
        value = h[3] * x[i, j, 3] + h[4] * x[i, j, 4] + h[5] * x[i, j, 5]
        # d(d.w/r)/dp = (w - (d.w/r) d/r) / r
        h[0] = (x[i, j, 3] - value * h[3]) / r
        h[1] = (x[i, j, 4] - value * h[4]) / r
        h[2] = (x[i, j, 5] - value * h[5]) / r
        return value
    h[0] = axes[0, 0] * ge + axes[0, 1] * gn + axes[0, 2] * gu
    h[1] = axes[1, 0] * ge + axes[1, 1] * gn + axes[1, 2] * gu
    h[2] = axes[2, 0] * ge + axes[2, 1] * gn + axes[2, 2] * gu
    return value


@kernel
def spread(P: Array, i: int, j: int, h: Array, kind: int) -> float:
    """hᵀ P h: the variance of the predicted number."""
    size = 6 if kind == RANGE_RATE else 3
    total = 0.0
    for a in range(size):
        row = 0.0
        for b in range(size):
            row += P[i, j, a, b] * h[b]
        total += h[a] * row
    return total


@kernel
def update_number(
    x: Array,
    P: Array,
    i: int,
    j: int,
    h: Array,
    innovation: float,
    variance: float,
    kind: int,
    k: Array,
) -> tuple[float, float]:
    """Update (i, j) with one number; returns (log likelihood, squared normalised innovation).

    `k` (7,) is scratch. The covariance stays symmetric by construction.
    """
    size = 6 if kind == RANGE_RATE else 3
    for a in range(N):
        total = 0.0
        for b in range(size):
            total += P[i, j, a, b] * h[b]
        k[a] = total  # P hᵀ
    s = variance
    for a in range(size):
        s += h[a] * k[a]  # s = h P hᵀ + r
    inverse = 1.0 / s
    gain = innovation * inverse
    for a in range(N):
        x[i, j, a] += k[a] * gain
        for b in range(a + 1):
            value = P[i, j, a, b] - k[a] * k[b] * inverse  # P <- P - P hᵀ s⁻¹ h P
            P[i, j, a, b] = value
            P[i, j, b, a] = value
    d2 = innovation * gain
    return -0.5 * (d2 + math.log(s) + LOG_2PI), d2
