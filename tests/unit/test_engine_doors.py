"""What comes in ever more names, or ever more parts, must not grow in the engine without bound."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from rampart import scenario
from rampart.domain.messages import (
    PLOT_DTYPE,
    KnownTrack,
    PlotBatch,
    Rejected,
    SensorHealth,
    SensorStatus,
    Tick,
    ZoneState,
)
from rampart.engine.engine import Engine
from rampart.engine.settings import EngineSettings
from rampart.engine.track_settings import TrackSettings

S = 1_000_000_000
H = 3600 * S


@pytest.fixture(scope="module")
def run():
    return scenario.load("one-mortar", seed=11)


def plots(t_event_ns: int, t_ns: int, ranges_m, snr_db) -> PlotBatch:
    rows = np.zeros(len(ranges_m), PLOT_DTYPE)
    for name in PLOT_DTYPE.names or ():
        if PLOT_DTYPE[name].kind == "f":
            rows[name] = math.nan
    rows["t_event_ns"], rows["range_m"], rows["snr_db"] = t_event_ns, ranges_m, snr_db
    rows["azimuth_rad"], rows["elevation_rad"] = 1.0, 0.3
    return PlotBatch(sensor="radar", t_arrival_ns=t_ns, data=rows.tobytes())


def report(source: str, t_ns: int, ahead_ns: int = 0) -> KnownTrack:
    return KnownTrack(
        source=source, ident=f"of {source}", t_event_ns=t_ns + ahead_ns,
        t_arrival_ns=t_ns + ahead_ns, latitude_deg=35.0, longitude_deg=40.0, height_m=9000.0,
    )  # fmt: skip


def phases(outputs) -> list[tuple[str, int, int | None]]:
    return [(o.phase, o.issued_ns, o.t_impact_ns_q50) for o in outputs if isinstance(o, ZoneState)]


def test_sensors_that_the_site_lacks_leave_no_trace(run) -> None:
    """Whatever names and stamps they come with: each is counted, and the engine stays as it was."""
    engine, plain = (Engine(run.site, simulated=True) for _ in range(2))
    told = []
    for i, message in enumerate(run.messages()):
        t_ns = message.t_arrival_ns
        assert phases(engine.receive(message)) == phases(plain.receive(message))
        for k in range(3):
            absurd_ns = t_ns + (0, H, -H)[k]
            strange = (
                PlotBatch(sensor=f"x{i}-{k}", t_arrival_ns=absurd_ns, data=b""),
                SensorStatus(sensor=f"y{i}-{k}", t_event_ns=absurd_ns, t_arrival_ns=absurd_ns),
            )
            told += [o for m in strange for o in engine.receive(m)]
        if i == 60:
            break
    refused = [o for o in told if isinstance(o, Rejected)]
    assert {(o.reason, o.count) for o in refused} == {("unknown_sensor", 1)}
    assert len(refused) == 6 * 61
    assert len(engine.snapshot()) - len(plain.snapshot()) < 64  # ordinals have more digits


def test_feeds_of_ever_new_names_are_forgotten(run) -> None:
    """The radar's clock, an hour off, and that of the service are kept; of the feeds only the latest are."""
    engine = Engine(run.site)
    t_ns, sizes = 10**18, []
    for k in range(3000):
        t_ns += S // 20
        engine.receive(report(f"feed {k}", t_ns))
        if k % 10 == 0:
            engine.receive(Tick(t_arrival_ns=t_ns))
            engine.receive(SensorStatus(sensor="radar", t_event_ns=t_ns + H, t_arrival_ns=t_ns + H))
        if k >= 1000 and k % 1000 == 0:
            sizes.append(len(engine.snapshot()))
    sizes.append(len(engine.snapshot()))
    assert max(sizes) - min(sizes) < 500
    out = engine.receive(SensorStatus(sensor="radar", t_event_ns=t_ns + H, t_arrival_ns=t_ns + H))
    assert not [o for o in out if isinstance(o, Rejected)]  # believed as ever


def test_what_waits_of_a_feed_that_is_forgotten_is_handled(run) -> None:
    """Its only report bore an odd stamp, and waited for another that agrees."""
    engine = Engine(run.site)
    t_ns = 10**18
    for _ in range(2):
        engine.receive(Tick(t_arrival_ns=t_ns))
    assert engine.receive(report("odd", t_ns, H))[0].reason == "arrival_leap"  # it waits
    told = [o for k in range(40) for o in engine.receive(report(f"feed {k}", t_ns + k))]
    assert [(o.feed, o.reason) for o in told] == [("odd", "known_unusable")]  # of the future


def test_one_instant_in_many_parts_has_the_limit_of_one_look(run) -> None:
    """The loudest stay, whatever part they came in; what is too much is counted; and parity holds."""
    most = 50
    settings = EngineSettings(track=TrackSettings(max_plots=most))
    t_ns = 10**18
    rng = np.random.default_rng(0)
    ranges_m = rng.permutation(np.linspace(1000.0, 9000.0, 400))
    snr_db = rng.permutation(np.linspace(5.0, 40.0, 400))
    engine, over, size = Engine(run.site, settings), 0, []
    restored = engine
    engine.receive(Tick(t_arrival_ns=t_ns))
    for part in range(20):
        if part == 7:
            restored = Engine.restore(run.site, settings, engine.snapshot())
        these = slice(20 * part, 20 * part + 20)
        batch = plots(t_ns, t_ns + part * 10**6, ranges_m[these], snr_db[these])
        out = engine.receive(batch)
        if restored is not engine:
            assert restored.receive(batch) == out
        over += sum(o.count for o in out if isinstance(o, Rejected) and o.reason == "overload")
        size.append(len(engine.snapshot()))
    assert over == 400 - most
    assert max(size[5:]) - min(size[5:]) < 200
    assert restored.snapshot() == engine.snapshot()
    assert engine._tracker is not None
    (entry,) = [e for e in engine._tracker._ring.entries if e.size]
    loudest = np.sort(ranges_m[np.argsort(-snr_db)[:most]])
    np.testing.assert_allclose(np.sort(entry.plots[:, 1]), loudest)


def test_plots_of_a_nameless_sensor_are_not_stamped_by_the_services_clock(run) -> None:
    engine, plain = (Engine(run.site, simulated=True) for _ in range(2))
    said = []
    for i, message in enumerate(run.messages()):
        assert phases(engine.receive(message)) == phases(plain.receive(message))
        t_ns = message.t_arrival_ns + H
        stray = msgspec.structs.replace(plots(t_ns, t_ns, [900.0], 12.0), sensor="")
        said += engine.receive(stray) if i > 40 else ()
    assert {o.reason for o in said} == {"unknown_sensor"}


def test_a_feed_that_is_called_as_the_radar_has_a_clock_of_its_own(run) -> None:
    engine, said = Engine(run.site, simulated=True), []
    for i, message in enumerate(run.messages()):
        said += engine.receive(message)
        if i > 40:
            said += engine.receive(report("radar", message.t_arrival_ns, H))
    words = {o.reason for o in said if isinstance(o, SensorHealth)}
    assert any("of traffic radar stand" in word for word in words)
    assert not any("of radar stand" in word for word in words)
