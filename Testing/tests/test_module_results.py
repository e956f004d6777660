"""Numbers, tables, verdict, cluster list and chart in the panel."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

import slicer

from AbdominalCalcificationLib.anatomy import TERRITORIES
from AbdominalCalcificationLib.comparison.severity import SeverityGroups
from panels import (
    column_headers,
    erase_lower_half,
    follow,
    heads,
    parameters_of,
    recompute,
    run,
    show_as_wide_as_slicer,
    shown_in,
    status,
)

pytestmark = pytest.mark.scene


def test_given_masks_lead_to_tables_flags_and_a_summary(panel_with_results):
    panel = panel_with_results
    assert status(panel) == "Done."
    assert heads(panel.ui.territoriesTable) == [*(each.short for each in TERRITORIES), "Total"]
    assert panel.ui.clustersTable.model().rowCount() > 0
    assert "burden" in panel.ui.summaryLabel.text
    assert "Fit to read." in panel.ui.verdictLabel.text
    assert panel.ui.show3DButton.checked
    assert parameters_of(panel).arteries.GetDisplayNode().GetVisibility3D()


def columns_in_sight(panel, view) -> list[str]:
    """The headers of the columns that are wholly seen where the panel is as wide as Slicer opens it."""
    show_as_wide_as_slicer(panel)
    assert panel.parent.width == 400, "something in the panel is wider"
    room = view.viewport().width()
    ends = [view.columnViewportPosition(c) + view.columnWidth(c) for c in range(view.model().columnCount())]
    return [header for header, end in zip(column_headers(view), ends, strict=True) if end <= room]


def test_the_numbers_that_matter_are_in_sight(panel_with_results):
    ui = panel_with_results.ui
    seen = columns_in_sight(panel_with_results, ui.territoriesTable)
    assert seen[:5] == ["Burden\n%", "Calcified\nmm³", "Clusters", "Artery\nmL", "Mean\nmm³"]
    seen = columns_in_sight(panel_with_results, ui.clustersTable)
    assert seen == ["Artery", "Volume\nmm³", "Mean\nHU", "Max.\nHU", "Path\nmm", "Extent\nmm", "Confi-\ndence"]
    assert seen == column_headers(ui.clustersTable), "none is out of sight"
    bottom = ui.territoriesTable.y + ui.territoriesTable.height + ui.resultsButton.y
    assert bottom <= 900


def test_numbers_are_right_aligned_and_a_burden_has_the_bar_of_its_group(panel_with_results):
    import qt

    ui = panel_with_results.ui
    model = ui.territoriesTable.model()
    burdens = [float(row[0]) for row in shown_in(ui.territoriesTable)]
    groups = [SeverityGroups().group_of(burden / 100) for burden in burdens]
    bars = [model.data(model.index(row, 0), qt.Qt.DecorationRole) for row in range(len(burdens))]
    widths = [0 if bar is None else bar.width() for bar in bars]
    assert len(set(groups)) > 1
    assert [width * max(groups) for width in widths] == [max(widths) * group for group in groups]
    alignment = model.data(model.index(0, 1), qt.Qt.TextAlignmentRole)
    assert alignment & int(qt.Qt.AlignRight)


def test_clusters_are_sorted_as_numbers_and_a_click_jumps_to_the_one_that_is_seen(panel_with_results, monkeypatch):
    import qt

    from AbdominalCalcificationLib.scene import display

    panel = panel_with_results
    jumps = []
    monkeypatch.setattr(display, "centre_on", jumps.append)
    table = panel.ui.clustersTable
    table.sortByColumn(1, qt.Qt.DescendingOrder)
    volumes = [float(row[1]) for row in shown_in(table)]
    assert volumes == sorted(volumes, reverse=True)
    assert max(volumes) >= 100 > min(volumes)
    table.selectRow(0)
    clusters = panel.logic.foundResults(parameters_of(panel)).document["clusters"]
    assert jumps[-1] == max(clusters, key=lambda each: each["volume_mm3"])["centroid_ras"]


def test_what_is_to_be_looked_at_is_marked_and_explained_in_its_row(choices, panel_with_masks):
    import qt

    panel, parameters = panel_with_masks, parameters_of(panel_with_masks)
    parameters.arteries.GetSegmentation().RemoveSegment("renal_left")
    run(panel)
    assert "Look at these arteries first: L renal." in panel.ui.verdictLabel.text
    assert "L renal ⚠" in heads(panel.ui.territoriesTable)
    row = heads(panel.ui.territoriesTable).index("L renal ⚠")
    assert set(shown_in(panel.ui.territoriesTable)[row]) == {"–"}
    tip = panel.ui.territoriesTable.model().headerData(row, qt.Qt.Vertical, qt.Qt.ToolTipRole)
    assert "<b>Left renal artery</b>" in tip
    assert "draw it if the CT shows it" in tip
    assert "Left renal artery: not in the artery mask" in panel.ui.notesLabel.text
    assert panel.ui.notesButton.collapsed
    panel.ui.notesLabel.linkActivated.emit("renal_left")
    assert [index.row() for index in panel.ui.territoriesTable.selectionModel().selectedRows()] == [row]


def test_results_of_an_older_scene_have_a_verdict_too(panel_with_results):
    panel = panel_with_results
    record = panel.logic.foundResults(parameters_of(panel)).record
    document = json.loads(record.GetText())
    del document["trust"]
    document["flags"] = [{"code": "not_hu", "message": "Stored values.", "territory": None}]
    record.SetText(json.dumps(document))
    panel.panel.results.show()
    assert "Do not use these numbers. Stored values." in panel.ui.verdictLabel.text


def test_recompute_measures_the_correction(panel_with_results):
    panel = panel_with_results
    before = panel.ui.summaryLabel.text
    erase_lower_half(panel)
    recompute(panel)
    assert status(panel) == "Done."
    assert panel.ui.summaryLabel.text != before


def test_a_click_on_a_cluster_centres_the_slice_views_on_it(panel_with_results):
    slices = []
    for name in ("Red", "Green", "Yellow"):
        node = slicer.vtkMRMLSliceNode()
        node.SetLayoutName(name)
        node.SetOrientation({"Red": "Axial", "Green": "Coronal", "Yellow": "Sagittal"}[name])
        slices.append(slicer.mrmlScene.AddNode(node))
    panel = panel_with_results
    row = panel.ui.clustersTable.model().rowCount() - 1
    panel.ui.clustersTable.selectRow(row)
    results = panel.logic.foundResults(parameters_of(panel))
    centre = results.document["clusters"][row]["centroid_ras"]
    for node in slices:
        origin = [node.GetSliceToRAS().GetElement(axis, 3) for axis in range(3)]
        assert origin == pytest.approx(centre, abs=0.01)


def test_the_chart_is_shown_in_the_layout(panel_with_results):
    panel_with_results.ui.showChartButton.click()
    selection = slicer.app.applicationLogic().GetSelectionNode()
    assert (
        selection.GetActivePlotChartID()
        == panel_with_results.logic.foundResults(parameters_of(panel_with_results)).chart.GetID()
    )


def test_show_3d_can_be_switched_off_again(panel_with_results):
    panel_with_results.ui.show3DButton.checked = False
    assert not parameters_of(panel_with_results).arteries.GetDisplayNode().GetVisibility3D()


def test_show_3d_after_a_chart_brings_the_3d_view_back(panel_with_results):
    from host.layout import laid_out

    button, arteries = panel_with_results.ui.show3DButton, parameters_of(panel_with_results).arteries

    def in_sight(kind):
        return slicer.util.getNodesByClass(kind)[0].IsMappedInLayout()

    with laid_out() as layout:
        assert in_sight("vtkMRMLViewNode")
        panel_with_results.ui.showChartButton.click()
        assert not in_sight("vtkMRMLViewNode"), "the chart takes its place"
        assert button.checked
        button.click()
        assert in_sight("vtkMRMLViewNode")
        assert in_sight("vtkMRMLPlotViewNode"), "the chart stays"
        assert button.checked
        assert arteries.GetDisplayNode().GetVisibility3D()
        button.click()
        assert not button.checked
        assert not arteries.GetDisplayNode().GetVisibility3D()
        # A run shows its masks where there is a 3D view, and leaves the layout to the user.
        layout.SetViewArrangement(layout.SlicerLayoutOneUpRedSliceView)
        recompute(panel_with_results)
        assert button.checked
        assert layout.GetViewArrangement() == layout.SlicerLayoutOneUpRedSliceView
        button.click()
        assert layout.GetViewArrangement() == layout.SlicerLayoutFourUpView
        assert button.checked


def test_the_burden_is_seen_where_the_masks_are_corrected(panel_with_results):
    ui = panel_with_results.ui
    ui.reviewSection.collapsed = False
    names, rows = heads(ui.territoriesTable), shown_in(ui.territoriesTable)
    assert not ui.reviewNumbers.isHidden()
    assert f"Total burden <b>{rows[-1][0]} %</b>, Aorta <b>{rows[0][0]} %</b>" in ui.reviewNumbers.text
    ui.territoriesTable.selectRow(names.index("L iliac"))
    left = rows[names.index("L iliac")][0]
    assert f"Left common iliac artery <b>{left} %</b>" in ui.reviewNumbers.text
    ui.reviewCalcification.click()
    assert f"<b>{left} %</b>" in ui.reviewNumbers.text, "whose calcification is looked at"
    erase_lower_half(panel_with_results)
    assert "…" in ui.reviewNumbers.text, "not as if these were the numbers of the masks"
    follow(panel_with_results)
    now = shown_in(ui.territoriesTable)
    assert now[-1] != rows[-1]
    assert f"Total burden <b>{now[-1][0]} %</b>" in ui.reviewNumbers.text
    assert "…" not in ui.reviewNumbers.text
    slicer.mrmlScene.Clear()
    assert ui.reviewNumbers.isHidden()
