"""Places names on a map so that none covers another, nor another's area where that can be helped."""

from __future__ import annotations

from collections.abc import Sequence

from rampart.report.svg import Markup, tag

CHARACTER = 8.6
"""Drawing units kept for a character: enough for the larger type of small screens."""
LINE = 17.0

Box = tuple[float, float, float, float]
"""(left, top, right, bottom)"""


class Labels:
    """Remembers what is taken; the first label placed has the best place. `areas` are better kept free."""

    def __init__(self, width: float, height: float, areas: Sequence[Box]) -> None:
        self._width = width
        self._height = height
        self._areas = areas
        self._taken: list[Box] = []

    def place(self, around: Box, name: str, css: str, *, must: bool) -> Markup:
        """`name` beside the box `around`; over an area if there is no other place and it `must` stand."""
        places = _beside(around, CHARACTER * len(name))
        free = [
            place
            for place in places
            if self._inside(place[3]) and not _meets(place[3], self._taken)
        ]
        clear = [place for place in free if not _meets(place[3], self._areas)]
        for anchor, x, y, box in clear or (free if must else []):
            self._taken.append(box)
            return tag("text", name, x=x, y=y, class_=f"map-word {anchor} {css}")
        return Markup("")

    def _inside(self, box: Box) -> bool:
        left, top, right, bottom = box
        return left >= 4 and top >= 4 and right <= self._width - 4 and bottom <= self._height - 4


def _beside(around: Box, width: float) -> list[tuple[str, float, float, Box]]:
    """(anchor, x, baseline y, box) above, below, right and left of a box, the best first."""
    left, top, right, bottom = around
    middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
    corners = (
        ("middle", middle_x, top - LINE - 2),
        ("middle", middle_x, bottom + 2),
        ("start", right + 6, middle_y - LINE / 2),
        ("end", left - 6, middle_y - LINE / 2),
        ("end", right, top - LINE - 2),
        ("start", left, bottom + 2),
    )
    places = []
    for anchor, x, y in corners:
        start = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        places.append((anchor, x, y + LINE * 0.8, (start, y, start + width, y + LINE)))
    return places


def _meets(box: Box, others: Sequence[Box]) -> bool:
    left, top, right, bottom = box
    return any(left < r and right > x and top < b and bottom > y for x, y, r, b in others)
