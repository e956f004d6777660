"""Which bars of a chart can be seen in Slicer, and told.

As tried in a running Slicer: several series of one row each are drawn side by side around zero, whatever
their X column says, and the outer ones fall out of the range that is chosen, with no name on the axis. One
series of many rows shows all its bars, in one colour. Several series over a table of many rows show all
their bars, each in its colour and named by the legend.
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
    rows = [column.GetNumberOfTuples() for column in columns]
    if len(series) > 1 and set(rows) == {1}:
        hidden = max(0, len(series) - _SEEN_AROUND_ZERO)
        return [""] * (len(series) - hidden)
    if len(series) == 1:
        return [""] * rows[0]
    named = bool(chart.GetLegendVisibility())
    return [
        one.GetName() if named else ""
        for one, column, count in zip(series, columns, rows, strict=True)
        for row in range(count)
        if column.GetValue(row) != 0
    ]
