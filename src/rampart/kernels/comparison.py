"""Plots of several sensors side by side: whose they are, how far they disagree, and what that tells.

Polar is (range m, azimuth rad, elevation rad). A sensor is `axes` (3, 3) and `place` (3,):
x_site = place + axes x_sensor. The formulas stand in `engine.biases` and `engine.belief`.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel, kernel
from rampart.kernels.measurement import wrap_angle

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Polar = tuple[float, float, float]


@kernel
def polar_of(x: Array, axes: Array, place: Array, out: Array) -> None:
    """What the sensor reads of the site position `x` (3,), in `out` (3,)."""
    e, n, u = x[0] - place[0], x[1] - place[1], x[2] - place[2]
    de = axes[0, 0] * e + axes[1, 0] * n + axes[2, 0] * u  # d = Rᵀ (p - place)
    dn = axes[0, 1] * e + axes[1, 1] * n + axes[2, 1] * u
    du = axes[0, 2] * e + axes[1, 2] * n + axes[2, 2] * u
    flat2 = de * de + dn * dn
    out[0] = max(math.sqrt(flat2 + du * du), 1.0)
    out[1] = math.atan2(de, dn)
    out[2] = math.atan2(du, math.sqrt(flat2))


@kernel
def position_of(polar: Polar, axes: Array, place: Array, out: Array) -> None:
    """The site position that the sensor's `polar` (3,) means, in `out` (3,)."""
    r, se, ce = polar[0], math.sin(polar[2]), math.cos(polar[2])
    de, dn, du = r * ce * math.sin(polar[1]), r * ce * math.cos(polar[1]), r * se
    for i in range(3):
        out[i] = place[i] + axes[i, 0] * de + axes[i, 1] * dn + axes[i, 2] * du


@kernel
def position_gradient(polar: Polar | Array, axes: Array, J: Array, G: Array) -> None:
    """J = d(site position)/d(polar) and its inverse G, both (3, 3). The columns of J are orthogonal."""
    r = polar[0]
    sa, ca, se, ce = math.sin(polar[1]), math.cos(polar[1]), math.sin(polar[2]), math.cos(polar[2])
    flat = max(r * ce, 1.0)
    for i in range(3):
        ae, an, au = axes[i, 0], axes[i, 1], axes[i, 2]
        along = ce * sa * ae + ce * ca * an + se * au
        across = ca * ae - sa * an
        above = -se * sa * ae - se * ca * an + ce * au
        J[i, 0], J[i, 1], J[i, 2] = along, flat * across, r * above
        G[0, i], G[1, i], G[2, i] = along, across / flat, above / r


@allocating_kernel
def read_against(
    polar: Polar, variances: Polar, p: Array, cov: Array, v: Array, axes: Array, place: Array, at: int,
    z: Array, H: Array, R: Array, G: Array,
) -> None:  # fmt: skip
    """z = polar - h(p), R = noise + G cov Gᵀ, G = dh/dp, H: the sensor's own biases from column `at`."""
    J = np.empty((3, 3))
    expected = np.empty(3)
    polar_of(p, axes, place, expected)
    position_gradient(expected, axes, J, G)
    for i in range(3):
        z[i] = polar[i] - expected[i]
        H[i, at + i] = 1.0
        # - G v tau
        H[i, at + 3] = -(G[i, 0] * v[0] + G[i, 1] * v[1] + G[i, 2] * v[2])
    z[1] = wrap_angle(z[1])
    for i in range(3):
        for j in range(3):
            s = variances[i] if i == j else 0.0
            for a in range(3):
                for b in range(3):
                    s += G[i, a] * cov[a, b] * G[j, b]
            R[i, j] = s


@kernel
def carry(p: Array, cov: Array, v: Array, P: Array, accel_mps2: float, dt: float) -> None:
    """The site position `p` (3,), known to `cov` (3, 3), after `dt` s at the velocity `v`, known to `P`, and
    an acceleration that it may hide, in place."""
    for i in range(3):
        p[i] += v[i] * dt
        for j in range(3):
            cov[i, j] += P[i, j] * dt**2
        cov[i, i] += (0.5 * accel_mps2 * dt**2) ** 2


@allocating_kernel
def read_pair(
    polar: Polar, variances: Polar, axes: Array, place: Array, at: int, other: Polar, other_variances: Polar,
    other_axes: Array, other_place: Array, other_at: int, v: Array, P: Array, accel_mps2: float, dt: float,
    z: Array, H: Array, R: Array,
) -> None:  # fmt: skip
    """z, H, R as in `read_against`, of a plot against the one that another sensor gave `dt` s before of what
    moves as in `carry`; H also by that sensor's biases, from column `other_at`."""
    p, cov = np.empty(3), np.empty((3, 3))
    J, G = np.empty((3, 3)), np.empty((3, 3))
    position_of(other, other_axes, other_place, p)
    position_gradient(other, other_axes, J, G)
    for i in range(3):
        for j in range(3):
            s = 0.0
            for k in range(3):
                s += J[i, k] * other_variances[k] * J[j, k]
            cov[i, j] = s
    carry(p, cov, v, P, accel_mps2, dt)
    read_against(polar, variances, p, cov, v, axes, place, at, z, H, R, G)
    for i in range(3):
        H[i, other_at + 3] = G[i, 0] * v[0] + G[i, 1] * v[1] + G[i, 2] * v[2]
        for j in range(3):
            H[i, other_at + j] = -(G[i, 0] * J[0, j] + G[i, 1] * J[1, j] + G[i, 2] * J[2, j])


@kernel
def drift(b: Array, P: Array, prior: Array, a: float) -> None:
    """b <- a b, P <- a² P + (1 - a²) P0, in place: a Gauss-Markov step whose stationary law is (0, P0)."""
    for i in range(b.size):
        b[i] *= a
        for j in range(b.size):
            P[i, j] = a * a * P[i, j] + (1.0 - a * a) * prior[i, j]


@allocating_kernel
def absorb(b: Array, P: Array, z: Array, H: Array, R: Array, gate_d2: float) -> bool:
    """Kalman update of b (n,), P (n, n) in place with z = H b + noise of covariance R (m, m); False, and no
    change, where the squared distance of the innovation is not below `gate_d2`."""
    m, n = H.shape
    y = np.empty(m)
    C = np.zeros((n, m))  # P Hᵀ
    for i in range(m):
        y[i] = z[i]
        for k in range(n):
            y[i] -= H[i, k] * b[k]
            if H[i, k] != 0.0:
                for j in range(n):
                    C[j, i] += P[j, k] * H[i, k]
    L = np.zeros((m, m))  # L Lᵀ = S = H P Hᵀ + R
    for i in range(m):
        for j in range(i + 1):
            s = R[i, j]
            for k in range(n):
                s += H[i, k] * C[k, j]
            for k in range(j):
                s -= L[i, k] * L[j, k]
            if i > j:
                L[i, j] = s / L[j, j]
            elif s > 0.0:
                L[i, i] = math.sqrt(s)
            else:
                return False
    d2 = 0.0
    for i in range(m):  # y <- L⁻¹ y, C <- C L⁻ᵀ
        for j in range(i):
            y[i] -= L[i, j] * y[j]
            for k in range(n):
                C[k, i] -= L[i, j] * C[k, j]
        y[i] /= L[i, i]
        d2 += y[i] * y[i]
        for k in range(n):
            C[k, i] /= L[i, i]
    if not d2 < gate_d2:
        return False
    for k in range(n):
        for i in range(m):
            b[k] += C[k, i] * y[i]  # b <- b + P Hᵀ S⁻¹ innovation
            for j in range(n):
                P[k, j] -= C[k, i] * C[j, i]  # P <- P - P Hᵀ S⁻¹ H P, symmetric by construction
    return True


@allocating_kernel
def own_plots(
    t: Array, numbers: Array, variances: Array, sigma2: Array, t_s: Array, means: Array, covs: Array,
    axes: Array, place: Array, own_d2: float, foreign_d2: float, out: Ints,
) -> None:  # fmt: skip
    """For each track (means (k, 7), covs (k, 7, 7), at t_s (k,)) the plot that it took, in `out` (k,): the only
    one of its time within `foreign_d2`, and within `own_d2`; else -1."""
    polar = np.empty(3)
    for k in range(means.shape[0]):
        polar_of(means[k], axes, place, polar)
        spread = (covs[k, 0, 0] + covs[k, 1, 1] + covs[k, 2, 2]) / 3.0
        best, nearest, close = -1, math.inf, 0
        for p in range(t.shape[0]):
            if abs(t[p] - t_s[k]) > 1e-6 or math.isnan(numbers[p, 0]):
                continue
            d2 = 0.0
            for c in range(3):
                if math.isnan(numbers[p, c]):
                    continue
                off = numbers[p, c] - polar[c]
                length = 1.0
                if c == 1:
                    off = wrap_angle(off)
                    length = max(polar[0] * math.cos(polar[2]), 1.0)
                elif c == 2:
                    length = polar[0]
                d2 += off * off / (variances[p, c] + sigma2[c] + spread / (length * length))
            if d2 < foreign_d2:
                close += 1
            if d2 < nearest:
                best, nearest = p, d2
        out[k] = best if close == 1 and nearest < own_d2 else -1


@allocating_kernel
def standing(
    numbers: Array, variances: Array, polar: Array, doubt2: Array, gate_d2: float, still: float, out: Ints
) -> None:  # fmt: skip
    """For each thing that stands at `polar` (k, 3), known to `doubt2` (k, 3), the nearest of the plots (n, 4)
    within `gate_d2` whose range rate, the last number, is 0 within `still` sigmas, in `out` (k,); else -1. An
    elevation that is not measured counts for nothing; each plot is of one thing at most."""
    for k in range(polar.shape[0]):
        out[k] = -1
        nearest = gate_d2
        for p in range(numbers.shape[0]):
            rate = numbers[p, 3]
            if not rate * rate <= still * still * variances[p, 3]:  # nor where it is nan
                continue
            d2 = 0.0
            for c in range(3):
                off = numbers[p, c] - polar[k, c]
                if math.isnan(off):
                    continue
                if c == 1:
                    off = wrap_angle(off)
                d2 += off * off / (variances[p, c] + doubt2[k, c])
            if d2 < nearest and not (out[:k] == p).any():
                out[k], nearest = p, d2


@allocating_kernel
def disagreement(
    t: Array, numbers: Array, variances: Array, t_s: Array, means: Array, covs: Array, axes: Array,
    place: Array, bias2: Array, clock2: float, sigmas: float, widest_rad: float, guess: Array, out: Array,
) -> None:  # fmt: skip
    """How plots, numbers and variances (n, 4) with range rate last, stand to the tracks of others, in `out`
    (6,): agreeing; then of those elsewhere the count, the sums of the azimuth and elevation errors, of
    their squares, and of the squares that noise would make. `guess` (2,): the errors so far."""
    polar, at = np.empty(3), np.empty(3)
    off, noise2 = np.empty(3), np.empty(3)
    out[:] = 0.0
    for p in range(t.shape[0]):
        if math.isnan(numbers[p, 0]):  # without a range anything may be what it shows
            continue
        agrees, far = False, math.inf
        e_azimuth = e_elevation = e_noise2 = 0.0
        for k in range(means.shape[0]):
            dt = t[p] - t_s[k]
            for i in range(3):
                at[i] = means[k, i] + dt * means[k, 3 + i]
            polar_of(at, axes, place, polar)
            v2 = means[k, 3] ** 2 + means[k, 4] ** 2 + means[k, 5] ** 2
            v_spread = covs[k, 3, 3] + covs[k, 4, 4] + covs[k, 5, 5]
            # what is not known of the track's place, and what it may have gained since
            spread = covs[k, 0, 0] + covs[k, 1, 1] + covs[k, 2, 2]
            spread += v2 * clock2 + dt * dt * v_spread + (5.0 * dt * dt) ** 2
            flat = max(polar[0] * math.cos(polar[2]), 1.0)
            for c in range(3):
                off[c] = numbers[p, c] - polar[c]
                length = 1.0 if c == 0 else (flat if c == 1 else polar[0])
                noise2[c] = variances[p, c] + bias2[c] + spread / (length * length)
            if off[0] * off[0] > sigmas * sigmas * noise2[0]:
                continue
            if not math.isnan(numbers[p, 3]):
                rate = 0.0
                for i in range(3):
                    rate += (at[i] - place[i]) * means[k, 3 + i] / polar[0]
                if (numbers[p, 3] - rate) ** 2 > sigmas * sigmas * (variances[p, 3] + v_spread):
                    continue
            off[1] = wrap_angle(off[1])
            if math.isnan(off[2]):  # not measured: contradicts nothing
                off[2], noise2[2] = 0.0, 0.0
            if (
                off[1] * off[1] <= sigmas * sigmas * noise2[1]
                and off[2] * off[2] <= sigmas * sigmas * noise2[2]
            ):
                agrees = True
                break
            azimuth = off[1] * math.cos(polar[2])
            # of several candidates the likeliest is the one nearest to the error so far
            away = math.sqrt((azimuth - guess[0]) ** 2 + (off[2] - guess[1]) ** 2)
            if azimuth * azimuth + off[2] * off[2] < widest_rad * widest_rad and away < far:
                far, e_azimuth, e_elevation = away, azimuth, off[2]
                e_noise2 = noise2[1] + noise2[2]
        if agrees:
            out[0] += 1.0
        elif far < math.inf:
            out[1] += 1.0
            out[2] += e_azimuth
            out[3] += e_elevation
            out[4] += e_azimuth**2 + e_elevation**2
            out[5] += e_noise2
