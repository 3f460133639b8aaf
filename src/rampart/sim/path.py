"""`Path`: where one object was at any time of its life."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rampart.kernels.atmosphere import EARTH_RADIUS_M

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Path:
    """Samples of a life: seconds since the world's start (n,), position (n, 3) and velocity (n, 3), ENU."""

    t_s: Array
    xyz_enu_m: Array
    velocity_enu_mps: Array

    @property
    def start_s(self) -> float:
        return float(self.t_s[0])

    @property
    def end_s(self) -> float:
        return float(self.t_s[-1])

    def at(self, t_s: Array) -> tuple[Array, Array]:
        """Position and velocity (m, 3) at times within the life: cubic Hermite between samples."""
        i = np.clip(np.searchsorted(self.t_s, t_s, side="right") - 1, 0, len(self.t_s) - 2)
        h = (self.t_s[i + 1] - self.t_s[i])[:, None]
        u = (np.asarray(t_s)[:, None] - self.t_s[i][:, None]) / h
        p0, p1 = self.xyz_enu_m[i], self.xyz_enu_m[i + 1]
        m0, m1 = h * self.velocity_enu_mps[i], h * self.velocity_enu_mps[i + 1]
        # p = p0 + u (m0 + u (Q + u R)), Q = 3 (p1 - p0) - 2 m0 - m1, R = 2 (p0 - p1) + m0 + m1
        q, r = 3 * (p1 - p0) - 2 * m0 - m1, 2 * (p0 - p1) + m0 + m1
        position: Array = p0 + u * (m0 + u * (q + u * r))
        velocity: Array = (m0 + u * (2 * q + 3 * u * r)) / h
        return position, velocity


def up_of_height(east_m: npt.ArrayLike, north_m: npt.ArrayLike, height_m: npt.ArrayLike) -> Array:
    """U of a height above the site's level: U = h - (E² + N²) / 2R."""
    e, n = np.asarray(east_m, float), np.asarray(north_m, float)
    return np.asarray(np.subtract(height_m, (e * e + n * n) / (2.0 * EARTH_RADIUS_M)))
