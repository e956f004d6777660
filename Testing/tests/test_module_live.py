"""Numbers in the panel that follow every edit, by whatever editor, without a button."""

from __future__ import annotations

import copy

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from panels import erase_lower_half, flags, follow, parameters_of, recompute, shown_in, status, total_of

pytestmark = pytest.mark.scene


def shown(panel):
    ui = panel.ui
    return [shown_in(ui.territoriesTable), shown_in(ui.clustersTable), ui.summaryLabel.text, flags(panel)]


def test_an_edit_brings_tables_chart_and_notes_up_to_date_without_a_button(panel_with_results):
    panel = panel_with_results
    before, found = total_of(panel), panel.logic.foundResults(parameters_of(panel))
    bars = found.chart.GetNumberOfPlotSeriesNodes()
    erase_lower_half(panel)
    assert total_of(panel) == before
    assert "being brought up to date" in flags(panel)
    follow(panel)
    assert total_of(panel) < before
    assert "up to date" not in flags(panel)
    assert status(panel) == "Done."
    found = panel.logic.foundResults(parameters_of(panel))
    assert not found.outdated
    assert found.chart.GetNumberOfPlotSeriesNodes() == bars
    live = shown(panel)
    document = copy.deepcopy(found.document)
    recompute(panel)
    assert shown(panel) == live
    again = copy.deepcopy(panel.logic.foundResults(parameters_of(panel)).document)
    for one in (document, again):
        del one["provenance"]["time"]
    assert again == document


def test_undo_brings_the_numbers_back(panel_with_results):
    panel = panel_with_results
    before = shown(panel)
    history = slicer.vtkSegmentationHistory()
    history.SetSegmentation(parameters_of(panel).calcification.GetSegmentation())
    history.SaveState()
    erase_lower_half(panel)
    follow(panel)
    assert shown(panel) != before
    history.RestorePreviousState()
    follow(panel)
    assert shown(panel) == before


def test_an_edit_of_an_artery_moves_its_cut_off_end(panel_with_results):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    segments = parameters.cutOff.GetSegmentation()
    assert segments.GetSegment("common_iliac_left_cut_off") is not None
    name = "common_iliac_left"
    array = slicer.util.arrayFromSegmentBinaryLabelmap(parameters.arteries, name, parameters.ct)
    highest = int(np.argwhere(array)[:, 0].max())
    array[: highest - 8] = 0
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, parameters.arteries, name, parameters.ct)
    follow(panel)
    assert segments.GetSegment("common_iliac_left_cut_off") is None


def test_the_numbers_say_that_a_mask_was_corrected(panel_with_corrected_calcification):
    panel = panel_with_corrected_calcification
    follow(panel)
    live = shown(panel)
    assert "corrected by hand" in flags(panel)
    (edit,) = panel.logic.foundResults(parameters_of(panel)).document["provenance"]["edits"]
    recompute(panel)
    assert shown(panel) == live
    assert panel.logic.foundResults(parameters_of(panel)).document["provenance"]["edits"] == [edit]


def test_numbers_wait_while_something_else_is_at_work(panel_with_results, monkeypatch, tmp_path):
    from AbdominalCalcificationLib.progress import Progress
    from host.application import run_until

    def endless_export(*_args, **_kwargs):
        while True:
            yield Progress("Writing", 0.1, waiting=True)

    panel = panel_with_results
    before = total_of(panel)
    monkeypatch.setattr("AbdominalCalcificationLib.export.export_steps", endless_export)
    panel.panel.export.export_to(tmp_path / "result", overwrite=False)
    assert run_until(lambda: "Writing" in status(panel), 60)
    erase_lower_half(panel)
    run_until(lambda: False, 0.5)
    assert total_of(panel) == before
    panel.ui.cancelButton.click()
    follow(panel)
    assert total_of(panel) < before


def test_a_mask_that_is_refused_says_why_the_numbers_are_old_until_it_is_put_right(panel_with_results):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    before = total_of(panel)
    segment = parameters.calcification.GetSegmentation().GetNthSegment(0)
    segment.SetName("Left renal artery")
    follow(panel)
    assert total_of(panel) == before
    assert "cannot follow" in flags(panel)
    assert "Left renal artery" in flags(panel)
    segment.SetName("Calcification")
    follow(panel)
    assert "cannot follow" not in flags(panel)
    assert total_of(panel) == before


def test_opening_the_review_works_out_what_edits_leave_alone(panel_with_results):
    panel = panel_with_results
    before = shown(panel)
    panel.ui.reviewSection.collapsed = False
    follow(panel)
    assert panel.panel.live._case is not None
    assert shown(panel) == before
