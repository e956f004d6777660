"""Two masks of a CT compared: a table, and segments that show where they differ.

The table node refers to the CT, to the segments and to what was compared, so that a scene that
was saved and loaded still knows what belongs together. A CT has one comparison at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..geometry import Volume
from .results import CT_REFERENCE, OUTDATED, ROLE
from .segmentations import show_disagreement
from .tables import fill_comparison_table

_COMPARISON = "comparison"
_DISAGREEMENT = "AbdominalCalcification.disagreement"
_COMPARED = "AbdominalCalcification.compared"
_ARTERIES = "AbdominalCalcification.arteries"


@dataclass(frozen=True, eq=False)
class Comparison:
    """The nodes of one comparison.

    Attributes
    ----------
    table : vtkMRMLTableNode
    disagreement : vtkMRMLSegmentationNode or None
        None where the user deleted it.
    compared : tuple of vtkMRMLSegmentationNode
        The masks; one alone where it was compared with what it was before correction.
    arteries : vtkMRMLSegmentationNode or None
        The arteries in which calcification was measured.
    """

    table: object
    disagreement: object
    compared: tuple
    arteries: object

    @property
    def description(self) -> str:
        """What was compared, for people."""
        return self.table.GetDescription() or ""

    @property
    def outdated(self) -> bool:
        """Whether a mask was changed since."""
        return self.table.GetAttribute(OUTDATED) is not None

    def mark_outdated(self) -> None:
        """Note, in the scene, that a mask was changed since."""
        self.table.SetAttribute(OUTDATED, "1")


def store_comparison(
    rows: Sequence[Mapping],
    where: Volume,
    volume_node,
    compared: Sequence,
    *,
    names: Sequence[str],
    description: str,
    arteries_node=None,
) -> Comparison:
    """Put a comparison into the scene of its CT; an earlier one is replaced.

    Parameters
    ----------
    rows : sequence of mapping
        What :func:`comparison.territories.compare_steps` returns.
    where : Volume
        What :func:`comparison.overlap.disagreement` returns.
    volume_node : vtkMRMLScalarVolumeNode
        The CT.
    compared, description, arteries_node
        See :class:`Comparison`.
    names : sequence of str
        What the two masks are called.
    """
    scene = volume_node.GetScene()
    earlier = find_comparison(volume_node)
    if earlier is None:
        table = scene.AddNewNodeByClass("vtkMRMLTableNode", f"{volume_node.GetName()} comparison")
        table.SetAttribute(ROLE, _COMPARISON)
        table.SetNodeReferenceID(CT_REFERENCE, volume_node.GetID())
    else:
        table = earlier.table
        show_comparison(earlier, False)  # other masks may have been hidden
    node = show_disagreement(volume_node, where, names, None if earlier is None else earlier.disagreement)
    table.SetNodeReferenceID(_DISAGREEMENT, node.GetID())
    table.SetNodeReferenceID(_ARTERIES, None if arteries_node is None else arteries_node.GetID())
    table.RemoveNodeReferenceIDs(_COMPARED)
    for each in compared:
        table.AddNodeReferenceID(_COMPARED, each.GetID())
    table.RemoveAttribute(OUTDATED)
    table.SetDescription(description)
    fill_comparison_table(table, rows)
    return _comparison(table)


def find_comparison(volume_node) -> Comparison | None:
    """Return the comparison of a CT; None where there is none."""
    scene = volume_node.GetScene()
    for number in range(scene.GetNumberOfNodesByClass("vtkMRMLTableNode")):
        table = scene.GetNthNodeByClass(number, "vtkMRMLTableNode")
        if table.GetAttribute(ROLE) == _COMPARISON and table.GetNodeReference(CT_REFERENCE) is volume_node:
            return _comparison(table)
    return None


def show_comparison(comparison: Comparison, shown: bool, segments: Mapping[str, bool] | None = None) -> None:
    """Show where the masks agree and differ in place of the masks themselves, or these again.

    Parameters
    ----------
    comparison : Comparison
    shown : bool
    segments : mapping of str to bool, optional
        Which of the segments ``both``, ``only_first`` and ``only_second`` are visible.
    """
    for node in comparison.compared:
        node.CreateDefaultDisplayNodes()
        node.GetDisplayNode().SetVisibility(not shown)
    if comparison.disagreement is not None:
        display = comparison.disagreement.GetDisplayNode()
        display.SetVisibility(shown)
        for segment_id, visible in (segments or {}).items():
            display.SetSegmentVisibility(segment_id, visible)


def _comparison(table) -> Comparison:
    references = range(table.GetNumberOfNodeReferences(_COMPARED))
    compared = (table.GetNthNodeReference(_COMPARED, number) for number in references)
    return Comparison(
        table,
        table.GetNodeReference(_DISAGREEMENT),
        tuple(each for each in compared if each is not None),
        table.GetNodeReference(_ARTERIES),
    )
