"""Feeds an engine from any source: journal first, then the engine, then whoever wants the outputs."""

from __future__ import annotations

import math
import signal
import threading
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Final, Protocol, Self

from rampart.domain.messages import Input, Output, Plot, PlotBatch, ZoneState
from rampart.formats.journal import Header, JournalWriter
from rampart.runtime import clock

if TYPE_CHECKING:
    from rampart.engine.engine import Engine

_NAP_S: Final = 0.05
"""Longest sleep of a paced replay before it looks whether Ctrl-C was pressed."""


class Receiver(Protocol):
    """What can be driven: the engine, or a stand-in that answers like it."""

    @property
    def seq(self) -> int:
        """Ordinal of the last message received, from 1."""

    def receive(self, message: Input, /) -> tuple[Output, ...]:
        """The outputs that `message` causes."""


OnOutput = Callable[[int, Input, tuple[Output, ...]], None]
"""Called after each message with its ordinal, the message and all its outputs (maybe none)."""


@dataclass(slots=True)
class DriveReport:
    """What a drive did and cost. Times are of `receive` alone, in seconds, one for each message.

    `wall_s` and `cpu_s`: every message; `warn_wall_s`: only those answered by a zone going to `warn`.
    `interrupted`: Ctrl-C ended it between two messages.
    """

    messages: int = 0
    plots: int = 0
    outputs: int = 0
    interrupted: bool = False
    wall_s: array[float] = field(default_factory=lambda: array("d"))
    cpu_s: array[float] = field(default_factory=lambda: array("d"))
    warn_wall_s: array[float] = field(default_factory=lambda: array("d"))

    def timings(self) -> dict[str, float]:
        """Milliseconds p50, p99, max of each kind, and plots per CPU second; no key where no sample."""
        named = {"message": self.wall_s, "message_cpu": self.cpu_s, "warning": self.warn_wall_s}
        table = {
            f"{name}_ms_{word}": 1e3 * quantile(samples, q)
            for name, samples in named.items()
            if samples
            for word, q in (("p50", 0.50), ("p99", 0.99), ("max", 1.0))
        }
        busy_s = sum(self.cpu_s)
        if busy_s > 0:
            table["cpu_s"] = busy_s
            table["plots_per_cpu_s"] = self.plots / busy_s
        return table


def quantile(samples: Iterable[float], q: float) -> float:
    """The smallest sample that at least a share `q` of all do not exceed; ValueError for no sample."""
    ordered = sorted(samples)
    if not ordered:
        raise ValueError("no samples")
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)]


class Driver:
    """Hands messages to an engine one by one, journals both sides and measures."""

    def __init__(
        self,
        engine: Receiver,
        journal: JournalWriter | None = None,
        on_output: OnOutput | None = None,
    ) -> None:
        self.report = DriveReport()
        self._engine = engine
        self._journal = journal
        self._on_output = on_output

    def hand_in(self, message: Input) -> tuple[Output, ...]:
        """The engine's answer, after the message is on record and before anybody else sees it."""
        seq = self._engine.seq + 1
        if self._journal is not None:
            self._journal.input(seq, message)
        cpu_s, wall_s = clock.cpu_s(), clock.wall_s()
        outputs = self._engine.receive(message)
        wall_s, cpu_s = clock.wall_s() - wall_s, clock.cpu_s() - cpu_s
        if self._journal is not None:
            self._journal.outputs(seq, outputs)
        self._count(message, outputs, wall_s, cpu_s)
        if self._on_output is not None:
            self._on_output(seq, message, outputs)
        return outputs

    def _count(
        self, message: Input, outputs: tuple[Output, ...], wall_s: float, cpu_s: float
    ) -> None:
        report = self.report
        report.messages += 1
        report.outputs += len(outputs)
        if isinstance(message, PlotBatch):
            report.plots += len(message)
        elif isinstance(message, Plot):
            report.plots += 1
        report.wall_s.append(wall_s)
        report.cpu_s.append(cpu_s)
        if any(isinstance(out, ZoneState) and out.phase == "warn" for out in outputs):
            report.warn_wall_s.append(wall_s)


def drive(
    engine: Receiver,
    messages: Iterable[Input],
    journal: JournalWriter | None = None,
    on_output: OnOutput | None = None,
    *,
    until_ns: int | None = None,
    speed: float | None = None,
) -> DriveReport:
    """Feed `messages` to `engine` in order until they end, `until_ns` has passed, or Ctrl-C.

    `speed` 1 keeps to their arrival stamps, 10 is ten times as fast, None as fast as possible.
    The first Ctrl-C lets the message in hand finish, so that whatever was written is whole; a second
    one raises KeyboardInterrupt. Nothing but the report depends on how fast it went.
    """
    driver = Driver(engine, journal, on_output)
    pace = _Pace(speed) if speed else None
    with CtrlC() as stop:
        for message in messages:
            if until_ns is not None and message.t_arrival_ns > until_ns:
                break
            while pace is not None and not stop.pressed and (wait_s := pace.wait_s(message)) > 0:
                clock.sleep(min(wait_s, _NAP_S))
            if stop.pressed:
                break
            driver.hand_in(message)
        driver.report.interrupted = stop.pressed
    return driver.report


class _Pace:
    """Maps arrival stamps onto the wall, from the first message on."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._start: tuple[int, float] | None = None

    def wait_s(self, message: Input) -> float:
        if self._start is None:
            self._start = (message.t_arrival_ns, clock.wall_s())
        t0_ns, t0_s = self._start
        due_s = t0_s + (message.t_arrival_ns - t0_ns) / 1e9 / self._speed
        return due_s - clock.wall_s()


class CtrlC:
    """While open, the first Ctrl-C only sets `pressed`; the next one interrupts as usual.

    Outside the main thread, where signals do not arrive, it does nothing.
    """

    def __init__(self) -> None:
        self.pressed = False

    def __enter__(self) -> Self:
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:
            self._before = signal.signal(signal.SIGINT, self._press)
        return self

    def _press(self, _number: int, _frame: FrameType | None) -> None:
        self.pressed = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._main:
            signal.signal(signal.SIGINT, self._before)


def header_for(engine: Engine, *, source: str, epoch_ns: int, seed: int | None = None) -> Header:
    """The journal header of a run of `engine` over `source`, whose times count from `epoch_ns`."""
    return Header(
        engine=program_version(),
        settings_hash=engine.settings.fingerprint(),
        site=engine.site,
        epoch_ns=epoch_ns,
        simulated=engine.simulated,
        source=source,
        seed=seed,
    )


def program_version() -> str:
    """The version of the installed package."""
    return version("rampart-cram")
