"""Files as sources: whatever the format, a site to deploy the engine on and messages in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from rampart.domain.errors import UsageError
from rampart.domain.frames import enu_from_geodetic
from rampart.domain.messages import Input, Tick
from rampart.domain.site import Site
from rampart.domain.time import NS_PER_S
from rampart.engine.clocks import LEAP_NS
from rampart.formats.csvplots import SensorMeta, load_meta, read_plots
from rampart.formats.journal import JournalReader, read_journal

if TYPE_CHECKING:
    from rampart.runtime.asterix import AsterixRecording

ASTERIX_SUFFIXES: Final = (".pcap", ".pcapng", ".ast", ".raw", ".bin", ".gps")
SUFFIXES: Final = (".rpj", ".csv", *ASTERIX_SUFFIXES)
"""What `open_source` reads."""
GRID_NS: Final = 500_000_000
"""Ticks of a source that has no scan times of its own: 2 Hz."""
QUIET_TICKS: Final = 1200
"""Ticks go on this long (10 min) into a gap without messages, then rest until the next one."""

RETURNS: Final = 64
"""Messages within which a clock that has jumped is taken to return."""


@dataclass(frozen=True, slots=True)
class Source:
    """A recording, ready to be driven once.

    `site`: to build the engine on. Times in result files count from `epoch_ns`. `scan_period_s`:
    where the recording has a scan grid. `remarks`: what of the file was passed over or put right, for
    people. `journal` and `asterix` hold what those formats tell besides
    messages (a torn tail, refused blocks); they are complete when `messages` has ended.
    """

    name: str
    site: Site
    epoch_ns: int
    messages: Iterable[Input]
    simulated: bool = False
    seed: int | None = None
    scan_period_s: float | None = None
    remarks: tuple[str, ...] = ()
    journal: JournalReader | None = None
    asterix: AsterixRecording | None = None


def open_source(
    path: str | Path,
    *,
    site: Site | None = None,
    meta: str | Path | None = None,
    editions: dict[int, str] | None = None,
) -> Source:
    """The recording at `path`, by its extension (`SUFFIXES`).

    `site` replaces the recording's own idea of where it was made. `meta`: META.json of a plots.csv,
    which needs it or a `site` with sensors. `editions`: ASTERIX edition by category.
    Raises UsageError for an extension or a combination that does not exist, ConfigError for a file
    that is at fault.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(f"{path}: found extension {suffix!r}; allowed: {' '.join(SUFFIXES)}")
    if meta is not None and suffix != ".csv":
        raise UsageError(
            f"{path}: found a sensor file for a {suffix}; allowed: for a plots.csv only"
        )
    if editions is not None and suffix not in ASTERIX_SUFFIXES:
        raise UsageError(
            f"{path}: found ASTERIX editions for a {suffix}; allowed: for ASTERIX only"
        )
    if suffix == ".rpj":
        return _open_journal(path, site)
    if suffix == ".csv":
        return _open_plots(path, site, None if meta is None else load_meta(meta))
    from rampart.runtime.asterix import AsterixRecording

    recording = AsterixRecording(path, editions, site)
    return Source(
        name=path.stem,
        site=recording.site,
        epoch_ns=recording.epoch_ns,
        messages=with_ticks(recording),
        asterix=recording,
    )


def _open_journal(path: Path, site: Site | None) -> Source:
    reader = read_journal(path)
    header = reader.header
    return Source(
        name=header.source,
        site=site or header.site,
        epoch_ns=header.epoch_ns,
        messages=reader.inputs(),
        simulated=header.simulated,
        seed=header.seed,
        journal=reader,
    )


def _open_plots(path: Path, site: Site | None, meta: SensorMeta | None) -> Source:
    if meta is None and (site is None or not site.sensors):
        raise UsageError(f"{path}: found no sensor; allowed: a META.json, or a site with sensors")
    if meta is not None:
        site = meta.site if site is None else _deployed(site, meta)
    assert site is not None
    remarks: list[str] = []
    scans = meta.scans if meta else None
    messages = read_plots(path, site.sensors, scans=scans, remarks=remarks)
    periods = {sensor.scan_period_s for sensor in site.sensors}
    return Source(
        name=path.stem,
        site=site,
        epoch_ns=0,
        messages=messages,
        scan_period_s=periods.pop() if len(periods) == 1 else None,
        remarks=tuple(f"{path}: {remark}" for remark in remarks),
    )


def _deployed(site: Site, meta: SensorMeta) -> Site:
    """`site` with the sensor of a META.json as its only one, at its own position where that is told."""
    sensor, place = meta.sensor, meta.site
    if place.known_position and site.known_position:
        xyz = enu_from_geodetic(place.latitude_deg, place.longitude_deg, place.height_m, site)
        sensor = msgspec.structs.replace(sensor, position_enu_m=tuple(xyz.tolist()))
    return msgspec.structs.replace(site, sensors=(sensor,))


def with_ticks(messages: Iterable[Input]) -> Iterator[Input]:
    """`messages` with a Tick at each `GRID_NS` of UTC between them and one at the end.

    A message at the very moment of a Tick comes before it. Where the clock that stamped them jumps and
    soon returns there are no Ticks in between: nobody waited so long; where it stays, they go on from there.
    """
    source = iter(messages)
    coming = deque(islice(source, RETURNS))
    due: int | None = None  # number of the next Tick
    last_ns = 0
    while coming:
        message = coming.popleft()
        coming.extend(islice(source, 1))
        t_ns = message.t_arrival_ns
        if due is not None and not _follows(t_ns, last_ns):
            if any(_follows(later.t_arrival_ns, last_ns) for later in coming):
                yield message
                continue
            if t_ns < last_ns:
                due = None
        if due is None:
            due = -(-t_ns // GRID_NS)
        last_heard = due
        while due * GRID_NS < t_ns and due - last_heard < QUIET_TICKS:
            yield Tick(t_arrival_ns=due * GRID_NS)
            due += 1
        due = max(due, -(-t_ns // GRID_NS))
        last_ns = max(t_ns, last_ns) if _follows(t_ns, last_ns) else t_ns
        yield message
    if due is not None:
        yield Tick(t_arrival_ns=due * GRID_NS)


def _follows(t_ns: int, last_ns: int) -> bool:
    return -NS_PER_S <= t_ns - last_ns <= LEAP_NS
