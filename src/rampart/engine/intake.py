"""The door of the tracker: what of a batch is let in, as sub-scans; the rest is counted, with its reason."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.domain.messages import PlotBatch
from rampart.domain.site import Site
from rampart.domain.time import NS_PER_S, ns_from_seconds
from rampart.engine.admission import (
    DUPLICATE,
    EL_,
    NOT_BELIEVED,
    OUT_OF_COVERAGE,
    OVERLOAD,
    R_,
    REFLECTOR,
    REFUSALS,
    TOO_LATE,
    Door,
    admit,
    doubles,
    raw_views,
    sort_plots,
)
from rampart.engine.calibration import ZERO, Calibration, calibration_of, moved
from rampart.engine.order import NO_PLOTS, Entry, Ring, loudest, sub_scans
from rampart.engine.plotrow import COLUMNS, NUMBERS, T
from rampart.engine.reflectors import Reflectors, Sighting
from rampart.engine.track_settings import TrackSettings, doors, order_s

Array = npt.NDArray[np.float64]

AFAR: Final = 10.0
"""[A] No radar's range is that many times what it is asked for: such numbers are of another unit."""


class Look(NamedTuple):
    """What is sound in one batch."""

    feed: str
    sensor: int
    arrival_ns: int
    newest_s: float
    sub_scans: list[Entry]
    sightings: list[Sighting]  # of reflectors, whose plots are in no sub-scan
    sees: bool  # it tells what its sensor is for: of a radar one range, if it has any plot


def _shows_afar(outside: Array, door: Door) -> bool:
    """Whether any of the plots (n, WORDS) out of coverage is merely too far: a sound radar shows such."""
    range_m, elevation_rad = outside[:, R_], np.nan_to_num(outside[:, EL_])
    afar = (range_m > door.range_max_m) & (range_m < AFAR * door.range_max_m)
    return bool((afar & (np.abs(elevation_rad) <= 0.5 * math.pi)).any())


class Intake:
    """The doors of one site's sensors, how far each lags, and what was refused."""

    def __init__(self, site: Site, settings: TrackSettings, epoch_ns: int) -> None:
        self._epoch_ns = epoch_ns
        self._settings = settings
        self._sensors = {sensor.id: index for index, sensor in enumerate(site.sensors)}
        self._doors = doors(site, settings)
        self._ranging = [sensor.ranging for sensor in site.sensors]
        # no part holds two looks of one that looks so often: one object shows one plot in each
        self._spans_s = [min(settings.sub_scan_s, 0.5 * s.scan_period_s) for s in site.sensors]
        self.reflectors = Reflectors(site)
        self.calibrations: list[Calibration] = []  # of each sensor, told before its first plot
        self.set_aside: tuple[int, ...] = ()  # sensors that are not believed
        self._lag_s: dict[int, float] = {}
        self._order_s = order_s(site, settings)
        self._heard: dict[int, float] = {}  # newest event time since the last `settled_s`
        self._refused: Counter[tuple[str, str]] = Counter()
        self._behind_since_ns: int | None = None

    def admit(self, batch: PlotBatch) -> tuple[Look | None, bool]:
        """The good plots of `batch` in order, None where neither they nor their absence say anything; and
        whether it shows something, if farther than the sensor is asked for."""
        sensor = self._sensors.get(batch.sensor)
        if sensor is None:
            self._refused[batch.sensor, "unknown_sensor"] += max(len(batch), 1)
            return None, False
        floats, stamps = raw_views(batch.data)
        count = len(floats)
        plots = np.empty((count, COLUMNS))
        codes = np.zeros(count, np.int64)
        door = self._doors[sensor]
        good = admit(floats, stamps, self._epoch_ns, batch.t_arrival_ns, door, plots, codes)
        afar = False
        if good < count:
            afar = _shows_afar(floats[codes == OUT_OF_COVERAGE], door)
            for code, number in enumerate(np.bincount(codes).tolist()):
                if code and number:
                    self._refuse(batch.sensor, code, number)
        calibration = self.calibrations[sensor]
        sightings: list[Sighting] = []
        if good:
            plots = sort_plots(plots[:good]) if good > 1 else plots[:good]
            newest_s = float(plots[-1, T]) - calibration.offset[3]
            plots, sightings, taken = self.reflectors.take(sensor, plots)
            if taken:
                self._refuse(batch.sensor, REFLECTOR, taken)
        elif batch.complete and (not count or afar):
            # nothing near; a look whose plots are all refused does not say that nothing is there
            arrival_s = (batch.t_arrival_ns - self._epoch_ns) / NS_PER_S
            newest_s = arrival_s - self._lag_s.get(sensor, 0.0)
        else:
            return None, afar
        entries: list[Entry] = []
        sees = True
        if good and len(plots):
            # strobes alone do not say that nothing is there: a jammed radar is blind
            sees = not self._ranging[sensor] or not np.isnan(plots[:, NUMBERS]).all()
            plots = moved(plots, ZERO, calibration.offset)
            complete = batch.complete and sees
            entries = sub_scans(plots, sensor, self._spans_s[sensor], complete, calibration)
        elif batch.complete:
            entries = [Entry(newest_s, sensor, newest_s, True, NO_PLOTS, calibration)]
        self._heard[sensor] = max(newest_s, self._heard.get(sensor, -math.inf))
        look = Look(batch.sensor, sensor, batch.t_arrival_ns, newest_s, entries, sightings, sees)
        return look, afar

    def turns_away(self, look: Look) -> bool:
        """Whether the sensor of `look` is set aside; its plots are counted then."""
        if look.sensor not in self.set_aside:
            return False
        count = sum(entry.size for entry in look.sub_scans)
        if count:
            self._refuse(look.feed, NOT_BELIEVED, count)
        return True

    def stands_back(self, look: Look, ring: Ring) -> bool:
        """Whether the clock of all input stands back for good: no plot has counted for a ring's length."""
        if not ring.is_too_late(look.newest_s):
            self._behind_since_ns = None
            return False
        if self._behind_since_ns is None or look.arrival_ns < self._behind_since_ns:
            self._behind_since_ns = look.arrival_ns
        if look.arrival_ns - self._behind_since_ns <= ns_from_seconds(self._order_s):
            return False
        self._lag_s.clear()
        self._behind_since_ns = None
        return True

    def sift(self, look: Look, ring: Ring) -> list[Entry]:
        """The sub-scans of `look` that come in time, without doubled plots and what is too much."""
        s = self._settings
        entries = []
        for entry in look.sub_scans:
            plots = entry.plots
            assert plots is not None
            if ring.is_too_late(entry.t_s):
                self._refuse(look.feed, TOO_LATE, max(len(plots), 1))
                continue
            self.overload(look, len(plots) - s.max_plots)
            plots = loudest(plots, s.max_plots)
            # twice: correcting them anew moves their times by a few ms at most
            known = ring.near(entry, s.sub_scan_s, 2.0 * s.double_s)
            double = np.zeros(len(plots), np.uint8)
            alone = len(plots) + len(known) <= 1
            found = 0 if alone else doubles(plots, known, s.double_s, double)
            if found:
                self._refuse(look.feed, DUPLICATE, found)
                plots = plots[double == 0]
                if not len(plots) and not entry.complete:
                    continue
            entries.append(entry if plots is entry.plots else entry._replace(plots=plots))
        return entries

    def overload(self, look: Look, count: int) -> None:
        """So many plots of `look`, if any, were too many."""
        if count > 0:
            self._refuse(look.feed, OVERLOAD, count)

    def settled_s(self, now_s: float) -> float:
        """The event time before which all has come at `now_s`, by how long each sensor's plots take."""
        for sensor, newest_s in self._heard.items():
            sample, lag = now_s - newest_s, self._lag_s.get(sensor, -math.inf)
            # the longest delay is what counts; forget it slowly
            self._lag_s[sensor] = sample if sample > lag else lag + 0.1 * (sample - lag)
        self._heard.clear()
        return now_s - max(self._lag_s.values(), default=0.0)

    def rejections(self) -> list[tuple[str, str, int]]:
        """(feed, reason, count) of what was refused since the last call."""
        refused = [(feed, reason, count) for (feed, reason), count in self._refused.items()]
        self._refused.clear()
        return refused

    def _refuse(self, feed: str, code: int, count: int) -> None:
        self._refused[feed, REFUSALS[code]] += count

    def state(self) -> dict[str, Any]:
        """Everything the door remembers, as plain data."""
        return {
            "lag_s": list(self._lag_s.items()),
            "heard": list(self._heard.items()),
            "refused": [[*item, count] for item, count in self._refused.items()],
            "behind_since_ns": self._behind_since_ns,
            "reflectors": self.reflectors.state(),
            "calibrations": [list(calibration) for calibration in self.calibrations],
            "set_aside": list(self.set_aside),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Become the door that gave `state`."""
        self._lag_s = dict(map(tuple, state["lag_s"]))
        self._heard = dict(map(tuple, state["heard"]))
        self._refused = Counter({(feed, reason): n for feed, reason, n in state["refused"]})
        self._behind_since_ns = state["behind_since_ns"]
        self.reflectors.load(state["reflectors"])
        self.calibrations = [calibration_of(pair) for pair in state["calibrations"]]
        self.set_aside = tuple(state["set_aside"])
