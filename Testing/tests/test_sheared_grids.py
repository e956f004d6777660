"""Grids whose axes are not at right angles: distances are those in the patient, planes lie as far apart as they do.

Every expected number is counted by hand from the matrix, or by a search over all pairs of voxels.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from AbdominalCalcificationLib.comparison.mistakes import ELSEWHERE, mistaken_volumes
from AbdominalCalcificationLib.comparison.neighbourhood import box_around
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.geometry.distances import distances_mm, nearest_voxels
from AbdominalCalcificationLib.geometry.neighbourhood import deep_steps
from AbdominalCalcificationLib.geometry.plausible import check_body_size
from AbdominalCalcificationLib.inference.job import near
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.measurement.chest import chest_flags
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reporting.view_masks import ShownMasks, point_of_interest
from phantoms import Phantom, Tube, grid_over, label_of


def grid_of(shape, i=(1, 0, 0), j=(0, 1, 0), k=(0, 0, 1)) -> Grid:
    """Return a grid with these steps (RAS, mm) along i, j and k."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([i, j, k], axis=1)
    return Grid(shape, matrix)


# One step along k is 5 mm long; the slices lie 4 mm apart, and the planes across j 0.8 mm.
SLANTED = {"k": (0, 3, 4)}


def test_planes_lie_less_far_apart_than_a_step_is_long():
    grid = grid_of((4, 4, 4), **SLANTED)
    assert grid.spacing_mm == pytest.approx((1, 1, 5))
    assert grid.plane_distances_mm == pytest.approx((1, 0.8, 4))
    straight = Grid.from_spacing((4, 4, 4), (0.7, 0.8, 1.3))
    assert straight.plane_distances_mm == straight.spacing_mm


@pytest.mark.parametrize(("k", "said"), [((0, 2, 2.5), None), ((0, 2, 3.5), "Slices lie 3.5 mm apart")])
def test_slices_are_as_thick_as_their_planes_lie_apart(k, said):
    # A step along k is 3.2 and 4.03 mm long.
    grid = grid_of((30, 30, 30), k=k)
    labels = np.zeros(grid.shape, np.uint8)
    labels[5:25, 8:22, 8:22] = 1
    flags = measure(None, Volume(labels, grid), Volume(np.zeros(grid.shape, bool), grid)).flags
    messages = [flag.message for flag in flags if flag.code == "thick_slices"]
    assert len(messages) == (said is not None)
    assert all(said in message for message in messages)


def test_a_box_around_a_mask_holds_its_margin():
    grid = grid_of((21, 61, 41), **SLANTED)
    mask = np.zeros(grid.shape, bool)
    mask[10, 30, 20] = True
    # 10 mm are 2.5 planes across k (and but 2 steps along it), 12.5 across j, 10 across i.
    box = box_around(mask, grid, 10)
    assert [(part.start, part.stop) for part in box] == [(7, 14), (17, 44), (10, 31)]
    points = grid.ras_of_kji(np.argwhere(np.ones(grid.shape, bool)))
    close = (np.linalg.norm(points - grid.ras_of_kji([[10, 30, 20]]), axis=1) <= 10).reshape(grid.shape)
    assert close[box].sum() == close.sum()


def test_a_false_voxel_goes_to_what_is_near_in_the_patient():
    # Steps along k are 2 mm long: (0, 1.6, 1.2).
    grid = grid_of((6, 9, 6), k=(0, 1.6, 1.2))
    arrays = {name: np.zeros(grid.shape, np.uint8) for name in ("prediction", "reference", "bystanders", "arteries")}
    arrays["prediction"][2, 4, 2] = 1
    # One step along k and two back along j: (0, -0.4, 1.2), 1.26 mm away; at right angles it would be 2.83.
    arrays["bystanders"][3, 2, 2] = 1
    volumes = {name: Volume(array, grid) for name, array in arrays.items()}
    found = mistaken_volumes(*list(volumes.values())[:3], {"bone": 1}, volumes["arteries"])
    assert found["bone"] == pytest.approx(1.2)
    # One step along both: (0, 2.6, 1.2), 2.86 mm away; at right angles 2.24, within a reach of 2.5.
    arrays["bystanders"][3, 2, 2], arrays["bystanders"][3, 5, 2] = 0, 1
    found = mistaken_volumes(*list(volumes.values())[:3], {"bone": 1}, volumes["arteries"], reach_mm=2.5)
    assert found[ELSEWHERE] == pytest.approx(1.2)


GRIDS = {
    "slanted": grid_of((9, 14, 12), **SLANTED),
    "skew": grid_of((9, 12, 12), i=(0.7, 0, 0.2), j=(0.5, 0.9, 0), k=(-0.4, 0.3, 1.6)),
    "left-handed": grid_of((9, 12, 12), i=(-0.7, 0.1, 0.1), j=(0.3, 0.9, 0), k=(0.4, -0.5, 1.6)),
    "at right angles": Grid.from_spacing((9, 12, 14), (0.7, 0.9, 1.6)),
}


def some_voxels(grid, part=0.01):
    mask = np.random.default_rng(3).random(grid.shape) < part
    mask[4, 5:7, 2:6] = True
    return mask


def searched_mm(mask, grid):
    points = grid.ras_of_kji(np.argwhere(np.ones(grid.shape, bool)))
    return cKDTree(grid.ras_of_kji(np.argwhere(mask))).query(points)[0].reshape(grid.shape)


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("distance_mm", [0.9, 2.5, 5.0])
def test_calcification_is_looked_for_as_near_to_arteries_as_is_said(grid, distance_mm):
    mask = some_voxels(grid)
    expected = searched_mm(mask, grid) <= distance_mm + 1e-6
    assert (near(mask, Volume(np.zeros(grid.shape, np.int16), grid), distance_mm) == expected).all()


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_distances_and_nearest_voxels_are_those_of_a_search(grid):
    mask = some_voxels(grid)
    expected = searched_mm(mask, grid)
    assert distances_mm(mask, grid) == pytest.approx(expected)
    distance, indices = nearest_voxels(mask, grid)
    assert distance == pytest.approx(expected)
    assert mask[tuple(indices)].all()
    offset = np.indices(grid.shape) - indices
    assert np.linalg.norm(np.tensordot(grid.ijk_to_ras[:3, :3], offset[::-1], axes=1), axis=0) == pytest.approx(
        expected
    )


def test_voxels_lie_deep_where_their_nearest_neighbours_lie_inside():
    # The nearest neighbours are one step along j and one back along i away: (-0.1, 0.8, 0), 0.81 mm; a step is 3 mm.
    grid = grid_of((5, 9, 9), i=(3, 0, 0), j=(2.9, 0.8, 0), k=(0, 0, 3))
    mask = np.zeros(grid.shape, bool)
    for step in (-1, 0, 1):
        mask[2, 4 + step, 4 - step] = True
    deep = drain(deep_steps(np.argwhere(mask), mask, grid, 0.5))
    assert np.argwhere(mask)[deep].tolist() == [[2, 4, 4]]


def test_an_artery_is_as_wide_as_the_ball_inside_it():
    # A ball 30 mm wide. Steps along k are 3.6 mm long (planes 2 mm apart): taken at right angles it would be far wider.
    grid = grid_of((24, 90, 44), k=(0, 3, 2))
    points = grid.ras_of_kji(np.indices(grid.shape).reshape(3, -1).T)
    points -= grid.ras_of_kji([[12, 28, 22]])
    labels = (np.linalg.norm(points, axis=1) <= 15).reshape(grid.shape).astype(np.uint8)
    assert not any(labels.any(axis=(1, 2))[[0, -1]])
    for name, flagged in (("renal_left", False), ("inferior_mesenteric", True)):  # from 35 and from 28 mm on
        mask = Volume(labels * np.uint8(label_of(name)), grid)
        flags = [
            flag.message
            for flag in measure(None, mask, Volume(np.zeros(grid.shape, bool), grid)).flags
            if flag.code == "mask_implausible"
        ]
        assert len(flags) == flagged
        assert all("up to 30 mm wide" in message or "up to 29 mm wide" in message for message in flags)


@pytest.mark.parametrize(("gap_mm", "flagged"), [(4, True), (8.1, False)])
def test_lungs_are_as_near_to_the_aorta_as_in_the_patient(gap_mm, flagged):
    # One step along i and one along j lead 1.9 mm away; at right angles it would be 1.4, and 8.1 mm well within 8.
    grid = grid_of((40, 120, 150), j=(0.8, 0.6, 0), k=(0, 0, 2))
    points = grid.ras_of_kji(np.indices(grid.shape).reshape(3, -1).T) - grid.ras_of_kji([[0, 60, 75]])
    off_axis = np.hypot(points[:, 0], points[:, 1]).reshape(grid.shape)
    aorta = off_axis <= 9
    hu = np.where((off_axis > 9 + gap_mm) & (off_axis < 21), -800, 40).astype(np.int16)  # narrow, as are recesses
    flags = chest_flags(Volume(hu, grid), Volume(aorta, grid), True)
    assert [flag.code for flag in flags] == ["thoracic_aorta"] * flagged


def test_the_slice_that_is_shown_cuts_most_of_a_cluster():
    # Slices lie 4 mm apart: 4, 1, 3 and 3 voxels. In bins of 5 mm, a step's length, the last two would be one.
    grid = grid_of((4, 3, 6), **SLANTED)
    calcification = np.zeros(grid.shape, np.uint8)
    for k, count in enumerate((4, 1, 3, 3)):
        calcification[k, 1, :count] = 1
    empty = np.zeros(grid.shape, np.uint8)
    assert point_of_interest(ShownMasks(empty, empty, calcification, grid))[2] == pytest.approx(0)


def test_planes_closer_than_any_scanner_makes_them_are_refused():
    check_body_size(grid_of((9, 9, 9), k=(0, 0.9, 0.06)), "It")
    with pytest.raises(InputError, match="which no CT has"):
        check_body_size(grid_of((9, 9, 9), k=(0, 0.9, 0.03)), "It")


def test_a_large_artery_is_followed_in_blocks_on_slanted_slices_too():
    straight = grid_over((-20, -20, -60), (20, 20, 60), (0.5, 0.5, 1.0))
    matrix = np.array(straight.ijk_to_ras)
    matrix[1, 2] += 0.4
    matrix[1, 3] -= 0.4 * straight.shape[0] / 2
    tube = Tube((0, 0, -50), (0, 0, 1), 100, 12)
    for grid in (straight, Grid(straight.shape, matrix)):
        _, arteries, calcified = Phantom({"aorta": (tube,)}).painted(grid)
        points = grid.ras_of_kji(np.argwhere(arteries.array > 0))
        k, j, i = np.argwhere(arteries.array > 0)[np.linalg.norm(points - [0, 0, 20], axis=1) < 2].T
        calcified.array[k, j, i] = True
        (cluster,) = measure(None, arteries, calcified).clusters
        assert cluster.path_distance_mm == pytest.approx(70, abs=1.5)
