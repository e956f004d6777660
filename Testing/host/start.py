"""Sets the stand-ins up where Slicer has the real things."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

MODULE_PATH = Path(__file__).parents[2] / "AbdominalCalcification" / "AbdominalCalcification.py"


@dataclass(frozen=True)
class Host:
    """The running stand-in.

    Attributes
    ----------
    module : module
        ``AbdominalCalcification.py``, loaded as Slicer loads it.
    qt_application : QApplication
    """

    module: ModuleType
    qt_application: object

    @staticmethod
    def end_session() -> None:
        """Empty the scene, and let nothing of the panels that were there hear of the next."""
        import slicer

        from . import parameter_node

        slicer.mrmlScene.Clear()
        parameter_node.forget_connections()


_host: Host | None = None


def start() -> Host:
    """Return the host, setting it up on the first call; one per process, as with Slicer."""
    global _host
    if _host is None:
        _host = _set_up()
    return _host


def _set_up() -> Host:
    _keep_constants_alive()
    import slicer
    from PySide6 import QtWidgets

    from AbdominalCalcificationLib.scene.application import ensure_application

    application = ensure_application()
    qt_application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])

    from . import parameter_node, sample_data, scripted
    from .application import make_app, make_modules
    from .loader import UiLoader
    from .packaging import make_packaging
    from .widgets import CLASSES

    _install_qt(CLASSES, UiLoader)
    slicer.app = make_app(qt_application, application.logic, _main_window(CLASSES["QWidget"]))
    slicer.modules = make_modules(vars(slicer.modules), MODULE_PATH)
    for name in ("qMRMLWidget", "qMRMLNodeComboBox", "qMRMLTableView", "qMRMLSegmentEditorWidget"):
        setattr(slicer, name, CLASSES[name])
    slicer.ScriptedLoadableModule = sys.modules["slicer.ScriptedLoadableModule"] = scripted
    slicer.parameterNodeWrapper = sys.modules["slicer.parameterNodeWrapper"] = parameter_node
    i18n = ModuleType("slicer.i18n")
    i18n.tr, i18n.translate = (lambda text: text), (lambda context, text: text)
    slicer.i18n = sys.modules["slicer.i18n"] = i18n
    slicer.packaging = sys.modules["slicer.packaging"] = make_packaging()
    sys.modules["SampleData"] = sample_data

    module = _load_module()
    parent = type("Parent", (), {"path": str(MODULE_PATH)})()
    getattr(module, MODULE_PATH.stem)(parent)
    return Host(module, qt_application)


def _main_window(kind: type):
    """Return what ``slicer.util.mainWindow`` finds."""
    window = kind()
    window.objectName = "qSlicerMainWindow"
    return window


def _keep_constants_alive() -> None:
    """Make None, True and False immortal, as from Python 3.12 on: PySide6 6.12 releases them once too often."""
    if sys.version_info < (3, 12):
        for constant in (None, True, False):
            ctypes.c_ssize_t.from_address(id(constant)).value += 1 << 40


def _install_qt(classes: dict[str, type], loader: type) -> None:
    """Put ``qt`` and ``ctk`` in place: strict classes where listed, PySide6's own value types elsewhere."""
    from PySide6 import QtCore, QtGui, QtWidgets

    qt, ctk = ModuleType("qt"), ModuleType("ctk")
    qt.QUiLoader = loader
    for name, kind in classes.items():
        if not name.startswith("qMRML"):
            setattr(ctk if name.startswith("ctk") else qt, name, kind)
    values = (
        "QApplication",
        "QColor",
        "QFile",
        "QFont",
        "QIcon",
        "QKeySequence",
        "QMenu",
        "QModelIndex",
        "QPixmap",
        "QSize",
        "QSizePolicy",
        "Qt",
        "QVBoxLayout",
        "QWidget",
    )
    for name in values:
        if not hasattr(qt, name):
            setattr(qt, name, next(getattr(m, name) for m in (QtCore, QtGui, QtWidgets) if hasattr(m, name)))
    sys.modules["qt"], sys.modules["ctk"] = qt, ctk


def _load_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location(MODULE_PATH.stem, MODULE_PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE_PATH.stem] = module
    spec.loader.exec_module(module)
    return module
