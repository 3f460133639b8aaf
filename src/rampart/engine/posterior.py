"""The posterior of the classes given what a track shows: a generative model, one row a track.

Each class says how likely this launch speed, elevation, drag, height, climb and radar cross-section
are; priors, likelihoods and the tracker's own model probabilities make the posterior (Bayes).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.engine.classes import (
    BEND_TABLE,
    BIRD,
    BURN_S,
    CLIMB_TABLE,
    DRAG_UNSEEN,
    FALLS_PRIOR,
    FAMILY_OF,
    FAST_FLYERS_P,
    FAST_FLYERS_PLOTS,
    FAST_FLYERS_S,
    FLYER_TABLE,
    GLIDER,
    IS_DRONE,
    IS_ROCKET,
    LARGE_DRONE,
    LEAP_HIGH,
    LEAP_MPS,
    LEAP_TOLD,
    LEAPS_FALLS,
    LEAPS_FROM,
    LEAPS_PLOTS,
    ODD_SHARE,
    ROUND_RCS_DB,
    ROUND_TABLE,
    SINKS_S,
    SINKS_SHARE,
    SLOWEST_LAUNCH_MPS,
    SMALL_DRONE,
    STAYS,
    TOLD_GLIDERS,
    TOLD_PLOTS,
    TRAVELS_SHARE,
    UNNAMED,
)
from rampart.engine.course import SCALES, pace_of
from rampart.engine.ways import like_a_large_drone, like_a_small_drone
from rampart.kernels._jit import allocating_kernel, inline_kernel
from rampart.kernels.cross_section import scatter_db

Array = npt.NDArray[np.float64]


class Features(NamedTuple):
    """What is known of n tracks. nan (and `rcs_plots` 0) where a thing is not known."""

    x: Array  # (n, 7) mean state
    P: Array  # (n, 7, 7)
    mu: Array  # (n, 3) probabilities of the motion models: ballistic, drone, boost
    plots: Array  # (n,)
    age_s: Array  # (n,) since the first of them
    height_m: Array  # (n,) above the site's level; nan: not observed
    launch_mps: Array  # (n,) speed at the ground crossing behind the track
    launch_rad: Array  # (n,) elevation there
    rcs_dbsm: Array  # (n,) by its echoes, as `cross_section_dbsm`
    rcs_plots: Array  # (n,) so many of them
    boost_p: Array  # (n,) the largest probability of the boost model so far
    free_p: Array  # (n,) the largest of the ballistic model so far, from the third plot on
    bends: Array  # (n, scales, accelerations) and
    climbs: Array  # (n, len(CLIMB_MPS)) and
    pace: Array  # (n, 2) how it held its course, as in `course.follow_course`; zeros: nothing seen
    weaves: Array  # (n, TOLD) how it weaves, as `weave.told`; zeros: nothing seen
    left: (
        Array  # (n,) sigmas by which it has left the place where it began, as `course.left_behind`
    )
    company: Array  # (n,) how many times likelier attacks are than when nothing else does


@inline_kernel
def _within(value: float, low: float, high: float, sigma: float) -> float:
    """Density of a value drawn uniformly from low..high and seen with an error of `sigma`."""
    s = math.sqrt(2.0) * sigma
    return 0.5 * (math.erf((high - value) / s) - math.erf((low - value) / s)) / (high - low)


@inline_kernel
def _normal(value: float, mean: float, sigma: float) -> float:
    z = (value - mean) / sigma
    return math.exp(-0.5 * z * z) / (sigma * 2.5066282746310002)


@inline_kernel
def _plateau(value: float, middle: float, half: float, sigma: float) -> float:
    """Density of what lies evenly within `half` of `middle`, and falls beyond as a normal one does."""
    off = max(abs(value - middle) - half, 0.0) / sigma
    return math.exp(-0.5 * off * off) / (sigma * 2.5066282746310002 + 2.0 * half)


@inline_kernel
def _sum(shares: Array, likelihoods: Array) -> float:
    total = 0.0
    for k in range(shares.size):
        total += shares[k] * likelihoods[k]
    return total


@inline_kernel
def _seen_drag(q: float, variance: float, mean: float, sigma: float) -> tuple[float, float]:
    """ln k and its variance by what has been seen alone, of a filter that began with N(mean, sigma²):
    its `q` would count that belief as a look, and call what is young a class of such drag.

    N(q; m, V) ~ N(m; q', V') / N(m; mean, sigma²): 1/V' = 1/V - 1/sigma², q'/V' = q/V - mean/sigma².
    """
    unseen = min(max(variance, 0.0) / (sigma * sigma), DRAG_UNSEEN)
    return q + (q - mean) * unseen / (1.0 - unseen), max(variance, 0.0) / (1.0 - unseen)


@allocating_kernel
def _held(bends: Array) -> Array:
    """(flyers,): how likely each class that flies by its own power holds its course so: of each scale
    sum over accelerations of p(acceleration | class) p(course | acceleration)."""
    held = np.ones(FLYER_TABLE.shape[0])
    for scale in range(SCALES):
        bent = np.exp(bends[scale] - bends[scale].max())
        for i in range(held.size):
            held[i] *= _sum(BEND_TABLE[scale, i], bent)
    return held


@inline_kernel
def _part(held: Array, other: int, drone: int, ratio: float) -> None:
    """Part what two classes hold together, so that the `drone` holds its `ratio` times as well as the other."""
    either = held[other] + held[drone]
    held[other], held[drone] = either / (1.0 + ratio), either * ratio / (1.0 + ratio)


@inline_kernel
def _favour(p: Array, this: int, other: int, times: float) -> None:
    """Make `this` class `times` times as likely to the `other` as it is; what both have in all is kept."""
    either, favoured = p[this] + p[other], times * p[this]
    if favoured + p[other] > 0.0:
        p[other] *= either / (favoured + p[other])
        p[this] = either - p[other]


@allocating_kernel
def held_as_a_drone(bends: Array) -> bool:
    """Whether a course (`course.follow_course`) speaks for a drone, more than for what flies on average."""
    held = _held(bends)
    best = 0.0
    for i in range(held.size):
        if IS_DRONE[i]:
            best = max(best, held[i])
    return bool(best > held.mean())


@allocating_kernel
def _posterior(
    x: Array, P: Array, mu: Array, height_m: float, launch_mps: float, launch_rad: float,
    rcs_dbsm: float, rcs_plots: float, boost_p: float, free_p: float, plots: float, age_s: float,
    bends: Array, climbs: Array, pace: Array, weaves: Array, left: float, company: float,
    drag_mean: float, drag_sigma: float, out: Array,
) -> None:  # fmt: skip
    """Posterior of CLASSES in `out`; the last class takes all where nothing can be said."""
    rounds, flyers = ROUND_TABLE.shape[0], FLYER_TABLE.shape[0]
    out[:] = 0.0
    out[-1] = 1.0  # until something can be said
    ground = math.sqrt(x[3] * x[3] + x[4] * x[4])
    seen_up = math.isfinite(height_m)
    speed = math.sqrt(ground * ground + x[5] * x[5]) if seen_up else ground
    variance = 1.5 * (P[3, 3] + P[4, 4]) if not seen_up else P[3, 3] + P[4, 4] + P[5, 5]
    told = math.isfinite(rcs_dbsm)
    echo_db = scatter_db(rcs_plots)
    if not (math.isfinite(speed) and math.isfinite(variance)):
        return
    sigma_v = math.sqrt(max(variance, 0.0) / 3.0) + 2.0
    # v0² >= v² + 2 g h: drag only takes energy
    rise = max(height_m, 0.0) if seen_up else 0.0
    energetic = math.sqrt(speed * speed + 2.0 * 9.81 * rise)
    sigma_climb = math.sqrt(max(P[5, 5], 0.0)) + 3.0
    log_height = math.log(max(height_m, 20.0))

    # ---- falling freely: among the rounds, by launch speed x elevation x drag x cross-section
    drag, drag_variance = _seen_drag(x[6], P[6, 6], drag_mean, drag_sigma)
    within = unboosted = 0.0
    boosted = min(max(boost_p, 0.0), 1.0)
    for i in range(rounds):
        row = ROUND_TABLE[i]
        p = row[0]
        if math.isfinite(launch_mps):
            p *= _within(launch_mps, row[1], row[2], 10.0 + sigma_v + 0.03 * launch_mps)
            angle = 0.05 + min(sigma_v / max(speed, 30.0), 0.5)
            p *= _within(launch_rad, math.radians(row[3]), math.radians(row[4]), angle)
        else:
            # nothing is told of the launch: a round is hardly faster now than then, drag has cost
            # it half of its speed at most
            p *= _within(energetic, 0.5 * row[1], row[2], 10.0 + sigma_v)
        p *= _normal(drag, math.log(row[5]), math.sqrt(row[6] * row[6] + drag_variance))
        if told:
            spread_db = math.sqrt(ROUND_RCS_DB**2 + echo_db * echo_db)
            p *= _plateau(rcs_dbsm, row[7], row[8], spread_db)
        unboosted += p
        # a short boost is often over before the second plot: its absence says little
        p *= 0.5 + 0.5 * boosted if IS_ROCKET[i] else 1.0 - 0.9 * boosted
        out[i] = p
        within += p
    # ... and as a round at all: model probability x speed x height x climb
    # burning from rest to v at a height h takes at least 2 h / v; what leaps about higher up, or more
    # slowly, than a burn allows follows no thrust but plots that are not its own
    burns = 1.0 / (1.0 + (2.0 * rise / max(speed, 1.0) / BURN_S) ** 6)
    # nor has anything burnt for longer, nor does thrust lead down: but what has been seen to fall freely may
    # seem to burn for a look
    burns *= max(1.0 / (1.0 + (age_s / BURN_S) ** 6), free_p)
    if seen_up:
        burns *= max(0.5 * math.erfc(-x[5] / (math.sqrt(2.0) * sigma_climb)), free_p)
    # as rare as raids are: rounds, and tracks that leap from one to the next
    prior = FALLS_PRIOR * company
    falls = prior * min(max(mu[0] + burns * mu[2], 0.0), 1.0)
    leaps = prior * (1.0 - burns) * max(min(mu[2], 1.0) - LEAPS_FROM, 0.0)
    leaps *= math.exp(-speed / LEAP_MPS) / LEAP_MPS
    # a round at its apex is just as slow and high, and one look amiss makes it seem to leap: but it has
    # been seen to fall freely, as what leaps never was
    settled = plots >= LEAPS_PLOTS or age_s > BURN_S
    leaps *= max(1.0 - free_p / LEAPS_FALLS, 0.0) if settled else 0.0
    falls *= _normal(speed, 250.0, math.sqrt(120.0**2 + sigma_v * sigma_v))
    # what climbed here with less than the slowest launch never was a round
    falls *= 0.5 * math.erfc((SLOWEST_LAUNCH_MPS - energetic) / (math.sqrt(2.0) * (5.0 + sigma_v)))
    if seen_up:
        falls *= _normal(log_height, math.log(800.0), 1.0)
        falls *= _normal(x[5], 0.0, math.sqrt(150.0**2 + sigma_climb * sigma_climb))
        leaps *= LEAP_HIGH
    if told:
        falls *= _normal(rcs_dbsm, -22.0, math.sqrt(64.0 + echo_db * echo_db))
        leaps *= LEAP_TOLD
    total = 0.0
    if not within > 1e-200:
        # no class fits: the last of them, the unknown round
        out[:rounds] = 0.0
        out[rounds - 1] = within = 1.0
    elif unboosted > 0.0:
        falls *= within / unboosted
    for i in range(rounds):
        out[i] *= falls / within
        total += out[i]

    # ---- flying by its own power: speed x height x climb x cross-section ...
    # the drone model begins at 60 m/s a side and cannot hold an airliner at its first plots
    untold = plots < FAST_FLYERS_PLOTS and age_s < FAST_FLYERS_S
    powered = min(max(mu[1], FAST_FLYERS_P if untold else 0.0), 1.0)
    # the parabola that fits a level way best ends with a climb g t / 2 too low: so far down has the ballistic
    # model led what flies, as long as it holds it
    sunk = 0.5 * 9.81 * mu[0] * min(age_s, SINKS_S)
    sigma_level = math.sqrt(16.0 + sigma_climb * sigma_climb + (SINKS_SHARE * sunk) ** 2)
    way_mps, sigma_way = pace_of(pace)
    if sigma_way < sigma_v:  # over its way: a look at it now is worse
        speed, sigma_v = way_mps, sigma_way
    by_looks = by_course = 0.0
    held = _held(bends)  # ... x course
    held = (1.0 - ODD_SHARE) * held + ODD_SHARE * held.mean()  # as the odd ones of a class fly
    # birds and small drones, gliders and one-way drones are as likely together as by their bends; which of the
    # two, their weaves tell
    ratio = like_a_small_drone(weaves)
    _part(held, BIRD, SMALL_DRONE, ratio)
    _part(held, GLIDER, LARGE_DRONE, like_a_large_drone(weaves))
    # ... and what has no name is no likelier for flying straight on: else a bird that does would have none
    held[UNNAMED] /= max(0.5 + 0.5 * ratio, 1.0)
    climbed = np.exp(climbs - climbs.max())
    for i in range(flyers):
        row = FLYER_TABLE[i]
        p = row[0] * powered
        if i == SMALL_DRONE:
            p *= company
        p *= _normal(speed, row[1], math.sqrt(row[2] * row[2] + sigma_v * sigma_v))
        if seen_up:
            p *= _normal(log_height, math.log(row[3]), row[4])
            p *= _normal(x[5] + sunk, 0.0, sigma_level)
        if told:
            p *= _plateau(rcs_dbsm, row[5], row[6], math.sqrt(row[7] * row[7] + echo_db * echo_db))
        by_looks += p
        p *= held[i]
        # ... x climbs
        p *= _sum(CLIMB_TABLE[i], climbed)
        if i == STAYS:
            p *= (1.0 - TRAVELS_SHARE) * math.exp(-0.5 * left * left) + TRAVELS_SHARE
        out[rounds + i] = p
        by_course += p
    if told:
        known = 1.0 / (1.0 + TOLD_PLOTS / max(rcs_plots, 1.0))
        _favour(out, rounds + GLIDER, rounds + LARGE_DRONE, 1.0 + (TOLD_GLIDERS - 1.0) * known)
    # the course tells what flies from each other; whether it flies is told by the motion models
    if by_course > 0.0:
        for i in range(rounds, out.size):
            out[i] *= by_looks / by_course
    total += by_looks + leaps
    out[rounds + STAYS] += leaps
    if not (total > 1e-300 and math.isfinite(by_course)):
        out[:] = 0.0
        out[-1] = 1.0
        return
    for i in range(out.size):
        out[i] /= total


@inline_kernel
def _tempered(p: float) -> float:
    """p^(1/T), T = 1/2. The spreads of the rounds are wide on purpose, so that the classes of one family were
    right more often than they said. T was set on seeds 1-400 of `benchmarks/classifier.py`.
    Source: temperature scaling, Guo et al., ICML 2017."""
    return p * p


@inline_kernel
def _sharpen(p: Array, whole: Array, sharp: Array) -> None:
    """Classes of one family of rounds against each other, tempered; what the family has in all is kept."""
    whole[:] = 0.0
    sharp[:] = 0.0
    for c in range(ROUND_TABLE.shape[0]):
        whole[FAMILY_OF[c]] += p[c]
        sharp[FAMILY_OF[c]] += _tempered(p[c])
    for c in range(ROUND_TABLE.shape[0]):
        if sharp[FAMILY_OF[c]] > 0.0:
            p[c] = _tempered(p[c]) * whole[FAMILY_OF[c]] / sharp[FAMILY_OF[c]]


@allocating_kernel
def posteriors(
    f: Features, young: Array, drag_mean: float, drag_sigma: float, p_class: Array, p_word: Array
) -> None:
    """Posterior of `classes.CLASSES` for every row of `f` into `p_class` (n, classes), and its sums over
    `classes.WORDS` into `p_word` (n, words); `young` (n,) is the share of what is too young to tell,
    N(drag_mean, drag_sigma²) what the filter believes of ln k before it has seen anything.
    """
    whole, sharp = np.empty(p_word.shape[1]), np.empty(p_word.shape[1])
    for i in range(p_class.shape[0]):
        _posterior(
            f.x[i], f.P[i], f.mu[i], f.height_m[i], f.launch_mps[i], f.launch_rad[i],
            f.rcs_dbsm[i], f.rcs_plots[i], f.boost_p[i], f.free_p[i], f.plots[i], f.age_s[i], f.bends[i],
            f.climbs[i], f.pace[i], f.weaves[i], f.left[i], f.company[i], drag_mean, drag_sigma, p_class[i],
        )  # fmt: skip
        _sharpen(p_class[i], whole, sharp)
        p_word[i] = 0.0
        p_word[i, -1] = young[i]
        for c in range(p_class.shape[1]):
            p_class[i, c] *= 1.0 - young[i]
            p_word[i, FAMILY_OF[c]] += p_class[i, c]
