"""The ground of a site as the kernels take it."""

from __future__ import annotations

import numpy as np

from rampart.domain.site import Site, Terrain
from rampart.kernels.terrain import NOTHING, Ground, ground_of


def ground_of_site(site: Site) -> Ground:
    """The terrain of `site`; `NOTHING`, its level, where it has none.

    Raises ValueError where the grid does not hold as many heights as it says.
    """
    terrain = site.terrain
    if not isinstance(terrain, Terrain):
        return NOTHING
    heights = np.frombuffer(terrain.heights_m, "<f4").reshape(terrain.rows, terrain.columns)
    place = terrain.west_m, terrain.south_m, terrain.spacing_m
    return ground_of(heights, *place, terrain.sigma_m)
