"""Connected pieces, neighbourhoods and surfaces of masks, against plain scipy.ndimage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from AbdominalCalcificationLib.geometry import Grid, neighbourhood
from AbdominalCalcificationLib.geometry.faces import can_be_drawn, face_count
from AbdominalCalcificationLib.geometry.neighbourhood import (
    deep_steps,
    dilated,
    dilated_steps,
    eroded,
    reached_steps,
    touched_steps,
)
from AbdominalCalcificationLib.geometry.pieces import Runs, pieces_steps
from AbdominalCalcificationLib.progress import Progress, drain
from examples import tried
from phantoms import rotation_about

TOUCHING = np.ones((3, 3, 3))
PROGRESS = Progress("Counting")


def a_mask(seed, density, shape):
    return np.random.default_rng(seed).random(shape) < density


@tried(150)
@given(
    seed=st.integers(0, 10_000),
    density=st.sampled_from([0.0, 0.02, 0.08, 0.3, 0.9, 1.0]),
    shape=st.tuples(*[st.integers(1, 12)] * 3),
)
def test_pieces_are_those_of_a_labelling_with_26_neighbours(seed, density, shape):
    mask = a_mask(seed, density, shape)
    count, piece = drain(pieces_steps(Runs(np.argwhere(mask), tuple(slice(0, n) for n in shape)), PROGRESS))
    expected, expected_count = ndimage.label(mask, TOUCHING)
    assert count == expected_count
    assert len(set(zip(piece.tolist(), expected[mask].tolist(), strict=True))) == count


def test_the_work_for_pieces_grows_with_the_runs_and_not_with_the_voxels():
    mask = np.ones((30, 40, 500), bool)
    runs = Runs(np.argwhere(mask).astype(np.int32), tuple(slice(0, n) for n in mask.shape))
    assert len(runs) == 30 * 40
    assert sum(len(runs.touching(rows)[0]) for rows in ((0, 1), (1, -1), (1, 0), (1, 1))) < 4 * 30 * 40


@pytest.mark.parametrize("density", [0.02, 0.5])
def test_what_is_touched_is_a_dilation_by_one_voxel(density):
    mask = a_mask(3, density, (9, 11, 13))
    assert (drain(touched_steps(mask, PROGRESS)) == ndimage.binary_dilation(mask, TOUCHING)).all()


@pytest.mark.parametrize("rotation", [None, rotation_about((1, 2, 3), 40)])
@pytest.mark.parametrize("distance_mm", [0.5, 1.0, 3.7])
def test_what_may_be_reached_holds_all_that_is(distance_mm, rotation):
    grid = Grid.from_spacing((12, 15, 18), (0.7, 0.9, 1.6), (1, 2, 3), rotation)
    mask = a_mask(4, 0.01, grid.shape)
    reached = drain(reached_steps(mask, grid, distance_mm, PROGRESS))
    exact = dilated(mask, grid, distance_mm)
    assert not (exact & ~reached).any()
    assert reached.sum() <= 2.2 * exact.sum()


def test_on_a_sheared_grid_as_well():
    matrix = np.array([[0.7, 0.5, 0, 0], [0, 0.9, 0.4, 0], [0, 0, 1.6, 0], [0, 0, 0, 1.0]])
    grid = Grid((14, 14, 14), matrix)
    mask = np.zeros(grid.shape, bool)
    mask[7, 7, 7] = True
    assert not (dilated(mask, grid, 3.0) & ~drain(reached_steps(mask, grid, 3.0, PROGRESS))).any()


@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (0.6, 0.8, 2.5)])
def test_what_lies_deep_is_what_erosion_leaves(spacing_mm):
    grid = Grid.from_spacing((16, 20, 24), spacing_mm)
    mask = ndimage.binary_opening(a_mask(5, 0.9, grid.shape)) | (np.indices(grid.shape)[2] > 15)
    kji = np.argwhere(np.ones(grid.shape, bool))
    deep = drain(deep_steps(kji, mask, grid, 2.0)).reshape(grid.shape)
    inner = eroded(mask, grid, 2.0)
    # At the edge of the array a voxel beside the ball is asked twice instead of one outside.
    assert (deep[3:-3, 4:-4, 4:-4] == inner[3:-3, 4:-4, 4:-4]).all()
    assert inner.any()
    assert not inner.all()


def test_where_all_voxels_are_larger_than_the_depth_the_nearest_neighbours_count():
    grid = Grid.from_spacing((5, 5, 5), (3.0, 3.0, 3.0))
    mask = np.ones(grid.shape, bool)
    mask[2, 2, 2] = False
    deep = drain(deep_steps(np.array([[2, 2, 1], [1, 1, 1], [2, 2, 2]]), mask, grid, 2.0))
    assert deep.tolist() == [False, True, False]


def test_a_large_dilation_can_be_interrupted():
    grid = Grid.from_spacing((20, 500, 500), (0.5, 0.5, 0.5))
    dust = np.indices(grid.shape).sum(axis=0) % 2 == 0  # all of it is surface
    assert sum(1 for _ in dilated_steps(dust, grid, 2.0)) > 10


@pytest.mark.parametrize("shape", [(40, 50, 60), (2, 50, 60), (40, 1, 60)])
@pytest.mark.parametrize("spacing_mm", [(1.0, 1.0, 1.0), (0.6, 0.9, 2.5)])
def test_dilation_of_few_voxels_is_that_of_all_voxels(shape, spacing_mm, monkeypatch):
    grid = Grid.from_spacing(shape, spacing_mm, (1, 2, 3), rotation_about((1, 2, 3), 40))
    mask = ndimage.binary_dilation(a_mask(6, 0.001, shape), iterations=3)
    quick = dilated(mask, grid, 3.1)
    monkeypatch.setattr(neighbourhood, "_SPARSE", mask.size)
    assert np.array_equal(dilated(mask, grid, 3.1), quick)
    assert quick.sum() > mask.sum()


def test_faces_are_counted_between_labels_and_dust_is_not_drawn():
    labels = np.zeros((4, 5, 6), np.uint8)
    labels[1:3, 1:3, 1:3] = 1
    labels[1:3, 1:3, 3:5] = 2
    assert face_count(labels) == 24 + 24 - 4  # two cubes that share a side
    assert can_be_drawn(labels)
    dust = np.zeros((120, 120, 120), bool)
    dust[1::2, 1::2, 1::2] = True
    assert face_count(dust) == 6 * np.count_nonzero(dust) - 3 * 60 * 60  # those at the upper edges show one side less
    assert not can_be_drawn(dust)
