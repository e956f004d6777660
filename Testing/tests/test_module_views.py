"""What the panel chooses by itself, and what it makes the views show."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.anatomy import TERRITORIES
from AbdominalCalcificationLib.display import CTA_LEVEL_HU, CTA_WINDOW_HU
from AbdominalCalcificationLib.resources import sample_case
from AbdominalCalcificationLib.scene.display import fit_cameras, show_ct
from AbdominalCalcificationLib.scene.volumes import volume_from_node, volume_node_from
from panels import endless_work, load_ct, parameters_of, run, status

pytestmark = pytest.mark.scene


def until(condition):
    from host.application import run_until

    assert run_until(condition)


def a_slice_view():
    return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSliceCompositeNode")


def a_camera():
    return slicer.mrmlScene.AddNewNodeByClass("vtkMRMLCameraNode")


def another_ct(like, name="second CT"):
    return volume_node_from(volume_from_node(like), name)


def test_a_ct_that_is_loaded_while_the_panel_is_open_is_chosen(panel):
    panel.enter()
    assert panel.ui.runButton.enabled is False
    node = slicer.util.loadVolume(str(sample_case()))
    until(lambda: parameters_of(panel).ct is node)
    assert panel.ui.runButton.enabled is True
    assert panel.ui.runHint.isHidden()


def test_a_ct_that_is_loaded_while_another_module_is_open_is_not_chosen_yet(panel):
    from host.application import run_until

    panel.enter()
    panel.exit()
    load_ct()
    assert not run_until(lambda: parameters_of(panel).ct is not None, 0.3)
    panel.enter()
    assert parameters_of(panel).ct is not None


def test_the_newest_ct_is_chosen_and_only_where_none_is(panel):
    first = load_ct()
    newest = another_ct(first)
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "empty")
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "labels")
    panel.enter()
    assert parameters_of(panel).ct is newest
    parameters_of(panel).ct = first
    panel.enter()
    assert parameters_of(panel).ct is first


def test_a_run_that_cannot_be_started_says_why_beside_the_button_and_as_its_tool_tip(choices, panel_with_masks):
    ui, parameters = panel_with_masks.ui, parameters_of(panel_with_masks)
    assert ui.runHint.isHidden()
    for name, value, said in (
        ("ct", None, "Load a CT angiogram"),
        ("arteries", None, "the artery masks"),
        ("arterySource", choices.ArterySource.MODELS, "the artery models"),
        ("calcificationSource", choices.CalcificationSource.MODEL, "the calcification model"),
    ):
        before = getattr(parameters, name)
        setattr(parameters, name, value)
        assert ui.runButton.enabled is False
        assert said in ui.runHint.text
        assert ui.runHint.text == ui.runButton.toolTip
        assert not ui.runHint.isHidden()
        setattr(parameters, name, before)
    assert ui.runButton.enabled is True
    assert ui.runButton.toolTip.startswith("Segment")


def test_closing_the_scene_during_a_run_leaves_no_old_status(panel_with_masks, monkeypatch):
    monkeypatch.setattr("AbdominalCalcificationLib.pipeline.analyze_steps", endless_work([]))
    panel_with_masks.ui.runButton.click()
    until(lambda: "about" in status(panel_with_masks))
    slicer.mrmlScene.Clear()
    assert status(panel_with_masks) == ""


def test_views_turn_to_what_was_measured_and_stay_where_the_user_turns_them(panel_with_masks):
    camera = a_camera()
    ct = parameters_of(panel_with_masks).ct
    run(panel_with_masks)
    bounds = [0.0] * 6
    parameters_of(panel_with_masks).arteries.GetRASBounds(bounds)
    centre = [(bounds[0] + bounds[1]) / 2, (bounds[2] + bounds[3]) / 2, (bounds[4] + bounds[5]) / 2]
    np.testing.assert_allclose(camera.GetFocalPoint(), centre, atol=1e-6)
    assert camera.GetPosition()[1] > bounds[3]  # from in front
    diagonal = np.linalg.norm(np.subtract(bounds[1::2], bounds[::2]))
    distance = np.linalg.norm(np.subtract(camera.GetPosition(), centre))
    seen = 2 * distance * np.tan(np.radians(camera.GetCamera().GetViewAngle()) / 2)
    assert diagonal < seen < 1.5 * diagonal  # all of it, and large

    display = ct.GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel()) == (CTA_WINDOW_HU, CTA_LEVEL_HU)

    camera.SetPosition([0, 999, 0])
    panel_with_masks.ui.recomputeButton.click()
    until(lambda: not panel_with_masks.isBusy)
    assert camera.GetPosition() == (0, 999, 0)


def test_a_window_that_somebody_chose_stays(panel_with_masks):
    display = parameters_of(panel_with_masks).ct.GetDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevel(1500, 300)
    run(panel_with_masks)
    assert (display.GetWindow(), display.GetLevel()) == (1500, 300)


def test_an_empty_segmentation_moves_no_camera(module):
    camera = a_camera()
    before = camera.GetPosition()
    fit_cameras(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode"))
    assert camera.GetPosition() == before


def test_views_masks_and_status_follow_the_chosen_ct(panel_with_results):
    parameters = parameters_of(panel_with_results)
    first, own = parameters.ct, parameters.arteries
    view = a_slice_view()
    show_ct(first)
    second = another_ct(first)
    parameters.ct = second
    assert view.GetBackgroundVolumeID() == second.GetID()
    assert not own.GetDisplayNode().GetVisibility()
    assert status(panel_with_results) == ""
    parameters.ct = first
    assert view.GetBackgroundVolumeID() == first.GetID()
    assert own.GetDisplayNode().GetVisibility()


def visible_segments(node):
    display = node.GetDisplayNode()
    return [each for each in node.GetSegmentation().GetSegmentIDs() if display.GetSegmentVisibility(each)]


def test_segments_that_were_all_hidden_are_shown_with_their_ct_again(panel_with_results):
    parameters = parameters_of(panel_with_results)
    first, own = parameters.ct, parameters.arteries
    own.GetDisplayNode().SetAllSegmentsVisibility(False)
    parameters.ct = another_ct(first)
    assert visible_segments(own) == []
    parameters.ct = first
    assert len(visible_segments(own)) == own.GetSegmentation().GetNumberOfSegments()
    own.GetDisplayNode().SetSegmentVisibility("aorta", False)  # one that somebody hid stays so
    parameters.ct = another_ct(first)
    parameters.ct = first
    assert "aorta" not in visible_segments(own)


def test_beside_a_second_scene_only_the_chosen_case_is_in_sight(panel_with_results, tmp_path):
    from AbdominalCalcificationLib.scene.results import all_results
    from scene_files import save_scene

    save_scene(tmp_path / "case.mrb")
    for one in all_results(slicer.mrmlScene):
        for node in one.masks.values():
            node.GetDisplayNode().SetVisibility(False)
    assert slicer.mrmlScene.ReadFromMRB(str(tmp_path / "case.mrb"), False)
    chosen, results = parameters_of(panel_with_results).ct, all_results(slicer.mrmlScene)
    assert len({one.ct for one in results}) == 2
    for one in results:
        for node in one.masks.values():
            assert bool(node.GetDisplayNode().GetVisibility()) == (one.ct is chosen)


def test_show_3d_says_what_is_shown(panel_with_results):
    button, own = panel_with_results.ui.show3DButton, parameters_of(panel_with_results).arteries
    assert button.checked
    for node in (own, parameters_of(panel_with_results).calcification, parameters_of(panel_with_results).cutOff):
        if node is not None:
            node.GetDisplayNode().SetVisibility3D(False)
    panel_with_results.enter()
    assert not button.checked


def a_segmentation_of(ct, name, *segments):
    """A segmentation with a segment of that name and array (k, j, i) for each of `segments`."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.SetReferenceImageGeometryParameterFromVolumeNode(ct)
    for title, array in segments:
        segment = node.GetSegmentation().AddEmptySegment("", title)
        slicer.util.updateSegmentBinaryLabelmapFromArray(array.astype(np.uint8), node, segment, ct)
    return node


def choose_meaning(ui, segment, meaning):
    """Say in the row that the segment whose entry contains `segment` is `meaning`."""
    entries = [ui.unknownSegment.itemText(number) for number in range(ui.unknownSegment.count)]
    ui.unknownSegment.currentIndex = next(n for n, text in enumerate(entries) if segment in text)
    ui.segmentMeaning.currentIndex = ui.segmentMeaning.findData(meaning)
    ui.segmentMeaning.activated.emit(ui.segmentMeaning.currentIndex)


def test_segments_without_a_known_name_can_be_said_to_be_an_artery_or_calcification(panel_with_results):
    from AbdominalCalcificationLib.scene.masks import arteries_from_node, calcification_from_node

    ui, parameters = panel_with_results.ui, parameters_of(panel_with_results)
    assert ui.segmentsFrame.isHidden()
    results = panel_with_results.logic.foundResults
    expected = results(parameters).document["total"]
    labels = arteries_from_node(parameters.arteries, parameters.ct).array
    calcified = calcification_from_node(parameters.calcification, parameters.ct).array
    named = [(f"Segment_{label}", labels == label) for label in range(1, 9) if (labels == label).any()]
    names = {f"Segment_{each.label}": each.name for each in TERRITORIES}
    parameters.arteries = a_segmentation_of(parameters.ct, "mine", *named)
    parameters.calcification = a_segmentation_of(parameters.ct, "kalk", ("A", calcified), ("B", np.roll(calcified, 9)))
    assert not ui.segmentsFrame.isHidden()
    assert ui.unknownSegment.count == len(named) + 2
    for title, _ in named:
        choose_meaning(ui, f"'{title}'", names[title])
    choose_meaning(ui, "'A'", "calcification")
    choose_meaning(ui, "'B'", "nothing")
    assert ui.segmentsFrame.isHidden()
    ui.recomputeButton.click()
    until(lambda: not panel_with_results.isBusy)
    assert results(parameters).document["total"] == pytest.approx(expected)


def test_a_calcification_mask_whatever_its_only_segment_is_called_is_measured(panel_with_results):
    from AbdominalCalcificationLib.scene.masks import calcification_from_node

    parameters, results = parameters_of(panel_with_results), panel_with_results.logic.foundResults
    calcified = calcification_from_node(parameters.calcification, parameters.ct).array
    expected = results(parameters).document["total"]["burden"]
    for title in ("Segment_1", "Kalk", "Verkalkung"):
        parameters.calcification = a_segmentation_of(parameters.ct, f"own {title}", (title, calcified))
        panel_with_results.ui.recomputeButton.click()
        until(lambda: not panel_with_results.isBusy)
        assert results(parameters).document["total"]["burden"] == pytest.approx(expected)
