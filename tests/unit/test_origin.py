"""Origins: found where rounds were launched, as areas, and doubted where no class reaches."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from rampart import scenario
from rampart.domain.frames import polar_from_enu
from rampart.domain.messages import Origin
from rampart.domain.site import Rules, Sensor, Site
from rampart.engine.engine import Engine
from rampart.engine.kept import MOST, SPACING_S, Kept, columns_of
from rampart.engine.origin import OriginEstimate, OriginFinder
from rampart.engine.plotrow import KEPT, NUMBERS, SEEN_BY, VARIANCES, T
from rampart.engine.predict import ImpactEstimate, Predictor
from rampart.engine.track_settings import TrackSettings
from rampart.kernels.atmosphere import drag_shape_of, environment
from rampart.kernels.flight import STILL_AIR, fly, trajectory

Array = npt.NDArray[np.float64]

SITE = Site(
    name="t", uuid="t", latitude_deg=35.0, longitude_deg=40.0, height_m=200.0,
    sensors=(Sensor(id="r"),), rules=Rules(origin_floor_m=50.0),
)  # fmt: skip
BARE = msgspec.structs.replace(SITE, rules=Rules(origin_floor_m=0.0))
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
    predictor = Predictor(BARE)
    finder = OriginFinder(BARE, predictor, TrackSettings())
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
    launch = OriginFinder(SITE, predictor, TrackSettings()).launch(
        seen_after(4.0, 230.0, 60.0, 1e-4), P, 100.0, 0
    )
    assert launch is not None
    a, b, c = launch.velocity_mps
    assert math.sqrt(a * a + b * b + c * c) == pytest.approx(230.0, abs=12.0)
    assert math.degrees(math.atan2(c, math.hypot(a, b))) == pytest.approx(60.0, abs=2.0)


def test_no_area_is_smaller_than_the_floor() -> None:
    predictor = Predictor(SITE)
    finder = OriginFinder(SITE, predictor, TrackSettings())
    launch = finder.launch(seen_after(0.2, 230.0, 60.0, 1e-4), 1e-4 * np.eye(7), 100.0)
    assert launch is not None
    found = finder.origin(launch, MORTAR, {}, None)
    xx, xy, yy = found.cov_m2
    least = np.linalg.eigvalsh([[xx, xy], [xy, yy]])[0]
    assert math.sqrt(least * -2.0 * math.log(0.05)) >= 50.0 - 1e-6  # half-axis of the 95 % ellipse


def test_a_rocket_is_less_sure_along_its_line_of_fire_and_left_earlier() -> None:
    x = seen_after(3.0, 385.0, 35.0, 9e-5)
    mortar, rocket = find(x, MORTAR, {}), find(x, ROCKET, {})
    # 5 m across the path at one sigma: so much sideways, and along the ground by the sine of its slope
    across2 = (ROCKET[2] - MORTAR[2]) * 5.0**2
    along2 = across2 / math.sin(math.radians(35.0)) ** 2  # fired eastward
    assert rocket.cov_m2[0] - mortar.cov_m2[0] == pytest.approx(along2, rel=0.1)
    assert rocket.cov_m2[2] - mortar.cov_m2[2] == pytest.approx(across2, rel=0.01)
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
    assert (
        OriginFinder(SITE, Predictor(SITE), TrackSettings()).launch(aircraft, flat, 0.0, 0) is None
    )


SIGMAS = np.array([10.0, 2e-3, 2e-3, 1.0])


def plots_of(path: Array, t_s: Array, seed: int) -> Array:
    """(n, KEPT): what the site's radar shows of states (n, 6), with its noise."""
    sensor, rng = SITE.sensors[0], np.random.default_rng(seed)
    rows = np.full((len(path), KEPT), np.nan)
    rows[:, T], rows[:, SEEN_BY] = t_s, 0.0
    for row, state in zip(rows, path, strict=True):
        r, azimuth, elevation = polar_from_enu(state[:3] - np.array(sensor.position_enu_m))
        away = state[:3] - np.array(sensor.position_enu_m)
        rate = away @ state[3:6] / np.linalg.norm(away)
        numbers = np.array([r, azimuth, elevation, rate])
        row[NUMBERS : NUMBERS + 4] = numbers + SIGMAS * rng.standard_normal(4)
        row[VARIANCES : VARIANCES + 4] = SIGMAS**2
    return rows


def kept_of(plots: Array, near: Array) -> Kept:
    """As the picture keeps them, one after the other."""
    kept = Kept()
    for i in range(1, len(plots) + 1):
        kept = kept.joined(plots[max(i - 4, 0) : i], near)
    return kept


def mortar_path(t_s: Array) -> Array:
    climb = math.radians(60.0)
    state = [-4000.0, 1000.0, 0.0, 230.0 * math.cos(climb), 0.0, 230.0 * math.sin(climb), -9.2]
    return trajectory(state, t_s, STILL_AIR, environment(35.0, 200.0), 0.1)[0]


def test_a_launch_comes_closer_with_every_plot_that_follows() -> None:
    t_s = np.arange(0.5, 16.0, 0.5)
    path = mortar_path(t_s)
    finder = OriginFinder(BARE, Predictor(BARE), TrackSettings())
    areas, misses = [], []
    for n in (4, 8, 16, 31):
        found = finder.smoothed(
            [kept_of(plots_of(path, t_s, s)[:n], path_at(path, n)) for s in range(25)]
        )
        off = np.array([f.enu_m[:2] for f in found if f]) - [-4000.0, 1000.0]
        assert len(off) == 25
        areas.append(np.median([f.cov_m2[0] * f.cov_m2[2] - f.cov_m2[1] ** 2 for f in found if f]))
        misses.append(np.sqrt(np.mean(np.sum(off**2, axis=1))))
    assert areas == sorted(areas, reverse=True)
    assert misses[3] < 0.75 * misses[1] < 0.75 * misses[0]


def test_a_launch_is_less_sure_where_the_first_plots_err_alike() -> None:
    t_s = np.arange(0.5, 8.0, 0.25)
    plots = plots_of(mortar_path(t_s), t_s, 1)
    areas = []
    for lasts_s in (0.0, 2.0):
        sensor = msgspec.structs.replace(BARE.sensors[0], scan_period_s=0.25, independent_s=lasts_s)
        site = msgspec.structs.replace(BARE, sensors=(sensor,))
        finder = OriginFinder(site, Predictor(site), TrackSettings())
        (found,) = finder.smoothed([kept_of(plots, path_at(mortar_path(t_s), len(t_s)))])
        assert found is not None
        areas.append(found.cov_m2[0] * found.cov_m2[2] - found.cov_m2[1] ** 2)
    # of eight plots that are worth one each has eight times the variance, and the determinant sixty-four; what
    # is doubted beside the plots stays as it was
    assert 2.0 < areas[1] / areas[0] < 64.0


def path_at(path: Array, n: int) -> Array:
    return np.append(path[n - 1], -9.0)


def test_plots_of_the_burn_do_not_move_the_origin() -> None:
    """A rocket is seen four times while it burns; flown back through thrust it would come from elsewhere."""
    climb = math.radians(38.0)
    state = [-6000.0, 0.0, 0.0, 35.0 * math.cos(climb), 0.0, 35.0 * math.sin(climb), math.log(8e-5)]
    env = environment(35.0, 200.0)
    t_s = np.concatenate([np.arange(0.3, 1.4, 0.3), np.arange(1.8, 12.0, 0.5)])
    path, _ = trajectory(state, t_s, STILL_AIR, env, 0.1, thrust_mps2=250.0, burn_s=1.4)
    finder = OriginFinder(BARE, Predictor(BARE), TrackSettings())
    for seed in range(10):
        plots = plots_of(path, t_s, seed)
        near = path_at(path, len(t_s))
        launch, free = finder.smoothed([kept_of(plots, near), kept_of(plots[4:], near)])
        assert launch is not None
        assert free is not None
        assert np.hypot(*np.subtract(launch.enu_m[:2], free.enu_m[:2])) < 2.0
        found = finder.origin(launch, ROCKET, {"rocket_240": 0.8}, None)
        off = np.array(found.enu_m[:2]) - [-6000.0, 0.0]
        xx, xy, yy = found.cov_m2
        assert off @ np.linalg.inv([[xx, xy], [xy, yy]]) @ off < 9.2  # inside the 99 % ellipse


def test_what_is_no_free_flight_has_no_smoothed_launch() -> None:
    t_s = np.arange(0.5, 10.0, 0.5)
    path = mortar_path(t_s)
    finder = OriginFinder(BARE, Predictor(BARE), TrackSettings())
    plots = plots_of(path, t_s, 1)
    whole = kept_of(plots, path_at(path, len(path)))
    two = kept_of(plots[:2], path_at(path, 2))
    # two flights in one: the second half is that of a round which flies 600 m beside the first
    plots[10:, NUMBERS + 1] += 0.15
    mixed = kept_of(plots, path_at(path, len(path)))
    # each by itself, whatever stands beside it
    assert finder.smoothed([Kept(), whole, two, mixed, whole]) == [
        None, *finder.smoothed([whole]), None, None, *finder.smoothed([whole]),
    ]  # fmt: skip
    assert finder.smoothed([whole]) != [None]
    assert finder.smoothed([]) == []


def test_tracks_that_are_smoothed_together_do_not_touch_each_other() -> None:
    """Three of other times, lengths and sensors, one of which errs alike for two seconds; the second begins
    before the first has ended."""
    fast = Sensor(id="f", position_enu_m=(900.0, 0.0, 5.0), scan_period_s=0.25, independent_s=2.0)
    site = msgspec.structs.replace(BARE, sensors=(*BARE.sensors, fast))
    finder = OriginFinder(site, Predictor(site), TrackSettings())
    kept = []
    for sensor, times in ((1, (0.5, 8.0)), (0, (3.0, 15.0)), (1, (4.0, 9.0))):
        t_s = np.arange(*times, 0.5)
        path = mortar_path(t_s)
        one = kept_of(plots_of(path, t_s, sensor), path_at(path, len(t_s)))
        kept.append(msgspec.structs.replace(one, sensor=sensor))
    alone = [found for one in kept for found in finder.smoothed([one])]
    for one, found in zip(kept, alone, strict=True):
        assert found is not None
        # each was seen from its own radar, so far east of the site's origin
        east_m = site.sensors[one.sensor].position_enu_m[0]
        assert np.hypot(found.enu_m[0] + 4000.0 - east_m, found.enu_m[1] - 1000.0) < 150.0
    for order in ([0, 1, 2], [2, 0, 1]):
        assert finder.smoothed([kept[k] for k in order]) == [alone[k] for k in order]


def test_the_first_plots_of_one_sensor_are_kept_in_order_and_not_too_close() -> None:
    t_s = np.arange(0.0, 30.0, 0.1)
    plots = np.full((len(t_s), KEPT), 1.0)
    plots[:, T], plots[:, SEEN_BY] = t_s, np.arange(len(t_s)) % 2
    kept = Kept()
    for i in range(2, len(t_s)):
        recent = np.full((4, KEPT), np.nan)
        last = plots[max(i - 3, 0) : i + 1]
        recent[4 - len(last) :] = last
        kept = kept.joined(recent, np.arange(7.0))
    _, times, numbers, variances = columns_of([kept])
    assert times[0] == 0.0  # nothing before the track had a name is lost
    assert len(times) == MOST == len(numbers) == len(variances)
    assert np.diff(times).min() >= SPACING_S
    assert (np.round(times / 0.1).astype(int) % 2 == 0).all()
    assert kept.sensor == 0
    assert kept.last_s == times[-1]
    assert kept.near == tuple(np.arange(7.0))


def test_the_last_origin_of_a_bomb_rests_on_its_first_plots(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = scenario.load("one-mortar", seed=11)
    asked: list[Kept] = []
    smoothed = OriginFinder.smoothed

    def asking(finder: OriginFinder, kept: Sequence[Kept]) -> list[ImpactEstimate | None]:
        asked.extend(kept)
        return smoothed(finder, kept)

    monkeypatch.setattr(OriginFinder, "smoothed", asking)
    engine = Engine(run.site, simulated=True)
    out = [o for message in run.messages() for o in engine.receive(message)]
    origins = [o for o in out if isinstance(o, Origin)]
    assert len(asked) == len(origins) == 2
    seen_s = run.truth.plot_t_ns[run.truth.plot_object == 0] / 1e9
    first_s, last_s = (columns_of([asked[1]])[1][i] % 86_400.0 for i in (0, -1))
    assert first_s == pytest.approx(seen_s.min() % 86_400.0, abs=1e-3)
    assert last_s - first_s > 10.0
    launch_m = run.truth.sample_enu_m[0, :2]
    misses_m = [np.hypot(*(np.array(o.launch_enu_m[:2]) - launch_m)) for o in origins]
    assert misses_m[1] < misses_m[0]
    assert misses_m[1] < 30.0


def test_no_origin_is_told_of_two_plots() -> None:
    run = scenario.load("one-mortar", seed=11)
    engine = Engine(run.site, simulated=True)
    for message in run.messages():
        engine.receive(message)
        notes = list(engine._picture._notes.values()) if engine._picture else []
        if notes and notes[0].threat.detections >= 3:
            break
    told = msgspec.structs.replace(notes[0], origin_said=False)
    two = msgspec.structs.replace(told.threat, detections=2)
    assert told.tells_origin()
    assert not msgspec.structs.replace(told, threat=two).tells_origin()
