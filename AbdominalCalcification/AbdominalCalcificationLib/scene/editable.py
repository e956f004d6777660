"""Where an editor may paint calcification: a hidden copy of the CT that has HU near the arteries alone.

Slicer's Segment Editor limits painting to segments of the edited segmentation, or to a range of the source volume.
Arteries are another segmentation, so that painting calcification never alters them; as the source volume, this copy
makes the range of HU a limit to the arteries' neighbourhood, too.
"""

from __future__ import annotations

import math

import numpy as np
from vtkmodules.vtkCommonCore import VTK_DOUBLE, VTK_FLOAT
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from ..geometry import Box, Volume, bounding_box, grown
from ..progress import Progress, Steps, shown
from .nodes import drawn_on
from .volumes import array_of_image, array_of_matrix, image_of_array, matrix_of_array, volume_from_node

# A node attribute that says that a volume is such a copy.
_EDITABLE = "AbdominalCalcification.Editable"
_SAME_MM = 1e-4
_PLANES = 32
_LOOKING = Progress("what is near arteries", 0.5)


def put_editable_steps(ct_node, arteries: Volume, reach_mm: float, node=None) -> Steps[object]:
    """Put the HU near arteries into a hidden volume node; elsewhere it is below all of them.

    Parameters
    ----------
    ct_node : vtkMRMLScalarVolumeNode
    arteries : Volume
        Non-zero = artery, on the grid of the CT.
    reach_mm : float
        What is near: as far as that, from centre to centre, as calcification is assigned to arteries.
    node : vtkMRMLScalarVolumeNode, optional
        To be filled anew; a new node by default. It is not saved with the scene.

    Returns
    -------
    vtkMRMLScalarVolumeNode or None
        None where there is no artery.
    """
    import slicer

    from ..geometry.neighbourhood import dilated_steps

    box = bounding_box(arteries.array)
    if box is None:
        return None
    yield _LOOKING
    ct = volume_from_node(ct_node)
    box = grown(box, reach_mm, ct.grid)
    near = yield from shown(dilated_steps(arteries.array[box] != 0, ct.grid.cropped(box), reach_mm), _LOOKING)
    array = yield from _below_elsewhere_steps(ct.array[box], near)
    node = _new_node(ct_node) if node is None else node
    with slicer.util.NodeModify(node):
        node.SetAndObserveTransformNodeID(ct_node.GetTransformNodeID())
        node.SetIJKToRASMatrix(_matrix_of_box(ct_node, box))
        node.SetAndObserveImageData(image_of_array(array, copy=False))
        node.SetAttribute(_EDITABLE, ct_node.GetID())
    return node


def confine(mask_node, ct_node, editable_node=None) -> None:
    """Let editors work in the box of what is editable: Slicer's limits look at every voxel there is, at each stroke.

    Segments that reach out of the box are wholly in it all the same, and the voxels stay those of the CT. A mask that
    is saved meanwhile is saved in that box: nothing of it is lost, and without `editable_node` it is the whole CT
    again.

    Parameters
    ----------
    mask_node : vtkMRMLSegmentationNode
        Where it was not drawn on the voxels of the CT, or lies under another transform, it is left as it is.
    ct_node : vtkMRMLScalarVolumeNode
    editable_node : vtkMRMLScalarVolumeNode, optional
        What :func:`put_editable` made; without it, the whole CT.
    """
    import slicer

    if drawn_on(mask_node) is not ct_node or mask_node.GetParentTransformNode() is not ct_node.GetParentTransformNode():
        return
    kind, segmentation = slicer.vtkSegmentationConverter, mask_node.GetSegmentation()
    name = kind.GetReferenceImageGeometryParameterName()
    before, geometry = segmentation.GetConversionParameter(name), slicer.vtkOrientedImageData()
    kind.DeserializeImageGeometry(before, geometry, False)
    now, matrix = vtkMatrix4x4(), vtkMatrix4x4()
    geometry.GetImageToWorldMatrix(now)
    ct_node.GetIJKToRASMatrix(matrix)
    if np.abs(array_of_matrix(now) - array_of_matrix(matrix)).max() > _SAME_MM:
        return
    geometry.SetExtent(_extent_of_box(ct_node, editable_node))
    text = kind.SerializeImageGeometry(geometry)
    if text != before:
        segmentation.SetConversionParameter(name, text)


def is_editable(node) -> bool:
    """Return whether a volume is a copy that :func:`put_editable` made."""
    return node is not None and node.GetAttribute(_EDITABLE) is not None


def range_steps(node) -> Steps[tuple[float, float]]:
    """Return the lowest and highest value of a volume, NaN apart; VTK looks for them in one go, for a second."""
    array, found = array_of_image(node.GetImageData()), []
    for first in range(0, len(array), _PLANES):
        planes = array[first : first + _PLANES]
        if np.issubdtype(planes.dtype, np.floating):
            planes = planes[~np.isnan(planes)]
        if planes.size:
            found += [planes.min(), planes.max()]
        yield _LOOKING
    return (float(min(found)), float(max(found))) if found else (0.0, 0.0)


def paintable_hu(
    node, above_hu: float, inverted: bool = False, values: tuple[float, float] | None = None
) -> tuple[float, float]:
    """Return the range of a volume's values that are above a HU, the ends included; inverted, of all other HU.

    Parameters
    ----------
    node : vtkMRMLScalarVolumeNode
        A CT, or such a copy of it, whose lowest value stands for *elsewhere* and is in neither range.
    values : tuple of float, optional
        Its lowest and highest value (:func:`range_steps`), where they are known.
    """
    lowest, highest = node.GetImageData().GetScalarRange() if values is None else values
    kind = node.GetImageData().GetScalarType()

    def next_to(value):
        # Whole numbers stay whole, or Slicer would cut fractions off.
        if kind == VTK_FLOAT:
            return float(np.nextafter(np.float32(value), np.float32(np.inf)))
        return math.nextafter(value, math.inf) if kind == VTK_DOUBLE else float(value + 1)

    if kind == VTK_FLOAT:
        upto = np.float32(above_hu)
        upto = float(upto if upto <= above_hu else np.nextafter(upto, np.float32(-np.inf)))
    else:
        upto = above_hu if kind == VTK_DOUBLE else math.floor(above_hu)
    if inverted:
        first, last = next_to(lowest) if is_editable(node) else lowest, float(upto)
    else:
        first = next_to(upto)
        last = max(highest, first)
    # A range of a single value is to Slicer one that nobody has set.
    return first, last + math.copysign(0.25, last) if first == last else last


def _below_elsewhere_steps(hu: np.ndarray, near: np.ndarray) -> Steps[np.ndarray]:
    """Return HU with a margin of one voxel; where not `near` the value is below all that are."""
    slabs = [slice(first, first + _PLANES) for first in range(0, len(hu), _PLANES)]
    minima = []
    for slab in slabs:
        values = hu[slab][near[slab]]
        minima += [np.nanmin(values)] if values.size else []
        yield _LOOKING
    lowest = np.nanmin(minima)
    if np.issubdtype(hu.dtype, np.integer):
        below, kind = int(lowest) - 1, hu.dtype
        if below < np.iinfo(kind).min:
            kind = np.int32
    else:
        below, kind = float(np.floor(lowest)) - 1, hu.dtype
    array = np.full(np.array(hu.shape) + 2, below, kind)
    yield _LOOKING
    inner = array[1:-1, 1:-1, 1:-1]
    for slab in slabs:
        np.copyto(inner[slab], hu[slab], where=near[slab], casting="unsafe")
        yield _LOOKING
    return array


def _extent_of_box(ct_node, editable_node) -> list[int]:
    """Return the first and last i, j and k of a CT that a copy of it holds; of all where there is no copy."""
    last = np.array(ct_node.GetImageData().GetDimensions()) - 1
    first = np.zeros(3, int)
    if editable_node is not None:
        to_ijk, origin = vtkMatrix4x4(), editable_node.GetOrigin()
        ct_node.GetRASToIJKMatrix(to_ijk)
        start = np.round(to_ijk.MultiplyPoint((*origin, 1.0))[:3]).astype(int)
        end = start + np.array(editable_node.GetImageData().GetDimensions()) - 1
        first, last = np.maximum(start, first), np.minimum(end, last)
    return np.stack([first, last], axis=1).ravel().tolist()


def _matrix_of_box(ct_node, box: Box):
    """Return the IJK-to-RAS matrix of a box with a margin of one voxel, in the CT's own coordinates."""
    matrix = vtkMatrix4x4()
    ct_node.GetIJKToRASMatrix(matrix)
    moved = array_of_matrix(matrix)
    moved[:3, 3] += moved[:3, :3] @ [part.start - 1 for part in box[::-1]]
    return matrix_of_array(moved)


def _new_node(ct_node):
    import slicer

    node = slicer.vtkMRMLScalarVolumeNode()
    # Before it is in the scene, or subject hierarchy and lists take it for an image of the user's.
    node.SetHideFromEditors(True)
    node.SetSaveWithScene(False)
    node.SetName(f"{ct_node.GetName()} near arteries")
    ct_node.GetScene().AddNode(node)
    return node
