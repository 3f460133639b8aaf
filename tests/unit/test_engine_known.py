"""Known traffic explains its own track, and never another one near it."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from rampart import scenario
from rampart.domain.frames import ecef_axes, enu_from_geodetic, geodetic_from_enu
from rampart.domain.messages import KnownTrack, TrackUpdate, ZoneState
from rampart.domain.site import Sensor, Site
from rampart.engine.engine import Engine
from rampart.engine.known import MOST_OBJECTS, KnownSettings, KnownTraffic
from rampart.engine.reports import AGE_S
from rampart.kernels.vouching import BOND_D2, GATE_D2
from rampart.sim.simulate import simulate
from rampart.sim.world import Flight, RadarModel, World

S = 1_000_000_000
SITE = Site(name="t", uuid="u", latitude_deg=35.0, longitude_deg=40.0, height_m=200.0)


def report(
    ident: str, xyz: tuple[float, float, float], t_s: float = 0.0, v=(0.0, -40.0, 0.0)
) -> KnownTrack:
    latitude, longitude, height = geodetic_from_enu(xyz, SITE)
    return KnownTrack(
        source="test", ident=ident, t_event_ns=int(t_s * S), t_arrival_ns=int(t_s * S),
        latitude_deg=float(latitude), longitude_deg=float(longitude), height_m=float(height),
        velocity_enu_mps=v,
    )  # fmt: skip


def explain(known: KnownTraffic, t_s: float, *tracks: tuple[float, float]) -> dict[int, str]:
    """Tracks 1, 2, ... at these places, flying south at 40 m/s, known to 10 m and 3 m/s."""
    states = np.array([[x, y, 200.0, 0.0, -40.0, 0.0] for x, y in tracks])
    cov = np.tile(np.diag([100.0] * 3 + [9.0] * 3), (len(tracks), 1, 1))
    return known.explain(np.arange(1, len(tracks) + 1), int(t_s * S), states, cov)


def hearing(*reports: KnownTrack) -> KnownTraffic:
    known = KnownTraffic(SITE, KnownSettings())
    for each in reports:
        known.hear(each, each.t_event_ns)
    return known


def test_a_report_explains_the_track_at_its_place_carried_forward() -> None:
    known = hearing(report("friend", (0.0, 3000.0, 200.0)))
    assert explain(known, 2.0, (0.0, 2920.0)) == {1: "friend"}
    assert explain(known, 2.0, (0.0, 3300.0)) == {}


def test_a_hostile_one_300_m_behind_stays_unexplained() -> None:
    known = hearing(report("friend", (0.0, 3000.0, 200.0)))
    assert explain(known, 0.0, (0.0, 3300.0), (0.0, 3000.0)) == {2: "friend"}
    assert explain(known, 0.0, (0.0, 3300.0)) == {}


def test_one_report_explains_one_track_and_the_nearest() -> None:
    known = hearing(report("friend", (0.0, 3000.0, 200.0)))
    assert explain(known, 0.0, (0.0, 3030.0), (0.0, 3005.0)) == {2: "friend"}


def sharp(t_s: float = 0.0, sigma_time_s: float | None = None) -> KnownTrack:
    """A report to 5 m."""
    told = report("friend", (0.0, 3000.0, 200.0), t_s)
    return msgspec.structs.replace(told, sigma_m=5.0, sigma_time_s=sigma_time_s)


def explains(told: KnownTrack, x: float, y: float) -> bool:
    """Whether it explains a track at this place, known to 3 m, that flies as it says."""
    states = np.array([[x, y, 200.0, 0.0, -40.0, 0.0]])
    return bool(hearing(told).explain(np.array([1]), 0, states, np.diag([9.0] * 6)[None]))


def test_a_report_may_be_late_along_its_way_but_not_beside_it() -> None:
    """0.5 s at 40 m/s, where 0.2 s are one sigma."""
    assert explains(sharp(), 0.0, 2980.0)
    assert not explains(sharp(), 22.0, 3000.0)
    assert not explains(sharp(), 0.0, 2960.0)


@pytest.mark.parametrize(("told_s", "late"), [(0.01, False), (0.5, True), (1e9, True)])
def test_how_late_it_may_be_the_report_itself_may_tell(told_s: float, late: bool) -> None:
    assert explains(sharp(sigma_time_s=told_s), 0.0, 2975.0) == late
    # however late it says that it may be, it does not vouch for whatever flies behind
    assert not explains(sharp(sigma_time_s=told_s), 0.0, 3300.0)


def test_a_track_once_vouched_for_is_not_parted_by_one_report_that_lies_four_sigmas_off() -> None:
    assert explain(hearing(report("f", (0.0, 3000.0, 200.0))), 0.0, (125.0, 3000.0)) == {}
    known = hearing(report("f", (0.0, 3000.0, 200.0)))
    assert explain(known, 0.0, (0.0, 3000.0)) == {1: "f"}
    assert explain(known, 0.0, (125.0, 3000.0)) == {1: "f"}
    assert explain(known, 0.0, (165.0, 3000.0)) == {}


def test_two_reports_do_not_share_a_track() -> None:
    known = hearing(report("a", (0.0, 3000.0, 200.0)), report("b", (0.0, 3040.0, 200.0)))
    assert explain(known, 0.0, (0.0, 3035.0), (0.0, 3001.0)) == {1: "b", 2: "a"}


def test_another_way_of_flying_is_not_explained() -> None:
    known = hearing(report("friend", (0.0, 3000.0, 200.0), v=(40.0, 0.0, 0.0)))
    assert explain(known, 0.0, (0.0, 3000.0)) == {}


def test_traffic_far_above_explains_nothing_below() -> None:
    known = hearing(report("airliner", (0.0, 3000.0, 3200.0)))
    assert explain(known, 0.0, (0.0, 3000.0)) == {}


def test_older_reports_do_not_replace_newer() -> None:
    known = hearing(report("f", (0.0, 3000.0, 200.0), 10.0), report("f", (0.0, 9000.0, 200.0), 4.0))
    assert explain(known, 10.0, (0.0, 3000.0)) == {1: "f"}


def test_old_reports_vouch_for_no_track_anew() -> None:
    known = hearing(report("f", (0.0, 3000.0, 200.0)))
    assert explain(known, 10.5, (0.0, 2580.0)) == {}


def test_a_track_once_vouched_for_stays_explained_between_two_slow_reports() -> None:
    known = hearing(report("f", (0.0, 3000.0, 200.0)))
    assert explain(known, 1.0, (0.0, 2960.0)) == {1: "f"}
    # ... and it alone, though the other flies where the report leads
    assert explain(known, 12.0, (40.0, 2560.0), (0.0, 2520.0)) == {1: "f"}
    assert explain(known, 28.0, (0.0, 1880.0)) == {1: "f"}
    assert explain(known, 30.5, (0.0, 1780.0)) == {}
    known.forget(30 * S + S // 2)
    assert known.empty


def test_a_track_that_leaves_the_reported_way_is_no_longer_explained() -> None:
    known = hearing(report("f", (0.0, 3000.0, 200.0)))
    assert explain(known, 1.0, (0.0, 2960.0)) == {1: "f"}
    assert explain(known, 8.0, (900.0, 2680.0)) == {}


def test_a_fresh_report_for_another_track_ends_the_bond() -> None:
    known = hearing(report("f", (0.0, 3000.0, 200.0)))
    assert explain(known, 0.0, (0.0, 3000.0)) == {1: "f"}
    known.hear(report("f", (300.0, 2680.0, 200.0), 8.0), 8 * S)
    assert explain(known, 8.0, (0.0, 2680.0), (300.0, 2680.0)) == {2: "f"}


def test_a_snapshot_keeps_the_reports() -> None:
    known = hearing(report("friend", (0.0, 3000.0, 200.0)))
    assert explain(known, 0.0, (0.0, 3000.0)) == {1: "friend"}
    other = KnownTraffic(SITE, KnownSettings())
    other.load(msgspec.msgpack.decode(msgspec.msgpack.encode(known.state())))
    assert explain(other, 12.0, (0.0, 2520.0)) == {1: "friend"}


def test_a_follower_of_a_lost_friend_is_not_explained_by_the_friends_last_report() -> None:
    known = hearing(report("f", (0.0, 3000.0, 200.0)))
    assert explain(known, 1.0, (0.0, 2960.0)) == {1: "f"}
    # track 1 has ended; another flies 200 m behind where it would be
    states = np.array([[0.0, 2880.0, 200.0, 0.0, -40.0, 0.0]])
    late = known.explain(np.array([2]), 8 * S, states, np.eye(6)[None] * 100.0)
    assert late == {}


def test_a_fresh_report_disowns_a_track_that_has_left_the_reported_way() -> None:
    known = hearing(report("f", (0.0, 3000.0, 200.0)))
    assert explain(known, 1.0, (0.0, 2960.0)) == {1: "f"}
    known.hear(report("f", (0.0, 2840.0, 200.0), 4.0), 4 * S)
    assert explain(known, 4.0, (900.0, 2840.0)) == {}
    # the feed falls silent: the wide gate of an old report must not take the track back
    assert explain(known, 24.0, (900.0, 2040.0)) == {}


@pytest.mark.parametrize("sigma_time_s", [math.nan, math.inf, -0.1])
def test_a_report_that_states_no_sound_time_sigma_vouches_for_nothing(sigma_time_s: float) -> None:
    known = KnownTraffic(SITE, KnownSettings())
    odd = msgspec.structs.replace(report("odd", (0.0, 3000.0, 200.0)), sigma_time_s=sigma_time_s)
    assert not known.hear(odd, now_ns=0)
    assert known.empty


def test_a_report_from_a_clock_far_ahead_vouches_for_nothing() -> None:
    known = KnownTraffic(SITE, KnownSettings())
    assert not known.hear(report("ahead", (0.0, 3000.0, 200.0), t_s=3600.0), now_ns=0)
    assert explain(known, 3600.0, (0.0, 3000.0)) == {}


class OneByOne:
    """What explains what, report by report as the rule reads: the slow twin of `KnownTraffic.explain`."""

    def __init__(self, reports: list[KnownTrack], settings: KnownSettings) -> None:
        self.reports, self.s, self.bonds = reports, settings, dict[str, int]()

    def explain(self, tracks, t_ns, states, covariances) -> dict[int, str]:
        s, pairs = self.s, []
        for report in self.reports:
            x, y, up = enu_from_geodetic(
                report.latitude_deg, report.longitude_deg, report.height_m, SITE
            )
            here = ecef_axes(report.latitude_deg, report.longitude_deg)
            home = ecef_axes(SITE.latitude_deg, SITE.longitude_deg)
            told = np.array(report.velocity_enu_mps or (0.0, 0.0, 0.0))
            v = (home.T @ here @ told)[:2]
            age_s = abs((t_ns - report.t_event_ns) / 1e9)
            at = np.array([x, y]) + (t_ns - report.t_event_ns) / 1e9 * v
            if age_s > s.bond_s:
                continue
            for track, state, P in zip(tracks.tolist(), states, covariances, strict=True):
                bonded = self.bonds.get(report.ident) == track
                reach_s = age_s if bonded else min(age_s, s.near_s)
                drift_m = 0.5 * s.acceleration_mps2 * reach_s**2
                S = P[:2, :2] + (report.sigma_m**2 + drift_m**2) * np.eye(2)
                S = S + AGE_S**2 * np.outer(v, v)
                miss = state[:2] - at
                d2 = miss @ np.linalg.inv(S) @ miss
                good = d2 < (BOND_D2 if bonded else GATE_D2)
                good &= abs(state[2] - up) < 3.0 * math.sqrt(P[2, 2]) + s.height_error_m
                if report.velocity_enu_mps is not None:
                    spread = math.sqrt(P[3, 3] + P[4, 4]) + 5.0 + s.acceleration_mps2 * reach_s
                    good &= np.linalg.norm(state[3:5] - v) < 3.0 * spread
                if age_s <= s.fresh_s and bonded and not good:
                    del self.bonds[report.ident]
                if good and (bonded or age_s <= s.fresh_s):
                    pairs.append((d2, track, report.ident))
        explained: dict[int, str] = {}
        for _, track, ident in sorted(pairs):
            if track not in explained and ident not in explained.values():
                explained[track] = ident
                self.bonds[ident] = track
        return explained


@pytest.mark.parametrize("seed", range(40))
def test_many_reports_explain_what_each_would_alone(seed: int) -> None:
    """Crowded air, reports old and new, sharp and vague, and tracks that wander off what they were bound to."""
    rng = np.random.default_rng(seed)
    n, m = 40, 12
    place = rng.uniform(-4000, 4000, (n, 3)) * (1, 1, 0.2) + (0, 0, 1000)
    v = rng.uniform(-60, 60, (n, 3)) * (1, 1, 0)
    reports = [
        msgspec.structs.replace(
            report(f"k{i}", tuple(place[i]), rng.uniform(-25, 1), tuple(v[i])),
            sigma_m=float(rng.choice([10.0, 30.0, 150.0, 500.0])),
            **({} if rng.random() < 0.8 else {"velocity_enu_mps": None}),
        )
        for i in range(n)
    ]
    known, twin = hearing(*reports), OneByOne(reports, KnownSettings())
    tracks = rng.permutation(np.arange(1, m + 1))
    cov = np.zeros((m, 7, 7))
    for P in cov:
        root = rng.normal(size=(7, 7)) * rng.choice([3.0, 20.0, 100.0])
        P[...] = root @ root.T
    seen = 0
    told_s = np.array([r.t_event_ns / 1e9 for r in reports])
    for t_s in (0.0, 1.0, 4.0, 9.0, 20.0, 29.0):
        on = np.arange(m)  # each track near what one object reports, some off by much
        states = np.zeros((m, 7))
        states[:, :3] = place[on] + (t_s - told_s[on])[:, None] * v[on]
        states[:, 3:6] = v[on] + rng.normal(0, 4, (m, 3))
        states[:, :2] += rng.normal(0, rng.choice([10, 200, 1500], (m, 1)), (m, 2))
        explained = known.explain(tracks, int(t_s * S), states, cov)
        assert explained == twin.explain(tracks, int(t_s * S), states, cov)
        assert sorted(known.bonded) == sorted(twin.bonds.values())
        seen += len(explained)
    assert seen > 3


def test_of_two_bonds_a_snapshot_keeps_the_order() -> None:
    """Two objects that one after the other vouched for a track: the same one speaks for it after a restore."""
    known = hearing(report("b", (0.0, 3000.0, 200.0)), report("a", (0.0, 2990.0, 200.0), 0.5))
    assert explain(known, 0.5, (0.0, 2990.0)) == {1: "a"}
    known.hear(report("a", (0.0, 2950.0, 200.0), 1.0), S)
    assert explain(known, 1.0, (0.0, 2960.0)) == {1: "b"}
    other = KnownTraffic(SITE, KnownSettings())
    other.load(msgspec.msgpack.decode(msgspec.msgpack.encode(known.state())))
    assert other.voucher(1) == known.voucher(1)
    assert other.bonded == known.bonded


def test_reports_are_forgotten_one_by_one_and_the_rest_still_explain() -> None:
    known = hearing(*(report(f"k{i}", (500.0 * i, 3000.0, 200.0), 0.1 * i) for i in range(100)))
    known.forget(30 * S + 5 * S)  # those of before 5 s
    fresh = report("k60", (30_000.0, 3000.0, 200.0), 35.0)
    assert known.hear(fresh, 35 * S)
    assert explain(known, 35.0, (30_000.0, 3000.0), (0.0, 3000.0)) == {1: "k60"}
    known.forget(66 * S)
    assert known.empty


def test_of_more_objects_than_are_held_the_latest_are() -> None:
    """A forger sends any number; one that was heard long ago gives way, and its bond with it."""
    known = hearing(report("friend", (0.0, 3000.0, 200.0)))
    assert explain(known, 0.0, (0.0, 3000.0)) == {1: "friend"}
    for k in range(MOST_OBJECTS):
        one = report(f"f{k}", (0.0, 9000.0 + k, 200.0), 0.001 * (k + 1))
        known.hear(one, one.t_event_ns)
    assert len(known.state()[0]) == MOST_OBJECTS
    assert known.bonded == []
    assert explain(known, 2.0, (0.0, 2920.0)) == {}
    assert explain(known, 2.0, (0.0, 9000.0 + MOST_OBJECTS - 1 - 80.0)) != {}


@pytest.mark.parametrize("seed", [3, 7])
def test_a_friend_is_no_threat_on_its_whole_way_home_and_who_follows_it_is(seed: int) -> None:
    """Of the hundreds of reports of one flight some lie four sigmas from a radar's track, and all as far off
    as the radar's slow errors and their own age."""
    run = scenario.load("friendly-return", seed=seed)
    engine = Engine(run.site, simulated=True)
    friends, unexplained, alarmed = set[int](), set[int](), set[int]()
    for message in run.messages():
        for out in engine.receive(message):
            if isinstance(out, TrackUpdate) and out.status != "ended":
                (friends if out.known else unexplained).add(out.track)
            elif isinstance(out, ZoneState):
                alarmed.update(out.tracks)
    assert friends == {1}
    assert unexplained == alarmed == {2}


@pytest.mark.parametrize("seed", range(4))
def test_a_report_does_not_share_the_slow_errors_of_the_radar(seed: int) -> None:
    """A sharp radar that may point 10 mrad aside, 60 m at 6 km; a drone of ours reports itself to 5 m."""
    radar = Sensor(
        id="r", position_enu_m=(0.0, 0.0, 10.0), sigma_range_m=5.0, sigma_azimuth_rad=1e-3,
        sigma_elevation_rad=1e-3, sigma_range_rate_mps=1.0, scan_period_s=0.5, bias_azimuth_rad=0.01,
        clutter_per_scan=1.0,
    )  # fmt: skip
    route = ((6000.0, -1000.0, 300.0), (6000.0, 1500.0, 300.0))
    ours = Flight(id="ours", class_id="uav_fixed_wing", route=route, at_s=0.0, hostile=False,
                  identified="friendly", speed_mps=40.0)  # fmt: skip
    world = World(
        site=msgspec.structs.replace(SITE, sensors=(radar,)), start_ns=0, duration_s=60.0, flights=(ours,),
        radars=(RadarModel(sensor="r"),),
    )  # fmt: skip
    engine = Engine(world.site, simulated=True)
    told = [
        out.known
        for message in simulate(world, seed).messages
        for out in engine.receive(message)
        if isinstance(out, TrackUpdate) and out.status != "ended"
    ]
    assert len(told) > 50
    assert set(told[2:]) == {"ours"}  # the first report may come after the track
