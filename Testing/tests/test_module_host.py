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
