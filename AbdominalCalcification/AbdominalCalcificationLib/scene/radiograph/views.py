"""What the slice views show of a radiograph: the whole image in its own plane, or one level of it."""

from __future__ import annotations

import numpy as np

from ..nodes import nodes_of
from .record import PARTS, RadiographRecord, all_records

# Around one level, as a multiple of its length.
_AROUND = 2.2


def show_image(image) -> bool:
    """Show a radiograph in every slice view of its scene, in the plane of its pixels, and the results of no other.

    Returns
    -------
    bool
        Whether a view showed something else before, so that its field has to be fitted.
    """
    scene, changed = image.GetScene(), False
    for view in nodes_of(scene, "vtkMRMLSliceCompositeNode"):
        if view.GetBackgroundVolumeID() != image.GetID():
            view.SetBackgroundVolumeID(image.GetID())
            changed = True
    for view in nodes_of(scene, "vtkMRMLSliceNode"):
        if view.GetLayoutName() == "Red":
            view.RotateToVolumePlane(image)
    for record in all_records(scene):
        show_parts(record, record.image is image)
    return changed


def show_parts(record: RadiographRecord, shown: bool) -> None:
    """Show or hide everything that shows a result."""
    for name in PARTS:
        node = record.part(name)
        if node is not None and node.GetDisplayNode() is not None:
            node.GetDisplayNode().SetVisibility(shown)


def look_at_line(record: RadiographRecord, line) -> None:
    """Let the slice view of the radiograph look at a line of it (points), as large as it fits with what is around.

    Without points the whole image is left as it is.
    """
    line = np.asarray(line, float).reshape(-1, 2)
    if len(line) == 0:
        return
    placement = record.placement
    (place,) = placement.ras((line.min(axis=0) + line.max(axis=0)) / 2)
    size_mm = placement.length_mm(max(float(np.ptp(line, axis=0).max()), 1.0)) * _AROUND
    for view in nodes_of(record.text.GetScene(), "vtkMRMLSliceNode"):
        if view.GetLayoutName() != "Red":
            continue
        width, height, depth = view.GetFieldOfView()
        view.SetFieldOfView(size_mm * width / height, size_mm, depth)
        view.JumpSliceByCentering(*[float(each) for each in place])


def only_red_view(scene) -> int | None:
    """Show one slice view alone: a radiograph has one plane. Return the layout before; None where none was changed."""
    layout = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    if layout is None or layout.GetViewArrangement() == layout.SlicerLayoutOneUpRedSliceView:
        return None
    before = layout.GetViewArrangement()
    layout.SetViewArrangement(layout.SlicerLayoutOneUpRedSliceView)
    return before


def back_to_layout(scene, before: int | None) -> None:
    """Bring the layout before :func:`only_red_view` back, unless somebody has chosen another one since."""
    layout = scene.GetFirstNodeByClass("vtkMRMLLayoutNode")
    if layout is None or before is None:
        return
    if layout.GetViewArrangement() == layout.SlicerLayoutOneUpRedSliceView:
        layout.SetViewArrangement(before)
