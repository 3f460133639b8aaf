"""Places names on a map so that none covers another."""

from __future__ import annotations

from rampart.report.svg import Markup, tag

CHARACTER = 8.6
"""Width in drawing units that is kept for a character: wide enough for the larger type of small screens."""
LINE = 17.0

Box = tuple[float, float, float, float]


class Labels:
    """Remembers what is taken; the first label placed has the best place."""

    def __init__(self, width: float, height: float) -> None:
        self._width = width
        self._height = height
        self._taken: list[Box] = []

    def place(self, around: Box, name: str, detail: str, css: str) -> Markup:
        """`name`, and `detail` below it, beside the box `around` (left, top, right, bottom).

        Empty where every place beside it is taken.
        """
        left, top, right, bottom = around
        width = CHARACTER * max(len(name), len(detail))
        height = LINE * (2 if detail else 1)
        middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
        for anchor, x, y in (
            ("middle", middle_x, top - height - 3),
            ("middle", middle_x, bottom + 3),
            ("start", right + 6, middle_y - height / 2),
            ("end", left - 6, middle_y - height / 2),
            ("middle", middle_x, middle_y - height / 2),
        ):
            start = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
            box = (start, y, start + width, y + height)
            if self._free(box):
                self._taken.append(box)
                return _text(x, y, anchor, name, detail, css)
        return Markup("")

    def _free(self, box: Box) -> bool:
        left, top, right, bottom = box
        inside = left >= 4 and top >= 4 and right <= self._width - 4 and bottom <= self._height - 4
        return inside and not any(
            left < r and right > x and top < b and bottom > y for x, y, r, b in self._taken
        )


def _text(x: float, y: float, anchor: str, name: str, detail: str, css: str) -> Markup:
    lines = [tag("tspan", name, x=x, class_="name")]
    if detail:
        lines.append(tag("tspan", detail, x=x, dy="1.25em", class_="detail"))
    return tag("text", *lines, x=x, y=y + LINE * 0.8, class_=f"map-word {anchor} {css}")
