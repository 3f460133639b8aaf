"""Our GOSPA, OSPA and SIAP against Stone Soup's own generators on the same input, to 1e-9."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from metrics_peer import messy_picture, paths, peer_says

from rampart.metrics import gospa, ospa, siap

FIELDS = (
    "completeness", "ambiguity", "spuriousness", "position_accuracy_m", "velocity_accuracy_mps",
    "rate_of_change_hz", "longest_segment",
)  # fmt: skip


@pytest.mark.peer
@pytest.mark.parametrize(
    ("seed", "objects", "scans", "spacing_m"),
    [
        (1, 4, 20, 150.0),
        (2, 12, 25, 150.0),
        (3, 18, 40, 25.0),  # a parallel salvo: candidates flicker
        pytest.param(4, 60, 60, 60.0, marks=pytest.mark.slow),
    ],
)
def test_equal_to_stone_soup(
    peer_python: Callable[[str], Path],
    tmp_path: Path,
    seed: int,
    objects: int,
    scans: int,
    spacing_m: float,
) -> None:
    truth_rows, track_rows = messy_picture(seed, objects, scans, spacing_m)
    peer = peer_says(peer_python("stonesoup"), tmp_path, truth_rows, track_rows)

    truth, tracks = paths(truth_rows), paths(track_rows)
    picture, g, o = siap(truth, tracks), gospa(truth, tracks), ospa(truth, tracks)

    for name in FIELDS:
        assert getattr(picture, name) == pytest.approx(peer[name], abs=1e-9), name
    for name, values in peer["gospa"].items():
        scale = 1e-9 if name == "distance" else 1e-7  # the parts are in m²
        np.testing.assert_allclose(getattr(g, name), values, rtol=1e-12, atol=scale, err_msg=name)
    np.testing.assert_allclose(o.distance, peer["ospa"], rtol=0, atol=1e-9)
