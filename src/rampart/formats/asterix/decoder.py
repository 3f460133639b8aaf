"""The live door: octets of a feed in, messages out, everything else counted; it never raises on data.

What becomes what: docs/reference/asterix.md.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.domain.messages import PLOT_DTYPE, Input, PlotBatch, Rejected
from rampart.formats.asterix import reports, schema
from rampart.formats.asterix.plots import SHORT_TOD, VERDICTS, event_ns, fill_rows, short_event_ns
from rampart.formats.asterix.read import MalformedError, blocks
from rampart.formats.asterix.scan import REASONS, Floats, gate, scan
from rampart.formats.asterix.slots import compile_table
from rampart.formats.asterix.write import encode

PLOTS: Final = (1, 15, 48)
SERVICE: Final = (2, 34)
KNOWN: Final = (21,)
NOT_USED: Final = {10: "surface_report", 62: "system_track"}
"""Decoded, checked and counted, but nothing that the engine takes."""


@dataclass(slots=True)
class Counts:
    """What a feed brought so far, for the report.

    `blocks`, `records`: accepted, by category; `refused`: blocks by (category, reason), category -1
    where none could be read; `unused`: records by (category, reason); `plots`: by sensor;
    `positions`: (latitude deg, longitude deg, WGS84 height m) that sensors told, by sensor.
    """

    datagrams: int = 0
    blocks: Counter[int] = field(default_factory=Counter)
    records: Counter[int] = field(default_factory=Counter)
    refused: Counter[tuple[int, str]] = field(default_factory=Counter)
    unused: Counter[tuple[int, str]] = field(default_factory=Counter)
    plots: Counter[str] = field(default_factory=Counter)
    positions: dict[str, tuple[float, float, float]] = field(default_factory=dict)


class Decoder:
    """Decodes one feed. `editions` names the edition of each category, the newest where not named.

    `sources`: the sensors ("SAC/SIC") that may speak here; None: any. Raises ConfigError for an
    edition that is not carried.
    """

    def __init__(
        self,
        feed: str,
        editions: dict[int, str] | None = None,
        sources: frozenset[str] | None = None,
    ) -> None:
        self.name = feed
        self.editions = schema.newest() | (editions or {})
        self.sources = sources
        self.counts = Counts()
        self._tables = {c: compile_table(c, e) for c, e in self.editions.items()}
        self._scratch: Floats = np.empty(0)
        self._tally = np.zeros(len(VERDICTS), np.int64)
        self._full_time_ns: dict[str, int] = {}  # CAT 002 tells CAT 001, whose clock wraps at 512 s
        self._clock_ns: int | None = None

    @staticmethod
    def warm_up() -> None:
        """Compile the reader, or load it from the cache, before the first real block."""
        source = {"SAC": 0, "SIC": 0}
        plot = {"010": source, "140": 0.0, "040": {"RHO": 1.0, "THETA": 0.0}}
        decoder = Decoder("warm-up")
        decoder.feed(encode(48, [plot]), 0)
        decoder.feed(encode(34, [{"010": source, "030": 0.0}]), 0)

    def feed(self, data: bytes, t_arrival_ns: int | None = None) -> list[Input]:
        """Messages of one datagram that arrived at `t_arrival_ns`, which also gives its day.

        None: the container told no time; then arrival follows the reports, from 1970-01-01 on.
        One `PlotBatch` for each sensor; `Rejected` for each reason.
        """
        self.counts.datagrams += 1
        octets = np.frombuffer(data, np.uint8)
        batches: dict[str, list[bytes]] = {}
        messages: list[Input] = []
        rejected: Counter[str] = Counter()
        arrival_ns = self._clock_ns or 0 if t_arrival_ns is None else t_arrival_ns
        try:
            for category, start, end in blocks(data):
                slots = self._block(category, octets, start, end, rejected)
                if slots is None:
                    continue
                if t_arrival_ns is None:
                    arrival_ns = self._advance(category, slots)
                if category in PLOTS:
                    self._plots(category, slots, arrival_ns, batches, rejected)
                elif category in SERVICE:
                    messages += self._statuses(category, slots, arrival_ns)
                elif category in KNOWN:
                    messages += self._known(slots, arrival_ns, rejected)
                else:
                    self._unused(category, NOT_USED[category], len(slots), rejected)
        except MalformedError as error:
            self.counts.refused[-1, error.reason] += 1
            rejected[error.reason] += 1
        plots: list[Input] = [
            PlotBatch(sensor=sensor, t_arrival_ns=arrival_ns, data=b"".join(parts))
            for sensor, parts in batches.items()
        ]
        refusals: list[Input] = [
            Rejected(feed=self.name, reason=reason, count=count, t_arrival_ns=arrival_ns)
            for reason, count in rejected.items()
        ]
        return plots + messages + refusals

    def _block(
        self,
        category: int,
        octets: npt.NDArray[np.uint8],
        start: int,
        end: int,
        rejected: Counter[str],
    ) -> Floats | None:
        """Slots of an accepted block's records (a view, good until the next block), or None."""
        table = self._tables.get(category)
        reason = "" if table else "unknown_category"
        count = 0
        slots = self._scratch
        if table:
            rows = (end - start) // 2 + 1
            if len(slots) < rows * len(table.slots):
                slots = self._scratch = np.empty(rows * len(table.slots))
            slots = slots[: rows * len(table.slots)].reshape(rows, -1)
            count = scan(
                octets, start, end, table.nodes, table.links, table.fields, table.factors, table.uaps,
                table.select, slots,
            )  # fmt: skip
            failed = gate(slots, count, table.gates)
            if count < 0:
                reason = REASONS[-count]
            elif failed >= 0:
                reason = table.reasons[failed]
            elif self.sources and not {_sensor(row) for row in slots[:count]} <= self.sources:
                reason = "unknown_source"
        if reason:
            self.counts.refused[category, reason] += 1
            rejected[reason] += 1
            return None
        self.counts.blocks[category] += 1
        self.counts.records[category] += count
        return slots[:count]

    def _advance(self, category: int, slots: Floats) -> int:
        """Arrival by the reports' own clock, for containers without time; never backwards."""
        now = self._clock_ns
        at = self._tables[category].slots.index("tod") if category != 1 else SHORT_TOD
        for tod_s in slots[:, at][~np.isnan(slots[:, at])]:
            first = round(tod_s * 1e9)
            later = (
                first
                if now is None
                else (short_event_ns if category == 1 else event_ns)(tod_s, now)
            )
            now = later if now is None else max(now, later)
        self._clock_ns = now
        return now or 0

    def _unused(self, category: int, reason: str, count: int, rejected: Counter[str]) -> None:
        self.counts.unused[category, reason] += count
        rejected[reason] += count

    def _plots(
        self, category: int, slots: Floats, arrival_ns: int, batches: dict[str, list[bytes]],
        rejected: Counter[str],
    ) -> None:  # fmt: skip
        rows = np.empty(len(slots), PLOT_DTYPE)
        sensors = np.empty(len(slots), np.int64)
        self._tally[:] = 0
        reference_ns = arrival_ns
        if category == 1:
            reference_ns = self._full_time_ns.get(_sensor(slots[0]), arrival_ns)
        kept = fill_rows(slots, len(slots), category, reference_ns, rows, sensors, self._tally)
        if self._tally[0] < len(slots):
            for verdict in np.flatnonzero(self._tally[1:]) + 1:
                self._unused(category, VERDICTS[verdict], int(self._tally[verdict]), rejected)
        alike, kept = kept >= 0, max(kept, ~kept)
        for number in sensors[:1] if alike and kept else np.unique(sensors[:kept]):
            name = f"{number >> 8}/{number & 255}"
            chosen = rows[:kept] if alike else rows[:kept][sensors[:kept] == number]
            batches.setdefault(name, []).append(chosen.tobytes())
            self.counts.plots[name] += len(chosen)

    def _statuses(self, category: int, slots: Floats, arrival_ns: int) -> list[Input]:
        found: list[Input] = []
        for row in slots:
            status = reports.status(row, category, arrival_ns)
            if status.position_deg_m:
                self.counts.positions[status.sensor] = status.position_deg_m
            self._full_time_ns[status.sensor] = status.t_event_ns
            found.append(status)
        return found

    def _known(self, slots: Floats, arrival_ns: int, rejected: Counter[str]) -> list[Input]:
        found: list[Input] = []
        for row in slots:
            known = reports.known_track(row, arrival_ns)
            if isinstance(known, str):
                self._unused(21, known, 1, rejected)
            else:
                found.append(known)
        return found


def _sensor(row: Floats) -> str:
    return f"{int(row[0])}/{int(row[1])}"
