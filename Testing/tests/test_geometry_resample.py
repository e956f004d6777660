"""Label maps on other grids: exact where grids are parallel, nearest elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.geometry.resample import align_labels, fraction_outside
from AbdominalCalcificationLib.geometry.sides import split_left_right
from examples import tried


def rotation(degrees_abc) -> np.ndarray:
    result = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees_abc)):
        turn = np.eye(3)
        a, b = [n for n in range(3) if n != axis]
        turn[[a, a, b, b], [a, b, a, b]] = np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)
        result = result @ turn
    return result


def random_labels(seed, shape=(7, 8, 9), degrees=(0, 0, 0)) -> Volume:
    random = np.random.default_rng(seed)
    array = random.integers(0, 5, shape).astype(np.uint8)
    return Volume(array, Grid.from_spacing(shape, (0.7, 0.9, 2.1), (-30, 12.3, 400), rotation(degrees)))


def nearest_one_by_one(labels: Volume, grid: Grid) -> np.ndarray:
    """The plain definition, voxel by voxel."""
    result = np.zeros(grid.shape, labels.array.dtype)
    for kji in np.ndindex(grid.shape):
        source = np.floor(labels.grid.kji_of_ras(grid.ras_of_kji([kji]))[0] + 0.5 + 1e-9).astype(int)
        if (source >= 0).all() and (source < labels.grid.shape).all():
            result[kji] = labels.array[tuple(source)]
    return result


def regridded(labels: Volume, order, flips) -> Volume:
    """The same voxels in the same places, stored along other axes in other directions."""
    array = labels.array.transpose(order)
    matrix = np.array(labels.grid.ijk_to_ras)
    matrix[:3, :3] = labels.grid.ijk_to_ras[:3, [2 - axis for axis in order]][:, ::-1]
    for axis, flip in enumerate(flips):
        if flip:
            array = np.flip(array, axis)
            matrix[:3, 3] += matrix[:3, 2 - axis] * (array.shape[axis] - 1)
            matrix[:3, 2 - axis] *= -1
    return Volume(np.ascontiguousarray(array), Grid(array.shape, matrix))


orders = st.permutations([0, 1, 2])
flips = st.tuples(st.booleans(), st.booleans(), st.booleans())
angles = st.tuples(*[st.floats(-180, 180) for _ in range(3)])


@tried(60)
@given(seed=st.integers(0, 999), order=orders, flips=flips, degrees=angles)
def test_flipped_and_permuted_grids_are_bit_exact(seed, order, flips, degrees):
    labels = random_labels(seed, degrees=degrees)
    stored = regridded(labels, order, flips)
    aligned = align_labels(stored, labels.grid)
    assert np.array_equal(aligned.array, labels.array)
    assert aligned.grid is labels.grid
    assert fraction_outside(stored, labels.grid) == 0


@tried(60)
@given(
    seed=st.integers(0, 999),
    order=orders,
    flips=flips,
    box=st.tuples(*[st.tuples(st.integers(-3, 5), st.integers(1, 9)) for _ in range(3)]),
)
def test_crops_and_margins_of_whole_voxels_are_bit_exact(seed, order, flips, box):
    labels = random_labels(seed)
    stored = regridded(labels, order, flips)
    padded = np.zeros((40, 40, 40), np.uint8)
    padded[10:17, 10:18, 10:19] = labels.array
    wanted = padded[tuple(slice(10 + start, 10 + start + size) for start, size in box)]
    matrix = np.array(labels.grid.ijk_to_ras)
    matrix[:3, 3] = labels.grid.ras_of_kji([[start for start, _ in box]])[0]
    grid = Grid(wanted.shape, matrix)
    overlap = all(start + size > 0 and start < n for (start, size), n in zip(box, labels.grid.shape, strict=True))
    if not overlap or (labels.array.any() and not wanted.any()):
        with pytest.raises(InputError):
            align_labels(stored, grid)
        return
    assert np.array_equal(align_labels(stored, grid).array, wanted)
    inside = np.count_nonzero(wanted)
    assert fraction_outside(stored, grid) == pytest.approx(1 - inside / np.count_nonzero(labels.array))


@tried(25)
@given(seed=st.integers(0, 999), degrees=angles, spacing=st.tuples(*[st.floats(0.4, 3) for _ in range(3)]))
def test_any_other_grid_gets_the_nearest_label(seed, degrees, spacing):
    labels = random_labels(seed)
    centre = labels.grid.ras_of_kji([[3, 3.5, 4]])[0]
    shape = (5, 6, 7)
    axes = rotation(degrees)
    grid = Grid.from_spacing(shape, spacing, centre - axes * spacing @ [3, 2.5, 2], axes)
    assert np.array_equal(align_labels(labels, grid).array, nearest_one_by_one(labels, grid))


def test_a_finer_parallel_grid_gets_the_nearest_label():
    labels = random_labels(3)
    grid = Grid.from_spacing((9, 20, 30), (0.3, 0.4, 1.0), labels.grid.ras_of_kji([[1, 1, 1]])[0])
    assert np.array_equal(align_labels(labels, grid).array, nearest_one_by_one(labels, grid))


def test_a_mask_elsewhere_is_refused():
    labels = random_labels(1)
    with pytest.raises(InputError, match="does not overlap"):
        align_labels(labels, Grid.from_spacing((5, 5, 5), origin_ras=(500, 0, 0)))
    # Turned boxes whose bounding boxes overlap, but which do not touch each other.
    turned = Grid.from_spacing((2, 40, 2), (1, 1, 1), (-30 - 10, 12.3 - 12, 400), rotation((0, 0, 45)))
    assert not nearest_one_by_one(labels, turned).any()
    with pytest.raises(InputError):
        align_labels(labels, turned)


def test_labels_that_all_lie_outside_are_refused_but_an_empty_mask_is_not():
    labels = random_labels(1)
    corner = np.zeros(labels.grid.shape, np.uint8)
    grid = labels.grid.cropped((slice(0, 3), slice(0, 3), slice(0, 3)))
    assert not align_labels(labels.with_array(corner), grid).array.any()
    corner[-1, -1, -1] = 1
    with pytest.raises(InputError, match="outside the image"):
        align_labels(labels.with_array(corner), grid)


def test_nothing_drawn_has_no_place_to_be_wrong():
    grid = Grid((4, 5, 6))
    as_slicer_saves_it = Volume(np.zeros((1, 1, 1), np.uint8), Grid.from_spacing((1, 1, 1), origin_ras=(900, 900, 900)))
    assert not align_labels(as_slicer_saves_it, grid).array.any()
    with pytest.raises(InputError, match="does not overlap"):
        align_labels(as_slicer_saves_it.with_array(np.ones((1, 1, 1), np.uint8)), grid)


def test_sides_follow_a_slanting_aorta():
    grid = Grid.from_spacing((20, 12, 60), (1, 1, 2), (-30, -6, 0))
    k, _, i = np.indices(grid.shape)
    aorta_i = 20 + k  # 20 mm from top to bottom
    aorta = abs(i - aorta_i) <= 3
    right, left = (i >= aorta_i + 4) & (i <= aorta_i + 15), (i <= aorta_i - 4) & (i >= aorta_i - 15)
    found_left, found_right = split_left_right(left | right, aorta, grid)
    assert np.array_equal(found_left, left)
    assert np.array_equal(found_right, right)


@tried(20)
@given(order=orders, flips=flips, degrees=st.tuples(*[st.floats(-15, 15) for _ in range(3)]))
def test_sides_do_not_depend_on_how_the_volume_is_stored(order, flips, degrees):
    grid = Grid.from_spacing((10, 11, 31), (1, 1, 2), directions_ras=rotation(degrees))
    array = np.zeros(grid.shape, np.uint8)
    array[:, 3:8, 13:18] = 1
    array[3:6, 4:6, 2:13] = 2
    array[4:7, 5:7, 18:29] = 2
    stored = regridded(Volume(array, grid), order, flips)
    left, right = split_left_right(stored.array == 2, stored.array == 1, stored.grid)
    sides = stored.with_array((left + 2 * right).astype(np.uint8))
    back = align_labels(sides, grid).array
    assert set(np.unique(back[..., :13])) <= {0, 1}
    assert set(np.unique(back[..., 18:])) <= {0, 2}
    assert np.count_nonzero(back) == np.count_nonzero(array == 2)


def test_without_an_aorta_sides_are_not_guessed():
    grid = Grid.from_spacing((3, 3, 20), directions_ras=np.diag([-1, -1, 1]))
    mask, aorta = np.zeros((2, *grid.shape), bool)
    mask[1, 1, 12:18] = True
    with pytest.raises(InputError, match="aorta"):
        split_left_right(mask, aorta, grid)
    nothing = split_left_right(np.zeros(grid.shape, bool), aorta, grid)
    assert not nothing[0].any()
    assert not nothing[1].any()
