"""Origins: found where rounds were launched, as areas, and doubted where no class reaches."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from rampart.domain.site import Rules, Sensor, Site
from rampart.engine.origin import OriginEstimate, OriginFinder
from rampart.engine.predict import Predictor
from rampart.kernels.atmosphere import drag_shape_of, environment
from rampart.kernels.flight import STILL_AIR, fly, trajectory

Array = npt.NDArray[np.float64]

SITE = Site(
    name="t", uuid="t", latitude_deg=35.0, longitude_deg=40.0, height_m=200.0,
    sensors=(Sensor(id="r"),), rules=Rules(origin_floor_m=50.0),
)  # fmt: skip
P = np.diag([8.0**2] * 3 + [5.0**2] * 3 + [0.2**2])
MORTAR = (0.9, 0.02, 0.02, 0.0, 0.0, 0.06)
ROCKET = (0.0, 0.05, 0.9, 0.0, 0.0, 0.05)


def seen_after(t_s: float, speed: float, climb_deg: float, k: float) -> Array:
    """The state `t_s` after a launch from (-4000, 1000, ground) eastward."""
    climb = math.radians(climb_deg)
    v = [speed * math.cos(climb), 0.0, speed * math.sin(climb)]
    env = environment(35.0, 200.0)
    path, _ = trajectory([-4000.0, 1000.0, 0.0, *v, math.log(k)], [t_s], STILL_AIR, env, 0.1)
    return np.array([*path[0], math.log(k)])


def find(x: Array, p_family: tuple[float, ...], classes: dict[str, float]) -> OriginEstimate:
    predictor = Predictor(SITE)
    finder = OriginFinder(SITE, predictor)
    launch = finder.launch(x, P, 100.0, 0)
    assert launch is not None
    return finder.origin(launch, p_family, classes, predictor.impact(x, P, 100.0, 0))


@pytest.mark.parametrize("t_s", [2.0, 5.0])
def test_a_mortar_bombs_origin_lies_in_its_ellipse(t_s: float) -> None:
    found = find(seen_after(t_s, 230.0, 60.0, 1e-4), MORTAR, {"mortar_81": 0.8})
    off = np.array(found.enu_m[:2]) - [-4000.0, 1000.0]
    xx, xy, yy = found.cov_m2
    assert off @ np.linalg.inv([[xx, xy], [xy, yy]]) @ off < 1.0
    assert found.t_q05_s < 100.0 - t_s < found.t_q95_s
    assert found.t_q50_s == pytest.approx(100.0 - t_s, abs=0.2)
    assert not found.outside_class_range


def test_the_launch_velocity_is_that_of_the_launch() -> None:
    predictor = Predictor(SITE)
    launch = OriginFinder(SITE, predictor).launch(seen_after(4.0, 230.0, 60.0, 1e-4), P, 100.0, 0)
    assert launch is not None
    a, b, c = launch.velocity_mps
    assert math.sqrt(a * a + b * b + c * c) == pytest.approx(230.0, abs=12.0)
    assert math.degrees(math.atan2(c, math.hypot(a, b))) == pytest.approx(60.0, abs=2.0)


def test_no_area_is_smaller_than_the_floor() -> None:
    predictor = Predictor(SITE)
    finder = OriginFinder(SITE, predictor)
    launch = finder.launch(seen_after(0.2, 230.0, 60.0, 1e-4), 1e-4 * np.eye(7), 100.0)
    assert launch is not None
    found = finder.origin(launch, MORTAR, {}, None)
    xx, xy, yy = found.cov_m2
    least = np.linalg.eigvalsh([[xx, xy], [xy, yy]])[0]
    assert math.sqrt(least * -2.0 * math.log(0.05)) >= 50.0 - 1e-6  # half-axis of the 95 % ellipse


def test_a_rocket_is_less_sure_along_its_line_of_fire_and_left_earlier() -> None:
    x = seen_after(3.0, 385.0, 35.0, 9e-5)
    mortar, rocket = find(x, MORTAR, {}), find(x, ROCKET, {})
    assert rocket.cov_m2[0] > mortar.cov_m2[0] + 40.0**2  # fired eastward
    assert rocket.cov_m2[2] == pytest.approx(mortar.cov_m2[2], rel=0.05)
    assert rocket.t_q50_s < mortar.t_q50_s
    assert rocket.t_q05_s < 97.0 - 0.7


def test_a_boosted_rockets_origin_is_covered() -> None:
    climb = math.radians(38.0)
    state = [-6000.0, 0.0, 0.0, 35.0 * math.cos(climb), 0.0, 35.0 * math.sin(climb), math.log(8e-5)]
    env = environment(35.0, 200.0, shape=drag_shape_of(2.2))
    path, _ = trajectory(state, [3.0], STILL_AIR, env, 0.1, thrust_mps2=520.0, burn_s=0.7)
    found = find(np.array([*path[0], state[6]]), ROCKET, {"rocket_107": 0.8})
    off = np.array(found.enu_m[:2]) - [-6000.0, 0.0]
    xx, xy, yy = found.cov_m2
    assert off @ np.linalg.inv([[xx, xy], [xy, yy]]) @ off < 6.0  # inside the 95 % ellipse
    assert found.t_q05_s < 97.0 < found.t_q95_s


def test_an_origin_beyond_every_plausible_class_is_doubted() -> None:
    x = seen_after(3.0, 480.0, 40.0, 5e-5)
    landed = fly(x, STILL_AIR, environment(35.0, 200.0))[0]
    assert math.hypot(landed[0] + 4000.0, landed[1] - 1000.0) > 10_000.0
    sure = {"rocket_107": 0.9}
    assert find(x, ROCKET, sure).outside_class_range
    assert not find(x, ROCKET, {"rocket_107": 0.7, "rocket_122": 0.2}).outside_class_range
    assert not find(x, ROCKET, {}).outside_class_range  # unknown: no range to lie outside of


def test_nothing_lies_behind_what_never_left_the_ground() -> None:
    aircraft = np.array([0.0, 0.0, 9000.0, 230.0, 0.0, 0.0, math.log(3e-4)])
    flat = P.copy()
    flat[2, 2] = 1e8
    assert OriginFinder(SITE, Predictor(SITE)).launch(aircraft, flat, 0.0, 0) is None
