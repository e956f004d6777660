"""The burden of each territory as a bar chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vtkmodules.vtkCommonCore import vtkDoubleArray

from ..anatomy import TERRITORIES, territory
from ..measurement import Measurement
from .nodes import nodes_of

_SERIES = "AbdominalCalcification.Chart"
_PLACE = "Place"


def fill_chart(chart_node, data_node, measurement: Measurement) -> None:
    """Show the burdens, in %, as bars in the colours of the territories, named by the legend.

    Slicer draws bars at the number of their row, from 0, whatever their X column says, those of a row side by side,
    a tenth wide each: series of one row each lie around zero, some of them out of sight. So every territory has its
    row, and every one that was measured a series that is zero in all rows but its own.

    Parameters
    ----------
    chart_node : vtkMRMLPlotChartNode
    data_node : vtkMRMLTableNode
        Gets a row per territory of the table, a column with its place, and one column per territory that was
        measured, named by its short name, with its burden in %.
    measurement : Measurement
    """
    names = [each.name for each in TERRITORIES]
    if _fill_in_place(chart_node, data_node, measurement, names):
        return
    remove_series(chart_node)
    data_node.RemoveAllColumns()
    add_column(data_node, _PLACE, range(len(names)))
    for each in measurement.territories:
        if each.burden is None:
            continue
        described = territory(each.name)
        add_column(data_node, described.short, (100 * each.burden * (name == each.name) for name in names))
        data_node.SetColumnUnitLabel(described.short, "%")
        series = add_series(chart_node, data_node, described.short, (_PLACE, described.short), described.color)
        series.SetPlotType(series.PlotTypeBar)
    chart_node.SetTitle("Calcification burden (%)")
    chart_node.SetYAxisTitle("Burden (%)")
    chart_node.SetXAxisTitle("Arteries, in the order of the legend")
    # Room for the outer bars, which are drawn up to half a row off their place, and at the right for the legend, which
    # Slicer draws over the bars: it takes a quarter of a small view.
    chart_node.SetXAxisRangeAuto(False)
    chart_node.SetXAxisRange(-1, len(names) + 3)
    chart_node.SetLegendVisibility(True)


def _fill_in_place(chart_node, data_node, measurement: Measurement, names: Sequence[str]) -> bool:
    """Put the burdens into the columns that there are; return False where they are not those of the measurement."""
    measured = [each for each in measurement.territories if each.burden is not None]
    titles = [_PLACE, *(territory(each.name).short for each in measured)]
    there = [data_node.GetColumnName(number) for number in range(data_node.GetNumberOfColumns())]
    series = [chart_node.GetNthPlotSeriesNode(number) for number in range(chart_node.GetNumberOfPlotSeriesNodes())]
    if there != titles or [each and each.GetYColumnName() for each in series] != titles[1:]:
        return False
    for each, title in zip(measured, titles[1:], strict=True):
        column = data_node.GetTable().GetColumnByName(title)
        column.SetValue(names.index(each.name), 100 * each.burden)
        column.Modified()
    data_node.GetTable().Modified()
    data_node.Modified()
    return True


def remove_series(chart_node) -> None:
    scene = chart_node.GetScene()
    chart_node.RemoveAllPlotSeriesNodeIDs()
    for series in nodes_of(scene, "vtkMRMLPlotSeriesNode"):
        if series.GetNodeReference(_SERIES) is chart_node:
            scene.RemoveNode(series)


def add_column(data_node, name: str, values: Iterable[float]) -> None:
    column = vtkDoubleArray()
    column.SetName(name)
    for value in values:
        column.InsertNextValue(value)
    data_node.AddColumn(column)
    data_node.SetColumnType(name, column.GetDataType())


def add_series(chart_node, data_node, name: str, columns: tuple[str, str], color: Sequence[float]):
    """Add a series of two columns of a table, x and y, to a chart, and return it."""
    series = chart_node.GetScene().AddNewNodeByClass("vtkMRMLPlotSeriesNode", name)
    series.SetAndObserveTableNodeID(data_node.GetID())
    series.SetXColumnName(columns[0])
    series.SetYColumnName(columns[1])
    series.SetColor(*color)
    series.SetNodeReferenceID(_SERIES, chart_node.GetID())
    chart_node.AddAndObservePlotSeriesNodeID(series.GetID())
    return series
