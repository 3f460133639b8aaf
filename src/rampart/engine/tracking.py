"""The tracker: plots in, tracks out. Late plots are replayed, so their order of arrival leaves no trace.

Everything heavy is one compiled call for each sub-scan (`associate.step`) on the tables of `bank`.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rampart.domain.messages import PlotBatch
from rampart.domain.site import Site
from rampart.domain.time import NS_PER_S
from rampart.engine.associate import Sky, settle_by_time, step
from rampart.engine.bank import CONFIRMED, TENTATIVE, Bank, make_table
from rampart.engine.calibration import ZERO, Calibration, calibration_of
from rampart.engine.clutter import forget_all, make_clutter
from rampart.engine.fate import DROPPED, REASONS
from rampart.engine.gate import make_scratch
from rampart.engine.intake import Intake, Look
from rampart.engine.noise import as_noisy, make_noise
from rampart.engine.order import Entry, Ring
from rampart.engine.plotrow import COLUMNS
from rampart.engine.radars import Radars, covered
from rampart.engine.reflectors import Sighting
from rampart.engine.track_settings import (
    TrackSettings,
    dynamics_of,
    fate_of,
    gates_of,
    order_s,
    prior_of,
    radars_of,
)
from rampart.kernels._jit import hold
from rampart.kernels.atmosphere import environment
from rampart.kernels.imm import make_work

__all__ = ["TrackSettings", "Tracker"]

Array = npt.NDArray[np.float64]

PAIRS_PER_ROW: Final = 24
STATE_VERSION: Final = 12


class Tracker:
    """All tracks of one site. Times inside are seconds since `epoch_ns`, a UTC midnight."""

    def __init__(self, site: Site, settings: TrackSettings, epoch_ns: int) -> None:
        self.epoch_ns = epoch_ns
        self.settings = settings
        self._intake = Intake(site, settings, epoch_ns)
        dynamics = dynamics_of(settings)
        env = environment(site.latitude_deg if site.known_position else None, site.height_m)
        self._radars = radars_of(site)
        self.calibrate(
            [calibration_of([list(ZERO), sigma]) for sigma in self._radars.bias.tolist()]
        )
        self._clutter = make_clutter(
            [sensor.clutter_per_scan for sensor in site.sensors], settings.birth_per_look
        )
        self._count = len(site.sensors)
        self._noise = make_noise(self._radars.sigma)
        self._learnt = *self._clutter, *self._noise[1:]
        table = make_table(settings.max_rows, len(site.sensors))
        self.bank = Bank(table, dynamics, env)
        # the system gives memory when it is first written to: rows that are never used cost nothing
        most = max(settings.max_rows, settings.max_plots)
        self._sky = Sky(
            table, self._clutter, self._noise, self._radars, gates_of(settings), fate_of(site, settings),
            dynamics, prior_of(settings), env, make_scratch(settings.max_rows, PAIRS_PER_ROW * most),
            make_work(), np.zeros(most, np.int64), np.zeros((2 * settings.max_rows, 2), np.int64),
        )  # fmt: skip
        self._held = hold(self._sky)
        span_s = order_s(site, settings)
        self._ring = Ring(span_s, span_s / settings.ring_copies, settings.max_plots)
        self._ring.start(self._copy())
        self._names: dict[tuple[float, ...], int] = {}
        self._next_id = 1
        self._touched: set[int] = set()
        self._reported: dict[int, int] = {}  # hits of each named track when last collected
        self._ended: list[tuple[int, str]] = []
        self._looks: list[Entry] = []  # of the last batch
        self.sightings: list[Sighting] = []  # of reflectors, in the last batch

    # ------------------------------------------------------------------------------- messages in
    def observe(self, batch: PlotBatch) -> bool:
        """Take one batch of plots into the tables; what cannot be used is counted in `rejections`.

        False where it holds plots and not one of them is sound: then it tells of nothing that the sensor
        sees. Those kept out because the sensor is not believed are sound, and those beyond its declared
        coverage: it sees, if only what is not asked for. A radar that tells bearings only sees nothing.
        """
        self._looks, self.sightings = [], []
        look, afar = self._intake.admit(batch)
        seen = not len(batch) or afar
        if look is None:
            return seen
        self.sightings = [self._seen_as_noisy(seen) for seen in look.sightings]
        if self._intake.turns_away(look):
            sound = look.sub_scans
            self._looks = list(map(self._as_it_errs, sound))
        else:
            sound = self._take(look)
        return seen or bool(look.sightings) or (look.sees and any(entry.size for entry in sound))

    def _take(self, look: Look) -> list[Entry]:
        """Do the sub-scans of `look` to the tables; returns those that came in time."""
        if self._intake.stands_back(look, self._ring):
            self._start_anew()
        redo: Entry | None = None
        entries = self._intake.sift(look, self._ring)
        for entry in entries:
            if self._ring.is_late(entry):
                joined, over = self._ring.add(entry)
                self._intake.overload(look, over)
                redo = joined if redo is None or joined.key < redo.key else redo
            elif redo is not None:
                self._ring.add(entry)
            else:
                self._copy_if_due(entry.t_s)
                self._ring.add(entry)
                self._looks.append(self._as_it_errs(entry))
                self._run(entry)
        if redo is not None:
            self._replay(redo)
        return entries

    def calibrate(self, calibrations: list[Calibration]) -> None:
        """From now on correct the plots of each sensor, in site order, by these."""
        self._intake.calibrations = calibrations

    def expect(self, sensor: int, mean: Array, cov: Array) -> None:
        """From now on look for reflectors off by the sensor's biases (4,), known to `cov` (4, 4)."""
        self._intake.reflectors.expect(sensor, mean, cov)

    def set_aside(self, sensors: tuple[int, ...]) -> None:
        """From now on keep the plots of these sensors (indices) out of the tables."""
        self._intake.set_aside = sensors

    def advance(self, now_ns: int) -> None:
        """Let time pass to `now_ns`: end the tracks that are over. Call it after every message."""
        t_s = self.settled_s = self._intake.settled_s((now_ns - self.epoch_ns) / NS_PER_S)
        if not t_s > self._ring.newest_s:
            return
        gone = self._settle(t_s)
        if gone:
            # it must happen again where a late plot takes the tables back to before it
            self._ring.add(Entry(t_s, -1, t_s, False, None))

    # ------------------------------------------------------------------------------ what came out
    @property
    def touched(self) -> list[int]:
        """Rows of named tracks that took a plot since the last `collect`, ascending."""
        return [row for row, _, _ in self._news()]

    def _news(self) -> list[tuple[int, int, int]]:
        """(row, track id, hits) of each row in `touched`."""
        if not self._touched:
            return []
        table, rows = self.bank.table, sorted(self._touched)
        told = zip(rows, table.track_id[rows].tolist(), table.hits[rows].tolist(), strict=True)
        return [
            (row, track, hits)
            for row, track, hits in told
            if track > 0 and self._reported.get(track) != hits
        ]

    @property
    def radars(self) -> Radars:
        """The site's sensors, with the slow errors that they may have now."""
        return self._radars

    @property
    def noise_factors(self) -> list[float]:
        """By how much each sensor errs more than it claims, in site order: 1 where it is taken at its word, the
        largest over its numbers."""
        most = self._noise.factor.max(axis=1).tolist()
        return [math.sqrt(factor) for factor in most[: self._count]]

    @property
    def looks(self) -> list[Entry]:
        """The sub-scans of the last batch that came in order; also those of a sensor set aside."""
        return self._looks

    @property
    def ended(self) -> list[tuple[int, str]]:
        """(track id, reason) of the named tracks that ended since the last `collect`."""
        return list(self._ended)

    def collect(self) -> None:
        """Forget `touched` and `ended`: they have been dealt with."""
        for _, track, hits in self._news():
            self._reported[track] = hits
        for track_id, _ in self._ended:
            self._reported.pop(track_id, None)
        self._touched.clear()
        self._ended.clear()

    def rejections(self) -> list[tuple[str, str, int]]:
        """(feed, reason, count) of what was refused since the last call."""
        return self._intake.rejections()

    def status(self, row: int) -> str:
        """``tentative``, ``confirmed`` or ``coasting`` (confirmed, missed in the last look)."""
        table = self.bank.table
        if table.status[row] == CONFIRMED:
            return "coasting" if table.misses[row] > 0 else "confirmed"
        return "tentative" if table.status[row] == TENTATIVE else "ended"

    def in_sight(self, row: int, xyz_enu_m: Array, t_s: float) -> bool:
        """Whether the track took a plot at `t_s`, or some sensor watches the place where it should be."""
        e, n, u = xyz_enu_m.tolist()
        sensors = range(len(self._radars.period_s))
        return self.bank.table.t_s[row] >= t_s or any(
            covered(e, n, u, sensor, self._radars) for sensor in sensors
        )

    # --------------------------------------------------------------------------------- the inside
    def _start_anew(self) -> None:
        """End all tracks: the clock of all input stands back for good."""
        table = self.bank.table
        for row in self.bank.rows():
            self._ended.append((int(table.track_id[row]), "expired"))
        table.status[:] = 0
        table.track_id[:] = 0
        self.bank.size = 0
        forget_all(self._clutter)
        self._touched.clear()
        self._ring.start(self._copy())

    def _run(self, entry: Entry) -> list[tuple[int, int]]:
        """Do `entry` to the tables; returns (track id, reason code) of the named tracks that ended."""
        if entry.plots is None:
            self._settle(entry.t_s, note=False)
            return self._gone(self._last_gone)
        plots, bank = as_noisy(self._noise, entry.sensor, entry.plots), self.bank
        self._radars.bias[entry.sensor] = entry.calibration.sigma
        bank.size, changed, gone = step(
            self._held, bank.size, entry.t_s, entry.sensor, plots, entry.complete,
            entry.look_start_s,
        )  # fmt: skip
        if changed:
            rows = self._sky.touched[:changed]
            for row, name in zip(rows.tolist(), bank.table.track_id[rows].tolist(), strict=True):
                if name == -1:
                    self._name(row)
                if name != 0:
                    self._touched.add(row)
        if not gone:
            return []
        ended = self._gone(gone)
        self._note_ended(ended)
        return ended

    def _as_it_errs(self, entry: Entry) -> Entry:
        """`entry` with the variances that the plots of its sensor are taken to have by now."""
        assert entry.plots is not None
        plots = as_noisy(self._noise, entry.sensor, entry.plots)
        return entry if plots is entry.plots else entry._replace(plots=plots)

    def _seen_as_noisy(self, seen: Sighting) -> Sighting:
        """As `_as_it_errs`, of a reflector's plot."""
        factor = self._noise.factor[seen.plot.sensor, :3].tolist()
        a, b, c = (v * f for v, f in zip(seen.plot.variances, factor, strict=True))
        return seen._replace(plot=seen.plot._replace(variances=(a, b, c)))

    def _settle(self, t_s: float, note: bool = True) -> int:
        """End what is over at `t_s`; returns the number of named tracks that ended."""
        gone = settle_by_time(self._held, self.bank.size, t_s)
        self._last_gone = gone
        if note and gone:
            self._note_ended(self._gone(gone))
        return int(gone)

    def _gone(self, count: int) -> list[tuple[int, int]]:
        return [(int(a), int(b)) for a, b in self._sky.ended[:count].tolist()]

    def _note_ended(self, ended: list[tuple[int, int]]) -> None:
        if not self._replaying:
            self._ended += [(track_id, REASONS[code]) for track_id, code in ended]

    def _name(self, row: int) -> None:
        """Give the track in `row` its number: the one it had, where a replay names it again."""
        table = self.bank.table
        key = (float(table.t_first_s[row]), *table.birth[row].tolist())
        number = self._names.get(key)
        if number is None:
            number = self._names[key] = self._next_id
            self._next_id += 1
            if len(self._names) > 4 * self.settings.max_rows:  # far longer than the ring remembers
                for old in list(self._names)[: 2 * self.settings.max_rows]:
                    del self._names[old]
        table.track_id[row] = number

    def _replay(self, late: Entry) -> None:
        """Take the tables back to before `late`, and do again all that follows."""
        before = {int(i) for i in self.bank.table.track_id[self.bank.rows()]}
        copy, entries = self._ring.go_back(late.key)
        self._paste(copy)
        reasons: dict[int, int] = {}
        self._replaying = True
        *earlier, newest = entries
        for entry in earlier:
            reasons.update(self._run(entry))
        if earlier:
            # what comes of the newest instant, plot by plot, shall do that instant again and no more
            self._ring.keep_early(earlier[-1].key, self._copy())
        reasons.update(self._run(newest))
        self._replaying = False
        after = {int(i) for i in self.bank.table.track_id[self.bank.rows()]}
        for track_id in sorted(before - after):
            self._ended.append((track_id, REASONS[reasons.get(track_id, DROPPED)]))
        # one that a late plot keeps alive has not ended
        self._ended = [
            (track_id, reason) for track_id, reason in self._ended if track_id not in after
        ]

    settled_s = -math.inf
    """Event time before which all has come, as of the last `advance`."""
    _replaying = False
    _last_gone = 0

    def _copy(self) -> tuple[Any, Any]:
        return self.bank.copy(), tuple(column.copy() for column in self._learnt)

    def _copy_if_due(self, t_s: float) -> None:
        if self._ring.is_copy_due(t_s):
            self._ring.keep_copy(self._copy())

    def _paste(self, copy: tuple[Any, Any]) -> None:
        tracks, learnt = copy
        self.bank.restore(tracks)
        for column, saved in zip(self._learnt, learnt, strict=True):
            column[...] = saved
        self._radars.sigma[...] = self._noise.claimed * np.sqrt(self._noise.factor)

    # ---------------------------------------------------------------------------------- snapshots
    def state(self) -> dict[str, Any]:
        """Everything the tracker knows, as plain data: the oldest copy of the ring and what followed."""
        key, (tracks, learnt) = self._ring.base()
        return {
            "version": STATE_VERSION,
            "base_key": list(key),
            "tracks": tracks.tobytes(),
            "learnt": [column.tobytes() for column in learnt],
            "entries": [
                [
                    *entry[:4],
                    entry.plots.tobytes() if entry.plots is not None else None,
                    list(entry.calibration),
                ]
                for entry in self._ring.entries
                if entry.key > key
            ],
            "intake": self._intake.state(),
            "names": [[*name, number] for name, number in self._names.items()],
            "next_id": self._next_id,
            "touched": sorted(self._touched),
            "reported": list(self._reported.items()),
            "ended": [list(item) for item in self._ended],
        }

    def load(self, state: dict[str, Any]) -> None:
        """Become the tracker that gave `state`; raises ValueError for another version's data."""
        if state.get("version") != STATE_VERSION:
            raise ValueError(
                f"tracker state version {state.get('version')!r}; allowed: {STATE_VERSION}"
            )
        tracks = np.frombuffer(state["tracks"]).copy()
        learnt = tuple(
            np.frombuffer(raw, column.dtype).reshape(column.shape)
            for raw, column in zip(state["learnt"], self._learnt, strict=True)
        )
        at, sensor = state["base_key"]
        self._names = {tuple(name): number for *name, number in state["names"]}
        self._next_id = state["next_id"]
        self._ring.load((at, sensor), (tracks, learnt))
        self._paste((tracks, learnt))
        self._replaying = True
        for t_s, sensor, start_s, complete, raw, calibration in state["entries"]:
            plots = np.frombuffer(raw).reshape(-1, COLUMNS).copy() if raw is not None else None
            entry = Entry(t_s, sensor, start_s, complete, plots, calibration_of(calibration))
            self._copy_if_due(entry.t_s)
            self._ring.add(entry)
            self._run(entry)
        self._replaying = False
        self._intake.load(state["intake"])
        self._touched = set(state["touched"])
        self._reported = dict(map(tuple, state["reported"]))
        self._ended = [(track_id, reason) for track_id, reason in state["ended"]]
