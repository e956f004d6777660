"""Comparing masks in the panel."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from panels import (
    column_headers,
    endless_work,
    erase_lower_half,
    heads,
    mask_of,
    nodes_in_scene,
    parameters_of,
    settle,
    shown_in,
    status,
)

pytestmark = pytest.mark.scene


def compare(panel):
    panel.ui.compareButton.click()
    settle(panel)


def compared(panel, column, row="Whole mask"):
    """A cell of the comparison table."""
    view = panel.ui.comparisonTable
    columns = [header.split("\n")[0] for header in column_headers(view)]
    return shown_in(view)[heads(view).index(row)][columns.index(column)]


def test_one_click_compares_the_correction_with_what_was_made(panel_with_corrected_calcification):
    panel = panel_with_corrected_calcification
    parameters = parameters_of(panel)
    compare(panel)
    assert status(panel) == "Done."
    name = parameters.calcification.GetName()
    assert panel.ui.comparisonLabel.text == f"Calcification. A, the reference: {name}. B: {name} as it was made."
    assert compared(panel, "A") == compared(panel, "Both"), "a correction that only erased"
    assert compared(panel, "Sensitivity") == "1.000"
    both, made = float(compared(panel, "Both")), float(compared(panel, "B"))
    assert float(compared(panel, "Precision")) == pytest.approx(both / made, abs=6e-4)
    disagreement = panel.logic.foundComparison(parameters).disagreement
    assert segment_volumes(disagreement) == pytest.approx(
        {"both": both, "only_first": 0, "only_second": made - both}, abs=0.1
    )


def segment_volumes(node):
    """The volume of every segment in mm³."""
    volume = np.prod(slicer.util.getNode("simulated_cta").GetSpacing())
    ids = node.GetSegmentation().GetSegmentIDs()
    return {each: volume * np.count_nonzero(slicer.util.arrayFromSegmentBinaryLabelmap(node, each)) for each in ids}


def test_the_disagreement_is_shown_in_place_of_the_mask(panel_with_corrected_calcification):
    panel = panel_with_corrected_calcification
    mask = parameters_of(panel).calcification.GetDisplayNode()
    compare(panel)
    shown = panel.logic.foundComparison(parameters_of(panel)).disagreement.GetDisplayNode()
    assert (shown.GetVisibility(), mask.GetVisibility()) == (1, 0)
    panel.ui.showBoth.checked = False
    assert [bool(shown.GetSegmentVisibility(each)) for each in ("both", "only_first", "only_second")] == [0, 1, 1]
    panel.ui.showDisagreement.checked = False
    assert (shown.GetVisibility(), mask.GetVisibility()) == (0, 1)
    assert not panel.ui.showOnlyA.enabled
    compare(panel)
    assert (shown.GetVisibility(), mask.GetVisibility()) == (1, 0)
    assert [bool(shown.GetSegmentVisibility(each)) for each in ("both", "only_first", "only_second")] == [0, 1, 1]


def test_two_readers_are_compared_and_only_their_masks_hidden(panel_with_corrected_calcification):
    from AbdominalCalcificationLib.scene.segmentations import show_calcification

    panel = panel_with_corrected_calcification
    parameters = parameters_of(panel)
    compare(panel)
    first, second = mask_of(panel), mask_of(panel)
    second.array[:, :, : second.array.shape[2] // 2] = 0
    parameters.comparedA = show_calcification(parameters.ct, second)
    parameters.comparedB = show_calcification(parameters.ct, first)
    compare(panel)
    voxel = first.grid.voxel_volume_mm3
    assert float(compared(panel, "A")) == pytest.approx(np.count_nonzero(second.array) * voxel, abs=0.1)
    assert float(compared(panel, "B")) == pytest.approx(np.count_nonzero(first.array) * voxel, abs=0.1)
    assert compared(panel, "Sensitivity") == "1.000"
    masks = (parameters.calcification, parameters.comparedA, parameters.comparedB)
    assert [each.GetDisplayNode().GetVisibility() for each in masks] == [1, 0, 0]
    parameters.comparedB = parameters.comparedA
    compare(panel)
    assert "the same segmentation" in status(panel)


def test_arteries_are_compared_artery_by_artery(choices, panel_with_masks):
    from AbdominalCalcificationLib.anatomy import territory
    from AbdominalCalcificationLib.scene.masks import arteries_from_node
    from AbdominalCalcificationLib.scene.segmentations import show_arteries

    panel = panel_with_masks
    parameters = parameters_of(panel)
    parameters.comparedStructure = choices.ComparedStructure.ARTERIES
    other = arteries_from_node(parameters.arteries, parameters.ct)
    other.array[other.array == territory("renal_left").label] = 0
    parameters.comparedB = show_arteries(parameters.ct, other)
    compare(panel)
    assert compared(panel, "Dice", territory("aorta").short) == "1.000"
    assert compared(panel, "Sensitivity", territory("renal_left").short) == "0.000"


def test_what_cannot_be_compared_is_said_and_changes_nothing(module, panel_with_masks):
    panel = panel_with_masks
    parameters = parameters_of(panel)
    before = nodes_in_scene()
    compare(panel)
    assert "not made here" in status(panel)
    assert nodes_in_scene() == before
    reader = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "reader")
    reader.SetReferenceImageGeometryParameterFromVolumeNode(parameters.ct)
    segment = reader.GetSegmentation().AddEmptySegment("Segment_1", "bone")
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask_of(panel).array, reader, segment, parameters.ct)
    parameters.comparedB = reader
    before = nodes_in_scene()
    compare(panel)
    assert "'reader' has no segment of calcification, but 'bone' (1); rename its segments" in status(panel)
    assert nodes_in_scene() == before
    assert "Nothing compared" in panel.ui.comparisonLabel.text
    parameters.ct = None
    assert not panel.ui.compareButton.enabled


def test_without_arteries_the_whole_masks_are_compared(panel_with_corrected_calcification):
    panel = panel_with_corrected_calcification
    parameters_of(panel).arteries = None
    compare(panel)
    assert "only the whole masks" in panel.ui.comparisonLabel.text
    assert compared(panel, "Sensitivity") == "1.000"
    assert compared(panel, "Dice", "Total") == "–"


def test_a_cancelled_comparison_leaves_the_scene_alone(panel_with_corrected_calcification, monkeypatch):
    from host.application import run_until

    closed = []
    monkeypatch.setattr("AbdominalCalcificationLib.comparison.territories.compare_steps", endless_work(closed))
    panel = panel_with_corrected_calcification
    before = nodes_in_scene()
    panel.ui.compareButton.click()
    assert run_until(lambda: "Working" in status(panel))
    assert not panel.ui.compareButton.enabled
    panel.ui.cancelButton.click()
    assert closed == [True]
    assert nodes_in_scene() == before
    assert panel.ui.compareButton.enabled


def test_a_later_correction_makes_the_comparison_outdated(panel_with_corrected_calcification, tmp_path):
    panel = panel_with_corrected_calcification
    compare(panel)
    assert "press Compare" not in panel.ui.comparisonLabel.text
    erase_lower_half(panel)
    assert "press Compare" in panel.ui.comparisonLabel.text
    outdated = panel.ui.comparisonLabel.text
    path = str(tmp_path / "case.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear()
    assert "Nothing compared" in panel.ui.comparisonLabel.text
    slicer.util.loadScene(path)
    assert panel.ui.comparisonLabel.text == outdated
    compare(panel)
    assert "press Compare" not in panel.ui.comparisonLabel.text
    assert compared(panel, "Sensitivity") == "1.000"


def test_running_again_after_a_comparison_shows_the_masks_and_touches_nothing_else(panel_with_corrected_calcification):
    panel = panel_with_corrected_calcification
    parameters = parameters_of(panel)
    compare(panel)
    found = panel.logic.foundComparison(parameters)
    volumes = segment_volumes(found.disagreement)
    before = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    assert panel.logic.masksToAskAbout(parameters) == [parameters.calcification]
    panel.ui.runButton.click()
    panel.ui.secondAnswer.click()
    settle(panel)
    assert parameters.calcification.GetDisplayNode().GetVisibility()
    assert not found.disagreement.GetDisplayNode().GetVisibility()
    assert "press Compare" in panel.ui.comparisonLabel.text
    assert segment_volumes(found.disagreement) == volumes
    assert slicer.util.getNodesByClass("vtkMRMLSegmentationNode") == before
    compare(panel)
    assert compared(panel, "Dice") == "1.000", "what was made, untouched"
