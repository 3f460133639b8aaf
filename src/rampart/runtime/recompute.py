"""Today's engine over a recording's inputs: what it would have said, against what was said."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest

import msgspec

from rampart.domain.messages import Output
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


@dataclass(slots=True)
class Recomputation:
    """`unanswered`: the last message, where the writer was stopped before its answers were on record."""

    messages: int = 0
    outputs: int = 0
    differences: list[Difference] = field(default_factory=list)
    unanswered: int | None = None


def recompute(journal: JournalReader, engine: Receiver) -> Recomputation:
    """Feed the inputs of `journal` to a new `engine` and list every difference of their outputs."""
    result = Recomputation()
    seq, now = 0, ()  # type: int, tuple[Output, ...]
    answered = True
    for record in journal:
        if isinstance(record, InputRecord):
            if not answered:
                _compare(seq, (), now, result)
            seq, now, answered = record.seq, engine.receive(record.message), False
            result.messages += 1
            result.outputs += len(now)
        else:
            _compare(record.cause, record.messages, now if record.cause == seq else (), result)
            answered = record.cause == seq
    if not answered and now:
        result.unanswered = seq
    return result


def _compare(
    seq: int, was: tuple[Output, ...], now: tuple[Output, ...], result: Recomputation
) -> None:
    for index, (before, after) in enumerate(zip_longest(was, now)):
        # By their bytes: NaN is a value here, and not equal to itself.
        if _encode(before) != _encode(after):
            result.differences.append(Difference(seq, index, before, after))
