"""Air, earth and drag shape as scalar formulae, and the array that packs one site's environment.

The formulae hold neither a branch nor a transcendental function, so that the loops they are inlined
into vectorise. Sources: ISA (ICAO Doc 7488), normal gravity (WGS84, NIMA TR8350.2).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import inline_kernel, kernel

Array = npt.NDArray[np.float64]

EARTH_RADIUS_M: Final = 6_378_137.0
EARTH_RATE_RPS: Final = 7.292115e-5
STANDARD_GRAVITY: Final = 9.80665  # where the latitude is not known
TROPOPAUSE_M: Final = 11_000.0
LOWEST_M: Final = -1_000.0  # the density fit holds from here up; below, the air is as here
LAPSE_PER_M: Final = 2.25577e-5

# (rho/rho0)(h) of the troposphere law (1 - 2.25577e-5 h)^4.25588 as a polynomial in h / 10 km:
# relative error below 3e-12 from -1 to 11 km (Chebyshev fit of degree 7)
_R0: Final = 0.9999999999992158
_R1: Final = -0.9600286427156125
_R2: Final = 0.35254730694686
_R3: Final = -0.059800799065022635
_R4: Final = 0.004235378227161594
_R5: Final = -4.894462347132606e-05
_R6: Final = -1.3088927288571765e-06
_R7: Final = -1.0943476924682025e-07


@inline_kernel
def density_ratio(altitude_m: float) -> float:
    """rho(h) / 1.225 kg/m³ in the standard atmosphere, at an altitude above sea level in metres."""
    z = min(max(altitude_m, LOWEST_M), TROPOPAUSE_M) * 1e-4
    troposphere = _R0 + z * (
        _R1 + z * (_R2 + z * (_R3 + z * (_R4 + z * (_R5 + z * (_R6 + z * _R7)))))
    )
    # exp(-y) = exp(-y/16)^16, y = (h - 11 km) / 6341.6 m: Taylor to z⁶, 2e-11 at 17 km, 3e-8 at 30 km
    y = min(max(altitude_m - TROPOPAUSE_M, 0.0), 49_000.0) * (-1.0 / (16.0 * 6341.6))
    e = 1.0 + y * (1.0 + y * (0.5 + y * (1 / 6 + y * (1 / 24 + y * (1 / 120 + y * (1 / 720))))))
    e = e * e
    e = e * e
    e = e * e
    return troposphere * (e * e)


@inline_kernel
def sound_speed(altitude_m: float) -> float:
    """Speed of sound of the standard atmosphere, m/s: 340.294 sqrt(1 - 2.25577e-5 h), constant from 11 km."""
    return 340.294 * math.sqrt(1.0 - LAPSE_PER_M * min(max(altitude_m, LOWEST_M), TROPOPAUSE_M))


@inline_kernel
def drag_shape(mach: float, c0: float, c1: float, mach_c: float, width: float) -> float:
    """S(M) = c0 + c1 (1 + s/sqrt(1 + s²)), s = (M - Mc)/w: the drag coefficient over its value at Mach 0.

    That S(0) = 1 is a property of the coefficients: take them from a `DragShape` made by
    `drag_shape_of`, or from `environment`.
    """
    s = (mach - mach_c) / width
    return c0 + c1 * (1.0 + s / math.sqrt(1.0 + s * s))


@kernel
def wind_at(height_m: float, wind: Array) -> tuple[float, float]:
    """Wind (towards east, towards north; m/s) at a height above the site's level.

    `wind` (n, 3): height, east, north, heights ascending; linear between levels, clamped at the ends.
    """
    last = wind.shape[0] - 1
    if not height_m > wind[0, 0]:
        return wind[0, 1], wind[0, 2]
    if height_m >= wind[last, 0]:
        return wind[last, 1], wind[last, 2]
    low, high = 0, last
    while high - low > 1:
        middle = (low + high) // 2
        if wind[middle, 0] <= height_m:
            low = middle
        else:
            high = middle
    f = (height_m - wind[low, 0]) / (wind[high, 0] - wind[low, 0])
    east = wind[low, 1] + f * (wind[high, 1] - wind[low, 1])
    north = wind[low, 2] + f * (wind[high, 2] - wind[low, 2])
    return east, north


class DragShape(NamedTuple):
    """Coefficients of S(M), normalised so that S(0) = 1."""

    c0: float
    c1: float
    mach_c: float
    width: float


def drag_shape_of(rise: float, mach_c: float = 1.0, width: float = 0.15) -> DragShape:
    """The shape whose drag coefficient grows by the factor `rise` from Mach 0 to high Mach numbers."""
    s = -mach_c / width
    low = 1.0 + s / math.sqrt(1.0 + s * s)
    # c0 + c1 low = 1 and c0 + 2 c1 = rise
    c1 = (rise - 1.0) / (2.0 - low)
    return DragShape(1.0 - c1 * low, c1, mach_c, width)


FILTER_RISE: Final = 1.75
FILTER_SHAPE: Final = drag_shape_of(FILTER_RISE)
"""What tracker and predictor assume: midway, in logarithm, between no rise at all and the rise by 3
of blunt shells; `engine.predict` carries the spread between them."""

# The fields of `environment`, in order.
OMEGA_NORTH: Final = 0  # earth rate towards north, rad/s
OMEGA_UP: Final = 1  # earth rate upwards, rad/s
ALTITUDE: Final = 2  # the site's level above sea level, m
GRAVITY: Final = 3  # normal gravity at the ellipsoid, m/s²
RADIUS: Final = 4  # of the earth, m; inf: flat
DENSITY: Final = 5  # measured density over the standard one, both at the station
SOUND: Final = 6  # measured speed of sound over the standard one
SHAPE_C0: Final = 7  # the four of DragShape
SHAPE_C1: Final = 8
SHAPE_MACH: Final = 9
SHAPE_WIDTH: Final = 10
ENVIRONMENT_SIZE: Final = 11


def environment(
    latitude_deg: float | None,
    altitude_m: float = 0.0,
    *,
    pressure_pa: float | None = None,
    temperature_k: float | None = None,
    station_altitude_m: float | None = None,
    shape: DragShape = FILTER_SHAPE,
) -> Array:
    """The packed float64 array (ENVIRONMENT_SIZE,) that the flight kernels read; fields as listed above.

    `latitude_deg` None: a site of unknown position; the earth is then flat and at rest, with standard
    gravity. `altitude_m`: of the site's level. Ground pressure and temperature are those measured at
    `station_altitude_m` (default: the site's level); what is missing is standard.
    """
    station = altitude_m if station_altitude_m is None else station_altitude_m
    standard_k = 288.15 * (1.0 - LAPSE_PER_M * min(station, TROPOPAUSE_M))
    standard_pa = 101_325.0 * (standard_k / 288.15) ** 5.25588
    temperature = standard_k if temperature_k is None else temperature_k
    pressure = standard_pa if pressure_pa is None else pressure_pa
    env = np.empty(ENVIRONMENT_SIZE)
    if latitude_deg is None:
        env[[OMEGA_NORTH, OMEGA_UP]] = 0.0
        env[GRAVITY], env[RADIUS] = STANDARD_GRAVITY, np.inf
    else:
        phi = math.radians(latitude_deg)
        env[OMEGA_NORTH] = EARTH_RATE_RPS * math.cos(phi)
        env[OMEGA_UP] = EARTH_RATE_RPS * math.sin(phi)
        env[GRAVITY], env[RADIUS] = normal_gravity(latitude_deg), EARTH_RADIUS_M
    env[ALTITUDE] = altitude_m
    env[DENSITY] = pressure / standard_pa * (standard_k / temperature)  # rho ~ p / T
    env[SOUND] = math.sqrt(temperature / standard_k)  # a ~ sqrt(T)
    env[SHAPE_C0 : SHAPE_WIDTH + 1] = shape
    return env


def normal_gravity(latitude_deg: float) -> float:
    """Normal gravity on the WGS84 ellipsoid, m/s² (Somigliana)."""
    s2 = math.sin(math.radians(latitude_deg)) ** 2
    return 9.7803253359 * (1.0 + 0.00193185265241 * s2) / math.sqrt(1.0 - 0.00669437999013 * s2)
