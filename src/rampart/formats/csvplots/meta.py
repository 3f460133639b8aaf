"""META.json: one sensor as a small file, in our own words or in those of the neutral generator."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from msgspec import UNSET

from rampart.domain.errors import ConfigError, Fault
from rampart.domain.frames import geodetic_from_enu
from rampart.domain.site import Sensor, Site


@dataclass(frozen=True, slots=True)
class SensorMeta:
    """A sensor, the site around it, and how many scans the recording claims (None: not told).

    `site.known_position` is False where the file gives no latitude and longitude.
    """

    sensor: Sensor
    site: Site
    scans: int | None


@dataclass(frozen=True, slots=True)
class _Key:
    field: str  # of Sensor
    names: tuple[str, ...]  # accepted in this order
    low: float
    high: float
    unit: str
    absent: str = ""  # what null means, where it is allowed
    exclusive: bool = False  # low itself is not allowed

    @property
    def allowed(self) -> str:
        begins = "above" if self.exclusive else "from"
        words = f"{self.unit}, {begins} {_limit(self.low)} to {_limit(self.high)}"
        return f"{words}, or null ({self.absent})" if self.absent else words


def _limit(value: float) -> str:
    return {math.pi / 2: "pi/2", -math.pi / 2: "-pi/2"}.get(value, f"{value:g}")


# accuracies and speeds as in site.toml, so that what a site tells can be told here
_RATE: Final = _Key("rate", ("rate",), 0.01, 1000.0, "scans a second")
_KEYS: Final = (
    _Key("sigma_range_m", ("sigma_range_m", "sr"), 1e-3, 1e6, "metres", "bearings only"),
    _Key("sigma_azimuth_rad", ("sigma_az_rad", "sa"), 1e-6, 1.0, "radians"),
    _Key("sigma_elevation_rad", ("sigma_el_rad", "sa"), 1e-6, 1.0, "radians", "2-D"),
    _Key("sigma_range_rate_mps", ("sigma_rr_mps", "srr"), 1e-3, 1e6, "m/s", "no Doppler"),
    _RATE,
    _Key("pd", ("pd",), 0.0, 1.0, "a probability", exclusive=True),
    _Key("clutter_per_scan", ("clutter_per_scan", "clutter"), 0.0, 1e7, "a number of plots"),
    _Key("range_min_m", ("range_min_m", "rmin"), 0.0, 1e7, "metres"),
    _Key("range_max_m", ("range_max_m", "rmax"), 0.0, 1e7, "metres and beyond range_min_m", exclusive=True),
    _Key("elevation_min_rad", ("el_min_rad", "elmin"), -math.pi / 2, math.pi / 2, "radians"),
    _Key("elevation_max_rad", ("el_max_rad", "elmax"), -math.pi / 2, math.pi / 2,
         "radians and above el_min_rad"),
)  # fmt: skip
_ORDERED: Final = (("range_min_m", "range_max_m"), ("elevation_min_rad", "elevation_max_rad"))
"""Fields of which the first must be below the second."""
_RATE_MAX: Final = _Key(
    "range_rate_max_mps", ("range_rate_max_mps", "vmax"), 0.0, 1e6, "m/s", exclusive=True
)
_SNR_THRESHOLD: Final = _Key("snr_threshold_db", ("snr_threshold_db",), -30.0, 60.0, "dB")
_INDEPENDENT: Final = _Key("independent_s", ("independent_s",), 0.0, 60.0, "seconds")
_BIASES: Final = (
    _Key("bias_range_m", ("bias_range_m",), 0.0, 1e6, "metres"),
    _Key("bias_azimuth_rad", ("bias_az_rad",), 0.0, 0.2, "radians"),
    _Key("bias_elevation_rad", ("bias_el_rad",), 0.0, 0.2, "radians"),
    _Key("bias_time_s", ("bias_time_s",), 0.0, 10.0, "seconds"),
)
_OPTIONAL: Final = (_RATE_MAX, _SNR_THRESHOLD, _INDEPENDENT, *_BIASES)
_POSITION: Final = (
    _Key("latitude_deg", ("lat",), -90.0, 90.0, "degrees"),
    _Key("longitude_deg", ("lon",), -180.0, 360.0, "degrees"),
    _Key("height_m", ("height_m",), -1000.0, 10_000.0, "metres above the ellipsoid"),
)


def load_meta(path: str | Path, *, sensor_id: str = "R1") -> SensorMeta:
    """The sensor of a META.json under the name `sensor_id`, which its plots carry.

    Unknown keys are ignored. Raises ConfigError with every missing or impossible value at once.
    """
    return meta_from(_read(path), str(path), sensor_id=sensor_id)


def meta_from(raw: dict[str, Any], path: str, *, sensor_id: str = "R1") -> SensorMeta:
    """As `load_meta`, of an object already parsed; `path` names it in faults."""
    faults: list[Fault] = []
    values = {key.field: _value(raw, key, faults) for key in _KEYS}
    for key in _OPTIONAL:
        if any(name in raw for name in key.names):
            values[key.field] = _value(raw, key, faults)
    position = {
        key.field: _value(raw, key, faults)
        for key in _POSITION
        if raw.get(key.names[0]) is not None
    }
    known = {"latitude_deg", "longitude_deg"} <= position.keys()
    if not known and position.keys() & {"latitude_deg", "longitude_deg"}:
        faults.append(Fault("lat, lon", "only one of them", "both or neither"))
    names = {key.field: _written(raw, key) for key in _KEYS}
    for low, high in _ORDERED:
        a, b = values[low], values[high]
        if a is not None and b is not None and a >= b:
            where = f"{names[low]}, {names[high]}"
            faults.append(Fault(where, f"{a:g}, {b:g}", "the first below the second"))
    if values["sigma_range_m"] is None and values.get("independent_s") is not None:
        found = _show(raw[_INDEPENDENT.names[0]])
        faults.append(Fault(_INDEPENDENT.names[0], found, "nothing: it tells bearings only"))
    scans = raw.get("scans")
    if scans is not None and (type(scans) is not int or not 0 <= scans <= 10**9):
        faults.append(Fault("scans", _show(scans), "a whole number from 0 to 1e9"))
    if faults:
        raise ConfigError(path, faults)
    rate = values.pop("rate")
    assert rate is not None  # a fault otherwise
    sensor = Sensor(id=sensor_id, scan_period_s=1.0 / rate, **values)  # type: ignore[arg-type]
    name = Path(path).stem
    place = position if known else {"height_m": position.get("height_m", 0.0)}
    site = Site(
        name=name,
        uuid=hashlib.blake2b(
            repr((name, sorted(place.items()))).encode(), digest_size=16
        ).hexdigest(),
        latitude_deg=place.get("latitude_deg") or 0.0,
        longitude_deg=place.get("longitude_deg") or 0.0,
        height_m=place.get("height_m") or 0.0,
        sensors=(sensor,),
        known_position=known,
    )
    return SensorMeta(sensor, site, scans)


def _read(path: str | Path) -> dict[str, Any]:
    twice: list[str] = []

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice.extend(
            name for name, count in Counter(name for name, _ in pairs).items() if count > 1
        )
        return dict(pairs)

    try:
        raw = json.loads(Path(path).read_text(encoding="utf-8-sig"), object_pairs_hook=once)
    except FileNotFoundError:
        raise ConfigError(str(path), [Fault("file", "nothing there", "an existing file")]) from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ConfigError(str(path), [Fault(where, error.msg, "a JSON object")]) from None
    except (OSError, ValueError, RecursionError) as error:
        found = f"unreadable ({type(error).__name__})"
        raise ConfigError(str(path), [Fault("file", found, "a JSON text file")]) from None
    if not isinstance(raw, dict):
        raise ConfigError(str(path), [Fault("file", type(raw).__name__, "a JSON object")])
    if twice:
        raise ConfigError(str(path), [Fault(name[:40], "more than one", "one") for name in twice])
    return raw


def _written(raw: dict[str, Any], key: _Key) -> str | None:
    """The name under which `key` stands in the file."""
    return next((name for name in key.names if name in raw), None)


def _value(raw: dict[str, Any], key: _Key, faults: list[Fault]) -> float | None:
    name = _written(raw, key)
    if name is None:
        faults.append(Fault(" or ".join(key.names), "nothing", key.allowed))
        return None
    value = raw[name]
    if value is None and key.absent:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not key.low <= value <= key.high or (key.exclusive and value == key.low):
        if all(fault.where != name for fault in faults):  # two quantities may stand under one key
            faults.append(Fault(name, _show(value), key.allowed))
        return None
    return float(value)


def _show(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."


def write_meta(path: str | Path, sensor: Sensor, site: Site) -> None:
    """Write the META.json of a sensor, with its WGS84 position where the site's is known."""
    numbers = {key.names[0]: getattr(sensor, key.field) for key in _KEYS if key is not _RATE}
    numbers["rate"] = 1.0 / sensor.scan_period_s
    for key in (_RATE_MAX, *_BIASES):
        numbers[key.names[0]] = getattr(sensor, key.field)
    if sensor.snr_threshold_db is not UNSET:
        numbers[_SNR_THRESHOLD.names[0]] = sensor.snr_threshold_db
    if sensor.independent_s is not UNSET:
        numbers[_INDEPENDENT.names[0]] = sensor.independent_s
    if site.known_position:
        place = geodetic_from_enu(sensor.position_enu_m, site)
        numbers |= {key.names[0]: float(v) for key, v in zip(_POSITION, place, strict=True)}
    Path(path).write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
