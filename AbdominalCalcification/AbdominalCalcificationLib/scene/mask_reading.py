"""Masks read for a correction by one click: in short steps, and only where something is."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..geometry import Volume
from ..progress import Progress, Steps
from ..reading.meanings import Wanted
from .layers import read_layers
from .masks import understood_segments
from .segmentations import mask_state
from .tracking import slabs

_READING = Progress("Reading the mask", 0.0)


def mask_steps(node, volume_node, wanted: Wanted) -> Steps[Volume]:
    """Return the mask that :func:`masks.mask_from_node` finds in a segmentation node; memory is touched where it lies.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
    volume_node : vtkMRMLScalarVolumeNode
        The CT.
    wanted : Wanted

    Raises
    ------
    InputError
        As :func:`masks.mask_from_node`.
    """
    understood = understood_segments(node, wanted)
    if understood.problem:
        raise InputError(f"'{node.GetName()}' {understood.problem}; rename its segments, or say what they are.")
    yield _READING
    layers = read_layers(node, volume_node, wanted)
    yield _READING
    array = np.zeros(layers.grid.shape, np.uint8)
    for box in slabs(layers.extent()):
        array[box] = layers.part(box)
        yield _READING
    return Volume(array, layers.grid)


def check_same(node, ct, before: tuple) -> None:
    """Refuse to replace a mask that was edited since its state was `before` (:func:`segmentations.mask_state`).

    Raises
    ------
    InputError
    """
    if mask_state(node, ct) != before:
        raise InputError(f"'{node.GetName()}' was edited meanwhile and stays as it is; try again.")
