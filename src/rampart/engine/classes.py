"""What the classifier believes of each class of flying things: priors and the spread of what is seen.

Spreads are wide on purpose, and the unknown is a class. Ranges: the generic class table for protective
simulation, none of it a measurement.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.course import ACCEL_MPS2, CLIMB_MPS


class Round(NamedTuple):
    """A ballistic class: launch speed and elevation between soft edges, drag, cross-section."""

    family: str
    prior: float
    speed_min_mps: float  # back-propagated to the ground; rockets: as if burnt out there
    speed_max_mps: float
    elevation_min_deg: float
    elevation_max_deg: float
    # at Mach 0, as a track has it: the constant drag that fits the class's range, over the filter's drag
    # curve at seven tenths of its speed (1.0 for mortar bombs, 1.7 for shells and 122 mm rockets)
    drag_per_m: float
    drag_log_sigma: float
    rcs_dbsm: float
    # any cross-section so near to the middle is as likely as it; beyond, ROUND_RCS_DB of spread
    rcs_half_db: float
    max_range_m: float  # inf: none known


ROUNDS: Final[dict[str, Round]] = {
    "mortar_60": Round("mortar", 0.10, 70, 240, 45, 80, 1.7e-4, 0.25, -32.5, 0.0, 3_490),
    "mortar_81": Round("mortar", 0.12, 70, 305, 45, 80, 1.03e-4, 0.25, -27.5, 0.0, 6_000),
    # 2e-5 by the fit, which is a poor one: twice that, and wide
    "mortar_82": Round("mortar", 0.08, 70, 215, 45, 80, 4.0e-5, 0.7, -27.5, 0.0, 4_270),
    "mortar_120": Round("mortar", 0.12, 90, 325, 45, 80, 6.3e-5, 0.25, -22.5, 0.0, 8_200),
    "rocket_107": Round("rocket", 0.15, 340, 430, 6, 62, 8.7e-5, 0.35, -17.5, 0.0, 8_300),
    "rocket_122": Round("rocket", 0.12, 540, 760, 6, 62, 3.9e-5, 0.35, -17.5, 0.0, 20_400),
    "rocket_240": Round("rocket", 0.08, 330, 430, 6, 62, 5.5e-5, 0.35, -7.5, 0.0, 10_000),
    "gun_155": Round("gun", 0.10, 280, 850, 15, 70, 4.6e-5, 0.35, -22.5, 0.0, 24_000),
    # any cross-section of those above, evenly, but that of the largest rocket: as large as that is an airliner
    # with a faint echo, at its third plot
    "ballistic_unknown": Round(
        "unknown", 0.04, 60, 1_500, 3, 88, 6.0e-5, 1.0, -25.0, 7.5, math.inf
    ),
}


FALLS_PRIOR: Final = 2e-5
"""[A] So many rounds come into sight on a quiet day to the flyers that `FLYERS` counts. While something plainly
attacks there are more (`company`). With 0.02 to 2e-6 the rounds of S1 are told alike to half a second; with
0.02 an airliner far away was a rocket some times an hour (ADR 19)."""

QUIET: Final = 0.01
"""[A] So many drones too large for a bird come on a quiet day to those that `FLYERS` counts, for it counts them
as in a raid: what makes other attacks likelier must be plainer than that (`company`)."""


TOLD_GLIDERS: Final = 7.0
TOLD_PLOTS: Final = 3.5
"""[A] So many times as likely as by `FLYERS` is a glider, to a large drone, where a cross-section is told: that
tells the two apart, but for the faintest of one and the loudest of the other, and the more plots tell it
the better; of so many plots half of it counts. Where none is told only the course tells, too late (ADR 25;
seven times since ADR 26)."""


class Flyer(NamedTuple):
    """A class that flies by its own power: speed and cross-section normal, height, and the accelerations
    of its wander and turns over each scale of `course` and its climb, log-normal."""

    family: str
    prior: float
    speed_mps: float
    speed_sigma_mps: float
    height_m: float
    height_log_sigma: float
    rcs_dbsm: float
    rcs_half_db: float  # as of a `Round`
    rcs_sigma_db: float
    accel_mps2: float
    accel_log_sigma: float
    climb_mps: float
    climb_log_sigma: float
    stray_mps2: float
    stray_log_sigma: float


FLYERS: Final[dict[str, Flyer]] = {
    # stray: set on small drones of S1, seeds 5 to 299, birds of `quiet-day`, seeds 1-3, one-way drones of
    # `drone_roc.py`, seeds 100-103, and 120 recorded aircraft (72 s at a time: birds 0.05 to 0.36 in nine of
    # ten, gliders 0.09 to 0.57, small drones below 0.03)
    # priors: of what comes into sight most are birds and clutter; large drones stand against aircraft as if
    # a raid were likely, but for gliders, which are most like them and twice as many (ADR 24, 25); small ones
    # are as rare as on a quiet day (ADR 18, 21). Echoes of birds, drones and gliders: from the class table,
    # with 1.5 dB for what a radar knows of its own gain
    "owa_drone": Flyer(
        "drone", 0.01, 46, 7, 250, 0.9, -11.5, 3.5, 1.5, 0.14, 0.7, 0.3, 0.6, 0.06, 1.0
    ),
    "quadcopter": Flyer(
        "drone", 2e-6, 12, 6, 150, 1.0, -13.5, 5.5, 1.5, 0.05, 0.55, 0.4, 1.0, 0.018, 0.8
    ),
    "airliner": Flyer(
        "aircraft", 0.005, 210, 50, 7_000, 0.8, 15, 0, 10, 0.15, 1.0, 3.0, 1.5, 0.15, 1.2
    ),
    # departing, landing
    "aircraft_low": Flyer(
        "aircraft", 0.003, 140, 60, 600, 1.2, 10, 0, 10, 0.25, 1.0, 3.0, 1.2, 0.2, 1.2
    ),
    "light_aircraft": Flyer(
        "aircraft", 0.005, 65, 14, 800, 0.8, 4, 0, 5, 0.22, 0.8, 1.0, 1.0, 0.15, 1.2
    ),
    # departing, landing
    "light_aircraft_low": Flyer(
        "aircraft", 0.002, 32, 9, 100, 0.9, 4, 0, 5, 0.22, 0.8, 1.5, 1.0, 0.15, 1.2
    ),
    "helicopter": Flyer(
        "aircraft", 0.003, 55, 14, 250, 0.8, 6, 0, 5, 0.16, 0.8, 1.0, 1.0, 0.12, 1.2
    ),
    "glider": Flyer("aircraft", 0.02, 37, 10, 900, 0.7, -1, 4, 1.5, 0.4, 0.9, 1.5, 0.7, 0.2, 1.0),
    "bird": Flyer(
        "clutter", 0.50, 13, 5, 150, 1.0, -22.5, 7.5, 1.5, 0.28, 0.55, 0.8, 1.0, 0.16, 0.6
    ),
    "clutter_patch": Flyer(
        "clutter", 0.06, 1, 2, 50, 1.2, -20, 0, 6, 0.1, 0.6, 0.4, 1.0, 0.03, 0.6
    ),
    # [A] joined, near a radar: echoes that just pass its threshold there are 30 dB fainter than a small drone's
    "false_plots": Flyer(
        "clutter", 0.002, 20, 30, 100, 1.2, -50, 0, 7, 0.5, 1.0, 2.0, 1.0, 0.2, 1.0
    ),
    "flyer_unknown": Flyer(
        "unknown", 3e-4, 40, 30, 500, 1.5, -10, 0, 15, 0.15, 1.3, 1.0, 1.8, 0.06, 1.3
    ),
}

ODD_SHARE: Final = 0.03
"""[A] Share of each class that bends like none of its kind, but like any other: a bird on its way home flies
straight."""

ODD_STRAY_SHARE: Final = 0.2
"""[A] Share of each class that strays over long stretches like nothing: of a weave of 20 s, in step with
them, they show little."""

TRAVELS_SHARE: Final = 2e-5
"""[A] Share of moving clutter that leaves its place: a vehicle on a ridge. So rare that it and a lone small
drone are about as likely: where it was likelier, a slow drone was one all its flight (S1, seeds 203, 725)."""

ODD_CLIMB_SHARE: Final = 0.1
"""[A] Share of each class that climbs and sinks like none of its kind: a drone on its way up, or down to
its target."""

DIVING_SHARE: Final = 0.15  # [A] of the drones in sight dive at a target or climb from a launch,
STEEP_MPS: Final = 6.0  # at least so fast

ROUND_RCS_DB: Final = 3.0
"""Spread of a ballistic class's cross-section: twice that of the +-2.5 dB of the generic table."""

DRAG_UNSEEN: Final = 0.9
"""[A] Share of the filter's first belief in a track's ln k from which on nothing is seen of its drag. Of 0.8 to
0.98 none tells the calibres of seeds 1-400 of `benchmarks/classifier.py` better than another."""

BURN_S: Final = 4.0
"""[A] Longest burn of a rocket of the classes above: one to two seconds, twice that for doubt."""
LEAPS_FROM: Final = 0.1  # share of the boost model below which nothing leaps
LEAPS_FALLS: Final = 0.99
"""Nor what the ballistic model once explained so well: all rounds, by then."""
LEAPS_PLOTS: Final = 6  # before so many plots the models have not settled
LEAP_MPS: Final = 60.0
LEAP_HIGH: Final = 1.0 / 5.0 / 300.0
LEAP_TOLD: Final = 1.0 / 60.0
"""[A] Mean speed, and densities of ln height and climb (m/s) and of cross-section (dB), of a track that
leaps between plots that are not its own: any height, climb and echo is as good as another."""

FAST_FLYERS_P: Final = 0.02
FAST_FLYERS_PLOTS: Final = 6
FAST_FLYERS_S: Final = 6.0
"""Least probability of powered flight before so many plots and seconds: its share at birth
(`TrackSettings.drone_share`). The motion model of what flies begins at a drone's speed, so an airliner at
280 m/s is 1e-5 likely by it until the plots tell; its height, speed and echo must speak meanwhile. A radar of
one turn in four seconds shows a bomb six times in all: counted in plots alone, it flew level to the end."""

SINKS_S: Final = 20.0
"""[A] Longest time for which the ballistic model may hold what flies level, far from a radar that turns once a
second: a helicopter 11 km away 10 s, an airliner at 17 km 12 to 16 s (S2, hours 155, 168)."""
SINKS_SHARE: Final = 0.25  # [A] one sigma of how far it is then led down, of g t / 2

CLASSES: Final[tuple[str, ...]] = (*ROUNDS, *FLYERS)
SLOWEST_LAUNCH_MPS: Final = min(r.speed_min_mps for r in ROUNDS.values())
MAX_RANGE_M: Final[dict[str, float]] = {
    name: r.max_range_m for name, r in ROUNDS.items() if math.isfinite(r.max_range_m)
}
"""Range of each ballistic class that has one; with it the origin is checked for plausibility."""

WORDS: Final = ("mortar", "gun", "rocket", "drone", "aircraft", "clutter", "unknown")
"""Families in the order of a `by_word` row."""
FAMILY_OF: Final = np.array(
    [WORDS.index(r.family) for r in ROUNDS.values()]
    + [WORDS.index(f.family) for f in FLYERS.values()]
)
ROUND_TABLE: Final = np.array([r[1:] for r in ROUNDS.values()], float)
IS_ROCKET: Final = np.array([r.family == "rocket" for r in ROUNDS.values()])
STAYS: Final = list(FLYERS).index("clutter_patch")
BIRD: Final = list(FLYERS).index("bird")
LARGE_DRONE: Final = list(FLYERS).index("owa_drone")
GLIDER: Final = list(FLYERS).index("glider")
SMALL_DRONE: Final = list(FLYERS).index("quadcopter")
UNNAMED: Final = list(FLYERS).index("flyer_unknown")
IS_DRONE: Final = np.array([f.family == "drone" for f in FLYERS.values()])
FLYER_TABLE: Final = np.array([f[1:9] for f in FLYERS.values()], float)


def _shares(
    grid: npt.NDArray[np.floating], typical: Sequence[float], log_sigma: Sequence[float], odd: float
) -> npt.NDArray[np.float64]:
    """(flyers, grid): how probable each value of `grid` is in each class, log-normal but for the odd."""
    z = np.log(grid / np.array(typical)[:, None]) / np.array(log_sigma)[:, None]
    p = np.exp(-0.5 * z * z)
    p /= p.sum(axis=1, keepdims=True)
    return np.asarray((1.0 - odd) * p + odd / len(grid))


def _bend_table() -> npt.NDArray[np.float64]:
    """(scales, flyers, accelerations): how probable each of `course.ACCEL_MPS2` is in each class."""
    short, short_sigma, long, long_sigma = zip(
        *(
            (f.accel_mps2, f.accel_log_sigma, f.stray_mps2, f.stray_log_sigma)
            for f in FLYERS.values()
        ),
        strict=True,
    )
    return np.stack(
        [
            _shares(ACCEL_MPS2[0], short, short_sigma, 0.0),
            _shares(ACCEL_MPS2[1], long, long_sigma, ODD_STRAY_SHARE),
        ]
    )


def _climb_table() -> npt.NDArray[np.float64]:
    """(flyers, climbs): the same of `course.CLIMB_MPS`."""
    typical, log_sigma = zip(
        *((f.climb_mps, f.climb_log_sigma) for f in FLYERS.values()), strict=True
    )
    p = _shares(CLIMB_MPS, typical, log_sigma, ODD_CLIMB_SHARE)
    steep = CLIMB_MPS >= STEEP_MPS
    for row, f in zip(p, FLYERS.values(), strict=True):
        if f.family == "drone":
            row[:] = (1.0 - DIVING_SHARE) * row + DIVING_SHARE * steep / steep.sum()
    return p


BEND_TABLE: Final = _bend_table()
DRONE_BENDS: Final = (1.0 - ODD_SHARE) * BEND_TABLE[0, list(FLYERS).index("owa_drone")] + (
    ODD_SHARE / BEND_TABLE.shape[2]
)
"""(accelerations,): those over `EVERY_S` of the drone whose futures are flown, the odd among them."""
CLIMB_TABLE: Final = _climb_table()
