"""Plots as ASTERIX CAT 015 blocks, each sensor's position as a CAT 034 one, for other programs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Any, Final

from rampart.domain.frames import geodetic_from_enu
from rampart.domain.messages import Input, Plot, PlotBatch, batch_from_plots
from rampart.domain.site import Sensor, Site
from rampart.domain.time import NS_PER_DAY, NS_PER_S
from rampart.formats.asterix import encode

RECORDS_PER_BLOCK: Final = 500
"""Keeps a block of at most some 60 octets a record within one datagram."""
_SINGLE_SENSOR_PLOT: Final = 1  # I015/000 MT: measurement plot
AZIMUTH_STEP_DEG: Final = 360 / 65_536


def blocks(messages: Iterable[Input], site: Site) -> Iterator[tuple[int, bytes]]:
    """(arrival ns UTC, block): one CAT 034 for each located sensor at the first message, then plots.

    What CAT 015 has no place for is left out (height, RCS, identity); its steps are 0.1 m, 1/182
    degree in azimuth, 1/364 in elevation, 0.01 m/s and 1/128 s. A plot without accuracies of its own
    carries its sensor's. Sensors without `system_id`
    are SAC 0 and the SIC from 1 on that no other has.
    """
    taken = {sensor.system_id for sensor in site.sensors}
    free = (sic for sic in count(1) if (0, sic) not in taken)
    sources = {sensor.id: _source(sensor.system_id or (0, next(free))) for sensor in site.sensors}
    sensors = {sensor.id: sensor for sensor in site.sensors}
    placed = False
    for message in messages:
        if not placed:
            placed = True
            for sensor in site.sensors if site.known_position else ():
                yield message.t_arrival_ns, _position(sensor, site, sources, message.t_arrival_ns)
        batch = batch_from_plots([message]) if isinstance(message, Plot) else message
        if isinstance(batch, PlotBatch):
            if batch.sensor not in sources:
                sources[batch.sensor] = _source((0, next(free)))
            source = sources[batch.sensor]
            declared = sensors.get(batch.sensor)
            records = [_record(row, source, declared) for row in batch.rows]
            for at in range(0, len(records), RECORDS_PER_BLOCK):
                yield batch.t_arrival_ns, encode(15, records[at : at + RECORDS_PER_BLOCK])


def _source(system_id: tuple[int, int]) -> dict[str, int]:
    sac, sic = system_id
    return {"SAC": sac, "SIC": sic}


def _position(sensor: Sensor, site: Site, sources: dict[str, dict[str, int]], t_ns: int) -> bytes:
    latitude, longitude, height = geodetic_from_enu(sensor.position_enu_m, site).tolist()
    record = {
        "010": sources[sensor.id],
        "000": 1,  # north marker
        "030": _time_of_day(t_ns),
        "041": sensor.scan_period_s,
        "120": {"HGT": height, "LAT": latitude, "LON": longitude},
    }
    return encode(34, [record])


def _record(row: Any, source: dict[str, int], sensor: Sensor | None) -> dict[str, Any]:
    def sigma(name: str) -> float:
        own = float(row[name])
        declared = getattr(sensor, name, None)
        return declared if math.isnan(own) and declared is not None else own

    azimuth_deg = math.degrees(row["azimuth_rad"]) % 360.0
    if azimuth_deg > 360.0 - AZIMUTH_STEP_DEG / 2:
        azimuth_deg = 0.0  # the last half step before north is north
    elevation_deg = math.degrees(row["elevation_rad"])
    record: dict[str, Any] = {
        "010": source,
        "000": {"MT": _SINGLE_SENSOR_PLOT, "RG": 0},
        "145": _time_of_day(int(row["t_event_ns"])),
        "625": _pair("R", row["range_m"], "SDR", sigma("sigma_range_m")),
        "626": _pair("DV", row["range_rate_mps"], "SDDV", sigma("sigma_range_rate_mps")),
        "627": _pair("AZ", azimuth_deg, "SDASZ", math.degrees(sigma("sigma_azimuth_rad"))),
        "628": _pair("EL", elevation_deg, "SDEL", math.degrees(sigma("sigma_elevation_rad"))),
    }
    return {item: value for item, value in record.items() if value != {}}


def _pair(name: str, value: float, sigma_name: str, sigma: float) -> dict[str, float]:
    """A measurement and its accuracy, as far as they are known; none without the measurement."""
    if math.isnan(value):
        return {}
    return {name: float(value)} | ({} if math.isnan(sigma) else {sigma_name: sigma})


def _time_of_day(t_ns: int) -> float:
    """Seconds since midnight in steps of 1/128, below 86,400."""
    steps = round(t_ns % NS_PER_DAY * 128 / NS_PER_S) % (86_400 * 128)
    return steps / 128
