"""What is deployed: the site, its zones and its sensors. Frozen; `rampart.site` loads them from TOML.

Positions are ENU metres about the site's origin unless a name says otherwise.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every settings struct: strict, frozen, every field with unit and reason."""


class Zone(Settings, frozen=True):
    """An area whose people are told together. `polygon_enu_m`: open ring, counter-clockwise.

    `release` names `auto` or `confirm` for every family of `values.FAMILIES` that can be warned of:
    mortar, gun, rocket, drone, unknown; there is no default. `threshold` None: the site's.
    """

    id: str
    name: str
    polygon_enu_m: tuple[tuple[float, float], ...]
    release: dict[str, Literal["auto", "confirm"]]
    people: int = 0
    shelter_s: float = 10.0
    threshold: float | None = None
    confirm_timeout_s: float = 5.0
    on_timeout: Literal["release", "withhold"] = "release"
    all_clear: Literal["auto", "confirm"] = "confirm"


LASTING_S: Final = 1.0
"""[A] So long a radar that dwells on what it sees, and does not say, errs alike, beside its bias."""
DWELLS_S: Final = 0.5
"""It dwells if it looks more often than this."""


class Sensor(Settings, frozen=True):
    """A radar: where it stands, what it measures and how well, where it looks, what it may be off by.

    Accuracies are one sigma. `sigma_elevation_rad` None: 2-D; `sigma_range_rate_mps` None: no Doppler;
    `sigma_range_m` None: no radar but a passive sensor, as a camera, that tells bearings only.
    Sector: clockwise from `azimuth_min_rad` to `azimuth_max_rad`. Bias sigmas are the slow errors that
    repeated plots do not average out. `snr_threshold_db`: the `snr_db` that an echo must pass to be plotted;
    where it is set and plots tell theirs, tracks are judged by their own Pd instead of the sensor's.
    `independent_s`: plots of one object that are closer in time are off alike, see `errors_last_s`. ADR 27.
    """

    id: str
    name: str = ""
    position_enu_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    sigma_range_m: float | None = 12.0
    sigma_azimuth_rad: float = 2.5e-3
    sigma_elevation_rad: float | None = 2.5e-3
    sigma_range_rate_mps: float | None = 1.5
    scan_period_s: float = 0.5
    pd: float = 0.9
    clutter_per_scan: float = 20.0
    range_min_m: float = 300.0
    range_max_m: float = 20_000.0
    range_rate_max_mps: float = 1_000.0
    azimuth_min_rad: float = 0.0
    azimuth_max_rad: float = 6.283185307179586
    elevation_min_rad: float = 0.00872664625997165
    elevation_max_rad: float = 1.3089969389957472
    bias_range_m: float = 5.0
    bias_azimuth_rad: float = 1.0e-3
    bias_elevation_rad: float = 1.0e-3
    bias_time_s: float = 0.0
    silent_after_s: float | None = None
    system_id: tuple[int, int] | None = None
    snr_threshold_db: float | msgspec.UnsetType = msgspec.UNSET  # then no recording mentions it
    independent_s: float | msgspec.UnsetType = msgspec.UNSET

    @property
    def ranging(self) -> bool:
        """It measures range; else it tells bearings only."""
        return self.sigma_range_m is not None

    @property
    def errors_last_s(self) -> float:
        """Plots of one object that are closer in time are off alike: as it declares, else `LASTING_S` if it
        dwells; 0: each errs by itself."""
        if self.independent_s is not msgspec.UNSET:
            return self.independent_s
        return LASTING_S if self.ranging and self.scan_period_s < DWELLS_S else 0.0

    @property
    def bias_sigmas(self) -> tuple[float, float, float, float]:
        """One sigma of its slow errors: range m, azimuth rad, elevation rad, time s."""
        return self.bias_range_m, self.bias_azimuth_rad, self.bias_elevation_rad, self.bias_time_s


class Reflector(Settings, frozen=True):
    """A thing that stands where a survey says, to `sigma_m` in each direction, and that radars see. Its plots
    are not tracked: they show each radar that covers it by what its range and angles are off.
    """

    id: str
    position_enu_m: tuple[float, float, float]
    sigma_m: float = 0.5


class Wind(Settings, frozen=True):
    """Wind at one height above the site origin: components *towards* east and north, m/s."""

    height_m: float
    east_mps: float
    north_mps: float


class Terrain(Settings, frozen=True):
    """The ground about the site: heights above the site's level, U + (E² + N²) / 2R, on a regular grid.

    `heights_m`: float32, little-endian, `rows` from south to north, in each `columns` from west to east;
    the first stands at (west, south), each next `spacing_m` further. Beyond the grid its edge goes on.
    `sigma_m`: one sigma by which all of them may be off together. `voids_filled`: heights that the file
    lacks and its neighbours stand for.
    """

    heights_m: bytes
    rows: int
    columns: int
    west_m: float
    south_m: float
    spacing_m: float
    sigma_m: float = 5.0
    voids_filled: int = 0


class Rules(Settings, frozen=True):
    """Site-wide numbers of the warning rules; every one is an assumption [A] unless the site knows better."""

    warn_p: float = 0.01
    watch_p: float = 0.002
    drone_warn_p: float = 0.10
    drone_watch_p: float = 0.02
    hazard_radius_m: dict[str, float] = msgspec.field(
        default_factory=lambda: {
            "mortar": 100.0, "gun": 150.0, "rocket": 150.0, "drone": 100.0, "unknown": 150.0,
        }
    )  # fmt: skip
    hold_s: float = 600.0
    manual_s: float = 600.0
    watch_lost_s: float = 60.0
    no_resound_s: float = 60.0
    cancel_after_warning_s: float = 5.0
    cancel_after_third_s: float = 10.0
    drone_ceiling_m: float = 300.0
    drone_horizon_s: float = 120.0
    degraded_radius_m: float = 100.0
    fallback: Literal["off", "base_wide"] = "off"
    origin_floor_m: float = 50.0
    origin_delay_s: float = 1800.0


class Site(Settings, frozen=True):
    """The whole installation. `uuid` enters every alarm id. `known_position` False: a local frame only.
    `terrain` unset: the ground is the site's level everywhere.
    """

    name: str
    uuid: str
    latitude_deg: float
    longitude_deg: float
    height_m: float
    zones: tuple[Zone, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    wind: tuple[Wind, ...] = ()
    rules: Rules = Rules()
    known_position: bool = True
    reflectors: tuple[Reflector, ...] = ()
    terrain: Terrain | msgspec.UnsetType = msgspec.UNSET  # then no recording mentions it
