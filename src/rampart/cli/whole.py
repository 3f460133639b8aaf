"""A file that appears only when it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rampart.domain.errors import UsageError


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """A path to write to, which becomes `target` when the block ends well; else nothing is left.

    Raises UsageError where `target` is a folder, or its folder is not there.
    """
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise UsageError(f"{target}: found a folder or no folder to write in; allowed: a file name")
    build = target.with_name(f".{target.name}.new-{os.getpid()}")
    try:
        build.touch()
    except OSError as error:
        why = error.strerror
        raise UsageError(
            f"{target}: found a folder that takes no file ({why}); allowed: one that does"
        ) from None
    try:
        yield build
        build.replace(target)
    finally:
        build.unlink(missing_ok=True)
