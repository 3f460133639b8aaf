"""`rampart classify FEATURES.csv --out posteriors.csv`: what each flight was, from a few numbers of it."""

from __future__ import annotations

import argparse
import csv
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

DIGITS: Final = 4


def arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the verb."""
    parser.add_argument("features", metavar="FEATURES.csv", help="any of the columns of the manual")
    parser.add_argument("--out", metavar="posteriors.csv", type=Path, required=True)


def execute(options: argparse.Namespace) -> int:
    """Writes the input's rows, each with the posterior of the families and classes behind it."""
    from rampart.cli.opening import must_exist
    from rampart.domain.values import POSTERIOR
    from rampart.engine.flight_features import posteriors, shipped
    from rampart.runtime.outdir import whole_file

    source = Path(options.features)
    must_exist(source)
    header, rows = _read(source)
    p_family, p_class = posteriors(_columns(header, rows))
    named = [(c, kind.id) for c, kind in enumerate(shipped().classes) if kind.id != "unknown"]
    new = [f"p_{word}" for word in POSTERIOR] + [f"p_{name}" for _, name in named]
    # a column that has a name of ours was ours: classifying a result anew replaces it
    kept = [i for i, name in enumerate(header) if name.strip() not in new]
    with (
        whole_file(options.out, source) as path,
        path.open("w", encoding="utf-8", newline="") as file,
    ):
        write = csv.writer(file, lineterminator="\n").writerow
        write([header[i] for i in kept] + new)
        for k, row in enumerate(rows):
            said = [*p_family[k].tolist(), *(float(p_class[k, c]) for c, _ in named)]
            write([row[i] for i in kept] + [f"{p:.{DIGITS}f}" for p in said])
    print(f"{len(rows)} flights; {options.out}")
    return 0


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows; ConfigError for what is no table of ours."""
    from rampart.domain.errors import ConfigError, Fault
    from rampart.engine.flight_features import FEATURES

    allowed = " ".join(f.name for f in FEATURES)
    try:
        text = path.read_text(encoding="utf-8-sig")
        lines = [
            (reader.line_num, row)
            for reader in [csv.reader(io.StringIO(text, newline=""), strict=True)]
            for row in reader
            if row
        ]
    except (UnicodeDecodeError, csv.Error) as error:
        fault = Fault("file", f"unreadable ({error})", "comma-separated UTF-8 text")
        raise ConfigError(str(path), [fault]) from None
    if not lines:
        raise ConfigError(str(path), [Fault("file", "nothing in it", f"a header of: {allowed}")])
    header, rows = lines[0][1], lines[1:]
    faults = []
    if not {name.strip() for name in header} & {f.name for f in FEATURES}:
        faults.append(Fault("line 1", f"columns {','.join(header)[:80]!r}", f"any of: {allowed}"))
    faults += [
        Fault("line 1", f"column {name!r} twice", "each column once")
        for name in sorted({name for name in header if header.count(name) > 1})
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

    return {
        name.strip(): np.array([_number(row[i]) for row in rows], float)
        for i, name in enumerate(header)
    }


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
