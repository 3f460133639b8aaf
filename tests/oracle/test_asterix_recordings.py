"""Real recordings: every block against libasterix, back to its own octets, and by both paths."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from asterix_paths import assert_paths_agree, read
from rampart.formats.asterix import CATEGORIES, Decoder, editions, encode, expand
from rampart.formats.asterix.read import blocks
from rampart.formats.pcap import read_recording

pytestmark = pytest.mark.data

PEER = Path(__file__).with_name("asterix_peer.py")
# The peer reads a record without any item as a record; we refuse the block.
OURS_ALONE = {"empty_record"}
Block = tuple[str, int, str, bytes]


def recordings(data_dir: Path) -> Iterator[Path]:
    for folder in ("asterix-jasterix", "asterix-croatiacontrol/install/sample_data"):
        yield from sorted((data_dir / folder).glob("*.*"))


@pytest.fixture(scope="module")
def real_blocks(data_dir: Path) -> list[Block]:
    """(file, category, edition, block) of every block of a category carried, in every edition."""
    found = []
    for path in recordings(data_dir):
        for _, data in read_recording(path):
            for category, start, end in blocks(data):
                if category in CATEGORIES:
                    block = data[start - 3 : end]
                    found += [(path.name, category, e, block) for e in editions(category)]
    assert len(found) > 1300
    return found


def as_peer(value: Any) -> Any:
    """Our value in the peer's words: bytes as hex, no notes of spares, its own six-bit alphabet."""
    match value:
        case dict():
            return {k: as_peer(v) for k, v in value.items() if k not in ("spare", "fspec")}
        case list() | tuple():
            return [as_peer(v) for v in value]
        case bytes():
            return value.hex()
    return value


def alphabet(value: Any) -> Any:
    """Strings without the characters that the peer drops (codes without a letter)."""
    match value:
        case dict():
            return {k: alphabet(v) for k, v in value.items()}
        case list():
            return [alphabet(v) for v in value]
        case str():
            return "".join(c for c in value if c.isalnum() or c == " ")
    return value


@pytest.fixture
def ask(peer_python: Callable[[str], Path]) -> Callable[[list[list[Any]]], list[Any]]:
    python = peer_python("libasterix")

    def run(work: list[list[Any]]) -> list[Any]:
        done = subprocess.run(
            [python, PEER], input=json.dumps(work), capture_output=True, text=True, check=True
        )
        answers: list[Any] = json.loads(done.stdout)
        return answers

    return run


@pytest.mark.peer
def test_every_item_of_every_block_reads_as_in_libasterix(
    real_blocks: list[Block], ask: Callable[[list[list[Any]]], list[Any]]
) -> None:
    answers = ask([[c, e, b.hex()] for _, c, e, b in real_blocks])
    agreed = values = 0
    for (name, category, edition, block), theirs in zip(real_blocks, answers, strict=True):
        ours = read(category, edition, block)
        where = f"{name} CAT {category:03d} {edition}"
        if isinstance(ours, str):
            assert isinstance(theirs, str) or ours in OURS_ALONE, f"{where}: {ours}, peer accepts"
            continue
        assert alphabet(as_peer(ours)) == alphabet(theirs), where
        agreed += 1
        values += sum(map(len, ours))
    assert agreed > 850
    assert values > 10_000


@pytest.mark.peer
def test_reserved_expansion_fields_expand_as_in_libasterix(
    real_blocks: list[Block], ask: Callable[[list[list[Any]]], list[Any]]
) -> None:
    carried = {21: ("1.4", "1.5"), 48: ("1.11", "1.12", "1.13"), 62: ("1.2", "1.3")}
    found = []
    for _, category, edition, block in real_blocks:
        ours = read(category, edition, block)
        for record in [] if isinstance(ours, str) else ours:
            if "RE" in record and category in carried:
                found += [(category, e, record["RE"]) for e in carried[category]]
    assert found
    answers = ask([[c, "RE " + e, octets.hex()] for c, e, octets in found])
    for (category, edition, octets), theirs in zip(found, answers, strict=True):
        if isinstance(theirs, str):
            with pytest.raises(Exception, match="asterix"):
                expand(category, octets, edition)
        else:
            assert as_peer(expand(category, octets, edition)) == theirs


def test_every_accepted_block_is_written_back_octet_for_octet(real_blocks: list[Block]) -> None:
    for name, category, edition, block in real_blocks:
        ours = read(category, edition, block)
        if not isinstance(ours, str):
            assert encode(category, ours, edition) == block, (name, category, edition)


def test_compiled_and_full_path_agree_on_every_block(real_blocks: list[Block]) -> None:
    for _, category, edition, block in real_blocks:
        assert_paths_agree(category, edition, block)


def decoded(path: Path, chosen: dict[int, str] | None = None) -> Decoder:
    decoder = Decoder(path.name, chosen)
    for t_ns, data in read_recording(path):
        decoder.feed(data, t_ns)
    return decoder


@pytest.mark.parametrize(
    ("name", "records_by_category", "plots"),
    [
        ("cat_034_048.pcap", {34: 34, 48: 128}, 126),
        ("cat_001_002.pcap", {1: 7, 2: 1}, 7),
        ("cat_062_065.pcap", {62: 2}, 0),
        ("parsegps.gps", {34: 3, 48: 15}, 11),
        ("cat048.raw", {48: 1}, 1),
        ("cat062cat065.raw", {62: 2}, 0),
        ("cat21_re.ast", {21: 2}, 0),
        ("asterix.pcap", {}, 0),
    ],
)
def test_what_each_recording_yields(
    data_dir: Path, name: str, records_by_category: dict[int, int], plots: int
) -> None:
    path = data_dir / "asterix-croatiacontrol/install/sample_data" / name
    counts = decoded(path).counts
    assert dict(counts.records) == records_by_category
    assert counts.plots.total() == plots


def test_old_system_tracks_are_refused_block_by_block_in_every_edition(data_dir: Path) -> None:
    path = data_dir / "asterix-croatiacontrol/install/sample_data/asterix.pcap"
    for edition in editions(62):
        counts = decoded(path, {62: edition}).counts
        assert counts.refused.total() == 100
        assert not counts.records


def test_adsb_of_edition_0_26_is_refused_by_2_x_and_read_by_its_own(data_dir: Path) -> None:
    path = data_dir / "asterix-jasterix/cat021ed0.26.bin"
    for edition in editions(21):
        counts = decoded(path, {21: edition}).counts
        assert counts.records.total() == (edition in ("0.24", "0.25", "0.26")), edition
        assert counts.refused.total() == 1 - counts.records.total()


def test_position_that_the_radar_tells_is_kept(data_dir: Path) -> None:
    path = data_dir / "asterix-croatiacontrol/install/sample_data/cat_034_048.pcap"
    latitude, longitude, height_m = decoded(path).counts.positions["25/12"]
    assert (round(latitude, 3), round(longitude, 3), height_m) == (43.571, 16.406, 780.0)


def test_noise_yields_nothing_but_refusals(data_dir: Path) -> None:
    counts = decoded(data_dir / "modes-dump1090/testfiles/modes1.bin").counts
    assert counts.refused.total() > 0
    assert not counts.records
