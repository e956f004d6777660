"""The vessels section of the panel: picture, place along the vessel, chart, surface by local burden."""

from __future__ import annotations

import numpy as np
import pytest
import slicer

from AbdominalCalcificationLib.anatomy import territory
from panels import follow, parameters_of


@pytest.fixture
def looking(panel_with_results):
    """The panel with the section open."""
    panel_with_results.ui.vesselsButton.collapsed = False
    follow(panel_with_results)
    return panel_with_results


def choose(widget, name):
    title = territory(name).title
    box = widget.ui.vesselComboBox
    box.currentIndex = next(index for index in range(box.count) if box.itemText(index) == title)


def crosshair():
    node = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    return node or slicer.mrmlScene.AddNewNodeByClass("vtkMRMLCrosshairNode")


def test_nothing_is_shown_before_something_was_measured(panel):
    panel.ui.vesselsButton.collapsed = False
    assert panel.ui.vesselsFrame.isHidden()
    assert not panel.ui.vesselsLabel.isHidden()


def test_every_vessel_that_was_found_can_be_laid_out(looking):
    ui = looking.ui
    document = looking.logic.foundResults(parameters_of(looking)).document
    found = [each["name"] for each in document["territories"] if each["burden"] is not None]
    assert ui.vesselComboBox.count == len(found)
    assert not ui.vesselsFrame.isHidden()
    for name in found:
        choose(looking, name)
        assert ui.vesselPicture.pixmap.width() == 350
        assert ui.vesselPathSlider.maximum > 25
    before = ui.vesselPicture.pixmap.toImage()
    ui.vesselAngleSlider.value = 90
    assert ui.vesselPicture.pixmap.toImage() != before


def test_views_and_place_follow_each_other(looking):
    cross = crosshair()
    looking.ui.vesselsButton.collapsed = True
    looking.ui.vesselsButton.collapsed = False
    follow(looking)
    choose(looking, "aorta")
    looking.ui.vesselPathSlider.value = 60.0
    first = np.array(cross.GetCrosshairRAS())
    looking.ui.vesselPathSlider.value = 90.0
    second = np.array(cross.GetCrosshairRAS())
    assert second[2] - first[2] == pytest.approx(30, abs=4)
    assert looking.ui.vesselPathSlider.value == 90.0

    cross.SetCrosshairRAS(first.tolist())
    assert looking.ui.vesselPathSlider.value == pytest.approx(60.0, abs=1.5)
    cross.SetCrosshairRAS([float(first[0]) + 60, float(first[1]), float(second[2])])  # beside another organ
    assert looking.ui.vesselPathSlider.value == pytest.approx(60.0, abs=1.5)


def test_chart_shows_the_vessel(looking):
    choose(looking, "renal_left")
    looking.ui.vesselChartButton.click()
    charts = slicer.util.getNodesByClass("vtkMRMLPlotChartNode")
    (chart,) = [chart for chart in charts if chart.GetTitle() == territory("renal_left").title]
    table = chart.GetNthPlotSeriesNode(0).GetTableNode().GetTable()
    slicer.app.layoutManager().plotWidget(0).plotView().pick(9)  # a point that is picked is looked at
    assert looking.ui.vesselPathSlider.value == pytest.approx(
        table.GetValueByName(9, "Path length").ToDouble(), abs=0.3
    )


def test_surface_is_coloured_and_as_it_was_again(looking):
    arteries = parameters_of(looking).arteries
    looking.ui.localBurdenCheckBox.checked = True
    models = [node for node in slicer.util.getNodesByClass("vtkMRMLModelNode") if "local burden" in node.GetName()]
    assert len(models) == 1
    assert models[0].GetPolyData().GetNumberOfPoints() > 1000
    assert not arteries.GetDisplayNode().GetVisibility3D()
    looking.ui.localBurdenCheckBox.checked = False
    assert models[0].GetScene() is None
    assert arteries.GetDisplayNode().GetVisibility3D()


def test_closing_the_scene_leaves_nothing(looking):
    slicer.mrmlScene.Clear()
    assert looking.ui.vesselsFrame.isHidden()


def test_vessels_follow_an_edit(looking):
    from panels import erase_lower_half

    choose(looking, "aorta")
    before = looking.ui.vesselPicture.pixmap.toImage()
    erase_lower_half(looking)
    follow(looking)
    assert looking.ui.vesselPicture.pixmap.toImage() != before
    assert looking.ui.vesselComboBox.currentText == territory("aorta").title
