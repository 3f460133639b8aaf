"""GOSPA and OSPA: how far a set of tracks is from the set of true objects, scan by scan.

Sources: Rahmathullah, García-Fernández, Svensson, "Generalized optimal sub-pattern assignment metric",
2017 (alpha = 2); Schuhmacher, Vo, Vo, "A consistent metric for performance evaluation of multi-object
filters", 2008. Values equal those of Stone Soup 1.9.1 (`GOSPAMetric`, `OSPAMetric`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from rampart.metrics.paths import Floats, Paths, Scans


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
        return float(self.distance.mean()) if len(self.distance) else 0.0

    @property
    def missed_objects(self) -> float:
        """True objects without a track, mean a scan."""
        return float(self.missed.mean() / (self.c**self.p / 2)) if len(self.missed) else 0.0

    @property
    def false_objects(self) -> float:
        """Tracks without a true object, mean a scan."""
        return float(self.false.mean() / (self.c**self.p / 2)) if len(self.false) else 0.0


@dataclass(frozen=True, slots=True)
class Ospa:
    """OSPA `distance` (s,) in metres at each scan that has a truth or a track."""

    times_s: Floats
    distance: Floats

    @property
    def mean(self) -> float:
        """Mean distance over the scans, m; 0 where there is none."""
        return float(self.distance.mean()) if len(self.distance) else 0.0


def gospa(truth: Paths, tracks: Paths, c: float = 100.0, p: float = 2.0) -> Gospa:
    """`Gospa` of positions with cut-off `c` (m), order `p` and alpha = 2.

    Raises ValueError unless c > 0 and p >= 1.
    """
    _check(c, p)
    scans = Scans.of(truth, tracks)
    localisation, missed, false = np.zeros((3, len(scans.times_s)))
    half = c**p / 2
    for s in range(len(scans.times_s)):
        x, y = scans.at(s)
        paired, total = 0, 0.0
        if len(x) and len(y):
            # min over assignments of Σ min(d, c)^p; a pair that is cut counts as one missed, one false
            cost = np.minimum(cdist(truth.xyz_m[x], tracks.xyz_m[y]), c) ** p
            chosen = cost[linear_sum_assignment(cost)]
            kept = chosen[chosen < c**p]
            paired, total = len(kept), float(kept.sum())
        localisation[s] = total
        missed[s] = (len(x) - paired) * half
        false[s] = (len(y) - paired) * half
    distance = (localisation + missed + false) ** (1 / p)
    return Gospa(scans.times_s, distance, localisation, missed, false, c, p)


def ospa(truth: Paths, tracks: Paths, c: float = 100.0, p: float = 2.0) -> Ospa:
    """`Ospa` of positions with cut-off `c` (m) and order `p`.

    The assignment minimises Σ min(d, c) and the distance is taken with power `p` over it, as Stone Soup
    does; the paper minimises Σ min(d, c)^p. The two differ only where tracks of objects closer than `c`
    could be paired crosswise, and then ours is the larger.
    Raises ValueError unless c > 0 and p >= 1.
    """
    _check(c, p)
    scans = Scans.of(truth, tracks)
    distance = np.empty(len(scans.times_s))
    for s in range(len(scans.times_s)):
        x, y = scans.at(s)
        n = max(len(x), len(y))
        total = abs(len(x) - len(y)) * c**p
        if len(x) and len(y):
            cost = np.minimum(cdist(truth.xyz_m[x], tracks.xyz_m[y]), c)
            total += float((cost[linear_sum_assignment(cost)] ** p).sum())
        distance[s] = (total / n) ** (1 / p)
    return Ospa(scans.times_s, distance)


def _check(c: float, p: float) -> None:
    if not (c > 0 and p >= 1 and np.isfinite(c) and np.isfinite(p)):
        raise ValueError(
            f"cut-off c and order p: found c={c}, p={p}; allowed: finite, c > 0, p >= 1"
        )
