"""Attacks come in company: while one is under way, what may be a round or a small drone is likelier to be one.

On a quiet day a base sees thousands of birds for each small drone, and a lone one must show for long that
it is none of them. In a raid one echo is soon plain, a round, or a drone too large for a bird; then the
others need not wait. ADR 18, 19.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rampart.engine.note import Note

Array = npt.NDArray[np.float64]

TIMES: Final = 100.0
"""[A] So many times likelier are rounds and small drones in a raid than when nothing else attacks."""
LINGERS_S: Final = 300.0  # [A] after the last that attacked
PLAIN_P: Final = 0.5  # what ended less probable than this is not remembered
PLAIN_PLOTS: Final = 6
"""[A] Plots before which nothing is plain: three drops of rain fit together."""


class Company:
    """How sure it is that something attacks, but for each track itself."""

    def __init__(self) -> None:
        # (time s, how probable it was) of those that ended, each more probable than all after it
        self._gone: list[tuple[float, float]] = []

    def add(self, t_s: float, lost: str, attacks_p: float) -> None:
        """A track ended at `t_s` (why: `Threat.lost`) that attacked as probably as this, judged alone; what the
        tracker has disowned never did."""
        if attacks_p > PLAIN_P and lost != "dropped":
            self._gone = [(t, p) for t, p in self._gone if p > attacks_p and t_s - t < LINGERS_S]
            self._gone.append((t_s, attacks_p))

    def of(self, tracks: Sequence[int], t_s: float, notes: Mapping[int, Note]) -> Array:
        """(n,): how many times likelier each of `tracks` is an attack, by what the others are at `t_s`.

        Each is judged alone: two birds cannot talk each other into a raid.
        """
        past = max((p for t, p in self._gone if t_s - t < LINGERS_S), default=0.0)
        first, second, who = past, past, 0
        for track, note in notes.items():
            if note.attacks_p > first:
                first, second, who = note.attacks_p, first, track
            elif note.attacks_p > second:
                second = note.attacks_p
        return np.array([1.0 + (TIMES - 1.0) * (second if t == who else first) for t in tracks])

    def state(self) -> list[Any]:
        """Plain data for a snapshot."""
        return [list(gone) for gone in self._gone]

    def load(self, state: list[Any]) -> None:
        """Restore what `state` gave."""
        self._gone = [(t, p) for t, p in state]
