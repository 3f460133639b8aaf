"""GOSPA and OSPA: how far a set of tracks is from the set of true objects, scan by scan.

Sources: Rahmathullah, García-Fernández, Svensson, "Generalized optimal sub-pattern assignment metric",
2017 (alpha = 2); Schuhmacher, Vo, Vo, "A consistent metric for performance evaluation of multi-object
filters", 2008. Values equal those of Stone Soup 1.9.1 (`GOSPAMetric`, `OSPAMetric`).
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Final

import numpy as np

from rampart.metrics.pairs import best_matching, close_pairs
from rampart.metrics.paths import DISTANCES, Floats, Ints, Paths, Scans, is_distance

# the settings of a score where nobody asks for others
CUT_OFF_M: Final = 100.0
ORDER: Final = 2.0
MAX_ORDER: Final = 20.0  # of allowed cut-offs no power up to it leaves the range of floats


@dataclass(frozen=True, slots=True)
class Gospa:
    """GOSPA at each scan that has a truth or a track; all arrays (s,).

    `distance` = (localisation + missed + false)^(1/p), m; the three parts are in m^p, missed and false
    each c^p / 2 an object.
    """

    times_s: Floats
    distance: Floats
    localisation: Floats
    missed: Floats
    false: Floats
    c: float
    p: float

    @property
    def mean(self) -> float:
        """Mean distance over the scans, m; 0 where there is none."""
        return mean(self.distance)

    @property
    def missed_objects(self) -> float:
        """True objects without a track, mean a scan."""
        return float(mean(self.missed) / (self.c**self.p / 2))

    @property
    def false_objects(self) -> float:
        """Tracks without a true object, mean a scan."""
        return float(mean(self.false) / (self.c**self.p / 2))


@dataclass(frozen=True, slots=True)
class Ospa:
    """OSPA `distance` (s,) in metres at each scan that has a truth or a track."""

    times_s: Floats
    distance: Floats

    @property
    def mean(self) -> float:
        """Mean distance over the scans, m; 0 where there is none."""
        return mean(self.distance)


def mean(values: Floats) -> float:
    """Mean of `values` (s,); 0 where there is none."""
    return float(values.mean()) if len(values) else 0.0


def gospa(truth: Paths, tracks: Paths, c: float = CUT_OFF_M, p: float = ORDER) -> Gospa:
    """`Gospa` of positions with cut-off `c` (m), order `p` and alpha = 2.

    Raises ValueError where an input is no `Paths`, `c` no distance (see `paths.is_distance`) or `p` not from
    1 to `MAX_ORDER`.
    """
    _check(c, p)
    scans = Scans.of(truth, tracks)
    # min over assignments of Σ min(d, c)^p; a pair that is cut counts as one missed and one false
    paired, localisation = _paired(truth, tracks, scans, c, p, assign_by=p)
    missed = (scans.truths - paired) * (c**p / 2)
    false = (scans.held - paired) * (c**p / 2)
    distance = (localisation + missed + false) ** (1 / p)
    return Gospa(scans.times_s, distance, localisation, missed, false, c, p)


def ospa(truth: Paths, tracks: Paths, c: float = CUT_OFF_M, p: float = ORDER) -> Ospa:
    """`Ospa` of positions with cut-off `c` (m) and order `p`.

    The assignment minimises Σ min(d, c) and the distance is taken with power `p` over it, as Stone Soup
    does; the paper minimises Σ min(d, c)^p. The two differ only where tracks of objects closer than `c`
    could be paired crosswise, and then ours is the larger.
    Raises ValueError as `gospa` does.
    """
    _check(c, p)
    scans = Scans.of(truth, tracks)
    paired, localisation = _paired(truth, tracks, scans, c, p, assign_by=1.0)
    n = np.maximum(scans.truths, scans.held)
    distance = ((localisation + (n - paired) * c**p) / n) ** (1 / p)
    return Ospa(scans.times_s, distance)


def _paired(
    truth: Paths, tracks: Paths, scans: Scans, c: float, p: float, *, assign_by: float
) -> tuple[Ints, Floats]:
    """(pairs closer than c, Σ d^p over them) at each scan, when Σ min(d, c)^assign_by is least."""
    pairs = close_pairs(truth, tracks, scans, c)
    chosen = best_matching(pairs, c**assign_by - pairs.distance_m**assign_by, scans)
    scan = scans.truth_scan[pairs.truth[chosen]]
    count = len(scans.times_s)
    cost = np.bincount(scan, pairs.distance_m[chosen] ** p, minlength=count)
    return np.bincount(scan, minlength=count), np.asarray(cost, float)


def _check(c: float, p: float) -> None:
    if not (is_distance(c) and isinstance(p, Real) and 1 <= p <= MAX_ORDER):
        raise ValueError(
            f"cut-off c and order p: found c={c!r}, p={p!r}; "
            f"allowed: c {DISTANCES}, p from 1 to {MAX_ORDER:g}"
        )
