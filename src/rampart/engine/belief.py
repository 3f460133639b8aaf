"""Which sensors are believed: one that shows, again and again, in another direction what others see.

A plot agrees with a confirmed track that another sensor feeds where all its numbers do. It lies elsewhere
where range and range rate agree with such a track, but not the direction, and it agrees with none. A
pointing error keeps the range to the sensor that has it, and turns all that it shows by the same angles; to
any other sensor neither holds: so the liar of two is found by where they stand, if not at once. Tracks that
only the sensor itself feeds prove nothing.

What tells its own place decides where sensors alone cannot: who sees surveyed reflectors where they stand, or
feeds tracks that known traffic vouches for, is believed where another does neither. And an echo at the range of
a reflector that is not seen where it stands lies elsewhere too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from rampart.domain.site import Settings, Site
from rampart.engine.bank import CONFIRMED, Bank
from rampart.engine.biases import Place
from rampart.engine.order import Entry
from rampart.engine.plotrow import NUMBERS, VARIANCES, T, columns
from rampart.kernels.comparison import disagreement
from rampart.kernels.consider import BIASES

Array = npt.NDArray[np.float64]


class BeliefSettings(Settings, frozen=True):
    """How much evidence ends belief, and restores it."""

    evidence: float = 8.0  # plots, of late, before a sensor is judged at all
    share: float = 0.75  # of them elsewhere: not believed; as many in agreement: believed again
    memory_s: float = 20.0  # older evidence fades
    sigmas: float = 4.0  # of one number
    widest_rad: float = 0.35  # [A] a worse pointing error is not told from other objects
    spread: float = 3.0  # of the angles of plots elsewhere, in sigmas of one: beyond, not one error
    settle_s: float = 4.0  # between doubt and setting aside: it may turn out to be the other one
    hits: int = 5  # plots of a track that may bear witness: its velocity is known
    fresh_s: float = 3.0  # another sensor fed it so lately
    tracks: int = 32  # at most, in one examination
    plots: int = 256
    every_s: float = 0.2  # of event time, at most


class Belief:
    """The evidence about every sensor of a site."""

    def __init__(self, site: Site, places: list[Place], settings: BeliefSettings) -> None:
        n = len(site.sensors)
        self._settings = settings
        self._places = places
        # the worst declared bias of any sensor, for the plot's own and the track's: range, azimuth, elevation
        declared = np.array([(0.0,) * BIASES, *(sensor.bias_sigmas for sensor in site.sensors)])
        worst2 = 2.0 * declared.max(axis=0) ** 2
        self._bias2, self._clock2 = worst2[:3], float(worst2[3])
        # one that tells bearings only is not judged, nor does it stand in for those that are
        self._ranging = [sensor.ranging for sensor in site.sensors]
        self._agree = [0.0] * n
        # count, sum of azimuth and elevation errors, of their squares, and of the squares expected of noise
        self._elsewhere = np.zeros((n, 5))
        self._borne_out = [0.0] * n  # plots where a reflector or known traffic tells that it is
        self._at_s = [-math.inf] * n
        self._doubted = [False] * n
        self._since_s = [math.inf] * n  # by event time

    @property
    def doubted(self) -> tuple[bool, ...]:
        """Whether each sensor is not believed, in site order."""
        borne_out = [count >= self._settings.evidence for count in self._borne_out]
        if all(b for b, r in zip(borne_out, self._ranging, strict=True) if r):
            # each in what it shows of them: they decide nothing
            return tuple(self._doubted)
        return tuple(d and not b for d, b in zip(self._doubted, borne_out, strict=True))

    def set_aside(self, live: tuple[bool, ...]) -> tuple[int, ...]:
        """Indices of the sensors whose plots stay out: those doubted for a while, where a live one is not.
        Where all are doubted nobody can say who is right, and all are heard."""
        doubted = self.doubted
        judged = zip(live, doubted, self._ranging, strict=True)
        if not any(ok and ranging and not doubt for ok, doubt, ranging in judged):
            return ()
        settle_s = self._settings.settle_s
        return tuple(
            s
            for s, doubt in enumerate(doubted)
            if doubt and self._at_s[s] - self._since_s[s] >= settle_s
        )

    def examine(
        self, look: Entry, bank: Bank, vouched: Sequence[int], stood: int, missing: Array
    ) -> None:
        """Compare the plots of `look` with the tracks that other sensors feed.

        vouched: numbers of the tracks that known traffic vouches for. stood: reflectors that the look showed
        where they stand; those that it did not show there stand at `missing` (k, 3).
        """
        s, sensor = self._settings, look.sensor
        if look.plots is None or 0.0 <= look.t_s - self._at_s[sensor] < s.every_s:
            return
        table, n = bank.table, bank.size
        fed = (table.last_sensor[:n] == sensor) & (table.t_s[:n] >= look.t_s)
        borne_out = stood
        if vouched:
            borne_out += len(set(vouched).intersection(table.track_id[:n][fed].tolist()))
        fresh = table.seen_s[:n] > look.t_s - s.fresh_s
        fresh[:, sensor] = False
        good = (table.status[:n] == CONFIRMED) & (table.hits[:n] >= s.hits) & fresh.any(axis=1)
        rows = np.flatnonzero(good)[: s.tracks]
        if not len(rows) and not len(missing) and not borne_out:
            return
        plots = look.plots[: s.plots]
        where, errors = self._places[sensor], self._elsewhere[sensor]
        means, covs = bank.mixtures(rows)
        if len(missing):
            still = np.zeros((len(missing), means.shape[1]))
            still[:, :3] = missing
            means = np.concatenate([means, still])
            covs = np.concatenate([covs, np.zeros((len(missing), *covs.shape[1:]))])
        t_s = np.append(table.t_s[rows], np.full(len(missing), look.t_s))
        found = np.empty(6)
        disagreement(
            columns(plots, T, 1)[:, 0], columns(plots, NUMBERS, 4), columns(plots, VARIANCES, 4),
            t_s, means, covs, where.axes, where.place, self._bias2, self._clock2, s.sigmas,
            s.widest_rad, errors[1:3] / max(errors[0], 3.0), found,
        )  # fmt: skip
        fade = math.exp(-max(look.t_s - self._at_s[sensor], 0.0) / s.memory_s)
        self._at_s[sensor] = look.t_s
        self._borne_out[sensor] = fade * self._borne_out[sensor] + borne_out
        a = self._agree[sensor] = fade * self._agree[sensor] + float(found[0]) + stood
        errors = self._elsewhere[sensor] = fade * errors + found[1:]
        e = float(errors[0])
        if a + e < s.evidence:
            return
        # e times the mean of |x|² - |mean of x|², against what noise alone would make of it
        scatter = errors[3] - (errors[1] ** 2 + errors[2] ** 2) / max(e, 1e-9)
        noise = s.spread**2 * errors[4]
        if not self._doubted[sensor] and e >= s.share * (a + e) and scatter <= noise:
            self._doubted[sensor], self._since_s[sensor] = True, look.t_s
        elif self._doubted[sensor] and (a >= s.share * (a + e) or scatter > 2.0 * noise):
            self._doubted[sensor] = False

    def state(self) -> list[Any]:
        """Plain data for a snapshot."""
        at = [self._at_s, self._doubted, self._since_s]
        return [self._agree, self._elsewhere.tolist(), self._borne_out, *at]

    def load(self, state: list[Any]) -> None:
        """Restore what `state` gave."""
        agree, elsewhere, borne_out, *rest = state
        self._agree, self._borne_out = list(agree), list(borne_out)
        self._elsewhere = np.array(elsewhere).reshape(-1, 5)
        self._at_s, self._doubted, self._since_s = map(list, rest)
