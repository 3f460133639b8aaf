"""How early one-way drones are warned of, over horizons and thresholds of the drone rule.

    python benchmarks/drone_roc.py --flights 200 --seed 1 [--no-rcs] [--grid] [--write]

Simulated one-way drones, eight at a time, each at a zone of its own from its own bearing, half of them by a
bend, half at 60-400 m and half at 400-1500 m, half at a speed of their class and half at 30-60 m/s.
One engine tracks and classifies; several sets of warning rules judge the same threats side by side. Lead:
from the first row in which the drone is a member of its zone's alarm to the true entry into
the zone grown by the hazard radius. A flight without such a row counts as not warned.

A second table judges the times of entry that the default rules tell, of these drones and of the one in
`friendly-return` (the same seeds): how often the 5-95 % interval holds the true entry below the drone
ceiling, as it stood for that drone and zone at the first warning and 60, 30 and 10 s before the entry.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from evidence import tell
from rampart import scenario
from rampart.domain.messages import Input, ZoneState
from rampart.domain.site import Rules, Sensor, Site, Zone
from rampart.domain.time import NS_PER_DAY, NS_PER_S
from rampart.engine.engine import Engine
from rampart.engine.lifecycle import OPEN
from rampart.engine.threat import Threat
from rampart.engine.warn import Warner
from rampart.kernels.futures import EARTH_RADIUS_M
from rampart.kernels.geometry import signed_distance
from rampart.metrics.truth import Truth
from rampart.sim.simulate import simulate
from rampart.sim.world import Flight, RadarModel, World
from untold import CROSS_SECTION, untold

START_NS: Final = 19_000 * NS_PER_DAY
CLASSES: Final = ("owa_drone", "owa_drone_large", "owa_drone_small")
AT_ONCE: Final = 8
LOW_M: Final = (60.0, 400.0)
HIGH_M: Final = (400.0, 1_500.0)
SPEEDS_MPS: Final = (30.0, 60.0)
RING_M: Final = 1_500.0
HORIZONS_S: Final = (60.0, 90.0, 105.0, 120.0)
THRESHOLDS: Final = (0.03, 0.05, 0.10)
WANTED_S: Final = 60.0
MOMENTS_S: Final = (math.inf, 60.0, 30.0, 10.0)  # before the entry; inf: the first warning
OWN_M: Final = 250.0  # the follower of `friendly-return` flies 300 m behind another
AUTO: Final = dict.fromkeys(("mortar", "gun", "rocket", "drone", "unknown"), "auto")


def site() -> Site:
    """Eight zones of 400 m on a ring about one rotating radar."""
    zones = []
    for i in range(AT_ONCE):
        e, n = _around(i * 2 * math.pi / AT_ONCE, RING_M)
        corners = ((e - 200, n - 200), (e + 200, n - 200), (e + 200, n + 200), (e - 200, n + 200))
        zones.append(Zone(id=f"z{i}", name="", polygon_enu_m=corners, release=AUTO))  # type: ignore[arg-type]
    radar = Sensor(
        id="radar", position_enu_m=(0.0, 0.0, 12.0), sigma_range_m=20.0, sigma_azimuth_rad=3e-3,
        sigma_elevation_rad=3e-3, scan_period_s=1.0,
    )  # fmt: skip
    return Site(
        name="ring", uuid="ring", latitude_deg=34.0, longitude_deg=42.0, height_m=180.0,
        zones=tuple(zones), sensors=(radar,),
    )  # fmt: skip


def world(seed: int) -> World:
    """Eight drones, one for each zone."""
    rng = np.random.default_rng(seed)
    flights = []
    for i in range(AT_ONCE):
        e, n = _around(i * 2 * math.pi / AT_ONCE, RING_M)
        bearing = (i + rng.uniform(-0.4, 0.4)) * 2 * math.pi / AT_ONCE
        low, high = LOW_M if rng.random() < 0.5 else HIGH_M
        height = float(rng.uniform(low, high))
        speed = float(rng.uniform(*SPEEDS_MPS)) if rng.random() < 0.5 else None
        begin = (*_around(bearing, rng.uniform(8_000.0, 11_000.0)), height)
        bend = (*_around(bearing + rng.uniform(-0.25, 0.25), rng.uniform(4_500.0, 6_500.0)), height)
        route = (begin, *((bend,) if rng.random() < 0.5 else ()), (e, n, 0.0))
        # it dives at the end only
        last = np.array(route[-2][:2])
        way = np.array([e, n]) - last
        pitch = np.array([e, n]) - way / np.linalg.norm(way) * 4.0 * height
        if np.linalg.norm(way) > 5.0 * height:
            route = (*route[:-1], (float(pitch[0]), float(pitch[1]), height), route[-1])
        flights.append(
            Flight(
                id=f"d{i}", class_id=CLASSES[int(rng.integers(3))], route=route,
                at_s=float(rng.uniform(0.0, 30.0)), hostile=True, strikes=True, speed_mps=speed,
            )
        )  # fmt: skip
    radar = RadarModel(
        sensor="radar", motion="rotating", detects_dbsm=-20.0, detects_range_m=8_000.0
    )
    return World(
        site=site(), start_ns=START_NS, duration_s=480.0, flights=tuple(flights), radars=(radar,)
    )


class Look(NamedTuple):
    """What the first warner holds of one track in one zone after a decision; `times`: q05 q50 q95, ns."""

    now_ns: int
    zone: str
    place_enu_m: tuple[float, float, float]
    warned: bool
    times: tuple[int, int, int] | None


class Jury:
    """Stands in for one `Warner`: several judge the same threats; the engine hears the first."""

    def __init__(self, place: Site, rules: Sequence[Rules]) -> None:
        self.warners = [Warner(msgspec.structs.replace(place, rules=r), True) for r in rules]
        self.rows: list[list[tuple[ZoneState, dict[int, tuple[float, ...]]]]] = [[] for _ in rules]
        self.at: dict[int, tuple[float, ...]] = {}
        self.looks: list[Look] = []

    def settled(self, track: int) -> bool:
        """Whether no warner's decisions hang on this track just now."""
        return all(warner.settled(track) for warner in self.warners)

    def decide(
        self, now_ns: int, threats: Sequence[Threat], healthy: Collection[str], cause_seq: int
    ) -> list[ZoneState]:
        """Rows of the first warner; those of all are kept with the places of their tracks."""
        for t in threats:
            if t.motion is not None:
                self.at[t.track] = t.motion.position_enu_m
        answers = [w.decide(now_ns, threats, healthy, cause_seq) for w in self.warners]
        for kept, rows in zip(self.rows, answers, strict=True):
            kept += [(r, {k: self.at[k] for k in r.tracks if k in self.at}) for r in rows]
        ledger = self.warners[0]._ledger
        for t in threats:
            row = ledger.open.rows.get(t.track)
            if t.motion is not None and row is not None:
                self.looks += [
                    Look(
                        now_ns,
                        ledger.zones[z].id,
                        t.motion.position_enu_m,
                        m.phase in OPEN,
                        m.times,
                    )
                    for z, m in ledger.members_of(row)
                ]
        return answers[0]


def heard(place: Site, messages: Iterable[Input], rules: Sequence[Rules], told: bool) -> Jury:
    """What warners of several `rules` make of `messages`; `told`: with the cross-sections of the plots."""
    engine = Engine(place, simulated=True)
    jury = Jury(place, rules)
    engine._warner = jury  # type: ignore[assignment]
    for message in untold(messages, () if told else CROSS_SECTION):
        engine.receive(message)
    return jury


def leads(truth: Truth, place: Site, jury: Jury) -> list[list[float]]:
    """Seconds of lead of each drone (-inf: never warned), for each set of rules."""
    return [[_lead(truth, i, place, rows) for i in range(len(truth))] for rows in jury.rows]


def _lead(truth: Truth, i: int, place: Site, rows: list[tuple[ZoneState, Any]]) -> float:
    zone = place.zones[int(truth.ids[i][1:])]
    grown_m = place.rules.hazard_radius_m["drone"]
    path = truth.samples(i)
    corners = np.array(zone.polygon_enu_m)
    inside = [
        t for t, (e, n, _) in zip(truth.sample_t_ns[path], truth.sample_enu_m[path], strict=True)
        if signed_distance(e, n, corners) <= grown_m
    ]  # fmt: skip
    for row, places in rows:
        if row.zone != zone.id or row.phase not in ("warn", "impact", "pending"):
            continue
        true, _ = truth.at(i, row.issued_ns)
        if any(math.dist(true, at) < 400.0 for at in places.values()):
            return float(inside[0] - row.issued_ns) / NS_PER_S
    return -math.inf


def entries(truth: Truth, place: Site, jury: Jury) -> list[tuple[float, ...]]:
    """(moment of `MOMENTS_S`, q05, q50, q95 of entry, s after the true one), where a drone is warned of."""
    found = []
    for i in range(len(truth)):
        for zone in place.zones if truth.hostile[i] and truth.families[i] == "drone" else ():
            entry_ns = _entry_ns(truth, i, zone, place.rules)
            looks = [
                look for look in jury.looks
                if entry_ns is not None and look.zone == zone.id and look.now_ns < entry_ns
                and math.dist(truth.at(i, look.now_ns)[0], look.place_enu_m) < OWN_M
            ]  # fmt: skip
            warned = next((k for k, look in enumerate(looks) if look.warned), len(looks))
            for moment_s in MOMENTS_S if warned < len(looks) else ():
                at_ns = looks[warned].now_ns
                if math.isfinite(moment_s):
                    at_ns = entry_ns - round(moment_s * NS_PER_S)
                stood = [look.times for look in looks[warned:] if look.now_ns <= at_ns]
                if stood and stood[-1] is not None:
                    found.append((moment_s, *((t - entry_ns) / NS_PER_S for t in stood[-1])))
    return found


def _entry_ns(truth: Truth, i: int, zone: Zone, rules: Rules) -> int | None:
    """When drone `i` is in the grown zone below the ceiling, to 10 ms; None where it never is."""
    corners, grown_m = np.array(zone.polygon_enu_m), rules.hazard_radius_m["drone"]

    def inside(t_ns: int) -> bool:
        (e, n, u), _ = truth.at(i, t_ns)
        low = u + (e * e + n * n) / (2.0 * EARTH_RADIUS_M) <= rules.drone_ceiling_m
        return bool(low and signed_distance(e, n, corners) <= grown_m)

    t_ns = truth.sample_t_ns[truth.samples(i)].tolist()
    first = next((k for k, t in enumerate(t_ns) if inside(t)), None)
    if first is None:
        return None
    before, after = t_ns[max(first - 1, 0)], t_ns[first]
    while after - before > NS_PER_S // 100:
        middle = (before + after) // 2
        before, after = (before, middle) if inside(middle) else (middle, after)
    return int(after)


def entry_table(name: str, found: Sequence[tuple[float, ...]]) -> Iterator[str]:
    """Markdown rows of the times of entry of `name`."""
    for moment_s in MOMENTS_S:
        off = np.array([q for m, *q in found if m == moment_s]).reshape(-1, 3)
        if not len(off):
            continue
        early, late = (off[:, 0] > 0.0).mean(), (off[:, 2] < 0.0).mean()
        p50, p90 = np.quantile(off[:, 2] - off[:, 0], (0.5, 0.9))
        when = f"{moment_s:.0f} s before" if math.isfinite(moment_s) else "first warning"
        yield (
            f"| {name} | {when} | {len(off)} | {1.0 - early - late:.2f} | {early:.2f} | {late:.2f} | "
            f"{p50:.1f}, {p90:.1f} | {np.median(off[:, 1]):+.1f} |"
        )


def _around(bearing_rad: float, r: float) -> tuple[float, float]:
    return r * math.sin(bearing_rad), r * math.cos(bearing_rad)


def _grid() -> Iterator[Rules]:
    for horizon in HORIZONS_S:
        for threshold in THRESHOLDS:
            yield Rules(drone_horizon_s=horizon, drone_warn_p=threshold)


def main() -> None:
    """Print the table, and perhaps write it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--flights", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-rcs", action="store_true", help="the radar tells no cross-section")
    parser.add_argument(
        "--grid", action="store_true", help="horizons and thresholds beside the default"
    )
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    rules = list(_grid()) if args.grid else [Rules()]
    found: list[list[float]] = [[] for _ in rules]
    late: list[str] = []
    ring: list[tuple[float, ...]] = []
    follower: list[tuple[float, ...]] = []
    for k in range(math.ceil(args.flights / AT_ONCE)):
        scene = world(args.seed + k)
        run = simulate(scene, args.seed + k)
        jury = heard(scene.site, run.messages, rules, not args.no_rcs)
        ring += entries(run.truth, scene.site, jury)
        more = leads(run.truth, scene.site, jury)
        found = [[*a, *b] for a, b in zip(found, more, strict=True)]
        slow = [
            f"- seed {args.seed + k}, d{i}: {lead:.1f} s; {_story(args.seed + k, i)}"
            for i, lead in enumerate(more[0])
            if not args.grid and lead < WANTED_S
        ]
        late += slow
        behind = scenario.load("friendly-return", seed=args.seed + k)
        jury = heard(behind.site, behind.messages(), [behind.site.rules], not args.no_rcs)
        follower += entries(behind.truth, behind.site, jury)
        print(*slow, sep="\n", end="", flush=True)
    told = "not told" if args.no_rcs else "told"
    lines = [
        f"{len(found[0])} flights from seed {args.seed}, cross-section {told}.", "",
        "| horizon s | threshold | warned | >= 60 s out | lead p1, p10, p50 s |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for r, lead in zip(rules, found, strict=True):
        s = np.array(lead)
        p = ", ".join(f"{x:.1f}" for x in np.quantile(s, (0.01, 0.1, 0.5), method="lower"))
        lines.append(
            f"| {r.drone_horizon_s:.0f} | {r.drone_warn_p:.2f} | {np.isfinite(s).mean():.3f} | "
            f"{(s >= WANTED_S).mean():.3f} | {p} |"
        )
    lines += ["", *late, ""]
    if not args.grid:  # there the first rules are not the default
        lines += [
            "Times of entry: how often the 5-95 % interval holds the true one.", "",
            "| drones | moment | cases | holds | entry earlier | later | width p50, p90 s | q50 - true s |",
            "|---|---|---|---|---|---|---|---|",
            *entry_table("ring", ring), *entry_table("friendly-return", follower), "",
        ]  # fmt: skip
    name = "drones-no-rcs" if args.no_rcs else "drones"
    tell(name, "One-way drones", lines, write=args.write)


def _story(seed: int, i: int) -> str:
    flight = world(seed).flights[i]
    bend = "" if len(flight.route) < 4 else " by a bend"
    speed = f"{flight.speed_mps:.0f} m/s" if flight.speed_mps else "its class's speed"
    return f"{flight.class_id} at {flight.route[0][2]:.0f} m{bend}, {speed}"


if __name__ == "__main__":
    main()
