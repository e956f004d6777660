"""Loads the real ``.ui`` files into the stand-in widgets."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from functools import cache

from PySide6 import QtCore, QtUiTools, QtWidgets

from .api import names_of
from .widgets import CLASSES


class UiLoader(QtUiTools.QUiLoader):
    """``qt.QUiLoader``: refuses classes that the host's list of Slicer's names does not hold."""

    def createWidget(self, class_name, parent=None, name=""):
        if class_name not in CLASSES:
            raise AttributeError(f"the .ui file uses {class_name}, which slicer_api.json does not list")
        widget = CLASSES[class_name](parent)
        widget.objectName = name
        return widget

    def load(self, file):
        widgets, connections = _parted(bytes(file.readAll()))
        buffer = QtCore.QBuffer()
        buffer.setData(widgets)
        buffer.open(QtCore.QBuffer.ReadOnly)
        root = super().load(buffer)
        if root is None:
            raise RuntimeError(self.errorString())
        for connection in connections:
            _connect(root, connection)
        return root


@cache
def _parted(content: bytes) -> tuple[bytes, tuple[ElementTree.Element, ...]]:
    """Return a .ui file without its connections, and those: they have MRML types, which Qt cannot name here."""
    tree = ElementTree.fromstring(content)
    connections = tree.find("connections")
    if connections is not None:
        tree.remove(connections)
    _refuse_unknown_properties(tree)
    return ElementTree.tostring(tree), tuple(connections if connections is not None else ())


def _refuse_unknown_properties(tree) -> None:
    for widget in tree.iter("widget"):
        for prop in widget.findall("property"):
            name = prop.get("name")
            if prop.get("stdset") != "0" and name not in names_of(widget.get("class")):
                raise AttributeError(f"the .ui file sets {widget.get('class')}.{name}, which Slicer lacks")


def _connect(root, connection) -> None:
    """Make one connection of the file; only the passing on of the scene is imitated."""
    sender, signal, receiver, slot = (connection.findtext(tag) for tag in ("sender", "signal", "receiver", "slot"))
    if (signal, slot) != ("mrmlSceneChanged(vtkMRMLScene*)", "setMRMLScene(vtkMRMLScene*)"):
        raise NotImplementedError(f"the test host cannot connect {signal} to {slot}")
    widgets = {w.name: w for w in [root, *root.findChildren(QtWidgets.QWidget)] if hasattr(w, "name")}
    widgets[sender]._receivers = (*widgets[sender]._receivers, widgets[receiver])
