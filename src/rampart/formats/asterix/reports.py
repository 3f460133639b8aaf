"""From one row of slots to a `SensorStatus` (CAT 002, 034) or a `KnownTrack` (CAT 021)."""

from __future__ import annotations

import math
from typing import Final, Literal

from rampart.domain.messages import KnownTrack, SensorStatus
from rampart.formats.asterix.plots import event_ns
from rampart.formats.asterix.scan import Floats
from rampart.formats.asterix.schema import Leaf
from rampart.formats.asterix.slots import ADSB, SERVICE

Kind = Literal["north", "sector", "status", "strobe"]

_KINDS: Final[dict[int, dict[int, Kind]]] = {
    2: {1: "north", 2: "sector"},
    34: {1: "north", 2: "sector", 4: "strobe", 6: "strobe", 7: "strobe"},
}
_DEGRADED: Final = ("overload", "transmitter_overload", "time_invalid")

# Estimated position uncertainty, 95 % radius in metres, by NACp 0 to 11 (RTCA DO-260B, 2.2.3.2.7.1.3.8).
_EPU_M: Final = (
    37_040.0,
    18_520.0,
    7_408.0,
    3_704.0,
    1_852.0,
    926.0,
    555.6,
    185.2,
    92.6,
    30.0,
    10.0,
    3.0,
)
_RAYLEIGH_95: Final = math.sqrt(-2 * math.log(0.05))
_CALLSIGN: Final = Leaf("icao", 48)


def _named(row: Floats, names: tuple[str, ...]) -> dict[str, float]:
    """The values that are there."""
    return {
        name: value
        for name, value in zip(names, row.tolist(), strict=True)
        if not math.isnan(value)
    }


def _sensor(got: dict[str, float]) -> str:
    return f"{int(got['sac'])}/{int(got.get('sic', 0))}"


def status(row: Floats, category: int, arrival_ns: int) -> SensorStatus:
    """What a service message says of its radar; without a time of day it happened at arrival."""
    got = _named(row, SERVICE)
    state: Literal["ok", "degraded", "off"] = "ok"
    if got.get("nogo"):
        state = "off"
    elif any(got.get(flag) for flag in _DEGRADED):
        state = "degraded"
    position = None
    if "latitude" in got:
        position = (got["latitude"], got["longitude"], got["height"])
    return SensorStatus(
        sensor=_sensor(got),
        t_event_ns=event_ns(got["tod"], arrival_ns) if "tod" in got else arrival_ns,
        t_arrival_ns=arrival_ns,
        kind=_KINDS[category].get(int(got.get("type", 0)), "status"),
        state=state,
        sector_rad=math.radians(got["sector"]) if "sector" in got else None,
        rotation_s=got.get("rotation"),
        position_deg_m=position,
    )


def known_track(row: Floats, arrival_ns: int) -> KnownTrack | str:
    """The aircraft that reports itself, or the word why it is none."""
    got = _named(row, ADSB)
    if got.get("simulated") or got.get("test"):
        return "test_target"
    latitude = got.get("latitude_fine", got.get("latitude"))
    longitude = got.get("longitude_fine", got.get("longitude"))
    height_m = got.get("height", got.get("flight_level"))
    if latitude is None or longitude is None or height_m is None:
        return "no_position"
    tod_s = got.get("tod_position", got.get("tod", got.get("tod_report")))
    if tod_s is None:
        return "no_time"
    velocity = None
    if "speed" in got and "track" in got:
        track = math.radians(got["track"])
        climb = 0.0 if got.get("climb_out_of_range") else got.get("climb", 0.0)
        velocity = (got["speed"] * math.sin(track), got["speed"] * math.cos(track), climb)
    address = int(got["target"])
    ident = _CALLSIGN.value(int(got.get("ident", 0))).strip(" @") or f"{address:06X}"
    sigma_m = 30.0
    if "accuracy" in got:
        # Editions before 1.0 are published with a signed NACp: the four bits are what is meant.
        sigma_m = _EPU_M[min(int(got["accuracy"]) & 15, len(_EPU_M) - 1)] / _RAYLEIGH_95
    return KnownTrack(
        source=_sensor(got),
        ident=ident,
        t_event_ns=event_ns(tod_s, arrival_ns),
        t_arrival_ns=arrival_ns,
        latitude_deg=latitude,
        longitude_deg=longitude,
        height_m=height_m,
        velocity_enu_mps=velocity,
        sigma_m=sigma_m,
        address=address,
    )
