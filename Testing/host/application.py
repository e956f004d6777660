"""``slicer.app`` and ``slicer.modules`` as far as the module meets them."""

from __future__ import annotations

from pathlib import Path

import slicer
import vtk
from PySide6 import QtCore, QtWidgets

from .api import API, StrictNamespace, names_on, signals_of
from .slice_views import NAMES, SliceViews


class Signals:
    """``slicer.app.connect``: remembers who waits for which signal of the application."""

    def __init__(self):
        self._slots = {}

    def connect(self, signal, slot):
        if signal not in API["objects"]["slicer.app"]["signals"]:
            raise AttributeError(f"slicer.app has no signal '{signal}' in Slicer")
        self._slots.setdefault(signal, []).append(slot)

    def emit(self, signal):
        for slot in self._slots.get(signal, ()):
            slot()


class _IOManager:
    """Loads volumes and keeps scenes, through which ``slicer.util`` does the same."""

    def fileType(self, filename):
        return "SceneFile" if str(filename).endswith((".mrb", ".mrml")) else "VolumeFile"

    def loadNodes(self, filetype, properties, nodes=None, messages=None):
        path = Path(properties["fileName"])
        if not path.is_file():
            return False
        if filetype == "SceneFile":
            if properties.get("clear", True):
                slicer.mrmlScene.Clear(0)
            return bool(slicer.mrmlScene.ReadFromMRB(str(path), False))
        if filetype != "VolumeFile":
            raise NotImplementedError(f"the test host cannot load a {filetype}")
        node = slicer.modules.volumes.logic().AddArchetypeVolume(str(path), properties.get("name", path.stem), 0)
        if node is not None and nodes is not None:
            nodes.AddItem(node)
        return node is not None

    def saveNodes(self, filetype, properties, messages=None):
        if filetype != "SceneFile" or not str(properties["fileName"]).endswith(".mrb"):
            raise NotImplementedError(f"the test host cannot save a {filetype}")
        return bool(slicer.mrmlScene.WriteToMRB(str(properties["fileName"])))


class _PlotView:
    """The plot view of the layout: tells what a test picks in it, as Slicer tells of points that a user picks."""

    def __init__(self):
        self._slots = []

    def connect(self, signal, slot):
        if signal not in signals_of("qMRMLPlotView"):
            raise AttributeError(f"qMRMLPlotView has no signal '{signal}' in Slicer")
        self._slots.append(slot)

    def pick(self, row: int) -> None:
        """Pick a point of the first series, by its row in the table."""
        series, points, rows = vtk.vtkStringArray(), vtk.vtkCollection(), vtk.vtkIdTypeArray()
        series.InsertNextValue("")
        rows.InsertNextValue(row)
        points.AddItem(rows)
        for slot in self._slots:
            slot(series, points)


class LayoutManager(StrictNamespace):
    """Counts what the module asks of the views."""

    def __init__(self):
        super().__init__("slicer.app.layoutManager()", names_on("slicer.app.layoutManager()"))
        self.__dict__["resets"] = {"slices": 0, "3d": 0}
        self.resetSliceViews = lambda: self._count("slices")
        self.resetThreeDViews = lambda: self._count("3d")
        views = SliceViews()
        self.sliceViewNames = lambda: NAMES
        self.sliceWidget = views.widget
        plot_view = _PlotView()
        self.plotViewCount = 1
        self.plotWidget = lambda _number: StrictNamespace(
            "qMRMLPlotWidget", frozenset({"plotView"}), plotView=lambda: plot_view
        )

    def _count(self, what):
        self.resets[what] += 1


def make_app(qt_application, application_logic, main_window) -> StrictNamespace:
    """Return ``slicer.app``."""
    layout, io, signals = LayoutManager(), _IOManager(), Signals()
    return StrictNamespace(
        "slicer.app",
        names_on("slicer.app") | {"connect"},  # PythonQt's own
        applicationLogic=lambda: application_logic,
        applicationName="Slicer",
        connect=signals.connect,
        coreIOManager=lambda: io,
        layoutManager=lambda: layout,
        processEvents=lambda: qt_application.processEvents(),
        restoreOverrideCursor=QtWidgets.QApplication.restoreOverrideCursor,
        setOverrideCursor=QtWidgets.QApplication.setOverrideCursor,
        testingEnabled=lambda: True,
        translate=lambda context, text: text,
        mrmlScene=lambda: slicer.mrmlScene,
        sync=lambda: None,
        topLevelWidgets=lambda: [main_window],
    )


def make_modules(logics: dict, module_path: Path) -> StrictNamespace:
    """Return ``slicer.modules``: modules of the application, and the one under test."""
    name = module_path.stem.lower()
    present = {each: module for each, module in logics.items() if each in API["objects"]["slicer.modules"]}
    modules = StrictNamespace("slicer.modules", names_on("slicer.modules") | {name}, **present)
    setattr(modules, name, StrictNamespace(name, frozenset({"path"}), path=str(module_path)))
    return modules


def run_until(condition, timeout_s: float = 240.0) -> bool:
    """Let Qt's event loop turn until `condition()` holds; return whether it came to hold."""
    timer, waking = QtCore.QElapsedTimer(), QtCore.QTimer()
    timer.start()
    # The loop sleeps where there is nothing to do; then the condition is asked again, which no event may announce.
    waking.start(10)
    while not condition():
        if timer.hasExpired(int(1000 * timeout_s)):
            return False
        QtCore.QCoreApplication.processEvents(QtCore.QEventLoop.AllEvents | QtCore.QEventLoop.WaitForMoreEvents)
    return True
