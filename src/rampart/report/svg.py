"""Markup as text: elements with escaped attributes and contents. SVG and HTML alike, always well formed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape

CHI2_95 = 5.991464547107979
"""95 % quantile of chi-square with two degrees of freedom: the ellipse (x - m)T P^-1 (x - m) <= 5.99."""


class Markup(str):
    """Text that is markup already and is not escaped again."""

    __slots__ = ()


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """``<name a="..">children</name>``; attribute `class_` is written class, `stroke_width` stroke-width.

    Attributes that are None are left out; children that are not `Markup` are escaped.
    """
    parts = [
        f' {key.rstrip("_").replace("_", "-")}="{escape(number(value), quote=True)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    inner = "".join(
        child if isinstance(child, Markup) else escape(str(child)) for child in children
    )
    void = not inner and name in VOID
    return Markup(
        f"<{name}{''.join(parts)}/>" if void else f"<{name}{''.join(parts)}>{inner}</{name}>"
    )


VOID = frozenset(
    [
        "br",
        "meta",
        "rect",
        "circle",
        "ellipse",
        "line",
        "path",
        "polygon",
        "polyline",
        "use",
        "stop",
    ]
)


def join(parts: Iterable[str]) -> Markup:
    """Markup one after the other, a line each."""
    return Markup("\n".join(parts))


def number(value: object) -> str:
    """Numbers with at most one decimal and no negative zero, other things as they are."""
    if isinstance(value, float):
        text = f"{value:.1f}"
        return text[:-2] if text.endswith(".0") and text != "-0.0" else text.replace("-0.0", "0")
    return str(value)


def points(pairs: Iterable[tuple[float, float]]) -> str:
    """The `points` attribute of a polyline or polygon."""
    return " ".join(f"{number(x)},{number(y)}" for x, y in pairs)


def ellipse_axes(cov_m2: tuple[float, float, float]) -> tuple[float, float, float]:
    """Semi-axes (major m, minor m) and angle of the major axis (rad, from east to north) of the 95 % ellipse.

    From the eigenvalues of [[xx, xy], [xy, yy]]: (xx + yy)/2 +- sqrt(((xx - yy)/2)^2 + xy^2).
    """
    xx, xy, yy = cov_m2
    mean, half = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    return (
        math.sqrt(CHI2_95 * max(mean + half, 0.0)),
        math.sqrt(CHI2_95 * max(mean - half, 0.0)),
        0.5 * math.atan2(2 * xy, xx - yy),
    )
