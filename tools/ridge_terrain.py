"""Write the invented ground of the scenario `behind-ridge`: a base on a plateau, its cliffs, a valley, a ridge.

`python tools/ridge_terrain.py` writes it anew beside the scenario's site; nothing in it is random.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

HOME = Path(__file__).parents[1] / "src/rampart/scenario/catalogue/sites/behind-ridge.asc"
SPACING_M = 100.0
REACH_M = 6_000.0
PLATEAU_M = 620.0  # above sea level


def heights_m(e: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Above sea level, at ENU metres about the base."""
    # the plateau ends in cliffs of 120 m, 750 m west of the base and 650 m east of it
    ground = PLATEAU_M - 120.0 * np.clip((-700.0 - e) / 100.0, 0.0, 1.0)
    ground -= 120.0 * np.clip((e - 600.0) / 100.0, 0.0, 1.0)
    # a ridge 2.7 km west, from south to north, 80 m higher than the plateau; its crest waves by 20 m
    crest = 200.0 + 20.0 * np.sin(n / 900.0)
    ground += crest * np.exp(-(((e + 2_700.0 - 0.05 * n) / 420.0) ** 2))
    # behind it the land falls gently, and rolls
    ground -= 0.01 * np.clip(-3_000.0 - e, 0.0, None)
    return ground + 6.0 * np.sin(e / 700.0) * np.cos(n / 800.0) * np.clip(-e / 1_500.0, 0.0, 1.0)


def text() -> str:
    """The ESRI grid, in whole metres of height."""
    axis = np.arange(-REACH_M, REACH_M + 1.0, SPACING_M)
    east, north = np.meshgrid(axis, axis[::-1])
    head = (
        f"ncols {len(axis)}\nnrows {len(axis)}\nxllcenter {-REACH_M:g}\nyllcenter {-REACH_M:g}\n"
        f"cellsize {SPACING_M:g}\nNODATA_value -9999\n"
    )
    rows = (" ".join(f"{v:.0f}" for v in row) for row in heights_m(east, north))
    return head + "\n".join(rows) + "\n"


if __name__ == "__main__":
    HOME.write_text(text(), encoding="ascii")
