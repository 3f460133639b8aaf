"""The one place that knows numba.

Kernels are float64, serial and without fastmath, so that a replay on one machine is bit-equal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """`function` compiled on first use and kept in the kernel cache on disk."""
    return cast(F, numba.njit(cache=True, fastmath=False, error_model="numpy")(function))


def inline_kernel(function: F) -> F:
    """As `kernel`, inlined into its callers: for small scalar formulae inside hot loops."""
    return cast(
        F,
        numba.njit(cache=True, fastmath=False, error_model="numpy", inline="always")(function),
    )
