"""A kernel that counts no references must not be handed a new array: nobody would free it."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from numba.core.errors import NumbaError
from numba.core.runtime import _nrt_python, rtsys

from rampart.engine.engine import Engine
from rampart.kernels._jit import kernel
from rampart.scenario.loader import load


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
