"""Corrections in the panel: each in the history, safe against a crash, known after reopening."""

from __future__ import annotations

import shutil

import jsonschema
import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.history import UNATTENDED
from AbdominalCalcificationLib.history.recovery import left_behind
from AbdominalCalcificationLib.progress import drain, drained
from AbdominalCalcificationLib.reporting.documents import measurements_schema
from AbdominalCalcificationLib.reporting.text import summary
from AbdominalCalcificationLib.scene import edits, tools
from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification
from AbdominalCalcificationLib.scene.versions import keep_version, version_steps
from AbdominalCalcificationLib.scene.volumes import volume_node_from
from history_cases import (
    READ,
    SEGMENT,
    SHAPE,
    add_ct,
    crash,
    ct_array,
    draw,
    entries,
    first_masks,
    followed,
    journals,
    mask,
)
from panels import asked, parameters_of, settle, status
from scene_files import save_scene

pytestmark = pytest.mark.scene


@pytest.fixture
def small(place, panel):
    """The panel with masks that were made, of a small CT."""
    ct, parameters = add_ct(), parameters_of(panel)
    made = {"arteries": show_arteries, "calcification": show_calcification}
    for role, array in first_masks().items():
        mask = Volume(array, Grid(SHAPE, np.eye(4)))
        node = made[role](ct, mask)
        edits.remember_origin(node, mask, {}, role)
        setattr(parameters, role, node)
    parameters.ct = ct
    panel.enter()
    followed(panel)
    return panel


def test_edits_of_both_masks_are_in_history_result_and_report(small):
    editor = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode")
    editor.SetAndObserveSegmentationNode(parameters_of(small).calcification)
    editor.SetActiveEffectName("Paint")
    draw(small, "calcification", np.s_[20:22, 14, 14], 1)
    followed(small)
    with tools.tool("Reject cluster"):
        draw(small, "calcification", np.s_[10:12, 14:17, 14:17], 0)
    draw(small, "arteries", np.s_[0, 13, 14:20], 1)
    followed(small)
    assert [(each.tool, each.labels) for each in entries(small)] == [
        ("Paint", {1: (2, 0)}),
        ("Reject cluster", {1: (0, 18)}),
    ]
    small.ui.recomputeButton.click()
    settle(small)
    found = small.logic.foundResults(parameters_of(small))
    jsonschema.validate(found.document, measurements_schema())
    listed = {each["structure"]: each for each in found.document["provenance"]["edits"]}
    assert [each["tool"] for each in listed["calcification"]["entries"]] == ["Paint", "Reject cluster"]
    assert listed["calcification"]["changed_voxels"] == 20
    assert listed["arteries"]["entries"][0]["added_removed_voxels"] == {"aorta": [6, 0]}
    text = summary(drain(small.logic.recomputeSteps(parameters_of(small))).measurement)
    assert "Corrected by hand (calcification): 20 voxels differ from before; Paint +2 −0, Reject cluster +0 −18" in text


def test_an_edit_that_is_measured_at_once_is_no_unattended_one(small):
    draw(small, "calcification", np.s_[20:22, 14, 14], 1)
    drain(small.logic.recomputeSteps(parameters_of(small)))
    assert UNATTENDED not in {each.tool for each in entries(small)}


def test_what_is_corrected_in_a_mask_that_was_not_made_here_is_listed_and_the_mask_asked_about(small):
    parameters = parameters_of(small)
    for name in edits.REMEMBERED:
        parameters.calcification.RemoveAttribute(name)
    small.panel.history.let_go()
    small.panel.update()
    followed(small)
    draw(small, "calcification", np.s_[20:22, 14, 14], 1)
    measurement = drain(small.logic.recomputeSteps(parameters)).measurement
    (edit,) = measurement.provenance["edits"]
    assert (edit["changed_voxels"], edit["entries"][0]["added_removed_voxels"]) == (2, {"calcification": [2, 0]})
    assert "edited_by_hand" in [flag.code for flag in measurement.flags]
    assert parameters.calcification in small.logic.masksToAskAbout(parameters)


def test_a_mask_chosen_as_both_is_said_not_to_be_followed(small):
    parameters_of(small).arteries = parameters_of(small).calcification
    assert "chosen as both masks" in status(small)


def test_nothing_is_on_the_disk_before_the_first_edit_and_nothing_after_saving(small, place, tmp_path):
    assert journals(place) == []
    draw(small, "calcification", np.s_[20, 14, 14], 1)
    followed(small)
    assert len(journals(place)) == 1
    save_scene(tmp_path / "a.mrb")
    small.panel.history.forget_saved()
    assert journals(place) == []
    draw(small, "calcification", np.s_[21, 14, 14], 1)
    followed(small)
    assert len(journals(place)) == 1


@pytest.mark.parametrize("fault", ["is no folder", "was removed"])
def test_a_place_where_nothing_can_be_kept_is_told_and_all_is_kept_once_it_can(small, place, module, fault):
    if fault == "is no folder":
        place.write_text("a file", encoding="utf-8")
    draw(small, "calcification", np.s_[20:22, 14, 14], 1)
    followed(small)
    if fault == "was removed":
        shutil.rmtree(place)
    draw(small, "calcification", np.s_[24:26, 14, 14], 1)
    followed(small)
    if place.is_file():
        place.unlink()
    draw(small, "arteries", np.s_[0, 13, 14:20], 1)
    followed(small)
    assert "Corrections cannot be kept against a crash" in small.ui.log.plainText
    now = {role: mask(small, role).copy() for role in READ}
    crash(small, place)
    (case,) = left_behind()
    for role, array in now.items():
        shape, box, labels = edits.unpacked(case.masks[role].text)
        start = np.zeros(shape, np.uint8)
        start[box] = labels
        assert np.array_equal(case.masks[role].replayed(start), array)
    assert case.time
    again = module.AbdominalCalcificationWidget()
    try:
        again.enter()
        assert "last edit 20" in again.ui.recoveryLabel.text
    finally:
        again.cleanup()


@pytest.mark.parametrize("end", ["scene", "module", "masks"])
def test_an_orderly_end_leaves_nothing_on_the_disk(small, place, end):
    draw(small, "calcification", np.s_[20, 14, 14], 1)
    followed(small)
    assert len(journals(place)) == 1
    if end == "scene":
        slicer.mrmlScene.Clear()
    elif end == "module":
        small.cleanup()
    else:
        for role in SEGMENT:
            slicer.mrmlScene.RemoveNode(getattr(parameters_of(small), role))
        small.panel.update()
    assert journals(place) == []


def test_corrections_of_a_crash_are_offered_and_put_back(small, place, module):
    draw(small, "calcification", np.s_[20:22, 14, 14], 1)
    followed(small)
    draw(small, "arteries", np.s_[0, 13, 14:20], 1)
    followed(small)
    wanted, before = {role: mask(small, role) for role in SEGMENT}, entries(small)
    crash(small, place)
    widget = module.AbdominalCalcificationWidget()
    try:
        widget.enter()
        assert not widget.ui.recoveryFrame.isHidden()
        assert "'Patient'" in widget.ui.recoveryLabel.text
        assert "2 edits" in widget.ui.recoveryLabel.text
        widget.ui.recoverButton.click()
        settle(widget)
        assert "'Patient' (40 × 40 × 44 voxels)" in status(widget)
        assert len(left_behind()) == 1, "nothing is lost by trying"
        other = add_ct("Patient")
        slicer.util.arrayFromVolume(other)[0, 0, 0] += 1
        other.Modified()
        widget.ui.recoverButton.click()
        settle(widget)
        assert "not loaded" in status(widget), "it is called so, and is another CT"
        ct = add_ct("Called differently now")
        widget.ui.recoverButton.click()
        settle(widget)
        assert status(widget).startswith("Recovered")
        assert parameters_of(widget).ct is ct
        assert {role: mask(widget, role).tobytes() for role in SEGMENT} == {r: m.tobytes() for r, m in wanted.items()}
        assert entries(widget) == before
        assert widget.ui.recoveryFrame.isHidden()
        assert len(journals(place)) == 1, "they are in no file yet"
        assert left_behind() == []
    finally:
        widget.cleanup()


def test_corrections_of_a_crash_are_put_where_their_ct_lies_now(small, place, module):
    draw(small, "calcification", np.s_[20:22, 14, 14], 1)
    followed(small)
    wanted, before = {role: mask(small, role) for role in SEGMENT}, entries(small)
    crash(small, place)
    widget = module.AbdominalCalcificationWidget()
    try:
        moved = np.diag([0.7, 0.7, 1.5, 1.0])
        moved[:3, 3] = 31.0, -12.0, 250.0
        ct = volume_node_from(Volume(ct_array(), Grid(SHAPE, moved)), "Patient")
        transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
        matrix = vtkMatrix4x4()
        matrix.SetElement(0, 3, 17.0)
        transform.SetMatrixTransformToParent(matrix)
        ct.SetAndObserveTransformNodeID(transform.GetID())
        widget.enter()
        widget.ui.recoverButton.click()
        settle(widget)
        assert status(widget).startswith("Recovered")
        assert {role: mask(widget, role).tobytes() for role in SEGMENT} == {r: m.tobytes() for r, m in wanted.items()}
        for role in SEGMENT:
            assert getattr(parameters_of(widget), role).GetParentTransformNode() is transform
        draw(widget, "calcification", np.s_[24, 14, 14], 1)
        followed(widget)
        assert UNATTENDED not in {each.tool for each in entries(widget)}
        assert len(entries(widget)) >= len(before)
    finally:
        widget.cleanup()


TICKS = '[{"kji": [1, 2, 3], "volume_mm3": 1.0, "reader": "me", "time": "2026-01-01T00:00:00+00:00"}]'


@pytest.mark.parametrize("has_edit", [True, False])
def test_ticks_and_lengths_of_a_crash_are_put_back(small, place, module, has_edit):
    from AbdominalCalcificationLib.scene.reviewed import SEEN

    followed(small)
    parameters = parameters_of(small)
    if has_edit:
        draw(small, "calcification", np.s_[20:22, 14, 14], 1)
        followed(small)
    assert len(journals(place)) == int(has_edit)
    parameters.renalLengthMm = 17.0
    parameters.branchLengths = '{"celiac_trunk": [20.0, 50.0]}'
    parameters.ct.SetAttribute(SEEN, TICKS)
    followed(small)
    assert len(journals(place)) == 1
    crash(small, place)
    widget = module.AbdominalCalcificationWidget()
    try:
        widget.enter()
        assert f"{3 + has_edit} edits" in widget.ui.recoveryLabel.text
        ct = add_ct("Patient")
        widget.ui.recoverButton.click()
        settle(widget)
        assert status(widget).startswith("Recovered")
        parameters = parameters_of(widget)
        assert (parameters.renalLengthMm, parameters.branchLengths) == (17.0, '{"celiac_trunk": [20.0, 50.0]}')
        assert ct.GetAttribute(SEEN) == TICKS
        assert len(journals(place)) == 1, "they are in no file yet"
        assert left_behind() == []
    finally:
        widget.cleanup()


def test_ticks_stay_on_the_disk_until_the_scene_is_saved(small, place, tmp_path):
    from AbdominalCalcificationLib.scene.reviewed import SEEN

    followed(small)
    parameters_of(small).ct.SetAttribute(SEEN, TICKS)
    followed(small)
    small.panel.history.forget_saved()
    assert len(journals(place)) == 1
    save_scene(tmp_path / "a.mrb")
    small.panel.history.forget_saved()
    assert journals(place) == []
    parameters_of(small).ct.SetAttribute(SEEN, TICKS)
    parameters_of(small).ct.Modified()
    followed(small)
    assert journals(place) == [], "nothing has changed since"


def test_what_recovery_replaces_becomes_a_version(small, place, module, tmp_path):
    save_scene(tmp_path / "a.mrb")
    draw(small, "calcification", np.s_[20:22, 14, 14], 1)
    followed(small)
    wanted = mask(small, "calcification")
    crash(small, place)
    widget = module.AbdominalCalcificationWidget()
    try:
        slicer.util.loadScene(str(tmp_path / "a.mrb"))
        widget.enter()
        nodes = slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode")
        widget.ui.recoverButton.click()
        settle(widget)
        assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == nodes
        assert np.array_equal(mask(widget, "calcification"), wanted)
        versions = widget.logic.versions(parameters_of(widget).calcification)
        assert [each.name for each in versions] == ["before recovery"]
    finally:
        widget.cleanup()


def test_corrections_of_a_crash_are_discarded_only_when_told_twice(small, place, module):
    draw(small, "calcification", np.s_[20:22, 14, 14], 1)
    crash(small, place)
    widget = module.AbdominalCalcificationWidget()
    try:
        widget.enter()
        widget.ui.discardRecoveryButton.click()
        assert "for good" in asked(widget)
        widget.ui.lastAnswer.click()
        assert len(left_behind()) == 1
        widget.ui.discardRecoveryButton.click()
        widget.ui.firstAnswer.click()
        assert left_behind() == []
        assert widget.ui.recoveryFrame.isHidden()
    finally:
        widget.cleanup()


def test_reopening_a_scene_restores_masks_history_versions_and_parameters(small, module, tmp_path):
    parameters = parameters_of(small)
    parameters.renalLengthMm = 12.0
    draw(small, "calcification", np.s_[20:22, 14, 14], 1)
    followed(small)
    keep_version(
        parameters.calcification, drained(version_steps(parameters.calcification, "calcification", parameters.ct, "x"))
    )
    parameters.calcification.SetAttribute("AbdominalCalcification.Rejected", '{"a": [1, 2]}')
    wanted, before = {role: mask(small, role) for role in SEGMENT}, entries(small)
    save_scene(tmp_path / "a.mrb")
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(str(tmp_path / "a.mrb"))
    followed(small)
    parameters = parameters_of(small)
    assert parameters.renalLengthMm == 12.0
    assert all(np.array_equal(mask(small, role), wanted[role]) for role in SEGMENT)
    assert entries(small) == before, "nothing was changed by saving"
    assert [each.name for each in small.logic.versions(parameters.calcification)] == ["x"]
    assert parameters.calcification.GetAttribute("AbdominalCalcification.Rejected") == '{"a": [1, 2]}'
    assert small.logic.masksToAskAbout(parameters) == [parameters.calcification]
