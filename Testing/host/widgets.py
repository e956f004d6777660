"""Qt classes as PythonQt shows them, and stand-ins for CTK and MRML widgets.

``true_property`` makes PySide6 read and write properties as attributes, as PythonQt does. It
acts by the module that does the attribute access; since every access passes through the
``__getattribute__`` below, it acts for all callers of these classes.
"""

from __future__ import annotations

import sys
from typing import ClassVar

import vtk
from PySide6 import QtCore, QtGui, QtWidgets

from .api import API, DOCUMENTED, bare, names_of, properties_of, signals_of
from .observing import observe_while_alive

# PySide6 reads the source of every module that is loaded already; torch has objects among its modules
# that cannot be asked for it.
_aside = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == "torch"}
try:
    from __feature__ import true_property  # noqa: F401  (exists only once PySide6 is imported)
finally:
    sys.modules.update(_aside)

# After the line above: their properties are read and written as attributes, too.
from .segment_editor import SegmentEditor  # noqa: E402
from .slider import SliderWidget  # noqa: E402


def _spelled(attribute: str) -> bool:
    """Return whether the code that asked for `attribute` (two frames up) holds its name."""
    try:
        return attribute in sys._getframe(2).f_code.co_names
    except ValueError:  # no code did: Qt itself, while Python ends
        return False


def strict(name: str, base: type, local_signals: dict[str, str] | None = None) -> type:
    """Return the class `name` of Slicer, made of `base`: it offers only what that class offers there.

    `local_signals` gives the attribute that stands for a signal which Qt cannot name here,
    because it carries an MRML type or has an overload.
    """
    names, properties, signals = names_of(name), properties_of(name), signals_of(name)
    local_signals = local_signals or {}

    # Everything is defined in this one class: PySide6's feature switching fails with a mixin.
    class Strict(base):
        def __getattribute__(self, attribute):
            # PySide6 looks for overridden virtual methods here too: only what Python code spells out is checked.
            if attribute not in names and not attribute.startswith("_") and _spelled(attribute):
                raise AttributeError(attribute)
            return super().__getattribute__("objectName" if attribute == "name" else attribute)

        def __getattr__(self, attribute):
            known = "is not imitated by the test host" if attribute in names else "does not exist in Slicer"
            raise AttributeError(f"{name}.{attribute} {known}")

        def __setattr__(self, attribute, value):
            if isinstance(value, (QtWidgets.QWidget, QtWidgets.QLayout)) and not attribute.startswith("_"):
                return  # PySide6's loader hangs named children on the root; PythonQt's does not
            # PySide6 itself keeps methods that it looked up: those pass.
            if not attribute.startswith("_") and attribute not in properties and not callable(value):
                raise AttributeError(f"{name} has no property '{attribute}' in Slicer")
            super().__setattr__(attribute, value)

        def connect(self, signal, slot):
            if signal not in signals:
                raise AttributeError(f"{name} has no signal '{signal}' in Slicer")
            return getattr(self, local_signals.get(signal, bare(signal))).connect(slot)

    Strict.__name__ = Strict.__qualname__ = name
    return Strict


class _Collapsible(QtWidgets.QWidget):
    """A header that folds what lies below it."""

    _HEADER = 24
    contentsCollapsed = QtCore.Signal(bool)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._text, self._collapsed = "", False
        self.setContentsMargins(0, self._HEADER, 0, 0)

    def _get_text(self):
        return self._text

    def _set_text(self, text):
        self._text = text

    def _get_collapsed(self):
        return self._collapsed

    def _set_collapsed(self, collapsed):
        self._collapsed = bool(collapsed)
        self.minimumHeight, self.maximumHeight = (self._HEADER, self._HEADER) if collapsed else (0, 16777215)
        self.contentsCollapsed.emit(self._collapsed)

    def mousePressEvent(self, event):
        if event.position().y() < self._HEADER:
            self._set_collapsed(not self._collapsed)

    def paintEvent(self, _event):
        painter = QtGui.QPainter(self)
        painter.fillRect(0, 0, self.width, self._HEADER - 2, QtGui.QColor(212, 218, 226))
        arrow = "▸" if self._collapsed else "▾"
        painter.drawText(8, 0, self.width, self._HEADER - 2, QtCore.Qt.AlignVCenter, f"{arrow}  {self._text}")

    text = QtCore.Property(str, _get_text, _set_text)
    collapsed = QtCore.Property(bool, _get_collapsed, _set_collapsed, notify=contentsCollapsed)


class _MRMLWidget(QtWidgets.QWidget):
    """Passes the scene on along the connections that the ``.ui`` file makes, and only those."""

    _receivers = ()
    _scene = None

    def setMRMLScene(self, scene):
        self._scene = scene
        for receiver in self._receivers:
            receiver.setMRMLScene(scene)

    def mrmlScene(self):
        return self._scene


def _flag():
    """Return a yes-or-no property that the stand-in keeps but does not act on."""
    key = object()
    return QtCore.Property(
        bool, lambda self: self._flags.get(key, True), lambda self, value: self._flags.update({key: value})
    )


class _NodeComboBox(QtWidgets.QWidget):
    """Lists the nodes of a scene; empty until a scene is set."""

    _node_changed = QtCore.Signal(object)

    def __init__(self, parent=None):
        super().__init__(parent)
        self._combo = QtWidgets.QComboBox()
        layout = QtWidgets.QHBoxLayout(self)
        layout.contentsMargins = QtCore.QMargins(0, 0, 0, 0)
        layout.addWidget(self._combo)
        self._scene, self._types, self._none, self._none_display, self._items = None, [], False, "None", []
        self._flags = {}
        self._combo.currentIndexChanged.connect(lambda _index: self._node_changed.emit(self.currentNode()))

    def setMRMLScene(self, scene):
        self._scene = scene
        events = (scene.NodeAddedEvent, scene.NodeRemovedEvent, scene.EndCloseEvent)
        observe_while_alive(self, scene, events, lambda *_: self._refresh())
        observe_while_alive(self, scene, (scene.EndImportEvent,), lambda *_: self._list_anew())

        @vtk.calldata_type(vtk.VTK_OBJECT)
        def removed(_scene, _event, node):
            self._leave(node)

        observe_while_alive(self, scene, (scene.NodeAboutToBeRemovedEvent,), removed)
        self._refresh()

    def _leave(self, node):
        """As in Slicer: where the chosen node is removed, its neighbour in the list is chosen."""
        if node not in self._items:
            return
        index, chosen = self._items.index(node), self.currentNode() is node
        with QtCore.QSignalBlocker(self._combo):
            self._items.pop(index)
            self._combo.removeItem(index)
            if chosen:
                self._combo.currentIndex = min(index, len(self._items) - 1)
        if chosen:
            self._node_changed.emit(self.currentNode())

    def _list_anew(self):
        """As in Slicer: after an import the list is made anew, and what was chosen is chosen no more."""
        self._select(None)
        self._refresh()

    def mrmlScene(self):
        return self._scene

    def _refresh(self):
        current = self.currentNode()
        nodes = [] if self._scene is None else [n for t in self._types for n in _nodes_of(self._scene, t)]
        self._items = ([None] if self._none else []) + nodes
        with QtCore.QSignalBlocker(self._combo):
            self._combo.clear()
            self._combo.addItems([self._none_display if n is None else n.GetName() for n in self._items])
            # As in Slicer: without "None" in the list the first node is chosen by itself.
            self._select(current if current in self._items or self._none else next(iter(nodes), None))
        if self.currentNode() is not current:
            self._node_changed.emit(self.currentNode())

    def _select(self, node):
        self._combo.currentIndex = self._items.index(node) if node in self._items else (0 if self._none else -1)

    def currentNode(self):
        index = self._combo.currentIndex
        return self._items[index] if 0 <= index < len(self._items) else None

    def setCurrentNode(self, node):
        self._select(node)

    def _get_id(self):
        node = self.currentNode()
        return "" if node is None else node.GetID()

    def _get_types(self):
        return self._types

    def _set_types(self, types):
        self._types = list(types)
        self._refresh()

    def _get_none(self):
        return self._none

    def _set_none(self, enabled):
        self._none = bool(enabled)
        self._refresh()

    def _get_none_display(self):
        return self._none_display

    def _set_none_display(self, text):
        self._none_display = text
        self._refresh()

    nodeTypes = QtCore.Property("QStringList", _get_types, _set_types)
    noneEnabled = QtCore.Property(bool, _get_none, _set_none)
    noneDisplay = QtCore.Property(str, _get_none_display, _set_none_display)
    currentNodeID = QtCore.Property(str, _get_id)
    addEnabled, removeEnabled, editEnabled, renameEnabled, showChildNodeTypes = (_flag() for _ in range(5))


class _PlainTableView(QtWidgets.QTableView):
    """Has a selection model whose signals can be connected by their signature, as in PythonQt."""

    def setModel(self, model):
        super().setModel(model)
        self.setSelectionModel(CLASSES["QItemSelectionModel"](model, self))


class _TableView(QtWidgets.QTableView):
    """Shows a table node; a header row of column names where the node has no column titles."""

    _rows_selected = QtCore.Signal()

    def __init__(self, parent=None):
        super().__init__(parent)
        self._node, self._scene, self._stop_observing = None, None, lambda: None
        self._source = QtGui.QStandardItemModel()
        proxy = QtCore.QSortFilterProxyModel(self)
        proxy.setSourceModel(self._source)
        self.setModel(proxy)
        self.selectionModel().selectionChanged.connect(lambda *_: self._rows_selected.emit())

    def setMRMLScene(self, scene):
        self._scene = scene

    def mrmlScene(self):
        return self._scene

    def mrmlTableNode(self):
        return self._node

    def sortFilterProxyModel(self):
        return self.model()

    def setMRMLTableNode(self, node):
        if node is self._node:
            return
        self._stop_observing()
        self._node = node
        if node is not None:
            self._stop_observing = observe_while_alive(self, node, ("ModifiedEvent",), lambda *_: self._fill())
        self._fill()

    def _fill(self):
        self._source.clear()
        if self._node is None:
            return
        table, titled = self._node.GetTable(), self._node.GetUseColumnTitleAsColumnHeader()
        first = 1 if self._node.GetUseFirstColumnAsRowHeader() else 0
        columns = range(first, table.GetNumberOfColumns())
        names = [table.GetColumnName(c) for c in columns]
        titles = [self._title(n) for n in names] if titled else [chr(65 + c) for c in columns]
        self._source.setHorizontalHeaderLabels(titles)
        rows = [] if titled else [names]
        rows += [[table.GetValue(r, c).ToString() for c in columns] for r in range(table.GetNumberOfRows())]
        for row in rows:
            self._source.appendRow([QtGui.QStandardItem(text) for text in row])
        if first:
            heads = [table.GetValue(r, 0).ToString() for r in range(table.GetNumberOfRows())]
            self._source.setVerticalHeaderLabels(heads if titled else ["", *heads])
        self.resizeColumnsToContents()
        self._rows_selected.emit()

    def _title(self, column):
        """As in Slicer: the unit label stands behind the title."""
        title, unit = self._node.GetColumnTitle(column) or column, self._node.GetColumnUnitLabel(column)
        return f"{title} [{unit}]" if unit else title


class _PathLineEdit(QtWidgets.QLineEdit):
    """``ctkPathLineEdit``: the text is the path; the button that opens a dialog is left out."""

    def _get_path(self):
        return QtWidgets.QLineEdit.text.__get__(self)

    def _set_path(self, path):
        QtWidgets.QLineEdit.text.__set__(self, path)

    currentPath = QtCore.Property(str, _get_path, _set_path)


class _Timer(QtCore.QTimer):
    """PySide6's own ``setSingleShot`` is lost where properties are attributes."""

    def setSingleShot(self, once):
        self.setProperty("singleShot", once)


class QFileDialog:
    """Answers with what a test has put into `answers`; a dialog that nobody answers is an error."""

    answers: ClassVar[list[str]] = []

    @classmethod
    def getExistingDirectory(cls, parent=None, caption="", directory=""):
        assert cls.answers, f"a dialog is open and nobody is there: {caption}"
        return cls.answers.pop(0)

    @classmethod
    def getOpenFileName(cls, parent=None, caption="", directory="", filter=""):
        # PythonQt's: the path alone, without the filter that was chosen.
        assert cls.answers, f"a dialog is open and nobody is there: {caption}"
        return cls.answers.pop(0)


def _nodes_of(scene, class_name):
    nodes = scene.GetNodesByClass(class_name)
    nodes.UnRegister(None)
    listed = [nodes.GetItemAsObject(index) for index in range(nodes.GetNumberOfItems())]
    return [node for node in listed if not node.GetHideFromEditors()]


_IMITATED = {
    "ctkCollapsibleButton": (_Collapsible, {}),
    "qMRMLWidget": (_MRMLWidget, {}),
    "qMRMLNodeComboBox": (_NodeComboBox, {"currentNodeChanged(vtkMRMLNode*)": "_node_changed"}),
    "qMRMLTableView": (_TableView, {"selectionChanged()": "_rows_selected"}),
    "QTableView": (_PlainTableView, {}),
    "ctkPathLineEdit": (_PathLineEdit, {}),
    "QTimer": (_Timer, {}),
    "qMRMLPlotView": (QtWidgets.QWidget, {}),  # of the layout, see application.py
    "ctkSliderWidget": (SliderWidget, {}),
    "qMRMLSegmentEditorWidget": (
        SegmentEditor,
        {
            "segmentationNodeChanged(vtkMRMLSegmentationNode*)": "_segmentation_changed",
            "sourceVolumeNodeChanged(vtkMRMLVolumeNode*)": "_source_changed",
        },
    ),
}


def _class(name: str) -> type:
    base, local_signals = _IMITATED.get(name, (None, None))
    if base is None:
        base = next(getattr(module, name) for module in (QtWidgets, QtGui, QtCore) if hasattr(module, name))
    return strict(name, base, local_signals)


CLASSES = {name: _class(name) for name in (*API["classes"], *DOCUMENTED)} | {"QFileDialog": QFileDialog}
