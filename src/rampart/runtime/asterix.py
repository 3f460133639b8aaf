"""An ASTERIX recording as a source: a first reading finds its radars, a second one feeds the engine."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from rampart.domain.errors import ConfigError, Fault, FeedError
from rampart.domain.frames import enu_from_geodetic
from rampart.domain.messages import Input, PlotBatch, SensorStatus
from rampart.domain.site import Sensor, Site
from rampart.domain.time import NS_PER_DAY, NS_PER_S
from rampart.formats.asterix import Counts, Decoder
from rampart.formats.pcap import Recording, read_recording
from rampart.runtime.repeats import without_repeats

Position = tuple[float, float, float]  # latitude deg, longitude deg, WGS84 height m

# What a surveillance radar that tells no accuracy of its own is taken to have [A]: errors of the size
# that EUROCONTROL SUR.ET1.ST01.1000-STD-01-01 (1997) asks of en-route radars.
SIGMA_RANGE_M: Final = 70.0
SIGMA_AZIMUTH_RAD: Final = math.radians(0.08)
SIGMA_ELEVATION_RAD: Final = math.radians(0.3)  # [A]; each CAT 015 plot brings its own
SIGMA_RANGE_RATE_MPS: Final = 2.0  # [A]; likewise
ROTATION_S: Final = 5.0  # [A] where no north marks tell, or tell what is none
ROTATIONS_S: Final = (0.01, 60.0)  # as in site.toml; two marks farther apart stand about a gap
BIAS_TIME_S: Final = 1 / 256  # half the step of the time of day


@dataclass(slots=True)
class _Heard:
    """What the first reading learns of one radar."""

    plots: int = 0
    range_max_m: float = 0.0
    elevation: bool = False
    doppler: bool = False
    rotation_s: list[float] = field(default_factory=list)
    north_ns: int | None = None
    position: Position | None = None


class AsterixRecording:
    """Messages of a recording, iterated once; `site` to build an engine on, times from `epoch_ns`.

    `counts` (of the decoder) and `container.counts` are complete when the iteration has ended.
    With `site` given, plots of a radar whose SAC/SIC is a sensor's `system_id` carry that sensor's
    id; other radars are added to it where the recording tells their position.
    Raises ConfigError for what is no recording: no record can be read, and its octets are no whole blocks.
    """

    def __init__(self, path: Path, editions: dict[int, str] | None, site: Site | None) -> None:
        self.path = path
        self.container = _container(path)
        heard, first_ns = self._listen(editions)
        self.epoch_ns = first_ns // NS_PER_DAY * NS_PER_DAY
        self._names = {
            f"{sensor.system_id[0]}/{sensor.system_id[1]}": sensor.id
            for sensor in (site.sensors if site else ())
            if sensor.system_id is not None
        }
        strangers = {name: radar for name, radar in heard.items() if name not in self._names}
        self.site = _site_of(path.stem, strangers) if site is None else _with(site, strangers)
        self.container = _container(path)  # its counts start anew
        self._decoder = Decoder(path.name, editions)

    @property
    def counts(self) -> Counts:
        """What was decoded, refused and left unused so far."""
        return self._decoder.counts

    @property
    def editions(self) -> dict[int, str]:
        """The edition by which each category is read."""
        return self._decoder.editions

    def __iter__(self) -> Iterator[Input]:
        for message in without_repeats(_decoded(self.container, self._decoder)):
            name = getattr(message, "sensor", None)
            if name in self._names:
                yield msgspec.structs.replace(message, sensor=self._names[name])
            else:
                yield message

    def _listen(self, editions: dict[int, str] | None) -> tuple[dict[str, _Heard], int]:
        """(radars by SAC/SIC, first arrival ns) of the whole recording."""
        heard: dict[str, _Heard] = {}
        first_ns: int | None = None
        decoder = Decoder(self.path.name, editions)
        for message in _decoded(self.container, decoder):
            first_ns = message.t_arrival_ns if first_ns is None else first_ns
            if isinstance(message, PlotBatch):
                _learn_plots(heard.setdefault(message.sensor, _Heard()), message)
            elif isinstance(message, SensorStatus):
                _learn_status(heard.setdefault(message.sensor, _Heard()), message)
        _refuse_rubbish(self.path, decoder.counts)
        return heard, first_ns or 0


def _container(path: Path) -> Recording:
    try:
        return read_recording(path)
    except FeedError as error:
        fault = Fault("file", f"{error.reason} ({error.detail})", "a recording of ASTERIX blocks")
        raise ConfigError(str(path), [fault]) from None


def _refuse_rubbish(path: Path, counts: Counts) -> None:
    """ConfigError where nothing was read and the octets do not even part into blocks (category -1).

    Whole blocks of categories that are not carried, or read by a wrong edition, are a recording.
    """
    if counts.records or not any(category < 0 for category, _ in counts.refused):
        return
    reasons: Counter[str] = Counter()
    for (_, reason), count in counts.refused.items():
        reasons[reason] += count
    found = ", ".join(f"{reason} {count:,}" for reason, count in sorted(reasons.items()))
    fault = Fault("file", f"no record that can be read ({found})", "a recording of ASTERIX blocks")
    raise ConfigError(str(path), [fault])


def _decoded(container: Recording, decoder: Decoder) -> Iterator[Input]:
    try:
        for t_ns, datagram in container:
            yield from decoder.feed(datagram, t_ns)
    except FeedError as error:  # the container itself, not what it holds
        fault = Fault("file", f"{error.reason} ({error.detail})", "a readable capture")
        raise ConfigError(container.name, [fault]) from None


def _learn_plots(radar: _Heard, batch: PlotBatch) -> None:
    rows = batch.rows
    radar.plots += len(rows)
    radar.range_max_m = max(radar.range_max_m, float(rows["range_m"].max()))
    radar.elevation = radar.elevation or not np.isnan(rows["elevation_rad"]).all()
    radar.doppler = radar.doppler or not np.isnan(rows["range_rate_mps"]).all()


def _learn_status(radar: _Heard, status: SensorStatus) -> None:
    radar.position = radar.position or status.position_deg_m
    if status.rotation_s:
        radar.rotation_s.append(status.rotation_s)
    if status.kind == "north":
        if radar.north_ns is not None and status.t_event_ns > radar.north_ns:
            radar.rotation_s.append((status.t_event_ns - radar.north_ns) / NS_PER_S)
        radar.north_ns = status.t_event_ns


def _site_of(name: str, radars: dict[str, _Heard]) -> Site:
    """A site without zones about the first radar of known position, else one of unknown position."""
    located = [radar.position for radar in radars.values() if radar.position is not None]
    latitude, longitude, height = located[0] if located else (0.0, 0.0, 0.0)
    bare = Site(
        name=name,
        uuid=name,
        latitude_deg=latitude,
        longitude_deg=longitude,
        height_m=height,
        known_position=bool(located),
    )
    return _with(bare, radars)


def _with(site: Site, radars: dict[str, _Heard]) -> Site:
    """`site` and the radars that sent plots and can be placed: on an unlocated site, all at its origin."""
    added = tuple(
        _sensor(name, radar, site)
        for name, radar in radars.items()
        if radar.plots and (radar.position is not None or not site.known_position)
    )
    return msgspec.structs.replace(site, sensors=site.sensors + added)


def _sensor(name: str, radar: _Heard, site: Site) -> Sensor:
    xyz = (0.0, 0.0, 0.0)
    if radar.position is not None and site.known_position:
        e, n, u = enu_from_geodetic(*radar.position, site).tolist()
        xyz = (e, n, u)
    sac, sic = name.split("/")
    told = [s for s in radar.rotation_s if ROTATIONS_S[0] <= s <= ROTATIONS_S[1]]
    rotation_s = statistics.median(told) if told else ROTATION_S
    return Sensor(
        id=name,
        name=f"SAC/SIC {name}",
        position_enu_m=xyz,
        sigma_range_m=SIGMA_RANGE_M,
        sigma_azimuth_rad=SIGMA_AZIMUTH_RAD,
        sigma_elevation_rad=SIGMA_ELEVATION_RAD if radar.elevation else None,
        sigma_range_rate_mps=SIGMA_RANGE_RATE_MPS if radar.doppler else None,
        scan_period_s=rotation_s,
        clutter_per_scan=1.0,
        range_min_m=0.0,
        range_max_m=1.1 * radar.range_max_m + 1.0,
        elevation_min_rad=-math.pi / 2,
        elevation_max_rad=math.pi / 2,
        bias_time_s=BIAS_TIME_S,
        system_id=(int(sac), int(sic)),
    )
