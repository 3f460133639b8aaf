"""What seems to burn: rockets climb, and not for long; the rest is foreign plots, false ones and blades."""

from __future__ import annotations

import math

import numpy as np
import pytest

from classified import OTHER, P
from rampart.engine.classify import Classification, Classifier
from rampart.engine.company import TIMES
from rampart.engine.note import fallen
from rampart.engine.seen import Seen

LEAPS = np.array([0.0, 0.0, 1.0])


def leaping(speed_mps: float, height_m: float) -> Classification:
    """A track that only the boost model follows, six plots old, a small echo."""
    x = np.array(
        [200.0, -600.0, height_m, -0.7 * speed_mps, 0.3 * speed_mps, 0.6 * speed_mps, -9.4]
    )
    P = np.diag([25.0, 25.0, 25.0, 100.0, 100.0, 100.0, 0.6])
    return Classifier().classify(x, P, LEAPS, 6, height_m, None, -30.0, 1.0, 6.0)


def test_what_only_a_burn_explains_high_up_and_slow_is_a_mixture_of_foreign_plots() -> None:
    # a burn of one to two seconds from rest does not reach 620 m at 64 m/s
    found = leaping(64.0, 620.0)
    assert found.family == "clutter"
    assert sum(found.p_family[:OTHER]) < 0.05


@pytest.mark.parametrize(("speed_mps", "height_m"), [(120.0, 60.0), (250.0, 150.0), (250.0, 20.0)])
def test_a_burn_near_the_ground_is_no_such_mixture(speed_mps: float, height_m: float) -> None:
    assert leaping(speed_mps, height_m).p_family[OTHER] < 0.05


def burning(
    climb_mps: float, *, plots: int = 4, free_p: float = 0.0, age_s: float = 2.0
) -> Classification:
    """What plots say, 60 m high and at 60 m/s over the ground, of which hardly any but the boost model makes
    sense."""
    x = np.array([1_000.0, 0.0, 60.0, 60.0, 0.0, climb_mps, math.log(5e-5)])
    mu = np.array([0.0, 0.02, 0.98])
    return Classifier().classify(
        x, P, mu, plots, 60.0, rcs_dbsm=-25.0, boost_p=0.98, rcs_plots=plots, free_p=free_p,
        age_s=age_s,
    )  # fmt: skip


def test_no_thrust_leads_down() -> None:
    rising, sinking = burning(80.0), burning(-80.0)
    assert sum(rising.p_family[:3]) > 0.9
    assert sum(sinking.p_family[:3]) < 0.1


def test_what_has_been_seen_to_fall_may_seem_to_burn_for_a_look() -> None:
    sinking = burning(-80.0, plots=8, free_p=0.995)
    assert sum(sinking.p_family[:3]) > 0.9
    assert sum(burning(-80.0, plots=8).p_family[:3]) < 0.1


def test_no_rocket_burns_for_ten_seconds() -> None:
    """A turbine's blades in the first seconds of a radar that knows nothing of its place yet: five plots."""
    assert sum(burning(80.0, plots=5, age_s=2.0).p_family[:3]) > 0.9
    assert sum(burning(80.0, plots=5, age_s=10.0).p_family[:3]) < 0.1
    assert sum(burning(80.0, plots=5, age_s=10.0, free_p=0.995).p_family[:3]) > 0.9


def test_what_burns_and_falls_by_turns_is_no_round() -> None:
    """Blades of a turbine in the first half minute of a radar: burning, free for a look, burning again."""
    free, burns = [0.99, 0.0, 0.01], [0.0, 0.02, 0.98]

    def judged(looks: list[list[float]]) -> float:
        before = free_p = 0.0
        for k, mu in enumerate(looks):
            state = Seen(
                1, 8.0 + k, 0.0, 2.0, 8 + k, True, [0.0, 1.0], 1.0, mu, True, np.zeros(7), P
            )
            free_p, before = fallen(state, before)
        return sum(burning(44.0, plots=16, free_p=free_p, age_s=8.0 + len(looks)).p_family[:3])

    assert judged([burns] * 8 + [free] + [burns] * 3) < 0.5
    assert judged([free] * 5 + [burns]) > 0.9
    assert judged([burns] + [free] * 5 + [burns, free, burns]) > 0.9


def test_echoes_fainter_than_any_round_are_of_false_plots() -> None:
    # 85 m high and 10 m/s fast, as four false plots near a radar were joined
    x = np.array([-1_670.0, 595.0, 85.0, -3.5, 3.8, -9.3, -9.9])
    P4 = np.diag([9.5, 5.7, 4.7, 5.5, 13.2, 11.3, 0.8]) ** 2
    burns = np.array([0.0, 0.0, 1.0])
    faint, loud = (
        Classifier().classify(
            x, P4, burns, 4, 85.0, rcs_dbsm=rcs, boost_p=1.0, rcs_plots=4, company=TIMES
        )
        for rcs in (-56.5, -19.0)  # the second as of the faintest small drone
    )
    assert faint.p_family[OTHER] > 0.9
    assert loud.p_family[OTHER] < faint.p_family[OTHER]
