"""An output, a folder or a file, that is either wholly there or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rampart.domain.errors import RampartError, UsageError

MARKER: Final = ".rampart-output"
_NOT_FILES: Final = ("dev", "proc", "sys")
_MARK: Final = "This folder was written by rampart, which may replace it whole.\n"


@contextmanager
def whole_file(target: Path, *sources: str | Path | None) -> Iterator[Path]:
    """A path to write to, which becomes `target` when the block ends well; else nothing is left.

    Raises UsageError where `target` is a folder, a device or a pipe, has no folder, or is one of the
    `sources` it is made of. What a link points to is replaced, not the link.
    """
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise UsageError(
            f"{target}: found no place for a file; allowed: a name in a folder there is"
        )
    if target.exists() and not target.is_file():
        raise UsageError(
            f"{target}: found a device or a pipe, which a whole file would replace; "
            "allowed: a name that is free, or a file to replace"
        )
    if target.exists() and any(s and Path(s).exists() and target.samefile(s) for s in sources):
        raise UsageError(f"{target}: found what is being read; allowed: another file")
    try:
        home = target.resolve()
    except (OSError, RuntimeError):
        raise UsageError(f"{target}: found a link that leads nowhere; allowed: a file") from None
    if target.exists() and target.absolute().parts[1] in _NOT_FILES:
        raise UsageError(
            f"{target}: found a name that the system lends to a file; allowed: the file's own name"
        )
    build = home.with_name(f".{home.name}.new-{os.getpid()}")
    try:
        build.touch()
    except OSError as error:
        why = error.strerror
        raise UsageError(
            f"{target}: found a folder that takes no file ({why}); allowed: one that does"
        ) from None
    try:
        with _naming(target):
            yield build
        build.replace(home)
    finally:
        build.unlink(missing_ok=True)


@contextmanager
def replaced_whole(path: str | Path, source: Path | None = None) -> Iterator[Path]:
    """A new empty folder beside `path` that takes its place when the block ends well.

    Where the block raises, `path` stays as it was and nothing is left behind. Raises UsageError at
    once, before any work, for a `path` that is a file, or a folder that holds things and was not
    made here, or that holds the `source` of what is written; RampartError where somebody takes the
    new folder away meanwhile.
    """
    target = Path(os.path.abspath(Path(path).expanduser()))
    check_replaceable(target)
    if source is not None and target.resolve() in source.resolve().parents:
        raise UsageError(
            f"{target}: found a folder that holds {source.name}, which is being read; "
            "allowed: another folder"
        )
    build = target.with_name(f".{target.name}.new-{os.getpid()}")
    old = target.with_name(f".{target.name}.old-{os.getpid()}")
    shutil.rmtree(build, ignore_errors=True)  # of a killed process that had our number
    try:
        build.mkdir(parents=True)
    except OSError as error:
        raise UsageError(
            f"{target}: found a place where no folder can be made ({error.strerror}); "
            "allowed: a folder that can be written"
        ) from None
    try:
        with _naming(target):
            (build / MARKER).write_text(_MARK, encoding="utf-8")
            yield build
        if target.exists():
            target.rename(old)
        try:
            build.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    except FileNotFoundError:
        if build.exists():
            raise
        raise RampartError(f"{build}: this folder vanished while it was being written") from None
    finally:
        shutil.rmtree(build, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _naming(target: Path) -> Iterator[None]:
    """Name `target` where writing fails: a full disk tells of no file."""
    try:
        yield
    except BrokenPipeError:  # of what is shown meanwhile
        raise
    except OSError as error:
        if error.filename is not None:
            raise
        raise RampartError(f"{target}: could not be written ({error.strerror})") from None


def check_replaceable(path: str | Path) -> None:
    """Raise UsageError unless `path` is free, an empty folder, or a folder that `replaced_whole` made."""
    target = Path(path)
    if not target.exists() and not target.is_symlink():
        return
    if target.is_symlink() or not target.is_dir():
        raise UsageError(f"{target}: found something that is no folder; allowed: a new folder")
    if any(target.iterdir()) and not (target / MARKER).is_file():
        raise UsageError(
            f"{target}: found a folder that rampart did not make; "
            f"allowed: a new or empty folder, or one that holds {MARKER}"
        )
