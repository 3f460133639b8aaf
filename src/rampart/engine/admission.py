"""Which plots of one sensor are let in: each checked, brought in order, and taken once.

A plot is one row of `plotrow`; what fails is refused with a reason, never mended.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from rampart.domain.messages import PLOT_DTYPE
from rampart.engine.plotrow import NUMBERS, RCS, SNR, VARIANCES, T
from rampart.kernels._jit import allocating_kernel, kernel

Array = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]

# Why a plot was refused; 0: it was not. The words stand in `Rejected.reason`.
REFUSALS: Final = (
    "",
    "not_a_number",
    "negative_range",
    "out_of_coverage",
    "time_absurd",
    "duplicate",
    "overload",
    "too_late",
    "not_believed",
    "reflector",
)
(
    NOT_A_NUMBER, NEGATIVE_RANGE, OUT_OF_COVERAGE, TIME_ABSURD, DUPLICATE, OVERLOAD, TOO_LATE,
    NOT_BELIEVED, REFLECTOR,
) = range(1, 10)  # fmt: skip

_FIELDS: Final = {name: PLOT_DTYPE.fields[name][1] // 8 for name in PLOT_DTYPE.names or ()}  # type: ignore[index]
WORDS: Final = PLOT_DTYPE.itemsize // 8
R_: Final = _FIELDS["range_m"]
AZ_: Final = _FIELDS["azimuth_rad"]
EL_: Final = _FIELDS["elevation_rad"]
RR_: Final = _FIELDS["range_rate_mps"]
SNR_: Final = _FIELDS["snr_db"]
RCS_: Final = _FIELDS["rcs_dbsm"]
H_: Final = _FIELDS["height_m"]
SR_: Final = _FIELDS["sigma_range_m"]
SAZ_: Final = _FIELDS["sigma_azimuth_rad"]
SEL_: Final = _FIELDS["sigma_elevation_rad"]
SRR_: Final = _FIELDS["sigma_range_rate_mps"]
ABSURD: Final = 1e12


class Door(NamedTuple):
    """What one sensor may deliver, and the accuracies that stand in for those a plot does not tell."""

    range_min_m: float
    range_max_m: float
    elevation_min_rad: float
    elevation_max_rad: float
    rate_max_mps: float
    sigma_range_m: float
    sigma_azimuth_rad: float
    sigma_elevation_rad: float
    sigma_rate_mps: float
    sigma_height_m: float
    slack: float  # sigmas beyond the coverage that are still let in
    lag_ns: int  # an event stamp may lie this far before arrival
    lead_ns: int  # and this far after it


@kernel
def admit(
    floats: Array, stamps: Ints, epoch_ns: int, arrival_ns: int, door: Door, plots: Array, codes: Ints
) -> int:  # fmt: skip
    """Check raw rows and fill `plots` (n, COLUMNS) with the good ones; returns their number.

    floats, stamps (n, WORDS): the same packed rows read as float64 and as int64. codes (n,): refusal
    of each row, 0 for the good ones.
    """
    good = 0
    for i in range(floats.shape[0]):
        r, azimuth, elevation = floats[i, R_], floats[i, AZ_], floats[i, EL_]
        rate, height = floats[i, RR_], floats[i, H_]
        bearing = math.isnan(r) and math.isnan(rate)  # a range rate is along a range
        if not ((abs(r) < ABSURD or bearing) and abs(azimuth) < ABSURD):  # also nan and inf
            codes[i] = NOT_A_NUMBER
            continue
        if math.isinf(elevation) or math.isinf(rate) or math.isinf(height):
            codes[i] = NOT_A_NUMBER
            continue
        if r <= 0.0:
            codes[i] = NEGATIVE_RANGE
            continue
        t_ns = stamps[i, 0]
        if t_ns < arrival_ns - door.lag_ns or t_ns > arrival_ns + door.lead_ns:
            codes[i] = TIME_ABSURD
            continue
        edge = door.slack * door.sigma_range_m
        if r < door.range_min_m - edge or r > door.range_max_m + edge:
            codes[i] = OUT_OF_COVERAGE
            continue
        edge = door.slack * door.sigma_elevation_rad
        if not math.isnan(elevation) and (
            elevation < door.elevation_min_rad - edge or elevation > door.elevation_max_rad + edge
        ):
            codes[i] = OUT_OF_COVERAGE
            continue
        if (
            not math.isnan(rate)
            and abs(rate) > door.rate_max_mps + door.slack * door.sigma_rate_mps
        ):
            codes[i] = OUT_OF_COVERAGE
            continue
        codes[i] = 0
        plots[good, T] = (t_ns - epoch_ns) * 1e-9
        plots[good, NUMBERS] = r
        plots[good, NUMBERS + 1] = azimuth % (2.0 * math.pi)
        plots[good, NUMBERS + 2] = elevation
        plots[good, NUMBERS + 3] = rate
        plots[good, NUMBERS + 4] = height
        plots[good, VARIANCES] = _sigma(floats[i, SR_], door.sigma_range_m) ** 2
        plots[good, VARIANCES + 1] = _sigma(floats[i, SAZ_], door.sigma_azimuth_rad) ** 2
        plots[good, VARIANCES + 2] = _sigma(floats[i, SEL_], door.sigma_elevation_rad) ** 2
        plots[good, VARIANCES + 3] = _sigma(floats[i, SRR_], door.sigma_rate_mps) ** 2
        plots[good, VARIANCES + 4] = door.sigma_height_m**2
        plots[good, SNR] = floats[i, SNR_]
        plots[good, RCS] = floats[i, RCS_]
        good += 1
    return good


@kernel
def _sigma(told: float, declared: float) -> float:
    """The accuracy that a plot tells, within a factor of ten of the declared one, else the declared one."""
    if not told > 0.0:
        return declared
    return min(max(told, 0.1 * declared), 10.0 * declared)


@kernel
def same_plot(a: Array, b: Array, window_s: float) -> bool:
    """Whether two plots of one sensor are the same echo, delivered twice."""
    if abs(a[T] - b[T]) > window_s:
        return False
    if math.isnan(a[NUMBERS]) != math.isnan(b[NUMBERS]):
        return False
    # a twentieth of a sigma: far below the noise that two true echoes would differ by
    if abs(a[NUMBERS] - b[NUMBERS]) > 0.05 * math.sqrt(a[VARIANCES]) + 1e-6:
        return False
    turn = abs(a[NUMBERS + 1] - b[NUMBERS + 1])
    if min(turn, 2.0 * math.pi - turn) > 0.05 * math.sqrt(a[VARIANCES + 1]) + 1e-9:
        return False
    for c in range(2, 5):
        va, vb = a[NUMBERS + c], b[NUMBERS + c]
        if math.isnan(va) or math.isnan(vb):
            continue
        if abs(va - vb) > 0.05 * math.sqrt(a[VARIANCES + c]) + 1e-9:
            return False
    return True


@allocating_kernel
def doubles(plots: Array, known: Array, window_s: float, double: Bytes) -> int:
    """Mark in `double` (n,) every plot that repeats an earlier row or one of `known`; returns how many."""
    count = plots.shape[0]
    key = plots[:, NUMBERS].copy()
    for i in range(count):
        if math.isnan(key[i]):
            key[i] = -plots[i, NUMBERS + 1]  # bearings among themselves: no range is below 0
    order = np.argsort(key, kind="mergesort")
    found = 0
    for a in range(count):
        i = order[a]
        reach = 0.05 * math.sqrt(plots[i, VARIANCES + (key[i] <= 0.0)]) + 1e-6
        b = a - 1
        while b >= 0 and key[i] - key[order[b]] <= reach:
            j = order[b]
            b -= 1
            if double[j] == 0 and same_plot(plots[j], plots[i], window_s):
                double[i] = 1
                found += 1
                break
        if double[i] == 1:
            continue
        for k in range(known.shape[0]):
            if same_plot(known[k], plots[i], window_s):
                double[i] = 1
                found += 1
                break
    return found


def raw_views(data: bytes) -> tuple[Array, Ints]:
    """The packed rows of a batch as (n, WORDS) float64 and int64, without a copy."""
    return (
        np.frombuffer(data, "<f8").reshape(-1, WORDS),
        np.frombuffer(data, "<i8").reshape(-1, WORDS),
    )


@allocating_kernel
def sort_plots(plots: Array) -> Array:
    """`plots` by time, then range, then azimuth, those without range last and then by elevation: one order for
    every way they may arrive in."""
    order = np.argsort(plots[:, NUMBERS + 1], kind="mergesort")
    # where no range parts two plots, the azimuth may not either, as in a column of pixels
    if np.isnan(plots[:, NUMBERS]).any():
        order = np.argsort(plots[:, NUMBERS + 2], kind="mergesort")
        order = order[np.argsort(plots[order, NUMBERS + 1], kind="mergesort")]
    order = order[np.argsort(plots[order, NUMBERS], kind="mergesort")]
    order = order[np.argsort(plots[order, T], kind="mergesort")]
    return plots[order]
