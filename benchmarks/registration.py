"""What do biases of several radars cost, and what does registration win back?

    python benchmarks/registration.py [--seeds 1-10] [--workers 1] [--write]

A seed is one world: two or three radars some kilometres apart, perhaps six aircraft that cross for a minute
and more, or two surveyed reflectors in view as long, then a raid. Each is run three times, with the same
draws of everything else: radars without bias; with biases drawn by 3 mrad in azimuth and elevation, 20 m,
50 ms (one sigma, declared), and no registration; the same with registration. GOSPA (100 m, p = 2) is that
of the whole picture from the first launch on; impact points are judged at set ages after a round's first
plot.

An error that all clocks share moves no plot of one radar against another's. Only what tells UTC shows it:
aircraft that report themselves. Two kinds are laid: `adsb`, stamped as received, whose places are older than
told by 0.2 s (one sigma, each its own: DO-260B allows -0.2 to 0.4 s); and `utc`, which state a time sigma of
0.02 s and keep it, as a friendly drone does that stamps its own GNSS fix.
"""

from __future__ import annotations

import argparse
import math
import platform
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final, Literal

import msgspec
import numpy as np

from evidence import file_of, numbers, today, words
from rampart.domain.messages import Input, KnownTrack, Prediction, TrackUpdate
from rampart.domain.site import Reflector, Sensor, Site
from rampart.engine.engine import Engine
from rampart.engine.registration import RegistrationSettings
from rampart.engine.settings import EngineSettings
from rampart.metrics.consistency import coverage, nees
from rampart.metrics.identity import who_is_who
from rampart.metrics.ospa import Gospa, gospa
from rampart.metrics.paths import Paths
from rampart.metrics.truth import Truth
from rampart.sim.ballistic import ballistic
from rampart.sim.draws import stream
from rampart.sim.radar import Radar
from rampart.sim.simulate import simulate
from rampart.sim.world import Flight, RadarModel, Salvo, World

START_NS: Final = 1_646_164_800_000_000_000
AIRCRAFT: Final = (  # class, speed m/s, height m
    ("airliner", 220.0, 3000.0), ("airliner", 250.0, 2200.0), ("light_aircraft", 60.0, 700.0),
    ("light_aircraft", 70.0, 1100.0), ("uav_fixed_wing", 45.0, 400.0), ("helicopter", 60.0, 500.0),
)  # fmt: skip
CLASSES: Final = ("mortar_81", "mortar_120", "rocket_107", "rocket_122")
PLACES: Final = ((0.0, 0.0, 8.0), (2600.0, -900.0, 8.0), (-1400.0, 2300.0, 8.0))
QUIET_S: Final = 65.0
RAID_S: Final = 45.0
AGES_S: Final = (0.0, 2.0, 5.0, 8.0, 12.0)
STALE_S: Final = 1.5
Way = Literal["unbiased", "biased", "registered"]
WAYS: Final[tuple[Way, ...]] = ("unbiased", "biased", "registered")
ALL_SAID: Final = EngineSettings(prediction_row_s=0.0, settled_refresh_s=0.0)
NOTHING_LEARNT: Final = msgspec.structs.replace(
    ALL_SAID, registration=RegistrationSettings(per_look=0)
)


@dataclass(frozen=True, slots=True)
class Case:
    """`told`: the aircraft report themselves, in one of the kinds of `AGE_S`; `stands`: surveyed reflectors."""

    sensors: int
    aircraft: int
    told: Literal["", "adsb", "utc"] = ""
    stands: tuple[Reflector, ...] = ()

    @property
    def teaches(self) -> str:
        """What the radars may learn from."""
        aircraft = f"{self.aircraft} {self.told}".strip()
        return f"{aircraft}, {len(self.stands)} reflectors" if self.stands else aircraft


AGE_S: Final = {
    "adsb": 0.2,
    "utc": 0.02,
}  # one sigma of what the reports of one aircraft are late by
STANDS: Final = (
    Reflector(id="near", position_enu_m=(900.0, 1400.0, 60.0)),
    Reflector(id="far", position_enu_m=(-2500.0, 500.0, 90.0)),
)
CASES: Final = (
    Case(2, 6), Case(3, 6), Case(2, 6, "adsb"), Case(3, 6, "adsb"), Case(2, 6, "utc"), Case(3, 6, "utc"),
    Case(2, 0), Case(3, 0), Case(2, 0, stands=STANDS), Case(3, 0, stands=STANDS),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """One run: mean GOSPA, the same by the radars' own mean clock, its part of place alone, and what it would
    be if the clocks' mean were off by the bound (s) and nothing else; misses (n, 2) and covariances
    (n, 2, 2) of impacts, with the ages; error and covariance of all biases as the raid begins.
    """

    gospa_m: float
    clock_gospa_m: float
    place_m: float
    limit_m: float
    bound_s: float
    ages_s: np.ndarray
    misses: np.ndarray
    covs: np.ndarray
    bias_error: np.ndarray
    bias_cov: np.ndarray


def world(case: Case, way: Way, seed: int) -> World:
    """The world of one seed; nothing but the biases depends on `way`."""
    rng = stream(seed, "registration", "laying")
    biased = way != "unbiased"
    sensors = tuple(
        Sensor(
            id=f"r{i}", position_enu_m=PLACES[i], sigma_range_m=12.0, sigma_azimuth_rad=2.5e-3,
            sigma_elevation_rad=2.5e-3, sigma_range_rate_mps=1.5, scan_period_s=0.5 if i != 1 else 0.7,
            clutter_per_scan=10.0, bias_range_m=20.0 * biased, bias_azimuth_rad=3e-3 * biased,
            bias_elevation_rad=3e-3 * biased, bias_time_s=0.05 * biased,
        )
        for i in range(case.sensors)
    )  # fmt: skip
    quiet_s = QUIET_S if case.aircraft or case.stands else 5.0
    end_s = quiet_s + RAID_S
    flights = []
    for k in range(case.aircraft):
        class_id, speed, height = AIRCRAFT[k]
        heading, past = rng.uniform(0.0, 2.0 * math.pi), rng.uniform(-2500.0, 2500.0)
        along = np.array([math.sin(heading), math.cos(heading)])
        middle = past * np.array([along[1], -along[0]]) + rng.normal(0.0, 500.0, 2)
        reach = 0.5 * speed * end_s + 300.0
        ends = (middle - reach * along, middle + reach * along)
        flights.append(
            Flight(
                id=f"a{k}",
                class_id=class_id,
                route=tuple((float(x), float(y), height) for x, y in ends),
                at_s=0.0,
                hostile=False,
                speed_mps=speed,
                identified="adsb" if case.told else "",
            )
        )
    salvos = []
    for k, class_id in enumerate(CLASSES):
        side = rng.uniform(0.0, 2.0 * math.pi)
        reach = min(rng.uniform(0.5, 0.9) * ballistic(class_id).max_range_m.low, 12_000.0)
        salvos.append(
            Salvo(
                id=f"s{k}",
                classes=((class_id, 1.0),),
                aims_enu_m=(tuple(rng.uniform(-600.0, 600.0, 2)),),
                origin_enu_m=(reach * math.sin(side), reach * math.cos(side)),
                at_s=quiet_s + 2.0 * k,
                rounds=3,
                spacing_s=(1.0, 2.0),
                no_launch=0.0,
                short=0.0,
            )
        )
    return World(
        site=Site(name="registration", uuid="r", latitude_deg=34.5, longitude_deg=41.0, height_m=210.0,
                  sensors=sensors, reflectors=case.stands),
        start_ns=START_NS,
        duration_s=end_s,
        salvos=tuple(salvos),
        flights=tuple(flights),
        radars=tuple(
            RadarModel(sensor=s.id, detects_dbsm=-35.0, detects_range_m=12_000.0) for s in sensors
        ),
    )  # fmt: skip


def result(case: Case, way: Way, seed: int) -> Result:
    """One run, judged."""
    made = world(case, way, seed)
    run = simulate(made, seed)
    engine = Engine(made.site, ALL_SAID if way == "registered" else NOTHING_LEARNT, simulated=True)
    raid_ns = START_NS + round(1e9 * (made.duration_s - RAID_S))
    updates: list[TrackUpdate] = []
    said: dict[int, list[Prediction]] = {}
    found = None
    for message in told_late(run.messages, case, seed):
        if found is None and message.t_arrival_ns >= raid_ns:
            found = engine.registration.biases
            bias, cov = found.b.copy(), found.P.copy()
        for out in engine.receive(message):
            if isinstance(out, TrackUpdate) and out.status != "ended" and out.t_ns >= raid_ns:
                updates.append(out)
            elif isinstance(out, Prediction) and out.cov_m2 is not None:
                said.setdefault(out.track, []).append(out)
    radars = [Radar(sensor, made.radars[0], made.site, seed) for sensor in made.site.sensors]
    true = [
        (r.bias_range_m, r.bias_azimuth_rad, r.bias_elevation_rad, r.bias_time_s) for r in radars
    ]
    ages, misses, covs = _impacts(run.truth, updates, said)
    n = 4 * len(radars)
    error = bias[:n] - np.ravel(true)
    ahead_s = -float(error[3::4].mean())  # what no comparison of radars can show
    scored, by_clock = _gospa(run.truth, updates, 0.0), _gospa(run.truth, updates, ahead_s)
    bound_s = clock_bound_s(case, run.truth, seed)
    # the mean over a normal error of that sigma, by the Gauss-Hermite rule of three points
    off = [
        np.mean(_gospa(run.truth, updates, s * math.sqrt(3.0) * bound_s).distance) for s in (-1, 1)
    ]
    return Result(
        float(np.mean(scored.distance)), float(np.mean(by_clock.distance)),
        float(np.mean(np.sqrt(by_clock.localisation))),
        float((4.0 * np.mean(scored.distance) + sum(off)) / 6.0), bound_s,
        ages, misses, covs, error, cov[:n, :n],
    )  # fmt: skip


def clock_bound_s(case: Case, truth: Truth, seed: int) -> float:
    """Least sigma that anybody could have of the mean of the clocks when the raid begins (Bayesian Cramer-Rao):
    every look of the quiet time a plot, the aircraft's paths known exactly but for the age of their reports,
    and of aircraft that do not report nothing absolute at all."""
    made = world(case, "biased", seed)
    sensors, told = made.site.sensors, [i for i, name in enumerate(truth.ids) if name[0] == "a"]
    size = 4 * len(sensors) + len(told)
    prior = [s for sensor in sensors for s in sensor.bias_sigmas]
    prior += [AGE_S.get(case.told, math.inf)] * len(told)
    information = np.diag(np.array(prior) ** -2.0)
    for s, sensor in enumerate(sensors):
        noise = np.array(
            [sensor.sigma_range_m, sensor.sigma_azimuth_rad, sensor.sigma_elevation_rad]
        )
        t_ns = START_NS + np.round(
            1e9 * np.arange(0.0, made.duration_s - RAID_S, sensor.scan_period_s)
        )
        for a, i in enumerate(told if case.told else ()):
            inside = t_ns[(t_ns >= truth.t_launch_ns[i]) & (t_ns <= truth.t_end_ns[i])].astype(
                np.int64
            )
            for t in inside.tolist():
                p, v = (np.ravel(part) for part in truth.at(i, t))
                e, n, u = p - sensor.position_enu_m
                flat, r = math.hypot(e, n), math.sqrt(e * e + n * n + u * u)
                if r > sensor.range_max_m or math.atan2(u, flat) > sensor.elevation_max_rad:
                    continue
                G = np.array([[e / r, n / r, u / r], [n / flat**2, -e / flat**2, 0.0],
                              [-e * u / flat / r**2, -n * u / flat / r**2, flat / r**2]])  # fmt: skip
                H = np.zeros((3, size))
                H[:, 4 * s : 4 * s + 3] = np.eye(3)
                H[:, 4 * s + 3] = -G @ v
                H[:, 4 * len(sensors) + a] = G @ v
                H /= noise[:, None]
                information += H.T @ H
    told_size = size if case.told else 4 * len(sensors)
    clocks = np.zeros(told_size)
    clocks[3 : 4 * len(sensors) : 4] = 1.0 / len(sensors)
    return math.sqrt(clocks @ np.linalg.solve(information[:told_size, :told_size], clocks))


def told_late(messages: tuple[Input, ...], case: Case, seed: int) -> Iterator[Input]:
    """The messages, with the reports of each aircraft as late, and as sure of their time, as their kind."""
    for message in messages:
        if not isinstance(message, KnownTrack):
            yield message
            continue
        age_s = AGE_S[case.told] * stream(seed, message.ident, "age").normal()
        yield msgspec.structs.replace(
            message,
            t_event_ns=message.t_event_ns + round(1e9 * age_s),
            sigma_time_s=AGE_S["utc"] if case.told == "utc" else None,
        )


def _gospa(truth: Truth, updates: list[TrackUpdate], clock_s: float) -> Gospa:
    """The score of `updates`, whose clock runs `clock_s` ahead."""
    ahead_ns = round(1e9 * clock_s)
    times = sorted({u.t_ns for u in updates})
    rows = [
        (i, (t - START_NS) / 1e9, *np.ravel(truth.at(i, t - ahead_ns)))
        for t in times
        for i in range(len(truth))
        if truth.t_launch_ns[i] <= t - ahead_ns <= truth.t_end_ns[i]
    ]
    tracks = [(u.track, (u.t_ns - START_NS) / 1e9, *u.state_enu) for u in updates]

    def paths(table: list[tuple[float, ...]]) -> Paths:
        columns = np.array(table)
        return Paths.of(columns[:, 0].astype(int), columns[:, 1], columns[:, 2:5], columns[:, 5:8])

    return gospa(paths(rows), paths(tracks))


def _impacts(
    truth: Truth, updates: list[TrackUpdate], said: dict[int, list[Prediction]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ages (n,), misses (n, 2) and covariances (n, 2, 2) of what was said of landings at the set ages."""
    found: list[tuple[float, np.ndarray, list[list[float]]]] = []
    for track, i in who_is_who(truth, updates, set(said)).items():
        if not truth.lands(i):
            continue
        for age_s in AGES_S:
            first = said[track][0]
            # age 0: the very first thing that was said
            at_ns = first.t_ns if age_s == 0.0 else first.t_first_ns + round(age_s * 1e9)
            past = [p for p in said[track] if p.t_ns <= at_ns]
            if at_ns < truth.t_impact_ns[i] and past and at_ns - past[-1].t_ns <= STALE_S * 1e9:
                xx, xy, yy = past[-1].cov_m2
                miss = np.array(past[-1].impact_enu_m[:2]) - truth.impact_enu_m[i, :2]
                found.append((age_s, miss, [[xx, xy], [xy, yy]]))
    if not found:
        return np.empty(0), np.empty((0, 2)), np.empty((0, 2, 2))
    ages, misses, covs = zip(*found, strict=True)
    return np.array(ages), np.array(misses), np.array(covs)


HEADER: Final = (
    "| radars | aircraft | way | GOSPA m | to unbiased | limit | by own clock | place only | impacts | 50 % "
    "| 90 % | 99 % | NEES/2 | 90 % by age "
    + " ".join(f"{a:g}" for a in AGES_S)
    + " s | median miss m | bias NEES | clocks' mean off, said, bound ms |",
    "|" + "---|" * 17,
)


COLUMNS: Final = (
    "Columns: mean of GOSPA over the raid; mean ratio to the unbiased run of the same seed with its 95 %",
    "half width; the limit of that ratio: the unbiased run, judged by a clock that is off by the bound of the",
    "last column and by nothing else; the ratio where the truth is read by the radars' own mean clock; of that",
    "the part of place alone; impact points judged; share inside the ellipses that claim 50, 90, 99 %; NEES/2;",
    "the 90 % share by age (0: the first prediction); median miss; NEES of all biases when the raid begins, by",
    "component (1 is right; without aircraft it judges the priors); the mean of the radars' clocks then: root",
    "mean square error, sigma that the engine states, and the least sigma that anybody could have.",
    "",
    "An error that all clocks share moves no radar's plots against another's: no comparison of radars shows",
    "it, however many aircraft they see in common. n clocks that are each off by 50 ms have a mean that is off",
    "by 50 ms / sqrt(n), 35 ms of two and 29 ms of three: at 250 m/s 9 m and 7 m along the way of every round.",
    "It tells where an object was some milliseconds ago and moves no impact point; it stands in the ratio to",
    "the unbiased run, not in that by the own clock. Who tells UTC shows it, as well as his own reports are",
    "in time: the least of the last column says how well that can be. Where the clocks of these seeds happened",
    "to be off by more or less than their sigma, so is the ratio beside its limit. What stands tells no clock:",
    "with reflectors alone the clocks' errors against each other remain, also by the own clock.",
)


def _mean(ratio: np.ndarray) -> str:
    """The mean with its 95 % half width."""
    half = 1.96 * ratio.std(ddof=1) / math.sqrt(len(ratio)) if len(ratio) > 1 else math.nan
    return f"{ratio.mean():.3f} ± {half:.3f}"


def _clocks(run: Result) -> tuple[float, float]:
    """What the mean of the clocks was off by as the raid began, and the sigma that the engine stated, s."""
    n = len(run.bias_error) // 4
    mean = np.tile([0.0, 0.0, 0.0, 1.0 / n], n)
    return float(mean @ run.bias_error), math.sqrt(mean @ run.bias_cov @ mean)


def lines(case: Case, results: dict[Way, list[Result]]) -> list[str]:
    """The rows of one case."""
    found = []
    base = np.array([r.gospa_m for r in results["unbiased"]])
    place = np.array([r.place_m for r in results["unbiased"]])
    for way in WAYS:
        some = results[way]
        mean = np.array([r.gospa_m for r in some])
        by_clock = np.array([r.clock_gospa_m for r in some])
        placed = np.array([r.place_m for r in some]) / place
        ages = np.concatenate([r.ages_s for r in some])
        misses = np.concatenate([r.misses for r in some])
        covs = np.concatenate([r.covs for r in some])
        shares = " | ".join(f"{c.share:.2f}" for c in coverage(misses, covs))
        by_age = " ".join(
            f"{coverage(misses[ages == a], covs[ages == a])[1].share:.2f}" for a in AGES_S
        )
        told = clock = limit = ""
        if way == "unbiased":
            limit = f"{np.mean([r.limit_m for r in some] / base):.3f}"
        if way == "registered":
            values = [
                nees(r.bias_error[None], r.bias_cov[None])[0] / len(r.bias_error) for r in some
            ]
            told = f"{np.mean(values):.2f}"
            off, said = np.array([_clocks(r) for r in some]).T
            rms = [1e3 * math.sqrt(np.mean(np.square(x))) for x in (off, said)]
            clock = f"{rms[0]:.0f} {rms[1]:.0f} {1e3 * np.mean([r.bound_s for r in some]):.0f}"
        found.append(
            f"| {case.sensors} | {case.teaches} | {way} | {mean.mean():.1f} "
            f"| {_mean(mean / base)} | {limit} | {_mean(by_clock / base)} | {placed.mean():.3f} "
            f"| {len(misses)} | {shares} | {nees(misses, covs).mean() / 2:.2f} | {by_age} "
            f"| {np.median(np.linalg.norm(misses, axis=1)):.0f} | {told} | {clock} |"
        )
    return found


def main() -> None:
    """Run, print, and perhaps write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=numbers, default="1-10", help="one, or first-last")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--cases", type=numbers, default="0-9", help="one, or first-last, of the ten cases"
    )
    parser.add_argument("--write", action="store_true", help="into docs/evidence")
    options = parser.parse_args()
    seeds = options.seeds
    table = list(HEADER)
    print("\n".join(table), flush=True)
    with ProcessPoolExecutor(options.workers) as pool:
        for case in (case for c, case in enumerate(CASES) if c in options.cases):
            results = {
                way: list(pool.map(result, [case] * len(seeds), [way] * len(seeds), seeds))
                for way in WAYS
            }
            rows = lines(case, results)
            print("\n".join(rows), flush=True)
            table += rows
    if options.write:
        write(table, words(seeds))


def write(table: list[str], seeds: str) -> None:
    """The dated table, with how it was made."""
    title, _, rest = (__doc__ or "").partition("\n\n")
    text = "\n".join(
        [
            f"# Registration, {today()}", "", title, "", *rest.strip().splitlines(), "",
            f"Made by `python benchmarks/registration.py --seeds {seeds} --write` with Python "
            f"{platform.python_version()}.", "",
            *COLUMNS, "",
            *table, "",
        ]
    )  # fmt: skip
    file_of("registration").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
