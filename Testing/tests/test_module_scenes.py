"""The panel when scenes are read: in place of what is there, and beside it."""

from __future__ import annotations

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from panels import load_ct, parameters_of
from scene_files import save_scene

pytestmark = pytest.mark.scene
FIELDS = ("ct", "arteries", "calcification")


def chosen(panel):
    return [getattr(panel.panel.state.parameters, name) for name in FIELDS]


def assert_the_panel_shows_what_is_chosen(panel):
    node = parameters_of(panel).parameterNode
    assert [node.GetNodeReference(name) for name in FIELDS] == chosen(panel)
    boxes = (panel.ui.ctSelector, panel.ui.arteriesSelector, panel.ui.calcificationSelector)
    assert [box.currentNode() for box in boxes] == chosen(panel)
    assert panel.ui.runButton.enabled
    assert panel.ui.runHint.isHidden()


@pytest.fixture
def saved(panel_with_masks, tmp_path):
    """A scene with a CT and masks that were chosen, and not measured."""
    save_scene(tmp_path / "case.mrb")
    return str(tmp_path / "case.mrb")


@pytest.mark.parametrize("is_open", [True, False])
def test_a_scene_that_is_loaded_is_shown_as_it_was_chosen(panel_with_masks, saved, is_open):
    panel = panel_with_masks
    names = [node.GetName() for node in chosen(panel)]
    if is_open:
        panel.enter()
    slicer.mrmlScene.Clear()
    assert chosen(panel) == [None, None, None]
    assert not panel.ui.runButton.enabled
    assert slicer.mrmlScene.ReadFromMRB(saved, False)
    assert [node.GetName() for node in chosen(panel)] == names
    assert_the_panel_shows_what_is_chosen(panel)


def test_the_masks_of_a_scene_that_is_loaded_are_known_to_whoever_asks(module, panel_with_masks, saved):
    logic = module.AbdominalCalcificationLogic()
    held = logic.getParameterNode()
    slicer.mrmlScene.Clear(0)
    assert slicer.mrmlScene.ReadFromMRB(saved, False)
    assert None not in (held.ct, held.arteries, held.calcification)
    assert held.calcification is logic.getParameterNode().calcification is chosen(panel_with_masks)[-1]


def test_a_scene_beside_another_brings_its_own_masks_under_other_ids(panel_with_masks, saved):
    before = chosen(panel_with_masks)
    assert slicer.mrmlScene.ReadFromMRB(saved, False)
    assert not set(before) & set(chosen(panel_with_masks))
    assert_the_panel_shows_what_is_chosen(panel_with_masks)


def test_a_scene_without_choices_leaves_those_of_the_panel(panel_with_masks, tmp_path):
    before = chosen(panel_with_masks)
    load_ct("newer")
    others = slicer.vtkMRMLScene()
    for node in (slicer.vtkMRMLSegmentationNode(), slicer.vtkMRMLScalarVolumeNode()):
        others.AddNode(node)
    others.SetURL(str(tmp_path / "others.mrml"))
    assert others.Commit()
    slicer.mrmlScene.SetURL(str(tmp_path / "others.mrml"))
    assert slicer.mrmlScene.Import()
    assert chosen(panel_with_masks) == before
    assert_the_panel_shows_what_is_chosen(panel_with_masks)
