"""The layout of the views: Slicer's own layout logic, and which views are in sight."""

from __future__ import annotations

from contextlib import contextmanager

import slicer

_KINDS = ("vtkMRMLViewNode", "vtkMRMLSliceNode", "vtkMRMLPlotViewNode", "vtkMRMLTableViewNode")


@contextmanager
def laid_out():
    """Lay views out as the application's layout manager does: four of them; yield the ``vtkMRMLLayoutNode``."""
    scene, logic = slicer.mrmlScene, slicer.vtkMRMLLayoutLogic()
    logic.SetMRMLScene(scene)
    node = logic.GetLayoutNode()

    def map_views(_caller=None, _event=None):
        shown = logic.GetViewNodes()
        in_sight = {shown.GetItemAsObject(number).GetID() for number in range(shown.GetNumberOfItems())}
        for kind in _KINDS:
            for number in range(scene.GetNumberOfNodesByClass(kind)):
                view = scene.GetNthNodeByClass(number, kind)
                view.SetMappedInLayout(view.GetID() in in_sight)

    tag = node.AddObserver("ModifiedEvent", map_views)
    try:
        node.SetViewArrangement(node.SlicerLayoutFourUpView)
        yield node
    finally:
        node.RemoveObserver(tag)
        logic.SetMRMLScene(None)
        scene.RemoveNode(node)
