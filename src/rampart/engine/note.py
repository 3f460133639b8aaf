"""`Note`: what the engine remembers of one named track between its plots, and the rows that tell it."""

from __future__ import annotations

import math
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.domain.messages import Prediction, TrackUpdate
from rampart.domain.values import BALLISTIC as FALLING
from rampart.domain.values import POSTERIOR
from rampart.engine.bank import Table
from rampart.engine.classes import BURN_S
from rampart.engine.classify import Classification
from rampart.engine.kept import Kept
from rampart.engine.predict import ImpactEstimate
from rampart.engine.seen import Seen
from rampart.engine.threat import Threat
from rampart.engine.weave import Woven
from rampart.kernels.imm import BALLISTIC, BOOST

Array = npt.NDArray[np.float64]

_BALLISTIC: Final = tuple(POSTERIOR.index(family) for family in FALLING)
UPPER: Final = np.triu_indices(6)
"""The numbers of a covariance (6, 6), each pair once, in the order in which they are told."""


def fallen(s: Seen, before: float) -> tuple[float, float]:
    """How surely a track has been seen to fall freely: to judge this look by, and the next one's `before`.

    The largest share of the ballistic model so far, from the third plot on. One look amiss takes nothing from
    a round; but each that seems to burn when nothing burns any more leaves half for the next: what burns and
    falls by turns leaps between plots of a turbine.
    """
    free_p = max(s.mu[BALLISTIC] if s.plots >= 3 else 0.0, before)
    burns = s.mu[BOOST] > 0.5 and s.t_s - s.t_first_s > BURN_S
    return free_p, 0.5 * free_p if burns else free_p


class Note(msgspec.Struct):
    """One track as it was when it was last renewed."""

    threat: Threat
    classified: Classification
    launch: ImpactEstimate | None  # behind its state, for the classifier
    kept: Kept  # for its origin
    impact: ImpactEstimate | None
    boost_p: float
    free_p: float  # `fallen`, for the next look
    before: bytes  # what the course told whose way it took up (`unseen`)
    course: bytes  # what its course tells, with that
    weave: Woven  # how it weaves
    attacks_p: float  # that it is a round or a drone, judged alone (`company`)
    decided_s: float  # when classification and prediction were last renewed
    aged_plots: int  # plots when the launch was last renewed
    first_ns: int  # event time of the track's first plot
    bounded: bool  # its height was observed
    said_ns: int | None = None  # when the last Prediction left
    origin_said: bool = False

    def prediction(self, track: int) -> Prediction | None:
        """Where it lands, or that its height was never observed; None where nothing is predicted."""
        if self.bounded and self.impact is None:
            return None
        impact = self.threat.impact if self.bounded else None
        return Prediction(
            track=track,
            t_ns=self.threat.t_ns,
            t_first_ns=self.first_ns,
            model="ballistic" if self.bounded else "unbounded",
            impact_ns_q05=impact.t_ns_q05 if impact else None,
            impact_ns_q50=impact.t_ns_q50 if impact else None,
            impact_ns_q95=impact.t_ns_q95 if impact else None,
            impact_enu_m=self.impact.enu_m if self.impact and impact else None,
            cov_m2=impact.cov_m2 if impact else None,
        )

    def tells_origin(self) -> bool:
        """Its first origin is to be said: it has three plots and falls, more likely than not."""
        falls = sum(self.classified.p_family[i] for i in _BALLISTIC)
        return not self.origin_said and falls > 0.5 and self.threat.detections >= 3

    def report(
        self, table: Table, row: int, now_ns: int, mean: list[float], cov: list[float]
    ) -> TrackUpdate:
        """The living track in `row` of the tracker's table, its state `mean` (7,) and the `UPPER` of its
        covariance propagated to `now_ns`."""
        c = self.classified
        e, n, u, ve, vn, vu, ln_drag = mean
        return TrackUpdate(
            track=int(table.track_id[row]),
            t_ns=now_ns,
            state_enu=(e, n, u, ve, vn, vu),
            cov_enu=tuple(cov),
            status="coasting" if table.misses[row] > 0 else "confirmed",
            family=c.family,
            p_family=c.p_family,
            drag_per_m=math.exp(min(ln_drag, 0.0)),
            t_first_ns=self.first_ns,
            plots=int(table.hits[row]),
            bounded=bool(table.bounded[row]),
            ambiguous=bool(table.ambiguous[row] > 0),
            known=self.threat.known,
            classes=c.classes,
        )

    def farewell(self, track: int, now_ns: int) -> TrackUpdate:
        """The last word on a track: it ended by `now_ns`; its state is not told again."""
        c = self.classified
        return TrackUpdate(
            track=track,
            t_ns=now_ns,
            state_enu=(math.nan,) * 6,
            cov_enu=(math.nan,) * 21,
            status="ended",
            family=c.family,
            p_family=c.p_family,
            drag_per_m=math.nan,
            t_first_ns=self.first_ns,
            plots=self.threat.detections,
            known=self.threat.known,
            classes=c.classes,
        )
