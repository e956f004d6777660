"""Volumes, burden, clusters and what is left out, against analytic phantoms and hand counts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial.distance import pdist

from AbdominalCalcificationLib.anatomy import TERRITORIES
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.flags import Flag
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import MeasurementParameters, Part, measure, measure_steps
from AbdominalCalcificationLib.progress import Progress
from phantoms import Phantom, Plaque, aorta, branch, grid_over, label_of, rotation_about

EVERYTHING = {"renal": np.inf, "mesenteric": np.inf, "common_iliac": np.inf}


def a_case(shape=(20, 20, 20), spacing_mm=(1.0, 1.0, 1.0)):
    """Return an empty label array, an empty calcification array and their grid."""
    return np.zeros(shape, np.uint8), np.zeros(shape, bool), Grid.from_spacing(shape, spacing_mm)


def measured(labels, calcified, grid, ct=None, **parameters):
    ct = None if ct is None else Volume(ct, grid)
    return measure(ct, Volume(labels, grid), Volume(calcified, grid), MeasurementParameters(**parameters))


def a_diseased_phantom():
    """A straight aorta with a plaque in its wall and a bent renal artery with another."""
    trunk = aorta(49)
    renal = branch((1, 0, 0), 3, (4,), (24, 15, (0, 0, 1)))
    plaques = (
        Plaque(trunk, (12.2, 33.2), (6.1, 9.0), (-2.2, 1.9)),
        Plaque(renal[2], (5.3, 18.8), (0.9, 3.0), (-2.0, 1.4)),
    )
    return Phantom({"aorta": (trunk,), "renal_left": renal}, plaques), renal


@pytest.mark.parametrize(
    ("spacing_mm", "rotation", "tolerance"),
    [
        (0.5, None, 0.02),
        (0.7, None, 0.02),
        (0.7, rotation_about((1, 2, 3), 33), 0.02),
        ((0.7, 0.7, 1.0), rotation_about((3, -1, 1), 20), 0.03),
        (1.0, None, 0.07),
        ((0.8, 0.8, 2.0), rotation_about((1, 0, 0), 12), 0.06),
        (2.0, rotation_about((1, -1, 2), 50), 0.10),
        ((0.9, 0.9, 3.0), None, 0.10),
        (3.0, rotation_about((0, 1, 1), 10), 0.40),
    ],
)
def test_volumes_of_straight_and_bent_arteries_equal_the_analytic_ones(spacing_mm, rotation, tolerance):
    # Counting voxels is exact; the tolerance is what painting walls of 2 to 3 mm on the grid costs.
    phantom, renal = a_diseased_phantom()
    case = phantom.painted(grid_over((-12.31, -11.87, -28.13), (40, 12, 28), spacing_mm, rotation))
    result = measure(*case, MeasurementParameters(EVERYTHING))

    trunk = phantom.arteries["aorta"][0]
    assert result.territory("aorta").artery_volume_mm3 == pytest.approx(trunk.volume_mm3, rel=tolerance)
    for name, plaque in zip(("aorta", "renal_left"), phantom.plaques, strict=True):
        assert result.territory(name).calcified_volume_mm3 == pytest.approx(plaque.volume_mm3, rel=tolerance)
    # The renal artery's own volume: what of its first two tubes lies outside the aorta, and the arc.
    saddle = _volume_outside_a_cylinder(3.0, 9.0, 13.0)
    assert result.territory("renal_left").artery_volume_mm3 == pytest.approx(
        saddle + renal[2].volume_mm3, rel=tolerance
    )


def _volume_outside_a_cylinder(radius, cylinder, reach):
    """Volume of a tube across a cylinder's axis, from the cylinder's surface to `reach` from its axis."""
    across = np.linspace(-radius, radius, 20001)
    chord = 2 * np.sqrt(radius**2 - across**2) * (reach - np.sqrt(cylinder**2 - across**2))
    return float(np.sum((chord[1:] + chord[:-1]) / 2) * (across[1] - across[0]))


def test_volumes_are_counted_in_whole_voxels():
    labels, calcified, grid = a_case(spacing_mm=(0.5, 0.7, 2.0))
    labels[2:18, 5:15, 5:15] = 1
    calcified[3:6, 5:8, 5:9] = True
    result = measured(labels, calcified, grid)
    assert result.territory("aorta").artery_volume_mm3 == pytest.approx(1600 * 0.7, rel=1e-12)
    assert result.territory("aorta").calcified_volume_mm3 == pytest.approx(36 * 0.7, rel=1e-12)
    assert result.territory("aorta").burden == 36 / 1600


def test_calcification_beside_the_mask_counts_for_artery_and_calcified_volume():
    labels, calcified, grid = a_case()
    labels[:, 5:10, 5:10] = 1
    calcified[4:8, 10:12, 6:8] = True  # touching the mask from outside
    result = measured(labels, calcified, grid)
    assert result.territory("aorta").calcified_volume_mm3 == 16
    assert result.territory("aorta").artery_volume_mm3 == 500 + 16
    assert result.kept_arteries.array.sum() == 500


@pytest.mark.parametrize(("max_distance_mm", "assigned"), [(1.0, 1), (2.0, 2), (2.9, 2), (3.0, 3), (0.0, 0)])
def test_the_distance_to_an_artery_is_inclusive_and_counts_between_voxel_centres(max_distance_mm, assigned):
    labels, calcified, grid = a_case()
    labels[:, 5:10, 5:10] = 1
    calcified[10, 10:16, 7] = True
    result = measured(labels, calcified, grid, max_distance_mm=max_distance_mm)
    assert result.territory("aorta").calcified_volume_mm3 == assigned
    assert result.unassigned_calcified_volume_mm3 == 6 - assigned


def test_a_voxel_between_two_arteries_goes_to_the_nearer_one_and_a_tie_to_the_first_in_the_table():
    labels, calcified, grid = a_case()
    labels[:, 5:10, 2:6] = label_of("renal_left")
    labels[:, 5:10, 12:16] = label_of("celiac_trunk")
    calcified[10, 7, 6:12] = True  # distances to the left 1..6, to the right 6..1
    result = measured(labels, calcified, grid, max_distance_mm=6, kept_length_mm=EVERYTHING)
    assert result.territory("renal_left").calcified_volume_mm3 == 3
    assert result.territory("celiac_trunk").calcified_volume_mm3 == 3
    calcified[:] = False
    labels[:, :, 12] = 0
    calcified[10, 7, 9] = True  # 4 mm to either
    result = measured(labels, calcified, grid, max_distance_mm=4, kept_length_mm=EVERYTHING)
    assert result.territory("celiac_trunk").calcified_volume_mm3 == 1


def test_calcification_near_what_was_cut_off_lies_beyond_the_kept_length():
    labels, calcified, grid = a_case((12, 12, 70))
    labels[:, :, :10] = 1
    labels[4:8, 4:8, 10:70] = label_of("renal_left")
    calcified[5, 8, 20] = calcified[5, 5, 30] = True
    calcified[5, 8, 60] = calcified[5, 5, 50] = True
    result = measured(labels, calcified, grid, kept_length_mm={"renal": 30})
    assert result.territory("renal_left").calcified_volume_mm3 == 2
    assert result.beyond_kept_length_calcified_volume_mm3 == 2
    assert {int(v) for v in result.parts_map.array[:, :, 40:][calcified[:, :, 40:]]} == {Part.BEYOND_KEPT_LENGTH}


def test_every_calcified_voxel_is_accounted_for_once():
    rng = np.random.default_rng(5)
    labels = np.zeros((40, 44, 48), np.uint8)
    labels[:, 15:25, 15:25] = 1
    labels[18:22, 18:22, 25:48] = label_of("renal_left")
    labels[2:6, 2:44, 28:31] = label_of("common_iliac_left")
    calcified = rng.random(labels.shape) > 0.97
    grid = Grid.from_spacing(labels.shape, (0.9, 1.1, 2.3))
    result = measured(labels, calcified, grid, kept_length_mm={"renal": 8}, min_cluster_volume_mm3=5)
    parts = (
        result.total.calcified_volume_mm3,
        result.unassigned_calcified_volume_mm3,
        result.beyond_kept_length_calcified_volume_mm3,
        result.below_minimum_calcified_volume_mm3,
    )
    assert min(parts) > 0
    counts = [part / grid.voxel_volume_mm3 for part in parts]
    assert counts == pytest.approx(np.round(counts), abs=1e-9)
    assert sum(np.round(counts)) == calcified.sum()
    assert ((result.parts_map.array > 0) == calcified).all()
    assert sum(t.cluster_count for t in result.territories) == result.total.cluster_count == len(result.clusters)
    assert sum(c.volume_mm3 for c in result.clusters) == pytest.approx(result.total.calcified_volume_mm3)
    assert sum(t.calcified_volume_mm3 for t in result.territories) == pytest.approx(result.total.calcified_volume_mm3)
    together = result.total.calcified_volume_mm3 / sum(t.artery_volume_mm3 for t in result.territories)
    assert result.total.burden == pytest.approx(together)
    kept_and_cut = result.kept_arteries.array + result.cut_arteries.array
    assert (kept_and_cut == labels).all()


def test_clusters_are_the_26_connected_components_of_what_was_assigned():
    rng = np.random.default_rng(11)
    labels = np.zeros((30, 30, 30), np.uint8)
    labels[:, 5:25, 5:25] = 1
    calcified = (rng.random(labels.shape) > 0.9) & (labels > 0)
    hu = rng.integers(130, 1500, labels.shape).astype(np.int16)
    grid = Grid.from_spacing(labels.shape, (0.6, 0.8, 1.5), (10, -20, 30), rotation_about((1, 1, 0), 25))
    result = measured(labels, calcified, grid, ct=hu)

    expected, count = ndimage.label(calcified, np.ones((3, 3, 3)))
    assert len(result.clusters) == count
    for cluster in result.clusters:
        voxels = np.argwhere(result.clusters_map.array == cluster.id)
        number = expected[tuple(voxels[0])]
        assert (expected[tuple(voxels.T)] == number).all()
        assert (expected == number).sum() == len(voxels) == cluster.voxel_count
        points = grid.ras_of_kji(voxels)
        assert cluster.centroid_ras == pytest.approx(points.mean(axis=0))
        assert cluster.extent_mm == pytest.approx(pdist(points).max(initial=0))
        assert cluster.mean_hu == pytest.approx(hu[tuple(voxels.T)].mean())
        assert cluster.max_hu == hu[tuple(voxels.T)].max()
    volumes = [cluster.volume_mm3 for cluster in result.clusters]
    assert volumes == sorted(volumes, reverse=True)
    assert [cluster.id for cluster in result.clusters] == list(range(1, count + 1))
    assert result.total.median_cluster_volume_mm3 == pytest.approx(np.median(volumes))
    assert result.total.mean_cluster_volume_mm3 == pytest.approx(np.mean(volumes))
    assert result.total.largest_cluster_volume_mm3 == max(volumes)


@pytest.mark.parametrize("shape", [(1, 1, 900), (1, 30, 40), (9, 9, 9), (3, 300, 1)])
def test_the_extent_of_long_flat_and_solid_clusters_is_the_greatest_distance(shape):
    labels = np.ones(shape, np.uint8)
    grid = Grid.from_spacing(shape, (0.7, 0.9, 1.3), (0, 0, 0), rotation_about((1, 2, 3), 40))
    result = measured(labels, np.ones(shape, bool), grid)
    corners = grid.ras_of_kji([(0, 0, 0), np.array(shape) - 1])
    assert result.clusters[0].extent_mm == pytest.approx(np.linalg.norm(corners[1] - corners[0]))


def test_a_cluster_across_two_arteries_belongs_to_the_one_with_more_of_it_and_a_tie_to_the_first():
    labels, calcified, grid = a_case((10, 10, 40))
    labels[:, :, :20] = 1
    labels[3:7, 3:7, 20:30] = label_of("renal_left")
    calcified[5, 5, 17:25] = True  # 3 in the aorta, 5 in the renal artery
    result = measured(labels, calcified, grid)
    assert [cluster.territory for cluster in result.clusters] == ["renal_left"]
    assert result.territory("aorta").calcified_volume_mm3 == 3
    assert result.territory("aorta").cluster_count == 0
    calcified[5, 5, 15:25] = True  # 5 and 5
    result = measured(labels, calcified, grid)
    assert [cluster.territory for cluster in result.clusters] == ["aorta"]


def test_small_clusters_are_left_out_of_every_number_but_reported():
    labels, calcified, grid = a_case()
    labels[:, 5:15, 5:15] = 1
    calcified[2, 6, 6] = True
    calcified[10, 15, 6:9] = True  # beside the mask
    calcified[15, 6, 6:10] = True
    result = measured(labels, calcified, grid, min_cluster_volume_mm3=4)
    assert result.territory("aorta").calcified_volume_mm3 == 4
    assert result.territory("aorta").artery_volume_mm3 == 2000
    assert result.territory("aorta").cluster_count == 1
    assert result.below_minimum_calcified_volume_mm3 == 4
    assert (result.clusters_map.array > 0).sum() == 4
    assert result.parts_map.array[2, 6, 6] == Part.BELOW_MINIMUM


def test_a_territory_that_is_not_there_is_not_measured_rather_than_zero():
    labels, calcified, grid = a_case()
    labels[:, 5:15, 5:15] = 1
    result = measured(labels, calcified, grid)
    assert [each.name for each in result.territories] == [each.name for each in TERRITORIES]
    assert result.territory("aorta").burden == 0
    renal = result.territory("renal_left")
    assert (renal.found, renal.burden, renal.artery_volume_mm3, renal.cluster_count) == (False, None, 0, 0)
    assert renal.mean_cluster_volume_mm3 is None
    assert result.total.burden == 0


def test_empty_masks_are_a_valid_result():
    labels, calcified, grid = a_case()
    result = measured(labels, calcified, grid)
    assert (result.total.found, result.total.burden, result.clusters) == (False, None, ())
    calcified[3:5] = True
    result = measured(labels, calcified, grid)
    assert result.unassigned_calcified_volume_mm3 == 800
    assert (result.parts_map.array[calcified] == Part.UNASSIGNED).all()


def test_without_a_ct_everything_but_the_hu_is_measured():
    phantom, _ = a_diseased_phantom()
    ct, arteries, calcification = phantom.painted(grid_over((-12, -12, -29), (40, 12, 29), 1.0))
    with_ct = measure(ct, arteries, calcification)
    without = measure(None, arteries, calcification)
    assert without.territories == with_ct.territories
    assert {cluster.mean_hu for cluster in without.clusters} == {None}
    assert {cluster.mean_hu for cluster in with_ct.clusters} == {900.0}


def test_unknown_labels_other_grids_and_missing_numbers_are_refused():
    labels, calcified, grid = a_case()
    labels[3, 3, 3] = 52
    with pytest.raises(InputError, match=r"52.*map them"):
        measured(labels, calcified, grid)
    labels[3:13, 3:13, 3:13] = 1
    other = Grid.from_spacing(labels.shape, (1, 1, 2))
    with pytest.raises(InputError, match="different grids"):
        measure(None, Volume(labels, grid), Volume(calcified, other))
    ct = np.full(labels.shape, np.nan, np.float32)
    with pytest.raises(InputError, match="NaN"):
        measured(labels, calcified, grid, ct=ct)
    with pytest.raises(InputError, match="NaN"):
        measured(labels, np.where(labels, np.nan, 0.0), grid)


def test_the_caller_sees_progress_and_its_flags_and_provenance_come_back():
    labels, calcified, grid = a_case()
    labels[:, 5:15, 5:15] = 1
    known = Flag("edited_by_hand", "The calcification was edited by hand.")
    provenance = {"series": "1.2.3"}
    steps = measure_steps(None, Volume(labels, grid), Volume(calcified, grid), flags=[known], provenance=provenance)
    fractions = []
    try:
        while True:
            step = next(steps)
            assert isinstance(step, Progress)
            fractions.append(step.fraction)
    except StopIteration as stop:
        result = stop.value
    assert len(fractions) >= 4
    assert fractions == sorted(fractions)
    assert result.flags[0] == known
    assert result.provenance == provenance
    assert result.provenance is not provenance
