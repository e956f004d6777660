"""What a user does with the Segment Editor's effects: strokes in the views, and *Apply*.

The voxels are changed by Slicer's own editor logic, with its masks and its overwrite mode.
"""

from __future__ import annotations

import numpy as np
import slicer
import vtk
from scipy import ndimage
from vtk.util import numpy_support

_VIEW_HEIGHT_MM = 250.0  # what a relative brush is a percentage of


def stroke(editor, places_ras, normal_axis: int = 0) -> None:
    """Draw with Paint or Erase through places, RAS in mm, in a slice view along array axis `normal_axis` (k, j, i)."""
    node = editor._node
    name = node.GetActiveEffectName()
    assert name in ("Paint", "Erase"), f"the effect in use is '{name}'"
    assert editor._views_observed, "the effect does not follow the views"
    percent = float(node.GetAttribute("BrushRelativeDiameter")) / 100
    relative = node.GetAttribute("BrushDiameterIsRelative") == "1"
    diameter_mm = percent * _VIEW_HEIGHT_MM if relative else float(node.GetAttribute("BrushAbsoluteDiameter"))
    editor._logic.ResetModifierLabelmapToDefault()
    image = editor._logic.GetModifierLabelmap()
    array = _array(image)
    for place in places_ras:
        _put_brush(image, array, place, diameter_mm / 2, node.GetAttribute("BrushSphere") == "1", normal_axis)
    logic = editor._logic
    removed = logic.ModificationModeRemove
    if name == "Erase" and node.GetAttribute("Erase.EraseAllSegments") == "1":
        removed = logic.ModificationModeRemoveAll
    _modify(editor, image, logic.ModificationModeAdd if name == "Paint" else removed)


def apply(editor) -> None:
    """Press *Apply* of Threshold, Islands or Margin with the options that the editor node holds."""
    name = editor._node.GetActiveEffectName()
    {"Threshold": _threshold, "Islands": _islands, "Margin": _margin}[name](editor)


def _threshold(editor):
    low, high = (float(editor._node.GetAttribute(f"Threshold.{end}Threshold")) for end in ("Minimum", "Maximum"))
    logic = editor._logic
    logic.UpdateAlignedSourceVolume()
    logic.ResetModifierLabelmapToDefault()
    source = _array(logic.GetAlignedSourceVolume())
    _array(logic.GetModifierLabelmap())[:] = (source >= low) & (source <= high)
    _modify(editor, logic.GetModifierLabelmap(), logic.ModificationModeSet)
    editor.setActiveEffect(None)


def _islands(editor):
    image, array = _selected(editor)
    labels, count = ndimage.label(array)
    sizes = ndimage.sum_labels(array != 0, labels, np.arange(1, count + 1))
    if editor._node.GetAttribute("Islands.Operation") == "KEEP_LARGEST_ISLAND":
        kept = [int(sizes.argmax()) + 1] if count else []
    else:  # REMOVE_SMALL_ISLANDS
        kept = np.flatnonzero(sizes >= int(editor._node.GetAttribute("Islands.MinimumSize"))) + 1
    array[:] = np.isin(labels, kept)
    _modify(editor, image, editor._logic.ModificationModeSet)


def _margin(editor):
    image, array = _selected(editor)
    size_mm = float(editor._node.GetAttribute("Margin.MarginSizeMm"))
    spacing = image.GetSpacing()[::-1]
    outside = ndimage.distance_transform_edt(array == 0, sampling=spacing)
    inside = ndimage.distance_transform_edt(array != 0, sampling=spacing)
    array[:] = outside <= size_mm if size_mm > 0 else inside > -size_mm
    _modify(editor, image, editor._logic.ModificationModeSet)


def _selected(editor):
    """Return the modifier label map with the selected segment in it, and its voxels."""
    editor._logic.ResetModifierLabelmapToDefault()
    editor._logic.UpdateSelectedSegmentLabelmap()
    image = editor._logic.GetModifierLabelmap()
    selected = editor._logic.GetSelectedSegmentLabelmap()
    vtk_or = slicer.vtkOrientedImageDataResample
    vtk_or.ModifyImage(image, selected, vtk_or.OPERATION_MAXIMUM)
    return image, _array(image)


def _modify(editor, image, mode):
    editor.saveStateForUndo()
    image.Modified()
    node = editor._node
    segmentation, segment_id = node.GetSegmentationNode(), node.GetSelectedSegmentID()
    editor._logic.ModifySegmentByLabelmap(segmentation, segment_id, image, mode, False, False)


def _array(image) -> np.ndarray:
    extent = image.GetExtent()
    shape = [extent[2 * axis + 1] - extent[2 * axis] + 1 for axis in (2, 1, 0)]
    return numpy_support.vtk_to_numpy(image.GetPointData().GetScalars()).reshape(shape)


def _put_brush(image, array, place_ras, radius_mm, is_sphere, normal_axis) -> None:
    """Put a brush whose centre is at a place into an image, whose voxels are `array`."""
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    to_world = np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
    centre = (np.linalg.solve(to_world, [*place_ras, 1])[:3] - image.GetExtent()[::2])[::-1]
    reach = radius_mm * np.linalg.norm(np.linalg.inv(to_world[:3, :3]), axis=1)[::-1]
    first = np.maximum(np.floor(centre - reach), 0).astype(int)
    last = np.minimum(np.ceil(centre + reach) + 1, array.shape).astype(int)
    if (last <= first).any():
        return
    box = tuple(slice(low, high) for low, high in zip(first, last, strict=True))
    away = [grid - middle for grid, middle in zip(np.ogrid[box], centre, strict=True)]
    squared = sum(sum(to_world[row, column] * away[2 - column] for column in range(3)) ** 2 for row in range(3))
    inside = squared <= radius_mm**2
    if not is_sphere:
        inside &= np.abs(away[normal_axis]) <= 0.5
    array[box] |= inside.astype(array.dtype)
