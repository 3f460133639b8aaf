"""Several radars, each off by its own error: learnt from what they have in common, or said to be unknown."""

from __future__ import annotations

import math
from collections import Counter

import msgspec
import numpy as np
import pytest

from rampart.domain.messages import (
    Input,
    KnownTrack,
    Output,
    PlotBatch,
    Prediction,
    Rejected,
    SensorHealth,
    SensorStatus,
    Tick,
    TrackUpdate,
    ZoneState,
)
from rampart.domain.site import Reflector, Site
from rampart.engine.engine import Engine
from rampart.engine.registration import RegistrationSettings
from rampart.engine.settings import EngineSettings
from rampart.metrics.consistency import nees
from rampart.metrics.identity import who_is_who
from registration_world import START_NS, Error, sky

OFF = (Error(18.0, 3e-3, -2e-3, 0.03), Error(-20.0, -2.5e-3, 3e-3, -0.03))
NOTHING_LEARNT = EngineSettings(registration=RegistrationSettings(per_look=0))
UNITS = np.array([1.0, 1e-3, 1e-3, 1e-3])


def run(
    site: Site, messages: list[Input], settings: EngineSettings | None = None
) -> tuple[Engine, list[Output]]:
    engine = Engine(site, settings, simulated=True)
    return engine, [out for message in messages for out in engine.receive(message)]


def seconds(t_ns: int) -> float:
    return (t_ns - START_NS) / 1e9


def health(outputs: list[Output]) -> list[tuple[str, str, str]]:
    return [(o.sensor, o.state, o.reason) for o in outputs if isinstance(o, SensorHealth)]


@pytest.mark.parametrize("seed", [1, 2])
def test_biases_are_found_within_the_doubt_that_is_stated(seed: int) -> None:
    site, _, messages = sky(2, seed, OFF)
    biases = run(site, messages)[0].registration.biases
    error = biases.b[:8] - np.ravel(OFF)
    assert nees(error[None], biases.P[:8, :8][None])[0] < 26.1  # 99.9 % of eight
    sigma = np.sqrt(np.diag(biases.P)[:8]).reshape(2, 4)
    assert np.all(sigma[:, :3] < np.array([6.0, 1e-3, 1e-3]))
    assert np.all(sigma[:, 3] > 0.03)  # the clocks' common error nobody can see
    skew = biases.b[3] - biases.b[7]  # but what they differ by is known to 20 ms after a minute
    assert abs(skew - (OFF[0].time_s - OFF[1].time_s)) < 0.020
    apart = biases.P[3, 3] + biases.P[7, 7] - 2.0 * biases.P[3, 7]
    assert math.sqrt(apart) < 0.010


def test_what_radars_learn_that_look_often_is_no_surer_than_it_is_true() -> None:
    """Ten looks a second that err alike for a second are worth one."""
    found = []
    for seed in (3, 4, 5):
        site, _, messages = sky(2, seed, OFF, quiet_s=30.0, periods_s=(0.1, 0.1))
        biases = run(site, messages)[0].registration.biases
        error = biases.b[:8] - np.ravel(OFF)
        found.append(nees(error[None], biases.P[:8, :8][None])[0])
        assert np.all(np.sqrt(np.diag(biases.P)[:3]) < np.array([4.0, 1e-3, 1e-3]))
    assert sum(found) < 51.2  # 99.9 % of twenty-four


def test_what_radars_learn_that_err_twice_as_they_claim_is_no_surer_than_it_is_true() -> None:
    found = []
    for seed in (3, 4, 5):
        site, _, messages = sky(2, seed, OFF, noise=2.0)
        engine, outputs = run(site, messages)
        biases = engine.registration.biases
        error = biases.b[:8] - np.ravel(OFF)
        found.append(nees(error[None], biases.P[:8, :8][None])[0])
        assert np.all(np.sqrt(np.diag(biases.P)[:3]) < np.array([8.0, 1.5e-3, 1.5e-3]))
        told = {sensor: (state, reason) for sensor, state, reason in health(outputs)}
        assert told.keys() == {"r0", "r1"}
        for state, reason in told.values():
            assert (state, reason[:5], reason[8:]) == (
                "LIVE",
                "errs ",
                " times as much as it claims",
            )
            assert 1.5 < float(reason[5:8]) < 2.6
    assert sum(found) < 51.2  # 99.9 % of twenty-four


def test_a_fast_radar_learns_beside_slower_ones() -> None:
    """Those two compare a flyer twice a second; the third, whose plots are worth one a second, has its turn."""
    site, _, messages = sky(
        3, 6, [*OFF, Error(8.0, 1e-3, -1e-3)], quiet_s=40.0, periods_s=(0.5, 0.7, 0.1)
    )
    P = run(site, messages)[0].registration.biases.P
    assert math.sqrt(P[8, 8]) < 4.0


def test_a_raid_after_a_quiet_minute_is_nearer_to_the_truth_than_unregistered() -> None:
    places: dict[bool, list[float]] = {True: [], False: []}
    landings: dict[bool, list[float]] = {True: [], False: []}
    for seed in (3, 4):
        site, simulated, messages = sky(2, seed, OFF, rounds=4, tail_s=25.0)
        truth = simulated.truth
        for learns in (True, False):
            _, outputs = run(site, messages, None if learns else NOTHING_LEARNT)
            updates = [o for o in outputs if isinstance(o, TrackUpdate) and o.status != "ended"]
            who = who_is_who(truth, updates, {update.track for update in updates})
            for o in outputs:
                i = who.get(o.track, -1) if isinstance(o, TrackUpdate | Prediction) else -1
                if i < 0 or not truth.lands(i) or (o.t_ns - o.t_first_ns) / 1e9 < 8.0:
                    continue
                if isinstance(o, Prediction) and o.impact_enu_m is not None:
                    off = np.array(o.impact_enu_m[:2]) - truth.impact_enu_m[i, :2]
                    landings[learns].append(float(np.hypot(*off)))
                elif isinstance(o, TrackUpdate) and o.status != "ended":
                    off = np.array(o.state_enu[:3]) - truth.at(i, o.t_ns)[0]
                    places[learns].append(float(np.linalg.norm(off)))
    assert min(map(len, (*places.values(), *landings.values()))) >= 40
    assert np.mean(places[True]) < 0.6 * np.mean(places[False])
    assert np.mean(landings[True]) < np.mean(landings[False])


def test_aircraft_that_report_themselves_tell_one_radar_its_azimuth() -> None:
    site, _, messages = sky(1, 5, (Error(azimuth_rad=5e-3),), told=True)
    biases = run(site, messages)[0].registration.biases
    sigma = math.sqrt(biases.P[1, 1])
    assert sigma < 2.2e-3  # of 3
    assert abs(biases.b[1] - 5e-3) < 3.0 * sigma


def test_every_object_that_reports_itself_has_its_turn_where_a_look_may_compare_but_one() -> None:
    site, _, messages = sky(1, 5, (Error(azimuth_rad=5e-3),), told=True)
    one = EngineSettings(registration=RegistrationSettings(per_look=1))
    told = {message.ident for message in messages if isinstance(message, KnownTrack)}
    engine, _ = run(site, messages, one)
    assert len(told) > 3
    assert {ident for ident, _ in engine.registration.state()["reported"]} == told


@pytest.mark.parametrize("sigma_time_s", [0.02, None])
def test_clocks_that_err_alike_are_found_by_who_states_how_well_he_tells_utc(
    sigma_time_s: float | None,
) -> None:
    late = Error(time_s=0.06)
    site, _, messages = sky(2, 14, (late, late), told=True)
    told = [
        msgspec.structs.replace(message, sigma_time_s=sigma_time_s)
        if isinstance(message, KnownTrack)
        else message
        for message in messages
    ]
    biases = run(site, told)[0].registration.biases
    mean = np.zeros(len(biases.b))
    mean[[3, 7]] = 0.5
    sigma = math.sqrt(mean @ biases.P @ mean)
    assert abs(mean @ biases.b - 0.06) < 3.0 * sigma
    if sigma_time_s is None:  # as received: each may be older than told by 0.2 s
        assert 0.028 < sigma < 0.05 / math.sqrt(2.0)
    else:
        assert sigma < 0.020


def test_alone_and_without_reports_nothing_is_learnt_and_nothing_changes() -> None:
    site, _, messages = sky(1, 5, (Error(azimuth_rad=5e-3),), quiet_s=15.0)
    engine, outputs = run(site, messages)
    assert engine.registration.biases.used == 0
    assert outputs == run(site, messages, NOTHING_LEARNT)[1]


def test_what_is_applied_moves_so_slowly_that_no_track_feels_it() -> None:
    site, simulated, messages = sky(2, 6, OFF)
    engine = Engine(site, simulated=True)
    steps, last, ids = [], None, set()
    for message in messages:
        for out in engine.receive(message):
            if isinstance(out, TrackUpdate) and seconds(out.t_ns) > 8.0:
                ids.add(out.track)
        applied = np.array(engine.registration.applied)
        if last is not None:
            steps.append(np.abs(applied - last).max(axis=0))
        last = applied
    # a tenth of the declared sigma in a second, renewed every half of one
    assert np.all(np.max(steps, axis=0) <= np.array([1.01, 1.51e-4, 1.51e-4, 2.51e-3]) * 2.0)
    assert np.max(steps, axis=0)[0] > 0.0
    assert len(ids) == len(simulated.truth)


@pytest.mark.parametrize("liar", [0, 1, 2])
def test_a_radar_that_points_100_mrad_off_is_not_believed_and_makes_no_ghost(liar: int) -> None:
    errors = [Error(azimuth_rad=0.1) if s == liar else Error() for s in range(3)]
    site, simulated, messages = sky(3, 7, errors, quiet_s=25.0, rounds=3, tail_s=20.0)
    _, outputs = run(site, messages)
    assert health(outputs) == [(f"r{liar}", "DEGRADED", "not believed")]
    refused = Counter((o.feed, o.reason) for o in outputs if isinstance(o, Rejected))
    assert refused[f"r{liar}", "not_believed"] > 50
    updates = [
        o
        for o in outputs
        if isinstance(o, TrackUpdate) and o.status != "ended" and seconds(o.t_ns) > 18.0
    ]
    tracks = {update.track for update in updates}
    who = who_is_who(simulated.truth, updates, tracks)
    assert set(who) == tracks  # each track is an object,
    assert len(tracks) == len(simulated.truth)  # and each object one track
    assert any(isinstance(o, ZoneState) and o.phase == "warn" for o in outputs)


LIE = 0.1
STANDS = (
    Reflector(id="near", position_enu_m=(900.0, 1400.0, 60.0)),
    Reflector(id="far", position_enu_m=(-2500.0, 500.0, 90.0)),
)


@pytest.mark.parametrize("seed", [21, 22])
@pytest.mark.parametrize("liar", [0, 1])
def test_of_two_that_disagree_in_a_raid_none_is_left_out_unless_it_errs(
    liar: int, seed: int
) -> None:
    """No majority and nothing that tells its place: both may be doubted, then both are heard."""
    errors = [Error(azimuth_rad=LIE) if s == liar else Error() for s in range(2)]
    site, simulated, messages = sky(2, seed, errors, quiet_s=2.0, flyers=0, rounds=8, tail_s=40.0)
    _, outputs = run(site, messages)
    assert health(outputs)
    refused = {o.feed for o in outputs if isinstance(o, Rejected) and o.reason == "not_believed"}
    assert refused <= {f"r{liar}"}
    both = [
        seconds(o.t_ns) for o in outputs if isinstance(o, SensorHealth) and "disagree" in o.reason
    ]
    assert both[0] == both[1]  # it is said of both at once
    warned = [o for o in outputs if isinstance(o, ZoneState) and o.phase == "warn"]
    assert seconds(warned[0].issued_ns) < 2.0 + 3.0
    updates = [o for o in outputs if isinstance(o, TrackUpdate) and o.status != "ended"]
    who = who_is_who(simulated.truth, updates, {update.track for update in updates})
    assert set(who.values()) == set(range(len(simulated.truth)))  # whoever is right, it is shown


@pytest.mark.parametrize("seed", [21, 22])
@pytest.mark.parametrize("liar", [0, 1])
@pytest.mark.parametrize("by", ["reflectors", "known traffic"])
def test_what_tells_its_own_place_decides_which_of_two_errs(by: str, liar: int, seed: int) -> None:
    errors = [Error(azimuth_rad=LIE) if s == liar else Error() for s in range(2)]
    if by == "reflectors":
        site, _, messages = sky(
            2, seed, errors, quiet_s=2.0, flyers=0, rounds=8, tail_s=40.0, reflectors=STANDS
        )
    else:
        site, _, messages = sky(2, seed, errors, quiet_s=20.0, rounds=3, tail_s=20.0, told=True)
    _, outputs = run(site, messages)
    assert health(outputs) == [(f"r{liar}", "DEGRADED", "not believed")]
    refused = {o.feed for o in outputs if isinstance(o, Rejected) and o.reason == "not_believed"}
    assert refused == {f"r{liar}"}


def test_reflectors_tell_of_one_radar_that_it_errs_and_that_it_is_mended() -> None:
    site, simulated, messages = sky(
        1, 24, [Error(azimuth_rad=LIE)], quiet_s=80.0, flyers=2, reflectors=STANDS
    )
    mended_ns = START_NS + 20_000_000_000
    messages = [
        right if right.t_arrival_ns > mended_ns else message
        for right, message in zip(simulated.messages, messages, strict=True)
    ]
    engine, outputs = run(site, messages)
    assert health(outputs) == [("r0", "DEGRADED", "not believed"), ("r0", "LIVE", "heard again")]
    told = [seconds(o.t_ns) for o in outputs if isinstance(o, SensorHealth)]
    assert told[0] < 10.0
    assert 20.0 < told[1] < 60.0
    assert not any(isinstance(o, Rejected) and o.reason == "not_believed" for o in outputs)
    assert abs(engine.registration.biases.b[1]) < 2e-3  # nothing was learnt of the lie


def test_a_radar_that_drops_out_in_a_raid_leaves_the_others_registered() -> None:
    errors = [*OFF, Error(22.0, -3e-3, -2e-3, -0.03)]
    site, simulated, messages = sky(3, 25, errors, quiet_s=30.0, rounds=6, tail_s=35.0)

    def silent(message: Input) -> bool:
        of = message.sensor if isinstance(message, PlotBatch | SensorStatus) else ""
        return of == "r2" and seconds(message.t_arrival_ns) > 36.0

    engine, outputs, marks = Engine(site, simulated=True), [], {}
    for message in messages:
        if not silent(message):
            outputs += engine.receive(message)
        biases = engine.registration.biases
        marks[seconds(message.t_arrival_ns) // 1.0] = (biases.used, np.diag(biases.P)[:8].copy())
    assert health(outputs) == [("r2", "DEGRADED", "silent")]
    assert marks[64.0][0] > marks[40.0][0] + 20  # the two go on comparing,
    assert np.all(marks[64.0][1] <= marks[37.0][1] * 1.02)  # and know as much of themselves
    for s in (0, 1):
        error = np.array(engine.registration.applied[s])[:3] - errors[s][:3]
        assert np.all(np.abs(error) < np.array([8.0, 1.5e-3, 1.5e-3]))
    updates = [o for o in outputs if isinstance(o, TrackUpdate) and o.status != "ended"]
    who = who_is_who(simulated.truth, updates, {o.track for o in updates})
    assert set(who.values()) == set(range(len(simulated.truth)))
    lost = [o for o in outputs if isinstance(o, TrackUpdate) and o.status == "ended"]
    early = [o for o in lost if 36.0 < seconds(o.t_ns) < 45.0 and o.track in who]
    landed = simulated.truth.t_end_ns
    assert all(landed[who[o.track]] <= o.t_ns + 2_000_000_000 for o in early)
    assert any(isinstance(o, ZoneState) and o.phase == "warn" for o in outputs)


def test_a_radar_that_is_mended_is_believed_again() -> None:
    site, simulated, messages = sky(3, 8, [Error(), Error(azimuth_rad=0.1), Error()])
    mended_ns = START_NS + 20_000_000_000
    messages = [
        right if right.t_arrival_ns > mended_ns else message
        for right, message in zip(simulated.messages, messages, strict=True)
    ]
    engine, outputs = run(site, messages)
    assert [state for _, state, _ in health(outputs)] == ["DEGRADED", "LIVE"]
    bank = engine._tracker.bank
    fed = bank.table.seen_s[: bank.size, 1].max()
    assert fed + engine._tracker.epoch_ns / 1e9 > START_NS / 1e9 + 55.0


def test_radars_that_err_as_they_declare_are_believed() -> None:
    for seed in (9, 10):
        rng = np.random.default_rng(seed)
        errors = [
            Error(*(np.array([20.0, 3e-3, 3e-3, 0.05]) * rng.normal(size=4))) for _ in range(3)
        ]
        site, _, messages = sky(3, seed, errors, quiet_s=20.0, rounds=4, tail_s=20.0)
        assert health(run(site, messages)[1]) == []


def test_a_radar_that_drops_out_and_returns_costs_no_track_and_keeps_its_calibration() -> None:
    site, simulated, messages = sky(2, 11, OFF, quiet_s=60.0)

    def silent(message: Input) -> bool:
        of = message.sensor if isinstance(message, PlotBatch | SensorStatus) else ""
        return of == "r1" and 30.0 < seconds(message.t_arrival_ns) < 45.0

    engine, outputs = run(site, [message for message in messages if not silent(message)])
    assert health(outputs) == [("r1", "DEGRADED", "silent"), ("r1", "LIVE", "heard again")]
    tracks = {o.track for o in outputs if isinstance(o, TrackUpdate) and seconds(o.t_ns) > 10.0}
    assert len(tracks) == len(simulated.truth)
    error = np.array(engine.registration.applied[1])[:3] - OFF[1][:3]
    assert np.all(np.abs(error) < np.array([6.0, 1.2e-3, 1.2e-3]))


def test_a_plot_doubled_while_its_calibration_moves_is_still_a_double() -> None:
    site, _, messages = sky(2, 12, OFF, quiet_s=15.0)
    again: list[Input] = []
    for message in messages:
        again.append(message)
        if isinstance(message, PlotBatch) and seconds(message.t_arrival_ns) > 8.0:
            late_ns = message.t_arrival_ns + 1_200_000_000
            again.append(msgspec.structs.replace(message, t_arrival_ns=late_ns))
    again.sort(key=lambda m: m.t_arrival_ns)
    outputs = run(site, again)[1]
    doubled = sum(o.count for o in outputs if isinstance(o, Rejected) and o.reason == "duplicate")
    sent = sum(len(m) for m in again if isinstance(m, PlotBatch) and seconds(m.t_arrival_ns) > 8.0)
    assert doubled > 0.45 * sent


@pytest.mark.parametrize(("cut_s", "fast_s"), [(12.3, 0.5), (19.7, 0.5), (12.3, 0.2)])
def test_a_snapshot_while_calibrations_move_changes_nothing(cut_s: float, fast_s: float) -> None:
    errors = [*OFF, Error(azimuth_rad=0.1)]
    periods_s = (fast_s, 0.7, 0.5)
    site, _, messages = sky(3, 13, errors, quiet_s=24.0, told=True, periods_s=periods_s)
    expected = run(site, messages)[1]
    engine, outputs = Engine(site, simulated=True), []
    for message in messages:
        if isinstance(message, Tick) and abs(seconds(message.t_arrival_ns) - cut_s) < 0.25:
            snapshot = engine.snapshot()
            engine = Engine.restore(site, None, snapshot)
            assert engine.snapshot() == snapshot
        outputs += engine.receive(message)
    assert msgspec.msgpack.encode(outputs) == msgspec.msgpack.encode(expected)
