"""Frames: WGS84 geodetic <-> site ENU <-> sensor ENU <-> sensor polar.

ENU = east, north, up of the tangent plane at an origin, metres. Azimuth clockwise from true north,
elevation above that origin's horizontal, radians. Ten kilometres apart two sensors' verticals
differ by 1.6 mrad, as much as a good radar's error: every sensor keeps its own axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pymap3d

if TYPE_CHECKING:
    from rampart.domain.site import Sensor, Site

Array = npt.NDArray[np.float64]


def enu_from_geodetic(
    latitude_deg: npt.ArrayLike, longitude_deg: npt.ArrayLike, height_m: npt.ArrayLike, site: Site
) -> Array:
    """Site ENU metres, shape (..., 3), of WGS84 positions (deg, deg, m above the ellipsoid)."""
    e, n, u = pymap3d.geodetic2enu(
        np.asarray(latitude_deg, float),
        np.asarray(longitude_deg, float),
        np.asarray(height_m, float),
        site.latitude_deg,
        site.longitude_deg,
        site.height_m,
    )
    return np.stack([e, n, u], axis=-1)


def geodetic_from_enu(xyz_enu_m: npt.ArrayLike, site: Site) -> Array:
    """WGS84 (latitude deg, longitude deg, height m), shape (..., 3), of site ENU metres (..., 3)."""
    xyz = np.asarray(xyz_enu_m, float)
    lat, lon, h = pymap3d.enu2geodetic(
        xyz[..., 0], xyz[..., 1], xyz[..., 2], site.latitude_deg, site.longitude_deg, site.height_m
    )
    return np.stack([lat, lon, h], axis=-1)


def sensor_axes(site: Site, sensor: Sensor) -> tuple[Array, Array]:
    """(R, p) of a sensor: x_site = p + R x_sensor, R (3, 3) orthonormal, p (3,) site ENU metres.

    On a site of unknown position the earth is taken flat about its origin: R = 1.
    """
    p = np.array(sensor.position_enu_m)
    if not site.known_position:
        return np.eye(3), p
    lat, lon, _ = geodetic_from_enu(p, site)
    return ecef_axes(site.latitude_deg, site.longitude_deg).T @ ecef_axes(lat, lon), p


def ecef_axes(latitude_deg: float, longitude_deg: float) -> Array:
    """Columns = east, north, up unit vectors in ECEF at a geodetic position; shape (3, 3)."""
    phi, lam = np.radians(latitude_deg), np.radians(longitude_deg)
    sp, cp, sl, cl = np.sin(phi), np.cos(phi), np.sin(lam), np.cos(lam)
    return np.array([[-sl, -sp * cl, cp * cl], [cl, -sp * sl, cp * sl], [0.0, cp, sp]])


def polar_from_enu(xyz_m: npt.ArrayLike) -> Array:
    """(range m, azimuth rad in [0, 2 pi), elevation rad), shape (..., 3), of sensor ENU metres."""
    xyz = np.asarray(xyz_m, float)
    r = np.linalg.norm(xyz, axis=-1)
    azimuth = np.arctan2(xyz[..., 0], xyz[..., 1]) % (2 * np.pi)
    elevation = np.arctan2(xyz[..., 2], np.hypot(xyz[..., 0], xyz[..., 1]))
    return np.stack([r, azimuth, elevation], axis=-1)


def enu_from_polar(
    range_m: npt.ArrayLike, azimuth_rad: npt.ArrayLike, elevation_rad: npt.ArrayLike
) -> Array:
    """Sensor ENU metres, shape (..., 3), of polar coordinates."""
    r, a, e = (np.asarray(v, float) for v in (range_m, azimuth_rad, elevation_rad))
    return np.stack([r * np.cos(e) * np.sin(a), r * np.cos(e) * np.cos(a), r * np.sin(e)], axis=-1)


def covers(sensor: Sensor, polar: Array) -> npt.NDArray[np.bool_]:
    """Whether the declared coverage of a sensor holds (range, azimuth, elevation), (n, 3), of its own; (n,)."""
    turn = 2.0 * np.pi
    width = (sensor.azimuth_max_rad - sensor.azimuth_min_rad) % turn or turn
    return np.asarray(
        (polar[:, 0] >= sensor.range_min_m)
        & (polar[:, 0] <= sensor.range_max_m)
        & ((polar[:, 1] - sensor.azimuth_min_rad) % turn <= width)
        & (polar[:, 2] >= sensor.elevation_min_rad)
        & (polar[:, 2] <= sensor.elevation_max_rad)
    )
