"""The one place that knows numba.

Kernels are float64, serial and without fastmath, so that a replay on one machine is bit-equal.
`in_single_precision` makes a float32 twin for studies; the engine uses none.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar, cast

import numba
import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")


def kernel(function: F) -> F:
    """`function` compiled on first use and kept in the kernel cache on disk."""
    return cast(F, numba.njit(cache=True, fastmath=False, error_model="numpy")(function))


def inline_kernel(function: F) -> F:
    """As `kernel`, inlined into its callers: for small scalar formulae inside hot loops."""
    return cast(
        F,
        numba.njit(cache=True, fastmath=False, error_model="numpy", inline="always")(function),
    )


def in_single_precision(made: Callable[..., R]) -> Callable[..., R]:
    """The kernel `made` again, for float32 arrays and scalars: one source, two precisions.

    Every float constant in it, and in the kernels that it calls, becomes float32; a Python float left
    among them would promote the whole expression back to float64.
    """
    return cast(Callable[..., R], _single(made, {}))


def _single(dispatcher: Any, done: dict[Any, Any]) -> Any:
    function: FunctionType = dispatcher.py_func
    if function not in done:
        code = function.__code__
        consts = tuple(np.float32(c) if isinstance(c, float) else c for c in code.co_consts)
        names: dict[str, Any] = {"__name__": function.__module__}
        for name in set(code.co_names) & function.__globals__.keys():
            value = function.__globals__[name]
            if hasattr(value, "py_func"):
                value = _single(value, done)
            names[name] = np.float32(value) if isinstance(value, float) else value
        again = FunctionType(code.replace(co_consts=consts), names, function.__name__)
        options = {k: v for k, v in dispatcher.targetoptions.items() if k != "nopython"}
        done[function] = numba.njit(cache=True, **options)(again)
    return done[function]


def woven_kernel(function: F) -> F:
    """As `kernel`, woven into its callers' machine code: for hot functions that take whole tables,
    whose many arrays would otherwise be handed over and counted at every call."""
    return cast(
        F,
        numba.njit(cache=True, fastmath=False, error_model="numpy", forceinline=True)(function),
    )
