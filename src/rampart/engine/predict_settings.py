"""The numbers of the predictor: priors of what a track cannot tell, and limits of what can be predicted."""

from __future__ import annotations

from rampart.domain.site import Settings


class PredictSettings(Settings, frozen=True):
    """Priors of what a track cannot tell, and limits of what can be predicted."""

    wind_sigma_mps: float = 5.0  # each component, where nobody told the wind
    wind_sigma_told_mps: float = 1.5  # where a profile is known: its age and place
    # of ln(Cd supersonic / Cd subsonic), 1.17 to 2.6 about FILTER_RISE: the generic classes rise by 1 to 3,
    # which is 0.32 where all are as likely, and with another critical Mach number and width
    rise_log_sigma: float = 0.4
    drag_sigma: float = (
        0.12  # of ln k from Mach 1 up, beside the track's own: the curve is passed by
    )
    memory_s: float = 3.0  # the drag that a track has learnt is that of so long ago
    drift_sigma_mps2: float = 0.035  # lateral acceleration of slow rounds, where fins are likely;
    drift_fast: float = (
        5.0  # so many times more for fast ones, where spin is: `crossing.sideways_sigma`
    )
    step_s: float = (
        1.0  # of the flights; errs by 3 cm to 300 m/s, 0.4 m to 1000: far below every ellipse
    )
    height_sigma_max_m: float = 1_000.0  # beyond it height was never observed: no impact point
    climb_sigma_max_mps: float = 250.0
    # rockets: no thrust flies backwards. From v0 to v1 in a burn of T the way takes T (v1 - v0) / 2 v1 longer
    # than at v1: launched so much before the backward flight says. 0.27 to 0.82 s of the classes' burns (0.6
    # to 1.8 s, from 40 m/s), all as likely, 0.16 s at one sigma, and wider: no class is a measurement
    boost_s: float = 0.55
    boost_sigma_s: float = 0.22
    # across the flight path. Gravity bends the burn by g T² / 8 more than the free flight behind it, 0.4 to
    # 4 m; and thrust that points [A] 10 mrad off over the 200 to 500 m of a burn, 2 to 5 m
    boost_sigma_m: float = 5.0
    # m²/s³, of the flight back over the first plots: wind, drift and the drag curve push a fast round by
    # 0.2 m/s² all along; white noise that does as much to its speed in 10 s
    origin_accel: float = 0.4
    # of the variances of a smoothed launch. Smoothing leaves little but the radar's own errors, and those are
    # believed no better than `benchmarks/honesty.py` draws them: 0.9 to 1.3 of the noise that is declared (1.22
    # of its variance) and 0.6 to 1.9 of the bias (1.70)
    origin_doubt: float = 1.3
