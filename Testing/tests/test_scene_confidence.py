"""Confidence in the scene: kept with the masks of a model, gone where somebody edits them, saved with them."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("slicer", reason="needs slicer-core")

import slicer

from AbdominalCalcificationLib.confidence.known import of_arteries, of_plaques
from AbdominalCalcificationLib.confidence.plaques import plaques_steps
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import MeasurementParameters
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.scene.edits import remember_origin
from AbdominalCalcificationLib.scene.live import LiveCase
from AbdominalCalcificationLib.scene.ownership import SceneCase
from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification
from AbdominalCalcificationLib.scene.volumes import volume_node_from

pytestmark = pytest.mark.scene

GRID = Grid.from_spacing((40, 30, 30))


@pytest.fixture
def case():
    """A CT with an aorta and a plaque that a model was certain of."""
    from AbdominalCalcificationLib.scene.application import ensure_application

    scene = ensure_application().scene
    scene.Clear(False)
    ct, labels, calcified = (np.zeros(GRID.shape, kind) for kind in (np.int16, np.uint8, np.uint8))
    labels[4:36, 10:20, 10:20] = 1
    calcified[10:14, 10:12, 12:16] = 1
    ct[labels > 0], ct[calcified > 0] = 300, 700
    ct_node = volume_node_from(Volume(ct, GRID), "CT", scene)
    masks = {"arteries": Volume(labels, GRID), "calcification": Volume(calcified, GRID)}
    nodes = {
        "arteries": show_arteries(ct_node, masks["arteries"]),
        "calcification": show_calcification(ct_node, masks["calcification"]),
    }
    plaques = drain(plaques_steps(masks["calcification"], np.full(GRID.shape, 200, np.uint8)))
    kept = {
        "arteries": of_arteries({"aorta": 0.9}, {"aorta": np.argwhere(labels == 1)}, GRID.shape),
        "calcification": of_plaques([0.8], plaques.voxels, plaques.number, GRID.shape),
    }
    for role, node in nodes.items():
        remember_origin(node, masks[role], {"models": [], "confidence": {role: kept[role]}}, role)
    return SceneCase(ct_node, **nodes)


def told(live) -> tuple:
    document = drain(live.update_steps(MeasurementParameters())).document
    aorta = next(each for each in document["territories"] if each["name"] == "aorta")
    return tuple((each["confidence"], each["confidence_basis"]) for each in (aorta, *document["clusters"]))


def paint(case, role, segment, box, value):
    node = case.masks[role]
    array = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment, case.ct)
    array[box] = value
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment, case.ct)


def test_numbers_follow_edits_and_come_back_with_what_was_there(case):
    live = LiveCase(case)
    assert told(live) == ((0.9, "model"), (0.8, "model"))
    voxel = (slice(10, 11), slice(10, 11), slice(12, 13))
    paint(case, "calcification", "calcification", voxel, 0)
    assert told(live) == ((0.9, "model"), (None, "corrected"))
    end = (slice(35, 36), slice(10, 12), slice(10, 12))
    paint(case, "arteries", "aorta", end, 0)
    assert told(live) == ((None, "corrected"), (None, "corrected"))
    paint(case, "calcification", "calcification", voxel, 1)
    paint(case, "arteries", "aorta", end, 1)
    assert told(live) == ((0.9, "model"), (0.8, "model"))
    assert told(LiveCase(case)) == ((0.9, "model"), (0.8, "model")), "whoever reads the scene anew"
