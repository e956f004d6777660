"""Which bars of a chart can be seen in Slicer, and told.

As tried in a running Slicer: several series of one row each are drawn side by side around zero, whatever
their X column says, and the outer ones fall out of the range that is chosen, with no name on the axis. One
series of many rows shows all its bars, in one colour with one entry in the legend. Several series over a table
of many rows show all their bars, each in its colour and named by the legend.
"""

from __future__ import annotations

_SEEN_AROUND_ZERO = 5


def seen_bars(chart) -> list[str]:
    """Return the names by which the bars of a ``vtkMRMLPlotChartNode`` can be told; empty for one that cannot be.

    Bars of no height are left out.
    """
    series = [chart.GetNthPlotSeriesNode(number) for number in range(chart.GetNumberOfPlotSeriesNodes())]
    columns = [one.GetTableNode().GetTable().GetColumnByName(one.GetYColumnName()) for one in series]
    if any(one.GetPlotType() != one.PlotTypeBar for one in series):
        raise NotImplementedError("the test host knows bar charts only")
    heights = [[column.GetValue(row) for row in range(column.GetNumberOfTuples())] for column in columns]
    if len(series) > 1 and all(len(each) == 1 for each in heights):
        return [""] * min(len(series), _SEEN_AROUND_ZERO)
    names = []
    for one, each in zip(series, heights, strict=True):
        bars = [height for height in each if height != 0]
        # Several bars of one series have one colour and one entry in the legend.
        names += [one.GetName() if chart.GetLegendVisibility() and len(bars) == 1 else ""] * len(bars)
    return names
