"""GOSPA, OSPA and SIAP on pictures whose values follow from their definitions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rampart.metrics import Paths, gospa, ospa, siap, snapped

NOTHING = Paths.of([], [], np.empty((0, 3)))


def straight(
    name: str, first: int, last: int, *, offset_m: float = 0.0, y_m: float = 0.0
) -> list[tuple]:
    """Rows of an object that flies east at 100 m/s, one a second, scans `first` to `last` included."""
    return [
        (name, float(s), (100.0 * s + offset_m, y_m, 0.0), (100.0, 0.0, 0.0))
        for s in range(first, last + 1)
    ]


def paths(*parts: list[tuple]) -> Paths:
    rows = [row for part in parts for row in part]
    return Paths.of(
        [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], [r[3] for r in rows]
    )


# ------------------------------------------------------------------------------- GOSPA, OSPA
def test_gospa_of_a_perfect_picture_is_zero() -> None:
    truth = paths(straight("a", 0, 9), straight("b", 2, 7, y_m=500))
    assert gospa(truth, truth).distance == pytest.approx(np.zeros(10))


def test_one_missed_object_costs_half_the_cut_off_to_the_p() -> None:
    g = gospa(paths(straight("a", 0, 0)), NOTHING, c=100, p=2)
    assert g.distance == pytest.approx([math.sqrt(100**2 / 2)])
    assert (g.missed_objects, g.false_objects) == (1.0, 0.0)


def test_one_false_track_costs_the_same() -> None:
    g = gospa(NOTHING, paths(straight("a", 0, 0)), c=100, p=2)
    assert g.distance == pytest.approx([math.sqrt(100**2 / 2)])
    assert (g.missed_objects, g.false_objects) == (0.0, 1.0)


def test_a_track_beyond_the_cut_off_is_one_missed_and_one_false() -> None:
    truth, track = paths(straight("a", 0, 0)), paths(straight("t", 0, 0, offset_m=100.0))
    g = gospa(truth, track, c=100, p=1)
    assert (g.localisation[0], g.missed[0], g.false[0]) == (0.0, 50.0, 50.0)
    assert ospa(truth, track, c=100, p=1).distance == pytest.approx([100.0])


def test_ospa_divides_by_the_larger_number() -> None:
    truth = paths(straight("a", 0, 0), straight("b", 0, 0, y_m=5000))
    track = paths(straight("t", 0, 0, offset_m=30.0))
    # ((30² + 100²) / 2)^(1/2)
    assert ospa(truth, track, c=100, p=2).distance == pytest.approx([math.sqrt((900 + 10_000) / 2)])


def test_scans_without_anything_are_not_counted() -> None:
    truth = paths(straight("a", 0, 1), straight("b", 8, 9))
    assert len(gospa(truth, NOTHING).distance) == 4
    assert gospa(NOTHING, NOTHING).mean == ospa(NOTHING, NOTHING).mean == 0.0


@pytest.mark.parametrize(
    ("c", "p"), [(0.0, 2.0), (-1.0, 2.0), (100.0, 0.5), (math.nan, 2.0), (math.inf, 1.0)]
)
def test_absurd_parameters_are_refused(c: float, p: float) -> None:
    with pytest.raises(ValueError, match="cut-off c and order p"):
        gospa(NOTHING, NOTHING, c=c, p=p)
    with pytest.raises(ValueError, match="cut-off c and order p"):
        ospa(NOTHING, NOTHING, c=c, p=p)


@pytest.mark.parametrize(
    ("c", "p"), [(1e-200, 2.0), (1e200, 2.0), ("100", 2.0), (100.0, None), (100.0, 400.0)]
)
def test_a_cut_off_whose_power_no_number_holds_is_refused(c: object, p: object) -> None:
    for metric in (gospa, ospa):
        with pytest.raises(
            ValueError, match=r"found c=.*allowed: c from 0.001 to 4e\+09 m, p from 1 to 20"
        ):
            metric(paths(straight("a", 0, 9)), NOTHING, c=c, p=p)


def test_the_finest_and_the_coarsest_settings_allowed_give_numbers() -> None:
    truth = paths(straight("a", 0, 9))
    for c in (1e-3, 4e9):
        for p in (1.0, 20.0):
            assert gospa(truth, truth, c=c, p=p).mean == 0.0
            assert gospa(truth, NOTHING, c=c, p=p).missed_objects == pytest.approx(1.0)
            assert ospa(truth, NOTHING, c=c, p=p).mean == pytest.approx(c)


@pytest.mark.parametrize("metric", [gospa, ospa, siap])
def test_what_is_no_paths_is_refused_by_name(metric) -> None:
    with pytest.raises(ValueError, match="truth: found ndarray; allowed: Paths"):
        metric(np.zeros((4, 3)), NOTHING)
    with pytest.raises(ValueError, match="tracks: found list; allowed: Paths"):
        metric(NOTHING, [])


points = st.lists(st.tuples(*[st.floats(-120, 120)] * 3), max_size=4)


def cloud(xyz: list[tuple[float, float, float]]) -> Paths:
    return Paths.of(np.arange(len(xyz)), np.zeros(len(xyz)), np.reshape(xyz, (-1, 3)))


def least(x: list[tuple], y: list[tuple], power: float, c: float) -> tuple[float, ...]:
    """Distances cut at c of the assignment with the least Σ d^power, found by trying all."""
    short, long = sorted((x, y), key=len)
    tries = [
        tuple(min(math.dist(a, b), c) for a, b in zip(short, chosen, strict=True))
        for chosen in itertools.permutations(long, len(short))
    ]
    return min(tries, key=lambda d: sum(v**power for v in d))


@given(points, points, st.sampled_from([1.0, 2.0]))
def test_gospa_is_the_least_over_all_assignments(x: list, y: list, p: float) -> None:
    if x or y:
        c = 100.0
        best = sum(v**p if v < c else c**p for v in least(x, y, p, c))
        expected = (best + abs(len(x) - len(y)) * c**p / 2) ** (1 / p)
        assert gospa(cloud(x), cloud(y), c, p).distance == pytest.approx([expected], rel=1e-9)


@given(points, points)
def test_ospa_is_what_the_least_sum_of_distances_gives(x: list, y: list) -> None:
    if x or y:
        c, n = 100.0, max(len(x), len(y))
        best = sum(v**2 for v in least(x, y, 1.0, c))
        expected = ((best + abs(len(x) - len(y)) * c**2) / n) ** 0.5
        assert ospa(cloud(x), cloud(y), c, 2.0).distance == pytest.approx([expected], rel=1e-6)


@given(points, points, points)
def test_gospa_is_a_metric(x: list, y: list, z: list) -> None:
    def d(a: list, b: list) -> float:
        return gospa(cloud(a), cloud(b)).mean

    assert d(x, y) == pytest.approx(d(y, x))
    assert d(x, z) <= d(x, y) + d(y, z) + 1e-9


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_names_mean_nothing(random) -> None:
    truth_rows = straight("a", 0, 9) + straight("b", 0, 9, y_m=70) + straight("c", 3, 9, y_m=-60)
    track_rows = (
        straight("1", 1, 5, offset_m=9) + straight("2", 0, 9, y_m=64) + straight("3", 6, 9, y_m=8)
    )
    truth, tracks = paths(truth_rows), paths(track_rows)
    random.shuffle(truth_rows)
    random.shuffle(track_rows)
    renamed = {"1": "x", "2": "m", "3": "d"}
    again = paths([(renamed[r[0]], *r[1:]) for r in track_rows])
    assert gospa(paths(truth_rows), again).distance == pytest.approx(gospa(truth, tracks).distance)
    mixed, plain = siap(paths(truth_rows), again), siap(truth, tracks)
    assert mixed.completeness == plain.completeness
    assert mixed.track_number_changes == plain.track_number_changes
    assert mixed.position_accuracy_m == pytest.approx(plain.position_accuracy_m)


# ------------------------------------------------------------------------------------- SIAP
def test_siap_of_one_track_that_starts_late_and_ends_early() -> None:
    truth = paths(straight("a", 0, 9))
    s = siap(truth, paths(straight("t", 2, 7, offset_m=3.0)))
    assert s.completeness == pytest.approx(6 / 10)
    assert (s.ambiguity, s.spuriousness) == (1.0, 0.0)
    assert (s.position_accuracy_m, s.velocity_accuracy_mps) == pytest.approx((3.0, 0.0))
    assert s.longest_segment == pytest.approx(5 / 9)
    assert (s.delays_s, s.never_tracked) == ((2.0,), 0)


def test_velocity_accuracy_is_that_of_the_rows_that_have_a_velocity() -> None:
    """A tracker that does not know it at its first row is not without it."""
    nan = math.nan
    truth = straight("a", 0, 9)
    tracks = [(name, t, xyz, (100.0, 3.0, 0.0)) for name, t, xyz, _ in straight("t", 0, 9)]
    tracks[0] = (*tracks[0][:3], (nan, nan, nan))
    assert siap(paths(truth), paths(tracks)).velocity_accuracy_mps == pytest.approx(3.0)
    none = [(*row[:3], (nan, nan, nan)) for row in tracks]
    assert math.isnan(siap(paths(truth), paths(none)).velocity_accuracy_mps)


def test_two_tracks_on_one_truth_are_ambiguity() -> None:
    truth = paths(straight("a", 0, 9))
    s = siap(truth, paths(straight("t", 0, 9), straight("u", 0, 9, offset_m=5)))
    assert (s.completeness, s.ambiguity, s.track_number_changes) == (1.0, 2.0, 0)


def test_a_track_far_from_everything_is_spurious_and_its_truth_untracked() -> None:
    s = siap(paths(straight("a", 0, 9)), paths(straight("t", 0, 9, y_m=101.0)))
    assert (s.completeness, s.ambiguity, s.spuriousness, s.never_tracked) == (0.0, 1.0, 1.0, 1)


def test_two_close_instants_do_not_make_an_association() -> None:
    assert siap(paths(straight("a", 0, 9)), paths(straight("t", 0, 1))).completeness == 0.0
    assert siap(
        paths(straight("a", 0, 9)), paths(straight("t", 0, 2))
    ).completeness == pytest.approx(0.3)


def test_a_single_stray_instant_does_not_end_an_association() -> None:
    track = straight("t", 0, 9)
    track[5] = ("t", 5.0, (500.0, 300.0, 0.0), (100.0, 0.0, 0.0))
    assert siap(paths(straight("a", 0, 9)), paths(track)).completeness == 1.0


def test_renumbering_counts_as_one_change() -> None:
    truth = paths(straight("a", 0, 9))
    s = siap(truth, paths(straight("t", 0, 4), straight("u", 5, 9)))
    assert s.track_number_changes == 1
    assert s.rate_of_change_hz == pytest.approx(1 / 8)  # 4 s of t and 4 s of u
    assert s.longest_segment == pytest.approx(4 / 9)


def test_a_track_shown_at_every_second_scan_follows_its_truth_at_those() -> None:
    truth, track = straight("a", 0, 9), straight("t", 0, 9, offset_m=4.0)
    s = siap(paths(truth), paths(track[::2]))
    assert (s.completeness_by_rows, s.spuriousness_by_rows) == (0.5, 0.0)
    s = siap(paths(truth[::2]), paths(track[::2], straight("u", 0, 9, y_m=5000)))
    assert (s.completeness_by_rows, s.spuriousness_by_rows) == (1.0, 10 / 15)


@given(st.lists(st.sets(st.integers(0, 9), min_size=1), min_size=1, max_size=4), st.data())
def test_shares_keep_their_range_whatever_rows_are_missing(shown: list[set], data) -> None:
    truth = [
        straight("a", 0, 9),
        straight("b", 0, 9, y_m=60.0),
    ]
    seen = [data.draw(st.sets(st.integers(0, 9), min_size=1)) for _ in truth]
    rows = [[path[s] for s in sorted(scans)] for path, scans in zip(truth, seen, strict=True)]
    tracks = [
        [straight(str(k), 0, 9, y_m=25.0 * k)[s] for s in sorted(scans)]
        for k, scans in enumerate(shown)
    ]
    s = siap(paths(*rows), paths(*tracks))
    for share in (s.completeness_by_rows, s.spuriousness_by_rows, s.longest_segment):
        assert 0.0 <= share <= 1.0


@pytest.mark.parametrize(
    "setting",
    [
        {"within_m": -1.0}, {"within_m": math.nan}, {"within_m": "100"}, {"confirm": 0},
        {"confirm": 2.5}, {"misses": 0},
    ],
)  # fmt: skip
def test_settings_of_the_association_that_mean_nothing_are_refused(setting: dict) -> None:
    with pytest.raises(ValueError, match=r"association: found .*allowed: within_m from 0.001"):
        siap(NOTHING, NOTHING, **setting)


def test_empty_pictures_have_defined_values() -> None:
    s = siap(NOTHING, NOTHING)
    assert (s.completeness, s.ambiguity, s.spuriousness, s.longest_segment) == (0.0, 1.0, 0.0, 0.0)


# ------------------------------------------------------------------------------------ paths
def test_of_two_rows_at_one_instant_the_last_counts() -> None:
    p = Paths.of(["a", "a"], [1.0, 1.0], [(0, 0, 0), (5, 0, 0)])
    assert p.xyz_m.tolist() == [[5.0, 0.0, 0.0]]


def test_rows_move_to_a_scan_within_a_millisecond_and_others_are_left_out() -> None:
    p = Paths.of(["a", "a", "b"], [0.5004, 0.7, 1.0], np.zeros((3, 3)))
    moved, left_out = snapped(p, [0.0, 0.5, 1.0])
    assert (moved.times_s.tolist(), left_out) == ([0.5, 1.0], 1)


def test_positions_must_be_finite() -> None:
    with pytest.raises(ValueError, match="finite"):
        Paths.of(["a"], [0.0], [(math.nan, 0, 0)])


def test_a_number_that_is_no_place_or_speed_is_refused() -> None:
    with pytest.raises(ValueError, match=r"within 4e\+09"):
        Paths.of(["a"], [0.0], [(1e308, 0, 0)])
    with pytest.raises(ValueError, match=r"within 4e\+09"):
        Paths.of(["a"], [0.0], [(0, 0, 0)], [(1e308, 0, 0)])


def test_columns_where_rows_belong_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"found shapes \(\(4,\), \(4,\), \(3, 4\), .*allowed: \(m,\)"
    ):
        Paths.of(["a"] * 4, range(4), np.zeros((3, 4)))


def test_of_no_rows_an_empty_list_will_do() -> None:
    assert len(Paths.of([], [], [], [])) == 0
