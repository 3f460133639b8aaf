"""The zones as the judge sees them: what hits one, and which threats could have reached one."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from rampart.domain.site import Site
from rampart.domain.time import NS_PER_S
from rampart.kernels.futures import DRAWS, EARTH_RADIUS_M, enter
from rampart.kernels.geometry import grow, mahalanobis_distance, signed_distance
from rampart.metrics.ideal import IdealFilter
from rampart.metrics.truth import NO_TIME, Floats, Truth

REGION: Final = 0.99
HISTORY_S: Final = 30.0
"""Of a mover's true path, from which its spread of turn rate and speed is taken."""
TURN_FLOOR_RPS: Final = 0.01  # [A] nobody can trust an object to fly straighter than this
SPEED_FLOOR_MPS: Final = 2.0  # [A]
POSITION_SIGMA_M: Final = 12.0  # [A] of a mover as an ideal filter knows it


class Reach:
    """Zones of a site, grown by the hazard radius of each threat's true family."""

    def __init__(self, site: Site, truth: Truth, ideal: IdealFilter) -> None:
        self._rules, self._truth, self._ideal = site.rules, truth, ideal
        self._corners = [np.array(zone.polygon_enu_m, float) for zone in site.zones]
        self._polygons = [zone.polygon_enu_m for zone in site.zones]
        self._grown: dict[tuple[int, float], Floats] = {}

    def hit_ns(self, i: int, z: int) -> int:
        """When object `i` hits zone `z`; NO_TIME where it does not.

        It hits by landing within the hazard radius of the zone, and a drone also by flying into the zone
        so grown below the drone ceiling, whichever comes first.
        """
        truth, radius = self._truth, self._radius(i)
        when = NO_TIME
        if truth.lands(i):
            e, n = truth.impact_enu_m[i, :2]
            if signed_distance(e, n, self._corners[z]) <= radius:
                when = int(truth.t_impact_ns[i])
        if truth.families[i] == "drone":
            rows = truth.samples(i)
            for row in range(rows.start, rows.stop):
                e, n, u = truth.sample_enu_m[row]
                if _height(e, n, u) > self._rules.drone_ceiling_m:
                    continue
                if signed_distance(e, n, self._corners[z]) <= radius:
                    entered = int(truth.sample_t_ns[row])
                    return entered if when == NO_TIME else min(entered, when)
        return when

    def could_reach(self, i: int, z: int, now_ns: int) -> bool:
        """Whether zone `z`, grown, meets the 99 % region of object `i` as it could be known at `now_ns`.

        Ballistic: the region of `IdealFilter`; where that filter knows no landing yet, every zone is
        inside. A mover has no impact to centre a region on: its region is made of the futures of the drone
        rules (section 4: 'present velocity, turn rate and speed spread from its own history'), begun at its
        true state; the zone meets it if at least 1 % of 1,000 of them enter it within the rules' horizon.
        """
        if not np.isfinite(self._truth.drag_per_m[i]):
            return self._flies_into(i, z, now_ns)
        region = self._ideal.region(i, now_ns)
        if region is None:
            return True
        radius = self._radius(i)
        if (z, radius) not in self._grown:
            self._grown[z, radius] = grow(self._polygons[z], radius)
        gap = mahalanobis_distance(
            region.mean_m, region.cov_m2, self._corners[z], radius, self._grown[z, radius]
        )
        return bool(gap <= math.sqrt(-2.0 * math.log(1.0 - REGION)))

    def _radius(self, i: int) -> float:
        radii = self._rules.hazard_radius_m
        return radii.get(self._truth.families[i], radii["unknown"])

    def _flies_into(self, i: int, z: int, now_ns: int) -> bool:
        position, velocity = self._truth.at(i, now_ns)
        turn, turn_sigma, speed_sigma = self._manners(i, now_ns)
        motion = np.array(
            [*position, *velocity, POSITION_SIGMA_M, speed_sigma, turn, turn_sigma], float
        )
        corners = self._corners[z]
        centre = (corners.min(axis=0) + corners.max(axis=0)) / 2
        circle = np.array([[*centre, np.hypot(*(corners - centre).T).max()]])
        share = enter(
            motion, DRAWS, self._rules.drone_ceiling_m, self._rules.drone_horizon_s,
            np.array([self._radius(i)]), corners, np.array([0, len(corners)]), circle, np.ones(1, np.bool_),
        )[0, 0]  # fmt: skip
        return bool(share >= 1.0 - REGION)

    def _manners(self, i: int, now_ns: int) -> tuple[float, float, float]:
        """(mean turn rate, spread of turn rate, spread of speed) over the last `HISTORY_S` of the path.

        A future keeps one turn rate to its end. That of the present half-second is of the weave about the
        way: kept for two minutes it bends what flies straight at a zone away from it by half a circle.
        """
        truth = self._truth
        rows = truth.samples(i)
        t = truth.sample_t_ns[rows]
        recent = (t <= now_ns) & (t >= now_ns - HISTORY_S * NS_PER_S)
        v = truth.sample_velocity_mps[rows][recent]
        if len(v) < 3:
            return 0.0, TURN_FLOOR_RPS, SPEED_FLOOR_MPS
        heading = np.unwrap(np.arctan2(v[:, 1], v[:, 0]))  # turns to the left are positive
        seconds = np.diff(t[recent]) / 1e9
        turn = np.diff(heading) / np.maximum(seconds, 1e-9)
        speed = np.hypot(v[:, 0], v[:, 1])
        return (
            float((heading[-1] - heading[0]) / max(seconds.sum(), 1e-9)),
            max(float(turn.std()), TURN_FLOOR_RPS),
            max(float(speed.std()), SPEED_FLOOR_MPS),
        )


def _height(e: float, n: float, u: float) -> float:
    return u + (e * e + n * n) / (2.0 * EARTH_RADIUS_M)
