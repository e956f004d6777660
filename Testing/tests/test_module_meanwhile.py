"""What is corrected while something else is at work in the panel, or ends: nothing lost, nothing told wrongly."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.history import UNATTENDED
from AbdominalCalcificationLib.reading import read_mask
from AbdominalCalcificationLib.scene import edits
from AbdominalCalcificationLib.scene.tracking import UNDONE
from host.application import run_until
from panels import follow, heads, mask_of, parameters_of, recompute, settle, status, total_of
from review_panel import PLAQUES, clusters_of, put_into, reject

pytestmark = pytest.mark.scene


def erase_cluster(panel, number=0):
    """Take a cluster out of the mask as another module would, and name the tool."""
    from AbdominalCalcificationLib.scene.tools import tool

    node, ct = parameters_of(panel).calcification, parameters_of(panel).ct
    segment = node.GetSegmentation().GetNthSegmentID(0)
    array = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment, ct)
    grid = mask_of(panel).grid
    centre = np.round(grid.kji_of_ras(clusters_of(panel)[number]["centroid_ras"])[0]).astype(int)
    array[tuple(slice(max(0, each - 2), each + 3) for each in centre)] = 0
    with tool("Scalpel"):
        slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment, ct)


def reject_at(panel, centre):
    choose(panel, head_at(panel, centre))
    panel.ui.rejectCluster.click()


def head_at(panel, centre):
    return next(str(each["id"]) for each in clusters_of(panel) if each["centroid_ras"] == centre)


def choose(panel, head):
    panel.ui.clustersTable.selectRow(heads(panel.ui.clustersTable).index(head))


def give(panel, number, artery):
    """Give a cluster to an artery, as the user does."""
    box = panel.ui.clusterTerritory
    panel.ui.clustersTable.selectRow(number)
    titles = [box.itemText(each) for each in range(box.count)]
    box.currentIndex = titles.index(f"Belongs to: {artery}")
    box.activated.emit(box.currentIndex)


def territory_at(panel, centre):
    return next(each["territory"] for each in clusters_of(panel) if each["centroid_ras"] == centre)


def history(panel, role="calcification"):
    note = edits.kept_note(getattr(parameters_of(panel), role))
    return [] if note.ledger is None else [each.tool for each in note.ledger.entries]


def begin(panel, what, tmp_path):
    """Begin with work; it has read the masks and measures or writes."""
    if what == "export":
        panel.panel.export.export_to(tmp_path / "result", overwrite=False)
    else:
        panel.ui.recomputeButton.click()
    assert run_until(lambda: panel.ui.progressBar.value > 200 or not panel.isBusy, 60)
    assert panel.isBusy


@pytest.mark.parametrize("what", ["recompute", "export"])
def test_what_is_edited_meanwhile_keeps_its_place_in_the_history(panel_with_plaques, tmp_path, what):
    panel = panel_with_plaques
    follow(panel)
    assert run_until(lambda: panel.panel.history.is_written, 60)
    before = mask_of(panel).array.copy()
    begin(panel, what, tmp_path)
    erase_cluster(panel)
    settle(panel)
    follow(panel)
    assert run_until(lambda: panel.panel.history.is_written, 60)
    assert history(panel) == ["Scalpel"]
    if what == "export":
        assert np.array_equal(read_mask(next((tmp_path / "result").glob("calcification.n*"))).array, before)
        written = json.loads((tmp_path / "result" / "measurements.json").read_text(encoding="utf-8"))
        assert not written["provenance"]["edits"]
    live = total_of(panel)
    document = panel.logic.foundResults(parameters_of(panel)).document
    assert [each["tool"] for each in document["provenance"]["edits"][0]["entries"]] == ["Scalpel"]
    recompute(panel)
    assert total_of(panel) == live
    assert UNATTENDED not in history(panel)


def test_undo_during_recompute_is_in_history_and_numbers(panel_with_plaques, tmp_path):
    panel = panel_with_plaques
    panel.ui.reviewSection.collapsed = False
    panel.enter()
    follow(panel)
    before, mask = total_of(panel), mask_of(panel).array.copy()
    reject(panel)
    follow(panel)
    assert total_of(panel) < before
    begin(panel, "recompute", tmp_path)
    panel.ui.undoButton.click()
    settle(panel)
    follow(panel)
    assert total_of(panel) == before
    assert np.array_equal(mask_of(panel).array, mask)
    assert run_until(lambda: panel.panel.history.is_written, 60)
    tools = history(panel)
    assert UNATTENDED not in tools
    assert tools[-1] == UNDONE
    panel.exit()


def test_a_scene_that_is_closed_while_numbers_follow_leaves_nothing_at_work(panel_with_plaques, choices):
    panel = panel_with_plaques
    erase_cluster(panel)
    live = panel.panel.live
    assert run_until(lambda: live._steps is not None, 60)
    slicer.mrmlScene.Clear()
    run_until(lambda: False, 0.3)
    assert not live.is_following
    assert live.is_settled
    assert not panel.isBusy
    assert "internal" not in status(panel).lower()
    # The next case is measured and followed as if there had been none.
    from phantoms import Phantom
    from review_cases import PHANTOM, painted

    put_into(panel, choices, painted("straight", Phantom(PHANTOM.arteries, PLAQUES)))
    before = total_of(panel)
    erase_cluster(panel)
    follow(panel)
    assert total_of(panel) < before


def test_a_cluster_that_was_given_away_and_rejected_is_given_away_still_when_it_is_back(panel_with_plaques):
    panel, ui = panel_with_plaques, panel_with_plaques.ui
    cluster = clusters_of(panel)[0]
    assert cluster["territory"] == "aorta"
    give(panel, 0, "Left renal artery")
    reject_at(panel, cluster["centroid_ras"])  # before the numbers have followed
    follow(panel)
    assert cluster["centroid_ras"] not in [each["centroid_ras"] for each in clusters_of(panel)]
    ui.undoButton.click()
    follow(panel)
    assert territory_at(panel, cluster["centroid_ras"]) == "renal_left"
    ui.undoButton.click()
    follow(panel)
    assert territory_at(panel, cluster["centroid_ras"]) == "aorta"
    live = panel.logic.foundResults(parameters_of(panel)).document["clusters"]
    recompute(panel)
    assert clusters_of(panel) == live


def test_what_was_rejected_is_restored_after_the_cut_was_moved(panel_with_plaques):
    panel, ui = panel_with_plaques, panel_with_plaques.ui
    before, mask = total_of(panel), mask_of(panel).array.copy()
    farthest = max(clusters_of(panel), key=lambda each: each["centroid_ras"][0])
    assert farthest["territory"] == "renal_left"
    reject_at(panel, farthest["centroid_ras"])
    follow(panel)
    parameters_of(panel).renalLengthMm = 8.0  # it lies beyond that
    follow(panel)
    assert heads(ui.clustersTable).count("✕") == 1
    choose(panel, "✕")
    ui.restoreCluster.click()
    follow(panel)
    assert np.array_equal(mask_of(panel).array, mask)
    assert "✕" not in heads(ui.clustersTable)
    assert panel.logic.foundResults(parameters_of(panel)).document["beyond_kept_length_calcified_volume_mm3"] > 0
    parameters_of(panel).renalLengthMm = 30.0
    follow(panel)
    assert total_of(panel) == before


def on_other_voxels(panel, is_of_another_ct):
    """Put the calcification onto a finer grid that is turned against the CT, and have it measured."""
    from AbdominalCalcificationLib.geometry import Grid
    from AbdominalCalcificationLib.scene.segmentations import show_calcification
    from AbdominalCalcificationLib.scene.volumes import volume_node_from
    from phantoms import Phantom, rotation_about
    from review_cases import PHANTOM

    grid = mask_of(panel).grid
    shape = tuple(np.ceil(np.array(grid.shape) * grid.spacing_mm[::-1] / 0.9).astype(int).tolist())
    turned = Grid.from_spacing(shape, (0.9, 0.9, 0.9), (0, 0, 0), rotation_about((0, 0, 1), 7))
    middle_ras, own_ras = (each.ras_of_kji([(np.array(each.shape) - 1) / 2])[0] for each in (grid, turned))
    matrix = np.array(turned.ijk_to_ras)
    matrix[:3, 3] += middle_ras - own_ras
    ct, _arteries, calcification = Phantom(PHANTOM.arteries, PLAQUES).painted(Grid(shape, matrix))
    other, parameters = volume_node_from(ct, "other"), parameters_of(panel)
    node = parameters.calcification = show_calcification(other, calcification)
    if not is_of_another_ct:  # as Slicer's "Specify geometry" with oversampling leaves it
        node.SetReferenceImageGeometryParameterFromVolumeNode(parameters.ct)
    recompute(panel)
    return other, node


@pytest.mark.parametrize("is_of_another_ct", [True, False])
def test_a_mask_on_other_voxels_is_followed_or_told_of_and_not_clicked_into(panel_with_plaques, is_of_another_ct):
    panel = panel_with_plaques
    other, node = on_other_voxels(panel, is_of_another_ct)
    before = total_of(panel)
    segment = node.GetSegmentation().GetNthSegmentID(0)
    array = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment, other)
    array[: int(array.nonzero()[0].mean())] = 0
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment, other)
    follow(panel)
    assert run_until(lambda: panel.panel.history.is_written, 60)
    live, clusters = total_of(panel), clusters_of(panel)
    if is_of_another_ct:
        assert live == before
        assert "press Recompute" in panel.ui.verdictLabel.text
    recompute(panel)
    assert 0 < total_of(panel) < before
    if not is_of_another_ct:
        assert (live, clusters) == (total_of(panel), clusters_of(panel))
    kept = mask_of(panel).array.copy()
    reject(panel)
    assert "drawn on other voxels" in status(panel)
    assert np.array_equal(mask_of(panel).array, kept)


def test_a_hidden_mask_is_shown_once_it_is_corrected_and_measured_alike(panel_with_plaques):
    panel, node = panel_with_plaques, parameters_of(panel_with_plaques).calcification
    before = total_of(panel)
    node.GetDisplayNode().SetVisibility(False)
    recompute(panel)
    assert total_of(panel) == before
    panel.enter()
    panel.ui.reviewSection.collapsed = False
    panel.ui.reviewCalcification.click()
    assert node.GetDisplayNode().GetVisibility()
    panel.exit()


def test_a_mask_without_label_maps_says_so(panel_with_plaques):
    """A segmentation that is drawn as surfaces alone cannot be painted voxel by voxel."""
    panel, parameters = panel_with_plaques, parameters_of(panel_with_plaques)
    before = total_of(panel)
    segmentation = parameters.calcification.GetSegmentation()
    parameters.calcification.CreateClosedSurfaceRepresentation()
    converter = slicer.vtkSegmentationConverter
    segmentation.SetSourceRepresentationName(converter.GetSegmentationClosedSurfaceRepresentationName())
    segmentation.RemoveRepresentation(converter.GetSegmentationBinaryLabelmapRepresentationName())
    follow(panel)
    panel.ui.recomputeButton.click()
    settle(panel)
    said = " ".join((status(panel), panel.ui.verdictLabel.text, panel.ui.reviewHint.text))
    assert total_of(panel) == pytest.approx(before, rel=0.2) or "surface" in said


def test_what_was_rejected_is_on_the_disk_with_the_edit_that_took_it(panel_with_plaques):
    panel = panel_with_plaques
    assert run_until(lambda: panel.panel.history.is_written, 60)
    reject(panel)
    node, save = parameters_of(panel).calcification, panel.panel.history.saves.of(parameters_of(panel).ct)
    name = "AbdominalCalcification.RejectedClusters"
    assert save._attributes["calcification"].get(name) == node.GetAttribute(name)
