"""The form of `site.toml`: every key, its unit and its limits. `site.loader` turns it into a `Site`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from rampart.domain.site import Rules, Settings

Ident = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Height = Annotated[float, Meta(ge=-500, le=9000)]
Local = Annotated[float, Meta(ge=-200_000, le=200_000)]
Share = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[float, Meta(gt=0, le=1e6)]
Accuracy = Annotated[float, Meta(ge=1e-3, le=1e6)]
NotNegative = Annotated[float, Meta(ge=0, le=1e6)]
Wide = Annotated[float, Meta(ge=0, le=360)]
Elevation = Annotated[float, Meta(ge=-90, le=90)]
WindSpeed = Annotated[float, Meta(ge=-150, le=150)]
Decibels = Annotated[float, Meta(ge=-30, le=60)]
Milliradians = Annotated[float, Meta(ge=1e-3, le=200)]
Policy = Literal["auto", "confirm"]
PointDeg = tuple[Latitude, Longitude]
PointEnu = tuple[Local, Local]
DEFAULT_RULES = Rules()


class OriginForm(Settings, frozen=True):
    """Where ENU metres count from: WGS84 degrees, metres above the ellipsoid."""

    latitude_deg: Latitude
    longitude_deg: Longitude
    height_m: Height


class CircleForm(Settings, frozen=True):
    """A round zone; exactly one of the two centres."""

    radius_m: Annotated[float, Meta(ge=10, le=20_000)]
    centre_enu_m: PointEnu | None = None
    centre_deg: PointDeg | None = None


class ReleaseForm(Settings, frozen=True):
    """Who releases a warning, for each family; there is no default."""

    mortar: Policy
    gun: Policy
    rocket: Policy
    drone: Policy
    unknown: Policy


class ZoneForm(Settings, frozen=True):
    """An area told together; exactly one of polygon_enu_m, polygon_deg (latitude, longitude), circle."""

    id: Ident
    release: ReleaseForm
    name: Name | None = None
    polygon_enu_m: Annotated[tuple[PointEnu, ...], Meta(min_length=3)] | None = None
    polygon_deg: Annotated[tuple[PointDeg, ...], Meta(min_length=3)] | None = None
    circle: CircleForm | None = None
    people: Annotated[int, Meta(ge=0, le=10_000_000)] = 0
    shelter_s: Annotated[float, Meta(ge=0, le=600)] = 10.0
    threshold: Annotated[float, Meta(gt=0, le=1)] | None = None
    confirm_timeout_s: Annotated[float, Meta(ge=0, le=600)] = 5.0
    on_timeout: Literal["release", "withhold"] = "release"
    all_clear: Policy = "confirm"


class SensorForm(Settings, frozen=True):
    """A radar, or a passive sensor (a camera, say) that tells bearings only: it has no sigma_range_m and no
    sigma_range_rate_mps, and its range limits count for nothing. Exactly one position. Without
    sigma_elevation_mrad it measures no elevation, without sigma_range_rate_mps no Doppler. Accuracies and
    biases are one sigma. snr_threshold_db: the snr_db that an echo must pass to be plotted; with it, what is
    far or small may be missed more often than pd says. independent_s: plots of one object closer in time than
    this are off alike; 0: each errs by itself.
    """

    id: Ident
    sigma_azimuth_mrad: Milliradians
    scan_period_s: Annotated[float, Meta(ge=0.01, le=60)]
    range_max_m: Positive
    name: str = ""
    kind: Literal["radar", "passive"] = "radar"
    sigma_range_m: Accuracy | None = None
    position_enu_m: tuple[Local, Local, Local] | None = None
    position_deg_m: tuple[Latitude, Longitude, Height] | None = None
    sigma_elevation_mrad: Milliradians | None = None
    sigma_range_rate_mps: Accuracy | None = None
    pd: Annotated[float, Meta(gt=0, le=1)] = 0.9
    clutter_per_scan: Annotated[float, Meta(ge=0, le=100_000)] = 20.0
    range_min_m: NotNegative = 300.0
    range_rate_max_mps: Positive = 1_000.0
    azimuth_min_deg: Wide = 0.0
    azimuth_max_deg: Wide = 360.0
    elevation_min_deg: Elevation = 0.5
    elevation_max_deg: Elevation = 75.0
    bias_range_m: NotNegative = 5.0
    bias_azimuth_mrad: Annotated[float, Meta(ge=0, le=200)] = 1.0
    bias_elevation_mrad: Annotated[float, Meta(ge=0, le=200)] = 1.0
    bias_time_s: Annotated[float, Meta(ge=0, le=10)] = 0.0
    silent_after_s: Annotated[float, Meta(gt=0, le=600)] | None = None
    system_id: (
        tuple[Annotated[int, Meta(ge=0, le=255)], Annotated[int, Meta(ge=0, le=255)]] | None
    ) = None
    snr_threshold_db: Decibels | None = None
    independent_s: Annotated[float, Meta(ge=0, le=60)] | None = None


class ReflectorForm(Settings, frozen=True):
    """A thing that stands and that radars see; exactly one position, surveyed to sigma_m in each direction.
    Its plots are not tracked: they teach each radar with Doppler that covers it its own error.
    """

    id: Ident
    position_enu_m: tuple[Local, Local, Local] | None = None
    position_deg_m: tuple[Latitude, Longitude, Height] | None = None
    sigma_m: Annotated[float, Meta(gt=0, le=100)] = 0.5


class WindForm(Settings, frozen=True):
    """Wind at a height above the site's origin, as the components it blows *towards*."""

    height_m: Annotated[float, Meta(ge=-500, le=30_000)]
    east_mps: WindSpeed
    north_mps: WindSpeed


class TerrainForm(Settings, frozen=True):
    """The ground: a grid of heights above sea level in a file beside this one.

    `.asc` (ESRI), `.npy` (rows from north to south, voids nan) or GeoTIFF (`.tif`; extra `terrain`).
    `frame` says what the coordinates of an `.asc` or `.npy` are: WGS84 degrees, or ENU metres about the
    origin; a GeoTIFF tells it. `south_west` and `cell`, for `.npy` only: where its south-western height
    stands, and the steps to the next: [latitude, longitude], or [east, north]. `reach_m`: how far from
    the origin heights are kept, `spacing_m` how far apart (else as in the file); `sigma_m`: one sigma
    by which they may be off together. `geoid_height_m`: sea level above the
    ellipsoid at the site, because the origin's height is one above the ellipsoid; there is no default
    (0 where the file's heights are above the ellipsoid).
    """

    file: Name
    geoid_height_m: Annotated[float, Meta(ge=-120, le=100)]
    frame: Literal["degrees", "enu_m"] = "degrees"
    south_west: tuple[Local, Local] | None = None
    cell: tuple[Positive, Positive] | None = None
    reach_m: Annotated[float, Meta(ge=1_000, le=100_000)] = 30_000.0
    spacing_m: Annotated[float, Meta(ge=1, le=1_000)] | None = None
    sigma_m: Annotated[float, Meta(ge=0, le=100)] = 5.0
    voids: Literal["refuse", "fill"] = "refuse"


class HazardForm(Settings, frozen=True):
    """Metres by which a zone is grown for each family; generic assumptions."""

    mortar: NotNegative = 100.0
    gun: NotNegative = 150.0
    rocket: NotNegative = 150.0
    drone: NotNegative = 100.0
    unknown: NotNegative = 150.0


class RulesForm(Settings, frozen=True):
    """The site-wide numbers of the warning rules; defaults are those of `domain.site.Rules`."""

    warn_p: Annotated[float, Meta(gt=0, le=1)] = DEFAULT_RULES.warn_p
    watch_p: Annotated[float, Meta(gt=0, le=1)] = DEFAULT_RULES.watch_p
    drone_warn_p: Annotated[float, Meta(gt=0, le=1)] = DEFAULT_RULES.drone_warn_p
    drone_watch_p: Annotated[float, Meta(gt=0, le=1)] = DEFAULT_RULES.drone_watch_p
    hazard_radius_m: HazardForm = HazardForm()
    hold_s: NotNegative = DEFAULT_RULES.hold_s
    manual_s: NotNegative = DEFAULT_RULES.manual_s
    watch_lost_s: NotNegative = DEFAULT_RULES.watch_lost_s
    no_resound_s: NotNegative = DEFAULT_RULES.no_resound_s
    cancel_after_warning_s: NotNegative = DEFAULT_RULES.cancel_after_warning_s
    cancel_after_third_s: NotNegative = DEFAULT_RULES.cancel_after_third_s
    drone_ceiling_m: NotNegative = DEFAULT_RULES.drone_ceiling_m
    drone_horizon_s: NotNegative = DEFAULT_RULES.drone_horizon_s
    degraded_radius_m: NotNegative = DEFAULT_RULES.degraded_radius_m
    fallback: Literal["off", "base_wide"] = DEFAULT_RULES.fallback
    origin_floor_m: NotNegative = DEFAULT_RULES.origin_floor_m
    origin_delay_s: NotNegative = DEFAULT_RULES.origin_delay_s


class SiteForm(Settings, frozen=True):
    """A whole `site.toml`. `uuid` enters every alarm id, so it never changes once in use."""

    name: Name
    uuid: Annotated[str, Meta(pattern="^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$")]
    origin: OriginForm
    zones: tuple[ZoneForm, ...] = ()
    sensors: tuple[SensorForm, ...] = ()
    wind: tuple[WindForm, ...] = ()
    rules: RulesForm = msgspec.field(default_factory=RulesForm)
    reflectors: Annotated[tuple[ReflectorForm, ...], Meta(max_length=32)] = ()
    terrain: TerrainForm | None = None
