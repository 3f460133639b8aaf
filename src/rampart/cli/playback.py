"""A journal as it was: its inputs again, answered with the outputs that stand beside them."""

from __future__ import annotations

from collections.abc import Iterator

from rampart.domain.messages import Input, Output
from rampart.formats.journal import InputRecord, JournalReader


class Playback:
    """Answers like the engine that wrote the journal; drive it with its own `messages`."""

    def __init__(self, journal: JournalReader) -> None:
        self._journal = journal
        self._answers: tuple[Output, ...] = ()
        self._next_seq = 1

    @property
    def seq(self) -> int:
        """Ordinal of the message before the one that comes next, as the journal numbers them."""
        return self._next_seq - 1

    def messages(self) -> Iterator[Input]:
        """The inputs in turn, each once its outputs are known."""
        held: InputRecord | None = None
        answers: list[Output] = []
        for record in self._journal:
            if isinstance(record, InputRecord):
                if held is not None:
                    yield self._ready(held, answers)
                held, answers = record, []
            elif held is not None and record.cause == held.seq:
                answers += record.messages
        if held is not None:
            yield self._ready(held, answers)

    def receive(self, _message: Input, /) -> tuple[Output, ...]:
        """What stands in the journal beside the message that `messages` gave last."""
        self._next_seq += 1
        return self._answers

    def _ready(self, record: InputRecord, answers: list[Output]) -> Input:
        self._next_seq = record.seq
        self._answers = tuple(answers)
        return record.message
