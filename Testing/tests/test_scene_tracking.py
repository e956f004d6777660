"""Every edit of a mask in the scene is in its history, which adds up; versions; what a save and a load keep."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("slicer", reason="needs slicer-core")

import slicer

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.history import UNATTENDED, UNKNOWN
from AbdominalCalcificationLib.progress import drain, drained
from AbdominalCalcificationLib.reading.meanings import NOTHING, Wanted
from AbdominalCalcificationLib.scene import edits, tools
from AbdominalCalcificationLib.scene.masks import arteries_from_node, mask_from_node
from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification, state_meaning
from AbdominalCalcificationLib.scene.tracking import UNDONE, MaskTracker, start_layers, tracker_steps
from AbdominalCalcificationLib.scene.versions import (
    delete_version,
    keep_version,
    restore_version_steps,
    version_steps,
    versions_of,
)
from AbdominalCalcificationLib.scene.volumes import grid_of_node, volume_node_from
from scene_masks import SHAPE, add_segment, artery_array

pytestmark = pytest.mark.scene
GRID = Grid(SHAPE, np.array([[0, 0.7, 0, 5], [0.7, 0, 0, -3], [0, 0, -1.5, 20], [0, 0, 0, 1.0]]))


@pytest.fixture
def ct(scene):
    return volume_node_from(Volume(np.zeros(SHAPE, np.int16), GRID), "CT")


@pytest.fixture
def arteries(ct):
    node = show_arteries(ct, Volume(artery_array(), grid_of_node(ct)))
    edits.remember_origin(node, Volume(artery_array(), grid_of_node(ct)), {"models": ["tiny"]}, "arteries")
    return node


def tracker_of(node, ct, role="arteries") -> MaskTracker:
    return drained(tracker_steps(role, node, ct))


def draw(node, ct, segment_id, box, value):
    """Draw in one segment, without a word to anybody."""
    array = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment_id, ct)
    array[box] = value
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment_id, ct)


def entries_of(node):
    return edits.kept_note(node).ledger.entries


def assert_adds_up(node, ct, role="arteries"):
    """The sum of all entries is the difference between what the mask was and what it is."""
    grid = grid_of_node(ct)
    whole = tuple(slice(0, size) for size in SHAPE)
    start, now = start_layers(node, grid).part(whole), mask_from_node(node, ct, Wanted(role)).volume.array
    note = edits.edit_note(node, Volume(now, grid), role=role)
    for label in range(1, 256):
        gained = sum(each.labels.get(label, (0, 0))[0] for each in note.ledger.entries)
        lost = sum(each.labels.get(label, (0, 0))[1] for each in note.ledger.entries)
        assert gained - lost == np.count_nonzero(now == label) - np.count_nonzero(start == label), label
    return note


def test_an_edit_is_told_with_tool_editor_box_and_voxels(ct, arteries):
    tracker = tracker_of(arteries, ct)
    assert tracker.look("Paint") is None
    draw(arteries, ct, "aorta", np.s_[0:2, 0:1, 0:3], 1)
    edit = tracker.look("Paint")
    assert (edit.entry.tool, edit.entry.editor) == ("Paint", edits.user_name())
    assert edit.entry.labels == {territory("aorta").label: (6, 0)}
    assert edit.entry.box == np.s_[0:2, 0:1, 0:3]
    note = assert_adds_up(arteries, ct)
    assert note.text["entries"][0]["added_removed_voxels"] == {"aorta": [6, 0]}
    assert note.text["changed_voxels"] == 6


def test_random_edits_add_up_whatever_segments_and_layers_they_touch(ct, arteries):
    random, tracker = np.random.default_rng(5), tracker_of(arteries, ct)
    add_segment(arteries, np.zeros(SHAPE), ct, name="Celiac trunk", segment_id="celiac_trunk", value=2)
    names = ["aorta", "renal_left", "renal_right", "celiac_trunk"]
    for number in range(40):
        low = [int(random.integers(0, size)) for size in SHAPE]
        box = tuple(slice(a, int(random.integers(a, size)) + 1) for a, size in zip(low, SHAPE, strict=True))
        draw(arteries, ct, names[random.integers(len(names))], box, int(random.integers(0, 2)))
        if number % 5 == 4:
            arteries.GetSegmentation().CollapseBinaryLabelmaps(False)
        if number % 3:
            tracker.look(UNKNOWN)
            now = arteries_from_node(arteries, ct).array
            whole = tuple(slice(0, size) for size in SHAPE)
            assert np.array_equal(tracker.layers.part(whole), now), "read box by box as it is read as a whole"
    tracker.look(UNKNOWN)
    note = assert_adds_up(arteries, ct)
    assert UNATTENDED not in {each.tool for each in note.ledger.entries}


def test_what_leads_back_is_undo_unless_it_was_named(ct, arteries):
    tracker = tracker_of(arteries, ct)
    draw(arteries, ct, "aorta", np.s_[0, 0, 0], 1)
    tracker.look("Paint")
    draw(arteries, ct, "aorta", np.s_[0, 0, 0], 0)
    assert tracker.look("Paint").entry.tool == UNDONE
    draw(arteries, ct, "aorta", np.s_[0, 0, 0], 1)
    assert tracker.look("Add plaque", named=True).entry.tool == "Add plaque"


def test_segments_removed_and_given_another_meaning_are_edits(ct, arteries):
    tracker = tracker_of(arteries, ct)
    state_meaning(arteries, "renal_left", NOTHING)
    edit = tracker.look(UNKNOWN)
    assert edit.entry.labels == {territory("renal_left").label: (0, 3)}
    arteries.GetSegmentation().RemoveSegment("renal_right")
    assert tracker.look(UNKNOWN).entry.labels == {territory("renal_right").label: (0, 3)}
    assert_adds_up(arteries, ct)


def test_an_edit_while_nobody_watched_is_unattended_and_exact_where_the_start_is_known(ct, arteries):
    draw(arteries, ct, "aorta", np.s_[0, 0, 0:4], 1)
    draw(arteries, ct, "renal_left", np.s_[4, 4, 9], 0)
    tracker = tracker_of(arteries, ct)
    (entry,) = entries_of(arteries)
    assert (entry.tool, entry.labels) == (UNATTENDED, {1: (4, 0), territory("renal_left").label: (0, 1)})
    draw(arteries, ct, "aorta", np.s_[0, 1, 0:2], 1)
    tracker.look("Paint")
    draw(arteries, ct, "aorta", np.s_[0, 2, 0:2], 1)  # then the module is closed
    tracker_of(arteries, ct)
    assert [each.tool for each in entries_of(arteries)] == [UNATTENDED, "Paint", UNATTENDED]
    assert_adds_up(arteries, ct)


def test_the_measuring_of_a_mask_that_nobody_watched_closes_the_gap(ct, arteries):
    draw(arteries, ct, "aorta", np.s_[0, 0, 0:4], 1)
    note = edits.edit_note(arteries, arteries_from_node(arteries, ct), editor="Ann")
    assert [(each["tool"], each["editor"]) for each in note.text["entries"]] == [(UNATTENDED, "Ann")]
    assert note.text["entries"][0]["box_kji"] == [[0, 1], [0, 1], [0, 4]]


def test_a_mask_that_covers_both_sides_or_lies_on_another_grid_is_followed_too(ct):
    whole = artery_array()
    node = show_arteries(ct, Volume(np.where(whole == 1, 1, 0).astype(np.uint8), grid_of_node(ct)))
    add_segment(node, whole > 1, ct, name="Renal arteries")
    tracker = tracker_of(node, ct)
    edits.remember_first_seen(node, edits.packed(arteries_from_node(node, ct).array))
    draw(node, ct, "Segment_1", np.s_[4, 4, 9], 0)
    edit = tracker.look("Erase")
    assert sum(lost for _gained, lost in edit.entry.labels.values()) == 1
    assert_adds_up(node, ct)


def test_a_mask_under_the_transform_of_its_ct_is_followed_box_by_box(ct, arteries, scene):
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(np.diag([-1, -1, 1, 1.0])))
    for node in (ct, arteries):
        node.SetAndObserveTransformNodeID(transform.GetID())
    tracker = tracker_of(arteries, ct)
    assert all(layer.key is not None for layer in tracker.layers.layers)
    draw(arteries, ct, "aorta", np.s_[0, 0, 0], 1)
    assert tracker.look("Paint").where.tolist() == [0]


def test_a_history_goes_on_where_ct_and_mask_are_moved_together(ct, arteries, scene):
    tracker = tracker_of(arteries, ct)
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(slicer.util.vtkMatrixFromArray(np.diag([-1, -1, 1, 1.0])))
    for node in (ct, arteries):
        node.SetAndObserveTransformNodeID(transform.GetID())
    assert tracker.look(UNKNOWN) is None
    draw(arteries, ct, "aorta", np.s_[0, 0, 0], 1)
    assert tracker.look("Paint").where.tolist() == [0]
    assert_adds_up(arteries, ct)


def test_the_first_voxels_of_an_empty_mask_are_followed(ct):
    empty = Volume(np.zeros(SHAPE, np.uint8), grid_of_node(ct))
    node = show_calcification(ct, empty)
    edits.remember_origin(node, empty, {}, "calcification")
    tracker = tracker_of(node, ct, "calcification")
    draw(node, ct, "calcification", np.s_[3, 3, 3:5], 1)
    assert tracker.look("Paint").entry.labels == {1: (2, 0)}
    draw(node, ct, "calcification", np.s_[:], 0)
    tracker.look("Erase")
    a_version(node, ct, "calcification")
    assert edits.edit_note(node, empty).text is None, "as it was made"
    assert [each.tool for each in entries_of(node)] == ["Paint", UNDONE]


def test_a_mask_made_anew_begins_another_history(ct, arteries):
    tracker = tracker_of(arteries, ct)
    draw(arteries, ct, "aorta", np.s_[0, 0, 0:4], 1)
    tracker.look("Paint")
    other = Volume(np.roll(artery_array(), 1, axis=0), grid_of_node(ct))
    show_arteries(ct, other, arteries)
    edits.remember_origin(arteries, other, {}, "arteries")
    edit = tracker.look(UNKNOWN)
    assert edit.is_new_start
    assert entries_of(arteries) == ()
    draw(arteries, ct, "aorta", np.s_[0, 0, 0:4], 1)
    assert not tracker.look("Paint").is_new_start
    assert_adds_up(arteries, ct)


def test_who_edits_is_asked_the_editor_that_has_the_node(scene, ct, arteries):
    assert tools.current_tool(arteries) == (UNKNOWN, False)
    editor = scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    editor.SetAndObserveSegmentationNode(arteries)
    editor.SetActiveEffectName("Paint")
    assert tools.current_tool(arteries) == ("Paint", False)
    other = scene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    other.SetActiveEffectName("Erase")
    assert tools.current_tool(arteries) == ("Paint", False)
    other.SetAndObserveSegmentationNode(arteries)
    assert tools.current_tool(arteries) == (UNKNOWN, False)
    with tools.tool("Reject cluster"):
        assert tools.current_tool(arteries) == ("Reject cluster", True)
    assert tools.current_tool(arteries) == (UNKNOWN, False)


def test_what_was_edited_before_a_named_edit_is_looked_at_before_it():
    looked = []
    end = tools.follow(lambda: looked.append(tools._noted))
    with tools.tool("Join"):
        pass
    end()
    tools.settle()
    assert looked == [None, "Join"], "each edit is looked at under its own name"


def a_version(node, ct, role, name="before"):
    keep_version(node, drained(version_steps(node, role, ct, name)))


def test_versions_are_put_back_with_their_history_and_survive_the_scene(scene, ct, arteries, tmp_path):
    from AbdominalCalcificationLib.scene.bundle import load_scene
    from scene_files import save_scene

    tracker = tracker_of(arteries, ct)
    draw(arteries, ct, "aorta", np.s_[0, 0, 0:4], 1)
    tracker.look("Paint")
    corrected, history = arteries_from_node(arteries, ct).array.copy(), entries_of(arteries)
    a_version(arteries, ct, "arteries", "before running again")
    other = Volume(np.roll(artery_array(), 1, axis=0), grid_of_node(ct))
    show_arteries(ct, other, arteries)
    edits.remember_origin(arteries, other, {"models": ["other"]}, "arteries")
    name = arteries.GetName()
    save_scene(tmp_path / "a.mrb")
    scene.Clear(False)
    load_scene(tmp_path / "a.mrb")
    arteries, ct = slicer.util.getNode(name), slicer.util.getNode("CT")
    (version,) = versions_of(arteries)
    assert (version.name, version.changed_voxels, version.editor) == ("before running again", 4, edits.user_name())
    drain(restore_version_steps(arteries, "arteries", ct, version.key))
    assert np.array_equal(arteries_from_node(arteries, ct).array, corrected)
    assert entries_of(arteries) == history
    assert edits.source_of(arteries) == {"models": ["tiny"]}
    assert_adds_up(arteries, ct)
    (before,) = versions_of(arteries)
    drain(restore_version_steps(arteries, "arteries", ct, before.key))
    assert np.array_equal(arteries_from_node(arteries, ct).array, other.array)
    for each in versions_of(arteries):
        delete_version(arteries, each.key)
    assert not [each for each in arteries.GetAttributeNames() if "Version" in each], "nothing of it is left"


def test_a_version_is_not_put_over_an_edit_that_came_meanwhile(ct, arteries):
    a_version(arteries, ct, "arteries")
    steps = restore_version_steps(arteries, "arteries", ct, versions_of(arteries)[0].key)
    next(steps)
    next(steps)
    draw(arteries, ct, "aorta", np.s_[0, 0, 0:4], 1)
    edited = arteries_from_node(arteries, ct).array.copy()
    with pytest.raises(InputError, match="edited meanwhile"):
        drain(steps)
    assert np.array_equal(arteries_from_node(arteries, ct).array, edited)
    assert len(versions_of(arteries)) == 1


def test_slicer_knows_of_corrections_that_are_not_saved(scene, ct, arteries, tmp_path):
    """On closing Slicer asks where storable nodes, or the scene, were modified since they were read or saved."""
    calcification = show_calcification(ct, Volume(np.zeros(SHAPE, np.uint8), grid_of_node(ct)))
    parameters = scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")

    def save():
        scene.SetURL(str(tmp_path / "s.mrml"))
        scene.SetRootDirectory(str(tmp_path))
        for node in (ct, arteries, calcification):
            node.AddDefaultStorageNode()
            storage = node.GetStorageNode()
            storage.SetFileName(str(tmp_path / f"{node.GetID()}.{storage.GetDefaultWriteFileExtension()}"))
            assert storage.WriteData(node)
        scene.Commit(str(tmp_path / "s.mrml"))
        assert not scene.GetModifiedSinceRead()
        assert not scene.GetStorableNodesModifiedSinceRead()

    save()
    tracker = tracker_of(arteries, ct)
    assert not scene.GetModifiedSinceRead(), "looking is no change"
    draw(arteries, ct, "aorta", np.s_[0, 0, 0], 1)
    assert scene.GetStorableNodesModifiedSinceRead()
    assert arteries.GetModifiedSinceRead()
    assert not calcification.GetModifiedSinceRead()
    save()
    tracker.look("Paint")  # its entry in the history alone
    assert scene.GetModifiedSinceRead()
    save()
    a_version(arteries, ct, "arteries")
    assert scene.GetModifiedSinceRead()
    save()
    parameters.SetParameter("renalLengthMm", "12")
    assert scene.GetModifiedSinceRead()
