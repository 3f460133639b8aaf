"""Rounds and level flights put to the classifier, each by one state that a track might have."""

from __future__ import annotations

import math

import numpy as np

from rampart.domain.site import Site
from rampart.engine.classify import Classification, Classifier
from rampart.engine.origin import OriginFinder
from rampart.engine.predict import Predictor
from rampart.engine.track_settings import TrackSettings
from rampart.kernels.atmosphere import environment
from rampart.kernels.flight import STILL_AIR, trajectory

SITE = Site(name="t", uuid="t", latitude_deg=35.0, longitude_deg=40.0, height_m=0.0)
PREDICTOR = Predictor(SITE)
FINDER = OriginFinder(SITE, PREDICTOR, TrackSettings())
P = np.diag([10.0**2] * 3 + [6.0**2] * 3 + [0.3**2])
FALLS, FLIES = np.array([0.97, 0.01, 0.02]), np.array([0.01, 0.98, 0.01])
MORTAR, GUN, ROCKET, DRONE, OTHER, UNKNOWN = range(6)


def ballistic(
    speed: float, climb_deg: float, k: float, *, t_s: float = 5.0, rcs: float = math.nan,
    boost_p: float = 0.0, plots: int = 10,
) -> Classification:  # fmt: skip
    climb = math.radians(climb_deg)
    state = [-5000.0, 0.0, 0.0, speed * math.cos(climb), 0.0, speed * math.sin(climb), math.log(k)]
    path, _ = trajectory(state, [t_s], STILL_AIR, environment(35.0, 0.0), 0.1)
    x = np.array([*path[0], math.log(k)])
    launch = FINDER.launch(x, P, 0.0)
    return Classifier().classify(x, P, FALLS, plots, x[2], launch, rcs, boost_p)


def level(
    speed: float, height: float, *, rcs: float = math.nan, plots: int = 20, climb: float = 0.0
) -> Classification:
    x = np.array([-5000.0, 0.0, height, speed, 0.0, climb, math.log(1e-4)])
    launch = FINDER.launch(x, P, 0.0)
    return Classifier().classify(x, P, FLIES, plots, height, launch, rcs)
