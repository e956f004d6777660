"""Masks survive the scene: shown, corrected, saved, read back."""

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import CALCIFICATION_COLOR, TERRITORIES, territory
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.reading.meanings import Wanted
from AbdominalCalcificationLib.reading.painting import STRENGTH
from AbdominalCalcificationLib.scene import edits, segmentations
from AbdominalCalcificationLib.scene.masks import (
    arteries_from_node,
    calcification_from_node,
    mask_from_node,
    unknown_segments,
)
from AbdominalCalcificationLib.scene.segmentations import add_territory, show_arteries, show_calcification, show_cut_off
from AbdominalCalcificationLib.scene.volumes import grid_of_node, matrix_of_array, volume_node_from
from placements import FLIPPED, MIRRORED, OBLIQUE, PLAIN, affine, rotation
from scene_masks import SHAPE, add_segment, artery_array, artery_mask

pytestmark = pytest.mark.scene

GRIDS = {"plain": PLAIN, "oblique": OBLIQUE, "flipped": FLIPPED, "mirrored": MIRRORED}


@pytest.fixture
def a_ct_node(scene):
    def make(directions=PLAIN):
        grid = Grid.from_spacing(SHAPE, (0.7, 0.8, 2.5), (11.0, -20.0, 300.0), directions)
        return volume_node_from(Volume(np.zeros(SHAPE, np.int16), grid), "CT")

    return make


@pytest.fixture
def moved(scene):
    """Put a node under a chain of two linear transforms."""

    def move(node):
        parent = None
        for matrix in (affine(rotation(1, 30), (5, -7, 9)), affine(rotation(2, 70), (-50, 1, 2))):
            transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
            transform.SetMatrixTransformToParent(matrix_of_array(matrix))
            if parent is not None:
                transform.SetAndObserveTransformNodeID(parent.GetID())
            parent = transform
        node.SetAndObserveTransformNodeID(parent.GetID())

    return move


def calcification_mask(ct_node):
    array = np.zeros(SHAPE, np.uint8)
    array[3:5, 5, 6] = 1
    return Volume(array, grid_of_node(ct_node))


@pytest.mark.parametrize("directions", GRIDS.values(), ids=GRIDS)
@pytest.mark.parametrize("transformed", [False, True], ids=["untransformed", "transformed"])
def test_masks_come_back_as_they_were_shown(a_ct_node, moved, directions, transformed):
    ct_node = a_ct_node(directions)
    if transformed:
        moved(ct_node)
    arteries, calcification = artery_mask(ct_node), calcification_mask(ct_node)
    back = arteries_from_node(show_arteries(ct_node, arteries), ct_node)
    assert back.array.dtype == np.uint8
    assert np.array_equal(back.array, arteries.array)
    assert back.grid.same_as(arteries.grid)
    back = calcification_from_node(show_calcification(ct_node, calcification), ct_node)
    assert np.array_equal(back.array, calcification.array)


@pytest.mark.parametrize("directions", GRIDS.values(), ids=GRIDS)
def test_slicer_itself_finds_the_voxels_where_they_belong(a_ct_node, moved, directions):
    import slicer

    ct_node = a_ct_node(directions)
    moved(ct_node)
    node = show_arteries(ct_node, artery_mask(ct_node))
    for name in ("aorta", "renal_left", "renal_right"):
        seen = slicer.util.arrayFromSegmentBinaryLabelmap(node, name, ct_node)
        assert np.array_equal(seen != 0, artery_array() == territory(name).label)


def test_a_mask_stays_on_the_patient_when_the_ct_is_moved_afterwards(a_ct_node, moved):
    ct_node = a_ct_node(OBLIQUE)
    node = show_arteries(ct_node, artery_mask(ct_node))
    moved(ct_node)
    node.SetAndObserveTransformNodeID(ct_node.GetTransformNodeID())
    assert np.array_equal(arteries_from_node(node, ct_node).array, artery_array())


def test_a_segmentation_on_another_grid_is_read_in_physical_space(a_ct_node):
    ct_node = a_ct_node(PLAIN)
    matrix = np.array(grid_of_node(ct_node).ijk_to_ras)
    matrix[:3, 3] += matrix[:3, 0] * (SHAPE[2] - 1)
    matrix[:3, 0] *= -1
    flipped = volume_node_from(Volume(np.zeros(SHAPE, np.int16), Grid(SHAPE, matrix)), "Flipped")
    node = show_arteries(flipped, Volume(artery_array()[:, :, ::-1].copy(), grid_of_node(flipped)))
    assert np.array_equal(arteries_from_node(node, ct_node).array, artery_array())


def test_a_segmentation_that_reaches_beyond_the_ct_is_cropped(a_ct_node):
    ct_node = a_ct_node(OBLIQUE)
    grid = grid_of_node(ct_node)
    shift = np.eye(4)
    shift[:3, 3] = (-3, -2, -1)
    larger = Grid((12, 14, 16), grid.ijk_to_ras @ shift)
    array = np.random.default_rng(0).integers(0, 9, larger.shape).astype(np.uint8)
    larger_node = volume_node_from(Volume(np.zeros(larger.shape, np.int16), larger), "Larger")
    node = show_arteries(larger_node, Volume(array, larger))
    assert np.array_equal(arteries_from_node(node, ct_node).array, array[1:9, 2:11, 3:13])


def test_every_territory_is_named_coloured_and_coded_as_in_the_table(a_ct_node):
    import slicer

    ct_node = a_ct_node()
    array = np.zeros(SHAPE, np.uint8)
    array.ravel()[: len(TERRITORIES)] = [each.label for each in TERRITORIES]
    segmentation = show_arteries(ct_node, Volume(array, grid_of_node(ct_node))).GetSegmentation()
    assert list(segmentation.GetSegmentIDs()) == [each.name for each in TERRITORIES]
    for each in TERRITORIES:
        segment = segmentation.GetSegment(each.name)
        assert segment.GetName() == each.title
        assert segment.GetColor() == pytest.approx(each.color)
        entry = slicer.vtkSlicerTerminologyEntry()
        assert slicer.vtkSlicerTerminologiesModuleLogic().DeserializeTerminologyEntry(segment.GetTerminology(), entry)
        assert entry.GetCategoryObject().GetCodeMeaning() == "Anatomical Structure"
        assert entry.GetTypeObject().GetCodeValue() == each.code.value
        sides = {"left": "Left", "right": "Right"}
        assert (entry.GetTypeModifierObject().GetCodeMeaning() or None) == sides.get(each.name.rpartition("_")[2])


def test_calcification_is_coded_and_opaque_and_arteries_are_translucent(a_ct_node):
    ct_node = a_ct_node()
    calcification = show_calcification(ct_node, calcification_mask(ct_node))
    segment = calcification.GetSegmentation().GetSegment("calcification")
    assert segment.GetColor() == pytest.approx(CALCIFICATION_COLOR)
    assert "SCT^18115005^" in segment.GetTerminology()
    assert calcification.GetDisplayNode().GetOpacity3D() == 1.0
    arteries = show_arteries(ct_node, artery_mask(ct_node)).GetDisplayNode()
    assert 0.2 < arteries.GetOpacity3D() < 0.7
    assert arteries.GetVisibility2DOutline()
    assert not arteries.GetVisibility2DFill()


def test_closed_surfaces_lie_where_the_artery_lies(a_ct_node):
    ct_node = a_ct_node()
    node = show_arteries(ct_node, artery_mask(ct_node))
    surface = node.GetClosedSurfaceInternalRepresentation("aorta")
    points = grid_of_node(ct_node).ras_of_kji(np.argwhere(artery_array() == territory("aorta").label))
    middle = np.array(surface.GetBounds()).reshape(3, 2).mean(axis=1)
    assert np.allclose(middle, (points.min(axis=0) + points.max(axis=0)) / 2, atol=0.6)


def test_a_mask_drawn_in_finer_voxels_than_the_ct_says_what_the_ct_makes_of_it(a_ct_node):
    import slicer

    ct_node = a_ct_node()
    coarse = grid_of_node(ct_node)
    fine = Grid((4 * SHAPE[0], *SHAPE[1:]), coarse.ijk_to_ras @ np.diag([1, 1, 0.25, 1]))
    array = np.zeros(fine.shape, np.uint8)
    array[9, 3, 3] = array[12:14, 5, 5] = array[18, 2, 7:9] = 1
    fine_node = volume_node_from(Volume(array.astype(np.int16), fine), "fine")
    node = ct_node.GetScene().AddNewNodeByClass("vtkMRMLSegmentationNode", "drawn")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(fine_node)
    segment_id = node.GetSegmentation().AddEmptySegment("calcification", "Calcification")
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment_id, fine_node)
    mask = mask_from_node(node, ct_node, Wanted.CALCIFICATION)
    (flag,) = mask.flags
    assert flag.code == "mask_resampled"
    drawn_mm3, found_mm3 = (
        np.count_nonzero(a) * g.voxel_volume_mm3 for a, g in ((array, fine), (mask.volume.array, coarse))
    )
    assert f"{drawn_mm3:.1f} mm³ there, {found_mm3:.1f} mm³ here; clusters: 3 there" in flag.message


def test_unknown_segments_are_reported_and_left_out(a_ct_node):
    ct_node = a_ct_node()
    arteries = show_arteries(ct_node, artery_mask(ct_node))
    calcification = show_calcification(ct_node, calcification_mask(ct_node))
    drawn = np.zeros(SHAPE, bool)
    drawn[0] = True
    add_segment(arteries, drawn, ct_node, name="Kidney")
    add_segment(calcification, drawn, ct_node, name="Stent")
    arteries.GetSegmentation().AddEmptySegment("empty", "Not drawn yet")
    assert unknown_segments(arteries, calcification) == ("Kidney", "Stent")
    assert np.array_equal(arteries_from_node(arteries, ct_node).array, artery_array())
    assert np.array_equal(calcification_from_node(calcification, ct_node).array, calcification_mask(ct_node).array)


def test_showing_a_new_result_keeps_what_the_user_drew_beside_it(a_ct_node):
    ct_node = a_ct_node()
    node = show_arteries(ct_node, artery_mask(ct_node))
    drawn = np.zeros(SHAPE, bool)
    drawn[0] = True
    add_segment(node, drawn, ct_node, name="Kidney")
    only_aorta = np.where(artery_array() == 1, 1, 0).astype(np.uint8)
    assert show_arteries(ct_node, Volume(only_aorta, grid_of_node(ct_node)), node) is node
    assert set(node.GetSegmentation().GetSegmentIDs()) == {"Segment_1", "aorta"}
    assert np.array_equal(arteries_from_node(node, ct_node).array, only_aorta)


def test_where_segments_overlap_the_branch_wins_over_its_parent_whatever_their_order(a_ct_node):
    ct_node = a_ct_node()
    aorta, renal = (np.zeros(SHAPE, bool) for _ in range(2))
    aorta[2:6, 2:6, 2:6], renal[4, 4, 4:9] = True, True
    for order in ([("Aorta", aorta), ("Left renal artery", renal)], [("Left renal artery", renal), ("Aorta", aorta)]):
        node = show_arteries(ct_node, Volume(np.zeros(SHAPE, np.uint8), grid_of_node(ct_node)))
        for name, drawn in order:
            add_segment(node, drawn, ct_node, name=name, segment_id=name)
        expected = aorta * np.uint8(1)
        expected[renal] = territory("renal_left").label
        assert np.array_equal(arteries_from_node(node, ct_node).array, expected)


def test_of_overlapping_branches_the_earlier_in_the_table_wins(a_ct_node):
    ct_node = a_ct_node()
    drawn = np.zeros(SHAPE, bool)
    drawn[3, 3] = True
    for order in (["SMA", "IMA"], ["IMA", "SMA"]):
        node = show_arteries(ct_node, Volume(np.zeros(SHAPE, np.uint8), grid_of_node(ct_node)))
        for name in order:
            add_segment(node, drawn, ct_node, name=name, segment_id=name)
        assert arteries_from_node(node, ct_node).array[3, 3, 3] == territory("superior_mesenteric").label


def test_empty_masks_make_nodes_without_an_error_of_vtk(a_ct_node, capfd):
    ct_node = a_ct_node()
    show_calcification(ct_node, Volume(np.zeros(SHAPE, np.uint8), grid_of_node(ct_node)))
    assert capfd.readouterr() == ("", "")


def test_empty_masks_make_nodes_that_read_back_empty_and_can_be_painted(a_ct_node):
    ct_node = a_ct_node()
    empty = Volume(np.zeros(SHAPE, np.uint8), grid_of_node(ct_node))
    arteries, calcification = show_arteries(ct_node, empty), show_calcification(ct_node, empty)
    assert not arteries_from_node(arteries, ct_node).array.any()
    assert not calcification_from_node(calcification, ct_node).array.any()
    assert list(calcification.GetSegmentation().GetSegmentIDs()) == ["calcification"]
    drawn = calcification_mask(ct_node).array
    import slicer

    slicer.util.updateSegmentBinaryLabelmapFromArray(drawn, calcification, "calcification", ct_node)
    assert np.array_equal(calcification_from_node(calcification, ct_node).array, drawn)


def test_a_missed_artery_can_be_added_empty_and_drawn(a_ct_node):
    import slicer

    ct_node = a_ct_node()
    node = show_arteries(ct_node, artery_mask(ct_node))
    segment_id = add_territory(node, "celiac_trunk")
    assert add_territory(node, "aorta") == "aorta"
    assert np.array_equal(arteries_from_node(node, ct_node).array, artery_array())
    drawn = np.zeros(SHAPE, np.uint8)
    drawn[7, 0, 0] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(drawn, node, segment_id, ct_node)
    expected = artery_array()
    expected[7, 0, 0] = territory("celiac_trunk").label
    assert np.array_equal(arteries_from_node(node, ct_node).array, expected)


def test_a_calcification_mask_of_truth_values_or_parts_is_shown_whole(a_ct_node):
    ct_node = a_ct_node()
    parts = np.zeros(SHAPE, np.uint8)
    parts[1, 1, 1], parts[2, 2, 2] = 7, 255
    for array in (parts, parts != 0):
        node = show_calcification(ct_node, Volume(array, grid_of_node(ct_node)))
        assert np.array_equal(calcification_from_node(node, ct_node).array, parts != 0)


def test_cut_off_ends_are_grey_and_apart_from_what_is_measured(a_ct_node):
    ct_node = a_ct_node()
    arteries = show_arteries(ct_node, artery_mask(ct_node))
    cut = np.where(artery_array() == 5, 5, 0).astype(np.uint8)
    node = show_cut_off(ct_node, Volume(cut, grid_of_node(ct_node)))
    assert list(node.GetSegmentation().GetSegmentIDs()) == ["renal_left_cut_off"]
    color = node.GetSegmentation().GetSegment("renal_left_cut_off").GetColor()
    assert max(color) - min(color) < 0.01
    assert np.array_equal(arteries_from_node(arteries, ct_node).array, artery_array())
    empty = Volume(np.zeros(SHAPE, np.uint8), grid_of_node(ct_node))
    assert show_cut_off(ct_node, empty, node).GetSegmentation().GetNumberOfSegments() == 0


def test_a_mask_on_another_grid_is_refused(a_ct_node):
    ct_node = a_ct_node()
    with pytest.raises(InputError, match="align"):
        show_arteries(ct_node, Volume(np.zeros((3, 3, 3), np.uint8), Grid((3, 3, 3))))


def test_a_label_of_no_territory_is_refused(a_ct_node):
    ct_node = a_ct_node()
    array = artery_array()
    array[0, 0, 0] = 52
    with pytest.raises(InputError, match="52"):
        show_arteries(ct_node, Volume(array, grid_of_node(ct_node)))


def noted(node, mask, **who_and_when):
    """Keep with a node that its mask was corrected; return the note."""
    note = edits.edit_note(node, mask, **who_and_when)
    edits.keep_note(node, note)
    return note.text


def test_hand_edits_are_counted_voxel_by_voxel(a_ct_node):
    ct_node = a_ct_node()
    mask = artery_mask(ct_node)
    node = show_arteries(ct_node, mask)
    assert edits.changed_voxels(node, mask) is None
    assert edits.origin_of(node, mask.grid) is None
    edits.remember_origin(node, mask, {"model": "small"})
    assert edits.changed_voxels(node, mask) == 0
    assert noted(node, mask) is None
    array = artery_array()
    array[0, 0, 0] = 3  # added outside the box of the original
    array[4, 4, 8] = 0  # erased
    array[5, 4, 2] = 1  # changed hands
    edited = mask.with_array(array)
    assert edits.changed_voxels(node, edited) == 3
    assert np.array_equal(edits.origin_of(node, mask.grid).array, mask.array)
    assert edits.origin_of(node, mask.grid.cropped(np.s_[1:, :, :])) is None
    note = noted(node, edited, editor="Ann", time="2026-01-02T03:04:05+00:00")
    assert {key: note[key] for key in ("mask", "changed_voxels", "editor", "time")} == {
        "mask": "CT arteries",
        "changed_voxels": 3,
        "editor": "Ann",
        "time": "2026-01-02T03:04:05+00:00",
    }
    assert note["entries"][0]["added_removed_voxels"] == {"1": [1, 0], "3": [1, 0], "5": [0, 1], "6": [0, 1]}
    assert noted(node, edited, editor="Bob") == note, "nothing changed since"
    assert edits.kept_note(node).text == note
    array[4, 4, 8], array[4, 4, 9] = mask.array[4, 4, 8], 0  # one put back, its neighbour erased: as many, not the same
    assert edits.changed_voxels(node, mask.with_array(array)) == 3
    note = noted(node, mask.with_array(array), editor="Bob", time="2026-01-03T00:00:00+00:00")
    assert (note["changed_voxels"], note["editor"]) == (3, "Bob")
    assert noted(node, mask.with_array(array), editor="Ann") == note
    assert edits.source_of(node) == {"model": "small"}
    assert noted(node, mask) is None, "undone"
    assert edits.kept_note(node).text is None


def test_the_state_of_a_mask_follows_its_voxels_names_and_place_only(a_ct_node):
    import slicer

    ct_node = a_ct_node()
    node = show_arteries(ct_node, artery_mask(ct_node))
    states = [segmentations.mask_state(node, ct_node)]

    def changed():
        states.append(segmentations.mask_state(node, ct_node))
        return states[-1] != states[-2]

    arteries_from_node(node, ct_node)
    node.CreateClosedSurfaceRepresentation()
    segment = node.GetSegmentation().GetNthSegment(0)
    segment.SetColor(0.1, 0.2, 0.3)
    assert not changed()
    segment.SetName("Something else")
    assert changed()
    array = slicer.util.arrayFromSegmentBinaryLabelmap(node, "aorta", ct_node)
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, "aorta", ct_node)
    assert changed()
    transform = ct_node.GetScene().AddNewNodeByClass("vtkMRMLLinearTransformNode")
    node.SetAndObserveTransformNodeID(transform.GetID())
    assert changed()
    ct_node.SetAndObserveTransformNodeID(transform.GetID())
    assert changed()
    assert states[-1] == states[-3], "moved together"


def test_precedence_is_the_same_in_every_process():
    ranks = STRENGTH
    assert ranks[0] == 0
    assert ranks[territory("aorta").label] == 1
    assert len(set(ranks[[each.label for each in TERRITORIES]])) == len(TERRITORIES)


def test_segments_that_are_replaced_tell_nobody_that_they_change_first(a_ct_node):
    """In Slicer every view would draw the whole mask anew for each of them: seconds."""
    import slicer

    ct_node = a_ct_node()
    cut = Volume(artery_array(), grid_of_node(ct_node))
    node = show_cut_off(ct_node, cut)
    seen, count = [], node.GetSegmentation().GetNumberOfSegments()
    for event in (slicer.vtkSegmentation.SegmentModified, slicer.vtkSegmentation.SegmentRemoved):
        node.GetSegmentation().AddObserver(event, lambda _caller, _event, event=event: seen.append(event))
    assert show_cut_off(ct_node, cut, node) is node
    assert seen.count(slicer.vtkSegmentation.SegmentRemoved) == count > 1
    assert slicer.vtkSegmentation.SegmentModified not in seen
