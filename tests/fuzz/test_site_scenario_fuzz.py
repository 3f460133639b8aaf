"""Whatever stands in a TOML file, the loaders answer with an object or with faults, never otherwise."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rampart import scenario
from rampart.domain.errors import ConfigError
from rampart.scenario.build import build_world
from rampart.scenario.form import ScenarioForm
from rampart.scenario.loader import CATALOGUE
from rampart.sim.classes import read_class
from rampart.site.form import SiteForm
from rampart.site.loader import build_site
from rampart.site.strict import Faults, convert, parse_toml
from toml_places import places

GOOD = parse_toml((CATALOGUE / "mixed-saturation.toml").read_text(encoding="utf-8"), "good")
VALUES = st.recursive(
    st.none().map(lambda _: math.nan)
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["auto", "rocket_107", "bird", "owa_drone", "a", "locator"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


PLACES = places(GOOD)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    """A good scenario with some values replaced, removed or added."""
    table = copy.deepcopy(GOOD)
    for _ in range(draw(st.integers(1, 4))):
        *way, last = draw(st.sampled_from(PLACES))
        holder: Any = table
        try:
            for key in way:
                holder = holder[key]
            what = draw(st.sampled_from(["replace", "remove", "add"]))
            if what == "replace":
                holder[last] = draw(VALUES)
            elif what == "remove":
                del holder[last]
            elif isinstance(holder, dict):
                holder[draw(st.text(max_size=9))] = draw(VALUES)
        except (KeyError, IndexError, TypeError):
            continue  # an earlier damage took that place away
    return table


@given(damaged())
@settings(max_examples=300)
def test_a_damaged_scenario_is_a_world_or_faults(table: dict[str, Any]) -> None:
    faults = Faults()
    form = convert(table, ScenarioForm, faults)
    site = build_site(form.site, faults, "site") if isinstance(form.site, SiteForm) else None
    world = build_world(form, site, 0, faults)
    assert (world is None) == (bool(faults.found) or site is None)
    for fault in faults.found:
        assert fault.where
        assert fault.found
        assert fault.allowed
        assert "\n" not in str(fault)


@given(st.dictionaries(st.text(max_size=10), VALUES, max_size=6))
@settings(max_examples=200)
def test_any_table_is_a_site_or_faults(table: dict[str, Any]) -> None:
    faults = Faults()
    assert build_site(convert(table, SiteForm, faults), faults) is None
    assert faults.found


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
@settings(max_examples=300)
def test_any_text_is_a_table_or_a_config_error(text: str) -> None:
    for read in (parse_toml, read_class):
        try:
            read(text, "x.toml")
        except ConfigError as error:
            assert error.faults  # noqa: PT017
            json.dumps(str(error))


@given(st.binary(max_size=120))
@settings(max_examples=100)
def test_any_file_is_checked_without_a_traceback(tmp_path_factory: Any, body: bytes) -> None:
    path: Path = tmp_path_factory.getbasetemp() / "fuzzed.toml"
    path.write_bytes(body)
    assert scenario.check(path)
