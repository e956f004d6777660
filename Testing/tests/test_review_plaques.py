"""Missed plaques, false ones, and clusters that are rejected and restored."""

from __future__ import annotations

import re

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import MeasurementParameters, measure
from AbdominalCalcificationLib.review import missed_plaque, reject_cluster, remove_plaque, restore_voxels
from AbdominalCalcificationLib.review.places import Place, matched
from phantoms import BACKGROUND_HU, LUMEN_HU, PLAQUE_HU
from review_cases import AORTIC_PLAQUE, RENAL_PLAQUE, mass_centre, painted

THRESHOLD_HU = 500
GRIDS = ("straight", "turned", "sheared")


def voxels_of(plaque, volume) -> np.ndarray:
    points = volume.grid.ras_of_kji(np.argwhere(np.ones(volume.array.shape, bool)))
    return plaque.contains(points).reshape(volume.array.shape)


def without(calcification, plaque) -> Volume:
    return calcification.with_array(calcification.array & ~voxels_of(plaque, calcification))


@pytest.mark.parametrize("kind", GRIDS)
@pytest.mark.parametrize("plaque", [AORTIC_PLAQUE, RENAL_PLAQUE])
def test_a_missed_plaque_is_grown_to_all_of_its_voxels_and_to_no_others(kind, plaque):
    ct, arteries, calcification = painted(kind)
    missing = without(calcification, plaque)
    place = mass_centre(ct, voxels_of(plaque, ct))
    change = missed_plaque(ct, arteries, missing, place, THRESHOLD_HU)
    assert np.array_equal(change.applied(missing.array) != 0, calcification.array)
    count = np.count_nonzero(voxels_of(plaque, ct))
    assert (change.role, change.added, change.removed) == ("calcification", count, 0)
    volume = count * ct.grid.voxel_volume_mm3
    assert change.text == f"Plaque added: {count} voxels ({volume:.1f} mm³) above 500 HU."
    assert change.proposal == f"This plaque would be added: {count} voxels ({volume:.1f} mm³) above 500 HU."


def test_a_click_beside_a_plaque_takes_it_within_two_millimetres():
    ct, arteries, calcification = painted()
    missing = without(calcification, RENAL_PLAQUE)
    points = ct.grid.ras_of_kji(np.argwhere(voxels_of(RENAL_PLAQUE, ct)))
    top = points[points[:, 2].argmax()]

    def grown(beside_mm):
        try:
            return missed_plaque(ct, arteries, missing, top + np.array([0, 0, beside_mm]), THRESHOLD_HU).added
        except InputError as error:
            return str(error)

    assert grown(1.9) == len(points)
    assert str(grown(2.9)).startswith("Nothing within 2 mm of the place clicked is above 500 HU")


def test_bone_beside_an_artery_is_not_grown_into():
    ct, arteries, calcification = painted()
    missing = without(calcification, AORTIC_PLAQUE)
    hu = ct.array.copy()
    # From the outer side of the plaque away from the aorta.
    points = ct.grid.ras_of_kji(np.argwhere(np.ones(hu.shape, bool))).T.reshape(3, *hu.shape)
    bone = (np.hypot(points[0], points[1]) > 11) & (points[0] < 0) & (np.abs(points[2]) < 20)
    assert np.count_nonzero(bone) * ct.grid.voxel_volume_mm3 > 300
    hu[bone] = 700
    place = mass_centre(ct, voxels_of(AORTIC_PLAQUE, ct))
    change = missed_plaque(ct.with_array(hu), arteries, missing, place, THRESHOLD_HU)
    grown = (change.applied(missing.array) != 0) & ~missing.array
    assert (grown & ~voxels_of(AORTIC_PLAQUE, ct)).sum() <= 0.1 * grown.sum()
    assert (grown & voxels_of(AORTIC_PLAQUE, ct)).sum() >= 0.85 * voxels_of(AORTIC_PLAQUE, ct).sum()
    place = mass_centre(ct, bone & (points[1] ** 2 < 4) & (points[0] < -12.5))
    with pytest.raises(InputError, match="farther than 3 mm from every artery, or belongs to bone"):
        missed_plaque(ct.with_array(hu), arteries, missing, place, THRESHOLD_HU)


def test_what_runs_away_is_refused():
    ct, arteries, calcification = painted()
    nothing = calcification.with_array(np.zeros(calcification.array.shape, bool))
    with pytest.raises(InputError, match=r"above 300 HU here is no plaque alone: .* 3000 mm³ or .* 50 mm, .*; raise"):
        missed_plaque(ct, arteries, nothing, (0, 0, 0), LUMEN_HU - 50)


def test_a_plaque_may_reach_fifty_millimetres():
    # A thin rim along an artery, clicked at its end.
    grid = Grid.from_spacing((70, 14, 14))
    labels = np.zeros(grid.shape, np.uint8)
    labels[:, 3:11, 3:11] = 1

    def grown(length_mm):
        hu = np.where(labels, LUMEN_HU, BACKGROUND_HU).astype(np.int16)
        hu[3 : 4 + length_mm, 3, 3] = PLAQUE_HU
        ct = Volume(hu, grid)
        nothing = ct.with_array(np.zeros(grid.shape, bool))
        return missed_plaque(ct, ct.with_array(labels), nothing, (3, 3, 3), THRESHOLD_HU).added

    assert fits(lambda: grown(46)) == 47
    assert fits(lambda: grown(54)) is None


def test_a_plaque_may_have_three_thousand_cubic_millimetres():
    grid = Grid.from_spacing((24, 24, 24))

    def grown(side):
        hu = np.full(grid.shape, LUMEN_HU, np.int16)
        hu[4 : 4 + side, 4 : 4 + side, 4 : 4 + side] = PLAQUE_HU
        ct = Volume(hu, grid)
        nothing = ct.with_array(np.zeros(grid.shape, bool))
        return missed_plaque(ct, ct.with_array(np.ones(grid.shape)), nothing, (8, 8, 8), THRESHOLD_HU).added

    assert fits(lambda: grown(13)) == 13**3
    assert fits(lambda: grown(16)) is None


def fits(grow):
    """What is grown; None where it runs away."""
    try:
        return grow()
    except InputError as error:
        return None if "no plaque alone" in str(error) else error


def test_what_is_calcification_already_is_said():
    ct, arteries, calcification = painted()
    place = mass_centre(ct, voxels_of(RENAL_PLAQUE, ct))
    with pytest.raises(InputError, match="calcification already"):
        missed_plaque(ct, arteries, calcification, place, THRESHOLD_HU)


def test_a_click_outside_of_the_image_and_far_from_arteries_is_refused():
    ct, arteries, calcification = painted()
    with pytest.raises(InputError, match="outside the image"):
        missed_plaque(ct, arteries, calcification, (500, 0, 0), THRESHOLD_HU)
    empty = arteries.with_array(np.zeros(arteries.array.shape, np.uint8))
    with pytest.raises(InputError, match="no artery near"):
        missed_plaque(ct, empty, calcification, (0, 0, 0), THRESHOLD_HU)
    with pytest.raises(InputError, match="outside the image"):
        remove_plaque(calcification, (500, 0, 0))


@pytest.mark.parametrize("kind", GRIDS)
def test_a_false_plaque_is_removed_whole_and_alone(kind):
    _, _, calcification = painted(kind)
    place = mass_centre(calcification, voxels_of(RENAL_PLAQUE, calcification))
    change = remove_plaque(calcification, place)
    assert np.array_equal(change.applied(calcification.array) != 0, without(calcification, RENAL_PLAQUE).array)
    with pytest.raises(InputError, match="No calcification lies within 2 mm"):
        remove_plaque(without(calcification, RENAL_PLAQUE), place)


@pytest.mark.parametrize("kind", GRIDS)
def test_a_rejected_cluster_leaves_the_numbers_and_comes_back(kind):
    ct, arteries, calcification = painted(kind)
    before = measure(ct, arteries, calcification)
    (cluster,) = [each for each in before.clusters if each.territory == "renal_left"]
    change = reject_cluster(calcification, cluster.centroid_ras, cluster.voxel_count, cluster.extent_mm)
    assert change.removed == cluster.voxel_count
    after = calcification.with_array(change.applied(calcification.array))
    measured = measure(ct, arteries, after)
    assert measured.territory("renal_left").cluster_count == 0
    assert measured.territory("aorta") == before.territory("aorta")
    restored = restore_voxels(after, change.changed_kji)
    again = measure(ct, arteries, after.with_array(restored.applied(after.array)))
    assert (again.territories, again.total, again.clusters) == (before.territories, before.total, before.clusters)
    with pytest.raises(InputError, match="in the mask already"):
        restore_voxels(calcification, change.changed_kji)


def test_a_rejected_cluster_goes_with_what_lies_beyond_the_kept_length_and_that_is_said():
    ct, arteries, calcification = painted()
    result = measure(ct, arteries, calcification, MeasurementParameters({"renal": 23}))
    (cluster,) = [each for each in result.clusters if each.territory == "renal_left"]
    whole = np.count_nonzero(voxels_of(RENAL_PLAQUE, ct))
    assert 0 < cluster.voxel_count < whole
    change = reject_cluster(calcification, cluster.centroid_ras, cluster.voxel_count, cluster.extent_mm)
    assert change.removed == whole
    assert re.search(
        rf", {whole - cluster.voxel_count} voxels .* beyond the kept length or near no artery\.", change.text
    )


def test_a_cluster_that_the_mask_holds_no_more_is_not_mistaken_for_another():
    ct, arteries, calcification = painted()
    (cluster,) = [each for each in measure(ct, arteries, calcification).clusters if each.territory == "renal_left"]
    known = cluster.centroid_ras, cluster.voxel_count, cluster.extent_mm
    with pytest.raises(InputError, match="no more; press Recompute"):
        reject_cluster(without(calcification, RENAL_PLAQUE), *known)
    eroded = calcification.array.copy()
    eroded[tuple(np.argwhere(voxels_of(RENAL_PLAQUE, ct))[0])] = False
    with pytest.raises(InputError, match="no more; press Recompute"):
        reject_cluster(calcification.with_array(eroded), *known)


def test_of_two_clusters_with_one_centre_the_right_one_goes():
    # A ring around a grain: their centres are the same.
    array = np.zeros((3, 11, 11), bool)
    array[1, 1:10, 1:10] = True
    array[1, 2:9, 2:9] = False
    array[1, 5, 5] = True
    mask = Volume(array, Grid.from_spacing(array.shape))
    assert reject_cluster(mask, (5, 5, 1), 32, 11.4).removed == 32
    assert reject_cluster(mask, (5, 5, 1), 1, 0).removed == 1


def test_restoring_what_is_of_another_image_is_refused():
    mask = Volume(np.zeros((4, 4, 4), bool), Grid((4, 4, 4)))
    with pytest.raises(InputError, match="another image"):
        restore_voxels(mask, np.array([[0, 0, 4]]))


def test_a_cluster_that_was_seen_is_known_by_its_place_within_two_millimetres():
    seen = [Place((0, 0, 0), 10.0)]
    assert matched(seen, [Place((9, 0, 0), 10.0), Place((0, 0, 1.9), 10.0)]) == [1]
    assert matched(seen, [Place((0, 0, 2.1), 10.0)]) == [None]
    assert matched(seen, []) == [None]


def test_a_cluster_that_changed_by_half_is_to_be_seen_again():
    seen = [Place((0, 0, 0), 10.0)]
    assert matched(seen, [Place((0, 0, 0), 14.9)]) == matched(seen, [Place((0, 0, 0), 6.8)]) == [0]
    assert matched(seen, [Place((0, 0, 0), 15.1)]) == matched(seen, [Place((0, 0, 0), 6.5)]) == [None]


def test_two_places_are_not_one_cluster():
    seen = [Place((0, 0, 0), 10.0), Place((0, 0, 1), 10.0)]
    assert matched(seen, [Place((0, 0, 0.9), 10.0)]) == [None, 0]
