"""Rounds that nothing of Rampart flew: does `rampart predict` say of them where they land, and how surely?

    python benchmarks/outside.py [--seeds 1-12] [--claims 1.0] [--workers 2] [--write]

scipy's DOP853 flies each round by a tabulated drag law that no kernel of ours has (G1, G7, a bomb's), in wind
that grows with height, air of another density and temperature, on a round and turning Earth. One of five radars
shows it, alone, in a plots.csv and a META.json; what is judged is the predictions.csv of the command line. The
radar claims what it errs by, or `--claims` times as much. Of several tracks of a round the first counts.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.integrate import solve_ivp

from evidence import numbers, tell, words
from rampart.cli.main import main as rampart

Array = npt.NDArray[np.float64]

AFTER_S: Final = (3, 5, 8, 12, 18)
SHARES: Final = (0.5, 0.9, 0.99)
LEAST_PLOTS: Final = 6
LEAST_LEFT_S: Final = 1.5  # of flight: nobody asks for a prediction after that
PD: Final = 0.92
LATITUDE_DEG: Final = 40.0
HEIGHT_M: Final = 200.0
EARTH_M: Final = 6.371e6
TURN_RPS: Final = 7.292e-5 * np.array(
    [0.0, math.cos(math.radians(LATITUDE_DEG)), math.sin(math.radians(LATITUDE_DEG))]
)

# Cd by Mach number. G1 and G7: the standard projectiles of the Ballistic Research Laboratory, thinned
G1: Final = np.array([
    [0, .263], [.25, .228], [.5, .203], [.7, .217], [.8, .255], [.9, .342], [.95, .408], [1, .481], [1.1, .588],
    [1.2, .639], [1.4, .662], [1.6, .647], [2, .593], [2.5, .540], [3, .513], [5, .500],
])  # fmt: skip
G7: Final = np.array([
    [0, .120], [.5, .119], [.7, .120], [.8, .124], [.9, .146], [.95, .205], [1, .380], [1.05, .404],
    [1.1, .401], [1.2, .388], [1.4, .366], [1.8, .326], [2, .298], [2.5, .270], [3, .242], [5, .200],
])  # fmt: skip
BOMB: Final = np.array([
    [0, .14], [.5, .14], [.7, .15], [.8, .17], [.9, .23], [.95, .30], [1, .38], [1.1, .45], [1.5, .45],
    [3, .40],
])  # fmt: skip


class Kind(NamedTuple):
    """What flies: mass over area, divided by the form factor; its launch; one sigma of its sideways pull."""

    area_density_kgm2: float
    speed_mps: tuple[float, float]
    elevation_deg: tuple[float, float]
    law: Array
    drift_mps2: float


KINDS: Final = {
    "mortar_60": Kind(600.0, (70.0, 200.0), (50.0, 80.0), BOMB, 0.01),
    "mortar_81": Kind(815.0, (80.0, 290.0), (45.0, 80.0), BOMB, 0.01),
    "mortar_120": Kind(1150.0, (110.0, 330.0), (45.0, 80.0), BOMB, 0.01),
    "rocket_122": Kind(5860.0, (450.0, 690.0), (20.0, 50.0), G1, 0.05),  # burnt out
    "gun_105": Kind(3150.0, (200.0, 480.0), (20.0, 65.0), G1, 0.08),
    "gun_155": Kind(2400.0, (300.0, 800.0), (20.0, 65.0), G7, 0.08),
}


class Radar(NamedTuple):
    """Looks a second, one sigma of range, of both angles and of range rate (None: no Doppler), and its place:
    behind the `tube`, by the `target`, or to the `side` of the flight."""

    rate_hz: float
    range_m: float
    angle_rad: float
    rate_mps: float | None
    place: str

    @property
    def words(self) -> str:
        """As a table names it."""
        doppler = "no Doppler" if self.rate_mps is None else f"{self.rate_mps:g} m/s"
        angle = f"{1e3 * self.angle_rad:g} mrad"
        return f"{self.rate_hz:g} Hz, {self.range_m:g} m, {angle}, {doppler}, {self.place}"


RADARS: Final = (
    Radar(1.0, 25.0, 4e-3, 2.0, "side"),
    Radar(2.0, 10.0, 2e-3, 1.0, "target"),
    Radar(5.0, 5.0, 1.5e-3, None, "tube"),
    Radar(10.0, 10.0, 2e-3, 1.0, "side"),
    Radar(15.0, 4.0, 1e-3, 0.5, "tube"),
)


class Judged(NamedTuple):
    """One prediction: d2 of the true impact, whether its time interval holds the true time, how far it
    misses, its sigma, d2 of the true origin (nan where none is told), and how many tracks there are: of none,
    nothing was predicted."""

    kind: str
    radar: int
    after_s: int
    d2: float
    in_time: bool
    miss_m: float
    sigma_m: float
    origin_d2: float
    tracks: int


class Flight(NamedTuple):
    """State at a time, time and place of the impact; ENU of the radar."""

    at: Callable[[float], Array]
    impact_s: float
    impact_m: Array


def flown(kind: Kind, rng: np.random.Generator, azimuth_rad: float, launch_m: Array) -> Flight:
    """One round of this kind, from `launch_m` (2,) east and north of the radar; each `rng` draws its own."""
    speed = rng.uniform(*kind.speed_mps)
    up_rad = math.radians(rng.uniform(*kind.elevation_deg))
    per_kg = math.exp(0.1 * rng.standard_normal()) / kind.area_density_kgm2
    drift = kind.drift_mps2 * rng.standard_normal()
    density = 1.225 * math.exp(0.03 * rng.standard_normal())
    celsius = rng.uniform(-5.0, 35.0)
    wind_mps, wind_rad = 4.0 * abs(rng.standard_normal()), rng.uniform(0.0, 2.0 * math.pi)
    power = rng.uniform(0.1, 0.25)

    def fall(_: float, y: Array) -> Array:
        place, v = y[:3], y[3:]
        height = max(_height(y), 1.0)
        blows = wind_mps * min((max(height, 10.0) / 10.0) ** power, 4.0)
        air = v - blows * np.array([math.sin(wind_rad), math.cos(wind_rad), 0.0])
        through = float(np.linalg.norm(air))
        sound = (
            331.3
            * math.sqrt(1.0 + celsius / 273.15)
            * math.sqrt(max(1.0 - 0.0065 * height / 290.0, 0.5))
        )
        rho = density * math.exp(-(height + HEIGHT_M) / 8800.0)
        drag = 0.5 * rho * float(np.interp(through / sound, *kind.law.T)) * per_kg * through
        g = 9.80 * (1.0 - 2.0 * height / EARTH_M)
        down = g * np.array([place[0] / EARTH_M, place[1] / EARTH_M, 1.0])
        aside = drift / max(math.hypot(v[0], v[1]), 1e-9) * np.array([v[1], -v[0], 0.0])
        return np.concatenate([v, -drag * air - down + aside - 2.0 * np.cross(TURN_RPS, v)])

    def landed(_: float, y: Array) -> float:
        return _height(y)

    landed.terminal, landed.direction = True, -1.0  # type: ignore[attr-defined]
    level, climb = speed * math.cos(up_rad), speed * math.sin(up_rad)
    ground_m = 0.5 - float(launch_m @ launch_m) / (2.0 * EARTH_M)
    start = [
        *launch_m,
        ground_m,
        level * math.sin(azimuth_rad),
        level * math.cos(azimuth_rad),
        climb,
    ]
    run = solve_ivp(
        fall,
        (0.0, 300.0),
        start,
        method="DOP853",
        rtol=1e-9,
        atol=1e-6,
        events=landed,
        dense_output=True,
    )
    return Flight(run.sol, float(run.t_events[0][0]), run.y_events[0][0][:2])


def _height(y: Array) -> float:
    return float(y[2] + (y[0] ** 2 + y[1] ** 2) / (2.0 * EARTH_M))


def shown(name: str, k: int, seed: int) -> tuple[Flight, Array, list[tuple[Any, ...]]]:
    """The flight, its launch E N, and the rows of plots.csv before radar `k`."""
    kind, radar = KINDS[name], RADARS[k]
    rng = np.random.default_rng([seed, list(KINDS).index(name), k])
    key, azimuth = int(rng.integers(1 << 40)), rng.uniform(0.0, 2.0 * math.pi)
    ahead = np.array([math.sin(azimuth), math.cos(azimuth)])
    aside = np.array([ahead[1], -ahead[0]])
    reach = flown(kind, np.random.default_rng(key), azimuth, np.zeros(2)).impact_m
    far_m = float(np.hypot(*reach))
    if radar.place == "tube":
        place = -rng.uniform(50.0, 300.0) * ahead + rng.uniform(-200.0, 200.0) * aside
    elif radar.place == "target":
        place = reach + rng.uniform(-500.0, 1000.0) * ahead + rng.uniform(-800.0, 800.0) * aside
    else:
        away = rng.choice([-1.0, 1.0]) * rng.uniform(0.3, 0.8) * max(far_m, 1500.0)
        place = rng.uniform(0.2, 0.8) * far_m * ahead + away * aside
    flight = flown(kind, np.random.default_rng(key), azimuth, -place)
    lowest_rad = math.radians(rng.uniform(0.5, 3.0))
    rows: list[tuple[Any, ...]] = []
    for look in range(int(flight.impact_s * radar.rate_hz)):
        t_s = look / radar.rate_hz
        east, north, up, *velocity = flight.at(t_s).tolist()
        far = math.sqrt(east * east + north * north + up * up)
        elevation = math.asin(up / far)
        if t_s < 0.3 or elevation < lowest_rad or rng.random() > PD:
            continue
        recedes = float(np.dot((east, north, up), velocity)) / far
        r, a, e, v = rng.standard_normal(4)
        rows.append((
            len(rows), look, f"{t_s:.6f}", "radar", far + radar.range_m * r,
            (math.atan2(east, north) + radar.angle_rad * a) % (2.0 * math.pi),
            elevation + radar.angle_rad * e,
            "" if radar.rate_mps is None else recedes + radar.rate_mps * v,
        ))  # fmt: skip
    return flight, -place, rows


def judged(name: str, k: int, seed: int, claims: float) -> list[Judged]:
    """What is predicted of this round after each of `AFTER_S`; nothing of one that is hardly seen."""
    flight, launch_m, rows = shown(name, k, seed)
    radar = RADARS[k]
    if len(rows) < LEAST_PLOTS:
        return []
    asked = [s for s in AFTER_S if float(rows[0][2]) + s < flight.impact_s - LEAST_LEFT_S]
    with tempfile.TemporaryDirectory() as folder:
        plots, meta, out = (Path(folder, each) for each in ("plots.csv", "meta.json", "out.csv"))
        with plots.open("w", newline="") as file:
            head = "plot_id", "scan", "time", "sensor", "range_m", "az_rad", "el_rad", "rr_mps"
            csv.writer(file).writerows([head, *rows])
        angle, rate = claims * radar.angle_rad, radar.rate_mps
        said = {
            "sigma_range_m": claims * radar.range_m, "sigma_az_rad": angle, "sigma_el_rad": angle,
            "sigma_rr_mps": None if rate is None else claims * rate, "rate": radar.rate_hz, "pd": PD,
            "clutter_per_scan": 0, "range_min_m": 0, "range_max_m": 60_000, "el_min_rad": -0.05,
            "el_max_rad": 1.55, "lat": LATITUDE_DEG, "lon": 15.0, "height_m": HEIGHT_M,
        }  # fmt: skip
        meta.write_text(json.dumps(said))
        ages = [str(s) for s in asked]
        asks = ["predict", str(plots), "--sensor", str(meta), "--out", str(out), "--after", *ages]
        with redirect_stdout(io.StringIO()):
            failed = bool(asked) and rampart(asks)
        if failed:
            raise SystemExit(f"rampart {' '.join(asks)}: exit code {failed}")
        told = list(csv.DictReader(out.open())) if asked else []
    found = []
    for s in asked:
        mine = [row for row in told if float(row["after_s"]) == s and row["impact_x"]]
        if not mine:
            found.append(Judged(name, k, s, math.nan, False, math.nan, math.nan, math.nan, 0))
            continue
        first = min(mine, key=lambda row: int(row["track_id"]))
        found.append(_judge(name, k, s, first, flight, launch_m, len(mine)))
    return found


def _judge(
    name: str, k: int, s: int, row: dict[str, str], flight: Flight, launch_m: Array, tracks: int
) -> Judged:
    off = np.array([float(row["impact_x"]), float(row["impact_y"])]) - flight.impact_m
    cov = _cov(row, "cov")
    origin_d2 = math.nan
    if row["origin_x"]:
        back = np.array([float(row["origin_x"]), float(row["origin_y"])]) - launch_m
        origin_d2 = float(back @ np.linalg.solve(_cov(row, "origin_cov"), back))
    in_time = float(row["t_impact_q05"]) <= flight.impact_s <= float(row["t_impact_q95"])
    d2, sigma_m = float(off @ np.linalg.solve(cov, off)), float(np.linalg.det(cov)) ** 0.25
    return Judged(name, k, s, d2, in_time, float(np.hypot(*off)), sigma_m, origin_d2, tracks)


def _cov(row: dict[str, str], begin: str) -> Array:
    xx, xy, yy = (float(row[f"{begin}_{part}"]) for part in ("xx", "xy", "yy"))
    return np.array([[xx, xy], [xy, yy]])


def found_in(seeds: range, claims: float, workers: int) -> list[Judged]:
    """Every prediction of every round of `seeds`, also those that were asked for and not made."""
    every = [
        (name, k, seed, claims) for seed in seeds for name in KINDS for k in range(len(RADARS))
    ]
    with ProcessPoolExecutor(workers) as pool:
        return [one for some in pool.map(judged, *zip(*every, strict=True)) for one in some]


def covers(found: Sequence[Judged], share: float) -> float:
    """How many of the impacts lie in the ellipse that should hold this share of them."""
    return float(np.mean([one.d2 <= -2.0 * math.log(1.0 - share) for one in found]))


def table(found: Sequence[Judged], first: str, name: Callable[[Judged], str]) -> Iterator[str]:
    """A row of figures for each `name` and age."""
    yield (
        f"| {first} | after, s | predicted | 50 / 90 / 99 % ellipse covers | 5-95 % of time | median miss, m "
        "| median sigma, m | 90 % origin | second tracks |"
    )
    yield "|---|---|---|---|---|---|---|---|---|"
    for row in dict.fromkeys(map(name, found)):
        for s in AFTER_S:
            asked = [one for one in found if name(one) == row and one.after_s == s]
            mine = [one for one in asked if one.tracks]
            if not mine:
                continue
            told = [one.origin_d2 for one in mine if not math.isnan(one.origin_d2)]
            origin = np.mean([d2 <= -2.0 * math.log(0.1) for d2 in told]) if told else math.nan
            held = " / ".join(f"{covers(mine, share):.2f}" for share in SHARES)
            yield (
                f"| {row} | {s} | {len(mine)} of {len(asked)} | {held} "
                f"| {np.mean([one.in_time for one in mine]):.2f} "
                f"| {np.median([one.miss_m for one in mine]):.0f} "
                f"| {np.median([one.sigma_m for one in mine]):.0f} | {origin:.2f} of {len(told)} "
                f"| {sum(one.tracks > 1 for one in mine)} |"
            )


def main() -> None:
    """Run, print, and perhaps write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=numbers, default="1-12")
    parser.add_argument("--claims", type=float, default=1.0, help="of the sigmas that it errs by")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    found = found_in(args.seeds, args.claims, args.workers)
    lines = [
        f"`python benchmarks/outside.py --seeds {words(args.seeds)} --claims {args.claims:g}`: "
        f"{len(args.seeds)} rounds of each class before each radar.",
        "",
        *table(found, "radar", lambda one: RADARS[one.radar].words),
        "",
        *table(found, "class", lambda one: one.kind),
    ]
    claimed = "" if args.claims == 1.0 else f"-claims-{args.claims:g}"
    tell(f"outside{claimed}", "Rounds that nothing of Rampart flew", lines, write=args.write)


if __name__ == "__main__":
    main()
