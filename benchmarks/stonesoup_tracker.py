"""Stone Soup as a tracker of radar plots; run by the interpreter of the peer `stonesoup`.

    .peers/stonesoup/bin/python benchmarks/stonesoup_tracker.py PLOTS.csv SENSOR.json TRACKS.csv [SCANS]

Constant acceleration with q = 1 and gravity in the prior, EKF on elevation, bearing, range and range rate,
global nearest neighbour over a k-d tree, a track after three plots, its end after five missed scans: the
best of the variants that were tried. SENSOR.json holds sigmas, scans and rate. SCANS: stop
after so many. Only the tracker's own steps
are timed (CPU of this thread). Prints JSON.
"""

import csv
import json
import sys
import time
from datetime import datetime, timedelta

import numpy as np
from stonesoup.buffered_generator import BufferedGenerator
from stonesoup.dataassociator.tree import DetectionKDTreeGNN2D
from stonesoup.deleter.time import UpdateTimeStepsDeleter
from stonesoup.hypothesiser.distance import DistanceHypothesiser
from stonesoup.initiator.simple import MultiMeasurementInitiator, SimpleMeasurementInitiator
from stonesoup.measures import Mahalanobis
from stonesoup.models.measurement.nonlinear import CartesianToElevationBearingRangeRate
from stonesoup.models.transition.linear import (
    CombinedLinearGaussianTransitionModel,
    ConstantAcceleration,
)
from stonesoup.predictor.kalman import ExtendedKalmanPredictor
from stonesoup.reader.base import DetectionReader
from stonesoup.tracker.simple import MultiTargetTracker
from stonesoup.types.angle import Bearing, Elevation
from stonesoup.types.detection import Detection
from stonesoup.types.state import GaussianState
from stonesoup.updater.kalman import ExtendedKalmanUpdater

EPOCH = datetime(2030, 1, 1)  # noqa: DTZ001 - Stone Soup's own readers use naive times
POSITION, VELOCITY = (0, 3, 6), (1, 4, 7)
Q = 1.0
GATE_SIGMAS = 4.5
TREE_REACH_M = 600.0
VELOCITY_SIGMA_MPS = 250.0
ACCELERATION_SIGMA_MPS2 = 6.0
FALL_MPS2 = -8.0


class Scans(DetectionReader):
    """Hands out scans that were read before."""

    @BufferedGenerator.generator_method
    def detections_gen(self):
        yield from self.scans


def read_scans(plots_csv, sensor, model):
    """[(time, {Detection})] of every scan, empty ones too."""
    scans = [(EPOCH + timedelta(seconds=s / sensor["rate"]), set()) for s in range(sensor["scans"])]
    with open(plots_csv, newline="") as file:
        for row in csv.DictReader(file):
            seen = [
                [Elevation(float(row["el_rad"]))],
                # Stone Soup's bearing is counter-clockwise from the first axis
                [Bearing(np.pi / 2 - float(row["az_rad"]))],
                [float(row["range_m"])],
                [float(row["rr_mps"])],
            ]
            when, detections = scans[int(row["scan"])]
            detections.add(
                Detection(np.array(seen, dtype=object), timestamp=when, measurement_model=model)
            )
    return scans


def make_tracker(scans, model):
    motion = CombinedLinearGaussianTransitionModel([ConstantAcceleration(Q)] * 3)
    predictor, updater = ExtendedKalmanPredictor(motion), ExtendedKalmanUpdater(model)
    hypothesiser = DistanceHypothesiser(
        predictor, updater, Mahalanobis(), missed_distance=GATE_SIGMAS
    )
    associator = DetectionKDTreeGNN2D(hypothesiser, predictor, updater, max_distance=TREE_REACH_M)
    mean = np.zeros((9, 1))
    mean[8] = FALL_MPS2
    variances = [1.0, VELOCITY_SIGMA_MPS**2, ACCELERATION_SIGMA_MPS2**2] * 3
    prior = GaussianState(mean, np.diag(variances), timestamp=EPOCH)
    initiator = MultiMeasurementInitiator(
        prior_state=prior,
        deleter=UpdateTimeStepsDeleter(2),
        data_associator=associator,
        updater=updater,
        min_points=3,
        initiator=SimpleMeasurementInitiator(prior, model),
    )
    reader = Scans()
    reader.scans = scans
    return MultiTargetTracker(initiator, UpdateTimeStepsDeleter(5), reader, associator, updater)


def main(plots_csv, sensor_json, tracks_csv, most_scans=None):
    with open(sensor_json) as file:
        sensor = json.load(file)
    sigmas = ("sigma_el_rad", "sigma_az_rad", "sigma_range_m", "sigma_rr_mps")
    model = CartesianToElevationBearingRangeRate(
        ndim_state=9,
        mapping=POSITION,
        velocity_mapping=VELOCITY,
        noise_covar=np.diag([sensor[name] ** 2 for name in sigmas]),
    )
    scans = read_scans(plots_csv, sensor, model)[: most_scans and int(most_scans)]
    tracker = iter(make_tracker(scans, model))
    cpu_ms, rows, numbers = [], [], {}
    for _ in scans:
        start = time.thread_time()
        when, tracks = next(tracker)
        cpu_ms.append(1e3 * (time.thread_time() - start))
        for track in tracks:
            state = track.state.state_vector
            number = numbers.setdefault(track.id, len(numbers))
            seconds = (when - EPOCH).total_seconds()
            values = [f"{float(state[k, 0]):.3f}" for k in (*POSITION, *VELOCITY)]
            rows.append((f"{seconds:.6f}", number, *values))
    with open(tracks_csv, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "track_id", "x", "y", "z", "vx", "vy", "vz"])
        writer.writerows(rows)
    p50, p99 = np.percentile(cpu_ms, [50, 99])
    json.dump(
        {
            "scans": len(scans),
            "scan_ms_cpu": {"p50": p50, "p99": p99, "max": max(cpu_ms), "last": cpu_ms[-1]},
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
