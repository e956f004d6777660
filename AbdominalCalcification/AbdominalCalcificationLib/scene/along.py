"""What lies along the vessels, in the scene: a chart of their areas, surfaces coloured by local burden."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkPolyData
from vtkmodules.vtkCommonTransforms import vtkGeneralTransform
from vtkmodules.vtkFiltersCore import vtkAppendPolyData, vtkThreshold
from vtkmodules.vtkFiltersGeneral import vtkTransformPolyDataFilter
from vtkmodules.vtkFiltersGeometry import vtkGeometryFilter

from ..anatomy import territory
from ..profiles import Profile, Vessels
from ..reading.meanings import Wanted
from .charts import add_column, add_series, remove_series
from .masks import understood_segments
from .nodes import CT_REFERENCE, ROLE, node_with_role

_CHART, _SURFACE = "vessel chart", "local burden"
_DATA = "AbdominalCalcification.VesselData"
_CURSOR = "AbdominalCalcification.VesselCursor"
_PATH, _ARTERY, _CALCIFIED, _HEIGHT = "Path length", "Artery", "Calcified", "Height"
_SCALARS = "Local burden"
_COLORS = "vtkMRMLColorTableNodeFileViridis.txt"
# The cursor has a colour of no artery.
_PLAQUE_COLOR, _CURSOR_COLOR = (0.85, 0.65, 0.0), (0.15, 0.15, 0.15)
# The legend lies at the top, over the lines that are there: so much higher than the largest area the axis ends.
_ROOM_FOR_LEGEND = 1.4
#: Local burdens from here on have the last colour, %: few arteries are calcified over more of their section.
MOST_PERCENT = 50.0


def store_vessel_chart(ct, profile: Profile):
    """Show the areas along a vessel as lines, with a cursor; the chart of the CT's vessel before is replaced.

    Parameters
    ----------
    ct : vtkMRMLScalarVolumeNode
    profile : profiles.Profile

    Returns
    -------
    vtkMRMLPlotChartNode
    """
    chart = _node_of(ct, _CHART, "vtkMRMLPlotChartNode", "along the vessel")
    data, cursor = (_table_of(chart, reference) for reference in (_DATA, _CURSOR))
    described, middles = territory(profile.territory), profile.middles_mm
    remove_series(chart)
    data.RemoveAllColumns()
    add_column(data, _PATH, middles)
    data.SetColumnUnitLabel(_PATH, "mm")
    for name, areas, color in (
        (_ARTERY, profile.artery_area_mm2, described.color),
        (_CALCIFIED, profile.calcified_area_mm2, _PLAQUE_COLOR),
    ):
        add_column(data, name, areas)
        data.SetColumnUnitLabel(name, "mm²")
        _add_line(chart, data, name, name, color)
    cursor.RemoveAllColumns()
    add_column(cursor, _PATH, [middles[0]] * 2)
    add_column(cursor, _HEIGHT, [0.0, float(profile.artery_area_mm2.max(initial=0.0))])
    _add_line(chart, cursor, _HEIGHT, "Place looked at", _CURSOR_COLOR)
    # Slicer's own range begins up to a fifth below the first place.
    chart.SetXAxisRangeAuto(False)
    chart.SetXAxisRange(float(min(0.0, middles[0])), float(profile.edges_mm[-1]))
    chart.SetYAxisRangeAuto(False)
    chart.SetYAxisRange(0.0, _ROOM_FOR_LEGEND * float(profile.artery_area_mm2.max(initial=1.0)))
    chart.SetTitle(described.title)
    chart.SetXAxisTitle("Path length (mm)")
    chart.SetYAxisTitle("Area (mm²)")
    chart.SetLegendVisibility(True)
    return chart


def move_vessel_cursor(ct, length_mm: float) -> None:
    """Move the cursor of the CT's chart, if there is one, to a path length."""
    chart = node_with_role(ct, _CHART, "vtkMRMLPlotChartNode")
    cursor = None if chart is None else chart.GetNodeReference(_CURSOR)
    if cursor is not None:
        for row in range(2):
            cursor.GetTable().GetColumnByName(_PATH).SetValue(row, length_mm)
        cursor.GetTable().GetColumnByName(_PATH).Modified()
        cursor.GetTable().Modified()
        cursor.Modified()


def length_of_point(ct, row: int) -> float | None:
    """Return the path length of a point of the CT's chart, mm; None where there is no such point."""
    chart = node_with_role(ct, _CHART, "vtkMRMLPlotChartNode")
    data = None if chart is None else chart.GetNodeReference(_DATA)
    column = None if data is None else data.GetTable().GetColumnByName(_PATH)
    return column.GetValue(row) if column is not None and 0 <= row < column.GetNumberOfTuples() else None


def show_local_burden(ct, arteries, vessels: Vessels):
    """Show the surface of the kept arteries coloured by how calcified they are around each place, in %.

    What is beyond the kept lengths has no such surface.

    Parameters
    ----------
    ct : vtkMRMLScalarVolumeNode
    arteries : vtkMRMLSegmentationNode
        Whose surfaces are taken; it is not shown in 3D itself then.
    vessels : profiles.Vessels

    Returns
    -------
    vtkMRMLModelNode
    """
    parts = vtkAppendPolyData()
    arteries.CreateClosedSurfaceRepresentation()
    for segment, (own, *others) in understood_segments(arteries, Wanted.ARTERIES).of_arteries():
        if not others and own.name in vessels.names:  # one segment of both sides has no surface of either
            parts.AddInputData(_coloured(_surface_of(arteries, segment.segment_id), own.name, vessels))
    model = _node_of(ct, _SURFACE, "vtkMRMLModelNode", "local burden")
    if parts.GetNumberOfInputConnections(0):
        parts.Update()
        model.SetAndObservePolyData(parts.GetOutput())
    else:
        model.SetAndObservePolyData(vtkPolyData())
    model.CreateDefaultDisplayNodes()
    display = model.GetDisplayNode()
    display.SetActiveScalarName(_SCALARS)
    display.SetScalarVisibility(True)
    display.SetScalarRangeFlag(display.UseManualScalarRange)
    display.SetScalarRange(0.0, MOST_PERCENT)
    if ct.GetScene().GetNodeByID(_COLORS) is not None:
        display.SetAndObserveColorNodeID(_COLORS)
    display.SetVisibility(True)
    arteries.CreateDefaultDisplayNodes()
    arteries.GetDisplayNode().SetVisibility3D(False)
    return model


def hide_local_burden(ct, arteries=None) -> None:
    """Take the coloured surface of a CT's arteries away, and show the arteries themselves in 3D again."""
    model = node_with_role(ct, _SURFACE, "vtkMRMLModelNode")
    if model is None:
        return
    was_shown = model.GetDisplayNode() is not None and model.GetDisplayNode().GetVisibility()
    ct.GetScene().RemoveNode(model)
    if was_shown and arteries is not None and arteries.GetDisplayNode() is not None:
        arteries.GetDisplayNode().SetVisibility3D(True)


def _coloured(surface: vtkPolyData, name: str, vessels: Vessels) -> vtkPolyData:
    """Return the part of a surface that belongs to the kept vessel, with the local burden at its points, %."""
    if surface.GetNumberOfPoints() == 0:
        return surface
    points = vtk_to_numpy(surface.GetPoints().GetData()).astype(float)
    burden = 100 * vessels.local_burden_at(name, points)
    scalars = numpy_to_vtk(np.where(np.isnan(burden), -1.0, burden), deep=True)
    scalars.SetName(_SCALARS)
    surface.GetPointData().SetScalars(scalars)
    kept = vtkThreshold()
    kept.SetInputData(surface)
    kept.SetThresholdFunction(vtkThreshold.THRESHOLD_UPPER)
    kept.SetUpperThreshold(0.0)
    kept.AllScalarsOn()
    outside = vtkGeometryFilter()
    outside.SetInputConnection(kept.GetOutputPort())
    outside.Update()
    return outside.GetOutput()


def _surface_of(arteries, segment_id: str) -> vtkPolyData:
    """Return the closed surface of a segment in RAS; a copy."""
    surface = vtkPolyData()
    arteries.GetClosedSurfaceRepresentation(segment_id, surface)
    transform = arteries.GetParentTransformNode()
    if transform is not None:
        to_world = vtkGeneralTransform()
        transform.GetTransformToWorld(to_world)
        moved = vtkTransformPolyDataFilter()
        moved.SetInputData(surface)
        moved.SetTransform(to_world)
        moved.Update()
        surface = moved.GetOutput()
    return surface


def _add_line(chart, data, column: str, name: str, color: Sequence[float]) -> None:
    series = add_series(chart, data, name, (_PATH, column), color)
    series.SetPlotType(series.PlotTypeScatter)
    series.SetMarkerStyle(series.MarkerStyleNone)


def _node_of(ct, role: str, kind: str, title: str):
    """Return the node with a role for a CT, made where there is none."""
    node = node_with_role(ct, role, kind)
    if node is None:
        node = ct.GetScene().AddNewNodeByClass(kind, f"{ct.GetName()} {title}")
        node.SetAttribute(ROLE, role)
        node.SetNodeReferenceID(CT_REFERENCE, ct.GetID())
    return node


def _table_of(chart, reference: str):
    table = chart.GetNodeReference(reference)
    if table is None:
        table = chart.GetScene().AddNewNodeByClass("vtkMRMLTableNode", chart.GetName())
        chart.SetNodeReferenceID(reference, table.GetID())
    return table
