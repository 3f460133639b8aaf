"""Whose fault it is: one exception class for each party that can be at fault.

`FeedError`        the world sent nonsense; it is counted and recorded, never fatal.
`ConfigError`      a file that the user wrote is wrong; lists every fault with its place.
`UsageError`       the command line or a call asks for something that does not exist.
`CapabilityError`  a feature needs an extra that is not installed.

Anything else that escapes is our own bug.
"""

from __future__ import annotations

from dataclasses import dataclass


class RampartError(Exception):
    """Base of every error that Rampart raises on purpose."""


class FeedError(RampartError):
    """Bytes or values from a feed that cannot be used: `feed`, `reason` (a short fixed word), `detail`."""

    def __init__(self, feed: str, reason: str, detail: str = "") -> None:
        super().__init__(f"{feed}: {reason}" + (f": {detail}" if detail else ""))
        self.feed = feed
        self.reason = reason
        self.detail = detail


class UsageError(RampartError):
    """The user asked for something that is not there: says what was found and what is allowed."""


class CapabilityError(RampartError):
    """A feature needs an optional dependency: says which extra installs it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a user's file: `where` (line, key path or field), `found`, `allowed`."""

    where: str
    found: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.where}: found {self.found}; allowed: {self.allowed}"


class ConfigError(RampartError):
    """A file is at fault: `path` and all its `faults` at once, one line each."""

    def __init__(self, path: str, faults: list[Fault]) -> None:
        super().__init__("\n".join(f"{path}: {fault}" for fault in faults))
        self.path = path
        self.faults = tuple(faults)
