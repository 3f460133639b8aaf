"""What an ideal filter could know of a threat's landing: the yardstick for false warnings.

The region is centred on the true impact. Its covariance is that of a least-squares fit of the true
flight to the plots received so far, with every stated prior: plot noise, slow bias of each sensor, wind,
drag, shape of the drag curve, lateral drift. It is made from truth and from nothing that the engine says.

Estimated: x = position, velocity and ln k at the first true sample after burn-out (plots of the boost are
not used). Considered, c: wind E N, ln of the drag curve's rise, drift, and range, azimuth, elevation and
clock bias of each sensor. In the consider form of Schmidt,

    P = (Hᵀ R⁻¹ H + P0⁻¹)⁻¹,   S = -P Hᵀ R⁻¹ Hc,   C = [J Jc] [[P + S Pc Sᵀ, S Pc], [Pc Sᵀ, Pc]] [J Jc]ᵀ,

with every derivative a central difference through the flight kernel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from rampart.domain.frames import polar_from_enu, sensor_axes
from rampart.domain.site import Settings, Site, Terrain
from rampart.engine.predict_settings import PredictSettings
from rampart.kernels.atmosphere import EARTH_RADIUS_M, FILTER_RISE, drag_shape_of, environment
from rampart.kernels.consider import plots_as_one
from rampart.kernels.flight import step_for, trajectory
from rampart.kernels.terrain import NOTHING, Ground, level_at
from rampart.metrics.truth import Floats, Ints, Truth

STATES: Final = 7
COMMON: Final = 4  # wind E, wind N, ln rise, drift: before the biases of the sensors
BIASES: Final = 4  # range, azimuth, elevation, clock
_STEP: Final = np.array([10.0, 10.0, 10.0, 1.0, 1.0, 1.0, 0.02, 1.0, 1.0, 0.1, 0.01])
"""Half-steps of the differences: E N U, vE vN vU, ln k, wind E N, ln rise, drift."""


class IdealSettings(Settings, frozen=True):
    """Priors of the ideal filter, where neither the sensors nor the predictor state them."""

    log_drag_sigma: float = 0.6  # spread of ln k over the threat classes: its class is not known
    speed_sigma_mps: float = 400.0  # each component; rounds fly at up to 800 m/s
    position_sigma_m: float = 1e5  # nothing is known before the first plot


class Region(NamedTuple):
    """Mean (2,) in ENU metres and covariance (xx, xy, yy) in m² of a landing."""

    mean_m: Floats
    cov_m2: Floats


@dataclass(frozen=True, slots=True)
class _Flight:
    """One true flight, linearised: plots by arrival, four numbers each.

    H (m, 4, 7), Hc (m, 4, c), weight = 1/sigma² (m, 4), 0 where the sensor does not measure it; J (2, 7)
    and Jc (2, c) of the landing.
    """

    arrival_ns: Ints
    H: Floats
    Hc: Floats
    weight: Floats
    J: Floats
    Jc: Floats
    landing_m: Floats


class IdealFilter:
    """Regions of the threats of one `Truth` on one site; each flight is linearised once, when asked for."""

    def __init__(
        self,
        site: Site,
        truth: Truth,
        settings: IdealSettings | None = None,
        priors: PredictSettings | None = None,
    ) -> None:
        self._site, self._truth = site, truth
        s, p = settings or IdealSettings(), priors or PredictSettings()
        sensors = {sensor.id: sensor for sensor in site.sensors}
        self._sensors = [sensors[name] for name in truth.sensors]
        self._axes = [sensor_axes(site, sensor) for sensor in self._sensors]
        # P0⁻¹
        self._prior = np.diag(
            np.array([s.position_sigma_m] * 3 + [s.speed_sigma_mps] * 3 + [s.log_drag_sigma])
            ** -2.0
        )
        wind = p.wind_sigma_told_mps if site.wind else p.wind_sigma_mps
        considered = [wind, wind, p.rise_log_sigma, p.drift_sigma_mps2]
        for n in self._sensors:
            considered += [n.bias_range_m, n.bias_azimuth_rad, n.bias_elevation_rad, n.bias_time_s]
        self._considered = np.diag(np.square(considered))  # Pc
        self._flights: dict[int, _Flight | None] = {}

    def region(self, i: int, now_ns: int) -> Region | None:
        """Where object `i` lands, as well as could be known at `now_ns`.

        None where nothing could: no plot of its free flight received, no ballistic flight, no landing.
        """
        if i not in self._flights:
            self._flights[i] = self._linearised(i)
        flight = self._flights[i]
        if flight is None:
            return None
        n = int(np.searchsorted(flight.arrival_ns, now_ns, side="right"))
        if n == 0:
            return None
        H = flight.H[:n].reshape(-1, STATES)
        Hc = flight.Hc[:n].reshape(len(H), -1)
        HtR = H.T * flight.weight[:n].reshape(-1)
        P = np.linalg.inv(HtR @ H + self._prior)  # P = (Hᵀ R⁻¹ H + P0⁻¹)⁻¹
        S = -P @ HtR @ Hc  # S = -P Hᵀ R⁻¹ Hc
        # C = J P Jᵀ + (J S + Jc) Pc (J S + Jc)ᵀ, the same as the block form
        G = flight.J @ S + flight.Jc
        C = flight.J @ P @ flight.J.T + G @ self._considered @ G.T
        return Region(flight.landing_m, np.array([C[0, 0], C[0, 1], C[1, 1]]))

    def _linearised(self, i: int) -> _Flight | None:
        truth = self._truth
        rows = truth.samples(i)
        first = rows.start + int(np.searchsorted(truth.sample_t_ns[rows], truth.t_free_ns[i]))
        if first >= rows.stop or not truth.lands(i) or not np.isfinite(truth.drag_per_m[i]):
            return None
        start_ns = int(truth.sample_t_ns[first])
        mine = (truth.plot_object == i) & truth.plot_working & (truth.plot_t_ns >= start_ns)
        plots = np.flatnonzero(mine)
        plots = plots[np.argsort(truth.plot_arrival_ns[plots], kind="stable")]
        state = np.array(
            [
                *truth.sample_enu_m[first],
                *truth.sample_velocity_mps[first],
                np.log(truth.drag_per_m[i]),
            ]
        )
        times_s = (truth.plot_t_ns[plots] - start_ns) / 1e9
        sensor = truth.plot_sensor[plots]
        size = STATES + COMMON
        level = self._level(truth.impact_enu_m[i])
        flown = [
            self._fly(state, half * sign, times_s, level)
            for half in np.diag(_STEP)
            for sign in (1, -1)
        ]
        path, _ = self._fly(state, np.zeros(size), times_s, level)
        landed = np.array([landing[:2] for _, landing in flown])
        if not np.isfinite(landed).all():
            return None
        # the filter's drag curve lands sooner or later than the truth: plots that all of them reach
        aloft = np.isfinite([path, *(changed for changed, _ in flown)]).all(axis=(0, 2))
        plots, sensor, path = plots[aloft], sensor[aloft], path[aloft]
        seen = [self._measured(changed[aloft], sensor) for changed, _ in flown]
        change = np.empty((len(plots), 4, size))
        for k in range(size):
            change[..., k] = _difference(seen[2 * k], seen[2 * k + 1]) / (2 * _STEP[k])
        J = ((landed[0::2] - landed[1::2]) / (2 * _STEP[:, None])).T
        biases = BIASES * len(self._sensors)
        return _Flight(
            arrival_ns=truth.plot_arrival_ns[plots],
            H=change[..., :STATES],
            Hc=np.concatenate([change[..., STATES:], self._biased(path, sensor)], axis=2),
            weight=self._weighted(times_s[aloft], sensor),
            J=J[:, :STATES],
            Jc=np.hstack([J[:, STATES:], np.zeros((2, biases))]),
            landing_m=np.array(truth.impact_enu_m[i, :2]),
        )

    def _level(self, impact_enu_m: Floats) -> Ground:
        """The level of the true landing: derivatives are of the flight, not of the ground that it meets."""
        if not isinstance(self._site.terrain, Terrain):
            return NOTHING
        e, n, u = impact_enu_m
        return level_at(float(u + (e * e + n * n) / (2.0 * EARTH_RADIUS_M)))

    def _fly(
        self, state: Floats, change: Floats, times_s: Floats, level: Ground
    ) -> tuple[Floats, Floats]:
        """(states (m, 6) at `times_s`, landing (7,)) of the flight with everything `change`d."""
        site = self._site
        east, north, rise, drift = change[STATES:]
        order = np.argsort(times_s, kind="stable")
        path = np.empty((len(times_s), 6))
        path[order], landing = trajectory(
            state + change[:STATES],
            times_s[order],
            np.array([[0.0, east, north]]),
            environment(
                site.latitude_deg if site.known_position else None,
                site.height_m,
                shape=drag_shape_of(FILTER_RISE * float(np.exp(rise))),
            ),
            step_for(float(np.linalg.norm(state[3:6]))),
            drift_mps2=float(drift),
            ground=level,
        )
        return path, landing

    def _measured(self, path: Floats, sensor: Ints) -> Floats:
        """(m, 4) range, azimuth, elevation, range rate of states (m, 6) by the sensors that saw them."""
        out = np.empty((len(path), 4))
        for k, (R, p) in enumerate(self._axes):
            mine = sensor == k
            xyz, v = (path[mine, :3] - p) @ R, path[mine, 3:] @ R
            out[mine, :3] = polar_from_enu(xyz)
            out[mine, 3] = (xyz * v).sum(axis=1) / out[mine, 0]
        return out

    def _biased(self, path: Floats, sensor: Ints) -> Floats:
        """(m, 4, biases) what one unit of each sensor's bias does to its own plots."""
        out = np.zeros((len(path), 4, BIASES * len(self._sensors)))
        moved = path.copy()
        moved[:, :3] += 0.01 * path[:, 3:]  # the clock: the same numbers, 10 ms later
        late = _difference(self._measured(moved, sensor), self._measured(path, sensor)) / 0.01
        for row, k in enumerate(sensor):
            out[row, [0, 1, 2], BIASES * k + np.arange(3)] = 1.0
            out[row, :, BIASES * k + 3] = late[row]
        return out

    def _weighted(self, times_s: Floats, sensor: Ints) -> Floats:
        """(m, 4) 1/sigma² of plots seen at `times_s`, of which several of a fast radar are worth one."""
        out = np.empty((len(times_s), 4))
        for k, told in enumerate(self._sensors):
            mine = np.flatnonzero(sensor == k)
            mine = mine[np.argsort(times_s[mine], kind="stable")]
            since_s = np.diff(times_s[mine], prepend=-np.inf)
            alike = plots_as_one(since_s, told.errors_last_s, told.scan_period_s)
            out[mine] = self._weights(k) / alike[:, None]
        return out

    def _weights(self, k: int) -> Floats:
        s = self._sensors[k]
        sigmas = (
            s.sigma_range_m,
            s.sigma_azimuth_rad,
            s.sigma_elevation_rad,
            s.sigma_range_rate_mps,
        )
        return np.array([0.0 if sigma is None else sigma**-2.0 for sigma in sigmas])


def _difference(a: Floats, b: Floats) -> Floats:
    """a - b of measurements (m, 4), azimuth the short way round."""
    d = a - b
    d[:, 1] = (d[:, 1] + np.pi) % (2 * np.pi) - np.pi
    return d
