"""The panel with a small case that was measured, for the tests of review."""

from __future__ import annotations

import slicer
from numpy import pi

from panels import parameters_of, run_as_before, settle
from phantoms import Plaque, aorta
from review_cases import AORTIC_PLAQUE, RENAL_PLAQUE, RENAL_TUBES

PLAQUES = (
    AORTIC_PLAQUE,
    Plaque(aorta(44), (26, 31), (7, 9), (-2.6, -1.9)),
    RENAL_PLAQUE,
    Plaque(RENAL_TUBES[1], (10, 14), (1.5, 3.1), (-pi / 2, pi / 2)),
)


def put_into(panel, choices, case):
    """Put CT, arteries and calcification into the scene, and choose them."""
    from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification
    from AbdominalCalcificationLib.scene.volumes import volume_node_from

    ct, arteries, calcification = case
    parameters = parameters_of(panel)
    parameters.ct = volume_node_from(ct, "CT")
    parameters.arteries = show_arteries(parameters.ct, arteries)
    parameters.calcification = show_calcification(parameters.ct, calcification)
    parameters.arterySource = choices.ArterySource.EXISTING
    parameters.calcificationSource = choices.CalcificationSource.EXISTING
    run_as_before(panel)
    return panel


def clusters_of(panel):
    return panel.logic.foundResults(parameters_of(panel)).document["clusters"]


def a_crosshair():
    node = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    if node is None:
        node = slicer.vtkMRMLCrosshairNode()
        node.SetCrosshairName("default")
        node = slicer.mrmlScene.AddNode(node)
    return node


def reject(panel):
    panel.ui.clustersTable.selectRow(0)
    panel.ui.rejectCluster.click()


def add_plaque(panel):
    from host.slice_views import click

    if not panel.ui.plaqueTool.checked:
        panel.ui.plaqueTool.click()
    click(tuple(RENAL_PLAQUE.tube.point(23)))
    settle(panel)
    panel.ui.acceptPlaque.click()
    settle(panel)


def join(panel):
    from host.slice_views import click

    panel.ui.joinTool.click()
    click(tuple(RENAL_TUBES[1].point(24)))
    settle(panel)
