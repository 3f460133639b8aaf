"""Worlds of single rounds, whose truth is drawn wider than the engine's priors, from them, or told to it.

    WIDER  drag curve, drag, drift, wind and the radar's errors as the simulator's classes never go
    OWN    each from the prior that the engine states for it: here, and only here, NEES is 1
    TOLD   none of what the engine doubts is there, and its doubts are taken away: how sharp it could be

The launches of a seed are the same in all three. A world holds one round of each class, each from its own
side and long after the last one, so that no track meets another: one world does the work of many.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.domain.site import Sensor, Site, Wind
from rampart.engine.predict_settings import PredictSettings
from rampart.engine.settings import EngineSettings
from rampart.kernels.atmosphere import (
    ALTITUDE,
    FILTER_RISE,
    SHAPE_C0,
    SHAPE_WIDTH,
    SOUND,
    drag_shape,
    drag_shape_of,
    environment,
    sound_speed,
)
from rampart.kernels.crossing import sideways_sigma
from rampart.kernels.flight import trajectory
from rampart.kernels.transition import SHAPE_DOUBT
from rampart.sim.ballistic import FLIGHT_STEP_S, SAMPLE_S, ballistic
from rampart.sim.draws import stream
from rampart.sim.path import Path, up_of_height
from rampart.sim.simulate import Flown, Simulated, simulate
from rampart.sim.world import Air, RadarModel, World

Array = npt.NDArray[np.float64]

CLASSES: Final = (
    "mortar_60", "mortar_81", "mortar_82", "mortar_120", "rocket_107", "rocket_122", "rocket_240",
    "gun_155",
)  # fmt: skip
PIECE_S: Final = 0.5  # of a flight with noise, and
PIECES: Final = 400  # so many at most
START_NS: Final = 1_646_164_800_000_000_000
SPACING_S: Final = 6.0
FARTHEST_M: Final = 14_000.0
NEAREST_OF_RANGE: Final = 0.3  # of the longest range: a shorter flight is hardly judged at any age

RADAR: Final = Sensor(
    id="locator", position_enu_m=(0.0, -50.0, 8.0), sigma_range_m=10.0, sigma_azimuth_rad=2e-3,
    sigma_elevation_rad=2e-3, sigma_range_rate_mps=1.0, scan_period_s=0.5, clutter_per_scan=10.0,
    bias_range_m=5.0, bias_azimuth_rad=5e-4, bias_elevation_rad=5e-4,
)  # fmt: skip
UNBIASED: Final = Sensor(
    id="locator", position_enu_m=(0.0, -50.0, 8.0), sigma_range_m=10.0, sigma_azimuth_rad=2e-3,
    sigma_elevation_rad=2e-3, sigma_range_rate_mps=1.0, scan_period_s=0.5, clutter_per_scan=10.0,
)  # fmt: skip

WIDER_DRIFT_MPS2: Final = {"mortar": 0.046, "rocket": 0.115, "gun": 0.23}
"""One sigma of the lateral acceleration. [A] 0.23 is the drift of a 155 mm shell: 400 m in a minute."""

PRIORS: Final = EngineSettings(prediction_row_s=0.0, settled_refresh_s=0.0)
"""The engine's own settings, but that it says every prediction."""
NO_DOUBT: Final = EngineSettings(
    prediction_row_s=0.0, settled_refresh_s=0.0,
    predict=PredictSettings(
        wind_sigma_mps=0.0, wind_sigma_told_mps=0.0, rise_log_sigma=0.0, drag_sigma=0.0,
        drift_sigma_mps2=0.0,
    ),
)  # fmt: skip


class Doubts(NamedTuple):
    """What a world draws, and for which engine. Spreads: one sigma, or low and high of a uniform."""

    name: str
    sensor: Sensor
    settings: EngineSettings
    wind_mps: float  # each component, constant; where the weather is told, in place of it
    wind_told_mps: float  # is what the report errs by, beside the 1 m/s of the simulator's station
    shear_mps: float  # each component, more at 4 km
    noise_factor: tuple[float, float]
    bias_factor: tuple[float, float]
    log_rise: tuple[float, float]  # of the drag curve: uniform; `own`: mean and sigma
    mach_c: tuple[float, float]
    width: tuple[float, float]
    log_drag: float  # of ln k about the class's
    noise: tuple[float, float, float]  # white acceleration m²/s³, walk of ln k 1/s, and by ln Cd(M)


WIDER: Final = Doubts(
    "wider", RADAR, PRIORS, 6.5, 1.7, 4.0, (0.9, 1.3), (0.6, 1.9), (0.0, math.log(3.5)),
    (0.9, 1.1), (0.05, 0.25), 0.2, (0.0, 0.0, 0.0),
)  # fmt: skip
OWN: Final = Doubts(
    "own", RADAR, PRIORS, PRIORS.predict.wind_sigma_mps,
    math.sqrt(PRIORS.predict.wind_sigma_told_mps**2 - 1.0), 0.0, (1.0, 1.0), (1.0, 1.0),
    (math.log(FILTER_RISE), PRIORS.predict.rise_log_sigma), (1.0, 1.0), (0.15, 0.15),
    PRIORS.track.drag_sigma,
    (PRIORS.track.ballistic_accel, PRIORS.track.drag_walk, SHAPE_DOUBT),
)  # fmt: skip
TOLD: Final = Doubts(
    "told", UNBIASED, NO_DOUBT, 0.0, 0.0, 0.0, (1.0, 1.0), (0.0, 0.0),
    (math.log(FILTER_RISE), 0.0), (1.0, 1.0), (0.15, 0.15), 0.2, (0.0, 0.0, 0.0),
)  # fmt: skip


def made(seed: int, doubts: Doubts) -> tuple[World, Simulated]:
    """The world of this seed, and its run. In even seeds the weather is told."""
    rng = stream(seed, "honesty", "air and radar")
    told = seed % 2 == 0
    gust, shear = rng.standard_normal((2, 2))
    shear = doubts.shear_mps * shear
    reported = (Wind(0.0, 0.0, 0.0), Wind(4000.0, *shear.tolist()))
    spread = doubts.wind_told_mps if told else doubts.wind_mps
    wind = np.array([[0.0, 0.0, 0.0], [4000.0, *shear]])
    wind[:, 1:] += spread * gust
    noise, bias = rng.random(2)
    world = World(
        site=Site(name="honesty", uuid="h", latitude_deg=34.5, longitude_deg=41.0, height_m=210.0,
                  sensors=(doubts.sensor,)),
        start_ns=START_NS,
        duration_s=SPACING_S * len(CLASSES) + 90.0,
        air=Air(wind=reported, wind_spread_mps=0.0, report_every_s=30.0 if told else None),
        radars=(
            RadarModel(
                sensor="locator", detects_range_m=14_000.0,
                noise_factor=_between(noise, doubts.noise_factor),
                bias_factor=_between(bias, doubts.bias_factor),
            ),
        ),
    )  # fmt: skip
    turn = float(rng.uniform(0.0, 2.0 * math.pi))
    rounds = [
        _round(class_id, turn + 2.0 * math.pi * i / len(CLASSES), 2.0 + SPACING_S * i, seed, doubts,
               world.site, wind)
        for i, class_id in enumerate(CLASSES)
    ]  # fmt: skip
    return world, simulate(world, seed, rounds)


def _between(share: float, low_high: tuple[float, float]) -> float:
    return low_high[0] + share * (low_high[1] - low_high[0])


def _round(
    class_id: str, side_rad: float, at_s: float, seed: int, doubts: Doubts, site: Site, wind: Array
) -> Flown:
    """One round from a side, that lands some hundred metres from the base."""
    kind = ballistic(class_id)
    rng = stream(seed, class_id, "honesty round")
    shape_draw, mach_c, width = rng.standard_normal(), *rng.random(2)
    shape_share, drag, drift = rng.random(), *rng.standard_normal(2)
    if doubts.name == "wider":
        log_rise = _between(shape_share, doubts.log_rise)
    else:
        log_rise = doubts.log_rise[0] + doubts.log_rise[1] * shape_draw
    shape = drag_shape_of(
        math.exp(log_rise), _between(mach_c, doubts.mach_c), _between(width, doubts.width)
    )
    env = environment(site.latitude_deg, site.height_m, shape=shape)
    # the class's constant drag holds at seven tenths of its speed
    k = kind.drag_per_m.low / drag_shape(0.7 * kind.launch_speed_mps.high / 340.0, *shape)
    if doubts.name == "own":
        k = PRIORS.track.drag_per_m
    k *= math.exp(doubts.log_drag * drag)
    aim = rng.uniform(-700.0, 700.0, 2)
    gusts = stream(seed, class_id, "honesty gusts").standard_normal((PIECES, 4))
    burn_s = _between(rng.random(), (kind.burn_s.low, kind.burn_s.high)) if kind.burn_s else 0.0
    for attempt in range(100):
        share, elevation = rng.random(2)
        speed = kind.launch_speed_mps.high * (0.45 + 0.55 * share if kind.adjusts == "speed" else 1)
        elevation = math.radians(
            _between(elevation, (kind.elevation_deg.low, kind.elevation_deg.high))
        )
        flight = _Flight(
            speed, elevation, k, drift, burn_s,
            _between(0.5, (kind.exit_speed_mps.low, kind.exit_speed_mps.high))
            if kind.exit_speed_mps else speed,
            *_sideways(doubts, kind.family), doubts.noise, gusts,
        )  # fmt: skip
        away = np.array([math.sin(side_rad), math.cos(side_rad)])
        _, there = flight.flown(np.zeros(2), -away, np.empty(0), wind, env)
        reach_m = float(np.hypot(there[0], there[1]))
        nearest_m = NEAREST_OF_RANGE * min(kind.max_range_m.low, FARTHEST_M) * 0.97**attempt
        if nearest_m <= reach_m <= FARTHEST_M:
            break
    origin = aim - there[:2]
    times = np.unique(np.append(np.arange(0.0, there[3] - 0.3, SAMPLE_S), burn_s))
    samples, landing = flight.flown(origin, -away, times, wind, env)
    rows = np.vstack([samples, landing[[0, 1, 2, 4, 5, 6]]])
    path = Path(at_s + np.append(times, landing[3]), rows[:, :3].copy(), rows[:, 3:].copy())
    return Flown(class_id, class_id, path, True, True, burn_s, k)


def _sideways(doubts: Doubts, family: str) -> tuple[float, float]:
    """One sigma of the lateral acceleration (m/s²), and how many times that where spin is likely: as the
    predictor states it; or more than that by what fins and spin do, at any speed: rockets lie between."""
    s = doubts.settings.predict
    if doubts.name != "wider":
        return s.drift_sigma_mps2, s.drift_fast
    return WIDER_DRIFT_MPS2[family], 1.0


class _Flight(NamedTuple):
    speed_mps: float
    elevation_rad: float
    drag_per_m: float
    drift_sigmas: float
    burn_s: float
    exit_mps: float
    slow_mps2: float  # a sigma of drift, and
    fast: float  # so many of it, as `crossing.sideways_sigma` takes them
    noise: tuple[float, float, float]
    gusts: Array  # (PIECES, 4), standard normal

    def flown(
        self, origin: Array, towards: Array, times_s: Array, wind: Array, env: Array
    ) -> tuple[Array, Array]:
        """As `kernels.flight.trajectory`, of the round that leaves `origin` in the direction `towards`."""
        state = np.empty(7)
        state[:2], state[2] = origin, up_of_height(*origin, 0.0)
        state[3:5] = self.exit_mps * math.cos(self.elevation_rad) * towards
        state[5] = self.exit_mps * math.sin(self.elevation_rad)
        state[6] = math.log(self.drag_per_m)
        thrust = (self.speed_mps - self.exit_mps) / self.burn_s if self.burn_s else 0.0
        samples = np.full((len(times_s), 6), np.nan)
        at_s, burn_s = 0.0, self.burn_s
        if not any(self.noise):
            return trajectory(
                state, times_s, wind, env, FLIGHT_STEP_S,
                drift_mps2=self.drift_sigmas * self.slow_mps2, thrust_mps2=thrust, burn_s=burn_s,
            )  # fmt: skip
        for gust in self.gusts:  # each piece at the drift of its own speed
            piece_s = burn_s or PIECE_S
            mine = (times_s >= at_s) & (times_s < at_s + piece_s)
            sigma = sideways_sigma(state[2], _speed(state), 1.0, self.slow_mps2, self.fast)
            path, landing = trajectory(
                state, np.append(times_s[mine] - at_s, piece_s), wind, env, FLIGHT_STEP_S,
                drift_mps2=self.drift_sigmas * sigma, thrust_mps2=thrust, burn_s=burn_s,
            )  # fmt: skip
            samples[mine] = path[:-1]
            if landing[3] <= piece_s:
                landing[3] += at_s
                return samples, landing
            bent = abs(_log_shape(path[-1], env) - _log_shape(state, env))
            state[:6] = path[-1]
            if not burn_s:
                state[3:6] += math.sqrt(self.noise[0] * piece_s) * gust[:3]
                state[6] += math.sqrt(self.noise[1] * piece_s + self.noise[2] * bent) * gust[3]
            at_s, burn_s = at_s + piece_s, 0.0
        return samples, np.full(7, np.nan)


def _speed(state: Array) -> float:
    return float(np.linalg.norm(state[3:6]))


def _log_shape(state: Array, env: Array) -> float:
    """ln of the drag curve where this state stands on it."""
    mach = _speed(state) / (sound_speed(state[2] + env[ALTITUDE]) * env[SOUND])
    return math.log(drag_shape(mach, *env[SHAPE_C0 : SHAPE_WIDTH + 1]))
