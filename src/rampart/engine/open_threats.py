"""The open threats and their P in every zone: p_zone = 1 - prod(1 - P)."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np

from rampart.domain.values import POSTERIOR
from rampart.engine.threat import SOUGHT_IN_VAIN, Threat
from rampart.kernels._jit import allocating_kernel
from rampart.kernels.geometry import Array

FEW_PLOTS: Final = 3
"""A flyer that has shown no more may be drops of rain that fit together."""


class OpenThreat(msgspec.Struct, kw_only=True):
    """A threat that stands: its latest word, a person's assessment, when it was lost, its slot.

    `zones`: numbers of the zones in whose books it is a member, ascending.
    `done`: numbers of the zones for which its prediction has run out since the loss.
    `warned`: those that were warned of it once and in which it is no member now.
    """

    threat: Threat
    slot: int
    assessed: str = ""
    lost_ns: int | None = None
    zones: list[int] = []
    done: list[int] = []
    warned: list[int] = []

    @property
    def p(self) -> tuple[float, ...]:
        """Posteriors in the order of `values.POSTERIOR`; a person's assessment settles them."""
        if not self.assessed:
            return self.threat.p_family
        word = "other" if self.assessed in ("aircraft", "clutter") else self.assessed
        return tuple(float(name == word) for name in POSTERIOR)

    @property
    def fleeting(self) -> bool:
        """A flyer of so few plots, not gone out of sight, does not add up with others: a burst of false plots
        makes several at once. What a person has named does. ADR 25."""
        few = self.threat.detections <= FEW_PLOTS
        return few and self.threat.lost in ("", *SOUGHT_IN_VAIN) and not self.assessed


@allocating_kernel
def _products(fall: Array, fly: Array, bound: Array, fleeting: Array, slots: int) -> Array:
    """(zones, 3): 1 - prod over the first `slots` of all P, of unbound falling P, of unbound flying P but that
    of the fleeting."""
    zones = fall.shape[0]
    out = np.empty((zones, 3))
    for z in range(zones):
        every, falling, flying = 1.0, 1.0, 1.0
        for i in range(slots):
            every *= (1.0 - fall[z, i]) * (1.0 - fly[z, i])
            if bound[z, i] == 0.0:
                falling *= 1.0 - fall[z, i]
                flying *= 1.0 - (1.0 - fleeting[i]) * fly[z, i]
        out[z, 0], out[z, 1], out[z, 2] = 1.0 - every, 1.0 - falling, 1.0 - flying
    return out


class OpenThreats:
    """Table of open threats by track; a slot each in the arrays (zones, slots), reused when it is free.

    `fall`, `fly`: P; `bound`: 1 where a person decided against it. `fleeting` (slots,): 1 where flying P is
    told but decides nothing together with that of others; it follows from the rows.
    """

    def __init__(self, zones: int) -> None:
        self.rows: dict[int, OpenThreat] = {}
        self.lost: set[int] = set()  # tracks whose `lost_ns` is set
        self._free: list[int] = []
        self.fall = np.zeros((zones, 16))
        self.fly = np.zeros((zones, 16))
        self.bound = np.zeros((zones, 16))
        self.fleeting = np.zeros(16)

    def add(self, threat: Threat) -> OpenThreat:
        """A new row, its P still 0."""
        if not self._free and len(self.rows) == self.fall.shape[1]:
            self.fall, self.fly, self.bound = (
                np.hstack([a, np.zeros_like(a)]) for a in (self.fall, self.fly, self.bound)
            )
            self.fleeting = np.append(self.fleeting, np.zeros_like(self.fleeting))
        slot = self._free.pop() if self._free else len(self.rows)
        row = OpenThreat(threat=threat, slot=slot)
        self.rows[threat.track] = row
        return row

    def remove(self, track: int) -> None:
        """Forget a threat."""
        row = self.rows.pop(track)
        self.lost.discard(track)
        for a in (self.fall, self.fly, self.bound):
            a[:, row.slot] = 0.0
        self._free.append(row.slot)

    def note_fleeting(self, row: OpenThreat) -> None:
        """Whether flying P of `row` decides nothing together with that of others, as it is now."""
        self.fleeting[row.slot] = float(row.fleeting)

    def products(self) -> Array:
        """(zones, 3): p_zone of all open threats; of the falling, of the flying that nobody bound."""
        slots = len(self.rows) + len(self._free)
        return _products(self.fall, self.fly, self.bound, self.fleeting, slots)

    def state(self) -> dict[str, object]:
        """Exact plain data."""
        return {
            "rows": msgspec.to_builtins(list(self.rows.values())),
            "free": list(self._free),
            "p": [
                [list(map(float, line)) for line in a] for a in (self.fall, self.fly, self.bound)
            ],
        }

    def load(self, state: dict[str, object]) -> None:
        """Inverse of `state`."""
        rows = msgspec.convert(state["rows"], list[OpenThreat])
        self.rows = {row.threat.track: row for row in rows}
        self.lost = {row.threat.track for row in rows if row.lost_ns is not None}
        self._free = msgspec.convert(state["free"], list[int])
        p = msgspec.convert(state["p"], list[list[list[float]]])
        zones = len(p[0])
        self.fall, self.fly, self.bound = (np.array(a).reshape(zones, -1) for a in p)
        self.fleeting = np.zeros(self.fall.shape[1])
        for row in rows:
            self.note_fleeting(row)
