"""SOURCE on the command line -> `Job`: what to drive, on which site, and what is known about it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rampart.domain.errors import ConfigError, Fault, UsageError
from rampart.domain.messages import Input
from rampart.domain.site import Site
from rampart.domain.time import ns_from_seconds
from rampart.report.story import Fact

if TYPE_CHECKING:
    from rampart.formats.journal import Header, JournalReader
    from rampart.metrics.truth import Truth
    from rampart.runtime.asterix import AsterixRecording

LONGEST_S: Final = 1e9
"""Longest span of an option: 30 years; stamps are nanoseconds in 64 bits."""


@dataclass(kw_only=True, slots=True)
class Job:
    """A source, opened; `path`: the recording's. `remarks`: see `runtime.sources.Source`. `header`: of a
    journal, which tells what engine made it.
    """

    name: str
    source: str
    site: Site
    epoch_ns: int
    messages: Iterable[Input]
    simulated: bool = False
    seed: int | None = None
    summary: str = ""
    facts: tuple[Fact, ...] = ()
    truth: Truth | None = None
    path: Path | None = None
    remarks: tuple[str, ...] = ()
    reader: JournalReader | None = None
    asterix: AsterixRecording | None = None

    @property
    def header(self) -> Header | None:
        """That of the journal that is shown."""
        return self.reader.header if self.reader else None

    def feed(self) -> tuple[tuple[str, str], ...]:
        """How a recording was decoded, as (label, value); complete once it has been read."""
        if self.reader is not None:
            name = f"{self.reader.path}: "
            return tuple(("Passed over", line.removeprefix(name)) for line in self.reader.remarks)
        if self.asterix is None:
            return ()
        counts, container = self.asterix.counts, self.asterix.container.counts
        editions = self.asterix.editions
        used = {category: name for category, name in editions.items() if counts.blocks[category]}
        rows = [
            ("Datagrams", f"{counts.datagrams:,}"),
            ("Decoded plots", f"{sum(counts.plots.values()):,}"),
            *(
                (f"Position of {name}", _degrees(at))
                for name, at in sorted(counts.positions.items())
            ),
            *((f"CAT {cat:03d} read by edition", name) for cat, name in sorted(used.items())),
            *((f"CAT {cat:03d} records", f"{n:,}") for cat, n in sorted(counts.records.items())),
            *(
                (f"CAT {cat:03d} records not used: {why}", f"{n:,}")
                for (cat, why), n in sorted(counts.unused.items())
            ),
            *(
                (f"Blocks refused{f', CAT {cat:03d}' if cat >= 0 else ''}: {why}", f"{n:,}")
                for (cat, why), n in sorted(counts.refused.items())
            ),
            *(
                (f"Frames left out: {why}", f"{n:,}")
                for why, n in sorted(container.items())
                if why != "datagrams"
            ),
        ]
        if not counts.positions:
            rows.insert(2, ("Position", "the recording tells none"))
        if not counts.refused:
            rows.append(("Blocks refused", "none"))
        return tuple((label.replace("_", " "), value) for label, value in rows)


def open_job(
    source: str,
    *,
    site: str | None = None,
    meta: str | None = None,
    editions: str | None = None,
    seed: int | None = None,
) -> Job:
    """The job that SOURCE names: a catalogue name, a scenario .toml, or a recording by its extension.

    Raises UsageError or ConfigError, before anything is written, where the user's input is at fault.
    """
    from rampart.runtime.sources import SUFFIXES

    suffix = Path(source).suffix.lower()
    if suffix not in SUFFIXES:
        _refuse_options(source, site=site, sensor=meta, asterix=editions)
        return _scenario(source, seed)
    if seed is not None:
        raise UsageError(f"--seed: found {seed} for a {suffix} file; allowed: for scenarios only")
    must_exist(Path(source))
    return _recording(Path(source), site, meta, editions)


def _scenario(source: str, seed: int | None) -> Job:
    import rampart.scenario
    from rampart.runtime.sources import SUFFIXES

    suffix = Path(source).suffix
    if suffix not in ("", ".toml") and os.path.isfile(source):
        raise UsageError(
            f"{source}: found extension {suffix!r}; allowed: a catalogue name, "
            f".toml {' '.join(SUFFIXES)}"
        )
    scenario = rampart.scenario.load(source, seed)
    facts = tuple(
        Fact(text=fact.text, source=fact.source, mark=fact.mark) for fact in scenario.facts
    )
    return Job(
        name=scenario.name,
        source=f"scenario {scenario.name}",
        site=scenario.site,
        epoch_ns=scenario.world.start_ns,
        messages=_held(scenario.messages(), source),
        simulated=True,
        seed=scenario.seed,
        summary=scenario.title,
        facts=facts,
        truth=scenario.truth,
    )


def _recording(path: Path, site: str | None, meta: str | None, editions: str | None) -> Job:
    from rampart.runtime.sources import open_source
    from rampart.site import load_site

    chosen = None
    if editions is not None:
        from rampart.formats.asterix import parse_editions

        chosen = parse_editions(editions)
    given = load_site(site) if site is not None else None
    opened = open_source(path, site=given, meta=meta, editions=chosen)
    return Job(
        name=opened.name,
        source=path.name,
        path=path,
        site=opened.site,
        epoch_ns=opened.epoch_ns,
        messages=opened.messages if opened.journal else _held(opened.messages, str(path)),
        simulated=opened.simulated,
        seed=opened.seed,
        remarks=opened.remarks,
        reader=opened.journal,
        asterix=opened.asterix,
    )


def _held(messages: Iterable[Input], name: str) -> Iterator[Input]:
    """The messages, once it is sure that there is one. Raises ConfigError where there is none."""
    iterator = iter(messages)
    first = next(iterator, None)
    if first is None:
        raise ConfigError(name, [Fault("file", "no message", "a recording with at least one")])
    return itertools.chain((first,), iterator)


def _degrees(position: tuple[float, float, float]) -> str:
    latitude, longitude, height_m = position
    return f"{latitude:.5f}, {longitude:.5f}, {height_m:.0f} m"


def _refuse_options(source: str, **options: str | None) -> None:
    for name, value in options.items():
        if value is not None:
            raise UsageError(
                f"--{name}: found {value!r} for the scenario {source}; "
                "allowed: for recordings and plots only"
            )


def span_ns(option: str, seconds: float) -> int:
    """The `seconds` of an option in nanoseconds; raises UsageError unless from 0 to `LONGEST_S`."""
    if not 0 <= seconds <= LONGEST_S:
        raise UsageError(f"{option}: found {seconds}; allowed: seconds from 0 to {LONGEST_S:g}")
    return ns_from_seconds(seconds)


def must_exist(path: Path) -> None:
    """Raises UsageError for what is no file; where nothing is there, it names the nearest one beside it."""
    try:
        if path.is_file():
            return
    except OSError as error:  # such as a name that is too long
        raise UsageError(f"{path}: found {error.strerror}; allowed: a file") from None
    from rampart.site.strict import did_you_mean

    parent = path.parent
    beside = sorted(entry.name for entry in parent.iterdir()) if parent.is_dir() else []
    if path.is_dir():
        raise UsageError(f"{path}: found a folder; allowed: a file")
    if path.exists():
        raise UsageError(f"{path}: found a device or a pipe; allowed: a file")
    if path.is_symlink():
        raise UsageError(f"{path}: found a link that leads nowhere; allowed: a file")
    near = did_you_mean(path.name, beside)
    raise UsageError(f"{path}: found nothing at this path; allowed: a file{near}")
