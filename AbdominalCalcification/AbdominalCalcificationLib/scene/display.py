"""What the views show of a result: surfaces, and the place that is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# A node attribute that says that a surface of its masks would take too long to make.
_NO_SURFACE = "AbdominalCalcification.NoSurface"


def allow_surface(node, allowed: bool) -> None:
    """Make the closed surface of a segmentation for the 3D views, or see to it that nothing makes it."""
    if allowed:
        node.RemoveAttribute(_NO_SURFACE)
        node.CreateClosedSurfaceRepresentation()
        return
    node.SetAttribute(_NO_SURFACE, "1")
    node.RemoveClosedSurfaceRepresentation()
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetVisibility3D(False)


def show_surfaces(nodes: Iterable, visible: bool) -> None:
    """Show or hide segmentations in the 3D views; None among `nodes` is passed over, dust stays hidden."""
    for node in nodes:
        if node is None:
            continue
        possible = visible and node.GetAttribute(_NO_SURFACE) is None
        if possible:
            node.CreateClosedSurfaceRepresentation()
        node.CreateDefaultDisplayNodes()
        node.GetDisplayNode().SetVisibility3D(possible)


def centre_on(ras_mm: Sequence[float]) -> None:
    """Centre all slice views of the application's scene on a place, and put the crosshair there."""
    import slicer

    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *ras_mm, slicer.vtkMRMLSliceNode.CenteredJumpSlice)
    crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    if crosshair is not None:
        crosshair.SetCrosshairRAS(ras_mm)
