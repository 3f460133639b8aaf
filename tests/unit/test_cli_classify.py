"""`rampart classify`: posteriors from features that may be missing or absurd, and one line for a fault."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from rampart.cli.main import main
from rampart.domain.values import POSTERIOR
from rampart.engine.flight_features import FEATURES, USED, posteriors, shipped

BOMB = {
    "launch_elevation_deg": "62", "launch_speed_mps": "190", "ground_range_m": "2300",
    "apex_m": "1100", "mean_speed_mps": "125", "rcs_mean_dbsm": "-32", "rcs_spread_db": "5",
    "ballistic_coefficient_kgm2": "3600",
}  # fmt: skip
SHELL = {
    "launch_elevation_deg": "45", "launch_speed_mps": "800", "ground_range_m": "21000",
    "apex_m": "7000", "mean_speed_mps": "360", "rcs_mean_dbsm": "-22",
    "ballistic_coefficient_kgm2": "7600",
}  # fmt: skip
DRONE = {"apex_m": "300", "mean_speed_mps": "48", "rcs_mean_dbsm": "-11", "ground_range_m": "9000"}


def classified(folder: Path, *flights: dict[str, str]) -> list[dict[str, str]]:
    names = list(dict.fromkeys(name for flight in flights for name in flight))
    with (folder / "features.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, names, restval="")
        table.writeheader()
        table.writerows(flights)
    assert main(["classify", str(folder / "features.csv"), "--out", str(folder / "p.csv")]) == 0
    with (folder / "p.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def families(row: dict[str, str]) -> dict[str, float]:
    return {word: float(row[f"p_{word}"]) for word in POSTERIOR}


def doubt(row: dict[str, str]) -> float:
    """Entropy of the family."""
    return -sum(p * np.log(p) for p in families(row).values() if p > 0.0)


def test_plain_flights_are_named_and_the_rows_kept(tmp_path: Path) -> None:
    rows = classified(tmp_path, {"id": "a", **BOMB}, {"id": "b", **SHELL}, {"id": "c", **DRONE})
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    assert rows[0]["launch_speed_mps"] == "190"
    for row, word in zip(rows, ("mortar", "gun", "drone"), strict=True):
        said = families(row)
        assert max(said, key=lambda w: said[w]) == word
        assert sum(said.values()) == pytest.approx(1.0, abs=1e-12)
    assert float(rows[0]["p_mortar_60"]) > 0.5


@pytest.mark.parametrize("told", ["", "nan", "inf", "-1e300", "about 190", "0"])
def test_what_is_missing_or_absurd_widens_and_is_no_error(tmp_path: Path, told: str) -> None:
    absurd = dict.fromkeys(BOMB, told)
    one = dict(BOMB, launch_speed_mps=told, ground_range_m=told, mean_speed_mps=told)
    whole, part, nothing = classified(tmp_path, BOMB, one, absurd)
    assert doubt(whole) < doubt(part) + 1e-3
    assert doubt(part) < doubt(nothing)


def test_nothing_told_is_the_prior() -> None:
    p_family, p_class = posteriors({"apex_m": np.array([np.nan])})
    assert p_class[0] == pytest.approx([kind.prior for kind in shipped().classes])
    assert p_family.sum() == pytest.approx(1.0)


def test_the_written_numbers_add_up(tmp_path: Path) -> None:
    """Families to 1, and each to its classes, exactly as they are written."""
    told = [dict(BOMB, apex_m=str(height_m)) for height_m in range(100, 9000, 100)]
    members = {word: [k.id for k in shipped().classes if k.family == word] for word in POSTERIOR}
    for row in classified(tmp_path, *told):
        written = {word: Decimal(row[f"p_{word}"]) for word in POSTERIOR}
        assert sum(written.values()) == 1
        for word in set(POSTERIOR) - {"unknown"}:
            assert sum(Decimal(row[f"p_{name}"]) for name in members[word]) == written[word]


def test_a_row_of_which_nothing_is_told_keeps_its_place(tmp_path: Path) -> None:
    source, out = tmp_path / "f.csv", tmp_path / "p.csv"
    for text in (
        "\napex_m\n300\n\n900\n",
        'apex_m\n300\n""\n900\n',
        "apex_m,id\n300,\n\n900,\n\n\n",
    ):
        source.write_text(text)
        assert main(["classify", str(source), "--out", str(out)]) == 0
        with out.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["apex_m"] for row in rows] == ["300", "", "900"]
        priors = [kind.prior for kind in shipped().classes if kind.family == "drone"]
        assert families(rows[1])["drone"] == pytest.approx(sum(priors))


def test_a_column_that_looks_like_a_feature_and_is_none_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (row,) = classified(tmp_path, {"id": "a", " apex_m": "900", "launch_speed": "190"})
    assert row["id"] == "a"
    (line,) = capsys.readouterr().err.splitlines()
    told = "column 'launch_speed' not read (did you mean launch_speed_mps?)"
    assert line == f"{tmp_path / 'features.csv'}: {told}"
    # nothing in vain, nothing to say; nor of the columns of a result that is classified anew
    classified(tmp_path, BOMB)
    assert main(["classify", str(tmp_path / "p.csv"), "--out", str(tmp_path / "again.csv")]) == 0
    assert capsys.readouterr().err == ""


def test_a_flight_like_none_of_the_classes_is_unknown(tmp_path: Path) -> None:
    odd = dict(
        BOMB, launch_speed_mps="1900", apex_m="60000", ground_range_m="90000", rcs_mean_dbsm="40"
    )
    (row,) = classified(tmp_path, odd)
    assert families(row)["unknown"] > 0.9


def test_classifying_a_result_anew_replaces_its_columns(tmp_path: Path) -> None:
    once = classified(tmp_path, BOMB)
    again = tmp_path / "again.csv"
    assert main(["classify", str(tmp_path / "p.csv"), "--out", str(again)]) == 0
    with again.open(newline="") as file:
        assert list(csv.DictReader(file)) == once


@pytest.mark.parametrize(
    ("text", "where"),
    [("", "nothing in it"), ("id,colour\n1,red\n", "line 1"), ("apex_m,apex_m\n1,2\n", "twice"),
     ("apex_m,apex_m \n1,2\n", "'apex_m' twice"),
     ("apex_m,rcs_mean_dbsm\n300\n", "line 2"), ('apex_m\n"3', "unreadable")],
)  # fmt: skip
def test_a_file_of_another_kind_is_one_line(
    tmp_path: Path, text: str, where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "f.csv").write_text(text)
    assert main(["classify", str(tmp_path / "f.csv"), "--out", str(tmp_path / "p.csv")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert where in said[0]
    assert not (tmp_path / "p.csv").exists()


def test_the_shipped_model_is_whole() -> None:
    model = shipped()
    assert sum(kind.prior for kind in model.classes) == pytest.approx(1.0)
    for kind in model.classes:
        assert kind.family in POSTERIOR
        assert sum(kind.weights) == pytest.approx(1.0, abs=1e-5)
        for covariance in kind.covariances:
            assert np.linalg.eigvalsh(np.array(covariance)).min() > 0.0
            assert np.array(covariance).shape == (len(USED), len(USED))
    assert [f.name for f in FEATURES if not f.used] == ["rcs_spread_db"]
