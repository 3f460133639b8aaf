"""Which values of a record reach the engine, and the compiled table that picks them out.

A *slot* is a column of float64: one value of a record in SI units or degrees, nan where the record
has none. `wanted` says which item each slot comes from, `compile_table` turns one edition's tree into
the arrays that drive `scan.scan`. A test picks the same columns from fully decoded records.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import inf
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.formats.asterix import schema
from rampart.formats.asterix.schema import Compound, Explicit, Extended, Group, Leaf, Node, Repeat

NM: Final = 1852.0
FT: Final = 0.3048
FLIGHT_LEVEL: Final = 100 * FT

PLOT: Final = (
    "sac", "sic", "tod", "short_tod", "type", "simulated", "test", "monitor", "out_of_range",
    "multistatic", "range", "azimuth", "elevation", "doppler", "doppler_doubtful", "sigma_range",
    "sigma_azimuth", "sigma_elevation", "sigma_doppler", "snr", "flight_level", "fl_unvalidated",
    "fl_garbled", "height", "address", "mode_3a", "m3a_unvalidated", "m3a_garbled",
)  # fmt: skip
SERVICE: Final = (
    "sac", "sic", "tod", "type", "sector", "rotation", "nogo", "overload", "transmitter_overload",
    "disconnected", "time_invalid", "height", "latitude", "longitude",
)  # fmt: skip
ADSB: Final = (
    "sac", "sic", "tod", "tod_position", "tod_report", "simulated", "test", "latitude", "longitude",
    "latitude_fine", "longitude_fine", "height", "flight_level", "speed", "track", "climb",
    "climb_out_of_range", "accuracy", "target", "ident",
)  # fmt: skip
SYSTEM: Final = ("sac", "sic", "tod", "track_number")
SURFACE: Final = ("sac", "sic", "tod")

_SOURCE: Final = {"sac": ("010/SAC", 1.0), "sic": ("010/SIC", 1.0)}
# category -> its slots, and slot -> (item path, "|" between those of several editions; factor to SI)
_WANTED: Final[dict[int, tuple[tuple[str, ...], dict[str, tuple[str, float]]]]] = {
    1: (PLOT, _SOURCE | {
        "short_tod": ("141", 1.0), "type": ("020/SSRPSR", 1.0), "simulated": ("020/SIM", 1.0),
        "test": ("020/TST", 1.0), "monitor": ("020/RAB", 1.0), "range": ("040/RHO", NM),
        "azimuth": ("040/THETA", 1.0), "doppler": ("120", NM), "flight_level": ("090/HGT", FLIGHT_LEVEL),
        "fl_unvalidated": ("090/V", 1.0), "fl_garbled": ("090/G", 1.0), "mode_3a": ("070/MODE3A", 1.0),
        "m3a_unvalidated": ("070/V", 1.0), "m3a_garbled": ("070/G", 1.0),
    }),
    2: (SERVICE, _SOURCE | {
        "tod": ("030", 1.0), "type": ("000", 1.0), "sector": ("020", 1.0), "rotation": ("041", 1.0),
    }),
    10: (SURFACE, _SOURCE | {"tod": ("140", 1.0)}),
    15: (PLOT, _SOURCE | {
        "tod": ("145", 1.0), "type": ("000/MT", 1.0), "simulated": ("020/TTAX", 1.0),
        "multistatic": ("020/MOMU", 1.0), "range": ("625/R", 1.0), "sigma_range": ("625/SDR", 1.0),
        "doppler": ("626/DV", 1.0), "sigma_doppler": ("626/SDDV", 1.0), "azimuth": ("627/AZ", 1.0),
        "sigma_azimuth": ("627/SDASZ", 1.0), "elevation": ("628/EL", 1.0),
        "sigma_elevation": ("628/SDEL", 1.0), "snr": ("630/RPS", 1.0), "height": ("601/GH", 1.0),
    }),
    21: (ADSB, _SOURCE | {
        "tod": ("073|030", 1.0), "tod_position": ("071", 1.0), "tod_report": ("077", 1.0),
        "simulated": ("040/SIM", 1.0), "test": ("040/TST", 1.0), "latitude": ("130/LAT", 1.0),
        "longitude": ("130/LON", 1.0), "latitude_fine": ("131/LAT", 1.0),
        "longitude_fine": ("131/LON", 1.0), "height": ("140", FT), "flight_level": ("145", FLIGHT_LEVEL),
        "speed": ("160/GS", NM), "track": ("160/TA", 1.0), "climb": ("157/GVR|157", FT / 60),
        "climb_out_of_range": ("157/RE", 1.0), "accuracy": ("090/NACP|090/PA", 1.0),
        "target": ("080", 1.0), "ident": ("170", 1.0),
    }),
    34: (SERVICE, _SOURCE | {
        "tod": ("030", 1.0), "type": ("000", 1.0), "sector": ("020", 1.0), "rotation": ("041", 1.0),
        "nogo": ("050/COM/NOGO", 1.0), "overload": ("050/COM/OVLRDP", 1.0),
        "transmitter_overload": ("050/COM/OVLXMT", 1.0), "disconnected": ("050/COM/MSC", 1.0),
        "time_invalid": ("050/COM/TSV", 1.0), "height": ("120/HGT", 1.0),
        "latitude": ("120/LAT", 1.0), "longitude": ("120/LON", 1.0),
    }),
    48: (PLOT, _SOURCE | {
        "tod": ("140", 1.0), "type": ("020/TYP", 1.0), "simulated": ("020/SIM", 1.0),
        "test": ("020/TST", 1.0), "monitor": ("020/RAB", 1.0), "out_of_range": ("020/ERR", 1.0),
        "range": ("040/RHO", NM), "azimuth": ("040/THETA", 1.0), "doppler": ("120/CAL/CAL", 1.0),
        "doppler_doubtful": ("120/CAL/D", 1.0), "flight_level": ("090/FL", FLIGHT_LEVEL),
        "fl_unvalidated": ("090/V", 1.0), "fl_garbled": ("090/G", 1.0), "height": ("110/3DH", FT),
        "address": ("220", 1.0), "mode_3a": ("070/MODE3A", 1.0), "m3a_unvalidated": ("070/V", 1.0),
        "m3a_garbled": ("070/G", 1.0),
    }),
    62: (SYSTEM, _SOURCE | {"tod": ("070", 1.0), "track_number": ("040", 1.0)}),
}  # fmt: skip

# Values that no right edition can bring: slot -> (least, first too great, must be there, reason).
_GATES: Final[dict[str, tuple[float, float, bool, str]]] = {
    "sac": (0.0, 256.0, True, "no_source"),
    "tod": (0.0, 86_400.0, False, "time_of_day"),
    "tod_position": (0.0, 86_400.0, False, "time_of_day"),
    "tod_report": (0.0, 86_400.0, False, "time_of_day"),
    "latitude": (-90.0, 90.1, False, "position"),
    "latitude_fine": (-90.0, 90.1, False, "position"),
    "track_number": (0.0, inf, True, "no_track_number"),
    "target": (0.0, inf, True, "no_address"),
}

FIXED, EXTENDED, REPEAT, REPEAT_FX, EXPLICIT, COMPOUND, RANDOM = range(7)
"""Kinds of node in the compiled table."""


@dataclass(frozen=True, slots=True)
class Table:
    """One edition as arrays.

    nodes   int64 (n, 6): kind, a, b, first in `links`, first in `fields`, number of fields.
            FIXED a octets; EXTENDED b parts, a: the last can extend; REPEAT a count octets, b octets
            each; REPEAT_FX b octets each; COMPOUND b positions.
    links   int64: octets of each part (EXTENDED), node of each position or -1 (COMPOUND, UAPs).
    fields  int64 (m, 4): bit offset in the node, bits, signed, slot.   factors  float64 (m,).
    uaps    int64 (u, 2): first in `links`, positions.
    select  int64 (3,): node that chooses the UAP (-1: none), bit offset, bits. Value = UAP number.
    gates   float64 (g, 4): slot, least, first too great, must be there (`reasons` tells which failed).
    """

    slots: tuple[str, ...]
    nodes: npt.NDArray[np.int64]
    links: npt.NDArray[np.int64]
    fields: npt.NDArray[np.int64]
    factors: npt.NDArray[np.float64]
    uaps: npt.NDArray[np.int64]
    select: npt.NDArray[np.int64]
    gates: npt.NDArray[np.float64]
    reasons: tuple[str, ...]


class _Builder:
    def __init__(self, wanted: dict[str, tuple[int, float]]) -> None:
        self.wanted = wanted
        self.nodes: list[list[int]] = []
        self.links: list[int] = []
        self.fields: list[list[int]] = []
        self.factors: list[float] = []

    def leaves(self, node: Leaf | Group, path: str, offset: int) -> None:
        """Notes every wanted leaf of a fixed node that begins at bit `offset`."""
        if isinstance(node, Group):
            for name, part, shift, _ in node.fields:
                self.leaves(part, f"{path}/{name}", offset + node.bits - shift - part.bits)
        elif path in self.wanted:
            slot, factor = self.wanted[path]
            self.fields.append([offset, node.bits, node.kind in ("s", "int"), slot])
            self.factors.append(factor * (node.lsb or 1.0))

    def node(self, node: Node | None, path: str) -> int:
        """Number of the node in the table, its children before it."""
        links: list[int] = []
        row, first_field = [RANDOM, 0, 0], len(self.fields)
        match node:
            case Leaf() | Group():
                row = [FIXED, node.bits // 8, 0]
                self.leaves(node, path, 0)
            case Extended():
                offset = 0
                for part in node.parts:
                    self.leaves(part, path, offset)
                    offset += part.bits
                    links.append(part.bits // 8)
                row = [EXTENDED, int(node.parts[-1].extends), len(links)]
            case Repeat() if node.count_octets:
                row = [REPEAT, node.count_octets, node.of.bits // 8]
            case Repeat():
                row = [REPEAT_FX, 0, (node.of.bits + 1) // 8]
            case Explicit():
                row = [EXPLICIT, 0, 0]
            case Compound():
                links = [self.node(i[1], f"{path}/{i[0]}") if i else -1 for i in node.items]
                row, first_field = [COMPOUND, 0, len(links)], len(self.fields)
        self.nodes.append([*row, len(self.links), first_field, len(self.fields) - first_field])
        self.links += links
        return len(self.nodes) - 1


def wanted_paths(plan: schema.Edition) -> tuple[tuple[str, ...], dict[str, tuple[int, float]]]:
    """Slots of a category, and for each wanted item path its slot and factor."""
    slots, sources = _WANTED[plan.category]
    wanted = {}
    for slot, (paths, factor) in sources.items():
        for path in paths.split("|"):
            wanted[path] = (slots.index(slot), factor)
    return slots, wanted


@cache
def compile_table(category: int, edition: str) -> Table:
    """The arrays of one edition of one category; ConfigError where it is not carried."""
    plan = schema.edition(category, edition)
    slots, wanted = wanted_paths(plan)
    builder = _Builder(wanted)
    numbers = {name: builder.node(node, name) for name, node in plan.items.items()}
    random = builder.node(None, schema.RFS)
    uaps = []
    for uap in plan.uaps.values():
        uaps.append([len(builder.links), len(uap)])
        builder.links += [numbers.get(e[0], random) if e else -1 for e in uap]
    select = [-1, 0, 0]
    if plan.select:
        item, field, by = plan.select
        node = plan.items[item]
        assert isinstance(node, Extended)
        assert [by[i] for i in range(len(by))] == list(plan.uaps)
        part = node.parts[0]
        shift, bits = next((f[2], f[1].bits) for f in part.fields if f[0] == field)
        select = [numbers[item], part.bits - shift - bits, bits]
    gated = [name for name in slots if name in _GATES]
    return Table(
        slots,
        np.array(builder.nodes, np.int64),
        np.array(builder.links, np.int64),
        np.array(builder.fields, np.int64).reshape(-1, 4),
        np.array(builder.factors, np.float64),
        np.array(uaps, np.int64),
        np.array(select, np.int64),
        np.array([[slots.index(name), *_GATES[name][:3]] for name in gated], np.float64),
        tuple(_GATES[name][3] for name in gated),
    )
