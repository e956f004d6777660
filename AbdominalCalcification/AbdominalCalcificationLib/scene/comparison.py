"""Two masks of a CT compared: a table, and segments that show where they differ.

The table node refers to the CT, to the segments and to what was compared, so that a scene that
was saved and loaded still knows what belongs together. A CT has one comparison at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import InputError
from ..geometry import Volume
from ..progress import Progress, Steps, shown
from ..reading.meanings import Wanted
from .edits import origin_of
from .masks import mask_from_node_steps
from .nodes import CT_REFERENCE, ROLE, node_with_role
from .ownership import check_is_mask, of_ct
from .ready_segments import ReadySegments
from .results import OUTDATED
from .segmentations import DISAGREEMENT, put
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
    ready: ReadySegments,
    volume_node,
    compared: Sequence,
    *,
    description: str,
    arteries_node=None,
) -> Comparison:
    """Put a comparison into the scene of its CT; an earlier one is replaced.

    Parameters
    ----------
    rows : sequence of mapping
        What :func:`comparison.territories.compare_steps` returns.
    ready : ReadySegments
        Of what :func:`comparison.overlap.disagreement` returns.
    volume_node : vtkMRMLScalarVolumeNode
        The CT.
    compared, description, arteries_node
        See :class:`Comparison`.
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
    node = put(DISAGREEMENT, volume_node, ready, None if earlier is None else earlier.disagreement)
    table.SetNodeReferenceID(_DISAGREEMENT, node.GetID())
    table.SetNodeReferenceID(_ARTERIES, None if arteries_node is None else arteries_node.GetID())
    table.RemoveNodeReferenceIDs(_COMPARED)
    for each in compared:
        table.AddNodeReferenceID(_COMPARED, each.GetID())
    table.RemoveAttribute(OUTDATED)
    table.SetDescription(description)
    fill_comparison_table(table, rows)
    return _comparison(table)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two masks to be compared.

    Attributes
    ----------
    nodes : list of vtkMRMLSegmentationNode
        One alone where its mask is compared with what it was.
    masks : list of Volume
        A, the reference, and B.
    names : list of str
    remarks : list of str
        What was left out.
    """

    nodes: list
    masks: list[Volume]
    names: list[str]
    remarks: list[str]


def read_pair_steps(volume_node, structure: str, first, second) -> Steps[Pair]:
    """Read the masks of two segmentations, or that of one and what it was made as.

    Parameters
    ----------
    volume_node : vtkMRMLScalarVolumeNode or None
        The CT.
    structure : {'calcification', 'arteries'}
    first, second : vtkMRMLSegmentationNode or None
        Without `second` the other side is `first` as it was made.

    Raises
    ------
    InputError
        Where there are no two masks to compare.
    """
    if volume_node is None or first is None:
        raise InputError("There is nothing to compare; choose a CT volume and a segmentation as A.")
    if first is second:
        raise InputError("A and B are the same segmentation; choose another one as B, or none.")
    pair = Pair([first] if second is None else [first, second], [], [], [])
    for node in pair.nodes:
        check_is_mask(node)
        progress = Progress("Reading the scene", 0.0)
        yield progress
        mask = yield from shown(mask_from_node_steps(node, volume_node, Wanted(structure)), progress)
        pair.masks.append(mask.volume)
        pair.names.append(node.GetName())
        pair.remarks.extend(f"{node.GetName()}: {flag.message}" for flag in mask.flags)
    if second is None:
        made = origin_of(first, pair.masks[0].grid) if of_ct(first, volume_node) is not None else None
        if made is None:
            raise InputError(
                f"What '{first.GetName()}' was before correction is not known, because it was not made here on this"
                " CT; choose another segmentation as B."
            )
        pair.masks.append(made)
        pair.names.append(f"{first.GetName()} as it was made")
    return pair


def find_comparison(volume_node) -> Comparison | None:
    """Return the comparison of a CT; None where there is none."""
    table = node_with_role(volume_node, _COMPARISON, "vtkMRMLTableNode")
    return None if table is None else _comparison(table)


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
