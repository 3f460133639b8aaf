"""Shared fixtures. A missing peer or recording is a failure with CI=true, elsewhere a counted skip."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
settings.register_profile("rampart", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("rampart")


def _missing(what: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(f"missing, and CI must have it: {what}")
    pytest.skip(f"MISSING: {what}")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Folder of the real recordings (RAMPART_TEST_DATA, default ../shared/data)."""
    path = Path(os.environ.get("RAMPART_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not path.is_dir():
        _missing(f"recorded test data at {path}; set RAMPART_TEST_DATA")
    return path


@pytest.fixture(scope="session")
def peer_python() -> Callable[[str], Path]:
    """`peer_python(name)`: the interpreter of a peer's own venv, made by `.ci/peers.sh`."""

    def find(name: str) -> Path:
        path = ROOT / ".peers" / name / "bin" / "python"
        if not path.exists():
            _missing(f"peer {name}; run .ci/peers.sh")
        return path

    return find


@pytest.fixture(scope="session")
def peer_program() -> Callable[[str], str]:
    """`peer_program(name)`: path of a third-party program such as tshark."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            _missing(f"program {name}; run .ci/peers.sh")
        return path

    return find
