"""Changes of masks put into segmentation nodes: what is read back is what was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import TERRITORIES, territory, territory_of_label
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.review.change import MaskChange
from AbdominalCalcificationLib.scene.mask_changes import apply_change
from AbdominalCalcificationLib.scene.masks import arteries_from_node, calcification_from_node
from AbdominalCalcificationLib.scene.segmentations import segments_of, show_arteries, show_calcification
from AbdominalCalcificationLib.scene.volumes import grid_of_node, matrix_of_array, volume_node_from
from AbdominalCalcificationLib.terminology import TAG, entry_of_territory
from placements import FLIPPED, OBLIQUE, PLAIN, affine, rotation
from scene_masks import SHAPE, add_segment, artery_array, artery_mask

pytestmark = pytest.mark.scene

LABELS = [0, *(each.label for each in TERRITORIES)]


@pytest.fixture
def ct(scene):
    return a_ct(PLAIN)


def a_ct(directions, shape=SHAPE, spacing=(0.7, 0.8, 2.5)):
    grid = Grid.from_spacing(shape, spacing, (11.0, -20.0, 300.0), directions)
    return volume_node_from(Volume(np.zeros(shape, np.int16), grid), "CT")


def random_change(rng, array, role, values) -> MaskChange:
    low = [int(rng.integers(0, size - 1)) for size in array.shape]
    box = tuple(slice(a, int(rng.integers(a + 1, n + 1))) for a, n in zip(low, array.shape, strict=True))
    before = array[box].astype(np.uint8)
    after = np.where(rng.random(before.shape) < 0.4, rng.choice(values, before.shape), before).astype(np.uint8)
    return MaskChange(role, box, before, after, "")


@pytest.mark.parametrize("directions", [PLAIN, OBLIQUE, FLIPPED])
def test_any_change_of_arteries_is_what_is_read_back(scene, directions):
    rng = np.random.default_rng(5)
    ct = a_ct(directions)
    node = show_arteries(ct, artery_mask(ct))
    array = artery_array()
    for _ in range(12):
        change = random_change(rng, array, "arteries", LABELS)
        apply_change(node, ct, change)
        array = change.applied(array)
        assert np.array_equal(arteries_from_node(node, ct).array, array)


def test_any_change_of_calcification_is_what_is_read_back(ct):
    rng = np.random.default_rng(6)
    array = np.zeros(SHAPE, np.uint8)
    node = show_calcification(ct, artery_mask(ct).with_array(array))
    for _ in range(12):
        change = random_change(rng, array, "calcification", [0, 1])
        apply_change(node, ct, change)
        array = change.applied(array)
        assert np.array_equal(calcification_from_node(node, ct).array, array)


def test_a_mask_under_a_transform_with_its_ct_is_changed_too(scene, ct):
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(matrix_of_array(affine(rotation(1, 30), (5, -7, 9))))
    ct.SetAndObserveTransformNodeID(transform.GetID())
    node = show_arteries(ct, artery_mask(ct))
    array = artery_array()
    change = random_change(np.random.default_rng(1), array, "arteries", LABELS)
    apply_change(node, ct, change)
    assert np.array_equal(arteries_from_node(node, ct).array, change.applied(array))


def test_segments_that_overlap_and_those_of_both_sides_are_cut_where_it_changes(ct):
    node = show_arteries(ct, artery_mask(ct))
    pair = np.zeros(SHAPE, np.uint8)
    pair[2, 4, :] = 1
    add_segment(node, pair, ct, name="renal_arteries", segment_id="pair")
    again = (artery_array() == 1).astype(np.uint8)
    again[:, 5, 5] = 1
    add_segment(node, again, ct, name="aorta_abdominalis", segment_id="second")
    array = arteries_from_node(node, ct).array
    rng = np.random.default_rng(2)
    for _ in range(6):
        change = random_change(rng, array, "arteries", LABELS)
        apply_change(node, ct, change)
        array = change.applied(array)
        assert np.array_equal(arteries_from_node(node, ct).array, array)


def test_a_missing_artery_gets_a_segment_with_name_colour_and_terminology(ct):
    node = show_arteries(ct, artery_mask(ct))
    array = artery_array()
    box = (slice(4, 5), slice(4, 5), slice(7, 10))
    wanted = territory("celiac_trunk")
    change = MaskChange("arteries", box, array[box], np.full((1, 1, 3), wanted.label, np.uint8), "")
    apply_change(node, ct, change)
    segment = dict(segments_of(node))["celiac_trunk"]
    assert segment.GetName() == wanted.title
    assert segment.GetColor() == pytest.approx(wanted.color)
    from vtkmodules.vtkCommonCore import reference

    tag = reference("")
    segment.GetTag(TAG, tag)
    assert str(tag) == entry_of_territory(wanted)
    assert np.array_equal(arteries_from_node(node, ct).array, change.applied(array))
    surface = node.GetClosedSurfaceInternalRepresentation("celiac_trunk")
    assert surface.GetNumberOfPoints() > 0


def test_calcification_is_put_into_a_node_without_a_segment(scene, ct):
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "mine")
    node.SetReferenceImageGeometryParameterFromVolumeNode(ct)
    box = (slice(1, 3), slice(2, 4), slice(3, 5))
    change = MaskChange("calcification", box, np.zeros((2, 2, 2), np.uint8), np.ones((2, 2, 2), np.uint8), "")
    apply_change(node, ct, change)
    assert np.array_equal(calcification_from_node(node, ct).array, change.applied(np.zeros(SHAPE, np.uint8)))


def test_segments_that_are_no_arteries_stay_as_they_are(ct):
    import slicer

    node = show_arteries(ct, artery_mask(ct))
    liver = np.zeros(SHAPE, np.uint8)
    liver[1:7, 3:6, 4:7] = 1
    add_segment(node, liver, ct, name="liver", segment_id="liver")
    array = artery_array()
    box = tuple(slice(0, size) for size in SHAPE)
    apply_change(node, ct, MaskChange("arteries", box, array, np.zeros_like(array), ""))
    assert not arteries_from_node(node, ct).array.any()
    assert np.array_equal(slicer.util.arrayFromSegmentBinaryLabelmap(node, "liver", ct), liver)


def test_a_mask_on_other_voxels_is_refused_and_stays_as_it_is(ct):
    other = a_ct(PLAIN, (16, 9, 10), (0.7, 0.8, 1.25))
    array = np.zeros((16, 9, 10), np.uint8)
    array[4:12, 3:6, 4:7] = 1
    node = show_arteries(other, Volume(array, grid_of_node(other)))
    before = arteries_from_node(node, ct).array
    box = (slice(1, 3), slice(2, 4), slice(3, 5))
    with pytest.raises(InputError, match="other voxels than those of the CT"):
        apply_change(node, ct, MaskChange("arteries", box, before[box], np.ones((2, 2, 2), np.uint8), ""))
    assert np.array_equal(arteries_from_node(node, ct).array, before)


def surfaces_of(node):
    return {key: segment.GetRepresentation("Closed surface") for key, segment in segments_of(node)}


def test_a_change_makes_the_surfaces_anew_that_slicer_would_make_and_no_others(ct):
    node = show_arteries(ct, artery_mask(ct))
    array = artery_array()
    before = surfaces_of(node)
    box = (slice(2, 4), slice(3, 6), slice(5, 8))
    labels = set(np.unique(array[box]).tolist()) - {0}
    apply_change(node, ct, MaskChange("arteries", box, array[box], np.zeros_like(array[box]), ""))
    found = surfaces_of(node)
    changed = {key for key, surface in found.items() if surface is not before[key]}
    assert changed == {territory_of_label(label).name for label in labels}
    node.RemoveClosedSurfaceRepresentation()
    node.CreateClosedSurfaceRepresentation()
    for key, surface in surfaces_of(node).items():
        assert surface.GetNumberOfPoints() == found[key].GetNumberOfPoints()
        assert surface.GetBounds() == pytest.approx(found[key].GetBounds())


def test_only_the_last_step_of_a_change_changes_the_scene_and_a_mask_edited_meanwhile_stays(ct):
    from AbdominalCalcificationLib.scene.mask_changes import apply_change_steps

    node, array = show_arteries(ct, artery_mask(ct)), artery_array()
    change = random_change(np.random.default_rng(3), array, "arteries", LABELS)
    said = []
    steps = apply_change_steps(node, ct, change, at_last=lambda: said.append(1))
    for _step in steps:
        assert np.array_equal(arteries_from_node(node, ct).array, array)
        assert set(surfaces_of(node)) == {"aorta", "renal_left", "renal_right"}
        assert not said
    assert said == [1]
    assert np.array_equal(arteries_from_node(node, ct).array, change.applied(array))
    array = change.applied(array)
    steps = apply_change_steps(node, ct, random_change(np.random.default_rng(4), array, "arteries", LABELS))
    next(steps)
    add_segment(node, (array == 0).astype(np.uint8), ct, name="liver", segment_id="liver")
    with pytest.raises(InputError, match="was edited meanwhile"):
        list(steps)
    assert np.array_equal(arteries_from_node(node, ct).array, array)


def test_what_is_read_in_steps_is_what_is_read_at_once(ct):
    from AbdominalCalcificationLib.progress import drain
    from AbdominalCalcificationLib.reading.meanings import Wanted
    from AbdominalCalcificationLib.scene.mask_reading import mask_steps

    node = show_arteries(ct, artery_mask(ct))
    array = artery_array()
    pair = np.zeros(SHAPE, np.uint8)
    pair[2:4, 4, :] = 1
    add_segment(node, pair, ct, name="aorta", segment_id="second")
    for wanted, read in ((Wanted.ARTERIES, arteries_from_node), (Wanted.CALCIFICATION, calcification_from_node)):
        if wanted is Wanted.CALCIFICATION:
            node = show_calcification(ct, artery_mask(ct).with_array((array == 1).astype(np.uint8)))
        found = drain(mask_steps(node, ct, wanted))
        assert np.array_equal(found.array, read(node, ct).array)
        assert found.grid.same_as(read(node, ct).grid)
    with pytest.raises(InputError, match="no segment of an artery"):
        drain(mask_steps(node, ct, Wanted.ARTERIES))
