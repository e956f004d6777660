"""What a kept length keeps at its extremes: everything, or where the branch begins."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import ndimage

from AbdominalCalcificationLib.measurement import MeasurementParameters, measure
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
