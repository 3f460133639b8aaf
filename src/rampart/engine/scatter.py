"""Where the ground is uneven a landing is no ellipse: it is told by samples, and P of a zone is their share.

Warning rules, 3: 'a sampled P uses common random numbers: warn on >= 1,000 samples or the Gaussian integral;
cancel only if the 95 % upper bound of P is below the cancel level.'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.domain.site import Site, Terrain
from rampart.engine.predict import ImpactEstimate, Predictor
from rampart.kernels.landing import Grown
from rampart.kernels.scatter import hits

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

UNEVEN: Final = 0.15
"""[A] `ImpactEstimate.uneven` from which the Gaussian integral is not believed: see ADR 9."""
NEAR_SIGMAS: Final = 4.0
"""Of the larger half-axis: a zone further off is not reached by samples whose draws end at 3 sigmas."""
_UNREACHED_P: Final = 1e-5  # of the Gaussian, where no sample lies: the zone is out of reach


class Scatter:
    """Samples of the landings of a site's tracks, flown where they can matter."""

    def __init__(self, site: Site, predictor: Predictor) -> None:
        self._uneven = isinstance(site.terrain, Terrain)
        self._predictor = predictor
        grows = max(site.rules.hazard_radius_m.values(), default=0.0) + site.rules.degraded_radius_m
        corners = [np.array(zone.polygon_enu_m) for zone in site.zones]
        self._centres = np.array([c.mean(axis=0) for c in corners]).reshape(-1, 2)
        reach = [np.hypot(*(c - c.mean(axis=0)).T).max() + grows for c in corners]
        self._reach_m = np.array(reach)

    def of(
        self,
        impacts: Sequence[ImpactEstimate | None],
        x: Array,
        P: Array,
        sensor_index: Ints,
    ) -> list[bytes]:
        """For each track its samples as float32 pairs E N; b"" where the ellipse tells it as well, or no zone
        is near."""
        if not self._uneven:
            return [b""] * len(impacts)
        return [
            self._predictor.samples(x[k], P[k], int(sensor_index[k])).astype("<f4").tobytes()
            if impact is not None and self._matters(impact)
            else b""
            for k, impact in enumerate(impacts)
        ]

    def _matters(self, impact: ImpactEstimate) -> bool:
        if not impact.uneven >= UNEVEN:
            return False
        xx, xy, yy = impact.cov_m2
        wide_m = np.sqrt(0.5 * (xx + yy + np.hypot(xx - yy, 2.0 * xy)))
        gap_m = np.hypot(*(self._centres - impact.enu_m[:2]).T) - self._reach_m
        return bool((gap_m <= NEAR_SIGMAS * wide_m).any())


def settle_falls(
    fall: Array,
    spots: Sequence[bytes],
    shares: Sequence[Sequence[float]],
    radius_of: Ints,
    degraded: Mask,
    warned: Mask,
    levels: Array,
    grown: Grown,
) -> None:
    """Put into `fall` (n, zones), the Gaussian P, what samples say for the threats that have `spots`.

    P = sum over families of their share x the share of samples in the zone grown by their radius. Where
    a zone is `warned` (n, zones) and P below its level, all that is left to decide is to cancel: there
    it is the 95 % upper bound.
    """
    half = len(grown.radius_m) // 2
    for k, packed in enumerate(spots):
        if not packed:
            continue
        landed = np.frombuffer(packed, "<f4").reshape(-1, 2).astype(float)
        share = hits(landed, grown.corners, grown.corner, grown.circles[0], grown.radius_m)
        weight = np.bincount(radius_of, shares[k], half)
        inside = np.where(degraded[:, None], share[:, half:], share[:, :half])
        p = inside @ weight
        high = upper(inside, len(landed)) @ weight
        high[(p == 0.0) & (fall[k] < _UNREACHED_P)] = 0.0
        fall[k] = np.where(warned[k] & (p < levels), high, p)


def upper(share: Array, n: Array | float) -> Array:
    """95 % upper bound (one-sided Wilson) of a share seen in n samples."""
    z = 1.645
    middle = share + z * z / (2 * n)
    spread = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return np.asarray((middle + spread) / (1 + z * z / n))


def rehearse(site: Site) -> None:
    """Compile what flies onto terrain and counts there, or load it; `site` has any zones and sensors."""
    step = np.where(np.arange(81) > 40, 200.0, 0.0)
    terrain = Terrain(
        heights_m=np.tile(step, (81, 1)).astype("<f4").tobytes(),
        rows=81, columns=81, west_m=-4_000.0, south_m=-4_000.0, spacing_m=100.0,
    )  # fmt: skip
    site = msgspec.structs.replace(site, terrain=terrain)
    predictor = Predictor(site)
    x = np.array([[-1_500.0, 0.0, 600.0, 120.0, 0.0, 20.0, -9.0]])
    P = np.diag([400.0, 400.0, 400.0, 25.0, 25.0, 25.0, 0.01])[None]
    sensor = np.zeros(1, np.int64)
    impacts = predictor.impacts(x, P, np.zeros(1), sensor)
    packed = predictor.samples(x[0], P[0], 0).astype("<f4").tobytes()
    assert impacts[0] is not None
    Scatter(site, predictor).of(impacts, x, P, sensor)
    corners = np.array(site.zones[0].polygon_enu_m)
    landed = np.frombuffer(packed, "<f4").reshape(-1, 2).astype(float)
    hits(landed, corners, np.array([0, len(corners)]), np.zeros((1, 3)), np.array([100.0]))
