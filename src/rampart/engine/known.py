"""Known traffic: what identifies itself explains its own track, and never another one near it.

Each report is carried forward at its own velocity and matched to the one nearest track inside a
gate made of both uncertainties. A second track beside it, however close, stays unexplained: a
hostile drone that follows a friendly one is still a threat.

Feeds tell a position each 1 to 10 s. A track for which a fresh report has vouched stays explained
between two of them while it flies as reported; only a fresh report can vouch for another.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rampart.domain.frames import ecef_axes, enu_from_geodetic
from rampart.domain.messages import KnownTrack
from rampart.domain.site import Settings, Site
from rampart.domain.time import ns_from_seconds, seconds_between
from rampart.engine.reports import Report, Reports, pairs_within

GATE_D2: Final = 11.34
"""Squared Mahalanobis gate in the horizontal and the velocity plane: 99 % of a true pair."""

MOST_OBJECTS: Final = 1_000
"""[A] Objects whose reports are held, those heard of last: a receiver hears hundreds, a forger any number."""

NOBODY: Final = 0
"""No track has this number."""


class KnownSettings(Settings, frozen=True):
    """How long a report vouches, and how far what reports may drift from where it was."""

    fresh_s: float = 10.0  # [A] feeds tell each 10 s; an older report vouches for no track anew
    near_s: float = 5.0  # [A] a track not vouched for yet must be as near as after this time
    bond_s: float = 30.0  # [A] nor, older than this, for the track that it has vouched for
    acceleration_mps2: float = 2.0  # [A] unmodelled manoeuvre between reports
    height_error_m: float = 500.0  # [A] reports tell barometric heights, and climb between two
    sigma_max_m: float = 500.0  # [A] a report vaguer than this would vouch for whatever is near


class KnownTraffic:
    """The latest report of every known object, and the one track each explains."""

    def __init__(self, site: Site, settings: KnownSettings) -> None:
        self._site = site
        self._settings = settings
        self._reports = Reports()
        self._bonds: dict[str, int] = {}  # the track that a fresh report last vouched for

    def hear(self, known: KnownTrack, now_ns: int) -> bool:
        """Take in one report; an older one than the last of the same object changes nothing.

        False where it vouches for nothing: not a number, too vague, or from the future.
        """
        numbers = (known.latitude_deg, known.longitude_deg, known.height_m)
        vague = not 0.0 < known.sigma_m <= self._settings.sigma_max_m
        vague |= known.sigma_time_s is not None and not 0.0 <= known.sigma_time_s < math.inf
        if vague or not all(map(math.isfinite, (*numbers, *(known.velocity_enu_mps or ())))):
            return False
        if seconds_between(known.t_event_ns, now_ns) > self._settings.fresh_s:
            return False
        previous = self._reports.of(known.ident)
        if previous is not None and previous.t_ns >= known.t_event_ns:
            return True
        if previous is None and len(self._reports) >= MOST_OBJECTS:
            self._bonds.pop(self._reports.drop_oldest(), None)
        xyz = enu_from_geodetic(known.latitude_deg, known.longitude_deg, known.height_m, self._site)
        velocity = (0.0, 0.0)
        if known.velocity_enu_mps is not None:
            here = ecef_axes(known.latitude_deg, known.longitude_deg)
            home = ecef_axes(self._site.latitude_deg, self._site.longitude_deg)
            v = home.T @ here @ np.array(known.velocity_enu_mps)
            velocity = (float(v[0]), float(v[1]))
        self._reports.put(
            Report(
                ident=known.ident,
                t_ns=known.t_event_ns,
                xyz=(float(xyz[0]), float(xyz[1]), float(xyz[2])),
                v=velocity,
                sigma_m=known.sigma_m,
                moving=known.velocity_enu_mps is not None,
                sigma_time_s=known.sigma_time_s,
            )
        )
        return True

    def forget(self, now_ns: int) -> None:
        """Drop reports that no longer vouch for anything at `now_ns`."""
        for ident in self._reports.drop(now_ns - ns_from_seconds(self._settings.bond_s)):
            self._bonds.pop(ident, None)

    def explain(
        self,
        tracks: npt.NDArray[np.int64],
        t_ns: int,
        states: npt.NDArray[np.float64],
        covariances: npt.NDArray[np.float64],
    ) -> dict[int, str]:
        """{track id: ident} of the tracks that known objects explain at `t_ns`.

        `states` (n, >=6) and `covariances` (n, >=6, >=6): site ENU at `t_ns`. Each object explains
        at most one track, the nearest in its gate; each track has at most one explanation.
        """
        if not len(tracks) or not len(self._reports):
            return {}
        s, reports = self._settings, self._reports
        age_s = np.abs(reports.age_s(t_ns))
        fresh = age_s <= s.fresh_s
        at = reports.at(t_ns)
        bond = np.full(len(reports), NOBODY)
        for ident, track in self._bonds.items():
            bond[reports.row(ident)] = track

        # which pairs to look at: each track with its bonded report, and fresh reports with what is about
        held = np.flatnonzero((bond != NOBODY) & (age_s <= s.bond_s))
        one, other = np.nonzero(tracks[:, None] == bond[held])
        new = np.flatnonzero(fresh)
        # λmax(S) <= tr P + R, so d² < GATE_D2 only within √(GATE_D2 (tr P + R)) of the report
        widest = reports.sigma_m[new].max(initial=0.0) ** 2 + self._drift_m(s.near_s) ** 2
        reach_m = np.sqrt(GATE_D2 * (covariances[:, 0, 0] + covariances[:, 1, 1] + widest))
        i, j = pairs_within(states[:, :2].T, at[:, new], 1.001 * reach_m)
        j = new[j]
        strange = bond[j] != tracks[i]
        i = np.concatenate([one, i[strange]])
        j = np.concatenate([held[other], j[strange]])
        bonded = np.arange(len(i)) < len(one)
        if not len(i):
            return {}

        reach_s = np.where(bonded, age_s[j], np.minimum(age_s[j], s.near_s))
        variance = reports.sigma_m[j] ** 2 + self._drift_m(reach_s) ** 2
        S = covariances[i, :2, :2] + variance[:, None, None] * np.eye(2)  # S = P + R
        miss = states[i, :2] - at[:, j].T
        d2 = np.einsum("ni,nij,nj->n", miss, np.linalg.inv(S), miss)  # d² = νᵀ S⁻¹ ν
        good = d2 < GATE_D2
        height_sigma = np.sqrt(np.maximum(covariances[i, 2, 2], 0.0))
        good &= np.abs(states[i, 2] - reports.height_m[j]) < 3.0 * height_sigma + s.height_error_m
        dv = np.linalg.norm(states[i, 3:5] - reports.v[:, j].T, axis=1)
        spread = np.sqrt(covariances[i, 3, 3] + covariances[i, 4, 4])
        good &= (dv < 3.0 * (spread + 5.0 + s.acceleration_mps2 * reach_s)) | ~reports.moving[j]
        for row in j[bonded & ~good & fresh[j]].tolist():  # a fresh report disowns it
            del self._bonds[reports.ident(row)]

        found = zip(d2[good].tolist(), tracks[i[good]].tolist(), j[good].tolist(), strict=True)
        explained: dict[int, str] = {}
        used: dict[str, int] = {}
        for _, track, ident in sorted((d, track, reports.ident(row)) for d, track, row in found):
            if track not in explained and ident not in used:
                explained[track] = ident
                used[ident] = track
        self._bonds.update(used)
        return explained

    def _drift_m(self, after_s: Any) -> Any:
        """How far an object may be from where its velocity leads, (n,) or a number as `after_s` is."""
        return 0.5 * self._settings.acceleration_mps2 * after_s**2

    def voucher(self, track: int) -> Report | None:
        """The last report of the object that explains `track`."""
        for ident, bonded in self._bonds.items():
            if bonded == track:
                return self._reports.of(ident)
        return None

    @property
    def bonded(self) -> list[int]:
        """The tracks that are explained."""
        return list(self._bonds.values())

    @property
    def empty(self) -> bool:
        """No report is held."""
        return not len(self._reports)

    def state(self) -> list[Any]:
        """Plain data for a snapshot."""
        return [self._reports.state(), list(self._bonds.items())]

    def load(self, state: list[Any]) -> None:
        """Restore what `state` gave."""
        reports, bonds = state
        self._reports.load(reports)
        self._bonds = dict(map(tuple, bonds))
