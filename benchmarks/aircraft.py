"""Real aircraft before a simulated radar: are they tracked whole, and is nobody warned of them?

    python benchmarks/aircraft.py [--flights 120] [--seed 1] [--no-rcs] [--write]

The flights of `real_flights.py` are moved onto the site of `quiet-day` (its radar, its three zones), six to
a run of ten minutes: each so that a point of it, drawn among those at least 30 m above its ground, stands
beside the zones (1 to 8 km off) or over them (within 800 m) at an instant of its own; its height above its
ground is kept. Between reports the path is the smoothing spline of `path_of`; a silence of more than 30 s
stays a gap, and so does a piece where the path departs from the velocity that the aircraft itself tells: it
is then nowhere. The project's own simulated radar sees it.

Judged are the stretches of at least 20 s in which the radar can see an aircraft: in its coverage, and near
enough to be detected with the probability that the radar declares. Completeness: share of half-seconds,
from the first of a stretch on, in which a confirmed track within 300 m follows the aircraft. One track:
exactly one track number followed it through the stretch. An aircraft has one track when each stretch of
it has.
Each run is made twice: without and with the aircraft's own reports as known traffic, at the times, with the
position errors and latencies of the recording plus 0.1 to 0.4 s for the way to us.
"""

from __future__ import annotations

import argparse
import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.interpolate import make_smoothing_spline

from evidence import tell
from rampart import scenario
from rampart.domain.frames import enu_from_geodetic, geodetic_from_enu
from rampart.domain.messages import Input, KnownTrack, TrackUpdate, ZoneState
from rampart.domain.site import Site
from rampart.domain.time import NS_PER_S, ns_from_seconds
from rampart.engine.engine import Engine
from rampart.kernels.geometry import signed_distance
from rampart.metrics.association import associate
from rampart.metrics.identity import who_is_who
from rampart.metrics.paths import Paths, Scans
from rampart.metrics.truth import Truth
from rampart.sim import path as sim_path
from rampart.sim.draws import stream
from rampart.sim.radar import Radar, Target
from rampart.sim.simulate import Flown, rcs_dbsm, simulate
from rampart.sim.world import World
from real_flights import Points, Recorded, recorded_flights
from untold import CROSS_SECTION, untold

Array = npt.NDArray[np.float64]

DATA: Final = Path(__file__).resolve().parents[2] / "shared" / "data"
PLACE: Final = "quiet-day"
AT_ONCE: Final = 6
RUN_S: Final = 600.0
STEP_S: Final = 0.5
GAP_S: Final = 30.0
LEG_S: Final = 60.0  # shorter pieces between two gaps are left out
FAR_M: Final = 21_000.0  # the radar's range and a little
SIGMA_M: Final = 15.0  # of a reported position
Q_M2PS3: Final = 50.0  # gliders and helicopters turn tightly
AIRLINER_MPS2: Final = 6.0  # g tan 31 deg
OTHERS_MPS2: Final = 10.0  # g tan 45 deg
AIRBORNE_M: Final = 30.0
APART_M: Final = (500.0, 150.0)  # real aircraft keep apart, in the plan or in height
STRETCH_S: Final = 20.0
WITHIN_M: Final = 300.0
NEAR_M: Final = 1_000.0
ALARMS: Final = ("warn", "impact", "pending")


@dataclass(slots=True)
class Seen:
    """What came of one flight. `split`: (seconds from, to, track numbers) of each stretch with other than one;
    `worst`: the loudest phase of a zone in which it took part."""

    id: str
    kind: str
    gap_m: float  # from its path, as the radar can see it, to the nearest zone
    rows: int = 0
    tracked: int = 0
    stretches: int = 0
    split: list[tuple[float, float, tuple[int, ...]]] = field(default_factory=list)
    worst: dict[bool, str] = field(default_factory=dict)  # by: known traffic told

    def line(self) -> str:
        """What went wrong with it, as a line of Markdown."""
        splits = ", ".join(f"{a:.0f}-{b:.0f} s {len(ids)} tracks" for a, b, ids in self.split)
        told = {False: "", True: " with known traffic told"}
        louder = ", ".join(f"{phase}{told[known]}" for known, phase in self.worst.items())
        return f"- {self.id} ({self.kind}): {self.tracked / self.rows:.0%} tracked; " + "; ".join(
            filter(None, (splits, louder))
        )


@dataclass(frozen=True, slots=True)
class Staged:
    """One flight on the site: where it flew, from one silence to the next, and what it told."""

    flight: Recorded
    legs: tuple[Flown, ...]
    reports: tuple[KnownTrack, ...]


# --------------------------------------------------------------------------------- the flights
def path_of(t_s: Array, xyz: Array, bank_mps2: float) -> sim_path.Path:
    """The path through reported points, sampled every half-second, by a cubic smoothing spline.

    It is the mean of a motion with white acceleration of density q, seen with errors of sigma, for which
    the penalty is lambda = sigma²/q (Wahba 1978); sigma 15 m, q 50 m²/s³. Where stamps lie (they are rounded,
    and positions are told late), that asks for a flight that nobody can fly: then lambda is doubled until
    the path asks for no more than `bank_mps2`.
    """
    at = np.arange(math.ceil(t_s[0] / STEP_S), math.floor(t_s[-1] / STEP_S) + 1) * STEP_S
    penalty = SIGMA_M**2 / Q_M2PS3
    while True:
        spline = make_smoothing_spline(t_s, xyz, lam=penalty)
        if np.linalg.norm(spline.derivative(2)(at), axis=1).max() <= bank_mps2:
            return sim_path.Path(at, spline(at), spline.derivative()(at))
        penalty *= 2.0


def stage(flight: Recorded, at_s: float, world: World, seed: int) -> Staged | None:
    """`flight` on the world's site, the drawn point of it `at_s` after the start; None if nothing is left."""
    rng, points, site = stream(seed, flight.id, "stage"), flight.points, world.site
    aloft = np.flatnonzero(points["height_m"] > flight.ground_m + AIRBORNE_M)
    if not len(aloft):
        return None
    chosen = points[rng.choice(aloft)]
    bearing, over = rng.uniform(0.0, 2.0 * math.pi), rng.random() < 0.5
    off_m = rng.uniform(0.0, 800.0) if over else rng.uniform(1_000.0, 8_000.0)
    off = (off_m * math.sin(bearing), off_m * math.cos(bearing))
    # the place on earth from which the drawn point is seen where the site's origin shall see it
    there = msgspec.structs.replace(
        site,
        latitude_deg=float(chosen["latitude_deg"]),
        longitude_deg=float(chosen["longitude_deg"]),
    )
    lat, lon, _ = geodetic_from_enu((-off[0], -off[1], 0.0), there)
    there = msgspec.structs.replace(there, latitude_deg=float(lat), longitude_deg=float(lon))
    t_s = points["t_s"] - chosen["t_s"] + at_s
    told_s = points["told_s"] - chosen["t_s"] + at_s
    xyz = enu_from_geodetic(
        points["latitude_deg"], points["longitude_deg"],
        points["height_m"] - flight.ground_m + site.height_m, there,
    )  # fmt: skip
    near = (np.hypot(xyz[:, 0], xyz[:, 1]) < FAR_M) & (t_s > 0.0) & (t_s < world.duration_s)
    here = _unbroken(near, int(np.flatnonzero(t_s == at_s)[0]))
    legs = []
    for rows in np.split(here, np.flatnonzero(np.diff(t_s[here]) > GAP_S) + 1):
        if len(rows) < 5 or t_s[rows[-1]] - t_s[rows[0]] < LEG_S:
            continue
        path = path_of(
            t_s[rows], xyz[rows], AIRLINER_MPS2 if flight.kind == "airliner" else OTHERS_MPS2
        )
        for part in _trusted(path, t_s[rows], points[rows]):
            legs.append(Flown(f"{flight.id}#{len(legs)}", flight.class_id, part))
    if not legs:
        return None
    reports = tuple(_reports(flight, points[here], xyz[here], t_s[here], told_s[here], world, rng))
    return Staged(flight, tuple(legs), reports)


def _trusted(path: sim_path.Path, t_s: Array, points: Points) -> Iterator[sim_path.Path]:
    """The parts of a path about reports whose own velocity agrees with it: elsewhere the reports are too
    few to show how it turned."""
    told = _velocity(points)[:, :2]
    differs = np.linalg.norm(path.at(t_s)[1][:, :2] - told, axis=1)
    doubtful = differs > np.linalg.norm(told, axis=1) / 3.0 + 5.0  # never where none is told
    nearest = np.abs(path.t_s[:, None] - t_s).argmin(axis=1)
    good = np.flatnonzero(~doubtful[nearest])
    for rows in np.split(good, np.flatnonzero(np.diff(good) > 1) + 1):
        if len(rows) * STEP_S >= LEG_S:
            yield sim_path.Path(path.t_s[rows], path.xyz_enu_m[rows], path.velocity_enu_mps[rows])


def _velocity(points: Points) -> Array:
    """East, north, up (n, 3) as told; nan where it is not."""
    speed, heading = points["speed_mps"], points["heading_rad"]
    return np.stack([speed * np.sin(heading), speed * np.cos(heading), points["climb_mps"]], axis=1)


def _unbroken(near: npt.NDArray[np.bool_], around: int) -> npt.NDArray[np.int64]:
    """Indices of the run of True around one of them; empty where that is False."""
    away = np.flatnonzero(~near)
    i = int(np.searchsorted(away, around))
    low = away[i - 1] + 1 if i else 0
    high = away[i] if i < len(away) else len(near)
    return np.arange(low, high)


def _reports(
    flight: Recorded, points: Points, xyz: Array, t_s: Array, told_s: Array, world: World,
    rng: np.random.Generator,
) -> Iterator[KnownTrack]:  # fmt: skip
    """Each report as the feed would bring it."""
    places = geodetic_from_enu(xyz, world.site)
    for p, (lat, lon, height), was_s, tells_s in zip(points, places, t_s, told_s, strict=True):
        speed, heading, climb = (
            float(p[name]) for name in ("speed_mps", "heading_rad", "climb_mps")
        )
        v = (speed * math.sin(heading), speed * math.cos(heading), climb)
        yield KnownTrack(
            source="adsb", ident=flight.id,
            t_event_ns=world.start_ns + ns_from_seconds(float(was_s)),
            t_arrival_ns=world.start_ns + ns_from_seconds(float(tells_s + rng.uniform(0.1, 0.4))),
            latitude_deg=lat, longitude_deg=lon, height_m=height,
            velocity_enu_mps=tuple(v) if all(map(math.isfinite, v)) else None,
        )  # fmt: skip


def staged(flights: Sequence[Recorded], world: World, seed: int) -> list[Staged]:
    """The flights of one run, each passing at an instant of its own; one that would come closer to
    another than aircraft do is left out."""
    chosen: list[Staged] = []
    for i, flight in enumerate(flights):
        one = stage(flight, (i + 0.5) * world.duration_s / len(flights), world, seed)
        if one is not None and not any(
            _collide(a, b) for c in chosen for a in c.legs for b in one.legs
        ):
            chosen.append(one)
    return chosen


def _collide(a: Flown, b: Flown) -> bool:
    low, high = max(a.path.start_s, b.path.start_s), min(a.path.end_s, b.path.end_s)
    if high <= low:
        return False
    t_s = np.arange(low, high, STEP_S)
    away = a.path.at(t_s)[0] - b.path.at(t_s)[0]
    plan_m, height_m = APART_M
    return bool(
        np.any((np.hypot(away[:, 0], away[:, 1]) < plan_m) & (np.abs(away[:, 2]) < height_m))
    )


# ---------------------------------------------------------------------------------- the judging
def judged(flights: Sequence[Recorded], seed: int, told: bool = True) -> list[Seen]:
    """One run of these flights; `told`: the radar tells cross-sections."""
    base = scenario.load(PLACE).world
    world = msgspec.structs.replace(base, duration_s=RUN_S, traffic=())
    on_site = staged(flights, world, seed)
    flown = [leg for one in on_site for leg in one.legs]
    run = simulate(world, seed, flown)
    messages = list(untold(run.messages, () if told else CROSS_SECTION))
    reports = [report for one in on_site for report in one.reports]
    seen = {one.flight.id: Seen(one.flight.id, one.flight.kind, math.inf) for one in on_site}
    for known in (False, True):
        feed = sorted([*messages, *reports] if known else messages, key=lambda m: m.t_arrival_ns)
        updates, zones = _heard(world.site, feed)
        if not known:
            _follow(seen, flown, updates, world, seed)
        _alarmed(seen, run.truth, updates, zones, known)
    return [s for s in seen.values() if s.rows]


def _heard(site: Site, messages: Iterable[Input]) -> tuple[list[TrackUpdate], list[ZoneState]]:
    engine = Engine(site, simulated=True)
    updates: list[TrackUpdate] = []
    zones: list[ZoneState] = []
    for message in messages:
        for out in engine.receive(message):
            if isinstance(out, TrackUpdate) and out.status != "ended":
                updates.append(out)
            elif isinstance(out, ZoneState):
                zones.append(out)
    return updates, zones


def _follow(
    seen: dict[str, Seen],
    flown: Sequence[Flown],
    updates: Sequence[TrackUpdate],
    world: World,
    seed: int,
) -> None:
    """Writes into `seen` how each stretch was tracked."""
    radar = Radar(world.site.sensors[0], world.radars[0], world.site, seed)
    corners = [np.array(zone.polygon_enu_m) for zone in world.site.zones]
    names, times, places = [], [], []
    for leg in flown:
        target = Target(leg.id, leg.path, rcs_dbsm(leg, seed))
        visible = np.flatnonzero(radar.sees(target, leg.path.t_s))
        flight = seen[leg.id.split("#")[0]]
        for rows in np.split(visible, np.flatnonzero(np.diff(visible) > 1) + 1):
            if len(rows) < STRETCH_S / STEP_S:
                continue
            xyz = leg.path.xyz_enu_m[rows]
            gaps = (max(signed_distance(e, n, c), 0.0) for e, n, _ in xyz for c in corners)
            flight.gap_m = min(flight.gap_m, *gaps)
            names += [f"{leg.id}#{flight.stretches}"] * len(rows)
            flight.stretches += 1
            flight.rows += len(rows)
            times.append(leg.path.t_s[rows])
            places.append(xyz)
    if not names:
        return
    flights = Paths.of(names, np.concatenate(times), np.concatenate(places))
    told_s = [(u.t_ns - world.start_ns) / NS_PER_S for u in updates]
    tracks = Paths.of(
        [str(u.track) for u in updates],
        told_s,
        [u.state_enu[:3] for u in updates] or np.empty((0, 3)),
    )
    scans = Scans.of(flights, tracks)
    followed: list[set[int]] = [set() for _ in range(len(flights))]
    covered = np.zeros((len(flights), len(scans.times_s)), bool)
    for a in associate(flights, tracks, scans, within_m=WITHIN_M):
        followed[a.truth].add(int(tracks.names[a.track]))
        covered[a.truth, a.first : a.last + 1] = True
    for i, name in enumerate(flights.names):
        flight = seen[name.split("#")[0]]
        rows = flights.rows(i)
        flight.tracked += int(covered[i, scans.truth_scan[rows]].sum())
        if len(followed[i]) != 1:
            span = flights.times_s[rows][[0, -1]]
            flight.split.append((float(span[0]), float(span[1]), tuple(sorted(followed[i]))))


def _alarmed(
    seen: dict[str, Seen], truth: Truth, updates: Sequence[TrackUpdate], zones: Sequence[ZoneState],
    known: bool,
) -> None:  # fmt: skip
    """Writes into `seen` the loudest phase that each flight caused."""
    members = {track for row in zones for track in row.tracks}
    who = who_is_who(truth, updates, members)
    for row in zones:
        phase = "warn" if row.phase in ALARMS else row.phase
        for i in {who[track] for track in row.tracks if track in who}:
            flight = seen[truth.ids[i].split("#")[0]]
            if phase == "warn" or (phase == "watch" and flight.worst.get(known) != "warn"):
                flight.worst[known] = phase


# ------------------------------------------------------------------------------------ the table
def sample(data: Path, count: int | None, seed: int) -> list[list[Recorded]]:
    """`count` flights (None: all) in seeded order, in groups for one run; every kind is among them."""
    rng = stream(seed, "aircraft", "sample")
    flights = recorded_flights(data)
    flights = [flights[i] for i in rng.permutation(len(flights))]
    # the n-th of each kind, then the next: no kind crowds out another in a small sample
    turn: Counter[str] = Counter()
    rank = []
    for flight in flights:
        rank.append(turn[flight.kind])
        turn[flight.kind] += 1
    flights = [flights[i] for i in np.argsort(rank, kind="stable")][:count]
    flights = [flights[i] for i in rng.permutation(len(flights))]
    return [flights[i : i + AT_ONCE] for i in range(0, len(flights), AT_ONCE)]


def table(seen: Sequence[Seen]) -> list[str]:
    """The figures by kind, as Markdown."""
    head = ("kind", "flights", "seen h", "within 1 km", "completeness", "one track",
            "watch / warn", "watch / warn, known traffic told")  # fmt: skip
    kinds = sorted({s.kind for s in seen})
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for kind in [*kinds, "**all**"]:
        mine = [s for s in seen if kind in (s.kind, "**all**")]
        rows = sum(s.rows for s in mine)
        worst = {known: Counter(s.worst.get(known, "") for s in mine) for known in (False, True)}
        lines.append(
            f"| {kind} | {len(mine)} | {rows * STEP_S / 3600:.2f} | "
            f"{np.mean([s.gap_m <= NEAR_M for s in mine]):.0%} | "
            f"{sum(s.tracked for s in mine) / rows:.3f} | {np.mean([not s.split for s in mine]):.1%} | "
            f"{worst[False]['watch']} / {worst[False]['warn']} | "
            f"{worst[True]['watch']} / {worst[True]['warn']} |"
        )
    return lines


def main() -> None:
    """Run, print, and perhaps write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--flights", type=int, default=None, help="how many (default: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-rcs", action="store_true", help="the radar tells no cross-section")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    data = Path(os.environ.get("RAMPART_TEST_DATA", DATA))
    seen: list[Seen] = []
    for k, group in enumerate(sample(data, args.flights, args.seed)):
        seen += judged(group, args.seed + k, not args.no_rcs)
    words = f"seed {args.seed}, cross-section {'not told' if args.no_rcs else 'told'}"
    lines = [
        f"{words}.",
        "",
        *table(seen),
        "",
    ]
    lines += [s.line() for s in seen if s.split or s.tracked < 0.9 * s.rows or s.worst]
    tell("aircraft", "Real aircraft before a simulated radar", lines, write=args.write)


if __name__ == "__main__":
    main()
