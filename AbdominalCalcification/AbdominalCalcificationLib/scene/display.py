"""What the views show of a result: surfaces, and the place that is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def show_surfaces(nodes: Iterable, visible: bool) -> None:
    """Show or hide segmentations in the 3D views; None among `nodes` is passed over."""
    for node in nodes:
        if node is None:
            continue
        if visible:
            node.CreateClosedSurfaceRepresentation()
        node.CreateDefaultDisplayNodes()
        node.GetDisplayNode().SetVisibility3D(visible)


def centre_on(ras_mm: Sequence[float]) -> None:
    """Centre all slice views of the application's scene on a place, and put the crosshair there."""
    import slicer

    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *ras_mm, slicer.vtkMRMLSliceNode.CenteredJumpSlice)
    crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    if crosshair is not None:
        crosshair.SetCrosshairRAS(ras_mm)
