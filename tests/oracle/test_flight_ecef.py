"""The site-ENU flight against one integrated in rotating ECEF: J2 gravity, ellipsoidal height."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyproj
import pytest
from scipy.integrate import solve_ivp

from rampart.kernels.atmosphere import drag_shape_of, environment
from rampart.kernels.flight import STILL_AIR, fly

Array = npt.NDArray[np.float64]

GM, J2, A, OMEGA = 3.986004418e14, 1.082629821e-3, 6_378_137.0, 7.292115e-5
LATITUDE, LONGITUDE = 45.0, 7.0
TO_ECEF = pyproj.Transformer.from_crs("EPSG:4979", "EPSG:4978", always_xy=True)
TO_GEODETIC = pyproj.Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True)
SHAPE = drag_shape_of(2.7, 1.0, 0.08)


def axes() -> Array:
    """Columns east, north, up at the origin."""
    phi, lam = math.radians(LATITUDE), math.radians(LONGITUDE)
    return np.array(
        [
            [-math.sin(lam), -math.sin(phi) * math.cos(lam), math.cos(phi) * math.cos(lam)],
            [math.cos(lam), -math.sin(phi) * math.sin(lam), math.cos(phi) * math.sin(lam)],
            [0.0, math.cos(phi), math.sin(phi)],
        ]
    )


def height(x: Array) -> float:
    return float(TO_GEODETIC.transform(*x)[2])


def acceleration(x: Array, v: Array, k: float) -> Array:
    r = np.linalg.norm(x)
    j = 1.5 * J2 * (A / r) ** 2
    z2 = 5 * (x[2] / r) ** 2
    gravity = -GM / r**3 * x * np.array([1 - j * (z2 - 1), 1 - j * (z2 - 1), 1 - j * (z2 - 3)])
    omega = np.array([0.0, 0.0, OMEGA])
    turning = -2 * np.cross(omega, v) - np.cross(omega, np.cross(omega, x))
    theta = 1 - 2.25577e-5 * height(x)
    speed = np.linalg.norm(v)
    s = (speed / (340.294 * math.sqrt(theta)) - SHAPE.mach_c) / SHAPE.width
    shape = SHAPE.c0 + SHAPE.c1 * (1 + s / math.sqrt(1 + s * s))
    return np.asarray(gravity + turning - k * theta**4.25588 * shape * speed * v)


def ecef_impact(state: Array) -> Array:
    """Site ENU of the landing of the ENU state at the origin's tangent plane."""
    origin, frame = np.array(TO_ECEF.transform(LONGITUDE, LATITUDE, 0.0)), axes()
    k = math.exp(state[6])

    def slope(t: float, y: Array) -> Array:
        return np.concatenate([y[3:], acceleration(y[:3], y[3:], k)])

    ground: Callable[[float, Array], float] = lambda t, y: height(y[:3])  # noqa: E731
    ground.terminal, ground.direction = True, -1  # type: ignore[attr-defined]
    start = np.concatenate([origin + frame @ state[:3], frame @ state[3:6]])
    found = solve_ivp(slope, (0, 300), start, "DOP853", rtol=1e-10, atol=1e-6, events=ground)
    return np.asarray(frame.T @ (found.y_events[0][0][:3] - origin))


@pytest.mark.parametrize("azimuth_deg", [0, 90, 180, 270])
@pytest.mark.parametrize(
    ("speed", "climb_deg", "k", "range_m", "place_m", "allowed_m"),
    [
        (380.0, 45.0, 3.2e-5, 10_000, 0.0, 0.1),
        (700.0, 45.0, 2.85e-5, 20_000, 0.0, 0.2),
        (700.0, 45.0, 2.85e-5, 20_000, 20_000.0, 0.5),
    ],
    ids=["10 km", "20 km", "20 km, origin 20 km away"],
)
def test_impact_is_that_of_the_rotating_ellipsoid(
    azimuth_deg: float, speed: float, climb_deg: float, k: float, range_m: float, place_m: float,
    allowed_m: float,
) -> None:  # fmt: skip
    azimuth, climb = math.radians(azimuth_deg), math.radians(climb_deg)
    ground = speed * math.cos(climb)
    state = np.array(
        [-place_m, 0.0, 1.0 - place_m**2 / (2 * A), ground * math.sin(azimuth),
         ground * math.cos(azimuth), speed * math.sin(climb), math.log(k)]
    )  # fmt: skip
    env = environment(LATITUDE, 0.0, shape=SHAPE)
    found = fly(state, STILL_AIR, env, 0.1)[0]
    truth = ecef_impact(state)
    assert math.hypot(found[0] + place_m, found[1]) == pytest.approx(range_m, rel=0.05)
    assert math.hypot(*(found[:2] - truth[:2])) <= allowed_m
