"""`ScenarioForm` -> `World`: places to ENU, classes looked up, and the checks that span several keys."""

from __future__ import annotations

from typing import Final, Literal, cast

import numpy as np

from rampart.domain.messages import OperatorAction
from rampart.domain.site import Site, Wind
from rampart.scenario.form import (
    ActionForm,
    EchoForm,
    FaultForm,
    RadarForm,
    ScenarioForm,
    ThreatForm,
    TrafficForm,
    WeatherForm,
)
from rampart.sim.classes import BallisticClass, allowed_classes, class_ids, flying_class
from rampart.sim.world import (
    Air,
    Disturbance,
    Echo,
    Flight,
    Point,
    RadarModel,
    Salvo,
    Traffic,
    Waypoint,
    World,
)
from rampart.site.loader import one_of, point_enu, unique
from rampart.site.strict import NOTHING, Faults, Phrase, did_you_mean

_BALLISTIC_ONLY: Final = ("mix", "no_launch", "short", "origin_spread_m", "cep_of_range")
_POWERED_ONLY: Final = ("via_enu_m", "height_m", "speed_mps", "spread_m", "destroyed_before_m")
_DIVE_SLOPE: Final = 0.36  # [A] tangent of the last descent to an aim: 20 degrees
_LAST_LEG_M: Final = 300.0
_MOST_FALSE_PLOTS: Final = 2e7  # some 4 GB of messages
_REACH: Final = 1.05  # an aim may lie this far beyond a class's range: classes are coarse


def build_world(
    form: ScenarioForm, site: Site | None, start_ns: int, faults: Faults
) -> World | None:
    """The world that the form describes. None, with `faults` told, if anything is at fault."""
    # without a site, places and names are still checked against an empty one
    frame = site or Site(name="", uuid="", latitude_deg=0.0, longitude_deg=0.0, height_m=0.0)
    threats = [
        _threat(threat, frame, site is not None, faults, f"threats[{i}]")
        for i, threat in enumerate(form.threats or ())
        if threat is not None
    ]
    traffic = [
        _traffic(entry, faults, f"traffic[{i}]")
        for i, entry in enumerate(form.traffic or ())
        if entry is not None
    ]
    unique((t.id if t else None for t in form.threats or ()), faults, "threats")
    unique((t.id if t else None for t in form.traffic or ()), faults, "traffic")
    unique((r.sensor if r else None for r in form.radars or ()), faults, "radars")
    if site is not None:
        sensors, zones = [s.id for s in site.sensors], [z.id for z in site.zones]
        for i, radar in enumerate(form.radars or ()):
            _known(radar.sensor if radar else None, sensors, faults, f"radars[{i}].sensor")
        for i, fault in enumerate(form.faults or ()):
            _known(fault.sensor if fault else None, sensors, faults, f"faults[{i}].sensor")
        for i, echo in enumerate(form.echoes or ()):
            _known(echo.sensor if echo else None, sensors, faults, f"echoes[{i}].sensor")
        for i, action in enumerate(form.actions or ()):
            for j, zone in enumerate((action and action.zones) or ()):
                _known(zone, zones, faults, f"actions[{i}].zones[{j}]")
    disturbances = [
        _disturbance(fault, faults, f"faults[{i}]")
        for i, fault in enumerate(form.faults or ())
        if fault is not None
    ]
    echoes = [
        _echo(echo, form.duration_s, faults, f"echoes[{i}]")
        for i, echo in enumerate(form.echoes or ())
        if echo is not None
    ]
    _ascending_levels(form.weather, faults)
    if site is not None and faults.clean("duration_s"):
        _bounded(site, form, faults)
    if faults.found or site is None:
        return None
    return World(
        site=site,
        start_ns=start_ns,
        duration_s=form.duration_s,
        salvos=tuple(t for t in threats if isinstance(t, Salvo)),
        flights=tuple(t for t in (*threats, *traffic) if isinstance(t, Flight)),
        traffic=tuple(t for t in traffic if isinstance(t, Traffic)),
        air=_air(form.weather),
        radars=tuple(_radar(radar) for radar in form.radars),
        disturbances=tuple(d for d in disturbances if d),
        echoes=tuple(e for e in echoes if e),
        actions=tuple(_action(action, start_ns) for action in form.actions),
    )


def _threat(
    form: ThreatForm, site: Site, placed: bool, faults: Faults, where: str
) -> Salvo | Flight | None:
    mix = _mix(form, faults, where)
    origin = _place(form, site, placed, faults, where, ("origin_enu_m", "origin_deg"))
    aim = _place(form, site, placed, faults, where, ("aim_enu_m", "aim_deg", "aims_enu_m"))
    aims = form.aims_enu_m if form.aims_enu_m is not None else (aim,)
    if faults.clean(f"{where}.spacing_s") and form.spacing_s[0] > form.spacing_s[1]:
        faults.add(f"{where}.spacing_s", list(form.spacing_s), "[shortest, longest]")
    if mix is None:
        return None
    powered = not isinstance(flying_class(mix[0][0]), BallisticClass)
    _apply_to(form, _BALLISTIC_ONLY if powered else _POWERED_ONLY, mix[0][0], faults, where)
    if not faults.clean(where) or origin is None or None in aims:
        return None
    targets = cast(tuple[Point, ...], aims)
    if powered:
        return _strike(form, mix[0][0], origin, targets[0])
    for class_id, _ in mix:
        _within_reach(class_id, origin, targets, faults, where)
    given = {
        name: getattr(form, name)
        for name in ("no_launch", "short", "origin_spread_m", "cep_of_range")
        if getattr(form, name) is not None
    }
    return Salvo(
        id=form.id, classes=mix, origin_enu_m=origin, aims_enu_m=targets, at_s=form.at_s,
        rounds=form.rounds, spacing_s=form.spacing_s, **given,
    )  # fmt: skip


def _mix(form: ThreatForm, faults: Faults, where: str) -> tuple[tuple[str, float], ...] | None:
    """(class, weight) pairs of one family of flight."""
    if not faults.clean(f"{where}.class", f"{where}.mix"):
        return None
    if (form.class_id is None) == (form.mix is None):
        found = NOTHING if form.mix is None else Phrase("class and mix")
        faults.add(
            f"{where}.class", found, f"exactly one of: class, mix; class is {allowed_classes()}"
        )
        return None
    if form.mix is None:
        pairs = [(form.class_id or "", 1.0)]
        places = [f"{where}.class"]
    else:
        pairs = [(entry.id, entry.weight) for entry in form.mix]
        places = [f"{where}.mix[{i}].class" for i in range(len(pairs))]
    for (class_id, _), place in zip(pairs, places, strict=True):
        if class_id not in class_ids():
            faults.add(place, class_id, allowed_classes(class_id))
        elif len(pairs) > 1 and not isinstance(flying_class(class_id), BallisticClass):
            faults.add(place, class_id, "a ballistic class in a mixture")
    return tuple(pairs) if faults.clean(*places) else None


def _place(
    form: ThreatForm, site: Site, placed: bool, faults: Faults, where: str, names: tuple[str, ...]
) -> Point | None:
    """The point that one of the fields `names` gives, ENU metres; of several aims the first."""
    which = one_of(form, names, faults, where)
    if which is None:
        return None
    value = getattr(form, which)
    if which.endswith("_deg"):
        return point_enu(value, site, faults, f"{where}.{which}") if placed else None
    return cast(Point, value[0] if which == "aims_enu_m" else value)


def _apply_to(
    form: ThreatForm, names: tuple[str, ...], class_id: str, faults: Faults, where: str
) -> None:
    for name in names:
        if getattr(form, name) is not None:
            found = Phrase(f"a key that does not apply to {class_id}")
            faults.add(f"{where}.{name}", found, f"none of: {', '.join(names)}")


def _within_reach(
    class_id: str, origin: Point, aims: tuple[Point, ...], faults: Faults, where: str
) -> None:
    kind = flying_class(class_id)
    assert isinstance(kind, BallisticClass)
    for aim in aims:
        distance = float(np.hypot(aim[0] - origin[0], aim[1] - origin[1]))
        limit = _REACH * kind.max_range_m.high
        if not 200.0 <= distance <= limit:
            faults.add(
                where,
                Phrase(f"an aim {distance / 1000:.1f} km from the origin"),
                f"0.2 to {limit / 1000:.1f} km for {class_id}",
            )
            return


def _strike(form: ThreatForm, class_id: str, origin: Point, aim: Point) -> Flight:
    """A powered threat: level by its way points, then down to the aim."""
    kind = flying_class(class_id)
    assert not isinstance(kind, BallisticClass)
    height = form.height_m
    if height is None:
        height = min(0.5 * (kind.height_m.low + kind.height_m.high), 300.0)
    level: list[Waypoint] = [(*origin, height), *(form.via_enu_m or ())]
    east, north, last = level[-1]
    way = np.array(aim) - np.array([east, north])
    length = float(np.hypot(*way))
    back = min(max(last / _DIVE_SLOPE, _LAST_LEG_M), 0.9 * length) / max(length, 1.0)
    top = np.array(aim) - back * way
    return Flight(
        id=form.id,
        class_id=class_id,
        route=(*level, (float(top[0]), float(top[1]), last), (*aim, 0.0)),
        at_s=form.at_s,
        hostile=True,
        count=form.rounds,
        spacing_s=0.5 * sum(form.spacing_s),
        spread_m=form.spread_m or 0.0,
        speed_mps=form.speed_mps,
        strikes=True,
        destroyed_before_m=form.destroyed_before_m,
    )


def _traffic(form: TrafficForm, faults: Faults, where: str) -> Flight | Traffic | None:
    if not faults.clean(f"{where}.class"):
        return None
    if form.class_id not in class_ids():
        faults.add(f"{where}.class", form.class_id, allowed_classes(form.class_id))
        return None
    if isinstance(flying_class(form.class_id), BallisticClass):
        faults.add(f"{where}.class", form.class_id, "a powered class; rounds belong into threats")
    which = one_of(form, ("route_enu_m", "count", "per_hour"), faults, where)
    if which is None or not faults.clean(where):
        return None
    if form.route_enu_m is not None:
        return Flight(
            id=form.id, class_id=form.class_id, route=form.route_enu_m, at_s=form.at_s,
            hostile=False, speed_mps=form.speed_mps, identified=form.identified,
        )  # fmt: skip
    if form.identified == "friendly":
        faults.add(f"{where}.identified", form.identified, "adsb for traffic without a route")
        return None
    return Traffic(
        id=form.id, class_id=form.class_id, count=form.count, per_hour=form.per_hour,
        radius_m=form.radius_m, identified=form.identified,
    )  # fmt: skip


def _known(word: str | None, words: list[str], faults: Faults, where: str) -> None:
    if word is not None and faults.clean(where) and word not in words:
        allowed = "one of: " + ", ".join(words) + did_you_mean(word, words)
        faults.add(where, word, allowed)


def _disturbance(form: FaultForm, faults: Faults, where: str) -> Disturbance | None:
    if not faults.clean(where):
        return None
    if form.to_s <= form.from_s:
        faults.add(f"{where}.to_s", form.to_s, f"more than from_s = {form.from_s:g}")
    if form.kind == "outage":
        if form.seconds is not None:
            faults.add(f"{where}.seconds", form.seconds, "nothing for an outage")
    elif form.seconds is None:
        faults.add(f"{where}.seconds", NOTHING, f"seconds of the {form.kind}")
    elif form.kind != "clock_offset" and form.seconds <= 0:
        faults.add(f"{where}.seconds", form.seconds, "more than 0")
    if not faults.clean(where):
        return None
    return Disturbance(
        kind=form.kind, sensor=form.sensor, from_s=form.from_s, to_s=form.to_s,
        seconds=form.seconds or 0.0, share=form.share,
    )  # fmt: skip


def _echo(form: EchoForm, duration_s: float, faults: Faults, where: str) -> Echo | None:
    if not faults.clean(where, "duration_s"):
        return None
    to_s = duration_s if form.to_s is None else form.to_s
    if to_s <= form.from_s:
        faults.add(f"{where}.to_s", to_s, f"more than from_s = {form.from_s:g}")
        return None
    values = {name: getattr(form, name) for name in form.__struct_fields__}
    return Echo(**{**values, "to_s": to_s})


def _ascending_levels(form: WeatherForm, faults: Faults) -> None:
    if not faults.clean("weather"):
        return
    heights = [level.height_m for level in form.wind]
    if heights != sorted(set(heights)):
        faults.add("weather.wind", Phrase(f"heights {heights}"), "levels from low to high")


def _bounded(site: Site, form: ScenarioForm, faults: Faults) -> None:
    """A fault where the false plots alone would not fit into memory."""
    a_look = {s.id: s.clutter_per_scan for s in site.sensors}
    for echo in form.echoes or ():
        if echo is not None and echo.sensor in a_look:
            a_look[echo.sensor] += echo.plots
    expected = sum(a_look[s.id] * form.duration_s / s.scan_period_s for s in site.sensors)
    if expected > _MOST_FALSE_PLOTS:
        faults.add(
            "duration_s",
            Phrase(f"{form.duration_s:g} with {expected:.2g} false plots of all sensors"),
            f"a duration with at most {_MOST_FALSE_PLOTS:.0e} of them",
        )


def _air(form: WeatherForm) -> Air:
    return Air(
        wind=tuple(
            Wind(height_m=w.height_m, east_mps=w.east_mps, north_mps=w.north_mps) for w in form.wind
        ),
        wind_spread_mps=form.wind_spread_mps,
        pressure_pa=form.pressure_pa,
        temperature_k=form.temperature_k,
        report_every_s=form.report_every_s,
    )


def _radar(form: RadarForm) -> RadarModel:
    values = {name: getattr(form, name) for name in form.__struct_fields__}
    return RadarModel(**values)


def _action(form: ActionForm, start_ns: int) -> OperatorAction:
    return OperatorAction(
        t_arrival_ns=start_ns + round(form.at_s * 1e9),
        by=form.by,
        action=cast(Literal["confirm"], form.action),
        zones=form.zones,
        track=form.track,
        family=form.family,
        reason=form.reason,
    )
