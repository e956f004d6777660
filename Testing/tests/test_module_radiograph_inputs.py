"""The page of radiographs: models of one's own, the size of a pixel, and what is checked before Run."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from kauppila_models import a_kauppila_folder, a_vertebra_folder_without_weights
from radiograph_cases import a_radiograph, write_dicom
from radiograph_panel import curve, drawn_result_for_networks, load, score

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


def flags(page) -> dict:
    """The flags of the result in the scene: code to message."""
    return {each.code: each.message for each in page.radiographPage.state.record.result.flags}


def scored_with(page, pixel_size: str):
    """Give a size of pixels, run, and return the result in the scene."""
    page.radiographUi.pixelSize.text = pixel_size
    with drawn_result_for_networks():
        score(page)
    return page.radiographPage.state.record


def test_a_given_size_is_that_of_the_result_and_moves_nothing_in_the_views(page, parameters):
    from AbdominalCalcificationLib.scene.radiograph.shown import wall_places

    before = scored_with(page, "").made.radiograph.spacing_mm
    places = wall_places(curve(page, "anterior"))
    record = scored_with(page, "0.3")
    assert (before, record.made.radiograph.spacing_mm) == (pytest.approx((0.6, 0.6)), (0.3, 0.3))
    assert record.made.parameters == {"pixel_spacing_mm": [0.3, 0.3]}
    assert record.made.provenance["input"]["spacing_source"] == "user"
    assert flags(page) == {
        "pixel_size_given": "Pixels of 0.3 x 0.3 mm were given, and the image in the scene says 0.6 x 0.6 mm."
    }
    assert wall_places(curve(page, "anterior")) == pytest.approx(places, abs=1e-6)
    heights = [record.made.vertebrae["L2"].height, record.whole_result()[0].vertebrae["L2"].height]
    assert heights == pytest.approx([12.0, 12.0], abs=0.5), "half of what is drawn"
    assert scored_with(page, "0.6 x 0.6").made.parameters == {"pixel_spacing_mm": [0.6, 0.6]}
    assert flags(page) == {}, "what the image says, too"


def test_an_image_without_a_size_has_lengths_once_it_is_given(page, parameters):
    parameters.radiograph.SetSpacing(1, 1, 1)
    assert scored_with(page, "").made.radiograph.spacing_mm is None
    assert "'Pixel size'" in page.radiographUi.notesLabel.text
    assert "--" not in page.radiographUi.notesLabel.text
    assert scored_with(page, "0.3,0.2").made.radiograph.spacing_mm == (0.3, 0.2)
    assert flags(page) == {}


def test_a_size_that_no_radiograph_has_is_told_and_not_used(page, parameters):
    parameters.radiograph.SetSpacing(8, 4, 1)
    radiograph = scored_with(page, "").made.radiograph
    assert (radiograph.spacing_mm, radiograph.aspect) == (None, (0.5, 1.0))
    assert "4 x 8 mm" in flags(page)["pixel_size_implausible"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x", "'x' is no pixel spacing"),
        ("-1", "no pixel spacing"),
        ("0", "0.02 to 2 mm"),
        ("9", "0.02 to 2 mm"),
        ("0.1 x 0.2 x 0.3", "no pixel spacing"),
        ("0,15", "write 0.15 for one"),
        ("1,2", "write 1.2 for one"),
    ],
)
def test_a_size_that_cannot_be_is_said_beside_run(page, parameters, text, problem):
    page.radiographUi.pixelSize.text = text
    assert not page.radiographUi.runButton.enabled
    assert problem in hint(page)
    page.radiographUi.pixelSize.text = " "
    assert page.radiographUi.runButton.enabled


def test_a_given_size_stays_with_its_image(page, parameters, tmp_path):
    field, first = page.radiographUi.pixelSize, parameters.radiograph
    field.text = "0.3"
    parameters.radiograph = load(name="another patient")
    assert field.text == ""
    field.text = "0.2 x 0.1"
    parameters.radiograph = first
    assert field.text == "0.3"
    path = str(tmp_path / "case.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear()
    assert (field.text, field.enabled) == ("", False)
    slicer.util.loadScene(path)
    assert field.text == "0.3"
    parameters.radiograph = slicer.util.getNode("another patient")
    assert field.text == "0.2 x 0.1"
    field.text = ""
    parameters.radiograph = slicer.util.getNode("drawn")
    parameters.radiograph = slicer.util.getNode("another patient")
    assert field.text == ""


def test_an_export_says_what_the_command_says(page, tmp_path):
    from AbdominalCalcificationLib import cli

    upright = a_radiograph()
    lying = np.ascontiguousarray(upright.pixels.T)
    path = write_dicom(tmp_path / "a.dcm", upright, lying, PatientOrientation=["F", "P"])
    node = slicer.util.loadVolume(str(path))
    page.logic.getParameterNode().radiograph = node
    record = scored_with(page, "0.6 x 0.7")
    assert record.made.radiograph.spacing_mm == (0.7, 0.6), "rows and columns as the file has them"
    page.radiographPage.export.export_to(str(tmp_path / "page"), overwrite=False)
    from host.application import run_until

    assert run_until(lambda: not page.isBusy)
    with drawn_result_for_networks():
        options = ("--pixel-spacing", "0.6,0.7", "--output", str(tmp_path / "command"), "--quiet")
        assert cli.main(["radiograph", str(path), *options]) == 0
    documents = [json.loads((tmp_path / name / "radiograph.json").read_text()) for name in ("page", "command")]
    for document in documents:
        assert document["parameters"] == {"pixel_spacing_mm": [0.6, 0.7]}
        assert "pixel_size_given" in {each["code"] for each in document["flags"]}
        for changing in ("time", "created", "edits"):
            document["provenance"].pop(changing, None)
    for part in ("image", "flags", "score", "segments", "vertebrae", "labels_sha256"):
        assert documents[0][part] == documents[1][part], part
    assert documents[0]["provenance"]["input"] == documents[1]["provenance"]["input"]
