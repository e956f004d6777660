"""Which bars of a chart can be seen in Slicer, and told.

As seen in a running Slicer: a bar is drawn at the number of its row, from 0, whatever the X column says; those of the
series of a chart lie side by side there, a tenth wide each. What lies outside of the range of the axis is not seen,
nor what lies under the legend, at the right. Where Slicer chooses the range, all are seen, but for series of one row
each, of which five are, without a name.
"""

from __future__ import annotations

_WIDTH = 0.1
_SEEN_AROUND_ZERO = 5
# Of the width of a plot in a view of four, as in the panel's layout.
_UNDER_LEGEND = 0.22


def seen_bars(chart) -> list[str]:
    """Return the names by which the bars of a ``vtkMRMLPlotChartNode`` can be told; empty for one that cannot be.

    Bars of no height are left out.
    """
    series = [chart.GetNthPlotSeriesNode(number) for number in range(chart.GetNumberOfPlotSeriesNodes())]
    columns = [one.GetTableNode().GetTable().GetColumnByName(one.GetYColumnName()) for one in series]
    if any(one.GetPlotType() != one.PlotTypeBar for one in series):
        raise NotImplementedError("the test host knows bar charts only")
    heights = [[column.GetValue(row) for row in range(column.GetNumberOfTuples())] for column in columns]
    chosen = chart.GetXAxisRangeAuto()
    if chosen and len(series) > 1 and all(len(each) == 1 for each in heights):
        return [""] * min(len(series), _SEEN_AROUND_ZERO)
    low, high = (-float("inf"), float("inf")) if chosen else chart.GetXAxisRange()
    if not chosen and chart.GetLegendVisibility():
        high -= _UNDER_LEGEND * (high - low)
    names = []
    for number, (one, each) in enumerate(zip(series, heights, strict=True)):
        beside = _WIDTH * (number - (len(series) - 1) / 2)
        bars = [row for row, height in enumerate(each) if height != 0]
        seen = [row for row in bars if low <= row + beside <= high]
        # Several bars of one series have one colour and one entry in the legend.
        names += [one.GetName() if chart.GetLegendVisibility() and len(bars) == 1 else ""] * len(seen)
    return names
