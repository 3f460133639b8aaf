"""A radar that errs by more than it claims: do landings still fall into their ellipses? ADR 28.

    python benchmarks/noisy_radar.py [--seeds 1-30] [--workers 2] [--write]

The worlds of `benchmarks/honesty.py`, whose eight rounds fly one after another: what the radar shows of the
first is known of it when the last one comes. It looks once, twice or ten times a second, errs 0.9 to 1.3 times
as that page says, and claims so much, or 0.7, 0.5 or 0.33 of it.
"""

from __future__ import annotations

import platform
from itertools import product
from typing import Final, NamedTuple

import msgspec

from drawn_rounds import RADAR
from evidence import tell, words
from fast_radar import FIGURES, all_judged, arguments, row
from honesty import AGES_S
from rampart.domain.site import Sensor

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


CASES: Final = [Case(rate_hz, claims) for rate_hz, claims in product(RATES_HZ, CLAIMS)]


def main() -> None:
    """Run, print, and perhaps write."""
    args = arguments(__doc__)
    lines = [
        f"`python benchmarks/noisy_radar.py --seeds {words(args.seeds)}`; Python "
        f"{platform.python_version()}, {platform.machine()}. Flights and radar as in `honesty-*.md`, drawn "
        f"wider than the priors, {', '.join(f'{age:g}' for age in AGES_S)} s after the first plot together; "
        "eight rounds of a world one after another. Sigma: of the circle with the median ellipse's area.",
        "",
        f"| looks a second | sigma claimed, of the true one | {FIGURES}",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for case, mine in all_judged(CASES, args.seeds, args.workers):
        lines.append(f"| {case.rate_hz:g} | {case.claims:g} | {row(mine)}")
    tell("noisy-radar", "Radars that err by more than they claim", lines, write=args.write)


if __name__ == "__main__":
    main()
