"""S2, quiet hours: how often is anybody warned, or asked to look, when nothing is fired?

    python benchmarks/s2.py [--hours 1-20] [--workers 2] [--keep FILE] [--write]
    python benchmarks/s2.py --hours 3001-3040 --only glider --times 10 [--seconds 60]

An hour is one seed of a world in which nobody attacks: airliners, light aircraft with and without ADS-B,
helicopters, gliders, birds and moving clutter before one or two radars, and of each radar's own making:
rain cells, wind turbines, bursts of false plots, test patterns and calibration pulses. The whole set is
hours 1 to 2,160, more than one sitting. `--keep` adds each hour's line to a file as it is done, with a
digest of all that this engine says in a trial, and skips the hours that stand there under the same digest: a
stopped run goes on, and hours heard by an engine that spoke otherwise count for nothing.

`--only` and `--times`: such hours with nothing in the air but one kind of traffic, so many times as much:
what that kind does to a quiet site, in a tenth of the time. No such hour is one of the set. `--seconds`: its
beginning alone, with all that else comes in an hour: what a radar that is switched on sees, anywhere at once.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import platform
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from evidence import numbers, tell, words
from rampart.domain.messages import ZoneState
from rampart.domain.site import Sensor, Site, Wind, Zone
from rampart.engine.engine import Engine
from rampart.sim.draws import stream
from rampart.sim.simulate import simulate
from rampart.sim.world import Air, Echo, RadarModel, Traffic, World

START_NS: Final = 1_654_070_400_000_000_000
HOUR_S: Final = 3600.0
WHOLE: Final = 2_160
CLOSE: Final = 5  # calls that are listed
TRIAL: Final = (1, 2)
TRIAL_S: Final = 600.0
RELEASE: Final = dict.fromkeys(("mortar", "gun", "rocket", "drone", "unknown"), "auto")
GROUNDS: Final = (  # west, south, east, north in metres
    (-500, 0, 500, 800), (-500, -800, 500, 0), (500, -400, 1300, 400), (-2600, 900, -2000, 1500),
)  # fmt: skip
TRAFFIC: Final = {  # class: mean number an hour, radius m, share that reports itself
    "airliner": (12.0, 20_000.0, 0.95),
    "light_aircraft": (6.0, 15_000.0, 0.6),
    "helicopter": (4.0, 12_000.0, 0.3),
    "glider": (3.0, 8_000.0, 0.1),
    "bird": (40.0, 5_000.0, 0.0),
    "clutter_patch": (6.0, 4_000.0, 0.0),
}
VISITS: Final = {"glider": 2}
"""So many come for each that is drawn, and are gone in seven minutes. Before ADR 26 one stayed for fifteen; all
else in an hour is as it was."""


def world(hour: int) -> World:
    """The world of this hour."""
    rng = stream(hour, "s2", "hour")
    zones = tuple(
        Zone(id=f"z{i}", name=f"zone {i}", release=RELEASE, people=100, all_clear="auto",
             polygon_enu_m=((w, s), (e, s), (e, n), (w, n)))  # type: ignore[arg-type]
        for i, (w, s, e, n) in enumerate(GROUNDS)
    )  # fmt: skip
    sensors, models, echoes = [], [], []
    for k in range(1 + int(rng.random() < 0.3)):
        rotating = bool(rng.random() < 0.6)
        sensors.append(
            Sensor(
                id=f"r{k}", position_enu_m=(-100.0 + 900.0 * k, -50.0, 12.0), sigma_range_m=20.0,
                sigma_azimuth_rad=3e-3, sigma_elevation_rad=3e-3, sigma_range_rate_mps=1.5,
                scan_period_s=1.0 if rotating else 0.5,
                clutter_per_scan=float(rng.uniform(2.0, 20.0)),
            )
        )  # fmt: skip
        models.append(
            RadarModel(
                sensor=f"r{k}",
                motion="rotating" if rotating else "staring",
                detects_dbsm=-20.0,
                detects_range_m=float(rng.uniform(6_000.0, 10_000.0)),
            )
        )
        echoes += _echoes(f"r{k}", rng)
    traffic = []
    for class_id, (an_hour, radius_m, share) in TRAFFIC.items():
        busy = an_hour * math.exp(rng.normal(0.0, 0.5))
        for word, part in (("adsb", share), ("", 1.0 - share)):
            if part > 0.0:
                traffic.append(
                    Traffic(id=f"{class_id}-{word or 'silent'}", class_id=class_id, radius_m=radius_m,
                            count=int(rng.poisson(busy * part)) * VISITS.get(class_id, 1),
                            identified=word)  # type: ignore[arg-type]
                )  # fmt: skip
    east, north = rng.normal(0.0, 6.0, 2)
    return World(
        site=Site(name="s2", uuid="s2", latitude_deg=34.0, longitude_deg=42.0, height_m=180.0,
                  zones=zones, sensors=tuple(sensors)),
        start_ns=START_NS, duration_s=HOUR_S, traffic=tuple(traffic), radars=tuple(models),
        echoes=tuple(echoes),
        air=Air(wind=(Wind(0.0, float(east), float(north)), Wind(3000.0, float(2 * east), float(2 * north)))),
    )  # fmt: skip


def _echoes(sensor: str, rng: np.random.Generator) -> list[Echo]:
    """What this radar makes of rain, turbines, interference, itself and its surroundings in an hour."""

    def place(near_m: float, far_m: float) -> tuple[float, float]:
        turn, out = rng.uniform(0.0, 2.0 * math.pi), rng.uniform(near_m, far_m)
        return float(out * math.sin(turn)), float(out * math.cos(turn))

    echoes = []
    if rng.random() < 0.25:
        begin = float(rng.uniform(0.0, 2400.0))
        east, north = rng.normal(0.0, 8.0, 2)
        echoes.append(
            Echo(kind="rain", sensor=sensor, from_s=begin, to_s=begin + float(rng.uniform(600.0, 1200.0)),
                 plots=float(rng.uniform(3.0, 25.0)), place_enu_m=place(1_000.0, 10_000.0),
                 velocity_enu_mps=(float(east), float(north)), radius_m=float(rng.uniform(800.0, 3_000.0)),
                 height_m=3_000.0)
        )  # fmt: skip
    echoes += [
        Echo(kind="turbine", sensor=sensor, from_s=0.0, to_s=HOUR_S, plots=float(rng.uniform(0.3, 1.2)),
             place_enu_m=place(1_500.0, 9_000.0), height_m=float(rng.uniform(60.0, 160.0)))
        for _ in range(int(rng.poisson(1.0)))
    ]  # fmt: skip
    for kind, number, longest_s, plots in (
        ("burst", 2.0, 20.0, (10.0, 100.0)),
        ("test_pattern", 1.0, 30.0, (4.0, 36.0)),
        (
            "test_pattern",
            1.0,
            1.0,
            (36.0, 360.0),
        ),  # a calibration pulse: one look or two, all round
    ):
        for _ in range(int(rng.poisson(number))):
            begin = float(rng.uniform(0.0, HOUR_S - 60.0))
            echoes.append(
                Echo(kind=kind, sensor=sensor, from_s=begin,  # type: ignore[arg-type]
                     to_s=begin + float(rng.uniform(1.0, max(longest_s, 1.1))),
                     plots=float(rng.uniform(*plots)), range_m=float(rng.uniform(1_000.0, 12_000.0)))
            )  # fmt: skip
    return echoes


class Crowd(NamedTuple):
    """Nothing but so many times the traffic of one class, all within so many seconds."""

    only: str
    times: int = 1
    seconds: float = HOUR_S


def crowded(hour: int, crowd: Crowd) -> World:
    """The world of this hour with nothing but the `crowd`."""
    made = world(hour)
    kept = [traffic for traffic in made.traffic if traffic.class_id == crowd.only]
    more = [msgspec.structs.replace(traffic, count=traffic.count * crowd.times) for traffic in kept]
    return msgspec.structs.replace(made, traffic=tuple(more), echoes=(), duration_s=crowd.seconds)


def listened(hour: int, crowd: Crowd | None = None) -> dict[str, Any]:
    """What was said in this hour: zones warned, zones that went to watch, the highest P of a zone that was
    only watched, and what it took; where there is a `crowd`, of its `crowded` world."""
    made = crowded(hour, crowd) if crowd else world(hour)
    run = simulate(made, hour)
    engine = Engine(made.site, simulated=True)
    shown = {zone.id: "clear" for zone in made.site.zones}
    warned: list[dict[str, Any]] = []
    watches, p_watched = 0, 0.0
    start_s = time.process_time()
    for message in run.messages:
        for out in engine.receive(message):
            if isinstance(out, ZoneState):
                # `no_cover` nags of a radar, not of something in the air
                watches += out.phase == "watch" and shown[out.zone] == "clear"
                if out.phase == "watch" and shown[out.zone] not in ("warn", "impact"):
                    p_watched = max(p_watched, out.p_zone)
                if out.phase in ("warn", "impact") and shown[out.zone] not in ("warn", "impact"):
                    at_s = (out.issued_ns - START_NS) / 1e9
                    warned.append({"zone": out.zone, "at_s": round(at_s, 1), "reason": out.reason,
                                   "p": round(out.p_zone, 3)})  # fmt: skip
                shown[out.zone] = out.phase
    kinds = sorted({echo.kind for echo in made.echoes})
    flew = sum(traffic.count for traffic in made.traffic)
    return {"hour": hour, "warned": warned, "watches": watches, "p_watched": round(p_watched, 3),
            "echoes": kinds, "flew": flew,
            "plots": len(run.truth.plot_t_ns), "cpu_s": round(time.process_time() - start_s, 2)}  # fmt: skip


def voice(hour: int) -> str:
    """A digest of every word that the engine says in the first minutes of this hour, and of its numbers as
    far as they are the same on every processor: three digits, nothing below a millionth, and milliseconds."""
    made = world(hour)
    engine = Engine(made.site, simulated=True)
    said = hashlib.blake2b(digest_size=6)
    for message in simulate(made, hour).messages:
        if message.t_arrival_ns > START_NS + round(TRIAL_S * 1e9):
            break
        for out in engine.receive(message):
            said.update(repr(_coarse(msgspec.to_builtins(out))).encode())
    return said.hexdigest()


def _coarse(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _coarse(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_coarse(part) for part in value]
    if isinstance(value, float):
        return "0" if abs(value) < 1e-6 else f"{value:.3g}"
    return value // 10**6 if isinstance(value, int) and value > START_NS else value


def heard(
    hours: range, workers: int, keep: Path | None, crowd: Crowd | None = None
) -> list[dict[str, Any]]:
    """Every hour's line, in order; those that `keep` holds of an engine with this voice are not run again.
    `crowd` as in `listened`."""
    done: dict[int, dict[str, Any]] = {}
    with ProcessPoolExecutor(workers) as pool:
        engine = "" if keep is None else "-".join(pool.map(voice, TRIAL))
        if keep is not None and keep.exists():
            rows = map(json.loads, keep.read_text("utf-8").splitlines())
            done = {row["hour"]: row for row in rows if row["engine"] == engine}
        wanted = [hour for hour in hours if hour not in done]
        for row in pool.map(listened, wanted, repeat(crowd)):
            done[row["hour"]] = row | {"engine": engine}
            if keep is not None:
                with keep.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(done[row["hour"]]) + "\n")
    return [done[hour] for hour in hours]


def table(rows: list[dict[str, Any]], *, of_the_set: bool = True) -> list[str]:
    """The figures, every warning, and the closest calls."""
    hours, warned = (
        len(rows),
        [w | {"hour": r["hour"], "echoes": r["echoes"]} for r in rows for w in r["warned"]],
    )
    watches = sum(r["watches"] for r in rows)
    # 'rule of three': with none in n hours the rate is below 3 / n an hour at 95 %
    of_hours = of_the_set and not warned
    bound = f" (95 % bound: one in {hours / 3.0:.0f} hours)" if of_hours else ""
    # what is no hour of the set may be shorter, and has other traffic
    many, each = ("hours", "an hour") if of_the_set else ("runs", "a run")
    share = hours / WHOLE if of_the_set else 0.0
    lines = [
        f"| {many} | of the whole set | plots | zones warned | {many} with a warning "
        f"| zones entering watch {each} | CPU s {each} |",
        "|---|---|---|---|---|---|---|",
        f"| {hours} | {share:.1%} | {sum(r['plots'] for r in rows):,} | {len(warned)}{bound} "
        f"| {len({w['hour'] for w in warned})} | {watches / max(hours, 1):.2f} "
        f"| {sum(r['cpu_s'] for r in rows) / max(hours, 1):.1f} |",
        "", "Warnings:", "",
    ]  # fmt: skip
    said = [
        f"- hour {w['hour']}, {w['at_s']:.0f} s, {w['zone']}: {w['reason']}, P {w['p']}; "
        + (", ".join(w["echoes"]) or "no echoes")
        for w in warned
    ]
    close = sorted((r for r in rows if r.get("p_watched")), key=lambda r: -r["p_watched"])[:CLOSE]
    near = [f"- hour {r['hour']}: P {r['p_watched']}" for r in close]
    return [
        *lines, *(said or ["- none"]), "",
        "Closest calls, the highest P of a zone that was only watched:", "", *(near or ["- none"]), "",
    ]  # fmt: skip


def main() -> None:
    """Run, print, and perhaps write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--hours", type=numbers, default="1-20")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--only", default="", choices=list(TRAFFIC), help="nothing else flies")
    parser.add_argument("--times", type=int, default=1, help="so many times as much of it")
    parser.add_argument("--seconds", type=float, default=HOUR_S, help="of each hour")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    if args.only and (args.keep or args.write):
        parser.error("--only: no such hour is one of the set: it is neither kept nor written")
    if (args.times != 1 or args.seconds != HOUR_S) and not args.only:
        parser.error("--times, --seconds: say of what, with --only")
    crowd = Crowd(args.only, args.times, args.seconds) if args.only else None
    said = f" --only {args.only} --times {args.times} --seconds {args.seconds:g}" if crowd else ""
    lines = [f"`python benchmarks/s2.py --hours {words(args.hours)}{said}`; "
             f"Python {platform.python_version()}, {platform.machine()}.", ""]  # fmt: skip
    rows = heard(args.hours, args.workers, args.keep, crowd)
    if crowd:
        flew = sum(row["flew"] for row in rows)
        lines += [f"Nothing in the air but {flew} of class {args.only}.", ""]
    lines += table(rows, of_the_set=not args.only)
    tell("s2", "S2: quiet hours", lines, write=args.write)


if __name__ == "__main__":
    main()
