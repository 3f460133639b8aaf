"""Makes `src/rampart/engine/flight_features.json` from the simulator's classes, and says how calibrated it is.

    python tools/train_flight_features.py [--flights 3000] [--seed 7] [--write]

Flights of every class are drawn wider than the class table: launch speed, elevation, drag and its curve,
wind, cross-section; then what is told of them errs, by as much as a drawn share of the widest error below.
A mixture of Gaussians is fitted to each class (EM), and one temperature to flights not used for that, with
features missing at random. Calibration is printed of a third set.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.domain.values import POSTERIOR
from rampart.engine.flight_features import USED, FlightClass, Model, log_likelihoods
from rampart.kernels.atmosphere import drag_shape, drag_shape_of, environment
from rampart.kernels.flight import trajectory
from rampart.sim.classes import BallisticClass, PoweredClass, class_ids, flying_class

Array = npt.NDArray[np.float64]

MODEL: Final = (
    Path(__file__).resolve().parents[1] / "src" / "rampart" / "engine" / "flight_features.json"
)
PARTS: Final = 4  # Gaussians in a mixture
FLOOR: Final = 0.05  # of a standard deviation, added to each: no flight is told better than so
WORST_ERROR: Final = np.array([4.0, 0.10, 0.10, 0.10, 0.08, 3.0, 0.5])
"""One sigma at worst of what is told: degrees, logarithms, dB, logarithm; in the order of USED."""
UNKNOWN_PRIOR: Final = 0.05
MISSING: Final = 0.25  # share of the features that is not told


def falling(kind: BallisticClass, rng: np.random.Generator) -> Array | None:
    """What is true of one round, in the coordinates of the mixtures."""
    low, high = kind.launch_speed_mps.low, kind.launch_speed_mps.high
    slowest = 0.35 * high if kind.adjusts == "speed" else 0.92 * low  # charges, or none
    speed = rng.uniform(slowest, 1.08 * high)
    elevation = rng.uniform(kind.elevation_deg.low - 4.0, min(kind.elevation_deg.high + 4.0, 85.0))
    shape = drag_shape_of(rng.uniform(1.0, 3.0), rng.uniform(0.9, 1.1), rng.uniform(0.05, 0.25))
    told_k = kind.drag_per_m.low * math.exp(0.25 * rng.standard_normal())
    # as the class table has it: the constant drag that fits the range; or the drag at Mach 0
    k = told_k / drag_shape(0.7 * high / 340.0, *shape)
    state = np.zeros(7)
    rad = math.radians(elevation)
    state[4], state[5], state[6] = speed * math.cos(rad), speed * math.sin(rad), math.log(k)
    env = environment(45.0, 200.0, shape=shape)
    wind = np.array([[0.0, *rng.normal(0.0, 6.0, 2)]])
    path, landing = trajectory(state, np.arange(0.0, 200.0, 0.25), wind, env, 0.25)
    path = path[np.isfinite(path[:, 0])]
    if not (math.isfinite(landing[3]) and len(path) > 4):
        return None
    steps = np.diff(np.vstack([path[:, :3], landing[:3]]), axis=0)
    mean_mps = float(np.linalg.norm(steps, axis=1).sum() / landing[3])
    reach_m, apex_m = math.hypot(landing[0], landing[1]), float(path[:, 2].max())
    rcs = rng.uniform(kind.rcs_dbsm.low - 2.0, kind.rcs_dbsm.high + 2.0)
    per_m = k if rng.random() < 0.3 else told_k
    return np.array(
        [elevation, *np.log([speed, reach_m, apex_m, mean_mps]), rcs, math.log(0.6125 / per_m)]
    )


def powered(kind: PoweredClass, rng: np.random.Generator) -> Array:
    """The same of something that flies by its own power; it has no ballistic coefficient to tell."""
    speed = max(rng.uniform(0.85 * kind.speed_mps.low, 1.15 * kind.speed_mps.high), 0.3)
    height = math.exp(
        rng.uniform(math.log(0.7 * kind.height_m.low), math.log(1.4 * kind.height_m.high))
    )
    reach_m = speed * math.exp(rng.uniform(math.log(10.0), math.log(600.0)))
    rcs = rng.uniform(kind.rcs_dbsm.low - 2.0, kind.rcs_dbsm.high + 2.0)
    elevation = abs(rng.normal(0.0, 8.0))
    return np.array(
        [elevation, *np.log([speed * rng.uniform(0.5, 1.1), reach_m, height, speed]), rcs,
         rng.uniform(math.log(10.0), math.log(1e5))]
    )  # fmt: skip


def flights(name: str, n: int, rng: np.random.Generator) -> Array:
    """(n, len(USED)) told of n flights of a class."""
    kind = flying_class(name)
    rows: list[Array] = []
    while len(rows) < n:
        row = falling(kind, rng) if isinstance(kind, BallisticClass) else powered(kind, rng)
        if row is not None:
            rows.append(row)
    error = rng.standard_normal((n, len(USED))) * rng.random((n, 1)) * WORST_ERROR
    return np.array(rows) + error


def mixture(x: Array, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Weights (m,), means (m, d), covariances (m, d, d) by expectation maximisation from random members."""
    n = len(x)
    floor = np.diag((FLOOR * x.std(axis=0)) ** 2)
    weights, means = np.full(PARTS, 1.0 / PARTS), x[rng.choice(n, PARTS, replace=False)]
    covariances = np.repeat((np.cov(x.T) + floor)[None], PARTS, axis=0)
    for _ in range(60):
        logs = np.empty((n, PARTS))
        for m in range(PARTS):
            L = np.linalg.cholesky(covariances[m])
            z = np.linalg.solve(L, (x - means[m]).T)
            logs[:, m] = np.log(weights[m]) - 0.5 * (z * z).sum(axis=0) - np.log(np.diag(L)).sum()
        share = np.exp(logs - np.logaddexp.reduce(logs, axis=1, keepdims=True))
        total = share.sum(axis=0) + 1e-9
        weights, means = total / total.sum(), share.T @ x / total[:, None]
        for m in range(PARTS):
            off = x - means[m]
            covariances[m] = (share[:, m, None] * off).T @ off / total[m] + floor
    return weights, means, covariances


def family_of(name: str) -> str:
    """The class's family in the words of POSTERIOR."""
    word = flying_class(name).family
    return word if word in POSTERIOR else "other"


def trained(n: int, rng: np.random.Generator) -> Model:
    """The model of n flights a class, not yet tempered."""
    names = class_ids()
    drawn = {name: flights(name, n, rng) for name in names}
    everything = np.concatenate(list(drawn.values()))
    classes = []
    for name in names:
        weights, means, covariances = mixture(drawn[name], rng)
        prior = UNKNOWN_PRIOR / 2 if name == "unknown" else (1 - UNKNOWN_PRIOR) / (len(names) - 1)
        classes.append(
            FlightClass(
                name, family_of(name), prior, _short(weights).tolist(), _short(means).tolist(),
                _short(covariances).tolist(),
            )
        )  # fmt: skip
    # and what is like none of them: as wide as four times all of them together
    anything = FlightClass(
        "unknown", "unknown", UNKNOWN_PRIOR / 2, [1.0], [_short(everything.mean(axis=0)).tolist()],
        [_short(4.0 * np.cov(everything.T)).tolist()],
    )  # fmt: skip
    return Model("tools/train_flight_features.py", 1.0, [*classes, anything])


def _short(values: Array) -> Array:
    """To seven significant digits: the file is to be read."""
    return np.array([float(f"{v:.7g}") for v in values.ravel()]).reshape(values.shape)


def scored(model: Model, n: int, rng: np.random.Generator) -> tuple[Array, npt.NDArray[np.int64]]:
    """ln likelihoods and right classes of n new flights a class, with features missing."""
    names = class_ids()
    x = np.concatenate([flights(name, n, rng) for name in names])
    x[rng.random(x.shape) < MISSING] = np.nan
    return log_likelihoods(x, model), np.repeat(np.arange(len(names)), n)


def tempered(scores: Array, model: Model, temperature: float) -> Array:
    """Posterior (n, classes)."""
    s = scores / temperature + np.log([kind.prior for kind in model.classes])
    return np.asarray(np.exp(s - np.logaddexp.reduce(s, axis=1, keepdims=True)))


def ece(p: Array, right: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Expected calibration error of the largest probability in ten equal bins, and the share right."""
    top, said = p.argmax(axis=1), p.max(axis=1)
    place = np.minimum((said * 10.0).astype(int), 9)
    hit = top == right
    gaps = [abs(hit[place == b].sum() - said[place == b].sum()) for b in range(10)]
    return float(sum(gaps) / len(p)), float(hit.mean())


def main() -> None:
    """Train, temper, judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--flights", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    fit, temper, judge = (np.random.default_rng([args.seed, k]) for k in range(3))
    model = trained(args.flights, fit)
    scores, right = scored(model, args.flights // 4, temper)
    rows = np.arange(len(right))
    grid = np.arange(0.6, 2.01, 0.05)
    loss = [-np.log(tempered(scores, model, t)[rows, right]).mean() for t in grid]
    model = msgspec.structs.replace(model, temperature=round(float(grid[int(np.argmin(loss))]), 2))
    scores, right = scored(model, args.flights // 4, judge)
    p = tempered(scores, model, model.temperature)
    family = np.array([POSTERIOR.index(kind.family) for kind in model.classes])
    by_family = np.stack([p[:, family == f].sum(axis=1) for f in range(len(POSTERIOR))], axis=1)
    print(
        f"temperature {model.temperature}; {len(right)} flights not seen before, a quarter untold"
    )
    print("family: ECE {:.3f}, right {:.3f}".format(*ece(by_family, family[right])))
    print("class:  ECE {:.3f}, right {:.3f}".format(*ece(p, right)))
    if args.write:
        text = msgspec.json.encode(model).decode().replace('{"id"', '\n{"id"')
        MODEL.write_text(text + "\n")


if __name__ == "__main__":
    main()
