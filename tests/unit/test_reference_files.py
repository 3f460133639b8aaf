"""docs/reference/files.md names every key and column there is, with the unit, default and range of the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rampart.cli.summary import summarise
from rampart.domain.site import Site
from rampart.engine.flight_features import FEATURES
from rampart.formats.csvplots import meta, plots, table
from rampart.formats.results import ORIGINS, PREDICTIONS, TRACKS, WARNINGS
from rampart.metrics.files import MEASURES, score
from rampart.report.story import Head, Story
from rampart.scenario.form import ScenarioForm
from rampart.site.form import HazardForm, SiteForm, WindForm

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "files.md"
UNITS = {
    "_enu_m": "m", "_deg_m": "°, °, m", "_m": "m", "_deg": "°", "_mrad": "mrad", "_mps": "m/s", "_s": "s",
    "_pa": "Pa", "_k": "K", "_dbsm": "dBsm", "_db": "dB", "per_hour": "1/h", "seconds": "s",
}  # fmt: skip
Row = tuple[str, str, str, str]  # key, unit, default, allowed


def unit(key: str) -> str:
    return next((word for ending, word in UNITS.items() if key.endswith(ending)), "")


def number(value: float) -> str:
    return f"{value:,.12g}" if value < 1e6 or value == int(value) < 1e9 else f"{value:.4g}"


def limits(kind: Any) -> str:
    if kind.le is None:
        return f"from {number(kind.ge)}"
    low = f"from {number(kind.ge)}" if kind.ge is not None else f"above {number(kind.gt)}"
    return f"{low} to {number(kind.le)}"


def allowed(kind: Any) -> str:
    """The range of a type of `msgspec.inspect`, in words."""
    match kind:
        case msgspec.inspect.UnionType():
            return " or ".join(
                allowed(t) for t in kind.types if not isinstance(t, msgspec.inspect.NoneType)
            )
        case msgspec.inspect.LiteralType():
            return " ".join(f"`{value}`" if value else "empty" for value in kind.values)
        case msgspec.inspect.FloatType():
            return limits(kind)
        case msgspec.inspect.IntType():
            return "whole, " + limits(kind)
        case msgspec.inspect.DateTimeType():
            return "date and time with zone"
        case msgspec.inspect.StrType():
            if kind.pattern and kind.pattern.startswith("^[A-Za-z0-9]["):
                return "letters, digits, `_.-`, to 64"
            if kind.pattern:
                return "a UUID"
            if kind.min_length:
                return "text" + (f" of 1 to {kind.max_length}" if kind.max_length else "")
            return "text"
        case msgspec.inspect.StructType():
            return f"table, see {name(kind.cls)}"
        case msgspec.inspect.TupleType():
            parts = [allowed(t) for t in kind.item_types]
            if len(set(parts)) == 1:
                return f"[{len(parts)} × {parts[0]}]"
            return f"[{'; '.join(parts)}]"
        case msgspec.inspect.VarTupleType():
            inner = kind.item_type
            few = [f"at least {kind.min_length}"] if kind.min_length else []
            few += [f"at most {kind.max_length}"] if kind.max_length else []
            what = (
                f"tables, see {name(inner.cls)}"
                if hasattr(inner, "cls")
                else f"list of {allowed(inner)}"
            )
            return ", ".join([what, *few])
    raise AssertionError(kind)


def name(form: type) -> str:
    """Heading of a form: `ZoneForm` is told under *zone*."""
    return f"*{form.__name__.removesuffix('Form').lower()}*"


def default(field: Any) -> str:
    if field.required:
        return "required"
    if field.default is msgspec.NODEFAULT:
        return "see there"
    value = field.default
    if isinstance(value, msgspec.Struct):
        return "see there"
    if value is None or value in ((), ""):
        return "none"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(number, value)) + "]"
    return f"`{value}`" if isinstance(value, str) else number(value)


def forms(form: type) -> Iterator[type]:
    """The form, and all forms in it, each once, in the order of their keys."""
    yield form
    for field in msgspec.inspect.type_info(form).fields:  # type: ignore[attr-defined]
        for kind in getattr(field.type, "types", (field.type,)):
            inner = getattr(kind, "item_type", kind)
            if isinstance(inner, msgspec.inspect.StructType) and inner.cls is not SiteForm:
                yield from forms(inner.cls)


def toml_rows(form: type) -> list[Row]:
    return [
        (
            f.encode_name,
            "m" if form is HazardForm else unit(f.encode_name),
            default(f),
            allowed(f.type),
        )
        for f in msgspec.inspect.type_info(form).fields  # type: ignore[attr-defined]
    ]


def section(title: str) -> list[list[str]]:
    """The cells of the table under a heading, its heads left out."""
    text = PAGE.read_text(encoding="utf-8")
    match = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    assert match, f"no section {title!r}"
    lines = [line for line in match[1].splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def same(title: str, rows: list[tuple[str, ...]]) -> None:
    """The first cells of a section's table are `rows`, and the last one of each says what it means."""
    told = section(title)
    assert [tuple(cell.strip("`") for cell in row[:1]) + tuple(row[1:-1]) for row in told] == rows
    assert all(len(row[-1]) > 5 for row in told)


TOML = [("site.toml", form) for form in forms(SiteForm)]
TOML += [("scenario.toml", form) for form in forms(ScenarioForm) if form is not WindForm]


@pytest.mark.parametrize(("file", "form"), TOML, ids=[form.__name__ for _, form in TOML])
def test_every_key_of_a_toml_file_stands_with_its_unit_default_and_range(
    file: str, form: type
) -> None:
    whole = form in (SiteForm, ScenarioForm)
    same(file if whole else f"{name(form)} of {file}", toml_rows(form))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "columns"),
    [
        ("tracks.csv", TRACKS), ("predictions.csv", PREDICTIONS), ("warnings.csv", WARNINGS),
        ("origins.csv", ORIGINS),
    ],
)  # fmt: skip
def test_every_column_of_a_result_stands_with_its_form(title: str, columns: Any) -> None:
    words = {"d": "whole", "s": "word", "ids": "`1;2;3`"}
    digits = {".6f": "6 decimals", ".3f": "3 decimals", ".6e": "7 digits"}
    same(title, [(c.name, (words | digits)[c.form]) for c in columns])


def test_every_column_of_the_tables_that_are_read_stands() -> None:
    ranges = {column.name: column.allowed.removesuffix(", or empty") for column in table._COLUMNS}
    rows = [
        (key, "required" if key in table._REQUIRED else "may be absent", ranges.get(key, "text"))
        for key in plots.HEADER
    ]
    same("plots.csv", rows)  # type: ignore[arg-type]
    keys = [*meta._KEYS, *meta._OPTIONAL, *meta._POSITION]
    optional = {key.names[0] for key in (*meta._OPTIONAL, *meta._POSITION)}
    told = [
        (
            ", ".join(key.names),
            "may be absent" if key.names[0] in optional else "required",
            key.allowed,
        )
        for key in keys
    ]
    same("META.json", [*told, ("scans", "may be absent", "a whole number from 0 to 1e9")])  # type: ignore[list-item]
    same("FEATURES.csv", [(f.name, f"from {number(f.low)} to {number(f.high)}") for f in FEATURES])


def test_every_measure_of_a_score_stands_in_its_order(tmp_path: Path) -> None:
    truth, tracks = tmp_path / "truth.csv", tmp_path / "tracks.csv"
    truth.write_text("time,truth_id,x,y,z\n0,a,0,0,0\n")
    tracks.write_text("time,track_id,x,y,z\n0,a,0,0,0\n")
    assert list(score(truth, tracks)) == list(MEASURES)
    assert section("rampart score") == [[f"`{key}`", words] for key, words in MEASURES.items()]


def test_every_key_of_the_summary_stands() -> None:
    site = Site(name="s", uuid="u", latitude_deg=0.0, longitude_deg=0.0, height_m=0.0)
    head = Head(
        name="n", source="n", site=site, simulated=False, seed=None, epoch_ns=0, engine="", settings_hash="",
    )  # fmt: skip
    same("summary.json", [(key,) for key in summarise(Story(head=head), None, {})])
