"""Closed surfaces of segments, made as Slicer makes them, from the part of a label map that matters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from ..geometry import bounding_box
from .volumes import image_of_array


def closed_surface(
    labels: np.ndarray, value: int, start_kji: Sequence[int], image_to_world: vtkMatrix4x4, like
) -> vtkPolyData:
    """Return the surface of one value of a label map.

    Slicer looks at all voxels of a label map for each segment that shares it; here only the box of the segment is
    looked at, which for a branch is a hundredth of it.

    Parameters
    ----------
    labels : ndarray, shape (k, j, i)
    value : int
    start_kji : sequence of int
        Where the first voxel lies in the image whose matrix is given.
    image_to_world : vtkMatrix4x4
    like : vtkSegmentation
        How surfaces are made: with its conversion parameters.

    Returns
    -------
    vtkPolyData
        Empty where the value does not occur.
    """
    import slicer

    inside = labels == value
    box = bounding_box(inside)
    if box is None:
        return vtkPolyData()
    kind = slicer.vtkSegmentationConverter
    binary = kind.GetSegmentationBinaryLabelmapRepresentationName()
    closed = kind.GetSegmentationClosedSurfaceRepresentationName()
    image = slicer.vtkOrientedImageData()
    start = [part.start + first for part, first in zip(box, start_kji, strict=True)]
    image_of_array(inside[box].astype(np.uint8), image, start[::-1])
    image.SetImageToWorldMatrix(image_to_world)
    segment = slicer.vtkSegment()
    segment.SetLabelValue(1)
    segment.AddRepresentation(binary, image)
    alone = slicer.vtkSegmentation()
    alone.SetSourceRepresentationName(binary)
    alone.CopyConversionParameters(like)
    alone.AddSegment(segment, "alone")
    alone.CreateRepresentation(closed)
    return segment.GetRepresentation(closed)
