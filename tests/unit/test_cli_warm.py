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


@pytest.fixture
def recordings(tmp_path) -> Path:
    folder = tmp_path / "warm"
    folder.mkdir()
    assert main(["run", "one-mortar", "--out", str(folder / "sim"), "--quiet"]) == 0
    for name in ("plots.csv", "x.pcap", "x.ast", "x.raw"):
        assert main(["convert", str(folder / "sim" / "journal.rpj"), str(folder / name)]) == 0
    return folder


def told_alone(folder: Path, call: str) -> str:
    """The last line that `call` of a function here prints in a process of its own."""
    program = f"import test_cli_warm; test_cli_warm.{call}"
    paths = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=os.environ | {"PYTHONPATH": paths},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()[-1]


def told_new(commands: dict[str, list[str]]) -> None:
    """Print the kernels that each command compiles after `warm` and those before it."""
    assert main(["warm"]) == 0
    told = {}
    for name, words in commands.items():
        before = compiled()
        assert main(words) == 0
        told[name] = {k: n for k, n in compiled().items() if n > before.get(k, 0)}
    print(told)


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


def test_nothing_compiles_after_warm(recordings) -> None:
    """In a process of its own: in this one others have compiled before."""
    rows = "time,{}_id,x,y,z\n0,a,0,0,0\n0,b,9,0,0\n1,a,0,0,0\n1,b,9,0,0\n"
    for name in ("truth", "track"):
        (recordings / f"{name}.csv").write_text(rows.format(name))
    more = {
        "one-mortar": [], "green-village": [], "baghdad-drones": [], "friendly-return": [],
        "quiet-day": ["--until", "60"], "plots.csv": ["--sensor", "plots.meta.json"],
        "x.pcap": [], "x.ast": [], "x.raw": [], "sim/journal.rpj": ["--recompute"],
    }  # fmt: skip
    commands = {
        name: ["run", name, "--out", "out", "--quiet", *words] for name, words in more.items()
    }
    commands["score"] = ["score", "truth.csv", "track.csv"]
    assert told_alone(recordings, f"told_new({commands!r})") == str({name: {} for name in commands})
