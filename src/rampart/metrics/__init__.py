"""Judging from truth: the picture (GOSPA, OSPA, SIAP), its honesty, and the warnings.

The engine knows nothing of these; they know the engine's outputs and the truth.
"""

from __future__ import annotations

from rampart.metrics.association import Association, associate
from rampart.metrics.consistency import (
    Anees,
    Share,
    anees,
    clopper_pearson,
    coverage,
    crps_gaussian,
    crps_quantiles,
    interval_coverage,
    nees,
    pit_gaussian,
    pit_quantiles,
)
from rampart.metrics.files import read_tracks, read_truth, score
from rampart.metrics.ospa import Gospa, Ospa, gospa, ospa
from rampart.metrics.paths import Paths, Scans, snapped
from rampart.metrics.siap import Siap, siap
from rampart.metrics.truth import FALSE_PLOT, NO_TIME, Truth

__all__ = [
    "FALSE_PLOT",
    "NO_TIME",
    "Anees",
    "Association",
    "Gospa",
    "Ospa",
    "Paths",
    "Scans",
    "Share",
    "Siap",
    "Truth",
    "anees",
    "associate",
    "clopper_pearson",
    "coverage",
    "crps_gaussian",
    "crps_quantiles",
    "gospa",
    "interval_coverage",
    "nees",
    "ospa",
    "pit_gaussian",
    "pit_quantiles",
    "read_tracks",
    "read_truth",
    "score",
    "siap",
    "snapped",
]
