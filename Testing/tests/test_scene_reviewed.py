"""What was seen and rejected stays with the scene, whatever numbers the clusters get."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.reporting.documents import measurement_document
from AbdominalCalcificationLib.review import reject_cluster, restore_voxels
from AbdominalCalcificationLib.review.cluster_pieces import ClusterPieces
from AbdominalCalcificationLib.scene import edits
from AbdominalCalcificationLib.scene.mask_changes import apply_change
from AbdominalCalcificationLib.scene.masks import calcification_from_node
from AbdominalCalcificationLib.scene.reviewed import (
    give_to_territory,
    given_to_territories,
    rejected_clusters,
    remember_rejected,
    seen_clusters,
    set_seen,
    territories_given,
)
from AbdominalCalcificationLib.scene.segmentations import show_calcification
from AbdominalCalcificationLib.scene.volumes import grid_of_node, matrix_of_array, volume_node_from
from placements import OBLIQUE, affine, rotation

pytestmark = pytest.mark.scene

SHAPE = (40, 24, 24)


class Case:
    """An aorta with two plaques in the scene."""

    def __init__(self):
        grid = Grid.from_spacing(SHAPE, (0.8, 0.9, 1.1), (11.0, -20.0, 300.0), OBLIQUE)
        self.ct = volume_node_from(Volume(np.zeros(SHAPE, np.int16), grid), "CT")
        labels = np.zeros(SHAPE, np.uint8)
        labels[:, 4:20, 4:20] = 1
        calcified = np.zeros(SHAPE, np.uint8)
        calcified[10:14, 4:6, 8:12] = 1
        calcified[28:31, 17:19, 8:12] = 1
        self.arteries = Volume(labels, grid)
        self.node = show_calcification(self.ct, Volume(calcified, grid))
        edits.remember_origin(self.node, Volume(calcified, grid))

    @property
    def calcification(self):
        return calcification_from_node(self.node, self.ct)

    def clusters(self):
        grid = grid_of_node(self.ct)
        result = measure(None, Volume(self.arteries.array, grid), self.calcification)
        return measurement_document(result)["clusters"]

    def reject(self, cluster):
        change = reject_cluster(
            self.calcification, cluster["centroid_ras"], cluster["voxel_count"], cluster["extent_mm"]
        )
        apply_change(self.node, self.ct, change)
        remember_rejected(self.node, self.ct, cluster, change, reader="Ada")


@pytest.fixture
def case(scene):
    return Case()


def test_a_cluster_that_was_seen_stays_seen_though_its_number_changes(case):
    large, small = case.clusters()
    set_seen(case.ct, [large, small], 1, True)
    assert seen_clusters(case.ct, [large, small]) == [False, True]
    case.reject(large)
    (left,) = case.clusters()
    assert left["id"] == 1
    assert seen_clusters(case.ct, [left]) == [True]
    set_seen(case.ct, [left], 0, False)
    assert seen_clusters(case.ct, [left]) == [False]


def test_what_was_seen_moves_with_the_ct(scene, case):
    set_seen(case.ct, case.clusters(), 0, True)
    transform = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode")
    transform.SetMatrixTransformToParent(matrix_of_array(affine(rotation(1, 30), (50, -7, 9))))
    for node in (case.ct, case.node):
        node.SetAndObserveTransformNodeID(transform.GetID())
    assert seen_clusters(case.ct, case.clusters()) == [True, False]


def test_what_was_rejected_is_known_after_the_scene_was_saved_and_comes_back_voxel_for_voxel(scene, case, tmp_path):
    before, clusters = case.calcification.array.copy(), case.clusters()
    case.reject(clusters[0])
    set_seen(case.ct, clusters, 1, True)
    names = case.ct.GetName(), case.node.GetName()
    path = tmp_path / "review.mrb"
    assert scene.WriteToMRB(str(path))
    scene.Clear(False)
    assert scene.ReadFromMRB(str(path))
    case.ct, case.node = (scene.GetFirstNodeByName(name) for name in names)
    (rejected,) = rejected_clusters(case.node, case.ct)
    assert (rejected.reader, rejected.territory) == ("Ada", "aorta")
    assert rejected.volume_mm3 == clusters[0]["volume_mm3"]
    assert rejected.centroid_ras == pytest.approx(clusters[0]["centroid_ras"], abs=2e-3)
    assert seen_clusters(case.ct, case.clusters()) == [True]
    apply_change(case.node, case.ct, restore_voxels(case.calcification, rejected.kji))
    assert np.array_equal(case.calcification.array, before)
    assert rejected_clusters(case.node, case.ct) == []
    assert [each["voxel_count"] for each in case.clusters()] == [each["voxel_count"] for each in clusters]


def test_what_was_rejected_follows_undo_and_redo(case):
    import slicer

    history = slicer.vtkSegmentationHistory()
    history.SetSegmentation(case.node.GetSegmentation())
    history.SaveState()
    case.reject(case.clusters()[0])
    history.SaveState()
    history.RestorePreviousState()
    assert rejected_clusters(case.node, case.ct) == []
    history.RestoreNextState()
    assert len(rejected_clusters(case.node, case.ct)) == 1


def test_rejecting_twice_is_remembered_once(case):
    cluster = case.clusters()[0]
    case.reject(cluster)
    (rejected,) = rejected_clusters(case.node, case.ct)
    apply_change(case.node, case.ct, restore_voxels(case.calcification, rejected.kji))
    case.reject(cluster)
    assert len(rejected_clusters(case.node, case.ct)) == 1
    case.reject(case.clusters()[0])
    assert [round(each.volume_mm3) for each in rejected_clusters(case.node, case.ct)] == [25, 19]


def test_what_was_rejected_of_another_mask_is_not_offered(case):
    case.reject(case.clusters()[0])
    edits.remember_origin(case.node, case.calcification)
    assert rejected_clusters(case.node, case.ct) == []


def test_a_scene_with_nothing_decided_has_nothing_to_offer(case):
    assert rejected_clusters(case.node, case.ct) == []
    assert seen_clusters(case.ct, case.clusters()) == [False, False]
    assert seen_clusters(case.ct, []) == []


def voxels_in(case, cluster):
    pieces = ClusterPieces(case.calcification)
    return pieces.voxels_of(pieces.number_of(cluster["centroid_ras"], cluster["voxel_count"], cluster["extent_mm"]))


def test_a_cluster_is_given_to_an_artery_and_back(case):
    clusters = case.clusters()
    kji = voxels_in(case, clusters[1])
    give_to_territory(case.ct, clusters[1], kji, "renal_left", reader="Ada")
    assert territories_given(case.ct, clusters) == [None, "renal_left"]
    ((name, points),) = given_to_territories(case.ct)
    assert name == "renal_left"
    assert np.array_equal(np.rint(case.calcification.grid.kji_of_ras(points)).astype(int), kji)
    give_to_territory(case.ct, clusters[1], kji, "renal_right")
    assert [name for name, _ in given_to_territories(case.ct)] == ["renal_right"]
    give_to_territory(case.ct, clusters[0], voxels_in(case, clusters[0]), "celiac_trunk")
    assert territories_given(case.ct, clusters) == ["celiac_trunk", "renal_right"]
    case.reject(clusters[0])
    assert territories_given(case.ct, case.clusters()) == ["renal_right"]
    give_to_territory(case.ct, clusters[1], kji, None)
    give_to_territory(case.ct, clusters[0], rejected_clusters(case.node, case.ct)[0].kji, None)
    assert given_to_territories(case.ct) == []
