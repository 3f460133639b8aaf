"""`[terrain]` of site.toml: what it becomes, on which datum, and every fault of a bad one."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from msgspec import UNSET

from rampart.domain.errors import CapabilityError, ConfigError
from rampart.domain.frames import enu_from_geodetic, geodetic_from_enu
from rampart.domain.site import Site, Terrain
from rampart.engine.ground import ground_of_site
from rampart.formats.journal.records import Header, decode_record, encode_record
from rampart.kernels.terrain import NOTHING, height
from rampart.scenario.loader import CATALOGUE, load
from rampart.site import check, load_site
from rampart.site.terrain import described
from srtm_tiles import tiff_pixels

SITE = """
name = "Base"
uuid = "6F1B7C2E-0d7a-4b7e-9d3f-0b1f6d6f0a01"
origin = { latitude_deg = 31.5, longitude_deg = 35.5, height_m = -360 }
"""
GEOID_M = 18.0  # sea level above the ellipsoid


def on_level(above_sea_m: float) -> float:
    """Height above the site's level of ground so high above the sea."""
    return above_sea_m + GEOID_M + 360.0


def asc(heights: np.ndarray, x: float, y: float, cell: float, corner: str = "center") -> str:
    """An ESRI grid of `heights`, rows from south to north."""
    rows, columns = heights.shape
    head = f"ncols {columns}\nnrows {rows}\nxll{corner} {x}\nyll{corner} {y}\ncellsize {cell}\n"
    lines = [" ".join(f"{v:.6f}" for v in row) for row in heights[::-1]]
    return head + "NODATA_value -9999\n" + "\n".join(lines) + "\n"


def write(folder: Path, terrain: str, heights: str | np.ndarray = "") -> Path:
    if isinstance(heights, str):
        (folder / "ground.asc").write_text(heights)
    else:
        np.save(folder / "ground.npy", heights)
    path = folder / "site.toml"
    path.write_text(f"{SITE}\n[terrain]\n{terrain}\n")
    return path


def ground(site: Site, e: float, n: float) -> float:
    return height(ground_of_site(site), e, n)


def test_a_site_without_terrain_is_level(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(SITE)
    site = load_site(path)
    assert site.terrain is UNSET
    assert ground_of_site(site) is NOTHING


def test_degrees_become_enu_and_sea_level_the_ellipsoids(tmp_path: Path) -> None:
    lat, lon = np.meshgrid(
        31.3 + 0.001 * np.arange(401), 35.3 + 0.001 * np.arange(401), indexing="ij"
    )
    sea = (
        300.0 * (lat - 31.5) + 200.0 * (lon - 35.5) - 400.0
    )  # a plane in degrees: no cell bends it
    path = write(
        tmp_path,
        f'file = "ground.asc"\ngeoid_height_m = {GEOID_M}\nreach_m = 15000',
        asc(sea, 35.3, 31.3, 0.001),
    )
    site = load_site(path)
    assert ground(site, 0.0, 0.0) == pytest.approx(on_level(-400.0), abs=0.01)
    for e, n in [(5_000.0, 3_000.0), (-12_000.0, 8_000.0), (14_000.0, -14_000.0)]:
        # the point of the ground over (e, n) has the ellipsoidal height that the file tells for its place
        h = ground(site, e, n)
        u = h - (e * e + n * n) / (2.0 * 6_378_137.0)
        lat_deg, lon_deg, ellipsoidal_m = geodetic_from_enu([e, n, u], site)
        told = 300.0 * (lat_deg - 31.5) + 200.0 * (lon_deg - 35.5) - 400.0 + GEOID_M
        assert ellipsoidal_m == pytest.approx(told, abs=0.02)


def test_the_same_ground_as_asc_and_as_npy_in_degrees_and_in_metres(tmp_path: Path) -> None:
    axis = np.arange(-3_000.0, 3_001.0, 50.0)
    sea = -380.0 + 40.0 * np.sin(axis[None, :] / 300.0) + 20.0 * np.cos(axis[:, None] / 400.0)
    rest = f'frame = "enu_m"\ngeoid_height_m = {GEOID_M}\n'
    at = "south_west = [-3000, -3000]\ncell = [50, 50]\n"
    text = asc(sea, -3_000.0, -3_000.0, 50.0)
    corner = asc(sea, -3_025.0, -3_025.0, 50.0, "corner")
    sites = [
        load_site(write(tmp_path, f'file = "ground.asc"\n{rest}', text)),
        load_site(write(tmp_path, f'file = "ground.asc"\n{rest}', corner)),
        load_site(write(tmp_path, f'file = "ground.npy"\n{at}{rest}', sea[::-1])),
    ]
    for site in sites:
        for e, n in [(0.0, 0.0), (500.0, -250.0), (-2_950.0, 2_950.0)]:
            exact = -380.0 + 40.0 * np.sin(e / 300.0) + 20.0 * np.cos(n / 400.0)
            assert ground(site, e, n) == pytest.approx(on_level(exact), abs=0.01)
    assert isinstance(sites[0].terrain, Terrain)
    assert sites[0].terrain.spacing_m == 50.0


def test_voids_are_refused_or_filled_and_said(tmp_path: Path) -> None:
    sea = np.full((121, 121), -380.0)
    sea[60:63, 70:75] = -9_999.0
    text = asc(sea, -3_000.0, -3_000.0, 50.0)
    keys = f'file = "ground.asc"\nframe = "enu_m"\ngeoid_height_m = {GEOID_M}\n'
    with pytest.raises(ConfigError, match=r"terrain.voids: found 15 of 14641 .*E 500 m N 0 m"):
        load_site(write(tmp_path, keys, text))
    site = load_site(write(tmp_path, keys + 'voids = "fill"', text))
    assert isinstance(site.terrain, Terrain)
    assert site.terrain.voids_filled == 15
    assert ground(site, 600.0, 50.0) == pytest.approx(on_level(-380.0), abs=1e-3)
    assert "15 voids filled" in described(site.terrain)


def test_it_reaches_so_far_and_so_finely_as_asked(tmp_path: Path) -> None:
    text = asc(np.zeros((201, 201)), -10_000.0, -10_000.0, 100.0)
    keys = 'file = "ground.asc"\nframe = "enu_m"\ngeoid_height_m = 0\n'
    whole = load_site(write(tmp_path, keys, text)).terrain
    assert isinstance(whole, Terrain)
    assert (whole.rows, whole.columns, whole.west_m) == (201, 201, -10_000.0)
    near = load_site(write(tmp_path, keys + "reach_m = 5000\nspacing_m = 50", text)).terrain
    assert isinstance(near, Terrain)
    assert (near.rows, near.spacing_m, near.south_m) == (201, 50.0, -5_000.0)


BAD = {
    "nothing at this path": ("file", 'file = "none.asc"'),
    "a file that ends in one of": ("file", 'file = "ground.xyz"'),
    "south_west and cell": ("south_west", 'file = "ground.npy"'),
    "nothing for .asc": ("cell", 'file = "ground.asc"\ncell = [1, 1]'),
    "a grid about the site's origin": ("file", 'file = "ground.asc"\nframe = "degrees"'),
    "at least 3 for this reach_m": ("spacing_m", 'file = "ground.asc"\nspacing_m = 1'),
}


@pytest.mark.parametrize("allowed", BAD)
def test_a_bad_terrain_is_named_with_its_key(tmp_path: Path, allowed: str) -> None:
    key, text = BAD[allowed]
    if "frame" not in text:
        text += '\nframe = "enu_m"'
    heights = asc(np.zeros((61, 61)), -3_000.0, -3_000.0, 100.0)
    if key == "file" and "degrees" in text:
        heights = asc(np.zeros((61, 61)), 10.0, 10.0, 0.01)
    path = write(tmp_path, text + "\ngeoid_height_m = 0", heights)
    np.save(tmp_path / "ground.npy", np.zeros((61, 61)))
    (tmp_path / "ground.xyz").touch()
    found = check(path)
    assert [fault.where for fault in found] == [f"terrain.{key}"]
    assert allowed in found[0].allowed or allowed in found[0].found


@pytest.mark.parametrize(
    "content",
    [b"", b"ncols 3\nnrows 3\n", b"\xff\xfe", b"ncols 2\nnrows 2\nxllcenter -1\nyllcenter -1\n"
     b"cellsize 2\n1 2 3\n", b"ncols 2\nnrows 2\nxllcenter -1\nyllcenter -1\ncellsize 2\n1 2 3 1e9\n",
     b"ncols 99999\nnrows 99999\nxllcenter 0\nyllcenter 0\ncellsize 1\n",
     b"ncols inf\nnrows 2\nxllcenter 0\nyllcenter 0\ncellsize 1\n"],
)  # fmt: skip
def test_a_grid_that_is_none_is_a_fault_and_no_crash(tmp_path: Path, content: bytes) -> None:
    path = write(tmp_path, 'file = "ground.asc"\nframe = "enu_m"\ngeoid_height_m = 0')
    (tmp_path / "ground.asc").write_bytes(content)
    assert [fault.where for fault in check(path)] == ["terrain.file"]


@pytest.mark.parametrize(
    "content",
    [b"", b"\x93NUMPY", b"PK\x03\x04",
     b"\x93NUMPY\x01\x00\x46\x00{'descr': '<f8', 'fortran_order': False, "
     b"'shape': (999999999, 999999), }\n"],
)  # fmt: skip
def test_an_array_that_is_none_is_a_fault_and_no_crash(tmp_path: Path, content: bytes) -> None:
    keys = 'file = "ground.npy"\nsouth_west = [-3000, -3000]\ncell = [50, 50]\ngeoid_height_m = 0'
    path = write(tmp_path, f'{keys}\nframe = "enu_m"')
    (tmp_path / "ground.npy").write_bytes(content)
    assert [fault.where for fault in check(path)] == ["terrain.file"]


def test_a_name_that_no_file_can_have_is_a_fault(tmp_path: Path) -> None:
    path = write(tmp_path, f'file = "{"é" * 190}.asc"\ngeoid_height_m = 0')
    assert [fault.where for fault in check(path)] == ["terrain.file"]


def test_infinite_heights_are_voids(tmp_path: Path) -> None:
    sea = np.full((61, 61), -380.0)
    sea[30, 35] = np.inf
    keys = 'file = "ground.npy"\nframe = "enu_m"\nsouth_west = [-3000, -3000]\ncell = [100, 100]\n'
    path = write(tmp_path, keys + "geoid_height_m = 0", sea)
    assert [fault.where for fault in check(path)] == ["terrain.voids"]


def test_the_geoid_has_no_default_and_all_faults_come_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, 'file = "ground.asc"\nreach_m = 5\nvoids = "guess"')
    places = {fault.where for fault in check(path)}
    assert places == {"terrain.geoid_height_m", "terrain.reach_m", "terrain.voids"}


def test_a_geotiff_without_rasterio_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rasterio", None)
    path = write(tmp_path, 'file = "ground.tif"\ngeoid_height_m = 18')
    (tmp_path / "ground.tif").touch()
    with pytest.raises(CapabilityError, match=r"rampart-cram\[terrain\]"):
        load_site(path)


def test_a_scenario_finds_the_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "ground.asc").write_text(asc(np.full((61, 61), 300.0), -3_000.0, -3_000.0, 100.0))
    text = (CATALOGUE / "one-mortar.toml").read_text()
    text += '\n[site.terrain]\nfile = "ground.asc"\nframe = "enu_m"\ngeoid_height_m = 0\n'
    (tmp_path / "s.toml").write_text(text)
    site = load(tmp_path / "s.toml").site
    assert ground(site, 0.0, 0.0) == pytest.approx(100.0)  # the origin is at 200 m


def test_a_recording_carries_the_ground(tmp_path: Path) -> None:
    text = asc(np.full((61, 61), -350.0), -3_000.0, -3_000.0, 100.0)
    keys = 'file = "ground.asc"\nframe = "enu_m"\ngeoid_height_m = 0\n'
    site = load_site(write(tmp_path, keys, text))
    header = Header(
        engine="x", settings_hash="", site=site, epoch_ns=0, simulated=False, source="s"
    )
    read = decode_record(encode_record(header), {})
    assert isinstance(read, Header)
    assert read.site == site
    assert isinstance(read.site.terrain, Terrain)


@pytest.mark.data
@pytest.mark.parametrize(
    ("tile", "south_west", "origin"),
    [("srtm3_n31_e035", (31, 35), (31.5, 35.5)), ("srtm3_s36_e149", (-36, 149), (-35.6, 149.3))],
)
def test_real_tiles_agree_with_the_heights_they_tell(
    tmp_path: Path,
    data_dir: Path,
    tile: str,
    south_west: tuple[int, int],
    origin: tuple[float, float],
) -> None:
    """SRTM read in place: the nodes of the Judean hills and the Dead Sea, and of hills in Australia."""
    pixels = tiff_pixels(data_dir / "dem" / f"{tile}.tif")
    np.save(tmp_path / "ground.npy", pixels)
    path = tmp_path / "site.toml"
    text = SITE.replace("31.5", str(origin[0])).replace("35.5", str(origin[1]))
    path.write_text(
        f'{text}\n[terrain]\nfile = "ground.npy"\ngeoid_height_m = {GEOID_M}\nspacing_m = 20\n'
        f"south_west = {list(south_west)}\ncell = [{1 / 1200!r}, {1 / 1200!r}]\nreach_m = 5000\n"
    )
    site = load_site(path)
    rng = np.random.default_rng(5)
    off = []
    for _ in range(200):
        row = round(1_200 * (south_west[0] + 1 - origin[0])) + rng.integers(-45, 45)
        column = round(1_200 * (origin[1] - south_west[1])) + rng.integers(-45, 45)
        lat, lon = south_west[0] + 1 - row / 1_200, south_west[1] + column / 1_200
        e, n, u = enu_from_geodetic(lat, lon, pixels[row, column] + GEOID_M, site)
        off.append(ground(site, e, n) - (u + (e * e + n * n) / (2.0 * 6_378_137.0)))
    # 20 m nodes do not fall on the file's: within what the ground rises in half of that
    assert np.sqrt(np.mean(np.square(off))) < 1.5
    assert abs(np.mean(off)) < 0.5


@pytest.mark.data
def test_a_geotiff_read_by_rasterio_is_the_same_ground(tmp_path: Path, data_dir: Path) -> None:
    pytest.importorskip("rasterio", reason="MISSING: the extra 'terrain' (rasterio)")
    tile = data_dir / "dem" / "srtm3_n31_e035.tif"
    np.save(tmp_path / "ground.npy", tiff_pixels(tile))
    rest = f"geoid_height_m = {GEOID_M}\nreach_m = 5000\n"
    raw = f'south_west = [31, 35]\ncell = [{1 / 1200!r}, {1 / 1200!r}]\nfile = "ground.npy"\n'
    (tmp_path / "site.toml").write_text(f"{SITE}[terrain]\n{raw}{rest}")
    ours = load_site(tmp_path / "site.toml").terrain
    (tmp_path / "site.toml").write_text(f'{SITE}[terrain]\nfile = "{tile}"\n{rest}')
    theirs = load_site(tmp_path / "site.toml").terrain
    assert isinstance(ours, Terrain)
    assert isinstance(theirs, Terrain)
    np.testing.assert_allclose(
        np.frombuffer(theirs.heights_m, "<f4"), np.frombuffer(ours.heights_m, "<f4"), atol=0.01
    )
