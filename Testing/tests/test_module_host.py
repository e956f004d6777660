"""The stand-ins of the test host are as strict as Slicer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("slicer", reason="the host needs slicer-core")
pytest.importorskip("PySide6", reason="the host needs PySide6")

FULL_LIST = Path(__file__).parents[3] / "shared" / "slicer-api" / "slicer-5.13.json"


@pytest.fixture(scope="module")
def qt():
    from host import start

    start()
    import qt

    return qt


def test_properties_are_attributes_as_in_pythonqt(qt):
    label = qt.QLabel()
    label.text = "shown"
    assert label.text == "shown"


def test_a_method_that_slicer_lacks_does_not_exist(qt):
    with pytest.raises(AttributeError, match="does not exist in Slicer"):
        qt.QLabel().setTextAndShow("x")


def test_a_property_that_slicer_lacks_cannot_be_set(qt):
    with pytest.raises(AttributeError, match="in Slicer"):
        qt.QLabel().txt = "x"


def test_a_signal_that_slicer_lacks_cannot_be_connected(qt):
    with pytest.raises(AttributeError, match="no signal"):
        qt.QPushButton().connect("clicked(int)", print)


def test_application_offers_only_what_slicer_has():
    import slicer

    with pytest.raises(AttributeError, match="does not exist in Slicer"):
        slicer.app.layoutManger()
    with pytest.raises(AttributeError, match="not imitated"):
        slicer.app.errorLogModel()
    with pytest.raises(AttributeError):
        slicer.modules.pytorchutils  # noqa: B018


def test_a_property_that_a_static_method_hides_cannot_be_assigned(qt):
    timer = qt.QTimer()
    with pytest.raises(AttributeError, match="singleShot"):
        timer.singleShot = True
    timer.setSingleShot(True)


def test_a_parameter_refuses_a_widget_that_slicer_could_not_connect(qt):
    from types import SimpleNamespace

    import slicer
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    @parameterNodeWrapper
    class Parameters:
        count: int = 3

    node = Parameters(slicer.vtkMRMLScriptedModuleNode())
    box = qt.QCheckBox()
    box.setProperty("SlicerParameterName", "count")
    with pytest.raises(RuntimeError, match="Unable to create GUI connector"):
        node.connectGui(SimpleNamespace(box=box))


def test_the_names_kept_here_are_those_read_off_slicer():
    if not FULL_LIST.is_file():
        pytest.skip(f"no list of Slicer's names at {FULL_LIST}")
    from host.api import API

    full = json.loads(FULL_LIST.read_text(encoding="utf-8"))
    for name, entry in API["classes"].items():
        for kind in ("methods", "signals", "properties"):
            assert set(entry[kind]) <= set(full["classes"][name][kind]), name
    for name, entry in API["objects"].items():
        assert entry == full["objects"][name]


def test_each_wrapper_reads_its_node_anew_and_one_that_was_connected_does_so_for_ever(qt, monkeypatch):
    import gc

    import slicer

    from host import parameter_node

    @parameter_node.parameterNodeWrapper
    class Parameters:
        name: str = "a"
        count: int = 3

    read, reading = [], parameter_node._Parameter.read
    monkeypatch.setattr(
        parameter_node._Parameter, "read", lambda self, node: (read.append(self.name), reading(self, node))[1]
    )

    def read_when_modified():
        gc.collect()
        read.clear()
        node.Modified()
        return sorted(read)

    node = slicer.vtkMRMLScriptedModuleNode()
    wrapper = Parameters(node)
    assert read_when_modified() == ["count", "name"]
    del wrapper
    assert read_when_modified() == []
    box = qt.QSpinBox()
    wrapper = Parameters(node)
    wrapper.disconnectGui(wrapper.connectParametersToGui({"count": box}))
    node.SetParameter("count", "7")
    assert (wrapper.count, box.value) == (7, 3)
    del wrapper
    assert read_when_modified() == ["count", "name"]


def test_a_wrapper_knows_a_node_that_came_later_when_its_own_is_modified(qt):
    import slicer
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    annotations = {"mask": slicer.vtkMRMLSegmentationNode}
    Parameters = parameterNodeWrapper(type("Parameters", (), {"__annotations__": annotations}))
    slicer.mrmlScene.Clear()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScriptedModuleNode")
    wrapper = Parameters(node)
    node.SetNodeReferenceID("mask", "vtkMRMLSegmentationNode1")
    mask = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    assert mask is node.GetNodeReference("mask")
    assert wrapper.mask is None
    node.Modified()
    assert wrapper.mask is mask


def test_a_combo_box_chooses_nothing_when_a_scene_was_imported(qt):
    import slicer

    slicer.mrmlScene.Clear()
    box = slicer.qMRMLNodeComboBox()
    box.nodeTypes = ["vtkMRMLSegmentationNode"]
    box.noneEnabled = True
    box.setMRMLScene(slicer.mrmlScene)
    box.setCurrentNode(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode"))
    told = []
    box.connect("currentNodeChanged(vtkMRMLNode*)", told.append)
    slicer.mrmlScene.StartState(slicer.vtkMRMLScene.ImportState)
    slicer.mrmlScene.EndState(slicer.vtkMRMLScene.ImportState)
    assert (box.currentNode(), told) == (None, [None])


def test_a_combo_box_whose_node_is_removed_jumps_to_the_next(qt):
    import slicer

    slicer.mrmlScene.Clear()
    box = slicer.qMRMLNodeComboBox()
    box.nodeTypes = ["vtkMRMLSegmentationNode"]
    box.noneEnabled = True
    box.setMRMLScene(slicer.mrmlScene)
    assert box.currentNode() is None
    first, second = (slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode") for _ in range(2))
    assert box.currentNode() is None, "what is added is not chosen"
    box.setCurrentNode(first)
    slicer.mrmlScene.RemoveNode(first)
    assert box.currentNode() is second
    slicer.mrmlScene.Clear()


def test_the_unit_of_a_column_stands_behind_its_title(qt):
    import slicer
    import vtk

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode")
    column = vtk.vtkDoubleArray()
    column.SetName("Artery")
    node.AddColumn(column)
    node.SetColumnUnitLabel("Artery", "mL")
    node.SetUseColumnTitleAsColumnHeader(True)
    view = slicer.qMRMLTableView()
    view.setMRMLTableNode(node)
    model = view.sortFilterProxyModel()
    assert model.headerData(0, qt.Qt.Horizontal) == "Artery [mL]"
    slicer.mrmlScene.RemoveNode(node)


def test_series_of_one_row_hide_bars_and_names_and_those_over_one_table_do_not():
    import slicer
    import vtk

    from host.charts import seen_bars

    def chart_of(columns):
        chart = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotChartNode")
        chart.SetLegendVisibility(True)
        table = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode")
        for name, values in columns.items():
            column = vtk.vtkDoubleArray()
            column.SetName(name)
            for value in values:
                column.InsertNextValue(value)
            table.AddColumn(column)
            series = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", name)
            series.SetPlotType(series.PlotTypeBar)
            series.SetAndObserveTableNodeID(table.GetID())
            series.SetYColumnName(name)
            chart.AddAndObservePlotSeriesNodeID(series.GetID())
        return chart

    names = list("abcdefgh")
    assert seen_bars(chart_of({name: [1.0] for name in names})) == [""] * 5
    rows = {name: [float(name == other) for other in names] for name in names}
    assert seen_bars(chart_of(rows)) == names
    assert seen_bars(chart_of({"burden": [1.0] * 8})) == [""] * 8
    slicer.mrmlScene.Clear()


@pytest.fixture
def editor(qt):
    """Slicer's editor widget with a segmentation of two segments on a bright and a dark half."""
    import numpy as np
    import slicer

    slicer.mrmlScene.Clear()
    array = np.zeros((12, 14, 16), np.int16)
    array[:, :, 8:] = 500
    volume = slicer.util.addVolumeFromArray(array)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    for name in ("first", "second"):
        node.GetSegmentation().AddEmptySegment(name)
    editor = slicer.qMRMLSegmentEditorWidget()
    editor.setMRMLScene(slicer.mrmlScene)
    editor.setMRMLSegmentEditorNode(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode"))
    editor.maximumNumberOfUndoStates = 10
    editor.setSegmentationNode(node)
    editor.mrmlSegmentEditorNode().SetAttribute("BrushDiameterIsRelative", "0")
    yield editor
    editor.setMRMLSegmentEditorNode(None)
    slicer.mrmlScene.Clear()


def _told(segmentation):
    """Return a list to which the segments are added of which the segmentation tells."""
    import slicer
    import vtk

    told = []

    @vtk.calldata_type(vtk.VTK_STRING)
    def tell(_caller, _event, segment_id=None):
        told.append(segment_id)

    kind = slicer.vtkSegmentation
    for event in (kind.SourceRepresentationModified, kind.RepresentationModified, kind.SegmentModified):
        segmentation.AddObserver(event, tell)
    return told


def _voxels(editor, segment_id):
    import slicer

    node, volume = editor.segmentationNode(), editor.sourceVolumeNode()
    return slicer.util.arrayFromSegmentBinaryLabelmap(node, segment_id, volume) != 0


def test_the_editor_offers_only_what_slicers_has(editor):
    with pytest.raises(AttributeError, match="does not exist in Slicer"):
        editor.setSegmentId("first")
    with pytest.raises(AttributeError, match="in Slicer"):
        editor.undoStates = 3
    with pytest.raises(AttributeError, match="no signal"):
        editor.connect("stroke()", print)


def test_choosing_a_segmentation_chooses_its_first_segment_its_volume_and_no_effect(editor):
    import slicer

    assert editor.currentSegmentID() == "first"
    assert editor.sourceVolumeNode() is slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")[0]
    editor.setActiveEffectByName("Paint")
    other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    editor.setSegmentationNode(other)
    assert editor.activeEffect() is None


def test_one_stroke_is_told_three_times_and_undo_for_every_segment(editor):
    from host.segment_strokes import stroke

    editor.setActiveEffectByName("Paint")
    stroke(editor, [(6, 6, 6)])
    editor.segmentationNode().CreateClosedSurfaceRepresentation()
    told = _told(editor.segmentationNode().GetSegmentation())
    stroke(editor, [(9, 6, 6)])
    assert told == ["first"] * 3
    told.clear()
    editor.undo()
    assert set(told) == {"first", "second"}
    assert editor.segmentationNode().GetSegmentation().GetNumberOfSegments() == 2


def test_a_masked_stroke_in_which_no_voxel_qualifies_is_not_told(editor):
    from host.segment_strokes import stroke

    editor.setActiveEffectByName("Paint")
    stroke(editor, [(12, 6, 6)])
    node = editor.mrmlSegmentEditorNode()
    node.SetSourceVolumeIntensityMask(True)
    node.SetSourceVolumeIntensityMaskRange(300, 3000)
    told, before = _told(editor.segmentationNode().GetSegmentation()), _voxels(editor, "first")
    stroke(editor, [(3, 6, 6)])
    assert told == []
    stroke(editor, [(9, 6, 6)])
    assert told
    added = _voxels(editor, "first") & ~before
    assert added[:, :, 8:].any()
    assert not added[:, :, :8].any()


def test_an_editor_forgets_its_history_when_another_segmentation_is_chosen(editor):
    """Why the panel keeps histories of its own."""
    import slicer

    from host.segment_strokes import stroke

    first = editor.segmentationNode()
    editor.setActiveEffectByName("Paint")
    stroke(editor, [(6, 6, 6)])
    editor.setSegmentationNode(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode"))
    editor.setSegmentationNode(first)
    editor.undo()
    assert _voxels(editor, "first").any()


def test_keys_of_the_editor_are_gone_once_they_are_uninstalled(editor):
    import slicer

    window = slicer.util.mainWindow()
    editor.installKeyboardShortcuts(window)
    installed = [each for each in window.children() if each.inherits("QShortcut")]
    assert {"1", "Shift+1", "Esc", "Space", "Z", "Y", "Q", "W", "I"} <= {each.key.toString() for each in installed}
    editor.uninstallKeyboardShortcuts()
    assert not [each for each in window.children() if each.inherits("QShortcut")]
