"""Does the classifier mean what it says? Calibration of family and calibre on simulated flights.

    python benchmarks/classifier.py [--seeds 1-40] [--workers 2] [--write]

A seed is one world: one flight of each class of the simulator, rounds one after the other from sides far
apart and powered things in their patterns or straight at the base, seen by a weapon-locating radar (even
seeds) or a rotating one (odd). Noise and bias of the radar, wind, drag curve and drag of each round are
drawn wider than the engine assumes. The real engine with its own settings tracks and names them; each track
is judged at set ages after its first plot, where its flight lasts.

Flights count as often as the class table expects them: falling and flying things half each, within
each half by the table's priors. The same figures with every class counted alike stand below.
ECE: ten equal bins of the largest probability, |share right - mean said|, weighted. Brier: sum of squares
over the six families, 0 to 2.
"""

from __future__ import annotations

import argparse
import math
import platform
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from evidence import numbers, tell, words
from rampart.domain.messages import TrackUpdate
from rampart.domain.site import Sensor, Site, Wind
from rampart.domain.time import NS_PER_S
from rampart.domain.values import POSTERIOR
from rampart.engine.classes import FLYERS, ROUNDS
from rampart.engine.engine import Engine
from rampart.metrics.identity import who_is_who
from rampart.sim.ballistic import ballistic
from rampart.sim.classes import flying_class
from rampart.sim.draws import stream
from rampart.sim.simulate import simulate
from rampart.sim.world import Air, Flight, RadarModel, Salvo, Traffic, World

START_NS: Final = 1_646_164_800_000_000_000
AGES_S: Final = (2.0, 5.0, 10.0, 20.0, 40.0)
STALE_S: Final = 1.0  # an update this much later than an age is not judged at it
FARTHEST_M: Final = 14_000.0
SPACING_S: Final = 7.0

_FALLING: Final = {
    "mortar_60": "mortar_60", "mortar_81": "mortar_81", "mortar_82": "mortar_82",
    "mortar_120": "mortar_120", "rocket_107": "rocket_107", "rocket_122": "rocket_122",
    "rocket_240": "rocket_240", "gun_155": "gun_155", "unknown": "ballistic_unknown",
}  # fmt: skip
_STRAIGHT: Final = {
    "owa_drone": "owa_drone", "owa_drone_large": "owa_drone", "owa_drone_small": "owa_drone",
    "uav_fixed_wing": "owa_drone", "quadcopter": "quadcopter",
}  # fmt: skip
_PATTERNS: Final = {
    "quadcopter": ("quadcopter", 3_000.0), "bird": ("bird", 4_000.0),
    "glider": ("glider", 6_000.0), "helicopter": ("helicopter", 8_000.0),
    "light_aircraft": ("light_aircraft", 9_000.0), "airliner": ("airliner", 15_000.0),
    "clutter_patch": ("clutter_patch", 3_000.0),
}  # fmt: skip
_NAMED: Final = {**_FALLING, **_STRAIGHT, **{k: name for k, (name, _) in _PATTERNS.items()}}
"""Name in the engine's table of each of the simulator's classes."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One track at one age: what flew, and what was said of it."""

    class_id: str
    age_s: float
    p_family: tuple[float, ...]
    word: str
    classes: dict[str, float]

    @property
    def family(self) -> int:
        """The right column of `p_family`."""
        word = flying_class(self.class_id).family
        return POSTERIOR.index(word) if word in POSTERIOR else POSTERIOR.index("other")


def world(seed: int) -> World:
    """One flight of each class."""
    rng = stream(seed, "classifier", "laying")
    sides = rng.uniform(0.0, 2.0 * math.pi) + rng.permutation(len(_FALLING)) * 2.0 * math.pi / len(
        _FALLING
    )
    salvos = []
    for i, class_id in enumerate(_FALLING):
        reach_m = min(rng.uniform(0.3, 0.95) * ballistic(class_id).max_range_m.low, FARTHEST_M)
        salvos.append(
            Salvo(
                id=f"fall {class_id}", classes=((class_id, 1.0),),
                origin_enu_m=(reach_m * math.sin(sides[i]), reach_m * math.cos(sides[i])),
                aims_enu_m=(tuple(rng.uniform(-700.0, 700.0, 2)),),
                at_s=3.0 + SPACING_S * i, no_launch=0.0,
            )
        )  # fmt: skip
    flights = []
    for class_id in _STRAIGHT:
        side, height = rng.uniform(0.0, 2.0 * math.pi), rng.uniform(50.0, 400.0)
        begin = rng.uniform(1_200.0, 3_000.0) if class_id == "quadcopter" else rng.uniform(4e3, 9e3)
        aim = rng.uniform(-500.0, 500.0, 2)
        flights.append(
            Flight(
                id=f"at {class_id}", class_id=class_id, at_s=float(rng.uniform(0.0, 20.0)),
                hostile=True,
                route=((begin * math.sin(side), begin * math.cos(side), height),
                       (float(aim[0]), float(aim[1]), height)),
            )
        )  # fmt: skip
    traffic = [
        Traffic(id=f"left {class_id}", class_id=class_id, count=1, radius_m=radius_m)
        for class_id, (_, radius_m) in _PATTERNS.items()
    ]
    noise, bias = float(rng.uniform(0.8, 1.3)), float(rng.uniform(0.5, 2.0))
    if seed % 2 == 0:
        radar = Sensor(
            id="radar", position_enu_m=(0.0, -50.0, 8.0), sigma_range_m=10.0, sigma_azimuth_rad=2e-3,
            sigma_elevation_rad=2e-3, sigma_range_rate_mps=1.0, scan_period_s=0.5,
            clutter_per_scan=10.0, bias_range_m=5.0, bias_azimuth_rad=5e-4, bias_elevation_rad=5e-4,
        )  # fmt: skip
        model = RadarModel(
            sensor="radar", detects_range_m=10_000.0, noise_factor=noise, bias_factor=bias
        )
    else:
        radar = Sensor(
            id="radar", position_enu_m=(0.0, -50.0, 12.0), sigma_range_m=20.0,
            sigma_azimuth_rad=3e-3, sigma_elevation_rad=3e-3, sigma_range_rate_mps=1.5,
            scan_period_s=1.0, clutter_per_scan=10.0, bias_range_m=5.0, bias_azimuth_rad=5e-4,
            bias_elevation_rad=5e-4,
        )  # fmt: skip
        model = RadarModel(
            sensor="radar", motion="rotating", detects_dbsm=-20.0, detects_range_m=10_000.0,
            noise_factor=noise, bias_factor=bias,
        )  # fmt: skip
    return World(
        site=Site(name="classifier", uuid="c", latitude_deg=34.5, longitude_deg=41.0,
                  height_m=210.0, sensors=(radar,)),
        start_ns=START_NS,
        duration_s=SPACING_S * len(_FALLING) + 90.0,
        salvos=tuple(salvos), flights=tuple(flights), traffic=tuple(traffic),
        air=Air(wind=(Wind(0.0, 2.0, 2.0), Wind(4000.0, 14.0, 3.0))),
        radars=(model,),
    )  # fmt: skip


def samples(seed: int) -> list[Sample]:
    """What the engine said of one world's flights at each age."""
    made = world(seed)
    run = simulate(made, seed)
    engine = Engine(made.site, simulated=True)
    judged: set[tuple[int, float]] = set()
    found = []
    for message in run.messages:
        for out in engine.receive(message):
            if not isinstance(out, TrackUpdate) or out.status == "ended":
                continue
            old_s = (out.t_ns - out.t_first_ns) / NS_PER_S
            for age_s in AGES_S:
                if (out.track, age_s) in judged or not age_s <= old_s <= age_s + STALE_S:
                    continue
                judged.add((out.track, age_s))
                flown = who_is_who(run.truth, [out], {out.track}).get(out.track)
                if flown is not None:
                    class_id = run.truth.classes[flown]
                    found.append(Sample(class_id, age_s, out.p_family, out.family, out.classes))
    return found


def expected(found: Sequence[Sample]) -> npt.NDArray[np.float64]:
    """Weight of each sample so that the classes come as often as the engine's table expects."""
    share: dict[str, float] = {}
    for table in (ROUNDS, FLYERS):
        flown = {name: row.prior for name, row in table.items() if name in _NAMED.values()}
        share |= {name: 0.5 * prior / sum(flown.values()) for name, prior in flown.items()}
    return _each(found, lambda s: _NAMED[s.class_id], share)


def alike(found: Sequence[Sample]) -> npt.NDArray[np.float64]:
    """Weight of each sample so that the simulator's classes count alike."""
    return _each(found, lambda s: s.class_id, dict.fromkeys(_NAMED, 1.0))


def _each(
    found: Sequence[Sample], name_of: Callable[[Sample], str], share: dict[str, float]
) -> npt.NDArray[np.float64]:
    names = [name_of(s) for s in found]
    weights = np.array([share[name] / names.count(name) for name in names])
    return np.asarray(weights / weights.sum())


def bins(
    said: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64]
) -> Iterator[tuple[float, float, float, int]]:
    """(weight, mean said, share right, samples) of each of ten equal bins that holds any."""
    place = np.minimum((said * 10.0).astype(int), 9)
    for b in range(10):
        here = place == b
        if weights[here].sum() > 0.0:
            w = weights[here] / weights[here].sum()
            yield (
                float(weights[here].sum()),
                float(w @ said[here]),
                float(w @ right[here]),
                int(here.sum()),
            )


def ece(
    said: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], weights: npt.NDArray[np.float64]
) -> float:
    """Expected calibration error."""
    total = max(float(weights.sum()), 1e-300)
    return sum(w / total * abs(hit - p) for w, p, hit, _ in bins(said, right, weights))


def figures(found: Sequence[Sample], weights: npt.NDArray[np.float64]) -> tuple[float, ...]:
    """ECE of the family, of the calibre; accuracy, of those named; rejected; Brier; accuracy of calibre."""
    p = np.array([s.p_family for s in found])
    truth = np.array([s.family for s in found])
    top = p.argmax(axis=1)
    named = np.array([s.word != "unknown" for s in found])
    brier = ((p - np.eye(len(POSTERIOR))[truth]) ** 2).sum(axis=1)
    calibre = [max(s.classes.items(), key=lambda c: c[1], default=("", 0.0)) for s in found]
    falls = np.array([name in ROUNDS for name, _ in calibre])
    said = np.array([share for _, share in calibre])
    right = np.array(
        [name == _NAMED[s.class_id] for (name, _), s in zip(calibre, found, strict=True)]
    )
    return (
        ece(p.max(axis=1), top == truth, weights),
        ece(said[falls], right[falls], weights[falls]),
        float(weights @ (top == truth)),
        float(weights[named] @ (top == truth)[named] / max(weights[named].sum(), 1e-300)),
        float(weights[~named].sum()),
        float(weights @ brier),
        float(weights[falls] @ right[falls] / max(weights[falls].sum(), 1e-300)),
    )


def table(found: Sequence[Sample]) -> list[str]:
    """All figures as Markdown."""
    lines = []
    for title, weigh in (
        ("As often as the class table expects", expected),
        ("Every class alike", alike),
    ):
        lines += [f"### {title}", "",
                  "| s after the first plot | tracks | ECE family | ECE calibre | right | right if named "
                  "| rejected | Brier | calibre right |", "|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
        for age_s in AGES_S:
            part = [s for s in found if s.age_s == age_s]
            row = figures(part, weigh(part))
            lines.append(
                f"| {age_s:g} | {len(part)} | " + " | ".join(f"{x:.3f}" for x in row) + " |"
            )
        lines.append("")
    lines += ["### Reliability of the family, all ages, as often as expected", "",
              "| said | right | tracks |", "|---|---|---|"]  # fmt: skip
    p = np.array([s.p_family for s in found])
    right = p.argmax(axis=1) == np.array([s.family for s in found])
    for _, said, hit, n in bins(p.max(axis=1), right, expected(found)):
        lines.append(f"| {said:.2f} | {hit:.2f} | {n} |")
    head = "| flew | tracks | " + " | ".join(POSTERIOR) + " |"
    rule = "|---" * (2 + len(POSTERIOR)) + "|"
    lines += ["", "### Mean posterior of each class after 10 s", "", head, rule]
    for class_id in dict.fromkeys(_NAMED):
        here = np.array([s.p_family for s in found if s.class_id == class_id and s.age_s == 10.0])
        if len(here):
            mean = " | ".join(f"{x:.2f}" for x in here.mean(axis=0))
            lines.append(f"| {class_id} | {len(here)} | {mean} |")
    return [*lines, ""]


def main() -> None:
    """Run, print, and perhaps write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seeds", type=numbers, default="1-40")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    with ProcessPoolExecutor(args.workers) as pool:
        found = [s for part in pool.map(samples, args.seeds) for s in part]
    lines = [f"`python benchmarks/classifier.py --seeds {words(args.seeds)}`; Python "
             f"{platform.python_version()}, {platform.machine()}.", "", *table(found)]  # fmt: skip
    tell("classifier", "Calibration of the classifier", lines, write=args.write)


if __name__ == "__main__":
    main()
