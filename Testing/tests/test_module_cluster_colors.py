"""Clusters in the colours of their artery, their size and their HU: on the screen alone."""

from __future__ import annotations

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.display import CLUSTER_MM3, RISING_COLORS
from panels import parameters_of, recompute
from review_cases import painted
from review_panel import clusters_of, put_into

pytestmark = pytest.mark.scene


def colored():
    """The segments of what is coloured: title, colour, voxels."""
    nodes = [each for each in slicer.util.getNodesByClass("vtkMRMLSegmentationNode") if "clusters" in each.GetName()]
    found = []
    for node in nodes:
        for key in node.GetSegmentation().GetSegmentIDs():
            segment = node.GetSegmentation().GetSegment(key)
            array = slicer.util.arrayFromSegmentBinaryLabelmap(
                node, key, node.GetNodeReference("referenceImageGeometryRef")
            )
            found.append((segment.GetName(), segment.GetColor(), int(array.sum())))
    return found


def is_mask_shown(panel) -> bool:
    return bool(parameters_of(panel).calcification.GetDisplayNode().GetVisibility())


def test_clusters_are_coloured_by_artery(panel_with_plaques):
    panel = panel_with_plaques
    panel.ui.clusterColors.currentIndex = 1
    clusters = clusters_of(panel)
    expected = {
        territory(name).title: (
            territory(name).color,
            sum(c["voxel_count"] for c in clusters if c["territory"] == name),
        )
        for name in ("aorta", "renal_left")
    }
    assert {title: count for title, _, count in colored()} == {title: each[1] for title, each in expected.items()}
    for title, color, _ in colored():
        assert color == pytest.approx(expected[title][0])
    assert not is_mask_shown(panel)
    (node,) = [each for each in slicer.util.getNodesByClass("vtkMRMLSegmentationNode") if "clusters" in each.GetName()]
    for shown in (False, True):
        panel.ui.show3DButton.checked = shown
        assert bool(node.GetDisplayNode().GetVisibility3D()) is shown
    panel.ui.clusterColors.currentIndex = 0
    assert colored() == []
    assert is_mask_shown(panel)


def test_clusters_are_coloured_by_size_and_by_hu(panel_with_plaques):
    panel = panel_with_plaques
    panel.ui.clusterColors.currentIndex = 2
    largest = max(clusters_of(panel), key=lambda each: each["volume_mm3"])
    assert largest["volume_mm3"] >= CLUSTER_MM3[1]
    rank = sum(largest["volume_mm3"] >= cut for cut in CLUSTER_MM3)
    (found,) = [each for each in colored() if each[1] == pytest.approx(RISING_COLORS[rank])]
    assert found[2] == sum(
        each["voxel_count"]
        for each in clusters_of(panel)
        if sum(each["volume_mm3"] >= cut for cut in CLUSTER_MM3) == rank
    )
    panel.ui.clusterColors.currentIndex = 3
    # Every plaque of the phantom has 900 HU.
    assert [(title, count) for title, _, count in colored()] == [
        ("800 HU and more", sum(each["voxel_count"] for each in clusters_of(panel)))
    ]


def test_what_is_in_no_cluster_is_grey(panel_with_plaques):
    panel = panel_with_plaques
    whole = sum(each["voxel_count"] for each in clusters_of(panel))
    parameters_of(panel).renalLengthMm = 17
    recompute(panel)
    panel.ui.clusterColors.currentIndex = 1
    grey = [count for title, _, count in colored() if title == "In no cluster"]
    assert grey == [whole - sum(each["voxel_count"] for each in clusters_of(panel))]


def test_colours_follow_the_clusters_and_come_with_the_scene(panel_with_plaques, tmp_path):
    panel = panel_with_plaques
    panel.ui.clusterColors.currentIndex = 1
    before = sum(count for _, _, count in colored())
    panel.ui.clustersTable.selectRow(0)
    gone = clusters_of(panel)[0]["voxel_count"]
    panel.ui.rejectCluster.click()
    assert sum(count for _, _, count in colored()) == before - gone
    path = str(tmp_path / "scene.mrb")
    assert slicer.util.saveScene(path)
    slicer.mrmlScene.Clear()
    slicer.util.loadScene(path)
    assert sum(count for _, _, count in colored()) == before - gone
    assert panel.ui.clusterColors.currentIndex == 1
    assert not is_mask_shown(panel)
    panel.ui.clusterColors.currentIndex = 0
    assert colored() == []
    assert is_mask_shown(panel)


def test_colours_go_with_their_case(choices, panel_with_plaques):
    panel = panel_with_plaques
    parameters = parameters_of(panel)
    panel.ui.clusterColors.currentIndex = 1
    first = parameters.ct, parameters.arteries, parameters.calcification
    put_into(panel, choices, painted())
    assert colored() == []
    assert panel.ui.clusterColors.currentIndex == 0
    assert not first[2].GetDisplayNode().GetVisibility()
    parameters.ct, parameters.arteries, parameters.calcification = first
    assert first[2].GetDisplayNode().GetVisibility()
