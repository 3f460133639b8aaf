"""Which sensors are alive, and which zones they still guard.

A sensor silent for longer than max(2 s, 2 x its declared interval), that says so itself, or that is not
believed (`belief`), is DEGRADED. So is one whose plots have all been refused for as long: they are
not heard, though its marks and its looks without plots are. Where several are not believed and no live one
is, nobody can say which of them errs: then they disagree, and all are heard. One whose plots err by more than
it claims stays LIVE, and that is said of it. A zone's cover is healthy while
every bearing that the installed sensors watch around it is still watched by a live one: one radar of two may
fail, a sector may not.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rampart.domain.frames import polar_from_enu, sensor_axes
from rampart.domain.messages import SensorHealth, SensorStatus
from rampart.domain.site import Sensor, Site
from rampart.domain.time import ns_from_seconds

MIN_SILENCE_S = 2.0
REFUSED = "all its plots are refused"  # `Rejected` says why
LOOK_OUT_M = 3_000.0  # [A] the approach of a round is judged this far out of the zone
BEARINGS = 36
AS_SAID = 1.3  # a noise within so many times is the one that was said


class Health:
    """State of every sensor of `site`, from what arrives and from silence."""

    def __init__(self, site: Site) -> None:
        self._sensors = {sensor.id: index for index, sensor in enumerate(site.sensors)}
        self._ids = [sensor.id for sensor in site.sensors]
        self._silence_ns = [ns_from_seconds(_silence_s(sensor)) for sensor in site.sensors]
        self._zones = [zone.id for zone in site.zones]
        self._ranging = [sensor.ranging for sensor in site.sensors]
        self._watched = _watched_bearings(site)
        self._heard_ns = [-1] * len(site.sensors)
        # first and last time of late that plots came and all were refused; None: some were let in since
        self._refused_ns: list[tuple[int, int] | None] = [None] * len(site.sensors)
        self._said_ok = [True] * len(site.sensors)
        self._believed = [True] * len(site.sensors)
        self._faults = [""] * len(site.sensors)  # why each is not LIVE
        self._errs = [1.0] * len(site.sensors)  # how much of what each claims, as it is said
        self._words = [""] * len(site.sensors)  # what was last said: a fault, else the noise
        self._healthy = self._guarded()

    @property
    def live(self) -> tuple[bool, ...]:
        """Whether each sensor is LIVE, in site order."""
        return tuple(not fault for fault in self._faults)

    @property
    def healthy(self) -> tuple[str, ...]:
        """Ids of the zones whose cover is whole, in site order."""
        return self._healthy

    def heard(self, sensor: str, now_ns: int, *, plots: bool = False) -> None:
        """A sensor sent something at `now_ns`; `plots`: among it plots that were let in."""
        index = self._sensors.get(sensor)
        if index is not None:
            self._heard_ns[index] = now_ns
            if plots:
                self._refused_ns[index] = None

    def refused(self, sensor: str, now_ns: int) -> None:
        """A sensor sent plots at `now_ns`, and none of them was let in."""
        index = self._sensors.get(sensor)
        if index is not None:
            since_ns = self._refusing(index, now_ns)
            self._refused_ns[index] = now_ns if since_ns is None else since_ns, now_ns

    def _refusing(self, index: int, now_ns: int) -> int | None:
        """Since when all plots of a sensor have been refused; None where none were of late."""
        span_ns = self._refused_ns[index]
        if span_ns is None or now_ns - span_ns[1] > self._silence_ns[index]:
            return None
        return span_ns[0]

    def told(self, status: SensorStatus) -> bool:
        """A sensor speaks of itself; False where the site has no such sensor."""
        index = self._sensors.get(status.sensor)
        if index is None:
            return False
        self.heard(status.sensor, status.t_arrival_ns)
        if status.kind == "status":
            self._said_ok[index] = status.state == "ok"
        return True

    def judge(self, doubted: tuple[bool, ...]) -> None:
        """Whether each sensor, in site order, shows elsewhere what the others see."""
        self._believed = [not doubt for doubt in doubted]

    def err(self, times: list[float]) -> None:
        """Each sensor, in site order, errs so many times as much as it claims; it is said anew where what was
        said is no more true."""
        for index, x in enumerate(times):
            said = self._errs[index]
            if (x == 1.0) != (said == 1.0) or max(x / said, said / x) > AS_SAID:
                self._errs[index] = x

    def _noise(self, index: int) -> str:
        x = self._errs[index]
        return f"errs {x:.1f} times as much as it claims" if x > 1.0 else ""

    def advance(self, now_ns: int, cause_seq: int) -> list[SensorHealth]:
        """The changes of state, and of its reason, that are due at `now_ns`, in site order."""
        changes = []
        faults = self._found(now_ns)
        for index, fault in enumerate(faults):
            word = fault or self._noise(index)
            if word != self._words[index]:
                well = "heard again" if self._faults[index] else "errs as it claims"
                changes.append(
                    SensorHealth(
                        sensor=self._ids[index],
                        t_ns=now_ns,
                        state="DEGRADED" if fault else "LIVE",
                        reason=word or well,
                        cause_seq=cause_seq,
                    )
                )
                self._words[index] = word
        if faults != self._faults:
            self._faults = faults
            self._healthy = self._guarded()
        return changes

    def _found(self, now_ns: int) -> list[str]:
        """What is wrong with each sensor at `now_ns`; empty where nothing is."""
        faults = []
        for index, heard_ns in enumerate(self._heard_ns):
            if heard_ns < 0:
                self._heard_ns[index] = now_ns  # silence counts from the start of the service
            most_ns, refusing_ns = self._silence_ns[index], self._refusing(index, now_ns)
            if now_ns - self._heard_ns[index] > most_ns:
                faults.append("silent" if refusing_ns is None else REFUSED)
            elif refusing_ns is not None and now_ns - refusing_ns > most_ns:
                faults.append(REFUSED)
            elif not self._said_ok[index]:
                faults.append("says so itself")
            else:
                faults.append("" if self._believed[index] else "not believed")
        heard = [f for f, ranging in zip(faults, self._ranging, strict=True) if ranging]
        if "" not in heard and faults.count("not believed") > 1:
            return ["sensors disagree" if fault == "not believed" else fault for fault in faults]
        return faults

    def _guarded(self) -> tuple[str, ...]:
        installed = self._watched.any(axis=0)
        live = self._watched[np.array(self.live, bool)].any(axis=0)
        whole = (installed == live).all(axis=-1) & installed.any(axis=-1)
        return tuple(zone for zone, good in zip(self._zones, whole, strict=True) if good)

    def state(self) -> dict[str, Any]:
        """Plain data for a snapshot."""
        return {
            "heard": self._heard_ns,
            "refused": self._refused_ns,
            "ok": self._said_ok,
            "believed": self._believed,
            "faults": self._faults,
            "errs": self._errs,
            "words": self._words,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Restore what `state` gave."""
        self._heard_ns = list(state["heard"])
        self._refused_ns = [None if span is None else tuple(span) for span in state["refused"]]
        self._said_ok = list(state["ok"])
        self._believed = list(state["believed"])
        self._faults = list(state["faults"])
        self._errs = list(state["errs"])
        self._words = list(state["words"])
        self._healthy = self._guarded()


def _silence_s(sensor: Sensor) -> float:
    if sensor.silent_after_s is not None:
        return sensor.silent_after_s
    return max(MIN_SILENCE_S, 2.0 * sensor.scan_period_s)


def _watched_bearings(site: Site) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """[sensor, zone, bearing]: does the sensor see the point LOOK_OUT_M out of the zone there?"""
    bearings = np.arange(BEARINGS) * (2 * math.pi / BEARINGS)
    ring = LOOK_OUT_M * np.stack([np.sin(bearings), np.cos(bearings)], axis=-1)
    watched = np.zeros((len(site.sensors), len(site.zones), BEARINGS), bool)
    for z, zone in enumerate(site.zones):
        points = np.zeros((BEARINGS, 3))
        points[:, :2] = np.mean(zone.polygon_enu_m, axis=0) + ring
        for s, sensor in enumerate(site.sensors):
            axes, position = sensor_axes(site, sensor)
            polar = polar_from_enu((points - position) @ axes)
            span = (sensor.azimuth_max_rad - sensor.azimuth_min_rad) % (2 * math.pi)
            full = span == 0.0 or math.isclose(span, 2 * math.pi)
            inside = full | ((polar[:, 1] - sensor.azimuth_min_rad) % (2 * math.pi) <= span)
            watched[s, z] = inside & (polar[:, 0] <= sensor.range_max_m)
            watched[s, z] &= sensor.ranging  # bearings alone begin no track
    return watched
