"""Journal files: one unbuffered write for each frame, so that a killed process loses at most one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rampart.domain.errors import ConfigError, Fault
from rampart.domain.messages import Input, Output
from rampart.formats.journal.frames import Decoder, Torn, encode_frame
from rampart.formats.journal.records import SCHEMA, Header, InputRecord, OutputRecord, Record

_CHUNK: Final = 1 << 18


class JournalWriter:
    """Appends records to a new file at `path`; the header is written at once. A context manager."""

    def __init__(self, path: str | Path, header: Header) -> None:
        self._file = Path(path).open("wb", buffering=0)  # noqa: SIM115 (closed by close)
        self._end = 0
        try:
            self._write(encode_frame(header))
        except OSError:
            self.close()
            raise

    def input(self, seq: int, message: Input) -> None:
        """Record message `seq`; call before the engine sees it."""
        self._write(encode_frame(InputRecord(seq, message)))

    def outputs(self, cause: int, messages: Sequence[Output]) -> None:
        """Record all answers to message `cause`; writes nothing where there are none."""
        if messages:
            self._write(encode_frame(OutputRecord(cause, tuple(messages))))

    def _write(self, frame: bytes) -> None:
        """Write one frame whole; after a full or failing disk the file ends with the last whole one."""
        try:
            written = self._file.write(frame)
            while written < len(frame):  # a full disk first shortens a write, then refuses the next
                written += self._file.write(frame[written:])
        except OSError:
            self._file.truncate(self._end)
            self._file.seek(self._end)
            raise
        self._end += len(frame)

    def close(self) -> None:
        """Close the file; every record is already with the operating system."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class JournalReader:
    """Iterates over the records of a journal file, once. `header` is there from the start.

    `torn`, `skipped` and `last_seq` are final when the iteration has ended. Raises ConfigError where
    the file is no journal, ends inside its header, or has a schema that this version cannot read.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._decoder = Decoder()
        self._chunks = self._read()
        self._first: list[Record] = []
        while self._decoder.header is None and self._decoder.torn is None:
            chunk = self._first_chunk()
            if chunk is None:
                self._decoder.close()
                break
            self._first += self._decoder.feed(chunk)
        header = self._decoder.header
        if header is None:
            torn = self._decoder.torn
            found = f"no readable header ({torn.reason})" if torn else "an empty file"
            raise ConfigError(str(path), [Fault("offset 0", found, "a Rampart journal (.rpj)")])
        if not 1 <= header.schema <= SCHEMA:
            allowed = f"1 to {SCHEMA}; a newer Rampart may read this file"
            raise ConfigError(str(path), [Fault("schema", str(header.schema), allowed)])
        self.header = header

    @property
    def torn(self) -> Torn | None:
        """The tail that was cut off, if any."""
        return self._decoder.torn

    @property
    def skipped(self) -> dict[str, int]:
        """How many messages of kinds unknown to this version were passed over, by tag."""
        return self._decoder.skipped

    @property
    def remarks(self) -> tuple[str, ...]:
        """`torn` and `skipped` in words, a line each; none of a whole journal of this version."""
        lines = [
            f"{n} of the unknown kind {kind!r} passed over" for kind, n in self.skipped.items()
        ]
        if self.torn is not None:
            lines.append(f"{self.torn}; what stood before it counts")
        return tuple(f"{self.path}: {line}" for line in lines)

    @property
    def last_seq(self) -> int | None:
        """Ordinal of the last input read so far."""
        return self._decoder.last_seq

    def __iter__(self) -> Iterator[Record]:
        yield from self._first
        self._first = []
        for chunk in self._chunks:
            yield from self._decoder.feed(chunk)
        self._decoder.close()

    def inputs(self) -> Iterator[Input]:
        """The inputs alone, in order: what a replay feeds to an engine."""
        return (record.message for record in self if isinstance(record, InputRecord))

    def _first_chunk(self) -> bytes | None:
        try:
            return next(self._chunks, None)
        except FileNotFoundError:
            fault = Fault("file", "nothing there", "an existing journal (.rpj)")
        except OSError as error:
            fault = Fault("file", f"unreadable ({error.strerror})", "a journal (.rpj)")
        raise ConfigError(str(self.path), [fault])

    def _read(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk


def read_journal(path: str | Path) -> JournalReader:
    """A reader of the journal at `path`; see `JournalReader` for what it raises."""
    return JournalReader(path)
