"""A stage for tests of the warning rules: square zones in a row, threats by hand, time in seconds.

The Warner under test is the real one; `restarts=True` snapshots and restores it before every call.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from rampart.domain.messages import OperatorAction, ZoneState
from rampart.domain.site import Rules, Site, Zone
from rampart.engine.threat import Impact, Motion, Threat
from rampart.engine.warn import Warner

S = 1_000_000_000
T0 = 1_641_344_400 * S
WARNED = ("mortar", "gun", "rocket", "drone", "unknown")
AUTO = dict.fromkeys(WARNED, "auto")
CONFIRM = dict.fromkeys(WARNED, "confirm")
MORTAR = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
ROCKET = (0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
DRONE = (0.0, 0.0, 0.0, 0.9, 0.0, 0.1)
OTHER = (0.0, 0.0, 0.0, 0.05, 0.9, 0.05)
UNKNOWN = (0.1, 0.0, 0.1, 0.1, 0.1, 0.6)


def square(x_m: float, y_m: float = 0.0, half_m: float = 300.0) -> tuple[tuple[float, float], ...]:
    return (
        (x_m - half_m, y_m - half_m),
        (x_m + half_m, y_m - half_m),
        (x_m + half_m, y_m + half_m),
        (x_m - half_m, y_m + half_m),
    )


def zone(name: str, x_m: float, **more: object) -> Zone:
    """A square zone of 600 m centred at (x, 0); automatic in everything unless told otherwise."""
    fields = {"release": AUTO, "all_clear": "auto", **more}
    return Zone(id=name, name=name, polygon_enu_m=square(x_m), **fields)  # type: ignore[arg-type]


def ns(t_s: float) -> int:
    return T0 + round(t_s * S)


def falling(
    track: int,
    t_s: float,
    x_m: float,
    lands_s: float,
    *,
    y_m: float = 0.0,
    sigma_m: float = 50.0,
    spread_s: float = 1.0,
    p: tuple[float, ...] = MORTAR,
    third_s: float | None = None,
    **more: object,
) -> Threat:
    """A threat seen at `t_s` whose impact is round (x, y) at `lands_s` -/+ `spread_s` (5-95 %)."""
    fields = {"detections": 5, "real": True, "fresh": not more.get("lost"), "motion": None, **more}
    return Threat(
        track=track,
        t_ns=ns(t_s),
        t_third_ns=ns(t_s if third_s is None else third_s),
        p_family=p,  # type: ignore[arg-type]
        impact=Impact(
            x_m=x_m,
            y_m=y_m,
            cov_m2=(sigma_m**2, 0.0, sigma_m**2),
            t_ns_q05=ns(lands_s - spread_s),
            t_ns_q50=ns(lands_s),
            t_ns_q95=ns(lands_s + spread_s),
        ),
        **fields,  # type: ignore[arg-type]
    )


def flying(
    track: int,
    t_s: float,
    x_m: float,
    vx_mps: float,
    *,
    y_m: float = 0.0,
    height_m: float = 150.0,
    vu_mps: float = 0.0,
    turn_rps: float = 0.0,
    sigma_turn_rps: float = 0.003,
    p: tuple[float, ...] = DRONE,
    third_s: float = -10.0,
    **more: object,
) -> Threat:
    """A mover at (x, y) flying east at `vx_mps`, seen long enough to show its course."""
    fields = {"detections": 9, "real": True, "fresh": not more.get("lost"), "impact": None, **more}
    return Threat(
        track=track,
        t_ns=ns(t_s),
        t_third_ns=ns(third_s),
        p_family=p,  # type: ignore[arg-type]
        motion=Motion(
            position_enu_m=(x_m, y_m, height_m),
            velocity_enu_mps=(vx_mps, 0.0, vu_mps),
            sigma_position_m=10.0,
            sigma_speed_mps=1.0,
            turn_rate_rps=turn_rps,
            sigma_turn_rate_rps=sigma_turn_rps,
        ),
        **fields,  # type: ignore[arg-type]
    )


def lose(threat: Threat, t_s: float, lost: str = "predicted_time") -> Threat:
    """The same threat, lost at `t_s`; what was predicted of it stays."""
    return msgspec.structs.replace(threat, t_ns=ns(t_s), fresh=False, lost=lost)


class Stage:
    """One site under the rules. `rows` collects everything said; every call returns its own rows."""

    def __init__(
        self,
        zones: Iterable[Zone] | None = None,
        *,
        rules: Rules | None = None,
        simulated: bool = True,
        restarts: bool = False,
    ) -> None:
        self.zones = tuple(zones or (zone("A", 0.0), zone("B", 3000.0)))
        self.site = Site(
            name="stage",
            uuid="8d3e1e54-1111-4222-8333-444455556666",
            latitude_deg=33.0,
            longitude_deg=44.0,
            height_m=0.0,
            zones=self.zones,
            rules=rules or Rules(),
        )
        self.simulated = simulated
        self.restarts = restarts
        self.warner = Warner(self.site, simulated)
        self.healthy = {z.id for z in self.zones}
        self.now_s = 0.0
        self.seq = 0
        self.rows: list[ZoneState] = []
        self._said(self.warner.advance(ns(0.0), self.healthy, 0))

    def restart(self) -> None:
        """A new Warner that continues from the bytes of the old one's snapshot."""
        data = msgspec.msgpack.encode(self.warner.state())
        self.warner = Warner(self.site, self.simulated)
        self.warner.load(msgspec.msgpack.decode(data))

    def _call(self, t_s: float) -> None:
        self.now_s = max(self.now_s, t_s)
        self.seq += 1
        if self.restarts:
            self.restart()

    def _said(self, rows: list[ZoneState]) -> list[ZoneState]:
        self.rows += rows
        return rows

    def see(self, *threats: Threat, at_s: float | None = None) -> list[ZoneState]:
        """Decide on changed threats at the time of the first (or `at_s`)."""
        t_s = (threats[0].t_ns - T0) / S if at_s is None else at_s
        self._call(t_s)
        return self._said(self.warner.decide(ns(self.now_s), threats, self.healthy, self.seq))

    def run(self, until_s: float, step_s: float = 0.5) -> list[ZoneState]:
        """Ticks up to and including `until_s`."""
        rows: list[ZoneState] = []
        while self.now_s + step_s <= until_s + 1e-9:
            t_s = self.now_s + step_s
            self._call(t_s)
            rows += self._said(self.warner.advance(ns(t_s), self.healthy, self.seq))
        return rows

    def person(self, action: str, *zones: str, **more: object) -> list[ZoneState]:
        """A person acts now."""
        fields = {"by": "ann", "reason": "told so", **more}
        self._call(self.now_s)
        order = OperatorAction(t_arrival_ns=ns(self.now_s), action=action, zones=zones, **fields)  # type: ignore[arg-type]
        return self._said(self.warner.act(order, self.seq))

    def blind(self, *names: str) -> None:
        """From the next call on these zones (or all) have no healthy coverage."""
        self.healthy -= set(names) if names else {z.id for z in self.zones}

    def sighted(self) -> None:
        self.healthy = {z.id for z in self.zones}

    def story(self, name: str) -> list[str]:
        """The phases that a zone went through, repeated rows left out."""
        story: list[str] = []
        for row in self.rows:
            if row.zone == name and (not story or story[-1] != row.phase):
                story.append(row.phase)
        return story

    def last(self, name: str) -> ZoneState:
        return [row for row in self.rows if row.zone == name][-1]

    def phase(self, name: str) -> str:
        rows = [row for row in self.rows if row.zone == name]
        return rows[-1].phase if rows else "clear"
