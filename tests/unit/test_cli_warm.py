"""After `rampart warm` no run waits for the compiler, whatever its input."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from rampart.cli.main import main


def compiled() -> dict[str, int]:
    """How many signatures every kernel that is loaded has been compiled for, or read from the cache."""
    found: dict[int, Any] = {}
    for name, module in list(sys.modules.items()):
        if name.startswith("rampart"):
            found |= {id(v): v for v in vars(module).values() if hasattr(v, "py_func")}
    return {f"{k.__module__}.{k.__name__}": len(k.signatures) for k in found.values()}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("warm")
    assert main(["run", "one-mortar", "--out", str(folder / "sim"), "--quiet"]) == 0
    for name in ("plots.csv", "x.pcap", "x.ast", "x.raw"):
        assert main(["convert", str(folder / "sim" / "journal.rpj"), str(folder / name)]) == 0
    return folder


@pytest.mark.parametrize(
    "source",
    ["one-mortar", "quiet-day", "plots.csv", "x.pcap", "x.ast", "x.raw", "sim/journal.rpj"],
)
def test_nothing_compiles_after_warm(recordings, source, monkeypatch, capsys) -> None:
    monkeypatch.chdir(recordings)
    assert main(["warm"]) == 0
    before = compiled()
    more = ["--sensor", "plots.meta.json"] if source.endswith(".csv") else []
    more += ["--until", "60"] if source == "quiet-day" else []
    more += ["--recompute"] if source.endswith(".rpj") else []
    assert main(["run", source, "--out", "out", "--quiet", *more]) == 0
    new = {name: n for name, n in compiled().items() if n > before.get(name, 0)}
    assert not new


def test_a_score_does_not_compile_after_warm(tmp_path, capsys) -> None:
    rows = "time,{}_id,x,y,z\n0,a,0,0,0\n0,b,9,0,0\n1,a,0,0,0\n1,b,9,0,0\n"
    for name in ("truth", "track"):
        (tmp_path / f"{name}.csv").write_text(rows.format(name))
    assert main(["warm"]) == 0
    before = compiled()
    assert main(["score", str(tmp_path / "truth.csv"), str(tmp_path / "track.csv")]) == 0
    assert compiled() == before
