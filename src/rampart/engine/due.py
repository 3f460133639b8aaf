"""Which tracks are worth classifying and predicting anew. ADR 6."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from rampart.engine.note import Note
from rampart.engine.settings import EngineSettings
from rampart.engine.tracking import Tracker

SWEEP_S: Final = 0.1
"""How often it is looked whose last plots were passed over: no track is lost in less."""


class Due:
    """The tracks of `tracker` whose turn it is. `swept_s`: event time of the last look at those passed over."""

    def __init__(self, settings: EngineSettings, tracker: Tracker) -> None:
        self._settings = settings
        self._tracker = tracker
        self.swept_s = -math.inf

    def rows(self, notes: Mapping[int, Note], settled: Callable[[int], bool]) -> list[int]:
        """Rows of the tracks to renew now; `notes`: what the last renewal left, by track.

        `settled(track)`: its zone decisions cannot change just now. A track that has `young_plots` is
        renewed every `refresh_s`, such a one every `settled_refresh_s`: the time goes to the others.
        """
        due = [row for row in self._tracker.touched if self._is_due(row, notes, settled)]
        return due + [row for row in self._left_over(notes) if row not in due]

    def _is_due(self, row: int, notes: Mapping[int, Note], settled: Callable[[int], bool]) -> bool:
        """Whether the track in `row` is young, or was renewed so long ago that it is worth it again."""
        s, table = self._settings, self._tracker.bank.table
        track = int(table.track_id[row])
        note = notes.get(track)
        if note is None or table.hits[row] <= s.young_plots:
            return True
        age_s = float(table.t_s[row]) - note.decided_s
        return age_s >= s.settled_refresh_s or (age_s >= s.refresh_s and not settled(track))

    def _left_over(self, notes: Mapping[int, Note]) -> list[int]:
        """Rows of the tracks whose last plots were passed over and that were missed since, or had no plot for
        `refresh_s`: the last word before a loss is made of all plots."""
        table, past_s = self._tracker.bank.table, self._tracker.settled_s
        if past_s - self.swept_s < SWEEP_S:
            return []
        self.swept_s = past_s
        named = self._tracker.bank.rows()
        waits = table.misses[named] > 0
        waits |= past_s - table.t_s[named] >= self._settings.refresh_s
        named = named[waits]
        rows = []
        for row, track, hits in zip(
            named.tolist(), table.track_id[named].tolist(), table.hits[named].tolist(), strict=True
        ):
            note = notes.get(track)
            if note is not None and hits != note.threat.detections:
                rows.append(row)
        return rows
