"""Zones in the plane: distance to a polygon, growing it by a radius, a Gaussian's mass inside it.

The boundary of a polygon grown by r (its Minkowski sum with a disc) is a chain of straight segments
and circular arcs, walked with the inside on the left. `grow` finds it once, at start; the kernels
walk it. In whitened coordinates about the mean, Green's theorem turns the mass of a standard
Gaussian inside a closed curve into

    P = 1/(2 pi) ∮ (1 - exp(-q/2)) / q  (x dy - y dx),   q = x² + y²,

whose integrand is smooth everywhere (1/2 at the mean) and, far from the mean, is just the angle
that the piece subtends: no accuracy is lost whether the ellipse is 5 m or 5 km, round or a needle.
Source: DiDonato, Jarnagin & Hageman, SIAM J. Sci. Stat. Comput. 1 (1980) 179-186, in polar form.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel, kernel

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

SEGMENT, ARC = 0.0, 1.0
"""First column of a boundary row: `SEGMENT x0 y0 x1 y1 0` or `ARC cx cy radius from to` (angles)."""

FAR = 6.5  # sigmas: exp(-FAR²/2) = 7e-10, beyond it a piece of boundary only subtends its angle
BEYOND: Final = 5.0  # sigmas: Q(BEYOND) = 3e-7, a zone that lies beyond is not reached
_NODES, _WEIGHTS = (np.ascontiguousarray(a) for a in np.polynomial.legendre.leggauss(6))


# ---------------------------------------------------------------------------------- growing
def grow(polygon_m: Sequence[tuple[float, float]], radius_m: float) -> Array:
    """Boundary rows (m, 6) of a simple polygon (open ring) grown by `radius_m` >= 0.

    Every offset edge and every vertex's circle is cut where it meets another one; the pieces that no
    other part of the grown zone covers are its boundary. Holes that growing leaves are walked
    clockwise, as Green's theorem wants them.
    """
    ring = [(float(x), float(y)) for x, y in polygon_m]
    if _area(ring) < 0.0:
        ring.reverse()
    corners = np.array(ring)
    edges = [(a, b) for a, b in zip(ring, ring[1:] + ring[:1], strict=True) if a != b]
    if radius_m == 0.0:
        return np.array([[SEGMENT, *a, *b, 0.0] for a, b in edges])
    rows: list[list[float]] = []
    straight = [_offset(a, b, radius_m) for a, b in edges]
    for x0, y0, x1, y1 in straight:
        cuts = sorted({0.0, 1.0, *_cuts_of_segment((x0, y0, x1, y1), straight, ring, radius_m)})
        for s, t in pairwise(cuts):
            middle = (s + t) / 2
            if _on_boundary(x0 + middle * (x1 - x0), y0 + middle * (y1 - y0), corners, radius_m):
                ends = (
                    x0 + s * (x1 - x0),
                    y0 + s * (y1 - y0),
                    x0 + t * (x1 - x0),
                    y0 + t * (y1 - y0),
                )
                rows.append([SEGMENT, *ends, 0.0])
    for cx, cy in ring:
        angles = sorted({0.0, 2 * math.pi, *_cuts_of_circle((cx, cy), straight, ring, radius_m)})
        for s, t in pairwise(angles):
            middle = (s + t) / 2
            x, y = cx + radius_m * math.cos(middle), cy + radius_m * math.sin(middle)
            if t - s > 1e-9 and _on_boundary(x, y, corners, radius_m):
                rows.append([ARC, cx, cy, radius_m, s, t])
    return np.array(rows)


def _area(ring: Sequence[tuple[float, float]]) -> float:
    pairs = zip(ring, [*ring[1:], ring[0]], strict=True)
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs) / 2


def _offset(
    a: tuple[float, float], b: tuple[float, float], radius_m: float
) -> tuple[float, float, float, float]:
    """The edge a-b moved outwards (to the right of its direction) by the radius."""
    length = math.hypot(b[0] - a[0], b[1] - a[1])
    nx, ny = (b[1] - a[1]) / length * radius_m, -(b[0] - a[0]) / length * radius_m
    return a[0] + nx, a[1] + ny, b[0] + nx, b[1] + ny


def _on_boundary(x: float, y: float, corners: Array, radius_m: float) -> bool:
    return float(signed_distance(x, y, corners)) > radius_m * (1 - 1e-9)


def _cuts_of_segment(
    s: tuple[float, float, float, float],
    others: Sequence[tuple[float, float, float, float]],
    centres: Sequence[tuple[float, float]],
    radius_m: float,
) -> list[float]:
    """Parameters in (0, 1) where a segment meets other segments or a vertex's circle."""
    px, py, dx, dy = s[0], s[1], s[2] - s[0], s[3] - s[1]
    cuts = []
    for x0, y0, x1, y1 in others:
        ex, ey = x1 - x0, y1 - y0
        det = dx * ey - dy * ex
        if abs(det) > 1e-12:
            cuts.append(((x0 - px) * ey - (y0 - py) * ex) / det)
    for cx, cy in centres:
        a, b = dx * dx + dy * dy, (px - cx) * dx + (py - cy) * dy
        root = b * b - a * ((px - cx) ** 2 + (py - cy) ** 2 - radius_m * radius_m)
        if root > 0.0:
            cuts += [(-b - math.sqrt(root)) / a, (-b + math.sqrt(root)) / a]
    return [t for t in cuts if 1e-9 < t < 1 - 1e-9]


def _cuts_of_circle(
    centre: tuple[float, float],
    segments: Sequence[tuple[float, float, float, float]],
    centres: Sequence[tuple[float, float]],
    radius_m: float,
) -> list[float]:
    """Angles in [0, 2 pi) where a vertex's circle meets a segment's line or another circle."""
    cx, cy = centre
    angles = []
    for x0, y0, x1, y1 in segments:
        length = math.hypot(x1 - x0, y1 - y0)
        away = math.atan2(-(x1 - x0), y1 - y0)  # normal to the right of the direction
        gap = ((x0 - cx) * (y1 - y0) - (y0 - cy) * (x1 - x0)) / length
        if abs(gap) <= radius_m * (1 + 1e-12):
            half = math.acos(max(-1.0, min(1.0, gap / radius_m)))
            angles += [away - half, away + half]
    for ox, oy in centres:
        apart = math.hypot(ox - cx, oy - cy)
        if 0.0 < apart < 2 * radius_m:
            half = math.acos(apart / (2 * radius_m))
            toward = math.atan2(oy - cy, ox - cx)
            angles += [toward - half, toward + half]
    return [a % (2 * math.pi) for a in angles]


# ---------------------------------------------------------------------------------- distance
@kernel
def signed_distance(x_m: float, y_m: float, corners_m: Array) -> float:
    """Metres from a point to a polygon, corners (n, 2): negative inside, 0 on the edge."""
    n = corners_m.shape[0]
    nearest = np.inf
    inside = False
    ax, ay = corners_m[n - 1, 0] - x_m, corners_m[n - 1, 1] - y_m
    for i in range(n):
        bx, by = corners_m[i, 0] - x_m, corners_m[i, 1] - y_m
        ex, ey = bx - ax, by - ay
        length2 = ex * ex + ey * ey
        t = 0.0
        if length2 > 0.0:
            t = min(1.0, max(0.0, -(ax * ex + ay * ey) / length2))
        fx, fy = ax + t * ex, ay + t * ey
        nearest = min(nearest, fx * fx + fy * fy)
        if (ay > 0.0) != (by > 0.0) and (ax * by - bx * ay > 0.0) == (by > ay):
            inside = not inside
        ax, ay = bx, by
    return -math.sqrt(nearest) if inside else math.sqrt(nearest)


# ------------------------------------------------------------------------------ Gaussian mass
@kernel
def _flux(q: float) -> float:
    """(1 - exp(-q/2)) / q, and its limit 1/2 at 0."""
    if q < 1e-6:
        return 0.5 - 0.125 * q
    return (1.0 - math.exp(-0.5 * q)) / q


@kernel
def _angle(ax: float, ay: float, bx: float, by: float) -> float:
    """Signed angle that the step from a to b subtends at the origin."""
    return math.atan2(ax * by - ay * bx, ax * bx + ay * by)


@kernel
def _segment_mass(ax: float, ay: float, bx: float, by: float) -> float:
    """2 pi times the share of the straight piece a-b (whitened) in the integral."""
    ex, ey = bx - ax, by - ay
    length = math.sqrt(ex * ex + ey * ey)
    if length == 0.0:
        return 0.0
    ex, ey = ex / length, ey / length
    moment = ax * ey - ay * ex  # x dy - y dx = moment ds, and |moment| = distance from the mean
    if abs(moment) > FAR:
        return _angle(ax, ay, bx, by)
    s0 = ax * ex + ay * ey
    s1 = s0 + length
    total = 0.0
    near0, near1 = min(max(s0, -FAR), FAR), min(max(s1, -FAR), FAR)
    if s0 < near0:
        step = min(near0, s1) - s0
        total += _angle(ax, ay, ax + step * ex, ay + step * ey)
    if s1 > near1:
        step = s1 - max(near1, s0)
        total += _angle(bx - step * ex, by - step * ey, bx, by)
    panels = math.ceil((near1 - near0) / 2.2)
    for k in range(panels):
        half = 0.5 * (near1 - near0) / panels
        middle = near0 + (2 * k + 1) * half
        for i in range(_NODES.size):
            s = middle + half * _NODES[i]
            total += _WEIGHTS[i] * half * moment * _flux(moment * moment + s * s)
    return total


@kernel
def _arc_mass(
    x: float, y: float, r: float, a: float, b: float, w11: float, w21: float, w22: float
) -> float:
    """As `_segment_mass` for an arc about (x, y), in metres from the mean; W lower triangular."""
    slim = 1.0 / math.sqrt(max(w11 * w11, w21 * w21 + w22 * w22))  # a bound within sqrt 2
    panels = min(400, 1 + int((b - a) * max(r / (2.5 * slim), 1.0)))
    half = 0.5 * (b - a) / panels
    total = 0.0
    c, s = math.cos(a), math.sin(a)
    px, py = w11 * (x + r * c), w21 * (x + r * c) + w22 * (y + r * s)
    for k in range(panels):
        end = a + 2 * (k + 1) * half
        c, s = math.cos(end), math.sin(end)
        qx, qy = w11 * (x + r * c), w21 * (x + r * c) + w22 * (y + r * s)
        reach = 1.3 * math.sqrt((qx - px) ** 2 + (qy - py) ** 2) + FAR
        if min(px * px + py * py, qx * qx + qy * qy) > reach * reach:
            total += _angle(px, py, qx, qy)
        else:
            for i in range(_NODES.size):
                angle = end - half + half * _NODES[i]
                c, s = math.cos(angle), math.sin(angle)
                ux, uy = w11 * (x + r * c), w21 * (x + r * c) + w22 * (y + r * s)
                vx, vy = -w11 * r * s, -w21 * r * s + w22 * r * c
                total += _WEIGHTS[i] * half * (ux * vy - uy * vx) * _flux(ux * ux + uy * uy)
        px, py = qx, qy
    return total


@allocating_kernel
def gaussian_mass(
    mean_m: Array, cov_m2: Array, rows: Array, first: Ints, circles: Array, use: Mask
) -> Array:
    """P(Gaussian point inside the grown zone), shape (zones,), for zones in `use`; 0 elsewhere.

    `mean_m` (2,), `cov_m2` (xx, xy, yy); boundary `rows` of zone z are first[z]:first[z + 1];
    `circles` (zones, 3) = centre and radius of a circle round each. Absolute error < 1e-5.
    """
    zones = first.size - 1
    mass = np.zeros(zones)
    # W = L^-1, L L' = C: w = W (p - mean) is standard normal
    l11 = math.sqrt(max(cov_m2[0], 1e-6))
    l21 = cov_m2[1] / l11
    l22 = math.sqrt(max(cov_m2[2] - l21 * l21, 1e-6))
    w11, w22 = 1.0 / l11, 1.0 / l22
    w21 = -l21 * w11 * w22
    for z in range(zones):
        if not use[z]:
            continue
        # the zone lies beyond a straight line so many sigmas away: P < Q(sigmas)
        e, n = circles[z, 0] - mean_m[0], circles[z, 1] - mean_m[1]
        apart = math.hypot(e, n)
        gap = apart - circles[z, 2]
        if gap > 0.0 and gap * apart > BEYOND * math.hypot(l11 * e + l21 * n, l22 * n):
            continue
        total = 0.0
        for i in range(first[z], first[z + 1]):
            x, y = rows[i, 1] - mean_m[0], rows[i, 2] - mean_m[1]
            if rows[i, 0] == SEGMENT:
                u, v = rows[i, 3] - mean_m[0], rows[i, 4] - mean_m[1]
                total += _segment_mass(w11 * x, w21 * x + w22 * y, w11 * u, w21 * u + w22 * v)
            else:
                total += _arc_mass(x, y, rows[i, 3], rows[i, 4], rows[i, 5], w11, w21, w22)
        mass[z] = min(1.0, max(0.0, total / (2.0 * math.pi)))
    return mass


@kernel
def mahalanobis_distance(
    mean_m: Array,
    cov_m2: Array,
    corners_m: Array,
    radius_m: float,
    rows: Array,
    far: float = math.inf,
) -> float:
    """Sigmas from the mean to the nearest point of one grown zone; 0 inside it, `far` where it is further.

    The region of probability p touches the zone where this is <= sqrt(-2 ln(1 - p)):
    1.177 for 50 %, 2.448 for 95 %, 3.035 for 99 %. `rows`: the boundary of that zone alone.
    """
    if signed_distance(mean_m[0], mean_m[1], corners_m) <= radius_m:
        return 0.0
    l11 = math.sqrt(max(cov_m2[0], 1e-6))
    l21 = cov_m2[1] / l11
    l22 = math.sqrt(max(cov_m2[2] - l21 * l21, 1e-6))
    w11, w22 = 1.0 / l11, 1.0 / l22
    w21 = -l21 * w11 * w22
    nearest = far
    for i in range(rows.shape[0]):
        x, y = rows[i, 1] - mean_m[0], rows[i, 2] - mean_m[1]
        if rows[i, 0] == SEGMENT:
            u, v = rows[i, 3] - mean_m[0], rows[i, 4] - mean_m[1]
            ax, ay, bx, by = w11 * x, w21 * x + w22 * y, w11 * u, w21 * u + w22 * v
            ex, ey = bx - ax, by - ay
            t = min(1.0, max(0.0, -(ax * ex + ay * ey) / max(ex * ex + ey * ey, 1e-30)))
            nearest = min(nearest, math.hypot(ax + t * ex, ay + t * ey))
    stretch = math.sqrt(w11 * w11 + w21 * w21 + w22 * w22)  # |W p| <= |W| |p|
    for i in range(rows.shape[0]):
        x, y = rows[i, 1] - mean_m[0], rows[i, 2] - mean_m[1]
        r, a, b = rows[i, 3], rows[i, 4], rows[i, 5]
        if rows[i, 0] == SEGMENT or math.hypot(w11 * x, w21 * x + w22 * y) - r * stretch > nearest:
            continue
        # an ellipse's arc: the best of a few samples, then golden section between its neighbours
        samples = 2 + int((b - a) * 8.0)
        best, at = np.inf, 0
        for k in range(samples + 1):
            angle = a + (b - a) * k / samples
            px, py = x + r * math.cos(angle), y + r * math.sin(angle)
            d = math.hypot(w11 * px, w21 * px + w22 * py)
            if d < best:
                best, at = d, k
        low = a + (b - a) * max(at - 1, 0) / samples
        high = a + (b - a) * min(at + 1, samples) / samples
        for _ in range(24):
            left, right = high - 0.618034 * (high - low), low + 0.618034 * (high - low)
            px, py = x + r * math.cos(left), y + r * math.sin(left)
            d_left = math.hypot(w11 * px, w21 * px + w22 * py)
            px, py = x + r * math.cos(right), y + r * math.sin(right)
            d_right = math.hypot(w11 * px, w21 * px + w22 * py)
            if d_left < d_right:
                high = right
            else:
                low = left
            best = min(best, d_left, d_right)
        nearest = min(nearest, best)
    return nearest
