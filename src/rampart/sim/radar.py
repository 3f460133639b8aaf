"""What one radar sends of a world: plots with noise, misses and false plots, and its own marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import special

from rampart.domain.frames import covers, polar_from_enu, sensor_axes
from rampart.domain.messages import PLOT_DTYPE
from rampart.domain.site import Sensor, Site
from rampart.engine.ground import ground_of_site
from rampart.kernels.atmosphere import EARTH_RADIUS_M
from rampart.kernels.terrain import NOTHING, shadowed
from rampart.metrics.truth import FALSE_PLOT
from rampart.sim.detection import draw_statistic, required_snr_db, threshold
from rampart.sim.draws import stream
from rampart.sim.echoes import echoes_of, reflected
from rampart.sim.path import Path
from rampart.sim.world import Echo, RadarModel

Array = npt.NDArray[np.float64]

_SLOW_FALSE: Final = 0.3  # [A] share of false plots that hardly move, as ground clutter
_SLOW_SIGMA_MPS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Target:
    """One object as a radar sees it."""

    id: str
    path: Path
    rcs_dbsm: float


@dataclass(frozen=True, slots=True)
class Plots:
    """Plots of one sensor in order of delivery: rows (n,) of PLOT_DTYPE with times counted from the
    world's start, the delivery each belongs to, and the object that caused it (FALSE_PLOT: none).
    """

    rows: npt.NDArray[np.void]
    delivery: npt.NDArray[np.int64]
    caused_by: npt.NDArray[np.int64]


class Radar:
    """One sensor in one run: its errors are drawn when it is made."""

    def __init__(self, sensor: Sensor, model: RadarModel, site: Site, seed: int) -> None:
        self.sensor, self.model, self.seed = sensor, model, seed
        self.axes, self.position = sensor_axes(site, sensor)
        self.ground = ground_of_site(site)
        self.level = threshold(model.pfa, model.pulses)
        self.needed_db = required_snr_db(model.detects_pd, model.pfa, model.pulses, model.swerling)
        # SNR = constant + RCS - 40 log10 R, dB: the lumped constant of the radar equation
        self.constant_db = (
            self.needed_db - model.detects_dbsm + 40.0 * np.log10(model.detects_range_m)
        )
        rng = stream(seed, sensor.id, "bias")
        factor = model.bias_factor
        self.bias_range_m = factor * rng.normal(0.0, sensor.bias_range_m)
        self.bias_azimuth_rad = factor * rng.normal(0.0, sensor.bias_azimuth_rad)
        self.bias_elevation_rad = factor * rng.normal(0.0, sensor.bias_elevation_rad)
        self.bias_time_s = factor * rng.normal(0.0, sensor.bias_time_s)
        self.phase_s = rng.uniform(0.0, sensor.scan_period_s)  # its first look, or its first north
        full_turn = 2.0 * np.pi
        width = sensor.azimuth_max_rad - sensor.azimuth_min_rad
        self.sector_rad = width if abs(width - full_turn) < 1e-9 else width % full_turn or full_turn

    @property
    def delivery_s(self) -> float:
        """Seconds from one delivery to the next."""
        rotating = self.model.motion == "rotating"
        return (
            min(self.model.delivery_s, self.sensor.scan_period_s)
            if rotating
            else (self.sensor.scan_period_s)
        )

    def observe(
        self, targets: list[Target], duration_s: float, echoes: tuple[Echo, ...] = (),
        standing: Sequence[Target] = (),
    ) -> Plots:  # fmt: skip
        """All plots of the run, those of this sensor's `echoes` and of what is `standing` on the ground among
        them, neither of which is an object of the truth."""
        mine = [echo for echo in echoes if echo.sensor == self.sensor.id]
        false = [self._false_plots(duration_s)]
        false += [self._detections(target, duration_s) for target in standing]
        false += [
            echoes_of(self, echo, i, duration_s)
            for i, echo in enumerate(mine)
            if echo.kind != "reflection"
        ]
        seen = [self._detections(target, duration_s) for target in targets]
        false += [
            reflected(self, echo, target.id, rows)
            for echo in mine
            if echo.kind == "reflection"
            for target, rows in zip(targets, seen, strict=True)
        ]
        parts = [*false, *seen]
        causes = [np.full(len(part), FALSE_PLOT, np.int64) for part in false]
        causes += [np.full(len(part), i, np.int64) for i, part in enumerate(seen)]
        rows, caused_by = np.concatenate(parts), np.concatenate(causes)
        t_s = rows["t_event_ns"] * 1e-9
        if self.model.motion == "rotating":
            delivery = np.floor(t_s / self.delivery_s).astype(np.int64)
        else:
            delivery = np.rint((t_s - self.phase_s) / self.delivery_s).astype(np.int64)
        # within a delivery by time, then by bearing: the order tells nothing of what caused a plot
        order = np.lexsort((rows["azimuth_rad"], rows["t_event_ns"], delivery))
        rows = rows[order]
        rows["t_event_ns"] += round(self.bias_time_s * 1e9)
        return Plots(rows, delivery[order], caused_by[order])

    def sees(self, target: Target, t_s: Array) -> npt.NDArray[np.bool_]:
        """At which times (n,) of its life a look would find the target in the coverage, and with the
        model's `detects_pd` or more."""
        polar, snr_db = self._seen(target, t_s)[:2]
        return np.asarray(self.covers(polar) & (snr_db >= self.needed_db))

    def _seen(self, target: Target, t_s: Array) -> tuple[Array, Array, Array, Array]:
        """Polar coordinates (n, 3), mean signal-to-noise ratio (n,) in dB, position and velocity (n, 3)."""
        xyz, velocity = target.path.at(t_s)
        polar = polar_from_enu((xyz - self.position) @ self.axes)  # x_site = p + R x_sensor
        slant = np.maximum(polar[:, 0], 1.0)
        snr_db = self.constant_db + target.rcs_dbsm - 40.0 * np.log10(slant)
        if self.ground is not NOTHING:
            hidden = shadowed(self.ground, self.position, xyz, 1.0 / EARTH_RADIUS_M)
            snr_db = np.where(hidden, -np.inf, snr_db)
        return polar, snr_db, xyz, velocity

    def _detections(self, target: Target, duration_s: float) -> npt.NDArray[np.void]:
        rng = stream(self.seed, target.id, f"seen by {self.sensor.id}")
        t_s = self._looks(target.path, min(target.path.end_s, duration_s))
        polar, snr_db, xyz, velocity = self._seen(target, t_s)
        statistic = draw_statistic(
            10.0 ** (snr_db / 10.0), self.model.pulses, self.model.swerling, rng
        )
        noise = _lasting(rng.standard_normal((4, len(t_s))), t_s, self.sensor.errors_last_s)
        plotted = self.covers(polar) & (statistic > self.level)
        rows = self.rows(t_s[plotted], statistic[plotted])
        # range rate = v . (x - p) / |x - p|, positive when receding
        away = xyz[plotted] - self.position
        rate = np.einsum("ij,ij->i", velocity[plotted], away) / polar[plotted, 0]
        self._measured(rows, polar[plotted], rate, noise[:, plotted])
        return rows

    def measure(
        self, rows: npt.NDArray[np.void], polar: Array, rate_mps: Array, rng: np.random.Generator
    ) -> None:
        """Write into `rows` (n,) what the sensor measures of places (n, 3) and range rates (n,)."""
        self._measured(rows, polar, rate_mps, rng.standard_normal((4, len(rows))))

    def _measured(
        self, rows: npt.NDArray[np.void], polar: Array, rate_mps: Array, noise: Array
    ) -> None:
        noise = self.model.noise_factor * noise
        s = self.sensor
        slant, azimuth, elevation = polar.T
        if s.sigma_range_m is not None:
            rows["range_m"] = slant + self.bias_range_m + s.sigma_range_m * noise[0]
        rows["azimuth_rad"] = (azimuth + self.bias_azimuth_rad + s.sigma_azimuth_rad * noise[1]) % (
            2 * np.pi
        )
        if s.sigma_elevation_rad is not None:
            rows["elevation_rad"] = (
                elevation + self.bias_elevation_rad + s.sigma_elevation_rad * noise[2]
            )
        if s.sigma_range_rate_mps is not None:
            rows["range_rate_mps"] = rate_mps + s.sigma_range_rate_mps * noise[3]
        self._tell_rcs(rows)

    def _looks(self, path: Path, end_s: float) -> Array:
        """Times at which the beam passes the object, ascending, within its life."""
        start_s, period = max(path.start_s, 0.0), self.sensor.scan_period_s
        if end_s <= start_s:
            return np.empty(0)
        first, last = np.floor(
            (np.array([start_s - period, end_s + period]) - self.phase_s) / period
        )
        t_s = self.phase_s + period * np.arange(max(first, 0), last + 1)
        if self.model.motion == "rotating":
            north = t_s
            t_s = t_s + 0.5 * period
            for _ in range(3):  # the object moves little while the antenna comes round
                xyz, _ = path.at(np.clip(t_s, start_s, end_s))
                azimuth = polar_from_enu((xyz - self.position) @ self.axes)[:, 1]
                t_s = north + period * azimuth / (2 * np.pi)
        return np.asarray(t_s[(t_s >= start_s) & (t_s <= end_s)])

    def covers(self, polar: Array) -> npt.NDArray[np.bool_]:
        """Which places (n, 3), range, azimuth and elevation, lie in the coverage."""
        return covers(self.sensor, polar)

    def _false_plots(self, duration_s: float) -> npt.NDArray[np.void]:
        """Poisson, uniform over the resolution cells (range, azimuth, elevation) of the coverage."""
        s = self.sensor
        rng = stream(self.seed, s.id, "false plots")
        looks = self.phase_s + s.scan_period_s * np.arange(
            max(int(np.ceil((duration_s - self.phase_s) / s.scan_period_s)), 0)
        )
        look = np.repeat(looks, rng.poisson(s.clutter_per_scan, len(looks)))
        n = len(look)
        azimuth = (s.azimuth_min_rad + self.sector_rad * rng.random(n)) % (2 * np.pi)
        t_s = look
        if self.model.motion == "rotating":
            t_s = look + s.scan_period_s * azimuth / (2 * np.pi)
        rows = self.rows(t_s, self.false_statistic(n, rng))
        slant = rng.uniform(s.range_min_m, s.range_max_m, n)
        if s.sigma_range_m is not None:
            rows["range_m"] = slant
        rows["azimuth_rad"] = azimuth
        elevation = rng.uniform(s.elevation_min_rad, s.elevation_max_rad, n)
        slow, fast = rng.normal(0.0, _SLOW_SIGMA_MPS, n), rng.uniform(-1.0, 1.0, n)
        is_slow = rng.random(n) < _SLOW_FALSE
        if s.sigma_elevation_rad is not None:
            rows["elevation_rad"] = elevation
        if s.sigma_range_rate_mps is not None:
            rows["range_rate_mps"] = np.where(is_slow, slow, s.range_rate_max_mps * fast)
        self._tell_rcs(rows)
        return rows[t_s <= duration_s]

    def false_statistic(self, n: int, rng: np.random.Generator) -> Array:
        """The detector's statistic of `n` cells of noise that passed its threshold."""
        chance = np.maximum(rng.random(n), 1e-12)
        return np.asarray(special.gammainccinv(self.model.pulses, self.model.pfa * chance))

    def rows(self, t_s: Array, statistic: Array) -> npt.NDArray[np.void]:
        """Rows with time and measured SNR; what no sensor measures stays nan."""
        rows = np.zeros(len(t_s), PLOT_DTYPE)
        for name in PLOT_DTYPE.names or ():
            if PLOT_DTYPE[name].kind == "f":
                rows[name] = np.nan
        rows["t_event_ns"] = np.rint(t_s * 1e9)
        # y / n = 1 + S on average: signal and noise power in units of noise
        power = np.maximum(statistic / self.model.pulses - 1.0, 1e-3)
        rows["snr_db"] = 10.0 * np.log10(power)
        return rows

    def _tell_rcs(self, rows: npt.NDArray[np.void]) -> None:
        slant = np.maximum(rows["range_m"], 1.0)
        rows["rcs_dbsm"] = rows["snr_db"] - self.constant_db + 40.0 * np.log10(slant)


def _lasting(noise: Array, t_s: Array, lasts_s: float) -> Array:
    """Errors (k, n) of one sigma at times `t_s` that stay alike for T = `lasts_s`, made of independent ones: a
    first-order process, whose correlation exp(-2 |dt| / T) has T for its integral over all dt."""
    if lasts_s == 0.0:
        return noise
    kept = np.exp(-2.0 * np.diff(t_s) / lasts_s)
    for i, share in enumerate(kept, start=1):
        noise[:, i] = share * noise[:, i - 1] + np.sqrt(1.0 - share * share) * noise[:, i]
    return noise
