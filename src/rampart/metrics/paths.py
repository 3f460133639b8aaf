"""`Paths`: several objects over time, as columns: the one input shape of the picture metrics."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SNAP_S: Final = 1.001e-3
"""How far from a scan a row may lie and still belong to it: a millisecond, and a microsecond of room for the
last decimal of a file and the rounding of binary times."""

LIMIT: Final = 4e9
"""s, m and m/s: no time, place or speed lies beyond it, and no sum of its squares overflows."""

MIN_DISTANCE_M: Final = 1e-3
DISTANCES: Final = f"from {MIN_DISTANCE_M:g} to {LIMIT:g} m"


def is_distance(value: object) -> bool:
    """Whether `value` is a number that may bound a distance: `DISTANCES`."""
    return isinstance(value, Real) and MIN_DISTANCE_M <= float(value) <= LIMIT


@dataclass(frozen=True, slots=True)
class Paths:
    """n objects and their m rows, sorted by object and then by time, one row for each instant.

    names (n,)             of the objects; start (n + 1,): object i owns rows start[i] : start[i + 1]
    times_s (m,)           truth and tracks are compared where their times are equal (see `snapped`)
    xyz_m, velocity_mps    (m, 3)

    Build it with `Paths.of`.
    """

    names: tuple[str, ...]
    start: Ints
    times_s: Floats
    xyz_m: Floats
    velocity_mps: Floats

    @classmethod
    def of(
        cls,
        ids: npt.ArrayLike,
        times_s: npt.ArrayLike,
        xyz_m: npt.ArrayLike,
        velocity_mps: npt.ArrayLike | None = None,
    ) -> Paths:
        """Paths of rows in any order; of several rows of one object at one instant the last counts.

        ids and times_s are (m,), xyz_m and velocity_mps (m, 3). Velocities that are not given are nan. Raises
        ValueError where shapes do not agree, a time or position is not finite, or anything lies beyond `LIMIT`.
        """
        who, t = np.asarray(ids), np.asarray(times_s, float)
        xyz = _vectors(xyz_m)
        v = np.full_like(xyz, np.nan) if velocity_mps is None else _vectors(velocity_mps)
        shapes, m = (who.shape, t.shape, xyz.shape, v.shape), t.size
        if shapes != ((m,), (m,), (m, 3), (m, 3)):
            raise ValueError(
                f"ids, times, positions and velocities: found shapes {shapes}; "
                "allowed: (m,), (m,), (m, 3), (m, 3)"
            )
        good = (np.abs(np.column_stack([t, xyz])) <= LIMIT).all(axis=1)  # not of nan
        good &= ~(np.abs(v) > LIMIT).any(axis=1)
        if not good.all():
            i = int(np.argmin(good))
            raise ValueError(
                f"row {i}: found time {t[i]}, position {xyz[i].tolist()}, velocity {v[i].tolist()}; "
                f"allowed: finite and within {LIMIT:g} s, m, m/s; a velocity may be nan"
            )
        names, owner = np.unique(who, return_inverse=True)
        order = np.lexsort((np.arange(len(t)), t, owner))
        owner, t, xyz, v = owner[order], t[order], xyz[order], v[order]
        last = np.ones(len(t), bool)
        last[:-1] = (np.diff(owner) != 0) | (np.diff(t) != 0)
        start = np.concatenate([[0], np.cumsum(np.bincount(owner[last], minlength=len(names)))])
        return cls(tuple(map(str, names)), start.astype(np.int64), t[last], xyz[last], v[last])

    def __len__(self) -> int:
        return len(self.names)

    @property
    def owner(self) -> Ints:
        """Index of the object of each row, (m,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def rows(self, i: int) -> slice:
        """The rows of object `i`."""
        return slice(int(self.start[i]), int(self.start[i + 1]))


def _vectors(rows: npt.ArrayLike) -> Floats:
    """`rows` as an array; a list of none has no columns and is (0, 3)."""
    array = np.asarray(rows, float)
    return array if array.size else array.reshape(0, 3)


def snapped(tracks: Paths, scan_times_s: npt.ArrayLike) -> tuple[Paths, int]:
    """(`tracks` moved to the nearest scan, how many rows lay farther than `SNAP_S` from any and were left out).

    Equal times are what the metrics compare; a file that rounds to microseconds needs this first, and so
    does truth whose objects are sampled at slightly different times.
    """
    grid = np.unique(np.asarray(scan_times_s, float))
    if not len(grid):
        return Paths.of([], [], np.empty((0, 3))), len(tracks.times_s)
    right = np.minimum(np.searchsorted(grid, tracks.times_s), len(grid) - 1)
    left = np.maximum(right - 1, 0)
    nearer = np.abs(grid[right] - tracks.times_s) < np.abs(grid[left] - tracks.times_s)
    at = grid[np.where(nearer, right, left)]
    near = np.abs(at - tracks.times_s) <= SNAP_S
    names = np.array(tracks.names)[tracks.owner[near]]
    return (
        Paths.of(names, at[near], tracks.xyz_m[near], tracks.velocity_mps[near]),
        int((~near).sum()),
    )


@dataclass(frozen=True, slots=True)
class Scans:
    """The instants `times_s` (s,) at which truth or tracks have a row.

    truth_scan, track_scan: the scan of each row; truths, held: rows of truth and of tracks at each scan.
    """

    times_s: Floats
    truth_scan: Ints
    track_scan: Ints
    truths: Ints
    held: Ints

    @classmethod
    def of(cls, truth: Paths, tracks: Paths) -> Scans:
        """Scans of a pair of paths; raises ValueError where one of them is none."""
        for name, given in (("truth", truth), ("tracks", tracks)):
            if not isinstance(given, Paths):
                raise ValueError(
                    f"{name}: found {type(given).__name__}; allowed: Paths, as made by Paths.of"
                )
        times, scan = np.unique(
            np.concatenate([truth.times_s, tracks.times_s]), return_inverse=True
        )
        n = len(truth.times_s)
        truths, held = (np.bincount(part, minlength=len(times)) for part in (scan[:n], scan[n:]))
        return cls(times, scan[:n], scan[n:], truths, held)
