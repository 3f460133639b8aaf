"""The recording format `.rpj`: the truth from which everything else can be rebuilt."""

from rampart.formats.journal.file import JournalReader, JournalWriter, read_journal
from rampart.formats.journal.frames import Decoder, Torn, encode_frame
from rampart.formats.journal.records import SCHEMA, Header, InputRecord, OutputRecord, Record

__all__ = [
    "SCHEMA",
    "Decoder",
    "Header",
    "InputRecord",
    "JournalReader",
    "JournalWriter",
    "OutputRecord",
    "Record",
    "Torn",
    "encode_frame",
    "read_journal",
]
