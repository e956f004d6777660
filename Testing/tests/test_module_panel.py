"""The panel, driven through its buttons in the test host."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.anatomy import TERRITORIES
from AbdominalCalcificationLib.comparison.severity import SeverityGroups
from AbdominalCalcificationLib.progress import Progress, drain
from AbdominalCalcificationLib.resources import sample_case

pytestmark = pytest.mark.scene
TESTING = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def host():
    from host import start

    return start()


@pytest.fixture
def module(host, monkeypatch):
    """The module in an empty scene. Qt swallows what a slot raises: here it fails the test."""
    raised = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: raised.append(error))
    slicer.mrmlScene.Clear()
    slicer.mrmlScene.GetSubjectHierarchyNode()  # there from the start in Slicer; made when first asked for here
    yield host.module
    slicer.mrmlScene.Clear()
    assert raised == []


@pytest.fixture
def choices(module):
    """The module that knows what can be chosen."""
    from AbdominalCalcificationPanel import parameters

    return parameters


@pytest.fixture
def panel(module):
    """The panel of an empty scene."""
    widget = module.AbdominalCalcificationWidget()
    yield widget
    widget.cleanup()


@pytest.fixture
def panel_with_masks(choices, panel):
    """The panel with the sample CT and, chosen as given masks, its exact truth."""
    from AbdominalCalcificationLib.reading import read_mask
    from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification

    parameters = panel.logic.getParameterNode()
    parameters.ct = slicer.util.loadVolume(str(sample_case()))
    folder = sample_case().parent
    parameters.arteries = show_arteries(parameters.ct, read_mask(folder / "simulated_cta_arteries.nrrd"))
    parameters.calcification = show_calcification(parameters.ct, read_mask(folder / "simulated_cta_calcification.nrrd"))
    parameters.arterySource = choices.ArterySource.EXISTING
    parameters.calcificationSource = choices.CalcificationSource.EXISTING
    return panel


@pytest.fixture
def panel_with_results(panel_with_masks):
    run(panel_with_masks)
    return panel_with_masks


def settle(widget):
    from host.application import run_until

    assert run_until(lambda: not widget.isBusy, 240)


def run(widget):
    widget.ui.runButton.click()
    settle(widget)


def status(widget) -> str:
    return widget.ui.statusLabel.text


def asked(widget) -> str:
    """The question that the panel asks; empty where it asks none."""
    return widget.ui.questionLabel.text if not widget.ui.questionFrame.isHidden() else ""


def parameters_of(widget):
    return widget.logic.getParameterNode()


def nodes_in_scene() -> set[str]:
    return {node.GetID() for node in slicer.util.getNodesByClass("vtkMRMLNode")}


def erase_lower_half(widget) -> None:
    parameters = parameters_of(widget)
    node, ct = parameters.calcification, parameters.ct
    segment = node.GetSegmentation().GetNthSegmentID(0)
    array = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment, ct)
    array[: int(array.nonzero()[0].mean())] = 0
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment, ct)


def endless_work(closed: list):
    def analyze_steps(*_args, **_kwargs):
        try:
            while True:
                yield Progress("Working", 0.3, 75.0, waiting=True)
        finally:
            closed.append(True)

    return analyze_steps


def test_nothing_heavy_is_imported_while_slicer_starts():
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]; from host import start; start();"
        "print([m for m in ('torch', 'nnunetv2', 'scipy', 'SimpleITK') if m in sys.modules])"
    )
    paths = [str(TESTING), str(TESTING.parent / "AbdominalCalcification")]
    done = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip().splitlines()[-1] == "[]", done.stdout + done.stderr


def test_an_empty_scene_offers_nothing_to_run(panel):
    for button in (panel.ui.runButton, panel.ui.cancelButton, panel.ui.recomputeButton, panel.ui.exportButton):
        assert not button.enabled
    assert "Nothing measured" in panel.ui.summaryLabel.text


def test_opening_the_panel_takes_the_ct_that_is_there(panel):
    volume = slicer.util.loadVolume(str(sample_case()))
    panel.enter()
    assert parameters_of(panel).ct is volume
    assert panel.ui.runButton.enabled


def test_only_the_fields_of_the_chosen_source_are_shown(choices, panel):
    parameters = parameters_of(panel)
    assert panel.ui.arteryModelsRow.isHidden()
    parameters.arterySource = choices.ArterySource.MODELS
    assert not panel.ui.arteryModelsRow.isHidden()
    assert not panel.ui.labelNames.isHidden()
    parameters.calcificationSource = choices.CalcificationSource.THRESHOLD
    assert not panel.ui.threshold.isHidden()
    assert panel.ui.calcificationModelRow.isHidden()


def test_choices_in_the_panel_reach_the_parameter_node(choices, panel):
    panel.ui.renalLength.value = 22.0
    panel.ui.calcificationSource.currentIndex = 2
    panel.ui.threshold.text = "fixed:300"
    parameters = parameters_of(panel)
    assert parameters.renalLengthMm == 22.0
    assert parameters.calcificationSource == choices.CalcificationSource.THRESHOLD
    assert parameters.threshold == "fixed:300"


def test_given_masks_lead_to_tables_flags_and_a_summary(panel_with_results):
    panel = panel_with_results
    assert status(panel) == "Done."
    assert heads(panel.ui.territoriesTable) == [*(each.short for each in TERRITORIES), "Total"]
    assert panel.ui.clustersTable.model().rowCount() > 0
    assert "burden" in panel.ui.summaryLabel.text
    assert "Fit to read." in panel.ui.verdictLabel.text
    assert panel.ui.show3DButton.checked
    assert parameters_of(panel).arteries.GetDisplayNode().GetVisibility3D()


def heads(view) -> list[str]:
    """The names of the rows of a table view."""
    import qt

    return [view.model().headerData(row, qt.Qt.Vertical) for row in range(view.model().rowCount())]


def column_headers(view) -> list[str]:
    import qt

    return [view.model().headerData(column, qt.Qt.Horizontal) for column in range(view.model().columnCount())]


def shown_in(view) -> list[list[str]]:
    """The cells of a table view as they stand there."""
    model = view.model()
    return [
        [model.data(model.index(row, column)) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def columns_in_sight(panel, view) -> list[str]:
    """The headers of the columns that are wholly seen where the panel is as wide as Slicer opens it."""
    import qt

    panel.parent.resize(400, 900)
    panel.parent.show()
    for _ in range(10):
        qt.QApplication.processEvents()
    assert panel.parent.width == 400, "something in the panel is wider"
    room = view.viewport().width()
    ends = [view.columnViewportPosition(c) + view.columnWidth(c) for c in range(view.model().columnCount())]
    return [header for header, end in zip(column_headers(view), ends, strict=True) if end <= room]


def test_the_numbers_that_matter_are_in_sight(panel_with_results):
    ui = panel_with_results.ui
    seen = columns_in_sight(panel_with_results, ui.territoriesTable)
    assert seen[:4] == ["Burden\n%", "Calcified\nmm³", "Clusters", "Artery\nmL"]
    seen = columns_in_sight(panel_with_results, ui.clustersTable)
    assert seen[:5] == ["Artery", "Volume\nmm³", "Mean\nHU", "Max.\nHU", "Path\nmm"]
    bottom = ui.territoriesTable.y + ui.territoriesTable.height + ui.resultsButton.y
    assert bottom <= 900


def test_numbers_are_right_aligned_and_a_burden_has_the_bar_of_its_group(panel_with_results):
    import qt

    ui = panel_with_results.ui
    model = ui.territoriesTable.model()
    burdens = [float(row[0]) for row in shown_in(ui.territoriesTable)]
    groups = [SeverityGroups().group_of(burden / 100) for burden in burdens]
    bars = [model.data(model.index(row, 0), qt.Qt.DecorationRole) for row in range(len(burdens))]
    widths = [0 if bar is None else bar.width() for bar in bars]
    assert len(set(groups)) > 1
    assert [width * max(groups) for width in widths] == [max(widths) * group for group in groups]
    alignment = model.data(model.index(0, 1), qt.Qt.TextAlignmentRole)
    assert alignment & int(qt.Qt.AlignRight)


def test_clusters_are_sorted_as_numbers_and_a_click_jumps_to_the_one_that_is_seen(panel_with_results, monkeypatch):
    import qt

    from AbdominalCalcificationLib.scene import display

    panel = panel_with_results
    jumps = []
    monkeypatch.setattr(display, "centre_on", jumps.append)
    table = panel.ui.clustersTable
    table.sortByColumn(1, qt.Qt.DescendingOrder)
    volumes = [float(row[1]) for row in shown_in(table)]
    assert volumes == sorted(volumes, reverse=True)
    assert max(volumes) >= 100 > min(volumes)
    table.selectRow(0)
    clusters = panel.logic.foundResults(parameters_of(panel)).document["clusters"]
    assert jumps[-1] == max(clusters, key=lambda each: each["volume_mm3"])["centroid_ras"]


def test_what_is_to_be_looked_at_is_marked_and_explained_in_its_row(choices, panel_with_masks):
    import qt

    panel, parameters = panel_with_masks, parameters_of(panel_with_masks)
    parameters.arteries.GetSegmentation().RemoveSegment("renal_left")
    run(panel)
    assert "Look at these arteries first: L renal." in panel.ui.verdictLabel.text
    assert "L renal ⚠" in heads(panel.ui.territoriesTable)
    row = heads(panel.ui.territoriesTable).index("L renal ⚠")
    assert set(shown_in(panel.ui.territoriesTable)[row]) == {"–"}
    tip = panel.ui.territoriesTable.model().headerData(row, qt.Qt.Vertical, qt.Qt.ToolTipRole)
    assert "<b>Left renal artery</b>" in tip
    assert "draw it if the CT shows it" in tip
    assert "Left renal artery: not in the artery mask" in panel.ui.notesLabel.text
    assert panel.ui.notesButton.collapsed
    panel.ui.notesLabel.linkActivated.emit("renal_left")
    assert [index.row() for index in panel.ui.territoriesTable.selectionModel().selectedRows()] == [row]


def test_results_of_an_older_scene_have_a_verdict_too(panel_with_results):
    panel = panel_with_results
    record = panel.logic.foundResults(parameters_of(panel)).record
    document = json.loads(record.GetText())
    del document["trust"]
    document["flags"] = [{"code": "not_hu", "message": "Stored values.", "territory": None}]
    record.SetText(json.dumps(document))
    panel.panel.results.show()
    assert "Do not use these numbers. Stored values." in panel.ui.verdictLabel.text


@pytest.mark.nnunet
def test_the_bundled_models_lead_from_the_sample_case_to_results(panel):
    pytest.importorskip("torch")
    pytest.importorskip("nnunetv2")
    from AbdominalCalcificationLib.scene.volumes import volume_from_node, volume_node_from

    whole = slicer.util.loadVolume(str(sample_case()))
    middle = volume_from_node(whole).cropped((slice(40, 112), slice(30, 105), slice(45, 120)))  # few tiles: quick
    parameters_of(panel).ct = volume_node_from(middle, "middle of the sample")
    run(panel)
    assert status(panel) == "Done."
    assert "simulated CT" in panel.ui.notesLabel.text
    assert parameters_of(panel).arteries is not None
    assert panel.ui.recomputeButton.enabled


@pytest.mark.nnunet
def test_cancel_ends_the_worker_process_and_leaves_the_scene_alone(panel):
    pytest.importorskip("torch")
    pytest.importorskip("nnunetv2")
    from host.application import run_until

    slicer.util.loadVolume(str(sample_case()))
    panel.enter()
    before = nodes_in_scene()
    panel.ui.runButton.click()
    # Far enough that the worker reports work of its own.
    assert run_until(lambda: "Starting" not in status(panel) and panel.ui.progressBar.value > 0, 200)
    process = panel.logic.session.worker._process
    panel.ui.cancelButton.click()
    assert "Cancelled" in status(panel)
    assert process.poll() is not None
    assert nodes_in_scene() == before


def test_cancel_closes_the_work_and_leaves_the_scene_alone(panel_with_masks, monkeypatch):
    closed = []
    monkeypatch.setattr("AbdominalCalcificationLib.pipeline.analyze_steps", endless_work(closed))
    before = nodes_in_scene()
    panel = panel_with_masks
    panel.ui.runButton.click()
    from host.application import run_until

    assert run_until(lambda: "Working" in status(panel), 10)
    assert "about 75 s left" in status(panel)
    assert panel.ui.progressBar.value == pytest.approx(291, abs=1)
    assert not panel.ui.runButton.enabled
    assert not panel.ui.inputsButton.enabled
    panel.ui.cancelButton.click()
    assert closed == [True]
    assert not panel.isBusy
    assert "Cancelled" in status(panel)
    assert nodes_in_scene() == before
    assert panel.ui.runButton.enabled


def contents_of_the_scene() -> list[str]:
    """What a saved scene would hold of every node, and the voxels of the segmentations."""
    scene = slicer.mrmlScene
    scene.SetSaveToXMLString(1)
    scene.Commit()
    scene.SetSaveToXMLString(0)
    kept = scene.GetSceneXMLString().splitlines()
    for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode"):
        for segment_id in node.GetSegmentation().GetSegmentIDs():
            array = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment_id)
            kept.append(f"{node.GetID()} {segment_id} {array.shape} {zlib.crc32(array.tobytes())}")
    return kept


@pytest.mark.parametrize("button", ["recomputeButton", "runButton"])
def test_cancel_leaves_the_contents_of_every_node(panel_with_results, monkeypatch, button):
    from host.application import run_until

    panel = panel_with_results
    remember_as_made(panel)
    erase_lower_half(panel)
    before = contents_of_the_scene()
    monkeypatch.setattr("AbdominalCalcificationLib.pipeline.analyze_steps", endless_work([]))
    getattr(panel.ui, button).click()
    assert run_until(lambda: "Working" in status(panel), 10)
    panel.ui.cancelButton.click()
    assert contents_of_the_scene() == before


def remember_as_made(panel) -> None:
    """Have the calcification pass for one that was made here, so that corrections are counted."""
    from AbdominalCalcificationLib.scene import edits

    edits.remember_origin(parameters_of(panel).calcification, mask_of(panel))


def test_closing_the_scene_cancels(panel_with_masks, monkeypatch):
    closed = []
    monkeypatch.setattr("AbdominalCalcificationLib.pipeline.analyze_steps", endless_work(closed))
    panel_with_masks.ui.runButton.click()
    from host.application import run_until

    run_until(lambda: "Working" in status(panel_with_masks), 10)
    slicer.mrmlScene.Clear()
    assert closed == [True]
    assert not panel_with_masks.isBusy
    assert not panel_with_masks.ui.runButton.enabled


def test_a_wrong_threshold_is_said_in_the_panel(choices, panel_with_masks):
    parameters = parameters_of(panel_with_masks)
    parameters.calcificationSource = choices.CalcificationSource.THRESHOLD
    parameters.calcification = None
    parameters.threshold = "nonsense"
    before = nodes_in_scene()
    run(panel_with_masks)
    assert "nonsense" in status(panel_with_masks)
    assert nodes_in_scene() == before
    assert panel_with_masks.ui.runButton.enabled


def test_a_missing_model_folder_is_said_in_the_panel(module, choices, panel, monkeypatch, tmp_path):
    monkeypatch.setattr(module.AbdominalCalcificationLogic, "missingPackages", lambda self: ())
    parameters = parameters_of(panel)
    parameters.ct = slicer.util.loadVolume(str(sample_case()))
    parameters.arterySource = choices.ArterySource.MODELS
    assert not panel.ui.runButton.enabled
    assert "artery models" in panel.ui.runHint.text
    parameters.arteryModels = str(tmp_path / "gone")
    run(panel)
    assert "gone" in status(panel)
    parameters.labelNames = "my_vessel=nowhere"
    run(panel)
    assert "nowhere" in status(panel)


def test_an_unexpected_error_leaves_the_panel_usable(panel_with_masks, monkeypatch):
    def broken(*_args, **_kwargs):
        yield Progress("Working")
        raise RuntimeError("out of cheese")

    monkeypatch.setattr("AbdominalCalcificationLib.pipeline.analyze_steps", broken)
    run(panel_with_masks)
    assert "Internal error: out of cheese" in status(panel_with_masks)
    assert panel_with_masks.ui.runButton.enabled


@pytest.fixture
def panel_with_corrected_calcification(choices, panel_with_masks):
    """Thresholded calcification, corrected by hand afterwards; the threshold source still chosen."""
    panel = panel_with_masks
    parameters = parameters_of(panel)
    parameters.calcification = None
    parameters.calcificationSource = choices.CalcificationSource.THRESHOLD
    parameters.threshold = "fixed:400"
    run(panel)
    assert not asked(panel)
    erase_lower_half(panel)
    return panel


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
    assert "press Recompute" in status(panel_with_corrected_calcification)


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


def test_a_correction_can_be_kept_beside_a_new_mask(panel_with_corrected_calcification):
    from AbdominalCalcificationLib.scene.masks import calcification_from_node

    panel = panel_with_corrected_calcification
    parameters = parameters_of(panel)
    corrected, before = parameters.calcification, mask_of(panel).array.copy()
    panel.ui.runButton.click()
    panel.ui.firstAnswer.click()
    settle(panel)
    assert parameters.calcification is not corrected
    assert np.array_equal(calcification_from_node(corrected, parameters.ct).array, before)
    assert mask_of(panel).array.sum() > before.sum()


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
    parameters.ct = slicer.util.loadVolume(str(sample_case()))
    parameters.arteries, parameters.calcification = arteries, mask
    run(panel)
    assert not asked(panel)
    assert status(panel) == "Done."
    assert parameters.calcification is not mask
    assert np.array_equal(calcification_from_node(mask, first).array, before)


def flags(panel):
    """What is said about the numbers: the verdict, what is old, and the notes."""
    labels = (panel.ui.verdictLabel, panel.ui.notesLabel)
    return "\n".join(label.text for label in labels if not label.isHidden())


def total_of(panel):
    """Calcified volume in mm³, of the table and of the summary."""
    shown = shown_in(panel.ui.territoriesTable)[-1][1]
    assert f" {shown} mm³ calcified" in panel.ui.summaryLabel.text
    return float(shown)


def recompute(panel):
    panel.ui.recomputeButton.click()
    settle(panel)


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
    assert "press Recompute" in status(panel)
    assert "press Recompute" in flags(panel)
    before = total_of(panel)
    recompute(panel)
    assert status(panel) == "Done."
    assert "press Recompute" not in flags(panel)
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


def test_choices_outlive_that_the_panel_is_opened_again(choices, panel_with_masks):
    parameters = parameters_of(panel_with_masks)
    chosen = {
        "calcificationSource": choices.CalcificationSource.THRESHOLD,
        "arterySource": choices.ArterySource.EXISTING,
        "device": choices.Device.CPU,
        "comparedStructure": choices.ComparedStructure.ARTERIES,
        "renalLengthMm": 12.5,
    }
    for name, value in chosen.items():
        setattr(parameters, name, value)
    for _ in range(2):
        panel_with_masks.enter()
        assert {name: getattr(parameters_of(panel_with_masks), name) for name in chosen} == chosen
    assert panel_with_masks.ui.calcificationSource.currentIndex == 2
    assert panel_with_masks.ui.renalLength.value == 12.5


def test_choices_and_results_outlive_a_saved_scene(choices, panel_with_results, tmp_path):
    from AbdominalCalcificationLib.scene.bundle import load_scene
    from scene_files import save_scene

    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    parameters.device = choices.Device.CPU
    before = total_of(panel)
    erase_lower_half(panel)
    save_scene(tmp_path / "case.mrb")
    slicer.mrmlScene.Clear()
    load_scene(tmp_path / "case.mrb")
    parameters = parameters_of(panel)
    assert parameters.device == choices.Device.CPU
    assert parameters.calcificationSource == choices.CalcificationSource.EXISTING
    assert total_of(panel) == before
    assert "press Recompute" in flags(panel), "the correction was saved, its numbers were not"
    recompute(panel)
    assert "press Recompute" not in flags(panel)
    assert total_of(panel) < before


def test_undoing_and_renaming_are_changes_and_colours_are_none(panel_with_results):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    calcification, arteries = parameters.calcification.GetSegmentation(), parameters.arteries.GetSegmentation()
    arteries.GetSegment("renal_left").SetColor(0.1, 0.2, 0.3)
    calcification.GetNthSegment(0).SetColor(0.1, 0.2, 0.3)
    panel.ui.show3DButton.checked = False
    panel.ui.show3DButton.checked = True
    assert "press Recompute" not in status(panel) + flags(panel)

    history = slicer.vtkSegmentationHistory()
    history.SetSegmentation(calcification)
    history.SaveState()
    whole = total_of(panel)
    erase_lower_half(panel)
    assert "press Recompute" in status(panel)
    recompute(panel)
    assert total_of(panel) < whole
    assert status(panel) == "Done."
    history.RestorePreviousState()
    assert "press Recompute" in status(panel)
    recompute(panel)
    assert total_of(panel) == whole

    arteries.GetSegment("renal_left").SetName("Right renal artery")
    assert "press Recompute" in status(panel)
    assert "press Recompute" in flags(panel)


def test_numbers_of_other_masks_and_lengths_than_those_chosen_are_told(panel_with_results):
    from AbdominalCalcificationLib.scene.segmentations import show_calcification

    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    measured, mask = parameters.calcification, mask_of(panel)
    parameters.renalLengthMm = 12.5
    assert "Other lengths" in flags(panel)
    parameters.renalLengthMm = 30.0
    assert "Recompute" not in flags(panel)
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
    parameters.ct = slicer.util.loadVolume(str(sample_case()), {"name": "Follow-up"})
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
    parameters.ct = slicer.util.loadVolume(str(sample_case()), {"name": "After"})
    parameters.arteries, parameters.calcification = arteries, calcification
    recompute(panel)
    assert "The calcification mask was made on another CT, 'Before'." in flags(panel)
    document = panel.logic.foundResults(parameters).document
    assert document["provenance"]["edits"] == []
    assert "edited_by_hand" not in [flag["code"] for flag in document["flags"]]


def test_editing_the_masks_of_a_ct_that_is_not_chosen_makes_its_numbers_old(panel_with_results):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    first, calcification = parameters.ct, parameters.calcification
    parameters.ct = slicer.util.loadVolume(str(sample_case()))
    array = slicer.util.arrayFromSegmentBinaryLabelmap(calcification, "calcification", first)
    slicer.util.updateSegmentBinaryLabelmapFromArray(array * 0, calcification, "calcification", first)
    assert "Recompute" not in flags(panel) + status(panel)
    parameters.ct = first
    assert "press Recompute" in flags(panel)


def test_own_masks_do_not_pass_for_made_ones_in_an_exported_scene(choices, panel_with_results, tmp_path):
    from AbdominalCalcificationLib.scene.bundle import load_scene

    panel = panel_with_results
    drain(panel.logic.exportSteps(parameters_of(panel), tmp_path / "result"))
    slicer.mrmlScene.Clear()
    load_scene(tmp_path / "result" / "scene.mrb")
    parameters = parameters_of(panel)
    parameters.arterySource = choices.ArterySource.BUNDLED
    parameters.calcificationSource = choices.CalcificationSource.BUNDLED
    assert parameters.arteries is not None, "the masks of the result are chosen"
    assert panel.logic.masksToAskAbout(parameters) == [parameters.arteries, parameters.calcification]
    assert "Recompute" not in flags(panel)


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


def test_a_cancelled_export_leaves_the_numbers_as_they_were(panel_with_results, monkeypatch, tmp_path):
    from host.application import run_until

    def endless_export(*_args, **_kwargs):
        while True:
            yield Progress("Writing", 0.1, waiting=True)

    panel = panel_with_results
    before = total_of(panel)
    erase_lower_half(panel)
    monkeypatch.setattr("AbdominalCalcificationLib.export.export_steps", endless_export)
    panel.panel.export.export_to(tmp_path / "result", overwrite=False)
    assert run_until(lambda: "Writing" in status(panel), 60)
    panel.ui.cancelButton.click()
    assert total_of(panel) == before
    assert "press Recompute" in flags(panel)


def test_a_ct_deleted_while_it_is_measured_is_told(panel_with_masks, monkeypatch):
    from AbdominalCalcificationLib import pipeline

    panel, measuring = panel_with_masks, pipeline.analyze_steps

    def deleted(*args, **kwargs):
        analysis = yield from measuring(*args, **kwargs)
        slicer.mrmlScene.RemoveNode(parameters_of(panel).ct)
        return analysis

    monkeypatch.setattr(pipeline, "analyze_steps", deleted)
    run(panel)
    assert "removed from the scene meanwhile" in status(panel)


def test_closing_the_scene_takes_an_open_question_away(panel_with_corrected_calcification):
    panel_with_corrected_calcification.ui.runButton.click()
    assert asked(panel_with_corrected_calcification)
    slicer.mrmlScene.Clear()
    assert not asked(panel_with_corrected_calcification)


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
    assert run_until(lambda: "Working" in status(panel), 10)
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


def test_recompute_measures_the_correction(panel_with_results):
    panel = panel_with_results
    before = panel.ui.summaryLabel.text
    erase_lower_half(panel)
    recompute(panel)
    assert status(panel) == "Done."
    assert panel.ui.summaryLabel.text != before


def mask_of(panel):
    from AbdominalCalcificationLib.scene.masks import calcification_from_node

    parameters = parameters_of(panel)
    return calcification_from_node(parameters.calcification, parameters.ct)


def test_a_click_on_a_cluster_centres_the_slice_views_on_it(panel_with_results):
    slices = []
    for name in ("Red", "Green", "Yellow"):
        node = slicer.vtkMRMLSliceNode()
        node.SetLayoutName(name)
        node.SetOrientation({"Red": "Axial", "Green": "Coronal", "Yellow": "Sagittal"}[name])
        slices.append(slicer.mrmlScene.AddNode(node))
    panel = panel_with_results
    row = panel.ui.clustersTable.model().rowCount() - 1
    panel.ui.clustersTable.selectRow(row)
    results = panel.logic.foundResults(parameters_of(panel))
    centre = results.document["clusters"][row]["centroid_ras"]
    for node in slices:
        origin = [node.GetSliceToRAS().GetElement(axis, 3) for axis in range(3)]
        assert origin == pytest.approx(centre, abs=0.01)


def test_the_chart_is_shown_in_the_layout(panel_with_results):
    panel_with_results.ui.showChartButton.click()
    selection = slicer.app.applicationLogic().GetSelectionNode()
    assert (
        selection.GetActivePlotChartID()
        == panel_with_results.logic.foundResults(parameters_of(panel_with_results)).chart.GetID()
    )


def test_show_3d_can_be_switched_off_again(panel_with_results):
    panel_with_results.ui.show3DButton.checked = False
    assert not parameters_of(panel_with_results).arteries.GetDisplayNode().GetVisibility3D()


def test_export_writes_a_folder_of_its_own_and_asks_before_replacing_one(panel_with_results, monkeypatch, tmp_path):
    import qt

    def export_steps(analysis, ct, folder, *, overwrite=False, **_options):  # the real one is the self-test's
        yield Progress("Writing", 0.5)
        folder.mkdir(exist_ok=overwrite)
        (folder / "measurements.json").write_text(f"{analysis.measurement.total.burden}", encoding="utf-8")
        return ("views.png was not written",)

    monkeypatch.setattr("AbdominalCalcificationLib.export.export_steps", export_steps)
    qt.QFileDialog.answers.extend([str(tmp_path), str(tmp_path), ""])
    panel = panel_with_results
    panel.ui.exportButton.click()
    settle(panel)
    (folder,) = tmp_path.iterdir()
    assert str(folder) in status(panel)
    assert "views.png was not written" in panel.ui.log.plainText
    panel.ui.exportButton.click()
    assert str(folder) in asked(panel)
    panel.ui.firstAnswer.click()
    settle(panel)
    assert str(folder) in status(panel)
    panel.ui.exportButton.click()  # and the dialog is closed without an answer
    assert not panel.isBusy


def test_model_folders_are_chosen_in_a_dialog(choices, panel):
    import qt

    parameters = parameters_of(panel)
    parameters.arterySource = choices.ArterySource.MODELS
    qt.QFileDialog.answers.extend(["/models/a", "/models/b", "/models/c"])
    panel.ui.arteryModelsBrowse.click()
    panel.ui.arteryModelsBrowse.click()
    panel.ui.calcificationModelBrowse.click()
    assert parameters.arteryModels == "/models/a; /models/b"
    assert parameters.calcificationModel == "/models/c"


def test_a_reloaded_scene_fills_the_panel_again(choices, panel_with_results, tmp_path):
    panel = panel_with_results
    parameters_of(panel).renalLengthMm = 25.0
    summary, said, rows = panel.ui.summaryLabel.text, flags(panel), shown_in(panel.ui.clustersTable)
    path = str(tmp_path / "case.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear()
    assert "Nothing measured" in panel.ui.summaryLabel.text
    slicer.util.loadScene(path)
    assert panel.ui.summaryLabel.text == summary
    assert flags(panel) == said
    assert shown_in(panel.ui.clustersTable) == rows
    assert panel.ui.renalLength.value == 25.0
    assert panel.ui.arterySource.currentIndex == list(choices.ArterySource).index(choices.ArterySource.EXISTING)
    assert parameters_of(panel).ct is not None
    assert not status(panel).startswith("The masks were changed")


def test_trust_in_checkpoints_is_not_kept_with_the_scene(panel):
    panel.ui.trustCheckBox.checked = True
    node = panel.logic.getParameterNode().parameterNode
    assert "rust" not in "".join(node.GetParameterNames())


def test_a_mask_that_is_deleted_leaves_its_field_empty(panel_with_results):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    slicer.mrmlScene.RemoveNode(parameters.calcification)
    assert parameters.calcification is None
    assert panel.ui.calcificationSelector.currentNode() is None
    for button in (panel.ui.recomputeButton, panel.ui.exportButton):
        assert not button.enabled
    slicer.util.loadVolume(str(sample_case()))
    slicer.mrmlScene.RemoveNode(parameters.ct)
    assert parameters.ct is None
    assert not panel.ui.runButton.enabled


def test_what_only_shows_a_result_cannot_be_chosen_as_a_mask(panel_with_results):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    shown = parameters.cutOff
    for selector in (panel.ui.calcificationSelector, panel.ui.arteriesSelector, panel.ui.comparedASelector):
        selector.setCurrentNode(shown)
        assert selector.currentNode() is None
        assert "no mask" in status(panel)
    assert parameters.cutOff is shown
    assert not panel.ui.recomputeButton.enabled


def test_a_script_is_refused_what_only_shows_a_result(panel_with_results):
    from AbdominalCalcificationLib.errors import InputError
    from AbdominalCalcificationLib.measurement import MeasurementParameters
    from AbdominalCalcificationLib.scene.ownership import SceneCase

    parameters, session = parameters_of(panel_with_results), panel_with_results.logic.session
    case = SceneCase(parameters.ct, parameters.arteries, parameters.cutOff)
    with pytest.raises(InputError, match="no mask"):
        drain(session.recompute_steps(case, MeasurementParameters()))


def test_masks_that_were_made_and_left_alone_are_not_read_again(choices, panel_with_masks, monkeypatch):
    from AbdominalCalcificationLib.scene import ownership

    panel, parameters = panel_with_masks, parameters_of(panel_with_masks)
    parameters.calcification = None
    parameters.calcificationSource = choices.CalcificationSource.THRESHOLD
    parameters.threshold = "fixed:400"
    run(panel)
    read = []
    reading = ownership.READ["calcification"]
    monkeypatch.setitem(ownership.READ, "calcification", lambda *nodes: (read.append(1), reading(*nodes))[1])
    assert panel.logic.masksToAskAbout(parameters) == []
    assert read == []
    erase_lower_half(panel)
    for _ in range(2):
        assert panel.logic.masksToAskAbout(parameters) == [parameters.calcification]
    assert read == [1]


def test_there_is_one_parameter_node_however_often_the_panel_is_opened(panel):
    parameters = parameters_of(panel)
    for _ in range(3):
        panel.exit()
        panel.enter()
    slicer.mrmlScene.Clear()
    assert parameters_of(panel) is parameters


def test_names_of_nodes_are_shown_as_they_are(panel_with_results):
    import qt

    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    parameters.cutOff.SetName("<i>cut</i>")
    panel.ui.calcificationSelector.setCurrentNode(parameters.cutOff)
    assert "&lt;i&gt;cut&lt;/i&gt;" in status(panel)
    for label in (panel.ui.questionLabel, panel.ui.packagesLabel, panel.ui.comparisonLabel):
        assert label.textFormat == qt.Qt.PlainText
    for label in (panel.ui.statusLabel, panel.ui.verdictLabel, panel.ui.notesLabel, panel.ui.summaryLabel):
        assert label.textFormat == qt.Qt.RichText, "what is escaped is not shown so"


def test_a_worker_that_has_nothing_to_do_is_ended(panel_with_results, monkeypatch):
    from host.application import run_until

    panel, closed = panel_with_results, []
    monkeypatch.setattr(panel.logic.session.worker, "close", lambda: closed.append(1))
    panel.panel.state.runner._idle_timer.interval = 10
    recompute(panel)
    assert run_until(lambda: closed == [1], 5)


def test_reload_reloads_the_panel_and_the_library_too():
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]; from host import start;"
        "widget = start().module.AbdominalCalcificationWidget();"
        "names = ('AbdominalCalcification', 'AbdominalCalcificationLib.anatomy', 'AbdominalCalcificationPanel.panel');"
        "before = [sys.modules[name] for name in names]; widget.onReload();"
        "print([sys.modules[name] is old for name, old in zip(names, before)])"
    )
    paths = [str(TESTING), str(TESTING.parent / "AbdominalCalcification")]
    done = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip().splitlines()[-1] == "[False, False, False]", done.stdout + done.stderr
