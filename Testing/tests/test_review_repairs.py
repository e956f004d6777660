"""Repairs of arteries: another name, a gap joined, what is loose removed, a cut across the course."""

from __future__ import annotations

import contextlib
import re

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.measurement.constants import MOST_OF_BRANCH
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.review import (
    branch_course_steps,
    join_over_gap,
    join_over_gap_steps,
    missed_plaque_steps,
    relabel_piece,
    relabel_piece_steps,
    remove_loose,
    remove_loose_steps,
    split_here,
    split_here_steps,
)
from AbdominalCalcificationLib.review.joining import _costs
from phantoms import LUMEN_HU, Phantom, Tube, aorta, branch, grid_over, label_of, path_lengths
from review_cases import PHANTOM, RENAL, RENAL_TUBES, painted, with_gap

GRIDS = ("straight", "turned", "sheared")
GAP = Phantom(PHANTOM.arteries, (), (with_gap(RENAL_TUBES[1], 4, 12),))
FAR_END = RENAL_TUBES[1].point(24)


def codes(result, name="renal_left"):
    return {flag.code for flag in result.flags if flag.territory == name}


def applied(change, volume) -> Volume:
    return volume.with_array(change.applied(volume.array))


@pytest.mark.parametrize("kind", GRIDS)
def test_a_piece_becomes_another_artery(kind):
    _, arteries, _ = painted(kind, GAP)
    count = np.count_nonzero(painted(kind)[1].array == RENAL)
    change = relabel_piece(arteries, FAR_END, "renal_right")
    after = applied(change, arteries)
    moved = np.count_nonzero(after.array == label_of("renal_right"))
    assert 0 < moved < count
    assert np.count_nonzero(after.array == RENAL) == np.count_nonzero(arteries.array == RENAL) - moved
    assert np.array_equal(after.array != 0, arteries.array != 0)
    assert change.text.startswith(f"{moved} voxels (")
    assert change.text.endswith("of the left renal artery become the right renal artery.")
    removed = relabel_piece(arteries, FAR_END, None)
    assert (removed.added, removed.removed) == (0, moved)


def test_a_piece_that_is_that_artery_already_and_no_piece_are_refused():
    _, arteries, _ = painted()
    with pytest.raises(InputError, match="is the aorta already"):
        relabel_piece(arteries, (0, 0, 0), "aorta")
    with pytest.raises(InputError, match="No artery lies within 2 mm"):
        relabel_piece(arteries, (30, 10, 10), "aorta")


@pytest.mark.parametrize("kind", GRIDS)
def test_a_gap_is_joined_by_a_tube_of_the_same_radius(kind):
    ct, arteries, calcification = painted(kind, GAP)
    whole = painted(kind)[1]
    assert "territory_attached_over_gap" in codes(measure(ct, arteries, calcification))
    change = join_over_gap(ct, arteries, FAR_END)
    after = applied(change, arteries)
    assert not codes(measure(ct, after, calcification)) & {"territory_attached_over_gap", "territory_detached"}
    added = (after.array != arteries.array) & (after.array == RENAL)
    missing = (whole.array == RENAL) & (arteries.array == 0)
    assert np.count_nonzero(added & missing) >= 0.8 * np.count_nonzero(missing)
    assert np.count_nonzero(added & ~missing) <= 0.4 * np.count_nonzero(missing)
    assert float(re.search(r"radius ([\d.]+) mm", change.text)[1]) == pytest.approx(3, abs=0.4)
    assert np.array_equal(after.array[arteries.array > 0], arteries.array[arteries.array > 0])
    assert "joined to another piece of it over a gap of" in change.text
    assert change.removed == 0


def test_a_piece_is_joined_to_the_aorta_that_it_leaves():
    phantom = Phantom(PHANTOM.arteries, (), (with_gap(RENAL_TUBES[0], 9.2, 9), with_gap(RENAL_TUBES[1], 0, 12)))
    ct, arteries, calcification = painted("straight", phantom)
    assert "territory_detached" in codes(measure(ct, arteries, calcification))
    change = join_over_gap(None, arteries, FAR_END)
    assert "joined to the aorta over a gap of 1" in change.text
    result = measure(ct, applied(change, arteries), calcification)
    assert not codes(result) & {"territory_attached_over_gap", "territory_detached"}


def gap_in(shape: str, radius_mm: float, along_mm, j_mm, i_mm) -> np.ndarray:
    """Return which places are missing in a tube: cut across or askew, rounded off, erased by a ball."""
    off_axis = np.hypot(j_mm, i_mm)
    if shape == "flat":
        return np.abs(along_mm) <= 4 + 0 * off_axis
    if shape == "askew":
        return np.abs(along_mm - i_mm) <= 5.5
    if shape == "rounded":
        return np.abs(along_mm) <= 4 + radius_mm - np.sqrt(np.maximum(radius_mm**2 - off_axis**2, 0))
    return np.sqrt(along_mm**2 + off_axis**2) <= 4 + radius_mm


@pytest.mark.parametrize("radius_mm", [2.5, 6.0, 10.0])
@pytest.mark.parametrize("shape", ["flat", "askew", "rounded", "ball"])
def test_a_gap_in_a_vessel_of_any_width_is_filled_to_its_wall(shape, radius_mm):
    grid = Grid.from_spacing((90, 26, 26), (1.0, 1.0, 1.0))
    k, j, i = (axis - size for axis, size in zip(np.indices(grid.shape), (44.5, 12.5, 12.5), strict=True))
    whole = np.where(np.hypot(j, i) <= radius_mm, 1, 0).astype(np.uint8)
    whole[:2] = whole[-2:] = 0
    labels = np.where(gap_in(shape, radius_mm, k, j, i), 0, whole).astype(np.uint8)
    change = join_over_gap(None, Volume(labels, grid), grid.ras_of_kji([[8, 12, 12]])[0])
    missing, after = (whole == 1) & (labels == 0), change.applied(labels)
    assert float(re.search(r"radius ([\d.]+) mm", change.text)[1]) == pytest.approx(radius_mm, rel=0.12)
    assert np.count_nonzero(missing & (after == 1)) >= (0.8 if radius_mm > 3 else 0.65) * np.count_nonzero(missing)
    assert np.count_nonzero((whole == 0) & (after == 1)) <= 0.3 * np.count_nonzero(missing)


def test_a_tube_between_two_widths_changes_from_one_to_the_other():
    grid = Grid.from_spacing((90, 26, 26), (1.0, 1.0, 1.0))
    k, j, i = (axis - size for axis, size in zip(np.indices(grid.shape), (44.5, 12.5, 12.5), strict=True))
    labels = np.where(np.hypot(j, i) <= np.where(k < 0, 4.0, 9.0), 1, 0).astype(np.uint8)
    labels[:2] = labels[-2:] = labels[36:54] = 0
    change = join_over_gap(None, Volume(labels, grid), grid.ras_of_kji([[8, 12, 12]])[0])
    sections = np.count_nonzero(change.applied(labels)[36:54], axis=(1, 2)) / np.pi
    assert np.sqrt(sections[1]) == pytest.approx(4.5, abs=1)
    assert np.sqrt(sections[-2]) == pytest.approx(8.5, abs=1)
    assert re.search(r"radius [34]\.\d mm at this piece, [89]\.\d mm at the other", change.text)


def test_the_way_over_a_gap_follows_what_is_bright():
    # Two ends 18 mm apart, and between them a bright arc that leaves the straight line by 4 mm.
    grid = Grid.from_spacing((20, 24, 44))
    labels = np.zeros(grid.shape, np.uint8)
    labels[:, 2:12, 2:8] = 1
    labels[8:11, 6:9, 8:12] = labels[8:11, 6:9, 30:40] = RENAL
    hu = np.full(grid.shape, 40, np.int16)
    hu[labels > 0] = LUMEN_HU
    i = np.arange(12, 30)
    middle = np.rint(7 + 4 * np.sin(np.pi * (i - 11.5) / 18)).astype(int)
    for each, j in zip(i, middle, strict=True):
        hu[8:11, j - 1 : j + 2, each] = LUMEN_HU
    arteries = Volume(labels, grid)
    change = join_over_gap(Volume(hu, grid), arteries, (35, 7, 9))
    added = np.argwhere(applied(change, arteries).array != labels)
    assert added[(added[:, 2] > 19) & (added[:, 2] < 22), 1].mean() >= 9.5
    straight = join_over_gap(None, arteries, (35, 7, 9))
    added = np.argwhere(applied(straight, arteries).array != labels)
    assert added[(added[:, 2] > 19) & (added[:, 2] < 22), 1].mean() == pytest.approx(7, abs=0.7)


def two_ends(gap_mm: int, shape=(9, 40, 60)):
    """Two pieces of a renal artery, 3 voxels wide, in one line along i, with a gap between them."""
    labels = np.zeros(shape, np.uint8)
    labels[3:6, 3:6, 2:14] = labels[3:6, 3:6, 13 + gap_mm : 56] = RENAL
    return Volume(labels, Grid.from_spacing(shape))


def test_a_gap_of_thirty_millimetres_is_joined():
    def joined(gap_mm):
        try:
            return join_over_gap(None, two_ends(gap_mm), (52, 4, 4)).text
        except InputError as error:
            return str(error)

    assert "gap of 26.0 mm" in joined(26)
    assert joined(33).startswith("The gap is 33 mm wide, and no more than 30 mm are joined")


def test_the_way_over_a_gap_is_no_longer_than_a_quarter_more_than_straight():
    arteries = two_ends(26)

    def farthest(detour_mm):
        """How far from the line a way goes that could follow a bright arc."""
        hu = np.full(arteries.array.shape, 40, np.int16)
        hu[arteries.array > 0] = LUMEN_HU
        for i in range(13, 40):
            j = round(4 + detour_mm * np.sin(np.pi * (i - 13) / 26))
            hu[3:6, j - 1 : j + 2, i] = LUMEN_HU
        change = join_over_gap(arteries.with_array(hu), arteries, (52, 4, 4))
        return np.argwhere(applied(change, arteries).array != arteries.array)[:, 1].max()

    assert farthest(6) >= 8
    assert farthest(18) < 20


def test_a_voxel_as_dark_as_tissue_costs_the_way_ten_times_as_much():
    hu = np.array([[[400, 400, 0, 200, 900]]], np.int16)
    voxels = np.array([[0, 0, i] for i in range(1, 5)])
    costs = _costs(Volume(hu, Grid(hu.shape)), voxels, 400.0)
    assert costs.tolist() == [1, 10, 5.5, 1]


def test_the_calibre_at_an_end_is_that_of_six_millimetres():
    def radius(*tubes):
        """The radius with which a vessel along x is joined to a thin one that lies farther on."""
        far = Tube((38.0, 0, -8.0), (1, 0, 0), 6, 1.5)
        grid = grid_over((-11, -6, -14), (46, 6, -2), 0.7)
        arteries = Phantom({"renal_left": (*tubes, far)}).painted(grid)[1]
        return float(re.search(r"radius ([\d.]+) mm", join_over_gap(None, arteries, (2, 0, -8.0)).text)[1])

    wide = Tube((0, 0, -8.0), (1, 0, 0), 20, 4.0)
    assert radius(wide, Tube((20.0, 0, -8.0), (1, 0, 0), 7.5, 1.5)) == pytest.approx(1.5, abs=0.5)
    assert radius(wide, Tube((20.0, 0, -8.0), (1, 0, 0), 3, 1.5)) == pytest.approx(4, abs=0.8)
    # From 8 mm on: 5 mm as wide as the end, and 1 mm of the narrower part behind it.
    narrow = Tube((-10, 0, -8.0), (1, 0, 0), 21, 3.0)
    assert radius(narrow, Tube((11.0, 0, -8.0), (1, 0, 0), 13, 4.0)) == pytest.approx(3.7, abs=0.15)


def test_what_hangs_together_and_what_has_nothing_to_hang_on_are_not_joined():
    ct, arteries, _ = painted()
    with pytest.raises(InputError, match="hangs together with its artery already"):
        join_over_gap(ct, arteries, FAR_END)
    with pytest.raises(InputError, match="no other piece of it, and no aorta"):
        join_over_gap(ct, arteries, (0, 0, 0))
    with pytest.raises(InputError, match="different grids"):
        join_over_gap(ct.cropped((slice(0, 5), slice(None), slice(None))), arteries, FAR_END)


def test_another_artery_in_the_gap_is_not_painted_over():
    grid = Grid.from_spacing((12, 12, 40))
    labels = np.zeros(grid.shape, np.uint8)
    labels[4:8, 4:8, 2:12] = labels[4:8, 4:8, 24:36] = RENAL
    labels[:, :, 17:19] = label_of("superior_mesenteric")
    with pytest.raises(InputError, match="Another artery lies between"):
        join_over_gap(None, Volume(labels, grid), (30, 6, 6))
    labels[:, 9:, 17:19] = 0
    change = join_over_gap(None, Volume(labels, grid), (30, 6, 6))
    assert np.array_equal(change.applied(labels)[labels > 0], labels[labels > 0])


@pytest.mark.parametrize("kind", GRIDS)
def test_what_does_not_hang_together_is_removed_and_named(kind):
    # 14 mm of gap: the far piece hangs on nothing. A speck of aorta lies 20 mm from it.
    holes = (with_gap(RENAL_TUBES[1], 2, 16),)
    arteries = dict(PHANTOM.arteries, aorta=(aorta(44), Tube((30.0, -10.0, 0.0), (0, 0, 1), 4, 2.0)))
    _, broken, _ = painted(kind, Phantom(arteries, (), holes))
    change = remove_loose(broken)
    after = applied(change, broken)
    points = broken.grid.ras_of_kji(np.argwhere(after.array != broken.array))
    assert change.removed == len(points) > 0
    far = points[:, 0] > 20
    assert far.all() or kind == "sheared"
    assert change.text.startswith("Removed what does not hang together: Aorta 1 piece, ")
    assert "; Left renal artery 1 piece, " in change.text or np.count_nonzero(after.array == RENAL)
    with pytest.raises(InputError, match="Every piece lies within 10 mm"):
        remove_loose(after)


def test_the_largest_piece_of_an_artery_stays_though_it_is_detached():
    phantom = Phantom(PHANTOM.arteries, (), (with_gap(RENAL_TUBES[0], 9.2, 9), with_gap(RENAL_TUBES[1], 0, 14)))
    _, arteries, _ = painted("straight", phantom)
    with pytest.raises(InputError, match="nothing was removed"):
        remove_loose(arteries)


def test_pieces_hang_on_each_other_in_a_chain():
    labels = np.zeros((5, 5, 90), np.uint8)
    labels[1:4, 1:4, :20] = 1
    for start in (28, 44, 60):
        labels[2, 2, start : start + 8] = RENAL
    labels[2, 2, 79:88] = RENAL  # the largest of all, 12 mm from the one before
    grid = Grid.from_spacing(labels.shape)
    with pytest.raises(InputError, match="nothing was removed"):
        remove_loose(Volume(labels, grid))
    labels[2, 2, 84:] = 0
    change = remove_loose(Volume(labels, grid))
    assert change.removed == 5
    assert np.array_equal(change.changed_kji[:, 2], np.arange(79, 84))


@pytest.mark.parametrize("kind", GRIDS)
def test_an_artery_is_cut_across_its_course(kind):
    _, arteries, _ = painted(kind)
    place = RENAL_TUBES[1].point(15)
    change = split_here(arteries, place, None)
    after = applied(change, arteries)
    step = arteries.grid.voxel_diagonal_mm
    left = path_lengths(after, RENAL_TUBES)
    assert left.max() == pytest.approx(15, abs=step)
    assert np.array_equal(after.array[after.array > 0], arteries.array[after.array > 0])
    assert change.text.startswith("Left renal artery cut 1")
    assert change.text.endswith("is removed.")
    renamed = applied(split_here(arteries, place, "celiac_trunk"), arteries)
    assert np.array_equal(renamed.array == label_of("celiac_trunk"), after.array != arteries.array)


def test_of_a_fork_only_the_limb_that_was_clicked_is_cut():
    # An aorta whose mask goes on into both iliac arteries.
    sides = [Tube((0.0, 0.0, -20.0), (side, 0.0, -1.0), 32, 4.0) for side in (0.7, -0.7)]
    phantom = Phantom({"aorta": (Tube((0, 0, -20.0), (0, 0, 1), 40, 7.0), *sides)})
    arteries = phantom.painted(grid_over((-30, -10, -46), (30, 10, 22), 1.2))[1]
    change = split_here(arteries, sides[0].point(14), "common_iliac_right")
    after = applied(change, arteries)
    points = after.grid.ras_of_kji(np.argwhere(after.array == label_of("common_iliac_right")))
    assert len(points) > 200
    assert (points[:, 0] > 2).all()
    along = sides[0].coordinates(points)[0]
    assert along.min() == pytest.approx(14, abs=2 * arteries.grid.voxel_diagonal_mm)
    kept = after.grid.ras_of_kji(np.argwhere(after.array == 1))
    assert (sides[1].contains(kept) & (sides[1].coordinates(kept)[0] > 25)).any()


def test_a_cut_that_changes_nothing_is_refused():
    _, arteries, _ = painted()
    with pytest.raises(InputError, match="is the left renal artery already"):
        split_here(arteries, RENAL_TUBES[1].point(15), "renal_left")
    with pytest.raises(InputError, match="Nothing of this artery lies beyond"):
        split_here(arteries, RENAL_TUBES[1].point(30), None)


@pytest.mark.parametrize("kind", GRIDS)
@pytest.mark.parametrize("length_mm", [6, 15, 24])
def test_length_and_place_on_a_branch_are_the_same(kind, length_mm):
    tubes = branch((1, 0, 0), 3.0, (8,), (22, 20, (0, 0, 1)))
    _, arteries, _ = painted(kind, Phantom({"aorta": (aorta(44),), "renal_left": tubes}))
    course = drain(branch_course_steps(arteries))["renal_left"]
    step = arteries.grid.voxel_diagonal_mm
    tube = tubes[1] if length_mm < 8 else tubes[2]
    place = tube.point(length_mm - tube.path_mm)
    assert np.linalg.norm(course.point_at(length_mm) - place) <= step
    assert course.length_at(place) == pytest.approx(length_mm, abs=step)
    assert course.length_at(course.point_at(length_mm)) == pytest.approx(length_mm, abs=step / 2)


def test_a_length_beyond_the_end_is_the_end_and_no_arteries_have_no_courses():
    _, arteries, _ = painted()
    courses = drain(branch_course_steps(arteries))
    assert list(courses) == ["renal_left"]
    course = courses["renal_left"]
    assert course.longest_mm == pytest.approx(30, abs=arteries.grid.voxel_diagonal_mm)
    assert np.array_equal(course.point_at(500), course.point_at(course.longest_mm))
    assert course.point_at(500)[0] == pytest.approx(9 + 30, abs=2)
    with pytest.raises(InputError, match="empty"):
        drain(branch_course_steps(arteries.with_array(np.zeros(arteries.array.shape, np.uint8))))


def test_the_halves_of_a_vessel_of_very_many_voxels_are_joined_by_no_wider_tube():
    # More voxels than a branch is followed by: it is followed block by block.
    grid = Grid.from_spacing((150, 64, 64), (0.4, 0.4, 0.4))
    k, j, i = np.indices(grid.shape, sparse=True)
    labels = np.where(np.hypot(j - 32, i - 32) * 0.4 + 0 * k <= 9.0, 1, 0).astype(np.uint8)
    labels[:2] = labels[-2:] = 0
    labels[100:115] = 0
    assert np.count_nonzero(labels[:100]) > MOST_OF_BRANCH
    change = join_over_gap(None, Volume(labels, grid), (12.8, 12.8, 20.0))
    # Not the 55 mm of blocks that were taken for voxels.
    assert float(re.search(r"radius ([\d.]+) mm", change.text)[1]) == pytest.approx(9, abs=0.5)
    filled = change.applied(labels)[100:115] != 0
    expected = np.broadcast_to(np.hypot(j - 32, i - 32)[0] * 0.4 <= 9.0, filled.shape)
    assert np.count_nonzero(filled & expected) >= 0.9 * np.count_nonzero(expected)
    assert np.count_nonzero(filled & ~expected) <= 0.15 * np.count_nonzero(expected)


def test_repairs_are_worked_out_in_steps_that_say_what_they_do():
    ct, arteries, calcification = painted("straight", GAP)
    stages = {}
    for name, steps in (
        ("rename", relabel_piece_steps(arteries, FAR_END, "renal_right")),
        ("join", join_over_gap_steps(ct, arteries, FAR_END)),
        ("loose", remove_loose_steps(arteries, 2.0)),
        ("split", split_here_steps(arteries, FAR_END, None)),
        ("plaque", missed_plaque_steps(ct, arteries, calcification, (9, 0, 0), 200.0)),
    ):
        said = stages[name] = []
        with contextlib.suppress(InputError):
            drain(steps, lambda step, said=said: said.append(step.stage))
    assert all(len(each) >= 5 for each in stages.values())
    assert len({each[-1] for each in stages.values()}) == len(stages)
