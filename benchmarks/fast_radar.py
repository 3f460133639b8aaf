"""A radar that looks often: do landings still fall into their ellipses as often as those claim? ADR 27.

    python benchmarks/fast_radar.py [--seeds 1-30] [--workers 2] [--write]

The worlds of `benchmarks/honesty.py`. Their radar looks 2, 10 or 20 times a second, and what it errs by, beside
its bias, stays alike for 0 (each plot errs by itself), 0.5, 1 or 2 s. Each time the engine is told nothing of
it, told that each plot errs by itself, and told the truth.
"""

from __future__ import annotations

from itertools import product
from typing import Final, NamedTuple

import msgspec

from drawn_rounds import RADAR
from rampart.domain.site import Sensor
from told_radars import report

RATES_HZ: Final = (2.0, 10.0, 20.0)
LASTS_S: Final = (0.0, 0.5, 1.0, 2.0)
TOLD: Final = ("nothing", "each by itself", "the truth")


class Case(NamedTuple):
    """One radar, and what the engine is told of how long its errors last."""

    rate_hz: float
    lasts_s: float
    told: str

    @property
    def true(self) -> Sensor:
        """The radar as it is."""
        return msgspec.structs.replace(
            RADAR, scan_period_s=1.0 / self.rate_hz, independent_s=self.lasts_s
        )

    @property
    def believed(self) -> Sensor:
        """The radar as the engine is told of it."""
        told = {"nothing": msgspec.UNSET, "each by itself": 0.0, "the truth": self.lasts_s}
        return msgspec.structs.replace(self.true, independent_s=told[self.told])

    @property
    def cells(self) -> tuple[str, ...]:
        """As a row says it."""
        return f"{self.rate_hz:g}", f"{self.lasts_s:g}", self.told


CASES: Final = [
    Case(rate_hz, lasts_s, told)
    for rate_hz, lasts_s, told in product(RATES_HZ, LASTS_S, TOLD)
    if lasts_s > 0.0 or told != "the truth"  # which is that each errs by itself
]


if __name__ == "__main__":
    report(
        __file__,
        __doc__,
        "Radars that look often",
        "Alike for: T = 2 tau of errors that decay as exp(-t / tau), beside the radar's bias.",
        ("looks a second", "errors alike for s", "the engine is told"),
        CASES,
    )
