"""The numbers of the tracker, and their translation, with the site's, into what the kernels read."""

from __future__ import annotations

import math

import numpy as np
from msgspec import UNSET

from rampart.domain.frames import sensor_axes
from rampart.domain.site import Sensor, Settings, Site
from rampart.domain.time import ns_from_seconds
from rampart.engine.admission import Door
from rampart.engine.fate import Fate
from rampart.engine.ground import ground_of_site
from rampart.engine.nearby import Gates
from rampart.engine.radars import Radars
from rampart.kernels.birth import Prior
from rampart.kernels.detection import LEAST_PD, MOST_PD
from rampart.kernels.imm import Dynamics

NO_ELEVATION_RAD = 1.0  # stands in for an accuracy that a 2-D sensor does not have
NO_DOPPLER_MPS = 1e3
NO_RANGE_M = 1e3


class TrackSettings(Settings, frozen=True):
    """How plots become tracks."""

    # which plots are let in
    sub_scan_s: float = 0.02  # plots this close in time, of one look, are associated together
    double_s: float = 0.005  # two equal plots this close are one echo delivered twice
    edge_sigmas: float = 4.0  # noise may carry a plot this far out of the declared coverage
    max_lag_s: float = 60.0  # an event stamp may lie this far before arrival
    max_lead_s: float = 2.0  # and this far after it: clocks differ
    max_plots: int = 4096  # in one sub-scan; the loudest stay
    max_rows: int = 4096  # tracks; the weakest tentative ones give way
    height_sigma_m: float = 30.0  # of a reported height: barometric, 25 ft quantum
    # the ring of the last seconds
    ring_s: float = 2.0  # a plot may come this late, see `order_s`
    ring_copies: int = 16  # in that time: cost of copies against cost of replays
    # motion
    # m²/s³: gusts, and what wind, drift and drag-shape errors leave, in free flight, so far and to the end.
    # Set on seeds 1-80 of benchmarks/honesty.py: with 0.1 landings were said 1.2 times as wide as they fell
    ballistic_accel: float = 0.03
    drag_walk: float = 4e-4  # 1/s, of ln k
    # m²/s³. sigma_v² T, sigma_v half of the 6 m/s² of a 30 degree bank, T = 1 s (Bar-Shalom, Li and
    # Kirubarajan 2001, ch. 6: 0.5 to 1 of the largest). With 4 an aircraft that turns looked like a round
    drone_accel: float = 9.0
    # m/s², one sigma along the velocity: a third of a rocket's own, which it shows to one plot or two. With
    # 250 a track without Doppler leapt from round to round of a salvo
    boost_thrust: float = 150.0
    boost_accel: float = 200.0  # m²/s³ in every direction
    boost_end_per_s: float = 0.7  # 1/s, boost to free flight: burns last one to two seconds
    boost_to_drone_per_s: float = 1e-3
    # what flies freely never burns again: else the next round of a salvo looks like a second boost
    ballistic_to_boost_per_s: float = 1e-6
    ballistic_to_drone_per_s: float = 2e-5
    drone_to_ballistic_per_s: float = 1e-4
    drone_to_boost_per_s: float = 1e-4
    # an object before its second plot
    ballistic_speed_mps: float = 200.0  # one sigma across the line of sight
    drone_speed_mps: float = 60.0
    boost_speed_mps: float = 150.0
    drone_share: float = 0.02  # low: else a hovering drone steals the next round of a salvo
    boost_share: float = 0.10
    boost_share_high: float = 5e-5  # asleep: a burn ends low
    boost_ceiling_m: float = 1500.0
    # at Mach 0: the generic classes lie from 2e-5 to 1.7e-4, those that fly above Mach 1 at half of the
    # constant drag that fits their range. A start below the middle, as what has been linearised about too
    # much drag is believed too long
    drag_per_m: float = 0.5e-4
    drag_sigma: float = 0.8  # of ln k
    ceiling_m: float = 12_000.0
    # rounds leave the ground climbing at 50 to 700 m/s, most of them at 100 to 270; a sigma that still
    # allows for one that falls, as where a radar has just been switched on
    launch_climb_mps: float = 150.0
    launch_climb_sigma_mps: float = 120.0
    launch_rise_m: float = 400.0  # twice what a fast one climbs from look to look of a locator
    # association
    gate_sigmas: float = 4.75  # of one number
    gate_distance2: float = 27.0  # squared distance of four numbers
    coarse_sigmas: float = 4.5
    coarse_accel_mps2: float = 40.0
    coarse_boost_mps2: float = 600.0
    revisit_share: float = (
        0.4  # of the scan period: earliest next plot of a track from the same sensor
    )
    birth_per_look: float = 0.2  # new objects in one look, over the whole coverage
    # life and death
    confirm_hits: int = 3
    false_tracks_per_hour: float = 1e-4  # confirmed out of clutter: sets the score for confirmation
    fast_speed_mps: float = 60.0  # the fast lane: faster than a drone beyond doubt
    fast_margin: float = (
        2.0  # score that the fast lane may lack: few false alarms, so only in little clutter
    )
    ambiguous_margin: float = 4.0
    ambiguous_plots: int = 4
    branch_margin: float = (
        8.0  # without Doppler: a second plot this much less likely is not followed
    )
    smoothing_s: float = 3.0
    drop_first: float = -2.5  # two misses at pd 0.9, three at 0.6
    drop_tentative: float = -4.5
    # ln 1e-5, five misses at pd 0.9: so seldom would a true track be missed like this. With 1e-4, 100 objects
    # lost one in most raids of half a minute (seeds 301 to 308: 5 ID switches against 0)
    drop_confirmed: float = -11.6
    late_look: float = 1.25  # periods
    coast_periods: float = 6.0
    coast_min_s: float = 4.0
    unseen_s: float = (
        15.0  # s: the blind place over a radar is some 600 m wide, at 40 m/s; a round takes 8 s
    )
    alive_periods: float = 3.0
    alive_min_s: float = 2.0
    alive_looks: float = 4.0
    settle_every_s: float = 0.1  # tracks are judged by time this often between complete looks


def order_s(site: Site, settings: TrackSettings) -> float:
    """How late a plot may be beside those of other sensors: one that is delivered with the whole turn of its
    antenna, and a second more, is in time."""
    return max(settings.ring_s, 1.0 + max((s.scan_period_s for s in site.sensors), default=0.0))


def radars_of(site: Site) -> Radars:
    """The site's sensors as arrays."""
    sensors = site.sensors or (Sensor(id=""),)
    axes, places = zip(*(sensor_axes(site, sensor) for sensor in sensors), strict=True)
    several = 1.0 if len(sensors) > 1 else 0.0

    def width(sensor: Sensor) -> float:
        clockwise = (sensor.azimuth_max_rad - sensor.azimuth_min_rad) % (2.0 * math.pi)
        return clockwise if clockwise > 1e-9 else 2.0 * math.pi

    return Radars(
        axes=np.array(axes),
        place=np.array(places),
        sigma=np.array([_sigmas(sensor) for sensor in sensors]),
        bias=several * np.array([sensor.bias_sigmas for sensor in sensors]),
        period_s=np.array([sensor.scan_period_s for sensor in sensors]),
        pd=np.array([min(max(sensor.pd, LEAST_PD), MOST_PD) for sensor in sensors]),
        snr_threshold=np.array([_snr_threshold(sensor) for sensor in sensors]),
        reach_m=np.array([(s.range_min_m, s.range_max_m) for s in sensors]),
        elevation=np.array([(s.elevation_min_rad, s.elevation_max_rad) for s in sensors]),
        sector=np.array([(s.azimuth_min_rad, width(s)) for s in sensors]),
        rate_max_mps=np.array([s.range_rate_max_mps for s in sensors]),
        ranging=np.array([int(s.ranging) for s in sensors]),
        independent_s=np.array([s.errors_last_s for s in sensors]),
    )


def _snr_threshold(sensor: Sensor) -> float:
    declared = sensor.snr_threshold_db
    return 0.0 if declared is UNSET else 10.0 ** (0.1 * declared)


def _sigmas(sensor: Sensor) -> tuple[float, float, float, float]:
    range_m = sensor.sigma_range_m
    elevation, rate = sensor.sigma_elevation_rad, sensor.sigma_range_rate_mps
    return (
        NO_RANGE_M if range_m is None else range_m,
        sensor.sigma_azimuth_rad,
        NO_ELEVATION_RAD if elevation is None else elevation,
        NO_DOPPLER_MPS if rate is None else rate,
    )


def doors(site: Site, settings: TrackSettings) -> list[Door]:
    """What each sensor may deliver."""
    result = []
    for sensor in site.sensors:
        sigma_r, sigma_az, sigma_el, sigma_rr = _sigmas(sensor)
        result.append(
            Door(
                sensor.range_min_m, sensor.range_max_m, sensor.elevation_min_rad,
                sensor.elevation_max_rad, sensor.range_rate_max_mps, sigma_r, sigma_az, sigma_el,
                sigma_rr, settings.height_sigma_m, settings.edge_sigmas,
                ns_from_seconds(settings.max_lag_s), ns_from_seconds(settings.max_lead_s),
            )
        )  # fmt: skip
    return result


def gates_of(settings: TrackSettings) -> Gates:
    """The gates and margins as the kernels read them."""
    s = settings
    return Gates(
        sigmas=s.gate_sigmas,
        distance2=s.gate_distance2,
        coarse_sigmas=s.coarse_sigmas,
        coarse_accel_mps2=s.coarse_accel_mps2,
        coarse_boost_mps2=s.coarse_boost_mps2,
        revisit=s.revisit_share,
        birth_per_look=s.birth_per_look,
        confirm_hits=s.confirm_hits,
        fast_speed_mps=s.fast_speed_mps,
        fast_margin=s.fast_margin,
        ambiguous_margin=s.ambiguous_margin,
        ambiguous_plots=s.ambiguous_plots,
        branch_margin=s.branch_margin,
        smoothing_s=s.smoothing_s,
        ceiling_m=s.ceiling_m,
    )


def fate_of(site: Site, settings: TrackSettings) -> Fate:
    """Confirmation and deletion. A track out of clutter passes the score A with probability exp(-A)
    at most (Wald), so A = ln(tracks begun from clutter in an hour / false tracks wanted in an hour)."""
    s = settings
    starts = [max(x.clutter_per_scan, 1.0) * 3600.0 / x.scan_period_s for x in site.sensors]
    return Fate(
        confirm_llr=np.log(np.array(starts or [1.0]) / s.false_tracks_per_hour),
        drop_first=s.drop_first,
        drop_tentative=s.drop_tentative,
        drop_confirmed=s.drop_confirmed,
        late_look=s.late_look,
        coast_periods=s.coast_periods,
        coast_min_s=s.coast_min_s,
        unseen_s=s.unseen_s,
        alive_periods=s.alive_periods,
        alive_min_s=s.alive_min_s,
        alive_looks=s.alive_looks,
        settle_every_s=s.settle_every_s,
        ground=ground_of_site(site),
    )


def dynamics_of(settings: TrackSettings) -> Dynamics:
    """The motion models as the kernels read them."""
    s = settings
    return Dynamics(
        ballistic_accel=s.ballistic_accel,
        drag_walk=s.drag_walk,
        drone_accel=s.drone_accel,
        boost_thrust=s.boost_thrust,
        boost_accel=s.boost_accel,
        boost_to_ballistic=s.boost_end_per_s,
        boost_to_drone=s.boost_to_drone_per_s,
        ballistic_to_drone=s.ballistic_to_drone_per_s,
        ballistic_to_boost=s.ballistic_to_boost_per_s,
        drone_to_ballistic=s.drone_to_ballistic_per_s,
        drone_to_boost=s.drone_to_boost_per_s,
    )


def prior_of(settings: TrackSettings) -> Prior:
    """The beliefs about a new object as the kernels read them."""
    s = settings
    return Prior(
        ballistic_speed_mps=s.ballistic_speed_mps,
        drone_speed_mps=s.drone_speed_mps,
        boost_speed_mps=s.boost_speed_mps,
        drone_share=s.drone_share,
        boost_share=s.boost_share,
        boost_share_high=s.boost_share_high,
        boost_ceiling_m=s.boost_ceiling_m,
        drag_mean=math.log(s.drag_per_m),
        drag_sigma=s.drag_sigma,
        ceiling_m=s.ceiling_m,
        launch_climb_mps=s.launch_climb_mps,
        launch_climb_sigma_mps=s.launch_climb_sigma_mps,
        launch_rise_m=s.launch_rise_m,
    )
