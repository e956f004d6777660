"""Names of segments in the scene: drawn, renamed, unknown, and told by the user."""

import numpy as np
import pytest

from AbdominalCalcificationLib import terminology
from AbdominalCalcificationLib.anatomy import TERRITORIES, territory
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.reading import read_arteries
from AbdominalCalcificationLib.reading.meanings import Wanted, meaning_choices
from AbdominalCalcificationLib.scene import segmentations
from AbdominalCalcificationLib.scene.masks import (
    arteries_from_node,
    mask_from_node,
    understood_segments,
    unknown_segments,
)
from AbdominalCalcificationLib.scene.segmentations import show_arteries
from AbdominalCalcificationLib.scene.volumes import grid_of_node, volume_node_from
from placements import PLAIN
from scene_masks import SHAPE, add_segment, artery_array, artery_mask

pytestmark = pytest.mark.scene


@pytest.fixture
def a_ct_node(scene):
    def make(directions=PLAIN):
        grid = Grid.from_spacing(SHAPE, (0.7, 0.8, 2.5), (11.0, -20.0, 300.0), directions)
        return volume_node_from(Volume(np.zeros(SHAPE, np.int16), grid), "CT")

    return make


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Coeliac trunk", "celiac_trunk"),
        ("superior mesenteric artery", "superior_mesenteric"),
        ("IMA", "inferior_mesenteric"),
        ("iliac_artery_left", "common_iliac_left"),
        *((each.title, each.name) for each in TERRITORIES),
    ],
)
def test_a_segment_drawn_by_the_user_is_known_by_its_name(a_ct_node, name, expected):
    ct_node = a_ct_node()
    node = show_arteries(ct_node, Volume(np.zeros(SHAPE, np.uint8), grid_of_node(ct_node)))
    drawn = np.zeros(SHAPE, bool)
    drawn[0, 0, :3] = True
    add_segment(node, drawn, ct_node, name=name)
    expected_array = drawn * np.uint8(territory(expected).label)
    assert np.array_equal(arteries_from_node(node, ct_node).array, expected_array)
    assert unknown_segments(node) == ()


def test_renaming_a_segment_puts_a_mix_up_right(a_ct_node):
    ct_node = a_ct_node()
    node = show_arteries(ct_node, artery_mask(ct_node))
    for segment_id, title in (("renal_left", "Right renal artery"), ("renal_right", "Left renal artery")):
        node.GetSegmentation().GetSegment(segment_id).SetName(title)
    left, right = territory("renal_left").label, territory("renal_right").label
    expected = artery_array()
    expected[artery_array() == left], expected[artery_array() == right] = right, left
    assert np.array_equal(arteries_from_node(node, ct_node).array, expected)


def test_a_segment_with_a_name_of_its_own_is_known_by_its_id_then_by_its_code(a_ct_node):
    ct_node = a_ct_node()
    node = show_arteries(ct_node, artery_mask(ct_node))
    node.GetSegmentation().GetSegment("aorta").SetName("My favourite vessel")
    drawn = np.zeros(SHAPE, bool)
    drawn[0, 0, 0] = True
    segment_id = add_segment(node, drawn, ct_node, name="Gefäß 7")
    segment = node.GetSegmentation().GetSegment(segment_id)
    assert unknown_segments(node) == ("Gefäß 7",)
    segmentations.set_entry(segment, terminology.entry_of_territory(territory("common_iliac_right")))
    expected = artery_array()
    expected[0, 0, 0] = territory("common_iliac_right").label
    assert np.array_equal(arteries_from_node(node, ct_node).array, expected)
    assert unknown_segments(node) == ()


def test_a_renal_artery_without_a_side_is_divided_at_the_aorta_as_in_files(a_ct_node):
    ct_node = a_ct_node()
    node = show_arteries(ct_node, artery_mask(ct_node))
    drawn = np.zeros(SHAPE, bool)
    drawn[2, 4, [0, 9]] = True
    segment_id = add_segment(node, drawn, ct_node, name="renal arteries")
    assert unknown_segments(node) == ()
    expected = artery_array()
    expected[2, 4, 0], expected[2, 4, 9] = territory("renal_left").label, territory("renal_right").label
    assert np.array_equal(arteries_from_node(node, ct_node).array, expected)
    for other in ("aorta", "renal_left", "renal_right"):
        node.GetSegmentation().RemoveSegment(other)
    with pytest.raises(InputError, match=r"'renal arteries' covers both sides, and without an aorta in '.*arteries'"):
        arteries_from_node(node, ct_node)
    node.GetSegmentation().GetSegment(segment_id).SetName("left renal artery")
    assert arteries_from_node(node, ct_node).array.any()


def a_segmentation(ct_node, *names):
    """Return a new node with a segment of two voxels for each name."""
    node = ct_node.GetScene().AddNewNodeByClass("vtkMRMLSegmentationNode", "drawn")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(ct_node)
    for number, name in enumerate(names, start=1):
        drawn = np.zeros(SHAPE, bool)
        drawn[number, 2, 2:4] = True
        add_segment(node, drawn, ct_node, name=name, segment_id=f"Segment_{number}")
    return node


@pytest.mark.parametrize("name", ["Segment_1", "Kalk", "Verkalkung", "calc", "plaque", "mein Segment"])
def test_the_only_segment_of_a_mask_chosen_as_calcification_is_the_calcification(a_ct_node, name):
    ct_node = a_ct_node()
    mask = mask_from_node(a_segmentation(ct_node, name), ct_node, Wanted.CALCIFICATION)
    assert np.argwhere(mask.volume.array).tolist() == [[1, 2, 2], [1, 2, 3]]
    said = [flag.code for flag in mask.flags]
    assert said == ([] if name in ("Kalk", "Verkalkung", "calc", "plaque") else ["segment_assumed"])


def test_a_helper_beside_an_empty_calcification_is_not_taken_for_it(a_ct_node):
    ct_node = a_ct_node()
    node = a_segmentation(ct_node, "Segment_1")
    node.GetSegmentation().AddEmptySegment("calcification", "Calcification")
    mask = mask_from_node(node, ct_node, Wanted.CALCIFICATION)
    assert not mask.volume.array.any()
    assert [flag.code for flag in mask.flags] == ["segments_left_out"]


@pytest.mark.parametrize("wanted", [Wanted.ARTERIES, Wanted.CALCIFICATION])
def test_segments_that_nobody_named_are_refused_until_it_is_said_what_they_are(a_ct_node, wanted):
    ct_node = a_ct_node()
    node = a_segmentation(ct_node, "Segment_1", "Segment_2")
    with pytest.raises(InputError, match=r"'drawn' has no segment of .* but 'Segment_1' \(1\), 'Segment_2' \(1\)"):
        mask_from_node(node, ct_node, wanted)
    understood = understood_segments(node, wanted)
    assert [segment.segment_id for segment in understood.unknown] == ["Segment_1", "Segment_2"]
    assert understood.problem
    chosen = dict(meaning_choices(wanted))
    assert "nothing" in chosen
    said = {"Segment_1": "aorta" if wanted is Wanted.ARTERIES else "calcification", "Segment_2": "nothing"}
    assert set(said.values()) <= set(chosen)
    mask = mask_from_node(node, ct_node, wanted, said)
    assert np.argwhere(mask.volume.array).tolist() == [[1, 2, 2], [1, 2, 3]]
    assert mask.flags == ()


def test_what_the_user_says_that_a_segment_is_stays_with_it(a_ct_node, tmp_path):
    import slicer

    ct_node = a_ct_node()
    node = a_segmentation(ct_node, "Segment_1", "Segment_2", "Aorta")
    before = segmentations.mask_state(node, ct_node)
    segmentations.state_meaning(node, "Segment_1", "renal_left")
    segmentations.state_meaning(node, "Segment_2", "nothing")
    segmentations.state_meaning(node, "Segment_3", "common_iliac_right")  # it wins over the name
    assert segmentations.mask_state(node, ct_node) != before
    mask = mask_from_node(node, ct_node, Wanted.ARTERIES)
    expected = np.zeros(SHAPE, np.uint8)
    expected[1, 2, 2:4] = territory("renal_left").label
    expected[3, 2, 2:4] = territory("common_iliac_right").label
    assert np.array_equal(mask.volume.array, expected)
    assert mask.flags == ()
    assert [segment.GetName() for _, segment in segmentations.segments_of(node)] == ["Segment_1", "Segment_2", "Aorta"]
    storage = slicer.vtkMRMLSegmentationStorageNode()
    storage.SetFileName(str(tmp_path / "drawn.seg.nrrd"))
    assert storage.WriteData(node)
    saved = read_arteries(tmp_path / "drawn.seg.nrrd")
    assert sorted(np.unique(saved.volume.array)) == sorted(np.unique(expected))
    segmentations.state_meaning(node, "Segment_3", "")
    assert mask_from_node(node, ct_node, Wanted.ARTERIES).volume.array[3, 2, 2] == territory("aorta").label
    with pytest.raises(InputError, match="'heart' is not an artery"):
        segmentations.state_meaning(node, "Segment_1", "heart")
