"""The page of radiographs: what is chosen, run and shown."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.progress import Progress
from AbdominalCalcificationLib.radiograph.kauppila import PARTS
from panels import heads, nodes_in_scene, shown_in
from radiograph_panel import (
    MADE,
    choose,
    curve,
    curve_of,
    drawn,
    drawn_result_for_networks,
    load,
    marks,
    score,
    scores,
    segments_of,
    status,
    summary,
)

pytestmark = pytest.mark.scene


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
    from AbdominalCalcificationLib.radiograph.reading import ReadingChoices
    from AbdominalCalcificationLib.scene.radiograph.images import read_image

    node, pixels = load(), drawn().radiograph.pixels
    assert np.array_equal(read_image(node).radiograph.pixels, pixels)
    assert read_image(node).radiograph.spacing_mm == pytest.approx((0.6, 0.6))
    turned = pixels.max() + pixels.min() - pixels
    assert np.array_equal(read_image(node, ReadingChoices(invert=True)).radiograph.pixels, turned)
    node.GetDisplayNode().SetAndObserveColorNodeID("vtkMRMLColorTableNodeInvertedGrey")
    assert np.array_equal(read_image(node).radiograph.pixels, turned), "the file says that bone is dark"
    assert np.array_equal(read_image(node, ReadingChoices(invert=True)).radiograph.pixels, pixels)


def test_another_radiograph_has_its_own_result(scored):
    other = load(name="other")
    scored.logic.getParameterNode().radiograph = other
    assert summary(scored) == "Nothing scored yet."
    assert not curve_of("anterior").GetDisplayNode().GetVisibility(), "nobody's walls on another's image"
    scored.logic.getParameterNode().radiograph = slicer.util.getNode("drawn")
    assert "<b>9</b>" in summary(scored)
    assert curve_of("anterior").GetDisplayNode().GetVisibility()


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
    # Whatever somebody says of the size of a pixel: the views show the image as it is.
    (same,) = InScene.of(node, (0.4, 0.2), placement).ras([[70 * 0.2, 20 * 0.4]])
    assert same == pytest.approx(place)
