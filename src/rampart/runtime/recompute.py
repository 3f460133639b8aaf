"""Today's engine over a recording's inputs: what it would have said, against what was said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

import msgspec

from rampart.domain.messages import Input, Output
from rampart.formats.journal import InputRecord, JournalReader
from rampart.runtime.drive import Receiver

_encode = msgspec.msgpack.Encoder().encode


@dataclass(frozen=True, slots=True)
class Difference:
    """Answer number `index` to message `seq`: what the journal holds and what comes out today."""

    seq: int
    index: int
    was: Output | None
    now: Output | None


class Recomputation:
    """Answers as today's `engine` does, and holds that against `journal`; drive it with its own `messages`.

    asked, answers  messages handed to the engine, and its outputs, so far
    differences     every one between those and the journal
    unanswered      the last message, where the writer was stopped before its answers were on record
    """

    def __init__(self, journal: JournalReader, engine: Receiver) -> None:
        self.asked = 0
        self.answers = 0
        self.differences: list[Difference] = []
        self.unanswered: int | None = None
        self._journal = journal
        self._engine = engine
        self._now: tuple[Output, ...] = ()

    @property
    def seq(self) -> int:
        """Ordinal of the last message that the engine received."""
        return self._engine.seq

    def messages(self) -> Iterator[Input]:
        """The inputs in turn; the answer to one is compared when the next is asked for."""
        seq = 0
        answered = True
        for record in self._journal:
            if isinstance(record, InputRecord):
                if not answered:
                    self._compare(seq, (), self._now)
                yield record.message
                seq, answered = record.seq, False
            elif record.cause == seq:
                answered = True
                self._compare(seq, record.messages, self._now)
            else:  # to a message that is not there, or of a kind that this version does not know
                self._compare(record.cause, record.messages, ())
        if not answered and self._now:
            self.unanswered = seq

    def receive(self, message: Input, /) -> tuple[Output, ...]:
        """The engine's answer."""
        self._now = self._engine.receive(message)
        self.asked += 1
        self.answers += len(self._now)
        return self._now

    def _compare(self, seq: int, was: tuple[Output, ...], now: tuple[Output, ...]) -> None:
        for index, (before, after) in enumerate(zip_longest(was, now)):
            # By their bytes: NaN is a value here, and not equal to itself.
            if _encode(before) != _encode(after):
                self.differences.append(Difference(seq, index, before, after))
