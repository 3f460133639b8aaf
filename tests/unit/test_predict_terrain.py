"""Predictions on terrain: slopes, steps, ridges; the cost of a wrong height; samples for what is no ellipse."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from rampart.domain.site import Rules, Sensor, Site, Terrain, Zone
from rampart.engine.hazard import Hazard
from rampart.engine.origin import OriginFinder
from rampart.engine.predict import Predictor
from rampart.engine.scatter import UNEVEN, Scatter, upper
from rampart.engine.threat import Impact, Threat
from rampart.engine.track_settings import TrackSettings
from rampart.kernels.flight import STILL_AIR, fly, trajectory
from rampart.kernels.scatter import SAMPLES, draws
from rampart.kernels.terrain import ground_of

Array = npt.NDArray[np.float64]
AUTO = dict.fromkeys(("mortar", "gun", "rocket", "drone", "unknown"), "auto")
AXIS = np.arange(-6_000.0, 6_001.0, 60.0)
EAST, NORTH = np.meshgrid(AXIS, AXIS)
# a mortar bomb on its way down: 600 m up, 500 m short of the origin, falling at 45 degrees or so
X = np.array([-900.0, 0.0, 600.0, 90.0, 0.0, -55.0, math.log(1e-4)])
P = np.diag([25.0, 25.0, 25.0, 7.0, 7.0, 7.0, 0.1]) ** 2
MORTAR = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
LEVEL = Site(
    name="t",
    uuid="00000000-0000-0000-0000-000000000000",
    latitude_deg=35.0,
    longitude_deg=35.0,
    height_m=300.0,
    sensors=(Sensor(id="r"),),
)


def square(e: float, n: float, half: float) -> tuple[tuple[float, float], ...]:
    return ((e - half, n - half), (e + half, n - half), (e + half, n + half), (e - half, n + half))


def on(heights: Array, sigma_m: float = 0.0, **changes: object) -> Site:
    """A site on these heights."""
    terrain = Terrain(
        heights_m=heights.astype("<f4").tobytes(), rows=len(AXIS), columns=len(AXIS),
        west_m=float(AXIS[0]), south_m=float(AXIS[0]), spacing_m=60.0, sigma_m=sigma_m,
    )  # fmt: skip
    return msgspec.structs.replace(LEVEL, terrain=terrain, **changes)


def test_on_a_level_grid_the_prediction_is_that_of_a_site_without() -> None:
    plain, film = (
        Predictor(LEVEL).impact(X, P, 0.0, 0),
        Predictor(on(0 * EAST + 1e-4)).impact(X, P, 0.0, 0),
    )
    assert plain is not None
    assert film is not None
    np.testing.assert_allclose(film.enu_m, plain.enu_m, atol=0.01)
    np.testing.assert_allclose(film.cov_m2, plain.cov_m2, rtol=1e-4, atol=0.1)
    assert film.uneven < 1e-3


@pytest.mark.parametrize("height_m", [-150.0, 80.0])
def test_ground_that_is_not_known_of_moves_the_impact_by_its_height_over_tan_of_descent(
    height_m: float,
) -> None:
    told, untold = (Predictor(s).impact(X, P, 0.0, 0) for s in (on(0 * EAST + height_m), LEVEL))
    assert told is not None
    assert untold is not None
    e, _, up = told.velocity_mps
    shift = -height_m / (-up / e)  # s_h / tan(descent), backwards where the ground is higher
    assert told.enu_m[0] - untold.enu_m[0] == pytest.approx(shift, rel=0.15)
    assert told.enu_m[2] == pytest.approx(height_m, abs=1.0)
    truth = fly(
        X,
        STILL_AIR,
        Predictor(LEVEL).env,
        ground=ground_of(0 * EAST + height_m, *AXIS[[0, 0]], 60.0),
    )
    np.testing.assert_allclose(told.enu_m[:2], truth[0, :2], atol=3.0)


def test_a_doubt_of_the_heights_is_in_the_covariance() -> None:
    sure, unsure = (Predictor(on(0 * EAST + 50.0, s)).impact(X, P, 0.0, 0) for s in (0.0, 20.0))
    assert sure is not None
    assert unsure is not None
    e, _, up = sure.velocity_mps
    assert unsure.cov_m2[0] - sure.cov_m2[0] == pytest.approx((20.0 * e / up) ** 2, rel=1e-3)
    assert unsure.cov_m2[2] == pytest.approx(sure.cov_m2[2], rel=1e-3)
    assert unsure.t_q95_s - unsure.t_q05_s > sure.t_q95_s - sure.t_q05_s


def test_an_origin_lies_on_the_hill_that_it_was_fired_from() -> None:
    hill = 200.0 * np.exp(-(((EAST + 2_500.0) / 500.0) ** 2))
    site = on(hill)
    env = Predictor(site).env
    ground = ground_of(hill, *AXIS[[0, 0]], 60.0)
    z = 200.0 - (2_500.0**2) / (2.0 * 6_378_137.0)
    launch = np.array([-2_500.0, 0.0, z, 100.0, 5.0, 140.0, math.log(1e-4)])
    path, _ = trajectory(launch, [4.0], STILL_AIR, env, 0.1, ground=ground)
    state = np.array([*path[0], launch[6]])
    found = OriginFinder(site, Predictor(site), TrackSettings()).launch(state, 1e-4 * P, 4.0, -1)
    level = OriginFinder(LEVEL, Predictor(LEVEL), TrackSettings()).launch(state, 1e-4 * P, 4.0, -1)
    assert found is not None
    assert level is not None
    assert abs(found.enu_m[0] + 2_500.0) < 10.0
    assert abs(level.enu_m[0] + 2_500.0) > 80.0


UNLIKE = {
    "plane": (0.08 * EAST - 0.05 * NORTH, False),
    "gentle hills": (15.0 * np.sin(EAST / 900.0) * np.cos(NORTH / 800.0), False),
    "a step under the impact": (np.where(EAST < -250.0, 0.0, -150.0), True),
    "a ridge in the way": (250.0 * np.exp(-(((EAST + 480.0) / 60.0) ** 2)), True),
    "a step far away": (np.where(EAST > 2_000.0, 200.0, 0.0), False),
}


@pytest.mark.parametrize("name", UNLIKE)
def test_only_ground_that_no_ellipse_fits_is_uneven(name: str) -> None:
    heights, uneven = UNLIKE[name]
    found = Predictor(on(heights)).impact(X, P, 0.0, 0)
    assert found is not None
    assert (found.uneven >= UNEVEN) == uneven


def test_the_draws_are_standard_normal_and_always_the_same() -> None:
    table = draws(11)
    assert table.shape == (SAMPLES, 11)
    np.testing.assert_allclose(table.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(table.T @ table / SAMPLES, np.eye(11), atol=1e-12)
    tails = (np.abs(table) > 1.6449).mean(axis=0)
    np.testing.assert_allclose(tails, 0.10, atol=0.02)
    assert draws(11) is table


def test_samples_have_the_moments_of_the_cubature_where_the_ground_is_flat() -> None:
    predictor = Predictor(on(0 * EAST + 20.0))
    told, seen = predictor.impact(X, 4 * P, 0.0, 0), predictor.samples(X, 4 * P, 0)
    assert told is not None
    np.testing.assert_allclose(seen.mean(axis=0), told.enu_m[:2], atol=2.0)
    cov = np.cov(seen.T)
    np.testing.assert_allclose([cov[0, 0], cov[1, 1]], told.cov_m2[::2], rtol=0.05)
    np.testing.assert_array_equal(seen, predictor.samples(X, 4 * P, 0))


def test_samples_carry_the_doubt_of_the_heights() -> None:
    sure, unsure = (Predictor(on(0 * EAST + 20.0, s)) for s in (0.0, 60.0))
    told = unsure.impact(X, P, 0.0, 0)
    assert told is not None
    spread = np.cov(unsure.samples(X, P, 0).T)
    np.testing.assert_allclose([spread[0, 0], spread[1, 1]], told.cov_m2[::2], rtol=0.05)
    assert spread[0, 0] > np.cov(sure.samples(X, P, 0).T)[0, 0] + 0.8 * 60.0**2 * 0.5


def test_samples_carry_the_gusts_to_come() -> None:
    site = on(0 * EAST + 20.0)
    calm, gusty = (Predictor(site, accel=q) for q in (0.0, 10.0))
    told = gusty.impact(X, P, 0.0, 0)
    assert told is not None
    spread = np.cov(gusty.samples(X, P, 0).T)
    np.testing.assert_allclose([spread[0, 0], spread[1, 1]], told.cov_m2[::2], rtol=0.05)
    assert spread[1, 1] > 1.2 * np.cov(calm.samples(X, P, 0).T)[1, 1]


def threat(site: Site) -> Threat:
    """The mortar bomb as the rules see it on `site`."""
    predictor = Predictor(site)
    impacts = predictor.impacts(X[None], P[None], np.zeros(1), np.zeros(1, np.int64))
    spots = Scatter(site, predictor).of(impacts, X[None], P[None], np.zeros(1, np.int64))
    (impact,) = impacts
    assert impact is not None
    return Threat(
        track=1, t_ns=0, t_third_ns=0, detections=5, real=True, fresh=True, p_family=MORTAR,
        impact=Impact(
            x_m=impact.enu_m[0], y_m=impact.enu_m[1], cov_m2=impact.cov_m2, t_ns_q05=10**9,
            t_ns_q50=10**9, t_ns_q95=10**9, spots=spots[0],
        ),
        motion=None,
    )  # fmt: skip


def test_a_zone_under_the_step_has_the_share_of_the_flights_that_really_land_there() -> None:
    # a cliff of 150 m across the ellipse: whoever passes its edge lands 150 m further down
    # and nobody in its lee, where the ellipse has its middle
    lee = Zone(id="lee", name="lee", polygon_enu_m=square(-250.0, 0.0, 25.0), release=AUTO)  # type: ignore[arg-type]
    foot = Zone(id="foot", name="foot", polygon_enu_m=square(-140.0, 0.0, 40.0), release=AUTO)  # type: ignore[arg-type]
    cliff = np.where(EAST < -250.0, 0.0, -150.0)
    rules = Rules(hazard_radius_m=dict.fromkeys(AUTO, 0.0))
    site = on(cliff, zones=(lee, foot), rules=rules)
    made = threat(site)
    assert made.impact is not None
    assert len(made.impact.spots) == 8 * SAMPLES
    none, at = np.zeros(2, bool), np.zeros((1, 2), bool)
    told = Hazard(site).of([made], [MORTAR], none, 0, at).fall[0]
    ellipse = msgspec.structs.replace(made, impact=msgspec.structs.replace(made.impact, spots=b""))
    gauss = Hazard(site).of([ellipse], [MORTAR], none, 0, at).fall[0]
    # the truth: 20,000 flights of the same state, and of wind and drift drawn as the predictor weighs them
    rng = np.random.default_rng(3)
    states = X + rng.standard_normal((20_000, 7)) @ np.linalg.cholesky(P).T
    landed = [
        fly(
            part,
            np.array([[0.0, *wind]]),
            Predictor(site).env,
            ground=ground_of(cliff, *AXIS[[0, 0]], 60.0),
        )
        for part, wind in zip(
            states.reshape(100, 200, 7), rng.normal(0.0, 5.0, (100, 2)), strict=True
        )
    ]
    places = np.concatenate(landed)[:, :2]
    truth = [
        np.all(np.abs(places - middle) <= half, axis=1).mean()
        for middle, half in (((-250.0, 0.0), 25.0), ((-140.0, 0.0), 40.0))
    ]
    np.testing.assert_allclose(told, truth, atol=0.03)
    assert truth[0] < 0.3 * gauss[0]
    assert truth[1] > 1.3 * gauss[1]


def test_a_warned_zone_is_judged_by_the_upper_bound_and_can_still_be_cancelled() -> None:
    assert upper(np.zeros(1), SAMPLES)[0] < 0.01 / 4 < upper(np.zeros(1), 1_000)[0]
    aside = Zone(id="z", name="z", polygon_enu_m=square(0.0, 310.0, 50.0), release=AUTO)  # type: ignore[arg-type]
    made = threat(on(np.where(EAST < -250.0, 0.0, -150.0), zones=(aside,)))
    hazard = Hazard(on(0 * EAST, zones=(aside,)))
    no, yes = np.zeros((1, 1), bool), np.ones((1, 1), bool)
    free = hazard.of([made], [MORTAR], np.zeros(1, bool), 0, no).fall[0, 0]
    warned = hazard.of([made], [MORTAR], np.zeros(1, bool), 0, yes).fall[0, 0]
    assert 0.0 <= free < warned < 0.01


def test_where_no_zone_is_near_nothing_is_sampled() -> None:
    far = Zone(id="z", name="z", polygon_enu_m=square(0.0, 5_000.0, 100.0), release=AUTO)  # type: ignore[arg-type]
    made = threat(on(UNLIKE["a step under the impact"][0], zones=(far,)))
    assert made.impact is not None
    assert made.impact.spots == b""
