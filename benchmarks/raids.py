"""Seeded raids of the project's own simulator, written as the CSV files that any tracker can read.

    python benchmarks/raids.py FOLDER --targets 50 --seed 1

Rounds in salvos from shared sites, a tenth of drones, one radar at the origin that looks at everything at
once. The rounds fly with Mach-dependent drag, in wind, with lateral drift: none of it is told to a tracker.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from rampart.domain.frames import polar_from_enu
from rampart.domain.messages import PLOT_DTYPE, PlotBatch
from rampart.domain.site import Sensor, Settings, Site
from rampart.domain.time import NS_PER_DAY, NS_PER_S
from rampart.metrics.truth import FALSE_PLOT, Truth
from rampart.sim.simulate import simulate
from rampart.sim.world import Air, Flight, RadarModel, Salvo, World

Ints = np.ndarray[tuple[int], np.dtype[np.int64]]

START_NS: Final = 19_000 * NS_PER_DAY
CLASSES: Final = {  # (share of the salvos, metres from site to aim)
    "mortar_60": (0.12, (1500.0, 2800.0)),
    "mortar_81": (0.22, (2500.0, 4800.0)),
    "mortar_120": (0.20, (3500.0, 6500.0)),
    "rocket_107": (0.26, (4500.0, 7500.0)),
    "rocket_122": (0.20, (8000.0, 14000.0)),
}
DRONES: Final = ("owa_drone", "owa_drone_small")
DRONE_SHARE: Final = 0.1
TUBES_M: Final = 60.0


class Raid(Settings, frozen=True):
    """What flies and how it is seen. `pd`: share of looks that give a plot, the same at every range.

    doppler, elevation: whether the radar measures them. turn_s: of a rotating antenna, whose plots have
    times of their own; None: it looks at everything at once, twice a second. merged: what lies in one
    resolution cell gives one plot. foreign_air: thinner and windier than expected. dense: two salvos at a
    time, of one class, from tubes `TUBES_M` apart, and a round follows the last within 0.3 s.
    """

    targets: int = 50
    clutter: float = 20.0
    seconds: float = 30.0
    launch_window_s: float = 6.0
    pd: float = 0.9
    doppler: bool = True
    elevation: bool = True
    turn_s: float | None = None
    merged: bool = False
    foreign_air: bool = False
    dense: bool = False


FOREIGN_AIR: Final = Air(
    wind_spread_mps=8.0,  # the predictor expects 5
    pressure_pa=94_000.0,  # an eighth less drag than in the air that it expects 200 m above the sea
    temperature_k=308.0,
)
CELL: Final = (60.0, 0.035, 0.035, 8.0)
"""Range m, azimuth and elevation rad, range rate m/s of what a coarse radar cannot tell apart."""


def write_raid(folder: Path, raid: Raid, seed: int) -> tuple[Truth, int]:
    """plots.csv and meta.json for the tracker, truth.csv for the judge; the same seed, the same bytes.

    Returns the truth, and the instant (ns UTC) from which the files count their seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sensor = Sensor(
        id="R1",
        clutter_per_scan=raid.clutter,
        pd=raid.pd,
        range_rate_max_mps=700.0,
        scan_period_s=raid.turn_s or 0.5,
        sigma_elevation_rad=2.5e-3 if raid.elevation else None,
        sigma_range_rate_mps=1.5 if raid.doppler else None,
    )
    site = Site(
        name="raid",
        uuid="raid",
        latitude_deg=35.0,
        longitude_deg=40.0,
        height_m=200.0,
        sensors=(sensor,),
    )
    rng = np.random.default_rng(seed)
    # the radar sees everything; the share that it misses is drawn below
    radar = RadarModel(
        sensor="R1", detects_dbsm=-60.0, detects_range_m=20_000.0, bias_factor=0.0,
        motion="rotating" if raid.turn_s else "staring",
    )  # fmt: skip
    world = World(
        site=site,
        start_ns=START_NS,
        duration_s=raid.seconds,
        salvos=salvos_of(raid, rng),
        flights=drones_of(raid, rng),
        radars=(radar,),
        air=FOREIGN_AIR if raid.foreign_air else Air(),
    )
    run = simulate(world, seed)
    batches = [m.rows for m in run.messages if isinstance(m, PlotBatch)]
    rows = np.concatenate([np.empty(0, PLOT_DTYPE), *batches])
    truth = run.truth  # its plots stand in the order of one undisturbed sensor's messages
    seen = (truth.plot_object == FALSE_PLOT) | (rng.random(len(rows)) < raid.pd)
    kept, caused_by = rows[seen], truth.plot_object[seen]
    period_ns = round(sensor.scan_period_s * NS_PER_S)
    phase_ns = 0 if raid.turn_s else int((rows["t_event_ns"][0] - START_NS) % period_ns)
    zero_ns = START_NS + phase_ns
    scan = (kept["t_event_ns"] - zero_ns) // period_ns
    if raid.merged:
        kept = merged(kept, scan, caused_by)
        scan = (kept["t_event_ns"] - zero_ns) // period_ns
    scans = int(scan.max()) + 1
    own_time = (kept["t_event_ns"] - zero_ns) / NS_PER_S
    time = own_time if raid.turn_s else scan * sensor.scan_period_s
    _write(
        folder / "plots.csv",
        "plot_id,scan,time,sensor,range_m,az_rad,el_rad,rr_mps,snr_db",
        (
            (i, s, f"{t:.6f}", "R1", f"{p['range_m']:.3f}", f"{p['azimuth_rad']:.7f}",
             _known(p["elevation_rad"], 7), _known(p["range_rate_mps"], 3), f"{p['snr_db']:.2f}")
            for i, (s, t, p) in enumerate(zip(scan.tolist(), time.tolist(), kept, strict=True))
        ),
    )  # fmt: skip
    _write(
        folder / "truth.csv",
        "scan,time,truth_id,class,visible,x,y,z,vx,vy,vz",
        _truth_rows(truth, sensor, scans, phase_ns),
    )
    meta = {
        "sigma_range_m": sensor.sigma_range_m, "sigma_az_rad": sensor.sigma_azimuth_rad,
        "sigma_el_rad": sensor.sigma_elevation_rad, "sigma_rr_mps": sensor.sigma_range_rate_mps,
        "rate": 1 / sensor.scan_period_s, "pd": raid.pd, "clutter_per_scan": raid.clutter,
        "range_min_m": sensor.range_min_m, "range_max_m": sensor.range_max_m,
        "el_min_rad": sensor.elevation_min_rad, "el_max_rad": sensor.elevation_max_rad, "scans": scans,
    }  # fmt: skip
    (folder / "meta.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
    return truth, zero_ns


def _known(number: float, digits: int) -> str:
    return "" if np.isnan(number) else f"{number:.{digits}f}"


def merged(
    rows: np.ndarray[tuple[int], np.dtype[np.void]], scan: Ints, caused_by: Ints
) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """`rows` in which true plots of one `scan` and one `CELL` are one: their mean weighted by power, with
    the sum of their powers."""
    fields = ("range_m", "azimuth_rad", "elevation_rad", "range_rate_mps")
    numbers = np.stack([rows[field] for field in fields], axis=1)
    power = 10.0 ** (rows["snr_db"] / 10.0)
    gone = np.zeros(len(rows), bool)
    order = np.lexsort((rows["range_m"], scan))
    order = order[caused_by[order] != FALSE_PLOT]
    for at, i in enumerate(order):
        for j in order[at + 1 :]:
            if scan[j] != scan[i] or numbers[j, 0] - numbers[i, 0] > CELL[0]:
                break
            apart = numbers[j] - numbers[i]
            apart[1] = (apart[1] + np.pi) % (2 * np.pi) - np.pi  # across north
            if gone[i] or gone[j] or (np.abs(apart) > CELL).any():
                continue
            numbers[i] += power[j] / (power[i] + power[j]) * apart
            power[i] += power[j]
            gone[j] = True
    joined = rows.copy()
    for c, field in enumerate(fields):
        joined[field] = numbers[:, c]
    joined["azimuth_rad"] %= 2 * np.pi
    joined["snr_db"] = 10.0 * np.log10(power)
    return joined[~gone]


def salvos_of(raid: Raid, rng: np.random.Generator) -> tuple[Salvo, ...]:
    left = raid.targets - round(raid.targets * DRONE_SHARE)
    sizes = []
    while left > 0:
        sizes.append(min(left, int(rng.integers(4, 13))))
        left -= sizes[-1]
    bearings = rng.uniform(0, 2 * np.pi, -(-len(sizes) // 2))  # two salvos share a site
    names = list(CLASSES)
    salvos: list[Salvo] = []
    for k, size in enumerate(sizes):
        if raid.dense and k % 2:
            east, north = salvos[-1].origin_enu_m
            beside = (east + TUBES_M, north)
            salvos.append(
                msgspec.structs.replace(salvos[-1], id=f"s{k}", origin_enu_m=beside, rounds=size)
            )
            continue
        name = names[rng.choice(len(names), p=[share for share, _ in CLASSES.values()])]
        bearing = bearings[k % len(bearings)] + rng.normal(0, 0.01)
        reach = rng.uniform(*CLASSES[name][1])
        aim = rng.normal(0, 500.0, 2)
        origin = aim + reach * np.array([np.sin(bearing), np.cos(bearing)])
        gap = rng.uniform(0.15, 0.3) if raid.dense else rng.uniform(0.3, 1.5)
        salvos.append(
            Salvo(
                id=f"s{k}",
                classes=((name, 1.0),),
                origin_enu_m=(float(origin[0]), float(origin[1])),
                aims_enu_m=((float(aim[0]), float(aim[1])),),
                at_s=float(rng.uniform(1.0, 1.0 + raid.launch_window_s)),
                rounds=size,
                spacing_s=(0.9 * gap, 1.1 * gap),
                no_launch=0.0,
                short=0.0,
            )
        )
    return tuple(salvos)


def drones_of(raid: Raid, rng: np.random.Generator) -> tuple[Flight, ...]:
    flights = []
    for k in range(round(raid.targets * DRONE_SHARE)):
        bearing, far = rng.uniform(0, 2 * np.pi), rng.uniform(3000.0, 9000.0)
        start = far * np.array([np.sin(bearing), np.cos(bearing)])
        height = float(rng.uniform(150.0, 600.0))
        bend = 0.5 * start + rng.normal(0, 600.0, 2)
        route = tuple((float(x), float(y), height) for x, y in (start, bend, -0.3 * start))
        flights.append(
            Flight(
                id=f"d{k}", class_id=DRONES[k % len(DRONES)], route=route, at_s=0.0, hostile=True
            )
        )
    return tuple(flights)


def _truth_rows(
    truth: Truth, sensor: Sensor, scans: int, phase_ns: int
) -> Iterator[Sequence[object]]:
    """One row for each object at each scan of its life."""
    period_ns = round(sensor.scan_period_s * NS_PER_S)
    for s in range(scans):
        t_ns = START_NS + phase_ns + s * period_ns
        for i in range(len(truth)):
            if not truth.t_launch_ns[i] <= t_ns <= truth.t_end_ns[i]:
                continue
            p, v = truth.at(i, t_ns)
            distance, _, elevation = polar_from_enu(p)
            visible = (
                sensor.range_min_m <= distance <= sensor.range_max_m
                and sensor.elevation_min_rad <= elevation <= sensor.elevation_max_rad
            )
            numbers = [f"{x:.3f}" for x in (*p, *v)]
            yield (
                s,
                f"{s * sensor.scan_period_s:.6f}",
                i,
                truth.classes[i],
                int(visible),
                *numbers,
            )


def _write(path: Path, header: str, rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header.split(","))
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--targets", type=int, default=50)
    parser.add_argument("--clutter", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--pd", type=float, default=0.9)
    parser.add_argument("--seed", type=int, default=1)
    o = parser.parse_args()
    write_raid(
        o.folder, Raid(targets=o.targets, clutter=o.clutter, seconds=o.seconds, pd=o.pd), o.seed
    )


if __name__ == "__main__":
    main()
