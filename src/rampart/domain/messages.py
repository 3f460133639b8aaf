"""The nouns that cross the engine's door: inputs, and the outputs they cause.

Every message is frozen and stands in the journal as an `array_like` msgpack row, tagged with its
class name. A schema only ever appends optional fields; readers skip trailing fields they do not
know. All times are int64 ns UTC, all lengths metres, all angles radians (azimuth clockwise from
true north, elevation above the horizontal of the sensor), range rate positive when receding.
"""

from __future__ import annotations

import math
from typing import Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.domain.values import Change, Phase, Reason, TrackStatus


class Message(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """Base of all messages."""


# ------------------------------------------------------------------------------------- inputs
PLOT_DTYPE: Final = np.dtype(
    [
        ("t_event_ns", "<i8"),
        ("range_m", "<f8"),  # nan: only the bearing is told
        ("azimuth_rad", "<f8"),
        ("elevation_rad", "<f8"),  # nan: the sensor has none (2-D)
        ("range_rate_mps", "<f8"),  # nan: no Doppler
        ("snr_db", "<f8"),  # nan: not told
        ("rcs_dbsm", "<f8"),  # nan: not told
        ("height_m", "<f8"),  # nan: none; barometric or measured height above the WGS84 ellipsoid
        ("sigma_range_m", "<f8"),  # these four: nan = use the sensor's declared accuracy
        ("sigma_azimuth_rad", "<f8"),
        ("sigma_elevation_rad", "<f8"),
        ("sigma_range_rate_mps", "<f8"),
        ("address", "<u4"),  # 24-bit aircraft address; 0 = none
        ("mode_3a", "<u4"),  # transponder code as an integer; 0 = none
    ]
)
"""One row of a `PlotBatch`: little-endian, packed, 104 bytes."""


class Plot(Message, tag=True, frozen=True):
    """One detection in the polar frame of its sensor: the row view, for people and tests. A number that was
    not measured is nan, also `range_m`: then the plot is a bearing, and has no range rate either.
    """

    sensor: str
    t_event_ns: int
    t_arrival_ns: int
    range_m: float
    azimuth_rad: float
    elevation_rad: float = math.nan
    range_rate_mps: float = math.nan
    snr_db: float = math.nan
    rcs_dbsm: float = math.nan
    height_m: float = math.nan
    sigma_range_m: float = math.nan
    sigma_azimuth_rad: float = math.nan
    sigma_elevation_rad: float = math.nan
    sigma_range_rate_mps: float = math.nan
    address: int = 0
    mode_3a: int = 0


class PlotBatch(Message, tag=True, frozen=True):
    """Plots that one sensor delivered together, as packed `PLOT_DTYPE` rows.

    `complete`: the rows are everything that the sensor saw in one look over its whole coverage, so
    a track without a plot in it was missed. Otherwise misses follow from the revisit time.
    """

    sensor: str
    t_arrival_ns: int
    data: bytes
    complete: bool = False

    @property
    def rows(self) -> npt.NDArray[np.void]:
        """Read-only structured array of dtype `PLOT_DTYPE`, without a copy."""
        return np.frombuffer(self.data, PLOT_DTYPE)

    def __len__(self) -> int:
        return len(self.data) // PLOT_DTYPE.itemsize


class SensorStatus(Message, tag=True, frozen=True):
    """A sensor says something of itself: a north or sector mark (alive), or a state.

    `sector_rad`: azimuth of the antenna at the mark. `position_deg_m`: latitude, longitude (deg) and
    WGS84 height (m) where the sensor tells them.
    """

    sensor: str
    t_event_ns: int
    t_arrival_ns: int
    kind: Literal["north", "sector", "status", "strobe"] = "status"
    state: Literal["ok", "degraded", "off"] = "ok"
    sector_rad: float | None = None
    rotation_s: float | None = None
    position_deg_m: tuple[float, float, float] | None = None


class KnownTrack(Message, tag=True, frozen=True):
    """Traffic that identifies itself (ADS-B, a friendly drone's own report).

    It explains its own track and nothing else. `friendly`: identified by the operator's own means.
    `sigma_time_s`: how far `t_event_ns` may be from when it was there, one sigma; None: nobody says, as
    where a receiver stamped what came by radio.
    """

    source: str
    ident: str
    t_event_ns: int
    t_arrival_ns: int
    latitude_deg: float
    longitude_deg: float
    height_m: float
    velocity_enu_mps: tuple[float, float, float] | None = None
    sigma_m: float = 30.0
    address: int = 0
    friendly: bool = False
    sigma_time_s: float | None = None


class Weather(Message, tag=True, frozen=True):
    """Measured air. `wind`: levels of (height above the site origin m, to-east m/s, to-north m/s)."""

    t_arrival_ns: int
    pressure_pa: float | None = None
    temperature_k: float | None = None
    station_height_m: float = 0.0
    wind: tuple[tuple[float, float, float], ...] = ()


class OperatorAction(Message, tag=True, frozen=True):
    """One action of a person. Empty `zones` means every zone of the site."""

    t_arrival_ns: int
    by: str
    action: Literal[
        "confirm", "withhold", "warn", "withdraw", "cancel", "end_hold", "all_clear", "assess"
    ]
    zones: tuple[str, ...] = ()
    track: int | None = None
    family: str | None = None
    reason: str = ""


class Tick(Message, tag=True, frozen=True):
    """Time passed. Sources make Ticks on a fixed grid; the engine reports its tracks at each."""

    t_arrival_ns: int


class Rejected(Message, tag=True, frozen=True):
    """Input that could not be used: `count` units from `feed` for one fixed `reason`."""

    feed: str
    reason: str
    count: int
    t_arrival_ns: int
    detail: str = ""


Input = Plot | PlotBatch | SensorStatus | KnownTrack | Weather | OperatorAction | Tick | Rejected


# ------------------------------------------------------------------------------------ outputs
class TrackUpdate(Message, tag=True, frozen=True):
    """One track as it stands at `t_ns`. `cov_enu`: the 21 numbers of the upper triangle, row by row,
    of the covariance of (x, y, z, vx, vy, vz). `p_family`: order of `values.POSTERIOR`.
    `drag_per_m`: k in dv/dt = -k (rho/rho0) |v| v. `bounded`: height is observed, so an impact
    can be predicted. `known`: identity of the known traffic that explains it, or empty.
    """

    track: int
    t_ns: int
    state_enu: tuple[float, float, float, float, float, float]
    cov_enu: tuple[float, ...]
    status: TrackStatus
    family: str
    p_family: tuple[float, float, float, float, float, float]
    drag_per_m: float
    t_first_ns: int
    plots: int
    bounded: bool = True
    ambiguous: bool = False
    known: str = ""
    classes: dict[str, float] = {}


class Prediction(Message, tag=True, frozen=True):
    """Where and when a track lands: quantiles of time, mean and covariance (xx, xy, yy) of place.

    `model`: ``ballistic``, or ``unbounded`` where height was never observed (then no impact fields).
    """

    track: int
    t_ns: int
    t_first_ns: int
    model: Literal["ballistic", "unbounded"]
    impact_ns_q05: int | None = None
    impact_ns_q50: int | None = None
    impact_ns_q95: int | None = None
    impact_enu_m: tuple[float, float, float] | None = None
    cov_m2: tuple[float, float, float] | None = None


class Origin(Message, tag=True, frozen=True):
    """Where and when a track was launched: an area, never smaller than the site's floor radius."""

    track: int
    t_ns: int
    family: str
    launch_ns_q05: int
    launch_ns_q50: int
    launch_ns_q95: int
    launch_enu_m: tuple[float, float, float]
    cov_m2: tuple[float, float, float]
    outside_class_range: bool = False


class ZoneState(Message, tag=True, frozen=True):
    """What one zone is told, and why. `cause_seq`: ordinal of the input that caused it."""

    zone: str
    alarm_id: str
    raid_id: str
    revision: int
    phase: Phase
    reason: Reason
    change: Change
    tracks: tuple[int, ...]
    count: int
    p_zone: float
    issued_ns: int
    cause_seq: int
    t_impact_ns_q05: int | None = None
    t_impact_ns_q50: int | None = None
    t_impact_ns_q95: int | None = None
    simulated: bool = False
    exercise: bool = False
    by: str = ""


class SensorHealth(Message, tag=True, frozen=True):
    """A sensor's state changed: LIVE, DEGRADED (silent too long, or says so), with the reason; or one that is
    LIVE errs by more than it claims, or no longer does."""

    sensor: str
    t_ns: int
    state: Literal["LIVE", "DEGRADED"]
    reason: str
    cause_seq: int


Output = TrackUpdate | Prediction | Origin | ZoneState | SensorHealth | Rejected


def batch_from_plots(plots: list[Plot], *, complete: bool = False) -> PlotBatch:
    """One `PlotBatch` of plots of one sensor; its arrival stamp is the latest of theirs.

    Raises ValueError for an empty list or plots of several sensors.
    """
    sensors = {plot.sensor for plot in plots}
    if len(sensors) != 1:
        raise ValueError(f"a batch holds plots of one sensor, found {len(sensors)}")
    rows = np.empty(len(plots), PLOT_DTYPE)
    for name in PLOT_DTYPE.names or ():
        rows[name] = [getattr(plot, name) for plot in plots]
    return PlotBatch(
        sensor=plots[0].sensor,
        t_arrival_ns=max(plot.t_arrival_ns for plot in plots),
        data=rows.tobytes(),
        complete=complete,
    )
