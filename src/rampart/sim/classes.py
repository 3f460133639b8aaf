"""Classes of flying things: one TOML file each under `threats/`, generic, coarse, for protection only.

Every value carries its mark (`sourced`, `assumed`, `computed`) and the word of its source. A new class
is one more file.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Annotated, Any, Literal, cast

from msgspec import Meta

from rampart.domain.errors import UsageError
from rampart.domain.site import Settings
from rampart.domain.values import Family
from rampart.site.strict import Faults, Phrase, convert, did_you_mean, parse_toml

Finite = Annotated[float, Meta(ge=-1e6, le=1e6)]


class Value(Settings, frozen=True):
    """One number (`value`), or the range it is drawn from (`range`), with its provenance."""

    mark: Literal["sourced", "assumed", "computed"]
    source: Annotated[str, Meta(min_length=1)]
    value: Finite | None = None
    range: tuple[Finite, Finite] | None = None

    @property
    def low(self) -> float:
        return self.range[0] if self.range else self.value or 0.0

    @property
    def high(self) -> float:
        return self.range[1] if self.range else self.value or 0.0


class BallisticClass(Settings, frozen=True):
    """A round that falls freely after its launch or boost.

    `adjusts`: what is laid for the distance: the `speed` at a given elevation (charges), or the
    `elevation` at a given speed (rockets). `drag_per_m`: k of a constant drag coefficient that fits the
    range. `burn_s`: boost at constant thrust from `exit_speed_mps` to about the launch speed.
    """

    id: str
    title: str
    family: Family
    flight: Literal["ballistic"]
    adjusts: Literal["speed", "elevation"]
    launch_speed_mps: Value
    max_range_m: Value
    elevation_deg: Value
    drag_per_m: Value
    drag_rise: Value
    drag_spread_round: Value
    drag_spread_lot: Value
    drift_mps2: Value
    rcs_dbsm: Value
    salvo: Value
    cep_of_range: Value
    burn_s: Value | None = None
    exit_speed_mps: Value | None = None
    notes: str = ""


class PoweredClass(Settings, frozen=True):
    """A thing that flies by its own power: `speed_mps`, `height_m` above ground, slow wander about its
    way, `smoothing_s` it takes into a turn; `pattern` it keeps when it is left to itself in a disc: across
    it, in from its edge and about and out, about from a place in it for a while, or staying.
    """

    id: str
    title: str
    family: Family
    flight: Literal["powered"]
    pattern: Literal["transit", "roam", "wander", "fixed"]
    speed_mps: Value
    height_m: Value
    wander_m: Value
    smoothing_s: Value
    rcs_dbsm: Value
    salvo: Value | None = None
    cep_m: Value | None = None
    notes: str = ""


FlyingClass = BallisticClass | PoweredClass


@cache
def class_ids() -> tuple[str, ...]:
    """Ids of all classes, sorted."""
    folder = resources.files("rampart.sim") / "threats"
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml")))


@cache
def flying_class(ident: str) -> FlyingClass:
    """The class of this id; UsageError lists the ids that exist."""
    if ident not in class_ids():
        raise UsageError(f"class: found {ident!r}; allowed: {allowed_classes(ident)}")
    path = f"threats/{ident}.toml"
    text = (resources.files("rampart.sim") / path).read_text(encoding="utf-8")
    return read_class(text, path)


def allowed_classes(word: str = "") -> str:
    """The ids in words, with the one that `word` may have meant."""
    return "one of: " + ", ".join(class_ids()) + did_you_mean(word, list(class_ids()))


def read_class(text: str, path: str) -> FlyingClass:
    """The class that a TOML text describes; ConfigError lists all faults."""
    return class_from(parse_toml(text, path), path)


def class_from(table: dict[str, Any], path: str) -> FlyingClass:
    """As `read_class`, of a table already parsed; `path` names it in faults."""
    faults = Faults()
    form = PoweredClass if table.get("flight") == "powered" else BallisticClass
    made = cast(FlyingClass, convert(table, form, faults))
    for name in made.__struct_fields__:
        value = getattr(made, name)
        if isinstance(value, Value) and faults.clean(name):
            _check_value(value, name, faults)
    faults.refuse(path)
    return made


def _check_value(value: Value, where: str, faults: Faults) -> None:
    if (value.value is None) == (value.range is None):
        faults.add(where, Phrase("both or neither"), "exactly one of: value, range")
    elif value.range is not None and value.range[0] > value.range[1]:
        faults.add(f"{where}.range", list(value.range), "[low, high]")
