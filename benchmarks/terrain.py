"""Predictions on terrain: what they cost, and where an ellipse stops telling what samples tell.

`python benchmarks/terrain.py [--seed 2] [--landings 1500]`; CPU time of one core. Grounds are steps, ridges,
hills and ramps of 20 to 300 m; a landing is a state 4 to 15 s before the ground with a random covariance.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.domain.site import Sensor, Site, Terrain
from rampart.engine.predict import Predictor
from rampart.engine.scatter import UNEVEN

Array = npt.NDArray[np.float64]

SPACING_M = 90.0
AXIS = np.arange(-9_000.0, 9_001.0, SPACING_M)
EAST, NORTH = np.meshgrid(AXIS, AXIS)
SIGMAS = np.array([20.0, 20.0, 20.0, 4.0, 4.0, 4.0, 0.1])
ZONES, HALF_M, MC = 12, 400.0, 40_000
BINS = (0.0, 0.02, 0.05, 0.1, UNEVEN, 0.3, 1.0, np.inf)


def predictor(heights: Array | None) -> Predictor:
    """Of a site on these heights, or on none."""
    site = Site(
        name="t", uuid="", latitude_deg=35.0, longitude_deg=35.0, height_m=500.0,
        sensors=(Sensor(id="r"),),
    )  # fmt: skip
    if heights is None:
        return Predictor(site)
    terrain = Terrain(
        heights_m=heights.astype("<f4").tobytes(), rows=len(AXIS), columns=len(AXIS),
        west_m=float(AXIS[0]), south_m=float(AXIS[0]), spacing_m=SPACING_M, sigma_m=0.0,
    )  # fmt: skip
    return Predictor(msgspec.structs.replace(site, terrain=terrain))


def cost_us(work: Callable[[], Any]) -> float:
    """Median CPU time of 30 calls, microseconds."""
    work()
    spent = []
    for _ in range(30):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return 1e6 * float(np.median(spent))


def costs() -> None:
    """A mortar bomb just fired: 33 s of flight, as the reference set of the lanes kernel."""
    x = np.array([-4_000.0, 0.0, 20.0, 125.0, 0.0, 175.0, np.log(1e-4)])
    P = np.diag(SIGMAS**2)
    many = np.repeat(x[None], 20, 0), np.repeat(P[None], 20, 0), np.zeros(20), np.zeros(20, int)
    grounds = {
        "no terrain": None,
        "plane": 0.05 * EAST,
        "hills of 60 m": 60.0 * np.sin(EAST / 300.0) * np.cos(NORTH / 400.0),
        "ridge of 300 m": 300.0 * np.exp(-(((EAST + 600.0) / 120.0) ** 2)),
    }
    for name, heights in grounds.items():
        p = predictor(heights)
        landing = p.impact(x, P, 0.0, 0)
        flight_s = landing.t_q50_s if landing else np.nan
        one = cost_us(lambda p=p: p.impacts(*many)) / 20
        all_ = cost_us(lambda p=p: p.samples(x, P, 0)) / 1e3
        print(
            f"{name:15} {flight_s:5.1f} s of flight: {one:6.1f} us a prediction, {all_:5.2f} ms sampled"
        )


def ground(rng: np.random.Generator) -> Array:
    """A step, a ridge, hills or a ramp."""
    kind, turn, height_m = rng.integers(4), rng.uniform(0, 2 * np.pi), rng.uniform(20, 300)
    across = EAST * np.cos(turn) + NORTH * np.sin(turn) - rng.uniform(-1_500, 1_500)
    if kind == 0:
        return np.where(across > 0.0, height_m, 0.0)
    if kind == 1:
        return np.asarray(height_m * np.exp(-((across / rng.uniform(80, 400)) ** 2)))
    if kind == 2:
        wave, phase, other = rng.uniform(150, 900), rng.uniform(0, 6), rng.uniform(150, 900)
        return np.asarray(height_m / 2 * np.sin(EAST / wave + phase) * np.cos(NORTH / other))
    return np.asarray(height_m * np.clip(across / rng.uniform(100, 800), 0.0, 1.0))


def ellipses(seed: int, landings: int) -> None:
    """P of random zones by the ellipse and by the samples, over `ImpactEstimate.uneven`."""
    rng, rows = np.random.default_rng(seed), []
    for _ in range(landings):
        p = predictor(ground(rng))
        azimuth, climb = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(-30, 45))
        speed, ahead_s = rng.uniform(120, 350), rng.uniform(4, 15)
        level = np.array([np.sin(azimuth), np.cos(azimuth)]) * speed * np.cos(climb)
        up, height_m = speed * np.sin(climb), 500.0 + rng.uniform(0, 600)
        x = np.array([*(-0.8 * ahead_s * level), height_m, *level, up, np.log(1e-4)])
        P = np.diag((SIGMAS * np.exp(rng.uniform(np.log(0.15), np.log(4.0)))) ** 2)
        told = p.impact(x, P, 0.0, 0)
        if told is None:
            continue
        xx, xy, yy = told.cov_m2
        cov, mean = np.array([[xx, xy], [xy, yy]]), np.array(told.enu_m[:2])
        spots = p.samples(x, P, 0)
        gauss = rng.standard_normal((MC, 2)) @ np.linalg.cholesky(cov).T + mean
        spread_m = 500.0 + 1.5 * np.sqrt(np.linalg.eigvalsh(cov)[1])
        off, missed = 0.0, 0
        for centre in mean + spread_m * rng.standard_normal((ZONES, 2)):
            by_ellipse, by_samples = (
                float(np.all(np.abs(s - centre) < HALF_M, axis=1).mean()) for s in (gauss, spots)
            )
            off = max(off, abs(by_ellipse - by_samples))
            missed += by_ellipse < 0.005 and by_samples > 0.015
        d = spots - mean
        inside = np.einsum("ij,ij->i", d @ np.linalg.inv(cov), d) < -2.0 * np.log(0.1)
        rows.append((told.uneven, off, missed, inside.mean()))
    table = np.array(rows)
    print(f"\nseed {seed}; P of a zone of {2 * HALF_M:.0f} m: by the ellipse less by the samples")
    print("   uneven      landings   mean    p95    max   missed  90 % ellipse covers mean, least")
    for low, high in pairwise(BINS):
        part = table[(table[:, 0] >= low) & (table[:, 0] < high)]
        if len(part):
            q, n = part[:, 1], ZONES * len(part)
            print(
                f"{low:5.2f} - {high:5.2f} {len(part):9d} {q.mean():8.3f} {np.quantile(q, 0.95):6.3f} "
                f"{q.max():6.3f} {int(part[:, 2].sum()):3d}/{n:<6d} "
                f"{part[:, 3].mean():8.3f} {part[:, 3].min():6.3f}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--landings", type=int, default=1_500)
    options = parser.parse_args()
    costs()
    ellipses(options.seed, options.landings)
