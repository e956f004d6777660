"""Corrected masks in the panel: never lost, never overwritten unasked, and numbers that no longer hold say so."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from panels import (
    asked,
    erase_lower_half,
    flags,
    follow,
    load_ct,
    mask_of,
    parameters_of,
    recompute,
    run,
    settle,
    status,
    total_of,
)

pytestmark = pytest.mark.scene


def test_running_again_over_untouched_masks_asks_nothing(choices, panel_with_masks):
    parameters = parameters_of(panel_with_masks)
    parameters.calcification = None
    parameters.calcificationSource = choices.CalcificationSource.THRESHOLD
    parameters.threshold = "fixed:400"
    run(panel_with_masks)
    first = parameters.calcification
    run(panel_with_masks)
    assert not asked(panel_with_masks)
    assert parameters.calcification is first


def test_a_correction_makes_the_shown_numbers_stale_and_says_so(panel_with_corrected_calcification):
    panel = panel_with_corrected_calcification
    assert "being brought up to date" in flags(panel)
    assert panel.logic.foundResults(parameters_of(panel)).outdated
    assert status(panel) == "Done."


def test_running_again_asks_before_it_overwrites_a_correction(panel_with_corrected_calcification):
    panel = panel_with_corrected_calcification
    corrected = parameters_of(panel).calcification
    before = mask_of(panel).array.copy()
    panel.ui.runButton.click()
    assert corrected.GetName() in asked(panel)
    assert not panel.isBusy
    panel.ui.lastAnswer.click()
    assert np.array_equal(mask_of(panel).array, before)
    assert parameters_of(panel).calcification is corrected


def test_a_correction_is_kept_as_an_earlier_version(panel_with_corrected_calcification):
    panel = panel_with_corrected_calcification
    corrected, before = parameters_of(panel).calcification, mask_of(panel).array.copy()
    assert panel.ui.versionsSection.isHidden()
    panel.ui.runButton.click()
    panel.ui.firstAnswer.click()
    settle(panel)
    assert parameters_of(panel).calcification is corrected
    made = mask_of(panel).array.copy()
    assert made.sum() > before.sum()
    assert not panel.ui.versionsSection.isHidden()
    assert str(np.count_nonzero(made != before)) in panel.ui.versionLabel.text
    panel.ui.restoreVersionButton.click()
    settle(panel)
    assert np.array_equal(mask_of(panel).array, before)
    assert panel.ui.versionsBox.count == 1, "what was replaced is a version now"
    panel.ui.runButton.click()
    assert asked(panel), "it is a corrected mask again"
    panel.ui.lastAnswer.click()
    panel.ui.restoreVersionButton.click()
    settle(panel)
    assert np.array_equal(mask_of(panel).array, made)
    panel.ui.deleteVersionButton.click()
    assert asked(panel)
    panel.ui.firstAnswer.click()
    assert panel.ui.versionsSection.isHidden()


def test_a_correction_can_be_replaced(panel_with_corrected_calcification):
    panel = panel_with_corrected_calcification
    corrected, before = parameters_of(panel).calcification, mask_of(panel).array.copy()
    panel.ui.runButton.click()
    panel.ui.secondAnswer.click()
    settle(panel)
    assert parameters_of(panel).calcification is corrected
    assert mask_of(panel).array.sum() > before.sum()


def test_the_masks_of_another_ct_are_left_alone(choices, panel_with_masks):
    from AbdominalCalcificationLib.scene.masks import calcification_from_node

    panel = panel_with_masks
    parameters = parameters_of(panel)
    parameters.calcificationSource = choices.CalcificationSource.THRESHOLD
    parameters.threshold = "fixed:400"
    first, mask, before = parameters.ct, parameters.calcification, mask_of(panel).array.copy()
    arteries = parameters.arteries
    parameters.ct = load_ct()
    parameters.arteries, parameters.calcification = arteries, mask
    run(panel)
    assert not asked(panel)
    assert status(panel) == "Done."
    assert parameters.calcification is not mask
    assert np.array_equal(calcification_from_node(mask, first).array, before)


def edit_while_measuring(panel, monkeypatch):
    """Have the lower half of the calcification erased after it was read and before the result is shown."""
    from AbdominalCalcificationLib import pipeline

    measuring = pipeline.analyze_steps

    def edited(*args, **kwargs):
        analysis = yield from measuring(*args, **kwargs)
        erase_lower_half(panel)
        return analysis

    monkeypatch.setattr(pipeline, "analyze_steps", edited)


def test_what_is_corrected_while_run_works_is_kept(choices, panel_with_masks, monkeypatch):
    from AbdominalCalcificationLib.scene.masks import calcification_from_node

    panel, parameters = panel_with_masks, parameters_of(panel_with_masks)
    parameters.calcification = None
    parameters.calcificationSource = choices.CalcificationSource.THRESHOLD
    parameters.threshold = "fixed:400"
    run(panel)
    mask, made = parameters.calcification, np.count_nonzero(mask_of(panel).array)
    with monkeypatch.context() as patch:
        edit_while_measuring(panel, patch)
        run(panel)
    assert not asked(panel)
    assert parameters.calcification is not mask
    assert mask.GetName() in status(panel)
    assert "kept" in status(panel)
    assert 0 < np.count_nonzero(calcification_from_node(mask, parameters.ct).array) < made
    assert np.count_nonzero(mask_of(panel).array) == made
    shown = total_of(panel)
    recompute(panel)
    assert total_of(panel) == shown


def test_numbers_of_a_mask_corrected_during_recompute_are_old(panel_with_results, monkeypatch):
    panel = panel_with_results
    with monkeypatch.context() as patch:
        edit_while_measuring(panel, patch)
        recompute(panel)
    assert panel.logic.foundResults(parameters_of(panel)).outdated
    assert "being brought up to date" in flags(panel)
    before = total_of(panel)
    follow(panel)
    assert status(panel) == "Done."
    assert "up to date" not in flags(panel)
    assert total_of(panel) < before


def test_a_mask_chosen_after_the_question_is_asked_about_too(panel_with_corrected_calcification):
    from AbdominalCalcificationLib.scene.segmentations import show_calcification

    panel = panel_with_corrected_calcification
    parameters, mask = parameters_of(panel), mask_of(panel)
    panel.ui.runButton.click()
    assert not panel.ui.inputsButton.enabled
    own = parameters.calcification = show_calcification(parameters.ct, mask)
    own.SetName("Drawn by Ann")
    panel.ui.secondAnswer.click()
    assert not panel.isBusy
    assert "Drawn by Ann" in asked(panel)
    assert np.array_equal(mask_of(panel).array, mask.array)
    panel.ui.lastAnswer.click()
    assert panel.ui.inputsButton.enabled


def test_undoing_and_renaming_are_changes_and_colours_are_none(panel_with_results):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    calcification, arteries = parameters.calcification.GetSegmentation(), parameters.arteries.GetSegmentation()
    arteries.GetSegment("renal_left").SetColor(0.1, 0.2, 0.3)
    calcification.GetNthSegment(0).SetColor(0.1, 0.2, 0.3)
    panel.ui.show3DButton.checked = False
    panel.ui.show3DButton.checked = True
    assert "up to date" not in status(panel) + flags(panel)

    history = slicer.vtkSegmentationHistory()
    history.SetSegmentation(calcification)
    history.SaveState()
    whole = total_of(panel)
    erase_lower_half(panel)
    assert "being brought up to date" in flags(panel)
    recompute(panel)
    assert total_of(panel) < whole
    assert status(panel) == "Done."
    assert "being brought up to date" not in flags(panel)
    history.RestorePreviousState()
    assert "being brought up to date" in flags(panel)
    recompute(panel)
    assert total_of(panel) == whole

    arteries.GetSegment("renal_left").SetName("Right renal artery")
    assert "being brought up to date" in flags(panel)


def test_numbers_of_other_masks_and_lengths_than_those_chosen_are_told(panel_with_results):
    from AbdominalCalcificationLib.scene.segmentations import show_calcification

    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    measured, mask = parameters.calcification, mask_of(panel)
    whole = total_of(panel)
    parameters.renalLengthMm = 12.5
    assert "being brought up to date" in flags(panel)
    follow(panel)
    assert "brought up to date" not in flags(panel)
    assert total_of(panel) < whole
    parameters.renalLengthMm = 30.0
    follow(panel)
    assert total_of(panel) == whole
    parameters.calcification = show_calcification(parameters.ct, mask.with_array(np.zeros_like(mask.array)))
    assert "Other masks" in flags(panel)
    parameters.calcification = measured
    assert "Recompute" not in flags(panel)
    parameters.ct = None
    assert "Nothing measured" in panel.ui.summaryLabel.text


def test_choosing_another_ct_chooses_its_masks(panel_with_results):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    first, arteries, calcification = parameters.ct, parameters.arteries, parameters.calcification
    cut_off, number = parameters.cutOff, total_of(panel)
    parameters.ct = load_ct("Follow-up")
    assert (parameters.arteries, parameters.calcification, parameters.cutOff) == (None, None, None)
    assert not panel.ui.recomputeButton.enabled
    assert "Nothing measured" in panel.ui.summaryLabel.text
    parameters.ct = first
    assert (parameters.arteries, parameters.calcification, parameters.cutOff) == (arteries, calcification, cut_off)
    assert total_of(panel) == number
    assert "Recompute" not in flags(panel)


def test_masks_of_another_ct_are_measured_where_chosen_and_told(panel_with_corrected_calcification):
    panel, parameters = panel_with_corrected_calcification, parameters_of(panel_with_corrected_calcification)
    first, arteries, calcification = parameters.ct, parameters.arteries, parameters.calcification
    first.SetName("Before")
    parameters.ct = load_ct("After")
    parameters.arteries, parameters.calcification = arteries, calcification
    recompute(panel)
    assert "The calcification mask was made on another CT, 'Before'." in flags(panel)
    document = panel.logic.foundResults(parameters).document
    assert document["provenance"]["edits"] == []
    assert "edited_by_hand" not in [flag["code"] for flag in document["flags"]]


def test_editing_the_masks_of_a_ct_that_is_not_chosen_makes_its_numbers_old(panel_with_results):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    first, calcification = parameters.ct, parameters.calcification
    parameters.ct = load_ct()
    array = slicer.util.arrayFromSegmentBinaryLabelmap(calcification, "calcification", first)
    slicer.util.updateSegmentBinaryLabelmapFromArray(array * 0, calcification, "calcification", first)
    assert "Recompute" not in flags(panel) + status(panel)
    parameters.ct = first
    assert "press Recompute" in flags(panel)


def test_what_made_the_masks_stays_known_after_recompute(panel_with_results):
    from AbdominalCalcificationLib.scene import edits

    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    model = {"role": "calcification", "name": "own", "checksum": "12"}
    source = {
        "models": [model],
        "label_names": {"Kalk": "calcification"},
        "calcification_source": {"kind": "model", "name": "own"},
    }
    edits.remember_origin(parameters.calcification, mask_of(panel), source)
    recompute(panel)
    provenance = panel.logic.foundResults(parameters).document["provenance"]
    assert provenance["models"] == [model]
    assert provenance["calcification_source"] == source["calcification_source"]
    assert provenance["parameters"]["label_names"] == source["label_names"]


def test_closing_the_scene_takes_an_open_question_away(panel_with_corrected_calcification):
    panel_with_corrected_calcification.ui.runButton.click()
    assert asked(panel_with_corrected_calcification)
    slicer.mrmlScene.Clear()
    assert not asked(panel_with_corrected_calcification)
