"""Run by the interpreter of the peer `stonesoup`: its own generators on two CSV files, as JSON.

    python stonesoup_metrics.py TRUTH.csv TRACKS.csv REPEATS

Rows: time (a multiple of 1/1024 s), id, x, y, z, vx, vy, vz. Prints values, per-scan lists and the CPU s
of each of REPEATS calculations, from paths that have been read to the values.
"""

import csv
import json
import sys
import time
from collections import defaultdict
from datetime import datetime, timedelta

from stonesoup.dataassociator.tracktotrack import TrackToTruth
from stonesoup.measures import Euclidean
from stonesoup.metricgenerator.manager import MultiManager
from stonesoup.metricgenerator.ospametric import GOSPAMetric, OSPAMetric
from stonesoup.metricgenerator.tracktotruthmetrics import SIAPMetrics
from stonesoup.types.groundtruth import GroundTruthPath, GroundTruthState
from stonesoup.types.state import State
from stonesoup.types.track import Track

EPOCH = datetime(2030, 1, 1)  # noqa: DTZ001 - as Stone Soup's own readers do


def read(path, path_type, state_type):
    """Set of Stone Soup paths."""
    rows = defaultdict(list)
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            moment = EPOCH + timedelta(seconds=float(row["time"]))
            numbers = [float(row[c]) for c in ("x", "y", "z", "vx", "vy", "vz")]
            rows[row["id"]].append(state_type(numbers, timestamp=moment))
    return {path_type(sorted(states, key=lambda s: s.timestamp)) for states in rows.values()}


def main(truth_csv, tracks_csv, repeats):
    position, velocity = Euclidean((0, 1, 2)), Euclidean((3, 4, 5))
    generators = [
        SIAPMetrics(position_measure=position, velocity_measure=velocity, generator_name="siap"),
        GOSPAMetric(c=100.0, p=2.0, measure=position, generator_name="gospa"),
        OSPAMetric(c=100.0, p=2.0, measure=position, generator_name="ospa"),
    ]
    associator = TrackToTruth(
        association_threshold=100.0, consec_pairs_confirm=3, consec_misses_end=2, measure=position
    )
    data = {
        "groundtruth_paths": read(truth_csv, GroundTruthPath, GroundTruthState),
        "tracks": read(tracks_csv, Track, State),
    }
    cpu_s = []
    for _ in range(int(repeats)):
        manager = MultiManager(
            generators, associator=associator
        )  # an old one remembers associations
        manager.add_data(data, overwrite=False)
        start = time.process_time()
        result = manager.generate_metrics()
        cpu_s.append(time.process_time() - start)
    siap = {name: metric.value for name, metric in result["siap"].items()}
    gospa = [metric.value for metric in next(iter(result["gospa"].values())).value]
    ospa = [float(metric.value) for metric in next(iter(result["ospa"].values())).value]
    json.dump(
        {
            "cpu_s": cpu_s,
            "completeness": siap["SIAP Completeness"],
            "ambiguity": siap["SIAP Ambiguity"],
            "spuriousness": siap["SIAP Spuriousness"],
            "position_accuracy_m": float(siap["SIAP Position Accuracy"]),
            "velocity_accuracy_mps": float(siap["SIAP Velocity Accuracy"]),
            "rate_of_change_hz": siap["SIAP Rate of Track Number Change"],
            "longest_segment": siap["SIAP Longest Track Segment"],
            "gospa": {
                name: [float(scan[name]) for scan in gospa]
                for name in ("distance", "localisation", "missed", "false")
            },
            "ospa": ospa,
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
