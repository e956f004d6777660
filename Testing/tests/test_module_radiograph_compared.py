"""The page of radiographs: two readings, the CT of the same patient, severity, files."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.radiograph.kauppila import PARTS
from panels import nodes_in_scene, shown_in
from radiograph_panel import (
    MADE,
    choose,
    drawn_result_for_networks,
    load,
    page_of,
    scores,
    status,
    summary,
)

pytestmark = pytest.mark.scene


def test_two_readers_are_compared(scored, tmp_path):
    import qt

    ui = scored.radiographUi
    segments = [
        {"vertebra": v, "wall": w, "score": s} for (v, w), s in zip(PARTS, [0, 1, 1, 2, 1, 2, 2, None], strict=True)
    ]
    path = tmp_path / "second" / "radiograph.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"segments": segments}), encoding="utf-8")
    qt.QFileDialog.answers.append(str(path))
    ui.compareFileButton.click()
    assert ui.comparedBox.currentText == "second/radiograph.json"
    assert shown_in(ui.comparisonTable)[2] == ["0", "1", "-1"]
    assert shown_in(ui.comparisonTable)[-1] == ["9", "–", "–"]
    assert "5 of 7 parts" in ui.comparisonLabel.text
    choose(scored, "L2", "anterior")
    ui.score1.click()
    assert "6 of 7 parts" in ui.comparisonLabel.text
    path.write_text("{}", encoding="utf-8")
    qt.QFileDialog.answers.append(str(path))
    ui.compareFileButton.click()
    assert "no score of a radiograph" in status(scored)


def test_the_files_of_the_command_line_are_exported(scored, tmp_path):
    import qt

    from AbdominalCalcificationLib.radiograph.readings import read_reading
    from AbdominalCalcificationLib.reading import read_mask
    from host.application import run_until

    choose(scored, "L2", "anterior")
    scored.radiographUi.score2.click()
    scored.radiographUi.shiftUpButton.click()
    qt.QFileDialog.answers.append(str(tmp_path))
    scored.radiographUi.exportButton.click()
    assert run_until(lambda: not scored.isBusy)
    folder = tmp_path / "drawn radiograph"
    assert "Exported to" in status(scored)
    assert {"vertebrae.nii.gz", "segments.csv", "overlay.png", "radiograph.json"} <= {p.name for p in folder.iterdir()}
    written = read_reading(folder / "radiograph.json")
    assert [each.score for each in written.segments] == scores(scored) == [2, 2, 1, 3, 2, 0, None, None]
    document = json.loads((folder / "radiograph.json").read_text(encoding="utf-8"))
    assert [each["kind"] for each in document["provenance"]["edits"]] == ["score", "names"]
    record = scored.radiographPage.state.record
    assert np.array_equal(read_mask(folder / "vertebrae.nii.gz").array[0], record.result.labels)
    qt.QFileDialog.answers.append(str(tmp_path))
    scored.radiographUi.exportButton.click()
    assert "exists already" in scored.radiographUi.questionLabel.text
    scored.radiographUi.lastAnswer.click()


def test_an_anonymous_export_names_nobody(scored, tmp_path):
    from host.application import run_until

    choose(scored, "L2", "anterior")
    scored.radiographUi.score2.click()
    editor = scored.radiographPage.state.record.corrections.entries[0].editor
    scored.logic.getParameterNode().exportAnonymous = True
    scored.radiographPage.export.export_to(tmp_path / "result", overwrite=False)
    assert run_until(lambda: not scored.isBusy)
    text = (tmp_path / "result" / "radiograph.json").read_text(encoding="utf-8")
    assert f'"{editor}"' not in text
    assert "drawn" not in text


def bodies_behind_the_aorta(ct):
    """Put a segmentation of five blocks behind the aorta of the small sample into the scene."""
    from AbdominalCalcificationLib.scene.volumes import grid_of_node
    from small_case import small_sample

    grid = grid_of_node(ct)
    voxels = np.argwhere(small_sample()["arteries"].array == 1)
    points = grid.ras_of_kji(voxels)
    everywhere = grid.ras_of_kji(np.argwhere(np.ones(grid.shape, bool))).reshape(*grid.shape, 3)
    low, high = points[:, 2].min(), points[:, 2].max()
    height, back = (high - low) / 5, points[:, 1].min() - 4
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "vertebrae of the CT")
    node.SetReferenceImageGeometryParameterFromVolumeNode(ct)
    for number in range(5):
        top = high - number * height
        inside = (everywhere[..., 2] < top - 0.15 * height) & (everywhere[..., 2] > top - 0.85 * height)
        inside &= (everywhere[..., 1] < back) & (everywhere[..., 1] > back - 30)
        inside &= np.abs(everywhere[..., 0] - points[:, 0].mean()) < 18
        segment = node.GetSegmentation().AddEmptySegment("", f"vertebrae_L{number + 1}")
        slicer.util.updateSegmentBinaryLabelmapFromArray(inside.astype(np.uint8), node, segment, ct)
    return node


def test_a_ct_is_scored_and_compared_with_the_film(panel_with_masks):
    from host.application import run_until

    page, ui = panel_with_masks, panel_with_masks.radiographUi
    page_of(page)
    parameters = page.logic.getParameterNode()
    assert not ui.scoreCtButton.enabled
    assert "segmentation of its vertebrae" in ui.ctHint.text
    parameters.ctVertebrae = bodies_behind_the_aorta(parameters.ct)
    assert ui.scoreCtButton.enabled
    ui.scoreCtButton.click()
    assert run_until(lambda: not page.isBusy)
    assert status(page) == "Done."
    simulated = page.radiographPage.state.image
    assert simulated.GetName() == "simulated_cta simulated radiograph"
    of_ct = scores(page)
    assert any(of_ct)
    assert {each.origin for each in page.radiographPage.state.record.result.score.segments} == {"geometry"}
    parameters.radiograph = load()
    with drawn_result_for_networks():
        page.radiographPage.run.run()
        if not ui.questionFrame.isHidden():
            pytest.skip("packages of models are missing here")
        assert run_until(lambda: not page.isBusy)
    titles = [ui.comparedBox.itemText(number) for number in range(ui.comparedBox.count)]
    ui.comparedBox.currentIndex = titles.index("CT: simulated_cta simulated radiograph")
    shown = shown_in(ui.comparisonTable)
    assert [row[0] for row in shown[:8]] == [str(each) for each in MADE]
    assert [row[1] for row in shown[:8]] == ["–" if each is None else str(each) for each in of_ct]
    before = nodes_in_scene()
    ui.scoreCtButton.click()
    assert run_until(lambda: not page.isBusy)
    assert nodes_in_scene() == before, "the same image is simulated anew"
    assert "CT: " in ui.comparedBox.currentText


def test_what_is_no_vertebra_of_the_ct_is_said(panel_with_masks):
    from host.application import run_until

    page = panel_with_masks
    page_of(page)
    parameters = page.logic.getParameterNode()
    node = bodies_behind_the_aorta(parameters.ct)
    for number in range(5):
        node.GetSegmentation().GetNthSegment(number).SetName(f"disc {number}")
    parameters.ctVertebrae = node
    page.radiographUi.scoreCtButton.click()
    assert run_until(lambda: not page.isBusy)
    assert "no segment of a lumbar vertebra" in status(page)


def test_severity_is_by_the_chosen_table(scored, choices):
    from AbdominalCalcificationLib.radiograph.severity import DEFAULT, TABLES

    assert [each.value for each in choices.Severity] == list(TABLES)
    assert next(iter(choices.Severity)).value == DEFAULT.name
    assert "<b>high</b> (ml-aac24)" in summary(scored)
    scored.logic.getParameterNode().radiographSeverity = choices.Severity.DIALYSIS
    assert "<b>middle</b> (dialysis)" in summary(scored)
    for each in choices.Severity:
        lowest = TABLES[each.value].bounds()[1]
        assert lowest.split("–")[0].split(" ")[0] in each.label()
