"""Runs every target of the `fuzz_*.py` files here under atheris, each in its own process.

``python tests/fuzz/run_fuzz.py [--inputs N] [--only TARGET]``; exit 1 where a target fell.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


def fuzz(module: str, target: str, inputs: int) -> None:
    """Runs one target in this process; atheris ends the process itself."""
    import atheris

    sys.path.insert(0, str(HERE))
    with atheris.instrument_imports(include=["rampart"]):
        call = importlib.import_module(module).TARGETS[target]
    atheris.Setup([sys.argv[0], f"-runs={inputs}", "-max_len=600", "-verbosity=1"], call)
    atheris.Fuzz()


def main() -> int:
    """Every target in turn; 1 where one fell."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--inputs", type=int, default=100_000)
    options.add_argument("--only", default="")
    options.add_argument("--one", nargs=2, metavar=("MODULE", "TARGET"), help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.one:
        fuzz(*chosen.one, chosen.inputs)
        return 0
    try:
        importlib.import_module("atheris")
    except ImportError:
        print("MISSING: atheris; install it with: pip install --require-hashes -r lock/fuzz.txt")
        return 1
    # Compiled code would be blind spots; and crash files belong in no checkout.
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    sys.path.insert(0, str(HERE))
    fallen = 0
    for path in sorted(HERE.glob("fuzz_*.py")):
        for target in importlib.import_module(path.stem).TARGETS:
            if chosen.only not in ("", target):
                continue
            command = [sys.executable, __file__, "--inputs", str(chosen.inputs)]
            with tempfile.TemporaryDirectory() as scratch:
                done = subprocess.run(
                    [*command, "--one", path.stem, target], env=environment, cwd=scratch,
                    capture_output=True, text=True, check=False,
                )  # fmt: skip
            print(f"{path.stem}.{target}: {'ok' if done.returncode == 0 else 'FELL'}", flush=True)
            if done.returncode:
                print(done.stdout[-3000:], done.stderr[-3000:], sep="\n")
                fallen += 1
    return min(fallen, 1)


if __name__ == "__main__":
    sys.exit(main())
