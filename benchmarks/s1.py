"""S1, sensing to warning: of many launches, which warnable ones are missed, and how soon is each zone warned?

    python benchmarks/s1.py [--seeds 1-20] [--sigma 1 0.7 0.5] [--threshold 0.01] [--classes CLASS ...]
                            [--hertz 10] [--no-rcs] [--no-doppler] [--workers 2] [--write]

A seed is one raid on a base of ten zones: a salvo of 1 to 40 rounds of one class, or of small drones, from
one side; one to three radars, each of its own accuracy, probability of detection (0.6 to 0.95 where it is
stated) and 0 to 20 false plots a look, of which none, one or two fall silent at some time; one radar in five
shows some plots twice, by a detour. The radars' true errors are the same in every table; what they claim of
them is taken times `--sigma`; `--threshold` is P from which a zone is warned of what falls; `--hertz`: all
radars look so often, and err alike for a second if that is more than twice (ADR 27). The whole set,
version 2, is seeds 1 to 1,120, some 10,000 launches. Debris of interceptions is not in it: nothing here
intercepts. Hits, misses and false warnings: as `metrics/warnings.py` judges, whose ideal filter is told what
the radars err by; and beside it, false as of an ideal filter that believes what they claim.
"""

from __future__ import annotations

import argparse
import math
import platform
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from scipy import stats

from evidence import numbers, tell
from rampart.domain.messages import TrackUpdate, ZoneState
from rampart.domain.site import Rules, Sensor, Site, Wind, Zone
from rampart.engine.engine import Engine
from rampart.metrics.warnings import JudgeSettings, Verdict, judge
from rampart.sim.ballistic import ballistic
from rampart.sim.draws import stream
from rampart.sim.simulate import simulate
from rampart.sim.world import Air, Disturbance, Echo, Flight, RadarModel, Salvo, World
from untold import CROSS_SECTION, DOPPLER, untold

START_NS: Final = 1_646_164_800_000_000_000
CLASSES: Final = ("rocket_107", "rocket_122", "mortar_60", "mortar_81", "mortar_120", "quadcopter")
DRONE: Final = "quadcopter"  # told by its own level; all others fall
KINDS: Final = (  # range m, angle mrad, range rate m/s, period s: a weapon locator, and a lighter one
    (10.0, 2.0, 1.0, 0.5),
    (20.0, 4.0, 1.5, 1.0),
)
FARTHEST_M: Final = 12_000.0
SLOWEST_S: Final = 1_300.0  # a small drone at 3 m/s from 3.5 km is there, and down, by then
RELEASE: Final = dict.fromkeys(("mortar", "gun", "rocket", "drone", "unknown"), "auto")


@dataclass(frozen=True, slots=True)
class Raid:
    """One seed under one claim: what was launched, and the verdict on what was said."""

    seed: int
    class_id: str
    launches: int
    verdict: Verdict
    false_by_claim: int  # warnings that are false where the judge believes what the radars claim
    timely: tuple[
        bool, ...
    ]  # of each first round that hits a warned zone: warned for 60 % of its sight


def zones() -> tuple[Zone, ...]:
    """Ten zones of 150 m on a grid within a kilometre."""
    places = [(e, n) for n in (-450.0, 0.0, 450.0) for e in (-600.0, -200.0, 200.0, 600.0)][:10]
    return tuple(
        Zone(
            id=f"z{i}", name=f"zone {i}", release=RELEASE, people=20, all_clear="auto",
            polygon_enu_m=((e, n), (e + 150, n), (e + 150, n + 150), (e, n + 150)),
        )  # type: ignore[arg-type]
        for i, (e, n) in enumerate(places)
    )  # fmt: skip


def world(
    seed: int, claimed: float, threshold: float, hertz: float | None = None
) -> tuple[World, str, int]:
    """The raid of this seed, its class and its launches; radars claim `claimed` times their true sigma, and
    look `hertz` times a second, or as often as their kind."""
    rng = stream(seed, "s1", "raid")
    class_id = CLASSES[seed % len(CLASSES)]
    rounds = round(math.exp(rng.uniform(0.0, math.log(40.0))))
    side = float(rng.uniform(0.0, 2.0 * math.pi))
    aims = tuple((float(e), float(n)) for e, n in rng.uniform(-700.0, 700.0, (min(rounds, 6), 2)))
    sensors, models, lost = [], [], []
    count = int(rng.integers(1, 4))
    for k in range(count):
        sigma_m, mrad, rate, period_s = KINDS[int(rng.integers(len(KINDS)))]
        place = rng.uniform(-300.0, 300.0, 2)
        sensors.append(
            Sensor(
                id=f"r{k}", position_enu_m=(float(place[0]), float(place[1]), 10.0),
                sigma_range_m=claimed * sigma_m, sigma_azimuth_rad=claimed * 1e-3 * mrad,
                sigma_elevation_rad=claimed * 1e-3 * mrad, sigma_range_rate_mps=claimed * rate,
                scan_period_s=1.0 / hertz if hertz else period_s, clutter_per_scan=float(rng.integers(0, 21)),
                bias_range_m=5.0, bias_azimuth_rad=5e-4, bias_elevation_rad=5e-4,
            )
        )  # fmt: skip
        models.append(
            RadarModel(
                sensor=f"r{k}", noise_factor=1.0 / claimed, detects_dbsm=-25.0,
                detects_range_m=float(rng.uniform(6_000.0, 12_000.0)),
                detects_pd=float(rng.uniform(0.6, 0.95)),
            )
        )  # fmt: skip
    for k in range(int(rng.integers(0, min(count, 3)))):
        at = float(rng.uniform(0.0, 40.0))
        lost.append(Disturbance(kind="outage", sensor=f"r{k}", from_s=at, to_s=at + 600.0))
    # a stream of its own: whether plots come twice changes nothing else of the raid
    twice = stream(seed, "s1", "reflection")
    echoes = [
        Echo(kind="reflection", sensor=sensor.id, from_s=0.0, to_s=1e4,
             share=float(twice.uniform(0.02, 0.2)), extra_m=float(twice.uniform(100.0, 800.0)))
        for sensor in sensors
        if twice.random() < 0.2
    ]  # fmt: skip
    salvos, flights = [], []
    if class_id == DRONE:
        far = float(rng.uniform(1_500.0, 3_500.0))
        for k in range(min(rounds, 8)):
            begin = side + float(rng.normal(0.0, 0.15))
            aim, height = aims[k % len(aims)], float(rng.uniform(60.0, 250.0))
            flights.append(
                Flight(
                    id=f"d{k}", class_id=class_id, at_s=2.0 + 3.0 * k, hostile=True, strikes=True,
                    route=((far * math.sin(begin), far * math.cos(begin), height), (*aim, height),
                           (*aim, 0.0)),
                )
            )  # fmt: skip
        rounds = len(flights)
    else:
        reach = min(rng.uniform(0.35, 0.95) * ballistic(class_id).max_range_m.low, FARTHEST_M)
        salvos.append(
            Salvo(
                id="salvo", classes=((class_id, 1.0),), rounds=rounds, aims_enu_m=aims, at_s=3.0,
                origin_enu_m=(reach * math.sin(side), reach * math.cos(side)), no_launch=0.0,
                short=0.0,
            )
        )  # fmt: skip
    made = World(
        site=Site(name="s1", uuid="s1", latitude_deg=34.5, longitude_deg=41.0, height_m=210.0,
                  zones=zones(), sensors=tuple(sensors), rules=Rules(warn_p=threshold)),
        start_ns=START_NS,
        duration_s=SLOWEST_S if flights else 100.0 + 3.0 * rounds,
        salvos=tuple(salvos), flights=tuple(flights), disturbances=tuple(lost), radars=tuple(models),
        echoes=tuple(echoes),
        air=Air(wind=(Wind(0.0, 2.0, 2.0), Wind(4000.0, 10.0, 3.0))),
    )  # fmt: skip
    return made, class_id, rounds


class Job(NamedTuple):
    """One raid to run."""

    seed: int
    claimed: float  # sigma over the true one
    threshold: float
    hidden: tuple[str, ...] = ()  # columns that no radar tells
    hertz: float | None = None  # looks a second of every radar


def flown(job: Job) -> Raid:
    """The verdict on one raid."""
    seed, claimed, threshold, hidden, hertz = job
    made, class_id, rounds = world(seed, claimed, threshold, hertz)
    run = simulate(made, seed)
    engine = Engine(made.site, simulated=True)
    states: list[ZoneState] = []
    updates: list[TrackUpdate] = []
    for message in untold(run.messages, hidden):
        for out in engine.receive(message):
            if isinstance(out, ZoneState):
                states.append(out)
            elif isinstance(out, TrackUpdate):
                updates.append(out)
    end_ns = START_NS + round(made.duration_s * 1e9)
    judged = JudgeSettings()
    # what radars claim is between them and the engine: the judge knows what they err by
    true_site = world(seed, 1.0, threshold, hertz)[0].site
    verdict, by_claim = (
        judge(site, run.truth, states, updates, end_ns=end_ns, settings=judged)
        for site in (true_site, made.site)
    )
    timely = []
    for hit in verdict.hits:
        if hit.usable_s is not None:
            told_s = hit.usable_s + judged.dissemination_s + judged.reaction_s
            first_ns = int(run.truth.detections_ns(run.truth.ids.index(hit.object_id))[0])
            timely.append(told_s >= 0.6 * (hit.t_ns - first_ns) / 1e9)
    return Raid(seed, class_id, rounds, verdict, _false(by_claim), tuple(timely))


def _false(verdict: Verdict) -> int:
    return sum(w.kind == "false" for w in verdict.warnings)


def table(claimed: float, threshold: float, raids: list[Raid]) -> list[str]:
    """The figures under one claim, by class and of all, and every warnable launch that was missed."""
    lines = [
        f"### Claimed sigma x {claimed:g}, threshold {threshold:g}", "",
        "| class | raids | launches | hitting | unwarnable | missed warnable (95 % bound of the share) "
        "| P(warn, hit) | first warning s p50 | p99 | max | usable s p10, p50 | timely "
        "| zones warned per hit | false | precautions | re-warned | of it for the same threat |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name in (*CLASSES, "all"):
        mine = [r for r in raids if name in ("all", r.class_id)]
        if mine:
            lines.append(_row(name, mine))
    lines += ["", "Missed though warnable:", ""]
    missed = [
        f"- seed {r.seed}, {h.class_id} `{h.object_id}` on {h.zone}"
        for r in raids
        for h in r.verdict.outcomes("missed", warnable=True)
    ]
    return [*lines, *(missed or ["- none"]), ""]


def curve(claimed: float, levels: dict[float, list[Raid]]) -> list[str]:
    """P(warn, hit) against zones warned per zone hit over the threshold, of what falls."""
    lines = [
        f"### Claimed sigma x {claimed:g}: what falls, over the threshold", "",
        "| P from which a zone is warned | P(warn, hit) | zones warned per hit | first warning s p99 "
        "| usable s p10 | false | re-warned |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for threshold, raids in levels.items():
        f = _figures([r for r in raids if r.class_id != DRONE])
        lines.append(
            f"| {threshold:g} | {f.told:.4f} | {f.zones:.2f} | {f.wait_s[1]:.2f} | {f.usable_s[0]:.1f} "
            f"| {f.false:.3f} | {f.again:.3f} |"
        )
    return [*lines, ""]


class Figures(NamedTuple):
    """What raids come to. `wait_s`: p50, p99, max; `usable_s`: p10, p50; shares of the zone-warnings: `false`,
    `false_by_claim`, `again`, and `relapse` of these."""

    told: float
    wait_s: tuple[float, float, float]
    usable_s: tuple[float, float]
    zones: float
    precautions: int
    false: float
    false_by_claim: float
    again: float
    relapse: float


def _figures(raids: list[Raid]) -> Figures:
    verdicts = [r.verdict for r in raids]
    warnable = [h for v in verdicts for h in v.hits if h.warnable]
    wait = np.array([s for v in verdicts for s in v.latencies_s] or [math.nan])
    usable = np.array([s for v in verdicts for s in v.usable_s] or [math.nan])
    warned = [w for v in verdicts for w in v.warnings]
    kinds = Counter(w.kind for w in warned)
    n = max(len(warned), 1)
    p50, p99 = np.percentile(wait, (50, 99)).tolist()
    p10, half = np.percentile(usable, (10, 50)).tolist()
    return Figures(
        told=sum(h.outcome == "warned" for h in warnable) / max(len(warnable), 1),
        wait_s=(p50, p99, float(wait.max())),
        usable_s=(p10, half),
        zones=sum(len(v.zones_warned) for v in verdicts)
        / max(sum(len(v.zones_hit) for v in verdicts), 1),
        precautions=kinds["precaution"],
        false=kinds["false"] / n,
        false_by_claim=sum(r.false_by_claim for r in raids) / n,
        again=sum(w.again for w in warned) / n,
        relapse=sum(w.relapse for w in warned) / n,
    )


def _row(name: str, raids: list[Raid]) -> str:
    verdicts = [r.verdict for r in raids]
    rounds = Counter[str]()
    for v in verdicts:
        for late, total in v.unwarnable().values():
            rounds["late"] += late
            rounds["all"] += total
    missed = sum(len({h.object_id for h in v.outcomes("missed", warnable=True)}) for v in verdicts)
    launches = sum(r.launches for r in raids)
    # Clopper and Pearson: the share of which so few or fewer would be seen in one of twenty sets
    bound = stats.beta.ppf(0.95, missed + 1, max(launches - missed, 1e-9))
    f = _figures(raids)
    timely = [t for r in raids for t in r.timely] or [False]
    return (
        f"| {name} | {len(raids)} | {launches} | {rounds['all']} | {rounds['late']} "
        f"| {missed} ({bound:.2%}) | {f.told:.4f} | "
        + " | ".join(f"{s:.2f}" for s in f.wait_s)
        + f" | {f.usable_s[0]:.1f}, {f.usable_s[1]:.1f} | {np.mean(timely):.3f} "
        f"| {f.zones:.2f} | {f.false:.3f} | {f.false_by_claim:.3f} | {f.precautions} | {f.again:.3f} "
        f"| {f.relapse:.3f} |"
    )


def main() -> None:
    """Run, print, and perhaps write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=numbers, default="1-20")
    parser.add_argument("--sigma", type=float, nargs="+", default=[1.0, 0.7, 0.5])
    parser.add_argument("--threshold", type=float, nargs="+", default=[Rules().warn_p])
    parser.add_argument("--classes", nargs="+", choices=CLASSES, default=list(CLASSES))
    parser.add_argument("--hertz", type=float, help="looks a second of every radar")
    parser.add_argument("--no-rcs", action="store_true", help="no radar tells a cross-section")
    parser.add_argument("--no-doppler", action="store_true", help="no radar tells a range rate")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    seeds = [s for s in args.seeds if CLASSES[s % len(CLASSES)] in args.classes]
    hidden = CROSS_SECTION * args.no_rcs + DOPPLER * args.no_doppler
    lines = [
        f"`python benchmarks/s1.py {' '.join(sys.argv[1:])}`; Python {platform.python_version()}, "
        f"{platform.machine()}.",
        "", "First warning: seconds from the third detection of the first round that hits a zone to the zone's "
        "warning, 0 where it was warned already. Timely: warned for 60 % of the time from its first plot to "
        "its impact. False and re-warned: shares of zone-warnings; false by what the radars err by, and by "
        "what they claim.", "",
    ]  # fmt: skip
    with ProcessPoolExecutor(args.workers) as pool:
        for claimed in args.sigma:
            levels = {}
            for threshold in args.threshold:
                jobs = [Job(seed, claimed, threshold, hidden, args.hertz) for seed in seeds]
                levels[threshold] = list(pool.map(flown, jobs, chunksize=4))
                lines += table(claimed, threshold, levels[threshold])
            if len(levels) > 1:
                lines += curve(claimed, levels)
    parts = ["threshold"] * (len(args.threshold) > 1) + ["part"] * (args.classes != list(CLASSES))
    parts += [f"{args.hertz:g}-hz"] if args.hertz else []
    name = "-".join(["s1", *parts, *["no-rcs"] * args.no_rcs, *["no-doppler"] * args.no_doppler])
    tell(name, "S1: sensing to warning", lines, write=args.write)


if __name__ == "__main__":
    main()
