"""What the views show of a case: its CT and masks, surfaces, and the place that is looked at."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ..display import CTA_LEVEL_HU, CTA_WINDOW_HU
from .nodes import nodes_of
from .results import all_results

# A little air around what a 3D view is fitted to.
_MARGIN = 1.1
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


def bring_3d_into_sight(scene) -> bool:
    """Choose a layout with a 3D view where that in use has none; a chart that is in sight stays there.

    Returns
    -------
    bool
        Whether another layout had to be chosen; never where there is no window.
    """
    layout = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    if layout is None or _is_in_sight(scene, "vtkMRMLViewNode"):
        return False
    getattr(layout, "RemoveAllMaximizedViewNodes", lambda: None)()  # not in older Slicers
    layout.SetViewArrangement(
        layout.SlicerLayoutConventionalPlotView
        if _is_in_sight(scene, "vtkMRMLPlotViewNode")
        else layout.SlicerLayoutFourUpView
    )
    return True


def _is_in_sight(scene, kind: str) -> bool:
    return any(view.IsMappedInLayout() for view in nodes_of(scene, kind))


def centre_on(ras_mm: Sequence[float]) -> None:
    """Centre all slice views of the application's scene on a place, and put the crosshair there."""
    import slicer

    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *ras_mm, slicer.vtkMRMLSliceNode.CenteredJumpSlice)
    crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    if crosshair is not None:
        crosshair.SetCrosshairRAS(ras_mm)


def centre_cameras_on(ras_mm: Sequence[float]) -> None:
    """Let every 3D view of the application's scene look at a place, from the side and distance it looked from."""
    import slicer

    for camera in nodes_of(slicer.mrmlScene, "vtkMRMLCameraNode"):
        moved = zip(camera.GetPosition(), camera.GetFocalPoint(), ras_mm, strict=True)
        camera.SetPosition([position - focus + place for position, focus, place in moved])
        camera.SetFocalPoint(list(ras_mm))
        camera.ResetClippingRange()


def show_ct(ct) -> bool:
    """Show a CT in every slice view of its scene.

    Returns
    -------
    bool
        Whether a view showed something else before, so that its field has to be fitted.
    """
    changed = False
    for view in nodes_of(ct.GetScene(), "vtkMRMLSliceCompositeNode"):
        if view.GetBackgroundVolumeID() != ct.GetID():
            view.SetBackgroundVolumeID(ct.GetID())
            changed = True
    return changed


def window_for_angiogram(ct) -> None:
    """Give a CT the window in which vessels and their calcification are read, unless somebody chose one."""
    ct.CreateDefaultDisplayNodes()
    display = ct.GetDisplayNode()
    if display.GetAutoWindowLevel():
        display.SetAutoWindowLevel(False)
        display.SetWindowLevel(CTA_WINDOW_HU, CTA_LEVEL_HU)


def show_masks_of(ct) -> None:
    """Show what was measured on a CT, and hide what was measured on the others of its scene.

    Segments that are all hidden one by one are shown too: a second scene that was loaded may have left them so, and
    numbers beside an image without a mask would look as if nothing was found.
    """
    results = sorted(all_results(ct.GetScene()), key=lambda one: one.ct is ct)  # its own last: masks may be shared
    for one in results:
        for node in one.masks.values():
            display = node.GetDisplayNode()
            if display is None:
                continue
            display.SetVisibility(one.ct is ct)
            segments = node.GetSegmentation().GetSegmentIDs()
            if one.ct is ct and segments and not any(map(display.GetSegmentVisibility, segments)):
                display.SetAllSegmentsVisibility(True)


def are_surfaces_shown(nodes: Iterable) -> bool:
    """Return whether any of the segmentations is shown in 3D; None among `nodes` is passed over."""
    displays = [node.GetDisplayNode() for node in nodes if node is not None]
    return any(one is not None and one.GetVisibility() and one.GetVisibility3D() for one in displays)


def fit_cameras(node) -> None:
    """Let every 3D view of the scene look from in front at a segmentation, as large as it fits; not at an empty one."""
    centre, sides_mm = extent_of(node)
    if min(sides_mm) <= 0:
        return
    radius_mm = math.hypot(*sides_mm) / 2
    for camera in nodes_of(node.GetScene(), "vtkMRMLCameraNode"):
        distance_mm = _MARGIN * radius_mm / math.sin(math.radians(camera.GetCamera().GetViewAngle()) / 2)
        camera.SetFocalPoint(centre)
        camera.SetPosition([centre[0], centre[1] + distance_mm, centre[2]])
        camera.SetViewUp([0, 0, 1])
        camera.ResetClippingRange()


def place_to_look_at(document: dict, arteries) -> tuple[float, float, float] | None:
    """Return where slices are worth looking at first, RAS in mm: the largest cluster, else the middle of the arteries.

    Parameters
    ----------
    document : dict
        The measurement as in measurements.json.
    arteries : vtkMRMLSegmentationNode or None
    """
    largest = max(document["clusters"], key=lambda cluster: cluster["volume_mm3"], default=None)
    if largest is not None:
        return tuple(largest["centroid_ras"])
    if arteries is None:
        return None
    centre, sides_mm = extent_of(arteries)
    return centre if sides_mm[0] > 0 else None


def extent_of(node) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return the middle of what a volume or segmentation fills, RAS in mm, and how wide that is along R, A and S."""
    bounds = [0.0] * 6
    node.GetRASBounds(bounds)
    sides = list(zip(bounds[::2], bounds[1::2], strict=True))
    return tuple((lower + upper) / 2 for lower, upper in sides), tuple(upper - lower for lower, upper in sides)
