"""One message in, its outputs out: what the engine owes its caller whatever it is given."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rampart import scenario
from rampart.domain.messages import (
    PLOT_DTYPE,
    Origin,
    Plot,
    PlotBatch,
    Prediction,
    Rejected,
    SensorHealth,
    Tick,
    TrackUpdate,
    ZoneState,
)
from rampart.engine.engine import Engine

S = 1_000_000_000


@pytest.fixture(scope="module")
def run():
    return scenario.load("one-mortar", seed=11)


def outputs(site, messages):
    engine = Engine(site, simulated=True)
    return [out for message in messages for out in engine.receive(message)]


def flattened(message, *, keep=()):
    """The same plots as a radar without elevation and Doppler would send them (CAT 048)."""
    if not isinstance(message, PlotBatch):
        return message
    rows = message.rows.copy()
    for name in ("elevation_rad", "range_rate_mps"):
        if name not in keep:
            rows[name] = math.nan
    return PlotBatch(
        sensor=message.sensor, t_arrival_ns=message.t_arrival_ns, data=rows.tobytes(),
        complete=message.complete,
    )  # fmt: skip


def test_a_bomb_is_tracked_classed_predicted_and_warned_of(run) -> None:
    out = outputs(run.site, run.messages())
    states = [o for o in out if isinstance(o, ZoneState)]
    assert [s.phase for s in states if s.change in ("", "opened")] == ["warn", "impact", "hold"]
    assert all(s.simulated for s in states)
    last = [o for o in out if isinstance(o, Prediction) and o.model == "ballistic"][-1]
    truth = run.truth
    miss = np.hypot(*(np.array(last.impact_enu_m[:2]) - truth.impact_enu_m[0, :2]))
    assert miss < 100.0
    assert last.impact_ns_q05 < truth.t_impact_ns[0] + S
    assert last.impact_ns_q95 > truth.t_impact_ns[0] - S
    updates = [o for o in out if isinstance(o, TrackUpdate) and o.status != "ended"]
    assert updates[-1].family == "mortar"
    assert any(isinstance(o, Origin) for o in out)


def test_a_report_tells_what_the_tracker_knows_of_a_track(run) -> None:
    engine = Engine(run.site, simulated=True)
    for message in run.messages():
        engine.receive(message)
        assert engine._tracker is not None
        bank = engine._tracker.bank
        if isinstance(message, PlotBatch) and any(bank.hits[bank.rows()] >= 8):
            break
    (row,) = bank.rows()
    now_ns = message.t_arrival_ns + S // 2

    def told() -> TrackUpdate:
        (update,) = (o for o in engine.receive(Tick(now_ns)) if isinstance(o, TrackUpdate))
        return update

    update = told()
    mean, cov = bank.state_at(row, (now_ns - engine._tracker.epoch_ns) / S)
    np.testing.assert_allclose(update.state_enu, mean[:6])
    np.testing.assert_allclose(update.cov_enu, [cov[i, j] for i in range(6) for j in range(i, 6)])
    assert update.drag_per_m == pytest.approx(math.exp(mean[6]))
    assert (update.track, update.plots) == (bank.track_id[row], bank.hits[row])
    assert (update.status, update.bounded, update.ambiguous) == ("confirmed", True, False)
    table = bank.table
    for column, value, field, said in (
        (table.misses, 1, "status", "coasting"),
        (table.ambiguous, 1, "ambiguous", True),
        (table.bounded, 0, "bounded", False),
        (table.hits, 40, "plots", 40),
    ):
        column[row] = value
        assert getattr(told(), field) == said


def test_without_elevation_nothing_is_invented(run) -> None:
    """A mortar through a radar without elevation: 2-D only, impact unbounded, said so."""
    out = outputs(run.site, [flattened(m) for m in run.messages()])
    updates = [o for o in out if isinstance(o, TrackUpdate) and o.status != "ended"]
    assert updates
    assert not any(u.bounded for u in updates)
    predictions = [o for o in out if isinstance(o, Prediction)]
    assert predictions
    assert all(p.model == "unbounded" and p.impact_enu_m is None for p in predictions)
    assert not any(isinstance(o, Origin) for o in out)


def test_seq_is_the_cause_of_every_zone_state(run) -> None:
    engine = Engine(run.site, simulated=True)
    for number, message in enumerate(run.messages(), start=1):
        for out in engine.receive(message):
            if isinstance(out, ZoneState | SensorHealth):
                assert out.cause_seq == number
    assert engine.seq == number


def test_a_plot_and_a_batch_of_one_are_the_same(run) -> None:
    plot = Plot(
        sensor="radar", t_event_ns=5 * S, t_arrival_ns=5 * S, range_m=3000.0, azimuth_rad=1.0,
        elevation_rad=0.2, range_rate_mps=-150.0,
    )  # fmt: skip
    from rampart.domain.messages import batch_from_plots

    one, other = Engine(run.site), Engine(run.site)
    assert one.receive(plot) == other.receive(batch_from_plots([plot]))
    assert one.snapshot() == other.snapshot()


def test_stamps_that_run_backwards_are_counted_and_stop_nothing(run) -> None:
    engine = Engine(run.site, simulated=True)
    engine.receive(Tick(t_arrival_ns=10 * S))
    (out,) = engine.receive(Tick(t_arrival_ns=9 * S))
    assert isinstance(out, Rejected)
    assert out.reason == "arrival_backwards"
    assert out.t_arrival_ns == 10 * S


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("azimuth_rad", math.nan, "not_a_number"),
        ("range_m", -5.0, "negative_range"),
        ("azimuth_rad", math.inf, "not_a_number"),
        ("range_m", 9e9, "out_of_coverage"),
        ("t_event_ns", -(2**62), "time_absurd"),
    ],
)
def test_a_bad_row_is_counted_by_its_reason(run, field, value, reason) -> None:
    rows = np.zeros(1, PLOT_DTYPE)
    for name in PLOT_DTYPE.names or ():
        if PLOT_DTYPE[name].kind == "f":
            rows[name] = math.nan
    rows["range_m"], rows["azimuth_rad"], rows["elevation_rad"] = 3000.0, 1.0, 0.2
    rows["t_event_ns"] = 100 * S
    rows[field] = value
    engine = Engine(run.site)
    engine.receive(Tick(t_arrival_ns=100 * S))  # the first message of all cannot be judged alone
    out = engine.receive(PlotBatch(sensor="radar", t_arrival_ns=100 * S, data=rows.tobytes()))
    assert [(o.reason, o.count) for o in out if isinstance(o, Rejected)] == [(reason, 1)]


def test_an_unknown_sensor_is_counted(run) -> None:
    plot = Plot(sensor="nobody", t_event_ns=S, t_arrival_ns=S, range_m=1.0, azimuth_rad=0.0)
    (out,) = Engine(run.site).receive(plot)
    assert (out.feed, out.reason, out.count) == ("nobody", "unknown_sensor", 1)


def test_a_snapshot_of_another_version_is_refused(run) -> None:
    import msgspec

    with pytest.raises(ValueError, match="snapshot version 99; allowed: 14"):
        Engine.restore(run.site, None, msgspec.msgpack.encode({"version": 99}))


def test_traffic_reported_at_the_place_of_a_bomb_silences_nobody(run) -> None:
    """Reports that follow the bomb, without velocity and with its own height: it stays a threat."""
    from rampart.domain.frames import geodetic_from_enu
    from rampart.domain.messages import KnownTrack

    path = run.truth.samples(0)
    stamps, places = run.truth.sample_t_ns[path], run.truth.sample_enu_m[path]
    messages = []
    for message in run.messages():
        messages.append(message)
        now = message.t_arrival_ns
        if isinstance(message, PlotBatch) and stamps[0] <= now <= stamps[-1]:
            at = places[np.searchsorted(stamps, now)]
            latitude, longitude, height = geodetic_from_enu(at, run.site).tolist()
            messages.append(
                KnownTrack(
                    source="spoof", ident="x", t_event_ns=now, t_arrival_ns=now,
                    latitude_deg=latitude, longitude_deg=longitude, height_m=height, sigma_m=100.0,
                )
            )  # fmt: skip
    out = outputs(run.site, messages)
    assert any(isinstance(o, KnownTrack | ZoneState) for o in out)
    phases = [o.phase for o in out if isinstance(o, ZoneState) and o.change in ("", "opened")]
    assert phases[-3:] == ["warn", "impact", "hold"]
