"""What it is worth to judge tracks by their own Pd, told by the SNR of their plots, instead of the sensor's.

    python benchmarks/pd_from_snr.py [--seeds 20] [--first-seed 101] [--write]

The same plots, tracked three times: by the Pd declared, 0.9; with the sensor's `snr_threshold_db` told; and
by a declared Pd of 0.6, the number that a careful user might choose for what is far. The simulated radar
detects -25 dBsm at 5 km with 0.9 (quiet: -20 dBsm at 8 km), and less by R⁴, out to 20 km; clutter 20.

Judged are all objects in the coverage, every half-second: completeness, longest segment (share of a life
under one number), changes of number and confirmed tracks of nothing a run, seconds to the first confirmed
track, share of rows that follow nothing, and for how long a track outlives an object that ended in view.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from typing import Final
from unittest.mock import patch

import msgspec
import numpy as np
import numpy.typing as npt

from evidence import tell
from rampart.domain.frames import covers, polar_from_enu, sensor_axes
from rampart.domain.messages import Input, PlotBatch, Tick
from rampart.domain.site import Sensor, Site
from rampart.domain.time import NS_PER_S
from rampart.engine.bank import CONFIRMED
from rampart.engine.tracking import Tracker, TrackSettings
from rampart.metrics.association import associate
from rampart.metrics.paths import Paths, Scans
from rampart.metrics.siap import siap
from rampart.metrics.truth import Truth
from rampart.sim.detection import threshold
from rampart.sim.draws import stream
from rampart.sim.radar import Radar, Target
from rampart.sim.simulate import simulate
from rampart.sim.world import Flight, RadarModel, Salvo, Traffic, World

Array = npt.NDArray[np.float64]

START_NS: Final = 1_640_995_200 * NS_PER_S  # a midnight
STEP_S: Final = 0.5
WITHIN_M: Final = 300.0  # a far track after its third plot is some 100 m off
SENSOR: Final = Sensor(id="R")
WEAK: Final = RadarModel(sensor="R", detects_dbsm=-25.0, detects_range_m=5_000.0)
SWING_DB: Final = 6.0
SWING_S: Final = 40.0
COLUMNS: Final = (
    "completeness", "longest segment", "changes of number", "first track after, s", "false tracks",
    "rows of nothing", "outlives, s",
)  # fmt: skip


def _world(sensor: Sensor = SENSOR, radar: RadarModel = WEAK, **content: object) -> World:
    site = Site(
        name="t", uuid="0", latitude_deg=34.0, longitude_deg=42.0, height_m=0.0, sensors=(sensor,)
    )
    return World(site=site, start_ns=START_NS, radars=(radar,), **content)  # type: ignore[arg-type]


def _at(range_m: float, bearing_deg: float) -> tuple[float, float]:
    bearing = math.radians(bearing_deg)
    return range_m * math.sin(bearing), range_m * math.cos(bearing)


def drones(seed: int, vanish: bool = False, **changed: object) -> World:
    """Eight one-way drones from 19 km off; `vanish`: from 13 km, and destroyed in view."""
    rng, flights = stream(seed, "pd_from_snr", "drones"), []
    for i in range(8):
        bearing, left, right = rng.uniform(0.0, 360.0), *rng.uniform(-20.0, 20.0, 2)
        way = (
            (*_at(13_300.0 if vanish else 19_000.0, bearing), 600.0),
            (*_at(9_000.0, bearing + left), 500.0),
            (*_at(2_000.0, bearing + right), 400.0),
        )
        flights.append(
            Flight(
                id=f"d{i}", class_id="owa_drone", route=way, at_s=5.0 + 3.0 * i, hostile=True,
                strikes=vanish, destroyed_before_m=rng.uniform(1_000.0, 9_000.0) if vanish else None,
            )
        )  # fmt: skip
    return _world(duration_s=300.0, flights=tuple(flights), **changed)


def rounds(seed: int) -> World:
    """Five salvos of 24 rounds, from 3 to 15 km."""
    rng, salvos = stream(seed, "pd_from_snr", "rounds"), []
    kinds = (("rocket_122", 15_000.0, 6), ("rocket_107", 7_500.0, 6), ("mortar_120", 6_500.0, 4),
             ("mortar_81", 4_800.0, 4), ("mortar_60", 3_200.0, 4))  # fmt: skip
    for i, (kind, range_m, count) in enumerate(kinds):
        aim = _at(rng.uniform(300.0, 1_500.0), rng.uniform(0.0, 360.0))
        salvos.append(
            Salvo(
                id=f"s{i}", classes=((kind, 1.0),), origin_enu_m=_at(range_m, rng.uniform(0.0, 360.0)),
                aims_enu_m=(aim,), at_s=5.0 + 12.0 * i, rounds=count,
            )
        )  # fmt: skip
    return _world(duration_s=130.0, salvos=tuple(salvos))


def quiet(_: int) -> World:
    """Ten minutes of aircraft and birds before a radar that turns in 2 s."""
    traffic = (("light_aircraft", 2, 15e3), ("glider", 2, 8e3), ("helicopter", 2, 12e3), ("bird", 4, 5e3),
               ("airliner", 2, 20e3), ("uav_fixed_wing", 2, 12e3))  # fmt: skip
    return _world(
        msgspec.structs.replace(SENSOR, scan_period_s=2.0),
        RadarModel(sensor="R", motion="rotating", detects_dbsm=-20.0, detects_range_m=8_000.0),
        duration_s=600.0,
        traffic=tuple(
            Traffic(id=kind, class_id=kind, count=count, radius_m=radius_m)
            for kind, count, radius_m in traffic
        ),
    )


def _swinging(radar: Radar, target: Target, t_s: Array) -> tuple[Array, Array, Array, Array]:
    """As `Radar._seen`, of a cross-section that goes up and down."""
    polar, snr_db, xyz, velocity = _STEADY(radar, target, t_s)
    phase = stream(radar.seed, target.id, "swing").uniform(0.0, 2.0 * math.pi)
    return (
        polar, snr_db + SWING_DB * np.sin(2.0 * math.pi * np.asarray(t_s) / SWING_S + phase), xyz, velocity,
    )  # fmt: skip


_STEADY: Final = Radar._seen
CASES: Final[dict[str, Callable[[int], World]]] = {
    "far drones": drones,
    "far drones, cross-section swings": drones,
    "far drones, a turn of 2 s": lambda seed: drones(
        seed, sensor=msgspec.structs.replace(SENSOR, scan_period_s=2.0),
        radar=msgspec.structs.replace(WEAK, motion="rotating"),
    ),
    "far drones, clutter 100": lambda seed: drones(
        seed, sensor=msgspec.structs.replace(SENSOR, clutter_per_scan=100.0)
    ),
    "far drones that do not fluctuate": lambda seed: drones(
        seed, radar=msgspec.structs.replace(WEAK, swerling=0)
    ),
    "drones destroyed in view": lambda seed: drones(seed, vanish=True),
    "far rounds": rounds,
    "quiet traffic": quiet,
}  # fmt: skip
HOW: Final[dict[str, Callable[[Sensor, float], Sensor]]] = {
    "declared 0.9": lambda sensor, _: sensor,
    "from SNR": lambda sensor, level_db: msgspec.structs.replace(sensor, snr_threshold_db=level_db),
    "from SNR, threshold told 3 dB high": lambda sensor, level_db: msgspec.structs.replace(
        sensor, snr_threshold_db=level_db + 3.0
    ),
    "declared 0.6": lambda sensor, _: msgspec.structs.replace(sensor, pd=0.6),
}


def tracked(messages: Sequence[Input], site: Site) -> Paths:
    """The confirmed tracks in sight at each Tick."""
    tracker = Tracker(site, TrackSettings(), START_NS)
    names: list[str] = []
    times: list[float] = []
    states: list[Array] = []
    for message in messages:
        if isinstance(message, PlotBatch):
            tracker.observe(message)
        tracker.advance(message.t_arrival_ns)
        tracker.collect()
        if not isinstance(message, Tick):
            continue
        t_s, bank = (message.t_arrival_ns - START_NS) / NS_PER_S, tracker.bank
        rows = bank.rows()
        rows = rows[bank.status[rows] == CONFIRMED]
        for row, mean in zip(rows.tolist(), bank.states_at(rows, t_s)[0], strict=True):
            if tracker.in_sight(row, mean[:3], t_s):
                names.append(str(int(bank.track_id[row])))
                times.append(t_s)
                states.append(mean[:6])
    table = np.array(states).reshape(-1, 6)
    return Paths.of(names, times, table[:, :3], table[:, 3:])


def flown(truth: Truth, world: World) -> Paths:
    """What was in the coverage at each half-second."""
    sensor = world.site.sensors[0]
    axes, place = sensor_axes(world.site, sensor)
    names: list[str] = []
    times, places = [], []
    for i, name in enumerate(truth.ids):
        rows = slice(truth.sample_start[i], truth.sample_start[i + 1])
        t_s = (truth.sample_t_ns[rows] - START_NS) / NS_PER_S
        last_s = min(t_s[-1], world.duration_s)
        grid = np.arange(math.ceil(max(t_s[0], 0.0) / STEP_S), math.floor(last_s / STEP_S) + 1)
        xyz = np.stack(
            [np.interp(grid * STEP_S, t_s, c) for c in truth.sample_enu_m[rows].T], axis=1
        )
        inside = covers(sensor, polar_from_enu((xyz - place) @ axes))
        names += [name] * int(inside.sum())
        times.append(grid[inside] * STEP_S)
        places.append(xyz[inside])
    return Paths.of(names, np.concatenate(times), np.concatenate(places))


def judged(truth: Truth, real: Paths, tracks: Paths, duration_s: float) -> list[float]:
    """One number for each of COLUMNS."""
    picture = siap(real, tracks, within_m=WITHIN_M)
    scans = Scans.of(real, tracks)
    found = associate(real, tracks, scans, within_m=WITHIN_M)
    outlived = []
    for i, name in enumerate(truth.ids):
        end_s = (truth.t_end_ns[i] - START_NS) / NS_PER_S
        if end_s > duration_s - 20.0 or name not in real.names:
            continue
        outlived += [
            max(tracks.times_s[tracks.rows(a.track)][-1] - end_s, 0.0)
            for a in found
            if real.names[a.truth] == name and scans.times_s[a.last] > end_s - 4.0
        ]
    return [
        picture.completeness, picture.longest_segment, picture.track_number_changes,
        float(np.mean(picture.delays_s)) if picture.delays_s else math.nan,
        len(tracks) - len({a.track for a in found}), picture.spuriousness,
        float(np.mean(outlived)) if outlived else math.nan,
    ]  # fmt: skip


def measure(case: str, seeds: range) -> dict[str, Array]:
    """For each way of judging, (seeds, COLUMNS)."""
    told: dict[str, list[list[float]]] = {how: [] for how in HOW}
    for seed in seeds:
        world = CASES[case](seed)
        seen = _swinging if "swings" in case else _STEADY
        with patch.object(Radar, "_seen", seen):
            run = simulate(world, seed)
        real, radar = flown(run.truth, world), world.radars[0]
        level_db = 10.0 * math.log10(threshold(radar.pfa, radar.pulses) / radar.pulses - 1.0)
        for how, change in HOW.items():
            sensor = change(world.site.sensors[0], level_db)
            site = msgspec.structs.replace(world.site, sensors=(sensor,))
            tracks = tracked(run.messages, site)
            told[how].append(judged(run.truth, real, tracks, world.duration_s))
    return {how: np.array(rows) for how, rows in told.items()}


def table(case: str, found: dict[str, Array]) -> list[str]:
    """Means, and their paired difference from the first way with its 95 % interval, as Markdown."""
    lines = [f"## {case}", "", "| Pd | " + " | ".join(COLUMNS) + " |", "|---" * 8 + "|"]
    first = next(iter(found.values()))
    for how, rows in found.items():
        cells = []
        for c in range(len(COLUMNS)):
            both = np.isfinite(rows[:, c] + first[:, c])
            if not both.any():
                cells.append("-")
                continue
            digits = 3 if c in (0, 1, 5) else 2
            cell = f"{rows[both, c].mean():.{digits}f}"
            if rows is not first and both.sum() > 1:
                off = rows[both, c] - first[both, c]
                half = 1.96 * off.std(ddof=1) / math.sqrt(len(off))
                cell += f" ({off.mean():+.{digits}f} ± {half:.{digits}f})"
            cells.append(cell)
        lines.append(f"| {how} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def main() -> None:
    """Run, print, and perhaps write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=101)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    seeds = range(args.first_seed, args.first_seed + args.seeds)
    lines = [
        f"Seeds {seeds[0]} to {seeds[-1]}; means a run, and the paired difference from the first row.",
        "",
    ]
    for case in CASES:
        lines += table(case, measure(case, seeds))
    tell("pd-from-snr", "Tracks judged by their own Pd", lines, write=args.write)


if __name__ == "__main__":
    main()
