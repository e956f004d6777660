"""The page of radiographs: models of one's own, and what is checked before Run."""

from __future__ import annotations

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from kauppila_models import a_kauppila_folder, a_vertebra_folder_without_weights
from radiograph_panel import drawn_result_for_networks, load, score

pytestmark = pytest.mark.scene


@pytest.fixture
def parameters(page):
    """What is chosen, with a radiograph that nobody has scored."""
    parameters = page.logic.getParameterNode()
    parameters.radiograph = load()
    return parameters


def hint(page) -> str:
    return page.radiographUi.runHint.text


def test_models_of_ones_own_are_named_in_a_dialog_and_used(page, parameters, tmp_path):
    import qt

    models = a_vertebra_folder_without_weights(tmp_path / "spine"), a_kauppila_folder(tmp_path / "score")
    ui = page.radiographUi
    assert ui.trustCheckBox.isHidden(), "the bundled ones need no trust"
    qt.QFileDialog.answers.extend(map(str, models))
    ui.radiographModelsBrowse.click()
    ui.radiographModelsBrowse.click()
    assert parameters.radiographModels == f"{models[0]}; {models[1]}"
    assert ui.radiographModels.text == parameters.radiographModels
    assert ui.runButton.enabled
    assert not ui.trustCheckBox.isHidden()
    with drawn_result_for_networks() as given:
        score(page)
        ui.trustCheckBox.checked = True
        score(page)
        ui.radiographModels.text = f" ;{models[1]} ; "
        score(page)
        ui.radiographModels.text = ""
        score(page)
    own, bundled = {"vertebra_model": models[0], "kauppila_model": models[1]}, {"device": "auto"}
    assert given[0] == {**own, **bundled, "trust": False}
    assert given[1] == {**own, **bundled, "trust": True}
    assert given[2] == {"kauppila_model": models[1], **bundled, "trust": True}
    assert set(given[3]) == {"device", "trust"}


def test_what_is_no_model_is_said_beside_run(page, parameters, tmp_path):
    ui, gone = page.radiographUi, tmp_path / "gone"
    twice = [a_kauppila_folder(tmp_path / name) for name in ("one", "two")]
    of_ct = a_vertebra_folder_without_weights(tmp_path / "ct", channel_names={"0": "CT"})
    damaged = a_kauppila_folder(tmp_path / "damaged")
    (damaged / "model.json").write_text("[1]")
    cases = (
        (str(gone), "There is no model folder"),
        (f"{twice[0]};{twice[1]}", "both models of the Kauppila score; name one"),
        (str(of_ct), "trained on 'CT', not radiograph"),
        (str(damaged), "not of a model of the Kauppila score"),
    )
    for text, problem in cases:
        ui.radiographModels.text = text
        assert not ui.runButton.enabled
        assert problem in hint(page)
        assert "\n" not in hint(page)
    ui.radiographModels.text = str(twice[0])
    assert ui.runButton.enabled
    assert hint(page) == ""


def test_a_folder_that_went_meanwhile_is_said_and_nothing_is_scored(page, parameters, tmp_path):
    model = a_kauppila_folder(tmp_path / "score")
    parameters.radiographModels = str(model)
    (model / "model.json").unlink()
    page.radiographUi.runButton.click()
    from host.application import run_until

    assert run_until(lambda: not page.isBusy)
    assert "holds no nnU-Net v2 model" in page.radiographUi.statusLabel.text
    assert page.radiographPage.state.record is None


def test_models_stay_with_the_scene_and_trust_does_not(page, parameters, tmp_path):
    model = a_kauppila_folder(tmp_path / "score")
    parameters.radiographModels = str(model)
    for ui in (page.ui, page.radiographUi):
        ui.trustCheckBox.checked = True
    path = str(tmp_path / "case.mrb")
    assert slicer.util.saveScene(path)
    assert page.radiographUi.trustCheckBox.checked
    slicer.mrmlScene.Clear()
    assert page.radiographUi.radiographModels.text == ""
    page.radiographUi.trustCheckBox.checked = True
    slicer.util.loadScene(path)
    assert page.radiographUi.radiographModels.text == str(model)
    assert not page.ui.trustCheckBox.checked
    assert not page.radiographUi.trustCheckBox.checked, "who made a scene does not decide what may run here"
