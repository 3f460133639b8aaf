"""`scenario.toml` -> `Scenario`: a site, a simulated world and a seed."""

from __future__ import annotations

import datetime
import operator
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, SupportsIndex

from rampart.domain.errors import ConfigError, Fault, UsageError
from rampart.domain.messages import Input
from rampart.domain.site import Site
from rampart.domain.time import ns_from_iso
from rampart.metrics.truth import Truth
from rampart.scenario.build import build_world
from rampart.scenario.form import FactForm, ScenarioForm
from rampart.sim.simulate import Simulated, simulate
from rampart.sim.world import World
from rampart.site.loader import build_site, load_site
from rampart.site.strict import Faults, convert, did_you_mean, read_toml

CATALOGUE: Final = Path(__file__).parent / "catalogue"


@dataclass(frozen=True)
class Scenario:
    """A world ready to run. The same scenario and seed give the same messages, byte for byte."""

    name: str
    title: str
    seed: int
    world: World
    facts: tuple[FactForm, ...]

    @property
    def site(self) -> Site:
        return self.world.site

    @property
    def truth(self) -> Truth:
        """What really flew and was detected; no message carries any of it."""
        return self._run.truth

    def messages(self) -> Iterator[Input]:
        """The inputs of an engine in order of arrival, Ticks included."""
        return iter(self._run.messages)

    @cached_property
    def _run(self) -> Simulated:
        return simulate(self.world, self.seed)


def load(name_or_path: str | Path, seed: SupportsIndex | None = None) -> Scenario:
    """The scenario of this catalogue name or TOML file; `seed` replaces the file's own.

    Raises ConfigError with all faults of the file, UsageError for a name that is not in the catalogue.
    """
    if seed is not None:
        seed = _checked(seed)
    table, path = _read(name_or_path)
    faults = Faults()
    form = convert(table, ScenarioForm, faults)
    site = _site(form, path, faults)
    world = build_world(form, site, _start_ns(form, faults), faults)
    faults.refuse(str(path))
    assert world is not None
    return Scenario(
        name=form.name,
        title=form.title,
        seed=form.seed if seed is None else seed,
        world=world,
        facts=form.facts,
    )


def check(path: str | Path) -> list[Fault]:
    """Every fault of a scenario file; empty when `load` would accept it."""
    try:
        load(path)
    except ConfigError as error:
        return list(error.faults)
    return []


def catalogue() -> list[tuple[str, str]]:
    """(name, one line) of every scenario that ships with the package, by name."""
    return [(name, str(_read(name)[0]["title"])) for name in _names()]


def _checked(seed: SupportsIndex) -> int:
    """`seed` as a plain int, which a journal can hold; raises UsageError."""
    try:
        whole = operator.index(seed)
    except TypeError:
        whole = -1
    if not 0 <= whole < 2**63:
        raise UsageError(f"seed: found {seed!r}; allowed: a whole number from 0 to 2^63 - 1")
    return whole


def _read(name_or_path: str | Path) -> tuple[dict[str, Any], Path]:
    """The TOML table, and the path that faults are reported under."""
    text = str(name_or_path)
    if isinstance(name_or_path, Path) or text.endswith(".toml") or "/" in text:
        return read_toml(text), Path(text)
    names = _names()
    if text not in names:
        allowed = "a .toml file or one of: " + ", ".join(names) + did_you_mean(text, names)
        found = f"a folder, {text!r}" if os.path.isdir(text) else repr(text)
        raise UsageError(f"scenario: found {found}; allowed: {allowed}")
    path = CATALOGUE / f"{text}.toml"
    return read_toml(path), path


def _names() -> list[str]:
    return sorted(path.stem for path in CATALOGUE.glob("*.toml"))


def _site(form: ScenarioForm, path: Path, faults: Faults) -> Site | None:
    """The site, inline or from the file beside this one."""
    if not isinstance(form.site, str):
        if form.site is None:
            return None
        return build_site(form.site, faults, "site", path.parent)
    try:
        return load_site(path.parent / form.site)
    except ConfigError as error:
        for fault in error.faults:
            faults.found.append(
                Fault(f"site ({form.site}) {fault.where}", fault.found, fault.allowed)
            )
    return None


def _start_ns(form: ScenarioForm, faults: Faults) -> int:
    if not isinstance(form.start, datetime.datetime):
        return 0
    # the engine counts from 1970 to 2116 (`stamps.FAR_NS`)
    if not 1970 <= form.start.year < 2100:
        faults.add("start", form.start, "a time from 1970 to 2099")
        return 0
    return max(ns_from_iso(form.start.isoformat()), 0)
