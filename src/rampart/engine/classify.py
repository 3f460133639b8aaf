"""What a track is, first by its motion: family, and class ids with probabilities.

`Classifier.classify_many` names many tracks at once, arrays in and arrays out; `classify` is the same for
one. The model is in `posterior`, its numbers in `classes`.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.domain.site import Settings
from rampart.domain.values import POSTERIOR
from rampart.engine.classes import CLASSES, QUIET, ROUNDS, SMALL_DRONE, UNNAMED, WORDS
from rampart.engine.course import ACCEL_MPS2, CLIMB_MPS, PACE
from rampart.engine.posterior import Features, posteriors
from rampart.engine.predict import ImpactEstimate
from rampart.engine.track_settings import TrackSettings
from rampart.engine.ways import TOLD
from rampart.kernels._jit import allocating_kernel

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_DRONE_AND_BEFORE: Final = WORDS.index("aircraft")
_NO_BENDS: Final = np.zeros(ACCEL_MPS2.shape)
_NO_CLIMBS: Final = np.zeros(len(CLIMB_MPS))
_NO_PACE: Final = np.zeros(PACE)
_NO_WEAVES: Final = np.zeros(TOLD)
_ROUNDS: Final = len(ROUNDS)
_SMALL_DRONE: Final = _ROUNDS + SMALL_DRONE
_UNNAMED: Final = _ROUNDS + UNNAMED
_DRONES: Final = POSTERIOR.index("drone")  # after the families of rounds
_LISTED: Final = [c for c, name in enumerate(CLASSES) if not name.endswith("_unknown")]


class ClassifySettings(Settings, frozen=True):
    """How careful the first classification is."""

    reject_p: float = 0.4  # a family less likely than this is called unknown
    young_unknown_p: float = 1.0  # share of the unknown in a track of no plots at all, falling by
    young_plots: float = 1.0  # e every so many plots
    listed_p: float = 0.005  # classes less likely than this are left out of the list


class Classification(msgspec.Struct, frozen=True, gc=False):
    """`p_family` in the order of `values.POSTERIOR`, the family in one word (of `values.FAMILIES`), and the
    classes with a name worth saying; what they lack to 1 is unknown or too unlikely to list."""

    p_family: tuple[float, float, float, float, float, float]
    family: str
    classes: dict[str, float]


class Posteriors(NamedTuple):
    """Posteriors of n tracks."""

    p_family: Array  # (n, 6) in the order of `values.POSTERIOR`; each row sums to 1
    word: Ints  # (n,) index into `classes.WORDS`: the family in one word, `unknown` where rejected
    p_class: Array  # (n, classes) in the order of `classes.CLASSES`, the young unknown taken off

    def falls(self, i: int) -> float:
        """How probable it is that row `i` is a round, of a named class or of none."""
        return float(self.p_class[i, :_ROUNDS].sum())

    def aloft(self, i: int) -> float:
        """How probable it is that row `i` flies by its own power and is of no named class."""
        return float(self.p_class[i, _UNNAMED])

    def attacks(self, company: Array) -> Array:
        """(n,): how probable it is that each is a round with a name, or a drone, but for its `company` (n,)."""
        small = self.p_class[:, _SMALL_DRONE]
        large = self.p_family[:, _DRONES] - small
        rounds = self.p_family[:, :_DRONES].sum(axis=1)
        raised = self.p_class[:, :_ROUNDS].sum(axis=1) + small  # by its company
        alone = QUIET * large + (rounds + small) / company
        return np.asarray(alone / (1.0 - large - raised + QUIET * large + raised / company))

    def named(self, i: int, listed_p: float) -> Classification:
        """Row `i` as the engine reports it."""
        p = self.p_class[i].tolist()
        mortar, gun, rocket, drone, other, unknown = self.p_family[i].tolist()
        return Classification(
            (mortar, gun, rocket, drone, other, unknown),
            WORDS[int(self.word[i])],
            {CLASSES[c]: p[c] for c in _LISTED if p[c] >= listed_p},
        )


class Classifier:
    """First classification by kinematics; stateless. `track`: the numbers of the tracker that it judges."""

    def __init__(
        self, settings: ClassifySettings | None = None, track: TrackSettings | None = None
    ) -> None:
        self.settings = settings or ClassifySettings()
        self._track = track or TrackSettings()

    def classify_many(self, features: Features) -> Posteriors:
        """Posteriors of all rows of `features`. Absurd or missing values widen them and raise nothing."""
        s = self.settings
        p_class = np.empty((len(features.x), len(CLASSES)))
        by_word = np.empty((len(features.x), len(WORDS)))
        young = s.young_unknown_p * np.exp(-features.plots / s.young_plots)
        posteriors(
            features,
            young,
            math.log(self._track.drag_per_m),
            self._track.drag_sigma,
            p_class,
            by_word,
        )
        p_family, word = _families(by_word, s.reject_p)
        return Posteriors(p_family, word, p_class)

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
        bends: Array = _NO_BENDS,
        pace: Array = _NO_PACE,
        free_p: float = 0.0,
        climbs: Array = _NO_CLIMBS,
        left: float = 0.0,
        weaves: Array = _NO_WEAVES,
        company: float = 1.0,
        age_s: float = 0.0,
    ) -> Classification:
        """Posterior of one track; `launch`: the ground crossing behind it (`OriginFinder.launch`), the rest
        as in `Features`.
        """
        speed, elevation = launched(launch)
        one = Features(
            x[None], P[None], mu[None], np.array([float(plots)]), np.array([age_s]),
            np.array([height_m]), np.array([speed]), np.array([elevation]), np.array([rcs_dbsm]),
            np.array([rcs_plots]), np.array([boost_p]), np.array([free_p]), bends[None],
            climbs[None], pace[None], weaves[None], np.array([left]), np.array([company]),
        )  # fmt: skip
        return self.classify_many(one).named(0, self.settings.listed_p)


@allocating_kernel
def _families(by_word: Array, reject_p: float) -> tuple[Array, Ints]:
    """`p_family` and `word` of `Posteriors`, from the sums over `classes.WORDS` (n, words)."""
    n, words = by_word.shape
    p_family, word = np.zeros((n, 6)), np.zeros(n, np.int64)
    for i in range(n):
        named = 0.0
        for w in range(words - 1):
            family = (
                w if w < _DRONE_AND_BEFORE else _DRONE_AND_BEFORE
            )  # aircraft and clutter are one
            p_family[i, family] += by_word[i, w]
        for family in range(5):
            named += p_family[i, family]
        p_family[i, 5] = max(1.0 - named, 0.0)
        word[i] = np.argmax(by_word[i])
        if by_word[i, word[i]] < reject_p:
            word[i] = words - 1
    return p_family, word


def launched(launch: ImpactEstimate | None) -> tuple[float, float]:
    """Speed (m/s) and elevation (rad) at the ground crossing behind a track; nan where there is none."""
    if launch is None:
        return math.nan, math.nan
    e, n, u = launch.velocity_mps
    return math.sqrt(e * e + n * n + u * u), math.atan2(u, math.hypot(e, n))
