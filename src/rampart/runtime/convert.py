"""From one recording format to another, by extension."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rampart.domain.errors import UsageError
from rampart.domain.messages import Input, Plot, PlotBatch
from rampart.domain.site import Site
from rampart.formats.csvplots import write_meta, write_plots
from rampart.formats.journal import Header, JournalWriter
from rampart.runtime.drive import program_version
from rampart.runtime.outdir import whole_file
from rampart.runtime.sources import ASTERIX_SUFFIXES, Source, open_source

PAIRS: Final = {
    ".csv": (".rpj", ".pcap", ".ast", ".raw"),
    ".rpj": (".csv", ".pcap", ".ast", ".raw"),
    **dict.fromkeys(ASTERIX_SUFFIXES, (".csv", ".rpj")),
}
"""What each input format can become."""


@dataclass(slots=True)
class Converted:
    """What was written: messages and plots that went through, the files, and the source's remarks."""

    messages: int
    plots: int
    files: tuple[Path, ...]
    remarks: tuple[str, ...] = ()


def convert(
    source: str | Path,
    target: str | Path,
    *,
    site: Site | None = None,
    meta: str | Path | None = None,
    editions: dict[int, str] | None = None,
) -> Converted:
    """Write the recording at `source` as `target`; the pairs of extensions are `PAIRS`.

    A plots.csv stands beside a META.json named like it (`x.csv`, `x.meta.json`), or a `meta.json`:
    read where `meta` is not given. One named like it is written where the plots are of one sensor, which is
    all that a META.json can tell. A new journal holds the inputs
    alone; ASTERIX is written as CAT 015. `target` appears only when it is whole.
    Raises UsageError for a pair that does not exist, ConfigError for a source at fault.
    """
    source, target = Path(source), Path(target)
    before, after = source.suffix.lower(), target.suffix.lower()
    if after not in PAIRS.get(before, ()):
        pairs = "; ".join(f"{a} to {' '.join(b)}" for a, b in PAIRS.items())
        raise UsageError(
            f"convert {source} {target}: found {before or 'no extension'} to "
            f"{after or 'no extension'}; allowed: {pairs}"
        )
    if before == ".csv" and meta is None and site is None:
        meta = _meta_beside(source)
    opened = open_source(source, site=site, meta=meta, editions=editions)
    counter = _Counter(opened)
    files = [target]
    remarks: list[str] = []
    with whole_file(target, source, meta) as path:
        if after == ".rpj":
            _write_journal(path, opened, counter)
        elif after == ".csv":
            write_plots(
                path, counter, epoch_ns=opened.epoch_ns, scan_period_s=_scan_period_s(opened)
            )
            files += _write_meta_beside(target, source, opened.site, counter.sensors, remarks)
        else:
            _write_asterix(path, after, opened, counter)
    remarks += opened.journal.remarks if opened.journal else ()
    return Converted(counter.messages, counter.plots, tuple(files), opened.remarks + tuple(remarks))


class _Counter:
    """The messages of a source, counted as they pass; `sensors`: those that plots were of."""

    def __init__(self, source: Source) -> None:
        self.messages = 0
        self.plots = 0
        self.sensors: set[str] = set()
        self._source = source

    def __iter__(self) -> Iterator[Input]:
        for message in self._source.messages:
            self.messages += 1
            if isinstance(message, PlotBatch | Plot):
                self.plots += len(message) if isinstance(message, PlotBatch) else 1
                self.sensors.add(message.sensor)
            yield message


def _meta_beside(plots: Path) -> Path:
    named = plots.with_suffix(".meta.json")
    common = plots.with_name("meta.json")
    for path in (named, common):
        if path.is_file():
            return path
    raise UsageError(f"{plots}: found no sensor file; allowed: {named.name} or meta.json beside it")


def _write_meta_beside(
    plots: Path, source: Path, site: Site, names: set[str], remarks: list[str]
) -> tuple[Path, ...]:
    """The META.json written beside `plots` of the sensors `names`; none, and a remark, where it cannot tell
    them. One that stood there and says otherwise is kept under another name."""
    beside = plots.with_suffix(".meta.json")
    told = [s for s in site.sensors if s.id in names] if names else site.sensors
    if len(told) != 1 or len(names) > 1:
        found = f"plots of {', '.join(sorted(names))}" if names else "no plot"
        left = f"; {beside.name} is of another day" if beside.exists() else ""
        remarks.append(
            f"{plots}: found {found}, and a META.json tells one known sensor; read it with a --site whose "
            f"sensors have these ids or system_ids{left}"
        )
        return ()
    before = beside.read_bytes() if beside.is_file() else None
    with whole_file(beside, source) as path:
        write_meta(path, told[0], site)
        if before is not None and before != path.read_bytes():
            aside = beside.with_name(f"{beside.name}.old")
            aside.write_bytes(before)  # not moved: it may be a link to what is replaced
            remarks.append(f"{beside}: found one that says otherwise; it is {aside.name} now")
    return (beside,)


def _scan_period_s(source: Source) -> float | None:
    """The one scan period of all sensors, where there is one."""
    periods = {sensor.scan_period_s for sensor in source.site.sensors}
    return periods.pop() if len(periods) == 1 and source.asterix is None else None


def _write_journal(path: Path, source: Source, messages: _Counter) -> None:
    header = Header(
        engine=program_version(),
        settings_hash="",  # no engine has spoken in it
        site=source.site,
        epoch_ns=source.epoch_ns,
        simulated=source.simulated,
        source=source.name,
        seed=source.seed,
    )
    with JournalWriter(path, header) as journal:
        for seq, message in enumerate(messages, start=1):
            journal.input(seq, message)


def _write_asterix(path: Path, suffix: str, source: Source, messages: _Counter) -> None:
    from rampart.formats.pcap.writing import write_capture
    from rampart.runtime.asterix_out import blocks

    datagrams = blocks(messages, source.site)
    if suffix == ".pcap":
        write_capture(path, datagrams)
        return
    with path.open("wb") as file:
        for _, block in datagrams:
            file.write(block)
