"""Where a branch is cut, and what happens to branches that do not simply leave their parent."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import MeasurementParameters, measure
from phantoms import (
    ORIENTATIONS,
    Phantom,
    Plaque,
    Tube,
    aorta,
    beside_aorta,
    branch,
    grid_over,
    label_of,
    path_lengths,
    reoriented,
    rotation_about,
)

RENAL = label_of("renal_left")
BENT = (8,), (46, 15, (0, 0, 1))


def assert_cut_at(length_mm, result, tubes, name="renal_left", tolerance_mm=None):
    tolerance_mm = tolerance_mm or result.kept_arteries.grid.voxel_diagonal_mm
    assert path_lengths(result.kept_arteries, tubes, name).max() == pytest.approx(length_mm, abs=tolerance_mm)
    assert path_lengths(result.cut_arteries, tubes, name).min() == pytest.approx(length_mm, abs=tolerance_mm)


def codes(result, name="renal_left"):
    return {flag.code for flag in result.flags if flag.territory == name}


@pytest.mark.parametrize("bend_mm", [15, 20, np.inf])
@pytest.mark.parametrize("radius_mm", [2, 4])
@pytest.mark.parametrize(
    ("spacing_mm", "rotation"),
    [
        (0.6, None),
        (0.7, rotation_about((1, 2, -3), 25)),
        (1.5, None),
        ((0.7, 0.7, 3.0), None),
        ((0.8, 0.8, 1.25), rotation_about((1, 2, 3), 35)),
    ],
)
def test_a_branch_is_cut_at_its_path_length_along_the_course(bend_mm, radius_mm, spacing_mm, rotation):
    tubes = branch((1, 0, 0), radius_mm, (8,), (46, bend_mm, (0, 0, 1)))
    phantom = Phantom({"aorta": (aorta(30),), "renal_left": tubes})
    high = (66, 11, 34) if bend_mm == np.inf else (46, 11, 46)
    case = phantom.painted(grid_over((-12, -11, -18), high, spacing_mm, rotation))
    for length_mm in (30, 41.7):
        result = measure(*case, MeasurementParameters({"renal": length_mm}))
        assert_cut_at(length_mm, result, tubes)


def test_a_cut_far_along_a_winding_branch_is_as_exact():
    tubes = branch(
        (1, 0, 0), 3, (5,), (40, 16, (0, 0, 1)), (30, 14, (1, 0, 1)), (30, 18, (0, 1, 0.2)), (25, 20, (0, 0, 1))
    )
    phantom = Phantom({"aorta": (aorta(30),), "superior_mesenteric": tubes})
    low, high = (-30, -40, -20), (60, 40, 80)
    case = phantom.painted(grid_over(low, high, 0.9, rotation_about((1, 1, 0), 15)))
    result = measure(*case, MeasurementParameters({"mesenteric": 100}))
    assert_cut_at(100, result, tubes, "superior_mesenteric")


def test_the_cut_leaves_one_piece():
    tubes = branch((1, 0, 0), 3, *BENT)
    case = Phantom({"aorta": (aorta(30),), "renal_left": tubes}).painted(grid_over((-12, -11, -18), (46, 11, 46), 0.8))
    rng = np.random.default_rng(3)
    labels = case[1].array
    labels[(labels == RENAL) & (rng.random(labels.shape) > 0.75)] = 0  # a ragged, porous mask
    touching = ndimage.label(np.isin(labels, (1, RENAL)), np.ones((3, 3, 3)))[0]
    labels[touching != touching[labels == 1][0]] = 0
    for length_mm in (5, 12, 20, 33):
        result = measure(*case, MeasurementParameters({"renal": length_mm}))
        kept = result.kept_arteries.array == RENAL
        assert kept.any()
        pieces = ndimage.label(np.isin(result.kept_arteries.array, (1, RENAL)), np.ones((3, 3, 3)))[1]
        assert pieces == 1


@pytest.mark.parametrize("gap_mm", [2.0, 6.0, 9.0])
def test_a_branch_without_ostium_is_attached_over_a_gap_that_counts_as_path(gap_mm):
    tubes = branch((1, 0, 0), 3, (60,))
    hole = Tube((9.0, 0, 0), (1, 0, 0), gap_mm, 20)
    phantom = Phantom({"aorta": (aorta(30),), "renal_left": tubes}, holes=(hole,))
    grid = grid_over((-12, -11, -18), (75, 11, 18), 0.7)
    case = phantom.painted(grid)
    result = measure(*case, MeasurementParameters({"renal": 30}))
    assert codes(result) == {"territory_attached_over_gap"}
    assert_cut_at(30, result, tubes)


def test_a_branch_too_far_from_its_parent_is_measured_from_its_own_nearest_end():
    tubes = branch((1, 0, 0), 3, (14,), (60,))
    phantom = Phantom({"aorta": (aorta(30),), "renal_left": tubes[2:]})
    result = measure(*phantom.painted(grid_over((-12, -11, -18), (92, 11, 18), 0.7)), MeasurementParameters())
    assert codes(result) == {"territory_detached"}
    assert_cut_at(14 + 30, result, tubes)


def test_the_attachment_distance_is_a_parameter():
    tubes = branch((1, 0, 0), 3, (14,), (60,))
    phantom = Phantom({"aorta": (aorta(30),), "renal_left": tubes[2:]})
    case = phantom.painted(grid_over((-12, -11, -18), (92, 11, 18), 0.7))
    result = measure(*case, MeasurementParameters(attach_distance_mm=20))
    assert codes(result) == {"territory_attached_over_gap"}
    assert_cut_at(30, result, tubes)


def test_a_detached_branch_beside_its_parent_begins_at_an_end_not_in_the_middle():
    far = Tube((28.0, 0, 30), (-0.12, 0, -1), 70, 3)  # its lower end is nearest to the aorta
    phantom = Phantom({"aorta": (aorta(90, 4),), "superior_mesenteric": (far,)})
    result = measure(
        *phantom.painted(grid_over((-8, -8, -48), (34, 8, 48), 0.9)), MeasurementParameters({"mesenteric": 30})
    )
    assert codes(result, "superior_mesenteric") == {"territory_detached"}
    kept = path_lengths(result.kept_arteries, (far,), "superior_mesenteric")
    assert kept.max() > 69
    assert kept.min() == pytest.approx(40, abs=1.6)


def test_an_island_goes_on_where_the_branch_stopped():
    tubes = branch((1, 0, 0), 3, (60,))
    hole = Tube((24.0, 0, 0), (1, 0, 0), 7, 20)  # path 15 to 22
    phantom = Phantom({"aorta": (aorta(30),), "renal_left": tubes}, holes=(hole,))
    case = phantom.painted(grid_over((-12, -11, -18), (75, 11, 18), 0.7))
    result = measure(*case, MeasurementParameters({"renal": 30}))
    assert codes(result) == {"territory_attached_over_gap"}
    assert_cut_at(30, result, tubes)


def test_a_far_speck_is_not_kept():
    tubes = branch((1, 0, 0), 3, (60,))
    case = Phantom({"aorta": (aorta(30),), "renal_left": tubes}).painted(grid_over((-12, -11, -18), (120, 11, 18), 1.0))
    case[1].array[10:12, 10:12, -4:-2] = RENAL
    result = measure(*case)
    assert codes(result) == {"territory_detached"}
    assert_cut_at(30, measure(case[0], case[1], case[2]), (*tubes, Tube((69, 0, 0), (1, 0, 0), 60, 15, path_mm=60)))


def test_branches_of_a_missing_parent_begin_where_they_are_nearest_to_each_other():
    iliacs = {
        f"common_iliac_{side}": branch((sign * 0.5, 0, -1), 4, (60,), aorta_radius_mm=6)[1:]
        for side, sign in (("left", 1), ("right", -1))
    }
    result = measure(*Phantom(iliacs).painted(grid_over((-45, -8, -70), (45, 8, 5), 0.9)))
    assert ("no_abdominal_aorta", None) in {(flag.code, flag.territory) for flag in result.flags}
    for name, tubes in iliacs.items():
        assert codes(result, name) == {"territory_detached"}
        assert_cut_at(40, result, tubes, name)


def test_a_branch_without_parent_and_siblings_begins_at_its_upper_end():
    tube = Tube((0, 0, 40), (0.1, 0.1, -1), 90, 3)
    result = measure(*Phantom({"superior_mesenteric": (tube,)}).painted(grid_over((-8, -8, -55), (15, 15, 45), 0.9)))
    assert_cut_at(50, result, (tube,), "superior_mesenteric", tolerance_mm=1.8)


def test_branches_that_touch_each_other_do_not_leak():
    left = branch((1, 0, 0), 3, (60,))
    beside = branch((1, 0, 0), 3, (60,), height_mm=5.4)  # 0.6 mm inside the other
    phantom = Phantom({"aorta": (aorta(40),), "renal_left": beside, "superior_mesenteric": left})
    case = phantom.painted(grid_over((-12, -11, -22), (75, 11, 22), 0.7))
    result = measure(*case, MeasurementParameters({"renal": 20, "mesenteric": 45}))
    assert_cut_at(20, result, beside)
    assert_cut_at(45, result, left, "superior_mesenteric")
    assert "territory_attached_over_gap" not in codes(result)


def test_a_branch_that_forks_is_cut_in_every_limb():
    stem = Tube((0.0, 0, 0), (1, 0, 0), 27, 4, path_mm=-9)
    limbs = [Tube((27.0, 0, 0), (1, 0, slope), 40, 3, path_mm=18) for slope in (0.8, -0.8)]
    phantom = Phantom({"aorta": (aorta(30),), "renal_left": (stem, *limbs)})
    grid = grid_over((-12, -11, -38), (66, 11, 38), 0.7)
    result = measure(*phantom.painted(grid), MeasurementParameters({"renal": 40}))
    for limb in limbs:
        # The crotch belongs to both limbs; beyond it they are apart.
        for volume, farthest in ((result.kept_arteries, max), (result.cut_arteries, min)):
            points = grid.ras_of_kji(np.argwhere(volume.array == RENAL))
            along, off_axis, _ = limb.coordinates(points)
            inside = (off_axis <= 3) & (along > 8)
            assert farthest(along[inside]) + 18 == pytest.approx(40, abs=grid.voxel_diagonal_mm)


def test_a_renal_artery_with_a_second_ostium_is_kept_at_both():
    first = branch((1, 0, 0), 3, (50,), height_mm=8)
    second = branch((1, 0, 0), 2, (50,), height_mm=-8)
    phantom = Phantom({"aorta": (aorta(40),), "renal_left": (*first, *second)})
    result = measure(*phantom.painted(grid_over((-12, -11, -22), (66, 11, 22), 0.7)))
    assert codes(result) == set()
    assert_cut_at(30, result, (*first, *second))


def test_a_branch_that_passes_by_its_parent_does_not_begin_there_anew():
    # It leaves forwards, runs down until it lies against the aorta's wall, and away from it again.
    tubes = branch(
        (0, 1, 0),
        3,
        (4,),
        (12, 12 / np.radians(100), (0, 0, -1)),
        (44,),
        (12, 12 / np.radians(20), (0, 1, 0)),
        (30,),
        height_mm=40,
    )
    phantom = Phantom({"aorta": (aorta(120),), "superior_mesenteric": tubes})
    case = phantom.painted(grid_over((-11, -11, -62), (11, 30, 62), 0.8))
    result = measure(*case, MeasurementParameters({"mesenteric": 50}))
    assert codes(result, "superior_mesenteric") >= {"territory_touches_parent"}
    assert_cut_at(50, result, tubes, "superior_mesenteric")


BESIDE = grid_over((-11, -11, -62), (11, 34, 62), 0.9)


def measured_beside_aorta(*tubes, name="inferior_mesenteric", grid=BESIDE, **parameters):
    return measure(*Phantom({"aorta": (aorta(120),), name: tubes}).painted(grid), MeasurementParameters(**parameters))


@pytest.mark.parametrize("rotation", [None, rotation_about((1, 2, -3), 25)])
@pytest.mark.parametrize(("distance_mm", "radius_mm"), [(4, 2), (2.5, 3), (8, 1.5)])
def test_a_branch_beside_its_parent_without_ostium_begins_at_its_upper_end(distance_mm, radius_mm, rotation):
    tube = beside_aorta(distance_mm, radius_mm=radius_mm)
    result = measured_beside_aorta(tube, grid=grid_over((-11, -11, -62), (11, 34, 62), 0.9, rotation))
    assert codes(result, "inferior_mesenteric") == {"territory_attached_over_gap", "territory_beginning_unclear"}
    assert_cut_at(50 - distance_mm, result, (tube,), "inferior_mesenteric", tolerance_mm=1.9)


def test_a_branch_without_ostium_that_turns_away_from_its_parent_begins_at_the_end_that_is_near():
    down = beside_aorta(4, length_mm=60)
    away = down.continued(40, 30, (0, 1, 0))
    result = measured_beside_aorta(down, away, grid=grid_over((-11, -11, -62), (11, 50, 62), 0.9))
    assert codes(result, "inferior_mesenteric") == {"territory_attached_over_gap"}
    assert_cut_at(50 - 4, result, (down, away), "inferior_mesenteric", tolerance_mm=1.9)


def test_it_begins_at_the_lower_end_where_only_that_is_near():
    away = Tube((0, 35, 50), (0, -20, -30), np.hypot(20, 30), 2)
    down = Tube(tuple(away.point(away.length_mm)), (0, 0, -1), 60, 2, path_mm=away.length_mm)
    result = measured_beside_aorta(away, down, grid=grid_over((-11, -11, -62), (11, 40, 62), 0.9))
    assert codes(result, "inferior_mesenteric") == {"territory_attached_over_gap"}
    whole = down.path_mm + 60
    kept = path_lengths(result.kept_arteries, (away, down), "inferior_mesenteric")
    assert kept.max() > whole - 1
    assert whole - kept.min() == pytest.approx(50 - 4, abs=2.5)


def test_a_wider_gap_at_the_end_than_beside_counts():
    top = Tube((0, 18, 60), (0, -2, -6), np.hypot(2, 6), 3)
    down = Tube((0, 16, 54), (0, 0, -1), 110, 3, path_mm=top.length_mm)
    result = measured_beside_aorta(top, down, name="superior_mesenteric", kept_length_mm={"mesenteric": 50})
    assert "territory_attached_over_gap" in codes(result, "superior_mesenteric")
    assert_cut_at(50 - 6, result, (top, down), "superior_mesenteric", tolerance_mm=2.2)


def test_a_branch_that_only_touches_in_mid_course_begins_at_its_own_end():
    # Three parts: at 6 mm, in to the aorta's wall, and out again; the part at the ostium is missing.
    tubes = [Tube((0, 17, 55), (0, -0.1, -1), 51 * np.hypot(1, 0.1), 3)]
    tubes.append(Tube(tuple(tubes[0].point(tubes[0].length_mm)), (0, 0.1, -1), 50, 3, path_mm=tubes[0].length_mm))
    result = measured_beside_aorta(*tubes, name="superior_mesenteric")
    assert codes(result, "superior_mesenteric") == {
        "territory_touches_parent",
        "territory_attached_over_gap",
        "territory_beginning_unclear",
    }
    assert_cut_at(50 - 5, result, tubes, "superior_mesenteric", tolerance_mm=2.2)


@pytest.mark.parametrize("top_free_mm", [0, 10])
def test_a_branch_that_touches_its_parent_all_along_is_cut(top_free_mm):
    tubes = [beside_aorta(0, top_mm=50)]
    if top_free_mm:
        lean = Tube((0, 12, 50 + top_free_mm), (0, -1, -top_free_mm), np.hypot(1, top_free_mm), 2)
        tubes = [lean, Tube((0, 11, 50), (0, 0, -1), 100, 2, path_mm=lean.length_mm)]
    result = measured_beside_aorta(*tubes)
    assert codes(result, "inferior_mesenteric") >= {"territory_touches_parent", "territory_beginning_unclear"}
    assert_cut_at(50, result, tubes, "inferior_mesenteric", tolerance_mm=2.2)


def test_a_later_piece_beside_the_parent_goes_on_from_the_piece_before():
    tubes = branch((0, 1, 0), 2, (2,), (8 * np.pi / 2, 8, (0, 0, -1)), (90,), height_mm=45)
    hole = Tube((0, 9 + 2 + 8, 30), (0, 0, -1), 7, 8)
    phantom = Phantom({"aorta": (aorta(120),), "inferior_mesenteric": tubes}, holes=(hole,))
    result = measure(*phantom.painted(BESIDE), MeasurementParameters())
    assert "territory_attached_over_gap" in codes(result, "inferior_mesenteric")
    assert_cut_at(50, result, tubes, "inferior_mesenteric", tolerance_mm=2.2)


@pytest.mark.parametrize("gap_mm", [0, 4])
def test_a_branch_that_forks_at_its_parent_is_measured_in_both_limbs(gap_mm):
    limbs = [Tube((9.0 + gap_mm, 0, 0), (1, 0, slope), 60, 3, path_mm=gap_mm) for slope in (0.8, -0.8)]
    phantom = Phantom({"aorta": (aorta(120),), "renal_left": tuple(limbs)})
    grid = grid_over((-11, -11, -62), (70, 11, 62), 0.8)
    result = measure(*phantom.painted(grid))
    assert codes(result) == ({"territory_attached_over_gap"} if gap_mm else set())
    for limb in limbs:
        points = grid.ras_of_kji(np.argwhere(result.kept_arteries.array == RENAL))
        along, off_axis, _ = limb.coordinates(points)
        assert along[(off_axis <= 3) & (along > 8)].max() + gap_mm == pytest.approx(30, abs=2.5)


@pytest.mark.parametrize("distance_mm", [0, 4])
@pytest.mark.parametrize("orientation", ORIENTATIONS[5::9])
def test_where_a_branch_beside_its_parent_begins_does_not_depend_on_the_axes(distance_mm, orientation):
    case = Phantom({"aorta": (aorta(120),), "inferior_mesenteric": (beside_aorta(distance_mm),)}).painted(BESIDE)
    expected = measure(*case)
    result = measure(*[reoriented(volume, *orientation) for volume in case])
    assert (result.kept_arteries.array == reoriented(expected.kept_arteries, *orientation).array).all()
    assert {(f.code, f.message) for f in result.flags} == {(f.code, f.message) for f in expected.flags}


@pytest.mark.parametrize("degrees", [30, 50, 90])
def test_an_oblique_ostium_is_one_ostium(degrees):
    side = (np.sin(np.radians(degrees)), 0, -np.cos(np.radians(degrees)))
    reach = 9 / side[0]
    stem = Tube((0, 0, 10), side, reach + 60, 3, path_mm=-reach)
    phantom = Phantom({"aorta": (aorta(90),), "renal_left": (stem,)})
    result = measure(*phantom.painted(grid_over((-11, -11, -60), (70, 11, 48), 0.8)))
    assert codes(result) == set()
    assert_cut_at(30, result, (stem,), tolerance_mm=3 / np.tan(np.radians(degrees)) + 1.4)


def test_a_branch_that_leaves_the_volume_is_measured_as_far_as_it_is_seen_and_flagged():
    tubes = branch((1, 0, 0), 3, (60,))
    phantom = Phantom({"aorta": (aorta(30),), "renal_left": tubes})
    near = measure(*phantom.painted(grid_over((-12, -11, -18), (29, 11, 18), 0.7)))
    assert codes(near) == {"truncated_field_of_view"}
    assert not near.cut_arteries.array.any()
    # A branch that leaves the volume beyond its kept length loses nothing that counts.
    far = measure(*phantom.painted(grid_over((-12, -11, -18), (55, 11, 18), 0.7)))
    assert codes(far) == set()


def test_path_distances_of_clusters_follow_the_branch_and_count_up_from_the_bifurcation():
    trunk = aorta(60)
    renal = branch((1, 0, 0), 3, *BENT, height_mm=10)
    iliacs = {
        f"common_iliac_{side}": (Tube((sign * 4.5, 0, -28), (sign * 0.4, 0, -1), 60, 4),)
        for side, sign in (("left", 1), ("right", -1))
    }
    plaques = (
        Plaque(trunk, (38, 42), (6, 9), (-1, 1)),
        Plaque(renal[2], (20, 22), (1, 3), (-1, 1)),
    )
    phantom = Phantom({"aorta": (trunk,), "renal_left": renal, **iliacs}, plaques)
    result = measure(
        *phantom.painted(grid_over((-40, -11, -75), (46, 11, 55), 0.9)), MeasurementParameters({"renal": 50})
    )
    by_territory = {cluster.territory: cluster for cluster in result.clusters}
    assert by_territory["aorta"].path_distance_mm == pytest.approx(40, abs=2)
    assert by_territory["renal_left"].path_distance_mm == pytest.approx(8 + 21, abs=1.6)
    assert "bifurcation_not_seen" not in codes(result, "aorta")

    alone = Phantom({"aorta": (trunk,)}, plaques[:1])
    result = measure(*alone.painted(grid_over((-12, -11, -34), (12, 11, 34), 0.9)))
    assert result.clusters[0].path_distance_mm == pytest.approx(40, abs=1.6)
    assert "bifurcation_not_seen" in codes(result, "aorta")


def test_a_mask_full_of_specks_is_measured():
    rng = np.random.default_rng(8)
    labels = np.zeros((60, 60, 60), np.uint8)
    labels[:, 20:30, 20:30] = 1
    labels[20:24, 30:33, 20:40] = RENAL
    labels[(rng.random(labels.shape) > 0.9997) & (labels == 0)] = RENAL
    grid = Grid.from_spacing(labels.shape)
    result = measure(None, Volume(labels, grid), Volume(labels == RENAL, grid))
    assert codes(result) >= {"territory_attached_over_gap"}
    kept, cut = result.kept_arteries.array == RENAL, result.cut_arteries.array == RENAL
    assert (kept | cut).sum() == (labels == RENAL).sum()
