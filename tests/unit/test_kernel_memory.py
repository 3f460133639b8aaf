"""A kernel that counts no references must not be handed a new array: nobody would free it."""

from __future__ import annotations

import ast
import gc
from pathlib import Path

import numpy as np
import pytest
from numba.core.errors import NumbaError
from numba.core.runtime import _nrt_python, rtsys

from rampart.engine.engine import Engine
from rampart.kernels._jit import kernel
from rampart.scenario.loader import load

SOURCE = Path(__file__).resolve().parents[2] / "src" / "rampart"


def alive() -> int:
    """Arrays made by kernels that nobody has freed."""
    gc.collect()
    stats = rtsys.get_allocation_stats()
    return stats.mi_alloc - stats.mi_free


def fly(name: str) -> None:
    scenario = load(name, seed=3)
    engine = Engine(scenario.site, simulated=True)
    for message in scenario.messages():
        engine.receive(message)


@pytest.mark.parametrize("name", ["green-village", "friendly-return", "behind-ridge"])
def test_what_the_kernels_make_is_freed_with_the_engine(name: str) -> None:
    fly(name)  # what is made once is made
    _nrt_python.memsys_enable_stats()
    before = alive()
    fly(name)
    assert alive() == before


def test_a_kernel_that_makes_an_array_is_refused() -> None:
    @kernel
    def doubled(x: np.ndarray) -> float:
        return float((2.0 * x)[0])

    with pytest.raises(NumbaError, match="NRT required"):
        doubled(np.ones(3))


def kernels() -> dict[str, tuple[str, ast.FunctionDef]]:
    """Decorator and source of each kernel by its name."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                for mark in node.decorator_list:
                    if isinstance(mark, ast.Name) and mark.id.endswith("kernel"):
                        found[node.name] = mark.id, node
    return found


def test_no_kernel_that_counts_no_references_is_given_a_new_array() -> None:
    found = kernels()
    assert len(found) > 100
    for name, (mark, node) in found.items():
        if mark == "allocating_kernel":
            continue
        called = {
            call.func.id
            for call in ast.walk(node)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        }
        for other in called & found.keys():
            decorator, definition = found[other]
            returned = ast.unparse(definition.returns) if definition.returns else ""
            makes = decorator == "allocating_kernel" and returned not in (
                "None",
                "bool",
                "int",
                "float",
            )
            assert not makes, f"{name} calls {other}, which returns {returned}"
