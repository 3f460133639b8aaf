"""What a whole flight was, from the few numbers that people write down of it.

Each class is a mixture of Gaussians over the features below (speeds, distances and the ballistic
coefficient by logarithm). What is missing or absurd is integrated out, exactly: the marginal of a Gaussian
is the rest of it. The posterior is tempered, p ~ (prior x likelihood)^(1/T), by one number fitted on flights
that the mixtures have not seen (Guo et al., "On calibration of modern neural networks", ICML 2017).

The numbers stand in `flight_features.json`, made by `tools/train_flight_features.py` from the simulator.
The spread of the cross-section is taken and not used: in the simulator all echoes scintillate alike.
"""

from __future__ import annotations

import math
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.domain.values import POSTERIOR

Array = npt.NDArray[np.float64]


class Feature(NamedTuple):
    """A column: values outside of `low`..`high` are absurd and count as missing."""

    name: str
    low: float
    high: float
    by_log: bool
    used: bool = True


FEATURES: Final = (
    Feature("launch_elevation_deg", -10.0, 90.0, False),
    Feature("launch_speed_mps", 1.0, 2_500.0, True),
    Feature("ground_range_m", 1.0, 2e5, True),
    Feature("apex_m", 1.0, 1e5, True),
    Feature("mean_speed_mps", 0.1, 2_500.0, True),
    Feature("rcs_mean_dbsm", -60.0, 60.0, False),
    Feature("rcs_spread_db", 0.0, 60.0, False, used=False),
    Feature("ballistic_coefficient_kgm2", 10.0, 1e6, True),  # m / (Cd A) = rho0 / (2 k)
)
USED: Final = tuple(f for f in FEATURES if f.used)


class FlightClass(msgspec.Struct, frozen=True):
    """One class: prior, and a mixture of m Gaussians of len(USED) features."""

    id: str
    family: str  # in the words of `values.POSTERIOR`
    prior: float
    weights: list[float]
    means: list[list[float]]
    covariances: list[list[list[float]]]


class Model(msgspec.Struct, frozen=True):
    """The trained model: `classes`, of which those named `unknown` have no column of their own."""

    made_by: str
    temperature: float
    classes: list[FlightClass]


@cache
def shipped() -> Model:
    """The model that comes with the package."""
    text = resources.files("rampart.engine").joinpath("flight_features.json").read_bytes()
    return msgspec.json.decode(text, type=Model)


def coordinates(columns: dict[str, Array]) -> Array:
    """(n, len(USED)) of the mixtures; nan where a value of `columns` (n,) is missing or absurd."""
    n = max((len(values) for values in columns.values()), default=0)
    out = np.full((n, len(USED)), math.nan)
    for j, feature in enumerate(USED):
        values = columns.get(feature.name)
        if values is not None:
            good = (values >= feature.low) & (values <= feature.high)  # false for nan
            out[good, j] = np.log(values[good]) if feature.by_log else values[good]
    return out


def log_likelihoods(x: Array, model: Model) -> Array:
    """ln p(x | class), (n, classes), of coordinates (n, len(USED)) with nan where nothing is known."""
    out = np.zeros((len(x), len(model.classes)))
    known = np.isfinite(x)
    for pattern in np.unique(known, axis=0):
        rows = (known == pattern).all(axis=1)
        if pattern.any():
            for c, kind in enumerate(model.classes):
                out[rows, c] = _mixture(x[np.ix_(rows, pattern)], kind, pattern)
    return out


def _mixture(x: Array, kind: FlightClass, pattern: npt.NDArray[np.bool_]) -> Array:
    """ln sum_m w_m N(x; mu_m, C_m) over the coordinates of the pattern."""
    parts = []
    for weight, mean, covariance in zip(kind.weights, kind.means, kind.covariances, strict=True):
        L = np.linalg.cholesky(np.array(covariance)[np.ix_(pattern, pattern)])
        z = np.linalg.solve(L, (x - np.array(mean)[pattern]).T)
        # ln w - (z'z + d ln 2 pi) / 2 - ln |L|
        part = math.log(weight) - 0.5 * ((z * z).sum(axis=0) + len(L) * math.log(2.0 * math.pi))
        parts.append(part - np.log(np.diag(L)).sum())
    return np.asarray(np.logaddexp.reduce(parts, axis=0))


def posteriors(columns: dict[str, Array], model: Model | None = None) -> tuple[Array, Array]:
    """(n, 6) of `values.POSTERIOR` and (n, classes) of `Model.classes`, each row of both summing to 1."""
    model = model or shipped()
    score = log_likelihoods(coordinates(columns), model)
    score = score / model.temperature + np.log([kind.prior for kind in model.classes])
    p_class = np.exp(score - np.logaddexp.reduce(score, axis=1, keepdims=True))
    family = np.zeros((len(model.classes), len(POSTERIOR)))
    for c, kind in enumerate(model.classes):
        family[c, POSTERIOR.index(kind.family)] = 1.0
    return p_class @ family, p_class
