"""Where and when a ballistic track lands, with an honest covariance.

The flights and their sums are `kernels.crossing`; here stand the site's priors, air and sensors that go
into them, and names and times for what comes out.
"""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.domain.messages import Weather
from rampart.domain.site import Site
from rampart.engine.ground import ground_of_site
from rampart.engine.predict_settings import PredictSettings
from rampart.kernels.atmosphere import FILTER_RISE, drag_shape_of, environment
from rampart.kernels.consider import BIASES, SENSOR, widen
from rampart.kernels.crossing import DRAWN, NO_SENSOR, TOLD, crossings, landings
from rampart.kernels.flight import STILL_AIR
from rampart.kernels.motion import Air, pack_air
from rampart.kernels.scatter import draws

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_Q05: Final = 1.6448536269514722  # standard normal 95 % quantile


class ImpactEstimate(msgspec.Struct, frozen=True, gc=False):
    """A ground crossing: mean E, N, U (m), covariance (xx, xy, yy) in m², time quantiles in seconds since
    the engine's epoch, and the mean velocity there (m/s). `uneven`: see `scatter.unevenness`."""

    enu_m: tuple[float, float, float]
    cov_m2: tuple[float, float, float]
    t_q05_s: float
    t_q50_s: float
    t_q95_s: float
    velocity_mps: tuple[float, float, float]
    uneven: float = 0.0


class Predictor:
    """Impact points of a site's tracks. Stateless but for the weather."""

    def __init__(
        self, site: Site, settings: PredictSettings | None = None, accel: float = 0.0
    ) -> None:
        """`accel`: density of the white acceleration (m²/s³) that the tracks assume in free flight."""
        self._site = site
        self._ground = ground_of_site(site)
        self._accel = accel
        self.settings = settings or PredictSettings()
        self._sensors = np.zeros((len(site.sensors), SENSOR))
        for s, sensor in enumerate(site.sensors):
            self._sensors[s, :3] = sensor.position_enu_m
            self.set_doubt(s, np.diag(np.square(sensor.bias_sigmas)))
        self._shapes = np.array(
            [
                drag_shape_of(FILTER_RISE * math.exp(sign * self.settings.rise_log_sigma))[:2]
                for sign in (1.0, -1.0)
            ]
        )
        self.set_weather(Weather(t_arrival_ns=0))

    def set_doubt(self, sensor: int, cov: Array) -> None:
        """From now on the slow biases of `sensor` (range m, azimuth rad, elevation rad, time s) have this
        covariance (4, 4)."""
        self._sensors[sensor, 3:] = cov.ravel()

    @property
    def doubts(self) -> Array:
        """(sensors, 4, 4): what `set_doubt` last told of each sensor."""
        return self._sensors[:, 3:].reshape(-1, BIASES, BIASES)

    def set_weather(self, weather: Weather) -> None:
        """Fly through this air from now on; what it does not tell is the site's wind, or standard."""
        site = self._site
        site_wind = tuple((w.height_m, w.east_mps, w.north_mps) for w in site.wind)
        levels = np.array(weather.wind or site_wind, float).reshape(-1, 3)
        levels = levels[np.isfinite(levels).all(axis=1)]
        told = len(levels) > 0
        self.wind: Array = levels if told else STILL_AIR
        self.env: Array = environment(
            site.latitude_deg if site.known_position else None,
            site.height_m,
            pressure_pa=weather.pressure_pa,
            temperature_k=weather.temperature_k,
            station_altitude_m=weather.station_height_m,
        )
        self._air: Air = pack_air(self.env, self.wind)
        sigma = self.settings.wind_sigma_told_mps if told else self.settings.wind_sigma_mps
        s = self.settings
        self._priors = np.array(
            [sigma, sigma, s.drift_sigma_mps2, s.drift_fast, s.memory_s, s.drag_sigma, self._accel]
        )

    def impact(
        self, x: Array, P: Array, t_s: float, sensor_index: int = -1
    ) -> ImpactEstimate | None:
        """Landing of the state `x` (7,), `P` (7, 7) that stands at `t_s`; `sensor_index` of the radar that
        sees it, -1 for none. None where the height is not observed or a flight does not land."""
        return self.crossing(x, P, t_s, sensor_index, self.settings.step_s)

    def impacts(
        self, x: Array, P: Array, t_s: Array, sensor_index: Ints
    ) -> list[ImpactEstimate | None]:
        """As `impact` for many tracks in one call: x (n, 7), P (n, 7, 7), t_s (n,), sensor_index (n,)."""
        return self.crossings(x, P, t_s, sensor_index, self.settings.step_s)

    def crossing(
        self, x: Array, P: Array, t_s: float, sensor_index: int, step_s: float
    ) -> ImpactEstimate | None:
        """As `impact`; with `step_s` < 0 the crossing that lies behind: the origin."""
        at = np.array([t_s]), np.array([sensor_index], np.int64)
        one = np.asarray(x, float)[None], np.asarray(P, float)[None]
        return self.crossings(*one, *at, step_s)[0]

    def crossings(
        self, x: Array, P: Array, t_s: Array, sensor_index: Ints, step_s: float
    ) -> list[ImpactEstimate | None]:
        """As `crossing` for many tracks in one call."""
        s = self.settings
        limits = (s.height_sigma_max_m**2, s.climb_sigma_max_mps**2)
        out = np.empty((len(x), TOLD))
        crossings(
            x, P, sensor_index, self._sensors, limits, self._priors, self.env, self._shapes,
            self._air, self._ground, step_s, out,
        )  # fmt: skip
        return [
            _estimate(at, *row) if all(map(math.isfinite, row)) else None
            for at, row in zip(t_s.tolist(), out.tolist(), strict=True)
        ]

    def widen(self, x: Array, P: Array, sensor_index: Ints) -> None:
        """Add to P (n, 7, 7) of the states x (n, 7) what slow errors of their sensors, (n,), do to them."""
        widen(x, P, self._sensors, sensor_index)

    def samples(self, x: Array, P: Array, sensor_index: int) -> Array:
        """(n, 2): landings E, N of the state `x` (7,), `P` (7, 7), drawn from all that `impact` weighs;
        without those that do not land. The same draws for every state (common random numbers)."""
        sensor = self._sensors[sensor_index] if sensor_index >= 0 else NO_SENSOR
        landed = landings(
            x, P, sensor, self._priors, self.env, self._shapes, self._air, self._ground,
            self.settings.step_s, draws(DRAWN),
        )  # fmt: skip
        return landed[np.isfinite(landed).all(axis=1), :2]


def _estimate(
    at_s: float, e: float, n: float, u: float, t: float, a: float, b: float, c: float,
    xx: float, xy: float, yy: float, sigma_t: float, uneven: float,
) -> ImpactEstimate:  # fmt: skip
    """The columns of a crossing, of a state that stood at `at_s`, with a name each."""
    t += at_s
    reach = _Q05 * sigma_t
    return ImpactEstimate((e, n, u), (xx, xy, yy), t - reach, t, t + reach, (a, b, c), uneven)
