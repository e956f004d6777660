"""The page of radiographs: scores, levels, walls and bodies corrected, undone, kept."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.progress import Progress
from panels import nodes_in_scene, shown_in
from radiograph_panel import (
    MADE,
    choose,
    curve,
    drag,
    drawn_result_for_networks,
    marks,
    scores,
    segments_of,
    settle,
    status,
    summary,
)

pytestmark = pytest.mark.scene


def test_a_corrected_score_counts_at_once_and_can_be_undone(scored):
    ui = scored.radiographUi
    choose(scored, "L2", "posterior")
    ui.score0.click()
    assert scores(scored) == [0, 1, 0, 0, 1, 3, 2, 0]
    assert "<b>7</b> of 24" in summary(scored)
    assert "1 of 8 parts are a reader's" in summary(scored)
    assert marks()[3] == "L2: 0"
    assert ui.score0.checked
    assert not ui.score2.checked
    assert "L2 posterior: 0" in ui.correctionsLabel.text
    ui.undoButton.click()
    assert scores(scored) == MADE
    assert "<s>" in ui.correctionsLabel.text
    assert not ui.undoButton.enabled


def test_not_assessable_leaves_no_sum_and_the_models_score_comes_back(scored):
    ui = scored.radiographUi
    choose(scored, "L4", "anterior")
    ui.scoreNone.click()
    assert "No sum" in summary(scored)
    assert marks()[6] == "L4: –"
    assert ui.asModelButton.enabled
    ui.asModelButton.click()
    assert scores(scored) == MADE
    assert not ui.asModelButton.enabled


def test_the_same_score_again_is_no_correction_of_a_correction(scored):
    choose(scored, "L1", "anterior")
    for _ in range(2):
        scored.radiographUi.score1.click()
    assert len(scored.radiographPage.state.record.corrections.entries) == 1


def test_all_levels_shift_with_their_scores(scored):
    ui = scored.radiographUi
    ui.shiftDownButton.click()
    assert scores(scored) == [None, None, *MADE[:6]]
    assert list(segments_of(scored)[1].values()) == ["L1", "L2", "L3", "L4", "L5", "S1", "S2"]
    assert "not assessed" in status(scored)
    ui.shiftUpButton.click()
    assert scores(scored) == MADE
    ui.undoButton.click()
    assert next(iter(segments_of(scored)[1].values())) == "L1"


def test_one_vertebra_is_renamed_here_or_as_a_segment(scored):
    ui = scored.radiographUi
    ui.vertebraBox.currentIndex = 6
    assert ui.vertebraBox.currentText == "S1"
    names = [ui.nameBox.itemText(number) for number in range(ui.nameBox.count)]
    assert names == ["S1", "L6"], "its own, and those that no other has"
    ui.nameBox.currentIndex = 1
    ui.renameButton.click()
    assert segments_of(scored)[1]["S1"] == "L6"
    node, _ = segments_of(scored)
    node.GetSegmentation().GetSegment("S1").SetName("S1")
    settle(scored)
    assert scored.radiographPage.state.record.names["S1"] == "S1"
    for name in ("L3", "sacrum"):
        node.GetSegmentation().GetSegment("S1").SetName(name)
        settle(scored)
        assert segments_of(scored)[1]["S1"] == "S1"
        assert "taken back" in status(scored)
    assert [each.text for each in scored.radiographPage.state.record.corrections.standing] == [
        "vertebrae: S1 is L6",
        "vertebrae: as the model named them",
    ]


def test_a_wall_is_dragged_and_its_scores_stay(scored):
    ui, node = scored.radiographUi, curve(scored, "anterior")
    assert node.GetLocked(), "no click moves a wall by chance"
    ui.moveWallsButton.click()
    assert not node.GetLocked()
    before = scored.radiographPage.state.record.result
    drag(node, 4, (2.0, 0.0, 0.0), (5.0, 0.0, 0.0))
    record = scored.radiographPage.state.record
    assert [each.text for each in record.corrections.entries] == ["anterior wall moved"]
    assert scores(scored) == MADE
    line = [np.asarray(result.score.part("L2", "anterior").line) for result in (before, record.result)]
    # Five mm to the right of the patient is to the left in the image.
    assert line[1][-1, 0] - line[0][-1, 0] == pytest.approx(-5.0, abs=0.3)
    assert np.abs(line[1][0] - line[0][0]).max() < 0.5
    ui.undoButton.click()
    place = [0.0, 0.0, 0.0]
    node.GetNthControlPointPositionWorld(4, place)
    assert record.result.score == before.score
    drag(node, 0, (1.0, 1.0, 0.0))
    ui.wallsAsModelButton.click()
    assert record.result.score == before.score
    assert not ui.wallsAsModelButton.enabled


def test_what_is_dragged_without_a_mouse_is_noted_too(scored):
    node = curve(scored, "posterior")
    place = [0.0, 0.0, 0.0]
    node.GetNthControlPointPositionWorld(2, place)
    node.SetNthControlPointPositionWorld(2, place[0] + 3, place[1], place[2])
    settle(scored)
    node.RemoveNthControlPoint(8)
    settle(scored)
    assert [each.text for each in scored.radiographPage.state.record.corrections.entries] == [
        "posterior wall moved"
    ] * 2


def test_painted_vertebrae_are_kept_and_undone(scored):
    node, _ = segments_of(scored)
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(node, "L2", scored.radiographPage.state.image)
    erased = mask.copy()
    erased[:, : int(np.nonzero(mask)[1].mean())] = 0
    slicer.util.updateSegmentBinaryLabelmapFromArray(erased, node, "L2", scored.radiographPage.state.image)
    settle(scored)
    record = scored.radiographPage.state.record
    assert [each.text for each in record.corrections.entries] == ["vertebrae painted"]
    assert (record.result.labels == 2).sum() == np.count_nonzero(erased)
    assert record.result.vertebrae["L2"].height < 0.7 * record.made.vertebrae["L2"].height
    scored.radiographUi.undoButton.click()
    again = slicer.util.arrayFromSegmentBinaryLabelmap(node, "L2", scored.radiographPage.state.image)
    assert np.array_equal(again, mask)
    settle(scored)
    assert not record.corrections.standing


def test_corrections_survive_the_scene(scored, tmp_path):
    ui = scored.radiographUi
    choose(scored, "L1", "anterior")
    ui.score3.click()
    ui.shiftUpButton.click()
    ui.moveWallsButton.click()
    node = curve(scored, "anterior")
    drag(node, 3, (4.0, 0.0, 0.0))
    path = str(tmp_path / "case.mrb")
    assert slicer.util.saveScene(path)
    before = scored.radiographPage.state.record
    kept = summary(scored), scores(scored), [each.document() for each in before.corrections.entries]
    lines = [np.asarray(each.line) for each in before.result.score.segments]
    assert len(before.corrections.entries) == 3
    slicer.mrmlScene.Clear()
    assert summary(scored) == "Nothing scored yet."
    slicer.util.loadScene(path)
    after = scored.radiographPage.state.record
    assert (summary(scored), scores(scored), [each.document() for each in after.corrections.entries]) == kept
    for here, there in zip(lines, after.result.score.segments, strict=True):
        assert np.allclose(here.reshape(-1, 2), np.asarray(there.line).reshape(-1, 2), atol=1e-3)
    settle(scored)
    assert len(after.corrections.entries) == 3, "loading is no correction"
    ui.undoButton.click()
    ui.undoButton.click()
    assert scores(scored) == [3, *MADE[1:]]


def test_running_again_asks_before_corrections_are_replaced(scored):
    ui = scored.radiographUi
    choose(scored, "L1", "anterior")
    ui.score3.click()
    before = nodes_in_scene()
    with drawn_result_for_networks():
        ui.runButton.click()
        assert "was corrected (1)" in ui.questionLabel.text
        ui.lastAnswer.click()
        assert scores(scored)[0] == 3
        ui.runButton.click()
        ui.firstAnswer.click()
        from host.application import run_until

        assert run_until(lambda: not scored.isBusy)
    assert scores(scored) == MADE
    assert len(nodes_in_scene() - before) == 1, "the earlier version"
    assert [ui.comparedBox.itemText(number) for number in range(ui.comparedBox.count)][1:] == [
        "drawn radiograph result"
    ]
    ui.comparedBox.currentIndex = 1
    assert shown_in(ui.comparisonTable)[0] == ["0", "3", "-3"]


def test_what_is_corrected_while_a_run_goes_on_is_kept(scored):
    from host.application import run_until

    dragged = []

    def work():
        while not dragged:
            yield Progress("Working", 0.6, waiting=True)

    with drawn_result_for_networks(work=work):
        scored.radiographUi.runButton.click()
        assert run_until(lambda: "Working" in status(scored))
        dragged.append(drag(curve(scored, "posterior"), 1, (2.0, 0.0, 0.0)))
        assert run_until(lambda: not scored.isBusy)
    record = scored.radiographPage.state.record
    assert record.result.score == record.made.score
    (version,) = _versions(scored)
    assert [each.text for each in version.corrections.standing] == ["posterior wall moved"]


def _versions(page):
    from AbdominalCalcificationLib.scene.radiograph.record import earlier_versions

    return earlier_versions(page.radiographPage.state.image)


def test_what_changed_while_nobody_watched_is_noted(scored, module):
    node = curve(scored, "anterior")
    scored.radiographPage.close()
    place = [0.0, 0.0, 0.0]
    node.GetNthControlPointPositionWorld(5, place)
    node.SetNthControlPointPositionWorld(5, place[0] + 2, place[1], place[2])
    slicer.mrmlScene.RemoveNode(slicer.util.getNode("drawn posterior wall"))
    again = module.AbdominalCalcificationWidget()
    try:
        record = again.radiographPage.state.record
        entries = record.corrections.entries
        assert [(each.editor, each.text) for each in entries] == [("unattended", "anterior wall moved")]
        assert record.part("posterior").GetNumberOfControlPoints() == 9, "what is missing is shown again"
    finally:
        again.cleanup()


def test_a_level_without_a_score_is_told_until_somebody_scores_it(scored):
    ui = scored.radiographUi
    ui.shiftDownButton.click()
    assert "L1: no score of the anterior and posterior wall" in ui.notesLabel.text
    assert "Look at L1 first" in ui.verdictLabel.text
    for wall in ("anterior", "posterior"):
        choose(scored, "L1", wall)
        ui.score0.click()
    assert "no score" not in ui.notesLabel.text
    assert "Fit to read" in ui.verdictLabel.text
