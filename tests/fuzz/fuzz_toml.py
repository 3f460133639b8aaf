"""Coverage-guided fuzzing of the TOML loaders: sites, scenarios and classes of flying things.

``python tests/fuzz/fuzz_toml.py -runs=1000000`` needs the `atheris` package and says so where it is
absent. Only ConfigError may come out of the readers, and nothing at all out of the builders.
"""

from __future__ import annotations

import sys

try:
    import atheris
except ImportError:
    sys.exit("MISSING: atheris, needed for fuzzing: pip install atheris")

with atheris.instrument_imports(include=["rampart.site", "rampart.scenario"]):
    from rampart.domain.errors import ConfigError
    from rampart.scenario.build import build_world
    from rampart.scenario.form import ScenarioForm
    from rampart.sim.classes import read_class
    from rampart.site.form import SiteForm
    from rampart.site.loader import build_site
    from rampart.site.strict import Faults, convert, parse_toml


def site_toml(data: bytes) -> None:
    """The bytes as a `site.toml`."""
    try:
        table = parse_toml(data.decode("utf-8", "replace"), "fuzz")
    except ConfigError:
        return
    faults = Faults()
    site = build_site(convert(table, SiteForm, faults), faults)
    assert (site is None) == bool(faults.found)


def scenario_toml(data: bytes) -> None:
    """The bytes as a `scenario.toml`; a site in another file is not looked for."""
    try:
        table = parse_toml(data.decode("utf-8", "replace"), "fuzz")
    except ConfigError:
        return
    faults = Faults()
    form = convert(table, ScenarioForm, faults)
    site = build_site(form.site, faults, "site") if isinstance(form.site, SiteForm) else None
    assert site is not None or build_world(form, site, 0, faults) is None
    if site is not None:
        assert (build_world(form, site, 0, faults) is None) == bool(faults.found)


def class_toml(data: bytes) -> None:
    """The bytes as a class of flying things."""
    try:
        read_class(data.decode("utf-8", "replace"), "fuzz")
    except ConfigError:
        return


def target(data: bytes) -> None:
    """The same bytes for all three loaders."""
    site_toml(data)
    scenario_toml(data)
    class_toml(data)


if __name__ == "__main__":
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
