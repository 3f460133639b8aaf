"""The one place that knows numba.

Kernels are float64, serial and without fastmath, so that a replay on one machine is bit-equal.
`in_single_precision` makes a float32 twin for studies, whose products and sums may be fused; the engine uses
none.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
from numba.core import types
from numba.experimental import structref
from numba.misc.appdirs import AppDirs

literal_unroll: Final = numba.literal_unroll  # a loop over the unlike columns of a table

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")


_PACKAGE: Final = Path(__file__).resolve().parents[1]
_IMPORT: Final = re.compile(rb"^\s*from (rampart(?:\.\w+)+) import", re.MULTILINE)


def fingerprint(source: Path) -> str:
    """A word that changes when `source`, or any source of this package that it imports, changes.

    numba looks at the file of a kernel alone. One that calls or freezes something of another file
    would outlive its change there, and a replay would no longer be that of the source.
    """
    found: dict[Path, bytes] = {}
    waiting = [source]
    while waiting:
        path = waiting.pop()
        if path in found or not path.exists():
            continue
        found[path] = text = _read(path)
        for module in _IMPORT.findall(text):
            parts = module.decode().split(".")[1:]
            waiting.append(_PACKAGE.joinpath(*parts).with_suffix(".py"))
    digest = hashlib.blake2b(numba.__version__.encode(), digest_size=8)
    for path in sorted(found):
        digest.update(path.name.encode() + found[path])
    return digest.hexdigest()


@cache
def _read(path: Path) -> bytes:
    return path.read_bytes()


_config: Any = numba.config  # its names are made at run time


@cache
def _kept_in() -> Path | None:
    """Where compiled kernels are kept, in a folder for each version of the sources: NUMBA_CACHE_DIR, else
    beside the sources, else among the user's caches; None where nothing can be written there."""
    own = AppDirs("rampart", "").user_cache_dir  # type: ignore[no-untyped-call]
    beside = Path(__file__).parent / "__pycache__"
    places = [Path(_config.CACHE_DIR)] if _config.CACHE_DIR else [beside, Path(own)]
    for place in places:
        try:
            place.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=place).close()
        except OSError:
            continue
        return place
    warnings.warn(
        f"no compiled kernel can be kept: nothing can be written in {' or '.join(map(str, places))}; every "
        "process will compile for minutes; allowed: NUMBA_CACHE_DIR, the path of a folder that can be written",
        RuntimeWarning,
        stacklevel=1,
    )
    return None


@cache
def _folder(source: str) -> str | None:
    root = _kept_in()
    return str(root / f"rampart-{fingerprint(Path(source))}") if root else None


def _compiled(function: Callable[..., Any], **options: Any) -> Any:
    options = {"fastmath": False, **options}
    dispatcher = numba.njit(error_model="numpy", **options)(function)
    folder, before = _folder(function.__code__.co_filename), _config.CACHE_DIR
    if folder is None:
        return dispatcher
    _config.CACHE_DIR = folder  # read by the next line only
    try:
        dispatcher.enable_caching()
    finally:
        _config.CACHE_DIR = before  # other users of numba keep theirs
    return dispatcher


def kernel(function: F) -> F:
    """`function` compiled on first use and kept in the kernel cache on disk; it makes no array.

    So no references need be counted: an atomic count up and down at every array that is named, sliced or
    taken from a table was a third of what a look costs. numba refuses to compile one that makes an array; one
    that is given a new array by an `allocating_kernel` would never free it (`test_kernel_memory.py`).
    """
    return cast(F, _compiled(function, _nrt=False))


def allocating_kernel(function: F) -> F:
    """As `kernel`, for what makes arrays, or opens a `Held`: it counts references."""
    return cast(
        F, _compiled(function, _nrt=True)
    )  # said, for else the caller's would be taken over


def inline_kernel(function: F) -> F:
    """As `kernel`, inlined into its callers: for small scalar formulae inside hot loops."""
    return cast(F, _compiled(function, inline="always"))


def woven_kernel(function: F) -> F:
    """As `kernel`, woven into its callers' machine code: for hot functions that take whole tables,
    whose many arrays would otherwise be handed over at every call."""
    return cast(F, _compiled(function, forceinline=True, _nrt=False))


class Held(structref.StructRefProxy):
    """Arrays that a kernel finds again in `content`, by the names of the tuple that was given to `hold`.

    A call hands over one reference. Handing over the tuple itself would unpack each of its arrays at
    each call: 0.2 µs an array, more than the work on a single plot.
    """

    content: Any


@structref.register
class _HeldType(types.StructRef):
    """The type that numba gives to `Held`."""


structref.define_proxy(Held, _HeldType, ["content"])  # type: ignore[no-untyped-call]


@allocating_kernel
def hold(content: Any) -> Held:
    """`content`, a NamedTuple of arrays, scalars and such tuples, for kernels that are called often."""
    return Held(content)  # type: ignore[no-untyped-call]


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
        fixed = ("nopython", "fastmath", "error_model")
        options = {k: v for k, v in dispatcher.targetoptions.items() if k not in fixed}
        # with arcp or reassoc LLVM takes the lanes one by one in registers of 256 bits, 3 to 4 times slower;
        # without nnan and ninf what is not finite is still found and refused
        options["fastmath"] = {"contract"}
        done[function] = _compiled(again, **options)
    return done[function]
