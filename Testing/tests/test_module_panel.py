"""The panel, driven through its buttons in the test host."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
import zlib
from pathlib import Path

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.progress import Progress, drain
from AbdominalCalcificationLib.resources import sample_case
from panels import (
    endless_work,
    erase_lower_half,
    load_ct,
    mask_of,
    nodes_in_scene,
    parameters_of,
    recompute,
    run,
    status,
)

pytestmark = pytest.mark.scene
TESTING = Path(__file__).parents[1]


_OPENED = """
import sys
sys.path[:0] = sys.argv[1:]
from host import start
from host.application import run_until

def heavy(when):
    print(when, [m for m in ("torch", "nnunetv2", "skimage", "scipy", "SimpleITK", "pydicom") if m in sys.modules])

host = start()
heavy("started")
widget = host.module.AbdominalCalcificationWidget()
widget.enter()
heavy("opened")
import slicer
node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
image = __import__("vtk").vtkImageData()
image.SetDimensions(8, 8, 8)
image.AllocateScalars(4, 1)
node.SetAndObserveImageData(image)
widget.enter()
assert widget.logic.getParameterNode().ct is not None
heavy("with a CT")
from AbdominalCalcificationPanel import warm_up
assert run_until(lambda: all(name in sys.modules for name in warm_up.NEEDED), 60)
widget.cleanup()
"""


def test_nothing_heavy_is_imported_before_the_panel_is_open():
    """By sys.modules, not by time; afterwards, while nobody waits, what Run needs is imported part by part."""
    paths = [str(TESTING), str(TESTING.parent / "AbdominalCalcification")]
    done = subprocess.run([sys.executable, "-c", _OPENED, *paths], capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    said = [line for line in done.stdout.splitlines() if line.startswith(("started", "opened", "with a CT"))]
    assert said == ["started []", "opened []", "with a CT []"], done.stdout + done.stderr


def test_a_long_path_is_seen_at_both_its_ends_and_whole_in_the_tooltip(panel):
    path = "/data/" + "/".join(f"a-folder-{number}" for number in range(9)) + "/case-0815"
    for tell, label in (
        (panel.panel.state.messages.say, panel.ui.statusLabel),
        (panel.panel.state.messages.show_error, panel.ui.statusLabel),
        (panel.panel.state.questions.ask, panel.ui.questionLabel),
    ):
        tell(f"Exported to {path}")
        assert path not in label.text
        assert "…" in label.text
        assert "/case-0815" in label.text
        assert "/data/" in label.text
        assert path in label.toolTip
        tell("Done.")
        assert "…" not in label.text
        assert label.toolTip == ""


def test_a_closed_panel_is_let_go(module):
    widget = module.AbdominalCalcificationWidget()
    gone = weakref.ref(widget)
    widget.cleanup()
    del widget
    gc.collect()
    assert gone() is None


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
    assert run_until(lambda: "Starting" not in status(panel) and panel.ui.progressBar.value > 0)
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

    assert run_until(lambda: "Working" in status(panel))
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
    panel.panel.history.flush()
    before = contents_of_the_scene()
    monkeypatch.setattr("AbdominalCalcificationLib.pipeline.analyze_steps", endless_work([]))
    getattr(panel.ui, button).click()
    assert run_until(lambda: "Working" in status(panel))
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

    run_until(lambda: "Working" in status(panel_with_masks))
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
    parameters.ct = load_ct()
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


def test_a_mask_that_is_deleted_leaves_its_field_empty(panel_with_results):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    slicer.mrmlScene.RemoveNode(parameters.calcification)
    assert parameters.calcification is None
    assert panel.ui.calcificationSelector.currentNode() is None
    for button in (panel.ui.recomputeButton, panel.ui.exportButton):
        assert not button.enabled
    load_ct()
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
    assert run_until(lambda: closed == [1])
