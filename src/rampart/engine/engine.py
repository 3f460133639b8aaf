"""The engine: one message in, the outputs it causes out. Pure, deterministic, single-threaded.

It reads no clock, no randomness, no environment: *now* is the arrival stamp of the last message, on a
time that only ever passes, whatever the clocks outside do (`timebase`). A live feed, a recording and a
simulation drive it identically.
"""

from __future__ import annotations

import gc
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
from rampart.engine.health import Health
from rampart.engine.known import KnownTraffic
from rampart.engine.picture import Picture
from rampart.engine.registration import Registration
from rampart.engine.settings import EngineSettings
from rampart.engine.timebase import Timebase
from rampart.engine.tracking import Tracker
from rampart.engine.warn import Warner

SNAPSHOT_VERSION: Final = 14


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
        _refuse_repeated("sensor", [sensor.id for sensor in site.sensors])
        _refuse_repeated("zone", [zone.id for zone in site.zones])
        self._seq = 0
        self._time = Timebase(site, self.settings.track)
        self._tracker: Tracker | None = None  # made when the first message tells the day
        self._picture: Picture | None = None
        self._health = Health(site)
        self._known = KnownTraffic(site, self.settings.known)
        self._registration = Registration(site, self.settings.registration)
        self._warner = Warner(site, simulated)

    @property
    def seq(self) -> int:
        """Ordinal of the last message received, from 1."""
        return self._seq

    @property
    def registration(self) -> Registration:
        """What is known of the sensors' biases, and which of them are believed."""
        return self._registration

    def receive(self, message: Input) -> tuple[Output, ...]:
        """The outputs that `message` causes, in the order in which they must leave.

        A stamp that lies back is counted and its message handled as *now*; one that disagrees with *now*
        by more than `clocks.BACK_NS` or `LEAP_NS` is believed once another agrees.
        """
        self._seq += 1
        if isinstance(message, Plot):
            message = batch_from_plots([message])
        offset_ns = self._time.offset_ns
        read = self._time.read(message)
        if self._time.offset_ns != offset_ns:
            self._warner.retell()
        out: list[Output] = []
        if read.reason:
            out.append(self._rejected("engine", read.reason, detail=read.detail))
        for believed in read.messages:
            out += self._handle(believed)
        out += self._time.notices(self._seq)
        return tuple(map(self._time.told, out))

    def _handle(self, message: Input) -> list[Output]:
        """The outputs, in engine time, of a message that is stamped by it."""
        out: list[Output] = []
        now_ns = message.t_arrival_ns
        if self._tracker is None:
            self._start(now_ns)
        assert self._tracker is not None
        assert self._picture is not None

        match message:
            case PlotBatch() if len(message.data) % PLOT_DTYPE.itemsize:
                out.append(self._rejected(message.sensor, "torn_batch"))
            case PlotBatch():
                if self._tracker.observe(message):
                    self._health.heard(message.sensor, now_ns, plots=len(message) > 0)
                else:
                    self._health.refused(message.sensor, now_ns)
                self._health.err(self._tracker.noise_factors)
                self._register()
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
            if message.action == "assess" and not self._warner.knows(message.track):
                out.append(self._rejected("operator", "unknown_track"))
            elif len(set(message.zones)) > nowhere or not message.zones:
                zones += self._warner.act(message, self._seq)
        zones += self._warner.decide(now_ns, threats, self._health.healthy, self._seq)
        out += zones
        out += self._picture.outputs(now_ns, zones)
        if isinstance(message, Tick):
            out += self._picture.report(now_ns)
        return out

    @staticmethod
    def warm_up() -> None:
        """Compile every kernel, or load it from the cache, before the first real plot.

        What the process holds by then is set aside from garbage collection (`gc.freeze`): to look through
        a compiler's half a million objects takes 40 ms, and some plot would have to wait for it.
        """
        from rampart.engine.rehearsal import rehearse

        rehearse()
        gc.collect()
        gc.freeze()

    def snapshot(self) -> bytes:
        """Everything the engine knows, as bytes; `Engine.restore` continues exactly from here."""
        started = self._tracker is not None and self._picture is not None
        return msgspec.msgpack.encode(
            {
                "version": SNAPSHOT_VERSION,
                "simulated": self.simulated,
                "seq": self._seq,
                "time": self._time.state(),
                "epoch_ns": self._tracker.epoch_ns if self._tracker is not None else None,
                "health": self._health.state(),
                "known": self._known.state(),
                "registration": self._registration.state(),
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
        engine._time.load(state["time"])
        engine._health.load(state["health"])
        engine._known.load(state["known"])
        engine._registration.load(state["registration"])
        engine._warner.load(state["warner"])
        if state["epoch_ns"] is not None:
            engine._start(state["epoch_ns"])
            assert engine._tracker is not None
            assert engine._picture is not None
            engine._tracker.load(state["tracker"])
            engine._picture.load(state["picture"])
        return engine

    def _register(self) -> None:
        """Learn the sensors' biases from the last batch, and correct those that follow."""
        tracker, registration = self._tracker, self._registration
        assert tracker is not None
        assert self._picture is not None
        if registration.idle(self._known):
            return
        registration.see(tracker.sightings)
        for look in tracker.looks:
            registration.learn(look, tracker.bank, self._known, tracker.epoch_ns)
            renewed = registration.renew(look.t_s)
            if renewed is not None:
                tracker.calibrate(renewed)
                for sensor in range(len(renewed)):
                    self._picture.set_doubt(sensor, registration.doubt(sensor))
                    tracker.expect(sensor, *registration.biases.of(sensor))
        self._health.judge(registration.belief.doubted)
        tracker.set_aside(registration.belief.set_aside(self._health.live))

    def _start(self, t_ns: int) -> None:
        epoch_ns = t_ns - t_ns % NS_PER_DAY  # kernels count seconds from a UTC midnight
        self._tracker = Tracker(self.site, self.settings.track, epoch_ns)
        self._picture = Picture(self.site, self.settings, self._tracker, self._known)

    def _rejected(self, feed: str, reason: str, count: int = 1, detail: str = "") -> Rejected:
        now_ns = self._time.now_ns or 0
        return Rejected(feed=feed, reason=reason, count=count, t_arrival_ns=now_ns, detail=detail)


def _refuse_repeated(what: str, ids: list[str]) -> None:
    """ValueError for an id that two of them carry: the second would be heard as the first."""
    repeated = sorted({ident for ident in ids if ids.count(ident) > 1})
    if repeated:
        raise ValueError(f"site: found two {what}s with the id {repeated[0]!r}; allowed: one each")
