"""The masks as segmentation nodes: shown, coded, and read back after correction.

There are two nodes to correct, *arteries* and *calcification*, so that painting one mask never
erases the other, and a third, *cut-off ends*, that only shows what shortening left out. All
lie under the transform of the CT, with its geometry.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
from vtkmodules.vtkCommonCore import reference

from .. import terminology
from ..anatomy import CALCIFICATION, CALCIFICATION_COLOR, TERRITORIES, territory, territory_of_label
from ..display import ARTERY_OPACITY, BOTH_COLOR, CUT_OFF_COLOR, ONLY_FIRST_COLOR, ONLY_SECOND_COLOR
from ..errors import InputError
from ..geometry import Volume, bounding_box
from ..progress import drained
from ..reading.meanings import MEANING_TAG, Segment, meaning_called, meaning_of
from .display import allow_surface
from .ready_segments import (
    Described,
    ReadySegments,
    Surfaces,
    add_empty_representations,
    let_go_of_label_maps,
    ready_segments_steps,
)
from .volumes import grid_of_node

CALCIFICATION_ID = "calcification"
# Attribute of nodes that only show something, and are no masks to be measured or painted.
ONLY_SHOWN = "AbdominalCalcification.OnlyShown"
_SMOOTHING = "Smoothing factor"  # conversion parameter of Slicer's surfaces


@dataclass(frozen=True)
class Kind:
    """What masks of one kind look like, and which segments of a node belong to it.

    Attributes
    ----------
    name : str
        Of the node, behind that of the CT.
    opacity, smoothing : float
        Of its surfaces.
    only_shown : bool
        It is no mask to be measured or painted.
    identify : callable
        Told ID and ``vtkSegment``, returns whether the segment is one to be replaced.
    """

    name: str
    opacity: float
    smoothing: float
    only_shown: bool
    identify: Callable[[str, object], bool]


def _any(_segment_id: str, _segment) -> bool:
    return True


def _is_artery(segment_id: str, segment) -> bool:
    return isinstance(_meaning(segment_id, segment), tuple)


def _is_calcification(segment_id: str, segment) -> bool:
    return _meaning(segment_id, segment) == CALCIFICATION


ARTERIES = Kind("arteries", ARTERY_OPACITY, 0.5, False, _is_artery)
# Hardly smoothed: a small plaque would shrink away.
CALCIFICATIONS = Kind("calcification", 1.0, 0.1, False, _is_calcification)
# Less smoothed than the arteries, so that it covers their colour.
CUT_OFF = Kind("cut-off ends", 1.0, 0.1, True, _any)
DISAGREEMENT = Kind("disagreement", 1.0, 0.1, True, _any)
# What the masks of a case are shown as, by role, and the ends that shortening cuts off.
KINDS = {"arteries": ARTERIES, "calcification": CALCIFICATIONS, "cut_off": CUT_OFF}


def show_arteries(volume_node, arteries: Volume, node=None):
    """Show an artery label map as one coded, coloured segment per territory found.

    Parameters
    ----------
    volume_node : vtkMRMLScalarVolumeNode
        The CT.
    arteries : Volume
        uint8 territory labels on the grid of the CT; copied.
    node : vtkMRMLSegmentationNode, optional
        The node to update. Its territory segments are replaced; segments that stand for none
        stay. A new node by default.

    Returns
    -------
    vtkMRMLSegmentationNode

    Raises
    ------
    InputError
        Where the mask is not on the grid of the CT, or holds a label of no territory.
    """
    return _show(ARTERIES, volume_node, arteries, node)


def show_calcification(volume_node, calcification: Volume, node=None):
    """Show a calcification mask as one coded, opaque segment; see :func:`show_arteries`.

    Parameters
    ----------
    calcification : Volume
        Non-zero where calcified, on the grid of the CT; copied. An empty mask makes an empty
        segment, ready to be painted.
    """
    return _show(CALCIFICATIONS, volume_node, calcification, node)


def show_cut_off(volume_node, cut: Volume, node=None):
    """Show, in grey, the ends of branches that shortening cut off; see :func:`show_arteries`.

    Nothing reads this node back. Parameters as for :func:`show_arteries`, with one segment
    ``<territory>_cut_off`` per branch that was cut.
    """
    return _show(CUT_OFF, volume_node, cut, node)


def show_disagreement(volume_node, where: Volume, names=("first", "second"), node=None):
    """Show where two masks agree and differ, as the segments ``both``, ``only_first`` and ``only_second``.

    Nothing reads this node back. Parameters as for :func:`show_arteries`.

    Parameters
    ----------
    where : Volume
        What :func:`comparison.overlap.disagreement` returns, on the grid of the CT.
    names : sequence of str
        What the two masks are called.
    """
    return _show(DISAGREEMENT, volume_node, where, node, names)


def _show(kind: Kind, volume_node, mask: Volume, node, names=("first", "second")):
    return put(kind, volume_node, drained(ready_steps(kind, volume_node, mask, node, names)), node)


def ready_steps(
    kind: Kind, volume_node, mask: Volume, node=None, names=("first", "second"), surfaces: Surfaces = Surfaces.MADE
) -> Generator[None, None, ReadySegments]:
    """Make the segments of a mask, for :func:`put`; the scene stays as it is. Parameters and errors as above."""
    import slicer

    if not mask.grid.same_as(grid_of_node(volume_node)):
        raise InputError(f"The mask does not lie on the voxels of '{volume_node.GetName()}'; align it first.")
    array = mask.array != 0 if kind is CALCIFICATIONS else mask.array
    yield
    described = yield from _described_steps(kind, array, names)
    like = slicer.vtkSegmentation() if node is None else node.GetSegmentation()
    if node is None:
        like.SetConversionParameter(_SMOOTHING, str(kind.smoothing))
    return (yield from ready_segments_steps(volume_node, array, described, like, surfaces))


def _described_calcification() -> Described:
    return Described(CALCIFICATION_ID, "Calcification", CALCIFICATION_COLOR, 1, terminology.entry_of_calcification())


def _described_steps(kind: Kind, array: np.ndarray, names) -> Generator[None, None, list[Described]]:
    if kind is CALCIFICATIONS:
        return [_described_calcification()]
    if kind is DISAGREEMENT:
        from ..comparison.overlap import Disagreement

        return [
            Described("both", "Both", BOTH_COLOR, Disagreement.BOTH),
            Described("only_first", f"Only {names[0]}", ONLY_FIRST_COLOR, Disagreement.ONLY_FIRST),
            Described("only_second", f"Only {names[1]}", ONLY_SECOND_COLOR, Disagreement.ONLY_SECOND),
        ]
    box = bounding_box(array)
    yield
    labels = [] if box is None else _labels(array[box])
    yield
    known = {each.label for each in TERRITORIES}
    if not known.issuperset(labels):
        raise InputError(f"The artery mask holds the label {min(set(labels) - known)}, which is no territory.")
    territories = [territory_of_label(label) for label in labels]
    if kind is ARTERIES:
        return [
            Described(each.name, each.title, each.color, each.label, terminology.entry_of_territory(each))
            for each in territories
        ]
    return [
        Described(f"{each.name}_cut_off", f"{each.title} (cut off)", CUT_OFF_COLOR, each.label) for each in territories
    ]


def put(kind: Kind, volume_node, ready: ReadySegments, node=None):
    """Put segments that are ready into a node in place of its own of that kind; into a new one by default.

    Returns
    -------
    vtkMRMLSegmentationNode
    """
    if node is None:
        node = _new_node(volume_node, kind)
    # In this order: the reference geometry, in which Slicer saves the masks, is that of the CT as
    # seen from the node. From outside the CT's transform it would be another, and saving resample.
    node.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume_node)
    _put_beside(node, volume_node)
    segmentation = node.GetSegmentation()
    gone = [each_id for each_id, each in segments_of(node) if kind.identify(each_id, each)]
    let_go_of_label_maps(segmentation, gone)
    for segment_id in gone:
        segmentation.RemoveSegment(segment_id)
    for segment_id, segment in ready.segments:
        segmentation.AddSegment(segment, segment_id)
    allow_surface(node, ready.can_be_drawn)
    if kind.only_shown:
        node.SetAttribute(ONLY_SHOWN, "1")
    return node


def has_own(kind: Kind, node) -> bool:
    """Return whether a node has segments that :func:`put` would replace."""
    return any(kind.identify(segment_id, segment) for segment_id, segment in segments_of(node))


def add_territory(arteries_node, name: str) -> str:
    """Add an empty segment for the territory `name`, where there is none, so that it can be drawn.

    Returns
    -------
    str
        Segment ID.
    """
    each = territory(name)
    entry = terminology.entry_of_territory(each)
    return _add_empty(arteries_node, Described(each.name, each.title, each.color, each.label, entry))


def add_calcification(node) -> str:
    """Add an empty segment for calcification, where there is none, so that it can be drawn; return its ID."""
    return segment_of_calcification(node) or _add_empty(node, _described_calcification())


def _add_empty(node, described: Described) -> str:
    """Add a segment in which nothing is drawn, unless the node has one with its ID; return that."""
    import slicer

    segmentation = node.GetSegmentation()
    if segmentation.GetSegment(described.segment_id) is None:
        segment = slicer.vtkSegment()
        described.describe(segment)
        # Else the segmentation makes them, and an image for the surface, which is then never drawn.
        add_empty_representations(segment, segmentation)
        segmentation.AddSegment(segment, described.segment_id)
    return described.segment_id


def segment_of_calcification(node) -> str | None:
    """Return the ID of the first segment that stands for calcification, empty or not; None where there is none."""
    return next((each_id for each_id, each in segments_of(node) if _is_calcification(each_id, each)), None)


def segments_of_territories(node) -> dict[str, str]:
    """Return the segments that stand for territories, empty or not: ID by name of the territory, in table order.

    Of several the first counts; one for both sides stands for either that has none of its own.
    """
    own, shared = {}, {}
    for segment_id, segment in segments_of(node):
        meaning = _meaning(segment_id, segment)
        if isinstance(meaning, tuple):
            for each in meaning:
                (own if len(meaning) == 1 else shared).setdefault(each.name, segment_id)
    found = shared | own
    return {each.name: found[each.name] for each in TERRITORIES if each.name in found}


def mask_state(node, volume_node) -> tuple:
    """Return what changes whenever the mask that a node holds of a CT does: painting, undoing, renaming, moving.

    Cheap, and good for comparing within a session only. Colours and what is shown do not count.
    """
    return segments_state(node), _place(node, volume_node)


def segments_state(node) -> tuple:
    """Return what changes whenever the voxels, names or meanings of a node's segments do; see :func:`mask_state`."""
    segmentation = node.GetSegmentation()
    source = segmentation.GetSourceRepresentationName()
    segments = []
    for segment_id, segment in segments_of(node):
        held = segment.GetRepresentation(source) if source else None
        image = None if held is None else (held.GetAddressAsString(""), held.GetMTime())
        segments.append((said_of_segment(segment_id, segment), image))
    return tuple(segments)


def _place(node, volume_node) -> tuple:
    """Return where a node lies as seen from a CT."""
    if node.GetParentTransformNode() is volume_node.GetParentTransformNode():
        return ()
    transforms = [each.GetParentTransformNode() for each in (node, volume_node)]
    return tuple(None if each is None else (each.GetID(), each.GetMTime()) for each in transforms)


def set_entry(segment, entry: str) -> None:
    """Give a ``vtkSegment`` a serialised terminology entry."""
    segment.SetTag(terminology.TAG, entry)


def state_meaning(node, segment_id: str, meaning: str) -> None:
    """Note with a segment what the user says that it is; its name stays, and the scene keeps it.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
    segment_id : str
    meaning : str
        One of :func:`reading.meanings.meaning_choices`; empty to go by its name again.

    Raises
    ------
    InputError
        For a meaning that there is not.
    """
    if meaning:
        meaning_called(meaning)
    node.GetSegmentation().GetSegment(segment_id).SetTag(MEANING_TAG, meaning)


def said_of_segment(segment_id: str, segment) -> Segment:
    """Return what is said about a ``vtkSegment``."""
    tags = [_tag(segment, tag) for tag in (terminology.TAG, MEANING_TAG)]
    return Segment(segment.GetName() or "", segment_id, tags[0], value=segment.GetLabelValue(), stated=tags[1])


def _tag(segment, tag: str) -> str:
    value = reference("")
    return str(value) if segment.GetTag(tag, value) else ""


def segments_of(node) -> list[tuple[str, object]]:
    """Return the segments of a node in their order: ID and ``vtkSegment``."""
    segmentation = node.GetSegmentation()
    return [(segment_id, segmentation.GetSegment(segment_id)) for segment_id in segmentation.GetSegmentIDs()]


def _meaning(segment_id: str, segment):
    return meaning_of(said_of_segment(segment_id, segment))


def _new_node(volume_node, kind: Kind):
    import slicer

    # Masks of one CT are kept beside each other and compared: their names must tell them apart.
    scene = volume_node.GetScene()
    name = scene.GenerateUniqueName(f"{volume_node.GetName()} {kind.name}")
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetOpacity3D(kind.opacity)
    display.SetVisibility2DFill(False)
    display.SetVisibility2DOutline(True)
    display.SetOpacity2DOutline(1.0)
    display.SetSliceIntersectionThickness(2)
    surface = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
    display.SetPreferredDisplayRepresentationName3D(surface)
    node.GetSegmentation().SetConversionParameter(_SMOOTHING, str(kind.smoothing))
    return node


def _put_beside(node, volume_node) -> None:
    """Put a node into the subject hierarchy's folder of the CT, where Slicer keeps one."""
    hierarchy = volume_node.GetScene().GetSubjectHierarchyNode()
    if hierarchy is None:
        return
    invalid = hierarchy.GetInvalidItemID()
    item, volume_item = hierarchy.GetItemByDataNode(node), hierarchy.GetItemByDataNode(volume_node)
    if invalid not in (item, volume_item):
        hierarchy.SetItemParent(item, hierarchy.GetItemParent(volume_item))


def _labels(array: np.ndarray) -> list[int]:
    """Return the labels in a uint8 label map, rising, without 0."""
    present = np.zeros(256, bool)
    for plane in array:  # plane by plane: indexing with the whole map would need eight times its memory
        present[plane] = True
    return [int(label) for label in np.flatnonzero(present) if label]
