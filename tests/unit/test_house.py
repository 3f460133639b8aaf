"""The rules of the house that no linter knows, and proof that those it knows can fail."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "rampart"
HEAVY = ("numpy", "numba", "scipy", "rich")


@pytest.mark.parametrize(
    "program",
    [
        "import rampart",
        "import rampart.__main__; import contextlib, io, sys; sys.argv = ['rampart', '--help']\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    rampart.__main__.main()",
    ],
)
def test_import_and_help_load_nothing_heavy(program: str) -> None:
    check = f"{program}\nimport sys; print([m for m in {HEAVY!r} if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    import rampart

    for name in rampart.__all__:
        assert getattr(rampart, name) is not None


def test_no_generator_without_a_seed() -> None:
    unseeded = re.compile(
        r"default_rng\(\s*\)|np\.random\.(?!Generator|Philox|SeedSequence|default_rng)\w+\("
    )
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in SOURCE.rglob("*.py")
        for line in path.read_text().splitlines()
        if unseeded.search(line)
    ]
    assert found == []


def test_no_output_or_plugin_names_an_actuator_but_a_siren() -> None:
    """The boundary: no word of effectors, firing or tasking in what the engine and the formats define."""
    forbidden = re.compile(r"\b(effector|fire_control|weapon_task|lead_angle|fuze|warhead)\b", re.I)
    rooms = [SOURCE / room for room in ("domain", "engine", "formats", "runtime")]
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for room in rooms
        for path in room.rglob("*.py")
        for line in path.read_text().splitlines()
        if forbidden.search(line)
    ]
    assert found == []


def test_no_machine_path_or_index_address_is_committed() -> None:
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    place = re.compile(
        "|".join(["/" + "work/", "/" + "root/", "index" + "-url", "find" + "-links ="])
    )
    found = []
    for name in names:
        path = ROOT / name
        if path.suffix in {".rpj", ".png", ".npz"} or not path.is_file():
            continue
        found += [
            f"{name}: {line.strip()[:80]}"
            for line in path.read_text(errors="replace").splitlines()
            if place.search(line) and "--no-emit" not in line
        ]
    assert found == []


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("engine/health.py", "import rampart.runtime.clock", "Layers"),
        ("engine/health.py", "import random", "Purity"),
        ("domain/time.py", "import time", "Purity"),
        ("formats/journal/frames.py", "import rampart.site", "Layers"),
        ("newroom/__init__.py", "", "Layers"),
    ],
)
def test_the_import_contracts_fail_when_broken(
    tmp_path: Path, file: str, line: str, contract: str
) -> None:
    copy = tmp_path / "src" / "rampart"
    shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    target = copy / file
    target.parent.mkdir(exist_ok=True)
    before = target.read_text() if target.exists() else ""
    target.write_text(before + f"\n{line}\n")
    program = (
        "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command; "
        "lint_imports_command(['--no-cache'])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode != 0
    assert re.search(
        rf"{contract}.*(BROKEN|exhaustive)|Missing|newroom", result.stdout + result.stderr
    )
