"""What is seen of a result in the views: vertebrae, walls that can be dragged, scores beside them, deposits on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vtkmodules.vtkCommonCore import vtkPoints
from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

from ...radiograph.corrected import moved_wall, points_along, wall_of
from ...radiograph.coverage import deposits_on
from ...radiograph.kauppila import PARTS, WALLS, Segment
from ...radiograph.result import RadiographResult
from ...radiograph.spine import LABELS
from .record import RadiographRecord, part_node

# From head to foot, so that neighbours differ.
_COLORS = {
    "T12": (0.70, 0.70, 0.70),
    "L1": (0.90, 0.62, 0.00),
    "L2": (0.34, 0.71, 0.91),
    "L3": (0.00, 0.62, 0.45),
    "L4": (0.94, 0.89, 0.26),
    "L5": (0.00, 0.45, 0.70),
    "L6": (0.84, 0.37, 0.00),
    "S1": (0.80, 0.47, 0.65),
}
_WALL_COLORS = {"anterior": (0.35, 0.85, 1.0), "posterior": (0.45, 1.0, 0.45)}
_SCORE_COLOR, _CHOSEN_COLOR, _DEPOSIT_COLOR = (1.0, 1.0, 1.0), (1.0, 0.9, 0.1), (1.0, 0.3, 0.25)
# A score stands so far beside its wall, as a share of the level's length.
_BESIDE = 0.35


def show_result(record: RadiographRecord, painted: bool = True) -> None:
    """Show a result as it is now; nodes that somebody deleted are made anew.

    Parameters
    ----------
    record : RadiographRecord
    painted : bool
        Also put back what the vertebrae look like, which takes a moment.
    """
    show_vertebrae(record, painted)
    for wall in WALLS:
        show_wall(record, wall)
    show_scores(record, record.result)


def show_vertebrae(record: RadiographRecord, painted: bool = True) -> None:
    """Show each vertebra as a segment with its present name."""
    import slicer

    is_new = record.part("vertebrae") is None
    node, bodies = part_node(record, "vertebrae"), record.bodies
    if is_new:
        node.SetReferenceImageGeometryParameterFromVolumeNode(record.image)
        node.GetDisplayNode().SetVisibility2DFill(False)  # what is read must be seen
    segmentation, known = node.GetSegmentation(), segments_of_vertebrae(record)
    for own, segment_id in known.items():
        if own not in record.names and painted:
            segmentation.RemoveSegment(segment_id)
    for own, name in record.names.items():
        segment_id = known.get(own) or segmentation.AddEmptySegment(own, name, _COLORS[own])
        segment = segmentation.GetSegment(segment_id)
        if painted or own not in known:
            mask = record.placement.placement.as_stored(bodies == LABELS[own])[None].astype(np.uint8)
            now = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment_id, record.image)
            if now is None or not np.array_equal(now != 0, mask != 0):
                slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, segment_id, record.image)
        if segment.GetName() != name:
            segment.SetName(name)


def segments_of_vertebrae(record: RadiographRecord) -> dict[str, str]:
    """Return the segments of vertebrae, by what these were called when the result was made.

    A segment that somebody added is a vertebra where its name is one that no other has.
    """
    node = record.part("vertebrae")
    if node is None:
        return {}
    segmentation = node.GetSegmentation()
    all_ids = list(segmentation.GetSegmentIDs())
    known = {each: each for each in all_ids if each in LABELS}
    for each in all_ids:
        name = segmentation.GetSegment(each).GetName().strip()
        if each not in known and name in LABELS and name not in known and name not in record.names.values():
            known[name] = each
    return known


def segment_names(record: RadiographRecord) -> dict[str, str]:
    """Return what the segments of the vertebrae are called, by what these were called when the result was made."""
    node = record.part("vertebrae")
    segments = segments_of_vertebrae(record)
    return {own: node.GetSegmentation().GetSegment(each).GetName().strip() for own, each in segments.items()}


def painted_bodies(record: RadiographRecord) -> np.ndarray:
    """Return the label map of the vertebrae as the segments have them, by what these were called when it was made."""
    import slicer

    node, bodies = record.part("vertebrae"), np.zeros(record.made.labels.shape, np.uint8)
    for own, segment_id in segments_of_vertebrae(record).items():
        mask = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment_id, record.image)
        if mask is None or len(mask) != 1:
            continue
        upright = record.placement.placement.upright(mask[0] != 0)
        if upright.shape == bodies.shape:
            bodies[upright] = LABELS[own]
    return bodies


def show_wall(record: RadiographRecord, wall: str) -> None:
    """Show a wall as a curve, and put its points where the last correction left them."""
    is_new = record.part(wall) is None
    node = part_node(record, wall)
    if is_new:
        _style_wall(node, _WALL_COLORS[wall])
    places = record.placement.ras(wall_points(record, wall))
    if np.shape(places) == np.shape(wall_places(node)) and np.allclose(places, wall_places(node), atol=1e-4):
        return
    was_modifying = node.StartModify()
    try:
        if node.GetNumberOfControlPoints() != len(places):
            node.RemoveAllControlPoints()
            for number in range(len(places)):
                node.AddControlPoint([0.0, 0.0, 0.0])
                node.SetNthControlPointLabel(number, f"{wall} {number + 1}")
        for number, place in enumerate(places):
            node.SetNthControlPointPositionWorld(number, *[float(each) for each in place])
    finally:
        node.EndModify(was_modifying)


def wall_points(record: RadiographRecord, wall: str) -> np.ndarray:
    """Return the points that a wall is dragged by, as points of the radiograph, shape (n, 2)."""
    moved = moved_wall(record.corrections, wall)
    return points_along(wall_of(record.made, wall)) if moved is None else np.asarray(moved.points, float)


def wall_places(node) -> np.ndarray:
    """Return where the points of a curve are, RAS in mm, shape (n, 3)."""
    places = np.zeros((node.GetNumberOfControlPoints(), 3))
    for index in range(len(places)):
        node.GetNthControlPointPositionWorld(index, places[index])
    return places


def drawn_wall(record: RadiographRecord, wall: str) -> tuple[np.ndarray, np.ndarray]:
    """Return a wall as it is drawn now: the points that were dragged, and the line, as points of the radiograph."""
    node = record.part(wall)
    drawn = node.GetCurvePointsWorld()
    count = 0 if drawn is None else drawn.GetNumberOfPoints()
    line = np.array([drawn.GetPoint(number) for number in range(count)]).reshape(-1, 3)
    placement = record.placement
    return placement.points(wall_places(node)), placement.points(line)


def _style_wall(node, color) -> None:
    display = node.GetDisplayNode()
    display.SetColor(color)
    display.SetSelectedColor(color)
    display.SetPointLabelsVisibility(False)
    display.SetPropertiesLabelVisibility(False)
    display.SetUseGlyphScale(True)
    display.SetGlyphScale(1.2)
    display.SetOpacity(0.8)


def show_scores(record: RadiographRecord, result: RadiographResult, chosen: tuple[str, str] | None = None) -> None:
    """Show the scores beside the walls and the deposits on them; the chosen part stands out.

    Parameters
    ----------
    record : RadiographRecord
    result : RadiographResult
        Of the record, or what it comes to while a wall is being dragged.
    chosen : (vertebra, wall), optional
    """
    is_new = record.part("scores") is None
    node = part_node(record, "scores")
    if is_new:
        node.SetLocked(True)
        display = node.GetDisplayNode()
        display.SetColor(_SCORE_COLOR)
        display.SetSelectedColor(_CHOSEN_COLOR)
        display.SetPointLabelsVisibility(True)
        display.SetGlyphScale(0.5)
        display.SetTextScale(3.5)
    was_modifying = node.StartModify()
    try:
        _put_scores(node, record, result, chosen)
    finally:
        node.EndModify(was_modifying)
    show_deposits(record, result)


def score_text(segment: Segment) -> str:
    """Return what stands beside a wall: the vertebra and its score; a dash where it was not assessed."""
    return f"{segment.vertebra}: {'–' if segment.score is None else segment.score}"


def _put_scores(node, record: RadiographRecord, result: RadiographResult, chosen) -> None:
    placed = {(each.vertebra, each.wall): _beside(each, result) for each in result.score.segments}
    seen = [part for part in PARTS if placed[part] is not None]
    places = record.placement.ras([placed[part] for part in seen])
    while node.GetNumberOfControlPoints() > len(seen):
        node.RemoveNthControlPoint(node.GetNumberOfControlPoints() - 1)
    while node.GetNumberOfControlPoints() < len(seen):
        node.AddControlPoint([0.0, 0.0, 0.0])
    for index, (part, place) in enumerate(zip(seen, places, strict=True)):
        node.SetNthControlPointPositionWorld(index, *[float(each) for each in place])
        node.SetNthControlPointLabel(index, score_text(result.score.part(*part)))
        node.SetNthControlPointDescription(index, " ".join(part))
        node.SetNthControlPointSelected(index, part == chosen)


def _beside(segment: Segment, result: RadiographResult) -> np.ndarray | None:
    """Return where the score of a part stands: before the anterior wall, behind the posterior one."""
    if len(segment.line) < 2:
        return None
    line = np.asarray(segment.line, float)
    along = line[-1] - line[0]
    front = np.array([-1.0, 0.0]) if result.radiograph.faces != "right" else np.array([1.0, 0.0])
    way = front if segment.wall == "anterior" else -front
    # Text is written to the right of its point: more room where that is towards the wall.
    factor = 2.0 if way[0] < 0 else 0.6
    return line[len(line) // 2] + way * _BESIDE * factor * float(np.linalg.norm(along))


def show_deposits(record: RadiographRecord, result: RadiographResult) -> None:
    """Show where deposits are along the walls, as thick lines on them."""
    is_new = record.part("deposits") is None
    node = part_node(record, "deposits")
    lines = [
        piece
        for each in result.score.segments
        if len(each.line) > 1 and each.deposits
        for piece in deposits_on(np.asarray(each.line), each.deposits)
    ]
    node.SetAndObservePolyData(_poly_lines([record.placement.ras(line) for line in lines]))
    if is_new:
        display = node.GetDisplayNode()
        display.SetColor(_DEPOSIT_COLOR)
        display.SetVisibility2D(True)
        display.SetSliceDisplayModeToProjection()
        display.SetSliceIntersectionThickness(5)


def _poly_lines(lines: Sequence[np.ndarray]) -> vtkPolyData:
    points, cells = vtkPoints(), vtkCellArray()
    for line in lines:
        cells.InsertNextCell(len(line))
        for place in line:
            cells.InsertCellPoint(points.InsertNextPoint(*place))
    poly = vtkPolyData()
    poly.SetPoints(points)
    poly.SetLines(cells)
    return poly
