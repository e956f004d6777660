"""Masks in the scene for the tests of segmentations."""

import numpy as np

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.geometry import Volume
from AbdominalCalcificationLib.scene.volumes import grid_of_node

SHAPE = (8, 9, 10)


def artery_array():
    array = np.zeros(SHAPE, np.uint8)
    array[1:7, 3:6, 4:7] = territory("aorta").label
    array[4, 4, 7:10] = territory("renal_left").label
    array[5, 4, 1:4] = territory("renal_right").label
    return array


def artery_mask(ct_node):
    return Volume(artery_array(), grid_of_node(ct_node))


def add_segment(node, array, volume_node, *, name, segment_id="Segment_1", value=1):
    """Draw a segment of its own, as the Segment Editor leaves one that overlaps others."""
    import slicer

    segment_id = node.GetSegmentation().AddEmptySegment(segment_id, name)
    slicer.util.updateSegmentBinaryLabelmapFromArray(array.astype(np.uint8), node, segment_id, volume_node)
    return segment_id
