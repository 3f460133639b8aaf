"""Frames against pyproj (PROJ), an implementation not ours, to 1 mm within 100 km."""

import math

import numpy as np
import pyproj
from hypothesis import given
from hypothesis import strategies as st

from rampart.domain.frames import (
    ecef_axes,
    enu_from_geodetic,
    enu_from_polar,
    geodetic_from_enu,
    polar_from_enu,
    sensor_axes,
)
from rampart.domain.site import Sensor, Site

latitudes = st.floats(-85.0, 85.0)
longitudes = st.floats(-180.0, 180.0)
heights = st.floats(-430.0, 5_000.0)
offsets = st.floats(-70_000.0, 70_000.0)  # two of them: within 100 km


def site_at(lat: float, lon: float, h: float, *, known: bool = True) -> Site:
    return Site(
        name="t", uuid="u", latitude_deg=lat, longitude_deg=lon, height_m=h, known_position=known
    )


def proj_enu(lat: float, lon: float, h: float) -> pyproj.Transformer:
    """geodetic (lon, lat, h) -> ENU at (lat, lon, h) by PROJ's own pipeline."""
    return pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        "+step +proj=cart +ellps=WGS84 "
        f"+step +proj=topocentric +ellps=WGS84 +lon_0={lon!r} +lat_0={lat!r} +h_0={h!r}"
    )


@given(latitudes, longitudes, heights, offsets, offsets, st.floats(-500.0, 20_000.0))
def test_enu_agrees_with_proj_to_a_millimetre(lat, lon, h, east, north, up):
    site = site_at(lat, lon, h)
    place = geodetic_from_enu((east, north, up), site)
    expected = np.array(proj_enu(lat, lon, h).transform(place[1], place[0], place[2]))
    assert np.abs(expected - (east, north, up)).max() < 1e-3
    assert np.abs(enu_from_geodetic(*place, site) - expected).max() < 1e-3


@given(latitudes, longitudes, heights, offsets, offsets, offsets, offsets)
def test_a_sensors_own_axes_lead_back_to_the_site(lat, lon, h, e1, n1, e2, n2):
    """A point seen by a distant sensor lands where PROJ puts it in the site's frame."""
    site = site_at(lat, lon, h)
    sensor = Sensor(id="r", position_enu_m=(e1, n1, 30.0))
    rotation, position = sensor_axes(site, sensor)
    place = geodetic_from_enu((e2, n2, 900.0), site)
    sensor_place = geodetic_from_enu(position, site)
    local = np.array(
        proj_enu(*(float(v) for v in sensor_place)).transform(place[1], place[0], place[2])
    )
    assert np.abs(position + rotation @ local - (e2, n2, 900.0)).max() < 1e-3
    assert np.abs(rotation @ rotation.T - np.eye(3)).max() < 1e-12


@given(st.floats(1.0, 1e5), st.floats(0.0, 2 * math.pi - 1e-9), st.floats(-1.5, 1.5))
def test_polar_and_back(range_m, azimuth_rad, elevation_rad):
    polar = polar_from_enu(enu_from_polar(range_m, azimuth_rad, elevation_rad))
    assert math.isclose(polar[0], range_m, rel_tol=1e-12)
    assert abs(math.remainder(polar[1] - azimuth_rad, 2 * math.pi)) < 1e-9
    assert math.isclose(polar[2], elevation_rad, abs_tol=1e-9)


def test_azimuth_is_clockwise_from_north_and_elevation_up():
    assert np.allclose(enu_from_polar(1.0, math.pi / 2, 0.0), (1.0, 0.0, 0.0))
    assert np.allclose(enu_from_polar(1.0, 0.0, math.pi / 2), (0.0, 0.0, 1.0))
    assert np.allclose(ecef_axes(0.0, 0.0) @ (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def test_an_unknown_position_means_a_flat_local_frame():
    rotation, position = sensor_axes(
        site_at(0.0, 0.0, 0.0, known=False), Sensor(id="r", position_enu_m=(9e3, 0.0, 0.0))
    )
    assert np.array_equal(rotation, np.eye(3))
    assert tuple(position) == (9e3, 0.0, 0.0)
