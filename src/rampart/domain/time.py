"""Time as a value: int64 nanoseconds UTC since 1970-01-01, without leap seconds.

Nothing here reads a clock; the arrival stamp of the last message is *now*.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

NS_PER_S: Final = 1_000_000_000
NS_PER_DAY: Final = 86_400 * NS_PER_S
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def ns_from_seconds(seconds: float) -> int:
    """Nanoseconds nearest to `seconds`."""
    return round(seconds * 1e9)


def seconds_between(later_ns: int, earlier_ns: int) -> float:
    """`later_ns - earlier_ns` in seconds; exact to a nanosecond for spans up to 100 days."""
    return (later_ns - earlier_ns) / 1e9


def iso_utc(t_ns: int) -> str:
    """`t_ns` as ISO 8601 UTC with microseconds, e.g. ``2022-01-05T01:00:00.000000Z``."""
    moment = _EPOCH + timedelta(microseconds=t_ns // 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def ns_from_iso(text: str) -> int:
    """Nanoseconds UTC of an ISO 8601 stamp; raises ValueError where it has no zone or is malformed."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * NS_PER_S + delta.microseconds * 1000
