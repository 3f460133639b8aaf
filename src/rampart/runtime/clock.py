"""The only clock: everything else takes *now* from the messages it is given.

Nothing that is read here enters an output of the engine; it paces replays and measures cost.
"""

from __future__ import annotations

import time


def now_ns() -> int:
    """Wall clock, ns UTC: the arrival stamp of a live feed."""
    return time.time_ns()


def wall_s() -> float:
    """Seconds of a monotonic clock; only differences mean something."""
    return time.perf_counter()


def cpu_s() -> float:
    """CPU seconds that this thread has used; only differences mean something."""
    return time.thread_time()


def sleep(seconds: float) -> None:
    """Wait; a negative or zero time does not."""
    if seconds > 0:
        time.sleep(seconds)
