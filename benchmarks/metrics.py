"""GOSPA, OSPA and SIAP of one picture: our CPU time and that of Stone Soup's own generators, in one run.

    python benchmarks/metrics.py

The same rows, values equal to 1e-9 (tests/oracle/test_metrics_stonesoup.py). Reading is outside the clock.
One JSON row a size; Stone Soup lies in the venv .peers/stonesoup (.ci/peers.sh).
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from rampart.metrics import gospa, ospa, siap

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "oracle"))
from metrics_peer import messy_picture, paths, peer_says

PEER: Final = Path(__file__).resolve().parents[1] / ".peers" / "stonesoup" / "bin" / "python"


def main() -> None:
    """Print a row for each size of picture."""
    if not PEER.exists():
        sys.exit("Stone Soup is not there; run .ci/peers.sh")
    for objects, scans in ((10, 61), (50, 61), (100, 61)):
        truth_rows, track_rows = messy_picture(1, objects, scans, 150.0)
        with tempfile.TemporaryDirectory() as folder:
            theirs_s = peer_says(PEER, Path(folder), truth_rows, track_rows)["cpu_s"]
        truth, tracks = paths(truth_rows), paths(track_rows)
        ours = []
        for _ in range(3):
            start_s = time.process_time()
            siap(truth, tracks), gospa(truth, tracks), ospa(truth, tracks)
            ours.append(time.process_time() - start_s)
        ours_s = sorted(ours)[1]
        row = {"objects": objects, "scans": scans, "ours_s": round(ours_s, 3),
               "stonesoup_s": round(theirs_s, 2), "ratio": round(theirs_s / ours_s)}  # fmt: skip
        print(json.dumps(row))


if __name__ == "__main__":
    main()
