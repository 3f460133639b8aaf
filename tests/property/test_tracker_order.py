"""Whatever order, doubling or damage plots arrive with, the tracks are those of the good plots in order."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rampart.domain.messages import PLOT_DTYPE, PlotBatch
from rampart.domain.site import Sensor
from rampart.domain.time import ns_from_seconds
from tracker_world import (
    assert_same_sky,
    batch,
    drive,
    level_flight,
    look,
    round_from,
    site_of,
    sky,
    tracker_of,
)

SENSOR = Sensor(id="R", clutter_per_scan=10.0)
SITE = site_of(SENSOR)


def raid(seed: int, scans: int = 14, clutter: float = 10.0) -> list[PlotBatch]:
    rng = np.random.default_rng(seed)
    paths = [
        round_from((3000 + 15 * i, 900, 0), (-95, -20, 140 + i), 0.6 * i) for i in range(5)
    ] + [level_flight((-2500, 1500, 220), (45, -10, 0))]
    return [
        look(SITE, SENSOR, 0.5 * k + 0.1, paths, rng, clutter=clutter, pd=0.9) for k in range(scans)
    ]


def rows_of(item: PlotBatch) -> np.ndarray:
    return item.rows.copy()


@given(st.integers(0, 10_000))
@settings(max_examples=10)
def test_the_order_of_plots_within_a_batch_does_not_matter(seed: int) -> None:
    batches = raid(seed)
    rng = np.random.default_rng(seed + 1)
    shuffled = [
        PlotBatch(
            sensor=b.sensor,
            t_arrival_ns=b.t_arrival_ns,
            data=rng.permutation(rows_of(b)).tobytes(),
            complete=True,
        )
        for b in batches
    ]
    a, b = tracker_of(SITE), tracker_of(SITE)
    drive(a, batches)
    drive(b, shuffled)
    assert len(sky(a)) >= 5
    assert_same_sky(a, b, 0.0)


@given(st.integers(0, 10_000), st.data())
@settings(max_examples=15)
def test_batches_that_come_late_within_the_ring_leave_no_trace(
    seed: int, data: st.DataObject
) -> None:
    batches = raid(seed)
    # each batch is up to 1.4 s late; ticks and arrivals go on meanwhile
    delays = data.draw(
        st.lists(st.floats(0, 1.4), min_size=len(batches), max_size=len(batches)), label="delays"
    )
    order = sorted(range(len(batches)), key=lambda i: 0.5 * i + delays[i])
    now_ns = 0
    late = tracker_of(SITE)
    for i in order:
        now_ns = max(now_ns, batches[i].t_arrival_ns + ns_from_seconds(delays[i]))
        late.observe(msgspec.structs.replace(batches[i], t_arrival_ns=now_ns))
        late.advance(now_ns)
    punctual = tracker_of(SITE)
    for item in batches:
        punctual.observe(item)
    assert late.rejections() == []
    assert_same_sky(punctual, late, 1e-9)


@given(st.integers(0, 10_000))
@settings(max_examples=5)
def test_plots_one_by_one_in_any_order_of_one_instant_give_the_same_tracks(seed: int) -> None:
    batches = raid(seed, scans=8, clutter=3.0)
    singles = [
        PlotBatch(sensor=b.sensor, t_arrival_ns=b.t_arrival_ns, data=row.tobytes())
        for b in batches
        for row in rows_of(b)
    ]
    by_scan: dict[int, list[PlotBatch]] = {}
    for item in singles:
        by_scan.setdefault(item.t_arrival_ns, []).append(item)
    rng = np.random.default_rng(seed)
    a, b = tracker_of(SITE), tracker_of(SITE)
    for group in by_scan.values():
        drive(a, group)
        drive(b, [group[i] for i in rng.permutation(len(group))])
    assert_same_sky(a, b, 1e-9)


def test_a_plot_older_than_the_ring_is_refused_and_counted() -> None:
    batches = raid(3)
    tracker = tracker_of(SITE)
    drive(tracker, batches[2:])
    before = sky(tracker)
    tracker.observe(msgspec.structs.replace(batches[0], t_arrival_ns=batches[-1].t_arrival_ns))
    assert tracker.rejections() == [("R", "too_late", len(batches[0]))]
    assert sky(tracker).keys() == before.keys()


def test_doubled_plots_are_refused_and_confirm_nothing() -> None:
    once, twice = tracker_of(SITE), tracker_of(SITE)
    for item in raid(5):
        drive(once, [item])
        rows = rows_of(item)
        drive(
            twice,
            [
                PlotBatch(
                    sensor="R",
                    t_arrival_ns=item.t_arrival_ns,
                    data=np.concatenate([rows, rows]).tobytes(),
                    complete=True,
                ),
                PlotBatch(sensor="R", t_arrival_ns=item.t_arrival_ns, data=rows[:3].tobytes()),
            ],
        )
    refused = {reason: n for _, reason, n in twice.rejections()}
    assert refused["duplicate"] > 50
    assert_same_sky(once, twice, 0.0)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"range_m": math.nan}, "not_a_number"),
        ({"azimuth_rad": math.inf}, "not_a_number"),
        ({"elevation_rad": -math.inf}, "not_a_number"),
        ({"range_rate_mps": math.inf}, "not_a_number"),
        ({"range_m": -5.0}, "negative_range"),
        ({"range_m": 0.0}, "negative_range"),
        ({"range_m": 60_000.0}, "out_of_coverage"),
        ({"elevation_rad": -1.0}, "out_of_coverage"),
        ({"range_rate_mps": 5_000.0}, "out_of_coverage"),
        ({"t_event_ns": ns_from_seconds(4_000.0)}, "time_absurd"),
        ({"t_event_ns": -(2**62)}, "time_absurd"),
    ],
)
def test_a_damaged_row_is_refused_by_its_reason_and_harms_no_other(
    damage: dict[str, float], reason: str
) -> None:
    clean, damaged = tracker_of(SITE), tracker_of(SITE)
    for item in raid(7):
        drive(clean, [item])
        rows = rows_of(item)
        bad = rows[:1].copy()
        for name, value in damage.items():
            bad[name] = value
        data = np.concatenate([rows, bad]).tobytes()
        drive(damaged, [msgspec.structs.replace(item, data=data)])
    assert damaged.rejections() == [("R", reason, 14)]
    assert_same_sky(clean, damaged, 0.0)


def test_an_unknown_sensor_is_counted() -> None:
    tracker = tracker_of(SITE)
    tracker.observe(batch("nobody", 1.0, [(3000, 1, 0.2, -50)]))
    assert tracker.rejections() == [("nobody", "unknown_sensor", 1)]


@pytest.mark.parametrize("jump_s", [3_600.0, -3_600.0])
def test_after_a_jump_of_an_hour_the_tracker_sees_again(jump_s: float) -> None:
    tracker = tracker_of(SITE)
    start = 7_200.0
    drive(tracker, [shifted(item, start) for item in raid(11)])
    assert sky(tracker)
    drive(tracker, [shifted(item, start + jump_s) for item in raid(11, scans=20)])
    assert len(sky(tracker)) >= 5


def shifted(item: PlotBatch, by_s: float) -> PlotBatch:
    rows = rows_of(item)
    rows["t_event_ns"] += ns_from_seconds(by_s)
    return PlotBatch(
        sensor=item.sensor,
        t_arrival_ns=item.t_arrival_ns + ns_from_seconds(by_s),
        data=rows.tobytes(),
        complete=True,
    )


def test_a_million_plots_and_a_million_equal_plots_stay_within_bounds() -> None:
    rng = np.random.default_rng(1)
    rows = np.zeros(1_000_000, PLOT_DTYPE)
    for name in PLOT_DTYPE.names[1:12]:
        rows[name] = math.nan
    rows["t_event_ns"] = ns_from_seconds(1.0)
    rows["range_m"] = rng.uniform(400, 19_000, len(rows))
    rows["azimuth_rad"] = rng.uniform(0, 6.28, len(rows))
    rows["elevation_rad"] = rng.uniform(0.05, 1.0, len(rows))
    flood = PlotBatch(sensor="R", t_arrival_ns=ns_from_seconds(1.0), data=rows.tobytes())
    tracker = tracker_of(SITE, max_rows=512, max_plots=1024)
    drive(tracker, [flood])
    assert tracker.rejections() == [("R", "overload", 1_000_000 - 1024)]
    assert tracker.bank.capacity <= 512
    rows[:] = rows[0]
    rows["t_event_ns"] = ns_from_seconds(1.5)
    equal = PlotBatch(sensor="R", t_arrival_ns=ns_from_seconds(1.5), data=rows.tobytes())
    drive(tracker, [equal])
    assert sum(n for _, _, n in tracker.rejections()) == 999_999
    drive(tracker, [shifted(item, 10.0) for item in raid(2)])
    assert len(sky(tracker)) >= 5


@given(st.integers(0, 10_000), st.integers(1, 13), st.booleans())
@settings(max_examples=12)
def test_a_restored_tracker_goes_on_exactly(seed: int, cut: int, late: bool) -> None:
    batches = raid(seed)
    if late and 1 < cut < 13:
        batches[cut - 1], batches[cut] = batches[cut], batches[cut - 1]
    a = tracker_of(SITE)
    drive(a, batches[:cut])
    packed = msgspec.msgpack.encode(a.state())
    b = tracker_of(SITE)
    b.load(msgspec.msgpack.decode(packed))
    assert msgspec.msgpack.encode(b.state()) == packed
    assert b.touched == a.touched
    for item in batches[cut:]:
        a.collect()
        b.collect()
        drive(a, [item])
        drive(b, [item])
        assert a.touched == b.touched
        assert a.ended == b.ended
    assert sky(a).keys() == sky(b).keys()
    assert_same_sky(a, b, 0.0)
    assert msgspec.msgpack.encode(a.state()) == msgspec.msgpack.encode(b.state())


def test_another_version_s_state_is_refused() -> None:
    with pytest.raises(ValueError, match="version"):
        tracker_of(SITE).load({"version": 99})
