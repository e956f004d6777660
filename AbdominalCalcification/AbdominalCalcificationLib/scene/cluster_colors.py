"""Clusters in colours that say something: their artery, their size, their HU. Display only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from itertools import pairwise

import numpy as np

from ..anatomy import territory
from ..display import CLUSTER_HU, CLUSTER_MM3, CUT_OFF_COLOR, RISING_COLORS
from ..progress import drained
from .masks import calcification_from_node
from .nodes import nodes_of
from .ready_segments import Described, Surfaces, ready_segments_steps
from .segmentations import Kind, put

_KIND = Kind("clusters", 1.0, 0.1, True, lambda _segment_id, _segment: True)
_NO_CLUSTER = 255
# Of a node that shows a mask in colours: what they say, and the mask.
_BY, _MASK = "AbdominalCalcification.ColoredBy", "AbdominalCalcification.ColoredMask"


class ColoredBy(Enum):
    """What the colours of clusters say."""

    NOTHING = "nothing"
    ARTERY = "artery"
    SIZE = "size"
    HU = "hu"


def cluster_groups(clusters: Sequence[Mapping], by: ColoredBy) -> tuple[list[int], list[tuple[str, tuple]]]:
    """Return the group of each cluster, from 1, and title and colour (RGB, 0 to 1) of each group.

    Sizes and mean HU are parted at :data:`display.CLUSTER_MM3` and :data:`display.CLUSTER_HU`.
    """
    if by is ColoredBy.ARTERY:
        names = list(dict.fromkeys(each["territory"] for each in clusters))
        groups = [names.index(each["territory"]) + 1 for each in clusters]
        return groups, [(territory(name).title, territory(name).color) for name in names]
    key, cuts, unit = ("volume_mm3", CLUSTER_MM3, "mm³") if by is ColoredBy.SIZE else ("mean_hu", CLUSTER_HU, "HU")
    values = [-np.inf if each[key] is None else each[key] for each in clusters]
    groups = (np.searchsorted(cuts, values, side="right") + 1).tolist()
    titles = [f"below {cuts[0]:g} {unit}"]
    titles += [f"{low:g} to {high:g} {unit}" for low, high in pairwise(cuts)]
    titles += [f"{cuts[-1]:g} {unit} and more"]
    return groups, list(zip(titles, RISING_COLORS, strict=True))


def show_cluster_colors(volume_node, calcification_node, clusters: Sequence[Mapping], by: ColoredBy):
    """Show each cluster in the colour of its group, and in grey what is in none, in place of the mask.

    Parameters
    ----------
    volume_node : vtkMRMLScalarVolumeNode
        The CT.
    calcification_node : vtkMRMLSegmentationNode
        The mask that was measured; it is hidden, and nothing else of it changes.
    clusters : sequence of mapping
        Of a measurements document.
    by : ColoredBy
        Not ``NOTHING``.

    Returns
    -------
    vtkMRMLSegmentationNode
        The one that shows the mask in colours already, or a new one.
    """
    import slicer

    from ..review.cluster_pieces import grouped_pieces

    groups, described = cluster_groups(clusters, by)
    array = grouped_pieces(calcification_from_node(calcification_node, volume_node), clusters, groups)
    there = set(np.unique(array).tolist())
    segments = [
        Described(f"group_{number}", title, color, number)
        for number, (title, color) in enumerate(described, start=1)
        if number in there
    ]
    if _NO_CLUSTER in there:
        segments.append(Described("no_cluster", "In no cluster", CUT_OFF_COLOR, _NO_CLUSTER))
    ready = drained(ready_segments_steps(volume_node, array, segments, slicer.vtkSegmentation(), Surfaces.MADE))
    node = put(_KIND, volume_node, ready, colors_of(calcification_node))
    node.SetAttribute(_BY, by.value)
    node.SetNodeReferenceID(_MASK, calcification_node.GetID())
    calcification_node.CreateDefaultDisplayNodes()
    display = calcification_node.GetDisplayNode()
    node.GetDisplayNode().SetVisibility3D(display.GetVisibility3D())
    display.SetVisibility(False)
    return node


def colored_by(calcification_node) -> ColoredBy:
    """Return what the colours say in which the clusters of a mask are shown."""
    node = colors_of(calcification_node)
    return ColoredBy.NOTHING if node is None else ColoredBy(node.GetAttribute(_BY))


def remove_cluster_colors(calcification_node, show_mask: bool = True) -> None:
    """Show a mask itself again, or (without `show_mask`) nothing of it."""
    node = colors_of(calcification_node)
    if node is not None:
        calcification_node.GetScene().RemoveNode(node)
        calcification_node.GetDisplayNode().SetVisibility(show_mask)


def colors_of(calcification_node):
    """Return the ``vtkMRMLSegmentationNode`` that shows a mask in colours; None where none does."""
    for node in nodes_of(calcification_node.GetScene(), "vtkMRMLSegmentationNode"):
        if node.GetAttribute(_BY) and node.GetNodeReference(_MASK) is calcification_node:
            return node
    return None
