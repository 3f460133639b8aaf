"""From slots to rows of a `PlotBatch`: the compiled half that decides what is a plot."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from rampart.domain.time import NS_PER_DAY
from rampart.formats.asterix.slots import PLOT
from rampart.kernels._jit import inline_kernel, kernel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

VERDICTS: Final = (
    "", "test_target", "field_monitor", "no_detection", "sensor_track", "track_end", "multistatic",
    "out_of_range", "no_position", "no_time",
)  # fmt: skip
"""Why a record is no plot, by number; 0 is a plot."""
(PLOT_OK, TEST_TARGET, FIELD_MONITOR, NO_DETECTION, SENSOR_TRACK, TRACK_END, MULTISTATIC, OUT_OF_RANGE,
 NO_POSITION, NO_TIME) = range(10)  # fmt: skip

(SAC, SIC, TOD, SHORT_TOD, TYPE, SIMULATED, TEST, MONITOR, ERR, MOMU, RANGE, AZIMUTH, ELEVATION, DOPPLER,
 DOUBTFUL, SIGMA_RANGE, SIGMA_AZIMUTH, SIGMA_ELEVATION, SIGMA_DOPPLER, SNR, LEVEL, LEVEL_V, LEVEL_G,
 HEIGHT, ADDRESS, MODE_3A, MODE_3A_V, MODE_3A_G) = range(len(PLOT))  # fmt: skip

SHORT_NS: Final = 512_000_000_000
"""CAT 001 sends the time of day modulo 512 s."""


@kernel
def event_ns(tod_s: float, reference_ns: int) -> int:
    """The moment nearest to `reference_ns` whose UTC time of day is `tod_s`: midnight wraps."""
    day = reference_ns // NS_PER_DAY * NS_PER_DAY
    t = day + int(np.rint(tod_s * 1e9))
    if t - reference_ns > NS_PER_DAY // 2:
        return t - NS_PER_DAY
    if reference_ns - t > NS_PER_DAY // 2:
        return t + NS_PER_DAY
    return t


@kernel
def short_event_ns(tod_s: float, reference_ns: int) -> int:
    """As `event_ns`, for a time of day modulo 512 s, which restarts at midnight too."""
    best, least = 0, 2 * NS_PER_DAY
    short = int(np.rint(tod_s * 1e9))
    for day in range(reference_ns // NS_PER_DAY - 1, reference_ns // NS_PER_DAY + 2):
        start = day * NS_PER_DAY
        laps = (reference_ns - start - short + SHORT_NS // 2) // SHORT_NS
        t = start + short + min(max(laps, 0), 168) * SHORT_NS
        if t - start < NS_PER_DAY and abs(t - reference_ns) < least:
            least, best = abs(t - reference_ns), t
    return best


@inline_kernel
def _verdict(slot: Floats, category: int) -> int:
    if slot[SIMULATED] > 0 or slot[TEST] > 0:
        return TEST_TARGET
    if slot[MONITOR] > 0:
        return FIELD_MONITOR
    if category == 15:
        if slot[TYPE] == 5:
            return TRACK_END
        if slot[TYPE] != 1 and slot[TYPE] != 3:
            return SENSOR_TRACK
        if slot[MOMU] > 0:
            return MULTISTATIC
    elif slot[TYPE] == 0:
        return NO_DETECTION
    if slot[ERR] > 0:
        return OUT_OF_RANGE
    # not >=: nan too
    if not slot[RANGE] >= 0 or np.isnan(slot[AZIMUTH]):
        return NO_POSITION
    if np.isnan(slot[TOD]) and np.isnan(slot[SHORT_TOD]):
        return NO_TIME
    return PLOT_OK


@kernel
def fill_rows(
    slots: Floats, count: int, category: int, reference_ns: int, rows: npt.NDArray[np.void],
    sensors: Ints, tally: Ints,
) -> int:  # fmt: skip
    """Writes the plots among `count` records to `rows` and their SAC * 256 + SIC to `sensors`.

    Adds the others to `tally` by verdict. Returns the number of plots; if they are of several
    sensors, its bitwise complement.
    """
    kept = 0
    alike = True
    for i in range(count):
        slot = slots[i]
        verdict = _verdict(slot, category)
        tally[verdict] += 1
        if verdict != PLOT_OK:
            continue
        row = rows[kept]
        if np.isnan(slot[TOD]):
            row["t_event_ns"] = short_event_ns(slot[SHORT_TOD], reference_ns)
        else:
            row["t_event_ns"] = event_ns(slot[TOD], reference_ns)
        row["range_m"] = slot[RANGE]
        row["azimuth_rad"] = np.radians(slot[AZIMUTH])
        row["elevation_rad"] = np.radians(slot[ELEVATION])
        row["range_rate_mps"] = np.nan if slot[DOUBTFUL] > 0 else slot[DOPPLER]
        row["snr_db"] = slot[SNR]
        row["rcs_dbsm"] = np.nan
        # Measured height before pressure height, and that only validated and not garbled.
        height = slot[HEIGHT]
        if np.isnan(height) and not (slot[LEVEL_V] > 0 or slot[LEVEL_G] > 0):
            height = slot[LEVEL]
        row["height_m"] = height
        row["sigma_range_m"] = slot[SIGMA_RANGE]
        row["sigma_azimuth_rad"] = np.radians(slot[SIGMA_AZIMUTH])
        row["sigma_elevation_rad"] = np.radians(slot[SIGMA_ELEVATION])
        row["sigma_range_rate_mps"] = slot[SIGMA_DOPPLER]
        row["address"] = 0 if np.isnan(slot[ADDRESS]) else np.uint32(slot[ADDRESS])
        coded = not (np.isnan(slot[MODE_3A]) or slot[MODE_3A_V] > 0 or slot[MODE_3A_G] > 0)
        row["mode_3a"] = np.uint32(slot[MODE_3A]) if coded else 0
        sensors[kept] = int(slot[SAC]) * 256 + int(slot[SIC])
        alike = alike and sensors[kept] == sensors[0]
        kept += 1
    return kept if alike else ~kept
