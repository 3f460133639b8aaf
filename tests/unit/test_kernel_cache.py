"""The kernel cache never serves a kernel whose callee, in another file, has changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
PROGRAM = """
import numpy as np
from rampart.kernels import two
print(two.doubled(np.array([1.0]))[0])
"""


def ask(root: Path, **places: str) -> tuple[float, str]:
    """(what the kernel gives, what was complained of) in a process of its own."""
    env = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    env |= {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1", **places}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=True
    )
    return float(result.stdout), result.stderr


@pytest.fixture
def one(tmp_path: Path) -> Callable[[float], None]:
    """Writes the file of a kernel that gives a number, which a kernel of another file calls."""
    kernels = tmp_path / "rampart" / "kernels"
    kernels.mkdir(parents=True)
    for path in ("__init__.py", "kernels/__init__.py", "kernels/_jit.py"):
        shutil.copy(SOURCE / "rampart" / path, tmp_path / "rampart" / path)
    (kernels / "two.py").write_text(
        "from rampart.kernels._jit import allocating_kernel\nfrom rampart.kernels.one import factor\n\n\n"
        "@allocating_kernel\ndef doubled(x):\n    return factor() * x\n"
    )

    def write(number: float) -> None:
        words = "from rampart.kernels._jit import kernel\n\n\n@kernel\ndef factor():\n    return "
        (kernels / "one.py").write_text(f"{words}{number}\n")

    return write


@pytest.mark.parametrize("kept", ["where it is told to", "beside the sources", "with the user"])
def test_a_change_in_a_called_file_is_noticed(tmp_path: Path, one, kept: str) -> None:
    places = {"HOME": str(tmp_path / "home")}
    folder = tmp_path / "rampart" / "kernels" / "__pycache__"
    if kept == "where it is told to":
        folder = tmp_path / "cache"
        places["NUMBA_CACHE_DIR"] = str(folder)
    elif kept == "with the user":
        folder.write_text("no folder: the package is in a place that cannot be written")
        folder = tmp_path / "home" / ".cache" / "rampart"
    one(2.0)
    assert ask(tmp_path, **places) == (2.0, "")
    assert list(folder.glob("rampart-*"))
    assert ask(tmp_path, **places) == (2.0, "")  # from the cache
    one(3.0)
    assert ask(tmp_path, **places) == (3.0, "")


def test_where_no_kernel_can_be_kept_it_works_and_says_what_to_set(tmp_path: Path, one) -> None:
    one(2.0)
    value, complaint = ask(tmp_path, NUMBA_CACHE_DIR="/dev/null/cache")
    assert value == 2.0
    assert "in /dev/null/cache;" in complaint
    assert "allowed: NUMBA_CACHE_DIR, the path of a folder that can be written" in complaint
