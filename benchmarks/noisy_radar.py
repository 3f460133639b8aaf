"""A radar that errs by more than it claims: do landings still fall into their ellipses? ADR 28.

    python benchmarks/noisy_radar.py [--seeds 1-30] [--workers 2] [--write]

The worlds of `benchmarks/honesty.py`, whose eight rounds fly one after another: what the radar shows of the
first is known of it when the last one comes. It looks once, twice or ten times a second, errs 0.9 to 1.3 times
as that page says, and claims so much, or 0.7, 0.5 or 0.33 of it.
"""

from __future__ import annotations

from itertools import product
from typing import Final, NamedTuple

import msgspec

from drawn_rounds import RADAR
from rampart.domain.site import Sensor
from told_radars import report

RATES_HZ: Final = (1.0, 2.0, 10.0)
CLAIMS: Final = (1.0, 0.7, 0.5, 0.33)
SIGMAS: Final = (
    "sigma_range_m", "sigma_azimuth_rad", "sigma_elevation_rad", "sigma_range_rate_mps",
)  # fmt: skip


class Case(NamedTuple):
    """One radar, and by how much it claims to err, of what it does."""

    rate_hz: float
    claims: float

    @property
    def true(self) -> Sensor:
        """The radar as it is: each plot errs by itself."""
        return msgspec.structs.replace(RADAR, scan_period_s=1.0 / self.rate_hz, independent_s=0.0)

    @property
    def believed(self) -> Sensor:
        """The radar as the engine is told of it."""
        true = self.true
        return msgspec.structs.replace(
            true, **{name: self.claims * getattr(true, name) for name in SIGMAS}
        )

    @property
    def cells(self) -> tuple[str, ...]:
        """As a row says it."""
        return f"{self.rate_hz:g}", f"{self.claims:g}"


CASES: Final = [Case(rate_hz, claims) for rate_hz, claims in product(RATES_HZ, CLAIMS)]


if __name__ == "__main__":
    report(
        __file__,
        __doc__,
        "Radars that err by more than they claim",
        "Eight rounds of a world one after another.",
        ("looks a second", "sigma claimed, of the true one"),
        CASES,
    )
