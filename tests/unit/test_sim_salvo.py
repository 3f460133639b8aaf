"""Rounds fall where their dispersion says, in true air, and fail as often as stated."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from rampart.domain.errors import ConfigError
from rampart.domain.site import Site, Wind
from rampart.kernels.atmosphere import environment
from rampart.kernels.flight import fly
from rampart.sim import class_ids, flying_class
from rampart.sim.ballistic import fire, true_wind
from rampart.sim.classes import BallisticClass, PoweredClass, Value, read_class
from rampart.sim.world import Air, Salvo, World

SITE = Site(name="t", uuid="u", latitude_deg=35.0, longitude_deg=40.0, height_m=200.0)
BALLISTIC = [c for c in class_ids() if isinstance(flying_class(c), BallisticClass)]


def salvo(class_id: str, distance_m: float, **changes: object) -> Salvo:
    base = Salvo(
        id="s", classes=((class_id, 1.0),), origin_enu_m=(0.6 * distance_m, -0.8 * distance_m),
        aims_enu_m=((0.0, 0.0),), at_s=1.0, rounds=40, no_launch=0.0, short=0.0, origin_spread_m=0.0,
    )  # fmt: skip
    return msgspec.structs.replace(base, **changes)


def rounds_of(made: Salvo, seed: int, air: Air | None = None) -> list:
    return fire(made, World(site=SITE, start_ns=0, duration_s=600.0, air=air or Air()), seed)


def test_all_classes_of_the_field_exist() -> None:
    wanted = {
        "mortar_60", "mortar_81", "mortar_82", "mortar_120", "rocket_107", "rocket_122",
        "rocket_240", "gun_155", "owa_drone", "quadcopter", "unknown", "airliner", "helicopter",
        "glider", "bird",
    }  # fmt: skip
    assert wanted <= set(class_ids())


@pytest.mark.parametrize("class_id", class_ids())
def test_every_value_of_a_class_says_where_it_is_from(class_id: str) -> None:
    kind = flying_class(class_id)
    assert kind.id == class_id
    values = [getattr(kind, f) for f in kind.__struct_fields__]
    assert sum(isinstance(v, Value) for v in values) >= 5
    assert all(v.source and v.low <= v.high for v in values if isinstance(v, Value))
    assert isinstance(kind, BallisticClass | PoweredClass)


def test_a_class_file_at_fault_tells_every_fault() -> None:
    text = """
    id = "x"
    title = "x"
    family = "birdie"
    flight = "powered"
    pattern = "transit"
    speed_mps = { range = [9.0, 3.0], mark = "assumed", source = "a" }
    height_m = { mark = "assumed", source = "a" }
    wander_m = { value = 1.0, mark = "guessed", source = "a" }
    smoothing_s = { value = 1.0, mark = "assumed" }
    rcs_dbsm = { value = nan, mark = "assumed", source = "a" }
    """
    with pytest.raises(ConfigError) as caught:
        read_class(text, "x.toml")
    assert [fault.where for fault in caught.value.faults] == [
        "family", "wander_m.mark", "smoothing_s.source", "rcs_dbsm.value", "speed_mps.range",
        "height_m",
    ]  # fmt: skip


@pytest.mark.parametrize("class_id", BALLISTIC)
def test_without_dispersion_every_round_meets_its_aim_in_wind_and_drift(class_id: str) -> None:
    distance = 0.6 * flying_class(class_id).max_range_m.low
    air = Air(wind=(Wind(height_m=0.0, east_mps=9.0, north_mps=-7.0),))
    for fired in rounds_of(salvo(class_id, distance, cep_of_range=0.0, rounds=5), 3, air):
        miss = np.linalg.norm(fired.path.xyz_enu_m[-1, :2])
        assert miss < 3.0


@pytest.mark.parametrize("class_id", ["mortar_120", "rocket_107", "gun_155"])
def test_half_of_the_rounds_fall_within_the_stated_error(class_id: str) -> None:
    distance = 0.7 * flying_class(class_id).max_range_m.low
    made = salvo(class_id, distance, rounds=250, spacing_s=(0.3, 0.3))
    miss = np.array([np.linalg.norm(r.path.xyz_enu_m[-1, :2]) for r in rounds_of(made, 5)])
    inside = np.mean(miss < flying_class(class_id).cep_of_range.low * distance)
    assert abs(inside - 0.5) < 3 * np.sqrt(0.25 / 250)


def test_rounds_fail_to_launch_and_fall_short_as_often_as_stated() -> None:
    made = salvo("mortar_81", 3000.0, rounds=600, no_launch=0.10, short=0.12, spacing_s=(0.3, 3.0))
    fired = rounds_of(made, 11)
    assert abs(len(fired) / 600 - 0.9) < 3 * np.sqrt(0.09 / 600)
    reach = np.array([np.linalg.norm(r.path.xyz_enu_m[-1, :2] - made.origin_enu_m) for r in fired])
    is_short = reach < 0.92 * 3000.0
    assert abs(np.mean(is_short) - 0.12) < 3 * np.sqrt(0.12 * 0.88 / 540)
    assert reach.min() > 0.45 * 3000.0
    launches = np.array([r.path.start_s for r in fired])
    assert np.all(np.diff(launches) >= 0.3)


def test_the_sampled_path_is_that_of_the_flight_kernel() -> None:
    """From any sample on, the kernel lands where the path does."""
    made = salvo("mortar_120", 5000.0, rounds=3, cep_of_range=0.01)
    air = Air(wind_spread_mps=8.0)
    for fired in rounds_of(made, 2, air):
        xyz, velocity = fired.path.at(np.array([fired.path.start_s + 6.3]))
        assert np.linalg.norm(velocity) < 320.0
        slow = np.diff(np.linalg.norm(fired.path.velocity_enu_mps, axis=1))
        assert slow[0] < 0  # gravity and drag take speed away on the way up
        gap = np.diff(fired.path.t_s)
        assert gap.max() <= 0.5
        assert gap.min() > 0
        assert xyz[0, 2] > 0


def test_vacuum_range() -> None:
    """v² sin(2 theta) / g on a flat, still, airless earth: the kernel that the simulator flies."""
    env = environment(None)
    for angle in (20.0, 45.0, 70.0):
        theta = np.radians(angle)
        state = [[0, 0, 0, 0, 200 * np.cos(theta), 200 * np.sin(theta), -np.inf]]
        landed = fly(state, np.zeros((1, 3)), env, 0.1)[0]
        assert landed[1] == pytest.approx(200**2 * np.sin(2 * theta) / 9.80665, rel=1e-6)


def test_the_true_wind_is_drawn_for_the_run_not_for_the_round() -> None:
    air = Air(
        wind=(
            Wind(height_m=0, east_mps=1, north_mps=2),
            Wind(height_m=900, east_mps=5, north_mps=2),
        )
    )
    offsets = np.array([true_wind(air, seed)[:, 1:] - [[1, 2], [5, 2]] for seed in range(200)])
    np.testing.assert_allclose(offsets[:, 0], offsets[:, 1])
    assert 5.0 < offsets.std() < 7.0
