"""The reliability figure: what share of landings and impact times lies where so much was claimed, as SVG."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.report.svg import Markup, join, points, tag

Array = npt.NDArray[np.float64]

_SIZE: Final = 300.0
_LEFT: Final = 50.0
_TOP: Final = 34.0
_CLAIMED: Final = np.concatenate([np.arange(0.05, 0.96, 0.05), [0.97, 0.99]])
_INK: Final = ("#1b4f8a", "#2f8f6b", "#c27a12", "#9b2f5f")


def figure(panels: Mapping[str, Mapping[str, Array]]) -> str:
    """One square panel for each title: for each line's name, the p value of every truth: the smallest
    region that would have held it claims so much. An honest statement follows the diagonal."""
    width = len(panels) * (_SIZE + _LEFT + 20.0)
    return tag(
        "svg", *(
            tag("g", _panel(title, lines), transform=f"translate({i * (_SIZE + _LEFT + 20.0)},0)")
            for i, (title, lines) in enumerate(panels.items())
        ),
        xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width:.0f} {_SIZE + 80:.0f}",
        font_family="sans-serif", font_size=12,
    )  # fmt: skip


def _panel(title: str, lines: Mapping[str, Array]) -> Markup:
    parts = [
        tag("text", title, x=_LEFT, y=20, font_weight="bold"),
        tag("rect", x=_LEFT, y=_TOP, width=_SIZE, height=_SIZE, fill="none", stroke="#999"),
        tag("polyline", points=_line([(0.0, 0.0), (1.0, 1.0)]), stroke="#999", stroke_dasharray="4 4"),
        tag("text", "claimed", x=_LEFT + _SIZE / 2, y=_TOP + _SIZE + 34, text_anchor="middle"),
        tag("text", "found", x=14, y=_TOP + _SIZE / 2, text_anchor="middle",
            transform=f"rotate(-90 14 {_TOP + _SIZE / 2})"),
    ]  # fmt: skip
    for share in (0.0, 0.5, 0.9):
        x, y = _place(share, share)
        parts.append(tag("text", f"{share:g}", x=x, y=_TOP + _SIZE + 16, text_anchor="middle"))
        parts.append(tag("text", f"{share:g}", x=_LEFT - 6, y=y + 4, text_anchor="end"))
    for i, (name, p) in enumerate(lines.items()):
        found = [(float(c), float(np.mean(p <= c))) for c in _CLAIMED]
        ink = _INK[i % len(_INK)]
        parts.append(
            tag("polyline", points=_line(found), fill="none", stroke=ink, stroke_width=1.6)
        )
        y = _TOP + 18 + 16 * i
        parts.append(tag("text", name, x=_LEFT + 10, y=y, fill=ink))
    return join(parts)


def _place(claimed: float, found: float) -> tuple[float, float]:
    return _LEFT + _SIZE * claimed, _TOP + _SIZE * (1.0 - found)


def _line(pairs: list[tuple[float, float]]) -> str:
    return points([_place(*pair) for pair in pairs])
