"""The engine: one message in, the outputs it causes out. Pure, deterministic, single-threaded.

It reads no clock, no randomness, no environment: *now* is the arrival stamp of the last message.
A live feed, a recording and a simulation drive it identically.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rampart.domain.messages import (
    PLOT_DTYPE,
    Input,
    KnownTrack,
    OperatorAction,
    Output,
    Plot,
    PlotBatch,
    Rejected,
    SensorStatus,
    Tick,
    Weather,
    ZoneState,
    batch_from_plots,
)
from rampart.domain.site import Site
from rampart.domain.time import NS_PER_DAY
from rampart.engine.air import plausible
from rampart.engine.arrival import Arrivals
from rampart.engine.health import Health
from rampart.engine.known import KnownTraffic
from rampart.engine.picture import Picture
from rampart.engine.settings import EngineSettings
from rampart.engine.tracking import Tracker
from rampart.engine.warn import Warner

SNAPSHOT_VERSION: Final = 4


class Engine:
    """Order -> track -> classify -> predict -> warn -> origin, for one site.

    `simulated`: the input is not real; every `ZoneState` says so and carries other alarm ids. Raises
    ValueError for a site in which two sensors or two zones carry one id.
    """

    def __init__(
        self, site: Site, settings: EngineSettings | None = None, *, simulated: bool = False
    ) -> None:
        self.site = site
        self.settings = settings or EngineSettings()
        self.simulated = simulated
        self._seq = 0
        self._arrivals = Arrivals()
        self._now_ns: int | None = None
        self._tracker: Tracker | None = None  # made when the first message tells the day
        self._picture: Picture | None = None
        _refuse_repeated("sensor", [sensor.id for sensor in site.sensors])
        _refuse_repeated("zone", [zone.id for zone in site.zones])
        self._begin()

    @property
    def seq(self) -> int:
        """Ordinal of the last message received, from 1."""
        return self._seq

    def receive(self, message: Input) -> tuple[Output, ...]:
        """The outputs that `message` causes, in the order in which they must leave.

        Arrival stamps must not run backwards; one that does is counted and handled as *now*. One that
        disagrees by more than `arrival.LEAP_NS` is counted, and believed once the next one agrees.
        """
        self._seq += 1
        if isinstance(message, Plot):
            message = batch_from_plots([message])
        admitted = self._arrivals.admit(message, self._now_ns)
        out: list[Output] = []
        if admitted.reason:
            out.append(self._rejected("engine", admitted.reason))
        if admitted.anew:
            self._begin()
        for believed in admitted.messages:
            out += self._handle(believed)
        return tuple(out)

    def _handle(self, message: Input) -> list[Output]:
        """The outputs of a message whose stamp is believed."""
        out: list[Output] = []
        if self._now_ns is None:
            self._start(message.t_arrival_ns)
            self._now_ns = message.t_arrival_ns
        now_ns = self._now_ns = max(message.t_arrival_ns, self._now_ns)
        assert self._tracker is not None
        assert self._picture is not None

        match message:
            case PlotBatch() if len(message.data) % PLOT_DTYPE.itemsize:
                out.append(self._rejected(message.sensor, "torn_batch"))
            case PlotBatch():
                self._health.heard(message.sensor, now_ns)
                self._tracker.observe(message)
            case SensorStatus():
                if not self._health.told(message):
                    out.append(self._rejected(message.sensor, "unknown_sensor"))
            case KnownTrack():
                if not self._known.hear(message, now_ns):
                    out.append(self._rejected(message.source, "known_unusable"))
            case Weather():
                air, absurd = plausible(message)
                self._picture.set_weather(air)
                if absurd:
                    out.append(self._rejected("weather", "weather_absurd", absurd))
            case Rejected():
                out.append(message)
            case Tick() | OperatorAction():
                pass
        self._tracker.advance(now_ns)
        self._known.forget(now_ns)
        out += self._health.advance(now_ns, self._seq)
        out += [self._rejected(feed, word, n) for feed, word, n in self._tracker.rejections()]

        threats = self._picture.update(now_ns, self._warner.settled)
        zones: list[ZoneState] = []
        if isinstance(message, OperatorAction):
            # an order that reaches nobody must not look obeyed
            nowhere = len(set(message.zones) - {zone.id for zone in self.site.zones})
            if nowhere:
                out.append(self._rejected("operator", "unknown_zone", nowhere))
            if len(set(message.zones)) > nowhere or not message.zones:
                zones += self._warner.act(message, self._seq)
        zones += self._warner.decide(now_ns, threats, self._health.healthy, self._seq)
        out += zones
        out += self._picture.outputs(now_ns, zones)
        if isinstance(message, Tick):
            out += self._picture.report(now_ns)
        return out

    @staticmethod
    def warm_up() -> None:
        """Compile every kernel, or load it from the cache, before the first real plot."""
        from rampart.engine.rehearsal import rehearse

        rehearse()

    def snapshot(self) -> bytes:
        """Everything the engine knows, as bytes; `Engine.restore` continues exactly from here."""
        started = self._tracker is not None and self._picture is not None
        return msgspec.msgpack.encode(
            {
                "version": SNAPSHOT_VERSION,
                "simulated": self.simulated,
                "seq": self._seq,
                "now_ns": self._now_ns,
                "arrivals": self._arrivals.state(),
                "epoch_ns": self._tracker.epoch_ns if self._tracker is not None else None,
                "health": self._health.state(),
                "known": self._known.state(),
                "warner": self._warner.state(),
                "tracker": self._tracker.state() if started and self._tracker else None,
                "picture": self._picture.state() if started and self._picture else None,
            }
        )

    @classmethod
    def restore(cls, site: Site, settings: EngineSettings | None, snapshot: bytes) -> Engine:
        """The engine that `snapshot` was taken from; raises ValueError for another version's bytes."""
        state: dict[str, Any] = msgspec.msgpack.decode(snapshot)
        if state.get("version") != SNAPSHOT_VERSION:
            raise ValueError(
                f"snapshot version {state.get('version')!r}; allowed: {SNAPSHOT_VERSION}"
            )
        engine = cls(site, settings, simulated=state["simulated"])
        engine._seq = state["seq"]
        engine._now_ns = state["now_ns"]
        engine._arrivals.load(state["arrivals"])
        engine._health.load(state["health"])
        engine._known.load(state["known"])
        engine._warner.load(state["warner"])
        if state["epoch_ns"] is not None:
            engine._start(state["epoch_ns"])
            assert engine._tracker is not None
            assert engine._picture is not None
            engine._tracker.load(state["tracker"])
            engine._picture.load(state["picture"])
        return engine

    def _begin(self) -> None:
        """Know nothing."""
        self._now_ns = self._tracker = self._picture = None
        self._health = Health(self.site)
        self._known = KnownTraffic(self.site, self.settings.known)
        self._warner = Warner(self.site, self.simulated)

    def _start(self, t_ns: int) -> None:
        epoch_ns = t_ns - t_ns % NS_PER_DAY  # kernels count seconds from a UTC midnight
        self._tracker = Tracker(self.site, self.settings.track, epoch_ns)
        self._picture = Picture(self.site, self.settings, self._tracker, self._known)

    def _rejected(self, feed: str, reason: str, count: int = 1) -> Rejected:
        return Rejected(feed=feed, reason=reason, count=count, t_arrival_ns=self._now_ns or 0)


def _refuse_repeated(what: str, ids: list[str]) -> None:
    """ValueError for an id that two of them carry: the second would be heard as the first."""
    repeated = sorted({ident for ident in ids if ids.count(ident) > 1})
    if repeated:
        raise ValueError(f"site: found two {what}s with the id {repeated[0]!r}; allowed: one each")
