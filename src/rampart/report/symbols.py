"""The shape of each family, the same everywhere: ▲ rocket ● mortar ▼ gun ◆ drone ■ unknown ✚ aircraft."""

from __future__ import annotations

import math
from typing import Final

from rampart.report.svg import Markup, tag
from rampart.report.words import FAMILY

_UNIT: Final = {
    "rocket": "M0,-1.1L1,0.8H-1Z",
    "mortar": "M0,-0.9A0.9,0.9 0 1 1 0,0.9A0.9,0.9 0 1 1 0,-0.9Z",
    "gun": "M0,1.1L-1,-0.8H1Z",
    "drone": "M0,-1.2L1,0L0,1.2L-1,0Z",
    "unknown": "M-0.85,-0.85H0.85V0.85H-0.85Z",
    "aircraft": "M-0.3,-1H0.3V-0.3H1V0.3H0.3V1H-0.3V0.3H-1V-0.3H-0.3Z",
    "clutter": "M0,-0.4A0.4,0.4 0 1 1 0,0.4A0.4,0.4 0 1 1 0,-0.4Z",
}
"""Paths of about unit radius about (0, 0)."""


def symbol(family: str, x: float, y: float, radius: float) -> Markup:
    """The family's mark at (x, y)."""
    return tag(
        "path",
        d=_UNIT[family],
        transform=f"translate({x:.1f} {y:.1f}) scale({radius:.1f})",
        class_=f"mark fill-{FAMILY[family].css}",
    )


def legend_symbol(family: str) -> Markup:
    """The same as a picture of its own, for legends and tables."""
    return tag(
        "svg",
        symbol(family, 8, 8, 6.0),
        viewBox="0 0 16 16",
        width=16,
        height=16,
        class_="swatch",
        aria_hidden="true",
    )


def star(x: float, y: float, radius: float) -> str:
    """Path of an eight-pointed star: the mark of what really happened."""
    corners = []
    for i in range(16):
        r = radius if i % 2 == 0 else radius * 0.42
        a = math.pi * i / 8
        corners.append(f"{x + r * math.sin(a):.1f},{y - r * math.cos(a):.1f}")
    return "M" + "L".join(corners) + "Z"


def hatch(identifier: str) -> Markup:
    """The pattern of alarms, so that they are not told by colour alone."""
    line = tag("path", d="M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4", class_="hatch-line")
    return tag("pattern", line, id=identifier, width=8, height=8, patternUnits="userSpaceOnUse")
