"""One radar beside others that see nothing, are prompter, or deliver otherwise: what it sees is warned of."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from rampart import scenario
from rampart.domain.messages import PLOT_DTYPE, PlotBatch, SensorHealth, ZoneState
from rampart.engine.engine import Engine
from rampart.engine.tracking import Tracker

S = 1_000_000_000


@pytest.fixture(scope="module")
def run():
    return scenario.load("one-mortar", seed=11)


def beside(run, *others, **changes):
    """The site with more sensors like its radar, named so, and changed so."""
    radar = run.site.sensors[0]
    more = [msgspec.structs.replace(radar, id=name, **changes) for name in others]
    return msgspec.structs.replace(run.site, sensors=(radar, *more))


def late(messages, by_s: float):
    """The messages with their plots delivered `by_s` later."""
    moved = [
        msgspec.structs.replace(m, t_arrival_ns=m.t_arrival_ns + round(by_s * S))
        if isinstance(m, PlotBatch)
        else m
        for m in messages
    ]
    return sorted(moved, key=lambda m: m.t_arrival_ns)


def said(site, *feeds):
    """All that an engine says to the feeds, taken together in order of arrival."""
    engine = Engine(site, simulated=True)
    messages = sorted((m for feed in feeds for m in feed), key=lambda m: m.t_arrival_ns)
    return [output for message in messages for output in engine.receive(message)]


def first_warning_ns(outputs) -> int | None:
    return next(
        (o.issued_ns for o in outputs if isinstance(o, ZoneState) and o.phase == "warn"), None
    )


@pytest.mark.parametrize(("blind", "hz"), [(2, 2), (1, 4), (3, 2)])
def test_radars_that_see_nothing_do_not_outvote_the_one_that_does(run, blind, hz) -> None:
    names = [f"blind{i}" for i in range(blind)]
    start_ns = next(iter(run.messages())).t_arrival_ns
    looks = [
        PlotBatch(
            sensor=name, t_arrival_ns=start_ns + k * S // hz + i * S // 10, data=b"", complete=True
        )
        for k in range(60 * hz)
        for i, name in enumerate(names)
    ]
    alone = first_warning_ns(said(run.site, run.messages()))
    site = beside(run, *names, scan_period_s=1.0 / hz)
    assert first_warning_ns(said(site, run.messages(), looks)) == alone


def plots_elsewhere(sensor: str, start_ns: int, azimuth_rad: float, ahead_s: float = 0.0):
    """One plot each quarter of a second far from everything, stamped `ahead_s` ahead."""
    for k in range(240):
        row = np.zeros(1, PLOT_DTYPE)
        for name in PLOT_DTYPE.names:
            if PLOT_DTYPE[name].kind == "f":
                row[name] = np.nan
        t_ns = start_ns + k * S // 4
        row["t_event_ns"] = t_ns + round(ahead_s * S)
        row["range_m"], row["azimuth_rad"], row["elevation_rad"] = 12_000.0, azimuth_rad, 0.9
        yield PlotBatch(sensor=sensor, t_arrival_ns=t_ns, data=row.tobytes())


@pytest.mark.parametrize(("ahead_s", "late_s"), [(0.0, 2.5), (0.0, 10.0), (1.9, 0.3)])
def test_a_late_radar_beside_a_prompt_one_warns(run, ahead_s, late_s) -> None:
    sector = {"azimuth_min_rad": 2.0, "azimuth_max_rad": 2.4}
    start_ns = next(iter(run.messages())).t_arrival_ns
    outputs = said(
        beside(run, "prompt", **sector),
        late(run.messages(), late_s),
        plots_elsewhere("prompt", start_ns, 2.2, ahead_s),
    )
    alone = first_warning_ns(said(run.site, run.messages()))
    warned = first_warning_ns(outputs)
    assert warned is not None
    # what is refused until it is clear that the radar is late, and the delay itself
    assert warned - alone <= (late_s + 2.5) * S
    if late_s > 2.0:
        words = [o.reason for o in outputs if isinstance(o, SensorHealth) and o.sensor == "clock"]
        assert any("plots of radar stand" in word for word in words)


def test_a_radar_that_delivers_whole_turns_is_in_time_beside_a_prompt_one(run) -> None:
    turn_s = 4.0
    turns = []
    gathered: list[PlotBatch] = []
    for message in run.messages():
        if not isinstance(message, PlotBatch):
            turns.append(message)
            continue
        gathered.append(message)
        if message.t_arrival_ns - gathered[0].t_arrival_ns >= (turn_s - 0.6) * S:
            data = b"".join(m.data for m in gathered)
            turns.append(msgspec.structs.replace(gathered[-1], data=data))
            gathered = []
    start_ns = turns[0].t_arrival_ns
    sector = {"azimuth_min_rad": 2.0, "azimuth_max_rad": 2.4}
    slow = beside(run, "prompt", **sector)
    radar, prompt = slow.sensors
    slow = msgspec.structs.replace(
        slow, sensors=(msgspec.structs.replace(radar, scan_period_s=turn_s), prompt)
    )
    outputs = said(slow, turns, plots_elsewhere("prompt", start_ns, 2.2))
    refused = [o for o in outputs if getattr(o, "reason", "") == "too_late"]
    assert not refused
    assert first_warning_ns(outputs) is not None


@pytest.mark.parametrize("late_s", [9.0, 12.0, 14.5])
def test_a_late_radar_beside_one_that_delivers_slow_turns_ends_nobodys_tracks(
    run, late_s, monkeypatch
) -> None:
    """A turn of 10 s: within 11 s a plot finds its place, beyond them it is told of as of its receipt."""
    begun = []
    monkeypatch.setattr(Tracker, "_start_anew", lambda self: begun.append(self))
    start_ns = next(iter(run.messages())).t_arrival_ns
    site = beside(run, "turner", scan_period_s=10.0, azimuth_min_rad=2.0, azimuth_max_rad=2.4)
    parts = list(plots_elsewhere("turner", start_ns, 2.2))
    turns = [
        msgspec.structs.replace(part[-1], data=b"".join(m.data for m in part), complete=True)
        for part in (parts[k : k + 40] for k in range(0, len(parts), 40))
    ]
    outputs = said(site, late(run.messages(), late_s), turns)
    assert not begun
    alone = first_warning_ns(said(run.site, run.messages()))
    assert first_warning_ns(outputs) - alone <= (late_s + 2.5) * S
