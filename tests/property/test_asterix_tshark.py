"""What we encode, tshark dissects: no malformed field, and every value is the one that was meant."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from asterix_records import record_of
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from rampart.formats.asterix import encode, schema

pytestmark = pytest.mark.peer

# The editions that tshark 4.0 carries, where it does not carry our newest.
DISSECTED = {15: "1.2", 21: "2.4", 34: "1.29", 48: "1.30", 62: "1.19"}
# Not dissected further; and 510, with which tshark 4.0 calls recorded blocks of CAT 062 malformed too.
LEFT_OUT = ("RE", "SP", "510")
SOURCE = {"SAC": 25, "SIC": 10}
STATE = dict.fromkeys(("NOGO", "RDPC", "RDPR", "OVLRDP", "OVLXMT", "MSC", "TSV"), 0)
RECORDS: dict[int, list[dict[str, Any]]] = {
    15: [{
        "010": SOURCE, "000": {"MT": 1, "RG": 0}, "020": {"MOMU": 0, "TTAX": 0, "SCD": 1},
        "145": 43_200.5, "625": {"R": 3000.0, "SDR": 2.0}, "626": {"DV": -220.5, "SDDV": 0.5},
        "627": {"AZ": 45.0, "SDASZ": 0.0006866455078125},
        "628": {"EL": 30.000915527343750, "SDEL": 0.0006866455078125},
    }],
    21: [{
        "010": SOURCE, "040": {"ATP": 0, "ARC": 0, "RC": 0, "RAB": 0}, "080": 0x4B1A2C,
        "073": 43_200.5, "131": {"LAT": 45.0, "LON": -22.5}, "140": 10_000.0, "145": -2.5,
        "160": {"RE": 0, "GS": 0.125, "TA": 90.0}, "170": "EZS14ZH ",
        "090": {"NUCRNACV": 1, "NUCPNIC": 7, "NICBARO": 0, "SIL": 2, "NACP": 9},
    }],
    34: [{
        "010": SOURCE, "000": 1, "030": 43_200.5, "041": 4.0, "050": {"COM": STATE},
        "120": {"HGT": 780.0, "LAT": 45.0, "LON": -90.0},
    }, {"010": SOURCE, "000": 2, "030": 43_201.0, "020": 90.0}],
    48: [{
        "010": SOURCE, "140": 43_200.5, "040": {"RHO": 3.0, "THETA": 45.0},
        "020": {"TYP": 1, "SIM": 0, "RDP": 0, "SPI": 0, "RAB": 0},
        "090": {"V": 0, "G": 0, "FL": 35.0}, "110": {"3DH": -1000.0}, "161": {"TRN": 77},
        "070": {"V": 0, "G": 0, "L": 0, "MODE3A": "7200"}, "220": 0x3C660C, "240": "RCH871  ",
        "120": {"CAL": {"D": 0, "CAL": -220.0}}, "042": {"X": -1.5, "Y": 2.0},
    }] * 3,
    62: [{
        "010": SOURCE, "070": 43_200.5, "105": {"LAT": 45.0, "LON": -22.5}, "040": 77,
        "080": {"MON": 1, "SPI": 0, "MRH": 0, "SRC": 2, "CNF": 0}, "130": 10_000.0,
        "100": {"X": -1000.0, "Y": 2000.5}, "185": {"VX": -100.25, "VY": 50.0}, "220": -600.0,
        "210": {"AX": -1.25, "AY": 0.5}, "500": {"APC": {"X": 10.5, "Y": 11.0}, "AGA": 100.0},
    }],
}  # fmt: skip


def capture(blocks: list[bytes]) -> bytes:
    """A pcap of raw IPv4, each block a datagram to the port that tshark takes for ASTERIX."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 101)
    for block in blocks:
        length = 28 + len(block)
        ip = struct.pack(">BBHHHBBHII", 0x45, 0, length, 1, 0, 64, 17, 0, 1, 2)
        frame = ip + struct.pack(">HHHH", 21_000, 8600, 8 + len(block), 0) + block
        data += struct.pack("<IIII", 0, 0, length, length) + frame
    return data


@pytest.fixture
def dissect(
    peer_program: Callable[[str], str], tmp_path: Path
) -> Callable[[list[bytes]], list[dict[str, Any]]]:
    tshark = peer_program("tshark")

    def run(blocks: list[bytes]) -> list[dict[str, Any]]:
        (tmp_path / "ours.pcap").write_bytes(capture(blocks))
        command = [tshark, "-r", str(tmp_path / "ours.pcap"), "-T", "json", "--no-duplicate-keys"]
        done = subprocess.run(command, capture_output=True, check=True)
        frames: list[dict[str, Any]] = json.loads(done.stdout)
        return [frame["_source"]["layers"] for frame in frames]

    return run


def leaves(value: Any, name: str) -> Iterator[tuple[str, str]]:
    """(field name, shown text) of every leaf that tshark shows."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, name)
    else:
        yield name.removeprefix("asterix.").removesuffix("_VALUE"), value


def meant(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """(field name in tshark's style, value) of every leaf of a record of ours."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from meant(inner, f"{name}_{key}")
    else:
        yield name, value


def same(shown: str, value: Any) -> bool:
    if isinstance(value, str):  # an octal code is shown as its number
        return shown == value or shown == str(int(value, 8))
    number = float(int(shown, 16)) if shown.startswith("0x") else float(shown)
    return number == pytest.approx(value, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("category", RECORDS)
def test_every_value_that_we_write_is_the_one_that_tshark_shows(
    category: int, dissect: Callable[[list[bytes]], list[dict[str, Any]]]
) -> None:
    records = RECORDS[category]
    (layers,) = dissect([encode(category, records)])
    assert "_ws.malformed" not in json.dumps(layers)
    shown = list(leaves(layers["asterix"], ""))
    for record in records[:1]:
        for name, value in meant(record, f"{category:03d}"):
            found = [text for key, text in shown if key == name]
            assert found, f"tshark shows no {name}"
            assert any(same(text, value) for text in found), (name, value, found)


@pytest.mark.parametrize("category", DISSECTED)
@settings(max_examples=2, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_no_block_of_any_values_is_malformed_to_tshark(
    category: int,
    data: st.DataObject,
    dissect: Callable[[list[bytes]], list[dict[str, Any]]],
) -> None:
    plan = schema.edition(category, DISSECTED[category])
    one = record_of(plan).map(lambda r: {k: v for k, v in r.items() if k not in LEFT_OUT})
    records = data.draw(st.lists(one.filter(bool), min_size=15, max_size=15))
    frames = dissect([encode(category, [record], plan.name) for record in records])
    assert len(frames) == len(records)
    for record, layers in zip(records, frames, strict=True):
        assert "malformed" not in json.dumps(layers), record
