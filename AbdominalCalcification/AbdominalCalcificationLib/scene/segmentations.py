"""The masks as segmentation nodes: shown, coded, and read back after correction.

There are two nodes to correct, *arteries* and *calcification*, so that painting one mask never
erases the other, and a third, *cut-off ends*, that only shows what shortening left out. All
lie under the transform of the CT, with its geometry.
"""

from __future__ import annotations

import numpy as np
from vtkmodules.util.vtkConstants import VTK_UNSIGNED_CHAR
from vtkmodules.vtkCommonCore import reference
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from .. import terminology
from ..anatomy import CALCIFICATION_COLOR, TERRITORIES, territory, territory_of_label
from ..comparison.overlap import Disagreement
from ..display import ARTERY_OPACITY, BOTH_COLOR, CUT_OFF_COLOR, ONLY_FIRST_COLOR, ONLY_SECOND_COLOR
from ..errors import InputError
from ..geometry import Grid, Volume, bounding_box
from ..geometry.faces import can_be_drawn
from ..geometry.resample import align_labels
from ..reading.segments import CALCIFICATION, STRENGTH, meaning_of
from .display import allow_surface
from .volumes import array_of_image, array_of_matrix, grid_of_node, image_of_array, world_matrix

CALCIFICATION_ID = "calcification"
# Attribute of nodes that only show something, and are no masks to be measured or painted.
ONLY_SHOWN = "AbdominalCalcification.OnlyShown"
# An image lies on the voxels of the CT where its voxel centres are this near to theirs, in voxels.
_SAME_VOXEL = 1e-2


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
    _check(volume_node, arteries)
    labels = _labels(arteries.array)
    known = {each.label for each in TERRITORIES}
    if not known.issuperset(labels):
        raise InputError(f"The artery mask holds the label {min(set(labels) - known)}, which is no territory.")
    if node is None:
        node = _new_node(volume_node, "arteries", opacity=ARTERY_OPACITY, smoothing=0.5)
    segments = []
    for each in map(territory_of_label, labels):
        segments.append((each.name, each.title, each.color, each.label, terminology.entry_of_territory(each)))
    _replace(node, volume_node, arteries.array, segments, _territory_of_segment)
    return node


def show_calcification(volume_node, calcification: Volume, node=None):
    """Show a calcification mask as one coded, opaque segment; see :func:`show_arteries`.

    Parameters
    ----------
    calcification : Volume
        Non-zero where calcified, on the grid of the CT; copied. An empty mask makes an empty
        segment, ready to be painted.
    """
    _check(volume_node, calcification)
    if node is None:
        # Hardly smoothed: a small plaque would shrink away.
        node = _new_node(volume_node, "calcification", opacity=1.0, smoothing=0.1)
    entry = terminology.entry_of_calcification()
    segments = [(CALCIFICATION_ID, "Calcification", CALCIFICATION_COLOR, 1, entry)]
    _replace(node, volume_node, calcification.array != 0, segments, _is_calcification)
    return node


def show_cut_off(volume_node, cut: Volume, node=None):
    """Show, in grey, the ends of branches that shortening cut off; see :func:`show_arteries`.

    Nothing reads this node back. Parameters as for :func:`show_arteries`, with one segment
    ``<territory>_cut_off`` per branch that was cut.
    """
    _check(volume_node, cut)
    if node is None:
        # Less smoothed than the arteries, so that it covers their colour.
        node = _new_node(volume_node, "cut-off ends", opacity=1.0, smoothing=0.1)
    segments = [
        (f"{each.name}_cut_off", f"{each.title} (cut off)", CUT_OFF_COLOR, each.label, "")
        for each in map(territory_of_label, _labels(cut.array))
    ]
    _replace(node, volume_node, cut.array, segments, lambda _id, _segment: True)
    node.SetAttribute(ONLY_SHOWN, "1")
    return node


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
    _check(volume_node, where)
    if node is None:
        node = _new_node(volume_node, "disagreement", opacity=1.0, smoothing=0.1)
    segments = [
        ("both", "Both", BOTH_COLOR, Disagreement.BOTH, ""),
        ("only_first", f"Only {names[0]}", ONLY_FIRST_COLOR, Disagreement.ONLY_FIRST, ""),
        ("only_second", f"Only {names[1]}", ONLY_SECOND_COLOR, Disagreement.ONLY_SECOND, ""),
    ]
    _replace(node, volume_node, where.array, segments, lambda _id, _segment: True)
    node.SetAttribute(ONLY_SHOWN, "1")
    return node


def add_territory(arteries_node, name: str) -> str:
    """Add an empty segment for the territory `name`, where there is none, so that it can be drawn.

    Returns
    -------
    str
        Segment ID.
    """
    import slicer

    each = territory(name)
    segmentation = arteries_node.GetSegmentation()
    if segmentation.GetSegment(each.name) is None:
        segment = slicer.vtkSegment()
        _describe(segment, each.title, each.color, terminology.entry_of_territory(each))
        segmentation.AddSegment(segment, each.name)
    return each.name


def arteries_from_node(node, volume_node) -> Volume:
    """Return the artery label map of a segmentation node on the grid of the CT.

    Segments are known by their name (any name that models use is understood), else by their
    ID, else by their terminology; :func:`unknown_segments` lists those that are not. Where
    segments overlap, a branch wins over its parent, else the earlier in the territory table.

    Returns
    -------
    Volume
        uint8 territory labels, in world coordinates.

    Raises
    ------
    InputError
        Under a non-linear transform, and for a segmentation of another place.
    """
    return _read(node, volume_node, _territory_of_segment, STRENGTH)


def calcification_from_node(node, volume_node) -> Volume:
    """Return the calcification mask of a segmentation node on the grid of the CT.

    Returns
    -------
    Volume
        uint8, 1 where calcified, in world coordinates. See :func:`arteries_from_node`.
    """
    return _read(node, volume_node, _is_calcification, np.array([0, 1], np.uint8))


def mask_state(node, volume_node) -> tuple:
    """Return what changes whenever the mask that a node holds of a CT does: painting, undoing, renaming, moving.

    Cheap, and good for comparing within a session only. Colours and what is shown do not count.
    """
    segmentation = node.GetSegmentation()
    source = segmentation.GetSourceRepresentationName()
    segments = []
    for segment_id, segment in _segments(node):
        held = segment.GetRepresentation(source) if source else None
        image = None if held is None else (held.GetAddressAsString(""), held.GetMTime())
        entry = _entry_of_segment(segment)
        segments.append((segment_id, segment.GetName(), segment.GetLabelValue(), entry, image))
    return tuple(segments), _place(node, volume_node)


def _place(node, volume_node) -> tuple:
    """Return where a node lies as seen from a CT."""
    if node.GetParentTransformNode() is volume_node.GetParentTransformNode():
        return ()
    transforms = [each.GetParentTransformNode() for each in (node, volume_node)]
    return tuple(None if each is None else (each.GetID(), each.GetMTime()) for each in transforms)


def unknown_segments(arteries_node=None, calcification_node=None) -> tuple[str, ...]:
    """Return the names of the segments that are not empty but stand for nothing that is measured."""
    names = []
    for node, identify in ((arteries_node, _territory_of_segment), (calcification_node, _is_calcification)):
        for segment_id, segment in _segments(node) if node is not None else ():
            if not identify(segment_id, segment) and _labelmap(node, segment_id) is not None:
                names.append(segment.GetName())
    return tuple(names)


def set_entry(segment, entry: str) -> None:
    """Give a ``vtkSegment`` a serialised terminology entry."""
    segment.SetTag(terminology.TAG, entry)


def _entry_of_segment(segment) -> str:
    """Return the serialised terminology entry of a ``vtkSegment``; empty where it has none."""
    value = reference("")
    return str(value) if segment.GetTag(terminology.TAG, value) else ""


def _meaning(segment_id: str, segment):
    return meaning_of(segment.GetName() or "", segment_id, _entry_of_segment(segment))


def _territory_of_segment(segment_id: str, segment) -> int | None:
    """Return the label of the territory that a segment stands for."""
    meaning = _meaning(segment_id, segment)
    # A segment of both sides is not divided here: which side it is can be said by its name.
    return meaning[0].label if isinstance(meaning, tuple) and len(meaning) == 1 else None


def _is_calcification(segment_id: str, segment) -> int | None:
    return 1 if _meaning(segment_id, segment) == CALCIFICATION else None


def _check(volume_node, mask: Volume) -> None:
    if not mask.grid.same_as(grid_of_node(volume_node)):
        raise InputError(f"The mask does not lie on the voxels of '{volume_node.GetName()}'; align it first.")


def _new_node(volume_node, what: str, *, opacity: float, smoothing: float):
    import slicer

    # Masks of one CT are kept beside each other and compared: their names must tell them apart.
    scene = volume_node.GetScene()
    name = scene.GenerateUniqueName(f"{volume_node.GetName()} {what}")
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetOpacity3D(opacity)
    display.SetVisibility2DFill(False)
    display.SetVisibility2DOutline(True)
    display.SetOpacity2DOutline(1.0)
    display.SetSliceIntersectionThickness(2)
    surface = slicer.vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
    display.SetPreferredDisplayRepresentationName3D(surface)
    node.GetSegmentation().SetConversionParameter("Smoothing factor", str(smoothing))
    return node


def _replace(node, volume_node, array: np.ndarray, segments, identify) -> None:
    """Replace the segments that `identify` knows by those of a label map in the voxels of the CT."""
    import slicer

    # In this order: the reference geometry, in which Slicer saves the masks, is that of the CT as
    # seen from the node. From outside the CT's transform it would be another, and saving resample.
    node.SetAndObserveTransformNodeID(volume_node.GetTransformNodeID())
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume_node)
    _put_beside(node, volume_node)

    image = slicer.vtkOrientedImageData()
    box = bounding_box(array)
    drawn = box is None or can_be_drawn(array[box])
    if box is not None:
        image_of_array(array[box].astype(np.uint8, copy=False), image, [part.start for part in box[::-1]])
    else:
        # Of no voxel, but of a type: VTK complains of surfaces of images without one.
        image.SetExtent(0, -1, 0, -1, 0, -1)
        image.AllocateScalars(VTK_UNSIGNED_CHAR, 1)
    ijk_to_ras = vtkMatrix4x4()
    volume_node.GetIJKToRASMatrix(ijk_to_ras)
    image.SetImageToWorldMatrix(ijk_to_ras)

    segmentation = node.GetSegmentation()
    for segment_id in [each_id for each_id, each in _segments(node) if identify(each_id, each)]:
        segmentation.RemoveSegment(segment_id)
    labelmap = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
    for segment_id, title, color, label, entry in segments:
        segment = slicer.vtkSegment()
        _describe(segment, title, color, entry)
        segment.SetLabelValue(label)
        # One image for all segments: Slicer's shared label map.
        segment.AddRepresentation(labelmap, image)
        segmentation.AddSegment(segment, segment_id)
    allow_surface(node, drawn)


def _describe(segment, title: str, color, entry: str) -> None:
    segment.SetName(title)
    segment.SetNameAutoGenerated(False)
    segment.SetColor(*color)
    segment.SetColorAutoGenerated(False)
    if entry:
        set_entry(segment, entry)


def _put_beside(node, volume_node) -> None:
    """Put a node into the subject hierarchy's folder of the CT, where Slicer keeps one."""
    hierarchy = volume_node.GetScene().GetSubjectHierarchyNode()
    if hierarchy is None:
        return
    invalid = hierarchy.GetInvalidItemID()
    item, volume_item = hierarchy.GetItemByDataNode(node), hierarchy.GetItemByDataNode(volume_node)
    if invalid not in (item, volume_item):
        hierarchy.SetItemParent(item, hierarchy.GetItemParent(volume_item))


def _segments(node):
    segmentation = node.GetSegmentation()
    return [(segment_id, segmentation.GetSegment(segment_id)) for segment_id in segmentation.GetSegmentIDs()]


def _labelmap(node, segment_id: str):
    """Return the label map image that holds a segment; None where the segment is empty."""
    import slicer

    segmentation = node.GetSegmentation()
    if not segmentation.ContainsRepresentation(
        slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
    ):
        node.CreateBinaryLabelmapRepresentation()
    image = node.GetBinaryLabelmapInternalRepresentation(segment_id)
    if image is None or min(image.GetDimensions()) < 1 or image.GetPointData().GetScalars() is None:
        return None
    value = segmentation.GetSegment(segment_id).GetLabelValue()
    return image if (array_of_image(image) == value).any() else None


def _read(node, volume_node, identify, precedence: np.ndarray) -> Volume:
    """Return the label that `identify` gives each segment, on the grid of the CT."""
    grid = grid_of_node(volume_node)
    # Segments that share an image are read together.
    images: dict[str, tuple[object, dict[int, int]]] = {}
    for segment_id, segment in _segments(node):
        label = identify(segment_id, segment)
        image = _labelmap(node, segment_id) if label else None
        if image is not None:
            key = image.GetAddressAsString("")
            images.setdefault(key, (image, {}))[1][segment.GetLabelValue()] = label

    result = np.zeros(grid.shape, np.uint8)
    to_world = world_matrix(node)
    for image, labels in images.values():
        array = array_of_image(image)
        mapped = np.zeros(array.shape, np.uint8)
        for value, label in labels.items():
            mapped[array == value] = label
        box, placed = _placed(mapped, _grid_of_image(image, to_world), grid)
        part = result[box]
        stronger = precedence[placed] > precedence[part]
        part[stronger] = placed[stronger]
    return Volume(result, grid)


def _grid_of_image(image, to_world: np.ndarray) -> Grid:
    matrix = vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    start = np.eye(4)
    start[:3, 3] = image.GetExtent()[::2]
    return Grid(image.GetDimensions()[::-1], to_world @ array_of_matrix(matrix) @ start)


def _placed(array: np.ndarray, own: Grid, grid: Grid) -> tuple[tuple[slice, slice, slice], np.ndarray]:
    """Return where in `grid` a label map lies (a box) and its labels there."""
    start = np.round(grid.kji_of_ras(own.ijk_to_ras[:3, 3])[0]).astype(int)
    corners = np.array([np.zeros(3), *np.diag(np.array(own.shape) - 1.0), np.array(own.shape) - 1.0])
    if np.abs(grid.kji_of_ras(own.ras_of_kji(corners)) - corners - start).max() > _SAME_VOXEL:
        everything = (slice(None),) * 3
        return everything, align_labels(Volume(array, own), grid).array
    box, inside = [], []
    for first, size, limit in zip(start, own.shape, grid.shape, strict=True):
        low, high = max(first, 0), max(min(first + size, limit), max(first, 0))
        box.append(slice(low, high))
        inside.append(slice(low - first, high - first))
    return tuple(box), array[tuple(inside)]


def _labels(array: np.ndarray) -> list[int]:
    """Return the labels in a uint8 label map, rising, without 0."""
    present = np.zeros(256, bool)
    for plane in array:  # plane by plane: indexing with the whole map would need eight times its memory
        present[plane] = True
    return [int(label) for label in np.flatnonzero(present) if label]
