"""What is no number must never look like no danger: an unknown impact is at least watched."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rampart.domain.site import Site
from rampart.engine.predict import Predictor
from warn_stage import DRONE, MORTAR, UNKNOWN, Stage, falling, flying, zone

BAD = [math.nan, math.inf, -math.inf, 1e300]


def loudest(threat) -> str:
    stage = Stage([zone("A", 0.0)])
    stage.see(threat)
    return stage.phase("A")


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("field", range(5))
@pytest.mark.parametrize("p", [MORTAR, UNKNOWN])
def test_an_impact_that_is_no_number_is_unknown_and_watched(field: int, bad: float, p) -> None:
    threat = falling(1, 0.5, 0.0, 20.0, p=p)
    impact = threat.impact
    numbers = [impact.x_m, impact.y_m, *impact.cov_m2]
    numbers[field] = bad
    impact = msgspec.structs.replace(
        impact, x_m=numbers[0], y_m=numbers[1], cov_m2=tuple(numbers[2:])
    )
    assert loudest(msgspec.structs.replace(threat, impact=impact)) != "clear"


@pytest.mark.parametrize("cov", [(-100.0, 0.0, 100.0), (100.0, 0.0, -1.0), (100.0, 200.0, 100.0)])
def test_an_ellipse_that_is_none_is_unknown_and_watched(cov) -> None:
    threat = falling(1, 0.5, 0.0, 20.0)
    impact = msgspec.structs.replace(threat.impact, cov_m2=cov)
    assert loudest(msgspec.structs.replace(threat, impact=impact)) != "clear"


def test_an_exact_impact_in_the_zone_warns() -> None:
    assert loudest(falling(1, 0.5, 0.0, 20.0, sigma_m=0.0)) == "warn"


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize(
    "field",
    ["position_enu_m", "velocity_enu_mps", "sigma_position_m", "sigma_speed_mps", "turn_rate_rps",
     "sigma_turn_rate_rps"],
)  # fmt: skip
def test_a_motion_that_is_no_number_is_watched(field: str, bad: float) -> None:
    threat = flying(1, 0.5, -2_000.0, 40.0, p=DRONE)
    value = (bad, 0.0, 0.0) if field.endswith(("enu_m", "enu_mps")) else bad
    motion = msgspec.structs.replace(threat.motion, **{field: value})
    assert loudest(msgspec.structs.replace(threat, motion=motion)) != "clear"


@pytest.mark.parametrize("bad", BAD[:3])
@pytest.mark.parametrize("at", range(6))
def test_a_posterior_that_is_no_number_is_unknown(at: int, bad: float) -> None:
    p = [0.0] * 6
    p[4], p[at] = 1.0, bad  # 'other' would be no threat at all
    threat = falling(1, 0.5, 0.0, 20.0, p=tuple(p))
    assert loudest(threat) == "warn"


def test_the_last_impact_that_was_one_stands() -> None:
    stage = Stage([zone("A", 0.0)])
    stage.see(falling(1, 0.5, 0.0, 20.0))
    lost = msgspec.structs.replace(falling(1, 1.0, 0.0, 20.0).impact, cov_m2=(math.nan, 0.0, 1.0))
    stage.see(msgspec.structs.replace(falling(1, 1.0, 0.0, 20.0), impact=lost))
    assert stage.phase("A") == "warn"
    stage.run(20.0)
    assert stage.phase("A") == "impact"


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 6), st.integers(0, 6), st.sampled_from([math.nan, math.inf, -math.inf, 1e200]),
    st.booleans(),
)  # fmt: skip
def test_a_state_that_is_no_number_lands_nowhere(i: int, j: int, bad: float, mean: bool) -> None:
    """The predictor says nothing rather than an ellipse that is none."""
    predictor = Predictor(
        Site(name="t", uuid="t", latitude_deg=35.0, longitude_deg=40.0, height_m=0.0)
    )
    x = np.array([-3000.0, 0.0, 500.0, 200.0, 0.0, 50.0, -9.4])
    P = np.diag([100.0, 100.0, 100.0, 36.0, 36.0, 36.0, 0.09])
    if mean:
        x[i] = bad
    else:
        P[i, j] = P[j, i] = bad
    (found,) = predictor.impacts(x[None], P[None], np.array([0.0]), np.array([-1]))
    if found is not None:
        assert np.isfinite([*found.enu_m, *found.cov_m2, found.t_q05_s, found.t_q95_s]).all()
