"""P that a predicted impact lies in each grown zone, for many impacts in one call."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import kernel
from rampart.kernels.geometry import Array, Ints, gaussian_mass, mahalanobis_distance

Mask = npt.NDArray[np.bool_]

HALF_REGION: Final = math.sqrt(
    2.0 * math.log(2.0)
)  # radius in sigmas of the 50 % region of a plane
NEGLIGIBLE: Final = 1e-4  # share of a posterior that can move no decision (watch level / 20)


class Grown(NamedTuple):
    """All zones grown by every radius in use: by each radius, then by each and the degraded margin.

    Boundary `rows` (m, 6) of zone z grown by radius_m[g] are rows[first[g, z]:first[g, z + 1]];
    `circles` (radii, zones, 3): centre and radius of a circle round each; the polygon itself is
    corners[corner[z]:corner[z + 1]].
    """

    radius_m: Array
    rows: Array
    first: Ints
    circles: Array
    corners: Array
    corner: Ints


@kernel
def land(
    impacts: Array, shares: Array, radius_of: Ints, touching: Ints, degraded: Mask, grown: Grown,
    fall: Array, touch: Mask,
) -> None:  # fmt: skip
    """Add to `fall` (n, zones) the P of landing in each grown zone; mark in `touch` (n, zones) the zones
    that the 50 % region reaches.

    `impacts` (n, 5): mean E, N and covariance xx xy yy; `shares` (n, families) of the posterior that
    fall; `radius_of` (families,): index of each family's radius; `touching` (n,): the index with
    which a 50 % region counts, -1: it does not.
    """
    half = grown.radius_m.size // 2
    for k in range(impacts.shape[0]):
        mean, cov = impacts[k, :2], impacts[k, 2:]
        xx, xy, yy = cov
        wide = math.sqrt(0.5 * (xx + yy + math.hypot(xx - yy, 2.0 * xy)))
        weight = np.zeros(half)
        for family in range(shares.shape[1]):
            weight[radius_of[family]] += shares[k, family]
        for worse in (False, True):
            here = degraded == worse
            if not here.any():
                continue
            more = half if worse else 0
            for r in range(half):
                # P = sum over radii of the share x the Gaussian mass in the zone grown by it
                if weight[r] >= NEGLIGIBLE:
                    mass = gaussian_mass(
                        mean, cov, grown.rows, grown.first[r + more], grown.circles[r + more], here
                    )
                    for z in range(mass.size):
                        fall[k, z] += weight[r] * mass[z]
            if touching[k] < 0:
                continue
            g = touching[k] + more
            for z in range(here.size):
                e, n, reach = grown.circles[g, z]
                # a zone whose circle is out of the region's reach is not touched
                gap = math.hypot(e - mean[0], n - mean[1]) - reach
                if here[z] and gap <= HALF_REGION * wide:
                    sigmas = mahalanobis_distance(
                        mean, cov, grown.corners[grown.corner[z] : grown.corner[z + 1]],
                        grown.radius_m[g], grown.rows[grown.first[g, z] : grown.first[g, z + 1]],
                    )  # fmt: skip
                    touch[k, z] = sigmas <= HALF_REGION
