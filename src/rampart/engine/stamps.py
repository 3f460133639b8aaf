"""The stamps that messages and outputs carry: whose clock made them, and how to move them."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec
import numpy as np

from rampart.domain.messages import (
    PLOT_DTYPE,
    Input,
    KnownTrack,
    Origin,
    Output,
    PlotBatch,
    Prediction,
    Rejected,
    SensorHealth,
    SensorStatus,
    TrackUpdate,
    ZoneState,
)

FAR_NS: Final = 2**62
"""Stamps beyond (2116, 1823) are taken for this one: sums with them must stay 64-bit integers."""


def near_ns(t_ns: int) -> int:
    """The stamp that `t_ns` is taken for, never further than FAR_NS from 1970."""
    return min(max(t_ns, -FAR_NS), FAR_NS)


SERVICE: Final = ""
"""The service's own clock: it stamps Ticks, orders, weather. Who disagrees with it is disbelieved."""

_TIMES: Final[dict[type, tuple[str, ...]]] = {
    TrackUpdate: ("t_ns", "t_first_ns"),
    Prediction: ("t_ns", "t_first_ns", "impact_ns_q05", "impact_ns_q50", "impact_ns_q95"),
    Origin: ("t_ns", "launch_ns_q05", "launch_ns_q50", "launch_ns_q95"),
    ZoneState: ("issued_ns", "t_impact_ns_q05", "t_impact_ns_q50", "t_impact_ns_q95"),
    SensorHealth: ("t_ns",),
    Rejected: ("t_arrival_ns",),
}
Told = TypeVar("Told", bound=Output)


def later(output: Told, by_ns: int) -> Told:
    """`output` with all that it tells of time `by_ns` later."""
    times = {name: getattr(output, name) for name in _TIMES[type(output)]}
    return msgspec.structs.replace(
        output, **{name: t_ns + by_ns for name, t_ns in times.items() if t_ns is not None}
    )


def source_of(message: Input) -> str:
    """Whose clock stamped it."""
    match message:
        case PlotBatch() | SensorStatus():
            return message.sensor
        case KnownTrack():
            return f"traffic {message.source}"  # no sensor's id holds a blank
        case _:
            return SERVICE


def content_ns(message: Input) -> int | None:
    """The time that the content is of, never further than FAR_NS from 1970; None for content of no time."""
    match message:
        case PlotBatch() if message.data and len(message.data) % PLOT_DTYPE.itemsize == 0:
            stamps = message.rows["t_event_ns"].copy()
            middle = len(stamps) // 2
            stamps.partition(middle)  # few may be absurd
            return near_ns(int(stamps[middle]))
        case KnownTrack() | SensorStatus():
            return near_ns(message.t_event_ns)
        case _:
            return None


def event_moved(message: Input, offset_ns: int) -> Input:
    """`message` with its event stamps `offset_ns` earlier; never further than FAR_NS from 1970."""
    match message:
        case PlotBatch() if len(message.data) % PLOT_DTYPE.itemsize == 0:
            rows = message.rows.copy()
            low, high = max(offset_ns - FAR_NS, -(2**63)), min(offset_ns + FAR_NS, 2**63 - 1)
            rows["t_event_ns"] = np.clip(rows["t_event_ns"], low, high) - offset_ns
            return msgspec.structs.replace(message, data=rows.tobytes())
        case KnownTrack() | SensorStatus():
            t_ns = near_ns(message.t_event_ns - offset_ns)
            return msgspec.structs.replace(message, t_event_ns=t_ns)
        case _:
            return message


def stamped(message: Input, t_ns: int) -> Input:
    return msgspec.structs.replace(message, t_arrival_ns=t_ns)
