"""The ideal filter: how well an impact could be known, by its definition and by repeated fits."""

from __future__ import annotations

import dataclasses
import math

import msgspec
import numpy as np
import pytest
from scipy.optimize import least_squares

from judged_world import (
    DRAG,
    HOME,
    LAUNCH,
    MUZZLE,
    RADAR,
    SITE_ARGS,
    S,
    Thing,
    bomb,
    ns,
    site_of,
    truth_of,
)
from rampart.domain.site import Site
from rampart.engine.predict_settings import PredictSettings
from rampart.kernels.atmosphere import FILTER_RISE, drag_shape_of, environment
from rampart.kernels.flight import STILL_AIR, trajectory
from rampart.metrics.ideal import IdealFilter


def spread(site: Site, at_s: float, thing: Thing) -> float:
    region = IdealFilter(site, truth_of(thing)).region(0, ns(at_s))
    assert region is not None
    xx, _, yy = region.cov_m2
    return float(np.sqrt(xx + yy))


def test_the_ideal_region_shrinks_with_plots_to_a_floor_set_by_what_no_plot_tells() -> None:
    spreads = [spread(site_of(HOME), t, bomb()) for t in (3.0, 5.0, 10.0, 20.0, 29.0)]
    assert spreads == sorted(spreads, reverse=True)
    assert spreads[0] > 300.0
    # 1 mrad of slow bias at 2-6 km and 5 m/s of unknown wind do not average out
    assert 5.0 < spreads[-1] < 60.0


def test_only_plots_received_count() -> None:
    thing = bomb()
    late = truth_of(thing)
    arrival = late.plot_t_ns + 2 * S
    delayed = dataclasses.replace(late, plot_arrival_ns=arrival)
    now = IdealFilter(site_of(HOME), late).region(0, ns(6.0))
    later = IdealFilter(site_of(HOME), delayed).region(0, ns(8.0))
    assert now is not None
    assert later is not None
    np.testing.assert_allclose(now.cov_m2, later.cov_m2)
    assert IdealFilter(site_of(HOME), delayed).region(0, ns(3.9)) is None


def test_slow_bias_and_wind_widen_the_ideal_region() -> None:
    plain = spread(site_of(HOME), 20.0, bomb())
    biased = msgspec.structs.replace(RADAR, bias_azimuth_rad=5e-2)
    wide = Site(zones=(HOME,), sensors=(biased,), **SITE_ARGS)
    assert spread(wide, 20.0, bomb()) > 1.5 * plain


def test_plots_that_err_alike_are_worth_fewer() -> None:
    """Of two looks a second whose errors last four seconds, eight are worth one."""
    site, plots = site_of(HOME), np.arange(0.4, 20.0, 0.5)
    lasting = msgspec.structs.replace(RADAR, independent_s=8.0 * RADAR.scan_period_s)
    poorer = msgspec.structs.replace(
        RADAR,
        sigma_range_m=math.sqrt(8.0) * (RADAR.sigma_range_m or 0.0),
        sigma_azimuth_rad=math.sqrt(8.0) * RADAR.sigma_azimuth_rad,
        sigma_elevation_rad=math.sqrt(8.0) * (RADAR.sigma_elevation_rad or 0.0),
        sigma_range_rate_mps=math.sqrt(8.0) * (RADAR.sigma_range_rate_mps or 0.0),
    )
    (first, alone), (alike, poor), (_, as_it_is) = (
        [spread(msgspec.structs.replace(site, sensors=(sensor,)), at_s, bomb(plots=plots)) for sensor in two]
        for at_s, two in ((0.5, (lasting, RADAR)), (20.0, (lasting, poorer)), (20.0, (lasting, RADAR)))
    )  # fmt: skip
    assert first == alone  # a plot that is the first is worth a whole one
    assert alike == pytest.approx(poor, rel=0.1)
    assert alike > 1.2 * as_it_is


def seen_by_radar(path: np.ndarray) -> np.ndarray:
    """(m, 4) range, azimuth, elevation, range rate of states (m, 6), from the radar at the origin."""
    p, v = path[:, :3], path[:, 3:]
    r = np.linalg.norm(p, axis=1)
    azimuth = np.arctan2(p[:, 0], p[:, 1])
    return np.stack([r, azimuth, np.arcsin(p[:, 2] / r), (p * v).sum(axis=1) / r], axis=1)


def test_the_ideal_covariance_is_that_of_repeated_fits() -> None:
    """The definition played out: worlds drawn from the priors, each fitted by least squares in still air."""
    rng = np.random.default_rng(11)
    site = msgspec.structs.replace(site_of(HOME), known_position=False)
    env = environment(None, SITE_ARGS["height_m"])
    truth = truth_of(bomb())
    region = IdealFilter(site, truth).region(0, ns(18.0))
    assert region is not None
    times = (truth.plot_t_ns[truth.plot_t_ns <= ns(18.0)] - ns(0.0)) / 1e9
    state = np.array([*LAUNCH, *MUZZLE, np.log(DRAG)])
    sigma = np.array([12.0, 2.5e-3, 2.5e-3, 1.5])
    prior = np.array([1e5] * 3 + [400.0] * 3 + [0.6])
    priors, errors = PredictSettings(), []
    for _ in range(200):
        wind = np.array([[0.0, *rng.normal(0, priors.wind_sigma_mps, 2)]])
        drift = rng.normal(0, priors.drift_sigma_mps2)
        rise = drag_shape_of(FILTER_RISE * np.exp(rng.normal(0, priors.rise_log_sigma)))
        air = environment(None, SITE_ARGS["height_m"], shape=rise)
        path, landing = trajectory(state, times, wind, air, 0.5, drift_mps2=drift)
        bias = np.array([*rng.normal(0, [5.0, 1e-3, 1e-3]), 0.0])
        plots = seen_by_radar(path) + bias + rng.normal(0, sigma, (len(times), 4))
        known = state + rng.normal(0, prior)

        def misfit(
            x: np.ndarray, plots: np.ndarray = plots, known: np.ndarray = known
        ) -> np.ndarray:
            flown, _ = trajectory(x, times, STILL_AIR, env, 0.5)
            return np.concatenate(
                [((seen_by_radar(flown) - plots) / sigma).ravel(), (x - known) / prior]
            )

        x = least_squares(misfit, state, x_scale=[10, 10, 10, 1, 1, 1, 0.1], method="lm").x
        errors.append(trajectory(x, times, STILL_AIR, env, 0.5)[1][:2] - landing[:2])
    found = np.cov(np.array(errors).T)
    # 200 draws know a variance to 10 %
    claimed = np.array([[region.cov_m2[0], region.cov_m2[1]], [region.cov_m2[1], region.cov_m2[2]]])
    ratio = np.linalg.eigvals(np.linalg.solve(claimed, found))
    assert (ratio > 0.65).all()
    assert (ratio < 1.4).all()
