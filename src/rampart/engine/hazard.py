"""P: how probable it is that each threat lands in, or enters, each zone. Warning rules, 1 and 4."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.domain.site import Site
from rampart.domain.time import NS_PER_S
from rampart.domain.values import BALLISTIC, POSTERIOR
from rampart.engine.scatter import settle_falls, upper
from rampart.engine.threat import OUT_OF_SIGHT, Motion, Threat
from rampart.kernels.futures import DRAWS, EARTH_RADIUS_M, FUTURES, SCREENING, enter
from rampart.kernels.geometry import Array, Ints, grow, signed_distance
from rampart.kernels.landing import NEGLIGIBLE, Grown, land

Mask = npt.NDArray[np.bool_]

AFTER_Q95_NS: Final = 2 * NS_PER_S
"""'The last prediction stands until t_impact q95 + 2 s.'"""
WAIT_S: Final = (2.0, 5.0)
"""After its third plot, least and most: what flies shows no course before, and one bird in some hundred looks
like a drone. The four of S2 that a zone was warned of at their third plot did within 2 s (ADR 11)."""
WAIT_SHARE: Final = 0.25  # [A] between them, of the time until it may be there (q05)
YOUNG_SHARE: Final = 1.0 / 3.0
"""[A] So much of its P counts from there on until the longest wait is over: at once is warned of what is
likely; what may be leaps about for its first seconds (ADR 11)."""
LATER: Final = 1.5
"""Times of entry are flown over q95 of those within the horizon and half as long again: a horizon that cuts
the late ones off makes the rest look sure and soon (ADR 14). Set on `drone_roc.py`, seeds 700-717, where 1.25
to 2 tell the same times; at 1.25 a q95 reached 0.98 of the time flown, at 1.5 none more than 0.84."""
ENTRIES: Final = 64
"""So many entries tell their quantiles: on the same seeds 32 to 100 cover alike, and so do 1,000 futures."""
UNSEEN_M: Final = 600.0  # [A] way through a place that no sensor sees, as over a radar
UNSEEN_S: Final = 120.0  # [A] and the longest time in it that anything is foretold for
_BALLISTIC = tuple(POSTERIOR.index(f) for f in BALLISTIC)
_DRONE, _OTHER, _UNKNOWN = (POSTERIOR.index(f) for f in ("drone", "other", "unknown"))
_FALLING = (*_BALLISTIC, _UNKNOWN)


@dataclass(slots=True)
class Hits:
    """What n threats mean for every zone: arrays (n, zones), in the order asked and the site's.

    `flies` (n,): the threat manoeuvres. `fall`: P of a ballistic impact. `fly`: P that it flies in;
    `fly_high`: its 95 % upper bound. `touch`: the 50 % region reaches the grown zone. `entry_s`
    (n, zones, 3): q05 q50 q95 of entering, also after the horizon, seconds after the track's own time; nan
    where nothing enters within it. `inside`: it is in the grown zone now. `gap_m`: distance to the zone
    itself, inf for what does not fly.
    """

    flies: list[bool]
    fall: Array
    fly: Array
    fly_high: Array
    touch: Mask
    entry_s: Array
    inside: Mask
    gap_m: Array


class Hazard:
    """The zones of a site, ready to be asked about threats."""

    def __init__(self, site: Site) -> None:
        self._rules = site.rules
        radius = site.rules.hazard_radius_m
        self._radius = [radius.get(family, 0.0) for family in POSTERIOR]
        radii = list(dict.fromkeys(self._radius[i] for i in _FALLING))
        self._radius_of = np.array([radii.index(self._radius[i]) for i in _FALLING])
        self._grown = _grown(site, [*radii, *(r + site.rules.degraded_radius_m for r in radii)])
        self._zones = len(site.zones)
        self._circles = _circles(site, 0.0)
        self._levels = np.array([zone.threshold or site.rules.warn_p for zone in site.zones])

    def of(
        self,
        threats: Sequence[Threat],
        posteriors: Sequence[tuple[float, ...]],
        degraded: Mask,
        now_ns: int,
        warned: Mask,
    ) -> Hits:
        """Hits of `threats` with posteriors in the order of `values.POSTERIOR`.

        `degraded` (zones,): those that face a hole in coverage ('the hazard radius grows by 100 m').
        `warned` (n, zones): where a threat is warned of already; where its share is plainly high
        there, the short set of futures is enough.
        """
        shape = len(threats), self._zones
        hits = Hits(
            flies=[flies(threat, p) for threat, p in zip(threats, posteriors, strict=True)],
            fall=np.zeros(shape),
            fly=np.zeros(shape),
            fly_high=np.zeros(shape),
            touch=np.zeros(shape, np.bool_),
            entry_s=np.full((*shape, 3), np.nan),
            inside=np.zeros(shape, np.bool_),
            gap_m=np.full(shape, np.inf),
        )
        self._fall(hits, threats, posteriors, degraded, now_ns, warned)
        for k, (threat, p) in enumerate(zip(threats, posteriors, strict=True)):
            if hits.flies[k] and threat.motion is not None:
                horizon_s = self._rules.drone_horizon_s + _unseen_s(threat)
                soonest_s = self._fly(hits, k, threat.motion, p, horizon_s, degraded, warned[k])
                age_s = _age_s(threat)
                if age_s < WAIT_S[1]:
                    waits = age_s < np.clip(WAIT_SHARE * soonest_s, *WAIT_S)
                    # where it would be warned of it is watched, where it would be watched it is not yet;
                    # nobody runs for the first look at a bird
                    warn_p = self._rules.drone_warn_p * np.where(degraded, 0.5, 1.0)
                    share = np.minimum(hits.fly[k] / warn_p, 1.0)
                    young = np.where(
                        waits, share * self._rules.drone_watch_p, YOUNG_SHARE * hits.fly[k]
                    )
                    hits.fly[k, ~warned[k]] = young[~warned[k]]
        return hits

    def _fall(
        self,
        hits: Hits,
        threats: Sequence[Threat],
        posteriors: Sequence[tuple[float, ...]],
        degraded: Mask,
        now_ns: int,
        warned: Mask,
    ) -> None:
        """P = sum over families of p_family x Gaussian mass in the zone grown by that family's radius."""
        at, impacts, shares, touching, spots = [], [], [], [], []
        for k, (threat, p) in enumerate(zip(threats, posteriors, strict=True)):
            impact = threat.impact
            if impact is None or now_ns >= impact.t_ns_q95 + AFTER_Q95_NS:
                continue
            at.append(k)
            impacts.append((impact.x_m, impact.y_m, *impact.cov_m2))
            spots.append(impact.spots)
            falling = [p[i] for i in _FALLING]
            # 'the grown zone touches the 50 % impact region of a confirmed ballistic track'
            counts = threat.detections >= 3 and sum(falling[:-1]) >= 0.5
            likeliest = max(range(len(_BALLISTIC)), key=falling.__getitem__)
            touching.append(int(self._radius_of[likeliest]) if counts else -1)
            if hits.flies[k]:
                falling[-1] = 0.0  # 'its unknown share follows section 4'
            shares.append(falling)
        if not at:
            return
        land(
            np.array(at, np.int64), np.array(impacts), np.array(shares), self._radius_of,
            np.array(touching, np.int64), degraded, self._grown, hits.fall, hits.touch,
        )  # fmt: skip
        if any(spots):
            fall = hits.fall[at]
            settle_falls(
                fall,
                spots,
                shares,
                self._radius_of,
                degraded,
                warned[at],
                self._levels,
                self._grown,
            )
            hits.fall[at] = fall

    def _fly(
        self,
        hits: Hits,
        k: int,
        motion: Motion,
        p: tuple[float, ...],
        horizon_s: float,
        degraded: Mask,
        warned: Mask,
    ) -> Array:
        """P = share of futures that enter the grown zone low enough and within `horizon_s` x weight.

        Returns (zones,): how soon it may be there, s (q05), by the futures that make P.
        """
        rules, grown = self._rules, self._grown
        weight = p[_DRONE] + p[_UNKNOWN]
        radius = self._radius[_UNKNOWN if p[_UNKNOWN] > p[_DRONE] else _DRONE]
        radii = np.where(degraded, radius + rules.degraded_radius_m, radius)
        e, n, u = motion.position_enu_m
        height = u + (e * e + n * n) / (2.0 * EARTH_RADIUS_M)
        corners = (grown.corners[a:b] for a, b in pairwise(grown.corner.tolist()))
        hits.gap_m[k] = [max(0.0, signed_distance(e, n, c)) for c in corners]
        hits.inside[k] = (hits.gap_m[k] <= radii) & (height < rules.drone_ceiling_m)
        place, sigma_m = motion.position_enu_m, motion.sigma_position_m
        turn, sigma_turn = motion.turn_rate_rps, motion.sigma_turn_rate_rps
        now = np.array(
            (*place, *motion.velocity_enu_mps, sigma_m, motion.sigma_speed_mps, turn, sigma_turn)
        )
        seeds = [now] * self._zones
        share, flown = self._share(now, weight, horizon_s, radii, degraded, warned)
        if motion.course is not None:
            # it may fly on as it flies now, or as it flew so far: the worse of the two, by zone
            *velocity, sigma_mps, sigma_turn = motion.course
            held = np.array((*place, *velocity, sigma_m, sigma_mps, 0.0, sigma_turn))
            other, others = self._share(held, weight, horizon_s, radii, degraded, warned)
            worse = other[:, 0] > share[:, 0]
            share[worse], flown[worse] = other[worse], others[worse]
            seeds = [held if w else now for w in worse]
        hits.fly[k] = weight * share[:, 0]
        hits.fly_high[k] = weight * upper(share[:, 0], flown)
        hits.entry_s[k] = self._when(seeds, share, radii)
        return share[:, 1]

    def _when(self, seeds: Sequence[Array], share: Array, radii: Array) -> Array:
        """(zones, 3): q05 q50 q95 of entry, seconds, by the futures of `seeds` (zones,) that gave `share`.

        Those that enter after the horizon are no part of P, but they do enter: each zone's are flown
        again over a time of its own, farther where they come late, in finer steps where they come soon.
        """
        times = share[:, 1:4].copy()
        for z in np.flatnonzero(share[:, 0]).tolist():
            only = np.arange(self._zones) == z
            enough = min(FUTURES, math.ceil(ENTRIES / share[z, 0]))
            again = self._enter(seeds[z], enough, LATER * share[z, 3], radii, only)[z]
            if again[0] > 0.0:  # of the few that graze it, finer steps may find none
                times[z] = again[1:4]
        return times

    def _enter(self, seed: Array, futures: int, horizon_s: float, radii: Array, use: Mask) -> Array:
        """As `futures.enter`, of this site's zones."""
        return enter(
            seed, DRAWS[:futures], self._rules.drone_ceiling_m, horizon_s, radii,
            self._grown.corners, self._grown.corner, self._circles, use,
        )  # fmt: skip

    def _share(
        self,
        seed: Array,
        weight: float,
        horizon_s: float,
        radii: Array,
        degraded: Mask,
        warned: Mask,
    ) -> tuple[Array, Array]:
        """As `futures.enter` of the futures of `seed`, and how many were flown for each zone: more where a
        decision is open."""
        every = np.ones(self._zones, np.bool_)
        share = self._enter(seed, SCREENING, horizon_s, radii, every)
        flown = np.full(self._zones, float(SCREENING))
        # 'warn on >= 1,000 samples ...; cancel only if the 95 % upper bound is below the level'
        level = np.where(degraded, 0.5, 1.0) * self._rules.drone_warn_p
        few = weight * share[:, 0]
        open_ = np.where(warned, few < level, few + 0.05 * weight >= level / 4) & (few > 0.0)
        open_ |= warned & (few == 0.0)
        if open_.any():
            more = self._enter(seed, FUTURES, horizon_s, radii, open_)
            share[open_] = more[open_]
            flown[open_] = float(FUTURES)
        return share, flown


def _grown(site: Site, radii_m: Sequence[float]) -> Grown:
    """Every zone of `site` grown by every radius."""
    rows = [grow(zone.polygon_enu_m, r) for r in radii_m for zone in site.zones]
    zones = len(site.zones)
    ends = _ends(rows)
    corners = [np.array(zone.polygon_enu_m) for zone in site.zones]
    return Grown(
        radius_m=np.array(radii_m),
        rows=np.vstack(rows) if rows else np.zeros((0, 6)),
        first=np.array([ends[g * zones : (g + 1) * zones + 1] for g in range(len(radii_m))]),
        circles=np.array([_circles(site, r) for r in radii_m]),
        corners=np.vstack(corners) if corners else np.zeros((0, 2)),
        corner=_ends(corners),
    )


def _ends(arrays: Sequence[Array]) -> Ints:
    return np.cumsum([0, *(len(a) for a in arrays)]).astype(np.int64)


def _circles(site: Site, radius_m: float) -> Array:
    circles = np.zeros((len(site.zones), 3))
    for z, zone in enumerate(site.zones):
        corners = np.array(zone.polygon_enu_m)
        centre = (corners.min(axis=0) + corners.max(axis=0)) / 2
        circles[z, :2] = centre
        circles[z, 2] = np.hypot(*(corners - centre).T).max() + radius_m
    return circles


def flies(threat: Threat, p: tuple[float, ...]) -> bool:
    """It manoeuvres, so far as can be told: it has a motion and is not plainly ballistic.

    Its unknown share then follows section 4 instead of an impact point.
    """
    if threat.motion is None or p[_DRONE] + p[_UNKNOWN] < NEGLIGIBLE:
        return False
    aloft = min(threat.aloft, p[_UNKNOWN])  # nothing of it where a person has named the track
    return threat.impact is None or not falls(p, aloft)


def _age_s(threat: Threat) -> float:
    """How long ago its third plot was: so much its course tells. Where no sensor sees it any more nothing else
    will be told, and it stays as it is; what sensors look for in vain they disown."""
    if threat.lost in OUT_OF_SIGHT:
        return math.inf
    third_ns = threat.t_third_ns
    return -math.inf if third_ns is None else (threat.t_ns - third_ns) / NS_PER_S


def _unseen_s(threat: Threat) -> float:
    """Seconds by which a threat is followed farther than others that flew where no sensor sees: what would be
    decided when it has come nearer is decided at its loss, the last look at it."""
    if threat.lost not in OUT_OF_SIGHT or threat.motion is None:
        return 0.0
    e, n, _ = threat.motion.velocity_enu_mps
    return min(UNSEEN_M / max(math.hypot(e, n), 1.0), UNSEEN_S)


def falls(p: tuple[float, ...], aloft: float = 0.0) -> bool:
    """More likely a round with a name than what flies by its own power; `aloft`: without a name."""
    return sum(p[i] for i in _BALLISTIC) > p[_DRONE] + p[_OTHER] + aloft


def is_threat(threat: Threat, p: tuple[float, ...]) -> bool:
    """'A family other than aircraft and clutter, or an unassessed track', and not explained by traffic.

    Aircraft or clutter: p_other > 0.5 and nothing else reaches 0.2. When in doubt it is a threat.
    """
    rest = max(p[i] for i in range(len(p)) if i != _OTHER)
    return not threat.known and not (p[_OTHER] > 0.5 and rest < 0.2)


def is_assessed(p: tuple[float, ...]) -> bool:
    """Somebody or something has named it: unknown is not its most probable family."""
    return max(range(len(p)), key=lambda i: (p[i], -i)) != _UNKNOWN
