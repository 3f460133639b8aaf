"""Writes the result files while a run goes on."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rampart.domain.messages import Origin, Output, Prediction, TrackUpdate, ZoneState
from rampart.domain.time import seconds_between
from rampart.domain.values import POSTERIOR
from rampart.formats.results.columns import (
    ORIGINS,
    PREDICTIONS,
    TRACKS,
    WARNINGS,
    Column,
    Value,
    fields,
    header,
)


class ResultFiles:
    """tracks.csv, predictions.csv, warnings.csv and origins.csv in `folder`, fed with outputs as they come.

    The engine already says how often: tracks at each Tick, a prediction at a track's first, then at most
    once a second and at each change of a phase. The row that ends a track has no state.
    """

    def __init__(self, folder: Path, epoch_ns: int) -> None:
        self._epoch_ns = epoch_ns
        self._tracks = ResultFile(folder / "tracks.csv", TRACKS)
        self._predictions = ResultFile(folder / "predictions.csv", PREDICTIONS)
        self._warnings = ResultFile(folder / "warnings.csv", WARNINGS)
        self._origins = ResultFile(folder / "origins.csv", ORIGINS)
        self._origin: dict[int, Origin] = {}

    def take(self, outputs: Iterable[Output]) -> None:
        """Writes the rows of these outputs."""
        for output in outputs:
            match output:
                case TrackUpdate():
                    if output.status != "tentative":
                        self._tracks.write(self._track(output))
                case Prediction():
                    origin = self._origin.get(output.track)
                    self._predictions.write(prediction_row(output, origin, self._epoch_ns))
                case Origin():
                    self._origin[output.track] = output
                    self._origins.write(self._origin_row(output))
                case ZoneState():
                    self._warnings.write(self._warning(output))

    def close(self) -> None:
        """Ends all four files."""
        for file in (self._tracks, self._predictions, self._warnings, self._origins):
            file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _s(self, t_ns: int | None) -> float | None:
        return None if t_ns is None else seconds_between(t_ns, self._epoch_ns)

    def _track(self, update: TrackUpdate) -> tuple[Value, ...]:
        return (
            self._s(update.t_ns),
            update.track,
            *update.state_enu,
            update.status,
            update.family,
            update.p_family[POSTERIOR.index(family_group(update.family))],
            update.drag_per_m,
        )

    def _warning(self, state: ZoneState) -> tuple[Value, ...]:
        return (
            self._s(state.issued_ns),
            state.alarm_id,
            state.raid_id,
            state.revision,
            state.zone,
            state.phase,
            state.reason,
            state.change,
            state.tracks,
            state.count,
            state.p_zone,
            self._s(state.t_impact_ns_q05),
            self._s(state.t_impact_ns_q50),
            self._s(state.t_impact_ns_q95),
            state.cause_seq,
        )

    def _origin_row(self, origin: Origin) -> tuple[Value, ...]:
        return (
            self._s(origin.t_ns),
            origin.track,
            origin.family,
            origin.launch_enu_m[0],
            origin.launch_enu_m[1],
            *origin.cov_m2,
            self._s(origin.launch_ns_q05),
            self._s(origin.launch_ns_q50),
            self._s(origin.launch_ns_q95),
        )


def prediction_row(
    prediction: Prediction, origin: Origin | None, epoch_ns: int
) -> tuple[Value, ...]:
    """Values of one row of predictions.csv; empty impact where the height was never observed."""

    def seconds(t_ns: int | None) -> float | None:
        return None if t_ns is None else seconds_between(t_ns, epoch_ns)

    launch: tuple[Value, ...] = (None,) * 6
    if origin is not None:
        launch = (*origin.launch_enu_m[:2], *origin.cov_m2, seconds(origin.launch_ns_q50))
    return (
        seconds_between(prediction.t_ns, prediction.t_first_ns),
        seconds(prediction.t_ns),
        prediction.track,
        *(prediction.impact_enu_m or (None,) * 3),
        *(prediction.cov_m2 or (None,) * 3),
        seconds(prediction.impact_ns_q05),
        seconds(prediction.impact_ns_q50),
        seconds(prediction.impact_ns_q95),
        *launch,
    )


def family_group(family: str) -> str:
    """The word of `values.POSTERIOR` under which the probability of `family` stands."""
    return family if family in POSTERIOR else "other"


class ResultFile:
    """One CSV file of these columns: its header at once, then rows. A context manager."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._handle = path.open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._handle, lineterminator="\n")
        self._writer.writerow(header(columns))

    def write(self, values: Sequence[Value]) -> None:
        """One row; raises ValueError for more or fewer values than columns."""
        self._writer.writerow(fields(self._columns, values))

    def close(self) -> None:
        """Ends the file."""
        self._handle.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
