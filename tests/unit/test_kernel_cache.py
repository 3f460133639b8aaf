"""The kernel cache never serves a kernel whose callee, in another file, has changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src"
PROGRAM = """
import numpy as np
from rampart.kernels import two
print(two.doubled(np.array([1.0]))[0])
"""


def ask(root: Path) -> float:
    env = os.environ | {"PYTHONPATH": str(root), "NUMBA_CACHE_DIR": str(root / "cache")}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=True
    )
    return float(result.stdout)


def test_a_change_in_a_called_file_is_noticed(tmp_path: Path) -> None:
    kernels = tmp_path / "rampart" / "kernels"
    kernels.mkdir(parents=True)
    for path in ("__init__.py", "kernels/__init__.py", "kernels/_jit.py"):
        shutil.copy(SOURCE / "rampart" / path, tmp_path / "rampart" / path)
    one = "from rampart.kernels._jit import kernel\n\n\n@kernel\ndef factor():\n    return {}\n"
    (kernels / "one.py").write_text(one.format(2.0))
    (kernels / "two.py").write_text(
        "from rampart.kernels._jit import allocating_kernel\nfrom rampart.kernels.one import factor\n\n\n"
        "@allocating_kernel\ndef doubled(x):\n    return factor() * x\n"
    )
    assert ask(tmp_path) == 2.0
    assert ask(tmp_path) == 2.0  # from the cache
    (kernels / "one.py").write_text(one.format(3.0))
    assert ask(tmp_path) == 3.0
