"""Real flights as they were reported: ADS-B, FLARM and GNSS points of the recorded test data, in place.

A flight is what one aircraft reported between two silences of ten minutes. Its ground is the lowest height
that its file tells (files from many places: that the flight itself tells, if it came low). Points that
nothing can have flown are left out: a position told a second time, one that asks for half as much speed
again as the aircraft itself tells, a height 300 m from the median of its neighbours; and those that an
archive has put on the straight line between two others.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

FOOT_M: Final = 0.3048
KNOT_MPS: Final = 0.514444
SILENCE_S: Final = 600.0
FEWEST: Final = 12  # points of a flight
CRUISE_M: Final = 6_000.0  # what flies higher is an airliner, where the folder does not say
LOW_M: Final = 2_500.0  # who comes lower than this is taken to have been near the ground
HEIGHT_JUMP_M: Final = 300.0
FASTEST_MPS: Final = 350.0
LINE_DEG: Final = 2e-6  # 20 cm

POINT: Final = np.dtype(
    [(name, "<f8") for name in
     ("t_s", "told_s", "latitude_deg", "longitude_deg", "height_m", "speed_mps", "heading_rad", "climb_mps")]
)  # fmt: skip
"""One report: when it was true, when it was told (s UTC), where, and its velocity; nan where not told."""

# folder of traffic-samples -> (kind, class whose cross-section the simulated radar sees)
KINDS: Final = {
    "ambulances": ("ambulance", "helicopter"),
    "calibration": ("calibration", "light_aircraft"),
    "collections": ("calibration", "light_aircraft"),
    "featured": ("light aircraft", "light_aircraft"),  # those that never go high
    "firefighting": ("firefighting", "light_aircraft"),
    "gliders": ("glider", "glider"),
    "onground": ("airliner", "airliner"),
    "surveillance": ("surveillance", "light_aircraft"),
    "surveys": ("survey", "light_aircraft"),
    "tv_relay": ("survey", "light_aircraft"),
}
MANY_PLACES: Final = ("firefighting", "onground", "collections")

Points = npt.NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One flight: `kind` of aircraft, `class_id` for its cross-section, the level of the ground below it
    and its points (n,) of POINT, ascending in time."""

    id: str
    kind: str
    class_id: str
    ground_m: float
    points: Points


def recorded_flights(data: Path) -> list[Recorded]:
    """Every flight of `traffic-samples` and `stonesoup-demos` under `data`, in a fixed order.

    Left out: files without positions, and flights of fewer than `FEWEST` points.
    """
    found: list[Recorded] = []
    for path in sorted((data / "traffic-samples").glob("*/*.json.gz")):
        if path.parent.name in KINDS:
            found += _samples(path)
    demos = data / "stonesoup-demos" / "docs" / "demos"
    found += _opensky(demos / "OpenSky_Plane_States.csv")
    found += _uav(demos / "UAV_Rot.csv")
    return found


def _samples(path: Path) -> Iterator[Recorded]:
    kind, class_id = KINDS[path.parent.name]
    aircraft: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for row in _json_rows(path):
        if row.get("latitude") is None or row.get("longitude") is None:
            continue
        height_ft = _number(row.get("geoaltitude"), row.get("altitude"))
        told_s = row["timestamp"] / 1e3
        was_s = min(_number(row.get("last_position"), row["timestamp"]) / 1e3, told_s)
        aircraft[str(row.get("flight_id") or row["icao24"])].append(
            (was_s, told_s, row["latitude"], row["longitude"], height_ft * FOOT_M,
             _number(row.get("groundspeed")) * KNOT_MPS, math.radians(_number(row.get("track"))),
             _number(row.get("vertical_rate")) * FOOT_M / 60.0)
        )  # fmt: skip
    name = path.name.removesuffix(".json.gz")
    flights = {ident: list(_flights(np.array(rows, POINT))) for ident, rows in aircraft.items()}
    floor_m = min((float(p["height_m"].min()) for f in flights.values() for p in f), default=0.0)
    for ident, parts in flights.items():
        for i, points in enumerate(parts):
            lowest_m = float(points["height_m"].min())
            near = path.parent.name in MANY_PLACES and lowest_m < LOW_M
            high = path.parent.name == "featured" and points["height_m"].max() > CRUISE_M
            yield Recorded(
                f"{name}/{ident}/{i}", "airliner" if high else kind,
                "airliner" if high else class_id, lowest_m if near else floor_m, points,
            )  # fmt: skip


def _opensky(path: Path) -> Iterator[Recorded]:
    aircraft: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            told_s = float(row["time"])
            aircraft[row["icao24"]].append(
                (min(float(row["lastposupdate"]), told_s), told_s, float(row["lat"]), float(row["lon"]),
                 float(row["geoaltitude"] or row["baroaltitude"] or "nan"), float(row["velocity"] or "nan"),
                 math.radians(float(row["heading"] or "nan")), float(row["vertrate"] or "nan"))
            )  # fmt: skip
    for ident, rows in aircraft.items():
        for i, points in enumerate(_flights(np.array(rows, POINT))):
            high = points["height_m"].max() > CRUISE_M
            kind = ("airliner", "airliner") if high else ("light aircraft", "light_aircraft")
            lowest_m = float(points["height_m"].min())
            # England: no ground above 300 m where these flew
            yield Recorded(f"opensky/{ident}/{i}", *kind, min(lowest_m, 100.0), points)


def _uav(path: Path) -> Iterator[Recorded]:
    with path.open(newline="") as lines:
        rows = [
            (float(r["timestamp"]), float(r["timestamp"]), float(r["latitude"]), float(r["longitude"]),
             float(r["altitude (m)"]), math.nan, math.nan, math.nan)
            for r in csv.DictReader(lines)
        ]  # fmt: skip
    points = np.array(rows, POINT)
    yield Recorded("uav", "small UAV", "quadcopter", float(points["height_m"].min()), points)


def _json_rows(path: Path) -> list[dict[str, Any]]:
    """Rows of a file that holds them as rows, or as columns."""
    with gzip.open(path, "rt") as text:
        table = json.load(text)
    if isinstance(table, list):
        return table
    return [{name: column[i] for name, column in table.items()} for i in next(iter(table.values()))]


def _number(*values: float | None) -> float:
    """The first that is told."""
    return next((float(v) for v in values if v is not None), math.nan)


def _flights(points: Points) -> Iterator[Points]:
    points = _clean(points)
    for part in np.split(points, np.flatnonzero(np.diff(points["t_s"]) > SILENCE_S) + 1):
        if len(part) >= FEWEST:
            yield part


def _clean(points: Points) -> Points:
    """Points of one aircraft with a height, in order, and only those that it can have flown."""
    points = points[np.isfinite(points["height_m"])]
    points = points[np.argsort(points["t_s"], kind="stable")]
    if not len(points):
        return points
    usual_m = ndimage.median_filter(points["height_m"], 9, mode="nearest")
    points = points[np.abs(points["height_m"] - usual_m) < HEIGHT_JUMP_M]
    points = points[~_drawn(points)]
    kept: list[int] = []
    for i, p in enumerate(points):
        if not kept:
            kept.append(i)
            continue
        before = points[kept[-1]]
        gap_s = p["t_s"] - before["t_s"]
        scale_m = 6_371_000.0 * math.pi / 180.0
        moved_m = scale_m * math.hypot(
            p["latitude_deg"] - before["latitude_deg"],
            (p["longitude_deg"] - before["longitude_deg"])
            * math.cos(math.radians(p["latitude_deg"])),
        )
        told_mps = p["speed_mps"] if math.isfinite(p["speed_mps"]) else FASTEST_MPS
        stale = moved_m == 0.0 and told_mps > 5.0 and math.isfinite(p["speed_mps"])
        # a stamp is rounded to a second
        if gap_s > 0.0 and not stale and moved_m <= 1.5 * told_mps * (gap_s + 1.0) + 50.0:
            kept.append(i)
    return points[kept]


def _drawn(points: Points) -> npt.NDArray[np.bool_]:
    """Which points lie on the straight line between their neighbours as no measured point does."""
    drawn = np.zeros(len(points), bool)
    if len(points) < 3:
        return drawn
    t_s = points["t_s"]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (t_s[1:-1] - t_s[:-2]) / (t_s[2:] - t_s[:-2])
    off = np.zeros(len(points) - 2)
    for name in ("latitude_deg", "longitude_deg"):
        line = points[name][:-2] + share * (points[name][2:] - points[name][:-2])
        off = np.maximum(off, np.abs(points[name][1:-1] - line))
    moved = np.abs(np.diff(points["latitude_deg"])) + np.abs(np.diff(points["longitude_deg"]))
    drawn[1:-1] = (off < LINE_DEG) & (moved[1:] > 10.0 * LINE_DEG)
    return drawn
