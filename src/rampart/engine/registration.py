"""Registration: the slow errors of the sensors, learnt from what several of them, or known traffic, tell of
one steadily flying object or what surveyed reflectors show, and the calibrations and doubts that follow.

Each plot counts in one comparison at most: with the last plot, not yet used, that another sensor gave of
the same track, or with a fresh report of known traffic that vouches for it. What is applied moves slowly
towards what is estimated, so that no track feels it; what is not applied yet stays in the doubt.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rampart.domain.frames import sensor_axes
from rampart.domain.site import Settings, Site
from rampart.engine.bank import CONFIRMED, Bank
from rampart.engine.belief import Belief, BeliefSettings
from rampart.engine.biases import (
    BiasFilter,
    Place,
    PolarPlot,
    Velocity,
    against_plot,
    against_reflector,
    against_report,
)
from rampart.engine.calibration import ZERO, Calibration, Four, calibration_of
from rampart.engine.known import KnownTraffic
from rampart.engine.order import Entry
from rampart.engine.plotrow import NUMBERS, VARIANCES, T, columns
from rampart.engine.reflectors import Sighting, seen_by
from rampart.engine.reports import AGE_S, Report
from rampart.kernels.comparison import own_plots
from rampart.kernels.consider import BIASES
from rampart.kernels.imm import DRONE

Array = npt.NDArray[np.float64]

OWN_D2: Final = 16.0  # squared distance within which a plot is the track's own
FOREIGN_D2: Final = 36.0  # and beyond which every other must lie
STEEPEST_RAD: Final = 1.3  # over a sensor azimuth says nothing


class RegistrationSettings(Settings, frozen=True):
    """Which comparisons count, and how their outcome is applied."""

    hits: int = 8  # plots of a track that may serve
    flyer_p: float = 0.9  # of its powered model: no rounds, which come in look-alike salvos
    pair_s: float = 1.0  # longest time between the two plots of a comparison
    accel_mps2: float = 3.0  # [A] which the flyer may hold meanwhile
    per_look: int = 8  # comparisons that one look may cost
    report_every_s: float = 10.0  # [A] of one object to one sensor: nearer ones share their error
    reflector_every_s: float = 1.0  # [A] of one reflector to one sensor: likewise
    report_height_m: float = 500.0  # [A] reports tell barometric heights
    # Known traffic tells an older place than it says. DO-260B allows -0.2 to 0.4 s of uncompensated latency;
    # in live traffic (George, Tuladhar and Sivananthan 2020, arXiv 2008.06352) it kept well inside, with
    # means below 0.05 s. One sigma each
    shared_age_s: float = 0.05  # of what all have in common
    own_age_s: float = AGE_S  # of what each adds, where its reports do not tell a time sigma
    memory_s: float = 14_400.0  # [A] biases drift: masts bend, clocks run
    slew_per_s: float = 0.1  # of a bias's prior sigma: what is applied moves no faster
    renew_s: float = 0.5  # calibrations are renewed this often
    belief: BeliefSettings = BeliefSettings()


class Registration:
    """What is known of the biases of one site's sensors. Times are seconds since the engine's epoch."""

    def __init__(self, site: Site, settings: RegistrationSettings) -> None:
        self._settings = settings
        self._places = [Place(*sensor_axes(site, sensor)) for sensor in site.sensors]
        self._several = len(site.sensors) > 1
        self._lasts_s = [sensor.errors_last_s for sensor in site.sensors]
        priors = [sensor.bias_sigmas for sensor in site.sensors]
        self._prior = np.array(priors, float).reshape(-1, BIASES)
        self.biases = BiasFilter(
            np.append(self._prior.ravel(), settings.shared_age_s),
            settings.memory_s,
            [reflector.sigma_m for reflector in site.reflectors],
        )
        self._covered = [seen_by(site, sensor) for sensor in site.sensors]
        self._stand = [np.array(reflector.position_enu_m) for reflector in site.reflectors]
        self.belief = Belief(site, self._places, settings.belief)
        self.applied: list[Four] = [ZERO] * len(site.sensors)
        self._renewed_s = -math.inf
        self._waiting: dict[int, PolarPlot] = {}  # by track: the plot that no comparison has used
        self._used_s: dict[int, float] = {}  # by track: its last comparison
        self._compared_s: dict[tuple[int, int], float] = {}  # by track and sensor: its plot in that
        self._reported: dict[str, dict[int, float]] = {}  # by object and sensor: the same
        self._shown: list[int] = []  # reflectors, by the last batch
        self._sighted: dict[tuple[int, int], float] = {}  # by sensor and reflector: the same

    def idle(self, known: KnownTraffic) -> bool:
        """There is nothing to compare a plot with, and there never was."""
        alone = not self._several and not self._stand
        return alone and known.empty and not self.biases.used

    # ----------------------------------------------------------------------------------- learning
    def see(self, sightings: list[Sighting]) -> None:
        """Take in what one batch shows of reflectors."""
        self._shown = [reflector for reflector, _ in sightings]
        every_s = self._settings.reflector_every_s
        for reflector, plot in sightings[: self._settings.per_look]:
            key = plot.sensor, reflector
            if self.belief.doubted[plot.sensor]:
                continue
            if abs(plot.t_s - self._sighted.get(key, -math.inf)) < every_s:
                continue
            self._sighted[key] = plot.t_s
            self.biases.age(max(plot.t_s, self.biases.t_s or plot.t_s))
            size, at = len(self.biases.b), self.biases.place_of(reflector)
            where = self._stand[reflector]
            self.biases.update(*against_reflector(plot, where, self._places, size, at))

    def learn(self, look: Entry, bank: Bank, known: KnownTraffic, epoch_ns: int) -> None:
        """Compare the plots of `look`, which has just been taken into `bank`, with what else is known."""
        if look.plots is None:
            return
        if self._several or self._stand:
            missing = [i for i in self._covered[look.sensor] if i not in self._shown]
            places = np.array([self._stand[i] for i in missing]).reshape(-1, 3)
            self.belief.examine(look, bank, known.bonded, len(self._shown), places)
            if self.belief.doubted[look.sensor]:
                return
        if not len(look.plots):
            return
        told = None
        if not self._several:  # nothing else to compare a plot with than what its object says
            told = [t for t in known.bonded if self._due(t, look.sensor, look.t_s, known, epoch_ns)]
            if not told:
                return
        rows = self._flyers(look, bank, told)
        if not len(rows):
            return
        means, covs = bank.mixtures(rows)
        own = self._own_plots(look, bank.table.t_s[rows], means, covs)
        tracks = bank.table.track_id[rows].tolist()
        for track, plot, x, P in zip(tracks, own, means, covs, strict=True):
            if plot is not None and not self._alike(track, plot):
                motion = Velocity(x[3:6], P[3:6, 3:6], self._settings.accel_mps2)
                self.biases.age(max(plot.t_s, self.biases.t_s or plot.t_s))
                if not self._ask_report(track, plot, motion, known, epoch_ns):
                    self._ask_waiting(track, plot, motion)

    def _alike(self, track: int, plot: PolarPlot) -> bool:
        """Whether `plot` errs as the one of its sensor did that was last compared. ADR 27."""
        last_s = self._compared_s.get((track, plot.sensor), -math.inf)
        return abs(plot.t_s - last_s) < self._lasts_s[plot.sensor]

    def _flyers(self, look: Entry, bank: Bank, told: list[int] | None) -> npt.NDArray[np.int64]:
        """Rows of the steady flyers that took a plot of `look`, those first that a plot waits for; only of
        the tracks `told`, where there are such."""
        assert look.plots is not None
        s, table, n = self._settings, bank.table, bank.size
        good = (table.last_sensor[:n] == look.sensor) & (table.status[:n] == CONFIRMED)
        good &= (table.t_s[:n] >= look.t_s) & (table.t_s[:n] <= look.plots[-1, T])
        good &= (table.mu[:n, DRONE] >= s.flyer_p) & (table.hits[:n] >= s.hits)
        good &= (table.ambiguous[:n] == 0) & (table.bounded[:n] == 1)
        rows = np.flatnonzero(good)
        if told is not None:
            rows = rows[[track in told for track in table.track_id[rows].tolist()]]
        if len(rows) <= s.per_look:
            return rows

        def turn(row: int) -> tuple[bool, float]:
            track = int(table.track_id[row])
            waits = self._waiting.get(track)
            alone = waits is None or waits.sensor == look.sensor
            return alone, self._used_s.get(track, -math.inf)

        return np.array(sorted(rows.tolist(), key=turn)[: s.per_look], np.int64)

    def _own_plots(
        self, look: Entry, t_s: Array, means: Array, covs: Array
    ) -> list[PolarPlot | None]:
        """The plot of `look` that each of the tracks (n,) took; None where another one might be it."""
        assert look.plots is not None
        plots, where = look.plots, self._places[look.sensor]
        numbers, variances = columns(plots, NUMBERS, 3), columns(plots, VARIANCES, 3)
        which = np.empty(len(means), np.int64)
        own_plots(
            columns(plots, T, 1)[:, 0], numbers, variances, np.square(look.calibration.sigma[:3]), t_s, means,
            covs, where.axes, where.place, OWN_D2, FOREIGN_D2, which,
        )  # fmt: skip
        found: list[PolarPlot | None] = []
        for p in which.tolist():
            if p < 0 or numbers[p, 2] > STEEPEST_RAD:
                found.append(None)
                continue
            r, azimuth, elevation = numbers[p].tolist()
            a, b, c, d = look.calibration.offset  # the plot as it came, not corrected
            as_it_came = r + a, azimuth + b, elevation + c
            x, y, z = variances[p].tolist()
            found.append(PolarPlot(look.sensor, float(plots[p, T]) + d, as_it_came, (x, y, z)))
        return found

    def _ask_waiting(self, track: int, plot: PolarPlot, motion: Velocity) -> None:
        """Compare `plot` with the one that waits, or let it wait."""
        other = self._waiting.pop(track, None)
        if other is None or other.sensor == plot.sensor:
            self._waiting[track] = plot
            return
        if abs(plot.t_s - other.t_s) > self._settings.pair_s:
            self._waiting[track] = plot
            return
        if math.isnan(other.numbers[2]):
            plot, other = other, plot
        if math.isnan(other.numbers[2]):
            return  # two flat radars: no place in space to compare
        self.biases.update(*against_plot(plot, other, motion, self._places, len(self.biases.b)))
        self._used_s[track] = plot.t_s
        for one in (plot, other):
            self._compared_s[track, one.sensor] = one.t_s

    def _ask_report(
        self, track: int, plot: PolarPlot, motion: Velocity, known: KnownTraffic, epoch_ns: int
    ) -> bool:
        """Compare `plot` with what the object says of itself; False where nothing fresh is said."""
        report = self._due(track, plot.sensor, plot.t_s, known, epoch_ns)
        if report is None:
            return False
        s, t_s = self._settings, (report.t_ns - epoch_ns) * 1e-9
        cov = np.diag([report.sigma_m**2, report.sigma_m**2, s.report_height_m**2])
        told_s = report.sigma_time_s
        own = self.biases.age_of(report.ident, s.own_age_s if told_s is None else told_s)
        ages = (own,) if told_s is not None else (self.biases.shared, own)
        size = len(self.biases.b)
        self.biases.update(
            *against_report(plot, t_s, np.array(report.xyz), cov, motion, self._places, size, ages)
        )
        self._reported.setdefault(report.ident, {})[plot.sensor] = t_s
        return True

    def _due(
        self, track: int, sensor: int, t_s: float, known: KnownTraffic, epoch_ns: int
    ) -> Report | None:
        """What the object of `track` last said of itself, if a plot of `sensor` at `t_s` may be compared
        with it: fresh, and long after the last one that was."""
        report = known.voucher(track)
        if report is None:
            return None
        told_s = (report.t_ns - epoch_ns) * 1e-9
        last_s = self._reported.get(report.ident, {}).get(sensor, -math.inf)
        early = told_s - last_s < self._settings.report_every_s
        return None if early or abs(t_s - told_s) > self._settings.pair_s else report

    # ----------------------------------------------------------------------------------- applying
    def renew(self, t_s: float) -> list[Calibration] | None:
        """The calibrations from `t_s` on, in site order; None while nothing changes."""
        if not self.biases.used or abs(t_s - self._renewed_s) < self._settings.renew_s:
            return None
        self.biases.age(max(t_s, self.biases.t_s or t_s))
        # nothing could move before the first comparison
        passed_s = min(max(t_s - self._renewed_s, 0.0), 2.0 * self._settings.renew_s)
        most = self._settings.slew_per_s * passed_s * self._prior
        self._renewed_s = t_s
        for s, applied in enumerate(self.applied):
            step = np.clip(self.biases.of(s)[0] - applied, -most[s], most[s])
            a, b, c, d = (np.array(applied) + step).tolist()
            self.applied[s] = (a, b, c, d)
        self._forget(t_s)
        return self._calibrations()

    def _calibrations(self) -> list[Calibration]:
        doubts = [self.doubt(s) for s in range(len(self.applied))]
        times = np.arange(len(self.applied)) * BIASES + 3
        between = self.biases.P[np.ix_(times, times)]
        calibrations = []
        for s, (applied, doubt) in enumerate(zip(self.applied, doubts, strict=True)):
            sigma = np.sqrt(np.diag(doubt))
            lag2 = (self.biases.b[times[s]] - applied[3]) ** 2
            # a clock error that all share moves no plot against another: half the variance of b - b'
            apart = [
                0.5 * (between[s, s] + between[o, o]) - between[s, o]
                for o in range(len(times))
                if o != s
            ]
            sigma[3] = math.sqrt(max(max(apart, default=0.0), 0.0) + lag2)
            calibrations.append(calibration_of([list(applied), (sigma * self._several).tolist()]))
        return calibrations

    def doubt(self, sensor: int) -> Array:
        """Covariance (4, 4) of what the sensor's corrected plots are still off by."""
        mean, cov = self.biases.of(sensor)
        lag = mean - np.array(self.applied[sensor])
        return cov + np.outer(lag, lag)

    def _forget(self, t_s: float) -> None:
        s = self._settings
        self._waiting = {
            k: p for k, p in self._waiting.items() if abs(t_s - p.t_s) < 10.0 * s.pair_s
        }
        self._used_s = {k: t for k, t in self._used_s.items() if abs(t_s - t) < 10.0 * s.pair_s}
        lasts_s = max(self._lasts_s, default=0.0)
        self._compared_s = {k: t for k, t in self._compared_s.items() if abs(t_s - t) < lasts_s}
        self._reported = {
            k: at
            for k, at in self._reported.items()
            if abs(t_s - max(at.values(), default=-math.inf)) < 10.0 * s.report_every_s
        }

    # ----------------------------------------------------------------------------------- snapshot
    def state(self) -> dict[str, Any]:
        """Plain data for a snapshot."""
        return {
            "biases": self.biases.state(),
            "belief": self.belief.state(),
            "applied": [list(four) for four in self.applied],
            "renewed_s": self._renewed_s,
            "waiting": [[track, *plot] for track, plot in self._waiting.items()],
            "used_s": list(self._used_s.items()),
            "compared_s": [[*key, t_s] for key, t_s in self._compared_s.items()],
            "sighted": [[*key, t_s] for key, t_s in self._sighted.items()],
            "reported": [[ident, list(at.items())] for ident, at in self._reported.items()],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Become the registration that gave `state`."""
        self.biases.load(state["biases"])
        self.belief.load(state["belief"])
        self.applied = [tuple(four) for four in state["applied"]]
        self._renewed_s = state["renewed_s"]
        self._waiting = {
            track: PolarPlot(sensor, t_s, tuple(numbers), tuple(variances))
            for track, sensor, t_s, numbers, variances in state["waiting"]
        }
        self._used_s = dict(map(tuple, state["used_s"]))
        self._compared_s = {(track, sensor): t for track, sensor, t in state["compared_s"]}
        self._sighted = {(sensor, reflector): t for sensor, reflector, t in state["sighted"]}
        self._reported = {ident: dict(map(tuple, at)) for ident, at in state["reported"]}
