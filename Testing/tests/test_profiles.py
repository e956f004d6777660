"""What lies along a vessel: centreline, profile and straight view of tubes whose course is known."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import MeasurementParameters, measure
from AbdominalCalcificationLib.measurement.coarse import Followed
from AbdominalCalcificationLib.profiles import centreline_of, local_burden, profile_of, straightened
from phantoms import followed_from

RADIUS_MM, BEND_MM, LUMEN_HU, PLAQUE_HU = 6.0, 40.0, 350, 900
# Sheared, turned, flipped: a straight vessel on each has the same profile.
GRIDS = {
    "isotropic": Grid.from_spacing((90, 60, 60), (0.8, 0.8, 0.8), (-24, -24, 0)),
    "thick slices": Grid.from_spacing((30, 60, 60), (0.8, 0.8, 2.5), (-24, -24, 0)),
    "flipped": Grid.from_spacing((90, 60, 60), (0.8, 0.8, 0.8), (24, -24, 72), np.diag([-1.0, 1.0, -1.0])),
}


def followed_from_below(labels: Volume) -> Followed:
    """Return the course of everything labelled, from its lowest voxels."""
    kji = np.argwhere(labels.array > 0)
    height = labels.grid.ras_of_kji(kji)[:, 2]
    start = np.where(height <= height.min() + labels.grid.spacing_mm[2] / 2, height - height.min(), np.inf)
    return followed_from(kji, labels.grid, start)


def points_of(grid: Grid) -> np.ndarray:
    return grid.ras_of_kji(np.indices(grid.shape).reshape(3, -1).T)


def straight_vessel(grid: Grid) -> tuple[Volume, Volume]:
    """Return a vessel along S, 60 mm long, and a ring of calcification from 20 to 30 mm of it."""
    x, y, z = points_of(grid).T
    inside = (np.hypot(x, y) <= RADIUS_MM) & (z >= 5) & (z <= 65)
    ring = inside & (np.hypot(x, y) > RADIUS_MM - 2) & (z >= 25) & (z <= 35)
    return (Volume(each.reshape(grid.shape).astype(np.uint8), grid) for each in (inside, ring))


def bent_vessel() -> tuple[Volume, Volume, np.ndarray]:
    """Return a vessel that bends like a quarter of a ring, a CT of it, and the path length of its voxels."""
    grid = Grid.from_spacing((70, 40, 80), (0.8, 0.8, 0.8), (-12, -16, -4))
    x, y, z = points_of(grid).T
    angle = np.arctan2(z, BEND_MM - x)
    distance = np.hypot(np.hypot(BEND_MM - x, z) - BEND_MM, y)
    inside = (distance <= RADIUS_MM) & (angle >= 0) & (angle <= np.pi / 2)
    # A plaque at the inner wall over the middle third.
    plaque = inside & (np.hypot(BEND_MM - x, z) < BEND_MM - RADIUS_MM + 2) & (np.abs(angle - np.pi / 4) < np.pi / 12)
    hu = np.where(plaque, PLAQUE_HU, np.where(inside, LUMEN_HU, 40)).astype(np.int16)
    return (
        Volume(inside.reshape(grid.shape).astype(np.uint8), grid),
        Volume(hu.reshape(grid.shape), grid),
        (angle * BEND_MM)[inside],
    )


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_profile_of_a_straight_vessel(grid):
    labels, calcified = straight_vessel(grid)
    result = measure(None, labels, calcified)
    followed = followed_from_below(labels)
    line = centreline_of(followed)
    profile = profile_of(territory("aorta"), followed, result, line)

    aorta = result.territory("aorta")
    assert profile.artery_area_mm2.sum() * profile.width_mm == pytest.approx(aorta.artery_volume_mm3, rel=1e-9)
    assert profile.calcified_area_mm2.sum() * profile.width_mm == pytest.approx(aorta.calcified_volume_mm3, rel=1e-9)
    middle = (profile.middles_mm > 10) & (profile.middles_mm < 50)
    assert profile.artery_area_mm2[middle] == pytest.approx(np.pi * RADIUS_MM**2, rel=0.06)
    ring = np.pi * (RADIUS_MM**2 - (RADIUS_MM - 2) ** 2)
    covered = (profile.middles_mm > 23) & (profile.middles_mm < 27)
    assert profile.calcified_area_mm2[covered] == pytest.approx(ring, rel=0.12)
    assert profile.calcified_area_mm2[(profile.middles_mm < 15) | (profile.middles_mm > 36)].max() == 0
    # At the ring the part within 5 mm to both sides is calcified as the ring is; far from it nothing is.
    burden = local_burden(profile, np.array([25.0, 50.0]))
    assert burden[0] == pytest.approx(ring / (np.pi * RADIUS_MM**2), rel=0.12)
    assert burden[1] == 0


def test_profile_counts_what_the_territory_counts():
    labels, calcified = straight_vessel(GRIDS["isotropic"])
    beside = calcified.array.copy()
    beside[60, 30, 39:41] = 1  # outside the mask, within 3 mm of it
    far = beside.copy()
    far[60, 30, 50] = 1
    result = measure(None, labels, calcified.with_array(far), MeasurementParameters())
    followed = followed_from_below(labels)
    profile = profile_of(territory("aorta"), followed, result, centreline_of(followed))
    assert profile.calcified_area_mm2.sum() * profile.width_mm == pytest.approx(
        result.territory("aorta").calcified_volume_mm3
    )
    assert result.territory("aorta").calcified_volume_mm3 == pytest.approx(
        (np.count_nonzero(calcified.array) + 2) * calcified.grid.voxel_volume_mm3
    )


def test_centreline_of_a_bend_keeps_to_its_middle():
    labels, _, along = bent_vessel()
    line = centreline_of(followed_from_below(labels))
    x, y, z = line.points_ras.T
    inner = (line.path_lengths_mm > 6) & (line.path_lengths_mm < along.max() - 6)
    assert np.hypot(BEND_MM - x, z)[inner] == pytest.approx(BEND_MM, abs=0.6)
    assert np.abs(y[inner]).max() < 0.4
    assert along.max() - 3 < line.length_mm < along.max()  # to the middle of the last slice
    assert (np.diff(line.path_lengths_mm) > 0).all()
    assert line.radius_mm[inner] == pytest.approx(RADIUS_MM, rel=0.1)
    assert line.point_at(-5) == pytest.approx(line.points_ras[0])


def test_straight_view_of_a_bend_is_straight():
    labels, ct, along = bent_vessel()
    laid_out = straightened(centreline_of(followed_from_below(labels)))
    centre = len(laid_out.offsets_mm) // 2
    for angle in (0, 30, 90, 135):
        middle = laid_out.cut(labels, angle, is_mask=True)[20:-20]
        assert middle[:, centre].all()
        assert middle.sum(axis=1) * 0.5 == pytest.approx(2 * RADIUS_MM, abs=1.5)
    plaque = laid_out.cut(ct, outside=-1000) > 650
    # The plaque lies at the inner wall, that is on one side, over the middle third.
    sections, columns = np.nonzero(plaque)
    where = laid_out.centreline.path_lengths_mm[sections]
    assert where.min() == pytest.approx(along.max() / 3, abs=2)
    assert where.max() == pytest.approx(2 * along.max() / 3, abs=2)
    assert columns.min() > centre + (RADIUS_MM - 4) / 0.5
    assert not (laid_out.cut(ct, 90, outside=-1000) > 650).any()
    assert np.abs(np.linalg.norm(laid_out.across, axis=1) - 1).max() < 1e-9
    assert np.abs((laid_out.across * laid_out.centreline.tangents).sum(axis=1)).max() < 1e-9


def test_centreline_goes_on_over_a_gap_and_leaves_out_the_limb_behind():
    grid = Grid.from_spacing((80, 24, 40), (1.0, 1.0, 1.0))
    array = np.zeros(grid.shape, np.uint8)
    array[2:40, 8:14, 8:14] = 1  # goes on straight, and stops
    array[30:34, 8:14, 18:24] = 1
    array[34:78, 8:14, 18:24] = 1  # beside it, over a gap, and longer
    line = centreline_of(followed_from_below(Volume(array, grid)))
    assert (np.diff(line.path_lengths_mm) > 0).all()
    assert line.points_ras[0][2] < 4
    assert line.points_ras[-1] == pytest.approx([20.5, 10.5, 76.5], abs=2.5)


def test_a_vessel_of_one_voxel_has_a_point():
    grid = Grid.from_spacing((5, 5, 5), (1.0, 1.0, 1.0))
    array = np.zeros(grid.shape, np.uint8)
    array[2, 2, 2] = 1
    line = centreline_of(followed_from_below(Volume(array, grid)))
    assert line.points_ras.tolist() == [[2, 2, 2]]
