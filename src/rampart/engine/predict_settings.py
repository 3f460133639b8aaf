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
    drift_sigma_mps2: float = 0.04  # lateral acceleration of slow rounds, where fins are likely;
    drift_fast: float = (
        5.0  # so many times more for fast ones, where spin is: `crossing.sideways_sigma`
    )
    step_s: float = 1.0  # of the flights; errs by 2 cm in 60 s, far below every ellipse
    height_sigma_max_m: float = 1_000.0  # beyond it height was never observed: no impact point
    climb_sigma_max_mps: float = 250.0
    boost_s: float = 0.6  # rockets: launched so much before the backward flight says, and
    boost_sigma_s: float = 0.5
    boost_sigma_m: float = 60.0  # so uncertain along the line of fire: no thrust flies backwards
