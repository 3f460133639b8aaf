"""Coverage-guided fuzzing of the TOML loaders: sites, scenarios and classes of flying things.

``python tests/fuzz/fuzz_toml.py -runs=1000000`` needs the `atheris` package and says so where it is
absent. Octets hardly ever spell TOML that has a form, so an input is tried as text and then read as
damage to a file in order. Only ConfigError may come out of the readers, nothing out of the builders.
"""

from __future__ import annotations

import contextlib
import datetime
import math
import pickle
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

try:
    import atheris
except ImportError:
    sys.exit("MISSING: atheris, needed for fuzzing: pip install atheris")

import rampart.domain.frames
import rampart.sim.world  # heavy, and no reader: not worth tracing
from rampart.domain.site import Site

with atheris.instrument_imports(include=["rampart"]):
    from rampart.domain.errors import ConfigError
    from rampart.scenario.build import build_world
    from rampart.scenario.form import ScenarioForm
    from rampart.sim.classes import class_from, class_ids, flying_class
    from rampart.site.form import SiteForm
    from rampart.site.loader import build_site
    from rampart.site.strict import Faults, convert, parse_toml

from toml_places import places

Reader = Callable[[dict[str, Any]], None]


def site_toml(table: dict[str, Any]) -> None:
    """The table as that of a `site.toml`."""
    faults = Faults()
    site = build_site(convert(table, SiteForm, faults), faults)
    assert (site is None) == bool(faults.found)


def scenario_toml(table: dict[str, Any]) -> None:
    """The table as that of a `scenario.toml`, on `HOME` where it brings no site of its own."""
    faults = Faults()
    form = convert({"site": "home.toml"} | table, ScenarioForm, faults)
    site: Site | None = HOME
    if isinstance(form.site, SiteForm):
        site = build_site(form.site, faults, "site")
    world = build_world(form, site, 0, faults)
    assert (world is None) == (site is None or bool(faults.found))


def class_toml(table: dict[str, Any]) -> None:
    """The table as that of a class of flying things."""
    with contextlib.suppress(ConfigError):
        class_from(table, "fuzz")


for ident in class_ids():
    flying_class(ident)  # read once, not at the first input that names it

SITE = """
name = "Here"
uuid = "00000000-0000-0000-0000-000000000001"
origin = { latitude_deg = 35.0, longitude_deg = 40.0, height_m = 200.0 }
"""
SCENARIO = """
name = "x"
title = "X"
start = 2022-01-05T01:00:00Z
duration_s = 60.0
"""
ZONE = """
[[zones]]
id = "a"
release = { mortar = "auto", gun = "auto", rocket = "auto", drone = "confirm", unknown = "auto" }
"""
SITES = [
    ZONE + "polygon_enu_m = [[0.0, 0.0], [300.0, 0.0], [300.0, 300.0], [0.0, 300.0]]",
    ZONE + "circle = { radius_m = 200.0, centre_deg = [35.01, 40.01] }",
    """[[sensors]]
    id = "r"
    position_deg_m = [35.0, 40.0, 210.0]
    sigma_range_m = 10.0
    sigma_azimuth_mrad = 2.0
    scan_period_s = 0.5
    range_max_m = 9000.0""",
    """rules = { warn_p = 0.1, hazard_radius_m = { mortar = 50.0 } }
    [[wind]]
    height_m = 0.0
    east_mps = 1.0
    north_mps = 2.0
    [[wind]]
    height_m = 900.0
    east_mps = 5.0
    north_mps = 2.0""",
]
SCENARIOS = [
    """[[threats]]
    id = "m"
    at_s = 2.0
    class = "mortar_82"
    origin_deg = [35.02, 40.0]
    aims_enu_m = [[10.0, 10.0], [100.0, 100.0]]
    rounds = 3""",
    """[[threats]]
    id = "mixed"
    at_s = 4.0
    mix = [{ class = "mortar_82", weight = 1.0 }, { class = "mortar_120" }]
    origin_enu_m = [3000.0, 0.0]
    aim_enu_m = [10.0, 10.0]""",
    """[[threats]]
    id = "d"
    at_s = 1.0
    class = "owa_drone"
    origin_enu_m = [20000.0, 0.0]
    aim_enu_m = [10.0, 10.0]
    via_enu_m = [[9000.0, 500.0, 200.0]]""",
    """[[traffic]]
    id = "t"
    class = "airliner"
    route_enu_m = [[-9000.0, 0.0, 3000.0], [9000.0, 0.0, 3000.0]]
    identified = "adsb"
    [[traffic]]
    id = "u"
    class = "bird"
    count = 2""",
    """radars = [{ sensor = "r", motion = "rotating" }]
    faults = [{ kind = "late", sensor = "r", from_s = 1.0, to_s = 9.0, seconds = 1.0, share = 0.5 }]
    actions = [{ at_s = 3.0, by = "me", action = "confirm", zones = ["a"] }]
    weather = { wind = [{ height_m = 0.0, east_mps = 2.0, north_mps = -1.0 }], pressure_pa = 98000.0 }""",
]
CLASSES = [
    (Path(rampart.sim.__path__[0]) / "threats" / f"{ident}.toml").read_text(encoding="utf-8")
    for ident in ("mortar_82", "rocket_122", "owa_drone")
]
HOME = build_site(
    convert(
        tomllib.loads(SITE)
        | tomllib.loads(ZONE + "circle = { radius_m = 99.0, centre_enu_m = [0, 0] }")
        | tomllib.loads(SITES[2]),
        SiteForm,
        Faults(),
    ),
    Faults(),
)
assert HOME is not None
GOOD = [
    *((site_toml, tomllib.loads(SITE) | tomllib.loads(part)) for part in SITES),
    *((scenario_toml, tomllib.loads(SCENARIO) | tomllib.loads(part)) for part in SCENARIOS),
    *((class_toml, tomllib.loads(text)) for text in CLASSES),
]
"""(reader, table in order), each short: what is small is read often. Scenarios are on the site HOME."""
PACKED = [pickle.dumps(table) for _, table in GOOD]
PLACES = [places(table) for _, table in GOOD]
VALUES = [
    pickle.dumps(value)
    for value in (
    math.nan, math.inf, -math.inf, -1, 0, 1, 2, 1e-9, 0.5, 90.0, 1e6, -1e300, 10**40, 2**63, True, "", "a",
    "r", "auto", "mortar_82", "rocket_107", "owa_drone", "bird", "clutter_patch", "friendly", "outage",
    "x" * 11_000, "\x00", [], [[]], {}, [0.0, 0.0], [1, 2, 3], [[0.0, 0.0]] * 3, {"class": "bird"},
    [{"class": "owa_drone"}], datetime.date(2022, 1, 5), datetime.datetime.min,  # noqa: DTZ901 (a time without its offset)
    )
]  # fmt: skip


def damaged(data: bytes) -> tuple[Reader, dict[str, Any]]:
    """One of `GOOD` with one to four of its values replaced, removed or renamed."""
    take = atheris.FuzzedDataProvider(data)
    which = take.ConsumeIntInRange(0, len(GOOD) - 1)
    table: dict[str, Any] = pickle.loads(PACKED[which])
    for _ in range(take.ConsumeIntInRange(1, 4)):
        *way, last = PLACES[which][take.ConsumeIntInRange(0, len(PLACES[which]) - 1)]
        holder: Any = table
        with contextlib.suppress(
            LookupError, TypeError, AttributeError
        ):  # an earlier damage took it
            for key in way:
                holder = holder[key]
            if isinstance(holder, dict) != isinstance(last, str):
                continue  # keys of TOML are text
            match take.ConsumeIntInRange(0, 4):
                case 0:
                    del holder[last]
                case 1:
                    holder[last] = take.ConsumeFloat()
                case 2:
                    holder[take.ConsumeUnicodeNoSurrogates(8)] = holder.pop(last)
                case 3:
                    holder[last] = [holder[last], holder[last]]
                case _:
                    holder[last] = pickle.loads(take.PickValueInList(VALUES))
    return GOOD[which][0], table


def target(data: bytes) -> None:
    """The octets as text for all three loaders, then as damage to a good file of one of them."""
    with contextlib.suppress(ConfigError):
        table = parse_toml(data.decode("utf-8", "replace"), "fuzz")
        for read in (site_toml, scenario_toml, class_toml):
            read(table)
    read, table = damaged(data)
    read(table)


if __name__ == "__main__":
    for reader, good in GOOD:
        reader(good)
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
