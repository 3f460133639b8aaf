"""Surveyed reflectors: what stands where the site says it stands, and shows a radar its own error.

A plot is a reflector's where its numbers lie within the sensor's noise and what is not known of its slow
errors, and its Doppler is that of a thing that stands; without Doppler none is. It is taken out before
tracking, at most one for each reflector in a look and the nearest: where something else is in the gate, one
of two plots is taken and the other goes on, so that nothing that flies is hidden by what stands.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.domain.frames import covers, polar_from_enu, sensor_axes
from rampart.domain.site import Sensor, Site
from rampart.engine.biases import PolarPlot
from rampart.engine.plotrow import COLUMNS, NUMBERS, VARIANCES, T, columns
from rampart.kernels.comparison import standing

Array = npt.NDArray[np.float64]

GATE_D2: Final = 16.27
"""Squared distance of three numbers: 0.1 % of a reflector's own plots lie beyond."""
STILL_SIGMAS: Final = 3.0  # of Doppler
ONE_LOOK: Final = 0.4  # of the scan period: a reflector shows once in this time, as a track does


class Sighting(NamedTuple):
    """A plot, as it came, of the reflector of this index in site order."""

    reflector: int
    plot: PolarPlot


def seen_by(site: Site, sensor: Sensor) -> list[int]:
    """The reflectors, in site order, in the sensor's coverage: beyond its edge the door would let in only those
    plots that err inwards."""
    found: list[int] = np.flatnonzero(covers(sensor, _polar(site, sensor))).tolist()
    return found


def _polar(site: Site, sensor: Sensor) -> Array:
    """Where the sensor expects the site's reflectors (k, 3)."""
    axes, place = sensor_axes(site, sensor)
    xyz = np.array([r.position_enu_m for r in site.reflectors]).reshape(-1, 3)
    return polar_from_enu((xyz - place) @ axes)  # x_site = p + R x_sensor


class Reflectors:
    """The reflectors of a site as each sensor expects to see them."""

    def __init__(self, site: Site) -> None:
        self._period_s = [sensor.scan_period_s for sensor in site.sensors]
        self._seen: list[list[int]] = []  # by sensor: the reflectors in its coverage
        self._polar: list[Array] = []  # by sensor: where they stand (k, 3),
        self._survey2: list[Array] = []  # and how well that is known, in the same numbers
        for sensor in site.sensors:
            polar = _polar(site, sensor)
            seen = seen_by(site, sensor)
            r, flat = polar[seen, 0], polar[seen, 0] * np.cos(polar[seen, 2])
            sigma = np.array([site.reflectors[i].sigma_m for i in seen])
            self._seen.append(seen)
            self._polar.append(polar[seen])
            self._survey2.append(np.square(sigma / [np.ones(len(seen)), flat, r]).T)
        self._offset = np.zeros((len(site.sensors), 3))
        sigmas = [sensor.bias_sigmas[:3] for sensor in site.sensors]
        self._doubt2 = np.square(np.array(sigmas).reshape(-1, 3))
        # by sensor and reflector: the plot that was taken last
        self._last = [np.full((len(seen), COLUMNS), -math.inf) for seen in self._seen]

    def expect(self, sensor: int, mean: Array, cov: Array) -> None:
        """From now on look for them off by the sensor's biases (4,), known to `cov` (4, 4)."""
        self._offset[sensor] = mean[:3]
        self._doubt2[sensor] = np.diag(cov)[:3]

    def take(self, sensor: int, plots: Array) -> tuple[Array, list[Sighting], int]:
        """`plots` (n, COLUMNS), not corrected, without those of reflectors; what is seen by them; and how many
        were taken, doubled ones included."""
        seen = self._seen[sensor]
        if not seen:
            return plots, [], 0
        found = np.empty(len(seen), np.int64)
        standing(
            columns(plots, NUMBERS, 4), columns(plots, VARIANCES, 4),
            self._polar[sensor] + self._offset[sensor], self._survey2[sensor] + self._doubt2[sensor],
            GATE_D2, STILL_SIGMAS, found,
        )  # fmt: skip
        sightings, taken = [], []
        for k, p in enumerate(found.tolist()):
            if p < 0:
                continue
            plot, last = plots[p], self._last[sensor][k]
            if abs(plot[T] - last[T]) >= ONE_LOOK * self._period_s[sensor]:
                self._last[sensor][k] = plot
                r, azimuth, elevation = plot[NUMBERS : NUMBERS + 3].tolist()
                a, b, c = plot[VARIANCES : VARIANCES + 3].tolist()
                told = PolarPlot(sensor, float(plot[T]), (r, azimuth, elevation), (a, b, c))
                sightings.append(Sighting(seen[k], told))
            elif not np.array_equal(plot, last, equal_nan=True):  # nor the same, delivered twice
                continue
            taken.append(p)
        return (np.delete(plots, taken, axis=0) if taken else plots), sightings, len(taken)

    def state(self) -> list[Any]:
        """Plain data for a snapshot."""
        return [
            self._offset.tobytes(),
            self._doubt2.tobytes(),
            *(last.tobytes() for last in self._last),
        ]

    def load(self, state: list[Any]) -> None:
        """Restore what `state` gave."""
        offset, doubt2, *last = (np.frombuffer(raw).copy() for raw in state)
        self._offset, self._doubt2 = offset.reshape(-1, 3), doubt2.reshape(-1, 3)
        self._last = [plots.reshape(-1, COLUMNS) for plots in last]
