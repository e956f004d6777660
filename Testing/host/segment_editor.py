"""What Slicer's Segment Editor tells of an edit, as far as others can hear it."""

from __future__ import annotations

import slicer
import vtk

_EVENTS_OF_A_STROKE = 3
_EVENTS_OF_AN_UPDATE = 2  # by slicer.util


def paint(node, segment_id: str, array, volume_node) -> None:
    """Put `array` (k, j, i on the grid of the volume) into a segment as one stroke of the brush does.

    A stroke fires three events of the segmentation for the painted segment, and three of the node.
    """
    slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment_id, volume_node)
    for _ in range(_EVENTS_OF_A_STROKE - _EVENTS_OF_AN_UPDATE):
        _tell(node, segment_id)


def undo(node, history) -> None:
    """Restore the state before; this fires for every segment, changed or not.

    `history` is a ``vtkSegmentationHistory``.
    """
    history.RestorePreviousState()
    for segment_id in node.GetSegmentation().GetSegmentIDs():
        _tell(node, segment_id)


def _tell(node, segment_id: str) -> None:
    node.GetSegmentation().InvokeEvent(slicer.vtkSegmentation.SourceRepresentationModified, segment_id)
    node.InvokeEvent(vtk.vtkCommand.AnyEvent)
