"""After `rampart warm` no run waits for the compiler, whatever its input."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rampart import scenario
from rampart.cli.main import main
from rampart.engine.engine import Engine


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


def new_after_warm(folder: Path, *words: str) -> str:
    """What a verb compiles after `warm`, in a process of its own: in this one others have compiled before."""
    return told_alone(folder, f"told_new({list(words)!r})")


def told_alone(folder: Path, call: str) -> str:
    """The last line that `call` of a function here prints in a process of its own."""
    program = f"import test_cli_warm; test_cli_warm.{call}"
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=os.environ | {"PYTHONPATH": paths},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()[-1]


def told_new(words: list[str]) -> None:
    """Print the kernels that `words` compile after `warm`."""
    assert main(["warm"]) == 0
    before = compiled()
    assert main(words) == 0
    print({name: n for name, n in compiled().items() if n > before.get(name, 0)})


def told_new_of_an_engine(raid: str) -> None:
    """Print the kernels that an engine compiles, or reads from the cache, after `Engine.warm_up`."""
    messages = list((run := scenario.load(raid, seed=2)).messages())
    engine = Engine(run.site, simulated=True)
    Engine.warm_up()
    before = compiled()
    for message in messages:
        engine.receive(message)
    print({name: n for name, n in compiled().items() if n > before.get(name, 0)})


@pytest.mark.parametrize("raid", ["green-village", "friendly-return"])
def test_no_plot_of_a_raid_waits_for_a_kernel_after_warm_up(tmp_path, raid) -> None:
    assert told_alone(tmp_path, f"told_new_of_an_engine({raid!r})") == "{}"


@pytest.mark.parametrize(
    "source",
    [
        "one-mortar", "green-village", "baghdad-drones", "friendly-return", "quiet-day",
        "plots.csv", "x.pcap", "x.ast", "x.raw", "sim/journal.rpj",
    ],
)  # fmt: skip
def test_nothing_compiles_after_warm(recordings, source) -> None:
    more = ["--sensor", "plots.meta.json"] if source.endswith(".csv") else []
    more += ["--until", "60"] if source == "quiet-day" else []
    more += ["--recompute"] if source.endswith(".rpj") else []
    assert new_after_warm(recordings, "run", source, "--out", "out", "--quiet", *more) == "{}"


def test_a_score_does_not_compile_after_warm(tmp_path) -> None:
    rows = "time,{}_id,x,y,z\n0,a,0,0,0\n0,b,9,0,0\n1,a,0,0,0\n1,b,9,0,0\n"
    for name in ("truth", "track"):
        (tmp_path / f"{name}.csv").write_text(rows.format(name))
    assert new_after_warm(tmp_path, "score", "truth.csv", "track.csv") == "{}"
