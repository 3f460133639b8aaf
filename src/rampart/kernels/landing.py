"""P that a predicted impact lies in each grown zone, for many impacts in one call; and which of all
the pairs of threat and zone matter."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.kernels._jit import allocating_kernel
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


@allocating_kernel
def land(
    at: Ints, impacts: Array, shares: Array, radius_of: Ints, touching: Ints, degraded: Mask,
    grown: Grown, fall: Array, touch: Mask,
) -> None:  # fmt: skip
    """Add to rows `at` (n,) of `fall` (threats, zones) the P of landing in each grown zone; mark in those of
    `touch` (threats, zones) the zones that the 50 % region reaches.

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
                        fall[at[k], z] += weight[r] * mass[z]
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
                        2.0 * HALF_REGION,
                    )  # fmt: skip
                    touch[at[k], z] = sigmas <= HALF_REGION


@allocating_kernel
def pick(
    fall: Array, fly: Array, fly_high: Array, touch: Mask, inside: Mask, gap_m: Array,
    member: Mask, asks: Mask, pathless: Mask, watch_p: float, drone_watch_p: float, loiter_m: float,
) -> Array:  # fmt: skip
    """(m, 9): threat, zone, fall, fly, fly_high, touch, inside, gap_m, near; of the pairs that matter.

    Of n threats and all zones: those that are `member` already, where P is worth watching, where the
    50 % region touches, or which the threat could reach: one that `asks` by a future of its own, a
    `pathless` one all. Near: it could reach the zone, or loiters about it.
    """
    n, zones = fall.shape
    out = np.empty((n * zones, 9))
    m = 0
    for k in range(n):
        for z in range(zones):
            reaches = pathless[k] or (asks[k] and fly[k, z] > 0.0)
            worth = fall[k, z] >= watch_p or fly[k, z] >= drone_watch_p
            if member[k, z] or reaches or worth or touch[k, z]:
                out[m, 0], out[m, 1] = k, z
                out[m, 2], out[m, 3], out[m, 4] = fall[k, z], fly[k, z], fly_high[k, z]
                out[m, 5], out[m, 6], out[m, 7] = touch[k, z], inside[k, z], gap_m[k, z]
                out[m, 8] = reaches or gap_m[k, z] <= loiter_m
                m += 1
    return out[:m]
