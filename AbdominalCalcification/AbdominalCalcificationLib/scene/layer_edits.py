"""A label map that segments share, edited in its place: Slicer's own way looks at all of it for each segment."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from ..geometry import Box, common_box
from ..geometry.box import box_at, inside, part_of
from .segmentations import segments_of
from .surfaces import closed_surface
from .volumes import array_of_image, image_of_array


class LayerEdit:
    """New values of one label map, and the surfaces of the segments that change; made ready, then put into the scene.

    Parameters
    ----------
    image : vtkOrientedImageData
        Of one segment, or shared by several; it stays as it is until :meth:`put`.
    """

    def __init__(self, image):
        self.image = image
        self._values: np.ndarray | None = None  # in the box of the change
        self._box: Box | None = None
        self._offset: tuple[int, ...] = ()
        self._segments: dict[str, int] = {}  # those that change: the values of their voxels
        self._array: np.ndarray | None = None
        self._start: list[int] = []
        self._surfaces: dict[str, Any] = {}

    def take(self, segment, where: np.ndarray, box: Box) -> None:
        """Take voxels from a segment.

        Parameters
        ----------
        segment : _Drawn
            ID, value and, as voxel of the CT (k, j, i), where its label map begins.
        where : ndarray of bool, shape of `box`
            Those that are its own are taken.
        box : tuple of slice
            In the CT (k, j, i).
        """
        values = self._read(segment, box)
        own = where & (values == segment.value)
        if own.any():
            values[own] = 0
            self._segments[segment.segment_id] = segment.value

    def give(self, segment, where: np.ndarray, box: Box) -> bool:
        """Give voxels to a segment; return whether that can be: another one that shares the label map has none of them.

        Parameters as for :meth:`take`.
        """
        values = self._read(segment, box)
        taken = values[where]
        if not ((taken == 0) | (taken == segment.value)).all():
            return False
        values[where] = segment.value
        self._segments[segment.segment_id] = segment.value
        return True

    def ready_steps(self, node) -> Generator[None, None, None]:
        """Make the label map as it will be, and the surfaces of the segments that change, where they have some."""
        if not self._segments or self._box is None or self._values is None:
            return
        old = array_of_image(self.image)
        whole, here = box_at((0, 0, 0), old.shape), inside(self._box, box_at(self._offset, old.shape))
        around = common_box([whole, here]) or whole
        self._array = part_of(old, whole, around)
        self._array[inside(here, around)] = self._values
        extent = self.image.GetExtent()
        self._start = [part.start + first for part, first in zip(around, extent[4::-2], strict=True)]
        yield
        matrix, segmentation = vtkMatrix4x4(), node.GetSegmentation()
        self.image.GetImageToWorldMatrix(matrix)
        for segment_id, value in self._segments.items():
            if segmentation.GetSegment(segment_id).GetRepresentation(_closed()) is not None:
                found = closed_surface(self._array, value, self._start, matrix, segmentation)
                self._surfaces[segment_id] = found
                yield

    def put(self, node: Any) -> None:
        """Put it into the scene."""
        if not self._segments or self._array is None:
            return
        import slicer

        segmentation = node.GetSegmentation()
        made, matrix = slicer.vtkOrientedImageData(), vtkMatrix4x4()
        image_of_array(self._array, made, self._start[::-1], copy=False)
        self.image.GetImageToWorldMatrix(matrix)
        made.SetImageToWorldMatrix(matrix)
        surfaces = {key: segmentation.GetSegment(key).GetRepresentation(_closed()) for key, _ in segments_of(node)}
        surfaces |= self._surfaces
        # At once: whoever is told of it finds extent and voxels that fit. Slicer then drops the surfaces of all
        # segments, also of those that stay as they are.
        self.image.ShallowCopy(made)
        for segment_id, surface in surfaces.items():
            segment = segmentation.GetSegment(segment_id)
            if segment_id in self._surfaces:
                surface.Modified()  # a history of undo that has a younger copy of the old one would keep that
            if surface is not None and segment.GetRepresentation(_closed()) is not surface:
                segment.AddRepresentation(_closed(), surface)
        for segment_id in self._segments:
            if segment_id in self._surfaces:
                segmentation.InvokeEvent(segmentation.RepresentationModified, segment_id)
            segmentation.InvokeEvent(segmentation.SourceRepresentationModified, segment_id)

    def _read(self, segment, box: Box) -> np.ndarray:
        if self._values is None:
            self._box, self._offset = box, segment.offset
            array = array_of_image(self.image)
            self._values = part_of(array, box_at(segment.offset, array.shape), box)
        return self._values


def _closed() -> str:
    import slicer

    return slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
