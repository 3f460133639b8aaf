"""A tracker shown a sky look by look, and which of its tracks is which path."""

from __future__ import annotations

import numpy as np

from rampart.domain.site import Sensor
from rampart.engine.tracking import Tracker
from tracker_world import Path, drive, look, round_from, site_of


def watch(
    tracker: Tracker, sensor: Sensor, paths: list[Path], until_s: float, *, seed: int = 1,
    step_s: float = 0.5, start_s: float = 0.0, **kwargs: float,
) -> list[tuple[int, str]]:  # fmt: skip
    """Look at the paths every `step_s`; returns what ended meanwhile."""
    site = site_of(sensor)
    rng = np.random.default_rng(seed)
    ended = []
    for k in range(int((until_s - start_s) / step_s)):
        t_s = start_s + step_s * k
        drive(tracker, [look(site, sensor, t_s, paths, rng, **kwargs)])
        ended += tracker.ended
        tracker.collect()
    return ended


def nearest(tracker: Tracker, t_s: float, truth: np.ndarray) -> tuple[int, float]:
    """(id, distance m) of the named track nearest to a true state at `t_s`."""
    rows = tracker.bank.rows()
    x, _ = tracker.bank.states_at(rows, t_s)
    away = np.linalg.norm(x[:, :3] - truth[:3], axis=1)
    return int(tracker.bank.table.track_id[rows[away.argmin()]]), float(away.min())


MORTAR = round_from((3200, 600, 0), (-100, -15, 150))
