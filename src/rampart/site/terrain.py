"""A file of heights -> `Terrain`: one regular ENU grid about the site, on the datum of its flights.

Files tell heights above sea level (the geoid), flights are reckoned above the ellipsoid from the site's
origin: both are brought together here, once. Read: ESRI `.asc`, `.npy`, and GeoTIFF with the extra
`terrain` (rasterio).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.domain.errors import CapabilityError
from rampart.domain.frames import enu_from_geodetic, geodetic_from_enu
from rampart.domain.site import Site, Terrain
from rampart.kernels.atmosphere import EARTH_RADIUS_M
from rampart.site.form import TerrainForm
from rampart.site.strict import NOTHING, Faults, Phrase

Array = npt.NDArray[np.float64]

MOST_NODES: Final = 2_001  # along a side: 16 MB, which every recording of the site carries
_MOST_IN_FILE: Final = 200_000_000
_LEAST_M, _MOST_M = -500.0, 9_000.0  # lower than the Dead Sea's shore, higher than Everest
_M_PER_DEGREE: Final = 111_195.0
_HEADER: Final = ("ncols", "nrows", "xll", "yll", "cellsize")


class Grid(NamedTuple):
    """Heights above sea level (rows from south to north), nan where the file has none; the first stands at
    `first` and the steps are `cell`: (latitude, longitude) in degrees or (north, east) in metres."""

    heights_m: Array
    first: tuple[float, float]
    cell: tuple[float, float]
    degrees: bool

    @property
    def last(self) -> tuple[float, float]:
        rows, columns = self.heights_m.shape
        y, x = self.first
        return y + (rows - 1) * self.cell[0], x + (columns - 1) * self.cell[1]

    def at(self, y: Array, x: Array) -> Array:
        """Bilinear heights; outside the grid those of its edge, nan beside a void."""
        rows, columns = self.heights_m.shape
        i = np.clip((y - self.first[0]) / self.cell[0], 0.0, rows - 1.0)
        j = np.clip((x - self.first[1]) / self.cell[1], 0.0, columns - 1.0)
        i0 = np.minimum(i.astype(np.int64), rows - 2)
        j0 = np.minimum(j.astype(np.int64), columns - 2)
        a, b = i - i0, j - j0
        corners = (
            (i0, j0, (1 - a) * (1 - b)), (i0, j0 + 1, (1 - a) * b),
            (i0 + 1, j0, a * (1 - b)), (i0 + 1, j0 + 1, a * b),
        )  # fmt: skip
        # what has no weight may be a void
        parts = [np.where(w > 0.0, self.heights_m[y0, x0] * w, 0.0) for y0, x0, w in corners]
        return np.asarray(sum(parts))


class _TerrainError(Exception):
    """What is wrong with a file, and what is allowed."""

    def __init__(self, found: str, allowed: str, key: str = "file") -> None:
        super().__init__(found)
        self.found, self.allowed, self.key = Phrase(found), allowed, key


def load_terrain(
    form: TerrainForm, frame: Site, folder: Path, faults: Faults, where: str
) -> Terrain | None:
    """The terrain that `form` describes about the origin of `frame`; None with `faults` told.

    Raises CapabilityError for a GeoTIFF where rasterio is not installed.
    """
    try:
        grid = _read(form, folder / form.file)
        return _about(grid, form, frame)
    except _TerrainError as error:
        faults.add(f"{where}.{error.key}", error.found, error.allowed)
    return None


def described(terrain: Terrain) -> str:
    """One line for people."""
    heights = np.frombuffer(terrain.heights_m, "<f4")
    filled = f", {terrain.voids_filled} voids filled" if terrain.voids_filled else ""
    return (
        f"terrain: {terrain.columns} x {terrain.rows} heights {terrain.spacing_m:g} m apart, "
        f"{heights.min():.0f} to {heights.max():.0f} m about the origin's level{filled}"
    )


# ------------------------------------------------------------------------------------- reading
def _read(form: TerrainForm, path: Path) -> Grid:
    kind = path.suffix.lower()
    read: dict[str, Callable[[TerrainForm, Path], Grid]] = {
        ".asc": _read_asc, ".npy": _read_npy, ".tif": _read_tif, ".tiff": _read_tif,
    }  # fmt: skip
    if kind not in read:
        raise _TerrainError(repr(form.file), "a file that ends in one of: " + ", ".join(read))
    if kind != ".npy":
        for key in ("south_west", "cell"):
            if getattr(form, key) is not None:
                raise _TerrainError("a key that does not apply", f"nothing for {kind}", key)
    try:
        there = path.is_file()
    except OSError:  # a name that no file can have
        there = False
    if not there:
        raise _TerrainError(f"{form.file!r}, nothing at this path", "an existing file")
    grid = read[kind](form, path)
    grid.heights_m[~np.isfinite(grid.heights_m)] = np.nan
    rows, columns = grid.heights_m.shape
    if min(rows, columns) < 2:
        raise _TerrainError(f"{columns} x {rows} heights", "at least 2 x 2")
    known = grid.heights_m[np.isfinite(grid.heights_m)]
    if known.size and not (known.min() >= _LEAST_M and known.max() <= _MOST_M):
        raise _TerrainError(
            f"heights from {known.min():g} to {known.max():g} m",
            f"{_LEAST_M:g} to {_MOST_M:g} m above sea level",
        )
    if grid.degrees:
        (south, west), (north, east) = grid.first, grid.last
        if not (south >= -90 and north <= 90 and west >= -180 and east <= 360):
            raise _TerrainError(
                f"latitudes {south:g} to {north:g} and longitudes {west:g} to {east:g}",
                'degrees, or frame = "enu_m"', "frame",
            )  # fmt: skip
    return grid


def _read_npy(form: TerrainForm, path: Path) -> Grid:
    if form.south_west is None or form.cell is None:
        raise _TerrainError(NOTHING, "south_west and cell, where a .npy file stands", "south_west")
    try:
        with path.open("rb") as file:
            heights = np.lib.format.read_array(file, allow_pickle=False)
    except Exception as error:  # whatever the parsers under it meet escapes from numpy's reader
        raise _TerrainError(f"no .npy ({error})", "an array saved by numpy") from None
    if heights.ndim != 2 or heights.dtype.kind not in "iuf":
        found = f"an array of {heights.dtype} with the shape {heights.shape}"
        raise _TerrainError(found, "numbers in two dimensions")
    heights = np.array(heights, float)[::-1]
    first, cell = form.south_west, form.cell
    if form.frame == "enu_m":
        first, cell = first[::-1], cell[::-1]  # written [east, north]
    return Grid(heights, first, cell, form.frame == "degrees")


def _read_asc(form: TerrainForm, path: Path) -> Grid:
    try:
        return _parse_asc(path.read_text("ascii"), form.frame == "degrees")
    except (OSError, ValueError, OverflowError) as error:
        allowed = "an ESRI grid: " + ", ".join(_HEADER) + " and rows of heights"
        raise _TerrainError(f"no ESRI grid ({error})", allowed) from None


def _parse_asc(text: str, degrees: bool) -> Grid:
    """ncols, nrows, xll and yll (of corner or center), cellsize, perhaps nodata_value; then the rows."""
    head: dict[str, float] = {}
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        words = text[at:end].split()
        if len(words) != 2 or not words[0][0].isalpha():
            break
        head[words[0].lower()] = float(words[1])
        at = end + 1
    centred = "xllcenter" in head
    x, y = (head.get(f"{k}llcenter", head.get(f"{k}llcorner", np.nan)) for k in "xy")
    cell = head.get("cellsize", np.nan)
    rows, columns = int(head.get("nrows", 0)), int(head.get("ncols", 0))
    if not (np.isfinite([x, y, cell]).all() and cell > 0 and rows > 0 and columns > 0):
        raise ValueError(f"a header of {', '.join(head) or 'nothing'}")
    if rows * columns > _MOST_IN_FILE:
        raise ValueError(f"{columns} x {rows} heights, more than {_MOST_IN_FILE}")
    heights = np.array(text[at:].split(), float)
    if heights.size != rows * columns:
        raise ValueError(f"{heights.size} heights, not {columns} x {rows}")
    heights = heights.reshape(rows, columns)[::-1]
    heights[heights == head.get("nodata_value", -9999.0)] = np.nan
    half = 0.0 if centred else 0.5 * cell
    return Grid(heights, (y + half, x + half), (cell, cell), degrees)


def _read_tif(_: TerrainForm, path: Path) -> Grid:
    try:
        rasterio: Any = importlib.import_module("rasterio")
    except ImportError:
        raise CapabilityError(
            "terrain: a GeoTIFF needs the extra 'terrain': pip install 'rampart-cram[terrain]'; "
            ".asc and .npy need nothing"
        ) from None
    try:
        with rasterio.open(path) as file:
            crs, place = file.crs, file.transform
            heights = file.read(1, masked=True).astype(float).filled(np.nan)
    except rasterio.errors.RasterioError as error:
        raise _TerrainError(f"no GeoTIFF ({error})", "a raster of heights") from None
    if crs is None or not crs.is_geographic or place.b or place.d or place.e >= 0:
        raise _TerrainError(f"a raster in {crs}", "latitude and longitude (EPSG:4326), north up")
    # the file tells the corner of its first pixel, heights are those of the middles
    west, north = place.c + 0.5 * place.a, place.f + 0.5 * place.e
    south = north + (len(heights) - 1) * place.e
    return Grid(heights[::-1], (south, west), (-place.e, place.a), True)


# ---------------------------------------------------------------------------------- resampling
def _about(grid: Grid, form: TerrainForm, frame: Site) -> Terrain:
    """`grid` on the nodes of one ENU grid about the origin of `frame`."""
    origin = (frame.latitude_deg, frame.longitude_deg) if grid.degrees else (0.0, 0.0)
    low, high = np.array(grid.first), np.array(grid.last)
    if not (np.all(low < origin) and np.all(origin < high)):
        raise _TerrainError(
            f"heights from {np.round(low, 4).tolist()} to {np.round(high, 4).tolist()}",
            f"a grid about the site's origin, {list(origin)}",
        )
    west, south, east, north = _window(grid, form.reach_m, frame)
    native_m = min(grid.cell)
    if grid.degrees:
        slim = np.cos(np.radians(frame.latitude_deg))
        native_m = _M_PER_DEGREE * min(grid.cell[0], grid.cell[1] * slim)
    finest_m = max(east - west, north - south) / (MOST_NODES - 1)
    spacing_m = form.spacing_m or max(native_m, finest_m, 1.0)
    if spacing_m < finest_m:
        raise _TerrainError(
            f"{spacing_m:g}", f"at least {np.ceil(finest_m):g} for this reach_m", "spacing_m"
        )
    columns, rows = (int((b - a) / spacing_m) + 1 for a, b in ((west, east), (south, north)))
    if min(columns, rows) < 2:
        raise _TerrainError(f"{spacing_m:g}", "less than half of what the file covers", "spacing_m")
    e, n = np.meshgrid(west + spacing_m * np.arange(columns), south + spacing_m * np.arange(rows))
    heights = _heights(grid, e, n, form.geoid_height_m, frame)
    void = np.isnan(heights)
    filled = int(void.sum())
    if filled == heights.size or (filled and form.voids == "refuse"):
        row, column = np.argwhere(void)[0]
        raise _TerrainError(
            f"{filled} of {heights.size} heights that the file lacks, one at E {e[row, column]:.0f} m "
            f"N {n[row, column]:.0f} m",
            'heights everywhere, or voids = "fill"', "voids",
        )  # fmt: skip
    return Terrain(
        heights_m=filled_up(heights).astype("<f4").tobytes(),
        rows=rows,
        columns=columns,
        west_m=float(west),
        south_m=float(south),
        spacing_m=float(spacing_m),
        sigma_m=form.sigma_m,
        voids_filled=filled,
    )


def _window(grid: Grid, reach_m: float, frame: Site) -> tuple[float, float, float, float]:
    """West, south, east, north of the largest square within reach that the file covers."""
    (south, west), (north, east) = grid.first, grid.last
    if grid.degrees:

        def enu(lat: float, lon: float) -> Array:
            return enu_from_geodetic(lat, lon, frame.height_m, frame)

        # its edges are curves in ENU: what lies within all corners and middles
        middle = frame.latitude_deg
        west, east = (
            pick([float(enu(lat, lon)[0]) for lat in (south, middle, north)])
            for pick, lon in ((max, west), (min, east))
        )
        middle = frame.longitude_deg
        west_deg, east_deg = grid.first[1], grid.last[1]
        south, north = (
            pick([float(enu(lat, lon)[1]) for lon in (west_deg, middle, east_deg)])
            for pick, lat in ((max, south), (min, north))
        )
    return max(west, -reach_m), max(south, -reach_m), min(east, reach_m), min(north, reach_m)


def _heights(grid: Grid, e: Array, n: Array, geoid_m: float, frame: Site) -> Array:
    """Height of the ground above the site's level at (E, N), nan at voids."""
    bulge = (e * e + n * n) / (2.0 * EARTH_RADIUS_M)
    if not grid.degrees:
        return grid.at(n, e) + (geoid_m - frame.height_m)
    # U at which the ellipsoidal height is that of the ground: twice, because a plumb line leans
    up = -bulge
    for _ in range(2):
        with np.errstate(invalid="ignore"):  # voids
            place = geodetic_from_enu(np.stack([e, n, up], axis=-1), frame)
        up = up + grid.at(place[..., 0], place[..., 1]) + geoid_m - place[..., 2]
    return np.asarray(up + bulge)


def filled_up(heights_m: Array) -> Array:
    """`heights_m` with each void at the mean of its known neighbours, from the rims of a void inwards."""
    z = heights_m.copy()
    while np.isnan(z).any():
        around = np.pad(z, 1, constant_values=np.nan)
        sides = np.stack([around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:]])
        known = np.isfinite(sides)
        count = known.sum(axis=0)
        mean = np.where(known, sides, 0.0).sum(axis=0) / np.maximum(count, 1)
        z = np.where(np.isnan(z) & (count > 0), mean, z)
    return z
