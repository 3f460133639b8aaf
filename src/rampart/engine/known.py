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

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.domain.frames import ecef_axes, enu_from_geodetic
from rampart.domain.messages import KnownTrack
from rampart.domain.site import Settings, Site
from rampart.domain.time import seconds_between

GATE_D2: Final = 11.34
"""Squared Mahalanobis gate in the horizontal and the velocity plane: 99 % of a true pair."""

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


class Report(msgspec.Struct):
    """What one object last said of itself, in site ENU."""

    ident: str
    t_ns: int
    xyz: tuple[float, float, float]
    v: tuple[float, float]
    sigma_m: float
    moving: bool
    sigma_time_s: float | None


class KnownTraffic:
    """The latest report of every known object, and the one track each explains."""

    def __init__(self, site: Site, settings: KnownSettings) -> None:
        self._site = site
        self._settings = settings
        self._reports: dict[str, Report] = {}
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
        previous = self._reports.get(known.ident)
        if previous is not None and previous.t_ns >= known.t_event_ns:
            return True
        xyz = enu_from_geodetic(known.latitude_deg, known.longitude_deg, known.height_m, self._site)
        velocity = (0.0, 0.0)
        if known.velocity_enu_mps is not None:
            here = ecef_axes(known.latitude_deg, known.longitude_deg)
            home = ecef_axes(self._site.latitude_deg, self._site.longitude_deg)
            v = home.T @ here @ np.array(known.velocity_enu_mps)
            velocity = (float(v[0]), float(v[1]))
        self._reports[known.ident] = Report(
            ident=known.ident,
            t_ns=known.t_event_ns,
            xyz=(float(xyz[0]), float(xyz[1]), float(xyz[2])),
            v=velocity,
            sigma_m=known.sigma_m,
            moving=known.velocity_enu_mps is not None,
            sigma_time_s=known.sigma_time_s,
        )
        return True

    def forget(self, now_ns: int) -> None:
        """Drop reports that no longer vouch for anything at `now_ns`."""
        if not self._reports:
            return
        limit = self._settings.bond_s
        stale = [k for k, r in self._reports.items() if seconds_between(now_ns, r.t_ns) > limit]
        for ident in stale:
            del self._reports[ident]
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
        pairs: list[tuple[float, int, str]] = []
        if not len(tracks):
            return {}
        for report in self._reports.values():
            age_s = seconds_between(t_ns, report.t_ns)
            if abs(age_s) > self._settings.bond_s:
                continue
            at = np.array(report.xyz[:2]) + age_s * np.array(report.v)
            bonded = tracks == self._bonds.get(report.ident, NOBODY)
            reach_s = np.where(bonded, abs(age_s), min(abs(age_s), self._settings.near_s))
            drift = 0.5 * self._settings.acceleration_mps2 * reach_s**2
            variance = report.sigma_m**2 + drift**2
            S = covariances[:, :2, :2] + variance[:, None, None] * np.eye(2)  # S = P + R
            miss = states[:, :2] - at
            d2 = np.einsum("ni,nij,nj->n", miss, np.linalg.inv(S), miss)  # d² = νᵀ S⁻¹ ν
            good = d2 < GATE_D2
            height_sigma = np.sqrt(np.maximum(covariances[:, 2, 2], 0.0))
            climb_m = self._settings.height_error_m
            good &= np.abs(states[:, 2] - report.xyz[2]) < 3.0 * height_sigma + climb_m
            if report.moving:
                dv = np.linalg.norm(states[:, 3:5] - np.array(report.v), axis=1)
                spread = np.sqrt(np.trace(covariances[:, 3:5, 3:5], axis1=1, axis2=2))
                good &= dv < 3.0 * (spread + 5.0 + self._settings.acceleration_mps2 * reach_s)
            if abs(age_s) > self._settings.fresh_s:
                good &= bonded
            elif np.any(bonded & ~good):  # a fresh report disowns it
                del self._bonds[report.ident]
            pairs.extend((float(d2[i]), int(tracks[i]), report.ident) for i in np.flatnonzero(good))
        explained: dict[int, str] = {}
        used: dict[str, int] = {}
        for _, track, ident in sorted(pairs):
            if track not in explained and ident not in used:
                explained[track] = ident
                used[ident] = track
        self._bonds.update(used)
        return explained

    def voucher(self, track: int) -> Report | None:
        """The last report of the object that explains `track`."""
        for ident, bonded in self._bonds.items():
            if bonded == track:
                return self._reports.get(ident)
        return None

    @property
    def bonded(self) -> list[int]:
        """The tracks that are explained."""
        return list(self._bonds.values())

    @property
    def empty(self) -> bool:
        """No report is held."""
        return not self._reports

    def state(self) -> list[Any]:
        """Plain data for a snapshot."""
        return [
            (*msgspec.structs.astuple(report), self._bonds.get(ident, NOBODY))
            for ident, report in self._reports.items()
        ]

    def load(self, state: list[Any]) -> None:
        """Restore what `state` gave."""
        self._reports, self._bonds = {}, {}
        for ident, t_ns, xyz, v, *rest, track in state:
            self._reports[ident] = Report(ident, t_ns, tuple(xyz), tuple(v), *rest)
            if track != NOBODY:
                self._bonds[ident] = track
