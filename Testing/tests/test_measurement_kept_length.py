"""What a kept length keeps at its extremes: everything, or where the branch begins."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import ndimage

from AbdominalCalcificationLib.geometry.neighbours import Lattice
from AbdominalCalcificationLib.geometry.voxels import TOLERANCE_MM
from AbdominalCalcificationLib.measurement import MeasurementParameters, measure
from AbdominalCalcificationLib.measurement.course import Course
from phantoms import Phantom, aorta, branch, grid_over, label_of, path_lengths

RENAL = label_of("renal_left")


def codes(result):
    return {flag.code for flag in result.flags if flag.territory == "renal_left"}


def test_infinite_length_keeps_all():
    tubes = branch((1, 0, 0), 3, (8,), (46, 15, (0, 0, 1)))
    case = Phantom({"aorta": (aorta(30),), "renal_left": tubes}).painted(grid_over((-12, -11, -18), (46, 11, 46), 1.0))
    assert not measure(*case, MeasurementParameters({"renal": np.inf})).cut_arteries.array.any()


@pytest.mark.parametrize("length_mm", [0, 0.1, 0.6])
def test_a_length_below_a_voxel_keeps_the_ostium(length_mm):
    tubes = branch((1, 0, 0), 3, (60,))
    case = Phantom({"aorta": (aorta(30),), "renal_left": tubes}).painted(grid_over((-12, -11, -18), (75, 11, 18), 1.0))
    labels = case[1].array
    touching = ndimage.binary_dilation(labels == 1, np.ones((3, 3, 3))) & (labels == RENAL)
    case[2].array[touching] = True
    result = measure(*case, MeasurementParameters({"renal": length_mm}))
    kept = result.kept_arteries.array == RENAL
    assert kept[touching].all()
    assert path_lengths(result.kept_arteries, tubes).max() <= 1.0 + 0.5  # the first voxel's centre, and half its depth
    assert result.territory("renal_left").burden == pytest.approx(touching.sum() / kept.sum())
    assert codes(result) == {"all_calcified"}


@pytest.mark.parametrize(("gap_mm", "code"), [(6, "territory_attached_over_gap"), (20, "territory_detached")])
def test_a_length_below_the_gap_keeps_where_the_branch_begins(gap_mm, code):
    tubes = branch((1, 0, 0), 3, (gap_mm,), (60,))
    phantom = Phantom({"aorta": (aorta(30),), "renal_left": tubes[2:]})
    case = phantom.painted(grid_over((-12, -11, -18), (9 + gap_mm + 66, 11, 18), 1.0))
    result = measure(*case, MeasurementParameters({"renal": 0}))
    assert codes(result) == {code}
    assert path_lengths(result.kept_arteries, tubes).max() <= gap_mm + 1.8
    assert result.territory("renal_left").burden == 0


def test_what_is_kept_grows_with_the_length():
    tubes = branch((1, 0, 0.6), 3, (60,))
    case = Phantom({"aorta": (aorta(60),), "renal_left": tubes}).painted(grid_over((-12, -11, -32), (75, 11, 55), 1.0))
    kept = [
        measure(*case, MeasurementParameters({"renal": mm})).kept_arteries.array == RENAL for mm in (0, 0.5, 1, 2, 5)
    ]
    for less, more in itertools.pairwise(kept):
        assert more[less].all()


@pytest.mark.parametrize("seed", range(4))
def test_what_lies_within_a_length_is_what_has_no_larger_one(seed):
    # A vessel that forks and bends, with a rough wall: within() works lengths out only near the one that is asked for.
    chance = np.random.default_rng(seed)
    grid = grid_over((-12, -11, -18), (60, 11, 46), 1.1)
    tubes = branch((1, 0, 0), 3, (20,), (25, 15, (0, 0, 1)))
    labels = Phantom({"renal_left": (*tubes, tubes[0].continued(25, 12, (0, 0, -1)))}).painted(grid)[1].array != 0
    rough = ndimage.binary_dilation(labels) & (chance.random(labels.shape) < 0.2)
    piece, _ = ndimage.label(labels | rough, np.ones((3, 3, 3)))
    kji = np.argwhere(piece == np.bincount(piece[piece > 0]).argmax())
    start = np.flatnonzero(kji[:, 2] == kji[:, 2].min())
    arguments = grid.ras_of_kji(kji), Lattice(kji, grid), start, np.full(len(start), 0.4), grid
    lengths = Course(*arguments).path_lengths_mm()
    course = Course(*arguments)
    for limit in (0.0, 0.4, *chance.choice(lengths, 40), *chance.uniform(0, lengths.max() + 2, 40), np.inf):
        assert np.array_equal(course.within(limit), lengths <= limit + TOLERANCE_MM)
