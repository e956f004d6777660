"""What a change would add to a mask, shown before it is taken."""

from __future__ import annotations

import numpy as np

from ..display import PREVIEW_COLOR
from ..progress import drained
from ..review.change import MaskChange
from .ready_segments import Described, Surfaces, ready_segments_steps
from .segmentations import Kind, put
from .volumes import grid_of_node

_PREVIEW = Kind("preview", 1.0, 0.1, True, lambda _segment_id, _segment: True)


def show_preview(volume_node, change: MaskChange):
    """Show the voxels that a change would give a mask, filled; nothing reads the node back, and no scene keeps it.

    Parameters
    ----------
    volume_node : vtkMRMLScalarVolumeNode
        The CT, on whose voxels the change lies.
    change : review.MaskChange

    Returns
    -------
    vtkMRMLSegmentationNode
        To be removed from the scene when it has been seen.
    """
    import slicer

    array = np.zeros(grid_of_node(volume_node).shape, np.uint8)
    array[change.box] = (change.after != change.before) & (change.after != 0)
    described = [Described("preview", "Not yet added", PREVIEW_COLOR, 1)]
    ready = drained(ready_segments_steps(volume_node, array, described, slicer.vtkSegmentation(), Surfaces.MADE))
    node = put(_PREVIEW, volume_node, ready)
    keep_out_of_files(node)
    node.GetDisplayNode().SetVisibility2DFill(True)
    return node


def keep_out_of_files(node) -> None:
    """See to it that a scene that is saved holds neither a node nor what displays it."""
    for each in (node, *(node.GetNthDisplayNode(number) for number in range(node.GetNumberOfDisplayNodes()))):
        each.SetSaveWithScene(False)
