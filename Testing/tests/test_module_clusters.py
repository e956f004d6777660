"""The list of clusters in the panel: next and previous, seen, rejected and restored, and the numbers after it."""

from __future__ import annotations

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import numpy as np
import slicer

from panels import erase_lower_half, follow, heads, mask_of, parameters_of, recompute, status, total_of
from review_panel import a_crosshair, clusters_of

pytestmark = pytest.mark.scene


def chosen(panel) -> str:
    """The head of the selected row; empty where none is."""
    table = panel.ui.clustersTable
    rows = [index.row() for index in table.selectionModel().selectedRows()]
    return heads(table)[rows[0]] if rows else ""


def choose(panel, head):
    panel.ui.clustersTable.selectRow(heads(panel.ui.clustersTable).index(head))


@pytest.fixture
def with_views(panel_with_plaques):
    """The panel with a crosshair and a 3D camera in its scene."""
    a_crosshair()
    # That of a 3D view, where one is there.
    scene = slicer.mrmlScene
    camera = scene.GetFirstNodeByClass("vtkMRMLCameraNode") or scene.AddNewNodeByClass("vtkMRMLCameraNode")
    camera.SetFocalPoint([0, 0, 0])
    camera.SetPosition([0, 500, 0])
    return panel_with_plaques


def test_next_and_previous_go_through_the_list_as_it_is_sorted_and_turn_the_views(with_views):
    import qt

    panel, ui = with_views, with_views.ui
    by_volume = sorted(clusters_of(panel), key=lambda each: -each["volume_mm3"])
    ui.clustersTable.sortByColumn(1, qt.Qt.DescendingOrder)
    for cluster in by_volume[:3]:
        ui.nextCluster.click()
        assert chosen(panel) == str(cluster["id"])
        assert a_crosshair().GetCrosshairRAS() == pytest.approx(cluster["centroid_ras"])
        camera = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCameraNode")
        assert camera.GetFocalPoint() == pytest.approx(cluster["centroid_ras"])
        away = np.subtract(camera.GetPosition(), camera.GetFocalPoint())
        assert away == pytest.approx([0, 500, 0])
    ui.previousCluster.click()
    assert chosen(panel) == str(by_volume[1]["id"])
    ui.clustersTable.sortByColumn(0, qt.Qt.AscendingOrder)
    assert heads(ui.clustersTable) == [str(each["id"]) for each in clusters_of(panel)]


def test_keys_go_through_the_list(panel_with_plaques):
    ui = panel_with_plaques.ui
    keys = [button.shortcut.toString() for button in (ui.nextCluster, ui.previousCluster, ui.seenCluster)]
    assert keys == ["N", "Shift+N", "K"]


def test_a_tick_says_what_was_seen_and_stays_though_numbers_change(panel_with_plaques):
    panel, ui = panel_with_plaques, panel_with_plaques.ui
    count = len(clusters_of(panel))
    assert ui.clusterHint.text == f"0 of {count} seen, 0 rejected."
    choose(panel, "2")
    ui.seenCluster.click()
    assert ui.clusterHint.text == f"1 of {count} seen, 0 rejected."
    assert chosen(panel) == "2 ✓"
    place = clusters_of(panel)[1]["centroid_ras"]
    choose(panel, "1")
    assert not ui.seenCluster.checked
    ui.rejectCluster.click()
    recompute(panel)
    (number,) = [n for n, each in enumerate(clusters_of(panel)) if each["centroid_ras"] == place]
    assert number == 0
    assert "1 ✓" in heads(ui.clustersTable)
    assert ui.clusterHint.text == f"1 of {count - 1} seen, 1 rejected."
    choose(panel, "1 ✓")
    assert ui.seenCluster.checked
    ui.seenCluster.click()
    assert ui.clusterHint.text == f"0 of {count - 1} seen, 1 rejected."


def place_of(panel, cluster):
    """Return in which row what lies where a cluster did is listed."""
    return next(
        row
        for row, each in enumerate(clusters_of(panel))
        if np.allclose(each["centroid_ras"], cluster["centroid_ras"], atol=0.1)
    )


def test_two_clusters_are_rejected_and_one_is_restored(panel_with_plaques):
    panel, ui = panel_with_plaques, panel_with_plaques.ui
    before, clusters = total_of(panel), clusters_of(panel)
    mask, arteries = mask_of(panel).array.copy(), parameters_of(panel).arteries.GetSegmentation().GetMTime()
    for each in clusters[:2]:
        choose(panel, str(each["id"]))
        ui.rejectCluster.click()
        assert status(panel).startswith(f"Cluster rejected: {each['voxel_count']} voxels (")
    assert heads(ui.clustersTable) == [*(str(each["id"]) for each in clusters[2:]), "✕", "✕"]
    assert chosen(panel) == str(clusters[2]["id"])
    assert "being brought up to date" in ui.verdictLabel.text
    follow(panel)
    gone = sum(each["volume_mm3"] for each in clusters[:2])
    assert total_of(panel) == pytest.approx(before - gone, abs=0.11)
    assert heads(ui.clustersTable)[-2:] == ["✕", "✕"]
    ui.clustersTable.selectRow(len(clusters) - 1)
    assert not ui.rejectCluster.enabled
    ui.restoreCluster.click()
    assert status(panel).startswith("Cluster restored: ")
    recompute(panel)
    assert chosen(panel) == heads(ui.clustersTable)[place_of(panel, clusters[1])]
    assert total_of(panel) == pytest.approx(before - clusters[0]["volume_mm3"], abs=0.11)
    assert heads(ui.clustersTable).count("✕") == 1
    ui.clustersTable.selectRow(len(clusters) - 1)
    ui.restoreCluster.click()
    recompute(panel)
    assert total_of(panel) == before
    assert np.array_equal(mask_of(panel).array, mask)
    assert parameters_of(panel).arteries.GetSegmentation().GetMTime() == arteries


def test_what_was_rejected_is_in_a_scene_that_was_saved(panel_with_plaques, tmp_path):
    panel = panel_with_plaques
    before, count = total_of(panel), len(clusters_of(panel))
    choose(panel, "1")
    panel.ui.seenCluster.click()
    choose(panel, "2")
    panel.ui.rejectCluster.click()
    recompute(panel)
    path = str(tmp_path / "review.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(path)
    assert panel.ui.clusterHint.text == f"1 of {count - 1} seen, 1 rejected."
    choose(panel, "✕")
    panel.ui.restoreCluster.click()
    recompute(panel)
    assert total_of(panel) == before


def test_a_cluster_that_an_edit_took_away_is_not_rejected_but_said(panel_with_plaques):
    panel, ui = panel_with_plaques, panel_with_plaques.ui
    lowest = min(clusters_of(panel), key=lambda each: each["centroid_ras"][2])
    erase_lower_half(panel)
    after = mask_of(panel).array.copy()
    choose(panel, str(lowest["id"]))
    ui.rejectCluster.click()
    assert "press Recompute" in status(panel)
    assert np.array_equal(mask_of(panel).array, after)
    assert "✕" not in heads(ui.clustersTable)


def test_without_results_there_is_nothing_to_do_with_clusters(panel):
    for name in ("nextCluster", "previousCluster", "seenCluster", "rejectCluster", "restoreCluster", "clusterHint"):
        assert getattr(panel.ui, name).isHidden(), name


def test_a_cluster_is_given_to_another_artery(panel_with_plaques):
    panel, ui = panel_with_plaques, panel_with_plaques.ui
    assert ui.clusterTerritory.isHidden()
    choose(panel, "1")
    assert not ui.clusterTerritory.isHidden()
    total = total_of(panel)
    cluster = clusters_of(panel)[0]
    assert cluster["territory"] == "aorta"
    titles = [ui.clusterTerritory.itemText(number) for number in range(ui.clusterTerritory.count)]
    number = titles.index("Belongs to: Left renal artery")
    ui.clusterTerritory.currentIndex = number
    ui.clusterTerritory.activated.emit(number)
    assert "being brought up to date" in ui.verdictLabel.text
    follow(panel)
    (found,) = [each for each in clusters_of(panel) if each["centroid_ras"] == cluster["centroid_ras"]]
    assert found["territory"] == "renal_left"
    assert total_of(panel) == total
    choose(panel, str(found["id"]))
    assert ui.clusterTerritory.currentIndex == number
    ui.clusterTerritory.activated.emit(0)
    recompute(panel)
    assert clusters_of(panel)[0]["territory"] == "aorta"
