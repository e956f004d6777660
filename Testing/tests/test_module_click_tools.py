"""Tools that act on a click in a slice view: plaques added and removed, arteries repaired, numbers after it."""

from __future__ import annotations

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import numpy as np
import slicer

from host import slice_views
from host.slice_views import NAMES
from panels import follow, mask_of, nodes_in_scene, parameters_of, recompute, settle, status, total_of
from phantoms import Phantom, label_of
from review_cases import PHANTOM, RENAL, RENAL_PLAQUE, RENAL_TUBES, painted, with_gap
from review_panel import PLAQUES, clusters_of, put_into

pytestmark = pytest.mark.scene

FAR_END = RENAL_TUBES[1].point(24)
PLACE = tuple(RENAL_PLAQUE.tube.point(23))


def click(panel, *place, **how):
    """Click on a place, and wait until what follows from it is done."""
    slice_views.click(*place, **how)
    settle(panel)


def arteries_of(panel):
    from AbdominalCalcificationLib.scene.masks import arteries_from_node

    parameters = parameters_of(panel)
    return arteries_from_node(parameters.arteries, parameters.ct)


def burden_of(panel, name):
    (found,) = [
        each for each in panel.logic.foundResults(parameters_of(panel)).document["territories"] if each["name"] == name
    ]
    return found["burden"]


@pytest.fixture
def panel_with_missed(choices, panel):
    """A plaque of the renal artery is seen on the CT and missing in the mask."""
    ct, arteries, calcification = painted("straight", Phantom(PHANTOM.arteries, PLAQUES))
    points = ct.grid.ras_of_kji(np.argwhere(np.ones(ct.array.shape, bool)))
    missed = RENAL_PLAQUE.contains(points).reshape(ct.array.shape)
    return put_into(panel, choices, (ct, arteries, calcification.with_array(calcification.array & ~missed)))


@pytest.fixture
def panel_with_gap(choices, panel):
    """The left renal artery is in two pieces."""
    phantom = Phantom(PHANTOM.arteries, PLAQUES, (with_gap(RENAL_TUBES[1], 4, 10),))
    ct, arteries, calcification = painted("straight", phantom)
    return put_into(panel, choices, (ct, arteries, calcification))


def choose_artery(panel, title):
    combo = panel.ui.pieceTerritory
    titles = [combo.itemText(number) for number in range(combo.count)]
    combo.currentIndex = titles.index(title)


@pytest.mark.parametrize("view", NAMES)
def test_a_missed_plaque_is_shown_and_then_added(panel_with_missed, view):
    panel, ui = panel_with_missed, panel_with_missed.ui
    before, mask, nodes = total_of(panel), mask_of(panel).array.copy(), nodes_in_scene()
    ui.plaqueTool.click()
    assert ui.acceptPlaque.isHidden()
    click(panel, PLACE, name=view)
    assert status(panel).startswith("This plaque would be added: ")
    assert status(panel).endswith(" HU. Shown in yellow; press Add to take it.")
    assert np.array_equal(mask_of(panel).array, mask)
    (shown,) = [
        slicer.mrmlScene.GetNodeByID(each)
        for each in nodes_in_scene() - nodes
        if each.startswith("vtkMRMLSegmentationNode")
    ]
    assert not shown.GetSaveWithScene()
    assert not ui.acceptPlaque.isHidden()
    ui.acceptPlaque.click()
    settle(panel)
    assert ui.acceptPlaque.isHidden()
    assert shown.GetScene() is None
    added = mask_of(panel).array.astype(bool) & ~mask.astype(bool)
    points = mask_of(panel).grid.ras_of_kji(np.argwhere(added))
    assert RENAL_PLAQUE.contains(points).all()
    assert len(points) * mask_of(panel).grid.voxel_volume_mm3 == pytest.approx(RENAL_PLAQUE.volume_mm3, rel=0.1)
    recompute(panel)
    assert total_of(panel) == pytest.approx(before + len(points) * mask_of(panel).grid.voxel_volume_mm3, abs=0.11)


def test_a_plaque_that_is_shown_can_be_left(panel_with_missed):
    panel, ui = panel_with_missed, panel_with_missed.ui
    mask, nodes = mask_of(panel).array.copy(), nodes_in_scene()
    for leave in (ui.dropPlaque.click, ui.plaqueTool.click, panel.exit):
        if not ui.plaqueTool.checked:
            ui.plaqueTool.click()
        click(panel, PLACE)
        assert not ui.acceptPlaque.isHidden()
        leave()
        assert ui.acceptPlaque.isHidden()
        assert not [each for each in nodes_in_scene() - nodes if each.startswith("vtkMRMLSegmentation")]
    assert np.array_equal(mask_of(panel).array, mask)
    assert not ui.plaqueTool.checked
    click(panel, PLACE)
    assert ui.acceptPlaque.isHidden()


def test_with_ctrl_a_click_removes_calcification(panel_with_plaques):
    panel, ui = panel_with_plaques, panel_with_plaques.ui
    count = len(clusters_of(panel))
    ui.plaqueTool.click()
    click(panel, PLACE, ctrl=True)
    assert status(panel).startswith("Calcification removed: ")
    recompute(panel)
    assert len(clusters_of(panel)) == count - 1
    click(panel, (0, 0, 0), ctrl=True)
    assert "No calcification lies within 2 mm" in status(panel)


def test_what_cannot_be_added_is_said(panel_with_missed):
    panel = panel_with_missed
    panel.ui.plaqueTool.click()
    click(panel, (30, 10, 20))
    assert "of the place clicked is above" in status(panel)
    assert panel.ui.acceptPlaque.isHidden()


def test_a_click_is_the_tools_alone_while_one_waits(panel_with_plaques):
    heard = []
    interactor = slicer.app.layoutManager().sliceWidget("Red").sliceView().interactor()
    tag = interactor.AddObserver("LeftButtonPressEvent", lambda *_: heard.append(1))
    click(panel_with_plaques, PLACE)
    assert heard == [1]
    panel_with_plaques.ui.joinTool.click()
    click(panel_with_plaques, PLACE)
    assert heard == [1]
    panel_with_plaques.ui.joinTool.click()
    click(panel_with_plaques, PLACE)
    assert heard == [1, 1]
    interactor.RemoveObserver(tag)


def test_one_tool_waits_at_a_time(panel_with_plaques):
    ui = panel_with_plaques.ui
    tools = (ui.plaqueTool, ui.renameTool, ui.joinTool, ui.splitTool)
    for tool in tools:
        tool.click()
        assert [each.checked for each in tools] == [each is tool for each in tools]
    ui.splitTool.click()
    assert not any(each.checked for each in tools)


def test_a_gap_is_joined_and_the_numbers_follow(panel_with_gap):
    panel = panel_with_gap
    assert "gap" in panel.ui.notesLabel.text
    calcified = mask_of(panel).array.copy()
    panel.ui.joinTool.click()
    click(panel, tuple(FAR_END))
    assert status(panel).startswith("Left renal artery joined to another piece of it over a gap of ")
    recompute(panel)
    assert "gap" not in panel.ui.notesLabel.text
    assert np.array_equal(mask_of(panel).array, calcified)


def test_a_piece_gets_its_right_name_and_is_renamed_back(panel_with_gap):
    panel = panel_with_gap
    before = arteries_of(panel).array.copy()
    choose_artery(panel, "Coeliac trunk")
    panel.ui.renameTool.click()
    click(panel, tuple(FAR_END))
    moved = arteries_of(panel).array == label_of("celiac_trunk")
    assert moved.sum() > 50
    assert "become the coeliac trunk" in status(panel)
    recompute(panel)
    assert burden_of(panel, "celiac_trunk") is not None
    assert panel.ui.renameTool.checked
    choose_artery(panel, "Left renal artery")
    click(panel, tuple(FAR_END))
    assert np.array_equal(arteries_of(panel).array, before)


def test_an_artery_is_split_where_it_is_clicked(panel_with_plaques):
    panel = panel_with_plaques
    before = arteries_of(panel).array
    choose_artery(panel, "(removed)")
    panel.ui.splitTool.click()
    click(panel, tuple(RENAL_TUBES[1].point(15)))
    after = arteries_of(panel)
    points = after.grid.ras_of_kji(np.argwhere(after.array == RENAL))
    assert points[:, 0].max() == pytest.approx(9 + 15, abs=1.3)
    assert np.array_equal(after.array == 1, before == 1)
    assert status(panel).endswith("is removed.")


def test_loose_pieces_are_removed(choices, panel):
    phantom = Phantom(PHANTOM.arteries, PLAQUES, (with_gap(RENAL_TUBES[1], 15, 27),))
    put_into(panel, choices, painted("straight", phantom))
    panel.ui.removeLoose.click()
    settle(panel)
    assert status(panel).startswith("Removed what does not hang together: Left renal artery 1 piece")
    panel.ui.removeLoose.click()
    settle(panel)
    assert "nothing was removed" in status(panel)


def test_without_masks_no_tool_can_be_used(panel):
    ui = panel.ui
    assert not any(each.enabled for each in (ui.plaqueTool, ui.renameTool, ui.joinTool, ui.splitTool, ui.removeLoose))


@pytest.fixture
def panel_with_work(panel_with_gap):
    """A piece is being joined: the work has begun and is not done."""
    panel = panel_with_gap
    panel.panel.state.runner.tick = lambda: None  # by hand
    panel.ui.joinTool.click()
    slice_views.click(tuple(FAR_END))
    assert panel.isBusy
    return panel


def test_a_repair_shows_progress_and_a_cancelled_one_changes_nothing(panel_with_work):
    panel = panel_with_work
    runner, before, undo = panel.panel.state.runner, arteries_of(panel).array, panel.panel.state.undo
    stages = []
    for _ in range(8):
        stages.append(next(runner._steps).stage)
        assert np.array_equal(arteries_of(panel).array, before)
    assert not panel.ui.progressBar.isHidden()
    assert "Looking for the ends of the gap" in stages
    panel.ui.cancelButton.click()
    assert not panel.isBusy
    assert "Cancelled" in status(panel)
    assert np.array_equal(arteries_of(panel).array, before)
    assert not undo.undo_text
    assert panel.ui.joinTool.checked


def test_a_repair_cancelled_before_its_last_step_changes_nothing(panel_with_work):
    panel = panel_with_work
    runner, before, masks = panel.panel.state.runner, arteries_of(panel).array, [1]
    stage = ""
    while stage != "Changing the mask":
        stage = next(runner._steps).stage
    while masks:
        masks = [1] if np.array_equal(arteries_of(panel).array, before) else []
        last = runner._steps
        try:
            next(last)
        except StopIteration:
            break
        assert np.array_equal(arteries_of(panel).array, before), "only the last step changes something"
    assert not np.array_equal(arteries_of(panel).array, before)


def test_a_mask_that_was_edited_meanwhile_stays_as_it_is(panel_with_work):
    from AbdominalCalcificationLib.scene.segmentations import segments_of

    panel = panel_with_work
    runner, node = panel.panel.state.runner, parameters_of(panel).arteries
    for _ in range(6):
        next(runner._steps)
    segment_id = segments_of(node)[0][0]
    array = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment_id, parameters_of(panel).ct)
    array[0] = 0
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment_id, parameters_of(panel).ct)
    edited = arteries_of(panel).array
    del runner.tick
    runner.tick()
    settle(panel)
    assert "was edited meanwhile" in status(panel)
    assert np.array_equal(arteries_of(panel).array, edited)


def test_a_repair_is_one_step_of_undo_with_its_surfaces(panel_with_gap):
    panel = panel_with_gap
    node, undo = parameters_of(panel).arteries, panel.panel.state.undo
    before = arteries_of(panel).array

    def points():
        return {
            each: node.GetClosedSurfaceInternalRepresentation(each).GetNumberOfPoints()
            for each in node.GetSegmentation().GetSegmentIDs()
        }

    surfaces = points()
    panel.ui.joinTool.click()
    click(panel, tuple(FAR_END))
    assert undo.undo_text == "joined gap"
    joined, after = arteries_of(panel).array, points()
    assert after["renal_left"] != surfaces["renal_left"]
    assert after["aorta"] == surfaces["aorta"] > 0
    undo.undo()
    assert not undo.undo_text
    assert undo.redo_text == "joined gap"
    assert np.array_equal(arteries_of(panel).array, before)
    assert points() == surfaces
    undo.redo()
    assert np.array_equal(arteries_of(panel).array, joined)
    assert points() == after


def test_a_plaque_is_grown_above_the_hu_of_the_slider(panel_with_missed):
    panel, ui = panel_with_missed, panel_with_missed.ui
    ui.plaqueTool.click()
    click(panel, PLACE)
    proposed = ui.paintAboveHu.value
    assert f"above {proposed:.0f} HU" in status(panel)
    ui.paintAboveHu.value = 2000
    settle(panel)
    assert "is above 2000 HU" in status(panel)
    assert ui.acceptPlaque.isHidden()
    ui.paintAboveHu.value = 500
    click(panel, PLACE)
    assert "above 500 HU" in status(panel)
    shown = status(panel).removeprefix("This plaque would be added: ")
    ui.paintAboveHu.value = 501
    settle(panel)
    assert "above 501 HU" in status(panel), "what is shown follows the slider"
    assert shown.split(" above")[0] in status(panel)
    ui.acceptPlaque.click()
    settle(panel)
    assert "above 501 HU" in status(panel)
    assert panel.panel.state.undo.undo_text == "added plaque"
    follow(panel)
