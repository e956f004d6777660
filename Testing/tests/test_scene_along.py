"""What lies along the vessels as it is shown in the scene."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from vtkmodules.util.numpy_support import vtk_to_numpy

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import MeasurementParameters, measure
from AbdominalCalcificationLib.measurement.coarse import Followed
from AbdominalCalcificationLib.profiles import Vessels
from AbdominalCalcificationLib.scene.along import (
    MOST_PERCENT,
    hide_local_burden,
    length_of_point,
    move_vessel_cursor,
    show_local_burden,
    store_vessel_chart,
)
from AbdominalCalcificationLib.scene.segmentations import show_arteries
from AbdominalCalcificationLib.scene.volumes import volume_node_from
from phantoms import followed_from

pytestmark = pytest.mark.scene

SHAPE = (50, 24, 24)


def followed(labels: Volume, label: int, begins: np.ndarray) -> Followed:
    kji = np.argwhere(labels.array == label)
    return followed_from(kji, labels.grid, np.where(begins[tuple(kji.T)], 0.0, np.inf))


@pytest.fixture(scope="module")
def vessels():
    """An aorta with a ring of calcification half-way, and a left renal artery that is cut off after 10 mm."""
    k, j, i = np.indices(SHAPE)
    arteries = np.zeros(SHAPE, np.uint8)
    arteries[np.hypot(j - 12, i - 6) <= 4] = territory("aorta").label
    arteries[(np.hypot(j - 12, k - 40) <= 2) & (i > 10)] = territory("renal_left").label
    calcified = (np.hypot(j - 12, i - 6) <= 4) & (np.hypot(j - 12, i - 6) > 3) & (k >= 20) & (k < 26)
    grid = Grid.from_spacing(SHAPE, (1.5, 1.0, 1.0), (10.0, -20.0, 300.0))
    labels = Volume(arteries, grid)
    result = measure(None, labels, Volume(calcified, grid), MeasurementParameters({"renal": 10}))
    courses = {
        "aorta": followed(labels, territory("aorta").label, k == 0),
        "renal_left": followed(labels, territory("renal_left").label, i == 11),
    }
    return SimpleNamespace(along=Vessels(result, courses), arteries=labels, result=result)


@pytest.fixture
def shown(scene, vessels):
    ct = volume_node_from(vessels.arteries, "CT", scene)
    return SimpleNamespace(ct=ct, arteries=show_arteries(ct, vessels.arteries), scene=scene)


def test_chart_has_both_areas_and_a_cursor(shown, vessels):
    chart = store_vessel_chart(shown.ct, vessels.along.profile("aorta"))
    series = [chart.GetNthPlotSeriesNode(number) for number in range(chart.GetNumberOfPlotSeriesNodes())]
    assert [one.GetName() for one in series] == ["Artery", "Calcified", "Place looked at"]
    data = series[0].GetTableNode().GetTable()
    calcified = [data.GetValueByName(row, "Calcified").ToDouble() for row in range(data.GetNumberOfRows())]
    path = [data.GetValueByName(row, "Path length").ToDouble() for row in range(data.GetNumberOfRows())]
    width = path[1] - path[0]
    assert sum(calcified) * width == pytest.approx(vessels.result.territory("aorta").calcified_volume_mm3)
    # Nothing is drawn where the vessel is not, no line in the colour of another, and the legend over none of them.
    assert list(chart.GetXAxisRange()) == pytest.approx([min(0, path[0]), path[-1] + width / 2])
    assert len({one.GetColor() for one in series}) == 3
    assert max(abs(a - b) for a, b in zip(series[0].GetColor(), series[2].GetColor(), strict=True)) > 0.3
    assert chart.GetYAxisRange()[1] > 1.3 * vessels.along.profile("aorta").artery_area_mm2.max()
    assert length_of_point(shown.ct, 3) == path[3]
    assert length_of_point(shown.ct, len(path)) is None

    move_vessel_cursor(shown.ct, 17.0)
    cursor = series[2].GetTableNode().GetTable()
    assert [cursor.GetValueByName(row, "Path length").ToDouble() for row in range(2)] == [17.0, 17.0]


def test_another_vessel_takes_the_place_of_the_one_before(shown, vessels):
    chart = store_vessel_chart(shown.ct, vessels.along.profile("aorta"))
    kinds = ("vtkMRMLPlotSeriesNode", "vtkMRMLTableNode", "vtkMRMLPlotChartNode")
    before = [shown.scene.GetNumberOfNodesByClass(kind) for kind in kinds]
    assert store_vessel_chart(shown.ct, vessels.along.profile("renal_left")) is chart
    assert [shown.scene.GetNumberOfNodesByClass(kind) for kind in kinds] == before
    assert chart.GetTitle() == territory("renal_left").title


def test_surface_is_coloured_where_it_is_kept(shown, vessels):
    model = show_local_burden(shown.ct, shown.arteries, vessels.along)
    surface = model.GetPolyData()
    points = vtk_to_numpy(surface.GetPoints().GetData())
    percent = vtk_to_numpy(surface.GetPointData().GetScalars())
    assert percent.min() >= 0
    in_aorta = points[:, 0] < 10 + 1.5 * 11
    height = points[:, 2] - 300
    assert percent[in_aorta & (np.abs(height - 22.5) < 2)].min() > 15
    assert percent[in_aorta & (np.abs(height - 22.5) > 12)].max() == 0
    # Nothing of what was cut off has a colour.
    assert points[:, 0].max() == pytest.approx(10 + 1.5 * 11 + 10, abs=3)
    assert not shown.arteries.GetDisplayNode().GetVisibility3D()
    assert model.GetDisplayNode().GetScalarRange() == (0.0, MOST_PERCENT)

    assert show_local_burden(shown.ct, shown.arteries, vessels.along) is model
    hide_local_burden(shown.ct, shown.arteries)
    assert model.GetScene() is None
    assert shown.arteries.GetDisplayNode().GetVisibility3D()


def test_place_near_a_point(vessels):
    along = vessels.along
    grid = vessels.arteries.grid
    place = along.place_near(grid.ras_of_kji([[30, 12, 8]])[0])
    assert place.territory == "aorta"
    assert place.length_mm == pytest.approx(30, abs=1.5)
    assert place.away_mm == pytest.approx(3, abs=1.5)
    assert along.place_near(grid.ras_of_kji([[40, 12, 22]])[0]).territory == "renal_left"
    assert along.place_near(grid.ras_of_kji([[40, 12, 22]])[0], ("aorta",)).territory == "aorta"
    assert along.place_near([0, 0, 0], ()) is None


def test_surface_follows_a_transform(shown, vessels):
    import slicer
    import vtk

    transform = shown.scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "moved")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(1, 3, 500.0)
    transform.SetMatrixTransformToParent(matrix)
    still = np.array(show_local_burden(shown.ct, shown.arteries, vessels.along).GetPolyData().GetBounds())
    shown.arteries.SetAndObserveTransformNodeID(transform.GetID())
    assert isinstance(shown.arteries, slicer.vtkMRMLSegmentationNode)
    model = show_local_burden(shown.ct, shown.arteries, vessels.along)
    bounds = np.array(model.GetPolyData().GetBounds())
    assert bounds[2] > still[2] + 400
