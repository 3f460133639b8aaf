"""The judge of warnings: each definition of the warning rules, section 3, on a case made by hand."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import msgspec
import numpy as np
import pytest
from scipy.optimize import least_squares

from rampart.domain.messages import TrackUpdate, ZoneState
from rampart.domain.site import Sensor, Site, Zone
from rampart.engine.predict_settings import PredictSettings
from rampart.kernels.atmosphere import FILTER_RISE, drag_shape_of, environment
from rampart.kernels.flight import STILL_AIR, trajectory
from rampart.metrics.ideal import IdealFilter
from rampart.metrics.identity import who_is_who
from rampart.metrics.truth import NO_TIME, Truth
from rampart.metrics.warnings import JudgeSettings, judge

S = 1_000_000_000
EPOCH = 1_700_000_000 * S
DRAG = 1e-4
LAUNCH = np.array([-4000.0, 5000.0, 0.0])
MUZZLE = np.array([120.0, -160.0, 180.0])  # a bomb of about 35 s
SITE_ARGS: dict[str, Any] = {
    "name": "t", "uuid": "u", "latitude_deg": 35.0, "longitude_deg": 40.0, "height_m": 200.0,
}  # fmt: skip
RADAR = Sensor(id="radar", scan_period_s=0.5)


def ns(seconds: float) -> int:
    return EPOCH + round(seconds * S)


def flight(launch: np.ndarray, velocity: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(times, states) each 0.25 s and the landing (7,) of a bomb in standard air."""
    env = environment(SITE_ARGS["latitude_deg"], SITE_ARGS["height_m"])
    times = np.arange(0.0, 120.0, 0.25)
    path, landing = trajectory([*launch, *velocity, np.log(DRAG)], times, STILL_AIR, env, 0.25)
    flown = np.isfinite(path[:, 0])
    return times[flown], path[flown], landing


TIMES, PATH, LANDING = flight(LAUNCH, MUZZLE)
IMPACT_S = float(LANDING[3])
IMPACT = LANDING[:2]


Thing = dict[str, Any]


def bomb(name: str = "a", *, at_s: float = 0.0, **more: Any) -> Thing:
    """An object that flies `PATH`. `plots`: seconds after launch; default each 0.5 s from 2 s to 5 s before
    the impact.
    """
    plots = more.pop("plots", np.arange(2.0, IMPACT_S - 5.0, 0.5))
    return {
        "id": name, "class": "mortar_81", "family": "mortar", "hostile": True, "t": at_s + TIMES,
        "p": PATH[:, :3], "v": PATH[:, 3:], "impact_s": at_s + IMPACT_S, "impact": LANDING[:3], "drag": DRAG,
        "plots": at_s + np.asarray(plots), "working": True, **more,
    }  # fmt: skip


def drone(name: str, start: tuple[float, ...], velocity: tuple[float, ...], **more: Any) -> Thing:
    """An object that flies straight on for 90 s."""
    t = np.arange(0.0, 90.25, 0.5)
    p = np.array(start) + t[:, None] * np.array(velocity)
    return {
        "id": name, "class": "owa_drone", "family": "drone", "hostile": True, "t": t, "p": p,
        "v": np.broadcast_to(velocity, p.shape), "impact_s": None, "impact": [np.nan] * 3, "drag": np.nan,
        "plots": np.arange(1.0, 90.0, 1.0), "working": True, **more,
    }  # fmt: skip


def impact_ns(thing: Thing) -> int:
    return NO_TIME if thing["impact_s"] is None else ns(thing["impact_s"])


def truth_of(*objects: Thing) -> Truth:
    counts = [len(o["t"]) for o in objects]
    ends = [o["impact_s"] if o["impact_s"] is not None else o["t"][-1] for o in objects]
    plots = [(t, i) for i, o in enumerate(objects) for t in o["plots"]]
    starts = np.array([ns(o["t"][0]) for o in objects], np.int64)
    plot_ns = np.array([ns(t) for t, _ in plots], np.int64)
    return Truth(
        ids=tuple(o["id"] for o in objects),
        classes=tuple(o["class"] for o in objects),
        families=tuple(o["family"] for o in objects),
        hostile=np.array([o["hostile"] for o in objects], bool),
        t_launch_ns=starts,
        t_free_ns=starts,
        t_impact_ns=np.array([*map(impact_ns, objects)], np.int64),
        impact_enu_m=np.array([o["impact"] for o in objects], float).reshape(-1, 3),
        t_end_ns=np.array([ns(t) for t in ends], np.int64),
        drag_per_m=np.array([o["drag"] for o in objects], float),
        sample_start=np.cumsum([0, *counts]).astype(np.int64),
        sample_t_ns=np.array([ns(t) for o in objects for t in o["t"]], np.int64),
        sample_enu_m=np.concatenate([o["p"] for o in objects] or [np.empty((0, 3))]),
        sample_velocity_mps=np.concatenate([o["v"] for o in objects] or [np.empty((0, 3))]),
        sensors=("radar",),
        plot_t_ns=plot_ns,
        plot_arrival_ns=plot_ns,
        plot_sensor=np.zeros(len(plots), np.int64),
        plot_object=np.array([i for _, i in plots], np.int64),
        plot_working=np.array([objects[i]["working"] for _, i in plots], bool),
    )


def zone(name: str, centre: np.ndarray, half_m: float = 100.0, people: int = 10) -> Zone:
    (x, y), h = centre, half_m
    ring = ((x - h, y - h), (x + h, y - h), (x + h, y + h), (x - h, y + h))
    release = dict.fromkeys(("mortar", "gun", "rocket", "drone", "unknown"), "auto")
    return Zone(id=name, name=name, polygon_enu_m=ring, release=release, people=people)


def site_of(*zones: Zone) -> Site:
    return Site(zones=zones, sensors=(RADAR,), **SITE_ARGS)


def beside(east_m: float) -> np.ndarray:
    """The point so far east of the impact."""
    return IMPACT + np.array([east_m, 0.0])


HOME = zone("home", IMPACT)


def state(
    at_s: float,
    phase: str,
    *,
    zone_id: str = "home",
    reason: str = "threshold",
    tracks: tuple[int, ...] = (1,),
    alarm: str = "A",
) -> ZoneState:
    return ZoneState(
        zone=zone_id, alarm_id=alarm, raid_id="R", revision=1, phase=phase, reason=reason, change="opened",
        tracks=tracks, count=len(tracks), p_zone=0.5, issued_ns=ns(at_s), cause_seq=0,
    )  # fmt: skip


def updates(track: int, thing: Thing) -> list[TrackUpdate]:
    return [
        TrackUpdate(
            track=track, t_ns=ns(t), state_enu=(*p, *v), cov_enu=(), status="confirmed", family="unknown",
            p_family=(0, 0, 0, 0, 0, 1), drag_per_m=0.0, t_first_ns=ns(t), plots=5,
        )
        for t, p, v in zip(thing["t"], thing["p"], thing["v"], strict=True)
    ]  # fmt: skip


# ------------------------------------------------------------------------------------ missed
def test_a_zone_warned_in_time_is_not_missed() -> None:
    verdict = judge(site_of(HOME), truth_of(bomb()), [state(4.0, "warn")])
    assert [h.outcome for h in verdict.hits] == ["warned"]
    assert verdict.summary()["missed"] == 0


@pytest.mark.parametrize(("before_s", "outcome"), [(1.01, "warned"), (0.99, "missed")])
def test_a_warning_counts_only_if_it_stands_one_second_before(
    before_s: float, outcome: str
) -> None:
    verdict = judge(site_of(HOME), truth_of(bomb()), [state(IMPACT_S - before_s, "warn")])
    assert verdict.hits[0].outcome == outcome


def test_a_warning_that_was_cancelled_before_the_impact_is_missed() -> None:
    rows = [state(4.0, "warn"), state(IMPACT_S - 5, "watch", reason="recomputed")]
    assert judge(site_of(HOME), truth_of(bomb()), rows).hits[0].outcome == "missed"


def test_watch_and_pending_are_no_warning() -> None:
    for phase in ("watch", "pending", "all_clear"):
        assert (
            judge(site_of(HOME), truth_of(bomb()), [state(4.0, phase)]).hits[0].outcome == "missed"
        )


def test_impact_phase_counts_as_warned() -> None:
    assert (
        judge(site_of(HOME), truth_of(bomb()), [state(5.0, "impact")]).hits[0].outcome == "warned"
    )


def test_within_the_hazard_radius_is_a_hit_and_beyond_is_none() -> None:
    # zone edge 100 m east of its centre, mortar radius 100 m
    near, far = zone("near", beside(199.0)), zone("far", beside(201.0))
    verdict = judge(site_of(near, far), truth_of(bomb()), [])
    assert verdict.zones_hit == {"near"}


def test_what_is_not_hostile_or_never_lands_hits_nothing() -> None:
    objects = bomb(hostile=False), bomb("b", impact_s=None, impact=[np.nan] * 3)
    assert judge(site_of(HOME), truth_of(*objects), []).hits == ()


@pytest.mark.parametrize(("member", "outcome"), [((1,), "warned"), ((2,), "missed")])
def test_the_hold_of_an_alarm_protects_from_its_own_members_only(
    member: tuple[int, ...], outcome: str
) -> None:
    thing = bomb()
    rows = [state(4.0, "warn", tracks=member), state(20.0, "hold", tracks=())]
    verdict = judge(site_of(HOME), truth_of(thing), rows, updates(1, thing))
    assert verdict.hits[0].outcome == outcome


def test_a_later_alarms_hold_does_not_protect_from_members_of_an_earlier_one() -> None:
    thing = bomb()
    rows = [state(4.0, "warn"), state(9.0, "clear"), state(20.0, "hold", tracks=(), alarm="B")]
    assert (
        judge(site_of(HOME), truth_of(thing), rows, updates(1, thing)).hits[0].outcome == "missed"
    )


@pytest.mark.parametrize(("off_m", "known"), [(250.0, {1: 0}), (350.0, {})])
def test_a_track_is_the_object_that_it_stays_near(off_m: float, known: dict[int, int]) -> None:
    thing, other = bomb(), bomb("b", at_s=10.0)
    beside_it = {**thing, "p": thing["p"] + np.array([0.0, 0.0, off_m])}
    assert who_is_who(truth_of(thing, other), updates(1, beside_it), {1}) == known


# ---------------------------------------------------------------------------------- withheld
@pytest.mark.parametrize("reason", ["withheld", "withdrawn"])
def test_an_impact_under_a_withhold_is_counted_apart(reason: str) -> None:
    thing = bomb()
    rows = [state(4.0, "pending"), state(6.0, "watch", reason=reason)]
    verdict = judge(site_of(HOME), truth_of(thing), rows, updates(1, thing))
    assert (verdict.summary()["withheld"], verdict.summary()["missed"]) == (1, 0)


def test_a_withhold_of_one_threat_does_not_excuse_another() -> None:
    first, second = bomb(), bomb("b", at_s=6.0)
    rows = [state(4.0, "pending"), state(6.0, "watch", reason="withheld")]
    verdict = judge(site_of(HOME), truth_of(first, second), rows, updates(1, first))
    assert [h.outcome for h in verdict.hits] == ["withheld", "missed"]


# ---------------------------------------------------------------------------------- warnable
@pytest.mark.parametrize(("third_before_s", "warnable"), [(5.0, True), (4.9, False)])
def test_warnable_needs_five_seconds_after_the_third_detection(
    third_before_s: float, warnable: bool
) -> None:
    third = IMPACT_S - third_before_s
    verdict = judge(site_of(HOME), truth_of(bomb(plots=[third - 1.0, third - 0.5, third])), [])
    assert verdict.hits[0].warnable is warnable
    assert verdict.summary()["missed_warnable"] == int(warnable)
    assert verdict.unwarnable() == {"mortar_81": (int(not warnable), 1)}


def test_plots_of_a_sensor_at_fault_are_no_detections() -> None:
    assert not judge(site_of(HOME), truth_of(bomb(working=False)), []).hits[0].warnable


def test_two_detections_are_too_few() -> None:
    assert not judge(site_of(HOME), truth_of(bomb(plots=[2.0, 2.5])), []).hits[0].warnable


# ----------------------------------------------------------------- latency and usable seconds
def test_latency_runs_from_the_third_detection_of_the_first_round() -> None:
    objects = bomb(), bomb("b", at_s=1.0)
    verdict = judge(site_of(HOME), truth_of(*objects), [state(4.25, "warn")])
    assert verdict.latencies_s == pytest.approx((4.25 - 3.0,))  # detections at 2.0, 2.5, 3.0 s


def test_latency_is_zero_where_the_warning_stood_already() -> None:
    assert judge(site_of(HOME), truth_of(bomb()), [state(1.0, "warn")]).latencies_s == (0.0,)


def test_usable_seconds_leave_room_for_dissemination_and_reaction() -> None:
    settings = JudgeSettings(dissemination_s=0.5, reaction_s=1.5)
    verdict = judge(site_of(HOME), truth_of(bomb()), [state(5.0, "warn")], settings=settings)
    assert verdict.usable_s == pytest.approx((IMPACT_S - 5.0 - 2.0,))


# ----------------------------------------------------------------------- false and precaution
def test_a_warning_of_a_zone_that_is_hit_is_true() -> None:
    assert judge(site_of(HOME), truth_of(bomb()), [state(4.0, "warn")]).warnings[0].kind == "true"


@pytest.mark.parametrize(("at_s", "kind"), [(3.2, "precaution"), (28.0, "false")])
def test_a_spared_zone_is_a_precaution_only_while_the_region_is_wide(
    at_s: float, kind: str
) -> None:
    spared = zone("spared", beside(900.0))
    rows = [state(at_s, "warn", zone_id="spared")]
    assert judge(site_of(spared), truth_of(bomb()), rows).warnings[0].kind == kind


def test_the_yardstick_is_truth_and_not_what_the_engine_claims() -> None:
    spared = zone("spared", beside(6000.0))
    rows = [state(25.0, "warn", zone_id="spared")]  # p_zone = 0.5 stands in the row
    assert judge(site_of(spared), truth_of(bomb()), rows).summary()["false"] == 1


def test_with_nothing_tracked_every_warning_is_false() -> None:
    for truth in (truth_of(), truth_of(bomb(plots=[])), truth_of(bomb(hostile=False))):
        zones = site_of(zone("home", beside(150.0)), zone("other", beside(400.0)))
        rows = [state(4.0, "warn", zone_id="other")]
        assert judge(zones, truth, rows).summary()["false"] == 1


def test_a_warning_two_seconds_late_is_late_but_not_false() -> None:
    truth = truth_of(bomb())
    assert judge(site_of(HOME), truth, [state(IMPACT_S + 1.9, "warn")]).warnings[0].kind == "true"
    assert judge(site_of(HOME), truth, [state(IMPACT_S + 2.1, "warn")]).warnings[0].kind == "false"


@pytest.mark.parametrize(("plots", "kind"), [([2.0], "false"), ([2.0, 2.5], "precaution")])
def test_a_threat_is_tracked_from_its_second_plot(plots: list[float], kind: str) -> None:
    spared = zone("spared", beside(900.0))
    rows = [state(3.0, "warn", zone_id="spared")]
    assert judge(site_of(spared), truth_of(bomb(plots=plots)), rows).warnings[0].kind == kind


def test_a_hit_after_the_end_of_a_warning_does_not_make_it_true() -> None:
    rows = [state(4.0, "warn"), state(IMPACT_S - 10.0, "watch", reason="recomputed")]
    assert judge(site_of(HOME), truth_of(bomb()), rows).warnings[0].kind == "precaution"


def test_orders_of_people_and_drills_are_not_judged() -> None:
    rows = [
        state(4.0, "warn", reason="manual"),
        state(8.0, "clear"),
        state(9.0, "warn", reason="drill"),
    ]
    verdict = judge(site_of(HOME), truth_of(), rows)
    assert (verdict.count("ordered"), verdict.count("false"), verdict.zones_warned) == (
        2,
        0,
        frozenset(),
    )


def test_revisions_of_one_warning_are_one_warning() -> None:
    rows = [state(4.0, "warn"), state(5.0, "warn"), state(30.0, "impact"), state(40.0, "hold")]
    assert judge(site_of(HOME), truth_of(bomb()), rows).summary()["zone_warnings"] == 1


# ------------------------------------------------------------------------------------ drones
OVER = zone("over", np.array([0.0, 0.0]))


def test_a_drone_hits_a_zone_by_flying_into_it_below_the_ceiling() -> None:
    low = drone("low", (-3000.0, 0.0, 150.0), (50.0, 0.0, 0.0))
    high = drone("high", (-3000.0, 0.0, 350.0), (50.0, 0.0, 0.0))
    verdict = judge(site_of(OVER), truth_of(low, high), [])
    assert [h.object_id for h in verdict.hits] == ["low"]
    # the zone grown by 100 m begins 200 m west of its centre
    assert verdict.hits[0].t_ns == ns(56.0)


def test_a_friendly_drone_hits_nothing() -> None:
    friend = drone("friend", (-3000.0, 0.0, 150.0), (50.0, 0.0, 0.0), hostile=False)
    assert judge(site_of(OVER), truth_of(friend), []).hits == ()


@pytest.mark.parametrize(
    ("centre", "kind"),
    [((0.0, 900.0), "precaution"), ((-2600.0, 2500.0), "false"), ((-5000.0, 0.0), "false")],
    ids=["beside its path", "abeam", "behind it"],
)
def test_a_zone_that_no_future_enters_is_warned_falsely(
    centre: tuple[float, float], kind: str
) -> None:
    passer = drone("d", (-3000.0, 0.0, 150.0), (50.0, 0.0, 0.0))
    spared = zone("spared", np.array(centre))
    rows = [state(10.0, "warn", zone_id="spared", reason="drone_corridor")]
    assert judge(site_of(spared), truth_of(passer), rows).warnings[0].kind == kind


@pytest.mark.parametrize("at_s", [40.0, 45.0, 50.0, 55.0])
@pytest.mark.parametrize(("east_m", "kind"), [(4_500.0, "precaution"), (-6_000.0, "false")])
def test_a_zone_straight_ahead_of_a_drone_is_in_reach_at_every_phase_of_its_weave(
    at_s: float, east_m: float, kind: str
) -> None:
    """10 m to each side each 20 s, at a rate that never lasts: half a minute on it is where it was going."""
    weaver = drone("d", (-3000.0, 0.0, 150.0), (50.0, 0.0, 0.0))
    w = 2.0 * math.pi / 20.0
    weaver["p"] = weaver["p"] + np.outer(10.0 * np.sin(w * weaver["t"]), (0.0, 1.0, 0.0))
    weaver["v"] = weaver["v"] + np.outer(10.0 * w * np.cos(w * weaver["t"]), (0.0, 1.0, 0.0))
    spared = zone("spared", np.array((east_m, 0.0)))
    rows = [state(at_s, "warn", zone_id="spared", reason="drone_corridor")]
    truth = truth_of(weaver)
    assert judge(site_of(spared), truth, rows).warnings[0].kind == kind


# -------------------------------------------------------------------------------- other counts
@pytest.mark.parametrize("phase", ["watch", "clear"])
def test_rewarned_is_a_zone_whose_warning_was_cancelled_in_the_same_raid(phase: str) -> None:
    cancelled = [state(4.0, "warn"), state(15.0, phase, reason="recomputed"), state(20.0, "warn")]
    held = [state(4.0, "warn"), state(15.0, "hold"), state(20.0, "warn")]
    truth = truth_of(bomb())
    assert judge(site_of(HOME), truth, cancelled).summary()["rewarned_share"] == 1.0
    assert judge(site_of(HOME), truth, held).summary()["rewarned_share"] == 0.0


@pytest.mark.parametrize("later", [(1,), (2,), (1, 2)])
def test_a_relapse_is_warned_of_again_for_the_threat_that_had_been_cancelled(
    later: tuple[int, ...],
) -> None:
    rows = [
        state(4.0, "warn", tracks=(3,)),
        state(5.0, "warn", tracks=(3, 1)),
        state(6.0, "warn", tracks=(3,)),
        state(15.0, "watch", reason="recomputed", tracks=(1,)),
        state(20.0, "warn", tracks=later),
    ]
    told = judge(site_of(HOME), truth_of(bomb()), rows)
    assert [w.again for w in told.warnings] == [False, True]
    assert [w.relapse for w in told.warnings] == [False, 1 in later]
    assert told.summary()["rewarned_share"] == 1.0
    assert told.summary()["relapse_share"] == float(1 in later)


def test_person_seconds_count_people_in_alarm_and_in_hold() -> None:
    rows = [state(5.0, "warn"), state(30.0, "impact"), state(40.0, "hold"), state(100.0, "clear")]
    verdict = judge(site_of(HOME), truth_of(bomb()), rows, end_ns=ns(200.0))
    assert (verdict.warned_person_s, verdict.hold_person_s) == pytest.approx((350.0, 600.0))


def test_zones_warned_per_zone_hit() -> None:
    far = zone("far", beside(700.0))
    rows = [state(4.0, "warn"), state(4.0, "warn", zone_id="far")]
    assert (
        judge(site_of(HOME, far), truth_of(bomb()), rows).summary()["zones_warned_per_zone_hit"]
        == 2.0
    )


def test_a_quiet_run_has_nothing_to_judge() -> None:
    summary = judge(site_of(HOME), truth_of(), []).summary()
    assert (summary["zones_hit"], summary["zone_warnings"], summary["false_share"]) == (0, 0, None)


# --------------------------------------------------------------------------- the ideal filter
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
