"""Latency and throughput of the engine under the loads that its goals name, one JSON row each.

python benchmarks/latency.py
"""

from __future__ import annotations

import json

from rampart.cli.latency import LOADS, measured

if __name__ == "__main__":
    for load in LOADS:
        print(json.dumps(measured(load)))
