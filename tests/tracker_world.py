"""Small seeded skies for the tests of the tracker: parabolas and level flights, seen by a noisy radar."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from rampart.domain.frames import polar_from_enu, sensor_axes
from rampart.domain.messages import PLOT_DTYPE, PlotBatch
from rampart.domain.site import Sensor, Site
from rampart.domain.time import ns_from_seconds
from rampart.engine.tracking import Tracker, TrackSettings

G = 9.80665
Path = Callable[[float], "np.ndarray | None"]


def site_of(*sensors: Sensor, known: bool = False, height_m: float = 0.0) -> Site:
    """A site at 45 degrees north; flat and of unknown position unless `known`."""
    return Site(
        name="t",
        uuid="0",
        latitude_deg=45.0,
        longitude_deg=0.0,
        height_m=height_m,
        known_position=known,
        sensors=sensors or (Sensor(id="R"),),
    )


def round_from(place: Sequence[float], velocity: Sequence[float], t0_s: float = 0.0) -> Path:
    """State (6,) of a parabola launched at `t0_s`, None while it does not fly."""
    p, v = np.array(place, float), np.array(velocity, float)

    def at(t_s: float) -> np.ndarray | None:
        age = t_s - t0_s
        fall = np.array([0.0, 0.0, -G])
        state = np.concatenate([p + v * age + 0.5 * fall * age**2, v + fall * age])
        return state if age >= 0.0 and state[2] >= 0.0 else None

    return at


def level_flight(place: Sequence[float], velocity: Sequence[float]) -> Path:
    """State (6,) of a steady flight."""
    p, v = np.array(place, float), np.array(velocity, float)
    return lambda t_s: np.concatenate([p + v * t_s, v])


def look(
    site: Site, sensor: Sensor, t_s: float, paths: Sequence[Path], rng: np.random.Generator, *,
    clutter: float = 0.0, pd: float = 1.0, noise: float = 1.0,
) -> PlotBatch:  # fmt: skip
    """What one sensor delivers of one look, all at `t_s`; every row of it, shuffled."""
    axes, place = sensor_axes(site, sensor)
    rows = []
    for path in paths:
        state = path(t_s)
        if state is None or rng.random() >= pd:
            continue
        d, v = axes.T @ (state[:3] - place), axes.T @ state[3:]
        r, az, el = polar_from_enu(d)
        if not (
            sensor.range_min_m < r < sensor.range_max_m
            and sensor.elevation_min_rad < el < sensor.elevation_max_rad
        ):
            continue
        e = rng.normal(size=4) * noise
        sigma_r = sensor.sigma_range_m
        sigma_el, sigma_rr = sensor.sigma_elevation_rad, sensor.sigma_range_rate_mps
        rows.append(
            (
                math.nan if sigma_r is None else r + e[0] * sigma_r,
                az + e[1] * sensor.sigma_azimuth_rad,
                math.nan if sigma_el is None else el + e[2] * sigma_el,
                math.nan if sigma_rr is None else d @ v / r + e[3] * sigma_rr,
            )
        )
    rows += [_false_plot(sensor, rng) for _ in range(rng.poisson(clutter))]
    rng.shuffle(rows)
    return batch(sensor.id, t_s, rows)


def _false_plot(sensor: Sensor, rng: np.random.Generator) -> tuple[float, float, float, float]:
    elevation = rng.uniform(sensor.elevation_min_rad, sensor.elevation_max_rad)
    rate = rng.uniform(-700, 700)
    range_m = rng.uniform(sensor.range_min_m, sensor.range_max_m)
    return (
        math.nan if sensor.sigma_range_m is None else range_m,
        rng.uniform(0, 2 * math.pi),
        math.nan if sensor.sigma_elevation_rad is None else elevation,
        math.nan if sensor.sigma_range_rate_mps is None else rate,
    )


def batch(
    sensor: str,
    t_s: float,
    rows: Sequence[Sequence[float]],
    *,
    complete: bool = True,
    **columns: float,
) -> PlotBatch:
    """A batch of (range, azimuth, elevation, range rate) rows of one instant."""
    data = np.zeros(len(rows), PLOT_DTYPE)
    for name in PLOT_DTYPE.names[1:12]:
        data[name] = math.nan
    data["t_event_ns"] = ns_from_seconds(t_s)
    for i, name in enumerate(("range_m", "azimuth_rad", "elevation_rad", "range_rate_mps")):
        data[name] = [row[i] for row in rows]
    for name, value in columns.items():
        data[name] = value
    return PlotBatch(
        sensor=sensor, t_arrival_ns=ns_from_seconds(t_s), data=data.tobytes(), complete=complete
    )


def tracker_of(site: Site, **settings: float) -> Tracker:
    """A tracker whose epoch is time zero."""
    return Tracker(site, TrackSettings(**settings), 0)


def drive(tracker: Tracker, batches: Sequence[PlotBatch]) -> None:
    """Give the tracker each batch, and let time pass to its arrival."""
    for item in batches:
        tracker.observe(item)
        tracker.advance(item.t_arrival_ns)


def sky(tracker: Tracker) -> dict[int, tuple[np.ndarray, ...]]:
    """Every named track by id: state, covariance, model probabilities, score, hits."""
    bank, table = tracker.bank, tracker.bank.table
    found = {}
    for row in bank.rows():
        score = [table.llr[row], table.fade[row], table.hits[row], table.status[row]]
        found[int(table.track_id[row])] = (
            bank.mean(row),
            bank.cov(row),
            table.mu[row].copy(),
            np.array(score, float),
        )
    return found


def assert_same_sky(a: Tracker, b: Tracker, tolerance: float = 1e-9) -> None:
    """Both trackers hold the same tracks, whatever their numbers."""
    first = sorted(sky(a).values(), key=lambda item: tuple(item[0]))
    second = sorted(sky(b).values(), key=lambda item: tuple(item[0]))
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        for x, y in zip(one, other, strict=True):
            np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance)
