"""The page of radiographs: scored, looked at, corrected, compared, saved."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.progress import Progress
from AbdominalCalcificationLib.radiograph.kauppila import PARTS
from panels import heads, nodes_in_scene, shown_in
from radiograph_panel import (
    choose,
    curve,
    drag,
    drawn,
    drawn_result_for_networks,
    load,
    marks,
    page_of,
    score,
    scores,
    settle,
)

pytestmark = pytest.mark.scene

MADE = [0, 1, 0, 2, 1, 3, 2, 0]


@pytest.fixture
def page(panel, monkeypatch):
    """The widget with its page of radiographs open."""
    monkeypatch.setattr(panel.logic, "missingPackages", list)
    page_of(panel)
    return panel


@pytest.fixture
def scored(page):
    """The page with the drawn radiograph, scored."""
    load()
    page.logic.getParameterNode().radiograph = slicer.util.getNode("drawn")
    with drawn_result_for_networks():
        score(page)
    return page


def status(page) -> str:
    return page.radiographUi.statusLabel.text


def summary(page) -> str:
    return page.radiographUi.summaryLabel.text


def segments_of(page):
    node = page.radiographPage.state.record.part("vertebrae")
    segmentation = node.GetSegmentation()
    return node, {each: segmentation.GetSegment(each).GetName() for each in segmentation.GetSegmentIDs()}


def test_a_radiograph_that_is_loaded_is_chosen_here_and_no_ct(page):
    from host.application import run_until

    node = load()
    parameters = page.logic.getParameterNode()
    assert run_until(lambda: parameters.radiograph is node)
    page.pages.currentIndex = 0
    assert parameters.ct is None


def test_running_shows_verdict_score_and_what_was_found(scored):
    ui = scored.radiographUi
    assert status(scored) == "Done."
    assert "Fit to read" in ui.verdictLabel.text
    assert "Kauppila score <b>9</b> of 24 (90 % interval 7 to 13)" in summary(scored)
    assert [cell.split()[0] for row in shown_in(ui.scoresTable) for cell in row] == list(map(str, MADE))
    assert heads(ui.scoresTable) == ["L1", "L2", "L3", "L4"]
    assert list(segments_of(scored)[1].values()) == ["T12", "L1", "L2", "L3", "L4", "L5", "S1"]
    assert marks() == [f"{vertebra}: {part}" for (vertebra, _wall), part in zip(PARTS, MADE, strict=True)]
    assert [curve(scored, wall).GetNumberOfControlPoints() for wall in ("anterior", "posterior")] == [9, 9]


@pytest.mark.parametrize("faces", ["left", "right"])
def test_walls_and_vertebrae_lie_where_they_are_in_the_image(page, faces):
    from AbdominalCalcificationLib.scene.radiograph.images import InScene
    from AbdominalCalcificationLib.scene.radiograph.shown import painted_bodies, wall_places

    node = load(faces)
    page.logic.getParameterNode().radiograph = node
    with drawn_result_for_networks(faces):
        score(page)
    made, record = drawn(faces), page.radiographPage.state.record
    assert np.array_equal(painted_bodies(record), made.labels)
    ends = np.array([made.score.part("L1", "anterior").line[0], made.score.part("L4", "anterior").line[-1]])
    # Slicer's rule: columns to the patient's left, rows to the back; one pixel is 0.6 mm here.
    assert wall_places(record.part("anterior"))[[0, -1], :2] == pytest.approx(-ends, abs=1e-6)
    placement = InScene.of(node, made.radiograph.step)
    assert placement.points(placement.ras(ends)) == pytest.approx(ends)


def test_a_click_on_a_score_shows_its_region(scored):
    from host.slice_views import SliceViews

    view = SliceViews().widget("Red").mrmlSliceNode()
    choose(scored, "L3", "posterior")
    line = np.asarray(drawn().score.part("L3", "posterior").line)
    place = view.GetSliceToRAS()
    middle = [place.GetElement(axis, 3) for axis in (0, 1)]
    assert middle == pytest.approx(list(-(line.min(axis=0) + line.max(axis=0)) / 2), abs=0.5)
    assert view.GetFieldOfView()[1] == pytest.approx(2.2 * np.ptp(line, axis=0).max(), rel=0.01)
    text = scored.radiographUi.partLabel.text
    assert "L3, posterior wall: 3" in text
    assert "3: 80 %" in text
    assert "Deposits along 90 % of the wall" in text


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


def test_a_cancelled_run_leaves_the_scene_alone(scored):
    from host.application import run_until

    def work():
        while True:
            yield Progress("Working", 0.3, waiting=True)

    before = nodes_in_scene(), scored.radiographPage.state.record.text.GetText()
    with drawn_result_for_networks(work=work):
        scored.radiographUi.runButton.click()
        assert run_until(lambda: "Working" in status(scored))
        assert not scored.radiographUi.undoButton.enabled
        scored.radiographUi.cancelButton.click()
    assert "Cancelled" in status(scored)
    assert (nodes_in_scene(), scored.radiographPage.state.record.text.GetText()) == before


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


def test_what_is_no_radiograph_is_refused(page):
    import vtk

    from AbdominalCalcificationLib.scene.volumes import image_of_array

    parameters, ui = page.logic.getParameterNode(), page.radiographUi
    stack = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "stack")
    stack.SetAndObserveImageData(image_of_array(np.zeros((5, 80, 80), np.int16)))
    parameters.radiograph = stack
    assert not ui.runButton.enabled
    assert "'stack' is a stack of 5 images and no radiograph" in ui.runHint.text
    color = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "photograph")
    image = vtk.vtkImageData()
    image.SetDimensions(90, 100, 1)
    image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 3)
    color.SetAndObserveImageData(image)
    values = slicer.util.arrayFromVolume(color)
    values[:] = np.random.default_rng(0).integers(0, 255, values.shape)
    parameters.radiograph = color
    assert ui.runButton.enabled
    with drawn_result_for_networks():
        score(page)
    assert "'photograph' is a picture in colour" in status(page)


def test_shades_of_grey_in_a_colour_image_are_read(module):
    import vtk

    from AbdominalCalcificationLib.scene.radiograph.images import read_image

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLVectorVolumeNode", "export")
    image = vtk.vtkImageData()
    image.SetDimensions(90, 100, 1)
    image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 3)
    node.SetAndObserveImageData(image)
    grey = np.random.default_rng(0).integers(0, 255, (100, 90, 1))
    slicer.util.arrayFromVolume(node)[:] = grey[None]
    read = read_image(node).radiograph
    assert read.pixels == pytest.approx(grey[..., 0], abs=0.01)
    assert read.spacing_mm is None


def test_a_negative_is_inverted(module):
    from AbdominalCalcificationLib.scene.radiograph.images import read_image

    node, pixels = load(), drawn().radiograph.pixels
    assert np.array_equal(read_image(node).radiograph.pixels, pixels)
    assert read_image(node).radiograph.spacing_mm == pytest.approx((0.6, 0.6))
    turned = pixels.max() + pixels.min() - pixels
    assert np.array_equal(read_image(node, is_inverted=True).radiograph.pixels, turned)
    node.GetDisplayNode().SetAndObserveColorNodeID("vtkMRMLColorTableNodeInvertedGrey")
    assert np.array_equal(read_image(node).radiograph.pixels, turned), "the file says that bone is dark"
    assert np.array_equal(read_image(node, is_inverted=True).radiograph.pixels, pixels)


def test_another_radiograph_has_its_own_result(scored):
    other = load(name="other")
    scored.logic.getParameterNode().radiograph = other
    assert summary(scored) == "Nothing scored yet."
    assert not curve_of("anterior").GetDisplayNode().GetVisibility(), "nobody's walls on another's image"
    scored.logic.getParameterNode().radiograph = slicer.util.getNode("drawn")
    assert "<b>9</b>" in summary(scored)
    assert curve_of("anterior").GetDisplayNode().GetVisibility()


def curve_of(wall):
    return slicer.util.getNode(f"drawn {wall} wall")


def test_an_image_that_is_removed_takes_its_result_away(scored):
    slicer.mrmlScene.RemoveNode(scored.radiographPage.state.image)
    assert scored.logic.getParameterNode().radiograph is None
    assert summary(scored) == "Nothing scored yet."


def test_a_damaged_result_is_said_and_can_be_made_anew(scored):
    scored.radiographPage.state.record.text.SetText('{"version": 1}')
    scored.radiographPage.show()
    assert "damaged" in status(scored)
    assert summary(scored) == "Nothing scored yet."
    with drawn_result_for_networks():
        score(scored)
    assert scores(scored) == MADE


def test_the_layout_comes_back(page):
    from host.layout import laid_out

    load()
    page.pages.currentIndex = 0
    with laid_out() as layout:
        before = layout.GetViewArrangement()
        page.pages.currentIndex = 1
        assert layout.GetViewArrangement() == layout.SlicerLayoutOneUpRedSliceView
        page.pages.currentIndex = 0
        assert layout.GetViewArrangement() == before


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


@pytest.mark.parametrize("turned", [{}, {"transposed": True}, {"rows_reversed": True, "columns_reversed": True}])
def test_points_lie_on_their_pixels_however_the_file_has_them(module, turned):
    import vtk

    from AbdominalCalcificationLib.radiograph.image import Radiograph
    from AbdominalCalcificationLib.radiograph.reading.placement import Placement
    from AbdominalCalcificationLib.scene.radiograph.images import InScene, image_node_of

    upright = np.zeros((80, 100), np.float32)
    upright[20, 70] = 1
    placement = Placement(**turned)
    stored = Radiograph(placement.as_stored(upright), (0.5, 0.5))
    node = image_node_of(stored, "turned")
    (place,) = InScene.of(node, (0.5, 0.5), placement).ras([[35.0, 10.0]])
    to_ijk = vtk.vtkMatrix4x4()
    node.GetRASToIJKMatrix(to_ijk)
    i, j, _k, _w = to_ijk.MultiplyPoint((*place, 1))
    assert stored.pixels[round(j), round(i)] == 1


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
