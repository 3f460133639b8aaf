"""GOSPA, OSPA and SIAP of one picture: our CPU time and that of Stone Soup's own generators, in one run.

    python benchmarks/metrics.py

Both sides have the same rows and are asked for the same: the association of tracks with truth, once, all
SIAP measures from it, and GOSPA with its parts and OSPA at every scan; the values are equal to 1e-9
(tests/oracle/test_metrics_stonesoup.py). Each is timed from its own objects, which are made of the rows
before the clock starts, to the values, in a process that has loaded everything (our kernels compiled, theirs
imported), by the median CPU time of the repeats after a first that does not count. Stone Soup's also makes
SIAP of every scan, 5 divisions a scan of what it has summed anyway; ours the delay of each truth's first track.
One JSON row a size; Stone Soup lies in the venv .peers/stonesoup (.ci/peers.sh).
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Final

from rampart.metrics import gospa, ospa, siap

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "oracle"))
from metrics_peer import messy_picture, paths, peer_says

PEER: Final = Path(__file__).resolve().parents[1] / ".peers" / "stonesoup" / "bin" / "python"
SIZES: Final = ((10, 21), (50, 6), (100, 4))  # objects, repeats
SCANS: Final = 61


def main() -> None:
    """Print a row for each size of picture."""
    if not PEER.exists():
        sys.exit("Stone Soup is not there; run .ci/peers.sh")
    for objects, repeats in SIZES:
        rows = messy_picture(1, objects, SCANS, 150.0)
        with tempfile.TemporaryDirectory() as folder:
            theirs = peer_says(PEER, Path(folder), *rows, repeats=repeats)["cpu_s"]
        truth, tracks = map(paths, rows)
        ours = []
        for _ in range(repeats):
            start_s = time.process_time()
            siap(truth, tracks), gospa(truth, tracks), ospa(truth, tracks)
            ours.append(time.process_time() - start_s)
        ours_s, theirs_s = median(ours[1:]), median(theirs[1:])
        row = {"objects": objects, "scans": SCANS, "ours_ms": round(ours_s * 1e3, 3),
               "stonesoup_ms": round(theirs_s * 1e3, 1), "ratio": round(theirs_s / ours_s)}  # fmt: skip
        print(json.dumps(row))


if __name__ == "__main__":
    main()
