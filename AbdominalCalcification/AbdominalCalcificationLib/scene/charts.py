"""The burden of each territory as a bar chart."""

from __future__ import annotations

from vtkmodules.vtkCommonCore import vtkDoubleArray

from ..anatomy import territory
from ..measurement import Measurement

_SERIES = "AbdominalCalcification.Chart"


def fill_chart(chart_node, data_node, measurement: Measurement) -> None:
    """Show the burdens, in %, as bars in the colours of the territories.

    Slicer's bar charts cannot name single bars, but they have a legend: every territory that
    was measured is a series of one bar.

    Parameters
    ----------
    chart_node : vtkMRMLPlotChartNode
    data_node : vtkMRMLTableNode
        Gets one column per territory, named by its title, with its burden in % as the one row.
    measurement : Measurement
    """
    import slicer

    scene = chart_node.GetScene()
    chart_node.RemoveAllPlotSeriesNodeIDs()
    count = scene.GetNumberOfNodesByClass("vtkMRMLPlotSeriesNode")
    for series in [scene.GetNthNodeByClass(number, "vtkMRMLPlotSeriesNode") for number in range(count)]:
        if series.GetNodeReference(_SERIES) is chart_node:
            scene.RemoveNode(series)
    data_node.RemoveAllColumns()
    for each in measurement.territories:
        if each.burden is None:
            continue
        described = territory(each.name)
        column = vtkDoubleArray()
        column.SetName(described.title)
        column.InsertNextValue(100 * each.burden)
        data_node.AddColumn(column)
        data_node.SetColumnType(described.title, column.GetDataType())
        data_node.SetColumnUnitLabel(described.title, "%")
        series = scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", described.title)
        series.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeBar)
        series.SetAndObserveTableNodeID(data_node.GetID())
        series.SetYColumnName(described.title)
        series.SetColor(*described.color)
        series.SetNodeReferenceID(_SERIES, chart_node.GetID())
        chart_node.AddAndObservePlotSeriesNodeID(series.GetID())
    chart_node.SetTitle("Calcification burden")
    chart_node.SetYAxisTitle("Burden (%)")
    chart_node.SetXAxisTitle("")
    chart_node.SetLegendVisibility(True)
