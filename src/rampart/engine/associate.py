"""One look of one sensor at the tables: gate, cluster, assign, update, begin, forget.

`step` is one compiled call for each sub-scan. Confirmed tracks choose their plots before tentative
ones. Scores are log likelihood ratios of "track" against "clutter" (Blackman and Popoli 1999, ch. 6).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.bank import CONFIRMED, FREE, TENTATIVE, Table, copy_track
from rampart.engine.bearings import looks_alike
from rampart.engine.clutter import Clutter, count_clutter
from rampart.engine.commit import commit, gather, remember
from rampart.engine.fate import Fate, missed_look, settle, steer, tells_by_silence
from rampart.engine.gate import Scratch, attempt, looks_apart, pair_up
from rampart.engine.nearby import Gates, bound_row, line_up
from rampart.engine.noise import Noise, judge_noise, note_errors
from rampart.engine.plotrow import NUMBERS, T, variances_of
from rampart.engine.radars import Radars, covered
from rampart.kernels._jit import Held, allocating_kernel, kernel, woven_kernel
from rampart.kernels.assignment import NONE, assign
from rampart.kernels.birth import Prior, begin
from rampart.kernels.consider import BIASES, as_one
from rampart.kernels.imm import BALLISTIC, Dynamics, Work
from rampart.kernels.measurement import AZIMUTH, RANGE, RANGE_RATE

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@allocating_kernel
def _two_best(keys: Ints, gains: Array, count: int, size: int) -> Array:
    """(size, 2): for each key the best and the second best gain of the first `count` pairs, or -inf."""
    best = np.full((size, 2), -math.inf)
    for c in range(count):
        k = keys[c]
        if gains[c] > best[k, 0]:
            best[k, 1] = best[k, 0]
            best[k, 0] = gains[c]
        elif gains[c] > best[k, 1]:
            best[k, 1] = gains[c]
    return best


@kernel
def _rival(best: Array, key: int, gain: float) -> float:
    """The strongest gain of `key` but for one pair of gain `gain`."""
    return float(best[key, 1] if best[key, 0] == gain else best[key, 0])


@kernel
def _spare_row(table: Table, size: int, first: int) -> int:
    """A row that no track has: a free one from `first` on, else beyond `size`, else -1."""
    for row in range(first, size):
        if table.status[row] == FREE:
            return row
    return size if size < table.t_s.shape[0] else NONE


@kernel
def _weakest_row(table: Table, size: int) -> int:
    """The row of the weakest tentative track, that gives way to a new one where the table is full, or -1."""
    weakest = NONE
    for row in range(size):
        if table.status[row] != TENTATIVE or table.track_id[row] != 0:
            continue
        if weakest == NONE or table.llr[row] < table.llr[weakest]:
            weakest = row
    return weakest


@kernel
def _start(
    table: Table, row: int, p: int, sensor: int, plots: Array, radars: Radars, prior: Prior,
    gates: Gates, env: Array, scratch: Scratch,
) -> None:  # fmt: skip
    """Begin a tentative track in `row` from plot `p`."""
    for c in range(5):
        scratch.numbers[c] = plots[p, NUMBERS + c]
    variances_of(plots, p, 0.0, radars.bias[sensor], scratch.variances)
    observed = begin(
        table.x, table.P, table.mu, row, scratch.numbers, scratch.variances, radars.axes[sensor],
        radars.place[sensor], env, radars.elevation[sensor, 0], radars.elevation[sensor, 1], prior,
        scratch.unit,
    )  # fmt: skip
    t_s = plots[p, T]
    table.t_s[row] = t_s
    table.status[row] = TENTATIVE
    table.track_id[row] = 0
    table.llr[row] = 0.0
    table.fade[row] = 0.0
    table.hits[row] = 1
    table.misses[row] = 0
    table.t_first_s[row] = t_s
    table.t_third_s[row] = math.nan
    table.birth[row, 0] = plots[p, NUMBERS + RANGE]
    table.birth[row, 1] = plots[p, NUMBERS + AZIMUTH]
    table.last_sensor[row] = sensor
    table.sensors[row] = 1 << min(sensor, 62)
    for b in range(BIASES):
        table.bias[row, b] = radars.bias[sensor, b]
    table.bounded[row] = 1 if observed else 0
    table.ambiguous[row] = 0
    table.fast[row] = 0
    table.echoes[row] = 0.0
    table.rcs[row] = 0.0
    table.recent[row] = math.nan
    table.turn[row] = 0.0
    table.speed[row] = 0.0
    for a in range(3):
        table.velocity[row, a] = table.x[row, BALLISTIC, 3 + a]
    table.marks[row] = math.nan
    table.bends[row] = 0.0
    table.climbs[row] = 0.0
    table.pace[row] = 0.0
    table.left[row] = math.nan
    table.looked_s[row] = t_s
    table.seen_s[row] = -math.inf
    table.seen_s[row, sensor] = t_s
    bound_row(table, row, sensor, radars, gates, table.x[row, BALLISTIC], env)
    gather(table, row, p, plots, sensor, radars)
    remember(table, row, p, sensor, plots)


@woven_kernel
def _alike(table: Table, row: int, t_s: float, sensor: int, radars: Radars) -> float:
    """How many plots such as one of `sensor` at `t_s` are worth one to the track in `row`. ADR 27."""
    since_s = t_s - table.seen_s[row, sensor]
    return float(as_one(since_s, radars.independent_s[sensor], radars.period_s[sensor]))


class Sky(NamedTuple):
    """All that a tracker's kernels read and write; they are given `hold(Sky(...))`."""

    table: Table
    clutter: Clutter
    noise: Noise
    radars: Radars
    gates: Gates
    fate: Fate
    dynamics: Dynamics
    prior: Prior
    env: Array
    scratch: Scratch
    work: Work
    touched: Ints  # (plots,) rows that took a plot
    ended: Ints  # (2 cap, 2) track id and reason code of named tracks that ended


@allocating_kernel
def settle_by_time(sky: Held, size: int, t_s: float) -> int:
    """End the named tracks that are over at `t_s`; returns how many, listed in `Sky.ended`."""
    table, clutter, _, radars, _, fate, _, _, env, _, _, _, ended = sky.content
    return settle(table, size, t_s, radars, clutter, fate, env, False, ended, 0)


@allocating_kernel
def step(
    sky: Held, size: int, t_s: float, sensor: int, plots: Array, complete: bool, look_start_s: float
) -> tuple[int, int, int]:
    """Take one sub-scan into the tables; returns (rows in use, touched rows, ended tracks).

    plots (n, COLUMNS), all within a sub-scan of `sensor` from `t_s` on. complete: the look that began
    at `look_start_s` is over, so what it did not show was missed.
    """
    (
        table, clutter, noise, radars, gates, fate, dynamics, prior, env, scratch, work, touched, ended,
    ) = sky.content  # fmt: skip
    count = plots.shape[0]
    used = np.zeros(count, np.int64)
    line = line_up(plots, sensor, radars)
    taken = scratch.taken
    changed = 0
    if line.ranged < count:
        # what may be of an object that is not known for sure yet moves none of those that are
        for lone in (False, True):
            pairs = pair_up(
                table, size, TENTATIVE, lone, t_s, sensor, plots, used, line.ranged, count, line, radars,
                clutter, gates, dynamics, env, scratch, work,
            )  # fmt: skip
            for c in range(pairs):
                used[scratch.pair_plot[c]] = 2
    for grade in (CONFIRMED, TENTATIVE):
        last = count if grade == CONFIRMED else line.ranged
        pairs = pair_up(
            table, size, grade, False, t_s, sensor, plots, used, 0, last, line, radars, clutter,
            gates, dynamics, env, scratch, work,
        )  # fmt: skip
        if pairs == 0:
            continue
        assign(
            scratch.pair_row[:pairs], scratch.pair_plot[:pairs], scratch.pair_gain[:pairs],
            size, count, taken,
        )  # fmt: skip
        by_row = _two_best(scratch.pair_row, scratch.pair_gain, pairs, size)
        by_plot = _two_best(scratch.pair_plot, scratch.pair_gain, pairs, count)
        for row in range(size):
            best = taken[row]
            if best == NONE:
                continue
            p = scratch.pair_plot[best]
            gain = scratch.pair_gain[best]
            rival = max(_rival(by_row, row, gain), _rival(by_plot, p, gain))
            if math.isnan(plots[p, NUMBERS + RANGE]):
                if rival > -math.inf:
                    used[p] = 2  # one that may be of two tracks moves neither, and is no clutter
                    continue
                looks = looks_alike(table, row, sensor, t_s, radars)
                attempt(row, p, t_s, sensor, plots, looks, 1.0, radars, env, scratch, work)
            else:
                looks = looks_apart(table, row, sensor)
                alike = _alike(table, row, plots[p, T], sensor, radars)
                if scratch.tried[row] != best or alike > 1.0:
                    attempt(row, p, t_s, sensor, plots, looks, alike, radars, env, scratch, work)
            if rival > gain - gates.ambiguous_margin:
                table.ambiguous[row] = gates.ambiguous_plots
            else:
                table.ambiguous[row] = max(table.ambiguous[row] - 1, 0)
                note_errors(noise, table, row, p, t_s, sensor, plots, looks, radars, scratch)
            commit(
                table, row, p, scratch.pair_llr[best], sensor, plots, radars,
                fate.confirm_llr[sensor], gates, env, scratch,
            )  # fmt: skip
            used[p] = 1 + (grade == CONFIRMED)
            touched[changed] = row
            changed += 1
    pairs = pair_up(
        table, size, TENTATIVE, True, t_s, sensor, plots, used, 0, line.ranged, line, radars, clutter,
        gates, dynamics, env, scratch, work,
    )  # fmt: skip
    if pairs > 0:
        size, changed = _second_plots(
            table, size, pairs, t_s, sensor, plots, used, radars, fate.confirm_llr[sensor], gates,
            env, scratch, work, touched, changed,
        )  # fmt: skip
    judge_noise(noise, table, size, sensor, radars, gates, env, prior.drag_sigma**2)
    count_clutter(clutter, radars, sensor, t_s, plots, used)
    gone = 0
    if complete:
        _missed(table, size, t_s, sensor, look_start_s, radars, clutter.heard_s, fate, env)
    if complete or t_s - clutter.settled_s[0] >= fate.settle_every_s:
        clutter.settled_s[0] = t_s
        gone = settle(table, size, t_s, radars, clutter, fate, env, True, ended, 0)
    spare = 0
    for p in range(count):
        if used[p] == 0 and not math.isnan(plots[p, NUMBERS + RANGE]):
            row = _spare_row(table, size, spare)
            if row == NONE:
                row = _weakest_row(table, size)
            else:
                spare = row + 1  # all below are taken
            if row == NONE:
                continue
            _start(table, row, p, sensor, plots, radars, prior, gates, env, scratch)
            size = max(size, row + 1)
    while size > 0 and table.status[size - 1] == FREE:
        size -= 1
    return size, changed, gone


@allocating_kernel
def _second_plots(
    table: Table, size: int, pairs: int, t_s: float, sensor: int, plots: Array, used: Ints,
    radars: Radars, confirm_llr: float, gates: Gates, env: Array, scratch: Scratch, work: Work,
    touched: Ints, changed: int,
) -> tuple[int, int]:  # fmt: skip
    """Give tracks of one plot their second; returns (rows in use, touched rows).

    One plot without Doppler says nothing of the way: of a salvo the next round is often nearer than
    the same one.
    So where a track has several plots to choose from, or a plot several tracks, every pair of nearly
    the best likelihood becomes a track, and each plot may also begin its own; the third plot decides.
    Under clutter the likelihood ratios of all branches together are expected to grow no faster than
    that of one (both integrate to pd), so that false tracks stay as rare.
    """
    by_row = _two_best(scratch.pair_row, scratch.pair_llr, pairs, size)
    by_plot = _two_best(scratch.pair_plot, scratch.pair_llr, pairs, plots.shape[0])
    choices = np.zeros(size, np.int64)
    suitors = np.zeros(plots.shape[0], np.int64)
    kept = 0
    for c in range(pairs):
        row, p, llr = scratch.pair_row[c], scratch.pair_plot[c], scratch.pair_llr[c]
        # a range rate tells the rounds of a salvo apart: then only the best pair is followed
        margin = gates.branch_margin if math.isnan(plots[p, NUMBERS + RANGE_RATE]) else 0.0
        if llr < max(by_row[row, 0], by_plot[p, 0]) - margin:
            continue
        scratch.pair_row[kept], scratch.pair_plot[kept], scratch.pair_llr[kept] = row, p, llr
        kept += 1
        choices[row] += 1
        suitors[p] += 1
    kept_best = np.zeros(size, np.bool_)
    for c in range(kept):
        row, p = scratch.pair_row[c], scratch.pair_plot[c]
        if kept_best[row]:
            continue
        looks = looks_apart(table, row, sensor)
        to = row
        if choices[row] == 1 and suitors[p] == 1:
            used[p] = 1
        elif c + 1 < kept and scratch.pair_row[c + 1] == row:  # the last branch takes the row
            to = _spare_row(table, size, 0)
            if to != NONE:
                size = max(size, to + 1)
                copy_track(table, row, to)
                scratch.x[to], scratch.P[to], scratch.mu[to] = (
                    scratch.x[row], scratch.P[row], scratch.mu[row],
                )  # fmt: skip
            elif scratch.pair_llr[c] >= by_row[row, 0]:
                to = row  # the table is full: the likeliest branch alone goes on
                kept_best[row] = True
            else:
                continue
        if used[p] == 0:
            table.ambiguous[to] = gates.ambiguous_plots
        alike = _alike(table, row, plots[p, T], sensor, radars)
        attempt(to, p, t_s, sensor, plots, looks, alike, radars, env, scratch, work)
        commit(
            table,
            to,
            p,
            scratch.pair_llr[c],
            sensor,
            plots,
            radars,
            confirm_llr,
            gates,
            env,
            scratch,
        )
        touched[changed] = to
        changed += 1
    return size, changed


@kernel
def _missed(
    table: Table,
    size: int,
    t_s: float,
    sensor: int,
    look_start_s: float,
    radars: Radars,
    heard_s: Array,
    fate: Fate,
    env: Array,
) -> None:
    """Account a look that is over to every track that it should have shown and did not."""
    for row in range(size):
        if table.status[row] == FREE or table.seen_s[row, sensor] >= look_start_s:
            continue
        if table.t_first_s[row] >= look_start_s:
            continue
        e, n, u = steer(table.x, table.mu, row, t_s - table.t_s[row], env)
        if covered(e, n, u, sensor, radars) and tells_by_silence(
            table, row, sensor, t_s, radars, heard_s, fate
        ):
            loss = missed_look(table, row, e, n, u, sensor, radars)
            table.llr[row] += loss
            table.fade[row] += loss
            table.misses[row] += 1
        table.looked_s[row, sensor] = t_s
