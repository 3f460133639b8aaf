"""`rampart classify FEATURES.csv --out posteriors.csv`: what each flight was, from a few numbers of it."""

from __future__ import annotations

import argparse
import csv
import io
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

DIGITS: Final = 6


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("features", metavar="FEATURES.csv", help="any of the columns of the manual")
    parser.add_argument("--out", metavar="posteriors.csv", type=Path, required=True)


def execute(options: argparse.Namespace) -> int:
    """Writes the input's rows, each with the posterior of the families and classes behind it."""
    import numpy as np

    from rampart.cli.opening import must_exist
    from rampart.cli.say import say_remarks
    from rampart.domain.values import POSTERIOR
    from rampart.engine.flight_features import posteriors, shipped
    from rampart.runtime.outdir import whole_file

    source = Path(options.features)
    must_exist(source)
    header, rows = _read(source)
    _, p_class = posteriors(_columns(header, rows))
    classes = shipped().classes
    named = [c for c, kind in enumerate(classes) if kind.id != "unknown"]
    new = [f"p_{word}" for word in POSTERIOR] + [f"p_{classes[c].id}" for c in named]
    # a column that has a name of ours was ours: classifying a result anew replaces it
    kept = [i for i, name in enumerate(header) if name.strip() not in new]
    say_remarks(f"{source}: {remark}" for remark in _unread([header[i] for i in kept]))
    parts = _rounded(p_class)
    # a family is the sum of its classes, as they are written
    families = np.array([[kind.family == word for word in POSTERIOR] for kind in classes])
    said = np.hstack([parts @ families, parts[:, named]]) / 10**DIGITS
    with (
        whole_file(options.out, source) as path,
        path.open("w", encoding="utf-8", newline="") as file,
    ):
        write = csv.writer(file, lineterminator="\n").writerow
        write([header[i] for i in kept] + new)
        for row, numbers in zip(rows, said.tolist(), strict=True):
            write([row[i] for i in kept] + [f"{p:.{DIGITS}f}" for p in numbers])
    print(f"{len(rows)} flights; {options.out}")
    return 0


def _unread(header: list[str]) -> list[str]:
    """A misspelt name costs a feature, which only makes the answer wider, and must be seen."""
    from rampart.engine.flight_features import FEATURES
    from rampart.site.strict import did_you_mean

    read = [feature.name for feature in FEATURES]
    near = {name: did_you_mean(name.strip(), read) for name in header if name.strip() not in read}
    return [f"column {name[:40]!r} not read{words}" for name, words in near.items() if words]


def _rounded(p: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Probabilities (n, m) in units of the last written digit; every row sums to 1 as `p` does.

    What rounding down leaves over goes to the largest remainders.
    """
    import numpy as np

    parts = p * 10**DIGITS
    whole = np.floor(parts).astype(np.int64)
    left = 10**DIGITS - whole.sum(axis=1, keepdims=True)
    rank = np.argsort(np.argsort(whole - parts, axis=1, kind="stable"), axis=1)
    return np.asarray(whole + (rank < left))


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows, one for each line below it; ConfigError for what is no table of ours."""
    from rampart.domain.errors import ConfigError, Fault
    from rampart.engine.flight_features import FEATURES

    allowed = " ".join(f.name for f in FEATURES)
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        numbered = ((reader.line_num, row) for row in reader)
        lines = list(dropwhile(lambda line: not line[1], numbered))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        found = getattr(error, "strerror", None) or error
        fault = Fault("file", f"unreadable ({found})", "comma-separated UTF-8 text")
        raise ConfigError(str(path), [fault]) from None
    if not lines:
        raise ConfigError(str(path), [Fault("file", "nothing in it", f"a header of: {allowed}")])
    (top, header), rows = lines[0], lines[1:]
    # a blank line above others is a flight of which nothing is told: every flight keeps its place
    while rows and not rows[-1][1]:
        rows.pop()
    rows = [(line, row or [""] * len(header)) for line, row in rows]
    names = [name.strip() for name in header]
    faults = []
    if not {*names} & {f.name for f in FEATURES}:
        found = f"columns {','.join(header)[:80]!r}"
        faults.append(Fault(f"line {top}", found, f"any of: {allowed}"))
    faults += [
        Fault(f"line {top}", f"column {name!r} twice", "each column once")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    faults += [
        Fault(f"line {line}", f"{len(row)} fields", f"{len(header)}, as in the header")
        for line, row in rows
        if len(row) != len(header)
    ]
    if faults:
        raise ConfigError(str(path), faults[:1])
    return header, [row for _, row in rows]


def _columns(header: list[str], rows: list[list[str]]) -> dict[str, npt.NDArray[np.float64]]:
    """The features by name, nan where a field is no number."""
    import numpy as np

    from rampart.domain.values import number_or_nan

    return {
        name.strip(): np.array([number_or_nan(row[i]) for row in rows], float)
        for i, name in enumerate(header)
    }
