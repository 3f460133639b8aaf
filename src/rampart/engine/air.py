"""What measured air may be: an absurd value would land every flight nowhere, and nobody be warned."""

from __future__ import annotations

from typing import Final

import msgspec

from rampart.domain.messages import Weather

PRESSURE_PA: Final = (30_000.0, 110_000.0)  # 9 km up to below the lowest land
TEMPERATURE_K: Final = (180.0, 335.0)  # beyond every record at a station
STATION_M: Final = (-500.0, 9_000.0)
LEVEL_M: Final = (-500.0, 50_000.0)
WIND_MPS: Final = 150.0  # beyond the strongest jet stream


def plausible(weather: Weather) -> tuple[Weather, int]:
    """`weather` without its values that cannot be true (also nan), and how many those were."""
    pressure, kelvin, station = weather.pressure_pa, weather.temperature_k, weather.station_height_m
    bad = 0
    if not _within(station, STATION_M):
        station, pressure, kelvin, bad = 0.0, None, None, 1  # they hold at a height unknown
    if pressure is not None and not _within(pressure, PRESSURE_PA):
        pressure, bad = None, bad + 1
    if kelvin is not None and not _within(kelvin, TEMPERATURE_K):
        kelvin, bad = None, bad + 1
    wind = tuple(
        (height, east, north)
        for height, east, north in weather.wind
        if _within(height, LEVEL_M) and abs(east) <= WIND_MPS and abs(north) <= WIND_MPS
    )
    bad += len(weather.wind) - len(wind)
    kept = {"pressure_pa": pressure, "temperature_k": kelvin, "station_height_m": station}
    return msgspec.structs.replace(weather, wind=wind, **kept), bad


def _within(value: float, span: tuple[float, float]) -> bool:
    return span[0] <= value <= span[1]
