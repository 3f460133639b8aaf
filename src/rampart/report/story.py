"""`Story`: what happened in a run, gathered output by output.

The one source of live view, summary and report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from rampart.domain.messages import (
    Input,
    KnownTrack,
    Origin,
    Output,
    Plot,
    PlotBatch,
    Prediction,
    Rejected,
    SensorHealth,
    SensorStatus,
    TrackUpdate,
    ZoneState,
)
from rampart.domain.site import Site
from rampart.domain.time import seconds_between
from rampart.domain.values import POSTERIOR
from rampart.formats.results import family_group
from rampart.metrics.truth import Truth

NOT_A_THREAT = ("aircraft", "clutter")
POINTS = 15_000
"""Points of all tracks together in one picture."""
ALARMED = ("warn", "impact")


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One thing a scenario states, who said it, and whether it is sourced, a claim, derived or assumed."""

    text: str
    source: str
    mark: Literal["sourced", "claim", "derived", "assumed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """What was run, known before the first message.

    `feed`: facts of a recording's decoding as (label, value), such as the ASTERIX editions used.
    """

    name: str
    source: str
    site: Site
    simulated: bool
    seed: int | None
    epoch_ns: int
    engine: str
    settings_hash: str
    summary: str = ""
    facts: tuple[Fact, ...] = ()
    feed: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Trail:
    """One track as it was reported: times in seconds since the epoch, places in site ENU metres.

    `last`: the last word of it; `threatened`: the last that named a threat.
    """

    track: int
    first_ns: int
    t_s: list[float] = field(default_factory=list)
    xyz_enu_m: list[tuple[float, float, float]] = field(default_factory=list)
    last: TrackUpdate | None = None
    threatened: TrackUpdate | None = None
    confirmed: bool = False
    ended_ns: int | None = None
    alarmed: bool = False

    def thinned(self, most: int) -> list[tuple[float, tuple[float, float, float]]]:
        """(time, place) of at most about `most` points evenly through it, the last one always."""
        step = max(1, -(-len(self.t_s) // most))
        kept = list(range(0, len(self.t_s), step))
        if kept and kept[-1] != len(self.t_s) - 1:
            kept.append(len(self.t_s) - 1)
        return [(self.t_s[i], self.xyz_enu_m[i]) for i in kept]

    @property
    def said(self) -> TrackUpdate | None:
        """The last word of what it is. One that a zone was alarmed about stays what it was alarmed as: a drone
        that turns and dives at its target may look like a bird in the end."""
        if self.last is None or self.last.family not in NOT_A_THREAT or not self.alarmed:
            return self.last
        return self.threatened or self.last

    @property
    def family(self) -> str:
        """Its family, as `said`."""
        return self.said.family if self.said else "unknown"

    @property
    def p_family(self) -> float:
        """Probability of that family; that of aircraft and clutter together where it is one of them."""
        return self.said.p_family[POSTERIOR.index(family_group(self.family))] if self.said else 0.0

    @property
    def threat(self) -> bool:
        """Whether it counts as a threat: a zone was alarmed because of it, or it is confirmed, of a
        threat's family, and not explained by known traffic."""
        if self.last is None or not self.confirmed:
            return False
        return self.alarmed or not (self.family in NOT_A_THREAT or self.last.known)


@dataclass(slots=True)
class Story:
    """Grows with `take`; everything shown or summed up is read from here."""

    head: Head
    truth: Truth | None = None
    plots: int = 0
    known: int = 0
    plots_by_sensor: Counter[str] = field(default_factory=Counter)
    rejected: Counter[tuple[str, str]] = field(default_factory=Counter)
    details: dict[tuple[str, str], str] = field(default_factory=dict)
    trails: dict[int, Trail] = field(default_factory=dict)
    predictions: dict[int, list[Prediction]] = field(default_factory=dict)
    latest: dict[int, Prediction] = field(default_factory=dict)
    origins: dict[int, Origin] = field(default_factory=dict)
    zones: dict[str, list[ZoneState]] = field(default_factory=dict)
    states: list[ZoneState] = field(default_factory=list)
    updates: list[TrackUpdate] = field(default_factory=list)
    alarming: set[int] = field(default_factory=set)
    health: dict[str, list[SensorHealth]] = field(default_factory=dict)
    marks: Counter[str] = field(default_factory=Counter)
    first_ns: int | None = None
    now_ns: int = 0
    interrupted: bool = False

    def take(self, message: Input, outputs: Iterable[Output]) -> None:
        """Adds one input and what the engine made of it."""
        self.now_ns = message.t_arrival_ns
        match message:
            case PlotBatch():
                self._plots(message.sensor, len(message))
            case Plot():
                self._plots(message.sensor, 1)
            case KnownTrack():
                self.known += 1
            case SensorStatus():
                self.marks[message.sensor] += 1
        for output in outputs:
            match output:
                case TrackUpdate():
                    self._track(output)
                case Prediction():
                    self._predict(output)
                case Origin():
                    self.origins[output.track] = output
                case ZoneState():
                    self.zones.setdefault(output.zone, []).append(output)
                    self.states.append(output)
                    self._alarm(output)
                case SensorHealth():
                    self.health.setdefault(output.sensor, []).append(output)
                case Rejected():
                    key = (output.feed, output.reason)
                    self.rejected[key] += output.count
                    self.details.setdefault(key, output.detail)

    def seconds(self, t_ns: int) -> float:
        """Seconds since the source's epoch."""
        return seconds_between(t_ns, self.head.epoch_ns)

    @property
    def threats(self) -> list[Trail]:
        """The tracks that count as threats, by number."""
        return [trail for _, trail in sorted(self.trails.items()) if trail.threat]

    @property
    def confirmed(self) -> list[Trail]:
        """Every track that was ever confirmed, by number."""
        return [trail for _, trail in sorted(self.trails.items()) if trail.confirmed]

    @property
    def trail_points(self) -> int:
        """How many points of each track a picture shows, so that a page stays small whatever happens."""
        return min(max(POINTS // max(len(self.confirmed), 1), 12), 150)

    def landing(self, trail: Trail) -> Prediction | None:
        """The last prediction of where a track lands; none for a drone, whatever was thought at first."""
        return None if trail.family == "drone" else self.latest.get(trail.track)

    def launch(self, trail: Trail) -> Origin | None:
        """Where a threat came from; none for a drone: nothing that steers can be flown backwards."""
        steers = trail.family == "drone" or not trail.threat
        return None if steers else self.origins.get(trail.track)

    def phase(self, zone: str) -> str:
        """The phase of a zone now."""
        states = self.zones.get(zone)
        return states[-1].phase if states else "clear"

    def warned(self) -> dict[str, ZoneState]:
        """The first `warn` of each zone that was told to take cover, earliest first."""
        first = {
            zone: next(state for state in states if state.phase == "warn")
            for zone, states in self.zones.items()
            if any(state.phase == "warn" for state in states)
        }
        return dict(sorted(first.items(), key=lambda item: (item[1].issued_ns, item[0])))

    def sensor_state(self, sensor: str) -> str:
        """LIVE or DEGRADED, as last said."""
        states = self.health.get(sensor)
        return states[-1].state if states else "LIVE"

    def sensor_noise(self, sensor: str) -> str:
        """By how much it errs more than it claims, as last said; empty where that was never said."""
        changes = self.health.get(sensor, ())
        said = [c.reason for c in changes if c.state == "LIVE" and c.reason.startswith("errs ")]
        return said[-1] if said else ""

    def _plots(self, sensor: str, count: int) -> None:
        self.plots += count
        self.plots_by_sensor[sensor] += count
        if self.first_ns is None:
            self.first_ns = self.now_ns

    def _track(self, update: TrackUpdate) -> None:
        if self.truth is not None:
            self.updates.append(update)  # the judge asks which track was which object
        trail = self.trails.setdefault(update.track, Trail(update.track, update.t_first_ns))
        trail.alarmed = update.track in self.alarming
        trail.last = update
        if update.family not in (*NOT_A_THREAT, "unknown"):
            trail.threatened = update
        if update.status == "ended":  # its state is not told again
            trail.ended_ns = update.t_ns
            return
        trail.confirmed = trail.confirmed or update.status in ("confirmed", "coasting")
        trail.t_s.append(self.seconds(update.t_ns))
        trail.xyz_enu_m.append(update.state_enu[:3])

    def _alarm(self, state: ZoneState) -> None:
        if state.phase in ALARMED:
            self.alarming.update(state.tracks)
            for track in self.alarming & self.trails.keys():
                self.trails[track].alarmed = True

    def _predict(self, prediction: Prediction) -> None:
        self.predictions.setdefault(prediction.track, []).append(prediction)
        self.latest[prediction.track] = prediction
