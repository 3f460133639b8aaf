"""Cubature against Monte Carlo of the same prior: calibrated, whatever the spread."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rampart.domain.site import Site
from rampart.engine.predict import Predictor, PredictSettings
from rampart.kernels.flight import fly

SITE = Site(name="t", uuid="t", latitude_deg=45.0, longitude_deg=5.0, height_m=200.0)
NO_PRIORS = PredictSettings(
    wind_sigma_mps=0.0, rise_log_sigma=0.0, drift_sigma_mps2=0.0, drag_sigma=0.0
)

ROWS = {
    "5 m, 1 m/s, 5 %": (230.0, 50.0, 1.2e-4, 5.0, 1.0, 0.05),
    "10 m, 5 m/s, 30 %": (230.0, 50.0, 1.2e-4, 10.0, 5.0, 0.3),
    "20 m, 15 m/s, 60 %": (230.0, 50.0, 1.2e-4, 20.0, 15.0, 0.6),
    "supersonic, 30 %": (600.0, 38.0, 4.0e-5, 10.0, 5.0, 0.3),
}


@pytest.mark.parametrize("row", list(ROWS))
def test_cubature_ellipse_is_that_of_40_000_samples(row: str) -> None:
    speed, climb_deg, k, place, velocity, drag = ROWS[row]
    climb = math.radians(climb_deg)
    x = np.array(
        [-3000.0, 500.0, 60.0, speed * math.cos(climb), 40.0, speed * math.sin(climb), math.log(k)]
    )
    P = np.diag([place**2] * 3 + [velocity**2] * 3 + [drag**2])
    predictor = Predictor(SITE, NO_PRIORS)
    found = predictor.impact(x, P, 100.0)
    assert found is not None
    samples = np.random.default_rng(7).multivariate_normal(x, P, 40_000)
    truth = fly(samples, predictor.wind, predictor.env, 0.5)
    assert np.isfinite(truth).all()

    xx, xy, yy = found.cov_m2
    C = np.array([[xx, xy], [xy, yy]])
    off = truth[:, :2] - np.array(found.enu_m[:2])
    nees = np.einsum("ni,ij,nj->n", off, np.linalg.inv(C), off)
    wide = row.startswith("20 m")  # 1.03 and 0.893 by the reference experiment; here the edge of it
    assert 0.95 <= nees.mean() / 2 <= (1.10 if wide else 1.05)
    for p in (0.5, 0.9, 0.99):
        inside = (nees < -2.0 * math.log(1.0 - p)).mean()
        assert inside == pytest.approx(p, abs=0.02 if wide else 0.012)
    # the time of the impact: its 5-95 % interval
    t = truth[:, 3] + 100.0
    within = ((t > found.t_q05_s) & (t < found.t_q95_s)).mean()
    assert within == pytest.approx(0.9, abs=0.02)


def test_consider_priors_cover_worlds_drawn_from_them() -> None:
    # wind, drift and drag curve drawn from the predictor's own priors, the state known
    settings = PredictSettings()
    predictor = Predictor(SITE, settings)
    x = np.array([-4000.0, 0.0, 900.0, 160.0, 20.0, 90.0, math.log(9e-5)])
    found = predictor.impact(x, np.diag([25.0] * 3 + [4.0] * 3 + [0.01]), 0.0)
    assert found is not None
    rng = np.random.default_rng(8)
    samples = rng.multivariate_normal(x, np.diag([25.0] * 3 + [4.0] * 3 + [0.01]), 400)
    drift = rng.normal(0.0, settings.drift_sigma_mps2, 400)  # it flies below Mach 0.8
    winds = rng.normal(0.0, settings.wind_sigma_mps, (400, 2))
    truth = np.vstack(
        [
            fly(s, np.array([[0.0, *w]]), predictor.env, 0.5, drift_mps2=d)
            for s, w, d in zip(samples, winds, drift, strict=True)
        ]
    )
    xx, xy, yy = found.cov_m2
    off = truth[:, :2] - np.array(found.enu_m[:2])
    nees = np.einsum("ni,ij,nj->n", off, np.linalg.inv(np.array([[xx, xy], [xy, yy]])), off)
    assert 0.8 <= nees.mean() / 2 <= 1.2
    assert 0.86 <= (nees < -2.0 * math.log(0.1)).mean() <= 0.95
