"""The panel's sources of arteries that come from TotalSegmentator, and how much work networks do."""

from __future__ import annotations

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.inference import Effort
from panels import load_ct, show_as_wide_as_slicer, whole
from tiny_models import a_model_folder_without_weights

pytestmark = pytest.mark.scene
CARDIAC = ("heart", "aorta", "iliac_artery_left", "iliac_artery_right")
TOTAL = "Dataset293_TotalSegmentator_part3_cardiac_1559subj"


@pytest.fixture
def panel(module, monkeypatch):
    """The panel with the sample CT."""
    monkeypatch.setattr(module.AbdominalCalcificationLogic, "missingPackages", lambda self: ())
    widget = module.AbdominalCalcificationWidget()
    load_ct()
    widget.enter()
    yield widget
    widget.cleanup()


@pytest.fixture
def parameters(panel):
    return panel.logic.getParameterNode()


@pytest.fixture
def weights(tmp_path, monkeypatch):
    """The folder in which TotalSegmentator keeps its weights."""
    monkeypatch.setenv("TOTALSEG_WEIGHTS_PATH", str(tmp_path / "results"))
    return tmp_path / "results"


def choose_totalsegmentator(parameters) -> None:
    from AbdominalCalcificationPanel.parameters import ArterySource

    parameters.arterySource = ArterySource.TOTALSEGMENTATOR


def choices_of(parameters):
    from AbdominalCalcificationPanel.parameters import choices_of

    return choices_of(parameters)


def a_segmentation_of(ct, names, title):
    from AbdominalCalcificationLib.scene.segmentations import segments_of

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", title)
    node.SetReferenceImageGeometryParameterFromVolumeNode(ct)
    for name in names:
        node.GetSegmentation().AddEmptySegment(name, name)
    assert len(segments_of(node)) == len(names)
    return node


def test_weights_that_are_there_are_described_and_run(panel, parameters, weights):
    assert panel.ui.totalSegmentatorLabel.isHidden()
    folder = a_model_folder_without_weights(weights, CARDIAC, name=TOTAL)
    choose_totalsegmentator(parameters)
    assert not panel.ui.totalSegmentatorLabel.isHidden()
    assert "They find: Aorta, L iliac, R iliac." in panel.ui.totalSegmentatorLabel.text
    assert "Not found by them: Coeliac, SMA" in panel.ui.totalSegmentatorLabel.text
    assert panel.ui.arteryModelsRow.isHidden()
    assert panel.ui.runButton.enabled
    assert list(choices_of(parameters).artery_models) == [folder]


def test_without_weights_run_says_why_and_looks_again_when_the_panel_is_opened(panel, parameters, weights):
    choose_totalsegmentator(parameters)
    assert str(weights) in whole(panel.ui.totalSegmentatorLabel)
    assert not panel.ui.runButton.enabled
    assert "no weights" in panel.ui.runHint.text
    with pytest.raises(InputError, match="no weights"):
        choices_of(parameters)
    a_model_folder_without_weights(weights, CARDIAC, name=TOTAL)
    panel.exit()
    panel.enter()
    assert panel.ui.runButton.enabled
    assert "They find" in panel.ui.totalSegmentatorLabel.text


def test_without_weights_what_the_extension_has_made_is_offered(panel, parameters, weights, monkeypatch):
    from AbdominalCalcificationPanel.parameters import ArterySource

    ct = parameters.ct
    made = a_segmentation_of(ct, ["liver", "aorta", "iliac_artery_left"], "CT <total> segmentation")
    a_segmentation_of(ct, ["liver", "spleen"], "organs")
    other = load_ct()
    a_segmentation_of(other, ["aorta"], "of another CT")
    monkeypatch.setattr(panel.panel.inputs.totalsegmentator, "_has_extension", lambda: True)
    parameters.ct = ct
    choose_totalsegmentator(parameters)
    text = panel.ui.totalSegmentatorLabel.text
    assert "run its module once" in text
    assert "Use 'CT &lt;total&gt; segmentation'" in text
    assert "organs" not in text
    assert "another CT" not in text
    panel.ui.totalSegmentatorLabel.linkActivated.emit(made.GetID())
    assert parameters.arterySource == ArterySource.EXISTING
    assert parameters.arteries is made
    assert panel.ui.totalSegmentatorLabel.isHidden()


def test_how_much_work_networks_do_is_chosen_under_advanced(panel, parameters, weights):
    assert choices_of(parameters).effort == Effort()
    a_model_folder_without_weights(weights, CARDIAC, name=TOTAL)
    choose_totalsegmentator(parameters)
    panel.ui.tileStep.value = 0.7
    panel.ui.mirroring.checked = True
    panel.ui.folds.text = "0"
    assert choices_of(parameters).effort == Effort(0.7, True, ("0",))
    panel.ui.folds.text = "first"
    with pytest.raises(InputError, match="'first' is no fold"):
        choices_of(parameters)


def test_folds_that_were_typed_do_not_stand_in_the_way_of_the_bundled_models(panel, parameters):
    panel.ui.tileStep.value = 0.8
    parameters.folds = "3"
    assert panel.ui.folds.isHidden()
    assert choices_of(parameters).effort == Effort(0.8)


def test_the_label_does_not_widen_the_panel(panel, parameters, weights):
    choose_totalsegmentator(parameters)
    show_as_wide_as_slicer(panel)
    assert panel.parent.width == 400
