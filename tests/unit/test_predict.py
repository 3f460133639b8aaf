"""The predictor: wider for what it cannot know, narrower for what it is told, silent where it must be."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rampart.domain.messages import Weather
from rampart.domain.site import Sensor, Site, Wind
from rampart.engine.predict import ImpactEstimate, Predictor
from rampart.engine.predict_settings import PredictSettings
from rampart.kernels.atmosphere import EARTH_RADIUS_M
from rampart.kernels.flight import fly

Array = npt.NDArray[np.float64]

NO_BIAS = {"bias_range_m": 0.0, "bias_azimuth_rad": 0.0, "bias_elevation_rad": 0.0}
SENSORS = (
    Sensor(id="ideal", **NO_BIAS),
    Sensor(id="range", **{**NO_BIAS, "bias_range_m": 30.0}),
    Sensor(id="azimuth", **{**NO_BIAS, "bias_azimuth_rad": 5e-3}),
    Sensor(id="elevation", **{**NO_BIAS, "bias_elevation_rad": 5e-3}),
    Sensor(id="clock", **NO_BIAS, bias_time_s=0.1),
)
SITE = Site(
    name="t", uuid="t", latitude_deg=33.0, longitude_deg=44.0, height_m=40.0, sensors=SENSORS
)
X = np.array([-3000.0, 2000.0, 700.0, 140.0, -40.0, 60.0, math.log(1e-4)])
P = np.diag([10.0**2] * 3 + [4.0**2] * 3 + [0.2**2])
QUIET = PredictSettings(
    wind_sigma_mps=0.0, rise_log_sigma=0.0, drift_sigma_mps2=0.0, drag_sigma=0.0
)


@dataclass
class Spread:
    """An impact's covariance turned along and across the line of fire."""

    along_m: float
    across_m: float

    def __init__(self, impact: ImpactEstimate | None, v: Array = X[3:5]) -> None:
        assert impact is not None
        xx, xy, yy = impact.cov_m2
        C = np.array([[xx, xy], [xy, yy]])
        d = v / np.linalg.norm(v)
        side = np.array([d[1], -d[0]])
        self.along_m, self.across_m = math.sqrt(d @ C @ d), math.sqrt(side @ C @ side)


def test_mean_is_the_flight_of_the_mean_when_the_state_is_known() -> None:
    found = Predictor(SITE, QUIET).impact(X, 1e-6 * np.eye(7), 50.0)
    assert found is not None
    truth = fly(X, Predictor(SITE, QUIET).wind, Predictor(SITE, QUIET).env)[0]
    assert found.enu_m == pytest.approx(truth[:3], abs=0.01)
    assert found.t_q50_s == pytest.approx(50.0 + truth[3], abs=1e-3)
    assert found.velocity_mps == pytest.approx(truth[4:7], abs=0.01)


def test_quantiles_are_ordered_and_about_the_median() -> None:
    found = Predictor(SITE).impact(X, P, 50.0, 1)
    assert found is not None
    assert 50.0 < found.t_q05_s < found.t_q50_s < found.t_q95_s


def test_unknown_wind_widens_by_what_wind_does() -> None:
    still, windy = PredictSettings(wind_sigma_mps=0.0), PredictSettings(wind_sigma_mps=5.0)
    narrow = Spread(Predictor(SITE, still).impact(X, P, 0.0))
    wide = Spread(Predictor(SITE, windy).impact(X, P, 0.0))
    calm = fly(X, np.zeros((1, 3)), Predictor(SITE).env)[0]
    side = np.array([-X[4], X[3]]) / math.hypot(X[3], X[4]) * 5.0
    blown = fly(X, np.array([[0.0, *side]]), Predictor(SITE).env)[0]
    shift = math.hypot(*(blown - calm)[:2])
    assert math.sqrt(wide.across_m**2 - narrow.across_m**2) == pytest.approx(shift, rel=0.2)


def test_weather_moves_the_mean_downwind_and_narrows_the_ellipse() -> None:
    predictor = Predictor(SITE)
    before = predictor.impact(X, P, 0.0)
    predictor.set_weather(Weather(t_arrival_ns=0, wind=((0.0, 10.0, 0.0), (3000.0, 10.0, 0.0))))
    after = predictor.impact(X, P, 0.0)
    assert before is not None
    assert after is not None
    assert after.enu_m[0] - before.enu_m[0] > 20.0
    assert Spread(after).across_m < Spread(before).across_m
    told = Site(
        name="t", uuid="t", latitude_deg=33.0, longitude_deg=44.0, height_m=40.0,
        wind=(Wind(height_m=0.0, east_mps=10.0, north_mps=0.0),),
    )  # fmt: skip
    assert Predictor(told).impact(X, P, 0.0) == after


def test_weather_without_wind_leaves_the_sites_wind() -> None:
    site = Site(
        name="t", uuid="t", latitude_deg=33.0, longitude_deg=44.0, height_m=40.0,
        wind=(Wind(height_m=0.0, east_mps=10.0, north_mps=0.0),),
    )  # fmt: skip
    predictor = Predictor(site)
    predictor.set_weather(Weather(t_arrival_ns=0, temperature_k=310.0))
    assert predictor.wind.tolist() == [[0.0, 10.0, 0.0]]


def test_hot_thin_air_carries_farther() -> None:
    predictor = Predictor(SITE)
    before = predictor.impact(X, P, 0.0)
    predictor.set_weather(Weather(t_arrival_ns=0, temperature_k=320.0, pressure_pa=97_000.0))
    after = predictor.impact(X, P, 0.0)
    assert before is not None
    assert after is not None
    assert math.dist(after.enu_m[:2], X[:2]) > math.dist(before.enu_m[:2], X[:2]) + 10.0


@pytest.mark.parametrize(("index", "name"), list(enumerate(s.id for s in SENSORS))[1:])
def test_a_sensors_slow_bias_widens_by_the_shift_that_it_causes(index: int, name: str) -> None:
    """The truth is what the biased radar would have reported all along the flight, flown on."""
    predictor = Predictor(SITE, QUIET)
    plain, biased = predictor.impact(X, P, 0.0, 0), predictor.impact(X, P, 0.0, index)
    assert plain is not None
    assert biased is not None
    sensor = SENSORS[index]

    def seen(x: Array) -> Array:
        """Position as the biased radar at the origin sees it."""
        r, ground = np.linalg.norm(x), math.hypot(x[0], x[1])
        az = math.atan2(x[0], x[1]) + sensor.bias_azimuth_rad
        el = math.atan2(x[2], ground) + sensor.bias_elevation_rad
        r += sensor.bias_range_m
        return np.array(
            [r * math.cos(el) * math.sin(az), r * math.cos(el) * math.cos(az), r * math.sin(el)]
        )

    h, dt = 1e-3, sensor.bias_time_s
    p, v, fall = X[:3], X[3:6], np.array([0.0, 0.0, -9.8])
    position = seen(p) + v * dt
    velocity = (seen(p + h * v) - seen(p - h * v)) / (2 * h) + fall * dt
    flown = fly([X, [*position, *velocity, X[6]]], predictor.wind, predictor.env)
    d = flown[1, :2] - flown[0, :2]
    grown = np.array(biased.cov_m2) - np.array(plain.cov_m2)
    assert grown == pytest.approx([d[0] ** 2, d[0] * d[1], d[1] ** 2], rel=0.1, abs=0.03 * d @ d)


def test_unobserved_height_has_no_impact_point() -> None:
    flat = P.copy()
    flat[2, 2] = 1e8
    assert Predictor(SITE).impact(X, flat, 0.0, 0) is None
    climb = P.copy()
    climb[5, 5] = 1e6
    assert Predictor(SITE).impact(X, climb, 0.0, 0) is None


def test_a_site_without_position_predicts_on_flat_resting_earth() -> None:
    site = Site(
        name="t", uuid="t", latitude_deg=0.0, longitude_deg=0.0, height_m=0.0, known_position=False
    )
    found = Predictor(site, QUIET).impact(X, P, 0.0)
    assert found is not None
    assert found.enu_m[2] == pytest.approx(0.0, abs=1e-6)


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True, width=64), min_size=7, max_size=7),
    st.integers(0, 2**32 - 1),
    st.sampled_from([-1, 0, 1]),
)
def test_no_state_whatever_makes_it_raise(values: list[float], seed: int, sensor: int) -> None:
    rng = np.random.default_rng(seed)
    A = rng.normal(0, 10.0 ** rng.uniform(-8, 3, 7)[:, None], (7, 7))
    found = Predictor(SITE).impact(np.array(values), A @ A.T, 0.0, sensor)
    assert found is None or math.isfinite(found.cov_m2[0])


@given(st.integers(0, 2**32 - 1))
def test_covariances_that_are_not_positive_definite_still_give_an_ellipse(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bad = P + np.diag(rng.uniform(0, 1, 7))
    i, j = rng.integers(0, 7, 2)
    bad[i, j] += 3.0 * math.sqrt(bad[i, i] * bad[j, j])  # correlation above 1, and not symmetric
    found = Predictor(SITE).impact(X, bad, 0.0, 1)
    assert found is not None
    xx, xy, yy = found.cov_m2
    assert xx > 0.0
    assert xx * yy - xy * xy > 0.0


def test_a_point_that_has_just_landed_is_where_it_is() -> None:
    x = X.copy()
    x[2] = -5.0 - (x[0] ** 2 + x[1] ** 2) / (2 * EARTH_RADIUS_M)
    x[5] = -80.0
    found = Predictor(SITE, QUIET).impact(x, 1e-6 * np.eye(7), 7.0)
    assert found is not None
    assert found.enu_m[:2] == pytest.approx(x[:2], abs=0.1)
    assert found.t_q50_s == pytest.approx(7.0, abs=0.01)


def test_a_sideways_push_that_a_track_follows_late_counts_from_before() -> None:
    """A settled filter lags a push by 2 P_pv / P_vv seconds: across, a (T + lag)² / 2 and not a T² / 2."""
    push, lag = 0.2, 6.0
    drifts = PredictSettings(
        wind_sigma_mps=0.0,
        rise_log_sigma=0.0,
        drag_sigma=0.0,
        drift_sigma_mps2=push,
        drift_fast=1.0,
    )
    settled = P.copy()
    for i in range(3):
        settled[i, 3 + i] = settled[3 + i, i] = 0.5 * lag * settled[3 + i, 3 + i]
    settled[:3, :3] *= 4.0
    state = X.copy()
    state[6] = math.log(1e-6)  # hardly any drag: the formula is exact
    found = Predictor(SITE, drifts).impact(state, settled, 0.0)
    without = Predictor(SITE, QUIET).impact(state, settled, 0.0)
    assert found is not None
    across = Spread(found).across_m ** 2 - Spread(without).across_m ** 2
    horizontal = math.hypot(X[3], X[4]) / np.linalg.norm(X[3:6])
    expected = 0.5 * push * horizontal * (found.t_q50_s + lag) ** 2
    assert math.sqrt(across) == pytest.approx(expected, rel=0.15)


def test_a_shell_that_has_slowed_down_high_up_may_still_drift_like_a_fast_one() -> None:
    only_drift = PredictSettings(wind_sigma_mps=0.0, rise_log_sigma=0.0, drag_sigma=0.0)
    high = np.array([-3000.0, 2000.0, 5000.0, 250.0, -70.0, 0.0, math.log(6e-5)])

    def drift_m(settings: PredictSettings) -> float:
        found = Predictor(SITE, settings).impact(high, 1e-4 * np.eye(7), 0.0)
        return Spread(found, high[3:5]).across_m

    slow = PredictSettings(wind_sigma_mps=0.0, rise_log_sigma=0.0, drag_sigma=0.0, drift_fast=1.0)
    assert drift_m(only_drift) > 4.0 * drift_m(slow)
