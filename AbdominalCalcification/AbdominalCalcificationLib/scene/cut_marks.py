"""Marks on the branches where their kept lengths end: points that can be dragged; no scene keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..anatomy import territory
from .preview import keep_out_of_files

_COLOR = (1.0, 0.9, 0.1)


def show_cut_marks(volume_node, places: Mapping[str, Sequence[float]], lengths_mm: Mapping[str, float], node=None):
    """Show one point per branch, called after the branch and its kept length.

    Parameters
    ----------
    volume_node : vtkMRMLScalarVolumeNode
        The CT.
    places : mapping of str to sequence of float
        By territory: RAS, mm.
    lengths_mm : mapping of str to float
        By territory.
    node : vtkMRMLMarkupsFiducialNode, optional
        What shows them already: its points are moved, added and removed.

    Returns
    -------
    vtkMRMLMarkupsFiducialNode
    """
    if node is None:
        scene = volume_node.GetScene()
        name = scene.GenerateUniqueName(f"{volume_node.GetName()} kept lengths")
        node = scene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", name)
        node.CreateDefaultDisplayNodes()
        keep_out_of_files(node)
        display = node.GetDisplayNode()
        display.SetColor(_COLOR)
        display.SetSelectedColor(_COLOR)
        display.SetPointLabelsVisibility(True)
    was_modifying = node.StartModify()
    try:
        for index in reversed(range(node.GetNumberOfControlPoints())):
            if mark_name(node, index) not in places:
                node.RemoveNthControlPoint(index)
        known = {mark_name(node, index): index for index in range(node.GetNumberOfControlPoints())}
        for name, place in places.items():
            index = known.get(name)
            if index is None:
                index = node.AddControlPoint([0.0, 0.0, 0.0])
                node.SetNthControlPointDescription(index, name)
            move_mark(node, index, place, lengths_mm[name])
    finally:
        node.EndModify(was_modifying)
    return node


def mark_name(node, index: int) -> str:
    """Return the territory that a mark is of."""
    return node.GetNthControlPointDescription(index)


def mark_place(node, index: int) -> tuple[float, float, float]:
    """Return where a mark is, RAS in mm."""
    place = [0.0, 0.0, 0.0]
    node.GetNthControlPointPositionWorld(index, place)
    return tuple(place)


def move_mark(node, index: int, place_ras: Sequence[float], length_mm: float) -> None:
    """Put a mark to a place (RAS, mm), and let it say the length there."""
    node.SetNthControlPointPositionWorld(index, *[float(each) for each in place_ras])
    node.SetNthControlPointLabel(index, f"{territory(mark_name(node, index)).short} {length_mm:.1f} mm")
