"""Runs every `fuzz_*.py` here, each in its own process: `run_fuzz.py [--inputs N]`; exit 1 where one fell."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
LONGEST = 200
"""Octets of an input: several records or damages; longer ones say nothing new, slowly."""
LONGEST_OF = {"fuzz_journal.py": 700}
"""A journal's header is longer."""


def main() -> int:
    """1 where a script fell, with the end of what it said; else 0."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--inputs", type=int, default=100_000)
    inputs = options.parse_args().inputs
    fallen = 0
    for script in sorted(HERE.glob("fuzz_*.py")):
        longest = LONGEST_OF.get(script.name, LONGEST)
        command = [sys.executable, script, f"-runs={inputs}", f"-max_len={longest}", "-verbosity=1"]
        with tempfile.TemporaryDirectory() as scratch:  # crash files belong in no checkout
            done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
        took = re.search(r"Done \d+ runs in \d+ second", done.stderr)
        told = took.group() if took else "FELL"
        print(f"{script.name}: {told}", flush=True)
        if done.returncode:
            fallen = 1
            print(done.stdout[-3000:], done.stderr[-3000:], sep="\n")
    return fallen


if __name__ == "__main__":
    sys.exit(main())
