"""What outlives saving, reloading and opening the panel again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.progress import Progress, drain
from panels import (
    asked,
    erase_lower_half,
    flags,
    follow,
    parameters_of,
    recompute,
    settle,
    shown_in,
    status,
    total_of,
    whole,
)

pytestmark = pytest.mark.scene
TESTING = Path(__file__).parents[1]


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
    assert total_of(panel) == before
    panel.ui.cancelButton.click()
    assert total_of(panel) == before
    assert "being brought up to date" in flags(panel)


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
    assert str(folder) in whole(panel.ui.statusLabel)
    assert "views.png was not written" in panel.ui.log.plainText
    panel.ui.exportButton.click()
    assert asked(panel)
    assert str(folder) in whole(panel.ui.questionLabel)
    panel.ui.firstAnswer.click()
    settle(panel)
    assert str(folder) in whole(panel.ui.statusLabel)
    panel.ui.exportButton.click()  # and the dialog is closed without an answer
    assert not panel.isBusy


def test_a_reloaded_scene_fills_the_panel_again(choices, panel_with_results, tmp_path):
    panel = panel_with_results
    parameters_of(panel).renalLengthMm = 25.0
    follow(panel)
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


def test_there_is_one_parameter_node_however_often_the_panel_is_opened(panel):
    parameters = parameters_of(panel)
    for _ in range(3):
        panel.exit()
        panel.enter()
    slicer.mrmlScene.Clear()
    assert parameters_of(panel) is parameters


def test_reload_reloads_the_panel_and_the_library_too():
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]; from host import start;"
        "widget = start().module.AbdominalCalcificationWidget();"
        "names = ('AbdominalCalcification', 'AbdominalCalcificationLib.anatomy', 'AbdominalCalcificationPanel.panel');"
        "before = [sys.modules[name] for name in names]; widget.onReload();"
        "print([sys.modules[name] is old for name, old in zip(names, before)])"
    )
    paths = [str(TESTING), str(TESTING.parent / "AbdominalCalcification")]
    done = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, text=True, timeout=500)
    assert done.stdout.strip().splitlines()[-1] == "[False, False, False]", done.stdout + done.stderr


def test_lengths_of_a_scene_that_was_not_measured_with_them_are_followed(panel_with_results, tmp_path):
    panel = panel_with_results
    parameters_of(panel).renalLengthMm = 25.0
    path = str(tmp_path / "case.mrb")
    assert slicer.util.saveScene(path)  # before the numbers have followed
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(path)
    follow(panel)
    document = panel.logic.foundResults(parameters_of(panel)).document
    assert document["parameters"]["kept_length_mm"]["renal"] == 25.0
