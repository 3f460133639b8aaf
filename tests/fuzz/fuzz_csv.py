"""Coverage-guided: `python fuzz_csv.py -runs=N`. A table of plots is read, or refused by an error of ours."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("MISSING: atheris, needed for fuzzing: pip install atheris")

with atheris.instrument_imports(include=["rampart"]):
    from rampart.formats.csvplots import read_plots

from rampart.domain.errors import ConfigError
from rampart.domain.site import Sensor

HEAD = b"plot_id,scan,time,sensor,range_m,az_rad,el_rad,rr_mps,snr_db\n"
ROWS = b"1,1,0.5,R1,1000,0.1,0.2,-5,13\n2,1,0.5,R1,1010.5,6.2,,,\n3,2,1.0,R1,nan,0.1,-0.2,1e3,\n"
SENSOR = Sensor(id="R1")


def one(data: bytes) -> None:
    """The octets as a whole file, and as rows under a good head."""
    for content in (data, HEAD + data):
        TABLE.write_bytes(content)
        with contextlib.suppress(ConfigError):
            read_plots(TABLE, SENSOR)


if __name__ == "__main__":
    folder = tempfile.TemporaryDirectory()
    TABLE = Path(folder.name, "plots.csv")
    corpus = tempfile.TemporaryDirectory()
    for number, seed in enumerate((HEAD + ROWS, ROWS, ROWS[:30])):
        Path(corpus.name, str(number)).write_bytes(seed)
    atheris.Setup([*sys.argv, corpus.name], one)
    atheris.Fuzz()
