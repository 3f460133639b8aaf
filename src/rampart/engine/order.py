"""The order in which plots count: sub-scans, and the ring that makes late plots exact.

The tables after any message are a function of the plots let in so far, sorted by event time: a plot
that comes late takes the tables back to a copy from before it and replays what followed.
"""

from __future__ import annotations

import bisect
import math
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.admission import sort_plots
from rampart.engine.calibration import UNKNOWN, Calibration, moved
from rampart.engine.plotrow import COLUMNS, SNR, T

Array = npt.NDArray[np.float64]

Key = tuple[float, int]  # event time, sensor
NO_PLOTS: Final = np.empty((0, COLUMNS))
MANY: Final = 1_000_000  # beyond any sensor's index


class Entry(NamedTuple):
    """One thing that happened to the tables: a sub-scan, or tracks that ended by time (`plots` None)."""

    t_s: float
    sensor: int  # -1 for an ending
    look_start_s: float
    complete: bool
    plots: Array | None
    calibration: Calibration = UNKNOWN  # by which `plots` are corrected

    @property
    def key(self) -> Key:
        """Place in the one order; what shares it is one sub-scan."""
        return self.t_s, self.sensor

    @property
    def size(self) -> int:
        """Number of plots."""
        return 0 if self.plots is None else len(self.plots)


def loudest(plots: Array, most: int) -> Array:
    """At most `most` of `plots`, in their order."""
    if len(plots) <= most:
        return plots
    order = np.argsort(-np.nan_to_num(plots[:, SNR], nan=-np.inf), kind="stable")
    return plots[np.sort(order[:most])]


def join(a: Entry, b: Entry) -> Entry:
    """Two deliveries of one instant of one sensor as one sub-scan."""
    plots = a.plots
    if a.plots is not None and b.plots is not None:
        more = moved(b.plots, b.calibration.offset, a.calibration.offset)
        plots = sort_plots(np.concatenate([a.plots, more]))
    return a._replace(
        look_start_s=min(a.look_start_s, b.look_start_s),
        complete=a.complete or b.complete,
        plots=plots,
    )


def sub_scans(
    plots: Array, sensor: int, span_s: float, complete: bool, calibration: Calibration
) -> list[Entry]:
    """Sorted plots of one batch, cut where more than `span_s` has passed since the cut before."""
    start = float(plots[0, T])
    if float(plots[-1, T]) - start <= span_s:
        return [Entry(start, sensor, start, complete, plots, calibration)]
    times = plots[:, T]
    entries = []
    first, n = 0, len(plots)
    while first < n:
        last = int(np.searchsorted(times, times[first] + span_s, side="right"))
        part = plots[first:last]
        over = complete and last == n
        entries.append(Entry(float(part[0, T]), sensor, start, over, part, calibration))
        first = last
    return entries


class Ring:
    """The last seconds: what happened, in order, and copies of the tables to go back to."""

    def __init__(self, span_s: float, copy_every_s: float, most: int) -> None:
        """`most`: plots of one instant of one sensor; the loudest stay, in however many parts they come."""
        self._most = most
        self._span_s = span_s
        self._copy_every_s = copy_every_s
        self.entries: list[Entry] = []
        self._keys: list[Key] = []
        self._copies: list[tuple[Key, Any]] = []
        self._early: tuple[Key, Any] | None = None

    @property
    def newest_s(self) -> float:
        """Event time of the last entry, -inf before the first."""
        return self._keys[-1][0] if self._keys else -math.inf

    def is_too_late(self, t_s: float) -> bool:
        """Whether `t_s` lies before what can be replayed."""
        return t_s < self.newest_s - self._span_s

    def is_late(self, entry: Entry) -> bool:
        """Whether `entry` belongs before, or to, something that has been done already."""
        return bool(self._keys) and entry.key <= self._keys[-1]

    def add(self, entry: Entry) -> tuple[Entry, int]:
        """Put `entry` in its place, joined with what came of the same instant; returns what stands there,
        and how many plots were too many."""
        key, over = entry.key, 0
        at = bisect.bisect_left(self._keys, key)
        if at < len(self._keys) and self._keys[at] == key:
            joined = join(self.entries[at], entry)
            if joined.plots is not None:
                over = max(joined.size - self._most, 0)
                joined = joined._replace(plots=loudest(joined.plots, self._most))
            self.entries[at] = joined
        else:
            self._keys.insert(at, key)
            self.entries.insert(at, entry)
        return self.entries[at], over

    def is_copy_due(self, t_s: float) -> bool:
        """Whether the tables should be copied before something at `t_s` is done to them."""
        return bool(self._keys) and t_s - self._copies[-1][0][0] >= self._copy_every_s

    def keep_copy(self, copy: Any) -> None:
        """Remember the tables as they stand after the newest entry, and forget what is too old."""
        if self._keys[-1] > self._copies[-1][0]:
            self._copies.append((self._keys[-1], copy))
            self._forget()

    def keep_early(self, key: Key, copy: Any) -> None:
        """Remember the tables as they stand after the entry of `key` until the next time, beside the copies
        that are kept for long."""
        self._early = key, copy

    def start(self, copy: Any) -> None:
        """Forget all; `copy` is the state before anything that will be added."""
        self.entries.clear()
        self._keys.clear()
        self._copies, self._early = [((-math.inf, -1), copy)], None

    def base(self) -> tuple[Key, Any]:
        """The oldest copy with its place."""
        return self._copies[0]

    def load(self, key: Key, copy: Any) -> None:
        """Start anew from a copy that stood at `key`."""
        self.start(copy)
        self._copies = [(key, copy)]

    def go_back(self, key: Key) -> tuple[Any, list[Entry]]:
        """The newest copy from before `key`, and the entries to replay after it; later copies are void."""
        while len(self._copies) > 1 and self._copies[-1][0] >= key:
            self._copies.pop()
        if self._early is not None and self._early[0] >= key:
            self._early = None
        at, copy = self._copies[-1]
        if self._early is not None and self._early[0] > at:
            at, copy = self._early
        return copy, self.entries[bisect.bisect_right(self._keys, at) :]

    def near(self, entry: Entry, span_s: float, least_s: float) -> Array:
        """Plots of the same sensor already let in within `span_s` of `entry`, corrected as it is; shape
        (n, COLUMNS). Of those before it by more than `least_s` some may be left out."""
        low = bisect.bisect_left(self._keys, (entry.t_s - span_s, -2))
        high = bisect.bisect_right(self._keys, (entry.t_s + span_s, MANY))
        offset, since_s = entry.calibration.offset, entry.t_s - least_s
        parts = [
            moved(known.plots, known.calibration.offset, offset)
            for known in self.entries[low:high]
            # one plot ends where it begins
            if known.sensor == entry.sensor
            and known.plots is not None
            and (known.t_s >= since_s or len(known.plots) > 1)
        ]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate(parts) if parts else NO_PLOTS

    def _forget(self) -> None:
        oldest = self.newest_s - self._span_s
        while len(self._copies) > 1 and self._copies[1][0][0] < oldest:
            self._copies.pop(0)
        cut = bisect.bisect_right(self._keys, self._copies[0][0])
        if cut > 64 or cut > len(self._keys) // 2:
            del self._keys[:cut]
            del self.entries[:cut]
