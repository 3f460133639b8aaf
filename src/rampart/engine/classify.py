"""What a track is, first by its motion: family, and class ids with probabilities.

A generative model: each class of flying things says how likely this launch speed, elevation, drag,
height, climb and radar cross-section are; priors, likelihoods and the tracker's own model
probabilities make the posterior. Spreads are wide on purpose, and the unknown is a class.
Ranges: the generic class table for protective simulation, none of it a measurement.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.domain.site import Settings
from rampart.engine.predict import ImpactEstimate
from rampart.kernels._jit import inline_kernel, kernel

Array = npt.NDArray[np.float64]


class _Round(NamedTuple):
    """A ballistic class: launch speed and elevation between soft edges, drag, cross-section."""

    family: str
    prior: float
    speed_min_mps: float  # back-propagated to the ground; rockets: as if burnt out there
    speed_max_mps: float
    elevation_min_deg: float
    elevation_max_deg: float
    drag_per_m: float
    drag_log_sigma: float
    rcs_dbsm: float
    max_range_m: float  # inf: none known


_ROUNDS: Final[dict[str, _Round]] = {
    "mortar_60": _Round("mortar", 0.10, 70, 240, 45, 80, 1.7e-4, 0.35, -32.5, 3_490),
    "mortar_81": _Round("mortar", 0.12, 70, 305, 45, 80, 1.06e-4, 0.35, -27.5, 6_000),
    "mortar_82": _Round("mortar", 0.08, 70, 215, 45, 80, 6.0e-5, 0.7, -27.5, 4_270),
    "mortar_120": _Round("mortar", 0.12, 90, 325, 45, 80, 6.5e-5, 0.35, -22.5, 8_200),
    "rocket_107": _Round("rocket", 0.15, 340, 430, 6, 62, 9.4e-5, 0.45, -17.5, 8_300),
    "rocket_122": _Round("rocket", 0.12, 540, 760, 6, 62, 6.7e-5, 0.4, -17.5, 20_400),
    "rocket_240": _Round("rocket", 0.08, 330, 430, 6, 62, 6.0e-5, 0.45, -7.5, 10_000),
    "gun_155": _Round("gun", 0.10, 280, 850, 15, 70, 8.1e-5, 0.4, -22.5, 24_000),
    "ballistic_unknown": _Round("unknown", 0.04, 60, 1_500, 3, 88, 8.0e-5, 1.0, -20.0, math.inf),
}


class _Flyer(NamedTuple):
    """A class that flies by its own power: speed and cross-section normal, height log-normal."""

    family: str
    prior: float
    speed_mps: float
    speed_sigma_mps: float
    height_m: float
    height_log_sigma: float
    rcs_dbsm: float
    rcs_sigma_db: float


_FLYERS: Final[dict[str, _Flyer]] = {
    "owa_drone": _Flyer("drone", 0.30, 46, 7, 250, 0.9, -11, 3.5),
    "quadcopter": _Flyer("drone", 0.02, 12, 6, 150, 1.0, -14, 4),
    "airliner": _Flyer("aircraft", 0.14, 210, 50, 7_000, 0.8, 15, 10),
    "aircraft_low": _Flyer("aircraft", 0.10, 140, 60, 600, 1.2, 10, 10),  # departing, landing
    "light_aircraft": _Flyer("aircraft", 0.14, 65, 14, 800, 0.8, 4, 5),
    "helicopter": _Flyer("aircraft", 0.10, 55, 14, 250, 0.8, 6, 5),
    "glider": _Flyer("aircraft", 0.10, 31, 8, 900, 0.7, -1, 4),
    "bird": _Flyer("clutter", 0.50, 13, 6, 150, 1.0, -22, 5),
    "clutter_patch": _Flyer("clutter", 0.06, 1, 2, 50, 1.2, -20, 6),
    "flyer_unknown": _Flyer("unknown", 0.02, 40, 30, 500, 1.5, -10, 15),
}

SCINTILLATION_DB: Final = 5.6
"""Standard deviation of one echo of a slowly fluctuating target (exponential power, Swerling 1), dB."""
SCINTILLATION_MEAN_DB: Final = -2.5
"""Mean of the same in dB: 10 log10(e) x -Euler's constant; what a mean of decibels lies too low by."""

CLASSES: Final[tuple[str, ...]] = (*_ROUNDS, *_FLYERS)
SLOWEST_LAUNCH_MPS: Final = min(r.speed_min_mps for r in _ROUNDS.values())
MAX_RANGE_M: Final[dict[str, float]] = {
    name: r.max_range_m for name, r in _ROUNDS.items() if math.isfinite(r.max_range_m)
}
"""Range of each ballistic class that has one; with it the origin is checked for plausibility."""

_WORDS: Final = ("mortar", "gun", "rocket", "drone", "aircraft", "clutter", "unknown")
_FAMILY_OF: Final = tuple(
    [_WORDS.index(r.family) for r in _ROUNDS.values()]
    + [_WORDS.index(f.family) for f in _FLYERS.values()]
)
_ROUND_TABLE: Final = np.array([r[1:] for r in _ROUNDS.values()], float)
_IS_ROCKET: Final = np.array([float(r.family == "rocket") for r in _ROUNDS.values()])
_FLYER_TABLE: Final = np.array([f[1:] for f in _FLYERS.values()], float)


class ClassifySettings(Settings, frozen=True):
    """How careful the first classification is."""

    reject_p: float = 0.4  # a family less likely than this is called unknown
    young_unknown_p: float = 0.5  # share of the unknown in a track of no plots at all, falling by
    young_plots: float = 2.0  # e every so many plots
    listed_p: float = 0.005  # classes less likely than this are left out of the list


class Classification(msgspec.Struct, frozen=True, gc=False):
    """`p_family` in the order of `values.POSTERIOR`, the family in one word (of `values.FAMILIES`), and the
    classes with a name worth saying; what they lack to 1 is unknown or too unlikely to list."""

    p_family: tuple[float, float, float, float, float, float]
    family: str
    classes: dict[str, float]


class Classifier:
    """First classification by kinematics; stateless."""

    def __init__(self, settings: ClassifySettings | None = None) -> None:
        self.settings = settings or ClassifySettings()

    def classify(
        self,
        x: Array,
        P: Array,
        mu: Array,
        plots: int,
        height_m: float,
        launch: ImpactEstimate | None = None,
        rcs_dbsm: float = math.nan,
        boost_p: float = 0.0,
        rcs_plots: float = math.inf,
    ) -> Classification:
        """Posterior of the track with state `x` (7,), `P` (7, 7), model probabilities `mu` (ballistic,
        drone, boost), after `plots` plots.

        `height_m` above the site's level, nan where it is not observed (height and climb then say
        nothing); `launch`: the ground crossing behind it (`OriginFinder.launch`); `rcs_dbsm`: mean over
        the track, nan where not told, of `rcs_plots` plots; `boost_p`: the largest probability of the
        boost model so far.
        Absurd or missing values widen the posterior and raise nothing.
        """
        if launch is None:
            seen = (math.nan, math.nan)
        else:
            a, b, c = launch.velocity_mps
            seen = (math.sqrt(a * a + b * b + c * c), math.atan2(c, math.hypot(a, b)))
        posterior = np.empty(len(CLASSES))
        scatter_db = SCINTILLATION_DB / math.sqrt(max(rcs_plots, 1.0))
        _posterior(x, P, mu, height_m, seen[0], seen[1], rcs_dbsm, scatter_db, boost_p, posterior)
        s = self.settings
        young = s.young_unknown_p * math.exp(-plots / s.young_plots)
        p = posterior.tolist()
        by_word = [0.0] * len(_WORDS)
        for share, family in zip(p, _FAMILY_OF, strict=True):
            by_word[family] += (1.0 - young) * share
        by_word[-1] += young
        best = max(range(len(_WORDS)), key=by_word.__getitem__)
        mortar, gun, rocket, drone, aircraft, clutter, _ = by_word
        other = aircraft + clutter
        unknown = max(0.0, 1.0 - (mortar + gun + rocket + drone + other))
        return Classification(
            (mortar, gun, rocket, drone, other, unknown),
            _WORDS[best] if by_word[best] >= s.reject_p else "unknown",
            {
                name: (1.0 - young) * share
                for name, share in zip(CLASSES, p, strict=True)
                if share >= s.listed_p and not name.endswith("_unknown")
            },
        )


@inline_kernel
def _within(value: float, low: float, high: float, sigma: float) -> float:
    """Density of a value drawn uniformly from low..high and seen with an error of `sigma`."""
    s = math.sqrt(2.0) * sigma
    return 0.5 * (math.erf((high - value) / s) - math.erf((low - value) / s)) / (high - low)


@inline_kernel
def _normal(value: float, mean: float, sigma: float) -> float:
    z = (value - mean) / sigma
    return math.exp(-0.5 * z * z) / (sigma * 2.5066282746310002)


@kernel
def _posterior(
    x: Array, P: Array, mu: Array, height_m: float, launch_mps: float, launch_rad: float,
    rcs_dbsm: float, scatter_db: float, boost_p: float, out: Array,
) -> None:  # fmt: skip
    """Posterior of CLASSES in `out`; the last class takes all where nothing can be said."""
    rounds, flyers = _ROUND_TABLE.shape[0], _FLYER_TABLE.shape[0]
    out[:] = 0.0
    out[-1] = 1.0  # until something can be said
    ground = math.sqrt(x[3] * x[3] + x[4] * x[4])
    seen_up = math.isfinite(height_m)
    speed = math.sqrt(ground * ground + x[5] * x[5]) if seen_up else ground
    variance = 1.5 * (P[3, 3] + P[4, 4]) if not seen_up else P[3, 3] + P[4, 4] + P[5, 5]
    told = math.isfinite(rcs_dbsm)
    rcs = rcs_dbsm - SCINTILLATION_MEAN_DB
    if not (math.isfinite(speed) and math.isfinite(variance)):
        return
    sigma_v = math.sqrt(max(variance, 0.0) / 3.0) + 2.0
    # v0² >= v² + 2 g h: drag only takes energy
    rise = max(height_m, 0.0) if seen_up else 0.0
    energetic = math.sqrt(speed * speed + 2.0 * 9.81 * rise)
    sigma_climb = math.sqrt(max(P[5, 5], 0.0)) + 3.0
    log_height = math.log(max(height_m, 20.0))

    # ---- falling freely: among the rounds, by launch speed x elevation x drag x cross-section
    within = 0.0
    boosted = min(max(boost_p, 0.0), 1.0)
    for i in range(rounds):
        row = _ROUND_TABLE[i]
        p = row[0]
        if math.isfinite(launch_mps):
            p *= _within(launch_mps, row[1], row[2], 10.0 + sigma_v + 0.03 * launch_mps)
            angle = 0.05 + min(sigma_v / max(speed, 30.0), 0.5)
            p *= _within(launch_rad, math.radians(row[3]), math.radians(row[4]), angle)
        else:
            # nothing is told of the launch: a round is hardly faster now than then, drag has cost
            # it half of its speed at most
            p *= _within(energetic, 0.5 * row[1], row[2], 10.0 + sigma_v)
        p *= _normal(x[6], math.log(row[5]), math.sqrt(row[6] * row[6] + max(P[6, 6], 0.0)))
        if told:
            p *= _normal(rcs, row[7], math.sqrt(25.0 + scatter_db * scatter_db))
        # a short boost is often over before the second plot: its absence says little
        p *= 0.5 + 0.5 * boosted if _IS_ROCKET[i] > 0.0 else 1.0 - 0.9 * boosted
        out[i] = p
        within += p
    # ... and as a round at all: model probability x speed x height x climb
    falls = min(max(mu[0] + mu[2], 0.0), 1.0)
    falls *= _normal(speed, 250.0, math.sqrt(120.0**2 + sigma_v * sigma_v))
    # what climbed here with less than the slowest launch never was a round
    falls *= 0.5 * math.erfc((SLOWEST_LAUNCH_MPS - energetic) / (math.sqrt(2.0) * (5.0 + sigma_v)))
    if seen_up:
        falls *= _normal(log_height, math.log(800.0), 1.0)
        falls *= _normal(x[5], 0.0, math.sqrt(150.0**2 + sigma_climb * sigma_climb))
    if told:
        falls *= _normal(rcs, -22.0, math.sqrt(64.0 + scatter_db * scatter_db))
    total = 0.0
    if not within > 1e-200:
        # no class fits: the last of them, the unknown round
        out[:rounds] = 0.0
        out[rounds - 1] = within = 1.0
    for i in range(rounds):
        out[i] *= falls / within
        total += out[i]

    # ---- flying by its own power: speed x height x climb x cross-section
    powered = min(max(mu[1], 0.0), 1.0)
    for i in range(flyers):
        row = _FLYER_TABLE[i]
        p = row[0] * powered
        p *= _normal(speed, row[1], math.sqrt(row[2] * row[2] + sigma_v * sigma_v))
        if seen_up:
            p *= _normal(log_height, math.log(row[3]), row[4])
            p *= _normal(x[5], 0.0, math.sqrt(16.0 + sigma_climb * sigma_climb))
        if told:
            p *= _normal(rcs, row[5], math.sqrt(row[6] * row[6] + scatter_db * scatter_db))
        out[rounds + i] = p
        total += p
    if not total > 1e-300:
        out[:] = 0.0
        out[-1] = 1.0
        return
    for i in range(out.size):
        out[i] /= total
