"""One model of one track: how its state and covariance move with time.

State x[7] = E N U vE vN vU q, site ENU, m and m/s, q = ln k, k in 1/m the drag at sea-level density
and low Mach number. Tables are x[row, model, 7] and P[row, model, 7, 7]; every function works in
place on one (row, model), so that no array is made in the hot loop.
Source: extended Kalman filter (Bar-Shalom, Li, Kirubarajan 2001, ch. 10).
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
        add_white_acceleration(P, i, j, h, q_accel)
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
    """Add the covariance of isotropic white acceleration of density `q_accel` (m²/s³) over `dt`: of what went
    before, where `dt` < 0."""
    span = abs(dt)
    for a in range(3):
        P[i, j, a, a] += q_accel * span**3 / 3.0
        P[i, j, a, 3 + a] += q_accel * dt * span / 2.0
        P[i, j, 3 + a, a] += q_accel * dt * span / 2.0
        P[i, j, 3 + a, 3 + a] += q_accel * span


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
