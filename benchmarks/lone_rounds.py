"""A lone round on a quiet day: is it warned of before a radar that turns slowly, or tells little?

    python benchmarks/lone_rounds.py [--turns 1 2 4] [--seeds 0-23] [--no-rcs] [--no-doppler] [--no-elevation]
                                      [--write]

S1's radars look once a second or oftener and its rounds come in salvos. Here one round comes alone, at S1's
zones, before one rotating radar of 30 m and 5 mrad: by class and turn, of the zones that it hits those not
warned, and how many of these could have been (`warnable`: enough time was left after the third detection).
"""

from __future__ import annotations

import argparse
import math
import platform
import sys
from collections.abc import Sequence
from typing import Final

from evidence import numbers, tell
from rampart.domain.messages import TrackUpdate, ZoneState
from rampart.domain.site import Sensor, Site, Wind
from rampart.engine.engine import Engine
from rampart.metrics.warnings import JudgeSettings, Verdict, judge
from rampart.sim.ballistic import ballistic
from rampart.sim.draws import stream
from rampart.sim.simulate import simulate
from rampart.sim.world import Air, RadarModel, Salvo, World
from s1 import FARTHEST_M, START_NS, zones
from untold import CROSS_SECTION, DOPPLER, untold

CLASSES: Final = ("mortar_60", "mortar_120", "rocket_107", "rocket_122")
LONG_S: Final = 123.0


def world(seed: int, class_id: str, turn_s: float, elevation: bool) -> World:
    """One round of this class before a radar of one turn in `turn_s`, which measures `elevation` or not."""
    rng = stream(seed, "lone", class_id)
    side = float(rng.uniform(0.0, 2.0 * math.pi))
    aim = (float(rng.uniform(-500.0, 500.0)), float(rng.uniform(-500.0, 500.0)))
    reach_m = min(rng.uniform(0.35, 0.95) * ballistic(class_id).max_range_m.low, FARTHEST_M)
    radar = Sensor(
        id="r0", position_enu_m=(50.0, -60.0, 10.0), sigma_range_m=30.0, sigma_azimuth_rad=5e-3,
        sigma_elevation_rad=5e-3 if elevation else None, sigma_range_rate_mps=2.0, scan_period_s=turn_s,
        clutter_per_scan=5.0,
    )  # fmt: skip
    lone = Salvo(
        id="salvo", classes=((class_id, 1.0),), rounds=1, aims_enu_m=(aim,), at_s=20.0,
        origin_enu_m=(reach_m * math.sin(side), reach_m * math.cos(side)), no_launch=0.0, short=0.0,
    )  # fmt: skip
    model = RadarModel(
        sensor="r0",
        motion="rotating",
        detects_dbsm=-25.0,
        detects_range_m=10_000.0,
        detects_pd=0.85,
    )
    return World(
        site=Site(name="lone", uuid="lone", latitude_deg=34.5, longitude_deg=41.0, height_m=210.0,
                  zones=zones(), sensors=(radar,)),
        start_ns=START_NS, duration_s=LONG_S, salvos=(lone,), radars=(model,),
        air=Air(wind=(Wind(0.0, 2.0, 2.0), Wind(4000.0, 10.0, 3.0))),
    )  # fmt: skip


def told(made: World, seed: int, hidden: Sequence[str]) -> Verdict:
    """The verdict on what was said of this world, whose radar does not tell the `hidden` columns."""
    run = simulate(made, seed)
    engine = Engine(made.site, simulated=True)
    said = [out for message in untold(run.messages, hidden) for out in engine.receive(message)]
    states = [out for out in said if isinstance(out, ZoneState)]
    updates = [out for out in said if isinstance(out, TrackUpdate)]
    end_ns = START_NS + round(LONG_S * 1e9)
    return judge(made.site, run.truth, states, updates, end_ns=end_ns, settings=JudgeSettings())


def main() -> None:
    """Run, print, and perhaps write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--turns", type=float, nargs="+", default=[1.0, 2.0, 4.0])
    parser.add_argument("--seeds", type=numbers, default="0-23")
    parser.add_argument("--no-rcs", action="store_true", help="the radar tells no cross-section")
    parser.add_argument("--no-doppler", action="store_true", help="the radar tells no range rate")
    parser.add_argument("--no-elevation", action="store_true", help="the radar measures none")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    hidden = CROSS_SECTION * args.no_rcs + DOPPLER * args.no_doppler
    lines = [
        f"`python benchmarks/lone_rounds.py {' '.join(sys.argv[1:])}`; Python {platform.python_version()}, "
        f"{platform.machine()}.", "",
        "| turn s | class | zones hit | not warned | of these warnable |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for turn_s in args.turns:
        for class_id in CLASSES:
            verdicts = [
                told(world(seed, class_id, turn_s, not args.no_elevation), seed, hidden)
                for seed in args.seeds
            ]
            hits = [hit for verdict in verdicts for hit in verdict.hits]
            missed = [hit for hit in hits if hit.outcome != "warned"]
            lines.append(
                f"| {turn_s:g} | {class_id} | {len(hits)} | {len(missed)} "
                f"| {sum(hit.warnable for hit in missed)} |"
            )
    untold_ = ["no-rcs"] * args.no_rcs + ["no-doppler"] * args.no_doppler
    name = "-".join(["lone-rounds", *untold_, *["no-elevation"] * args.no_elevation])
    tell(name, "Lone rounds", lines, write=args.write)


if __name__ == "__main__":
    main()
