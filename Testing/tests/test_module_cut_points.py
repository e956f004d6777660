"""Kept lengths on the vessel: shown, dragged, typed."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from panels import follow, parameters_of, recompute, settle
from review_cases import RENAL_TUBES

pytestmark = pytest.mark.scene

STEP_MM = 2.1  # a voxel's diagonal


def marks(panel):
    nodes = slicer.util.getNodesByClass("vtkMRMLMarkupsFiducialNode")
    return nodes[0] if nodes else None


def place(node):
    position = [0.0, 0.0, 0.0]
    node.GetNthControlPointPositionWorld(0, position)
    return position


def length(panel):
    from AbdominalCalcificationPanel.kept_lengths import kept_length_mm

    return kept_length_mm(parameters_of(panel), "renal_left")


def on_axis(length_mm):
    return RENAL_TUBES[1].point(length_mm).tolist()


def drag(node, *places):
    """Drag the first mark over places, as a mouse does, and leave it."""
    node.InvokeEvent(node.PointStartInteractionEvent)
    for each in places:
        node.SetNthControlPointPositionWorld(0, *each)
    node.InvokeEvent(node.PointEndInteractionEvent)


def test_a_branch_has_a_length_of_its_own_until_that_of_its_group_is_typed(module):
    from AbdominalCalcificationPanel import kept_lengths

    parameters = SimpleNamespace(
        renalLengthMm=30.0, mesentericLengthMm=50.0, commonIliacLengthMm=40.0, branchLengths=""
    )
    kept_lengths.set_kept_length(parameters, "renal_left", 12.5)
    lengths = {name: kept_lengths.kept_length_mm(parameters, name) for name in ("renal_left", "renal_right")}
    assert lengths == {"renal_left": 12.5, "renal_right": 30.0}
    assert kept_lengths.own_lengths_mm(parameters) == {"renal_left": 12.5}
    parameters.renalLengthMm = 25.0
    assert kept_lengths.kept_length_mm(parameters, "renal_left") == 25.0
    assert kept_lengths.own_lengths_mm(parameters) == {}


def test_a_length_that_was_overruled_does_not_come_back(panel_with_plaques):
    parameters = parameters_of(panel_with_plaques)
    parameters.branchLengths = '{"renal_left": [12.5, 30.0], "celiac_trunk": [20.0, 50.0]}'
    panel_with_plaques.ui.renalLength.value = 25
    panel_with_plaques.ui.renalLength.value = 30
    assert json.loads(parameters.branchLengths) == {"celiac_trunk": [20.0, 50.0]}


@pytest.fixture
def shown(panel_with_plaques):
    parameters_of(panel_with_plaques).renalLengthMm = 20
    panel_with_plaques.ui.cutPointsButton.click()
    settle(panel_with_plaques)
    return panel_with_plaques


def test_each_branch_has_a_mark_where_its_kept_length_ends(shown):
    node = marks(shown)
    assert node.GetNumberOfControlPoints() == 1
    assert node.GetNthControlPointLabel(0) == "L renal 20.0 mm"
    assert place(node) == pytest.approx(on_axis(20), abs=STEP_MM)
    assert not node.GetSaveWithScene()
    assert not node.GetDisplayNode().GetSaveWithScene()


def test_a_mark_that_is_dragged_slides_along_the_vessel_and_sets_the_length(shown):
    node, parameters = marks(shown), parameters_of(shown)
    x, y, z = on_axis(12)
    node.SetNthControlPointPositionWorld(0, x, y + 7, z - 3)
    assert place(node) == pytest.approx(on_axis(12), abs=STEP_MM)
    assert parameters.renalLengthMm == 20
    drag(node, (x + 1, y + 7, z), (x, y, z))
    assert length(shown) == pytest.approx(12, abs=STEP_MM)
    assert node.GetNthControlPointLabel(0) == f"L renal {length(shown):.1f} mm"
    assert "being brought up to date" in shown.ui.verdictLabel.text
    follow(shown)
    document = shown.logic.foundResults(parameters).document
    assert document["beyond_kept_length_calcified_volume_mm3"] > 0
    assert [each["territory"] for each in document["clusters"]].count("renal_left") == 1


def test_a_length_that_is_typed_moves_the_mark_back(shown):
    node = marks(shown)
    drag(node, on_axis(12))
    shown.ui.renalLength.value = 25
    assert place(node) == pytest.approx(on_axis(25), abs=STEP_MM)
    assert node.GetNthControlPointLabel(0) == "L renal 25.0 mm"


def test_a_mark_cannot_be_dragged_beyond_the_vessel(shown):
    drag(marks(shown), (300, 0, 0))
    assert length(shown) == pytest.approx(30, abs=STEP_MM)


def test_a_mark_that_is_not_dragged_changes_nothing(shown):
    marks(shown).InvokeEvent(marks(shown).PointEndInteractionEvent)
    assert parameters_of(shown).renalLengthMm == 20


def test_marks_follow_the_masks_and_go_with_the_button_and_the_scene(shown):
    parameters, ui = parameters_of(shown), shown.ui
    parameters.arteries.GetSegmentation().RemoveSegment("renal_left")
    recompute(shown)
    settle(shown)
    assert marks(shown).GetNumberOfControlPoints() == 0
    ui.cutPointsButton.click()
    assert marks(shown) is None
    ui.cutPointsButton.click()
    assert marks(shown) is not None
    slicer.mrmlScene.Clear()
    assert marks(shown) is None
    assert not ui.cutPointsButton.checked
