"""The picture: what is known of every track besides its kinematics, and what is said of it.

classify -> predict -> hand to the warning rules -> report. One `Note` a named track; the tracker's
tables stay the only home of its state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.domain.messages import Origin, Output, Prediction, TrackUpdate, Weather, ZoneState
from rampart.domain.site import Site
from rampart.domain.time import ns_from_seconds, seconds_between
from rampart.domain.values import POSTERIOR
from rampart.engine.bank import CONFIRMED
from rampart.engine.classes import DRONE_BENDS
from rampart.engine.classify import Classification, Classifier, Posteriors, launched
from rampart.engine.company import PLAIN_PLOTS, Company
from rampart.engine.course import held_courses, left_behind
from rampart.engine.due import Due
from rampart.engine.kept import Kept
from rampart.engine.known import KnownTraffic
from rampart.engine.note import UPPER, Note, fallen
from rampart.engine.origin import OriginFinder, sharper
from rampart.engine.posterior import Features
from rampart.engine.predict import ImpactEstimate, Predictor
from rampart.engine.scatter import Scatter
from rampart.engine.seen import Columns, Seen, columns_of, motion_of
from rampart.engine.settings import EngineSettings
from rampart.engine.threat import Impact, Threat
from rampart.engine.tracking import Tracker
from rampart.engine.unseen import Unseen, tell
from rampart.engine.weave import NOTHING, followed, told
from rampart.kernels._jit import hold
from rampart.kernels.imm import BOOST, DRONE

Array = npt.NDArray[np.float64]

FALLS_P: Final = 0.05
"""Share of the falling models below which no impact point is worth flying."""

TRAFFIC_FALLS_P: Final = 0.5
"""A track this likely to be a round is explained by no report of traffic."""

_P_DRONE: Final = POSTERIOR.index("drone")
_KNOWN: Final = Classification((0.0, 0.0, 0.0, 0.0, 1.0, 0.0), "aircraft", {})


class Picture:
    """Turns what the tracker touched into threats, predictions, origins and track reports."""

    def __init__(
        self, site: Site, settings: EngineSettings, tracker: Tracker, known: KnownTraffic
    ) -> None:
        self._settings = settings
        self._periods_s = [sensor.scan_period_s for sensor in site.sensors]
        self._tracker = tracker
        self._table = hold(tracker.bank.table)
        self._known = known
        self._predictor = Predictor(site, settings.predict, settings.track.ballistic_accel)
        self._origins = OriginFinder(site, self._predictor, settings.track)
        self._scatter = Scatter(site, self._predictor)
        self._classifier = Classifier(settings.classify, settings.track)
        self._weather: Weather | None = None
        self._notes: dict[int, Note] = {}
        self._unseen = Unseen()
        self._company = Company()
        self._ended: list[int] = []
        self._renewed: list[int] = []
        self._due = Due(settings, tracker)

    def set_weather(self, weather: Weather) -> None:
        """Predict through this air from now on."""
        self._weather = weather
        self._predictor.set_weather(weather)

    def set_doubt(self, sensor: int, cov: Array) -> None:
        """Predict from now on with this covariance (4, 4) of the slow biases of `sensor`."""
        self._predictor.set_doubt(sensor, cov)

    def update(self, now_ns: int, settled: Callable[[int], bool]) -> list[Threat]:
        """The threats that changed since the last call, soonest impact first; `settled` as in `Due.rows`."""
        tracker = self._tracker
        self._renewed = []
        rows = self._due.rows(self._notes, settled)
        threats = self._renew(rows, self._explain(now_ns)) if rows else []
        threats.sort(key=lambda t: t.impact.t_ns_q05 if t.impact else t.t_ns)
        for track, lost in tracker.ended:
            note = self._notes.get(track)
            if note is not None:
                note.threat = msgspec.structs.replace(note.threat, fresh=False, lost=lost)
                threats.append(note.threat)
                self._ended.append(track)
                self._unseen.add(note.decided_s, note.threat, note.course)
                self._company.add(note.decided_s, lost, note.attacks_p)
        tracker.collect()
        return threats

    def outputs(self, now_ns: int, zones: list[ZoneState]) -> list[Output]:
        """Predictions (a track's first, then at most one a `prediction_row_s`, and at each phase change of
        a zone it is in), origins (the first good one, and the last), and the ends of tracks."""
        changed = {
            track for zone in zones if zone.change in ("", "opened") for track in zone.tracks
        }
        said = {
            track: row
            for track in dict.fromkeys([*self._renewed, *sorted(changed)])
            if (row := self._prediction(track, track in changed)) is not None
        }
        first = [track for track in said if self._notes[track].tells_origin()]
        last = [track for track in self._ended if self._notes[track].origin_said]
        origins = self.origins([*first, *last]) if first or last else {}
        out: list[Output] = []
        for track, row in said.items():
            out.append(row)
            if track in origins:
                out.append(origins[track])
                self._notes[track].origin_said = True
        for track in self._ended:
            if track in origins:
                out.append(origins[track])
            out.append(self._notes.pop(track).farewell(track, now_ns))
        self._ended = []
        return out

    def report(self, now_ns: int) -> list[TrackUpdate]:
        """Every confirmed track propagated to `now_ns`, in row order."""
        bank = self._tracker.bank
        rows = bank.rows()
        rows = rows[bank.status[rows] == CONFIRMED]
        means, covs = bank.states_at(rows, self._seconds(now_ns))
        upper = covs[:, *UPPER].tolist()
        reports = []
        for row, mean, cov in zip(rows.tolist(), means.tolist(), upper, strict=True):
            note = self._notes.get(int(bank.track_id[row]))
            if note is not None:
                reports.append(note.report(bank.table, row, now_ns, mean, cov))
        return reports

    # --------------------------------------------------------------------------- each track
    def _renew(self, rows: list[int], explained: dict[int, str]) -> list[Threat]:
        """Threats of the tracks in `rows`: states, impact points and launches of all of them at once."""
        now = columns_of(self._table, np.array(rows, np.int64))
        seen = [
            Seen(track, t_s, first_s, third_s, plots, bounded > 0, turn, self._periods_s[sensor], *rest)
            for track, t_s, first_s, third_s, plots, bounded, turn, sensor, *rest in zip(
                now.track.tolist(), now.t_s.tolist(), now.t_first_s.tolist(), now.t_third_s.tolist(),
                now.plots.tolist(), now.bounded.tolist(), now.turn.tolist(), now.sensor.tolist(),
                now.mu.tolist(), now.finite.tolist(), now.x, now.P, strict=True,
            )
        ]  # fmt: skip
        notes = [self._notes.get(s.track) for s in seen]
        states = now.x, now.P, now.t_s, now.sensor
        falls = [s.bounded and 1.0 - s.mu[DRONE] > FALLS_P for s in seen]
        impacts = _for_some(self._predictor.impacts, falls, states)
        spots = self._scatter.of(impacts, now.x, now.P, now.sensor)
        # each doubling of the plots is worth a flight back
        aged = [note.aged_plots if note else 0 for note in notes]
        ages = [f and s.plots >= 2 * a for f, s, a in zip(falls, seen, aged, strict=True)]
        launches = [
            sharper(new, note.launch if note else None)
            for new, note in zip(
                _for_some(self._origins.launches, ages, states), notes, strict=True
            )
        ]
        first = [note.kept if note else Kept() for note in notes]
        kept = [
            k.joined(recent, s.x) if f else k
            for k, recent, f, s in zip(first, now.recent, falls, seen, strict=True)
        ]
        boosts = [
            max(s.mu[BOOST], note.boost_p if note else 0.0)
            for s, note in zip(seen, notes, strict=True)
        ]
        frees = [
            fallen(s, note.free_p if note else 0.0) for s, note in zip(seen, notes, strict=True)
        ]
        before = [
            note.before if note else self._unseen.taken_up(s.t_first_s, s.t_s, s.x)
            for s, note in zip(seen, notes, strict=True)
        ]
        radars = self._tracker.radars
        woven = [
            followed(note.weave if note else NOTHING, recent, radars, s.x, s.P, s.mu[DRONE])
            for s, recent, note in zip(seen, now.recent, notes, strict=True)
        ]
        weaves = np.array([told(weave) for weave in woven])
        course = tell(now.bends, now.climbs, weaves, before, now.t_s - now.t_first_s)
        company = self._company.of(now.track.tolist(), float(now.t_s.max()), self._notes)
        # what takes up another's way did not begin where it came in sight
        left = left_behind(now.marks, now.x, now.P)
        left[[bool(way) for way in before]] = math.inf
        classified = self._classify(now, launches, boosts, frees, weaves, left, company)
        attacks = classified.attacks(company).tolist()
        courses = held_courses(now.marks, now.bends, DRONE_BENDS, now.t_s, now.x, now.P)
        threats = []
        for k, (s, note) in enumerate(zip(seen, notes, strict=True)):
            c = classified.named(k, self._settings.classify.listed_p)
            known = explained.get(s.track, "")
            # no report explains what falls, named or not: traffic that crosses its path must not silence it
            if known and classified.falls(k) < TRAFFIC_FALLS_P:
                c = _KNOWN
            else:
                known = ""
            impact = self._impact(impacts[k], spots[k])
            aloft = 0.0 if known else classified.aloft(k)
            threats.append(self._threat(s, c, impact, known, courses[k], aloft))
            self._notes[s.track] = Note(
                threat=threats[-1],
                classified=c,
                launch=launches[k],
                kept=kept[k],
                impact=impacts[k],
                boost_p=boosts[k],
                free_p=frees[k][1],
                before=before[k],
                course=course[k],
                weave=woven[k],
                attacks_p=attacks[k] if s.plots >= PLAIN_PLOTS and not known else 0.0,
                decided_s=s.t_s,
                aged_plots=s.plots if ages[k] else aged[k],
                first_ns=self._ns(s.t_first_s),
                bounded=s.bounded,
                said_ns=note.said_ns if note else None,
                origin_said=note.origin_said if note else False,
            )
            self._renewed.append(s.track)
        return threats

    def _classify(
        self,
        now: Columns,
        launches: list[ImpactEstimate | None],
        boosts: list[float],
        frees: list[tuple[float, float]],
        weaves: Array,
        left: Array,
        company: Array,
    ) -> Posteriors:
        """Posteriors of the tracks of `now`."""
        speed, elevation = np.array([launched(launch) for launch in launches]).T
        return self._classifier.classify_many(
            Features(
                x=now.x,
                P=now.P,
                mu=now.mu,
                plots=now.plots.astype(float),
                age_s=now.t_s - now.t_first_s,
                height_m=now.height_m,
                launch_mps=speed,
                launch_rad=elevation,
                rcs_dbsm=now.rcs_dbsm,
                rcs_plots=now.rcs_plots,
                boost_p=np.array(boosts),
                free_p=np.array([free_p for free_p, _ in frees]),
                bends=now.bends,
                climbs=now.climbs,
                pace=now.pace,
                weaves=weaves,
                left=left,
                company=company,
            )
        )

    def _threat(
        self,
        s: Seen,
        c: Classification,
        impact: Impact | None,
        known: str,
        course: Array,
        aloft: float,
    ) -> Threat:
        """What the warning rules shall know of one track."""
        may_fly = max(s.mu[DRONE], c.p_family[_P_DRONE] + aloft) > FALLS_P
        return Threat(
            track=s.track,
            t_ns=self._ns(s.t_s),
            t_third_ns=None if math.isnan(s.t_third_s) else self._ns(s.t_third_s),
            detections=s.plots,
            real=True,
            fresh=True,
            p_family=c.p_family,
            impact=impact,
            motion=motion_of(s, course, self._settings.track.smoothing_s)
            if may_fly or impact is None
            else None,
            known=known,
            aloft=aloft,
        )

    def _ns(self, t_s: float) -> int:
        return self._tracker.epoch_ns + ns_from_seconds(t_s)

    def _seconds(self, t_ns: int) -> float:
        return seconds_between(t_ns, self._tracker.epoch_ns)

    def _impact(self, impact: ImpactEstimate | None, spots: bytes) -> Impact | None:
        if impact is None:
            return None
        return Impact(
            x_m=impact.enu_m[0],
            y_m=impact.enu_m[1],
            cov_m2=impact.cov_m2,
            t_ns_q05=self._ns(impact.t_q05_s),
            t_ns_q50=self._ns(impact.t_q50_s),
            t_ns_q95=self._ns(impact.t_q95_s),
            spots=spots,
        )

    def _explain(self, now_ns: int) -> dict[int, str]:
        """{track: ident} of the tracks that known traffic explains now."""
        if self._known.empty:
            return {}
        bank = self._tracker.bank
        rows = bank.rows()
        rows = rows[bank.track_id[rows] > 0]  # what has no name yet must not use up an explanation
        means, covs = bank.states_at(rows, self._seconds(now_ns))
        # a report does not share the slow errors of the radar
        self._predictor.widen(means, covs, bank.last_sensor[rows])
        return self._known.explain(bank.track_id[rows], now_ns, means, covs)

    # ------------------------------------------------------------------------------ outputs
    def _prediction(self, track: int, changed: bool) -> Prediction | None:
        """What is now to be said of where a track lands; `changed`: some zone's phase has, for it."""
        note = self._notes.get(track)
        if note is None:
            return None
        silent_ns = math.inf if note.said_ns is None else note.threat.t_ns - note.said_ns
        due = silent_ns >= ns_from_seconds(self._settings.prediction_row_s)
        if not (due or (changed and silent_ns)):
            return None
        note.said_ns = note.threat.t_ns
        return None if track in self._ended else note.prediction(track)

    def origins(self, tracks: Sequence[int]) -> dict[int, Origin]:
        """{track: origin} of those of `tracks` that have one, as it is known now."""
        notes, ns = [self._notes[track] for track in tracks], self._ns
        smoothed = self._origins.smoothed([note.kept for note in notes])
        told = {}
        for track, note, sharp in zip(tracks, notes, smoothed, strict=True):
            launch, c = sharp or note.launch, note.classified
            if launch is None:
                continue
            estimate = self._origins.origin(launch, c.p_family, c.classes, note.impact)
            told[track] = Origin(
                track=track,
                t_ns=note.threat.t_ns,
                family=c.family,
                launch_ns_q05=ns(estimate.t_q05_s),
                launch_ns_q50=ns(estimate.t_q50_s),
                launch_ns_q95=ns(estimate.t_q95_s),
                launch_enu_m=estimate.enu_m,
                cov_m2=estimate.cov_m2,
                outside_class_range=estimate.outside_class_range,
            )
        return told

    # ----------------------------------------------------------------------------- snapshot
    def state(self) -> dict[str, Any]:
        """Plain data for a snapshot."""
        return {
            "weather": msgspec.to_builtins(self._weather),
            "doubts": self._predictor.doubts.tolist(),
            "swept_s": self._due.swept_s,
            "unseen": self._unseen.state(),
            "company": self._company.state(),
            "notes": [[track, msgspec.to_builtins(note)] for track, note in self._notes.items()],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `state` gave."""
        if state["weather"] is not None:
            self.set_weather(msgspec.convert(state["weather"], Weather))
        for sensor, cov in enumerate(state["doubts"]):
            self.set_doubt(sensor, np.array(cov))
        self._due.swept_s = state["swept_s"]
        self._unseen.load(state["unseen"])
        self._company.load(state["company"])
        self._notes = {track: msgspec.convert(note, Note) for track, note in state["notes"]}


def _for_some(
    estimate: Callable[..., list[ImpactEstimate | None]],
    wanted: list[bool],
    states: tuple[npt.NDArray[Any], ...],
) -> list[ImpactEstimate | None]:
    """`estimate` of the states that are wanted, None for the others."""
    if not any(wanted):
        return [None] * len(wanted)
    some = np.array(wanted)
    found = iter(estimate(*(column[some] for column in states)))
    return [next(found) if want else None for want in wanted]
