"""Flights per CPU second, and how far they land from DOP853: our kernel and scipy in one run.

    python benchmarks/flight.py

One JSON row for each method: rate, ratio to scipy's RK45 in this run, error in metres. The set: 180-280
m/s at 42-60 degrees (mean 33 s, 4 km), Mach-dependent drag, ISA air, six wind levels, Coriolis,
curvature, g(h). Then the impact error by launch speed and step, from which the step table was made;
then one prediction with its covariance.
"""

from __future__ import annotations

import json
import math
import statistics
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.integrate import solve_ivp

from rampart.domain.site import Sensor, Site
from rampart.engine.predict import Predictor
from rampart.kernels.atmosphere import EARTH_RADIUS_M as R
from rampart.kernels.atmosphere import drag_shape_of, environment
from rampart.kernels.flight import fly, fly_rows
from rampart.kernels.lanes import fly_lanes
from rampart.kernels.motion import flight_rows, pack_air
from rampart.kernels.terrain import NOTHING

Array = npt.NDArray[np.float64]

SHAPE = drag_shape_of(2.7, 1.0, 0.08)
ENV = environment(45.0, 0.0, shape=SHAPE)
WIND = np.array(
    [[0, 2.4, -1.2], [250, 5.4, -1.5], [1000, 8, -0.3], [2500, 10.2, 1], [5000, 11.7, 2], [9000, 12.6, 2.7]]
)  # fmt: skip


def flights(
    n: int, slow: float, fast: float, climb_deg: tuple[float, float], seed: int = 1
) -> Array:
    """(n, 7) launches; drag at the launch speed as the class table has it."""
    rng = np.random.default_rng(seed)
    speed, azimuth = rng.uniform(slow, fast, n), rng.uniform(0, 2 * np.pi, n)
    climb = np.radians(rng.uniform(*climb_deg, n))
    drag = rng.uniform(6.5e-5, 1.2e-4, n) / np.where(speed > 340, 2.5, 1.0)
    ground = speed * np.cos(climb)
    zero = np.zeros(n)
    return np.column_stack(
        [zero, zero, zero + 1.0, ground * np.sin(azimuth), ground * np.cos(azimuth),
         speed * np.sin(climb), np.log(drag)]
    )  # fmt: skip


def slope(_t: float, y: Array, k: float) -> list[float]:
    """The equations of motion for scipy, written plainly."""
    e, n, u, a, b, c = y
    h = u + (e * e + n * n) / (2 * R)
    theta = 1 - 2.25577e-5 * min(h, 11_000.0)
    rho = theta**4.25588 * math.exp(-max(h - 11_000.0, 0.0) / 6341.6)
    ra = a - np.interp(h, WIND[:, 0], WIND[:, 1])
    rb = b - np.interp(h, WIND[:, 0], WIND[:, 2])
    speed = math.sqrt(ra * ra + rb * rb + c * c)
    s = (speed / (340.294 * math.sqrt(theta)) - SHAPE.mach_c) / SHAPE.width
    d = k * rho * (SHAPE.c0 + SHAPE.c1 * (1 + s / math.sqrt(1 + s * s))) * speed
    g = ENV[3] * (1 - 2 * h / R)
    on, ou = ENV[0], ENV[1]
    return [
        a, b, c,
        -d * ra - g * e / R + 2 * (ou * b - on * c),
        -d * rb - g * n / R - 2 * ou * a,
        -d * c - g + 2 * on * a,
    ]  # fmt: skip


def scipy_fly(states: Array, method: str, rtol: float, atol: float) -> Array:
    """(n, 3) E, N, t of the landings by solve_ivp with an event."""

    def ground(_t: float, y: Array, _k: float) -> float:
        return float(y[2] + (y[0] ** 2 + y[1] ** 2) / (2 * R))

    ground.terminal, ground.direction = True, -1  # type: ignore[attr-defined]
    out = np.empty((len(states), 3))
    for i, state in enumerate(states):
        found = solve_ivp(
            slope, (0, 400), state[:6], method, rtol=rtol, atol=atol, events=ground,
            args=(math.exp(state[6]),),
        )  # fmt: skip
        out[i] = *found.y_events[0][0][:2], found.t_events[0][0]
    return out


def cpu_seconds(job: Callable[[], object], repeats: int = 5) -> float:
    """Median CPU seconds of a job, after one unmeasured call."""
    job()
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        job()
        spent.append(time.process_time() - start)
    return statistics.median(spent)


def worst_m(found: Array, truth: Array) -> float:
    return float(np.hypot(*(found[: len(truth), :2] - truth[:, :2]).T).max())


def speed_rows() -> list[dict[str, object]]:
    """Rates of scipy, the scalar kernel and the lanes, with their ratio to scipy RK45 in this run."""
    few, many = flights(32, 180, 280, (42, 60)), flights(32_000, 180, 280, (42, 60))
    many[:32] = few
    truth = scipy_fly(few, "DOP853", 1e-12, 1e-10)
    base = cpu_seconds(lambda: scipy_fly(few, "RK45", 1e-6, 1e-6), 3) / len(few)
    rows: list[dict[str, object]] = [
        {"method": "scipy RK45 rtol 1e-6", "flights_per_s": round(1 / base), "ratio": 1.0,
         "error_m": round(worst_m(scipy_fly(few, "RK45", 1e-6, 1e-6), truth), 4)}
    ]  # fmt: skip
    packed, air = flight_rows(many, ENV), pack_air(ENV, WIND)
    out, nothing = np.empty((len(many), 7)), np.zeros(len(many))
    for dt in (0.1, 0.5, 1.0):
        for name, job in (
            ("scalar f64", lambda dt=dt: fly_rows(packed, air, dt, nothing, nothing, NOTHING, out)),
            ("lanes f64", lambda dt=dt: fly_lanes(packed, air, dt, out)),
            ("fly, f64, sorted", lambda dt=dt: np.copyto(out, fly(many, WIND, ENV, dt))),
            (
                "fly, f32, sorted",
                lambda dt=dt: np.copyto(out, fly(many, WIND, ENV, dt, single=True)),
            ),
        ):
            each = cpu_seconds(job, 3) / len(many)
            rows.append(
                {"method": f"{name} dt {dt}", "flights_per_s": round(1 / each),
                 "ratio": round(base / each), "error_m": round(worst_m(out, truth), 4)}
            )  # fmt: skip
    calm = WIND[:1]
    for dt in (0.5, 1.0):
        each = cpu_seconds(lambda dt=dt: fly(many, calm, ENV, dt, single=True), 3) / len(many)
        method = f"fly, f32, sorted dt {dt}, constant wind"
        rows.append({"method": method, "flights_per_s": round(1 / each)})
    thousand = many[:1000]
    for name, single in (("f64, as in the engine", False), ("f32, for studies", True)):
        for dt in (0.5, 1.0):  # the engine flies at 1.0 s
            spent = cpu_seconds(
                lambda single=single, dt=dt: fly(thousand, WIND, ENV, dt, single=single), 21
            )
            rows.append(
                {"method": f"1,000 flights at once, {name}, dt {dt}", "ms": round(1e3 * spent, 2)}
            )
    return rows


def step_rows() -> list[dict[str, object]]:
    """Largest impact error over 40 flights, by launch speed and step."""
    rows: list[dict[str, object]] = []
    for slow, fast in ((150, 300), (300, 700), (700, 1000), (1000, 1500)):
        states = flights(40, slow, fast, (25, 65))
        truth = scipy_fly(states, "DOP853", 1e-12, 1e-10)
        errors = {
            str(dt): round(worst_m(fly(states, WIND, ENV, dt), truth), 4)
            for dt in (0.1, 0.25, 0.5, 1.0)
        }
        rows.append({"launch_mps": [slow, fast], "error_m_by_step": errors})
    return rows


def prediction_row() -> dict[str, object]:
    """CPU microseconds of one prediction: 23 flights, covariance and time quantiles."""
    site = Site(
        name="b",
        uuid="b",
        latitude_deg=45.0,
        longitude_deg=0.0,
        height_m=0.0,
        sensors=(Sensor(id="r"),),
    )
    predictor = Predictor(site)
    x = np.array([-4000.0, 300.0, 400.0, 150.0, 0.0, 150.0, math.log(1e-4)])
    P = np.diag([10.0**2] * 3 + [5.0**2] * 3 + [0.3**2])

    def job() -> None:
        for _ in range(200):
            predictor.impact(x, P, 0.0, 0)

    return {"method": "Predictor.impact", "us": round(cpu_seconds(job) / 200 * 1e6, 1)}


if __name__ == "__main__":
    for row in (*speed_rows(), *step_rows(), prediction_row()):
        print(json.dumps(row))
