"""`site.toml` -> `Site`: positions to ENU, angles to radians, and the checks that span several keys."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np

from rampart.domain.errors import ConfigError, Fault
from rampart.domain.frames import covers, enu_from_geodetic, polar_from_enu, sensor_axes
from rampart.domain.site import Reflector, Rules, Sensor, Site, Terrain, Wind, Zone
from rampart.site.form import (
    CircleForm,
    PointDeg,
    ReflectorForm,
    RulesForm,
    SensorForm,
    SiteForm,
    ZoneForm,
)
from rampart.site.polygon import crossing_sides, signed_area_m2
from rampart.site.strict import NOTHING, Faults, Phrase, convert, read_toml
from rampart.site.terrain import load_terrain

_FARTHEST_M = 100_000.0
_CIRCLE_CORNERS = 32
_MOST_CORNERS = 1_000
_SMALLEST_M2 = 100.0


def load_site(path: str | Path) -> Site:
    """The site that a TOML file describes; ConfigError lists all its faults."""
    faults = Faults()
    form = convert(read_toml(path), SiteForm, faults)
    site = build_site(form, faults, folder=Path(path).parent)
    faults.refuse(str(path))
    assert site is not None
    return site


def check(path: str | Path) -> list[Fault]:
    """Every fault of a site file; empty when `load_site` would accept it."""
    try:
        load_site(path)
    except ConfigError as error:
        return list(error.faults)
    return []


def build_site(
    form: SiteForm, faults: Faults, where: str = "", folder: Path | None = None
) -> Site | None:
    """`form` as a `Site`; files that it names are looked for in `folder`. None, with `faults` told, if
    anything at or below `where` is at fault."""
    dot = f"{where}." if where else ""
    unique((z.id if z else None for z in form.zones or ()), faults, f"{dot}zones")
    unique((s.id if s else None for s in form.sensors or ()), faults, f"{dot}sensors")
    _own_system_ids(form, faults, f"{dot}sensors")
    if not faults.clean(f"{dot}origin", f"{dot}name", f"{dot}uuid"):
        frame = Site(name="", uuid="", latitude_deg=0.0, longitude_deg=0.0, height_m=0.0)
        near = False  # without an origin no position can be judged
    else:
        frame = Site(
            name=form.name,
            uuid=form.uuid.lower(),
            latitude_deg=form.origin.latitude_deg,
            longitude_deg=form.origin.longitude_deg,
            height_m=form.origin.height_m,
        )
        near = True
    zones = [
        _zone(zone, frame, faults, f"{dot}zones[{i}]", near)
        for i, zone in enumerate(form.zones or ())
        if zone is not None
    ]
    sensors = [
        _sensor(sensor, frame, faults, f"{dot}sensors[{i}]", near)
        for i, sensor in enumerate(form.sensors or ())
        if sensor is not None
    ]
    unique((r.id if r else None for r in form.reflectors or ()), faults, f"{dot}reflectors")
    reflectors = [
        _reflector(reflector, frame, faults, f"{dot}reflectors[{i}]", near)
        for i, reflector in enumerate(form.reflectors or ())
        if reflector is not None
    ]
    heights = [level.height_m for level in form.wind or () if level]
    if faults.clean(f"{dot}wind") and any(b <= a for a, b in itertools.pairwise(heights)):
        faults.add(f"{dot}wind", Phrase(f"heights {heights}"), "levels from low to high")
    known = [sensor for sensor in sensors if sensor]
    if len(known) == len(form.sensors or ()):
        for i, reflector in enumerate(reflectors):
            if reflector and not any(_sees(sensor, reflector, frame) for sensor in known):
                faults.add(
                    f"{dot}reflectors[{i}]",
                    Phrase("a place in no sensor's coverage"),
                    "one within range, sector and elevation of a sensor",
                )
    _watched_before_warned(form, faults, dot)
    terrain: Terrain | msgspec.UnsetType | None = msgspec.UNSET
    if near and form.terrain is not None and faults.clean(f"{dot}terrain"):
        terrain = load_terrain(form.terrain, frame, folder or Path(), faults, f"{dot}terrain")
    if faults.found or terrain is None:
        return None
    return msgspec.structs.replace(
        frame,
        zones=tuple(zone for zone in zones if zone),
        sensors=tuple(known),
        reflectors=tuple(reflector for reflector in reflectors if reflector),
        wind=tuple(
            Wind(height_m=w.height_m, east_mps=w.east_mps, north_mps=w.north_mps) for w in form.wind
        ),
        rules=_rules(form.rules),
        terrain=terrain,
    )


def unique(ids: Iterable[str | None], faults: Faults, where: str) -> None:
    """A fault for every id that stands a second time in the list at `where`."""
    seen: set[str] = set()
    for i, ident in enumerate(ids):
        if ident in seen:
            faults.add(f"{where}[{i}].id", ident, "an id used once in this list")
        if ident is not None:
            seen.add(ident)


def _own_system_ids(form: SiteForm, faults: Faults, where: str) -> None:
    """A fault for every SAC/SIC of an earlier sensor: the plots of one would be placed at the other."""
    owners: dict[tuple[int, int], str] = {}
    for i, sensor in enumerate(form.sensors or ()):
        if sensor is None or sensor.system_id is None:
            continue
        owner = owners.setdefault(sensor.system_id, sensor.id)
        if owner != sensor.id:
            found = Phrase(f"{list(sensor.system_id)}, that of {owner!r}")
            faults.add(f"{where}[{i}].system_id", found, "a [SAC, SIC] of its own")


def _watched_before_warned(form: SiteForm, faults: Faults, dot: str) -> None:
    """A fault for every level to warn from under which a threat might not even be watched: it halves where
    coverage is degraded."""
    rules = form.rules
    if rules is None:  # no table at all
        return
    pairs = [
        (f"{dot}rules.warn_p", rules.warn_p, "watch_p"),
        (f"{dot}rules.drone_warn_p", rules.drone_warn_p, "drone_watch_p"),
    ]
    for i, zone in enumerate(form.zones or ()):
        if zone is not None and zone.threshold is not None:
            pairs.append((f"{dot}zones[{i}].threshold", zone.threshold, "watch_p"))
    for where, warn_p, name in pairs:
        watch = f"{dot}rules.{name}"
        if faults.clean(where, watch) and warn_p < 2 * getattr(rules, name):
            allowed = f"at least twice {watch} = {getattr(rules, name):g}, or that lower"
            faults.add(where, warn_p, allowed)


def point_enu(point: PointDeg, frame: Site, faults: Faults, where: str) -> tuple[float, float]:
    """East and north of (latitude, longitude) at the site's height; a fault if it is far away."""
    east, north, _ = enu_from_geodetic(point[0], point[1], frame.height_m, frame)
    if not np.hypot(east, north) <= _FARTHEST_M:
        distance = np.hypot(east, north) / 1000.0
        faults.add(
            where,
            Phrase(f"{list(point)}, {distance:.0f} km from the origin"),
            f"[latitude, longitude] within {_FARTHEST_M / 1000:.0f} km of the site's origin",
        )
    return float(east), float(north)


def one_of(form: object, names: tuple[str, ...], faults: Faults, where: str) -> str | None:
    """The one of the fields `names` that is given; a fault unless exactly one is."""
    if not faults.clean(*(f"{where}.{name}" for name in names)):
        return None
    given = [name for name in names if getattr(form, name) is not None]
    if len(given) == 1:
        return given[0]
    found = Phrase(" and ".join(given)) if given else NOTHING
    faults.add(where, found, "exactly one of: " + ", ".join(names))
    return None


def _zone(form: ZoneForm, frame: Site, faults: Faults, where: str, near: bool) -> Zone | None:
    shape = one_of(form, ("polygon_enu_m", "polygon_deg", "circle"), faults, where)
    in_degrees = form.polygon_deg is not None or bool(form.circle and form.circle.centre_deg)
    if shape is None or (in_degrees and not near):
        return None
    place = f"{where}.{shape}"
    if not faults.clean(place):
        return None
    if form.circle is not None:
        ring = _circle(form.circle, frame, faults, place)
    elif form.polygon_deg is not None:
        points = [
            point_enu(p, frame, faults, f"{place}[{i}]") for i, p in enumerate(form.polygon_deg)
        ]
        ring = np.array(points)
    else:
        ring = np.array(form.polygon_enu_m)
    if ring is None or not faults.clean(place):
        return None
    ring = _checked_ring(ring, faults, place)
    if not faults.clean(where):
        return None
    return Zone(
        id=form.id,
        name=form.name or form.id,
        polygon_enu_m=tuple((float(x), float(y)) for x, y in ring),
        release=msgspec.structs.asdict(form.release),
        people=form.people,
        shelter_s=form.shelter_s,
        threshold=form.threshold,
        confirm_timeout_s=form.confirm_timeout_s,
        on_timeout=form.on_timeout,
        all_clear=form.all_clear,
    )


def _circle(form: CircleForm, frame: Site, faults: Faults, where: str) -> np.ndarray | None:
    which = one_of(form, ("centre_enu_m", "centre_deg"), faults, where)
    if which is None or not faults.clean(where):
        return None
    centre = (
        form.centre_enu_m
        if form.centre_deg is None
        else point_enu(form.centre_deg, frame, faults, f"{where}.{which}")
    )
    angle = np.arange(_CIRCLE_CORNERS) * (2 * np.pi / _CIRCLE_CORNERS)
    # circumscribed: a polygon that leaves no part of the circle out
    radius_m = form.radius_m / np.cos(np.pi / _CIRCLE_CORNERS)
    ring: np.ndarray = np.array(centre) + radius_m * np.stack(
        [np.cos(angle), np.sin(angle)], axis=1
    )
    return ring


def _checked_ring(ring: np.ndarray, faults: Faults, where: str) -> np.ndarray:
    """The open ring, counter-clockwise; faults told."""
    if len(ring) > _MOST_CORNERS:
        faults.add(where, Phrase(f"{len(ring)} corners"), f"at most {_MOST_CORNERS}")
        return ring
    if len(ring) > 3 and np.array_equal(ring[0], ring[-1]):
        ring = ring[:-1]  # a closed ring, as GeoJSON writes it
    same = np.flatnonzero(np.all(ring == np.roll(ring, -1, axis=0), axis=1))
    if same.size:
        faults.add(where, Phrase(f"corner {same[0]} twice in a row"), "corners that differ")
        return ring
    crossing = crossing_sides(ring)
    if crossing is not None:
        faults.add(
            where,
            Phrase(f"a ring that crosses itself (sides {crossing[0]} and {crossing[1]})"),
            "a ring whose sides meet at its corners only",
        )
        return ring
    area = signed_area_m2(ring)
    if abs(area) < _SMALLEST_M2:
        faults.add(where, Phrase(f"an area of {abs(area):.3g} m²"), f"at least {_SMALLEST_M2:g} m²")
    return ring if area > 0 else ring[::-1]


def _sensor(form: SensorForm, frame: Site, faults: Faults, where: str, near: bool) -> Sensor | None:
    _ascending(form, "range_min_m", "range_max_m", faults, where)
    _ascending(form, "elevation_min_deg", "elevation_max_deg", faults, where)
    told = form.sigma_range_m is not None or not faults.clean(f"{where}.sigma_range_m")
    if form.kind == "radar" and not told:
        faults.add(f"{where}.sigma_range_m", NOTHING, "its accuracy, or kind = 'passive'")
    for name in ("sigma_range_m", "sigma_range_rate_mps", "independent_s"):
        if form.kind == "passive" and getattr(form, name) is not None:
            faults.add(f"{where}.{name}", getattr(form, name), "nothing: it tells bearings only")
    xyz = _position(form, frame, faults, where, near)
    if xyz is None:
        return None
    return Sensor(
        id=form.id,
        name=form.name or form.id,
        position_enu_m=xyz,
        sigma_range_m=form.sigma_range_m,
        sigma_azimuth_rad=form.sigma_azimuth_mrad * 1e-3,
        sigma_elevation_rad=_scaled(form.sigma_elevation_mrad, 1e-3),
        sigma_range_rate_mps=form.sigma_range_rate_mps,
        scan_period_s=form.scan_period_s,
        pd=form.pd,
        clutter_per_scan=form.clutter_per_scan,
        range_min_m=form.range_min_m,
        range_max_m=form.range_max_m,
        range_rate_max_mps=form.range_rate_max_mps,
        azimuth_min_rad=float(np.radians(form.azimuth_min_deg)),
        azimuth_max_rad=float(np.radians(form.azimuth_max_deg)),
        elevation_min_rad=float(np.radians(form.elevation_min_deg)),
        elevation_max_rad=float(np.radians(form.elevation_max_deg)),
        bias_range_m=form.bias_range_m,
        bias_azimuth_rad=form.bias_azimuth_mrad * 1e-3,
        bias_elevation_rad=form.bias_elevation_mrad * 1e-3,
        bias_time_s=form.bias_time_s,
        silent_after_s=form.silent_after_s,
        system_id=form.system_id,
        snr_threshold_db=(
            msgspec.UNSET if form.snr_threshold_db is None else form.snr_threshold_db
        ),
        independent_s=msgspec.UNSET if form.independent_s is None else form.independent_s,
    )


def _reflector(
    form: ReflectorForm, frame: Site, faults: Faults, where: str, near: bool
) -> Reflector | None:
    xyz = _position(form, frame, faults, where, near)
    if xyz is None:
        return None
    return Reflector(id=form.id, position_enu_m=xyz, sigma_m=form.sigma_m)


def _sees(sensor: Sensor, reflector: Reflector, frame: Site) -> bool:
    axes, place = sensor_axes(frame, sensor)
    apart = np.array([reflector.position_enu_m]) - place
    return bool(covers(sensor, polar_from_enu(apart @ axes))[0])


def _position(
    form: SensorForm | ReflectorForm, frame: Site, faults: Faults, where: str, near: bool
) -> tuple[float, float, float] | None:
    """E N U of the one position that is given; None where it cannot be told or something is at fault."""
    position = one_of(form, ("position_enu_m", "position_deg_m"), faults, where)
    if not near or position is None or not faults.clean(where):
        return None
    if form.position_deg_m is None:
        return form.position_enu_m
    point_enu(form.position_deg_m[:2], frame, faults, f"{where}.position_deg_m")
    x, y, z = (float(v) for v in enu_from_geodetic(*form.position_deg_m, frame))
    return x, y, z


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _ascending(form: SensorForm, low: str, high: str, faults: Faults, where: str) -> None:
    if not faults.clean(f"{where}.{low}", f"{where}.{high}"):
        return
    if getattr(form, low) >= getattr(form, high):
        faults.add(
            f"{where}.{low}", getattr(form, low), f"less than {high} = {getattr(form, high):g}"
        )


def _rules(form: RulesForm) -> Rules:
    values = {name: getattr(form, name) for name in form.__struct_fields__}
    return Rules(**values | {"hazard_radius_m": msgspec.structs.asdict(form.hazard_radius_m)})
