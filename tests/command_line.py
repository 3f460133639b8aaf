"""The command line as a user meets it: a site, and a call that must be refused."""

from __future__ import annotations

import pytest

from rampart.cli.main import main

SITE = """
name = "Camp"
uuid = "0c4d1e52-2f7e-4a4b-8f0e-1a2b3c4d5e6f"
origin = { latitude_deg = 35.1, longitude_deg = 40.55, height_m = 200.0 }

[[zones]]
id = "camp"
name = "Camp"
polygon_enu_m = [[0, 0], [900, 0], [900, 900], [0, 900]]
release = { mortar = "auto", gun = "auto", rocket = "auto", drone = "auto", unknown = "auto" }

[[sensors]]
id = "radar"
position_enu_m = [0, 0, 0]
sigma_range_m = 12.0
sigma_azimuth_mrad = 2.5
sigma_elevation_mrad = 2.5
sigma_range_rate_mps = 1.5
scan_period_s = 0.5
range_max_m = 15000.0
"""


def faults(capsys: pytest.CaptureFixture[str], *argv: object) -> list[str]:
    """The lines on stderr of a call that must end with exit code 2 and say nothing on stdout."""
    code = main([str(word) for word in argv])
    said = capsys.readouterr()
    assert code == 2, said
    assert said.out == ""
    lines = said.err.splitlines()
    assert lines
    assert "Traceback" not in said.err
    return lines
