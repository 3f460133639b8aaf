"""Blocks written out by hand from the specification, and what the codec says of faulty records."""

from __future__ import annotations

from pathlib import Path

import pytest

from rampart.domain.errors import ConfigError, FeedError, UsageError
from rampart.formats.asterix import CATEGORIES, decode, editions, encode, expand, parse_editions
from rampart.formats.asterix.decoder import NOT_USED
from rampart.formats.asterix.plots import VERDICTS
from rampart.formats.asterix.scan import REASONS
from rampart.formats.asterix.slots import compile_table


def block(category: int, octets: str) -> bytes:
    """A block of records written in hex."""
    body = bytes.fromhex(octets)
    return bytes([category]) + (len(body) + 3).to_bytes(2, "big") + body


PLOT = block(
    48,
    "fc"  # FSPEC: 010 140 020 040 070 090
    "19c9"  # 010 SAC 25, SIC 201
    "356d4d"  # 140 3501389 / 128 = 27354.6015625 s
    "48"  # 020 TYP 2 (SSR), SIM 0, RDP 1, SPI 0, RAB 0, FX 0
    "03002000"  # 040 RHO 768 / 256 = 3 NM, THETA 8192 * 360 / 65536 = 45 deg
    "0e80"  # 070 V, G, L 0, code 7200
    "0578",  # 090 V, G 0, 1400 / 4 = flight level 350
)


def test_a_plot_written_by_hand_reads_as_the_specification_says() -> None:
    ((category, (record,)),) = decode(PLOT)
    assert category == 48
    assert record == {
        "010": {"SAC": 25, "SIC": 201},
        "140": 27354.6015625,
        "020": {"TYP": 2, "SIM": 0, "RDP": 1, "SPI": 0, "RAB": 0},
        "040": {"RHO": 3.0, "THETA": 45.0},
        "070": {"V": 0, "G": 0, "L": 0, "MODE3A": "7200"},
        "090": {"V": 0, "G": 0, "FL": 350.0},
    }
    assert encode(48, [record]) == PLOT


def test_several_categories_and_records_share_a_datagram() -> None:
    north = {"010": {"SAC": 1, "SIC": 2}, "000": 1, "030": 5.0}
    plot = {"010": {"SAC": 1, "SIC": 2}, "140": 5.5}
    data = encode(34, [north]) + encode(48, [plot, plot, plot])
    assert decode(data) == [(34, [north]), (48, [plot] * 3)]


def test_signs_strings_and_repetitions_survive_writing() -> None:
    record = {
        "010": {"SAC": 0, "SIC": 255},
        "240": "RCH871  ",
        "250": [{"MBDATA": 2**56 - 1, "BDS1": 4, "BDS2": 0}, {"MBDATA": 0, "BDS1": 5, "BDS2": 0}],
        "042": {"X": -1.0, "Y": 255.9921875},
        "030": [1, 16, 127],
        "130": {"SAM": -90.0, "RPD": -0.5},
        "120": {"CAL": {"D": 0, "CAL": -312.0}},
        "SP": b"\x00\x01",
    }
    assert decode(encode(48, [record])) == [(48, [record])]


def test_an_indicated_airspeed_takes_its_unit_from_its_neighbour() -> None:
    for unit, speed in ((0, 0.1220703125), (1, 0.784)):
        record = {"380": {"IAS": {"IM": unit, "IAS": speed}}}
        assert decode(encode(62, [record])) == [(62, [record])]


@pytest.mark.parametrize(
    ("octets", "record"),
    [
        ("8019c9", {"010": {"SAC": 25, "SIC": 201}}),
        ("810019c9", {"010": {"SAC": 25, "SIC": 201}, "fspec": 2}),
        ("0110f123", {"161": {"TRN": 0x123, "spare": 0xF000}}),
        ("0101011000", {"065": {"QA4": 0, "QA2": 0, "QA1": 0, "QB2": 0, "QB1": 0}}),
        ("01010110e0", {"065": {"QA4": 0, "QA2": 0, "QA1": 0, "QB2": 0, "QB1": 0, "spare": 0xE0}}),
    ],
)
def test_spare_bits_and_long_field_specifications_are_kept(
    octets: str, record: dict[str, object]
) -> None:
    assert decode(block(48, octets)) == [(48, [record])]
    assert encode(48, [record]) == block(48, octets)


@pytest.mark.parametrize(
    ("category", "octets", "reason"),
    [
        (48, "", "empty_block"),
        (48, "00", "empty_record"),
        (48, "8019", "truncated_item"),
        (48, "0101010101", "bad_fspec"),
        (15, "01010104", "undefined_item"),
        (48, "0101010400", "bad_explicit"),
        (48, "010101040300", "truncated_item"),
        (15, "104103", "bad_extension"),
        (1, "8019c9", "no_uap"),
        (1, "01010219", "truncated_item"),
        (1, "010102 01 63", "bad_fields"),
        (255, "00", "unknown_category"),
    ],
)
def test_a_malformed_block_is_refused_with_its_reason(
    category: int, octets: str, reason: str
) -> None:
    with pytest.raises(FeedError) as caught:
        decode(block(category, octets))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("octets", "reason"),
    [("30", "truncated_block"), ("300002", "bad_length"), ("30000600", "truncated_block")],
)
def test_a_length_that_cannot_be_is_refused(octets: str, reason: str) -> None:
    with pytest.raises(FeedError) as caught:
        decode(bytes.fromhex(octets))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (
            {"040": {"RHO": 256.0, "THETA": 0.0}},
            "I048/040/RHO: found 256.0; allowed: 0 to 255.996 NM",
        ),
        ({"040": {"RHO": 1.0}}, "I048/040/THETA: found nothing; allowed: a value"),
        ({"040": {"RHO": 1.0, "THETA": 0.0, "Z": 0}}, "I048/040"),
        ({"999": 0}, "I048: found 999; allowed: 010, 140"),
        ({}, "I048: found an empty record"),
        ({"240": "abcdefgh"}, "I048/240"),
        ({"030": []}, "I048/030"),
        ({"140": "noon"}, "I048/140"),
        ({"010": 7}, "I048/010: found 7; allowed: a dict of SAC, SIC"),
        ({"SP": b"x" * 255}, "I048/SP"),
        ({"110": {"3DH": -300_000.0}}, "allowed: -204800 to 204775 ft"),
    ],
)
def test_a_record_that_does_not_fit_is_told_by_item(record: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        encode(48, [record])
    assert told in str(caught.value)


def test_editions_are_configuration_and_every_fault_is_told() -> None:
    assert parse_editions("048=1.27, 062=1.18") == {48: "1.27", 62: "1.18"}
    with pytest.raises(ConfigError) as caught:
        parse_editions("048=9.9,007=1.0,nonsense")
    assert len(caught.value.faults) == 3
    assert "1.27, 1.28" in str(caught.value)


def test_the_newest_edition_is_the_default() -> None:
    newest = {c: editions(c)[-1] for c in CATEGORIES}
    assert newest == {
        1: "1.4", 2: "1.2", 10: "1.1", 15: "1.2", 21: "2.7", 34: "1.29", 48: "1.32", 62: "1.21",
    }  # fmt: skip
    # The third extension octet of I048/020 came with 1.31: older editions refuse it.
    extended = block(48, "2041010100")
    assert decode(extended)[0][1][0]["020"]["ADSB"] == {"EP": 0, "VAL": 0}
    with pytest.raises(FeedError, match="bad_extension"):
        decode(extended, {48: "1.27"})


def test_a_reserved_expansion_field_expands_by_its_own_edition() -> None:
    assert expand(62, bytes.fromhex("4000"), "1.3") == {"CSN": []}
    with pytest.raises(FeedError):
        expand(62, b"", "1.3")
    with pytest.raises(ConfigError):
        expand(62, b"\x00", "9.9")


def test_the_reference_names_every_edition_and_every_reason() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/asterix.md").read_text(encoding="utf-8")
    for category in CATEGORIES:
        row = next(line for line in page.splitlines() if line.startswith(f"| {category:03d} |"))
        assert f" {' '.join(editions(category))} |" in row
    gates = {reason for c in CATEGORIES for reason in compile_table(c, editions(c)[-1]).reasons}
    for reason in {*REASONS, *VERDICTS, *NOT_USED.values(), *gates} - {""}:
        assert f"`{reason}`" in page, reason
