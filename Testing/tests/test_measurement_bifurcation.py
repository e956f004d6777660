"""Where path lengths begin is where arteries leave each other, whatever else is labelled so."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

from AbdominalCalcificationLib.measurement import measure
from phantoms import ORIENTATIONS, Phantom, Plaque, Tube, aorta, branch, grid_over, label_of, reoriented

AORTA, LEFT, RIGHT, RENAL = (
    label_of(name) for name in ("aorta", "common_iliac_left", "common_iliac_right", "renal_left")
)
TRUNK = aorta(100)  # from -50 to 50 mm
# A plaque from 66 to 70 mm above the lower end of the aorta, where its limbs leave it sideways.
TRUTH_MM = 68
CLOSE_MM = 3.0
EVERYTHING = (0, AORTA, LEFT, RIGHT)


def limb(sign: int, *, top_mm: float = -48.0) -> Tube:
    return Tube((sign * 4.5, 0, top_mm), (sign * 0.4, 0, -1), 60, 4)


LEFT_LIMB, RIGHT_LIMB = limb(1), limb(-1)


def a_case(left: Tube | None = LEFT_LIMB, right: Tube | None = RIGHT_LIMB):
    return tuple(volume.with_array(volume.array.copy()) for volume in painted(left, right))


@cache
def painted(left: Tube | None, right: Tube | None):
    arteries = {"aorta": (TRUNK,), "common_iliac_left": (left,), "common_iliac_right": (right,)}
    arteries = {name: tubes for name, tubes in arteries.items() if tubes != (None,)}
    plaque = Plaque(TRUNK, (TRUTH_MM - 2, TRUTH_MM + 2), (6, 9), (-1, 1))
    return Phantom(arteries, (plaque,)).painted(grid_over((-40, -14, -112), (40, 14, 54), 0.9))


def with_box(case, label: int, low_ras, high_ras, over=(0,)):
    """Label a box, where it has one of the labels `over`."""
    labels, grid = case[1].array, case[1].grid
    points = grid.ras_of_kji(np.indices(labels.shape).reshape(3, -1).T).reshape(*labels.shape, 3)
    inside = ((points >= low_ras) & (points <= high_ras)).all(axis=-1)
    labels[inside & np.isin(labels, over)] = label
    return case


def with_voxel_beside(case, label: int, side: int, height_mm: float, of: int = AORTA):
    """Label the voxel right of (1) or left of (-1) an artery at a height."""
    labels, grid = case[1].array, case[1].grid
    k, j, _ = np.round(grid.kji_of_ras([[0, 0, height_mm]])[0]).astype(int)
    row = np.flatnonzero(labels[k, j] == of)
    labels[k, j, row[-1] + 1 if side > 0 else row[0] - 1] = label
    return case


def distance_mm(result) -> float:
    (cluster,) = [cluster for cluster in result.clusters if cluster.territory == "aorta"]
    return cluster.path_distance_mm


@cache
def undisturbed_mm() -> float:
    return distance_mm(measure(*a_case()))


def flags_about(result, name="aorta"):
    flags = {flag.code: flag.message for flag in result.flags if flag.territory == name}
    return {code: message for code, message in flags.items() if code != "truncated_field_of_view"}


def test_path_distances_along_the_aorta_count_from_its_limbs():
    result = measure(*a_case())
    assert distance_mm(result) == pytest.approx(TRUTH_MM, abs=1)
    assert not flags_about(result)


@pytest.mark.parametrize("height_mm", [-40, 0, 40])
@pytest.mark.parametrize(("label", "side"), [(LEFT, 1), (LEFT, -1), (RIGHT, -1)])
def test_a_stray_voxel_beside_the_aorta_is_no_limb(label, side, height_mm):
    result = measure(*with_voxel_beside(a_case(), label, side, height_mm))
    assert distance_mm(result) == undisturbed_mm()
    (said,) = flags_about(result).values()
    assert "1 piece of" in said
    assert "(0.7 mm³)" in said
    assert float(re.search(r"up to (\d+) mm", said)[1]) == pytest.approx(height_mm + 50, abs=2)


def test_stray_pieces_on_both_sides_and_inside_the_aorta_are_no_limbs():
    case = with_box(a_case(), RIGHT, (-14, -2, 0), (-8, 2, 6))  # 70 mm³ and more: not too small for an artery
    labels = case[1].array
    labels[(labels == AORTA) & (np.random.default_rng(1).random(labels.shape) > 0.999)] = LEFT
    result = measure(*case)
    assert distance_mm(result) == pytest.approx(TRUTH_MM, abs=1)
    assert "left common iliac" in flags_about(result)["limbs_left_out"]
    assert "right common iliac" in flags_about(result)["limbs_left_out"]


@pytest.mark.parametrize("low_mm", [-30, -60])  # apart from the limb, and hanging together with it
def test_a_strip_that_runs_up_along_the_aorta_is_no_limb(low_mm):
    result = measure(*with_box(a_case(), LEFT, (8, -2, low_mm), (12, 2, 20)))
    assert distance_mm(result) == pytest.approx(TRUTH_MM, abs=CLOSE_MM)
    assert set(flags_about(result)) == {"limbs_left_out"}


def test_where_both_limbs_run_up_along_the_aorta_its_lower_end_counts():
    case = with_box(a_case(), LEFT, (8, -2, -60), (12, 2, 20))
    result = measure(*with_box(case, RIGHT, (-12, -2, -60), (-8, 2, 20)))
    assert distance_mm(result) == pytest.approx(TRUTH_MM, abs=1)
    assert set(flags_about(result)) == {"bifurcation_not_seen", "limbs_left_out"}


def test_a_slice_of_the_aorta_that_is_labelled_as_a_limb_is_none():
    result = measure(*with_box(a_case(), LEFT, (-12, -12, 0), (12, 12, 5), EVERYTHING[1:]))
    assert distance_mm(result) == pytest.approx(TRUTH_MM, abs=CLOSE_MM)
    assert set(flags_about(result)) == {"limbs_left_out"}


def test_without_one_limb_the_other_tells_where_the_aorta_ends():
    result = measure(*a_case(left=None))
    assert distance_mm(result) == pytest.approx(TRUTH_MM, abs=CLOSE_MM)
    assert not flags_about(result)


@pytest.mark.parametrize(("right", "codes"), [(limb(-1), set()), (None, {"bifurcation_not_seen"})])
def test_a_mask_that_holds_nothing_but_a_piece_beside_the_aorta_is_no_limb(right, codes):
    result = measure(*with_box(a_case(None, right), LEFT, (8, -4, 0), (16, 4, 6)))
    assert distance_mm(result) == pytest.approx(TRUTH_MM, abs=CLOSE_MM)
    assert set(flags_about(result)) == {"limbs_left_out"} | codes


@pytest.mark.parametrize("stray", [False, True])
def test_limbs_beyond_a_gap_tell_where_the_aorta_ends(stray):
    case = a_case(limb(1, top_mm=-55), limb(-1, top_mm=-55))
    result = measure(*(with_voxel_beside(case, LEFT, 1, 0) if stray else case))
    assert distance_mm(result) == pytest.approx(TRUTH_MM, abs=CLOSE_MM)
    assert set(flags_about(result)) == ({"limbs_left_out"} if stray else set())


def test_limbs_too_far_away_do_not_and_a_stray_voxel_of_them_neither():
    case = a_case(limb(1, top_mm=-68), limb(-1, top_mm=-68))
    result = measure(*with_voxel_beside(case, LEFT, 1, 0))
    assert distance_mm(result) == pytest.approx(TRUTH_MM, abs=1)
    assert set(flags_about(result)) == {"bifurcation_not_seen", "limbs_left_out"}


def test_a_limb_goes_on_from_the_stump_that_touches_the_aorta():
    case = with_box(a_case(right=None), 0, (0, -14, -60), (40, 14, -56), (LEFT,))
    result = measure(*case)
    assert distance_mm(result) == distance_mm(measure(*a_case(right=None)))
    assert not flags_about(result)


def test_a_limb_whose_larger_piece_is_too_far_away_is_told_by_the_other_one():
    case = with_box(a_case(right=None), 0, (0, -14, -78), (40, 14, -62), (LEFT,))
    result = measure(*case)
    assert distance_mm(result) == distance_mm(measure(*a_case(right=None)))
    assert not flags_about(result)


@pytest.mark.parametrize(("reach_mm", "codes"), [(8, set()), (30, {"bifurcation_unclear"})])
def test_an_aorta_that_goes_on_into_a_limb_is_told(reach_mm, codes):
    case = with_box(a_case(), AORTA, (-40, -14, -50 - reach_mm), (0, 14, -50), (RIGHT,))
    result = measure(*case)
    assert distance_mm(result) == pytest.approx(TRUTH_MM, abs=4)
    assert set(flags_about(result)) - {"limbs_left_out"} == codes


def test_a_stray_piece_of_the_aorta_is_not_its_lower_end():
    case = with_box(a_case(None, None), AORTA, (21, -1, -95), (23, 1, -94))
    result = measure(*case)
    assert distance_mm(result) == pytest.approx(TRUTH_MM, abs=1)
    assert set(flags_about(result)) == {"bifurcation_not_seen"}


@cache
def disturbed():
    case = with_voxel_beside(with_box(a_case(), LEFT, (8, -2, -30), (12, 2, 20)), RIGHT, -1, 10)
    return case, measure(*case)


@pytest.mark.parametrize("orientation", ORIENTATIONS[3::11])
def test_the_axes_do_not_matter(orientation):
    case, expected = disturbed()
    result = measure(*[reoriented(volume, *orientation) for volume in case])
    assert distance_mm(result) == pytest.approx(distance_mm(expected), abs=1e-4)
    assert flags_about(result) == flags_about(expected)


def renal_case():
    return tuple(volume.with_array(volume.array.copy()) for volume in painted_renal())


@cache
def painted_renal():
    tubes = branch((1, 0, 0), 3, (60,))
    return Phantom({"aorta": (aorta(60),), "renal_left": tubes}).painted(grid_over((-14, -14, -32), (76, 14, 32), 0.9))


@cache
def undisturbed_renal():
    return measure(*painted_renal())


@pytest.mark.parametrize("along_mm", [20, 40, 58, 59])
def test_a_stray_voxel_of_the_aorta_is_no_second_ostium(along_mm):
    expected, case = undisturbed_renal(), renal_case()
    labels, grid = case[1].array, case[1].grid
    j, i = np.round(grid.kji_of_ras([[9 + along_mm, 0, 0]])[0, 1:]).astype(int)
    column = np.flatnonzero(labels[:, j, i] == RENAL)
    labels[column[-1] + 1, j, i] = AORTA
    result = measure(*case)
    assert result.territory("renal_left") == expected.territory("renal_left")
    assert (result.kept_arteries.array == RENAL).sum() == (expected.kept_arteries.array == RENAL).sum()
    assert "specks" in flags_about(result, "renal_left")["territory_touches_parent"]


def test_a_branch_between_two_pieces_of_its_parent_is_measured_from_both_and_flagged():
    case = with_box(renal_case(), AORTA, (67, -5, -5), (75, 5, 5))
    result = measure(*case)
    assert set(flags_about(result, "renal_left")) == {"territory_beginning_unclear"}
    once = (measure(*renal_case()).kept_arteries.array == RENAL).sum()
    assert (result.kept_arteries.array == RENAL).sum() > 1.8 * once
