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
from rampart.engine.reports import Report, Reports
from rampart.kernels.vouching import NOBODY, Reach, fitting

MOST_OBJECTS: Final = 1_000
"""[A] Objects whose reports are held, those heard of last: a receiver hears hundreds, a forger any number."""


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
        s = settings
        self._reach = Reach(s.fresh_s, s.near_s, s.bond_s, s.acceleration_mps2, s.height_error_m)
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
        reports = self._reports
        bonded = np.full(len(reports), NOBODY)
        for ident, track in self._bonds.items():
            bonded[reports.row(ident)] = track
        i, j, d2, disowned = fitting(
            tracks, states, covariances, reports.table, reports.age_s(t_ns), bonded, self._reach
        )
        for row in disowned.tolist():
            del self._bonds[reports.ident(row)]
        found = zip(d2.tolist(), tracks[i].tolist(), map(reports.ident, j.tolist()), strict=True)
        explained: dict[int, str] = {}
        used: dict[str, int] = {}
        for _, track, ident in sorted(found):
            if track not in explained and ident not in used:
                explained[track] = ident
                used[ident] = track
        self._bonds.update(used)
        return explained

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
