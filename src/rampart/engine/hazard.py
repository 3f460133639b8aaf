"""P: how probable it is that one threat lands in, or enters, each zone. Warning rules, 1 and 4."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.domain.site import Site
from rampart.domain.time import NS_PER_S
from rampart.domain.values import BALLISTIC, POSTERIOR
from rampart.engine.threat import Motion, Threat
from rampart.kernels.futures import DRAWS, EARTH_RADIUS_M, SCREENING, enter
from rampart.kernels.geometry import (
    Array,
    Ints,
    gaussian_mass,
    grow,
    mahalanobis_distance,
    signed_distance,
)

Mask = npt.NDArray[np.bool_]

HALF_REGION: Final = math.sqrt(
    2.0 * math.log(2.0)
)  # radius in sigmas of the 50 % region of a plane
AFTER_Q95_NS: Final = 2 * NS_PER_S
"""'The last prediction stands until t_impact q95 + 2 s.'"""
NEGLIGIBLE: Final = 1e-4  # share of a posterior that can move no decision (watch level / 20)
_BALLISTIC = tuple(POSTERIOR.index(f) for f in BALLISTIC)
_DRONE, _OTHER, _UNKNOWN = (POSTERIOR.index(f) for f in ("drone", "other", "unknown"))


@dataclass(slots=True)
class Hits:
    """What one threat means for every zone, in site order.

    `fall`: P of a ballistic impact. `fly`: P that it flies in; `fly_high`: its 95 % upper bound.
    `touch`: the 50 % region reaches the grown zone. `entry_s`: q05 q50 q95 of entering, seconds after
    the track's own time. `inside`: it is in the grown zone now. `gap_m`: distance to the zone itself.
    """

    fall: Array
    fly: Array
    fly_high: Array
    touch: Mask
    entry_s: Array
    inside: Mask
    gap_m: Array


class _Grown:
    """All zones grown by one radius, as the kernels want them."""

    def __init__(self, site: Site, radius_m: float) -> None:
        rows = [grow(zone.polygon_enu_m, radius_m) for zone in site.zones]
        self.rows = np.vstack(rows) if rows else np.zeros((0, 6))
        self.first: Ints = np.cumsum([0, *(len(r) for r in rows)]).astype(np.int64)
        self.each = rows
        self.circles = _circles(site, radius_m)


def _circles(site: Site, radius_m: float) -> Array:
    circles = np.zeros((len(site.zones), 3))
    for z, zone in enumerate(site.zones):
        corners = np.array(zone.polygon_enu_m)
        centre = (corners.min(axis=0) + corners.max(axis=0)) / 2
        circles[z, :2] = centre
        circles[z, 2] = np.hypot(*(corners - centre).T).max() + radius_m
    return circles


class Hazard:
    """The zones of a site, ready to be asked about a threat."""

    def __init__(self, site: Site) -> None:
        self._rules = site.rules
        self._zones = len(site.zones)
        radius = site.rules.hazard_radius_m
        self._radius = [radius.get(family, 0.0) for family in POSTERIOR]
        falling = [*(self._radius[i] for i in _BALLISTIC), self._radius[_UNKNOWN]]
        wider = site.rules.degraded_radius_m
        self._grown = {r: _Grown(site, r) for f in falling for r in (f, f + wider)}
        self._corners = [np.array(zone.polygon_enu_m) for zone in site.zones]
        self._all_corners = np.vstack(self._corners) if self._corners else np.zeros((0, 2))
        self._first = np.cumsum([0, *(len(c) for c in self._corners)]).astype(np.int64)
        self._circles = _circles(site, 0.0)
        self._never = np.full((self._zones, 3), np.nan)
        self._far = np.full(self._zones, np.inf)

    def of(
        self, threat: Threat, p: tuple[float, ...], degraded: Mask, now_ns: int, settled: Mask
    ) -> Hits:
        """Hits of one threat with posteriors `p` (order of `values.POSTERIOR`).

        `degraded`: zones that face a hole in coverage ('the hazard radius grows by 100 m').
        `settled`: zones where the threat is warned of already; where its share is plainly high there,
        the short set of futures is enough.
        """
        hits = Hits(
            fall=np.zeros(self._zones),
            fly=np.zeros(self._zones),
            fly_high=np.zeros(self._zones),
            touch=np.zeros(self._zones, np.bool_),
            entry_s=self._never,
            inside=np.zeros(self._zones, np.bool_),
            gap_m=self._far,
        )
        flying = flies(threat, p)
        impact = threat.impact
        if impact is not None and now_ns < impact.t_ns_q95 + AFTER_Q95_NS:
            self._fall(hits, threat, p, degraded, flying)
        if flying and threat.motion is not None:
            weight = p[_DRONE] + p[_UNKNOWN]
            self._fly(hits, threat.motion, weight, p[_UNKNOWN] > p[_DRONE], degraded, settled)
        return hits

    def _fall(
        self, hits: Hits, threat: Threat, p: tuple[float, ...], degraded: Mask, flying: bool
    ) -> None:
        """P = sum over families of p_family x Gaussian mass in the zone grown by that family's radius."""
        impact = threat.impact
        assert impact is not None
        mean, cov = np.array([impact.x_m, impact.y_m]), np.array(impact.cov_m2)
        sides = [
            (zones, more_m)
            for zones, more_m in ((~degraded, 0.0), (degraded, self._rules.degraded_radius_m))
            if zones.any()
        ]
        weights: dict[float, float] = {}
        for i in _BALLISTIC if flying else (*_BALLISTIC, _UNKNOWN):
            weights[self._radius[i]] = weights.get(self._radius[i], 0.0) + p[i]
        for radius, weight in weights.items():
            if weight < NEGLIGIBLE:
                continue
            for zones, more_m in sides:
                grown = self._grown[radius + more_m]
                hits.fall += weight * gaussian_mass(
                    mean, cov, grown.rows, grown.first, grown.circles, zones
                )
        # 'the grown zone touches the 50 % impact region of a confirmed ballistic track'
        if threat.detections < 3 or sum(p[i] for i in _BALLISTIC) < 0.5:
            return
        radius = self._radius[max(_BALLISTIC, key=lambda i: p[i])]
        xx, xy, yy = impact.cov_m2
        wide = math.sqrt(0.5 * (xx + yy + math.hypot(xx - yy, 2 * xy)))
        for zones, more_m in sides:
            grown = self._grown[radius + more_m]
            gaps = np.hypot(*(grown.circles[:, :2] - mean).T) - grown.circles[:, 2]
            # a zone whose circle is out of the region's reach is not touched
            for z in np.flatnonzero(zones & (gaps <= HALF_REGION * wide)).tolist():
                sigmas = mahalanobis_distance(
                    mean, cov, self._corners[z], radius + more_m, grown.each[z]
                )
                hits.touch[z] = sigmas <= HALF_REGION

    def _fly(
        self,
        hits: Hits,
        motion: Motion,
        weight: float,
        unknown: bool,
        degraded: Mask,
        settled: Mask,
    ) -> None:
        """P = share of futures that enter the grown zone low enough and soon enough x weight."""
        rules = self._rules
        radius = self._radius[_UNKNOWN if unknown else _DRONE]
        radii = np.where(degraded, radius + rules.degraded_radius_m, radius)
        e, n, u = motion.position_enu_m
        height = u + (e * e + n * n) / (2.0 * EARTH_RADIUS_M)
        hits.gap_m = np.array([max(0.0, signed_distance(e, n, c)) for c in self._corners])
        hits.inside = (hits.gap_m <= radii) & (height < rules.drone_ceiling_m)
        seed = np.array([
            *motion.position_enu_m, *motion.velocity_enu_mps, motion.sigma_position_m,
            motion.sigma_speed_mps, motion.turn_rate_rps, motion.sigma_turn_rate_rps,
        ])  # fmt: skip
        shape = (
            rules.drone_ceiling_m,
            rules.drone_horizon_s,
            radii,
            self._all_corners,
            self._first,
        )
        every = np.ones(self._zones, np.bool_)
        share = enter(seed, DRAWS[:SCREENING], *shape, self._circles, every)
        flown = np.full(self._zones, float(SCREENING))
        # 'warn on >= 1,000 samples ...; cancel only if the 95 % upper bound is below the level'
        level = np.where(degraded, 0.5, 1.0) * rules.drone_warn_p
        few = weight * share[:, 0]
        open_ = np.where(settled, few < level, few + 0.05 * weight >= level / 4) & (few > 0.0)
        open_ |= settled & (few == 0.0)
        if open_.any():
            more = enter(seed, DRAWS, *shape, self._circles, open_)
            share[open_] = more[open_]
            flown[open_] = float(len(DRAWS))
        hits.fly = weight * share[:, 0]
        hits.fly_high = weight * _upper(share[:, 0], flown)
        hits.entry_s = share[:, 1:4]


def _upper(share: Array, n: Array) -> Array:
    """95 % upper bound (one-sided Wilson) of a share seen in n futures."""
    z = 1.645
    middle = share + z * z / (2 * n)
    spread = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return np.asarray((middle + spread) / (1 + z * z / n))


def flies(threat: Threat, p: tuple[float, ...]) -> bool:
    """It manoeuvres, so far as can be told: it has a motion and is not plainly ballistic.

    Its unknown share then follows section 4 instead of an impact point.
    """
    if threat.motion is None or p[_DRONE] + p[_UNKNOWN] < NEGLIGIBLE:
        return False
    return threat.impact is None or sum(p[i] for i in _BALLISTIC) <= p[_DRONE] + p[_OTHER]


def is_threat(threat: Threat, p: tuple[float, ...]) -> bool:
    """'A family other than aircraft and clutter, or an unassessed track', and not explained by traffic.

    Aircraft or clutter: p_other > 0.5 and nothing else reaches 0.2. When in doubt it is a threat.
    """
    rest = max(p[i] for i in range(len(p)) if i != _OTHER)
    return not threat.known and not (p[_OTHER] > 0.5 and rest < 0.2)


def is_assessed(p: tuple[float, ...]) -> bool:
    """Somebody or something has named it: unknown is not its most probable family."""
    return max(range(len(p)), key=lambda i: (p[i], -i)) != _UNKNOWN
