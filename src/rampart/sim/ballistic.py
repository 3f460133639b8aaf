"""Rounds of a salvo: laid so that each falls where its dispersion says, then flown by the one kernel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.engine.ground import ground_of_site
from rampart.kernels.atmosphere import drag_shape, drag_shape_of, environment
from rampart.kernels.flight import fly, trajectory
from rampart.kernels.terrain import Ground, heights, level_at
from rampart.sim.classes import BallisticClass, Value, flying_class
from rampart.sim.draws import stream
from rampart.sim.path import Path, up_of_height
from rampart.sim.world import Air, Salvo, World

Array = npt.NDArray[np.float64]

FLIGHT_STEP_S: Final = 0.1  # the reference step of the kernel
SAMPLE_S: Final = 0.25
CEP_PER_SIGMA: Final = 1.1774  # sqrt(2 ln 2): circular error probable of two equal sigmas
SHORT_SHARE: Final = (0.5, 0.9)  # [A] of its range, for a round that leaves too slowly
_TYPICAL_MACH_OF_LAUNCH: Final = 0.7  # where the constant-drag fit of k is taken to hold


@dataclass(frozen=True, slots=True)
class Round:
    """One round that flew: its path lasts from launch to impact."""

    id: str
    class_id: str
    path: Path
    burn_s: float
    drag_per_m: float


@dataclass(frozen=True, slots=True)
class _Draw:
    """What chance gave one round."""

    id: str
    at_s: float
    origin: Array
    target: Array
    aim_height_m: float
    share: float
    speed: float
    elevation: float
    drag_per_m: float
    drift: float
    burn_s: float
    exit_speed: float


def true_wind(air: Air, seed: int) -> Array:
    """The world's wind levels (m, 3): height, towards east, towards north."""
    rows = [[w.height_m, w.east_mps, w.north_mps] for w in air.wind] or [[0.0] * 3]
    levels = np.array(rows, float)
    levels[:, 1:] += stream(seed, "air", "wind").normal(0.0, air.wind_spread_mps, 2)
    return levels


def fire(salvo: Salvo, world: World, seed: int) -> list[Round]:
    """The rounds of the salvo that leave the ground, in order of launch."""
    wind, ground = true_wind(world.air, seed), ground_of_site(world.site)
    drawn: dict[str, list[_Draw]] = {}
    at_s = salvo.at_s
    for i in range(salvo.rounds):
        chance = stream(seed, f"{salvo.id}/{i}", "fate")
        if i:
            at_s += chance.uniform(*salvo.spacing_s)
        names, weights = zip(*salvo.classes, strict=True)
        pick = chance.choice(len(names), p=np.array(weights) / sum(weights))
        if chance.random() < salvo.no_launch:
            continue
        drawn.setdefault(names[pick], []).append(_draw(salvo, names[pick], i, at_s, seed, ground))
    rounds: list[Round] = []
    for class_id, draws in drawn.items():
        rounds += _lay_and_fly(class_id, draws, world, wind, ground, seed)
    return sorted(rounds, key=lambda r: r.path.start_s)


def ballistic(class_id: str) -> BallisticClass:
    """The class, known to be ballistic (the scenario loader has checked)."""
    made = flying_class(class_id)
    assert isinstance(made, BallisticClass)
    return made


def _draw(salvo: Salvo, class_id: str, i: int, at_s: float, seed: int, ground: Ground) -> _Draw:
    kind = ballistic(class_id)
    lot = stream(seed, salvo.id, f"lot {class_id}")
    rng = stream(seed, f"{salvo.id}/{i}", "launch")
    origin = np.array(salvo.origin_enu_m) + rng.normal(0.0, salvo.origin_spread_m, 2)
    aim = np.array(salvo.aims_enu_m[i % len(salvo.aims_enu_m)])
    distance = float(np.linalg.norm(aim - origin))
    cep = salvo.cep_of_range if salvo.cep_of_range is not None else kind.cep_of_range.low
    target = aim + rng.normal(0.0, cep * distance / CEP_PER_SIGMA, 2)
    is_short, share = rng.random() < salvo.short, rng.uniform(*SHORT_SHARE)
    log_k = lot.normal(0.0, kind.drag_spread_lot.low) + rng.normal(0.0, kind.drag_spread_round.low)
    return _Draw(
        id=f"{salvo.id}-{i + 1}" if salvo.rounds > 1 else salvo.id,
        at_s=at_s,
        origin=origin,
        target=target,
        aim_height_m=float(heights(ground, aim[:1], aim[1:])[0]),
        share=share if is_short else 1.0,
        speed=_uniform(rng, kind.launch_speed_mps),
        elevation=np.radians(_uniform(rng, kind.elevation_deg)),
        drag_per_m=kind.drag_per_m.low * np.exp(log_k),
        drift=_uniform(rng, kind.drift_mps2),
        burn_s=_uniform(rng, kind.burn_s) if kind.burn_s else 0.0,
        exit_speed=_uniform(rng, kind.exit_speed_mps) if kind.exit_speed_mps else 0.0,
    )


def _uniform(rng: np.random.Generator, value: Value) -> float:
    return float(rng.uniform(value.low, value.high)) if value.high > value.low else value.low


def _lay_and_fly(
    class_id: str, draws: list[_Draw], world: World, wind: Array, ground: Ground, seed: int
) -> list[Round]:
    kind = ballistic(class_id)
    # one drag curve for a class and run, drawn wider than the filter assumes
    curve = stream(seed, class_id, "drag curve")
    shape = drag_shape_of(
        _uniform(curve, kind.drag_rise), curve.uniform(0.92, 1.08), curve.uniform(0.05, 0.25)
    )
    env = environment(
        world.site.latitude_deg,
        world.site.height_m,
        pressure_pa=world.air.pressure_pa,
        temperature_k=world.air.temperature_k,
        shape=shape,
    )
    mach = _TYPICAL_MACH_OF_LAUNCH * kind.launch_speed_mps.high / 340.0
    gun = _Gun(draws, wind, env, ground, drag_shape(mach, *shape))
    states = gun.lay(by_speed=kind.adjusts == "speed")
    return [
        Round(
            id=draw.id,
            class_id=class_id,
            path=_flown(states[i], draw, float(gun.thrust[i]), wind, env, ground),
            burn_s=draw.burn_s,
            drag_per_m=float(np.exp(states[i, 6])),
        )
        for i, draw in enumerate(draws)
    ]


def _flown(
    state: Array, draw: _Draw, thrust_mps2: float, wind: Array, env: Array, ground: Ground
) -> Path:
    """The path from launch to impact; the end of the boost is one of its samples."""

    def fly_to(times_s: Array) -> tuple[Array, Array]:
        return trajectory(
            state, times_s, wind, env, FLIGHT_STEP_S,
            drift_mps2=draw.drift, thrust_mps2=thrust_mps2, burn_s=draw.burn_s,
            ground=ground,
        )  # fmt: skip

    _, landing = fly_to(np.empty(0))
    life = float(landing[3])
    grid = np.append(np.arange(0.0, life, SAMPLE_S), draw.burn_s)  # a hillside may end it before
    times = np.unique(grid[grid < life - 1e-3])
    samples, _ = fly_to(times)
    rows = np.vstack([samples, landing[[0, 1, 2, 4, 5, 6]]])
    return Path(draw.at_s + np.append(times, life), rows[:, :3].copy(), rows[:, 3:].copy())


class _Gun:
    """Lays n rounds at once: by bisection for the distance, by turning for what drift and wind add.

    On terrain it is laid for the height of its aim, whatever stands in the way.
    A round that falls short is laid like the others and then leaves too slowly.
    """

    def __init__(
        self, draws: list[_Draw], wind: Array, env: Array, ground: Ground, shape_there: float
    ) -> None:
        self.wind, self.env = wind, env
        self.origin = np.array([d.origin for d in draws])
        self.height = heights(ground, *self.origin.T.copy())
        self.levels = {d.aim_height_m: level_at(d.aim_height_m) for d in draws}
        self.aim_height = np.array([d.aim_height_m for d in draws])
        self.aim = np.array([d.target for d in draws]) - self.origin
        self.distance = np.linalg.norm(self.aim, axis=1)
        self.share = np.array([d.share for d in draws])
        self.azimuth = np.arctan2(self.aim[:, 0], self.aim[:, 1])
        self.speed = np.array([d.speed for d in draws])
        self.elevation = np.array([d.elevation for d in draws])
        self.ln_k = np.log([d.drag_per_m for d in draws]) - np.log(shape_there)
        self.drift = np.array([d.drift for d in draws])
        self.burn_s = np.array([d.burn_s for d in draws])
        self.exit_speed = np.array([d.exit_speed for d in draws])
        self.thrust = np.zeros(len(draws))

    def lay(self, by_speed: bool) -> Array:
        """Launch states (n, 7), with `thrust` set to match."""
        elevations = np.radians(np.arange(6.0, 76.0, 3.0))
        reach = self._best(elevations)
        for _ in range(20):  # an aim beyond the reach of this lot: a little more speed
            if np.all(reach[1] >= self.distance):
                break
            self.speed = np.where(reach[1] < self.distance, 1.02 * self.speed, self.speed)
            reach = self._best(elevations)
        if by_speed:
            far_enough = self._range(self.speed, self.elevation) >= self.distance
            self.elevation = np.where(far_enough, self.elevation, reach[0])
        bounds = (0.1 * self.speed, self.speed) if by_speed else (np.radians(3.0), reach[0])
        for _ in range(3):
            self._bisect(by_speed, *bounds)
            met = self._impact(self.speed, self.elevation)
            turn = np.arctan2(self.aim[:, 0], self.aim[:, 1]) - np.arctan2(met[:, 0], met[:, 1])
            self.azimuth = self.azimuth + (turn + np.pi) % (2 * np.pi) - np.pi
        self._bisect(by_speed, *bounds)
        laid, full = self.speed, self.share >= 1.0
        self.distance = self.share * self.distance
        self._bisect(True, 0.1 * laid, laid)
        self.speed = np.where(full, laid, self.speed)
        return self._states(self.speed, self.elevation)

    def _bisect(self, by_speed: bool, low: npt.ArrayLike, high: npt.ArrayLike) -> None:
        n = len(self.distance)
        a, b = np.broadcast_to(low, n).copy(), np.broadcast_to(high, n).copy()
        measure: Callable[[Array], Array] = (
            (lambda x: self._range(x, self.elevation))
            if by_speed
            else (lambda x: self._range(self.speed, x))
        )
        for _ in range(36):
            middle = 0.5 * (a + b)
            short = measure(middle) < self.distance
            a, b = np.where(short, middle, a), np.where(short, b, middle)
        if by_speed:
            self.speed = 0.5 * (a + b)
        else:
            self.elevation = 0.5 * (a + b)

    def _best(self, elevations: Array) -> tuple[Array, Array]:
        """The elevation of the longest range of each round, and that range."""
        ranges = np.array(
            [self._range(self.speed, np.full_like(self.speed, e)) for e in elevations]
        )
        best = np.argmax(ranges, axis=0)
        return elevations[best], ranges[best, np.arange(len(best))]

    def _range(self, speed: Array, elevation: Array) -> Array:
        """Ground distance to the impact; inf where it never lands."""
        distance = np.linalg.norm(self._impact(speed, elevation), axis=1)
        return np.asarray(np.nan_to_num(distance, nan=np.inf))

    def _impact(self, speed: Array, elevation: Array) -> Array:
        states = self._states(speed, elevation)
        landed = np.empty((len(states), 7))
        for height_m, level in self.levels.items():
            at = self.aim_height == height_m
            landed[at] = fly(
                states[at], self.wind, self.env, 0.25, ground=level,
                drift_mps2=self.drift[at], thrust_mps2=self.thrust[at], burn_s=self.burn_s[at],
            )  # fmt: skip
        return np.asarray(landed[:, :2] - self.origin)

    def _states(self, speed: Array, elevation: Array) -> Array:
        boosted = self.burn_s > 0
        start = np.where(boosted, self.exit_speed, speed)
        self.thrust = np.where(boosted, (speed - start) / np.where(boosted, self.burn_s, 1.0), 0.0)
        states = np.empty((len(speed), 7))
        states[:, :2] = self.origin
        states[:, 2] = up_of_height(self.origin[:, 0], self.origin[:, 1], self.height)
        states[:, 3] = start * np.cos(elevation) * np.sin(self.azimuth)
        states[:, 4] = start * np.cos(elevation) * np.cos(self.azimuth)
        states[:, 5] = start * np.sin(elevation)
        states[:, 6] = self.ln_k
        return states
