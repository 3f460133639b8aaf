"""Plots that a radar gives of no flying object: weather, turbines, bursts, its own test pattern, reflections.

All are false plots to the judge. The coarse shapes are assumptions [A] of what such echoes look like after
a radar's own filters, not of any one radar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from rampart.domain.frames import polar_from_enu
from rampart.sim.draws import stream
from rampart.sim.world import Echo

if TYPE_CHECKING:
    from rampart.sim.radar import Radar

Array = npt.NDArray[np.float64]

_DROP_SIGMA_MPS: Final = 2.0  # [A] spread of the range rates in one rain cell: turbulence and fall
_BLADE_MPS: Final = 75.0  # [A] tip speed of a large turbine
_BLADE_M: Final = 50.0  # [A] length of its blades
_TEST_DB: Final = 30.0  # [A] a test pattern stands well above the noise


def echoes_of(radar: Radar, echo: Echo, number: int, duration_s: float) -> npt.NDArray[np.void]:
    """Plots of one echo but a reflection in the run of `radar`; `number` tells it from its like.

    Rows of PLOT_DTYPE, times from the world's start, each inside the radar's coverage.
    """
    s = radar.sensor
    rng = stream(radar.seed, f"{s.id}/{number}", echo.kind)
    looks = radar.phase_s + s.scan_period_s * np.arange(int(duration_s / s.scan_period_s) + 1)
    looks = looks[(looks >= echo.from_s) & (looks < min(echo.to_s, duration_s))]
    if echo.kind == "test_pattern":
        count = max(round(echo.plots), 1)
        t_s = np.repeat(looks, count)
        azimuth = s.azimuth_min_rad + radar.sector_rad * np.tile(
            np.arange(count) / count, len(looks)
        )
        middle = 0.5 * (s.elevation_min_rad + min(s.elevation_max_rad, 0.2))
        polar = np.column_stack(
            [np.full(len(t_s), echo.range_m), azimuth % (2 * np.pi), np.full(len(t_s), middle)]
        )
        rate = np.zeros(len(t_s))
    else:
        t_s = np.repeat(looks, rng.poisson(echo.plots, len(looks)))
        polar, rate = _scattered(radar, echo, t_s, rng)
    if radar.model.motion == "rotating":
        t_s = t_s + s.scan_period_s * polar[:, 1] / (2 * np.pi)
    seen = radar.covers(polar) & (t_s <= duration_s)
    if echo.kind == "test_pattern":
        statistic = np.full(int(seen.sum()), radar.model.pulses * (1.0 + 10.0 ** (_TEST_DB / 10.0)))
    else:
        statistic = radar.false_statistic(int(seen.sum()), rng)
    rows = radar.rows(t_s[seen], statistic)
    radar.measure(rows, polar[seen], rate[seen], rng)
    return rows


def _scattered(
    radar: Radar, echo: Echo, t_s: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Polar places (n, 3) and range rates (n,) of a burst, a rain cell or a turbine at `t_s` (n,)."""
    s, n = radar.sensor, len(t_s)
    if echo.kind == "burst":
        azimuth = (s.azimuth_min_rad + radar.sector_rad * rng.random(n)) % (2 * np.pi)
        elevation = rng.uniform(s.elevation_min_rad, s.elevation_max_rad, n)
        slant = rng.uniform(s.range_min_m, s.range_max_m, n)
        rate = s.range_rate_max_mps * rng.uniform(-1.0, 1.0, n)
        return np.column_stack([slant, azimuth, elevation]), rate
    drift = np.array([*echo.velocity_enu_mps, 0.0])
    xyz = np.array([*echo.place_enu_m, 0.0]) + drift * t_s[:, None]
    spread = echo.radius_m if echo.kind == "rain" else _BLADE_M
    turn, out = rng.uniform(0.0, 2 * np.pi, n), spread * np.sqrt(rng.random(n))
    xyz[:, 0] += out * np.sin(turn)
    xyz[:, 1] += out * np.cos(turn)
    xyz[:, 2] = rng.uniform(0.0, echo.height_m, n) if echo.kind == "rain" else echo.height_m
    away = xyz - radar.position
    polar = polar_from_enu(away @ radar.axes)
    if echo.kind == "rain":
        rate = away @ drift / np.maximum(polar[:, 0], 1.0) + rng.normal(0.0, _DROP_SIGMA_MPS, n)
    else:
        rate = _BLADE_MPS * rng.uniform(-1.0, 1.0, n)
    return polar, rate


def reflected(
    radar: Radar, echo: Echo, target: str, rows: npt.NDArray[np.void]
) -> npt.NDArray[np.void]:
    """Of a target's plots those that come a second time, by a detour of `extra_m`: the same bearing and
    range rate, weaker, each with noise of its own."""
    s = radar.sensor
    rng = stream(radar.seed, f"{s.id}/{target}", "reflected")
    t_s = rows["t_event_ns"] * 1e-9
    again = (rng.random(len(rows)) < echo.share) & (t_s >= echo.from_s) & (t_s < echo.to_s)
    ghosts = rows[again].copy()
    ghosts["snr_db"] = np.maximum(ghosts["snr_db"] - 6.0, 0.1)
    ghosts["rcs_dbsm"] -= 6.0
    ghosts["range_m"] += echo.extra_m + rng.normal(0.0, s.sigma_range_m or 0.0, len(ghosts))
    for field, sigma in (
        ("azimuth_rad", s.sigma_azimuth_rad),
        ("elevation_rad", s.sigma_elevation_rad),
    ):
        ghosts[field] += rng.normal(0.0, sigma or 0.0, len(ghosts))
    ghosts["azimuth_rad"] %= 2 * np.pi
    return ghosts[ghosts["range_m"] <= s.range_max_m]
