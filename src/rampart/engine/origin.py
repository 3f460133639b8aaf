"""Where and when a ballistic track was launched: an area, never a point.

The state at the first plot, smoothed over those that followed (`kernels.hindsight`), is flown backwards by the
kernel that predicts impacts. Thrust is not: plots of the burn are passed over, a rocket's origin is widened by
what thrust may have turned, and its launch set earlier.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from rampart.domain.site import Site
from rampart.domain.values import POSTERIOR
from rampart.engine.classes import MAX_RANGE_M
from rampart.engine.kept import Kept, columns_of
from rampart.engine.predict import ImpactEstimate, Predictor
from rampart.engine.predict_settings import PredictSettings
from rampart.engine.track_settings import TrackSettings, radars_of
from rampart.kernels.consider import plots_as_one
from rampart.kernels.hindsight import all_flown_back
from rampart.kernels.imm import make_work
from rampart.kernels.transition import N

Array = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_Q05: Final = 1.6448536269514722  # standard normal 95 % quantile
_CHI95: Final = math.sqrt(-2.0 * math.log(0.05))  # radius of the 95 % ellipse in sigmas
_ROCKET: Final = POSTERIOR.index("rocket")
_PLAUSIBLE_P: Final = 0.05  # a class less likely than this does not explain a range
_LEAST_PLOTS: Final = 3  # of free flight: fewer tell no velocity across the line of sight
_PASSED_SHARE: Final = 0.34  # of the plots, from which on the track is not that of one free flight
_LOWEST_SINE: Final = 0.1  # of the launch angle: none leaves flatter than 6 degrees


class OriginEstimate(msgspec.Struct, frozen=True, gc=False):
    """A launch: mean E, N, U (m), covariance (xx, xy, yy) in m², launch time quantiles in seconds since
    the engine's epoch. `outside_class_range`: no plausible class reaches from there to the impact."""

    enu_m: tuple[float, float, float]
    cov_m2: tuple[float, float, float]
    t_q05_s: float
    t_q50_s: float
    t_q95_s: float
    outside_class_range: bool


class OriginFinder:
    """Origins of a site's tracks."""

    def __init__(self, site: Site, predictor: Predictor, track: TrackSettings) -> None:
        self._floor_m = site.rules.origin_floor_m
        self._predictor = predictor
        self._track = track
        self._radars = radars_of(site)
        self._work = make_work()

    def smoothed(self, kept: Sequence[Kept]) -> list[ImpactEstimate | None]:
        """As `launches`, of the states at the first of the plots that are kept of each track, given them all;
        None also where they are too few, or not of one free flight."""
        found: list[ImpactEstimate | None] = [None] * len(kept)
        enough = [k for k, one in enumerate(kept) if one.count >= _LEAST_PLOTS]
        if not enough:
            return found
        some, first_s, means, covs, sensor = self._first_states([kept[k] for k in enough])
        launches = self.launches(means, covs, first_s, sensor) if some else []
        for k, launch in zip(some, launches, strict=True):
            doubt = self._predictor.settings.origin_doubt
            found[enough[k]] = _doubted(launch, doubt) if launch else None
        return found

    def _first_states(self, kept: Sequence[Kept]) -> tuple[list[int], Array, Array, Array, Ints]:
        """Of those of `kept` (indices) that are of one free flight: when the first of its plots was seen (n,),
        the state there (n, 7), (n, 7, 7), and by which sensor (n,)."""
        s, radars, n = self._track, self._radars, len(kept)
        ends, t_s, numbers, variances = columns_of(kept)
        sensor = np.array([one.sensor for one in kept], np.int64)
        since_s = np.diff(t_s, prepend=-math.inf)
        counts = np.diff(ends, prepend=0)
        since_s[ends - counts] = math.inf
        by = np.repeat(sensor, counts)
        alike = plots_as_one(since_s, radars.independent_s[by], radars.period_s[by])
        near = np.array([one.near for one in kept]).reshape(n, N)
        means, covs = np.empty((n, N)), np.empty((n, N, N))
        first, passed = np.empty(n, np.int64), np.empty(n, np.int64)
        all_flown_back(
            ends, t_s, numbers, variances * alike[:, None], sensor, radars.axes, radars.place, near,
            self._predictor.env, self._predictor.settings.origin_accel, s.drag_walk, s.drag_sigma,
            s.gate_distance2, self._work, means, covs, first, passed,
        )  # fmt: skip
        free = (counts - passed >= _LEAST_PLOTS) & (passed <= _PASSED_SHARE * counts)
        first_s = t_s[ends - counts + first]
        return np.flatnonzero(free).tolist(), first_s[free], means[free], covs[free], sensor[free]

    def launch(
        self, x: Array, P: Array, t_s: float, sensor_index: int = -1
    ) -> ImpactEstimate | None:
        """The ground crossing behind the state `x` (7,), `P` (7, 7) that stands at `t_s`, with the
        velocity there; None where height is not observed or nothing lies behind."""
        step_s = -self._predictor.settings.step_s
        return self._predictor.crossing(x, P, t_s, sensor_index, step_s)

    def launches(
        self, x: Array, P: Array, t_s: Array, sensor_index: Ints
    ) -> list[ImpactEstimate | None]:
        """As `launch` for many tracks in one call: x (n, 7), P (n, 7, 7), t_s (n,), sensor_index (n,)."""
        step_s = -self._predictor.settings.step_s
        return self._predictor.crossings(x, P, t_s, sensor_index, step_s)

    def origin(
        self,
        launch: ImpactEstimate,
        p_family: tuple[float, ...],
        classes: dict[str, float],
        impact: ImpactEstimate | None,
    ) -> OriginEstimate:
        """`launch` widened for the boost that rockets have, and to the site's floor radius."""
        s: PredictSettings = self._predictor.settings
        p_rocket = p_family[_ROCKET]
        xx, xy, yy = launch.cov_m2
        e, n, u = launch.velocity_mps
        ground_speed = math.hypot(e, n)
        if ground_speed > 0.0:
            e, n = e / ground_speed, n / ground_speed
        # a shift across the path moves the crossing by it sideways, and by it / sin(elevation) along
        across2 = p_rocket * s.boost_sigma_m**2
        sine = max(u / max(math.hypot(ground_speed, u), 1.0), _LOWEST_SINE)
        along2 = across2 / sine**2
        cov = floored(
            xx + along2 * e * e + across2 * n * n,
            xy + (along2 - across2) * e * n,
            yy + along2 * n * n + across2 * e * e,
            self._floor_m,
        )
        # a rocket left earlier, anything else did not: moments of that mixture
        sigma_t = (launch.t_q95_s - launch.t_q50_s) / _Q05
        sigma_t = math.sqrt(
            sigma_t**2 + p_rocket * (s.boost_sigma_s**2 + (1.0 - p_rocket) * s.boost_s**2)
        )
        t_s = launch.t_q50_s - p_rocket * s.boost_s
        return OriginEstimate(
            launch.enu_m,
            cov,
            t_s - _Q05 * sigma_t,
            t_s,
            t_s + _Q05 * sigma_t,
            impact is not None and _outside(launch.enu_m, cov, classes, impact),
        )


def sharper(new: ImpactEstimate | None, old: ImpactEstimate | None) -> ImpactEstimate | None:
    """The crossing with the smaller ellipse: flown backwards, process noise wins in the end."""
    if new is None or old is None:
        return new or old
    return new if _area2(new) <= _area2(old) else old


def _area2(crossing: ImpactEstimate) -> float:
    xx, xy, yy = crossing.cov_m2
    return xx * yy - xy * xy


def _doubted(launch: ImpactEstimate, doubt: float) -> ImpactEstimate:
    """`launch` with `doubt` times its variances."""
    xx, xy, yy = launch.cov_m2
    reach_s = math.sqrt(doubt) * (launch.t_q95_s - launch.t_q50_s)
    return msgspec.structs.replace(
        launch,
        cov_m2=(doubt * xx, doubt * xy, doubt * yy),
        t_q05_s=launch.t_q50_s - reach_s,
        t_q95_s=launch.t_q50_s + reach_s,
    )


def floored(xx: float, xy: float, yy: float, floor_m: float) -> tuple[float, float, float]:
    """The covariance whose 95 % ellipse has no half-axis below `floor_m`."""
    # C = m I + d [[cos 2a, sin 2a], [sin 2a, -cos 2a]]: eigenvalues m + d and m - d
    m, cos, sin = 0.5 * (xx + yy), 0.5 * (xx - yy), xy
    d = math.hypot(cos, sin)
    least = (floor_m / _CHI95) ** 2
    large, small = max(m + d, least), max(m - d, least)
    m, turn = 0.5 * (large + small), 0.5 * (large - small) / d if d > 0.0 else 0.0
    return m + turn * cos, turn * sin, m - turn * cos


def _outside(
    origin_enu_m: tuple[float, float, float],
    cov_m2: tuple[float, float, float],
    classes: dict[str, float],
    impact: ImpactEstimate,
) -> bool:
    """Is the flight, less two sigma, longer than the range of every plausible class?

    False where no class with a range is plausible: an unknown class has no range to lie outside of.
    """
    reach = [MAX_RANGE_M[c] for c, p in classes.items() if p >= _PLAUSIBLE_P and c in MAX_RANGE_M]
    if not reach:
        return False
    e, n = impact.enu_m[0] - origin_enu_m[0], impact.enu_m[1] - origin_enu_m[1]
    distance = math.hypot(e, n)
    if distance == 0.0:
        return False
    e, n = e / distance, n / distance
    variance = sum(
        c[0] * e * e + 2.0 * c[1] * e * n + c[2] * n * n for c in (cov_m2, impact.cov_m2)
    )
    return distance - 2.0 * math.sqrt(variance) > max(reach)
