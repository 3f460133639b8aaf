"""Records a second on one core: the compiled plot path and the full decode beside libasterix, one run.

``python benchmarks/asterix.py [FOLDER of recordings]``; the peer is asked where its venv exists.
CPU time, best of 5. A capture as recorded (1.6 records a datagram), and synthetic datagrams of 20.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rampart.formats.asterix import Decoder, decode, encode
from rampart.formats.asterix.read import blocks
from rampart.formats.pcap import read_recording

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / ".peers/libasterix/bin/python"
NOON = 1_641_384_000 * 10**9

Datagrams = list[tuple[int, bytes]]


def synthetic(category: int) -> Datagrams:
    """50 datagrams of 20 records of the items that a plot needs, and a few more."""
    source = {"SAC": 25, "SIC": 10}
    made = []
    for i in range(50):
        tod = 43_200.0 + i
        records = []
        for k in range(20):
            if category == 48:
                records.append({
                    "010": source, "140": tod, "040": {"RHO": 10.0 + k, "THETA": 45.0},
                    "020": {"TYP": 1, "SIM": 0, "RDP": 0, "SPI": 0, "RAB": 0},
                    "110": {"3DH": 25.0 * k}, "120": {"CAL": {"D": 0, "CAL": -200.0}},
                })  # fmt: skip
            else:
                records.append({
                    "010": source, "000": {"MT": 1, "RG": 0}, "145": tod,
                    "625": {"R": 3000.0 + k, "SDR": 2.0}, "626": {"DV": -220.0, "SDDV": 0.5},
                    "627": {"AZ": 45.0, "SDASZ": 0.1}, "628": {"EL": 30.0, "SDEL": 0.1},
                })  # fmt: skip
        made.append((NOON, encode(category, records)))
    return made


def best_rate(count: int, work: Callable[[], object]) -> float:
    """Records per CPU second, the best of 5 after one round to warm up."""
    work()
    best = float("inf")
    for _ in range(5):
        begin = time.process_time()
        work()
        best = min(best, time.process_time() - begin)
    return count / best


def peer_rate(datagrams: Datagrams, edition: dict[int, str]) -> float | None:
    """The same blocks parsed by libasterix in its own process, or None where it is not installed."""
    if not PEER.exists():
        return None
    work = [
        [category, edition[category], data[start - 3 : end].hex()]
        for _, data in datagrams
        for category, start, end in blocks(data)
    ]
    command = [PEER, ROOT / "tests/oracle/asterix_peer.py", "--time", "3"]
    done = subprocess.run(
        command, input=json.dumps(work), capture_output=True, text=True, check=True
    )
    return float(json.loads(done.stdout))


def main(folder: Path | None) -> None:
    """Prints the table."""
    sets = {
        "synthetic CAT 048, 20 a datagram": synthetic(48),
        "synthetic CAT 015, 20 a datagram": synthetic(15),
    }
    if folder:
        recording = read_recording(folder / "cat_034_048.pcap")
        sets["cat_034_048.pcap as recorded"] = [(t or NOON, d) for t, d in recording] * 20
    print(f"{'records/s of one core':36}{'to plots':>12}{'every item':>12}{'libasterix':>12}")
    for name, datagrams in sets.items():
        count = sum(len(found) for _, data in datagrams for _, found in decode(data))
        decoder = Decoder("bench")
        plots = best_rate(count, lambda: [decoder.feed(d, t) for t, d in datagrams])  # noqa: B023
        full = best_rate(count, lambda: [decode(d) for _, d in datagrams])  # noqa: B023
        peer = peer_rate(datagrams, decoder.editions)
        shown = "absent" if peer is None else f"{peer:,.0f}"
        print(f"{name:36}{plots:12,.0f}{full:12,.0f}{shown:>12}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
