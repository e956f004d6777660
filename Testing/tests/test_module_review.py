"""The review section: correcting masks in Slicer's editor, inside the panel."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer
import vtk

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.terminology import TAG, entry_of_territory
from editor_cases import (  # noqa: F401  (fixtures)
    Case,
    arteries,
    brush,
    calcification,
    case,
    choose,
    choose_row,
    editor_nodes,
    editor_of,
    keys,
    paint,
    pressed,
    texts,
    undo_text,
)
from panels import heads, nodes_in_scene, parameters_of, recompute

# When the editor is made, and when not


def test_nothing_is_made_before_the_section_is_opened(case, panel):
    assert editor_of(panel) is None
    assert editor_nodes() == []
    panel.ui.reviewSection.collapsed = False
    assert editor_of(panel) is not None
    assert len(editor_nodes()) == 1


def test_the_editor_node_is_no_singleton_hidden_and_not_saved(arteries):
    (node,) = editor_nodes()
    assert not node.GetSingletonTag()
    assert node.GetHideFromEditors()
    assert not node.GetSaveWithScene()


def test_the_node_of_the_segment_editor_module_is_left_alone(case, panel):
    theirs = slicer.vtkMRMLSegmentEditorNode()
    theirs.SetSingletonTag("SegmentEditor")
    theirs = slicer.mrmlScene.AddNode(theirs)
    panel.ui.reviewSection.collapsed = False
    panel.ui.reviewCalcification.click()
    assert editor_of(panel).mrmlSegmentEditorNode() is not theirs
    assert theirs.GetSegmentationNode() is None
    slicer.mrmlScene.RemoveNode(theirs)


def test_without_masks_it_is_grey_and_says_why(panel):
    panel.enter()
    panel.ui.reviewSection.collapsed = False
    assert not panel.ui.reviewArteries.enabled
    assert not panel.ui.reviewCalcification.enabled
    assert panel.ui.reviewHint.text == "Choose a CT volume first."
    assert editor_of(panel) is None
    panel.exit()


def test_a_mask_alone_can_be_corrected(case, panel):
    parameters_of(panel).calcification = None
    panel.ui.reviewSection.collapsed = False
    assert panel.ui.reviewArteries.enabled
    assert not panel.ui.reviewCalcification.enabled
    assert "no calcification mask yet: press Run" in panel.ui.reviewHint.text
    assert panel.ui.reviewArteries.checked


def test_one_segmentation_chosen_as_both_cannot_be_painted(case, panel):
    parameters_of(panel).calcification = case.arteries
    panel.ui.reviewSection.collapsed = False
    assert not panel.ui.reviewArteries.enabled
    assert "painting one would change the other" in panel.ui.reviewHint.text
    assert editor_of(panel) is None


def test_it_follows_a_change_of_ct_and_masks(arteries, panel):
    other = Case()
    parameters = parameters_of(panel)
    parameters.ct, parameters.arteries, parameters.calcification = other.ct, other.arteries, other.calcification
    assert editor_of(panel).segmentationNode() is other.arteries
    assert editor_of(panel).sourceVolumeNode() is other.ct
    parameters.arteries = None
    assert editor_of(panel).segmentationNode() is other.calcification
    parameters.calcification = None
    assert editor_of(panel).segmentationNode() is None
    assert panel.ui.editorFrame.isHidden()


def test_a_mask_that_is_removed_is_let_go(arteries, panel):
    paint(panel, arteries.ras(18, 20, 16))
    slicer.mrmlScene.RemoveNode(arteries.arteries)
    assert editor_of(panel).segmentationNode() is arteries.calcification
    assert panel.ui.reviewCalcification.checked
    assert not panel.ui.undoButton.enabled
    slicer.mrmlScene.RemoveNode(arteries.calcification)
    assert editor_of(panel).segmentationNode() is None
    assert keys() == []


# Arteries


def test_only_the_effects_that_correct_vessels_are_offered(arteries, panel):
    editor = editor_of(panel)
    offered = [editor.effectByIndex(number) for number in range(1, 20)]
    assert [each.name for each in offered if each is not None] == [
        *("Paint", "Erase", "Scissors", "Islands", "Threshold", "Margin", "Smoothing", "Grow from seeds")
    ]


def test_arteries_are_painted_with_a_sphere(arteries, panel):
    at = (18, 20, 16)
    choose(panel, "renal_left")
    paint(panel, arteries.ras(*at))
    expected = brush(arteries, at, 3.0, is_sphere=True)
    assert np.array_equal(arteries.voxels(arteries.arteries, "renal_left"), expected)
    # What is painted is taken from the artery that had it: a voxel counts for one alone.
    assert np.array_equal(arteries.voxels(arteries.arteries, "aorta"), arteries.aorta & ~expected)


def test_what_one_artery_takes_is_measured_so(arteries, panel):
    from AbdominalCalcificationLib.scene.masks import arteries_from_node

    choose(panel, "renal_left")
    paint(panel, arteries.ras(18, 20, 16))
    editor_of(panel).setCurrentSegmentID("aorta")
    paint(panel, arteries.ras(18, 22, 16))
    measured = arteries_from_node(arteries.arteries, arteries.ct)
    assert np.array_equal(measured.array == territory("aorta").label, arteries.voxels(arteries.arteries, "aorta"))
    assert measured.array[18, 22, 16] == territory("aorta").label


def test_arteries_without_a_segment_are_offered_and_get_name_colour_and_codes(arteries, panel):
    assert texts(panel.ui.reviewTerritory)[:2] == ["Aorta", "Coeliac trunk: add a segment"]
    choose(panel, "renal_left")
    segment = arteries.arteries.GetSegmentation().GetSegment("renal_left")
    each = territory("renal_left")
    assert segment.GetName() == each.title
    assert segment.GetColor() == pytest.approx(each.color)
    entry = vtk.reference("")
    segment.GetTag(TAG, entry)
    assert str(entry) == entry_of_territory(each)
    assert editor_of(panel).currentSegmentID() == "renal_left"
    assert "Left renal artery" in texts(panel.ui.reviewTerritory)
    assert undo_text(panel) == "Undo: add Left renal artery"
    panel.ui.undoButton.click()
    assert arteries.arteries.GetSegmentation().GetSegment("renal_left") is None
    assert editor_of(panel).currentSegmentID() == "aorta"
    assert "Left renal artery: add a segment" in texts(panel.ui.reviewTerritory)


def test_the_artery_of_the_editor_is_the_one_that_is_shown(arteries, panel):
    choose(panel, "renal_left")
    editor_of(panel).setCurrentSegmentID("aorta")
    assert panel.ui.reviewTerritory.currentText == "Aorta"
    editor_of(panel).selectNextSegment()
    assert panel.ui.reviewTerritory.currentText == "Left renal artery"


def test_arteries_are_painted_everywhere_whatever_the_limits_of_calcification(arteries, panel):
    panel.ui.reviewCalcification.click()
    panel.ui.reviewArteries.click()
    at = (3, 3, 40)
    paint(panel, arteries.ras(*at))
    assert np.array_equal(arteries.voxels(arteries.arteries, "aorta") & ~arteries.aorta, brush(arteries, at, 3.0, True))


def test_a_row_of_the_table_chooses_the_artery(arteries, panel):
    choose(panel, "renal_left")
    paint(panel, arteries.ras(18, 20, 16))
    recompute(panel)
    rows = heads(panel.ui.territoriesTable)
    aorta, renal = (next(row for row in rows if row.startswith(name)) for name in ("Aorta", "L renal"))
    choose_row(panel, aorta)
    assert editor_of(panel).currentSegmentID() == "aorta"
    choose_row(panel, renal)
    assert editor_of(panel).currentSegmentID() == "renal_left"
    choose_row(panel, "Total")
    assert editor_of(panel).currentSegmentID() == "renal_left"


def test_a_row_that_was_chosen_before_the_editor_was_there_is_edited_then(case, panel):
    from AbdominalCalcificationLib.scene.segmentations import add_territory

    add_territory(case.arteries, "renal_left")
    array = np.zeros(case.hu.shape, np.uint8)
    array[18:22, 20:24, 24:30] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, case.arteries, "renal_left", case.ct)
    recompute(panel)
    choose_row(panel, next(row for row in heads(panel.ui.territoriesTable) if row.startswith("L renal")))
    assert editor_of(panel) is None
    panel.ui.reviewSection.collapsed = False
    assert editor_of(panel).currentSegmentID() == "renal_left"


def test_a_row_of_an_artery_without_a_segment_adds_none(arteries, panel):
    recompute(panel)
    choose_row(panel, next(row for row in heads(panel.ui.territoriesTable) if row.startswith("R iliac")))
    assert arteries.arteries.GetSegmentation().GetSegmentIDs() == ("aorta",)
    assert editor_of(panel).currentSegmentID() == "aorta"


def test_a_row_leaves_calcification_under_review(calcification, panel):
    recompute(panel)
    choose_row(panel, next(row for row in heads(panel.ui.territoriesTable) if row.startswith("Aorta")))
    assert editor_of(panel).segmentationNode() is calcification.calcification
    assert editor_of(panel).currentSegmentID() == "calcification"


# Undo


def test_undo_says_what_it_undoes_over_both_masks(arteries, panel):
    choose(panel, "renal_left")
    paint(panel, arteries.ras(18, 20, 16))
    assert undo_text(panel) == "Undo: paint, Left renal artery"
    panel.ui.reviewCalcification.click()
    paint(panel, arteries.ras(16, 20, 22))
    paint(panel, arteries.ras(16, 20, 22), effect="Erase")
    assert undo_text(panel) == "Undo: erase, Calcification"
    panel.ui.undoButton.click()
    assert arteries.calcified().any()
    assert (undo_text(panel), panel.ui.redoButton.text) == (
        "Undo: paint, Calcification",
        "Redo: erase, Calcification",
    )
    pressed("Z")
    assert not arteries.calcified().any()
    pressed("Ctrl+Z")
    assert not arteries.voxels(arteries.arteries, "renal_left").any()
    assert np.array_equal(arteries.voxels(arteries.arteries, "aorta"), arteries.aorta)
    for key in ("Y", "Ctrl+Y", "Ctrl+Shift+Z"):
        pressed(key)
    assert not arteries.calcified().any()
    assert not panel.ui.redoButton.enabled


def test_what_another_editor_does_is_undone_too(arteries, panel):
    array = np.zeros(arteries.hu.shape, np.uint8)
    array[2, 2, 2] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, arteries.calcification, "calcification", arteries.ct)
    slicer.app.processEvents()
    assert panel.ui.undoButton.enabled
    panel.ui.undoButton.click()
    assert not arteries.calcified().any()


# Keys


def test_keys_work_while_the_module_is_open_and_the_section_too(case, panel):
    assert keys() == []
    panel.ui.reviewSection.collapsed = False
    assert {"A", "C", "X", "I", "1", "Z", "Y", "Q", "W"} <= set(keys())
    panel.exit()
    assert keys() == []
    panel.enter()
    assert "A" in keys()
    panel.ui.reviewSection.collapsed = True
    assert keys() == []


def test_no_key_is_there_twice(arteries):
    assert len(keys()) == len(set(keys()))


def test_keys_switch_between_the_masks(arteries, panel):
    pressed("C")
    assert editor_of(panel).segmentationNode() is arteries.calcification
    assert panel.ui.reviewCalcification.checked
    pressed("A")
    assert editor_of(panel).segmentationNode() is arteries.arteries
    assert panel.ui.reviewArteries.checked
    assert not panel.ui.reviewCalcification.checked


def test_no_tool_is_in_use_in_another_module(arteries, panel):
    editor_of(panel).setActiveEffectByName("Paint")
    panel.exit()
    assert editor_of(panel).activeEffect() is None


# What is left behind


def test_a_closed_scene_leaves_no_step_and_the_next_case_can_be_corrected(arteries, panel):
    paint(panel, arteries.ras(18, 20, 16))
    slicer.mrmlScene.Clear()
    assert editor_nodes() == []
    assert not panel.ui.undoButton.enabled
    assert not panel.ui.reviewArteries.enabled
    case = Case()
    parameters = parameters_of(panel)
    parameters.ct, parameters.arteries, parameters.calcification = case.ct, case.arteries, case.calcification
    assert len(editor_nodes()) == 1
    paint(panel, case.ras(18, 4, 4))
    assert case.voxels(case.arteries, "aorta").sum() > case.aorta.sum()


def test_a_panel_that_ends_leaves_no_node_and_no_key(module, host):
    case = Case()
    before = nodes_in_scene()
    widget = module.AbdominalCalcificationWidget()
    parameters = parameters_of(widget)  # its node stays, with the scene
    parameters.ct, parameters.arteries, parameters.calcification = case.ct, case.arteries, case.calcification
    widget.enter()
    widget.ui.reviewSection.collapsed = False
    widget.ui.reviewCalcification.click()
    widget.cleanup()
    assert nodes_in_scene() - before <= {parameters.parameterNode.GetID()}
    assert keys() == []


def test_neither_editor_nor_copy_is_in_a_saved_scene(calcification, tmp_path):
    path = tmp_path / "scene.mrb"
    assert slicer.util.saveScene(str(path))
    with zipfile.ZipFile(path) as saved:
        (scene,) = (saved.read(name).decode() for name in saved.namelist() if name.endswith(".mrml"))
    assert "SegmentEditor" not in scene
    assert scene.count("<Volume\n") + scene.count("<Volume ") == 1
