"""The Export button: the window stays alive, Cancel leaves nothing, and what is written opens as it was left."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer
from test_anonymous import WORD, found_in, identifiers

from AbdominalCalcificationLib.progress import Progress
from AbdominalCalcificationLib.scene import edits
from AbdominalCalcificationLib.scene.bundle import load_scene
from AbdominalCalcificationLib.scene.nodes import nodes_of
from full_disks import contents_below
from panels import erase_lower_half, parameters_of, settle, status, whole

pytestmark = pytest.mark.scene


def export(panel, folder, overwrite=False):
    panel.panel.export.export_to(folder, overwrite)
    settle(panel)
    assert str(folder) in whole(panel.ui.statusLabel), panel.ui.log.plainText


def test_an_anonymous_export_names_nobody(panel_with_results, tmp_path, monkeypatch):
    import qt

    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    for variable in ("LOGNAME", "USER", "USERNAME"):
        monkeypatch.setenv(variable, f"{WORD}user")
    for role, node in (("ct", parameters.ct), ("a", parameters.arteries), ("c", parameters.calcification)):
        node.SetName(f"{WORD}{role}")
        node.SetDescription(f"{WORD} description")
        node.SetAttribute("Note", f"{WORD} note")
    edits.remember_origin(
        parameters.calcification, panel_mask(parameters), {"models": [{"name": WORD, "checksum": "1"}]}
    )
    erase_lower_half(panel)
    home = tmp_path / f"{WORD}home"
    home.mkdir()
    export(panel, home / "plain")
    assert WORD in found_in(home / "plain", identifiers(home))

    assert not parameters.exportAnonymous
    panel.ui.anonymousCheckBox.checked = True
    assert parameters.exportAnonymous
    for number in (1, 2):
        qt.QFileDialog.answers.append(str(home))
        panel.ui.exportButton.click()
        settle(panel)
        folder = home / f"Anonymous calcification {number}"
        assert {"scene.mrb", "views.png", "measurements.json"} <= {path.name for path in folder.iterdir()}
        assert found_in(folder, identifiers(home)) == set()
    assert parameters.arteries.GetName() == f"{WORD}a", "the scene at hand stays as it is"


def panel_mask(parameters):
    from AbdominalCalcificationLib.scene.masks import calcification_from_node

    return calcification_from_node(parameters.calcification, parameters.ct)


@pytest.mark.parametrize("stage", ["Writing masks and tables", "Rendering views", "Writing the scene"])
@pytest.mark.parametrize("earlier", [False, True], ids=["new", "over an earlier one"])
def test_cancel_at_any_stage_leaves_nothing_and_the_earlier_result(panel_with_results, tmp_path, stage, earlier):
    from host.application import run_until

    panel, folder = panel_with_results, tmp_path / "in" / "result"
    (tmp_path / "in").mkdir()
    if earlier:
        export(panel, folder)
    before = contents_below(tmp_path)
    panel.panel.state.runner.start(slowly(panel, folder, stage), lambda _outcome: None)
    assert run_until(lambda: status(panel) == stage)
    assert any(".unfinished" in str(path) for path in tmp_path.rglob("*")), "it is being written"
    panel.ui.cancelButton.click()
    assert contents_below(tmp_path) == before
    assert list(tmp_path.rglob(".*")) == []


def slowly(panel, folder, stage):
    """Export, and stand in the middle of a stage."""
    steps, seen = panel.logic.exportSteps(parameters_of(panel), folder, overwrite=True), 0
    try:
        for step in steps:
            yield step
            seen += step.stage == stage
            while seen >= 6:
                yield Progress(stage, waiting=True)
    finally:
        steps.close()


def test_an_export_takes_many_small_steps(panel_with_results, tmp_path):
    steps = list(panel_with_results.logic.exportSteps(parameters_of(panel_with_results), tmp_path / "r"))
    stages, fractions = [step.stage for step in steps], [step.fraction for step in steps]
    for stage in ("Writing masks and tables", "Writing the scene"):
        assert stages.count(stage) > 10
    # By another process, which tells how far it is.
    assert stages.count("Rendering views") > 5
    assert stages.count("Handing the result to the export process") > 5
    assert fractions == sorted(fractions)


def views_of(scene):
    """The three slice views with their contents, and the camera, by name."""
    return {node.GetLayoutName(): node for node in nodes_of(scene, "vtkMRMLSliceNode")}


def test_an_exported_scene_opens_with_the_case_in_sight_and_named_by_it(panel_with_results, tmp_path):
    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    parameters.ct.SetName("Fall 7")
    for layout in nodes_of(slicer.mrmlScene, "vtkMRMLLayoutNode"):  # of the process, and of whatever ran before
        slicer.mrmlScene.RemoveNode(layout)
    largest = max(panel.logic.foundResults(parameters).document["clusters"], key=lambda each: each["volume_mm3"])
    export(panel, tmp_path / "r")
    slicer.mrmlScene.Clear()
    load_scene(tmp_path / "r" / "scene.mrb")
    scene = slicer.mrmlScene
    ct = slicer.util.getNode("Fall 7")
    names = {node.GetName() for node in nodes_of(scene, "vtkMRMLSegmentationNode")}
    assert names == {"Fall 7 arteries", "Fall 7 calcification", "Fall 7 cut-off ends"}
    composites = nodes_of(scene, "vtkMRMLSliceCompositeNode")
    assert {node.GetLayoutName() for node in composites} == {"Red", "Yellow", "Green"}
    assert {node.GetBackgroundVolumeID() for node in composites} == {ct.GetID()}
    assert nodes_of(scene, "vtkMRMLSelectionNode")[0].GetActiveVolumeID() == ct.GetID()
    assert nodes_of(scene, "vtkMRMLLayoutNode")[0].GetViewArrangement() == 3
    for name, axis in (("Red", 2), ("Yellow", 0), ("Green", 1)):
        matrix = views_of(scene)[name].GetSliceToRAS()
        assert matrix.GetElement(axis, 3) == pytest.approx(largest["centroid_ras"][axis], abs=0.01)
        assert abs(matrix.GetElement(axis, 2)) == pytest.approx(1), name
    arteries = slicer.util.getNode("Fall 7 arteries")
    assert arteries.GetSegmentation().ContainsRepresentation("Closed surface"), "3D views have something to show"
    surface = arteries.GetClosedSurfaceInternalRepresentation("aorta")
    assert surface.GetNumberOfPoints() > 100
    assert arteries.GetDisplayNode().GetVisibility3D()
    bounds = [0.0] * 6
    arteries.GetRASBounds(bounds)
    (camera,) = nodes_of(scene, "vtkMRMLCameraNode")
    centre = [(low + high) / 2 for low, high in zip(bounds[::2], bounds[1::2], strict=True)]
    assert camera.GetFocalPoint() == pytest.approx(centre, abs=1.25), "half a voxel at most"


def test_an_exported_scene_opens_as_it_was_left(panel_with_results, tmp_path):
    from AbdominalCalcificationLib.scene.look import Look, give_look

    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    scene, ct = slicer.mrmlScene, parameters.ct
    masks = {"arteries": parameters.arteries}
    # As Slicer's own views are there.
    give_look(Look(layout=2), ct, masks, panel.logic.foundResults(parameters).document)
    red, (camera,) = views_of(scene)["Red"], nodes_of(scene, "vtkMRMLCameraNode")
    red.JumpSliceByOffsetting(0, 0, 12)
    red.SetDimensions(500, 400, 1)
    red.SetFieldOfView(50, 40, 1)
    red.SetSliceVisible(True)
    camera.SetPosition(1, 2, 3)
    ct.GetDisplayNode().SetAutoWindowLevel(False)
    ct.GetDisplayNode().SetWindowLevel(1500, 300)
    parameters.arteries.GetDisplayNode().SetOpacity3D(0.7)
    parameters.calcification.GetDisplayNode().SetVisibility2D(False)
    name = ct.GetName()
    export(panel, tmp_path / "r")
    scene.Clear()
    load_scene(tmp_path / "r" / "scene.mrb")
    red, (camera,) = views_of(scene)["Red"], nodes_of(scene, "vtkMRMLCameraNode")
    assert red.GetSliceToRAS().GetElement(2, 3) == pytest.approx(12)
    assert red.GetFieldOfView()[:2] == pytest.approx((50, 40))
    assert red.GetSliceVisible()
    assert camera.GetPosition() == pytest.approx((1, 2, 3))
    display = slicer.util.getNode(name).GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel()) == (1500, 300)
    assert slicer.util.getNode(f"{name} arteries").GetDisplayNode().GetOpacity3D() == pytest.approx(0.7)
    assert not slicer.util.getNode(f"{name} calcification").GetDisplayNode().GetVisibility2D()
    assert slicer.util.getNode(f"{name} calcification").GetDisplayNode().GetVisibility3D()


def test_masks_that_a_comparison_hides_are_in_sight_in_the_exported_scene(panel_with_results):
    from AbdominalCalcificationLib.scene.look import Look, look_of

    parameters = parameters_of(panel_with_results)
    masks = {"arteries": parameters.arteries, "calcification": parameters.calcification, "cut_off": None}
    parameters.arteries.GetDisplayNode().SetVisibility(False)
    assert look_of(parameters.ct, masks).displays["arteries"]["Visibility"] == 0
    parameters.calcification.GetDisplayNode().SetVisibility(False)
    assert look_of(parameters.ct, masks).displays == {}
    ct = parameters.ct
    slicer.mrmlScene.RemoveNode(ct)
    assert look_of(ct, masks) == Look()


def test_the_voxels_of_an_exported_scene_are_those_of_the_ct_and_the_masks(panel_with_results, tmp_path):
    from AbdominalCalcificationLib.scene.masks import arteries_from_node, calcification_from_node
    from AbdominalCalcificationLib.scene.results import find_results
    from AbdominalCalcificationLib.scene.saved import read_saved_cases
    from AbdominalCalcificationLib.scene.volumes import volume_from_node

    panel, parameters = panel_with_results, parameters_of(panel_with_results)
    ct = volume_from_node(parameters.ct)
    expected = [
        ct.array.copy(),
        arteries_from_node(parameters.arteries, parameters.ct).array,
        calcification_from_node(parameters.calcification, parameters.ct).array,
    ]
    total = panel.logic.foundResults(parameters).document["total"]
    export(panel, tmp_path / "r")
    path = tmp_path / "r" / "scene.mrb"
    assert zipfile.ZipFile(path).testzip() is None
    (saved,) = read_saved_cases(path)
    for volume, array in zip((saved.ct.volume, saved.arteries, saved.calcification), expected, strict=True):
        assert volume.grid.same_as(ct.grid)
        assert np.array_equal(volume.array, array)
    slicer.mrmlScene.Clear()
    load_scene(path)
    found = find_results(slicer.mrmlScene)
    assert volume_from_node(found.ct).grid.same_as(ct.grid)
    assert np.array_equal(volume_from_node(found.ct).array, expected[0])
    assert np.array_equal(arteries_from_node(found.masks["arteries"], found.ct).array, expected[1])
    assert np.array_equal(calcification_from_node(found.masks["calcification"], found.ct).array, expected[2])
    assert found.document["total"] == total
